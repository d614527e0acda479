/* SPDX-License-Identifier: MIT */
/* Laws whose step is a straight line of the state: a pulse takes w to
 *
 *     multiplicative noise: w + (a + k w)(1 + sigma xi)        additive: w + a + k w + s xi
 *
 * with a = c->step the signed step at 0 and s = a sigma. A law that includes this last in its
 * header gives aimci_law, with int32_t mult_noise, and its slope
 *
 *     vf aimci_law_slope(law, line, where, c)        k
 *
 * under AIMCI_LAW_SLOPED 1. Under AIMCI_LAW_SLOPED 0 steps are the same everywhere, k is 0, the
 * noise is additive, and nothing is spent on what k would do. */
#ifndef AIMCI_AFFINE_H
#define AIMCI_AFFINE_H

#define AIMCI_LAW_JUMPS 1

typedef struct aimci_law_terms {
    vf slope; /* k, for steps that have one */
    vf noise; /* s */
} aimci_law_terms;

#if AIMCI_LAW_SLOPED

AIMCI_INLINE aimci_law_terms aimci_law_load(const AIMCI_CONSTANT aimci_law *law,
                                            const aimci_word_line *line, aimci_where where,
                                            const aimci_lane_group *c)
{
    aimci_law_terms t;
    t.slope = aimci_law_slope(law, line, where, c);
    t.noise = c->step * law->noise.sigma;
    return t;
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf w, vf xi)
{
    const vf mean = c->step + t->slope * w;
    if (law->mult_noise)
        return w + mean * (1.0f + xi * law->noise.sigma);
    return w + (mean + t->noise * xi);
}

/* sum_(i < n) (1 + k)^i; five terms of the binomial series leave 5e-7 at |n k| = 0.2 */
AIMCI_INLINE vf aimci_power_sum(vf n, vf k)
{
    vf s = 1.0f + (n - 4.0f) * k * 0.2f;
    s = 1.0f + (n - 3.0f) * k * 0.25f * s;
    s = 1.0f + (n - 2.0f) * k * (1.0f / 3.0f) * s;
    s = 1.0f + (n - 1.0f) * k * 0.5f * s;
    return n * s;
}

/* n pulses of a step that is affine in the state, a + k w (a in c->step, k in t->slope), with the
 * noise a sigma xi of each (additive) or (a + k w) sigma xi (multiplicative).
 *
 * Additive: with r = 1 + k the state after n pulses is normal,
 *
 *     w + (a + k w) sum_(i < n) r^i  +  a sigma sqrt(sum_(i < n) r^2i) xi.
 *
 * Multiplicative: its distance to the zero of the step is multiplied by the product of n factors
 * r + k sigma xi. A quadratic in one xi has the mean, variance and third moment of that product;
 * with |k| sigma sqrt(n) <= 0.01 what is left is an excess kurtosis below 4e-4, or a distribution
 * function off by less than 1e-5. */
AIMCI_INLINE vf aimci_law_jump(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf n, vf w, vf xi, vf *reach)
{
    const float sigma = law->noise.sigma;
    const vf k = t->slope, mean = c->step + k * w, nk = n * k;
    vm valid = vf_abs(nk) <= 0.2f;
    vf next, spread;
    if (law->mult_noise) {
        const vf root = vf_sqrt(n), ck = k * sigma;
        const vf before = aimci_power_sum(n - 1.0f, k); /* sum_(i < n-1) r^i */
        const vf noise = root * xi + (n - 1.0f) * 0.5f * ck * (xi * xi - 1.0f);
        next = w + mean * (1.0f + before + k * before + (1.0f + k * before) * sigma * noise);
        spread = vf_abs(mean) * sigma * root;
        valid &= vf_abs(ck) * root <= 0.01f;
    } else {
        const vf root = vf_sqrt(aimci_power_sum(n, k * (2.0f + k)));
        next = w + (mean * aimci_power_sum(n, k) + c->step * sigma * root * xi);
        spread = vf_abs(c->step) * sigma * root;
    }
    /* steps may grow on the way: by exp(n k), and by the noise that multiplies them */
    const vf growth = 1.1f + vf_max(nk, vf_set(0.0f)) * 1.5f;
    *reach = vf_select(valid, (vf_abs(n * mean) + spread * AIMCI_FAR) * growth, vf_set(3e38f));
    return next;
}

#else

AIMCI_INLINE aimci_law_terms aimci_law_load(const AIMCI_CONSTANT aimci_law *law,
                                            const aimci_word_line *line, aimci_where where,
                                            const aimci_lane_group *c)
{
    (void)line, (void)where;
    return (aimci_law_terms){vf_set(0.0f), c->step * law->noise.sigma};
}

AIMCI_INLINE vf aimci_law_step(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf w, vf xi)
{
    (void)law;
    return w + (c->step + t->noise * xi);
}

AIMCI_INLINE vf aimci_law_jump(const AIMCI_CONSTANT aimci_law *law, const aimci_lane_group *c,
                               const aimci_law_terms *t, vf n, vf w, vf xi, vf *reach)
{
    (void)law;
    const vf root = vf_sqrt(n);
    *reach = vf_abs(n * c->step) + vf_abs(t->noise) * root * AIMCI_FAR;
    return w + (n * c->step + root * t->noise * xi);
}

#endif

#endif
