/* SPDX-License-Identifier: MIT */
/* Soft bounds of the physical state v: k = -a / b, 0 where the bound ahead is on the wrong side of
 * 0. */
#ifndef AIMCI_LAW_SOFT_BOUNDS_REFERENCE_H
#define AIMCI_LAW_SOFT_BOUNDS_REFERENCE_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t mult_noise;
} aimci_law;

AIMCI_INLINE vf aimci_law_slope(const AIMCI_CONSTANT aimci_law *law, const aimci_word_line *line,
                                aimci_where where, const aimci_lane_group *c)
{
    (void)law, (void)line, (void)where;
    const vm sloped = vm_select(c->up, c->hi > 0.0f, c->lo < 0.0f);
    const vf end = vf_select(c->up, c->hi, c->lo);
    return vf_select(sloped, -c->step / end, vf_set(0.0f));
}

#define AIMCI_LAW_SLOPED 1
#include "device/affine.h"

#endif
