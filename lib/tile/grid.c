/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "tile/grid.h"

/* ---- partition ------------------------------------------------------------------------------ */

static aimci_partition partition_side(size_t n, size_t limit)
{
    const size_t most = limit ? limit : AIMCI_TILE_MAX_SIDE;
    return (aimci_partition){n, (n + most - 1) / most};
}

static size_t partition_size(aimci_partition s, size_t part)
{
    return s.n / s.parts + (part < s.n % s.parts);
}

static size_t partition_first(aimci_partition s, size_t part)
{
    return part * (s.n / s.parts) + aimci_min_size(part, s.n % s.parts);
}

size_t aimci_grid_n_tiles(const aimci_grid *g)
{
    return g ? g->out.parts * g->in.parts : 0;
}

size_t aimci_grid_first_out(const aimci_grid *g, size_t k)
{
    assert(g->in.parts > 0);
    return partition_first(g->out, k / g->in.parts);
}

size_t aimci_grid_first_in(const aimci_grid *g, size_t k)
{
    assert(g->in.parts > 0);
    return partition_first(g->in, k % g->in.parts);
}

float *aimci_grid_scales(const aimci_grid *g, size_t k)
{
    assert(g->in.parts > 0);
    return g->scales + (k % g->in.parts) * g->out.n + aimci_grid_first_out(g, k);
}

/* ---- making --------------------------------------------------------------------------------- */

void aimci_grid_destroy(aimci_grid *g)
{
    if (!g)
        return;
    aimc_context *ctx = g->ctx;
    for (size_t k = 0; g->tiles && k < aimci_grid_n_tiles(g); k++)
        aimc_tile_destroy(g->tiles[k]);
    aimci_free(ctx, g->tiles);
    aimci_free(ctx, g->scales);
    aimci_free(ctx, g->part_out);
    aimci_free(ctx, g->part_in);
    aimci_free(ctx, g);
    aimci_context_unref(ctx);
}

static const aimci_mapping_params *mapping_of(const aimc_config *config)
{
    return aimci_config_values(aimci_config_child(config, "mapping"), &aimci_kind_mapping);
}

/* A grid that waits for its tiles. */
static aimc_status prepare(aimc_context *ctx, size_t n_out, size_t n_in, const aimc_config *config,
                           aimci_grid **out)
{
    aimci_grid *g = aimci_calloc(ctx, 1, sizeof *g);
    if (!g)
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    g->ctx = aimci_context_ref(ctx);
    g->mapping = *mapping_of(config);
    g->out = partition_side(n_out, (size_t)g->mapping.max_output_size);
    g->in = partition_side(n_in, (size_t)g->mapping.max_input_size);
    const size_t rows = partition_size(g->out, 0), cols = partition_size(g->in, 0);
    g->tiles = aimci_calloc(ctx, aimci_grid_n_tiles(g), sizeof *g->tiles);
    g->scales = aimci_calloc(ctx, g->in.parts * n_out, sizeof *g->scales);
    g->part_out = aimci_calloc(ctx, AIMCI_GRID_BATCH * rows, sizeof(float));
    g->part_in = aimci_calloc(ctx, AIMCI_GRID_BATCH * cols, sizeof(float));
    if (!g->tiles || !g->scales || !g->part_out || !g->part_in) {
        aimci_grid_destroy(g);
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    }
    for (size_t i = 0; i < g->in.parts * n_out; i++)
        g->scales[i] = 1.0f;
    *out = g;
    return AIMC_OK;
}

static aimc_status make_tiles(aimci_grid *g, const aimc_device *device, const aimc_config *config)
{
    aimc_config *of_tiles = NULL; /* tiles take their seeds from the grid's */
    aimc_status st = aimci_config_narrow(config, &aimci_kind_tile, &of_tiles);
    if (st)
        return st;
    ((aimci_tile_params *)of_tiles->values)->seed = -1;
    for (size_t k = 0; k < aimci_grid_n_tiles(g) && !st; k++)
        st = aimci_tile_create(device, partition_size(g->out, k / g->in.parts),
                               partition_size(g->in, k % g->in.parts), of_tiles,
                               aimci_random_derive(g->seed, k), &g->tiles[k]);
    aimc_config_destroy(of_tiles);
    return st;
}

