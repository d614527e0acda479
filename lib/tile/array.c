/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "tile/array_ops.h"
#include "tile/backend.h"
#include "tile/half_select.h"
#include "tile/refresh.h"

/* ---- making --------------------------------------------------------------------------------- */

/* Pointers to the parameters that the device needs, one after the other in block. Returns how many
 * there are; block NULL: only counts. */
static size_t assign_parameters(aimci_array *a, float *block)
{
    const size_t size = a->ld * a->n_in;
    size_t n = 1;
    a->w = block;
    for (int k = 0; k < AIMCI_N_NAMED_PARAMETERS; k++) {
        const aimci_cell_parameter *p = &aimci_cell_parameters[k];
        if (!p->needed(a->device, p->number))
            continue;
        if (block)
            a->cell[p->number] = block + n * size;
        n++;
    }
    if (!a->p)
        a->p = a->w;
    return n;
}

void aimci_array_destroy(aimci_array *a)
{
    if (!a)
        return;
    aimc_context *ctx = a->ctx;
    a->ops->destroy(a);
    aimci_half_select_destroy(a);
    aimci_free(ctx, a->parameters);
    aimci_free(ctx, a->block);
    aimc_device_unref(a->device);
    aimci_free(ctx, a);
    aimci_context_unref(ctx);
}

static aimc_status allocate(aimci_array *a, const char *caller)
{
    const size_t n = assign_parameters(a, NULL);
    a->block = aimci_calloc(a->ctx, a->ld * a->n_in * n, sizeof(float));
    if (!a->block)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for %zu parameters of %zu x %zu devices",
                          caller, n, a->n_out, a->n_in);
    assign_parameters(a, a->block);
    for (int k = 0; k < AIMCI_N_CELL_PARAMETERS; k++)
        if (a->cell[k])
            a->present[a->n_present++] = (unsigned char)k;
    return AIMC_OK;
}

static aimc_status name_parameters(aimci_array *a, const char *caller)
{
    a->n_parameters = a->ops->name(a, NULL);
    a->parameters = aimci_calloc(a->ctx, a->n_parameters + 1, sizeof *a->parameters);
    if (!a->parameters)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    a->ops->name(a, a->parameters);
    return AIMC_OK;
}

aimc_status aimci_array_create(const aimc_device *device, size_t n_out, size_t n_in, uint64_t seed,
                               const char *caller, aimci_array **out)
{
    aimc_context *ctx = device->ctx;
    aimci_array *a = aimci_calloc(ctx, 1, sizeof *a);
    if (!a)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    a->ctx = aimci_context_ref(ctx);
    a->device = aimc_device_ref((aimc_device *)(uintptr_t)device); /* counts only */
    a->ops = device->cell ? &aimci_cell_array : &aimci_single_array;
    a->backend = &aimci_cpu_backend;
    a->n_out = n_out;
    a->n_in = n_in;
    a->ld = aimci_leading_dimension(n_out);
    a->seed = seed;
    aimc_status st = allocate(a, caller);
    if (!st)
        st = a->ops->create(a, caller);
    if (!st)
        st = name_parameters(a, caller);
    if (!st)
        st = aimci_half_select_create(a, caller);
    if (st) {
        aimci_array_destroy(a);
        return st;
    }
    *out = a;
    return AIMC_OK;
}

