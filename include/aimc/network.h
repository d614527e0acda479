/* SPDX-License-Identifier: MIT */
#ifndef AIMC_NETWORK_H
#define AIMC_NETWORK_H
/**
 * @file network.h
 * Networks of layers over matrices: build, train, predict, save, load.
 *
 * A network is a list of layers, each fed by the one before; the last linear layer's outputs are
 * the logits.
 */

#include <aimc/inference.h>

AIMC_BEGIN_DECLS

/** A network. @since 0.1 */
typedef struct aimc_network aimc_network;

/** Element-wise functions for aimc_network_add_activation(). @since 0.1 */
typedef enum aimc_activation {
    AIMC_TANH = 1,   /**< tanh */
    AIMC_RELU = 2,   /**< max(v, 0) */
    AIMC_SIGMOID = 3 /**< 1 / (1 + exp(-v)) */
} aimc_activation;

/** Progress of training, saved with the network. @since 0.1 */
typedef struct aimc_network_info {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t n_layers;     /**< layers, activations included */
    uint64_t n_in;         /**< inputs */
    uint64_t n_out;        /**< outputs (classes) */
    uint64_t n_parameters; /**< weights and biases */
    uint64_t n_analog;     /**< weights on analog tiles */
    uint64_t n_tiles;      /**< analog tiles */
    uint64_t n_batches;    /**< mini-batches trained since creation, over save and load */
    uint64_t n_samples;    /**< samples trained since creation, over save and load */
} aimc_network_info;

/**
 * Make an empty network.
 * @retval AIMC_ERR_NOMEM no memory.
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_create(aimc_context *ctx, aimc_network **out);

/** Destroy; NULL is fine. @since 0.1 */
AIMC_API void aimc_network_destroy(aimc_network *net);

/**
 * Add a linear layer y = W x + b with W ~ U(-1, 1)/sqrt(n_in), b likewise; the bias is digital.
 * @param n_in    inputs; the outputs of the layer before
 * @param n_out   outputs
 * @param config  of kind "layer": device, read-out, mapping, optimizer; NULL: a digital layer
 *                (exact, plain SGD)
 * @retval AIMC_ERR_SHAPE    n_in is not what the layer before gives
 * @retval AIMC_ERR_INVALID  empty shape, contradictory configuration
 * @retval AIMC_ERR_STATE    the network was already used
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged).
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add_linear(aimc_network *net, size_t n_out, size_t n_in,
                                             const aimc_config *config);

/**
 * Add an element-wise function.
 * @retval AIMC_ERR_INVALID unknown.
 * @retval AIMC_ERR_STATE no layer before, or used.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add_activation(aimc_network *net, aimc_activation activation);

/**
 * Train on one mini-batch with softmax cross-entropy: forward, backward, step of every layer.
 * The gradient is that of the sum over the batch divided by n, so lr does not depend on n.
 * @param n       samples, at least 1
 * @param x       [n][n_in] inputs, packed, finite
 * @param labels  [n] classes below n_out
 * @param lr      learning rate, finite, >= 0
 * @param[out] loss  mean cross-entropy before the step, nats; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, label out of range, negative rate, input not finite (network
 *                           unchanged)
 * @retval AIMC_ERR_STATE    no layers
 * @retval AIMC_ERR_NOMEM    buffers for a larger batch than before do not fit
 * @par Threads
 * one thread per network.
 * @par Determinism
 * D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_train_batch(aimc_network *net, size_t n, const float *x,
                                              const uint32_t *labels, double lr, float *loss);

/**
 * Outputs (logits) of a batch, through the same analog read-out as in training.
 * @param n       samples; 0 does nothing
 * @param x       [n][n_in], packed, finite
 * @param logits  [n][n_out], packed
 * @retval AIMC_ERR_INVALID  NULL, input not finite
 * @retval AIMC_ERR_STATE    no layers
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * one thread per network.
 * @par Determinism
 * D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_predict(aimc_network *net, size_t n, const float *x,
                                          float *logits);

/** Samples that aimc_network_evaluate() predicts at once. @since 0.1 */
#define AIMC_NETWORK_BATCH 256