aimc_status aimci_grid_create(const aimc_device *device, size_t n_out, size_t n_in,
                              const aimc_config *config, uint64_t seed_fallback, aimci_grid **out)
{
    aimci_grid *g = NULL;
    aimc_status st = prepare(device->ctx, n_out, n_in, config, &g);
    if (st)
        return st;
    const int64_t seed = ((const aimci_tile_params *)config->values)->seed;
    g->seed = seed >= 0 ? (uint64_t)seed : seed_fallback;
    st = make_tiles(g, device, config);
    if (st) {
        aimci_grid_destroy(g);
        return st;
    }
    *out = g;
    return AIMC_OK;
}

/* ---- weights -------------------------------------------------------------------------------- */

static float absmax_row(const float *w, size_t n)
{
    float m = 0.0f;
    for (size_t j = 0; j < n; j++)
        m = fmaxf(m, fabsf(w[j]));
    return m;
}

/* a = max|W| / omega over the tile or each of its rows; 1 where that is 0 */
static void choose_scales(const aimci_grid *g, size_t k, const float *w, size_t ld)
{
    const size_t rows = aimc_tile_get_n_out(g->tiles[k]), cols = aimc_tile_get_n_in(g->tiles[k]);
    float *scales = aimci_grid_scales(g, k);
    float largest = 0.0f;
    for (size_t i = 0; i < rows; i++) {
        scales[i] = absmax_row(w + i * ld, cols);
        largest = fmaxf(largest, scales[i]);
    }
    for (size_t i = 0; i < rows; i++) {
        const float top = g->mapping.weight_scaling_columnwise ? scales[i] : largest;
        scales[i] = top > 0 ? top / (float)g->mapping.weight_scaling_omega : 1.0f;
    }
}

static size_t first_weight(const aimci_grid *g, size_t k, size_t ld)
{
    return aimci_grid_first_out(g, k) * ld + aimci_grid_first_in(g, k);
}

void aimci_grid_set_weights(aimci_grid *g, const float *w, size_t ld)
{
    const bool scaled = g->mapping.weight_scaling_omega > 0;
    for (size_t k = 0; k < aimci_grid_n_tiles(g); k++) {
        const float *block = w + first_weight(g, k, ld);
        if (scaled)
            choose_scales(g, k, block, ld);
        aimci_tile_set_scaled(g->tiles[k], block, ld, scaled ? aimci_grid_scales(g, k) : NULL);
    }
}

void aimci_grid_get_weights(const aimci_grid *g, float *w, size_t ld)
{
    for (size_t k = 0; k < aimci_grid_n_tiles(g); k++) {
        const aimc_tile *t = g->tiles[k];
        const float *scales = aimci_grid_scales(g, k);
        float *block = w + first_weight(g, k, ld);
        aimci_array_get(t->array, aimci_tile_read_weights(t), block, ld);
        for (size_t i = 0; i < t->array->n_out; i++)
            for (size_t j = 0; j < t->array->n_in; j++)
                block[i * ld + j] *= scales[i];
    }
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

void aimci_grid_scale_gradients(size_t n, size_t rows, const float *d, size_t ld_d,
                                const float *scales, bool divide, float *to)
{
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < rows; i++) {
            const float v = d[b * ld_d + i];
            to[b * rows + i] = divide ? v / scales[i] : v * scales[i];
        }
}

