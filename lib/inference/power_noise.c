/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "inference/power_noise.h"

aimc_status aimci_power_resolve(aimci_power_noise *p, const double *coeff, size_t n,
                                double reference)
{
    double from = p->prog_coeff_g_max_reference;
    if (from == 0)
        from = p->prog_coeff.n ? p->base.g_max : reference;
    if (p->prog_coeff.n == 0) {
        memcpy(p->prog_coeff.v, coeff, n * sizeof *coeff);
        p->prog_coeff.n = n;
    }
    if (!(p->t_0 > 0))
        return aimci_fail(AIMC_ERR_INVALID, "noise_model: t_0 = %g s; more than 0 is needed",
                          p->t_0);
    p->prog_scale = p->base.g_max / from;
    return AIMC_OK;
}

double aimci_power_spread_g_max(const void *params, double t, double range[2])
{
    (void)t;
    const aimci_power_noise *p = params;
    range[0] = range[1] = p->base.g_max / p->prog_scale;
    return p->prog_noise_scale > 0 ? p->base.g_max : (double)NAN;
}

void aimci_power_program(const void *params, const aimci_devices *d, const float *z)
{
    const aimci_power_noise *p = params;
    const double scale = p->prog_noise_scale * p->prog_scale;
    for (size_t i = 0; i < d->n; i++) {
        const double g = (double)d->target[i];
        const double spread =
            fmax(0, aimci_polynomial(p->prog_coeff.v, p->prog_coeff.n, g / p->base.g_max));
        d->programmed[i] = (float)fmax(0, g + scale * spread * (double)z[i]);
    }
}

void aimci_power_read(const void *params, const aimci_devices *d, double t, const float *z,
                      float *g, double (*quality)(const void *params, double r))
{
    const aimci_power_noise *p = params;
    const double log_time = log((t + p->t_0) / p->t_0);
    const double noise =
        p->read_noise_scale * sqrt(fmax(0, log((t + p->t_0 + p->t_read) / (2 * p->t_read))));
    for (size_t i = 0; i < d->n; i++) {
        const double programmed = (double)d->programmed[i];
        const double drifted = programmed * exp(-(double)d->state[i] * log_time);
        const double q = noise > 0 ? noise * quality(params, programmed / p->base.g_max) : 0;
        g[i] = (float)fmax(0, drifted * (1 + q * (double)z[i]));
    }
}
