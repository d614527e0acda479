/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "document.h"
#include "model.h"
#include "report.h"

bool account_layer(aimc_network *net, size_t k, aimc_cost_shape *shape, aimc_counters *counters)
{
    aimc_matrix *matrix = aimc_network_get_matrix(net, k);
    *counters = (aimc_counters){.struct_size = (uint32_t)sizeof *counters};
    *shape = (aimc_cost_shape){.struct_size = (uint32_t)sizeof *shape};
    return matrix != NULL && aimc_matrix_get_counters(matrix, counters) == AIMC_OK &&
           aimc_matrix_get_cost_shape(matrix, shape) == AIMC_OK;
}

#define COUNTER(field, unit)                                                                       \
    {                                                                                              \
#field, offsetof(aimc_counters, field), unit                                               \
    }
static const struct {
    const char *name;
    size_t offset;
    double unit;
} counter_fields[] = {
    COUNTER(pulses_up, 1),
    COUNTER(pulses_down, 1),
    COUNTER(updates, 1),
    COUNTER(pulse_slots, 1),
    COUNTER(forward_vectors, 1),
    COUNTER(forward_passes, 1),
    COUNTER(backward_vectors, 1),
    COUNTER(backward_passes, 1),
    COUNTER(dac_conversions, 1),
    COUNTER(adc_conversions, 1),
    COUNTER(clipped_outputs, 1),
    COUNTER(weight_writes, 1),
    COUNTER(accumulations, 1),
    COUNTER(gradient_macs, 1),
    COUNTER(program_pulses, 1),
    COUNTER(verify_reads, 1),
    COUNTER(activity_reads, 1),
    COUNTER(input_activity, AIMC_ACTIVITY_ONE),
    COUNTER(input_activity_squared, AIMC_ACTIVITY_ONE),
    COUNTER(conductance_activity, AIMC_ACTIVITY_ONE),
    COUNTER(conductance_activity_squared, AIMC_ACTIVITY_ONE),
    COUNTER(devices, 1),
    COUNTER(activity_inputs, 1),
};

bool account_counter(const aimc_counters *counters, size_t i, const char **name, double *value)
{
    uint64_t n;
    if (i >= sizeof counter_fields / sizeof counter_fields[0])
        return false;
    memcpy(&n, (const char *)counters + counter_fields[i].offset, sizeof n);
    *name = counter_fields[i].name;
    *value = (double)n / counter_fields[i].unit;
    return true;
}

/* ---- chips ---------------------------------------------------------------------------------- */

static bool is_price(const char *category)
{
    return strcmp(category, "technology") == 0 || strcmp(category, "chip") == 0;
}

/* Why a name is not taken, and which names there are. */
static int fail_chip(const char *option, const char *reason)
{
    char names[1024] = "";
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
        if (aimc_preset_get(i, &info) != AIMC_OK || !is_price(info.category))
            continue;
        const size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%s", n > 0 ? ", " : "", info.name);
    }
    return fail("--%s: %s; known are %s", option, reason, names);
}

static bool is_known_price(const char *name)
{
    size_t i;
    aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
    return aimc_preset_find(name, &i) == AIMC_OK && aimc_preset_get(i, &info) == AIMC_OK &&
           is_price(info.category);
}

/* A document names its kind; where it does not, it is a chip. */
static int load_chip(aimc_context *ctx, const char *option, const char *path, aimc_config **config)
{
    char kind[64] = "chip", reason[160];
    int rc = document_kind(path, kind, sizeof kind);
    if (rc != EXIT_GO_ON)
        return rc;
    if (!is_known_price(kind)) {
        snprintf(reason, sizeof reason, "'%.60s' is of kind '%.60s'", path, kind);
        return fail_chip(option, reason);
    }
    if (aimc_config_create(ctx, kind, config) != AIMC_OK ||
        aimc_config_load(*config, path) != AIMC_OK)
        rc = fail("--%s: %s", option, library_sentence());
    if (rc != EXIT_GO_ON) {
        aimc_config_destroy(*config);
        *config = NULL;
    }
    return rc;
}

