/* SPDX-License-Identifier: MIT */
/* Pulses of several vectors as one step, for steps and noise that depend on the state: a pulse
 * takes w to w + f(w) + g(w) xi, with its own f, g for each direction.
 *
 * With f, k = f', c = f'' / 2 of a cell as in the middle of the way, and g, l = g' at its mean m, n
 * pulses in one direction take the mean, the variance V and the third central moment T, with
 * r = (1 + k)^n and P = (r - 1) / k, to
 *
 *     m <- m + f P + c P ((f P / n)^2 (n^2 - 1) / 12 + U)
 *     V <- r (r V + n g g' / (1 + k)) + n l^2 V,  g' = g + l f (P - 1) / (1 + k), the last pulse's
 *     T <- r^3 (T + 6 n U (g l + c U)),       U = V + (n - 1) / 2 g g'
 *
 * and in the end a quadratic in one normal, m + sqrt(V - 2 b^2) xi + b (xi^2 - 1) with
 * b = T / 6 V, has these moments. Where steps are affine and noise multiplies them, g = sigma f,
 * m is exact, V and T are to (k sigma)^2 n, and what is left is an excess kurtosis below
 * 4 (k sigma)^2 n: where |k| sigma sqrt(n) <= AIMCI_MERGE_NOISE a distribution function off by less
 * than 1e-4.
 *
 * A curved step is looked at in five places about the path of the mean, as wide as the noise lets
 * it stray. f is the cubic that is closest to the polynomial through them, and g a straight line.
 * What the cubic misses of that polynomial, times the pulses, may be AIMCI_MERGE_BIAS standard
 * deviations and AIMCI_MERGE_STEP of a step, which moves the distribution function by less than
 * 2e-3 where there is noise. A kink may lie between the places: a cubic misses it by no more than
 * 8 times the sum of the third and fourth coefficients, which counts for laws with kinks. */
#ifndef AIMCI_MERGE_SKEWED_H
#define AIMCI_MERGE_SKEWED_H

#include "device/pulse_queue.h"

#define AIMCI_MERGE_BIAS   0.004f
#define AIMCI_MERGE_STEP   0.002f
#define AIMCI_MERGE_SPREAD 0.02f /* largest second difference of the spread, relative */
#define AIMCI_MERGE_SKEW   0.1f  /* largest T / V^(3/2) */
#define AIMCI_MERGE_NOISE  0.03f /* largest |l| sqrt(n): what all noise changes of the spread */

/* What is the same for all pulses of one direction: f and g about an origin. */
typedef struct aimci_local {
    vf step, slope;
#if !AIMCI_LAW_JUMPS /* with jumps g is sigma f */
    vf bend, twist;  /* of the second and third power */
    vf noise, noise_slope;
    vf error; /* of f */
#endif
} aimci_local;

/* f and g as straight lines of the state, f with its curvature. */
typedef struct aimci_line {
    vf step, slope, bend, noise, noise_slope;
} aimci_line;

/* At the mean m, of n pulses. A curved step is taken in the middle of their way, where odd powers
 * of the distance cancel. */
AIMCI_INLINE aimci_line aimci_local_at(const aimci_law *law, const aimci_local *up,
                                       const aimci_local *down, vm rises, vf n, vf m)
{
    aimci_line h;
    const vf a = vf_select(rises, up->step, down->step);
    const vf k = vf_select(rises, up->slope, down->slope);
#if AIMCI_LAW_JUMPS
    (void)n;
    h.step = a + k * m;
    h.slope = k;
    h.bend = vf_set(0.0f);
    h.noise = h.step * law->noise.sigma;
    h.noise_slope = k * law->noise.sigma;
#else
    (void)law;
    const vf bend = vf_select(rises, up->bend, down->bend);
    const vf twist = vf_select(rises, up->twist, down->twist);
    const vf way = (n - 1.0f) * 0.5f * (a + m * (k + m * (bend + twist * m)));
    const vf x = m + way;
    h.bend = bend + 3.0f * twist * x;
    h.slope = k + x * (bend + h.bend);
    h.step = a + x * (k + x * (bend + twist * x)) - h.slope * way;
    h.noise_slope = vf_select(rises, up->noise_slope, down->noise_slope);
    h.noise = vf_select(rises, up->noise, down->noise) + h.noise_slope * m;
#endif
    return h;
}

