/* SPDX-License-Identifier: MIT */
/* Pools: the largest or the mean of every window, and of all positions. */
#include <math.h>
#include <string.h>

#include "network/ops/ops.h"

typedef struct pool_params {
    AIMCI_WINDOW_MEMBERS
    bool count_include_pad;
} pool_params;

#define MAX_FIELDS                                                                                 \
    AIMCI_WINDOW_FIELDS(pool_params, "step of the window; empty: its size"),                       \
        AIMCI_DILATION_FIELD(pool_params)
#define AVG_FIELDS                                                                                 \
    AIMCI_WINDOW_FIELDS(pool_params, "step of the window; empty: its size"),                       \
        AIMCI_FLAG(pool_params, count_include_pad, 1,                                              \
                   "padded positions count as zeros; false (and always with same): they do not "   \
                   "count",                                                                        \
                   AIMCI_TORCH)

static const aimci_field max3d_fields[] = {MAX_FIELDS};
AIMCI_DEFINE_KIND(max_pool3d, "op", "largest value of each window of a volume", AIMCI_TORCH,
                  max3d_fields, pool_params, .n_children = 0);
static const aimci_field max2d_fields[] = {MAX_FIELDS};
AIMCI_DEFINE_KIND(max_pool2d, "op", "largest value of each window of an image", AIMCI_TORCH,
                  max2d_fields, pool_params, .n_children = 0);
static const aimci_field max1d_fields[] = {MAX_FIELDS};
AIMCI_DEFINE_KIND(max_pool1d, "op", "largest value of each window of a series", AIMCI_TORCH,
                  max1d_fields, pool_params, .n_children = 0);
static const aimci_field avg3d_fields[] = {AVG_FIELDS};
AIMCI_DEFINE_KIND(avg_pool3d, "op", "mean of each window of a volume", AIMCI_TORCH, avg3d_fields,
                  pool_params, .n_children = 0);
static const aimci_field avg2d_fields[] = {AVG_FIELDS};
AIMCI_DEFINE_KIND(avg_pool2d, "op", "mean of each window of an image", AIMCI_TORCH, avg2d_fields,
                  pool_params, .n_children = 0);
static const aimci_field avg1d_fields[] = {AVG_FIELDS};
AIMCI_DEFINE_KIND(avg_pool1d, "op", "mean of each window of a series", AIMCI_TORCH, avg1d_fields,
                  pool_params, .n_children = 0);
AIMCI_PLAIN_OP_KIND(global_avg_pool, "mean of each channel over all its positions")
AIMCI_PLAIN_OP_KIND(global_max_pool, "largest value of each channel over all its positions")

typedef struct pool {
    aimci_window window;
    bool all_count; /* padded positions count as zeros in means */
} pool;

/* ---- shapes --------------------------------------------------------------------------------- */

static aimc_status infer_dims(aimci_node *node, const aimci_shape *in, size_t n_dims,
                              aimci_shape *out)
{
    pool *p = node->state;
    aimci_window_params params;
    memcpy(&params, node->params, sizeof params);
    if (params.stride.n == 0)
        params.stride = params.kernel;
    const aimc_status st = aimci_window_make(&params, in, n_dims, &p->window);
    for (size_t k = 0; k < AIMCI_WINDOW_DIMS && !st; k++)
        if (p->window.before[k] >= p->window.kernel[k] && p->window.before[k])
            return aimci_fail(AIMC_ERR_INVALID,
                              "a padding of %zu leaves windows of %zu without any input",
                              p->window.before[k], p->window.kernel[k]);
    p->all_count = ((const pool_params *)node->params)->count_include_pad && !params.same;
    *out = *in;
    for (size_t d = 0; d < n_dims; d++)
        out->dim[d + 1] = p->window.out[aimci_window_dim(d, n_dims)];
    return st;
}

AIMCI_INFER_DIMS(pool_infer1d, infer_dims, 1)
AIMCI_INFER_DIMS(pool_infer2d, infer_dims, 2)
AIMCI_INFER_DIMS(pool_infer3d, infer_dims, 3)

/* One window over everything; the output keeps its dimensions, of length 1. */
static aimc_status infer_global(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                                size_t *n_out)
{
    pool *p = node->state;
    (void)n_out;
    if (in[0]->n < 2)
        return aimci_fail(AIMC_ERR_SHAPE, "the input has no positions, only channels");
    p->window = (aimci_window){.channels = in[0]->dim[0],
                               .in = {1, 1, aimci_shape_size(in[0], 1)},
                               .out = {1, 1, 1},
                               .kernel = {1, 1, aimci_shape_size(in[0], 1)},
                               .stride = {1, 1, 1},
                               .dilation = {1, 1, 1}};
    *out = *in[0];
    for (size_t d = 1; d < out->n; d++)
        out->dim[d] = 1;
    return AIMC_OK;
}

/* ---- windows -------------------------------------------------------------------------------- */

/* 1 / positions that a mean is over */
static float share_of(const pool *p, const aimci_place *place)
{
    const size_t all = aimci_window_taps(&p->window);
    size_t within = 1;
    for (size_t d = 0; d < AIMCI_WINDOW_DIMS; d++)
        within *= place->end[d] - place->first[d];
    return 1.0f / (float)(p->all_count ? all : (within ? within : 1));
}

