/* SPDX-License-Identifier: MIT */
/* Updates of what is digital, with the definitions and defaults of PyTorch. Weights on tiles follow
 * their own algorithms. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/elementary.h"
#include "network/graph.h"

/* ---- what is trained ------------------------------------------------------------------------ */

typedef struct trained {
    char name[AIMCI_NAME];
    float *w, *g;
    size_t n;
} trained;

/* Digital matrix or parameter k of the network; false: there is none. */
static bool find(const aimc_network *net, size_t k, trained *t)
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        const aimci_node *node = net->nodes[i];
        for (size_t m = 0; m < node->n_matrices; m++) {
            const aimci_digital *digital = node->matrices[m].matrix->digital;
            if (!digital || k-- > 0)
                continue;
            snprintf(t->name, sizeof t->name, "%s.%s%zu", node->name,
                     node->weights[node->matrices[m].tensor].name, m);
            t->w = digital->w;
            t->g = digital->gradient;
            t->n = digital->n_floats;
            return true;
        }
        for (size_t m = 0; m < node->n_parameters; m++) {
            const aimci_parameter *p = &node->parameters[m];
            if (!aimci_node_is_digitally_trained(node, p) || k-- > 0)
                continue;
            snprintf(t->name, sizeof t->name, "%s.%s", node->name, p->name);
            t->w = p->value;
            t->g = p->gradient;
            t->n = p->n;
            return true;
        }
    }
    return false;
}

void aimci_network_clear_gradients(aimc_network *net)
{
    trained t;
    for (size_t k = 0; find(net, k, &t); k++)
        memset(t.g, 0, t.n * sizeof *t.g);
}

/* ---- kinds ---------------------------------------------------------------------------------- */

typedef struct digital_params {
    double clip_norm, clip_value; /* the first members of all */
    double momentum, dampening, weight_decay;
    bool nesterov;
    double beta1, beta2, eps;
} digital_params;

#define P   digital_params
#define SRC "definitions of PyTorch 1.13, torch.optim"
#define CLIP_FIELDS                                                                                \
    AIMCI_NUMBER(P, clip_norm, 0, 0, 1e30, "gradient",                                             \
                 "largest norm of the gradient of all digital parameters together; 0: any", SRC),  \
        AIMCI_NUMBER(P, clip_value, 0, 0, 1e30, "gradient",                                        \
                     "largest magnitude of a number of the gradient; 0: any", SRC)

static const aimci_field sgd_fields[] = {
    CLIP_FIELDS,
    AIMCI_NUMBER(P, momentum, 0, 0, 0.999999, "1", "share of the last step in the next", SRC),
    AIMCI_NUMBER(P, dampening, 0, 0, 1, "1", "share of the gradient that momentum leaves out", SRC),
    AIMCI_FLAG(P, nesterov, 0, "look ahead along the momentum", SRC),
    AIMCI_NUMBER(P, weight_decay, 0, 0, 1e6, "1", "share of the weight added to the gradient", SRC),
};
AIMCI_DEFINE_KIND(digital_sgd, "digital_optimizer", "stochastic gradient descent with momentum",
                  SRC, sgd_fields, P, .n_children = 0);

#define ADAM_FIELDS(decay, meaning)                                                                \
    CLIP_FIELDS,                                                                                   \
        AIMCI_NUMBER(P, beta1, 0.9, 0, 0.999999999, "1", "memory of the mean gradient", SRC),      \
        AIMCI_NUMBER(P, beta2, 0.999, 0, 0.999999999, "1", "memory of its mean square", SRC),      \
        AIMCI_NUMBER(P, eps, 1e-8, 0, 1, "gradient", "added to its root mean square", SRC),        \
        AIMCI_NUMBER(P, weight_decay, decay, 0, 1e6, "1", meaning, SRC)

static const aimci_field adam_fields[] = {
    ADAM_FIELDS(0, "share of the weight added to the gradient"),
};
AIMCI_DEFINE_KIND(adam, "digital_optimizer", "Adam: D. P. Kingma and J. Ba, arXiv:1412.6980", SRC,
                  adam_fields, P, .n_children = 0);

static const aimci_field adamw_fields[] = {
    ADAM_FIELDS(0.01, "share of the weight, times the rate, that each step takes off"),
};
AIMCI_DEFINE_KIND(adamw, "digital_optimizer",
                  "Adam with decoupled decay: I. Loshchilov and F. Hutter, arXiv:1711.05101", SRC,
                  adamw_fields, P, .n_children = 0);

/* ---- laws ----------------------------------------------------------------------------------- */

static void update_sgd(const aimci_update_state *s, size_t n, float *w, const float *g,
                       float *first, float *second)
{
    (void)second;
    const P *p = s->params;
    const float lr = (float)s->lr, decay = (float)p->weight_decay, m = (float)p->momentum;
    const float share = s->t == 1 ? 1 : (float)(1 - p->dampening);
    for (size_t i = 0; i < n; i++) {
        float d = g[i] + decay * w[i];
        if (m > 0) {
            first[i] = m * first[i] + share * d;
            d = p->nesterov ? d + m * first[i] : first[i];
        }
        w[i] -= lr * d;
    }
}

