/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tile/array.h"
#include "tile/cell_array.h"

/* ---- memory --------------------------------------------------------------------------------- */

#define MAX_PLANES (AIMCI_PLANE_BASE + AIMCI_MAX_OWN_PLANES + 11)

/* Which planes a device needs: base and own always, others only where cells differ. */
static size_t assign_planes(aimci_array *a, float *block, size_t plane_size)
{
    const aimc_device *d = a->device;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    size_t n = 0;
    float **slots[MAX_PLANES];
    slots[n++] = &a->w;
    if (p) {
        for (int k = 0; k < AIMCI_PLANE_BASE; k++)
            slots[n++] = &a->base[k];
        for (int k = 0; d->model->own_planes[k]; k++)
            slots[n++] = &a->own[k];
        if (d->model->has_reference)
            slots[n++] = &a->reference;
        if (p->lifetime > 0 && p->lifetime_dtod > 0)
            slots[n++] = &a->decay;
        if (p->diffusion > 0 && p->diffusion_dtod > 0)
            slots[n++] = &a->diffusion;
        if (p->reset_dtod > 0)
            slots[n++] = &a->reset;
        if (p->write_noise_std > 0)
            slots[n++] = &a->p;
        if (p->count_pulses)
            slots[n++] = &a->pulses;
    }
    if (d->drift.nu > 0) {
        slots[n++] = &a->drift_anchor;
        slots[n++] = &a->drift_last;
        slots[n++] = &a->drift_age;
        if (d->drift.nu_spread > 0)
            slots[n++] = &a->drift_nu;
    }
    if (block) {
        for (size_t k = 0; k < n; k++)
            *slots[k] = block + k * plane_size;
        if (!a->p)
            a->p = a->w;
    }
    return n;
}

void aimci_array_destroy(aimci_array *a)
{
    if (!a)
        return;
    aimc_context *ctx = a->ctx;
    aimci_cell_array_destroy(a);
    aimci_free(ctx, a->planes);
    aimci_free(ctx, a->block);
    aimc_device_unref(a->device);
    aimci_free(ctx, a);
    aimci_context_unref(ctx);
}

static void populate_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    const aimci_array *a = arg;
    const aimci_line line = aimci_array_line(a, j);
    const aimci_birth birth = {a->seed, (uint32_t)j, (uint32_t)a->n_in};
    if (aimci_device_pulsed(a->device))
        a->device->kernels->populate(a->device->params, &line, &birth);
    a->device->upkeep_kernels->drift_born(&a->device->drift, &line, &birth);
    a->device->upkeep_kernels->clip(&line);
    if (line.w != line.p)
        memcpy(line.w, line.p, line.n * sizeof *line.w);
}

/* ---- planes by name ------------------------------------------------------------------------- */

/* Those of single devices; with planes NULL only counts. */
static size_t own_planes(const aimci_array *a, aimci_plane *planes)
{
    static const char *const base[] = {"max_bound", "min_bound", "dwmin_up", "dwmin_down"};
    const char *names[MAX_PLANES];
    float *data[MAX_PLANES];
    size_t n = 0, kept = 0;
    for (int k = 0; k < AIMCI_PLANE_BASE; k++)
        names[n] = base[k], data[n++] = a->base[k];
    for (int k = 0; k < AIMCI_MAX_OWN_PLANES; k++)
        names[n] = a->own[k] ? a->device->model->own_planes[k] : "", data[n++] = a->own[k];
    names[n] = "reference", data[n++] = a->reference;
    names[n] = "decay_scales", data[n++] = a->decay;
    names[n] = "diffusion_rates", data[n++] = a->diffusion;
    names[n] = "reset_bias", data[n++] = a->reset;
    names[n] = "drift_nu", data[n++] = a->drift_nu;
    names[n] = "drift_anchor", data[n++] = a->drift_anchor;
    names[n] = "drift_last", data[n++] = a->drift_last;
    names[n] = "drift_age", data[n++] = a->drift_age;
    names[n] = "pulses", data[n++] = a->pulses;
    names[n] = "persistent_weights", data[n++] = a->p != a->w ? a->p : NULL;
    for (size_t k = 0; k < n; k++) {
        if (!data[k])
            continue;
        if (planes)
            snprintf(planes[kept].name, sizeof planes->name, "%s", names[k]);
        if (planes)
            planes[kept].data = data[k];
        kept++;
    }
    return kept;
}

