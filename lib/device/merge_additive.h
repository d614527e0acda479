/* SPDX-License-Identifier: MIT */
/* Pulses of several vectors as one step, for steps that are affine in the state with additive
 * noise: a pulse takes w to w + a + k w + s xi, with its own a, k, s for each direction.
 *
 * Far from the bounds the state after any row of such pulses is normal. n of them in one direction,
 * with r = (1 + k)^n and P = (r - 1) / k, take its mean and variance to
 *
 *     m <- m + (a + k m) P,     V <- r^2 V + s^2 P (2 + k P) / (2 + k)
 *
 * (P (2 + k P) / (2 + k) is the sum of (1 + k)^2i over i < n), so that a single normal in the end
 * stands for all of them.
 *
 * The mean moves one way during a vector; its extremes are among its values between vectors. What
 * the noise adds is at any time a martingale times the product of all 1 + k so far; by Levy's
 * inequality it never gets further than AIMCI_FAR standard deviations of its end, times the largest
 * ratio of such products, but for a probability of 2e-10. Cells whose bounds lie outside of that
 * take the one step. */
#ifndef AIMCI_MERGE_ADDITIVE_H
#define AIMCI_MERGE_ADDITIVE_H

#include "device/pulse_queue.h"

/* Pulses in one direction. */
typedef struct aimci_affine {
    vf step, slope; /* a, k */
    vf ratio;       /* ln(1 + k) / k */
    vf noise;       /* s^2 / (2 + k); without slopes s^2 */
} aimci_affine;

AIMCI_INLINE aimci_affine aimci_affine_load(const aimci_pulse_job *job, size_t at, int up,
                                            aimci_lane_group *c)
{
    aimci_affine f;
    const aimci_where where = {at, NULL};
    *c = aimci_lane_group_load(job->line, where, vm_set(up));
    const aimci_law_terms t = aimci_law_load(job->law, job->line, where, c);
    const vf s = t.noise;
    f.step = c->step;
#if AIMCI_LAW_SLOPED
    const vf k = t.slope;
    f.slope = k;
    f.ratio = 1.0f - k * (0.5f - k * (1.0f / 3.0f - k * (0.25f - k * 0.2f)));
    f.noise = s * s * (0.5f - k * (0.25f - k * (0.125f - k * 0.0625f)));
#else
    f.slope = vf_set(0.0f);
    f.ratio = vf_set(1.0f);
    f.noise = s * s;
#endif
    return f;
}

/* Where the state of a cell may be after the vectors so far: a normal, and the extremes of its
 * mean. */
typedef struct aimci_moments {
    vf mean, variance, low, high;
    vi pulses, most; /* of all vectors, of one */
} aimci_moments;

AIMCI_INLINE void aimci_moments_add(aimci_moments *c, vi count, const aimci_affine *up,
                                    const aimci_affine *down)
{
    const vm rises = count > 0;
    const vi number = vi_abs(count);
    const vf n = vf_from_vi(number);
    const vf a = vf_select(rises, up->step, down->step);
    const vf noise = vf_select(rises, up->noise, down->noise);
    c->pulses += number;
    c->most = vi_max(c->most, number);
    if (AIMCI_LAW_SLOPED) {
        const vf k = vf_select(rises, up->slope, down->slope);
        const vf nc = n * vf_select(rises, up->ratio, down->ratio);
        const vf x = nc * k; /* n ln(1 + k) */
        const vf x2 = x * x; /* (exp(x) - 1) / x, up to 5e-7 */
        const vf g = (1.0f + x * 0.5f) + x2 * ((1.0f / 6 + x * (1.0f / 24)) + x2 * (1.0f / 120));
        const vf sum = nc * g, r = 1.0f + k * sum;
        c->mean = c->mean * r + a * sum;
        c->variance = c->variance * (r * r) + noise * sum * (r + 1.0f);
    } else {
        c->mean = c->mean + n * a;
        c->variance = c->variance + n * noise;
    }
    c->low = vf_min(c->low, c->mean);
    c->high = vf_max(c->high, c->mean);
}

/* Lanes for which the moments are the law. */
AIMCI_INLINE vm aimci_moments_holds(const aimci_moments *c, vf root, vf lo, vf hi,
                                    const aimci_affine *up, const aimci_affine *down)
{
    vf reach = root * AIMCI_FAR;
#if AIMCI_LAW_SLOPED
    const vf slope = vf_max(vf_abs(up->slope), vf_abs(down->slope));
    const vf rate = slope * 1.06f; /* >= |ln(1 + k)| */
    const vf exponent = vf_from_vi(c->pulses) * rate;
    reach = reach * (1.0f + exponent + exponent * exponent); /* >= exp(exponent) up to 1 */
    const vm holds = (exponent <= 1.0f) & (slope <= AIMCI_MERGE_SLOPE) &
                     (vf_from_vi(c->most) * rate <= AIMCI_MERGE_EXPONENT);
#else
    (void)up, (void)down;
    const vm holds = vm_set(1);
#endif
    return holds & (c->low - reach >= lo) & (c->high + reach <= hi);
}

/* All rows to eight cells of the word line. Cells for which that is not the law keep their state
 * and are returned; they take no normal. */
AIMCI_INLINE vm aimci_merge_additive(const aimci_pulse_job *job, const aimci_rows *rows, size_t at,
                                     aimci_fifo *noise)
{
    aimci_lane_group c;
    const aimci_affine down = aimci_affine_load(job, at, 0, &c);
    const aimci_affine up = aimci_affine_load(job, at, 1, &c);
    const vf zero = vf_set(0.0f);
    aimci_moments moments = {c.state, zero, c.state, c.state, vi_set(0), vi_set(0)};
    const int32_t *count = rows->count + at;
    for (size_t r = 0; r < rows->n; r++, count += rows->ld)
        aimci_moments_add(&moments, vi_load(count), &up, &down);
    const vm touched = moments.pulses != 0;
    const vf root = vf_sqrt(moments.variance);
    const vm holds = aimci_moments_holds(&moments, root, c.lo, c.hi, &up, &down) & touched;
    if (v_any(holds)) {
        const vf xi = aimci_fifo_take(noise, v_bits(holds));
        aimci_state_store(job->line, at, holds, vf_clip(moments.mean + root * xi, c.lo, c.hi));
    }
    return touched & vm_not(holds);
}

#endif
