/* SPDX-License-Identifier: MIT */
/* Table step: measured mean and noise of the step at chosen states, interpolated linearly between
 * them.
 *
 *     z = (w - b-) / (b+ - b-),  node[i] <= z < node[i + 1]
 *     t = (z - node[i]) / (node[i + 1] - node[i])
 *     y_s = (1 - t) step_s[i] + t step_s[i + 1]
 *     e_s = (1 - t) noise_s[i] + t noise_s[i + 1],  without noise_s: dw_min_std y_s
 *     w <- w + s S_s (y_s + e_s xi)
 *
 * then clipped to [b-, b+]; constant beyond the first and the last node. Without states the nodes
 * are equally spaced from 0 to 1. This is how measured potentiation and depression curves of any
 * device enter. */
#include <math.h>

#include "device/laws/table_step.h"
#include "device/pulse_merge.h"

typedef struct table_step {
    aimci_pulsed base;
    aimci_list step_up, state_up, noise_up, step_down, state_down, noise_down;
} table_step;

_Static_assert(AIMCI_LAW_TABLE == AIMCI_LIST_MAX, "a node for each number");

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, table_step)
const aimci_device_kernels AIMCI_K(table_step) = {.pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
/* The lists of one direction. */
typedef struct side {
    const char *name;
    const aimci_list *step, *state, *noise;
} side;

static side side_of(const table_step *p, bool up)
{
    return up ? (side){"up", &p->step_up, &p->state_up, &p->noise_up}
              : (side){"down", &p->step_down, &p->state_down, &p->noise_down};
}

static double node(const side *s, size_t i)
{
    if (s->state->n)
        return s->state->v[i];
    return s->step->n > 1 ? (double)i / (double)(s->step->n - 1) : (double)i;
}

static double mean_step(const void *params, double w, bool up)
{
    const table_step *p = params;
    const side s = side_of(p, up);
    const double z = (w - p->base.w_min) / (p->base.w_max - p->base.w_min);
    const double *y = s.step->v;
    size_t i = 0;
    while (i + 1 < s.step->n && node(&s, i + 1) <= z)
        i++;
    double mean = y[i];
    if (i + 1 < s.step->n)
        mean += fmax((z - node(&s, i)) / (node(&s, i + 1) - node(&s, i)), 0) * (y[i + 1] - y[i]);
    return aimci_pulsed_step(&p->base, up) * mean;
}

/* mean of the up and the down step at mid-range */
static double granularity(const void *params)
{
    const aimci_pulsed *p = params;
    const double mid = (p->w_min + p->w_max) / 2;
    return (mean_step(params, mid, true) + mean_step(params, mid, false)) / 2;
}

static aimc_status check_side(const side *s)
{
    const size_t n = s->step->n, n_state = s->state->n, n_noise = s->noise->n;
    if (n == 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "table_step: step_%s is empty; 1 to %d nodes are allowed", s->name,
                          AIMCI_LIST_MAX);
    if (n_state && (n_state != n || n < 2))
        return aimci_fail(
            AIMC_ERR_INVALID,
            "table_step: state_%s has %zu nodes and step_%s %zu; as many, at least 2, "
            "or no states are needed",
            s->name, n_state, s->name, n);
    if (n_noise && n_noise != n)
        return aimci_fail(AIMC_ERR_INVALID,
                          "table_step: noise_%s has %zu nodes and step_%s %zu; as many or none are "
                          "needed",
                          s->name, n_noise, s->name, n);
    for (size_t i = 1; i < n_state; i++)
        if (!(s->state->v[i] - s->state->v[i - 1] >= 1e-6))
            return aimci_fail(
                AIMC_ERR_INVALID,
                "table_step: state_%s[%zu] = %g does not exceed state_%s[%zu] = %g by "
                "1e-6",
                s->name, i, s->state->v[i], s->name, i - 1, s->state->v[i - 1]);
    return AIMC_OK;
}

static aimc_status check(const void *params)
{
    const table_step *p = params;
    const side up = side_of(p, true), down = side_of(p, false);
    aimc_status st = aimci_pulsed_check(&p->base);
    if (!st)
        st = check_side(&up);
    if (!st)
        st = check_side(&down);
    if (!st && !(granularity(p) > 0))
        st = aimci_fail(AIMC_ERR_INVALID,
                        "table_step: step_up and step_down are both 0 at mid-range");
    return st;
}

/* One direction as the kernels read it; a single node is doubled. Returns the last interval. */
static int32_t fill_side(const table_step *p, bool up, aimci_law *law)
{
    const side s = side_of(p, up);
    const size_t n = s.step->n < 2 ? 2 : s.step->n, at = up ? 0 : AIMCI_LAW_TABLE;
    for (size_t i = 0; i < AIMCI_LAW_TABLE; i++) {
        const size_t from = aimci_min_size(i, s.step->n - 1);
        const double y = s.step->v[from];
        law->state[at + i] = i < n ? (float)node(&s, i) : INFINITY;
        law->step[at + i] = (float)y;
        law->spread[at + i] = (float)(s.noise->n ? s.noise->v[from] : y * p->base.dw_min_std);
    }
    return (int32_t)n - 2;
}

static void law(const void *params, void *out)
{
    const table_step *p = params;
    aimci_law *law = out;
    law->last_up = fill_side(p, true, law);
    law->last_down = fill_side(p, false, law);
    if (p->noise_up.n || p->noise_down.n)
        law->noise.silent = 0;
}

#define SRC "linear interpolation of measured data"

static const aimci_field fields[] = {
    AIMCI_PULSED_FIELDS(table_step),
    AIMCI_NUMBERS(table_step, step_up, 1, 0, AIMCI_HUGE, "dw_min", "mean up step at each node",
                  SRC),
    AIMCI_NUMBERS(
        table_step, state_up, 0, 0, 1, "range",
        "states of the nodes of step_up, rising, 0 at the lower bound and 1 at the upper; "
        "empty: equally spaced",
        SRC),
    AIMCI_NUMBERS(
        table_step, noise_up, 0, 0, AIMCI_HUGE, "dw_min",
        "standard deviation of one up pulse at each node; empty: dw_min_std times the step", SRC),
    AIMCI_NUMBERS(table_step, step_down, 1, 0, AIMCI_HUGE, "dw_min",
                  "mean down step at each node, positive", SRC),
    AIMCI_NUMBERS(table_step, state_down, 0, 0, 1, "range",
                  "states of the nodes of step_down, likewise", SRC),
    AIMCI_NUMBERS(table_step, noise_down, 0, 0, AIMCI_HUGE, "dw_min",
                  "standard deviation of one down pulse at each node, likewise", SRC),
    AIMCI_WRITE_NOISE_FIELDS(table_step),
};

AIMCI_DEFINE_KIND(table_step, "device", "step and its noise from tables of step against state", SRC,
                  fields, table_step, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_table_step = {
    .kind = &aimci_kind_table_step,
    .pulsed = true,
    .fitted = {"step_up", "step_down", "w_max", "w_min"},
    .fit_rank = 8,
    .kernels = AIMCI_LIST_VARIANTS(table_step),
    .law_size = sizeof(aimci_law),
    .law = law,
    .mean_step = mean_step,
    .granularity = granularity,
};
#endif
