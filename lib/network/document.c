/* SPDX-License-Identifier: MIT */
/* The document of a network: its graph as JSON.
 *
 *     {"format": "aimc-network", "version": 1,
 *      "inputs": [{"name": "image", "shape": [3, 32, 32]}],
 *      "nodes": [{"name": "stem", "op": "conv2d", "inputs": ["image"], "config": {...}}, ...],
 *      "outputs": ["logits"]}
 *
 * A value is called as its node; further ones of a node as "node:1", "node:2" ... */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "network/graph.h"

/* ---- writing -------------------------------------------------------------------------------- */

const aimci_value *aimci_visible_value(const aimci_value *v)
{
    while (v->maker && v->maker->hidden)
        v = v->maker->in[0];
    return v;
}

static void put_value(const aimci_value *value, aimci_text *text)
{
    const aimci_value *v = aimci_visible_value(value);
    if (!v->maker) {
        aimci_text_printf(text, "\"%s\"", v->name);
        return;
    }
    size_t k = 0;
    while (v->maker->out[k] != v)
        k++;
    if (k)
        aimci_text_printf(text, "\"%s:%zu\"", v->maker->name, k);
    else
        aimci_text_printf(text, "\"%s\"", v->maker->name);
}

static void put_values(size_t n, aimci_value *const *values, aimci_text *text)
{
    for (size_t k = 0; k < n; k++) {
        aimci_text_printf(text, "%s", k ? ", " : "");
        put_value(values[k], text);
    }
}

static void put_node_document(const aimci_node *node, aimci_text *text)
{
    aimci_text_printf(text, "{\"name\": \"%s\", \"op\": \"%s\", \"inputs\": [", node->name,
                      node->op->kind->name);
    put_values(node->n_in, node->in, text);
    aimci_text_printf(text, "], \"config\": ");
    const bool room = text->length < text->size;
    text->length += aimc_config_to_json(node->config, room ? text->buf + text->length : NULL,
                                        room ? text->size - text->length : 0);
    aimci_text_printf(text, "}");
}

static void put_nested(const char *name, const aimc_config *config, aimci_text *text)
{
    if (!config)
        return;
    aimci_text_printf(text, ", \"%s\": ", name);
    const bool room = text->length < text->size;
    text->length += aimc_config_to_json(config, room ? text->buf + text->length : NULL,
                                        room ? text->size - text->length : 0);
}

static void put_loss_weights(const aimc_network *net, aimci_text *text)
{
    if (!net->loss_weights)
        return;
    for (size_t k = 0; k < net->n_loss_weights; k++) {
        char number[32];
        aimci_format_double(number, net->loss_weights[k]);
        aimci_text_printf(text, "%s%s", k ? ", " : ", \"loss_weights\": [", number);
    }
    aimci_text_printf(text, "]");
}

size_t aimc_network_to_json(const aimc_network *net, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    if (!net)
        return 0;
    aimci_text_printf(&text, "{\"format\": \"aimc-network\", \"version\": 1, \"inputs\": [");
    for (size_t k = 0; k < net->n_inputs; k++) {
        const aimci_value *v = net->inputs[k];
        aimci_text_printf(&text, "%s{\"name\": \"%s\", \"shape\": [", k ? ", " : "", v->name);
        for (size_t d = 0; d < v->shape.n; d++)
            aimci_text_printf(&text, "%s%zu", d ? ", " : "", v->shape.dim[d]);
        aimci_text_printf(&text, "]}");
    }
    aimci_text_printf(&text, "], \"nodes\": [");
    const char *between = "";
    for (size_t i = 0; i < net->n_nodes; i++) {
        if (net->nodes[i]->hidden)
            continue;
        aimci_text_printf(&text, "%s", between);
        put_node_document(net->nodes[i], &text);
        between = ", ";
    }
    aimci_text_printf(&text, "], \"outputs\": [");
    if (net->n_outputs || !net->n_nodes)
        put_values(net->n_outputs, net->outputs, &text);
    else /* before it is used: the last value */
        put_values(1, &net->nodes[net->n_nodes - 1]->out[0], &text);
    aimci_text_printf(&text, "]");
    put_nested("loss", net->loss, &text);
    put_loss_weights(net, &text);
    put_nested("optimizer", net->optimizer, &text);
    aimci_text_printf(&text, "}");
    return text.length;
}

/* ---- reading -------------------------------------------------------------------------------- */

