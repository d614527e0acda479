/* SPDX-License-Identifier: MIT */
/* What the power-law models share: steps are powers of the distance to the bound ahead.
 *
 *     up:   v <- v + S+ ((b+ - v) / R)^e+ (1 + sigma xi)        R = b+ - b-
 *     down: v <- v - S- ((v - b-) / R)^e- (1 + sigma xi)
 *
 * Exponents are drawn like steps: e+ = gamma (G + min(q, 0) + r), e- = gamma (G - max(q, 0) - r)
 * with q = pow_up_down. Fusi and Abbott, Nat. Neurosci. 10:485 (2007); Frascaroli et al., Sci. Rep.
 * 8:7178 (2018). */
#ifndef AIMCI_POWER_H
#define AIMCI_POWER_H

#include <math.h>

#include "device/pulsed.h"

typedef struct aimci_power {
    aimci_pulsed base;
    double pow_gamma, pow_gamma_dtod, pow_up_down, pow_up_down_dtod;
} aimci_power;

enum { AIMCI_EXPONENT_UP, AIMCI_EXPONENT_DOWN }; /* own planes */

AIMCI_INLINE void aimci_power_populate(const aimci_power *p, const aimci_word_line *line,
                                       const aimci_sampling *sampling)
{
    float *up = line->cell[AIMCI_CELL_OWN + AIMCI_EXPONENT_UP],
          *down = line->cell[AIMCI_CELL_OWN + AIMCI_EXPONENT_DOWN];
    aimci_draw_normal(sampling, AIMCI_SAMPLE_OWN, 1.0, p->pow_gamma_dtod, up, line->n);
    aimci_draw_normal(sampling, AIMCI_SAMPLE_OWN + 1, 0.0, p->pow_up_down_dtod, down, line->n);
    const float q_up = (float)(p->pow_up_down < 0 ? p->pow_up_down : 0);
    const float q_down = (float)(p->pow_up_down > 0 ? p->pow_up_down : 0);
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vf gain = vf_load(up + i), r = vf_load(down + i);
        const vf e_up = (gain + q_up + r) * (float)p->pow_gamma;
        const vf e_down = (gain - q_down - r) * (float)p->pow_gamma;
        vf_store(up + i, p->base.enforce_consistency ? vf_abs(e_up) : e_up);
        vf_store(down + i, p->base.enforce_consistency ? vf_abs(e_down) : e_down);
    }
}

/* own[0]: exponent; own[1]: the bound ahead; own[2]: 1 / R, with the sign of the direction */
AIMCI_INLINE void aimci_power_load(const void *params, const aimci_word_line *line,
                                   aimci_where where, aimci_lane_group *c)
{
    (void)params;
    const vf inverse = aimci_inverse_range(c);
    c->own[0] =
        vf_select(c->up, aimci_load_at(line->cell[AIMCI_CELL_OWN + AIMCI_EXPONENT_UP], where),
                  aimci_load_at(line->cell[AIMCI_CELL_OWN + AIMCI_EXPONENT_DOWN], where));
    c->own[1] = vf_select(c->up, c->hi, c->lo);
    c->own[2] = vf_select(c->up, inverse, -inverse);
}

/* A state that rounding left outside the bounds counts as at the bound: vf_pow is 0 from 0 down. */
AIMCI_INLINE vf aimci_power_step(const void *params, const aimci_lane_group *c, vf v, vf xi)
{
    const float sigma = (float)((const aimci_pulsed *)params)->dw_min_std;
    const vf distance = (c->own[1] - v) * c->own[2];
    return v + c->step * vf_pow(distance, c->own[0]) * (1.0f + xi * sigma);
}

AIMCI_INLINE void aimci_power_pulse(const aimci_power *p, const aimci_word_line *line,
                                    const int32_t *count, const aimci_key *key, uint32_t index)
{
    aimci_pulse_line(&p->base, p->base.dw_min_std > 0, p, line, count, key, index, 0,
                     (aimci_pulse_rule){aimci_power_load, aimci_power_step, NULL});
}

#ifdef AIMCI_ISA_IS_C
/* The mean device at the physical state v. */
static inline double aimci_power_mean_step(const aimci_power *p, double v, bool up)
{
    const double hi = p->base.w_max, lo = p->base.w_min;
    const double distance = fmin(fmax((up ? hi - v : v - lo) / (hi - lo), 0), 1);
    const double gain = up ? 1 + fmin(p->pow_up_down, 0) : 1 - fmax(p->pow_up_down, 0);
    const double e = p->pow_gamma * gain;
    return aimci_pulsed_step(&p->base, up) * pow(distance, e);
}

/* The nominal step at mid-range. */
static inline double aimci_power_granularity(const void *params)
{
    const aimci_power *p = params;
    return p->base.dw_min * pow(0.5, p->pow_gamma);
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
