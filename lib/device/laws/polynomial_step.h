/* SPDX-License-Identifier: MIT */
/* The step is a polynomial of the place between the bounds, and never backward. */
#ifndef AIMCI_LAW_POLYNOMIAL_STEP_H
#define AIMCI_LAW_POLYNOMIAL_STEP_H

#include "device/law.h"

#define AIMCI_LAW_COEFFICIENTS 8

typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t n; /* coefficients of both */
    float up[AIMCI_LAW_COEFFICIENTS], down[AIMCI_LAW_COEFFICIENTS];
} aimci_law;

#include "device/place.h"

#define AIMCI_LAW_KINKS 0

AIMCI_INLINE aimci_change aimci_law_change(const AIMCI_CONSTANT aimci_law *law,
                                           const aimci_lane_group *c, const aimci_law_terms *t,
                                           vf w)
{
    const vf z = aimci_place(c, t, w);
    vf y = vf_set(0.0f);
    for (int32_t k = law->n - 1; k >= 0; k--)
        y = y * z + vf_select(c->up, vf_set(law->up[k]), vf_set(law->down[k]));
    y = vf_max(y, vf_set(0.0f));
    const vf mean = c->step * y;
    return (aimci_change){mean, mean * law->noise.sigma};
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf w, vf xi)
{
    return w + aimci_law_change(law, c, t, w).mean * (1.0f + xi * law->noise.sigma);
}

#endif
