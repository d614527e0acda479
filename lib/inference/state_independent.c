/* SPDX-License-Identifier: MIT */
/* Noise that does not depend on the conductance, for studies of one cause at a time.
 *
 *     P = 0.2 uS,  nu = |nu_mean + nu_std xi|,  Q = read_noise_level */
#include <math.h>

#include "inference/power_noise.h"

#define SRC                                                                                        \
    "constants as in aihwkit 1.1.0, whose read noise is 1 uS at every g_max: that is 4 % at 25 "   \
    "uS, "                                                                                         \
    "the default here"

typedef struct state_independent {
    aimci_power_noise power;
    double drift_nu_mean, drift_nu_std, read_noise_level;
} state_independent;

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(25, 0, SRC),
    AIMCI_NUMBER(state_independent, drift_nu_mean, 0.1, 0, 10, "1", "mean drift exponent", SRC),
    AIMCI_NUMBER(state_independent, drift_nu_std, 0.05, 0, 10, "1",
                 "spread of the drift exponent from device to device", SRC),
    AIMCI_NUMBER(state_independent, read_noise_level, 0.04, 0, 10, "1",
                 "read noise relative to the conductance, for the logarithm of time being 1", SRC),
    AIMCI_POWER_FIELDS(20, 250e-9, SRC),
};

AIMCI_DEFINE_KIND(state_independent, "noise_model",
                  "constant programming noise, drift exponent and relative read noise", SRC, fields,
                  state_independent, .n_children = 1);

static aimc_status resolve(void *params)
{
    static const double coeff[] = {0.2};
    aimci_power_noise *p = params;
    return aimci_power_resolve(p, coeff, 1, p->base.g_max);
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    const state_independent *p = params;
    const float mean = (float)p->drift_nu_mean, spread = (float)p->drift_nu_std;
    const float scale = (float)p->power.drift_scale;
    for (size_t i = 0; i < d->n; i++)
        d->state[i] = scale * fabsf(mean + spread * z[i]);
}

static void quality(const void *params, const aimci_devices *d, const float *r, float *q)
{
    (void)r;
    for (size_t i = 0; i < d->n; i++)
        q[i] = (float)((const state_independent *)params)->read_noise_level;
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    aimci_power_read(params, d, t, z, g, quality);
}

static const aimci_fitted fitted[] = {
    {"spread after programming", "g_max", "uS", {25, 25}, SRC, aimci_power_spread_g_max},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_state_independent = {
    .kind = &aimci_kind_state_independent,
    .resolve = resolve,
    .program = aimci_power_program,
    .state = state,
    .read = read,
    .reads_several = true,
    .noise = true,
    .fitted = &fitted_table,
};
