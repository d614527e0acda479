/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tile/array.h"

/* ---- memory --------------------------------------------------------------------------------- */

/* Which planes a device needs: base and own always, others only where cells differ. */
static size_t assign_planes(aimci_array *a, float *block, size_t plane_size)
{
    const aimc_device *d = a->device;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    size_t n = 0;
    float **slots[AIMCI_MAX_PLANES + 1];
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
    if (a->device->model->pulsed)
        a->device->kernels->populate(a->device->params, &line, &birth);
    a->device->upkeep_kernels->drift_born(&a->device->drift, &line, &birth);
    a->device->upkeep_kernels->clip(&line);
    if (line.w != line.p)
        memcpy(line.w, line.p, line.n * sizeof *line.w);
}

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
    aimci_parallel(ctx, n_in, populate_line, a);
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

void aimci_array_show(aimci_array *a)
{
    refresh_apparent(a, false);
}

void aimci_array_clip(aimci_array *a)
{
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->clip(&line);
    }
    refresh_apparent(a, true);
}

void aimci_array_set(aimci_array *a, const float *w, size_t ld, const float *scale)
{
    aimci_array_load(a, a->p, w, ld);
    for (size_t j = 0; scale && j < a->n_in; j++)
        for (size_t i = 0; i < a->n_out; i++)
            a->p[j * a->ld + i] /= scale[i];
    const aimci_pulsed *p = aimci_device_pulsed(a->device);
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->clip(&line);
    }
    refresh_apparent(a, p && p->apply_write_noise_on_set);
}

void aimci_array_scale(aimci_array *a, float factor)
{
    for (size_t k = 0; k < a->ld * a->n_in; k++)
        a->p[k] *= factor;
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->clip(&line);
    }
    refresh_apparent(a, false);
}

void aimci_array_zero(aimci_array *a)
{
    aimci_array_scale(a, 0.0f);
}

/* ---- pulses --------------------------------------------------------------------------------- */

aimci_key aimci_array_pulse_key(const aimci_array *a, uint64_t update, uint32_t segment)
{
    return aimci_random_key(a->seed, AIMCI_OP_PULSE, segment, update);
}

void aimci_array_pulse(const aimci_array *a, size_t j, const int32_t *count, const aimci_key *key)
{
    const aimci_line line = aimci_array_line(a, j);
    a->device->kernels->pulse(a->device->params, &line, count, key, (uint32_t)j);
}

/* ---- upkeep --------------------------------------------------------------------------------- */

void aimci_array_decay(aimci_array *a, float alpha)
{
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->decay(&a->device->upkeep, &line, alpha);
    }
    refresh_apparent(a, true);
}

void aimci_array_diffuse(aimci_array *a)
{
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_DIFFUSE, 0, a->n_events++);
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->diffuse(&a->device->upkeep, &line, &key, (uint32_t)j);
    }
    refresh_apparent(a, true);
}

void aimci_array_drift(aimci_array *a, double dt)
{
    const aimci_drift *d = &a->device->drift;
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_DRIFT, 0, a->n_events++);
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->drift(d, &line, (float)(dt / d->t_0), &key, (uint32_t)j);
    }
    refresh_apparent(a, true);
}

void aimci_array_upkeep(aimci_array *a)
{
    if (a->device->upkeep.diffusion > 0)
        aimci_array_diffuse(a);
    if (a->decay || a->device->upkeep.decay < 1.0f)
        aimci_array_decay(a, 1.0f);
}

void aimci_array_reset(aimci_array *a, size_t first_in, size_t n, float prob)
{
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_RESET, 0, a->n_events++);
    for (size_t k = 0; k < n; k++) {
        const size_t j = (first_in + k) % a->n_in;
        const aimci_line line = aimci_array_line(a, j);
        a->device->upkeep_kernels->reset(&a->device->upkeep, &line, prob, &key, (uint32_t)j);
    }
    refresh_apparent(a, true);
}

/* ---- planes by name ------------------------------------------------------------------------- */

size_t aimci_array_planes(const aimci_array *a, aimci_plane planes[AIMCI_MAX_PLANES])
{
    static const char *const base[] = {"max_bound", "min_bound", "dwmin_up", "dwmin_down"};
    size_t n = 0;
    for (int k = 0; k < AIMCI_PLANE_BASE; k++)
        if (a->base[k])
            planes[n++] = (aimci_plane){base[k], a->base[k]};
    for (int k = 0; k < AIMCI_MAX_OWN_PLANES; k++)
        if (a->own[k])
            planes[n++] = (aimci_plane){a->device->model->own_planes[k], a->own[k]};
    const aimci_plane optional[] = {{"reference", a->reference},
                                    {"decay_scales", a->decay},
                                    {"diffusion_rates", a->diffusion},
                                    {"reset_bias", a->reset},
                                    {"drift_nu", a->drift_nu},
                                    {"drift_anchor", a->drift_anchor},
                                    {"drift_last", a->drift_last},
                                    {"drift_age", a->drift_age},
                                    {"persistent_weights", a->p != a->w ? a->p : NULL}};
    for (size_t k = 0; k < sizeof optional / sizeof optional[0]; k++)
        if (optional[k].data)
            planes[n++] = optional[k];
    return n;
}

/* ---- state
 * ------------------------------------------------------------------------------------------------
 */

aimc_status aimci_array_put(const aimci_array *a, aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    if (a->device->model->is_user)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "'%s' is a user device, whose functions no file can keep",
                          a->device->model->family->name);
    const uint64_t counts[3] = {a->seed, a->n_updates, a->n_events};
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_put(writer, name, AIMCI_U64, 0, 3, 3, counts);
    if (!st) {
        snprintf(name, sizeof name, "%sweights", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->w);
    }
    aimci_plane planes[AIMCI_MAX_PLANES];
    const size_t n = aimci_array_planes(a, planes);
    for (size_t k = 0; k < n && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, planes[k].name);
        st = aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, planes[k].data);
    }
    return st;
}

aimc_status aimci_array_restore(aimci_array *a, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    uint64_t counts[3];
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_get(reader, name, AIMCI_U64, 0, 3, 3, counts);
    if (!st) {
        snprintf(name, sizeof name, "%sweights", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, a->w);
    }
    aimci_plane planes[AIMCI_MAX_PLANES];
    const size_t n = aimci_array_planes(a, planes);
    for (size_t k = 0; k < n && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, planes[k].name);
        st = aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, planes[k].data);
    }
    if (st)
        return st;
    a->seed = counts[0];
    a->n_updates = counts[1];
    a->n_events = counts[2];
    return AIMC_OK;
}
