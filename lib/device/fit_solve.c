/* SPDX-License-Identifier: MIT */
/* The most likely numbers of one device. In turns, until neither helps: least squares of the
 * predictions' errors, in units of their spread, with the filter's gains and variances held (then
 * the errors are smooth in the parameters: Levenberg, Q. Appl. Math. 2:164 (1944), and Marquardt,
 * SIAM J. 11:431 (1963), in a box); and the noise by the likelihood itself (fit_noise.c). Intervals
 * are from the curvature of the first, which is that of the likelihood: noise that the state keeps
 * makes them as wide as they have to be. */
#include <math.h>
#include <string.h>

#include "device/fit.h"

aimc_status aimci_fit_work_open(aimc_context *ctx, const aimci_traces *traces, aimci_fit_work *work)
{
    const size_t n = traces->n_readings;
    *work = (aimci_fit_work){.n = n};
    work->block = aimci_calloc(ctx, n, (AIMCI_MAX_SLOTS + 2) * sizeof(double) + sizeof(aimci_gain));
    if (!work->block)
        return aimci_fail(AIMC_ERR_NOMEM, "device_fit: no memory");
    work->gains = work->block;
    work->residuals = (double *)(work->gains + n);
    work->jacobian = work->residuals + 2 * n; /* one more row of residuals, to try */
    return AIMC_OK;
}

void aimci_fit_work_close(aimc_context *ctx, aimci_fit_work *work)
{
    aimci_free(ctx, work->block);
    *work = (aimci_fit_work){0};
}

/* ---- least squares in a box ----------------------------------------------------------------- */

typedef struct problem {
    aimci_walk walk;
    aimc_config *config;
    const aimci_slots *slots;
    const aimci_walk_noise *noise;
    const aimci_fold *fold;
    const aimci_prior *prior; /* NULL: none */
    aimci_fit_work *work;
} problem;

/* Is the number that of all devices? */
static bool is_held(const problem *q, size_t k)
{
    return q->prior && !(q->prior->variance[k] > 0);
}

/* Squares of the residuals, and of the distances from what is known before. */
static double residuals_at(const problem *q, const double *x, double *r)
{
    double slope[AIMCI_MAX_SLOTS];
    double sum = q->prior ? 0 : aimci_slots_roughness(q->slots, x, slope);
    for (size_t k = 0; q->prior && k < q->slots->n; k++)
        if (!is_held(q, k))
            sum += (x[k] - q->prior->mean[k]) * (x[k] - q->prior->mean[k]) / q->prior->variance[k];
    aimci_slots_put(q->slots, q->config, x);
    aimci_walk_residuals(&q->walk, q->noise, q->fold, q->work->gains, r);
    for (size_t i = 0; i < q->work->n; i++)
        sum += r[i] * r[i];
    return sum;
}

/* Solves a x = b for the n unknowns that are free, others 0. a is symmetric, [n][AIMCI_MAX_SLOTS];
 * false where it is not positive definite. */
static bool cholesky_solve(double a[][AIMCI_MAX_SLOTS], const double *b, const bool *is_free,
                           size_t n, double *x)
{
    size_t at[AIMCI_MAX_SLOTS], m = 0;
    double l[AIMCI_MAX_SLOTS][AIMCI_MAX_SLOTS], y[AIMCI_MAX_SLOTS];
    for (size_t k = 0; k < n; k++) {
        x[k] = 0;
        if (is_free[k])
            at[m++] = k;
    }
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = a[at[i]][at[j]];
            for (size_t k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            if (i == j && !(sum > 1e-13 * a[at[i]][at[i]]))
                return false;
            l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
        }
        y[i] = b[at[i]];
        for (size_t k = 0; k < i; k++)
            y[i] -= l[i][k] * y[k];
        y[i] /= l[i][i];
    }
    for (size_t i = m; i-- > 0;) {
        for (size_t k = i + 1; k < m; k++)
            y[i] -= l[k][i] * x[at[k]];
        x[at[i]] = y[i] / l[i][i];
    }
    return true;
}

static double scale_of(const aimci_slot *slot, double x)
{
    return fmax(fabs(x), 1e-3 * fmin(slot->hi - slot->lo, 10));
}

/* Gradient g and curvature a of half the residuals' squares, from differences toward the inside of
 * the box. */
