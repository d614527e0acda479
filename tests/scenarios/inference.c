/* SPDX-License-Identifier: MIT */
/* Life of programmed weights: noise models, encodings, write loops, faults, compensation. */
#include "scenario.h"

enum { OUT = 23, IN = 31, N_X = 6 };

/* ---- populations ---------------------------------------------------------------------------- */

static aimc_noise_model *open_model(aimc_context *ctx, const char *settings)
{
    char kind[64] = "";
    aimc_noise_model *model = NULL;
    ck_assert(scenario_word(settings, "#kind", kind, sizeof kind));
    aimc_config *config = scenario_config(ctx, kind, settings, '\0');
    OK(aimc_noise_model_create(ctx, NULL, config, &model));
    aimc_config_destroy(config);
    return model;
}

static void digest_cells(digest *d, aimc_population *cells, size_t n, bool has_state)
{
    static const char *const kept[] = {"target", "programmed", "state"};
    float g[400];
    for (size_t k = 0; k < (has_state ? 3 : 2); k++) {
        OK(aimc_population_get(cells, kept[k], g));
        digest_floats(d, g, n);
    }
}

/* Programmed twice, read at several times; #t is the first of them. */
static void run_population(aimc_context *ctx, const char *settings, digest *d)
{
    enum { N = 400 };
    float g[N];
    aimc_noise_model *model = open_model(ctx, settings);
    aimc_noise_model_info info = {.struct_size = sizeof info};
    OK(aimc_noise_model_get_info(model, &info));
    const double figures[] = {info.g_min_us, info.g_max_us, info.first_time_s, info.last_time_s};
    digest_doubles(d, figures, 4);
    aimc_population *cells = NULL;
    OK(aimc_population_create(model, N, 77, &cells));
    aimc_noise_model_destroy(model);
    for (int round = 0; round < 2; round++) {
        aimct_fill(g, N, 60 + (uint64_t)round);
        for (size_t k = 0; k < N; k++)
            g[k] = fabsf(g[k]) * (float)info.g_max_us;
        OK(aimc_population_program(cells, g));
        digest_cells(d, cells, N, true);
        for (double t = scenario_number(settings, "#t", 0); t < 2e5; t = 9 * t + 25) {
            OK(aimc_population_read(cells, t, g));
            digest_floats(d, g, N);
        }
    }
    aimc_population_destroy(cells);
}

/* A search for tables of pairs. */
static void run_search(aimc_context *ctx, const char *settings, digest *d)
{
    float w[300];
    char text[4096];
    double loss[2];
    aimc_config *found = NULL;
    aimc_noise_model *model = open_model(ctx, settings);
    aimc_config *config = scenario_config(ctx, "weight_programming", settings, '@');
    aimct_fill(w, 300, 61);
    for (size_t k = 0; k < 300; k++)
        w[k] *= fabsf(w[k]);
    OK(aimc_noise_model_optimize_programming(model, 300, w, config, &found, &loss[0], &loss[1]));
    digest_doubles(d, loss, 2);
    OK(aimc_config_get_text(found, "g_lst", text, sizeof text, NULL));
    digest_bytes(d, text, strlen(text));
    aimc_config_destroy(found);
    aimc_config_destroy(config);
    aimc_noise_model_destroy(model);
}

/* ---- tiles ---------------------------------------------------------------------------------- */

static void digest_life(digest *d, scenario_tile *t, const aimc_inference_report *r)
{
    digest_inference(d, r);
    digest_reads(d, t, 62);
    digest_tile(d, t);
}

/* Program, age, compensate (#compensate), save and go on, take off. */
static void run_life(aimc_context *ctx, const char *settings, digest *d)
{
    float x[N_X * SCENARIO_SIDE];
    const bool compensate = scenario_has(settings, "#compensate");
    aimc_inference_report r = {.struct_size = sizeof r};
    scenario_tile t = scenario_tile_open(ctx, settings);
    aimc_config *config = scenario_config(ctx, "inference", settings, '@');
    OK(aimc_tile_count_activity(t.tile, 1));
    OK(aimc_tile_program(t.tile, config, &r));
    aimct_fill(x, N_X * t.n_in, 63);
    digest_life(d, &t, &r);
    for (double at = scenario_number(settings, "#t", 30); at < 2e5; at *= 70) {
        OK(aimc_tile_drift_programmed(t.tile, at, &r));
        digest_life(d, &t, &r);
        if (compensate) {
            const bool data = scenario_has(settings, "#data");
            OK(aimc_tile_compensate(t.tile, N_X, data ? x : NULL, t.n_in, &r));
            digest_life(d, &t, &r);
        }
    }
    scenario_reload(ctx, &t, d);
    OK(aimc_tile_drift_programmed(t.tile, scenario_number(settings, "#t", 30) * 100, &r));
    digest_life(d, &t, &r);
    OK(aimc_tile_unprogram(t.tile));
    digest_tile(d, &t);
    aimc_config_destroy(config);
    scenario_tile_close(&t);
}

