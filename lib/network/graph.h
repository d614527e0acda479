/* SPDX-License-Identifier: MIT */
/* A network is a graph of operations over values: nodes in the order in which they were added,
 * which is topological, because a node reads only values that exist.
 *
 *   op      one kind of node ("conv2d"): one table; see aimci_node_ops
 *   node    an op with its configuration, its parameters and its matrices
 *   value   what a node makes of a sample, or an input of the network: an array with a shape
 *
 * The network names no op and never asks for a type: saving, counting, programming, optimizers and
 * energy follow from parameters and matrices. */
#ifndef AIMCI_GRAPH_H
#define AIMCI_GRAPH_H

#include <aimc/network_life.h>

#include "analog/matrix.h"

enum { AIMCI_MAX_DIMS = 6, AIMCI_MAX_VALUES_OF_NODE = 8, AIMCI_NAME = 160 };

typedef struct aimci_shape {
    size_t n, dim[AIMCI_MAX_DIMS];
} aimci_shape;

/* Product of dimensions from ... n - 1. */
size_t aimci_shape_size(const aimci_shape *shape, size_t from);
/* "3 x 32 x 32" into buf. */
const char *aimci_shape_text(const aimci_shape *shape, char *buf, size_t size);
enum { AIMCI_SHAPE_TEXT = 96 };

/* How a value of shape [C, positions ...] lies in memory: as the shape says, or with its channels
 * last, which is what matrices and pixels want. The network turns a value round where a node asks
 * for the other one; shapes always are those of PyTorch. */
typedef enum aimci_layout { AIMCI_ANY_LAYOUT, AIMCI_PLAIN, AIMCI_CHANNELS_LAST } aimci_layout;

typedef enum aimci_mode { AIMCI_EVAL, AIMCI_TRAIN } aimci_mode;

typedef struct aimci_node aimci_node;

typedef struct aimci_value {
    char *name; /* of an input; NULL: that of its node */
    aimci_shape shape;
    size_t size; /* floats of a sample */
    aimci_layout layout;
    aimci_node *maker; /* NULL: an input of the network */
    bool wants_gradient;
    /* for the batch at hand; NULL where there is none */
    float *data, *gradient;
    bool is_output, has_gradient; /* the latter of a plan for training */
} aimci_value;

/* A digital parameter: trained where it has a gradient, else kept (running means). The bias of a
 * weight tensor may lie on the bias lines of its matrices instead (aimci_node_is_on_lines). */
typedef struct aimci_parameter {
    char name[32]; /* "bias" */
    aimci_shape shape;
    size_t n;
    float *value, *gradient;
    bool is_bias;  /* of a weight tensor: a number for each of its rows */
    size_t tensor; /* and which one that is */
} aimci_parameter;

/* A matrix of a node, [n_out][n_in]: rows first_row ... of its weight tensor, or the transpose of
 * them; the op translates the order of elements of a row (aimci_node_ops.order). */
typedef struct aimci_node_matrix {
    aimc_matrix *matrix;
    size_t tensor; /* which of the node's weight tensors */
    size_t first_row;
} aimci_node_matrix;

/* A weight tensor as PyTorch names and shapes it: [rows][columns ...]. */
typedef struct aimci_weight {
    char name[32]; /* "weight" */
    aimci_shape shape;
    size_t rows, cols;
    char bias[32];        /* name of the parameter with a number for each row; "": none */
    bool transposed;      /* rows are of inputs */
    size_t ld_out, ld_in; /* strides of batches of digital matrices */
} aimci_weight;

/* One pass over a batch of n samples: packed rows of values. */
typedef struct aimci_run {
    size_t n;
    aimci_mode mode;
    const float *const *in;    /* of each input */
    float *const *out;         /* of each output */
    const float *const *d_out; /* backward: gradients of the outputs */
    float *const *d_in; /* backward: to be overwritten by those of the inputs; NULL: not wanted */
} aimci_run;

