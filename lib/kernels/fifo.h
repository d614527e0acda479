/* SPDX-License-Identifier: MIT */
/* Standard normals on demand: only lanes that need one take one, in lane order, so none is wasted.
 */
#ifndef AIMCI_FIFO_H
#define AIMCI_FIFO_H

#include "kernels/stream.h"

#define AIMCI_FIFO_CHUNK 32          /* sparse updates need few */
#define AIMCI_FIFO_MOST  AIMCI_LANES /* that can be asked for at once */

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
    aimci_stream_fill(&f->stream, f->buf + left, AIMCI_FIFO_CHUNK);
    f->next = f->buf;
    f->end = f->buf + left + AIMCI_FIFO_CHUNK;
}

/* n <= AIMCI_FIFO_MOST values are there for the taking. */
AIMCI_INLINE void aimci_fifo_ensure(aimci_fifo *f, size_t n)
{
    if ((size_t)(f->end - f->next) < n)
        aimci_fifo_fill(f);
}

/* Lane k of bits gets the next value; other lanes get something finite that is not used. Eight
 * values have been ensured. */
AIMCI_INLINE vf aimci_fifo_take_ensured(aimci_fifo *f, unsigned bits)
{
    const float *next = f->next;
    f->next += __builtin_popcount(bits);
    return vf_permute(vf_load(next), v_expand_order(bits));
}

AIMCI_INLINE vf aimci_fifo_take(aimci_fifo *f, unsigned bits)
{
    aimci_fifo_ensure(f, AIMCI_LANES);
    return aimci_fifo_take_ensured(f, bits);
}

#endif
