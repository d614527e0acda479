/* SPDX-License-Identifier: MIT */
/* The step loses a share that is exponential in the state:
 *
 *     y = max(1 - A exp(+-gamma z), 0),   z = 2 a w / (b+ - b-) + b
 *     D = s S y,   w <- w + D + sigma (|D| + add + slope |w|) xi */
#ifndef AIMCI_LAW_EXP_STEP_H
#define AIMCI_LAW_EXP_STEP_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
    float rate_up, rate_down;   /* gamma log2(e), -gamma log2(e) */
    float share_up, share_down; /* A */
    float twice_a, b;
    float add, slope;
} aimci_law;

/* A exp(+-gamma z) = share 2^(rate w + at_0) */
typedef struct aimci_law_terms {
    vf rate, at_0, share;
} aimci_law_terms;

AIMCI_INLINE aimci_law_terms aimci_law_load(const AIMCI_CONSTANT aimci_law *law,
                                            const aimci_word_line *line, aimci_where where,
                                            const aimci_lane_group *c)
{
    (void)line, (void)where;
    const vf rate = vf_select(c->up, vf_set(law->rate_up), vf_set(law->rate_down));
    aimci_law_terms t;
    t.rate = rate * aimci_inverse_range(c) * law->twice_a;
    t.at_0 = rate * law->b;
    t.share = vf_select(c->up, vf_set(law->share_up), vf_set(law->share_down));
    return t;
}

AIMCI_INLINE aimci_change aimci_law_change(const AIMCI_CONSTANT aimci_law *law,
                                           const aimci_lane_group *c, const aimci_law_terms *t,
                                           vf w)
{
    const vf share = t->share * vf_exp2(w * t->rate + t->at_0);
    const vf y = vf_max(1.0f - share, vf_set(0.0f));
    const vf mean = c->step * y;
    const vf spread = vf_abs(mean) + law->add + vf_abs(w) * law->slope;
    return (aimci_change){mean, spread * law->noise.sigma};
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf w, vf xi)
{
    const aimci_change d = aimci_law_change(law, c, t, w);
    return w + (d.mean + d.spread * xi);
}

#define AIMCI_LAW_JUMPS 0
#define AIMCI_LAW_KINKS 0

#endif
