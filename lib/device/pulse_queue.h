/* SPDX-License-Identifier: MIT */
/* Cells of a word line that get several pulses, one after the other.
 *
 * They are sorted by how many they have left, so that the cells of eight lanes, and of the groups
 * beside them, are done at nearly the same time, and those with pulses left are always the first
 * ones: their noise is a piece of the stream. */
#ifndef AIMCI_PULSE_QUEUE_H
#define AIMCI_PULSE_QUEUE_H

#include "device/model.h"
#include "kernels/fifo.h"

#ifndef AIMCI_LAW_JUMPS
#error "a law of device/laws comes first"
#endif

/* What stays the same along a word line. */
typedef struct aimci_pulse_job {
    const aimci_law *law;
    const aimci_word_line *line;
} aimci_pulse_job;

/* New physical states of the touched ones of eight cells. */
AIMCI_INLINE void aimci_state_store(const aimci_word_line *line, size_t at, vm touched, vf state)
{
    if (line->cell[AIMCI_CELL_REFERENCE])
        state = state - vf_load(line->cell[AIMCI_CELL_REFERENCE] + at);
    vf_store(line->p + at, vf_select(touched, state, vf_load(line->p + at)));
}

/* ---- queue ---------------------------------------------------------------------------------- */

#define AIMCI_ROUND        63 /* pulses that a cell gets before the queue is made again: six bits */
#define AIMCI_SIDE_BY_SIDE 8  /* groups of eight */
#define AIMCI_BLOCK        (AIMCI_SIDE_BY_SIDE * AIMCI_LANES)
#define AIMCI_QUEUE_SIZE   (AIMCI_WINDOW + AIMCI_BLOCK)

/* Groups side by side are worth their code where a group is a register. */
#ifdef AIMCI_ISA_IS_C
#define AIMCI_UNROLL_SIDES _Pragma("GCC unroll 1")
#else
#define AIMCI_UNROLL_SIDES _Pragma("GCC unroll 8")
#endif

_Static_assert(AIMCI_FIFO_MOST >= AIMCI_BLOCK * AIMCI_ROUND, "noise of a block");

/* A key: the place in the window, whether the cell goes up, and above that this round's pulses. */
#define AIMCI_KEY_UP         AIMCI_WINDOW
#define AIMCI_KEY_ROUND      9
#define AIMCI_KEY_ROUND_BITS 6

typedef struct aimci_queue {
    size_t n;
    int32_t left[AIMCI_WINDOW]; /* pulses, by place */
    int32_t key[AIMCI_QUEUE_SIZE], key_too[AIMCI_QUEUE_SIZE];
    const int32_t *sorted; /* one of them */
} aimci_queue;

/* Keys of those of n cells that have pulses left, for one round. Returns whether any has more. */
AIMCI_INLINE int aimci_queue_fill(aimci_queue *q, const int32_t *count, size_t n)
{
    vi more = vi_set(0);
    q->n = 0;
    for (size_t i = 0; i < n; i += AIMCI_LANES) {
        const vi left = vi_load(q->left + i), round = vi_min(left, vi_set(AIMCI_ROUND));
        const vi up = (vi_load(count + i) > 0) & AIMCI_KEY_UP;
        const vi key = (round << AIMCI_KEY_ROUND) | up | (vi_lanes() + (int32_t)i);
        const unsigned bits = v_bits(left > 0);
        vi_store(q->key + q->n, vi_permute(key, v_pack_order(bits)));
        q->n += (size_t)__builtin_popcount(bits);
        vi_store(q->left + i, left - round);
        more |= left - round;
    }
    return v_any(more > 0);
}

/* One pass of a radix sort: keys with this bit go first, in their order. Being stable, the passes
 * from the lowest bit to the highest sort by all of them. Beyond n, zeros count as keys without the
 * bit and end up last. */
AIMCI_INLINE void aimci_queue_split(const int32_t *key, size_t n, int bit, int32_t *to)
{
    int32_t zeros[AIMCI_WINDOW + AIMCI_LANES];
    size_t n_ones = 0, n_zeros = 0;
    for (size_t i = 0; i < n; i += AIMCI_LANES) {
        const vi k = vi_load(key + i);
        const unsigned ones = v_bits((k << (31 - bit)) < 0);
        const unsigned others = ones ^ 255u;
        vi_store(to + n_ones, vi_permute(k, v_pack_order(ones)));
        vi_store(zeros + n_zeros, vi_permute(k, v_pack_order(others)));
        n_ones += (size_t)__builtin_popcount(ones);
        n_zeros = i + AIMCI_LANES - n_ones;
    }
    for (size_t i = 0; i < n_zeros; i += AIMCI_LANES)
        vi_store(to + n_ones + i, vi_load(zeros + i));
}

/* Cells with more pulses first. Bits that no key has need no pass, so small numbers of pulses are
 * sorted fast. */
AIMCI_INLINE void aimci_queue_sort(aimci_queue *q)
{
    vi any = vi_set(0);
    vi_store(q->key + q->n, vi_set(0));
    for (size_t i = 0; i < q->n; i += AIMCI_LANES)
        any |= vi_load(q->key + i);
    int32_t *from = q->key, *to = q->key_too;
    for (int bit = AIMCI_KEY_ROUND; bit < AIMCI_KEY_ROUND + AIMCI_KEY_ROUND_BITS; bit++) {
        if (!v_any((any << (31 - bit)) < 0))
            continue;
        aimci_queue_split(from, q->n, bit, to);
        int32_t *const swap = from;
        from = to;
        to = swap;
    }
    /* the last block may reach behind the end: some cell, with no pulses, is loaded there */
    for (size_t i = 0; i < AIMCI_BLOCK; i += AIMCI_LANES)
        vi_store(from + q->n + i, vi_set(from[0] & (2 * AIMCI_WINDOW - 1)));
    q->sorted = from;
}

