/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "optimizer/algorithm.h"

/* All algorithms: a new one is one line in each list. */
extern const aimci_algorithm aimci_algorithm_sgd, aimci_algorithm_tiki_taka, aimci_algorithm_ttv2,
    aimci_algorithm_c_ttv2, aimci_algorithm_agad, aimci_algorithm_mixed_precision,
    aimci_algorithm_mixed_precision_int;

static const aimci_algorithm *const algorithms[] = {
    &aimci_algorithm_sgd,
    &aimci_algorithm_tiki_taka,
    &aimci_algorithm_ttv2,
    &aimci_algorithm_c_ttv2,
    &aimci_algorithm_agad,
    &aimci_algorithm_mixed_precision,
    &aimci_algorithm_mixed_precision_int,
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
    if (o->tile) { /* NULL when it went first */
        o->tile->views[AIMCI_VIEW_COMPOSITE] = (aimci_weight_view){0};
        o->tile->trainer = (aimci_companion){0};
    }
    if (o->state)
        o->algorithm->destroy(o->state, ctx);
    aimci_free(ctx, o->state);
    aimci_free(ctx, o);
    aimci_context_unref(ctx);
}

static size_t tensors_of(const aimc_optimizer *o, aimci_state_tensor *tensors)
{
    return o->algorithm->tensors ? o->algorithm->tensors(o->state, tensors) : 0;
}

static aimc_status put_tensor(const aimc_optimizer *o, const aimci_state_tensor *t,
                              aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    const aimci_array *a = o->tile->array;
    snprintf(name, sizeof name, "%.100s%.23s%s", prefix, t->name, t->array ? "." : "");
    if (t->array)
        return aimci_array_put(t->array, writer, name);
    if (t->matrix)
        return aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, t->matrix);
    return aimci_st_put(writer, name, t->dtype, 0, t->n, t->n, t->vector);
}

/* Flags are -1, 0 or 1, and counts are not negative: they turn signs and find slices. */
static aimc_status check_integers(const char *name, const aimci_state_tensor *t)
{
    const bool flags = t->dtype == AIMCI_I32;
    const int64_t low = flags ? -1 : 0, high = flags ? 1 : INT64_MAX / 4;
    for (size_t i = 0; (flags || t->dtype == AIMCI_I64) && i < t->n; i++) {
        const int64_t v = flags ? ((const int32_t *)t->vector)[i] : ((const int64_t *)t->vector)[i];
        if (v < low || v > high)
            return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': value %zu is %" PRId64, name, i, v);
    }
    return AIMC_OK;
}

static aimc_status get_tensor(const aimc_optimizer *o, const aimci_state_tensor *t,
                              const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    const aimci_array *a = o->tile->array;
    snprintf(name, sizeof name, "%.100s%.23s%s", prefix, t->name, t->array ? "." : "");
    if (t->array)
        return aimci_array_restore(t->array, reader, name);
    if (t->matrix)
        return aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, t->matrix);
    const aimc_status st = aimci_st_get(reader, name, t->dtype, 0, t->n, t->n, t->vector);
    return st ? st : check_integers(name, t);
}

static aimc_status put_state(const void *owner, aimci_st_writer *writer, const char *prefix)
{
    const aimc_optimizer *o = owner;
    aimci_state_tensor tensors[AIMCI_MAX_TENSORS];
    const size_t n = tensors_of(o, tensors);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < n && !st; k++)
        st = put_tensor(o, &tensors[k], writer, prefix);
    return st;
}

static void reset_state(void *owner)
{
    aimc_optimizer *o = owner;
    if (o->algorithm->reset)
        o->algorithm->reset(o->state);
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
    if (!t->saved.trainer || strcmp(t->saved.trainer, o->algorithm->family->name) != 0)
        return AIMC_OK;
    char prefix[120];
    aimci_state_tensor tensors[AIMCI_MAX_TENSORS];
    snprintf(prefix, sizeof prefix, "%soptimizer.", t->saved.prefix);
    const size_t n = tensors_of(o, tensors);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < n && !st; k++)
        st = get_tensor(o, &tensors[k], t->saved.reader, prefix);
    if (st)
        return aimci_fail_within(st, "optimizer_create: saved state: ");
    if (o->algorithm->recompose)
        o->algorithm->recompose(o->state);
    aimci_tile_forget_saved(t); /* an optimizer that is bound after this one starts afresh */
    return AIMC_OK;
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
    if (tile->trainer.owner)
        return aimci_fail(AIMC_ERR_STATE, "optimizer_create: the tile already has optimizer '%s'",
                          tile->trainer.name);
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
    tile->trainer =
        (aimci_companion){o->algorithm->family->name, o, put_state, release, reset_state};
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

