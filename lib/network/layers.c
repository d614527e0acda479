/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network/layer.h"

/* ---- linear: y = W x + b -------------------------------------------------------------------- */

aimc_status aimci_linear_frame(aimci_layer *l, bool digital)
{
    l->b = aimci_calloc(l->ctx, l->n_out, sizeof *l->b);
    if (!l->b)
        return aimci_fail(AIMC_ERR_NOMEM, "network_linear: no memory");
    if (!digital)
        return AIMC_OK;
    const size_t ld_out = aimci_leading_dimension(l->n_out);
    const bool deterministic = aimci_context_flags(l->ctx) & AIMC_FLAG_DETERMINISTIC;
    const aimc_status st =
        aimci_gemm_create(l->ctx, l->n_out, l->n_in, ld_out, ld_out,
                          aimci_leading_dimension(l->n_in), deterministic, &l->gemm);
    if (st)
        return st;
    const size_t scratch = aimci_gemm_scratch(l->gemm) + 16;
    l->w = aimci_calloc(l->ctx, ld_out * l->n_in, sizeof *l->w);
    l->scratch = aimci_calloc(l->ctx, aimci_context_slots(l->ctx) * scratch, sizeof *l->scratch);
    return l->w && l->scratch ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "network_linear: no memory");
}

void aimci_linear_get(const aimci_layer *l, float *w, float *b)
{
    if (b)
        memcpy(b, l->b, l->n_out * sizeof *b);
    if (w && l->grid)
        (void)aimc_grid_get_weights(l->grid, w, l->n_in); /* arguments are right */
    const size_t ld = aimci_leading_dimension(l->n_out);
    for (size_t i = 0; w && !l->grid && i < l->n_out; i++)
        for (size_t j = 0; j < l->n_in; j++)
            w[i * l->n_in + j] = l->w[j * ld + i];
}

aimc_status aimci_linear_set(aimci_layer *l, const float *w, const float *b)
{
    if ((w && !aimci_all_finite(w, l->n_out, l->n_in, l->n_in)) ||
        (b && !aimci_all_finite(b, 1, l->n_out, l->n_out)))
        return aimci_fail(AIMC_ERR_INVALID, "network_set_weights: a value is not finite");
    if (b)
        memcpy(l->b, b, l->n_out * sizeof *b);
    if (w && l->grid)
        return aimc_grid_set_weights(l->grid, w, l->n_in);
    const size_t ld = aimci_leading_dimension(l->n_out);
    for (size_t i = 0; w && i < l->n_out; i++)
        for (size_t j = 0; j < l->n_in; j++)
            l->w[j * ld + i] = w[i * l->n_in + j];
    return AIMC_OK;
}

/* A digital product in chunks, which do not depend on the number of threads. */
typedef struct product_job {
    const aimci_layer *layer;
    size_t n;
    const float *from;
    float *to;
    bool forward;
} product_job;

static void product_chunk(void *arg, size_t slot, size_t chunk)
{
    const product_job *job = arg;
    const aimci_layer *l = job->layer;
    const size_t ld_in = aimci_leading_dimension(l->n_in);
    const size_t ld_out = aimci_leading_dimension(l->n_out);
    const size_t first = chunk * AIMCI_GEMM_MAX_BATCH;
    const size_t n = aimci_min_size(AIMCI_GEMM_MAX_BATCH, job->n - first);
    float *scratch = l->scratch + slot * (aimci_gemm_scratch(l->gemm) + 16);
    if (job->forward)
        aimci_gemm_forward(l->gemm, n, l->w, job->from + first * ld_in, job->to + first * ld_out);
    else
        aimci_gemm_backward(l->gemm, n, l->w, job->from + first * ld_out, job->to + first * ld_in,
                            scratch);
}

static void digital_product(const aimci_layer *l, size_t n, const float *from, float *to,
                            bool forward)
{
    product_job job = {l, n, from, to, forward};
    aimci_parallel(l->ctx, (n + AIMCI_GEMM_MAX_BATCH - 1) / AIMCI_GEMM_MAX_BATCH, product_chunk,
                   &job);
}

