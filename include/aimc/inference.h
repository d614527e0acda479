/* SPDX-License-Identifier: MIT */
#ifndef AIMC_INFERENCE_H
#define AIMC_INFERENCE_H
/**
 * @file inference.h
 * The life of trained weights on a chip: conductance noise models, programming, drift,
 * compensation.
 *
 *     target -> programming noise -> drift -> read noise
 *
 * Conductances are in microsiemens, times in seconds since the end of programming.
 */

#include <aimc/extrapolation.h>
#include <aimc/matrix.h>
#include <aimc/table.h>

AIMC_BEGIN_DECLS

/* ---- noise models --------------------------------------------------------------------------- */

/** A model of what programmed conductances do; immutable, shared. @since 0.1 */
typedef struct aimc_noise_model aimc_noise_model;

/** Figures of a noise model. @since 0.1 */
typedef struct aimc_noise_model_info {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t reserved;    /**< 0 */
    double g_min_us;      /**< smallest conductance that is programmed, uS */
    double g_max_us;      /**< largest conductance that is programmed, uS */
    double first_time_s;  /**< first measured time, s; both times 0: the law holds at any time */
    double last_time_s;   /**< last measured time, s */
} aimc_noise_model_info;

/**
 * Make a noise model.
 * @param ctx        context
 * @param name       kind ("pcm_like"), preset ("pcm_joshi") or alias ("PCMLike"); NULL: only
 *                   overrides
 * @param overrides  NULL, or a configuration of the same kind: the fields that were set in it
 *                   replace those of name. Read during the call only.
 * @param[out] out   the model; NULL on failure
 * @retval AIMC_ERR_INVALID  unknown name, not a noise model, overrides of another kind, g_min not
 *                           below g_max, contradictory tables (the sentence names the field)
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_noise_model_create(aimc_context *ctx, const char *name,
                                             const aimc_config *overrides, aimc_noise_model **out);

/**
 * Give up the model; whatever was made from it keeps it alive. NULL is fine.
 * @threads one thread: no other call may use the noise model.
 * @since 0.1
 */
AIMC_API void aimc_noise_model_destroy(aimc_noise_model *model);

/**
 * Range of conductances and of measured times.
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_ABI      struct_size is 0.
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_noise_model_get_info(const aimc_noise_model *model,
                                               aimc_noise_model_info *info);

/** Kind of the model, for example "pcm_like"; "" when NULL. @threads any. @since 0.1 */
AIMC_API const char *aimc_noise_model_get_kind(const aimc_noise_model *model);

/**
 * Fits of a model that are used outside their range at a time, s; 0 when NULL.
 * @param t_s  seconds since the end of programming
 * @threads any.
 * @since 0.1
 */
AIMC_API size_t aimc_noise_model_count_extrapolations(const aimc_noise_model *model, double t_s);

/**
 * Fit i of a model that is used outside the range it was fitted in: beyond the conductances, or at
 * a time beyond those that were measured.
 * @param t_s            time of a read, s; 0: programming alone
 * @param i              below aimc_noise_model_count_extrapolations()
 * @param extrapolation  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, a time before programming, i beyond the last
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_noise_model_get_extrapolation(const aimc_noise_model *model, double t_s,
                                                        size_t i,
                                                        aimc_extrapolation *extrapolation);

/**
 * Fill a configuration of kind "noise_table" from a table (table.h). All or nothing.
 *
 * Columns g (uS) and t (s), one row for each pair of a measured conductance and a measured time, at
 * most 64 rows; and any of bias (uS), sigma (uS), q (relative read noise), and of nu_mean and
 * nu_std (drift exponent, taken from the rows of the first time). A name may have its unit behind
 * it, "g (uS)"; another unit is refused. Other columns are left out.
 * @param cfg   of kind "noise_table"; unchanged on failure
 * @param path  as aimc_table_read() takes it, as it looks
 * @retval AIMC_ERR_INVALID  NULL, another kind, a value out of range
 * @retval AIMC_ERR_IO       cannot read the file
 * @retval AIMC_ERR_FORMAT   text, NaN, a missing column, rows that are not a full grid
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_noise_table_load(aimc_config *cfg, const char *path);

/**
 * aimc_noise_table_load() of a table that has been read.
 * @param table  columns as aimc_noise_table_load() takes them
 * @retval AIMC_ERR_INVALID  NULL, another kind, a value out of range
 * @retval AIMC_ERR_FORMAT   as there
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_noise_table_set(aimc_config *cfg, const aimc_table *table);

/* ---- populations of devices ----------------------------------------------------------------- */

