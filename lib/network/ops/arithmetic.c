/* SPDX-License-Identifier: MIT */
/* Sums, products and concatenations of values, and means along axes. */
#include <string.h>

#include "network/ops/ops.h"

AIMCI_PLAIN_OP_KIND(add, "sum of values of one shape")
AIMCI_PLAIN_OP_KIND(mul, "product of two values, element by element")

/* ---- add, mul ------------------------------------------------------------------------------- */

static aimc_status infer_alike(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                               size_t *n_out)
{
    for (size_t k = 1; k < node->n_in; k++)
        if (in[k]->n != in[0]->n ||
            memcmp(in[k]->dim, in[0]->dim, in[0]->n * sizeof in[0]->dim[0]) != 0) {
            char a[AIMCI_SHAPE_TEXT], b[AIMCI_SHAPE_TEXT];
            return aimci_fail(AIMC_ERR_SHAPE, "input %zu is %s, input 0 is %s: they must be alike",
                              k, aimci_shape_text(in[k], b, sizeof b),
                              aimci_shape_text(in[0], a, sizeof a));
        }
    return aimci_same_shape(node, in, out, n_out);
}

static aimc_status add_forward(aimci_node *node, const aimci_run *run)
{
    const size_t n = run->n * node->in[0]->size;
    for (size_t i = 0; i < n; i++)
        run->out[0][i] = run->in[0][i] + run->in[1][i];
    for (size_t k = 2; k < node->n_in; k++)
        for (size_t i = 0; i < n; i++)
            run->out[0][i] += run->in[k][i];
    return AIMC_OK;
}

static aimc_status add_backward(aimci_node *node, const aimci_run *run)
{
    const size_t bytes = run->n * node->in[0]->size * sizeof(float);
    for (size_t k = 0; k < node->n_in; k++)
        if (run->d_in[k])
            memcpy(run->d_in[k], run->d_out[0], bytes);
    return AIMC_OK;
}

static aimc_status mul_forward(aimci_node *node, const aimci_run *run)
{
    for (size_t i = 0; i < run->n * node->in[0]->size; i++)
        run->out[0][i] = run->in[0][i] * run->in[1][i];
    return AIMC_OK;
}

static aimc_status mul_backward(aimci_node *node, const aimci_run *run)
{
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; run->d_in[k] && i < run->n * node->in[0]->size; i++)
            run->d_in[k][i] = run->d_out[0][i] * run->in[1 - k][i];
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_add = {
    .kind = &aimci_kind_add,
    .min_inputs = 2,
    .max_inputs = 64,
    .by_samples = true,
    .in_place = true,
    .infer = infer_alike,
    .forward = add_forward,
    .backward = add_backward,
};
const aimci_node_ops aimci_node_ops_mul = {
    .kind = &aimci_kind_mul,
    .min_inputs = 2,
    .max_inputs = 2,
    .by_samples = true,
    .in_place = true,
    .infer = infer_alike,
    .forward = mul_forward,
    .backward = mul_backward,
};

/* ---- along an axis -------------------------------------------------------------------------- */

typedef struct axis_params {
    int64_t axis;
    bool keep;
    aimci_list axes;
} axis_params;

#define AXIS_FIELD(def)                                                                            \
    AIMCI_INTEGER(axis_params, axis, def, -AIMCI_MAX_DIMS, AIMCI_MAX_DIMS - 1, "axis",             \
                  "which axis, the samples not counted; < 0: from the last", AIMCI_TORCH)

static const aimci_field concat_fields[] = {AXIS_FIELD(0)};
AIMCI_DEFINE_KIND(concat, "op", "values one behind another along an axis", AIMCI_TORCH,
                  concat_fields, axis_params, .n_children = 0);

