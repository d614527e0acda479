/* SPDX-License-Identifier: MIT */
/* What a processor does to arrays of single devices: the one table between arrays and whatever
 * holds their cells and runs the laws. Every call is about an array, so that a processor of its own
 * may keep the cells and see no word line of the host; on a CPU each is a loop over word lines
 * (cpu_backend.c). */
#ifndef AIMCI_BACKEND_H
#define AIMCI_BACKEND_H

#include "tile/pulse_chunk.h"

/* The word lines first, first + 1, ... of an array, n of them, after the last the first. */
typedef struct aimci_word_line_range {
    size_t first, n;
} aimci_word_line_range;

typedef struct aimci_backend {
    /* device-to-device sampling; weights 0 (clipped), apparent ones alike */
    void (*sample)(aimci_array *array);
    void (*clip)(aimci_array *array);
    /* the apparent weights follow the persistent ones: exactly, or about them */
    void (*copy_apparent)(aimci_array *array);
    void (*redraw)(aimci_array *array, const aimci_key *key);
    /* way: AIMCI_RELAX_DECAY ... */
    void (*relax)(aimci_array *array, int way, float amount, const aimci_key *key,
                  aimci_word_line_range lines);
    /* all vectors of a chunk, in order, to the word lines that wait for them; to one of them, which
     * is looked at before the others. The bits are the same in any order of word lines. */
    void (*pulse)(aimci_array *array, aimci_pulse_chunk *chunk);
    void (*pulse_word_line)(aimci_array *array, aimci_pulse_chunk *chunk, size_t j);
} aimci_backend;

extern const aimci_backend aimci_cpu_backend;

#endif
