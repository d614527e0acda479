/* SPDX-License-Identifier: MIT */
/* Piecewise step: the step is given at nodes equally spaced from b- to b+ and interpolated
 * linearly.
 *
 *     q = (w - b-) / R (n - 1),  i = floor q,  t = q - i
 *     w <- w + s S_s ((1 - t) v_s[i] + t v_s[i + 1]) (1 + sigma xi)
 *
 * then clipped to [b-, b+]. One node: the same step everywhere. Rasch et al., AICAS (2021),
 * arXiv:2104.02184. */
#include <math.h>

#include "device/pulsed.h"

typedef struct piecewise_step {
    aimci_pulsed base;
    aimci_list piecewise_up, piecewise_down;
    /* resolved: at least two nodes, up and then down */
    int32_t n;
    float nodes[2 * AIMCI_LIST_MAX];
} piecewise_step;

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    aimci_populate_base(params, line, sampling);
}

/* own[0]: nodes per weight */
AIMCI_INLINE void load(const void *params, const aimci_word_line *line, aimci_where where,
                       aimci_lane_group *c)
{
    (void)line, (void)where;
    c->own[0] = aimci_inverse_range(c) * (float)(((const piecewise_step *)params)->n - 1);
}

AIMCI_INLINE vf step(const void *params, const aimci_lane_group *c, vf w, vf xi)
{
    const piecewise_step *p = params;
    const vf q = vf_max((w - c->lo) * c->own[0], vf_set(0.0f));
    const vf i = vf_min(vf_floor(q), vf_set((float)(p->n - 2)));
    const vf t = vf_min(q - i, vf_set(1.0f));
    const vi node = vi_from_vf(i) + vi_select(c->up, vi_set(0), vi_set(AIMCI_LIST_MAX));
    const vf y = (1.0f - t) * vf_gather(p->nodes, node) + t * vf_gather(p->nodes, node + 1);
    return w + c->step * y * (1.0f + xi * (float)p->base.dw_min_std);
}

static void pulse(const void *params, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    const aimci_pulsed *p = params;
    aimci_pulse_line(p, p->dw_min_std > 0, params, line, count, key, index, 0,
                     (aimci_pulse_rule){load, step, NULL});
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, piecewise_step)
const aimci_device_kernels AIMCI_K(piecewise_step) = {.populate = populate, .pulse = pulse};

#ifdef AIMCI_ISA_IS_C
static aimc_status check(const void *params)
{
    const piecewise_step *p = params;
    const size_t n = p->piecewise_up.n;
    if (n == 0 || n != p->piecewise_down.n)
        return aimci_fail(AIMC_ERR_INVALID,
                          "piecewise_step: piecewise_up has %zu nodes and piecewise_down %zu; as "
                          "many in both, at least 1, are needed",
                          n, p->piecewise_down.n);
    if (!(p->piecewise_up.v[n / 2] > 0))
        return aimci_fail(AIMC_ERR_INVALID,
                          "piecewise_step: piecewise_up[%zu], the middle node, is 0", n / 2);
    return aimci_pulsed_check(&p->base);
}

static void resolve(void *params)
{
    piecewise_step *p = params;
    const size_t last = p->piecewise_up.n - 1;
    p->n = last ? (int32_t)last + 1 : 2;
    for (size_t i = 0; i < (size_t)p->n; i++) {
        const size_t from = aimci_min_size(i, last);
        p->nodes[i] = (float)p->piecewise_up.v[from];
        p->nodes[AIMCI_LIST_MAX + i] = (float)p->piecewise_down.v[from];
    }
}

static double mean_step(const void *params, double w, bool up)
{
    const piecewise_step *p = params;
    const float *v = p->nodes + (up ? 0 : AIMCI_LIST_MAX);
    const double z = (w - p->base.w_min) / (p->base.w_max - p->base.w_min);
    const double q = fmin(fmax(z, 0), 1) * (p->n - 1);
    const double i = fmin(floor(q), p->n - 2), t = q - i;
    const size_t at = (size_t)i;
    return aimci_pulsed_step(&p->base, up) * ((1 - t) * (double)v[at] + t * (double)v[at + 1]);
}

/* The nominal up step of the middle node. */
static double granularity(const void *params)
{
    const piecewise_step *p = params;
    return p->base.dw_min * p->piecewise_up.v[p->piecewise_up.n / 2];
}

#define SRC AIMCI_SRC_RASCH

static const aimci_field fields[] = {
    AIMCI_PULSED_FIELDS(piecewise_step),
    AIMCI_NUMBERS(piecewise_step, piecewise_up, 1, 0, AIMCI_HUGE, "dw_min",
                  "up step at nodes equally spaced from the lower to the upper bound", SRC),
    AIMCI_NUMBERS(piecewise_step, piecewise_down, 1, 0, AIMCI_HUGE, "dw_min",
                  "down step at the same nodes", SRC),
    AIMCI_WRITE_NOISE_FIELDS(piecewise_step),
};

extern const aimci_family aimci_family_piecewise_step;
const aimci_family aimci_family_piecewise_step = {
    .name = "piecewise_step",
    .category = "device",
    .doc = "step interpolated between equally spaced nodes",
    .source = SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(piecewise_step),
    .n_children = 1,
    .check = check,
};

extern const aimci_device_model aimci_model_piecewise_step;
const aimci_device_model aimci_model_piecewise_step = {
    .family = &aimci_family_piecewise_step,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(piecewise_step),
    .mean_step = mean_step,
    .granularity = granularity,
    .resolve = resolve,
};
#endif
