/* SPDX-License-Identifier: MIT */
/* The noise of a read is independent from device to device, so that of a product is one normal
 * number for each output and read, whose variance is the sum of theirs: what a draw for every
 * device and read would give in law, at the price of one more product.
 *
 * Mean and variance of each device come from three points of the noise model's law, placed so that
 * the variance of normal and of uniform noise is exact; where conductances are clipped at 0 it is
 * an approximation. */
#include <math.h>
#include <string.h>

#include "inference/read_noise.h"
#include "inference/temperature.h"

enum { POINTS = 3 };
static const double point[POINTS] = {0, 1.5011307831938006, -1.5011307831938006};
static const double weight[POINTS] = {0.5562248923301943, 0.22188755383490283, 0.22188755383490283};

static bool draws_anew(const aimci_programmed *p)
{
    return aimci_noise_draws_anew(p->model, p->t);
}

/* ---- devices -------------------------------------------------------------------------------- */

enum { CHUNK = AIMCI_DEVICES_AT_ONCE };

/* Conductances of some devices at the points of the law. */
static void read_points(const aimci_programmed *p, aimci_devices some, float g[POINTS * CHUNK])
{
    float z[POINTS * CHUNK];
    for (size_t k = 0; k < POINTS; k++)
        for (size_t i = 0; i < some.n; i++)
            z[k * some.n + i] = (float)point[k];
    some.reads = p->model->ops->reads_several ? POINTS : 1;
    for (size_t at = 0; at < POINTS * some.n; at += some.reads * some.n)
        aimci_noise_read(p->model, &some, p->t, z + at, g + at);
}

/* Means into p->g and standard deviations into p->sigma, both from differences to the first point:
 * without noise they are exact. */
static void moments_of_chunk(void *arg, size_t slot, size_t chunk)
{
    (void)slot;
    const aimci_programmed *p = arg;
    const aimc_population *c = p->cells;
    const size_t first = chunk * CHUNK;
    const aimci_devices some = aimci_population_at(c, first);
    float middle[POINTS * CHUNK];
    double mean[CHUNK] = {0}, square[CHUNK] = {0};
    read_points(p, some, middle);
    for (int k = 1; k < POINTS; k++) {
        const float *g = middle + (size_t)k * some.n;
        for (size_t i = 0; i < some.n; i++) {
            const double off = (double)g[i] - (double)middle[i];
            mean[i] += weight[k] * off;
            square[i] += weight[k] * off * off;
        }
    }
    for (size_t i = 0; i < some.n; i++) {
        const double variance = square[i] - mean[i] * mean[i];
        p->g[first + i] = (float)((double)middle[i] + mean[i]);
        p->sigma[first + i] = (float)sqrt(variance > 0 ? variance : 0);
    }
    for (size_t i = 0; c->stuck && i < some.n; i++)
        if (!(c->stuck[first + i] < 0)) {
            p->g[first + i] = c->stuck[first + i];
            p->sigma[first + i] = 0;
        }
}

/* ---- weights -------------------------------------------------------------------------------- */

static double decoded(const aimci_programmed *p, const double *g, double target, double unit)
{
    return p->encoding->decode(p->encoding_params, aimci_noise_range(p->model), g, target, unit);
}

/* What a device of a weight moves it by, u / uS: encodings are linear in each conductance, and the
 * sign, which the target may decide, is not asked for. */
static void take_slopes(aimci_programmed *p)
{
    const double top = aimci_noise_range(p->model)->g_max;
    double g[AIMCI_MAX_CELL];
    for (size_t k = 0; k < p->per_weight; k++)
        g[k] = top;
    const double u = decoded(p, g, 1, 0);
    for (size_t k = 0; k < p->per_weight; k++) {
        g[k] = 2 * top;
        p->slope[k] = (decoded(p, g, 1, 0) - u) / top;
        g[k] = top;
    }
}

static void split_weight(aimci_programmed *p, size_t i, size_t j, double unit)
{
    const size_t at = j * p->ld + i, first = (j * p->n_out + i) * p->per_weight;
    const double half = (double)p->half[i];
    double g[AIMCI_MAX_CELL], variance = 0;
    for (size_t k = 0; k < p->per_weight; k++) {
        const double step = half * p->slope[k] * (double)p->sigma[first + k];
        g[k] = (double)p->g[first + k];
        variance += step * step;
    }
    p->seen[at] =
        (float)((double)p->middle[i] + half * decoded(p, g, aimci_programmed_wish(p, i, j), unit));
    p->variance[at] = (float)variance;
}

/* The device that all outputs of an input share moves them together, by its sigma times their
 * half ranges. */
static void split_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    aimci_programmed *p = arg;
    const size_t shared = p->n_in * p->n_out * p->per_weight + j;
    double unit = 0;
    if (p->encoding->unit_shared) {
        double g[AIMCI_MAX_CELL] = {0};
        unit = (double)p->g[shared];
        const double step =
            decoded(p, g, 0, unit + (double)p->sigma[shared]) - decoded(p, g, 0, unit);
        p->common[j] = (float)(step * step);
    }
    for (size_t i = 0; i < p->n_out; i++)
        split_weight(p, i, j, unit);
}

/* ---- all ------------------------------------------------------------------------------------ */

/* Rows divided by their slopes against the targets, as those of p->read. */
static void regress(aimci_programmed *p)
{
    for (size_t i = 0; i < p->n_out; i++) {
        const double slope = aimci_programmed_slope(p, p->seen, i);
        for (size_t j = 0; j < p->n_in; j++) {
            p->seen[j * p->ld + i] *= (float)slope;
            p->variance[j * p->ld + i] *= (float)(slope * slope);
        }
    }
}

static bool any_positive(const float *x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (x[k] > 0)
            return true;
    return false;
}

/* Thermal noise is independent of the model's; stuck devices are conductors, too. */
static void take_moments(aimci_programmed *p)
{
    const double thermal = aimci_noise_thermal(p->model, p->t);
    if (p->model->ops->noise) {
        aimci_parallel(p->ctx, (p->cells->n + CHUNK - 1) / CHUNK, moments_of_chunk, p);
    } else {
        aimci_population_read_again(p->cells, p->t, p->g);
        memset(p->sigma, 0, p->cells->n * sizeof *p->sigma);
    }
    for (size_t i = 0; thermal > 0 && i < p->cells->n; i++) {
        const double sigma = (double)p->sigma[i];
        p->sigma[i] = (float)sqrt(sigma * sigma + thermal * (double)p->g[i]);
    }
}

void aimci_programmed_conductances(aimci_programmed *p)
{
    if (p->given)
        memcpy(p->g, p->given, p->cells->n * sizeof *p->g);
    else if (draws_anew(p))
        take_moments(p);
    else
        aimci_population_read_again(p->cells, p->t, p->g);
}

void aimci_programmed_split_noise(aimci_programmed *p)
{
    const size_t plane = p->ld * p->n_in;
    p->noise.variance = NULL;
    p->noise.common = NULL;
    if (!draws_anew(p)) {
        memcpy(p->seen, p->read, plane * sizeof *p->seen);
        return;
    }
    take_moments(p);
    if (p->given)
        memcpy(p->g, p->given, p->cells->n * sizeof *p->g);
    take_slopes(p);
    aimci_parallel(p->ctx, p->n_in, split_line, p);
    if (p->encoding->regress)
        regress(p);
    p->noise.half = p->half;
    if (any_positive(p->common, p->n_in))
        p->noise.common = p->common;
    if (p->noise.common || any_positive(p->variance, plane))
        p->noise.variance = p->variance;
}