/* Where the state of a cell may be after the vectors so far, and the extremes of its mean. */
typedef struct aimci_skewed {
    vf mean, variance, third, low, high;
    vi pulses, most; /* of all vectors, of one */
} aimci_skewed;

AIMCI_INLINE void aimci_skewed_add(aimci_skewed *c, vi count, const aimci_law *law,
                                   const aimci_local *up, const aimci_local *down)
{
    const vi number = vi_abs(count);
    const vf n = vf_from_vi(number);
    const aimci_line h = aimci_local_at(law, up, down, count > 0, n, c->mean);
    const vf k = h.slope;
    const vf less = 1.0f - k * (1.0f - k); /* 1 / (1 + k) */
    const vf ratio = 1.0f - k * (0.5f - k * (1.0f / 3.0f)), nc = n * ratio;
    const vf x = nc * k, x2 = x * x; /* n ln(1 + k), and (exp(x) - 1) / x up to 5e-7 */
    const vf g = (1.0f + x * 0.5f) + x2 * ((1.0f / 6 + x * (1.0f / 24)) + x2 * (1.0f / 120));
    const vf sum = nc * g, r = 1.0f + k * sum;
    const vf last = h.noise + h.noise_slope * h.step * ((sum - 1.0f) * less);
    const vf s2 = h.noise * last, v = c->variance;
    const vf between = v + (n - 1.0f) * 0.5f * s2;
    const vf skew = h.noise * h.noise_slope + h.bend * between;
    c->pulses += number;
    c->most = vi_max(c->most, number);
    c->mean = c->mean + h.step * sum;
#if !AIMCI_LAW_JUMPS
    /* mean square distance from the middle of the way, where the step is f P / n */
    const vf mid = ratio * g, way = h.step * mid;
    const vf squares = way * way * ((n * n - 1.0f) * (1.0f / 12.0f));
    c->mean = c->mean + h.bend * sum * (squares + between);
#endif
    c->variance = r * (r * v + n * s2 * less) + n * (h.noise_slope * h.noise_slope) * v;
    c->third = r * r * r * (c->third + 6.0f * n * between * skew);
    c->low = vf_min(c->low, c->mean);
    c->high = vf_max(c->high, c->mean);
}

/* ---- the local law -------------------------------------------------------------------------- */

typedef struct aimci_locals {
    aimci_lane_group cells;
    aimci_local up, down;
    vf origin;
#if !AIMCI_LAW_JUMPS
    vf half; /* the places lie as far from the origin */
#endif
} aimci_locals;

#if AIMCI_LAW_JUMPS

AIMCI_INLINE aimci_local aimci_local_load(const aimci_pulse_job *job, size_t at, int up,
                                          aimci_lane_group *c)
{
    const aimci_where where = {at, NULL};
    *c = aimci_lane_group_load(job->line, where, vm_set(up));
    const aimci_law_terms t = aimci_law_load(job->law, job->line, where, c);
    return (aimci_local){c->step, t.slope};
}

AIMCI_INLINE aimci_locals aimci_locals_load(const aimci_pulse_job *job, const aimci_rows *rows,
                                            size_t at)
{
    (void)rows;
    aimci_locals l;
    l.down = aimci_local_load(job, at, 0, &l.cells);
    l.up = aimci_local_load(job, at, 1, &l.cells);
    l.origin = vf_set(0.0f);
    return l;
}

/* The largest |k| and |l|. */
AIMCI_INLINE vf aimci_local_rate(const aimci_law *law, const aimci_locals *l, vf *noise)
{
    const vf k = vf_max(vf_abs(l->up.slope), vf_abs(l->down.slope));
    *noise = k * law->noise.sigma;
    return k;
}

AIMCI_INLINE vm aimci_local_holds(const aimci_locals *l, const aimci_skewed *c, vf root)
{
    (void)l, (void)c, (void)root;
    return vm_set(1);
}

#else

/* The cells of a group in one direction. */
typedef struct aimci_side {
    aimci_lane_group c;
    aimci_law_terms t;
} aimci_side;

AIMCI_INLINE aimci_side aimci_side_load(const aimci_pulse_job *job, size_t at, int up)
{
    aimci_side s;
    const aimci_where where = {at, NULL};
    s.c = aimci_lane_group_load(job->line, where, vm_set(up));
    s.t = aimci_law_load(job->law, job->line, where, &s.c);
    return s;
}

