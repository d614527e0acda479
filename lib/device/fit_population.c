/* SPDX-License-Identifier: MIT */
/* From the numbers of each device to those of the population: means, and spreads less what the
 * devices' own uncertainty makes of them (a random-effects model). Quantiles by the approximations
 * of Fisher and Cornish (Technometrics 2:209, 1960) and of Wilson and Hilferty (Proc. Natl. Acad.
 * Sci. 17:684, 1931). Steps of both directions belong together, as
 * devices are drawn (device/sampling.h):
 *
 *     S+ = dw (G + min(u, 0) + r),   S- = dw (G - max(u, 0) - r) */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "device/measurement.h"

enum { FEWEST_FOR_SPREAD = 3, FEWEST_FOR_INTERVAL = 4 };

void aimci_add_figure(aimc_fit *fit, const char *name, double value, double low, double high)
{
    if (fit->n_figures == AIMCI_FIGURES)
        return;
    aimci_figure *f = &fit->figure[fit->n_figures++];
    *f = (aimci_figure){.value = value, .low = low, .high = high};
    snprintf(f->name, sizeof f->name, "%s", name);
    if (!(isfinite(low) && isfinite(high)))
        f->low = f->high = (double)NAN;
}

/* ---- quantiles ------------------------------------------------------------------------------ */

static double student(double n) /* 97.5 % quantile */
{
    const double z = 1.959963984540054, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

static double chi_square(double n, double z)
{
    const double c = 2 / (9 * n), root = 1 - c + z * sqrt(c);
    return n * root * root * root;
}

/* ---- samples over devices ------------------------------------------------------------------- */

/* A number of each device with the variance of its own estimate: 0 where only the numbers are
 * known, infinite where the readings of that device do not tell it. */
typedef struct sample {
    double *x, *own;
    size_t n;
} sample;

static void take(sample *s, double x, double own)
{
    s->x[s->n] = x;
    s->own[s->n++] = own;
}

static double weight(const sample *s, size_t i, double between)
{
    const double v = s->own[i] + between;
    return isfinite(v) ? 1 / fmax(v, 1e-300) : 0;
}

static double weighted_mean(const sample *s, double between)
{
    double sum = 0, of = 0, plain = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double w = weight(s, i, between);
        sum += w * s->x[i];
        of += w;
        plain += s->x[i] / (double)s->n;
    }
    return of > 0 ? sum / of : plain;
}

/* Squares about the mean in units of what is expected with this variance between the devices. */
static double heterogeneity(const sample *s, double between)
{
    const double mean = weighted_mean(s, between);
    double q = 0;
    for (size_t i = 0; i < s->n; i++)
        q += weight(s, i, between) * (s->x[i] - mean) * (s->x[i] - mean);
    return q;
}

static double n_told(const sample *s)
{
    double n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += isfinite(s->own[i]) ? 1 : 0;
    return n;
}

/* The variance between devices at which heterogeneity is q: 0, where it is never that large. */
static double between_at(const sample *s, double q)
{
    double lo = 0, hi = 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < i; k++)
            if (isfinite(s->own[i]) && isfinite(s->own[k]))
                hi = fmax(hi, (s->x[i] - s->x[k]) * (s->x[i] - s->x[k]));
    hi *= 100;
    if (!(hi > 0) || heterogeneity(s, lo) <= q)
        return 0;
    for (int i = 0; i < 100; i++) {
        const double mid = 0.5 * (lo + hi);
        *(heterogeneity(s, mid) > q ? &lo : &hi) = mid;
    }
    return 0.5 * (lo + hi);
}

/* Paule and Mandel, J. Res. Natl. Bur. Stand. 87:377 (1982) */
static double between_of(const sample *s)
{
    return between_at(s, n_told(s) - 1);
}

static double mean_of(const sample *s)
{
    return weighted_mean(s, between_of(s));
}

/* Half of the interval of the mean: Student's, by Hartung and Knapp (Stat. Med. 20:3875, 2001); of
 * one device its own. */
static double half_of(const sample *s)
{
    const double n = n_told(s), between = between_of(s);
    double of = 0;
    if (s->n == 1)
        return s->own[0] > 0 ? 1.959963984540054 * sqrt(s->own[0]) : HUGE_VAL;
    if (n < FEWEST_FOR_INTERVAL)
        return HUGE_VAL;
    for (size_t i = 0; i < s->n; i++)
        of += weight(s, i, between);
    return student(n - 1) * sqrt(fmax(heterogeneity(s, between) / (n - 1), 1) / of);
}

