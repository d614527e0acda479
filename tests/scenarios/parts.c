/* SPDX-License-Identifier: MIT */
/* Accounts of energy, fits of measured devices, tables from files, numbers of presets. */
#include "scenario.h"

/* ---- energy --------------------------------------------------------------------------------- */

static void digest_converter_cost(digest *d, const aimc_converter_cost *c)
{
    const double all[] = {c->energy_j, c->time_s, c->area_m2, c->floor_j};
    digest_number(d, (uint64_t)c->below_floor);
    digest_doubles(d, all, 4);
}

static void digest_single_parts(digest *d, const aimc_cost_model *model)
{
    aimc_converter_cost c = {.struct_size = sizeof c};
    OK(aimc_cost_model_get_adc(model, &c));
    digest_converter_cost(d, &c);
    OK(aimc_cost_model_get_dac(model, &c));
    digest_converter_cost(d, &c);
    digest_double(d, aimc_cost_model_get_schottky_beta(model));
    for (int k = 0; k < 4; k++) {
        aimc_cost_supply s = {.struct_size = sizeof s};
        double energy = 0;
        OK(aimc_cost_model_get_pulse(model, 1e-5 * k, 1.5 - k, 1e-7, &energy));
        OK(aimc_cost_model_get_at_supply(model, 0.75, (aimc_memory_code)k, &s));
        const double all[] = {energy,           s.v0,          s.energy,   s.delay, s.bits_per_bit,
                              s.bit_error_rate, s.uncorrected, s.unnoticed};
        digest_doubles(d, all, 8);
    }
    digest_double(d, aimc_cost_model_get_bit_error_rate(model, 0.6));
    digest_double(d, aimc_cost_get_voltage_for_saving(0.9, 0.4));
}

static void digest_events(digest *d, const aimc_cost_events *e)
{
    const double all[] = {e->macs,
                          e->reads,
                          e->active_conductance_s,
                          e->rows_charged,
                          e->columns_charged,
                          e->read_steps,
                          e->dac_conversions,
                          e->adc_conversions,
                          e->adc_steps,
                          e->digital_adds,
                          e->buffer_bytes,
                          e->moved_bits,
                          e->dram_bytes,
                          e->pulses_up,
                          e->pulses_down,
                          e->write_steps,
                          e->accumulations,
                          e->gradient_macs,
                          e->verify_reads,
                          e->tiles,
                          e->cells,
                          e->dacs,
                          e->accumulators};
    digest_doubles(d, all, sizeof all / sizeof all[0]);
}

static void digest_account(digest *d, const aimc_cost_report *r)
{
    for (int k = 0; k < AIMC_COST_PARTS; k++) {
        const aimc_cost_item *const p = &r->parts[k];
        const double all[] = {p->count, p->unit_j, p->energy_j, p->time_s, p->area_m2};
        digest_doubles(d, all, 5);
    }
    const double all[] = {r->energy_j,       r->time_s,       r->area_m2, r->j_per_mac,
                          r->ops_per_j,      r->ops_per_s_m2, r->co2_kg,  r->pulses_per_device,
                          r->endurance_used, r->endurance};
    digest_doubles(d, all, sizeof all / sizeof all[0]);
}

static void digest_driven(digest *d, const aimc_cost_model *model)
{
    float g[6 * 9], x[4 * 9];
    double driven = 0;
    aimct_fill(g, 6 * 9, 81);
    aimct_fill(x, 4 * 9, 82);
    for (size_t k = 0; k < 6 * 9; k++)
        g[k] = 1e-5f * fabsf(g[k]);
    OK(aimc_cost_model_get_activity(model, 6, 9, g, 9, 4, x, 9, &driven));
    digest_double(d, driven);
}

