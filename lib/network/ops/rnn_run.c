/* SPDX-License-Identifier: MIT */
/* Passes over recurrent layers; the formulas are in rnn.c. */
#include <string.h>

#include "network/ops/rnn.h"

/* ---- what passes share ---------------------------------------------------------------------- */

static const float *input_of(const aimci_rnn *s, const aimci_run *run, size_t layer)
{
    return layer ? s->y[layer - 1] : run->in[0];
}

static const aimci_parameter *bias_of(const aimci_node *node, const char *what,
                                      const aimci_rnn_cell *c)
{
    char name[32];
    return aimci_node_bias(node, aimci_rnn_name(what, c, name, sizeof name));
}

/* Where step t of the cell lies in the series. */
static size_t place_of(const aimci_rnn *s, const aimci_rnn_cell *c, size_t t)
{
    return c->backwards ? s->length - 1 - t : t;
}

static aimci_rnn_moment moment_of(const aimci_node *node, const aimci_rnn_cell *c, size_t n,
                                  size_t sample, size_t t)
{
    const aimci_rnn *s = node->state;
    const size_t now = t * n + sample, next = now + n, at = sample * s->length + place_of(s, c, t);
    const size_t h = s->n_hidden;
    aimci_rnn_moment m = {.n = h,
                          .relu = ((const aimci_rnn_params *)node->params)->nonlinearity == 1};
    m.a = s->a + at * s->n_gates;
    m.b = s->b + sample * s->n_gates;
    m.h0 = c->h + now * h;
    m.h = c->h + next * h;
    m.gates = c->gates + now * s->n_kept;
    m.reset = s->law->reset ? c->reset + now * h : NULL;
    m.d_reset = s->z ? s->z + sample * h : NULL;
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

/* Block i of the gates of a cell's state: its matrix; does it see what the law made of the state
 * instead of the state? What it sees in step t, of n samples. */
static aimc_matrix *state_matrix(const aimci_node *node, size_t k, size_t i)
{
    return node->matrices[aimci_rnn_matrix(node->state, k) + 1 + i].matrix;
}

static bool sees_reset(const aimci_rnn *s, size_t i)
{
    return s->law->reset && i + 1 == s->n_state;
}

static const float *seen_states(const aimci_rnn *s, const aimci_rnn_cell *c, size_t n, size_t i,
                                size_t t)
{
    return (sees_reset(s, i) ? c->reset : c->h) + t * n * s->n_hidden;
}

static void add(float *sum, const float *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += d[i];
}

/* ---- forward -------------------------------------------------------------------------------- */

/* b = W_hh h + b_hh of step t, block by block of gates. */
static aimc_status read_state(const aimci_node *node, size_t k, size_t n, size_t t)
{
    const aimci_rnn *s = node->state;
    const aimci_rnn_cell *c = &s->cells[k];
    const aimci_parameter *bias = bias_of(node, "bias_hh", c);
    const size_t rows = s->n_gates / s->n_state;
    aimc_status st = AIMC_OK;
    for (size_t i = 0; i < s->n_state && !st; i++) {
        for (size_t sample = 0; sample < n && sees_reset(s, i); sample++) {
            const aimci_rnn_moment m = moment_of(node, c, n, sample, t);
            s->law->reset(&m);
        }
        st = aimci_matrix_forward(state_matrix(node, k, i), n, seen_states(s, c, n, i, t),
                                  s->n_hidden, s->b + i * rows, s->n_gates);
        for (size_t sample = 0; sample < n && bias && !st; sample++)
            add(s->b + sample * s->n_gates + i * rows, bias->value + i * rows, rows);
    }
    return st;
}

static aimc_status forward_step(aimci_node *node, size_t k, size_t n, size_t t, float *y)
{
    const aimci_rnn *s = node->state;
    const aimci_rnn_cell *c = &s->cells[k];
    const size_t h = s->n_hidden;
    const aimc_status st = read_state(node, k, n, t);
    if (st)
        return st;
    for (size_t i = 0; i < n; i++) {
        const aimci_rnn_moment m = moment_of(node, c, n, i, t);
        const size_t row = i * s->length + place_of(s, c, t);
        s->law->forward(&m);
        memcpy(y + (row * s->n_directions + c->direction) * h, m.h, h * sizeof *y);
    }
    return AIMC_OK;
}

/* The states after the last step. */
static void copy_state(const aimci_rnn *s, size_t k, size_t n, const float *states, float *out)
{
    const size_t h = s->n_hidden;
    for (size_t i = 0; i < n; i++)
        memcpy(out + (i * s->n_cells + k) * h, states + (s->length * n + i) * h, h * sizeof *out);
}

/* The states before the first step: in, of all cells, or NULL for 0. */
static void begin_state(const aimci_rnn *s, size_t k, size_t n, const float *in, float *states)
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
    const aimci_rnn *s = node->state;
    const aimci_rnn_cell *c = &s->cells[k];
    const size_t n = run->n;
    aimc_status st =
        aimci_matrix_forward(node->matrices[aimci_rnn_matrix(s, k)].matrix, n * s->length,
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
    const aimci_rnn *s = node->state;
    const double p = ((const aimci_rnn_params *)node->params)->dropout;
    const size_t n = run->n * node->out[0]->size;
    if (run->mode == AIMCI_EVAL || p == 0)
        return;
    aimci_dropout_draw(node, p, layer, n, s->keep[layer]);
    for (size_t i = 0; i < n; i++)
        s->y[layer][i] *= s->keep[layer][i];
}

aimc_status aimci_rnn_forward(aimci_node *node, const aimci_run *run)
{
    const aimci_rnn *s = node->state;
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
static void end_back(const aimci_rnn *s, size_t k, size_t n, const float *d, float *d_in)
{
    const size_t h = s->n_hidden;
    for (size_t i = 0; d_in && i < n; i++)
        memcpy(d_in + (i * s->n_cells + k) * h, d + i * h, h * sizeof *d);
}

/* From block i of the gates in step t to the states before it. */
static aimc_status backward_state(const aimci_node *node, size_t k, size_t i, size_t n, size_t t)
{
    const aimci_rnn *s = node->state;
    const aimci_rnn_cell *c = &s->cells[k];
    const size_t h = s->n_hidden, rows = s->n_gates / s->n_state;
    const aimc_status st =
        aimci_matrix_backward(state_matrix(node, k, i), n, seen_states(s, c, n, i, t), h,
                              c->d_state + t * n * s->n_gates + i * rows, s->n_gates, s->z, h);
    if (st || !sees_reset(s, i)) {
        add(s->dh, s->z, st ? 0 : n * h);
        return st;
    }
    for (size_t sample = 0; sample < n; sample++) {
        const aimci_rnn_moment m = moment_of(node, c, n, sample, t);
        s->law->reset_back(&m);
    }
    return AIMC_OK;
}

/* d_y: gradient of the layer's outputs; NULL: 0 */
static aimc_status backward_step(aimci_node *node, size_t k, size_t n, size_t t, const float *d_y)
{
    const aimci_rnn *s = node->state;
    const aimci_rnn_cell *c = &s->cells[k];
    const size_t h = s->n_hidden;
    for (size_t i = 0; i < n; i++) {
        const aimci_rnn_moment m = moment_of(node, c, n, i, t);
        const size_t row = i * s->length + place_of(s, c, t);
        if (d_y)
            add(s->dh + i * h, d_y + (row * s->n_directions + c->direction) * h, h);
        s->law->backward(&m);
    }
    const bool wanted = t > 0 || (node->n_in > 1 && node->d_in[1]); /* by the states before */
    aimc_status st = AIMC_OK;
    for (size_t i = s->n_state; i-- > 0 && !st;)
        if (wanted || sees_reset(s, i))
            st = backward_state(node, k, i, n, t);
    return st;
}

/* d_x: gradient of the layer's inputs; NULL: not wanted */
static aimc_status backward_cell(aimci_node *node, const aimci_run *run, size_t k, const float *d_y,
                                 float *d_x)
{
    const aimci_rnn *s = node->state;
    const aimci_rnn_cell *c = &s->cells[k];
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
    st = aimci_matrix_backward(node->matrices[aimci_rnn_matrix(s, k)].matrix, rows,
                               input_of(s, run, c->layer), c->n_in, c->d_input, s->n_gates, z,
                               c->n_in);
    if (c->direction)
        add(d_x, z, rows * c->n_in);
    return st;
}

aimc_status aimci_rnn_backward(aimci_node *node, const aimci_run *run)
{
    const aimci_rnn *s = node->state;
    const float *d_y = run->d_out[0];
    aimc_status st = AIMC_OK;
    for (size_t l = s->n_layers; l-- > 0 && !st;) {
        float *d_x = l ? s->d_y[l % 2] : run->d_in[0];
        for (size_t d = 0; d < s->n_directions && !st; d++)
            st = backward_cell(node, run, l * s->n_directions + d, d_y, d_x);
        const bool dropped = l && ((const aimci_rnn_params *)node->params)->dropout > 0;
        for (size_t i = 0; dropped && i < run->n * node->out[0]->size; i++)
            d_x[i] *= s->keep[l - 1][i];
        d_y = d_x;
    }
    return st;
}

/* ---- step ----------------------------------------------------------------------------------- */

aimc_status aimci_rnn_step(aimci_node *node, const aimci_run *run, double lr)
{
    const aimci_rnn *s = node->state;
    const size_t rows = run->n * s->length;
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < s->n_cells && !st; k++) {
        const aimci_rnn_cell *c = &s->cells[k];
        aimci_batch batch = {.n = rows,
                             .total = rows,
                             .x = input_of(s, run, c->layer),
                             .d = c->d_input,
                             .ld_x = c->n_in,
                             .ld_d = s->n_gates};
        st = aimci_matrix_step(node->matrices[aimci_rnn_matrix(s, k)].matrix, &batch, lr);
        batch.ld_x = s->n_hidden;
        for (size_t i = 0; i < s->n_state && !st; i++) {
            batch.x = seen_states(s, c, run->n, i, 0);
            batch.d = c->d_state + i * (s->n_gates / s->n_state);
            st = aimci_matrix_step(state_matrix(node, k, i), &batch, lr);
        }
    }
    return st;
}

/* All but inputs of the node come from a pass over the series, which is made for the first
 * vector. */
size_t aimci_rnn_vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                         float *x)
{
    const aimci_rnn *s = node->state;
    const size_t per_cell = aimci_rnn_matrix(s, 1), which = k % per_cell;
    const aimci_rnn_cell *c = &s->cells[k / per_cell];
    const size_t cols = which ? s->n_hidden : c->n_in;
    if (x && first == 0 && k > 0)
        (void)aimci_rnn_forward(node, run); /* what fails here fails in the pass that follows */
    if (x)
        memcpy(x,
               (which ? seen_states(s, c, run->n, which - 1, 0) : input_of(s, run, c->layer)) +
                   first * cols,
               n * cols * sizeof *x);
    return run->n * s->length;
}
