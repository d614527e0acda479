/* SPDX-License-Identifier: MIT */
/* Convolutions: the same matrix W [out_channels][window] for the window at every output position,
 * by blocks of positions. With groups, one matrix for each group of channels. */
#include <math.h>
#include <string.h>

#include "network/ops/ops.h"

typedef struct conv_params {
    AIMCI_WINDOW_MEMBERS
    int64_t out_channels, groups;
    bool bias;
} conv_params;

#define CONV_FIELDS                                                                                \
    AIMCI_INTEGER(conv_params, out_channels, 1, 1, 1048576, "1", "filters", AIMCI_TORCH),          \
        AIMCI_WINDOW_FIELDS(conv_params, "step of the window; empty: 1"),                          \
        AIMCI_DILATION_FIELD(conv_params),                                                         \
        AIMCI_INTEGER(conv_params, groups, 1, 1, 1048576, "1",                                     \
                      "groups of channels that see nothing of each other; as many as there are "   \
                      "channels: depthwise",                                                       \
                      AIMCI_TORCH),                                                                \
        AIMCI_FLAG(conv_params, bias, 1, "add a bias", AIMCI_TORCH), AIMCI_MATRIX_FIELD(0)

static const aimci_field conv3d_fields[] = {CONV_FIELDS};
AIMCI_DEFINE_KIND(conv3d, "op", "convolution of volumes [channels][depth][height][width]",
                  AIMCI_TORCH, conv3d_fields, conv_params, .n_children = 1);
static const aimci_field conv2d_fields[] = {CONV_FIELDS};
AIMCI_DEFINE_KIND(conv2d, "op", "convolution of images [channels][height][width]", AIMCI_TORCH,
                  conv2d_fields, conv_params, .n_children = 1);
static const aimci_field conv1d_fields[] = {CONV_FIELDS};
AIMCI_DEFINE_KIND(conv1d, "op", "convolution of series [channels][length]", AIMCI_TORCH,
                  conv1d_fields, conv_params, .n_children = 1);

/* Vectors that go through a matrix at once: whole chunks of 64 for each of some threads. */
enum { BLOCK = 512 };

typedef struct conv {
    aimci_patches patches; /* the vectors that go into the matrices */
    size_t out_group;      /* filters of a group */
    bool direct;           /* the vectors are the pixels themselves */
    float *taps;           /* [window][channels]: depthwise; else NULL */
} conv;

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status set_groups(conv *c, const conv_params *p)
{
    c->patches.groups = (size_t)p->groups;
    if (c->patches.window.channels % c->patches.groups != 0 ||
        (size_t)p->out_channels % c->patches.groups != 0)
        return aimci_fail(AIMC_ERR_SHAPE,
                          "%zu channels and %zu filters are not multiples of %zu groups",
                          c->patches.window.channels, (size_t)p->out_channels, c->patches.groups);
    c->patches.channels = c->patches.window.channels / c->patches.groups;
    c->out_group = (size_t)p->out_channels / c->patches.groups;
    c->patches.size = c->patches.channels * aimci_window_taps(&c->patches.window);
    return AIMC_OK;
}

static aimc_status infer_dims(aimci_node *node, const aimci_shape *in, size_t n_dims,
                              aimci_shape *out)
{
    const conv_params *p = node->params;
    conv *c = node->state;
    aimc_status st = aimci_window_make(node->params, in, n_dims, &c->patches.window);
    if (!st)
        st = set_groups(c, p);
    const aimci_window *w = &c->patches.window;
    c->direct = c->patches.groups == 1 && aimci_window_taps(w) == 1;
    for (size_t d = 0; d < AIMCI_WINDOW_DIMS; d++)
        c->direct = c->direct && w->stride[d] == 1 && w->out[d] == w->in[d];
    out->n = n_dims + 1;
    out->dim[0] = (size_t)p->out_channels;
    for (size_t d = 0; d < n_dims; d++)
        out->dim[d + 1] = w->out[aimci_window_dim(d, n_dims)];
    return st;
}

AIMCI_INFER_DIMS(conv_infer1d, infer_dims, 1)
AIMCI_INFER_DIMS(conv_infer2d, infer_dims, 2)
AIMCI_INFER_DIMS(conv_infer3d, infer_dims, 3)

