/* SPDX-License-Identifier: MIT */
/* Bulk random numbers: eight xoshiro128++ generators side by side, started from a key and a line
 * number.
 *
 * xoshiro128++: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM
 * TOMS 47 (2021). The starting states come from a 32-bit integer hash of key, line and lane, so
 * that each line of each operation has a stream of its own. Normals are Box-Muller pairs from
 * 31-bit uniforms: |z| up to 6.6, true tails. */
#ifndef AIMCI_STREAM_H
#define AIMCI_STREAM_H

#include "core/random.h"
#include "kernels/vec.h"

typedef struct aimci_stream {
    vu s[4];
} aimci_stream;

/* Bijective mixing of 32 bits (xor-shift-multiply, the constants of MurmurHash3's finaliser). */
AIMCI_INLINE vu aimci_mix(vu h)
{
    h = (h ^ (h >> 16)) * 0x85ebca6bu;
    h = (h ^ (h >> 13)) * 0xc2b2ae35u;
    return h ^ (h >> 16);
}

AIMCI_INLINE aimci_stream aimci_stream_open(const aimci_key *key, uint32_t line)
{
    const vu lane = (vu)vi_lanes() + line * AIMCI_LANES;
    const vu id = aimci_mix(lane * 0x9e3779b9u + key->k[0]);
    aimci_stream s;
    s.s[0] = aimci_mix(id ^ key->k[1]);
    s.s[1] = aimci_mix(id + key->k[2]);
    s.s[2] = aimci_mix(s.s[0] ^ key->k[3]);
    s.s[3] = aimci_mix(id + s.s[1] + key->k[0]) | 1u; /* never all zero */
    return s;
}

AIMCI_INLINE vu aimci_stream_next(aimci_stream *st)
{
    vu *s = st->s;
    const vu result = vu_rotl(s[0] + s[3], 7) + s[0];
    const vu t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = vu_rotl(s[3], 11);
    return result;
}

/* 24-bit uniforms on [0, 1) */
AIMCI_INLINE vf aimci_stream_uniform(aimci_stream *st)
{
    return vf_from_vi((vi)(aimci_stream_next(st) >> 8)) * 0x1p-24f;
}

/* Two independent vectors of standard normals. */
AIMCI_INLINE void aimci_stream_normals(aimci_stream *st, vf *a, vf *b)
{
    const vi u = (vi)(aimci_stream_next(st) >> 1);
    const vi v = (vi)aimci_stream_next(st);
    const vf radius = vf_sqrt(vf_log((vf_from_vi(u) + 0.5f) * 0x1p-31f) * -2.0f);
    vf sine, cosine;
    vf_sincospi(vf_from_vi(v) * 0x1p-31f, &sine, &cosine);
    *a = radius * cosine;
    *b = radius * sine;
}

/* One vector of normals at a time; the second of a pair waits here. */
typedef struct aimci_normals {
    aimci_stream stream;
    vf waiting;
    int has_waiting;
} aimci_normals;

AIMCI_INLINE vf aimci_normals_next(aimci_normals *n)
{
    if (n->has_waiting) {
        n->has_waiting = 0;
        return n->waiting;
    }
    vf first;
    aimci_stream_normals(&n->stream, &first, &n->waiting);
    n->has_waiting = 1;
    return first;
}

#endif
