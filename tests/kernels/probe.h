/* SPDX-License-Identifier: MIT */
/* Lane types and laws as tests see them: compiled once per instruction set and for one lane
 * ("scalar", which the library does not have), so that all can be compared. */
#ifndef AIMCT_PROBE_H
#define AIMCT_PROBE_H

#include "device/word_line.h"
#include "kernels/dispatch.h"

/* One law (law_probe.c): n cells of a word line, each in direction up[i] (0 or 1). */
typedef struct aimct_law_probe {
    size_t law_size;
    int jumps;
    void (*step)(const void *law, const aimci_word_line *line, const int32_t *up, const float *xi,
                 float *next);
    /* of n[i] pulses; where the law has none, nothing */
    void (*jump)(const void *law, const aimci_word_line *line, const int32_t *up, const float *n,
                 const float *xi, float *next, float *reach);
} aimct_law_probe;

/* Functions of kernels/vec.h (vec_probe.c) on n numbers, a multiple of eight. */
enum { AIMCT_N_FUNCTIONS = 15 };
typedef struct aimct_vec_probe {
    void (*function)(int k, const float *x, const float *y, float *z, size_t n);
} aimct_vec_probe;

#define AIMCT_DECLARE_PROBES(type, name)                                                           \
    AIMCI_DECLARE_VARIANTS(type, name)                                                             \
    extern const type aimci_k_##name##_scalar;

#endif
