/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tile/tile.h"

/* ---- checks --------------------------------------------------------------------------------- */

aimc_status aimci_check_batch(const char *caller, size_t n, const char *name, const float *x,
                              size_t cols, size_t ld)
{
    if (!x && n)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, name);
    if (ld < cols)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: ld_%s = %zu is less than %zu", caller, name, ld,
                          cols);
    return AIMC_OK;
}

static aimc_status check_finite(const char *caller, const char *name, const float *x, size_t rows,
                                size_t cols, size_t ld)
{
    return aimci_all_finite(x, rows, cols, ld)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "%s: %s holds a value that is not finite", caller,
                            name);
}

/* ---- effective weights ---------------------------------------------------------------------- */

void aimci_tile_set_view(aimc_tile *t, aimci_view_level level, aimci_weight_view view)
{
    t->views[level] = view;
}

void aimci_tile_take_back_view(aimc_tile *t, aimci_view_level level, const float *weights)
{
    if (t->views[level].weights == weights)
        t->views[level] = (aimci_weight_view){0};
}

bool aimci_tile_is_composite(const aimc_tile *t)
{
    return t->views[AIMCI_VIEW_COMPOSITE].weights != NULL;
}

const float *aimci_tile_own_weights(const aimc_tile *t)
{
    return aimci_tile_is_composite(t) ? t->views[AIMCI_VIEW_COMPOSITE].weights : t->array->w;
}

const float *aimci_tile_read_weights(const aimc_tile *t)
{
    const aimci_weight_view *view = &t->views[AIMCI_VIEW_READ];
    const float *read = view->one_read ? view->one_read : view->weights;
    return read && t->programmed.owner ? read : aimci_tile_own_weights(t);
}

/* Only the array's own weights have a version, by which a read-out knows them again. */
aimci_read_array aimci_tile_read_array(const aimc_tile *t)
{
    const aimci_array *a = t->array;
    const float *seen = t->views[AIMCI_VIEW_READ].weights;
    const float *w = seen ? seen : aimci_tile_own_weights(t);
    return (aimci_read_array){.gemm = t->gemm,
                              .n_rows = a->n_out,
                              .n_cols = a->n_in,
                              .ld = a->ld,
                              .w = w,
                              .g = t->views[AIMCI_VIEW_READ].conductance,
                              .programmed = t->views[AIMCI_VIEW_READ].programmed,
                              .noise = t->views[AIMCI_VIEW_READ].noise,
                              .version = w == a->w ? aimci_array_version(a) : 0};
}

/* ---- making --------------------------------------------------------------------------------- */

void aimc_tile_destroy(aimc_tile *t)
{
    if (!t)
        return;
    aimc_context *ctx = t->ctx;
    if (t->trainer.release)
        t->trainer.release(t->trainer.owner);
    if (t->programmed.release)
        t->programmed.release(t->programmed.owner);
    aimci_periphery_destroy(t->forward);
    aimci_periphery_destroy(t->backward);
    aimci_gemm_destroy(t->gemm);
    aimci_array_destroy(t->array);
    aimc_config_destroy(t->config);
    aimci_tile_forget_saved(t);
    aimci_free(ctx, t);
    aimci_context_unref(ctx);
}

static aimc_status own_config(aimc_context *ctx, const aimc_config *config, aimc_config **out)
{
    const aimci_named tile = {&aimci_kind_tile, NULL};
    return config ? aimci_config_narrow(config, &aimci_kind_tile, out)
                  : aimci_config_make(ctx, tile, out);
}

