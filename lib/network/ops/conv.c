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
        AIMCI_FLAG(conv_params, bias, 1, "add a digital bias", AIMCI_TORCH), AIMCI_MATRIX_FIELD(0)

static const aimci_field conv2d_fields[] = {CONV_FIELDS};
AIMCI_DEFINE_KIND(conv2d, "op", "convolution of images [channels][height][width]", AIMCI_TORCH,
                  conv2d_fields, conv_params, .n_children = 1);
static const aimci_field conv1d_fields[] = {CONV_FIELDS};
AIMCI_DEFINE_KIND(conv1d, "op", "convolution of series [channels][length]", AIMCI_TORCH,
                  conv1d_fields, conv_params, .n_children = 1);

/* Vectors that go through a matrix at once: whole chunks of 64 for each of some threads. */
enum { BLOCK = 512 };

typedef struct conv {
    aimci_window window;
    size_t groups, in_group, out_group; /* channels of a group on each side */
    size_t n_in;                        /* of a matrix: window times channels of a group */
    bool direct;                        /* the vectors are the pixels themselves */
    float *taps;                        /* [n_in][channels]: depthwise; else NULL */
} conv;

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status set_groups(conv *c, const conv_params *p)
{
    c->groups = (size_t)p->groups;
    if (c->window.channels % c->groups != 0 || (size_t)p->out_channels % c->groups != 0)
        return aimci_fail(AIMC_ERR_SHAPE,
                          "%zu channels and %zu filters are not multiples of %zu groups",
                          c->window.channels, (size_t)p->out_channels, c->groups);
    c->in_group = c->window.channels / c->groups;
    c->out_group = (size_t)p->out_channels / c->groups;
    c->n_in = c->in_group * c->window.kernel[0] * c->window.kernel[1];
    return AIMC_OK;
}

static aimc_status infer_dims(aimci_node *node, const aimci_shape *in, size_t n_dims,
                              aimci_shape *out)
{
    const conv_params *p = node->params;
    conv *c = node->state;
    aimc_status st = aimci_window_make(node->params, in, n_dims, &c->window);
    if (!st)
        st = set_groups(c, p);
    const aimci_window *w = &c->window;
    c->direct = c->groups == 1 && w->kernel[0] * w->kernel[1] == 1 &&
                w->stride[0] * w->stride[1] == 1 && w->out[0] == w->in[0] && w->out[1] == w->in[1];
    out->n = n_dims + 1;
    out->dim[0] = (size_t)p->out_channels;
    for (size_t d = 0; d < n_dims; d++)
        out->dim[d + 1] = w->out[d + 2 - n_dims];
    return st;
}

static aimc_status infer2d(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                           size_t *n_out)
{
    (void)n_out;
    return infer_dims(node, in[0], 2, out);
}

static aimc_status infer1d(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                           size_t *n_out)
{
    (void)n_out;
    return infer_dims(node, in[0], 1, out);
}

/* [out_channels][channels of a group][kernel ...], W, b ~ U(-1, 1) / sqrt(n_in) */
static aimc_status create(aimci_node *node)
{
    const conv *c = node->state;
    const conv_params *p = node->params;
    const size_t n_out = c->groups * c->out_group, n_dims = c->window.n_dims;
    aimci_shape w = {2 + n_dims, {n_out, c->in_group}};
    for (size_t d = 0; d < n_dims; d++)
        w.dim[2 + d] = c->window.kernel[d + 2 - n_dims];
    const aimci_shape b = {1, {n_out}};
    static const char *const names[] = {"bias"};
    aimc_status st = aimci_node_add_weight(node, "weight", &w, c->groups, n_out, c->n_in);
    if (!st && p->bias)
        st = aimci_node_add_parameter(node, "bias", &b, 0, true);
    return st ? st : aimci_node_init_uniform(node, 1.0f / sqrtf((float)c->n_in), names, p->bias);
}

/* PyTorch has the channels first, a window has them last. */
static size_t order(const aimci_node *node, size_t tensor, size_t k)
{
    const conv *c = node->state;
    const size_t area = c->window.kernel[0] * c->window.kernel[1];
    (void)tensor;
    return k % area * c->in_group + k / area;
}

static aimc_status reserve(aimci_node *node, size_t n, aimci_mode mode)
{
    conv *c = node->state;
    (void)n;
    if (c->direct)
        return AIMC_OK;
    if (!c->taps && c->in_group * c->out_group == 1 && c->groups > 1) {
        c->taps = aimci_calloc(node->ctx, c->n_in * c->groups, sizeof *c->taps);
        if (!c->taps)
            return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    }
    /* windows, and gradients of them */
    return aimci_network_reserve_scratch(node->net,
                                         c->n_in * BLOCK * (mode == AIMCI_TRAIN ? 2u : 1u));
}

