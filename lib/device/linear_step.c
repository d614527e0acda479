/* SPDX-License-Identifier: MIT */
/* Linear step: the step changes linearly with the weight, by the share gamma between weight 0 and
 * the bound.
 *
 *     k_s = -gamma_s S_s / r_s          r: mean or own bound ahead; the opposite one when reversed
 *     multiplicative noise: w <- w + s (S_s + k_s w)(1 + sigma xi)
 *     additive noise:       w <- w + s (k_s w + S_s (1 + sigma xi))
 *
 * then clipped to [b-, b+]. gamma varies from cell to cell (absolute spread); unless
 * allow_increasing is set, its magnitude is taken. Gokmen and Vlasov, Front. Neurosci. 10:333
 * (2016). */
#include "device/laws/linear_step.h"
#include "device/pulse_merge.h"
#include "device/sampling.h"

typedef struct linear_step {
    aimci_pulsed base;
    double gamma_up, gamma_down, gamma_up_dtod, gamma_down_dtod, reverse_offset;
    bool allow_increasing, mean_bound_reference, mult_noise, reverse_up, reverse_down;
} linear_step;

/* The weight that the slope of a direction refers to, of eight cells. */
AIMCI_INLINE vf slope_end(const linear_step *p, const aimci_word_line *line, size_t i, int up)
{
    const int top = up ? !p->reverse_up : p->reverse_down;
    const double mean = top ? p->base.w_max : p->base.w_min;
    const float *own = line->cell[top ? AIMCI_CELL_MAX : AIMCI_CELL_MIN];
    const vf end = p->mean_bound_reference ? vf_set((float)mean) : vf_load(own + i);
    if (up && p->reverse_up)
        return end - (float)p->reverse_offset;
    if (!up && p->reverse_down)
        return end + (float)p->reverse_offset;
    return end;
}

AIMCI_INLINE void draw_slope(const linear_step *p, const aimci_word_line *line,
                             const aimci_sampling *sampling, int up)
{
    float *slope = line->cell[up ? AIMCI_SLOPE_UP : AIMCI_SLOPE_DOWN];
    const float *steps = line->cell[up ? AIMCI_CELL_UP : AIMCI_CELL_DOWN];
    aimci_draw_normal(sampling, AIMCI_SAMPLE_OWN + !up, up ? p->gamma_up : p->gamma_down,
                      up ? p->gamma_up_dtod : p->gamma_down_dtod, slope, line->n);
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vf drawn = vf_load(slope + i);
        const vf gamma = p->allow_increasing ? drawn : vf_abs(drawn);
        const vf end = slope_end(p, line, i, up);
        const vf k = -gamma * vf_load(steps + i) / end;
        vf_store(slope + i, vf_select(end == 0.0f, vf_set(0.0f), k));
    }
}

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    aimci_sample_base(params, line, sampling);
    draw_slope(params, line, sampling, 1);
    draw_slope(params, line, sampling, 0);
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, linear_step)
const aimci_device_kernels AIMCI_K(linear_step) = {
    .populate = populate, .pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static aimc_status check(const void *params)
{
    const linear_step *p = params;
    if ((p->reverse_up || p->reverse_down) && !p->mult_noise)
        return aimci_fail(AIMC_ERR_INVALID, "linear_step: %s needs mult_noise = true",
                          p->reverse_up ? "reverse_up" : "reverse_down");
    return aimci_pulsed_check(&p->base);
}

static void law(const void *params, void *out)
{
    const linear_step *p = params;
    aimci_law *law = out;
    law->noise.additive |= !p->mult_noise;
    law->mult_noise = p->mult_noise;
}

static aimci_affine_mean affine_mean(const void *params, bool up)
{
    const linear_step *p = params;
    const double up_end = p->reverse_up ? p->base.w_min - p->reverse_offset : p->base.w_max;
    const double down_end = p->reverse_down ? p->base.w_max + p->reverse_offset : p->base.w_min;
    const double gamma = up ? p->gamma_up : p->gamma_down;
    const bool folded = gamma < 0 && !p->allow_increasing;
    return (aimci_affine_mean){.end = up ? up_end : down_end, .share = folded ? -gamma : gamma};
}

#define SRC AIMCI_SRC_PULSED

static const aimci_field fields[] = {
    AIMCI_PULSED_FIELDS(linear_step),
    AIMCI_NUMBER(linear_step, gamma_up, 0, -AIMCI_HUGE, AIMCI_HUGE, "relative",
                 "decrease of the up step between weight 0 and the upper bound", SRC),
    AIMCI_NUMBER(linear_step, gamma_down, 0, -AIMCI_HUGE, AIMCI_HUGE, "relative",
                 "decrease of the down step between weight 0 and the lower bound", SRC),
    AIMCI_NUMBER(linear_step, gamma_up_dtod, 0.05, 0, AIMCI_HUGE, "relative",
                 "device-to-device spread of gamma_up, absolute", SRC),
    AIMCI_NUMBER(linear_step, gamma_down_dtod, 0.05, 0, AIMCI_HUGE, "relative",
                 "device-to-device spread of gamma_down, absolute", SRC),
    AIMCI_FLAG(linear_step, allow_increasing, 0,
               "steps may grow toward the bound; false: gamma is its absolute value", SRC),
    AIMCI_FLAG(linear_step, mean_bound_reference, 1,
               "gamma refers to w_max and w_min; false: to the cell's own bounds", SRC),
    AIMCI_FLAG(linear_step, mult_noise, 1,
               "noise in proportion to the actual step; false: to the step at weight 0", SRC),
    AIMCI_WRITE_NOISE_FIELDS(linear_step),
    AIMCI_FLAG(linear_step, reverse_up, 0, "the up slope refers to the lower bound instead", SRC),
    AIMCI_FLAG(linear_step, reverse_down, 0, "the down slope refers to the upper bound instead",
               SRC),
    AIMCI_NUMBER(linear_step, reverse_offset, 0.01, 0, AIMCI_HUGE, "weight",
                 "distance beyond the opposite bound that a reversed slope refers to", SRC),
};

AIMCI_DEFINE_KIND(linear_step, "device", "step changes linearly with the weight", SRC, fields,
                  linear_step, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_linear_step = {
    .kind = &aimci_kind_linear_step,
    .fitted = {"dw_min", "up_down", "gamma_up", "gamma_down", "w_max", "w_min"},
    .fit_rank = 3,
    .pulsed = true,
    .own_parameters = {"slope_up", "slope_down"},
    .kernels = AIMCI_LIST_VARIANTS(linear_step),
    .law_size = sizeof(aimci_law),
    .law = law,
    .affine_mean = affine_mean,
};
#endif
