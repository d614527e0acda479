/* SPDX-License-Identifier: MIT */
/* Digital scales s of the outputs of each tile, learned: a factor a on the scale, from 1 in every
 * mini-batch, has the gradient
 *
 *     dL/da = sum d y      over the vectors, for every output, or summed over those of a tile
 *
 * with y what the tile adds to the output, as an exact read-out of the weights that reads see would
 * give it. Then s <- s (1 - lr gradient_scale dL/da), by at most a factor of 2. */
#include <math.h>
#include <string.h>

#include "inference/hwa.h"

#define SRC "M. J. Rasch et al., arXiv:2302.08469 (2023)"

static const aimci_field fields[] = {
    AIMCI_FLAG(aimci_scale_params, learn, 0, "learn the digital scales by their gradient", SRC),
    AIMCI_FLAG(aimci_scale_params, columnwise, 1,
               "of each output of a tile; false: one factor for a tile", SRC),
    AIMCI_NUMBER(aimci_scale_params, gradient_scale, 1, 0, 1e6, "1", "factor on the gradient", SRC),
};

AIMCI_DEFINE_KIND(output_scale, "output_scale", "digital scales of a layer's outputs, learned", SRC,
                  fields, aimci_scale_params, .n_children = 0);

bool aimci_hwa_learns_scales(const aimci_hwa *h)
{
    return h && h->scale_gradients;
}

static size_t n_scales(const aimci_hwa *h)
{
    return h->grid->in.parts * h->grid->out.n;
}

aimc_status aimci_hwa_make_scales(aimci_hwa *h)
{
    if (!h->scale_params->learn)
        return AIMC_OK;
    h->scale_gradients = aimci_calloc(h->ctx, n_scales(h), sizeof *h->scale_gradients);
    h->products = aimci_calloc(h->ctx, h->grid->tiles[0]->array->ld, sizeof *h->products);
    return h->scale_gradients && h->products
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
}

void aimci_hwa_forget_scales(aimci_hwa *h)
{
    if (h->scale_gradients)
        memset(h->scale_gradients, 0, n_scales(h) * sizeof *h->scale_gradients);
}

/* ---- gradients ------------------------------------------------------------------------------ */

static float clipped(const aimci_hwa *h, float x)
{
    const float r = (float)h->range;
    return h->has_range ? aimci_within(x, r) : x;
}

/* One vector through the weights of a tile. */
static void multiply(const aimci_hwa *h, const aimci_array *a, const float *w, const float *x)
{
    float *restrict y = h->products;
    for (size_t i = 0; i < a->n_out; i++)
        y[i] = 0;
    for (size_t j = 0; j < a->n_in; j++) {
        const float v = clipped(h, x[j]);
        const float *restrict column = w + j * a->ld;
        for (size_t i = 0; i < a->n_out; i++)
            y[i] += v * column[i];
    }
}

static void note_tile(const aimci_hwa *h, size_t k, const float *x, const float *d)
{
    const aimc_tile *t = h->grid->tiles[k];
    const float *scales = aimci_grid_scales(h->grid, k);
    double *gradients = h->scale_gradients + (scales - h->grid->scales);
    multiply(h, t->array, aimci_tile_read_array(t).w, x + aimci_grid_first_in(h->grid, k));
    d += aimci_grid_first_out(h->grid, k);
    for (size_t i = 0; i < t->array->n_out; i++)
        gradients[i] += (double)d[i] * (double)scales[i] * (double)h->products[i];
}

/* Vector by vector, so that cutting a mini-batch changes nothing. */
void aimci_hwa_note_scales(aimci_hwa *h, size_t n, const float *x, size_t ld_x, const float *d,
                           size_t ld_d)
{
    if (!aimci_hwa_learns_scales(h))
        return;
    for (size_t b = 0; b < n; b++)
        for (size_t k = 0; k < aimci_grid_n_tiles(h->grid); k++)
            note_tile(h, k, x + b * ld_x, d + b * ld_d);
}

/* ---- learning ------------------------------------------------------------------------------- */

static float moved(double scale, double factor)
{
    return (float)(scale * fmin(fmax(factor, 0.5), 2));
}

static void learn_tile(const aimci_hwa *h, size_t k, double lr)
{
    float *scales = aimci_grid_scales(h->grid, k);
    const double *gradients = h->scale_gradients + (scales - h->grid->scales);
    const size_t rows = h->grid->tiles[k]->array->n_out;
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        sum += gradients[i];
    for (size_t i = 0; i < rows; i++) {
        const double gradient = h->scale_params->columnwise ? gradients[i] : sum;
        scales[i] = moved((double)scales[i], 1 - lr * h->scale_params->gradient_scale * gradient);
    }
}

void aimci_hwa_learn_scales(aimci_hwa *h, double lr)
{
    if (!aimci_hwa_learns_scales(h))
        return;
    for (size_t k = 0; k < aimci_grid_n_tiles(h->grid); k++)
        learn_tile(h, k, lr);
    aimci_hwa_forget_scales(h);
}
