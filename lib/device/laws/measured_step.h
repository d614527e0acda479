/* SPDX-License-Identifier: MIT */
/* The step is drawn from quantiles that were measured at chosen states. With x_k the normal score
 * of level k, Phi(x_k) = p_k, the quantile function is a broken line over the normal score: a
 * standard normal xi gives the step at xi, linear between the x_k and on beyond the outer ones, and
 * linear between the states. It is as monotone as the quantiles are, and two levels are a normal
 * distribution. */
#ifndef AIMCI_LAW_MEASURED_STEP_H
#define AIMCI_LAW_MEASURED_STEP_H

#include "device/law.h"

#define AIMCI_MEASURED_LEVELS 32
#define AIMCI_MEASURED_SIZE   2048 /* states times levels */

/* Steps up and then, from AIMCI_MEASURED_SIZE on, steps down; signed, in units of dw_min. */
typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t last; /* last interval between states */
    int32_t n_levels;
    float state[AIMCI_LAW_TABLE]; /* unused nodes lie at infinity */
    float score[AIMCI_MEASURED_LEVELS];
    float step[2 * AIMCI_MEASURED_SIZE];
} aimci_law;

#include "device/place.h"

/* Steps at level and score-weighted next one, from a row of the table on. */
AIMCI_INLINE vf aimci_measured_row(const AIMCI_CONSTANT aimci_law *law, vi at, vf s)
{
    return (1.0f - s) * vf_gather(law->step, at) + s * vf_gather(law->step, at + 1);
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *terms, vf w, vf xi)
{
    const vf z = aimci_place(c, terms, w);
    vi below = vi_set(0); /* how many states do not exceed z: binary search */
    for (int32_t span = AIMCI_LAW_TABLE / 2; span > 0; span /= 2)
        below += vi_where(vf_gather(law->state, below + (span - 1)) <= z, vi_set(span));
    const vi i = vi_max(vi_select(below - 1 > law->last, vi_set(law->last), below - 1), vi_set(0));
    const vf from = vf_gather(law->state, i), to = vf_gather(law->state, i + 1);
    const vf t = vf_clip((z - from) / (to - from), vf_set(0.0f), vf_set(1.0f));
    vi level = vi_set(0);
    for (int32_t k = 1; k + 1 < law->n_levels; k++)
        level += vi_where(vf_set(law->score[k]) <= xi, vi_set(1));
    const vf x = vf_gather(law->score, level);
    const vf s = (xi - x) / (vf_gather(law->score, level + 1) - x);
    const vi at = vi_select(c->up, vi_set(0), vi_set(AIMCI_MEASURED_SIZE)) + i * law->n_levels;
    const vf low = aimci_measured_row(law, at + level, s);
    const vf high = aimci_measured_row(law, at + level + law->n_levels, s);
    return w + vf_select(c->up, c->step, -c->step) * ((1.0f - t) * low + t * high);
}

#endif
