/* SPDX-License-Identifier: MIT */
/* Attention of several heads over [length][features]: with q, k, v the projections of queries, keys
 * and values, and d features of a head,
 *
 *     y = W_out concat_heads(softmax(q k' / sqrt(d)) v) + b_out.
 *
 * The projections are matrices, what lies between them is digital. A. Vaswani et al.,
 * arXiv:1706.03762. */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "network/ops/ops.h"

typedef struct attention_params {
    int64_t heads;
    bool causal, masked, bias;
} attention_params;

static const aimci_field fields[] = {
    AIMCI_INTEGER(attention_params, heads, 1, 1, 65536, "1",
                  "parts of the features that attend on their own", AIMCI_TORCH),
    AIMCI_FLAG(attention_params, causal, 0, "a position sees none that comes after it",
               AIMCI_TORCH),
    AIMCI_FLAG(
        attention_params, masked, 0,
        "the last input is a mask of keys, PyTorch's key_padding_mask: those where it is not 0 "
        "are not looked at",
        AIMCI_TORCH),
    AIMCI_FLAG(attention_params, bias, 1, "add digital biases", AIMCI_TORCH),
    AIMCI_MATRIX_FIELD(0),
};
AIMCI_DEFINE_KIND(attention, "op",
                  "attention of query, key and value; two inputs: key and value are the same; one: "
                  "all are; a mask of keys may come last",
                  AIMCI_TORCH, fields, attention_params, .n_children = 1);

enum { QUERY, KEY, VALUE, OUT };

typedef struct attention {
    size_t n_features, n_heads, n_queries, n_keys;
    float *projected, *d_projected; /* [n][the longer of both][3 features]: q, k, v side by side */
    float *weights;                 /* [n][heads][queries][keys], after backward their gradients */
    float *context, *d_context;     /* [n][queries][features] */
    float *z;                       /* [n][the longer of both][features]: gradient to be added */
    float *pool;
    size_t room;
    bool trains;
} attention;

/* ---- making --------------------------------------------------------------------------------- */

static bool is_masked(const aimci_node *node)
{
    return ((const attention_params *)node->params)->masked;
}

/* Inputs that are projected: all but the mask. */
static size_t n_sources(const aimci_node *node)
{
    return node->n_in - is_masked(node);
}

/* Which input the projection reads. */
static size_t source_of(const aimci_node *node, size_t projection)
{
    return aimci_min_size(projection, n_sources(node) - 1);
}

static size_t length_of(const attention *s, size_t projection)
{
    return projection == QUERY ? s->n_queries : s->n_keys;
}

static aimc_status check_inputs(const aimci_node *node, const aimci_shape *const *in)
{
    char a[AIMCI_SHAPE_TEXT], b[AIMCI_SHAPE_TEXT];
    const size_t n = n_sources(node);
    if (n < 1 || n > 3)
        return aimci_fail(AIMC_ERR_INVALID, "%zu inputs; query, key and value%s", node->n_in,
                          is_masked(node) ? ", then a mask"
                                          : "; a mask is read where masked is set");
    for (size_t k = 0; k < n; k++)
        if (in[k]->n != 2 || in[k]->dim[1] != in[0]->dim[1] ||
            (k == VALUE && in[k]->dim[0] != in[KEY]->dim[0]))
            return aimci_fail(AIMC_ERR_SHAPE,
                              "input %zu is %s, input 0 %s; [length][features] with as many "
                              "features is needed, and as many values as keys",
                              k, aimci_shape_text(in[k], a, sizeof a),
                              aimci_shape_text(in[0], b, sizeof b));
    if (is_masked(node) && (in[n]->n != 1 || in[n]->dim[0] != in[source_of(node, KEY)]->dim[0]))
        return aimci_fail(AIMC_ERR_SHAPE,
                          "the mask is %s; one number for each of %zu keys is needed",
                          aimci_shape_text(in[n], a, sizeof a), in[source_of(node, KEY)]->dim[0]);
    return AIMC_OK;
}

static aimc_status infer(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                         size_t *n_out)
{
    attention *s = node->state;
    (void)n_out;
    const aimc_status st = check_inputs(node, in);
    if (st)
        return st;
    s->n_heads = (size_t)((const attention_params *)node->params)->heads;
    s->n_queries = in[0]->dim[0];
    s->n_keys = in[source_of(node, KEY)]->dim[0];
    s->n_features = in[0]->dim[1];
    *out = *in[0];
    return s->n_features % s->n_heads == 0
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE, "%zu features are no multiple of %zu heads",
                            s->n_features, s->n_heads);
}

