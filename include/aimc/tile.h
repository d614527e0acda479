/* SPDX-License-Identifier: MIT */
#ifndef AIMC_TILE_H
#define AIMC_TILE_H
/**
 * @file tile.h
 * One analog tile: a crossbar of devices with its read-out in both directions.
 *
 *                   n_in inputs (columns j)
 *                 x_0   x_1   x_2
 *                +-----+-----+-----+
 *                | w00 | w01 | w02 | --> y_0
 *       n_out    +-----+-----+-----+
 *       outputs  | w10 | w11 | w12 | --> y_1        W[i][j] = w[i * ld + j], row-major
 *       (rows i) +-----+-----+-----+
 *
 * forward y = W x, backward z = W' d, update W <- W - lr d x'.
 */

#include <aimc/device.h>

AIMC_BEGIN_DECLS

/** One analog tile. @since 0.1 */
typedef struct aimc_tile aimc_tile;

/** Unit of the sums of input activity: 2^16 are 1. @since 0.1 */
#define AIMC_ACTIVITY_ONE 65536

/** Events counted while running; what energy, time and endurance are computed from. @since 0.1 */
typedef struct aimc_counters {
    uint32_t struct_size;      /**< sizeof of the caller's struct */
    uint32_t reserved;         /**< 0 */
    uint64_t pulses_up;        /**< up pulses that reached a device */
    uint64_t pulses_down;      /**< down pulses that reached a device */
    uint64_t updates;          /**< vector updates (rank-1) asked for */
    uint64_t pulse_slots;      /**< time slots of pulse trains, summed over the updates */
    uint64_t forward_vectors;  /**< vectors asked for, forward */
    uint64_t forward_passes;   /**< array reads really made, forward: every repetition of bound
                                  management counts */
    uint64_t backward_vectors; /**< vectors asked for, backward */
    uint64_t backward_passes;  /**< array reads really made, backward */
    uint64_t dac_conversions;  /**< input conversions, both directions */
    uint64_t adc_conversions;  /**< output conversions, both directions */
    uint64_t clipped_outputs;  /**< outputs that hit the ADC bound in a result that was returned */
    uint64_t weight_writes;    /**< cells set directly by aimc_tile_set_weights() */
    uint64_t accumulations;    /**< additions to digital accumulators: each weight's once a
                                  mini-batch in mixed precision, each element of a slice that is
                                  read into a buffer */
    uint64_t gradient_macs;  /**< digital multiply-accumulates of outer products: mixed precision */
    uint64_t program_pulses; /**< pulses to programmed devices, aimc_tile_program() */
    uint64_t verify_reads;   /**< reads of single devices between those */
    uint64_t activity_reads; /**< array reads that the next four tell of: of single lines always,
                                of arrays while aimc_tile_count_activity() is on */
    uint64_t input_activity; /**< sum over reads and inputs j of |x_j| (input of full scale: 1)
                                times the cells of the line, in 1 / #AIMC_ACTIVITY_ONE */
    uint64_t input_activity_squared;       /**< the same with x_j^2 */
    uint64_t conductance_activity;         /**< sum over reads and inputs of |x_j| sum_i g_ij in 1 /
                                #AIMC_ACTIVITY_ONE; g is |w|, on programmed devices the summed
                                conductance of the weight over the largest of a device */
    uint64_t conductance_activity_squared; /**< the same with x_j^2 */
    uint64_t
        devices; /**< no event: the devices that these pulses went to. One for each weight of an
                         array whose model takes pulses, for every member of a unit cell, those that
                         rest included, for every array of the optimizer that is bound, and what
                         aimc_tile_program() put there; of a programmed tile those alone, unless
                         other pulses were counted, too */
    uint64_t activity_inputs; /**< inputs other than 0, summed over the reads that activity_reads
                               counts: word lines that were driven */
} aimc_counters;

/**
 * Make a tile of fresh devices at weight 0 (clipped to each device's bounds).
 * @param device  model of every cell; kept alive by the tile
 * @param n_out   outputs, 1 ... 65536
 * @param n_in    inputs, 1 ... 65536
 * @param config  of kind "tile" or "layer": forward and backward read-out, seed; NULL: defaults.
 *                Read during the call only.
 * @param[out] out  the tile; NULL on failure
 * @retval AIMC_ERR_INVALID  NULL device, empty or too large shape, contradictory configuration
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism devices depend on the seed alone (D1, D2).
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_create(const aimc_device *device, size_t n_out, size_t n_in,
                                      const aimc_config *config, aimc_tile **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the tile. @since 0.1 */
