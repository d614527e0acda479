/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
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

/* Single precision, as the conductances themselves are, for as many devices at a time as there are
 * lanes. */
void aimci_power_ratios(const aimci_power_noise *p, size_t n, const float *g, float *r)
{
    const float g_max = (float)p->base.g_max;
    for (size_t i = 0; i < n; i++)
        r[i] = g[i] / g_max;
}

void aimci_power_polynomial(const double *c, size_t n_terms, size_t n, const float *r, float *y)
{
    memset(y, 0, n * sizeof *y);
    for (size_t k = n_terms; k-- > 0;)
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] * r[i] + (float)c[k];
}

void aimci_power_program(const void *params, const aimci_devices *d, const float *z)
{
    const aimci_power_noise *p = params;
    const float scale = (float)(p->prog_noise_scale * p->prog_scale);
    float r[AIMCI_DEVICES_AT_ONCE], spread[AIMCI_DEVICES_AT_ONCE];
    aimci_power_ratios(p, d->n, d->target, r);
    aimci_power_polynomial(p->prog_coeff.v, p->prog_coeff.n, d->n, r, spread);
    for (size_t i = 0; i < d->n; i++) {
        const float g = d->target[i] + aimci_larger(spread[i], 0) * scale * z[i];
        d->programmed[i] = aimci_larger(g, 0);
    }
}

void aimci_power_read(const void *params, const aimci_devices *d, double t, const float *z,
                      float *g, aimci_power_quality *quality)
{
    const aimci_power_noise *p = params;
    const float log_time = (float)aimci_ln((t + p->t_0) / p->t_0);
    const float noise =
        (float)(p->read_noise_scale *
                sqrt(fmax(0, aimci_ln((t + p->t_0 + p->t_read) / (2 * p->t_read)))));
    float drift[AIMCI_DEVICES_AT_ONCE], r[AIMCI_DEVICES_AT_ONCE], q[AIMCI_DEVICES_AT_ONCE];
    for (size_t i = 0; i < d->n; i++)
        drift[i] = d->state[i] * -log_time;
    d->kernels->exp(drift, drift, d->n);
    aimci_power_ratios(p, d->n, d->programmed, r);
    if (noise > 0)
        quality(params, d, r, q);
    else
        memset(q, 0, d->n * sizeof *q);
    for (size_t k = 0; k < d->reads; k++, z += d->n, g += d->n)
        for (size_t i = 0; i < d->n; i++)
            g[i] = aimci_larger(d->programmed[i] * drift[i] * (1 + noise * q[i] * z[i]), 0);
}

void aimci_pcm_quality(const void *params, const aimci_devices *d, const float *r, float *q)
{
    (void)params;
    d->kernels->pow(r, 0.65f, q, d->n);
    for (size_t i = 0; i < d->n; i++)
        q[i] = aimci_smaller(0.0088f / aimci_larger(q[i], 1e-3f), 0.2f);
}

/* The logarithm of small ratios is kept finite. */
void aimci_power_log_ratios(const aimci_devices *d, const float *r, float *log_r)
{
    for (size_t i = 0; i < d->n; i++)
        log_r[i] = aimci_larger(r[i], 1e-7f);
    d->kernels->log(log_r, log_r, d->n);
}
