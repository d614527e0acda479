/* SPDX-License-Identifier: MIT */
/* aimc energy: what the run that a saved network remembers would have cost. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "args.h"
#include "cmd.h"
#include "model.h"
#include "report.h"

struct request {
    const char *model, *technology;
    struct texts settings;
    bool json;
};

static int open_technology(aimc_context *ctx, const struct request *r, aimc_cost_model **cost)
{
    aimc_config *config = NULL;
    if (aimc_config_new(ctx, r->technology, &config) != AIMC_OK)
        return fail_library();
    int rc = EXIT_GO_ON;
    for (size_t i = 0; i < r->settings.n && rc == EXIT_GO_ON; i++) {
        char field[96];
        const char *equals = strchr(r->settings.items[i], '=');
        if (equals == NULL || (size_t)(equals - r->settings.items[i]) >= sizeof field) {
            rc = fail_usage("--set '%s': give FIELD=VALUE", r->settings.items[i]);
            break;
        }
        memcpy(field, r->settings.items[i], (size_t)(equals - r->settings.items[i]));
        field[equals - r->settings.items[i]] = '\0';
        if (aimc_config_set_text(config, field, equals + 1) != AIMC_OK)
            rc = fail_library();
    }
    if (rc == EXIT_GO_ON && aimc_cost_model_create(ctx, NULL, config, cost) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

static int count_network(const aimc_cost_model *cost, aimc_network *net, aimc_cost_events *events)
{
    size_t analog = 0;
    for (size_t k = 0; k < aimc_network_linear_count(net); k++) {
        aimc_cost_shape shape;
        aimc_counters counters;
        if (!account_layer(net, k, &shape, &counters))
            continue;
        analog++;
        if (aimc_cost_count(cost, &counters, &shape, events) != AIMC_OK)
            return fail_library();
    }
    return analog > 0 ? EXIT_GO_ON : fail("the network has no analog layer: nothing was counted");
}

/* ---- telling --------------------------------------------------------------------------------- */

static void print_text(const aimc_cost_model *cost, const aimc_cost_report *r)
{
    printf("part                 events     J / event      energy J   share       time s   area "
           "mm2\n");
    for (size_t k = 0; k < AIMC_COST_PARTS; k++) {
        const aimc_cost_item *p = &r->parts[k];
        printf("%-12s %14.6g %13.5g %13.5g %6.2f%% %12.5g %10.4g\n", p->name, p->count, p->unit_j,
               p->energy_j, r->energy_j > 0 ? 100 * p->energy_j / r->energy_j : 0, p->time_s,
               1e6 * p->area_m2);
    }
    printf("%-12s %14s %13s %13.5g %6.2f%% %12.5g %10.4g\n\n", "total", "", "", r->energy_j, 100.0,
           r->time_s, 1e6 * r->area_m2);
    printf("%.5g fJ/MAC, %.4g TOPS/W, %.4g TOPS/mm2, %.3g kg CO2\n", 1e15 * r->j_per_mac,
           1e-12 * r->ops_per_j, 1e-18 * r->ops_per_s_m2, r->co2_kg);
    printf("%.4g pulses a device, %.3g of its endurance\n", r->pulses_per_device,
           r->endurance_used);
    if (r->adc_below_floor)
        printf("the ADC costs less than the thermal limit allows\n");
    aimc_cost_baseline b = {.struct_size = (uint32_t)sizeof b};
    for (size_t i = 0; aimc_cost_baseline_get(i, &b) == AIMC_OK; i++)
        printf("%-10s %10.4g fJ/MAC, %8.4g times this%s (%s)\n", b.name, 1e15 * b.j_per_mac,
               b.j_per_mac / r->j_per_mac, b.assumed ? ", assumed" : "", b.source);
    printf("\nassumed:");
    for (size_t i = 0; aimc_cost_assumption(cost, i) != NULL; i++)
        printf("%s %s", i % 8 == 7 ? "\n        " : "", aimc_cost_assumption(cost, i));
    putchar('\n');
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

static void put_baselines(struct json *json)
{
    aimc_cost_baseline b = {.struct_size = (uint32_t)sizeof b};
    json_open(json, "baselines", '[');
    for (size_t i = 0; aimc_cost_baseline_get(i, &b) == AIMC_OK; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "name", b.name);
        json_put_number(json, "j_per_mac", b.j_per_mac);
        json_put_text(json, "source", b.source);
        json_put_flag(json, "assumed", b.assumed);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_json(const struct request *q, const aimc_cost_model *cost,
                       const aimc_cost_events *e, const aimc_cost_report *r)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "model", q->model);
    json_put_text(&json, "technology", q->technology);
    json_put_number(&json, "macs", e->macs);
    json_put_number(&json, "energy_j", r->energy_j);
    json_put_number(&json, "time_s", r->time_s);
    json_put_number(&json, "area_m2", r->area_m2);
    json_put_number(&json, "j_per_mac", r->j_per_mac);
    json_put_number(&json, "ops_per_j", r->ops_per_j);
    json_put_number(&json, "ops_per_s_m2", r->ops_per_s_m2);
    json_put_number(&json, "co2_kg", r->co2_kg);
    json_put_number(&json, "pulses_per_device", r->pulses_per_device);
    json_put_number(&json, "endurance_used", r->endurance_used);
    json_put_flag(&json, "adc_below_floor", r->adc_below_floor);
    put_parts(&json, r);
    put_baselines(&json);
    json_open(&json, "assumed", '[');
    for (size_t i = 0; aimc_cost_assumption(cost, i) != NULL; i++)
        json_put_text(&json, NULL, aimc_cost_assumption(cost, i));
    json_close(&json, ']');
    json_end(&json);
}

static int run(const struct request *q)
{
    aimc_context *ctx = NULL;
    aimc_network *net = NULL;
    aimc_cost_model *cost = NULL;
    aimc_cost_events events = {.struct_size = (uint32_t)sizeof events};
    aimc_cost_report report = {.struct_size = (uint32_t)sizeof report};
    int rc = model_context(0, 1, &ctx);
    if (rc == EXIT_GO_ON)
        rc = open_technology(ctx, q, &cost);
    if (rc == EXIT_GO_ON)
        rc = model_load(ctx, q->model, &net);
    if (rc == EXIT_GO_ON)
        rc = count_network(cost, net, &events);
    if (rc == EXIT_GO_ON && aimc_cost_account(cost, &events, &report) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON && q->json)
        print_json(q, cost, &events, &report);
    else if (rc == EXIT_GO_ON)
        print_text(cost, &report);
    aimc_cost_model_destroy(cost);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_energy(int argc, char **argv)
{
    struct request q = {.technology = "rram_32nm"};
    const struct arg args[] = {
        {"technology", ARG_TEXT, &q.technology, "NAME",
         "what events cost: rram_32nm (default), isaac_32nm,\n"
         "ferro_write_20ns ... ferro_write_200us, technology",
         0, 0},
        {"set", ARG_TEXTS, &q.settings, "FIELD=VALUE",
         "change one constant; may be repeated: --set adc_bits=6", 0, 0},
        {"json", ARG_FLAG, &q.json, "", "print one JSON object instead of text", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary =
            "Energy, time, area and endurance of all that the tiles of a saved network counted.",
        .example = "  aimc train --data digits --out digits.safetensors\n"
                   "  aimc energy digits.safetensors --technology rram_32nm\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &q.model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON)
        rc = run(&q);
    free(q.settings.items);
    return rc;
}
