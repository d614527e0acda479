/* SPDX-License-Identifier: MIT */
/* What reads did: events, and the activity of their inputs for the energy of the array. */
#ifndef AIMCI_ACTIVITY_H
#define AIMCI_ACTIVITY_H

#include "core/core.h"

struct aimci_periphery;
struct aimci_read_array;

/* Sums in units of 1 / AIMC_ACTIVITY_ONE. */
typedef struct aimci_activity {
    uint64_t reads;                  /* that were looked at */
    uint64_t inputs;                 /* other than 0 */
    uint64_t cells, cells_squared;   /* sum_j |x_j| and x_j^2, times the cells of a word line */
    uint64_t weight, weight_squared; /* the same, times the conductance of the word line */
} aimci_activity;

typedef struct aimci_readout_counts {
    uint64_t passes;  /* reads of the array */
    uint64_t inputs;  /* vectors through the DACs */
    uint64_t outputs; /* vectors through the ADCs */
    uint64_t clipped;
    aimci_activity activity;
} aimci_readout_counts;

/* Conductances of whole word lines, all cells of one input together. */
typedef struct aimci_word_lines {
    double *sums;     /* [n_in]; NULL: activity is not counted */
    uint64_t version; /* of the weights that they belong to; 0: none */
} aimci_word_lines;

/* Count it from now on, or no longer. */
aimc_status aimci_activity_enable(struct aimci_periphery *periphery, bool on);
/* Bring the sums of word lines up to date with the conductances. */
void aimci_activity_refresh(struct aimci_periphery *periphery,
                            const struct aimci_read_array *array);
/* n reads with inputs z as the array sees them; full: that of a line which is driven fully. */
void aimci_activity_count(const struct aimci_periphery *periphery, size_t n, const float *z,
                          double full, aimci_readout_counts *counts);
/* Reads of a single word line of n cells with input 1. */
void aimci_activity_count_word_line(const float *g, size_t n, uint64_t reads,
                                    aimci_readout_counts *counts);
void aimci_activity_add(aimci_activity *sum, const aimci_activity *other);

#endif
