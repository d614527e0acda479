/* SPDX-License-Identifier: MIT */
/* Lanes of float or int32: the types every kernel is written against, once.
 *
 * The header is compiled once per instruction set: eight lanes for those of CPUs (vec8.h), one for
 * "scalar" (vec1.h), which stands for processors whose lanes are work items. Every operation gives
 * the same bits on each of them: no fused multiply-add, no approximate division, our own log, exp
 * and sin. That is why kernels may be compared exactly. Everything is static and forced inline, so
 * nothing compiled for one instruction set leaks into another.
 *
 * Text that is to compile for all of them keeps to these types: vf, vi, vu and vm, a mask. A mask
 * comes from a comparison and goes to a select, vf_where(), vi_from_vm(), v_any() or v_bits();
 * masks are joined by &, | and vm_not(). It is no number: in eight lanes a set one is -1, in one it
 * is 1. Bits are looked at by vf_as_vi() and its like, never by a cast. */
#ifndef AIMCI_VEC_H
#define AIMCI_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define AIMCI_INLINE static inline __attribute__((always_inline, unused))
/* Long loops: a call of its own in plain C, whose eight lanes are much text for the compiler. */
#ifdef AIMCI_ISA_IS_C
#define AIMCI_OUTLINE static __attribute__((noinline, unused))
#else
#define AIMCI_OUTLINE AIMCI_INLINE
#endif

/* Where cells and tables lie: address spaces of processors that have several. */
#ifndef AIMCI_GLOBAL
#define AIMCI_GLOBAL
#define AIMCI_CONSTANT
#endif

#ifdef AIMCI_ISA_IS_SCALAR
#include "kernels/vec1.h"
#else
#include "kernels/vec8.h"
#endif

AIMCI_INLINE vf vf_clip(vf v, vf lo, vf hi)
{
    return vf_min(vf_max(v, lo), hi);
}

AIMCI_INLINE vf vf_floor(vf a)
{
    const vf r = vf_rint(a);
    return r - vf_where(r > a, vf_set(1.0f));
}

AIMCI_INLINE vu vu_rotl(vu a, int k)
{
    return (a << k) | (a >> (32 - k));
}

/* Bits move out at the top: signed integers of C may not do that. */
AIMCI_INLINE vi vi_shift_left(vi a, int k)
{
    return vu_as_vi(vi_as_vu(a) << k);
}

/* Differences that wrap around: lanes that a mask leaves out may hold anything. */
AIMCI_INLINE vi vi_minus(vi a, vi b)
{
    return vu_as_vi(vi_as_vu(a) - vi_as_vu(b));
}

/* Natural logarithm of a normal a > 0; relative error below 2 ulp.
 *
 *     a = 2^e (1 + f),  f in [sqrt(1/2) - 1, sqrt(2) - 1]
 *     log(1 + f) = f - f^2 / 2 + f^3 P(f),  P minimax
 *
 * 0x3f3504f3 is sqrt(1/2): subtracting its bits first puts f into that interval. */
AIMCI_INLINE vf vf_log(vf a)
{
    const vi bits = vf_as_vi(a);
    const vi e = vi_minus(bits, vi_set(0x3f3504f3)) >> 23;
    const vf f = vi_as_vf(vi_minus(bits, vi_shift_left(e, 23))) - 1.0f;
    const vf f2 = f * f;
    vf p = vf_set(-0.07859606625f);
    p = p * f + 0.1288164368f;
    p = p * f - 0.1312875514f;
    p = p * f + 0.1418119268f;
    p = p * f - 0.1662455409f;
    p = p * f + 0.2000228623f;
    p = p * f - 0.250008104f;
    p = p * f + 0.3333331673f;
    const vf ef = vf_from_vi(e);
    const vf low = f2 * f * p - 0.5f * f2 + ef * -2.12194440e-4f;
    return (low + f) + ef * 0.693359375f; /* ln 2 in two parts, the larger one exact times e */
}

/* exp(a) for a in [-87, 88], clipped there; relative error below 2 ulp. a = e ln 2 + r, with ln 2
 * in two parts so that e times the larger one is exact; exp(r) is a minimax polynomial. */
