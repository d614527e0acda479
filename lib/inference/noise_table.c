/* SPDX-License-Identifier: MIT */
/* A device as it was measured: tables over conductance and time, bilinear in (g, log t).
 *
 *     programming  g_p = max(0, g + bias(g, t1) + sigma(g, t1) xi),  t1 the first measured time
 *     later        g_d = (g + bias(g, t) + (g_p - g - bias(g, t1)) sigma(g, t) / sigma(g, t1))
 *                        ((t + t_0) / t_0)^-nu,  nu = nu_mean(g) + nu_std(g) xi_d
 *     read         g_r = max(0, g_d (1 + q(g, t) xi))
 *
 * A device keeps its own error: it grows as the spread does. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/elementary.h"
#include "inference/noise.h"
#include "io/table.h"

#define SRC "measurements of the user"

typedef struct noise_table {
    aimci_noise_params base;
    aimci_list g_us, t_s, bias_us, sigma_us, nu_mean, nu_std, q;
    double t_0;
    double log_t[AIMCI_LIST_MAX]; /* resolved */
} noise_table;

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(0, 0, SRC),
    AIMCI_NUMBERS(noise_table, g_us, 0, 0, 1e6, "uS",
                  "measured conductances, rising; g_max = 0 means the last", SRC),
    AIMCI_NUMBERS(noise_table, t_s, 1, 0, 1e12, "s", "measured times, rising, above 0", SRC),
    AIMCI_NUMBERS(noise_table, bias_us, 0, -1e6, 1e6, "uS",
                  "mean error at each time and conductance, conductances side by side; empty: 0",
                  SRC),
    AIMCI_NUMBERS(noise_table, sigma_us, 0, 0, 1e6, "uS", "spread, likewise; empty: 0", SRC),
    AIMCI_NUMBERS(noise_table, q, 0, 0, 10, "1", "relative read noise, likewise; empty: 0", SRC),
    AIMCI_NUMBERS(noise_table, nu_mean, 0, -10, 10, "1",
                  "mean drift exponent at each conductance; empty: 0", SRC),
    AIMCI_NUMBERS(noise_table, nu_std, 0, 0, 10, "1", "its spread, likewise; empty: 0", SRC),
    AIMCI_NUMBER(noise_table, t_0, 1, 1e-12, 1e9, "s", "time scale of the drift", SRC),
    AIMCI_NOISE_EXTRAPOLATE(SRC),
};

AIMCI_DEFINE_KIND(noise_table, "noise_model",
                  "measured bias, spread, drift and read noise over conductance and time", SRC,
                  fields, noise_table, .n_children = 1);

static aimc_status check_rising(const char *name, const aimci_list *l)
{
    if (l->n == 0)
        return aimci_fail(AIMC_ERR_INVALID, "noise_model: %s is empty", name);
    for (size_t i = 1; i < l->n; i++)
        if (!(l->v[i] > l->v[i - 1]))
            return aimci_fail(AIMC_ERR_INVALID, "noise_model: %s must rise: %g after %g", name,
                              l->v[i], l->v[i - 1]);
    return AIMC_OK;
}

static aimc_status check_length(const char *name, const aimci_list *l, size_t n)
{
    if (l->n == 0 || l->n == n)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID, "noise_model: %s has %zu numbers; %zu are needed", name,
                      l->n, n);
}

/* The error of a device grows in proportion to the spread. Where that is 0 at first there is
 * nothing that could grow, so a later spread cannot be met. */
static aimc_status check_spread(const noise_table *p)
{
    const size_t n = p->g_us.n;
    for (size_t k = n; k < p->sigma_us.n; k++)
        if (p->sigma_us.v[k] > 0 && !(p->sigma_us.v[k % n] > 0))
            return aimci_fail(AIMC_ERR_INVALID,
                              "noise_model: sigma_us at %g uS is 0 at first and %g later; give the "
                              "first a small value",
                              p->g_us.v[k % n], p->sigma_us.v[k]);
    return AIMC_OK;
}

static aimc_status resolve(void *params)
{
    noise_table *p = params;
    aimc_status st = check_rising("g_us", &p->g_us);
    if (!st)
        st = check_rising("t_s", &p->t_s);
    if (!st && !(p->t_s.v[0] > 0))
        st = aimci_fail(AIMC_ERR_INVALID, "noise_model: t_s begins at 0; more is needed");
    const struct {
        const char *name;
        const aimci_list *list;
        bool over_time;
    } lists[] = {{"bias_us", &p->bias_us, true},
                 {"sigma_us", &p->sigma_us, true},
                 {"q", &p->q, true},
                 {"nu_mean", &p->nu_mean, false},
                 {"nu_std", &p->nu_std, false}};
    for (size_t k = 0; k < sizeof lists / sizeof lists[0] && !st; k++)
        st = check_length(lists[k].name, lists[k].list,
                          p->g_us.n * (lists[k].over_time ? p->t_s.n : 1));
    if (!st)
        st = check_spread(p);
    if (st)
        return st;
    for (size_t k = 0; k < p->t_s.n; k++)
        p->log_t[k] = aimci_ln(p->t_s.v[k]);
    if (p->base.g_max == 0)
        p->base.g_max = p->g_us.v[p->g_us.n - 1];
    return AIMC_OK;
}

