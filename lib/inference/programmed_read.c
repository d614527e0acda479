/* SPDX-License-Identifier: MIT */
/* What reads of a programmed tile find: the weights of one read, and, for all reads until the
 * devices drift on, weights that stay and the noise that every read draws anew. Blocks of weights
 * with all of their devices, which stay in the cache. */
#include <math.h>
#include <string.h>

#include "inference/programmed.h"
#include "inference/temperature.h"

enum { BLOCK = AIMCI_DEVICES_AT_ONCE }; /* weights; so that their devices are whole chunks */

/* ---- where devices lie ---------------------------------------------------------------------- */

size_t aimci_programmed_scratch(const aimci_programmed *p)
{
    return BLOCK * p->per_weight;
}

typedef struct read_job {
    aimci_programmed *p;
    aimci_read read;
    bool draws, moments; /* p->read and p->conductance; p->seen and the noise */
} read_job;

/* Of the block's chunks, unless the conductances were given. */
static void read_chunks(const read_job *job, size_t block, size_t n, float *g, float *mean,
                        float *sigma)
{
    const aimci_programmed *p = job->p;
    const size_t k = p->per_weight, first = block * k, end = first + (n * k + BLOCK - 1) / BLOCK;
    float z[BLOCK];
    for (size_t chunk = first; chunk < end; chunk++) {
        const size_t at = (chunk - first) * BLOCK;
        float *one = g && !p->given ? g + at : NULL;
        float *all = !mean ? NULL : p->given ? z : mean + at;
        if (one || all)
            aimci_read_chunk(&job->read, chunk, one, all, sigma + at);
    }
    for (size_t i = 0; p->given && i < n * k; i++) {
        if (g)
            g[i] = p->given[first * BLOCK + i];
        if (mean)
            mean[i] = p->given[first * BLOCK + i];
    }
}

/* ---- weights -------------------------------------------------------------------------------- */

/* Weights i ... i + n - 1 of input j. */
typedef struct run {
    size_t i, j, n;
} run;

/* u of the run from devices g[n][per_weight]. */
static void decode(const aimci_programmed *p, const run *r, const float *g, double unit, double *u)
{
    double cells[BLOCK];
    const size_t most = BLOCK / p->per_weight;
    for (size_t at = 0; at < r->n; at += most) {
        const size_t n = aimci_min_size(most, r->n - at);
        for (size_t k = 0; k < n * p->per_weight; k++)
            cells[k] = (double)g[at * p->per_weight + k];
        p->encoding->decode(p->encoding_params, aimci_noise_range(p->model), n, cells,
                            p->target + r->j * p->ld + r->i + at, unit, u + at);
    }
}

static void put_weights(const aimci_programmed *p, const run *r, const double *u, float *w)
{
    const float *middle = p->middle + r->i, *half = p->half + r->i;
    for (size_t i = 0; i < r->n; i++)
        w[i] = (float)((double)middle[i] + (double)half[i] * u[i]);
}

static void show_read(aimci_programmed *p, const run *r, const float *g)
{
    const size_t at = r->j * p->ld + r->i;
    const double g_max = aimci_noise_range(p->model)->g_max;
    double u[BLOCK], sum[BLOCK];
    decode(p, r, g, p->unit ? (double)p->unit[r->j] : 0, u);
    put_weights(p, r, u, p->read + at);
    memset(sum, 0, r->n * sizeof *sum);
    for (size_t k = 0; k < p->per_weight; k++)
        for (size_t i = 0; i < r->n; i++)
            sum[i] += (double)g[i * p->per_weight + k];
    for (size_t i = 0; i < r->n; i++)
        p->conductance[at + i] = (float)(sum[i] / g_max);
}

static void show_moments(aimci_programmed *p, const run *r, const float *mean, const float *sigma)
{
    const size_t at = r->j * p->ld + r->i;
    double u[BLOCK], variance[BLOCK];
    decode(p, r, mean, p->unit ? (double)p->unit[p->n_in + r->j] : 0, u);
    put_weights(p, r, u, p->seen + at);
    memset(variance, 0, r->n * sizeof *variance);
    for (size_t k = 0; k < p->per_weight; k++)
        for (size_t i = 0; i < r->n; i++) {
            const double half = (double)p->half[r->i + i];
            const double step = half * p->slope[k] * (double)sigma[i * p->per_weight + k];
            variance[i] += step * step;
        }
    for (size_t i = 0; i < r->n; i++)
        p->variance[at + i] = (float)variance[i];
}

static void read_block(void *arg, size_t slot, size_t block)
{
    const read_job *job = arg;
    aimci_programmed *p = job->p;
    const size_t first = block * BLOCK, scratch = aimci_programmed_scratch(p);
    const size_t n = aimci_min_size(BLOCK, p->n_in * p->n_out - first);
    float *g = p->scratch + slot * 3 * scratch, *mean = g + scratch, *sigma = mean + scratch;
    read_chunks(job, block, n, job->draws ? g : NULL, job->moments ? mean : NULL, sigma);
    run r;
    for (size_t at = 0; at < n; at += r.n) {
        r.j = (first + at) / p->n_out;
        r.i = (first + at) % p->n_out;
        r.n = aimci_min_size(n - at, p->n_out - r.i);
        if (job->draws)
            show_read(p, &r, g + at * p->per_weight);
        if (job->moments)
            show_moments(p, &r, mean + at * p->per_weight, sigma + at * p->per_weight);
    }
}

