/* SPDX-License-Identifier: MIT */
/* What happens to cells besides pulses, alike for all devices: clipping, write noise, decay,
 * diffusion, reset, drift, disturbance by reads, wear by pulses. Bounds, decay and reset act on the
 * physical state, which is the weight plus the cell's reference. */
#include <float.h>

#include "device/model.h"
#include "kernels/stream.h"

AIMCI_INLINE vf cell_or(const aimci_word_line *l, int number, size_t at, float value)
{
    return l->cell[number] ? vf_load(l->cell[number] + at) : vf_set(value);
}

AIMCI_INLINE vf state_load(const aimci_word_line *l, size_t at)
{
    return vf_load(l->p + at) + cell_or(l, AIMCI_CELL_REFERENCE, at, 0.0f);
}

AIMCI_INLINE void state_store(const aimci_word_line *l, size_t at, vf v)
{
    if (l->cell[AIMCI_CELL_MAX])
        v = vf_clip(v, vf_load(l->cell[AIMCI_CELL_MIN] + at),
                    vf_load(l->cell[AIMCI_CELL_MAX] + at));
    else
        v = vf_clip(v, vf_set(-FLT_MAX), vf_set(FLT_MAX));
    vf_store(l->p + at, v - cell_or(l, AIMCI_CELL_REFERENCE, at, 0.0f));
}

static void clip(const aimci_word_line *l)
{
    for (size_t at = 0; at < l->n; at += AIMCI_LANES)
        state_store(l, at, state_load(l, at));
}

static void redraw(const aimci_relaxation *r, const aimci_word_line *l, const aimci_key *key,
                   uint32_t index)
{
    if (l->w == l->p)
        return;
    aimci_normals normals = {.stream = aimci_stream_open(key, index)};
    for (size_t at = 0; at < l->n; at += AIMCI_LANES)
        vf_store(l->w + at, vf_load(l->p + at) + aimci_normals_next(&normals) * r->write_noise);
}

/* v <- (v - rho)(1 + alpha (scale - 1)) + rho */
static void decay(const aimci_relaxation *r, const aimci_word_line *l, float alpha,
                  const aimci_key *key, uint32_t index)
{
    (void)key, (void)index;
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf rho = cell_or(l, AIMCI_CELL_RESET, at, r->reset);
        const vf keep = 1.0f + alpha * (cell_or(l, AIMCI_CELL_DECAY, at, r->decay) - 1.0f);
        state_store(l, at, (state_load(l, at) - rho) * keep + rho);
    }
}

static void diffuse(const aimci_relaxation *r, const aimci_word_line *l, float amount,
                    const aimci_key *key, uint32_t index)
{
    (void)amount;
    aimci_normals normals = {.stream = aimci_stream_open(key, index)};
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf rate = cell_or(l, AIMCI_CELL_DIFFUSION, at, r->diffusion);
        state_store(l, at, state_load(l, at) + aimci_normals_next(&normals) * rate);
    }
}

static void reset(const aimci_relaxation *r, const aimci_word_line *l, float prob,
                  const aimci_key *key, uint32_t index)
{
    aimci_normals normals = {.stream = aimci_stream_open(key, 2 * index)};
    aimci_stream chosen = aimci_stream_open(key, 2 * index + 1);
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf xi = aimci_normals_next(&normals);
        const vf target = cell_or(l, AIMCI_CELL_RESET, at, r->reset) + xi * r->reset_std;
        const vm here = aimci_stream_uniform(&chosen) < prob;
        state_store(l, at, vf_select(here, target, state_load(l, at)));
    }
}

/* ---- drift ---------------------------------------------------------------------------------- */

/* A cell that was written at weight w0 and left alone for the time t is at
 *
 *     z = max(t / t_0, 1)^-nu,   w = w0 z + a (z - 1),   a = g_offset wg_ratio + w_offset
 *
 * because its conductance g falls as z g: I. V. Karpov et al., J. Appl. Phys. 102:124503 (2007).
 * Per cell: the anchor w0, the weight that the last call left, and the age t / t_0, -1 before the
 * first call. A weight that differs from what the last call left was written: it becomes the
 * anchor, at age 0, and stays for this call. It is the weight that drifts, so that a reference
 * drifts along with its device. */

AIMCI_INLINE vf drift_exponent(const aimci_drift *d, const aimci_word_line *l, size_t at, vf w,
                               vf xi)
{
    vf nu = cell_or(l, AIMCI_CELL_DRIFT_NU, at, d->nu) * (1.0f + xi * d->nu_std);
    if (d->nu_k != 0.0f) {
        const vf g = w * d->per_weight + d->g_at_0;
        const vm positive = g > 0.0f;
        const vf log_g = vf_log(vf_select(positive, g, vf_set(1.0f)));
        nu = nu - vf_select(positive, (log_g - d->log_g0) * d->nu_k, vf_set(0.0f));
    }
    return nu;
}

