/* SPDX-License-Identifier: MIT */
/* The range r of a layer's inputs: x <- clip(x, -r, r) / r before the tiles, y <- r y after.
 *
 * It is taken from data first, in mini-batches k = 0, 1, ...:
 *
 *     r <- (r k + alpha std(x)) / (k + 1)
 *
 * and learned then, with d the gradient of the clipped input:
 *
 *     g = sum_{x >= r} min(d, 0) - sum_{x <= -r} max(d, 0)
 *     g <- g r gradient_scale       with gradient_relative
 *     g <- g + decay r              when more than input_min_percentage of the inputs are within r
 *     g <- g - (1 - p) r            with manage_output_clipping, when the share p of outputs within
 *                                   the converter's bound is below output_min_percentage
 *     r <- r - lr g
 *
 * Or it is calibrated after training, from the magnitudes of inputs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inference/calibration.h"
#include "inference/hwa.h"

#define SRC "M. J. Rasch et al., arXiv:2302.08469 (2023)"

static const aimci_field fields[] = {
    AIMCI_FLAG(aimci_range_params, enable, 0, "clip and scale inputs", SRC),
    AIMCI_FLAG(aimci_range_params, learn_input_range, 1, "learn the range by its gradient", SRC),
    AIMCI_NUMBER(aimci_range_params, init_value, 3, 1e-9, 1e9, "input", "range at first", SRC),
    AIMCI_INTEGER(aimci_range_params, init_from_data, 100, 0, 1e9, "1",
                  "mini-batches that the range is taken from before it is learned", SRC),
    AIMCI_NUMBER(aimci_range_params, init_std_alpha, 3, 0, 1e6, "1",
                 "range in standard deviations of the inputs then", SRC),
    AIMCI_NUMBER(aimci_range_params, decay, 0.001, 0, 1e6, "1",
                 "how fast the range shrinks while few inputs are clipped", SRC),
    AIMCI_NUMBER(aimci_range_params, input_min_percentage, 0.95, 0, 1, "1",
                 "it shrinks when more than this share of inputs is within it", SRC),
    AIMCI_FLAG(aimci_range_params, manage_output_clipping, 0,
               "it grows when too many outputs hit the converter's bound", SRC),
    AIMCI_NUMBER(aimci_range_params, output_min_percentage, 0.95, 0, 1, "1",
                 "share of outputs that should be within the bound", SRC),
    AIMCI_NUMBER(aimci_range_params, gradient_scale, 1, 0, 1e6, "1", "factor on the gradient", SRC),
    AIMCI_FLAG(aimci_range_params, gradient_relative, 1, "gradient in proportion to the range",
               SRC),
};

AIMCI_DEFINE_KIND(input_range, "input_range", "range of a layer's inputs, learned or calibrated",
                  SRC, fields, aimci_range_params, .n_children = 0);

/* ---- forward -------------------------------------------------------------------------------- */

static double std_of(size_t n, const float *x, size_t cols, size_t ld)
{
    double sum = 0, squares = 0;
    const double count = (double)n * (double)cols;
    for (size_t b = 0; b < n; b++)
        for (size_t j = 0; j < cols; j++) {
            sum += (double)x[b * ld + j];
            squares += (double)x[b * ld + j] * (double)x[b * ld + j];
        }
    const double variance = count > 1 ? (squares - sum * sum / count) / (count - 1) : 0;
    return sqrt(fmax(variance, 0));
}

/* Room for the clipped inputs of the largest batch so far. */
static aimc_status reserve(aimci_hwa *h, size_t n, size_t cols)
{
    size_t floats;
    if (aimci_mul_overflows(n, cols, &floats))
        return aimci_fail(AIMC_ERR_NOMEM, "matrix: a batch of %zu is too large", n);
    if (floats <= h->n_x)
        return AIMC_OK;
    float *larger = aimci_calloc(h->ctx, floats, sizeof *larger);
    if (!larger)
        return aimci_fail(AIMC_ERR_NOMEM, "matrix: no memory for a batch of %zu", n);
    aimci_free(h->ctx, h->x);
    h->x = larger;
    h->n_x = floats;
    return AIMC_OK;
}