static void curvature(const problem *q, const double *x, double a[][AIMCI_MAX_SLOTS], double *g)
{
    const size_t n = q->slots->n, m = q->work->n;
    const double *r = q->work->residuals;
    for (size_t k = 0; k < n; k++) {
        const aimci_slot *slot = &q->slots->each[k];
        double *row = q->work->jacobian + k * m, moved[AIMCI_MAX_SLOTS];
        double h = 1e-5 * scale_of(slot, x[k]);
        if (x[k] + h > slot->hi)
            h = -h;
        memcpy(moved, x, n * sizeof *x);
        moved[k] += h;
        residuals_at(q, moved, row);
        for (size_t i = 0; i < m; i++)
            row[i] = (row[i] - r[i]) / h;
    }
    for (size_t k = 0; k < n; k++) {
        const double *row = q->work->jacobian + k * m;
        g[k] = 0;
        for (size_t i = 0; i < m; i++)
            g[k] += row[i] * r[i];
        for (size_t j = 0; j <= k; j++) {
            const double *other = q->work->jacobian + j * m;
            double sum = 0;
            for (size_t i = 0; i < m; i++)
                sum += row[i] * other[i];
            a[k][j] = a[j][k] = sum;
        }
    }
}

/* What a descent may move: not what the box holds. */
static void find_free(const problem *q, const double *x, double a[][AIMCI_MAX_SLOTS],
                      const double *g, bool *is_free)
{
    for (size_t k = 0; k < q->slots->n; k++) {
        const aimci_slot *slot = &q->slots->each[k];
        is_free[k] = a[k][k] > 0 && !is_held(q, k) && !(x[k] <= slot->lo && g[k] > 0) &&
                     !(x[k] >= slot->hi && g[k] < 0);
    }
}

static void add_prior(const problem *q, const double *x, double a[][AIMCI_MAX_SLOTS], double *g)
{
    if (!q->prior) {
        double slope[AIMCI_MAX_SLOTS];
        aimci_slots_roughness(q->slots, x, slope);
        for (size_t k = 0; k < q->slots->n; k++)
            g[k] += slope[k];
        aimci_slots_add_roughness(q->slots, a);
    }
    for (size_t k = 0; q->prior && k < q->slots->n; k++)
        if (!is_held(q, k)) {
            a[k][k] += 1 / q->prior->variance[k];
            g[k] += (x[k] - q->prior->mean[k]) / q->prior->variance[k];
        }
}

/* At most so many steps downhill; returns whether the squares fell by more than a hair. */
static bool descend(const problem *q, double *x, int steps)
{
    const size_t n = q->slots->n;
    double a[AIMCI_MAX_SLOTS][AIMCI_MAX_SLOTS] = {{0}}, damped[AIMCI_MAX_SLOTS][AIMCI_MAX_SLOTS];
    double g[AIMCI_MAX_SLOTS] = {0}, move[AIMCI_MAX_SLOTS], next[AIMCI_MAX_SLOTS], lambda = 1e-3;
    bool is_free[AIMCI_MAX_SLOTS] = {false}, fell = false;
    double *r = q->work->residuals, *trial = r + q->work->n;
    double squares = residuals_at(q, x, r);
    for (int step = 0; step < steps; step++) {
        curvature(q, x, a, g);
        add_prior(q, x, a, g);
        find_free(q, x, a, g, is_free);
        bool better = false;
        double gained = 0;
        for (int attempt = 0; attempt < 8 && !better; attempt++) {
            for (size_t k = 0; k < n; k++) {
                memcpy(damped[k], a[k], sizeof a[k]);
                damped[k][k] *= 1 + lambda;
            }
            lambda *= 6;
            if (!cholesky_solve(damped, g, is_free, n, move))
                continue;
            for (size_t k = 0; k < n; k++)
                next[k] = fmin(fmax(x[k] - move[k], q->slots->each[k].lo), q->slots->each[k].hi);
            const double s = residuals_at(q, next, trial);
            if (!(s < squares))
                continue;
            better = true;
            gained = squares - s;
            squares = s;
        }
        if (!better)
            break;
        memcpy(x, next, n * sizeof *x);
        memcpy(r, trial, q->work->n * sizeof *r);
        lambda = fmax(lambda / 60, 1e-9);
        fell |= gained > 1e-3;
        if (gained < 1e-6 * squares + 1e-4)
            break;
    }
    aimci_slots_put(q->slots, q->config, x);
    return fell;
}

/* ---- noise ---------------------------------------------------------------------------------- */