/* The cells of some groups of eight, side by side, so that one group's arithmetic fills the other's
 * waits. */
typedef struct aimci_block {
    aimci_lane_group c[AIMCI_SIDE_BY_SIDE];
    aimci_law_terms t[AIMCI_SIDE_BY_SIDE];
    vi round[AIMCI_SIDE_BY_SIDE]; /* pulses */
    int32_t least, most, total;   /* of them */
} aimci_block;

AIMCI_INLINE aimci_block aimci_queue_load(const aimci_queue *q, size_t at, const int n_groups,
                                          const aimci_pulse_job *job, size_t first)
{
    aimci_block b;
    vi sum = vi_set(0);
    AIMCI_UNROLL_SIDES
    for (int g = 0; g < n_groups; g++) {
        const aimci_where where = {first, q->sorted + at + (size_t)g * AIMCI_LANES};
        const vi key = vi_load(where.key);
        b.c[g] = aimci_lane_group_load(job->line, where, (key & AIMCI_KEY_UP) != 0);
        b.t[g] = aimci_law_load(job->law, job->line, where, &b.c[g]);
        b.round[g] = key >> AIMCI_KEY_ROUND;
        sum += b.round[g];
    }
    b.most = q->sorted[at] >> AIMCI_KEY_ROUND;
    b.least = q->sorted[at + (size_t)n_groups * AIMCI_LANES - 1] >> AIMCI_KEY_ROUND;
    b.total = vi_sum(sum);
    return b;
}

AIMCI_INLINE void aimci_queue_store(const aimci_queue *q, const aimci_block *b, size_t at,
                                    const int n_groups, const aimci_word_line *line, size_t first)
{
    const float *reference = line->cell[AIMCI_CELL_REFERENCE];
    const size_t size = (size_t)n_groups * AIMCI_LANES, n = q->n - at < size ? q->n - at : size;
    float state[AIMCI_BLOCK];
    AIMCI_UNROLL_SIDES
    for (int g = 0; g < n_groups; g++)
        vf_store(state + g * AIMCI_LANES, b->c[g].state);
    for (size_t i = 0; i < n; i++) {
        const size_t to = first + (size_t)(q->sorted[at + i] & AIMCI_KEY_PLACE);
        line->p[to] = state[i] - (reference ? reference[to] : 0.0f);
    }
}

/* The next pulse of n_groups times eight cells, with noise from xi on: to all of them, which needs
 * no look at what is left, or to those that have more than pulse in this round, which are the first
 * ones because the cells are sorted. Returns how many took one. */
AIMCI_INLINE int aimci_block_pulse(aimci_block *b, const int n_groups, const int all, int32_t pulse,
                                   const aimci_law *law, const float *xi)
{
    int n = all ? n_groups * AIMCI_LANES : 0;
    AIMCI_UNROLL_SIDES
    for (int g = 0; g < n_groups; g++) {
        aimci_lane_group *c = &b->c[g];
        const vf noise = vf_load(xi + g * AIMCI_LANES);
        const vf next = vf_clip(aimci_law_step(law, c, &b->t[g], c->state, noise), c->lo, c->hi);
        const vm takes = b->round[g] > pulse;
        c->state = all ? next : vf_select(takes, next, c->state);
        n += all ? 0 : __builtin_popcount(v_bits(takes));
    }
    return n;
}

AIMCI_INLINE void aimci_queue_block(const aimci_queue *q, size_t at, const int n_groups,
                                    const aimci_pulse_job *job, size_t first, aimci_fifo *noise)
{
    aimci_block b = aimci_queue_load(q, at, n_groups, job, first);
    aimci_fifo_ensure(noise, (size_t)b.total);
    const float *xi = noise->next;
    int32_t pulse = 0;
    for (; pulse < b.least; pulse++)
        xi += aimci_block_pulse(&b, n_groups, 1, pulse, job->law, xi);
    for (; pulse < b.most; pulse++)
        xi += aimci_block_pulse(&b, n_groups, 0, pulse, job->law, xi);
    noise->next = xi;
    aimci_queue_store(q, &b, at, n_groups, job->line, first);
}

/* All pulses that are left in a window. An affine step (one with a jump) is short, so that four
 * groups side by side keep the core busy; the long chains of exp and pow need eight. */
AIMCI_OUTLINE void aimci_queue_run(aimci_queue *q, const aimci_pulse_job *job, const int32_t *count,
                                   size_t first, size_t n_cells, aimci_fifo *noise)
{
    int more;
    do {
        more = aimci_queue_fill(q, count, n_cells);
        aimci_queue_sort(q);
        const int n_groups = AIMCI_LAW_JUMPS ? AIMCI_SIDE_BY_SIDE / 2 : AIMCI_SIDE_BY_SIDE;
        const size_t block = (size_t)n_groups * AIMCI_LANES;
        size_t at = 0;
        for (; at + block / 2 < q->n; at += block)
            aimci_queue_block(q, at, n_groups, job, first, noise);
        if (at < q->n)
            aimci_queue_block(q, at, n_groups / 2, job, first, noise);
    } while (more);
}

#endif