typedef struct aimci_node_ops {
    const aimci_kind *kind; /* name, fields, meaning, source */
    uint8_t min_inputs, max_inputs;
    aimci_layout layout; /* of inputs and outputs; ANY: all alike */
    bool in_place;       /* the output may lie on the first input */
    bool by_samples;     /* passes look at one sample at a time, write nothing but values and
                          * gradients, and cannot fail: parts of a batch go to several threads */
    size_t state_size;
    /* Shapes of the outputs, n_out of them (1 before the call). The sentence of a failure says what
     * is expected and what is there; the caller says where. */
    aimc_status (*infer)(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                         size_t *n_out);
    /* Parameters and matrices, initialised as PyTorch does; NULL: none */
    aimc_status (*create)(aimci_node *node);
    /* Scratch for batches of n, so that forward, backward and step allocate nothing; NULL: none */
    aimc_status (*reserve)(aimci_node *node, size_t n, aimci_mode mode);
    aimc_status (*forward)(aimci_node *node, const aimci_run *run);
    /* Gradients of inputs; gradients of parameters are added to. NULL: none, of labels and
     * indices */
    aimc_status (*backward)(aimci_node *node, const aimci_run *run);
    /* Update matrices from what backward saw, whose values and gradients are still there; NULL: the
     * node has none */
    aimc_status (*step)(aimci_node *node, const aimci_run *run, double lr);
    /* A step looks at nothing but the first input and the gradient of the first output. */
    bool steps_from_values;
    /* Place in a row of the matrix of element k of a row of the tensor; NULL: k */
    size_t (*order)(const aimci_node *node, size_t tensor, size_t k);
    /* Vectors first ... first + n - 1 of those that matrix k sees in a pass over the inputs, into x
     * [n][n_in], the first of all before others; returns how many there are. x NULL: only that.
     * NULL: the node has no matrix */
    size_t (*vectors)(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                      float *x);
    /* The channel (first axis) of the output that element k of a row of weight tensor 0 adds to,
     * and no other; "bias" has a number for each. SIZE_MAX: outputs have no channels. NULL: what
     * the node makes is more than that weight and bias */
    size_t (*channel)(const aimci_node *node, size_t row, size_t k);
    /* Where evaluation gives each channel scale x + shift: these numbers, for all of the first
     * axis, and *is_affine. NULL: it does something else */
    aimc_status (*affine)(const aimci_node *node, double *scale, double *shift, bool *is_affine);
    void (*describe)(const aimci_node *node, aimci_text *text); /* NULL: nothing to add */
    void (*destroy)(aimci_node *node); /* frees what state points at; NULL */
} aimci_node_ops;

#define AIMCI_OP(name) extern const aimci_node_ops aimci_node_ops_##name;
#include "kinds.def"
extern const aimci_node_ops aimci_node_ops_turn; /* turns a layout round; the network's own */

struct aimci_node {
    aimc_network *net;
    aimc_context *ctx;
    const aimci_kernels *kernels;
    const aimci_node_ops *op;
    char *name;
    aimc_config *config;
    const void *params; /* the configuration's values */
    uint64_t seed;
    uint64_t n_passes; /* training passes begun: selects the streams of dropout and the like */
    bool hidden;       /* turns a layout round; not the caller's */
    size_t n_in, n_out;
    aimci_value **in;
    float **d_in; /* where the gradient of each input goes in this batch; NULL: nowhere */
    bool *adds;   /* of each input: it is added to the value's gradient from there */
    aimci_value *out[AIMCI_MAX_VALUES_OF_NODE];
    aimci_parameter *parameters;
    size_t n_parameters;
    aimci_weight *weights;
    size_t n_weights;
    aimci_node_matrix *matrices;
    size_t n_matrices;
    aimci_kept kept; /* of earlier passes, where steps are from values: samples */
    void *state;
};

struct aimc_network {
    aimc_context *ctx;
    uint64_t seed;
    aimci_node **nodes;
    size_t n_nodes;
    aimci_value **values; /* numbered: inputs and outputs of nodes, those of hidden ones, too */
    size_t n_values;
    aimci_value **inputs, **outputs;
    size_t n_inputs, n_outputs;
    bool used;               /* nodes may no longer be added */
    aimci_st_reader *reader; /* while a file is loaded: it holds the state of matrices on tiles */
    aimci_st_reader *stream; /* the file that the network stays in; NULL: it is whole */
    uint64_t n_batches, n_samples;
    uint64_t n_evaluated; /* vectors looked at with fresh noise: selects the streams of the next */
    uint64_t n_stores;    /* times that weights went through a digital memory, likewise */
    aimc_config *loss, *optimizer; /* NULL: the defaults */
    double *loss_weights;          /* of classes, instead of those in the loss; NULL: none */
    size_t n_loss_weights;
    struct aimci_moments *moments; /* state of the digital optimizer */
    uint64_t n_updates;            /* steps of it */
    struct aimci_block *blocks;    /* of the plan */
    size_t sample_floats;          /* that a sample takes of the arena, in the mode of the plan */
    size_t eval_floats;            /* the same in evaluation */
    float *arena;
    size_t arena_floats;
    float *scratch; /* of the node that is at work: one after another uses it */
    size_t scratch_floats;
    size_t batch; /* samples that it was planned for */
    aimci_mode mode;
    bool input_gradients;
    size_t n_run; /* samples of the last forward pass in training; 0: none to go back through */
    bool went_back;
    bool modified;                   /* matrices on tiles are read with modified weights */
    size_t n_pending;                /* samples whose gradients wait for a step */
    bool has_kept;                   /* those of earlier passes among them */
    struct aimci_onlooker *onlooker; /* sees values on the way; NULL: nobody */
    char *note;
};

