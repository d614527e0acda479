/* SPDX-License-Identifier: MIT */
/* Weights written into pulsed devices in a closed loop: read the whole matrix through the tile's
 * own read-out, send each device the pulses that its error asks for, and again.
 *
 * The matrix is read with the rows of a Hadamard matrix, so that each weight is seen in every
 * product and noise of the outputs falls as 1 / sqrt(vectors); its inverse is a fast Walsh
 * transform. Later rounds average more reads: at first errors are large, in the end noise is. */
#include <math.h>
#include <string.h>

#include "inference/programmed.h"

typedef struct closed_loop {
    aimc_tile *tile;
    const aimci_programming *q;
    const float *target;
    size_t ld, n_vectors;
    float *block, *x, *y; /* [n_vectors][n_in], [n_vectors][n_out] */
    float *sum;           /* of y over the reads of a round */
    size_t n_reads;
    int32_t *counts; /* [n_out][n_in] */
    aimc_inference_report report;
    double top;   /* largest magnitude of the targets */
    double error; /* mean magnitude of the last errors read */
} closed_loop;

/* Element of Sylvester's Hadamard matrix: -1 where row and column share an odd number of bits. */
static float sign_of(size_t row, size_t column)
{
    unsigned odd = 0;
    for (size_t bits = row & column; bits; bits &= bits - 1)
        odd ^= 1;
    return odd ? -1.0f : 1.0f;
}

/* y[b][i] -> sum_b y[b][i] h[b][j] at row j, all columns at once */
static void walsh(float *y, size_t n, size_t cols)
{
    for (size_t half = 1; half < n; half *= 2)
        for (size_t b = 0; b < n; b++) {
            if (b & half)
                continue;
            float *u = y + b * cols, *v = y + (b + half) * cols;
            for (size_t i = 0; i < cols; i++) {
                const float sum = u[i] + v[i];
                v[i] = u[i] - v[i];
                u[i] = sum;
            }
        }
}

/* The sum of n_reads reads, transformed. */
static aimc_status read_matrix(closed_loop *l)
{
    const size_t n_in = l->tile->array->n_in, n_out = l->tile->array->n_out;
    aimc_status st = AIMC_OK;
    memset(l->sum, 0, l->n_vectors * n_out * sizeof *l->sum);
    for (size_t k = 0; k < l->n_reads && !st; k++) {
        st = aimc_tile_forward(l->tile, l->n_vectors, l->x, n_in, l->y, n_out);
        for (size_t c = 0; c < l->n_vectors * n_out; c++)
            l->sum[c] += l->y[c];
        l->report.verify_reads += l->n_vectors;
        l->report.write_time_s += (double)l->n_vectors * l->q->read_time_ns * 1e-9;
    }
    walsh(l->sum, l->n_vectors, n_out);
    return st;
}

/* Pulses from errors; returns how many devices are out of tolerance. */
static uint64_t choose_pulses(closed_loop *l)
{
    const size_t n_in = l->tile->array->n_in, n_out = l->tile->array->n_out;
    const double step = l->tile->array->device->info.granularity, most = (double)l->q->max_pulses;
    uint64_t off = 0, pulses = 0;
    double sum = 0;
    for (size_t i = 0; i < n_out; i++)
        for (size_t j = 0; j < n_in; j++) {
            const double w = (double)l->sum[j * n_out + i] / (double)(l->n_vectors * l->n_reads);
            const double e = (double)l->target[i * l->ld + j] - w;
            const double n = fmin(fmax(rint(e / step), -most), most);
            off += fabs(e) > l->q->tolerance * l->top;
            sum += fabs(e);
            pulses += (uint64_t)fabs(n);
            l->counts[i * n_in + j] = (int32_t)n;
        }
    l->error = sum / ((double)n_in * (double)n_out);
    l->report.write_time_s += (double)pulses * l->q->pulse_time_ns * 1e-9;
    return off;
}

/* The mean error read has to reach half of the tolerance: it is a mean over all devices, and single
 * ones may then still be outside. They are counted as unconverged. */
static aimc_status run(closed_loop *l)
{
    const size_t n_in = l->tile->array->n_in;
    for (int64_t k = 0; k < l->q->max_iterations; k++) {
        l->n_reads = 1 + (size_t)k / 2;
        aimc_status st = read_matrix(l);
        if (st)
            return st;
        const double time = l->report.write_time_s;
        l->report.unconverged = choose_pulses(l);
        l->report.iterations++;
        if (l->error <= l->q->tolerance * l->top / 2) { /* those pulses are not sent */
            l->report.write_time_s = time;
            break;
        }
        st = aimc_tile_pulse(l->tile, l->counts, n_in);
        if (st)
            return st;
    }
    return AIMC_OK;
}

