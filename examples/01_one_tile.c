/* SPDX-License-Identifier: MIT */
/*
 * One analog tile: y = W x, first exactly, then as an analog array gives it.
 *
 * The second tile has the default read-out: a 7-bit DAC, noise of 0.06 on every output, a 9-bit ADC
 * over -12 ... 12. Reading it many times shows what that means: the mean is the product, a single
 * read is off by sqrt(0.06^2 + (24/510)^2/12) = 0.0615, noise and rounding together.
 */
#include <math.h>

#include "common.h"

enum { N_OUT = 3, N_IN = 4, READS = 1000 };

static const float w[N_OUT][N_IN] = {
    {0.25f, -0.25f, 0.125f, 0.0f}, {-0.125f, 0.25f, 0.0f, 0.125f}, {0.0f, 0.125f, -0.25f, 0.25f}};
static const float x[N_IN] = {1.0f, -0.5f, 0.25f, 0.75f};

/* Mean and standard deviation of many reads of W x. */
static void read_many(aimc_tile *tile, double mean[N_OUT], double std[N_OUT])
{
    float y[N_OUT];
    double sum[N_OUT] = {0}, sum_squares[N_OUT] = {0};
    for (int r = 0; r < READS; r++) {
        TRY(aimc_tile_forward(tile, 1, x, N_IN, y, N_OUT));
        for (int i = 0; i < N_OUT; i++) {
            sum[i] += (double)y[i];
            sum_squares[i] += (double)y[i] * (double)y[i];
        }
    }
    for (int i = 0; i < N_OUT; i++) {
        mean[i] = sum[i] / READS;
        std[i] = sqrt(fmax(sum_squares[i] / READS - mean[i] * mean[i], 0.0));
    }
}

int main(void)
{
    aimc_context *ctx;
    aimc_device *device;
    aimc_config *perfect;
    aimc_tile *exact, *analog;
    double exact_y[N_OUT], exact_std[N_OUT], mean[N_OUT], std[N_OUT];
    int failed = 0;

    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_device_create(ctx, "ideal", NULL, &device));

    TRY(aimc_config_create(ctx, "tile", &perfect));
    TRY(aimc_config_set_text(perfect, "forward.is_perfect", "true"));
    TRY(aimc_tile_create(device, N_OUT, N_IN, perfect, &exact));
    TRY(aimc_tile_create(device, N_OUT, N_IN, NULL, &analog));

    TRY(aimc_tile_set_weights(exact, w[0], N_IN));
    TRY(aimc_tile_set_weights(analog, w[0], N_IN));
    read_many(exact, exact_y, exact_std);
    read_many(analog, mean, std);

    printf("output    exact   analog mean   analog std of %d reads\n", READS);
    for (int i = 0; i < N_OUT; i++) {
        printf("%6d %8.4f %13.4f %12.4f\n", i, exact_y[i], mean[i], std[i]);
        /* five standard errors: 0.0615/sqrt(1000) of the mean, 0.0615/sqrt(2000) of the
         * deviation */
        failed |= exact_std[i] > 1e-6 || fabs(mean[i] - exact_y[i]) > 0.0097;
        failed |= fabs(std[i] - 0.0615) > 0.0069;
    }

    aimc_tile_destroy(analog);
    aimc_tile_destroy(exact);
    aimc_config_destroy(perfect);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    return failed;
}
