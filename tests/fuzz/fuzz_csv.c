/* SPDX-License-Identifier: MIT */
/* A file as a table of a device's steps, and as one of a noise model; what is taken makes the
 * device, or the model. */
#include <string.h>

#include "fuzz.h"

void aimct_fuzz_seeds(void)
{
    static const char *const seeds[] = {
        "up,down\n0,1\n0.5,0.5\n0.9,0.1\n1,0\n",
        "# a remark\n0, 1\n0.25, 0.5\n\n0.5, 0.25\n1, 0.1\n",
        "step_up,state_up,noise_up,step_down,state_down,noise_down\n"
        "1,-1,0.1,1,-1,0.1\n0.5,0,0.2,0.5,0,0.2\n0.25,1,0.1,0.25,1,0.1\n",
        "step_up,step_down\n1,1\n0.5,0.5\n,0.25\n",
        "g,t,bias,sigma,q,nu_mean,nu_std\n1,20,0,0.1,0.01,0.05,0.01\n5,20,0.1,0.2,0.01,0.05,0.01\n"
        "1,1000,0.1,0.2,0.02,0.05,0.01\n5,1000,0.2,0.3,0.02,0.05,0.01\n",
    };
    for (size_t k = 0; k < sizeof seeds / sizeof seeds[0]; k++)
        aimct_seed(seeds[k], strlen(seeds[k]));
}

static void try_device(aimc_context *ctx, const char *path)
{
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    const int32_t counts[2] = {3, -3};
    FUZZ_OK(aimc_config_create(ctx, "table_step", &config));
    if (aimc_config_load_table(config, path) == AIMC_OK &&
        aimc_device_create(ctx, NULL, config, &device) == AIMC_OK &&
        aimc_tile_create(device, 1, 2, NULL, &tile) == AIMC_OK)
        FUZZ_OK(aimc_tile_pulse(tile, counts, 2));
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}

static void try_noise_model(aimc_context *ctx, const char *path)
{
    aimc_config *config = NULL;
    aimc_noise_model *model = NULL;
    FUZZ_OK(aimc_config_create(ctx, "noise_table", &config));
    if (aimc_noise_table_load(config, path) == AIMC_OK)
        (void)aimc_noise_model_create(ctx, NULL, config, &model);
    aimc_noise_model_destroy(model);
    aimc_config_destroy(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aimc_context *ctx = aimct_fuzz_context();
    const char *path = aimct_fuzz_file(data, size, ".csv");
    try_device(ctx, path);
    try_noise_model(ctx, path);
    aimct_fuzz_context_end(ctx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_text(data, size, max_size, seed);
}
