/* SPDX-License-Identifier: MIT */
/* Integer weights of B bits in n slices of s bits, each slice a device or a pair.
 *
 *     W = rint(u (2^(B-1) - 1))
 *     digits d_k of s bits, least significant first: of |W| (balanced), or of W + 2^(B-1) (offset)
 *     g = g_min + D d_k / (2^s - 1)
 *     read back: W = sum_k 2^(s k) d_k, with its sign (balanced) or less 2^(B-1) (offset)
 *
 * with D = g_max - g_min and s = ceil((B - 1) / n) (balanced) or ceil(B / n) (offset). */
#include <math.h>

#include "inference/encoding.h"

#define SRC "bit slicing as in CrossSim 3.2; A. Shafiee et al., ISCA 14 (2016)"

enum { BALANCED, OFFSET };

typedef struct bit_sliced {
    aimci_encoding_params base;
    int64_t weight_bits, n_slices;
    int32_t style;
} bit_sliced;

static const aimci_field fields[] = {
    AIMCI_ENCODING_FIELDS(SRC),
    AIMCI_INTEGER(bit_sliced, weight_bits, 8, 2, 24, "bit", "bits of a weight, its sign included",
                  SRC),
    AIMCI_INTEGER(bit_sliced, n_slices, 4, 1, 16, "1", "slices of a weight", SRC),
    AIMCI_CHOICE(bit_sliced, style, 0, 1, "BALANCED|OFFSET",
                 "a pair of devices for each slice, or one device and a digital offset", SRC),
};

AIMCI_DEFINE_KIND(bit_sliced, "encoding", "integer weights in slices of few bits", SRC, fields,
                  bit_sliced, .n_children = 0);

static aimc_status check(const void *params)
{
    const bit_sliced *p = params;
    if (p->n_slices <= p->weight_bits)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID, "bit_sliced: n_slices = %d for %d bits of a weight",
                      (int)p->n_slices, (int)p->weight_bits);
}

static int slice_bits(const bit_sliced *p)
{
    const int64_t bits = p->style == BALANCED ? p->weight_bits - 1 : p->weight_bits;
    return (int)((bits + p->n_slices - 1) / p->n_slices);
}

static size_t n_devices(const void *params)
{
    const bit_sliced *p = params;
    return (size_t)(p->style == BALANCED ? 2 * p->n_slices : p->n_slices);
}

static void slice(const bit_sliced *p, const aimci_noise_params *r, double u, double *g)
{
    const int bits = slice_bits(p), mask = (1 << bits) - 1;
    const int32_t w = (int32_t)rint(aimci_clip_unit(u) * (double)((1 << (p->weight_bits - 1)) - 1));
    int32_t rest = p->style == BALANCED ? (w < 0 ? -w : w) : w + (1 << (p->weight_bits - 1));
    for (int64_t k = 0; k < p->n_slices; k++, rest >>= bits) {
        const double level = r->g_min + (r->g_max - r->g_min) * (double)(rest & mask) / mask;
        if (p->style == OFFSET) {
            g[k] = level;
            continue;
        }
        g[2 * k] = w < 0 ? r->g_min : level;
        g[2 * k + 1] = w < 0 ? level : r->g_min;
    }
}

static void encode(const void *params, const aimci_noise_params *r, size_t n, const double *u,
                   double *g)
{
    for (size_t i = 0; i < n; i++)
        slice(params, r, u[i], g + i * n_devices(params));
}

static double join(const bit_sliced *p, const aimci_noise_params *r, const double *g)
{
    const int bits = slice_bits(p);
    const double top = (double)((1 << bits) - 1) / (r->g_max - r->g_min);
    double sum = p->style == OFFSET ? -(double)(1 << (p->weight_bits - 1)) : 0, factor = top;
    for (int64_t k = 0; k < p->n_slices; k++) {
        sum += factor * (p->style == OFFSET ? g[k] - r->g_min : g[2 * k] - g[2 * k + 1]);
        factor *= (double)(1 << bits);
    }
    return sum / (double)((1 << (p->weight_bits - 1)) - 1);
}

static void decode(const void *params, const aimci_noise_params *r, size_t n, const double *g,
                   const float *wish, double unit, double *u)
{
    (void)wish, (void)unit;
    for (size_t i = 0; i < n; i++)
        u[i] = join(params, r, g + i * n_devices(params));
}

const aimci_encoding_ops aimci_encoding_ops_bit_sliced = {
    .kind = &aimci_kind_bit_sliced,
    .check = check,
    .n_devices = n_devices,
    .encode = encode,
    .decode = decode,
};
