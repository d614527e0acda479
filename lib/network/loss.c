/* SPDX-License-Identifier: MIT */
/* Losses, with the definitions and defaults of PyTorch: means over rows or numbers. */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "network/graph.h"

#define SRC "definitions of PyTorch 1.13, torch.nn"

/* Values of all losses; each has fields for what it knows. */
typedef struct loss_params {
    double label_smoothing, delta;
    int64_t ignore_index, axis;
    aimci_list class_weights, pos_weight;
} loss_params;

#define AXIS_FIELD                                                                                 \
    AIMCI_INTEGER(loss_params, axis, -1, -AIMCI_MAX_DIMS, AIMCI_MAX_DIMS - 1, "axis",              \
                  "axis of the classes, the samples not counted: 0 is axis 1 of PyTorch; < 0: "    \
                  "from the last",                                                                 \
                  SRC)

/* ---- of classes ----------------------------------------------------------------------------- */

#define CLASS_FIELDS                                                                               \
    AIMCI_INTEGER(loss_params, ignore_index, -100, -100, 4294967295.0, "class",                    \
                  "label of rows that do not count; < 0: none", SRC),                              \
        AIMCI_NUMBERS(loss_params, class_weights, 0, 0, 1e9, "1",                                  \
                      "weight of each class; empty: all alike", SRC),                              \
        AXIS_FIELD

static const aimci_field cross_entropy_fields[] = {
    AIMCI_NUMBER(loss_params, label_smoothing, 0, 0, 1, "1",
                 "share of the target that is spread over all classes", SRC),
    CLASS_FIELDS,
};
AIMCI_DEFINE_KIND(cross_entropy, "loss", "softmax cross-entropy of logits, nats", SRC,
                  cross_entropy_fields, loss_params, .n_children = 0);

static const aimci_field nll_fields[] = {CLASS_FIELDS};
AIMCI_DEFINE_KIND(nll, "loss", "negative log-likelihood of log-probabilities", SRC, nll_fields,
                  loss_params, .n_children = 0);

static const loss_params *params_of(const aimci_loss_run *r)
{
    return r->params;
}

static double weight_of(const aimci_loss_run *r, size_t c)
{
    return r->n_weights == 0 ? 1 : r->weights[r->n_weights == 1 ? 0 : c];
}

static bool counts(const loss_params *p, uint32_t label)
{
    return p->ignore_index < 0 || (int64_t)label != p->ignore_index;
}

static size_t count_rows(const aimci_loss_run *r)
{
    return r->rows.outer * r->rows.inner;
}

/* Where row number s begins; its classes are rows.inner apart. */
static size_t row_at(const aimci_loss_run *r, size_t s)
{
    return s / r->rows.inner * r->rows.classes * r->rows.inner + s % r->rows.inner;
}

/* Sum of the weights of the rows' classes: what means are over. */
static double norm_of(const aimci_loss_run *r)
{
    double sum = 0;
    for (size_t s = 0; s < count_rows(r); s++)
        if (counts(r->params, r->labels[s]))
            sum += weight_of(r, r->labels[s]);
    return sum;
}

static double total_weight(const aimci_loss_run *r)
{
    double sum = 0;
    for (size_t c = 0; c < r->rows.classes; c++)
        sum += weight_of(r, c);
    return sum;
}

/* One row: d becomes the gradient times the norm. With smoothing e, and the weights v_c,
 *
 *     l = (1 - e) v_y (-log p_y) + e/C sum_c v_c (-log p_c). */
static double entropy_row(const aimci_loss_run *r, size_t s, double norm, double all)
{
    const double e = params_of(r)->label_smoothing;
    const size_t classes = r->rows.classes, step = r->rows.inner, label = r->labels[s];
    const float *y = r->y + row_at(r, s);
    float *d = r->d + row_at(r, s);
    const double own = (1 - e) * weight_of(r, label);
    float top = y[0];
    for (size_t c = 1; c < classes; c++)
        top = y[c * step] > top ? y[c * step] : top;
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += (double)(d[c * step] = aimci_expf(y[c * step] - top));
    double loss = own * (aimci_ln(sum) - (double)(y[label * step] - top));
    const double share = own + e * all / (double)classes;
    for (size_t c = 0; c < classes; c++)
        d[c * step] = (float)((double)d[c * step] / sum * share / norm);
    d[label * step] -= (float)(own / norm);
    for (size_t c = 0; c < classes && e > 0; c++) {
        const double v = e * weight_of(r, c) / (double)classes;
        d[c * step] -= (float)(v / norm);
        loss += v * (aimci_ln(sum) - (double)(y[c * step] - top));
    }
    return loss;
}

