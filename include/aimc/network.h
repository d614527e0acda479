/* SPDX-License-Identifier: MIT */
#ifndef AIMC_NETWORK_H
#define AIMC_NETWORK_H
/**
 * @file network.h
 * Networks: graphs of operations over matrices; build, train, predict, save, load.
 *
 * A network is built node by node. A node is one op ("linear", "conv2d", "add" ...) with its
 * configuration; it reads values and makes one or more. aimc_preset_get() lists all ops (category
 * "op"), aimc_config_get_field() their fields. Shapes, definitions, defaults and initial values are
 * those of PyTorch; a shape does not count the samples: an image is [channels][height][width], a
 * series [channels][length] for convolutions, [length][features] for recurrent layers and
 * attention.
 *
 *     aimc_network_add_input(net, "image", shape, 3, &x);
 *     aimc_network_add(net, "conv2d", config, 1, &x, &y);
 *     aimc_network_add(net, "relu", NULL, 1, &y, &y);
 *
 * The matrices of a node lie on analog tiles or are digital, as the field "matrix" of its
 * configuration says. Everything else (gradients, digital optimizers, files, programming, energy)
 * works for every op alike.
 */

#include <aimc/matrix.h>

AIMC_BEGIN_DECLS

/** A network. @since 0.1 */
typedef struct aimc_network aimc_network;

/** Number of a value in its network: an input, or what a node makes. Further values of a node have
 * the numbers after its first. @since 0.1 */
typedef uint32_t aimc_value;

/** Element-wise functions for aimc_network_add_activation(). @since 0.1 */
typedef enum aimc_activation {
    AIMC_TANH = 1,   /**< tanh */
    AIMC_RELU = 2,   /**< max(v, 0) */
    AIMC_SIGMOID = 3 /**< 1 / (1 + exp(-v)) */
} aimc_activation;

/* ---- building ------------------------------------------------------------------------------- */

/**
 * Make an empty network.
 * @param[out] out  the network; NULL on failure
 * @retval AIMC_ERR_NOMEM no memory.
 * @threads any.
 * @determinism D1, D2: the seed is from the context and the number of objects made before.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_create(aimc_context *ctx, aimc_network **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the network. @since 0.1 */
AIMC_API void aimc_network_destroy(aimc_network *net);

