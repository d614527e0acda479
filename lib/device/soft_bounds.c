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
#include "device/laws/soft_bounds.h"
#include "device/pulse_merge.h"
#include "device/soft_bounds.h"

const aimci_device_kernels AIMCI_K(soft_bounds) = {.pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
aimc_status aimci_soft_bounds_check(const void *params)
{
    const aimci_soft_bounds *p = params;
    if ((p->reverse_up || p->reverse_down) && !p->mult_noise)
        return aimci_fail(AIMC_ERR_INVALID, "soft_bounds: %s needs mult_noise = true",
                          p->reverse_up ? "reverse_up" : "reverse_down");
    return aimci_pulsed_check(&p->base);
}

void aimci_soft_bounds_law(const void *params, void *out)
{
    const aimci_soft_bounds *p = params;
    aimci_law *law = out;
    law->noise.additive |= !p->mult_noise;
    law->mult_noise = p->mult_noise;
    law->reverse_up = p->reverse_up;
    law->reverse_down = p->reverse_down;
    law->reverse_offset = (float)p->reverse_offset;
}

_Static_assert(sizeof(aimci_law) == AIMCI_SOFT_BOUNDS_LAW_SIZE, "soft_bounds_pmax has it, too");

aimci_affine_mean aimci_soft_bounds_mean(const void *params, bool up)
{
    const aimci_soft_bounds *p = params;
    const double up_end = p->reverse_up ? p->base.w_min - p->reverse_offset : p->base.w_max;
    const double down_end = p->reverse_down ? p->base.w_max + p->reverse_offset : p->base.w_min;
    return (aimci_affine_mean){.end = up ? up_end : down_end, .share = 1};
}

static const aimci_field fields[] = {AIMCI_PULSED_FIELDS(aimci_soft_bounds),
                                     AIMCI_SOFT_BOUNDS_FIELDS};

AIMCI_DEFINE_KIND(soft_bounds, "device", "step shrinks linearly to zero at the bound ahead",
                  "Fusi and Abbott, Nat. Neurosci. 10:485 (2007)", fields, aimci_soft_bounds,
                  .n_children = AIMCI_PULSED_CHILDREN, .check = aimci_soft_bounds_check);

const aimci_device_ops aimci_device_ops_soft_bounds = {
    .kind = &aimci_kind_soft_bounds,
    .fitted = {"dw_min", "up_down", "w_max", "w_min"},
    .fit_rank = 2,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(soft_bounds),
    .law_size = sizeof(aimci_law),
    .law = aimci_soft_bounds_law,
    .affine_mean = aimci_soft_bounds_mean,
};
#endif
