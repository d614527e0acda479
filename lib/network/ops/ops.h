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

/* A window over images of one to three dimensions, channels last: depth, height, width, of which
 * the first are 1 where an image has fewer. */
enum { AIMCI_WINDOW_DIMS = 3 };
typedef struct aimci_window {
    size_t channels, n_dims;
    size_t in[AIMCI_WINDOW_DIMS], out[AIMCI_WINDOW_DIMS], kernel[AIMCI_WINDOW_DIMS],
        stride[AIMCI_WINDOW_DIMS], before[AIMCI_WINDOW_DIMS], after[AIMCI_WINDOW_DIMS],
        dilation[AIMCI_WINDOW_DIMS];
} aimci_window;

/* Which of the window's dimensions is number d of an image of n_dims. */
static inline size_t aimci_window_dim(size_t d, size_t n_dims)
{
    return d + AIMCI_WINDOW_DIMS - n_dims;
}

static inline size_t aimci_window_positions(const aimci_window *w)
{
    return w->out[0] * w->out[1] * w->out[2];
}

/* Positions of the kernel. */
static inline size_t aimci_window_taps(const aimci_window *w)
{
    return w->kernel[0] * w->kernel[1] * w->kernel[2];
}

/* Number d of a list that has one for all dimensions, or one for each. */
size_t aimci_pick(const aimci_list *list, size_t d, size_t fallback);

/* A window of one position that does not move, over an image of this shape [channels][...]; and
 * the window that params tell. */
aimc_status aimci_window_begin(const aimci_shape *in, size_t n_dims, aimci_window *out);
aimc_status aimci_window_make(const aimci_window_params *params, const aimci_shape *in,
                              size_t n_dims, aimci_window *out);

/* infer() of an op over images of n_dims, by a function of any number of dimensions. */
#define AIMCI_INFER_DIMS(name, of_any, n_dims)                                                     \
    static aimc_status name(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,      \
                            size_t *n_out)                                                         \
    {                                                                                              \
        (void)n_out;                                                                               \
        return of_any(node, in[0], n_dims, out);                                                   \
    }

/* An output position of a batch, and first and end, in each dimension, of the kernel positions of
 * its window that lie within the image. */
typedef struct aimci_place {
    size_t sample, at[AIMCI_WINDOW_DIMS];
    size_t first[AIMCI_WINDOW_DIMS], end[AIMCI_WINDOW_DIMS];
} aimci_place;

/* Output number v of the batch; the one after p. */
aimci_place aimci_window_place(const aimci_window *w, size_t v);
void aimci_window_next(const aimci_window *w, aimci_place *p);

/* Goes through the kernel positions of the place that lie within the image: size_t k[3]. */
#define AIMCI_FOR_TAPS(place, k)                                                                   \
    for (size_t k[3] = {(place)->first[0]}; k[0] < (place)->end[0]; k[0]++)                        \
        for (k[1] = (place)->first[1]; k[1] < (place)->end[1]; k[1]++)                             \
            for (k[2] = (place)->first[2]; k[2] < (place)->end[2]; k[2]++)

/* Number of kernel position k. */
static inline size_t aimci_window_tap(const aimci_window *w, const size_t k[3])
{
    return (k[0] * w->kernel[1] + k[1]) * w->kernel[2] + k[2];
}

/* Offset in the batch of images of the pixel under kernel position k. */
static inline size_t aimci_window_pixel(const aimci_window *w, const aimci_place *p,
                                        const size_t k[3])
{
    size_t pixel = p->sample;
    for (size_t d = 0; d < AIMCI_WINDOW_DIMS; d++)
        pixel = pixel * w->in[d] + p->at[d] * w->stride[d] + k[d] * w->dilation[d] - w->before[d];
    return pixel * w->channels;
}

/* Windows as vectors [kernel positions][channel] of the channels of one group (patches.c). */
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

/* ---- depthwise convolutions in floating point (depthwise.c) --------------------------------- */

/* Batches of n images x, outputs y and their gradients; taps and their gradient are
 * [kernel positions][channels]. dx and gradient are added to. */
void aimci_depthwise_forward(aimc_context *ctx, const aimci_window *w, size_t n, const float *taps,
                             const float *x, float *y);
void aimci_depthwise_backward(aimc_context *ctx, const aimci_window *w, size_t n, const float *taps,
                              const float *d, float *dx);
void aimci_depthwise_gradient(const aimci_window *w, size_t n, const float *x, const float *d,
                              float *gradient);

#endif
