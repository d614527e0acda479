/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "optimizer/algorithm.h"
#include "optimizer/transfer.h"

void aimc_optimizer_destroy(aimc_optimizer *o)
{
    if (!o)
        return;
    aimc_context *ctx = o->ctx;
    if (o->tile) { /* NULL when it went first */
        o->tile->views[AIMCI_VIEW_COMPOSITE] = (aimci_weight_view){0};
        o->tile->trainer = (aimci_companion){0};
    }
    if (o->state)
        o->ops->destroy(o->state, ctx);
    aimci_free(ctx, o->state);
    aimci_free(ctx, o);
    aimci_context_unref(ctx);
}

static aimc_status put_state(const void *owner, aimci_st_writer *writer, const char *prefix)
{
    return aimci_optimizer_put(owner, writer, prefix);
}

static void reset_state(void *owner)
{
    aimc_optimizer *o = owner;
    if (o->ops->reset)
        o->ops->reset(o->state);
}

/* Destroy order is free: an optimizer that outlives its tile only waits for its own end. */
static void release(void *owner)
{
    ((aimc_optimizer *)owner)->tile = NULL;
}

/* Arrays of the algorithm's own that are fresh; those of a file were counted before. */
static void count_making(const aimc_optimizer *o)
{
    aimci_state_tensors tensors = {.n = 0};
    if (o->ops->tensors)
        o->ops->tensors(o->state, &tensors);
    for (size_t i = 0; i < tensors.n; i++)
        if (tensors.each[i].array)
            aimci_array_count_making(tensors.each[i].array, &o->tile->counters);
}

/* A loaded tile waits with the state of the algorithm that trained it. */
static aimc_status take_saved_state(aimc_optimizer *o)
{
    aimc_tile *t = o->tile;
    if (!t->saved.trainer || strcmp(t->saved.trainer, o->ops->kind->name) != 0) {
        count_making(o);
        return AIMC_OK;
    }
    const aimc_status st = aimci_optimizer_restore(o, t->saved.reader, t->saved.prefix);
    if (st)
        return aimci_fail_within(st, "optimizer_create: saved state: ");
    aimci_tile_forget_saved(t); /* an optimizer that is bound after this one starts afresh */
    return AIMC_OK;
}

static aimc_status bind(aimc_optimizer *o, aimc_tile *tile, const aimc_config *config)
{
    o->tile = tile;
    o->array = tile->array;
    o->ops = aimci_ops_of(config->kind, "optimizer");
    if (!o->ops)
        return aimci_wrong_category("optimizer_create", config->kind->name, config->kind,
                                    "optimizer");
    o->state = aimci_calloc(o->ctx, 1, o->ops->state_size);
    if (!o->state)
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
    const aimc_status st = o->ops->create(o->state, tile, config);
    return st ? st : take_saved_state(o);
}

/* The published settings of TTv2 are those of c_ttv2 with choppers that never turn, which is the
 * same algorithm: such a configuration is right under the name "ttv2", too. */
static bool is_unchopped(const char *algorithm, const aimc_config *config)
{
    aimci_named named;
    if (!algorithm || !config || config->kind != &aimci_kind_c_ttv2 ||
        aimci_find_kind("optimizer_create", algorithm, &named))
        return false;
    const aimci_transfer_params *p = config->values;
    return named.kind == &aimci_kind_ttv2 && p->in_chop_prob == 0 && p->out_chop_prob == 0;
}

static size_t count_devices(const void *owner)
{
    const aimc_optimizer *o = owner;
    aimci_state_tensors tensors = {.n = 0};
    size_t n = 0;
    if (o->ops->tensors)
        o->ops->tensors(o->state, &tensors);
    for (size_t i = 0; i < tensors.n; i++)
        n += tensors.each[i].array ? aimci_array_count_devices(tensors.each[i].array) : 0;
    return n;
}

/* The arrays of a composite are read together. */
static void disturb(void *owner, uint64_t n)
{
    aimc_optimizer *o = owner;
    aimci_state_tensors tensors = {.n = 0};
    o->ops->tensors(o->state, &tensors);
    bool moved = aimci_array_disturb(o->array, n);
    for (size_t i = 0; i < tensors.n; i++)
        if (tensors.each[i].array && tensors.each[i].array != o->array)
            moved |= aimci_array_disturb(tensors.each[i].array, n);
    if (moved)
        o->ops->recompose(o->state);
}