static aimc_status build(aimc_tile *t, const aimc_device *device, size_t n_out, size_t n_in)
{
    aimc_status st = aimci_array_create(device, n_out, n_in, aimci_random_derive(t->seed, 0),
                                        "tile_create", &t->array);
    if (st)
        return st;
    aimci_array_count_making(t->array, &t->counters);
    const bool deterministic = aimci_context_flags(t->ctx) & AIMC_FLAG_DETERMINISTIC;
    st = aimci_gemm_create(t->ctx, n_out, n_in, t->array->ld, aimci_leading_dimension(n_out),
                           aimci_leading_dimension(n_in), deterministic, &t->gemm);
    if (st)
        return st;
    const aimci_read_array shape = aimci_tile_read_array(t);
    st = aimci_periphery_create(t->ctx, aimci_config_child(t->config, "forward"), AIMCI_OP_FORWARD,
                                aimci_random_derive(t->seed, 1), &shape, &t->forward);
    if (st)
        return aimci_fail_within(st, "forward: ");
    st =
        aimci_periphery_create(t->ctx, aimci_config_child(t->config, "backward"), AIMCI_OP_BACKWARD,
                               aimci_random_derive(t->seed, 2), &shape, &t->backward);
    return st ? aimci_fail_within(st, "backward: ") : AIMC_OK;
}

aimc_status aimci_tile_create(const aimc_device *device, size_t n_out, size_t n_in,
                              const aimc_config *config, uint64_t seed_fallback, aimc_tile **out)
{
    aimc_context *ctx = device->ctx;
    aimc_tile *t = aimci_calloc(ctx, 1, sizeof *t);
    if (!t)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory");
    t->ctx = aimci_context_ref(ctx);
    aimc_status st = own_config(ctx, config, &t->config);
    if (!st) {
        const int64_t seed = ((const aimci_tile_params *)t->config->values)->seed;
        t->seed = seed >= 0 ? (uint64_t)seed : seed_fallback;
        st = build(t, device, n_out, n_in);
    }
    if (st) {
        aimc_tile_destroy(t);
        return st;
    }
    *out = t;
    return AIMC_OK;
}

aimc_status aimc_tile_create(const aimc_device *device, size_t n_out, size_t n_in,
                             const aimc_config *config, aimc_tile **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "tile_create: out is NULL");
    *out = NULL;
    if (!device)
        return aimci_fail(AIMC_ERR_INVALID, "tile_create: device is NULL");
    if (n_out == 0 || n_in == 0)
        return aimci_fail(AIMC_ERR_INVALID, "tile_create: empty shape %zu x %zu", n_out, n_in);
    if (n_out > AIMCI_TILE_MAX_SIDE || n_in > AIMCI_TILE_MAX_SIDE)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "tile_create: shape %zu x %zu; at most %d a side (aimc_matrix cuts larger "
            "matrices)",
            n_out, n_in, AIMCI_TILE_MAX_SIDE);
    aimc_status st = aimci_config_expect("tile_create", config, &aimci_kind_tile);
    if (st)
        return st;
    const uint64_t number = aimci_context_next_object(device->ctx);
    const uint64_t seed = aimci_random_derive(aimci_context_seed(device->ctx), number);
    st = aimci_tile_create(device, n_out, n_in, config, seed, out);
    if (st)
        aimci_context_return_object(device->ctx, number);
    return st;
}

size_t aimc_tile_get_n_out(const aimc_tile *t)
{
    return t ? t->array->n_out : 0;
}

size_t aimc_tile_get_n_in(const aimc_tile *t)
{
    return t ? t->array->n_in : 0;
}

/* ---- weights and parameters ----------------------------------------------------------------- */

static aimc_status check_matrix(const char *caller, const aimc_tile *t, const float *w, size_t ld)
{
    if (!t || !w)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, t ? "the matrix" : "tile");
    if (ld < t->array->n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: leading dimension %zu is less than n_in = %zu",
                          caller, ld, t->array->n_in);
    return AIMC_OK;
}

/* Was this weight clipped when it was set? A unit cell's weight has the write noise of its devices
 * in it, so that only the mean bounds can tell. */
static bool was_clipped(const aimci_array *a, float set, float asked, float tolerance)
{
    const aimc_device_info *info = &a->device->info;
    if (a->n_members == 0)
        return fabsf(set - asked) > tolerance;
    return asked > (float)info->w_max + tolerance || asked < (float)info->w_min - tolerance;
}

