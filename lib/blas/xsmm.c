/* SPDX-License-Identifier: MIT */
/* The only file that sees libxsmm (1.17; version 2 has another interface). */
#include "blas/backend.h"

#include <limits.h>

#include <libxsmm.h>

bool aimci_xsmm_prepare(aimci_xsmm *xsmm, const aimci_gemm_shape *s)
{
    if (s->ld > INT_MAX || s->ld_rows > INT_MAX || s->ld_cols > INT_MAX)
        return false;
    const libxsmm_blasint ld_w = (libxsmm_blasint)s->ld;
    const libxsmm_blasint ld_x = (libxsmm_blasint)s->ld_cols;
    const libxsmm_blasint ld_y = (libxsmm_blasint)s->ld_rows;
    const float alpha = 1;
    const float beta = 0; /* libxsmm's own default is 1 */
    const int flags = LIBXSMM_GEMM_FLAG_NONE;
    const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
    for (size_t i = 0; i < AIMCI_XSMM_SIZES; i++) {
        xsmm->forward[i] =
            libxsmm_smmdispatch((libxsmm_blasint)s->n_rows, 1 << i, (libxsmm_blasint)s->n_cols,
                                &ld_w, &ld_x, &ld_y, &alpha, &beta, &flags, &prefetch);
        if (xsmm->forward[i] == NULL)
            return false;
    }
    return true;
}

void aimci_xsmm_forward(const aimci_xsmm *xsmm, const aimci_gemm_shape *s, size_t n, const float *w,
                        const float *x, float *y)
{
    for (size_t i = AIMCI_XSMM_SIZES; i-- > 0;)
        if ((n & (size_t)1 << i) != 0) {
            xsmm->forward[i](w, x, y);
            x += s->ld_cols << i;
            y += s->ld_rows << i;
        }
}