AIMC_API void aimc_tile_destroy(aimc_tile *tile);

/** Outputs of the tile; 0 when NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_tile_get_n_out(const aimc_tile *tile);

/** Inputs of the tile; 0 when NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_tile_get_n_in(const aimc_tile *tile);

/**
 * Write weights directly; each is clipped to its device's bounds. The logger is warned, once for
 * each tile, where that is more than a hundredth of them.
 * @param w     [n_out][n_in] row-major, weight units, finite
 * @param ld_w  >= n_in
 * @retval AIMC_ERR_SHAPE    ld_w too small
 * @retval AIMC_ERR_INVALID  NULL, or a weight is not finite (tile unchanged)
 * @threads one thread per tile.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_set_weights(aimc_tile *tile, const float *w, size_t ld_w);

/**
 * Copy the apparent weights: what a read sees, without periphery, and without what hardware-aware
 * training modifies for a mini-batch.
 * @param w     [n_out][n_in] row-major
 * @param ld_w  >= n_in
 * @retval AIMC_ERR_SHAPE    ld_w too small
 * @retval AIMC_ERR_INVALID  NULL
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_weights(const aimc_tile *tile, float *w, size_t ld_w);

/**
 * Number of per-device parameters that can be read, for example max_bound.
 * @threads any.
 * @since 0.1
 */
AIMC_API size_t aimc_tile_count_parameters(const aimc_tile *tile);

/**
 * Name of per-device parameter i; NULL when out of range.
 * @param i  below aimc_tile_count_parameters()
 * @threads any.
 * @since 0.1
 */
AIMC_API const char *aimc_tile_get_parameter_name(const aimc_tile *tile, size_t i);

