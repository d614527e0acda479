/* SPDX-License-Identifier: MIT */
/* Windows of images as vectors, and back: what convolutions share. */
#include <string.h>

#include "network/ops/ops.h"

/* Rows are short, often a few floats: no call for each. */
static void copy(float *restrict to, const float *restrict from, size_t n)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        memcpy(to + i, from + i, 4 * sizeof *to);
    for (; i < n; i++)
        to[i] = from[i];
}

/* A row of the kernel's positions, whose pixels lie apart by the dilation. */
static void gather_row(const aimci_patches *p, const float *from, size_t columns, float *to)
{
    const aimci_window *w = &p->window;
    if (p->groups == 1 && w->dilation[2] == 1)
        copy(to, from, columns * p->channels);
    else
        for (size_t c = 0; c < columns; c++)
            copy(to + c * p->channels, from + c * w->dilation[2] * w->channels, p->channels);
}

/* One window as a vector [kernel positions][channel], zeros outside of the image: row by row. */
static void gather_one(const aimci_patches *p, const float *image, const aimci_place *q, float *to)
{
    const aimci_window *w = &p->window;
    const size_t rows = q->end[1] - q->first[1], columns = q->end[2] - q->first[2];
    if (columns * rows * (q->end[0] - q->first[0]) < aimci_window_taps(w))
        memset(to, 0, p->size * sizeof *to);
    for (size_t k0 = q->first[0]; columns > 0 && rows > 0 && k0 < q->end[0]; k0++) {
        const size_t k[] = {k0, q->first[1], q->first[2]};
        const float *from = image + aimci_window_pixel(w, q, k);
        float *at = to + aimci_window_tap(w, k) * p->channels;
        for (size_t r = 0; r < rows; r++) {
            gather_row(p, from, columns, at);
            from += w->dilation[1] * w->in[2] * w->channels;
            at += w->kernel[2] * p->channels;
        }
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
        AIMCI_FOR_TAPS(&q, k)
        {
            float *restrict to = image + aimci_window_pixel(w, &q, k) + group * p->channels;
            const float *d = from + v * p->size + aimci_window_tap(w, k) * p->channels;
            for (size_t i = 0; i < p->channels; i++)
                to[i] += d[i];
        }
}
