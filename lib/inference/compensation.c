/* SPDX-License-Identifier: MIT */
/* What undoes drift digitally, after the read-out: y <- a y + b, output by output.
 *
 *     GLOBAL      a = mean |y_ref| / mean |y| over the whole tile
 *     PER_OUTPUT  the same for each output
 *     REFIT       a and b of each output by least squares of the ideal outputs on the read ones
 *     BATCH_NORM  a and b so that each output has the mean and the spread that it should have: what
 *                 re-estimating the statistics of a batch normalisation after the layer does
 *
 * y_ref is what the same vectors gave right after programming, or the ideal product.
 *
 * S. Ambrogio et al., IEDM (2019); V. Joshi et al., Nat. Commun. 11:2473 (2020). */
#include <math.h>
#include <string.h>

#include "inference/programmed.h"
#include "kernels/kernels.h"

#define SRC "V. Joshi et al., Nat. Commun. 11:2473 (2020)"

static const aimci_field fields[] = {
    AIMCI_CHOICE(aimci_compensation, method, 0, 4, "NONE|GLOBAL|PER_OUTPUT|REFIT|BATCH_NORM",
                 "how outputs are corrected digitally", SRC),
    AIMCI_FLAG(aimci_compensation, ideal_reference, 0,
               "GLOBAL, PER_OUTPUT: compare with the ideal product, not with a read after "
               "programming",
               SRC),
    AIMCI_INTEGER(aimci_compensation, n_vectors, 0, 0, 65536, "1",
                  "random calibration vectors; 0: the identity, each input driven alone", SRC),
};

AIMCI_DEFINE_KIND(compensation, "compensation", "digital correction of drifted outputs", SRC,
                  fields, aimci_compensation, .n_children = 0);

/* ---- calibration vectors -------------------------------------------------------------------- */

/* Calibration vectors [n][n_in] into x. Returns how many there are: call with x NULL first. */
static size_t calibration_vectors(const aimci_programmed *p, float *x)
{
    const size_t n = p->compensation->n_vectors ? (size_t)p->compensation->n_vectors : p->n_in;
    if (!x)
        return n;
    if (p->compensation->n_vectors) { /* the same with every call, as the reference was read so */
        const aimci_key key = aimci_random_key(p->seed, AIMCI_OP_CALIBRATE, 0, 0);
        aimci_kernels_get(aimc_context_get_cpu(p->ctx))->uniform(&key, x, n * p->n_in);
        return n;
    }
    memset(x, 0, n * p->n_in * sizeof *x);
    for (size_t j = 0; j < n; j++)
        x[j * p->n_in + j] = 1;
    return n;
}

void aimci_programmed_ideal(const aimci_programmed *p, size_t n, const float *x, size_t ld,
                            float *y)
{
    for (size_t b = 0; b < n; b++) {
        float *to = y + b * p->n_out;
        memset(to, 0, p->n_out * sizeof *to);
        for (size_t j = 0; j < p->n_in; j++) {
            const float v = x[b * ld + j];
            for (size_t i = 0; i < p->n_out && v != 0; i++)
                to[i] += v * p->target[j * p->ld + i];
        }
    }
}

/* ---- statistics of outputs ------------------------------------------------------------------ */

/* mean |y_i| over n vectors */
static void mean_magnitudes(const aimci_programmed *p, size_t n, const float *y, float *mean)
{
    for (size_t i = 0; i < p->n_out; i++) {
        double sum = 0;
        for (size_t b = 0; b < n; b++)
            sum += fabs((double)y[b * p->n_out + i]);
        mean[i] = (float)(sum / (double)n);
    }
}

/* The floor of 1e-4 keeps gains finite for outputs that are always near 0. */
static void set_gains(aimci_programmed *p, const float *now)
{
    double from = 0, to = 0;
    for (size_t i = 0; i < p->n_out; i++) {
        from += (double)now[i];
        to += (double)p->reference[i];
    }
    const double n = (double)p->n_out;
    for (size_t i = 0; i < p->n_out; i++)
        p->gain[i] =
            (float)(p->compensation->method == AIMCI_COMPENSATE_GLOBAL
                        ? fmax(to / n, 1e-4) / fmax(from / n, 1e-4)
                        : fmax((double)p->reference[i], 1e-4) / fmax((double)now[i], 1e-4));
}

typedef struct fit {
    double y, r, yy, yr, rr; /* means */
} fit;

