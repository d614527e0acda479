/* SPDX-License-Identifier: MIT */
/* Compiler extensions outside the vector-type header live here. */
#ifndef AIMCI_COMPILER_H
#define AIMCI_COMPILER_H

#if defined(__GNUC__)
#define AIMCI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define AIMCI_PRINTF(text, first)
#endif

#endif
