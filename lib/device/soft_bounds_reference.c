/* SPDX-License-Identifier: MIT */
/* Soft bounds with a reference: the network sees the difference of a soft-bounds cell and a fixed
 * reference.
 *
 *     v = w + ref,  a = v / b_s  (0 where the bound is on the wrong side)
 *     multiplicative noise: v <- v + s S_s (1 - a)(1 + sigma xi)
 *     additive noise:       v <- v + s S_s (1 - a + sigma xi)
 *     v <- clip(v, b-, b+),  w = v - ref
 *
 * ref = reference_mean + reference_std xi, plus the cell's symmetry point where that is subtracted:
 * sp = (S+ - S-) / (S+ / b+ - S- / b-). Rasch et al., Nat. Commun. 15:7133 (2024).
 *
 * The bounds belong to the physical state v everywhere: setting, clipping, decay and reset act on
 * v. */
#include "device/laws/soft_bounds_reference.h"
#include "device/pulse_merge.h"
#include "device/sampling.h"

typedef struct soft_bounds_reference {
    aimci_pulsed base;
    double slope_up_dtod, slope_down_dtod;
    double reference_mean, reference_std;
    bool mult_noise, subtract_symmetry_point;
} soft_bounds_reference;

AIMCI_INLINE vm straddles_zero(const aimci_word_line *line, size_t i)
{
    return (vf_load(line->cell[AIMCI_CELL_MAX] + i) > 0.0f) &
           (vf_load(line->cell[AIMCI_CELL_MIN] + i) < 0.0f);
}

/* A steeper slope is a bound moved inward: b <- b / |1 + spread xi|, on cells that straddle
 * zero. */
AIMCI_INLINE void vary_slope(const aimci_word_line *line, const aimci_sampling *sampling,
                             int bound_of, uint32_t quantity, double spread)
{
    aimci_normals normals = {.stream = aimci_sampling_stream(sampling, quantity)};
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vf factor = vf_abs(1.0f + aimci_normals_next(&normals) * (float)spread);
        const vf bound = vf_load(line->cell[bound_of] + i);
        const vm varies = straddles_zero(line, i) & (factor > 0.0f);
        vf_store(line->cell[bound_of] + i, vf_select(varies, bound / factor, bound));
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
        const vm has_one = straddles_zero(line, i) & (slopes > 0.0f);
        const vf sp = vf_select(has_one, (up - down) / slopes, vf_set(0.0f));
        vf_store(line->cell[AIMCI_CELL_REFERENCE] + i,
                 vf_load(line->cell[AIMCI_CELL_REFERENCE] + i) + sp);
    }
}

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    const soft_bounds_reference *p = params;
    aimci_sample_base(&p->base, line, sampling);
    if (p->slope_down_dtod > 0)
        vary_slope(line, sampling, AIMCI_CELL_MIN, AIMCI_SAMPLE_OWN, p->slope_down_dtod);
    if (p->slope_up_dtod > 0)
        vary_slope(line, sampling, AIMCI_CELL_MAX, AIMCI_SAMPLE_OWN + 1, p->slope_up_dtod);
    aimci_draw_normal(sampling, AIMCI_SAMPLE_REFERENCE, p->reference_mean, p->reference_std,
                      line->cell[AIMCI_CELL_REFERENCE], line->n);
    if (p->subtract_symmetry_point)
        add_symmetry_point(line);
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, soft_bounds_reference)
const aimci_device_kernels AIMCI_K(soft_bounds_reference) = {
    .populate = populate, .pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static void law(const void *params, void *out)
{
    const soft_bounds_reference *p = params;
    aimci_law *law = out;
    law->noise.additive |= !p->mult_noise;
    law->mult_noise = p->mult_noise;
}

/* The network sees w: the mean device has reference reference_mean, plus its symmetry point if
 * subtracted. */
static aimci_affine_mean affine_mean(const void *params, bool up)
{
    const soft_bounds_reference *p = params;
    const double s_up = aimci_pulsed_step(&p->base, true);
    const double s_down = aimci_pulsed_step(&p->base, false);
    const double hi = p->base.w_max, lo = p->base.w_min;
    aimci_affine_mean mean = {.end = up ? hi : lo, .share = 1, .reference = p->reference_mean};
    if (p->subtract_symmetry_point && hi > 0 && lo < 0)
        mean.reference += (s_up - s_down) / (s_up / hi - s_down / lo);
    return mean;
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

AIMCI_DEFINE_KIND(soft_bounds_reference, "device",
                  "soft bounds seen as the difference to a fixed reference", SRC, fields,
                  soft_bounds_reference, .n_children = AIMCI_PULSED_CHILDREN);

const aimci_device_ops aimci_device_ops_soft_bounds_reference = {
    .kind = &aimci_kind_soft_bounds_reference,
    .pulsed = true,
    .has_reference = true,
    .kernels = AIMCI_LIST_VARIANTS(soft_bounds_reference),
    .law_size = sizeof(aimci_law),
    .law = law,
    .affine_mean = affine_mean,
};
#endif
