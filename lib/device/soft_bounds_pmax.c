/* SPDX-License-Identifier: MIT */
/* Soft bounds told by a measured sweep: p_max pulses lead from range_min to range_max, and as many
 * back, along an exponential of rate alpha:
 *
 *     B = (range_max - range_min) / (1 - exp(-p_max alpha))
 *     b+ = range_min + B,  S+ = alpha b+        b- = range_max - B,  S- = alpha |b-|
 *
 * because the soft-bounds cell goes as w(n) = b+ - (b+ - range_min)(1 - alpha)^n, and likewise
 * down. With aihwkit_mapping the base parameters are those of that toolkit, whose sweep ends
 * elsewhere:
 *
 *     w_min = range_min,  w_max = range_min + B
 *     dw_min = alpha B,  up_down = 1 + 2 range_min / B */
#include <math.h>

#include "core/elementary.h"
#include "device/soft_bounds.h"

typedef struct soft_bounds_pmax {
    aimci_soft_bounds soft;
    double p_max, alpha, range_min, range_max;
    bool aihwkit_mapping;
} soft_bounds_pmax;

static void map_sweep(const soft_bounds_pmax *p, double b, aimci_pulsed *base)
{
    base->w_max = p->range_min + b;
    base->w_min = p->range_max - b;
    const double up = p->alpha * base->w_max, down = -p->alpha * base->w_min;
    base->dw_min = fmax(up, down);
    base->up_down = up > down ? 1 - down / up : up / down - 1;
}

static void resolve(void *params)
{
    soft_bounds_pmax *p = params;
    aimci_pulsed *base = &p->soft.base;
    const double b = (p->range_max - p->range_min) / -aimci_expm1(-p->p_max * p->alpha);
    if (!p->aihwkit_mapping) {
        map_sweep(p, b, base);
        return;
    }
    base->w_min = p->range_min;
    base->w_max = p->range_min + b;
    base->dw_min = p->alpha * b;
    base->up_down = 1 + 2 * p->range_min / b;
}

static aimc_status check(const void *params)
{
    soft_bounds_pmax p = *(const soft_bounds_pmax *)params;
    if (!(p.range_min < p.range_max))
        return aimci_fail(AIMC_ERR_INVALID,
                          "soft_bounds_pmax: range_min = %g is not below range_max = %g",
                          p.range_min, p.range_max);
    resolve(&p);
    const aimci_pulsed *base = &p.soft.base;
    if (!(base->w_min <= 0 && base->w_max >= 0 && fabs(base->up_down) <= 1))
        return aimci_fail(AIMC_ERR_INVALID,
                          "soft_bounds_pmax: range_min = %g, range_max = %g give bounds %g and %g; "
                          "0 must lie between them",
                          p.range_min, p.range_max, base->w_min, base->w_max);
    return aimci_soft_bounds_check(&p);
}

#define SRC "this library; the exponential sweep of Fusi and Abbott, Nat. Neurosci. 10:485 (2007)"

/* aimci_soft_bounds is the first member: its offsets hold here. */
static const aimci_field fields[] = {
    AIMCI_NUMBER(soft_bounds_pmax, p_max, 1000, 1, AIMCI_HUGE, "pulses",
                 "pulses from range_min to range_max", SRC),
    AIMCI_NUMBER(soft_bounds_pmax, alpha, 0.0005, 1e-12, 1, "1/pulse",
                 "rate of the exponential approach to the bounds", SRC),
    AIMCI_NUMBER(soft_bounds_pmax, range_min, -1, -AIMCI_HUGE, AIMCI_HUGE, "weight",
                 "where the sweep starts", SRC),
    AIMCI_NUMBER(soft_bounds_pmax, range_max, 1, -AIMCI_HUGE, AIMCI_HUGE, "weight",
                 "where the sweep ends", SRC),
    AIMCI_FLAG(soft_bounds_pmax, aihwkit_mapping, 0,
               "base parameters as aihwkit computes them, which miss the end of the sweep",
               "aihwkit 1.1.0, for comparison"),
    AIMCI_PULSED_OTHER_FIELDS(aimci_soft_bounds),
    AIMCI_SOFT_BOUNDS_FIELDS,
};

AIMCI_DEFINE_KIND(soft_bounds_pmax, "device",
                  "soft bounds given by the pulses of a full sweep and its curvature", SRC, fields,
                  soft_bounds_pmax, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_soft_bounds_pmax = {
    .kind = &aimci_kind_soft_bounds_pmax,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(soft_bounds),
    .law_size = AIMCI_SOFT_BOUNDS_LAW_SIZE,
    .law = aimci_soft_bounds_law,
    .affine_mean = aimci_soft_bounds_mean,
    .resolve = resolve,
};
