/* SPDX-License-Identifier: MIT */
/* Networks in files: the document in the metadata, tensors with the names and layouts of PyTorch,
 * and beside the weights of matrices on tiles the state of their devices. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/state_file.h"
#include "network/graph.h"

/* ---- tensors of a network ------------------------------------------------------------------- */

/* Weight tensors come first in each node, then parameters. */
typedef struct tensor {
    aimci_node *node;
    const aimci_weight *weight; /* or */
    aimci_parameter *parameter;
    size_t index; /* of the weight */
    const aimci_shape *shape;
    char name[AIMCI_NAME];
} tensor;

static size_t count_tensors(const aimc_network *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->n_nodes; i++)
        n += net->nodes[i]->n_weights + net->nodes[i]->n_parameters;
    return n;
}

static tensor tensor_number(const aimc_network *net, size_t k)
{
    size_t i = 0;
    while (k >= net->nodes[i]->n_weights + net->nodes[i]->n_parameters) {
        k -= net->nodes[i]->n_weights + net->nodes[i]->n_parameters;
        i++;
    }
    aimci_node *node = net->nodes[i];
    tensor t = {.node = node, .index = k};
    if (k < node->n_weights) {
        t.weight = &node->weights[k];
        t.shape = &t.weight->shape;
    } else {
        t.parameter = &node->parameters[k - node->n_weights];
        t.shape = &t.parameter->shape;
    }
    snprintf(t.name, sizeof t.name, "%s.%s", node->name,
             t.weight ? t.weight->name : t.parameter->name);
    return t;
}

static aimc_status read_tensor(const tensor *t, float *w)
{
    if (t->weight)
        return aimci_node_get_weight(t->node, t->index, w);
    return aimci_node_read_parameter(t->node, t->parameter, w);
}

static aimc_status write_tensor(const tensor *t, const float *w)
{
    if (t->weight)
        return aimci_node_set_weight(t->node, t->index, w);
    return aimci_node_write_parameter(t->node, t->parameter, w);
}

/* Do devices hold it? */
static bool is_analog(const tensor *t)
{
    return t->weight ? aimci_node_is_analog(t->node)
                     : aimci_node_is_on_lines(t->node, t->parameter);
}

static float *room_for_largest(const aimc_network *net)
{
    size_t most = 1;
    for (size_t k = 0; k < count_tensors(net); k++) {
        const tensor t = tensor_number(net, k);
        const size_t n = aimci_shape_size(t.shape, 0);
        most = n > most ? n : most;
    }
    return aimci_calloc(net->ctx, most, sizeof(float));
}

/* ---- tensors by name ------------------------------------------------------------------------ */

size_t aimc_network_count_tensors(const aimc_network *net)
{
    return net ? count_tensors(net) : 0;
}

aimc_status aimc_network_get_tensor_info(const aimc_network *net, size_t k, aimc_tensor_info *info)
{
    const char *caller = "network_get_tensor_info";
    if (!net || !info)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, net ? "info" : "net");
    if (aimci_network_check_whole(caller, net))
        return AIMC_ERR_STATE;
    if (k >= count_tensors(net))
        return aimci_fail(AIMC_ERR_INVALID, "%s: tensor %zu of %zu", caller, k, count_tensors(net));
    const tensor t = tensor_number(net, k);
    aimc_tensor_info ours = {.n_dims = (uint32_t)t.shape->n,
                             .size = aimci_shape_size(t.shape, 0),
                             .is_analog = is_analog(&t),
                             .is_trained = t.weight || t.parameter->gradient};
    snprintf(ours.name, sizeof ours.name, "%s", t.name);
    for (size_t d = 0; d < t.shape->n; d++)
        ours.shape[d] = t.shape->dim[d];
    return aimci_struct_out(caller, info, &ours, sizeof ours, 8);
}

