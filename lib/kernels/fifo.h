/* SPDX-License-Identifier: MIT */
/* Standard normals on demand: only lanes that need one take one, in lane order, so none is wasted.
 */
#ifndef AIMCI_FIFO_H
#define AIMCI_FIFO_H

#include "kernels/stream.h"

#define AIMCI_FIFO_CHUNK 32 /* sparse updates need few */
#define AIMCI_FIFO_MOST  32 /* that can be asked for at once */

typedef struct aimci_fifo {
    aimci_stream stream;
    const float *next, *end;
    float buf[AIMCI_FIFO_MOST + AIMCI_FIFO_CHUNK + AIMCI_LANES];
} aimci_fifo;

AIMCI_INLINE void aimci_fifo_open(aimci_fifo *f, const aimci_key *key, uint32_t line)
{
    f->stream = aimci_stream_open(key, line);
    f->next = f->end = NULL;
}

/* Keep what is left (fewer than AIMCI_FIFO_MOST) and append a chunk. */
static __attribute__((noinline, unused)) void aimci_fifo_fill(aimci_fifo *f)
{
    const size_t left = (size_t)(f->end - f->next);
    for (size_t i = 0; i < left; i += AIMCI_LANES)
        vf_store(f->buf + i, vf_load(f->next + i));
    aimci_stream stream = f->stream;
    for (size_t i = 0; i < AIMCI_FIFO_CHUNK; i += AIMCI_LANES)
        vf_store(f->buf + left + i, aimci_stream_normal(&stream));
    f->stream = stream;
    f->next = f->buf;
    f->end = f->buf + left + AIMCI_FIFO_CHUNK;
}

/* n <= AIMCI_FIFO_MOST values are there for the taking. */
AIMCI_INLINE void aimci_fifo_ensure(aimci_fifo *f, size_t n)
{
    if ((size_t)(f->end - f->next) < n)
        aimci_fifo_fill(f);
}

#if defined(AIMCI_ISA_IS_AVX2)
/* For a mask of lanes: which of the next values each lane takes; one byte a lane. */
extern const uint64_t aimci_expand_table[256];
#endif

/* Lane k of bits gets the next value; other lanes get something finite that is not used. Eight
 * values have been ensured. */
AIMCI_INLINE vf aimci_fifo_take_ensured(aimci_fifo *f, unsigned bits)
{
    const float *next = f->next;
    f->next += __builtin_popcount(bits);
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

AIMCI_INLINE vf aimci_fifo_take(aimci_fifo *f, unsigned bits)
{
    aimci_fifo_ensure(f, AIMCI_LANES);
    return aimci_fifo_take_ensured(f, bits);
}

#endif
