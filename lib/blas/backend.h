/* SPDX-License-Identifier: MIT */
/* Private to lib/blas: what blas.c asks of the back ends. */
#ifndef AIMCI_BACKEND_H
#define AIMCI_BACKEND_H

#include "blas/blas.h"
#include "kernels/dispatch.h"

/* As in aimci_gemm_create(). */
typedef struct aimci_gemm_shape {
    size_t n_rows;
    size_t n_cols;
    size_t ld;
    size_t ld_rows;
    size_t ld_cols;
} aimci_gemm_shape;

/* ---- built in: always there, and for the deterministic mode --------------------------------- */

/* Each element of a result is computed by the same operations in the same order, whatever the batch
 * and the instruction set: these products have the same bits everywhere. */
typedef struct aimci_gemm_builtin {
    void (*forward)(const aimci_gemm_shape *s, size_t n, const float *w, const float *x, float *y);
    void (*backward)(const aimci_gemm_shape *s, size_t n, const float *w, const float *d, float *z);
    void (*update)(const aimci_gemm_shape *s, size_t n, float alpha, float *w, const float *d,
                   const float *x);
} aimci_gemm_builtin;

AIMCI_DECLARE_VARIANTS(aimci_gemm_builtin, gemm)

/* ---- BLIS: no dimension and no n may be 0 --------------------------------------------------- */

void aimci_blis_forward(const aimci_gemm_shape *s, size_t n, const float *w, const float *x,
                        float *y);
void aimci_blis_backward(const aimci_gemm_shape *s, size_t n, const float *w, const float *d,
                         float *z);
void aimci_blis_update(const aimci_gemm_shape *s, size_t n, float alpha, float *w, const float *d,
                       const float *x);

/* ---- libxsmm: code generated for one shape -------------------------------------------------- */

/* Forward: batches of 1, 2, 4, ... 64; any other is a sum of those. So many rows at a time, which
 * stay in the first cache while the samples go by; no sum is cut, so that bits do not depend on it.
 * Backward: batches of 16, 32, 48, 64, whose transposes are multiplied, Z' = D' W. */
#define AIMCI_XSMM_SIZES   7
#define AIMCI_XSMM_ROWS    32
#define AIMCI_XSMM_SAMPLES 16

typedef void (*aimci_xsmm_kernel)(const float *a, const float *b, float *c, ...);

typedef struct aimci_xsmm {
    aimci_xsmm_kernel forward[AIMCI_XSMM_SIZES];
    aimci_xsmm_kernel last[AIMCI_XSMM_SIZES]; /* of the rows that are left */
    aimci_xsmm_kernel backward[AIMCI_GEMM_MAX_BATCH / AIMCI_XSMM_SAMPLES];
} aimci_xsmm;

/* False when libxsmm cannot: another processor, or a system without writable code. */
bool aimci_xsmm_prepare_forward(aimci_xsmm *xsmm, const aimci_gemm_shape *s);
bool aimci_xsmm_prepare_backward(aimci_xsmm *xsmm, const aimci_gemm_shape *s);

void aimci_xsmm_forward(const aimci_xsmm *xsmm, const aimci_gemm_shape *s, size_t n, const float *w,
                        const float *x, float *y);
/* n: a multiple of 16. scratch: n (n_rows + n_cols) floats */
void aimci_xsmm_backward(const aimci_xsmm *xsmm, const aimci_gemm_shape *s, size_t n,
                         const float *w, const float *d, float *z, float *scratch);

#endif
