/* SPDX-License-Identifier: MIT */
#ifndef AIMC_OPTIMIZER_H
#define AIMC_OPTIMIZER_H
/**
 * @file optimizer.h
 * Optimizers: algorithms that turn gradients into pulses on one tile.
 */

#include <aimc/tile.h>

AIMC_BEGIN_DECLS

/** A training algorithm bound to one tile. @since 0.1 */
typedef struct aimc_optimizer aimc_optimizer;

/**
 * Bind an algorithm to a tile. A tile has at most one optimizer; the tile keeps the algorithm's
 * state, so that saving the tile saves it, and creating the same algorithm on a loaded tile goes on
 * where it stopped.
 * @param tile       tile; must outlive the optimizer's use, not its destruction
 * @param algorithm  "sgd"; NULL: the configuration's kind
 * @param config     of that kind: settings; NULL: defaults. Read during the call only.
 * @param[out] out   the optimizer; NULL on failure
 * @retval AIMC_ERR_INVALID  unknown algorithm, configuration of another kind, settings that cannot
 * work
 * @retval AIMC_ERR_STATE    the tile already has an optimizer
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_create(aimc_tile *tile, const char *algorithm,
                                           const aimc_config *config, aimc_optimizer **out);

/** Release the tile and destroy; NULL is fine. @since 0.1 */
AIMC_API void aimc_optimizer_destroy(aimc_optimizer *optimizer);

/**
 * One mini-batch: W <- W - lr sum_s d_s x_s', by pulses; then diffusion and decay once, where the
 * device has them.
 * @param n_batch  number of vectors; 0 does nothing
 * @param x        [n_batch][n_in], row-major, ld_x >= n_in, finite: inputs of the forward pass
 * @param ld_x     stride of x in elements
 * @param d        [n_batch][n_out], row-major, ld_d >= n_out, finite: gradients dL/dy
 * @param ld_d     stride of d in elements
 * @param lr       learning rate, finite, >= 0; 0 sends no pulses
 * @retval AIMC_ERR_SHAPE    a leading dimension is too small
 * @retval AIMC_ERR_INVALID  NULL, negative rate, a value that is not finite (tile unchanged)
 * @par Threads
 * one thread per tile.
 * @par Determinism
 * D1, D2 exact: same pulses for any threads, batch split and machine.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_step(aimc_optimizer *optimizer, size_t n_batch, const float *x,
                                         size_t ld_x, const float *d, size_t ld_d, double lr);

/** What an algorithm has done since it was created; zero where it has no such thing. @since 0.1 */
typedef struct aimc_optimizer_stats {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t reserved;    /**< 0 */
    uint64_t transfers;   /**< transfer events */
    uint64_t reads;       /**< slices read */
    uint64_t crossings;   /**< buffer elements that reached their threshold */
    uint64_t clipped;     /**< crossings cut to the longest write */
    uint64_t fast_up;     /**< up pulses on the fast array */
    uint64_t fast_down;   /**< down pulses on the fast array */
    uint64_t slow_up;     /**< up pulses of transfers */
    uint64_t slow_down;   /**< down pulses of transfers */
} aimc_optimizer_stats;

/**
 * Count transfers, crossings and pulses by array and direction.
 * @param stats  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL argument
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @par Threads
 * one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_get_stats(const aimc_optimizer *optimizer,
                                              aimc_optimizer_stats *stats);

/** Number of matrices of the algorithm's state that can be looked at; 0 when NULL. @since 0.1 */
AIMC_API size_t aimc_optimizer_matrix_count(const aimc_optimizer *optimizer);

/**
 * Name of matrix i: "fast0" (the fast array A), "buffer0" (H), "mean0", "reference0", "chi".
 * @param buf   receives the name, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @return length of the full name; 0 when there is no matrix i
 * @since 0.1
 */
AIMC_API size_t aimc_optimizer_matrix_name(const aimc_optimizer *optimizer, size_t i, char *buf,
                                           size_t size);

/**
 * Copy a matrix of the algorithm's state, as it is between two steps.
 * @param name   as aimc_optimizer_matrix_name() gives it
 * @param value  [n_out][n_in] row-major
 * @param ld     >= n_in
 * @retval AIMC_ERR_INVALID  NULL, or no such matrix
 * @retval AIMC_ERR_SHAPE    ld too small
 * @par Threads
 * one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_get_matrix(const aimc_optimizer *optimizer, const char *name,
                                               float *value, size_t ld);

/** Algorithm of the optimizer, for example "sgd"; "" when NULL. @since 0.1 */
AIMC_API const char *aimc_optimizer_algorithm(const aimc_optimizer *optimizer);

AIMC_END_DECLS

#endif
