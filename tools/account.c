/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "extrapolations.h"
#include "model.h"
#include "report.h"

bool account_layer(aimc_network *net, size_t k, aimc_cost_shape *shape, aimc_counters *counters)
{
    aimc_matrix *matrix = aimc_network_get_matrix(net, k);
    *counters = (aimc_counters){.struct_size = (uint32_t)sizeof *counters};
    if (matrix == NULL || aimc_matrix_get_counters(matrix, counters) != AIMC_OK)
        return false;
    *shape = (aimc_cost_shape){.struct_size = (uint32_t)sizeof *shape,
                               .n_out = aimc_matrix_get_n_out(matrix),
                               .n_in = aimc_matrix_get_n_in(matrix)};
    for (size_t t = 0; t < aimc_matrix_count_tiles(matrix); t++) {
        size_t first_out = 0, first_in = 0;
        (void)aimc_matrix_get_tile(matrix, t, &first_out, &first_in);
        shape->tiles_in += first_out == 0 ? 1 : 0;
        shape->tiles_out += first_in == 0 ? 1 : 0;
    }
    return true;
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

/* ---- prices --------------------------------------------------------------------------------- */

/* Why a name is not taken, and which names there are. */
static int fail_technology(const char *option, const char *reason)
{
    char names[1024] = "";
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
        if (aimc_preset_get(i, &info) != AIMC_OK || strcmp(info.category, "technology") != 0)
            continue;
        const size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%s", n > 0 ? ", " : "", info.name);
    }
    return fail("--%s: %s; known are %s", option, reason, names);
}

static bool is_technology(const char *name)
{
    size_t i;
    aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
    return aimc_preset_find(name, &i) == AIMC_OK && aimc_preset_get(i, &info) == AIMC_OK &&
           strcmp(info.category, "technology") == 0;
}

int account_open(aimc_context *ctx, const char *technology, const char *option,
                 const struct texts *settings, aimc_cost_model **cost)
{
    aimc_config *config = NULL;
    const char *const name = strcmp(option, "set") == 0 ? "technology" : "energy";
    if (aimc_config_create(ctx, technology, &config) != AIMC_OK)
        return fail_technology(name, library_sentence());
    if (!is_technology(technology)) {
        char reason[128];
        snprintf(reason, sizeof reason, "'%.60s' is not a technology", technology);
        aimc_config_destroy(config);
        return fail_technology(name, reason);
    }
    int rc = model_set_fields(config, option, settings);
    if (rc == EXIT_GO_ON && aimc_cost_model_create(ctx, NULL, config, cost) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

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

/* ---- telling -------------------------------------------------------------------------------- */

void account_print(const struct account *account)
{
    const aimc_cost_report *r = &account->report;
    printf("part                 events     J / event      energy J   share       time s   area "
           "mm2\n");
    for (size_t k = 0; k < AIMC_COST_PARTS; k++) {
        const aimc_cost_item *p = &r->parts[k];
        printf("%-12s %14.6g %13.5g %13.5g %6.2f%% %12.5g %10.4g\n", p->name, p->count, p->unit_j,
               p->energy_j, r->energy_j > 0 ? 100 * p->energy_j / r->energy_j : 0, p->time_s,
               1e6 * p->area_m2);
    }
    printf("%-12s %14s %13s %13.5g %6.2f%% %12.5g %10.4g\n", "total", "", "", r->energy_j, 100.0,
           r->time_s, 1e6 * r->area_m2);
}

static void put_parts(struct json *json, const aimc_cost_report *r)
{
    json_open(json, "parts", '[');
    for (size_t k = 0; k < AIMC_COST_PARTS; k++) {
        const aimc_cost_item *p = &r->parts[k];
        json_open(json, NULL, '{');
        json_put_text(json, "name", p->name);
        json_put_number(json, "events", p->count);
        json_put_number(json, "j_per_event", p->unit_j);
        json_put_number(json, "energy_j", p->energy_j);
        json_put_number(json, "time_s", p->time_s);
        json_put_number(json, "area_m2", p->area_m2);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void account_put_json(struct json *json, const struct account *account)
{
    const aimc_cost_report *r = &account->report;
    json_put_number(json, "macs", account->events.macs);
    json_put_number(json, "energy_j", r->energy_j);
    json_put_number(json, "time_s", r->time_s);
    json_put_number(json, "area_m2", r->area_m2);
    json_put_number(json, "j_per_mac", r->j_per_mac);
    json_put_number(json, "ops_per_j", r->ops_per_j);
    json_put_number(json, "ops_per_s_m2", r->ops_per_s_m2);
    json_put_number(json, "co2_kg", r->co2_kg);
    json_put_number(json, "devices", r->devices);
    json_put_number(json, "pulses_per_device", r->pulses_per_device);
    json_put_number(json, "endurance_used", r->endurance_used);
    json_put_flag(json, "adc_below_floor", r->adc_below_floor);
    put_parts(json, r);
}

void account_put_assumptions(struct json *json, const aimc_cost_model *cost)
{
    json_open(json, "assumed", '[');
    for (size_t i = 0; aimc_cost_model_get_assumption(cost, i) != NULL; i++)
        json_put_text(json, NULL, aimc_cost_model_get_assumption(cost, i));
    json_close(json, ']');
    extrapolations_put_costs(json, cost);
}

/* Names in lines of eight; the sentences after them are told as extrapolations. */
void account_print_assumptions(const aimc_cost_model *cost)
{
    const char *name;
    printf("assumed:");
    for (size_t i = 0; (name = aimc_cost_model_get_assumption(cost, i)) != NULL; i++)
        if (strchr(name, ' ') == NULL)
            printf("%s %s", i % 8 == 7 ? "\n        " : "", name);
    putchar('\n');
    extrapolations_print_costs(cost);
}