/* Where the mean goes if steps do not change: its extremes, and how far noise strays. */
AIMCI_INLINE void aimci_locals_path(const aimci_rows *rows, size_t at, aimci_change up,
                                    aimci_change down, vf *low, vf *high, vf *pad)
{
    const vf zero = vf_set(0.0f);
    vf x = zero, lo = zero, hi = zero, total = zero;
    const int32_t *count = rows->count + at;
    for (size_t r = 0; r < rows->n; r++, count += rows->ld) {
        const vf n = vf_from_vi(vi_load(count));
        x = x + vf_abs(n) * vf_select(n > 0.0f, up.mean, down.mean);
        total = total + vf_abs(n);
        lo = vf_min(lo, x);
        hi = vf_max(hi, x);
    }
    *low = lo;
    *high = hi;
    *pad = vf_sqrt(total) * vf_max(vf_abs(up.spread), vf_abs(down.spread)) * 4.0f;
}

/* The cubic that is closest to the polynomial through f at u = -2 ... 2, where u^4 is 4 u^2 - 2, up
 * to 2. unit: of u. */
AIMCI_OUTLINE aimci_local aimci_local_fit(const aimci_law *law, const aimci_side *s, vf origin,
                                          vf unit, vf per_unit)
{
    aimci_change d[5];
    AIMCI_UNROLL_SIDES
    for (int j = 0; j < 5; j++)
        d[j] = aimci_law_change(law, &s->c, &s->t, origin + unit * (float)(j - 2));
    const vf near = (d[3].mean + d[1].mean) - 2.0f * d[2].mean;
    const vf far = (d[4].mean + d[0].mean) - 2.0f * d[2].mean;
    const vf fourth = (far - 4.0f * near) * (1.0f / 24.0f);
    const vf odd = (d[3].mean - d[1].mean) * 0.5f;
    const vf third = ((d[4].mean - d[0].mean) * 0.5f - 2.0f * odd) * (1.0f / 6.0f);
    aimci_local f;
    f.step = d[2].mean - 2.0f * fourth;
    f.slope = (odd - third) * per_unit;
    f.bend = (near * 0.5f + 3.0f * fourth) * per_unit * per_unit;
    f.twist = third * per_unit * per_unit * per_unit;
    f.error = AIMCI_LAW_KINKS ? 8.0f * (vf_abs(third) + vf_abs(fourth)) : 2.0f * vf_abs(fourth);
    /* a step that goes to 0 and stays there has a kink that the places may miss; and a spread that
     * is no straight line */
    const vm first = d[0].mean == 0.0f, last = d[4].mean == 0.0f;
    const vf all = d[0].spread + d[1].spread + d[2].spread + d[3].spread + d[4].spread;
    const vf bent = vf_abs(d[4].spread + d[0].spread - 2.0f * d[2].spread);
    const vm cut = (first | last) & vm_not(first & last);
    const vm bad = cut | vm_not(bent <= vf_abs(all) * (AIMCI_MERGE_SPREAD / 5.0f));
    f.error = vf_select(bad, vf_set(3e38f), f.error);
    f.noise = all * 0.2f;
    f.noise_slope =
        ((d[4].spread - d[0].spread) * 2.0f + (d[3].spread - d[1].spread)) * 0.1f * per_unit;
    return f;
}

AIMCI_INLINE aimci_locals aimci_locals_load(const aimci_pulse_job *job, const aimci_rows *rows,
                                            size_t at)
{
    const aimci_side up = aimci_side_load(job, at, 1), down = aimci_side_load(job, at, 0);
    const vf state = up.c.state;
    vf low, high, pad;
    aimci_locals_path(rows, at, aimci_law_change(job->law, &up.c, &up.t, state),
                      aimci_law_change(job->law, &down.c, &down.t, state), &low, &high, &pad);
    aimci_locals l;
    l.cells = up.c;
    l.origin = state + (low + high) * 0.5f;
    l.half = (high - low) * 0.55f + pad;
    const vf unit = l.half * 0.5f;
    const vf per_unit = vf_select(unit > 0.0f, 1.0f / unit, vf_set(0.0f));
    l.up = aimci_local_fit(job->law, &up, l.origin, unit, per_unit);
    l.down = aimci_local_fit(job->law, &down, l.origin, unit, per_unit);
    return l;
}