/* A hundredth of the weights may lie beyond the bounds of single devices, whose bounds spread; more
 * than that says that the scale is wrong. */
static void warn_of_clipping(aimc_tile *t, const float *w, size_t ld, const float *scale)
{
    const aimci_array *a = t->array;
    const aimc_device_info *info = &a->device->info;
    const float tolerance = 1e-2f * (float)(info->w_max - info->w_min);
    uint64_t n = 0;
    float largest = 0;
    for (size_t i = 0; i < a->n_out; i++)
        for (size_t j = 0; j < a->n_in; j++) {
            const float asked = scale ? w[i * ld + j] / scale[i] : w[i * ld + j];
            n += was_clipped(a, a->p[j * a->ld + i], asked, tolerance);
            largest = fmaxf(largest, fabsf(asked));
        }
    if (n * 100 > a->n_out * a->n_in)
        aimci_warn(t->ctx, &t->clipped, n,
                   "tile_set_weights: %" PRIu64 " of %zu weights were clipped to the bounds of "
                   "their devices, on average [%.4g, %.4g]; the largest magnitude is %.4g: %s",
                   n, a->n_out * a->n_in, info->w_min, info->w_max, (double)largest,
                   info->w_min < 0 && info->w_max > 0
                       ? "mapping.weight_scaling_omega scales weights to the devices"
                       : "weights of both signs need a unit cell, such as reference_cell");
}

void aimci_tile_set_scaled(aimc_tile *t, const float *w, size_t ld, const float *scale)
{
    if (t->programmed.reset)
        t->programmed.reset(t->programmed.owner);
    aimci_array_set(t->array, w, ld, scale);
    if (aimci_logs(t->ctx))
        warn_of_clipping(t, w, ld, scale);
    t->counters.weight_writes += t->array->n_out * t->array->n_in;
    if (t->trainer.reset)
        t->trainer.reset(t->trainer.owner);
}

aimc_status aimc_tile_set_weights(aimc_tile *t, const float *w, size_t ld_w)
{
    aimc_status st = check_matrix("tile_set_weights", t, w, ld_w);
    if (!st)
        st = check_finite("tile_set_weights", "w", w, t->array->n_out, t->array->n_in, ld_w);
    if (!st)
        aimci_tile_set_scaled(t, w, ld_w, NULL);
    return st;
}

aimc_status aimc_tile_get_weights(const aimc_tile *t, float *w, size_t ld_w)
{
    const aimc_status st = check_matrix("tile_get_weights", t, w, ld_w);
    if (st)
        return st;
    aimci_array_get(t->array, aimci_tile_read_weights(t), w, ld_w);
    return AIMC_OK;
}

size_t aimc_tile_count_parameters(const aimc_tile *t)
{
    return t ? t->array->n_parameters : 0;
}

const char *aimc_tile_get_parameter_name(const aimc_tile *t, size_t i)
{
    return t && i < t->array->n_parameters ? t->array->parameters[i].name : NULL;
}

static aimc_status find_parameter(const char *caller, const aimc_tile *t, const char *name,
                                  const aimci_named_parameter **out)
{
    if (!name)
        return aimci_fail(AIMC_ERR_INVALID, "%s: name is NULL", caller);
    const aimci_named_parameter *all = t->array->parameters;
    aimci_nearest nearest = {NULL, 0};
    for (size_t k = 0; k < t->array->n_parameters; k++) {
        if (strcmp(all[k].name, name) == 0) {
            *out = &all[k];
            return AIMC_OK;
        }
        aimci_nearest_try(&nearest, name, all[k].name);
    }
    char hint[96];
    aimci_nearest_hint(&nearest, name, hint, sizeof hint);
    return aimci_fail(AIMC_ERR_INVALID, "%s: no parameter '%s' on this tile%s", caller, name, hint);
}

