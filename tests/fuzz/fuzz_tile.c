/* SPDX-License-Identifier: MIT */
/* Bytes as a saved tile. What is taken is saved, loaded and saved again with the same bytes, and
 * then used: reads, pulses, training with the algorithm whose state it holds. */
#include <string.h>

#include "fuzz.h"
#include "tile/tile.h"

enum { N_OUT = 3, N_IN = 4 };
static const float x[N_IN] = {0.5f, -1, 0.25f, 0}, d[N_OUT] = {0.1f, -0.2f, 0};

/* ---- seeds ---------------------------------------------------------------------------------- */

static void seed_of(aimc_context *ctx, const char *device_name, const char *algorithm, bool program)
{
    static const float w[N_OUT * N_IN] = {0.1f, -0.1f, 0.2f, 0, 0.3f, -0.3f};
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    FUZZ_OK(aimc_device_create(ctx, device_name, NULL, &device));
    FUZZ_OK(aimc_tile_create(device, N_OUT, N_IN, NULL, &tile));
    FUZZ_OK(aimc_tile_set_weights(tile, w, N_IN));
    if (algorithm)
        FUZZ_OK(aimc_optimizer_create(tile, algorithm, NULL, &optimizer));
    for (int k = 0; algorithm && k < 3; k++)
        FUZZ_OK(aimc_optimizer_step(optimizer, 1, x, N_IN, d, N_OUT, 0.1));
    if (program)
        FUZZ_OK(aimc_tile_program(tile, NULL, NULL));
    size_t size;
    uint8_t *bytes = aimct_fuzz_save(tile, &size);
    FUZZ_CHECK(bytes != NULL, "%s", aimc_get_last_error());
    aimct_seed(bytes, size);
    free(bytes);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
}

void aimct_fuzz_seeds(void)
{
    aimc_context *ctx = aimct_fuzz_context();
    for (size_t k = 0; k < aimc_preset_count(); k++) {
        aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
        FUZZ_OK(aimc_preset_get(k, &info));
        if (!info.is_preset && strcmp(info.category, "device") == 0)
            seed_of(ctx, info.name, NULL, false);
        if (!info.is_preset && strcmp(info.category, "optimizer") == 0)
            seed_of(ctx, "soft_bounds", info.name, false);
    }
    seed_of(ctx, "soft_bounds", NULL, true);
    aimct_fuzz_context_end(ctx);
}

/* ---- use ------------------------------------------------------------------------------------ */

static void use(aimc_tile *tile)
{
    const int32_t counts[N_OUT * N_IN] = {1, -1, 2, 0, -3};
    float y[N_OUT], z[N_IN];
    aimc_optimizer *optimizer = NULL;
    (void)aimc_tile_forward(tile, 1, x, N_IN, y, N_OUT);
    (void)aimc_tile_backward(tile, 1, d, N_OUT, z, N_IN);
    if (tile->saved.trainer &&
        aimc_optimizer_create(tile, tile->saved.trainer, NULL, &optimizer) == AIMC_OK)
        for (int k = 0; k < 3; k++)
            (void)aimc_optimizer_step(optimizer, 1, x, N_IN, d, N_OUT, 0.1);
    aimc_optimizer_destroy(optimizer);
    (void)aimc_tile_pulse(tile, counts, N_IN);
    (void)aimc_tile_decay(tile, 1);
    (void)aimc_tile_diffuse(tile);
    (void)aimc_tile_drift_trained(tile, 1);
    (void)aimc_tile_reset(tile, 0, N_IN, 0.5);
    (void)aimc_tile_drift_programmed(tile, 100, NULL);
    (void)aimc_tile_compensate(tile, 0, NULL, 0, NULL);
}

static void check_round_trip(aimc_context *ctx, const aimc_tile *tile)
{
    size_t n, n_again;
    aimc_tile *again = NULL;
    uint8_t *bytes = aimct_fuzz_save(tile, &n);
    if (!bytes)
        return;
    FUZZ_OK(aimc_tile_load_bytes(ctx, bytes, n, &again));
    uint8_t *same = aimct_fuzz_save(again, &n_again);
    FUZZ_CHECK(same && n == n_again && memcmp(bytes, same, n) == 0, "%zu and %zu bytes", n,
               n_again);
    aimc_tile_destroy(again);
    free(same);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aimc_context *ctx = aimct_fuzz_context();
    aimc_tile *tile = NULL;
    if (aimc_tile_load_bytes(ctx, data, size, &tile) == AIMC_OK) {
        check_round_trip(ctx, tile);
        if (aimc_tile_get_n_out(tile) == N_OUT && aimc_tile_get_n_in(tile) == N_IN)
            use(tile);
    } else {
        FUZZ_CHECK(tile == NULL, "a tile after a failure");
    }
    aimc_tile_destroy(tile);
    aimct_fuzz_context_end(ctx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_safetensors(data, size, max_size, seed);
}
