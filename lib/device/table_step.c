/* SPDX-License-Identifier: MIT */
/* Table step: measured mean and noise of the step at chosen states, interpolated linearly between them.
 *
 *     z = (w - b-) / (b+ - b-),  i: node[i] <= z < node[i + 1],  t = (z - node[i]) / (node[i + 1] - node[i])
 *     y_s = (1 - t) step_s[i] + t step_s[i + 1],  e_s likewise of noise_s (without it: dw_min_std y_s)
 *     w <- w + s S_s (y_s + e_s xi)
 *
 * then clipped to [b-, b+]; constant beyond the first and the last node. Without states the nodes are equally spaced
 * from 0 to 1. Potentiation and depression curves of any device enter this way. */
#include <math.h>

#include "device/pulsed.h"

/* One direction. */
typedef struct table {
    aimci_list step, state, noise;
} table;

typedef struct table_step {
    aimci_pulsed base;
    aimci_list step_up, state_up, noise_up, step_down, state_down, noise_down;
    /* resolved: two tables of AIMCI_LIST_MAX nodes, up and then down; unused nodes lie at infinity */
    bool noisy;
    int32_t last_up, last_down; /* last interval */
    float state[2 * AIMCI_LIST_MAX], step[2 * AIMCI_LIST_MAX], noise[2 * AIMCI_LIST_MAX];
} table_step;

static void populate(const void *params, const aimci_line *line, const aimci_birth *birth)
{
    aimci_populate_base(params, line, birth);
}

/* own[0]: 1 / (b+ - b-) */
AIMCI_INLINE void load(const void *params, const aimci_line *line, size_t at, aimci_cells *c)
{
    (void)params, (void)line, (void)at;
    c->own[0] = aimci_inverse_range(c);
}

AIMCI_INLINE vf step(const void *params, const aimci_cells *c, vf w, vf xi)
{
    const table_step *p = params;
    const vf z = (w - c->lo) * c->own[0];
    const vi first = vi_select(c->up, vi_set(0), vi_set(AIMCI_LIST_MAX));
    const vi last = vi_select(c->up, vi_set(p->last_up), vi_set(p->last_down));
    vi below = vi_set(0); /* how many nodes do not exceed z: binary search */
    for (int half = AIMCI_LIST_MAX / 2; half > 0; half /= 2)
        below -= (vf_gather(p->state, first + below + (half - 1)) <= z) & -half;
    const vi i = first + vi_max(vi_select(below - 1 > last, last, below - 1), vi_set(0));
    const vf from = vf_gather(p->state, i), to = vf_gather(p->state, i + 1);
    const vf t = vf_clip((z - from) / (to - from), vf_set(0.0f), vf_set(1.0f));
    const vf y = (1.0f - t) * vf_gather(p->step, i) + t * vf_gather(p->step, i + 1);
    const vf e = (1.0f - t) * vf_gather(p->noise, i) + t * vf_gather(p->noise, i + 1);
    return w + c->step * (y + e * xi);
}

static void pulse(const void *params, const aimci_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    const table_step *p = params;
    aimci_pulse_line_noisy(&p->base, p->noisy, params, line, count, key, index, load, step);
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, table_step)
const aimci_device_kernels AIMCI_K(table_step) = {populate, pulse};

#ifdef AIMCI_ISA_IS_C
REST
