/* SPDX-License-Identifier: MIT */
/* What temperature does to programmed devices: one idea for all noise models, around their laws. */
#ifndef AIMCI_TEMPERATURE_H
#define AIMCI_TEMPERATURE_H

#include "inference/noise.h"

/* Of the nested configuration of a noise model. */
aimc_status aimci_temperature_of(const aimc_config *model, aimci_temperature *out);

/* The time at which devices at the reference temperature are where these are at t. */
double aimci_noise_time(const aimc_noise_model *model, double t);

/* Conductances that one read at time t finds, but for thermal noise. */
void aimci_noise_read(const aimc_noise_model *model, const aimci_devices *d, double t,
                      const float *z, float *g);

/* Variance of thermal noise at time t over the conductance, uS; 0: none. */
double aimci_noise_thermal(const aimc_noise_model *model, double t);

/* Does every read at time t draw noise of its own? */
bool aimci_noise_draws_anew(const aimc_noise_model *model, double t);

#endif
