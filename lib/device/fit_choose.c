/* SPDX-License-Identifier: MIT */
/* Which model. Each is fitted five times more without a fifth of the readings, in blocks, and these
 * are foretold from all that was before them: the held-out likelihood, which a model with too many
 * parameters does not win (Stone, J. R. Stat. Soc. B 36:111 (1974)). Of the models that are about
 * as good as the best, within the standard error of the difference, the simplest is taken. A model
 * whose numbers cannot be, or that the readings do not determine, stands behind all others. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "device/fit.h"

enum { FOLDS = 5, BLOCKS = 5 /* of each fold in a trace */ };

/* ---- folds ---------------------------------------------------------------------------------- */

static size_t block_length(const aimci_trace *t)
{
    return t->n / (FOLDS * BLOCKS) > 2 ? t->n / (FOLDS * BLOCKS) : 2;
}

static void divide(const aimci_traces *traces, unsigned char *fold)
{
    size_t at = 0;
    for (size_t i = 0; i < traces->n; i++) {
        const aimci_trace *t = &traces->each[i];
        for (size_t k = 0; k < t->n; k++)
            fold[at++] = (unsigned char)((k / block_length(t) + i) % FOLDS);
    }
}

/* ---- plausibility --------------------------------------------------------------------------- */

static void complain(aimci_candidate *c, const char *format, ...) AIMCI_PRINTF(2, 3);
static void complain(aimci_candidate *c, const char *format, ...)
{
    va_list args;
    if (c->problem[0])
        return;
    va_start(args, format);
    aimci_format(c->problem, sizeof c->problem, format, args);
    va_end(args);
}

/* A bound that no device came near is a guess. */
static void check_bound(aimci_candidate *c, const aimci_slot *slot, double x, double half,
                        const aimci_extent *e)
{
    const double range = e->hi - e->lo;
    const bool upper = strcmp(slot->field->name, "w_max") == 0;
    const double beyond = upper ? x - e->hi : e->lo - x;
    if (beyond > 0.5 * range)
        complain(c, "%s = %.4g lies %.2g ranges of the data beyond them", slot->field->name, x,
                 beyond / range);
    else if (!(half < range))
        complain(c, "the readings do not determine %s", slot->field->name);
}

static void check_slots(aimci_candidate *c, const aimci_extent *e)
{
    for (size_t k = 0; k < c->est.slots.n; k++) {
        const aimci_slot *slot = &c->est.slots.each[k];
        const double x = c->est.x[k], half = 1.96 * sqrt(c->est.variance[k]);
        const bool is_list = slot->field->type == AIMC_FIELD_LIST;
        const char *name = slot->field->name;
        if (strcmp(name, "w_max") == 0 || strcmp(name, "w_min") == 0)
            check_bound(c, slot, x, half, e);
        else if (is_list || strncmp(name, "gamma", 5) == 0)
            continue; /* at an edge of their box they say: no step, no slope */
        else if (c->est.at_edge[k])
            complain(c, "%s = %.4g is at the end of what is possible", name, x);
        else if (!(half < (slot->role == AIMCI_HALF ? c->est.x[k - 1]
                           : slot->lo > 0           ? x
                                                    : 0.5 * (slot->hi - slot->lo))))
            complain(c, "the readings do not determine %s", name);
    }
}

static void check_steps(aimci_candidate *c, const aimci_extent *e)
{
    const double least = 1e-3 * (e->hi - e->lo) / e->n_pulses;
    for (int k = 2; k <= 18; k++)
        for (int up = 0; up < 2; up++) {
            const double w = e->lo + 0.05 * k * (e->hi - e->lo);
            if (!(aimci_model_mean_step(c->model, c->config->values, w, up) > least))
                complain(c, "there is no step %s at %.4g, within the data", up ? "up" : "down", w);
        }
}

/* ---- one model ------------------------------------------------------------------------------ */

/* Noise and spreads into the configuration. What a sweep cannot tell is 0: not measured. */
static void put_noise(aimci_candidate *c)
{
    aimc_config *config = c->config;
    aimci_pulsed *p = config->values;
    for (size_t i = 0; i < config->kind->n_fields; i++) {
        const aimci_field *f = &config->kind->fields[i];
        const size_t length = strlen(f->name);
        if (length > 5 && strcmp(f->name + length - 5, "_dtod") == 0)
            aimci_field_put(config->values, f, 0);
    }
    aimci_noise_put(c->model, config, &c->est.noise);
    if (aimci_kind_field(config->kind, "write_noise_std"))
        p->write_noise_std = c->est.noise.read / p->dw_min;
}

