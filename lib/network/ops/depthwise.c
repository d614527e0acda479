/* SPDX-License-Identifier: MIT */
/* Depthwise convolutions in floating point: all channels at once, in the layout of images,
 * instead of a tiny matrix for each. Sums go over the window as the matrices' do. */
#include "network/ops/ops.h"

typedef struct depthwise_job {
    const aimci_window *w;
    const float *taps, *from; /* taps: [kernel positions][channels] */
    float *to;
} depthwise_job;

/* to += a b, element by element; to overlaps neither. */
static void add_products(size_t n, const float *a, const float *b, float *restrict to)
{
    for (size_t c = 0; c < n; c++)
        to[c] += a[c] * b[c];
}

static void forward_sample(void *arg, size_t slot, size_t sample)
{
    const depthwise_job *job = arg;
    const aimci_window *w = job->w;
    const size_t n = w->channels, positions = aimci_window_positions(w);
    aimci_place at = aimci_window_place(w, sample * positions);
    float *y = job->to + sample * positions * n;
    (void)slot;
    for (size_t v = 0; v < positions; v++, y += n, aimci_window_next(w, &at)) {
        for (size_t c = 0; c < n; c++)
            y[c] = 0;
        AIMCI_FOR_TAPS(&at, k)
        add_products(n, job->taps + aimci_window_tap(w, k) * n,
                     job->from + aimci_window_pixel(w, &at, k), y);
    }
}

static void backward_sample(void *arg, size_t slot, size_t sample)
{
    const depthwise_job *job = arg;
    const aimci_window *w = job->w;
    const size_t n = w->channels, positions = aimci_window_positions(w);
    aimci_place at = aimci_window_place(w, sample * positions);
    const float *d = job->from + sample * positions * n;
    (void)slot;
    for (size_t v = 0; v < positions; v++, d += n, aimci_window_next(w, &at))
        AIMCI_FOR_TAPS(&at, k)
    add_products(n, job->taps + aimci_window_tap(w, k) * n, d,
                 job->to + aimci_window_pixel(w, &at, k));
}

void aimci_depthwise_forward(aimc_context *ctx, const aimci_window *w, size_t n, const float *taps,
                             const float *x, float *y)
{
    depthwise_job job = {w, taps, x, y};
    aimci_parallel(ctx, n, forward_sample, &job);
}

void aimci_depthwise_backward(aimc_context *ctx, const aimci_window *w, size_t n, const float *taps,
                              const float *d, float *dx)
{
    depthwise_job job = {w, taps, d, dx};
    aimci_parallel(ctx, n, backward_sample, &job);
}

void aimci_depthwise_gradient(const aimci_window *w, size_t n, const float *x, const float *d,
                              float *gradient)
{
    const size_t channels = w->channels, total = n * aimci_window_positions(w);
    aimci_place at = aimci_window_place(w, 0);
    for (size_t v = 0; v < total; v++, d += channels, aimci_window_next(w, &at))
        AIMCI_FOR_TAPS(&at, k)
    add_products(channels, x + aimci_window_pixel(w, &at, k), d,
                 gradient + aimci_window_tap(w, k) * channels);
}
