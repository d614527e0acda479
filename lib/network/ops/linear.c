/* SPDX-License-Identifier: MIT */
/* y = W x + b along the last axis. */
#include <math.h>
#include <string.h>

#include "network/ops/ops.h"

typedef struct linear_params {
    int64_t out_features;
    bool bias;
} linear_params;

static const aimci_field fields[] = {
    AIMCI_INTEGER(linear_params, out_features, 1, 1, 1048576, "1", "outputs", AIMCI_TORCH),
    AIMCI_FLAG(linear_params, bias, 1, "add a bias", AIMCI_TORCH),
    AIMCI_MATRIX_FIELD(0),
};
AIMCI_DEFINE_KIND(linear, "op", "y = W x + b along the last axis", AIMCI_TORCH, fields,
                  linear_params, .n_children = 1);

static size_t n_in_of(const aimci_node *node)
{
    const aimci_shape *s = &node->in[0]->shape;
    return s->dim[s->n - 1];
}

static aimc_status infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                         size_t *n_out)
{
    const linear_params *p = node->params;
    (void)n_out;
    *out = *in[0];
    out->dim[out->n - 1] = (size_t)p->out_features;
    return in[0]->dim[in[0]->n - 1] <= AIMCI_GRID_MAX_SIDE
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE, "%zu inputs; at most %d", in[0]->dim[in[0]->n - 1],
                            AIMCI_GRID_MAX_SIDE);
}

/* W, b ~ U(-1, 1) / sqrt(n_in) */
static aimc_status create(aimci_node *node)
{
    const linear_params *p = node->params;
    const size_t n_in = n_in_of(node), n_out = (size_t)p->out_features;
    const aimci_shape w = {2, {n_out, n_in}};
    static const char *const names[] = {"bias"};
    aimc_status st =
        aimci_node_add_weight(node, "weight", p->bias ? "bias" : NULL, &w, 1, n_out, n_in);
    return st ? st : aimci_node_init_uniform(node, 1.0f / sqrtf((float)n_in), names, p->bias);
}

static size_t rows_of(const aimci_node *node, const aimci_run *run)
{
    return run->n * (node->in[0]->size / n_in_of(node));
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const size_t n_in = n_in_of(node), rows = rows_of(node, run);
    aimc_matrix *m = node->matrices[0].matrix;
    const aimc_status st = aimci_matrix_forward(m, rows, run->in[0], n_in, run->out[0], m->n_out);
    if (!st)
        aimci_add_rows(aimci_node_bias(node, "bias"), rows, run->out[0]);
    return st;
}

static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    const size_t n_in = n_in_of(node), rows = rows_of(node, run);
    aimc_matrix *m = node->matrices[0].matrix;
    aimci_add_rows_gradient(aimci_node_bias(node, "bias"), rows, run->d_out[0]);
    if (!run->d_in[0])
        return AIMC_OK;
    return aimci_matrix_backward(m, rows, run->in[0], n_in, run->d_out[0], m->n_out, run->d_in[0],
                                 n_in);
}

static aimc_status step(aimci_node *node, const aimci_run *run, double lr)
{
    const size_t rows = rows_of(node, run);
    aimc_matrix *m = node->matrices[0].matrix;
    const aimci_batch batch = {.n = rows,
                               .total = rows,
                               .x = run->in[0],
                               .d = run->d_out[0],
                               .ld_x = n_in_of(node),
                               .ld_d = m->n_out};
    return aimci_matrix_step(m, &batch, lr);
}

static size_t vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                      float *x)
{
    const size_t n_in = n_in_of(node);
    (void)k;
    if (x)
        memcpy(x, run->in[0] + first * n_in, n * n_in * sizeof *x);
    return rows_of(node, run);
}

/* With one axis, features are channels. */
static size_t channel(const aimci_node *node, size_t row, size_t k)
{
    (void)k;
    return node->out[0]->shape.n == 1 ? row : SIZE_MAX;
}

const aimci_node_ops aimci_node_ops_linear = {
    .kind = &aimci_kind_linear,
    .min_inputs = 1,
    .max_inputs = 1,
    .layout = AIMCI_PLAIN,
    .infer = infer,
    .create = create,
    .forward = forward,
    .backward = backward,
    .step = step,
    .steps_from_values = true,
    .vectors = vectors,
    .channel = channel,
};
