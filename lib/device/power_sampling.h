/* SPDX-License-Identifier: MIT */
/* Exponents of the power-law models, which are drawn like steps:
 *
 *     e+ = gamma (G + min(q, 0) + r),   e- = gamma (G - max(q, 0) - r),   q = pow_up_down */
#ifndef AIMCI_POWER_SAMPLING_H
#define AIMCI_POWER_SAMPLING_H

#include "device/laws/power.h"
#include "device/power.h"
#include "device/sampling.h"

AIMCI_INLINE void aimci_power_sample(const aimci_power *p, const aimci_word_line *line,
                                     const aimci_sampling *sampling)
{
    float *up = line->cell[AIMCI_EXPONENT_UP], *down = line->cell[AIMCI_EXPONENT_DOWN];
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

#endif
