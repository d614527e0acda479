/* SPDX-License-Identifier: MIT */
/* Softmax and its logarithm along the last axis. */
#include <math.h>

#include "core/elementary.h"
#include "network/ops/ops.h"

AIMCI_PLAIN_OP_KIND(softmax, "exp(x) over its sum along the last axis")
AIMCI_PLAIN_OP_KIND(log_softmax, "logarithm of softmax along the last axis")

static size_t last_axis(const aimci_node *node)
{
    const aimci_shape *s = &node->in[0]->shape;
    return s->dim[s->n - 1];
}

/* y = x - log(sum exp(x)) of one row */
static void log_row(size_t n, const float *x, float *y)
{
    float top = x[0];
    for (size_t i = 1; i < n; i++)
        top = x[i] > top ? x[i] : top;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += aimci_exp((double)(x[i] - top));
    const double shift = (double)top + aimci_ln(sum);
    for (size_t i = 0; i < n; i++)
        y[i] = (float)((double)x[i] - shift);
}

static aimc_status log_forward(aimci_node *node, const aimci_run *run)
{
    const size_t n = last_axis(node), all = run->n * node->in[0]->size;
    for (size_t at = 0; at < all; at += n)
        log_row(n, run->in[0] + at, run->out[0] + at);
    return AIMC_OK;
}

static aimc_status soft_forward(aimci_node *node, const aimci_run *run)
{
    const size_t all = run->n * node->in[0]->size;
    const aimc_status st = log_forward(node, run);
    for (size_t i = 0; i < all; i++)
        run->out[0][i] = aimci_expf(run->out[0][i]);
    return st;
}

/* dx = d - softmax sum(d) */
static aimc_status log_backward(aimci_node *node, const aimci_run *run)
{
    const size_t n = last_axis(node), all = run->n * node->in[0]->size;
    for (size_t at = 0; run->d_in[0] && at < all; at += n) {
        const float *y = run->out[0] + at, *d = run->d_out[0] + at;
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)d[i];
        for (size_t i = 0; i < n; i++)
            run->d_in[0][at + i] = (float)((double)d[i] - aimci_exp((double)y[i]) * sum);
    }
    return AIMC_OK;
}

/* dx = y (d - sum(d y)) */
static aimc_status soft_backward(aimci_node *node, const aimci_run *run)
{
    const size_t n = last_axis(node), all = run->n * node->in[0]->size;
    for (size_t at = 0; run->d_in[0] && at < all; at += n) {
        const float *y = run->out[0] + at, *d = run->d_out[0] + at;
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)d[i] * (double)y[i];
        for (size_t i = 0; i < n; i++)
            run->d_in[0][at + i] = (float)((double)y[i] * ((double)d[i] - sum));
    }
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_softmax = {
    .kind = &aimci_kind_softmax,
    .min_inputs = 1,
    .max_inputs = 1,
    .by_samples = true,
    .layout = AIMCI_PLAIN,
    .infer = aimci_same_shape,
    .forward = soft_forward,
    .backward = soft_backward,
};
const aimci_node_ops aimci_node_ops_log_softmax = {
    .kind = &aimci_kind_log_softmax,
    .min_inputs = 1,
    .max_inputs = 1,
    .by_samples = true,
    .layout = AIMCI_PLAIN,
    .infer = aimci_same_shape,
    .forward = log_forward,
    .backward = log_backward,
};
