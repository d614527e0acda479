/* SPDX-License-Identifier: MIT */
/* Normalisations: y = (x - mean) / sqrt(variance + eps) weight + bias, over different sets.
 *
 *   batch_norm   each channel, over samples and positions; in evaluation by running means
 *   layer_norm   each sample (or position), over the last axes
 *   group_norm   each sample, over groups of channels and all positions
 *
 * S. Ioffe and C. Szegedy, arXiv:1502.03167; J. L. Ba et al., arXiv:1607.06450; Y. Wu and K. He,
 * arXiv:1803.08494. */
#include <math.h>

#include "network/ops/ops.h"

typedef struct norm_params {
    double eps, momentum;
    bool affine, track_running_stats;
    int64_t n_axes, groups;
} norm_params;

#define EPS_FIELD                                                                                  \
    AIMCI_NUMBER(norm_params, eps, 1e-5, 1e-30, 1, "1", "added to the variance", AIMCI_TORCH)
#define AFFINE_FIELD                                                                               \
    AIMCI_FLAG(norm_params, affine, 1, "scale and shift by trained parameters", AIMCI_TORCH)

static const aimci_field batch_fields[] = {
    EPS_FIELD,
    AFFINE_FIELD,
    AIMCI_NUMBER(norm_params, momentum, 0.1, 0, 1, "1",
                 "share of a mini-batch in the running means and variances", AIMCI_TORCH),
    AIMCI_FLAG(norm_params, track_running_stats, 1,
               "evaluate by running means and variances; false: by those of the batch at hand",
               AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(batch_norm, "op", "normalise each channel over samples and positions",
                  AIMCI_TORCH, batch_fields, norm_params, .n_children = 0);

static const aimci_field layer_fields[] = {
    EPS_FIELD,
    AFFINE_FIELD,
    AIMCI_INTEGER(norm_params, n_axes, 1, 1, AIMCI_MAX_DIMS, "axes",
                  "the last axes that are normalised together", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(layer_norm, "op", "normalise over the last axes", AIMCI_TORCH, layer_fields,
                  norm_params, .n_children = 0);

static const aimci_field group_fields[] = {
    EPS_FIELD,
    AFFINE_FIELD,
    AIMCI_INTEGER(norm_params, groups, 1, 1, 1048576, "1", "groups of channels", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(group_norm, "op", "normalise groups of channels over all positions", AIMCI_TORCH,
                  group_fields, norm_params, .n_children = 0);

typedef struct norm {
    size_t channels;        /* batch: last in memory */
    float *scale, *shift;   /* batch: y = scale x + shift, of each channel */
    size_t set;             /* layer, group: numbers that are normalised together, side by side */
    size_t positions;       /* group: of a channel, side by side */
    double *mean, *inverse; /* of each set of the pass, or of each channel */
    size_t n_sets;          /* there is room for */
} norm;

static const norm_params *params_of(const aimci_node *node)
{
    return node->params;
}

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status add_affine(aimci_node *node, const aimci_shape *shape)
{
    if (!params_of(node)->affine)
        return AIMC_OK;
    const aimc_status st = aimci_node_add_parameter(node, "weight", shape, 1, true);
    return st ? st : aimci_node_add_parameter(node, "bias", shape, 0, true);
}

static aimc_status room_for(aimci_node *node, size_t n_sets)
{
    norm *s = node->state;
    if (n_sets <= s->n_sets)
        return AIMC_OK;
    aimci_free(node->ctx, s->mean);
    aimci_free(node->ctx, s->inverse);
    s->n_sets = 0;
    s->mean = aimci_calloc(node->ctx, n_sets, sizeof *s->mean);
    s->inverse = aimci_calloc(node->ctx, n_sets, sizeof *s->inverse);
    if (!s->mean || !s->inverse)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    s->n_sets = n_sets;
    return AIMC_OK;
}

static void destroy(aimci_node *node)
{
    norm *s = node->state;
    aimci_free(node->ctx, s->mean);
    aimci_free(node->ctx, s->inverse);
    aimci_free(node->ctx, s->scale);
}

/* ---- batch ---------------------------------------------------------------------------------- */

static aimc_status batch_create(aimci_node *node)
{
    norm *s = node->state;
    s->channels = node->in[0]->shape.dim[0];
    const aimci_shape shape = {1, {s->channels}};
    aimc_status st = add_affine(node, &shape);
    if (!st && params_of(node)->track_running_stats)
        st = aimci_node_add_parameter(node, "running_mean", &shape, 0, false);
    if (!st && params_of(node)->track_running_stats)
        st = aimci_node_add_parameter(node, "running_var", &shape, 1, false);
    s->scale = aimci_calloc(node->ctx, 2 * s->channels, sizeof *s->scale);
    s->shift = s->scale + s->channels;
    if (!st && !s->scale)
        st = aimci_fail(AIMC_ERR_NOMEM, "no memory");
    return st ? st : room_for(node, s->channels);
}

/* Means and variances of the batch, in one pass each. */
static void batch_moments(const norm *s, size_t rows, const float *x, double *mean, double *var)
{
    const size_t n = s->channels;
    for (size_t c = 0; c < n; c++)
        mean[c] = var[c] = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < n; c++)
            mean[c] += (double)x[r * n + c];
    for (size_t c = 0; c < n; c++)
        mean[c] /= (double)rows;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < n; c++) {
            const double e = (double)x[r * n + c] - mean[c];
            var[c] += e * e;
        }
    for (size_t c = 0; c < n; c++)
        var[c] /= (double)rows;
}

/* running <- (1 - momentum) running + momentum (mean, unbiased variance) */
static void track(const aimci_node *node, size_t rows, const double *mean, const double *var)
{
    const aimci_parameter *m = aimci_node_parameter(node, "running_mean");
    const aimci_parameter *v = aimci_node_parameter(node, "running_var");
    const double share = params_of(node)->momentum;
    const double unbiased = rows > 1 ? (double)rows / (double)(rows - 1) : 1;
    for (size_t c = 0; m && c < m->n; c++) {
        m->value[c] = (float)((1 - share) * (double)m->value[c] + share * mean[c]);
        v->value[c] = (float)((1 - share) * (double)v->value[c] + share * var[c] * unbiased);
    }
}

static aimc_status check_variances(const aimci_parameter *v)
{
    for (size_t c = 0; c < v->n; c++)
        if (v->value[c] < 0)
            return aimci_fail(AIMC_ERR_INVALID, "running_var[%zu] = %g is no variance", c,
                              (double)v->value[c]);
    return AIMC_OK;
}

/* What the running ones would take up for good. */
static aimc_status check_moments(size_t n, const double *mean, const double *var)
{
    const double most = 1e38;
    for (size_t c = 0; c < n; c++)
        if (!(fabs(mean[c]) <= most && var[c] <= most))
            return aimci_fail(AIMC_ERR_INVALID,
                              "channel %zu of this mini-batch has a mean of %g and a variance of "
                              "%g; at most %g is needed",
                              c, mean[c], var[c], most);
    return AIMC_OK;
}

static aimc_status batch_statistics(aimci_node *node, const aimci_run *run, size_t rows)
{
    norm *s = node->state;
    const aimci_parameter *m = aimci_node_parameter(node, "running_mean");
    const aimci_parameter *v = aimci_node_parameter(node, "running_var");
    const bool running = run->mode == AIMCI_EVAL && m;
    if (run->mode == AIMCI_TRAIN && rows < 2)
        return aimci_fail(AIMC_ERR_INVALID,
                          "a mini-batch of one value a channel has no variance; train with more "
                          "samples");
    if (running && check_variances(v))
        return AIMC_ERR_INVALID;
    if (!running)
        batch_moments(s, rows, run->in[0], s->mean, s->inverse);
    if (run->mode == AIMCI_TRAIN && check_moments(s->channels, s->mean, s->inverse))
        return AIMC_ERR_INVALID;
    if (run->mode == AIMCI_TRAIN)
        track(node, rows, s->mean, s->inverse);
    for (size_t c = 0; c < s->channels; c++) {
        s->mean[c] = running ? (double)m->value[c] : s->mean[c];
        const double variance = running ? (double)v->value[c] : s->inverse[c];
        s->inverse[c] = 1 / sqrt(variance + params_of(node)->eps);
    }
    return AIMC_OK;
}

/* y may lie on x, and on nothing else. */
static void scale_row(size_t n, const float *restrict scale, const float *restrict shift,
                      const float *x, float *y)
{
    for (size_t c = 0; c < n; c++)
        y[c] = x[c] * scale[c] + shift[c];
}

static void channel_law(const aimci_node *node, size_t c, double mean, double inverse,
                        double *scale, double *shift)
{
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const aimci_parameter *b = aimci_node_parameter(node, "bias");
    *scale = inverse * (w ? (double)w->value[c] : 1);
    *shift = (b ? (double)b->value[c] : 0) - mean * *scale;
}

static aimc_status batch_affine(const aimci_node *node, double *scale, double *shift,
                                bool *is_affine)
{
    const aimci_parameter *m = aimci_node_parameter(node, "running_mean");
    const aimci_parameter *v = aimci_node_parameter(node, "running_var");
    *is_affine = m != NULL;
    if (!m)
        return AIMC_OK;
    for (size_t c = 0; c < m->n; c++)
        channel_law(node, c, (double)m->value[c],
                    1 / sqrt((double)v->value[c] + params_of(node)->eps), &scale[c], &shift[c]);
    return check_variances(v);
}

/* As in PyTorch, the law of a channel is made one product and one sum. */
static aimc_status batch_forward(aimci_node *node, const aimci_run *run)
{
    const norm *s = node->state;
    const size_t n = s->channels, rows = run->n * (node->in[0]->size / n);
    const aimc_status st = batch_statistics(node, run, rows);
    for (size_t c = 0; c < n && !st; c++) {
        double scale, shift;
        channel_law(node, c, s->mean[c], s->inverse[c], &scale, &shift);
        s->scale[c] = (float)scale;
        s->shift[c] = (float)shift;
    }
    for (size_t r = 0; r < rows && !st; r++)
        scale_row(n, s->scale, s->shift, run->in[0] + r * n, run->out[0] + r * n);
    return st;
}

/* With h = (x - mean) inverse, and means over the batch:
 *
 *     dx = weight inverse (d - mean(d) - h mean(d h)) */
static aimc_status batch_backward(aimci_node *node, const aimci_run *run)
{
    const norm *s = node->state;
    const size_t n = s->channels, rows = run->n * (node->in[0]->size / n);
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const aimci_parameter *b = aimci_node_parameter(node, "bias");
    const float *x = run->in[0], *d = run->d_out[0];
    for (size_t c = 0; c < n; c++) {
        double sum = 0, product = 0;
        for (size_t r = 0; r < rows; r++) {
            const double h = ((double)x[r * n + c] - s->mean[c]) * s->inverse[c];
            sum += (double)d[r * n + c];
            product += (double)d[r * n + c] * h;
        }
        if (w)
            w->gradient[c] += (float)product;
        if (b)
            b->gradient[c] += (float)sum;
        const double scale = s->inverse[c] * (w ? (double)w->value[c] : 1);
        for (size_t r = 0; run->d_in[0] && r < rows; r++) {
            const double h = ((double)x[r * n + c] - s->mean[c]) * s->inverse[c];
            const double e = (double)d[r * n + c] - (sum + h * product) / (double)rows;
            run->d_in[0][r * n + c] = (float)(scale * e);
        }
    }
    return AIMC_OK;
}

const aimci_node_ops aimci_node_ops_batch_norm = {
    .kind = &aimci_kind_batch_norm,
    .min_inputs = 1,
    .max_inputs = 1,
    .layout = AIMCI_CHANNELS_LAST,
    .in_place = true,
    .state_size = sizeof(norm),
    .infer = aimci_same_shape,
    .create = batch_create,
    .forward = batch_forward,
    .backward = batch_backward,
    .affine = batch_affine,
    .destroy = destroy,
};

/* ---- sets that lie side by side ------------------------------------------------------------- */

static aimc_status layer_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                               size_t *n_out)
{
    const size_t n = (size_t)params_of(node)->n_axes;
    norm *s = node->state;
    if (n > in[0]->n)
        return aimci_fail(AIMC_ERR_SHAPE, "n_axes = %zu; the input has %zu", n, in[0]->n);
    s->set = aimci_shape_size(in[0], in[0]->n - n);
    return aimci_same_shape(node, in, out, n_out);
}

static aimc_status layer_create(aimci_node *node)
{
    const aimci_shape *in = &node->in[0]->shape;
    aimci_shape shape = {(size_t)params_of(node)->n_axes, {0}};
    for (size_t k = 0; k < shape.n; k++)
        shape.dim[k] = in->dim[in->n - shape.n + k];
    return add_affine(node, &shape);
}

static aimc_status group_infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                               size_t *n_out)
{
    norm *s = node->state;
    const size_t groups = (size_t)params_of(node)->groups;
    if (in[0]->dim[0] % groups != 0)
        return aimci_fail(AIMC_ERR_SHAPE, "%zu channels are no multiple of %zu groups",
                          in[0]->dim[0], groups);
    s->set = aimci_shape_size(in[0], 0) / groups;
    s->positions = aimci_shape_size(in[0], 1);
    return aimci_same_shape(node, in, out, n_out);
}

static aimc_status group_create(aimci_node *node)
{
    const aimci_shape shape = {1, {node->in[0]->shape.dim[0]}};
    return add_affine(node, &shape);
}

static aimc_status reserve(aimci_node *node, size_t n, aimci_mode mode)
{
    const norm *s = node->state;
    (void)mode;
    return room_for(node, n * (node->in[0]->size / s->set));
}

/* Which weight and bias number i of set r has: by place in the set, or by channel. */
static size_t parameter_of(const aimci_node *node, size_t r, size_t i)
{
    const norm *s = node->state;
    if (!s->positions)
        return i;
    return (r * s->set + i) % node->in[0]->size / s->positions;
}

static void set_moments(const aimci_node *node, size_t r, const float *x)
{
    const norm *s = node->state;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < s->set; i++)
        sum += (double)x[i];
    const double mean = sum / (double)s->set;
    for (size_t i = 0; i < s->set; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    s->mean[r] = mean;
    s->inverse[r] = 1 / sqrt(squares / (double)s->set + params_of(node)->eps);
}

static aimc_status set_forward(aimci_node *node, const aimci_run *run)
{
    const norm *s = node->state;
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const aimci_parameter *b = aimci_node_parameter(node, "bias");
    const size_t sets = run->n * (node->in[0]->size / s->set);
    for (size_t r = 0; r < sets; r++) {
        const float *x = run->in[0] + r * s->set;
        float *y = run->out[0] + r * s->set;
        set_moments(node, r, x);
        for (size_t i = 0; i < s->set; i++) {
            const double h = ((double)x[i] - s->mean[r]) * s->inverse[r];
            const size_t k = w ? parameter_of(node, r, i) : 0;
            y[i] = (float)(w ? h * (double)w->value[k] + (double)b->value[k] : h);
        }
    }
    return AIMC_OK;
}

/* One set; g = d weight: dx = inverse (g - mean(g) - h mean(g h)) */
static void set_back(const aimci_node *node, size_t r, const float *x, const float *d, float *dx)
{
    const norm *s = node->state;
    const aimci_parameter *w = aimci_node_parameter(node, "weight");
    const aimci_parameter *b = aimci_node_parameter(node, "bias");
    double sum = 0, product = 0;
    for (size_t i = 0; i < s->set; i++) {
        const double h = ((double)x[i] - s->mean[r]) * s->inverse[r];
        const size_t k = w ? parameter_of(node, r, i) : 0;
        const double g = (double)d[i] * (w ? (double)w->value[k] : 1);
        sum += g;
        product += g * h;
        if (w) {
            w->gradient[k] += (float)((double)d[i] * h);
            b->gradient[k] += d[i];
        }
    }
    for (size_t i = 0; dx && i < s->set; i++) {
        const double h = ((double)x[i] - s->mean[r]) * s->inverse[r];
        const size_t k = w ? parameter_of(node, r, i) : 0;
        const double g = (double)d[i] * (w ? (double)w->value[k] : 1);
        dx[i] = (float)(s->inverse[r] * (g - (sum + h * product) / (double)s->set));
    }
}

static aimc_status set_backward(aimci_node *node, const aimci_run *run)
{
    const norm *s = node->state;
    const size_t sets = run->n * (node->in[0]->size / s->set);
    for (size_t r = 0; r < sets; r++)
        set_back(node, r, run->in[0] + r * s->set, run->d_out[0] + r * s->set,
                 run->d_in[0] ? run->d_in[0] + r * s->set : NULL);
    return AIMC_OK;
}

#define SET_NORM(id, way)                                                                          \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .layout = AIMCI_PLAIN,                                                                     \
        .state_size = sizeof(norm),                                                                \
        .infer = way##_infer,                                                                      \
        .create = way##_create,                                                                    \
        .reserve = reserve,                                                                        \
        .forward = set_forward,                                                                    \
        .backward = set_backward,                                                                  \
        .destroy = destroy,                                                                        \
    };
SET_NORM(layer_norm, layer)
SET_NORM(group_norm, group)
