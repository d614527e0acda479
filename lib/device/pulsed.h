/* SPDX-License-Identifier: MIT */
/* Kernels that all pulsed models share: drawing the base parameters, and the loop around one pulse
 * step. Included by each model's file, which is compiled once per instruction set. */
#ifndef AIMCI_PULSED_H
#define AIMCI_PULSED_H

#include <assert.h>

#include "device/model.h"
#include "kernels/fifo.h"

/* Each quantity has a stream of its own, so that turning one spread on never changes another's
 * draws. */
enum {
    AIMCI_BORN_MAX,
    AIMCI_BORN_MIN,
    AIMCI_BORN_GAIN,
    AIMCI_BORN_ASYMMETRY,
    AIMCI_BORN_CORRUPT,
    AIMCI_BORN_STUCK_AT,
    AIMCI_BORN_DIFFUSION,
    AIMCI_BORN_RESET,
    AIMCI_BORN_LIFETIME,
    AIMCI_BORN_REFERENCE,
    AIMCI_BORN_OWN /* a model's own quantities count from here */
};

AIMCI_INLINE aimci_stream aimci_birth_stream(const aimci_birth *birth, uint32_t quantity)
{
    const aimci_key key = aimci_random_key(birth->seed, AIMCI_OP_CONSTRUCT, quantity, 0);
    return aimci_stream_open(&key, birth->line);
}

/* out[i] = mean + spread xi */
AIMCI_INLINE void aimci_draw_normal(const aimci_birth *birth, uint32_t quantity, double mean,
                                    double spread, float *out, size_t n)
{
    aimci_normals normals = {.stream = aimci_birth_stream(birth, quantity)};
    for (size_t i = 0; i < n; i += AIMCI_LANES) {
        const vf xi = spread > 0 ? aimci_normals_next(&normals) : vf_set(0.0f);
        vf_store(out + i, xi * (float)spread + (float)mean);
    }
}

/* Steps from the gain (in the UP plane) and the asymmetry (in the DOWN plane):
 * S+ = dw (G + min(u, 0) + r), S- = dw (G - max(u, 0) - r). */
AIMCI_INLINE void aimci_draw_steps(const aimci_pulsed *p, const aimci_line *line,
                                   const aimci_birth *birth)
{
    float *up = line->base[AIMCI_PLANE_UP], *down = line->base[AIMCI_PLANE_DOWN];
    aimci_draw_normal(birth, AIMCI_BORN_GAIN, p->dw_min_dtod_log_normal ? 0.0 : 1.0, p->dw_min_dtod,
                      up, line->n);
    aimci_draw_normal(birth, AIMCI_BORN_ASYMMETRY, 0.0, p->up_down_dtod, down, line->n);
    const float dw = (float)p->dw_min;
    const float u_up = (float)(p->up_down < 0 ? p->up_down : 0);
    const float u_down = (float)(p->up_down > 0 ? p->up_down : 0);
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        vf gain = vf_load(up + i);
        if (p->dw_min_dtod_log_normal)
            gain = vf_exp(gain);
        const vf r = vf_load(down + i);
        vf s_up = (gain + u_up + r) * dw;
        vf s_down = (gain - u_down - r) * dw;
        if (p->enforce_consistency) {
            s_up = vf_abs(s_up);
            s_down = vf_abs(s_down);
        }
        vf_store(up + i, s_up);
        vf_store(down + i, s_down);
    }
}

/* Bounds in order: swap and make the signs sensible, or freeze a reversed cell at its midpoint. */
AIMCI_INLINE void aimci_draw_bounds(const aimci_pulsed *p, const aimci_line *line,
                                    const aimci_birth *birth)
{
    float *hi = line->base[AIMCI_PLANE_MAX], *lo = line->base[AIMCI_PLANE_MIN];
    aimci_draw_normal(birth, AIMCI_BORN_MAX, p->w_max, p->w_max * p->w_max_dtod, hi, line->n);
    aimci_draw_normal(birth, AIMCI_BORN_MIN, p->w_min, -p->w_min * p->w_min_dtod, lo, line->n);
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vf a = vf_load(hi + i), b = vf_load(lo + i);
        if (p->enforce_consistency) {
            vf_store(hi + i, vf_abs(vf_max(a, b)));
            vf_store(lo + i, -vf_abs(vf_min(a, b)));
        } else {
            const vf mid = (a + b) * 0.5f;
            vf_store(hi + i, vf_select(b > a, mid, a));
            vf_store(lo + i, vf_select(b > a, mid, b));
        }
    }
}

