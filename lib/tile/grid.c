/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "tile/grid.h"

/* ---- cutting -------------------------------------------------------------------------------- */

aimci_cut aimci_cut_side(size_t n, size_t limit)
{
    const size_t most = limit ? limit : AIMCI_TILE_MAX_SIDE;
    return (aimci_cut){n, (n + most - 1) / most};
}

/* The first n mod parts are one larger. */
size_t aimci_cut_size(aimci_cut c, size_t part)
{
    return c.n / c.parts + (part < c.n % c.parts);
}

size_t aimci_cut_first(aimci_cut c, size_t part)
{
    return part * (c.n / c.parts) + aimci_min_size(part, c.n % c.parts);
}

/* ---- making --------------------------------------------------------------------------------- */

void aimc_grid_destroy(aimc_grid *g)
{
    if (!g)
        return;
    aimc_context *ctx = g->ctx;
    aimci_hwa_destroy(g);
    for (size_t k = 0; k < g->out.parts * g->in.parts; k++) {
        if (g->optimizers)
            aimc_optimizer_destroy(g->optimizers[k]);
        if (g->tiles)
            aimc_tile_destroy(g->tiles[k]);
    }
    aimci_free(ctx, g->optimizers);
    aimci_free(ctx, g->tiles);
    aimci_free(ctx, g->scales);
    aimci_free(ctx, g->part_out);
    aimci_free(ctx, g->part_in);
    aimci_free(ctx, g->gradients);
    aimc_config_destroy(g->config);
    aimci_free(ctx, g);
    aimci_context_unref(ctx);
}

static const aimci_mapping_params *mapping_of(const aimc_config *config)
{
    return aimci_config_values(aimci_config_child(config, "mapping"), &aimci_family_mapping);
}

aimc_status aimci_grid_frame(aimc_context *ctx, size_t n_out, size_t n_in,
                             const aimc_config *config, aimc_grid **out)
{
    aimc_grid *g = aimci_calloc(ctx, 1, sizeof *g);
    if (!g)
        return aimci_fail(AIMC_ERR_NOMEM, "grid_create: no memory");
    g->ctx = aimci_context_ref(ctx);
    aimc_status st =
        config ? aimc_config_copy(config, &g->config) : aimc_config_new(ctx, "tile", &g->config);
    if (!st) {
        const aimci_mapping_params *m = mapping_of(g->config);
        g->out = aimci_cut_side(n_out, (size_t)m->max_output_size);
        g->in = aimci_cut_side(n_in, (size_t)m->max_input_size);
        const size_t n_tiles = g->out.parts * g->in.parts;
        g->tiles = aimci_calloc(ctx, n_tiles, sizeof *g->tiles);
        g->scales = aimci_calloc(ctx, g->in.parts * n_out, sizeof *g->scales);
        g->part_out =
            aimci_calloc(ctx, AIMCI_GRID_BATCH * aimci_cut_size(g->out, 0), sizeof(float));
        g->part_in = aimci_calloc(ctx, AIMCI_GRID_BATCH * aimci_cut_size(g->in, 0), sizeof(float));
        if (!g->tiles || !g->scales || !g->part_out || !g->part_in)
            st = aimci_fail(AIMC_ERR_NOMEM, "grid_create: no memory");
    }
    if (st) {
        aimc_grid_destroy(g);
        return st;
    }
    for (size_t i = 0; i < g->in.parts * n_out; i++)
        g->scales[i] = 1.0f;
    *out = g;
    return AIMC_OK;
}

aimc_status aimci_grid_bind(aimc_grid *g)
{
    const aimc_config *optimizer = aimci_config_child(g->config, "optimizer");
    const size_t n_tiles = g->out.parts * g->in.parts;
    if (!optimizer)
        return aimci_hwa_create(g);
    g->optimizers = aimci_calloc(g->ctx, n_tiles, sizeof *g->optimizers);
    if (!g->optimizers)
        return aimci_fail(AIMC_ERR_NOMEM, "grid_create: no memory");
    for (size_t k = 0; k < n_tiles; k++) {
        const aimc_status st =
            aimc_optimizer_create(g->tiles[k], NULL, optimizer, &g->optimizers[k]);
        if (st)
            return st;
    }
    return aimci_hwa_create(g);
}

