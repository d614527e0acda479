/* SPDX-License-Identifier: MIT */
/* Bulk random numbers: eight xoshiro128+ generators side by side, started from a key and an index,
 * mostly that of a word line.
 *
 * xoshiro128+: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM
 * TOMS 47 (2021); its lowest bits are the weakest, so that everything here is decided by the
 * highest. The starting states come from a 32-bit integer hash of key, index and lane, so that each
 * index of each operation has a stream of its own. Normals are quantiles of a sign and a 31-bit
 * uniform: |z| up to 6.3, true tails. */
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

/* 0x9e3779b9 is 2^32 over the golden ratio: it spreads neighbouring lane numbers over all 32 bits
 * before they are mixed. */
AIMCI_INLINE aimci_stream aimci_stream_open(const aimci_key *key, uint32_t index)
{
    const vu lane = vi_as_vu(vi_lanes()) + index * AIMCI_LANES;
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
    const vu result = s[0] + s[3];
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
    return vf_from_vi(vu_as_vi(aimci_stream_next(st) >> 8)) * 0x1p-24f;
}

/* ---- normals -------------------------------------------------------------------------------- */

/* z = -Phi^-1(p), p = u 2^-32 the tail beyond z, with the sign of another bit. Each octave of p has
 * a polynomial in the mantissa of u, whose coefficients are looked up by the lowest three bits of
 * u's exponent: minimax fits, |error| < 4e-6. One table holds from p = 1/2 down to 2^-9; for the
 * 2^-8 of the draws that lie further out another one goes down to 2^-17; and the 2^-16 beyond take
 * a polynomial in sqrt(-2 log p), |error| < 7e-7. Inversion by pieces: W. Hormann and J. Leydold,
 * ACM TOMACS 13:347 (2003). */

#define AIMCI_QUANTILE_DEGREE 5
typedef float aimci_quantile_table[AIMCI_QUANTILE_DEGREE + 1][AIMCI_LANES];

static const aimci_quantile_table aimci_quantile_near = {
    {2.26622915f, 1.98743045f, 1.67594254f, 1.31801391f, 0.887149751f, 0.318642706f, 2.7555511f,
     2.52050447f},
    {-0.255334616f, -0.282241791f, -0.319054633f, -0.373417616f, -0.464415938f, -0.659298122f,
     -0.218091473f, -0.234628201f},
    {0.0736975372f, 0.0789727867f, 0.0851030424f, 0.0916793346f, 0.0954414532f, 0.0690148547f,
     0.0653722286f, 0.0692095011f},
    {-0.0311151743f, -0.0331833512f, -0.0356447026f, -0.038640447f, -0.0427689627f, -0.0572352521f,
     -0.0278409962f, -0.0293554291f},
    {0.0169703346f, 0.0180302318f, 0.0192811415f, 0.020770805f, 0.0224976391f, 0.021519836f,
     0.0152754867f, 0.0160621814f},
    {-0.00912266318f, -0.00967080519f, -0.0103150206f, -0.0110807801f, -0.012007609f,
     -0.0141076231f, -0.00824070349f, -0.00865097065f}};

static const aimci_quantile_table aimci_quantile_far = {
    {3.91195488f, 3.74125433f, 3.56330967f, 3.37714791f, 3.18156171f, 2.97502279f, 4.23467731f,
     4.07620811f},
    {-0.160969287f, -0.167529136f, -0.17493248f, -0.183373109f, -0.193112537f, -0.204513311f,
     -0.149825394f, -0.155105934f},
    {0.0505513661f, 0.0523667634f, 0.054382313f, 0.0566357672f, 0.0591749176f, 0.0620608702f,
     0.0474063084f, 0.0489059873f},
    {-0.0218118262f, -0.0225564521f, -0.0233789533f, -0.0242932588f, -0.0253168549f, -0.0264719352f,
     -0.0205133725f, -0.0211338438f},
    {0.0121146059f, 0.0125131812f, 0.012951903f, 0.0134376902f, 0.0139791658f, 0.0145871993f,
     0.0114164595f, 0.011750564f},
    {-0.00671472726f, -0.00693049515f, -0.00716748089f, -0.00742925471f, -0.00772024645f,
     -0.00804601423f, -0.00633572973f, -0.00651726872f}};

/* bits: of u as a float, whose exponent is the octave; vf_lookup() takes it modulo 8. The mantissa
 * becomes t in [-1/2, 1/2). */
AIMCI_INLINE vf aimci_quantile_octave(const aimci_quantile_table table, vi bits)
{
    const vi octave = bits >> 23;
    const vf t = vi_as_vf((bits & 0x7fffff) | 0x3f800000) - 1.5f;
    vf z = vf_lookup(table[AIMCI_QUANTILE_DEGREE], octave);
    for (int k = AIMCI_QUANTILE_DEGREE - 1; k >= 0; k--)
        z = z * t + vf_lookup(table[k], octave);
    return z;
}

/* u: that of the draw, plus 1/2 */
AIMCI_INLINE vf aimci_quantile_tail(vf u)
{
    const vf p = u * 0x1p-32f;
    const vf w = vf_sqrt(vf_log(p) * -2.0f);
    const vf x = (w - 5.14796785f) * 0.618912307f;
    vf g = vf_set(0.000131327343f);
    g = g * x - 0.000478145184f;
    g = g * x + 0.00157287732f;
    g = g * x - 0.00609973052f;
    g = g * x + 0.0245019957f;
    g = g * x - 0.103845179f;
    g = g * x + 0.509965235f;
    return w - g;
}

/* Standard normals. */
AIMCI_INLINE vf aimci_stream_normal(aimci_stream *st)
{
    const vu word = aimci_stream_next(st);
    /* 23 bits and the middle of what they leave open, which a float holds exactly. Of the 31 bits
     * only these matter where |z| is not large; the branches below use them all. */
    const vi bits = vf_as_vi(vf_from_vi(vu_as_vi((word & 0x7fffff00u) | 0x80u)));
    vf z = aimci_quantile_octave(aimci_quantile_near, bits);
    if (v_any(bits < 0x4b000000)) { /* 2^23 */
        const vf u = vf_from_vi(vu_as_vi(word & 0x7fffffffu)) + 0.5f;
        z = vf_select(u < 0x1p23f, aimci_quantile_octave(aimci_quantile_far, vf_as_vi(u)), z);
        if (v_any(u < 0x1p15f))
            z = vf_select(u < 0x1p15f, aimci_quantile_tail(u), z);
    }
    return vi_as_vf(vf_as_vi(z) ^ (vu_as_vi(word) & (int32_t)0x80000000));
}

/* n of them, a multiple of 8, in a loop of their own with its constants in registers. */
static __attribute__((noinline, unused)) void aimci_stream_fill(aimci_stream *st, float *out,
                                                                size_t n)
{
    aimci_stream stream = *st;
    for (size_t i = 0; i < n; i += AIMCI_LANES)
        vf_store(out + i, aimci_stream_normal(&stream));
    *st = stream;
}

/* Two vectors of them. */
AIMCI_INLINE void aimci_stream_normals(aimci_stream *st, vf *a, vf *b)
{
    *a = aimci_stream_normal(st);
    *b = aimci_stream_normal(st);
}

/* A stream that gives nothing but normals. */
typedef struct aimci_normals {
    aimci_stream stream;
} aimci_normals;

AIMCI_INLINE vf aimci_normals_next(aimci_normals *n)
{
    return aimci_stream_normal(&n->stream);
}

#endif
