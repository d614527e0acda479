/* SPDX-License-Identifier: MIT */
/* Standard normals on demand: only lanes that need one take one, in lane order, so that none is
 * wasted. */
#ifndef AIMCI_FIFO_H
#define AIMCI_FIFO_H

#include "kernels/stream.h"

#define AIMCI_FIFO_CHUNK  32   /* drawn at least: few, because sparse updates need few */
#define AIMCI_FIFO_MOST   4096 /* that can be asked for at once */
#define AIMCI_FIFO_BEYOND 128  /* vector loads may reach this far behind them */

typedef struct aimci_fifo {
    aimci_stream stream;
    int silent; /* zeros instead of normals, without drawing: a device without noise */
    const float *next, *end;
    float buf[AIMCI_FIFO_MOST + AIMCI_FIFO_CHUNK + AIMCI_FIFO_BEYOND];
} aimci_fifo;

AIMCI_INLINE void aimci_fifo_open(aimci_fifo *f, const aimci_key *key, uint32_t index)
{
    f->stream = aimci_stream_open(key, index);
    f->silent = 0;
    f->next = f->end = f->buf;
}

/* From here on normals, also where the pulses had no noise: the noise of writing needs them. */
AIMCI_INLINE void aimci_fifo_voice(aimci_fifo *f)
{
    if (f->silent)
        f->next = f->end = f->buf;
    f->silent = 0;
}

/* Move what is left to the start and append what is missing to n, at least a chunk. The copy runs
 * upward in groups of eight, so it may overlap with what it reads. */
static __attribute__((noinline, unused)) void aimci_fifo_fill(aimci_fifo *f, size_t n)
{
    const size_t left = (size_t)(f->end - f->next);
    const size_t missing = (n - left + AIMCI_LANES - 1) / AIMCI_LANES * AIMCI_LANES;
    const size_t more = missing > AIMCI_FIFO_CHUNK ? missing : AIMCI_FIFO_CHUNK;
    for (size_t i = 0; i < left; i += AIMCI_LANES)
        vf_store(f->buf + i, vf_load(f->next + i));
    if (f->silent)
        memset(f->buf + left, 0, more * sizeof *f->buf);
    else
        aimci_stream_fill(&f->stream, f->buf + left, more);
    f->next = f->buf;
    f->end = f->buf + left + more;
}

/* n <= AIMCI_FIFO_MOST values are there for the taking. */
AIMCI_INLINE void aimci_fifo_ensure(aimci_fifo *f, size_t n)
{
    if ((size_t)(f->end - f->next) < n)
        aimci_fifo_fill(f, n);
}

/* Lane k of bits gets the next value of a row; other lanes get something that is not used. */
AIMCI_INLINE vf aimci_normals_take(const float **next, unsigned bits)
{
    const vf taken = vf_permute(vf_load(*next), v_expand_order(bits));
    *next += __builtin_popcount(bits);
    return taken;
}

AIMCI_INLINE vf aimci_fifo_take(aimci_fifo *f, unsigned bits)
{
    aimci_fifo_ensure(f, AIMCI_LANES);
    return aimci_normals_take(&f->next, bits);
}

#endif
