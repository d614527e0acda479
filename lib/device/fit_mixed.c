/* SPDX-License-Identifier: MIT */
/* The turns of a mixed-effects model (fit_mixed.h): devices, means and spreads, noise. */
#include <math.h>
#include <string.h>

#include "device/fit_mixed.h"

enum { S = AIMCI_MAX_SLOTS };

/* A device on the way. */
typedef struct state {
    aimci_information information; /* before a step that may fail, with its estimate */
    aimci_estimate estimate;
    double worth;                    /* log likelihood, its numbers integrated out */
    double slope[AIMCI_NOISE_SLOTS]; /* of that with the noise as a vector */
    double value, weight;            /* that a median is found of */
    aimc_status status;
} state;

typedef struct crowd {
    aimc_context *ctx;
    aimci_candidate *each;
    const aimci_traces *traces;
    const aimci_extent *extents;
    state *at; /* [n] */
    aimci_mixed *m;
    bool is_first;          /* look for the numbers from several starts */
    aimci_walk_noise noise; /* that is tried */
} crowd;

static aimc_status check(const crowd *c)
{
    for (size_t d = 0; d < c->m->n; d++)
        if (c->at[d].status)
            return aimci_fail(c->at[d].status, "measurement_fit: no memory");
    return AIMC_OK;
}

/* ---- devices -------------------------------------------------------------------------------- */

/* What a device's numbers cost: their distance from the means, and the share of all that could have
 * been drawn which the readings leave (Laplace). */
static double cost_of(const aimci_mixed *m, const double *x, const aimci_information *info)
{
    const size_t n = m->slots.n;
    double a[S][S], none[S][S + 1], cost = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            a[i][j] = (i == j ? 1 : 0) + m->spread[i] * info->a[i][j];
        if (m->spread[i] > 0)
            cost += 0.5 * (x[i] - m->mean[i]) * (x[i] - m->mean[i]) / m->spread[i];
    }
    return cost + 0.5 * aimci_mixed_solve(a, n, none, 0);
}

/* One start: from the numbers as they are, but one (SIZE_MAX: none, n: all) from its mean. */
static double find_from(const crowd *c, size_t d, size_t which, const aimci_prior *prior,
                        aimci_fit_work *work, aimci_estimate *est, aimci_information *info)
{
    const aimci_candidate *own = &c->each[d];
    const size_t n = c->m->slots.n;
    for (size_t k = 0; k < n; k++) {
        const aimci_slot *box = &est->slots.each[k];
        if (!(prior->variance[k] > 0) || k == which || which == n)
            est->x[k] = fmin(fmax(prior->mean[k], box->lo), box->hi);
    }
    aimci_estimate_given(est, prior, own->model, own->config, &c->traces[d], &c->extents[d], work,
                         info);
    return est->log_likelihood - cost_of(c->m, est->x, info);
}

/* The most likely numbers of a device; at first from several starts: what one reading alone takes
 * for a bound, the others may know better. */
static double find_device(const crowd *c, size_t d, aimci_fit_work *work)
{
    const aimci_mixed *m = c->m;
    aimci_candidate *own = &c->each[d];
    aimci_prior prior;
    memcpy(prior.mean, m->mean, sizeof prior.mean);
    memcpy(prior.variance, m->spread, sizeof prior.variance);
    own->est.noise = m->noise;
    const aimci_estimate start = own->est;
    double most = find_from(c, d, SIZE_MAX, &prior, work, &own->est, &m->told[d].own);
    for (size_t which = 0; which <= m->slots.n && c->is_first; which++) {
        aimci_estimate est = start;
        aimci_information info;
        if (which < m->slots.n && !m->varies[which])
            continue;
        const double worth = find_from(c, d, which, &prior, work, &est, &info);
        if (worth > most) {
            most = worth;
            own->est = est;
            m->told[d].own = info;
        }
    }
    aimci_slots_put(&own->est.slots, own->config, own->est.x);
    return most;
}

/* What a device is worth by one of these, with room of its own. */
static void ask(const crowd *c, size_t d,
                double (*worth)(const crowd *c, size_t d, aimci_fit_work *work))
{
    aimci_fit_work work;
    c->at[d].worth = -HUGE_VAL;
    c->at[d].status = aimci_fit_work_open(c->ctx, &c->traces[d], &work);
    if (!c->at[d].status)
        c->at[d].worth = worth(c, d, &work);
    aimci_fit_work_close(c->ctx, &work);
}