/* Stuck cells: no steps, both bounds at one place within +-range and within the cell's bounds. */
AIMCI_INLINE void aimci_draw_corrupt(const aimci_pulsed *p, const aimci_line *line,
                                     const aimci_birth *birth)
{
    aimci_stream which = aimci_birth_stream(birth, AIMCI_BORN_CORRUPT);
    aimci_stream where = aimci_birth_stream(birth, AIMCI_BORN_STUCK_AT);
    const vf range = vf_set((float)p->corrupt_devices_range);
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vi stuck = aimci_stream_uniform(&which) < (float)p->corrupt_devices_prob;
        const vf hi = vf_load(line->base[AIMCI_PLANE_MAX] + i);
        const vf lo = vf_load(line->base[AIMCI_PLANE_MIN] + i);
        const vf from = vf_max(lo, -range), to = vf_min(hi, range);
        const vf at = from + (to - from) * aimci_stream_uniform(&where);
        vf_store(line->base[AIMCI_PLANE_MAX] + i, vf_select(stuck, at, hi));
        vf_store(line->base[AIMCI_PLANE_MIN] + i, vf_select(stuck, at, lo));
        for (int plane = AIMCI_PLANE_UP; plane <= AIMCI_PLANE_DOWN; plane++) {
            const vf step = vf_load(line->base[plane] + i);
            vf_store(line->base[plane] + i, vf_select(stuck, vf_set(0.0f), step));
        }
    }
}

AIMCI_INLINE void aimci_fill(float *x, float value, size_t n)
{
    for (size_t i = 0; i < n; i += AIMCI_LANES)
        vf_store(x + i, vf_set(value));
}

/* Decay, diffusion and reset of each cell; the planes exist only where there is a spread. */
AIMCI_INLINE void aimci_draw_upkeep(const aimci_pulsed *p, const aimci_line *line,
                                    const aimci_birth *birth)
{
    if (line->diffusion) {
        aimci_draw_normal(birth, AIMCI_BORN_DIFFUSION, p->diffusion,
                          p->diffusion * p->diffusion_dtod, line->diffusion, line->n);
        for (size_t i = 0; i < line->n; i += AIMCI_LANES)
            vf_store(line->diffusion + i, vf_abs(vf_load(line->diffusion + i)));
    }
    if (line->reset)
        aimci_draw_normal(birth, AIMCI_BORN_RESET, p->reset, p->reset_dtod, line->reset, line->n);
    if (line->decay) {
        aimci_draw_normal(birth, AIMCI_BORN_LIFETIME, p->lifetime, p->lifetime * p->lifetime_dtod,
                          line->decay, line->n);
        for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
            const vf tau = vf_load(line->decay + i);
            vf_store(line->decay + i, vf_select(tau > 1.0f, 1.0f - 1.0f / tau, vf_set(0.0f)));
        }
    }
}

/* Everything of the base, in this order: consistency, then corruption, then the perfect bias. */
AIMCI_INLINE void aimci_populate_base(const aimci_pulsed *p, const aimci_line *line,
                                      const aimci_birth *birth)
{
    aimci_draw_bounds(p, line, birth);
    aimci_draw_steps(p, line, birth);
    if (p->corrupt_devices_prob > 0)
        aimci_draw_corrupt(p, line, birth);
    aimci_draw_upkeep(p, line, birth);
    if (p->perfect_bias && birth->line + 1 == birth->n_lines) {
        aimci_fill(line->base[AIMCI_PLANE_MAX], (float)(100 * p->w_max), line->n);
        aimci_fill(line->base[AIMCI_PLANE_MIN], (float)(100 * p->w_min), line->n);
        aimci_fill(line->base[AIMCI_PLANE_UP], (float)p->dw_min, line->n);
        aimci_fill(line->base[AIMCI_PLANE_DOWN], (float)p->dw_min, line->n);
    }
}

