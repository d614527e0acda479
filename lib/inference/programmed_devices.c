/* SPDX-License-Identifier: MIT */
/* Weights to conductances of the devices of a programmed tile, and back. */
#include <math.h>
#include <string.h>

#include "inference/read_noise.h"

/* ---- weights to conductances ---------------------------------------------------------------- */

/* Smallest and largest weight of outputs first ... last - 1. */
static void extremes(const aimci_programmed *p, size_t first, size_t last, double *lo, double *hi)
{
    *lo = *hi = (double)p->target[first];
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = first; i < last; i++) {
            const double w = (double)p->target[j * p->ld + i];
            *lo = w < *lo ? w : *lo;
            *hi = w > *hi ? w : *hi;
        }
}

static void set_scale(aimci_programmed *p, size_t first, size_t last)
{
    double lo, hi;
    extremes(p, first, last, &lo, &hi);
    const bool affine = p->encoding->affine;
    const double middle = affine ? (lo + hi) / 2 : 0;
    const double half = affine ? (hi - lo) / 2 : fmax(fabs(lo), fabs(hi));
    for (size_t i = first; i < last; i++) {
        p->middle[i] = (float)middle;
        p->half[i] = (float)fmax(half, 1e-7);
    }
}

void aimci_programmed_choose_scales(aimci_programmed *p)
{
    const aimci_encoding_params *params = p->encoding_params;
    if (!params->scale_per_output) {
        set_scale(p, 0, p->n_out);
        return;
    }
    for (size_t i = 0; i < p->n_out; i++)
        set_scale(p, i, i + 1);
}

aimc_status aimci_programmed_encode(aimci_programmed *p)
{
    const aimci_noise_params *range = aimci_noise_range(p->model);
    double g[AIMCI_MAX_CELL];
    size_t at = 0;
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = 0; i < p->n_out; i++) {
            p->encoding->encode(p->encoding_params, range, aimci_programmed_wish(p, i, j), g);
            for (size_t k = 0; k < p->per_weight; k++)
                p->g[at++] = (float)g[k];
        }
    p->encoding->encode(p->encoding_params, range, 0, g);
    while (at < p->cells->n)
        p->g[at++] = (float)g[0];
    return aimc_population_program(p->cells, p->g);
}

typedef struct decode_job {
    aimci_programmed *p;
    const float *g;
} decode_job;

static void decode_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    const decode_job *job = arg;
    aimci_programmed *p = job->p;
    const aimci_noise_params *range = aimci_noise_range(p->model);
    const size_t shared = p->n_in * p->n_out * p->per_weight + j;
    const double unit = p->encoding->unit_shared ? (double)job->g[shared] : 0;
    const float *from = job->g + j * p->n_out * p->per_weight;
    double g[AIMCI_MAX_CELL], sum;
    for (size_t i = 0; i < p->n_out; i++, from += p->per_weight) {
        sum = 0;
        for (size_t k = 0; k < p->per_weight; k++)
            sum += g[k] = (double)from[k];
        p->conductance[j * p->ld + i] = (float)(sum / range->g_max);
        const double u =
            p->encoding->decode(p->encoding_params, range, g, aimci_programmed_wish(p, i, j), unit);
        p->read[j * p->ld + i] = (float)((double)p->middle[i] + (double)p->half[i] * u);
    }
}

double aimci_programmed_slope(const aimci_programmed *p, const float *weights, size_t i)
{
    double cross = 0, square = 0;
    for (size_t j = 0; j < p->n_in; j++) {
        const double w = (double)p->target[j * p->ld + i];
        cross += w * (double)weights[j * p->ld + i];
        square += w * w;
    }
    return cross > 0 ? square / cross : 1;
}

/* Each row divided by its slope against the targets. */
static void regress(aimci_programmed *p)
{
    for (size_t i = 0; i < p->n_out; i++) {
        const float slope = (float)aimci_programmed_slope(p, p->read, i);
        for (size_t j = 0; j < p->n_in; j++)
            p->read[j * p->ld + i] *= slope;
    }
}

void aimci_programmed_read(aimci_programmed *p)
{
    decode_job job = {p, p->g};
    if (p->given)
        memcpy(p->g, p->given, p->cells->n * sizeof *p->g);
    else
        aimci_population_read(p->cells, p->t, p->g);
    aimci_parallel(p->ctx, p->n_in, decode_line, &job);
    if (p->encoding->regress)
        regress(p);
    aimci_programmed_split_noise(p);
}

double aimci_programmed_error(const aimci_programmed *p, bool with_gain)
{
    double error = 0, square = 0;
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = 0; i < p->n_out; i++) {
            const double w = (double)p->target[j * p->ld + i];
            const double gain = with_gain ? (double)p->gain[i] : 1;
            const double e = gain * (double)p->read[j * p->ld + i] - w;
            error += e * e;
            square += w * w;
        }
    return square > 0 ? sqrt(error / square) : 0;
}
