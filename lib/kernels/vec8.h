/* SPDX-License-Identifier: MIT */
/* Eight lanes: vectors of the compilers, intrinsics where what they make of them is slow. Included
 * by vec.h alone. */
#ifndef AIMCI_VEC8_H
#define AIMCI_VEC8_H

#if defined(AIMCI_ISA_IS_AVX2) || defined(AIMCI_ISA_IS_AVX512)
#define AIMCI_VEC_X86 1
#include <immintrin.h>
#else
#define AIMCI_VEC_X86 0
#endif

#define AIMCI_LANES 8

typedef float vf __attribute__((vector_size(32)));
typedef int32_t vi __attribute__((vector_size(32)));
typedef uint32_t vu __attribute__((vector_size(32)));
typedef vi vm; /* lanes are 0 or -1 */

AIMCI_INLINE vi vf_as_vi(vf a)
{
    return (vi)a;
}

AIMCI_INLINE vf vi_as_vf(vi a)
{
    return (vf)a;
}

AIMCI_INLINE vi vu_as_vi(vu a)
{
    return (vi)a;
}

AIMCI_INLINE vu vi_as_vu(vi a)
{
    return (vu)a;
}

AIMCI_INLINE vf vf_set(float x)
{
    return (vf){x, x, x, x, x, x, x, x};
}

AIMCI_INLINE vi vi_set(int32_t x)
{
    return (vi){x, x, x, x, x, x, x, x};
}

AIMCI_INLINE vu vu_set(uint32_t x)
{
    return (vu){x, x, x, x, x, x, x, x};
}

AIMCI_INLINE vi vi_lanes(void)
{
    return (vi){0, 1, 2, 3, 4, 5, 6, 7};
}

/* loads and stores need no alignment */
AIMCI_INLINE vf vf_load(const float *p)
{
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}

AIMCI_INLINE void vf_store(float *p, vf v)
{
    memcpy(p, &v, sizeof v);
}

/* A group of eight that may hang over the end of an array of n. */
AIMCI_INLINE vf vf_load_tail(const float *x, size_t at, size_t n)
{
    if (at + AIMCI_LANES <= n)
        return vf_load(x + at);
#if AIMCI_VEC_X86 /* a call of memcpy would empty the registers of the loop around it */
    return (vf)_mm256_maskload_ps(x + at, (__m256i)(vi_lanes() < (int32_t)(n - at)));
#else
    vf v = vf_set(0.0f);
    memcpy(&v, x + at, (n - at) * sizeof *x);
    return v;
#endif
}

AIMCI_INLINE void vf_store_tail(float *x, size_t at, size_t n, vf v)
{
    if (at + AIMCI_LANES <= n)
        vf_store(x + at, v);
    else
#if AIMCI_VEC_X86
        _mm256_maskstore_ps(x + at, (__m256i)(vi_lanes() < (int32_t)(n - at)), (__m256)v);
#else
        memcpy(x + at, &v, (n - at) * sizeof *x);
#endif
}

AIMCI_INLINE vi vi_load(const int32_t *p)
{
    vi v;
    memcpy(&v, p, sizeof v);
    return v;
}

AIMCI_INLINE void vi_store(int32_t *p, vi v)
{
    memcpy(p, &v, sizeof v);
}

AIMCI_INLINE vu vu_load(const uint32_t *p)
{
    vu v;
    memcpy(&v, p, sizeof v);
    return v;
}

AIMCI_INLINE void vu_store(uint32_t *p, vu v)
{
    memcpy(p, &v, sizeof v);
}

AIMCI_INLINE vf vf_select(vm mask, vf yes, vf no)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)mask);
#else
    return (vf)(((vi)yes & mask) | ((vi)no & ~mask));
#endif
}

AIMCI_INLINE vi vi_select(vm mask, vi yes, vi no)
{
    return (yes & mask) | (no & ~mask);
}

/* a where the mask is set, else 0 */
AIMCI_INLINE vf vf_where(vm mask, vf a)
{
    return (vf)((vi)a & mask);
}

AIMCI_INLINE vi vi_where(vm mask, vi a)
{
    return a & mask;
}

/* 1 where the mask is set, else 0 */
AIMCI_INLINE vi vi_from_vm(vm mask)
{
    return -mask;
}

AIMCI_INLINE vm vm_select(vm mask, vm yes, vm no)
{
    return (yes & mask) | (no & ~mask);
}

AIMCI_INLINE vm vm_not(vm mask)
{
    return ~mask;
}

AIMCI_INLINE vm vm_set(int set)
{
    return vi_set(set ? -1 : 0);
}

/* a < b ? a : b, so b when either is NaN */
AIMCI_INLINE vf vf_min(vf a, vf b)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return vf_select(a < b, a, b);
#endif
}

AIMCI_INLINE vf vf_max(vf a, vf b)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return vf_select(a > b, a, b);
#endif
}

AIMCI_INLINE vf vf_abs(vf a)
{
    return (vf)((vi)a & 0x7fffffff);
}

AIMCI_INLINE vf vf_copysign(vf magnitude, vf sign)
{
    return (vf)(((vi)magnitude & 0x7fffffff) | ((vi)sign & (int32_t)0x80000000));
}

AIMCI_INLINE vf vf_sqrt(vf a)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_sqrt_ps((__m256)a);
#else
    vf r;
    for (int k = 0; k < AIMCI_LANES; k++)
        r[k] = __builtin_sqrtf(a[k]);
    return r;
#endif
}

