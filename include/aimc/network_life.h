/* SPDX-License-Identifier: MIT */
#ifndef AIMC_NETWORK_LIFE_H
#define AIMC_NETWORK_LIFE_H
/**
 * @file network_life.h
 * The life of a network on a chip: matrices onto tiles and back, input ranges, programming, drift,
 * compensation, and digital memories.
 */

#include <aimc/inference.h>
#include <aimc/network_state.h>

AIMC_BEGIN_DECLS

/**
 * Fold every batch norm into the layer before it, as the network evaluates: weights and bias of a
 * linear layer of one axis, a convolution, grouped or depthwise, or a transposed one become those
 * that give what both gave. The node is gone then, and is trained no more; the layer has a bias,
 * and makes the value that the batch norm made, with its number. A batch norm that has no such
 * layer before it, whose layer's value is read by others or is an output, or that evaluates by the
 * batch at hand (track_running_stats = false) stays. Moments of the optimizer begin anew.
 * @param net       network; complete afterwards, as if it had been used
 * @param n_folded  how many were folded; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, a running variance below 0, or a weight or bias would be beyond
 *                           the range of floats (the network is unchanged)
 * @retval AIMC_ERR_STATE    no layers, or the layer before is programmed for inference (the network
 *                           is unchanged)
 * @retval AIMC_ERR_NOMEM    no memory (what was folded so far stays so: the network computes what
 *                           it did)
 * @threads one thread per network.
 * @determinism D1, D2 exact.
 * @par Model
 * W' = diag(s) W, b' = s b + (bias - s mean), s = weight / sqrt(variance + eps).
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_fold(aimc_network *net, size_t *n_folded);

/**
 * Put matrices on tiles, or back, with their weights.
 * @param patterns  which nodes, by patterns of their names as of a shell, with commas between them;
 *                  those after an exclamation mark are left out: "conv*,fc", "!stem,!fc". NULL is
 *                  all.
 *                  * stands for any characters, ? for one, [a-c_] for one of these, [!a-c] for one
 *                  of the others, and a backslash takes the meaning of what follows it
 * @param config    of kind "layer"; NULL: back to digital, with the weights that the tiles hold
 * @retval AIMC_ERR_INVALID  NULL, a configuration of another kind, or no node is chosen
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged)
 * @threads one thread per network.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_convert(aimc_network *net, const char *patterns,
                                          const aimc_config *config);

/**
 * Put every digital matrix on tiles with its weights; layers on tiles stay as they are.
 * @param config  of kind "layer": device (for inference usually "ideal", what the chip does being
 *                said in aimc_network_program()), read-out, mapping
 * @retval AIMC_ERR_INVALID  NULL, a configuration of another kind or with contradictions
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged)
 * @threads one thread per network.
 * @determinism D1, D2 exact: depends on the seeds of the network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_convert_to_analog(aimc_network *net, const aimc_config *config);

/**
 * aimc_tile_program() for every tile of the network; its layers are not trained until
 * aimc_network_unprogram().
 * @param config  of kind "inference"; NULL: defaults
 * @param[out] report  sums over the tiles; may be NULL
 * @retval AIMC_ERR_STATE  no layer lies on tiles
 * @errors as aimc_tile_program(); the sentence names layer and tile.
 * @threads one thread per network.
 * @determinism as aimc_tile_program().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_program(aimc_network *net, const aimc_config *config,
                                          aimc_inference_report *report);

/**
 * aimc_tile_drift_programmed() for every tile.
 * @param t_s  seconds since the end of programming, >= 0
 * @param[out] report  may be NULL
 * @errors as aimc_tile_drift_programmed().
 * @threads one thread per network.
 * @determinism as aimc_tile_drift_programmed().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_drift_programmed(aimc_network *net, double t_s,
                                                   aimc_inference_report *report);

/**
 * aimc_tile_compensate() for every tile. With inputs x, each layer is corrected with what the
 * corrected layers before it make of them.
 * @param n  inputs; not used when x is NULL
 * @param x  [n][n_in] inputs of the network, packed; needed for REFIT and BATCH_NORM to see real
 *           activations; NULL: the calibration vectors of the configuration
 * @param[out] report  may be NULL
 * @errors as aimc_tile_compensate().
 * @threads one thread per network.
 * @determinism D1 for threads; as aimc_tile_compensate().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_compensate(aimc_network *net, size_t n, const float *x,
                                             aimc_inference_report *report);

/**
 * Write the conductances of all arrays of a programmed network into a folder, which is made where
 * it is not there: a file for each device of the weights of each tile, [n_out][n_in] in uS, called
 * by matrix, node, tile and device, "003.conv2d.tile0.device1.npy"; slashes of names become
 * underlines. "shared" [1][n_in] stands for the devices of inputs that all outputs share.
 * aimc_tile_get_conductances() says what is in them.
 * @param folder  path
 * @param format  "npy" (as numpy.save() writes them; float32), or "csv" (9 digits, which is exact);
 *                NULL: npy
 * @retval AIMC_ERR_INVALID  NULL, an unknown format
 * @retval AIMC_ERR_STATE    no layer is programmed
 * @retval AIMC_ERR_IO       cannot write; files that were written before stay
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_save_conductances(const aimc_network *net, const char *folder,
                                                    const char *format);

/**
 * Let a programmed network be read with conductances from such a folder: measured ones, say. Of
 * each array .npy is looked for first, then .csv (any table of numbers, docs/tables.md). See
 * aimc_tile_set_conductances(): what aimc_network_save_conductances() wrote goes in to the same
 * bits of every product.
 * @param folder  path
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_STATE    no layer is programmed
 * @retval AIMC_ERR_IO       a file is missing or cannot be read
 * @retval AIMC_ERR_FORMAT   no numbers, another shape, a number that is missing, negative or above
 *                           10 g_max; the sentence says file, row and column (nothing is changed)
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_load_conductances(aimc_network *net, const char *folder);

/**
 * aimc_tile_unprogram() for every tile.
 * @retval AIMC_ERR_INVALID  NULL
 * @threads one thread per network.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_unprogram(aimc_network *net);

/**
 * Set ranges of converters from data: of the DACs of every layer on tiles (its input range), from a
 * pass through the network in which inputs are not clipped; then, with out_method, of the ADCs of
 * every bit slice of every tile, from a second pass in which ADCs neither round nor clip.
 * @param n       samples, at least 1
 * @param x       [n][n_in], packed, finite
 * @param config  of kind "calibration"; NULL: defaults, which set input ranges alone
 * @retval AIMC_ERR_INVALID  NULL, not finite, a configuration of another kind, or one that asks for
 *                           nothing
 * @retval AIMC_ERR_STATE    no layer lies on tiles, a layer's inputs or outputs are all 0, or with
 *                           out_method no layer has an ADC with a range
 * @retval AIMC_ERR_UNSUPPORTED  out_method as aimc_matrix_watch_outputs() says
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_calibrate(aimc_network *net, size_t n, const float *x,
                                            const aimc_config *config);

/**
 * Let the weights of digital layers go through a digital memory: 8-bit codes with one scale for
 * each layer, bit flips, an error code, and back. Biases stay. Each call is a new draw of the bits
 * that flip; the network counts them and keeps the count in files. The field "seed" fixes them.
 * @param config  of kind "storage"; NULL: defaults (codes without flips)
 * @param[out] report  struct_size set by the caller; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, a configuration of another kind
 * @retval AIMC_ERR_STATE    no layer is digital
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged)
 * @threads one thread per network.
 * @determinism D1, D2 exact: depends on the configuration's seed.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_store(aimc_network *net, const aimc_config *config,
                                        aimc_storage_report *report);

AIMC_END_DECLS

#endif
