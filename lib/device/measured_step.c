/* SPDX-License-Identifier: MIT */
/* Measured step: the change of the state by a pulse is drawn from quantiles that were measured at
 * chosen states, for pulses of several voltages and widths. For the chosen pulse (V, t) of a
 * direction, and a level p of the cumulative probability,
 *
 *     q(z, p) = sum over conditions c of a_c(V, t) q_c(z, p)
 *     w <- w + S_s / dw_min (b+ - b-) q(z, Phi(xi))
 *
 * then clipped to the bounds. The shares a_c are those of linear interpolation over the voltage and
 * over the logarithm of the width, between the measured conditions around the pulse; one that was
 * measured is taken as it is. Quantiles are broken lines over the state and over the normal score
 * (laws/measured_step.h). Quantiles, not densities, are averaged, so that what lies between two
 * normal distributions is normal. */
#include <math.h>

#include "core/elementary.h"
#include "device/laws/measured_step.h"
#include "device/measured_step.h"
#include "device/pulse.h"

_Static_assert(AIMCI_LAW_TABLE == AIMCI_LIST_MAX, "a node for each number");

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, measured_step)
const aimci_device_kernels AIMCI_K(measured_step) = {.pulse = aimci_pulse};

#ifdef AIMCI_ISA_IS_C
/* ---- normal scores -------------------------------------------------------------------------- */

static const double sqrt_half = 0.70710678118654752440, density_at_0 = 0.39894228040143267794;

static double cumulative(double x)
{
    return aimci_erfc(-x * sqrt_half) / 2;
}

static double density(double x)
{
    return density_at_0 * aimci_exp(-x * x / 2);
}

double aimci_normal_score(double p)
{
    double lo = -9, hi = 9;
    for (int i = 0; i < 64; i++) {
        const double mid = (lo + hi) / 2;
        if (cumulative(mid) < p)
            lo = mid;
        else
            hi = mid;
    }
    return fabs(lo + hi) < 1e-14 ? 0 : (lo + hi) / 2;
}

/* Integrals of 1, x and x^2 times the density over a piece. */
aimci_moments aimci_quantile_moments(const double *score, const double *q, size_t n)
{
    double mean = n == 1 ? q[0] : 0, square = n == 1 ? q[0] * q[0] : 0;
    double below = 0, at = 0, x_at = 0; /* at the left end of the piece */
    for (size_t k = 0; k + 1 < n; k++) {
        const double b = (q[k + 1] - q[k]) / (score[k + 1] - score[k]), a = q[k] - b * score[k];
        const bool last = k + 2 == n;
        const double x = score[k + 1], to_below = last ? 1 : cumulative(x);
        const double to_at = last ? 0 : density(x), x_to_at = last ? 0 : x * to_at;
        const double i0 = to_below - below, i1 = at - to_at, i2 = i0 + x_at - x_to_at;
        mean += a * i0 + b * i1;
        square += a * a * i0 + 2 * a * b * i1 + b * b * i2;
        below = to_below;
        at = to_at;
        x_at = x_to_at;
    }
    return (aimci_moments){mean, sqrt(fmax(square - mean * mean, 0))};
}

/* ---- the chosen pulse ----------------------------------------------------------------------- */

/* Where the list is empty there is one. */
static size_t states_of(const aimci_measured *p)
{
    return p->state.n ? p->state.n : 1;
}

static const aimci_conditions *side_of(const aimci_measured *p, bool up)
{
    return up ? &p->up : &p->down;
}

/* Two numbers of a list around x, and how far x is from the first to the second. */
typedef struct bracket {
    double from, to, share;
} bracket;