static void device_chunk(void *arg, size_t slot, size_t d)
{
    (void)slot;
    ask(arg, d, find_device);
}

/* With a noise that is tried. What the other devices tell of the means is known before; of one
 * device alone nothing is. */
static double worth_of_device(const crowd *c, size_t d, aimci_fit_work *work)
{
    const aimci_candidate *own = &c->each[d];
    const aimci_mixed *m = c->m;
    const size_t n = m->slots.n;
    const double others = m->n > 1 ? (double)m->n / ((double)m->n - 1) : 1e6;
    double a[S][S], none[S][S + 1];
    aimci_information info;
    const double worth = aimci_estimate_information(&own->est, &c->noise, own->model, own->config,
                                                    &c->traces[d], &c->extents[d], work, &info);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            a[i][j] = (i == j ? 1 : 0) + m->spread[i] * info.a[i][j];
            for (size_t k = 0; k < n && !m->is_fixed[i]; k++)
                a[i][j] += others * m->covariance[i][k] * info.a[k][j];
        }
    return worth - 0.5 * aimci_mixed_solve(a, n, none, 0);
}

static void noise_chunk(void *arg, size_t slot, size_t d)
{
    (void)slot;
    ask(arg, d, worth_of_device);
}

static double worth_of(void *arg, const aimci_walk_noise *noise)
{
    crowd *c = arg;
    double sum = 0;
    c->noise = *noise;
    aimci_parallel(c->ctx, c->m->n, noise_chunk, c);
    for (size_t d = 0; d < c->m->n; d++)
        sum += c->at[d].worth;
    return isfinite(sum) ? sum : -HUGE_VAL;
}

#define NOISE_STEP 0.1 /* of the noise as a vector, for differences */

/* Worth of the noise when its slots i and k are moved by so many steps each. */
static double worth_beside(crowd *c, size_t i, double by_i, size_t k, double by_k)
{
    aimci_walk_noise noise = c->m->noise;
    double v[AIMCI_NOISE_SLOTS];
    aimci_noise_to(&noise, c->extents[0].grain, v);
    v[i] += by_i * NOISE_STEP;
    v[k] += by_k * NOISE_STEP;
    aimci_noise_from(v, &noise);
    return worth_of(c, &noise);
}

/* Curvature of the worth over the noise, and each device's slopes, from differences. */
static void find_noise_curvature(crowd *c, size_t n, double a[][S])
{
    const double at = worth_of(c, &c->m->noise), area = NOISE_STEP * NOISE_STEP;
    for (size_t i = 0; i < n; i++) {
        double sides = 0;
        for (size_t d = 0; d < c->m->n; d++)
            c->at[d].slope[i] = 0;
        for (int side = -1; side < 2; side += 2) {
            sides += worth_beside(c, i, side, i, 0);
            for (size_t d = 0; d < c->m->n; d++)
                c->at[d].slope[i] += side * c->at[d].worth / (2 * NOISE_STEP);
        }
        a[i][i] = (2 * at - sides) / area;
        for (size_t k = 0; k < i; k++)
            a[i][k] = a[k][i] = (worth_beside(c, i, 1, k, -1) + worth_beside(c, i, -1, k, 1) -
                                 worth_beside(c, i, 1, k, 1) - worth_beside(c, i, -1, k, -1)) /
                                (4 * area);
    }
}

/* From second differences; where devices differ more than that, from the scatter of their slopes
 * (White, Econometrica 50:1 (1982)). */
static void find_noise_errors(crowd *c)
{
    aimci_mixed *m = c->m;
    const size_t n = m->noise.is_tilted ? 4 : 2;
    double a[S][S] = {{0}}, inverse[S][S + 1] = {{0}};
    bool is_top = true;
    find_noise_curvature(c, n, a);
    for (size_t i = 0; i < n; i++) {
        inverse[i][i] = 1;
        is_top &= a[i][i] > 0;
    }
    aimci_mixed_solve(a, n, inverse, n);
    for (size_t i = 0; i < n; i++)
        is_top &= inverse[i][i] > 0;
    for (size_t i = 0; i < n; i++) {
        double robust = 0;
        for (size_t d = 0; d < m->n; d++) {
            double part = 0;
            for (size_t k = 0; k < n; k++)
                part += inverse[i][k] * c->at[d].slope[k];
            robust += part * part;
        }
        m->noise_variance[i] = !is_top    ? HUGE_VAL
                               : m->n > 3 ? fmax(inverse[i][i], robust)
                                          : inverse[i][i];
    }
}

