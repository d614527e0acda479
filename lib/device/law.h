/* SPDX-License-Identifier: MIT */
/* What the law of a device, the change of a cell by one pulse, is written against. A law is a
 * header of device/laws and nothing else, so that the same text compiles for every back end: over
 * the lane types of kernels/vec.h, its parameters a struct of float and int32_t. It defines
 *
 *     aimci_law           parameters; the first member is aimci_pulse_noise noise
 *     aimci_law_terms     what a pulse needs of its cells that an update does not change
 *     aimci_law_load()    these terms, once per update
 *     aimci_law_step()    the state after one pulse, before the bounds; xi holds standard normals
 *                         (0 without noise). It does not look at c->state.
 *     AIMCI_LAW_JUMPS     1: there is
 *     aimci_law_jump()    the state after n pulses in one direction at once, before the bounds.
 *                         reach: the cell strays no further than this from its state on the way,
 *                         but for a probability below 1e-9. It is infinite where a jump does not
 *                         have the law of n single pulses; for n = 1 it always has.
 *     AIMCI_LAW_JUMPS     0: there is, where noise adds to the state in proportion to xi,
 *     aimci_law_change()  what one pulse adds, without rounding: mean + spread xi
 *     AIMCI_LAW_KINKS     1: the mean has kinks, and not only where it goes to 0
 *
 * A file has one law; device/pulse.h, which follows it, makes the kernel of it. Where a step is a
 * straight line of the state, device/affine.h has all but the slope; where it depends on the place
 * between the bounds, device/place.h has all but the step. */
#ifndef AIMCI_LAW_H
#define AIMCI_LAW_H

#include "device/word_line.h"

#define AIMCI_LAW_TABLE 64 /* numbers of a table at most: AIMCI_LIST_MAX */

/* Noise of the pulses of any law. */
typedef struct aimci_pulse_noise {
    float sigma;      /* of one pulse, in units of the step */
    float write;      /* of the apparent weight about the persistent one */
    int32_t silent;   /* there is none of a pulse */
    int32_t additive; /* that of a pulse does not depend on the state */
} aimci_pulse_noise;

/* Standard deviations that no path exceeds: 2 P(|xi| > 6.5) = 1.6e-10 by Levy's inequality. */
#define AIMCI_FAR 6.5f

/* What one pulse adds to a state: mean + spread xi. */
typedef struct aimci_change {
    vf mean, spread;
} aimci_change;

/* Lanes of cells that are about to be pulsed, each in its own direction. */
typedef struct aimci_lane_group {
    vm up;     /* this lane goes up */
    vf state;  /* physical */
    vf step;   /* signed step: +S+ or -S- */
    vf lo, hi; /* bounds */
} aimci_lane_group;

/* Where the cells of a group lie: side by side from at on, or at the places in the window that keys
 * tell. */
typedef struct aimci_where {
    size_t at;
    const int32_t *key; /* NULL: side by side */
} aimci_where;

#define AIMCI_WINDOW    256 /* cells of a word line that are sorted together, from a multiple on */
#define AIMCI_KEY_PLACE (AIMCI_WINDOW - 1)

/* A cell parameter of the group. */
AIMCI_INLINE vf aimci_cell_load(const aimci_word_line *line, int32_t number, aimci_where where)
{
    const AIMCI_GLOBAL float *from = line->cell[number];
    if (!where.key)
        return vf_load(from + where.at);
#if AIMCI_LANES == 1
    return from[where.at + (where.key[0] & AIMCI_KEY_PLACE)];
#else
    vf v;
#pragma GCC unroll 8
    for (int k = 0; k < AIMCI_LANES; k++)
        v[k] = from[where.at + (where.key[k] & AIMCI_KEY_PLACE)];
    return v;
#endif
}

AIMCI_INLINE aimci_lane_group aimci_lane_group_load(const aimci_word_line *line, aimci_where where,
                                                    vm up)
{
    aimci_lane_group c;
    c.up = up;
    c.state = aimci_cell_load(line, AIMCI_CELL_P, where);
    if (line->cell[AIMCI_CELL_REFERENCE])
        c.state = c.state + aimci_cell_load(line, AIMCI_CELL_REFERENCE, where);
    c.step = vf_select(up, aimci_cell_load(line, AIMCI_CELL_UP, where),
                       -aimci_cell_load(line, AIMCI_CELL_DOWN, where));
    c.hi = aimci_cell_load(line, AIMCI_CELL_MAX, where);
    c.lo = aimci_cell_load(line, AIMCI_CELL_MIN, where);
    return c;
}

/* Place of a state between the bounds of its cell: 1 / (b+ - b-), 0 for a cell without range. */
AIMCI_INLINE vf aimci_inverse_range(const aimci_lane_group *c)
{
    const vf range = c->hi - c->lo;
    return vf_select(range > 0.0f, 1.0f / range, vf_set(0.0f));
}

#endif
