/* SPDX-License-Identifier: MIT */
/* Inside of a tile, for the floors above. */
#ifndef AIMCI_TILE_H
#define AIMCI_TILE_H

#include <aimc/tile.h>

#include "blas/blas.h"
#include "periphery/periphery.h"
#include "tile/array.h"

#define AIMCI_TILE_MAX_SIDE 65536

/* Values of the families "mapping" and "tile"; "layer" begins like "tile". */
typedef struct aimci_mapping_params {
    double weight_scaling_omega;
    int64_t max_input_size, max_output_size;
    bool weight_scaling_columnwise;
} aimci_mapping_params;

typedef struct aimci_tile_params {
    int64_t seed;
} aimci_tile_params;

extern const aimci_family aimci_family_mapping;
extern const aimci_family aimci_family_tile;
extern const aimci_family aimci_family_layer;

/* What an optimizer, or a programming, keeps with its tile; it travels with the tile's file. */
typedef struct aimci_tile_state {
    const char *algorithm; /* NULL: none bound */
    void *owner;
    aimc_status (*put)(const void *owner, aimci_st_writer *writer, const char *prefix);
    void (*release)(void *owner); /* the tile goes first */
    void (*reset)(void *owner);   /* weights were set */
} aimci_tile_state;

struct aimc_tile {
    aimc_context *ctx;
    aimci_array *array;
    const float *visible; /* effective weights, stored like the array's; NULL: the array's own */
    const float *read_as; /* what reads see instead, for a while (lib/inference); NULL: those */
    const float *conductance;  /* with read_as: sums of the devices of each weight, in units of the
                                  largest conductance; NULL: not known */
    const float *gain, *shift; /* [n_out]: digital, after the forward read-out; NULL: none */
    aimci_gemm *gemm;
    aimci_periphery *forward, *backward;
    aimc_config *config; /* of kind "tile" */
    uint64_t seed;
    aimc_counters counters;
    aimci_tile_state state;
    aimci_tile_state program; /* programmed devices: reset takes them off */
    char *saved_algorithm;    /* from a file: state waiting for its optimizer */
    aimci_st_reader *saved;
    char saved_prefix[96];
};

/* config: NULL, "tile" or "layer". seed_fallback stands in for a seed that is not given. */
aimc_status aimci_tile_create(const aimc_device *device, size_t n_out, size_t n_in,
                              const aimc_config *config, uint64_t seed_fallback, aimc_tile **out);

/* Weights of the tile, and as a read sees them. */
static inline const float *aimci_tile_own_weights(const aimc_tile *tile)
{
    return tile->visible ? tile->visible : tile->array->w;
}

static inline const float *aimci_tile_weights(const aimc_tile *tile)
{
    return tile->read_as ? tile->read_as : aimci_tile_own_weights(tile);
}

/* Programmed devices from a file that has some under this prefix (lib/inference). */
aimc_status aimci_tile_restore_program(aimc_tile *tile, const aimci_st_reader *reader,
                                       const char *prefix);

/* Is this a configuration that says how to read a tile? Failure names who. */
aimc_status aimci_tile_check_config(const char *who, const aimc_config *config);

/* Arguments of a batched call: NULL, strides, finite. */
aimc_status aimci_check_batch(const char *who, size_t n, const char *name, const float *x,
                              size_t cols, size_t ld);

/* The matrix as a read-out sees it, valid until the array is replaced. */
aimci_read_array aimci_tile_read_array(const aimc_tile *tile);

/* Events of one batch read. */
void aimci_tile_count_read(aimc_tile *tile, bool forward, size_t n,
                           const aimci_readout_counts *counts);

/* State under a prefix, for files that hold several tiles. */
aimc_status aimci_tile_put(const aimc_tile *tile, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_tile_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                               aimc_tile **out);

/* A configuration as a metadata string. */
aimc_status aimci_put_config(aimc_context *ctx, aimci_st_writer *writer, const char *key,
                             const aimc_config *config);

/* As aimc_tile_set_weights() of w[i][j] / scale[i] (scale NULL: 1), arguments unchecked. */
void aimci_tile_set_scaled(aimc_tile *tile, const float *w, size_t ld, const float *scale);

/* Read a file that says it is ours and holds this content ("tile", "network"). */
aimc_status aimci_open_file(aimc_context *ctx, const char *path, const char *content,
                            aimci_st_reader **out);

#define AIMCI_FILE_FORMAT "1"

void aimci_counters_add(aimc_counters *sum, const aimc_counters *other);
void aimci_counters_add_drive(aimc_counters *sum, const aimci_readout_counts *counts);

#endif