static void add_mean(aimc_fit *fit, const char *name, const sample *s, double factor)
{
    const double value = mean_of(s) * factor, half = half_of(s) * fabs(factor);
    aimci_add_figure(fit, name, value, value - half, value + half);
}

/* A spread, in units of scale; its interval from the quantiles of heterogeneity (Viechtbauer, Stat.
 * Med. 26:37, 2007). false: nobody measured it. */
static bool add_spread(aimc_fit *fit, const char *name, const sample *s, double scale,
                       double *value)
{
    const double n = n_told(s), z = 1.959963984540054;
    double low = (double)NAN, high = (double)NAN;
    *value = 0;
    if (n < FEWEST_FOR_SPREAD || !(scale > 0))
        return false;
    *value = sqrt(between_of(s)) / scale;
    if (n >= FEWEST_FOR_INTERVAL) {
        low = sqrt(between_at(s, chi_square(n - 1, z))) / scale;
        high = sqrt(between_at(s, chi_square(n - 1, -z))) / scale;
    }
    aimci_add_figure(fit, name, *value, low, high);
    return true;
}

/* ---- fields --------------------------------------------------------------------------------- */

typedef struct crowd {
    aimc_fit *fit;
    const aimci_estimate *each;
    aimc_config *const *configs;
    size_t n;
    double *room; /* [MOST_SAMPLES][2][n] */
} crowd;

enum { MOST_SAMPLES = 5 };

static sample sample_in(const crowd *c, int which)
{
    double *x = c->room + 2 * c->n * (size_t)which;
    return (sample){x, x + c->n, 0};
}

static double field_of(const aimc_config *config, const char *name)
{
    return aimci_field_load(config, aimci_kind_field(config->kind, name));
}

static double variance_in(const aimci_estimate *est, const char *name)
{
    for (size_t k = 0; k < est->slots.n; k++)
        if (strcmp(est->slots.each[k].field->name, name) == 0)
            return est->variance[k];
    return 0; /* not fitted: the same in all */
}

static bool is_fitted(const crowd *c, const char *name)
{
    for (size_t k = 0; k < c->each->slots.n; k++)
        if (strcmp(c->each->slots.each[k].field->name, name) == 0)
            return true;
    return false;
}

static void put(aimc_fit *fit, const char *name, double value)
{
    const aimci_field *f = aimci_kind_field(fit->config->kind, name);
    if (f) {
        aimci_field_put(fit->config->values, f, fmin(fmax(value, f->min), f->max));
        fit->config->set[f - fit->config->kind->fields] = 1;
    }
}

static void put_spread(const crowd *c, const char *name, const sample *s, double scale)
{
    char spread[56];
    double value;
    snprintf(spread, sizeof spread, "%s_dtod", name);
    if (aimci_kind_field(c->fit->config->kind, spread)) {
        add_spread(c->fit, spread, s, scale, &value);
        put(c->fit, spread, value);
    }
}

/* A gain and its asymmetry: "dw_min" and "up_down", or those of exponents. */
static void put_pair(const crowd *c, const char *gain, const char *asymmetry)
{
    sample up = sample_in(c, 0), down = sample_in(c, 1), skew = sample_in(c, 2);
    sample common = sample_in(c, 3), difference = sample_in(c, 4);
    for (size_t i = 0; i < c->n; i++) {
        const double s = field_of(c->configs[i], gain), u = field_of(c->configs[i], asymmetry);
        const double vs = variance_in(&c->each[i], gain), vd = variance_in(&c->each[i], asymmetry);
        take(&up, s * (1 + fmin(u, 0)), vs);
        take(&down, s * (1 - fmax(u, 0)), vs);
        take(&skew, u, vd);
    }
    const double s_up = mean_of(&up), s_down = mean_of(&down), s = fmax(s_up, s_down);
    const double u = s_up > s_down ? 1 - s_down / s_up : s_up / s_down - 1;
    for (size_t i = 0; i < c->n; i++) {
        const double si = field_of(c->configs[i], gain), ui = field_of(c->configs[i], asymmetry);
        const double vs = variance_in(&c->each[i], gain), vd = variance_in(&c->each[i], asymmetry);
        const double a = si * (1 + fmin(ui, 0)), b = si * (1 - fmax(ui, 0));
        take(&common, (a + b) / (2 * s) + fabs(u) / 2, vs / (s * s));
        take(&difference, (a - b) / (2 * s) - u / 2, vd / 4);
    }
    put(c->fit, gain, s);
    put(c->fit, asymmetry, u);
    const double half = half_of(s_up > s_down ? &up : &down), half_u = half_of(&skew);
    aimci_add_figure(c->fit, gain, s, s - half, s + half);
    aimci_add_figure(c->fit, asymmetry, u, u - half_u, u + half_u);
    put_spread(c, gain, &common, 1);
    put_spread(c, asymmetry, &difference, 1);
}

