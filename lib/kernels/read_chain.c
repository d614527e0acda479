/* SPDX-License-Identifier: MIT */
/* Compiled once per instruction set; see kernels/dispatch.h. */
#include "kernels/read_chain.h"
#include "kernels/dispatch.h"
#include "kernels/stream.h"

/* ---- converters ----------------------------------------------------------------------------- */

/* Q(v) = rint(v / step + U - 1/2) step */
AIMCI_INLINE vf quantize(vf v, float step, int sto_round, aimci_stream *stream)
{
    if (step <= 0)
        return v;
    vf code = v / step;
    if (sto_round)
        code = code + (aimci_stream_uniform(stream) - 0.5f);
    return vf_rint(code) * step;
}

/* d: a copy that nobody else sees, so that what is constant in it is so for the compiler, too. */
AIMCI_INLINE void dac_loop(const aimci_dac d, const float *x, float *z, size_t n)
{
    aimci_normals normals = {aimci_stream_open(&d.key, 0)};
    aimci_stream rounding = aimci_stream_open(&d.key, 1);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf v = vf_load_tail(x, at, n) * d.scale;
        v = quantize(v, d.step, d.sto_round, &rounding);
        v = vf_clip(v, vf_set(-d.bound), vf_set(d.bound));
        if (d.noise > 0)
            v = v + aimci_normals_next(&normals) * d.noise;
        if (d.asymmetry != 0)
            v = vf_select(v < 0.0f, v * (1.0f - d.asymmetry), v);
        vf_store_tail(z, at, n, v);
    }
}

static void dac(const aimci_dac *dac, const float *x, float *z, size_t n)
{
    aimci_dac d = *dac;
    if (d.sto_round || d.noise > 0 || d.asymmetry != 0) {
        dac_loop(d, x, z, n);
        return;
    }
    d.sto_round = 0;
    d.noise = d.asymmetry = 0;
    dac_loop(d, x, z, n);
}

/* Outputs whose normals are drawn ahead: two short loops keep their constants in registers, one
 * long loop does not. */
enum { BLOCK = 256 };

/* Eight outputs; lanes of beyond that hit the bound are -1. normals and noises are theirs. */
AIMCI_INLINE vf adc_group(const aimci_adc *a, vf v, const float *normals, const float *noises,
                          aimci_stream *rounding, vm *beyond)
{
    if (a->asymmetry != 0)
        v = vf_select(v < 0.0f, v * (1.0f - a->asymmetry), v);
    if (a->noises || a->noise > 0)
        v = v + vf_load(normals) * (a->noises ? vf_load(noises) : vf_set(a->noise));
    v = quantize(v, a->step, a->sto_round, rounding);
    *beyond = (a->test_negative ? vf_abs(v) : v) > a->bound;
    return vf_clip(v, vf_set(-a->bound), vf_set(a->bound)) * a->gain;
}

/* a: a copy, as in dac_loop() */
AIMCI_INLINE size_t adc_loop(const aimci_adc a, const float *in, float *y, size_t n)
{
    float normals[BLOCK];
    aimci_stream noise = aimci_stream_open(&a.key, 0);
    aimci_stream rounding = aimci_stream_open(&a.key, 1);
    vi clipped = vi_set(0), beyond;
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t m = n - first < BLOCK ? n - first : BLOCK;
        const float *x = in + first, *sigmas = a.noises ? a.noises + first : normals;
        float *out = y + first;
        size_t at = 0;
        if (a.noises || a.noise > 0)
            aimci_stream_fill(&noise, normals, (m + AIMCI_LANES - 1) / AIMCI_LANES * AIMCI_LANES);
        for (; at + AIMCI_LANES <= m; at += AIMCI_LANES) {
            const vf v = vf_load(x + at);
            vf_store(out + at, adc_group(&a, v, normals + at, sigmas + at, &rounding, &beyond));
            clipped -= beyond;
        }
        if (at < m) {
            vf v = vf_load_tail(x, at, m);
            v = adc_group(&a, v, normals + at, sigmas + at, &rounding, &beyond);
            vf_store_tail(out, at, m, v);
            /* lanes past the end may have caught noise */
            clipped -= beyond & (vi_lanes() < (int32_t)(m - at));
        }
    }
    size_t sum = 0;
    for (int k = 0; k < AIMCI_LANES; k++)
        sum += (size_t)clipped[k];
    return sum;
}

static size_t adc(const aimci_adc *adc, const float *in, float *y, size_t n)
{
    aimci_adc a = *adc;
    if (a.noises || a.noise <= 0 || a.asymmetry != 0 || a.sto_round)
        return adc_loop(a, in, y, n);
    a.noises = NULL;
    a.asymmetry = 0;
    a.sto_round = 0;
    return adc_loop(a, in, y, n);
}

