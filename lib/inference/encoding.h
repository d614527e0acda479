/* SPDX-License-Identifier: MIT */
/* How a weight lies on conductances: one of these for each way.
 *
 * Weights w of a matrix, or of one of its rows, become u = (w - middle) / half in [-1, 1]; u
 * becomes the conductances of n_devices devices, and those u again. */
#ifndef AIMCI_ENCODING_H
#define AIMCI_ENCODING_H

#include "inference/noise.h"

#define AIMCI_MAX_CELL 32 /* devices of one weight */

/* Every encoding's values begin with these. */
typedef struct aimci_encoding_params {
    bool scale_per_output;
} aimci_encoding_params;

typedef struct aimci_encoding_ops {
    const aimci_kind *kind;
    bool affine;      /* middle and half from the smallest and largest weight; else middle = 0 */
    bool regress;     /* read-back is divided by its row's slope against the targets */
    bool unit_shared; /* one more device for each input, at u = 0, is subtracted; see decode */
    aimc_status (*check)(const void *params); /* contradictions; NULL: none */
    size_t (*n_devices)(const void *params);
    /* conductances g[n][n_devices] of u[n] */
    void (*encode)(const void *params, const aimci_noise_params *range, size_t n, const double *u,
                   double *g);
    /* u[n] from conductances g[n][n_devices]; wish[n]: numbers of the signs that were asked for
     * (they may be kept digitally); unit: conductance of the shared device */
    void (*decode)(const void *params, const aimci_noise_params *range, size_t n, const double *g,
                   const float *wish, double unit, double *u);
} aimci_encoding_ops;

#define AIMCI_ENCODING(name) extern const aimci_encoding_ops aimci_encoding_ops_##name;
#include "kinds.def"

static inline double aimci_clip_unit(double u)
{
    return u < -1 ? -1 : u > 1 ? 1 : u;
}

#define AIMCI_ENCODING_FIELDS(src)                                                                 \
    AIMCI_FLAG(aimci_encoding_params, scale_per_output, 0,                                         \
               "each output of a tile has its own scale, undone digitally; else one for the tile", \
               src)

#endif
