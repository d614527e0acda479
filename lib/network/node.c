/* SPDX-License-Identifier: MIT */
/* What a node owns: parameters, and weight tensors that lie on matrices. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network/graph.h"

/* ---- shapes --------------------------------------------------------------------------------- */

size_t aimci_shape_size(const aimci_shape *shape, size_t from)
{
    size_t size = 1;
    for (size_t i = from; i < shape->n; i++)
        size *= shape->dim[i];
    return size;
}

const char *aimci_shape_text(const aimci_shape *shape, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    aimci_text_printf(&text, "%s", shape->n ? "" : "1");
    for (size_t i = 0; i < shape->n; i++)
        aimci_text_printf(&text, "%s%zu", i ? " x " : "", shape->dim[i]);
    return buf;
}

/* ---- parameters ----------------------------------------------------------------------------- */

/* A list with room for one more. */
static void *grown(aimc_context *ctx, void *list, size_t n, size_t item)
{
    char *larger = aimci_calloc(ctx, n + 1, item);
    if (larger && n)
        memcpy(larger, list, n * item);
    if (larger)
        aimci_free(ctx, list);
    return larger;
}

static aimc_status no_memory(void)
{
    return aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

/* While a file is loaded: does it hold a tensor of this shape? Asked before memory is. */
static aimc_status look_in_file(const aimci_node *node, const char *name, const aimci_shape *shape)
{
    char full[AIMCI_NAME];
    if (!node->net->reader)
        return AIMC_OK;
    snprintf(full, sizeof full, "%s.%s", node->name, name);
    return aimci_st_get_floats(node->net->reader, full, shape->n, shape->dim, NULL);
}

aimc_status aimci_node_add_parameter(aimci_node *node, const char *name, const aimci_shape *shape,
                                     float value, bool trained)
{
    aimc_context *ctx = node->ctx;
    const aimc_status st = look_in_file(node, name, shape);
    if (st)
        return st;
    aimci_parameter *list = grown(ctx, node->parameters, node->n_parameters, sizeof *list);
    if (!list)
        return no_memory();
    node->parameters = list;
    aimci_parameter *p = &list[node->n_parameters++]; /* destroyed with the node from here on */
    snprintf(p->name, sizeof p->name, "%s", name);
    p->shape = *shape;
    p->n = aimci_shape_size(shape, 0);
    p->value = aimci_calloc(ctx, p->n, sizeof *p->value);
    if (trained)
        p->gradient = aimci_calloc(ctx, p->n, sizeof *p->gradient);
    if (!p->value || (trained && !p->gradient))
        return no_memory();
    for (size_t i = 0; i < p->n; i++)
        p->value[i] = value;
    return AIMC_OK;
}

aimci_parameter *aimci_node_parameter(const aimci_node *node, const char *name)
{
    for (size_t k = 0; k < node->n_parameters; k++)
        if (strcmp(node->parameters[k].name, name) == 0)
            return &node->parameters[k];
    return NULL;
}

const aimci_parameter *aimci_node_bias(const aimci_node *node, const char *name)
{
    const aimci_parameter *p = aimci_node_parameter(node, name);
    return p && !aimci_node_is_on_lines(node, p) ? p : NULL;
}

bool aimci_node_is_on_lines(const aimci_node *node, const aimci_parameter *p)
{
    for (size_t k = 0; p->is_bias && k < node->n_matrices; k++)
        if (node->matrices[k].tensor == p->tensor)
            return node->matrices[k].matrix->bias_line;
    return false;
}

bool aimci_node_is_digitally_trained(const aimci_node *node, const aimci_parameter *p)
{
    return p->gradient && !aimci_node_is_on_lines(node, p);
}

aimc_status aimci_node_read_parameter(const aimci_node *node, const aimci_parameter *p,
                                      float *value)
{
    aimc_status st = AIMC_OK;
    if (value != p->value)
        memcpy(value, p->value, p->n * sizeof *value);
    for (size_t k = 0; aimci_node_is_on_lines(node, p) && k < node->n_matrices && !st; k++)
        if (node->matrices[k].tensor == p->tensor)
            st = aimci_matrix_get_bias(node->matrices[k].matrix,
                                       value + node->matrices[k].first_row);
    return st;
}

aimc_status aimci_node_write_parameter(aimci_node *node, const aimci_parameter *p,
                                       const float *value)
{
    aimc_status st = AIMC_OK;
    if (value != p->value)
        memcpy(p->value, value, p->n * sizeof *value);
    for (size_t k = 0; aimci_node_is_on_lines(node, p) && k < node->n_matrices && !st; k++)
        if (node->matrices[k].tensor == p->tensor)
            st = aimci_matrix_set_bias(node->matrices[k].matrix,
                                       value + node->matrices[k].first_row);
    return st;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* The configuration of its matrices; NULL: digital. */
static const aimc_config *matrix_config(const aimci_node *node)
{
    const aimc_config *c = aimci_config_child(node->config, "matrix");
    return c && c->kind != &aimci_kind_digital ? c : NULL;
}

void aimci_node_matrix_prefix(const aimci_node *node, size_t k, char *buf, size_t size)
{
    if (k == 0)
        snprintf(buf, size, "%s.matrix.", node->name);
    else
        snprintf(buf, size, "%s.matrix%zu.", node->name, k);
}

/* The matrix on tiles that a file has the state of; *out stays NULL when it has none. */
static aimc_status restore_matrix(const aimci_node *node, size_t rows, size_t cols,
                                  aimc_matrix **out)
{
    char prefix[AIMCI_NAME], name[AIMCI_NAME + 16];
    aimci_node_matrix_prefix(node, node->n_matrices, prefix, sizeof prefix);
    snprintf(name, sizeof name, "%sconfig", prefix);
    if (!node->net->reader || !aimci_st_text(node->net->reader, name))
        return AIMC_OK;
    aimc_status st = aimci_matrix_restore(node->ctx, node->net->reader, prefix, out);
    if (!st && ((*out)->n_out != rows || (*out)->n_in != cols))
        st = aimci_fail(AIMC_ERR_FORMAT, "the matrix '%s' is %zu x %zu; the graph needs %zu x %zu",
                        prefix, (*out)->n_out, (*out)->n_in, rows, cols);
    return st;
}

bool aimci_node_is_restored(const aimci_node *node)
{
    char prefix[AIMCI_NAME], name[AIMCI_NAME + 16];
    aimci_node_matrix_prefix(node, 0, prefix, sizeof prefix);
    snprintf(name, sizeof name, "%sconfig", prefix);
    return node->net->reader && aimci_node_is_analog(node) &&
           aimci_st_text(node->net->reader, name);
}

static aimc_status make_matrix(aimci_node *node, const aimci_weight *w, size_t rows,
                               aimc_matrix **out)
{
    const aimc_config *config = matrix_config(node);
    const size_t n_out = w->transposed ? w->cols : rows, n_in = w->transposed ? rows : w->cols;
    if (!config)
        return aimci_matrix_create_digital(node->ctx, n_out, n_in, w->ld_out, w->ld_in, out);
    const bool line = aimci_weight_has_line(w, config);
    aimc_status st = restore_matrix(node, n_out, n_in + line, out);
    const uint64_t seed = aimci_random_derive(node->seed, 1 + node->n_matrices);
    if (!st && !*out)
        st = aimci_matrix_create(node->ctx, NULL, n_out, n_in + line, config, seed, out);
    if (!st)
        (*out)->bias_line = line;
    return st;
}

bool aimci_weight_has_line(const aimci_weight *w, const aimc_config *config)
{
    return w->bias[0] && aimci_layer_has_analog_bias(config);
}

static aimc_status add_matrix(aimci_node *node, size_t tensor, size_t first_row, size_t rows)
{
    aimci_node_matrix *list = grown(node->ctx, node->matrices, node->n_matrices, sizeof *list);
    if (!list)
        return no_memory();
    node->matrices = list;
    aimci_node_matrix *m = &list[node->n_matrices];
    m->tensor = tensor;
    m->first_row = first_row;
    const aimc_status st = make_matrix(node, &node->weights[tensor], rows, &m->matrix);
    if (st)
        aimc_matrix_destroy(m->matrix);
    else
        node->n_matrices++;
    return st;
}

/* Sizes of windows multiply: what no memory holds may not even fit a size_t. */
static aimc_status check_weight(const aimci_weight *w)
{
    const size_t most = (size_t)1 << (sizeof most > 4 ? 40 : 28);
    size_t size = 1;
    for (size_t d = 0; d < w->shape.n; d++)
        if (aimci_mul_overflows(size, w->shape.dim[d], &size) || size > most) {
            char text[AIMCI_SHAPE_TEXT];
            return aimci_fail(AIMC_ERR_SHAPE, "a weight of shape %s is too large",
                              aimci_shape_text(&w->shape, text, sizeof text));
        }
    return AIMC_OK;
}

aimc_status aimci_node_put_weight(aimci_node *node, const aimci_weight *weight, size_t n_matrices)
{
    aimc_status st = check_weight(weight);
    if (!st)
        st = look_in_file(node, weight->name, &weight->shape);
    if (st)
        return st;
    aimci_weight *list = grown(node->ctx, node->weights, node->n_weights, sizeof *list);
    if (!list)
        return no_memory();
    node->weights = list;
    aimci_weight *w = &list[node->n_weights];
    *w = *weight;
    w->rows = w->shape.dim[0];
    w->cols = aimci_shape_size(&w->shape, 1);
    const size_t rows = w->rows / n_matrices;
    for (size_t k = 0; k < n_matrices && !st; k++)
        st = add_matrix(node, node->n_weights, k * rows, rows);
    if (st)
        return st;
    node->n_weights++;
    return w->bias[0] ? aimci_node_add_bias(node, node->n_weights - 1, w->bias) : AIMC_OK;
}

aimc_status aimci_node_add_bias(aimci_node *node, size_t tensor, const char *name)
{
    const aimci_shape shape = {1, {node->weights[tensor].rows}};
    const aimc_status st = aimci_node_add_parameter(node, name, &shape, 0, true);
    if (st)
        return st;
    if (name != node->weights[tensor].bias)
        snprintf(node->weights[tensor].bias, sizeof node->weights[tensor].bias, "%s", name);
    node->parameters[node->n_parameters - 1].is_bias = true;
    node->parameters[node->n_parameters - 1].tensor = tensor;
    return AIMC_OK;
}

aimc_status aimci_node_check_lines(const aimci_node *node, const aimc_config *config)
{
    const bool can = node->n_weights == 0 || !node->weights[0].transposed;
    return can || !aimci_node_parameter(node, "bias") || !aimci_layer_has_analog_bias(config)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_UNSUPPORTED,
                            "analog_bias: a word line of this matrix would add to every place that "
                            "its window reaches; the bias of a transposed convolution is digital");
}

aimc_status aimci_node_add_weight(aimci_node *node, const char *name, const char *bias,
                                  const aimci_shape *shape, size_t n_matrices, size_t ld_out,
                                  size_t ld_in)
{
    aimci_weight w = {.shape = *shape, .ld_out = ld_out, .ld_in = ld_in};
    snprintf(w.name, sizeof w.name, "%s", name);
    snprintf(w.bias, sizeof w.bias, "%s", bias ? bias : "");
    return aimci_node_put_weight(node, &w, n_matrices);
}

/* One matrix's rows of its tensor: w is the tensor, m the matrix, both by rows. */
static void reorder(const aimci_node *node, const aimci_node_matrix *place, float *w, float *m,
                    bool into_matrix)
{
    const aimci_weight *weight = &node->weights[place->tensor];
    const size_t cols = weight->cols, n_in = place->matrix->n_in;
    const size_t rows = weight->transposed ? n_in : place->matrix->n_out;
    w += place->first_row * cols;
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < cols; k++) {
            const size_t at = node->op->order ? node->op->order(node, place->tensor, k) : k;
            float *of_matrix = m + (weight->transposed ? at * n_in + r : r * n_in + at);
            if (into_matrix)
                *of_matrix = w[r * cols + k];
            else
                w[r * cols + k] = *of_matrix;
        }
}