static bool same(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static bool find(const aimci_list *list, double x, bool logarithmic, bracket *out)
{
    double from = -HUGE_VAL, to = HUGE_VAL;
    for (size_t c = 0; c < list->n; c++) {
        const double v = same(list->v[c], x) ? x : list->v[c];
        from = v <= x ? fmax(from, v) : from;
        to = v >= x ? fmin(to, v) : to;
    }
    *out = (bracket){from, to, 0};
    if (to > from)
        out->share =
            logarithmic ? aimci_ln(x / from) / aimci_ln(to / from) : (x - from) / (to - from);
    return isfinite(from) && isfinite(to);
}

/* Conditions that a pulse is mixed of. */
typedef struct mixture {
    size_t n, condition[4];
    double share[4];
} mixture;

static aimc_status outside(const char *name, const char *way, double x, const aimci_list *list,
                           const char *unit)
{
    double lo = HUGE_VAL, hi = -HUGE_VAL;
    for (size_t c = 0; c < list->n; c++) {
        lo = fmin(lo, list->v[c]);
        hi = fmax(hi, list->v[c]);
    }
    return aimci_fail(AIMC_ERR_INVALID,
                      "measured_step: %s_%s = %g %s is outside of what was measured, %g to %g %s",
                      name, way, x, unit, lo, hi, unit);
}

static aimc_status add(const aimci_conditions *side, const char *way, double voltage, double width,
                       double share, mixture *m)
{
    if (!(share > 0))
        return AIMC_OK;
    for (size_t c = 0; c < side->voltage.n; c++)
        if (same(side->voltage.v[c], voltage) && same(side->width.v[c], width)) {
            m->condition[m->n] = c;
            m->share[m->n++] = share;
            return AIMC_OK;
        }
    return aimci_fail(AIMC_ERR_INVALID,
                      "measured_step: the chosen %s pulse lies beside %g V and %g s, which was not "
                      "measured; a measured condition, one between two of the same voltage or "
                      "width, or between four of two voltages and two widths is needed",
                      way, voltage, width);
}

/* share: of the voltage. */
static aimc_status choose(const aimci_measured *p, bool up, double share, mixture *m)
{
    const aimci_conditions *side = side_of(p, up);
    const char *const way = up ? "up" : "down";
    const double voltage = share * (up ? p->voltage_up : p->voltage_down);
    const double width = up ? p->width_up : p->width_down;
    bracket v, t;
    m->n = 0;
    if (!find(&side->voltage, voltage, false, &v))
        return outside("voltage", way, voltage, &side->voltage, "V");
    if (!find(&side->width, width, true, &t))
        return outside("width", way, width, &side->width, "s");
    aimc_status st = AIMC_OK;
    for (int k = 0; k < 4 && !st; k++)
        st = add(side, way, k & 1 ? v.to : v.from, k & 2 ? t.to : t.from,
                 (k & 1 ? v.share : 1 - v.share) * (k & 2 ? t.share : 1 - t.share), m);
    return st;
}

/* The quantiles of a chosen pulse at state i, in shares of the range. */
static void quantiles(const aimci_measured *p, bool up, const mixture *m, size_t i, double *q)
{
    const size_t n = p->level.n, states = states_of(p);
    for (size_t l = 0; l < n; l++) {
        q[l] = 0;
        for (size_t k = 0; k < m->n; k++)
            q[l] += m->share[k] * side_of(p, up)->step.v[(m->condition[k] * states + i) * n + l];
    }
}

static void scores(const aimci_measured *p, double *score)
{
    for (size_t l = 0; l < p->level.n; l++)
        score[l] = aimci_normal_score(p->level.v[l]);
}

/* ---- the mean device ------------------------------------------------------------------------ */

/* Mean change at place z, from the means at the states. */
static double mean_at(const aimci_measured *p, const double *mean, double z)
{
    const size_t n = states_of(p);
    const double *state = p->state.v;
    size_t i = 0;
    while (i + 1 < n && state[i + 1] <= z)
        i++;
    if (i + 1 == n)
        return mean[i];
    return mean[i] + fmax((z - state[i]) / (state[i + 1] - state[i]), 0) * (mean[i + 1] - mean[i]);
}

static aimc_status find_means(const aimci_measured *p, double mean[2][AIMCI_LIST_MAX])
{
    double score[AIMCI_MEASURED_LEVELS] = {0}, q[AIMCI_MEASURED_LEVELS] = {0};
    scores(p, score);
    for (int up = 0; up < 2; up++) {
        mixture m;
        const aimc_status st = choose(p, up, 1, &m);
        if (st)
            return st;
        for (size_t i = 0; i < states_of(p); i++) {
            quantiles(p, up, &m, i, q);
            mean[up][i] = aimci_quantile_moments(score, q, p->level.n).mean;
        }
    }
    return AIMC_OK;
}

/* Half of what an up and a down pulse at mid-range are apart. */
static double granularity(const aimci_measured *p, double mean[2][AIMCI_LIST_MAX])
{
    return (p->base.w_max - p->base.w_min) * (mean_at(p, mean[1], 0.5) - mean_at(p, mean[0], 0.5)) /
           2;
}

static double mean_step(const void *params, double w, bool up)
{
    const aimci_measured *p = params;
    const double range = p->base.w_max - p->base.w_min, z = (w - p->base.w_min) / range;
    return range * mean_at(p, p->mean[up], z) * (up ? 1 : -1);
}

static void resolve(void *params)
{
    aimci_measured *p = params;
    if (find_means(p, p->mean) == AIMC_OK) /* check() has seen to that */
        p->base.dw_min = granularity(p, p->mean);
}

/* ---- contradictions ------------------------------------------------------------------------- */

static aimc_status check_rising(const char *name, const aimci_list *list)
{
    for (size_t i = 1; i < list->n; i++)
        if (!(list->v[i] - list->v[i - 1] >= AIMCI_LEVEL_LEAST))
            return aimci_fail(AIMC_ERR_INVALID,
                              "measured_step: %s[%zu] = %g does not exceed %s[%zu] = %g by %g",
                              name, i, list->v[i], name, i - 1, list->v[i - 1], AIMCI_LEVEL_LEAST);
    return AIMC_OK;
}

static aimc_status check_size(const aimci_measured *p)
{
    const size_t states = states_of(p), levels = p->level.n;
    if (levels == 0 || levels > AIMCI_MEASURED_LEVELS || p->state.n == 1 ||
        states * levels > AIMCI_MEASURED_SIZE)
        return aimci_fail(AIMC_ERR_INVALID,
                          "measured_step: %zu states and %zu levels; no state or at least 2, 1 to "
                          "%d levels, and together at most %d numbers a condition are taken",
                          p->state.n, levels, AIMCI_MEASURED_LEVELS, AIMCI_MEASURED_SIZE);
    const aimc_status st = check_rising("state", &p->state);
    return st ? st : check_rising("level", &p->level);
}

static aimc_status check_lengths(const aimci_measured *p, const aimci_conditions *s,
                                 const char *way)
{
    const size_t n = s->voltage.n, states = states_of(p), levels = p->level.n;
    if (n == 0 || s->width.n != n || (s->energy.n && s->energy.n != n))
        return aimci_fail(AIMC_ERR_INVALID,
                          "measured_step: %zu numbers in measured_voltage_%s, %zu in "
                          "measured_width_%s, %zu in measured_energy_%s; one for each condition, "
                          "or no energies, are needed",
                          n, way, s->width.n, way, s->energy.n, way);
    if (s->step.n != n * states * levels)
        return aimci_fail(AIMC_ERR_INVALID,
                          "measured_step: step_%s has %zu numbers; %zu conditions, %zu states and "
                          "%zu levels need %zu",
                          way, s->step.n, n, states, levels, n * states * levels);
    return AIMC_OK;
}

static aimc_status check_side(const aimci_measured *p, const aimci_conditions *s, const char *way)
{
    const aimc_status st = check_lengths(p, s, way);
    if (st)
        return st;
    for (size_t c = 0; c < s->voltage.n; c++)
        for (size_t k = 0; k < c; k++)
            if (same(s->voltage.v[c], s->voltage.v[k]) && same(s->width.v[c], s->width.v[k]))
                return aimci_fail(AIMC_ERR_INVALID,
                                  "measured_step: the condition %g V, %g s is twice among the %s "
                                  "ones",
                                  s->voltage.v[c], s->width.v[c], way);
    for (size_t k = 1; k < s->step.n; k++)
        if (k % p->level.n != 0 && s->step.v[k] < s->step.v[k - 1])
            return aimci_fail(AIMC_ERR_INVALID,
                              "measured_step: step_%s[%zu] = %g is less than step_%s[%zu] = %g, of "
                              "a lower level; quantiles do not fall",
                              way, k, s->step.v[k], way, k - 1, s->step.v[k - 1]);
    return AIMC_OK;
}

/* Half of the chosen voltages has to be measured, too. */
static aimc_status check_half(const aimci_measured *p)
{
    mixture m;
    aimc_status st = AIMC_OK;
    for (int up = 0; up < 2 && p->half_select && !st; up++)
        if (choose(p, up, 0.5, &m))
            st = aimci_fail_within(AIMC_ERR_INVALID, "%s", "half_select: ");
    return st;
}

static aimc_status check(const void *params)
{
    const aimci_measured *p = params;
    double mean[2][AIMCI_LIST_MAX] = {{0}};
    aimc_status st = aimci_pulsed_check(&p->base);
    if (!st)
        st = check_size(p);
    if (!st)
        st = check_side(p, &p->up, "up");
    if (!st)
        st = check_side(p, &p->down, "down");
    if (!st)
        st = find_means(p, mean);
    if (!st)
        st = check_half(p);
    if (st)
        return st;
    return granularity(p, mean) > 0
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "measured_step: at mid-range an up pulse moves the state by %g of its "
                            "range and a down pulse by %g; up has to be above down",
                            mean_at(p, mean[1], 0.5), mean_at(p, mean[0], 0.5));
}

