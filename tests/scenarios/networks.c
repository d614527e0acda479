/* SPDX-License-Identifier: MIT */
/* Networks: training, hardware-aware training, saving, programming, digital memories. */
#include "scenario.h"

enum { IN = 12, HIDDEN = 17, OUT = 5, N = 48 };

typedef struct samples {
    float x[N * IN];
    uint32_t labels[N];
} samples;

/* Classes with centres of their own. */
static samples make_samples(void)
{
    samples s;
    aimct_fill(s.x, (size_t)N * IN, 71);
    for (size_t k = 0; k < N; k++) {
        s.labels[k] = (uint32_t)(k * 3 % OUT);
        for (size_t j = 0; j < IN; j++)
            s.x[k * IN + j] = 0.5f * s.x[k * IN + j] + (j % OUT == s.labels[k] ? 0.5f : 0);
    }
    return s;
}

static void train(aimc_network *net, const samples *s, const char *settings, size_t rounds,
                  digest *d)
{
    const size_t n = (size_t)scenario_number(settings, "#batch", 8);
    for (size_t k = 0; k < rounds; k++) {
        const size_t first = k * n % (N - n + 1);
        float loss = 0;
        OK(aimc_network_train_batch(net, n, s->x + first * IN, s->labels + first,
                                    scenario_number(settings, "#lr", 0.1), &loss));
        digest_floats(d, &loss, 1);
    }
}

static void digest_network(digest *d, aimc_network *net, const samples *s)
{
    float w[HIDDEN * HIDDEN], b[HIDDEN], logits[N * OUT];
    double accuracy = 0;
    aimc_counters counters = {.struct_size = sizeof counters};
    aimc_network_info info = {.struct_size = sizeof info};
    for (size_t k = 0; k < aimc_network_count_matrices(net); k++) {
        memset(w, 0, sizeof w);
        memset(b, 0, sizeof b);
        OK(aimc_network_get_weights(net, k, w, b));
        digest_floats(d, w, HIDDEN * HIDDEN);
        digest_floats(d, b, HIDDEN);
        const aimc_matrix *const grid = aimc_network_get_matrix(net, k);
        if (grid)
            digest_double(d, aimc_matrix_get_input_range(grid));
    }
    OK(aimc_network_predict(net, N, s->x, logits));
    digest_floats(d, logits, (size_t)N * OUT);
    OK(aimc_network_evaluate(net, N, s->x, s->labels, &accuracy));
    digest_double(d, accuracy);
    OK(aimc_network_get_counters(net, &counters));
    digest_counters(d, &counters);
    OK(aimc_network_get_info(net, &info));
    const uint64_t all[] = {info.n_layers, info.n_in,    info.n_out,     info.n_parameters,
                            info.n_analog, info.n_tiles, info.n_batches, info.n_samples};
    digest_bytes(d, all, sizeof all);
}

static aimc_network *build(aimc_context *ctx, const char *settings)
{
    aimc_network *net = NULL;
    aimc_config *layer = scenario_config(ctx, "layer", settings, '\0');
    const aimc_config *const config = scenario_has(settings, "#digital") ? NULL : layer;
    const int activation = (int)scenario_number(settings, "#activation", AIMC_TANH);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, HIDDEN, IN, config));
    OK(aimc_network_add_activation(net, (aimc_activation)activation));
    OK(aimc_network_add_linear(net, HIDDEN, HIDDEN, config));
    OK(aimc_network_add_activation(net, AIMC_SIGMOID));
    OK(aimc_network_add_linear(net, OUT, HIDDEN,
                               scenario_has(settings, "#last_digital") ? NULL : config));
    aimc_config_destroy(layer);
    return net;
}

static aimc_network *reload(aimc_context *ctx, aimc_network *net, digest *d)
{
    char path[512];
    aimc_network *loaded = NULL;
    scenario_temporary(path, sizeof path);
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
    digest_file(d, path);
    OK(aimc_network_load(ctx, path, &loaded));
    remove(path);
    return loaded;
}

/* Train, save, go on. With #calibrate input ranges are set from data first. */
static void run_training(aimc_context *ctx, const char *settings, digest *d)
{
    const samples s = make_samples();
    aimc_network *net = build(ctx, settings);
    if (scenario_has(settings, "#calibrate")) {
        aimc_config *config = scenario_config(ctx, "calibration", settings, '@');
        OK(aimc_network_calibrate(net, N, s.x, config));
        aimc_config_destroy(config);
    }
    train(net, &s, settings, 10, d);
    digest_network(d, net, &s);
    net = reload(ctx, net, d);
    train(net, &s, settings, 5, d);
    digest_network(d, net, &s);
    aimc_network_destroy(net);
}