/* ---- together ------------------------------------------------------------------------------- */

/* The value that half of the weight lies below. */
static double weighted_median(const state *at, size_t n)
{
    double all = 0, best = at->value;
    for (size_t i = 0; i < n; i++)
        all += at[i].weight;
    for (size_t i = 0; i < n; i++) {
        double below = 0, above = 0;
        for (size_t k = 0; k < n; k++) {
            below += at[k].value < at[i].value ? at[k].weight : 0;
            above += at[k].value > at[i].value ? at[k].weight : 0;
        }
        if (below <= all / 2 && above <= all / 2)
            best = at[i].value;
    }
    return best;
}

/* Mean and spread of a number as devices have it by themselves: wild ones do not move them, and a
 * device counts as its readings tell. */
static void begin_number(const crowd *c, size_t k)
{
    aimci_mixed *m = c->m;
    state *at = c->at;
    for (size_t d = 0; d < m->n; d++) {
        at[d].value = c->each[d].est.variance[k];
        at[d].weight = 1;
    }
    const double usual = weighted_median(at, m->n);
    for (size_t d = 0; d < m->n; d++) {
        at[d].value = c->each[d].est.x[k];
        at[d].weight = isfinite(usual) ? 1 / (usual + c->each[d].est.variance[k]) : 1;
    }
    m->mean[k] = weighted_median(at, m->n);
    for (size_t d = 0; d < m->n; d++)
        at[d].value = fabs(at[d].value - m->mean[k]);
    const double spread = 1.4826 * weighted_median(at, m->n) + 0.02 * aimci_mixed_size(m, k);
    m->spread[k] = m->varies[k] ? spread * spread : 0;
}

/* Not from 0, where the logarithm of a noise is worth the same everywhere. */
static void begin_noise(const crowd *c)
{
    aimci_mixed *m = c->m;
    double additive = 0;
    for (size_t d = 0; d < m->n; d++)
        additive += (c->each[d].est.noise.additive ? 1 : -1) *
                    (c->each[d].est.log_likelihood - c->each[d].est.other_log_likelihood);
    m->noise.additive = additive > 0;
    for (int which = 0; which < 2; which++) {
        for (size_t d = 0; d < m->n; d++) {
            const aimci_estimate *e = &c->each[d].est;
            const aimci_walk_noise *noise =
                e->noise.additive == m->noise.additive ? &e->noise : &e->other;
            c->at[d].value = which ? noise->read : noise->pulse;
            c->at[d].weight = 1;
        }
        const double usual = weighted_median(c->at, m->n);
        *(which ? &m->noise.read : &m->noise.pulse) = which ? usual : fmax(usual, 0.3);
    }
}

/* Where lists are the shape, every device has a gain, in a unit that all share. */
static void add_gains(const crowd *c)
{
    const size_t n = c->m->n;
    double unit = 0;
    for (size_t d = 0; d < n; d++)
        unit += ((const aimci_pulsed *)c->each[d].config->values)->dw_min / (double)n;
    for (size_t d = 0; d < n; d++) {
        aimci_candidate *own = &c->each[d];
        double *x = own->est.x, *variance = own->est.variance;
        const size_t n_slots = own->est.slots.n;
        const double ratio = ((const aimci_pulsed *)own->config->values)->dw_min / unit;
        for (size_t k = n_slots; k-- > 0;) {
            const bool is_list = own->est.slots.each[k].field->type == AIMC_FIELD_LIST;
            x[k + 2] = x[k] * (is_list ? ratio : 1);
            variance[k + 2] = variance[k] * (is_list ? ratio * ratio : 1);
        }
        x[0] = unit;
        x[1] = 0;
        variance[0] = variance[1] = HUGE_VAL;
        aimci_slots_add_gain(&own->est.slots, own->model, &c->extents[d]);
    }
    c->m->is_fixed[0] = c->m->is_fixed[1] = true;
}

/* The numbers of all devices; worth: restricted log likelihood of means and spreads. */
static aimc_status find_devices(crowd *c, double *worth)
{
    aimci_mixed *m = c->m;
    double mean[S];
    aimci_parallel(c->ctx, m->n, device_chunk, c);
    memcpy(mean, m->mean, sizeof mean);
    memcpy(m->from, mean, sizeof mean);
    aimci_mixed_tell(m);
    *worth = -0.5 * aimci_mixed_means(m, 0);
    memcpy(m->mean, mean, sizeof mean);
    for (size_t d = 0; d < m->n; d++)
        *worth += c->at[d].worth;
    return check(c);
}

