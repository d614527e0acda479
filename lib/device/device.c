/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "device/cell.h"
#include "device/drift.h"
#include "device/endurance.h"
#include "kernels/kernels.h"

/* ---- what pulsed models share --------------------------------------------------------------- */

aimc_status aimci_pulsed_check(const aimci_pulsed *p)
{
    if (p->lifetime > 0 && p->lifetime < 1)
        return aimci_fail(AIMC_ERR_INVALID,
                          "device: lifetime = %g mini-batches; 0 (off) or at least 1 is allowed",
                          p->lifetime);
    if (p->w_max == 0 && p->w_min == 0)
        return aimci_fail(AIMC_ERR_INVALID, "device: w_min and w_max are both 0");
    return AIMC_OK;
}

double aimci_pulsed_step(const aimci_pulsed *p, bool up)
{
    return p->dw_min * (up ? 1 + fmin(p->up_down, 0) : 1 - fmax(p->up_down, 0));
}

/* ---- scalars of the mean device ------------------------------------------------------------- */

double aimci_model_mean_step(const aimci_device_ops *model, const void *params, double w, bool up)
{
    if (model->mean_step)
        return model->mean_step(params, w, up);
    if (!model->pulsed)
        return 0;
    const double step = aimci_pulsed_step(params, up);
    if (!model->affine_mean)
        return step;
    const aimci_affine_mean m = model->affine_mean(params, up);
    return m.end == 0 ? step : step * (1 - m.share * (w + m.reference) / m.end);
}

double aimci_device_mean_step(const aimc_device *d, double w, bool up)
{
    return d->cell ? aimci_cell_mean_step(d->cell, w, up)
                   : aimci_model_mean_step(d->ops, d->params, w, up);
}

/* Eight sweeps over all states: nothing is left of where a mean device with soft bounds was
 * (e^-16), and a cell with an eighth of its step crosses the whole range. */
int32_t aimci_device_longest_train(const aimc_device *d)
{
    enum { SWEEPS = 8, LEAST = 4096 };
    return (int32_t)fmax(LEAST, fmin(SWEEPS * d->info.num_states, AIMCI_LONGEST_TRAIN));
}

static double step_difference(const aimc_device *d, double w)
{
    return aimci_device_mean_step(d, w, true) - aimci_device_mean_step(d, w, false);
}

static double bisect(const aimc_device *d, double lo, double hi)
{
    const bool rising = step_difference(d, hi) > 0;
    for (int i = 0; i < 200; i++) {
        const double mid = lo + (hi - lo) / 2;
        if ((step_difference(d, mid) > 0) == rising)
            hi = mid;
        else
            lo = mid;
    }
    return lo + (hi - lo) / 2;
}

/* Is there a step? Where there is none, as at the bounds of window_step, the sign of the difference
 * is that of a rounding error. */
static bool moves_at(const aimc_device *d, double w)
{
    return fabs(aimci_device_mean_step(d, w, true)) > 1e-9 * d->info.granularity;
}

/* The one sign change of the step difference between the bounds; NaN where there is none or
 * several. */
static double symmetry_point(const aimc_device *d, double lo, double hi)
{
    enum { n = 1000 };
    double root = (double)NAN;
    int roots = 0;
    double w0 = lo, f0 = step_difference(d, w0);
    for (int i = 1; i <= n; i++) {
        const double w1 = lo + (hi - lo) * i / n, f1 = step_difference(d, w1);
        if ((f0 < 0) != (f1 < 0) && f0 != f1) {
            const double change = bisect(d, w0, w1);
            if (moves_at(d, change)) {
                root = change;
                roots++;
            }
        }
        w0 = w1;
        f0 = f1;
    }
    if (roots != 1)
        return (double)NAN;
    return fabs(root) < 1e-12 * (hi - lo) ? 0 : root; /* bisection ends near zero, not at it */
}