/* [out_channels][channels of a group][kernel ...], W, b ~ U(-1, 1) / sqrt(n_in) */
static aimc_status create(aimci_node *node)
{
    const conv *c = node->state;
    const conv_params *p = node->params;
    const size_t n_out = c->patches.groups * c->out_group, n_dims = c->patches.window.n_dims;
    aimci_shape w = {2 + n_dims, {n_out, c->patches.channels}};
    for (size_t d = 0; d < n_dims; d++)
        w.dim[2 + d] = c->patches.window.kernel[aimci_window_dim(d, n_dims)];
    static const char *const names[] = {"bias"};
    aimc_status st = aimci_node_add_weight(node, "weight", p->bias ? "bias" : NULL, &w,
                                           c->patches.groups, n_out, c->patches.size);
    return st ? st
              : aimci_node_init_uniform(node, 1.0f / sqrtf((float)c->patches.size), names, p->bias);
}

/* PyTorch has the channels first, a window has them last. */
static size_t order(const aimci_node *node, size_t tensor, size_t k)
{
    const conv *c = node->state;
    const size_t area = aimci_window_taps(&c->patches.window);
    (void)tensor;
    return k % area * c->patches.channels + k / area;
}

static aimc_status reserve(aimci_node *node, size_t n, aimci_mode mode)
{
    conv *c = node->state;
    (void)n;
    if (c->direct)
        return AIMC_OK;
    if (!c->taps && c->patches.channels * c->out_group == 1 && c->patches.groups > 1) {
        c->taps = aimci_calloc(node->ctx, c->patches.size * c->patches.groups, sizeof *c->taps);
        if (!c->taps)
            return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    }
    /* windows, and gradients of them */
    return aimci_network_reserve_scratch(node->net,
                                         c->patches.size * BLOCK * (mode == AIMCI_TRAIN ? 2u : 1u));
}

static void destroy(aimci_node *node)
{
    conv *c = node->state;
    aimci_free(node->ctx, c->taps);
}

/* ---- depthwise ------------------------------------------------------------------------------ */

/* One channel a group on both sides, and weights in floating point: no matrix is needed. */
static bool is_depthwise(const aimci_node *node)
{
    const conv *c = node->state;
    return c->taps && node->matrices[0].matrix->digital;
}

/* Rows of one weight, one of each matrix, or of its gradient: into taps, and back. */
static void move_taps(const aimci_node *node, bool gradient, bool back)
{
    const conv *c = node->state;
    for (size_t g = 0; g < c->patches.groups; g++) {
        const aimci_digital *m = node->matrices[g].matrix->digital;
        float *rows = gradient ? m->gradient : m->w;
        for (size_t j = 0; j < c->patches.size; j++) {
            float *own = rows + j * aimci_leading_dimension(1),
                  *tap = c->taps + j * c->patches.groups + g;
            *(back ? own : tap) = *(back ? tap : own);
        }
    }
}

/* ---- passes --------------------------------------------------------------------------------- */

typedef struct pass {
    aimci_node *node;
    const conv *conv;
    const aimci_run *run;
    double lr;
    size_t total; /* vectors of the batch */
    bool blind;   /* nobody looks at the vectors */
} pass;

/* Windows first ... first + n - 1 of the batch, of one group. */
typedef struct block {
    size_t first, n, group;
} block;

/* What is done to a block and its vectors x. */
typedef aimc_status (*block_act)(const pass *p, const block *b, aimc_matrix *m, const float *x);

static aimc_status for_blocks(const pass *p, block_act act)
{
    const aimci_patches *q = &p->conv->patches;
    float *x = p->node->net->scratch;
    for (size_t first = 0; first < p->total; first += BLOCK)
        for (size_t g = 0; g < q->groups; g++) {
            const block b = {first, aimci_min_size(BLOCK, p->total - first), g};
            if (!p->conv->direct && !p->blind)
                aimci_patches_gather(p->node->ctx, q, p->run->in[0], g, first, b.n, x);
            const aimc_status st = act(p, &b, p->node->matrices[g].matrix,
                                       p->conv->direct ? p->run->in[0] + first * q->size : x);
            if (st)
                return st;
        }
    return AIMC_OK;
}

/* Channels of all groups lie side by side. */
static size_t width(const pass *p)
{
    return p->conv->patches.groups * p->conv->out_group;
}

static size_t column(const pass *p, const block *b)
{
    return b->first * width(p) + b->group * p->conv->out_group;
}

