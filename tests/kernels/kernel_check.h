/* SPDX-License-Identifier: MIT */
/* What both kernel checkers need: guarded arrays, awkward numbers, sizes, instruction sets. */
#ifndef AIMCT_KERNEL_CHECK_H
#define AIMCT_KERNEL_CHECK_H

#include <stdbool.h>

#include "test_util.h"

enum { MAX = 1040, CANARY = 16 };

static const uint32_t isas[] = {AIMC_CPU_AVX2, AIMC_CPU_AVX512, AIMC_CPU_NEON};

typedef struct guarded {
    float all[MAX + 2 * CANARY + 8];
} guarded;

static inline float *guard(guarded *g, size_t offset)
{
    for (size_t i = 0; i < sizeof g->all / sizeof g->all[0]; i++)
        g->all[i] = 12345.0f;
    return g->all + CANARY + offset;
}

static inline void check_guard(const guarded *g, size_t offset, size_t n)
{
    size_t bad = SIZE_MAX; /* one assertion for all: they are slow */
    for (size_t i = 0; i < sizeof g->all / sizeof g->all[0]; i++)
        if ((i < CANARY + offset || i >= CANARY + offset + n) && g->all[i] != 12345.0f)
            bad = i;
    ck_assert_msg(bad == SIZE_MAX, "wrote outside at %zu of %zu", bad, n);
}

static const size_t sizes[] = {0,   1,   2,   3,   4,   5,   6,   7,    8,   9,   10,
                               11,  12,  13,  14,  15,  16,  17,  23,   24,  25,  31,
                               32,  33,  40,  63,  64,  65,  66,  67,   127, 128, 129,
                               255, 256, 257, 511, 512, 513, 784, 1023, 1024};

/* Ordinary numbers with the awkward ones sprinkled in. */
static inline void special(float *x, size_t n, uint64_t seed, bool finite)
{
    static const float odd[] = {0.0f,  -0.0f,    1e-40f,    -1e-40f, 0.5f,   -0.5f,
                                1.0f,  -1.0f,    1.17e-38f, 3e38f,   -3e38f, 2.5f,
                                -3.5f, INFINITY, -INFINITY, NAN};
    const uint64_t n_odd = finite ? 13 : 16;
    for (size_t i = 0; i < n; i++) {
        const uint64_t r = aimct_next(&seed);
        x[i] = r % 5 == 0 ? odd[(r >> 8) % n_odd] : aimct_uniform(&seed) * 3.0f;
    }
}

#endif
