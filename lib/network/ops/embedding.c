/* SPDX-License-Identifier: MIT */
/* Embedding: each index of the input becomes a row of a digital table. */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "network/ops/ops.h"

typedef struct embedding_params {
    int64_t num_embeddings, embedding_dim, padding_idx;
} embedding_params;

static const aimci_field fields[] = {
    AIMCI_INTEGER(embedding_params, num_embeddings, 1, 1, 16777216, "1",
                  "rows of the table; indices are below it", AIMCI_TORCH),
    AIMCI_INTEGER(embedding_params, embedding_dim, 1, 1, 1048576, "1", "numbers of a row",
                  AIMCI_TORCH),
    AIMCI_INTEGER(embedding_params, padding_idx, -1, -1, 16777215, "1",
                  "row that begins as 0 and is not trained; -1: none", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(embedding, "op", "rows of a table, by indices as whole numbers", AIMCI_TORCH,
                  fields, embedding_params, .n_children = 0);

static aimc_status infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                         size_t *n_out)
{
    const embedding_params *p = node->params;
    (void)n_out;
    if (p->padding_idx >= p->num_embeddings)
        return aimci_fail(AIMC_ERR_INVALID, "padding_idx = %lld of %lld rows",
                          (long long)p->padding_idx, (long long)p->num_embeddings);
    if (in[0]->n == AIMCI_MAX_DIMS)
        return aimci_fail(AIMC_ERR_SHAPE, "the input has %d dimensions already", AIMCI_MAX_DIMS);
    *out = *in[0];
    out->dim[out->n++] = (size_t)p->embedding_dim;
    return AIMC_OK;
}

/* Two standard normals of two uniforms on [-1, 1): G. E. P. Box and M. E. Muller (1958). */
static void to_normals(float *u)
{
    const double radius = sqrt(-2 * aimci_ln(0.5 - 0.5 * (double)u[0]));
    const double half_turns = (double)u[1];
    u[0] = (float)(radius * aimci_cospi(half_turns));
    u[1] = (float)(radius * aimci_sinpi(half_turns));
}

/* ~ N(0, 1) */
static aimc_status create(aimci_node *node)
{
    const embedding_params *p = node->params;
    const aimci_shape shape = {2, {(size_t)p->num_embeddings, (size_t)p->embedding_dim}};
    const aimc_status st = aimci_node_add_parameter(node, "weight", &shape, 0, true);
    if (st || node->net->reader)
        return st;
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    float *draws = aimci_calloc(node->ctx, w->n + 1, sizeof *draws);
    if (!draws)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    const aimci_key key = aimci_random_key(node->seed, AIMCI_OP_INIT, 0, 0);
    node->kernels->uniform(&key, draws, w->n + 1);
    for (size_t i = 0; i < w->n; i += 2)
        to_normals(draws + i);
    memcpy(w->value, draws, w->n * sizeof *draws);
    if (p->padding_idx >= 0)
        memset(w->value + (size_t)p->padding_idx * shape.dim[1], 0, shape.dim[1] * sizeof *draws);
    aimci_free(node->ctx, draws);
    return AIMC_OK;
}

static aimc_status check_indices(const aimci_node *node, size_t n, const float *x)
{
    const int64_t rows = ((const embedding_params *)node->params)->num_embeddings;
    const size_t size = node->in[0]->size;
    for (size_t i = 0; i < n * size; i++)
        if (x[i] < 0 || x[i] >= (float)rows || x[i] != floorf(x[i]))
            return aimci_fail(AIMC_ERR_INVALID,
                              "sample %zu, position %zu: %g is no whole number of 0 ... %lld",
                              i / size, i % size, (double)x[i], (long long)rows - 1);
    return AIMC_OK;
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const size_t dim = w->shape.dim[1];
    const aimc_status st = check_indices(node, run->n, run->in[0]);
    for (size_t i = 0; i < run->n * node->in[0]->size && !st; i++)
        memcpy(run->out[0] + i * dim, w->value + (size_t)run->in[0][i] * dim, dim * sizeof(float));
    return st;
}

/* An index has no gradient. */
static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const size_t dim = w->shape.dim[1], n = run->n * node->in[0]->size;
    const int64_t padding = ((const embedding_params *)node->params)->padding_idx;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < dim && (int64_t)run->in[0][i] != padding; k++)
            w->gradient[(size_t)run->in[0][i] * dim + k] += run->d_out[0][i * dim + k];
    if (run->d_in[0])
        memset(run->d_in[0], 0, n * sizeof(float));
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_embedding = {
    .kind = &aimci_kind_embedding,
    .min_inputs = 1,
    .max_inputs = 1,
    .layout = AIMCI_PLAIN,
    .infer = infer,
    .create = create,
    .forward = forward,
    .backward = backward,
};