static bool is_disturbed(const aimc_optimizer *o)
{
    aimci_state_tensors tensors = {.n = 0};
    if (!aimci_tile_is_composite(o->tile))
        return false;
    o->ops->tensors(o->state, &tensors);
    bool disturbed = aimci_array_is_disturbed(o->array);
    for (size_t i = 0; i < tensors.n; i++)
        disturbed |= tensors.each[i].array && aimci_array_is_disturbed(tensors.each[i].array);
    return disturbed;
}

aimc_status aimc_optimizer_create(aimc_tile *tile, const char *algorithm, const aimc_config *config,
                                  aimc_optimizer **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_create: out is NULL");
    *out = NULL;
    if (!tile)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_create: tile is NULL");
    if (tile->trainer.owner)
        return aimci_fail(AIMC_ERR_STATE, "optimizer_create: the tile already has optimizer '%s'",
                          tile->trainer.name);
    const char *name = is_unchopped(algorithm, config) ? NULL : algorithm;
    aimc_config *resolved = NULL;
    aimc_status st = aimci_config_resolve(tile->ctx, "optimizer_create", name, config, &resolved);
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
    tile->trainer = (aimci_companion){o->ops->kind->name,
                                      o,
                                      put_state,
                                      release,
                                      reset_state,
                                      count_devices,
                                      is_disturbed(o) ? disturb : NULL};
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
    if (o->tile->programmed.owner)
        return aimci_fail(AIMC_ERR_STATE, "optimizer_step: the tile is programmed for inference");
    const size_t n_in = o->array->n_in, n_out = o->array->n_out;
    aimc_status st = aimci_check_number("optimizer_step", "lr", lr, 0, AIMCI_LARGEST_NUMBER);
    if (!st)
        st = aimci_check_batch("optimizer_step", n, "x", x, n_in, ld_x);
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

/* What the step at hand added, told to the watcher. */
static void tell(aimc_optimizer *o, size_t n, double lr)
{
    const aimc_counters *before = &o->counters_before, *c = &o->tile->counters;
    const aimc_optimizer_stats *was = &o->stats_before;
    aimc_optimizer_stats now = {0};
    if (o->ops->stats)
        o->ops->stats(o->state, &now);
    const aimc_optimizer_step_info info = {.struct_size = (uint32_t)sizeof info,
                                           .step = o->n_steps,
                                           .n_vectors = n,
                                           .lr = lr,
                                           .pulses_up = c->pulses_up - before->pulses_up,
                                           .pulses_down = c->pulses_down - before->pulses_down,
                                           .transfers = now.transfers - was->transfers,
                                           .reads = now.reads - was->reads,
                                           .crossings = now.crossings - was->crossings,
                                           .clipped = now.clipped - was->clipped};
    o->watch(o->watch_user, o, &info);
}

void aimci_optimizer_step_part(aimc_optimizer *o, const aimci_batch *batch, double lr)
{
    if (aimci_batch_begins(batch) && o->watch) {
        o->counters_before = o->tile->counters;
        o->stats_before = (aimc_optimizer_stats){0};
        if (o->ops->stats)
            o->ops->stats(o->state, &o->stats_before);
    }
    o->ops->step(o->state, o->tile, batch, lr);
    if (!aimci_batch_ends(batch))
        return;
    o->n_steps++;
    if (o->watch)
        tell(o, batch->total, lr);
}

aimc_status aimc_optimizer_step(aimc_optimizer *o, size_t n, const float *x, size_t ld_x,
                                const float *d, size_t ld_d, double lr)
{
    const aimc_status st = check_step(o, n, x, ld_x, d, ld_d, lr);
    const aimci_batch whole = {n, 0, n, x, d, ld_x, ld_d};
    if (!st && n)
        aimci_optimizer_step_part(o, &whole, lr);
    return st;
}

aimc_status aimc_optimizer_watch(aimc_optimizer *o, aimc_optimizer_watch_fn watch, void *user)
{
    if (!o)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_watch: optimizer is NULL");
    o->watch = watch;
    o->watch_user = user;
    return AIMC_OK;
}

aimc_status aimc_optimizer_get_stats(const aimc_optimizer *o, aimc_optimizer_stats *stats)
{
    if (!o || !stats)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_get_stats: NULL argument");
    aimc_optimizer_stats ours = {0};
    if (o->ops->stats)
        o->ops->stats(o->state, &ours);
    return aimci_struct_out("optimizer_get_stats", stats, &ours, sizeof ours, 8);
}

const char *aimc_optimizer_get_algorithm(const aimc_optimizer *o)
{
    return o ? o->ops->kind->name : "";
}