static void compute_info(aimc_device *d)
{
    aimc_device_info *info = &d->info;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    info->is_ideal = !d->ops->pulsed;
    info->symmetry_point = (double)NAN;
    info->w_min = p ? p->w_min : -(double)INFINITY;
    info->w_max = p ? p->w_max : (double)INFINITY;
    if (d->cell) {
        aimci_cell_info(d->cell, info);
    } else if (p) {
        info->granularity = d->ops->granularity ? d->ops->granularity(d->params) : p->dw_min;
        info->num_states = (p->w_max - p->w_min) / info->granularity;
        info->step_up_at_0 = aimci_device_mean_step(d, 0, true);
        info->step_down_at_0 = aimci_device_mean_step(d, 0, false);
    }
    if (d->ops->pulsed)
        info->symmetry_point = symmetry_point(d, info->w_min, info->w_max);
}

static void compute_relaxation(aimc_device *d)
{
    d->relaxation = (aimci_relaxation){.decay = 1.0f};
    const aimci_pulsed *p = aimci_device_pulsed(d);
    if (!p) {
        if (d->ops->relaxation)
            d->ops->relaxation(d->params, &d->relaxation);
        return;
    }
    if (p->lifetime > 0)
        d->relaxation.decay = p->lifetime > 1 ? (float)(1 - 1 / p->lifetime) : 0.0f;
    d->relaxation.diffusion = (float)p->diffusion;
    d->relaxation.reset = (float)p->reset;
    d->relaxation.reset_std = (float)p->reset_std;
    d->relaxation.write_noise = (float)(p->write_noise_std * p->dw_min);
}

/* ---- kernels and what they see -------------------------------------------------------------- */

AIMCI_DECLARE_VARIANTS(aimci_relaxation_kernels, relaxation)
AIMCI_DECLARE_VARIANTS(aimci_sampling_kernels, sampling)

static void choose_kernels(aimc_device *d)
{
    static const aimci_relaxation_kernels *const relaxation[AIMCI_N_ISA] =
        AIMCI_LIST_VARIANTS(relaxation);
    static const aimci_sampling_kernels *const sampling[AIMCI_N_ISA] =
        AIMCI_LIST_VARIANTS(sampling);
    const int isa = aimci_best_isa(aimc_context_get_cpu(d->ctx));
    d->relaxation_kernels = relaxation[isa];
    d->sampling_kernels = sampling[isa];
    d->kernels = d->ops->kernels[isa];
    if (d->kernels)
        d->populate = d->kernels->populate ? d->kernels->populate : sampling[isa]->populate;
}

/* The law's parameters. Flags are decided here, where numbers are still double: a spread that is 0
 * in single precision only has its draws. */
static aimc_status make_law(aimc_device *d)
{
    if (!d->ops->law_size) {
        d->law = d->config->values;
        return AIMC_OK;
    }
    d->law = aimci_calloc(d->ctx, 1, d->ops->law_size);
    if (!d->law)
        return aimci_fail(AIMC_ERR_NOMEM, "device_create: no memory");
    const aimci_pulsed *p = d->params;
    const int32_t silent = !(p->dw_min_std > 0);
    *(aimci_pulse_noise *)d->law =
        (aimci_pulse_noise){.sigma = (float)p->dw_min_std,
                            .write = (float)(p->write_noise_std * p->dw_min),
                            .silent = silent,
                            .additive = silent};
    if (d->ops->law)
        d->ops->law(d->params, d->law);
    return AIMC_OK;
}

static aimc_status make_half_law(aimc_device *d)
{
    if (!d->ops->half_law)
        return AIMC_OK;
    d->half_law = aimci_calloc(d->ctx, 1, d->ops->law_size);
    if (!d->half_law)
        return aimci_fail(AIMC_ERR_NOMEM, "device_create: no memory");
    *(aimci_pulse_noise *)d->half_law = *(const aimci_pulse_noise *)d->law;
    d->half_moves = d->ops->half_law(d->params, d->half_law);
    if (!d->half_moves) {
        aimci_free(d->ctx, d->half_law);
        d->half_law = NULL;
    }
    return AIMC_OK;
}

/* ---- handle --------------------------------------------------------------------------------- */

