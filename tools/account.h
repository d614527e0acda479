/* SPDX-License-Identifier: MIT */
/* Layers of a network with what they counted. */
#ifndef AIMC_TOOLS_ACCOUNT_H
#define AIMC_TOOLS_ACCOUNT_H

#include <stdbool.h>

#include <aimc/aimc.h>

/* Shape and counters of linear layer k; false when it is digital or there is none. */
bool account_layer(aimc_network *net, size_t k, aimc_cost_shape *shape, aimc_counters *counters);

#endif
