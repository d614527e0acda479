/* SPDX-License-Identifier: MIT */
/* Tiles of ideal devices whose weights are programmed, for the tests of lib/inference. */
#ifndef AIMCT_PROGRAM_TEST_H
#define AIMCT_PROGRAM_TEST_H

#include "noise_test.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* A tile of ideal devices with a perfect read-out, or the given one. */
static inline aimc_tile *make_tile(size_t n_out, size_t n_in, const char *settings)
{
    aimc_device *d = aimct_device(ctx, "ideal", NULL);
    aimc_config *config = noise_config(ctx, "tile", settings);
    aimc_tile *t = NULL;
    OK(aimc_tile_create(d, n_out, n_in, config, &t));
    aimc_config_destroy(config);
    aimc_device_unref(d);
    return t;
}

#define PERFECT "forward.is_perfect=true;seed=9"

/* Standard normals scaled to largest magnitude 1. */
static inline float *gaussian(size_t n, uint64_t seed)
{
    float *w = malloc(n * sizeof *w), top = 0;
    const aimci_key key = aimci_random_key(seed, AIMCI_OP_INIT, 0, 0);
    aimci_kernels_get(0)->normals(&key, 0, w, n);
    for (size_t i = 0; i < n; i++)
        top = fmaxf(top, fabsf(w[i]));
    for (size_t i = 0; i < n; i++)
        w[i] /= top;
    return w;
}

static inline aimc_status program(aimc_tile *t, const char *settings, aimc_inference_report *report)
{
    aimc_config *config = noise_config(ctx, "inference", settings);
    *report = (aimc_inference_report){.struct_size = sizeof *report};
    const aimc_status st = aimc_tile_program(t, config, report);
    aimc_config_destroy(config);
    return st;
}

#endif
