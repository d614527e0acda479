/* SPDX-License-Identifier: MIT */
/* Soft bounds with a reference: the network sees the difference of a soft-bounds cell and a fixed
 * reference.
 *
 *     v = w + ref,  a = v / b_s  (0 where the bound is on the wrong side)
 *     multiplicative: v <- v + s S_s (1 - a)(1 + sigma xi)      additive: v <- v + s S_s (1 - a +
 * sigma xi) v <- clip(v, b-, b+),  w = v - ref
 *
 * ref = reference_mean + reference_std xi, plus the cell's symmetry point where that is subtracted:
 * sp = (S+ - S-) / (S+ / b+ - S- / b-). Rasch et al., Nat. Commun. 15:7133 (2024).
 *
 * The bounds belong to the physical state v everywhere: setting, clipping, decay and reset act on
 * v. */
#include "device/pulse_merge.h"

typedef struct soft_bounds_reference {
    aimci_pulsed base;
    double slope_up_dtod, slope_down_dtod;
    double reference_mean, reference_std;
    bool mult_noise, subtract_symmetry_point;
} soft_bounds_reference;

AIMCI_INLINE vi straddles_zero(const aimci_word_line *line, size_t i)
{
    return (vf_load(line->cell[AIMCI_CELL_MAX] + i) > 0.0f) &
           (vf_load(line->cell[AIMCI_CELL_MIN] + i) < 0.0f);
}

/* A steeper slope is a bound moved inward: b <- b / |1 + spread xi|, on cells that straddle zero.
 */
AIMCI_INLINE void vary_slope(const aimci_word_line *line, const aimci_sampling *sampling, int plane,
                             uint32_t quantity, double spread)
{
    aimci_normals normals = {.stream = aimci_sampling_stream(sampling, quantity)};
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vf factor = vf_abs(1.0f + aimci_normals_next(&normals) * (float)spread);
        const vf bound = vf_load(line->cell[plane] + i);
        const vi varies = straddles_zero(line, i) & (factor > 0.0f);
        vf_store(line->cell[plane] + i, vf_select(varies, bound / factor, bound));
    }
}

AIMCI_INLINE void add_symmetry_point(const aimci_word_line *line)
{
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vf hi = vf_load(line->cell[AIMCI_CELL_MAX] + i);
        const vf lo = vf_load(line->cell[AIMCI_CELL_MIN] + i);
        const vf up = vf_load(line->cell[AIMCI_CELL_UP] + i);
        const vf down = vf_load(line->cell[AIMCI_CELL_DOWN] + i);
        const vf slopes = up / hi - down / lo;
        const vi has_one = straddles_zero(line, i) & (slopes > 0.0f);
        const vf sp = vf_select(has_one, (up - down) / slopes, vf_set(0.0f));
        vf_store(line->cell[AIMCI_CELL_REFERENCE] + i,
                 vf_load(line->cell[AIMCI_CELL_REFERENCE] + i) + sp);
    }
}

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    const soft_bounds_reference *p = params;
    aimci_populate_base(&p->base, line, sampling);
    if (p->slope_down_dtod > 0)
        vary_slope(line, sampling, AIMCI_CELL_MIN, AIMCI_SAMPLE_OWN, p->slope_down_dtod);
    if (p->slope_up_dtod > 0)
        vary_slope(line, sampling, AIMCI_CELL_MAX, AIMCI_SAMPLE_OWN + 1, p->slope_up_dtod);
    aimci_draw_normal(sampling, AIMCI_SAMPLE_REFERENCE, p->reference_mean, p->reference_std,
                      line->cell[AIMCI_CELL_REFERENCE], line->n);
    if (p->subtract_symmetry_point)
        add_symmetry_point(line);
}

/* own[0]: slope of the step; own[1]: noise of the step at zero */
AIMCI_INLINE void load(const void *params, const aimci_word_line *line, aimci_where where,
                       aimci_lane_group *c)
{
    (void)line, (void)where;
    const soft_bounds_reference *p = params;
    const vi sloped = vi_select(c->up, c->hi > 0.0f, c->lo < 0.0f);
    const vf end = vf_select(c->up, c->hi, c->lo);
    c->own[0] = vf_select(sloped, -c->step / end, vf_set(0.0f));
    c->own[1] = c->step * (float)p->base.dw_min_std;
}