aimci_word_line aimci_array_word_line(const aimci_array *a, size_t j)
{
    aimci_word_line line = {.n = aimci_round_up(a->n_out, 8), .multi_pulse = a->multi_pulse};
    for (size_t k = 0; k < a->n_present; k++)
        line.cell[a->present[k]] = a->cell[a->present[k]] + j * a->ld;
    return line;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* Blocks keep both the row-major caller's side and the side of word lines in cache. */
enum { BLOCK = 32 };

void aimci_array_load(const aimci_array *a, float *parameter, const float *w, size_t ld)
{
    for (size_t i0 = 0; i0 < a->n_out; i0 += BLOCK)
        for (size_t j = 0; j < a->n_in; j++)
            for (size_t i = i0; i < aimci_min_size(i0 + BLOCK, a->n_out); i++)
                parameter[j * a->ld + i] = w[i * ld + j];
}

void aimci_array_get(const aimci_array *a, const float *parameter, float *w, size_t ld)
{
    for (size_t i0 = 0; i0 < a->n_out; i0 += BLOCK)
        for (size_t j = 0; j < a->n_in; j++)
            for (size_t i = i0; i < aimci_min_size(i0 + BLOCK, a->n_out); i++)
                w[i * ld + j] = parameter[j * a->ld + i];
}

void aimci_array_commit(aimci_array *a, aimci_commit how)
{
    a->ops->commit(a, how);
}

void aimci_array_clip(aimci_array *a)
{
    a->ops->clip(a);
}

void aimci_array_set(aimci_array *a, const float *w, size_t ld, const float *scale)
{
    aimci_array_load(a, a->p, w, ld);
    for (size_t j = 0; scale && j < a->n_in; j++)
        for (size_t i = 0; i < a->n_out; i++)
            a->p[j * a->ld + i] /= scale[i];
    aimci_array_commit(a, AIMCI_COMMIT_SET);
}

void aimci_array_scale(aimci_array *a, float factor)
{
    for (size_t k = 0; k < a->ld * a->n_in; k++)
        a->p[k] *= factor;
    aimci_array_commit(a, AIMCI_COMMIT_EXACT);
}

void aimci_array_zero(aimci_array *a)
{
    aimci_array_scale(a, 0.0f);
}

/* ---- pulses --------------------------------------------------------------------------------- */

aimci_pulse_key aimci_array_pulse_key(const aimci_array *a, uint64_t update, uint32_t segment)
{
    aimci_pulse_key key = {.noise = aimci_random_key(a->seed, AIMCI_OP_PULSE, segment, update),
                           .update = update};
    if (a->half)
        key.half = aimci_random_key(a->seed, AIMCI_OP_HALF_SELECT, segment, update);
    return key;
}

void aimci_array_pulse(const aimci_array *a, size_t j, const int32_t *count,
                       const aimci_pulse_key *key)
{
    const aimci_word_line line = aimci_array_word_line(a, j);
    aimci_array_pulse_word_line(a, &line, j, count, key);
}

void aimci_array_pulse_word_line(const aimci_array *a, const aimci_word_line *line, size_t j,
                                 const int32_t *count, const aimci_pulse_key *key)
{
    a->ops->pulse(a, line, j, count, key);
}

bool aimci_array_merges(const aimci_array *a)
{
    return a->ops->merges(a);
}

void aimci_array_pulse_several(aimci_array *a, int32_t multi_pulse)
{
    a->multi_pulse = multi_pulse;
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_pulse_several(a->members[k], multi_pulse);
}

size_t aimci_array_count_devices(const aimci_array *a)
{
    size_t n = a->n_members || !a->device->ops->pulsed ? 0 : a->n_out * a->n_in;
    for (size_t k = 0; k < a->n_members; k++)
        n += aimci_array_count_devices(a->members[k]);
    return n;
}

void aimci_array_count_making(const aimci_array *a, aimc_counters *counters)
{
    const aimci_cell *cell = a->device->cell;
    const uint64_t pulses = cell ? (uint64_t)cell->shift_pairs * a->n_out * a->n_in : 0;
    counters->pulses_up += pulses;
    counters->pulses_down += pulses;
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_count_making(a->members[k], counters);
}

void aimci_array_count(const aimci_array *a, uint64_t up, uint64_t down, aimc_counters *counters)
{
    a->ops->count(a, up, down, counters);
}

/* ---- relaxation ----------------------------------------------------------------------------- */

void aimci_array_decay(aimci_array *a, float alpha)
{
    a->ops->relax(a, &(aimci_relax_event){AIMCI_RELAX_DECAY, (double)alpha, 0, a->n_in});
}

void aimci_array_diffuse(aimci_array *a)
{
    a->ops->relax(a, &(aimci_relax_event){AIMCI_RELAX_DIFFUSE, 1, 0, a->n_in});
}

void aimci_array_drift(aimci_array *a, double dt)
{
    a->ops->relax(a, &(aimci_relax_event){AIMCI_RELAX_DRIFT, dt, 0, a->n_in});
}

void aimci_array_reset(aimci_array *a, size_t first_in, size_t n, float prob)
{
    a->ops->relax(a, &(aimci_relax_event){AIMCI_RELAX_RESET, (double)prob, first_in, n});
}

bool aimci_array_disturb(aimci_array *a, uint64_t n)
{
    return a->ops->disturb(a, n);
}

bool aimci_array_is_disturbed(const aimci_array *a)
{
    bool disturbed = a->device->relaxation.disturb.rate > 0;
    for (size_t k = 0; k < a->n_members; k++)
        disturbed |= aimci_array_is_disturbed(a->members[k]);
    return disturbed;
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
    aimci_half_select_apply(a);
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

void aimci_array_relax(aimci_array *a, aimc_counters *counters)
{
    aimci_array_end_batch(a, counters);
    aimci_array_diffuse(a);
    aimci_array_decay(a, 1.0f);
}

/* ---- state ---------------------------------------------------------------------------------- */

enum { N_STREAMS = 5 };

/* The last one is that of devices which reads disturb. */
static size_t count_streams(const aimci_array *a)
{
    return a->device->relaxation.disturb.rate > 0 ? N_STREAMS : N_STREAMS - 1;
}

/* Where the streams of an array and of its members are; name has no number for the array itself. */
static aimc_status put_streams(const aimci_array *a, aimci_st_writer *writer, const char *name)
{
    const uint64_t counts[N_STREAMS] = {a->seed, a->n_updates, a->n_events, a->n_batches,
                                        a->n_reads};
    const size_t n = count_streams(a);
    aimc_status st = aimci_st_put(writer, name, AIMCI_U64, 0, n, n, counts);
    for (size_t k = 0; k < a->n_members && !st; k++) {
        char of_member[160];
        snprintf(of_member, sizeof of_member, "%.150s_%zu", name, k);
        st = put_streams(a->members[k], writer, of_member);
    }
    return st;
}

static aimc_status get_streams(aimci_array *a, const aimci_st_reader *reader, const char *name)
{
    uint64_t counts[N_STREAMS] = {0};
    aimc_status st = aimci_st_get_counts(reader, name, count_streams(a), 1, counts);
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
    a->n_reads = counts[4];
    return AIMC_OK;
}

aimc_status aimci_array_put(const aimci_array *a, aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    if (a->device->ops->is_user)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "'%s' is a user device, whose functions no file can keep",
                          a->device->ops->kind->name);
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = put_streams(a, writer, name);
    if (!st) {
        snprintf(name, sizeof name, "%sweights", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->w);
    }
    for (size_t k = 0; k < a->n_parameters && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, a->parameters[k].name);
        st = aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->parameters[k].data);
    }
    return st ? st : aimci_refresh_put(a, writer, prefix);
}

aimc_status aimci_array_restore(aimci_array *a, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%sweights", prefix);
    aimc_status st = aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->w);
    for (size_t k = 0; k < a->n_parameters && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, a->parameters[k].name);
        st = aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->parameters[k].data);
    }
    for (size_t k = 0; k < a->n_parameters && !st; k++)
        if (aimci_array_check(a, &a->parameters[k], NULL, 0))
            st = aimci_fail_within(AIMC_ERR_FORMAT, "tensor '%s': ", prefix);
    if (!st)
        st = aimci_refresh_restore(a, reader, prefix);
    if (!st) {
        snprintf(name, sizeof name, "%sstreams", prefix);
        st = get_streams(a, reader, name);
    }
    return st;
}