/**
 * Fraction of samples whose largest logit is their label, predicted in batches of
 * #AIMC_NETWORK_BATCH. Random streams and counters of the network are put back after: looking does
 * not change training. So the same network gives the same number again, of one draw of its noise;
 * aimc_network_evaluate_repeat() draws anew.
 * @param n       samples, at least 1
 * @param x       [n][n_in], packed
 * @param labels  [n] classes below n_out
 * @param[out] accuracy  0 ... 1
 * @par Errors
 * as aimc_network_predict().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_evaluate(aimc_network *net, size_t n, const float *x,
                                           const uint32_t *labels, double *accuracy);

/**
 * The accuracy of aimc_network_evaluate() with new noise of every read: mean of repeat passes over
 * the samples, and the standard error of that mean. The noise is the network's own but never that
 * of training, which goes on as if nobody had looked; files keep how far it got. The chip stays:
 * devices are neither programmed again nor drift.
 * @param n       samples, at least 1
 * @param x       [n][n_in], packed
 * @param labels  [n] classes below n_out
 * @param repeat  passes, at least 1; 1 is one fresh draw
 * @param[out] mean       0 ... 1
 * @param[out] std_error  standard deviation over the passes over sqrt(repeat); NaN when repeat is
 *                        1, where it was not measured; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, n or repeat is 0, label out of range, input not finite
 * @retval AIMC_ERR_STATE    no layers
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * one thread per network.
 * @par Determinism
 * D1 for threads: depends on seeds, state and the samples evaluated like this so far.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_evaluate_repeat(aimc_network *net, size_t n, const float *x,
                                                  const uint32_t *labels, size_t repeat,
                                                  double *mean, double *std_error);

/**
 * Copy weights and bias of linear layer k (counted over linear layers only).
 * @param w  [n_out][n_in] packed; may be NULL
 * @param b  [n_out]; may be NULL
 * @retval AIMC_ERR_INVALID  no such layer.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_weights(const aimc_network *net, size_t k, float *w,
                                              float *b);

/**
 * Write weights and bias of linear layer k; NULL leaves one as it is.
 * @retval AIMC_ERR_INVALID no such layer, not finite.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_weights(aimc_network *net, size_t k, const float *w,
                                              const float *b);

/**
 * Put every digital linear layer on tiles with its weights; layers on tiles stay as they are.
 * @param config  of kind "layer": device (for inference usually "ideal", what the chip does being
 *                said in aimc_network_program()), read-out, mapping
 * @retval AIMC_ERR_INVALID  NULL, a configuration of another kind or with contradictions
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged)
 * @par Threads
 * one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_convert_to_analog(aimc_network *net, const aimc_config *config);

/**
 * aimc_tile_program() for every tile of the network; its layers are not trained until
 * aimc_network_unprogram().
 * @param config  of kind "inference"; NULL: defaults
 * @param[out] report  sums over the tiles; may be NULL
 * @retval AIMC_ERR_STATE  no layer lies on tiles
 * @par Errors
 * as aimc_tile_program(); the sentence names layer and tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_program(aimc_network *net, const aimc_config *config,
                                          aimc_inference_report *report);

/** aimc_tile_drift_programmed() for every tile. @since 0.1 */
AIMC_API aimc_status aimc_network_drift_programmed(aimc_network *net, double t_s,
                                                   aimc_inference_report *report);

/**
 * aimc_tile_compensate() for every tile. With inputs x, each layer is corrected with what the
 * corrected layers before it make of them.
 * @param n  inputs; not used when x is NULL
 * @param x  [n][n_in] inputs of the network, packed; needed for REFIT and BATCH_NORM to see real
 *           activations; NULL: the calibration vectors of the configuration
 * @param[out] report  may be NULL
 * @par Errors
 * as aimc_tile_compensate().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_compensate(aimc_network *net, size_t n, const float *x,
                                             aimc_inference_report *report);

/** aimc_tile_unprogram() for every tile. @since 0.1 */
AIMC_API aimc_status aimc_network_unprogram(aimc_network *net);

