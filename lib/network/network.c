/* SPDX-License-Identifier: MIT */
/* Graphs built node by node. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network/graph.h"

/* ---- life ----------------------------------------------------------------------------------- */

aimc_network *aimci_network_new(aimc_context *ctx, uint64_t seed)
{
    aimc_network *net = aimci_calloc(ctx, 1, sizeof *net);
    if (net)
        *net = (aimc_network){.ctx = aimci_context_ref(ctx), .seed = seed};
    return net;
}

aimc_status aimc_network_create(aimc_context *ctx, aimc_network **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "network_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "network_create: ctx is NULL");
    aimc_network *net = aimci_network_new(ctx, 0);
    if (!net)
        return aimci_fail(AIMC_ERR_NOMEM, "network_create: no memory");
    net->seed = aimci_random_derive(aimci_context_seed(ctx), aimci_context_next_object(ctx));
    *out = net;
    return AIMC_OK;
}

static void destroy_value(aimc_context *ctx, aimci_value *v)
{
    if (v)
        aimci_free(ctx, v->name);
    aimci_free(ctx, v);
}

void aimc_network_destroy(aimc_network *net)
{
    if (!net)
        return;
    aimc_context *ctx = net->ctx;
    aimci_network_free_moments(net);
    for (size_t k = 0; k < net->n_nodes; k++)
        aimci_node_destroy(net->nodes[k]);
    for (size_t k = 0; k < net->n_values; k++)
        destroy_value(ctx, net->values[k]);
    aimci_network_free_buffers(net);
    aimc_config_destroy(net->loss);
    aimc_config_destroy(net->optimizer);
    aimci_free(ctx, net->nodes);
    aimci_free(ctx, net->values);
    aimci_free(ctx, net->inputs);
    aimci_free(ctx, net->outputs);
    aimci_free(ctx, net->note);
    aimci_free(ctx, net->loss_weights);
    aimci_st_reader_destroy(net->stream);
    aimci_free(ctx, net);
    aimci_context_unref(ctx);
}

/* ---- lists of pointers ---------------------------------------------------------------------- */

/* Room for one more in a list of n pointers. */
static aimc_status extend(aimc_context *ctx, void *list, size_t n)
{
    void **old;
    memcpy(&old, list, sizeof old);
    if (n & (n - 1)) /* capacities are powers of two */
        return AIMC_OK;
    void **larger = aimci_calloc(ctx, n ? 2 * n : 1, sizeof *larger);
    if (!larger)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    if (n)
        memcpy(larger, old, n * sizeof *larger);
    aimci_free(ctx, old);
    memcpy(list, &larger, sizeof larger);
    return AIMC_OK;
}

static aimc_status new_value(aimc_network *net, const aimci_shape *shape, aimci_layout layout,
                             aimci_node *maker, aimci_value **out)
{
    aimc_status st = extend(net->ctx, &net->values, net->n_values);
    aimci_value *v = st ? NULL : aimci_calloc(net->ctx, 1, sizeof *v);
    if (!v)
        return st ? st : aimci_fail(AIMC_ERR_NOMEM, "no memory");
    *v = (aimci_value){
        .shape = *shape, .size = aimci_shape_size(shape, 0), .layout = layout, .maker = maker};
    net->values[net->n_values++] = v;
    *out = v;
    return AIMC_OK;
}

aimci_value *aimci_network_value(const aimc_network *net, aimc_value number)
{
    return number < net->n_values ? net->values[number] : NULL;
}

