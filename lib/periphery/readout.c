/* SPDX-License-Identifier: MIT */
/* One analog product, in the order that docs/models/periphery.md describes:
 *
 *     z = x / (alpha R) -> DAC -> array -> noise -> ADC -> y alpha R
 *
 * alpha comes from noise management, R from bound management: vectors whose output hit the bound
 * are read again with twice the R. Each vector has its own alpha, R and random stream, so that
 * nothing depends on the batch it came in. */
#include <string.h>

#include "blas/blas.h"
#include "periphery/periphery.h"

_Static_assert(AIMCI_READOUT_BATCH <= AIMCI_GEMM_MAX_BATCH, "a chunk is one product");

typedef struct read_job {
    aimci_periphery *p;
    size_t n;
    const float *x;
    size_t ld_x;
    float *y;
    size_t ld_y;
    aimci_product_fn product;
    const void *arg;
} read_job;

/* State of the vectors of one chunk. */
typedef struct chunk_state {
    size_t n_active;
    size_t active[AIMCI_READOUT_BATCH]; /* vectors still to be read, ascending */
    float alpha[AIMCI_READOUT_BATCH];
    float reduction[AIMCI_READOUT_BATCH];
} chunk_state;

/* ---- noise management ----------------------------------------------------------------------- */

static float signed_max(const float *x, size_t n)
{
    float m = x[0];
    for (size_t i = 1; i < n; i++)
        m = x[i] > m ? x[i] : m;
    return m;
}

/* Scale at which even weights all at the assumed maximum do not clip, but not below the DAC's
 * useful range. */
static float np_sum(const aimci_periphery *p, const float *x, float absmax)
{
    double positive = 0, negative = 0;
    for (size_t i = 0; i < p->n_in; i++)
        *(x[i] > 0 ? &positive : &negative) += (double)x[i];
    const double larger = positive > -negative ? positive : -negative;
    double wanted =
        p->params.out_bound > 0 ? larger * p->params.nm_assumed_wmax / p->params.out_bound : 0;
    if (p->in_step > 0) {
        const double limit = (double)absmax * p->params.max_bm_res / (double)p->in_step;
        wanted = wanted < limit ? wanted : limit;
    }
    return wanted > (double)absmax ? (float)wanted : absmax;
}

static float choose_alpha(aimci_periphery *p, const float *x)
{
    const float limit = (float)p->params.nm_thres;
    float alpha = 1.0f;
    switch (p->params.noise_management) {
    case AIMCI_NM_NONE:
        return 1.0f;
    case AIMCI_NM_CONSTANT:
        return limit > 0 ? limit : 1.0f;
    case AIMCI_NM_MAX:
        alpha = signed_max(x, p->n_in);
        break;
    case AIMCI_NM_ABS_MAX_NP_SUM:
        alpha = np_sum(p, x, p->kernels->absmax(x, p->n_in));
        break;
    case AIMCI_NM_AVERAGE_ABS_MAX:
        alpha = p->kernels->absmax(x, p->n_in);
        if (p->average > 0)
            alpha = p->average + (float)p->params.nm_decay * (alpha - p->average);
        p->average = alpha;
        break;
    default:
        alpha = p->kernels->absmax(x, p->n_in);
        break;
    }
    return limit > 0 && alpha > limit ? limit : alpha;
}

/* ---- one chunk ------------------------------------------------------------------------------ */

static void open_chunk(const read_job *job, size_t first, size_t n, chunk_state *s)
{
    aimci_periphery *p = job->p;
    s->n_active = 0;
    for (size_t b = 0; b < n; b++) {
        const size_t v = first + b;
        s->alpha[b] = choose_alpha(p, job->x + v * job->ld_x);
        s->reduction[b] = 1.0f;
        if (s->alpha[b] <= 0.0f && p->params.inp_noise <= 0)
            memset(job->y + v * job->ld_y, 0, p->n_out * sizeof *job->y);
        else
            s->active[s->n_active++] = b;
        if (s->alpha[b] <= 0.0f)
            s->alpha[b] = 1.0f;
    }
}

static bool may_reduce(const aimci_periphery *p, float reduction)
{
    const double r = (double)reduction;
    if (!p->iterate || r > p->params.max_bm_factor)
        return false;
    return !(p->in_step > 0 && r > p->params.max_bm_res / (double)p->in_step);
}