static aimc_status name_planes(aimci_array *a, const char *who)
{
    const bool cell = a->n_members > 0;
    a->n_planes = cell ? aimci_cell_array_planes(a, NULL) : own_planes(a, NULL);
    a->planes = aimci_calloc(a->ctx, a->n_planes + 1, sizeof *a->planes);
    if (!a->planes)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", who);
    if (cell)
        aimci_cell_array_planes(a, a->planes);
    else
        own_planes(a, a->planes);
    return AIMC_OK;
}

/* ---- making --------------------------------------------------------------------------------- */

aimc_status aimci_array_create(const aimc_device *device, size_t n_out, size_t n_in, uint64_t seed,
                               const char *who, aimci_array **out)
{
    aimc_context *ctx = device->ctx;
    aimci_array *a = aimci_calloc(ctx, 1, sizeof *a);
    if (!a)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", who);
    a->ctx = aimci_context_ref(ctx);
    a->device = aimc_device_ref((aimc_device *)(uintptr_t)device); /* counts only */
    a->n_out = n_out;
    a->n_in = n_in;
    a->ld = aimci_leading_dimension(n_out);
    a->seed = seed;
    const size_t n_planes = assign_planes(a, NULL, 0);
    a->block = aimci_calloc(ctx, a->ld * n_in * n_planes, sizeof(float));
    if (!a->block) {
        aimci_array_destroy(a);
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for %zu planes of %zu x %zu devices", who,
                          n_planes, n_out, n_in);
    }
    assign_planes(a, a->block, a->ld * n_in);
    aimc_status st = AIMC_OK;
    if (device->cell)
        st = aimci_cell_array_create(a, who);
    else
        aimci_parallel(ctx, n_in, populate_line, a);
    if (!st)
        st = name_planes(a, who);
    if (st) {
        aimci_array_destroy(a);
        return st;
    }
    *out = a;
    return AIMC_OK;
}

static float *at_line(float *plane, const aimci_array *a, size_t j)
{
    return plane ? plane + j * a->ld : NULL;
}

aimci_line aimci_array_line(const aimci_array *a, size_t j)
{
    aimci_line line = {
        .n = aimci_round_up(a->n_out, 8),
        .w = at_line(a->w, a, j),
        .p = at_line(a->p, a, j),
        .reference = at_line(a->reference, a, j),
        .decay = at_line(a->decay, a, j),
        .diffusion = at_line(a->diffusion, a, j),
        .reset = at_line(a->reset, a, j),
        .drift_nu = at_line(a->drift_nu, a, j),
        .drift_anchor = at_line(a->drift_anchor, a, j),
        .drift_last = at_line(a->drift_last, a, j),
        .drift_age = at_line(a->drift_age, a, j),
        .multi_pulse = a->multi_pulse,
    };
    for (int k = 0; k < AIMCI_PLANE_BASE; k++)
        line.base[k] = at_line(a->base[k], a, j);
    for (int k = 0; k < AIMCI_MAX_OWN_PLANES; k++)
        line.own[k] = at_line(a->own[k], a, j);
    return line;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* Blocks keep both the row-major caller's side and the line side in cache. */
enum { BLOCK = 32 };

void aimci_array_load(const aimci_array *a, float *plane, const float *w, size_t ld)
{
    for (size_t i0 = 0; i0 < a->n_out; i0 += BLOCK)
        for (size_t j = 0; j < a->n_in; j++)
            for (size_t i = i0; i < aimci_min_size(i0 + BLOCK, a->n_out); i++)
                plane[j * a->ld + i] = w[i * ld + j];
}

void aimci_array_get(const aimci_array *a, const float *plane, float *w, size_t ld)
{
    for (size_t i0 = 0; i0 < a->n_out; i0 += BLOCK)
        for (size_t j = 0; j < a->n_in; j++)
            for (size_t i = i0; i < aimci_min_size(i0 + BLOCK, a->n_out); i++)
                w[i * ld + j] = plane[j * a->ld + i];
}

/* The apparent weights follow the persistent ones: with a new draw of write noise, or exactly. */
static void refresh_apparent(aimci_array *a, bool noisy)
{
    a->n_writes++;
    if (a->w == a->p)
        return;
    if (!noisy) {
        memcpy(a->w, a->p, a->ld * a->n_in * sizeof *a->w);
        return;
    }
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_WRITE_NOISE, 0, a->n_events++);
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->redraw(&a->device->upkeep, &line, &key, (uint32_t)j);
    }
}

