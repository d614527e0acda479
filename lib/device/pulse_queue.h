/* SPDX-License-Identifier: MIT */
/* Cells of a line that get several pulses, one after the other.
 *
 * They wait side by side, whatever their places on the line, so that eight lanes are eight cells
 * with pulses left: all take their next pulse, and from time to time those that have had theirs go
 * back to the line and the others close ranks. */
#ifndef AIMCI_PULSE_QUEUE_H
#define AIMCI_PULSE_QUEUE_H

#include "device/model.h"
#include "kernels/stream.h"

/* What stays the same along a line. */
typedef struct aimci_pulse_job {
    const aimci_pulsed *p;
    const void *params;
    const aimci_line *line;
    int noisy;
} aimci_pulse_job;

/* Eight cells that are about to be pulsed, each in its own direction. */
typedef struct aimci_cells {
    vi up;     /* mask: this lane goes up */
    vf state;  /* physical */
    vf step;   /* signed step: +S+ or -S- */
    vf lo, hi; /* bounds */
    vf own[4]; /* what the model's load() puts here */
} aimci_cells;

/* A model prepares its own[] once per update, */
typedef void (*aimci_load_fn)(const void *params, const aimci_line *line, size_t at,
                              aimci_cells *c);
/* and gives the state after one pulse, before the bounds; xi holds standard normals (0 without
 * noise). It does not look at c->state. */
typedef vf (*aimci_step_fn)(const void *params, const aimci_cells *c, vf state, vf xi);

/* Or the state after n pulses in one direction at once, before the bounds. reach: further than this
 * the cell never strays from its state on the way, but for a probability below 1e-9; infinite
 * where this is not the law of n single pulses. For n = 1 it is, whatever the reach. */
typedef vf (*aimci_jump_fn)(const void *params, const aimci_cells *c, vf n, vf state, vf xi,
                            vf *reach);

/* What a line's kernel is made of; everything is inlined into it. */
typedef struct aimci_pulse_rule {
    int n_own; /* of own[] that step looks at */
    aimci_load_fn load;
    aimci_step_fn step;
    aimci_jump_fn jump; /* NULL: none */
} aimci_pulse_rule;

AIMCI_INLINE aimci_cells aimci_cells_load(const aimci_pulse_job *job, size_t at, vi count,
                                          const aimci_pulse_rule rule)
{
    const aimci_line *line = job->line;
    aimci_cells c;
    c.up = count > 0;
    c.state = vf_load(line->p + at);
    if (line->reference)
        c.state = c.state + vf_load(line->reference + at);
    c.step = vf_select(c.up, vf_load(line->base[AIMCI_PLANE_UP] + at),
                       -vf_load(line->base[AIMCI_PLANE_DOWN] + at));
    c.hi = vf_load(line->base[AIMCI_PLANE_MAX] + at);
    c.lo = vf_load(line->base[AIMCI_PLANE_MIN] + at);
    rule.load(job->params, line, at, &c);
    return c;
}

/* New physical states of the touched ones of eight cells. */
AIMCI_INLINE void aimci_state_store(const aimci_line *line, size_t at, vi touched, vf state)
{
    if (line->reference)
        state = state - vf_load(line->reference + at);
    vf_store(line->p + at, vf_select(touched, state, vf_load(line->p + at)));
}

/* ---- queue ---------------------------------------------------------------------------------- */

#define AIMCI_QUEUE        256 /* from here on it is full */
#define AIMCI_QUEUE_SIZE   (AIMCI_QUEUE + 2 * AIMCI_LANES)
#define AIMCI_SIDE_BY_SIDE 4 /* groups of eight */

typedef struct aimci_queue {
    size_t n, n_back;
    int32_t place[AIMCI_QUEUE_SIZE]; /* on the line; ~place when the cell goes down */
    int32_t left[AIMCI_QUEUE_SIZE];  /* pulses */
    float state[AIMCI_QUEUE_SIZE], step[AIMCI_QUEUE_SIZE]; /* as in aimci_cells */
    float lo[AIMCI_QUEUE_SIZE], hi[AIMCI_QUEUE_SIZE];
    float own[4][AIMCI_QUEUE_SIZE];
    float noise[AIMCI_QUEUE_SIZE];        /* of the next pulse */
    int32_t back_place[AIMCI_QUEUE_SIZE]; /* cells that are done */
    float back_state[AIMCI_QUEUE_SIZE];
} aimci_queue;

AIMCI_INLINE aimci_cells aimci_queue_cells(const aimci_queue *q, size_t i,
                                           const aimci_pulse_rule rule)
{
    aimci_cells c;
    c.up = vi_load(q->place + i) >= 0;
    c.state = vf_load(q->state + i);
    c.step = vf_load(q->step + i);
    c.lo = vf_load(q->lo + i);
    c.hi = vf_load(q->hi + i);
#pragma GCC unroll 4
    for (int k = 0; k < rule.n_own; k++)
        c.own[k] = vf_load(q->own[k] + i);
    return c;
}

/* Eight cells with their lanes in that order. */
AIMCI_INLINE void aimci_queue_put(aimci_queue *q, size_t i, vi order, vi place, vi left,
                                  const aimci_cells *c, const aimci_pulse_rule rule)
{
    vi_store(q->place + i, vi_permute(place, order));
    vi_store(q->left + i, vi_permute(left, order));
    vf_store(q->state + i, vf_permute(c->state, order));
    vf_store(q->step + i, vf_permute(c->step, order));
    vf_store(q->lo + i, vf_permute(c->lo, order));
    vf_store(q->hi + i, vf_permute(c->hi, order));
#pragma GCC unroll 4
    for (int k = 0; k < rule.n_own; k++)
        vf_store(q->own[k] + i, vf_permute(c->own[k], order));
}