static aimc_status find_tensor(const char *caller, const aimc_network *net, const char *name,
                               tensor *out)
{
    if (!net || !name)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, net ? "name" : "net");
    if (aimci_network_check_whole(caller, net))
        return AIMC_ERR_STATE;
    aimci_nearest nearest = {0};
    char hint[AIMCI_NAME + 32];
    for (size_t k = 0; k < count_tensors(net); k++) {
        *out = tensor_number(net, k);
        if (strcmp(out->name, name) == 0)
            return AIMC_OK;
    }
    char best[AIMCI_NAME] = "";
    for (size_t k = 0; k < count_tensors(net); k++) {
        const tensor t = tensor_number(net, k);
        const size_t before = nearest.distance;
        aimci_nearest_try(&nearest, name, t.name);
        if (nearest.distance != before || !best[0])
            snprintf(best, sizeof best, "%s", t.name);
    }
    nearest.name = best[0] ? best : NULL;
    aimci_nearest_hint(&nearest, name, hint, sizeof hint);
    return aimci_fail(AIMC_ERR_INVALID, "%s: there is no tensor '%s'%s", caller, name, hint);
}

static aimc_status check_size(const char *caller, const tensor *t, size_t n, const void *values)
{
    if (!values)
        return aimci_fail(AIMC_ERR_INVALID, "%s: values is NULL", caller);
    if (n == aimci_shape_size(t->shape, 0))
        return AIMC_OK;
    char text[AIMCI_SHAPE_TEXT];
    return aimci_fail(AIMC_ERR_SHAPE, "%s: '%s' is %s, not %zu numbers", caller, t->name,
                      aimci_shape_text(t->shape, text, sizeof text), n);
}

aimc_status aimc_network_get_tensor(const aimc_network *net, const char *name, size_t n,
                                    float *values)
{
    const char *caller = "network_get_tensor";
    tensor t;
    aimc_status st = find_tensor(caller, net, name, &t);
    if (!st)
        st = check_size(caller, &t, n, values);
    return st ? st : read_tensor(&t, values);
}

aimc_status aimc_network_get_gradient(const aimc_network *net, const char *name, size_t n,
                                      float *values)
{
    const char *caller = "network_get_gradient";
    tensor t;
    aimc_status st = find_tensor(caller, net, name, &t);
    if (!st)
        st = check_size(caller, &t, n, values);
    if (st)
        return st;
    const bool on_tiles = is_analog(&t);
    if (t.weight && !on_tiles)
        return aimci_node_get_gradient(t.node, t.index, values);
    if (on_tiles || !t.parameter->gradient)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: '%s' %s", caller, name,
                          on_tiles ? "lies on tiles, which keep no gradient" : "is not trained");
    memcpy(values, t.parameter->gradient, n * sizeof *values);
    return AIMC_OK;
}

aimc_status aimc_network_set_tensor(aimc_network *net, const char *name, size_t n,
                                    const float *values)
{
    const char *caller = "network_set_tensor";
    tensor t;
    aimc_status st = find_tensor(caller, net, name, &t);
    if (!st)
        st = check_size(caller, &t, n, values);
    if (!st && !aimci_all_finite(values, 1, n, n))
        st = aimci_fail(AIMC_ERR_INVALID, "%s: '%s' would hold a value that is not finite", caller,
                        name);
    return st ? st : write_tensor(&t, values);
}

/* ---- state_dict: tensors of a file ---------------------------------------------------------- */

/* What a file may hold beside the tensors of the graph: our own state, and a counter of PyTorch
 * that nothing depends on. */
static bool is_ours(const char *name)
{
    const size_t n = strlen(name);
    static const char counter[] = ".num_batches_tracked";
    return strstr(name, ".matrix") || strncmp(name, "optimizer.", 10) == 0 ||
           strncmp(name, "progress", 8) == 0 || strcmp(name, "passes") == 0 ||
           (n > sizeof counter - 1 && strcmp(name + n - (sizeof counter - 1), counter) == 0);
}

