/* SPDX-License-Identifier: MIT */
/* Fitted constants that are used outside their range, as every report tells them. */
#ifndef AIMC_TOOLS_EXTRAPOLATIONS_H
#define AIMC_TOOLS_EXTRAPOLATIONS_H

#include <aimc/aimc.h>

#include "json.h"

/* "extrapolated": [ ... ], or lines of text; nothing is printed where there are none. Of a
 * technology and what it prices, or of a noise model that is read at these times. */
void extrapolations_put_costs(struct json *json, const aimc_cost_model *cost,
                              const aimc_cost_events *events);
void extrapolations_print_costs(const aimc_cost_model *cost, const aimc_cost_events *events);
void extrapolations_put_noise(struct json *json, const aimc_noise_model *model, const double *times,
                              size_t n);
void extrapolations_print_noise(const aimc_noise_model *model, const double *times, size_t n);

/* One: into an array, or with json NULL as a line of text. */
void extrapolation_tell(struct json *json, const aimc_extrapolation *e);

#endif
