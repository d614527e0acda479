/* SPDX-License-Identifier: MIT */
/* Weight modifiers. A is the largest magnitude of the tile's weights (or assumed_wmax), s is
 * std_dev, u = |w| / A, P(u) = sum_k coeffs_k u^k in uS:
 *
 *     DISCRETIZE     A res rint(w / (A res))
 *     MULT_NORMAL    w (1 + s A xi)
 *     ADD_NORMAL     w + s A xi
 *     DISCRETIZE_ADD_NORMAL
 *                    DISCRETIZE, then ADD_NORMAL
 *     POLY           w + A (s / g_max) P(u) xi
 *     DOREFA         rint(tanh(w) c / res) res,  c = dorefa_clip / tanh(A)
 *     PROG_NOISE     sgn(w) |w + A (s / g_max) P(u) xi|
 *     PCM_NOISE      programming, faults, spread of drift and read noise of pcm_like at
 *                    pcm_t_inference; mean drift is taken for compensated
 *     DROP_CONNECT   0 with probability pdrop; with pdrop > 0 it follows each of the others
 *
 * M. J. Rasch et al., arXiv:2302.08469 (2023); S. Zhou et al., arXiv:1606.06160 (2016). */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "inference/modifier.h"
#include "inference/noise.h"
#include "kernels/stream.h"

#define SRC "M. J. Rasch et al., arXiv:2302.08469 (2023)"

static const aimci_field fields[] = {
    AIMCI_CHOICE(aimci_modifier, type, 0, 9,
                 "NONE|DISCRETIZE|MULT_NORMAL|ADD_NORMAL|DISCRETIZE_ADD_NORMAL|DOREFA|POLY|PROG_"
                 "NOISE|DROP_CONNECT|PCM_NOISE",
                 "what a mini-batch sees instead of the weights", SRC),
    AIMCI_NUMBER(aimci_modifier, std_dev, 0.1, 0, 1e6, "1", "size of the noise", SRC),
    AIMCI_FLAG(aimci_modifier, rel_to_actual_wmax, 1,
               "noise and steps relative to the largest weight of the tile; else to assumed_wmax",
               SRC),
    AIMCI_NUMBER(aimci_modifier, assumed_wmax, 1, 1e-9, 1e9, "weight", "what stands for it then",
                 SRC),
    AIMCI_NUMBER(aimci_modifier, res, 0.1, 0, 1e9, "1",
                 "step of DISCRETIZE and DOREFA; above 1: number of steps; 0: none", SRC),
    AIMCI_FLAG(aimci_modifier, sto_round, 0, "round stochastically", SRC),
    AIMCI_NUMBER(aimci_modifier, dorefa_clip, 0.6, 0, 1e6, "weight", "range of DOREFA", SRC),
    AIMCI_NUMBER(aimci_modifier, pdrop, 0, 0, 1, "1", "probability that a weight is 0", SRC),
    AIMCI_NUMBERS(aimci_modifier, coeffs, 0, -1e9, 1e9, "uS",
                  "P of POLY and PROG_NOISE, constant first; empty: 0.26348, 1.965, -1.1731", SRC),
    AIMCI_NUMBER(aimci_modifier, g_max, 25, 1e-9, 1e9, "uS", "conductance of the largest weight",
                 SRC),
    AIMCI_FLAG(aimci_modifier, copy_last_column, 0,
               "leave the last input's weights, a bias in the array, as they are", SRC),
    AIMCI_FLAG(aimci_modifier, draw_first, 1, "also modify the very first mini-batch", SRC),
    AIMCI_FLAG(aimci_modifier, enable_during_test, 0, "also modify when predicting", SRC),
    AIMCI_NUMBER(aimci_modifier, pcm_zero_thres, 0, 0, 1e6, "1",
                 "PCM_NOISE: conductances below this many programming errors are 0", SRC),
    AIMCI_NUMBER(aimci_modifier, pcm_t_inference, 0, 0, 1e12, "s",
                 "PCM_NOISE: time of the read after programming", SRC),
    AIMCI_NUMBER(aimci_modifier, pcm_prob_at_reset, 0, 0, 1, "1",
                 "PCM_NOISE: probability that a device is stuck at 0", SRC),
    AIMCI_NUMBER(aimci_modifier, pcm_prob_at_gmax, 0, 0, 1, "1",
                 "PCM_NOISE: probability that it is stuck at either end", SRC),
    AIMCI_NUMBER(aimci_modifier, pcm_prob_at_random, 0, 0, 1, "1",
                 "PCM_NOISE: probability that it is stuck anywhere", SRC),
};

AIMCI_DEFINE_KIND(modifier, "modifier", "weights of a mini-batch in hardware-aware training", SRC,
                  fields, aimci_modifier, .n_children = 0);

/* Random numbers of one weight. */
typedef struct draws {
    double xi[3], u[2];
} draws;

static double polynomial_of(const aimci_modifier *m, double u)
{
    static const double usual[] = {0.26348, 1.965, -1.1731};
    return m->coeffs.n ? aimci_polynomial(m->coeffs.v, m->coeffs.n, u)
                       : aimci_polynomial(usual, 3, u);
}

static double on_grid(const aimci_modifier *m, double v, double step, double u)
{
    return step > 0 ? step * rint(v / step + (m->sto_round ? u - 0.5 : 0)) : v;
}

