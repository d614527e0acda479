/* SPDX-License-Identifier: MIT */
/*
 * Least squares on soft-bounds cells: 40 weights, 100 samples, full-batch gradients, read noise.
 *
 * The error of a digital optimizer falls with the learning rate. Pulsed SGD has a floor that does
 * not: each pulse pulls towards the symmetry point, and pulses never stop. Tiki-Taka (TTv1) removes
 * it. After Wu et al., arXiv:2406.12774 (2024).
 *
 * 23_least_squares [losses.csv [steps]]
 */
#include <math.h>

enum { N = 40, SAMPLES = 100 };

#include "regression.h"

static const char *const algorithms[] = {"digital", "sgd", "tiki_taka"};

static double loss_of(aimc_context *ctx, const char *algorithm, double lr, int steps)
{
    const int digital = algorithm[0] == 'd';
    aimc_config *cells, *tile_config, *config;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *optimizer;
    char text[64];
    TRY(aimc_config_create(ctx, "soft_bounds", &cells));
    configure(cells, "dw_min=1e-4 dw_min_dtod=0 dw_min_std=0 up_down_dtod=0 w_max=3 w_min=-3 "
                     "w_max_dtod=0 w_min_dtod=0");
    TRY(aimc_device_create(ctx, NULL, cells, &device));
    TRY(aimc_config_create(ctx, "tile", &tile_config));
    configure(tile_config, "forward.inp_bound=0 forward.inp_res=0 forward.out_bound=0 "
                           "forward.out_res=0 forward.out_noise=0 "
                           "forward.noise_management=NONE forward.bound_management=NONE "
                           "forward.w_noise_type=ADDITIVE_CONSTANT forward.w_noise=0.0158");
    TRY(aimc_tile_create(device, 1, N, tile_config, &tile));
    TRY(aimc_config_create(ctx, digital ? "sgd" : algorithm, &config));
    configure(config, digital ? "update.pulse_type=NONE" : "update.desired_bl=800");
    if (algorithm[0] == 't') { /* a sweep of all columns after each batch */
        snprintf(text, sizeof text, "n_reads_per_transfer=%d", N);
        configure(config, text);
        configure(config, "scale_fast_lr=false transfer_lr=0.05 transfer_forward.is_perfect=true");
        TRY(aimc_config_set(config, "fast_lr", lr));
    }
    TRY(aimc_optimizer_create(tile, NULL, config, &optimizer));
    const double loss = regress(tile, optimizer, lr, steps);
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
    static const double rates[] = {0.2, 0.1, 0.05};
    FILE *csv = open_table(argc, argv, "algorithm,lr,loss");
    const int steps = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2500;
    double loss[3][3];
    aimc_context *ctx;
    TRY(aimc_context_create(NULL, &ctx));
    make_problem(0.45f);
    printf("loss per weight   lr 0.2     lr 0.1     lr 0.05\n");
    for (int a = 0; a < 3; a++) {
        printf("%-15s", algorithms[a]);
        for (int r = 0; r < 3; r++) {
            loss[a][r] = loss_of(ctx, algorithms[a], rates[r], steps);
            printf("  %.3e", loss[a][r]);
            if (csv)
                fprintf(csv, "%s,%g,%.6g\n", algorithms[a], rates[r], loss[a][r]);
        }
        printf("\n");
    }
    if (csv)
        fclose(csv);
    aimc_context_destroy(ctx);
    /* SGD's floor is above the digital one and does not fall with the rate; TTv1 is below it */
    return loss[1][2] > 10 * loss[0][2] && loss[1][2] > loss[1][0] / 2 &&
                   loss[2][1] < loss[1][1] / 5
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