/* A trained digital network on a chip: #compensate, and #data when with real inputs. */
static void run_chip(aimc_context *ctx, const char *settings, digest *d)
{
    const samples s = make_samples();
    aimc_inference_report r = {.struct_size = sizeof r};
    aimc_network *net = build(ctx, settings);
    aimc_config *layer = scenario_config(ctx, "layer", settings, '\0');
    aimc_config *config = scenario_config(ctx, "inference", settings, '@');
    train(net, &s, settings, 20, d);
    OK(aimc_network_convert_to_analog(net, layer));
    OK(aimc_network_program(net, config, &r));
    digest_inference(d, &r);
    digest_network(d, net, &s);
    OK(aimc_network_drift_programmed(net, 86400, &r));
    digest_inference(d, &r);
    digest_network(d, net, &s);
    if (scenario_has(settings, "#compensate")) {
        OK(aimc_network_compensate(net, N, scenario_has(settings, "#data") ? s.x : NULL, &r));
        digest_inference(d, &r);
    }
    net = reload(ctx, net, d);
    digest_network(d, net, &s);
    OK(aimc_network_unprogram(net));
    digest_network(d, net, &s);
    aimc_network_destroy(net);
    aimc_config_destroy(config);
    aimc_config_destroy(layer);
}

/* Weights through a digital memory. */
static void run_storage(aimc_context *ctx, const char *settings, digest *d)
{
    const samples s = make_samples();
    aimc_storage_report r = {.struct_size = sizeof r};
    aimc_network *net = build(ctx, settings);
    aimc_config *config = scenario_config(ctx, "storage", settings, '@');
    OK(aimc_network_store(net, config, &r));
    const uint64_t counts[] = {r.codes, r.flips, r.corrected, r.detected, r.wrong};
    digest_bytes(d, counts, sizeof counts);
    digest_double(d, r.bit_error_rate);
    digest_double(d, r.bits_per_bit);
    digest_network(d, net, &s);
    aimc_config_destroy(config);
    aimc_network_destroy(net);
}

/* Inputs of a grid, watched; then the range that follows, changed by training. */
static void run_watched(aimc_context *ctx, const char *settings, digest *d)
{
    const samples s = make_samples();
    float y[N * HIDDEN];
    aimc_matrix *grid = NULL;
    aimc_config *layer = scenario_config(ctx, "layer", settings, '\0');
    aimc_config *config = scenario_config(ctx, "calibration", settings, '@');
    OK(aimc_matrix_create(NULL, HIDDEN, IN, layer, &grid));
    OK(aimc_matrix_watch_inputs(grid, config));
    for (size_t k = 0; k < N; k += 12)
        OK(aimc_matrix_forward(grid, 12, s.x + k * IN, IN, y + k * HIDDEN, HIDDEN));
    OK(aimc_matrix_take_input_range(grid));
    digest_double(d, aimc_matrix_get_input_range(grid));
    digest_floats(d, y, (size_t)N * HIDDEN);
    OK(aimc_matrix_forward(grid, N, s.x, IN, y, HIDDEN));
    digest_floats(d, y, (size_t)N * HIDDEN);
    OK(aimc_matrix_set_input_range(grid, 0.3));
    OK(aimc_matrix_forward(grid, N, s.x, IN, y, HIDDEN));
    digest_floats(d, y, (size_t)N * HIDDEN);
    aimc_matrix_destroy(grid);
    aimc_config_destroy(config);
    aimc_config_destroy(layer);
}

/* ---- tables --------------------------------------------------------------------------------- */

static const scenario_row networks[] = {
    {"digital", "#digital=1"},
    {"ideal", "device=ideal"},
    {"soft_bounds", "device=soft_bounds;device.dw_min=0.002"},
    {"last_digital", "device=linear_step;#last_digital=1;#activation=2"},
    {"parts", "device=soft_bounds;mapping.max_input_size=7;mapping.max_output_size=6;"
              "mapping.weight_scaling_omega=0.6"},
    {"c_ttv2", "device=reram_sb;optimizer=c_ttv2;optimizer.buffer_granularity=0.2"},
    {"mixed_precision", "device=pcm;optimizer=mixed_precision;#activation=3"},
    {"tiki_taka", "device=constant_step;optimizer=tiki_taka;optimizer.gamma=0.1"},
    {NULL, NULL},
};

static const scenario_row batches[] = {
    {"small", "#batch=3"},  {"small_threads", "#batch=3;#threads=2;#same=1"},
    {"large", "#batch=16"}, {"large_threads", "#batch=16;#threads=2;#same=1"},
    {NULL, NULL},
};

