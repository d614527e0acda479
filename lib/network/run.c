/* SPDX-License-Identifier: MIT */
/* Passes over the graph: forward, backward, step. */
#include <math.h>
#include <string.h>

#include "network/graph.h"

/* ---- one node ------------------------------------------------------------------------------- */

aimci_run aimci_node_run(const aimci_node *node, size_t n, aimci_mode mode, aimci_run_pointers *p)
{
    for (size_t k = 0; k < node->n_in; k++)
        p->in[k] = node->in[k]->data;
    for (size_t k = 0; k < node->n_out; k++) {
        p->out[k] = node->out[k]->data;
        p->d_out[k] = node->out[k]->gradient;
    }
    return (aimci_run){
        .n = n, .mode = mode, .in = p->in, .out = p->out, .d_out = p->d_out, .d_in = node->d_in};
}

aimc_status aimci_node_told(const aimci_node *node, aimc_status st)
{
    return st ? aimci_fail_within(st, "%s: ", node->name) : AIMC_OK;
}

static aimci_hwa *hwa_of(const aimci_node *node, size_t k)
{
    return node->matrices[k].matrix->hwa;
}

/* In evaluation, weights may be modified as in training, where the configuration asks for it. */
static void modify_for_test(aimci_node *node, bool on)
{
    for (size_t k = 0; k < node->n_matrices; k++) {
        aimci_hwa *hwa = hwa_of(node, k);
        if (!aimci_hwa_in_tests(hwa))
            continue;
        if (on)
            aimci_hwa_modify(hwa, false);
        else
            aimci_hwa_take_back(hwa);
    }
}

typedef aimc_status (*pass)(aimci_node *node, const aimci_run *run);

typedef struct parts {
    aimci_node *node;
    const aimci_run *run;
    pass act;
    size_t size; /* samples of a part */
} parts;

static void run_part(void *arg, size_t slot, size_t k)
{
    const parts *p = arg;
    const aimci_node *node = p->node;
    const size_t first = k * p->size;
    aimci_run_pointers own;
    float *d_in[64];
    (void)slot;
    for (size_t i = 0; i < node->n_in; i++) {
        own.in[i] = p->run->in[i] + first * node->in[i]->size;
        d_in[i] = node->d_in[i] ? node->d_in[i] + first * node->in[i]->size : NULL;
    }
    for (size_t i = 0; i < node->n_out; i++) {
        const float *d = p->run->d_out[i];
        own.out[i] = p->run->out[i] + first * node->out[i]->size;
        own.d_out[i] = d ? d + first * node->out[i]->size : NULL;
    }
    aimci_run run = {.n = aimci_min_size(p->size, p->run->n - first), .mode = p->run->mode};
    run.in = own.in;
    run.out = own.out;
    run.d_out = own.d_out;
    run.d_in = d_in;
    (void)p->act(p->node, &run); /* which cannot fail */
}

/* A pass on all of the batch, or on parts of it that are worth a thread, whatever their number. */
static aimc_status run_pass(aimci_node *node, const aimci_run *run, pass act)
{
    enum { WORTH = 1 << 14 }; /* floats */
    const size_t floats = node->in[0]->size + node->out[0]->size;
    parts p = {node, run, act, (WORTH + floats - 1) / floats};
    if (!node->op->by_samples || run->n <= p.size)
        return act(node, run);
    aimci_parallel(node->ctx, (run->n + p.size - 1) / p.size, run_part, &p);
    return AIMC_OK;
}

static aimc_status evaluate_node(aimci_node *node, size_t n)
{
    aimci_run_pointers p;
    const aimci_run run = aimci_node_run(node, n, AIMCI_EVAL, &p);
    modify_for_test(node, true);
    const aimc_status st = run_pass(node, &run, node->op->forward);
    modify_for_test(node, false);
    return st;
}

aimc_status aimci_node_forward(aimci_node *node, size_t n, aimci_mode mode)
{
    if (aimci_node_is_streamed(node))
        return aimci_node_told(node, aimci_node_stream(node, n, evaluate_node));
    if (mode == AIMCI_EVAL)
        return aimci_node_told(node, evaluate_node(node, n));
    aimci_run_pointers p;
    const aimci_run run = aimci_node_run(node, n, mode, &p);
    return aimci_node_told(node, run_pass(node, &run, node->op->forward));
}

