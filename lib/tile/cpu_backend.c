/* SPDX-License-Identifier: MIT */
/* The back end of CPUs: kernels of the device (device/model.h) on one word line after the other. */
#include <string.h>

#include "core/compiler.h"
#include "tile/backend.h"
#include "tile/half_select.h"

static void sample_word_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    const aimci_array *a = arg;
    const aimc_device *d = a->device;
    const aimci_word_line line = aimci_array_word_line(a, j);
    const aimci_sampling sampling = {a->seed, (uint32_t)j, (uint32_t)a->n_in};
    if (aimci_device_pulsed(d))
        d->populate(d->params, &line, &sampling);
    d->sampling_kernels->drift(&d->relaxation.drift, &line, &sampling);
    d->sampling_kernels->endurance(&d->endurance, &line, &sampling);
    d->relaxation_kernels->clip(&line);
    if (line.w != line.p)
        memcpy(line.w, line.p, line.n * sizeof *line.w);
}

static void sample(aimci_array *a)
{
    aimci_parallel(a->ctx, a->n_in, sample_word_line, a);
}

static void clip(aimci_array *a)
{
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_word_line line = aimci_array_word_line(a, j);
        a->device->relaxation_kernels->clip(&line);
    }
}

static void copy_apparent(aimci_array *a)
{
    memcpy(a->w, a->p, a->ld * a->n_in * sizeof *a->w);
}

static void redraw(aimci_array *a, const aimci_key *key)
{
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_word_line line = aimci_array_word_line(a, j);
        a->device->relaxation_kernels->redraw(&a->device->relaxation, &line, key, (uint32_t)j);
    }
}

static void relax(aimci_array *a, int way, float amount, const aimci_key *key,
                  aimci_word_line_range lines)
{
    const aimci_relax_fn relax_word_line = a->device->relaxation_kernels->relax[way];
    for (size_t k = 0; k < lines.n; k++) {
        const size_t j = (lines.first + k) % a->n_in;
        const aimci_word_line line = aimci_array_word_line(a, j);
        relax_word_line(&a->device->relaxation, &line, amount, key, (uint32_t)j);
    }
}

/* ---- pulses --------------------------------------------------------------------------------- */

typedef struct pulse_job {
    aimci_array *array;
    aimci_pulse_chunk *chunk;
} pulse_job;

/* Signed pulse counts of vector b on word line j, where it fires; false when there are none. */
static bool count_pulses(const aimci_pulse_chunk *c, size_t n_out, size_t b, size_t j,
                         int32_t *counts, uint64_t *pulses)
{
    const aimci_train *in = &c->in[b], *out = &c->out[b];
    if (c->counting == AIMCI_COUNT_COINCIDENCES)
        return c->kernels->coincide(out, in->mask + j, in->stride, in->negative[j], counts,
                                    c->uncounted ? NULL : &pulses[0],
                                    c->uncounted ? NULL : &pulses[1]);
    const float q_in = c->q_in[b * c->ld_in + j], slots = (float)c->n_slots[b];
    const float scale = c->counting == AIMCI_COUNT_MEAN ? 1 / slots : slots;
    return c->kernels->count_product(c->q_out + b * c->ld_out, out->negative, n_out, q_in,
                                     in->negative[j], scale, counts, &pulses[0], &pulses[1]);
}

/* Slots in which a line fires, and expected ones where trains are not drawn. */
static int32_t count_fires(const aimci_pulse_chunk *c, const aimci_train *train, float q, size_t b,
                           size_t i)
{
    int32_t n = 0;
    if (c->counting != AIMCI_COUNT_COINCIDENCES)
        return (int32_t)(q * (c->counting == AIMCI_COUNT_MEAN ? 1.0f : (float)c->n_slots[b]) +
                         0.5f);
    for (uint32_t w = 0; w < train->n_words; w++)
        n += __builtin_popcount(train->mask[w * train->stride + i]);
    return n;
}

/* Cells of word line j see half the voltage in slots in which one of their lines fires alone, with
 * the sign of what both would have done; counts holds those in which both fired. */
static void half_select(const aimci_array *a, const aimci_word_line *line, size_t j,
                        const aimci_pulse_chunk *c, size_t b, int32_t *counts)
{
    const aimci_train *in = &c->in[b], *out = &c->out[b];
    const int32_t fires = count_fires(c, in, c->q_in[b * c->ld_in + j], b, j);
    for (size_t i = 0; i < a->n_out; i++) {
        const int32_t both = counts[i] < 0 ? -counts[i] : counts[i];
        const int32_t all = fires + count_fires(c, out, c->q_out[b * c->ld_out + i], b, i);
        const int32_t half = all > 2 * both ? all - 2 * both : 0;
        counts[i] = out->negative[i] == in->negative[j] ? -half : half;
    }
    aimci_half_select_pulse(a, line, j, counts, &c->key[b].half);
}

/* Counts of a word line that have been collected; the key is that of their first vector. */
static void pulse_rows(const aimci_array *a, const aimci_word_line *line, size_t j,
                       const aimci_rows *rows, int32_t *scratch, const aimci_pulse_key *key)
{
    if (scratch)
        aimci_array_merge_word_line(a, line, j, rows, scratch, key);
    else
        aimci_array_pulse_word_line(a, line, j, rows->count, key);
}

/* All vectors that word line j waits for. */
static void pulse_waiting(void *arg, size_t slot, size_t j)
{
    const pulse_job *job = arg;
    const aimci_array *a = job->array;
    aimci_pulse_chunk *c = job->chunk;
    const uint64_t fires = c->fires[0][j] | (uint64_t)c->fires[1][j] << 32;
    if (!fires)
        return;
    int32_t *const counts = c->counts + slot * (c->n_rows + 1) * c->ld_out;
    const bool merges = c->n_rows > 1 && aimci_array_merges(a);
    const size_t most = merges ? c->n_rows : 1;
    int32_t *scratch = merges ? counts + most * c->ld_out : NULL;
    const aimci_word_line line = aimci_array_word_line(a, j);
    aimci_rows rows = {.count = counts, .ld = c->ld_out};
    size_t first = 0;
    for (uint64_t left = fires; left; left &= left - 1) {
        const size_t b = aimci_lowest_bit(left);
        int32_t *const next = counts + rows.n * c->ld_out;
        const bool any = count_pulses(c, a->n_out, b, j, next, c->pulses + slot * 8);
        if (any && rows.n++ == 0)
            first = b;
        if (any && rows.n == most) {
            pulse_rows(a, &line, j, &rows, scratch, &c->key[first]);
            rows.n = 0;
        }
        if (a->half) {
            if (!any)
                memset(next, 0, c->ld_out * sizeof *next);
            half_select(a, &line, j, c, b, next);
        }
    }
    if (rows.n)
        pulse_rows(a, &line, j, &rows, scratch, &c->key[first]);
    c->fires[0][j] = c->fires[1][j] = 0;
}

static void pulse(aimci_array *a, aimci_pulse_chunk *chunk)
{
    pulse_job job = {a, chunk};
    aimci_parallel(a->ctx, a->n_in, pulse_waiting, &job);
}

static void pulse_word_line(aimci_array *a, aimci_pulse_chunk *chunk, size_t j)
{
    pulse_job job = {a, chunk};
    pulse_waiting(&job, 0, j);
}

const aimci_backend aimci_cpu_backend = {
    .sample = sample,
    .clip = clip,
    .copy_apparent = copy_apparent,
    .redraw = redraw,
    .relax = relax,
    .pulse = pulse,
    .pulse_word_line = pulse_word_line,
};
