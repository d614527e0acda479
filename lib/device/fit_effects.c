/* SPDX-License-Identifier: MIT */
/* Means and spreads of a mixed-effects model from what each device tells (fit_mixed.h). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "device/fit_mixed.h"

enum { S = AIMCI_MAX_SLOTS };

double aimci_mixed_solve(double a[][S], size_t n, double b[][S + 1], size_t columns)
{
    double logarithm = 0;
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i][k]) > fabs(a[best][k]))
                best = i;
        for (size_t j = 0; j < n; j++) {
            const double t = a[k][j];
            a[k][j] = a[best][j];
            a[best][j] = t;
        }
        for (size_t j = 0; j < columns; j++) {
            const double t = b[k][j];
            b[k][j] = b[best][j];
            b[best][j] = t;
        }
        const double pivot = fabs(a[k][k]) > DBL_MIN ? a[k][k] : DBL_MIN;
        logarithm += log(fabs(pivot));
        for (size_t i = 0; i < n; i++) {
            const double factor = a[i][k] / pivot;
            if (i == k || factor == 0)
                continue;
            for (size_t j = k; j < n; j++)
                a[i][j] -= factor * a[k][j];
            for (size_t j = 0; j < columns; j++)
                b[i][j] -= factor * b[k][j];
        }
        for (size_t j = 0; j < columns; j++)
            b[k][j] /= pivot;
        for (size_t j = k + 1; j < n; j++)
            a[k][j] /= pivot;
        a[k][k] = 1;
    }
    return logarithm;
}

void aimci_mixed_tell(aimci_mixed *m)
{
    const size_t n = m->slots.n;
    for (size_t d = 0; d < m->n; d++) {
        const aimci_information *info = &m->told[d].own;
        double a[S][S], b[S][S + 1];
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                a[i][j] = (i == j ? 1 : 0) + info->a[i][j] * m->spread[j];
                b[i][j] = info->a[i][j];
            }
            b[i][n] = info->y[i];
        }
        aimci_mixed_solve(a, n, b, n + 1);
        for (size_t i = 0; i < n; i++) {
            memcpy(m->told[d].weight[i], b[i], n * sizeof(double));
            m->told[d].pull[i] = b[i][n];
        }
    }
}

/* Generalised least squares. What no device tells stays, as its box holds it. */
double aimci_mixed_means(aimci_mixed *m, double damping)
{
    const size_t n = m->slots.n;
    double a[S][S] = {{0}}, b[S][S + 1] = {{0}};
    for (size_t i = 0; i < n; i++) {
        const aimci_slot *slot = &m->slots.each[i];
        const double box = 1 / ((slot->hi - slot->lo) * (slot->hi - slot->lo));
        b[i][i] = 1;
        for (size_t d = 0; d < m->n; d++) {
            b[i][n] += m->told[d].pull[i];
            for (size_t j = 0; j < n; j++)
                a[i][j] += m->told[d].weight[i][j];
        }
        const double hold = box + damping * a[i][i];
        a[i][i] += hold;
        b[i][n] += hold * m->from[i] + m->bent[i];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n && m->is_fixed[i]; j++) {
            b[j][n] -= i == j ? 0 : a[j][i] * m->mean[i];
            a[i][j] = a[j][i] = i == j ? 1 : 0;
            b[i][j] = 0;
        }
    for (size_t i = 0; i < n; i++)
        if (m->is_fixed[i])
            b[i][n] = m->mean[i];
    const double logarithm = aimci_mixed_solve(a, n, b, n + 1);
    for (size_t i = 0; i < n; i++) {
        m->mean[i] = b[i][n];
        memcpy(m->covariance[i], b[i], n * sizeof(double));
    }
    return logarithm;
}

/* The diagonal of M C M. */
static double of_means(const aimci_mixed *m, const aimci_told *told, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < m->slots.n; i++)
        for (size_t j = 0; j < m->slots.n; j++)
            sum += told->weight[k][i] * m->covariance[i][j] * told->weight[j][k];
    return sum;
}