size_t aimci_node_vectors(aimci_node *node, size_t n, size_t k, size_t first, size_t count,
                          float *x)
{
    aimci_run_pointers p;
    const aimci_run run = aimci_node_run(node, n, AIMCI_EVAL, &p);
    if (!node->op->vectors)
        return 0;
    const size_t n_vectors = node->op->vectors(node, &run, k, first, count, x);
    if (x)
        aimci_matrix_add_line(node->matrices[k].matrix, count, x);
    return n_vectors;
}

/* A gradient that was written beside the value's own is added to it. */
static void add_gradients(const aimci_node *node, size_t n)
{
    for (size_t k = 0; k < node->n_in; k++) {
        if (!node->d_in[k] || !node->adds[k])
            continue;
        float *sum = node->in[k]->gradient;
        const size_t size = n * node->in[k]->size;
        for (size_t i = 0; i < size; i++)
            sum[i] += node->d_in[k][i];
    }
}

bool aimci_node_has_gradient(const aimci_node *node)
{
    for (size_t k = 0; k < node->n_out; k++)
        if (node->out[k]->gradient)
            return true;
    return false;
}

/* ---- all nodes ------------------------------------------------------------------------------ */

aimc_status aimci_network_run_forward(aimc_network *net, size_t n, aimci_mode mode)
{
    aimc_status st = AIMC_OK;
    aimci_onlooker *o = net->onlooker;
    for (size_t i = 0; i < net->n_nodes && !st; i++) {
        if (o)
            o->see(o, net->nodes[i], n, false);
        st = aimci_node_forward(net->nodes[i], n, mode);
        if (o && !st)
            o->see(o, net->nodes[i], n, true);
    }
    return st;
}

static aimc_status run_backward(aimc_network *net)
{
    const size_t n = net->n_run;
    for (size_t i = net->n_nodes; i-- > 0;) {
        aimci_node *node = net->nodes[i];
        aimci_run_pointers p;
        if (!node->op->backward || !aimci_node_has_gradient(node))
            continue;
        const aimci_run run = aimci_node_run(node, n, AIMCI_TRAIN, &p);
        aimc_status st = run_pass(node, &run, node->op->backward);
        if (!st && node->op->step && !aimci_node_is_analog(node)) /* gradients of digital weights */
            st = node->op->step(node, &run, 0);
        if (st)
            return aimci_node_told(node, st);
        add_gradients(node, n);
    }
    net->went_back = true;
    net->n_pending += n;
    return AIMC_OK;
}

static aimc_status run_step(aimc_network *net, double lr)
{
    const aimc_status st = aimci_network_step_matrices(net, lr);
    if (!st)
        aimci_network_update(net, lr);
    aimci_network_set_training(net, false);
    aimci_network_forget_passes(net);
    return st;
}

/* ---- arguments ------------------------------------------------------------------------------ */

static aimc_status check_input(const char *caller, const char *name, size_t n, size_t size,
                               const float *x)
{
    if (n && !x)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, name);
    for (size_t i = 0; i < n * size; i++)
        if (!isfinite(x[i]))
            return aimci_fail(AIMC_ERR_INVALID,
                              "%s: %s holds a value that is not finite: [%zu][%zu]", caller, name,
                              i / size, i % size);
    return AIMC_OK;
}

aimc_status aimci_network_check_inputs(const char *caller, aimc_network *net, size_t n,
                                       const float *const *x)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    aimc_status st = aimci_network_finish(caller, net);
    if (!st && n && !x)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: x is NULL", caller);
    for (size_t k = 0; n && k < net->n_inputs && !st; k++)
        st = check_input(caller, net->n_inputs > 1 ? net->inputs[k]->name : "x", n,
                         net->inputs[k]->size, x[k]);
    return st;
}

