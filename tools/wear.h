/* SPDX-License-Identifier: MIT */
/* Pulses of every device, where the devices count them. */
#ifndef AIMC_TOOLS_WEAR_H
#define AIMC_TOOLS_WEAR_H

#include <aimc/aimc.h>

#include "json.h"

enum { WEAR_BINS = 20, WEAR_ALL = -1 };

struct wear {
    size_t n;      /* devices; 0: they do not count */
    float *pulses; /* [n] ascending, owned */
    double mean;
    uint64_t bins[WEAR_BINS]; /* of 0 ... the most */
};

/* Devices of linear layer k, those of its optimizers included, or of all layers. */
int wear_gather(aimc_network *net, long k, struct wear *wear);
void wear_free(struct wear *wear);

/* Pulses of the device that has more than this share of the others. */
double wear_quantile(const struct wear *wear, double share);

/* Against the pulses that a device survives: "wear": { ... }, or lines of text. */
void wear_put_json(struct json *json, const struct wear *wear, double endurance);
void wear_print(const struct wear *wear, double endurance, double devices);

#endif
