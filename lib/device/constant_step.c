/* SPDX-License-Identifier: MIT */
/* Constant step: every pulse changes the weight by the same amount on average, up to hard bounds.
 *
 *     w <- clip(w + s S_s (1 + sigma xi), b-, b+)
 *
 * Gokmen and Vlasov, Front. Neurosci. 10:333 (2016). */
#include "device/pulse_merge.h"

typedef struct constant_step {
    aimci_pulsed base;
} constant_step;

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    aimci_populate_base(params, line, sampling);
}

AIMCI_INLINE void load(const void *params, const aimci_word_line *line, aimci_where where,
                       aimci_lane_group *c)
{
    (void)line, (void)where;
    c->own[0] = c->step * (float)((const aimci_pulsed *)params)->dw_min_std;
}

AIMCI_INLINE vf step(const void *params, const aimci_lane_group *c, vf w, vf xi)
{
    (void)params;
    return w + (c->step + c->own[0] * xi);
}

AIMCI_INLINE vf jump(const void *params, const aimci_lane_group *c, vf n, vf w, vf xi, vf *reach)
{
    (void)params;
    const vf root = vf_sqrt(n);
    *reach = vf_abs(n * c->step) + vf_abs(c->own[0]) * root * AIMCI_FAR;
    return w + (n * c->step + root * c->own[0] * xi);
}

#define RULE ((aimci_pulse_rule){load, step, jump})

static void pulse(const void *params, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    aimci_pulse_affine(params, 0, params, line, count, key, index, RULE);
}

AIMCI_MERGE_KERNEL(RULE, 0)

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, constant_step)
const aimci_device_kernels AIMCI_K(constant_step) = {populate, pulse, merge};

#ifdef AIMCI_ISA_IS_C
static aimc_status check(const void *params)
{
    return aimci_pulsed_check(params);
}

static double mean_step(const void *params, double w, bool up)
{
    (void)w;
    return aimci_pulsed_step(params, up);
}

static bool merges(const void *params)
{
    (void)params;
    return true;
}

static const aimci_field fields[] = {AIMCI_PULSED_FIELDS(constant_step)};

extern const aimci_family aimci_family_constant_step;
const aimci_family aimci_family_constant_step = {
    .name = "constant_step",
    .category = "device",
    .doc = "constant step up and down to hard bounds",
    .source = AIMCI_SRC_PULSED,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(constant_step),
    .n_children = 1,
    .check = check,
};

extern const aimci_device_model aimci_model_constant_step;
const aimci_device_model aimci_model_constant_step = {
    .family = &aimci_family_constant_step,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(constant_step),
    .mean_step = mean_step,
    .merges = merges,
};
#endif