/**
 * Set the input range of every layer on tiles from data, run through the network without clipping.
 * @param n       samples, at least 1
 * @param x       [n][n_in], packed, finite
 * @param config  of kind "calibration"; NULL: defaults
 * @retval AIMC_ERR_INVALID  NULL, not finite, a configuration of another kind
 * @retval AIMC_ERR_STATE    no layer lies on tiles, or a layer's inputs are all 0
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * one thread per network.
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
 * @par Threads
 * one thread per network.
 * @par Determinism
 * D1, D2 exact: depends on the configuration's seed.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_store(aimc_network *net, const aimc_config *config,
                                        aimc_storage_report *report);

/**
 * Keep a text with the network, for the caller's own use: it is saved and loaded with it.
 * @param note  any text; copied; NULL: none
 * @retval AIMC_ERR_NOMEM  no memory (the old note stays).
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_note(aimc_network *net, const char *note);

/**
 * The text kept with the network; "" when there is none. Valid until the next
 * aimc_network_set_note().
 * @since 0.1
 */
AIMC_API const char *aimc_network_get_note(const aimc_network *net);

/** Matrix of linear layer k, owned by the network; NULL when digital or out of range. @since 0.1 */
AIMC_API aimc_matrix *aimc_network_get_matrix(aimc_network *net, size_t k);

/** Number of linear layers; 0 when NULL. @since 0.1 */
AIMC_API size_t aimc_network_count_linear(const aimc_network *net);

/**
 * What the network is and how far it was trained.
 * @retval AIMC_ERR_ABI struct_size is 0.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_info(const aimc_network *net, aimc_network_info *info);

/** One layer of a network. @since 0.1 */
typedef struct aimc_layer_info {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t is_analog;    /**< 1: its weights are on tiles */
    const char *op;        /**< "linear", "tanh", "relu", "sigmoid"; static */
    uint64_t n_out;        /**< outputs */
    uint64_t n_in;         /**< inputs */
    uint64_t n_parameters; /**< weights and biases */
    uint64_t n_tiles;      /**< analog tiles */
} aimc_layer_info;

/**
 * What layer k is, activations included; aimc_network_get_info() says how many there are.
 * @retval AIMC_ERR_INVALID  NULL, or there is no layer k
 * @retval AIMC_ERR_ABI      struct_size is 0.
 * @par Threads
 * one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_layer(const aimc_network *net, size_t k,
                                            aimc_layer_info *info);

/** Sum of the counters of all tiles. Arguments as aimc_tile_get_counters(). @since 0.1 */
AIMC_API aimc_status aimc_network_get_counters(const aimc_network *net, aimc_counters *counters);

/**
 * Save the network with its full state (safetensors): loading it continues training with the same
 * bits. The file is replaced as a whole or not at all.
 * @retval AIMC_ERR_IO     cannot write; an old file is untouched
 * @retval AIMC_ERR_STATE  no layers
 * @retval AIMC_ERR_NOMEM  no memory.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_save(const aimc_network *net, const char *path);

/**
 * Load a network that aimc_network_save() wrote.
 * @retval AIMC_ERR_IO      cannot read
 * @retval AIMC_ERR_FORMAT  truncated, corrupted or not a network; the sentence says what
 * @retval AIMC_ERR_NOMEM   no memory.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_load(aimc_context *ctx, const char *path, aimc_network **out);

/** Text that says what the network is, one line per layer. Returns the full length. @since 0.1 */
AIMC_API size_t aimc_network_describe(const aimc_network *net, char *buf, size_t size);

AIMC_END_DECLS

#endif
