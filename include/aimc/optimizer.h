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
 *                           work
 * @retval AIMC_ERR_STATE    the tile already has an optimizer
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per tile.
 * @determinism D1, D2 exact: arrays of the algorithm depend on the seed of the tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_create(aimc_tile *tile, const char *algorithm,
                                           const aimc_config *config, aimc_optimizer **out);

/**
 * Settings of an algorithm that suit a device: those published for it where the device has the
 * figures of a preset (layer presets "c_ttv2_reram_sb" and their like), else those of the preset it
 * is most like: fewer than 100 states, 5000 and more, or between, by whether its steps shrink by
 * more than 30 % half-way to the bounds. A starting point: change fields as you like before
 * aimc_optimizer_create(tile, NULL, config, ...).
 *
 * Where single pulses are noise for the most part (dw_min_std above 1), n = 4 dw_min_std^2 of them
 * are written at once, twice their noise: mixed precision by its granularity, ttv2, c_ttv2 and
 * agad by their step, with thresholds sqrt(n) times as high. docs/training-study.md has what that
 * gains.
 *
 * For "ttv2" the configuration is of kind "c_ttv2" with choppers off, which is how its published
 * settings are given; aimc_optimizer_create() takes it under either name.
 * @param device     what the weights are of
 * @param algorithm  "sgd", "mixed_precision", "tiki_taka", "ttv2", "c_ttv2", "agad" ... or an
 *                   optimizer preset, which is returned as it is
 * @param[out] out   the configuration, to be destroyed by the caller; NULL on failure
 * @retval AIMC_ERR_INVALID      NULL, or not an optimizer
 * @retval AIMC_ERR_UNSUPPORTED  the device takes no pulses and the algorithm needs them
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads any.
 * @par Model
 * settings collected from Rasch et al., Nat. Commun. 15:7133 (2024), and aihwkit 1.1.0; for few
 * states our own table, docs/training-guide.md.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_suggest_config(const aimc_device *device, const char *algorithm,
                                                   aimc_config **out);

/**
 * Release the tile and destroy; NULL is fine.
 * @threads one thread: no other call may use the optimizer.
 * @since 0.1
 */
AIMC_API void aimc_optimizer_destroy(aimc_optimizer *optimizer);

/**
 * One mini-batch: W <- W - lr sum_s d_s x_s', by pulses; then diffusion and decay once, where the
 * device has them. A cell gets no more pulses at once than its device could notice, so that the
 * work is bounded whatever x, d and lr are: docs/models/mixed-precision.md.
 * @param n_batch  number of vectors; 0 does nothing
 * @param x        [n_batch][n_in], row-major, ld_x >= n_in, finite: inputs of the forward pass
 * @param ld_x     stride of x in elements
 * @param d        [n_batch][n_out], row-major, ld_d >= n_out, finite: gradients dL/dy
 * @param ld_d     stride of d in elements
 * @param lr       learning rate, finite, >= 0; 0 sends no pulses
 * @retval AIMC_ERR_SHAPE    a leading dimension is too small
 * @retval AIMC_ERR_INVALID  NULL, negative rate, a value that is not finite (tile unchanged)
 * @threads one thread per tile.
 * @determinism D1, D2 exact: the same pulses for any number of threads and any machine. Two things
 * are equal to rounding between instruction sets and libraries of products, for they are digital
 * products: the step of a device without pulses, and the accumulator of mixed_precision, so that a
 * gradient at its threshold may move one pulse. Batch splits: exact where the algorithm counts
 * vectors (sgd; c_ttv2 and agad, whose units_in_mbatch is 0), but with update.multi_pulse = BATCH
 * the noise of pulses depends on them; the others count mini-batches, so that another split is
 * another schedule.
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
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_get_stats(const aimc_optimizer *optimizer,
                                              aimc_optimizer_stats *stats);

/** What one step did. @since 0.1 */
typedef struct aimc_optimizer_step_info {
    uint32_t struct_size; /**< bytes that are there: sizeof of the library's struct */
    uint32_t reserved;    /**< 0 */
    uint64_t step;        /**< steps of this optimizer so far, this one included */
    uint64_t n_vectors;   /**< vectors of the mini-batch */
    double lr;            /**< its learning rate */
    uint64_t pulses_up;   /**< up pulses to all devices of the tile and the optimizer */
    uint64_t pulses_down; /**< down pulses */
    uint64_t transfers;   /**< transfer events */
    uint64_t reads;       /**< slices read */
    uint64_t crossings;   /**< buffer elements that reached their threshold */
    uint64_t clipped;     /**< crossings cut to the longest write */
} aimc_optimizer_step_info;

/**
 * Called at the end of a step, on the thread that called it. It may look at the optimizer and its
 * tile (matrices, weights, statistics), but not step or destroy them. info is valid during the
 * call.
 * @since 0.1
 */
typedef void (*aimc_optimizer_watch_fn)(void *user, const aimc_optimizer *optimizer,
                                        const aimc_optimizer_step_info *info);

/**
 * Watch an optimizer: watch is called after every step that had vectors. One watcher at a time; the
 * optimizers of a matrix, and so of a network, are found with aimc_matrix_get_optimizer().
 * @param watch  NULL: no longer
 * @param user   handed to watch
 * @retval AIMC_ERR_INVALID  optimizer is NULL
 * @threads one thread per tile.
 * @determinism watching changes nothing.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_watch(aimc_optimizer *optimizer, aimc_optimizer_watch_fn watch,
                                          void *user);

/**
 * Number of matrices of the algorithm's state that can be looked at; 0 when NULL.
 * @threads any.
 * @since 0.1
 */
AIMC_API size_t aimc_optimizer_count_matrices(const aimc_optimizer *optimizer);

/**
 * Name of matrix i: "fast0" (the fast array A), "buffer0" (H), "mean0", "reference0", "chi"; where
 * devices count their pulses (field count_pulses), also "fast0.pulses".
 * @param i     below aimc_optimizer_count_matrices()
 * @param buf   receives the name, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @return length of the full name; 0 when there is no matrix i
 * @threads any.
 * @since 0.1
 */
AIMC_API size_t aimc_optimizer_get_matrix_name(const aimc_optimizer *optimizer, size_t i, char *buf,
                                               size_t size);

/**
 * Copy a matrix of the algorithm's state, as it is between two steps.
 * @param name   as aimc_optimizer_get_matrix_name() gives it
 * @param value  [n_out][n_in] row-major
 * @param ld     >= n_in
 * @retval AIMC_ERR_INVALID  NULL, or no such matrix
 * @retval AIMC_ERR_SHAPE    ld too small
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_optimizer_get_matrix(const aimc_optimizer *optimizer, const char *name,
                                               float *value, size_t ld);

/** Algorithm of the optimizer, for example "sgd"; "" when NULL. @threads any. @since 0.1 */
AIMC_API const char *aimc_optimizer_get_algorithm(const aimc_optimizer *optimizer);

AIMC_END_DECLS

#endif