aimc_status aimci_network_check_single(const char *caller, const aimc_network *net)
{
    if (net && net->used && (net->n_inputs != 1 || net->n_outputs != 1))
        return aimci_fail(
            AIMC_ERR_INVALID,
            "%s: the network has %zu inputs and %zu outputs; aimc_network_run() takes "
            "them all",
            caller, net->n_inputs, net->n_outputs);
    return AIMC_OK;
}

/* Inputs of samples first ... in evaluation are where the caller has them, in training copies. */
static void load(aimc_network *net, size_t first, size_t n, const float *const *x, aimci_mode mode)
{
    for (size_t k = 0; k < net->n_inputs; k++) {
        aimci_value *v = net->inputs[k];
        const float *from = x[k] + first * v->size;
        if (mode == AIMCI_TRAIN)
            memcpy(v->data, from, n * v->size * sizeof *from);
        else
            v->data = (float *)(uintptr_t)from; /* only read: no node writes over an input */
    }
}

aimc_status aimci_network_load_batch(const char *caller, aimc_network *net, size_t n,
                                     const float *x)
{
    aimc_status st = aimci_network_check_inputs(caller, net, n, &x);
    if (!st)
        st = aimci_network_check_single(caller, net);
    if (!st && n == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: n is 0", caller);
    if (!st)
        st = aimci_network_reserve(net, n, AIMCI_EVAL);
    if (!st)
        load(net, 0, n, &x, AIMCI_EVAL);
    return st;
}

/* ---- inference ------------------------------------------------------------------------------ */

/* Samples of a batch in evaluation, in parts that fit the caches. */
aimc_status aimci_network_evaluate_all(const char *caller, aimc_network *net, size_t n,
                                       const float *const *x,
                                       void (*take)(void *user, size_t first, size_t n), void *user)
{
    const size_t most = net->stream ? n : aimci_network_eval_batch(net); /* one reading for all */
    aimc_status st = n ? aimci_network_reserve(net, aimci_min_size(n, most), AIMCI_EVAL) : AIMC_OK;
    for (size_t b = 0; b < n && !st; b += most) {
        const size_t m = aimci_min_size(most, n - b);
        load(net, b, m, x, AIMCI_EVAL);
        st = aimci_network_run_forward(net, m, AIMCI_EVAL);
        if (!st)
            take(user, b, m);
    }
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

typedef struct outputs {
    const aimc_network *net;
    float *const *y;
    const char *beyond; /* an output that holds what is not finite, or NULL */
} outputs;

static void copy_outputs(void *user, size_t first, size_t n)
{
    outputs *o = user;
    for (size_t k = 0; k < o->net->n_outputs; k++) {
        const aimci_value *v = o->net->outputs[k];
        bool good = true;
        for (size_t i = 0; i < n * v->size; i++)
            good &= isfinite(v->data[i]);
        if (!good)
            o->beyond = v->name ? v->name : v->maker->name;
        if (o->y[k])
            memcpy(o->y[k] + first * v->size, v->data, n * v->size * sizeof *v->data);
    }
}

static aimc_status check_outputs(const char *caller, const outputs *o)
{
    return o->beyond ? aimci_fail(AIMC_ERR_INVALID,
                                  "%s: output '%s' holds a value that is not finite: inputs or "
                                  "weights are too large",
                                  caller, o->beyond)
                     : AIMC_OK;
}

aimc_status aimc_network_run(aimc_network *net, size_t n, const float *const *x, float *const *y)
{
    aimc_status st = aimci_network_check_inputs("network_run", net, n, x);
    if (!st && n && !y)
        st = aimci_fail(AIMC_ERR_INVALID, "network_run: y is NULL");
    outputs o = {.net = net, .y = y};
    if (!st)
        st = aimci_network_evaluate_all("network_run", net, n, x, copy_outputs, &o);
    return st ? st : check_outputs("network_run", &o);
}

aimc_status aimc_network_predict(aimc_network *net, size_t n, const float *x, float *logits)
{
    const char *caller = "network_predict";
    aimc_status st = aimci_network_check_inputs(caller, net, n, &x);
    if (!st)
        st = aimci_network_check_single(caller, net);
    if (!st && n && !logits)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: logits is NULL", caller);
    outputs o = {.net = net, .y = &logits};
    if (!st)
        st = aimci_network_evaluate_all(caller, net, n, &x, copy_outputs, &o);
    return st ? st : check_outputs(caller, &o);
}

/* ---- training ------------------------------------------------------------------------------- */

static aimc_status check_trainable(const char *caller, const aimc_network *net)
{
    if (aimci_network_check_whole(caller, net))
        return AIMC_ERR_STATE;
    for (size_t i = 0; i < net->n_nodes; i++)
        if (aimci_node_is_programmed(net->nodes[i]))
            return aimci_fail(
                AIMC_ERR_STATE,
                "%s: '%s' is programmed for inference, which aimc_network_predict() runs; "
                "aimc_network_unprogram() makes it trainable again",
                caller, net->nodes[i]->name);
    return AIMC_OK;
}

/* All passes of a step see one draw of modified weights; a pass that was given up had its own. */
static void begin_training(aimc_network *net)
{
    if (net->modified && !net->n_pending)
        aimci_network_set_training(net, false);
    if (!net->modified)
        aimci_network_set_training(net, true);
}

/* The forward pass of a mini-batch: a new one gives up one that nobody went back through. */
static aimc_status train_forward(const char *caller, aimc_network *net, size_t n,
                                 const float *const *x)
{
    aimc_status st = check_trainable(caller, net);
    if (!st)
        st = aimci_network_keep_pass(net);
    if (!st)
        st = aimci_network_reserve(net, n, AIMCI_TRAIN);
    if (st)
        return st;
    begin_training(net);
    load(net, 0, n, x, AIMCI_TRAIN);
    st = aimci_network_run_forward(net, n, AIMCI_TRAIN);
    net->n_run = st ? 0 : n;
    if (st && !net->n_pending)
        aimci_network_set_training(net, false);
    return st;
}

static aimc_status forward(const char *caller, aimc_network *net, size_t n, const float *const *x,
                           float *const *y)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    aimc_status st = aimci_network_check_inputs(caller, net, n, x);
    if (!st && n == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: n is 0", caller);
    if (!st)
        st = train_forward(caller, net, n, x);
    outputs o = {.net = net, .y = y};
    if (!st && y)
        copy_outputs(&o, 0, n);
    return st ? st : check_outputs(caller, &o);
}

aimc_status aimc_network_run_forward(aimc_network *net, size_t n, const float *const *x,
                                     float *const *y)
{
    return forward("network_run_forward", net, n, x, y);
}

aimc_status aimc_network_forward(aimc_network *net, size_t n, const float *x, float *y)
{
    const char *caller = "network_forward";
    aimc_status st = net ? aimci_network_finish(caller, net) : AIMC_OK;
    if (!st)
        st = aimci_network_check_single(caller, net);
    return st ? st : forward(caller, net, n, &x, &y);
}

static aimc_status check_backward(const char *caller, const aimc_network *net, size_t n,
                                  const float *const *dy, float *const *dx)
{
    if (!dy)
        return aimci_fail(AIMC_ERR_INVALID, "%s: dy is NULL", caller);
    if (!net->n_run || net->went_back)
        return aimci_fail(AIMC_ERR_STATE, "%s: a forward pass in training comes first, each time",
                          caller);
    if (n != net->n_run)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: n = %zu after a forward pass of %zu", caller, n,
                          net->n_run);
    if (dx && !net->input_gradients)
        return aimci_fail(AIMC_ERR_STATE,
                          "%s: dx is asked for; aimc_network_want_input_gradients() before the "
                          "forward pass makes room for it",
                          caller);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < net->n_outputs && !st; k++)
        if (dy[k] || net->n_outputs == 1)
            st = check_input(caller, "dy", n, net->outputs[k]->size, dy[k]);
    return st;
}

