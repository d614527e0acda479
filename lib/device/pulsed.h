/* SPDX-License-Identifier: MIT */
/* Kernels that all pulsed models share: drawing the base parameters, and the loop around one pulse
 * step. Included by each model's file, which is compiled once per instruction set. */
#ifndef AIMCI_PULSED_H
#define AIMCI_PULSED_H

#include "device/model.h"
#include "device/pulse_queue.h"
#include "kernels/fifo.h"

/* Each quantity has a stream of its own, so that turning one spread on never changes another's
 * draws. */
enum {
    AIMCI_SAMPLE_MAX,
    AIMCI_SAMPLE_MIN,
    AIMCI_SAMPLE_GAIN,
    AIMCI_SAMPLE_ASYMMETRY,
    AIMCI_SAMPLE_CORRUPT,
    AIMCI_SAMPLE_STUCK_AT,
    AIMCI_SAMPLE_DIFFUSION,
    AIMCI_SAMPLE_RESET,
    AIMCI_SAMPLE_LIFETIME,
    AIMCI_SAMPLE_REFERENCE,
    AIMCI_SAMPLE_OWN /* a model's own quantities count from here */
};

AIMCI_INLINE aimci_stream aimci_sampling_stream(const aimci_sampling *sampling, uint32_t quantity)
{
    const aimci_key key = aimci_random_key(sampling->seed, AIMCI_OP_CONSTRUCT, quantity, 0);
    return aimci_stream_open(&key, sampling->word_line);
}

/* out[i] = mean + spread xi */
AIMCI_INLINE void aimci_draw_normal(const aimci_sampling *sampling, uint32_t quantity, double mean,
                                    double spread, float *out, size_t n)
{
    aimci_normals normals = {.stream = aimci_sampling_stream(sampling, quantity)};
    for (size_t i = 0; i < n; i += AIMCI_LANES) {
        const vf xi = spread > 0 ? aimci_normals_next(&normals) : vf_set(0.0f);
        vf_store(out + i, xi * (float)spread + (float)mean);
    }
}

/* Steps from the gain (in the UP plane) and the asymmetry (in the DOWN plane):
 * S+ = dw (G + min(u, 0) + r), S- = dw (G - max(u, 0) - r). */