aimc_status aimc_tile_get_parameter(const aimc_tile *t, const char *name, float *value, size_t ld)
{
    const aimci_named_parameter *parameter;
    aimc_status st = check_matrix("tile_get_parameter", t, value, ld);
    if (!st)
        st = find_parameter("tile_get_parameter", t, name, &parameter);
    if (st)
        return st;
    aimci_array_get(t->array, parameter->data, value, ld);
    return AIMC_OK;
}

aimc_status aimc_tile_set_parameter(aimc_tile *t, const char *name, const float *value, size_t ld)
{
    const aimci_named_parameter *parameter;
    const char *caller = "tile_set_parameter";
    aimc_status st = check_matrix(caller, t, value, ld);
    if (!st)
        st = find_parameter(caller, t, name, &parameter);
    if (!st)
        st = check_finite(caller, "value", value, t->array->n_out, t->array->n_in, ld);
    if (!st && aimci_array_check(t->array, parameter, value, ld))
        st = aimci_fail_within(AIMC_ERR_INVALID, "%s: ", caller);
    if (st)
        return st;
    aimci_array_load(t->array, parameter->data, value, ld);
    aimci_array_clip(t->array);
    return AIMC_OK;
}

/* ---- products ------------------------------------------------------------------------------- */

/* Devices that were read move, where reads disturb them. */
static void disturb(aimc_tile *t, uint64_t n)
{
    if (t->looking || t->programmed.owner)
        return;
    if (t->trainer.disturb)
        t->trainer.disturb(t->trainer.owner, n);
    else
        aimci_array_disturb(t->array, n);
}

void aimci_tile_count_read(aimc_tile *t, bool forward, size_t n, const aimci_readout_counts *c)
{
    const aimci_periphery *p = forward ? t->forward : t->backward;
    *(forward ? &t->counters.forward_vectors : &t->counters.backward_vectors) += n;
    *(forward ? &t->counters.forward_passes : &t->counters.backward_passes) += c->passes;
    t->counters.dac_conversions += c->inputs * p->n_in;
    t->counters.adc_conversions += c->outputs * p->n_out;
    t->counters.clipped_outputs += c->clipped;
    aimci_counters_add_activity(&t->counters, c);
    disturb(t, n);
}

aimc_status aimc_tile_count_activity(aimc_tile *t, int on)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_count_activity: tile is NULL");
    aimc_status st = aimci_activity_enable(t->forward, on != 0);
    if (!st)
        st = aimci_activity_enable(t->backward, on != 0);
    if (st)
        (void)aimci_activity_enable(t->forward, false);
    return st ? aimci_fail_within(st, "tile_count_activity: ") : AIMC_OK;
}

/* y[b][i] <- gain[i] y[b][i] + shift[i] */
static void correct(const aimc_tile *t, size_t n, float *y, size_t ld)
{
    const aimci_weight_view *view = &t->views[AIMCI_VIEW_READ];
    for (size_t b = 0; view->gain && b < n; b++)
        for (size_t i = 0; i < t->array->n_out; i++)
            y[b * ld + i] = view->gain[i] * y[b * ld + i] + view->shift[i];
}

aimc_status aimci_check_product(const char *caller, const float *y, size_t n, size_t cols,
                                size_t ld)
{
    return aimci_all_finite(y, n, cols, ld)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "%s: a product of weights and inputs is beyond the range of floats",
                            caller);
}

aimc_status aimci_tile_read(aimc_tile *t, bool forward, size_t n, const float *x, size_t ld_x,
                            float *y, size_t ld_y)
{
    aimci_readout_counts c = {0};
    const aimci_read_array array = aimci_tile_read_array(t);
    const aimc_status st = aimci_periphery_read(forward ? t->forward : t->backward, &array, n, x,
                                                ld_x, y, ld_y, &c, NULL);
    if (st)
        return aimci_fail_within(st, "tile_%s: ", forward ? "forward" : "backward");
    aimci_tile_count_read(t, forward, n, &c);
    if (forward)
        correct(t, n, y, ld_y);
    return AIMC_OK;
}

