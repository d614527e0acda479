/* SPDX-License-Identifier: MIT */
/* The same numbers in another shape or order, or some of them. */
#include <string.h>

#include "network/ops/ops.h"

typedef struct shape_params {
    aimci_list shape, order, start, step, stop, before, after;
    double value;
} shape_params;

AIMCI_PLAIN_OP_KIND(flatten, "all numbers of a sample in a row, in the order of PyTorch")

static const aimci_field reshape_fields[] = {
    AIMCI_NUMBERS(shape_params, shape, 0, -1, 1048576, "1",
                  "the shape of a sample; one -1: what is left", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(reshape, "op", "the same numbers in another shape", AIMCI_TORCH, reshape_fields,
                  shape_params, .n_children = 0);

static const aimci_field permute_fields[] = {
    AIMCI_NUMBERS(shape_params, order, 0, 0, AIMCI_MAX_DIMS - 1, "axis",
                  "which axis of the input becomes axis 0, 1 ..., the samples not counted",
                  AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(permute, "op", "axes in another order", AIMCI_TORCH, permute_fields, shape_params,
                  .n_children = 0);

static const aimci_field slice_fields[] = {
    AIMCI_NUMBERS(shape_params, start, 0, 0, 1048576, "1", "first index of each axis; empty: 0",
                  AIMCI_TORCH),
    AIMCI_NUMBERS(shape_params, stop, 0, 0, 1048576, "1",
                  "index behind the last of each axis, 0: its length; empty: all", AIMCI_TORCH),
    AIMCI_NUMBERS(shape_params, step, 0, 1, 1048576, "1", "step of each axis; empty: 1",
                  AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(slice, "op", "some indices of each axis", AIMCI_TORCH, slice_fields, shape_params,
                  .n_children = 0);

static const aimci_field pad_fields[] = {
    AIMCI_NUMBERS(shape_params, before, 0, 0, 1048576, "1", "numbers added before each axis",
                  AIMCI_TORCH),
    AIMCI_NUMBERS(shape_params, after, 0, 0, 1048576, "1", "numbers added after each axis",
                  AIMCI_TORCH),
    AIMCI_NUMBER(shape_params, value, 0, -1e30, 1e30, "1", "what is added", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(pad, "op", "a constant added around a value", AIMCI_TORCH, pad_fields,
                  shape_params, .n_children = 0);

/* ---- flatten, reshape: copies --------------------------------------------------------------- */

static aimc_status flatten_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                                 size_t *n_out)
{
    (void)node, (void)n_out;
    *out = (aimci_shape){1, {aimci_shape_size(in[0], 0)}};
    return AIMC_OK;
}

static aimc_status reshape_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                                 size_t *n_out)
{
    const aimci_list *list = &((const shape_params *)node->params)->shape;
    const size_t size = aimci_shape_size(in[0], 0);
    size_t known = 1, open = SIZE_MAX;
    (void)n_out;
    if (list->n == 0 || list->n > AIMCI_MAX_DIMS)
        return aimci_fail(AIMC_ERR_INVALID, "shape has %zu numbers; 1 ... %d are needed", list->n,
                          AIMCI_MAX_DIMS);
    out->n = list->n;
    for (size_t d = 0; d < list->n; d++) {
        if (list->v[d] < 1 && (list->v[d] != -1 || open != SIZE_MAX))
            return aimci_fail(AIMC_ERR_INVALID, "shape[%zu] = %g; at least 1, and at most one -1",
                              d, list->v[d]);
        if (list->v[d] == -1)
            open = d;
        else
            known *= out->dim[d] = (size_t)list->v[d];
    }
    if (open != SIZE_MAX)
        out->dim[open] = size / known;
    char a[AIMCI_SHAPE_TEXT], b[AIMCI_SHAPE_TEXT];
    return aimci_shape_size(out, 0) == size
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE, "%s has %zu numbers, and does not become %s",
                            aimci_shape_text(in[0], a, sizeof a), size,
                            aimci_shape_text(out, b, sizeof b));
}

static aimc_status copy_forward(aimci_node *node, const aimci_run *run)
{
    if (run->out[0] != run->in[0])
        memcpy(run->out[0], run->in[0], run->n * node->in[0]->size * sizeof(float));
    return AIMC_OK;
}

static aimc_status copy_backward(aimci_node *node, const aimci_run *run)
{
    if (run->d_in[0])
        memcpy(run->d_in[0], run->d_out[0], run->n * node->in[0]->size * sizeof(float));
    return AIMC_OK;
}

#define COPY(id, infer_shape)                                                                      \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .by_samples = true,                                                                        \
        .layout = AIMCI_PLAIN,                                                                     \
        .in_place = true,                                                                          \
        .infer = infer_shape,                                                                      \
        .forward = copy_forward,                                                                   \
        .backward = copy_backward,                                                                 \
    };
COPY(flatten, flatten_infer)
COPY(reshape, reshape_infer)

/* ---- permute, slice, pad: each output is one input, or none --------------------------------- */

/* Output index k along axis d looks at input index first + k step of input axis from. */
typedef struct view {
    size_t from[AIMCI_MAX_DIMS];
    ptrdiff_t first[AIMCI_MAX_DIMS], step[AIMCI_MAX_DIMS];
    float outside;
} view;

/* A row of outputs of a sample along the last axis: number k looks at input base + k step where
 * first <= k < end, the others lie outside. */
typedef struct line {
    ptrdiff_t base, step;
    size_t first, end;
} line;

static line line_of(const aimci_node *node, size_t row)
{
    const view *v = node->state;
    const aimci_shape *in = &node->in[0]->shape, *out = &node->out[0]->shape;
    const size_t last = out->n - 1, from = v->from[last];
    ptrdiff_t strides[AIMCI_MAX_DIMS], stride = 1;
    for (size_t d = in->n; d-- > 0; stride *= (ptrdiff_t)in->dim[d])
        strides[d] = stride;
    line l = {.base = v->first[last] * strides[from], .step = v->step[last] * strides[from]};
    for (size_t d = last; d-- > 0; row /= out->dim[d]) {
        const ptrdiff_t k = v->first[d] + (ptrdiff_t)(row % out->dim[d]) * v->step[d];
        if (k < 0 || k >= (ptrdiff_t)in->dim[v->from[d]])
            return (line){0};
        l.base += k * strides[v->from[d]];
    }
    const ptrdiff_t step = v->step[last], left = (ptrdiff_t)in->dim[from] - v->first[last];
    l.first = v->first[last] < 0 ? (size_t)((step - 1 - v->first[last]) / step) : 0;
    l.end = aimci_min_size((size_t)((left + step - 1) / step), out->dim[last]);
    return l;
}

static aimc_status view_forward(aimci_node *node, const aimci_run *run)
{
    const view *v = node->state;
    const aimci_shape *shape = &node->out[0]->shape;
    const size_t n_in = node->in[0]->size, n_out = node->out[0]->size, n = shape->dim[shape->n - 1];
    for (size_t row = 0; row < n_out / n; row++) {
        const line l = line_of(node, row);
        for (size_t s = 0; s < run->n; s++) {
            const float *x = run->in[0] + s * n_in;
            float *y = run->out[0] + s * n_out + row * n;
            for (size_t k = 0; k < n; k++)
                y[k] = k >= l.first && k < l.end ? x[l.base + (ptrdiff_t)k * l.step] : v->outside;
        }
    }
    return AIMC_OK;
}

static aimc_status view_backward(aimci_node *node, const aimci_run *run)
{
    const aimci_shape *shape = &node->out[0]->shape;
    const size_t n_in = node->in[0]->size, n_out = node->out[0]->size, n = shape->dim[shape->n - 1];
    if (!run->d_in[0])
        return AIMC_OK;
    memset(run->d_in[0], 0, run->n * n_in * sizeof(float));
    for (size_t row = 0; row < n_out / n; row++) {
        const line l = line_of(node, row);
        for (size_t s = 0; s < run->n; s++)
            for (size_t k = l.first; k < l.end; k++)
                run->d_in[0][s * n_in + (size_t)(l.base + (ptrdiff_t)k * l.step)] +=
                    run->d_out[0][s * n_out + row * n + k];
    }
    return AIMC_OK;
}

/* Every axis as it is. */
static view *plain_view(aimci_node *node, const aimci_shape *in, aimci_shape *out)
{
    view *v = node->state;
    *out = *in;
    for (size_t d = 0; d < in->n; d++) {
        v->from[d] = d;
        v->step[d] = 1;
    }
    return v;
}

static aimc_status check_length(const char *name, const aimci_list *list, const aimci_shape *in)
{
    return list->n == 0 || list->n == in->n
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "%s has %zu numbers for %zu axes", name, list->n,
                            in->n);
}

static aimc_status permute_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                                 size_t *n_out)
{
    const aimci_list *order = &((const shape_params *)node->params)->order;
    view *v = plain_view(node, in[0], out);
    bool seen[AIMCI_MAX_DIMS] = {false};
    (void)n_out;
    for (size_t d = 0; d < in[0]->n; d++) {
        const size_t from = order->n == in[0]->n ? (size_t)order->v[d] : SIZE_MAX;
        if (from >= in[0]->n || seen[from])
            return aimci_fail(AIMC_ERR_INVALID, "order must hold each of 0 ... %zu once",
                              in[0]->n - 1);
        seen[from] = true;
        v->from[d] = from;
        out->dim[d] = in[0]->dim[from];
    }
    return AIMC_OK;
}

static aimc_status slice_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                               size_t *n_out)
{
    const shape_params *p = node->params;
    view *v = plain_view(node, in[0], out);
    (void)n_out;
    aimc_status st = check_length("start", &p->start, in[0]);
    st = st ? st : check_length("stop", &p->stop, in[0]);
    st = st ? st : check_length("step", &p->step, in[0]);
    for (size_t d = 0; d < in[0]->n && !st; d++) {
        const size_t length = in[0]->dim[d], first = p->start.n ? (size_t)p->start.v[d] : 0;
        const size_t stop = p->stop.n && p->stop.v[d] > 0 ? (size_t)p->stop.v[d] : length;
        const size_t step = p->step.n ? (size_t)p->step.v[d] : 1;
        if (first >= stop || stop > length)
            return aimci_fail(AIMC_ERR_SHAPE, "indices %zu ... %zu of axis %zu, which has %zu",
                              first, stop, d, length);
        v->first[d] = (ptrdiff_t)first;
        v->step[d] = (ptrdiff_t)step;
        out->dim[d] = (stop - first + step - 1) / step;
    }
    return st;
}

static aimc_status pad_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                             size_t *n_out)
{
    const shape_params *p = node->params;
    view *v = plain_view(node, in[0], out);
    (void)n_out;
    aimc_status st = check_length("before", &p->before, in[0]);
    st = st ? st : check_length("after", &p->after, in[0]);
    v->outside = (float)p->value;
    for (size_t d = 0; d < in[0]->n && !st; d++) {
        const size_t before = p->before.n ? (size_t)p->before.v[d] : 0;
        v->first[d] = -(ptrdiff_t)before;
        out->dim[d] += before + (p->after.n ? (size_t)p->after.v[d] : 0);
    }
    return st;
}

