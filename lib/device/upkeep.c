/* SPDX-License-Identifier: MIT */
/* What happens to cells besides pulses, alike for all devices: clipping, write noise, decay,
 * diffusion, reset. Bounds, decay and reset act on the physical state, which is the weight plus the
 * cell's reference. */
#include "device/model.h"
#include "kernels/stream.h"

AIMCI_INLINE vf plane_or(const float *plane, size_t at, float value)
{
    return plane ? vf_load(plane + at) : vf_set(value);
}

AIMCI_INLINE vf state_load(const aimci_line *l, size_t at)
{
    return vf_load(l->p + at) + plane_or(l->reference, at, 0.0f);
}

AIMCI_INLINE void state_store(const aimci_line *l, size_t at, vf v)
{
    if (l->base[AIMCI_PLANE_MAX])
        v = vf_clip(v, vf_load(l->base[AIMCI_PLANE_MIN] + at),
                    vf_load(l->base[AIMCI_PLANE_MAX] + at));
    vf_store(l->p + at, v - plane_or(l->reference, at, 0.0f));
}

static void clip(const aimci_line *l)
{
    for (size_t at = 0; at < l->n; at += AIMCI_LANES)
        state_store(l, at, state_load(l, at));
}

static void redraw(const aimci_upkeep *u, const aimci_line *l, const aimci_key *key, uint32_t index)
{
    if (l->w == l->p)
        return;
    aimci_normals normals = {.stream = aimci_stream_open(key, index)};
    for (size_t at = 0; at < l->n; at += AIMCI_LANES)
        vf_store(l->w + at, vf_load(l->p + at) + aimci_normals_next(&normals) * u->write_noise);
}

/* v <- (v - rho)(1 + alpha (scale - 1)) + rho */
static void decay(const aimci_upkeep *u, const aimci_line *l, float alpha)
{
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf rho = plane_or(l->reset, at, u->reset);
        const vf keep = 1.0f + alpha * (plane_or(l->decay, at, u->decay) - 1.0f);
        state_store(l, at, (state_load(l, at) - rho) * keep + rho);
    }
}

static void diffuse(const aimci_upkeep *u, const aimci_line *l, const aimci_key *key,
                    uint32_t index)
{
    aimci_normals normals = {.stream = aimci_stream_open(key, index)};
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf rate = plane_or(l->diffusion, at, u->diffusion);
        state_store(l, at, state_load(l, at) + aimci_normals_next(&normals) * rate);
    }
}

static void reset(const aimci_upkeep *u, const aimci_line *l, float prob, const aimci_key *key,
                  uint32_t index)
{
    aimci_normals normals = {.stream = aimci_stream_open(key, 2 * index)};
    aimci_stream chosen = aimci_stream_open(key, 2 * index + 1);
    for (size_t at = 0; at < l->n; at += AIMCI_LANES) {
        const vf xi = aimci_normals_next(&normals);
        const vf target = plane_or(l->reset, at, u->reset) + xi * u->reset_std;
        const vi here = aimci_stream_uniform(&chosen) < prob;
        state_store(l, at, vf_select(here, target, state_load(l, at)));
    }
}

AIMCI_DECLARE_VARIANTS(aimci_upkeep_kernels, upkeep)
const aimci_upkeep_kernels AIMCI_K(upkeep) = {
    .clip = clip,
    .redraw = redraw,
    .decay = decay,
    .diffuse = diffuse,
    .reset = reset,
};