static aimc_status forward_block(const pass *p, const block *b, aimc_matrix *m, const float *x)
{
    return aimci_matrix_forward(m, b->n, x, p->conv->patches.size, p->run->out[0] + column(p, b),
                                width(p));
}

static aimc_status backward_block(const pass *p, const block *b, aimc_matrix *m, const float *x)
{
    const aimci_patches *q = &p->conv->patches;
    float *z = p->conv->direct ? p->run->d_in[0] + b->first * q->size
                               : p->node->net->scratch + BLOCK * q->size;
    const aimc_status st = aimci_matrix_backward(
        m, b->n, x, q->size, p->run->d_out[0] + column(p, b), width(p), z, q->size);
    if (!st && !p->conv->direct)
        aimci_patches_scatter(q, z, b->group, b->first, b->n, p->run->d_in[0]);
    return st;
}

static aimc_status step_block(const pass *p, const block *b, aimc_matrix *m, const float *x)
{
    const aimci_batch batch = {.n = b->n,
                               .first = b->first,
                               .total = p->total,
                               .x = x,
                               .d = p->run->d_out[0] + column(p, b),
                               .ld_x = p->conv->patches.size,
                               .ld_d = width(p)};
    return aimci_matrix_step(m, &batch, p->lr);
}

static pass pass_of(aimci_node *node, const aimci_run *run, double lr)
{
    const conv *c = node->state;
    return (pass){node, c, run, lr, run->n * aimci_window_positions(&c->patches.window), false};
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const pass p = pass_of(node, run, 0);
    const conv *c = node->state;
    aimc_status st = AIMC_OK;
    if (is_depthwise(node)) {
        move_taps(node, false, false);
        aimci_depthwise_forward(node->ctx, &c->patches.window, run->n, c->taps, run->in[0],
                                run->out[0]);
    } else {
        st = for_blocks(&p, forward_block);
    }
    if (!st)
        aimci_add_rows(aimci_node_bias(node, "bias"), p.total, run->out[0]);
    return st;
}

/* The way back looks at inputs for hardware-aware training alone. */
static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    pass p = pass_of(node, run, 0);
    const conv *c = node->state;
    p.blind = !node->matrices[0].matrix->hwa;
    aimci_add_rows_gradient(aimci_node_bias(node, "bias"), p.total, run->d_out[0]);
    if (!run->d_in[0])
        return AIMC_OK;
    memset(run->d_in[0], 0, run->n * node->in[0]->size * sizeof(float));
    if (!is_depthwise(node))
        return for_blocks(&p, backward_block);
    move_taps(node, false, false);
    aimci_depthwise_backward(node->ctx, &c->patches.window, run->n, c->taps, run->d_out[0],
                             run->d_in[0]);
    return AIMC_OK;
}

static aimc_status step(aimci_node *node, const aimci_run *run, double lr)
{
    const pass p = pass_of(node, run, lr);
    const conv *c = node->state;
    if (!is_depthwise(node))
        return for_blocks(&p, step_block);
    move_taps(node, true, false);
    aimci_depthwise_gradient(&c->patches.window, run->n, run->in[0], run->d_out[0], c->taps);
    move_taps(node, true, true);
    return AIMC_OK;
}

static size_t vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                      float *x)
{
    const conv *c = node->state;
    if (x)
        aimci_patches_gather_some(&c->patches, run->in[0], k, first, n, x);
    return run->n * aimci_window_positions(&c->patches.window);
}

static size_t channel(const aimci_node *node, size_t row, size_t k)
{
    (void)node, (void)k;
    return row;
}

static void describe(const aimci_node *node, aimci_text *text)
{
    const conv *c = node->state;
    const aimci_window *w = &c->patches.window;
    aimci_text_printf(text, ", %zu positions a sample", aimci_window_positions(w));
    if (c->patches.groups > 1)
        aimci_text_printf(text, ", %zu groups of %zu x %zu", c->patches.groups, c->out_group,
                          c->patches.size);
}

#define CONV(id, infer_shape)                                                                      \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .layout = AIMCI_CHANNELS_LAST,                                                             \
        .state_size = sizeof(conv),                                                                \
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
CONV(conv3d, conv_infer3d)
CONV(conv2d, conv_infer2d)
CONV(conv1d, conv_infer1d)
