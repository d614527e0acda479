/* SPDX-License-Identifier: MIT */
/* A device under pulses as a state-space model. The state w and the readings y:
 *
 *     w <- clip(w + s S(w) (1 + sigma xi)),   y = w + r eta
 *
 * s S(w) is the mean step of the model, sigma the noise of a pulse, which stays in the state and
 * may grow along the range, and r that of a reading, which does not (noise of the instrument and of
 * the writing). The Kalman filter (Kalman, J. Basic Eng. 82:35 (1960)) predicts each
 * reading from those before it; the predictions' errors are independent where model and noise are
 * right, and their density is the likelihood (Schweppe, IEEE Trans. Inf. Theory 11:61 (1965)). A
 * state near a bound has the mean and variance of a clipped normal distribution, so that all is
 * smooth in the bounds. */
#include <math.h>
#include <stdlib.h>

#include "device/fit.h"

typedef struct belief {
    double mean, variance;
} belief;

static double density(double x)
{
    return 0.3989422804014327 * exp(-0.5 * x * x);
}

static double below(double x)
{
    return 0.5 * erfc(-0.7071067811865476 * x);
}

/* Moments of min(max(X, lo), hi) for a normal X. */
static belief clip(belief b, double lo, double hi)
{
    const double s = sqrt(b.variance), reach = 6 * s;
    if (b.mean - lo > reach && hi - b.mean > reach)
        return b;
    if (!(s > 0))
        return (belief){fmin(fmax(b.mean, lo), hi), 0};
    const double a = (lo - b.mean) / s, c = (hi - b.mean) / s;
    const double at_lo = below(a), at_hi = below(-c), within = fmax(1 - at_lo - at_hi, 0);
    const double da = density(a), dc = density(c);
    const double z = at_lo * a + at_hi * c + da - dc;
    const double z2 = at_lo * a * a + at_hi * c * c + within + a * da - c * dc;
    return (belief){b.mean + s * z, b.variance * fmax(z2 - z * z, 0)};
}

/* Beyond the bounds there is no step law. */
static double step_at(const aimci_walk *w, double state, bool up)
{
    return aimci_model_mean_step(w->model, w->p, fmin(fmax(state, w->p->w_min), w->p->w_max), up);
}

/* 0 at the lower bound, 1 at the upper. */
static double place_of(const aimci_walk *w, double state)
{
    return fmin(fmax((state - w->p->w_min) / (w->p->w_max - w->p->w_min), 0), 1);
}

/* After a pulse, as if there were no bounds: the moments of the state and of its step by the three
 * points of Gauss and Hermite (Ito and Xiong, IEEE Trans. Autom. Control 45:910 (2000)), exact
 * where the step is a line. Where it ends at a bound, the step at the mean alone would tell too
 * little noise. */
static belief pulse(const aimci_walk *w, const aimci_walk_noise *noise, belief b, bool up)
{
    const double far = sqrt(3 * b.variance), sign = up ? 1 : -1;
    const double at = step_at(w, b.mean, up);
    const double above = far > 0 ? step_at(w, b.mean + far, up) : at;
    const double below = far > 0 ? step_at(w, b.mean - far, up) : at;
    const double step = (4 * at + above + below) / 6;
    const double square = (4 * at * at + above * above + below * below) / 6;
    const double along = far * (above - below) / 6; /* covariance of state and step */
    const double size = noise->additive ? step_at(w, 0, up) : 1;
    double noisy = noise->pulse * noise->pulse * (noise->additive ? size * size : square);
    if (noise->is_tilted)
        noisy *= exp(2 * noise->tilt[up ? 0 : 1] * (2 * place_of(w, b.mean) - 1));
    const double spread = fmax(b.variance + 2 * sign * along + square - step * step, 0);
    return (belief){b.mean + sign * step, spread + noisy};
}

/* free: after the last pulse, as if there were no bounds; may be NULL */
static belief pulses(const aimci_walk *w, const aimci_walk_noise *noise, belief b, int32_t n,
                     belief *free)
{
    belief last = b;
    for (int32_t k = 0; k < (n > 0 ? n : -n); k++) {
        last = pulse(w, noise, b, n > 0);
        b = clip(last, w->p->w_min, w->p->w_max);
    }
    if (free)
        *free = last;
    return b;
}

/* Logarithm of the density of a reading y of min(max(X, lo), hi) for a normal X: it lies at a bound
 * with the probability of all beyond, else between them. */
static double log_density(belief x, double lo, double hi, double read, double y)
{
    const double variance = x.variance + read, e = y - x.mean, s = sqrt(x.variance);
    const double gauss = -0.5 * (log(6.283185307179586 * variance) + e * e / variance);
    if ((x.mean - lo > 6 * s && hi - x.mean > 6 * s) || !(s > 0))
        return gauss;
    const double mean = x.mean + x.variance / variance * e, left = s * sqrt(read / variance);
    const double within = 1 - below((lo - mean) / left) - below((mean - hi) / left);
    const double at_lo = below((lo - x.mean) / s) * density((y - lo) / sqrt(read));
    const double at_hi = below((x.mean - hi) / s) * density((y - hi) / sqrt(read));
    return log(fmax(within, 0) * exp(gauss) + (at_lo + at_hi) / sqrt(read) + 1e-300);
}

