/* SPDX-License-Identifier: MIT */
/* Where values and gradients lie: one arena, planned by when each is first written and last read.
 *
 * Times are 0 ... N-1 for the forward passes of N nodes, N ... 2N-1 for their backward passes in
 * reverse order, 2N for the step. In evaluation a value dies with its last reader, and what can
 * work in place does; in training values live until the step, and so do the gradients that a
 * matrix needs for it. Sizes are those of one sample: a batch of n is n times as long. */
#include <string.h>

#include "network/graph.h"

/* Samples of an evaluation are run together while they take no more floats than this, 2 MiB: more
 * would leave the caches, fewer would leave threads without work. */
#define EVAL_FLOATS ((size_t)1 << 19)

typedef struct aimci_block {
    size_t floats, first, last, offset; /* first, last: times */
    float **at;                         /* what points to it */
} aimci_block;

typedef struct planner {
    aimc_network *net;
    aimci_mode mode;
    size_t n_nodes, n_blocks;
} planner;

/* ---- what is there -------------------------------------------------------------------------- */

static size_t index_of(const planner *p, const aimci_node *node)
{
    size_t i = 0;
    while (p->net->nodes[i] != node)
        i++;
    return i;
}

static size_t backward_time(const planner *p, size_t node)
{
    return 2 * p->n_nodes - 1 - node;
}

static void add_block(planner *p, size_t size, size_t first, size_t last, float **at)
{
    p->net->blocks[p->n_blocks++] =
        (aimci_block){.floats = aimci_round_up(size, 16), .first = first, .last = last, .at = at};
}

/* The last node that reads v; before any: n_nodes. */
static size_t last_reader(const planner *p, const aimci_value *v)
{
    for (size_t i = p->n_nodes; i-- > 0;)
        for (size_t k = 0; k < p->net->nodes[i]->n_in; k++)
            if (p->net->nodes[i]->in[k] == v)
                return i;
    return p->n_nodes;
}

/* ---- values --------------------------------------------------------------------------------- */

/* In evaluation: does the node write over its first input, which nobody needs after it? */
static bool works_in_place(const planner *p, size_t i)
{
    const aimci_node *node = p->net->nodes[i];
    const aimci_value *in = node->in[0];
    return p->mode == AIMCI_EVAL && node->op->in_place && in->maker && !in->is_output &&
           in->size == node->out[0]->size && last_reader(p, in) == i;
}

static size_t last_read(const planner *p, const aimci_value *v, size_t maker)
{
    if (p->mode == AIMCI_TRAIN || v->is_output)
        return 2 * p->n_nodes;
    const size_t last = last_reader(p, v);
    return last < p->n_nodes ? last : maker;
}

/* Blocks of values, those that share one behind the block that they share: the one of the first. */
static void plan_values(planner *p)
{
    for (size_t k = 0; p->mode == AIMCI_TRAIN && k < p->net->n_inputs; k++)
        add_block(p, p->net->inputs[k]->size, 0, 2 * p->n_nodes, &p->net->inputs[k]->data);
    for (size_t i = 0; i < p->n_nodes; i++) {
        aimci_node *node = p->net->nodes[i];
        for (size_t k = 0; k < node->n_out; k++) {
            aimci_value *v = node->out[k];
            const size_t last = last_read(p, v, i);
            if (k > 0 || !works_in_place(p, i)) {
                add_block(p, v->size, i, last, &v->data);
                continue;
            }
            size_t b = p->n_blocks; /* the block of the chain that ends with the input */
            const aimci_value *first = node->in[0];
            while (first->maker && works_in_place(p, index_of(p, first->maker)) &&
                   first == first->maker->out[0])
                first = first->maker->in[0];
            while (p->net->blocks[--b].at != &first->data) {
            }
            p->net->blocks[b].last = last;
        }
    }
}

/* ---- gradients ------------------------------------------------------------------------------ */

static bool is_trained(const aimci_node *node)
{
    for (size_t k = 0; k < node->n_parameters; k++)
        if (node->parameters[k].gradient)
            return true;
    return node->n_matrices > 0;
}