double aimci_mixed_pull(const aimci_mixed *m, size_t d, size_t k)
{
    double q = m->told[d].pull[k];
    for (size_t j = 0; j < m->slots.n; j++)
        q -= m->told[d].weight[k][j] * m->mean[j];
    return q;
}

static double squares_of(const aimci_mixed *m, size_t k, double *expected)
{
    double squares = 0;
    *expected = 0;
    for (size_t d = 0; d < m->n; d++) {
        squares += aimci_mixed_pull(m, d, k) * aimci_mixed_pull(m, d, k);
        *expected += m->told[d].weight[k][k] - of_means(m, &m->told[d], k);
    }
    return squares;
}

/* One step toward the spreads at which the squares are as large as is expected; returns the largest
 * change of a logarithm that matters. */
static double find_spreads(aimci_mixed *m, const double *least)
{
    double change = 0;
    for (size_t k = 0; k < m->slots.n; k++) {
        double expected;
        if (!m->varies[k])
            continue;
        const double squares = squares_of(m, k, &expected);
        const double ratio = expected > 0 ? fmin(fmax(squares / expected, 0.05), 20) : 1;
        const double next = fmax(m->spread[k] * ratio, least[k]);
        change = fmax(change, next > 2 * least[k] ? fabs(log(next / m->spread[k])) : 0);
        m->spread[k] = next;
    }
    return change;
}

/* Inverse of the expected information of the spreads. */
void aimci_mixed_spread_errors(aimci_mixed *m)
{
    const size_t n = m->slots.n;
    double a[S][S] = {{0}}, b[S][S + 1] = {{0}};
    const double restricted = m->n > 1 ? ((double)m->n - 1) / (double)m->n : 1;
    for (size_t i = 0; i < n; i++) {
        b[i][i] = 1;
        for (size_t j = 0; j < n; j++)
            for (size_t d = 0; d < m->n && m->varies[i] && m->varies[j]; d++)
                a[i][j] += 0.5 * restricted * m->told[d].weight[i][j] * m->told[d].weight[i][j];
        if (!(a[i][i] > 0))
            a[i][i] = 1;
    }
    aimci_mixed_solve(a, n, b, n);
    for (size_t i = 0; i < n; i++)
        m->spread_error[i] = m->varies[i] ? b[i][i] : 0;
}

double aimci_mixed_size(const aimci_mixed *m, size_t k)
{
    return fmax(fabs(m->mean[m->slots.each[k].role == AIMCI_HALF ? k - 1 : k]), 1e-6);
}

void aimci_mixed_effects(aimci_mixed *m)
{
    double least[S] = {0};
    for (size_t k = 0; k < m->slots.n; k++) {
        const double size = 1e-4 * aimci_mixed_size(m, k);
        least[k] = m->varies[k] ? size * size : 0;
    }
    for (int i = 0; i < 100; i++) {
        aimci_mixed_tell(m);
        aimci_mixed_means(m, m->damping);
        if (find_spreads(m, least) < 1e-3)
            break;
    }
    aimci_mixed_tell(m);
    aimci_mixed_means(m, m->damping);
}

double aimci_mixed_error(const aimci_mixed *m, const double *gradient, double *freedom)
{
    const size_t n = m->slots.n;
    double g[S] = {0}, variance = 0, uncertain = 0; /* g: covariance times gradient */
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            g[i] += m->covariance[i][j] * gradient[j];
        variance += gradient[i] * g[i];
    }
    for (size_t k = 0; k < n; k++) {
        double by_spread = 0;
        for (size_t d = 0; d < m->n && m->varies[k]; d++) {
            double part = 0;
            for (size_t j = 0; j < n; j++)
                part += m->told[d].weight[k][j] * g[j];
            by_spread += part * part;
        }
        uncertain += by_spread * by_spread * m->spread_error[k];
    }
    *freedom = uncertain > 0 ? 2 * variance * variance / uncertain : HUGE_VAL;
    return sqrt(fmax(variance, 0));
}