static const aimci_field mean_fields[] = {
    AIMCI_NUMBERS(axis_params, axes, 0, -AIMCI_MAX_DIMS, AIMCI_MAX_DIMS - 1, "axis",
                  "axes that the mean is over, the samples not counted; empty: all", AIMCI_TORCH),
    AIMCI_FLAG(axis_params, keep, 0, "keep these axes, with length 1", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(mean, "op", "mean over axes", AIMCI_TORCH, mean_fields, axis_params,
                  .n_children = 0);

static aimc_status find_axis(int64_t axis, size_t n, size_t *out)
{
    const int64_t at = axis < 0 ? axis + (int64_t)n : axis;
    if (at < 0 || at >= (int64_t)n)
        return aimci_fail(AIMC_ERR_INVALID, "axis %lld of a value with %zu axes", (long long)axis,
                          n);
    *out = (size_t)at;
    return AIMC_OK;
}

/* A value is [outer][length of the axis][inner]. */
typedef struct concat {
    size_t axis, outer, inner;
} concat;

static aimc_status concat_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                                size_t *n_out)
{
    concat *c = node->state;
    (void)n_out;
    const aimc_status st = find_axis(((const axis_params *)node->params)->axis, in[0]->n, &c->axis);
    if (st)
        return st;
    *out = *in[0];
    for (size_t k = 1; k < node->n_in; k++) {
        for (size_t d = 0; d < in[0]->n; d++)
            if (in[k]->n != in[0]->n || (d != c->axis && in[k]->dim[d] != in[0]->dim[d])) {
                char a[AIMCI_SHAPE_TEXT], b[AIMCI_SHAPE_TEXT];
                return aimci_fail(AIMC_ERR_SHAPE,
                                  "input %zu is %s, input 0 is %s: only axis %zu may differ", k,
                                  aimci_shape_text(in[k], b, sizeof b),
                                  aimci_shape_text(in[0], a, sizeof a), c->axis);
            }
        out->dim[c->axis] += in[k]->dim[c->axis];
    }
    c->inner = aimci_shape_size(out, c->axis + 1);
    c->outer = aimci_shape_size(out, 0) / (c->inner * out->dim[c->axis]);
    return AIMC_OK;
}

/* Parts of the whole, to or from the inputs. */
static void concat_move(const aimci_node *node, size_t n, float *whole, const float *const *parts,
                        float *const *d_parts)
{
    const concat *c = node->state;
    const size_t row = node->out[0]->shape.dim[c->axis] * c->inner;
    size_t at = 0;
    for (size_t k = 0; k < node->n_in; k++) {
        const size_t length = node->in[k]->shape.dim[c->axis] * c->inner;
        for (size_t o = 0; o < n * c->outer; o++) {
            if (parts)
                memcpy(whole + o * row + at, parts[k] + o * length, length * sizeof *whole);
            else if (d_parts[k])
                memcpy(d_parts[k] + o * length, whole + o * row + at, length * sizeof *whole);
        }
        at += length;
    }
}

static aimc_status concat_forward(aimci_node *node, const aimci_run *run)
{
    concat_move(node, run->n, run->out[0], run->in, NULL);
    return AIMC_OK;
}

static aimc_status concat_backward(aimci_node *node, const aimci_run *run)
{
    concat_move(node, run->n, (float *)(uintptr_t)run->d_out[0], NULL, run->d_in);
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_concat = {
    .kind = &aimci_kind_concat,
    .min_inputs = 1,
    .max_inputs = 64,
    .by_samples = true,
    .layout = AIMCI_PLAIN,
    .state_size = sizeof(concat),
    .infer = concat_infer,
    .forward = concat_forward,
    .backward = concat_backward,
};

/* ---- mean ----------------------------------------------------------------------------------- */

typedef struct mean {
    bool over[AIMCI_MAX_DIMS];
    size_t count; /* numbers of each mean */
} mean;

static aimc_status mean_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                              size_t *n_out)
{
    const axis_params *p = node->params;
    mean *m = node->state;
    (void)n_out;
    m->count = 1;
    for (size_t k = 0; k < p->axes.n; k++) {
        size_t axis = 0;
        const aimc_status st = find_axis((int64_t)p->axes.v[k], in[0]->n, &axis);
        if (st)
            return st;
        m->over[axis] = true;
    }
    *out = (aimci_shape){0};
    for (size_t d = 0; d < in[0]->n; d++) {
        m->over[d] = m->over[d] || p->axes.n == 0;
        m->count *= m->over[d] ? in[0]->dim[d] : 1;
        if (!m->over[d] || p->keep)
            out->dim[out->n++] = m->over[d] ? 1 : in[0]->dim[d];
    }
    if (out->n == 0)
        out->dim[out->n++] = 1;
    return AIMC_OK;
}

/* Which mean element i of a sample belongs to. */
static size_t mean_of(const aimci_node *node, size_t i)
{
    const mean *m = node->state;
    const aimci_shape *s = &node->in[0]->shape;
    size_t at = 0, stride = 1;
    for (size_t d = s->n; d-- > 0; i /= s->dim[d])
        if (!m->over[d]) {
            at += i % s->dim[d] * stride;
            stride *= s->dim[d];
        }
    return at;
}

static aimc_status mean_forward(aimci_node *node, const aimci_run *run)
{
    const mean *m = node->state;
    const size_t n_in = node->in[0]->size, n_out = node->out[0]->size;
    memset(run->out[0], 0, run->n * n_out * sizeof(float));
    for (size_t i = 0; i < n_in; i++) {
        const size_t at = mean_of(node, i);
        for (size_t s = 0; s < run->n; s++)
            run->out[0][s * n_out + at] += run->in[0][s * n_in + i];
    }
    for (size_t i = 0; i < run->n * n_out; i++)
        run->out[0][i] /= (float)m->count;
    return AIMC_OK;
}

static aimc_status mean_backward(aimci_node *node, const aimci_run *run)
{
    const mean *m = node->state;
    const size_t n_in = node->in[0]->size, n_out = node->out[0]->size;
    for (size_t i = 0; run->d_in[0] && i < n_in; i++) {
        const size_t at = mean_of(node, i);
        for (size_t s = 0; s < run->n; s++)
            run->d_in[0][s * n_in + i] = run->d_out[0][s * n_out + at] / (float)m->count;
    }
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_mean = {
    .kind = &aimci_kind_mean,
    .min_inputs = 1,
    .max_inputs = 1,
    .by_samples = true,
    .layout = AIMCI_PLAIN,
    .state_size = sizeof(mean),
    .infer = mean_infer,
    .forward = mean_forward,
    .backward = mean_backward,
};
