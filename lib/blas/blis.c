/* SPDX-License-Identifier: MIT */
/* The only file that sees BLIS. Its typed interface aborts on shapes it does not like, so blas.c
 * checks them when a plan is made; its expert form takes the number of threads per call, whatever
 * the environment says. */
#include "blas/backend.h"

#include <blis.h>

/* Element (i, j) is at p[i * row + j * column]; transposed: the strides swapped. */
typedef struct {
    const float *p;
    size_t row;
    size_t column;
} matrix;

/* C (m x n, column-major) = alpha A B + beta C */
static void gemm(size_t m, size_t n, size_t k, float alpha, matrix a, matrix b, float beta,
                 float *c, size_t ld_c)
{
    rntm_t serial = BLIS_RNTM_INITIALIZER;
    bli_rntm_set_num_threads(1, &serial);
    /* BLIS has no const in its interface; a and b are only read. */
    union {
        const float *in;
        float *out;
    } a_ = {.in = a.p}, b_ = {.in = b.p};
    bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, (dim_t)m, (dim_t)n, (dim_t)k, &alpha, a_.out,
                 (inc_t)a.row, (inc_t)a.column, b_.out, (inc_t)b.row, (inc_t)b.column, &beta, c, 1,
                 (inc_t)ld_c, NULL, &serial);
}

/* y = A x. As a product of matrices with one column BLIS packs A first, which takes two to three
 * times as long. */
static void gemv(size_t m, size_t k, matrix a, const float *x, float *y)
{
    rntm_t serial = BLIS_RNTM_INITIALIZER;
    bli_rntm_set_num_threads(1, &serial);
    union {
        const float *in;
        float *out;
    } a_ = {.in = a.p}, x_ = {.in = x};
    float one = 1, zero = 0;
    bli_sgemv_ex(BLIS_NO_TRANSPOSE, BLIS_NO_CONJUGATE, (dim_t)m, (dim_t)k, &one, a_.out,
                 (inc_t)a.row, (inc_t)a.column, x_.out, 1, &zero, y, 1, NULL, &serial);
}

void aimci_blis_forward(const aimci_gemm_shape *s, size_t n, const float *w, const float *x,
                        float *y)
{
    if (n == 1)
        gemv(s->n_rows, s->n_cols, (matrix){w, 1, s->ld}, x, y);
    else
        gemm(s->n_rows, n, s->n_cols, 1, (matrix){w, 1, s->ld}, (matrix){x, 1, s->ld_cols}, 0, y,
             s->ld_rows);
}

void aimci_blis_backward(const aimci_gemm_shape *s, size_t n, const float *w, const float *d,
                         float *z)
{
    if (n == 1)
        gemv(s->n_cols, s->n_rows, (matrix){w, s->ld, 1}, d, z);
    else
        gemm(s->n_cols, n, s->n_rows, 1, (matrix){w, s->ld, 1}, (matrix){d, 1, s->ld_rows}, 0, z,
             s->ld_cols);
}

void aimci_blis_update(const aimci_gemm_shape *s, size_t n, float alpha, float *w, const float *d,
                       const float *x)
{
    gemm(s->n_rows, s->n_cols, n, alpha, (matrix){d, 1, s->ld_rows}, (matrix){x, s->ld_cols, 1}, 1,
         w, s->ld);
}
