/* SPDX-License-Identifier: MIT */
/* A large logical matrix on a grid of tiles of bounded size; partial sums are digital.
 *
 * A side of n with limit m is partitioned into ceil(n/m) parts of equal size, the first n mod parts
 * one larger. Tile k holds part k / in.parts of the outputs and part k % in.parts of the inputs. */
#ifndef AIMCI_GRID_H
#define AIMCI_GRID_H

#include "tile/tile.h"

#define AIMCI_GRID_MAX_SIDE (1 << 20)

/* Vectors handled at once; a multiple of the read-out's chunk, so that cutting a batch here changes
 * nothing. */
#define AIMCI_GRID_BATCH 256

/* One side of n in parts. */
typedef struct aimci_partition {
    size_t n, parts;
} aimci_partition;

typedef struct aimci_grid {
    aimc_context *ctx;
    uint64_t seed;
    aimci_mapping_params mapping;
    aimci_partition out, in;
    aimc_tile **tiles; /* [out.parts][in.parts] */
    float *scales;     /* [in.parts][out.n]: digital output scales */
    float *part_out; /* [AIMCI_GRID_BATCH][largest tile]: one tile's outputs, or scaled gradients */
    float *part_in;  /* [AIMCI_GRID_BATCH][largest tile] */
} aimci_grid;

/* Fresh tiles. config: of a kind that extends "tile"; its seed, or seed_fallback, is the grid's.
 * Arguments are checked by the caller, here as below. */
aimc_status aimci_grid_create(const aimc_device *device, size_t n_out, size_t n_in,
                              const aimc_config *config, uint64_t seed_fallback, aimci_grid **out);
void aimci_grid_destroy(aimci_grid *grid);

size_t aimci_grid_n_tiles(const aimci_grid *grid); /* NULL: 0 */
size_t aimci_grid_first_out(const aimci_grid *grid, size_t k);
size_t aimci_grid_first_in(const aimci_grid *grid, size_t k);

/* Digital scales of the outputs of tile k. */
float *aimci_grid_scales(const aimci_grid *grid, size_t k);

void aimci_grid_set_weights(aimci_grid *grid, const float *w, size_t ld);
void aimci_grid_get_weights(const aimci_grid *grid, float *w, size_t ld);

/* Of finite numbers; the sum of the tiles is looked at once. */
aimc_status aimci_grid_forward(aimci_grid *grid, size_t n, const float *x, size_t ld_x, float *y,
                               size_t ld_y);
aimc_status aimci_grid_backward(aimci_grid *grid, size_t n, const float *d, size_t ld_d, float *z,
                                size_t ld_z);

/* to[b][i] = d[b][i] scale[i], or over it: gradients of outputs for a tile with these scales,
 * packed. */
void aimci_grid_scale_gradients(size_t n, size_t rows, const float *d, size_t ld_d,
                                const float *scales, bool divide, float *to);

void aimci_grid_counters(const aimci_grid *grid, aimc_counters *sum);
void aimci_grid_describe(const aimci_grid *grid, aimci_text *text);

/* State under a prefix. Restoring takes the configuration that the grid was made with. */
aimc_status aimci_grid_put(const aimci_grid *grid, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_grid_restore(const aimc_config *config, aimci_st_reader *reader,
                               const char *prefix, aimci_grid **out);

#endif
