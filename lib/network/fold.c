/* SPDX-License-Identifier: MIT */
/* Folding: y = scale (W x + b) + shift is one layer of weights scale W and bias scale b + shift,
 * channel by channel. The node that scaled is taken out of the graph; the value that it made is
 * from then on what the layer makes, so that numbers of values stay. */
#include <math.h>
#include <string.h>

#include "network/graph.h"

/* A node that scales channels, the layer before it, and what becomes of that. */
typedef struct fold {
    aimc_network *net;
    aimci_node *node, *layer;
    double *scale, *shift; /* [channels] */
    float *w, *bias;
} fold;

static bool is_read_by_others(const aimc_network *net, const aimci_value *v,
                              const aimci_node *reader)
{
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_in; k++)
            if (net->nodes[i] != reader && net->nodes[i]->in[k] == v)
                return true;
    return v->is_output;
}

/* Does the node scale what one layer, which nobody else reads, makes of its channels? */
static bool is_foldable(const aimc_network *net, const aimci_node *node)
{
    const aimci_value *v = node->op->affine ? node->in[0] : NULL;
    const aimci_node *layer = v ? v->maker : NULL;
    return layer && layer->op->channel && layer->op->channel(layer, 0, 0) != SIZE_MAX &&
           !is_read_by_others(net, v, node);
}

static size_t channels_of(const fold *f)
{
    return f->node->out[0]->shape.dim[0];
}

static aimc_status make_room(fold *f)
{
    const aimci_weight *w = &f->layer->weights[0];
    aimc_context *ctx = f->net->ctx;
    f->scale = aimci_calloc(ctx, channels_of(f), sizeof *f->scale);
    f->shift = aimci_calloc(ctx, channels_of(f), sizeof *f->shift);
    f->bias = aimci_calloc(ctx, channels_of(f), sizeof *f->bias);
    f->w = aimci_calloc(ctx, w->rows * w->cols, sizeof *f->w);
    return f->scale && f->shift && f->bias && f->w ? AIMC_OK
                                                   : aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

static void free_room(const fold *f)
{
    aimci_free(f->net->ctx, f->scale);
    aimci_free(f->net->ctx, f->shift);
    aimci_free(f->net->ctx, f->bias);
    aimci_free(f->net->ctx, f->w);
}

static aimc_status check_finite(const fold *f)
{
    const aimci_weight *w = &f->layer->weights[0];
    return aimci_all_finite(f->w, w->rows, w->cols, w->cols) &&
                   aimci_all_finite(f->bias, 1, channels_of(f), channels_of(f))
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "a weight or bias of '%s' would be beyond the range of floats",
                            f->layer->name);
}

/* Weights and bias as they will be. */
static aimc_status compute(fold *f)
{
    const aimci_weight *w = &f->layer->weights[0];
    const aimci_parameter *b = aimci_node_parameter(f->layer, "bias");
    aimc_status st = aimci_node_get_weight(f->layer, 0, f->w);
    if (!st && b)
        st = aimci_node_read_parameter(f->layer, b, f->bias);
    if (st)
        return st;
    for (size_t r = 0; r < w->rows; r++)
        for (size_t k = 0; k < w->cols; k++) {
            float *v = &f->w[r * w->cols + k];
            *v = (float)((double)*v * f->scale[f->layer->op->channel(f->layer, r, k)]);
        }
    for (size_t c = 0; c < channels_of(f); c++)
        f->bias[c] = (float)((double)f->bias[c] * f->scale[c] + f->shift[c]);
    return check_finite(f);
}

/* Its configuration says so from then on. A bias of 0 changes nothing. */
static aimc_status give_bias(aimci_node *layer, size_t channels)
{
    const aimci_shape shape = {1, {channels}};
    if (aimci_node_parameter(layer, "bias"))
        return AIMC_OK;
    const aimc_status st = layer->weights[0].transposed
                               ? aimci_node_add_parameter(layer, "bias", &shape, 0, true)
                               : aimci_node_add_bias(layer, 0, "bias");
    return st ? st : aimc_config_set(layer->config, "bias", 1);
}

