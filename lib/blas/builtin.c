/* SPDX-License-Identifier: MIT */
/* Products in plain C over the vector type, compiled once per instruction set.
 *
 * Every element of a result is one chain of sums in a fixed order: forward over the columns, one
 * after another; backward over the rows in eight lanes, added up as a tree; update over the
 * samples. Multiplication and addition round separately. Blocking for registers and caches changes
 * only which chains are worked on together, so the bits depend neither on the batch nor on the
 * machine. */
#include "blas/backend.h"

#include <string.h>

#include "kernels/vec.h"

#define PANEL_ROWS  ((size_t)2 * AIMCI_LANES)
#define PANEL_DEPTH 256 /* columns of a panel of 16 rows: 16 KiB, half of a small L1 cache */
#define EDGE_DEPTH  32
#define MAX_BLOCK   4 /* samples at once: with two vectors of rows, eight sums in registers */

/* ---- Y = W X, or Y += W X ------------------------------------------------------------------- */

/* Operands of a product: W is rows x depth, X is depth x n, Y is rows x n; all column-major. */
typedef struct {
    size_t rows, depth, n;
    const float *w, *x;
    float *y;
    size_t ld_w, ld_x, ld_y;
    bool add;
} product;

/* Sixteen rows of n columns of Y; n is a constant wherever this is inlined. */
AIMCI_INLINE void panel_n(const size_t n, const product *p, bool add)
{
    vf sum[MAX_BLOCK][2];
    for (size_t b = 0; b < n; b++) {
        const float *const y = p->y + b * p->ld_y;
        sum[b][0] = add ? vf_load(y) : vf_set(0);
        sum[b][1] = add ? vf_load(y + AIMCI_LANES) : vf_set(0);
    }
    for (size_t j = 0; j < p->depth; j++) {
        const vf w0 = vf_load(p->w + j * p->ld_w);
        const vf w1 = vf_load(p->w + j * p->ld_w + AIMCI_LANES);
        for (size_t b = 0; b < n; b++) {
            const vf x = vf_set(p->x[b * p->ld_x + j]);
            sum[b][0] += w0 * x;
            sum[b][1] += w1 * x;
        }
    }
    for (size_t b = 0; b < n; b++) {
        vf_store(p->y + b * p->ld_y, sum[b][0]);
        vf_store(p->y + b * p->ld_y + AIMCI_LANES, sum[b][1]);
    }
}

static void panel(const product *p)
{
    switch (p->n) {
    case 1:
        panel_n(1, p, p->add);
        break;
    case 2:
        panel_n(2, p, p->add);
        break;
    case 3:
        panel_n(3, p, p->add);
        break;
    default:
        panel_n(MAX_BLOCK, p, p->add);
    }
}

/* Fewer than sixteen rows: through copies that are padded to sixteen. */
static void panel_edge(const product *p)
{
    float w[EDGE_DEPTH * PANEL_ROWS] = {0};
    float y[MAX_BLOCK * PANEL_ROWS] = {0};
    const size_t bytes = p->rows * sizeof(float);
    for (size_t j = 0; j < p->depth; j++)
        memcpy(w + j * PANEL_ROWS, p->w + j * p->ld_w, bytes);
    for (size_t b = 0; b < p->n; b += MAX_BLOCK) {
        product q = *p;
        q.n = aimci_min_size(MAX_BLOCK, p->n - b);
        q.w = w;
        q.ld_w = PANEL_ROWS;
        q.x = p->x + b * p->ld_x;
        q.y = y;
        q.ld_y = PANEL_ROWS;
        for (size_t c = 0; c < q.n && p->add; c++)
            memcpy(y + c * PANEL_ROWS, p->y + (b + c) * p->ld_y, bytes);
        panel(&q);
        for (size_t c = 0; c < q.n; c++)
            memcpy(p->y + (b + c) * p->ld_y, y + c * PANEL_ROWS, bytes);
    }
}

/* The panels of sixteen rows over a range of columns that fits the cache. */
static void multiply_slice(const product *p)
{
    for (size_t i = 0; i + PANEL_ROWS <= p->rows; i += PANEL_ROWS)
        for (size_t b = 0; b < p->n; b += MAX_BLOCK) {
            product q = *p;
            q.n = aimci_min_size(MAX_BLOCK, p->n - b);
            q.w = p->w + i;
            q.x = p->x + b * p->ld_x;
            q.y = p->y + b * p->ld_y + i;
            panel(&q);
        }
}

static void multiply_edge_slice(const product *p)
{
    const size_t done = p->rows / PANEL_ROWS * PANEL_ROWS;
    product q = *p;
    q.rows = p->rows - done;
    q.w = p->w + done;
    q.y = p->y + done;
    panel_edge(&q);
}