static void clear_gradient(const aimci_loss_run *r)
{
    memset(r->d, 0, count_rows(r) * r->rows.classes * sizeof *r->d);
}

static double cross_entropy(const aimci_loss_run *r)
{
    const double norm = norm_of(r), all = total_weight(r);
    double loss = 0;
    clear_gradient(r);
    for (size_t s = 0; s < count_rows(r); s++)
        if (counts(r->params, r->labels[s]))
            loss += entropy_row(r, s, norm, all);
    return loss / norm;
}

static double nll(const aimci_loss_run *r)
{
    const double norm = norm_of(r);
    double loss = 0;
    clear_gradient(r);
    for (size_t s = 0; s < count_rows(r); s++) {
        if (!counts(r->params, r->labels[s]))
            continue;
        const double v = weight_of(r, r->labels[s]);
        const size_t at = row_at(r, s) + r->labels[s] * r->rows.inner;
        loss -= v * (double)r->y[at];
        r->d[at] = (float)(-v / norm);
    }
    return loss / norm;
}

const aimci_loss_ops aimci_loss_ops_cross_entropy = {&aimci_kind_cross_entropy, true,
                                                     cross_entropy};
const aimci_loss_ops aimci_loss_ops_nll = {&aimci_kind_nll, true, nll};

/* ---- of numbers ----------------------------------------------------------------------------- */

/* Kinds without fields of their own have one table with nothing in it. */
#define PLAIN_KIND(id, meaning)                                                                    \
    const aimci_kind aimci_kind_##id = {.name = #id,                                               \
                                        .category = "loss",                                        \
                                        .doc = meaning,                                            \
                                        .source = SRC,                                             \
                                        .size = sizeof(loss_params)};
PLAIN_KIND(mse, "mean-square error")
PLAIN_KIND(l1, "mean absolute error")

static const aimci_field huber_fields[] = {
    AIMCI_NUMBER(loss_params, delta, 1, 1e-30, 1e30, "output",
                 "errors below it count by their squares, others by their magnitudes", SRC),
};
AIMCI_DEFINE_KIND(huber, "loss", "mean of squares of small errors and magnitudes of large ones",
                  SRC, huber_fields, loss_params, .n_children = 0);

static const aimci_field bce_fields[] = {
    AIMCI_NUMBERS(loss_params, pos_weight, 0, 0, 1e9, "1",
                  "weight of targets of 1, one for all or of each class; empty: 1", SRC),
    AXIS_FIELD,
};
AIMCI_DEFINE_KIND(bce_with_logits, "loss", "binary cross-entropy of logits and targets of 0 ... 1",
                  SRC, bce_fields, loss_params, .n_children = 0);

/* w: weight of the class */
typedef double (*number_law)(const loss_params *p, double w, double y, double t, double *slope);

static double mean_of(const aimci_loss_run *r, number_law law)
{
    const size_t size = count_rows(r) * r->rows.classes;
    const double n = (double)size;
    double loss = 0;
    for (size_t i = 0; i < size; i++) {
        double slope;
        const double w = weight_of(r, i / r->rows.inner % r->rows.classes);
        loss += law(r->params, w, (double)r->y[i], (double)r->targets[i], &slope);
        r->d[i] = (float)(slope / n);
    }
    return loss / n;
}

static double square(const loss_params *p, double w, double y, double t, double *slope)
{
    (void)p, (void)w;
    *slope = 2 * (y - t);
    return (y - t) * (y - t);
}

static double magnitude(const loss_params *p, double w, double y, double t, double *slope)
{
    (void)p, (void)w;
    *slope = (y > t) - (y < t);
    return fabs(y - t);
}

