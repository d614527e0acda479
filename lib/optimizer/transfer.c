/* SPDX-License-Identifier: MIT */
/* The loop of the transfer engine; see transfer.h. Reading and writing slices: transfer_io.c. */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "optimizer/transfer.h"

/* ---- effective weight ----------------------------------------------------------------------- */

/* W = sum_k gamma_k A_k, with A_0 turned back by its choppers (they are -1 where turned). */
void aimci_transfer_recompose(void *state)
{
    aimci_transfer *e = state;
    if (!e->composite)
        return;
    const size_t n_in = e->array->n_in, n_out = e->array->n_out, ld = e->array->ld;
    const int32_t *in = e->params.transfer_columns ? e->chop_in : e->chop_out;
    const int32_t *out = e->params.transfer_columns ? e->chop_out : e->chop_in;
    for (size_t j = 0; j < n_in; j++)
        for (size_t i = 0; i < n_out; i++) {
            double w = 0;
            for (size_t k = 0; k < e->n_arrays; k++) {
                const double a = e->gamma[k] * (double)e->arrays[k]->w[j * ld + i];
                w += k == 0 && (in[j] ^ out[i]) ? -a : a;
            }
            e->composite[j * ld + i] = aimci_finite_float(w);
        }
}

void aimci_transfer_show(aimci_transfer *e)
{
    const double last = e->gamma[e->n_arrays - 1];
    if (last != 1)
        aimci_array_scale(e->array, (float)(1 / last));
}

/* New weights were set on the slow array: everything else starts again. */
void aimci_transfer_reset(void *state)
{
    aimci_transfer *e = state;
    const size_t n = e->array->ld * e->array->n_in;
    for (size_t k = 0; k + 1 < e->n_arrays; k++) {
        aimci_array_zero(e->arrays[k]);
        for (size_t m = 0; m < e->n_matrices; m++)
            memset(e->matrices[k][m], 0, n * sizeof(float));
    }
    memset(e->chop_in, 0, e->in_size * sizeof *e->chop_in);
    memset(e->chop_out, 0, e->out_size * sizeof *e->chop_out);
    memset(e->switched, 0, e->in_size * sizeof *e->switched);
    memset(e->progress, 0, AIMCI_N_PROGRESS * sizeof *e->progress);
    memset(e->averages, 0, AIMCI_N_AVERAGES * sizeof *e->averages);
    aimci_transfer_show(e);
    aimci_transfer_recompose(e);
}

/* ---- rates and periods ---------------------------------------------------------------------- */

double aimci_transfer_rate(const aimci_transfer *e, size_t k)
{
    const aimci_list *each = &e->params.transfer_lr_vec;
    const double rate = k < each->n ? each->v[k] : e->params.transfer_lr;
    return e->params.scale_transfer_lr ? rate * e->lr : rate;
}

/* Running maxima, brought up to date before the pulses of a vector. Zero vectors are ignored; the
 * first value is taken as it is. */
static void follow(double *mean, double value, double weight)
{
    if (value > 0)
        *mean = *mean > 0 ? *mean + weight * (value - *mean) : value;
}

/* Rate of the gradient's pulses on the fast array. With auto_scale it is chosen so that a vector
 * whose largest |x| and |d| are the running maxima sends fast_lr times a full train to the cell
 * where they meet. The weight of a new maximum is spread over the mini-batch, so that the memory is
 * that of mini-batches whatever their size. */
static double fast_rate(aimci_transfer *e, const aimci_kernels *kernels, const float *x,
                        const float *d)
{
    const aimci_transfer_params *p = &e->params;
    if (p->auto_scale && p->fast_lr > 0) {
        const double weight = (1 - p->auto_momentum) / (double)e->batch;
        double *mean_x = &e->averages[AIMCI_MEAN_X], *mean_d = &e->averages[AIMCI_MEAN_D];
        follow(mean_x, (double)kernels->absmax(x, e->array->n_in), weight);
        follow(mean_d, (double)kernels->absmax(d, e->array->n_out), weight);
        if (*mean_x <= 0 || *mean_d <= 0)
            return 0;
        const double pulses = p->fast_lr * (double)aimci_pulser_length(e->fast);
        return pulses * e->granularity[0] / (*mean_x * *mean_d) * (p->scale_fast_lr ? e->lr : 1);
    }
    if (p->fast_lr <= 0)
        return e->lr;
    return p->scale_fast_lr ? p->fast_lr * e->lr : p->fast_lr;
}

/* Period of hop k: transfer_every, times one sweep for each further hop. */
static double period_of(const aimci_transfer *e, size_t k)
{
    const aimci_transfer_params *p = &e->params;
    if (k < p->transfer_every_vec.n)
        return p->transfer_every_vec.v[k];
    if (p->transfer_every < 0) {
        const double states = e->arrays[0]->device->info.num_states;
        return fmax(1, round(states / (double)e->in_size * -p->transfer_every));
    }
    const double reads = fmax(1, (double)p->n_reads_per_transfer);
    return p->transfer_every * aimci_pow((double)e->in_size / reads, (double)k);
}

