/* SPDX-License-Identifier: MIT */
/* Read-outs: every field of both directions, look inside products, fixed errors, calibrated ranges;
 * converters on their own. */
#include "scenario.h"

/* ---- runs ----------------------------------------------------------------------------------- */

static void inspect(digest *d, scenario_tile *t, aimc_direction direction)
{
    float x[SCENARIO_SIDE], prepared[SCENARIO_SIDE], current[SCENARIO_SIDE], noisy[SCENARIO_SIDE];
    float result[SCENARIO_SIDE];
    int32_t code[SCENARIO_SIDE];
    const size_t n_in = direction == AIMC_FORWARD ? t->n_in : t->n_out;
    const size_t n_out = direction == AIMC_FORWARD ? t->n_out : t->n_in;
    aimc_stages s = {.struct_size = sizeof s,
                     .n_cycles = 1,
                     .prepared = prepared,
                     .current = current,
                     .noisy = noisy,
                     .code = code,
                     .result = result};
    aimct_fill(x, n_in, 41);
    for (s.cycle = 0; s.cycle < s.n_cycles; s.cycle++) {
        OK(aimc_tile_inspect(t->tile, direction, x, &s));
        digest_number(d, (uint64_t)s.n_cycles << 32 | s.n_passes);
        digest_double(d, s.alpha);
        digest_double(d, s.reduction);
        digest_floats(d, prepared, n_in);
        digest_floats(d, current, n_out);
        digest_floats(d, noisy, n_out);
        digest_bytes(d, code, n_out * sizeof *code);
        digest_floats(d, result, n_out);
    }
}

static void run_read(aimc_context *ctx, const char *settings, digest *d)
{
    scenario_tile t = scenario_tile_open(ctx, settings);
    OK(aimc_tile_count_activity(t.tile, 1));
    digest_reads(d, &t, 51);
    inspect(d, &t, AIMC_FORWARD);
    inspect(d, &t, AIMC_BACKWARD);
    digest_tile(d, &t);
    scenario_reload(ctx, &t, d);
    scenario_train(&t, settings, 0, 2); /* what is kept between reads follows the weights */
    digest_reads(d, &t, 53);
    digest_tile(d, &t);
    scenario_tile_close(&t);
}

/* Fixed errors of both directions, chosen: half of them larger than drawn. */
static void run_fixed(aimc_context *ctx, const char *settings, digest *d)
{
    float value[SCENARIO_OUT * SCENARIO_IN];
    scenario_tile t = scenario_tile_open(ctx, settings);
    for (int k = 0; k < 2; k++) {
        const aimc_direction direction = k ? AIMC_BACKWARD : AIMC_FORWARD;
        for (size_t i = 0; i < aimc_tile_count_fixed_errors(t.tile, direction); i++) {
            const char *const name = aimc_tile_get_fixed_error_name(t.tile, direction, i);
            const bool cells = strcmp(name, "read_polarity") == 0;
            const size_t n = cells ? SCENARIO_OUT * SCENARIO_IN : k ? SCENARIO_IN : SCENARIO_OUT;
            OK(aimc_tile_get_fixed_error(t.tile, direction, name, value, n));
            digest_floats(d, value, n);
            for (size_t j = 0; j < n; j += 2)
                value[j] = fabsf(value[j]) * 1.5f;
            OK(aimc_tile_set_fixed_error(t.tile, direction, name, value, n));
        }
    }
    digest_reads(d, &t, 54);
    digest_tile(d, &t);
    scenario_tile_close(&t);
}