/* Inputs clipped to -r ... r, times the factor. */
static aimc_status clip_inputs(aimci_hwa *h, size_t n, const float **x, size_t *ld, float r,
                               float factor)
{
    const size_t cols = h->grid->in.n;
    const aimc_status st = reserve(h, n, cols);
    if (st)
        return st;
    for (size_t b = 0; b < n; b++) {
        const float *from = *x + b * *ld;
        float *restrict to = h->x + b * cols;
        for (size_t j = 0; j < cols; j++)
            to[j] = aimci_within(from[j], r) * factor;
    }
    *x = h->x;
    *ld = cols;
    return AIMC_OK;
}

static uint64_t clipped_outputs(const aimci_hwa *h)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < aimci_grid_n_tiles(h->grid); k++)
        sum += h->grid->tiles[k]->counters.clipped_outputs;
    return sum;
}

/* Calibration sees a batch of inputs. */
static void watch(aimci_hwa *h, size_t n, const float *x, size_t ld);

/* What is watched is not clipped, by the DACs either: they see the batch over its largest input.
 * Otherwise the layers behind would be given ranges of what a clipped layer says. */
static aimc_status scale_watched(aimci_hwa *h, size_t n, const float **x, size_t *ld, float *factor)
{
    float largest = 0;
    for (size_t b = 0; b < n; b++)
        for (size_t j = 0; j < h->grid->in.n; j++)
            largest = fmaxf(largest, fabsf((*x)[b * *ld + j]));
    if (!(largest > 0))
        return AIMC_OK;
    *factor = largest;
    return clip_inputs(h, n, x, ld, largest, 1 / largest);
}

/* The state of a range: it is watched (calibration), or initialised from the first init_from_data
 * mini-batches, n_seen counting them, or learned. Initialising uses the range of the mini-batches
 * up to this one at once. */
aimc_status aimci_hwa_inputs(aimci_hwa *h, size_t n, const float **x, size_t *ld, float *factor)
{
    if (h && h->watching) {
        watch(h, n, *x, *ld);
        return scale_watched(h, n, x, ld, factor);
    }
    if (!h || !h->has_range || n == 0)
        return AIMC_OK;
    const aimci_range_params *p = h->range_params;
    if (h->in_training && h->n_seen < (uint64_t)p->init_from_data) {
        const double k = (double)h->n_seen++;
        const double seen = p->init_std_alpha * std_of(n, *x, h->grid->in.n, *ld);
        h->range = fmax((h->range * k + seen) / (k + 1), 1e-9);
    }
    if (!h->counting)
        h->clipped_before = clipped_outputs(h);
    h->counting = true;
    *factor = (float)h->range;
    return clip_inputs(h, n, x, ld, (float)h->range, 1 / (float)h->range);
}

aimc_status aimci_hwa_clipped(aimci_hwa *h, size_t n, const float **x, size_t *ld)
{
    return h && h->has_range && n ? clip_inputs(h, n, x, ld, (float)h->range, 1) : AIMC_OK;
}

/* ---- learning ------------------------------------------------------------------------------- */

bool aimci_hwa_learns_range(const aimci_hwa *h)
{
    return h && h->has_range && h->range_params->learn_input_range;
}

/* Only inputs that are clipped pass a gradient to the range, and only where it asks for a larger
 * one: a loss that wants smaller inputs is no reason to clip more of them. */
static void note(aimci_hwa *h, size_t n, const float *x, size_t ld_x, const float *dx, size_t ld_dx)
{
    const size_t n_in = h->grid->in.n;
    const float r = (float)h->range;
    uint64_t n_beyond = 0;
    for (size_t b = 0; b < n; b++)
        for (size_t j = 0; j < n_in; j++) {
            const float v = x[b * ld_x + j], d = dx[b * ld_dx + j];
            if (!(fabsf(v) >= r))
                continue;
            n_beyond++;
            h->range_gradient += (double)(v > 0 ? fminf(d, 0) : -fmaxf(d, 0));
        }
    h->n_within += (double)(n * n_in - n_beyond);
    h->n_inputs += n * n_in;
    h->n_vectors += n;
}

