/* SPDX-License-Identifier: MIT */
/* Which instruction sets this build and this machine have, and which of them a context may use. */
#ifndef AIMCI_CPU_H
#define AIMCI_CPU_H

#include "core/core.h"

/* AIMC_CPU_* bits that are compiled in and that the processor and the system support. */
uint32_t aimci_cpu_detect(void);

/* Choose from what is detected: mask as in aimc_context_params (0: the best but AVX-512), lowered
 * by the environment variable AIMC_CPU. AVX-512 needs to be named in one of them. */
aimc_status aimci_cpu_select(uint32_t mask, uint32_t *out);

/* The sets that mask and AIMC_CPU ask for when this machine has none of them, else 0. */
uint32_t aimci_cpu_lacking(uint32_t mask);

/* Name of the best set among the bits, for example "avx2". */
const char *aimci_cpu_name(uint32_t cpu);

#endif
