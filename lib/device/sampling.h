/* SPDX-License-Identifier: MIT */
/* Device-to-device sampling: the cell parameters that every pulsed model has, and the streams that
 * a model draws its own from. Included by files that are compiled once per instruction set. */
#ifndef AIMCI_SAMPLING_H
#define AIMCI_SAMPLING_H

#include "device/model.h"
#include "kernels/stream.h"

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
    AIMCI_SAMPLE_OWN,        /* a model's own quantities count from here */
    AIMCI_SAMPLE_DRIFT = 64, /* of every device, ideal ones too */
    AIMCI_SAMPLE_ONSET
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

/* Steps from the gain (where the up step will be) and the asymmetry (where the down step will be):
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

/* Stuck cells: no steps, and both bounds at one random place within +-range and within the cell's
 * bounds. */
AIMCI_INLINE void aimci_draw_corrupt(const aimci_pulsed *p, const aimci_word_line *line,
                                     const aimci_sampling *sampling)
{
    aimci_stream which = aimci_sampling_stream(sampling, AIMCI_SAMPLE_CORRUPT);
    aimci_stream where = aimci_sampling_stream(sampling, AIMCI_SAMPLE_STUCK_AT);
    const vf range = vf_set((float)p->corrupt_devices_range);
    for (size_t i = 0; i < line->n; i += AIMCI_LANES) {
        const vm stuck = aimci_stream_uniform(&which) < (float)p->corrupt_devices_prob;
        const vf hi = vf_load(line->cell[AIMCI_CELL_MAX] + i);
        const vf lo = vf_load(line->cell[AIMCI_CELL_MIN] + i);
        const vf from = vf_max(lo, -range), to = vf_min(hi, range);
        const vf at = from + (to - from) * aimci_stream_uniform(&where);
        vf_store(line->cell[AIMCI_CELL_MAX] + i, vf_select(stuck, at, hi));
        vf_store(line->cell[AIMCI_CELL_MIN] + i, vf_select(stuck, at, lo));
        for (int k = AIMCI_CELL_UP; k <= AIMCI_CELL_DOWN; k++) {
            const vf step = vf_load(line->cell[k] + i);
            vf_store(line->cell[k] + i, vf_select(stuck, vf_set(0.0f), step));
        }
    }
}

AIMCI_INLINE void aimci_fill(float *x, float value, size_t n)
{
    for (size_t i = 0; i < n; i += AIMCI_LANES)
        vf_store(x + i, vf_set(value));
}

/* Decay, diffusion and reset of each cell; the parameters exist only where there is a spread. */
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

/* All base parameters. The order matters: stuck cells lie within bounds that are in order already,
 * and the perfect bias, the last word line, overrides everything. */
AIMCI_INLINE void aimci_sample_base(const aimci_pulsed *p, const aimci_word_line *line,
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

#endif
