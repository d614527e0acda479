/* SPDX-License-Identifier: MIT */
/* Soft bounds: the step shrinks linearly to zero at the bound it moves toward.
 *
 *     up:   w <- w + S+ (1 - w / b+) (...)      down: w <- w - S- (1 - w / b-) (...)
 *
 * with D = a + k w the mean change of one pulse (a the signed step at 0, k = -a / b):
 *
 *     multiplicative noise: w <- w + D (1 + sigma xi)        additive: w <- w + D + a sigma xi
 *
 * then clipped to [b-, b+]. A bound that is exactly 0 has slope 0. With reverse_up (reverse_down)
 * the slope refers to the opposite bound, moved outward by reverse_offset. Fusi and Abbott, Nat.
 * Neurosci. 10:485 (2007). */
#include "device/pulse_merge.h"
#include "device/soft_bounds.h"

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    aimci_populate_base(params, line, sampling);
}

/* own[0]: slope k; own[1]: noise of the step at zero */
AIMCI_INLINE void load(const void *params, const aimci_word_line *line, aimci_where where,
                       aimci_lane_group *c)
{
    (void)line, (void)where;
    const aimci_soft_bounds *p = params;
    const float offset = (float)p->reverse_offset;
    const vf up_end = p->reverse_up ? c->lo - offset : c->hi;
    const vf down_end = p->reverse_down ? c->hi + offset : c->lo;
    const vf end = vf_select(c->up, up_end, down_end);
    c->own[0] = vf_select(end == 0.0f, vf_set(0.0f), -c->step / end);
    c->own[1] = c->step * (float)p->base.dw_min_std;
}

AIMCI_INLINE vf step(const void *params, const aimci_lane_group *c, vf w, vf xi)
{
    const aimci_soft_bounds *p = params;
    const vf mean = c->step + c->own[0] * w;
    if (p->mult_noise)
        return w + mean * (1.0f + xi * (float)p->base.dw_min_std);
    return w + (mean + c->own[1] * xi);
}

AIMCI_INLINE vf jump(const void *params, const aimci_lane_group *c, vf n, vf w, vf xi, vf *reach)
{
    const aimci_soft_bounds *p = params;
    return aimci_affine_jump(c, p->mult_noise, (float)p->base.dw_min_std, n, w, xi, reach);
}

#define RULE ((aimci_pulse_rule){load, step, jump})

static void pulse(const void *params, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    const aimci_soft_bounds *p = params;
    aimci_pulse_affine(&p->base, p->mult_noise, params, line, count, key, index, RULE);
}

AIMCI_MERGE_KERNEL(RULE, 1)

const aimci_device_kernels AIMCI_K(soft_bounds) = {populate, pulse, merge};

#ifdef AIMCI_ISA_IS_C
aimc_status aimci_soft_bounds_check(const void *params)
{
    const aimci_soft_bounds *p = params;
    if ((p->reverse_up || p->reverse_down) && !p->mult_noise)
        return aimci_fail(AIMC_ERR_INVALID, "soft_bounds: %s needs mult_noise = true",
                          p->reverse_up ? "reverse_up" : "reverse_down");
    return aimci_pulsed_check(&p->base);
}

bool aimci_soft_bounds_merges(const void *params)
{
    const aimci_soft_bounds *p = params;
    return aimci_additive(&p->base, p->mult_noise);
}

double aimci_soft_bounds_mean_step(const void *params, double w, bool up)
{
    const aimci_soft_bounds *p = params;
    const double up_end = p->reverse_up ? p->base.w_min - p->reverse_offset : p->base.w_max;
    const double down_end = p->reverse_down ? p->base.w_max + p->reverse_offset : p->base.w_min;
    const double end = up ? up_end : down_end;
    const double s = aimci_pulsed_step(&p->base, up);
    return end == 0 ? s : s * (1 - w / end);
}

static const aimci_field fields[] = {AIMCI_PULSED_FIELDS(aimci_soft_bounds),
                                     AIMCI_SOFT_BOUNDS_FIELDS};

extern const aimci_family aimci_family_soft_bounds;
const aimci_family aimci_family_soft_bounds = {
    .name = "soft_bounds",
    .category = "device",
    .doc = "step shrinks linearly to zero at the bound ahead",
    .source = "Fusi and Abbott, Nat. Neurosci. 10:485 (2007)",
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(aimci_soft_bounds),
    .n_children = 1,
    .check = aimci_soft_bounds_check,
};

extern const aimci_device_model aimci_model_soft_bounds;
const aimci_device_model aimci_model_soft_bounds = {
    .family = &aimci_family_soft_bounds,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(soft_bounds),
    .mean_step = aimci_soft_bounds_mean_step,
    .merges = aimci_soft_bounds_merges,
};
#endif
