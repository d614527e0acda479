/* SPDX-License-Identifier: MIT */
/* The step shrinks linearly to zero at the bound ahead: k = -a / b, 0 where that bound is 0.
 * Reversed, at the opposite bound, moved outward. */
#ifndef AIMCI_LAW_SOFT_BOUNDS_H
#define AIMCI_LAW_SOFT_BOUNDS_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t mult_noise, reverse_up, reverse_down;
    float reverse_offset;
} aimci_law;

AIMCI_INLINE vf aimci_law_slope(const AIMCI_CONSTANT aimci_law *law, const aimci_word_line *line,
                                aimci_where where, const aimci_lane_group *c)
{
    (void)line, (void)where;
    const vf up_end = law->reverse_up ? c->lo - law->reverse_offset : c->hi;
    const vf down_end = law->reverse_down ? c->hi + law->reverse_offset : c->lo;
    const vf end = vf_select(c->up, up_end, down_end);
    return vf_select(end == 0.0f, vf_set(0.0f), -c->step / end);
}

#define AIMCI_LAW_SLOPED 1
#include "device/affine.h"

#endif