static bool is_path(const char *name)
{
    const size_t n = strlen(name);
    return strchr(name, '/') != NULL || (n > 5 && strcmp(name + n - 5, ".json") == 0);
}

static int make_chip(aimc_context *ctx, const char *option, const char *name, aimc_config **config)
{
    if (is_path(name))
        return load_chip(ctx, option, name, config);
    if (aimc_config_create(ctx, name, config) != AIMC_OK)
        return fail_chip(option, library_sentence());
    if (is_known_price(name))
        return EXIT_GO_ON;
    char reason[128];
    snprintf(reason, sizeof reason, "'%.60s' is not a technology and no chip", name);
    aimc_config_destroy(*config);
    *config = NULL;
    return fail_chip(option, reason);
}

/* Fields of its technology may be set without saying so. */
static int set_field(aimc_config *config, const char *option, const char *setting)
{
    char name[80], below[512];
    double value;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(setting, "="), setting);
    snprintf(below, sizeof below, "technology.%.*s", (int)strcspn(setting, "="), setting);
    const bool is_below = strchr(name, '.') == NULL &&
                          aimc_config_get(config, name, &value) != AIMC_OK &&
                          aimc_config_get(config, below, &value) == AIMC_OK;
    snprintf(below, sizeof below, "technology.%s", setting);
    const char *const one = is_below ? below : setting;
    const struct texts settings = {(const char **)(uintptr_t)&one, 1};
    return model_set_fields(config, option, &settings);
}

int account_open(aimc_context *ctx, const char *name, const char *option,
                 const struct texts *settings, aimc_cost_model **cost)
{
    aimc_config *config = NULL;
    int rc = make_chip(ctx, strcmp(option, "set") == 0 ? "chip" : "energy", name, &config);
    for (size_t i = 0; rc == EXIT_GO_ON && i < settings->n; i++)
        rc = set_field(config, option, settings->items[i]);
    if (rc == EXIT_GO_ON && aimc_cost_model_create(ctx, NULL, config, cost) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

/* ---- prices --------------------------------------------------------------------------------- */

bool account_some(const aimc_cost_model *cost, aimc_network *net, size_t first, size_t n,
                  struct account *account, int *rc)
{
    size_t analog = 0;
    *account = (struct account){.events = {.struct_size = (uint32_t)sizeof account->events},
                                .report = {.struct_size = (uint32_t)sizeof account->report}};
    *rc = EXIT_GO_ON;
    for (size_t k = first; k < first + n && *rc == EXIT_GO_ON; k++) {
        aimc_cost_shape shape;
        aimc_counters counters;
        if (!account_layer(net, k, &shape, &counters))
            continue;
        analog++;
        if (aimc_cost_model_add_counters(cost, &counters, &shape, &account->events) != AIMC_OK)
            *rc = fail_library();
    }
    if (*rc == EXIT_GO_ON && analog > 0 &&
        aimc_cost_model_account(cost, &account->events, &account->report) != AIMC_OK)
        *rc = fail_library();
    return analog > 0;
}

int account_make(const aimc_cost_model *cost, aimc_network *net, struct account *account)
{
    int rc;
    if (account_some(cost, net, 0, aimc_network_count_matrices(net), account, &rc))
        return rc;
    return fail("the network has no analog layer: nothing was counted");
}

/* Every tile: clear its counters, or count what its reads input_activity. */
static int for_tiles(aimc_network *net, bool clear)
{
    for (size_t k = 0; k < aimc_network_count_matrices(net); k++) {
        aimc_matrix *matrix = aimc_network_get_matrix(net, k);
        for (size_t t = 0; t < aimc_matrix_count_tiles(matrix); t++) {
            aimc_tile *tile = aimc_matrix_get_tile(matrix, t, NULL, NULL);
            if (clear)
                aimc_tile_clear_counters(tile);
            else if (aimc_tile_count_activity(tile, 1) != AIMC_OK)
                return fail_library();
        }
    }
    return EXIT_GO_ON;
}

int account_drive(aimc_network *net)
{
    return for_tiles(net, false);
}

int account_begin(aimc_network *net)
{
    const int rc = for_tiles(net, true);
    return rc == EXIT_GO_ON ? for_tiles(net, false) : rc;
}
