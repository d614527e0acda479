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
                  fields, aimci_power_noise, .n_children = 1);

static aimc_status resolve(void *params)
{
    static const double coeff[] = {0.26348, 1.9650, -1.1731};
    return aimci_power_resolve(params, coeff, 3, 25);
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    const aimci_power_noise *p = params;
    const float scale = (float)p->drift_scale;
    float log_r[AIMCI_DEVICES_AT_ONCE];
    aimci_power_ratios(p, d->n, d->target, log_r);
    aimci_power_log_ratios(d, log_r, log_r);
    for (size_t i = 0; i < d->n; i++) {
        const float mean = aimci_smaller(aimci_larger(-0.0155f * log_r[i] + 0.0244f, 0.049f), 0.1f);
        const float spread =
            aimci_smaller(aimci_larger(-0.0125f * log_r[i] - 0.0059f, 0.008f), 0.045f);
        d->state[i] = scale * fabsf(mean + spread * z[i]);
    }
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    aimci_power_read(params, d, t, z, g, aimci_pcm_quality);
}

#define ONE_DAY "devices that were read for one day: V. Joshi et al., Nat. Commun. 11:2473 (2020)"

static double drift_time(const void *params, double t, double range[2])
{
    (void)range;
    const aimci_power_noise *p = params;
    return t > 0 && (p->drift_scale > 0 || p->read_noise_scale > 0) ? t : (double)NAN;
}

static const aimci_fitted fitted[] = {
    {"spread after programming", "g_max", "uS", {25, 25}, SRC, aimci_power_spread_g_max},
    {"drift and read noise", "t_s", "s", {0, 86400}, ONE_DAY, drift_time},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_pcm_like = {
    .kind = &aimci_kind_pcm_like,
    .resolve = resolve,
    .program = aimci_power_program,
    .state = state,
    .read = read,
    .reads_several = true,
    .noise = true,
    .fitted = &fitted_table,
};
