/* SPDX-License-Identifier: MIT */
/* Endurance from the ends of windows over the pulses of a life: both ends stay until an onset, and
 * fall from there as powers of the pulses (device/endurance.c). For a given onset the logarithms
 * are lines, least squares; the onset of a device is where their squares are least. */
#include <math.h>

#include "device/measurement.h"

enum { LEAST_READINGS = 6, GRID = 200, GOLDEN = 40 };

/* One end of a window, above 0: log u = level - exponent max(0, x - c). */
typedef struct end {
    double level, exponent, squares, flat; /* flat: squares about the mean */
} end;

static double logarithm(const aimc_fit *fit, const aimci_series *s, size_t k, bool low)
{
    const double state = low ? s->low[k] : s->state[k];
    return log((low ? -1 : 1) * (state - fit->data.offset) / fit->data.scale);
}

static end fit_end(const aimc_fit *fit, const aimci_series *s, bool low, double c)
{
    double x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    const double n = (double)s->n;
    for (size_t k = 0; k < s->n; k++) {
        const double a = fmax(0, log(s->life[k]) - c), b = logarithm(fit, s, k, low);
        x += a, y += b, xx += a * a, xy += a * b, yy += b * b;
    }
    const double sxx = xx - x * x / n, sxy = xy - x * y / n, syy = fmax(yy - y * y / n, 0);
    const double slope = sxx > 0 ? sxy / sxx : 0;
    return (end){.level = (y - slope * x) / n,
                 .exponent = -slope,
                 .squares = fmax(syy - slope * sxy, 0),
                 .flat = syy};
}

static double squares_at(const aimc_fit *fit, const aimci_series *s, double c)
{
    return fit_end(fit, s, false, c).squares + (s->low ? fit_end(fit, s, true, c).squares : 0);
}

/* The least on a grid, then by golden section around it. */
static double find_onset(const aimc_fit *fit, const aimci_series *s)
{
    const double ratio = 0.6180339887498949;
    const double first = log(s->life[0]), step = (log(s->life[s->n - 1]) - first) / GRID;
    double best = first;
    for (int k = 1; k < GRID; k++)
        if (squares_at(fit, s, first + k * step) < squares_at(fit, s, best))
            best = first + k * step;
    double lo = best - step, hi = best + step;
    for (int k = 0; k < GOLDEN; k++) {
        const double a = hi - ratio * (hi - lo), b = lo + ratio * (hi - lo);
        if (squares_at(fit, s, a) < squares_at(fit, s, b))
            hi = b;
        else
            lo = a;
    }
    return (lo + hi) / 2;
}

static bool is_fit(const aimc_fit *fit, const aimci_series *s)
{
    for (size_t k = 0; k < s->n; k++)
        if (!isfinite(logarithm(fit, s, k, false)) ||
            (s->low && !isfinite(logarithm(fit, s, k, true))))
            return false;
    return s->n >= LEAST_READINGS;
}

static aimc_status tell(aimc_fit *fit, const char *name, double value, double low, double high)
{
    aimci_add_figure(fit, name, value, low, high);
    return aimc_config_set(fit->config, name, value);
}

static aimc_status tell_mean(aimc_fit *fit, const char *name, const aimci_sums *s)
{
    const double mean = s->sum / s->n, half = aimci_half_width(s);
    return s->n > 0 ? tell(fit, name, mean, mean - half, mean + half) : AIMC_OK;
}

static aimc_status tell_onset(aimc_fit *fit, const aimci_sums *s)
{
    const double mean = s->sum / s->n, half = aimci_half_width(s), spread = aimci_deviation(s);
    aimc_status st = tell(fit, "endurance.onset", exp(mean), exp(mean - half), exp(mean + half));
    if (!st && s->n > 2)
        st =
            tell(fit, "endurance.onset_dtod", spread,
                 s->n > 3 ? spread * sqrt((s->n - 1) / aimci_chi_square(s->n - 1, AIMCI_NORMAL_975))
                          : (double)NAN,
                 spread * sqrt((s->n - 1) / aimci_chi_square(s->n - 1, -AIMCI_NORMAL_975)));
    return st;
}

/* Does the window close by more than its scatter? The squares fall to a quarter, with three numbers
 * of a line in place of one. */
static bool closes(const end *e, size_t n)
{
    return n > 4 && e->exponent > 0 &&
           e->squares / (double)(n - 3) < 0.25 * e->flat / (double)(n - 1);
}

aimc_status aimci_fit_endurance(aimc_fit *fit, const aimc_measurement *m)
{
    aimci_sums onset = {0}, max_exponent = {0}, min_exponent = {0};
    size_t refused = 0, steady = 0;
    for (size_t i = 0; i < m->n; i++) {
        const aimci_series *s = &m->each[i];
        if (!s->life)
            continue;
        if (!(fit->data.scale > 0) || !is_fit(fit, s)) {
            refused++;
            continue;
        }
        const double c = find_onset(fit, s);
        const end high = fit_end(fit, s, false, c);
        const end low = s->low ? fit_end(fit, s, true, c) : (end){.exponent = 0};
        if (!closes(&high, s->n) && !(s->low && closes(&low, s->n))) {
            steady++;
            continue;
        }
        aimci_count(&onset, c);
        aimci_count(&max_exponent, fmax(high.exponent, 0));
        if (s->low)
            aimci_count(&min_exponent, fmax(low.exponent, 0));
    }
    if (refused)
        aimci_note(
            &fit->notes,
            "%zu windows over a life have less than %d readings, or an end on the wrong side "
            "of weight 0: left out",
            refused, LEAST_READINGS);
    if (steady)
        aimci_note(&fit->notes, "%zu windows do not close within what was measured%s", steady,
                   onset.n > 0 ? "; the onset is that of the others" : ": endurance is left at 0");
    if (!(onset.n > 0))
        return AIMC_OK;
    aimc_status st = tell_onset(fit, &onset);
    st = st ? st : tell_mean(fit, "endurance.max_exponent", &max_exponent);
    return st ? st : tell_mean(fit, "endurance.min_exponent", &min_exponent);
}
