/* SPDX-License-Identifier: MIT */
/* Inside of a grid, for the floors above and its own file format. */
#ifndef AIMCI_GRID_H
#define AIMCI_GRID_H

#include <aimc/grid.h>

#include "tile/tile.h"

#define AIMCI_GRID_MAX_SIDE (1 << 20)

/* Vectors handled at once; a multiple of the read-out's chunk, so that cutting a batch here changes
 * nothing. */
#define AIMCI_GRID_BATCH 256

/* One side of n cut into parts. */
typedef struct aimci_cut {
    size_t n, parts;
} aimci_cut;

aimci_cut aimci_cut_side(size_t n, size_t limit);
size_t aimci_cut_first(aimci_cut cut, size_t part);
size_t aimci_cut_size(aimci_cut cut, size_t part);

/* Digital scales of the outputs of tile k. */
float *aimci_grid_scales(const aimc_grid *grid, size_t k);

/* Hardware-aware training (lib/inference): what a grid does around reads and updates. */
typedef struct aimci_hwa aimci_hwa;

struct aimc_grid {
    aimc_context *ctx;
    aimc_config *config; /* of kind "tile" or "layer" */
    uint64_t seed;
    aimci_cut out, in;
    aimc_tile **tiles;           /* [out.parts][in.parts] */
    aimc_optimizer **optimizers; /* beside them; NULL: none */
    float *scales;               /* [in.parts][out.n]: digital output scales */
    float *part_out; /* [AIMCI_GRID_BATCH][largest tile]: one tile's outputs, or scaled gradients */
    float *gradients;   /* scaled gradients of a whole batch, where scales are not 1 */
    size_t n_gradients; /* floats there */
    aimci_hwa *hwa;     /* NULL: nothing of that */
    float *part_in;     /* [AIMCI_GRID_BATCH][largest tile] */
};

/* A grid without tiles. */
aimc_status aimci_grid_frame(aimc_context *ctx, size_t n_out, size_t n_in,
                             const aimc_config *config, aimc_grid **out);

/* Of the grid's configuration, after its optimizers are bound; without effect where it says
 * nothing. */
aimc_status aimci_hwa_create(aimc_grid *grid);
void aimci_hwa_destroy(aimc_grid *grid);

/* Inputs as the tiles are to see them: *x and *ld are replaced by clipped ones divided by the
 * range, outputs are to be multiplied by *factor. */
aimc_status aimci_hwa_inputs(aimc_grid *grid, size_t n, const float **x, size_t *ld, float *factor);

/* The same without the division, for an update. */
aimc_status aimci_hwa_clipped(aimc_grid *grid, size_t n, const float **x, size_t *ld);

/* The update is done: clip, remap, show the weights themselves again. */
void aimci_hwa_updated(aimc_grid *grid);

/* dx, the gradient of the clipped inputs x: learn the range, then 0 where inputs were clipped. */
void aimci_hwa_backward(aimc_grid *grid, size_t n, const float *x, size_t ld_x, float *dx,
                        size_t ld_dx, double lr);
bool aimci_hwa_learns_range(const aimc_grid *grid);
bool aimci_hwa_in_tests(const aimc_grid *grid);

/* Draw modified weights, which reads see until aimci_hwa_show(); training: until the update. */
void aimci_hwa_modify(aimc_grid *grid, bool training);
void aimci_hwa_show(aimc_grid *grid);

aimc_status aimci_hwa_put(const aimc_grid *grid, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_hwa_restore(aimc_grid *grid, const aimci_st_reader *reader, const char *prefix);

/* Bind the configuration's optimizer to every tile, where it has one. */
aimc_status aimci_grid_bind(aimc_grid *grid);

bool aimci_grid_is_programmed(const aimc_grid *grid);

/* seed_fallback stands in for a seed that the configuration does not give. */
aimc_status aimci_grid_create(const aimc_device *device, size_t n_out, size_t n_in,
                              const aimc_config *config, uint64_t seed_fallback, aimc_grid **out);

aimc_status aimci_grid_put(const aimc_grid *grid, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_grid_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                               aimc_grid **out);

/* Number of read-out vectors so far and running averages, to put back after looking. */
typedef struct aimci_tile_mark {
    uint64_t forward, backward;
    float forward_average, backward_average;
    aimc_counters counters;
} aimci_tile_mark;
void aimci_tile_get_mark(const aimc_tile *tile, aimci_tile_mark *mark);
void aimci_tile_put_mark(aimc_tile *tile, const aimci_tile_mark *mark);

#endif