/* Slices of columns, one after another, each adding to what is in Y. */
static void multiply_slices(const product *p, size_t max_depth, void (*slice)(const product *p))
{
    product q = *p;
    for (size_t j = 0; j < p->depth; j += max_depth) {
        q.depth = aimci_min_size(max_depth, p->depth - j);
        q.w = p->w + j * p->ld_w;
        q.x = p->x + j;
        slice(&q);
        q.add = true;
    }
}

static void multiply(const product *p)
{
    multiply_slices(p, PANEL_DEPTH, multiply_slice);
    if (p->rows % PANEL_ROWS != 0)
        multiply_slices(p, EDGE_DEPTH, multiply_edge_slice);
}

static void forward(const aimci_gemm_shape *s, size_t n, const float *w, const float *x, float *y)
{
    const product p = {.rows = s->n_rows,
                       .depth = s->n_cols,
                       .n = n,
                       .w = w,
                       .x = x,
                       .y = y,
                       .ld_w = s->ld,
                       .ld_x = s->ld_cols,
                       .ld_y = s->ld_rows};
    multiply(&p);
}

/* Four columns of W at a time are the Y of a product of D with a few scaled rows of X. */
static void update(const aimci_gemm_shape *s, size_t n, float alpha, float *w, const float *d,
                   const float *x)
{
    float scaled[MAX_BLOCK * AIMCI_GEMM_MAX_BATCH];
    product p = {.rows = s->n_rows,
                 .depth = n,
                 .w = d,
                 .x = scaled,
                 .ld_w = s->ld_rows,
                 .ld_x = AIMCI_GEMM_MAX_BATCH,
                 .ld_y = s->ld,
                 .add = true};
    for (size_t j = 0; j < s->n_cols; j += MAX_BLOCK) {
        p.n = aimci_min_size(MAX_BLOCK, s->n_cols - j);
        p.y = w + j * s->ld;
        for (size_t c = 0; c < p.n; c++)
            for (size_t b = 0; b < n; b++)
                scaled[c * AIMCI_GEMM_MAX_BATCH + b] = alpha * x[b * s->ld_cols + j + c];
        multiply(&p);
    }
}

/* ---- Z = W' D ------------------------------------------------------------------------------- */

/* Eight lanes and what is left of two columns after them. */
static float total(vf sum, size_t n, const float *a, const float *b)
{
    float s[AIMCI_LANES];
    vf_store(s, sum);
    for (size_t i = 0; i < n; i++)
        s[i] += a[i] * b[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* Scalar products of n_w columns of W with n_d columns of D; both are constants where this is
 * inlined. */
AIMCI_INLINE void dots(const size_t n_w, const size_t n_d, const aimci_gemm_shape *s,
                       const float *w, const float *d, float *z)
{
    vf sum[MAX_BLOCK][2];
    for (size_t j = 0; j < n_w; j++)
        for (size_t b = 0; b < n_d; b++)
            sum[j][b] = vf_set(0);
    const size_t whole = s->n_rows / AIMCI_LANES * AIMCI_LANES;
    for (size_t i = 0; i < whole; i += AIMCI_LANES)
        for (size_t j = 0; j < n_w; j++)
            for (size_t b = 0; b < n_d; b++)
                sum[j][b] += vf_load(w + j * s->ld + i) * vf_load(d + b * s->ld_rows + i);
    for (size_t j = 0; j < n_w; j++)
        for (size_t b = 0; b < n_d; b++)
            z[b * s->ld_cols + j] = total(sum[j][b], s->n_rows - whole, w + j * s->ld + whole,
                                          d + b * s->ld_rows + whole);
}

static void backward(const aimci_gemm_shape *s, size_t n, const float *w, const float *d, float *z)
{
    const size_t even = n / 2 * 2;
    size_t j = 0;
    for (; j + MAX_BLOCK <= s->n_cols; j += MAX_BLOCK) {
        for (size_t b = 0; b < even; b += 2)
            dots(MAX_BLOCK, 2, s, w + j * s->ld, d + b * s->ld_rows, z + b * s->ld_cols + j);
        if (even < n)
            dots(MAX_BLOCK, 1, s, w + j * s->ld, d + even * s->ld_rows, z + even * s->ld_cols + j);
    }
    for (; j < s->n_cols; j++)
        for (size_t b = 0; b < n; b++)
            dots(1, 1, s, w + j * s->ld, d + b * s->ld_rows, z + b * s->ld_cols + j);
}

const aimci_gemm_builtin AIMCI_K(gemm) = {
    .forward = forward, .backward = backward, .update = update};
