/* SPDX-License-Identifier: MIT */
/* Weights to conductances of the devices of a programmed tile, and how well they came back. */
#include <math.h>
#include <string.h>

#include "inference/programmed.h"

/* ---- weights to conductances ---------------------------------------------------------------- */

/* Smallest and largest weight of each output. */
static void extremes(const aimci_programmed *p, float *lo, float *hi)
{
    memcpy(lo, p->target, p->n_out * sizeof *lo);
    memcpy(hi, p->target, p->n_out * sizeof *hi);
    for (size_t j = 1; j < p->n_in; j++) {
        const float *w = p->target + j * p->ld;
        for (size_t i = 0; i < p->n_out; i++) {
            lo[i] = w[i] < lo[i] ? w[i] : lo[i];
            hi[i] = w[i] > hi[i] ? w[i] : hi[i];
        }
    }
}

void aimci_programmed_choose_scales(aimci_programmed *p)
{
    const aimci_encoding_params *params = p->encoding_params;
    float *lo = p->middle, *hi = p->half; /* until they are what they are called */
    extremes(p, lo, hi);
    for (size_t i = 0; !params->scale_per_output && i < p->n_out; i++) {
        lo[0] = lo[i] < lo[0] ? lo[i] : lo[0];
        hi[0] = hi[i] > hi[0] ? hi[i] : hi[0];
    }
    for (size_t i = p->n_out; i-- > 0;) {
        const size_t from = params->scale_per_output ? i : 0;
        const double least = (double)lo[from], most = (double)hi[from];
        const bool affine = p->encoding->affine;
        const double half = affine ? (most - least) / 2 : fmax(fabs(least), fabs(most));
        p->middle[i] = affine ? (float)((least + most) / 2) : 0.0f;
        p->half[i] = (float)fmax(half, 1e-7);
    }
}

enum { RUN = 64 }; /* weights at a time */

static void encode_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    const aimci_programmed *p = arg;
    const float *w = p->target + j * p->ld;
    float *to = p->cells->target + j * p->n_out * p->per_weight;
    double u[RUN], g[RUN * AIMCI_MAX_CELL];
    for (size_t first = 0; first < p->n_out; first += RUN) {
        const size_t n = aimci_min_size(RUN, p->n_out - first);
        for (size_t i = 0; i < n; i++)
            u[i] =
                ((double)w[first + i] - (double)p->middle[first + i]) / (double)p->half[first + i];
        p->encoding->encode(p->encoding_params, aimci_noise_range(p->model), n, u, g);
        for (size_t k = 0; k < n * p->per_weight; k++)
            *to++ = (float)g[k];
    }
}

aimc_status aimci_programmed_encode(aimci_programmed *p)
{
    const double zero = 0;
    double g[AIMCI_MAX_CELL];
    aimci_parallel(p->ctx, p->n_in, encode_line, p);
    p->encoding->encode(p->encoding_params, aimci_noise_range(p->model), 1, &zero, g);
    for (size_t at = p->n_in * p->n_out * p->per_weight; at < p->cells->n; at++)
        p->cells->target[at] = (float)g[0];
    const aimc_status st = aimci_population_check(p->cells, p->cells->target);
    if (!st)
        aimci_population_program(p->cells);
    return st;
}

/* ---- how well ------------------------------------------------------------------------------- */

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
