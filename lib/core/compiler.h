/* SPDX-License-Identifier: MIT */
/* Compiler extensions outside the vector-type header live here. */
#ifndef AIMCI_COMPILER_H
#define AIMCI_COMPILER_H

#if defined(__GNUC__)
#define AIMCI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define AIMCI_LIKELY(x)           __builtin_expect(!!(x), 1)
#define AIMCI_UNLIKELY(x)         __builtin_expect(!!(x), 0)
#else
#define AIMCI_PRINTF(text, first)
#define AIMCI_LIKELY(x)   (x)
#define AIMCI_UNLIKELY(x) (x)
#endif

#endif
