/* SPDX-License-Identifier: MIT */
/* Flow of a pulse, tabulated. With dx/dt = R(x) of the state and the place z(x),
 *
 *     t(x) = integral of dx / R(x),    dz/dt = z'(x) R(x)
 *
 * by Gauss's rule on a fine grid whose points crowd at both ends, where windows and resistances
 * vary most. The nodes of the table are those of its points that share out evenly what makes
 * interpolation hard: change of place, and change of the logarithm of the slope. */
#include "device/flow.h"

#include <math.h>

#include "core/elementary.h"
#include "device/laws/flow.h"
#include "device/pulse.h"

const aimci_device_kernels AIMCI_K(flow) = {.pulse = aimci_pulse};

#ifdef AIMCI_ISA_IS_C
_Static_assert(AIMCI_FLOW_MOST == AIMCI_FLOW_NODES, "the law has as many");
_Static_assert(sizeof(aimci_law) == AIMCI_FLOW_LAW_SIZE, "devices of other files have it, too");

/* ---- the fine grid -------------------------------------------------------------------------- */

/* x = 1 / (1 + exp(-y)) for y in [-14, 14], and the ends themselves where a state leaves them at
 * a finite rate. That is where single precision ends. */
enum { FINE = 4096 };
static const double edge = 14, still = 1e-12; /* of the largest rate: no motion */

static double state_at(double index)
{
    return 1 / (1 + aimci_exp(-edge * (2 * index / FINE - 1)));
}

typedef struct grid {
    const aimci_flow_model *model;
    bool up;
    double moves; /* rates below are none */
} grid;

static double rate(const grid *g, double x)
{
    return g->model->rate(g->model->params, x, g->up);
}

/* Time from point k to the next: x' = 28 x (1 - x) / FINE for each step of the index. */
static double duration(const grid *g, size_t k)
{
    static const double at[3] = {0.1127016653792583, 0.5, 0.8872983346207417},
                        share[3] = {5 / 18., 8 / 18., 5 / 18.};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        const double x = state_at((double)k + at[i]);
        sum += share[i] * (2 * edge / FINE) * x * (1 - x) / rate(g, x);
    }
    return sum;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* What a node is worth: places differ by at most 1 / 90, and slopes by the factor exp(1 / 3),
 * where 256 are enough for that. */
enum { PER_PLACE = 90, PER_LOG_SLOPE = 3 };
static const double apart = 1e-6; /* closer places would be the same in single precision */

typedef struct point {
    double place, time, slope;
} point;

static point point_at(const grid *g, double x, double time)
{
    point p = {.time = time};
    p.place = g->model->place(g->model->params, x, &p.slope);
    p.slope *= rate(g, x);
    return p;
}

static double worth(const point *a, const point *b)
{
    return PER_PLACE * fabs(b->place - a->place) +
           PER_LOG_SLOPE * fabs(aimci_ln(b->slope / a->slope));
}

static bool add(aimci_flow_side *side, const point *p)
{
    if (side->n == AIMCI_FLOW_MOST || (side->n && p->place - side->place[side->n - 1] < apart))
        return false;
    side->place[side->n] = p->place;
    side->time[side->n] = p->time;
    side->slope[side->n++] = p->slope;
    return true;
}

/* Points first ... last, and what all of them are worth; or, given that, nodes. */
static double walk(const grid *g, size_t first, size_t last, double each, aimci_flow_side *side)
{
    double total = 0, since = 0;
    point before = point_at(g, state_at((double)first), 0);
    if (first == 0 && rate(g, 0) > g->moves) { /* from the end itself: nearly at a constant rate */
        const double x = state_at(0);
        if (side) {
            const point end = point_at(g, 0, 0);
            add(side, &end);
        }
        before.time = 2 * x / (rate(g, 0) + rate(g, x));
    }
    if (side)
        add(side, &before);
    for (size_t k = first; k < last; k++) {
        const point p = point_at(g, state_at((double)(k + 1)), before.time + duration(g, k));
        const double more = worth(&before, &p);
        total += more;
        since += more;
        if (side && (since >= each || k + 1 == last) && add(side, &p))
            since = 0;
        before = p;
    }
    if (side && last == FINE && rate(g, 1) > g->moves) {
        const double x = state_at(FINE);
        const point end = point_at(g, 1, before.time + 2 * (1 - x) / (rate(g, x) + rate(g, 1)));
        if (!add(side, &end)) { /* in the place of the node that is too near */
            side->n--;
            add(side, &end);
        }
    }
    return total;
}

/* Time is 0 where a pulse moves most, because it is kept in single precision: where it is long,
 * little moves. */
static void count_from_fastest(aimci_flow_side *side)
{
    double most = 0, zero = 0;
    for (size_t i = 0; i < side->n; i++) {
        zero = side->slope[i] > most ? side->time[i] : zero;
        most = fmax(most, side->slope[i]);
    }
    for (size_t i = 0; i < side->n; i++)
        side->time[i] -= zero;
}

