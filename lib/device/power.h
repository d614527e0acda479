/* SPDX-License-Identifier: MIT */
/* What the power-law models share: steps are powers of the distance to the bound ahead.
 *
 *     up:   v <- v + S+ ((b+ - v) / R)^e+ (1 + sigma xi)        R = b+ - b-
 *     down: v <- v - S- ((v - b-) / R)^e- (1 + sigma xi)
 *
 * Fusi and Abbott, Nat. Neurosci. 10:485 (2007); Frascaroli et al., Sci. Rep.
 * 8:7178 (2018). */
#ifndef AIMCI_POWER_H
#define AIMCI_POWER_H

#include <math.h>

#include "core/elementary.h"
#include "device/model.h"

typedef struct aimci_power {
    aimci_pulsed base;
    double pow_gamma, pow_gamma_dtod, pow_up_down, pow_up_down_dtod;
} aimci_power;

#ifdef AIMCI_ISA_IS_C
/* The mean device at the physical state v. */
static inline double aimci_power_mean_step(const aimci_power *p, double v, bool up)
{
    const double hi = p->base.w_max, lo = p->base.w_min;
    const double distance = fmin(fmax((up ? hi - v : v - lo) / (hi - lo), 0), 1);
    const double gain = up ? 1 + fmin(p->pow_up_down, 0) : 1 - fmax(p->pow_up_down, 0);
    const double e = p->pow_gamma * gain;
    return aimci_pulsed_step(&p->base, up) * aimci_pow(distance, e);
}

/* The nominal step at mid-range. */
static inline double aimci_power_granularity(const void *params)
{
    const aimci_power *p = params;
    return p->base.dw_min * aimci_pow(0.5, p->pow_gamma);
}
#endif

#define AIMCI_SRC_POWER                                                                            \
    "Fusi and Abbott, Nat. Neurosci. 10:485 (2007); Frascaroli et al., Sci. Rep. 8:7178 (2018)"

/* aimci_power is the first member of both models: its offsets hold there. */
/* clang-format off */
#define AIMCI_POWER_FIELDS                                                                         \
    AIMCI_PULSED_FIELDS(aimci_power),                                                              \
    AIMCI_NUMBER(aimci_power, pow_gamma, 1, 0, 100, "1",                                           \
                 "exponent of the distance to the bound ahead", AIMCI_SRC_POWER),                  \
    AIMCI_NUMBER(aimci_power, pow_gamma_dtod, 0.1, 0, AIMCI_HUGE, "relative",                      \
                 "device-to-device spread of the exponent common to both directions",              \
                 AIMCI_SRC_POWER),                                                                 \
    AIMCI_NUMBER(aimci_power, pow_up_down, 0, -1, 1, "relative",                                   \
                 "asymmetry: > 0 lowers the down exponent, < 0 the up exponent by that share",     \
                 AIMCI_SRC_POWER),                                                                 \
    AIMCI_NUMBER(aimci_power, pow_up_down_dtod, 0, 0, AIMCI_HUGE, "relative",                      \
                 "device-to-device spread of the exponents' asymmetry", AIMCI_SRC_POWER)
/* clang-format on */

#endif