/* Longer ones never end. */
static int64_t whole_period(double period)
{
    return (int64_t)fmin(fmax(1, round(period)), 1e18);
}

/* Vectors from b of the batch at hand to the next transfer of hop k; 0: none in this batch. A
 * period in vectors runs through all mini-batches; one in mini-batches ends with one of them, and a
 * fraction of one begins anew in each. */
static size_t vectors_until(const aimci_transfer *e, size_t k, size_t b)
{
    const double period = period_of(e, k);
    if (period <= 0)
        return 0;
    if (!e->params.units_in_mbatch) {
        const int64_t p = whole_period(period);
        return (size_t)(p - e->progress[AIMCI_T] % p);
    }
    if (period < 1) {
        const size_t p = (size_t)ceil(period * (double)e->batch);
        return p - b % p;
    }
    const bool due = (e->progress[AIMCI_BATCHES] + 1) % whole_period(period) == 0;
    return due ? e->batch - b : 0;
}

/* Vectors from b that can be drawn together: no transfer falls between them, because a transfer
 * reads the fast array and may turn its choppers. */
static size_t segment_length(const aimci_transfer *e, size_t b)
{
    size_t m = aimci_min_size(AIMCI_PULSER_CHUNK, e->batch - b);
    for (size_t k = 0; k + 1 < e->n_arrays; k++) {
        const size_t until = vectors_until(e, k, b);
        if (until)
            m = aimci_min_size(m, until);
    }
    return m;
}

/* ---- choppers ------------------------------------------------------------------------------- */

static double uniform(const aimci_transfer *e, uint32_t purpose, uint64_t index)
{
    const aimci_key key = aimci_random_key(e->arrays[0]->seed, AIMCI_OP_TRANSFER, purpose, index);
    return (double)(key.k[0] >> 8) * 0x1p-24;
}

/* 1e-9 is taken off so that the rounding of 1 / 0.1 and the like does not lengthen the period. */
int64_t aimci_transfer_chop_period(const aimci_transfer *e)
{
    const double prob = e->params.in_chop_prob;
    return prob > 0 ? (int64_t)fmin(fmax(ceil(1 / prob - 1e-9), 2), 1e18) : 0;
}

/* Is the chopper of a slice due after this read? */
static bool chop_due(const aimci_transfer *e)
{
    if (e->params.in_chop_random)
        return uniform(e, 1, (uint64_t)e->progress[AIMCI_EVENTS]) < e->params.in_chop_prob;
    const int64_t period = aimci_transfer_chop_period(e);
    return period > 0 && e->progress[AIMCI_SWEEP] % period + 1 == period;
}

/* After slice s was read. Signs of slices may turn with every read of one; signs of elements are
 * common to all slices and turn only between sweeps, so that every slice of a sweep was read with
 * the same ones. */
static void chop(aimci_transfer *e, size_t s)
{
    if (chop_due(e)) {
        e->chop_in[s] = ~e->chop_in[s];
        e->switched[s] = 1;
    }
    if (s + 1 < e->in_size)
        return;
    for (size_t r = 0; e->params.out_chop_prob > 0 && r < e->out_size; r++) {
        const uint64_t index = (uint64_t)e->progress[AIMCI_SWEEP] * e->out_size + r;
        if (uniform(e, 2, index) < e->params.out_chop_prob)
            e->chop_out[r] = ~e->chop_out[r];
    }
    e->progress[AIMCI_SWEEP]++;
}

/* Gain of a reading, in thresholds of the buffer:
 *
 *     h = lr_T / b,  b = B g_A, with auto_granularity G times G / (in_size |transfer_every|)
 *
 * With correct_gradient_magnitudes the rate of the fast array is divided out, too, and the
 * threshold counts in granularities of the slow array. */
double aimci_transfer_gain(const aimci_transfer *e)
{
    const aimci_transfer_params *p = &e->params;
    double threshold = (p->buffer_granularity > 0 ? p->buffer_granularity : 1) * e->granularity[0];
    if (p->auto_granularity > 0)
        threshold *= p->auto_granularity / ((double)e->in_size * fabs(p->transfer_every));
    const double rate = fabs(aimci_transfer_rate(e, 0));
    if (!p->correct_gradient_magnitudes)
        return rate / threshold;
    const double fast = e->averages[AIMCI_RATE];
    return fast > 0 ? rate / (fast * threshold * e->granularity[1] / e->granularity[0]) : 0;
}

/* ---- transfers ------------------------------------------------------------------------------ */

