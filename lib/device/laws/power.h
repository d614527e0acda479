/* SPDX-License-Identifier: MIT */
/* Steps are powers of the distance to the bound ahead:
 *
 *     v <- v + s S ((b - v) / R)^e (1 + sigma xi) */
#ifndef AIMCI_LAW_POWER_H
#define AIMCI_LAW_POWER_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
} aimci_law;

enum { AIMCI_EXPONENT_UP = AIMCI_CELL_OWN, AIMCI_EXPONENT_DOWN };

typedef struct aimci_law_terms {
    vf exponent;
    vf end;           /* the bound ahead */
    vf inverse_range; /* with the sign of the direction */
} aimci_law_terms;

AIMCI_INLINE aimci_law_terms aimci_law_load(const AIMCI_CONSTANT aimci_law *law,
                                            const aimci_word_line *line, aimci_where where,
                                            const aimci_lane_group *c)
{
    (void)law;
    const vf inverse = aimci_inverse_range(c);
    aimci_law_terms t;
    t.exponent = vf_select(c->up, aimci_cell_load(line, AIMCI_EXPONENT_UP, where),
                           aimci_cell_load(line, AIMCI_EXPONENT_DOWN, where));
    t.end = vf_select(c->up, c->hi, c->lo);
    t.inverse_range = vf_select(c->up, inverse, -inverse);
    return t;
}

/* A state that rounding left outside the bounds counts as at the bound: vf_pow is 0 from 0 down. */
AIMCI_INLINE aimci_change aimci_law_change(const AIMCI_CONSTANT aimci_law *law,
                                           const aimci_lane_group *c, const aimci_law_terms *t,
                                           vf v)
{
    const vf distance = (t->end - v) * t->inverse_range;
    const vf mean = c->step * vf_pow(distance, t->exponent);
    return (aimci_change){mean, mean * law->noise.sigma};
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf v, vf xi)
{
    return v + aimci_law_change(law, c, t, v).mean * (1.0f + xi * law->noise.sigma);
}

#define AIMCI_LAW_JUMPS 0
#define AIMCI_LAW_KINKS 0

#endif