static double likelihood(void *arg, const aimci_walk_noise *noise)
{
    const problem *q = arg;
    return aimci_walk_filter(&q->walk, noise, q->fold, NULL, NULL, NULL);
}

/* The noise that is most likely with the numbers x; returns the likelihood, with what is known
 * before. */
static double search_noise(problem *q, const double *x, aimci_walk_noise *noise, double spread,
                           int steps)
{
    const aimci_noise_search search = {likelihood, q, q->walk.grain};
    double slope[AIMCI_MAX_SLOTS];
    const double found = aimci_search_noise(&search, noise, spread, steps);
    return found - 0.5 * aimci_slots_roughness(q->slots, x, slope);
}

/* ---- together ------------------------------------------------------------------------------- */

/* Turns until the likelihood stays; the best is kept in est. */
static void refine(problem *q, aimci_estimate *est, int turns)
{
    aimci_estimate now = *est;
    q->noise = &now.noise;
    for (int turn = 0; turn < turns; turn++) {
        aimci_slots_put(q->slots, q->config, now.x);
        aimci_walk_filter(&q->walk, &now.noise, q->fold, q->work->gains, NULL, NULL);
        const bool moved = descend(q, now.x, 6);
        now.log_likelihood = search_noise(q, now.x, &now.noise, 0.3, 24);
        const double gained = now.log_likelihood - est->log_likelihood;
        if (gained > 0)
            *est = now;
        if ((gained < 0.02 && turn > 0) || !moved)
            break;
    }
    q->noise = &est->noise;
    aimci_slots_put(q->slots, q->config, est->x);
}

/* Two readings of the same numbers: all noise is of readings, or all is of pulses. */
static void start_from(problem *q, aimci_estimate *est, const aimci_extent *e, size_t number)
{
    aimci_estimate t = *est;
    const double read = 0.03 * (e->hi - e->lo);
    t.noise.pulse = 1e-3;
    t.noise.read = read;
    q->noise = &t.noise;
    aimci_slots_guess(q->slots, q->config, e, number, t.x);
    aimci_slots_put(q->slots, q->config, t.x);
    aimci_walk_filter(&q->walk, &t.noise, q->fold, q->work->gains, NULL, NULL);
    descend(q, t.x, 15);
    t.noise.pulse = 1;
    t.noise.read = read / 3;
    t.log_likelihood = search_noise(q, t.x, &t.noise, 1.5, 40);
    if (t.log_likelihood > est->log_likelihood)
        *est = t;
    q->noise = &est->noise;
}

/* Variances from the curvature; a slot that no reading depends on has none. */
static void find_variances(problem *q, aimci_estimate *est)
{
    const size_t n = est->slots.n;
    double a[AIMCI_MAX_SLOTS][AIMCI_MAX_SLOTS] = {{0}}, g[AIMCI_MAX_SLOTS];
    double column[AIMCI_MAX_SLOTS];
    bool is_free[AIMCI_MAX_SLOTS] = {false};
    aimci_walk_filter(&q->walk, &est->noise, q->fold, q->work->gains, NULL, NULL);
    residuals_at(q, est->x, q->work->residuals);
    curvature(q, est->x, a, g);
    aimci_slots_put(q->slots, q->config, est->x);
    aimci_slots_add_roughness(q->slots, a);
    for (size_t k = 0; k < n; k++) {
        const aimci_slot *slot = &est->slots.each[k];
        const double room = 1e-6 * (slot->hi - slot->lo);
        est->at_edge[k] = est->x[k] <= slot->lo + room || est->x[k] >= slot->hi - room ||
                          aimci_slots_one_way(&est->slots, k, est->x);
        is_free[k] = a[k][k] > 0 && !est->at_edge[k];
        a[k][k] += 1 / ((slot->hi - slot->lo) * (slot->hi - slot->lo)); /* the box is known */
    }
    for (size_t k = 0; k < n; k++) {
        double unit[AIMCI_MAX_SLOTS] = {0};
        unit[k] = 1;
        const bool is_known =
            is_free[k] && cholesky_solve(a, unit, is_free, n, column) && column[k] > 0;
        est->variance[k] = is_known ? column[k] : HUGE_VAL;
        est->covariance[k] = is_known && k > 0 && is_free[k - 1] ? column[k - 1] : 0;
    }
}

