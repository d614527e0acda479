/* SPDX-License-Identifier: MIT */
/* Compiled once per instruction set; see kernels/dispatch.h. */
#include "kernels/kernels.h"
#include "kernels/dispatch.h"
#include "kernels/stream.h"

static float absmax(const float *x, size_t n)
{
    vf m = vf_set(0.0f);
    for (size_t i = 0; i < n; i += AIMCI_LANES)
        m = vf_max(vf_abs(vf_load_tail(x, i, n)), m);
    m = vf_max(m, vf_permute(m, vi_lanes() ^ 4));
    m = vf_max(m, vf_permute(m, vi_lanes() ^ 2));
    return m[0] > m[1] ? m[0] : m[1];
}

static void moments(const float *x, size_t n, double sums[2])
{
    double sum[AIMCI_LANES] = {0}, squares[AIMCI_LANES] = {0};
    for (size_t i = 0; i < n; i += AIMCI_LANES) {
        const vf v = vf_load_tail(x, i, n);
        for (int k = 0; k < AIMCI_LANES; k++) {
            sum[k] += (double)v[k];
            squares[k] += (double)v[k] * (double)v[k];
        }
    }
    for (int k = 0; k < AIMCI_LANES; k++) {
        sums[0] += sum[k];
        sums[1] += squares[k];
    }
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
    const vm always = p >= 1.0f;
    /* 31-bit uniforms against p 2^31; probabilities are on [0, 1) here */
    const vi threshold = vi_from_vf(vf_select(always, vf_set(0.0f), p) * 0x1p31f);
    for (uint32_t s = 0; s < t->first_slot; s++)
        aimci_stream_next(&stream);
    for (uint32_t w = 0; w < t->n_words; w++) {
        vu word = vu_set(0);
        for (uint32_t s = 32 * w; s < t->n_slots && s < 32 * (w + 1); s++) {
            const vm fires = (vu_as_vi(aimci_stream_next(&stream) >> 1) < threshold) | always;
            word |= vi_as_vu(fires) & (1u << (s & 31));
        }
        vu_store(t->mask + w * t->stride + at, word);
    }
    vi_store(t->negative + at, v < 0.0f);
}

static void train(const aimci_train *t, const float *v, size_t n)
{
    for (size_t at = 0; at < t->stride; at += AIMCI_LANES) {
        const vf x = at < n ? vf_load_tail(v, at, n) : vf_set(0.0f);
        if (v_any(x != 0.0f)) {
            train_group(t, x, at);
            continue;
        }
        for (uint32_t w = 0; w < t->n_words; w++)
            vu_store(t->mask + w * t->stride + at, vu_set(0));
        vi_store(t->negative + at, vi_set(0));
    }
}

static void mark(const aimci_train *t, uint32_t bit, uint32_t *lines)
{
    for (size_t at = 0; at < t->stride; at += AIMCI_LANES) {
        vu any = vu_load(t->mask + at);
        for (uint32_t w = 1; w < t->n_words; w++)
            any |= vu_load(t->mask + w * t->stride + at);
        const vm fires = vu_as_vi(any) != 0;
        vu_store(lines + at, vu_load(lines + at) | (vi_as_vu(fires) & bit));
    }
}

/* Pulses of a word line by direction: x d > 0 lowers the weight, so that up is where the signs
 * differ. */
typedef struct tally {
    vi net, all;
} tally;

AIMCI_INLINE void store_counts(vi n, vi negative_out, int32_t negative_in, const int counted,
                               int32_t *count, tally *t)
{
    const vi goes_down = ~(negative_out ^ negative_in);
    const vi signed_count = (n ^ goes_down) - goes_down;
    vi_store(count, signed_count);
    if (counted)
        t->net += signed_count;
    t->all += n;
}

/* Sum of eight lanes that is below 2^32. */
AIMCI_INLINE uint32_t lane_sum(vi v)
{
    const vu u = vi_as_vu(v);
    return ((u[0] + u[4]) + (u[1] + u[5])) + ((u[2] + u[6]) + (u[3] + u[7]));
}

/* A word line has at most 65536 cells, and a word 32 slots: the sums fit. */
AIMCI_INLINE int tally_close(const tally *t, uint64_t *up, uint64_t *down)
{
    if (!v_any(t->all != 0))
        return 0;
    if (up) {
        const vi ups = (t->all + t->net) >> 1;
        *up += lane_sum(ups);
        *down += lane_sum(t->all - ups);
    }
    return 1;
}

