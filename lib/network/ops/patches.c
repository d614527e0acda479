/* SPDX-License-Identifier: MIT */
/* Windows of images as vectors, and back: what convolutions share. */
#include <string.h>

#include "network/ops/ops.h"

/* Where a window begins: the sample's image, and the ranges of its rows and columns in it. */
typedef struct place {
    size_t sample, y0[2], x0[2]; /* first and end of kernel rows, and columns */
    size_t row, col;             /* position */
} place;

static place find_place(const aimci_patches *p, size_t v)
{
    const aimci_window *w = &p->window;
    const size_t positions = aimci_window_positions(w), at = v % positions;
    place q = {.sample = v / positions, .row = at / w->out[1], .col = at % w->out[1]};
    aimci_window_range(w, 0, q.row, &q.y0[0], &q.y0[1]);
    aimci_window_range(w, 1, q.col, &q.x0[0], &q.x0[1]);
    return q;
}

/* Offset of kernel position (ky, kx) of a window in the batch of images. */
static size_t offset_of(const aimci_patches *p, const place *q, size_t ky, size_t kx, size_t group)
{
    const aimci_window *w = &p->window;
    const size_t y = q->row * w->stride[0] + ky * w->dilation[0] - w->before[0];
    const size_t x = q->col * w->stride[1] + kx * w->dilation[1] - w->before[1];
    return ((q->sample * w->in[0] + y) * w->in[1] + x) * w->channels + group * p->channels;
}

void aimci_patches_gather_one(const aimci_patches *p, const float *image, size_t group, size_t v,
                              float *to)
{
    const aimci_window *w = &p->window;
    const place q = find_place(p, v);
    const size_t n = p->channels, row = w->kernel[1] * n;
    const bool joined = p->groups == 1 && w->dilation[1] == 1;
    for (size_t ky = 0; ky < w->kernel[0]; ky++, to += row) {
        if (ky < q.y0[0] || ky >= q.y0[1] || q.x0[0] == q.x0[1]) {
            memset(to, 0, row * sizeof *to);
            continue;
        }
        memset(to, 0, q.x0[0] * n * sizeof *to);
        memset(to + q.x0[1] * n, 0, (w->kernel[1] - q.x0[1]) * n * sizeof *to);
        if (joined)
            memcpy(to + q.x0[0] * n, image + offset_of(p, &q, ky, q.x0[0], 0),
                   (q.x0[1] - q.x0[0]) * n * sizeof *to);
        for (size_t kx = q.x0[0]; kx < q.x0[1] && !joined; kx++)
            memcpy(to + kx * n, image + offset_of(p, &q, ky, kx, group), n * sizeof *to);
    }
}

typedef struct job {
    const aimci_patches *patches;
    const float *image;
    size_t group, first, n;
    float *to;
} job;

enum { CHUNK = 64 };

static void gather_chunk(void *arg, size_t slot, size_t chunk)
{
    const job *j = arg;
    (void)slot;
    const size_t end = aimci_min_size((chunk + 1) * CHUNK, j->n);
    for (size_t v = chunk * CHUNK; v < end; v++)
        aimci_patches_gather_one(j->patches, j->image, j->group, j->first + v,
                                 j->to + v * j->patches->size);
}

void aimci_patches_gather(aimc_context *ctx, const aimci_patches *p, const float *image,
                          size_t group, size_t first, size_t n, float *to)
{
    job j = {p, image, group, first, n, to};
    aimci_parallel(ctx, (n + CHUNK - 1) / CHUNK, gather_chunk, &j);
}

void aimci_patches_scatter(const aimci_patches *p, const float *from, size_t group, size_t first,
                           size_t n, float *image)
{
    const aimci_window *w = &p->window;
    for (size_t v = 0; v < n; v++) {
        const place q = find_place(p, first + v);
        for (size_t ky = q.y0[0]; ky < q.y0[1]; ky++)
            for (size_t kx = q.x0[0]; kx < q.x0[1]; kx++) {
                float *to = image + offset_of(p, &q, ky, kx, group);
                const float *d = from + v * p->size + (ky * w->kernel[1] + kx) * p->channels;
                for (size_t i = 0; i < p->channels; i++)
                    to[i] += d[i];
            }
    }
}
