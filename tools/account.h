/* SPDX-License-Identifier: MIT */
/* Layers of a network with what they counted, and what that costs. */
#ifndef AIMC_TOOLS_ACCOUNT_H
#define AIMC_TOOLS_ACCOUNT_H

#include <stdbool.h>

#include <aimc/aimc.h>

#include "args.h"
#include "json.h"

/* Shape and counters of linear layer k; false when it is digital or there is none. */
bool account_layer(aimc_network *net, size_t k, aimc_cost_shape *shape, aimc_counters *counters);

/* Counter i by name, as a number; false when there is none. */
bool account_counter(const aimc_counters *counters, size_t i, const char **name, double *value);

/* What was counted, and its price. */
struct account {
    aimc_cost_events events;
    aimc_cost_report report;
};

/* A chip or a technology by name or file, with "FIELD=VALUE" settings; option is what they are
 * called. */
int account_open(aimc_context *ctx, const char *name, const char *option,
                 const struct texts *settings, aimc_cost_model **cost);

/* All that the analog layers counted since they were made or cleared. */
int account_make(const aimc_cost_model *cost, aimc_network *net, struct account *account);

/* The same of some matrices, first ... first + n - 1; false: none of them is analog. */
bool account_some(const aimc_cost_model *cost, aimc_network *net, size_t first, size_t n,
                  struct account *account, int *rc);

/* From here on only what comes is counted, with what reads really drive. */
int account_begin(aimc_network *net);

/* Count what reads drive from now on. */
int account_drive(aimc_network *net);

#endif
