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

typedef struct aimci_state_tensors {
    aimci_state_tensor each[AIMCI_MAX_TENSORS];
    size_t n;
} aimci_state_tensors;

/* One more part of that name, for the caller to say which. */
aimci_state_tensor *aimci_state_add(aimci_state_tensors *tensors, const char *name, ...)
    AIMCI_PRINTF(2, 3);
void aimci_state_add_vector(aimci_state_tensors *tensors, const char *name, void *vector,
                            aimci_dtype dtype, size_t n);

typedef struct aimci_algorithm_ops {
    const aimci_kind *kind;
    size_t state_size;
    /* state is zeroed; on failure destroy is called on what there is */
    aimc_status (*create)(void *state, aimc_tile *tile, const aimc_config *config);
    void (*destroy)(void *state, aimc_context *ctx);
    /* arguments are checked; lr >= 0 */
    void (*step)(void *state, aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                 const float *d, size_t ld_d, double lr);
    /* what makes the algorithm go on where it stopped: saved with the tile, and seen live; NULL:
     * nothing */
    void (*tensors)(void *state, aimci_state_tensors *tensors);
    /* weights were set: start again; NULL: nothing to do */
    void (*reset)(void *state);
    /* tensors were restored: make the effective weight again; NULL: nothing to do */
    void (*recompose)(void *state);
    void (*stats)(const void *state, aimc_optimizer_stats *stats); /* NULL: nothing to tell */
} aimci_algorithm_ops;

#define AIMCI_ALGORITHM(name) extern const aimci_algorithm_ops aimci_algorithm_ops_##name;
#include "kinds.def"

struct aimc_optimizer {
    aimc_context *ctx;
    aimc_tile *tile;    /* NULL: it was destroyed, and array with it */
    aimci_array *array; /* the tile's */
    const aimci_algorithm_ops *ops;
    void *state;
    aimc_optimizer_watch_fn watch;
    void *watch_user;
    uint64_t n_steps;
};

/* State of an optimizer to and from a file, under prefix (optimizer_state.c). */
aimc_status aimci_optimizer_put(const aimc_optimizer *o, aimci_st_writer *writer,
                                const char *prefix);
aimc_status aimci_optimizer_restore(aimc_optimizer *o, const aimci_st_reader *reader,
                                    const char *prefix);

#endif
