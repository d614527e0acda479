/* SPDX-License-Identifier: MIT */
/* The law AIMCT_LAW as OpenCL C: its text is compiled as it is, with work items for lanes and
 * address spaces for cells and parameters. Compiled, not run: what it computes is compared in
 * t_scalar.c. */
typedef int int32_t;
typedef uint uint32_t;

#define AIMCI_VEC_H
#define AIMCI_LANES 1
#define AIMCI_INLINE static inline
#define AIMCI_GLOBAL __global
#define AIMCI_CONSTANT __constant

typedef float vf;
typedef int vi;
typedef uint vu;
typedef bool vm;

#define vf_set(x) ((vf)(x))
#define vi_set(x) ((vi)(x))
#define vm_set(x) ((x) != 0)
#define vf_load(p) (*(p))
#define vf_select(mask, yes, no) ((mask) ? (yes) : (no))
#define vi_select(mask, yes, no) ((mask) ? (yes) : (no))
#define vm_select(mask, yes, no) ((mask) ? (yes) : (no))
#define vf_where(mask, a) ((mask) ? (a) : 0.0f)
#define vi_where(mask, a) ((mask) ? (a) : 0)
#define vm_not(mask) (!(mask))
#define vf_min(a, b) fmin(a, b)
#define vf_max(a, b) fmax(a, b)
#define vi_max(a, b) max(a, b)
#define vf_clip(v, lo, hi) fmin(fmax(v, lo), hi)
#define vf_abs(a) fabs(a)
#define vf_sqrt(a) sqrt(a)
#define vf_floor(a) floor(a)
#define vf_exp2(a) exp2(a)
#define vf_pow(a, e) pow(a, e)
#define vf_from_vi(a) convert_float(a)
#define vi_from_vf(a) convert_int(a)
#define vf_gather(table, index) ((table)[index])

#include AIMCT_LAW

/* Cells side by side; parameters one after the other, n cells each. */
kernel void pulse(constant aimci_law *law, global float *cells, ulong present, int n,
                  global const int *up, global const float *xi)
{
    const size_t i = get_global_id(0);
    const aimci_where where = {i, 0};
    aimci_word_line line;
    line.n = (size_t)n;
    for (int k = 0; k < AIMCI_N_CELL_PARAMETERS; k++)
        line.cell[k] = present >> k & 1 ? cells + (size_t)k * n : 0;
    const aimci_lane_group c = aimci_lane_group_load(&line, where, up[i] != 0);
    const aimci_law_terms t = aimci_law_load(law, &line, where, &c);
    vf next = aimci_law_step(law, &c, &t, c.state, xi[i]);
#if AIMCI_LAW_JUMPS
    vf reach;
    next += aimci_law_jump(law, &c, &t, 2.0f, c.state, xi[i], &reach) * (reach < 1.0f);
#endif
    line.p[i] = vf_clip(next, c.lo, c.hi);
}
