/* SPDX-License-Identifier: MIT */
/* Reading one line of an array through a read-out of its own: the line is a matrix of one column,
 * the others rest. */
#ifndef AIMCI_SLICE_READER_H
#define AIMCI_SLICE_READER_H

#include "periphery/periphery.h"

typedef struct aimci_slice_reader {
    aimc_context *ctx;
    aimci_periphery *periphery;
    aimci_gemm *gemm;
    size_t n;     /* elements of a slice */
    float *slice; /* to be filled before a read */
} aimci_slice_reader;

/* config: of kind "periphery". On failure destroy what there is. */
aimc_status aimci_slice_reader_init(aimci_slice_reader *reader, aimc_context *ctx, size_t n,
                                    const aimc_config *config, uint64_t seed);
void aimci_slice_reader_clear(aimci_slice_reader *reader);

/* z[n] = what a read of the slice gives for input 1. */
void aimci_slice_reader_read(aimci_slice_reader *reader, float *z, aimci_readout_counts *counts);

#endif