void aimci_hwa_backward(aimci_hwa *h, size_t n, const float *x, size_t ld_x, float *dx,
                        size_t ld_dx)
{
    if (!h || !h->has_range)
        return;
    const float r = (float)h->range;
    if (aimci_hwa_learns_range(h))
        note(h, n, x, ld_x, dx, ld_dx);
    for (size_t b = 0; b < n; b++)
        for (size_t j = 0; j < h->grid->in.n; j++)
            dx[b * ld_dx + j] = fabsf(x[b * ld_x + j]) >= r ? 0 : dx[b * ld_dx + j];
}

void aimci_hwa_forget(aimci_hwa *h)
{
    h->range_gradient = h->n_within = 0;
    h->n_inputs = h->n_vectors = 0;
    h->counting = false;
}

static double gradient(const aimci_hwa *h)
{
    const aimci_grid *g = h->grid;
    const aimci_range_params *p = h->range_params;
    double sum = h->range_gradient;
    if (p->gradient_relative)
        sum *= h->range * p->gradient_scale;
    if (h->n_within > p->input_min_percentage * (double)h->n_inputs)
        sum += p->decay * h->range;
    if (p->manage_output_clipping) {
        const double outputs = (double)h->n_vectors * (double)g->out.n * (double)g->in.parts;
        const double share = 1 - (double)(clipped_outputs(h) - h->clipped_before) / outputs;
        if (share < p->output_min_percentage)
            sum -= (1 - share) * h->range;
    }
    return sum;
}

void aimci_hwa_learn(aimci_hwa *h, double lr)
{
    if (!h || h->n_vectors == 0)
        return;
    if (h->n_seen >= (uint64_t)h->range_params->init_from_data)
        h->range = fmax(h->range - lr * gradient(h), 1e-6);
    aimci_hwa_forget(h);
}

double aimci_hwa_range(const aimci_hwa *h)
{
    return h && h->has_range ? h->range : 0;
}

void aimci_hwa_set_range(aimci_hwa *h, double range)
{
    h->has_range = range > 0;
    if (range > 0)
        h->range = range;
}

/* ---- calibration ---------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile_of(float *v, size_t n, double q)
{
    if (n == 0)
        return 0;
    qsort(v, n, sizeof *v, compare);
    const double at = q * (double)(n - 1);
    const size_t i = (size_t)at;
    const double from = (double)v[i], to = (double)v[i + 1 < n ? i + 1 : i];
    return from + (at - (double)i) * (to - from);
}

static bool is_zero(const float *row, size_t n)
{
    for (size_t j = 0; j < n; j++)
        if (row[j] != 0)
            return false;
    return true;
}

/* Magnitudes of rows that are not all 0 into the cache, until it is full. */
static void keep(aimci_hwa *h, size_t n, const float *x, size_t cols, size_t ld)
{
    for (size_t b = 0; b < n && h->n_cache + cols <= h->cache_capacity; b++) {
        if (is_zero(x + b * ld, cols))
            continue;
        for (size_t j = 0; j < cols; j++)
            h->cache[h->n_cache++] = fabsf(x[b * ld + j]);
    }
}

static void note_magnitudes(const aimci_hwa *h, size_t n, const float *x, size_t ld)
{
    for (size_t b = 0; b < n; b++)
        if (!is_zero(x + b * ld, h->grid->in.n))
            aimci_magnitudes_add(h->seen, h->grid->in.n, x + b * ld);
}