static void find_wanted(const planner *p)
{
    aimc_network *net = p->net;
    for (size_t k = 0; k < net->n_inputs; k++)
        net->inputs[k]->wants_gradient = net->input_gradients;
    for (size_t i = 0; i < p->n_nodes; i++) {
        aimci_node *node = net->nodes[i];
        bool wanted = is_trained(node);
        for (size_t k = 0; k < node->n_in; k++)
            wanted = wanted || node->in[k]->wants_gradient;
        for (size_t k = 0; k < node->n_out; k++)
            node->out[k]->wants_gradient = wanted && node->op->backward;
        if (aimci_node_learns_by_inputs(node))
            node->in[0]->wants_gradient = true;
    }
}

static bool passes_back(const aimci_node *node)
{
    bool any = false;
    for (size_t k = 0; k < node->n_out; k++)
        any = any || node->out[k]->has_gradient;
    return any && node->op->backward;
}

/* A matrix needs the gradient of its outputs for the step. */
static size_t last_use(const planner *p, const aimci_value *v)
{
    return v->maker && !v->maker->n_matrices ? backward_time(p, index_of(p, v->maker))
                                             : 2 * p->n_nodes;
}

/* The readers of v from the last one on: the first to write does so in place, others are added. */
static void plan_readers(planner *p, aimci_value *v)
{
    bool first = !v->is_output;
    for (size_t i = p->n_nodes; i-- > 0;) {
        aimci_node *node = p->net->nodes[i];
        const size_t now = backward_time(p, i);
        for (size_t k = 0; k < node->n_in; k++) {
            if (node->in[k] != v || !passes_back(node))
                continue;
            add_block(p, v->size, now, first ? last_use(p, v) : now, &node->d_in[k]);
            node->adds[k] = !first;
            v->has_gradient = true;
            first = false;
        }
    }
}

static void plan_gradients(planner *p)
{
    aimc_network *net = p->net;
    find_wanted(p);
    for (size_t k = 0; k < net->n_outputs; k++) {
        aimci_value *v = net->outputs[k];
        add_block(p, v->size, p->n_nodes, 2 * p->n_nodes, &v->gradient);
        v->has_gradient = true;
    }
    for (size_t i = net->n_values; i-- > 0;) {
        aimci_value *v = net->values[i];
        if (v && v->wants_gradient)
            plan_readers(p, v);
    }
}

/* ---- places --------------------------------------------------------------------------------- */

/* The lowest place where nothing lies that lives at the same time. Returns the end of it. */
static size_t place(aimci_block *blocks, size_t b)
{
    aimci_block *own = &blocks[b];
    own->offset = 0;
    for (size_t k = 0; k < b;) {
        const aimci_block *other = &blocks[k++];
        const bool together = own->first <= other->last && other->first <= own->last;
        const bool overlap = own->offset < other->offset + other->floats &&
                             other->offset < own->offset + own->floats;
        if (together && overlap) {
            own->offset = other->offset + other->floats;
            k = 0;
        }
    }
    return own->offset + own->floats;
}

static void forget(aimc_network *net)
{
    for (size_t k = 0; k < net->n_values; k++) {
        if (!net->values[k])
            continue; /* folded away */
        net->values[k]->data = net->values[k]->gradient = NULL;
        net->values[k]->has_gradient = false;
    }
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_in; k++)
            net->nodes[i]->d_in[k] = NULL;
}

static aimc_status make_blocks(aimc_network *net)
{
    size_t most = net->n_inputs + 2 * net->n_values + net->n_outputs;
    for (size_t i = 0; i < net->n_nodes; i++)
        most += net->nodes[i]->n_in;
    if (!net->blocks)
        net->blocks = aimci_calloc(net->ctx, most, sizeof *net->blocks);
    return net->blocks ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "network: no memory for a plan");
}

/* Offsets of all blocks, in net->blocks, and the floats of a sample. */
static size_t plan(aimc_network *net, aimci_mode mode)
{
    planner p = {.net = net, .mode = mode, .n_nodes = net->n_nodes};
    forget(net);
    plan_values(&p);
    if (mode == AIMCI_TRAIN)
        plan_gradients(&p);
    net->sample_floats = 0;
    for (size_t b = 0; b < p.n_blocks; b++) {
        const size_t end = place(net->blocks, b);
        net->sample_floats = end > net->sample_floats ? end : net->sample_floats;
    }
    return p.n_blocks;
}

