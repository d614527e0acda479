/* SPDX-License-Identifier: MIT */
#include "tile/slice_reader.h"

static aimci_read_array array_of(const aimci_slice_reader *r)
{
    return (aimci_read_array){.gemm = r->gemm,
                              .n_rows = r->n,
                              .n_cols = 1,
                              .ld = aimci_leading_dimension(r->n),
                              .w = r->slice};
}

aimc_status aimci_slice_reader_init(aimci_slice_reader *r, aimc_context *ctx, size_t n,
                                    const aimc_config *config, uint64_t seed)
{
    const size_t ld = aimci_leading_dimension(n);
    r->ctx = ctx;
    r->n = n;
    r->slice = aimci_calloc(ctx, ld, sizeof *r->slice);
    if (!r->slice)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory to read slices of %zu", n);
    aimc_status st =
        aimci_gemm_create(ctx, n, 1, ld, ld, aimci_leading_dimension(1), false, &r->gemm);
    if (st)
        return st;
    const aimci_read_array shape = array_of(r);
    st = aimci_periphery_create(ctx, config, AIMCI_OP_FORWARD, seed, &shape, &r->periphery);
    if (!st && r->periphery->wires.model != AIMCI_WIRES_NONE)
        st = aimci_fail(AIMC_ERR_UNSUPPORTED,
                        "wires.model: a single line is read without its neighbours' wires; NONE is "
                        "needed");
    if (!st && !aimci_periphery_is_calibrated(r->periphery))
        st = aimci_fail(AIMC_ERR_UNSUPPORTED,
                        "out_range = CALIBRATED; nothing calibrates the ADCs that read single "
                        "lines: FIXED, MAX or GRANULAR");
    return st;
}

void aimci_slice_reader_clear(aimci_slice_reader *r)
{
    if (!r->ctx)
        return;
    aimci_periphery_destroy(r->periphery);
    aimci_gemm_destroy(r->gemm);
    aimci_free(r->ctx, r->slice);
}

void aimci_slice_reader_read(aimci_slice_reader *r, float *z, aimci_readout_counts *counts)
{
    const float one = 1.0f;
    const aimci_read_array array = array_of(r);
    /* without wires there is no network that could fail to settle */
    const uint64_t before = counts->passes;
    (void)aimci_periphery_read(r->periphery, &array, 1, &one, 1, z, r->n, counts, NULL);
    aimci_activity_count_word_line(r->slice, r->n, counts->passes - before, counts);
}
