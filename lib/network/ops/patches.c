/* SPDX-License-Identifier: MIT */
/* Windows of images as vectors, and back: what convolutions share. */
#include <string.h>

#include "network/ops/ops.h"

/* One window as a vector [ky][kx][channel], zeros outside of the image. */
static void gather_one(const aimci_patches *p, const float *image, const aimci_place *q, float *to)
{
    const aimci_window *w = &p->window;
    const size_t n = p->channels, row = w->kernel[1] * n, columns = q->x[1] - q->x[0];
    if (columns * (q->y[1] - q->y[0]) < w->kernel[0] * w->kernel[1])
        memset(to, 0, p->size * sizeof *to);
    for (size_t ky = q->y[0]; ky < q->y[1] && columns; ky++) {
        float *at = to + ky * row + q->x[0] * n;
        const float *from = image + aimci_window_pixel(w, q, ky, q->x[0]);
        if (p->groups == 1 && w->dilation[1] == 1)
            memcpy(at, from, columns * n * sizeof *to);
        else
            for (size_t k = 0; k < columns; k++, from += w->dilation[1] * w->channels, at += n)
                for (size_t i = 0; i < n; i++)
                    at[i] = from[i];
    }
}

void aimci_patches_gather_some(const aimci_patches *p, const float *image, size_t group,
                               size_t first, size_t n, float *to)
{
    aimci_place q = aimci_window_place(&p->window, first);
    for (size_t v = 0; v < n; v++, aimci_window_next(&p->window, &q))
        gather_one(p, image + group * p->channels, &q, to + v * p->size);
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
    const size_t first = chunk * CHUNK;
    (void)slot;
    aimci_patches_gather_some(j->patches, j->image, j->group, j->first + first,
                              aimci_min_size(CHUNK, j->n - first),
                              j->to + first * j->patches->size);
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
    aimci_place q = aimci_window_place(w, first);
    for (size_t v = 0; v < n; v++, aimci_window_next(w, &q))
        for (size_t ky = q.y[0]; ky < q.y[1]; ky++)
            for (size_t kx = q.x[0]; kx < q.x[1]; kx++) {
                float *restrict to =
                    image + aimci_window_pixel(w, &q, ky, kx) + group * p->channels;
                const float *d = from + v * p->size + (ky * w->kernel[1] + kx) * p->channels;
                for (size_t i = 0; i < p->channels; i++)
                    to[i] += d[i];
            }
}
