/* SPDX-License-Identifier: MIT */
/* What the examples share: a check of every call, small random numbers, the digits. */
#ifndef AIMC_EXAMPLES_COMMON_H
#define AIMC_EXAMPLES_COMMON_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <aimc/aimc.h>

/* Every call of libaimc returns a status; the last error says in a sentence what went wrong. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if ((call) != AIMC_OK) {                                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, aimc_last_error());                 \
            exit(EXIT_FAILURE);                                                                    \
        }                                                                                          \
    } while (0)

/* Uniform in -1 ... 1; a fixed start, so that an example prints the same each time. */
static inline float random_input(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1.0f;
}

#endif
