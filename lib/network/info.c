/* SPDX-License-Identifier: MIT */
/* What a network is, in words and numbers. */
#include <string.h>

#include "network/graph.h"

/* ---- matrices by number --------------------------------------------------------------------- */

/* Matrix k over all nodes, and its node; NULL: there is none. */
static const aimci_node_matrix *find_matrix(const aimc_network *net, size_t k, aimci_node **node)
{
    for (size_t i = 0; net && i < net->n_nodes; i++) {
        *node = net->nodes[i];
        if (k < (*node)->n_matrices)
            return &(*node)->matrices[k];
        k -= (*node)->n_matrices;
    }
    return NULL;
}

size_t aimc_network_count_matrices(const aimc_network *net)
{
    size_t n = 0;
    for (size_t i = 0; net && i < net->n_nodes; i++)
        n += net->nodes[i]->n_matrices;
    return n;
}

aimc_matrix *aimc_network_get_matrix(aimc_network *net, size_t k)
{
    aimci_node *node;
    const aimci_node_matrix *place = find_matrix(net, k, &node);
    return place && !aimci_matrix_is_digital(place->matrix) ? place->matrix : NULL;
}

static aimc_status no_matrix(const char *caller, const aimc_network *net, size_t k)
{
    return aimci_fail(AIMC_ERR_INVALID, "%s: matrix %zu of %zu", caller, k,
                      aimc_network_count_matrices(net));
}

aimc_status aimc_network_get_matrix_shape(const aimc_network *net, size_t k, size_t *n_out,
                                          size_t *n_in)
{
    aimci_node *node;
    const aimci_node_matrix *place = find_matrix(net, k, &node);
    if (!place || !n_out || !n_in)
        return place ? aimci_fail(AIMC_ERR_INVALID, "network_get_matrix_shape: NULL argument")
                     : no_matrix("network_get_matrix_shape", net, k);
    *n_out = place->matrix->n_out;
    *n_in = place->matrix->n_in;
    return AIMC_OK;
}

/* The digital bias of a matrix's rows; NULL: it has none, or one that others have, too. */
static float *bias_of(const aimci_node *node, const aimci_node_matrix *place)
{
    const aimci_parameter *b = aimci_node_bias(node, "bias");
    const bool own = node->n_weights == 1 && !node->weights[0].transposed;
    return b && own ? b->value + place->first_row : NULL;
}

aimc_status aimc_network_get_weights(const aimc_network *net, size_t k, float *w, float *b)
{
    aimci_node *node;
    const aimci_node_matrix *place = find_matrix(net, k, &node);
    if (!place)
        return no_matrix("network_get_weights", net, k);
    const float *bias = bias_of(node, place);
    for (size_t i = 0; b && i < place->matrix->n_out; i++)
        b[i] = bias ? bias[i] : 0;
    if (w)
        aimci_matrix_get(place->matrix, w);
    return b && place->matrix->bias_line ? aimci_matrix_get_bias(place->matrix, b) : AIMC_OK;
}

aimc_status aimc_network_set_weights(aimc_network *net, size_t k, const float *w, const float *b)
{
    const char *caller = "network_set_weights";
    aimci_node *node;
    const aimci_node_matrix *place = find_matrix(net, k, &node);
    if (!place)
        return no_matrix(caller, net, k);
    aimc_matrix *m = place->matrix;
    float *bias = bias_of(node, place);
    if ((w && !aimci_all_finite(w, m->n_out, m->n_in, m->n_in)) ||
        (b && !aimci_all_finite(b, 1, m->n_out, m->n_out)))
        return aimci_fail(AIMC_ERR_INVALID, "%s: a value is not finite", caller);
    if (b && !bias && !m->bias_line)
        return aimci_fail(AIMC_ERR_INVALID, "%s: '%s' has no bias", caller, node->name);
    if (b && bias)
        memcpy(bias, b, m->n_out * sizeof *b);
    if (w)
        aimci_matrix_set(m, w);
    return b && m->bias_line ? aimci_matrix_set_bias(m, b) : AIMC_OK;
}

/* ---- values --------------------------------------------------------------------------------- */

size_t aimc_network_count_inputs(const aimc_network *net)
{
    return net ? net->n_inputs : 0;
}

