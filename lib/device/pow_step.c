/* SPDX-License-Identifier: MIT */
/* Power step: the step is a power of the distance to the bound ahead (device/power.h), clipped to
 * [b-, b+]. */
#include "device/power_sampling.h"
#include "device/pulse_merge.h"

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    aimci_sample_base(params, line, sampling);
    aimci_power_sample(params, line, sampling);
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, pow_step)
const aimci_device_kernels AIMCI_K(pow_step) = {
    .populate = populate, .pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static double mean_step(const void *params, double w, bool up)
{
    return aimci_power_mean_step(params, w, up);
}

static const aimci_field fields[] = {AIMCI_POWER_FIELDS, AIMCI_WRITE_NOISE_FIELDS(aimci_power)};

AIMCI_DEFINE_KIND(pow_step, "device", "step is a power of the distance to the bound ahead",
                  AIMCI_SRC_POWER, fields, aimci_power, .n_children = AIMCI_PULSED_CHILDREN);

const aimci_device_ops aimci_device_ops_pow_step = {
    .kind = &aimci_kind_pow_step,
    .fitted = {"dw_min", "up_down", "pow_gamma", "pow_up_down", "w_max", "w_min"},
    .fit_rank = 5,
    .pulsed = true,
    .own_parameters = {"gamma_up", "gamma_down"},
    .own_are_sizes = true,
    .kernels = AIMCI_LIST_VARIANTS(pow_step),
    .law_size = sizeof(aimci_law),
    .mean_step = mean_step,
    .granularity = aimci_power_granularity,
};
#endif
