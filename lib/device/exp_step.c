/* SPDX-License-Identifier: MIT */
/* Exponential step: steps change exponentially with the weight, as in ReRAM and PCM.
 *
 *     z = 2 a w / (b+ - b-) + b
 *     y+ = max(1 - A_up exp(gamma_up z), 0),   y- = max(1 - A_down exp(-gamma_down z), 0)
 *     D = s S_s y_s,   w <- w + D + sigma (|D| + add + slope |w|) xi
 *
 * then clipped to [b-, b+]; add = dw_min_std_add, slope = dw_min_std_slope. The cell's own bounds
 * scale the abscissa. Gong et al., Nat. Commun. 9:2102 (2018); Nandakumar et al., Front. Neurosci.
 * 14:406 (2020). */
#include <math.h>

#include "core/elementary.h"
#include "device/laws/exp_step.h"
#include "device/pulse_merge.h"

typedef struct exp_step {
    aimci_pulsed base;
    double A_up, A_down, gamma_up, gamma_down, a, b;
    double dw_min_std_add, dw_min_std_slope;
} exp_step;

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, exp_step)
const aimci_device_kernels AIMCI_K(exp_step) = {.pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static void law(const void *params, void *out)
{
    const exp_step *p = params;
    aimci_law *law = out;
    const double log2_e = 1.4426950408889634;
    law->rate_up = (float)(p->gamma_up * log2_e);
    law->rate_down = (float)(-p->gamma_down * log2_e);
    law->share_up = (float)p->A_up;
    law->share_down = (float)p->A_down;
    law->twice_a = (float)(2 * p->a);
    law->b = (float)p->b;
    law->add = (float)p->dw_min_std_add;
    law->slope = (float)p->dw_min_std_slope;
}

static double mean_step(const void *params, double w, bool up)
{
    const exp_step *p = params;
    const double z = 2 * p->a * w / (p->base.w_max - p->base.w_min) + p->b;
    const double drop =
        up ? p->A_up * aimci_exp(p->gamma_up * z) : p->A_down * aimci_exp(-p->gamma_down * z);
    return aimci_pulsed_step(&p->base, up) * fmax(1 - drop, 0);
}

/* mean of the up and the down step at weight 0 */
static double granularity(const void *params)
{
    const double g = (mean_step(params, 0, true) + mean_step(params, 0, false)) / 2;
    return g > 0 ? g : ((const aimci_pulsed *)params)->dw_min;
}

#define SRC     "Gong et al., Nat. Commun. 9:2102 (2018)"
#define SRC_PCM "Nandakumar et al., Front. Neurosci. 14:406 (2020)"

static const aimci_field fields[] = {
    AIMCI_PULSED_FIELDS(exp_step),
    AIMCI_NUMBER(exp_step, A_up, 0.00081, -AIMCI_HUGE, AIMCI_HUGE, "relative",
                 "share of the up step that the exponential takes at z = 0; < 0: adds", SRC),
    AIMCI_NUMBER(exp_step, A_down, 0.36833, -AIMCI_HUGE, AIMCI_HUGE, "relative",
                 "share of the down step that the exponential takes at z = 0; < 0: adds", SRC),
    AIMCI_NUMBER(exp_step, gamma_up, 12.44625, -AIMCI_HUGE, AIMCI_HUGE, "1/z",
                 "growth of the exponential with z, up", SRC),
    AIMCI_NUMBER(exp_step, gamma_down, 12.78785, -AIMCI_HUGE, AIMCI_HUGE, "1/z",
                 "growth of the exponential with -z, down", SRC),
    AIMCI_NUMBER(exp_step, a, 0.244, -AIMCI_HUGE, AIMCI_HUGE, "z",
                 "scale of the abscissa: the range of a cell covers 2 a", SRC),
    AIMCI_NUMBER(exp_step, b, 0.2425, -AIMCI_HUGE, AIMCI_HUGE, "z", "abscissa of weight 0", SRC),
    AIMCI_NUMBER(exp_step, dw_min_std_add, 0, 0, AIMCI_HUGE, "weight",
                 "part of a pulse's noise that does not depend on the step, times dw_min_std",
                 SRC_PCM),
    AIMCI_NUMBER(exp_step, dw_min_std_slope, 0, 0, AIMCI_HUGE, "relative",
                 "part of a pulse's noise in proportion to |weight|, times dw_min_std", SRC_PCM),
    AIMCI_WRITE_NOISE_FIELDS(exp_step),
};

AIMCI_DEFINE_KIND(exp_step, "device", "step changes exponentially with the weight", SRC, fields,
                  exp_step, .n_children = AIMCI_PULSED_CHILDREN);

const aimci_device_ops aimci_device_ops_exp_step = {
    .kind = &aimci_kind_exp_step,
    .fitted = {"dw_min", "up_down", "A_up", "A_down", "gamma_up", "gamma_down", "w_max", "w_min"},
    .fit_rank = 4,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(exp_step),
    .law_size = sizeof(aimci_law),
    .law = law,
    .mean_step = mean_step,
    .granularity = granularity,
};
#endif