/* Closed loop on pulsed devices. */
static void run_write(aimc_context *ctx, const char *settings, digest *d)
{
    float w[SCENARIO_SIDE * SCENARIO_SIDE];
    aimc_inference_report r = {.struct_size = sizeof r};
    scenario_tile t = scenario_tile_open(ctx, settings);
    aimc_config *config = scenario_config(ctx, "programming", settings, '@');
    aimct_fill(w, t.n_out * t.n_in, 64);
    for (size_t k = 0; k < t.n_out * t.n_in; k++)
        w[k] *= 0.3f;
    OK(aimc_tile_write(t.tile, w, t.n_in, config, &r));
    digest_life(d, &t, &r);
    aimc_config_destroy(config);
    scenario_tile_close(&t);
}

/* ---- grids ---------------------------------------------------------------------------------- */

static void digest_grid(digest *d, aimc_matrix *grid, const aimc_inference_report *r)
{
    float x[N_X * IN], y[N_X * OUT], w[OUT * IN];
    aimct_fill(x, N_X * IN, 65);
    digest_inference(d, r);
    OK(aimc_matrix_forward(grid, N_X, x, IN, y, OUT));
    digest_floats(d, y, N_X * OUT);
    OK(aimc_matrix_get_weights(grid, w, IN));
    digest_floats(d, w, OUT * IN);
}

static void run_grid(aimc_context *ctx, const char *settings, digest *d)
{
    float x[N_X * IN], w[OUT * IN];
    aimc_matrix *grid = NULL;
    aimc_inference_report r = {.struct_size = sizeof r};
    aimc_config *layer = scenario_config(ctx, "layer", settings, '\0');
    aimc_config *config = scenario_config(ctx, "inference", settings, '@');
    aimct_fill(w, OUT * IN, 66);
    aimct_fill(x, N_X * IN, 67);
    OK(aimc_matrix_create(NULL, OUT, IN, layer, &grid));
    OK(aimc_matrix_set_weights(grid, w, IN));
    OK(aimc_matrix_program(grid, config, &r));
    digest_grid(d, grid, &r);
    OK(aimc_matrix_drift_programmed(grid, 4000, &r));
    digest_grid(d, grid, &r);
    if (scenario_has(settings, "#compensate")) {
        OK(aimc_matrix_compensate(grid, N_X, scenario_has(settings, "#data") ? x : NULL, IN, &r));
        digest_grid(d, grid, &r);
    }
    OK(aimc_matrix_unprogram(grid));
    digest_grid(d, grid, &r);
    aimc_matrix_destroy(grid);
    aimc_config_destroy(config);
    aimc_config_destroy(layer);
}

/* ---- tables --------------------------------------------------------------------------------- */

#define TABLE(at)                                                                                  \
    at "g_us=[1, 10, 20];" at "t_s=[1, 1000];" at "bias_us=[0, 0.1, 0.2, -0.1, 0.3, 0.2];" at      \
       "sigma_us=[0.1, 0.2, 0.3, 0.2, 0.3, 0.4];" at "q=[0.01, 0.02, 0.01, 0.02, 0.03, 0.02];" at  \
       "nu_mean=[0.01, 0.03, 0.02];" at "nu_std=[0.001, 0.002, 0.003];" at "extrapolate=true"
#define DRIFT(at)                                                                                  \
    at "g_lst=[0, 10, 20];" at "nu_mean_lst=[0.1, 0.06, 0.02];" at "nu_std_lst=[0.02, 0.01, 0.01]"