/* Sees what a node reads, before it may be overwritten, and what it made. */
typedef struct aimci_onlooker {
    void (*see)(struct aimci_onlooker *self, const aimci_node *node, size_t n, bool made);
} aimci_onlooker;

/* ---- nodes (node.c) ------------------------------------------------------------------------- */

/* A parameter of the node with this initial value, all alike. */
aimc_status aimci_node_add_parameter(aimci_node *node, const char *name, const aimci_shape *shape,
                                     float value, bool trained);
aimci_parameter *aimci_node_parameter(const aimci_node *node, const char *name);
/* The bias of this name that the op has to add; NULL: there is none, or the matrices add it. */
const aimci_parameter *aimci_node_bias(const aimci_node *node, const char *name);
/* Does the parameter lie on devices? is it trained in floating point? */
bool aimci_node_is_on_lines(const aimci_node *node, const aimci_parameter *p);
bool aimci_node_is_digitally_trained(const aimci_node *node, const aimci_parameter *p);
/* Its values, wherever they lie. */
aimc_status aimci_node_read_parameter(const aimci_node *node, const aimci_parameter *p,
                                      float *value);
aimc_status aimci_node_write_parameter(aimci_node *node, const aimci_parameter *p,
                                       const float *value);

/* A weight tensor, of which the caller says name, bias, shape, transposed and strides, on
 * n_matrices matrices of equal rows, all of the configuration in the field "matrix"; and the
 * parameter of its bias, where it has one. */
aimc_status aimci_node_put_weight(aimci_node *node, const aimci_weight *weight, size_t n_matrices);
/* The same, not transposed; bias NULL: none. */
aimc_status aimci_node_add_weight(aimci_node *node, const char *name, const char *bias,
                                  const aimci_shape *shape, size_t n_matrices, size_t ld_out,
                                  size_t ld_in);
/* A bias of a number for each row of the tensor, digital so far. */
aimc_status aimci_node_add_bias(aimci_node *node, size_t tensor, const char *name);
/* Can its matrices lie on tiles of this configuration with their bias? NULL: digital. */
aimc_status aimci_node_check_lines(const aimci_node *node, const aimc_config *config);
/* Is the bias of this tensor, in a matrix of this configuration, a line of it? */
bool aimci_weight_has_line(const aimci_weight *weight, const aimc_config *config);

/* Draws for weight tensor k, uniform within +- bound. */
aimc_status aimci_node_init_weight(aimci_node *node, size_t k, float bound);

/* Draws for all weights, and for parameters of these names, uniform within +- bound. */
aimc_status aimci_node_init_uniform(aimci_node *node, float bound, const char *const *names,
                                    size_t n_names);

/* Prefix of matrix k of a node in files: "stem.matrix." */
void aimci_node_matrix_prefix(const aimci_node *node, size_t k, char *buf, size_t size);

/* Do its matrices come from the file that is being loaded? */
bool aimci_node_is_restored(const aimci_node *node);

/* Weight tensor k as PyTorch orders it, from or into its matrices. */
aimc_status aimci_node_get_weight(const aimci_node *node, size_t k, float *w);
aimc_status aimci_node_get_gradient(const aimci_node *node, size_t k, float *g);
aimc_status aimci_node_set_weight(aimci_node *node, size_t k, const float *w);

/* Is any matrix on tiles? programmed? Does any learn from its inputs in the backward pass: their
 * range, scales of the outputs? */
