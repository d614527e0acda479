/* SPDX-License-Identifier: MIT */
/* ReRAM with a conductive metal-oxide layer (CMO/HfOx), programmed in a closed loop.
 *
 *     programming  g_p = g + (a + b g) xi, with a, b by the acceptance range of the loop
 *     relaxation   g_d = g_p - 0.08900206 log t + (0.04201137 log t + 0.41183342) xi_d uS
 *     read         g_r = clip(g_d + 0.0277316483 log10(g_d) sqrt(log((t + 1 us) / 2 us)) xi,
 *                             g_min, g_max),  the noise being that of at least g_min
 *
 * At t = 0 the programmed conductances are read as they are. xi_d belongs to the device. */
#include <math.h>

#include "core/elementary.h"
#include "inference/noise.h"

#define SRC "Falcone et al., arXiv:2502.04524 (2025); fits as collected in aihwkit 1.1.0"

typedef struct reram_cmo {
    aimci_noise_params base;
    double acceptance, prog_noise_scale, drift_scale, read_noise_scale;
} reram_cmo;

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(88.199997, 9, SRC),
    AIMCI_NUMBER(reram_cmo, acceptance, 0.2, 0, 100, "%",
                 "acceptance range of the programming loop; 0.2 or 2 were measured", SRC),
    AIMCI_NUMBER(reram_cmo, prog_noise_scale, 1, 0, 1e6, "1",
                 "factor on the programming noise; 0: none", SRC),
    AIMCI_NUMBER(reram_cmo, drift_scale, 1, 0, 1e6, "1", "factor on the relaxation; 0: none", SRC),
    AIMCI_NUMBER(reram_cmo, read_noise_scale, 1, 0, 1e6, "1", "factor on the read noise; 0: none",
                 SRC),
};

AIMCI_DEFINE_KIND(reram_cmo, "noise_model",
                  "CMO/HfOx ReRAM: closed-loop programming, logarithmic relaxation, read noise",
                  SRC, fields, reram_cmo, .n_children = 1);

static aimc_status resolve(void *params)
{
    const reram_cmo *p = params;
    if (p->acceptance == 0.2 || p->acceptance == 2.0)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID,
                      "noise_model: acceptance = %g %%; 0.2 and 2 are what was measured",
                      p->acceptance);
}

static void program(const void *params, const aimci_devices *d, const float *z)
{
    const reram_cmo *p = params;
    const bool fine = p->acceptance < 1;
    const double a = fine ? 0.00081107 : 0.0112185391, b = fine ? 0.00106879 : 0.01129027418;
    for (size_t i = 0; i < d->n; i++) {
        const double g = (double)d->target[i];
        d->programmed[i] = (float)(g + p->prog_noise_scale * (a + b * g) * (double)z[i]);
    }
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    (void)params;
    for (size_t i = 0; i < d->n; i++)
        d->state[i] = z[i];
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    const reram_cmo *p = params;
    const double mean = -0.08900206 * p->drift_scale * aimci_ln(t);
    const double spread = p->drift_scale * fmax(0, 0.04201137 * aimci_ln(t) + 0.41183342);
    const double time = sqrt(fmax(0, aimci_ln((t + 1e-6) / 2e-6)));
    const double noise = p->read_noise_scale * 0.0277316483 * time;
    for (size_t i = 0; i < d->n; i++) {
        const double drifted = (double)d->programmed[i] + mean + spread * (double)d->state[i];
        const double level = fmax(0, aimci_log10(fmax(drifted, p->base.g_min)));
        g[i] =
            (float)fmin(fmax(drifted + noise * level * (double)z[i], p->base.g_min), p->base.g_max);
    }
}

static const aimci_fitted fitted[] = {
    {"spread, relaxation, read noise", "g_min", "uS", {9, 88.2}, SRC, aimci_fitted_g_min},
    {"spread, relaxation, read noise", "g_max", "uS", {9, 88.2}, SRC, aimci_fitted_g_max},
    {"relaxation",
     "t_s",
     "s",
     {1, 3.156e8},
     "Falcone et al., arXiv:2502.04524 (2025): 1 s to 10 years",
     aimci_fitted_time},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_reram_cmo = {
    .kind = &aimci_kind_reram_cmo,
    .resolve = resolve,
    .program = program,
    .state = state,
    .read = read,
    .noise = true,
    .programmed_at_0 = true,
    .fitted = &fitted_table,
};