static void keep(const crowd *c)
{
    for (size_t d = 0; d < c->m->n; d++) {
        c->at[d].estimate = c->each[d].est;
        c->at[d].information = c->m->told[d].own;
    }
}

static void go_back(const crowd *c)
{
    for (size_t d = 0; d < c->m->n; d++) {
        c->each[d].est = c->at[d].estimate;
        c->m->told[d].own = c->at[d].information;
    }
}

/* Means and spreads that are worth more, or as much; or no others. */
static aimc_status improve(crowd *c, double *worth)
{
    aimci_mixed *m = c->m;
    double spread[S], mean[S], now;
    memcpy(mean, m->mean, sizeof mean);
    memcpy(spread, m->spread, sizeof spread);
    keep(c);
    for (int attempt = 0; attempt < 8; attempt++) {
        memcpy(m->from, mean, sizeof mean);
        aimci_mixed_effects(m);
        for (size_t k = 0; k < m->slots.n; k++)
            if (m->varies[k])
                m->spread[k] = spread[k] * pow(m->spread[k] / spread[k], 1 / (1 + m->damping));
        const aimc_status st = find_devices(c, &now);
        if (st || now > *worth - 0.1) {
            *worth = now;
            m->damping /= 30;
            return st;
        }
        memcpy(m->mean, mean, sizeof mean);
        memcpy(m->spread, spread, sizeof spread);
        go_back(c);
        m->damping = fmax(10 * m->damping, 0.1);
    }
    return AIMC_OK;
}

/* Slope of the worth with a mean, from both sides of it. */
static aimc_status slope_of(crowd *c, size_t k, double *slope)
{
    aimci_mixed *m = c->m;
    const double at = m->mean[k], h = 0.5 * sqrt(m->covariance[k][k]);
    double worth[2] = {0, 0}, covariance[S][S];
    aimc_status st = AIMC_OK;
    memcpy(covariance, m->covariance, sizeof covariance);
    for (int side = 0; side < 2 && !st; side++) {
        m->mean[k] = side ? at + h : at - h;
        st = find_devices(c, &worth[side]);
        go_back(c);
    }
    m->mean[k] = at;
    memcpy(m->covariance, covariance, sizeof covariance);
    *slope = (worth[1] - worth[0]) / (2 * h);
    return st;
}

/* What the quadratics leave out of the slopes. */
static aimc_status find_corrections(crowd *c)
{
    aimci_mixed *m = c->m;
    double slope, quadratic[S] = {0};
    aimc_status st = AIMC_OK;
    aimci_mixed_tell(m);
    for (size_t k = 0; k < m->slots.n; k++)
        for (size_t d = 0; d < m->n; d++)
            quadratic[k] += aimci_mixed_pull(m, d, k);
    keep(c);
    for (size_t k = 0; k < m->slots.n && !st; k++) {
        if (m->is_fixed[k])
            continue;
        st = slope_of(c, k, &slope);
        m->bent[k] = slope - quadratic[k];
    }
    return st;
}

/* Turns of effects, noise and devices, until the worth stays. */
static aimc_status turn(crowd *c, int turns, double spread, double *worth)
{
    aimci_mixed *m = c->m;
    const aimci_noise_search search = {worth_of, c, c->extents[0].grain};
    aimc_status st = AIMC_OK;
    for (int i = 0; i < turns && !st; i++) {
        const double before = *worth;
        st = improve(c, worth);
        if (!st)
            aimci_search_noise(&search, &m->noise, i ? 0.1 : spread, i ? 12 : 24);
        if (!st)
            st = check(c);
        if (!st)
            st = find_devices(c, worth);
        if (i > 1 && fabs(*worth - before) < 0.01)
            break;
    }
    return st;
}

/* Turns with the slopes as they are, while they are worth something; what is worth less is not
 * kept. */
static aimc_status correct(crowd *c, int turns, double *worth)
{
    aimci_mixed *m = c->m;
    aimc_status st = AIMC_OK;
    for (int i = 0; i < turns && !st; i++) {
        const aimci_mixed before = *m;
        const double worth_before = *worth;
        m->damping = 0;
        st = find_corrections(c);
        if (!st)
            st = turn(c, 1, 0.1, worth);
        if (st || *worth > worth_before + 0.05)
            continue;
        if (*worth < worth_before) {
            *m = before;
            go_back(c);
            st = find_devices(c, worth);
        }
        break;
    }
    return st;
}

