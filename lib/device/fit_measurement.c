/* SPDX-License-Identifier: MIT */
/* A device from a measurement: the model is chosen on some of the devices, fitted to each, and the
 * population is told from these. */
#include <math.h>
#include <string.h>

#include "device/measurement.h"

enum { CHOICE_DEVICES = 5 };

/* ---- choice --------------------------------------------------------------------------------- */

/* The chosen model, and which of its bounds most devices show. */
typedef struct decision {
    const aimci_device_ops *model;
    unsigned free_bounds;
} decision;

static void tell_choice(aimc_fit *fit, const aimci_choice *choices, size_t n, decision *out)
{
    const aimci_choice *c = &choices[0];
    size_t free_max = 0, free_min = 0;
    out->model = c->each[c->chosen].model;
    fit->better = c->better != c->chosen ? c->each[c->better].model->kind->name : NULL;
    fit->n_candidates = c->n;
    for (size_t i = 0; i < c->n; i++) {
        size_t bad = 0;
        fit->candidate[i].model = c->each[i].model->kind->name;
        fit->candidate[i].held_out = -c->each[i].behind;
        for (size_t d = 0; d < n; d++) {
            const char *problem = choices[d].each[i].problem;
            bad += problem[0] != '\0';
            if (problem[0] && !fit->candidate[i].problem[0])
                memcpy(fit->candidate[i].problem, problem, sizeof fit->candidate[i].problem);
        }
        fit->candidate[i].is_plausible = 2 * bad <= n;
        if (2 * bad <= n)
            fit->candidate[i].problem[0] = '\0';
    }
    memcpy(fit->problem, fit->candidate[c->chosen].problem, sizeof fit->problem);
    for (size_t d = 0; d < n; d++) {
        const unsigned f = choices[d].each[c->chosen].free_bounds;
        free_max += (f & AIMCI_FREE_MAX) != 0;
        free_min += (f & AIMCI_FREE_MIN) != 0;
    }
    out->free_bounds =
        (2 * free_max > n ? AIMCI_FREE_MAX : 0u) | (2 * free_min > n ? AIMCI_FREE_MIN : 0u);
}

static aimc_status decide(aimc_fit *fit, const char *model, decision *out)
{
    aimci_choice choices[CHOICE_DEVICES];
    aimci_traces some[CHOICE_DEVICES];
    const size_t n = aimci_min_size(fit->data.n_devices, CHOICE_DEVICES);
    for (size_t d = 0; d < n; d++)
        some[d] = fit->data.device[d * fit->data.n_devices / n];
    const aimc_status st = aimci_choose(fit->ctx, "measurement_fit", model, some, n, choices);
    if (st)
        return st;
    tell_choice(fit, choices, n, out);
    const bool has_lists = aimci_slots_are_lists(&choices[0].each[choices[0].chosen].est.slots);
    /* what one does not show others may; of lists the ends of the data hold the places */
    if (fit->data.n_devices > 1 && !has_lists)
        out->free_bounds = AIMCI_FREE_MAX | AIMCI_FREE_MIN;
    for (size_t d = 0; d < n; d++)
        aimci_choice_close(fit->ctx, &choices[d]);
    return AIMC_OK;
}

/* ---- devices -------------------------------------------------------------------------------- */

typedef struct devices {
    aimc_fit *fit;
    decision how;
    aimci_candidate *each; /* [n] of the chosen model */
    aimci_extent *extents; /* [n] */
    double *sorted;        /* [readings] */
    aimc_status *status;
} devices;

static void fit_chunk(void *arg, size_t slot, size_t d)
{
    devices *all = arg;
    aimci_candidate *c = &all->each[d];
    const aimci_traces *traces = &all->fit->data.device[d];
    aimci_fit_work work;
    (void)slot;
    all->status[d] = aimci_fit_work_open(all->fit->ctx, traces, &work);
    if (!all->status[d])
        aimci_estimate_device(&c->est, c->model, c->config, traces, &all->extents[d], NULL,
                              all->how.free_bounds, false, &work);
    aimci_fit_work_close(all->fit->ctx, &work);
}