/** A population of devices of one noise model. @since 0.1 */
typedef struct aimc_population aimc_population;

/**
 * Make n devices, not programmed yet.
 * @param model  kept alive by the devices
 * @param n      at least 1
 * @param seed   everything random about these devices
 * @param[out] out  the devices; NULL on failure
 * @retval AIMC_ERR_INVALID  NULL, n is 0
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_population_create(aimc_noise_model *model, size_t n, uint64_t seed,
                                            aimc_population **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the population. @since 0.1 */
AIMC_API void aimc_population_destroy(aimc_population *cells);

/**
 * Program every device once. Its programmed conductance and its drift state are drawn now and kept.
 * @param g_target_us  [n] targets, 0 ... g_max, uS
 * @retval AIMC_ERR_INVALID  NULL, a target that is negative, above g_max or NaN (nothing changed)
 * @threads one thread per population.
 * @determinism D1: depends on the seed and the number of the programming event.
 * @since 0.1
 */
AIMC_API aimc_status aimc_population_program(aimc_population *cells, const float *g_target_us);

/**
 * Read every device at a time after programming. Drift is each device's own; read noise is new with
 * every call.
 * @param t_s   seconds since the end of programming, >= 0; any order
 * @param g_us  [n] conductances, uS
 * @retval AIMC_ERR_STATE    nothing was programmed yet
 * @retval AIMC_ERR_INVALID  NULL, a time before programming, or outside the measured times of a
 *                           model that does not extrapolate
 * @threads one thread per population.
 * @determinism D1: depends on the seed, the programming and the number of reads so far.
 * @since 0.1
 */
AIMC_API aimc_status aimc_population_read(aimc_population *cells, double t_s, float *g_us);

/**
 * Copy what the devices keep.
 * @param what   "target", "programmed" (uS) or "state" (the drift exponent, for models with one)
 * @param value  [n]
 * @retval AIMC_ERR_INVALID  NULL, unknown word.
 * @threads any number of readers while no other call uses the population.
 * @since 0.1
 */
AIMC_API aimc_status aimc_population_get(const aimc_population *cells, const char *what,
                                         float *value);

/* ---- programmed tiles ----------------------------------------------------------------------- */

/**
 * What programming, drift or compensation did; of a matrix or network the sums, and averages over
 * its weights.
 * @since 0.1
 */
typedef struct aimc_inference_report {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t reserved;     /**< 0 */
    uint64_t n_weights;    /**< weights that lie on devices */
    uint64_t n_devices;    /**< devices they lie on: all of a unit cell, all of an encoding */
    uint64_t n_faulty;     /**< devices that cannot be written */
    uint64_t pulses;       /**< write pulses to devices, the first shot of each included */
    uint64_t verify_reads; /**< reads of write loops: of single devices, or of vectors */
    uint64_t iterations;   /**< rounds of the write loop; the largest of all tiles */
    uint64_t unconverged;  /**< devices that the write loop left out of tolerance */
    double write_time_s;   /**< time of all pulses and verify reads, one after the other, s */
    double t_s;            /**< time since the end of programming, s */
    double weight_error;   /**< |W read - W target| / |W target| (Frobenius), after compensation */
    double gain_mean;      /**< digital gain of the outputs, 1 before compensation */
    double gain_min;       /**< smallest of them */
    double gain_max;       /**< largest of them */
    uint64_t extrapolated; /**< fits of the noise model outside their range at t_s, which
                              aimc_noise_model_get_extrapolation() tells; the most of all tiles */
} aimc_inference_report;

