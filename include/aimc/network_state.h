/* SPDX-License-Identifier: MIT */
#ifndef AIMC_NETWORK_STATE_H
#define AIMC_NETWORK_STATE_H
/**
 * @file network_state.h
 * What a network is and holds: layers, counters, histograms; weights, tensors with the names of
 * PyTorch, gradients, files.
 */

#include <aimc/network.h>

AIMC_BEGIN_DECLS

/* ---- what it is ----------------------------------------------------------------------------- */

/** Progress of training, saved with the network. @since 0.1 */
typedef struct aimc_network_info {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t n_layers;     /**< nodes */
    uint64_t n_in;         /**< numbers of all inputs */
    uint64_t n_out;        /**< numbers of all outputs (classes) */
    uint64_t n_parameters; /**< weights, biases and other trained numbers */
    uint64_t n_analog;     /**< weights on analog tiles */
    uint64_t n_tiles;      /**< analog tiles */
    uint64_t n_batches;    /**< mini-batches trained since creation, over save and load */
    uint64_t n_samples;    /**< samples trained since creation, over save and load */
} aimc_network_info;

/**
 * Keep a text with the network, for the caller's own use: it is saved and loaded with it.
 * @param note  any text; copied; NULL: none
 * @retval AIMC_ERR_NOMEM  no memory (the old note stays).
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_note(aimc_network *net, const char *note);

/**
 * The text kept with the network; "" when there is none. Valid until the next
 * aimc_network_set_note().
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API const char *aimc_network_get_note(const aimc_network *net);

/**
 * Outputs and inputs of matrix k, digital ones included.
 * @param k  below aimc_network_count_matrices()
 * @param[out] n_out  outputs
 * @param[out] n_in  inputs
 * @retval AIMC_ERR_INVALID  NULL, or no such matrix.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_matrix_shape(const aimc_network *net, size_t k, size_t *n_out,
                                                   size_t *n_in);

/**
 * Matrix k, owned by the network; NULL when digital or out of range.
 * @param k  below aimc_network_count_matrices()
 * @threads one thread per network; the matrix is used by the same thread.
 * @since 0.1
 */
AIMC_API aimc_matrix *aimc_network_get_matrix(aimc_network *net, size_t k);

/**
 * Number of matrices, digital ones included; 0 when NULL.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API size_t aimc_network_count_matrices(const aimc_network *net);

/**
 * What the network is and how far it was trained.
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_ABI struct_size is 0.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_info(const aimc_network *net, aimc_network_info *info);

/** One node of a network. @since 0.1 */
typedef struct aimc_layer_info {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t is_analog;    /**< 1: its weights are on tiles */
    const char *op;        /**< "linear", "tanh", "conv2d" ...; static */
    uint64_t n_out;        /**< numbers of its first output */
    uint64_t n_in;         /**< numbers of its first input */
    uint64_t n_parameters; /**< weights, biases and other trained numbers */
    uint64_t n_tiles;      /**< analog tiles */
    const char *name;      /**< of the node; the network's own */
    uint64_t n_matrices;   /**< matrices, digital ones included */
    uint64_t n_macs;       /**< multiplications of matrices in the inference of a sample */
    uint32_t input;        /**< the value that it reads first, for aimc_network_get_shape() */
    uint32_t output;       /**< the value that it makes first */
} aimc_layer_info;

/**
 * What node k is; aimc_network_get_info() says how many there are.
 * @param k     below n_layers of aimc_network_info
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, or there is no layer k
 * @retval AIMC_ERR_ABI      struct_size is 0.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_layer(const aimc_network *net, size_t k,
                                            aimc_layer_info *info);

/**
 * Sum of the counters of all tiles. Arguments as aimc_tile_get_counters().
 * @param counters  struct_size set by the caller; the rest is written
 * @errors as aimc_tile_get_counters().
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_counters(const aimc_network *net, aimc_counters *counters);

/** What a histogram is of. @since 0.1 */
typedef enum aimc_quantity {
    AIMC_QUANTITY_INPUT = 0,      /**< values that a layer reads, in evaluation */
    AIMC_QUANTITY_OUTPUT = 1,     /**< values that it makes */
    AIMC_QUANTITY_WEIGHT = 2,     /**< its weights, seen from outside of digital scales */
    AIMC_QUANTITY_CONDUCTANCE = 3 /**< conductances of its programmed devices without the noise of
                                       reads, uS */
} aimc_quantity;