static aimc_value number_of(const aimc_network *net, const aimci_value *v)
{
    size_t k = 0;
    while (net->values[k] != v)
        k++;
    return (aimc_value)k;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_taken(const aimc_network *net, const char *name)
{
    for (size_t k = 0; k < net->n_nodes; k++)
        if (strcmp(net->nodes[k]->name, name) == 0)
            return true;
    for (size_t k = 0; k < net->n_inputs; k++)
        if (strcmp(net->inputs[k]->name, name) == 0)
            return true;
    return false;
}

/* Names are prefixes of tensors' names, so they hold what those may hold. */
static aimc_status check_name(const aimc_network *net, const char *name)
{
    enum { LONGEST = 64 };
    const size_t n = strlen(name);
    if (n == 0 || n > LONGEST)
        return aimci_fail(AIMC_ERR_INVALID, "a name has 1 to %d characters, not %zu", LONGEST, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == '"' || name[i] == '\\' || name[i] == 127)
            return aimci_fail(AIMC_ERR_INVALID,
                              "name '%s' holds a blank, quote or control character", name);
    return is_taken(net, name)
               ? aimci_fail(AIMC_ERR_INVALID, "there is a node or input '%s' already", name)
               : AIMC_OK;
}

/* "conv2d", then "conv2d_1" ... */
static void make_name(const aimc_network *net, const char *base, char *buf, size_t size)
{
    snprintf(buf, size, "%s", base);
    for (size_t k = 1; is_taken(net, buf); k++)
        snprintf(buf, size, "%s_%zu", base, k);
}

/* Add a node; name NULL: one is made. */
static aimc_status add_node(aimc_network *net, const char *name, const aimci_node_ops *op,
                            const aimc_config *config, size_t n_in, aimci_value *const *in,
                            bool hidden, aimci_node **out);

/* ---- layouts -------------------------------------------------------------------------------- */

/* With one channel, or one position, both layouts are the same bytes. */
static bool is_either(const aimci_shape *s)
{
    return s->n < 2 || s->dim[0] == 1 || aimci_shape_size(s, 1) == 1;
}

static aimc_status turned(aimc_network *net, aimci_value **v, aimci_layout layout)
{
    if (layout == AIMCI_ANY_LAYOUT || (*v)->layout == layout || is_either(&(*v)->shape))
        return AIMC_OK;
    for (size_t k = 0; k < net->n_nodes; k++) /* was it turned before? */
        if (net->nodes[k]->hidden && net->nodes[k]->in[0] == *v) {
            *v = net->nodes[k]->out[0];
            return AIMC_OK;
        }
    aimci_node *node = NULL;
    const aimc_status st = add_node(net, NULL, &aimci_node_ops_turn, NULL, 1, v, true, &node);
    if (!st)
        *v = node->out[0];
    return st;
}

/* What lies with any layout takes that of the first input that has one. */
static aimci_layout common_layout(const aimci_node_ops *op, size_t n, aimci_value *const *in)
{
    if (op->layout != AIMCI_ANY_LAYOUT)
        return op->layout;
    for (size_t k = 0; k < n; k++)
        if (!is_either(&in[k]->shape))
            return in[k]->layout;
    return AIMCI_PLAIN;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

const aimci_node_ops *aimci_find_op(const char *name)
{
    static const aimci_node_ops *const ops[] = {
#define AIMCI_OP(name) &aimci_node_ops_##name,
#include "kinds.def"
    };
    for (size_t i = 0; name && i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(ops[i]->kind->name, name) == 0)
            return ops[i];
    return NULL;
}

static size_t count_visible(const aimc_network *net)
{
    size_t n = 0;
    for (size_t k = 0; k < net->n_nodes; k++)
        n += !net->nodes[k]->hidden;
    return n;
}

static aimc_status fill_node(aimci_node *node, const char *name, const aimc_config *config,
                             size_t n_in, aimci_value *const *in)
{
    aimc_context *ctx = node->ctx;
    char made[AIMCI_NAME];
    make_name(node->net, node->op->kind->name, made, sizeof made);
    node->name = aimci_strdup(ctx, name ? name : made);
    node->in = aimci_calloc(ctx, n_in, sizeof *node->in);
    node->state = aimci_calloc(ctx, 1, node->op->state_size + 1);
    node->d_in = aimci_calloc(ctx, n_in, sizeof *node->d_in);
    node->adds = aimci_calloc(ctx, n_in, sizeof *node->adds);
    if (!node->name || !node->in || !node->d_in || !node->adds || !node->state)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    node->n_in = n_in;
    memcpy(node->in, in, n_in * sizeof *in);
    const aimci_named defaults = {.kind = node->op->kind};
    const aimc_status st = config ? aimc_config_copy(config, &node->config)
                                  : aimci_config_make(ctx, defaults, &node->config);
    if (!st)
        node->params = node->config->values;
    return st;
}

/* A value that is empty, or larger than any memory, is nobody's intention. */
static aimc_status check_shape(const aimci_shape *s)
{
    size_t size = 1;
    for (size_t i = 0; i < s->n; i++)
        if (s->dim[i] == 0 || aimci_mul_overflows(size, s->dim[i], &size) || size > 1u << 30) {
            char text[AIMCI_SHAPE_TEXT];
            return aimci_fail(AIMC_ERR_SHAPE, "a value of shape %s is %s",
                              aimci_shape_text(s, text, sizeof text),
                              s->dim[i] ? "too large" : "empty");
        }
    return AIMC_OK;
}

static aimc_status make_outputs(aimci_node *node, aimci_layout layout)
{
    const aimci_shape *in[64];
    aimci_shape out[AIMCI_MAX_VALUES_OF_NODE] = {{0}};
    size_t n_out = 1;
    for (size_t k = 0; k < node->n_in; k++)
        in[k] = &node->in[k]->shape;
    aimc_status st = node->op->infer(node, in, out, &n_out);
    for (size_t k = 0; k < n_out && !st; k++)
        st = check_shape(&out[k]);
    if (!st && node->op->create)
        st = node->op->create(node);
    if (!st && aimci_node_is_streamed(node))
        st = aimci_node_give_up(node);
    for (size_t k = 0; k < n_out && !st; k++)
        if (!(st = new_value(node->net, &out[k], layout, node, &node->out[k])))
            node->n_out++;
    return st;
}

/* Values and hidden nodes that a failing call added are taken off again. */
static void take_back(aimc_network *net, size_t n_nodes, size_t n_values)
{
    while (net->n_nodes > n_nodes)
        aimci_node_destroy(net->nodes[--net->n_nodes]);
    while (net->n_values > n_values)
        destroy_value(net->ctx, net->values[--net->n_values]);
}

static aimc_status add_node(aimc_network *net, const char *name, const aimci_node_ops *op,
                            const aimc_config *config, size_t n_in, aimci_value *const *in,
                            bool hidden, aimci_node **out)
{
    const size_t n_nodes = net->n_nodes, n_values = net->n_values;
    aimci_value *turned_in[64];
    const aimci_layout layout = common_layout(op, n_in, in);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < n_in && !st; k++) {
        turned_in[k] = in[k];
        if (!hidden)
            st = turned(net, &turned_in[k], layout);
    }
    if (!st)
        st = extend(net->ctx, &net->nodes, net->n_nodes);
    aimci_node *node = st ? NULL : aimci_calloc(net->ctx, 1, sizeof *node);
    if (node) {
        const uint64_t seed = aimci_random_derive(net->seed, count_visible(net));
        *node = (aimci_node){.net = net,
                             .ctx = net->ctx,
                             .kernels = aimci_kernels_get(aimc_context_get_cpu(net->ctx)),
                             .op = op,
                             .seed = seed,
                             .hidden = hidden};
        st = fill_node(node, name, config, n_in, turned_in);
        if (!st)
            st = make_outputs(
                node, hidden ? (in[0]->layout == AIMCI_PLAIN ? AIMCI_CHANNELS_LAST : AIMCI_PLAIN)
                             : layout);
        if (st)
            aimci_node_destroy(node);
    } else if (!st) {
        st = aimci_fail(AIMC_ERR_NOMEM, "no memory");
    }
    if (st) {
        take_back(net, n_nodes, n_values);
        return st;
    }
    net->nodes[net->n_nodes++] = *out = node;
    return AIMC_OK;
}

/* ---- the public builder --------------------------------------------------------------------- */

static aimc_status check_open(const char *caller, const aimc_network *net)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    if (net->used)
        return aimci_fail(AIMC_ERR_STATE, "%s: the network was already used", caller);
    return AIMC_OK;
}

