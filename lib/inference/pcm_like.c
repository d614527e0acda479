/* SPDX-License-Identifier: MIT */
/* Phase-change memory, projected mushroom cells.
 *
 *     P(r) = 0.26348 + 1.9650 r - 1.1731 r^2 uS at g_max = 25 uS
 *     nu = |m + s xi|,  m = clip(-0.0155 log r + 0.0244, 0.049, 0.1),
 *                       s = clip(-0.0125 log r - 0.0059, 0.008, 0.045),  r of the target
 *     Q(r) = min(0.0088 / max(r^0.65, 0.001), 0.2),  r of the programmed conductance */
#include <math.h>

#include "inference/power_noise.h"

#define SRC "Joshi et al., Nat. Commun. 11:2473 (2020); Nandakumar et al., IEEE ICECS 727 (2019)"

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(25, 0, SRC),
    AIMCI_POWER_FIELDS(20, 250e-9, SRC),
};

AIMCI_DEFINE_KIND(pcm_like, "noise_model",
                  "phase-change memory: programming noise, power-law drift, 1/f read noise", SRC,
                  fields, aimci_power_noise, .n_children = 0);

static aimc_status resolve(void *params)
{
    static const double coeff[] = {0.26348, 1.9650, -1.1731};
    return aimci_power_resolve(params, coeff, 3, 25);
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    const aimci_power_noise *p = params;
    for (size_t i = 0; i < d->n; i++) {
        const double log_r = aimci_log_ratio((double)d->target[i] / p->base.g_max);
        const double mean = fmin(fmax(-0.0155 * log_r + 0.0244, 0.049), 0.1);
        const double spread = fmin(fmax(-0.0125 * log_r - 0.0059, 0.008), 0.045);
        d->state[i] = (float)(p->drift_scale * fabs(mean + spread * (double)z[i]));
    }
}

static double quality(const void *params, double r)
{
    (void)params;
    return fmin(0.0088 / fmax(pow(r, 0.65), 1e-3), 0.2);
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    aimci_power_read(params, d, t, z, g, quality);
}

const aimci_noise_ops aimci_noise_ops_pcm_like = {
    .kind = &aimci_kind_pcm_like,
    .resolve = resolve,
    .program = aimci_power_program,
    .state = state,
    .read = read,
    .noise = true,
};
