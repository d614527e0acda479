/* SPDX-License-Identifier: MIT */
/* What happens to states that are left alone, from series of times. The mean of a series is a
 * curve of one number, and readings differ from it by a random walk and by noise:
 *
 *     y(t) = a (t / t_1)^-nu             or   y(t) = level + a exp(-(t - t_1) / tau),
 *     y_k = y(t_k) + D B(t_k - t_1) + r eta_k,   B a Wiener process
 *
 * a and level by least squares of the filtered readings and curves (Rosenberg, Ann. Econ. Soc.
 * Meas. 2:399 (1973)), r^2 from what is left, nu or tau of each series and D / r of all where the
 * likelihood is greatest. The exponential is taken where it is worth 2 for each series in the
 * logarithm of the likelihood, its one number more, and the walk where it is worth 2. */
#include <math.h>

#include "device/measurement.h"

enum { GRID = 48, GOLDEN = 40, LEAST_READINGS = 6 };

typedef enum curve { POWER, EXPONENTIAL } curve;

/* One series with its curve. */
typedef struct outcome {
    double likelihood, read_variance, level;
} outcome;

static double at(const aimci_series *s, curve law, double p, size_t k)
{
    return law == POWER ? pow(s->time[k] / s->time[0], -p) : exp((s->time[0] - s->time[k]) / p);
}

/* walk: (D / r)^2 */
static outcome fit_series(const aimci_series *s, curve law, double p, double walk)
{
    double track[3] = {0}, variance = 0, logs = 0, yy = 0, xy[2] = {0}, xx[3] = {0};
    const double n = (double)s->n;
    for (size_t k = 0; k < s->n; k++) {
        variance += k ? walk * (s->time[k] - s->time[k - 1]) : 0;
        const double v = variance + 1, gain = variance / v;
        const double seen[3] = {s->state[k], at(s, law, p, k), law == EXPONENTIAL};
        double e[3];
        for (int c = 0; c < 3; c++) {
            e[c] = seen[c] - track[c];
            track[c] += gain * e[c];
        }
        variance *= 1 - gain;
        logs += log(v);
        yy += e[0] * e[0] / v;
        xy[0] += e[0] * e[1] / v, xy[1] += e[0] * e[2] / v;
        xx[0] += e[1] * e[1] / v, xx[1] += e[1] * e[2] / v, xx[2] += e[2] * e[2] / v;
    }
    const double det = xx[0] * xx[2] - xx[1] * xx[1];
    const bool has_level = law == EXPONENTIAL && det > 1e-12 * xx[0] * xx[2];
    const double a = has_level ? (xy[0] * xx[2] - xy[1] * xx[1]) / det : xy[0] / xx[0];
    const double level = has_level ? (xy[1] * xx[0] - xy[0] * xx[1]) / det : 0;
    const double least = 1e-18 * yy, rest = fmax(yy - a * xy[0] - level * xy[1], least) / n;
    return (outcome){-0.5 * (n * (1 + log(6.283185307179586 * rest)) + logs), rest, level};
}

/* ---- searches ------------------------------------------------------------------------------- */

/* Where a function is greatest: on a grid, then by golden section around its best point. */
typedef double (*function)(const void *arg, double x);

static double find_top(function f, const void *arg, double lo, double hi)
{
    const double ratio = 0.6180339887498949, step = (hi - lo) / GRID;
    double best = lo, top = f(arg, lo);
    for (int k = 1; k <= GRID; k++) {
        const double v = f(arg, lo + k * step);
        if (v > top) {
            top = v;
            best = lo + k * step;
        }
    }
    double a = fmax(best - step, lo), b = fmin(best + step, hi);
    for (int k = 0; k < GOLDEN; k++) {
        const double x = b - ratio * (b - a), y = a + ratio * (b - a);
        if (f(arg, x) > f(arg, y))
            b = y;
        else
            a = x;
    }
    return (a + b) / 2;
}

/* From the top on to where the function has fallen by 1.92, half of the 95 % quantile of chi-square
 * of one degree of freedom; end: nowhere before. */
static double find_end(function f, const void *arg, double top, double end)
{
    const double limit = f(arg, top) - 1.92;
    double in = top, out = end;
    if (f(arg, end) > limit)
        return end;
    for (int k = 0; k < GOLDEN; k++) {
        const double x = (in + out) / 2;
        *(f(arg, x) > limit ? &in : &out) = x;
    }
    return (in + out) / 2;
}

/* One series, or all of them. */
typedef struct question {
    const aimc_measurement *m;
    const aimci_series *series;
    curve law;
    double walk;
} question;

static double by_parameter(const void *arg, double x)
{
    const question *q = arg;
    return fit_series(q->series, q->law, q->law == POWER ? x : exp(x), q->walk).likelihood;
}

/* Exponents from -1 to 1; time constants from a third of the first interval to 30 series. */
static void range_of(const aimci_series *s, curve law, double *lo, double *hi)
{
    *lo = law == POWER ? -1 : log((s->time[1] - s->time[0]) / 3);
    *hi = law == POWER ? 1 : log(30 * (s->time[s->n - 1] - s->time[0]));
}

static double find_parameter(const question *q)
{
    double lo, hi;
    range_of(q->series, q->law, &lo, &hi);
    return find_top(by_parameter, q, lo, hi);
}

static bool is_fit(const aimci_series *s)
{
    return s->time && s->n >= LEAST_READINGS;
}