/**
 * Add an input.
 * @param name    its name, unlike those of nodes; NULL: "input", "input_1" ...
 * @param shape   [n_dims] the shape of a sample, each at least 1
 * @param n_dims  1 ... 6
 * @param[out] out  the value; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, or the name is taken, longer than 64 characters, or holds blanks
 *                           or quotes
 * @retval AIMC_ERR_SHAPE    an empty shape, too many dimensions, more than 2^30 numbers
 * @retval AIMC_ERR_STATE    the network was already used
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged)
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add_input(aimc_network *net, const char *name,
                                            const size_t *shape, size_t n_dims, aimc_value *out);

/**
 * Add a node that reads values and makes new ones.
 * @param op        name of the op: "linear", "conv2d", "batch_norm", "add" ...
 * @param config    of the op's kind; NULL: its defaults. Read during the call only
 * @param n_inputs  values that it reads; how many each op takes is in docs/networks.md
 * @param inputs    [n_inputs] their numbers
 * @param[out] out  the first value that it makes; may be NULL, and may be one of inputs
 * @retval AIMC_ERR_INVALID  NULL, an unknown op, a configuration of another kind or with
 *                           contradictions, too few or too many inputs, a value that does not exist
 * @retval AIMC_ERR_SHAPE    shapes that do not fit; the sentence says what is there and expected
 * @retval AIMC_ERR_STATE    the network was already used
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged)
 * @threads one thread per network.
 * @determinism D1, D2: initial values depend on the seed of the network and the number of the
 * node.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add(aimc_network *net, const char *op, const aimc_config *config,
                                      size_t n_inputs, const aimc_value *inputs, aimc_value *out);

/**
 * aimc_network_add() of a node with a name, which is known to be right before there is a node.
 * @param name  unlike those of other nodes and inputs, 1 ... 64 characters without blanks, quotes
 *              and backslashes; NULL: made of the op, "conv2d", "conv2d_1" ...
 * @param op  as in aimc_network_add()
 * @param config  of the op's kind; NULL: its defaults
 * @param n_inputs  values that it reads
 * @param inputs  [n_inputs] their numbers
 * @param[out] out  the first value that it makes; may be NULL
 * @retval AIMC_ERR_INVALID  the name is taken or not allowed
 * @errors besides, as aimc_network_add(); the network is unchanged by every failure.
 * @threads one thread per network.
 * @determinism D1, D2: initial values depend on the seed of the network and the number of the
 * node, not on its name.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add_named(aimc_network *net, const char *name, const char *op,
                                            const aimc_config *config, size_t n_inputs,
                                            const aimc_value *inputs, aimc_value *out);

/**
 * Name the node that makes a value, or an input. Nodes begin with the name of their op, "conv2d",
 * "conv2d_1" ...; tensors are called after their node, "conv2d.weight".
 * @param value  an input, or any value that the node makes
 * @param name   1 ... 64 characters without blanks, quotes and backslashes
 * @retval AIMC_ERR_INVALID  NULL, no such value, a name that is taken or not allowed
 * @retval AIMC_ERR_STATE    the network was already used
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_name(aimc_network *net, aimc_value value, const char *name);

/**
 * Declare a value as an output. Without any, the last value that was added is the output.
 * @param value  number of the value
 * @retval AIMC_ERR_INVALID  no such value
 * @retval AIMC_ERR_STATE    the network was already used
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add_output(aimc_network *net, aimc_value value);

/** Inputs that were added; 0 when NULL. @threads one thread per network. @since 0.1 */
AIMC_API size_t aimc_network_count_inputs(const aimc_network *net);

/**
 * Outputs: those that were declared, or the last value; 0 when there is nothing.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API size_t aimc_network_count_outputs(const aimc_network *net);

/**
 * The value of input k.
 * @param k  below aimc_network_count_inputs()
 * @param[out] value  its number
 * @retval AIMC_ERR_INVALID  NULL, or there is no input k.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_input(const aimc_network *net, size_t k, aimc_value *value);

/**
 * The value of output k.
 * @param k  below aimc_network_count_outputs()
 * @param[out] value  its number
 * @retval AIMC_ERR_INVALID  NULL, or there is no output k.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_output(const aimc_network *net, size_t k, aimc_value *value);

/**
 * The shape of a value, the samples not counted.
 * @param value  number of the value
 * @param[out] shape   [6] receives n_dims numbers
 * @param[out] n_dims  dimensions
 * @retval AIMC_ERR_INVALID  NULL, or there is no such value.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_get_shape(const aimc_network *net, aimc_value value,
                                            size_t *shape, size_t *n_dims);

/**
 * The short way to a perceptron: add y = W x + b after the last value, or as the first layer.
 * W, b ~ U(-1, 1) / sqrt(n_in); the bias is digital.
 * @param n_out   outputs
 * @param n_in    inputs; the outputs of the layer before
 * @param config  of kind "layer": device, read-out, mapping, optimizer; NULL: a digital layer
 *                (exact, plain SGD)
 * @retval AIMC_ERR_SHAPE    n_in is not what the layer before gives
 * @retval AIMC_ERR_INVALID  empty shape, contradictory configuration
 * @retval AIMC_ERR_STATE    the network was already used
 * @retval AIMC_ERR_NOMEM    no memory (the network is unchanged).
 * @threads one thread per network.
 * @determinism D1, D2: as aimc_network_add().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add_linear(aimc_network *net, size_t n_out, size_t n_in,
                                             const aimc_config *config);

/**
 * The short way to an element-wise function after the last layer.
 * @param activation  one of aimc_activation
 * @retval AIMC_ERR_INVALID unknown.
 * @retval AIMC_ERR_STATE no layer before, or used.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_add_activation(aimc_network *net, aimc_activation activation);

/**
 * A network from its document:
 *
 *     {"format": "aimc-network", "version": 1,
 *      "inputs": [{"name": "image", "shape": [3, 32, 32]}],
 *      "nodes": [{"name": "stem", "op": "conv2d", "inputs": ["image"],
 *                 "config": {"out_channels": 16, "kernel": [3, 3], "padding": 1,
 *                            "matrix": "digital"}}, ...],
 *      "outputs": ["logits"]}
 *
 * A value is called as its node, further ones of it "node:1", "node:2" ... "loss" and "optimizer"
 * may hold the configurations of aimc_network_set_loss() and aimc_network_set_optimizer(),
 * "loss_weights" the numbers of aimc_network_set_loss_weights().
 * @param json  the document
 * @param[out] out  the network with initial weights; NULL on failure
 * @retval AIMC_ERR_FORMAT   no JSON, no such document, an unknown member; the sentence says where
 * @errors besides, as aimc_network_add(); the sentence names the node.
 * @threads any.
 * @determinism D1, D2: as aimc_network_add().
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_create_from_json(aimc_context *ctx, const char *json,
                                                   aimc_network **out);

/**
 * The document of a network, every field written. Returns the full length.
 * @param buf   receives the text, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API size_t aimc_network_to_json(const aimc_network *net, char *buf, size_t size);

/* ---- training ------------------------------------------------------------------------------- */