size_t aimc_network_count_outputs(const aimc_network *net)
{
    return net ? (net->n_outputs || !net->n_nodes ? net->n_outputs : 1) : 0;
}

static aimc_status number_of(const char *caller, const aimc_network *net, const aimci_value *v,
                             aimc_value *value)
{
    if (!value)
        return aimci_fail(AIMC_ERR_INVALID, "%s: value is NULL", caller);
    size_t i = 0;
    while (net->values[i] != v)
        i++;
    *value = (aimc_value)i;
    return AIMC_OK;
}

aimc_status aimc_network_get_input(const aimc_network *net, size_t k, aimc_value *value)
{
    if (k >= aimc_network_count_inputs(net))
        return aimci_fail(AIMC_ERR_INVALID, "network_get_input: input %zu of %zu", k,
                          aimc_network_count_inputs(net));
    return number_of("network_get_input", net, net->inputs[k], value);
}

aimc_status aimc_network_get_output(const aimc_network *net, size_t k, aimc_value *value)
{
    if (k >= aimc_network_count_outputs(net))
        return aimci_fail(AIMC_ERR_INVALID, "network_get_output: output %zu of %zu", k,
                          aimc_network_count_outputs(net));
    const aimci_value *v = net->n_outputs ? net->outputs[k] : net->nodes[net->n_nodes - 1]->out[0];
    return number_of("network_get_output", net, v, value);
}

aimc_status aimc_network_get_shape(const aimc_network *net, aimc_value value, size_t *shape,
                                   size_t *n_dims)
{
    const aimci_value *v = net ? aimci_network_value(net, value) : NULL;
    if (!v || !shape || !n_dims)
        return aimci_fail(AIMC_ERR_INVALID, "network_get_shape: %s",
                          v ? "shape or n_dims is NULL" : "there is no such value");
    *n_dims = v->shape.n;
    for (size_t d = 0; d < v->shape.n; d++)
        shape[d] = v->shape.dim[d];
    return AIMC_OK;
}

/* ---- figures -------------------------------------------------------------------------------- */

static uint64_t count_parameters(const aimci_node *node)
{
    uint64_t n = 0;
    for (size_t k = 0; k < node->n_weights; k++)
        n += (uint64_t)node->weights[k].rows * node->weights[k].cols;
    for (size_t k = 0; k < node->n_parameters; k++)
        n += node->parameters[k].gradient ? node->parameters[k].n : 0;
    return n;
}

static uint64_t count_analog(const aimci_node *node)
{
    uint64_t n = 0;
    for (size_t k = 0; aimci_node_is_analog(node) && k < node->n_weights; k++)
        n += (uint64_t)node->weights[k].rows * node->weights[k].cols;
    for (size_t k = 0; k < node->n_parameters; k++)
        n += aimci_node_is_on_lines(node, &node->parameters[k]) ? node->parameters[k].n : 0;
    return n;
}

static uint64_t count_tiles(const aimci_node *node)
{
    uint64_t n = 0;
    for (size_t k = 0; k < node->n_matrices; k++)
        n += aimc_matrix_count_tiles(node->matrices[k].matrix);
    return n;
}

static size_t count_visible(const aimc_network *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->n_nodes; i++)
        n += !net->nodes[i]->hidden;
    return n;
}

static aimci_node *visible_node(const aimc_network *net, size_t k)
{
    for (size_t i = 0; i < net->n_nodes; i++)
        if (!net->nodes[i]->hidden && k-- == 0)
            return net->nodes[i];
    return NULL;
}

/* What the output is before it is declared: the last value. */
static size_t output_size(const aimc_network *net)
{
    size_t n = 0;
    for (size_t k = 0; k < net->n_outputs; k++)
        n += net->outputs[k]->size;
    return net->n_outputs || !net->n_nodes ? n : net->nodes[net->n_nodes - 1]->out[0]->size;
}

aimc_status aimc_network_get_info(const aimc_network *net, aimc_network_info *info)
{
    if (!net || !info)
        return aimci_fail(AIMC_ERR_INVALID, "network_get_info: NULL argument");
    aimc_network_info ours = {.n_layers = (uint32_t)count_visible(net),
                              .n_out = output_size(net),
                              .n_batches = net->n_batches,
                              .n_samples = net->n_samples};
    for (size_t k = 0; k < net->n_inputs; k++)
        ours.n_in += net->inputs[k]->size;
    for (size_t i = 0; i < net->n_nodes; i++) {
        ours.n_parameters += count_parameters(net->nodes[i]);
        ours.n_analog += count_analog(net->nodes[i]);
        ours.n_tiles += count_tiles(net->nodes[i]);
    }
    return aimci_struct_out("network_get_info", info, &ours, sizeof ours, 8);
}