AIMCI_INLINE void aimci_draw_steps(const aimci_pulsed *p, const aimci_word_line *line,
                                   const aimci_sampling *sampling)
{
    float *up = line->cell[AIMCI_CELL_UP], *down = line->cell[AIMCI_CELL_DOWN];
    aimci_draw_normal(sampling, AIMCI_SAMPLE_GAIN, p->dw_min_dtod_log_normal ? 0.0 : 1.0,
                      p->dw_min_dtod, up, line->n);
    aimci_draw_normal(sampling, AIMCI_SAMPLE_ASYMMETRY, 0.0, p->up_down_dtod, down, line->n);
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
AIMCI_INLINE void aimci_draw_bounds(const aimci_pulsed *p, const aimci_word_line *line,
                                    const aimci_sampling *sampling)
{
    float *hi = line->cell[AIMCI_CELL_MAX], *lo = line->cell[AIMCI_CELL_MIN];
    aimci_draw_normal(sampling, AIMCI_SAMPLE_MAX, p->w_max, p->w_max * p->w_max_dtod, hi, line->n);
    aimci_draw_normal(sampling, AIMCI_SAMPLE_MIN, p->w_min, -p->w_min * p->w_min_dtod, lo, line->n);
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
AIMCI_INLINE void aimci_draw_corrupt(const aimci_pulsed *p, const aimci_word_line *line,
                                     const aimci_sampling *sampling)
{
    aimci_stream which = aimci_sampling_stream(sampling, AIMCI_SAMPLE_CORRUPT);
    aimci_stream where = aimci_sampling_stream(sampling, AIMCI_SAMPLE_STUCK_AT);
    const vf range = vf_set((float)p->corrupt_devices_range);
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vi stuck = aimci_stream_uniform(&which) < (float)p->corrupt_devices_prob;
        const vf hi = vf_load(line->cell[AIMCI_CELL_MAX] + i);
        const vf lo = vf_load(line->cell[AIMCI_CELL_MIN] + i);
        const vf from = vf_max(lo, -range), to = vf_min(hi, range);
        const vf at = from + (to - from) * aimci_stream_uniform(&where);
        vf_store(line->cell[AIMCI_CELL_MAX] + i, vf_select(stuck, at, hi));
        vf_store(line->cell[AIMCI_CELL_MIN] + i, vf_select(stuck, at, lo));
        for (int plane = AIMCI_CELL_UP; plane <= AIMCI_CELL_DOWN; plane++) {
            const vf step = vf_load(line->cell[plane] + i);
            vf_store(line->cell[plane] + i, vf_select(stuck, vf_set(0.0f), step));
        }
    }
}

AIMCI_INLINE void aimci_fill(float *x, float value, size_t n)
{
    for (size_t i = 0; i < n; i += AIMCI_LANES)
        vf_store(x + i, vf_set(value));
}

/* Decay, diffusion and reset of each cell; the planes exist only where there is a spread. */
AIMCI_INLINE void aimci_draw_relaxation(const aimci_pulsed *p, const aimci_word_line *line,
                                        const aimci_sampling *sampling)
{
    if (line->cell[AIMCI_CELL_DIFFUSION]) {
        aimci_draw_normal(sampling, AIMCI_SAMPLE_DIFFUSION, p->diffusion,
                          p->diffusion * p->diffusion_dtod, line->cell[AIMCI_CELL_DIFFUSION],
                          line->n);
        for (size_t i = 0; i < line->n; i += AIMCI_LANES)
            vf_store(line->cell[AIMCI_CELL_DIFFUSION] + i,
                     vf_abs(vf_load(line->cell[AIMCI_CELL_DIFFUSION] + i)));
    }
    if (line->cell[AIMCI_CELL_RESET])
        aimci_draw_normal(sampling, AIMCI_SAMPLE_RESET, p->reset, p->reset_dtod,
                          line->cell[AIMCI_CELL_RESET], line->n);
    if (line->cell[AIMCI_CELL_DECAY]) {
        aimci_draw_normal(sampling, AIMCI_SAMPLE_LIFETIME, p->lifetime,
                          p->lifetime * p->lifetime_dtod, line->cell[AIMCI_CELL_DECAY], line->n);
        for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
            const vf tau = vf_load(line->cell[AIMCI_CELL_DECAY] + i);
            vf_store(line->cell[AIMCI_CELL_DECAY] + i,
                     vf_select(tau > 1.0f, 1.0f - 1.0f / tau, vf_set(0.0f)));
        }
    }
}

/* Everything of the base, in this order: consistency, then corruption, then the perfect bias. */
AIMCI_INLINE void aimci_populate_base(const aimci_pulsed *p, const aimci_word_line *line,
                                      const aimci_sampling *sampling)
{
    aimci_draw_bounds(p, line, sampling);
    aimci_draw_steps(p, line, sampling);
    if (p->corrupt_devices_prob > 0)
        aimci_draw_corrupt(p, line, sampling);
    aimci_draw_relaxation(p, line, sampling);
    if (p->perfect_bias && sampling->word_line + 1 == sampling->n_word_lines) {
        aimci_fill(line->cell[AIMCI_CELL_MAX], (float)(100 * p->w_max), line->n);
        aimci_fill(line->cell[AIMCI_CELL_MIN], (float)(100 * p->w_min), line->n);
        aimci_fill(line->cell[AIMCI_CELL_UP], (float)p->dw_min, line->n);
        aimci_fill(line->cell[AIMCI_CELL_DOWN], (float)p->dw_min, line->n);
    }
}

/* ---- pulses --------------------------------------------------------------------------------- */

/* The first n_first pulses of eight neighbours; what is left is noted in the queue. i counts from
 * the first cell of the window. */