/* An input that no gradient reaches has none: 0. */
static void copy_input_gradients(const aimc_network *net, size_t n, float *const *dx)
{
    for (size_t k = 0; dx && k < net->n_inputs; k++) {
        const aimci_value *v = net->inputs[k];
        const size_t bytes = n * v->size * sizeof(float);
        if (dx[k] && v->gradient)
            memcpy(dx[k], v->gradient, bytes);
        else if (dx[k])
            memset(dx[k], 0, bytes);
    }
}

static aimc_status backward(const char *caller, aimc_network *net, size_t n, const float *const *dy,
                            float *const *dx)
{
    aimc_status st = check_backward(caller, net, n, dy, dx);
    if (st)
        return st;
    for (size_t k = 0; k < net->n_outputs; k++) {
        const aimci_value *v = net->outputs[k];
        const size_t bytes = n * v->size * sizeof(float);
        if (dy[k])
            memcpy(v->gradient, dy[k], bytes);
        else
            memset(v->gradient, 0, bytes);
    }
    st = run_backward(net);
    if (!st)
        copy_input_gradients(net, n, dx);
    return st;
}

aimc_status aimc_network_run_backward(aimc_network *net, size_t n, const float *const *dy,
                                      float *const *dx)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_run_backward: net is NULL");
    return backward("network_run_backward", net, n, dy, dx);
}