static void destroy(aimci_node *node)
{
    conv *c = node->state;
    aimci_free(node->ctx, c->taps);
}

/* ---- windows to vectors and back ------------------------------------------------------------ */

/* Windows of m outputs from number v of the batch on, of one group. */
typedef struct block {
    const conv *c;
    const float *image; /* of the whole batch */
    float *d_image;
    float *x, *z; /* [n][n_in]: windows, and gradients of them */
    size_t first, n, group;
} block;

/* One window as a vector [ky][kx][channel], zeros outside of the image. */
static void gather_one(const block *b, const aimci_place *p, float *to)
{
    const conv *c = b->c;
    const aimci_window *w = &c->window;
    const size_t n = c->in_group, row = w->kernel[1] * n, columns = p->x[1] - p->x[0];
    const float *image = b->image + b->group * n;
    if (columns * (p->y[1] - p->y[0]) < w->kernel[0] * w->kernel[1])
        memset(to, 0, c->n_in * sizeof *to);
    for (size_t ky = p->y[0]; ky < p->y[1] && columns; ky++) {
        float *at = to + ky * row + p->x[0] * n;
        const float *from = image + aimci_window_pixel(w, p, ky, p->x[0]);
        if (c->groups == 1 && w->dilation[1] == 1)
            memcpy(at, from, columns * n * sizeof *to);
        else
            for (size_t k = 0; k < columns; k++, from += w->dilation[1] * w->channels, at += n)
                for (size_t i = 0; i < n; i++)
                    at[i] = from[i];
    }
}

/* Windows first ... first + n - 1 of the batch, into x. */
static void gather_some(const block *b, size_t first, size_t n, float *x)
{
    const aimci_window *w = &b->c->window;
    aimci_place p = aimci_window_place(w, first);
    for (size_t v = 0; v < n; v++, aimci_window_next(w, &p))
        gather_one(b, &p, x + v * b->c->n_in);
}

enum { CHUNK = 64 };

static void gather_chunk(void *arg, size_t slot, size_t chunk)
{
    const block *b = arg;
    const size_t first = chunk * CHUNK;
    (void)slot;
    gather_some(b, b->first + first, aimci_min_size(CHUNK, b->n - first),
                b->x + first * b->c->n_in);
}

static void gather(aimc_context *ctx, block *b)
{
    aimci_parallel(ctx, (b->n + CHUNK - 1) / CHUNK, gather_chunk, b);
}

/* Gradients of windows are added up in the image, in the order of the windows. */
static void scatter(const block *b)
{
    const conv *c = b->c;
    const aimci_window *w = &c->window;
    const size_t n = c->in_group;
    aimci_place p = aimci_window_place(w, b->first);
    for (size_t v = 0; v < b->n; v++, aimci_window_next(w, &p))
        for (size_t ky = p.y[0]; ky < p.y[1]; ky++)
            for (size_t kx = p.x[0]; kx < p.x[1]; kx++) {
                float *restrict to = b->d_image + aimci_window_pixel(w, &p, ky, kx) + b->group * n;
                const float *d = b->z + v * c->n_in + (ky * w->kernel[1] + kx) * n;
                for (size_t i = 0; i < n; i++)
                    to[i] += d[i];
            }
}

/* ---- depthwise -------------------------------------------------------------------------------- */

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
    for (size_t g = 0; g < c->groups; g++) {
        const aimci_digital *m = node->matrices[g].matrix->digital;
        float *rows = gradient ? m->gradient : m->w;
        for (size_t j = 0; j < c->n_in; j++) {
            float *own = rows + j * aimci_leading_dimension(1), *tap = c->taps + j * c->groups + g;
            *(back ? own : tap) = *(back ? tap : own);
        }
    }
}

/* ---- passes --------------------------------------------------------------------------------- */

typedef struct pass {
    aimci_node *node;
    const aimci_run *run;
    double lr;
    size_t total; /* vectors of the batch */
} pass;

/* What is done to one block of a group: vectors x, and outputs or their gradients from column col
 * on. */
typedef aimc_status (*block_act)(const pass *p, block *b, aimc_matrix *m, const float *x);