static const scenario_row aware[] = {
    {"discretize", "hwa.modifier.type=DISCRETIZE;hwa.modifier.res=0.2"},
    {"discretize_stochastic",
     "hwa.modifier.type=DISCRETIZE;hwa.modifier.res=0.1;hwa.modifier.sto_round=true"},
    {"mult_normal", "hwa.modifier.type=MULT_NORMAL;hwa.modifier.copy_last_column=true"},
    {"add_normal", "hwa.modifier.type=ADD_NORMAL;hwa.modifier.rel_to_actual_wmax=false"},
    {"discretize_add", "hwa.modifier.type=DISCRETIZE_ADD_NORMAL;hwa.modifier.draw_first=false"},
    {"dorefa", "hwa.modifier.type=DOREFA;hwa.modifier.res=0.1;hwa.modifier.dorefa_clip=0.3"},
    {"poly", "hwa.modifier.type=POLY;hwa.modifier.std_dev=0.5;hwa.modifier.coeffs=[0.3, 1]"},
    {"prog_noise", "hwa.modifier.type=PROG_NOISE;hwa.modifier.enable_during_test=true"},
    {"drop_connect", "hwa.modifier.type=DROP_CONNECT;hwa.modifier.pdrop=0.2"},
    {"dropped_noise", "hwa.modifier.type=ADD_NORMAL;hwa.modifier.pdrop=0.1"},
    {"pcm_noise", "hwa.modifier.type=PCM_NOISE;hwa.modifier.pcm_t_inference=3600;"
                  "hwa.modifier.pcm_zero_thres=0.5"},
    {"pcm_faults", "hwa.modifier.type=PCM_NOISE;hwa.modifier.pcm_prob_at_reset=0.05;"
                   "hwa.modifier.pcm_prob_at_gmax=0.02;hwa.modifier.pcm_prob_at_random=0.03"},
    {"range", "hwa.input_range.enable=true;hwa.input_range.init_from_data=4"},
    {"range_fixed", "hwa.input_range.enable=true;hwa.input_range.learn_input_range=false;"
                    "hwa.input_range.init_from_data=0;hwa.input_range.init_value=0.6"},
    {"range_outputs", "hwa.input_range.enable=true;hwa.input_range.init_from_data=0;"
                      "hwa.input_range.init_value=0.5;hwa.input_range.gradient_relative=false;"
                      "hwa.input_range.manage_output_clipping=true;forward.out_bound=0.3;"
                      "hwa.input_range.decay=0.05;forward.bound_management=NONE"},
    {"clip_fixed", "hwa.clip_type=FIXED_VALUE;hwa.clip_fixed_value=0.15"},
    {"clip_gaussian", "hwa.clip_type=LAYER_GAUSSIAN;hwa.clip_sigma=1.2"},
    {"clip_channel", "hwa.clip_type=AVERAGE_CHANNEL_MAX"},
    {"remap_layer", "hwa.remap_type=LAYERWISE_SYMMETRIC;hwa.remapped_wmax=0.7;"
                    "mapping.weight_scaling_omega=0.5"},
    {"remap_channel", "hwa.remap_type=CHANNELWISE_SYMMETRIC;hwa.max_scale_range=1.5;"
                      "hwa.max_scale_ref=0.1;mapping.weight_scaling_omega=0.5;"
                      "mapping.weight_scaling_columnwise=true"},
    {"calibrated", "hwa.input_range.enable=true;hwa.input_range.init_from_data=0;#calibrate=1;"
                   "@quantile=0.9"},
    {NULL, NULL},
};

static const scenario_row presets[] = {
    {"hwa_standard",
     "device=ideal;forward=hwa_io;#calibrate=1;@method=MAX;hwa.modifier=web_modifier;"
     "hwa=web_clip"},
    {NULL, NULL},
};

static const scenario_row chips[] = {
    {"plain", ""},
    {"global", "#compensate=1;@compensation.method=GLOBAL"},
    {"refit", "#compensate=1;#data=1;@compensation.method=REFIT"},
    {"batch_norm", "#compensate=1;#data=1;@compensation.method=BATCH_NORM"},
    {"hermes", "@noise_model=pcm_hermes;@encoding=n_pair;@encoding.significance=[1, 1];"
               "@faults.stuck_low=0.02;mapping.max_input_size=8"},
    {NULL, NULL},
};

static const scenario_row memories[] = {
    {"none", "@bit_error_rate=0.02"},
    {"parity", "@bit_error_rate=0.02;@code=PARITY;@seed=5"},
    {"secded", "@bit_error_rate=0.01;@code=SECDED"},
    {"tmr", "@bit_error_rate=0.05;@code=TMR"},
    {"supply", "@supply_v=0.65;@v_50=0.56;@sigma_v=0.04"},
    {NULL, NULL},
};

static const scenario_row watchers[] = {
    {"quantile", "@method=CACHE_QUANTILE;@quantile=0.9"},
    {"cache", "@method=CACHE_QUANTILE;@max_samples=20;@quantile=0.95"},
    {"deviation", "@method=MOVING_STD;@std_alpha=2"},
    {"moving", "@method=MOVING_QUANTILE;@momentum=0.3;@quantile=0.8"},
    {"max", "@method=MAX"},
    {NULL, NULL},
};

const scenario_group scenario_networks[] = {
    {"network", run_training, "", networks, batches},
    {"aware", run_training, "device=ideal", aware, NULL},
    {"aware_preset", run_training, "", presets, NULL},
    {"network_chip", run_chip, "#digital=1;device=ideal;#lr=0.3", chips, NULL},
    {"storage", run_storage, "#digital=1", memories, NULL},
    {"watched", run_watched, "device=ideal;hwa.input_range.enable=true", watchers, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