/* What the step at hand added, told to who watches. */
static void tell(aimc_optimizer *o, const aimc_counters *before, const aimc_optimizer_stats *was,
                 size_t n, double lr)
{
    aimc_optimizer_stats now = {0};
    if (o->algorithm->stats)
        o->algorithm->stats(o->state, &now);
    const aimc_counters *c = &o->tile->counters;
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

aimc_status aimc_optimizer_step(aimc_optimizer *o, size_t n, const float *x, size_t ld_x,
                                const float *d, size_t ld_d, double lr)
{
    const aimc_status st = check_step(o, n, x, ld_x, d, ld_d, lr);
    if (st || n == 0)
        return st;
    const aimc_counters before = o->tile->counters;
    aimc_optimizer_stats was = {0};
    if (o->watch && o->algorithm->stats)
        o->algorithm->stats(o->state, &was);
    o->algorithm->step(o->state, o->tile, n, x, ld_x, d, ld_d, lr);
    o->n_steps++;
    if (o->watch)
        tell(o, &before, &was, n, lr);
    return AIMC_OK;
}

aimc_status aimc_optimizer_watch(aimc_optimizer *o, aimc_optimizer_watch_fn watch, void *user)
{
    if (!o)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_watch: optimizer is NULL");
    o->watch = watch;
    o->watch_user = user;
    return AIMC_OK;
}

/* ---- live view ------------------------------------------------------------------------------ */

/* Is t the one that is looked for? index counts down. */
static bool is_wanted(const aimci_state_tensor *t, size_t *index, const char *name)
{
    return name ? strcmp(t->name, name) == 0 : (*index)-- == 0;
}

/* The counted pulses of an array's devices: "fast0.pulses", of unit cells "fast0.pulses_1". */
static bool find_pulses(const aimci_state_tensor *t, size_t *index, const char *name,
                        aimci_state_tensor *out)
{
    for (size_t i = 0; t->array && i < t->array->n_parameters; i++) {
        const aimci_named_parameter *plane = &t->array->parameters[i];
        if (strncmp(plane->name, "pulses", 6) != 0)
            continue;
        aimci_state_tensor pulses = {.matrix = plane->data};
        snprintf(pulses.name, sizeof pulses.name, "%.20s.%.20s", t->name, plane->name);
        if (!is_wanted(&pulses, index, name))
            continue;
        *out = pulses;
        return true;
    }
    return false;
}

/* Matrices of the state by number: arrays and digital matrices, not vectors. */
static bool nth_matrix(const aimc_optimizer *o, size_t index, const char *name,
                       aimci_state_tensor *out)
{
    aimci_state_tensor tensors[AIMCI_MAX_TENSORS];
    const size_t n = o && o->tile ? tensors_of(o, tensors) : 0;
    for (size_t k = 0; k < n; k++) {
        if (!tensors[k].array && !tensors[k].matrix)
            continue;
        if (is_wanted(&tensors[k], &index, name)) {
            *out = tensors[k];
            return true;
        }
        if (find_pulses(&tensors[k], &index, name, out))
            return true;
    }
    return false;
}

size_t aimc_optimizer_count_matrices(const aimc_optimizer *o)
{
    size_t n = 0;
    aimci_state_tensor t;
    while (nth_matrix(o, n, NULL, &t))
        n++;
    return n;
}

size_t aimc_optimizer_get_matrix_name(const aimc_optimizer *o, size_t i, char *buf, size_t size)
{
    aimci_state_tensor t = {.name = ""};
    aimci_text text = {buf, size, 0};
    (void)nth_matrix(o, i, NULL, &t);
    aimci_text_printf(&text, "%s", t.name);
    return text.length;
}

aimc_status aimc_optimizer_get_matrix(const aimc_optimizer *o, const char *name, float *value,
                                      size_t ld)
{
    if (!o || !name || !value)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_get_matrix: NULL argument");
    aimci_state_tensor t;
    if (!nth_matrix(o, 0, name, &t))
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_get_matrix: '%s' has no matrix '%s'",
                          o->algorithm->family->name, name);
    const aimci_array *a = o->tile->array;
    if (ld < a->n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "optimizer_get_matrix: ld = %zu is less than n_in = %zu",
                          ld, a->n_in);
    aimci_array_get(a, t.array ? t.array->w : t.matrix, value, ld);
    return AIMC_OK;
}

aimc_status aimc_optimizer_get_stats(const aimc_optimizer *o, aimc_optimizer_stats *stats)
{
    if (!o || !stats)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_get_stats: NULL argument");
    aimc_optimizer_stats ours = {0};
    if (o->algorithm->stats)
        o->algorithm->stats(o->state, &ours);
    return aimci_struct_out("optimizer_get_stats", stats, &ours, sizeof ours, 8);
}

const char *aimc_optimizer_get_algorithm(const aimc_optimizer *o)
{
    return o ? o->algorithm->family->name : "";
}
