/* SPDX-License-Identifier: MIT */
/* Recurrent layers over [length][features], the length first:
 *
 *   rnn    h' = tanh or relu(a + b)
 *   gru    r, z = sigmoid(a + b), n = tanh(a_n + r b_n), h' = (1 - z) n + z h
 *          reset_after false: b_n = W_hn (r h) + b_hn, n = tanh(a_n + b_n), as in the paper
 *   lstm   i, f, o = sigmoid(a + b), g = tanh(a + b), c' = f c + i g, h' = o tanh(c')
 *
 * with a = W_ih x + b_ih of the input of a step, and b = W_hh h + b_hh of the state before it. The
 * state begins with 0, or with further inputs of the node. W_ih sees all steps of a batch at once,
 * W_hh one step of all its samples. Where the candidate n sees r h, W_hh lies on three matrices.
 *
 * S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997); K. Cho et al., arXiv:1406.1078. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network/ops/rnn.h"

#define RNN_FIELDS                                                                                 \
    AIMCI_INTEGER(aimci_rnn_params, hidden_size, 1, 1, 65536, "1", "numbers of the state",         \
                  AIMCI_TORCH),                                                                    \
        AIMCI_INTEGER(aimci_rnn_params, num_layers, 1, 1, 64, "1",                                 \
                      "layers, each of which reads the outputs of the one before", AIMCI_TORCH),   \
        AIMCI_FLAG(aimci_rnn_params, bidirectional, 0,                                             \
                   "go through the series backwards, too; outputs of both lie side by side",       \
                   AIMCI_TORCH),                                                                   \
        AIMCI_FLAG(aimci_rnn_params, reverse, 0, "go through the series backwards alone",          \
                   AIMCI_TORCH),                                                                   \
        AIMCI_FLAG(aimci_rnn_params, bias, 1, "add biases", AIMCI_TORCH),                          \
        AIMCI_NUMBER(aimci_rnn_params, dropout, 0, 0, 0.999999, "probability",                     \
                     "share of the numbers between layers that is dropped in training",            \
                     AIMCI_TORCH),                                                                 \
        AIMCI_MATRIX_FIELD(0)

static const aimci_field rnn_fields[] = {
    RNN_FIELDS,
    AIMCI_CHOICE(aimci_rnn_params, nonlinearity, 0, 1, "TANH|RELU", "function of the state",
                 AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(rnn, "op", "recurrent layers of series [length][features]", AIMCI_TORCH,
                  rnn_fields, aimci_rnn_params, .n_children = 1);
static const aimci_field gru_fields[] = {
    RNN_FIELDS,
    AIMCI_FLAG(
        aimci_rnn_params, reset_after, 1,
        "the reset gate scales the product W_hn h, as PyTorch has it; false: the state before "
        "that product, as the paper, ONNX by default and Keras by choice have it",
        "K. Cho et al., arXiv:1406.1078, eq. (8)"),
};
AIMCI_DEFINE_KIND(gru, "op", "gated recurrent units over series [length][features]", AIMCI_TORCH,
                  gru_fields, aimci_rnn_params, .n_children = 1);
static const aimci_field lstm_fields[] = {RNN_FIELDS};
AIMCI_DEFINE_KIND(lstm, "op", "long short-term memory over series [length][features]", AIMCI_TORCH,
                  lstm_fields, aimci_rnn_params, .n_children = 1);

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status infer(aimci_node *node, const aimci_shape *in, const aimci_rnn_law *kind,
                         aimci_shape *out, size_t *n_out)
{
    const aimci_rnn_params *p = node->params;
    aimci_rnn *s = node->state;
    if (in->n != 2) {
        char text[AIMCI_SHAPE_TEXT];
        return aimci_fail(AIMC_ERR_SHAPE, "the input is %s; [length][features] is needed",
                          aimci_shape_text(in, text, sizeof text));
    }
    if (p->reverse && p->bidirectional)
        return aimci_fail(AIMC_ERR_INVALID, "reverse and bidirectional are two ways; choose one");
    s->law = kind;
    s->length = in->dim[0];
    s->n_hidden = (size_t)p->hidden_size;
    s->n_gates = kind->n_gates * s->n_hidden;
    s->n_kept = kind->n_kept * s->n_hidden;
    s->n_layers = (size_t)p->num_layers;
    s->n_state = kind->reset ? kind->n_gates : 1;
    s->n_directions = p->bidirectional ? 2 : 1;
    s->n_cells = s->n_layers * s->n_directions;
    out[0] = (aimci_shape){2, {s->length, s->n_directions * s->n_hidden}};
    out[1] = out[2] = (aimci_shape){2, {s->n_cells, s->n_hidden}};
    *n_out = kind->has_cell ? 3 : 2;
    return AIMC_OK;
}

/* Further inputs are the states before the first step: all of them, or none. */
static aimc_status check_states(const aimci_node *node, const aimci_shape *const *in,
                                const aimci_rnn_law *law)
{
    const aimci_rnn *s = node->state;
    if (node->n_in == 2 && law->has_cell)
        return aimci_fail(AIMC_ERR_INVALID, "2 inputs; the series alone, or with state and cell");
    for (size_t k = 1; k < node->n_in; k++)
        if (in[k]->n != 2 || in[k]->dim[0] != s->n_cells || in[k]->dim[1] != s->n_hidden) {
            char text[AIMCI_SHAPE_TEXT];
            return aimci_fail(AIMC_ERR_SHAPE,
                              "initial state %zu is %s; [layers * directions][hidden_size], %zu x "
                              "%zu, is needed",
                              k, aimci_shape_text(in[k], text, sizeof text), s->n_cells,
                              s->n_hidden);
        }
    return AIMC_OK;
}

