/* SPDX-License-Identifier: MIT */
/* The step vanishes at both bounds:
 *
 *     y = 1 - q^p = z (1 + q + ... + q^(p-1)),   z = 4 x (1 - x),   q = 1 - z = (2 x - 1)^2
 *
 * with x the place between the bounds. The product is 0 at the bounds themselves and exact close to
 * them, where the difference would cancel. */
#ifndef AIMCI_LAW_WINDOW_STEP_H
#define AIMCI_LAW_WINDOW_STEP_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t power; /* p, at least 1 */
} aimci_law;

#include "device/place.h"

#define AIMCI_LAW_KINKS 0

/* A state that rounding left outside the bounds counts as at the bound. */
AIMCI_INLINE aimci_change aimci_law_change(const AIMCI_CONSTANT aimci_law *law,
                                           const aimci_lane_group *c, const aimci_law_terms *t,
                                           vf w)
{
    const vf x = aimci_place(c, t, w), rest = (c->hi - w) * t->inverse_range;
    const vf z = vf_max(4.0f * x * rest, vf_set(0.0f)), q = 1.0f - z;
    vf sum = vf_set(1.0f);
    for (int32_t k = 1; k < law->power; k++)
        sum = sum * q + 1.0f;
    const vf mean = c->step * (z * sum);
    return (aimci_change){mean, mean * law->noise.sigma};
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf w, vf xi)
{
    return w + aimci_law_change(law, c, t, w).mean * (1.0f + xi * law->noise.sigma);
}

#endif