static double huber_law(const loss_params *p, double w, double y, double t, double *slope)
{
    (void)w;
    const double e = y - t;
    *slope = fmax(-p->delta, fmin(p->delta, e));
    return fabs(e) <= p->delta ? 0.5 * e * e : p->delta * (fabs(e) - 0.5 * p->delta);
}

/* (1 - t) y + (1 + (w - 1) t) log(1 + exp(-y)), written so that nothing overflows */
static double bce_law(const loss_params *p, double w, double y, double t, double *slope)
{
    (void)p;
    const double factor = 1 + (w - 1) * t;
    const double soft = aimci_log1p(aimci_exp(-fabs(y))) + fmax(-y, 0),
                 sigmoid = 1 / (1 + aimci_exp(-y));
    *slope = (1 - t) - factor * (1 - sigmoid);
    return (1 - t) * y + factor * soft;
}

#define NUMBER_LOSS(id, law)                                                                       \
    static double id##_loss(const aimci_loss_run *run)                                             \
    {                                                                                              \
        return mean_of(run, law);                                                                  \
    }                                                                                              \
    const aimci_loss_ops aimci_loss_ops_##id = {&aimci_kind_##id, false, id##_loss};
NUMBER_LOSS(mse, square)
NUMBER_LOSS(l1, magnitude)
NUMBER_LOSS(huber, huber_law)
NUMBER_LOSS(bce_with_logits, bce_law)

/* ---- of a network --------------------------------------------------------------------------- */

static const aimci_loss_ops *ops_of(const aimc_network *net)
{
    return net->loss ? aimci_ops_of(net->loss->kind, "loss") : &aimci_loss_ops_cross_entropy;
}

/* The field where weights of classes stand; NULL: the loss has none, and no axis of classes. */
static const char *weights_field(const aimci_loss_ops *ops)
{
    return ops->takes_labels ? "class_weights"
                             : (ops == &aimci_loss_ops_bce_with_logits ? "pos_weight" : NULL);
}

aimc_status aimci_network_class_rows(const char *caller, const aimc_network *net, size_t n,
                                     aimci_class_rows *rows)
{
    const aimci_shape *s = &net->outputs[0]->shape;
    const int axis = aimc_network_get_class_axis(net), dims = (int)s->n;
    if (axis >= dims || axis < -dims)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: axis = %d of the loss; the output has %d, %s",
                          caller, axis, dims, dims > 1 ? "counted from 0" : "which is 0");
    const size_t at = (size_t)(axis < 0 ? axis + dims : axis);
    rows->classes = s->dim[at];
    rows->inner = aimci_shape_size(s, at + 1);
    rows->outer = n * (net->outputs[0]->size / (rows->classes * rows->inner));
    return AIMC_OK;
}

aimc_status aimci_network_check_labels(const char *caller, const aimc_network *net, size_t n,
                                       const uint32_t *labels)
{
    aimci_class_rows r = {0};
    const aimc_status st = aimci_network_class_rows(caller, net, n, &r);
    if (st)
        return st;
    if (!labels)
        return aimci_fail(AIMC_ERR_INVALID, "%s: labels is NULL", caller);
    const loss_params *p = net->loss && ops_of(net)->takes_labels ? net->loss->values : NULL;
    for (size_t s = 0; s < r.outer * r.inner; s++)
        if (labels[s] >= r.classes && (!p || counts(p, labels[s])))
            return aimci_fail(AIMC_ERR_INVALID, "%s: labels[%zu] = %u of %zu classes", caller, s,
                              labels[s], r.classes);
    return AIMC_OK;
}

aimc_status aimci_network_check_targets(const char *caller, const aimc_network *net, size_t n,
                                        const uint32_t *labels, const float *targets)
{
    const aimci_loss_ops *ops = ops_of(net);
    const aimci_value *out = net->outputs[0];
    if (ops->takes_labels != (labels != NULL) && (labels || targets))
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: the loss '%s' takes %s; aimc_network_set_loss() sets another one",
                          caller, ops->kind->name, ops->takes_labels ? "labels" : "targets");
    if (ops->takes_labels)
        return aimci_network_check_labels(caller, net, n, labels);
    if (!targets)
        return aimci_fail(AIMC_ERR_INVALID, "%s: targets is NULL", caller);
    return aimci_all_finite(targets, n, out->size, out->size)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "%s: targets holds a value that is not finite",
                            caller);
}