/**
 * Set the loss of aimc_network_train_batch() and aimc_network_train_targets().
 * @param loss  of category "loss": "cross_entropy" (the default), "nll", "mse", "l1", "huber",
 *              "bce_with_logits"; NULL: the default
 * @retval AIMC_ERR_INVALID  NULL, or of another category
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @par Model
 * definitions of PyTorch, mean reduction.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_loss(aimc_network *net, const aimc_config *loss);

/**
 * Weights of any number of classes, instead of those of the field "class_weights" ("cross_entropy",
 * "nll") or "pos_weight" ("bce_with_logits"), which take 64. They are part of the document.
 * aimc_network_set_loss() forgets them.
 * @param n        as many as classes; for "bce_with_logits" also 1; 0: none
 * @param weights  [n] 0 ... 1e9; copied
 * @retval AIMC_ERR_INVALID  NULL, a weight out of range, or the loss that is set knows no classes
 * @retval AIMC_ERR_NOMEM    no memory (the old ones stay)
 * @errors another number than that of the classes is told by the training calls.
 * @threads one thread per network.
 * @par Model
 * definitions of PyTorch: the mean over rows is divided by the sum of their weights.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_loss_weights(aimc_network *net, size_t n,
                                                   const double *weights);

/**
 * The axis of the output along which the classes of the loss lie, without that of the samples: its
 * field "axis"; < 0: from the last; -1 of other losses and when NULL.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API int aimc_network_get_class_axis(const aimc_network *net);

/**
 * Set how digital weights and parameters are updated; its moments begin anew. Weights on tiles
 * follow the algorithm of their layer.
 * @param optimizer  of category "digital_optimizer": "digital_sgd" (the default), "adam", "adamw";
 *                   NULL: the default
 * @retval AIMC_ERR_INVALID  NULL, or of another category
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @par Model
 * definitions of PyTorch.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_set_optimizer(aimc_network *net, const aimc_config *optimizer);

/**
 * The rate of a step by a schedule, for the lr of the training calls.
 * @param schedule  of category "schedule": "step_rate", "cosine_rate", "one_cycle", "warm_up"
 * @param lr        the rate that it changes, 0 ... 1e30; of "one_cycle" the largest
 * @param step      steps (or epochs, as the schedule counts) before this one, from 0
 * @param[out] rate  the rate of the step
 * @retval AIMC_ERR_INVALID  NULL, of another category, lr out of range
 * @threads any.
 * @par Model
 * definitions of PyTorch 1.13, torch.optim.lr_scheduler.
 * @since 0.1
 */
AIMC_API aimc_status aimc_schedule_get_rate(const aimc_config *schedule, double lr, uint64_t step,
                                            double *rate);

