/* SPDX-License-Identifier: MIT */
/* Mean and noise of the step are interpolated linearly between nodes at chosen states. */
#ifndef AIMCI_LAW_TABLE_STEP_H
#define AIMCI_LAW_TABLE_STEP_H

#include "device/law.h"

/* Two tables of AIMCI_LAW_TABLE nodes, up and then down; unused nodes lie at infinity. */
typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t last_up, last_down; /* last interval */
    float state[2 * AIMCI_LAW_TABLE], step[2 * AIMCI_LAW_TABLE], spread[2 * AIMCI_LAW_TABLE];
} aimci_law;

#include "device/place.h"

#define AIMCI_LAW_KINKS 1

/* Both numbers of the table at a state, in units of the step. */
AIMCI_INLINE aimci_change aimci_table_at(const AIMCI_CONSTANT aimci_law *law,
                                         const aimci_lane_group *c, const aimci_law_terms *terms,
                                         vf w)
{
    const vf z = aimci_place(c, terms, w);
    const vi first = vi_select(c->up, vi_set(0), vi_set(AIMCI_LAW_TABLE));
    const vi last = vi_select(c->up, vi_set(law->last_up), vi_set(law->last_down));
    vi below = vi_set(0); /* how many nodes do not exceed z: binary search */
    for (int32_t span = AIMCI_LAW_TABLE / 2; span > 0; span /= 2)
        below += vi_where(vf_gather(law->state, first + below + (span - 1)) <= z, vi_set(span));
    const vi i = first + vi_max(vi_select(below - 1 > last, last, below - 1), vi_set(0));
    const vf from = vf_gather(law->state, i), to = vf_gather(law->state, i + 1);
    const vf t = vf_clip((z - from) / (to - from), vf_set(0.0f), vf_set(1.0f));
    const vf y = (1.0f - t) * vf_gather(law->step, i) + t * vf_gather(law->step, i + 1);
    const vf e = (1.0f - t) * vf_gather(law->spread, i) + t * vf_gather(law->spread, i + 1);
    return (aimci_change){y, e};
}

AIMCI_INLINE aimci_change aimci_law_change(const AIMCI_CONSTANT aimci_law *law,
                                           const aimci_lane_group *c, const aimci_law_terms *terms,
                                           vf w)
{
    const aimci_change d = aimci_table_at(law, c, terms, w);
    return (aimci_change){c->step * d.mean, c->step * d.spread};
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *terms, vf w, vf xi)
{
    const aimci_change d = aimci_table_at(law, c, terms, w);
    return w + c->step * (d.mean + d.spread * xi);
}

#endif