/* Where a time lies between the measured times k and k + 1, as the share u of log t. Beyond the
 * ends u is below 0 or above 1, which extrapolates the nearest interval. */
typedef struct moment {
    size_t k;
    double u;
} moment;

static moment moment_of(const noise_table *p, double t)
{
    const size_t n = p->t_s.n;
    size_t k = 0;
    while (k + 2 < n && t > p->t_s.v[k + 1])
        k++;
    if (n < 2)
        return (moment){0, 0};
    return (moment){k, (aimci_ln(t) - p->log_t[k]) / (p->log_t[k + 1] - p->log_t[k])};
}

static double at(const noise_table *p, const aimci_list *l, double g, moment m)
{
    const size_t n = p->g_us.n;
    if (l->n == 0)
        return 0;
    const double now = aimci_interpolate(p->g_us.v, l->v + m.k * n, n, g);
    if (m.u == 0)
        return now;
    return now + m.u * (aimci_interpolate(p->g_us.v, l->v + (m.k + 1) * n, n, g) - now);
}

static void program(const void *params, const aimci_devices *d, const float *z)
{
    const noise_table *p = params;
    const moment first = {0, 0};
    for (size_t i = 0; i < d->n; i++) {
        const double g = (double)d->target[i];
        const double error =
            at(p, &p->bias_us, g, first) + at(p, &p->sigma_us, g, first) * (double)z[i];
        d->programmed[i] = (float)fmax(0, g + error);
    }
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    const noise_table *p = params;
    const moment first = {0, 0};
    for (size_t i = 0; i < d->n; i++) {
        const double g = (double)d->target[i];
        d->state[i] =
            (float)(at(p, &p->nu_mean, g, first) + at(p, &p->nu_std, g, first) * (double)z[i]);
    }
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    const noise_table *p = params;
    const moment first = {0, 0}, now = moment_of(p, t);
    const double log_time = aimci_ln((t + p->t_0) / p->t_0);
    for (size_t i = 0; i < d->n; i++) {
        const double target = (double)d->target[i];
        const double own = (double)d->programmed[i] - target - at(p, &p->bias_us, target, first);
        const double from = at(p, &p->sigma_us, target, first);
        const double growth = from > 0 ? fmax(0, at(p, &p->sigma_us, target, now)) / from : 0;
        const double mean = target + at(p, &p->bias_us, target, now);
        const double drifted = (mean + own * growth) * aimci_exp(-(double)d->state[i] * log_time);
        const double q = fmax(0, at(p, &p->q, target, now));
        g[i] = (float)fmax(0, drifted * (1 + q * (double)z[i]));
    }
}

static void measured(const void *params, double *first, double *last)
{
    const noise_table *p = params;
    *first = p->t_s.v[0];
    *last = p->t_s.v[p->t_s.n - 1];
}

static double table_time(const void *params, double t, double range[2])
{
    measured(params, &range[0], &range[1]);
    return aimci_fitted_time(params, t, range);
}

static double table_g_min(const void *params, double t, double range[2])
{
    const noise_table *p = params;
    range[0] = p->g_us.v[0];
    range[1] = p->g_us.v[p->g_us.n - 1];
    return aimci_fitted_g_min(params, t, range);
}

static double table_g_max(const void *params, double t, double range[2])
{
    const noise_table *p = params;
    range[0] = p->g_us.v[0];
    range[1] = p->g_us.v[p->g_us.n - 1];
    return aimci_fitted_g_max(params, t, range);
}