AIMCI_INLINE vf vf_exp(vf a)
{
    a = vf_clip(a, vf_set(-87.0f), vf_set(88.0f));
    const vf e = vf_rint(a * 1.44269504f);
    const vf r = (a - e * 0.693359375f) - e * -2.12194440e-4f;
    vf q = vf_set(0.00139430807f);
    q = q * r + 0.00836848294f;
    q = q * r + 0.0416663233f;
    q = q * r + 0.166665234f;
    q = q * r + 0.5f;
    const vf y = r * r * q + r + 1.0f;
    return y * vi_as_vf(vi_shift_left(vi_from_vf(e) + 127, 23));
}

/* 2^a for a in [-126, 127], clipped there; relative error below 2e-7. */
AIMCI_INLINE vf vf_exp2(vf a)
{
    a = vf_clip(a, vf_set(-126.0f), vf_set(127.0f));
    const float shift = 0x1.8p23f; /* the nearest integer goes into the lowest bits */
    const vf shifted = a + shift;
    const vf r = a - (shifted - shift);
    vf y = vf_set(0.00132647273f);
    y = y * r + 0.00967151299f;
    y = y * r + 0.0555073358f;
    y = y * r + 0.24022242f;
    y = y * r + 0.693147004f;
    y = y * r + 1.0f;
    return vi_as_vf(vu_as_vi(vi_as_vu(vf_as_vi(y)) + (vi_as_vu(vf_as_vi(shifted)) << 23)));
}

/* Binary logarithm of a normal a > 0; absolute error below 4e-7 + 6e-8 |log2 a|.
 * a = 2^e (1 + f) as in vf_log; log2(1 + f) = f P(f), P minimax. */
AIMCI_INLINE vf vf_log2(vf a)
{
    const vi bits = vf_as_vi(a);
    const vi e = vi_minus(bits, vi_set(0x3f3504f3)) >> 23;
    const vf f = vi_as_vf(vi_minus(bits, vi_shift_left(e, 23))) - 1.0f;
    vf p = vf_set(0.17063452f);
    p = p * f - 0.27269796f;
    p = p * f + 0.29726258f;
    p = p * f - 0.35896185f;
    p = p * f + 0.48046502f;
    p = p * f - 0.7213759f;
    p = p * f + 1.4426997f;
    return p * f + vf_from_vi(e);
}

/* a^e; 0 where a is negative, 0 or denormal. Relative error below
 * 4e-7 (1 + |e|) + 1e-7 |e log2 a|. */
AIMCI_INLINE vf vf_pow(vf a, vf e)
{
    return vf_where(a >= 1.17549435e-38f, vf_exp2(e * vf_log2(a)));
}

/* sin and cos of pi t for |t| <= 1; absolute error below 1e-7. */
AIMCI_INLINE void vf_sincospi(vf t, vf *sin_out, vf *cos_out)
{
    const vf q = vf_rint(t * 2.0f);
    const vf r = t - q * 0.5f;
    const vf r2 = r * r;
    vf s = vf_set(-0.5890786601f);
    s = s * r2 + 2.549767299f;
    s = s * r2 - 5.167707829f;
    s = (s * r2 + 3.141592644f) * r;
    vf c = vf_set(0.231329716f);
    c = c * r2 - 1.335044564f;
    c = c * r2 + 4.058707263f;
    c = c * r2 - 4.934802163f;
    c = c * r2 + 1.0f;
    /* quarter turns: odd ones swap, the second bit flips signs */
    const vi quarter = vi_from_vf(q);
    const vm odd = (quarter & 1) != 0;
    const vi sin_sign = vi_shift_left(quarter & 2, 30);
    const vi cos_sign = vi_shift_left((quarter + 1) & 2, 30);
    *sin_out = vi_as_vf(vf_as_vi(vf_select(odd, c, s)) ^ sin_sign);
    *cos_out = vi_as_vf(vf_as_vi(vf_select(odd, s, c)) ^ cos_sign);
}

#endif
