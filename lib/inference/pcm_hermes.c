/* SPDX-License-Identifier: MIT */
/* Phase-change memory of the 14-nm Hermes chip: one or two devices for each polarity.
 *
 * Laws of r = g / g_max, with coefficients for each of the two (table below):
 *
 *     P(r) cubic
 *     nu = |m + s xi|
 *     m = clip(-0.0387 log r - 0.0182, 0.072, 0.13)  for r < 0.0945
 *         -0.0436 r^2 - 0.0126 r + 0.0736            else
 *     s and Q likewise: a clipped logarithm at small r, a polynomial above */
#include <math.h>

#include "inference/power_noise.h"

#define SRC "Le Gallo et al., Nat. Electron. 6:680 (2023); fits as collected in aihwkit 1.1.0"

typedef struct pcm_hermes {
    aimci_power_noise power;
    int64_t num_devices;
} pcm_hermes;

/* r < r_log: clip(slope log r + offset, low, high); else the polynomial */
typedef struct piecewise {
    double r_log, slope, offset, low, high, c[4];
} piecewise;

typedef struct chip {
    double g_max, t_0, prog[4];
    piecewise spread, quality;
} chip;

static const piecewise drift_mean = {0.0945, -0.0387, -0.0182,
                                     0.072,  0.13,    {0.0736, -0.0126, -0.0436, 0}};

static const chip chips[2] = {
    {10.35,
     200,
     {0.15781817, 2.32443916, -2.16310839, 0.68841818},
     {0.3039, -0.0120, -0.0023, 0.0124, 0.04, {0.0104, 0.0116, -0.0165, 0}},
     {0.1591, -0.0078, 0.0038, 0.0179, 0.04, {0.0088, 0.0768, -0.1352, 0.0664}}},
    {20.7,
     300,
     {0.16603222, 4.71806468, -8.48101252, 4.68961419},
     {0.3055, -0.0117, -0.0057, 0.0091, 0.04, {0.0073, 0.0093, -0.0118, 0}},
     {0.16, -0.0117, -0.0069, 0.015, 0.04, {0.0123, 0.0211, -0.0280, 0.0069}}},
};

static const aimci_field fields[] = {
    AIMCI_INTEGER(pcm_hermes, num_devices, 2, 1, 2, "1", "devices for each polarity of a weight",
                  SRC),
    AIMCI_NUMBER(aimci_noise_params, g_max, 0, 0, 1e6, "uS",
                 "largest conductance; 0: the chip's, 10.35 with one device and 20.7 with two",
                 SRC),
    AIMCI_NUMBER(aimci_noise_params, g_min, 0, 0, 1e6, "uS",
                 "smallest conductance that is programmed", SRC),
    AIMCI_NOISE_TEMPERATURE,
    AIMCI_POWER_FIELDS(0, 512e-9, SRC),
};

AIMCI_DEFINE_KIND(
    pcm_hermes, "noise_model",
    "phase-change memory of the Hermes chip; t_0 = 0 is the chip's, 200 s with one device "
    "and 300 s with two",
    SRC, fields, pcm_hermes, .n_children = 1);

static aimc_status resolve(void *params)
{
    pcm_hermes *p = params;
    const chip *c = &chips[p->num_devices - 1];
    if (p->power.base.g_max == 0)
        p->power.base.g_max = c->g_max;
    if (p->power.t_0 == 0)
        p->power.t_0 = c->t_0;
    return aimci_power_resolve(&p->power, c->prog, 4, c->g_max);
}

/* y of n devices at r, whose logarithms are log_r */
static void law(const piecewise *l, size_t n, const float *r, const float *log_r, float *y)
{
    const float r_log = (float)l->r_log, slope = (float)l->slope, offset = (float)l->offset;
    const float low = (float)l->low, high = (float)l->high;
    aimci_power_polynomial(l->c, 4, n, r, y);
    for (size_t i = 0; i < n; i++) {
        const float small = aimci_smaller(aimci_larger(slope * log_r[i] + offset, low), high);
        y[i] = r[i] < r_log ? small : y[i];
    }
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    const pcm_hermes *p = params;
    const float scale = (float)p->power.drift_scale;
    float r[AIMCI_DEVICES_AT_ONCE], log_r[AIMCI_DEVICES_AT_ONCE];
    float mean[AIMCI_DEVICES_AT_ONCE], spread[AIMCI_DEVICES_AT_ONCE];
    aimci_power_ratios(&p->power, d->n, d->target, r);
    aimci_power_log_ratios(d, r, log_r);
    law(&drift_mean, d->n, r, log_r, mean);
    law(&chips[p->num_devices - 1].spread, d->n, r, log_r, spread);
    for (size_t i = 0; i < d->n; i++)
        d->state[i] = scale * fabsf(mean[i] + spread[i] * z[i]);
}

static void quality(const void *params, const aimci_devices *d, const float *r, float *q)
{
    float log_r[AIMCI_DEVICES_AT_ONCE];
    aimci_power_log_ratios(d, r, log_r);
    law(&chips[((const pcm_hermes *)params)->num_devices - 1].quality, d->n, r, log_r, q);
    for (size_t i = 0; i < d->n; i++)
        q[i] = aimci_larger(q[i], 0);
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    aimci_power_read(params, d, t, z, g, quality);
}

static const aimci_fitted fitted[] = {
    {"spread after programming", "g_max", "uS", {0, 0}, SRC, aimci_power_spread_g_max},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_pcm_hermes = {
    .kind = &aimci_kind_pcm_hermes,
    .resolve = resolve,
    .program = aimci_power_program,
    .state = state,
    .read = read,
    .reads_several = true,
    .noise = true,
    .fitted = &fitted_table,
};
