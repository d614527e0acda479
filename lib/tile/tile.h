/* SPDX-License-Identifier: MIT */
/* Inside of a tile, for the floors above. */
#ifndef AIMCI_TILE_H
#define AIMCI_TILE_H

#include <aimc/tile.h>

#include "blas/blas.h"
#include "periphery/periphery.h"
#include "tile/array.h"
#include "tile/counters.h"

#define AIMCI_TILE_MAX_SIDE 65536

/* Values of the kinds "mapping" and "tile"; kinds that extend "tile" begin alike. */
typedef struct aimci_mapping_params {
    double weight_scaling_omega;
    int64_t max_input_size, max_output_size;
    bool weight_scaling_columnwise;
} aimci_mapping_params;

typedef struct aimci_tile_params {
    int64_t seed;
} aimci_tile_params;

/* The fields of "tile", for a kind that extends it. */
#define AIMCI_MAPPING_SOURCE "docs/models/mapping.md"
#define AIMCI_TILE_CHILDREN  3
#define AIMCI_TILE_FIELDS                                                                          \
    AIMCI_CHILD("forward", 0, "periphery", "periphery", "read-out of y = W x",                     \
                AIMCI_MAPPING_SOURCE),                                                             \
        AIMCI_CHILD("backward", 1, "periphery", "periphery", "read-out of z = W' d",               \
                    AIMCI_MAPPING_SOURCE),                                                         \
        AIMCI_CHILD("mapping", 2, "mapping", "mapping",                                            \
                    "how a large matrix is partitioned and scaled", AIMCI_MAPPING_SOURCE),         \
        AIMCI_INTEGER(aimci_tile_params, seed, -1, -1, 9007199254740991.0, "1",                    \
                      "seed of devices and noise; -1: from the context's seed and creation order", \
                      AIMCI_MAPPING_SOURCE)

/* What a floor above keeps with a tile: the tile calls it back when its weights are set, when it is
 * saved and when it is destroyed. */
typedef struct aimci_companion {
    const char *name; /* NULL: there is none */
    void *owner;
    aimc_status (*put)(const void *owner, aimci_st_writer *writer, const char *prefix);
    void (*release)(void *owner);               /* the tile goes first */
    void (*reset)(void *owner);                 /* weights were set */
    size_t (*count_devices)(const void *owner); /* beside those of the tile's array */
    /* n reads of a composite whose devices reads disturb; NULL: those of the array alone may be */
    void (*disturb)(void *owner, uint64_t n);
} aimci_companion;

/* Effective weights: what a read sees in place of the array's own, stored like them. Two views may
 * stand at a time, and reads see the last of the list that is set. */
typedef enum aimci_view_level {
    AIMCI_VIEW_COMPOSITE, /* the weights themselves, when several arrays add up to them */
    AIMCI_VIEW_READ,      /* for a while: modified or programmed weights */
    AIMCI_N_VIEWS
} aimci_view_level;

typedef struct aimci_weight_view {
    const float *weights;            /* [n_in][ld]; NULL: this view is not set */
    const float *conductance;        /* sums of the devices of each weight, in units of the largest
                                  conductance; NULL: not known */
    const float *gain, *shift;       /* [n_out]: digital, after the forward read-out; NULL: none */
    bool programmed;                 /* they are on devices already */
    const aimci_device_noise *noise; /* that each read adds; NULL: none */
    const float *one_read; /* weights and noise, as one read found them; NULL: there is no noise */
} aimci_weight_view;

/* State of an optimizer, from a file, that waits until it is taken up. */
typedef struct aimci_saved_state {
    aimci_st_reader *reader; /* of these tensors alone; NULL: there is no such state */
    char prefix[120];
    char *trainer; /* name of the algorithm, or NULL */
} aimci_saved_state;

struct aimc_tile {
    aimc_context *ctx;
    aimci_array *array;
    aimci_weight_view views[AIMCI_N_VIEWS];
    aimci_gemm *gemm;
    aimci_periphery *forward, *backward;
    aimc_config *config; /* of kind "tile" */
    uint64_t seed;
    uint64_t n_programs; /* programmings so far: selects the streams of the next */
    aimc_counters counters;
    aimci_companion trainer;    /* its optimizer */
    aimci_companion programmed; /* its programmed devices: reset takes them off */
    aimci_saved_state saved;
    bool looking;          /* reads leave no trace */
    aimci_warning clipped; /* weights that were set beyond the bounds of their devices */
};

/* config: NULL, or of a kind that extends "tile". seed_fallback stands in for a seed that is not
 * given. */
aimc_status aimci_tile_create(const aimc_device *device, size_t n_out, size_t n_in,
                              const aimc_config *config, uint64_t seed_fallback, aimc_tile **out);

/* A view is set by one owner and taken back by the same one, which names it by its weights. */
void aimci_tile_set_view(aimc_tile *tile, aimci_view_level level, aimci_weight_view view);
void aimci_tile_take_back_view(aimc_tile *tile, aimci_view_level level, const float *weights);

/* Do several arrays add up to the tile's weights? Then no array's weights can be written alone. */
bool aimci_tile_is_composite(const aimc_tile *tile);

/* Weights of the tile, and those of its programmed devices, where it has them, as one read found
 * them. */
const float *aimci_tile_own_weights(const aimc_tile *tile);
const float *aimci_tile_read_weights(const aimc_tile *tile);

/* The tile's counters, and the devices that its pulses went to. */
aimc_counters aimci_tile_counters(const aimc_tile *tile);

/* aimc_tile_forward() or its counterpart for numbers that were looked at; results may lie beyond
 * the range of floats. */
aimc_status aimci_tile_read(aimc_tile *tile, bool forward, size_t n, const float *x, size_t ld_x,
                            float *y, size_t ld_y);
/* What came out of finite weights and inputs may still be too large for a float. */
aimc_status aimci_check_product(const char *caller, const float *y, size_t n, size_t cols,
                                size_t ld);

/* Events of one batch read. */
void aimci_tile_count_read(aimc_tile *tile, bool forward, size_t n,
                           const aimci_readout_counts *counts);

/* The matrix as a read-out sees it, valid until the array is replaced. */
aimci_read_array aimci_tile_read_array(const aimc_tile *tile);

/* Arguments of a batched call: NULL, strides. */
aimc_status aimci_check_batch(const char *caller, size_t n, const char *name, const float *x,
                              size_t cols, size_t ld);

/* As aimc_tile_set_weights() of w[i][j] / scale[i] (scale NULL: 1), arguments unchecked. */
void aimci_tile_set_scaled(aimc_tile *tile, const float *w, size_t ld, const float *scale);

/* Progress of the random streams of reads, running averages and counters, to put back after
 * looking. */
typedef struct aimci_tile_snapshot {
    uint64_t forward, backward;
    float forward_average, backward_average;
    aimc_counters counters;
} aimci_tile_snapshot;
aimci_tile_snapshot aimci_tile_take_snapshot(const aimc_tile *tile);
void aimci_tile_restore_snapshot(aimc_tile *tile, const aimci_tile_snapshot *snapshot);

/* State under a prefix, for files that hold several tiles; that of companions is put, and that of
 * the optimizer waits in tile->saved after restoring. */
aimc_status aimci_tile_put(const aimc_tile *tile, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_tile_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                               aimc_tile **out);

/* What the tile's file holds was taken up. */
void aimci_tile_forget_saved(aimc_tile *tile);

/* A configuration as a metadata string. */
aimc_status aimci_put_config(aimc_context *ctx, aimci_st_writer *writer, const char *key,
                             const aimc_config *config);

#endif