static fit fit_of(const aimci_programmed *p, size_t i, size_t n, const float *y, const float *r)
{
    fit f = {0, 0, 0, 0, 0};
    for (size_t b = 0; b < n; b++) {
        f.y += (double)y[b * p->n_out + i] / (double)n;
        f.r += (double)r[b * p->n_out + i] / (double)n;
    }
    for (size_t b = 0; b < n; b++) {
        const double dy = (double)y[b * p->n_out + i] - f.y;
        const double dr = (double)r[b * p->n_out + i] - f.r;
        f.yy += dy * dy;
        f.yr += dy * dr;
        f.rr += dr * dr;
    }
    return f;
}

/* An output that does not vary over the vectors tells nothing about its gain, which is then 1. */
static void set_affine(aimci_programmed *p, size_t n, const float *y, const float *ideal)
{
    for (size_t i = 0; i < p->n_out; i++) {
        const fit f = fit_of(p, i, n, y, ideal);
        double a = 1;
        if (f.yy > 1e-12 * (double)n)
            a = p->compensation->method == AIMCI_COMPENSATE_REFIT ? f.yr / f.yy : sqrt(f.rr / f.yy);
        p->gain[i] = (float)a;
        p->shift[i] = (float)(f.r - a * f.y);
    }
}

/* ---- calls ---------------------------------------------------------------------------------- */

/* Vectors, read outputs and ideal outputs in one block. */
typedef struct batch {
    size_t n, ld;
    float *block, *y, *ideal;
    const float *x;
} batch;

static aimc_status open_batch(const aimci_programmed *p, size_t n, const float *x, size_t ld,
                              batch *b)
{
    *b = (batch){.n = x ? n : calibration_vectors(p, NULL), .ld = x ? ld : p->n_in, .x = x};
    const size_t own = x ? 0 : b->n * p->n_in;
    b->block = aimci_calloc(p->ctx, own + 2 * b->n * p->n_out, sizeof *b->block);
    if (!b->block)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for %zu calibration vectors", b->n);
    b->y = b->block + own;
    b->ideal = b->y + b->n * p->n_out;
    if (!x) {
        calibration_vectors(p, b->block);
        b->x = b->block;
    }
    return aimc_tile_forward(p->tile, b->n, b->x, b->ld, b->y, p->n_out);
}

aimc_status aimci_programmed_take_reference(aimci_programmed *p)
{
    batch b;
    const aimc_status st = open_batch(p, 0, NULL, 0, &b);
    if (!st) {
        if (p->compensation->ideal_reference)
            aimci_programmed_ideal(p, b.n, b.x, b.ld, b.ideal);
        mean_magnitudes(p, b.n, p->compensation->ideal_reference ? b.ideal : b.y, p->reference);
        p->has_reference = true;
    }
    aimci_free(p->ctx, b.block);
    return st;
}

static aimc_status check_reference(const aimci_programmed *p)
{
    if (p->compensation->method == AIMCI_COMPENSATE_NONE)
        return aimci_fail(AIMC_ERR_STATE,
                          "tile_compensate: no reference was read, as compensation.method was NONE "
                          "when the tile was programmed");
    return AIMC_OK;
}

static aimc_status check_ideal(const batch *b, size_t n_out)
{
    return aimci_all_finite(b->ideal, b->n, n_out, n_out)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "tile_compensate: the products of the calibration vectors are beyond "
                            "the range of floats");
}

aimc_status aimci_programmed_compensate(aimci_programmed *p, size_t n, const float *x, size_t ld)
{
    aimc_status st = check_reference(p);
    if (st)
        return st;
    const bool by_gain = p->compensation->method == AIMCI_COMPENSATE_GLOBAL ||
                         p->compensation->method == AIMCI_COMPENSATE_PER_OUTPUT;
    batch b;
    st = open_batch(p, n, by_gain ? NULL : x, ld, &b); /* a reference is for its own vectors */
    if (!st && by_gain) {
        mean_magnitudes(p, b.n, b.y, b.ideal); /* as scratch */
        set_gains(p, b.ideal);
    } else if (!st) {
        aimci_programmed_ideal(p, b.n, b.x, b.ld, b.ideal);
        st = check_ideal(&b, p->n_out);
        if (!st)
            set_affine(p, b.n, b.y, b.ideal);
    }
    aimci_free(p->ctx, b.block);
    p->n_calibrations++;
    return st;
}