aimc_status aimc_network_add_input(aimc_network *net, const char *name, const size_t *shape,
                                   size_t n_dims, aimc_value *out)
{
    const char *caller = "network_add_input";
    aimc_status st = check_open(caller, net);
    if (st)
        return st;
    if (!shape && n_dims)
        return aimci_fail(AIMC_ERR_INVALID, "%s: shape is NULL", caller);
    if (n_dims == 0 || n_dims > AIMCI_MAX_DIMS)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: an input has 1 ... %d dimensions, not %zu", caller,
                          AIMCI_MAX_DIMS, n_dims);
    aimci_shape s = {.n = n_dims};
    memcpy(s.dim, shape, n_dims * sizeof *shape);
    st = check_shape(&s);
    char made[AIMCI_NAME];
    make_name(net, "input", made, sizeof made);
    if (!st && name)
        st = check_name(net, name);
    aimci_value *v = NULL;
    const size_t n_values = net->n_values;
    if (!st)
        st = extend(net->ctx, &net->inputs, net->n_inputs);
    if (!st)
        st = new_value(net, &s, AIMCI_PLAIN, NULL, &v);
    if (!st && !(v->name = aimci_strdup(net->ctx, name ? name : made)))
        st = aimci_fail(AIMC_ERR_NOMEM, "no memory");
    if (st) {
        take_back(net, net->n_nodes, n_values);
        return aimci_fail_within(st, "%s: ", caller);
    }
    net->inputs[net->n_inputs++] = v;
    if (out)
        *out = number_of(net, v);
    return AIMC_OK;
}