/* ---- largest -------------------------------------------------------------------------------- */

static aimc_status max_forward(aimci_node *node, const aimci_run *run)
{
    const pool *p = node->state;
    const size_t n = p->window.channels, total = run->n * aimci_window_positions(&p->window);
    aimci_place at = aimci_window_place(&p->window, 0);
    for (size_t v = 0; v < total; v++, aimci_window_next(&p->window, &at)) {
        float *y = run->out[0] + v * n;
        for (size_t c = 0; c < n; c++)
            y[c] = -INFINITY;
        AIMCI_FOR_TAPS(&at, k)
        {
            const float *x = run->in[0] + aimci_window_pixel(&p->window, &at, k);
            for (size_t c = 0; c < n; c++)
                y[c] = x[c] > y[c] ? x[c] : y[c];
        }
    }
    return AIMC_OK;
}

enum { MAX_CHANNELS = 64 };

/* The gradients of n channels from number c on, at output number at: each goes to the first of the
 * largest, and nothing is left of it for the others. */
static void give(const aimci_window *w, const aimci_place *place, const aimci_run *run, size_t at,
                 size_t c, size_t n)
{
    const float *y = run->out[0] + at;
    float left[MAX_CHANNELS];
    memcpy(left, run->d_out[0] + at, n * sizeof *left);
    AIMCI_FOR_TAPS(place, k)
    {
        const size_t pixel = aimci_window_pixel(w, place, k) + c;
        const float *x = run->in[0] + pixel;
        float *restrict d = run->d_in[0] + pixel;
        for (size_t i = 0; i < n; i++) {
            d[i] += x[i] == y[i] ? left[i] : 0.0f;
            left[i] = x[i] == y[i] ? 0.0f : left[i];
        }
    }
}

static aimc_status max_backward(aimci_node *node, const aimci_run *run)
{
    const pool *p = node->state;
    const size_t n = p->window.channels, total = run->n * aimci_window_positions(&p->window);
    if (!run->d_in[0])
        return AIMC_OK;
    memset(run->d_in[0], 0, run->n * node->in[0]->size * sizeof(float));
    aimci_place at = aimci_window_place(&p->window, 0);
    for (size_t v = 0; v < total; v++, aimci_window_next(&p->window, &at)) {
        for (size_t c = 0; c < n; c += MAX_CHANNELS)
            give(&p->window, &at, run, v * n + c, c, aimci_min_size(MAX_CHANNELS, n - c));
    }
    return AIMC_OK;
}

/* ---- mean ----------------------------------------------------------------------------------- */

static aimc_status avg_forward(aimci_node *node, const aimci_run *run)
{
    const pool *p = node->state;
    const size_t n = p->window.channels, total = run->n * aimci_window_positions(&p->window);
    aimci_place at = aimci_window_place(&p->window, 0);
    for (size_t v = 0; v < total; v++, aimci_window_next(&p->window, &at)) {
        const float share = share_of(p, &at);
        float *y = run->out[0] + v * n;
        memset(y, 0, n * sizeof *y);
        AIMCI_FOR_TAPS(&at, k)
        {
            const float *x = run->in[0] + aimci_window_pixel(&p->window, &at, k);
            for (size_t c = 0; c < n; c++)
                y[c] += x[c];
        }
        for (size_t c = 0; c < n; c++)
            y[c] *= share;
    }
    return AIMC_OK;
}

static aimc_status avg_backward(aimci_node *node, const aimci_run *run)
{
    const pool *p = node->state;
    const size_t n = p->window.channels, total = run->n * aimci_window_positions(&p->window);
    if (!run->d_in[0])
        return AIMC_OK;
    memset(run->d_in[0], 0, run->n * node->in[0]->size * sizeof(float));
    aimci_place at = aimci_window_place(&p->window, 0);
    for (size_t v = 0; v < total; v++, aimci_window_next(&p->window, &at)) {
        const float share = share_of(p, &at), *d = run->d_out[0] + v * n;
        AIMCI_FOR_TAPS(&at, k)
        {
            float *to = run->d_in[0] + aimci_window_pixel(&p->window, &at, k);
            for (size_t c = 0; c < n; c++)
                to[c] += share * d[c];
        }
    }
    return AIMC_OK;
}

#define POOL(id, infer_shape, way)                                                                 \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .by_samples = true,                                                                        \
        .layout = AIMCI_CHANNELS_LAST,                                                             \
        .state_size = sizeof(pool),                                                                \
        .infer = infer_shape,                                                                      \
        .forward = way##_forward,                                                                  \
        .backward = way##_backward,                                                                \
    };
POOL(max_pool3d, pool_infer3d, max)
POOL(max_pool2d, pool_infer2d, max)
POOL(max_pool1d, pool_infer1d, max)
POOL(avg_pool3d, pool_infer3d, avg)
POOL(avg_pool2d, pool_infer2d, avg)
POOL(avg_pool1d, pool_infer1d, avg)
POOL(global_avg_pool, infer_global, avg)
POOL(global_max_pool, infer_global, max)
