/* SPDX-License-Identifier: MIT */
#include "extrapolations.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void put(struct json *json, const aimc_extrapolation *e)
{
    json_open(json, NULL, '{');
    json_put_text(json, "constant", e->constant);
    json_put_text(json, "variable", e->variable);
    json_put_number(json, "value", e->value);
    json_put_number(json, "first", e->first);
    json_put_number(json, "last", e->last);
    json_put_text(json, "unit", e->unit);
    json_put_text(json, "source", e->source);
    json_close(json, '}');
}

static void print(const aimc_extrapolation *e)
{
    char value[32], first[32], last[32];
    text_of_number(value, e->value);
    text_of_number(first, e->first);
    text_of_number(last, e->last);
    printf("outside its range: %s at %s = %s %s; fitted ", e->constant, e->variable, value,
           e->unit);
    if (e->first == e->last)
        printf("at %s (%s)\n", first, e->source);
    else
        printf("from %s to %s (%s)\n", first, last, e->source);
}

void extrapolation_tell(struct json *json, const aimc_extrapolation *e)
{
    if (json != NULL)
        put(json, e);
    else
        print(e);
}

static void tell_costs(struct json *json, const aimc_cost_model *cost,
                       const aimc_cost_events *events)
{
    aimc_extrapolation e = {.struct_size = (uint32_t)sizeof e};
    for (size_t i = 0; i < aimc_cost_model_count_extrapolations_of(cost, events); i++)
        if (aimc_cost_model_get_extrapolation_of(cost, events, i, &e) == AIMC_OK)
            extrapolation_tell(json, &e);
}

/* What does not depend on the time is told once. */
static void tell_noise(struct json *json, const aimc_noise_model *model, const double *times,
                       size_t n)
{
    aimc_extrapolation e = {.struct_size = (uint32_t)sizeof e};
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < aimc_noise_model_count_extrapolations(model, times[k]); i++)
            if (aimc_noise_model_get_extrapolation(model, times[k], i, &e) == AIMC_OK &&
                (k == 0 || strcmp(e.variable, "t_s") == 0))
                extrapolation_tell(json, &e);
}

void extrapolations_put_costs(struct json *json, const aimc_cost_model *cost,
                              const aimc_cost_events *events)
{
    json_open(json, "extrapolated", '[');
    tell_costs(json, cost, events);
    json_close(json, ']');
}

void extrapolations_print_costs(const aimc_cost_model *cost, const aimc_cost_events *events)
{
    tell_costs(NULL, cost, events);
}

void extrapolations_put_noise(struct json *json, const aimc_noise_model *model, const double *times,
                              size_t n)
{
    json_open(json, "extrapolated", '[');
    tell_noise(json, model, times, n);
    json_close(json, ']');
}

void extrapolations_print_noise(const aimc_noise_model *model, const double *times, size_t n)
{
    tell_noise(NULL, model, times, n);
}