typedef enum what { GET, SET, GRADIENT } what;

static aimc_status exchange(const aimci_node *node, size_t tensor, float *w, what act)
{
    const aimci_weight *weight = &node->weights[tensor];
    float *m = aimci_calloc(node->ctx, weight->rows * (weight->cols + 1), sizeof *m);
    if (!m)
        return no_memory();
    for (size_t k = 0; k < node->n_matrices; k++) {
        const aimci_node_matrix *place = &node->matrices[k];
        if (place->tensor != tensor)
            continue;
        if (act == GRADIENT)
            aimci_digital_get_gradient(place->matrix->digital, m);
        else if (act == GET || place->matrix->bias_line) /* whose biases stay as they are */
            aimci_matrix_get(place->matrix, m);
        reorder(node, place, w, m, act == SET);
        if (act == SET)
            aimci_matrix_set(place->matrix, m);
    }
    aimci_free(node->ctx, m);
    return AIMC_OK;
}

aimc_status aimci_node_get_weight(const aimci_node *node, size_t k, float *w)
{
    return exchange(node, k, w, GET);
}

aimc_status aimci_node_get_gradient(const aimci_node *node, size_t k, float *g)
{
    return exchange(node, k, g, GRADIENT);
}

aimc_status aimci_node_set_weight(aimci_node *node, size_t k, const float *w)
{
    return exchange(node, k, (float *)(uintptr_t)w, SET); /* is read only */
}