/* ---- pulses --------------------------------------------------------------------------------- */

/* Eight cells that are about to be pulsed, each in its own direction. */
typedef struct aimci_cells {
    vi up;     /* mask: this lane goes up */
    vf step;   /* signed step: +S+ or -S- */
    vf lo, hi; /* bounds */
    vf own[4]; /* what the model's load() puts here */
} aimci_cells;

AIMCI_INLINE aimci_cells aimci_cells_load(const aimci_line *line, size_t at, vi count)
{
    aimci_cells c;
    c.up = count > 0;
    c.step = vf_select(c.up, vf_load(line->base[AIMCI_PLANE_UP] + at),
                       -vf_load(line->base[AIMCI_PLANE_DOWN] + at));
    c.hi = vf_load(line->base[AIMCI_PLANE_MAX] + at);
    c.lo = vf_load(line->base[AIMCI_PLANE_MIN] + at);
    return c;
}

/* A model prepares its own[] once per update, */
typedef void (*aimci_load_fn)(const void *params, const aimci_line *line, size_t at,
                              aimci_cells *c);
/* and gives the state after one pulse, before the bounds; xi holds standard normals (0 without
 * noise). */
typedef vf (*aimci_step_fn)(const void *params, const aimci_cells *c, vf state, vf xi);

/* Or the state after n pulses in one direction at once, before the bounds. reach: further than this
 * the cell never strays from its state on the way, but for a probability below 1e-9; infinite
 * where this is not the law of n single pulses. For n = 1 it is, whatever the reach. */
typedef vf (*aimci_jump_fn)(const void *params, const aimci_cells *c, vf n, vf state, vf xi,
                            vf *reach);

/* What a line's kernel is made of; everything is inlined into it. */
typedef struct aimci_pulse_rule {
    aimci_load_fn load;
    aimci_step_fn step;
    aimci_jump_fn jump; /* NULL: none */
} aimci_pulse_rule;

/* Groups of eight cells that are pulsed side by side, so that one's arithmetic fills the other's
 * waits. */
#define AIMCI_PULSE_GROUPS 4

/* What stays the same along a line. */
typedef struct aimci_pulse_job {
    const aimci_pulsed *p;
    const void *params;
    const aimci_line *line;
    int noisy;
} aimci_pulse_job;

AIMCI_INLINE vf aimci_take(int noisy, aimci_fifo *noise, vi active)
{
    return noisy ? aimci_fifo_take(noise, v_bits(active)) : vf_set(0.0f);
}

AIMCI_INLINE vf aimci_state_load(const aimci_line *line, size_t at)
{
    const vf w = vf_load(line->p + at);
    return line->reference ? w + vf_load(line->reference + at) : w;
}

/* The apparent weight of touched cells is redrawn around the persistent one. Once per update has
 * the same law as after each pulse, because only the last draw survives. */
AIMCI_INLINE void aimci_state_store(const aimci_pulse_job *job, size_t at, vi touched, vf state,
                                    aimci_fifo *noise)
{
    const aimci_line *line = job->line;
    if (line->reference)
        state = vf_select(touched, state - vf_load(line->reference + at), vf_load(line->p + at));
    vf_store(line->p + at, state);
    if (job->p->write_noise_std <= 0)
        return;
    const vf xi = aimci_fifo_take(noise, v_bits(touched));
    const vf noisy = state + xi * (float)(job->p->write_noise_std * job->p->dw_min);
    vf_store(line->w + at, vf_select(touched, noisy, vf_load(line->w + at)));
}