/* The matrix of vectors is the smallest power of two that holds all inputs; its further columns are
 * left out, which keeps those that are used orthogonal. */
static aimc_status open_loop(closed_loop *l)
{
    const size_t n_in = l->tile->array->n_in, n_out = l->tile->array->n_out;
    l->n_vectors = 1;
    while (l->n_vectors < n_in)
        l->n_vectors *= 2;
    l->block = aimci_calloc(l->tile->ctx, l->n_vectors * (n_in + 2 * n_out), sizeof *l->block);
    l->counts = aimci_calloc(l->tile->ctx, n_in * n_out, sizeof *l->counts);
    if (!l->block || !l->counts)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_write: no memory");
    l->x = l->block;
    l->y = l->block + l->n_vectors * n_in;
    l->sum = l->y + l->n_vectors * n_out;
    for (size_t b = 0; b < l->n_vectors; b++)
        for (size_t j = 0; j < n_in; j++)
            l->x[b * n_in + j] = sign_of(b, j);
    for (size_t i = 0; i < n_out; i++)
        for (size_t j = 0; j < n_in; j++)
            l->top = fmax(l->top, fabs((double)l->target[i * l->ld + j]));
    return AIMC_OK;
}

/* How far the weights really are. */
static double weight_error(const closed_loop *l)
{
    const aimci_array *a = l->tile->array;
    double error = 0, square = 0;
    for (size_t i = 0; i < a->n_out; i++)
        for (size_t j = 0; j < a->n_in; j++) {
            const double t = (double)l->target[i * l->ld + j];
            const double e = (double)a->w[j * a->ld + i] - t;
            error += e * e;
            square += t * t;
        }
    return square > 0 ? sqrt(error / square) : 0;
}

static aimc_status check(const aimc_tile *t, const float *w, size_t ld, const aimc_config *config)
{
    const char *caller = "tile_write";
    if (!t || !w)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, t ? "w" : "tile");
    if (ld < t->array->n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: ld_w = %zu is less than n_in = %zu", caller, ld,
                          t->array->n_in);
    if (!aimci_all_finite(w, t->array->n_out, t->array->n_in, ld))
        return aimci_fail(AIMC_ERR_INVALID, "%s: w holds a value that is not finite", caller);
    const aimc_status st = aimci_config_expect(caller, config, &aimci_kind_programming);
    if (st)
        return st;
    if (!t->array->device->ops->pulsed)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: device '%s' takes no pulses", caller,
                          t->array->device->ops->kind->name);
    if (t->programmed.owner || aimci_tile_is_composite(t))
        return aimci_fail(AIMC_ERR_STATE, "%s: %s", caller,
                          t->programmed.owner ? "the tile is programmed for inference"
                                              : "its optimizer composes weights of several arrays");
    return AIMC_OK;
}

aimc_status aimc_tile_write(aimc_tile *t, const float *w, size_t ld_w, const aimc_config *config,
                            aimc_inference_report *report)
{
    aimc_status st = check(t, w, ld_w, config);
    if (!st)
        st = aimci_struct_out_expect("tile_write", report, 8);
    if (st)
        return st;
    aimci_programming q;
    aimci_config_read(config, &aimci_kind_programming, &q);
    const uint64_t pulses_before = t->counters.pulses_up + t->counters.pulses_down;
    closed_loop l = {.tile = t, .q = &q, .target = w, .ld = ld_w};
    st = open_loop(&l);
    if (!st)
        st = run(&l);
    if (!st) {
        l.report.n_weights = t->array->n_in * t->array->n_out;
        l.report.n_devices = aimci_array_count_devices(t->array);
        l.report.pulses = t->counters.pulses_up + t->counters.pulses_down - pulses_before;
        l.report.gain_mean = l.report.gain_min = l.report.gain_max = 1;
        l.report.weight_error = weight_error(&l);
        if (t->trainer.reset)
            t->trainer.reset(t->trainer.owner);
    }
    aimci_free(t->ctx, l.block);
    aimci_free(t->ctx, l.counts);
    return !st && report ? aimci_struct_out("tile_write", report, &l.report, sizeof l.report, 8)
                         : st;
}