static aimc_status wrong(const char *what, size_t k, const char *expected)
{
    return aimci_fail(AIMC_ERR_FORMAT, "%s[%zu]: %s is expected", what, k, expected);
}

/* The number of the value that a document calls so. */
static aimc_status find_value(const aimc_network *net, const char *name, aimc_value *out)
{
    const char *colon = strrchr(name, ':');
    for (size_t k = 0; k < net->n_values; k++) {
        const aimci_value *v = net->values[k];
        const aimci_node *node = v->maker;
        if (node && node->hidden)
            continue;
        *out = (aimc_value)k;
        if (strcmp(node ? node->name : v->name, name) == 0 && (!node || v == node->out[0]))
            return AIMC_OK;
        const size_t n = colon ? (size_t)(colon - name) : 0;
        const unsigned long which = colon ? strtoul(colon + 1, NULL, 10) : 0;
        if (node && colon && strlen(node->name) == n && strncmp(node->name, name, n) == 0 &&
            which < node->n_out && v == node->out[which])
            return AIMC_OK;
    }
    return aimci_fail(AIMC_ERR_FORMAT,
                      "there is no value '%s' before it: a node reads inputs and nodes that come "
                      "earlier in the list",
                      name);
}

/* Only members that are known, so that nothing is dropped in silence. */
static aimc_status check_members(const json_t *object, const char *where, size_t k,
                                 const char *known)
{
    const char *key;
    json_t *value, *mutable_object = json_incref((json_t *)(uintptr_t)object);
    aimc_status st = AIMC_OK;
    json_object_foreach(mutable_object, key, value)
    {
        if (!aimci_among(known, key)) {
            st = aimci_fail(AIMC_ERR_FORMAT, "%s[%zu]: unknown member '%s'; there are %s", where, k,
                            key, known);
            break;
        }
    }
    json_decref(mutable_object);
    return st;
}

static aimc_status read_input(aimc_network *net, size_t k, const json_t *input)
{
    const char *name = json_string_value(json_object_get(input, "name"));
    const json_t *shape = json_object_get(input, "shape");
    size_t dim[AIMCI_MAX_DIMS];
    const size_t n = json_array_size(shape);
    if (!name || !json_is_array(shape))
        return wrong("inputs", k, "{\"name\": ..., \"shape\": [...]}");
    const aimc_status st = check_members(input, "inputs", k, "name|shape");
    if (st)
        return st;
    if (n == 0 || n > AIMCI_MAX_DIMS)
        return aimci_fail(AIMC_ERR_FORMAT, "inputs[%zu]: a shape has 1 ... %d numbers, not %zu", k,
                          AIMCI_MAX_DIMS, n);
    for (size_t d = 0; d < n; d++) {
        const json_int_t v = json_integer_value(json_array_get(shape, d));
        if (v < 1 || v > 1 << 30)
            return wrong("inputs", k, "a shape of whole numbers from 1 on");
        dim[d] = (size_t)v;
    }
    return aimc_network_add_input(net, name, dim, n, NULL);
}

static aimc_status read_config(aimc_network *net, const char *op, const json_t *document,
                               aimc_config **out)
{
    if (!aimci_find_op(op))
        return AIMC_OK; /* the builder says so, with the nearest name */
    aimc_status st = aimc_config_create(net->ctx, op, out);
    if (st || !document)
        return st;
    return aimci_config_merge_value(*out, document);
}

static aimc_status read_node(aimc_network *net, size_t k, const json_t *node)
{
    const char *name = json_string_value(json_object_get(node, "name"));
    const char *op = json_string_value(json_object_get(node, "op"));
    const json_t *inputs = json_object_get(node, "inputs");
    aimc_value in[64], out = 0;
    if (!name || !op || !json_is_array(inputs) || json_array_size(inputs) > 64)
        return wrong("nodes", k, "{\"name\": ..., \"op\": ..., \"inputs\": [...]}");
    aimc_status st = check_members(node, "nodes", k, "name|op|inputs|config");
    for (size_t i = 0; i < json_array_size(inputs) && !st; i++) {
        const char *value = json_string_value(json_array_get(inputs, i));
        st = value ? find_value(net, value, &in[i]) : wrong("nodes", k, "a list of names");
    }
    aimc_config *config = NULL;
    if (!st)
        st = read_config(net, op, json_object_get(node, "config"), &config);
    if (!st)
        st = aimci_network_add_named(net, name, op, config, json_array_size(inputs), in, &out);
    aimc_config_destroy(config);
    return st ? aimci_fail_within(st, "nodes[%zu] '%s' (%s): ", k, name, op) : AIMC_OK;
}