static aimc_status fit_each(devices *all)
{
    const size_t n = all->fit->data.n_devices;
    aimci_parallel(all->fit->ctx, n, fit_chunk, all);
    for (size_t d = 0; d < n; d++)
        if (all->status[d])
            return aimci_fail(all->status[d], "measurement_fit: no memory");
    return AIMC_OK;
}

static aimc_status open_devices(devices *all)
{
    aimc_fit *fit = all->fit;
    const size_t n = fit->data.n_devices;
    all->each = aimci_calloc(fit->ctx, n, sizeof *all->each);
    all->extents = aimci_calloc(fit->ctx, n, sizeof *all->extents);
    all->status = aimci_calloc(fit->ctx, n, sizeof *all->status);
    all->sorted = aimci_calloc(fit->ctx, fit->data.n_readings, sizeof *all->sorted);
    if (!all->each || !all->extents || !all->status || !all->sorted)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_fit: no memory");
    for (size_t d = 0; d < n; d++) {
        all->extents[d] = aimci_traces_extent(&fit->data.device[d], all->sorted);
        all->each[d].model = all->how.model;
        const aimc_status st =
            aimc_config_create(fit->ctx, all->how.model->kind->name, &all->each[d].config);
        if (st)
            return st;
    }
    return AIMC_OK;
}

static void close_devices(devices *all)
{
    aimc_context *ctx = all->fit->ctx;
    for (size_t d = 0; all->each && d < all->fit->data.n_devices; d++)
        aimc_config_destroy(all->each[d].config);
    aimci_free(ctx, all->each);
    aimci_free(ctx, all->extents);
    aimci_free(ctx, all->status);
    aimci_free(ctx, all->sorted);
}

/* Residuals of each device by its own numbers. */
static aimc_status find_residuals(devices *all)
{
    aimc_fit *fit = all->fit;
    const size_t n = fit->data.n_readings;
    fit->predicted = aimci_calloc(fit->ctx, n, sizeof *fit->predicted);
    fit->residual = aimci_calloc(fit->ctx, n, sizeof *fit->residual);
    if (!fit->predicted || !fit->residual)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_fit: no memory");
    size_t at = 0;
    double squares = 0, counted = 0;
    for (size_t d = 0; d < fit->data.n_devices; d++) {
        const aimci_candidate *c = &all->each[d];
        const aimci_traces *traces = &fit->data.device[d];
        const aimci_walk walk = {c->model, c->config->values, traces, all->extents[d].grain};
        aimci_walk_filter(&walk, &c->est.noise, NULL, NULL, fit->residual + at,
                          fit->predicted + at);
        at += traces->n_readings;
    }
    for (size_t i = 0; i < n; i++) {
        squares += fit->residual[i] * fit->residual[i];
        counted += fit->residual[i] != 0;
    }
    fit->rms = counted > 0 ? sqrt(squares / counted) : 0;
    const aimci_traces together = {fit->data.each, fit->data.n_traces, n};
    fit->statistic = aimci_residuals_correlation(&together, fit->residual, fit->correlation);
    return AIMC_OK;
}

/* The ends of the data, over all devices. */
static void find_ends(const devices *all, double ends[2])
{
    const size_t n = all->fit->data.n_devices;
    ends[0] = ends[1] = 0;
    for (size_t d = 0; d < n; d++) {
        const aimci_pulsed *p = all->each[d].config->values;
        ends[0] += p->w_max / (double)n;
        ends[1] += p->w_min / (double)n;
    }
}