AIMCI_INLINE vf aimci_local_rate(const aimci_law *law, const aimci_locals *l, vf *noise)
{
    (void)law;
    const vf bend = vf_max(vf_abs(l->up.bend), vf_abs(l->down.bend));
    const vf twist = vf_max(vf_abs(l->up.twist), vf_abs(l->down.twist));
    const vf slope = vf_max(vf_abs(l->up.slope), vf_abs(l->down.slope));
    *noise = vf_max(vf_abs(l->up.noise_slope), vf_abs(l->down.noise_slope));
    return slope + l->half * (2.0f * bend + l->half * 3.0f * twist);
}

/* The path stayed where the local law was looked at, and a cubic misses little enough of it. */
AIMCI_INLINE vm aimci_local_holds(const aimci_locals *l, const aimci_skewed *c, vf root)
{
    const vf strays = root * 4.0f;
    const vf step = vf_max(vf_abs(l->up.step), vf_abs(l->down.step));
    const vf error = vf_max(l->up.error, l->down.error) * vf_from_vi(c->pulses);
    return (error <= root * AIMCI_MERGE_BIAS + step * AIMCI_MERGE_STEP) &
           (c->low - strays >= -l->half * 1.02f) & (c->high + strays <= l->half * 1.02f);
}

#endif

/* ---- eight cells ---------------------------------------------------------------------------- */

/* Lanes for which the moments are the law. */
AIMCI_INLINE vm aimci_skewed_holds(const aimci_skewed *c, const aimci_law *law,
                                   const aimci_locals *l, vf root)
{
    vf noise;
    const vf k = aimci_local_rate(law, l, &noise), pulses = vf_from_vi(c->pulses);
    const vf rate = k * 1.06f; /* >= |ln(1 + k)| */
    const vf exponent = pulses * rate;
    const vf growth = 1.0f + exponent + exponent * exponent; /* >= exp(exponent) up to 1 */
    const vf reach = root * growth * (AIMCI_FAR * 1.2f);     /* the spread grows, too */
    const vf low = l->origin + c->low - reach, high = l->origin + c->high + reach;
    return (exponent <= 1.0f) & (k <= AIMCI_MERGE_SLOPE) &
           (vf_from_vi(c->most) * rate <= AIMCI_MERGE_EXPONENT) &
           (noise * noise * pulses <= AIMCI_MERGE_NOISE * AIMCI_MERGE_NOISE) &
           (vf_abs(c->third) <= c->variance * root * AIMCI_MERGE_SKEW) & (low >= l->cells.lo) &
           (high <= l->cells.hi) & aimci_local_holds(l, c, root);
}

/* All rows to eight cells of the word line. Cells for which that is not the law keep their state
 * and are returned; they take no normal. */
AIMCI_OUTLINE vm aimci_merge_skewed(const aimci_pulse_job *job, const aimci_rows *rows, size_t at,
                                    aimci_fifo *noise)
{
    const vf zero = vf_set(0.0f);
    const aimci_locals l = aimci_locals_load(job, rows, at);
    const vf start = l.cells.state - l.origin;
    aimci_skewed c = {start, zero, zero, start, start, vi_set(0), vi_set(0)};
    const int32_t *count = rows->count + at;
    for (size_t r = 0; r < rows->n; r++, count += rows->ld)
        aimci_skewed_add(&c, vi_load(count), job->law, &l.up, &l.down);
    const vm touched = c.pulses != 0;
    const vf root = vf_sqrt(c.variance);
    const vm holds = aimci_skewed_holds(&c, job->law, &l, root) & touched;
    if (v_any(holds)) {
        const vf xi = aimci_fifo_take(noise, v_bits(holds));
        const vf skew = vf_select(c.variance > 0.0f, c.third / (6.0f * c.variance), zero);
        const vf width = vf_sqrt(vf_max(c.variance - 2.0f * skew * skew, zero));
        const vf next = l.origin + (c.mean + (width * xi + skew * (xi * xi - 1.0f)));
        aimci_state_store(job->line, at, holds, vf_clip(next, l.cells.lo, l.cells.hi));
    }
    return touched & vm_not(holds);
}

#endif