/* At most one pulse to each of eight cells. */
AIMCI_INLINE void aimci_pulse_once(const aimci_pulse_job *job, size_t at, vi count,
                                   aimci_fifo *noise, const aimci_pulse_rule rule)
{
    aimci_cells c = aimci_cells_load(job->line, at, count);
    rule.load(job->params, job->line, at, &c);
    const vi touched = count != 0;
    const vf xi = aimci_take(job->noisy, noise, touched);
    const vf state = aimci_state_load(job->line, at);
    const vf next = vf_clip(rule.step(job->params, &c, state, xi), c.lo, c.hi);
    aimci_state_store(job, at, touched, vf_select(touched, next, state), noise);
}

/* Pulses to n_groups groups, one after the other, each with its own noise, clipped each time. */
AIMCI_INLINE void aimci_pulse_in_sequence(const aimci_pulse_job *job, size_t at,
                                          const int32_t *count, const int n_groups,
                                          aimci_fifo *noise, const aimci_pulse_rule rule)
{
    aimci_cells c[AIMCI_PULSE_GROUPS];
    vf state[AIMCI_PULSE_GROUPS];
    vi left[AIMCI_PULSE_GROUPS], most = vi_set(0);
#pragma GCC unroll 4
    for (int g = 0; g < n_groups; g++) {
        const size_t here = at + (size_t)g * AIMCI_LANES;
        const vi n = vi_load(count + here);
        c[g] = aimci_cells_load(job->line, here, n);
        rule.load(job->params, job->line, here, &c[g]);
        state[g] = aimci_state_load(job->line, here);
        left[g] = vi_abs(n);
        most = vi_max(most, left[g]);
    }
    for (int32_t k = 0; v_any(most > k); k++) {
        if (job->noisy)
            aimci_fifo_ensure(noise, (size_t)n_groups * AIMCI_LANES);
#pragma GCC unroll 4
        for (int g = 0; g < n_groups; g++) {
            const vi active = left[g] > k;
            const vf xi =
                job->noisy ? aimci_fifo_take_ensured(noise, v_bits(active)) : vf_set(0.0f);
            const vf next = rule.step(job->params, &c[g], state[g], xi);
            state[g] = vf_select(active, vf_clip(next, c[g].lo, c[g].hi), state[g]);
        }
    }
#pragma GCC unroll 4
    for (int g = 0; g < n_groups; g++)
        aimci_state_store(job, at + (size_t)g * AIMCI_LANES, left[g] > 0, state[g], noise);
}

/* Cells that cannot be pulsed at once wait here, to be pulsed in sequence side by side. */
#define AIMCI_LATE 64
typedef struct aimci_late {
    size_t n;
    int32_t count[AIMCI_LATE];
    uint32_t cell[AIMCI_LATE];
} aimci_late;

AIMCI_INLINE void aimci_late_add(aimci_late *late, size_t at, vi count, vi mask)
{
    for (unsigned bits = v_bits(mask); bits; bits &= bits - 1) {
        const int lane = __builtin_ctz(bits);
        late->count[late->n] = count[lane];
        late->cell[late->n++] = (uint32_t)at + (uint32_t)lane;
    }
}

/* Every plane that a pulse looks at; the first n_written are those that it changes. */
enum { AIMCI_LATE_PLANES = 3 + AIMCI_PLANE_BASE + AIMCI_MAX_OWN_PLANES };
AIMCI_INLINE size_t aimci_late_planes(aimci_line *line, float **planes[AIMCI_LATE_PLANES],
                                      size_t *n_written)
{
    size_t n = 0;
    planes[n++] = &line->p;
    if (line->w != line->p)
        planes[n++] = &line->w;
    *n_written = n;
    if (line->reference)
        planes[n++] = &line->reference;
    for (int k = 0; k < AIMCI_PLANE_BASE; k++)
        planes[n++] = &line->base[k];
    for (int k = 0; k < AIMCI_MAX_OWN_PLANES && line->own[k]; k++)
        planes[n++] = &line->own[k];
    return n;
}

