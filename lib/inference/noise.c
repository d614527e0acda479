/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "inference/temperature.h"

/* ---- for the models ------------------------------------------------------------------------- */

double aimci_polynomial(const double *c, size_t n, double x)
{
    double y = 0;
    for (size_t k = n; k-- > 0;)
        y = y * x + c[k];
    return y;
}

double aimci_interpolate(const double *xs, const double *ys, size_t n, double x)
{
    if (!(x > xs[0]))
        return ys[0];
    for (size_t k = 1; k < n; k++)
        if (x < xs[k])
            return ys[k - 1] + (x - xs[k - 1]) / (xs[k] - xs[k - 1]) * (ys[k] - ys[k - 1]);
    return ys[n - 1];
}

double aimci_fitted_time(const void *params, double t, double range[2])
{
    (void)params, (void)range;
    return t > 0 ? t : (double)NAN;
}

double aimci_fitted_g_min(const void *params, double t, double range[2])
{
    (void)t, (void)range;
    return ((const aimci_noise_params *)params)->g_min;
}

double aimci_fitted_g_max(const void *params, double t, double range[2])
{
    (void)t, (void)range;
    return ((const aimci_noise_params *)params)->g_max;
}

/* ---- handle --------------------------------------------------------------------------------- */

aimc_noise_model *aimci_noise_model_ref(aimc_noise_model *model)
{
    atomic_fetch_add(&model->refs, 1);
    return model;
}

void aimc_noise_model_destroy(aimc_noise_model *m)
{
    if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
        return;
    aimc_context *ctx = m->ctx;
    aimc_config_destroy(m->config);
    aimci_free(ctx, m->params);
    aimci_free(ctx, m);
    aimci_context_unref(ctx);
}

static aimc_status resolve(aimc_noise_model *m)
{
    const aimci_kind *kind = m->config->kind;
    m->ops = aimci_ops_of(kind, "noise_model");
    if (!m->ops)
        return aimci_wrong_category("noise_model_create", kind->name, kind, "noise_model");
    m->params = aimci_calloc(m->ctx, 1, kind->size);
    if (!m->params)
        return aimci_fail(AIMC_ERR_NOMEM, "noise_model: no memory");
    memcpy(m->params, m->config->values, kind->size);
    aimc_status st = m->ops->resolve ? m->ops->resolve(m->params) : AIMC_OK;
    const aimci_noise_params *range = m->params;
    if (!st)
        st = aimci_temperature_of(m->config, &m->temperature);
    if (!st && !(range->g_min < range->g_max))
        return aimci_fail(AIMC_ERR_INVALID, "noise_model: g_min = %g uS is not below g_max = %g uS",
                          range->g_min, range->g_max);
    return st;
}

aimc_status aimc_noise_model_create(aimc_context *ctx, const char *name,
                                    const aimc_config *overrides, aimc_noise_model **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "noise_model: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "noise_model: ctx is NULL");
    aimc_noise_model *m = aimci_calloc(ctx, 1, sizeof *m);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "noise_model: no memory");
    m->ctx = aimci_context_ref(ctx);
    atomic_init(&m->refs, 1);
    aimc_status st = aimci_config_resolve(ctx, "noise_model", name, overrides, &m->config);
    if (!st)
        st = resolve(m);
    if (st) {
        aimc_noise_model_destroy(m);
        return st;
    }
    *out = m;
    return AIMC_OK;
}

aimc_status aimc_noise_model_get_info(const aimc_noise_model *m, aimc_noise_model_info *info)
{
    if (!m || !info)
        return aimci_fail(AIMC_ERR_INVALID, "noise_model_get_info: NULL argument");
    const aimci_noise_params *range = m->params;
    aimc_noise_model_info ours = {.g_min_us = range->g_min, .g_max_us = range->g_max};
    if (m->ops->measured)
        m->ops->measured(m->params, &ours.first_time_s, &ours.last_time_s);
    return aimci_struct_out("noise_model_get_info", info, &ours, sizeof ours, 8);
}

const char *aimc_noise_model_get_kind(const aimc_noise_model *m)
{
    return m ? m->ops->kind->name : "";
}

aimc_status aimci_noise_check_time(const char *caller, const aimc_noise_model *m, double t)
{
    if (t < 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: t = %g s is before the end of programming, which is t = 0", caller,
                          t);
    const aimc_status st = aimci_check_number(caller, "t", t, 0, AIMCI_LARGEST_NUMBER);
    if (st)
        return st;
    if (t == 0 || !m->ops->measured || ((const aimci_noise_params *)m->params)->extrapolate)
        return AIMC_OK;
    double first, last;
    m->ops->measured(m->params, &first, &last);
    const double there = aimci_noise_time(m, t);
    if (there >= first && there <= last)
        return AIMC_OK;
    if (there != t)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: t = %g s is worth %g s at the reference temperature; '%s' was "
                          "measured from %g s to %g s (extrapolate = true goes on beyond)",
                          caller, t, there, m->ops->kind->name, first, last);
    return aimci_fail(AIMC_ERR_INVALID,
                      "%s: t = %g s; '%s' was measured from %g s to %g s (extrapolate = true goes "
                      "on beyond)",
                      caller, t, m->ops->kind->name, first, last);
}

/* ---- ranges of the fits --------------------------------------------------------------------- */

size_t aimci_noise_outside(const aimc_noise_model *m, double t)
{
    const double there = aimci_noise_time(m, t);
    return m->ops->fitted ? aimci_fitted_outside(m->ops->fitted, m->params, there, 0, NULL) : 0;
}

size_t aimc_noise_model_count_extrapolations(const aimc_noise_model *m, double t_s)
{
    return m ? aimci_noise_outside(m, t_s) : 0;
}

aimc_status aimc_noise_model_get_extrapolation(const aimc_noise_model *m, double t_s, size_t i,
                                               aimc_extrapolation *extrapolation)
{
    static const aimci_fitted_table none = {NULL, 0};
    const char *caller = "noise_model_get_extrapolation";
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "%s: model is NULL", caller);
    if (!(t_s >= 0 && t_s <= 1e30))
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: t_s = %g is before the end of programming, which is 0", caller, t_s);
    return aimci_fitted_get(caller, m->ops->fitted ? m->ops->fitted : &none, m->params,
                            aimci_noise_time(m, t_s), i, extrapolation);
}
