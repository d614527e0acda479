/* SPDX-License-Identifier: MIT */
/* ReRAM of the NeuRRAM chip: one spread for each time after programming, no read noise.
 *
 *     g(t) = max(0, g + a s(r, t) xi),  r = g / g_max
 *     s(r, t) = (g_max / reference) max(0, sum_k c_k(t) r^k)
 *
 * with c_k measured at 1 s, 1 day and 2 days and linear in log t between them. A later read draws
 * the error anew, from the target: that is how it was measured. Programming is the line of 1 s. */
#include <math.h>

#include "core/elementary.h"
#include "inference/noise.h"

#define SRC "Wan et al., Nature 608:504 (2022); fits as collected in aihwkit 1.1.0"

enum { TIMES = 3, DEGREES = 5 };

typedef struct reram_wan2022 {
    aimci_noise_params base;
    double coeff_g_max_reference, prog_noise_scale;
} reram_wan2022;

static const double times[TIMES] = {1, 86400, 172800};
static const double coeff[TIMES][DEGREES] = {
    {0.348, 16.030, -43.853, 45.393, -16.815},
    {0.701, 22.086, -50.773, 47.095, -16.458},
    {0.782, 20.274, -43.507, 37.062, -11.934},
};

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(40, 0, SRC),
    AIMCI_NUMBER(reram_wan2022, coeff_g_max_reference, 40, 0, 1e6, "uS",
                 "g_max of the measurement, to which the spread is in proportion; 0: the spread is "
                 "the same in uS at every g_max",
                 SRC),
    AIMCI_NUMBER(reram_wan2022, prog_noise_scale, 1, 0, 1e6, "1", "factor on the noise; 0: none",
                 SRC),
    AIMCI_NOISE_EXTRAPOLATE(SRC),
};

AIMCI_DEFINE_KIND(reram_wan2022, "noise_model",
                  "ReRAM with relaxation measured at 1 s, 1 day and 2 days", SRC, fields,
                  reram_wan2022, .n_children = 1);

static void scatter(const reram_wan2022 *p, const aimci_devices *d, const double *c, const float *z,
                    float *g)
{
    const double reference = p->coeff_g_max_reference;
    const double scale = p->prog_noise_scale * (reference > 0 ? p->base.g_max / reference : 1);
    for (size_t i = 0; i < d->n; i++) {
        const double target = (double)d->target[i];
        const double spread = fmax(0, aimci_polynomial(c, DEGREES, target / p->base.g_max));
        g[i] = (float)fmax(0, target + scale * spread * (double)z[i]);
    }
}

static void program(const void *params, const aimci_devices *d, const float *z)
{
    scatter(params, d, coeff[0], z, d->programmed);
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    const int k = t > times[1] ? 1 : 0;
    const double u = aimci_ln(t / times[k]) / aimci_ln(times[k + 1] / times[k]);
    double c[DEGREES];
    for (int i = 0; i < DEGREES; i++)
        c[i] = coeff[k][i] + u * (coeff[k + 1][i] - coeff[k][i]);
    scatter(params, d, c, z, g);
}

static void measured(const void *params, double *first, double *last)
{
    (void)params;
    *first = times[0];
    *last = times[TIMES - 1];
}

static const aimci_fitted fitted[] = {
    {"spread over time", "g_max", "uS", {40, 40}, SRC, aimci_fitted_g_max},
    {"spread over time", "t_s", "s", {1, 172800}, SRC, aimci_fitted_time},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_reram_wan2022 = {
    .kind = &aimci_kind_reram_wan2022,
    .program = program,
    .read = read,
    .programmed_at_0 = true,
    .measured = measured,
    .fitted = &fitted_table,
};