/* Seeds are those that nodes of the graph have when it is made anew, from a file, say. */
static void number_nodes(aimc_network *net)
{
    uint64_t visible = 0;
    for (size_t i = 0; i < net->n_nodes; i++) {
        net->nodes[i]->seed = aimci_random_derive(net->seed, visible);
        visible += !net->nodes[i]->hidden;
    }
}

static void take_out(const fold *f)
{
    aimc_network *net = f->net;
    aimci_value *dead = f->layer->out[0];
    size_t i = 0;
    f->layer->out[0] = f->node->out[0];
    f->layer->out[0]->maker = f->layer;
    for (size_t k = 0; k < net->n_values; k++)
        if (net->values[k] == dead)
            net->values[k] = NULL;
    aimci_free(net->ctx, dead);
    while (net->nodes[i] != f->node)
        i++;
    aimci_node_destroy(f->node);
    net->n_nodes--;
    memmove(net->nodes + i, net->nodes + i + 1, (net->n_nodes - i) * sizeof(aimci_node *));
    number_nodes(net);
    net->batch = net->n_run = 0;
}

/* What it will be, where it can be done. */
static aimc_status prepare(fold *f, bool *folds)
{
    aimc_status st = make_room(f);
    if (!st)
        st = f->node->op->affine(f->node, f->scale, f->shift, folds);
    if (st || !*folds)
        return st;
    if (aimci_node_is_programmed(f->layer))
        return aimci_fail(AIMC_ERR_STATE,
                          "'%s' before it is programmed for inference; aimc_network_unprogram() "
                          "gives it its weights back",
                          f->layer->name);
    if (!aimci_node_parameter(f->layer, "bias") &&
        aimci_layer_has_analog_bias(aimci_config_child(f->layer->config, "matrix")))
        return aimci_fail(AIMC_ERR_STATE,
                          "the arrays of '%s' have no line for the bias that it would get: fold "
                          "before it lies on tiles, or make it with bias",
                          f->layer->name);
    return compute(f);
}

/* What may fail comes first. */
static aimc_status apply(const fold *f)
{
    aimc_status st = give_bias(f->layer, channels_of(f));
    if (!st)
        st = aimci_node_set_weight(f->layer, 0, f->w);
    if (!st)
        st = aimci_node_write_parameter(f->layer, aimci_node_parameter(f->layer, "bias"), f->bias);
    if (st)
        return st;
    take_out(f);
    return AIMC_OK;
}

/* All that can be folded; applies false: could it be done? */
static aimc_status fold_all(aimc_network *net, bool applies, size_t *n)
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        if (!is_foldable(net, net->nodes[i]))
            continue;
        bool folds = false;
        fold f = {.net = net, .node = net->nodes[i], .layer = net->nodes[i]->in[0]->maker};
        aimc_status st = prepare(&f, &folds);
        if (!st && folds && applies)
            st = apply(&f);
        free_room(&f);
        if (st)
            return aimci_fail_within(st, "network_fold: '%s': ", net->nodes[i]->name);
        *n += folds;
        i -= folds && applies; /* the next one has its number */
    }
    return AIMC_OK;
}

/* Values of layers that are folded away are the caller's no longer, so outputs have to be known. */
aimc_status aimc_network_fold(aimc_network *net, size_t *n_folded)
{
    const char *caller = "network_fold";
    size_t could = 0, n = 0;
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    aimc_status st = aimci_network_finish(caller, net);
    if (!st)
        st = fold_all(net, false, &could);
    if (!st)
        st = fold_all(net, true, &n);
    if (n) {
        aimci_network_free_moments(net);
        net->n_updates = 0;
        (void)aimci_network_measure(net); /* takes no more memory than before */
    }
    if (n_folded)
        *n_folded = n;
    return st;
}
