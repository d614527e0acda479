/* SPDX-License-Identifier: MIT */
/* Networks that stay in their file: a node has its parameters and matrices only while it is at
 * work. They are made when the network is opened, too, and given up at once: so what does not fit
 * the file is told before anything is computed. */
#include <stdio.h>
#include <string.h>

#include "network/graph.h"

/* ---- one node ------------------------------------------------------------------------------- */

/* What the op found out of shapes alone. */
static aimc_status infer(aimci_node *node)
{
    const aimci_shape *in[64];
    aimci_shape out[AIMCI_MAX_VALUES_OF_NODE] = {{0}};
    size_t n_out = 1;
    for (size_t k = 0; k < node->n_in; k++)
        in[k] = &node->in[k]->shape;
    return node->op->infer(node, in, out, &n_out);
}

bool aimci_node_is_streamed(const aimci_node *node)
{
    return node->net->stream && node->op->create;
}

aimc_status aimci_node_give_up(aimci_node *node)
{
    if (node->op->destroy)
        node->op->destroy(node);
    memset(node->state, 0, node->op->state_size);
    aimci_node_free_tensors(node);
    return infer(node);
}

static aimc_status read_weight(aimci_node *node, size_t k)
{
    const aimci_weight *weight = &node->weights[k];
    char name[2 * AIMCI_NAME];
    snprintf(name, sizeof name, "%s.%s", node->name, weight->name);
    float *w = aimci_calloc(node->ctx, weight->rows * weight->cols, sizeof *w);
    if (!w)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for '%s'", name);
    aimc_status st =
        aimci_st_get_floats(node->net->stream, name, weight->shape.n, weight->shape.dim, w);
    if (!st)
        st = aimci_node_set_weight(node, k, w);
    aimci_free(node->ctx, w);
    return st;
}

static aimc_status read_tensors(aimci_node *node)
{
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < node->n_weights && !st && !aimci_node_is_restored(node); k++)
        st = read_weight(node, k);
    for (size_t k = 0; k < node->n_parameters && !st; k++) {
        const aimci_parameter *p = &node->parameters[k];
        if (aimci_node_is_restored(node) && aimci_node_is_on_lines(node, p))
            continue;
        char name[2 * AIMCI_NAME];
        snprintf(name, sizeof name, "%s.%s", node->name, p->name);
        st = aimci_st_get_floats(node->net->stream, name, p->shape.n, p->shape.dim, p->value);
        if (!st)
            st = aimci_node_write_parameter(node, p, p->value);
    }
    return st;
}

/* Nobody trains it. */
static void drop_gradients(const aimci_node *node)
{
    for (size_t k = 0; k < node->n_matrices; k++) {
        aimci_digital *digital = node->matrices[k].matrix->digital;
        if (!digital)
            continue;
        aimci_free(digital->ctx, digital->gradient);
        digital->gradient = NULL;
    }
}

static aimc_status load(aimci_node *node, size_t n)
{
    node->net->reader = node->net->stream;
    aimc_status st = node->op->create(node);
    if (!st) {
        drop_gradients(node);
        st = read_tensors(node);
    }
    node->net->reader = NULL;
    if (!st && node->op->reserve)
        st = node->op->reserve(node, n, AIMCI_EVAL);
    return st;
}

aimc_status aimci_node_stream(aimci_node *node, size_t n, aimc_status (*act)(aimci_node *, size_t))
{
    aimc_status st = load(node, n);
    if (!st)
        st = act(node, n);
    const aimc_status after = aimci_node_give_up(node);
    return st ? st : after;
}

/* ---- the network ---------------------------------------------------------------------------- */

aimc_status aimci_network_check_whole(const char *caller, const aimc_network *net)
{
    return net->stream ? aimci_fail(AIMC_ERR_STATE,
                                    "%s: the network is read from its file layer by layer, for "
                                    "inference alone; aimc_network_load() makes a whole one",
                                    caller)
                       : AIMC_OK;
}

static aimc_status build(aimc_network *net, const char *json)
{
    const char *document = json ? json : aimci_st_text(net->stream, "network");
    if (!document)
        return aimci_fail(AIMC_ERR_FORMAT, "the file holds tensors alone; give the document of "
                                           "their network as well");
    net->reader = net->stream;
    aimc_status st = aimci_network_read_document(net, document);
    net->reader = NULL;
    return st ? st : aimci_network_finish("file", net);
}

aimc_status aimc_network_open(aimc_context *ctx, const char *path, const char *json,
                              aimc_network **out)
{
    const char *caller = "network_open";
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "%s: out is NULL", caller);
    *out = NULL;
    if (!ctx || !path)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, ctx ? "path" : "ctx");
    aimc_network *net = aimci_network_new(ctx, 0);
    if (!net)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    aimc_status st = aimci_st_read(ctx, path, &net->stream);
    if (!st)
        st = build(net, json);
    if (st) {
        aimc_network_destroy(net);
        return aimci_fail_within(st, "%s: ", caller);
    }
    *out = net;
    return AIMC_OK;
}