/**
 * Train on one mini-batch with labels: forward, loss, backward, step. The gradient is that of the
 * mean over the batch, so lr does not depend on n.
 * @param n       samples, at least 1
 * @param x       [n][n_in] inputs, packed, finite
 * @param labels  [n] classes below n_out; of an output of several axes, [n][all but that of the
 *                classes], which is the last one, or the field "axis" of the loss: 0 of
 *                [classes][height][width], as PyTorch has it
 * @param lr      learning rate, 0 ... 1e30
 * @param[out] loss  mean loss before the step (cross-entropy: nats); may be NULL
 * @retval AIMC_ERR_INVALID  NULL, label out of range, rate out of range, input not finite, a loss
 *                           that takes targets, a loss that is not finite, a step as
 *                           aimc_network_step() refuses it (weights unchanged)
 * @retval AIMC_ERR_STATE    no layers, or programmed for inference
 * @retval AIMC_ERR_NOMEM    buffers for a larger batch than before do not fit
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_train_batch(aimc_network *net, size_t n, const float *x,
                                              const uint32_t *labels, double lr, float *loss);

/**
 * The same with targets, for "mse", "l1", "huber" and "bce_with_logits".
 * @param n        samples, at least 1
 * @param x        [n][n_in], packed, finite
 * @param targets  [n][n_out], packed, finite
 * @param lr       learning rate, 0 ... 1e30
 * @param[out] loss  mean loss before the step; may be NULL
 * @errors as aimc_network_train_batch().
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_train_targets(aimc_network *net, size_t n, const float *x,
                                                const float *targets, double lr, float *loss);

/**
 * The forward pass of a mini-batch in training, for a loss of the caller's own:
 *
 *     aimc_network_forward(net, n, x, y);
 *     ... dy = dL/dy ...
 *     aimc_network_backward(net, n, dy, NULL);
 *     aimc_network_step(net, lr);
 *
 * A pass that nobody goes back through is given up by the next one. Gradients add up over several
 * passes until aimc_network_step(), as those of PyTorch do: a matrix on tiles keeps the vectors of
 * all of them, and the step makes its pulses of them as of one mini-batch, in the order of the
 * passes. All passes read one draw of modified weights; an evaluation in between ends it.
 * @param n  samples, at least 1
 * @param x  [n][n_in], packed, finite; copied
 * @param y  [n][n_out], packed; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, input not finite, several inputs or outputs, or an output that is
 *                           not finite: values overflow
 * @retval AIMC_ERR_STATE    no layers, or programmed for inference
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_forward(aimc_network *net, size_t n, const float *x, float *y);

/**
 * Gradients of everything that is trained, after aimc_network_forward().
 * @param n   samples of the forward pass
 * @param dy  [n][n_out] dL/dy, packed, finite: of the loss that is to shrink, summed over samples
 * @param dx  [n][n_in] receives dL/dx, which aimc_network_want_input_gradients() asked for; may be
 *            NULL
 * @retval AIMC_ERR_INVALID  NULL, not finite
 * @retval AIMC_ERR_SHAPE    another n
 * @retval AIMC_ERR_STATE    no forward pass before, or dx was not asked for
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_backward(aimc_network *net, size_t n, const float *dy, float *dx);

/**
 * aimc_network_forward() of a network with any number of inputs and outputs; arrays as of
 * aimc_network_run(); y may be NULL.
 * @param n  samples, at least 1
 * @param x  [inputs] arrays [n][numbers of the input], finite; copied
 * @param y  [outputs] arrays [n][numbers of the output]; may be NULL
 * @errors as aimc_network_forward().
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_run_forward(aimc_network *net, size_t n, const float *const *x,
                                              float *const *y);

/**
 * aimc_network_backward() of a network with any number of inputs and outputs.
 * @param n   samples of the forward pass
 * @param dy  [outputs] arrays [n][numbers of the output]; NULL among several: 0
 * @param dx  [inputs] arrays [n][numbers of the input], NULL: not wanted; or NULL
 * @errors as aimc_network_backward().
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_run_backward(aimc_network *net, size_t n, const float *const *dy,
                                               float *const *dx);

/**
 * Make room for dL/dx in the following passes, or no longer.
 * @param on  0: no
 * @retval AIMC_ERR_INVALID  NULL.
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_want_input_gradients(aimc_network *net, int on);

/**
 * Update everything that is trained, after aimc_network_backward(): matrices on tiles by pulses of
 * their algorithm, the rest by the digital optimizer. All passes since the last step count; what
 * was evaluated in between changes nothing.
 * @param lr  learning rate, 0 ... 1e30
 * @retval AIMC_ERR_INVALID  NULL, rate out of range, a digital gradient beyond 1e18, or one or a
 *                           weight so large that the step might lead out of the range of floats
 *                           (1e36 (1 - momentum) / max(lr, 1) / max(weight_decay, 1)): gradients
 *                           are clipped and stay, nothing else is changed
 * @retval AIMC_ERR_STATE    no backward pass before
 * @retval AIMC_ERR_NOMEM    no memory for moments of the optimizer
 * @threads one thread per network.
 * @determinism D1 for threads.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_step(aimc_network *net, double lr);

/**
 * Forget the gradients of all passes since the last step. AIMC_ERR_INVALID: NULL.
 * @retval AIMC_ERR_INVALID  NULL
 * @threads one thread per network.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_zero_gradients(aimc_network *net);

/* ---- inference ------------------------------------------------------------------------------ */