/* W_in ~ U(-1, 1) sqrt(6 / (rows + columns)), W_out ~ U(-1, 1) / sqrt(features), biases 0 */
static aimc_status create(aimci_node *node)
{
    const size_t n = ((const attention *)node->state)->n_features;
    const bool bias = ((const attention_params *)node->params)->bias;
    const aimci_shape w_in = {2, {3 * n, n}}, w_out = {2, {n, n}};
    const char *b_in = bias ? "in_proj_bias" : NULL, *b_out = bias ? "out_proj.bias" : NULL;
    aimc_status st = aimci_node_add_weight(node, "in_proj_weight", b_in, &w_in, 3, 3 * n, n);
    st = st ? st : aimci_node_add_weight(node, "out_proj.weight", b_out, &w_out, 1, n, n);
    st = st ? st : aimci_node_init_weight(node, 0, sqrtf(1.5f / (float)n));
    return st ? st : aimci_node_init_weight(node, 1, 1 / sqrtf((float)n));
}

static size_t lay_out(attention *s, size_t n, bool trains, float *pool)
{
    const size_t longer = n * (s->n_queries > s->n_keys ? s->n_queries : s->n_keys);
    const size_t rows = longer * s->n_features, context = n * s->n_queries * s->n_features;
    size_t at = 0;
    s->projected = aimci_pool_part(pool, &at, 3 * rows);
    s->weights = aimci_pool_part(pool, &at, n * s->n_heads * s->n_queries * s->n_keys);
    s->context = aimci_pool_part(pool, &at, context);
    s->d_projected = aimci_pool_part(pool, &at, trains ? 3 * rows : 0);
    s->d_context = aimci_pool_part(pool, &at, trains ? context : 0);
    s->z = aimci_pool_part(pool, &at, trains ? rows : 0);
    return at;
}

static aimc_status reserve(aimci_node *node, size_t n, aimci_mode mode)
{
    attention *s = node->state;
    const bool trains = s->trains || mode == AIMCI_TRAIN;
    if (n <= s->room && trains == s->trains)
        return AIMC_OK;
    aimci_free(node->ctx, s->pool);
    s->room = 0;
    s->pool = aimci_calloc(node->ctx, lay_out(s, n, trains, NULL), sizeof *s->pool);
    if (!s->pool)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    (void)lay_out(s, n, trains, s->pool);
    s->room = n;
    s->trains = trains;
    return AIMC_OK;
}

static void destroy(aimci_node *node)
{
    aimci_free(node->ctx, ((attention *)node->state)->pool);
}

/* ---- one head of one sample ----------------------------------------------------------------- */

typedef struct head {
    size_t dim, ld; /* features of the head; stride of rows of q, k, v and their gradients */
    const float *q, *k, *v;
    float *dq, *dk, *dv;
    float *weights, *context;
    const float *mask; /* of its keys; NULL: none */
    const float *d_context;
} head;

static head head_of(const aimci_node *node, size_t number)
{
    const attention *s = node->state;
    const size_t n = s->n_features, sample = number / s->n_heads, h = number % s->n_heads;
    const size_t dim = n / s->n_heads, query = sample * s->n_queries, key = sample * s->n_keys;
    head one = {.dim = dim, .ld = 3 * n};
    one.q = s->projected + query * 3 * n + h * dim;
    one.k = s->projected + key * 3 * n + n + h * dim;
    one.v = one.k + n;
    one.weights = s->weights + number * s->n_queries * s->n_keys;
    one.context = s->context + query * n + h * dim;
    one.mask = is_masked(node) ? node->in[node->n_in - 1]->data + key : NULL;
    return one;
}

/* The same places in the gradients. */
static void find_gradients(const attention *s, head *one)
{
    one->dq = s->d_projected + (one->q - s->projected);
    one->dk = s->d_projected + (one->k - s->projected);
    one->dv = s->d_projected + (one->v - s->projected);
    one->d_context = s->d_context + (one->context - s->context);
}

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(float *sum, float share, const float *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += share * a[i];
}