static aimc_status make_tiles(aimc_grid *g, const aimc_device *device)
{
    aimc_config *config = NULL; /* tiles take their seeds from the grid's */
    aimc_status st = aimc_config_copy(g->config, &config);
    if (st)
        return st;
    ((aimci_tile_params *)config->values)->seed = -1;
    for (size_t k = 0; k < g->out.parts * g->in.parts && !st; k++)
        st = aimci_tile_create(device, aimci_cut_size(g->out, k / g->in.parts),
                               aimci_cut_size(g->in, k % g->in.parts), config,
                               aimci_random_derive(g->seed, k), &g->tiles[k]);
    aimc_config_destroy(config);
    return st;
}

/* The grid's device: the caller's, or what the layer's configuration says. */
static aimc_status pick_device(const aimc_device *given, const aimc_config *config,
                               aimc_device **out)
{
    if (given) {
        *out = aimc_device_ref((aimc_device *)(uintptr_t)given); /* counts only */
        return AIMC_OK;
    }
    const aimc_config *child = aimci_config_child(config, "device");
    if (!child)
        return aimci_fail(AIMC_ERR_INVALID,
                          "grid_create: device is NULL, and config is not of kind 'layer'");
    return aimc_device_create(config->ctx, NULL, child, out);
}

aimc_status aimci_grid_create(const aimc_device *device, size_t n_out, size_t n_in,
                              const aimc_config *config, uint64_t seed_fallback, aimc_grid **out)
{
    aimc_device *picked = NULL;
    aimc_status st = pick_device(device, config, &picked);
    if (st)
        return st;
    aimc_grid *g = NULL;
    st = aimci_grid_frame(picked->ctx, n_out, n_in, config, &g);
    if (!st) {
        const int64_t seed = ((const aimci_tile_params *)g->config->values)->seed;
        g->seed = seed >= 0 ? (uint64_t)seed : seed_fallback;
        st = make_tiles(g, picked);
    }
    if (!st)
        st = aimci_grid_bind(g);
    aimc_device_unref(picked);
    if (st) {
        aimc_grid_destroy(g);
        return st;
    }
    *out = g;
    return AIMC_OK;
}

aimc_status aimc_grid_create(const aimc_device *device, size_t n_out, size_t n_in,
                             const aimc_config *config, aimc_grid **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "grid_create: out is NULL");
    *out = NULL;
    if (!device && !config)
        return aimci_fail(AIMC_ERR_INVALID, "grid_create: both device and config are NULL");
    if (n_out == 0 || n_in == 0 || n_out > AIMCI_GRID_MAX_SIDE || n_in > AIMCI_GRID_MAX_SIDE)
        return aimci_fail(AIMC_ERR_INVALID, "grid_create: shape %zu x %zu; 1 ... %d a side", n_out,
                          n_in, AIMCI_GRID_MAX_SIDE);
    const aimc_status st = aimci_tile_check_config("grid_create", config);
    if (st)
        return st;
    aimc_context *ctx = device ? device->ctx : config->ctx;
    const uint64_t seed =
        aimci_random_derive(aimci_context_seed(ctx), aimci_context_next_object(ctx));
    return aimci_grid_create(device, n_out, n_in, config, seed, out);
}

size_t aimc_grid_n_out(const aimc_grid *g)
{
    return g ? g->out.n : 0;
}

size_t aimc_grid_n_in(const aimc_grid *g)
{
    return g ? g->in.n : 0;
}

size_t aimc_grid_tile_count(const aimc_grid *g)
{
    return g ? g->out.parts * g->in.parts : 0;
}

aimc_tile *aimc_grid_tile(aimc_grid *g, size_t k, size_t *first_out, size_t *first_in)
{
    if (k >= aimc_grid_tile_count(g))
        return NULL;
    if (first_out)
        *first_out = aimci_cut_first(g->out, k / g->in.parts);
    if (first_in)
        *first_in = aimci_cut_first(g->in, k % g->in.parts);
    return g->tiles[k];
}

/* ---- weights -------------------------------------------------------------------------------- */

float *aimci_grid_scales(const aimc_grid *g, size_t k)
{
    return g->scales + (k % g->in.parts) * g->out.n + aimci_cut_first(g->out, k / g->in.parts);
}