/* Those of eight cells that have pulses left join the queue. */
AIMCI_INLINE void aimci_queue_join(aimci_queue *q, size_t at, vi left, const aimci_cells *c,
                                   const aimci_pulse_rule rule)
{
    const unsigned bits = v_bits(left > 0);
    const vi place = (vi_lanes() + (int32_t)at) ^ ~c->up;
    aimci_queue_put(q, q->n, v_pack_order(bits), place, left, c, rule);
    q->n += (size_t)__builtin_popcount(bits);
}

/* Lanes behind the last cell are the first cell without pulses. */
AIMCI_INLINE void aimci_queue_pad(aimci_queue *q, const aimci_pulse_rule rule)
{
    const aimci_cells first = aimci_queue_cells(q, 0, rule);
    aimci_queue_put(q, q->n, vi_set(0), vi_load(q->place), vi_set(0), &first, rule);
}

/* One pulse to each of n_groups times eight cells that has one left, side by side, so that one
 * group's arithmetic fills the other's waits. Counts those that had their last. */
AIMCI_INLINE void aimci_queue_pulse_groups(aimci_queue *q, size_t at, const int n_groups,
                                           const void *params, vi *last,
                                           const aimci_pulse_rule rule)
{
    vf next[AIMCI_SIDE_BY_SIDE];
#pragma GCC unroll 4
    for (int g = 0; g < n_groups; g++) {
        const size_t i = at + (size_t)g * AIMCI_LANES;
        const aimci_cells c = aimci_queue_cells(q, i, rule);
        next[g] = vf_clip(rule.step(params, &c, c.state, vf_load(q->noise + i)), c.lo, c.hi);
    }
#pragma GCC unroll 4
    for (int g = 0; g < n_groups; g++) {
        const size_t i = at + (size_t)g * AIMCI_LANES;
        const vi left = vi_load(q->left + i);
        vf_store(q->state + i, vf_select(left > 0, next[g], vf_load(q->state + i)));
        vi_store(q->left + i, left - 1);
        *last -= left == 1;
    }
}

/* One pulse to every cell that has one left; how many had their last. */
AIMCI_INLINE size_t aimci_queue_pulse(aimci_queue *q, const void *params,
                                      const aimci_pulse_rule rule)
{
    const size_t n = q->n, block = AIMCI_SIDE_BY_SIDE * AIMCI_LANES;
    size_t at = 0, n_last = 0;
    vi last = vi_set(0);
    for (; at + block <= n; at += block)
        aimci_queue_pulse_groups(q, at, AIMCI_SIDE_BY_SIDE, params, &last, rule);
    for (; at < n; at += AIMCI_LANES)
        aimci_queue_pulse_groups(q, at, 1, params, &last, rule);
    for (int k = 0; k < AIMCI_LANES; k++)
        n_last += (size_t)last[k];
    return n_last;
}

/* Cells that are done leave. */
AIMCI_INLINE void aimci_queue_close_ranks(aimci_queue *q, const aimci_pulse_rule rule)
{
    size_t to = 0;
    for (size_t i = 0; i < q->n; i += AIMCI_LANES) {
        const aimci_cells c = aimci_queue_cells(q, i, rule);
        const vi left = vi_load(q->left + i), place = vi_load(q->place + i);
        const unsigned stay = v_bits(left > 0);
        const unsigned go = ~stay & v_bits(vi_lanes() < (int32_t)(q->n - i));
        const vi back = v_pack_order(go);
        vi_store(q->back_place + q->n_back, vi_permute(place, back));
        vf_store(q->back_state + q->n_back, vf_permute(c.state, back));
        q->n_back += (size_t)__builtin_popcount(go);
        aimci_queue_put(q, to, v_pack_order(stay), place, left, &c, rule);
        to += (size_t)__builtin_popcount(stay);
    }
    q->n = to;
}

AIMCI_INLINE void aimci_queue_go_back(aimci_queue *q, const aimci_line *line)
{
    for (size_t i = 0; i < q->n_back; i++) {
        const int32_t place = q->back_place[i], at = place ^ (place >> 31);
        line->p[at] = q->back_state[i] - (line->reference ? line->reference[at] : 0.0f);
    }
    q->n_back = 0;
}

/* All pulses of all cells; the queue is empty then. */
AIMCI_INLINE void aimci_queue_run(aimci_queue *q, const aimci_pulse_job *job, aimci_stream *stream,
                                  const aimci_pulse_rule rule)
{
    size_t done = 0;
    q->n_back = 0;
    for (size_t i = 0; !job->noisy && i < q->n; i += AIMCI_LANES)
        vf_store(q->noise + i, vf_set(0.0f));
    while (q->n > 0) {
        if (done == 0)
            aimci_queue_pad(q, rule);
        if (job->noisy)
            aimci_stream_fill(stream, q->noise, q->n);
        done += aimci_queue_pulse(q, job->params, rule);
        if (done == q->n || (done >= q->n / 4 && q->n > AIMCI_LANES)) {
            aimci_queue_close_ranks(q, rule);
            done = 0;
        }
    }
    aimci_queue_go_back(q, job->line);
}

#endif