/* Keys that query i sees. */
static size_t seen(const aimci_node *node, size_t i)
{
    const attention *s = node->state;
    const bool causal = ((const attention_params *)node->params)->causal;
    return causal ? aimci_min_size(i + 1, s->n_keys) : s->n_keys;
}

static void softmax(float *w, size_t n)
{
    float top = w[0], sum = 0;
    for (size_t j = 1; j < n; j++)
        top = fmaxf(top, w[j]);
    for (size_t j = 0; j < n; j++)
        sum += w[j] = aimci_expf(w[j] - top);
    for (size_t j = 0; j < n; j++)
        w[j] /= sum;
}

static void attend(void *arg, size_t slot, size_t number)
{
    const aimci_node *node = arg;
    const attention *s = node->state;
    const head h = head_of(node, number);
    const float scale = 1 / sqrtf((float)h.dim);
    (void)slot;
    for (size_t i = 0; i < s->n_queries; i++) {
        const size_t n = seen(node, i);
        float *w = h.weights + i * s->n_keys, *y = h.context + i * s->n_features;
        for (size_t j = 0; j < n; j++)
            w[j] = scale * dot(h.q + i * h.ld, h.k + j * h.ld, h.dim);
        for (size_t j = 0; h.mask && j < n; j++)
            w[j] = h.mask[j] != 0 ? -INFINITY : w[j];
        softmax(w, n);
        memset(y, 0, h.dim * sizeof *y);
        for (size_t j = 0; j < n; j++)
            add(y, w[j], h.v + j * h.ld, h.dim);
    }
}

/* Gradients of q, k and v, the last two added to; those of scores take the place of weights. */
static void attend_back(void *arg, size_t slot, size_t number)
{
    const aimci_node *node = arg;
    const attention *s = node->state;
    head h = head_of(node, number);
    const float scale = 1 / sqrtf((float)h.dim);
    (void)slot;
    find_gradients(s, &h);
    for (size_t i = 0; i < s->n_queries; i++) {
        const size_t n = seen(node, i);
        const float *d = h.d_context + i * s->n_features;
        float *w = h.weights + i * s->n_keys;
        const float mean = dot(d, h.context + i * s->n_features, h.dim);
        for (size_t j = 0; j < n; j++) {
            add(h.dv + j * h.ld, w[j], d, h.dim);
            w[j] *= scale * (dot(d, h.v + j * h.ld, h.dim) - mean);
            add(h.dk + j * h.ld, w[j], h.q + i * h.ld, h.dim);
            add(h.dq + i * h.ld, w[j], h.k + j * h.ld, h.dim);
        }
    }
}

/* Every query sees a key: torch would give NaN. */
static aimc_status check_mask(const aimci_node *node, const aimci_run *run)
{
    const attention *s = node->state;
    const float *mask = run->in[node->n_in - 1];
    const size_t seen_first = seen(node, 0);
    for (size_t i = 0; is_masked(node) && i < run->n; i++) {
        size_t k = 0;
        while (k < seen_first && mask[i * s->n_keys + k] != 0)
            k++;
        if (k == seen_first)
            return aimci_fail(AIMC_ERR_INVALID,
                              "sample %zu: the mask leaves no key that query 0 could look at", i);
    }
    return AIMC_OK;
}

/* ---- passes --------------------------------------------------------------------------------- */

static aimc_status forward(aimci_node *node, const aimci_run *run)
{
    const attention *s = node->state;
    const size_t n = s->n_features;
    const aimci_parameter *b = aimci_node_bias(node, "in_proj_bias");
    aimc_status st = check_mask(node, run);
    for (size_t k = QUERY; k <= VALUE && !st; k++) {
        const size_t rows = run->n * length_of(s, k);
        st = aimci_matrix_forward(node->matrices[k].matrix, rows, run->in[source_of(node, k)], n,
                                  s->projected + k * n, 3 * n);
        for (size_t r = 0; b && r < rows; r++)
            add(s->projected + r * 3 * n + k * n, 1, b->value + k * n, n);
    }
    if (st)
        return st;
    aimci_parallel(node->ctx, run->n * s->n_heads, attend, node);
    const size_t rows = run->n * s->n_queries;
    st = aimci_matrix_forward(node->matrices[OUT].matrix, rows, s->context, n, run->out[0], n);
    if (!st)
        aimci_add_rows(aimci_node_bias(node, "out_proj.bias"), rows, run->out[0]);
    return st;
}

