/* SPDX-License-Identifier: MIT */
/* The only file that sees libxsmm (1.17; version 2 has another interface). */
#include "blas/backend.h"

#include <limits.h>

#include <libxsmm.h>

/* C (m x n) = A (m x k) B (k x n), column-major; NULL: none for these sizes. */
static aimci_xsmm_kernel dispatch(size_t m, size_t n, size_t k, size_t ld_a, size_t ld_b,
                                  size_t ld_c)
{
    if (ld_a > INT_MAX || ld_b > INT_MAX || ld_c > INT_MAX || n > INT_MAX)
        return NULL;
    const libxsmm_blasint a = (libxsmm_blasint)ld_a;
    const libxsmm_blasint b = (libxsmm_blasint)ld_b;
    const libxsmm_blasint c = (libxsmm_blasint)ld_c;
    const float alpha = 1;
    const float beta = 0; /* libxsmm's own default is 1 */
    const int flags = LIBXSMM_GEMM_FLAG_NONE;
    const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
    return libxsmm_smmdispatch((libxsmm_blasint)m, (libxsmm_blasint)n, (libxsmm_blasint)k, &a, &b,
                               &c, &alpha, &beta, &flags, &prefetch);
}

/* Kernels of so many rows; true as well where there are none. */
static bool prepare_rows(aimci_xsmm_kernel kernels[AIMCI_XSMM_SIZES], const aimci_gemm_shape *s,
                         size_t rows)
{
    for (size_t i = 0; rows > 0 && i < AIMCI_XSMM_SIZES; i++) {
        kernels[i] = dispatch(rows, (size_t)1 << i, s->n_cols, s->ld, s->ld_cols, s->ld_rows);
        if (kernels[i] == NULL)
            return false;
    }
    return true;
}

bool aimci_xsmm_prepare_forward(aimci_xsmm *xsmm, const aimci_gemm_shape *s)
{
    return prepare_rows(xsmm->forward, s, s->n_rows < AIMCI_XSMM_ROWS ? 0 : AIMCI_XSMM_ROWS) &&
           prepare_rows(xsmm->last, s, s->n_rows % AIMCI_XSMM_ROWS);
}

bool aimci_xsmm_prepare_backward(aimci_xsmm *xsmm, const aimci_gemm_shape *s)
{
    for (size_t n = AIMCI_XSMM_SAMPLES; n <= AIMCI_GEMM_MAX_BATCH; n += AIMCI_XSMM_SAMPLES) {
        const aimci_xsmm_kernel kernel = dispatch(n, s->n_cols, s->n_rows, n, s->ld, n);
        if (kernel == NULL)
            return false;
        xsmm->backward[n / AIMCI_XSMM_SAMPLES - 1] = kernel;
    }
    return true;
}

static void multiply_rows(const aimci_xsmm *xsmm, const aimci_gemm_shape *s, size_t i,
                          const float *w, const float *x, float *y)
{
    size_t row = 0;
    for (; row + AIMCI_XSMM_ROWS <= s->n_rows; row += AIMCI_XSMM_ROWS)
        xsmm->forward[i](w + row, x, y + row);
    if (row < s->n_rows)
        xsmm->last[i](w + row, x, y + row);
}

void aimci_xsmm_forward(const aimci_xsmm *xsmm, const aimci_gemm_shape *s, size_t n, const float *w,
                        const float *x, float *y)
{
    for (size_t i = AIMCI_XSMM_SIZES; i-- > 0;)
        if ((n & (size_t)1 << i) != 0) {
            multiply_rows(xsmm, s, i, w, x, y);
            x += s->ld_cols << i;
            y += s->ld_rows << i;
        }
}

void aimci_xsmm_backward(const aimci_xsmm *xsmm, const aimci_gemm_shape *s, size_t n,
                         const float *w, const float *d, float *z, float *scratch)
{
    float *const d_ = scratch, *const z_ = scratch + n * s->n_rows;
    const libxsmm_blasint samples = (libxsmm_blasint)n;
    const libxsmm_blasint rows = (libxsmm_blasint)s->n_rows, cols = (libxsmm_blasint)s->n_cols;
    libxsmm_otrans(d_, d, sizeof *d, rows, samples, (libxsmm_blasint)s->ld_rows, samples);
    xsmm->backward[n / AIMCI_XSMM_SAMPLES - 1](d_, w, z_);
    libxsmm_otrans(z, z_, sizeof *z, samples, cols, samples, (libxsmm_blasint)s->ld_cols);
}