/* Numbers that all devices share belong together: those of one device are a better start than the
 * median of each. The best of some devices is kept. */
static aimc_status begin_shared(crowd *c)
{
    enum { TRIES = 5 };
    aimci_mixed *m = c->m;
    double mean[S], best[S], worth, most = -HUGE_VAL;
    aimc_status st = AIMC_OK;
    memcpy(mean, m->mean, sizeof mean);
    memcpy(best, m->mean, sizeof best);
    keep(c);
    for (size_t i = 0; i <= TRIES && !st; i++) {
        const aimci_estimate *own = &c->each[i * (m->n - 1) / TRIES].est;
        for (size_t k = 0; k < m->slots.n; k++)
            m->mean[k] = i < TRIES && !m->varies[k] && !m->is_fixed[k] ? own->x[k] : mean[k];
        st = find_devices(c, &worth);
        go_back(c);
        if (worth > most) {
            most = worth;
            memcpy(best, m->mean, sizeof best);
        }
    }
    memcpy(m->mean, best, sizeof best);
    return st;
}

/* Noise that grows along the range, where that is worth it (fit_solve.c). */
static aimc_status try_tilt(crowd *c, double *worth)
{
    aimci_mixed *m = c->m;
    const aimci_noise_search search = {worth_of, c, c->extents[0].grain};
    const aimci_walk_noise flat = m->noise;
    if (!aimci_noise_can_tilt(c->each->model))
        return AIMC_OK;
    const double before = worth_of(c, &flat);
    m->noise.is_tilted = true;
    if (!(aimci_search_noise(&search, &m->noise, 0.3, 60) > before + 4)) {
        m->noise = flat;
        return check(c);
    }
    aimc_status st = check(c);
    if (!st)
        st = find_devices(c, worth);
    return st ? st : turn(c, 4, 0.1, worth);
}

static bool has_shared(const aimci_mixed *m)
{
    for (size_t k = 0; k < m->slots.n; k++)
        if (!m->varies[k] && !m->is_fixed[k])
            return true;
    return false;
}

static aimc_status run(crowd *c)
{
    double worth;
    aimc_status st = has_shared(c->m) && c->m->n > 1 ? begin_shared(c) : AIMC_OK;
    c->is_first = true;
    if (!st)
        st = find_devices(c, &worth);
    c->is_first = false;
    if (!st)
        st = turn(c, 12, 0.3, &worth);
    if (!st)
        st = try_tilt(c, &worth);
    if (!st && c->m->n > 1)
        st = correct(c, 5, &worth);
    if (!st)
        find_noise_errors(c);
    if (!st)
        st = check(c);
    aimci_mixed_tell(c->m);
    aimci_mixed_spread_errors(c->m);
    return st;
}

aimc_status aimci_mixed_fit(aimc_context *ctx, aimci_candidate *each, const aimci_traces *traces,
                            const aimci_extent *extents, size_t n, aimci_mixed *out)
{
    crowd c = {.ctx = ctx, .each = each, .traces = traces, .extents = extents, .m = out};
    aimc_status st = AIMC_OK;
    *out = (aimci_mixed){.n = n};
    out->told = aimci_calloc(ctx, n, sizeof *out->told);
    c.at = aimci_calloc(ctx, n, sizeof *c.at);
    if (!out->told || !c.at)
        st = aimci_fail(AIMC_ERR_NOMEM, "measurement_fit: no memory");
    if (!st) {
        if (aimci_slots_are_lists(&each->est.slots))
            add_gains(&c);
        out->slots = each->est.slots;
        for (size_t k = 0; k < out->slots.n; k++) {
            out->varies[k] =
                n > 1 && aimci_field_varies(each->model->kind, out->slots.each[k].field->name);
            begin_number(&c, k);
        }
        begin_noise(&c);
        st = run(&c);
    }
    aimci_free(ctx, c.at);
    if (st)
        aimci_mixed_close(ctx, out);
    return st;
}

void aimci_mixed_close(aimc_context *ctx, aimci_mixed *m)
{
    aimci_free(ctx, m->told);
    *m = (aimci_mixed){.n = 0};
}