static void drift(const aimci_relaxation *r, const aimci_word_line *l, float dt,
                  const aimci_key *key, uint32_t index)
{
    const aimci_drift *d = &r->drift;
    aimci_normals of_nu = {.stream = aimci_stream_open(key, 2 * index)};
    aimci_normals of_w = {.stream = aimci_stream_open(key, 2 * index + 1)};
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf w = vf_load(l->p + at), ref = cell_or(l, AIMCI_CELL_REFERENCE, at, 0.0f);
        vf age = vf_load(l->cell[AIMCI_CELL_DRIFT_AGE] + at),
           anchor = vf_load(l->cell[AIMCI_CELL_DRIFT_ANCHOR] + at);
        const vm fresh = age < 0.0f;
        const vi written =
            ~fresh & (vf_abs(vf_load(l->cell[AIMCI_CELL_DRIFT_LAST] + at) - w) > d->tolerance);
        anchor = vf_select(fresh | written, w, anchor);
        age = vf_select(written, vf_set(0.0f), vf_max(age, vf_set(0.0f)) + dt);
        const vf xi = d->nu_std > 0 ? aimci_normals_next(&of_nu) : vf_set(0.0f);
        const vf nu = drift_exponent(d, l, at, w, xi);
        const vf z = vf_exp(-nu * vf_log(vf_max(age, vf_set(1.0f))));
        vf next = vf_select(written, w, anchor * z + (z - 1.0f) * d->offset);
        if (d->noise > 0)
            next = next + aimci_normals_next(&of_w) * d->noise;
        state_store(l, at, next + ref);
        vf_store(l->cell[AIMCI_CELL_DRIFT_ANCHOR] + at, anchor);
        vf_store(l->cell[AIMCI_CELL_DRIFT_AGE] + at, age);
        vf_store(l->cell[AIMCI_CELL_DRIFT_LAST] + at, vf_load(l->p + at));
    }
}

/* ---- use ------------------------------------------------------------------------------------ */

/* A new state, and what reads see moves with it: this is no write, so that the write noise of a
 * cell stays as it was drawn. */
AIMCI_INLINE void state_move(const aimci_word_line *l, size_t at, vf v)
{
    const vf w = vf_load(l->w + at), p = vf_load(l->p + at);
    state_store(l, at, v);
    if (l->w != l->p)
        vf_store(l->w + at, w + (vf_load(l->p + at) - p));
}

/* Toward the target. */
static void disturb(const aimci_relaxation *r, const aimci_word_line *l, float share,
                    const aimci_key *key, uint32_t index)
{
    (void)key, (void)index;
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf state = state_load(l, at);
        state_move(l, at, state + (r->disturb.target - state) * share);
    }
}

/* A sum and the rest that its rounding leaves for the next (W. Kahan, Commun. ACM 8:40 (1965)),
 * because single pulses are lost beyond 2^24. */
AIMCI_INLINE vf count_pulses(const aimci_word_line *l, size_t at, vi count)
{
    float *const rest = l->cell[AIMCI_CELL_PULSES_REST];
    const vf before = vf_load(l->cell[AIMCI_CELL_PULSES] + at);
    const vf more = vf_from_vi(vi_abs(count)) + cell_or(l, AIMCI_CELL_PULSES_REST, at, 0.0f);
    const vf sum = before + more;
    if (rest)
        vf_store(rest + at, more - (sum - before));
    vf_store(l->cell[AIMCI_CELL_PULSES] + at, sum);
    return sum;
}

/* A bound after pulses = exp(x) onset. */
AIMCI_INLINE vf closed(vf fresh, vf other, vf x, float exponent, float least)
{
    const vf zero = vf_set(0.0f), lo = vf_min(fresh, other), hi = vf_max(fresh, other);
    const vf end = vf_clip(zero, lo, hi);
    const vf keep = vf_max(vf_exp(x * -exponent), vf_set(least));
    return vf_select(x > 0.0f, end + (fresh - end) * keep, fresh);
}

static void wear(const aimci_endurance *e, const aimci_word_line *l, const int32_t *count)
{
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vi n = count ? vi_load(count + at) : vi_set(0);
        if (count && !v_any(n != 0))
            continue;
        const vf pulses = count_pulses(l, at, n);
        if (!l->cell[AIMCI_CELL_FRESH_MAX])
            continue;
        const vf hi = vf_load(l->cell[AIMCI_CELL_FRESH_MAX] + at);
        const vf lo = vf_load(l->cell[AIMCI_CELL_FRESH_MIN] + at);
        const vf ratio = pulses / cell_or(l, AIMCI_CELL_ONSET, at, e->onset);
        const vf x = vf_log(vf_max(ratio, vf_set(1.0f)));
        vf_store(l->cell[AIMCI_CELL_MAX] + at, closed(hi, lo, x, e->max_exponent, e->least));
        vf_store(l->cell[AIMCI_CELL_MIN] + at, closed(lo, hi, x, e->min_exponent, e->least));
        state_move(l, at, state_load(l, at));
    }
}

AIMCI_DECLARE_VARIANTS(aimci_relaxation_kernels, relaxation)
const aimci_relaxation_kernels AIMCI_K(relaxation) = {
    .clip = clip,
    .redraw = redraw,
    .relax = {[AIMCI_RELAX_DECAY] = decay,
              [AIMCI_RELAX_DIFFUSE] = diffuse,
              [AIMCI_RELAX_DRIFT] = drift,
              [AIMCI_RELAX_RESET] = reset,
              [AIMCI_RELAX_DISTURB] = disturb},
    .wear = wear,
};
