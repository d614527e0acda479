/* SPDX-License-Identifier: MIT */
/* Compiled once per instruction set; see kernels/dispatch.h. */
#include "kernels/kernels.h"
#include "kernels/dispatch.h"
#include "kernels/stream.h"

/* A group of eight that may hang over the end of an array of n. */
AIMCI_INLINE vf load_tail(const float *x, size_t at, size_t n)
{
    if (at + AIMCI_LANES <= n)
        return vf_load(x + at);
    vf v = vf_set(0.0f);
    memcpy(&v, x + at, (n - at) * sizeof *x);
    return v;
}

AIMCI_INLINE void store_tail(float *x, size_t at, size_t n, vf v)
{
    if (at + AIMCI_LANES <= n)
        vf_store(x + at, v);
    else
        memcpy(x + at, &v, (n - at) * sizeof *x);
}

static float absmax(const float *x, size_t n)
{
    vf m = vf_set(0.0f);
    for (size_t i = 0; i < n; i += AIMCI_LANES)
        m = vf_max(vf_abs(load_tail(x, i, n)), m);
    float r = 0.0f;
    for (int k = 0; k < AIMCI_LANES; k++)
        r = m[k] > r ? m[k] : r;
    return r;
}

/* ---- pulse trains --------------------------------------------------------------------------- */

AIMCI_INLINE vf probability(const aimci_train *t, vf v, aimci_stream *stream)
{
    const vf p = vf_abs(v) * t->scale;
    if (t->res <= 0)
        return p;
    const vf u = t->sto_round ? aimci_stream_uniform(stream) - 0.5f : vf_set(0.0f);
    return vf_rint(p / t->res + u) * t->res;
}

AIMCI_INLINE void train_group(const aimci_train *t, vf v, size_t at)
{
    aimci_stream stream = aimci_stream_open(&t->key, (uint32_t)(at / AIMCI_LANES));
    const vf p = probability(t, v, &stream);
    const vi always = p >= 1.0f;
    /* 31-bit uniforms against p 2^31; probabilities are on [0, 1) here */
    const vi threshold = vi_from_vf(vf_select(always, vf_set(0.0f), p) * 0x1p31f);
    for (uint32_t s = 0; s < t->first_slot; s++)
        aimci_stream_next(&stream);
    for (uint32_t w = 0; w < t->n_words; w++) {
        vu word = vu_set(0);
        for (uint32_t s = 32 * w; s < t->n_slots && s < 32 * (w + 1); s++) {
            const vi fires = ((vi)(aimci_stream_next(&stream) >> 1) < threshold) | always;
            word |= (vu)fires & (1u << (s & 31));
        }
        vu_store(t->mask + w * t->stride + at, word);
    }
    vi_store(t->negative + at, v < 0.0f);
}

static void train(const aimci_train *t, const float *v, size_t n)
{
    for (size_t at = 0; at < t->stride; at += AIMCI_LANES) {
        const vf x = at < n ? load_tail(v, at, n) : vf_set(0.0f);
        if (v_any(x != 0.0f)) {
            train_group(t, x, at);
            continue;
        }
        for (uint32_t w = 0; w < t->n_words; w++)
            vu_store(t->mask + w * t->stride + at, vu_set(0));
        vi_store(t->negative + at, vi_set(0));
    }
}

/* Pulses of a line by direction: x d > 0 lowers the weight, so up is where the signs differ. */
typedef struct tally {
    vi ups, all;
} tally;

AIMCI_INLINE void store_counts(vi n, vi negative_out, int32_t negative_in, int32_t *count, tally *t)
{
    const vi goes_up = negative_out ^ negative_in;
    vi_store(count, vi_select(goes_up, n, -n));
    t->ups += n & goes_up;
    t->all += n;
}

AIMCI_INLINE int tally_close(const tally *t, uint64_t *up, uint64_t *down)
{
    uint64_t n_up = 0, n_all = 0;
    for (int k = 0; k < AIMCI_LANES; k++) {
        n_up += (uint64_t)t->ups[k];
        n_all += (uint64_t)t->all[k];
    }
    *up += n_up;
    *down += n_all - n_up;
    return n_all != 0;
}

static int coincide(const aimci_train *out, const uint32_t *mask_in, size_t stride_in,
                    int32_t negative_in, int32_t *count, uint64_t *up, uint64_t *down)
{
    tally t = {vi_set(0), vi_set(0)};
    for (size_t at = 0; at < out->stride; at += AIMCI_LANES) {
        vu c = vu_set(0);
        for (uint32_t w = 0; w < out->n_words; w++) {
            const vu bits = vu_load(out->mask + w * out->stride + at);
            c += vu_popcount(bits & mask_in[w * stride_in]);
        }
        store_counts((vi)c, vi_load(out->negative + at), negative_in, count + at, &t);
    }
    return tally_close(&t, up, down);
}

static int count_product(const float *q_out, const int32_t *negative_out, size_t n, float q_in,
                         int32_t negative_in, float scale, int32_t *count, uint64_t *up,
                         uint64_t *down)
{
    tally t = {vi_set(0), vi_set(0)};
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vi c = vi_from_vf(vf_rint(vf_load(q_out + at) * q_in * scale));
        store_counts(c, vi_load(negative_out + at), negative_in, count + at, &t);
    }
    return tally_close(&t, up, down);
}

