/* SPDX-License-Identifier: MIT */
/* Sweeps of one device: aimc_device_fit(). */
#include <math.h>
#include <stdio.h>

#include "device/fit.h"

/* Sweeps as traces of one device. */
typedef struct sweeps {
    aimci_traces traces;
    aimci_trace *each;
    double *state;
    int32_t *pulses;
    unsigned char *ignore;
} sweeps;

static void sweeps_close(aimc_context *ctx, sweeps *s)
{
    aimci_free(ctx, s->each);
    aimci_free(ctx, s->state);
    aimci_free(ctx, s->pulses);
    aimci_free(ctx, s->ignore);
}

static aimc_status sweeps_open(aimc_context *ctx, size_t n_sweeps, size_t n_pulses, const float *w,
                               size_t ld, sweeps *s)
{
    const size_t n = 2 * n_pulses;
    s->each = aimci_calloc(ctx, n_sweeps, sizeof *s->each);
    s->state = aimci_calloc(ctx, n_sweeps * n, sizeof *s->state);
    s->pulses = aimci_calloc(ctx, n, sizeof *s->pulses);
    s->ignore = aimci_calloc(ctx, n, 1);
    if (!s->each || !s->state || !s->pulses || !s->ignore)
        return aimci_fail(AIMC_ERR_NOMEM, "device_fit: no memory");
    for (size_t k = 0; k < n; k++)
        s->pulses[k] = k < n_pulses ? 1 : -1;
    for (size_t i = 0; i < n_sweeps; i++) {
        s->each[i] = (aimci_trace){
            .n = n, .state = s->state + i * n, .pulses = s->pulses, .ignore = s->ignore};
        for (size_t k = 0; k < n; k++)
            s->each[i].state[k] = (double)w[i * ld + k];
    }
    s->traces = (aimci_traces){s->each, n_sweeps, n_sweeps * n};
    return AIMC_OK;
}

/* The state before the first pulse from which the mean device comes nearest to the readings: golden
 * section between the bounds. */
static double distance_from(const aimci_walk *w, double start, double *mean)
{
    double sum = 0;
    for (size_t i = 0; i < w->traces->n; i++) {
        const aimci_trace *t = &w->traces->each[i];
        aimci_walk_mean(w, t, start, mean);
        for (size_t k = 0; k < t->n; k++)
            sum += (t->state[k] - mean[k]) * (t->state[k] - mean[k]);
    }
    return sum;
}

static double find_start(const aimci_walk *w, double *mean)
{
    const double share = 0.6180339887498949;
    double lo = w->p->w_min, hi = w->p->w_max;
    double a = hi - share * (hi - lo), b = lo + share * (hi - lo);
    double at_a = distance_from(w, a, mean), at_b = distance_from(w, b, mean);
    for (int i = 0; i < 40; i++) {
        if (at_a < at_b) {
            hi = b, b = a, at_b = at_a;
            a = hi - share * (hi - lo);
            at_a = distance_from(w, a, mean);
        } else {
            lo = a, a = b, at_a = at_b;
            b = lo + share * (hi - lo);
            at_b = distance_from(w, b, mean);
        }
    }
    return 0.5 * (lo + hi);
}

/* Of a field. The gain is middle + |half|, the asymmetry 2 half / gain. */
static double variance_of(const aimci_estimate *est, size_t k)
{
    const aimci_role role = est->slots.each[k].role;
    if (role == AIMCI_PLAIN)
        return est->variance[k];
    const size_t i = role == AIMCI_MIDDLE ? k : k - 1;
    const double middle = est->x[i], half = est->x[i + 1], gain = middle + fabs(half);
    const double by_middle = role == AIMCI_MIDDLE ? 1 : -2 * half / (gain * gain);
    const double by_half = role == AIMCI_MIDDLE ? copysign(1, half) : 2 * middle / (gain * gain);
    return by_middle * by_middle * est->variance[i] + by_half * by_half * est->variance[i + 1] +
           2 * by_middle * by_half * est->covariance[i + 1];
}

static aimc_status report(aimc_context *ctx, const aimci_traces *traces, const aimci_candidate *c,
                          aimc_fit_result *r)
{
    const size_t n = traces->n_readings;
    double *predicted = aimci_calloc(ctx, 2 * n, sizeof *predicted), squares = 0;
    if (!predicted)
        return aimci_fail(AIMC_ERR_NOMEM, "device_fit: no memory");
    const aimci_walk walk = {c->model, c->config->values, traces, 0};
    aimci_walk_filter(&walk, &c->est.noise, NULL, NULL, NULL, predicted);
    size_t at = 0;
    for (size_t i = 0; i < traces->n; i++)
        for (size_t k = 0; k < traces->each[i].n; k++, at++)
            squares += pow(traces->each[i].state[k] - predicted[at], 2);
    *r = (aimc_fit_result){.model = c->model->kind->name,
                           .n_points = n,
                           .residual = sqrt(squares / (double)(n - traces->n)),
                           .aic = 2 * ((double)c->est.slots.n + 2 - c->est.log_likelihood),
                           .w_start = find_start(&walk, predicted)};
    for (size_t k = 0; k < c->est.slots.n && r->n_parameters < AIMC_FIT_PARAMETERS; k++) {
        const aimci_slot *slot = &c->est.slots.each[k];
        const size_t i = r->n_parameters;
        if (slot->field->type == AIMC_FIELD_LIST)
            continue;
        const double half = 1.959964 * sqrt(variance_of(&c->est, k));
        r->name[i] = slot->field->name;
        r->value[i] = aimci_field_load(c->config, slot->field);
        r->low[i] = r->value[i] - half;
        r->high[i] = r->value[i] + half;
        r->n_parameters++;
    }
    aimci_free(ctx, predicted);
    return AIMC_OK;
}

