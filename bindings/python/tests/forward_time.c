/* SPDX-License-Identifier: MIT */
/* Microseconds of one aimc_tile_forward() on a 64 x 64 tile, the best of several rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <aimc/aimc.h>

enum { N = 64, CALLS = 5000, ROUNDS = 10 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

int main(void)
{
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    float x[N], y[N];
    double best = 1e30;
    if (aimc_context_create(NULL, &ctx) ||
        aimc_device_create(ctx, "constant_step", NULL, &device) ||
        aimc_tile_create(device, N, N, NULL, &tile))
        return EXIT_FAILURE;
    for (int k = 0; k < N; k++)
        x[k] = (float)k / N;
    for (int round = 0; round < ROUNDS; round++) {
        const double start = now_us();
        for (int k = 0; k < CALLS; k++)
            if (aimc_tile_forward(tile, 1, x, N, y, N))
                return EXIT_FAILURE;
        const double us = (now_us() - start) / CALLS;
        best = us < best ? us : best;
    }
    printf("%.3f\n", best);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    return EXIT_SUCCESS;
}