static void watch(aimci_hwa *h, size_t n, const float *x, size_t ld)
{
    const size_t cols = h->grid->in.n;
    double now = 0;
    if (h->seen)
        note_magnitudes(h, n, x, ld);
    if (h->method == AIMCI_INPUTS_MOVING_STD)
        now = h->alpha * std_of(n, x, cols, ld);
    if (h->method == AIMCI_INPUTS_MOVING_QUANTILE)
        h->n_cache = 0;
    if (h->cache && h->method != AIMCI_INPUTS_MOVING_STD)
        keep(h, n, x, cols, ld);
    if (h->cache && h->method == AIMCI_INPUTS_MOVING_QUANTILE)
        now = quantile_of(h->cache, h->n_cache, h->quantile);
    for (size_t i = 0; h->cache && h->method == AIMCI_INPUTS_MAX && i < h->n_cache; i++)
        h->estimate = fmax(h->estimate, (double)h->cache[i]);
    if (h->method == AIMCI_INPUTS_MAX)
        h->n_cache = 0;
    else if (h->method < AIMCI_INPUTS_CACHE_QUANTILE)
        h->estimate = h->n_batches == 0 ? now : h->estimate + h->momentum * (now - h->estimate);
    h->n_batches++;
}

static size_t cached_rows(const aimci_calibration *c)
{
    if (c->method > AIMCI_INPUTS_MAX)
        return 0;
    return c->method == AIMCI_INPUTS_CACHE_QUANTILE ? (size_t)c->max_samples : 4096;
}

/* Beside what is being watched: nothing is lost when there is no memory. */
static aimc_status make_room(const aimci_hwa *h, size_t rows, float **cache,
                             aimci_magnitudes **seen)
{
    *cache = rows ? aimci_calloc(h->ctx, rows * h->grid->in.n, sizeof **cache) : NULL;
    *seen = rows ? NULL : aimci_calloc(h->ctx, 1, sizeof **seen);
    return *cache || *seen ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

aimc_status aimci_hwa_watch_inputs(aimci_hwa *h, const aimc_config *config)
{
    const aimci_calibration c = aimci_calibration_of(config);
    const size_t rows = cached_rows(&c);
    float *cache;
    aimci_magnitudes *seen;
    if (c.method == AIMCI_INPUTS_NONE)
        return aimci_fail(AIMC_ERR_INVALID, "method is NONE: it leaves input ranges as they are");
    const aimc_status st = make_room(h, rows, &cache, &seen);
    if (st)
        return st;
    aimci_hwa_stop_watching(h);
    h->cache = cache;
    h->seen = seen;
    h->cache_capacity = rows * h->grid->in.n;
    h->n_batches = 0;
    h->estimate = 0;
    h->method = c.method;
    h->alpha = c.std_alpha;
    h->quantile = c.quantile;
    h->momentum = c.momentum;
    h->watching = true;
    return AIMC_OK;
}

void aimci_hwa_stop_watching(aimci_hwa *h)
{
    h->watching = false;
    aimci_free(h->ctx, h->cache);
    aimci_free(h->ctx, h->seen);
    h->cache = NULL;
    h->seen = NULL;
    h->cache_capacity = h->n_cache = 0;
}

/* The DACs of all tiles are alike; a perfect read-out has none. */
static double dac_resolution(const aimci_hwa *h)
{
    const aimci_periphery *p = h->grid->tiles[0]->forward;
    return p->is_perfect || p->params.inp_bound <= 0 ? 0 : p->params.inp_res;
}

aimc_status aimci_hwa_take_range(aimci_hwa *h)
{
    if (h->method == AIMCI_INPUTS_CACHE_QUANTILE)
        h->estimate = quantile_of(h->cache, h->n_cache, h->quantile);
    if (h->seen)
        h->estimate = aimci_magnitudes_range(
            h->seen,
            h->method == AIMCI_INPUTS_ENTROPY ? AIMCI_RULE_ENTROPY : AIMCI_RULE_MEAN_SQUARE, 0,
            dac_resolution(h));
    aimci_hwa_stop_watching(h);
    if (!(h->estimate > 0))
        return aimci_fail(AIMC_ERR_STATE, "no inputs but zeros were seen");
    h->range = h->estimate;
    h->has_range = true;
    h->n_seen = (uint64_t)h->range_params->init_from_data; /* nothing is left to initialise */
    return AIMC_OK;
}
