/* SPDX-License-Identifier: MIT */
/* One lane: what a work item of another processor sees. On CPUs it is compiled for tests alone,
 * which compare it with eight lanes. Included by vec.h alone. */
#ifndef AIMCI_VEC1_H
#define AIMCI_VEC1_H

#include <stdbool.h>

#define AIMCI_LANES 1

typedef float vf;
typedef int32_t vi;
typedef uint32_t vu;
typedef _Bool vm; /* so that tests find a mask that is used as a number */

AIMCI_INLINE vi vf_as_vi(vf a)
{
    vi v;
    memcpy(&v, &a, sizeof v);
    return v;
}

AIMCI_INLINE vf vi_as_vf(vi a)
{
    vf v;
    memcpy(&v, &a, sizeof v);
    return v;
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
    return x;
}

AIMCI_INLINE vi vi_set(int32_t x)
{
    return x;
}

AIMCI_INLINE vu vu_set(uint32_t x)
{
    return x;
}

AIMCI_INLINE vm vm_set(int set)
{
    return set != 0;
}

AIMCI_INLINE vf vf_load(const AIMCI_GLOBAL float *p)
{
    return *p;
}

AIMCI_INLINE void vf_store(AIMCI_GLOBAL float *p, vf v)
{
    *p = v;
}

AIMCI_INLINE vi vi_load(const AIMCI_GLOBAL int32_t *p)
{
    return *p;
}

AIMCI_INLINE vf vf_select(vm mask, vf yes, vf no)
{
    return mask ? yes : no;
}

AIMCI_INLINE vi vi_select(vm mask, vi yes, vi no)
{
    return mask ? yes : no;
}

AIMCI_INLINE vf vf_where(vm mask, vf a)
{
    return mask ? a : 0.0f;
}

AIMCI_INLINE vi vi_where(vm mask, vi a)
{
    return mask ? a : 0;
}

AIMCI_INLINE vi vi_from_vm(vm mask)
{
    return mask;
}

AIMCI_INLINE vm vm_select(vm mask, vm yes, vm no)
{
    return mask ? yes : no;
}

AIMCI_INLINE vm vm_not(vm mask)
{
    return !mask;
}

AIMCI_INLINE int v_any(vm mask)
{
    return mask;
}

/* b when either is NaN, as in eight lanes */
AIMCI_INLINE vf vf_min(vf a, vf b)
{
    return a < b ? a : b;
}

AIMCI_INLINE vf vf_max(vf a, vf b)
{
    return a > b ? a : b;
}

AIMCI_INLINE vi vi_min(vi a, vi b)
{
    return a < b ? a : b;
}

AIMCI_INLINE vi vi_max(vi a, vi b)
{
    return a > b ? a : b;
}

AIMCI_INLINE vi vi_abs(vi a)
{
    return a < 0 ? -a : a;
}

AIMCI_INLINE vf vf_abs(vf a)
{
    return vi_as_vf(vf_as_vi(a) & 0x7fffffff);
}

AIMCI_INLINE vf vf_copysign(vf magnitude, vf sign)
{
    return vi_as_vf((vf_as_vi(magnitude) & 0x7fffffff) | (vf_as_vi(sign) & (int32_t)0x80000000));
}

AIMCI_INLINE vf vf_sqrt(vf a)
{
    return __builtin_sqrtf(a);
}

/* nearest integer, ties to even; keeps the sign of zero; any |a| */
AIMCI_INLINE vf vf_rint(vf a)
{
    const vf big = 8388608.0f; /* 2^23: from here on every float is an integer */
    const vf magnitude = vf_abs(a);
    const vf rounded = (magnitude + big) - big;
    return magnitude < big ? vf_copysign(rounded, a) : a;
}

AIMCI_INLINE vf vf_from_vi(vi a)
{
    return (vf)a;
}

AIMCI_INLINE vi vi_from_vf(vf a)
{
    return (vi)a;
}

AIMCI_INLINE vf vf_gather(const AIMCI_CONSTANT float *table, vi index)
{
    return table[index];
}

#endif