static const scenario_row models[] = {
    {"pcm_like", "#kind=pcm_like"},
    {"pcm_like_scaled", "#kind=pcm_like;g_max=30;prog_noise_scale=0.5;read_noise_scale=2;"
                        "drift_scale=0.7;t_0=10;t_read=1e-6;prog_coeff=[0.1, 0.5];g_min=1"},
    {"pcm_hermes", "#kind=pcm_hermes"},
    {"pcm_hermes_one", "#kind=pcm_hermes;num_devices=1"},
    {"state_independent", "#kind=state_independent"},
    {"custom_drift", "#kind=custom_drift;" DRIFT("")},
    {"custom_drift_read", "#kind=custom_drift;" DRIFT("") ";q_lst=[0.1, 0.05, 0.02]"},
    {"reram_wan2022", "#kind=reram_wan2022;extrapolate=true;#t=1"},
    {"reram_cmo", "#kind=reram_cmo"},
    {"reram_cmo_wide", "#kind=reram_cmo;acceptance=2"},
    {"polynomial_noise", "#kind=polynomial_noise;prog_coeff=[0.3, 0.05, -0.001]"},
    {"sonos", "#kind=sonos;extrapolate=true;#t=1"},
    {"generic_noise", "#kind=generic_noise;prog_magnitude=0.05;read_magnitude=0.02;drift_nu=0.05;"
                      "drift_nu_std=0.01"},
    {"generic_proportional", "#kind=generic_noise;prog_magnitude=0.05;prog_kind=PROPORTIONAL;"
                             "read_magnitude=0.02;read_kind=INVERSE;clip_conductance=true"},
    {"generic_uniform", "#kind=generic_noise;prog_magnitude=0.1;distribution=UNIFORM;cell_bits=3"},
    {"noise_table", "#kind=noise_table;" TABLE("") ";#t=1"},
    {"pcm_hermes_2", "#kind=pcm_hermes_2;g_min=0.5"},
    {"pcm_joshi", "#kind=pcm_joshi"},
    {"rram_milo", "#kind=rram_milo"},
    {"rram_wan", "#kind=rram_wan"},
    {"crosssim_sonos", "#kind=crosssim_sonos;extrapolate=true;#t=2"},
    {NULL, NULL},
};

static const scenario_row on_chip[] = {
    {"pcm_like", "@noise_model=pcm_like"},
    {"pcm_hermes", "@noise_model=pcm_hermes"},
    {"state_independent", "@noise_model=state_independent"},
    {"custom_drift", "@noise_model=custom_drift;" DRIFT("@noise_model.")},
    {"reram_wan2022", "@noise_model=reram_wan2022;@noise_model.extrapolate=true"},
    {"reram_cmo", "@noise_model=reram_cmo"},
    {"polynomial_noise", "@noise_model=polynomial_noise;@noise_model.prog_coeff=[0.3, 0.05]"},
    {"sonos", "@noise_model=sonos;@noise_model.extrapolate=true"},
    {"generic_noise", "@noise_model=generic_noise;@noise_model.prog_magnitude=0.05;"
                      "@noise_model.read_magnitude=0.02;@noise_model.drift_nu=0.05"},
    {"noise_table", "@noise_model=noise_table;" TABLE("@noise_model.")},
    {NULL, NULL},
};

static const scenario_row encodings[] = {
    {"single_pair", "@encoding=single_pair"},
    {"single_pair_outputs", "@encoding=single_pair;@encoding.scale_per_output=true"},
    {"n_pair", "@encoding=n_pair;@encoding.significance=[1, 2]"},
    {"n_pair_equal", "@encoding=n_pair;@encoding.significance=[1, 1, 1];@encoding.fill=EQUAL"},
    {"two_sided", "@encoding=two_sided"},
    {"single_device", "@encoding=single_device"},
    {"offset", "@encoding=offset"},
    {"reference_column",
     "@encoding=offset;@encoding.correction=REFERENCE_COLUMN;@encoding.cell_bits=4"},
    {"fusion", "@encoding=fusion"},
    {"bit_sliced", "@encoding=bit_sliced"},
    {"bit_sliced_offset",
     "@encoding=bit_sliced;@encoding.weight_bits=6;@encoding.n_slices=2;@encoding.style=OFFSET"},
    {NULL, NULL},
};

static const scenario_row few_encodings[] = {
    {"single_pair", "@encoding=single_pair"},
    {"bit_sliced", "@encoding=bit_sliced;@encoding.n_slices=2"},
    {NULL, NULL},
};