static bool counts(const aimci_fold *fold, size_t at)
{
    return !fold || (fold->fold[at] == fold->held) == fold->alone;
}

double aimci_walk_filter(const aimci_walk *w, const aimci_walk_noise *noise, const aimci_fold *fold,
                         aimci_gain *gains, double *residuals, double *predicted)
{
    const double read = noise->read * noise->read + w->grain * w->grain;
    double sum = 0;
    size_t at = 0;
    for (size_t i = 0; i < w->traces->n; i++) {
        const aimci_trace *t = &w->traces->each[i];
        belief b = {t->state[0], read};
        for (size_t k = 0; k < t->n; k++, at++) {
            const bool known = k > 0 && !t->ignore[k];
            belief free = b;
            if (k > 0)
                b = pulses(w, noise, b, t->pulses[k], &free);
            const double variance = b.variance + read, e = t->state[k] - b.mean;
            const double gain = known ? b.variance / variance : 0;
            const bool is_counted = known && counts(fold, at);
            if (gains)
                gains[at] = (aimci_gain){gain, variance};
            if (residuals)
                residuals[at] = is_counted ? e / sqrt(variance) : 0;
            if (predicted)
                predicted[at] = b.mean;
            if (is_counted)
                sum += log_density(free, w->p->w_min, w->p->w_max, read, t->state[k]);
            b.mean += gain * e;
            b.variance *= 1 - gain;
        }
    }
    return isfinite(sum) ? sum : -HUGE_VAL;
}

void aimci_walk_residuals(const aimci_walk *w, const aimci_walk_noise *noise,
                          const aimci_fold *fold, const aimci_gain *gains, double *residuals)
{
    const double read = noise->read * noise->read + w->grain * w->grain;
    size_t at = 0;
    for (size_t i = 0; i < w->traces->n; i++) {
        const aimci_trace *t = &w->traces->each[i];
        belief b = {t->state[0], read};
        for (size_t k = 0; k < t->n; k++, at++) {
            if (k > 0)
                b = pulses(w, noise, b, t->pulses[k], NULL);
            const double e = t->state[k] - b.mean;
            const bool is_counted = k > 0 && !t->ignore[k] && counts(fold, at);
            residuals[at] = is_counted ? e / sqrt(gains[at].variance) : 0;
            if (!isfinite(residuals[at]))
                residuals[at] = 1e6;
            b.mean += gains[at].gain * e;
            b.variance *= 1 - gains[at].gain;
        }
    }
}

void aimci_walk_mean(const aimci_walk *w, const aimci_trace *trace, double start, double *state)
{
    const aimci_walk_noise none = {0};
    belief b = {start, 0};
    for (size_t k = 0; k < trace->n; k++) {
        b = pulses(w, &none, b, trace->pulses[k], NULL);
        state[k] = b.mean;
    }
}

/* ---- readings ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void aimci_sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, compare);
}

double aimci_median(double *x, size_t n)
{
    aimci_sort(x, n);
    return n % 2 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
}

/* The median of the readings around one, which a wild one does not move; fewer at the ends. */
static double smooth(const aimci_trace *t, size_t k, size_t half)
{
    double x[32];
    size_t n = 0;
    for (size_t i = k > half ? k - half : 0; i <= k + half && i < t->n; i++)
        if (!t->ignore[i])
            x[n++] = t->state[i];
    return n ? aimci_median(x, n) : t->state[k];
}

/* Readings that differ least tell the resolution: uniform errors of that width. */
static double resolution(const aimci_traces *traces, double range)
{
    double least = range;
    for (size_t i = 0; i < traces->n; i++)
        for (size_t k = 1; k < traces->each[i].n; k++) {
            const double d = fabs(traces->each[i].state[k] - traces->each[i].state[k - 1]);
            if (d > 1e-6 * range && d < least)
                least = d;
        }
    return least / sqrt(12);
}

aimci_extent aimci_traces_extent(const aimci_traces *traces, double *work)
{
    aimci_extent e = {HUGE_VAL, -HUGE_VAL, 0, 0};
    double noise = 0;
    for (size_t i = 0; i < traces->n; i++) {
        const aimci_trace *t = &traces->each[i];
        double n_up = 0, n_down = 0;
        const size_t half = aimci_min_size(t->n / 40, 15);
        size_t n = 0;
        for (size_t k = 0; k < t->n; k++) {
            const double s = smooth(t, k, half);
            e.lo = fmin(e.lo, s);
            e.hi = fmax(e.hi, s);
            if (k)
                *(t->pulses[k] > 0 ? &n_up : &n_down) += fabs((double)t->pulses[k]);
            if (k > 1)
                work[n++] = fabs(t->state[k] - 2 * t->state[k - 1] + t->state[k - 2]);
        }
        e.n_pulses = fmax(e.n_pulses, fmax(n_up, n_down));
        noise += n ? aimci_median(work, n) / (0.6745 * sqrt(6)) / (double)traces->n : 0;
    }
    e.grain = fmax(fmin(resolution(traces, e.hi - e.lo), noise / 4), 1e-4 * (e.hi - e.lo));
    return e;
}