static aimc_status linear_forward(aimci_layer *l, size_t n, const float *x, float *y)
{
    const size_t ld_in = aimci_leading_dimension(l->n_in);
    const size_t ld_out = aimci_leading_dimension(l->n_out);
    if (l->grid) {
        const aimc_status st = aimc_grid_forward(l->grid, n, x, ld_in, y, ld_out);
        if (st)
            return st;
    } else {
        digital_product(l, n, x, y, true);
    }
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < l->n_out; i++)
            y[s * ld_out + i] += l->b[i];
    return AIMC_OK;
}

static aimc_status linear_backward(aimci_layer *l, size_t n, const float *y, const float *dy,
                                   float *dx)
{
    (void)y;
    if (l->grid)
        return aimc_grid_backward(l->grid, n, dy, aimci_leading_dimension(l->n_out), dx,
                                  aimci_leading_dimension(l->n_in));
    digital_product(l, n, dy, dx, false);
    return AIMC_OK;
}

static aimc_status linear_step(aimci_layer *l, size_t n, const float *x, const float *dy, double lr)
{
    const size_t ld_in = aimci_leading_dimension(l->n_in);
    const size_t ld_out = aimci_leading_dimension(l->n_out);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < l->n_out; i++)
            l->b[i] -= (float)lr * dy[s * ld_out + i];
    if (l->grid)
        return aimc_grid_step(l->grid, n, x, ld_in, dy, ld_out, lr);
    for (size_t s = 0; s < n; s += AIMCI_GEMM_MAX_BATCH)
        aimci_gemm_update(l->gemm, aimci_min_size(AIMCI_GEMM_MAX_BATCH, n - s), (float)-lr, l->w,
                          dy + s * ld_out, x + s * ld_in);
    return AIMC_OK;
}

static aimc_status linear_put(const aimci_layer *l, aimci_st_writer *writer, const char *prefix)
{
    char name[96], shape[80];
    snprintf(name, sizeof name, "%sshape", prefix);
    snprintf(shape, sizeof shape, "%zu %zu %s", l->n_out, l->n_in, l->grid ? "analog" : "digital");
    aimc_status st = aimci_st_put_text(writer, name, shape);
    if (!st) {
        snprintf(name, sizeof name, "%sbias", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, 0, l->n_out, l->n_out, l->b);
    }
    if (st)
        return st;
    if (l->grid) {
        snprintf(name, sizeof name, "%sgrid.", prefix);
        return aimci_grid_put(l->grid, writer, name);
    }
    snprintf(name, sizeof name, "%sweights", prefix);
    return aimci_st_put(writer, name, AIMCI_F32, l->n_in, l->n_out,
                        aimci_leading_dimension(l->n_out), l->w);
}

static aimc_status linear_restore(aimci_layer *l, aimci_st_reader *reader, const char *prefix)
{
    char name[96];
    const char *kind = "";
    snprintf(name, sizeof name, "%sshape", prefix);
    const char *shape = aimci_st_text(reader, name);
    if (!shape || !aimci_parse_shape(shape, &l->n_out, &l->n_in, &kind) || !l->n_out || !l->n_in)
        return aimci_fail(AIMC_ERR_FORMAT, "layer '%s' has no shape", prefix);
    const bool digital = strcmp(kind, "digital") == 0;
    snprintf(name, sizeof name, "%sbias", prefix);
    aimc_status st = aimci_st_get(reader, name, AIMCI_F32, 0, l->n_out, l->n_out, NULL);
    char weights[96];
    snprintf(weights, sizeof weights, "%sweights", prefix);
    if (!st && digital)
        st = aimci_st_get(reader, weights, AIMCI_F32, l->n_in, l->n_out, l->n_out, NULL);
    if (!st)
        st = aimci_linear_frame(l, digital);
    if (!st)
        st = aimci_st_get(reader, name, AIMCI_F32, 0, l->n_out, l->n_out, l->b);
    if (st)
        return st;
    if (digital)
        return aimci_st_get(reader, weights, AIMCI_F32, l->n_in, l->n_out,
                            aimci_leading_dimension(l->n_out), l->w);
    snprintf(name, sizeof name, "%sgrid.", prefix);
    st = aimci_grid_restore(l->ctx, reader, name, &l->grid);
    if (!st && (l->grid->out.n != l->n_out || l->grid->in.n != l->n_in))
        st = aimci_fail(AIMC_ERR_FORMAT, "layer '%s' has another shape than its grid", prefix);
    return st;
}