#define VIEW(id, infer_shape)                                                                      \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .by_samples = true,                                                                        \
        .layout = AIMCI_PLAIN,                                                                     \
        .state_size = sizeof(view),                                                                \
        .infer = infer_shape,                                                                      \
        .forward = view_forward,                                                                   \
        .backward = view_backward,                                                                 \
    };
VIEW(permute, permute_infer)
VIEW(slice, slice_infer)
VIEW(pad, pad_infer)

/* ---- turn: the network's own, between layouts ----------------------------------------------- */

static const aimci_kind turn_kind = {.name = " turn",
                                     .category = "op",
                                     .doc = "the other layout",
                                     .source = "floating point",
                                     .size = 1};

/* [rows][cols] of each sample transposed */
static void transpose(size_t n, size_t rows, size_t cols, const float *from, float *to)
{
    for (size_t s = 0; s < n; s++, from += rows * cols, to += rows * cols)
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++)
                to[c * rows + r] = from[r * cols + c];
}

static void turn(const aimci_node *node, size_t n, bool back, const float *from, float *to)
{
    const size_t channels = node->in[0]->shape.dim[0], positions = node->in[0]->size / channels;
    const bool from_plain = (node->in[0]->layout == AIMCI_PLAIN) != back;
    transpose(n, from_plain ? channels : positions, from_plain ? positions : channels, from, to);
}

static aimc_status turn_forward(aimci_node *node, const aimci_run *run)
{
    turn(node, run->n, false, run->in[0], run->out[0]);
    return AIMC_OK;
}

static aimc_status turn_backward(aimci_node *node, const aimci_run *run)
{
    if (run->d_in[0])
        turn(node, run->n, true, run->d_out[0], run->d_in[0]);
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_turn = {
    .kind = &turn_kind,
    .min_inputs = 1,
    .max_inputs = 1,
    .by_samples = true,
    .infer = aimci_same_shape,
    .forward = turn_forward,
    .backward = turn_backward,
};