static aimc_status unknown_op(const char *name)
{
    aimci_nearest nearest = {0};
    char hint[96];
#define AIMCI_OP(id) aimci_nearest_try(&nearest, name, #id);
#include "kinds.def"
    aimci_nearest_hint(&nearest, name, hint, sizeof hint);
    return aimci_fail(AIMC_ERR_INVALID, "there is no op '%s'%s", name, hint);
}

/* Inputs of a node by their numbers. */
static aimc_status find_inputs(const aimc_network *net, const aimci_node_ops *op, size_t n,
                               const aimc_value *numbers, aimci_value **in)
{
    if (n < op->min_inputs || n > op->max_inputs)
        return aimci_fail(AIMC_ERR_INVALID, "%s reads %u%s values, not %zu", op->kind->name,
                          op->min_inputs, op->max_inputs > op->min_inputs ? " or more" : "", n);
    if (!numbers)
        return aimci_fail(AIMC_ERR_INVALID, "inputs is NULL");
    for (size_t k = 0; k < n; k++) {
        in[k] = aimci_network_value(net, numbers[k]);
        if (!in[k])
            return aimci_fail(AIMC_ERR_INVALID,
                              "inputs[%zu] is value %u of %zu: a node reads values "
                              "that were made before it",
                              k, numbers[k], net->n_values);
    }
    return AIMC_OK;
}

/* Lists of ops are sizes, axes and the like. */
static aimc_status check_whole(const aimc_config *config)
{
    for (size_t i = 0; config && i < config->kind->n_fields; i++) {
        const aimci_field *f = &config->kind->fields[i];
        const aimci_list *list = (const void *)((const char *)config->values + f->offset);
        for (size_t k = 0; f->type == AIMC_FIELD_LIST && k < list->n; k++)
            if (list->v[k] != nearbyint(list->v[k]))
                return aimci_fail(AIMC_ERR_INVALID, "%s[%zu] = %g is not a whole number", f->name,
                                  k, list->v[k]);
    }
    return AIMC_OK;
}

