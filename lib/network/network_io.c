/* SPDX-License-Identifier: MIT */
/* What a network is, in words, numbers and files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/state_file.h"
#include "network/layer.h"

/* ---- layers by number ----------------------------------------------------------------------- */

size_t aimc_network_count_linear(const aimc_network *net)
{
    size_t n = 0;
    for (size_t k = 0; net && k < net->n_layers; k++)
        n += net->layers[k].ops == &aimci_layer_ops_linear;
    return n;
}

static aimci_layer *linear_layer(const aimc_network *net, size_t k)
{
    for (size_t i = 0; net && i < net->n_layers; i++)
        if (net->layers[i].ops == &aimci_layer_ops_linear && k-- == 0)
            return &net->layers[i];
    return NULL;
}

static aimc_status no_layer(const char *caller, const aimc_network *net, size_t k)
{
    return aimci_fail(AIMC_ERR_INVALID, "%s: linear layer %zu of %zu", caller, k,
                      aimc_network_count_linear(net));
}

aimc_status aimc_network_get_weights(const aimc_network *net, size_t k, float *w, float *b)
{
    const aimci_layer *l = linear_layer(net, k);
    if (!l)
        return no_layer("network_get_weights", net, k);
    aimci_linear_get(l, w, b);
    return AIMC_OK;
}

aimc_status aimc_network_set_weights(aimc_network *net, size_t k, const float *w, const float *b)
{
    aimci_layer *l = linear_layer(net, k);
    return l ? aimci_linear_set(l, w, b) : no_layer("network_set_weights", net, k);
}

aimc_matrix *aimc_network_get_matrix(aimc_network *net, size_t k)
{
    const aimci_layer *l = linear_layer(net, k);
    return l ? aimci_layer_analog(l) : NULL;
}

/* ---- figures -------------------------------------------------------------------------------- */

aimc_status aimc_network_get_info(const aimc_network *net, aimc_network_info *info)
{
    if (!net || !info)
        return aimci_fail(AIMC_ERR_INVALID, "network_get_info: NULL argument");
    aimc_network_info ours = {.n_layers = (uint32_t)net->n_layers,
                              .n_batches = net->n_batches,
                              .n_samples = net->n_samples};
    if (net->n_layers) {
        ours.n_in = net->layers[0].n_in;
        ours.n_out = net->layers[net->n_layers - 1].n_out;
    }
    for (size_t k = 0; k < net->n_layers; k++) {
        const aimci_layer *l = &net->layers[k];
        if (l->ops != &aimci_layer_ops_linear)
            continue;
        ours.n_parameters += (uint64_t)(l->n_in + 1) * l->n_out;
        ours.n_analog += aimci_layer_analog(l) ? (uint64_t)l->n_in * l->n_out : 0;
        ours.n_tiles += aimc_matrix_count_tiles(l->matrix);
    }
    return aimci_struct_out("network_get_info", info, &ours, sizeof ours, 8);
}

aimc_status aimc_network_get_layer(const aimc_network *net, size_t k, aimc_layer_info *info)
{
    if (!net || !info)
        return aimci_fail(AIMC_ERR_INVALID, "network_get_layer: %s is NULL", net ? "info" : "net");
    if (k >= net->n_layers)
        return aimci_fail(AIMC_ERR_INVALID, "network_get_layer: layer %zu of %zu", k,
                          net->n_layers);
    const aimci_layer *l = &net->layers[k];
    const aimc_layer_info ours = {.is_analog = aimci_layer_analog(l) != NULL,
                                  .op = aimci_layer_op(l),
                                  .n_out = l->n_out,
                                  .n_in = l->n_in,
                                  .n_parameters =
                                      l->matrix ? (uint64_t)(l->n_in + 1) * l->n_out : 0,
                                  .n_tiles = aimc_matrix_count_tiles(l->matrix)};
    return aimci_struct_out("network_get_layer", info, &ours, sizeof ours, 8);
}

aimc_status aimc_network_get_counters(const aimc_network *net, aimc_counters *counters)
{
    if (!net || !counters)
        return aimci_fail(AIMC_ERR_INVALID, "network_get_counters: NULL argument");
    aimc_counters sum = {0};
    for (size_t k = 0; k < net->n_layers; k++)
        if (net->layers[k].matrix)
            aimci_grid_counters(net->layers[k].matrix->grid, &sum);
    return aimci_struct_out("network_get_counters", counters, &sum, sizeof sum, 8);
}

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

