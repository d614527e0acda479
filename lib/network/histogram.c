/* SPDX-License-Identifier: MIT */
/* Histograms of every layer: of what it reads and makes, of its weights, and of the conductances
 * that they lie on. Ranges are found first, and then values counted; a pass over samples is made
 * twice, with the same noise. */
#include <math.h>

#include "network/graph.h"

enum { MOST_BINS = 65536 };

typedef struct histograms {
    aimci_onlooker onlooker; /* first: it is found by this */
    aimc_network *net;
    aimc_quantity what;
    size_t n, n_bins;
    const float *const *x;
    double *low, *high;
    uint64_t *counts;
    bool counting; /* else ranges are looked for */
} histograms;

/* ---- values --------------------------------------------------------------------------------- */

static size_t bin_of(const histograms *h, size_t layer, double v)
{
    const double width = h->high[layer] - h->low[layer];
    const double at = width > 0 ? (v - h->low[layer]) / width * (double)h->n_bins : 0;
    const size_t bin = at > 0 ? (size_t)at : 0;
    return bin < h->n_bins ? bin : h->n_bins - 1;
}

/* An empty range is that of nothing: low is above high until a value comes. */
static void add(const histograms *h, size_t layer, size_t n, const float *v)
{
    for (size_t i = 0; i < n; i++) {
        const double value = (double)v[i];
        if (h->counting) {
            h->counts[layer * h->n_bins + bin_of(h, layer, value)]++;
        } else {
            h->low[layer] = fmin(h->low[layer], value);
            h->high[layer] = fmax(h->high[layer], value);
        }
    }
}

/* ---- of samples ----------------------------------------------------------------------------- */

static size_t layer_of(const aimc_network *net, const aimci_node *node)
{
    size_t layer = 0;
    for (size_t i = 0; net->nodes[i] != node; i++)
        layer += !net->nodes[i]->hidden;
    return layer;
}

static void see(aimci_onlooker *self, const aimci_node *node, size_t n, bool made)
{
    const histograms *h = (const void *)self;
    if (node->hidden || made != (h->what == AIMC_QUANTITY_OUTPUT))
        return;
    const size_t layer = layer_of(h->net, node);
    for (size_t k = 0; k < (made ? node->n_out : node->n_in); k++) {
        const aimci_value *v = made ? node->out[k] : node->in[k];
        add(h, layer, n * v->size, v->data);
    }
}

static void take_nothing(void *user, size_t first, size_t n)
{
    (void)user, (void)first, (void)n;
}

static aimc_status pass(aimc_network *net, void *user)
{
    histograms *h = user;
    net->onlooker = &h->onlooker;
    const aimc_status st =
        aimci_network_evaluate_all("network_get_histograms", net, h->n, h->x, take_nothing, NULL);
    net->onlooker = NULL;
    return st;
}

static aimc_status go_over_samples(histograms *h)
{
    return aimci_network_look("network_get_histograms", h->net, pass, h);
}

/* ---- of the layers themselves --------------------------------------------------------------- */

static aimc_status add_weights(const histograms *h, size_t layer, const aimci_node *node)
{
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < node->n_weights && !st; k++) {
        const size_t n = node->weights[k].rows * node->weights[k].cols;
        float *w = aimci_calloc(node->ctx, n, sizeof *w);
        st = w ? aimci_node_get_weight(node, k, w) : aimci_fail(AIMC_ERR_NOMEM, "no memory");
        if (!st)
            add(h, layer, n, w);
        aimci_free(node->ctx, w);
    }
    return st;
}

static aimc_status add_tile(const histograms *h, size_t layer, const aimc_tile *t)
{
    aimc_conductance_info info = {.struct_size = sizeof info};
    if (!t->programmed.owner)
        return AIMC_OK;
    aimc_status st = aimc_tile_get_conductance_info(t, &info);
    const size_t n = (size_t)info.n_conductances;
    float *g = st ? NULL : aimci_calloc(t->ctx, n, sizeof *g);
    if (!st && !g)
        st = aimci_fail(AIMC_ERR_NOMEM, "no memory");
    if (!st)
        st = aimc_tile_get_conductances(t, g, n);
    if (!st)
        add(h, layer, n, g);
    aimci_free(t->ctx, g);
    return st;
}