static void adam_step(const aimci_update_state *s, size_t n, float *w, const float *g, float *first,
                      float *second, float decay)
{
    const P *p = s->params;
    const float b1 = (float)p->beta1, b2 = (float)p->beta2, eps = (float)p->eps;
    const float rate = (float)(s->lr / (1 - aimci_pow(p->beta1, (double)s->t)));
    const float root = (float)sqrt(1 - aimci_pow(p->beta2, (double)s->t));
    for (size_t i = 0; i < n; i++) {
        const float d = g[i] + decay * w[i];
        first[i] = b1 * first[i] + (1 - b1) * d;
        second[i] = b2 * second[i] + (1 - b2) * (d * d);
        const float size = sqrtf(second[i]) / root + eps;
        w[i] -= size > 0 ? rate * first[i] / size : 0; /* eps may be 0, and so may gradients */
    }
}

static void update_adam(const aimci_update_state *s, size_t n, float *w, const float *g,
                        float *first, float *second)
{
    adam_step(s, n, w, g, first, second, (float)((const P *)s->params)->weight_decay);
}

static void update_adamw(const aimci_update_state *s, size_t n, float *w, const float *g,
                         float *first, float *second)
{
    const float keep = (float)(1 - s->lr * ((const P *)s->params)->weight_decay);
    for (size_t i = 0; i < n; i++)
        w[i] *= keep;
    adam_step(s, n, w, g, first, second, 0);
}

const aimci_digital_ops aimci_digital_ops_digital_sgd = {.kind = &aimci_kind_digital_sgd,
                                                         .update = update_sgd};
const aimci_digital_ops aimci_digital_ops_adam = {
    .kind = &aimci_kind_adam, .has_first = true, .has_second = true, .update = update_adam};
const aimci_digital_ops aimci_digital_ops_adamw = {
    .kind = &aimci_kind_adamw, .has_first = true, .has_second = true, .update = update_adamw};

/* ---- moments -------------------------------------------------------------------------------- */

typedef struct aimci_moments {
    size_t n; /* trained tensors */
    float **first, **second;
} aimci_moments;

static const aimci_digital_ops *ops_of(const aimc_network *net)
{
    return net->optimizer ? aimci_ops_of(net->optimizer->kind, "digital_optimizer")
                          : &aimci_digital_ops_digital_sgd;
}

static bool has_first(const aimc_network *net)
{
    const P *p = net->optimizer ? net->optimizer->values : NULL;
    return ops_of(net)->has_first || (p && p->momentum > 0);
}

void aimci_network_free_moments(aimc_network *net)
{
    aimci_moments *m = net->moments;
    for (size_t k = 0; m && k < m->n; k++) {
        if (m->first)
            aimci_free(net->ctx, m->first[k]);
        if (m->second)
            aimci_free(net->ctx, m->second[k]);
    }
    if (m) {
        aimci_free(net->ctx, m->first);
        aimci_free(net->ctx, m->second);
    }
    aimci_free(net->ctx, m);
    net->moments = NULL;
}

static bool make_list(aimc_network *net, size_t n, float ***out)
{
    trained t;
    float **list = *out = aimci_calloc(net->ctx, n + 1, sizeof *list);
    bool ok = list != NULL;
    for (size_t k = 0; k < n && ok; k++) {
        (void)find(net, k, &t);
        ok = (list[k] = aimci_calloc(net->ctx, t.n, sizeof **list)) != NULL;
    }
    return ok;
}

static aimc_status make_moments(aimc_network *net)
{
    if (net->moments)
        return AIMC_OK;
    trained t;
    aimci_moments *m = net->moments = aimci_calloc(net->ctx, 1, sizeof *m);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "network: no memory for an optimizer");
    size_t n = 0;
    while (find(net, n, &t))
        n++;
    m->n = n;
    const bool ok = (!has_first(net) || make_list(net, n, &m->first)) &&
                    (!ops_of(net)->has_second || make_list(net, n, &m->second));
    if (ok)
        return AIMC_OK;
    aimci_network_free_moments(net);
    return aimci_fail(AIMC_ERR_NOMEM, "network: no memory for moments of an optimizer");
}

/* ---- step ----------------------------------------------------------------------------------- */

static P params_of(const aimc_network *net)
{
    P p;
    if (net->optimizer)
        memcpy(&p, net->optimizer->values, sizeof p);
    else
        aimci_kind_defaults(&aimci_kind_digital_sgd, &p);
    return p;
}