static aimc_status for_blocks(const pass *p, block_act act)
{
    const conv *c = p->node->state;
    block b = {.c = c, .image = p->run->in[0], .x = p->node->net->scratch};
    for (size_t first = 0; first < p->total; first += BLOCK)
        for (size_t g = 0; g < c->groups; g++) {
            b.first = first;
            b.n = aimci_min_size(BLOCK, p->total - first);
            b.group = g;
            b.d_image = p->run->d_in ? p->run->d_in[0] : NULL;
            if (!c->direct)
                gather(p->node->ctx, &b);
            const float *x = c->direct ? b.image + first * c->n_in : b.x;
            const aimc_status st = act(p, &b, p->node->matrices[g].matrix, x);
            if (st)
                return st;
        }
    return AIMC_OK;
}

/* Channels of all groups lie side by side. */
static size_t column(const block *b)
{
    return b->first * b->c->groups * b->c->out_group + b->group * b->c->out_group;
}

static size_t width(const block *b)
{
    return b->c->groups * b->c->out_group;
}

static aimc_status forward_block(const pass *p, block *b, aimc_matrix *m, const float *x)
{
    return aimci_matrix_forward(m, b->n, x, b->c->n_in, p->run->out[0] + column(b), width(b));
}

static aimc_status backward_block(const pass *p, block *b, aimc_matrix *m, const float *x)
{
    b->z = b->c->direct ? b->d_image + b->first * b->c->n_in : b->x + BLOCK * b->c->n_in;
    const aimc_status st = aimci_matrix_backward(
        m, b->n, x, b->c->n_in, p->run->d_out[0] + column(b), width(b), b->z, b->c->n_in);
    if (!st && !b->c->direct)
        scatter(b);
    return st;
}

static aimc_status step_block(const pass *p, block *b, aimc_matrix *m, const float *x)
{
    const aimci_batch batch = {.n = b->n,
                               .first = b->first,
                               .total = p->total,
                               .x = x,
                               .d = p->run->d_out[0] + column(b),
                               .ld_x = b->c->n_in,
                               .ld_d = width(b)};
    return aimci_matrix_step(m, &batch, p->lr);
}

static pass pass_of(aimci_node *node, const aimci_run *run, double lr)
{
    const conv *c = node->state;
    return (pass){node, run, lr, run->n * aimci_window_positions(&c->window)};
}

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const pass p = pass_of(node, run, 0);
    const conv *c = node->state;
    aimc_status st = AIMC_OK;
    if (is_depthwise(node)) {
        move_taps(node, false, false);
        aimci_depthwise_forward(node->ctx, &c->window, run->n, c->taps, run->in[0], run->out[0]);
    } else {
        st = for_blocks(&p, forward_block);
    }
    if (!st)
        aimci_add_bias(node, p.total, c->groups * c->out_group, run->out[0]);
    return st;
}

static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    const pass p = pass_of(node, run, 0);
    const conv *c = node->state;
    aimci_add_bias_gradient(node, p.total, c->groups * c->out_group, run->d_out[0]);
    if (!run->d_in[0])
        return AIMC_OK;
    memset(run->d_in[0], 0, run->n * node->in[0]->size * sizeof(float));
    if (!is_depthwise(node))
        return for_blocks(&p, backward_block);
    move_taps(node, false, false);
    aimci_depthwise_backward(node->ctx, &c->window, run->n, c->taps, run->d_out[0], run->d_in[0]);
    return AIMC_OK;
}

static aimc_status step(aimci_node *node, const aimci_run *run, double lr)
{
    const pass p = pass_of(node, run, lr);
    const conv *c = node->state;
    if (!is_depthwise(node))
        return for_blocks(&p, step_block);
    move_taps(node, true, false);
    aimci_depthwise_gradient(&c->window, run->n, run->in[0], run->d_out[0], c->taps);
    move_taps(node, true, true);
    return AIMC_OK;
}

static size_t vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                      float *x)
{
    const conv *c = node->state;
    const block b = {.c = c, .image = run->in[0], .group = k};
    if (x)
        gather_some(&b, first, n, x);
    return run->n * aimci_window_positions(&c->window);
}

static void describe(const aimci_node *node, aimci_text *text)
{
    const conv *c = node->state;
    const aimci_window *w = &c->window;
    aimci_text_printf(text, ", %zu positions a sample", aimci_window_positions(w));
    if (c->groups > 1)
        aimci_text_printf(text, ", %zu groups of %zu x %zu", c->groups, c->out_group, c->n_in);
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
        .order = order,                                                                            \
        .vectors = vectors,                                                                        \
        .describe = describe,                                                                      \
        .destroy = destroy,                                                                        \
    };
CONV(conv2d, infer2d)
CONV(conv1d, infer1d)
