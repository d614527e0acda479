/* SPDX-License-Identifier: MIT */
/* Every training algorithm on a tile and on a grid of several. */
#include "scenario.h"

/* ---- runs ----------------------------------------------------------------------------------- */

static void watch(void *user, const aimc_optimizer *optimizer, const aimc_optimizer_step_info *info)
{
    (void)optimizer;
    const uint64_t all[] = {info->step,      info->n_vectors, info->pulses_up, info->pulses_down,
                            info->transfers, info->reads,     info->crossings, info->clipped};
    digest_bytes(user, all, sizeof all);
    digest_double(user, info->lr);
}

static void run_tile(aimc_context *ctx, const char *settings, digest *d)
{
    scenario_tile t = scenario_tile_open(ctx, settings);
    OK(aimc_optimizer_watch(t.optimizer, watch, d));
    scenario_train(&t, settings, 0, 14);
    digest_optimizer(d, t.optimizer, t.n_out, t.n_in);
    digest_tile(d, &t);
    scenario_reload(ctx, &t, d);
    digest_reads(d, &t, 24);
    scenario_train(&t, settings, 14, 24);
    digest_optimizer(d, t.optimizer, t.n_out, t.n_in);
    digest_tile(d, &t);
    digest_reads(d, &t, 25);
    scenario_tile_close(&t);
}

enum { OUT = 27, IN = 33, MOST = 4 };

static void step_grid(aimc_matrix *grid, const char *settings, size_t k, digest *d)
{
    float x[MOST * IN], g[MOST * OUT], y[MOST * OUT], z[MOST * IN];
    const size_t n = k % MOST + 1;
    aimct_fill(x, n * IN, 300 + k);
    aimct_fill(g, n * OUT, 400 + k);
    OK(aimc_matrix_modify(grid));
    OK(aimc_matrix_forward(grid, n, x, IN, y, OUT));
    OK(aimc_matrix_backward(grid, n, g, OUT, z, IN));
    OK(aimc_matrix_step(grid, n, x, IN, g, OUT, scenario_number(settings, "#lr", 0.05)));
    digest_floats(d, y, n * OUT);
    digest_floats(d, z, n * IN);
}

static void digest_grid(digest *d, aimc_matrix *grid)
{
    float w[OUT * IN];
    aimc_counters counters = {.struct_size = sizeof counters};
    OK(aimc_matrix_get_weights(grid, w, IN));
    digest_floats(d, w, OUT * IN);
    OK(aimc_matrix_get_counters(grid, &counters));
    digest_counters(d, &counters);
    digest_double(d, aimc_matrix_get_input_range(grid));
    for (size_t k = 0; k < aimc_matrix_count_tiles(grid); k++) {
        size_t first[2];
        const aimc_tile *const tile = aimc_matrix_get_tile(grid, k, &first[0], &first[1]);
        digest_bytes(d, first, sizeof first);
        digest_optimizer(d, aimc_matrix_get_optimizer(grid, k), aimc_tile_get_n_out(tile),
                         aimc_tile_get_n_in(tile));
    }
}

static void run_grid(aimc_context *ctx, const char *settings, digest *d)
{
    float w[OUT * IN];
    aimc_matrix *grid = NULL;
    aimc_config *layer = scenario_config(ctx, "layer", settings, '\0');
    aimct_fill(w, OUT * IN, 13);
    for (size_t k = 0; k < OUT * IN; k++)
        w[k] *= 0.3f;
    OK(aimc_matrix_create(NULL, OUT, IN, layer, &grid));
    OK(aimc_matrix_set_weights(grid, w, IN));
    for (size_t k = 0; k < 18; k++)
        step_grid(grid, settings, k, d);
    digest_grid(d, grid);
    aimc_matrix_destroy(grid);
    aimc_config_destroy(layer);
}