static aimc_status read_output(aimc_network *net, size_t k, const json_t *output)
{
    aimc_value value;
    const char *name = json_string_value(output);
    if (!name)
        return wrong("outputs", k, "a name");
    const aimc_status st = find_value(net, name, &value);
    return st ? aimci_fail_within(st, "outputs[%zu]: ", k) : aimc_network_add_output(net, value);
}

static aimc_status read_list(aimc_network *net, const json_t *root, const char *name,
                             aimc_status (*read)(aimc_network *net, size_t k, const json_t *item))
{
    const json_t *list = json_object_get(root, name);
    if (!json_is_array(list) || json_array_size(list) == 0)
        return aimci_fail(AIMC_ERR_FORMAT, "'%s' is missing: a list of at least one", name);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < json_array_size(list) && !st; k++)
        st = read(net, k, json_array_get(list, k));
    return st;
}

static aimc_status read_nested(aimc_network *net, const json_t *root, const char *name,
                               const char *category,
                               aimc_status (*set)(aimc_network *net, const aimc_config *config))
{
    const json_t *object = json_object_get(root, name);
    if (!object)
        return AIMC_OK;
    aimc_config *config = NULL;
    aimc_status st = aimci_config_from_value(net->ctx, category, object, &config);
    if (!st)
        st = set(net, config);
    aimc_config_destroy(config);
    return st ? aimci_fail_within(st, "'%s': ", name) : AIMC_OK;
}

/* Weights of classes of the loss, where there are any. */
static aimc_status read_loss_weights(aimc_network *net, const json_t *root)
{
    const json_t *list = json_object_get(root, "loss_weights");
    const size_t n = json_array_size(list);
    if (!list)
        return AIMC_OK;
    double *weights = aimci_calloc(net->ctx, n + 1, sizeof *weights);
    if (!weights)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    aimc_status st = n ? AIMC_OK : wrong("loss_weights", 0, "a list of numbers");
    for (size_t k = 0; k < n && !st; k++) {
        const json_t *v = json_array_get(list, k);
        weights[k] = json_number_value(v);
        st = json_is_number(v) ? AIMC_OK : wrong("loss_weights", k, "a number");
    }
    if (!st)
        st = aimc_network_set_loss_weights(net, n, weights);
    aimci_free(net->ctx, weights);
    return st;
}

static aimc_status read_graph(aimc_network *net, const json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *version = json_object_get(root, "version");
    if (!format || strcmp(format, "aimc-network") != 0)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "this is no network: \"format\": \"aimc-network\" is expected");
    if (json_integer_value(version) != 1)
        return aimci_fail(AIMC_ERR_FORMAT, "version %lld; this libaimc reads version 1",
                          (long long)json_integer_value(version));
    aimc_status st = check_members(
        root, "network", 0, "format|version|inputs|nodes|outputs|loss|loss_weights|optimizer");
    st = st ? st : read_list(net, root, "inputs", read_input);
    st = st ? st : read_list(net, root, "nodes", read_node);
    st = st ? st : read_list(net, root, "outputs", read_output);
    st = st ? st : read_nested(net, root, "loss", "loss", aimc_network_set_loss);
    st = st ? st : read_loss_weights(net, root);
    return st ? st
              : read_nested(net, root, "optimizer", "digital_optimizer",
                            aimc_network_set_optimizer);
}

aimc_status aimci_network_read_document(aimc_network *net, const char *json)
{
    json_t *root = NULL;
    aimc_status st = aimci_json_read(net->ctx, "JSON", json, strlen(json), &root);
    if (!st)
        st = json_is_object(root)
                 ? read_graph(net, root)
                 : aimci_fail(AIMC_ERR_FORMAT, "JSON: line 1: an object is expected");
    json_decref(root);
    return st;
}

aimc_status aimc_network_create_from_json(aimc_context *ctx, const char *json, aimc_network **out)
{
    const char *caller = "network_create_from_json";
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "%s: out is NULL", caller);
    *out = NULL;
    if (!ctx || !json)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, ctx ? "json" : "ctx");
    aimc_network *net = NULL;
    aimc_status st = aimc_network_create(ctx, &net);
    if (!st)
        st = aimci_network_read_document(net, json);
    if (st) {
        aimc_network_destroy(net);
        return aimci_fail_within(st, "%s: ", caller);
    }
    *out = net;
    return AIMC_OK;
}
