/* SPDX-License-Identifier: MIT */
/*
 * Finding correlations: d_i = 0.4 x_i + 0.6 noise, so that of 25 weights only the five on the
 * diagonal see a mean gradient, in a lot of noise. W -= lr d x', so they grow negative.
 *
 * Printed are the mean of the diagonal, that of the others and their spread, and the distance in
 * spreads. The cells are soft-bounds cells with steps of 0.1 of the range and spread bounds.
 *
 * 25_correlation_detection [weights.csv]
 */
#include <math.h>

#include "common.h"

enum { SIDE = 5, VECTORS = 5000, SEEDS = 3 };

static const char cells[] =
    "dw_min=0.1 w_max=1 w_min=-1 w_max_dtod=0.3 w_min_dtod=0.3 subtract_symmetry_point=true";
static const char fast_cells[] =
    "separate_fast_device=true fast_device=soft_bounds_reference fast_device.dw_min=0.1 "
    "fast_device.w_max=1 fast_device.w_min=-1 fast_device.w_max_dtod=0.3 "
    "fast_device.w_min_dtod=0.3 fast_device.subtract_symmetry_point=true "
    "transfer_forward.is_perfect=true auto_scale=true auto_granularity=200 in_chop_random=false "
    "update.desired_bl=5";

/* Mixed precision forgets nothing: it sends the noise of the gradient on, and cells with 20 states
 * walk about. SGD does the same; neither reaches a distance of 4. */
static const struct {
    const char *algorithm, *settings;
    double distance; /* mean of the seeds, at least */
} rows[] = {
    {"sgd", "", 1.5},
    {"c_ttv2", fast_cells, 4},
    {"agad", fast_cells, 4},
    {"mixed_precision",
     "transfer_every=5 n_rows_per_transfer=1 granularity=0.1 n_x_bins=4 n_d_bins=4", 1.5},
};

/* How far the diagonal is from the rest, in standard deviations of the rest. */
static double separation(const char *algorithm, const float w[SIDE * SIDE])
{
    double diagonal = 0, others = 0, squares = 0;
    for (int k = 0; k < SIDE * SIDE; k++) {
        const double v = (double)w[k];
        if (k % (SIDE + 1) == 0) {
            diagonal += v / SIDE;
        } else {
            others += v / 20;
            squares += v * v / 20;
        }
    }
    const double spread = sqrt(squares - others * others), gap = (others - diagonal) / spread;
    printf("%-16s diagonal %7.3f   others %7.3f +- %.3f   distance %5.1f\n", algorithm, diagonal,
           others, spread, gap);
    return gap;
}

static double detect(int row, int seed, FILE *csv)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    aimc_context *ctx;
    aimc_config *device_config, *config;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *optimizer;
    float w[SIDE * SIDE], x[SIDE], d[SIDE];
    params.seed = (uint64_t)seed;
    TRY(aimc_context_create(&params, &ctx));
    TRY(aimc_config_create(ctx, "soft_bounds_reference", &device_config));
    configure(device_config, cells);
    TRY(aimc_device_create(ctx, NULL, device_config, &device));
    TRY(aimc_tile_create(device, SIDE, SIDE, NULL, &tile));
    TRY(aimc_config_create(ctx, rows[row].algorithm, &config));
    configure(config, rows[row].settings);
    TRY(aimc_optimizer_create(tile, NULL, config, &optimizer));
    for (int k = 0; k < SIDE * SIDE; k++)
        w[k] = 0.001f * random_normal();
    TRY(aimc_tile_set_weights(tile, w, SIDE));
    for (int v = 0; v < VECTORS; v++) {
        for (int j = 0; j < SIDE; j++) {
            x[j] = random_normal();
            d[j] = 0.4f * x[j] + 0.6f * random_normal();
        }
        TRY(aimc_optimizer_step(optimizer, 1, x, SIDE, d, SIDE, 0.1));
    }
    TRY(aimc_tile_get_weights(tile, w, SIDE));
    for (int k = 0; csv && k < SIDE * SIDE; k++)
        fprintf(csv, "%s,%d,%d,%d,%.5g\n", rows[row].algorithm, seed, k / SIDE, k % SIDE,
                (double)w[k]);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_config_destroy(device_config);
    aimc_context_destroy(ctx);
    return separation(rows[row].algorithm, w);
}

int main(int argc, char **argv)
{
    FILE *csv = open_table(argc, argv, "algorithm,seed,row,column,weight");
    int wrong = 0;
    for (int row = 0; row < 4; row++) {
        double mean = 0;
        for (int seed = 1; seed <= SEEDS; seed++)
            mean += detect(row, seed, csv) / SEEDS;
        wrong += mean < rows[row].distance;
    }
    if (csv)
        fclose(csv);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