/* The range of the ADC from what enters it. */
static void run_calibrated(aimc_context *ctx, const char *settings, digest *d)
{
    enum { N = 16 };
    float x[N * SCENARIO_IN], seen[N * SCENARIO_OUT];
    double bound = 0;
    char text[2048];
    scenario_tile t = scenario_tile_open(ctx, settings);
    aimct_fill(x, N * SCENARIO_IN, 55);
    for (size_t k = 0; k < N; k++) {
        aimc_stages s = {.struct_size = sizeof s, .noisy = seen + k * SCENARIO_OUT};
        OK(aimc_tile_inspect(t.tile, AIMC_FORWARD, x + k * SCENARIO_IN, &s));
    }
    scenario_tile_close(&t);
    const int method = (int)scenario_number(settings, "#method", 0);
    OK(aimc_converter_find_range(ctx, (aimc_range_method)method,
                                 scenario_number(settings, "#value", 0), N, SCENARIO_OUT, seen,
                                 SCENARIO_OUT, &bound));
    digest_double(d, bound);
    snprintf(text, sizeof text, "%s;forward.out_bound=%.17g", settings, bound);
    run_read(ctx, text, d);
}

/* Numbers of a netlist, without its remarks. */
static void run_netlist(aimc_context *ctx, const char *settings, digest *d)
{
    char path[512], line[512];
    float z[SCENARIO_IN];
    scenario_tile t = scenario_tile_open(ctx, settings);
    scenario_temporary(path, sizeof path);
    aimct_fill(z, SCENARIO_IN, 56);
    OK(aimc_tile_write_spice(t.tile, AIMC_FORWARD, z, path));
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        if (line[0] != '*')
            digest_bytes(d, line, strlen(line));
    fclose(f);
    remove(path);
    scenario_tile_close(&t);
}

static void digest_linearity(digest *d, const aimc_converter *converter, size_t channels)
{
    enum { MOST = 1 << 10 };
    double dnl[MOST], inl[MOST];
    for (size_t c = 0; c < channels; c++) {
        aimc_linearity l = {.struct_size = sizeof l};
        OK(aimc_converter_get_linearity(converter, c, &l, NULL, NULL));
        ck_assert_uint_le(l.n_codes, MOST);
        OK(aimc_converter_get_linearity(converter, c, &l, dnl, inl));
        digest_number(d, (uint64_t)l.n_codes << 32 | l.missing_codes);
        const double all[] = {l.max_dnl, l.max_inl, l.gain, l.offset};
        digest_doubles(d, all, 4);
        digest_doubles(d, dnl, l.n_codes);
        digest_doubles(d, inl, l.n_codes);
    }
}

/* Everything that a converter can do; linearity unless #no_ramp. */
static void run_converter(aimc_context *ctx, const char *settings, digest *d)
{
    enum { N = 600 };
    float x[N], y[N];
    int32_t codes[N];
    aimc_converter *converter = NULL;
    aimc_config *config = scenario_config(ctx, "converter", settings, '\0');
    OK(aimc_converter_create(ctx, config, &converter));
    aimct_fill(x, N, 57);
    for (size_t k = 0; k < N; k++)
        x[k] *= 1.3f;
    OK(aimc_converter_quantize(converter, N, x, y));
    digest_floats(d, y, N);
    digest_double(d, aimc_converter_get_step(converter));
    digest_number(d, (uint64_t)aimc_converter_get_max_code(converter));
    digest_number(d, (uint64_t)aimc_converter_get_min_code(converter));
    if (!scenario_has(settings, "#no_steps")) {
        OK(aimc_converter_encode(converter, N, x, codes));
        OK(aimc_converter_decode(converter, N, codes, y));
        digest_bytes(d, codes, sizeof codes);
        digest_floats(d, y, N);
        if (!scenario_has(settings, "#no_ramp"))
            digest_linearity(d, converter, (size_t)scenario_number(settings, "channels", 1));
    }
    aimc_converter_destroy(converter);
    aimc_config_destroy(config);
}

/* ---- fields --------------------------------------------------------------------------------- */

