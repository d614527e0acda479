/* SPDX-License-Identifier: MIT */
#ifndef AIMC_MATRIX_H
#define AIMC_MATRIX_H
/**
 * @file matrix.h
 * One trainable linear map y = W x on tiles of bounded size; partial sums are digital.
 *
 * A side of n with limit m is partitioned into ceil(n/m) parts of equal size, the first n mod parts
 * one larger.
 */

#include <aimc/optimizer.h>

AIMC_BEGIN_DECLS

/** A logical matrix on a grid of tiles, with one optimizer per tile and digital output scales.
 * @since 0.1 */
typedef struct aimc_matrix aimc_matrix;

/**
 * Make a matrix.
 * @param device  model of every cell; kept alive by the matrix; NULL: the config's device ("layer"
 *                only)
 * @param n_out   outputs, 1 ... 1048576
 * @param n_in    inputs, 1 ... 1048576
 * @param config  of kind "tile" or "layer": read-out, mapping (max_output_size, max_input_size,
 *                weight_scaling_omega ...), and for "layer" the optimizer; NULL: defaults. Read
 *                during the call only.
 * @param[out] out  the matrix; NULL on failure
 * @retval AIMC_ERR_INVALID  no device, empty or too large shape, contradictory configuration
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1, D2 exact: the tiles derive their seeds from that of the matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_create(const aimc_device *device, size_t n_out, size_t n_in,
                                        const aimc_config *config, aimc_matrix **out);

/**
 * Destroy with its tiles; NULL is fine.
 * @threads one thread: no other call may use the matrix.
 * @since 0.1
 */
AIMC_API void aimc_matrix_destroy(aimc_matrix *matrix);

/** Outputs; 0 when NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_matrix_get_n_out(const aimc_matrix *matrix);

/** Inputs; 0 when NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_matrix_get_n_in(const aimc_matrix *matrix);

/** Number of tiles, over outputs times over inputs; 0 when NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_matrix_count_tiles(const aimc_matrix *matrix);

/**
 * Tile k, and where it sits. Tiles are numbered over outputs first: k = i_out * parts_in + i_in.
 * @param k  below aimc_matrix_count_tiles()
 * @param[out] first_out  first output of the tile; may be NULL
 * @param[out] first_in   first input of the tile; may be NULL
 * @return the tile, owned by the matrix; NULL when k is out of range.
 * @threads one thread per matrix; the tile is used by the same thread.
 * @since 0.1
 */
AIMC_API aimc_tile *aimc_matrix_get_tile(aimc_matrix *matrix, size_t k, size_t *first_out,
                                         size_t *first_in);

/**
 * Optimizer of tile k, owned by the matrix; NULL without one, or when there is no such tile.
 * @param k  as aimc_matrix_get_tile() numbers them
 * @threads one thread per matrix; the optimizer is used by the same thread.
 * @since 0.1
 */
AIMC_API aimc_optimizer *aimc_matrix_get_optimizer(aimc_matrix *matrix, size_t k);