/* The settings that suit a device: the numbers in them, and what they make of a tile. */
static void run_suited(aimc_context *ctx, const char *settings, digest *d)
{
    char algorithm[64];
    scenario_tile t = scenario_tile_open(ctx, settings);
    aimc_config *config = NULL;
    scenario_word(settings, "#algorithm", algorithm, sizeof algorithm);
    OK(aimc_optimizer_suggest_config(t.device, algorithm, &config));
    OK(aimc_optimizer_create(t.tile, NULL, config, &t.optimizer));
    scenario_train(&t, settings, 0, (size_t)scenario_number(settings, "#steps", 60));
    digest_optimizer(d, t.optimizer, t.n_out, t.n_in);
    digest_tile(d, &t);
    digest_reads(d, &t, 26);
    aimc_config_destroy(config);
    scenario_tile_close(&t);
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Transfers need large steps here, so that they happen within two dozen mini-batches. */
#define FAST(name) "optimizer=" name ";optimizer.fast_lr=0.3;#lr=0.1;"

static const scenario_row algorithms[] = {
    {"sgd", "optimizer=sgd"},
    {"sgd_relaxing", "optimizer=sgd;device.lifetime=30;device.diffusion=0.003"},
    {"tiki_taka", FAST("tiki_taka")},
    {"tiki_taka_shown", FAST("tiki_taka") "optimizer.gamma=0.3;optimizer.transfer_columns=false"},
    {"tiki_taka_three", FAST("tiki_taka") "optimizer.n_arrays=3;optimizer.gamma_vec=[0.1, 0.2, 1];"
                                          "optimizer.transfer_every_vec=[1, 2];"
                                          "optimizer.transfer_lr_vec=[0.5, 0.7]"},
    {"tiki_taka_vectors",
     FAST("tiki_taka") "optimizer.units_in_mbatch=false;optimizer.transfer_every=2;"
                       "optimizer.n_reads_per_transfer=3;optimizer.random_selection=true;"
                       "optimizer.with_reset_prob=0.5"},
    {"tiki_taka_deferred",
     FAST("tiki_taka") "optimizer.defer_writes=true;optimizer.scale_fast_lr=false;"
                       "optimizer.units_in_mbatch=false;optimizer.scale_transfer_lr=false"},
    {"tiki_taka_other", FAST("tiki_taka") "optimizer.separate_fast_device=true;"
                                          "optimizer.fast_device=exp_step;"
                                          "optimizer.transfer_forward.is_perfect=true"},
    {"ttv2", FAST("ttv2") "optimizer.thres_scale=0.5"},
    {"ttv2_keep", FAST("ttv2") "optimizer.forget_buffer=false;optimizer.momentum=0.4;"
                               "optimizer.thres_scale=0.2;optimizer.step=2"},
    {"ttv2_trains", FAST("ttv2") "optimizer.write_mode=TRAINS;optimizer.transfer_columns=false;"
                                 "optimizer.thres_scale=0.2"},
    {"ttv2_three", FAST("ttv2") "optimizer.n_arrays=3;optimizer.gamma=0.2;"
                                "optimizer.thres_scale=0.2;optimizer.n_reads_per_transfer=2"},
    {"c_ttv2", FAST("c_ttv2") "optimizer.buffer_granularity=0.3"},
    {"c_ttv2_regular", FAST("c_ttv2") "optimizer.in_chop_random=false;optimizer.in_chop_prob=0.3;"
                                      "optimizer.out_chop_prob=0.2;optimizer.momentum=0.2;"
                                      "optimizer.buffer_granularity=0.3"},
    {"c_ttv2_auto", FAST("c_ttv2") "optimizer.auto_scale=true;optimizer.auto_granularity=50;"
                                   "optimizer.auto_momentum=0.9"},
    {"c_ttv2_automatic", FAST("c_ttv2") "optimizer.transfer_every=-0.2;"
                                        "optimizer.correct_gradient_magnitudes=true;"
                                        "optimizer.buffer_granularity=0.2"},
    {"c_ttv2_no_buffer", FAST("c_ttv2") "optimizer.no_buffer=true;"
                                        "optimizer.buffer_granularity=0.03"},
    {"c_ttv2_trains", FAST("c_ttv2") "optimizer.write_mode=TRAINS;optimizer.in_chop_prob=0.5;"
                                     "optimizer.forget_buffer=false;"
                                     "optimizer.buffer_granularity=0.1"},
    {"agad", FAST("agad") "optimizer.buffer_granularity=0.2"},
    {"agad_random", FAST("agad") "optimizer.in_chop_random=true;optimizer.in_chop_prob=0.4;"
                                 "optimizer.out_chop_prob=0.3;optimizer.tail_weightening=2;"
                                 "optimizer.buffer_granularity=0.2"},
    {"agad_capped", FAST("agad") "optimizer.forget_buffer=false;optimizer.buffer_cap=2;"
                                 "optimizer.correct_accumulation=true;optimizer.in_chop_prob=0.5;"
                                 "optimizer.buffer_granularity=0.1"},
    {"agad_significant", FAST("agad") "optimizer.significance=0.2;optimizer.in_chop_prob=0.5;"
                                      "optimizer.buffer_granularity=0.1;"
                                      "optimizer.transfer_columns=false"},
    {"agad_rows", FAST("agad") "optimizer.transfer_columns=false;optimizer.gamma=0.2;"
                               "optimizer.units_in_mbatch=true;optimizer.buffer_granularity=0.1"},
    {"mixed_precision", "optimizer=mixed_precision"},
    {"mixed_precision_decay",
     "optimizer=mixed_precision;optimizer.momentum=0.6;optimizer.weight_decay=0.02"},
    {"mixed_precision_rows",
     "optimizer=mixed_precision;optimizer.n_rows_per_transfer=3;optimizer.random_row=true;"
     "optimizer.transfer_every=2;optimizer.transfer_lr=0.5;optimizer.granularity=0.003"},
    {"mixed_precision_bins", "optimizer=mixed_precision;optimizer.n_x_bins=7;optimizer.n_d_bins=5;"
                             "optimizer.stoc_round_x=true"},
    {"mixed_precision_trains", "optimizer=mixed_precision;optimizer.write_mode=TRAINS"},
    {"mixed_precision_int", "optimizer=mixed_precision_int"},
    {"mixed_precision_int_kept",
     "optimizer=mixed_precision_int;optimizer.momentum_chi=0.4;optimizer.momentum_nm=0.5;"
     "optimizer.stoc_round_x=true;optimizer.stoc_round_d=true;optimizer.n_rows_per_transfer=4"},
    {"mixed_precision_int_trains",
     "optimizer=mixed_precision_int;optimizer.write_mode=TRAINS;optimizer.n_x_bins=9"},
    {NULL, NULL},
};

static const scenario_row of_devices[] = {
    {"soft_bounds", "device.dw_min=0.002;device.write_noise_std=0.5"},
    {NULL, NULL},
};

static const scenario_row cells[] = {
    {"vector_cell", "device=vector_cell;device.device=soft_bounds"},
    {"reference_cell", "device=reference_cell;device.device=soft_bounds;device.shift_pairs=20"},
    {"one_sided_cell", "device=one_sided_cell;device.device=soft_bounds"},
    {NULL, NULL},
};

static const scenario_row on_cells[] = {
    {"tiki_taka", FAST("tiki_taka")},
    {"ttv2", FAST("ttv2") "optimizer.thres_scale=0.5"},
    {"c_ttv2", FAST("c_ttv2") "optimizer.buffer_granularity=0.3"},
    {"agad", FAST("agad") "optimizer.buffer_granularity=0.2"},
    {"mixed_precision", "optimizer=mixed_precision"},
    {"mixed_precision_int", "optimizer=mixed_precision_int"},
    {NULL, NULL},
};

#define PARTS "mapping.max_input_size=12;mapping.max_output_size=10"

static const scenario_row mappings[] = {
    {"parts", PARTS},
    {"scaled", PARTS ";mapping.weight_scaling_omega=0.5"},
    {"scaled_rows",
     PARTS ";mapping.weight_scaling_omega=0.4;mapping.weight_scaling_columnwise=true"},
    {"whole", "mapping.max_input_size=0"},
    {NULL, NULL},
};

static const scenario_row threads[] = {
    {"one", PARTS ";#threads=1"},
    {"two", PARTS ";#threads=2;#same=1"},
    {NULL, NULL},
};

/* Layer presets: device, read-out and algorithm as published. */
static const scenario_row layers[] = {
    {"agad_reram_es", "#layer=agad_reram_es"},
    {"c_ttv2_capacitor", "#layer=c_ttv2_capacitor"},
    {"ttv2_ecram", "#layer=ttv2_ecram"},
    {"tiki_taka_idealized", "#layer=tiki_taka_idealized"},
    {"mixed_precision_pcm", "#layer=mixed_precision_pcm"},
    {"mixed_precision_gokmen_vlasov", "#layer=mixed_precision_gokmen_vlasov"},
    {"sgd_ecram_mo_4", "#layer=sgd_ecram_mo_4"},
    {"sgd_pcm", "#layer=sgd_pcm;#w=0.2"},
    {NULL, NULL},
};

static const scenario_row devices[] = {
    {"reram_sb", "device=reram_sb"},
    {"capacitor", "device=capacitor"},
    {"few_states", "device=soft_bounds;device.dw_min=0.02"},
    {NULL, NULL},
};

static const scenario_row suited[] = {
    {"mixed_precision", "#algorithm=mixed_precision"},
    {"tiki_taka", "#algorithm=tiki_taka"},
    {"ttv2", "#algorithm=ttv2"},
    {"c_ttv2", "#algorithm=c_ttv2"},
    {"agad", "#algorithm=agad"},
    {NULL, NULL},
};

const scenario_group scenario_optimizers[] = {
    {"optimizer", run_tile, "device=soft_bounds", algorithms, of_devices},
    {"optimizer_cell", run_tile, "", cells, on_cells},
    {"layer", run_tile, "", layers, NULL},
    {"suited", run_suited, "#unbound=1;#out=6;#in=3;#steps=1000", devices, suited},
    {"grid", run_grid, "device=soft_bounds;device.dw_min=0.002", algorithms, mappings},
    {"grid_threads", run_grid, "device=linear_step;device.gamma_up=0.1", on_cells, threads},
    {NULL, NULL, NULL, NULL, NULL},
};