size_t aimc_network_describe(const aimc_network *net, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    for (size_t k = 0; net && k < net->n_layers; k++) {
        aimci_text_printf(&text, "%zu: ", k);
        net->layers[k].ops->describe(&net->layers[k], &text);
        aimci_text_printf(&text, "\n");
    }
    return text.length;
}

/* ---- file ----------------------------------------------------------------------------------- */

static aimc_status put_network(const aimc_network *net, aimci_st_writer *writer)
{
    char name[64], number[32];
    if (!net->n_layers)
        return aimci_fail(AIMC_ERR_STATE, "the network has no layers");
    aimc_status st = aimci_st_put_text(writer, "aimc.version", aimc_get_version());
    if (!st && net->note)
        st = aimci_st_put_text(writer, "note", net->note);
    if (!st) {
        snprintf(number, sizeof number, "%zu", net->n_layers);
        st = aimci_st_put_text(writer, "layers", number);
    }
    if (!st) {
        const uint64_t progress[3] = {net->seed, net->n_batches, net->n_samples};
        st = aimci_st_put(writer, "progress", AIMCI_U64, 0, 3, 3, progress);
    }
    for (size_t k = 0; k < net->n_layers && !st; k++) {
        const aimci_layer *l = &net->layers[k];
        snprintf(name, sizeof name, "layer%zu.type", k);
        st = aimci_st_put_text(writer, name, l->ops->name);
        snprintf(name, sizeof name, "layer%zu.", k);
        if (!st)
            st = l->ops->put(l, writer, name);
    }
    return st;
}

static const aimci_layer_ops *find_type(const char *name)
{
    static const aimci_layer_ops *const types[] = {
#define AIMCI_LAYER(name) &aimci_layer_ops_##name,
#include "kinds.def"
    };
    for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

static aimc_status restore_layer(aimc_network *net, aimci_st_reader *reader, size_t k)
{
    char name[64];
    snprintf(name, sizeof name, "layer%zu.type", k);
    const aimci_layer_ops *type = find_type(aimci_st_text(reader, name));
    if (!type)
        return aimci_fail(AIMC_ERR_FORMAT, "layer %zu is of unknown type", k);
    const size_t before = k ? net->layers[k - 1].n_out : 0;
    aimci_layer *l;
    aimc_status st = aimci_network_next(net, &l);
    if (st)
        return st;
    l->ops = type;
    l->n_in = l->n_out = before;
    snprintf(name, sizeof name, "layer%zu.", k);
    st = type->restore(l, reader, name);
    if (!st && (l->n_in == 0 || (k && l->n_in != before)))
        st = aimci_fail(AIMC_ERR_FORMAT, "layer %zu has %zu inputs after %zu outputs", k, l->n_in,
                        before);
    if (st) {
        type->destroy(l);
        return st;
    }
    net->n_layers++;
    return AIMC_OK;
}

static aimc_status restore_network(aimc_network *net, aimci_st_reader *reader)
{
    const char *count = aimci_st_text(reader, "layers");
    char *end = NULL;
    const unsigned long n = count ? strtoul(count, &end, 10) : 0;
    if (n == 0 || n > 10000 || *end)
        return aimci_fail(AIMC_ERR_FORMAT, "the number of layers is missing");
    uint64_t progress[3];
    aimc_status st = aimci_st_get_counts(reader, "progress", 3, 1, progress);
    for (size_t k = 0; k < n && !st; k++)
        st = restore_layer(net, reader, k);
    if (!st)
        st = aimc_network_set_note(net, aimci_st_text(reader, "note"));
    if (st)
        return st;
    net->seed = progress[0];
    net->n_batches = progress[1];
    net->n_samples = progress[2];
    net->used = true;
    return AIMC_OK;
}

static aimc_status put(const void *object, aimci_st_writer *writer, const char *prefix)
{
    (void)prefix;
    return put_network(object, writer);
}

static aimc_status restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                           void **out)
{
    (void)prefix;
    aimc_network *net = NULL;
    aimc_status st = aimc_network_create(ctx, &net);
    if (!st)
        st = restore_network(net, reader);
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
    void *made = NULL;
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "network_load: out is NULL");
    const aimc_status st = aimci_state_load(ctx, &content, path, &made);
    *out = made;
    return st;
}

aimc_status aimc_network_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                    aimc_network **out)
{
    void *made = NULL;
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "network_load_bytes: out is NULL");
    const aimc_status st = aimci_state_load_bytes(ctx, &content, bytes, size, &made);
    *out = made;
    return st;
}
