/* SPDX-License-Identifier: MIT */
/*
 * Least squares on cells whose up and down steps differ: the fast array's symmetry point moves away
 * from 0 as up_down grows.
 *
 * TTv1 takes that point for zero gradient and degrades; with the symmetry point subtracted, or with
 * AGAD, which measures it, it does not. After Wu et al., arXiv:2502.06309 (2025).
 *
 * 24_asymmetry_sweep [losses.csv [steps]]
 */
#include <math.h>

enum { N = 50, SAMPLES = 100 };

#include "regression.h"

static const struct {
    const char *name, *algorithm;
    int subtract;
} rows[] = {
    {"SGD", "sgd", 0},
    {"TTv1", "tiki_taka", 0},
    {"TTv1, subtracted", "tiki_taka", 1},
    {"AGAD", "agad", 0},
};

static double loss_of(aimc_context *ctx, int row, double up_down, int steps)
{
    aimc_config *cells, *tile_config, *config;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *optimizer;
    float ones[N];
    TRY(aimc_config_create(ctx, "soft_bounds_reference", &cells));
    configure(cells, "dw_min=1e-3 dw_min_dtod=0 dw_min_std=0 up_down_dtod=0 w_max=3.5 w_min=-3.5 "
                     "w_max_dtod=0 w_min_dtod=0 reference_std=0");
    TRY(aimc_config_set(cells, "up_down", up_down));
    TRY(aimc_config_set(cells, "subtract_symmetry_point", rows[row].subtract));
    TRY(aimc_device_create(ctx, NULL, cells, &device));
    TRY(aimc_config_create(ctx, "tile", &tile_config));
    configure(tile_config, "forward.is_perfect=true");
    TRY(aimc_tile_create(device, 1, N, tile_config, &tile));
    TRY(aimc_config_create(ctx, rows[row].algorithm, &config));
    if (row > 0)
        configure(config, "transfer_forward.is_perfect=true update.desired_bl=8");
    if (row == 1 || row == 2)
        configure(config, "gamma=0.4 n_reads_per_transfer=50");
    if (row == 3)
        configure(config, "auto_scale=true auto_granularity=20 fast_lr=0.5 in_chop_prob=0.05 "
                          "transfer_update.desired_bl=5");
    TRY(aimc_optimizer_create(tile, NULL, config, &optimizer));
    for (int j = 0; j < N; j++)
        ones[j] = 1;
    TRY(aimc_tile_set_weights(tile, ones, N));
    const double loss = regress(tile, optimizer, 0.1, steps);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_config_destroy(tile_config);
    aimc_config_destroy(cells);
    return loss;
}

int main(int argc, char **argv)
{
    static const double up_downs[] = {0, 0.1, 0.2, 0.3};
    FILE *csv = open_table(argc, argv, "algorithm,up_down,loss");
    const int steps = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1000;
    double loss[4][4];
    aimc_context *ctx;
    TRY(aimc_context_create(NULL, &ctx));
    make_problem(0.5f);
    printf("loss per weight, up_down   0          0.1        0.2        0.3\n");
    for (int row = 0; row < 4; row++) {
        printf("%-24s", rows[row].name);
        for (int u = 0; u < 4; u++) {
            loss[row][u] = loss_of(ctx, row, up_downs[u], steps);
            printf("  %.3e", loss[row][u]);
            if (csv)
                fprintf(csv, "%s,%g,%.6g\n", rows[row].name, up_downs[u], loss[row][u]);
        }
        printf("\n");
    }
    if (csv)
        fclose(csv);
    aimc_context_destroy(ctx);
    return loss[1][3] > 3 * loss[1][0] && loss[2][3] < loss[1][3] / 3 && loss[3][3] < loss[1][3] / 3
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