static aimc_status finish(devices *all)
{
    aimc_fit *fit = all->fit;
    aimci_mixed together;
    double ends[2];
    aimc_status st = aimci_mixed_fit(fit->ctx, all->each, fit->data.device, all->extents,
                                     fit->data.n_devices, &together);
    if (st)
        return st;
    st = find_residuals(all);
    if (!st)
        st = aimc_config_create(fit->ctx, all->how.model->kind->name, &fit->config);
    find_ends(all, ends);
    if (!st)
        st = aimci_population(fit, all->how.model, &together, ends);
    aimci_mixed_close(fit->ctx, &together);
    return st;
}

static aimc_status fit_devices(aimc_fit *fit, const char *model)
{
    devices all = {.fit = fit};
    aimc_status st = decide(fit, model, &all.how);
    if (st)
        return st;
    st = open_devices(&all);
    if (!st)
        st = fit_each(&all);
    if (!st)
        st = finish(&all);
    close_devices(&all);
    return st;
}

/* ---- handle --------------------------------------------------------------------------------- */

aimc_status aimc_measurement_fit(const aimc_measurement *m, const aimc_fit_params *params,
                                 aimc_fit **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_fit: out is NULL");
    *out = NULL;
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_fit: m is NULL");
    aimc_fit_params ours = {.struct_size = sizeof ours};
    aimc_status st =
        params ? aimci_struct_in("measurement_fit", params, &ours, sizeof ours) : AIMC_OK;
    if (!st && !(isfinite(ours.scale) && isfinite(ours.offset)))
        st = aimci_fail(AIMC_ERR_INVALID, "measurement_fit: scale = %g, offset = %g", ours.scale,
                        ours.offset);
    if (st)
        return st;
    aimc_fit *fit = aimci_calloc(m->ctx, 1, sizeof *fit);
    if (!fit)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_fit: no memory");
    fit->ctx = aimci_context_ref(m->ctx);
    st = aimci_prepare(m, &ours, &fit->data, &fit->notes);
    if (!st)
        st = fit_devices(fit, ours.model);
    if (!st)
        st = aimci_fit_retention(fit, m);
    if (!st)
        st = aimci_fit_endurance(fit, m);
    if (st)
        aimc_fit_destroy(fit);
    else
        *out = fit;
    return st;
}

void aimc_fit_destroy(aimc_fit *fit)
{
    if (!fit)
        return;
    aimc_context *ctx = fit->ctx;
    aimc_config_destroy(fit->config);
    aimci_prepared_close(ctx, &fit->data);
    aimci_free(ctx, fit->predicted);
    aimci_free(ctx, fit->residual);
    aimci_free(ctx, fit);
    aimci_context_unref(ctx);
}

aimc_status aimc_fit_get_config(const aimc_fit *fit, aimc_config **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "fit_get_config: out is NULL");
    *out = NULL;
    return fit ? aimc_config_copy(fit->config, out)
               : aimci_fail(AIMC_ERR_INVALID, "fit_get_config: fit is NULL");
}

aimc_status aimc_fit_get_trace(const aimc_fit *fit, size_t i, aimc_fit_trace *out)
{
    if (!fit || !out)
        return aimci_fail(AIMC_ERR_INVALID, "fit_get_trace: %s is NULL", fit ? "out" : "fit");
    if (i >= fit->data.n_seen_traces)
        return aimci_fail(AIMC_ERR_INVALID, "fit_get_trace: i = %zu of %zu", i,
                          fit->data.n_seen_traces);
    aimc_fit_trace ours = {.n = 0};
    const size_t place = fit->data.place[i];
    if (place != SIZE_MAX) {
        const aimci_trace *t = &fit->data.each[place];
        const size_t at = (size_t)(t->state - fit->data.each[0].state);
        ours = (aimc_fit_trace){.device = t->device,
                                .n = t->n,
                                .weight = t->state,
                                .predicted = fit->predicted + at,
                                .residual = fit->residual + at};
    }
    return aimci_struct_out("fit_get_trace", out, &ours, sizeof ours, 8);
}