/**
 * Histograms of all layers. Values are counted in n_bins bins of equal width between the smallest
 * and the largest of the layer; each bin holds its lower edge, the last one both. Inputs and
 * outputs are those of one evaluation of the samples, after which random streams and counters are
 * put back: looking changes nothing of what comes after.
 * @param what    quantity
 * @param n       samples, at least 1; weights and conductances need none
 * @param x       [inputs] arrays [n][numbers of the input]; of weights and conductances not used
 * @param n_bins  1 ... 65536
 * @param[out] low     [layers] smallest value; 0 where there are none
 * @param[out] high    [layers] largest value
 * @param[out] counts  [layers][n_bins]; layers as aimc_network_get_layer() numbers them
 * @retval AIMC_ERR_INVALID  NULL, n is 0, input not finite, an unknown quantity, n_bins out of
 *                           range
 * @retval AIMC_ERR_STATE    no layers
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_histograms(aimc_network *net, aimc_quantity what, size_t n,
                                                 const float *const *x, size_t n_bins, double *low,
                                                 double *high, uint64_t *counts);

/**
 * Text that says what the network is, one line per layer. Returns the full length.
 * @param buf   receives the text, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API size_t aimc_network_describe(const aimc_network *net, char *buf, size_t size);

/* ---- weights and tensors -------------------------------------------------------------------- */

/**
 * Copy the weights of matrix k, as it lies on the tiles, and the bias of its outputs (0 without
 * one). Matrices are numbered over all nodes in their order; a convolution with groups has one for
 * each. aimc_network_get_tensor() has them in the order of PyTorch. Where the bias lies on devices
 * (analog_bias of kind "layer"), it is the last column of w, and b is the same.
 * @param k  below aimc_network_count_matrices()
 * @param w  [n_out][n_in] packed; may be NULL
 * @param b  [n_out]; may be NULL
 * @retval AIMC_ERR_INVALID  no such matrix.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_weights(const aimc_network *net, size_t k, float *w,
                                              float *b);

/**
 * Write the weights and bias of matrix k; NULL leaves one as it is.
 * @param k  below aimc_network_count_matrices()
 * @param w  [n_out][n_in] packed, finite; NULL: as they are
 * @param b  [n_out] finite; NULL: as it is
 * @retval AIMC_ERR_INVALID no such matrix, not finite, a bias where there is none.
 * @threads one thread per network.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_weights(aimc_network *net, size_t k, const float *w,
                                              const float *b);

/** A tensor of a network: a weight, or a parameter. @since 0.1 */
typedef struct aimc_tensor_info {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t n_dims;      /**< dimensions */
    uint64_t shape[6];    /**< as PyTorch has it */
    uint64_t size;        /**< numbers */
    uint32_t is_analog;   /**< 1: a weight on tiles */
    uint32_t is_trained;  /**< 0: kept, as running means */
    char name[160];       /**< "conv2d.weight" */
} aimc_tensor_info;

/** How many tensors there are; 0 when NULL. @threads one thread per network. @since 0.1 */
AIMC_API size_t aimc_network_count_tensors(const aimc_network *net);

/**
 * What tensor k is, in the order of the nodes.
 * @param k     below aimc_network_count_tensors()
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, or there is no tensor k
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_tensor_info(const aimc_network *net, size_t k,
                                                  aimc_tensor_info *info);

/**
 * Copy a tensor, with the name, shape and order of PyTorch; of a weight on tiles what the devices
 * hold, seen from outside of the digital scales.
 * @param name    "conv2d.weight"
 * @param n       numbers at values: the size of the tensor
 * @param values  [n]
 * @retval AIMC_ERR_INVALID  NULL, or no tensor of that name (the sentence says the nearest)
 * @retval AIMC_ERR_SHAPE    another size
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_tensor(const aimc_network *net, const char *name, size_t n,
                                             float *values);

/**
 * Copy the gradient of a digital weight or parameter, as aimc_network_backward() left it; 0 after a
 * step. Arguments as aimc_network_get_tensor().
 * @param name    "conv2d.weight"
 * @param n       numbers at values: the size of the tensor
 * @param values  [n]
 * @retval AIMC_ERR_UNSUPPORTED  the tensor lies on tiles, which get pulses and keep no gradient, or
 *                               is not trained
 * @errors besides, as aimc_network_get_tensor().
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_gradient(const aimc_network *net, const char *name, size_t n,
                                               float *values);

/**
 * Write a tensor. Arguments and errors as aimc_network_get_tensor(), and AIMC_ERR_INVALID for
 * values that are not finite.
 * @param name    "conv2d.weight"
 * @param n       numbers at values: the size of the tensor
 * @param values  [n], finite
 * @errors as aimc_network_get_tensor(), and AIMC_ERR_INVALID for values that are not finite.
 * @threads one thread per network.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_tensor(aimc_network *net, const char *name, size_t n,
                                             const float *values);

/**
 * Take all tensors from a safetensors file with the names and shapes of PyTorch (a state_dict saved
 * by the Python package safetensors); half, bfloat16 and double are converted.
 * @param path  file to read
 * @retval AIMC_ERR_IO       cannot read
 * @retval AIMC_ERR_FORMAT   no safetensors, a tensor that is missing, of another shape or type,
 *                           not finite, or of no node; the sentence says which (nothing is changed)
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_load_weights(aimc_network *net, const char *path);

/* ---- files ---------------------------------------------------------------------------------- */