/**
 * Outputs of a batch of a network with any number of inputs and outputs, in evaluation.
 * @param n  samples; 0 does nothing
 * @param x  [inputs] arrays [n][numbers of the input], in the order in which they were added
 * @param y  [outputs] arrays [n][numbers of the output]; NULL: that output is not wanted
 * @retval AIMC_ERR_INVALID  NULL, input not finite, or an output that is not: values overflow
 * @retval AIMC_ERR_STATE    no layers
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @determinism D1 for threads, and for how a batch is cut.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_run(aimc_network *net, size_t n, const float *const *x,
                                      float *const *y);

/**
 * Outputs (logits) of a batch, in evaluation, through the same analog read-out as in training.
 * @param n       samples; 0 does nothing
 * @param x       [n][n_in], packed, finite
 * @param logits  [n][n_out], packed
 * @retval AIMC_ERR_INVALID  NULL, input not finite, several inputs or outputs, or an output that is
 *                           not finite: values overflow
 * @retval AIMC_ERR_STATE    no layers
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @determinism D1 for threads, and for how a batch is cut.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_predict(aimc_network *net, size_t n, const float *x,
                                          float *logits);

/** Samples that are predicted at once, at most; fewer where their values would leave the caches.
 * @since 0.1 */
#define AIMC_NETWORK_BATCH 256

/**
 * Fraction of labels that are where the largest logit is. Random streams and counters of the
 * network are put back after: looking does not change training. So the same network gives the same
 * number again, of one draw of its noise; aimc_network_evaluate_repeat() draws anew.
 * @param n       samples, at least 1
 * @param x       [n][n_in], packed
 * @param labels  as for aimc_network_train_batch()
 * @param[out] accuracy  0 ... 1
 * @errors as aimc_network_predict().
 * @threads one thread per network.
 * @determinism D1 for threads.
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
 * @param labels  as for aimc_network_train_batch()
 * @param repeat  passes, at least 1; 1 is one fresh draw
 * @param[out] mean       0 ... 1
 * @param[out] std_error  standard deviation over the passes over sqrt(repeat); NaN when repeat is
 *                        1, where it was not measured; may be NULL
 * @retval AIMC_ERR_INVALID  NULL, n or repeat is 0, label out of range, input not finite
 * @retval AIMC_ERR_STATE    no layers
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per network.
 * @determinism D1 for threads: depends on seeds, state and the samples evaluated like this so far.
 * @since 0.1
 */
AIMC_API aimc_status aimc_network_evaluate_repeat(aimc_network *net, size_t n, const float *x,
                                                  const uint32_t *labels, size_t repeat,
                                                  double *mean, double *std_error);

AIMC_END_DECLS

#endif