/* The waiting cells, copied side by side, pulsed and put back. */
AIMCI_INLINE void aimci_late_pulse(const aimci_pulse_job *job, aimci_late *late, aimci_fifo *noise,
                                   const aimci_pulse_rule rule)
{
    const size_t block = AIMCI_PULSE_GROUPS * AIMCI_LANES, n = late->n;
    aimci_line line = *job->line, packed = line;
    float copy[AIMCI_LATE_PLANES][AIMCI_LATE], **from[AIMCI_LATE_PLANES], **to[AIMCI_LATE_PLANES];
    size_t n_written;
    const size_t n_planes = aimci_late_planes(&line, from, &n_written);
    aimci_late_planes(&packed, to, &n_written);
    const size_t padded = aimci_round_up(n, block);
    assert(n > 0 && n_written <= n_planes);
    for (size_t i = n; i < padded; i++)
        late->count[i] = 0;
    for (size_t k = 0; k < n_planes; k++) {
        for (size_t i = 0; i < n; i++)
            copy[k][i] = (*from[k])[late->cell[i]];
        for (size_t i = n; i < padded; i++)
            copy[k][i] = copy[k][0];
        *to[k] = copy[k];
    }
    if (n_written == 1)
        packed.w = packed.p;
    const aimci_pulse_job here = {job->p, job->params, &packed, job->noisy};
    for (size_t at = 0; at < padded; at += block)
        aimci_pulse_in_sequence(&here, at, late->count, AIMCI_PULSE_GROUPS, noise, rule);
    for (size_t k = 0; k < n_written; k++)
        for (size_t i = 0; i < n; i++)
            (*from[k])[late->cell[i]] = copy[k][i];
    late->n = 0;
}

/* All pulses to eight cells at once; those with a bound in reach stay as they are and wait. */
AIMCI_INLINE void aimci_pulse_at_once(const aimci_pulse_job *job, size_t at, vi count,
                                      aimci_fifo *noise, aimci_late *late,
                                      const aimci_pulse_rule rule)
{
    aimci_cells c = aimci_cells_load(job->line, at, count);
    rule.load(job->params, job->line, at, &c);
    const vi n = vi_abs(count);
    const vf start = aimci_state_load(job->line, at);
    const vf xi = aimci_take(job->noisy, noise, n > 0);
    vf reach;
    const vf next = rule.jump(job->params, &c, vf_from_vi(n), start, xi, &reach);
    const vi near = (n > 1) & ~((start - c.lo >= reach) & (c.hi - start >= reach));
    const vi now = (n > 0) & ~near;
    if (v_any(near))
        aimci_late_add(late, at, count, near);
    aimci_state_store(job, at, now, vf_select(now, vf_clip(next, c.lo, c.hi), start), noise);
}

/* A block of AIMCI_PULSE_GROUPS groups, or what is left of a line. */
AIMCI_INLINE void aimci_pulse_block(const aimci_pulse_job *job, size_t at, const int32_t *count,
                                    const int n_groups, int at_once, aimci_fifo *noise,
                                    aimci_late *late, const aimci_pulse_rule rule)
{
    vi most = vi_set(0);
    for (int g = 0; g < n_groups; g++)
        most = vi_max(most, vi_abs(vi_load(count + at + (size_t)g * AIMCI_LANES)));
    const int several = v_any(most > 1);
    if (several && !at_once) {
        aimci_pulse_in_sequence(job, at, count, n_groups, noise, rule);
        return;
    }
    if (!several && !v_any(most > 0))
        return;
    for (int g = 0; g < n_groups; g++) {
        const size_t here = at + (size_t)g * AIMCI_LANES;
        const vi n = vi_load(count + here);
        if (several && rule.jump)
            aimci_pulse_at_once(job, here, n, noise, late, rule);
        else if (v_any(n != 0))
            aimci_pulse_once(job, here, n, noise, rule);
    }
}

