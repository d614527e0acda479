/* SPDX-License-Identifier: MIT */
/*
 * What each algorithm makes of a gradient that never changes, when the zero of its fast array is
 * right and when it is off by 0.8.
 *
 * One up pulse goes to a cell of the fast array A before each of its reads. Counted are the pulses
 * that reach the slow array C, per read. TTv2 takes the wrong zero for a gradient; choppers
 * (c-TTv2) average it away, AGAD measures it.
 *
 * After Fig. 3 of Rasch et al., Nat. Commun. 15:7133 (2024).
 *
 * 21_constant_gradient [traces.csv]
 */
#include <math.h>

#include "common.h"

enum { SIDE = 5, READS = 4000, SETTLE = 200 };

static const struct {
    const char *name, *algorithm, *chop_prob, *random;
    double expected[4]; /* soft bounds, zero right and off by .8; linear, likewise */
} rows[] = {
    {"TTv2", "c_ttv2", "0", "false", {0.2, 0.038, 1, 1}},
    {"c-TTv2 regular", "c_ttv2", "0.05", "false", {0.020, 0.017, 0.004, 0.004}},
    {"c-TTv2 random", "c_ttv2", "0.05", "true", {0.064, 0.059, 0.026, 0.026}},
    {"AGAD regular", "agad", "0.05", "false", {0.090, 0.090, 0.071, 0.071}},
};

static aimc_config *settings_of(aimc_context *ctx, int row, int column)
{
    aimc_config *config;
    char text[256];
    TRY(aimc_config_create(ctx, rows[row].algorithm, &config));
    configure(config, "separate_fast_device=true fast_device=soft_bounds_reference "
                      "fast_device.dw_min=0.05 fast_device.dw_min_dtod=0 fast_device.dw_min_std=0 "
                      "fast_device.up_down_dtod=0 fast_device.w_max_dtod=0 "
                      "fast_device.w_min_dtod=0 fast_device.reference_std=0 "
                      "transfer_forward.is_perfect=true fast_lr=0.05 " /* one pulse for |x d| = 1 */
                      "scale_transfer_lr=false transfer_lr=0.01");     /* a read of 1 fills 0.2 */
    snprintf(text, sizeof text,
             "fast_device.w_max=%s fast_device.w_min=%s fast_device.reference_mean=%s "
             "in_chop_prob=%s in_chop_random=%s",
             column < 2 ? "1" : "1e6", column < 2 ? "-1" : "-1e6", column % 2 ? "0.8" : "0",
             rows[row].chop_prob, rows[row].random);
    configure(config, text);
    return config;
}

/* One vector for each column, which is read after it. */
static void step_each_column(aimc_optimizer *optimizer, const float *d)
{
    for (int s = 0; s < SIDE; s++) {
        float x[SIDE] = {0};
        x[s] = 1;
        TRY(aimc_optimizer_step(optimizer, 1, x, SIDE, d, SIDE, 1));
    }
}

/* Net pulses on C per read. */
static double pulses_per_read(aimc_context *ctx, aimc_device *slow, int row, int column, FILE *csv)
{
    aimc_config *config = settings_of(ctx, row, column);
    aimc_tile *tile;
    aimc_optimizer *optimizer;
    float a[SIDE * SIDE], h[SIDE * SIDE], c[SIDE * SIDE], d[SIDE];
    double start = 0, end = 0;
    TRY(aimc_tile_create(slow, SIDE, SIDE, NULL, &tile));
    TRY(aimc_optimizer_create(tile, NULL, config, &optimizer));
    for (int i = 0; i < SIDE; i++)
        d[i] = -1;
    for (int read = 0; read <= SETTLE + READS; read++) {
        TRY(aimc_optimizer_get_matrix(optimizer, "fast0", a, SIDE));
        TRY(aimc_optimizer_get_matrix(optimizer, "buffer0", h, SIDE));
        TRY(aimc_tile_get_weights(tile, c, SIDE));
        if (csv && read < 500)
            fprintf(csv, "%s,%d,%d,%.5g,%.5g,%.5g\n", rows[row].name, column, read, (double)a[0],
                    (double)h[0], (double)c[0]);
        if (read == SETTLE || read == SETTLE + READS)
            for (int k = 0; k < SIDE * SIDE; k++)
                *(read == SETTLE ? &start : &end) += (double)c[k] / 0.05;
        step_each_column(optimizer, d);
    }
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_config_destroy(config);
    return (end - start) / (SIDE * SIDE) / READS;
}

int main(int argc, char **argv)
{
    aimc_context *ctx;
    aimc_config *config;
    aimc_device *device;
    int wrong = 0;
    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_config_create(ctx, "constant_step", &config));
    configure(config, "dw_min=0.05 dw_min_dtod=0 dw_min_std=0 up_down_dtod=0 w_max=1e4 w_min=-1e4 "
                      "w_max_dtod=0 w_min_dtod=0");
    TRY(aimc_device_create(ctx, NULL, config, &device));
    FILE *csv = open_table(argc, argv, "algorithm,column,read,fast,buffer,slow");
    printf("pulses per read    soft bounds, 0   soft, -0.8   linear, 0   linear, -0.8\n");
    for (int row = 0; row < 4; row++) {
        printf("%-16s", rows[row].name);
        for (int column = 0; column < 4; column++) {
            const double rate = pulses_per_read(ctx, device, row, column, csv),
                         e = rows[row].expected[column];
            printf("  %11.4f", rate);
            /* a fifth off the prediction; random turns on cells that never forget are a random
             * walk, of which only the sign is known */
            wrong += row == 2 && column > 1 ? rate <= 0 : fabs(rate - e) > 0.2 * e + 0.001;
        }
        printf("\n");
    }
    if (csv)
        fclose(csv);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_context_destroy(ctx);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