/* The fast array is about to be read, so the vectors that wait for it must have been pulsed. A
 * column is one word line and can be pulsed alone; a row crosses all word lines. */
static void apply_to_slice(aimci_transfer *e, size_t s, aimc_counters *counters)
{
    if (e->params.transfer_columns)
        aimci_pulser_apply_word_line(e->fast, s);
    else
        aimci_pulser_apply(e->fast, counters);
}

/* The order matters: the reading is turned back by the signs under which the gradient was pulsed,
 * so a chopper turns only after the rule has used the reading. Later vectors meet the new sign. */
static void transfer(aimci_transfer *e, size_t k, aimc_counters *fast)
{
    const aimci_transfer_params *p = &e->params;
    int64_t *pointer = &e->progress[AIMCI_POINTER + k];
    size_t s = (size_t)*pointer % e->in_size; /* a file may say anything */
    if (p->random_selection)
        s = (size_t)(uniform(e, 3, (uint64_t)e->progress[AIMCI_EVENTS]) * (double)e->in_size);
    const size_t reads = aimci_min_size(
        (size_t)(p->n_reads_per_transfer > 0 ? p->n_reads_per_transfer : 1), e->in_size);
    for (size_t r = 0; r < reads; r++, s = (s + 1) % e->in_size) {
        if (k == 0)
            apply_to_slice(e, s, fast);
        aimci_transfer_read(e, k, s, e->z);
        if (p->with_reset_prob > 0) /* exactly the slice that was read */
            aimci_array_reset(e->arrays[k], s, 1, (float)p->with_reset_prob);
        e->rule->pass_on(e, k, s, e->z);
        if (e->rule->chopped)
            chop(e, s);
        e->progress[AIMCI_EVENTS]++;
    }
    *pointer = (int64_t)s;
    e->stats.transfers++;
}

/* Vectors b ... b + m of the batch for the fast array; its lines wait for them until they are
 * read. */
static void draw_segment(aimci_transfer *e, const aimci_outer *batch, size_t b, size_t m,
                         aimc_counters *counters)
{
    const aimci_kernels *kernels = aimci_kernels_get(aimc_context_get_cpu(e->ctx));
    double rate[AIMCI_PULSER_CHUNK];
    const bool columns = e->params.transfer_columns;
    aimci_outer segment = *batch;
    segment.n = m;
    segment.x += b * batch->ld_x;
    segment.d += b * batch->ld_d;
    segment.rate = rate;
    segment.flip_in = columns ? e->chop_in : e->chop_out;
    segment.flip_out = columns ? e->chop_out : e->chop_in;
    for (size_t v = 0; v < m; v++) {
        rate[v] = fast_rate(e, kernels, segment.x + v * batch->ld_x, segment.d + v * batch->ld_d);
        e->averages[AIMCI_RATE] = rate[v];
    }
    aimci_pulser_generate(e->fast, e->arrays[0], e->granularity[0], &segment, counters);
    e->progress[AIMCI_T] += (int64_t)m;
}

/* Segments of vectors alternate with the transfers that are due after them, the hops in order, so
 * that a reading can go on to the next array within the same step. Which transfers are due is asked
 * before the segment is drawn, as drawing moves the count of vectors. */
void aimci_transfer_step(void *state, aimc_tile *tile, const aimci_batch *part, double lr)
{
    aimci_transfer *e = state;
    const aimci_outer batch = {.x = part->x, .d = part->d, .ld_x = part->ld_x, .ld_d = part->ld_d};
    aimc_counters fast = {0};
    e->batch = part->total;
    e->lr = lr;
    for (size_t b = 0; b < part->n && lr > 0;) {
        const size_t m = aimci_min_size(segment_length(e, part->first + b), part->n - b);
        bool due[AIMCI_TRANSFER_MAX_ARRAYS] = {false};
        for (size_t k = 0; k + 1 < e->n_arrays; k++)
            due[k] = vectors_until(e, k, part->first + b) == m;
        draw_segment(e, &batch, b, m, &fast);
        b += m;
        for (size_t k = 0; k + 1 < e->n_arrays; k++)
            if (due[k])
                transfer(e, k, &fast);
    }
    aimci_pulser_apply(e->fast, &fast);
    e->stats.fast_up += fast.pulses_up;
    e->stats.fast_down += fast.pulses_down;
    aimci_counters_add(&tile->counters, &fast);
    if (!aimci_batch_ends(part))
        return;
    aimci_transfer_flush(e);
    e->progress[AIMCI_BATCHES]++;
    for (size_t k = 0; k < e->n_arrays; k++)
        aimci_array_relax(e->arrays[k], &tile->counters);
    aimci_transfer_recompose(e);
}

void aimci_transfer_stats(const void *state, aimc_optimizer_stats *stats)
{
    *stats = ((const aimci_transfer *)state)->stats;
}
