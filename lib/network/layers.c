/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "network/layer.h"

/* ---- linear: y = W x + b -------------------------------------------------------------------- */

aimc_status aimci_linear_create(aimci_layer *l, const aimc_config *config, uint64_t seed)
{
    l->b = aimci_calloc(l->ctx, l->n_out, sizeof *l->b);
    if (!l->b)
        return aimci_fail(AIMC_ERR_NOMEM, "network_add_linear: no memory");
    return aimci_matrix_create(l->ctx, NULL, l->n_out, l->n_in, config, seed, &l->matrix);
}

void aimci_linear_get(const aimci_layer *l, float *w, float *b)
{
    if (b)
        memcpy(b, l->b, l->n_out * sizeof *b);
    if (w)
        aimci_matrix_get(l->matrix, w);
}

aimc_status aimci_linear_set(aimci_layer *l, const float *w, const float *b)
{
    if ((w && !aimci_all_finite(w, l->n_out, l->n_in, l->n_in)) ||
        (b && !aimci_all_finite(b, 1, l->n_out, l->n_out)))
        return aimci_fail(AIMC_ERR_INVALID, "network_set_weights: a value is not finite");
    if (b)
        memcpy(l->b, b, l->n_out * sizeof *b);
    if (w)
        aimci_matrix_set(l->matrix, w);
    return AIMC_OK;
}

static aimc_status linear_forward(aimci_layer *l, size_t n, const float *x, float *y)
{
    const size_t ld_out = aimci_leading_dimension(l->n_out);
    const aimc_status st = aimci_matrix_forward(l->matrix, n, x, y);
    for (size_t s = 0; s < n && !st; s++)
        for (size_t i = 0; i < l->n_out; i++)
            y[s * ld_out + i] += l->b[i];
    return st;
}

static aimc_status linear_backward(aimci_layer *l, size_t n, const float *y, const float *dy,
                                   float *dx)
{
    (void)y;
    return aimci_matrix_backward(l->matrix, n, dy, dx);
}

static aimc_status linear_step(aimci_layer *l, size_t n, const float *x, const float *dy, double lr)
{
    const size_t ld_out = aimci_leading_dimension(l->n_out);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < l->n_out; i++)
            l->b[i] -= (float)lr * dy[s * ld_out + i];
    return aimci_matrix_step(l->matrix, n, x, dy, lr);
}

static aimc_status linear_put(const aimci_layer *l, aimci_st_writer *writer, const char *prefix)
{
    char name[96];
    snprintf(name, sizeof name, "%sbias", prefix);
    const aimc_status st = aimci_st_put(writer, name, AIMCI_F32, 0, l->n_out, l->n_out, l->b);
    snprintf(name, sizeof name, "%smatrix.", prefix);
    return st ? st : aimci_matrix_put(l->matrix, writer, name);
}

static aimc_status linear_restore(aimci_layer *l, aimci_st_reader *reader, const char *prefix)
{
    char name[96];
    snprintf(name, sizeof name, "%smatrix.", prefix);
    const aimc_status st = aimci_matrix_restore(l->ctx, reader, name, &l->matrix);
    if (st)
        return st;
    l->n_out = aimc_matrix_get_n_out(l->matrix);
    l->n_in = aimc_matrix_get_n_in(l->matrix);
    l->b = aimci_calloc(l->ctx, l->n_out, sizeof *l->b);
    if (!l->b)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    snprintf(name, sizeof name, "%sbias", prefix);
    return aimci_st_get(reader, name, AIMCI_F32, 0, l->n_out, l->n_out, l->b);
}

static void linear_describe(const aimci_layer *l, aimci_text *text)
{
    char matrix[384];
    aimc_matrix_describe(l->matrix, matrix, sizeof matrix);
    aimci_text_printf(text, "linear %zu -> %zu, %s", l->n_in, l->n_out, matrix);
}

static void linear_destroy(aimci_layer *l)
{
    aimc_matrix_destroy(l->matrix);
    aimci_free(l->ctx, l->b);
}

const aimci_layer_ops aimci_layer_ops_linear = {
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

const char *aimci_layer_op(const aimci_layer *l)
{
    return l->matrix ? l->ops->name : activation_names[l->activation];
}

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

const aimci_layer_ops aimci_layer_ops_activation = {
    .name = "activation",
    .forward = activation_forward,
    .backward = activation_backward,
    .step = activation_step,
    .put = activation_put,
    .restore = activation_restore,
    .describe = activation_describe,
    .destroy = activation_destroy,
};