/* Lists are in units of dw_min: it becomes their mean in the middle. */
static void normalise(aimci_candidate *c)
{
    aimci_pulsed *p = c->config->values;
    const double mid = 0.5 * (p->w_min + p->w_max);
    const double unit = 0.5 * (aimci_model_mean_step(c->model, p, mid, true) +
                               aimci_model_mean_step(c->model, p, mid, false));
    aimci_slots *s = &c->est.slots;
    if (!aimci_slots_are_lists(s) || !(unit > 0))
        return;
    const double ratio = p->dw_min / unit;
    for (size_t k = 0; k < s->n; k++) {
        if (s->each[k].field->type != AIMC_FIELD_LIST)
            continue;
        c->est.x[k] *= ratio;
        c->est.variance[k] *= ratio * ratio;
        s->each[k].lo *= ratio;
        s->each[k].hi *= ratio;
    }
    p->dw_min = unit;
    aimci_slots_put(s, c->config, c->est.x);
}

/* Numbers in their final units, and the noise, into its configuration. */
static void finish_candidate(aimci_candidate *c)
{
    normalise(c);
    put_noise(c);
}

typedef struct task {
    aimc_context *ctx;
    const aimci_traces *traces; /* some of them */
    const aimci_extent *e;
    const unsigned char *fold;
    aimci_fit_work *work;
} task;

/* Where all readings are foretold more closely than they tell anything, no model does better: what
 * is left of its noise, which was looked for in vain, says nothing. */
static void count_as_exact(const task *t, aimci_candidate *c)
{
    for (size_t i = 0; i < t->traces->n_readings; i++)
        if (c->held_out[i] != 0)
            c->held_out[i] = -0.5 * log(6.283185307179586 * t->e->grain * t->e->grain);
}

static void hold_out(const task *t, aimci_candidate *c)
{
    const size_t n = t->traces->n_readings;
    double farthest = 0;
    for (int f = 0; f < FOLDS; f++) {
        const aimci_fold rest = {t->fold, f, false}, held = {t->fold, f, true};
        aimci_estimate est = c->est;
        aimci_estimate_device(&est, c->model, c->config, t->traces, t->e, &rest, c->free_bounds,
                              true, t->work);
        const aimci_walk walk = {c->model, c->config->values, t->traces, t->e->grain};
        aimci_walk_filter(&walk, &est.noise, &held, t->work->gains, t->work->residuals, NULL);
        for (size_t i = 0; i < n; i++) {
            const double r = t->work->residuals[i], v = t->work->gains[i].variance;
            if (t->fold[i] != f || r == 0)
                continue;
            c->held_out[i] = -0.5 * (log(6.283185307179586 * v) + r * r);
            farthest = fmax(farthest, fabs(r) * sqrt(v));
        }
    }
    if (farthest < t->e->grain)
        count_as_exact(t, c);
    aimci_slots_begin(c->config, t->e);
    aimci_slots_put(&c->est.slots, c->config, c->est.x);
}

static void check(aimci_candidate *c, const aimci_extent *e)
{
    c->problem[0] = '\0';
    check_slots(c, e);
    check_steps(c, e);
}

static aimci_candidate with_bounds(const task *t, const aimci_candidate *c, unsigned free_bounds)
{
    aimci_candidate other = *c;
    other.free_bounds = free_bounds;
    aimci_estimate_device(&other.est, c->model, c->config, t->traces, t->e, NULL, free_bounds,
                          false, t->work);
    check(&other, t->e);
    return other;
}

/* Bounds that the readings leave open. */
static unsigned open_bounds(const aimci_candidate *c, const aimci_extent *e)
{
    unsigned open = 0;
    for (size_t k = 0; k < c->est.slots.n; k++) {
        const char *name = c->est.slots.each[k].field->name;
        if (!(1.96 * sqrt(c->est.variance[k]) < 0.3 * (e->hi - e->lo)))
            open |= strcmp(name, "w_max") == 0   ? AIMCI_FREE_MAX
                    : strcmp(name, "w_min") == 0 ? AIMCI_FREE_MIN
                                                 : 0;
    }
    return open;
}

/* Bounds are those of the data unless the readings tell others: each must be worth 2 in the
 * logarithm of the likelihood. */
