/* SPDX-License-Identifier: MIT */
#ifndef AIMC_NETWORK_STATE_H
#define AIMC_NETWORK_STATE_H
/**
 * @file network_state.h
 * What a network holds: weights, tensors with the names of PyTorch, gradients, files.
 */

#include <aimc/network.h>

AIMC_BEGIN_DECLS

/**
 * Copy the weights of matrix k, as it lies on the tiles, and the bias of its outputs (0 without
 * one). Matrices are numbered over all nodes in their order; a convolution with groups has one for
 * each. aimc_network_get_tensor() has them in the order of PyTorch.
 * @param w  [n_out][n_in] packed; may be NULL
 * @param b  [n_out]; may be NULL
 * @retval AIMC_ERR_INVALID  no such matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_weights(const aimc_network *net, size_t k, float *w,
                                              float *b);

/**
 * Write the weights and bias of matrix k; NULL leaves one as it is.
 * @retval AIMC_ERR_INVALID no such matrix, not finite, a bias where there is none.
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

/** How many tensors there are; 0 when NULL. @since 0.1 */
AIMC_API size_t aimc_network_count_tensors(const aimc_network *net);

/**
 * What tensor k is, in the order of the nodes.
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, or there is no tensor k
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_tensor_info(const aimc_network *net, size_t k,
                                                  aimc_tensor_info *info);

/**
 * Copy a tensor, with the name, shape and order of PyTorch; of a weight on tiles what the devices
 * hold, seen from outside of the digital scales.
 * @param n       numbers at values: the size of the tensor
 * @param values  [n]
 * @retval AIMC_ERR_INVALID  NULL, or no tensor of that name (the sentence says the nearest)
 * @retval AIMC_ERR_SHAPE    another size
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_tensor(const aimc_network *net, const char *name, size_t n,
                                             float *values);

/**
 * Copy the gradient of a digital weight or parameter, as aimc_network_backward() left it; 0 after a
 * step. Arguments as aimc_network_get_tensor().
 * @retval AIMC_ERR_UNSUPPORTED  the tensor lies on tiles, which get pulses and keep no gradient, or
 *                               is not trained
 * @par Errors
 * besides, as aimc_network_get_tensor().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_gradient(const aimc_network *net, const char *name, size_t n,
                                               float *values);

/**
 * Write a tensor. Arguments and errors as aimc_network_get_tensor(), and AIMC_ERR_INVALID for
 * values that are not finite. @since 0.1
 */
AIMC_API aimc_status aimc_network_set_tensor(aimc_network *net, const char *name, size_t n,
                                             const float *values);

/**
 * Take all tensors from a safetensors file with the names and shapes of PyTorch (a state_dict saved
 * by the Python package safetensors); half, bfloat16 and double are converted.
 * @retval AIMC_ERR_IO       cannot read
 * @retval AIMC_ERR_FORMAT   no safetensors, a tensor that is missing, of another shape or type,
 *                           not finite, or of no node; the sentence says which (nothing is changed)
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_load_weights(aimc_network *net, const char *path);

/* ---- files ---------------------------------------------------------------------------------- */

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
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_open(aimc_context *ctx, const char *path, const char *json,
                                       aimc_network **out);

/** The full state as bytes: what aimc_network_save() would write. Arguments and errors as
 * aimc_tile_save_bytes(), and AIMC_ERR_STATE without layers. @since 0.1 */
AIMC_API aimc_status aimc_network_save_bytes(const aimc_network *net, void *bytes, size_t size,
                                             size_t *n);

/** A network from such bytes. Arguments and errors as aimc_tile_load_bytes(). @since 0.1 */
AIMC_API aimc_status aimc_network_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                             aimc_network **out);

AIMC_END_DECLS

#endif
