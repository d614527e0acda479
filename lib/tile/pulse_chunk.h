/* SPDX-License-Identifier: MIT */
/* Up to 64 vectors as pulse trains, on their way to an array: what a back end pulses at a time. */
#ifndef AIMCI_PULSE_CHUNK_H
#define AIMCI_PULSE_CHUNK_H

#include "kernels/kernels.h"
#include "tile/array.h"

#define AIMCI_PULSE_CHUNK 64 /* vectors at most: one bit each */

/* How the counts of a cell follow from a vector. */
enum {
    AIMCI_COUNT_COINCIDENCES, /* slots in which both trains fire */
    AIMCI_COUNT_PRODUCT,      /* rounded product of two probabilities and the slots */
    AIMCI_COUNT_MEAN          /* the same of two mean counts */
};

typedef struct aimci_pulse_chunk {
    const aimci_kernels *kernels;
    int counting; /* AIMCI_COUNT_COINCIDENCES ... */
    bool uncounted;
    size_t n; /* vectors that wait */
    aimci_train in[AIMCI_PULSE_CHUNK], out[AIMCI_PULSE_CHUNK];
    uint32_t n_slots[AIMCI_PULSE_CHUNK]; /* of the whole train, which may come in segments */
    aimci_pulse_key key[AIMCI_PULSE_CHUNK];
    float *q_in, *q_out; /* probabilities or mean counts, where those are multiplied */
    size_t ld_in, ld_out;
    /* [n_in] each: bit b & 31 of fires[b / 32] says that vector b fires on this word line, and has
     * not been applied */
    uint32_t *fires[AIMCI_PULSE_CHUNK / 32];
    size_t n_rows;    /* counts of a word line at a time: several where updates may be merged */
    int32_t *counts;  /* n_rows and another one for each thread slot, ld_out each */
    uint64_t *pulses; /* up, down for each thread slot, 8 apart */
} aimci_pulse_chunk;

#endif