/* Multiplications of a sample: each vector of each matrix by all its weights. */
static uint64_t count_macs(aimci_node *node)
{
    uint64_t n = 0;
    for (size_t k = 0; k < node->n_matrices; k++) {
        const aimc_matrix *m = node->matrices[k].matrix;
        n += (uint64_t)aimci_node_vectors(node, 1, k, 0, 0, NULL) * m->n_out * m->n_in;
    }
    return n;
}

aimc_status aimc_network_get_layer(const aimc_network *net, size_t k, aimc_layer_info *info)
{
    const char *caller = "network_get_layer";
    if (!net || !info)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, net ? "info" : "net");
    aimci_node *node = visible_node(net, k);
    if (!node)
        return aimci_fail(AIMC_ERR_INVALID, "%s: layer %zu of %zu", caller, k, count_visible(net));
    aimc_layer_info ours = {.is_analog = aimci_node_is_analog(node),
                            .op = node->op->kind->name,
                            .n_out = node->out[0]->size,
                            .n_in = node->in[0]->size,
                            .n_parameters = count_parameters(node),
                            .n_tiles = count_tiles(node),
                            .name = node->name,
                            .n_matrices = node->n_matrices,
                            .n_macs = count_macs(node)};
    (void)number_of(caller, net, aimci_visible_value(node->in[0]), &ours.input);
    (void)number_of(caller, net, node->out[0], &ours.output);
    return aimci_struct_out(caller, info, &ours, sizeof ours, 8);
}

aimc_status aimc_network_get_counters(const aimc_network *net, aimc_counters *counters)
{
    if (!net || !counters)
        return aimci_fail(AIMC_ERR_INVALID, "network_get_counters: NULL argument");
    aimc_counters sum = {0};
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++)
            aimci_grid_counters(net->nodes[i]->matrices[k].matrix->grid, &sum);
    return aimci_struct_out("network_get_counters", counters, &sum, sizeof sum, 8);
}

/* ---- words ---------------------------------------------------------------------------------- */

aimc_status aimc_network_set_note(aimc_network *net, const char *note)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_set_note: net is NULL");
    char *copy = note ? aimci_strdup(net->ctx, note) : NULL;
    if (note && !copy)
        return aimci_fail(AIMC_ERR_NOMEM, "network_set_note: no memory");
    aimci_free(net->ctx, net->note);
    net->note = copy;
    return AIMC_OK;
}

const char *aimc_network_get_note(const aimc_network *net)
{
    return net && net->note ? net->note : "";
}

/* "linear 64 -> 10, digital", "conv2d stem 3 x 32 x 32 -> 16 x 32 x 32 ..." */
static void describe_node(const aimci_node *node, aimci_text *text)
{
    char in[AIMCI_SHAPE_TEXT], out[AIMCI_SHAPE_TEXT], matrix[384];
    const char *op = node->op->kind->name;
    const size_t n = strlen(op);
    aimci_text_printf(text, "%s", op);
    if (strncmp(node->name, op, n) != 0 || (node->name[n] && node->name[n] != '_'))
        aimci_text_printf(text, " %s", node->name);
    if (node->n_matrices) {
        aimc_matrix_describe(node->matrices[0].matrix, matrix, sizeof matrix);
        aimci_text_printf(text, " %s -> %s, %s",
                          aimci_shape_text(&node->in[0]->shape, in, sizeof in),
                          aimci_shape_text(&node->out[0]->shape, out, sizeof out), matrix);
    }
    if (node->op->describe)
        node->op->describe(node, text);
}

size_t aimc_network_describe(const aimc_network *net, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    const aimci_node *node;
    for (size_t k = 0; net && (node = visible_node(net, k)) != NULL; k++) {
        aimci_text_printf(&text, "%zu: ", k);
        describe_node(node, &text);
        aimci_text_printf(&text, "\n");
    }
    return text.length;
}
