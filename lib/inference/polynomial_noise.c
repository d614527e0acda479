/* SPDX-License-Identifier: MIT */
/* Programming noise as any polynomial of the conductance, and nothing else: what many publications
 * give of a device. The presets pcm_joshi, rram_milo and rram_wan are of this kind.
 *
 *     g_p = max(0, g + a max(0, sum_k c_k g^k) xi)
 *
 * with g in uS, in the sum clipped to g_min ... g_max. */
#include <math.h>

#include "inference/noise.h"

#define SRC "form of the device fits in CrossSim 3.2"

typedef struct polynomial_noise {
    aimci_noise_params base;
    aimci_list prog_coeff;
    double prog_noise_scale, fitted_from, fitted_to;
} polynomial_noise;

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(25, 0, SRC),
    AIMCI_NUMBERS(polynomial_noise, prog_coeff, 0, -1e9, 1e9, "uS",
                  "spread after programming as a polynomial of g in uS, constant first; empty: "
                  "none",
                  SRC),
    AIMCI_NUMBER(polynomial_noise, prog_noise_scale, 1, 0, 1e6, "1",
                 "factor on the programming noise; 0: none", SRC),
    AIMCI_NUMBER(polynomial_noise, fitted_from, 0, 0, 1e6, "uS",
                 "smallest conductance that prog_coeff was fitted to", SRC),
    AIMCI_NUMBER(polynomial_noise, fitted_to, 0, 0, 1e6, "uS",
                 "largest one; 0: not told, and nothing is called extrapolated", SRC),
};

AIMCI_DEFINE_KIND(polynomial_noise, "noise_model",
                  "programming noise as a polynomial of the conductance; no drift, no read noise",
                  SRC, fields, polynomial_noise, .n_children = 1);

static void program(const void *params, const aimci_devices *d, const float *z)
{
    const polynomial_noise *p = params;
    for (size_t i = 0; i < d->n; i++) {
        const double g = (double)d->target[i];
        const double at = fmin(fmax(g, p->base.g_min), p->base.g_max);
        const double spread = fmax(0, aimci_polynomial(p->prog_coeff.v, p->prog_coeff.n, at));
        d->programmed[i] = (float)fmax(0, g + p->prog_noise_scale * spread * (double)z[i]);
    }
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    (void)params, (void)t, (void)z;
    for (size_t i = 0; i < d->n; i++)
        g[i] = d->programmed[i];
}

/* Targets lie between g_min and g_max, and so does the argument of the polynomial. */
static double range_told(const polynomial_noise *p, double g, double range[2])
{
    range[0] = p->fitted_from;
    range[1] = p->fitted_to;
    return p->fitted_to > 0 && p->prog_noise_scale > 0 ? g : (double)NAN;
}

static double smallest(const void *params, double t, double range[2])
{
    (void)t;
    const polynomial_noise *p = params;
    return range_told(p, p->base.g_min, range);
}

static double largest(const void *params, double t, double range[2])
{
    (void)t;
    const polynomial_noise *p = params;
    return range_told(p, p->base.g_max, range);
}

static const aimci_fitted fitted[] = {
    {"prog_coeff", "g_min", "uS", {0, 0}, "fitted_from and fitted_to", smallest},
    {"prog_coeff", "g_max", "uS", {0, 0}, "fitted_from and fitted_to", largest},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_polynomial_noise = {
    .kind = &aimci_kind_polynomial_noise,
    .program = program,
    .read = read,
    .programmed_at_0 = true,
    .fitted = &fitted_table,
};
