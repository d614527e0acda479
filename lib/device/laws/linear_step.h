/* SPDX-License-Identifier: MIT */
/* The step changes linearly with the weight, with slopes of the cell's own. */
#ifndef AIMCI_LAW_LINEAR_STEP_H
#define AIMCI_LAW_LINEAR_STEP_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t mult_noise;
} aimci_law;

enum { AIMCI_SLOPE_UP = AIMCI_CELL_OWN, AIMCI_SLOPE_DOWN };

AIMCI_INLINE vf aimci_law_slope(const AIMCI_CONSTANT aimci_law *law, const aimci_word_line *line,
                                aimci_where where, const aimci_lane_group *c)
{
    (void)law;
    return vf_select(c->up, aimci_cell_load(line, AIMCI_SLOPE_UP, where),
                     -aimci_cell_load(line, AIMCI_SLOPE_DOWN, where));
}

#define AIMCI_LAW_SLOPED 1
#include "device/affine.h"

#endif