/* ---- the law -------------------------------------------------------------------------------- */

/* One direction as the kernels read it; a single state or level is doubled. */
static void fill_side(const aimci_measured *p, bool up, double share, aimci_law *law)
{
    const size_t n = (size_t)law->n_levels, states = (size_t)law->last + 2;
    const double unit = (p->base.w_max - p->base.w_min) / p->base.dw_min;
    float *step = law->step + (up ? 0 : AIMCI_MEASURED_SIZE);
    mixture m;
    double q[AIMCI_MEASURED_LEVELS] = {0};
    if (choose(p, up, share, &m)) /* check() has seen to that */
        return;
    for (size_t i = 0; i < states; i++) {
        quantiles(p, up, &m, aimci_min_size(i, states_of(p) - 1), q);
        for (size_t l = 0; l < n; l++)
            step[i * n + l] = (float)(q[aimci_min_size(l, p->level.n - 1)] * unit);
    }
}

static void fill(const aimci_measured *p, double share, aimci_law *law)
{
    double score[AIMCI_MEASURED_LEVELS] = {0};
    scores(p, score);
    law->n_levels = (int32_t)(p->level.n < 2 ? 2 : p->level.n);
    law->last = (int32_t)(p->state.n < 2 ? 0 : p->state.n - 2);
    law->noise.silent = p->level.n < 2;
    law->noise.additive = 0;
    for (size_t i = 0; i < AIMCI_LAW_TABLE; i++)
        law->state[i] = i < p->state.n ? (float)p->state.v[i] : p->state.n ? INFINITY : (float)i;
    for (size_t l = 0; l < p->level.n; l++)
        law->score[l] = (float)score[l];
    if (p->level.n < 2)
        law->score[1] = law->score[0] + 1;
    fill_side(p, true, share, law);
    fill_side(p, false, share, law);
}