static aimc_status check_matrix(const char *who, const aimc_grid *g, const float *w, size_t ld)
{
    if (!g || !w)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", who, g ? "w" : "grid");
    if (ld < g->in.n)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: ld_w = %zu is less than n_in = %zu", who, ld,
                          g->in.n);
    return AIMC_OK;
}

static float absmax_row(const float *w, size_t n)
{
    float m = 0.0f;
    for (size_t j = 0; j < n; j++)
        m = fmaxf(m, fabsf(w[j]));
    return m;
}

/* a = max|W| / omega over the tile or each of its rows; 1 where that is 0 */
static void choose_scales(const aimc_grid *g, size_t k, const float *w, size_t ld)
{
    const aimci_mapping_params *m = mapping_of(g->config);
    const size_t rows = aimc_tile_n_out(g->tiles[k]), cols = aimc_tile_n_in(g->tiles[k]);
    float *scales = aimci_grid_scales(g, k);
    float largest = 0.0f;
    for (size_t i = 0; i < rows; i++) {
        scales[i] = absmax_row(w + i * ld, cols);
        largest = fmaxf(largest, scales[i]);
    }
    for (size_t i = 0; i < rows; i++) {
        const float top = m->weight_scaling_columnwise ? scales[i] : largest;
        scales[i] = top > 0 ? top / (float)m->weight_scaling_omega : 1.0f;
    }
}

aimc_status aimc_grid_set_weights(aimc_grid *g, const float *w, size_t ld_w)
{
    aimc_status st = check_matrix("grid_set_weights", g, w, ld_w);
    if (!st && !aimci_all_finite(w, g->out.n, g->in.n, ld_w))
        st = aimci_fail(AIMC_ERR_INVALID, "grid_set_weights: w holds a value that is not finite");
    if (st)
        return st;
    const bool scaled = mapping_of(g->config)->weight_scaling_omega > 0;
    for (size_t k = 0; k < g->out.parts * g->in.parts; k++) {
        aimc_tile *t = g->tiles[k];
        const float *block = w + aimci_cut_first(g->out, k / g->in.parts) * ld_w +
                             aimci_cut_first(g->in, k % g->in.parts);
        if (scaled)
            choose_scales(g, k, block, ld_w);
        aimci_tile_set_scaled(t, block, ld_w, scaled ? aimci_grid_scales(g, k) : NULL);
    }
    return AIMC_OK;
}

aimc_status aimc_grid_get_weights(const aimc_grid *g, float *w, size_t ld_w)
{
    const aimc_status st = check_matrix("grid_get_weights", g, w, ld_w);
    if (st)
        return st;
    for (size_t k = 0; k < g->out.parts * g->in.parts; k++) {
        const aimc_tile *t = g->tiles[k];
        float *block = w + aimci_cut_first(g->out, k / g->in.parts) * ld_w +
                       aimci_cut_first(g->in, k % g->in.parts);
        aimci_array_get(t->array, aimci_tile_weights(t), block, ld_w);
        const float *scales = aimci_grid_scales(g, k);
        for (size_t i = 0; i < t->array->n_out; i++)
            for (size_t j = 0; j < t->array->n_in; j++)
                block[i * ld_w + j] *= scales[i];
    }
    return AIMC_OK;
}

/* ---- products ------------------------------------------------------------------------------- */

/* to[b][i] (+)= from[b][i] scale[i] */
static void add_scaled(size_t n, size_t cols, const float *from, size_t ld_from, const float *scale,
                       bool add, float *to, size_t ld_to)
{
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < cols; i++) {
            const float v = from[b * ld_from + i] * (scale ? scale[i] : 1.0f);
            to[b * ld_to + i] = add ? to[b * ld_to + i] + v : v;
        }
}

static aimc_status check_batch(const char *who, const aimc_grid *g, size_t n, const char *in_name,
                               const float *in, size_t n_in, size_t ld_in, const char *out_name,
                               const float *out, size_t n_out, size_t ld_out)
{
    if (!g)
        return aimci_fail(AIMC_ERR_INVALID, "%s: grid is NULL", who);
    aimc_status st = aimci_check_batch(who, n, in_name, in, n_in, ld_in);
    if (!st)
        st = aimci_check_batch(who, n, out_name, out, n_out, ld_out);
    if (!st && n && !aimci_all_finite(in, n, n_in, ld_in))
        st = aimci_fail(AIMC_ERR_INVALID, "%s: %s holds a value that is not finite", who, in_name);
    return st;
}

