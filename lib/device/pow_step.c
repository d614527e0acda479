/* SPDX-License-Identifier: MIT */
/* Power step: the step is a power of the distance to the bound ahead (device/power.h), clipped to
 * [b-, b+]. */
#include "device/power.h"

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    aimci_populate_base(params, line, sampling);
    aimci_power_populate(params, line, sampling);
}

static void pulse(const void *params, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    aimci_power_pulse(params, line, count, key, index);
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, pow_step)
const aimci_device_kernels AIMCI_K(pow_step) = {.populate = populate, .pulse = pulse};

#ifdef AIMCI_ISA_IS_C
static aimc_status check(const void *params)
{
    return aimci_pulsed_check(params);
}

static double mean_step(const void *params, double w, bool up)
{
    return aimci_power_mean_step(params, w, up);
}

static const aimci_field fields[] = {AIMCI_POWER_FIELDS, AIMCI_WRITE_NOISE_FIELDS(aimci_power)};

extern const aimci_family aimci_family_pow_step;
const aimci_family aimci_family_pow_step = {
    .name = "pow_step",
    .category = "device",
    .doc = "step is a power of the distance to the bound ahead",
    .source = AIMCI_SRC_POWER,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(aimci_power),
    .n_children = 1,
    .check = check,
};

extern const aimci_device_model aimci_model_pow_step;
const aimci_device_model aimci_model_pow_step = {
    .family = &aimci_family_pow_step,
    .pulsed = true,
    .own_parameters = {"gamma_up", "gamma_down"},
    .kernels = AIMCI_LIST_VARIANTS(pow_step),
    .mean_step = mean_step,
    .granularity = aimci_power_granularity,
};
#endif
