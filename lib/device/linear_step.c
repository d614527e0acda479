/* SPDX-License-Identifier: MIT */
/* Linear step: the step changes linearly with the weight, by the share gamma between weight 0 and
 * the bound.
 *
 *     k_s = -gamma_s S_s / r_s          r: mean or own bound ahead; the opposite one when reversed
 *     multiplicative noise: w <- w + s (S_s + k_s w)(1 + sigma xi)
 *     additive noise:       w <- w + s (k_s w + S_s (1 + sigma xi))
 *
 * then clipped to [b-, b+]. gamma varies from cell to cell (absolute spread) and is folded to gamma
 * >= 0 unless allow_increasing. Gokmen and Vlasov, Front. Neurosci. 10:333 (2016). */
#include "device/pulse_merge.h"

typedef struct linear_step {
    aimci_pulsed base;
    double gamma_up, gamma_down, gamma_up_dtod, gamma_down_dtod, reverse_offset;
    bool allow_increasing, mean_bound_reference, mult_noise, reverse_up, reverse_down;
} linear_step;

enum { SLOPE_UP, SLOPE_DOWN }; /* own planes */

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
    float *slope = line->cell[AIMCI_CELL_OWN + (up ? SLOPE_UP : SLOPE_DOWN)];
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
    aimci_populate_base(params, line, sampling);
    draw_slope(params, line, sampling, 1);
    draw_slope(params, line, sampling, 0);
}

/* own[0]: signed slope; own[1]: noise of the step at zero */
AIMCI_INLINE void load(const void *params, const aimci_word_line *line, aimci_where where,
                       aimci_lane_group *c)
{
    c->own[0] = vf_select(c->up, aimci_load_at(line->cell[AIMCI_CELL_OWN + SLOPE_UP], where),
                          -aimci_load_at(line->cell[AIMCI_CELL_OWN + SLOPE_DOWN], where));
    c->own[1] = c->step * (float)((const aimci_pulsed *)params)->dw_min_std;
}

AIMCI_INLINE vf step(const void *params, const aimci_lane_group *c, vf w, vf xi)
{
    const linear_step *p = params;
    const vf mean = c->step + c->own[0] * w;
    if (p->mult_noise)
        return w + mean * (1.0f + xi * (float)p->base.dw_min_std);
    return w + (mean + c->own[1] * xi);
}

AIMCI_INLINE vf jump(const void *params, const aimci_lane_group *c, vf n, vf w, vf xi, vf *reach)
{
    const linear_step *p = params;
    return aimci_affine_jump(c, p->mult_noise, (float)p->base.dw_min_std, n, w, xi, reach);
}

#define RULE ((aimci_pulse_rule){load, step, jump})

static void pulse(const void *params, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    const linear_step *p = params;
    aimci_pulse_affine(&p->base, p->mult_noise, params, line, count, key, index, RULE);
}

AIMCI_MERGE_KERNEL(RULE, 1)

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, linear_step)
const aimci_device_kernels AIMCI_K(linear_step) = {populate, pulse, merge};

#ifdef AIMCI_ISA_IS_C
static aimc_status check(const void *params)
{
    const linear_step *p = params;
    if ((p->reverse_up || p->reverse_down) && !p->mult_noise)
        return aimci_fail(AIMC_ERR_INVALID, "linear_step: %s needs mult_noise = true",
                          p->reverse_up ? "reverse_up" : "reverse_down");
    return aimci_pulsed_check(&p->base);
}

static bool merges(const void *params)
{
    const linear_step *p = params;
    return aimci_additive(&p->base, p->mult_noise);
}

static double mean_step(const void *params, double w, bool up)
{
    const linear_step *p = params;
    const double up_end = p->reverse_up ? p->base.w_min - p->reverse_offset : p->base.w_max;
    const double down_end = p->reverse_down ? p->base.w_max + p->reverse_offset : p->base.w_min;
    const double end = up ? up_end : down_end;
    const double gamma = up ? p->gamma_up : p->gamma_down;
    const double share = gamma < 0 && !p->allow_increasing ? -gamma : gamma;
    return aimci_pulsed_step(&p->base, up) * (end == 0 ? 1 : 1 - share * w / end);
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

extern const aimci_family aimci_family_linear_step;
const aimci_family aimci_family_linear_step = {
    .name = "linear_step",
    .category = "device",
    .doc = "step changes linearly with the weight",
    .source = SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(linear_step),
    .n_children = 1,
    .check = check,
};

extern const aimci_device_model aimci_model_linear_step;
const aimci_device_model aimci_model_linear_step = {
    .family = &aimci_family_linear_step,
    .pulsed = true,
    .own_parameters = {"slope_up", "slope_down"},
    .kernels = AIMCI_LIST_VARIANTS(linear_step),
    .mean_step = mean_step,
    .merges = merges,
};
#endif
