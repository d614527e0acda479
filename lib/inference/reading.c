/* SPDX-License-Identifier: MIT */
/* Reads of a population of devices, and what they have in common.
 *
 * The noise of a read is independent from device to device, so that of a product is one normal
 * number for each output and read, whose variance is the sum of theirs: what a draw for every
 * device and read would give in law, at the price of one more product.
 *
 * Mean and variance of each device come from three points of the noise model's law, placed so that
 * the variance of normal and of uniform noise is exact; where conductances are clipped at 0 it is
 * an approximation. */
#include <math.h>
#include <string.h>

#include "inference/population.h"
#include "inference/temperature.h"

enum { CHUNK = AIMCI_DEVICES_AT_ONCE, POINTS = 3 };
static const double point[POINTS] = {0, 1.5011307831938006, -1.5011307831938006};
static const double weight[POINTS] = {0.5562248923301943, 0.22188755383490283, 0.22188755383490283};

/* ---- some devices --------------------------------------------------------------------------- */

aimci_read aimci_population_begin_read(const aimc_population *c, uint64_t number, double t)
{
    return (aimci_read){.cells = c,
                        .t = t,
                        .thermal = aimci_noise_thermal(c->model, t),
                        .key = aimci_random_key(c->seed, AIMCI_OP_READ, 0, number),
                        .key_thermal = aimci_random_key(c->seed, AIMCI_OP_READ, 1, number)};
}

static void add_thermal(const aimci_read *r, size_t chunk, const aimci_devices *some, float *g)
{
    float z[CHUNK];
    if (!(r->thermal > 0))
        return;
    some->kernels->normals(&r->key_thermal, (uint32_t)chunk, z, some->n);
    for (size_t i = 0; i < some->n; i++)
        g[i] = (float)fmax(0, (double)g[i] + sqrt(r->thermal * (double)g[i]) * (double)z[i]);
}

/* From the rows of g[POINTS][n], both by differences to the first: without noise they are exact. */
static void take_moments(const float *g, size_t n, float *mean, float *sigma)
{
    const float *high = g + n, *low = g + 2 * n;
    for (size_t i = 0; i < n; i++) {
        const double middle = (double)g[i];
        const double up = (double)high[i] - middle, down = (double)low[i] - middle;
        const double off = weight[1] * up + weight[2] * down;
        const double variance = weight[1] * up * up + weight[2] * down * down - off * off;
        mean[i] = (float)(middle + off);
        sigma[i] = (float)sqrt(variance > 0 ? variance : 0);
    }
}

/* Rows of conductances found: that of this read first, where it is asked for or where the model's
 * normals are not noise; then those of the points. */
typedef struct rows {
    bool drawn, points;
    size_t n;
    float g[(1 + POINTS) * CHUNK];
} rows;

static void find_rows(const aimci_read *r, size_t chunk, aimci_devices some, rows *out)
{
    const aimc_noise_model *m = r->cells->model;
    float z[(1 + POINTS) * CHUNK];
    out->n = (size_t)out->drawn + (out->points ? POINTS : 0);
    if (out->drawn)
        some.kernels->normals(&r->key, (uint32_t)chunk, z, some.n);
    float *next = z + (out->drawn ? some.n : 0);
    for (size_t k = 0; out->points && k < POINTS; k++)
        for (size_t i = 0; i < some.n; i++)
            *next++ = (float)point[k];
    some.reads = m->ops->reads_several ? out->n : 1;
    for (size_t at = 0; at < out->n * some.n; at += some.reads * some.n)
        aimci_noise_read(m, &some, r->t, z + at, out->g + at);
}

static void put_stuck(const aimc_population *c, size_t chunk, size_t n, float *g, float *sigma)
{
    const float *stuck = c->stuck ? c->stuck + chunk * CHUNK : NULL;
    for (size_t i = 0; stuck && i < n; i++)
        if (stuck[i] >= 0) {
            g[i] = stuck[i];
            if (sigma)
                sigma[i] = 0;
        }
}

/* Thermal noise is independent of the model's; stuck devices are conductors, too. */
static void put_mean(const aimci_read *r, size_t chunk, size_t n, const rows *found, float *mean,
                     float *sigma)
{
    if (found->points) {
        take_moments(found->g + (found->drawn ? n : 0), n, mean, sigma);
    } else {
        memcpy(mean, found->g, n * sizeof *mean);
        memset(sigma, 0, n * sizeof *sigma);
    }
    put_stuck(r->cells, chunk, n, mean, sigma);
    for (size_t i = 0; r->thermal > 0 && i < n; i++) {
        const double s = (double)sigma[i];
        sigma[i] = (float)sqrt(s * s + r->thermal * (double)mean[i]);
    }
}

void aimci_read_chunk(const aimci_read *r, size_t chunk, float *g, float *mean, float *sigma)
{
    const aimc_noise_model *m = r->cells->model;
    const aimci_devices some = aimci_population_at(r->cells, chunk * CHUNK);
    if (r->t == 0 && m->ops->programmed_at_0) { /* with those that are stuck */
        if (g)
            memcpy(g, some.programmed, some.n * sizeof *g);
        if (mean) {
            memcpy(mean, some.programmed, some.n * sizeof *mean);
            memset(sigma, 0, some.n * sizeof *sigma);
        }
        return;
    }
    rows found; /* of some kB, which nobody reads before they are written */
    found.drawn = g || !m->ops->noise;
    found.points = mean && m->ops->noise;
    find_rows(r, chunk, some, &found);
    if (g) {
        memcpy(g, found.g, some.n * sizeof *g);
        add_thermal(r, chunk, &some, g);
        put_stuck(r->cells, chunk, some.n, g, NULL);
    }
    if (mean)
        put_mean(r, chunk, some.n, &found, mean, sigma);
}

/* ---- all ------------------------------------------------------------------------------------ */

size_t aimci_population_chunks(const aimc_population *c)
{
    return (c->n + CHUNK - 1) / CHUNK;
}

typedef struct read_job {
    aimci_read read;
    float *g;
} read_job;

static void read_chunk(void *arg, size_t slot, size_t chunk)
{
    (void)slot;
    const read_job *j = arg;
    aimci_read_chunk(&j->read, chunk, j->g + chunk * CHUNK, NULL, NULL);
}

void aimci_population_read(aimc_population *c, double t, float *g)
{
    read_job j = {aimci_population_begin_read(c, c->n_reads++, t), g};
    aimci_parallel(c->ctx, aimci_population_chunks(c), read_chunk, &j);
}

aimc_status aimc_population_read(aimc_population *c, double t_s, float *g_us)
{
    if (!c || !g_us)
        return aimci_fail(AIMC_ERR_INVALID, "population_read: %s is NULL", c ? "g_us" : "cells");
    if (c->n_programs == 0)
        return aimci_fail(AIMC_ERR_STATE, "population_read: nothing was programmed yet");
    const aimc_status st = aimci_noise_check_time("population_read", c->model, t_s);
    if (!st)
        aimci_population_read(c, t_s, g_us);
    return st;
}
