/* SPDX-License-Identifier: MIT */
/* The step is interpolated linearly between n nodes equally spaced from b- to b+. */
#ifndef AIMCI_LAW_PIECEWISE_STEP_H
#define AIMCI_LAW_PIECEWISE_STEP_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
    int32_t n;                        /* at least two */
    float nodes[2 * AIMCI_LAW_TABLE]; /* up and then down */
} aimci_law;

typedef struct aimci_law_terms {
    vf nodes; /* per weight */
} aimci_law_terms;

AIMCI_INLINE aimci_law_terms aimci_law_load(const AIMCI_CONSTANT aimci_law *law,
                                            const aimci_word_line *line, aimci_where where,
                                            const aimci_lane_group *c)
{
    (void)line, (void)where;
    aimci_law_terms t;
    t.nodes = aimci_inverse_range(c) * (float)(law->n - 1);
    return t;
}

AIMCI_INLINE aimci_change aimci_law_change(const AIMCI_CONSTANT aimci_law *law,
                                           const aimci_lane_group *c, const aimci_law_terms *terms,
                                           vf w)
{
    const vf q = vf_max((w - c->lo) * terms->nodes, vf_set(0.0f));
    const vf i = vf_min(vf_floor(q), vf_set((float)(law->n - 2)));
    const vf t = vf_min(q - i, vf_set(1.0f));
    const vi node = vi_from_vf(i) + vi_select(c->up, vi_set(0), vi_set(AIMCI_LAW_TABLE));
    const vf y = (1.0f - t) * vf_gather(law->nodes, node) + t * vf_gather(law->nodes, node + 1);
    const vf mean = c->step * y;
    return (aimci_change){mean, mean * law->noise.sigma};
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *terms, vf w, vf xi)
{
    return w + aimci_law_change(law, c, terms, w).mean * (1.0f + xi * law->noise.sigma);
}

#define AIMCI_LAW_JUMPS 0
#define AIMCI_LAW_KINKS 1

#endif
