/* SPDX-License-Identifier: MIT */
/* What ops share. */
#ifndef AIMCI_OPS_H
#define AIMCI_OPS_H

#include "network/graph.h"

#define AIMCI_TORCH "definitions, defaults and initial values of PyTorch 1.13, torch.nn"

/* The configuration of an op's matrices, as child number index of its kind. */
#define AIMCI_MATRIX_FIELD(index)                                                                  \
    AIMCI_CHILD("matrix", index, "layer", "digital",                                               \
                "what the matrix lies on: \"digital\", or a configuration of kind \"layer\"",      \
                AIMCI_TORCH)

/* y[rows][n] += b of n numbers, and the gradient of that; b NULL: nothing. */
void aimci_add_rows(const aimci_parameter *b, size_t rows, float *y);
void aimci_add_rows_gradient(const aimci_parameter *b, size_t rows, const float *d);

/* Factors of dropout number which of the node in this training pass: 0 with probability p, else
 * 1 / (1 - p). The node counts its passes itself. */
void aimci_dropout_draw(const aimci_node *node, double p, size_t which, size_t n, float *keep);

/* The next n floats of a node's buffers, which lie in one pool; without one they are only
 * counted. */
static inline float *aimci_pool_part(float *pool, size_t *at, size_t n)
{
    float *p = pool ? pool + *at : NULL;
    *at += aimci_round_up(n, 16);
    return p;
}

/* The output has the shape of the first input. */
aimc_status aimci_same_shape(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                             size_t *n_out);

/* A kind of an op that has no fields. */
#define AIMCI_PLAIN_OP_KIND(id, meaning)                                                           \
    const aimci_kind aimci_kind_##id = {                                                           \
        .name = #id, .category = "op", .doc = meaning, .source = AIMCI_TORCH, .size = 1};

/* ---- windows (windows.c): what convolutions and pools share --------------------------------- */

enum { AIMCI_SAME_NO, AIMCI_SAME_UPPER, AIMCI_SAME_LOWER };

/* Values of a window, the first of the params of its op. A list holds a number for each
 * dimension of the image, or one for all. */
#define AIMCI_WINDOW_MEMBERS                                                                       \
    aimci_list kernel, stride, padding, dilation;                                                  \
    int32_t same;
typedef struct aimci_window_params {
    AIMCI_WINDOW_MEMBERS
} aimci_window_params;

#define AIMCI_WINDOW_FIELDS(T, strides)                                                            \
    AIMCI_NUMBERS(T, kernel, 0, 1, 65536, "positions", "size of the window", AIMCI_TORCH),         \
        AIMCI_NUMBERS(T, stride, 0, 1, 65536, "positions", strides, AIMCI_TORCH),                  \
        AIMCI_NUMBERS(T, padding, 0, 0, 65536, "positions",                                        \
                      "added on both sides, of all dimensions or of each; with twice as many "     \
                      "numbers as dimensions: before and after each",                              \
                      AIMCI_TORCH),                                                                \
        AIMCI_CHOICE(                                                                              \
            T, same, AIMCI_SAME_NO, 2, "NO|UPPER|LOWER",                                           \
            "as many outputs as inputs divided by the stride, by padding of which an odd "         \
            "position comes after (UPPER, TensorFlow's \"same\") or before (LOWER)",               \
            AIMCI_TORCH)
#define AIMCI_DILATION_FIELD(T)                                                                    \
    AIMCI_NUMBERS(T, dilation, 0, 1, 65536, "positions",                                           \
                  "distance of the positions that a window looks at; empty: 1", AIMCI_TORCH)

/* A window over images of up to two dimensions (one: height 1), channels last. */
typedef struct aimci_window {
    size_t channels, n_dims;
    size_t in[2], out[2]; /* height, width */
    size_t kernel[2], stride[2], before[2], after[2], dilation[2];
} aimci_window;

/* The window over an image of this shape [channels][...]. */
aimc_status aimci_window_make(const aimci_window_params *params, const aimci_shape *in,
                              size_t n_dims, aimci_window *out);

/* An output position of a batch, and the kernel rows and columns, first and end, of its window that
 * lie within the image. */
typedef struct aimci_place {
    size_t sample, row, col;
    size_t y[2], x[2];
} aimci_place;

/* Output number v of the batch; the one after p. */
aimci_place aimci_window_place(const aimci_window *w, size_t v);
void aimci_window_next(const aimci_window *w, aimci_place *p);

/* Offset in the batch of images of the pixel under kernel position (ky, kx). */
static inline size_t aimci_window_pixel(const aimci_window *w, const aimci_place *p, size_t ky,
                                        size_t kx)
{
    const size_t y = p->row * w->stride[0] + ky * w->dilation[0] - w->before[0];
    const size_t x = p->col * w->stride[1] + kx * w->dilation[1] - w->before[1];
    return ((p->sample * w->in[0] + y) * w->in[1] + x) * w->channels;
}

/* Windows as vectors [ky][kx][channel] of the channels of one group (patches.c). */
typedef struct aimci_patches {
    aimci_window window;
    size_t groups, channels, size; /* channels of a group; numbers of a vector */
} aimci_patches;

/* Windows first ... first + n - 1 of a batch of images, zeros outside of it: on this thread, and on
 * all of the context. */
void aimci_patches_gather_some(const aimci_patches *p, const float *image, size_t group,
                               size_t first, size_t n, float *to);
void aimci_patches_gather(aimc_context *ctx, const aimci_patches *p, const float *image,
                          size_t group, size_t first, size_t n, float *to);

/* Vectors added up in the images where their windows lie, in the order of the windows. */
void aimci_patches_scatter(const aimci_patches *p, const float *from, size_t group, size_t first,
                           size_t n, float *image);

static inline size_t aimci_window_positions(const aimci_window *w)
{
    return w->out[0] * w->out[1];
}

/* ---- depthwise convolutions in floating point (depthwise.c) --------------------------------- */

/* Batches of n images x, outputs y and their gradients; taps and their gradient are
 * [kernel rows][kernel columns][channels]. dx and gradient are added to. */
void aimci_depthwise_forward(aimc_context *ctx, const aimci_window *w, size_t n, const float *taps,
                             const float *x, float *y);
void aimci_depthwise_backward(aimc_context *ctx, const aimci_window *w, size_t n, const float *taps,
                              const float *d, float *dx);
void aimci_depthwise_gradient(const aimci_window *w, size_t n, const float *x, const float *d,
                              float *gradient);

#endif
