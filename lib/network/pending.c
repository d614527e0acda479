/* SPDX-License-Identifier: MIT */
/* Several passes before one step. Gradients of what is digital add up where they are. A matrix on
 * tiles is updated from vectors, so those of earlier passes are kept when their values have to go,
 * and the step sees all of them as one mini-batch, in the order of the passes. */
#include <string.h>

#include "network/graph.h"

void aimci_network_set_training(aimc_network *net, bool training)
{
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++) {
            aimci_hwa *hwa = net->nodes[i]->matrices[k].matrix->hwa;
            if (!training)
                aimci_hwa_take_back(hwa);
            else if (net->n_pending)
                aimci_hwa_modify_again(hwa);
            else
                aimci_hwa_modify(hwa, true);
        }
    net->modified = training;
}

static bool is_updated(const aimci_node *node)
{
    return node->op->step && aimci_node_is_analog(node);
}

static void let_keep(const aimci_node *node, bool on)
{
    for (size_t k = 0; k < node->n_matrices; k++)
        aimci_matrix_keep(node->matrices[k].matrix, on);
}

/* ---- keeping -------------------------------------------------------------------------------- */

static aimc_status keep_node(aimci_node *node, size_t n)
{
    aimci_run_pointers p;
    const aimci_run run = aimci_node_run(node, n, AIMCI_TRAIN, &p);
    if (node->op->steps_from_values) {
        const size_t n_x = node->in[0]->size, n_d = node->out[0]->size;
        return aimci_keep(node->ctx, &node->kept, n, run.in[0], n_x, n_x, run.d_out[0], n_d, n_d);
    }
    let_keep(node, true);
    const aimc_status st = node->op->step(node, &run, 0);
    let_keep(node, false);
    return st;
}

static void note_before(aimci_kept *k)
{
    k->before = k->n;
}

static void put_back(aimci_kept *k)
{
    k->n = k->before;
}

static void empty(aimci_kept *k)
{
    k->n = 0;
}

static void for_all_kept(aimc_network *net, void (*act)(aimci_kept *k))
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        act(&net->nodes[i]->kept);
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++)
            act(&net->nodes[i]->matrices[k].matrix->kept);
    }
}

/* A pass is kept as a whole or not at all. */
static aimc_status keep_all(aimc_network *net)
{
    aimc_status st = AIMC_OK;
    for_all_kept(net, note_before);
    for (size_t i = 0; i < net->n_nodes && !st; i++)
        if (is_updated(net->nodes[i]) && aimci_node_has_gradient(net->nodes[i]))
            st = aimci_node_told(net->nodes[i], keep_node(net->nodes[i], net->n_run));
    if (st)
        for_all_kept(net, put_back);
    return st;
}

aimc_status aimci_network_keep_pass(aimc_network *net)
{
    if (net->n_run && net->went_back) {
        const aimc_status st = keep_all(net);
        if (st)
            return st;
        net->has_kept = true;
    }
    net->n_run = 0;
    net->went_back = false;
    return AIMC_OK;
}

/* ---- step ----------------------------------------------------------------------------------- */

static aimc_status step_kept(aimci_node *node, double lr)
{
    const float *in[1] = {node->kept.x}, *d_out[1] = {node->kept.d};
    const aimci_run run = {.n = node->kept.n, .mode = AIMCI_TRAIN, .in = in, .d_out = d_out};
    aimc_status st = run.n ? node->op->step(node, &run, lr) : AIMC_OK;
    node->kept.n = 0;
    for (size_t k = 0; k < node->n_matrices && !st; k++)
        st = aimci_matrix_step_kept(node->matrices[k].matrix, lr);
    return st;
}

static aimc_status step_live(aimci_node *node, double lr)
{
    aimci_run_pointers p;
    const aimci_run run = aimci_node_run(node, node->net->n_run, AIMCI_TRAIN, &p);
    return aimci_node_has_gradient(node) ? node->op->step(node, &run, lr) : AIMC_OK;
}

aimc_status aimci_network_step_matrices(aimc_network *net, double lr)
{
    aimc_status st = net->has_kept ? aimci_network_keep_pass(net) : AIMC_OK;
    const bool live = net->n_run && net->went_back;
    for (size_t i = net->n_nodes; i-- > 0 && !st;) {
        aimci_node *node = net->nodes[i];
        if (!is_updated(node))
            continue;
        if (net->has_kept)
            st = aimci_node_told(node, step_kept(node, lr));
        else if (live)
            st = aimci_node_told(node, step_live(node, lr));
    }
    return st;
}

void aimci_network_forget_passes(aimc_network *net)
{
    for_all_kept(net, empty);
    net->n_run = net->n_pending = 0;
    net->went_back = net->has_kept = false;
}

aimc_status aimci_network_check_no_gradients(const char *caller, const aimc_network *net)
{
    return net->n_pending ? aimci_fail(AIMC_ERR_STATE,
                                       "%s: gradients of %zu samples wait for aimc_network_step(); "
                                       "aimc_network_zero_gradients() drops them",
                                       caller, net->n_pending)
                          : AIMC_OK;
}

aimc_status aimc_network_zero_gradients(aimc_network *net)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_zero_gradients: net is NULL");
    if (net->modified)
        aimci_network_set_training(net, false);
    aimci_network_clear_gradients(net);
    aimci_network_forget_passes(net);
    return AIMC_OK;
}