/* What reading and training a tile costs; '@' fields are of the technology, #preset names one. */
static void run_energy(aimc_context *ctx, const char *settings, digest *d)
{
    char preset[64] = "technology";
    aimc_cost_model *model = NULL;
    scenario_word(settings, "#preset", preset, sizeof preset);
    aimc_config *config = scenario_config(ctx, preset, settings, '@');
    OK(aimc_cost_model_create(ctx, NULL, config, &model));
    digest_single_parts(d, model);
    digest_driven(d, model);
    scenario_tile t = scenario_tile_open(ctx, settings);
    aimc_counters c = {.struct_size = sizeof c};
    aimc_cost_shape shape = {.struct_size = sizeof shape,
                             .n_out = t.n_out,
                             .n_in = t.n_in,
                             .tiles_out = 1,
                             .tiles_in = 1};
    aimc_cost_events events = {.struct_size = sizeof events};
    aimc_cost_report report = {.struct_size = sizeof report};
    OK(aimc_tile_count_activity(t.tile, scenario_has(settings, "#drive")));
    scenario_train(&t, settings, 0, 5);
    digest_reads(d, &t, 83);
    OK(aimc_tile_get_counters(t.tile, &c));
    OK(aimc_cost_model_add_counters(model, &c, &shape, &events));
    digest_events(d, &events);
    events.dram_bytes += 1000;
    OK(aimc_cost_model_account(model, &events, &report));
    digest_account(d, &report);
    for (size_t k = 0; aimc_cost_model_get_assumption(model, k); k++)
        digest_number(d, k);
    scenario_tile_close(&t);
    aimc_cost_model_destroy(model);
    aimc_config_destroy(config);
}

static void run_baselines(aimc_context *ctx, const char *settings, digest *d)
{
    (void)ctx;
    (void)settings;
    aimc_cost_baseline b = {.struct_size = sizeof b};
    for (size_t k = 0; aimc_cost_baseline_get(k, &b) == AIMC_OK; k++) {
        digest_number(d, (uint64_t)b.assumed);
        digest_double(d, b.j_per_mac);
    }
}

/* ---- fits and tables ------------------------------------------------------------------------ */

enum { PULSES = 40 };

/* A sweep with steps that shrink towards the bounds and small errors. */
static void make_sweep(float w[2 * PULSES], uint64_t seed)
{
    float at = -0.5f;
    for (size_t k = 0; k < 2 * PULSES; k++) {
        at += k < PULSES ? 0.05f * (0.7f - at) : -0.06f * (at + 0.6f);
        w[k] = at + 0.002f * aimct_uniform(&seed);
    }
}

static void run_fit(aimc_context *ctx, const char *settings, digest *d)
{
    char model[64];
    float w[2][2 * PULSES];
    aimc_config *config = NULL;
    aimc_fit_result r = {.struct_size = sizeof r};
    const bool named = scenario_word(settings, "#model", model, sizeof model);
    make_sweep(w[0], 84);
    make_sweep(w[1], 85);
    OK(aimc_device_fit(ctx, named ? model : NULL, 2, PULSES, w[0], 2 * PULSES, &config, &r));
    digest_doubles(d, r.value, r.n_parameters);
    digest_doubles(d, r.low, r.n_parameters);
    digest_doubles(d, r.high, r.n_parameters);
    digest_double(d, r.w_start);
    digest_double(d, r.residual);
    digest_double(d, r.aic);
    digest_number(d, r.n_points);
    digest_number(d, named);
    aimc_config_destroy(config);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

/* Do documents say nothing of this nested configuration, because it is off? */
static bool is_left_out(const aimc_config *config, const char *name)
{
    char json[32768], key[96];
    ck_assert_uint_lt(aimc_config_to_json(config, json, sizeof json), sizeof json);
    snprintf(key, sizeof key, "\"%s\": ", name);
    return !strstr(json, key);
}

/* Numbers of the fields of a configuration, nested ones too, whatever their order and names. */
static uint64_t sum_of_fields(const aimc_config *config)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < aimc_config_count_fields(config); i++) {
        char text[2048];
        digest d = {.value = 0xCBF29CE484222325u};
        aimc_field_info info = {.struct_size = sizeof info};
        OK(aimc_config_get_field(config, i, &info));
        const aimc_config *const nested =
            info.type == AIMC_FIELD_CONFIG ? aimc_config_get_nested(config, info.name) : NULL;
        if (nested && is_left_out(config, info.name))
            continue;
        if (nested) {
            digest_number(&d, sum_of_fields(nested));
        } else if (info.type != AIMC_FIELD_CONFIG) {
            OK(aimc_config_get_text(config, info.name, text, sizeof text, NULL));
            digest_bytes(&d, text, strlen(text));
        }
        sum += d.value;
    }
    return sum;
}