#define INFER(id, law)                                                                             \
    static aimc_status id##_infer(aimci_node *node, const aimci_shape *const *in,                  \
                                  aimci_shape *out, size_t *n_out)                                 \
    {                                                                                              \
        const aimc_status st = infer(node, in[0], law, out, n_out);                                \
        return st ? st : check_states(node, in, law);                                              \
    }
INFER(rnn, &aimci_law_rnn)
INFER(gru, ((const aimci_rnn_params *)node->params)->reset_after ? &aimci_law_gru
                                                                 : &aimci_law_gru_before)
INFER(lstm, &aimci_law_lstm)

const char *aimci_rnn_name(const char *what, const aimci_rnn_cell *c, char *buf, size_t size)
{
    const unsigned layer = (unsigned)c->layer;
    snprintf(buf, size, "%s_l%u%s", what, layer, c->direction ? "_reverse" : "");
    return buf;
}

static aimc_status add_weight(aimci_node *node, const char *what, const char *bias,
                              const aimci_rnn_cell *c, size_t cols, size_t n_matrices)
{
    char name[32], name_of_bias[32];
    const size_t rows = ((const aimci_rnn *)node->state)->n_gates;
    const aimci_shape shape = {2, {rows, cols}};
    const bool has_bias = ((const aimci_rnn_params *)node->params)->bias;
    aimci_rnn_name(what, c, name, sizeof name);
    aimci_rnn_name(bias, c, name_of_bias, sizeof name_of_bias);
    return aimci_node_add_weight(node, name, has_bias ? name_of_bias : NULL, &shape, n_matrices,
                                 rows, cols);
}

static aimc_status make_cell(aimci_node *node, size_t k)
{
    const aimci_rnn *s = node->state;
    aimci_rnn_cell *c = &s->cells[k];
    c->layer = k / s->n_directions;
    c->direction = k % s->n_directions;
    c->backwards = c->direction || ((const aimci_rnn_params *)node->params)->reverse;
    c->n_in = c->layer ? s->n_directions * s->n_hidden : node->in[0]->shape.dim[1];
    const aimc_status st = add_weight(node, "weight_ih", "bias_ih", c, c->n_in, 1);
    return st ? st : add_weight(node, "weight_hh", "bias_hh", c, s->n_hidden, s->n_state);
}

/* All ~ U(-1, 1) / sqrt(hidden_size) */
static aimc_status create(aimci_node *node)
{
    aimci_rnn *s = node->state;
    const char *names[256];
    s->cells = aimci_calloc(node->ctx, s->n_cells, sizeof *s->cells);
    s->y = aimci_calloc(node->ctx, s->n_layers, sizeof *s->y);
    s->keep = aimci_calloc(node->ctx, s->n_layers, sizeof *s->keep);
    if (!s->cells || !s->y || !s->keep)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < s->n_cells && !st; k++)
        st = make_cell(node, k);
    for (size_t k = 0; k < node->n_parameters; k++)
        names[k] = node->parameters[k].name;
    const float bound = 1 / sqrtf((float)s->n_hidden);
    return st ? st : aimci_node_init_uniform(node, bound, names, node->n_parameters);
}

