/* SPDX-License-Identifier: MIT */
/* A name of a kind or preset on the first line, then a JSON document for it. What was taken is
 * written and read again; what was not leaves the configuration as it was; then the object that the
 * configuration is for is made of it. */
#include <string.h>

#include "fuzz.h"

static char *json_of(const aimc_config *config)
{
    const size_t n = aimc_config_to_json(config, NULL, 0);
    char *text = malloc(n + 1);
    FUZZ_CHECK(text != NULL, "no memory");
    FUZZ_CHECK(aimc_config_to_json(config, text, n + 1) == n, "%zu", n);
    return text;
}

void aimct_fuzz_seeds(void)
{
    aimc_context *ctx = aimct_fuzz_context();
    for (size_t k = 0; k < aimc_preset_count(); k++) {
        aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
        aimc_config *config = NULL;
        FUZZ_OK(aimc_preset_get(k, &info));
        FUZZ_OK(aimc_config_create(ctx, info.name, &config));
        char *json = json_of(config);
        const size_t n = strlen(info.name) + strlen(json) + 2;
        char *text = malloc(n);
        FUZZ_CHECK(text != NULL, "no memory");
        snprintf(text, n, "%s\n%s", info.name, json);
        aimct_seed(text, n - 1);
        free(text);
        free(json);
        aimc_config_destroy(config);
    }
    aimct_fuzz_context_end(ctx);
}

/* ---- objects of a configuration ------------------------------------------------------------- */

enum { N_OUT = 3, N_IN = 4 };
static const float x[N_IN] = {0.5f, -1, 0.25f, 0}, d[N_OUT] = {0.1f, -0.2f, 0};

static void make_device(aimc_context *ctx, const aimc_config *config)
{
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    if (aimc_device_create(ctx, NULL, config, &device) == AIMC_OK &&
        aimc_tile_create(device, N_OUT, N_IN, NULL, &tile) == AIMC_OK) {
        const int32_t counts[N_OUT * N_IN] = {1, -1, 2, 0, -3};
        (void)aimc_tile_pulse(tile, counts, N_IN);
        FUZZ_OK(aimc_tile_decay(tile, 1));
        FUZZ_OK(aimc_tile_diffuse(tile));
        (void)aimc_tile_drift_trained(tile, 1);
    }
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
}

static void make_grid(aimc_context *ctx, const aimc_config *config)
{
    aimc_device *device = NULL;
    aimc_matrix *grid = NULL;
    float y[N_OUT], z[N_IN];
    FUZZ_OK(aimc_device_create(ctx, "soft_bounds", NULL, &device));
    const bool has_device = aimc_config_get_nested(config, "device") != NULL;
    if (aimc_matrix_create(has_device ? NULL : device, N_OUT, N_IN, config, &grid) == AIMC_OK) {
        (void)aimc_matrix_forward(grid, 1, x, N_IN, y, N_OUT);
        (void)aimc_matrix_backward(grid, 1, d, N_OUT, z, N_IN);
        (void)aimc_matrix_step(grid, 1, x, N_IN, d, N_OUT, 0.1);
    }
    aimc_matrix_destroy(grid);
    aimc_device_unref(device);
}

static void make_optimizer(aimc_context *ctx, const aimc_config *config)
{
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    FUZZ_OK(aimc_device_create(ctx, "soft_bounds", NULL, &device));
    FUZZ_OK(aimc_tile_create(device, N_OUT, N_IN, NULL, &tile));
    if (aimc_optimizer_create(tile, NULL, config, &optimizer) == AIMC_OK)
        (void)aimc_optimizer_step(optimizer, 1, x, N_IN, d, N_OUT, 0.1);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
}

static void make_noise_model(aimc_context *ctx, const aimc_config *config)
{
    aimc_noise_model *model = NULL;
    aimc_population *cells = NULL;
    aimc_noise_model_info info = {.struct_size = (uint32_t)sizeof info};
    float g[N_OUT] = {0};
    if (aimc_noise_model_create(ctx, NULL, config, &model) == AIMC_OK) {
        FUZZ_OK(aimc_noise_model_get_info(model, &info));
        FUZZ_OK(aimc_population_create(model, N_OUT, 1, &cells));
        g[0] = (float)info.g_min_us;
        if (aimc_population_program(cells, g) == AIMC_OK)
            (void)aimc_population_read(cells, 100, g);
    }
    aimc_population_destroy(cells);
    aimc_noise_model_destroy(model);
}

static void make_cost_model(aimc_context *ctx, const aimc_config *config)
{
    aimc_cost_model *model = NULL;
    aimc_converter_cost cost = {.struct_size = (uint32_t)sizeof cost};
    if (aimc_cost_model_create(ctx, NULL, config, &model) == AIMC_OK) {
        (void)aimc_cost_model_get_adc(model, &cost);
        (void)aimc_cost_model_get_dac(model, &cost);
    }
    aimc_cost_model_destroy(model);
}

static void make_converter(aimc_context *ctx, const aimc_config *config)
{
    aimc_converter *converter = NULL;
    float y[N_IN];
    if (aimc_converter_create(ctx, config, &converter) == AIMC_OK)
        (void)aimc_converter_quantize(converter, N_IN, x, y);
    aimc_converter_destroy(converter);
}

static void make_object(aimc_context *ctx, const aimc_config *config)
{
    static const struct {
        const char *category;
        void (*make)(aimc_context *, const aimc_config *);
    } makers[] = {{"device", make_device},
                  {"layer", make_grid},
                  {"tile", make_grid},
                  {"optimizer", make_optimizer},
                  {"noise_model", make_noise_model},
                  {"technology", make_cost_model},
                  {"converter", make_converter}};
    aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
    size_t i;
    FUZZ_OK(aimc_preset_find(aimc_config_get_kind(config), &i));
    FUZZ_OK(aimc_preset_get(i, &info));
    for (size_t k = 0; k < sizeof makers / sizeof makers[0]; k++)
        if (strcmp(info.category, makers[k].category) == 0)
            makers[k].make(ctx, config);
}

/* ---- the document --------------------------------------------------------------------------- */

static void check_round_trip(aimc_context *ctx, const aimc_config *config)
{
    aimc_config *again = NULL;
    char *json = json_of(config);
    FUZZ_OK(aimc_config_create(ctx, aimc_config_get_kind(config), &again));
    FUZZ_OK(aimc_config_parse(again, json));
    char *same = json_of(again);
    FUZZ_CHECK(strcmp(json, same) == 0, "%s\n%s", json, same);
    aimc_config_destroy(again);
    free(same);
    free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aimc_context *ctx = aimct_fuzz_context();
    aimc_config *config = NULL;
    char *name = aimct_fuzz_text(data, size), *line = strchr(name, '\n');
    if (line)
        *line++ = '\0';
    if (aimc_config_create(ctx, name, &config) == AIMC_OK && line) {
        char *before = json_of(config);
        if (aimc_config_parse(config, line) == AIMC_OK) {
            check_round_trip(ctx, config);
            make_object(ctx, config);
        } else {
            char *after = json_of(config);
            FUZZ_CHECK(strcmp(before, after) == 0, "%s\n%s", before, after);
            free(after);
        }
        free(before);
    }
    aimc_config_destroy(config);
    free(name);
    aimct_fuzz_context_end(ctx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_text(data, size, max_size, seed);
}
