/* SPDX-License-Identifier: MIT */
/* What a device of measured pulses is made of: the table as it is in its configuration, and the
 * pulse that is chosen from it. */
#ifndef AIMCI_MEASURED_STEP_H
#define AIMCI_MEASURED_STEP_H

#include "device/model.h"

/* How far levels, and states, are from one another and from 0 and 1 at least. */
#define AIMCI_LEVEL_LEAST 1e-6

/* The conditions of one direction: voltages and widths, and where known the energy of a pulse; and
 * the change of the state by a pulse, in shares of the range and with its sign, for each condition,
 * state and level, the level running first. */
typedef struct aimci_conditions {
    aimci_list voltage, width, energy;
    aimci_long_list step;
} aimci_conditions;

typedef struct aimci_measured {
    aimci_pulsed base;
    double voltage_up, voltage_down, width_up, width_down, g_min, g_max;
    bool half_select;
    aimci_list state, level;
    aimci_conditions up, down;
    /* of the chosen pulses, filled by the model: the mean step at each state */
    double mean[2][AIMCI_LIST_MAX];
} aimci_measured;

/* The number whose cumulative normal probability is p, 0 < p < 1. */
double aimci_normal_score(double p);

/* Mean and standard deviation of a quantile function that is a broken line over n normal scores,
 * n > 0; its outer pieces go on beyond the outer scores. */
typedef struct aimci_moments {
    double mean, std;
} aimci_moments;
aimci_moments aimci_quantile_moments(const double *score, const double *q, size_t n);

#endif