static void law(const void *params, void *out)
{
    fill(params, 1, out);
}

static int half_law(const void *params, void *out)
{
    if (!((const aimci_measured *)params)->half_select)
        return 0;
    fill(params, 0.5, out);
    return AIMCI_MOVES_UP | AIMCI_MOVES_DOWN;
}

/* ---- fields --------------------------------------------------------------------------------- */

#define SRC "linear interpolation of measured quantiles"
#define T   aimci_measured
#define LIST(name, member, def, min, max, unit, doc)                                               \
    {                                                                                              \
        name, AIMC_FIELD_LIST, offsetof(T, member), def, min, max, unit, "", "", doc, SRC, 0       \
    }
#define LONG(name, member, def, doc)                                                               \
    {                                                                                              \
        name, AIMC_FIELD_LIST, offsetof(T, member), def, -1e3, 1e3, "range", "", "", doc, SRC,     \
            AIMCI_LONG_LIST_MAX                                                                    \
    }

static const aimci_field fields[] = {
    AIMCI_NUMBER(T, voltage_up, 1, -1e3, 1e3, "V",
                 "amplitude of an up pulse: a measured one or between two", SRC),
    AIMCI_NUMBER(T, voltage_down, -1, -1e3, 1e3, "V", "amplitude of a down pulse, likewise", SRC),
    AIMCI_NUMBER(T, width_up, 1e-7, 1e-18, 1e6, "s",
                 "width of an up pulse: a measured one or between two", SRC),
    AIMCI_NUMBER(T, width_down, 1e-7, 1e-18, 1e6, "s", "width of a down pulse, likewise", SRC),
    AIMCI_HALF_SELECT_FIELD(T),
    LIST("state", state, 0, 0, 1, "range",
         "states at which steps were measured, rising, 0 at the lower bound and 1 at the upper; "
         "empty: the same step everywhere"),
    LIST("level", level, 0.5, AIMCI_LEVEL_LEAST, 1 - AIMCI_LEVEL_LEAST, "1",
         "levels of the quantiles, rising: cumulative probabilities; one is a step without noise"),
    LIST("measured_voltage_up", up.voltage, 1, -1e3, 1e3, "V",
         "amplitude of each measured condition of up pulses"),
    LIST("measured_width_up", up.width, 1e-7, 1e-18, 1e6, "s", "width of each of them"),
    LIST("measured_energy_up", up.energy, 0, 0, AIMCI_HUGE, "J",
         "energy of a pulse in each of them; empty: not measured"),
    LONG("step_up", up.step, 0.001,
         "quantiles of the change by an up pulse, positive where it raises the state: for each "
         "condition, state and level, the level running first; at most 4096 numbers"),
    LIST("measured_voltage_down", down.voltage, -1, -1e3, 1e3, "V",
         "amplitude of each measured condition of down pulses"),
    LIST("measured_width_down", down.width, 1e-7, 1e-18, 1e6, "s", "width of each of them"),
    LIST("measured_energy_down", down.energy, 0, 0, AIMCI_HUGE, "J",
         "energy of a pulse in each of them; empty: not measured"),
    LONG("step_down", down.step, -0.001,
         "quantiles of the change by a down pulse, negative where it lowers the state, likewise"),
    AIMCI_NUMBER(T, g_min, 0, 0, AIMCI_HUGE, "S",
                 "conductance at the lower bound, which prices pulses alone", SRC),
    AIMCI_NUMBER(T, g_max, 0, 0, AIMCI_HUGE, "S",
                 "conductance at the upper bound, likewise; 0: not known", SRC),
    AIMCI_PN(T, w_max, 0.6, 0, AIMCI_HUGE, "weight", "mean upper bound: the weight at state 1",
             AIMCI_SRC_PULSED),
    AIMCI_PN(T, w_min, -0.6, -AIMCI_HUGE, 0, "weight", "mean lower bound: the weight at state 0",
             AIMCI_SRC_PULSED),
    AIMCI_PULSED_GAIN_FIELDS(T),
    AIMCI_PULSED_REST_FIELDS(T),
    AIMCI_WRITE_NOISE_FIELDS(T),
};

AIMCI_DEFINE_KIND(measured_step, "device",
                  "steps from measured quantiles over state, voltage and width of the pulse", SRC,
                  fields, aimci_measured, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_measured_step = {
    .kind = &aimci_kind_measured_step,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(measured_step),
    .law_size = sizeof(aimci_law),
    .law = law,
    .half_law = half_law,
    .mean_step = mean_step,
    .resolve = resolve,
};
#endif
