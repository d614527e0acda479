/* SPDX-License-Identifier: MIT */
/* A matrix in floating point. */
#include "analog/matrix.h"

void aimci_digital_destroy(aimci_digital *m)
{
    if (!m)
        return;
    aimci_gemm_destroy(m->gemm);
    aimci_free(m->ctx, m->w);
    aimci_free(m->ctx, m->gradient);
    aimci_free(m->ctx, m->scratch);
    aimci_free(m->ctx, m);
}

aimc_status aimci_digital_create(aimc_context *ctx, size_t n_out, size_t n_in, size_t ld_out,
                                 size_t ld_in, aimci_digital **out)
{
    const size_t ld = aimci_leading_dimension(n_out);
    const bool deterministic = aimci_context_flags(ctx) & AIMC_FLAG_DETERMINISTIC;
    aimci_digital *m = aimci_calloc(ctx, 1, sizeof *m);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    *m = (aimci_digital){.ctx = ctx,
                         .n_out = n_out,
                         .n_in = n_in,
                         .ld_out = ld_out,
                         .ld_in = ld_in,
                         .n_floats = ld * n_in};
    aimc_status st =
        aimci_gemm_create(ctx, n_out, n_in, ld, ld_out, ld_in, deterministic, &m->gemm);
    if (!st) {
        m->scratch_size = aimci_gemm_scratch(m->gemm) + 16;
        m->w = aimci_calloc(ctx, m->n_floats, sizeof *m->w);
        m->gradient = aimci_calloc(ctx, m->n_floats, sizeof *m->gradient);
        m->scratch =
            aimci_calloc(ctx, aimci_context_slots(ctx) * m->scratch_size, sizeof *m->scratch);
        if (!m->w || !m->gradient || !m->scratch)
            st = aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    }
    if (st) {
        aimci_digital_destroy(m);
        return st;
    }
    *out = m;
    return AIMC_OK;
}

/* Products go in chunks, which do not depend on the number of threads. */
typedef struct product_job {
    const aimci_digital *m;
    size_t n;
    const float *from;
    float *to;
    bool forward;
} product_job;

static void product_chunk(void *arg, size_t slot, size_t chunk)
{
    const product_job *job = arg;
    const aimci_digital *m = job->m;
    const size_t ld_in = m->ld_in, ld_out = m->ld_out;
    const size_t first = chunk * AIMCI_GEMM_MAX_BATCH;
    const size_t n = aimci_min_size(AIMCI_GEMM_MAX_BATCH, job->n - first);
    if (job->forward)
        aimci_gemm_forward(m->gemm, n, m->w, job->from + first * ld_in, job->to + first * ld_out);
    else
        aimci_gemm_backward(m->gemm, n, m->w, job->from + first * ld_out, job->to + first * ld_in,
                            m->scratch + slot * m->scratch_size);
}

static void product(const aimci_digital *m, size_t n, const float *from, float *to, bool forward)
{
    product_job job = {m, n, from, to, forward};
    aimci_parallel(m->ctx, (n + AIMCI_GEMM_MAX_BATCH - 1) / AIMCI_GEMM_MAX_BATCH, product_chunk,
                   &job);
}

void aimci_digital_forward(const aimci_digital *m, size_t n, const float *x, float *y)
{
    product(m, n, x, y, true);
}

void aimci_digital_backward(const aimci_digital *m, size_t n, const float *d, float *z)
{
    product(m, n, d, z, false);
}

void aimci_digital_accumulate(aimci_digital *m, size_t n, const float *x, const float *d)
{
    for (size_t s = 0; s < n; s += AIMCI_GEMM_MAX_BATCH)
        aimci_gemm_update(m->gemm, aimci_min_size(AIMCI_GEMM_MAX_BATCH, n - s), 1, m->gradient,
                          d + s * m->ld_out, x + s * m->ld_in);
}

void aimci_digital_get_gradient(const aimci_digital *m, float *g)
{
    const size_t ld = aimci_leading_dimension(m->n_out);
    for (size_t i = 0; i < m->n_out; i++)
        for (size_t j = 0; j < m->n_in; j++)
            g[i * m->n_in + j] = m->gradient[j * ld + i];
}