/* nearest integer, ties to even; keeps the sign of zero; any |a| */
AIMCI_INLINE vf vf_rint(vf a)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_round_ps((__m256)a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
    const vf big = vf_set(8388608.0f); /* 2^23: from here on every float is an integer */
    const vf magnitude = vf_abs(a);
    const vf rounded = (magnitude + big) - big;
    return vf_select(magnitude < big, vf_copysign(rounded, a), a);
#endif
}

AIMCI_INLINE vf vf_from_vi(vi a)
{
    return __builtin_convertvector(a, vf);
}

/* toward zero; |a| < 2^31 */
AIMCI_INLINE vi vi_from_vf(vf a)
{
    return __builtin_convertvector(a, vi);
}

/* bit k is set when lane k of the mask is */
AIMCI_INLINE unsigned v_bits(vm mask)
{
#if AIMCI_VEC_X86
    return (unsigned)_mm256_movemask_ps((__m256)mask);
#else
    unsigned bits = 0;
    for (int k = 0; k < AIMCI_LANES; k++)
        bits |= (unsigned)(mask[k] & 1) << k;
    return bits;
#endif
}

AIMCI_INLINE int v_any(vm mask)
{
    return v_bits(mask) != 0;
}

AIMCI_INLINE vi vi_max(vi a, vi b)
{
#if AIMCI_VEC_X86
    return (vi)_mm256_max_epi32((__m256i)a, (__m256i)b);
#else
    return vi_select(a > b, a, b);
#endif
}

AIMCI_INLINE vi vi_min(vi a, vi b)
{
#if AIMCI_VEC_X86
    return (vi)_mm256_min_epi32((__m256i)a, (__m256i)b);
#else
    return vi_select(a < b, a, b);
#endif
}

AIMCI_INLINE vi vi_abs(vi a)
{
#if AIMCI_VEC_X86
    return (vi)_mm256_abs_epi32((__m256i)a);
#else
    return vi_max(a, -a);
#endif
}

AIMCI_INLINE int32_t vi_sum(vi a)
{
    return ((a[0] + a[4]) + (a[1] + a[5])) + ((a[2] + a[6]) + (a[3] + a[7]));
}

/* table[index mod 8] of each lane: eight entries stay in a register */
AIMCI_INLINE vf vf_lookup(const float table[AIMCI_LANES], vi index)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_permutevar8x32_ps((__m256)vf_load(table), (__m256i)index);
#else
    vf v;
    for (int k = 0; k < AIMCI_LANES; k++)
        v[k] = table[index[k] & 7];
    return v;
#endif
}

/* ---- lanes in another order ----------------------------------------------------------------- */

/* lane k of the result is lane order[k] of v */
AIMCI_INLINE vf vf_permute(vf v, vi order)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_permutevar8x32_ps((__m256)v, (__m256i)order);
#else
    vf r;
    for (int k = 0; k < AIMCI_LANES; k++)
        r[k] = v[order[k]];
    return r;
#endif
}

AIMCI_INLINE vi vi_permute(vi v, vi order)
{
    return (vi)vf_permute((vf)v, order);
}

/* For each set of lanes, given by bits, an order of eight lanes, one byte each: kernels/lanes.c. */
extern const uint64_t aimci_pack_table[256], aimci_expand_table[256];

AIMCI_INLINE vi v_order(uint64_t bytes)
{
#if AIMCI_VEC_X86
    return (vi)_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes));
#else
    vi order;
    for (int k = 0; k < AIMCI_LANES; k++)
        order[k] = (int32_t)(bytes >> 8 * k & 7);
    return order;
#endif
}

/* The lanes of the set first, in their order, and lane 0 in the places that are left. */
AIMCI_INLINE vi v_pack_order(unsigned bits)
{
    return v_order(aimci_pack_table[bits]);
}

/* The lanes of the set get the first lanes, in their order. */
AIMCI_INLINE vi v_expand_order(unsigned bits)
{
    return v_order(aimci_expand_table[bits]);
}

/* table[index] of each lane */
AIMCI_INLINE vf vf_gather(const AIMCI_CONSTANT float *table, vi index)
{
#if AIMCI_VEC_X86
    return (vf)_mm256_i32gather_ps(table, (__m256i)index, sizeof *table);
#else
    vf v;
    for (int k = 0; k < AIMCI_LANES; k++)
        v[k] = table[index[k]];
    return v;
#endif
}

/* ---- bits ----------------------------------------------------------------------------------- */

/* number of set bits of each lane */
AIMCI_INLINE vu vu_popcount(vu a)
{
#if AIMCI_VEC_X86
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_shuffle_epi8(table, (__m256i)(a & 0x0f0f0f0fu));
    const __m256i high = _mm256_shuffle_epi8(table, (__m256i)((a >> 4) & 0x0f0f0f0fu));
    const __m256i bytes = _mm256_add_epi8(low, high);
    const __m256i pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
    return (vu)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#else
    a = a - ((a >> 1) & 0x55555555u);
    a = (a & 0x33333333u) + ((a >> 2) & 0x33333333u);
    a = (a + (a >> 4)) & 0x0f0f0f0fu;
    a = a + (a >> 8);
    return (a + (a >> 16)) & 0x3fu;
#endif
}

/* the same where only the lowest eight bits may be set */
AIMCI_INLINE vu vu_popcount8(vu a)
{
#if AIMCI_VEC_X86
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    return (vu)_mm256_shuffle_epi8(table, (__m256i)(a & 15u)) +
           (vu)_mm256_shuffle_epi8(table, (__m256i)(a >> 4));
#else
    return vu_popcount(a);
#endif
}

#endif
