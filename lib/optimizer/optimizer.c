/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "optimizer/algorithm.h"

/* All algorithms: a new one is one line in each list. */
extern const aimci_algorithm aimci_algorithm_sgd;

static const aimci_algorithm *const algorithms[] = {
    &aimci_algorithm_sgd,
};

static const aimci_algorithm *find_algorithm(const aimci_family *family)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (algorithms[i]->family == family)
            return algorithms[i];
    return NULL;
}

void aimc_optimizer_destroy(aimc_optimizer *o)
{
    if (!o)
        return;
    aimc_context *ctx = o->ctx;
    if (o->tile && o->tile->state.owner == o)
        o->tile->state = (aimci_tile_state){0};
    if (o->state)
        o->algorithm->destroy(o->state, ctx);
    aimci_free(ctx, o->state);
    aimci_free(ctx, o);
    aimci_context_unref(ctx);
}

static aimc_status put_state(const void *owner, aimci_st_writer *writer, const char *prefix)
{
    const aimc_optimizer *o = owner;
    return o->algorithm->put ? o->algorithm->put(o->state, writer, prefix) : AIMC_OK;
}

/* Destroy order is free: an optimizer that outlives its tile only waits for its own end. */
static void release(void *owner)
{
    ((aimc_optimizer *)owner)->tile = NULL;
}

/* A loaded tile waits with the state of the algorithm that trained it. */
static aimc_status take_saved_state(aimc_optimizer *o)
{
    aimc_tile *t = o->tile;
    if (!t->saved_algorithm || strcmp(t->saved_algorithm, o->algorithm->family->name) != 0 ||
        !o->algorithm->restore)
        return AIMC_OK;
    return o->algorithm->restore(o->state, t->saved, t->saved_prefix);
}

static aimc_status bind(aimc_optimizer *o, aimc_tile *tile, const aimc_config *config)
{
    o->tile = tile;
    o->algorithm = find_algorithm(config->family);
    if (!o->algorithm)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_create: '%s' is a %s, not an optimizer",
                          config->family->name, config->family->category);
    o->state = aimci_calloc(o->ctx, 1, o->algorithm->state_size);
    if (!o->state)
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
    const aimc_status st = o->algorithm->create(o->state, tile, config);
    return st ? st : take_saved_state(o);
}

aimc_status aimc_optimizer_create(aimc_tile *tile, const char *algorithm, const aimc_config *config,
                                  aimc_optimizer **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_create: out is NULL");
    *out = NULL;
    if (!tile)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_create: tile is NULL");
    if (tile->state.owner)
        return aimci_fail(AIMC_ERR_STATE, "optimizer_create: the tile already has optimizer '%s'",
                          tile->state.algorithm);
    aimc_config *resolved = NULL;
    aimc_status st =
        aimci_config_resolve(tile->ctx, "optimizer_create", algorithm, config, &resolved);
    aimc_optimizer *o = NULL;
    if (!st && !(o = aimci_calloc(tile->ctx, 1, sizeof *o)))
        st = aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
    if (!st) {
        o->ctx = aimci_context_ref(tile->ctx);
        st = bind(o, tile, resolved);
    }
    aimc_config_destroy(resolved);
    if (st) {
        aimc_optimizer_destroy(o);
        return st;
    }
    tile->state = (aimci_tile_state){o->algorithm->family->name, o, put_state, release};
    *out = o;
    return AIMC_OK;
}

static aimc_status check_step(const aimc_optimizer *o, size_t n, const float *x, size_t ld_x,
                              const float *d, size_t ld_d, double lr)
{
    if (!o)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_step: optimizer is NULL");
    if (!o->tile)
        return aimci_fail(AIMC_ERR_STATE, "optimizer_step: the tile was destroyed");
    if (!(lr >= 0 && lr <= 1e30))
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_step: lr = %g; at least 0 and finite is needed", lr);
    const size_t n_in = o->tile->array->n_in, n_out = o->tile->array->n_out;
    aimc_status st = aimci_check_batch("optimizer_step", n, "x", x, n_in, ld_x);
    if (!st)
        st = aimci_check_batch("optimizer_step", n, "d", d, n_out, ld_d);
    if (st || n == 0)
        return st;
    const bool x_ok = aimci_all_finite(x, n, n_in, ld_x);
    return x_ok && aimci_all_finite(d, n, n_out, ld_d)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "optimizer_step: %s holds a value that is not finite",
                            x_ok ? "d" : "x");
}

aimc_status aimc_optimizer_step(aimc_optimizer *o, size_t n, const float *x, size_t ld_x,
                                const float *d, size_t ld_d, double lr)
{
    const aimc_status st = check_step(o, n, x, ld_x, d, ld_d, lr);
    if (!st && n)
        o->algorithm->step(o->state, o->tile, n, x, ld_x, d, ld_d, lr);
    return st;
}

const char *aimc_optimizer_algorithm(const aimc_optimizer *o)
{
    return o ? o->algorithm->family->name : "";
}