/* Weights of classes: the network's own, or those in the loss. */
static aimc_status find_weights(const char *caller, const aimc_network *net, aimci_loss_run *r)
{
    const char *field = weights_field(ops_of(net));
    const loss_params *p = r->params;
    const aimci_list *list = ops_of(net)->takes_labels ? &p->class_weights : &p->pos_weight;
    r->weights = net->loss_weights ? net->loss_weights : list->v;
    r->n_weights = !field ? 0 : (net->loss_weights ? net->n_loss_weights : list->n);
    const bool one_for_all = r->n_weights == 1 && !ops_of(net)->takes_labels;
    return r->n_weights == 0 || r->n_weights == r->rows.classes || one_for_all
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE, "%s: %s has %zu numbers for %zu classes", caller, field,
                            r->n_weights, r->rows.classes);
}

aimc_status aimci_network_loss(const char *caller, aimc_network *net, const uint32_t *labels,
                               const float *targets, double *loss)
{
    const aimci_value *out = net->outputs[0];
    loss_params defaults;
    aimci_kind_defaults(&aimci_kind_cross_entropy, &defaults);
    aimci_loss_run r = {.params = net->loss ? net->loss->values : &defaults,
                        .y = out->data,
                        .labels = labels,
                        .targets = targets,
                        .d = out->gradient};
    aimc_status st = aimci_network_class_rows(caller, net, net->n_run, &r.rows);
    if (!st)
        st = find_weights(caller, net, &r);
    if (st)
        return st;
    *loss = ops_of(net)->loss(&r);
    return isfinite(*loss) ? AIMC_OK
                           : aimci_fail(AIMC_ERR_INVALID,
                                        "%s: the loss is not finite; lr is too large, or no label "
                                        "counts",
                                        caller);
}

aimc_status aimc_network_set_loss(aimc_network *net, const aimc_config *loss)
{
    const char *caller = "network_set_loss";
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    if (loss && strcmp(loss->kind->category, "loss") != 0)
        return aimci_wrong_category(caller, loss->kind->name, loss->kind, "loss");
    aimc_config *copy = NULL;
    const aimc_status st = loss ? aimc_config_copy(loss, &copy) : AIMC_OK;
    if (st)
        return st;
    aimc_config_destroy(net->loss);
    aimci_free(net->ctx, net->loss_weights);
    net->loss_weights = NULL;
    net->loss = copy;
    return AIMC_OK;
}

static aimc_status check_weights(const char *caller, const aimc_network *net, size_t n,
                                 const double *weights)
{
    const char *field = weights_field(ops_of(net));
    if (!weights && n)
        return aimci_fail(AIMC_ERR_INVALID, "%s: weights is NULL", caller);
    if (!field)
        return aimci_fail(AIMC_ERR_INVALID, "%s: the loss '%s' knows no classes", caller,
                          ops_of(net)->kind->name);
    for (size_t k = 0; k < n; k++) {
        const aimc_status st = aimci_check_number(caller, field, weights[k], 0, 1e9);
        if (st)
            return st;
    }
    return AIMC_OK;
}

aimc_status aimc_network_set_loss_weights(aimc_network *net, size_t n, const double *weights)
{
    const char *caller = "network_set_loss_weights";
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    const aimc_status st = check_weights(caller, net, n, weights);
    if (st)
        return st;
    double *copy = n ? aimci_calloc(net->ctx, n, sizeof *copy) : NULL;
    if (n && !copy)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    if (n)
        memcpy(copy, weights, n * sizeof *copy);
    aimci_free(net->ctx, net->loss_weights);
    net->loss_weights = copy;
    net->n_loss_weights = n;
    return AIMC_OK;
}

int aimc_network_get_class_axis(const aimc_network *net)
{
    const bool known = net && net->loss && weights_field(ops_of(net));
    return known ? (int)((const loss_params *)net->loss->values)->axis : -1;
}