static aimc_status check_names(const aimc_network *net, const aimci_st_reader *reader)
{
    for (const char *name = NULL; (name = aimci_st_next(reader, name)) != NULL;) {
        bool known = is_ours(name);
        for (size_t k = 0; k < count_tensors(net) && !known; k++)
            known = strcmp(tensor_number(net, k).name, name) == 0;
        if (!known)
            return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s' belongs to no node of this network",
                              name);
    }
    return AIMC_OK;
}

/* All tensors of the network from a file: first looked at, then taken, but not weights of matrices
 * that were restored with their devices. */
static aimc_status take_tensors(aimc_network *net, const aimci_st_reader *reader)
{
    float *w = room_for_largest(net);
    aimc_status st = w ? check_names(net, reader) : aimci_fail(AIMC_ERR_NOMEM, "no memory");
    for (int taking = 0; taking < 2; taking++)
        for (size_t k = 0; k < count_tensors(net) && !st; k++) {
            const tensor t = tensor_number(net, k);
            const bool is_there = net->reader && is_analog(&t) && aimci_node_is_restored(t.node);
            if (is_there && taking)
                continue;
            st = aimci_st_get_floats(reader, t.name, t.shape->n, t.shape->dim, w);
            if (!st && taking)
                st = write_tensor(&t, w);
        }
    aimci_free(net->ctx, w);
    return st;
}

aimc_status aimc_network_load_weights(aimc_network *net, const char *path)
{
    const char *caller = "network_load_weights";
    if (!net || !path)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, net ? "path" : "net");
    if (aimci_network_check_whole(caller, net))
        return AIMC_ERR_STATE;
    aimci_st_reader *reader = NULL;
    aimc_status st = aimci_st_read(net->ctx, path, &reader);
    if (!st)
        st = take_tensors(net, reader);
    aimci_st_reader_destroy(reader);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

/* ---- the whole state ------------------------------------------------------------------------ */

static aimc_status put_document(const aimc_network *net, aimci_st_writer *writer)
{
    const size_t n = aimc_network_to_json(net, NULL, 0) + 1;
    char *json = aimci_calloc(net->ctx, n, 1);
    if (!json)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    aimc_network_to_json(net, json, n);
    const aimc_status st = aimci_st_put_text(writer, "network", json);
    aimci_free(net->ctx, json);
    return st;
}

static aimc_status put_tensors(const aimc_network *net, aimci_st_writer *writer)
{
    float *w = room_for_largest(net);
    aimc_status st = w ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "no memory");
    for (size_t k = 0; k < count_tensors(net) && !st; k++) {
        const tensor t = tensor_number(net, k);
        st = read_tensor(&t, w);
        if (!st)
            st = aimci_st_put_floats(writer, t.name, t.shape->n, t.shape->dim, w);
    }
    aimci_free(net->ctx, w);
    return st;
}

static aimc_status put_matrices(const aimc_network *net, aimci_st_writer *writer)
{
    aimc_status st = AIMC_OK;
    for (size_t i = 0; i < net->n_nodes && !st; i++) {
        const aimci_node *node = net->nodes[i];
        for (size_t k = 0; aimci_node_is_analog(node) && k < node->n_matrices && !st; k++) {
            char prefix[AIMCI_NAME];
            aimci_node_matrix_prefix(node, k, prefix, sizeof prefix);
            st = aimci_matrix_put(node->matrices[k].matrix, writer, prefix);
        }
    }
    return st;
}

enum { N_PROGRESS = 6 };

static aimc_status put_progress(const aimc_network *net, aimci_st_writer *writer)
{
    const uint64_t progress[N_PROGRESS] = {net->seed,      net->n_batches,   net->n_samples,
                                           net->n_updates, net->n_evaluated, net->n_stores};
    aimc_status st =
        aimci_st_put(writer, "progress", AIMCI_U64, 0, N_PROGRESS, N_PROGRESS, progress);
    uint64_t *passes = aimci_calloc(net->ctx, net->n_nodes + 1, sizeof *passes);
    if (!st && !passes)
        st = aimci_fail(AIMC_ERR_NOMEM, "no memory");
    for (size_t i = 0; i < net->n_nodes && passes; i++)
        passes[i] = net->nodes[i]->n_passes;
    if (!st)
        st = aimci_st_put(writer, "passes", AIMCI_U64, 0, net->n_nodes, net->n_nodes, passes);
    aimci_free(net->ctx, passes);
    return st;
}

