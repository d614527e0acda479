/* SPDX-License-Identifier: MIT */
/* Matrices made, written and read, on tiles or digital. */
#include <string.h>

#include "analog/matrix.h"

/* ---- making --------------------------------------------------------------------------------- */

void aimc_matrix_destroy(aimc_matrix *m)
{
    if (!m)
        return;
    aimc_context *ctx = m->ctx;
    aimci_hwa_destroy(m->hwa);
    for (size_t k = 0; m->optimizers && k < aimci_grid_n_tiles(m->grid); k++)
        aimc_optimizer_destroy(m->optimizers[k]);
    aimci_free(ctx, m->optimizers);
    aimci_grid_destroy(m->grid);
    aimci_digital_destroy(m->digital);
    aimci_free(ctx, m->gradients);
    aimci_free(ctx, m->lined);
    aimci_free_kept(ctx, &m->kept);
    aimc_config_destroy(m->config);
    aimci_free(ctx, m);
    aimci_context_unref(ctx);
}

aimc_status aimci_matrix_bind_training(aimc_matrix *m)
{
    const aimc_config *optimizer = aimci_config_child(m->config, "optimizer");
    const size_t n_tiles = aimci_grid_n_tiles(m->grid);
    aimc_status st = AIMC_OK;
    if (optimizer && !(m->optimizers = aimci_calloc(m->ctx, n_tiles, sizeof *m->optimizers)))
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    for (size_t k = 0; optimizer && k < n_tiles && !st; k++)
        st = aimc_optimizer_create(m->grid->tiles[k], NULL, optimizer, &m->optimizers[k]);
    return st ? st : aimci_hwa_create(m->grid, aimci_config_child(m->config, "hwa"), &m->hwa);
}

/* The device of the tiles: the caller's, or what the layer's configuration says. */
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
                          "matrix_create: device is NULL, and config is not of kind 'layer'");
    return aimc_device_create(config->ctx, NULL, child, out);
}

static aimc_status make_grid(aimc_matrix *m, const aimc_device *device, uint64_t seed_fallback)
{
    aimc_device *picked = NULL;
    aimc_status st = pick_device(device, m->config, &picked);
    if (!st)
        st = aimci_grid_create(picked, m->n_out, m->n_in, m->config, seed_fallback, &m->grid);
    aimc_device_unref(picked);
    return st ? st : aimci_matrix_bind_training(m);
}

static aimc_matrix *blank(aimc_context *ctx, size_t n_out, size_t n_in)
{
    aimc_matrix *m = aimci_calloc(ctx, 1, sizeof *m);
    if (m)
        *m = (aimc_matrix){.ctx = aimci_context_ref(ctx), .n_out = n_out, .n_in = n_in};
    return m;
}

/* The matrix when all went well; else it is given up. */
static aimc_status finish(aimc_status st, aimc_matrix *m, aimc_matrix **out)
{
    if (st)
        aimc_matrix_destroy(m);
    else
        *out = m;
    return st;
}

aimc_status aimci_matrix_create_digital(aimc_context *ctx, size_t n_out, size_t n_in, size_t ld_out,
                                        size_t ld_in, aimc_matrix **out)
{
    aimc_matrix *m = blank(ctx, n_out, n_in);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    return finish(aimci_digital_create(ctx, n_out, n_in, ld_out, ld_in, &m->digital), m, out);
}

aimc_status aimci_matrix_create(aimc_context *ctx, const aimc_device *device, size_t n_out,
                                size_t n_in, const aimc_config *config, uint64_t seed_fallback,
                                aimc_matrix **out)
{
    aimc_matrix *m = blank(ctx, n_out, n_in);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    aimc_status st = aimc_config_copy(config, &m->config);
    if (!st)
        st = make_grid(m, device, seed_fallback);
    return finish(st, m, out);
}

aimc_status aimc_matrix_create(const aimc_device *device, size_t n_out, size_t n_in,
                               const aimc_config *config, aimc_matrix **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_create: out is NULL");
    *out = NULL;
    if (!device && !config)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_create: both device and config are NULL");
    if (n_out == 0 || n_in == 0 || n_out > AIMCI_GRID_MAX_SIDE || n_in > AIMCI_GRID_MAX_SIDE)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_create: shape %zu x %zu; 1 ... %d a side",
                          n_out, n_in, AIMCI_GRID_MAX_SIDE);
    aimc_status st = aimci_config_expect("matrix_create", config, &aimci_kind_tile);
    if (!st && aimci_layer_has_analog_bias(config))
        st = aimci_fail(AIMC_ERR_INVALID,
                        "matrix_create: analog_bias is for layers of networks; a matrix has no "
                        "bias: give it one more input, which is always 1");
    if (st)
        return st;
    aimc_context *ctx = device ? device->ctx : config->ctx;
    aimc_config *defaults = NULL;
    if (!config && (st = aimc_config_create(ctx, "tile", &defaults)) != AIMC_OK)
        return st;
    const uint64_t number = aimci_context_next_object(ctx);
    const uint64_t seed = aimci_random_derive(aimci_context_seed(ctx), number);
    st = aimci_matrix_create(ctx, device, n_out, n_in, config ? config : defaults, seed, out);
    aimc_config_destroy(defaults);
    if (st)
        aimci_context_return_object(ctx, number);
    return st;
}