/**
 * Put the tile's weights on programmed devices: encode them as conductances, write those, and let
 * reads see what the devices hold. The weights stay underneath; aimc_tile_unprogram(), or setting
 * weights, takes the devices off. A programmed tile is not trained. Programming again starts from
 * those weights and is a new draw of everything random about the devices, faults and write loop
 * included: another chip. The tile counts its programmings and keeps their number in files and
 * copies. The field "seed" fixes the draw: the same seed gives the same tile the same chip again,
 * whatever happened between.
 * @param tile    tile; programmed anew when it was already
 * @param config  of kind "inference": noise_model, encoding, programming (the write loop), faults,
 *                compensation, seed; NULL: defaults. Read during the call only.
 * @param[out] report  struct_size set by the caller; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, a configuration of another kind or with contradictions (the tile
 *                           is as before)
 * @retval AIMC_ERR_NOMEM    no memory (likewise)
 * @threads one thread per tile.
 * @determinism D1: depends on the seeds of the configuration and of the tile; without the first
 * also on the number of programmings so far.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_program(aimc_tile *tile, const aimc_config *config,
                                       aimc_inference_report *report);

/**
 * Let a programmed tile be read as it is at a time after programming. Read noise is drawn anew for
 * every vector and read of the array, also by a perfect read-out; the report, and
 * aimc_tile_get_weights(), show one draw of it. Where the devices of reram_wan2022 are at that time
 * is drawn here, and stays. Compensation is off until aimc_tile_compensate(). Any order of times.
 * @param t_s  seconds since the end of programming, >= 0
 * @param[out] report  may be NULL
 * @retval AIMC_ERR_STATE    the tile was not programmed
 * @retval AIMC_ERR_INVALID  NULL, a time before programming or outside the measured ones
 * @threads one thread per tile.
 * @determinism D1.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_drift_programmed(aimc_tile *tile, double t_s,
                                                aimc_inference_report *report);

/**
 * Correct the outputs of a programmed tile digitally, as the field "compensation" of its
 * configuration says. Costs the calibration vectors, which are counted as reads.
 * @param n     vectors at x; not used when x is NULL
 * @param x     [n][n_in] calibration inputs for REFIT and BATCH_NORM; NULL, and for GLOBAL and
 *              PER_OUTPUT: the vectors that the configuration says
 * @param ld_x  >= n_in
 * @param[out] report  may be NULL
 * @retval AIMC_ERR_STATE    the tile was not programmed, or without a compensation, so that there
 *                           is no reference to compare with
 * @retval AIMC_ERR_INVALID  NULL, n is 0, x not finite
 * @retval AIMC_ERR_SHAPE    ld_x too small
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per tile.
 * @determinism as aimc_tile_forward().
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_compensate(aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                                          aimc_inference_report *report);

/**
 * Take programmed devices off: reads see the tile's own weights again. Nothing happens when there
 * are none.
 * @retval AIMC_ERR_INVALID NULL.
 * @threads one thread per tile.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_unprogram(aimc_tile *tile);

/** The devices that the weights of a programmed tile lie on. @since 0.1 */
typedef struct aimc_conductance_info {
    uint32_t struct_size;    /**< sizeof of the caller's struct */
    uint32_t n_devices;      /**< devices of each weight, as the encoding says */
    uint32_t has_shared;     /**< 1: besides one device for each input, which all outputs share */
    uint32_t is_given;       /**< 1: conductances were set by aimc_tile_set_conductances() */
    uint64_t n_conductances; /**< n_devices n_out n_in, and n_in shared ones where there are any */
    double g_min_us;         /**< smallest conductance that is programmed, uS */
    double g_max_us;         /**< largest conductance that is programmed, uS */
    double most_us;          /**< largest that may be set, uS: 10 g_max */
} aimc_conductance_info;