/**
 * Write logical weights. With weight_scaling_omega > 0 each tile (or each of its rows) is stretched
 * so that its largest magnitude is omega, and the digital scale undoes it. Each weight is clipped
 * to its device's bounds; the logger is warned once for each tile where that is more than a
 * hundredth of its weights.
 * @param w     [n_out][n_in] row-major, finite
 * @param ld_w  >= n_in
 * @retval AIMC_ERR_SHAPE    ld_w too small
 * @retval AIMC_ERR_INVALID  NULL, or a weight is not finite (matrix unchanged).
 * @threads one thread per matrix.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_set_weights(aimc_matrix *matrix, const float *w, size_t ld_w);

/**
 * Copy the logical weights: digital scale times apparent weight. Arguments as
 * aimc_tile_get_weights().
 * @param w  [n_out][n_in] row-major, weight units
 * @param[out] ld_w  = n_in
 * @errors as aimc_tile_get_weights().
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_get_weights(const aimc_matrix *matrix, float *w, size_t ld_w);

/**
 * As aimc_tile_forward(), on the whole matrix.
 * @param n_batch  number of vectors; 0 does nothing
 * @param x        [n_batch][n_in], row-major, finite
 * @param[out] ld_x  = n_in
 * @param[out] y  [n_batch][n_out], row-major; must not overlap x
 * @param[out] ld_y  = n_out
 * @errors as aimc_tile_forward().
 * @threads one thread per matrix.
 * @determinism as aimc_tile_forward().
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_forward(aimc_matrix *matrix, size_t n_batch, const float *x,
                                         size_t ld_x, float *y, size_t ld_y);

/**
 * As aimc_tile_backward(), on the whole matrix.
 * @param n_batch  number of vectors; 0 does nothing
 * @param d        [n_batch][n_out], row-major, finite
 * @param[out] ld_d  = n_out
 * @param[out] z  [n_batch][n_in], row-major; must not overlap d
 * @param[out] ld_z  = n_in
 * @errors as aimc_tile_backward().
 * @threads one thread per matrix.
 * @determinism as aimc_tile_forward().
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_backward(aimc_matrix *matrix, size_t n_batch, const float *d,
                                          size_t ld_d, float *z, size_t ld_z);

/**
 * As aimc_optimizer_step(), on every tile: plain SGD on the scaled weights, d_used = d / scale,
 * lr_used = lr.
 * @param n_batch  number of vectors; 0 does nothing
 * @param x        [n_batch][n_in] inputs, finite
 * @param[out] ld_x  = n_in
 * @param d  [n_batch][n_out] gradients of the outputs, finite
 * @param[out] ld_d  = n_out
 * @param lr  learning rate, as aimc_optimizer_step() takes it
 * @retval AIMC_ERR_STATE  the matrix was made without an optimizer.
 * @threads one thread per matrix.
 * @determinism as aimc_optimizer_step().
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_step(aimc_matrix *matrix, size_t n_batch, const float *x,
                                      size_t ld_x, const float *d, size_t ld_d, double lr);

/**
 * Sum of the tiles' counters. Arguments as aimc_tile_get_counters().
 * @param counters  struct_size set by the caller; the rest is written
 * @errors as aimc_tile_get_counters().
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_get_counters(const aimc_matrix *matrix, aimc_counters *counters);

/**
 * Save the full state of a matrix: its configuration, every tile with its optimizer and programmed
 * devices, input ranges. The file is replaced as a whole or not at all.
 * @param path  file to write, safetensors with the configuration in its metadata
 * @retval AIMC_ERR_IO      cannot write (disk full, permission); an old file is untouched
 * @retval AIMC_ERR_NOMEM   no memory
 * @threads one thread per matrix.
 * @determinism D2: the same state gives the same bytes on any machine, and comes back to the same
 * bits.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_save(const aimc_matrix *matrix, const char *path);

/**
 * Load a matrix that aimc_matrix_save() wrote; it continues with the same bits. Arguments and
 * errors as aimc_tile_load().
 * @param path  file to read
 * @param[out] out  the matrix; NULL on failure
 * @errors as aimc_tile_load().
 * @threads any.
 * @determinism D2: the object goes on with the bits that the saved one would have had.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_load(aimc_context *ctx, const char *path, aimc_matrix **out);

/**
 * The full state as bytes. Arguments and errors as aimc_tile_save_bytes().
 * @param bytes  [size]; may be NULL with size 0, to ask how many there are
 * @param size   bytes at bytes
 * @param[out] n  bytes of the state
 * @errors as aimc_tile_save_bytes().
 * @threads one thread per matrix.
 * @determinism D2: the same state gives the same bytes on any machine, and comes back to the same
 * bits.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_save_bytes(const aimc_matrix *matrix, void *bytes, size_t size,
                                            size_t *n);

/**
 * A matrix from such bytes. Arguments and errors as aimc_tile_load_bytes().
 * @param bytes  [size], not kept
 * @param size   bytes at bytes
 * @param[out] out  the matrix; NULL on failure
 * @errors as aimc_tile_load_bytes().
 * @threads any.
 * @determinism D2: the object goes on with the bits that the saved one would have had.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                            aimc_matrix **out);

/**
 * Text that says what the matrix is. Returns the full length.
 * @param buf   receives the text, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API size_t aimc_matrix_describe(const aimc_matrix *matrix, char *buf, size_t size);

AIMC_END_DECLS

#endif
