/* SPDX-License-Identifier: MIT */
/* Recurrent layers over [length][features], the length first:
 *
 *   rnn    h' = tanh or relu(a + b)
 *   gru    r, z = sigmoid(a + b), n = tanh(a_n + r b_n), h' = (1 - z) n + z h
 *   lstm   i, f, o = sigmoid(a + b), g = tanh(a + b), c' = f c + i g, h' = o tanh(c')
 *
 * with a = W_ih x + b_ih of the input of a step, and b = W_hh h + b_hh of the state before it. The
 * state begins with 0, or with further inputs of the node. W_ih sees all steps of a batch at once,
 * W_hh one step of all its samples.
 *
 * S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997); K. Cho et al., arXiv:1406.1078. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network/ops/ops.h"
#include "network/ops/rnn_laws.h"

typedef struct rnn_params {
    int64_t hidden_size, num_layers;
    double dropout;
    bool bidirectional, reverse, bias;
    int32_t nonlinearity;
} rnn_params;

#define RNN_FIELDS                                                                                 \
    AIMCI_INTEGER(rnn_params, hidden_size, 1, 1, 65536, "1", "numbers of the state", AIMCI_TORCH), \
        AIMCI_INTEGER(rnn_params, num_layers, 1, 1, 64, "1",                                       \
                      "layers, each of which reads the outputs of the one before", AIMCI_TORCH),   \
        AIMCI_FLAG(rnn_params, bidirectional, 0,                                                   \
                   "go through the series backwards, too; outputs of both lie side by side",       \
                   AIMCI_TORCH),                                                                   \
        AIMCI_FLAG(rnn_params, reverse, 0, "go through the series backwards alone", AIMCI_TORCH),  \
        AIMCI_FLAG(rnn_params, bias, 1, "add digital biases", AIMCI_TORCH),                        \
        AIMCI_NUMBER(rnn_params, dropout, 0, 0, 0.999999, "probability",                           \
                     "share of the numbers between layers that is dropped in training",            \
                     AIMCI_TORCH),                                                                 \
        AIMCI_MATRIX_FIELD(0)

static const aimci_field rnn_fields[] = {
    RNN_FIELDS,
    AIMCI_CHOICE(rnn_params, nonlinearity, 0, 1, "TANH|RELU", "function of the state", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(rnn, "op", "recurrent layers of series [length][features]", AIMCI_TORCH,
                  rnn_fields, rnn_params, .n_children = 1);
static const aimci_field gru_fields[] = {RNN_FIELDS};
AIMCI_DEFINE_KIND(gru, "op", "gated recurrent units over series [length][features]", AIMCI_TORCH,
                  gru_fields, rnn_params, .n_children = 1);
static const aimci_field lstm_fields[] = {RNN_FIELDS};
AIMCI_DEFINE_KIND(lstm, "op", "long short-term memory over series [length][features]", AIMCI_TORCH,
                  lstm_fields, rnn_params, .n_children = 1);

/* One direction of one layer; its matrix of the input is number 2 k for cell k, that of the state
 * the next. */
typedef struct cell {
    size_t layer, direction, n_in;
    bool backwards;
    float *h, *c;             /* [length + 1][n][hidden_size] */
    float *gates;             /* [length][n][kept] */
    float *d_input, *d_state; /* gradients of a [n][length][gates], of b [length][n][gates] */
} cell;