AIMCI_INLINE void aimci_pulse_in_place(const aimci_pulse_job *job, const int32_t *count,
                                       size_t first, size_t i, int n_first, const float **xi,
                                       aimci_queue *queue, const aimci_pulse_rule rule)
{
    const vi n = vi_load(count + i);
    aimci_lane_group c = aimci_lane_group_load(job, (aimci_where){first + i, NULL}, n > 0, rule);
    vi left = vi_abs(n);
    for (int k = 0; k < n_first; k++) {
        const vi takes = left > 0;
        const vf noise = aimci_normals_take(xi, v_bits(takes));
        const vf next = vf_clip(rule.step(job->params, &c, c.state, noise), c.lo, c.hi);
        c.state = vf_select(takes, next, c.state);
        left += takes;
    }
    aimci_state_store(job->line, first + i, n != 0, c.state);
    vi_store(queue->left + i, left);
}

/* All pulses of eight neighbours at once; those with a bound in reach stay as they are and keep
 * theirs in the queue: they come back. */
AIMCI_INLINE vi aimci_pulse_at_once(const aimci_pulse_job *job, const int32_t *count, size_t first,
                                    size_t i, const float **xi, aimci_queue *queue,
                                    const aimci_pulse_rule rule)
{
    const vi n = vi_load(count + i), left = vi_abs(n);
    const aimci_lane_group c =
        aimci_lane_group_load(job, (aimci_where){first + i, NULL}, n > 0, rule);
    const vf noise = aimci_normals_take(xi, v_bits(left > 0));
    vf reach;
    const vf next = rule.jump(job->params, &c, vf_from_vi(left), c.state, noise, &reach);
    const vi near = (left > 1) & ~((c.state - c.lo >= reach) & (c.hi - c.state >= reach));
    aimci_state_store(job->line, first + i, (left > 0) & ~near, vf_clip(next, c.lo, c.hi));
    vi_store(queue->left + i, left & near);
    return near;
}

/* The pulses of some cells. */
typedef struct aimci_survey {
    int32_t total, most;
} aimci_survey;

AIMCI_INLINE aimci_survey aimci_survey_counts(const int32_t *count, size_t n)
{
    vi most = vi_set(0), sum = vi_set(0);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vi c = vi_min(vi_abs(vi_load(count + at)), vi_set(1000));
        most = vi_max(most, c);
        sum += c;
    }
    aimci_survey s = {vi_sum(sum), most[0]};
    for (int k = 1; k < AIMCI_LANES; k++)
        s.most = most[k] > s.most ? most[k] : s.most;
    return s;
}

/* Too few to sort: a line that pulse_merge.h made, or that of a small tile. */
AIMCI_INLINE int aimci_few(aimci_survey s, size_t n_cells)
{
    return n_cells <= AIMCI_LANES && s.total < 64 * AIMCI_LANES;
}

/* How many pulses each cell gets in place, before the rest wait in the queue: some where a pulse is
 * little work and few cells get more of them, all where there are too few cells to sort. */
AIMCI_INLINE int aimci_first_pulses(aimci_survey s, size_t n_cells, const aimci_pulse_rule rule)
{
    if (aimci_few(s, n_cells))
        return s.most;
    if (!rule.jump || (size_t)s.total >= 4 * n_cells)
        return 0;
    return s.most < 4 ? s.most : 4;
}

