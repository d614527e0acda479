/* SPDX-License-Identifier: MIT */
/* Transposed convolution: the same matrix [window][channels] for every pixel of the input, whose
 * products are added up where windows of the output overlap, by blocks of pixels. With groups, one
 * matrix for each group of channels. */
#include <math.h>
#include <string.h>

#include "network/ops/ops.h"

typedef struct transpose_params {
    aimci_list kernel, stride, padding, output_padding, dilation;
    int64_t out_channels, groups;
    bool bias;
} transpose_params;

#define LIST(field, least, meaning)                                                                \
    AIMCI_NUMBERS(transpose_params, field, 0, least, 65536, "positions", meaning, AIMCI_TORCH)

#define FIELDS                                                                                     \
    AIMCI_INTEGER(transpose_params, out_channels, 1, 1, 1048576, "1", "channels of the output",    \
                  AIMCI_TORCH),                                                                    \
        LIST(kernel, 1, "size of the window"),                                                     \
        LIST(stride, 1, "step of the window in the output; empty: 1"),                             \
        LIST(padding, 0, "positions that are cut off on both sides; empty: 0"),                    \
        LIST(output_padding, 0, "positions added on one side of the output; empty: 0"),            \
        LIST(dilation, 1, "distance of the positions of a window; empty: 1"),                      \
        AIMCI_INTEGER(transpose_params, groups, 1, 1, 1048576, "1",                                \
                      "groups of channels that see nothing of each other", AIMCI_TORCH),           \
        AIMCI_FLAG(transpose_params, bias, 1, "add a digital bias", AIMCI_TORCH),                  \
        AIMCI_MATRIX_FIELD(0)

static const aimci_field conv_transpose3d_fields[] = {FIELDS};
AIMCI_DEFINE_KIND(conv_transpose3d, "op", "transposed convolution of volumes", AIMCI_TORCH,
                  conv_transpose3d_fields, transpose_params, .n_children = 1);
static const aimci_field conv_transpose2d_fields[] = {FIELDS};
AIMCI_DEFINE_KIND(conv_transpose2d, "op", "transposed convolution of images", AIMCI_TORCH,
                  conv_transpose2d_fields, transpose_params, .n_children = 1);
static const aimci_field conv_transpose1d_fields[] = {FIELDS};
AIMCI_DEFINE_KIND(conv_transpose1d, "op", "transposed convolution of series", AIMCI_TORCH,
                  conv_transpose1d_fields, transpose_params, .n_children = 1);

/* Pixels that go through a matrix at once: whole chunks of 64 for each of some threads. */
enum { BLOCK = 512 };

typedef struct transpose {
    aimci_patches patches; /* of the output, one for each pixel of the input */
    size_t n_in, in_group; /* channels of the input, and those of a group */
    float *z;              /* [BLOCK][numbers of a patch] */
} transpose;

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status check_lists(const transpose_params *p, size_t n_dims)
{
    const aimci_list *lists[] = {&p->kernel, &p->stride, &p->padding, &p->output_padding,
                                 &p->dilation};
    static const char *const names[] = {"kernel", "stride", "padding", "output_padding",
                                        "dilation"};
    for (size_t k = 0; k < 5; k++)
        if (lists[k]->n > 1 && lists[k]->n != n_dims)
            return aimci_fail(AIMC_ERR_INVALID, "%s has %zu numbers; the image has %zu dimension%s",
                              names[k], lists[k]->n, n_dims, n_dims == 1 ? "" : "s");
    return p->kernel.n
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "kernel is not given: the size of the window");
}

/* Dimension number which of the image, d of the window:
 * out = (in - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1 */
static aimc_status measure(const transpose_params *p, size_t which, aimci_window *w, size_t d)
{
    const size_t more = aimci_pick(&p->output_padding, which, 0);
    w->kernel[d] = aimci_pick(&p->kernel, which, 1);
    w->stride[d] = aimci_pick(&p->stride, which, 1);
    w->dilation[d] = aimci_pick(&p->dilation, which, 1);
    w->before[d] = w->after[d] = aimci_pick(&p->padding, which, 0);
    if (more >= w->stride[d] && more >= w->dilation[d])
        return aimci_fail(AIMC_ERR_INVALID,
                          "output_padding = %zu; less than the stride %zu or the dilation %zu",
                          more, w->stride[d], w->dilation[d]);
    const size_t reach = (w->out[d] - 1) * w->stride[d] + (w->kernel[d] - 1) * w->dilation[d] + 1;
    if (reach + more <= 2 * w->before[d])
        return aimci_fail(AIMC_ERR_SHAPE, "padding = %zu cuts off all of %zu positions",
                          w->before[d], reach + more);
    w->in[d] = reach + more - 2 * w->before[d];
    return AIMC_OK;
}