static void lay_out_cell(const aimci_rnn *s, aimci_rnn_cell *c, size_t n, bool trains, float *pool,
                         size_t *at)
{
    const size_t states = (s->length + 1) * n * s->n_hidden, steps = s->length * n;
    c->h = aimci_pool_part(pool, at, states);
    c->c = aimci_pool_part(pool, at, s->law->has_cell ? states : 0);
    c->gates = aimci_pool_part(pool, at, steps * s->n_kept);
    c->reset = aimci_pool_part(pool, at, s->law->reset ? steps * s->n_hidden : 0);
    c->d_input = aimci_pool_part(pool, at, trains ? steps * s->n_gates : 0);
    c->d_state = aimci_pool_part(pool, at, trains ? steps * s->n_gates : 0);
}

/* Buffers for batches of n in the pool. Returns the floats of all. */
static size_t lay_out(const aimci_node *node, size_t n, bool trains, float *pool)
{
    aimci_rnn *s = node->state;
    const size_t outputs = n * s->length * s->n_directions * s->n_hidden, states = n * s->n_hidden;
    const size_t inputs = n * node->in[0]->size;
    const bool drops = trains && ((const aimci_rnn_params *)node->params)->dropout > 0;
    size_t at = 0;
    for (size_t k = 0; k < s->n_cells; k++)
        lay_out_cell(s, &s->cells[k], n, trains, pool, &at);
    for (size_t l = 0; l + 1 < s->n_layers; l++) {
        s->y[l] = aimci_pool_part(pool, &at, outputs);
        s->keep[l] = aimci_pool_part(pool, &at, drops ? outputs : 0);
    }
    s->a = aimci_pool_part(pool, &at, n * s->length * s->n_gates);
    s->b = aimci_pool_part(pool, &at, n * s->n_gates);
    s->dh = aimci_pool_part(pool, &at, trains ? states : 0);
    s->dc = aimci_pool_part(pool, &at, trains ? states : 0);
    s->z = aimci_pool_part(pool, &at, trains ? states : 0);
    for (size_t k = 0; k < 2; k++)
        s->d_y[k] = aimci_pool_part(pool, &at, trains ? outputs : 0);
    s->d_x = aimci_pool_part(pool, &at, trains ? (inputs > outputs ? inputs : outputs) : 0);
    return at;
}

static aimc_status reserve(aimci_node *node, size_t n, aimci_mode mode)
{
    aimci_rnn *s = node->state;
    const bool trains = s->trains || mode == AIMCI_TRAIN;
    if (n <= s->room && trains == s->trains)
        return AIMC_OK;
    aimci_free(node->ctx, s->pool);
    s->room = 0;
    s->pool = aimci_calloc(node->ctx, lay_out(node, n, trains, NULL), sizeof *s->pool);
    if (!s->pool)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    (void)lay_out(node, n, trains, s->pool);
    s->room = n;
    s->trains = trains;
    return AIMC_OK;
}

static void destroy(aimci_node *node)
{
    aimci_rnn *s = node->state;
    aimci_free(node->ctx, s->cells);
    aimci_free(node->ctx, s->y);
    aimci_free(node->ctx, s->keep);
    aimci_free(node->ctx, s->pool);
}

static void describe(const aimci_node *node, aimci_text *text)
{
    const aimci_rnn *s = node->state;
    aimci_text_printf(text, ", %zu step%s, %zu matrices", s->length, s->length == 1 ? "" : "s",
                      node->n_matrices);
}

#define RECURRENT(id, most)                                                                        \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = most,                                                                        \
        .layout = AIMCI_PLAIN,                                                                     \
        .state_size = sizeof(aimci_rnn),                                                           \
        .infer = id##_infer,                                                                       \
        .create = create,                                                                          \
        .reserve = reserve,                                                                        \
        .forward = aimci_rnn_forward,                                                              \
        .backward = aimci_rnn_backward,                                                            \
        .step = aimci_rnn_step,                                                                    \
        .vectors = aimci_rnn_vectors,                                                              \
        .describe = describe,                                                                      \
        .destroy = destroy,                                                                        \
    };
RECURRENT(rnn, 2)
RECURRENT(gru, 2)
RECURRENT(lstm, 3)
