/* SPDX-License-Identifier: MIT */
/* A tile of quiet devices with an optimizer, for following an algorithm step by step. */
#ifndef AIMCT_TRAINING_BENCH_H
#define AIMCT_TRAINING_BENCH_H

#include "test_util.h"

/* A quiet device: constant steps of dw_min, no spread, no noise, far bounds. */
static inline aimc_device *quiet_device(aimc_context *ctx, double dw_min)
{
    char dw[48];
    snprintf(dw, sizeof dw, "dw_min=%.9g", dw_min);
    const char *const settings[] = {dw,           "dw_min_dtod=0", "dw_min_std=0", "up_down_dtod=0",
                                    "w_max=1000", "w_min=-1000",   "w_max_dtod=0", "w_min_dtod=0",
                                    NULL};
    return aimct_device(ctx, "constant_step", settings);
}

typedef struct bench {
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *opt;
} bench;

/* settings: name, text, ..., NULL */
static inline bench open_bench(const char *algorithm, double dw_min, size_t n_out, size_t n_in,
                               const char *const settings[])
{
    bench b = {.ctx = aimct_context(1, 0, 3)};
    b.device = quiet_device(b.ctx, dw_min);
    aimc_config *c;
    OK(aimc_tile_create(b.device, n_out, n_in, NULL, &b.tile));
    OK(aimc_config_create(b.ctx, algorithm, &c));
    if (aimc_config_get_nested(c, "transfer_forward"))
        OK(aimc_config_set(c, "transfer_forward.is_perfect", 1));
    for (size_t i = 0; settings && settings[i]; i += 2)
        OK(aimc_config_set_text(c, settings[i], settings[i + 1]));
    OK(aimc_optimizer_create(b.tile, NULL, c, &b.opt));
    aimc_config_destroy(c);
    return b;
}

static inline void close_bench(bench *b)
{
    aimc_optimizer_destroy(b->opt);
    aimc_tile_destroy(b->tile);
    aimc_device_unref(b->device);
    aimc_context_destroy(b->ctx);
}

static inline float matrix_at(const bench *b, const char *name, size_t k)
{
    float m[64];
    OK(aimc_optimizer_get_matrix(b->opt, name, m, aimc_tile_get_n_in(b->tile)));
    return m[k];
}

#endif
