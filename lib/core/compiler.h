/* SPDX-License-Identifier: MIT */
/* Compiler extensions outside the vector-type header live here. */
#ifndef AIMCI_COMPILER_H
#define AIMCI_COMPILER_H

#include <stdint.h>

#if defined(__MINGW32__) && !defined(__clang__)
#define AIMCI_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#elif defined(__GNUC__)
#define AIMCI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define AIMCI_PRINTF(text, first)
#endif

/* Number of the lowest bit that is set; bits != 0. */
static inline unsigned aimci_lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned n = 0;
    while (!(bits >> n & 1))
        n++;
    return n;
#endif
}

#endif
