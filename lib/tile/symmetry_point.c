/* SPDX-License-Identifier: MIT */
/* Symmetry points, measured, and zero shifting: H. Kim et al., "Zero-shifting technique for deep
 * neural network training on resistive cross-point arrays", arXiv:1907.10228 (2019). */
#include <string.h>

#include "tile/tile.h"

enum { MAX_PAIRS = 1000000 };

/* ---- measuring ------------------------------------------------------------------------------ */

/* Weights of a line, apparent and persistent, its pulses and bounds, and those of all members:
 * saved to or restored from buf. Returns the floats that takes; buf NULL: only counts. */
static size_t exchange_line(const aimci_array *a, size_t j, float *buf, bool save)
{
    const size_t bytes = a->ld * sizeof *buf;
    const aimci_word_line line = aimci_array_word_line(a, j);
    float *const parameters[] = {line.w,
                                 line.p,
                                 line.cell[AIMCI_CELL_PULSES],
                                 line.cell[AIMCI_CELL_PULSES_REST],
                                 line.cell[AIMCI_CELL_MAX],
                                 line.cell[AIMCI_CELL_MIN]};
    enum { N_PARAMETERS = sizeof parameters / sizeof *parameters };
    size_t n = 0;
    for (int k = 0; k < N_PARAMETERS; k++) {
        if (!parameters[k])
            continue;
        if (buf && save)
            memcpy(buf + n, parameters[k], bytes);
        else if (buf)
            memcpy(parameters[k], buf + n, bytes);
        n += a->ld;
    }
    for (size_t k = 0; k < a->n_members; k++)
        n += exchange_line(a->members[k], j, buf ? buf + n : NULL, save);
    return n;
}

typedef struct sp_job {
    const aimci_array *array;
    uint32_t n_pairs;
    float *plane;
    int32_t *counts; /* for each slot: a line of +1, a line of -1 */
    float *lines;    /* for each slot: the line as it was */
    size_t line_floats;
    double *sums;
} sp_job;

static void add(double *sum, const float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += (double)p[i];
}

/* All pairs on one line, with the noise that the next pulses of the array would have; then the line
 * is as it was. */
static void measure_line(void *arg, size_t slot, size_t j)
{
    sp_job *job = arg;
    const aimci_array *a = job->array;
    const size_t n = a->n_out;
    const float *p = a->p + j * a->ld;
    int32_t *up = job->counts + 2 * slot * a->ld, *down = up + a->ld;
    float *saved = job->lines + slot * job->line_floats;
    double *sum = job->sums + slot * n;
    const uint32_t first = job->n_pairs / 2; /* the way there is not averaged */
    exchange_line(a, j, saved, true);
    for (size_t i = 0; i < n; i++) {
        up[i] = 1;
        down[i] = -1;
        sum[i] = 0;
    }
    for (uint32_t k = 0; k < job->n_pairs; k++) {
        const int32_t *const counts[2] = {up, down};
        for (uint32_t h = 0; h < 2; h++) {
            const aimci_pulse_key key =
                aimci_array_pulse_key(a, a->n_updates + 2 * (uint64_t)k + h, 0);
            aimci_array_pulse(a, j, counts[h], &key);
            if (k >= first)
                add(sum, p, n);
        }
    }
    for (size_t i = 0; i < n; i++)
        job->plane[j * a->ld + i] = (float)(sum[i] / (2.0 * (job->n_pairs - first)));
    exchange_line(a, j, saved, false);
}

/* The state of symmetry: mean of the persistent weights over the second half of n_pairs pairs of an
 * up and a down pulse, stored like the array. The devices are then as they were. */
static aimc_status symmetry_points(const aimci_array *a, uint32_t n_pairs, float *plane)
{
    const size_t slots = aimci_context_slots(a->ctx);
    sp_job job = {.array = a, .n_pairs = n_pairs, .plane = plane};
    job.line_floats = exchange_line(a, 0, NULL, true);
    job.counts = aimci_calloc(a->ctx, slots * 2 * a->ld, sizeof *job.counts);
    job.lines = aimci_calloc(a->ctx, slots * job.line_floats, sizeof *job.lines);
    job.sums = aimci_calloc(a->ctx, slots * a->n_out, sizeof *job.sums);
    const bool enough = job.counts && job.lines && job.sums;
    if (enough)
        aimci_parallel(a->ctx, a->n_in, measure_line, &job);
    aimci_free(a->ctx, job.counts);
    aimci_free(a->ctx, job.lines);
    aimci_free(a->ctx, job.sums);
    return enough ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "no memory to find symmetry points");
}

