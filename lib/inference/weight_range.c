/* SPDX-License-Identifier: MIT */
/* Weights kept within, and stretched over, the range of conductances: clipping and remapping after
 * each update. Scales times weights stay what they were when remapping. */
#include <math.h>

#include "inference/hwa.h"
#include "kernels/dispatch.h"

/* ---- clipping ------------------------------------------------------------------------------- */

/* Limit from the spread of all weights of the grid, or of the mean over outputs of the largest. */
static double gaussian_limit(const aimci_hwa *h)
{
    const aimci_hwa_params *p = h->params;
    const aimci_kernels *kernels = aimci_kernels_get(aimc_context_get_cpu(h->ctx));
    double n = 0, sums[2] = {0, 0};
    for (size_t k = 0; k < aimci_grid_n_tiles(h->grid); k++) {
        const aimci_array *a = h->grid->tiles[k]->array;
        for (size_t j = 0; j < a->n_in; j++)
            kernels->moments(a->p + j * a->ld, a->n_out, sums);
        n += (double)a->n_in * (double)a->n_out;
    }
    const double variance = (sums[1] - sums[0] * sums[0] / n) / fmax(n - 1, 1);
    const double limit = p->clip_sigma * sqrt(fmax(variance, 0));
    return p->clip_fixed_value > 0 ? fmin(limit, p->clip_fixed_value) : limit;
}

enum { ROWS = 64 }; /* looked at together: a word line holds a weight of each, side by side */

static size_t rows_from(const aimci_array *a, size_t i)
{
    return a->n_out - i < ROWS ? a->n_out - i : ROWS;
}

/* Largest magnitudes of n rows from i on. */
static void row_magnitudes(const aimci_array *a, size_t i, size_t n, float top[ROWS])
{
    for (size_t r = 0; r < ROWS; r++)
        top[r] = 0;
    for (size_t j = 0; j < a->n_in; j++) {
        const float *w = a->p + j * a->ld + i;
        for (size_t r = 0; r < n; r++) {
            const float v = fabsf(w[r]);
            top[r] = v > top[r] ? v : top[r];
        }
    }
}

static double channel_limit(const aimci_hwa *h)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < aimci_grid_n_tiles(h->grid); k++) {
        const aimci_array *a = h->grid->tiles[k]->array;
        for (size_t i = 0; i < a->n_out; i += ROWS) {
            float top[ROWS];
            const size_t rows = rows_from(a, i);
            row_magnitudes(a, i, rows, top);
            for (size_t r = 0; r < rows; r++)
                sum += (double)top[r];
        }
        n += a->n_out;
    }
    return sum / (double)n;
}

void aimci_hwa_clip(aimci_hwa *h)
{
    const aimci_hwa_params *p = h->params;
    const double limit = p->clip_type == AIMCI_CLIP_FIXED_VALUE      ? p->clip_fixed_value
                         : p->clip_type == AIMCI_CLIP_LAYER_GAUSSIAN ? gaussian_limit(h)
                                                                     : channel_limit(h);
    const float top = (float)limit;
    for (size_t k = 0; k < aimci_grid_n_tiles(h->grid); k++) {
        aimci_array *a = h->grid->tiles[k]->array;
        for (size_t c = 0; c < a->ld * a->n_in; c++)
            a->p[c] = aimci_within(a->p[c], top);
        aimci_array_commit(a, AIMCI_COMMIT_SHOW);
    }
}

/* ---- remapping ------------------------------------------------------------------------------ */

/* n rows of a tile from i on, each divided by its k where that is positive, their digital scales
 * multiplied by it. */
static void remap_rows(const aimci_array *a, size_t i, size_t n, const float k[ROWS], float *scales)
{
    float by[ROWS];
    for (size_t r = 0; r < ROWS; r++)
        by[r] = r < n && k[r] > 0 ? k[r] : 1;
    for (size_t j = 0; j < a->n_in; j++) {
        float *w = a->p + j * a->ld + i;
        for (size_t r = 0; r < n; r++)
            w[r] /= by[r];
    }
    for (size_t r = 0; r < n; r++)
        scales[i + r] *= by[r];
}

static void remap_layer(const aimci_array *a, float wmax, float *scales)
{
    float largest = 0, k[ROWS];
    for (size_t i = 0; i < a->n_out; i += ROWS) {
        row_magnitudes(a, i, rows_from(a, i), k);
        for (size_t r = 0; r < ROWS; r++)
            largest = fmaxf(largest, k[r]);
    }
    for (size_t r = 0; r < ROWS; r++)
        k[r] = largest / wmax;
    for (size_t i = 0; i < a->n_out; i += ROWS)
        remap_rows(a, i, rows_from(a, i), k, scales);
}

/* New scale of each row: its largest weight at wmax, but none above max_scale_range times the
 * smallest scale. */
static void remap_channels(const aimci_array *a, const aimci_hwa_params *p, float *scales)
{
    const float wmax = (float)p->remapped_wmax;
    float smallest = scales[0];
    for (size_t i = 1; i < a->n_out; i++)
        smallest = fminf(smallest, scales[i]);
    const float limit = (float)p->max_scale_range * fmaxf(smallest, (float)p->max_scale_ref);
    for (size_t i = 0; i < a->n_out; i += ROWS) {
        float k[ROWS];
        const size_t n = rows_from(a, i);
        row_magnitudes(a, i, n, k);
        for (size_t r = 0; r < n; r++) {
            k[r] /= wmax;
            if (p->max_scale_range > 0 && k[r] * scales[i + r] > limit)
                k[r] = limit / scales[i + r];
        }
        remap_rows(a, i, n, k, scales);
    }
}

void aimci_hwa_remap(aimci_hwa *h)
{
    const aimci_hwa_params *p = h->params;
    for (size_t k = 0; k < aimci_grid_n_tiles(h->grid); k++) {
        aimci_array *a = h->grid->tiles[k]->array;
        float *scales = aimci_grid_scales(h->grid, k);
        if (p->remap_type == AIMCI_REMAP_LAYERWISE)
            remap_layer(a, (float)p->remapped_wmax, scales);
        else
            remap_channels(a, p, scales);
        aimci_array_commit(a, AIMCI_COMMIT_SHOW);
    }
}
