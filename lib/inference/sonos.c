/* SPDX-License-Identifier: MIT */
/* SONOS charge-trap memory, 40 nm. In terms of the cell's current I = G V_read in nA:
 *
 *     spread of day d      s_d(I) = A_d (1 - exp(-I / B_d))
 *     mean shift of day d  D_d(I) = sum_k p_dk I^k
 *     at time t            I(t) = J + s(J, t) xi, J = I + D(I, t), xi of the device: the spread was
 *                          measured about the shifted current. A, B and D are linear in time
 *                          between the days 0 ... 5
 *     read noise           12.58037 (1 - exp(-I / 215.36557)) xi nA
 *
 * The fit of the shift reaches to 1800 nA. */
#include <math.h>

#include "core/elementary.h"
#include "inference/noise.h"

#define SRC "Xiao et al., IEEE TCAS-I 69:1480 (2022); fits as collected in CrossSim 3.2"

enum { DAYS = 6, TERMS = 11 };

typedef struct sonos {
    aimci_noise_params base;
    double v_read_mv, prog_noise_scale, drift_scale, read_noise_scale;
} sonos;

static const aimci_field fields[] = {
    AIMCI_NOISE_FIELDS(16, 0, SRC),
    AIMCI_NUMBER(sonos, v_read_mv, 100, 1, 1e4, "mV",
                 "read voltage that turns conductances into the currents of the fit", SRC),
    AIMCI_NUMBER(sonos, prog_noise_scale, 1, 0, 1e6, "1",
                 "factor on the spread from device to device; 0: none", SRC),
    AIMCI_NUMBER(sonos, drift_scale, 1, 0, 1e6, "1", "factor on the mean shift; 0: none", SRC),
    AIMCI_NUMBER(sonos, read_noise_scale, 1, 0, 1e6, "1", "factor on the read noise; 0: none", SRC),
    AIMCI_NOISE_EXTRAPOLATE(SRC),
};

AIMCI_DEFINE_KIND(sonos, "noise_model", "SONOS charge-trap cell over five days of retention", SRC,
                  fields, sonos, .n_children = 1);

static const double spreads[DAYS][2] = {
    {19.88665, 176.3115},  {25.59102, 186.85544}, {28.72753, 193.56834},
    {31.04318, 198.90332}, {33.76214, 204.77023}, {34.57909, 207.34309},
};
static const double shifts[DAYS][TERMS] = {
    {0},
    {.172684, 5.72552e-2, -6.85715e-4, 3.50271e-6, -9.37682e-9, 1.40575e-11, -1.19803e-14,
     5.41293e-18, -8.85448e-22, -1.66869e-25, 5.95180e-29},
    {.250712, 6.62195e-2, -6.83218e-4, 2.99442e-6, -6.78255e-9, 7.70482e-12, -3.04983e-15,
     -2.15919e-18, 2.94617e-21, -1.23359e-24, 1.85329e-28},
    {-.01753, 9.76883e-2, -9.63791e-4, 4.55551e-6, -1.22391e-8, 1.93786e-11, -1.85899e-14,
     1.07659e-17, -3.58211e-21, 5.96785e-25, -3.30410e-29},
    {.0403338, .103111, -1.04740e-3, 4.83961e-6, -1.28132e-8, 1.99484e-11, -1.85139e-14,
     1.00008e-17, -2.84944e-21, 3.01008e-25, 1.18747e-29},
    {.319927, .106596, -1.04054e-3, 4.50290e-6, -1.10352e-8, 1.56477e-11, -1.27592e-14, 5.45513e-18,
     -7.26841e-22, -2.43893e-25, 7.14608e-29},
};

static double saturating(const double ab[2], double i)
{
    return ab[0] * (1 - aimci_exp(-i / ab[1]));
}

static double between(double a, double b, double u)
{
    return a + u * (b - a);
}

static aimc_status resolve(void *params)
{
    const sonos *p = params;
    const double largest = p->base.g_max * p->v_read_mv;
    if (largest <= 1800 || p->drift_scale == 0)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID,
                      "noise_model: g_max = %g uS at v_read_mv = %g is %g nA; the retention of "
                      "currents up to 1800 nA was measured (drift_scale = 0 leaves it out)",
                      p->base.g_max, p->v_read_mv, largest);
}

/* The state is the device's own normal: its error grows as the spread does. */
static void program(const void *params, const aimci_devices *d, const float *z)
{
    const sonos *p = params;
    for (size_t i = 0; i < d->n; i++) {
        const double g = (double)d->target[i];
        const double spread = saturating(spreads[0], g * p->v_read_mv) / p->v_read_mv;
        d->programmed[i] = (float)fmax(0, g + p->prog_noise_scale * spread * (double)z[i]);
        d->state[i] = z[i];
    }
}

static void read(const void *params, const aimci_devices *d, double t, const float *z, float *g)
{
    static const double read_noise[2] = {12.58037, 215.36557};
    const sonos *p = params;
    const double day = t / 86400;
    const int k = day < DAYS - 1 ? (int)day : DAYS - 2;
    const double u = day - k;
    const double spread_now[2] = {fmax(0, between(spreads[k][0], spreads[k + 1][0], u)),
                                  between(spreads[k][1], spreads[k + 1][1], u)};
    for (size_t i = 0; i < d->n; i++) {
        const double nominal = (double)d->target[i] * p->v_read_mv;
        const double shift = between(aimci_polynomial(shifts[k], TERMS, nominal),
                                     aimci_polynomial(shifts[k + 1], TERMS, nominal), u);
        const double mean = nominal + p->drift_scale * shift;
        const double spread = fmax(0, saturating(spread_now, mean));
        const double current = mean + p->prog_noise_scale * spread * (double)d->state[i];
        const double noise = saturating(read_noise, fmax(0, current));
        g[i] =
            (float)fmax(0, (current + p->read_noise_scale * noise * (double)z[i]) / p->v_read_mv);
    }
}

static void measured(const void *params, double *first, double *last)
{
    (void)params;
    *first = 0;
    *last = (DAYS - 1) * 86400.0;
}

/* The shift was measured to 1800 nA, which resolve() sees to; the spreads further. */
static double largest_current(const void *params, double t, double range[2])
{
    (void)t, (void)range;
    const sonos *p = params;
    return p->base.g_max * p->v_read_mv;
}

static const aimci_fitted fitted[] = {
    {"spread and read noise", "g_max v_read_mv", "nA", {0, 3200}, SRC, largest_current},
    {"retention", "t_s", "s", {0, (DAYS - 1) * 86400.0}, SRC, aimci_fitted_time},
};

static const aimci_fitted_table fitted_table = AIMCI_FITTED_TABLE(fitted);

const aimci_noise_ops aimci_noise_ops_sonos = {
    .kind = &aimci_kind_sonos,
    .resolve = resolve,
    .program = program,
    .read = read,
    .noise = true,
    .measured = measured,
    .fitted = &fitted_table,
};