/* The states that move: around the largest rate, as far as there are any. */
static void make_side(const aimci_flow_model *model, bool up, aimci_flow_side *side)
{
    grid g = {model, up, 0};
    double most = 0;
    size_t first = 0, last = FINE;
    side->n = 0;
    for (size_t k = 0; k <= FINE; k++) {
        const double r = rate(&g, state_at((double)k));
        if (r > most) {
            most = r;
            first = k;
        }
    }
    if (!(most > 0 && most < AIMCI_HUGE))
        return;
    g.moves = still * most;
    last = first;
    while (first > 0 && rate(&g, state_at((double)(first - 1))) > g.moves)
        first--;
    while (last < FINE && rate(&g, state_at((double)(last + 1))) > g.moves)
        last++;
    const double total = walk(&g, first, last, 0, NULL);
    walk(&g, first, last, total / (AIMCI_FLOW_MOST - 8), side);
    if (side->n < 2)
        side->n = 0;
    count_from_fastest(side);
}

/* ---- the mean device ------------------------------------------------------------------------ */

typedef struct piece {
    double from, start, span, duration, a, b, c;
} piece;

static piece piece_at(const aimci_flow_side *side, size_t i)
{
    piece p = {.from = side->place[i], .start = side->time[i]};
    p.span = side->place[i + 1] - p.from;
    p.duration = side->time[i + 1] - p.start;
    p.a = side->slope[i] * p.duration;
    const double end = side->slope[i + 1] * p.duration;
    p.b = 3 * p.span - 2 * p.a - end;
    p.c = p.a + end - 2 * p.span;
    return p;
}

static size_t find(const double *node, size_t n, double x)
{
    size_t i = 0;
    while (i + 2 < n && node[i + 1] <= x)
        i++;
    return i;
}

static double clip(double x, double hi)
{
    return fmin(fmax(x, 0), hi);
}

/* Where pulses lead from z, > 0: up. */
static double after(const aimci_flow *flow, double z, double pulses)
{
    const aimci_flow_side *side = pulses > 0 ? &flow->up : &flow->down;
    if (side->n == 0)
        return z;
    piece p = piece_at(side, find(side->place, side->n, z));
    const double y = clip(z - p.from, p.span);
    double s = y / p.span;
    for (int k = 0; k < 4; k++)
        s -= (s * (p.a + s * (p.b + s * p.c)) - y) / (p.a + s * (2 * p.b + s * 3 * p.c));
    const double begin = p.from + s * (p.a + s * (p.b + s * p.c));
    const double time = p.start + s * p.duration + pulses;
    p = piece_at(side, find(side->time, side->n, time));
    s = clip((time - p.start) / p.duration, 1);
    return z + p.from + s * (p.a + s * (p.b + s * p.c)) - begin;
}

double aimci_flow_mean_step(const void *params, double w, bool up)
{
    const aimci_flow_device *d = params;
    const double range = d->base.w_max - d->base.w_min, z = (w - d->base.w_min) / range;
    return range * fabs(after(&d->flow, z, up ? 1 : -1) - z);
}

void aimci_flow_resolve(const aimci_flow_model *model, aimci_flow_device *d)
{
    const double mid = (d->base.w_max + d->base.w_min) / 2;
    make_side(model, true, &d->flow.up);
    make_side(model, false, &d->flow.down);
    d->base.up_down = 0;
    d->base.dw_min = (aimci_flow_mean_step(d, mid, true) + aimci_flow_mean_step(d, mid, false)) / 2;
}

aimc_status aimci_flow_check(const char *kind, const aimci_pulsed *base)
{
    const double range = base->w_max - base->w_min;
    if (base->perfect_bias)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: perfect_bias widens the bounds a hundredfold, and the steps of this "
                          "device go with its bounds; it has to be false",
                          kind);
    if (!(base->dw_min > 1e-7 * range && base->dw_min < 0.45 * range))
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: a pulse at mid-range moves the weight by %g of its range; voltages "
                          "beyond their thresholds and widths for 1e-7 to 0.45 are needed",
                          kind, range > 0 ? base->dw_min / range : 0);
    return aimci_pulsed_check(base);
}

/* ---- the law -------------------------------------------------------------------------------- */

static int32_t fill_side(const aimci_flow_side *side, size_t at, aimci_law *law)
{
    for (size_t i = 0; i < AIMCI_FLOW_NODES; i++) {
        const bool used = i < side->n;
        law->place[at + i] = used ? (float)side->place[i] : INFINITY;
        law->time[at + i] = used ? (float)side->time[i] : INFINITY;
        law->slope[at + i] = used ? (float)side->slope[i] : 0;
    }
    return (int32_t)side->n - 2;
}

void aimci_flow_law(const void *params, void *out)
{
    const aimci_flow_device *d = params;
    aimci_law *law = out;
    law->per_step = (float)(1 / d->base.dw_min);
    law->last_up = fill_side(&d->flow.up, 0, law);
    law->last_down = fill_side(&d->flow.down, AIMCI_FLOW_NODES, law);
}

int aimci_flow_half_law(const aimci_flow_model *model, aimci_flow_device *d, void *out)
{
    make_side(model, true, &d->flow.up);
    make_side(model, false, &d->flow.down);
    aimci_flow_law(d, out);
    return (d->flow.up.n ? AIMCI_MOVES_UP : 0) | (d->flow.down.n ? AIMCI_MOVES_DOWN : 0);
}
#endif