static void fit_candidate(const task *t, aimci_candidate *c)
{
    const double worth = 2;
    aimci_candidate best = with_bounds(t, c, 0);
    if (aimci_slots_have_bounds(c->model)) {
        const aimci_candidate both = with_bounds(t, c, AIMCI_FREE_MAX | AIMCI_FREE_MIN);
        if (both.est.log_likelihood > best.est.log_likelihood + 2 * worth) {
            const unsigned open = open_bounds(&both, t->e);
            best = both;
            if (open == AIMCI_FREE_MAX || open == AIMCI_FREE_MIN) {
                const aimci_candidate one = with_bounds(t, c, both.free_bounds & ~open);
                if (one.est.log_likelihood > both.est.log_likelihood - worth)
                    best = one;
            }
        }
    }
    *c = best;
    aimci_slots_begin(c->config, t->e);
    aimci_slots_put(&c->est.slots, c->config, c->est.x);
}

static void fit_model(const task *t, aimci_candidate *c)
{
    fit_candidate(t, c);
    hold_out(t, c);
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* Models that can be fitted, the simplest first. */
static size_t list_models(const aimci_device_ops *models[AIMCI_MAX_MODELS])
{
    size_t n = 0;
    for (size_t i = 0; i < aimci_n_registered && n < AIMCI_MAX_MODELS; i++) {
        const aimci_device_ops *m = aimci_ops_of(aimci_registry[i].kind, "device");
        if (!m || !m->fitted[0])
            continue;
        size_t k = n++;
        for (; k > 0 && models[k - 1]->fit_rank > m->fit_rank; k--)
            models[k] = models[k - 1];
        models[k] = m;
    }
    return n;
}

static aimc_status refuse(const char *caller, const char *model, const aimci_device_ops **models,
                          size_t n)
{
    char names[256] = "";
    aimci_text text = {names, sizeof names, 0};
    for (size_t i = 0; i < n; i++)
        aimci_text_printf(&text, "%s%s",
                          i == 0      ? ""
                          : i + 1 < n ? ", "
                                      : " and ",
                          models[i]->kind->name);
    return aimci_fail(AIMC_ERR_INVALID, "%s: model '%s'; %s can be fitted", caller, model, names);
}

/* Several devices, each with its choice. */
typedef struct crowd {
    const aimci_traces *some; /* [n] what the choices were made from */
    aimci_choice *choice;     /* [n] */
    size_t n;
} crowd;

/* How much better model a is than b for held-out readings, and the standard error of that. */
static double compare(const crowd *c, size_t a, size_t b, double *error)
{
    double sum = 0, squares = 0, n = 0;
    for (size_t d = 0; d < c->n; d++) {
        const double *of_a = c->choice[d].each[a].held_out, *of_b = c->choice[d].each[b].held_out;
        for (size_t i = 0; i < c->some[d].n; i++) {
            const aimci_trace *t = &c->some[d].each[i];
            const size_t length = block_length(t);
            for (size_t from = 0; from < t->n; from += length) {
                double difference = 0;
                n += 1;
                for (size_t k = from; k < from + length && k < t->n; k++)
                    difference += *of_a++ - *of_b++;
                sum += difference;
                squares += difference * difference;
            }
        }
    }
    *error = sqrt(fmax(squares - sum * sum / n, 0) * n / fmax(n - 1, 1));
    return sum;
}

/* Not plausible in most devices. */
static bool is_doubtful(const crowd *c, size_t model)
{
    size_t bad = 0;
    for (size_t d = 0; d < c->n; d++)
        bad += c->choice[d].each[model].problem[0] != '\0';
    return 2 * bad > c->n;
}

static size_t best_of(const crowd *c)
{
    size_t best = 0;
    double error;
    for (size_t i = 1; i < c->choice->n; i++) {
        const bool a = is_doubtful(c, i), b = is_doubtful(c, best);
        if (a != b ? b : compare(c, i, best, &error) > 0)
            best = i;
    }
    for (size_t i = 0; i < c->choice->n; i++) /* the simplest first */
        if (is_doubtful(c, i) == is_doubtful(c, best) &&
            compare(c, best, i, &error) <= fmax(error, 2))
            return i;
    return best;
}

double aimci_residuals_correlation(const aimci_traces *traces, const double *residuals,
                                   double *correlation)
{
    double squares = 0, n = 0, statistic = 0, sums[AIMCI_FIT_LAGS] = {0};
    size_t at = 0;
    for (size_t i = 0; i < traces->n; at += traces->each[i++].n)
        for (size_t k = 0; k < traces->each[i].n; k++) {
            const double r = residuals[at + k];
            squares += r * r;
            n += r != 0;
            for (size_t lag = 1; lag <= AIMCI_FIT_LAGS && lag <= k; lag++)
                sums[lag - 1] += r * residuals[at + k - lag];
        }
    for (size_t lag = 1; lag <= AIMCI_FIT_LAGS; lag++) {
        correlation[lag - 1] = squares > 0 ? sums[lag - 1] / squares : 0;
        statistic +=
            n * (n + 2) * correlation[lag - 1] * correlation[lag - 1] / fmax(n - (double)lag, 1);
    }
    return statistic;
}

/* One model of one device for each chunk. */
typedef struct job {
    aimc_context *ctx;
    const crowd *crowd;
    const aimci_extent *extents;
    const unsigned char *const *folds;
    size_t n_models;
    aimc_status *status; /* [devices][models] */
} job;

static void run_chunk(void *arg, size_t slot, size_t chunk)
{
    const job *j = arg;
    const size_t d = chunk / j->n_models;
    aimci_fit_work work;
    const task t = {.ctx = j->ctx,
                    .traces = &j->crowd->some[d],
                    .e = &j->extents[d],
                    .fold = j->folds[d],
                    .work = &work};
    (void)slot;
    j->status[chunk] = aimci_fit_work_open(t.ctx, t.traces, &work);
    if (!j->status[chunk])
        fit_model(&t, &j->crowd->choice[d].each[chunk % j->n_models]);
    aimci_fit_work_close(t.ctx, &work);
}

static aimc_status open_candidates(aimc_context *ctx, const aimci_device_ops **models, size_t n,
                                   size_t n_readings, aimci_choice *choice)
{
    for (size_t i = 0; i < n; i++) {
        aimci_candidate *c = &choice->each[choice->n++];
        *c = (aimci_candidate){.model = models[i]};
        const aimc_status st = aimc_config_create(ctx, models[i]->kind->name, &c->config);
        if (st)
            return st;
        c->held_out = aimci_calloc(ctx, n_readings, sizeof *c->held_out);
        if (!c->held_out)
            return aimci_fail(AIMC_ERR_NOMEM, "device_fit: no memory");
    }
    return AIMC_OK;
}

static void choose(const crowd *c, size_t wanted)
{
    double error;
    size_t better = best_of(c);
    const size_t chosen = wanted < c->choice->n ? wanted : better;
    if (!is_doubtful(c, chosen) && compare(c, better, chosen, &error) <= fmax(2 * error, 2))
        better = chosen;
    for (size_t d = 0; d < c->n; d++) {
        c->choice[d].chosen = chosen;
        c->choice[d].better = better;
        for (size_t i = 0; i < c->choice[d].n; i++)
            c->choice[d].each[i].behind = compare(c, better, i, &error);
    }
}

/* Traces from all over, up to so many readings. */
static void take_some(const aimci_traces *all, aimci_trace *room, aimci_traces *some)
{
    const size_t each = all->n_readings / all->n + 1;
    const size_t most = AIMCI_CHOICE_READINGS / each > 1 ? AIMCI_CHOICE_READINGS / each : 1;
    const size_t n = aimci_min_size(all->n, most);
    *some = (aimci_traces){.each = room, .n = n};
    for (size_t i = 0; i < n; i++) {
        room[i] = all->each[i * all->n / n];
        some->n_readings += room[i].n;
    }
}

/* The chosen model's numbers from all readings of a device. */
static aimc_status finish(aimc_context *ctx, const aimci_traces *all, const aimci_extent *e,
                          aimci_choice *choice)
{
    aimci_candidate *c = &choice->each[choice->chosen];
    aimci_fit_work work;
    const aimc_status st = aimci_fit_work_open(ctx, all, &work);
    if (!st) {
        aimci_estimate_device(&c->est, c->model, c->config, all, e, NULL, c->free_bounds, true,
                              &work);
        check(c, e);
    }
    aimci_fit_work_close(ctx, &work);
    for (size_t i = 0; i < choice->n && !st; i++)
        finish_candidate(&choice->each[i]);
    return st;
}

/* What belongs to the devices while a choice is made. */
typedef struct rooms {
    aimci_traces *some;
    aimci_extent *extents;
    unsigned char **folds;
    aimc_status *status;
    aimci_trace *traces;
    unsigned char *fold;
    double *sorted;
} rooms;

static void rooms_close(aimc_context *ctx, rooms *r)
{
    aimci_free(ctx, r->some);
    aimci_free(ctx, r->extents);
    aimci_free(ctx, r->folds);
    aimci_free(ctx, r->status);
    aimci_free(ctx, r->traces);
    aimci_free(ctx, r->fold);
    aimci_free(ctx, r->sorted);
}

static aimc_status rooms_open(aimc_context *ctx, const aimci_traces *devices, size_t n, rooms *r)
{
    size_t n_traces = 0, n_readings = 0;
    for (size_t d = 0; d < n; d++) {
        n_traces += devices[d].n;
        n_readings += devices[d].n_readings;
    }
    r->some = aimci_calloc(ctx, n, sizeof *r->some);
    r->extents = aimci_calloc(ctx, n, sizeof *r->extents);
    r->folds = aimci_calloc(ctx, n, sizeof *r->folds);
    r->status = aimci_calloc(ctx, n * AIMCI_MAX_MODELS, sizeof *r->status);
    r->traces = aimci_calloc(ctx, n_traces, sizeof *r->traces);
    r->fold = aimci_calloc(ctx, n_readings, 1);
    r->sorted = aimci_calloc(ctx, n_readings, sizeof *r->sorted);
    if (!r->some || !r->extents || !r->folds || !r->status || !r->traces || !r->fold || !r->sorted)
        return aimci_fail(AIMC_ERR_NOMEM, "device_fit: no memory");
    aimci_trace *room = r->traces;
    unsigned char *fold = r->fold;
    for (size_t d = 0; d < n; d++) {
        take_some(&devices[d], room, &r->some[d]);
        divide(&r->some[d], fold);
        r->extents[d] = aimci_traces_extent(&devices[d], r->sorted);
        r->folds[d] = fold;
        room += devices[d].n;
        fold += devices[d].n_readings;
    }
    return AIMC_OK;
}

static aimc_status run(aimc_context *ctx, const aimci_traces *devices, const rooms *r,
                       const crowd *c, const aimci_device_ops **models, size_t n_models,
                       size_t wanted)
{
    const job j = {ctx, c, r->extents, (const unsigned char *const *)r->folds, n_models, r->status};
    aimc_status st = AIMC_OK;
    for (size_t d = 0; d < c->n && !st; d++)
        st = open_candidates(ctx, models, n_models, r->some[d].n_readings, &c->choice[d]);
    if (st)
        return st;
    aimci_parallel(ctx, c->n * n_models, run_chunk, (void *)(uintptr_t)&j);
    for (size_t i = 0; i < c->n * n_models; i++)
        if (j.status[i])
            return aimci_fail(j.status[i], "device_fit: no memory");
    choose(c, wanted);
    for (size_t d = 0; d < c->n && !st; d++)
        st = finish(ctx, &devices[d], &r->extents[d], &c->choice[d]);
    return st;
}

aimc_status aimci_choose(aimc_context *ctx, const char *caller, const char *model,
                         const aimci_traces *devices, size_t n_devices, aimci_choice *choices)
{
    const aimci_device_ops *models[AIMCI_MAX_MODELS];
    const size_t n = list_models(models);
    size_t wanted = n;
    for (size_t d = 0; d < n_devices; d++)
        choices[d] = (aimci_choice){.n = 0};
    for (size_t i = 0; i < n && model; i++)
        if (strcmp(model, models[i]->kind->name) == 0)
            wanted = i;
    if (model && wanted == n)
        return refuse(caller, model, models, n);
    rooms r = {.some = NULL};
    aimc_status st = rooms_open(ctx, devices, n_devices, &r);
    const crowd c = {r.some, choices, n_devices};
    if (!st)
        st = run(ctx, devices, &r, &c, models, n, wanted);
    rooms_close(ctx, &r);
    for (size_t d = 0; d < n_devices && st; d++)
        aimci_choice_close(ctx, &choices[d]);
    return st;
}

void aimci_choice_close(aimc_context *ctx, aimci_choice *choice)
{
    for (size_t i = 0; i < choice->n; i++) {
        aimc_config_destroy(choice->each[i].config);
        aimci_free(ctx, choice->each[i].held_out);
    }
    *choice = (aimci_choice){.n = 0};
}