static bool is_absolute(const char *name)
{
    return strncmp(name, "gamma", 5) == 0;
}

static void put_number(const crowd *c, const char *name)
{
    sample s = sample_in(c, 0);
    for (size_t i = 0; i < c->n; i++)
        take(&s, field_of(c->configs[i], name), variance_in(&c->each[i], name));
    put(c->fit, name, mean_of(&s));
    add_mean(c->fit, name, &s, 1);
    put_spread(c, name, &s, is_absolute(name) ? 1 : fabs(mean_of(&s)));
}

/* Bounds that no device showed are the ends of the data, and their spread is not measured. */
static void put_bounds(const crowd *c)
{
    static const char *const names[] = {"w_max", "w_min"};
    for (int k = 0; k < 2; k++) {
        sample s = sample_in(c, 0);
        if (is_fitted(c, names[k])) {
            put_number(c, names[k]);
            continue;
        }
        for (size_t i = 0; i < c->n; i++)
            take(&s, field_of(c->configs[i], names[k]), 0);
        put(c->fit, names[k], mean_of(&s));
        aimci_note(&c->fit->notes,
                   "%s is not measured: %.4g is the end of the data, and 3 %% of their range",
                   names[k], mean_of(&s));
    }
}

static void put_list(const crowd *c, const aimci_field *field)
{
    aimci_list *list = aimci_field_at(c->fit->config->values, field);
    const aimci_list *first = aimci_field_at(c->configs[0]->values, field);
    list->n = first->n;
    for (size_t k = 0; k < list->n; k++) {
        char name[56];
        sample s = sample_in(c, 0);
        for (size_t i = 0; i < c->n; i++) {
            const aimci_list *l = aimci_field_at(c->configs[i]->values, field);
            take(&s, l->v[k], 0);
        }
        list->v[k] = mean_of(&s);
        snprintf(name, sizeof name, "%s[%zu]", field->name, k);
        add_mean(c->fit, name, &s, 1);
    }
    c->fit->config->set[field - c->fit->config->kind->fields] = 1;
}

/* ---- noise ---------------------------------------------------------------------------------- */

/* Variances have no bias, standard deviations of uncertain ones do: the root of the mean square, in
 * a unit that is known to a share. */
static double add_root(aimc_fit *fit, const char *name, const sample *s, double unit, double share)
{
    const double mean = fmax(mean_of(s), 0), half = half_of(s), value = sqrt(mean) / unit;
    const double low = value - sqrt(fmax(mean - half, 0)) / unit;
    const double high = sqrt(mean + half) / unit - value;
    aimci_add_figure(fit, name, value, fmax(value - hypot(low, share * value), 0),
                     value + hypot(high, share * value));
    return value;
}

/* Half of the interval of a figure, relative to it. */
static double share_of(const aimc_fit *fit, const char *name)
{
    for (size_t i = 0; i < fit->n_figures; i++)
        if (strcmp(fit->figure[i].name, name) == 0)
            return (fit->figure[i].high - fit->figure[i].low) / (2 * fit->figure[i].value);
    return 0;
}