size_t aimc_matrix_get_n_out(const aimc_matrix *m)
{
    return m ? m->n_out : 0;
}

size_t aimc_matrix_get_n_in(const aimc_matrix *m)
{
    return m ? m->n_in : 0;
}

bool aimci_matrix_is_digital(const aimc_matrix *m)
{
    return m->digital != NULL;
}

size_t aimc_matrix_count_tiles(const aimc_matrix *m)
{
    return m ? aimci_grid_n_tiles(m->grid) : 0;
}

aimc_tile *aimc_matrix_get_tile(aimc_matrix *m, size_t k, size_t *first_out, size_t *first_in)
{
    if (k >= aimc_matrix_count_tiles(m))
        return NULL;
    if (first_out)
        *first_out = aimci_grid_first_out(m->grid, k);
    if (first_in)
        *first_in = aimci_grid_first_in(m->grid, k);
    return m->grid->tiles[k];
}

aimc_optimizer *aimc_matrix_get_optimizer(aimc_matrix *m, size_t k)
{
    return m && m->optimizers && k < aimc_matrix_count_tiles(m) ? m->optimizers[k] : NULL;
}

/* ---- weights -------------------------------------------------------------------------------- */

static aimc_status check_weights(const char *caller, const aimc_matrix *m, const float *w,
                                 size_t ld)
{
    if (!m || !w)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, m ? "w" : "matrix");
    if (ld < m->n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: ld_w = %zu is less than n_in = %zu", caller, ld,
                          m->n_in);
    return AIMC_OK;
}

aimc_status aimc_matrix_set_weights(aimc_matrix *m, const float *w, size_t ld_w)
{
    aimc_status st = check_weights("matrix_set_weights", m, w, ld_w);
    if (!st && !aimci_all_finite(w, m->n_out, m->n_in, ld_w))
        st = aimci_fail(AIMC_ERR_INVALID, "matrix_set_weights: w holds a value that is not finite");
    if (!st)
        aimci_grid_set_weights(m->grid, w, ld_w);
    return st;
}

aimc_status aimc_matrix_get_weights(const aimc_matrix *m, float *w, size_t ld_w)
{
    const aimc_status st = check_weights("matrix_get_weights", m, w, ld_w);
    if (!st)
        aimci_grid_get_weights(m->grid, w, ld_w);
    return st;
}

void aimci_matrix_get(const aimc_matrix *m, float *w)
{
    const size_t ld = aimci_leading_dimension(m->n_out);
    if (!m->digital)
        aimci_grid_get_weights(m->grid, w, m->n_in);
    for (size_t i = 0; m->digital && i < m->n_out; i++)
        for (size_t j = 0; j < m->n_in; j++)
            w[i * m->n_in + j] = m->digital->w[j * ld + i];
}

void aimci_matrix_set(aimc_matrix *m, const float *w)
{
    const size_t ld = aimci_leading_dimension(m->n_out);
    if (!m->digital)
        aimci_grid_set_weights(m->grid, w, m->n_in);
    for (size_t i = 0; m->digital && i < m->n_out; i++)
        for (size_t j = 0; j < m->n_in; j++)
            m->digital->w[j * ld + i] = w[i * m->n_in + j];
}

bool aimci_layer_has_analog_bias(const aimc_config *config)
{
    const aimci_layer_params *p = aimci_config_values(config, &aimci_kind_layer);
    return p && p->analog_bias;
}

/* The last column, with the others as they are. */
static aimc_status exchange_bias(const aimc_matrix *m, float *b, bool set)
{
    float *w = aimci_calloc(m->ctx, m->n_out * m->n_in, sizeof *w);
    if (!w)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    aimci_grid_get_weights(m->grid, w, m->n_in);
    for (size_t i = 0; i < m->n_out; i++) {
        float *own = &w[i * m->n_in + m->n_in - 1];
        *(set ? own : &b[i]) = *(set ? &b[i] : own);
    }
    if (set)
        aimci_grid_set_weights(m->grid, w, m->n_in);
    aimci_free(m->ctx, w);
    return AIMC_OK;
}

aimc_status aimci_matrix_get_bias(const aimc_matrix *m, float *b)
{
    return exchange_bias(m, b, false);
}

aimc_status aimci_matrix_set_bias(aimc_matrix *m, const float *b)
{
    return exchange_bias(m, (float *)(uintptr_t)b, true); /* is read only */
}

/* ---- telling -------------------------------------------------------------------------------- */

aimc_status aimc_matrix_get_counters(const aimc_matrix *m, aimc_counters *counters)
{
    if (!m || !counters)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_get_counters: NULL argument");
    aimc_counters sum = {0};
    aimci_grid_counters(m->grid, &sum);
    return aimci_struct_out("matrix_get_counters", counters, &sum, sizeof sum, 8);
}

size_t aimc_matrix_describe(const aimc_matrix *m, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    if (m && m->digital)
        aimci_text_printf(&text, "digital");
    else if (m)
        aimci_grid_describe(m->grid, &text);
    return text.length;
}