void aimci_array_settle(aimci_array *a, aimci_settle how)
{
    if (a->n_members) {
        aimci_cell_array_settle(a, how);
        return;
    }
    for (size_t j = 0; how != AIMCI_SETTLE_SHOW && j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->clip(&line);
    }
    const aimci_pulsed *p = aimci_device_pulsed(a->device);
    refresh_apparent(a, how == AIMCI_SETTLE_NOISY ||
                            (how == AIMCI_SETTLE_SET && p && p->apply_write_noise_on_set));
}

void aimci_array_clip(aimci_array *a)
{
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_clip(a->members[k]);
    if (a->n_members)
        aimci_cell_array_compose(a);
    else
        aimci_array_settle(a, AIMCI_SETTLE_NOISY);
}

void aimci_array_set(aimci_array *a, const float *w, size_t ld, const float *scale)
{
    aimci_array_load(a, a->p, w, ld);
    for (size_t j = 0; scale && j < a->n_in; j++)
        for (size_t i = 0; i < a->n_out; i++)
            a->p[j * a->ld + i] /= scale[i];
    aimci_array_settle(a, AIMCI_SETTLE_SET);
}

void aimci_array_scale(aimci_array *a, float factor)
{
    for (size_t k = 0; k < a->ld * a->n_in; k++)
        a->p[k] *= factor;
    aimci_array_settle(a, AIMCI_SETTLE_EXACT);
}

void aimci_array_zero(aimci_array *a)
{
    aimci_array_scale(a, 0.0f);
}

/* ---- pulses --------------------------------------------------------------------------------- */

aimci_pulse_key aimci_array_pulse_key(const aimci_array *a, uint64_t update, uint32_t segment)
{
    return (aimci_pulse_key){aimci_random_key(a->seed, AIMCI_OP_PULSE, segment, update), update};
}

void aimci_array_pulse(const aimci_array *a, size_t j, const int32_t *count,
                       const aimci_pulse_key *key)
{
    const aimci_line line = aimci_array_line(a, j);
    aimci_array_pulse_line(a, &line, j, count, key);
}

/* For devices that count their pulses. */
static void note_pulses(const aimci_array *a, size_t j, const int32_t *count)
{
    for (size_t i = 0; a->pulses && i < a->n_out; i++)
        a->pulses[j * a->ld + i] += (float)abs(count[i]);
}

void aimci_array_pulse_line(const aimci_array *a, const aimci_line *line, size_t j,
                            const int32_t *count, const aimci_pulse_key *key)
{
    if (a->n_members) {
        aimci_cell_array_pulse(a, j, count, key);
        return;
    }
    a->device->kernels->pulse(a->device->params, line, count, &key->noise, (uint32_t)j);
    note_pulses(a, j, count);
}

bool aimci_array_merges(const aimci_array *a)
{
    const aimci_device_model *model = a->device->model;
    return a->multi_pulse == AIMCI_MULTI_BATCH && !a->n_members && model->merges &&
           model->merges(a->device->params);
}

void aimci_array_merge_line(const aimci_array *a, const aimci_line *line, size_t j,
                            const aimci_rows *rows, int32_t *scratch, const aimci_pulse_key *key)
{
    a->device->kernels->merge(a->device->params, line, rows, scratch, &key->noise, (uint32_t)j);
    for (size_t r = 0; r < rows->n; r++)
        note_pulses(a, j, rows->count + r * rows->ld);
}

void aimci_array_pulse_several(aimci_array *a, int32_t multi_pulse)
{
    a->multi_pulse = multi_pulse;
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_pulse_several(a->members[k], multi_pulse);
}

void aimci_array_count(const aimci_array *a, uint64_t up, uint64_t down, aimc_counters *counters)
{
    if (a->n_members) {
        aimci_cell_array_count(a, up, down, counters);
        return;
    }
    counters->pulses_up += up;
    counters->pulses_down += down;
}

/* ---- upkeep: for unit cells, that of the members -------------------------------------------- */

void aimci_array_decay(aimci_array *a, float alpha)
{
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_decay(a->members[k], alpha);
    if (a->n_members) {
        aimci_cell_array_compose(a);
        return;
    }
    if (!a->decay && a->device->upkeep.decay >= 1.0f)
        return;
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->decay(&a->device->upkeep, &line, alpha);
    }
    refresh_apparent(a, true);
}

void aimci_array_diffuse(aimci_array *a)
{
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_diffuse(a->members[k]);
    if (a->n_members) {
        aimci_cell_array_compose(a);
        return;
    }
    if (!(a->device->upkeep.diffusion > 0))
        return;
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_DIFFUSE, 0, a->n_events++);
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->diffuse(&a->device->upkeep, &line, &key, (uint32_t)j);
    }
    refresh_apparent(a, true);
}