static void warn(aimc_context *ctx, const aimci_choice *choice)
{
    const aimci_candidate *c = &choice->each[choice->chosen];
    char instead[64] = "";
    if (choice->better != choice->chosen)
        snprintf(instead, sizeof instead, "; '%s' is better",
                 choice->each[choice->better].model->kind->name);
    if (c->problem[0])
        aimci_log(ctx, AIMC_LOG_WARNING, "device_fit: '%s' is not plausible: %s%s",
                  c->model->kind->name, c->problem, instead);
    else if (instead[0])
        aimci_log(ctx, AIMC_LOG_WARNING, "device_fit: '%s' foretells readings worse than others%s",
                  c->model->kind->name, instead);
}

static aimc_status fit_sweeps(aimc_context *ctx, const char *model, const sweeps *s,
                              aimc_config **config, aimc_fit_result *result)
{
    aimci_choice choice;
    aimc_status st = aimci_choose(ctx, "device_fit", model, &s->traces, 1, &choice);
    if (st)
        return st;
    aimci_candidate *c = &choice.each[choice.chosen];
    st = report(ctx, &s->traces, c, result);
    if (!st) {
        warn(ctx, &choice);
        *config = c->config;
        c->config = NULL;
    }
    aimci_choice_close(ctx, &choice);
    return st;
}

static aimc_status check_range(size_t n_sweeps, size_t n, const float *w, size_t ld)
{
    double lo = HUGE_VAL, hi = -HUGE_VAL;
    for (size_t i = 0; i < n_sweeps; i++)
        for (size_t k = 0; k < n; k++) {
            lo = fmin(lo, (double)w[i * ld + k]);
            hi = fmax(hi, (double)w[i * ld + k]);
        }
    return hi > lo && lo <= 0 && hi >= 0
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "device_fit: states from %g to %g; a range that holds 0 is needed", lo,
                            hi);
}

static aimc_status check_arguments(aimc_context *ctx, size_t n_sweeps, size_t n_pulses,
                                   const float *w, size_t ld_w, const aimc_fit_result *result)
{
    if (!ctx || !w || !result)
        return aimci_fail(AIMC_ERR_INVALID, "device_fit: %s is NULL",
                          !ctx ? "ctx"
                          : !w ? "w"
                               : "result");
    if (n_sweeps == 0 || n_sweeps > 1000000 || n_pulses < 10 || n_pulses > 1000000)
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_fit: %zu sweeps of %zu pulses; 1 to 1000000 sweeps of 10 to "
                          "1000000 pulses are needed",
                          n_sweeps, n_pulses);
    if (ld_w < 2 * n_pulses)
        return aimci_fail(AIMC_ERR_SHAPE, "device_fit: ld_w = %zu is less than %zu", ld_w,
                          2 * n_pulses);
    if (!aimci_all_finite(w, n_sweeps, 2 * n_pulses, ld_w))
        return aimci_fail(AIMC_ERR_INVALID, "device_fit: w holds a value that is not finite");
    const aimc_status st = aimci_struct_out_expect("device_fit", result, 8);
    return st ? st : check_range(n_sweeps, 2 * n_pulses, w, ld_w);
}

aimc_status aimc_device_fit(aimc_context *ctx, const char *model, size_t n_sweeps, size_t n_pulses,
                            const float *w, size_t ld_w, aimc_config **config,
                            aimc_fit_result *result)
{
    if (!config)
        return aimci_fail(AIMC_ERR_INVALID, "device_fit: config is NULL");
    *config = NULL;
    aimc_status st = check_arguments(ctx, n_sweeps, n_pulses, w, ld_w, result);
    if (st)
        return st;
    sweeps s = {.each = NULL};
    aimc_fit_result ours = {0};
    st = sweeps_open(ctx, n_sweeps, n_pulses, w, ld_w, &s);
    if (!st)
        st = fit_sweeps(ctx, model, &s, config, &ours);
    sweeps_close(ctx, &s);
    return st ? st : aimci_struct_out("device_fit", result, &ours, sizeof ours, 8);
}