aimc_status aimc_network_backward(aimc_network *net, size_t n, const float *dy, float *dx)
{
    const char *caller = "network_backward";
    if (!net || !dy)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, net ? "dy" : "net");
    const aimc_status st = aimci_network_check_single(caller, net);
    return st ? st : backward(caller, net, n, &dy, dx ? &dx : NULL);
}

aimc_status aimc_network_want_input_gradients(aimc_network *net, int on)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_want_input_gradients: net is NULL");
    if (net->input_gradients == (on != 0))
        return AIMC_OK;
    const aimc_status st = aimci_network_keep_pass(net);
    if (st)
        return aimci_fail_within(st, "network_want_input_gradients: ");
    net->batch = 0; /* another plan */
    net->input_gradients = on != 0;
    return AIMC_OK;
}

aimc_status aimc_network_step(aimc_network *net, double lr)
{
    const char *caller = "network_step";
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    aimc_status st = aimci_check_number(caller, "lr", lr, 0, AIMCI_LARGEST_NUMBER);
    if (st)
        return st;
    if (!net->n_pending)
        return aimci_fail(AIMC_ERR_STATE, "%s: aimc_network_backward() comes first", caller);
    const size_t n = net->n_pending;
    st = aimci_network_prepare_update(net, lr);
    if (st)
        return aimci_fail_within(st, "%s: ", caller);
    st = run_step(net, lr);
    if (st)
        return st;
    net->n_batches++;
    net->n_samples += n;
    return AIMC_OK;
}

/* A mini-batch that fails in the middle is given up. */
static aimc_status give_up(aimc_network *net, aimc_status st)
{
    (void)aimc_network_zero_gradients(net);
    return st;
}

static aimc_status train(const char *caller, aimc_network *net, size_t n, const float *x,
                         const uint32_t *labels, const float *targets, double lr, float *loss)
{
    double mean = 0;
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    aimc_status st = aimci_network_check_inputs(caller, net, n, &x);
    if (!st)
        st = aimci_network_check_single(caller, net);
    if (!st && n == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: n is 0", caller);
    if (!st)
        st = aimci_network_check_targets(caller, net, n, labels, targets);
    if (!st)
        st = aimci_check_number(caller, "lr", lr, 0, AIMCI_LARGEST_NUMBER);
    if (!st)
        st = train_forward(caller, net, n, &x);
    if (st)
        return st;
    st = aimci_network_loss(caller, net, labels, targets, &mean);
    if (!st)
        st = run_backward(net);
    if (!st)
        st = aimc_network_step(net, lr);
    if (st)
        return give_up(net, st);
    if (loss)
        *loss = (float)mean;
    return AIMC_OK;
}

aimc_status aimc_network_train_batch(aimc_network *net, size_t n, const float *x,
                                     const uint32_t *labels, double lr, float *loss)
{
    return train("network_train_batch", net, n, x, labels, NULL, lr, loss);
}

aimc_status aimc_network_train_targets(aimc_network *net, size_t n, const float *x,
                                       const float *targets, double lr, float *loss)
{
    return train("network_train_targets", net, n, x, NULL, targets, lr, loss);
}