static aimc_status add_conductances(const histograms *h, size_t layer, const aimci_node *node)
{
    aimc_status st = AIMC_OK;
    for (size_t k = 0; aimci_node_is_analog(node) && k < node->n_matrices; k++)
        for (size_t t = 0; t < aimc_matrix_count_tiles(node->matrices[k].matrix) && !st; t++)
            st = add_tile(h, layer, aimc_matrix_get_tile(node->matrices[k].matrix, t, NULL, NULL));
    return st;
}

static aimc_status go_over_layers(const histograms *h)
{
    aimc_status st = AIMC_OK;
    size_t layer = 0;
    for (size_t i = 0; i < h->net->n_nodes && !st; i++) {
        const aimci_node *node = h->net->nodes[i];
        if (node->hidden)
            continue;
        st = h->what == AIMC_QUANTITY_WEIGHT ? add_weights(h, layer, node)
                                             : add_conductances(h, layer, node);
        layer++;
    }
    return st ? aimci_fail_within(st, "network_get_histograms: ") : AIMC_OK;
}

/* ---- all ------------------------------------------------------------------------------------ */

static aimc_status check(const char *caller, const histograms *h)
{
    if (!h->net || !h->low || !h->high || !h->counts)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller,
                          h->net ? "low, high or counts" : "net");
    if (h->n_bins == 0 || h->n_bins > MOST_BINS)
        return aimci_fail(AIMC_ERR_INVALID, "%s: n_bins = %zu; 1 ... %d is possible", caller,
                          h->n_bins, MOST_BINS);
    if (h->what < AIMC_QUANTITY_INPUT || h->what > AIMC_QUANTITY_CONDUCTANCE)
        return aimci_fail(AIMC_ERR_INVALID, "%s: unknown quantity %d", caller, (int)h->what);
    return AIMC_OK;
}

static aimc_status check_samples(const char *caller, const histograms *h)
{
    if (h->what > AIMC_QUANTITY_OUTPUT)
        return aimci_network_finish(caller, h->net);
    const aimc_status st = aimci_network_check_inputs(caller, h->net, h->n, h->x);
    return !st && h->n == 0 ? aimci_fail(AIMC_ERR_INVALID, "%s: n is 0", caller) : st;
}

static size_t count_layers(const aimc_network *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->n_nodes; i++)
        n += !net->nodes[i]->hidden;
    return n;
}

/* Before the first value, and when none came. */
static void set_ranges(const histograms *h, size_t n_layers, bool begins)
{
    for (size_t k = 0; k < n_layers; k++) {
        if (begins || h->low[k] > h->high[k]) {
            h->low[k] = begins ? (double)INFINITY : 0;
            h->high[k] = begins ? -(double)INFINITY : 0;
        }
    }
}

aimc_status aimc_network_get_histograms(aimc_network *net, aimc_quantity what, size_t n,
                                        const float *const *x, size_t n_bins, double *low,
                                        double *high, uint64_t *counts)
{
    const char *caller = "network_get_histograms";
    histograms h = {.onlooker = {see},
                    .net = net,
                    .what = what,
                    .n = n,
                    .n_bins = n_bins,
                    .x = x,
                    .low = low,
                    .high = high,
                    .counts = counts};
    aimc_status st = check(caller, &h);
    if (!st)
        st = check_samples(caller, &h);
    if (st)
        return st;
    const size_t n_layers = count_layers(net);
    for (size_t k = 0; k < n_layers * n_bins; k++)
        counts[k] = 0;
    set_ranges(&h, n_layers, true);
    for (int k = 0; k < 2 && !st; k++) {
        h.counting = k == 1;
        st = what <= AIMC_QUANTITY_OUTPUT ? go_over_samples(&h) : go_over_layers(&h);
        set_ranges(&h, n_layers, false);
    }
    return st;
}