aimc_status aimci_network_add_named(aimc_network *net, const char *name, const char *op_name,
                                    const aimc_config *config, size_t n_inputs,
                                    const aimc_value *inputs, aimc_value *out)
{
    aimc_status st;
    if (!op_name)
        return aimci_fail(AIMC_ERR_INVALID, "op is NULL");
    const aimci_node_ops *op = aimci_find_op(op_name);
    if (!op)
        return unknown_op(op_name);
    aimci_value *in[64];
    aimci_node *node = NULL;
    st = aimci_config_expect("config", config, op->kind);
    if (!st)
        st = check_whole(config);
    if (!st && name)
        st = check_name(net, name);
    if (!st)
        st = find_inputs(net, op, n_inputs, inputs, in);
    if (!st)
        st = add_node(net, name, op, config, n_inputs, in, false, &node);
    if (!st && out)
        *out = number_of(net, node->out[0]);
    return st;
}

aimc_status aimc_network_add_named(aimc_network *net, const char *name, const char *op,
                                   const aimc_config *config, size_t n_inputs,
                                   const aimc_value *inputs, aimc_value *out)
{
    const char *caller = name ? "network_add_named" : "network_add";
    aimc_status st = check_open(caller, net);
    if (st)
        return st;
    char made[AIMCI_NAME];
    make_name(net, op ? op : "", made, sizeof made);
    st = aimci_network_add_named(net, name, op, config, n_inputs, inputs, out);
    return st ? aimci_fail_within(st, "%s: %.64s: ", caller, name ? name : made) : AIMC_OK;
}

aimc_status aimc_network_add(aimc_network *net, const char *op, const aimc_config *config,
                             size_t n_inputs, const aimc_value *inputs, aimc_value *out)
{
    return aimc_network_add_named(net, NULL, op, config, n_inputs, inputs, out);
}

aimc_status aimc_network_set_name(aimc_network *net, aimc_value value, const char *name)
{
    aimc_status st = check_open("network_set_name", net);
    if (st)
        return st;
    aimci_value *v = aimci_network_value(net, value);
    if (!v || !name)
        return aimci_fail(AIMC_ERR_INVALID, "network_set_name: %s",
                          name ? "there is no such value" : "name is NULL");
    char **old = v->maker ? &v->maker->name : &v->name;
    if (strcmp(*old, name) == 0)
        return AIMC_OK;
    if ((st = check_name(net, name)) != AIMC_OK)
        return aimci_fail_within(st, "network_set_name: ");
    char *copy = aimci_strdup(net->ctx, name);
    if (!copy)
        return aimci_fail(AIMC_ERR_NOMEM, "network_set_name: no memory");
    aimci_free(net->ctx, *old);
    *old = copy;
    return AIMC_OK;
}

static aimc_status add_output(aimc_network *net, aimci_value *v)
{
    aimc_status st = turned(net, &v, AIMCI_PLAIN);
    if (!st)
        st = extend(net->ctx, &net->outputs, net->n_outputs);
    if (!st)
        net->outputs[net->n_outputs++] = v;
    if (!st)
        v->is_output = true;
    return st;
}

aimc_status aimc_network_add_output(aimc_network *net, aimc_value value)
{
    aimc_status st = check_open("network_add_output", net);
    if (st)
        return st;
    aimci_value *v = aimci_network_value(net, value);
    if (!v)
        return aimci_fail(AIMC_ERR_INVALID, "network_add_output: value %u of %zu", value,
                          net->n_values);
    st = add_output(net, v);
    return st ? aimci_fail_within(st, "network_add_output: ") : AIMC_OK;
}

