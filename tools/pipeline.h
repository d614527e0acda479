/* SPDX-License-Identifier: MIT */
/* Layers that hand their results on: how often a result comes out, and which one is the slowest. */
#ifndef AIMC_TOOLS_PIPELINE_H
#define AIMC_TOOLS_PIPELINE_H

#include "account.h"

struct pipeline {
    size_t n;
    aimc_cost_events *events; /* owned */
    const char **names;       /* owned; the texts are the caller's */
    aimc_cost_schedule schedule;
};

/* Room for n layers. EXIT_GO_ON, or the exit code after a sentence. */
int pipeline_make(struct pipeline *p, size_t n);
void pipeline_add(struct pipeline *p, const char *name, const aimc_cost_events *events);
void pipeline_free(struct pipeline *p);

/* copies: of each layer, or NULL. EXIT_GO_ON, or the exit code after a sentence. */
int pipeline_run(const aimc_cost_model *cost, const uint32_t *copies, struct pipeline *p);

/* Per inference, of which there were so many; nothing without layers. */
void pipeline_print(const struct pipeline *p, double inferences);
void pipeline_put_json(struct json *json, const struct pipeline *p, double inferences);

#endif
