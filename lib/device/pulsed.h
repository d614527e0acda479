/* SPDX-License-Identifier: MIT */
/* Kernels that all pulsed models share: drawing the base parameters, and the loop around one pulse
 * step. Included by each model's file, which is compiled once per instruction set. */
#ifndef AIMCI_PULSED_H
#define AIMCI_PULSED_H

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

/* Pulses to eight cells, one after the other, each with its own noise, clipped each time. */
AIMCI_INLINE vf aimci_pulse_cells(const void *params, const aimci_cells *c, vi count, vf state,
                                  aimci_fifo *noise, aimci_step_fn step)
{
    const vi n = vi_abs(count);
    for (int32_t k = 0;; k++) {
        const vi active = n > k;
        const unsigned bits = v_bits(active);
        if (!bits)
            return state;
        const vf xi = noise ? aimci_fifo_take(noise, bits) : vf_set(0.0f);
        const vf next = vf_clip(step(params, c, state, xi), c->lo, c->hi);
        state = vf_select(active, next, state);
    }
}

/* The apparent weight of touched cells is redrawn around the persistent one. Once per update has
 * the same law as after each pulse, because only the last draw survives. */
AIMCI_INLINE void aimci_write_noise(const aimci_pulsed *p, const aimci_line *line, size_t at,
                                    vi count, vf state, aimci_fifo *noise)
{
    const vf xi = aimci_fifo_take(noise, v_bits(count != 0));
    const vf noisy = state + xi * (float)(p->write_noise_std * p->dw_min);
    vf_store(line->w + at, vf_select(count != 0, noisy, vf_load(line->w + at)));
}

/* The whole line, with cycle-to-cycle noise or without. load and step are inlined. */
AIMCI_INLINE void aimci_pulse_line_noisy(const aimci_pulsed *p, int noisy, const void *params,
                                         const aimci_line *line, const int32_t *count,
                                         const aimci_key *key, uint32_t index, aimci_load_fn load,
                                         aimci_step_fn step)
{
    aimci_fifo noise;
    aimci_fifo_open(&noise, key, index);
    for (size_t at = 0; at < line->n; at += AIMCI_LANES) {
        const vi n = vi_load(count + at);
        if (!v_any(n != 0))
            continue;
        aimci_cells c = aimci_cells_load(line, at, n);
        load(params, line, at, &c);
        vf state = vf_load(line->p + at);
        const vf ref = line->reference ? vf_load(line->reference + at) : vf_set(0.0f);
        if (line->reference)
            state = state + ref;
        state = aimci_pulse_cells(params, &c, n, state, noisy ? &noise : NULL, step);
        if (line->reference)
            state = vf_select(n != 0, state - ref, vf_load(line->p + at));
        vf_store(line->p + at, state);
        if (p->write_noise_std > 0)
            aimci_write_noise(p, line, at, n, state, &noise);
    }
}

/* Each model's pulse kernel is one call of this. */
AIMCI_INLINE void aimci_pulse_line(const aimci_pulsed *p, const void *params,
                                   const aimci_line *line, const int32_t *count,
                                   const aimci_key *key, uint32_t index, aimci_load_fn load,
                                   aimci_step_fn step)
{
    aimci_pulse_line_noisy(p, p->dw_min_std > 0, params, line, count, key, index, load, step);
}

/* ---- curves given by numbers ---------------------------------------------------------------- */

/* Place of a state between the bounds of its cell: 1 / (b+ - b-), 0 for a cell without range. */
AIMCI_INLINE vf aimci_inverse_range(const aimci_cells *c)
{
    const vf range = c->hi - c->lo;
    return vf_select(range > 0.0f, 1.0f / range, vf_set(0.0f));
}

#endif