aimc_status aimci_node_init_weight(aimci_node *node, size_t k, float bound)
{
    const size_t n = node->weights[k].rows * node->weights[k].cols;
    if (node->net->reader)
        return AIMC_OK; /* the file has the values */
    float *draws = aimci_calloc(node->ctx, n, sizeof *draws);
    if (!draws)
        return no_memory();
    const aimci_key key = aimci_random_key(node->seed, AIMCI_OP_INIT, 0, k);
    node->kernels->uniform(&key, draws, n);
    for (size_t i = 0; i < n; i++)
        draws[i] *= bound;
    const aimc_status st = aimci_node_set_weight(node, k, draws);
    aimci_free(node->ctx, draws);
    return st;
}

aimc_status aimci_node_init_uniform(aimci_node *node, float bound, const char *const *names,
                                    size_t n_names)
{
    size_t n = 0, at = 0;
    if (node->net->reader)
        return AIMC_OK; /* the file has the values */
    for (size_t k = 0; k < node->n_weights; k++)
        n += node->weights[k].rows * node->weights[k].cols;
    for (size_t k = 0; k < n_names; k++)
        n += aimci_node_parameter(node, names[k])->n;
    float *draws = aimci_calloc(node->ctx, n, sizeof *draws);
    if (!draws)
        return no_memory();
    const aimci_key key = aimci_random_key(node->seed, AIMCI_OP_INIT, 0, 0);
    node->kernels->uniform(&key, draws, n);
    for (size_t i = 0; i < n; i++)
        draws[i] *= bound;
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < node->n_weights && !st; k++) {
        st = aimci_node_set_weight(node, k, draws + at);
        at += node->weights[k].rows * node->weights[k].cols;
    }
    for (size_t k = 0; k < n_names; k++) {
        const aimci_parameter *p = aimci_node_parameter(node, names[k]);
        st = st ? st : aimci_node_write_parameter(node, p, draws + at);
        at += p->n;
    }
    aimci_free(node->ctx, draws);
    return st;
}

