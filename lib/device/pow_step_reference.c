/* SPDX-License-Identifier: MIT */
/* Power step with a reference: the network sees w = v - ref of a power-step cell v
 * (device/power.h).
 *
 * ref = reference_mean + reference_std xi, plus the cell's symmetry point where that is subtracted:
 * the state where S+ ((b+ - v) / R)^e+ = S- ((v - b-) / R)^e-. It is bisected; with
 * n_estimation_steps = n > 0 it is where n pairs of noise-free pulses lead from 0. The bounds
 * belong to v everywhere, so that no power of a negative number occurs. */
#include "device/power_sampling.h"
#include "device/pulse_merge.h"

typedef struct pow_step_reference {
    aimci_power power;
    double reference_mean, reference_std;
    int64_t n_estimation_steps;
    bool subtract_symmetry_point;
} pow_step_reference;

/* Eight cells with all that decides their symmetry point. */
typedef struct cells {
    vf lo, hi, up, down, e_up, e_down, inverse_range;
} cells;

AIMCI_INLINE cells cells_at(const aimci_word_line *line, size_t i)
{
    cells c = {
        .lo = vf_load(line->cell[AIMCI_CELL_MIN] + i),
        .hi = vf_load(line->cell[AIMCI_CELL_MAX] + i),
        .up = vf_load(line->cell[AIMCI_CELL_UP] + i),
        .down = vf_load(line->cell[AIMCI_CELL_DOWN] + i),
        .e_up = vf_load(line->cell[AIMCI_EXPONENT_UP] + i),
        .e_down = vf_load(line->cell[AIMCI_EXPONENT_DOWN] + i),
    };
    c.inverse_range = 1.0f / (c.hi - c.lo); /* used where hi > lo */
    return c;
}

/* mean up step minus mean down step */
AIMCI_INLINE vf imbalance(const cells *c, vf v)
{
    return c->up * vf_pow((c->hi - v) * c->inverse_range, c->e_up) -
           c->down * vf_pow((v - c->lo) * c->inverse_range, c->e_down);
}

AIMCI_INLINE vf bisect(const cells *c)
{
    vf below = c->lo, above = c->hi;
    for (int k = 0; k < 26; k++) {
        const vf mid = (below + above) * 0.5f;
        const vm rises = imbalance(c, mid) > 0.0f;
        below = vf_select(rises, mid, below);
        above = vf_select(rises, above, mid);
    }
    return (below + above) * 0.5f;
}

AIMCI_INLINE vf walk(const cells *c, int64_t n)
{
    vf v = vf_set(0.0f);
    for (int64_t k = 0; k < n; k++)
        v = v + imbalance(c, v);
    return v;
}

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    const pow_step_reference *p = params;
    aimci_sample_base(params, line, sampling);
    aimci_power_sample(params, line, sampling);
    aimci_draw_normal(sampling, AIMCI_SAMPLE_REFERENCE, p->reference_mean, p->reference_std,
                      line->cell[AIMCI_CELL_REFERENCE], line->n);
    if (!p->subtract_symmetry_point)
        return;
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const cells c = cells_at(line, i);
        const vm has_one = (c.hi > 0.0f) & (c.lo < 0.0f) & (c.up + c.down > 0.0f);
        const vf sp = p->n_estimation_steps > 0 ? walk(&c, p->n_estimation_steps) : bisect(&c);
        const vf ref = vf_load(line->cell[AIMCI_CELL_REFERENCE] + i);
        vf_store(line->cell[AIMCI_CELL_REFERENCE] + i, vf_select(has_one, ref + sp, ref));
    }
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, pow_step_reference)
const aimci_device_kernels AIMCI_K(pow_step_reference) = {
    .populate = populate, .pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static double mean_symmetry_point(const pow_step_reference *p)
{
    double below = p->power.base.w_min, above = p->power.base.w_max;
    for (int k = 0; k < 60; k++) {
        const double mid = (below + above) / 2;
        const double up = aimci_power_mean_step(&p->power, mid, true);
        *(up > aimci_power_mean_step(&p->power, mid, false) ? &below : &above) = mid;
    }
    return (below + above) / 2;
}

/* In the frame of the network: the mean device has reference reference_mean, plus its symmetry
 * point if subtracted. */
static double mean_step(const void *params, double w, bool up)
{
    const pow_step_reference *p = params;
    const double sp = p->subtract_symmetry_point ? mean_symmetry_point(p) : 0;
    return aimci_power_mean_step(&p->power, w + p->reference_mean + sp, up);
}

#define SRC "Rasch et al., Nat. Commun. 15:7133 (2024)"

static const aimci_field fields[] = {
    AIMCI_POWER_FIELDS,
    AIMCI_NUMBER(pow_step_reference, reference_mean, 0, -AIMCI_HUGE, AIMCI_HUGE, "weight",
                 "mean reference that is subtracted from the cell", SRC),
    AIMCI_NUMBER(pow_step_reference, reference_std, 0, 0, AIMCI_HUGE, "weight",
                 "device-to-device spread of the reference", SRC),
    AIMCI_FLAG(pow_step_reference, subtract_symmetry_point, 0,
               "the reference contains the cell's own symmetry point", SRC),
    AIMCI_INTEGER(pow_step_reference, n_estimation_steps, -1, -1, 100000, "pulse pairs",
                  "estimate the symmetry point by that many pairs of mean pulses; -1: bisect", SRC),
};

AIMCI_DEFINE_KIND(pow_step_reference, "device",
                  "power step seen as the difference to a fixed reference", SRC, fields,
                  pow_step_reference, .n_children = AIMCI_PULSED_CHILDREN);

const aimci_device_ops aimci_device_ops_pow_step_reference = {
    .kind = &aimci_kind_pow_step_reference,
    .pulsed = true,
    .has_reference = true,
    .own_parameters = {"gamma_up", "gamma_down"},
    .own_are_sizes = true,
    .kernels = AIMCI_LIST_VARIANTS(pow_step_reference),
    .law_size = sizeof(aimci_law),
    .mean_step = mean_step,
    .granularity = aimci_power_granularity,
};
#endif