/* One word of at most n_bits slots. */
AIMCI_INLINE void coincide_word(const aimci_train *out, uint32_t mask_in, int32_t negative_in,
                                const int n_bits, const int counted, int32_t *count, tally *t)
{
    for (size_t at = 0; at < out->stride; at += AIMCI_LANES) {
        const vu both = vu_load(out->mask + at) & mask_in;
        const vu n = n_bits == 1 ? both : n_bits == 8 ? vu_popcount8(both) : vu_popcount(both);
        store_counts(vu_as_vi(n), vi_load(out->negative + at), negative_in, counted, count + at, t);
    }
}

AIMCI_INLINE int coincide_line(const aimci_train *out, const uint32_t *mask_in, size_t stride_in,
                               int32_t negative_in, const int counted, int32_t *count, uint64_t *up,
                               uint64_t *down)
{
    tally t = {vi_set(0), vi_set(0)};
    if (out->n_slots <= 1)
        coincide_word(out, mask_in[0], negative_in, 1, counted, count, &t);
    else if (out->n_slots <= 8)
        coincide_word(out, mask_in[0], negative_in, 8, counted, count, &t);
    else if (out->n_words == 1)
        coincide_word(out, mask_in[0], negative_in, 32, counted, count, &t);
    else
        for (size_t at = 0; at < out->stride; at += AIMCI_LANES) {
            vu c = vu_set(0);
            for (uint32_t w = 0; w < out->n_words; w++) {
                const vu bits = vu_load(out->mask + w * out->stride + at);
                c += vu_popcount(bits & mask_in[w * stride_in]);
            }
            store_counts(vu_as_vi(c), vi_load(out->negative + at), negative_in, counted, count + at,
                         &t);
        }
    return tally_close(&t, up, down);
}

static int coincide(const aimci_train *out, const uint32_t *mask_in, size_t stride_in,
                    int32_t negative_in, int32_t *count, uint64_t *up, uint64_t *down)
{
    return up ? coincide_line(out, mask_in, stride_in, negative_in, 1, count, up, down)
              : coincide_line(out, mask_in, stride_in, negative_in, 0, count, NULL, NULL);
}

static int count_product(const float *q_out, const int32_t *negative_out, size_t n, float q_in,
                         int32_t negative_in, float scale, int32_t *count, uint64_t *up,
                         uint64_t *down)
{
    tally t = {vi_set(0), vi_set(0)};
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vi c = vi_from_vf(vf_rint(vf_load(q_out + at) * q_in * scale));
        store_counts(c, vi_load(negative_out + at), negative_in, 1, count + at, &t);
    }
    return tally_close(&t, up, down);
}

static void probabilities(const aimci_train *t, const float *v, size_t n, float levels, float *q)
{
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vf x = vf_load_tail(v, at, n);
        aimci_stream stream = aimci_stream_open(&t->key, (uint32_t)(at / AIMCI_LANES));
        vf p = vf_min(probability(t, x, &stream), vf_set(1.0f));
        if (levels > 0)
            p = vf_rint(p * levels);
        vf_store(q + at, p);
        vi_store(t->negative + at, x < 0.0f);
    }
}

/* ---- accumulators --------------------------------------------------------------------------- */

/* A value that misses a threshold by less than one part in a million counts as reaching it: sums of
 * floats must not depend on how they were rounded. */
AIMCI_INLINE vi cross_group(const aimci_crossing *c, float *x, vm *crossed, vm *cut)
{
    const vf v = vf_load(x), q = v / c->threshold * 1.000001f;
    const vm exact = vf_abs(q) < 0x1p24f; /* else a float has no fractions, and hardly a rest */
    const vf whole = vf_select(exact, vf_from_vi(vi_from_vf(vf_where(exact, q))), q);
    const vf taken = whole * c->taken;
    vf_store(x, vf_where(exact, v - (c->whole ? vf_rint(taken) : taken)));
    vf pulses = vf_rint(whole * c->per_count);
    pulses = vf_where(pulses == pulses, pulses); /* no pulses for infinitely many of 0 */
    *crossed = whole != 0.0f;
    *cut = vf_abs(pulses) > c->longest;
    return -vi_from_vf(vf_clip(pulses, vf_set(-c->longest), vf_set(c->longest)));
}

/* Sums of eight lanes are kept in 32 bits for so many groups; n is at most AIMCI_LONGEST_TRAIN. */
enum { CROSS_GROUPS = 2048 };
_Static_assert((int64_t)CROSS_GROUPS *AIMCI_LONGEST_TRAIN <= INT32_MAX, "sums of pulses fit");

