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
 * take the one step. The others are gathered into a compacted word line, which goes through the
 * vectors a quarter at a time; and so on down to one vector. */
#ifndef AIMCI_PULSE_MERGE_H
#define AIMCI_PULSE_MERGE_H

#include "device/pulse.h"

/* ---- eight cells ---------------------------------------------------------------------------- */

/* Limits within which the series below are good to a few units of single precision. */
#define AIMCI_MERGE_SLOPE    0.05f /* largest |k| */
#define AIMCI_MERGE_EXPONENT 0.2f  /* largest |n ln(1 + k)| of a vector */

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
AIMCI_INLINE vm aimci_merge_group(const aimci_pulse_job *job, const aimci_rows *rows, size_t at,
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

static void aimci_merge_rows(const aimci_pulse_job *job, const aimci_rows *rows, aimci_fifo *noise);

/* ---- cells that are near a bound ------------------------------------------------------------ */

#define AIMCI_MERGE_CELLS           64 /* a compacted line of so many is sent on its way */
#define AIMCI_MERGE_SIZE            (AIMCI_MERGE_CELLS + 2 * AIMCI_LANES)
#define AIMCI_MERGE_CELL_PARAMETERS (AIMCI_CELL_PULSED_END - AIMCI_CELL_P)

/* Some cells of a word line, side by side as a word line of their own. */
typedef struct aimci_compacted {
    aimci_word_line line;
    size_t n, n_parameters;
    const float *from[AIMCI_MERGE_CELL_PARAMETERS];
    int32_t place[AIMCI_MERGE_SIZE];
    float value[AIMCI_MERGE_CELL_PARAMETERS][AIMCI_MERGE_SIZE];
    int32_t count[AIMCI_MERGE_ROWS][AIMCI_MERGE_SIZE];
} aimci_compacted;

AIMCI_INLINE void aimci_compacted_open(aimci_compacted *s, const aimci_word_line *line)
{
    s->n = s->n_parameters = 0;
    s->line.multi_pulse = line->multi_pulse;
    for (int k = AIMCI_CELL_P; k < AIMCI_CELL_PULSED_END; k++) {
        s->line.cell[k] = line->cell[k] ? s->value[s->n_parameters] : NULL;
        if (line->cell[k])
            s->from[s->n_parameters++] = line->cell[k];
    }
    s->line.w = s->line.p;
}

AIMCI_INLINE void aimci_compacted_join(aimci_compacted *s, size_t at, vi near,
                                       const aimci_rows *rows)
{
    const unsigned bits = v_bits(near);
    const vi order = v_pack_order(bits);
    vi_store(s->place + s->n, vi_permute(vi_lanes() + (int32_t)at, order));
    for (size_t k = 0; k < s->n_parameters; k++)
        vf_store(s->value[k] + s->n, vf_permute(vf_load(s->from[k] + at), order));
    for (size_t r = 0; r < rows->n; r++)
        vi_store(s->count[r] + s->n, vi_permute(vi_load(rows->count + r * rows->ld + at), order));
    s->n += (size_t)__builtin_popcount(bits);
}

/* The rows to these cells, a quarter at a time; then they go back. */
AIMCI_INLINE void aimci_compacted_run(aimci_compacted *s, const aimci_pulse_job *job, size_t n_rows,
                                      aimci_fifo *noise)
{
    const size_t part = (n_rows + 3) / 4, ld = AIMCI_MERGE_SIZE;
    const aimci_pulse_job part_job = {job->law, &s->line};
    for (size_t r = 0; r < n_rows; r++)
        vi_store(s->count[r] + s->n, vi_set(0));
    s->line.n = (s->n + AIMCI_LANES - 1) / AIMCI_LANES * AIMCI_LANES;
    for (size_t r = 0; r < n_rows; r += part) {
        const aimci_rows rows = {s->count[r], n_rows - r < part ? n_rows - r : part, ld};
        aimci_merge_rows(&part_job, &rows, noise);
    }
    for (size_t i = 0; i < s->n; i++)
        job->line->p[s->place[i]] = s->line.p[i];
    s->n = 0;
}

/* ---- a word line ---------------------------------------------------------------------------- */

/* Rows of counts to a word line. */
static void aimci_merge_rows(const aimci_pulse_job *job, const aimci_rows *rows, aimci_fifo *noise)
{
    if (rows->n == 1) {
        aimci_pulse_windows(job, rows->count, 1, noise);
        return;
    }
    aimci_compacted near;
    aimci_compacted_open(&near, job->line);
    for (size_t at = 0; at < job->line->n; at += AIMCI_LANES) {
        const vm left = aimci_merge_group(job, rows, at, noise);
        if (v_any(left))
            aimci_compacted_join(&near, at, left, rows);
        if (near.n >= AIMCI_MERGE_CELLS)
            aimci_compacted_run(&near, job, rows->n, noise);
    }
    if (near.n > 0)
        aimci_compacted_run(&near, job, rows->n, noise);
}

/* The merge kernel of the file's law. */
static void aimci_merge(const void *law, const aimci_word_line *line, const aimci_rows *rows,
                        int32_t *touched, const aimci_key *key, uint32_t index)
{
    const aimci_pulse_job job = {law, line};
    aimci_fifo noise;
    aimci_fifo_open(&noise, key, index);
    noise.silent = job.law->noise.silent;
    aimci_merge_rows(&job, rows, &noise);
    if (line->w == line->p)
        return;
    for (size_t at = 0; at < line->n; at += AIMCI_LANES) {
        vi any = vi_set(0);
        for (size_t r = 0; r < rows->n; r++)
            any |= vi_load(rows->count + r * rows->ld + at);
        vi_store(touched + at, any);
    }
    aimci_write_noise(&job, touched, &noise);
}

#endif
