/* SPDX-License-Identifier: MIT */
/* A model of one's own: the programming noise is any polynomial, drift exponents and read noise are
 * tables over the conductance, linear between the points and constant beyond.
 *
 *     nu = |nu_mean(g) + nu_std(g) xi|,  Q = q(g) or that of pcm_like without a table */
#include <math.h>

#include "inference/power_noise.h"

#define SRC "CustomDrift of aihwkit 1.1.0; the form of Joshi et al., Nat. Commun. 11:2473 (2020)"

typedef struct custom_drift {
    aimci_power_noise power;
    aimci_list g_lst, nu_mean_lst, nu_std_lst, q_lst;
} custom_drift;

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(25, 0, SRC),
    AIMCI_NUMBERS(custom_drift, g_lst, 0, 0, 1e6, "uS",
                  "conductances of the tables, rising; empty: no drift", SRC),
    AIMCI_NUMBERS(custom_drift, nu_mean_lst, 0, -10, 10, "1", "mean drift exponent at each", SRC),
    AIMCI_NUMBERS(custom_drift, nu_std_lst, 0, 0, 10, "1",
                  "spread of the drift exponent at each; empty: none", SRC),
    AIMCI_NUMBERS(custom_drift, q_lst, 0, 0, 10, "1",
                  "relative read noise at each; empty: that of pcm_like", SRC),
    AIMCI_POWER_FIELDS(20, 250e-9, SRC),
};

AIMCI_DEFINE_KIND(custom_drift, "noise_model",
                  "power-law drift with tables and polynomials of your own", SRC, fields,
                  custom_drift, .n_children = 1);

static aimc_status check_length(const custom_drift *p, const char *name, const aimci_list *l,
                                bool may_be_empty)
{
    if (l->n == p->g_lst.n || (may_be_empty && l->n == 0))
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID, "noise_model: %s has %zu numbers, g_lst %zu", name, l->n,
                      p->g_lst.n);
}

static aimc_status resolve(void *params)
{
    static const double coeff[] = {0.26348, 1.9650, -1.1731};
    custom_drift *p = params;
    for (size_t i = 1; i < p->g_lst.n; i++)
        if (!(p->g_lst.v[i] > p->g_lst.v[i - 1]))
            return aimci_fail(AIMC_ERR_INVALID, "noise_model: g_lst must rise: %g after %g uS",
                              p->g_lst.v[i], p->g_lst.v[i - 1]);
    aimc_status st = check_length(p, "nu_mean_lst", &p->nu_mean_lst, false);
    if (!st)
        st = check_length(p, "nu_std_lst", &p->nu_std_lst, true);
    if (!st)
        st = check_length(p, "q_lst", &p->q_lst, true);
    return st ? st : aimci_power_resolve(&p->power, coeff, 3, 25);
}

static double lookup(const custom_drift *p, const aimci_list *l, double g)
{
    return l->n ? aimci_interpolate(p->g_lst.v, l->v, l->n, g) : 0;
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    const custom_drift *p = params;
    for (size_t i = 0; i < d->n; i++) {
        const double g = (double)d->target[i];
        const double nu =
            lookup(p, &p->nu_mean_lst, g) + lookup(p, &p->nu_std_lst, g) * (double)z[i];
        d->state[i] = (float)(p->power.drift_scale * fabs(nu));
    }
}

static void quality(const void *params, const aimci_devices *d, const float *r, float *q)
{
    const custom_drift *p = params;
    for (size_t i = 0; i < d->n; i++)
        q[i] = (float)lookup(p, &p->q_lst, (double)r[i] * p->power.base.g_max);
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    const custom_drift *p = params;
    aimci_power_read(params, d, t, z, g, p->q_lst.n ? quality : aimci_pcm_quality);
}

/* Tables are constant beyond their ends. */
static double within_table(const void *params, double g, double range[2])
{
    const custom_drift *p = params;
    if (p->g_lst.n == 0)
        return (double)NAN;
    range[0] = p->g_lst.v[0];
    range[1] = p->g_lst.v[p->g_lst.n - 1];
    return g;
}

static double table_g_min(const void *params, double t, double range[2])
{
    (void)t;
    return within_table(params, ((const aimci_noise_params *)params)->g_min, range);
}

static double table_g_max(const void *params, double t, double range[2])
{
    (void)t;
    return within_table(params, ((const aimci_noise_params *)params)->g_max, range);
}

static const aimci_fitted fitted[] = {
    {"spread after programming", "g_max", "uS", {0, 0}, SRC, aimci_power_spread_g_max},
    {"tables of g_lst", "g_min", "uS", {0, 0}, "the ends of g_lst", table_g_min},
    {"tables of g_lst", "g_max", "uS", {0, 0}, "the ends of g_lst", table_g_max},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_custom_drift = {
    .kind = &aimci_kind_custom_drift,
    .resolve = resolve,
    .program = aimci_power_program,
    .state = state,
    .read = read,
    .reads_several = true,
    .noise = true,
    .fitted = &fitted_table,
};
