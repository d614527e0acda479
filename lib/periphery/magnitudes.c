/* SPDX-License-Identifier: MIT */
/* Ranges from counted magnitudes. Within a bin values count as spread evenly, so that errors of
 * rounding and clipping are integrals, and not only those of the middles of bins. */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "periphery/magnitudes.h"

/* ---- counting ------------------------------------------------------------------------------- */

static uint32_t bits_of(float v)
{
    uint32_t bits;
    v = fabsf(v);
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static double value_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return (double)v;
}

enum { SHIFT = 23 - AIMCI_MAGNITUDE_BITS };

static void raise(aimci_magnitudes *m, uint32_t bits)
{
    uint32_t largest = atomic_load_explicit(&m->largest, memory_order_relaxed);
    while (bits > largest &&
           !atomic_compare_exchange_weak_explicit(&m->largest, &largest, bits, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

/* Counts stay at their end. */
static void count(aimci_magnitudes *m, size_t bin, uint32_t n)
{
    const uint32_t now = atomic_load_explicit(&m->counts[bin], memory_order_relaxed);
    if (now < UINT32_MAX / 2)
        atomic_fetch_add_explicit(&m->counts[bin], n, memory_order_relaxed);
}

void aimci_magnitudes_add(aimci_magnitudes *m, size_t n, const float *values)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = bits_of(values[i]);
        largest = bits > largest ? bits : largest;
        count(m, bits >> SHIFT, 1);
    }
    raise(m, largest);
}

void aimci_magnitudes_add_signs(aimci_magnitudes *above, aimci_magnitudes *below, size_t n,
                                const float *values)
{
    for (size_t i = 0; i < n; i++)
        aimci_magnitudes_add(values[i] < 0 ? below : above, 1, &values[i]);
}

void aimci_magnitudes_join(aimci_magnitudes *m, const aimci_magnitudes *other)
{
    for (size_t i = 0; i < AIMCI_MAGNITUDE_BINS; i++)
        if (other->counts[i])
            count(m, i, other->counts[i]);
    raise(m, other->largest);
}

/* ---- a distribution ------------------------------------------------------------------------- */

typedef struct spread {
    const aimci_magnitudes *m;
    size_t first, end; /* bins outside of them are empty */
    double total, largest;
} spread;

/* from 1: without zeros, which every converter keeps. */
static spread spread_of(const aimci_magnitudes *m, size_t from)
{
    spread s = {.m = m, .first = AIMCI_MAGNITUDE_BINS, .largest = value_of(m->largest)};
    for (size_t i = from; i < AIMCI_MAGNITUDE_BINS; i++) {
        if (!m->counts[i])
            continue;
        s.total += (double)m->counts[i];
        s.first = s.first < i ? s.first : i;
        s.end = i + 1;
    }
    return s;
}

typedef struct bin {
    double low, high, n; /* high is at most the largest magnitude */
} bin;

static bin bin_number(const spread *s, size_t i)
{
    const double high = value_of(((uint32_t)i + 1) << SHIFT);
    return (bin){value_of((uint32_t)i << SHIFT), fmin(high, s->largest), (double)s->m->counts[i]};
}

static double quantile_of(const spread *s, double q)
{
    const double wanted = q * s->total;
    double before = 0;
    for (size_t i = s->first; i < s->end; i++) {
        const bin b = bin_number(s, i);
        if (b.n > 0 && before + b.n >= wanted)
            return b.low + (b.high - b.low) * fmax(wanted - before, 0) / b.n;
        before += b.n;
    }
    return s->largest;
}

/* ---- mean-square error ---------------------------------------------------------------------- */

/* Integral from 0 to v of the square of what rounding to steps loses. */
static double rounding_until(double v, double step)
{
    const double k = rint(v / step), rest = v - k * step;
    return k * step * step * step / 12 + rest * rest * rest / 3;
}

static double clipping_until(double v, double bound)
{
    const double beyond = fmax(v - bound, 0);
    return beyond * beyond * beyond / 3;
}

static double square_error_at(double v, double bound, double step)
{
    const double e = v > bound ? v - bound : v - fmin(rint(v / step) * step, bound);
    return e * e;
}

/* Sum over the values of one bin. */
static double bin_error(const bin *b, double bound, double step)
{
    const double width = b->high - b->low;
    if (width <= 0)
        return b->n * square_error_at(b->low, bound, step);
    const double lost = rounding_until(fmin(b->high, bound), step) -
                        rounding_until(fmin(b->low, bound), step) + clipping_until(b->high, bound) -
                        clipping_until(b->low, bound);
    return b->n * lost / width;
}

static double square_error(const spread *s, double bound, double levels)
{
    double sum = 0;
    for (size_t i = s->first; i < s->end; i++) {
        const bin b = bin_number(s, i);
        if (b.n > 0)
            sum += bin_error(&b, bound, bound / levels);
    }
    return sum;
}

/* ---- entropy -------------------------------------------------------------------------------- */

/* Shares of the values in parts of equal width. */
typedef struct walk {
    const spread *s;
    double before; /* values in the bins before */
    size_t at;
} walk;

/* Values up to v; v grows from call to call. */
static double values_until(walk *w, double v)
{
    for (; w->at < w->s->end; w->at++) {
        const bin b = bin_number(w->s, w->at);
        if (b.n > 0 && v < b.high)
            return w->before + (v > b.low ? b.n * (v - b.low) / (b.high - b.low) : 0);
        w->before += b.n;
    }
    return w->before;
}

/* What the code of a cell says of the values in it: how many, evenly over the parts that hold any.
 * p: [parts]; the last part of all has outliers, too, of which the code knows nothing. */
static double cell_divergence(const double *p, size_t parts, double outliers, double total)
{
    double sum = 0, divergence = 0;
    size_t used = 0;
    for (size_t i = 0; i < parts; i++) {
        sum += p[i];
        used += p[i] > 0;
    }
    const double q = used ? sum / (double)used : 0, least = 1e-9 * total;
    for (size_t i = 0; i < parts; i++) {
        const double real = p[i] + (i + 1 == parts ? outliers : 0);
        if (real > 0)
            divergence += real * aimci_ln(real / fmax(p[i] > 0 ? q : 0, least));
    }
    return divergence;
}

/* Divergence of the clipped distribution from what the codes say of it, over parts of cells: cell k
 * holds what is rounded to k steps. */
static double divergence(const spread *s, double bound, double levels)
{
    enum { MOST_PARTS = 16, POINTS = 8192 };
    walk w = {.s = s, .at = s->first};
    const size_t n = (size_t)levels;
    const size_t parts = n < POINTS / MOST_PARTS ? MOST_PARTS : (n < POINTS / 4 ? 4 : 2);
    const double step = bound / levels;
    double p[MOST_PARTS], before = 0, sum = 0;
    for (size_t k = 0; k <= n; k++) {
        const double low = k ? ((double)k - 0.5) * step : 0;
        const double high = k < n ? ((double)k + 0.5) * step : bound;
        for (size_t i = 0; i < parts; i++) {
            const double until =
                values_until(&w, low + (high - low) * (double)(i + 1) / (double)parts);
            p[i] = until - before;
            before = until;
        }
        sum += cell_divergence(p, parts, k < n ? 0 : s->total - before, s->total);
    }
    /* the codes' distribution is that of the values within the bound */
    return sum / s->total + aimci_ln(fmax(before, 1) / s->total);
}

/* ---- searching ------------------------------------------------------------------------------ */

typedef double (*objective)(const spread *s, double bound, double levels);

/* The bounds that are tried first are a sixtieth of an octave apart, over ten octaves; the best of
 * them and its neighbours enclose what golden section then finds. The largest comes first: it is
 * taken where nothing is better. */
static double best_bound(const spread *s, objective loss, double levels)
{
    enum { TRIED = 600, PER_OCTAVE = 60, STEPS = 30 };
    const double golden = 0.6180339887498949, largest = s->largest;
    double best = largest, least = loss(s, largest, levels);
    for (int i = 1; i < TRIED; i++) {
        const double bound = largest * aimci_exp2(-(double)i / PER_OCTAVE),
                     at = loss(s, bound, levels);
        if (at < least) {
            least = at;
            best = bound;
        }
    }
    double lo = aimci_log2(best) - 1.0 / PER_OCTAVE, hi = aimci_log2(best) + 1.0 / PER_OCTAVE;
    for (int i = 0; i < STEPS; i++) {
        const double a = hi - golden * (hi - lo), b = lo + golden * (hi - lo);
        if (loss(s, aimci_exp2(a), levels) < loss(s, aimci_exp2(b), levels))
            hi = b;
        else
            lo = a;
    }
    const double found = fmin(aimci_exp2((lo + hi) / 2), largest);
    return loss(s, found, levels) < least ? found : best;
}

double aimci_magnitudes_range(const aimci_magnitudes *m, aimci_range_rule rule, double quantile,
                              double res)
{
    const spread s = spread_of(m, rule == AIMCI_RULE_QUANTILE ? 0 : 1);
    const double levels = res > 0 ? 0.5 * (res > 1 ? res : 1 / res) : 0;
    if (rule == AIMCI_RULE_QUANTILE && s.largest > 0)
        return quantile_of(&s, quantile);
    if (rule == AIMCI_RULE_MAX || levels < 1 || !(s.largest > 0))
        return s.largest;
    return best_bound(&s, rule == AIMCI_RULE_ENTROPY ? divergence : square_error, levels);
}

/* ---- two ends ------------------------------------------------------------------------------- */

typedef struct signed_spread {
    spread above, below;
} signed_spread;

static double signed_quantile(const signed_spread *s, double q)
{
    const double wanted = q * (s->below.total + s->above.total), rest = s->below.total - wanted;
    if (s->above.total <= 0 || (s->below.total > 0 && rest >= 0))
        return -quantile_of(&s->below, rest / s->below.total);
    return quantile_of(&s->above, -rest / s->above.total);
}

typedef struct limits {
    double low, high, step;
} limits;

/* Integral from the lower end to v of the square of what the converter loses. */
static double lost_until(double v, const limits *q)
{
    const double inside = fmin(fmax(v, q->low), q->high) - q->low;
    return rounding_until(inside, q->step) + clipping_until(v, q->high) -
           clipping_until(-v, -q->low);
}

static double lost_at(double v, const limits *q)
{
    const double inside = fmin(fmax(v, q->low), q->high) - q->low;
    const double e = v - q->low - rint(inside / q->step) * q->step;
    return e * e;
}

/* Bins far below a step are points: their integrals would be lost in rounding. */
static double lost_between(double from, double to, double n, const limits *q)
{
    const double width = to - from;
    return n * (width < q->step / 64 ? lost_at((from + to) / 2, q)
                                     : (lost_until(to, q) - lost_until(from, q)) / width);
}

static double lost_by(const signed_spread *s, double one, double other, double steps)
{
    const double low = fmin(one, other), high = fmax(one, other);
    const limits q = {low, high, (high - low) / steps};
    double sum = 0;
    for (size_t i = s->below.first; i < s->below.end; i++) {
        const bin b = bin_number(&s->below, i);
        sum += b.n > 0 ? lost_between(-b.high, -b.low, b.n, &q) : 0;
    }
    for (size_t i = s->above.first; i < s->above.end; i++) {
        const bin b = bin_number(&s->above, i);
        sum += b.n > 0 ? lost_between(b.low, b.high, b.n, &q) : 0;
    }
    return sum;
}

/* The best other end: ranges up to the outermost one are tried a thirtieth of an octave apart, and
 * the best is refined by golden section. */
static double best_end(const signed_spread *s, double fixed, double outermost, double steps)
{
    enum { TRIED = 150, PER_OCTAVE = 30, STEPS = 25 };
    const double golden = 0.6180339887498949, span = outermost - fixed;
    double best = 0, least = lost_by(s, fixed, outermost, steps);
    for (int i = 1; i < TRIED; i++) {
        const double octaves = -(double)i / PER_OCTAVE;
        const double at = lost_by(s, fixed, fixed + span * aimci_exp2(octaves), steps);
        if (at < least) {
            least = at;
            best = octaves;
        }
    }
    double lo = best - 1.0 / PER_OCTAVE, hi = fmin(best + 1.0 / PER_OCTAVE, 0);
    for (int i = 0; i < STEPS; i++) {
        const double a = hi - golden * (hi - lo), b = lo + golden * (hi - lo);
        if (lost_by(s, fixed, fixed + span * aimci_exp2(a), steps) <
            lost_by(s, fixed, fixed + span * aimci_exp2(b), steps))
            hi = b;
        else
            lo = a;
    }
    const double found = fixed + span * aimci_exp2((lo + hi) / 2);
    return lost_by(s, fixed, found, steps) < least ? found : fixed + span * aimci_exp2(best);
}

/* One end after the other: what is lost by rounding, clipped above and clipped below is convex in
 * both, but for the ripple of single steps. */
static void best_limits(const signed_spread *s, double steps, double *low, double *high)
{
    enum { ROUNDS = 8 };
    const double lowest = *low, highest = *high;
    double least = lost_by(s, lowest, highest, steps);
    for (int k = 0; k < ROUNDS; k++) {
        const double before = least;
        *high = best_end(s, *low, highest, steps);
        *low = best_end(s, *high, lowest, steps);
        least = lost_by(s, *low, *high, steps);
        if (least > before * (1 - 1e-6))
            break;
    }
}

bool aimci_magnitudes_limits(const aimci_magnitudes *above, const aimci_magnitudes *below,
                             aimci_range_rule rule, double quantile, double res, double *low,
                             double *high)
{
    const signed_spread s = {spread_of(above, 0), spread_of(below, 0)};
    const double left_out = rule == AIMCI_RULE_QUANTILE ? (1 - quantile) / 2 : 0;
    if (!(s.above.largest > 0 || s.below.largest > 0))
        return false;
    double from = signed_quantile(&s, left_out), to = signed_quantile(&s, 1 - left_out);
    if ((float)from >= (float)to) { /* one value: the range holds 0, too */
        from = fmin(from, 0);
        to = fmax(to, 0);
    }
    if (rule == AIMCI_RULE_MEAN_SQUARE)
        best_limits(&s, (res > 1 ? res : 1 / res) + 1, &from, &to);
    *low = from;
    *high = to;
    return true;
}
