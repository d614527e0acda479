/* SPDX-License-Identifier: MIT */
/* Arrays of single devices: keys and order are decided here, the work is the back end's. */
#include <stdio.h>

#include "core/elementary.h"
#include "tile/array_ops.h"
#include "tile/backend.h"

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status create(aimci_array *a, const char *caller)
{
    (void)caller;
    a->backend->sample(a);
    return AIMC_OK;
}

static void destroy(aimci_array *a)
{
    (void)a;
}

static size_t name(const aimci_array *a, aimci_named_parameter *parameters)
{
    size_t n = 0;
    for (int k = 0; k < AIMCI_N_NAMED_PARAMETERS; k++) {
        const aimci_cell_parameter *p = &aimci_cell_parameters[k];
        if (!p->needed(a->device, p->number))
            continue;
        if (parameters) {
            snprintf(parameters[n].name, sizeof parameters[n].name, "%s",
                     aimci_cell_parameter_name(p, a->device));
            parameters[n].data = a->cell[p->number];
        }
        n++;
    }
    return n;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* The apparent weights follow the persistent ones: with a new draw of write noise, or exactly. */
static void follow(aimci_array *a, bool noisy)
{
    a->n_writes++;
    if (a->w == a->p)
        return;
    if (!noisy) {
        a->backend->copy_apparent(a);
        return;
    }
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_WRITE_NOISE, 0, a->n_events++);
    a->backend->redraw(a, &key);
}

static void commit(aimci_array *a, aimci_commit how)
{
    const aimci_pulsed *p = aimci_device_pulsed(a->device);
    if (how != AIMCI_COMMIT_SHOW)
        a->backend->clip(a);
    follow(a, how == AIMCI_COMMIT_NOISY ||
                  (how == AIMCI_COMMIT_SET && p && p->apply_write_noise_on_set));
}

void aimci_array_wear(const aimci_array *a)
{
    for (size_t j = 0; a->cell[AIMCI_CELL_FRESH_MAX] && j < a->n_in; j++) {
        const aimci_word_line line = aimci_array_word_line(a, j);
        a->device->relaxation_kernels->wear(&a->device->endurance, &line, NULL);
    }
}

static void clip(aimci_array *a)
{
    aimci_array_wear(a);
    commit(a, AIMCI_COMMIT_NOISY);
}

/* ---- relaxation ----------------------------------------------------------------------------- */

static bool decays(const aimci_array *a)
{
    return a->cell[AIMCI_CELL_DECAY] || a->device->relaxation.decay < 1.0f;
}

static bool diffuses(const aimci_array *a)
{
    return a->device->relaxation.diffusion > 0;
}

static bool drifts(const aimci_array *a)
{
    return a->device->relaxation.drift.nu > 0;
}

static bool resets(const aimci_array *a)
{
    (void)a;
    return true;
}

/* An operation that draws takes the next number of the array's events, so that whether a device has
 * it decides about the streams of what comes after: hence acts(). Decay draws nothing. */
static const struct {
    bool (*acts)(const aimci_array *array);
    bool draws;
    uint32_t op;
} ways[AIMCI_N_RELAX] = {
    [AIMCI_RELAX_DECAY] = {decays, false, 0},
    [AIMCI_RELAX_DIFFUSE] = {diffuses, true, AIMCI_OP_DIFFUSE},
    [AIMCI_RELAX_DRIFT] = {drifts, true, AIMCI_OP_DRIFT},
    [AIMCI_RELAX_RESET] = {resets, true, AIMCI_OP_RESET},
};

static void relax(aimci_array *a, const aimci_relax_event *e)
{
    if (!ways[e->way].acts(a))
        return;
    const double unit = e->way == AIMCI_RELAX_DRIFT ? a->device->drift_t_0 : 1;
    aimci_key key = {{0}};
    if (ways[e->way].draws)
        key = aimci_random_key(a->seed, ways[e->way].op, 0, a->n_events++);
    a->backend->relax(a, e->way, (float)(e->amount / unit), &key,
                      (aimci_word_line_range){e->first_in, e->n_in});
    follow(a, true);
}

/* A read takes so little off that single precision might lose it: reads wait until together they
 * are worth this share of the distance, and what is read meanwhile is off by no more. */
static const double worth_moving = 0x1p-12;

static bool disturb(aimci_array *a, uint64_t n)
{
    const double rate = a->device->relaxation.disturb.rate;
    if (!(rate > 0))
        return false;
    a->n_reads += n;
    const double exponent = rate * (double)a->n_reads;
    if (exponent < worth_moving)
        return false;
    const aimci_key none = {{0}};
    a->n_reads = 0;
    a->n_writes++;
    a->backend->relax(a, AIMCI_RELAX_DISTURB, (float)-aimci_expm1(-exponent), &none,
                      (aimci_word_line_range){0, a->n_in});
    return true;
}

/* ---- pulses --------------------------------------------------------------------------------- */

/* For devices that count their pulses. */
static void note_pulses(const aimci_array *a, const aimci_word_line *line, const int32_t *count)
{
    if (line->cell[AIMCI_CELL_PULSES])
        a->device->relaxation_kernels->wear(&a->device->endurance, line, count);
}

static void pulse(const aimci_array *a, const aimci_word_line *line, size_t j, const int32_t *count,
                  const aimci_pulse_key *key)
{
    a->device->kernels->pulse(a->device->law, line, count, &key->noise, (uint32_t)j);
    note_pulses(a, line, count);
}

static bool merges(const aimci_array *a)
{
    const aimc_device *d = a->device;
    return a->multi_pulse == AIMCI_MULTI_BATCH && d->kernels && d->kernels->merge;
}

void aimci_array_merge_word_line(const aimci_array *a, const aimci_word_line *line, size_t j,
                                 const aimci_rows *rows, int32_t *scratch,
                                 const aimci_pulse_key *key)
{
    a->device->kernels->merge(a->device->law, line, rows, scratch, &key->noise, (uint32_t)j);
    for (size_t r = 0; r < rows->n; r++)
        note_pulses(a, line, rows->count + r * rows->ld);
}

static void count(const aimci_array *a, uint64_t up, uint64_t down, aimc_counters *counters)
{
    (void)a;
    counters->pulses_up += up;
    counters->pulses_down += down;
}

const aimci_array_ops aimci_single_array = {
    .create = create,
    .destroy = destroy,
    .name = name,
    .commit = commit,
    .clip = clip,
    .relax = relax,
    .disturb = disturb,
    .pulse = pulse,
    .merges = merges,
    .count = count,
};