/* The whole line. at_once: the rule's jump is used. */
AIMCI_INLINE void aimci_pulse_cells(const aimci_pulse_job *job, const int32_t *count, int at_once,
                                    const aimci_key *key, uint32_t index,
                                    const aimci_pulse_rule rule)
{
    const size_t n = job->line->n, block = AIMCI_PULSE_GROUPS * AIMCI_LANES;
    aimci_fifo noise;
    aimci_late late;
    late.n = 0;
    aimci_fifo_open(&noise, key, index);
    for (size_t at = 0; at < n;) {
        if (at + block <= n) {
            aimci_pulse_block(job, at, count, AIMCI_PULSE_GROUPS, at_once, &noise, &late, rule);
            at += block;
        } else {
            aimci_pulse_block(job, at, count, 1, at_once, &noise, &late, rule);
            at += AIMCI_LANES;
        }
        if (at_once && late.n && (late.n > AIMCI_LATE - block || at >= n))
            aimci_late_pulse(job, &late, &noise, rule);
    }
}

AIMCI_INLINE void aimci_pulse_line_noisy(const aimci_pulsed *p, int noisy, const void *params,
                                         const aimci_line *line, const int32_t *count,
                                         const aimci_key *key, uint32_t index, aimci_load_fn load,
                                         aimci_step_fn step)
{
    const aimci_pulse_job job = {p, params, line, noisy};
    aimci_pulse_cells(&job, count, 0, key, index, (aimci_pulse_rule){load, step, NULL});
}

/* Each model's pulse kernel is one call of this, */
AIMCI_INLINE void aimci_pulse_line(const aimci_pulsed *p, const void *params,
                                   const aimci_line *line, const int32_t *count,
                                   const aimci_key *key, uint32_t index, aimci_load_fn load,
                                   aimci_step_fn step)
{
    aimci_pulse_line_noisy(p, p->dw_min_std > 0, params, line, count, key, index, load, step);
}

/* or of this, where several pulses may be one jump. exact: the jump has the law of the sequence;
 * else it is only used where the line allows what comes close. */
AIMCI_INLINE void aimci_pulse_line_at_once(const aimci_pulsed *p, int exact, const void *params,
                                           const aimci_line *line, const int32_t *count,
                                           const aimci_key *key, uint32_t index,
                                           const aimci_pulse_rule rule)
{
    const aimci_pulse_job job = {p, params, line, p->dw_min_std > 0};
    const int at_once = line->multi_pulse == AIMCI_MULTI_CLOSE ||
                        (line->multi_pulse == AIMCI_MULTI_EXACT && (exact || !job.noisy));
    if (at_once)
        aimci_pulse_cells(&job, count, 1, key, index, rule);
    else
        aimci_pulse_cells(&job, count, 0, key, index, rule);
}

/* ---- several pulses at once ----------------------------------------------------------------- */

/* Standard deviations that no path exceeds: 2 P(|xi| > 6.5) = 1.6e-10 by Levy's inequality. */
#define AIMCI_FAR 6.5f

/* sum_(i < n) (1 + k)^i; five terms of the binomial series leave 5e-7 at |n k| = 0.2 */
AIMCI_INLINE vf aimci_power_sum(vf n, vf k)
{
    vf s = 1.0f + (n - 4.0f) * k * 0.2f;
    s = 1.0f + (n - 3.0f) * k * 0.25f * s;
    s = 1.0f + (n - 2.0f) * k * (1.0f / 3.0f) * s;
    s = 1.0f + (n - 1.0f) * k * 0.5f * s;
    return n * s;
}

/* n pulses of a step that is affine in the state, a + k w (a in c->step, k in c->own[0]), with the
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
AIMCI_INLINE vf aimci_affine_jump(const aimci_cells *c, int multiplicative, float sigma, vf n, vf w,
                                  vf xi, vf *reach)
{
    const vf k = c->own[0], mean = c->step + k * w, nk = n * k;
    vi valid = vf_abs(nk) <= 0.2f;
    vf next, spread;
    if (multiplicative) {
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

/* ---- curves given by numbers ---------------------------------------------------------------- */

/* Place of a state between the bounds of its cell: 1 / (b+ - b-), 0 for a cell without range. */
AIMCI_INLINE vf aimci_inverse_range(const aimci_cells *c)
{
    const vf range = c->hi - c->lo;
    return vf_select(range > 0.0f, 1.0f / range, vf_set(0.0f));
}

#endif