static void clip_gradients(const aimc_network *net, const P *p)
{
    trained t;
    double squares = 0;
    for (size_t k = 0; p->clip_value > 0 && find(net, k, &t); k++)
        for (size_t i = 0; i < t.n; i++)
            t.g[i] = fmaxf(fminf(t.g[i], (float)p->clip_value), -(float)p->clip_value);
    for (size_t k = 0; p->clip_norm > 0 && find(net, k, &t); k++)
        for (size_t i = 0; i < t.n; i++)
            squares += (double)t.g[i] * (double)t.g[i];
    const double share = p->clip_norm / (sqrt(squares) + 1e-6);
    for (size_t k = 0; p->clip_norm > 0 && share < 1 && find(net, k, &t); k++)
        for (size_t i = 0; i < t.n; i++)
            t.g[i] *= (float)share;
}

static bool all_within(const float *v, size_t n, float most)
{
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good &= fabsf(v[i]) <= most; /* false for what is no number */
    return good;
}

/* A step adds at most (gradient + decay weight) lr / (1 - momentum), or of Adam some thousand lr:
 * weights and gradients from which it leads to numbers, squares of gradients included. */
static aimc_status check_range(const aimc_network *net, const P *p, double lr)
{
    const double reach = fmax(lr, 1) * fmax(p->weight_decay, 1) / (1 - p->momentum);
    const double most = 1e36 / reach, most_gradient = fmin(most, 1e18);
    trained t;
    for (size_t k = 0; find(net, k, &t); k++) {
        const bool wild = !all_within(t.g, t.n, (float)most_gradient);
        if (wild || !all_within(t.w, t.n, (float)most))
            return aimci_fail(AIMC_ERR_INVALID,
                              "%s '%s' is beyond %g, from where lr = %g may lead out of the range "
                              "of floats",
                              wild ? "the gradient of" : "a weight of", t.name,
                              wild ? most_gradient : most, lr);
    }
    return AIMC_OK;
}

aimc_status aimci_network_prepare_update(aimc_network *net, double lr)
{
    const aimc_status st = make_moments(net);
    if (st)
        return st;
    const P p = params_of(net);
    clip_gradients(net, &p);
    return check_range(net, &p, lr);
}

void aimci_network_update(aimc_network *net, double lr)
{
    const aimci_moments *m = net->moments;
    const P p = params_of(net);
    const aimci_update_state s = {.params = &p, .lr = lr, .t = ++net->n_updates};
    trained t;
    for (size_t k = 0; find(net, k, &t); k++) {
        ops_of(net)->update(&s, t.n, t.w, t.g, m->first ? m->first[k] : NULL,
                            m->second ? m->second[k] : NULL);
        memset(t.g, 0, t.n * sizeof *t.g);
    }
}

aimc_status aimc_network_set_optimizer(aimc_network *net, const aimc_config *optimizer)
{
    const char *caller = "network_set_optimizer";
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    if (optimizer && strcmp(optimizer->kind->category, "digital_optimizer") != 0)
        return aimci_wrong_category(caller, optimizer->kind->name, optimizer->kind,
                                    "digital_optimizer");
    aimc_config *copy = NULL;
    const aimc_status st = optimizer ? aimc_config_copy(optimizer, &copy) : AIMC_OK;
    if (st)
        return st;
    aimci_network_free_moments(net);
    aimc_config_destroy(net->optimizer);
    net->optimizer = copy;
    if (!net->reader) /* while a file is loaded, it knows */
        net->n_updates = 0;
    return AIMC_OK;
}

/* ---- files ---------------------------------------------------------------------------------- */

typedef aimc_status (*exchange)(void *file, const char *name, size_t n, float *v);

static aimc_status visit_moments(const aimc_network *net, exchange act, void *file)
{
    const aimci_moments *m = net->moments;
    aimc_status st = AIMC_OK;
    trained t;
    for (size_t k = 0; m && k < m->n && !st && find(net, k, &t); k++)
        for (int second = 0; second < 2 && !st; second++) {
            float **list = second ? m->second : m->first;
            char name[AIMCI_NAME + 32];
            snprintf(name, sizeof name, "optimizer.%s.%s", t.name, second ? "second" : "first");
            if (list)
                st = act(file, name, t.n, list[k]);
        }
    return st;
}

static aimc_status put(void *file, const char *name, size_t n, float *v)
{
    return aimci_st_put(file, name, AIMCI_F32, 0, n, n, v);
}

static aimc_status get(void *file, const char *name, size_t n, float *v)
{
    return aimci_st_get(file, name, AIMCI_F32, 0, n, n, v);
}

aimc_status aimci_network_put_moments(const aimc_network *net, aimci_st_writer *writer)
{
    return visit_moments(net, put, writer);
}

/* Moments are in the file when it says that there were updates. */
aimc_status aimci_network_restore_moments(aimc_network *net, aimci_st_reader *reader)
{
    const aimc_status st = net->n_updates ? make_moments(net) : AIMC_OK;
    return st ? st : visit_moments(net, get, reader);
}
