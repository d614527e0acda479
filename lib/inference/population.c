/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "inference/population.h"
#include "kernels/dispatch.h"

enum { CHUNK = AIMCI_DEVICES_AT_ONCE };

void aimc_population_destroy(aimc_population *c)
{
    if (!c)
        return;
    aimc_context *ctx = c->ctx;
    aimc_noise_model_destroy(c->model);
    aimci_free(ctx, c->block);
    aimci_free(ctx, c->stuck);
    aimci_free(ctx, c);
    aimci_context_unref(ctx);
}

aimc_status aimc_population_create(aimc_noise_model *model, size_t n, uint64_t seed,
                                   aimc_population **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "population_create: out is NULL");
    *out = NULL;
    if (!model || n == 0)
        return aimci_fail(AIMC_ERR_INVALID, "population_create: %s",
                          model ? "n is 0" : "model is NULL");
    aimc_population *c = aimci_calloc(model->ctx, 1, sizeof *c);
    if (!c)
        return aimci_fail(AIMC_ERR_NOMEM, "population_create: no memory");
    c->ctx = aimci_context_ref(model->ctx);
    c->model = aimci_noise_model_ref(model);
    c->n = n;
    c->seed = seed;
    size_t floats;
    c->block =
        aimci_mul_overflows(n, 3, &floats) ? NULL : aimci_calloc(c->ctx, floats, sizeof *c->block);
    if (!c->block) {
        aimc_population_destroy(c);
        return aimci_fail(AIMC_ERR_NOMEM, "population_create: no memory for %zu devices", n);
    }
    c->target = c->block;
    c->programmed = c->block + n;
    c->state = c->block + 2 * n;
    *out = c;
    return AIMC_OK;
}

/* ---- programming ---------------------------------------------------------------------------- */

typedef struct job {
    const aimc_population *cells;
    aimci_key key, key_state;
} job;

aimci_devices aimci_population_at(const aimc_population *c, size_t first)
{
    return (aimci_devices){aimci_kernels_get(aimc_context_get_cpu(c->ctx)),
                           aimci_min_size(CHUNK, c->n - first),
                           c->target + first,
                           c->programmed + first,
                           c->state + first,
                           1};
}

static void program_chunk(void *arg, size_t slot, size_t chunk)
{
    (void)slot;
    const job *j = arg;
    const aimc_noise_model *m = j->cells->model;
    const aimci_devices all = aimci_population_at(j->cells, chunk * CHUNK);
    float z[CHUNK];
    memset(all.state, 0, all.n * sizeof *all.state);
    all.kernels->normals(&j->key, (uint32_t)chunk, z, all.n);
    m->ops->program(m->params, &all, z);
    if (m->ops->state) {
        all.kernels->normals(&j->key_state, (uint32_t)chunk, z, all.n);
        m->ops->state(m->params, &all, z);
    }
    const float *stuck = j->cells->stuck ? j->cells->stuck + chunk * CHUNK : NULL;
    for (size_t i = 0; stuck && i < all.n; i++)
        if (stuck[i] >= 0)
            all.programmed[i] = stuck[i];
}

void aimci_population_program(aimc_population *c)
{
    job j = {.cells = c};
    j.key = aimci_random_key(c->seed, AIMCI_OP_PROGRAM, 0, c->n_programs);
    j.key_state = aimci_random_key(c->seed, AIMCI_OP_PROGRAM, 1, c->n_programs);
    c->n_programs++;
    aimci_parallel(c->ctx, aimci_population_chunks(c), program_chunk, &j);
}

aimc_status aimci_population_check(const aimc_population *c, const float *g)
{
    const double top = aimci_noise_range(c->model)->g_max * (1 + 1e-5);
    int outside = 0;
    for (size_t i = 0; i < c->n; i++)
        outside |= !(g[i] >= 0) | !((double)g[i] <= top);
    for (size_t i = 0; outside && i < c->n; i++) {
        if (!(g[i] >= 0))
            return aimci_fail(
                AIMC_ERR_INVALID,
                "population_program: g_target_us[%zu] = %g; a conductance is not negative", i,
                (double)g[i]);
        if ((double)g[i] > top)
            return aimci_fail(AIMC_ERR_INVALID,
                              "population_program: g_target_us[%zu] = %g is above g_max = %g uS", i,
                              (double)g[i], aimci_noise_range(c->model)->g_max);
    }
    return AIMC_OK;
}

