/* SPDX-License-Identifier: MIT */
/* A pulse lets the place z between the bounds follow an ordinary differential equation dz/dt = F(z)
 * for a while. Each direction has a table of its flow: places, the time t(z) there in nominal
 * pulses, and the slope F, so that z(t) is a cubic in each interval (Hermite). A step
 *
 *     z  ->  t  ->  t + tau  ->  z',   tau = s S_s / dw_min (1 + sigma xi)
 *
 * is exact for any tau but for the interpolation, and steps do not add up errors: time does. */
#ifndef AIMCI_LAW_FLOW_H
#define AIMCI_LAW_FLOW_H

#include "device/law.h"

#define AIMCI_FLOW_NODES 256

/* Two tables, up and then down; unused nodes lie at infinity. */
typedef struct aimci_law {
    aimci_pulse_noise noise;
    float per_step;             /* 1 / dw_min */
    int32_t last_up, last_down; /* last interval */
    float place[2 * AIMCI_FLOW_NODES], time[2 * AIMCI_FLOW_NODES], slope[2 * AIMCI_FLOW_NODES];
} aimci_law;

#include "device/place.h"

/* The interval that x lies in, among nodes from first on: binary search. */
AIMCI_INLINE vi aimci_flow_find(const AIMCI_CONSTANT float *node, vi first, vi last, vf x)
{
    vi below = vi_set(0); /* how many nodes do not exceed x */
    for (int32_t span = AIMCI_FLOW_NODES / 2; span > 0; span /= 2)
        below += vi_where(vf_gather(node, first + below + (span - 1)) <= x, vi_set(span));
    return first + vi_max(vi_select(below - 1 > last, last, below - 1), vi_set(0));
}

/* An interval: its duration, and the cubic s -> z - z_0 of the share s of it, by Horner. */
typedef struct aimci_flow_piece {
    vf from, span, duration, a, b, c;
} aimci_flow_piece;

AIMCI_INLINE aimci_flow_piece aimci_flow_piece_at(const AIMCI_CONSTANT aimci_law *law, vi i)
{
    aimci_flow_piece p;
    p.from = vf_gather(law->place, i);
    p.span = vf_gather(law->place, i + 1) - p.from;
    p.duration = vf_gather(law->time, i + 1) - vf_gather(law->time, i);
    p.a = vf_gather(law->slope, i) * p.duration;
    const vf end = vf_gather(law->slope, i + 1) * p.duration;
    p.b = 3.0f * p.span - 2.0f * p.a - end;
    p.c = p.a + end - 2.0f * p.span;
    return p;
}

AIMCI_INLINE vf aimci_flow_place(const aimci_flow_piece *p, vf s)
{
    return s * (p->a + s * (p->b + s * p->c));
}

/* The share at which the piece is at its place from + y: Newton from the straight line. Slopes
 * differ so little within a piece that three steps are single precision. */
AIMCI_INLINE vf aimci_flow_share(const aimci_flow_piece *p, vf y)
{
    vf s = y / p->span;
    for (int32_t k = 0; k < 3; k++)
        s = s - (aimci_flow_place(p, s) - y) / (p->a + s * (2.0f * p->b + s * (3.0f * p->c)));
    return vf_clip(s, vf_set(0.0f), vf_set(1.0f));
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *terms, vf w, vf xi)
{
    const vf zero = vf_set(0.0f), one = vf_set(1.0f);
    const vi first = vi_select(c->up, vi_set(0), vi_set(AIMCI_FLOW_NODES));
    const vi last = vi_select(c->up, vi_set(law->last_up), vi_set(law->last_down));
    const vf z = aimci_place(c, terms, w);
    const vi i = aimci_flow_find(law->place, first, last, z);
    const aimci_flow_piece here = aimci_flow_piece_at(law, i);
    const vf s = aimci_flow_share(&here, vf_clip(z - here.from, zero, here.span));
    /* times count from the beginning of this piece, so that short steps keep their digits */
    const vf from = vf_gather(law->time, i);
    const vf then = s * here.duration + c->step * law->per_step * (1.0f + xi * law->noise.sigma);
    const vi j = aimci_flow_find(law->time, first, last, from + then);
    const aimci_flow_piece there = aimci_flow_piece_at(law, j);
    const vf rest = then - (vf_gather(law->time, j) - from);
    const vf r = vf_clip(rest / there.duration, zero, one);
    const vf moved =
        (there.from - here.from) + (aimci_flow_place(&there, r) - aimci_flow_place(&here, s));
    return w + moved * (c->hi - c->lo);
}

#endif
