/* SPDX-License-Identifier: MIT */
/* Losses, with the definitions and defaults of PyTorch: means over rows or numbers. */
#include <math.h>
#include <string.h>

#include "network/graph.h"

#define SRC "definitions of PyTorch 1.13, torch.nn"

/* ---- of classes ----------------------------------------------------------------------------- */

typedef struct class_params {
    double label_smoothing;
    int64_t ignore_index;
    aimci_list class_weights;
} class_params;

#define CLASS_FIELDS                                                                               \
    AIMCI_INTEGER(class_params, ignore_index, -100, -100, 4294967295.0, "class",                   \
                  "label of rows that do not count; < 0: none", SRC),                              \
        AIMCI_NUMBERS(class_params, class_weights, 0, 0, 1e9, "1",                                 \
                      "weight of each class; empty: all alike", SRC)

static const aimci_field cross_entropy_fields[] = {
    AIMCI_NUMBER(class_params, label_smoothing, 0, 0, 1, "1",
                 "share of the target that is spread over all classes", SRC),
    CLASS_FIELDS,
};
AIMCI_DEFINE_KIND(cross_entropy, "loss", "softmax cross-entropy of logits, nats", SRC,
                  cross_entropy_fields, class_params, .n_children = 0);

static const aimci_field nll_fields[] = {CLASS_FIELDS};
AIMCI_DEFINE_KIND(nll, "loss", "negative log-likelihood of log-probabilities", SRC, nll_fields,
                  class_params, .n_children = 0);

static double weight_of(const class_params *p, size_t c)
{
    return p->class_weights.n ? p->class_weights.v[c] : 1;
}

static bool counts(const class_params *p, uint32_t label)
{
    return p->ignore_index < 0 || (int64_t)label != p->ignore_index;
}

/* Sum of the weights of the rows' classes: what means are over. */
static double norm_of(const class_params *p, size_t rows, const uint32_t *labels)
{
    double sum = 0;
    for (size_t s = 0; s < rows; s++)
        if (counts(p, labels[s]))
            sum += weight_of(p, labels[s]);
    return sum;
}

static double total_weight(const class_params *p, size_t classes)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += weight_of(p, c);
    return sum;
}

/* One row: d becomes the gradient times the norm. With smoothing e, and the weights v_c,
 *
 *     l = (1 - e) v_y (-log p_y) + e/C sum_c v_c (-log p_c). */
static double entropy_row(const class_params *p, size_t classes, const float *y, uint32_t label,
                          double norm, double all, float *d)
{
    const double e = p->label_smoothing, own = (1 - e) * weight_of(p, label);
    float top = y[0];
    for (size_t c = 1; c < classes; c++)
        top = y[c] > top ? y[c] : top;
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += (double)(d[c] = expf(y[c] - top));
    double loss = own * (log(sum) - (double)(y[label] - top));
    const double share = own + e * all / (double)classes;
    for (size_t c = 0; c < classes; c++)
        d[c] = (float)((double)d[c] / sum * share / norm);
    d[label] -= (float)(own / norm);
    for (size_t c = 0; c < classes && e > 0; c++) {
        const double v = e * weight_of(p, c) / (double)classes;
        d[c] -= (float)(v / norm);
        loss += v * (log(sum) - (double)(y[c] - top));
    }
    return loss;
}

static void clear(float *d, size_t n)
{
    for (size_t c = 0; c < n; c++)
        d[c] = 0;
}

static double cross_entropy(const void *params, size_t rows, size_t classes, const float *y,
                            const uint32_t *labels, const float *targets, float *d)
{
    (void)targets;
    const class_params *p = params;
    const double norm = norm_of(p, rows, labels), all = total_weight(p, classes);
    double loss = 0;
    for (size_t s = 0; s < rows; s++) {
        if (counts(p, labels[s]))
            loss += entropy_row(p, classes, y + s * classes, labels[s], norm, all, d + s * classes);
        else
            clear(d + s * classes, classes);
    }
    return loss / norm;
}

static double nll(const void *params, size_t rows, size_t classes, const float *y,
                  const uint32_t *labels, const float *targets, float *d)
{
    (void)targets;
    const class_params *p = params;
    const double norm = norm_of(p, rows, labels);
    double loss = 0;
    for (size_t s = 0; s < rows; s++) {
        clear(d + s * classes, classes);
        if (!counts(p, labels[s]))
            continue;
        const double v = weight_of(p, labels[s]);
        loss -= v * (double)y[s * classes + labels[s]];
        d[s * classes + labels[s]] = (float)(-v / norm);
    }
    return loss / norm;
}

const aimci_loss_ops aimci_loss_ops_cross_entropy = {&aimci_kind_cross_entropy, true,
                                                     cross_entropy};
const aimci_loss_ops aimci_loss_ops_nll = {&aimci_kind_nll, true, nll};

/* ---- of numbers ----------------------------------------------------------------------------- */

typedef struct number_params {
    double delta;
    aimci_list pos_weight;
} number_params;