static void encode(const aimci_key *key, float step, int32_t max_code, int sto_round,
                   const float *x, int32_t *codes, size_t n)
{
    aimci_stream stream = aimci_stream_open(key, 0);
    const vf limit = vf_set((float)max_code);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf code = vf_load_tail(x, at, n) / step;
        if (sto_round)
            code = code + (aimci_stream_uniform(&stream) - 0.5f);
        code = vf_select(code == code, vf_clip(vf_rint(code), -limit, limit), vf_set(0.0f));
        const vi c = vi_from_vf(code);
        const size_t m = n - at < AIMCI_LANES ? n - at : AIMCI_LANES;
        memcpy(codes + at, &c, m * sizeof *codes);
    }
}

/* ---- inputs derived from a prepared one ----------------------------------------------------- */

AIMCI_INLINE vf digits(const aimci_part *p, vf v)
{
    const vi code = vi_from_vf(vf_rint(vf_abs(v) / p->step));
    const vi bits = (code >> p->first) & vi_set((1 << p->count) - 1);
    const vf d = vf_copysign(vf_from_vi(bits) * p->unit, v);
    return vf_select(d < 0.0f, d * (1.0f - p->asymmetry), d);
}

static void part(const aimci_part *p, const float *z, float *out, size_t n)
{
    const vf zero = vf_set(0.0f);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf v = vf_load_tail(z, at, n);
        switch (p->op) {
        case AIMCI_PART_POSITIVE:
            v = vf_max(v, zero);
            break;
        case AIMCI_PART_NEGATIVE:
            v = vf_max(-v, zero);
            break;
        case AIMCI_PART_DIGITS:
            v = digits(p, v);
            break;
        case AIMCI_PART_MAGNITUDE:
            v = vf_abs(v);
            break;
        case AIMCI_PART_SQUARE:
            v = v * v;
            break;
        default:
            v = v * vf_load_tail(p->profile, at, n);
            break;
        }
        vf_store_tail(out, at, n, v);
    }
}

/* ---- what the array adds -------------------------------------------------------------------- */

/* 1.5 (1 - tanh(sqrt(a)) / sqrt(a)) for a >= 0. Below 0.1 its series, where the difference would
 * lose digits. */
AIMCI_INLINE vf exact_amplitude(vf a)
{
    vf s = vf_set(1382.0f / 155925.0f);
    s = s * a - 62.0f / 2835.0f;
    s = s * a + 17.0f / 315.0f;
    s = s * a - 2.0f / 15.0f;
    s = (s * a + 1.0f / 3.0f) * a;
    const vf root = vf_sqrt(vf_max(a, vf_set(0.1f)));
    const vf th = 1.0f - 2.0f / (1.0f + vf_exp(root * 2.0f));
    return vf_select(a < 0.1f, s, 1.0f - th / root) * 1.5f;
}

AIMCI_INLINE vf cubic_amplitude(vf a)
{
    return a * (a * (0.05f * a - 0.2f) + 0.5f);
}

AIMCI_INLINE vf with_reference(const aimci_current *c, vf y, size_t at)
{
    const vf v = c->offsets ? vf_load(c->offsets + at) : vf_set(0.0f);
    if (!c->has_floor) {
        const vf series = vf_min(vf_abs(y) * c->r_series, vf_set(c->r_max));
        return y * (1.0f - v) / (1.0f + series);
    }
    if (c->r_series <= 0)
        return y * (1.0f - v) - 2.0f * v * c->reference;
    const vf total = y + c->reference;
    const vf rest = vf_set(c->reference);
    return (1.0f - v) * total / (1.0f + vf_abs(total) * c->r_series) -
           (1.0f + v) * rest / (1.0f + vf_abs(rest) * c->r_series);
}

static void current(const aimci_current *c, float *y, size_t n)
{
    aimci_normals normals = {{{vu_set(0), vu_set(0), vu_set(0), vu_set(0)}}};
    if (c->noise > 0)
        normals.stream = aimci_stream_open(&c->key, 2); /* streams 0 and 1 are the ADC's */
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf v = vf_load_tail(y, at, n);
        if (c->dropped) {
            const vf a = vf_load_tail(c->load, at, n) * c->load_scale;
            const vf amplitude = c->cubic ? cubic_amplitude(a) : exact_amplitude(a);
            v = v - amplitude * c->ir_drop * vf_load_tail(c->dropped, at, n);
        }
        if (c->has_reference)
            v = with_reference(c, v, at);
        if (c->noise > 0) {
            vf sigma = vf_set(c->noise);
            if (c->power)
                sigma = sigma * vf_sqrt(vf_max(vf_load_tail(c->power, at, n), vf_set(0.0f)));
            v = v + aimci_normals_next(&normals) * sigma;
        }
        vf_store_tail(y, at, n, v);
    }
}

static void compress(float kappa, float c, const float *coefficients, float *y, size_t n)
{
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vf v = vf_load_tail(y, at, n);
        const vf k = coefficients ? vf_load(coefficients + at) : vf_set(c);
        vf_store_tail(y, at, n, v * kappa / (1.0f + vf_abs(v * k)));
    }
}

AIMCI_DECLARE_VARIANTS(aimci_read_kernels, read_table)
const aimci_read_kernels AIMCI_K(read_table) = {
    .dac = dac,
    .adc = adc,
    .encode = encode,
    .part = part,
    .current = current,
    .compress = compress,
};