static void linear_describe(const aimci_layer *l, aimci_text *text)
{
    aimci_text_printf(text, "linear %zu -> %zu, ", l->n_in, l->n_out);
    if (!l->grid) {
        aimci_text_printf(text, "digital");
        return;
    }
    char grid[384];
    aimc_grid_describe(l->grid, grid, sizeof grid);
    aimci_text_printf(text, "%s", grid);
}

static void linear_destroy(aimci_layer *l)
{
    aimc_grid_destroy(l->grid);
    aimci_gemm_destroy(l->gemm);
    aimci_free(l->ctx, l->w);
    aimci_free(l->ctx, l->b);
    aimci_free(l->ctx, l->scratch);
}

const aimci_layer_type aimci_layer_linear = {
    .name = "linear",
    .forward = linear_forward,
    .backward = linear_backward,
    .step = linear_step,
    .put = linear_put,
    .restore = linear_restore,
    .describe = linear_describe,
    .destroy = linear_destroy,
};

/* ---- activations ---------------------------------------------------------------------------- */

static const char *const activation_names[] = {
    [AIMC_TANH] = "tanh", [AIMC_RELU] = "relu", [AIMC_SIGMOID] = "sigmoid"};

static aimc_status activation_forward(aimci_layer *l, size_t n, const float *x, float *y)
{
    l->kernels->activate(l->activation, x, y, n * aimci_leading_dimension(l->n_in));
    return AIMC_OK;
}

static aimc_status activation_backward(aimci_layer *l, size_t n, const float *y, const float *dy,
                                       float *dx)
{
    l->kernels->activate_back(l->activation, y, dy, dx, n * aimci_leading_dimension(l->n_in));
    return AIMC_OK;
}

static aimc_status activation_step(aimci_layer *l, size_t n, const float *x, const float *dy,
                                   double lr)
{
    (void)l, (void)n, (void)x, (void)dy, (void)lr;
    return AIMC_OK;
}

static aimc_status activation_put(const aimci_layer *l, aimci_st_writer *writer, const char *prefix)
{
    char name[96];
    snprintf(name, sizeof name, "%sfunction", prefix);
    return aimci_st_put_text(writer, name, activation_names[l->activation]);
}

/* The width is that of the layer before, which the network knows. */
static aimc_status activation_restore(aimci_layer *l, aimci_st_reader *reader, const char *prefix)
{
    char name[96];
    snprintf(name, sizeof name, "%sfunction", prefix);
    const char *word = aimci_st_text(reader, name);
    for (int k = AIMC_TANH; word && k <= AIMC_SIGMOID; k++)
        if (strcmp(word, activation_names[k]) == 0) {
            l->activation = k;
            return AIMC_OK;
        }
    return aimci_fail(AIMC_ERR_FORMAT, "layer '%s' has unknown function '%s'", prefix,
                      word ? word : "");
}

static void activation_describe(const aimci_layer *l, aimci_text *text)
{
    aimci_text_printf(text, "%s", activation_names[l->activation]);
}

static void activation_destroy(aimci_layer *l)
{
    (void)l;
}

const aimci_layer_type aimci_layer_activation = {
    .name = "activation",
    .forward = activation_forward,
    .backward = activation_backward,
    .step = activation_step,
    .put = activation_put,
    .restore = activation_restore,
    .describe = activation_describe,
    .destroy = activation_destroy,
};