/* Kinds without fields of their own have one table with nothing in it. */
#define PLAIN_KIND(id, meaning)                                                                    \
    const aimci_kind aimci_kind_##id = {.name = #id,                                               \
                                        .category = "loss",                                        \
                                        .doc = meaning,                                            \
                                        .source = SRC,                                             \
                                        .size = sizeof(number_params)};
PLAIN_KIND(mse, "mean-square error")
PLAIN_KIND(l1, "mean absolute error")

static const aimci_field huber_fields[] = {
    AIMCI_NUMBER(number_params, delta, 1, 1e-30, 1e30, "output",
                 "errors below it count by their squares, others by their magnitudes", SRC),
};
AIMCI_DEFINE_KIND(huber, "loss", "mean of squares of small errors and magnitudes of large ones",
                  SRC, huber_fields, number_params, .n_children = 0);

static const aimci_field bce_fields[] = {
    AIMCI_NUMBERS(number_params, pos_weight, 0, 0, 1e9, "1",
                  "weight of targets of 1, of each output; empty: 1", SRC),
};
AIMCI_DEFINE_KIND(bce_with_logits, "loss", "binary cross-entropy of logits and targets of 0 ... 1",
                  SRC, bce_fields, number_params, .n_children = 0);

typedef double (*number_law)(const number_params *p, size_t c, double y, double t, double *slope);

static double mean_of(const void *params, size_t rows, size_t cols, const float *y, const float *t,
                      float *d, number_law law)
{
    const double n = (double)(rows * cols);
    double loss = 0;
    for (size_t i = 0; i < rows * cols; i++) {
        double slope;
        loss += law(params, i % cols, (double)y[i], (double)t[i], &slope);
        d[i] = (float)(slope / n);
    }
    return loss / n;
}

static double square(const number_params *p, size_t c, double y, double t, double *slope)
{
    (void)p, (void)c;
    *slope = 2 * (y - t);
    return (y - t) * (y - t);
}

static double magnitude(const number_params *p, size_t c, double y, double t, double *slope)
{
    (void)p, (void)c;
    *slope = (y > t) - (y < t);
    return fabs(y - t);
}

static double huber_law(const number_params *p, size_t c, double y, double t, double *slope)
{
    (void)c;
    const double e = y - t;
    *slope = fmax(-p->delta, fmin(p->delta, e));
    return fabs(e) <= p->delta ? 0.5 * e * e : p->delta * (fabs(e) - 0.5 * p->delta);
}

/* (1 - t) y + (1 + (w - 1) t) log(1 + exp(-y)), written so that nothing overflows */
static double bce_law(const number_params *p, size_t c, double y, double t, double *slope)
{
    const double w = p->pos_weight.n ? p->pos_weight.v[c % p->pos_weight.n] : 1;
    const double factor = 1 + (w - 1) * t;
    const double soft = log1p(exp(-fabs(y))) + fmax(-y, 0), sigmoid = 1 / (1 + exp(-y));
    *slope = (1 - t) - factor * (1 - sigmoid);
    return (1 - t) * y + factor * soft;
}

#define NUMBER_LOSS(id, law)                                                                       \
    static double id##_loss(const void *params, size_t rows, size_t cols, const float *y,          \
                            const uint32_t *labels, const float *targets, float *d)                \
    {                                                                                              \
        (void)labels;                                                                              \
        return mean_of(params, rows, cols, y, targets, d, law);                                    \
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

static size_t classes_of(const aimci_value *out)
{
    return out->shape.dim[out->shape.n - 1];
}

aimc_status aimci_network_check_labels(const char *caller, const aimc_network *net, size_t n,
                                       const uint32_t *labels)
{
    const aimci_value *out = net->outputs[0];
    const size_t classes = classes_of(out), rows = n * (out->size / classes);
    if (!labels)
        return aimci_fail(AIMC_ERR_INVALID, "%s: labels is NULL", caller);
    const class_params *p = net->loss && ops_of(net)->takes_labels ? net->loss->values : NULL;
    for (size_t s = 0; s < rows; s++)
        if (labels[s] >= classes && (!p || counts(p, labels[s])))
            return aimci_fail(AIMC_ERR_INVALID, "%s: labels[%zu] = %u of %zu classes", caller, s,
                              labels[s], classes);
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

aimc_status aimci_network_loss(const char *caller, aimc_network *net, const uint32_t *labels,
                               const float *targets, double *loss)
{
    const aimci_loss_ops *ops = ops_of(net);
    const aimci_value *out = net->outputs[0];
    const size_t cols = classes_of(out), rows = net->n_run * (out->size / cols);
    class_params defaults;
    aimci_kind_defaults(&aimci_kind_cross_entropy, &defaults);
    const void *params = net->loss ? net->loss->values : &defaults;
    if (ops->takes_labels && ((const class_params *)params)->class_weights.n &&
        ((const class_params *)params)->class_weights.n != cols)
        return aimci_fail(AIMC_ERR_SHAPE, "%s: class_weights has %zu numbers for %zu classes",
                          caller, ((const class_params *)params)->class_weights.n, cols);
    *loss = ops->loss(params, rows, cols, out->data, labels, targets, out->gradient);
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
    net->loss = copy;
    return AIMC_OK;
}
