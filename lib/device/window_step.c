/* SPDX-License-Identifier: MIT */
/* Window step: the step is largest in the middle of the range and vanishes at both bounds, so that
 * the weight against the number of pulses is a sigmoid.
 *
 *     x = (w - b-) / (b+ - b-),   y = 1 - (2 x - 1)^(2p)
 *     w <- w + s S_s y (1 + sigma xi)
 *
 * then clipped to [b-, b+]. The window is that of Joglekar and Wolf, Eur. J. Phys. 30:661 (2009);
 * that each window has a sigmoid, the logistic function for p = 1: Georgiou et al., Int. J. Circuit
 * Theory Appl. 44 (2016), arXiv:1605.02021. */
#include <math.h>

#include "core/elementary.h"
#include "device/laws/window_step.h"
#include "device/pulse_merge.h"

typedef struct window_step {
    aimci_pulsed base;
    int64_t window_power;
} window_step;

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, window_step)
const aimci_device_kernels AIMCI_K(window_step) = {.pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static void law(const void *params, void *out)
{
    const window_step *p = params;
    aimci_law *law = out;
    law->power = (int32_t)p->window_power;
}

static double mean_step(const void *params, double w, bool up)
{
    const window_step *p = params;
    const double range = p->base.w_max - p->base.w_min;
    const double u = fmin(fmax(2 * (w - p->base.w_min) / range - 1, -1), 1);
    return aimci_pulsed_step(&p->base, up) * (1 - aimci_pow(u * u, (double)p->window_power));
}

/* mean of the up and the down step at mid-range */
static double granularity(const void *params)
{
    const aimci_pulsed *p = params;
    return (aimci_pulsed_step(p, true) + aimci_pulsed_step(p, false)) / 2;
}

#define SRC "Joglekar and Wolf, Eur. J. Phys. 30:661 (2009)"

static const aimci_field fields[] = {
    AIMCI_PULSED_FIELDS(window_step),
    AIMCI_INTEGER(window_step, window_power, 1, 1, 8, "1",
                  "p of the window 1 - (2x - 1)^(2p): the larger, the flatter between the bounds",
                  SRC),
    AIMCI_WRITE_NOISE_FIELDS(window_step),
};

AIMCI_DEFINE_KIND(window_step, "device",
                  "step vanishes at both bounds: the weight against pulses is a sigmoid", SRC,
                  fields, window_step, .n_children = AIMCI_PULSED_CHILDREN);

const aimci_device_ops aimci_device_ops_window_step = {
    .kind = &aimci_kind_window_step,
    .fitted = {"dw_min", "up_down", "w_max", "w_min"},
    .fit_rank = 3,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(window_step),
    .law_size = sizeof(aimci_law),
    .law = law,
    .mean_step = mean_step,
    .granularity = granularity,
};
#endif