/**
 * What devices a programmed tile has.
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_STATE    the tile was not programmed
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_conductance_info(const aimc_tile *tile,
                                                    aimc_conductance_info *info);

/**
 * Conductances of all devices at the time that the tile is read at, without the noise of reads.
 * @param g_us  [n_devices][n_out][n_in], then [n_in] of shared devices, uS. Pairs of single_pair
 *              are device 0 (adds) and 1 (subtracts); other encodings in the order that
 *              docs/models/programming.md has them in
 * @param n     n_conductances of aimc_conductance_info
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_STATE    the tile was not programmed
 * @retval AIMC_ERR_SHAPE    another n
 * @threads one thread per tile.
 * @determinism D1; nothing is drawn or counted.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_conductances(const aimc_tile *tile, float *g_us, size_t n);

/**
 * Let reads see conductances from outside, measured ones say. What is digital stays: how the
 * encoding reads them, scales of the weights, signs that it keeps, corrections of the outputs. The
 * noise of reads stays that of the devices that were programmed; programme with a noise_model
 * without any (read_noise_scale = 0) for arrays that are read as they were measured. What
 * aimc_tile_get_conductances() gave goes in to the same bits of every product. They are saved with
 * the tile and know no drift: aimc_tile_drift_programmed() is refused until it is programmed again.
 * @param g_us  as aimc_tile_get_conductances(), each 0 ... 10 g_max
 * @param n     likewise
 * @retval AIMC_ERR_INVALID  NULL, or a conductance that is not in its range, or not a number; the
 *                           sentence says device, output and input (the tile is as before)
 * @retval AIMC_ERR_STATE    the tile was not programmed
 * @retval AIMC_ERR_SHAPE    another n
 * @retval AIMC_ERR_NOMEM    no memory (the tile is as before)
 * @threads one thread per tile.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_set_conductances(aimc_tile *tile, const float *g_us, size_t n);

/**
 * aimc_tile_program() for every tile; a failure says which tile.
 * @param config  of kind "inference"; NULL: defaults
 * @param[out] report  sums and means over the tiles; may be NULL
 * @errors as aimc_tile_program(); tiles before the one that failed are programmed.
 * @threads one thread per matrix.
 * @determinism as aimc_tile_program().
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_program(aimc_matrix *matrix, const aimc_config *config,
                                         aimc_inference_report *report);

/**
 * aimc_tile_drift_programmed() for every tile.
 * @param t_s  seconds since the end of programming, >= 0
 * @param[out] report  may be NULL
 * @errors as aimc_tile_drift_programmed().
 * @threads one thread per matrix.
 * @determinism as aimc_tile_drift_programmed().
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_drift_programmed(aimc_matrix *matrix, double t_s,
                                                  aimc_inference_report *report);

/**
 * aimc_tile_compensate() for every tile, x being inputs of the whole matrix.
 * @param n  vectors at x
 * @param x  [n][n_in] calibration inputs, or NULL
 * @param[out] ld_x  = n_in
 * @param[out] report  may be NULL
 * @errors as aimc_tile_compensate().
 * @threads one thread per matrix.
 * @determinism as aimc_tile_compensate().
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_compensate(aimc_matrix *matrix, size_t n, const float *x,
                                            size_t ld_x, aimc_inference_report *report);

/**
 * aimc_tile_unprogram() for every tile.
 * @errors as aimc_tile_unprogram().
 * @threads one thread per matrix.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_unprogram(aimc_matrix *matrix);

/**
 * Write weights into a tile of pulsed devices in a closed loop: read the matrix through the tile's
 * read-out (with rows of a Hadamard matrix), send each device the pulses its error asks for, until
 * the mean error read is at most half of tolerance times the largest target, or for max_iterations.
 * @param tile    tile; its devices are pulsed, reads and pulses are counted
 * @param w       [n_out][n_in] targets, row-major, finite
 * @param ld_w    >= n_in
 * @param config  of kind "programming": tolerance (relative to the largest target), max_iterations,
 *                max_pulses, times; NULL: defaults
 * @param[out] report  pulses, reads, time, devices read out of tolerance at the end, and the true
 *                     relative error of the weights; may be NULL
 * @retval AIMC_ERR_INVALID      NULL, a target not finite, a configuration of another kind
 * @retval AIMC_ERR_SHAPE        ld_w too small
 * @retval AIMC_ERR_UNSUPPORTED  the device takes no pulses
 * @retval AIMC_ERR_STATE        the tile is programmed for inference, or composed of several arrays
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads one thread per tile.
 * @determinism as aimc_tile_forward() and aimc_tile_pulse().
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_write(aimc_tile *tile, const float *w, size_t ld_w,
                                     const aimc_config *config, aimc_inference_report *report);

/**
 * Search for the tables of a custom_pair encoding that lose least on devices of a model.
 * @param model   noise model
 * @param n       weights
 * @param w       [n] weights whose distribution counts, finite, not all 0
 * @param config  of kind "weight_programming": pairs, times, the search; NULL: defaults
 * @param[out] encoding   a configuration of kind "custom_pair", owned by the caller
 * @param[out] loss_pair  mean squared relative error, averaged over the times, of plain equal
 *                        pairs; may be NULL
 * @param[out] loss       the same of the encoding found; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, n is 0, a weight not finite, all of them 0, a configuration of
 *                           another kind, a time outside the measured ones
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1.
 * @par Model
 * differential evolution; C. Mackin et al., Nat. Commun. 13:3765 (2022).
 * @since 0.1
 */
