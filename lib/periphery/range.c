/* SPDX-License-Identifier: MIT */
/* Ranges of converters from data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/converter.h>

#include "core/core.h"
#include "core/elementary.h"
#include "periphery/converter.h"
#include "periphery/magnitudes.h"

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Magnitudes of all rows that are not zero. */
static size_t collect(size_t n_rows, size_t n_cols, const float *x, size_t ld, float *magnitudes)
{
    size_t n = 0;
    for (size_t r = 0; r < n_rows; r++) {
        bool some = false;
        for (size_t k = 0; k < n_cols; k++) {
            magnitudes[n + k] = fabsf(x[r * ld + k]);
            some |= magnitudes[n + k] > 0;
        }
        n += some ? n_cols : 0;
    }
    return n;
}

/* Quantile, linear between the two order statistics around it. */
static double quantile(const float *sorted, size_t n, double q)
{
    const double at = q * (double)(n - 1);
    const size_t k = (size_t)at, next = k + 1 < n ? k + 1 : k;
    return (double)sorted[k] + (at - (double)k) * ((double)sorted[next] - (double)sorted[k]);
}

/* Sum of |x - Q(x)| over magnitudes. */
static double error_of(const float *x, size_t n, double bound, double res)
{
    const double step = (double)aimci_converter_step_of(res, bound);
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        const double v = (double)x[k];
        sum += fabs(v - (step > 0 ? fmin(rint(v / step) * step, bound) : fmin(v, bound)));
    }
    return sum;
}

static double at_log(const float *sorted, size_t n, double log10_rest)
{
    return quantile(sorted, n, 1 - aimci_pow(10, log10_rest));
}

/* Golden section over the logarithm of the share that is clipped, from 1e-6 to 0.1: the error
 * changes by its decades. Forty steps leave 4e-9 of the interval. The largest value itself is tried
 * last, because clipping nothing lies outside of the interval. */
static double least_error(const float *sorted, size_t n, double res)
{
    const double golden = 0.6180339887498949;
    double lo = -6, hi = -1, a = hi - golden * (hi - lo), b = lo + golden * (hi - lo);
    double at_a = error_of(sorted, n, at_log(sorted, n, a), res);
    double at_b = error_of(sorted, n, at_log(sorted, n, b), res);
    for (int k = 0; k < 40; k++) {
        if (at_a < at_b) {
            hi = b;
            b = a;
            at_b = at_a;
            a = hi - golden * (hi - lo);
            at_a = error_of(sorted, n, at_log(sorted, n, a), res);
        } else {
            lo = a;
            a = b;
            at_a = at_b;
            b = lo + golden * (hi - lo);
            at_b = error_of(sorted, n, at_log(sorted, n, b), res);
        }
    }
    const double best = at_log(sorted, n, (lo + hi) / 2), largest = (double)sorted[n - 1];
    return error_of(sorted, n, largest, res) <= error_of(sorted, n, best, res) ? largest : best;
}

static double deviation(const float *magnitudes, size_t n, double signed_sum)
{
    double squares = 0;
    for (size_t k = 0; k < n; k++)
        squares += (double)magnitudes[k] * (double)magnitudes[k];
    const double mean = signed_sum / (double)n;
    return sqrt(fmax(squares / (double)n - mean * mean, 0));
}

static double sum_of(size_t n_rows, size_t n_cols, const float *x, size_t ld)
{
    double sum = 0;
    for (size_t r = 0; r < n_rows; r++)
        for (size_t k = 0; k < n_cols; k++)
            sum += (double)x[r * ld + k];
    return sum;
}

static aimc_status from_magnitudes(aimc_context *ctx, aimc_range_method method, double res,
                                   const float *m, size_t n, double *bound)
{
    aimci_magnitudes *counted = aimci_calloc(ctx, 1, sizeof *counted);
    if (!counted)
        return aimci_fail(AIMC_ERR_NOMEM, "converter_find_range: no memory");
    aimci_magnitudes_add(counted, n, m);
    *bound = aimci_magnitudes_range(
        counted, method == AIMC_RANGE_ENTROPY ? AIMCI_RULE_ENTROPY : AIMCI_RULE_MEAN_SQUARE, 0,
        res);
    aimci_free(ctx, counted);
    return AIMC_OK;
}

static aimc_status check(const aimc_context *ctx, aimc_range_method method, double parameter,
                         size_t n_rows, size_t n_cols, const float *x, size_t ld_x,
                         const double *bound)
{
    const char *caller = "converter_find_range";
    if (!ctx || !x || !bound)
        return aimci_fail(AIMC_ERR_INVALID, "%s: NULL argument", caller);
    if (!n_rows || !n_cols)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %zu x %zu numbers", caller, n_rows, n_cols);
    if (ld_x < n_cols)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: ld_x = %zu is less than %zu", caller, ld_x, n_cols);
    if (method < AIMC_RANGE_MAX || method > AIMC_RANGE_ENTROPY)
        return aimci_fail(AIMC_ERR_INVALID, "%s: method %d", caller, (int)method);
    const double limit = method == AIMC_RANGE_QUANTILE ? 1 : 1e30;
    if (method != AIMC_RANGE_MAX && !(parameter > 0 && parameter <= limit))
        return aimci_fail(AIMC_ERR_INVALID, "%s: parameter = %g is out of range (0, %g]", caller,
                          parameter, limit);
    if (!aimci_all_finite(x, n_rows, n_cols, ld_x))
        return aimci_fail(AIMC_ERR_INVALID, "%s: x holds a value that is not finite", caller);
    return AIMC_OK;
}

aimc_status aimc_converter_find_range(aimc_context *ctx, aimc_range_method method, double parameter,
                                      size_t n_rows, size_t n_cols, const float *x, size_t ld_x,
                                      double *bound)
{
    aimc_status st = check(ctx, method, parameter, n_rows, n_cols, x, ld_x, bound);
    size_t size;
    if (st)
        return st;
    float *m = NULL;
    if (!aimci_mul_overflows(n_rows, n_cols, &size))
        m = aimci_calloc(ctx, size, sizeof *m);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "converter_find_range: no memory");
    const size_t n = collect(n_rows, n_cols, x, ld_x, m);
    double chosen = 0;
    if (n && method >= AIMC_RANGE_MEAN_SQUARE) {
        st = from_magnitudes(ctx, method, parameter, m, n, &chosen);
    } else if (n) {
        qsort(m, n, sizeof *m, ascending);
        chosen = (double)m[n - 1];
        if (method == AIMC_RANGE_QUANTILE)
            chosen = quantile(m, n, parameter);
        else if (method == AIMC_RANGE_DEVIATION)
            chosen = parameter * deviation(m, n, sum_of(n_rows, n_cols, x, ld_x));
        else if (method == AIMC_RANGE_LEAST_ERROR)
            chosen = least_error(m, n, parameter);
    }
    aimci_free(ctx, m);
    if (!st)
        *bound = chosen;
    return st;
}