aimc_status aimc_population_program(aimc_population *c, const float *g_target_us)
{
    if (!c || !g_target_us)
        return aimci_fail(AIMC_ERR_INVALID, "population_program: %s is NULL",
                          c ? "g_target_us" : "cells");
    const aimc_status st = aimci_population_check(c, g_target_us);
    if (st)
        return st;
    memcpy(c->target, g_target_us, c->n * sizeof *c->target);
    aimci_population_program(c);
    return AIMC_OK;
}

aimc_status aimc_population_get(const aimc_population *c, const char *what, float *value)
{
    if (!c || !what || !value)
        return aimci_fail(AIMC_ERR_INVALID, "population_get: NULL argument");
    const float *from = strcmp(what, "target") == 0       ? c->target
                        : strcmp(what, "programmed") == 0 ? c->programmed
                        : strcmp(what, "state") == 0      ? c->state
                                                          : NULL;
    if (!from)
        return aimci_fail(AIMC_ERR_INVALID,
                          "population_get: '%s'; target, programmed and state are known", what);
    memcpy(value, from, c->n * sizeof *value);
    return AIMC_OK;
}

/* ---- state ---------------------------------------------------------------------------------- */

aimc_status aimci_population_put(const aimc_population *c, aimci_st_writer *writer,
                                 const char *prefix)
{
    char name[160];
    const uint64_t streams[3] = {c->seed, c->n_programs, c->n_reads};
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_put(writer, name, AIMCI_U64, 0, 3, 3, streams);
    if (!st) {
        snprintf(name, sizeof name, "%sdevices", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, 3, c->n, c->n, c->block);
    }
    if (!st && c->stuck) {
        snprintf(name, sizeof name, "%sstuck", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, 0, c->n, c->n, c->stuck);
    }
    return st;
}

/* Targets as aimc_population_program() takes them; -1 marks a device that is not stuck. */
static aimc_status check_devices(const aimc_population *c, const char *prefix)
{
    const float top = (float)(aimci_noise_range(c->model)->g_max * (1 + 1e-5));
    for (size_t i = 0; i < c->n; i++) {
        if (!(c->target[i] >= 0 && c->target[i] <= top))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%sdevices': value [0][%zu] is %g; a target between 0 and "
                              "g_max = %g uS is needed",
                              prefix, i, (double)c->target[i], aimci_noise_range(c->model)->g_max);
        if (c->stuck && !(c->stuck[i] >= 0 || c->stuck[i] == -1))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%sstuck': value [%zu] is %g; a conductance is not negative",
                              prefix, i, (double)c->stuck[i]);
    }
    return AIMC_OK;
}

aimc_status aimci_population_restore(aimc_population *c, const aimci_st_reader *reader,
                                     const char *prefix)
{
    char name[160];
    uint64_t streams[3];
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_get_counts(reader, name, 3, 1, streams);
    if (!st) {
        snprintf(name, sizeof name, "%sdevices", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, 3, c->n, c->n, c->block);
    }
    snprintf(name, sizeof name, "%sstuck", prefix);
    if (!st && aimci_st_has(reader, name)) {
        c->stuck = aimci_calloc(c->ctx, c->n, sizeof *c->stuck);
        st = c->stuck ? aimci_st_get(reader, name, AIMCI_F32, 0, c->n, c->n, c->stuck)
                      : aimci_fail(AIMC_ERR_NOMEM, "load: no memory");
    }
    if (!st)
        st = check_devices(c, prefix);
    if (st)
        return st;
    c->seed = streams[0];
    c->n_programs = streams[1];
    c->n_reads = streams[2];
    return AIMC_OK;
}