aimc_status aimc_grid_forward(aimc_grid *g, size_t n, const float *x, size_t ld_x, float *y,
                              size_t ld_y)
{
    aimc_status st = check_batch("grid_forward", g, n, "x", x, g ? g->in.n : 0, ld_x, "y", y,
                                 g ? g->out.n : 0, ld_y);
    float factor = 1;
    if (!st && g->hwa)
        st = aimci_hwa_inputs(g, n, &x, &ld_x, &factor);
    for (size_t b = 0; b < n && !st; b += AIMCI_GRID_BATCH) {
        const size_t m = aimci_min_size(AIMCI_GRID_BATCH, n - b);
        for (size_t k = 0; k < g->out.parts * g->in.parts && !st; k++) {
            aimc_tile *t = g->tiles[k];
            const size_t i0 = aimci_cut_first(g->out, k / g->in.parts), rows = t->array->n_out;
            const size_t j0 = aimci_cut_first(g->in, k % g->in.parts);
            st = aimc_tile_forward(t, m, x + b * ld_x + j0, ld_x, g->part_out, rows);
            if (!st)
                add_scaled(m, rows, g->part_out, rows, aimci_grid_scales(g, k),
                           k % g->in.parts != 0, y + b * ld_y + i0, ld_y);
        }
    }
    for (size_t b = 0; b < n && !st && factor != 1; b++)
        for (size_t i = 0; i < g->out.n; i++)
            y[b * ld_y + i] *= factor;
    return st;
}

/* to[b][i] = d[b][i] scale[i], or over it */
static void scale_gradient(size_t n, size_t rows, const float *d, size_t ld_d, const float *scales,
                           bool divide, float *to)
{
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < rows; i++) {
            const float v = d[b * ld_d + i];
            to[b * rows + i] = divide ? v / scales[i] : v * scales[i];
        }
}

aimc_status aimc_grid_backward(aimc_grid *g, size_t n, const float *d, size_t ld_d, float *z,
                               size_t ld_z)
{
    aimc_status st = check_batch("grid_backward", g, n, "d", d, g ? g->out.n : 0, ld_d, "z", z,
                                 g ? g->in.n : 0, ld_z);
    assert(st || g->in.parts > 0);
    for (size_t b = 0; b < n && !st; b += AIMCI_GRID_BATCH) {
        const size_t m = aimci_min_size(AIMCI_GRID_BATCH, n - b);
        for (size_t k = 0; k < g->out.parts * g->in.parts && !st; k++) {
            aimc_tile *t = g->tiles[k];
            const size_t i0 = aimci_cut_first(g->out, k / g->in.parts);
            const size_t j0 = aimci_cut_first(g->in, k % g->in.parts), cols = t->array->n_in;
            const size_t rows = t->array->n_out;
            scale_gradient(m, rows, d + b * ld_d + i0, ld_d, aimci_grid_scales(g, k), false,
                           g->part_out);
            st = aimc_tile_backward(t, m, g->part_out, rows, g->part_in, cols);
            if (!st)
                add_scaled(m, cols, g->part_in, cols, NULL, k >= g->in.parts, z + b * ld_z + j0,
                           ld_z);
        }
    }
    return st;
}

bool aimci_grid_is_programmed(const aimc_grid *g)
{
    for (size_t k = 0; k < g->out.parts * g->in.parts; k++)
        if (g->tiles[k]->program.owner)
            return true;
    return false;
}

static bool all_one(const float *scales, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (scales[i] != 1.0f)
            return false;
    return true;
}

/* Room for the scaled gradients of the largest batch so far. */
static aimc_status reserve_gradients(aimc_grid *g, size_t n)
{
    size_t floats;
    if (aimci_mul_overflows(n, g->out.n, &floats))
        return aimci_fail(AIMC_ERR_NOMEM, "grid_step: a batch of %zu is too large", n);
    if (floats <= g->n_gradients)
        return AIMC_OK;
    float *larger = aimci_calloc(g->ctx, floats, sizeof *larger);
    if (!larger)
        return aimci_fail(AIMC_ERR_NOMEM, "grid_step: no memory for a batch of %zu", n);
    aimci_free(g->ctx, g->gradients);
    g->gradients = larger;
    g->n_gradients = floats;
    return AIMC_OK;
}

