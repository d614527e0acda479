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