void aimci_array_drift(aimci_array *a, double dt)
{
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_drift(a->members[k], dt);
    if (a->n_members) {
        aimci_cell_array_compose(a);
        return;
    }
    const aimci_drift *d = &a->device->drift;
    if (!(d->nu > 0))
        return;
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_DRIFT, 0, a->n_events++);
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->drift(d, &line, (float)(dt / d->t_0), &key, (uint32_t)j);
    }
    refresh_apparent(a, true);
}

void aimci_array_reset(aimci_array *a, size_t first_in, size_t n, float prob)
{
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_reset(a->members[k], first_in, n, prob);
    if (a->n_members) {
        aimci_cell_array_compose(a);
        return;
    }
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_RESET, 0, a->n_events++);
    for (size_t k = 0; k < n; k++) {
        const size_t j = (first_in + k) % a->n_in;
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->reset(&a->device->upkeep, &line, prob, &key, (uint32_t)j);
    }
    refresh_apparent(a, true);
}

uint64_t aimci_array_until_due(const aimci_array *a)
{
    uint64_t n = aimci_refresh_until_due(a);
    for (size_t k = 0; k < a->n_members; k++) {
        const uint64_t of_member = aimci_array_until_due(a->members[k]);
        n = of_member < n ? of_member : n;
    }
    return n;
}

void aimci_array_advance(aimci_array *a, uint64_t n, aimc_counters *counters)
{
    const bool due = n == aimci_refresh_until_due(a);
    a->n_updates += n;
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_advance(a->members[k], n, counters);
    if (due)
        aimci_refresh_run(a, counters);
}

void aimci_array_end_batch(aimci_array *a, aimc_counters *counters)
{
    a->n_batches++;
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_end_batch(a->members[k], counters);
    if (aimci_refresh_due_after_batch(a))
        aimci_refresh_run(a, counters);
}

void aimci_array_upkeep(aimci_array *a, aimc_counters *counters)
{
    aimci_array_end_batch(a, counters);
    aimci_array_diffuse(a);
    aimci_array_decay(a, 1.0f);
}

/* ---- state ---------------------------------------------------------------------------------- */

enum { N_STREAMS = 4 };

/* Where the streams of an array and of its members are; name has no number for the array itself. */
static aimc_status put_streams(const aimci_array *a, aimci_st_writer *writer, const char *name)
{
    const uint64_t counts[N_STREAMS] = {a->seed, a->n_updates, a->n_events, a->n_batches};
    aimc_status st = aimci_st_put(writer, name, AIMCI_U64, 0, N_STREAMS, N_STREAMS, counts);
    for (size_t k = 0; k < a->n_members && !st; k++) {
        char of_member[160];
        snprintf(of_member, sizeof of_member, "%.150s_%zu", name, k);
        st = put_streams(a->members[k], writer, of_member);
    }
    return st;
}

static aimc_status get_streams(aimci_array *a, const aimci_st_reader *reader, const char *name)
{
    uint64_t counts[N_STREAMS];
    aimc_status st = aimci_st_get(reader, name, AIMCI_U64, 0, N_STREAMS, N_STREAMS, counts);
    for (size_t k = 0; k < a->n_members && !st; k++) {
        char of_member[160];
        snprintf(of_member, sizeof of_member, "%.150s_%zu", name, k);
        st = get_streams(a->members[k], reader, of_member);
    }
    if (st)
        return st;
    a->seed = counts[0];
    a->n_updates = counts[1];
    a->n_events = counts[2];
    a->n_batches = counts[3];
    return AIMC_OK;
}

aimc_status aimci_array_put(const aimci_array *a, aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    if (a->device->model->is_user)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "'%s' is a user device, whose functions no file can keep",
                          a->device->model->family->name);
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = put_streams(a, writer, name);
    if (!st) {
        snprintf(name, sizeof name, "%sweights", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->w);
    }
    for (size_t k = 0; k < a->n_planes && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, a->planes[k].name);
        st = aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->planes[k].data);
    }
    return st ? st : aimci_refresh_put(a, writer, prefix);
}

aimc_status aimci_array_restore(aimci_array *a, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%sweights", prefix);
    aimc_status st = aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->w);
    for (size_t k = 0; k < a->n_planes && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, a->planes[k].name);
        st = aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->planes[k].data);
    }
    if (!st)
        st = aimci_refresh_restore(a, reader, prefix);
    if (!st) {
        snprintf(name, sizeof name, "%sstreams", prefix);
        st = get_streams(a, reader, name);
    }
    return st;
}
