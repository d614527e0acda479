/* SPDX-License-Identifier: MIT */
#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "kernels/read_chain.h"

AIMCI_DECLARE_VARIANTS(aimci_kernels, table)

const aimci_kernels *aimci_kernels_get(uint32_t cpu)
{
    static const aimci_kernels *const variants[AIMCI_N_ISA] = AIMCI_LIST_VARIANTS(table);
    return variants[aimci_best_isa(cpu)];
}

AIMCI_DECLARE_VARIANTS(aimci_read_kernels, read_table)

const aimci_read_kernels *aimci_read_kernels_get(uint32_t cpu)
{
    static const aimci_read_kernels *const variants[AIMCI_N_ISA] = AIMCI_LIST_VARIANTS(read_table);
    return variants[aimci_best_isa(cpu)];
}

/* Byte k of entry m: how many set bits m has below bit k. */
#define BIT(m, k) ((uint64_t)((m) >> (k)&1))
#define SUM1(m)   BIT(m, 0)
#define SUM2(m)   (SUM1(m) + BIT(m, 1))
#define SUM3(m)   (SUM2(m) + BIT(m, 2))
#define SUM4(m)   (SUM3(m) + BIT(m, 3))
#define SUM5(m)   (SUM4(m) + BIT(m, 4))
#define SUM6(m)   (SUM5(m) + BIT(m, 5))
#define SUM7(m)   (SUM6(m) + BIT(m, 6))
#define ENTRY(m)                                                                                   \
    (SUM1(m) << 8 | SUM2(m) << 16 | SUM3(m) << 24 | SUM4(m) << 32 | SUM5(m) << 40 |                \
     SUM6(m) << 48 | SUM7(m) << 56)
#define ENTRY4(m)  ENTRY(m), ENTRY(m + 1), ENTRY(m + 2), ENTRY(m + 3)
#define ENTRY16(m) ENTRY4(m), ENTRY4(m + 4), ENTRY4(m + 8), ENTRY4(m + 12)
#define ENTRY64(m) ENTRY16(m), ENTRY16(m + 16), ENTRY16(m + 32), ENTRY16(m + 48)

extern const uint64_t aimci_expand_table[256];
const uint64_t aimci_expand_table[256] = {ENTRY64(0), ENTRY64(64), ENTRY64(128), ENTRY64(192)};
