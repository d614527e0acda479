/* SPDX-License-Identifier: MIT */
/* Raw writes of a tile: pulses by count, decay, diffusion, reset. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "tile/half_select.h"
#include "tile/tile.h"

enum { MAX_COUNT = 1000000 };

typedef struct pulse_job {
    aimc_tile *tile;
    const int32_t *counts;
    size_t ld;
    aimci_pulse_key key;
    int32_t *lines; /* one line of counts for each slot */
    _Atomic uint64_t up, down;
} pulse_job;

static void pulse_line(void *arg, size_t slot, size_t j)
{
    pulse_job *job = arg;
    const aimci_array *a = job->tile->array;
    int32_t *line = job->lines + slot * a->ld;
    uint64_t up = 0, down = 0;
    for (size_t i = 0; i < a->n_out; i++) {
        const int32_t c = job->counts[i * job->ld + j];
        line[i] = c;
        *(c > 0 ? &up : &down) += (uint64_t)(c > 0 ? c : -c);
    }
    aimci_array_pulse(a, j, line, &job->key);
    aimci_half_select_note(a, j, line);
    atomic_fetch_add(&job->up, up);
    atomic_fetch_add(&job->down, down);
}

static aimc_status check_counts(const aimc_tile *t, const int32_t *counts, size_t ld)
{
    if (!t || !counts)
        return aimci_fail(AIMC_ERR_INVALID, "tile_pulse: %s is NULL", t ? "counts" : "tile");
    if (!t->array->device->ops->pulsed)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "tile_pulse: device '%s' takes no pulses",
                          t->array->device->ops->kind->name);
    if (ld < t->array->n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "tile_pulse: ld = %zu is less than n_in = %zu", ld,
                          t->array->n_in);
    for (size_t i = 0; i < t->array->n_out; i++)
        for (size_t j = 0; j < t->array->n_in; j++)
            if (counts[i * ld + j] > MAX_COUNT || counts[i * ld + j] < -MAX_COUNT)
                return aimci_fail(AIMC_ERR_INVALID,
                                  "tile_pulse: counts[%zu][%zu] = %d; at most %d pulses at once", i,
                                  j, counts[i * ld + j], MAX_COUNT);
    return AIMC_OK;
}

aimc_status aimc_tile_pulse(aimc_tile *t, const int32_t *counts, size_t ld)
{
    const aimc_status st = check_counts(t, counts, ld);
    if (st)
        return st;
    aimci_array *a = t->array;
    pulse_job job = {.tile = t, .counts = counts, .ld = ld};
    job.lines = aimci_calloc(t->ctx, aimci_context_slots(t->ctx) * a->ld, sizeof *job.lines);
    if (!job.lines)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_pulse: no memory");
    job.key = aimci_array_pulse_key(a, a->n_updates, 0);
    aimci_parallel(t->ctx, a->n_in, pulse_line, &job);
    aimci_array_count(a, job.up, job.down, &t->counters);
    aimci_array_advance(a, 1, &t->counters);
    aimci_array_end_batch(a, &t->counters);
    aimci_free(t->ctx, job.lines);
    return AIMC_OK;
}

/* ---- relaxation ----------------------------------------------------------------------------- */

aimc_status aimc_tile_decay(aimc_tile *t, double alpha)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_decay: tile is NULL");
    const aimc_status st =
        aimci_check_number("tile_decay", "alpha", alpha, 0, AIMCI_LARGEST_NUMBER);
    if (!st)
        aimci_array_decay(t->array, (float)alpha);
    return st;
}

aimc_status aimc_tile_diffuse(aimc_tile *t)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_diffuse: tile is NULL");
    aimci_array_diffuse(t->array);
    return AIMC_OK;
}

aimc_status aimc_tile_drift_trained(aimc_tile *t, double dt)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_drift_trained: tile is NULL");
    const aimc_status st =
        aimci_check_number("tile_drift_trained", "dt", dt, 0, AIMCI_LARGEST_NUMBER);
    if (!st)
        aimci_array_drift(t->array, dt);
    return st;
}

aimc_status aimc_tile_reset(aimc_tile *t, size_t first_in, size_t n, double prob)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_reset: tile is NULL");
    if (first_in >= t->array->n_in || n > t->array->n_in)
        return aimci_fail(AIMC_ERR_INVALID, "tile_reset: %zu columns from %zu of %zu", n, first_in,
                          t->array->n_in);
    if (!(prob >= 0 && prob <= 1))
        return aimci_fail(AIMC_ERR_INVALID, "tile_reset: prob = %g is out of range [0, 1]", prob);
    aimci_array_reset(t->array, first_in, n, (float)prob);
    return AIMC_OK;
}
