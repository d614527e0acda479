/* SPDX-License-Identifier: MIT */
/* Mean response of a device to pulses of one direction, from a reset on: measured once, on a sample
 * of devices with all their spreads and noise, because the mean of noisy, bounded steps is not the
 * curve of the mean device (for pcm it lies 3 % above). */
#ifndef AIMCI_RESPONSE_H
#define AIMCI_RESPONSE_H

#include "tile/array.h"

typedef struct aimci_response {
    aimc_context *ctx;
    float *mean; /* [n] mean weight after k x stride pulses, in the direction of the pulses */
    size_t n;
    double stride;
    double noise; /* of one pulse half-way, over its mean step */
} aimci_response;

/* On failure there is nothing to clear. */
aimc_status aimci_response_init(aimci_response *response, const aimc_device *device, bool up);
void aimci_response_clear(aimci_response *response);

/* Pulses from a reset to the weight w, in their own direction; below the reset it is negative, and
 * what no device reaches asks for as many as were measured. */
double aimci_response_pulses(const aimci_response *response, double w);

#endif
