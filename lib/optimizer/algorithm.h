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

/* A mini-batch, or a part of one: rows of n vectors, the first of which is number first of total.
 * Parts come in order. */
typedef struct aimci_batch {
    size_t n, first, total;
    const float *x, *d;
    size_t ld_x, ld_d;
} aimci_batch;

static inline bool aimci_batch_begins(const aimci_batch *b)
{
    return b->first == 0;
}

static inline bool aimci_batch_ends(const aimci_batch *b)
{
    return b->first + b->n == b->total;
}

typedef struct aimci_algorithm_ops {
    const aimci_kind *kind;
    size_t state_size;
    /* state is zeroed; on failure destroy is called on what there is */
    aimc_status (*create)(void *state, aimc_tile *tile, const aimc_config *config);
    void (*destroy)(void *state, aimc_context *ctx);
    /* arguments are checked; lr >= 0. What is done once for a mini-batch is done with its first or
     * its last part, so that cutting it changes nothing. */
    void (*step)(void *state, aimc_tile *tile, const aimci_batch *batch, double lr);
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
    aimc_counters counters_before;     /* the mini-batch at hand, for the watcher */
    aimc_optimizer_stats stats_before; /* likewise */
};

/* aimc_optimizer_step() by parts, whose sizes are multiples of 64 but for the last; arguments are
 * checked. */
void aimci_optimizer_step_part(aimc_optimizer *o, const aimci_batch *batch, double lr);

/* State of an optimizer to and from a file, under prefix (optimizer_state.c). */
aimc_status aimci_optimizer_put(const aimc_optimizer *o, aimci_st_writer *writer,
                                const char *prefix);
aimc_status aimci_optimizer_restore(aimc_optimizer *o, const aimci_st_reader *reader,
                                    const char *prefix);

#endif
