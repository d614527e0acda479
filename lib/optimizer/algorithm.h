/* SPDX-License-Identifier: MIT */
/* What a training algorithm is: one file, one of these. */
#ifndef AIMCI_ALGORITHM_H
#define AIMCI_ALGORITHM_H

#include <aimc/optimizer.h>

#include "tile/pulse_train.h"

/* A named part of an algorithm's state: an array of devices, a matrix stored like one, or a
 * vector. */
typedef struct aimci_state_tensor {
    char name[48];
    aimci_array *array;
    float *matrix;
    void *vector;
    aimci_dtype dtype; /* of the vector */
    size_t n;          /* of the vector */
} aimci_state_tensor;
#define AIMCI_MAX_TENSORS 40

typedef struct aimci_algorithm {
    const aimci_family *family;
    size_t state_size;
    /* state is zeroed; on failure destroy is called on what there is */
    aimc_status (*create)(void *state, aimc_tile *tile, const aimc_config *config);
    void (*destroy)(void *state, aimc_context *ctx);
    /* arguments are checked; lr >= 0 */
    void (*step)(void *state, aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                 const float *d, size_t ld_d, double lr);
    /* what makes the algorithm go on where it stopped: saved with the tile, and seen live; NULL:
     * nothing. At most AIMCI_MAX_TENSORS. */
    size_t (*tensors)(void *state, aimci_state_tensor *tensors);
    /* weights were set: start again; NULL: nothing to do */
    void (*reset)(void *state);
    /* tensors were restored: make the effective weight again; NULL: nothing to do */
    void (*recompose)(void *state);
    void (*stats)(const void *state, aimc_optimizer_stats *stats); /* NULL: nothing to tell */
} aimci_algorithm;

struct aimc_optimizer {
    aimc_context *ctx;
    aimc_tile *tile;
    const aimci_algorithm *algorithm;
    void *state;
    aimc_optimizer_watch_fn watch;
    void *watch_user;
    uint64_t n_steps;
};

#endif