bool aimci_node_is_analog(const aimci_node *node);
bool aimci_node_is_programmed(const aimci_node *node);
bool aimci_node_learns_by_inputs(const aimci_node *node);

void aimci_node_destroy(aimci_node *node);
void aimci_node_free_tensors(aimci_node *node);

/* ---- building (network.c) ------------------------------------------------------------------- */

aimci_value *aimci_network_value(const aimc_network *net, aimc_value number);

/* aimc_network_add_named() whose sentences say nothing of the caller. */
aimc_status aimci_network_add_named(aimc_network *net, const char *name, const char *op,
                                    const aimc_config *config, size_t n_inputs,
                                    const aimc_value *inputs, aimc_value *out);

/* An empty network of this seed; NULL: no memory. */
aimc_network *aimci_network_new(aimc_context *ctx, uint64_t seed);

/* The value that a hidden node only turned round, or the value itself. */
const aimci_value *aimci_visible_value(const aimci_value *v);

/* The nodes, inputs and outputs of a document (document.c). */
aimc_status aimci_network_read_document(aimc_network *net, const char *json);

/* The network is complete: its outputs are known. */
aimc_status aimci_network_finish(const char *caller, aimc_network *net);

const aimci_node_ops *aimci_find_op(const char *name);

/* ---- running (run.c, plan.c) ---------------------------------------------------------------- */

/* Buffers for batches of n in a mode. */
aimc_status aimci_network_reserve(aimc_network *net, size_t n, aimci_mode mode);
void aimci_network_free_buffers(aimc_network *net);
/* Room for floats in net->scratch, which may move. */
aimc_status aimci_network_reserve_scratch(aimc_network *net, size_t floats);

/* ---- several passes before a step (pending.c) ----------------------------------------------- */

/* Training reads modified weights, where hardware-aware training asks for it. */
void aimci_network_set_training(aimc_network *net, bool training);
/* The values of the last pass are about to go: what the step needs of them is kept. A pass that
 * nobody went back through is given up. */
aimc_status aimci_network_keep_pass(aimc_network *net);
/* Update all matrices on tiles. */
aimc_status aimci_network_step_matrices(aimc_network *net, double lr);
/* Forget all passes since the last step. */
void aimci_network_forget_passes(aimc_network *net);
/* AIMC_ERR_STATE where gradients wait for a step. */
aimc_status aimci_network_check_no_gradients(const char *caller, const aimc_network *net);

typedef struct aimci_run_pointers {
    const float *in[64], *d_out[AIMCI_MAX_VALUES_OF_NODE];
    float *out[AIMCI_MAX_VALUES_OF_NODE];
} aimci_run_pointers;
/* The pass of a node over the batch at hand; its pointers are in p. */
aimci_run aimci_node_run(const aimci_node *node, size_t n, aimci_mode mode, aimci_run_pointers *p);
/* Does a gradient reach it in the plan at hand? */
bool aimci_node_has_gradient(const aimci_node *node);
/* The sentence of a failure says which node. */
aimc_status aimci_node_told(const aimci_node *node, aimc_status st);

/* One node on a batch that fits. */
aimc_status aimci_node_forward(aimci_node *node, size_t n, aimci_mode mode);
/* Vectors of matrix k in the evaluation of n samples; see aimci_node_ops. */
size_t aimci_node_vectors(aimci_node *node, size_t n, size_t k, size_t first, size_t count,
                          float *x);

/* The network is complete, and has finite inputs; has it one input and one output? */
aimc_status aimci_network_check_inputs(const char *caller, aimc_network *net, size_t n,
                                       const float *const *x);
aimc_status aimci_network_check_single(const char *caller, const aimc_network *net);

/* Evaluate samples in parts that fit the caches; take sees the outputs of n samples from number
 * first on. */
aimc_status aimci_network_evaluate_all(const char *caller, aimc_network *net, size_t n,
                                       const float *const *x,
                                       void (*take)(void *user, size_t first, size_t n),
                                       void *user);

/* Put random streams, running averages and counters back after look(). */
aimc_status aimci_network_look(const char *caller, aimc_network *net,
                               aimc_status (*look)(aimc_network *net, void *user), void *user);

/* Check x of n samples, and make it the values of the first input. */
aimc_status aimci_network_load_batch(const char *caller, aimc_network *net, size_t n,
                                     const float *x);