static void try_additive(problem *q, aimci_estimate *est)
{
    est->other = est->noise;
    est->other_log_likelihood = est->log_likelihood;
    if (!aimci_noise_can_be_additive(q->walk.model))
        return;
    aimci_walk_noise additive = est->noise;
    additive.additive = true;
    const double found = search_noise(q, est->x, &additive, 0.5, 40);
    if (found > est->log_likelihood) {
        est->noise = additive;
        est->log_likelihood = found;
    } else {
        est->other = additive;
        est->other_log_likelihood = found;
    }
}

/* Noise that grows along the range must be worth 2 in the logarithm of the likelihood for each
 * direction, as a bound must. */
static void try_tilt(problem *q, aimci_estimate *est)
{
    aimci_walk_noise tilted = est->noise;
    if (!aimci_noise_can_tilt(q->walk.model))
        return;
    tilted.is_tilted = true;
    const double found = search_noise(q, est->x, &tilted, 0.5, 120);
    if (found > est->log_likelihood + 4) {
        est->noise = tilted;
        est->log_likelihood = found;
    }
}

void aimci_estimate_device(aimci_estimate *est, const aimci_device_ops *model, aimc_config *config,
                           const aimci_traces *traces, const aimci_extent *e,
                           const aimci_fold *fold, unsigned free_bounds, bool warm,
                           aimci_fit_work *work)
{
    problem q = {.walk = {model, config->values, traces, e->grain},
                 .config = config,
                 .slots = &est->slots,
                 .noise = &est->noise,
                 .fold = fold,
                 .work = work};
    aimci_slots_begin(config, e);
    if (!warm) {
        *est = (aimci_estimate){.log_likelihood = -HUGE_VAL};
        aimci_slots_of(&est->slots, model, e, free_bounds);
        for (size_t k = 0; k < aimci_slots_starts(model); k++)
            start_from(&q, est, e, k);
    } else {
        aimci_slots_put(&est->slots, config, est->x);
        double slope[AIMCI_MAX_SLOTS];
        est->log_likelihood = aimci_walk_filter(&q.walk, &est->noise, fold, NULL, NULL, NULL) -
                              0.5 * aimci_slots_roughness(&est->slots, est->x, slope);
    }
    aimci_slots_put(&est->slots, config, est->x);
    refine(&q, est, warm ? 4 : 12);
    if (!warm) {
        try_additive(&q, est);
        try_tilt(&q, est);
        refine(&q, est, 4);
    }
    find_variances(&q, est);
}

/* ---- of many -------------------------------------------------------------------------------- */

void aimci_estimate_given(aimci_estimate *est, const aimci_prior *prior,
                          const aimci_device_ops *model, aimc_config *config,
                          const aimci_traces *traces, const aimci_extent *e, aimci_fit_work *work,
                          aimci_information *out)
{
    problem q = {.walk = {model, config->values, traces, e->grain},
                 .config = config,
                 .slots = &est->slots,
                 .noise = &est->noise,
                 .prior = prior,
                 .work = work};
    const size_t n = est->slots.n;
    double g[AIMCI_MAX_SLOTS];
    for (int turn = 0; turn < 2; turn++) {
        aimci_slots_put(&est->slots, config, est->x);
        est->log_likelihood =
            aimci_walk_filter(&q.walk, &est->noise, NULL, work->gains, NULL, NULL);
        if (turn == 0)
            descend(&q, est->x, 4);
    }
    residuals_at(&q, est->x, work->residuals);
    curvature(&q, est->x, out->a, g);
    aimci_slots_put(&est->slots, config, est->x);
    for (size_t k = 0; k < n; k++) {
        out->y[k] = -g[k];
        for (size_t j = 0; j < n; j++)
            out->y[k] += out->a[k][j] * est->x[j];
    }
}

double aimci_estimate_information(const aimci_estimate *est, const aimci_walk_noise *noise,
                                  const aimci_device_ops *model, aimc_config *config,
                                  const aimci_traces *traces, const aimci_extent *e,
                                  aimci_fit_work *work, aimci_information *out)
{
    const problem q = {.walk = {model, config->values, traces, e->grain},
                       .config = config,
                       .slots = &est->slots,
                       .noise = noise,
                       .work = work};
    aimci_slots_put(&est->slots, config, est->x);
    const double worth = aimci_walk_filter(&q.walk, noise, NULL, work->gains, NULL, NULL);
    residuals_at(&q, est->x, work->residuals);
    curvature(&q, est->x, out->a, out->y);
    aimci_slots_put(&est->slots, config, est->x);
    return worth;
}