/* Of all series, each with its best parameter; x: logarithm of the walk. */
static double by_walk(const void *arg, double x)
{
    question q = *(const question *)arg;
    double sum = 0;
    q.walk = exp(x);
    for (size_t i = 0; i < q.m->n; i++) {
        q.series = &q.m->each[i];
        if (is_fit(q.series))
            sum += by_parameter(&q, find_parameter(&q));
    }
    return sum;
}

/* With one time constant for all; x: its logarithm. */
static double by_tau(const void *arg, double x)
{
    question q = *(const question *)arg;
    double sum = 0;
    for (size_t i = 0; i < q.m->n; i++) {
        q.series = &q.m->each[i];
        if (is_fit(q.series))
            sum += by_parameter(&q, x);
    }
    return sum;
}

/* ---- report --------------------------------------------------------------------------------- */

/* Do most series end where the search does? */
static bool tell_decay(aimc_fit *fit, const question *all)
{
    question q = *all;
    aimci_sums tau = {0}, level = {0};
    size_t open = 0;
    double longest = 0, shortest = HUGE_VAL;
    for (size_t i = 0; i < q.m->n; i++) {
        double lo, hi;
        q.series = &q.m->each[i];
        if (!is_fit(q.series))
            continue;
        const double x = find_parameter(&q);
        range_of(q.series, EXPONENTIAL, &lo, &hi);
        open += x < lo + 0.1 || x > hi - 0.1;
        longest = fmax(longest, hi);
        shortest = fmin(shortest, lo);
        aimci_count(&tau, x);
        aimci_count(&level,
                    (fit_series(q.series, EXPONENTIAL, exp(x), q.walk).level - fit->data.offset) /
                        fit->data.scale);
    }
    if (2 * (double)open > tau.n)
        return false;
    const bool is_crowd = tau.n > 3;
    const double x = is_crowd ? tau.sum / tau.n : find_top(by_tau, &q, shortest, longest);
    const double half = is_crowd ? aimci_half_width(&tau) : 0;
    const double low = is_crowd ? x - half : find_end(by_tau, &q, x, shortest);
    const double high = is_crowd ? x + half : find_end(by_tau, &q, x, longest);
    const double mean = level.sum / level.n, width = aimci_half_width(&level);
    aimci_add_figure(fit, "decay.tau", exp(x), exp(low), exp(high));
    aimci_add_figure(fit, "decay.level", mean, mean - width, mean + width);
    aimci_note(
        &fit->notes,
        "states left alone end exponentially, and not as a power of time: with T seconds for "
        "a mini-batch, lifetime is %.4g / T and reset %.4g; both are left at 0",
        exp(x), mean);
    return true;
}

static double mean_read_variance(const question *all)
{
    question q = *all;
    aimci_sums rest = {0};
    for (size_t i = 0; i < q.m->n; i++) {
        q.series = &q.m->each[i];
        if (!is_fit(q.series))
            continue;
        const double x = find_parameter(&q), p = q.law == POWER ? x : exp(x);
        aimci_count(&rest, fit_series(q.series, q.law, p, q.walk).read_variance);
    }
    return rest.sum / rest.n;
}

static void tell_diffusion(aimc_fit *fit, const question *q, double x, double lo, double hi)
{
    const double unit = sqrt(mean_read_variance(q)) / fabs(fit->data.scale);
    const double rate = exp(x / 2) * unit;
    const double low = exp(find_end(by_walk, q, x, lo) / 2) * unit;
    const double high = exp(find_end(by_walk, q, x, hi) / 2) * unit;
    aimci_add_figure(fit, "diffusion.rate", rate, low, high);
    aimci_note(&fit->notes,
               "states left alone wander as sqrt(t): with T seconds for a mini-batch, diffusion is "
               "%.4g sqrt(T); it is left at 0",
               rate);
}

/* Walks that add from 1e-4 to 1e4 times the variance of a reading over the longest series. */
static bool walk_range(const aimc_measurement *m, double *lo, double *hi, double *n)
{
    double longest = 0;
    *n = 0;
    for (size_t i = 0; i < m->n; i++)
        if (is_fit(&m->each[i])) {
            const aimci_series *s = &m->each[i];
            longest = fmax(longest, s->time[s->n - 1] - s->time[0]);
            *n += 1;
        }
    *lo = log(1e-4 / longest);
    *hi = log(1e4 / longest);
    return *n > 0;
}

aimc_status aimci_fit_retention(aimc_fit *fit, const aimc_measurement *m)
{
    const double none = -HUGE_VAL, worth = 2;
    double lo, hi, n, x[2], best[2], still[2];
    if (!walk_range(m, &lo, &hi, &n) || !(fit->data.scale > 0))
        return aimci_fit_drift(fit, m);
    for (int k = 0; k < 2; k++) {
        const question q = {.m = m, .law = k ? EXPONENTIAL : POWER};
        still[k] = by_walk(&q, none);
        x[k] = find_top(by_walk, &q, lo, hi);
        best[k] = by_walk(&q, x[k]);
        if (!(best[k] > still[k] + worth)) {
            x[k] = none;
            best[k] = still[k];
        }
    }
    const bool is_decay = best[1] > best[0] + worth * n;
    question q = {.m = m, .law = is_decay ? EXPONENTIAL : POWER, .walk = exp(x[is_decay])};
    const bool is_told = is_decay && tell_decay(fit, &q);
    if (!is_told)
        q = (question){.m = m, .law = POWER, .walk = exp(x[0])};
    if (q.walk > 0)
        tell_diffusion(fit, &q, x[is_told], lo, hi);
    return is_told ? AIMC_OK : aimci_fit_drift(fit, m);
}
