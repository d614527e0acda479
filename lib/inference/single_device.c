/* SPDX-License-Identifier: MIT */
/* One device for each weight. D = g_max - g_min.
 *
 *     single_device  g = g_min + D (1 + u) / 2: the smallest weight at g_min, the largest at g_max
 *     offset         g = g_min + D' (1 + u) / 2, with D' = D (2^b - 2) / (2^b - 1) for cells of b
 *                    bits, so that 0 is a level; the middle is subtracted digitally, or by a column
 *                    of real devices at 0
 *     fusion         g = g_min + D |u|, the sign kept digitally; the read-back of a row is divided
 *                    by its slope against the targets */
#include <math.h>

#include "inference/encoding.h"

#define SRC "single-device, offset and fusion mappings as in CrossSim 3.2 and aihwkit 1.1.0"

static size_t one(const void *params)
{
    (void)params;
    return 1;
}

/* ---- affine --------------------------------------------------------------------------------- */

static const aimci_field single_fields[] = {AIMCI_ENCODING_FIELDS(SRC)};

const aimci_kind aimci_kind_single_device = {
    .name = "single_device",
    .category = "encoding",
    .doc = "one device: smallest weight at g_min, largest at g_max",
    .source = SRC,
    .fields = single_fields,
    .n_fields = 1,
    .size = sizeof(aimci_encoding_params),
};

static void single_encode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *u, double *g)
{
    (void)params;
    for (size_t i = 0; i < n; i++)
        g[i] = r->g_min + (r->g_max - r->g_min) * (1 + aimci_clip_unit(u[i])) / 2;
}

static void single_decode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *g, const float *wish, double unit, double *u)
{
    (void)params, (void)wish, (void)unit;
    for (size_t i = 0; i < n; i++)
        u[i] = 2 * (g[i] - r->g_min) / (r->g_max - r->g_min) - 1;
}

const aimci_encoding_ops aimci_encoding_ops_single_device = {
    .kind = &aimci_kind_single_device,
    .affine = true,
    .n_devices = one,
    .encode = single_encode,
    .decode = single_decode,
};

/* ---- offset --------------------------------------------------------------------------------- */

enum { DIGITAL_OFFSET, REFERENCE_COLUMN };

typedef struct offset {
    aimci_encoding_params base;
    int64_t cell_bits;
    int32_t correction;
} offset;

static const aimci_field offset_fields[] = {
    AIMCI_ENCODING_FIELDS(SRC),
    AIMCI_INTEGER(offset, cell_bits, 0, 0, 16, "bit",
                  "bits of a cell, so that 0 is one of its levels; 0: analog", SRC),
    AIMCI_CHOICE(offset, correction, 0, 1, "DIGITAL_OFFSET|REFERENCE_COLUMN",
                 "what takes the offset off: the sum of the inputs times a constant, or a column "
                 "of devices",
                 SRC),
};

AIMCI_DEFINE_KIND(offset, "encoding", "one device around an offset that is subtracted", SRC,
                  offset_fields, offset, .n_children = 0);

static double offset_range(const offset *p, const aimci_noise_params *r)
{
    const double levels = p->cell_bits > 1 ? (double)(1 << p->cell_bits) : 0;
    return (r->g_max - r->g_min) * (levels > 0 ? (levels - 2) / (levels - 1) : 1);
}

static void offset_encode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *u, double *g)
{
    const double range = offset_range(params, r);
    for (size_t i = 0; i < n; i++)
        g[i] = r->g_min + range * (1 + aimci_clip_unit(u[i])) / 2;
}

static void offset_decode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *g, const float *wish, double unit, double *u)
{
    (void)wish;
    const offset *p = params;
    const double range = offset_range(p, r);
    const double middle = p->correction == REFERENCE_COLUMN ? unit : r->g_min + range / 2;
    for (size_t i = 0; i < n; i++)
        u[i] = 2 * (g[i] - middle) / range;
}

const aimci_encoding_ops aimci_encoding_ops_offset = {
    .kind = &aimci_kind_offset,
    .unit_shared = true,
    .n_devices = one,
    .encode = offset_encode,
    .decode = offset_decode,
};

/* ---- fusion --------------------------------------------------------------------------------- */

static const aimci_field fusion_fields[] = {AIMCI_FLAG(
    aimci_encoding_params, scale_per_output, 1,
    "each output of a tile has its own scale, undone digitally; else one for the tile", SRC)};

const aimci_kind aimci_kind_fusion = {
    .name = "fusion",
    .category = "encoding",
    .doc = "one device for the magnitude, the sign kept digitally, row-wise regression",
    .source = SRC,
    .fields = fusion_fields,
    .n_fields = 1,
    .size = sizeof(aimci_encoding_params),
};

static void fusion_encode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *u, double *g)
{
    (void)params;
    for (size_t i = 0; i < n; i++)
        g[i] = r->g_min + (r->g_max - r->g_min) * fabs(aimci_clip_unit(u[i]));
}

static void fusion_decode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *g, const float *wish, double unit, double *u)
{
    (void)params, (void)unit;
    for (size_t i = 0; i < n; i++)
        u[i] = copysign((g[i] - r->g_min) / (r->g_max - r->g_min), (double)wish[i]);
}

const aimci_encoding_ops aimci_encoding_ops_fusion = {
    .kind = &aimci_kind_fusion,
    .regress = true,
    .n_devices = one,
    .encode = fusion_encode,
    .decode = fusion_decode,
};