static void probabilities(const aimci_train *t, const float *v, size_t n, float levels, float *q)
{
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vf x = load_tail(v, at, n);
        aimci_stream stream = aimci_stream_open(&t->key, (uint32_t)(at / AIMCI_LANES));
        vf p = vf_min(probability(t, x, &stream), vf_set(1.0f));
        if (levels > 0)
            p = vf_rint(p * levels);
        vf_store(q + at, p);
        vi_store(t->negative + at, x < 0.0f);
    }
}

/* ---- read-out ------------------------------------------------------------------------------- */

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

static void dac(const aimci_dac *d, const float *x, float *z, size_t n)
{
    const int random = d->sto_round || d->noise > 0;
    aimci_normals normals = {.has_waiting = 0};
    if (random)
        normals.stream = aimci_stream_open(&d->key, 0);
    aimci_stream rounding = {{vu_set(0), vu_set(0), vu_set(0), vu_set(0)}};
    if (d->sto_round)
        rounding = aimci_stream_open(&d->key, 1);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf v = load_tail(x, at, n) * d->scale;
        v = quantize(v, d->step, d->sto_round, &rounding);
        v = vf_clip(v, vf_set(-d->bound), vf_set(d->bound));
        if (d->noise > 0)
            v = v + aimci_normals_next(&normals) * d->noise;
        if (d->asymmetry != 0)
            v = vf_select(v < 0.0f, v * (1.0f - d->asymmetry), v);
        store_tail(z, at, n, v);
    }
}

AIMCI_INLINE vf output_noise(const aimci_adc *a, vf v, size_t at, aimci_normals *normals)
{
    const vf sigma = a->noises ? vf_load(a->noises + at) : vf_set(a->noise);
    return v + aimci_normals_next(normals) * sigma;
}

static size_t adc(const aimci_adc *a, float *y, size_t n)
{
    const int noisy = a->noises || a->noise > 0;
    aimci_normals normals = {.has_waiting = 0};
    if (noisy)
        normals.stream = aimci_stream_open(&a->key, 0);
    aimci_stream rounding = {{vu_set(0), vu_set(0), vu_set(0), vu_set(0)}};
    if (a->sto_round)
        rounding = aimci_stream_open(&a->key, 1);
    const vf hi = vf_set(a->bound), lo = vf_set(-a->bound);
    size_t clipped = 0;
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf v = load_tail(y, at, n);
        if (a->asymmetry != 0)
            v = vf_select(v < 0.0f, v * (1.0f - a->asymmetry), v);
        if (noisy)
            v = output_noise(a, v, at, &normals);
        v = quantize(v, a->step, a->sto_round, &rounding);
        const vi hit = a->test_negative ? ((v > hi) | (v < lo)) : (v > hi);
        unsigned bits = v_bits(hit);
        if (at + AIMCI_LANES > n) /* lanes past the end may have caught noise */
            bits &= (1u << (n - at)) - 1;
        clipped += (size_t)__builtin_popcount(bits);
        store_tail(y, at, n, vf_clip(v, lo, hi) * a->gain);
    }
    return clipped;
}

static void encode(const aimci_key *key, float step, int32_t max_code, int sto_round,
                   const float *x, int32_t *codes, size_t n)
{
    aimci_stream stream = aimci_stream_open(key, 0);
    const vf limit = vf_set((float)max_code);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf code = load_tail(x, at, n) / step;
        if (sto_round)
            code = code + (aimci_stream_uniform(&stream) - 0.5f);
        code = vf_select(code == code, vf_clip(vf_rint(code), -limit, limit), vf_set(0.0f));
        const vi c = vi_from_vf(code);
        const size_t m = n - at < AIMCI_LANES ? n - at : AIMCI_LANES;
        memcpy(codes + at, &c, m * sizeof *codes);
    }
}

/* ---- activations ---------------------------------------------------------------------------- */

static void activate(int kind, const float *x, float *y, size_t n)
{
    const vf one = vf_set(1.0f);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf v = load_tail(x, at, n);
        if (kind == AIMCI_K_RELU)
            v = vf_max(v, vf_set(0.0f));
        else if (kind == AIMCI_K_SIGMOID)
            v = one / (one + vf_exp(-v));
        else
            v = one - 2.0f / (one + vf_exp(v * 2.0f));
        store_tail(y, at, n, v);
    }
}

static void activate_back(int kind, const float *y, const float *dy, float *dx, size_t n)
{
    const vf one = vf_set(1.0f);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vf v = load_tail(y, at, n);
        vf d = load_tail(dy, at, n);
        if (kind == AIMCI_K_RELU)
            d = vf_select(v > 0.0f, d, vf_set(0.0f));
        else if (kind == AIMCI_K_SIGMOID)
            d = d * (v * (one - v));
        else
            d = d * (one - v * v);
        store_tail(dx, at, n, d);
    }
}

static void uniform(const aimci_key *key, float *x, size_t n)
{
    aimci_stream stream = aimci_stream_open(key, 0);
    for (size_t at = 0; at < n; at += AIMCI_LANES)
        store_tail(x, at, n, aimci_stream_uniform(&stream) * 2.0f - 1.0f);
}

AIMCI_DECLARE_VARIANTS(aimci_kernels, table)
const aimci_kernels AIMCI_K(table) = {
    .absmax = absmax,
    .train = train,
    .coincide = coincide,
    .count_product = count_product,
    .probabilities = probabilities,
    .dac = dac,
    .adc = adc,
    .encode = encode,
    .activate = activate,
    .activate_back = activate_back,
    .uniform = uniform,
};