static aimc_status put(const void *object, aimci_st_writer *writer, const char *prefix)
{
    aimc_network *net = (aimc_network *)(uintptr_t)object; /* only its outputs are settled */
    (void)prefix;
    if (aimci_network_check_whole("save", net))
        return AIMC_ERR_STATE;
    aimc_status st = net->n_nodes ? aimci_network_finish("save", net)
                                  : aimci_fail(AIMC_ERR_STATE, "the network has no layers");
    st = st ? st : aimci_st_put_text(writer, "aimc.version", aimc_get_version());
    if (!st && net->note)
        st = aimci_st_put_text(writer, "note", net->note);
    st = st ? st : put_document(net, writer);
    st = st ? st : put_progress(net, writer);
    st = st ? st : put_tensors(net, writer);
    st = st ? st : aimci_network_put_moments(net, writer);
    return st ? st : put_matrices(net, writer);
}

/* Before the nodes are made: their seeds follow from that of the network. */
static aimc_status take_progress(aimc_network *net, const aimci_st_reader *reader)
{
    uint64_t progress[N_PROGRESS];
    const aimc_status st = aimci_st_get_counts(reader, "progress", N_PROGRESS, 1, progress);
    if (st)
        return st;
    net->seed = progress[0];
    net->n_batches = progress[1];
    net->n_samples = progress[2];
    net->n_updates = progress[3];
    net->n_evaluated = progress[4];
    net->n_stores = progress[5];
    return AIMC_OK;
}

static aimc_status take_passes(aimc_network *net, const aimci_st_reader *reader)
{
    uint64_t *passes = aimci_calloc(net->ctx, net->n_nodes + 1, sizeof *passes);
    if (!passes)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    const aimc_status st = aimci_st_get_counts(reader, "passes", net->n_nodes, 0, passes);
    for (size_t i = 0; i < net->n_nodes && !st; i++)
        net->nodes[i]->n_passes = passes[i];
    aimci_free(net->ctx, passes);
    return st;
}

static aimc_status take_all(aimc_network *net, aimci_st_reader *reader)
{
    const char *json = aimci_st_text(reader, "network");
    if (!json)
        return aimci_fail(AIMC_ERR_FORMAT, "the document of the network is missing");
    net->reader = reader;
    aimc_status st = take_progress(net, reader);
    st = st ? st : aimci_network_read_document(net, json);
    st = st ? st : aimci_network_finish("load", net);
    st = st ? st : take_passes(net, reader);
    st = st ? st : take_tensors(net, reader);
    st = st ? st : aimci_network_restore_moments(net, reader);
    st = st ? st : aimc_network_set_note(net, aimci_st_text(reader, "note"));
    net->reader = NULL;
    return st;
}

static aimc_status restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                           void **out)
{
    aimc_network *net = aimci_network_new(ctx, 0);
    (void)prefix;
    if (!net)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    const aimc_status st = take_all(net, reader);
    if (st)
        aimc_network_destroy(net);
    else
        *out = net;
    return st;
}

static const aimci_content content = {"network", put, restore};

aimc_status aimc_network_save(const aimc_network *net, const char *path)
{
    return aimci_state_save(net ? net->ctx : NULL, &content, net, path);
}

aimc_status aimc_network_save_bytes(const aimc_network *net, void *bytes, size_t size, size_t *n)
{
    return aimci_state_save_bytes(net ? net->ctx : NULL, &content, net, bytes, size, n);
}

aimc_status aimc_network_load(aimc_context *ctx, const char *path, aimc_network **out)
{
    return aimci_state_load(ctx, &content, path, out);
}

aimc_status aimc_network_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                    aimc_network **out)
{
    return aimci_state_load_bytes(ctx, &content, bytes, size, out);
}