/* Devices from a sweep in a file, and a tile of them. */
static void run_device_table(aimc_context *ctx, const char *settings, digest *d)
{
    char path[512], text[64 * PULSES] = "up,down\n";
    float sweep[2 * PULSES], w[SCENARIO_OUT * SCENARIO_IN];
    int32_t counts[SCENARIO_OUT * SCENARIO_IN];
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    aimc_config *config = scenario_config(ctx, "table_step", settings, '\0');
    make_sweep(sweep, 0);
    for (size_t k = 0; k < PULSES; k++) /* exact steps, so that they do not turn back */
        snprintf(text + strlen(text), 64, "%.6f,%.6f\n",
                 0.02 * (double)k - 0.0002 * (double)(k * k), 0.5 - 0.012 * (double)k);
    scenario_temporary(path, sizeof path);
    write_text(path, text);
    OK(aimc_config_load_table(config, path));
    remove(path);
    digest_number(d, sum_of_fields(config));
    OK(aimc_device_create(ctx, NULL, config, &device));
    OK(aimc_tile_create(device, SCENARIO_OUT, SCENARIO_IN, NULL, &tile));
    for (int32_t k = 0; k < SCENARIO_OUT * SCENARIO_IN; k++)
        counts[k] = k % 31 - 15;
    OK(aimc_tile_pulse(tile, counts, SCENARIO_IN));
    OK(aimc_tile_get_weights(tile, w, SCENARIO_IN));
    digest_floats(d, w, (size_t)SCENARIO_OUT * SCENARIO_IN);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}

static void run_noise_table(aimc_context *ctx, const char *settings, digest *d)
{
    char path[512];
    float g[3] = {1, 9, 15};
    aimc_noise_model *model = NULL;
    aimc_population *cells = NULL;
    aimc_config *config = scenario_config(ctx, "noise_table", settings, '\0');
    scenario_temporary(path, sizeof path);
    write_text(path, "g,t,sigma,q,nu_mean\n1,1,0.1,0.01,0.03\n1,100,0.2,0.02,0.03\n"
                     "20,1,0.5,0.02,0.05\n20,100,0.7,0.01,0.05\n");
    OK(aimc_noise_table_load(config, path));
    remove(path);
    digest_number(d, sum_of_fields(config));
    OK(aimc_noise_model_create(ctx, NULL, config, &model));
    OK(aimc_population_create(model, 3, 9, &cells));
    OK(aimc_population_program(cells, g));
    OK(aimc_population_read(cells, 50, g));
    digest_floats(d, g, 3);
    aimc_population_destroy(cells);
    aimc_noise_model_destroy(model);
    aimc_config_destroy(config);
}

/* Numbers of every preset or kind of a category, whatever their order and names. */
static void run_presets(aimc_context *ctx, const char *settings, digest *d)
{
    char category[64] = "";
    uint64_t sum = 0;
    ck_assert(scenario_word(settings, "#category", category, sizeof category));
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info info = {.struct_size = sizeof info};
        aimc_config *config = NULL;
        OK(aimc_preset_get(i, &info));
        if (strcmp(info.category, category) != 0)
            continue;
        OK(aimc_config_create(ctx, info.name, &config));
        digest one = {.value = 1};
        digest_number(&one, sum_of_fields(config));
        sum += one.value;
        aimc_config_destroy(config);
    }
    ck_assert_uint_ne(sum, 0);
    digest_number(d, sum);
}