/* The whole batch at once: what an algorithm does per mini-batch must see the mini-batch. */
static aimc_status step_tile(aimc_grid *g, size_t k, size_t n, const float *x, size_t ld_x,
                             const float *d, size_t ld_d, double lr)
{
    const size_t i0 = aimci_cut_first(g->out, k / g->in.parts), rows = g->tiles[k]->array->n_out;
    const size_t j0 = aimci_cut_first(g->in, k % g->in.parts);
    const float *scales = aimci_grid_scales(g, k);
    if (all_one(scales, rows))
        return aimc_optimizer_step(g->optimizers[k], n, x + j0, ld_x, d + i0, ld_d, lr);
    scale_gradient(n, rows, d + i0, ld_d, scales, true, g->gradients);
    return aimc_optimizer_step(g->optimizers[k], n, x + j0, ld_x, g->gradients, rows, lr);
}

static bool any_scaled(const aimc_grid *g)
{
    return !all_one(g->scales, g->in.parts * g->out.n);
}

aimc_status aimc_grid_step(aimc_grid *g, size_t n, const float *x, size_t ld_x, const float *d,
                           size_t ld_d, double lr)
{
    aimc_status st = check_batch("grid_step", g, n, "x", x, g ? g->in.n : 0, ld_x, "d", d,
                                 g ? g->out.n : 0, ld_d);
    if (!st && !g->optimizers)
        st = aimci_fail(AIMC_ERR_STATE, "grid_step: the grid was made without an optimizer");
    if (!st && aimci_grid_is_programmed(g))
        st = aimci_fail(AIMC_ERR_STATE, "grid_step: the tiles are programmed for inference");
    if (!st && !(lr >= 0 && lr <= 1e30))
        st =
            aimci_fail(AIMC_ERR_INVALID, "grid_step: lr = %g; at least 0 and finite is needed", lr);
    if (!st && n && !aimci_all_finite(d, n, g->out.n, ld_d))
        st = aimci_fail(AIMC_ERR_INVALID, "grid_step: d holds a value that is not finite");
    if (!st && any_scaled(g))
        st = reserve_gradients(g, n);
    if (!st && g->hwa)
        st = aimci_hwa_clipped(g, n, &x, &ld_x);
    for (size_t k = 0; k < aimc_grid_tile_count(g) && !st; k++)
        st = step_tile(g, k, n, x, ld_x, d, ld_d, lr);
    if (!st && g->hwa)
        aimci_hwa_updated(g);
    return st;
}

aimc_optimizer *aimc_grid_optimizer(aimc_grid *g, size_t k)
{
    return g && g->optimizers && k < aimc_grid_tile_count(g) ? g->optimizers[k] : NULL;
}

/* ---- telling -------------------------------------------------------------------------------- */

aimc_status aimc_grid_counters(const aimc_grid *g, aimc_counters *counters)
{
    if (!g || !counters)
        return aimci_fail(AIMC_ERR_INVALID, "grid_counters: NULL argument");
    aimc_counters sum = {0};
    for (size_t k = 0; k < g->out.parts * g->in.parts; k++)
        aimci_counters_add(&sum, &g->tiles[k]->counters);
    return aimci_struct_out("grid_counters", counters, &sum, sizeof sum, 8);
}

size_t aimc_grid_describe(const aimc_grid *g, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    if (!g)
        return 0;
    aimci_text_printf(&text, "grid %zu x %zu on %zu x %zu tiles; ", g->out.n, g->in.n, g->out.parts,
                      g->in.parts);
    char tile[256];
    aimc_tile_describe(g->tiles[0], tile, sizeof tile);
    aimci_text_printf(&text, "first %s", tile);
    return text.length;
}

void aimci_tile_get_mark(const aimc_tile *t, aimci_tile_mark *mark)
{
    *mark = (aimci_tile_mark){t->forward->n_vectors, t->backward->n_vectors, t->forward->average,
                              t->backward->average, t->counters};
}

void aimci_tile_put_mark(aimc_tile *t, const aimci_tile_mark *mark)
{
    t->forward->n_vectors = mark->forward;
    t->backward->n_vectors = mark->backward;
    t->forward->average = mark->forward_average;
    t->backward->average = mark->backward_average;
    t->counters = mark->counters;
}
