/* SPDX-License-Identifier: MIT */
/* Tiles with exact weights and a read-out from "field=value" settings. */
#ifndef AIMCT_READ_UTIL_H
#define AIMCT_READ_UTIL_H

#include "test_util.h"

static inline void aimct_set(aimc_config *config, const char *setting, const char *prefix)
{
    char field[96];
    const char *equals = strchr(setting, '=');
    snprintf(field, sizeof field, "%s%.*s", prefix, (int)(equals - setting), setting);
    OK(aimc_config_set_text(config, field, equals + 1));
}

/* A configuration of a tile; settings, NULL-terminated, go to both directions. */
static inline aimc_config *aimct_tile_config(aimc_context *ctx, const char *const settings[])
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "tile", &config));
    for (size_t i = 0; settings && settings[i]; i++) {
        aimct_set(config, settings[i], "forward.");
        aimct_set(config, settings[i], "backward.");
    }
    return config;
}

/* An ideal tile that holds w[n_out][n_in]. */
static inline aimc_tile *aimct_tile(aimc_context *ctx, const float *w, size_t n_out, size_t n_in,
                                    const char *const settings[])
{
    aimc_config *config = aimct_tile_config(ctx, settings);
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    aimc_tile *tile = NULL;
    OK(aimc_tile_create(device, n_out, n_in, config, &tile));
    OK(aimc_tile_set_weights(tile, w, n_in));
    aimc_device_unref(device);
    aimc_config_destroy(config);
    return tile;
}

/* Creation that must be refused, with a sentence that names the field. */
static inline void aimct_refused(aimc_context *ctx, const char *field, const char *const settings[])
{
    aimc_config *config = aimct_tile_config(ctx, settings);
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    aimc_tile *tile = NULL;
    FAILS(AIMC_ERR_INVALID, field, aimc_tile_create(device, 2, 3, config, &tile));
    ck_assert_ptr_null(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline aimc_counters aimct_counters(const aimc_tile *tile)
{
    aimc_counters c = {.struct_size = (uint32_t)sizeof c};
    OK(aimc_tile_get_counters(tile, &c));
    return c;
}

#endif
