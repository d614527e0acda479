/* SPDX-License-Identifier: MIT */
/* Which variant of each kernel runs. Each file of isa_sources (lib/meson.build) is compiled once
 * per instruction set with AIMCI_ISA set to its name; AIMCI_K(name) is the name of this variant's
 * symbol. */
#ifndef AIMCI_DISPATCH_H
#define AIMCI_DISPATCH_H

#include "aimci_config.h"
#include "core/core.h"

enum { AIMCI_ISA_C, AIMCI_ISA_AVX2, AIMCI_ISA_AVX512, AIMCI_ISA_NEON, AIMCI_N_ISA };

#define AIMCI_PASTE2(a, b) aimci_k_##a##_##b
#define AIMCI_PASTE(a, b)  AIMCI_PASTE2(a, b)
#define AIMCI_K(name)      AIMCI_PASTE(name, AIMCI_ISA)

/* Declares the variants of a constant table of kernels, and lists them for a [AIMCI_N_ISA]
 * array. */
#if AIMCI_HAVE_AVX2
#define AIMCI_VARIANT_AVX2(name)       [AIMCI_ISA_AVX2] = &aimci_k_##name##_avx2,
#define AIMCI_DECLARE_AVX2(type, name) extern const type aimci_k_##name##_avx2;
#else
#define AIMCI_VARIANT_AVX2(name)
#define AIMCI_DECLARE_AVX2(type, name)
#endif
#if AIMCI_HAVE_AVX512
#define AIMCI_VARIANT_AVX512(name)       [AIMCI_ISA_AVX512] = &aimci_k_##name##_avx512,
#define AIMCI_DECLARE_AVX512(type, name) extern const type aimci_k_##name##_avx512;
#else
#define AIMCI_VARIANT_AVX512(name)
#define AIMCI_DECLARE_AVX512(type, name)
#endif
#if AIMCI_HAVE_NEON
#define AIMCI_VARIANT_NEON(name)       [AIMCI_ISA_NEON] = &aimci_k_##name##_neon,
#define AIMCI_DECLARE_NEON(type, name) extern const type aimci_k_##name##_neon;
#else
#define AIMCI_VARIANT_NEON(name)
#define AIMCI_DECLARE_NEON(type, name)
#endif
#define AIMCI_DECLARE_VARIANTS(type, name)                                                         \
    extern const type aimci_k_##name##_c;                                                          \
    AIMCI_DECLARE_AVX2(type, name)                                                                 \
    AIMCI_DECLARE_AVX512(type, name)                                                               \
    AIMCI_DECLARE_NEON(type, name)
#define AIMCI_LIST_VARIANTS(name)                                                                  \
    {                                                                                              \
        [AIMCI_ISA_C] = &aimci_k_##name##_c,                                                       \
        AIMCI_VARIANT_AVX2(name) AIMCI_VARIANT_AVX512(name) AIMCI_VARIANT_NEON(name)               \
    }

/* The best instruction set among cpu (aimc_cpu bits), as an index of such an array. */
static inline int aimci_best_isa(uint32_t cpu)
{
    if (cpu & AIMC_CPU_AVX512)
        return AIMCI_ISA_AVX512;
    if (cpu & AIMC_CPU_AVX2)
        return AIMCI_ISA_AVX2;
    return cpu & AIMC_CPU_NEON ? AIMCI_ISA_NEON : AIMCI_ISA_C;
}

struct aimci_kernels;
/* The table of kernels/kernels.h for these instruction sets. */
const struct aimci_kernels *aimci_kernels_get(uint32_t cpu);

#endif