static aimc_status set_groups(transpose *s, const transpose_params *p)
{
    const size_t groups = (size_t)p->groups, n_out = (size_t)p->out_channels;
    if (s->n_in % groups != 0 || n_out % groups != 0)
        return aimci_fail(AIMC_ERR_SHAPE,
                          "%zu channels and %zu of the output are not multiples of %zu groups",
                          s->n_in, n_out, groups);
    const aimci_window *w = &s->patches.window;
    s->in_group = s->n_in / groups;
    s->patches.groups = groups;
    s->patches.channels = n_out / groups;
    s->patches.size = s->patches.channels * aimci_window_taps(w);
    return AIMC_OK;
}

static aimc_status infer_dims(aimci_node *node, const aimci_shape *in, size_t n_dims,
                              aimci_shape *out)
{
    const transpose_params *p = node->params;
    transpose *s = node->state;
    aimci_window *w = &s->patches.window;
    aimc_status st = aimci_window_begin(in, n_dims, w);
    if (!st)
        st = check_lists(p, n_dims);
    s->n_in = in->dim[0];
    w->channels = (size_t)p->out_channels;
    *out = (aimci_shape){n_dims + 1, {w->channels}};
    for (size_t d = 0; d < n_dims && !st; d++) {
        const size_t k = aimci_window_dim(d, n_dims);
        w->out[k] = in->dim[d + 1]; /* the window goes over the output */
        st = measure(p, d, w, k);
        out->dim[d + 1] = w->in[k];
    }
    return st ? st : set_groups(s, p);
}

AIMCI_INFER_DIMS(transpose_infer1d, infer_dims, 1)
AIMCI_INFER_DIMS(transpose_infer2d, infer_dims, 2)
AIMCI_INFER_DIMS(transpose_infer3d, infer_dims, 3)

/* [channels][channels of a group of the output][kernel ...], W, b ~ U(-1, 1) / sqrt(patch) */
static aimc_status create(aimci_node *node)
{
    const transpose *s = node->state;
    const aimci_patches *q = &s->patches;
    const size_t n_dims = q->window.n_dims;
    aimci_weight w = {.name = "weight",
                      .shape = {2 + n_dims, {s->n_in, q->channels}},
                      .transposed = true,
                      .ld_out = q->size,
                      .ld_in = s->n_in};
    for (size_t d = 0; d < n_dims; d++)
        w.shape.dim[2 + d] = q->window.kernel[aimci_window_dim(d, n_dims)];
    const aimci_shape b = {1, {q->window.channels}};
    const bool bias = ((const transpose_params *)node->params)->bias;
    static const char *const names[] = {"bias"};
    aimc_status st = aimci_node_put_weight(node, &w, q->groups);
    if (!st && bias)
        st = aimci_node_add_parameter(node, "bias", &b, 0, true);
    if (!st)
        st = aimci_node_check_lines(node, aimci_config_child(node->config, "matrix"));
    return st ? st : aimci_node_init_uniform(node, 1.0f / sqrtf((float)q->size), names, bias);
}

/* PyTorch has the channels first, a patch has them last. */
static size_t order(const aimci_node *node, size_t tensor, size_t k)
{
    const aimci_patches *q = &((const transpose *)node->state)->patches;
    const size_t area = aimci_window_taps(&q->window);
    (void)tensor;
    return k % area * q->channels + k / area;
}

