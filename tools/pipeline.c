/* SPDX-License-Identifier: MIT */
#include "pipeline.h"

#include <stdlib.h>

#include "cmd.h"
#include "report.h"

int pipeline_make(struct pipeline *p, size_t n)
{
    *p = (struct pipeline){.events = calloc(n + 1, sizeof *p->events),
                           .names = calloc(n + 1, sizeof *p->names),
                           .schedule = {.struct_size = (uint32_t)sizeof p->schedule}};
    return p->events != NULL && p->names != NULL ? EXIT_GO_ON : fail("no memory");
}

void pipeline_add(struct pipeline *p, const char *name, const aimc_cost_events *events)
{
    p->names[p->n] = name;
    p->events[p->n++] = *events;
}

void pipeline_free(struct pipeline *p)
{
    free(p->events);
    free(p->names);
    *p = (struct pipeline){0};
}

int pipeline_run(const aimc_cost_model *cost, const uint32_t *copies, struct pipeline *p)
{
    if (p->n == 0 ||
        aimc_cost_model_get_schedule(cost, p->n, p->events, copies, &p->schedule) == AIMC_OK)
        return EXIT_GO_ON;
    return fail_library();
}

void pipeline_print(const struct pipeline *p, double inferences)
{
    const aimc_cost_schedule *s = &p->schedule;
    if (p->n > 0)
        printf("layers as a pipeline: one inference every %.4g s, %.1f%% of them at work; '%s' is "
               "the slowest\n",
               s->interval_s / inferences, 100 * s->utilisation, p->names[s->bottleneck]);
}

void pipeline_put_json(struct json *json, const struct pipeline *p, double inferences)
{
    const aimc_cost_schedule *s = &p->schedule;
    if (p->n == 0)
        return;
    json_open(json, "pipeline", '{');
    json_put_number(json, "interval_s", s->interval_s / inferences);
    json_put_number(json, "latency_s", s->latency_s / inferences);
    json_put_number(json, "utilisation", s->utilisation);
    json_put_text(json, "bottleneck", p->names[s->bottleneck]);
    json_close(json, '}');
}