/* ---- matrices ------------------------------------------------------------------------------- */

bool aimci_node_is_analog(const aimci_node *node)
{
    return node->n_matrices && !aimci_matrix_is_digital(node->matrices[0].matrix);
}

bool aimci_node_is_programmed(const aimci_node *node)
{
    return aimci_node_is_analog(node) && aimci_matrix_is_programmed(node->matrices[0].matrix);
}

bool aimci_node_learns_by_inputs(const aimci_node *node)
{
    const aimci_hwa *h = aimci_node_is_analog(node) ? node->matrices[0].matrix->hwa : NULL;
    return aimci_hwa_learns_range(h) || aimci_hwa_learns_scales(h);
}

/* ---- end ------------------------------------------------------------------------------------ */

void aimci_node_free_tensors(aimci_node *node)
{
    aimc_context *ctx = node->ctx;
    for (size_t k = 0; k < node->n_parameters; k++) {
        aimci_free(ctx, node->parameters[k].value);
        aimci_free(ctx, node->parameters[k].gradient);
    }
    for (size_t k = 0; k < node->n_matrices; k++)
        aimc_matrix_destroy(node->matrices[k].matrix);
    aimci_free(ctx, node->parameters);
    aimci_free(ctx, node->weights);
    aimci_free(ctx, node->matrices);
    node->parameters = NULL;
    node->weights = NULL;
    node->matrices = NULL;
    node->n_parameters = node->n_weights = node->n_matrices = 0;
}

void aimci_node_destroy(aimci_node *node)
{
    if (!node)
        return;
    aimc_context *ctx = node->ctx;
    if (node->state && node->op->destroy)
        node->op->destroy(node);
    aimci_node_free_tensors(node);
    aimci_free_kept(ctx, &node->kept);
    aimci_free(ctx, node->state);
    aimci_free(ctx, node->in);
    aimci_free(ctx, node->d_in);
    aimci_free(ctx, node->adds);
    aimci_free(ctx, node->name);
    aimc_config_destroy(node->config);
    aimci_free(ctx, node);
}
