/* SPDX-License-Identifier: MIT */
/* Generic errors of a normalised cell h = g / g_max in [g_min / g_max, 1].
 *
 *     h_p = h + m_p f(h) eta,  h(t) = h_p ((t + t_0) / t_0)^-nu,  h_r = h(t) + m_r f(h(t)) eta
 *
 * f(h) = 1 (INDEPENDENT), h (PROPORTIONAL) or 1 / h (INVERSE; 0 where h = 0); eta is a standard
 * normal or uniform on [-1/2, 1/2). Cells of few bits are programmed to 2^cell_bits even levels. */
#include <math.h>

#include "core/elementary.h"
#include "inference/noise.h"

#define SRC                                                                                        \
    "generic device errors of CrossSim 3.2; drift as Karpov et al., J. Appl. Phys. 102:124503 "    \
    "(2007)"

enum { INDEPENDENT, PROPORTIONAL, INVERSE };

typedef struct generic_noise {
    aimci_noise_params base;
    double prog_magnitude, read_magnitude, drift_nu, drift_nu_std, t_0;
    int64_t cell_bits;
    int32_t prog_kind, read_kind, distribution;
    bool clip_conductance;
} generic_noise;

#define KINDS "INDEPENDENT|PROPORTIONAL|INVERSE"
static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(100, 0, SRC),
    AIMCI_NUMBER(generic_noise, prog_magnitude, 0, 0, 1e6, "1",
                 "size of the programming error, in units of g_max", SRC),
    AIMCI_CHOICE(generic_noise, prog_kind, 0, 2, KINDS,
                 "how the programming error depends on the conductance", SRC),
    AIMCI_NUMBER(generic_noise, read_magnitude, 0, 0, 1e6, "1",
                 "size of the read noise, in units of g_max", SRC),
    AIMCI_CHOICE(generic_noise, read_kind, 0, 2, KINDS,
                 "how the read noise depends on the conductance", SRC),
    AIMCI_CHOICE(generic_noise, distribution, 0, 1, "NORMAL|UNIFORM",
                 "distribution of both; a uniform one is as wide as its size", SRC),
    AIMCI_INTEGER(generic_noise, cell_bits, 0, 0, 16, "bit",
                  "targets lie on 2^cell_bits even levels; 0: anywhere", SRC),
    AIMCI_FLAG(generic_noise, clip_conductance, 0, "keep conductances in g_min ... g_max", SRC),
    AIMCI_NUMBER(generic_noise, drift_nu, 0, 0, 10, "1", "mean drift exponent", SRC),
    AIMCI_NUMBER(generic_noise, drift_nu_std, 0, 0, 10, "1",
                 "spread of the drift exponent from device to device", SRC),
    AIMCI_NUMBER(generic_noise, t_0, 1, 1e-12, 1e9, "s", "time scale of the drift", SRC),
};

AIMCI_DEFINE_KIND(generic_noise, "noise_model",
                  "errors that are independent of, in proportion to, or inverse to the conductance",
                  SRC, fields, generic_noise, .n_children = 1);

static double shape(int32_t kind, double h)
{
    if (kind == PROPORTIONAL)
        return h;
    if (kind == INVERSE)
        return h != 0 ? 1 / fabs(h) : 0;
    return 1;
}

static double eta(const generic_noise *p, double z)
{
    return p->distribution ? 0.5 * aimci_erf(z * 0.70710678118654752) : z;
}

static double bounded(const generic_noise *p, double g)
{
    if (p->clip_conductance)
        return fmin(fmax(g, p->base.g_min), p->base.g_max);
    return fmax(0, g);
}

static double level(const generic_noise *p, double g)
{
    if (p->cell_bits == 0)
        return g;
    const double steps = (double)((1 << p->cell_bits) - 1);
    const double range = p->base.g_max - p->base.g_min;
    return p->base.g_min + rint(fmax(0, g - p->base.g_min) / range * steps) / steps * range;
}

static void program(const void *params, const aimci_devices *d, const float *z)
{
    const generic_noise *p = params;
    for (size_t i = 0; i < d->n; i++) {
        const double h = level(p, (double)d->target[i]) / p->base.g_max;
        const double error = p->prog_magnitude > 0
                                 ? p->prog_magnitude * shape(p->prog_kind, h) * eta(p, (double)z[i])
                                 : 0;
        d->programmed[i] = (float)bounded(p, p->base.g_max * (h + error));
    }
}

static void state(const void *params, const aimci_devices *d, const float *z)
{
    const generic_noise *p = params;
    for (size_t i = 0; i < d->n; i++)
        d->state[i] = (float)fabs(p->drift_nu + p->drift_nu_std * (double)z[i]);
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    const generic_noise *p = params;
    const double log_time = aimci_ln((t + p->t_0) / p->t_0);
    for (size_t i = 0; i < d->n; i++) {
        double h =
            (double)d->programmed[i] / p->base.g_max * aimci_exp(-(double)d->state[i] * log_time);
        if (p->read_magnitude > 0)
            h += p->read_magnitude * shape(p->read_kind, h) * eta(p, (double)z[i]);
        g[i] = (float)bounded(p, p->base.g_max * h);
    }
}

const aimci_noise_ops aimci_noise_ops_generic_noise = {
    .kind = &aimci_kind_generic_noise,
    .program = program,
    .state = state,
    .read = read,
    .noise = true,
};