/* At most AIMCI_GRID_BATCH vectors through tile k. */
static aimc_status forward_tile(aimci_grid *g, size_t k, size_t n, const float *x, size_t ld_x,
                                float *y, size_t ld_y)
{
    aimc_tile *t = g->tiles[k];
    const size_t rows = t->array->n_out;
    const aimc_status st =
        aimci_tile_read(t, true, n, x + aimci_grid_first_in(g, k), ld_x, g->part_out, rows);
    if (!st)
        add_scaled(n, rows, g->part_out, rows, aimci_grid_scales(g, k), k % g->in.parts != 0,
                   y + aimci_grid_first_out(g, k), ld_y);
    return st;
}

static aimc_status backward_tile(aimci_grid *g, size_t k, size_t n, const float *d, size_t ld_d,
                                 float *z, size_t ld_z)
{
    aimc_tile *t = g->tiles[k];
    const size_t rows = t->array->n_out, cols = t->array->n_in;
    aimci_grid_scale_gradients(n, rows, d + aimci_grid_first_out(g, k), ld_d,
                               aimci_grid_scales(g, k), false, g->part_out);
    aimc_status st = aimci_check_product("matrix_backward", g->part_out, n, rows, rows);
    if (!st)
        st = aimci_tile_read(t, false, n, g->part_out, rows, g->part_in, cols);
    if (!st)
        add_scaled(n, cols, g->part_in, cols, NULL, k >= g->in.parts, z + aimci_grid_first_in(g, k),
                   ld_z);
    return st;
}

typedef aimc_status (*tile_product)(aimci_grid *g, size_t k, size_t n, const float *from,
                                    size_t ld_from, float *to, size_t ld_to);

static aimc_status product(aimci_grid *g, tile_product of_tile, size_t n, const float *from,
                           size_t ld_from, float *to, size_t ld_to)
{
    aimc_status st = AIMC_OK;
    for (size_t b = 0; b < n && !st; b += AIMCI_GRID_BATCH) {
        const size_t m = aimci_min_size(AIMCI_GRID_BATCH, n - b);
        for (size_t k = 0; k < aimci_grid_n_tiles(g) && !st; k++)
            st = of_tile(g, k, m, from + b * ld_from, ld_from, to + b * ld_to, ld_to);
    }
    return st;
}

aimc_status aimci_grid_forward(aimci_grid *g, size_t n, const float *x, size_t ld_x, float *y,
                               size_t ld_y)
{
    const aimc_status st = product(g, forward_tile, n, x, ld_x, y, ld_y);
    return st ? st : aimci_check_product("matrix_forward", y, n, g->out.n, ld_y);
}

aimc_status aimci_grid_backward(aimci_grid *g, size_t n, const float *d, size_t ld_d, float *z,
                                size_t ld_z)
{
    const aimc_status st = product(g, backward_tile, n, d, ld_d, z, ld_z);
    return st ? st : aimci_check_product("matrix_backward", z, n, g->in.n, ld_z);
}

/* ---- telling -------------------------------------------------------------------------------- */

void aimci_grid_counters(const aimci_grid *g, aimc_counters *sum)
{
    for (size_t k = 0; k < aimci_grid_n_tiles(g); k++) {
        const aimc_counters of_tile = aimci_tile_counters(g->tiles[k]);
        aimci_counters_add(sum, &of_tile);
    }
}

void aimci_grid_describe(const aimci_grid *g, aimci_text *text)
{
    char tile[256];
    aimc_tile_describe(g->tiles[0], tile, sizeof tile);
    aimci_text_printf(text, "%zu x %zu on %zu x %zu tiles; first %s", g->out.n, g->in.n,
                      g->out.parts, g->in.parts, tile);
}

/* ---- file ----------------------------------------------------------------------------------- */