aimc_device *aimc_device_ref(aimc_device *device)
{
    if (device)
        atomic_fetch_add(&device->references, 1);
    return device;
}

void aimc_device_unref(aimc_device *device)
{
    if (!device || atomic_fetch_sub(&device->references, 1) != 1)
        return;
    aimc_context *ctx = device->ctx;
    if (device->release) /* first the caller's data, then what the configuration refers to */
        device->release(ctx, NULL, device->params);
    aimci_cell_destroy(ctx, device->cell);
    if (device->ops->law_size)
        aimci_free(ctx, device->law);
    aimci_free(ctx, device->half_law);
    aimc_config_destroy(device->config);
    if (device->release)
        device->release(ctx, device->owned, NULL);
    aimci_free(ctx, device);
    aimci_context_unref(ctx);
}

static aimc_status make_cell(aimc_device *d)
{
    if (!d->ops->cell)
        return AIMC_OK;
    d->cell = aimci_calloc(d->ctx, 1, sizeof *d->cell);
    return d->cell ? d->ops->cell(d->ctx, d->config, d->cell)
                   : aimci_fail(AIMC_ERR_NOMEM, "device_create: no memory");
}

static aimc_status check(const aimci_device_ops *model, const aimc_config *config)
{
    if (config->kind->check)
        return config->kind->check(config->values);
    return model->pulsed && !model->cell ? aimci_pulsed_check(config->values) : AIMC_OK;
}

aimc_status aimci_device_make(aimc_context *ctx, const aimci_device_ops *model, aimc_config *config,
                              aimc_device **out)
{
    aimc_device *d = NULL;
    aimc_status st =
        model ? check(model, config)
              : aimci_wrong_category("device_create", config->kind->name, config->kind, "device");
    if (!st && !(d = aimci_calloc(ctx, 1, sizeof *d)))
        st = aimci_fail(AIMC_ERR_NOMEM, "device_create: no memory");
    if (st || !model) {
        aimc_config_destroy(config);
        return st;
    }
    d->ctx = aimci_context_ref(ctx);
    d->ops = model;
    d->config = config;
    d->params = config->values;
    if (model->resolve)
        model->resolve(config->values);
    atomic_init(&d->references, 1);
    choose_kernels(d);
    st = make_law(d);
    if (!st)
        st = make_half_law(d);
    if (!st)
        st = make_cell(d);
    if (st) {
        aimc_device_unref(d);
        return st;
    }
    compute_info(d);
    compute_relaxation(d);
    d->relaxation.drift = aimci_drift_of(config, &d->drift_t_0);
    d->relaxation.disturb = aimci_disturb_of(config);
    d->endurance = aimci_endurance_of(config);
    *out = d;
    return AIMC_OK;
}

aimc_status aimc_device_create(aimc_context *ctx, const char *name, const aimc_config *overrides,
                               aimc_device **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "device_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "device_create: ctx is NULL");
    aimc_config *config = NULL;
    const aimc_status st = aimci_config_resolve(ctx, "device_create", name, overrides, &config);
    if (st)
        return st;
    return aimci_device_make(ctx, aimci_ops_of(config->kind, "device"), config, out);
}

aimc_status aimc_device_get_info(const aimc_device *device, aimc_device_info *info)
{
    if (!device || !info)
        return aimci_fail(AIMC_ERR_INVALID, "device_get_info: NULL argument");
    return aimci_struct_out("device_get_info", info, &device->info, sizeof device->info, 8);
}

aimc_status aimc_device_get_config(const aimc_device *device, aimc_config **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "device_get_config: out is NULL");
    *out = NULL;
    if (!device)
        return aimci_fail(AIMC_ERR_INVALID, "device_get_config: device is NULL");
    if (device->ops->is_user)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "device_get_config: '%s' is a user device, which has no configuration",
                          device->ops->kind->name);
    return aimc_config_copy(device->config, out);
}

const char *aimc_device_get_model(const aimc_device *device)
{
    return device ? device->ops->kind->name : "";
}