aimc_status aimc_tile_forward(aimc_tile *t, size_t n, const float *x, size_t ld_x, float *y,
                              size_t ld_y)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_forward: tile is NULL");
    aimc_status st = aimci_check_batch("tile_forward", n, "x", x, t->array->n_in, ld_x);
    if (!st)
        st = aimci_check_batch("tile_forward", n, "y", y, t->array->n_out, ld_y);
    if (!st)
        st = check_finite("tile_forward", "x", x, n, t->array->n_in, ld_x);
    if (st || n == 0)
        return st;
    st = aimci_tile_read(t, true, n, x, ld_x, y, ld_y);
    return st ? st : aimci_check_product("tile_forward", y, n, t->array->n_out, ld_y);
}

aimc_status aimc_tile_backward(aimc_tile *t, size_t n, const float *d, size_t ld_d, float *z,
                               size_t ld_z)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_backward: tile is NULL");
    aimc_status st = aimci_check_batch("tile_backward", n, "d", d, t->array->n_out, ld_d);
    if (!st)
        st = aimci_check_batch("tile_backward", n, "z", z, t->array->n_in, ld_z);
    if (!st)
        st = check_finite("tile_backward", "d", d, n, t->array->n_out, ld_d);
    if (st || n == 0)
        return st;
    st = aimci_tile_read(t, false, n, d, ld_d, z, ld_z);
    return st ? st : aimci_check_product("tile_backward", z, n, t->array->n_in, ld_z);
}

/* ---- counters ------------------------------------------------------------------------------- */

aimc_counters aimci_tile_counters(const aimc_tile *t)
{
    aimc_counters c = t->counters;
    const aimci_companion *const trainer = &t->trainer, *const programmed = &t->programmed;
    if (!programmed->owner || c.pulses_up + c.pulses_down > 0) {
        c.devices = aimci_array_count_devices(t->array);
        c.devices += trainer->count_devices ? trainer->count_devices(trainer->owner) : 0;
    }
    c.devices += programmed->owner ? programmed->count_devices(programmed->owner) : 0;
    return c;
}

aimc_status aimc_tile_get_counters(const aimc_tile *t, aimc_counters *counters)
{
    if (!t || !counters)
        return aimci_fail(AIMC_ERR_INVALID, "tile_get_counters: NULL argument");
    const aimc_counters ours = aimci_tile_counters(t);
    return aimci_struct_out("tile_get_counters", counters, &ours, sizeof ours, 8);
}

void aimc_tile_clear_counters(aimc_tile *t)
{
    if (t)
        t->counters = (aimc_counters){0};
}

size_t aimc_tile_describe(const aimc_tile *t, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    if (!t)
        return 0;
    const aimc_device_info *info = &t->array->device->info;
    aimci_text_printf(&text, "tile %zu x %zu of %s", t->array->n_out, t->array->n_in,
                      t->array->device->ops->kind->name);
    if (!info->is_ideal)
        aimci_text_printf(&text, " (%.4g states, granularity %.4g)", info->num_states,
                          info->granularity);
    aimci_text_printf(&text, ", forward %s, backward %s, optimizer %s",
                      t->forward->params.is_perfect ? "perfect" : "analog",
                      t->backward->params.is_perfect ? "perfect" : "analog",
                      t->trainer.name ? t->trainer.name : "none");
    return text.length;
}

aimci_tile_snapshot aimci_tile_take_snapshot(const aimc_tile *t)
{
    return (aimci_tile_snapshot){t->forward->n_vectors, t->backward->n_vectors, t->forward->average,
                                 t->backward->average, t->counters};
}

void aimci_tile_restore_snapshot(aimc_tile *t, const aimci_tile_snapshot *snapshot)
{
    t->forward->n_vectors = snapshot->forward;
    t->backward->n_vectors = snapshot->backward;
    t->forward->average = snapshot->forward_average;
    t->backward->average = snapshot->backward_average;
    t->counters = snapshot->counters;
}
