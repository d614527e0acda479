/* SPDX-License-Identifier: MIT */
/* Standard normals on demand: only lanes that need one take one, in lane order, so none is wasted.
 */
#ifndef AIMCI_FIFO_H
#define AIMCI_FIFO_H

#include "kernels/stream.h"

#define AIMCI_FIFO_CHUNK 64

typedef struct aimci_fifo {
    aimci_stream stream;
    size_t pos, len;
    float buf[AIMCI_FIFO_CHUNK + 2 * AIMCI_LANES];
} aimci_fifo;

AIMCI_INLINE void aimci_fifo_open(aimci_fifo *f, const aimci_key *key, uint32_t line)
{
    f->stream = aimci_stream_open(key, line);
    f->pos = f->len = 0;
}

/* Keep what is left (fewer than eight) and append a chunk. The first fill is small: sparse updates
 * need few. */
AIMCI_INLINE void aimci_fifo_fill(aimci_fifo *f)
{
    const size_t left = f->len - f->pos;
    if (left)
        vf_store(f->buf, vf_load(f->buf + f->pos));
    const size_t n = f->len ? AIMCI_FIFO_CHUNK : 2 * AIMCI_LANES;
    for (size_t i = 0; i < n; i += 2 * AIMCI_LANES) {
        vf a, b;
        aimci_stream_normals(&f->stream, &a, &b);
        vf_store(f->buf + left + i, a);
        vf_store(f->buf + left + i + AIMCI_LANES, b);
    }
    f->pos = 0;
    f->len = left + n;
}

#if defined(AIMCI_ISA_IS_AVX2)
/* For a mask of lanes: which of the next values each lane takes; one byte a lane. */
extern const uint64_t aimci_expand_table[256];
#endif

/* Lane k of bits gets the next value; other lanes get something finite that is not used. */
AIMCI_INLINE vf aimci_fifo_take(aimci_fifo *f, unsigned bits)
{
    if (f->len - f->pos < AIMCI_LANES)
        aimci_fifo_fill(f);
    const float *next = f->buf + f->pos;
    f->pos += (size_t)__builtin_popcount(bits);
#if defined(AIMCI_ISA_IS_AVX512)
    return (vf)_mm256_maskz_expand_ps((__mmask8)bits, (__m256)vf_load(next));
#elif defined(AIMCI_ISA_IS_AVX2)
    const __m128i bytes = _mm_cvtsi64_si128((long long)aimci_expand_table[bits]);
    return (vf)_mm256_permutevar8x32_ps((__m256)vf_load(next), _mm256_cvtepu8_epi32(bytes));
#else
    vf v = vf_set(0.0f);
    for (int k = 0, taken = 0; k < AIMCI_LANES; k++)
        if (bits >> k & 1u)
            v[k] = next[taken++];
    return v;
#endif
}

#endif
