/* SPDX-License-Identifier: MIT */
/* y = weight x + bias, element by element, with trained arrays that are broadcast: positional
 * embeddings, scales of channels or layers, the normalisation of an input. */
#include "network/ops/ops.h"

typedef struct affine_params {
    aimci_list shape;
    bool weight, bias;
} affine_params;

static const aimci_field fields[] = {
    AIMCI_NUMBERS(affine_params, shape, 0, 1, 1048576, "1",
                  "shape of weight and bias, its last axes along those of the value, each as long "
                  "or 1; empty: the shape of the value",
                  AIMCI_TORCH),
    AIMCI_FLAG(affine_params, weight, 1, "a trained factor, which begins as 1", AIMCI_TORCH),
    AIMCI_FLAG(affine_params, bias, 1, "a trained summand, which begins as 0", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(affine, "op",
                  "weight x + bias, element by element, with arrays that are broadcast",
                  AIMCI_TORCH, fields, affine_params, .n_children = 0);

typedef struct affine {
    aimci_shape shape;
    size_t *place; /* [numbers of a sample] which weight and bias each has; NULL: its own */
    double *sum;   /* [2][weights]: gradients of a pass */
} affine;

static aimc_status infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                         size_t *n_out)
{
    const aimci_list *list = &((const affine_params *)node->params)->shape;
    aimci_shape *shape = &((affine *)node->state)->shape;
    bool fits = list->n <= in[0]->n;
    *shape = *in[0];
    if (list->n && fits)
        shape->n = list->n;
    for (size_t d = 0; d < list->n && fits; d++) {
        shape->dim[d] = (size_t)list->v[d];
        fits = shape->dim[d] == 1 || shape->dim[d] == in[0]->dim[in[0]->n - list->n + d];
    }
    if (!fits) {
        char a[AIMCI_SHAPE_TEXT];
        return aimci_fail(AIMC_ERR_SHAPE,
                          "shape has %zu axes that do not go along the last ones of a value of %s; "
                          "each is as long, or 1",
                          list->n, aimci_shape_text(in[0], a, sizeof a));
    }
    return aimci_same_shape(node, in, out, n_out);
}

/* The place of number i of a sample in arrays of that shape. */
static size_t place_of(const aimci_shape *value, const aimci_shape *shape, size_t i)
{
    size_t place = 0, stride = 1;
    for (size_t k = 1; k <= shape->n; k++) {
        const size_t at = i % value->dim[value->n - k], n = shape->dim[shape->n - k];
        i /= value->dim[value->n - k];
        place += n == 1 ? 0 : at * stride;
        stride *= n;
    }
    return place;
}

static aimc_status create(aimci_node *node)
{
    const affine_params *p = node->params;
    affine *s = node->state;
    const size_t size = node->in[0]->size, n = aimci_shape_size(&s->shape, 0);
    if (!p->weight && !p->bias)
        return aimci_fail(AIMC_ERR_INVALID, "weight and bias are both false; one is needed");
    aimc_status st =
        p->weight ? aimci_node_add_parameter(node, "weight", &s->shape, 1, true) : AIMC_OK;
    if (!st && p->bias)
        st = aimci_node_add_parameter(node, "bias", &s->shape, 0, true);
    s->sum = aimci_calloc(node->ctx, 2 * n, sizeof *s->sum);
    s->place = n < size ? aimci_calloc(node->ctx, size, sizeof *s->place) : NULL;
    if (!st && (!s->sum || (n < size && !s->place)))
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    for (size_t i = 0; s->place && i < size; i++)
        s->place[i] = place_of(&node->in[0]->shape, &s->shape, i);
    return st;
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const affine *s = node->state;
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const aimci_parameter *b = aimci_node_parameter(node, "bias");
    const size_t size = node->in[0]->size;
    for (size_t r = 0; r < run->n; r++)
        for (size_t i = 0; i < size; i++) {
            const size_t k = s->place ? s->place[i] : i;
            const float x = run->in[0][r * size + i];
            const float scaled = w ? w->value[k] * x : x;
            run->out[0][r * size + i] = b ? scaled + b->value[k] : scaled;
        }
    return AIMC_OK;
}

static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    const affine *s = node->state;
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const aimci_parameter *b = aimci_node_parameter(node, "bias");
    const size_t size = node->in[0]->size, n = aimci_shape_size(&s->shape, 0);
    for (size_t k = 0; k < 2 * n; k++)
        s->sum[k] = 0;
    for (size_t r = 0; r < run->n; r++)
        for (size_t i = 0; i < size; i++) {
            const size_t k = s->place ? s->place[i] : i;
            const float x = run->in[0][r * size + i], d = run->d_out[0][r * size + i];
            s->sum[k] += (double)d * (double)x;
            s->sum[n + k] += (double)d;
            if (run->d_in[0])
                run->d_in[0][r * size + i] = w ? w->value[k] * d : d;
        }
    for (size_t k = 0; k < n; k++) {
        if (w)
            w->gradient[k] += (float)s->sum[k];
        if (b)
            b->gradient[k] += (float)s->sum[n + k];
    }
    return AIMC_OK;
}

static void destroy(aimci_node *node)
{
    affine *s = node->state;
    aimci_free(node->ctx, s->place);
    aimci_free(node->ctx, s->sum);
}

const aimci_node_ops aimci_node_ops_affine = {
    .kind = &aimci_kind_affine,
    .min_inputs = 1,
    .max_inputs = 1,
    .layout = AIMCI_PLAIN,
    .state_size = sizeof(affine),
    .infer = infer,
    .create = create,
    .forward = forward,
    .backward = backward,
    .destroy = destroy,
};