static void back_through_heads(aimci_node *node, const aimci_run *run)
{
    const attention *s = node->state;
    const size_t n = s->n_features, longer = s->n_queries > s->n_keys ? s->n_queries : s->n_keys;
    const aimci_parameter *b = aimci_node_bias(node, "in_proj_bias");
    memset(s->d_projected, 0, run->n * longer * 3 * n * sizeof(float));
    aimci_parallel(node->ctx, run->n * s->n_heads, attend_back, node);
    for (size_t k = QUERY; b && k <= VALUE; k++)
        for (size_t r = 0; r < run->n * length_of(s, k); r++)
            add(b->gradient + k * n, 1, s->d_projected + r * 3 * n + k * n, n);
}

/* Gradient of the input of a projection, which others may read, too. */
static aimc_status back_to_input(aimci_node *node, const aimci_run *run, size_t k)
{
    const attention *s = node->state;
    const size_t n = s->n_features, rows = run->n * length_of(s, k), source = source_of(node, k);
    const bool first = k == 0 || source_of(node, k - 1) != source;
    float *d = run->d_in[source], *z = first ? d : s->z;
    if (!d)
        return AIMC_OK;
    const aimc_status st = aimci_matrix_backward(node->matrices[k].matrix, rows, run->in[source], n,
                                                 s->d_projected + k * n, 3 * n, z, n);
    if (!first)
        add(d, 1, z, rows * n);
    return st;
}

static aimc_status backward(aimci_node *node, const aimci_run *run)
{
    const attention *s = node->state;
    const size_t n = s->n_features, rows = run->n * s->n_queries;
    aimci_add_rows_gradient(aimci_node_bias(node, "out_proj.bias"), rows, run->d_out[0]);
    aimc_status st = aimci_matrix_backward(node->matrices[OUT].matrix, rows, s->context, n,
                                           run->d_out[0], n, s->d_context, n);
    if (!st)
        back_through_heads(node, run);
    for (size_t k = QUERY; k <= VALUE && !st; k++)
        st = back_to_input(node, run, k);
    if (is_masked(node) && run->d_in[node->n_in - 1])
        memset(run->d_in[node->n_in - 1], 0, run->n * s->n_keys * sizeof(float));
    return st;
}

static aimc_status step(aimci_node *node, const aimci_run *run, double lr)
{
    const attention *s = node->state;
    const size_t n = s->n_features;
    aimc_status st = AIMC_OK;
    for (size_t k = QUERY; k <= OUT && !st; k++) {
        const size_t rows = run->n * (k == OUT ? s->n_queries : length_of(s, k));
        const aimci_batch batch = {.n = rows,
                                   .total = rows,
                                   .x = k == OUT ? s->context : run->in[source_of(node, k)],
                                   .d = k == OUT ? run->d_out[0] : s->d_projected + k * n,
                                   .ld_x = n,
                                   .ld_d = k == OUT ? n : 3 * n};
        st = aimci_matrix_step(node->matrices[k].matrix, &batch, lr);
    }
    return st;
}

/* Those of the last matrix come from a pass, which is made for the first of them. */
static size_t vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                      float *x)
{
    const attention *s = node->state;
    if (x && first == 0 && k == OUT)
        (void)forward(node, run); /* what fails here fails in the pass that follows */
    if (x)
        memcpy(x, (k == OUT ? s->context : run->in[source_of(node, k)]) + first * s->n_features,
               n * s->n_features * sizeof *x);
    return run->n * (k == OUT ? s->n_queries : length_of(s, k));
}

static void describe(const aimci_node *node, aimci_text *text)
{
    const attention *s = node->state;
    aimci_text_printf(text, ", %zu head%s, %zu matrices", s->n_heads, s->n_heads == 1 ? "" : "s",
                      node->n_matrices);
}

const aimci_node_ops aimci_node_ops_attention = {
    .kind = &aimci_kind_attention,
    .min_inputs = 1,
    .max_inputs = 4,
    .layout = AIMCI_PLAIN,
    .state_size = sizeof(attention),
    .infer = infer,
    .create = create,
    .reserve = reserve,
    .forward = forward,
    .backward = backward,
    .step = step,
    .vectors = vectors,
    .describe = describe,
    .destroy = destroy,
};