static double step_of(const aimci_modifier *m)
{
    return m->res > 1 ? 1 / m->res : m->res;
}

/* Stuck conductance, or false. u decides which, and where. */
static bool is_stuck(const aimci_modifier *m, double u, double *g)
{
    if (u < m->pcm_prob_at_reset) {
        *g = 0;
        return true;
    }
    u -= m->pcm_prob_at_reset;
    if (u < m->pcm_prob_at_gmax) {
        *g = u < m->pcm_prob_at_gmax / 2 ? m->g_max : -m->g_max;
        return true;
    }
    u -= m->pcm_prob_at_gmax;
    if (u < m->pcm_prob_at_random) {
        *g = m->g_max * (2 * u / m->pcm_prob_at_random - 1);
        return true;
    }
    return false;
}

/* Spread of drift and read noise at pcm_t_inference, as in pcm_like. */
static double age(const aimci_modifier *m, double g, double u, const double xi[2])
{
    const double t = m->pcm_t_inference;
    const double log_u = aimci_ln(fmax(u, 1e-7));
    const double spread = fmin(fmax(-0.0125 * log_u - 0.0059, 0.008), 0.045);
    const double drifted = g * aimci_pow((t + 20) / 20, -fabs(spread * xi[0]));
    const double q = fmin(0.0088 / fmax(aimci_pow(fabs(g) / m->g_max, 0.65), 1e-3), 0.2);
    return drifted + fabs(drifted) * q * sqrt(aimci_ln((t + 20 + 250e-9) / 500e-9)) * xi[1];
}

static double pcm(const aimci_modifier *m, double w, double top, const draws *d)
{
    double g = fmin(fmax(w * m->g_max / top, -m->g_max), m->g_max);
    if (fabs(g) <= m->pcm_zero_thres * m->std_dev * 0.26348)
        g = 0;
    if (!is_stuck(m, d->u[0], &g)) {
        static const double spread[] = {0.26348, 1.965, -1.1731};
        const double u = fabs(g) / m->g_max;
        const double noisy = fabs(g) + m->std_dev * aimci_polynomial(spread, 3, u) * d->xi[0];
        g = copysign(fabs(noisy), g); /* reflected at 0 */
        if (m->pcm_t_inference > 0)
            g = age(m, g, u, d->xi + 1);
    }
    return g * top / m->g_max;
}

static double modified(const aimci_modifier *m, double w, double top, const draws *d)
{
    const double s = m->std_dev, u = fabs(w) / top;
    switch (m->type) {
    case AIMCI_MODIFY_DISCRETIZE:
        return on_grid(m, w, step_of(m) * top, d->u[0]);
    case AIMCI_MODIFY_MULT_NORMAL:
        return w * (1 + s * top * d->xi[0]);
    case AIMCI_MODIFY_ADD_NORMAL:
        return w + s * top * d->xi[0];
    case AIMCI_MODIFY_DISCRETIZE_ADD_NORMAL:
        return on_grid(m, w, step_of(m) * top, d->u[0]) + s * top * d->xi[0];
    case AIMCI_MODIFY_DOREFA:
        return on_grid(m, aimci_tanh(w) * m->dorefa_clip / aimci_tanh(top), step_of(m), d->u[0]);
    case AIMCI_MODIFY_POLY:
        return w + top * s / m->g_max * polynomial_of(m, u) * d->xi[0];
    case AIMCI_MODIFY_PROG_NOISE:
        return copysign(fabs(w + top * s / m->g_max * polynomial_of(m, u) * d->xi[0]), w);
    case AIMCI_MODIFY_PCM_NOISE:
        return pcm(m, w, top, d);
    default:
        return w;
    }
}

/* What most training runs use. */
static void add_normal(const aimci_kernels *kernels, const aimci_modifier *m, double top,
                       const aimci_key *key, uint32_t line, const float *restrict w,
                       float *restrict out, size_t n)
{
    const float size = (float)(m->std_dev * top);
    kernels->normals(key, line, out, n);
    for (size_t i = 0; i < n; i++)
        out[i] = w[i] + out[i] * size;
}

void aimci_modify_line(const aimci_kernels *kernels, const aimci_modifier *m, double top,
                       const aimci_key *key, uint32_t line, const float *w, float *out, size_t n)
{
    if (m->type == AIMCI_MODIFY_ADD_NORMAL && m->pdrop == 0) {
        add_normal(kernels, m, top, key, line, w, out, n);
        return;
    }
    aimci_stream stream = aimci_stream_open(key, line);
    const bool aged = m->type == AIMCI_MODIFY_PCM_NOISE && m->pcm_t_inference > 0;
    for (size_t i = 0; i < n; i += AIMCI_LANES) {
        vf xi[4] = {{0}}, u[2];
        aimci_stream_normals(&stream, &xi[0], &xi[1]);
        if (aged)
            aimci_stream_normals(&stream, &xi[2], &xi[3]);
        u[0] = aimci_stream_uniform(&stream);
        u[1] = aimci_stream_uniform(&stream);
        for (size_t k = 0; k < AIMCI_LANES && i + k < n; k++) {
            const draws d = {{(double)xi[0][k], (double)xi[1][k], (double)xi[2][k]},
                             {(double)u[0][k], (double)u[1][k]}};
            const double v = modified(m, (double)w[i + k], top, &d);
            out[i + k] = d.u[1] < m->pdrop ? 0.0f : (float)v;
        }
    }
}
