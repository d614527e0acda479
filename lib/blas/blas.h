/* SPDX-License-Identifier: MIT */
/* The only place that knows BLIS and libxsmm. Column-major float32 products with alpha = 1. */
#ifndef AIMCI_BLAS_H
#define AIMCI_BLAS_H

#include "core/core.h"

/* A matrix of n_rows x n_cols, column-major, leading dimension ld >= n_rows: a tile holds W with
 * n_rows = outputs, so that forward is a product without transposition. A plan is made once per
 * matrix shape, and holds no data. */
typedef struct aimci_gemm aimci_gemm;

/* The plan chooses back ends (and libxsmm kernels) for the shape; ld is that of the matrix, ld_rows
 * and ld_cols those of packed vectors over its rows and columns. deterministic: one vector's result
 * never depends on the batch it is in. */
aimc_status aimci_gemm_create(aimc_context *ctx, size_t n_rows, size_t n_cols, size_t ld,
                              size_t ld_rows, size_t ld_cols, bool deterministic, aimci_gemm **out);
void aimci_gemm_destroy(aimci_gemm *gemm);

/* Batches above this are cut by the caller; workspaces of a plan are sized for it. */
#define AIMCI_GEMM_MAX_BATCH 64

/* y[b] = W x[b] (rows from cols): b < n <= AIMCI_GEMM_MAX_BATCH; x stride ld_cols, y stride
 * ld_rows. */
void aimci_gemm_forward(const aimci_gemm *gemm, size_t n, const float *w, const float *x, float *y);

/* z[b] = W' d[b] (cols from rows): d stride ld_rows, z stride ld_cols. scratch: see below. */
void aimci_gemm_backward(const aimci_gemm *gemm, size_t n, const float *w, const float *d, float *z,
                         float *scratch);

/* Floats of scratch that one backward call needs; 0: NULL will do. */
size_t aimci_gemm_scratch(const aimci_gemm *gemm);

/* W += alpha * sum_b d[b] x[b]' : exact rank-n update of ideal devices and digital layers. */
void aimci_gemm_update(const aimci_gemm *gemm, size_t n, float alpha, float *w, const float *d,
                       const float *x);

#endif
