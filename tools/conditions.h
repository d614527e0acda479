/* SPDX-License-Identifier: MIT */
/* What the measured pulses of a device of kind "measured_step" are worth, each for itself, and
 * which pair of them suits training. */
#ifndef AIMC_TOOLS_CONDITIONS_H
#define AIMC_TOOLS_CONDITIONS_H

#include <stddef.h>

#include <aimc/aimc.h>

#include "json.h"

enum { MOST_CONDITIONS = 64 };

/* At weight 0; NOT_GIVEN: not known. */
struct condition {
    double voltage, width;
    double step;      /* mean step in its direction, weight units */
    double noise;     /* standard deviation of a pulse, in steps */
    double states;    /* range over step; effective: over what noise leaves, see docs */
    double effective; /* states / (1 + noise^2) */
    double energy;    /* of a pulse, J */
    double crossing;  /* of as many pulses as there are states */
};

struct conditions {
    size_t n[2]; /* down, up; both 0: the device has none */
    struct condition each[2][MOST_CONDITIONS];
    size_t chosen[2];
    double asymmetry;        /* of the chosen pair: |log(step up / step down)| */
    struct condition now[2]; /* the pulses that the device has */
};

/* EXIT_GO_ON, or the exit code after a sentence. Other kinds have none. */
int conditions_of(aimc_context *ctx, const aimc_config *config, struct conditions *c);

void conditions_print(const struct conditions *c, const char *name);
void conditions_put(const struct conditions *c, struct json *json);

#endif