/* ---- buffers -------------------------------------------------------------------------------- */

void aimci_network_free_buffers(aimc_network *net)
{
    aimci_free(net->ctx, net->blocks);
    aimci_free(net->ctx, net->arena);
    aimci_free(net->ctx, net->scratch);
    net->blocks = NULL;
    net->arena = net->scratch = NULL;
    net->arena_floats = net->scratch_floats = net->batch = 0;
}

size_t aimci_network_eval_batch(const aimc_network *net)
{
    const size_t n = EVAL_FLOATS / (net->eval_floats ? net->eval_floats : 1);
    return n < 1 ? 1 : (n < AIMC_NETWORK_BATCH ? n : AIMC_NETWORK_BATCH);
}

aimc_status aimci_network_measure(aimc_network *net)
{
    const aimc_status st = make_blocks(net);
    if (!st)
        (void)plan(net, AIMCI_EVAL);
    net->eval_floats = net->sample_floats;
    net->batch = 0; /* nothing points anywhere */
    return st;
}

/* A buffer of at least so many floats; what was in it is lost. False: no memory. */
static bool grow(aimc_network *net, float **buffer, size_t *has, size_t floats)
{
    if (floats <= *has)
        return true;
    aimci_free(net->ctx, *buffer);
    *buffer = aimci_calloc(net->ctx, floats, sizeof **buffer);
    *has = *buffer ? floats : 0;
    return *buffer != NULL;
}

static aimc_status grow_arena(aimc_network *net, size_t n)
{
    size_t floats;
    if (aimci_mul_overflows(net->sample_floats, n, &floats))
        return aimci_fail(AIMC_ERR_NOMEM, "network: a batch of %zu is too large", n);
    return grow(net, &net->arena, &net->arena_floats, floats)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_NOMEM, "network: no memory for a batch of %zu", n);
}

aimc_status aimci_network_reserve_scratch(aimc_network *net, size_t floats)
{
    return grow(net, &net->scratch, &net->scratch_floats, floats)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

static aimc_status reserve_nodes(aimc_network *net, size_t n, aimci_mode mode)
{
    aimc_status st = AIMC_OK;
    for (size_t i = 0; i < net->n_nodes && !st; i++)
        if (net->nodes[i]->op->reserve && !aimci_node_is_streamed(net->nodes[i])) {
            st = net->nodes[i]->op->reserve(net->nodes[i], n, mode);
            if (st)
                aimci_fail_within(st, "%s: ", net->nodes[i]->name);
        }
    return st;
}

/* Values that work in place lie where those lie that they share a block with; the gradient of a
 * value lies where its last reader writes. */
static void share_places(aimc_network *net)
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        aimci_node *node = net->nodes[i];
        if (!node->out[0]->data)
            node->out[0]->data = node->in[0]->data;
        for (size_t k = 0; k < node->n_in; k++)
            if (node->d_in[k] && !node->adds[k])
                node->in[k]->gradient = node->d_in[k];
    }
}

aimc_status aimci_network_reserve(aimc_network *net, size_t n, aimci_mode mode)
{
    if (n <= net->batch && mode == net->mode)
        return AIMC_OK;
    aimc_status st = make_blocks(net);
    if (!st)
        st = aimci_network_keep_pass(net);
    if (st)
        return st;
    if (mode == AIMCI_EVAL && net->modified)
        aimci_network_set_training(net, false);
    net->batch = 0;
    const size_t n_blocks = plan(net, mode);
    st = grow_arena(net, n);
    if (!st)
        st = reserve_nodes(net, n, mode);
    if (st) {
        forget(net);
        return st;
    }
    for (size_t b = 0; b < n_blocks; b++)
        *net->blocks[b].at = net->arena + net->blocks[b].offset * n;
    share_places(net);
    net->batch = n;
    net->mode = mode;
    return AIMC_OK;
}
