/* SPDX-License-Identifier: MIT */
/* Functions of kernels/vec.h for one instruction set: see probe.h. */
#include "kernels/probe.h"

static const float table[] = {0.5f, -1.25f, 3.0f, 7.5f, -0.0f, 1e-30f, 42.0f, 0.1f};

AIMCI_INLINE vf lookup(vf x)
{
    const vi index = vi_from_vf(vf_min(vf_abs(x), vf_set(7.0f)));
    return vf_gather(table, index);
}

/* Masks joined, and made numbers. */
AIMCI_INLINE vf masks(vf x, vf y)
{
    const vm low = x < y, small = vf_abs(x) < 1.0f;
    const vm either = (low & vm_not(small)) | vm_select(low, small, vm_set(1));
    const vi n = vi_from_vm(either) + vi_where(small, vi_set(4)) +
                 vi_select(low, vi_set(16), vi_set(64)) +
                 vi_max(vi_min(vi_set(2), vi_set(3)), vi_abs(vi_set(-1)));
    return vf_from_vi(n) + vf_where(v_any(either) ? either : low, y);
}

AIMCI_INLINE vf sin_and_cos(vf x, int want_cos)
{
    vf s, c;
    vf_sincospi(vf_clip(x, vf_set(-1.0f), vf_set(1.0f)), &s, &c);
    return want_cos ? c : s;
}

AIMCI_INLINE vf apply(int k, vf x, vf y)
{
    switch (k) {
    case 0:
        return vf_log(vf_abs(x));
    case 1:
        return vf_exp(x);
    case 2:
        return vf_exp2(x);
    case 3:
        return vf_log2(vf_abs(x));
    case 4:
        return vf_pow(x, y);
    case 5:
        return vf_rint(x);
    case 6:
        return vf_floor(x);
    case 7:
        return vf_min(x, y);
    case 8:
        return vf_max(x, y);
    case 9:
        return vf_copysign(x, y);
    case 10:
        return vf_sqrt(x);
    case 11:
        return lookup(x);
    case 12:
        return masks(x, y);
    default:
        return sin_and_cos(x, k == 13);
    }
}

static void function(int k, const float *x, const float *y, float *z, size_t n)
{
    for (size_t at = 0; at < n; at += AIMCI_LANES)
        vf_store(z + at, apply(k, vf_load(x + at), vf_load(y + at)));
}

extern const aimct_vec_probe AIMCI_K(probe_vec);
const aimct_vec_probe AIMCI_K(probe_vec) = {function};