/**
 * Save the network with its full state (safetensors): loading it continues training with the same
 * bits. The file is replaced as a whole or not at all.
 * @param path  file to write, safetensors with the document in its metadata
 * @retval AIMC_ERR_IO     cannot write; an old file is untouched
 * @retval AIMC_ERR_STATE  no layers
 * @retval AIMC_ERR_NOMEM  no memory.
 * @threads one thread per network.
 * @determinism D2: the same state gives the same bytes on any machine, and comes back to the same
 * bits.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_save(const aimc_network *net, const char *path);

/**
 * Load a network that aimc_network_save() wrote.
 * @param path  file to read
 * @param[out] out  the network; NULL on failure
 * @retval AIMC_ERR_IO      cannot read
 * @retval AIMC_ERR_FORMAT  truncated, corrupted or not a network; the sentence says what
 * @retval AIMC_ERR_NOMEM   no memory.
 * @threads any.
 * @determinism D2: the object goes on with the bits that the saved one would have had.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_load(aimc_context *ctx, const char *path, aimc_network **out);

/**
 * A network that stays in its file, for inference alone: the file stays open, and a node has its
 * weights in memory only while it is at work, so that a network may be larger than the memory. All
 * samples of a call go through a node together: their values, and one node, are what a call takes.
 * Tiles are as the file has them at the begin of each call, noise included. Training, saving and
 * tensors by name need aimc_network_load().
 * @param path  of aimc_network_save(), or, with json, safetensors with the names and shapes of
 *              PyTorch; it may be replaced by another file, but where it is itself written to or
 *              cut before the network is destroyed, calls fail or give a mixture. Tensors of no
 *              node are not looked at. All that comes through a pipe is kept in memory
 * @param json  the document of the network; NULL: that in the file
 * @param[out] out  NULL on failure
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_IO       cannot read, or neither a regular file nor a pipe
 * @retval AIMC_ERR_FORMAT   no such file, no document, a tensor that is missing or has another
 *                           shape; the sentence says which. That a weight is not finite is told
 *                           when its node is at work
 * @retval AIMC_ERR_NOMEM    no memory for one node
 * @threads any.
 * @determinism D1 for threads; each call begins with the state of the file.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_open(aimc_context *ctx, const char *path, const char *json,
                                       aimc_network **out);

/**
 * The full state as bytes: what aimc_network_save() would write. Arguments and errors as
 * aimc_tile_save_bytes(), and AIMC_ERR_STATE without layers.
 * @param bytes  [size]; may be NULL with size 0, to ask how many there are
 * @param size   bytes at bytes
 * @param[out] n  bytes of the state
 * @errors as aimc_tile_save_bytes(), and AIMC_ERR_STATE without layers.
 * @threads one thread per network.
 * @determinism D2: the same state gives the same bytes on any machine, and comes back to the same
 * bits.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_save_bytes(const aimc_network *net, void *bytes, size_t size,
                                             size_t *n);

/**
 * A network from such bytes. Arguments and errors as aimc_tile_load_bytes().
 * @param bytes  [size], not kept
 * @param size   bytes at bytes
 * @param[out] out  the network; NULL on failure
 * @errors as aimc_tile_load_bytes().
 * @threads any.
 * @determinism D2: the object goes on with the bits that the saved one would have had.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                             aimc_network **out);

AIMC_END_DECLS

#endif
