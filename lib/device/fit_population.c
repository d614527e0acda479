/* SPDX-License-Identifier: MIT */
/* The device that a population of devices is drawn from: fields, with intervals, from the means and
 * spreads of what was fitted (fit_mixed.c). Quantiles by the approximations of Fisher and Cornish
 * (Technometrics 2:209, 1960) and of Wilson and Hilferty (Proc. Natl. Acad. Sci. 17:684, 1931). */
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

double aimci_student(double n)
{
    const double z = AIMCI_NORMAL_975, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

void aimci_count(aimci_sums *s, double v)
{
    s->n += 1;
    s->sum += v;
    s->squares += v * v;
}

double aimci_deviation(const aimci_sums *s)
{
    const double mean = s->sum / s->n;
    return s->n > 1 ? sqrt(fmax(s->squares - s->n * mean * mean, 0) / (s->n - 1)) : 0;
}

double aimci_half_width(const aimci_sums *s)
{
    return s->n > 3 ? aimci_student(s->n - 1) * aimci_deviation(s) / sqrt(s->n) : (double)NAN;
}

double aimci_chi_square(double n, double z)
{
    const double c = 2 / (9 * n), root = 1 - c + z * sqrt(c);
    return n * root * root * root;
}

/* ---- fields --------------------------------------------------------------------------------- */

typedef struct crowd {
    aimc_fit *fit;
    const aimci_device_ops *model;
    const aimci_mixed *m;
} crowd;

static double field_of(const crowd *c, const char *name)
{
    return aimci_field_load(c->fit->config, aimci_kind_field(c->model->kind, name));
}

static void put(aimc_fit *fit, const char *name, double value)
{
    const aimci_field *f = aimci_kind_field(fit->config->kind, name);
    if (f) {
        aimci_field_put(fit->config->values, f, fmin(fmax(value, f->min), f->max));
        fit->config->set[f - fit->config->kind->fields] = 1;
    }
}

/* Lists are in units of dw_min: it becomes the mean step in the middle. */
static void normalise(const crowd *c)
{
    aimci_pulsed *p = c->fit->config->values;
    const double mid = 0.5 * (p->w_min + p->w_max);
    const double unit = 0.5 * (aimci_model_mean_step(c->model, p, mid, true) +
                               aimci_model_mean_step(c->model, p, mid, false));
    const double ratio = p->dw_min / unit;
    for (size_t k = 0; k < c->m->slots.n && unit > 0; k++) {
        const aimci_slot *slot = &c->m->slots.each[k];
        if (slot->field->type == AIMC_FIELD_LIST)
            ((aimci_list *)aimci_field_at(p, slot->field))->v[slot->index] *= ratio;
    }
    if (unit > 0)
        put(c->fit, "dw_min", unit);
}

static bool has_lists(const crowd *c)
{
    return c->m->is_fixed[0];
}

/* The device with these means. */
static void put_means(const crowd *c, const double *x)
{
    aimci_slots_put(&c->m->slots, c->fit->config, x);
    if (has_lists(c))
        normalise(c);
}

static double value_of(const crowd *c, const aimci_field *field, size_t index)
{
    const void *at = aimci_field_at(c->fit->config->values, field);
    return field->type == AIMC_FIELD_LIST ? ((const aimci_list *)at)->v[index]
                                          : aimci_field_load(c->fit->config, field);
}

/* A field is a function of the means: its interval from its gradient. */
static void add_mean(const crowd *c, const aimci_field *field, size_t index)
{
    char name[56];
    const aimci_mixed *m = c->m;
    double gradient[AIMCI_MAX_SLOTS] = {0}, x[AIMCI_MAX_SLOTS], freedom;
    memcpy(x, m->mean, sizeof x);
    for (size_t k = 0; k < m->slots.n; k++) {
        const double h = 1e-4 * fmax(sqrt(m->covariance[k][k]), 1e-9);
        if (m->is_fixed[k])
            continue;
        for (int side = 1; side > -2; side -= 2) {
            x[k] = m->mean[k] + side * h;
            put_means(c, x);
            gradient[k] += side * value_of(c, field, index) / (2 * h);
        }
        x[k] = m->mean[k];
    }
    put_means(c, x);
    const double value = value_of(c, field, index);
    const double error = aimci_mixed_error(m, gradient, &freedom);
    const double half =
        m->n > 1 && m->n < FEWEST_FOR_INTERVAL ? HUGE_VAL : aimci_student(freedom) * error;
    if (field->type == AIMC_FIELD_LIST)
        snprintf(name, sizeof name, "%s[%zu]", field->name, index);
    else
        snprintf(name, sizeof name, "%s", field->name);
    aimci_add_figure(c->fit, name, value, value - half, value + half);
}

/* A spread, in units of scale. Its error is that of so many devices, each with a variance of its
 * own beside: the interval is that of both together, from the quantiles of chi-square, less what is
 * the devices' own. */
static void add_spread(const crowd *c, const char *name, size_t k, double scale)
{
    const aimci_mixed *m = c->m;
    const double z = AIMCI_NORMAL_975, n = (double)m->n - 1, variance = m->spread[k];
    double low = (double)NAN, high = (double)NAN;
    if (m->n < FEWEST_FOR_SPREAD || !(scale > 0))
        return;
    if (m->n >= FEWEST_FOR_INTERVAL) {
        const double both = fmax(sqrt(m->spread_error[k] * n / 2), variance);
        const double own = both - variance;
        low = sqrt(fmax(both * n / aimci_chi_square(n, z) - own, 0)) / scale;
        high = sqrt(both * n / aimci_chi_square(n, -z) - own) / scale;
    }
    aimci_add_figure(c->fit, name, sqrt(variance) / scale, low, high);
    put(c->fit, name, sqrt(variance) / scale);
}

/* In what unit the spread of a slot is: of the gain, of the mean, or none. */
static double unit_of(const crowd *c, size_t k)
{
    const aimci_slot *slot = &c->m->slots.each[k];
    if (slot->role == AIMCI_HALF)
        slot--;
    if (has_lists(c) && k < 2)
        return c->m->mean[0];
    return strncmp(slot->field->name, "gamma", 5) == 0
               ? 1
               : fabs(aimci_field_load(c->fit->config, slot->field));
}

/* Bounds that no device showed are the ends of the data, and their spread is not measured. */
static void put_bounds(const crowd *c, const double ends[2])
{
    static const char *const names[] = {"w_max", "w_min"};
    for (int k = 0; k < 2; k++) {
        bool is_fitted = false;
        for (size_t i = 0; i < c->m->slots.n; i++)
            is_fitted |= strcmp(c->m->slots.each[i].field->name, names[k]) == 0;
        if (is_fitted)
            continue;
        put(c->fit, names[k], ends[k]);
        aimci_note(&c->fit->notes,
                   "%s is not measured: %.4g is the end of the data, and 3 %% of their range",
                   names[k], ends[k]);
    }
}

static void add_fields(const crowd *c)
{
    if (has_lists(c))
        add_mean(c, aimci_kind_field(c->model->kind, "dw_min"), 0);
    for (size_t k = 0; k < c->m->slots.n; k++)
        if (!c->m->is_fixed[k])
            add_mean(c, c->m->slots.each[k].field, c->m->slots.each[k].index);
    for (size_t k = 0; k < c->m->slots.n; k++) {
        char spread[56];
        snprintf(spread, sizeof spread, "%s_dtod", c->m->slots.each[k].field->name);
        if (c->m->varies[k])
            add_spread(c, spread, k, unit_of(c, k));
    }
}

/* ---- noise ---------------------------------------------------------------------------------- */

/* A noise in a unit that is known to an error: an interval of the logarithm. */
static double add_noise(const crowd *c, const char *name, double noise, double variance,
                        double unit, double unit_error)
{
    const double n = (double)c->m->n, value = noise / unit;
    const double error = sqrt(variance + unit_error * unit_error);
    const double half = (n > 3 ? aimci_student(n - 1) : AIMCI_NORMAL_975) * error;
    aimci_add_figure(c->fit, name, value, value * exp(-half), value * exp(half));
    return value;
}

/* How noise grows along the range: the logarithm of its ratio between an end and the middle. */
static void add_tilts(const crowd *c)
{
    static const char *const names[] = {"noise_tilt_up", "noise_tilt_down"};
    const aimci_mixed *m = c->m;
    const double n = (double)m->n;
    for (int k = 0; k < 2 && m->noise.is_tilted; k++) {
        const double t = m->noise.tilt[k], error = sqrt(m->noise_variance[2 + k]);
        const double half = (n > 3 ? aimci_student(n - 1) : AIMCI_NORMAL_975) * error;
        aimci_add_figure(c->fit, names[k], t, t - half, t + half);
    }
}

static void put_noise(const crowd *c)
{
    const aimci_mixed *m = c->m;
    const bool is_none = m->noise.pulse < 1e-3;
    const double unit = field_of(c, "dw_min");
    double gradient[AIMCI_MAX_SLOTS] = {1, m->mean[1] < 0 ? -1 : 1}, freedom;
    const double unit_error = has_lists(c) ? 0 : aimci_mixed_error(m, gradient, &freedom) / unit;
    put(c->fit, "dw_min_std",
        add_noise(c, "dw_min_std", is_none ? 0 : m->noise.pulse, m->noise_variance[0], 1, 0));
    aimci_noise_put(c->model, c->fit->config, &m->noise);
    add_tilts(c);
    if (aimci_kind_field(c->model->kind, "write_noise_std"))
        put(c->fit, "write_noise_std",
            add_noise(c, "write_noise_std", m->noise.read, m->noise_variance[1], unit, unit_error));
    else
        aimci_note(
            &c->fit->notes,
            "readings differ by %.3g (standard deviation) without a pulse; this model has no "
            "write noise, so that it is taken as the instrument's",
            m->noise.read);
}

/* What a share of n is, with the interval of Wilson (J. Am. Stat. Assoc. 22:209, 1927). */
static void put_stuck(aimc_fit *fit)
{
    const double n = (double)fit->data.n_seen, p = (double)fit->data.n_stuck / n;
    const double z = AIMCI_NORMAL_975, z2 = z * z / n;
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

/* Steps up and down of a device belong together or not: middle and half vary each by itself. */
static void add_correlation(const crowd *c)
{
    const double middle = c->m->spread[0], half = c->m->spread[1];
    if (c->m->n < FEWEST_FOR_INTERVAL || !(middle + half > 0))
        return;
    const double r = fmin(fmax((middle - half) / (middle + half), -0.999999), 0.999999);
    const double z = atanh(r), error = 1.96 / sqrt(fmax((double)c->m->n - 3, 1));
    aimci_add_figure(c->fit, "correlation_up_down", r, tanh(z - error), tanh(z + error));
}

aimc_status aimci_population(aimc_fit *fit, const aimci_device_ops *model, const aimci_mixed *m,
                             const double ends[2])
{
    aimci_mixed inside = *m; /* the means, where they can be */
    const crowd c = {fit, model, &inside};
    for (size_t k = 0; k < m->slots.n; k++)
        if (m->slots.each[k].role != AIMCI_HALF)
            inside.mean[k] = fmin(fmax(m->mean[k], m->slots.each[k].lo), m->slots.each[k].hi);
    for (size_t i = 0; i < fit->config->kind->n_fields; i++) {
        const aimci_field *f = &fit->config->kind->fields[i];
        const size_t length = strlen(f->name);
        if (length > 5 && strcmp(f->name + length - 5, "_dtod") == 0)
            put(fit, f->name, 0);
    }
    put_bounds(&c, ends);
    put_means(&c, inside.mean);
    add_fields(&c);
    /* slopes refer to each device's own bounds, as they were fitted */
    put(fit, "mean_bound_reference", 0);
    put_noise(&c);
    put_stuck(fit);
    add_correlation(&c);
    return AIMC_OK;
}