/* Output of one vector: true when it must be read again. */
static bool convert_output(const read_job *job, size_t v, size_t pass, float scale, bool may_repeat,
                           float *out, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    aimci_adc adc = p->adc;
    adc.key = aimci_random_key(p->seed, p->op, (uint32_t)(2 * pass + 1), p->n_vectors + v);
    adc.gain = (float)p->params.out_scale * scale;
    const size_t clipped = p->kernels->adc(&adc, out, p->n_out);
    if (clipped && may_repeat)
        return true;
    counts->clipped += clipped;
    memcpy(job->y + v * job->ld_y, out, p->n_out * sizeof *out);
    return false;
}

static void next_reduction(const read_job *job, size_t v, size_t pass, chunk_state *s, size_t b)
{
    const aimci_periphery *p = job->p;
    if (pass == 0 && p->params.bound_management == AIMCI_BM_ITERATIVE_WORST_CASE) {
        const float *x = job->x + v * job->ld_x;
        s->alpha[b] = np_sum(p, x, p->kernels->absmax(x, p->n_in));
    } else {
        s->reduction[b] *= 2.0f;
    }
}

/* Read all active vectors once; those that clipped stay active. */
static void one_pass(const read_job *job, size_t first, size_t pass, chunk_state *s, float *z,
                     float *out, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    for (size_t k = 0; k < s->n_active; k++) {
        const size_t b = s->active[k], v = first + b;
        aimci_dac dac = p->dac;
        dac.key = aimci_random_key(p->seed, p->op, (uint32_t)(2 * pass), p->n_vectors + v);
        dac.scale = 1.0f / (s->alpha[b] * s->reduction[b]);
        p->kernels->dac(&dac, job->x + v * job->ld_x, z + k * p->ld_in, p->n_in);
    }
    job->product(job->arg, s->n_active, z, out, out + AIMCI_READOUT_BATCH * p->ld_out);
    counts->passes += s->n_active;
    size_t again = 0;
    for (size_t k = 0; k < s->n_active; k++) {
        const size_t b = s->active[k], v = first + b;
        if (convert_output(job, v, pass, s->alpha[b] * s->reduction[b],
                           may_reduce(p, s->reduction[b]), out + k * p->ld_out, counts)) {
            next_reduction(job, v, pass, s, b);
            s->active[again++] = b;
        }
    }
    s->n_active = again;
}

static void read_perfect(const read_job *job, size_t first, size_t n, float *z, float *out,
                         aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    for (size_t b = 0; b < n; b++)
        memcpy(z + b * p->ld_in, job->x + (first + b) * job->ld_x, p->n_in * sizeof *z);
    job->product(job->arg, n, z, out, out + AIMCI_READOUT_BATCH * p->ld_out);
    for (size_t b = 0; b < n; b++)
        memcpy(job->y + (first + b) * job->ld_y, out + b * p->ld_out, p->n_out * sizeof *out);
    counts->passes += n;
}

static void read_chunk(void *arg, size_t slot, size_t chunk)
{
    const read_job *job = arg;
    aimci_periphery *p = job->p;
    const size_t first = chunk * AIMCI_READOUT_BATCH;
    const size_t n = aimci_min_size(AIMCI_READOUT_BATCH, job->n - first);
    float *z = p->scratch + slot * p->slot_floats;
    float *out = z + AIMCI_READOUT_BATCH * p->ld_in;
    if (p->params.is_perfect) {
        read_perfect(job, first, n, z, out, &p->counts[slot]);
        return;
    }
    chunk_state s;
    open_chunk(job, first, n, &s);
    for (size_t pass = 0; s.n_active; pass++)
        one_pass(job, first, pass, &s, z, out, &p->counts[slot]);
}

void aimci_periphery_read(aimci_periphery *p, size_t n, const float *x, size_t ld_x, float *y,
                          size_t ld_y, aimci_product_fn product, const void *arg,
                          aimci_readout_counts *total)
{
    read_job job = {p, n, x, ld_x, y, ld_y, product, arg};
    const size_t n_chunks = (n + AIMCI_READOUT_BATCH - 1) / AIMCI_READOUT_BATCH;
    if (p->params.noise_management == AIMCI_NM_AVERAGE_ABS_MAX) {
        for (size_t c = 0; c < n_chunks; c++) /* the running average wants the order of the batch */
            read_chunk(&job, 0, c);
    } else {
        aimci_parallel(p->ctx, n_chunks, read_chunk, &job);
    }
    p->n_vectors += n;
    for (size_t s = 0; s < p->n_slots; s++) {
        total->passes += p->counts[s].passes;
        total->clipped += p->counts[s].clipped;
        p->counts[s] = (aimci_readout_counts){0, 0};
    }
}