static const scenario_row loops[] = {
    {"one_shot", "@programming.method=ONE_SHOT"},
    {"verify", "@programming.method=VERIFY;@programming.tolerance=0.01"},
    {"verify_coarse", "@programming.method=VERIFY;@programming.pulse_step=0.02;"
                      "@programming.pulse_noise=0.5;@programming.max_iterations=8;"
                      "@programming.max_pulses=3"},
    {"gradient", "@programming.method=GRADIENT;@programming.max_iterations=15"},
    {"gradient_batch", "@programming.method=GRADIENT;@programming.max_iterations=15;"
                       "@programming.batch=7;@programming.learning_rate=0.2"},
    {"verify_gradient", "@programming.method=VERIFY_GRADIENT;@programming.max_iterations=12"},
    {"stuck", "@faults.stuck_low=0.05;@faults.stuck_high=0.02;@faults.stuck_random=0.04"},
    {"stuck_verify", "@faults.stuck_low=0.1;@programming.method=VERIFY;"
                     "@programming.max_iterations=10"},
    {NULL, NULL},
};

static const scenario_row fixes[] = {
    {"global", "@compensation.method=GLOBAL"},
    {"global_ideal", "@compensation.method=GLOBAL;@compensation.ideal_reference=true"},
    {"global_random", "@compensation.method=GLOBAL;@compensation.n_vectors=9"},
    {"per_output", "@compensation.method=PER_OUTPUT"},
    {"refit", "@compensation.method=REFIT;#data=1"},
    {"refit_random", "@compensation.method=REFIT;@compensation.n_vectors=12"},
    {"batch_norm", "@compensation.method=BATCH_NORM;#data=1"},
    {NULL, NULL},
};

static const scenario_row sized[] = {
    {"tile", ""},
    {"large", "#out=40;#in=70;forward.out_noise=0.01"},
    {NULL, NULL},
};

static const scenario_row searches[] = {
    {"one", "#kind=pcm_like;@generations=6;@population=12;@n_samples=32"},
    {"two", "#kind=state_independent;@n_pairs=2;@times=[60, 86400];@generations=5;@population=10;"
            "@n_samples=32;@mutation=0.7;@recombination=0.5;@seed=3"},
    {NULL, NULL},
};

static const scenario_row closed[] = {
    {"constant_step", "device=constant_step"},
    {"soft_bounds", "device=soft_bounds;device.dw_min=0.004;@tolerance=0.05"},
    {"reference_cell", "device=reference_cell;device.device=linear_step;@max_iterations=7"},
    {"few_pulses", "device=exp_step;@max_pulses=2;@max_iterations=9"},
    {"large", "device=piecewise_step;#out=40;#in=33"},
    {"user", "#user=1;@max_iterations=20"},
    {NULL, NULL},
};

static const scenario_row cut[] = {
    {"parts", "mapping.max_input_size=12;mapping.max_output_size=10"},
    {"scaled", "mapping.max_input_size=12;mapping.weight_scaling_omega=0.8;"
               "mapping.weight_scaling_columnwise=true"},
    {"threads", "mapping.max_input_size=12;mapping.weight_scaling_omega=0.8;"
                "mapping.weight_scaling_columnwise=true;#threads=2;#same=1"},
    {NULL, NULL},
};

#define PCM "@noise_model=pcm_like;device=ideal"

const scenario_group scenario_inference[] = {
    {"population", run_population, "", models, NULL},
    {"chip", run_life, "device=ideal;@seed=3", on_chip, few_encodings},
    {"encoding", run_life, PCM, encodings, sized},
    {"custom_pair", run_life,
     PCM ";@encoding=custom_pair;@encoding.g_lst=[2, 12, 22, 22, 12, 2];@noise_model.g_max=30",
     sized, NULL},
    {"programming", run_life, PCM ";@seed=4", loops, few_encodings},
    {"compensation", run_life, PCM ";#compensate=1", fixes, few_encodings},
    {"search", run_search, "", searches, NULL},
    {"write", run_write, "@tolerance=0.02", closed, NULL},
    {"chip_grid", run_grid, PCM ";#compensate=1", fixes, cut},
    {NULL, NULL, NULL, NULL, NULL},
};