/* The pulses of n_cells from first on. */
AIMCI_INLINE void aimci_pulse_window(const aimci_pulse_job *job, const int32_t *count, size_t first,
                                     size_t n_cells, int may_jump, aimci_fifo *noise,
                                     const aimci_pulse_rule rule)
{
    const aimci_survey s = aimci_survey_counts(count, n_cells);
    if (s.total == 0)
        return;
    const int jump = rule.jump && may_jump && s.most > 1 && !aimci_few(s, n_cells);
    const int n_first = jump ? 0 : aimci_first_pulses(s, n_cells, rule);
    aimci_fifo_ensure(noise, jump ? n_cells : n_first ? (size_t)s.total : 0);
    const float *xi = noise->next;
    aimci_queue queue;
    vi wait = vi_set(!jump && s.most > n_first ? -1 : 0); /* is there something for the queue? */
    for (size_t i = 0; i < n_cells; i += AIMCI_LANES) {
        const vi n = vi_load(count + i);
        if (!(jump || n_first) || !v_any(n != 0))
            vi_store(queue.left + i, vi_abs(n));
        else if (jump)
            wait |= aimci_pulse_at_once(job, count, first, i, &xi, &queue, rule);
        else
            aimci_pulse_in_place(job, count, first, i, n_first, &xi, &queue, rule);
    }
    noise->next = xi;
    if (v_any(wait))
        aimci_queue_run(&queue, job, count, first, n_cells, noise, rule);
}

/* The apparent weight of touched cells is redrawn around the persistent one. Once per update has
 * the same law as after each pulse, because only the last draw survives. */
AIMCI_INLINE void aimci_write_noise(const aimci_pulse_job *job, const int32_t *count,
                                    aimci_fifo *noise)
{
    const aimci_word_line *line = job->line;
    const float spread = (float)(job->p->write_noise_std * job->p->dw_min);
    aimci_fifo_voice(noise);
    for (size_t at = 0; at < line->n; at += AIMCI_LANES) {
        const vi touched = vi_load(count + at) != 0;
        const vf xi = aimci_fifo_take(noise, v_bits(touched));
        const vf noisy = vf_load(line->p + at) + xi * spread;
        vf_store(line->w + at, vf_select(touched, noisy, vf_load(line->w + at)));
    }
}

/* All pulses of a line. */
AIMCI_INLINE void aimci_pulse_windows(const aimci_pulse_job *job, const int32_t *count,
                                      int may_jump, aimci_fifo *noise, const aimci_pulse_rule rule)
{
    for (size_t first = 0; first < job->line->n; first += AIMCI_WINDOW) {
        const size_t rest = job->line->n - first;
        aimci_pulse_window(job, count + first, first, rest < AIMCI_WINDOW ? rest : AIMCI_WINDOW,
                           may_jump, noise, rule);
    }
}

/* Each model's pulse kernel is one call of this. */
AIMCI_INLINE void aimci_pulse_line(const aimci_pulsed *p, int noisy, const void *params,
                                   const aimci_word_line *line, const int32_t *count,
                                   const aimci_key *key, uint32_t index, int may_jump,
                                   const aimci_pulse_rule rule)
{
    const aimci_pulse_job job = {p, params, line};
    aimci_fifo noise;
    aimci_fifo_open(&noise, key, index);
    noise.silent = !noisy;
    aimci_pulse_windows(&job, count, may_jump, &noise, rule);
    if (p->write_noise_std > 0)
        aimci_write_noise(&job, count, &noise);
}

/* The same where several pulses may be one jump. With additive noise the jump has the law of the
 * sequence; else it is only used where the line allows what comes close. */
AIMCI_INLINE void aimci_pulse_affine(const aimci_pulsed *p, bool mult_noise, const void *params,
                                     const aimci_word_line *line, const int32_t *count,
                                     const aimci_key *key, uint32_t index,
                                     const aimci_pulse_rule rule)
{
    const int may_jump =
        line->multi_pulse == AIMCI_MULTI_CLOSE ||
        (line->multi_pulse != AIMCI_MULTI_SEQUENCE && aimci_additive(p, mult_noise));
    aimci_pulse_line(p, p->dw_min_std > 0, params, line, count, key, index, may_jump, rule);
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
AIMCI_INLINE vf aimci_affine_jump(const aimci_lane_group *c, int multiplicative, float sigma, vf n,
                                  vf w, vf xi, vf *reach)
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
AIMCI_INLINE vf aimci_inverse_range(const aimci_lane_group *c)
{
    const vf range = c->hi - c->lo;
    return vf_select(range > 0.0f, 1.0f / range, vf_set(0.0f));
}

#endif