/* ---- shared devices ------------------------------------------------------------------------- */

static double decoded(const aimci_programmed *p, double g, double unit)
{
    static const float sign = 1;
    double cells[AIMCI_MAX_CELL], u;
    for (size_t k = 0; k < p->per_weight; k++)
        cells[k] = g;
    p->encoding->decode(p->encoding_params, aimci_noise_range(p->model), 1, cells, &sign, unit, &u);
    return u;
}

/* The device that all outputs of an input share moves them together, by its sigma times their
 * half ranges. They come after all others, and may begin within a chunk. */
static void read_units(const read_job *job)
{
    aimci_programmed *p = job->p;
    const size_t own = p->n_in * p->n_out * p->per_weight;
    float g[BLOCK], mean[BLOCK], sigma[BLOCK] = {0};
    for (size_t chunk = own / BLOCK; chunk < aimci_population_chunks(p->cells); chunk++) {
        const size_t first = chunk * BLOCK, end = aimci_min_size(first + BLOCK, p->cells->n);
        aimci_read_chunk(&job->read, chunk, job->draws ? g : NULL, job->moments ? mean : NULL,
                         sigma);
        for (size_t at = first > own ? first : own; at < end; at++) {
            const size_t k = at - first, j = at - own;
            if (job->draws)
                p->unit[j] = p->given ? p->given[at] : g[k];
            if (!job->moments)
                continue;
            p->unit[p->n_in + j] = p->given ? p->given[at] : mean[k];
            const double unit = (double)p->unit[p->n_in + j];
            const double step = decoded(p, 0, unit + (double)sigma[k]) - decoded(p, 0, unit);
            p->common[j] = (float)(step * step);
        }
    }
}

/* ---- all ------------------------------------------------------------------------------------ */

/* What a device of a weight moves it by, u / uS: encodings are linear in each conductance, and the
 * sign, which the target may decide, is not asked for. */
static void take_slopes(aimci_programmed *p)
{
    static const float sign = 1;
    const aimci_noise_params *range = aimci_noise_range(p->model);
    double g[AIMCI_MAX_CELL], u;
    for (size_t k = 0; k < p->per_weight; k++)
        g[k] = range->g_max;
    for (size_t k = 0; k < p->per_weight; k++) {
        g[k] = 2 * range->g_max;
        p->encoding->decode(p->encoding_params, range, 1, g, &sign, 0, &u);
        p->slope[k] = (u - decoded(p, range->g_max, 0)) / range->g_max;
        g[k] = range->g_max;
    }
}

static bool any_positive(const float *x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (x[k] > 0)
            return true;
    return false;
}

/* Rows divided by their slopes against the targets. */
static void regress(aimci_programmed *p, const read_job *job)
{
    const size_t plane = p->ld * p->n_in;
    for (size_t i = 0; i < p->n_out; i++) {
        const double slope = job->draws ? aimci_programmed_slope(p, p->read, i) : 1;
        const double all = job->moments ? aimci_programmed_slope(p, p->seen, i) : 1;
        for (size_t at = i; job->draws && at < plane; at += p->ld)
            p->read[at] *= (float)slope;
        for (size_t at = i; job->moments && at < plane; at += p->ld) {
            p->seen[at] *= (float)all;
            p->variance[at] *= (float)(all * all);
        }
    }
}

static void show_noise(aimci_programmed *p, bool moments)
{
    const size_t plane = p->ld * p->n_in;
    p->noise.common = moments && any_positive(p->common, p->n_in) ? p->common : NULL;
    const bool any = moments && (p->noise.common || any_positive(p->variance, plane));
    p->noise.variance = any ? p->variance : NULL;
    p->noise.half = p->half;
    if (!moments)
        memcpy(p->seen, p->read, plane * sizeof *p->seen);
}

static void find(aimci_programmed *p, bool draws, uint64_t number)
{
    read_job job = {.p = p,
                    .read = aimci_population_begin_read(p->cells, number, p->t),
                    .draws = draws,
                    .moments = aimci_noise_draws_anew(p->model, p->t)};
    const size_t blocks = (p->n_in * p->n_out + BLOCK - 1) / BLOCK;
    take_slopes(p);
    if (p->encoding->unit_shared)
        read_units(&job);
    if (job.draws || job.moments)
        aimci_parallel(p->ctx, blocks, read_block, &job);
    if (p->encoding->regress)
        regress(p, &job);
    show_noise(p, job.moments);
}

void aimci_programmed_read(aimci_programmed *p)
{
    find(p, true, p->given ? p->cells->n_reads - 1 : p->cells->n_reads++);
}

void aimci_programmed_find_noise(aimci_programmed *p)
{
    find(p, false, p->cells->n_reads - 1);
}