/**
 * Copy a per-device parameter, for example "max_bound", "min_bound", "dwmin_up", "dwmin_down".
 * @param name   parameter name
 * @param value  [n_out][n_in] row-major
 * @param ld     >= n_in
 * @retval AIMC_ERR_INVALID  unknown name (the nearest one is offered), NULL
 * @retval AIMC_ERR_SHAPE    ld too small
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_parameter(const aimc_tile *tile, const char *name, float *value,
                                             size_t ld);

/**
 * Replace a per-device parameter by measured or chosen values; weights are clipped to the bounds
 * after.
 * @param name   parameter name
 * @param value  [n_out][n_in] row-major, finite. Bounds stay in order: max_bound is at least the
 *               min_bound that the device has now, and the other way round. Steps, exponents, rates
 *               and counts are not negative; steps and exponents may be where enforce_consistency
 *               of the device is false.
 * @param ld     >= n_in
 * @retval AIMC_ERR_INVALID  unknown name, NULL, a value that is not finite or that no device has;
 *                           the sentence names device and place (tile unchanged)
 * @retval AIMC_ERR_SHAPE    ld too small
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_set_parameter(aimc_tile *tile, const char *name, const float *value,
                                             size_t ld);

/**
 * Multiply a batch by the tile: y = W x, with DAC, noise and ADC applied.
 * @param tile     tile; modified (counters, random streams)
 * @param n_batch  number of vectors; 0 does nothing
 * @param x        [n_batch][n_in], row-major, ld_x >= n_in, finite
 * @param ld_x     stride of x in elements
 * @param y        [n_batch][n_out], row-major, ld_y >= n_out; must not overlap x
 * @param ld_y     stride of y in elements
 * @retval AIMC_ERR_SHAPE    a leading dimension is too small
 * @retval AIMC_ERR_INVALID  NULL, or x holds a value that is not finite (y untouched); or a product
 *                           is beyond the range of floats (the batch was read, y is not finite)
 * @retval AIMC_ERR_STATE    out_range is CALIBRATED and no ranges were found or set yet; or wires
 *                           and cells whose network was not solved (y untouched)
 * @threads one thread per tile.
 * @determinism noise D1, D2 exact; product D0, D1 for threads.
 * @par Model
 * the read-out chain, in the order documented in docs/models/periphery.md.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_forward(aimc_tile *tile, size_t n_batch, const float *x, size_t ld_x,
                                       float *y, size_t ld_y);

/**
 * Multiply a batch by the transposed tile: z = W' d, through the backward read-out.
 * @param tile     tile; modified (counters, random streams)
 * @param n_batch  number of vectors; 0 does nothing
 * @param d        [n_batch][n_out], row-major, ld_d >= n_out, finite
 * @param ld_d     stride of d in elements
 * @param z        [n_batch][n_in], row-major, ld_z >= n_in; must not overlap d
 * @param ld_z     stride of z in elements
 * @retval AIMC_ERR_SHAPE    a leading dimension is too small
 * @retval AIMC_ERR_INVALID  NULL, or d holds a value that is not finite (z untouched); or a product
 *                           is beyond the range of floats (the batch was read, z is not finite)
 * @threads one thread per tile.
 * @determinism as aimc_tile_forward().
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_backward(aimc_tile *tile, size_t n_batch, const float *d,
                                        size_t ld_d, float *z, size_t ld_z);

/**
 * Send pulses to devices by count: the raw write, one cell independent of the next.
 * @param counts  [n_out][n_in] row-major; n > 0: n up pulses, n < 0: -n down pulses; |n| <= 1000000
 * @param ld      >= n_in
 * @retval AIMC_ERR_UNSUPPORTED  the device takes no pulses (ideal)
 * @retval AIMC_ERR_INVALID      NULL, or a count out of range (tile unchanged)
 * @retval AIMC_ERR_SHAPE        ld too small
 * @threads one thread per tile.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_pulse(aimc_tile *tile, const int32_t *counts, size_t ld);

/**
 * Measure where each device's up and down steps are equal on average: alternate single up and down
 * pulses from the present weights and average the (persistent) weight over the second half of the
 * pairs. The tile is as before afterwards: weights, random streams and counters.
 *
 * A device settles over some (w_max - w_min) / step pairs; n_pairs should be several times that.
 * One whose steps do not depend on the weight drifts to a bound, which is then the result.
 * @param tile     tile; the same when the call returns
 * @param n_pairs  pairs of an up and a down pulse, 1 ... 1000000
 * @param value    [n_out][n_in] row-major, weight units
 * @param ld       >= n_in
 * @retval AIMC_ERR_UNSUPPORTED  the device takes no pulses (ideal)
 * @retval AIMC_ERR_INVALID      NULL, n_pairs out of range
 * @retval AIMC_ERR_SHAPE        ld too small
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads one thread per tile.
 * @determinism D1, D2 exact.
 * @par Model
 * alternating pulses lead to the symmetry point, where drift is 0: H. Kim et al., arXiv:1907.10228
 * (2019), "Zero-shifting technique for deep neural network training on resistive cross-point
 * arrays".
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_find_symmetry_point(const aimc_tile *tile, uint32_t n_pairs,
                                                   float *value, size_t ld);

/**
 * Zero shifting (symmetry point shifting): measure each device's symmetry point as
 * aimc_tile_find_symmetry_point() does, and put it into the device's reference, so that it lies at
 * weight 0 from then on. The weights stay as they are, as far as the bounds allow. The pulses of
 * the measurement and one write of each device are counted.
 *
 * Devices that have a reference: "reference_cell" (the second device is programmed, within its own
 * bounds), "soft_bounds_reference" and "pow_step_reference" (the reference is changed). The field
 * shift_pairs of "reference_cell" does the same when cells are made, also to the fast array of a
 * transfer algorithm.
 * @param n_pairs  pairs of an up and a down pulse, 1 ... 1000000
 * @retval AIMC_ERR_UNSUPPORTED  the device takes no pulses or has no reference
 * @retval AIMC_ERR_STATE        the tile's weight is composed by an optimizer
 * @retval AIMC_ERR_INVALID      NULL, n_pairs out of range
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads one thread per tile.
 * @determinism D1, D2 exact.
 * @par Model
 * H. Kim et al., arXiv:1907.10228 (2019).
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_shift_symmetry_point(aimc_tile *tile, uint32_t n_pairs);

/**
 * Let weights decay once toward each device's reset bias (parameter lifetime).
 * @param alpha  strength, 1 = once; finite, >= 0
 * @retval AIMC_ERR_INVALID  alpha out of range
 * @threads one thread per tile.
 * @determinism D1, D2 exact.
 * @par Model
 * w <- (w - rho)(1 + alpha (decay_scale - 1)) + rho, clipped; spec of base device.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_decay(aimc_tile *tile, double alpha);

/**
 * Add one step of diffusion noise (parameter diffusion) to every weight, clipped.
 * @retval AIMC_ERR_INVALID  NULL
 * @threads one thread per tile.
 * @determinism D1, D2 exact: depends on the seed of the tile and the number of calls.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_diffuse(aimc_tile *tile);

/**
 * Let weights drift for a while (nested configuration "drift" of the device; nothing without it).
 *
 * Each device's clock starts at the first call, and anew, at that weight, when a call finds that
 * the weight has changed since the last one by more than drift.reset_tol.
 * @param dt  time since the last call, in the unit of drift.t_0; finite, >= 0
 * @retval AIMC_ERR_INVALID  dt out of range
 * @threads one thread per tile.
 * @determinism D1, D2 exact: depends on the seed of the tile and the number of calls.
 * @par Model
 *
 *     w = w0 z + a (z - 1),  z = max(t / t_0, 1)^-nu,  a = g_offset wg_ratio + w_offset
 *
 * clipped, with t the time since w0 was written: the conductance falls as z; Karpov et al., J.
 * Appl. Phys. 102:124503 (2007). Per device nu is drawn with spread nu_dtod, per call with nu_std,
 * and lowered by nu_k (log g - log_g0) where the conductance g is above 0. With write noise it is
 * the persistent weight that drifts.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_drift_trained(aimc_tile *tile, double dt);

/**
 * Reset devices of some input columns to their reset bias with noise reset_std, clipped.
 * @param first_in  first input column
 * @param n         number of columns, wrapping around at n_in; at most n_in
 * @param prob      probability that a device is reset, 0 ... 1
 * @retval AIMC_ERR_INVALID  out of range.
 * @threads one thread per tile.
 * @determinism D1, D2 exact: depends on the seed of the tile and the number of calls.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_reset(aimc_tile *tile, size_t first_in, size_t n, double prob);

/**
 * Events counted since creation or the last aimc_tile_clear_counters().
 * @param counters  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_ABI  struct_size is 0.
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_counters(const aimc_tile *tile, aimc_counters *counters);

/**
 * Count what reads drive, both directions: what the energy of the array is computed from
 * (aimc_cost_model_add_counters()). Off at first, and after loading. Costs a pass over the inputs
 * of each read and one over the matrix whenever it has changed.
 * @param on  0: no longer; else from now on
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_NOMEM    no memory (it is off)
 * @threads one thread per tile.
 * @determinism D1; results of reads do not depend on it.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_count_activity(aimc_tile *tile, int on);

/**
 * Set all counters to 0; random streams go on. NULL does nothing.
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API void aimc_tile_clear_counters(aimc_tile *tile);

/**
 * Save the full state: devices, weights, read-out, random streams, counters, and the state of the
 * optimizer that is bound to the tile. The file is replaced as a whole or not at all.
 * @param path  file to write, safetensors with the configuration in its metadata
 * @retval AIMC_ERR_IO      cannot write (disk full, permission); an old file is untouched
 * @retval AIMC_ERR_NOMEM   no memory
 * @threads one thread per tile.
 * @determinism D2: the same state gives the same bytes on any machine, and comes back to the same
 * bits.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_save(const aimc_tile *tile, const char *path);

/**
 * Load a tile that aimc_tile_save() wrote; it continues with the same bits.
 * @param ctx   context
 * @param path  file to read
 * @param[out] out  the tile; NULL on failure
 * @retval AIMC_ERR_IO      cannot read
 * @retval AIMC_ERR_FORMAT  truncated, corrupted or not a tile; the sentence says what
 * @retval AIMC_ERR_NOMEM   no memory.
 * @threads any.
 * @determinism D2: the object goes on with the bits that the saved one would have had.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_load(aimc_context *ctx, const char *path, aimc_tile **out);

/**
 * The full state as bytes: what aimc_tile_save() would write.
 * @param bytes  [size]; may be NULL with size 0, to ask how many there are
 * @param size   bytes at bytes; when too few nothing is written
 * @param[out] n  bytes of the state
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_SHAPE    size is neither 0 nor enough; n says how many are needed
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per tile.
 * @determinism D2: the same state gives the same bytes on any machine, and comes back to the same
 * bits.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_save_bytes(const aimc_tile *tile, void *bytes, size_t size,
                                          size_t *n);

/**
 * A tile from bytes of aimc_tile_save_bytes(), or of a file of aimc_tile_save().
 * @param ctx    context
 * @param bytes  [size], not kept
 * @param size   bytes at bytes
 * @param[out] out  the tile; NULL on failure
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_FORMAT   truncated, corrupted or not a tile; the sentence says what
 * @retval AIMC_ERR_NOMEM    no memory.
 * @threads any.
 * @determinism D2: the object goes on with the bits that the saved one would have had.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                          aimc_tile **out);

/**
 * Text that says what the tile is: shape, device, read-out. Returns the full length.
 * @param buf   receives the text, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API size_t aimc_tile_describe(const aimc_tile *tile, char *buf, size_t size);

AIMC_END_DECLS

#endif
