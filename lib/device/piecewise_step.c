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

#include "device/laws/piecewise_step.h"
#include "device/pulse_merge.h"

typedef struct piecewise_step {
    aimci_pulsed base;
    aimci_list piecewise_up, piecewise_down;
} piecewise_step;

_Static_assert(AIMCI_LAW_TABLE == AIMCI_LIST_MAX, "a node for each number");

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, piecewise_step)
const aimci_device_kernels AIMCI_K(piecewise_step) = {.pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
/* A single node is doubled. */
static size_t n_nodes(const piecewise_step *p)
{
    return p->piecewise_up.n > 1 ? p->piecewise_up.n : 2;
}

static float node(const piecewise_step *p, bool up, size_t i)
{
    const aimci_list *list = up ? &p->piecewise_up : &p->piecewise_down;
    return (float)list->v[aimci_min_size(i, list->n - 1)];
}

static void law(const void *params, void *out)
{
    const piecewise_step *p = params;
    aimci_law *law = out;
    law->n = (int32_t)n_nodes(p);
    for (size_t i = 0; i < n_nodes(p); i++) {
        law->nodes[i] = node(p, true, i);
        law->nodes[AIMCI_LAW_TABLE + i] = node(p, false, i);
    }
}

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

static double mean_step(const void *params, double w, bool up)
{
    const piecewise_step *p = params;
    const double n = (double)n_nodes(p);
    const double z = (w - p->base.w_min) / (p->base.w_max - p->base.w_min);
    const double q = fmin(fmax(z, 0), 1) * (n - 1);
    const double i = fmin(floor(q), n - 2), t = q - i;
    const size_t at = (size_t)i;
    return aimci_pulsed_step(&p->base, up) *
           ((1 - t) * (double)node(p, up, at) + t * (double)node(p, up, at + 1));
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

AIMCI_DEFINE_KIND(piecewise_step, "device", "step interpolated between equally spaced nodes", SRC,
                  fields, piecewise_step, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_piecewise_step = {
    .kind = &aimci_kind_piecewise_step,
    .pulsed = true,
    .fitted = {"piecewise_up", "piecewise_down"},
    .fit_rank = 6,
    .kernels = AIMCI_LIST_VARIANTS(piecewise_step),
    .law_size = sizeof(aimci_law),
    .law = law,
    .mean_step = mean_step,
    .granularity = granularity,
};
#endif