aimc_status aimci_grid_put(const aimci_grid *g, aimci_st_writer *writer, const char *prefix)
{
    char name[128], text[64];
    snprintf(name, sizeof name, "%sshape", prefix);
    snprintf(text, sizeof text, "%zu %zu", g->out.n, g->in.n);
    aimc_status st = aimci_st_put_text(writer, name, text);
    if (!st) {
        snprintf(name, sizeof name, "%sseed", prefix);
        st = aimci_st_put(writer, name, AIMCI_U64, 0, 1, 1, &g->seed);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sscales", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, g->in.parts, g->out.n, g->out.n, g->scales);
    }
    for (size_t k = 0; k < aimci_grid_n_tiles(g) && !st; k++) {
        snprintf(name, sizeof name, "%stile%zu.", prefix, k);
        st = aimci_tile_put(g->tiles[k], writer, name);
    }
    return st;
}

/* Before memory is asked for: does the file hold as many scales as such a grid has? */
static aimc_status check_size(const aimci_st_reader *reader, const char *prefix, size_t n_out,
                              size_t n_in, const aimc_config *config)
{
    char name[128];
    const size_t limit = (size_t)mapping_of(config)->max_input_size;
    snprintf(name, sizeof name, "%sscales", prefix);
    return aimci_st_get(reader, name, AIMCI_F32, partition_side(n_in, limit).parts, n_out, n_out,
                        NULL);
}

static aimc_status prepare_from_file(const aimc_config *config, const aimci_st_reader *reader,
                                     const char *prefix, aimci_grid **out)
{
    char name[128];
    size_t n_out = 0, n_in = 0;
    snprintf(name, sizeof name, "%sshape", prefix);
    const char *shape = aimci_st_text(reader, name);
    if (!shape || !aimci_parse_shape(shape, &n_out, &n_in, NULL) || n_out == 0 || n_in == 0 ||
        n_out > AIMCI_GRID_MAX_SIDE || n_in > AIMCI_GRID_MAX_SIDE)
        return aimci_fail(AIMC_ERR_FORMAT, "grid '%s' has no shape", prefix);
    const aimc_status st = check_size(reader, prefix, n_out, n_in, config);
    return st ? st : prepare(config->ctx, n_out, n_in, config, out);
}

static aimc_status restore_tile(aimci_grid *g, size_t k, aimci_st_reader *reader,
                                const char *prefix)
{
    char name[128];
    snprintf(name, sizeof name, "%stile%zu.", prefix, k);
    const aimc_status st = aimci_tile_restore(g->ctx, reader, name, &g->tiles[k]);
    if (st)
        return st;
    const aimci_array *a = g->tiles[k]->array;
    return a->n_out == partition_size(g->out, k / g->in.parts) &&
                   a->n_in == partition_size(g->in, k % g->in.parts)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_FORMAT, "tile %zu has another shape than its grid says", k);
}

aimc_status aimci_grid_restore(const aimc_config *config, aimci_st_reader *reader,
                               const char *prefix, aimci_grid **out)
{
    aimci_grid *g = NULL;
    char name[128];
    aimc_status st = prepare_from_file(config, reader, prefix, &g);
    if (st)
        return st;
    snprintf(name, sizeof name, "%sseed", prefix);
    st = aimci_st_get(reader, name, AIMCI_U64, 0, 1, 1, &g->seed);
    if (!st) {
        snprintf(name, sizeof name, "%sscales", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, g->in.parts, g->out.n, g->out.n, g->scales);
    }
    for (size_t k = 0; k < g->in.parts * g->out.n && !st; k++)
        if (!(g->scales[k] > 0))
            st = aimci_fail(AIMC_ERR_FORMAT,
                            "tensor '%s': value [%zu][%zu] is %g; more than 0 is needed", name,
                            k / g->out.n, k % g->out.n, (double)g->scales[k]);
    for (size_t k = 0; k < aimci_grid_n_tiles(g) && !st; k++)
        st = restore_tile(g, k, reader, prefix);
    if (st) {
        aimci_grid_destroy(g);
        return st;
    }
    *out = g;
    return AIMC_OK;
}