AIMCI_INLINE vf step(const void *params, const aimci_lane_group *c, vf v, vf xi)
{
    const soft_bounds_reference *p = params;
    const vf mean = c->step + c->own[0] * v;
    if (p->mult_noise)
        return v + mean * (1.0f + xi * (float)p->base.dw_min_std);
    return v + (mean + c->own[1] * xi);
}

AIMCI_INLINE vf jump(const void *params, const aimci_lane_group *c, vf n, vf w, vf xi, vf *reach)
{
    const soft_bounds_reference *p = params;
    return aimci_affine_jump(c, p->mult_noise, (float)p->base.dw_min_std, n, w, xi, reach);
}

#define RULE ((aimci_pulse_rule){load, step, jump})

static void pulse(const void *params, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    const soft_bounds_reference *p = params;
    aimci_pulse_affine(&p->base, p->mult_noise, params, line, count, key, index, RULE);
}

AIMCI_MERGE_KERNEL(RULE, 1)

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, soft_bounds_reference)
const aimci_device_kernels AIMCI_K(soft_bounds_reference) = {populate, pulse, merge};

#ifdef AIMCI_ISA_IS_C
static aimc_status check(const void *params)
{
    return aimci_pulsed_check(params);
}

static bool merges(const void *params)
{
    const soft_bounds_reference *p = params;
    return aimci_additive(&p->base, p->mult_noise);
}

/* In the frame of the network: the mean device has reference reference_mean, plus its symmetry
 * point if subtracted. */
static double mean_step(const void *params, double w, bool up)
{
    const soft_bounds_reference *p = params;
    const double s_up = aimci_pulsed_step(&p->base, true);
    const double s_down = aimci_pulsed_step(&p->base, false);
    const double hi = p->base.w_max, lo = p->base.w_min;
    double ref = p->reference_mean;
    if (p->subtract_symmetry_point && hi > 0 && lo < 0)
        ref += (s_up - s_down) / (s_up / hi - s_down / lo);
    const double end = up ? hi : lo;
    const double s = up ? s_up : s_down;
    return end == 0 ? s : s * (1 - (w + ref) / end);
}

#define SRC "Rasch et al., Nat. Commun. 15:7133 (2024)"

static const aimci_field fields[] = {
    AIMCI_PULSED_FIELDS(soft_bounds_reference),
    AIMCI_FLAG(soft_bounds_reference, mult_noise, 0,
               "noise in proportion to the actual step; false: to the step at weight 0", SRC),
    AIMCI_WRITE_NOISE_FIELDS(soft_bounds_reference),
    AIMCI_NUMBER(soft_bounds_reference, slope_up_dtod, 0, 0, AIMCI_HUGE, "relative",
                 "device-to-device spread of the up slope; moves the upper bound", SRC),
    AIMCI_NUMBER(soft_bounds_reference, slope_down_dtod, 0, 0, AIMCI_HUGE, "relative",
                 "device-to-device spread of the down slope; moves the lower bound", SRC),
    AIMCI_NUMBER(soft_bounds_reference, reference_mean, 0, -AIMCI_HUGE, AIMCI_HUGE, "weight",
                 "mean reference that is subtracted from the cell", SRC),
    AIMCI_NUMBER(soft_bounds_reference, reference_std, 0, 0, AIMCI_HUGE, "weight",
                 "device-to-device spread of the reference", SRC),
    AIMCI_FLAG(soft_bounds_reference, subtract_symmetry_point, 0,
               "the reference contains the cell's own symmetry point", SRC),
};

extern const aimci_family aimci_family_soft_bounds_reference;
const aimci_family aimci_family_soft_bounds_reference = {
    .name = "soft_bounds_reference",
    .category = "device",
    .doc = "soft bounds seen as the difference to a fixed reference",
    .source = SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(soft_bounds_reference),
    .n_children = 1,
    .check = check,
};

extern const aimci_device_model aimci_model_soft_bounds_reference;
const aimci_device_model aimci_model_soft_bounds_reference = {
    .family = &aimci_family_soft_bounds_reference,
    .pulsed = true,
    .has_reference = true,
    .kernels = AIMCI_LIST_VARIANTS(soft_bounds_reference),
    .mean_step = mean_step,
    .merges = merges,
};
#endif