static void put_noise(const crowd *c)
{
    sample pulse = sample_in(c, 0), read = sample_in(c, 1);
    double additive = 0; /* better by so much in log likelihood, over all devices */
    for (size_t i = 0; i < c->n; i++)
        additive += (c->each[i].noise.additive ? 1 : -1) *
                    (c->each[i].log_likelihood - c->each[i].other_log_likelihood);
    for (size_t i = 0; i < c->n; i++) {
        const aimci_walk_noise *n =
            c->each[i].noise.additive == (additive > 0) ? &c->each[i].noise : &c->each[i].other;
        take(&pulse, n->pulse < 1e-3 ? 0 : n->pulse * n->pulse, 0);
        take(&read, n->read * n->read, 0);
    }
    const double unit = field_of(c->fit->config, "dw_min");
    put(c->fit, "dw_min_std", add_root(c->fit, "dw_min_std", &pulse, 1, 0));
    put(c->fit, "mult_noise", additive <= 0);
    if (aimci_kind_field(c->fit->config->kind, "write_noise_std"))
        put(c->fit, "write_noise_std",
            add_root(c->fit, "write_noise_std", &read, unit, share_of(c->fit, "dw_min")));
    else
        aimci_note(
            &c->fit->notes,
            "readings differ by %.3g (standard deviation) without a pulse; this model has no "
            "write noise, so that it is taken as the instrument's",
            sqrt(mean_of(&read)));
}

/* What a share of n is, with the interval of Wilson (J. Am. Stat. Assoc. 22:209, 1927). */
static void put_stuck(aimc_fit *fit)
{
    const double n = (double)fit->data.n_seen, p = (double)fit->data.n_stuck / n;
    const double z = 1.959963984540054, z2 = z * z / n;
    if (fit->data.n_seen < FEWEST_FOR_INTERVAL)
        return;
    const double mid = (p + z2 / 2) / (1 + z2);
    const double half = z * sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2);
    put(fit, "corrupt_devices_prob", p);
    /* with none, or with all, an end is exact, which rounding would miss */
    aimci_add_figure(fit, "corrupt_devices_prob", p, p > 0 ? fmax(mid - half, 0) : 0,
                     p < 1 ? fmin(mid + half, 1) : 1);
    if (fit->data.n_stuck)
        put(fit, "corrupt_devices_range", fit->data.stuck_range);
}

/* Steps up and down of a device belong together or not. */
static void add_correlation(const crowd *c)
{
    double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    const double n = (double)c->n;
    for (size_t i = 0; i < c->n; i++) {
        const double s = field_of(c->configs[i], "dw_min"), u = field_of(c->configs[i], "up_down");
        const double x = s * (1 + fmin(u, 0)), y = s * (1 - fmax(u, 0));
        a += x, b += y, aa += x * x, bb += y * y, ab += x * y;
    }
    const double va = aa - a * a / n, vb = bb - b * b / n;
    if (c->n < FEWEST_FOR_INTERVAL || !(va > 0 && vb > 0))
        return;
    const double r = (ab - a * b / n) / sqrt(va * vb);
    const double z = atanh(fmin(fmax(r, -0.999999), 0.999999)), half = 1.96 / sqrt(fmax(n - 3, 1));
    aimci_add_figure(c->fit, "correlation_up_down", r, tanh(z - half), tanh(z + half));
}

aimc_status aimci_population(aimc_fit *fit, const aimci_device_ops *model,
                             const aimci_estimate *estimates, aimc_config *const *configs)
{
    const size_t n = fit->data.n_devices;
    double *room = aimci_calloc(fit->ctx, 2 * MOST_SAMPLES * n, sizeof *room);
    if (!room)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_fit: no memory");
    const crowd c = {fit, estimates, configs, n, room};
    for (size_t i = 0; i < fit->config->kind->n_fields; i++) {
        const aimci_field *f = &fit->config->kind->fields[i];
        const size_t length = strlen(f->name);
        if (length > 5 && strcmp(f->name + length - 5, "_dtod") == 0)
            put(fit, f->name, 0);
    }
    put_pair(&c, "dw_min", "up_down");
    put_bounds(&c);
    for (size_t k = 0; k < AIMC_FIT_PARAMETERS && model->fitted[k]; k++) {
        const char *name = model->fitted[k];
        const aimci_field *field = aimci_kind_field(model->kind, name);
        if (field->type == AIMC_FIELD_LIST)
            put_list(&c, field);
        else if (strcmp(name, "pow_gamma") == 0)
            put_pair(&c, "pow_gamma", "pow_up_down");
        else if (strncmp(name, "gamma", 5) == 0 || strncmp(name, "A_", 2) == 0)
            put_number(&c, name);
    }
    /* slopes refer to each device's own bounds, as they were fitted */
    put(fit, "mean_bound_reference", 0);
    put_noise(&c);
    put_stuck(fit);
    add_correlation(&c);
    aimci_free(fit->ctx, room);
    return AIMC_OK;
}