/* A configuration as JSON, and made again from it. */
static void run_json(aimc_context *ctx, const char *settings, digest *d)
{
    char json[32768], again[32768];
    aimc_config *config = scenario_config(ctx, "layer", settings, '\0'), *copy = NULL;
    ck_assert_uint_lt(aimc_config_to_json(config, json, sizeof json), sizeof json);
    OK(aimc_config_create(ctx, "layer", &copy));
    OK(aimc_config_parse(copy, json));
    aimc_config_to_json(copy, again, sizeof again);
    ck_assert_str_eq(json, again);
    digest_number(d, sum_of_fields(copy));
    aimc_config_destroy(copy);
    aimc_config_destroy(config);
}

/* ---- tables --------------------------------------------------------------------------------- */

static const scenario_row technologies[] = {
    {"default", ""},
    {"driven", "#drive=1;device=soft_bounds"},
    {"amplitude", "#drive=1;@input=AMPLITUDE;@dac_model=POWER;@adc_model=SURVEY"},
    {"width", "@dac_model=WIDTH;@adc_model=TABLE;@adc_part=3;@write_current=SCHOTTKY"},
    {"node", "@node_nm=14;@vdd=0.7;@half_select=5;@schottky_beta=3;@write_current=SCHOTTKY"},
    {"mixed_precision", "optimizer=mixed_precision;#drive=1"},
    {"bit_wise", "both.mv_type=BIT_WISE"},
    {"isaac_32nm", "#preset=isaac_32nm"},
    {"rram_32nm", "#preset=rram_32nm"},
    {"ferro_write_20ns", "#preset=ferro_write_20ns"},
    {NULL, NULL},
};

static const scenario_row one[] = {{"all", ""}, {NULL, NULL}};

static const scenario_row fits[] = {
    {"constant_step", "#model=constant_step"},
    {"linear_step", "#model=linear_step"},
    {"soft_bounds", "#model=soft_bounds"},
    {"exp_step", "#model=exp_step"},
    {"pow_step", "#model=pow_step"},
    {"window_step", "#model=window_step"},
    {"best", ""},
    {NULL, NULL},
};

static const scenario_row categories[] = {
    {"device", "#category=device"},         {"optimizer", "#category=optimizer"},
    {"layer", "#category=layer"},           {"tile", "#category=tile"},
    {"periphery", "#category=periphery"},   {"mapping", "#category=mapping"},
    {"converter", "#category=converter"},   {"noise_model", "#category=noise_model"},
    {"encoding", "#category=encoding"},     {"inference", "#category=inference"},
    {"technology", "#category=technology"}, {NULL, NULL},
};

static const scenario_row documents[] = {
    {"cells",
     "device=vector_cell;device.device=pow_step;optimizer=agad;forward.cell_mapping.n_slices=3;"
     "forward.cell_mapping.weight_bits=6;hwa.modifier.type=POLY;seed=12"},
    {"lists", "device=table_step;device.step_up=[0.01, 0.02];device.noise_up=[0.001, 0.003];"
              "optimizer=tiki_taka;optimizer.gamma_vec=[0.5, 1]"},
    {NULL, NULL},
};

const scenario_group scenario_parts[] = {
    {"energy", run_energy, "device=constant_step", technologies, NULL},
    {"baselines", run_baselines, "", one, NULL},
    {"fit", run_fit, "", fits, NULL},
    {"device_table", run_device_table, "", one, NULL},
    {"noise_table", run_noise_table, "extrapolate=true", one, NULL},
    {"presets", run_presets, "", categories, NULL},
    {"json", run_json, "", documents, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
