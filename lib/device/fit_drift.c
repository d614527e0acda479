/* SPDX-License-Identifier: MIT */
/* Drift from series of times: the conductance of each falls as t^-nu, a line of its logarithm over
 * that of the time (Karpov et al., J. Appl. Phys. 102:124503, 2007). */
#include <math.h>

#include "device/measurement.h"

typedef struct line {
    double slope, variance, rest; /* rest: variance of the relative change */
} line;

static bool fit_line(const aimci_series *s, line *out)
{
    double x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    const double n = (double)s->n;
    for (size_t k = 0; k < s->n; k++) {
        if (!(s->state[k] > 0))
            return false;
        const double a = log(s->time[k]), b = log(s->state[k]);
        x += a, y += b, xx += a * a, xy += a * b, yy += b * b;
    }
    const double sxx = xx - x * x / n, sxy = xy - x * y / n, syy = yy - y * y / n;
    if (s->n < 4 || !(sxx > 1e-6))
        return false;
    out->slope = sxy / sxx;
    const double left = fmax(syy - out->slope * sxy, 0) / (n - 2);
    out->variance = left / sxx;
    out->rest = left;
    return true;
}

static aimc_status put(aimc_fit *fit, const char *name, double value)
{
    return aimc_config_set(fit->config, name, value);
}

typedef struct sums {
    double nu, squares, own, t_0, g;
    double rest, freedom; /* squares of the relative changes, of so many degrees of freedom */
    size_t n, refused;
} sums;

/* Exponents of several series differ, and each is known to its own variance; the quantiles are
 * those of Student and of chi-square. */
static aimc_status tell_spread(aimc_fit *fit, const sums *s, double nu, double all)
{
    const double n = (double)s->n, own = s->own / n, z = AIMCI_NORMAL_975;
    const double spread = sqrt(fmax(all - own, 0)) / nu;
    const double low = sqrt(fmax(all * (n - 1) / aimci_chi_square(n - 1, z) - own, 0)) / nu;
    const double high = sqrt(fmax(all * (n - 1) / aimci_chi_square(n - 1, -z) - own, 0)) / nu;
    aimci_add_figure(fit, "drift.nu_dtod", spread, n > 3 ? low : (double)NAN, high);
    return put(fit, "drift.nu_dtod", spread);
}

static aimc_status tell(aimc_fit *fit, const sums *s)
{
    const double n = (double)s->n, nu = s->nu / n;
    const double all = n > 1 ? fmax(s->squares - n * nu * nu, 0) / (n - 1) : 0;
    const double half =
        n > 3 ? aimci_student(n - 1) * sqrt(all / n) : AIMCI_NORMAL_975 * sqrt(s->own / n / n);
    aimc_status st = AIMC_OK;
    aimci_add_figure(fit, "drift.nu", nu, nu - half, nu + half);
    if (!(nu > 0)) {
        aimci_note(&fit->notes, "the states rise with time: drift is left at 0");
        return AIMC_OK;
    }
    st = put(fit, "drift.nu", nu);
    if (!st)
        st = put(fit, "drift.t_0", s->t_0 / n);
    if (!st && n >= 3)
        st = tell_spread(fit, s, nu, all);
    if (!st)
        st = put(fit, "drift.wg_ratio", 1 / fit->data.scale);
    if (!st)
        st = put(fit, "drift.g_offset", fit->data.offset);
    const double noise = sqrt(s->rest / s->freedom) * s->g / n / fit->data.scale;
    const double high = sqrt(s->freedom / aimci_chi_square(s->freedom, -AIMCI_NORMAL_975));
    const double low = sqrt(s->freedom / aimci_chi_square(s->freedom, AIMCI_NORMAL_975));
    aimci_add_figure(fit, "drift.w_noise_std", noise, noise * low, noise * high);
    return st ? st : put(fit, "drift.w_noise_std", noise);
}

aimc_status aimci_fit_drift(aimc_fit *fit, const aimc_measurement *m)
{
    sums s = {0};
    for (size_t i = 0; i < m->n; i++) {
        line l;
        if (!m->each[i].time)
            continue;
        if (!fit_line(&m->each[i], &l)) {
            s.refused++;
            continue;
        }
        s.nu -= l.slope;
        s.squares += l.slope * l.slope;
        s.own += l.variance;
        s.rest += l.rest * (double)(m->each[i].n - 2);
        s.freedom += (double)(m->each[i].n - 2);
        s.t_0 += m->each[i].time[0];
        s.g += m->each[i].state[0];
        s.n++;
    }
    if (s.refused)
        aimci_note(&fit->notes,
                   "%zu series of times have states that are not above 0, or less than 4: left out",
                   s.refused);
    if (!s.n)
        return AIMC_OK;
    if (!(fit->data.scale > 0)) {
        aimci_note(&fit->notes, "drift needs a scale above 0");
        return AIMC_OK;
    }
    return tell(fit, &s);
}