aimc_status aimci_network_run_forward(aimc_network *net, size_t n, aimci_mode mode);
/* Find out what evaluation needs; the plan is lost. */
aimc_status aimci_network_measure(aimc_network *net);
/* Samples of an evaluation that are run at once. */
size_t aimci_network_eval_batch(const aimc_network *net);

/* ---- networks that stay in their file (stream.c) -------------------------------------------- */

/* Does it have its tensors only while it is at work? */
bool aimci_node_is_streamed(const aimci_node *node);
/* Do something with a streamed node for batches of n, with its tensors from the file. */
aimc_status aimci_node_stream(aimci_node *node, size_t n, aimc_status (*act)(aimci_node *, size_t));
/* What create() made goes. */
aimc_status aimci_node_give_up(aimci_node *node);
/* AIMC_ERR_STATE where the network stays in its file. */
aimc_status aimci_network_check_whole(const char *caller, const aimc_network *net);

/* ---- digital updates (update.c) ------------------------------------------------------------- */

typedef struct aimci_update_state {
    const void *params;
    double lr;
    uint64_t t; /* updates so far, this one included */
} aimci_update_state;

/* A digital optimizer: one step of n numbers. first and second are zero before the first step. */
typedef struct aimci_digital_ops {
    const aimci_kind *kind;
    bool has_first,
        has_second; /* moments kept for each number; has_first: where params ask for it */
    void (*update)(const aimci_update_state *s, size_t n, float *w, const float *g, float *first,
                   float *second);
} aimci_digital_ops;
#define AIMCI_DIGITAL(name) extern const aimci_digital_ops aimci_digital_ops_##name;
#include "kinds.def"

/* Memory for it, gradients clipped; AIMC_ERR_INVALID where one is too large for a step. */
aimc_status aimci_network_prepare_update(aimc_network *net, double lr);
void aimci_network_update(aimc_network *net, double lr);
void aimci_network_clear_gradients(aimc_network *net);
void aimci_network_free_moments(aimc_network *net);
/* Moments of the optimizer in files. */
aimc_status aimci_network_put_moments(const aimc_network *net, aimci_st_writer *writer);
aimc_status aimci_network_restore_moments(aimc_network *net, aimci_st_reader *reader);

/* A rate that changes from step to step (schedule.c). */
typedef struct aimci_schedule_ops {
    const aimci_kind *kind;
    double (*rate)(const void *params, double lr, double step);
} aimci_schedule_ops;
#define AIMCI_SCHEDULE(name) extern const aimci_schedule_ops aimci_schedule_ops_##name;
#include "kinds.def"

/* ---- loss (loss.c) -------------------------------------------------------------------------- */

/* An output as rows of classes: number c of row (o, i) is [o][c][i] of [outer][classes][inner]. */
typedef struct aimci_class_rows {
    size_t outer, classes, inner;
} aimci_class_rows;

/* What a loss is taken of. */
typedef struct aimci_loss_run {
    const void *params;
    aimci_class_rows rows;
    const double *weights; /* of classes, n_weights of them: 0, 1 or as many as classes */
    size_t n_weights;
    const float *y; /* the output */
    const uint32_t *labels;
    const float *targets;
    float *d; /* receives the gradient */
} aimci_loss_run;

typedef struct aimci_loss_ops {
    const aimci_kind *kind;
    bool takes_labels; /* classes; else targets of the size of the output */
    double (*loss)(const aimci_loss_run *run);
} aimci_loss_ops;
#define AIMCI_LOSS(name) extern const aimci_loss_ops aimci_loss_ops_##name;
#include "kinds.def"

/* Where the classes lie in the first output of n samples, by the field "axis" of the loss. */
aimc_status aimci_network_class_rows(const char *caller, const aimc_network *net, size_t n,
                                     aimci_class_rows *rows);

/* Labels [n][positions] of the classes along their axis of the output; targets [n][output]. What
 * the loss wants is given and right. */
aimc_status aimci_network_check_labels(const char *caller, const aimc_network *net, size_t n,
                                       const uint32_t *labels);
aimc_status aimci_network_check_targets(const char *caller, const aimc_network *net, size_t n,
                                        const uint32_t *labels, const float *targets);

/* Loss of the output of the last pass and its gradient, put where backward begins. One of
 * labels and targets is given. */
aimc_status aimci_network_loss(const char *caller, aimc_network *net, const uint32_t *labels,
                               const float *targets, double *loss);

#endif