static const scenario_row fields[] = {
    {"default", ""},
    {"perfect", "both.is_perfect=true"},
    {"forward_only", "backward.is_perfect=true"},
    {"no_converters", "both.inp_res=-1;both.out_res=-1"},
    {"coarse", "both.inp_res=0.1;both.out_res=15"},
    {"stochastic", "both.inp_sto_round=true;both.out_sto_round=true"},
    {"input_noise", "both.inp_noise=0.05"},
    {"input_asymmetry", "both.inp_asymmetry=0.1"},
    {"output_asymmetry", "both.out_asymmetry=0.2"},
    {"no_output_noise", "both.out_noise=0"},
    {"output_noise_std", "both.out_noise_std=0.5"},
    {"unbounded", "both.inp_bound=0;both.out_bound=0;both.noise_management=NONE"},
    {"scaled", "both.out_scale=1.7"},
    {"nonlinear", "both.out_nonlinearity=0.3;both.out_nonlinearity_std=0.2"},
    {"nonlinear_calibrated", "both.out_nonlinearity=0.5;both.slope_calibration=0.4"},
    {"voltage_offset", "both.v_offset_std=0.02;both.v_offset_w_min=-1.2"},
    {"series", "both.r_series=0.01"},
    {"series_total", "both.v_offset_w_min=0;both.r_series=0.02;"
                     "both.r_series_max_total=0.3"},
    {"weight_noise", "both.w_noise=0.03;both.w_noise_type=ADDITIVE_CONSTANT"},
    {"pcm_read", "both.w_noise=0.02;both.w_noise_type=PCM_READ"},
    {"polarity", "both.w_read_asymmetry_dtod=0.1;both.mv_type=POS_NEG_SEPARATE"},
    {"ir_drop", "both.ir_drop=1"},
    {"ir_drop_cubic", "both.ir_drop=2;both.ir_drop_amplitude=CUBIC;"
                      "both.ir_loading=ALL"},
    {"ir_drop_resistance", "both.ir_drop=1;both.wire_resistance_per_cell=5;"
                           "both.g_max=2e-5"},
    {"nm_none", "both.noise_management=NONE;both.inp_bound=0.7"},
    {"nm_sum", "both.noise_management=ABS_MAX_NP_SUM;both.nm_assumed_wmax=3;"
               "both.out_bound=2"},
    {"nm_max", "both.noise_management=MAX"},
    {"nm_constant", "both.noise_management=CONSTANT;both.nm_thres=0.8"},
    {"nm_average", "both.noise_management=AVERAGE_ABS_MAX;both.nm_decay=0.2"},
    {"nm_limited", "both.nm_thres=0.5"},
    {"bm_none", "both.bound_management=NONE;both.out_bound=1"},
    {"bm_iterative", "both.out_bound=0.5"},
    {"bm_worst", "both.bound_management=ITERATIVE_WORST_CASE;"
                 "both.out_bound=0.6"},
    {"bm_shift", "both.bound_management=SHIFT;both.out_bound=0.7"},
    {"bm_limits", "both.out_bound=0.2;both.max_bm_factor=3;"
                  "both.bm_test_negative_bound=false"},
    {"bm_resolution", "both.out_bound=0.1;both.max_bm_res=0.01"},
    {"ideal_mv", "forward.mv_type=IDEAL"},
    {"separate", "both.mv_type=POS_NEG_SEPARATE"},
    {"separate_digital", "both.mv_type=POS_NEG_SEPARATE_DIGITAL_SUM"},
    {"split", "both.mv_type=SPLIT_MODE;both.split_mode_bit_shift=2"},
    {"bit_wise", "both.mv_type=BIT_WISE"},
    {"bit_wise_two", "both.mv_type=BIT_WISE;both.bit_wise_bits=2"},
    {"bit_wise_once", "both.mv_type=BIT_WISE;both.bit_wise_adc=false"},
    {"two_sided", "both.cell_mapping.scheme=TWO_SIDED;both.cell_mapping.on_off_ratio=10"},
    {"cell_bits", "both.cell_mapping.cell_bits=3;both.cell_mapping.w_max=0.5;"
                  "both.cell_mapping.on_off_ratio=20"},
    {"slices", "both.cell_mapping.weight_bits=7;both.cell_mapping.n_slices=3;"
               "both.cell_mapping.cell_bits=2"},
    {"offset", "both.cell_mapping.scheme=DIGITAL_OFFSET;both.cell_mapping.weight_bits=6"},
    {"reference_column",
     "both.cell_mapping.scheme=REFERENCE_COLUMN;both.cell_mapping.on_off_ratio=50"},
    {"digital_pairs", "both.cell_mapping.subtract=DIGITAL;both.cell_mapping.weight_bits=5"},
    {"slices_bit_wise", "both.cell_mapping.weight_bits=5;both.cell_mapping.n_slices=2;"
                        "both.cell_mapping.cell_bits=2;both.mv_type=BIT_WISE"},
    {"nodal", "both.wires.model=NODAL;both.g_max=1e-4"},
    {"nodal_contacts", "both.wires.model=NODAL;both.wires.r_driver=50;"
                       "both.wires.r_sense=20;both.wires.r_select=100;"
                       "both.g_max=1e-4;both.cell_mapping.on_off_ratio=10"},
    {"nodal_polynomial", "both.wires.model=NODAL;both.wires.iv=POLYNOMIAL;"
                         "both.wires.iv_square=0.1;both.g_max=1e-4"},
    {"nodal_sinh", "both.wires.model=NODAL;both.wires.iv=SINH;"
                   "both.wires.iv_scale=0.15;both.g_max=1e-4"},
    {"nodal_interleaved", "both.wires.model=NODAL;both.wires.interleaved=true;"
                          "both.g_max=1e-4;both.wires.r_in=1.5"},
    {"nodal_gates", "both.wires.model=NODAL;both.wires.gate_selected=true;both.mv_type=BIT_WISE;"
                    "both.g_max=1e-4;both.wires.r_out=20"},
    {"time_sliced", "both.wires.model=TIME_SLICED;both.g_max=1e-4"},
    {"time_sliced_height", "both.wires.model=TIME_SLICED;both.wires.segments=4;"
                           "both.wires.height=128;both.wires.alternate=false;"
                           "both.g_max=1e-4;both.wires.v_sense_offset=0.01"},
    {"adc_sar", "both.adc.model=SAR;both.adc.mismatch=0.05;both.out_res=254"},
    {"adc_sar_split", "both.adc.model=SAR;both.adc.mismatch=0.05;"
                      "both.adc.split=true;both.adc.group_size=4;both.out_res=254"},
    {"adc_ramp", "both.adc.model=RAMP;both.adc.mismatch=0.1;"
                 "both.adc.comparator_offset=0.01;both.out_res=62"},
    {"adc_pipeline", "both.adc.model=PIPELINE;both.adc.gain_error=0.01;"
                     "both.out_res=254"},
    {"adc_cyclic", "both.adc.model=CYCLIC;both.adc.gain_error=0.02;"
                   "both.out_res=126"},
    {"adc_flash", "both.adc.model=FLASH;both.adc.mismatch=0.05;both.out_res=30"},
    {"adc_twos", "both.adc.style=TWOS_COMPLEMENT;both.adc.rounding=FLOOR;"
                 "both.out_res=62"},
    {"adc_unsigned", "both.adc.style=UNSIGNED;both.adc.low=-1;both.out_res=62"},
    {"dac_sar", "both.dac.model=SAR;both.dac.mismatch=0.03;both.inp_res=126"},
    {"all", "both.inp_noise=0.01;both.out_noise_std=0.3;both.w_noise=0.01;"
            "both.w_noise_type=PCM_READ;both.ir_drop=1;"
            "both.out_nonlinearity=0.1;both.v_offset_std=0.01;"
            "both.r_series=0.005;both.out_bound=0.8;"
            "both.w_read_asymmetry_dtod=0.05;both.mv_type=POS_NEG_SEPARATE"},
    {"standard_io", "both=standard_io"},
    {"hwa_io", "both=hwa_io"},
    {"preset_io", "both=preset_io"},
    {"isaac_io", "both=isaac_io"},
    {"analognas_io", "both=analognas_io"},
    {NULL, NULL},
};