static aimc_status reserve(aimci_node *node, size_t n, aimci_mode mode)
{
    transpose *s = node->state;
    (void)n, (void)mode;
    if (!s->z)
        s->z = aimci_calloc(node->ctx, BLOCK * s->patches.size, sizeof *s->z);
    return s->z ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

static void destroy(aimci_node *node)
{
    aimci_free(node->ctx, ((transpose *)node->state)->z);
}

/* ---- passes --------------------------------------------------------------------------------- */

/* Pixels of one group: x are their channels, at column at of a batch of rows of n_in. */
typedef struct block {
    aimci_node *node;
    const aimci_run *run;
    double lr;
    size_t total, first, n, group, at;
} block;

typedef aimc_status (*block_act)(const block *b, aimc_matrix *m, const float *x);

static aimc_status for_blocks(aimci_node *node, const aimci_run *run, double lr, block_act act)
{
    const transpose *s = node->state;
    const size_t total = run->n * aimci_window_positions(&s->patches.window);
    block b = {.node = node, .run = run, .lr = lr, .total = total};
    aimc_status st = AIMC_OK;
    for (b.first = 0; b.first < total && !st; b.first += BLOCK)
        for (b.group = 0; b.group < s->patches.groups && !st; b.group++) {
            b.n = aimci_min_size(BLOCK, total - b.first);
            b.at = b.first * s->n_in + b.group * s->in_group;
            st = act(&b, node->matrices[b.group].matrix, run->in[0] + b.at);
        }
    return st;
}

static aimc_status forward_block(const block *b, aimc_matrix *m, const float *x)
{
    const transpose *s = b->node->state;
    const aimci_patches *q = &s->patches;
    const aimc_status st = aimci_matrix_forward(m, b->n, x, s->n_in, s->z, q->size);
    if (!st)
        aimci_patches_scatter(q, s->z, b->group, b->first, b->n, b->run->out[0]);
    return st;
}

static void gather_gradients(const block *b)
{
    const transpose *s = b->node->state;
    aimci_patches_gather(b->node->ctx, &s->patches, b->run->d_out[0], b->group, b->first, b->n,
                         s->z);
}

static aimc_status backward_block(const block *b, aimc_matrix *m, const float *x)
{
    const transpose *s = b->node->state;
    gather_gradients(b);
    return aimci_matrix_backward(m, b->n, x, s->n_in, s->z, s->patches.size,
                                 b->run->d_in[0] + b->at, s->n_in);
}

static aimc_status step_block(const block *b, aimc_matrix *m, const float *x)
{
    const transpose *s = b->node->state;
    gather_gradients(b);
    const aimci_batch batch = {.n = b->n,
                               .first = b->first,
                               .total = b->total,
                               .x = x,
                               .d = s->z,
                               .ld_x = s->n_in,
                               .ld_d = s->patches.size};
    return aimci_matrix_step(m, &batch, b->lr);
}

static size_t rows_of(const aimci_node *node, const aimci_run *run)
{
    return run->n * aimci_shape_size(&node->out[0]->shape, 1);
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    memset(run->out[0], 0, run->n * node->out[0]->size * sizeof(float));
    const aimc_status st = for_blocks(node, run, 0, forward_block);
    if (!st)
        aimci_add_rows(aimci_node_parameter(node, "bias"), rows_of(node, run), run->out[0]);
    return st;
}

static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    aimci_add_rows_gradient(aimci_node_parameter(node, "bias"), rows_of(node, run), run->d_out[0]);
    return run->d_in[0] ? for_blocks(node, run, 0, backward_block) : AIMC_OK;
}

static aimc_status step(aimci_node *node, const aimci_run *run, double lr)
{
    return for_blocks(node, run, lr, step_block);
}

static size_t vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                      float *x)
{
    const transpose *s = node->state;
    for (size_t v = 0; x && v < n; v++)
        memcpy(x + v * s->in_group, run->in[0] + (first + v) * s->n_in + k * s->in_group,
               s->in_group * sizeof *x);
    return run->n * aimci_window_positions(&s->patches.window);
}

/* Rows are channels of the input; each has the kernels of all channels that its group makes. */
static size_t channel(const aimci_node *node, size_t row, size_t k)
{
    const transpose *s = node->state;
    const aimci_patches *q = &s->patches;
    const size_t area = aimci_window_taps(&q->window);
    return row / s->in_group * q->channels + k / area;
}

static void describe(const aimci_node *node, aimci_text *text)
{
    const transpose *s = node->state;
    const aimci_patches *q = &s->patches;
    aimci_text_printf(text, ", %zu positions a sample", aimci_window_positions(&q->window));
    if (q->groups > 1)
        aimci_text_printf(text, ", %zu groups of %zu x %zu", q->groups, q->size, s->in_group);
}

#define TRANSPOSE(id, infer_shape)                                                                 \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .layout = AIMCI_CHANNELS_LAST,                                                             \
        .state_size = sizeof(transpose),                                                           \
        .infer = infer_shape,                                                                      \
        .create = create,                                                                          \
        .reserve = reserve,                                                                        \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .step = step,                                                                              \
        .steps_from_values = true,                                                                 \
        .order = order,                                                                            \
        .vectors = vectors,                                                                        \
        .channel = channel,                                                                        \
        .describe = describe,                                                                      \
        .destroy = destroy,                                                                        \
    };
TRANSPOSE(conv_transpose3d, transpose_infer3d)
TRANSPOSE(conv_transpose2d, transpose_infer2d)
TRANSPOSE(conv_transpose1d, transpose_infer1d)