static const aimci_fitted fitted[] = {
    {"table", "t_s", "s", {0, 0}, "t_s of the table", table_time},
    {"table", "g_min", "uS", {0, 0}, "g_us of the table", table_g_min},
    {"table", "g_max", "uS", {0, 0}, "g_us of the table", table_g_max},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_noise_table = {
    .kind = &aimci_kind_noise_table,
    .resolve = resolve,
    .program = program,
    .state = state,
    .read = read,
    .noise = true,
    .programmed_at_0 = true,
    .measured = measured,
    .fitted = &fitted_table,
};

/* ---- from a file ---------------------------------------------------------------------------- */

typedef struct source {
    const aimc_table *table;
    size_t n;    /* rows */
    size_t g, t; /* columns */
    aimci_list gs, ts;
} source;

static double value_at(const source *f, size_t row, size_t column)
{
    return aimci_table_value(f->table, row, column);
}

/* The distinct values of a column, rising. */
static aimc_status distinct(const source *f, const char *name, size_t column, aimci_list *out)
{
    out->n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const double v = value_at(f, i, column);
        size_t k = 0;
        while (k < out->n && out->v[k] < v)
            k++;
        if (k < out->n && out->v[k] == v)
            continue;
        if (out->n == AIMCI_LIST_MAX)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s has more than %d different values",
                              aimci_table_source(f->table), name, AIMCI_LIST_MAX);
        memmove(out->v + k + 1, out->v + k, (out->n - k) * sizeof *out->v);
        out->v[k] = v;
        out->n++;
    }
    return AIMC_OK;
}

static size_t index_of(const aimci_list *l, double x)
{
    size_t k = 0;
    while (l->v[k] != x)
        k++;
    return k;
}

/* A column of numbers by its name; SIZE_MAX: it is not there. */
static aimc_status find_column(const source *f, const char *name, const char *unit, size_t *column)
{
    const aimc_status st = aimci_table_find(f->table, name, unit, column);
    return st || *column == SIZE_MAX ? st : aimci_table_expect_numbers(f->table, *column);
}

static aimc_status open_source(source *f)
{
    const char *const path = aimci_table_source(f->table);
    f->n = aimc_table_count_rows(f->table);
    aimc_status st = find_column(f, "g", "uS", &f->g);
    if (!st)
        st = find_column(f, "t", "s", &f->t);
    if (!st && (f->g == SIZE_MAX || f->t == SIZE_MAX))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s is missing%s", path,
                          f->g == SIZE_MAX ? "g" : "t",
                          aimci_table_has_names(f->table) ? "" : ": there is no line of names");
    if (!st)
        st = distinct(f, "g", f->g, &f->gs);
    if (!st)
        st = distinct(f, "t", f->t, &f->ts);
    if (st)
        return st;
    if (f->gs.n * f->ts.n > AIMCI_LIST_MAX || f->n != f->gs.n * f->ts.n)
        return aimci_fail(
            AIMC_ERR_FORMAT,
            "%s: %zu rows; one for each of %zu conductances and %zu times, at most %d "
            "in all, is needed",
            path, f->n, f->gs.n, f->ts.n, AIMCI_LIST_MAX);
    return AIMC_OK;
}

typedef struct quantity {
    const char *column, *unit, *field;
    bool over_time;
} quantity;

/* A column as the list of a field; over conductance alone its values at the first time. */
static aimc_status take_column(aimc_config *cfg, const source *f, const quantity *q)
{
    size_t c;
    const aimc_status st = find_column(f, q->column, q->unit, &c);
    if (st || c == SIZE_MAX)
        return st;
    double v[AIMCI_LIST_MAX] = {0};
    for (size_t i = 0; i < f->n; i++) {
        const size_t k = index_of(&f->ts, value_at(f, i, f->t));
        if (q->over_time || k == 0)
            v[k * f->gs.n + index_of(&f->gs, value_at(f, i, f->g))] = value_at(f, i, c);
    }
    return aimc_config_set_list(cfg, q->field, v, f->gs.n * (q->over_time ? f->ts.n : 1));
}

static aimc_status take_columns(aimc_config *cfg, const source *f)
{
    static const quantity columns[] = {{"bias", "uS", "bias_us", true},
                                       {"sigma", "uS", "sigma_us", true},
                                       {"q", "1", "q", true},
                                       {"nu_mean", "1", "nu_mean", false},
                                       {"nu_std", "1", "nu_std", false}};
    aimc_status st = aimc_config_set_list(cfg, "g_us", f->gs.v, f->gs.n);
    if (!st)
        st = aimc_config_set_list(cfg, "t_s", f->ts.v, f->ts.n);
    for (size_t k = 0; k < sizeof columns / sizeof columns[0] && !st; k++)
        st = take_column(cfg, f, &columns[k]);
    return st;
}

static aimc_status fill(aimc_config *cfg, const aimc_table *table)
{
    source f = {.table = table};
    const aimc_status st = open_source(&f);
    return st ? st : take_columns(cfg, &f);
}

aimc_status aimc_noise_table_set(aimc_config *cfg, const aimc_table *table)
{
    return aimci_config_take_table("noise_table_set", cfg, &aimci_kind_noise_table, fill, table);
}

aimc_status aimc_noise_table_load(aimc_config *cfg, const char *path)
{
    return aimci_config_read_table("noise_table_load", cfg, &aimci_kind_noise_table, fill, path);
}