static const scenario_row shapes[] = {
    {"tile", "#out=14;#in=19"},
    {"large", "#out=35;#in=67"},
    {NULL, NULL},
};

static const scenario_row fixed[] = {
    {"outputs", "both.out_noise_std=0.5;both.out_nonlinearity_std=0.3"},
    {"offsets", "both.v_offset_std=0.03"},
    {"cells", "both.w_read_asymmetry_dtod=0.1;"
              "both.mv_type=POS_NEG_SEPARATE_DIGITAL_SUM"},
    {NULL, NULL},
};

static const scenario_row ranges[] = {
    {"max", "#method=0"},
    {"quantile", "#method=1;#value=0.9"},
    {"deviation", "#method=2;#value=2.5"},
    {"least_error", "#method=3;#value=0.02"},
    {NULL, NULL},
};

static const scenario_row netlists[] = {
    {"ideal", ""},
    {"nodal",
     "forward.wires.model=NODAL;forward.wires.r_driver=10;forward.cell_mapping.on_off_ratio=10"},
    {"interleaved", "forward.wires.model=NODAL;forward.wires.interleaved=true;"
                    "forward.wires.iv=SINH;forward.wires.r_select=5"},
    {"gates", "forward.wires.model=NODAL;forward.wires.gate_selected=true;"
              "forward.mv_type=BIT_WISE"},
    {NULL, NULL},
};

