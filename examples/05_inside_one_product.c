/* SPDX-License-Identifier: MIT */
/*
 * Inside one product: what the DAC, the array and the ADC each make of it.
 *
 * The read noise is off, so that every number can be checked by hand. The second product overloads
 * the ADC: bound management repeats it with smaller inputs until it fits.
 */
#include <math.h>

#include "common.h"

enum { MAX_IN = 40, MAX_OUT = 2 };

/* Print the stages of W x; returns the last output. */
static double inspect(aimc_context *ctx, size_t n_out, size_t n_in, const float *w, const float *x)
{
    aimc_device *device;
    aimc_config *config;
    aimc_tile *tile;
    float prepared[MAX_IN], current[MAX_OUT], noisy[MAX_OUT], result[MAX_OUT];
    int32_t code[MAX_OUT];
    aimc_stages s = {.struct_size = (uint32_t)sizeof s,
                     .prepared = prepared,
                     .current = current,
                     .noisy = noisy,
                     .code = code,
                     .result = result};

    TRY(aimc_device_create(ctx, "ideal", NULL, &device));
    TRY(aimc_config_create(ctx, "tile", &config));
    TRY(aimc_config_set(config, "forward.out_noise", 0));
    TRY(aimc_tile_create(device, n_out, n_in, config, &tile));
    TRY(aimc_tile_set_weights(tile, w, n_in));
    TRY(aimc_tile_inspect(tile, AIMC_FORWARD, x, &s));

    printf("%zu inputs, %zu outputs: alpha = %g, reduction = %g after %u passes\n", n_in, n_out,
           s.alpha, s.reduction, (unsigned)s.n_passes);
    printf("  prepared input");
    for (size_t j = 0; j < n_in && j < 3; j++)
        printf(" %13.10f", (double)prepared[j]);
    printf("%s\n  output       current     at the ADC   code        result\n",
           n_in > 3 ? " ..." : "");
    for (size_t i = 0; i < n_out; i++)
        printf("  %6zu %13.7f %13.7f %6d %13.7f\n", i, (double)current[i], (double)noisy[i],
               (int)code[i], (double)result[i]);

    aimc_tile_destroy(tile);
    aimc_config_destroy(config);
    aimc_device_unref(device);
    return (double)result[n_out - 1];
}

int main(void)
{
    static const float w[2][3] = {{0.5f, -0.25f, 0.125f}, {-1.0f, 0.75f, 0.3f}};
    static const float x[3] = {0.8f, -0.33f, 0.05f};
    float ones[MAX_IN], large[MAX_IN];
    aimc_context *ctx;

    for (int j = 0; j < MAX_IN; j++) {
        ones[j] = 1.0f;
        large[j] = 0.7f;
    }
    TRY(aimc_context_create(NULL, &ctx));
    const double first = inspect(ctx, 2, 3, w[0], x);
    const double second = inspect(ctx, 1, MAX_IN, ones, large);
    aimc_context_destroy(ctx);
    return fabs(first + 1.0164705882) > 1e-6 || fabs(second - 28.4611764706) > 1e-5;
}