AIMC_API aimc_status aimc_noise_model_optimize_programming(aimc_noise_model *model, size_t n,
                                                           const float *w,
                                                           const aimc_config *config,
                                                           aimc_config **encoding,
                                                           double *loss_pair, double *loss);

/* ---- digital storage ------------------------------------------------------------------------ */

/** What bit flips did. @since 0.1 */
typedef struct aimc_storage_report {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t reserved;     /**< 0 */
    uint64_t codes;        /**< 8-bit codes stored */
    uint64_t flips;        /**< bits that were wrong, check bits and copies included */
    uint64_t corrected;    /**< SECDED: words, TMR: codes, that came back right despite flips */
    uint64_t detected;     /**< PARITY: codes, SECDED: words, read as 0 */
    uint64_t wrong;        /**< codes that came back different */
    double bit_error_rate; /**< rate of the flips */
    double bits_per_bit;   /**< stored bits for each bit of data: the cost of the code */
} aimc_storage_report;

/* ---- hardware-aware training ---------------------------------------------------------------- */

/**
 * Begin a mini-batch of hardware-aware training: draw the modified weights of the field
 * "hwa.modifier" of the matrix's configuration. Reads see them until aimc_matrix_step(), which
 * updates the weights themselves, then clips and remaps them as "hwa" says. Networks do this on
 * their own.
 * @retval AIMC_ERR_INVALID NULL.
 * @threads one thread per matrix.
 * @determinism D1: depends on the tiles' seeds and the number of mini-batches begun.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_modify(aimc_matrix *matrix);

/**
 * Take the modified weights of aimc_matrix_modify() back before the step: reads see the weights
 * themselves, for an evaluation in the middle of a mini-batch. Without modified weights nothing
 * happens.
 * @retval AIMC_ERR_INVALID NULL.
 * @threads one thread per matrix.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_unmodify(aimc_matrix *matrix);

/**
 * Gradient of the inputs x of a product, given that of its outputs: aimc_matrix_backward() through
 * the input range. Inputs beyond it pass no gradient, and where it learns
 * ("hwa.input_range.learn_input_range") this is what it learns from at the next
 * aimc_matrix_step(). Without an input range x decides nothing.
 * @param n_batch  number of vectors; 0 does nothing
 * @param x        [n_batch][ld_x], what aimc_matrix_forward() was given, finite
 * @param ld_x     >= n_in
 * @param d        [n_batch][ld_d] gradients of the outputs, finite
 * @param ld_d     >= n_out
 * @param[out] z  [n_batch][ld_z] gradients of the inputs
 * @param ld_z  >= n_in
 * @retval AIMC_ERR_SHAPE    a leading dimension is too small
 * @retval AIMC_ERR_INVALID  NULL, not finite
 * @retval AIMC_ERR_STATE    as aimc_matrix_backward().
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per matrix.
 * @determinism D1, as aimc_matrix_backward().
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_differentiate(aimc_matrix *matrix, size_t n_batch, const float *x,
                                               size_t ld_x, const float *d, size_t ld_d, float *z,
                                               size_t ld_z);

/**
 * Range of the matrix's inputs; 0: they are not clipped, or NULL.
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API double aimc_matrix_get_input_range(const aimc_matrix *matrix);

/**
 * Clip inputs to -range ... range and divide them by it before the tiles, and multiply outputs by
 * it after.
 * @param range  finite, > 0; 0: no longer
 * @retval AIMC_ERR_INVALID  NULL, out of range
 * @retval AIMC_ERR_STATE    the matrix was not made from a configuration of kind "layer".
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_set_input_range(aimc_matrix *matrix, double range);

/**
 * Watch the inputs of the following aimc_matrix_forward() calls until
 * aimc_matrix_take_input_range() sets the input range from them. They are not clipped, by the DACs
 * either: each batch is read over its largest input.
 * @param config  of kind "calibration"; NULL: defaults. Its fields out_... are for
 *                aimc_matrix_watch_outputs()
 * @retval AIMC_ERR_INVALID  NULL, a configuration of another kind, or method is NONE
 * @retval AIMC_ERR_STATE    the matrix was not made from a configuration of kind "layer"
 * @retval AIMC_ERR_NOMEM    no memory.
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_watch_inputs(aimc_matrix *matrix, const aimc_config *config);

/**
 * Set the input range from the inputs that were watched.
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_STATE    inputs were not watched, or all of them were 0.
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_take_input_range(aimc_matrix *matrix);

/**
 * Watch what the ADCs of all tiles see in the following aimc_matrix_forward() calls, noise
 * included, until aimc_matrix_take_output_ranges() sets their ranges from it. Meanwhile they
 * neither round nor clip. Input ranges come first: what the ADCs see depends on them.
 * @param config  of kind "calibration" with an out_method; its other fields but quantile and
 *                out_... are for aimc_matrix_watch_inputs()
 * @retval AIMC_ERR_INVALID      NULL, a configuration of another kind, or out_method is NONE
 * @retval AIMC_ERR_STATE        no ADC has a range: a perfect read-out, or out_bound <= 0
 * @retval AIMC_ERR_UNSUPPORTED  bound_management SHIFT; ENTROPY where both ends are to be found
 * @retval AIMC_ERR_NOMEM        no memory: 64 KB for every range of every tile, or 128 for two ends
 * @threads one thread per matrix.
 * @determinism D1: counted magnitudes, whatever the order and the threads.
 * @par Model
 * docs/models/converters.md; T. P. Xiao et al., IEEE Circuits Syst. Mag. 22(4):26 (2022).
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_watch_outputs(aimc_matrix *matrix, const aimc_config *config);

/**
 * Set the ranges of the ADCs from what was watched; an ADC that saw only zeros keeps its range,
 * out_bound where it had none yet. aimc_tile_get_output_ranges() tells them.
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_STATE    outputs were not watched, or all of them were 0
 * @retval AIMC_ERR_NOMEM    no memory (no range is changed)
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_take_output_ranges(aimc_matrix *matrix);

AIMC_END_DECLS

#endif
