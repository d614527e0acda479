/* SPDX-License-Identifier: MIT */
/* Dropout: in training each number is 0 with probability p, others are 1 / (1 - p) times as large.
 * N. Srivastava et al., JMLR 15 (2014). */
#include <string.h>

#include "network/ops/ops.h"

typedef struct dropout_params {
    double p;
} dropout_params;

static const aimci_field fields[] = {
    AIMCI_NUMBER(dropout_params, p, 0.5, 0, 0.999999, "probability", "share that is dropped",
                 AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(dropout, "op", "drop numbers at random in training", AIMCI_TORCH, fields,
                  dropout_params, .n_children = 0);

enum { DROPOUT = 2 }; /* purpose of the streams, beside those of initial weights */

void aimci_dropout_draw(const aimci_node *node, double p, size_t which, size_t n, float *keep)
{
    const uint32_t purpose = DROPOUT + (uint32_t)which;
    const aimci_key key = aimci_random_key(node->seed, AIMCI_OP_INIT, purpose, node->n_passes);
    const float limit = (float)(2 * p - 1), factor = (float)(1 / (1 - p));
    node->kernels->uniform(&key, keep, n);
    for (size_t i = 0; i < n; i++)
        keep[i] = keep[i] < limit ? 0 : factor;
}

typedef struct dropout {
    float *keep; /* factor of each number of the batch */
    size_t n;
} dropout;

static aimc_status reserve(aimci_node *node, size_t n, aimci_mode mode)
{
    dropout *s = node->state;
    const size_t floats = n * node->in[0]->size;
    if (mode == AIMCI_EVAL || floats <= s->n)
        return AIMC_OK;
    aimci_free(node->ctx, s->keep);
    s->keep = aimci_calloc(node->ctx, floats, sizeof *s->keep);
    s->n = s->keep ? floats : 0;
    return s->keep ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

static void destroy(aimci_node *node)
{
    aimci_free(node->ctx, ((dropout *)node->state)->keep);
}

static void multiply(const dropout *s, size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * s->keep[i];
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const dropout *s = node->state;
    const size_t n = run->n * node->in[0]->size;
    if (run->mode == AIMCI_EVAL) {
        if (run->out[0] != run->in[0])
            memcpy(run->out[0], run->in[0], n * sizeof(float));
        return AIMC_OK;
    }
    aimci_dropout_draw(node, ((const dropout_params *)node->params)->p, 0, n, s->keep);
    node->n_passes++;
    multiply(s, n, run->in[0], run->out[0]);
    return AIMC_OK;
}

static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    if (run->d_in[0])
        multiply(node->state, run->n * node->in[0]->size, run->d_out[0], run->d_in[0]);
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_dropout = {
    .kind = &aimci_kind_dropout,
    .min_inputs = 1,
    .max_inputs = 1,
    .in_place = true,
    .state_size = sizeof(dropout),
    .infer = aimci_same_shape,
    .reserve = reserve,
    .forward = forward,
    .backward = backward,
    .destroy = destroy,
};