aimc_status aimci_network_finish(const char *caller, aimc_network *net)
{
    if (!net->n_nodes)
        return aimci_fail(AIMC_ERR_STATE, "%s: the network has no layers", caller);
    aimc_status st = AIMC_OK;
    if (!net->n_outputs)
        st = add_output(net, net->nodes[net->n_nodes - 1]->out[0]);
    if (!st && !net->used)
        st = aimci_network_measure(net);
    if (st)
        return aimci_fail_within(st, "%s: ", caller);
    net->used = true;
    return AIMC_OK;
}

/* ---- the short way: one after another ------------------------------------------------------- */

static aimci_value *last_value(const aimc_network *net)
{
    return net->n_nodes ? net->nodes[net->n_nodes - 1]->out[0]
                        : (net->n_inputs ? net->inputs[0] : NULL);
}

/* What the next layer reads: the last value, or a new input of n_in. */
static aimc_status begin_layer(aimc_network *net, size_t n_in, aimc_value *from)
{
    const aimci_value *last = last_value(net);
    if (!last)
        return aimc_network_add_input(net, NULL, &n_in, 1, from);
    const size_t width = last->shape.dim[last->shape.n - 1];
    if (width != n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "n_in = %zu after a layer of %zu outputs", n_in, width);
    *from = number_of(net, last);
    return AIMC_OK;
}

static aimc_status linear_config(aimc_context *ctx, size_t n_out, const aimc_config *matrix,
                                 aimc_config **out)
{
    aimc_status st = aimc_config_create(ctx, "linear", out);
    if (!st)
        st = aimc_config_set(*out, "out_features", (double)n_out);
    if (!st && matrix)
        st = aimci_config_set_child(*out, "matrix", matrix);
    return st;
}

aimc_status aimc_network_add_linear(aimc_network *net, size_t n_out, size_t n_in,
                                    const aimc_config *config)
{
    const char *caller = "network_add_linear";
    aimc_status st = check_open(caller, net);
    if (!st)
        st = aimci_config_expect(caller, config, &aimci_kind_layer);
    if (st)
        return st;
    if (n_out == 0 || n_in == 0 || n_out > AIMCI_GRID_MAX_SIDE || n_in > AIMCI_GRID_MAX_SIDE)
        return aimci_fail(AIMC_ERR_INVALID, "%s: shape %zu x %zu; 1 ... %d a side", caller, n_out,
                          n_in, AIMCI_GRID_MAX_SIDE);
    const size_t n_inputs = net->n_inputs, n_values = net->n_values;
    aimc_config *linear = NULL;
    aimc_value from = 0;
    st = linear_config(net->ctx, n_out, config, &linear);
    if (!st)
        st = begin_layer(net, n_in, &from);
    if (!st) {
        st = aimc_network_add(net, "linear", linear, 1, &from, NULL);
        if (st && net->n_inputs > n_inputs) {
            net->n_inputs = n_inputs;
            take_back(net, net->n_nodes, n_values);
        }
    }
    aimc_config_destroy(linear);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

aimc_status aimc_network_add_activation(aimc_network *net, aimc_activation activation)
{
    static const char *const names[] = {
        [AIMC_TANH] = "tanh", [AIMC_RELU] = "relu", [AIMC_SIGMOID] = "sigmoid"};
    const char *caller = "network_add_activation";
    const aimc_status st = check_open(caller, net);
    if (st)
        return st;
    if (activation < AIMC_TANH || activation > AIMC_SIGMOID)
        return aimci_fail(AIMC_ERR_INVALID, "%s: unknown activation %d", caller, (int)activation);
    const aimci_value *last = net->n_nodes ? last_value(net) : NULL;
    if (!last)
        return aimci_fail(AIMC_ERR_STATE, "%s: there is no layer before it", caller);
    const aimc_value from = number_of(net, last);
    return aimc_network_add(net, names[activation], NULL, 1, &from, NULL);
}