typedef struct rnn {
    const aimci_rnn_law *law;
    size_t length, n_hidden, n_gates, n_kept, n_layers, n_directions, n_cells;
    cell *cells;
    float **y, **keep;   /* of each layer but the last: outputs, and factors of dropout */
    float *a, *b;        /* [n][length][gates], [n][gates] */
    float *dh, *dc, *z;  /* [n][hidden_size] */
    float *d_y[2], *d_x; /* gradients of outputs of two layers, and of inputs of one direction */
    float *pool;         /* where all of them lie */
    size_t room;         /* samples that fit */
    bool trains;         /* buffers of gradients are there */
} rnn;

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status infer(aimci_node *node, const aimci_shape *in, const aimci_rnn_law *kind,
                         aimci_shape *out, size_t *n_out)
{
    const rnn_params *p = node->params;
    rnn *s = node->state;
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
    const rnn *s = node->state;
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

#define INFER(id)                                                                                  \
    static aimc_status id##_infer(aimci_node *node, const aimci_shape *const *in,                  \
                                  aimci_shape *out, size_t *n_out)                                 \
    {                                                                                              \
        const aimc_status st = infer(node, in[0], &aimci_law_##id, out, n_out);                    \
        return st ? st : check_states(node, in, &aimci_law_##id);                                  \
    }
INFER(rnn)
INFER(gru)
INFER(lstm)

/* "weight_ih_l0_reverse" */
static const char *name_of(const char *what, const cell *c, char *buf, size_t size)
{
    const unsigned layer = (unsigned)c->layer;
    snprintf(buf, size, "%s_l%u%s", what, layer, c->direction ? "_reverse" : "");
    return buf;
}

static aimc_status add_weight(aimci_node *node, const char *what, const cell *c, size_t cols)
{
    char name[32];
    const size_t rows = ((const rnn *)node->state)->n_gates;
    const aimci_shape shape = {2, {rows, cols}};
    return aimci_node_add_weight(node, name_of(what, c, name, sizeof name), &shape, 1, rows, cols);
}

static aimc_status add_bias(aimci_node *node, const char *what, const cell *c)
{
    char name[32];
    const aimci_shape shape = {1, {((const rnn *)node->state)->n_gates}};
    return aimci_node_add_parameter(node, name_of(what, c, name, sizeof name), &shape, 0, true);
}

static aimc_status make_cell(aimci_node *node, size_t k)
{
    const rnn *s = node->state;
    cell *c = &s->cells[k];
    c->layer = k / s->n_directions;
    c->direction = k % s->n_directions;
    c->backwards = c->direction || ((const rnn_params *)node->params)->reverse;
    c->n_in = c->layer ? s->n_directions * s->n_hidden : node->in[0]->shape.dim[1];
    aimc_status st = add_weight(node, "weight_ih", c, c->n_in);
    if (!st)
        st = add_weight(node, "weight_hh", c, s->n_hidden);
    if (!st && ((const rnn_params *)node->params)->bias)
        st = add_bias(node, "bias_ih", c);
    if (!st && ((const rnn_params *)node->params)->bias)
        st = add_bias(node, "bias_hh", c);
    return st;
}

/* All ~ U(-1, 1) / sqrt(hidden_size) */
static aimc_status create(aimci_node *node)
{
    rnn *s = node->state;
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

static void lay_out_cell(const rnn *s, cell *c, size_t n, bool trains, float *pool, size_t *at)
{
    const size_t states = (s->length + 1) * n * s->n_hidden, steps = s->length * n;
    c->h = aimci_pool_part(pool, at, states);
    c->c = aimci_pool_part(pool, at, s->law->has_cell ? states : 0);
    c->gates = aimci_pool_part(pool, at, steps * s->n_kept);
    c->d_input = aimci_pool_part(pool, at, trains ? steps * s->n_gates : 0);
    c->d_state = aimci_pool_part(pool, at, trains ? steps * s->n_gates : 0);
}

/* Buffers for batches of n in the pool. Returns the floats of all. */
static size_t lay_out(const aimci_node *node, size_t n, bool trains, float *pool)
{
    rnn *s = node->state;
    const size_t outputs = n * s->length * s->n_directions * s->n_hidden, states = n * s->n_hidden;
    const size_t inputs = n * node->in[0]->size;
    const bool drops = trains && ((const rnn_params *)node->params)->dropout > 0;
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
    rnn *s = node->state;
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
    rnn *s = node->state;
    aimci_free(node->ctx, s->cells);
    aimci_free(node->ctx, s->y);
    aimci_free(node->ctx, s->keep);
    aimci_free(node->ctx, s->pool);
}

/* ---- what passes share ---------------------------------------------------------------------- */

static const float *input_of(const rnn *s, const aimci_run *run, size_t layer)
{
    return layer ? s->y[layer - 1] : run->in[0];
}

static const aimci_parameter *bias_of(const aimci_node *node, const char *what, const cell *c)
{
    char name[32];
    return aimci_node_parameter(node, name_of(what, c, name, sizeof name));
}

/* Where step t of the cell lies in the series. */
static size_t place_of(const rnn *s, const cell *c, size_t t)
{
    return c->backwards ? s->length - 1 - t : t;
}

static aimci_rnn_moment moment_of(const aimci_node *node, const cell *c, size_t n, size_t sample,
                                  size_t t)
{
    const rnn *s = node->state;
    const size_t now = t * n + sample, next = now + n, at = sample * s->length + place_of(s, c, t);
    const size_t h = s->n_hidden;
    aimci_rnn_moment m = {.n = h, .relu = ((const rnn_params *)node->params)->nonlinearity == 1};
    m.a = s->a + at * s->n_gates;
    m.b = s->b + sample * s->n_gates;
    m.h0 = c->h + now * h;
    m.h = c->h + next * h;
    m.gates = c->gates + now * s->n_kept;
    if (s->law->has_cell) {
        m.c0 = c->c + now * h;
        m.c = c->c + next * h;
    }
    if (s->trains) {
        m.dh = s->dh + sample * h;
        m.dc = s->dc + sample * h;
        m.da = c->d_input + at * s->n_gates;
        m.db = c->d_state + now * s->n_gates;
    }
    return m;
}

/* ---- forward -------------------------------------------------------------------------------- */

static aimc_status forward_step(aimci_node *node, size_t k, size_t n, size_t t, float *y)
{
    const rnn *s = node->state;
    const cell *c = &s->cells[k];
    const size_t h = s->n_hidden;
    const aimc_status st = aimci_matrix_forward(node->matrices[2 * k + 1].matrix, n,
                                                c->h + t * n * h, h, s->b, s->n_gates);
    if (st)
        return st;
    aimci_add_rows(bias_of(node, "bias_hh", c), n, s->b);
    for (size_t i = 0; i < n; i++) {
        const aimci_rnn_moment m = moment_of(node, c, n, i, t);
        const size_t row = i * s->length + place_of(s, c, t);
        s->law->forward(&m);
        memcpy(y + (row * s->n_directions + c->direction) * h, m.h, h * sizeof *y);
    }
    return AIMC_OK;
}

/* The states after the last step. */
static void copy_state(const rnn *s, size_t k, size_t n, const float *states, float *out)
{
    const size_t h = s->n_hidden;
    for (size_t i = 0; i < n; i++)
        memcpy(out + (i * s->n_cells + k) * h, states + (s->length * n + i) * h, h * sizeof *out);
}

/* The states before the first step: in, of all cells, or NULL for 0. */
static void begin_state(const rnn *s, size_t k, size_t n, const float *in, float *states)
{
    const size_t h = s->n_hidden;
    for (size_t i = 0; i < n; i++)
        if (in)
            memcpy(states + i * h, in + (i * s->n_cells + k) * h, h * sizeof *states);
        else
            memset(states + i * h, 0, h * sizeof *states);
}

static aimc_status forward_cell(aimci_node *node, const aimci_run *run, size_t k, float *y)
{
    const rnn *s = node->state;
    const cell *c = &s->cells[k];
    const size_t n = run->n;
    aimc_status st = aimci_matrix_forward(node->matrices[2 * k].matrix, n * s->length,
                                          input_of(s, run, c->layer), c->n_in, s->a, s->n_gates);
    aimci_add_rows(bias_of(node, "bias_ih", c), n * s->length, s->a);
    begin_state(s, k, n, node->n_in > 1 ? run->in[1] : NULL, c->h);
    if (s->law->has_cell)
        begin_state(s, k, n, node->n_in > 1 ? run->in[2] : NULL, c->c);
    for (size_t t = 0; t < s->length && !st; t++)
        st = forward_step(node, k, n, t, y);
    copy_state(s, k, n, c->h, run->out[1]);
    if (s->law->has_cell)
        copy_state(s, k, n, c->c, run->out[2]);
    return st;
}

/* Dropout between layers, in training. */
static void drop(aimci_node *node, const aimci_run *run, size_t layer)
{
    const rnn *s = node->state;
    const double p = ((const rnn_params *)node->params)->dropout;
    const size_t n = run->n * node->out[0]->size;
    if (run->mode == AIMCI_EVAL || p == 0)
        return;
    aimci_dropout_draw(node, p, layer, n, s->keep[layer]);
    for (size_t i = 0; i < n; i++)
        s->y[layer][i] *= s->keep[layer][i];
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const rnn *s = node->state;
    aimc_status st = AIMC_OK;
    for (size_t l = 0; l < s->n_layers && !st; l++) {
        const bool last = l + 1 == s->n_layers;
        float *y = last ? run->out[0] : s->y[l];
        for (size_t d = 0; d < s->n_directions && !st; d++)
            st = forward_cell(node, run, l * s->n_directions + d, y);
        if (!last && !st)
            drop(node, run, l);
    }
    node->n_passes += run->mode == AIMCI_TRAIN;
    return st;
}

/* ---- backward ------------------------------------------------------------------------------- */

/* Those of the states before the first step, where they are wanted. */
static void end_back(const rnn *s, size_t k, size_t n, const float *d, float *d_in)
{
    const size_t h = s->n_hidden;
    for (size_t i = 0; d_in && i < n; i++)
        memcpy(d_in + (i * s->n_cells + k) * h, d + i * h, h * sizeof *d);
}

static void add(float *sum, const float *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += d[i];
}

/* d_y: gradient of the layer's outputs; NULL: 0 */
static aimc_status backward_step(aimci_node *node, size_t k, size_t n, size_t t, const float *d_y)
{
    const rnn *s = node->state;
    const cell *c = &s->cells[k];
    const size_t h = s->n_hidden;
    for (size_t i = 0; i < n; i++) {
        const aimci_rnn_moment m = moment_of(node, c, n, i, t);
        const size_t row = i * s->length + place_of(s, c, t);
        if (d_y)
            add(s->dh + i * h, d_y + (row * s->n_directions + c->direction) * h, h);
        s->law->backward(&m);
    }
    if (t == 0 && (node->n_in == 1 || !node->d_in[1]))
        return AIMC_OK; /* nobody needs the gradient of the first state */
    const aimc_status st =
        aimci_matrix_backward(node->matrices[2 * k + 1].matrix, n, c->h + t * n * h, h,
                              c->d_state + t * n * s->n_gates, s->n_gates, s->z, h);
    if (!st)
        add(s->dh, s->z, n * h);
    return st;
}

/* d_x: gradient of the layer's inputs; NULL: not wanted */
static aimc_status backward_cell(aimci_node *node, const aimci_run *run, size_t k, const float *d_y,
                                 float *d_x)
{
    const rnn *s = node->state;
    const cell *c = &s->cells[k];
    const size_t n = run->n, rows = n * s->length;
    aimc_status st = AIMC_OK;
    begin_state(s, k, n, run->d_out[1], s->dh); /* of those after the last step */
    begin_state(s, k, n, s->law->has_cell ? run->d_out[2] : NULL, s->dc);
    for (size_t t = s->length; t-- > 0 && !st;)
        st = backward_step(node, k, n, t, d_y);
    if (node->n_in > 1)
        end_back(s, k, n, s->dh, run->d_in[1]);
    if (node->n_in > 2)
        end_back(s, k, n, s->dc, run->d_in[2]);
    aimci_add_rows_gradient(bias_of(node, "bias_ih", c), rows, c->d_input);
    aimci_add_rows_gradient(bias_of(node, "bias_hh", c), rows, c->d_state);
    if (!d_x || st)
        return st;
    float *z = c->direction ? s->d_x : d_x;
    st = aimci_matrix_backward(node->matrices[2 * k].matrix, rows, input_of(s, run, c->layer),
                               c->n_in, c->d_input, s->n_gates, z, c->n_in);
    if (c->direction)
        add(d_x, z, rows * c->n_in);
    return st;
}

static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    const rnn *s = node->state;
    const float *d_y = run->d_out[0];
    aimc_status st = AIMC_OK;
    for (size_t l = s->n_layers; l-- > 0 && !st;) {
        float *d_x = l ? s->d_y[l % 2] : run->d_in[0];
        for (size_t d = 0; d < s->n_directions && !st; d++)
            st = backward_cell(node, run, l * s->n_directions + d, d_y, d_x);
        const bool dropped = l && ((const rnn_params *)node->params)->dropout > 0;
        for (size_t i = 0; dropped && i < run->n * node->out[0]->size; i++)
            d_x[i] *= s->keep[l - 1][i];
        d_y = d_x;
    }
    return st;
}

/* ---- step ----------------------------------------------------------------------------------- */

static aimc_status step(aimci_node *node, const aimci_run *run, double lr)
{
    const rnn *s = node->state;
    const size_t rows = run->n * s->length;
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < s->n_cells && !st; k++) {
        const cell *c = &s->cells[k];
        aimci_batch batch = {.n = rows,
                             .total = rows,
                             .x = input_of(s, run, c->layer),
                             .d = c->d_input,
                             .ld_x = c->n_in,
                             .ld_d = s->n_gates};
        st = aimci_matrix_step(node->matrices[2 * k].matrix, &batch, lr);
        batch.x = c->h;
        batch.d = c->d_state;
        batch.ld_x = s->n_hidden;
        if (!st)
            st = aimci_matrix_step(node->matrices[2 * k + 1].matrix, &batch, lr);
    }
    return st;
}

/* All but inputs of the node come from a pass over the series, which is made for the first
 * vector. */
static size_t vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                      float *x)
{
    const rnn *s = node->state;
    const cell *c = &s->cells[k / 2];
    const size_t cols = k % 2 ? s->n_hidden : c->n_in;
    if (x && first == 0 && k > 0)
        (void)forward(node, run); /* what fails here fails in the pass that follows */
    if (x)
        memcpy(x, (k % 2 ? c->h : input_of(s, run, c->layer)) + first * cols, n * cols * sizeof *x);
    return run->n * s->length;
}

static void describe(const aimci_node *node, aimci_text *text)
{
    const rnn *s = node->state;
    aimci_text_printf(text, ", %zu step%s, %zu matrices", s->length, s->length == 1 ? "" : "s",
                      node->n_matrices);
}

#define RECURRENT(id, most)                                                                        \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = most,                                                                        \
        .layout = AIMCI_PLAIN,                                                                     \
        .state_size = sizeof(rnn),                                                                 \
        .infer = id##_infer,                                                                       \
        .create = create,                                                                          \
        .reserve = reserve,                                                                        \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .step = step,                                                                              \
        .vectors = vectors,                                                                        \
        .describe = describe,                                                                      \
        .destroy = destroy,                                                                        \
    };
RECURRENT(rnn, 2)
RECURRENT(gru, 2)
RECURRENT(lstm, 3)
