/* SPDX-License-Identifier: MIT */
/* What kernels see of an array: the cell parameters of one word line.
 *
 * A cell parameter is one float for each cell, stored by word line: weights, bounds, steps,
 * whatever differs from cell to cell. The same numbers index the pointers of an array and of a word
 * line. */
#ifndef AIMCI_WORD_LINE_H
#define AIMCI_WORD_LINE_H

#include "kernels/vec.h"

#define AIMCI_MAX_OWN_PARAMETERS 4

enum {
    AIMCI_CELL_W, /* apparent weight: what a read sees */
    /* what pulses look at, from here to the reference */
    AIMCI_CELL_P,    /* persistent weight: what pulses change; the apparent one's memory, too, where
                        there is no write noise */
    AIMCI_CELL_MAX,  /* upper bound b+ */
    AIMCI_CELL_MIN,  /* lower bound b- */
    AIMCI_CELL_UP,   /* step S+ */
    AIMCI_CELL_DOWN, /* step S-, positive */
    AIMCI_CELL_OWN,  /* the model's own */
    AIMCI_CELL_REFERENCE = AIMCI_CELL_OWN + AIMCI_MAX_OWN_PARAMETERS,
    AIMCI_CELL_PULSED_END, /* physical state is weight + reference */
    /* what relaxation looks at; where there is none the scalars of aimci_relaxation hold */
    AIMCI_CELL_DECAY = AIMCI_CELL_PULSED_END, /* decay scale */
    AIMCI_CELL_DIFFUSION,                     /* diffusion rate */
    AIMCI_CELL_RESET,                         /* reset bias of the physical state */
    AIMCI_CELL_DRIFT_NU,                      /* drift exponent */
    AIMCI_CELL_DRIFT_ANCHOR,                  /* state of drift (relaxation.c) */
    AIMCI_CELL_DRIFT_LAST,
    AIMCI_CELL_DRIFT_AGE,
    AIMCI_CELL_PULSES, /* pulses so far, exact up to 2^24 */
    /* endurance (relaxation.c) */
    AIMCI_CELL_PULSES_REST, /* what rounding took off the pulses */
    AIMCI_CELL_ONSET,       /* pulses after which the bounds close */
    AIMCI_CELL_FRESH_MAX,   /* bounds of the fresh device */
    AIMCI_CELL_FRESH_MIN,
    AIMCI_N_CELL_PARAMETERS
};

/* All of them by number, and the two that everybody needs by name as well. NULL: the device has no
 * such parameter. */
#define AIMCI_CELL_POINTERS                                                                        \
    union {                                                                                        \
        AIMCI_GLOBAL float *cell[AIMCI_N_CELL_PARAMETERS];                                         \
        struct {                                                                                   \
            AIMCI_GLOBAL float *w, *p;                                                             \
        };                                                                                         \
    }

/* How several pulses of one update reach a cell: as one step where that has the same law, always
 * one after the other, or as one step also where the law differs a little (device/pulse.h); or
 * those of several updates as one step where that has the same law (device/pulse_merge.h). The
 * order of field multi_pulse of the kind "update". */
enum { AIMCI_MULTI_EXACT, AIMCI_MULTI_SEQUENCE, AIMCI_MULTI_CLOSE, AIMCI_MULTI_BATCH };

/* A word line: all cells that one input drives. Padded to n, a multiple of 8 lanes. */
typedef struct aimci_word_line {
    size_t n;
    AIMCI_CELL_POINTERS;
    int32_t multi_pulse; /* AIMCI_MULTI_EXACT ... */
} aimci_word_line;

#endif