static const scenario_row converters[] = {
    {"default", ""},
    {"steps", "bound=0.8;res=30"},
    {"unbounded", "bound=0;#no_steps=1"},
    {"stochastic", "sto_round=true;seed=4;#no_ramp=1"},
    {"twos", "nonideal.style=TWOS_COMPLEMENT;res=62"},
    {"unsigned", "nonideal.style=UNSIGNED;nonideal.low=-0.5;res=62;nonideal.rounding=FLOOR"},
    {"thresholds", "nonideal.style=THRESHOLDS;nonideal.thresholds=[-0.5, 0.1, 0.3];"
                   "nonideal.levels=[-1, 0, 0.2, 0.7];#no_ramp=1"},
    {"sar", "nonideal.model=SAR;nonideal.mismatch=0.03;nonideal.comparator_offset=0.01;channels=3"},
    {"sar_split", "nonideal.model=SAR;nonideal.mismatch=0.03;nonideal.split=true;res=254"},
    {"ramp", "nonideal.model=RAMP;nonideal.mismatch=0.05;nonideal.gain_error=0.01;channels=2;"
             "nonideal.group_size=2;nonideal.comparator_offset=0.02"},
    {"pipeline",
     "nonideal.model=PIPELINE;nonideal.gain_error=0.01;nonideal.comparator_offset=0.02"},
    {"cyclic", "nonideal.model=CYCLIC;nonideal.gain_error=0.03;nonideal.comparator_offset=0.02"},
    {"flash",
     "nonideal.model=FLASH;nonideal.mismatch=0.05;nonideal.comparator_offset=0.005;res=62"},
    {NULL, NULL},
};

const scenario_group scenario_reads[] = {
    {"read", run_read, "device=soft_bounds;device.dw_min=0.002", fields, shapes},
    {"fixed", run_fixed, "device=constant_step", fixed, NULL},
    {"calibrated", run_calibrated, "device=constant_step", ranges, NULL},
    {"netlist", run_netlist, "device=constant_step", netlists, NULL},
    {"converter", run_converter, "", converters, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