AIMCI_INLINE void cross_block(const aimci_crossing *c, float *x, int32_t *count, size_t n,
                              uint64_t sums[4])
{
    vi up = vi_set(0), down = vi_set(0), any = vi_set(0), over = vi_set(0);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vm crossed, cut;
        const vi pulses = cross_group(c, x + at, &crossed, &cut);
        vi_store(count + at, pulses);
        up += vi_max(pulses, vi_set(0));
        down += vi_max(-pulses, vi_set(0));
        any += vi_from_vm(crossed);
        over += vi_from_vm(cut);
    }
    for (int k = 0; k < AIMCI_LANES; k++) {
        sums[0] += (uint64_t)up[k];
        sums[1] += (uint64_t)down[k];
        sums[2] += (uint64_t)any[k];
        sums[3] += (uint64_t)over[k];
    }
}

static int cross(const aimci_crossing *c, float *x, int32_t *count, size_t n, uint64_t sums[4])
{
    const uint64_t before = sums[2];
    for (size_t at = 0; at < n; at += CROSS_GROUPS * AIMCI_LANES) {
        const size_t left = n - at, most = CROSS_GROUPS * AIMCI_LANES;
        cross_block(c, x + at, count + at, left < most ? left : most, sums);
    }
    return sums[2] != before;
}

/* ---- activations ---------------------------------------------------------------------------- */

static void activate(int kind, const float *x, float *y, size_t n)
{
    const vf one = vf_set(1.0f);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf v = vf_load_tail(x, at, n);
        if (kind == AIMCI_K_RELU)
            v = vf_max(v, vf_set(0.0f));
        else if (kind == AIMCI_K_SIGMOID)
            v = one / (one + vf_exp(-v));
        else
            v = one - 2.0f / (one + vf_exp(v * 2.0f));
        vf_store_tail(y, at, n, v);
    }
}

static void activate_back(int kind, const float *y, const float *dy, float *dx, size_t n)
{
    const vf one = vf_set(1.0f);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vf v = vf_load_tail(y, at, n);
        vf d = vf_load_tail(dy, at, n);
        if (kind == AIMCI_K_RELU)
            d = vf_select(v > 0.0f, d, vf_set(0.0f));
        else if (kind == AIMCI_K_SIGMOID)
            d = d * (v * (one - v));
        else
            d = d * (one - v * v);
        vf_store_tail(dx, at, n, d);
    }
}

static void uniform(const aimci_key *key, float *x, size_t n)
{
    aimci_stream stream = aimci_stream_open(key, 0);
    for (size_t at = 0; at < n; at += AIMCI_LANES)
        vf_store_tail(x, at, n, aimci_stream_uniform(&stream) * 2.0f - 1.0f);
}

static void normals(const aimci_key *key, uint32_t line, float *z, size_t n)
{
    aimci_normals next = {.stream = aimci_stream_open(key, line)};
    for (size_t at = 0; at < n; at += AIMCI_LANES)
        vf_store_tail(z, at, n, aimci_normals_next(&next));
}

/* What is beyond the end is 0, of which no logarithm is taken. */
static void log_of(const float *x, float *y, size_t n)
{
    for (size_t at = 0; at < n; at += AIMCI_LANES)
        vf_store_tail(y, at, n, vf_log(vf_max(vf_load_tail(x, at, n), vf_set(1.17549435e-38f))));
}

static void exp_of(const float *x, float *y, size_t n)
{
    for (size_t at = 0; at < n; at += AIMCI_LANES)
        vf_store_tail(y, at, n, vf_exp(vf_load_tail(x, at, n)));
}

static void pow_of(const float *x, float e, float *y, size_t n)
{
    for (size_t at = 0; at < n; at += AIMCI_LANES)
        vf_store_tail(y, at, n, vf_pow(vf_load_tail(x, at, n), vf_set(e)));
}

AIMCI_DECLARE_VARIANTS(aimci_kernels, table)
const aimci_kernels AIMCI_K(table) = {
    .absmax = absmax,
    .moments = moments,
    .train = train,
    .mark = mark,
    .coincide = coincide,
    .count_product = count_product,
    .probabilities = probabilities,
    .cross = cross,
    .activate = activate,
    .activate_back = activate_back,
    .uniform = uniform,
    .normals = normals,
    .log = log_of,
    .exp = exp_of,
    .pow = pow_of,
};