static aimc_status check(const char *caller, const aimc_tile *t, uint32_t n_pairs)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "%s: tile is NULL", caller);
    if (!t->array->device->ops->pulsed)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: device '%s' takes no pulses", caller,
                          t->array->device->ops->kind->name);
    if (n_pairs == 0 || n_pairs > MAX_PAIRS)
        return aimci_fail(AIMC_ERR_INVALID, "%s: n_pairs = %u is out of range [1, %d]", caller,
                          n_pairs, MAX_PAIRS);
    return AIMC_OK;
}

aimc_status aimc_tile_find_symmetry_point(const aimc_tile *t, uint32_t n_pairs, float *value,
                                          size_t ld)
{
    const char *caller = "tile_find_symmetry_point";
    aimc_status st = check(caller, t, n_pairs);
    if (st)
        return st;
    const aimci_array *a = t->array;
    if (!value)
        return aimci_fail(AIMC_ERR_INVALID, "%s: value is NULL", caller);
    if (ld < a->n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: ld = %zu is less than n_in = %zu", caller, ld,
                          a->n_in);
    float *plane = aimci_calloc(a->ctx, a->ld * a->n_in, sizeof *plane);
    if (!plane)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    st = symmetry_points(a, n_pairs, plane);
    if (!st)
        aimci_array_get(a, plane, value, ld);
    aimci_free(a->ctx, plane);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

/* ---- zero shifting -------------------------------------------------------------------------- */

/* What measuring did to the devices that were measured, before they were put back. */
static void count_pairs(const aimci_array *a, uint32_t n_pairs)
{
    float *pulses = a->cell[AIMCI_CELL_PULSES];
    for (size_t k = 0; pulses && k < a->ld * a->n_in; k++)
        pulses[k] += 2.0f * (float)n_pairs;
    aimci_array_wear(a);
}

/* w = w_0 - w_1: the symmetry point of w_0 becomes w_1, and w_0 moves with it. */
static aimc_status shift_cell(aimci_array *a, uint32_t n_pairs)
{
    const aimci_cell *cell = a->device->cell;
    aimci_array *device = a->members[cell->first], *reference = a->members[1 - cell->first];
    const aimc_status st = symmetry_points(device, n_pairs, reference->p);
    if (st)
        return st;
    device->n_updates += 2 * (uint64_t)n_pairs;
    count_pairs(device, n_pairs);
    aimci_array_commit(reference, AIMCI_COMMIT_EXACT);
    aimci_array_commit(a, AIMCI_COMMIT_EXACT);
    return AIMC_OK;
}

/* Physical state is weight + reference: the symmetry point of the weight is added to the reference,
 * so that it lies at weight 0. */
static aimc_status shift_reference(aimci_array *a, uint32_t n_pairs)
{
    const size_t n = a->ld * a->n_in;
    float *plane = aimci_calloc(a->ctx, n, sizeof *plane);
    if (!plane)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory to shift symmetry points");
    const aimc_status st = symmetry_points(a, n_pairs, plane);
    for (size_t k = 0; k < n && !st; k++)
        a->cell[AIMCI_CELL_REFERENCE][k] += plane[k];
    aimci_free(a->ctx, plane);
    if (st)
        return st;
    a->n_updates += 2 * (uint64_t)n_pairs;
    count_pairs(a, n_pairs);
    aimci_array_commit(a, AIMCI_COMMIT_EXACT);
    return AIMC_OK;
}

aimc_status aimci_array_shift(aimci_array *a, uint32_t n_pairs)
{
    const aimci_cell *cell = a->device->cell;
    if (cell && cell->policy == AIMCI_POLICY_SINGLE_FIXED && cell->n_members == 2)
        return shift_cell(a, n_pairs);
    if (a->cell[AIMCI_CELL_REFERENCE])
        return shift_reference(a, n_pairs);
    return aimci_fail(AIMC_ERR_UNSUPPORTED,
                      "device '%s' has no reference; reference_cell gives it one",
                      a->device->ops->kind->name);
}

aimc_status aimc_tile_shift_symmetry_point(aimc_tile *t, uint32_t n_pairs)
{
    const char *caller = "tile_shift_symmetry_point";
    aimc_status st = check(caller, t, n_pairs);
    if (!st && aimci_tile_is_composite(t))
        st = aimci_fail(AIMC_ERR_STATE,
                        "%s: optimizer '%s' composes the weights of several arrays; shift before "
                        "it is bound",
                        caller, t->trainer.name);
    if (!st)
        st = aimci_array_shift(t->array, n_pairs);
    if (st)
        return aimci_fail_within(st, "%s: ", caller);
    const uint64_t pulses = (uint64_t)n_pairs * t->array->n_out * t->array->n_in;
    t->counters.pulses_up += pulses;
    t->counters.pulses_down += pulses;
    t->counters.weight_writes += t->array->n_out * t->array->n_in;
    return AIMC_OK;
}
