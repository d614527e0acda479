/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "network/layer.h"

/* ---- building ------------------------------------------------------------------------------- */

aimc_status aimc_network_create(aimc_context *ctx, aimc_network **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "network_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "network_create: ctx is NULL");
    aimc_network *net = aimci_calloc(ctx, 1, sizeof *net);
    if (!net)
        return aimci_fail(AIMC_ERR_NOMEM, "network_create: no memory");
    net->ctx = aimci_context_ref(ctx);
    net->seed = aimci_random_derive(aimci_context_seed(ctx), aimci_context_next_object(ctx));
    *out = net;
    return AIMC_OK;
}

static void free_buffers(aimc_network *net)
{
    aimci_free(net->ctx, net->buffers);
    aimci_free(net->ctx, net->values);
    net->buffers = NULL;
    net->values = NULL;
    net->batch = 0;
}

void aimc_network_destroy(aimc_network *net)
{
    if (!net)
        return;
    aimc_context *ctx = net->ctx;
    for (size_t k = 0; k < net->n_layers; k++)
        net->layers[k].ops->destroy(&net->layers[k]);
    free_buffers(net);
    aimci_free(ctx, net->layers);
    aimci_free(ctx, net->note);
    aimci_free(ctx, net);
    aimci_context_unref(ctx);
}

aimc_status aimci_network_next(aimc_network *net, aimci_layer **out)
{
    if (net->n_layers == net->capacity) {
        const size_t capacity = net->capacity ? 2 * net->capacity : 8;
        aimci_layer *larger = aimci_calloc(net->ctx, capacity, sizeof *larger);
        if (!larger)
            return aimci_fail(AIMC_ERR_NOMEM, "network: no memory for a layer");
        if (net->n_layers)
            memcpy(larger, net->layers, net->n_layers * sizeof *larger);
        aimci_free(net->ctx, net->layers);
        net->layers = larger;
        net->capacity = capacity;
    }
    aimci_layer *l = &net->layers[net->n_layers];
    *l = (aimci_layer){.ctx = net->ctx,
                       .kernels = aimci_kernels_get(aimc_context_get_cpu(net->ctx))};
    *out = l;
    return AIMC_OK;
}

static size_t width(const aimc_network *net)
{
    return net->n_layers ? net->layers[net->n_layers - 1].n_out : 0;
}

static aimc_status check_open(const char *caller, const aimc_network *net)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    if (net->used)
        return aimci_fail(AIMC_ERR_STATE, "%s: the network was already used", caller);
    return AIMC_OK;
}

/* W, b ~ U(-1, 1) / sqrt(n_in) */
static aimc_status initialise(aimci_layer *l, uint64_t seed)
{
    const size_t n = l->n_in * l->n_out;
    float *w = aimci_calloc(l->ctx, n + l->n_out, sizeof *w);
    if (!w)
        return aimci_fail(AIMC_ERR_NOMEM, "network_add_linear: no memory");
    const aimci_key key = aimci_random_key(seed, AIMCI_OP_INIT, 0, 0);
    l->kernels->uniform(&key, w, n + l->n_out);
    const float scale = 1.0f / sqrtf((float)l->n_in);
    for (size_t i = 0; i < n + l->n_out; i++)
        w[i] *= scale;
    const aimc_status st = aimci_linear_set(l, w, w + n);
    aimci_free(l->ctx, w);
    return st;
}

static aimc_status build_linear(aimci_layer *l, uint64_t seed, const aimc_config *config)
{
    l->ops = &aimci_layer_ops_linear;
    const aimc_status st = aimci_linear_create(l, config, aimci_random_derive(seed, 1));
    return st ? st : initialise(l, seed);
}

aimc_status aimc_network_add_linear(aimc_network *net, size_t n_out, size_t n_in,
                                    const aimc_config *config)
{
    aimc_status st = check_open("network_add_linear", net);
    if (st)
        return st;
    size_t n;
    if (n_in == 0 || n_out == 0 || n_in > AIMCI_GRID_MAX_SIDE || n_out > AIMCI_GRID_MAX_SIDE ||
        aimci_mul_overflows(n_in, n_out, &n))
        return aimci_fail(AIMC_ERR_INVALID, "network_add_linear: shape %zu -> %zu; 1 ... %d a side",
                          n_in, n_out, AIMCI_GRID_MAX_SIDE);
    if (width(net) && width(net) != n_in)
        return aimci_fail(AIMC_ERR_SHAPE,
                          "network_add_linear: n_in = %zu after a layer of %zu outputs", n_in,
                          width(net));
    st = aimci_config_expect("network_add_linear", config, &aimci_kind_layer);
    if (st)
        return st;
    aimci_layer *l;
    st = aimci_network_next(net, &l);
    if (st)
        return st;
    l->n_in = n_in;
    l->n_out = n_out;
    st = build_linear(l, aimci_random_derive(net->seed, net->n_layers), config);
    if (st) {
        aimci_layer_ops_linear.destroy(l);
        return aimci_fail_within(st, "network_add_linear: ");
    }
    net->n_layers++;
    return AIMC_OK;
}

aimc_status aimc_network_add_activation(aimc_network *net, aimc_activation activation)
{
    aimc_status st = check_open("network_add_activation", net);
    if (st)
        return st;
    if (activation < AIMC_TANH || activation > AIMC_SIGMOID)
        return aimci_fail(AIMC_ERR_INVALID, "network_add_activation: unknown activation %d",
                          (int)activation);
    if (!net->n_layers)
        return aimci_fail(AIMC_ERR_STATE, "network_add_activation: there is no layer before it");
    aimci_layer *l;
    st = aimci_network_next(net, &l);
    if (st)
        return st;
    l->ops = &aimci_layer_ops_activation;
    l->activation = (int)activation;
    l->n_in = l->n_out = width(net);
    net->n_layers++;
    return AIMC_OK;
}

/* ---- running -------------------------------------------------------------------------------- */

static size_t widest(const aimc_network *net)
{
    size_t w = 0;
    for (size_t k = 0; k < net->n_layers; k++) {
        w = net->layers[k].n_in > w ? net->layers[k].n_in : w;
        w = net->layers[k].n_out > w ? net->layers[k].n_out : w;
    }
    return w;
}

/* Buffers for batches of n: inputs, every layer's outputs, two gradients. */
static aimc_status reserve(aimc_network *net, size_t n)
{
    if (n <= net->batch)
        return AIMC_OK;
    const size_t widest_ld = aimci_leading_dimension(widest(net));
    size_t row = aimci_leading_dimension(net->layers[0].n_in) + 2 * widest_ld, floats;
    for (size_t k = 0; k < net->n_layers; k++)
        row += aimci_leading_dimension(net->layers[k].n_out);
    if (aimci_mul_overflows(row, n, &floats))
        return aimci_fail(AIMC_ERR_NOMEM, "network: a batch of %zu is too large", n);
    float *buffers = aimci_calloc(net->ctx, floats, sizeof *buffers);
    float **values = aimci_calloc(net->ctx, net->n_layers + 1, sizeof *values);
    if (!buffers || !values) {
        aimci_free(net->ctx, buffers);
        aimci_free(net->ctx, values);
        return aimci_fail(AIMC_ERR_NOMEM, "network: no memory for a batch of %zu", n);
    }
    free_buffers(net);
    net->buffers = buffers;
    net->values = values;
    net->batch = n;
    values[0] = buffers;
    buffers += n * aimci_leading_dimension(net->layers[0].n_in);
    for (size_t k = 0; k < net->n_layers; k++) {
        values[k + 1] = buffers;
        buffers += n * aimci_leading_dimension(net->layers[k].n_out);
    }
    net->gradients[0] = buffers;
    net->gradients[1] = buffers + n * widest_ld;
    return AIMC_OK;
}

static aimc_status check_run(const char *caller, const aimc_network *net, size_t n, const float *x)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    if (!net->n_layers)
        return aimci_fail(AIMC_ERR_STATE, "%s: the network has no layers", caller);
    if (n && !x)
        return aimci_fail(AIMC_ERR_INVALID, "%s: x is NULL", caller);
    const size_t n_in = net->layers[0].n_in;
    if (n && !aimci_all_finite(x, n, n_in, n_in))
        return aimci_fail(AIMC_ERR_INVALID, "%s: x holds a value that is not finite", caller);
    return AIMC_OK;
}

static void load_inputs(aimc_network *net, size_t n, const float *x)
{
    const size_t n_in = net->layers[0].n_in, ld = aimci_leading_dimension(n_in);
    net->used = true;
    for (size_t s = 0; s < n; s++)
        memcpy(net->values[0] + s * ld, x + s * n_in, n_in * sizeof *x);
}

aimc_status aimci_network_load_batch(const char *caller, aimc_network *net, size_t n,
                                     const float *x)
{
    aimc_status st = check_run(caller, net, n, x);
    if (!st && n == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: n is 0", caller);
    if (!st)
        st = reserve(net, n);
    if (!st)
        load_inputs(net, n, x);
    return st;
}

/* Hardware-aware training of a layer, or NULL. */
static aimci_hwa *hwa_of(const aimci_layer *l)
{
    return l->matrix ? l->matrix->hwa : NULL;
}

/* Outputs of all layers for a batch that fits the buffers. */
static aimc_status run_forward(aimc_network *net, size_t n, const float *x)
{
    load_inputs(net, n, x);
    for (size_t k = 0; k < net->n_layers; k++) {
        aimci_layer *l = &net->layers[k];
        aimci_hwa *hwa = hwa_of(l);
        const bool modify = !net->in_training && aimci_hwa_in_tests(hwa);
        if (modify)
            aimci_hwa_modify(hwa, false);
        const aimc_status st = l->ops->forward(l, n, net->values[k], net->values[k + 1]);
        if (modify)
            aimci_hwa_take_back(hwa);
        if (st)
            return st;
    }
    return AIMC_OK;
}

/* A mini-batch begins (modified weights are drawn) or ends, well or badly. */
static void set_training(aimc_network *net, bool training)
{
    net->in_training = training;
    for (size_t k = 0; k < net->n_layers; k++) {
        aimci_hwa *hwa = hwa_of(&net->layers[k]);
        if (training)
            aimci_hwa_modify(hwa, true);
        else
            aimci_hwa_take_back(hwa);
    }
}

aimc_status aimc_network_predict(aimc_network *net, size_t n, const float *x, float *logits)
{
    aimc_status st = check_run("network_predict", net, n, x);
    if (!st && n && !logits)
        st = aimci_fail(AIMC_ERR_INVALID, "network_predict: logits is NULL");
    if (!st && n)
        st = reserve(net, aimci_min_size(n, AIMC_NETWORK_BATCH));
    if (st)
        return st;
    const size_t n_in = net->layers[0].n_in, n_out = width(net);
    const size_t ld = aimci_leading_dimension(n_out);
    for (size_t b = 0; b < n && !st; b += AIMC_NETWORK_BATCH) {
        const size_t m = aimci_min_size(AIMC_NETWORK_BATCH, n - b);
        st = run_forward(net, m, x + b * n_in);
        for (size_t s = 0; s < m && !st; s++)
            memcpy(logits + (b + s) * n_out, net->values[net->n_layers] + s * ld,
                   n_out * sizeof *logits);
    }
    return st;
}

/* Softmax cross-entropy: gradient of the batch's mean, and the mean itself. */
static double cross_entropy(size_t n, size_t classes, const float *logits, size_t ld,
                            const uint32_t *labels, float *gradient)
{
    double loss = 0;
    for (size_t s = 0; s < n; s++) {
        const float *y = logits + s * ld;
        float *d = gradient + s * ld;
        float top = y[0];
        for (size_t c = 1; c < classes; c++)
            top = y[c] > top ? y[c] : top;
        double sum = 0;
        for (size_t c = 0; c < classes; c++)
            sum += (double)(d[c] = expf(y[c] - top));
        for (size_t c = 0; c < classes; c++)
            d[c] = (float)((double)d[c] / sum / (double)n);
        d[labels[s]] -= 1.0f / (float)n;
        loss += log(sum) - (double)(y[labels[s]] - top);
    }
    return loss / (double)n;
}

static aimc_status check_labels(const char *caller, const aimc_network *net, size_t n,
                                const uint32_t *labels)
{
    if (n == 0 || !labels)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s", caller, n ? "labels is NULL" : "n is 0");
    for (size_t s = 0; s < n; s++)
        if (labels[s] >= width(net))
            return aimci_fail(AIMC_ERR_INVALID, "%s: labels[%zu] = %u of %zu classes", caller, s,
                              labels[s], width(net));
    return AIMC_OK;
}

/* Backward through all layers. Each layer's step comes after its gradient was taken, and before the
 * next lower one's. */
static aimc_status run_backward(aimc_network *net, size_t n, double lr)
{
    float *dy = net->gradients[0], *dx = net->gradients[1];
    for (size_t k = net->n_layers; k-- > 0;) {
        aimci_layer *l = &net->layers[k];
        aimc_status st = AIMC_OK;
        aimci_hwa *hwa = hwa_of(l);
        if (k > 0 || aimci_hwa_learns_range(hwa))
            st = l->ops->backward(l, n, net->values[k + 1], dy, dx);
        if (!st)
            aimci_hwa_backward(hwa, n, net->values[k], aimci_leading_dimension(l->n_in), dx,
                               aimci_leading_dimension(l->n_in), lr);
        if (!st)
            st = l->ops->step(l, n, net->values[k], dy, lr);
        if (st)
            return st;
        float *swap = dy;
        dy = dx;
        dx = swap;
    }
    return AIMC_OK;
}

static aimc_status check_trainable(const aimc_network *net)
{
    for (size_t k = 0; k < net->n_layers; k++)
        if (net->layers[k].matrix && aimci_matrix_is_programmed(net->layers[k].matrix))
            return aimci_fail(AIMC_ERR_STATE,
                              "network_train_batch: layer %zu is programmed for inference; "
                              "aimc_network_unprogram() gives its weights back",
                              k);
    return AIMC_OK;
}

/* Forward, loss and backward of a mini-batch that fits the buffers. */
static aimc_status train_pass(aimc_network *net, size_t n, const float *x, const uint32_t *labels,
                              double lr, float *loss)
{
    aimc_status st = run_forward(net, n, x);
    if (st)
        return st;
    const double mean =
        cross_entropy(n, width(net), net->values[net->n_layers],
                      aimci_leading_dimension(width(net)), labels, net->gradients[0]);
    if (!isfinite(mean))
        return aimci_fail(AIMC_ERR_INVALID,
                          "network_train_batch: the loss is not finite; lr is too large");
    st = run_backward(net, n, lr);
    if (!st && loss)
        *loss = (float)mean;
    return st;
}

aimc_status aimc_network_train_batch(aimc_network *net, size_t n, const float *x,
                                     const uint32_t *labels, double lr, float *loss)
{
    aimc_status st = check_run("network_train_batch", net, n, x);
    if (!st)
        st = check_labels("network_train_batch", net, n, labels);
    if (!st && !(lr >= 0 && lr <= 1e30))
        st = aimci_fail(AIMC_ERR_INVALID,
                        "network_train_batch: lr = %g; at least 0 and finite is needed", lr);
    if (!st)
        st = check_trainable(net);
    if (!st)
        st = reserve(net, n);
    if (st)
        return st;
    set_training(net, true);
    st = train_pass(net, n, x, labels, lr, loss);
    set_training(net, false);
    if (st)
        return st;
    net->n_batches++;
    net->n_samples += n;
    return AIMC_OK;
}

/* ---- accuracy: random streams and counters as before ---------------------------------------- */

/* What looking changes, to be put back: a snapshot of every tile, draws of every layer's modifier.
 */
typedef struct network_snapshot {
    aimci_tile_snapshot *tiles;
    uint64_t *draws;
} network_snapshot;

typedef enum visit { COUNT, TAKE, START_FRESH, PUT_BACK } visit;

/* Streams of reads that are only looked at lie where those of training never come. */
static uint64_t fresh_stream(const aimc_network *net)
{
    return (UINT64_C(1) << 62) + net->n_evaluated;
}

static void visit_tile(const aimc_network *net, aimc_tile *tile, visit what, aimci_tile_snapshot *s)
{
    if (what == TAKE)
        *s = aimci_tile_take_snapshot(tile);
    else if (what == PUT_BACK)
        aimci_tile_restore_snapshot(tile, s);
    else if (what == START_FRESH)
        tile->forward->n_vectors = fresh_stream(net);
}

static void visit_draws(const aimc_network *net, aimci_hwa *hwa, visit what, uint64_t *draws)
{
    if (what == TAKE)
        *draws = hwa->n_draws;
    else if (what == PUT_BACK)
        hwa->n_draws = *draws;
    else if (what == START_FRESH)
        hwa->n_draws = fresh_stream(net);
}

/* Returns how many tiles there are. */
static size_t visit_all(const aimc_network *net, visit what, const network_snapshot *s)
{
    size_t n = 0;
    for (size_t k = 0; k < net->n_layers; k++) {
        aimc_matrix *m = net->layers[k].matrix;
        for (size_t t = 0; t < aimc_matrix_count_tiles(m); t++, n++)
            if (what != COUNT)
                visit_tile(net, aimc_matrix_get_tile(m, t, NULL, NULL), what, &s->tiles[n]);
        if (what != COUNT && hwa_of(&net->layers[k]))
            visit_draws(net, hwa_of(&net->layers[k]), what, &s->draws[k]);
    }
    return n;
}

static aimc_status count_correct(aimc_network *net, size_t n, const float *x,
                                 const uint32_t *labels, size_t *correct)
{
    const size_t n_in = net->layers[0].n_in, classes = width(net);
    const size_t ld = aimci_leading_dimension(classes);
    for (size_t b = 0; b < n; b += AIMC_NETWORK_BATCH) {
        const size_t m = aimci_min_size(AIMC_NETWORK_BATCH, n - b);
        const aimc_status st = run_forward(net, m, x + b * n_in);
        if (st)
            return st;
        for (size_t s = 0; s < m; s++) {
            const float *y = net->values[net->n_layers] + s * ld;
            size_t best = 0;
            for (size_t c = 1; c < classes; c++)
                best = y[c] > y[best] ? c : best;
            *correct += best == labels[b + s];
        }
    }
    return AIMC_OK;
}

static aimc_status check_evaluate(const char *caller, aimc_network *net, size_t n, const float *x,
                                  const uint32_t *labels, const double *result)
{
    aimc_status st = check_run(caller, net, n, x);
    if (!st)
        st = check_labels(caller, net, n, labels);
    if (!st && !result)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: accuracy is NULL", caller);
    return st ? st : reserve(net, aimci_min_size(n, AIMC_NETWORK_BATCH));
}

/* B. P. Welford, Technometrics 4:419 (1962): mean and sum of squares about it, in one pass. */
typedef struct moments {
    double mean, squares;
    size_t n;
} moments;

static void add_to(moments *m, double value)
{
    const double before = value - m->mean;
    m->mean += before / (double)++m->n;
    m->squares += before * (value - m->mean);
}

/* Accuracies of repeat passes one after the other; fresh: with noise of their own. */
static aimc_status look(aimc_network *net, size_t n, const float *x, const uint32_t *labels,
                        bool fresh, size_t repeat, moments *accuracies)
{
    const network_snapshot s = {
        aimci_calloc(net->ctx, visit_all(net, COUNT, NULL) + 1, sizeof *s.tiles),
        aimci_calloc(net->ctx, net->n_layers, sizeof *s.draws)};
    const bool enough = s.tiles && s.draws;
    aimc_status st = enough ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "network: no memory");
    if (enough)
        visit_all(net, TAKE, &s);
    if (enough && fresh)
        visit_all(net, START_FRESH, &s);
    for (size_t r = 0; r < repeat && !st; r++) {
        size_t correct = 0;
        st = count_correct(net, n, x, labels, &correct);
        add_to(accuracies, (double)correct / (double)n);
    }
    if (enough)
        visit_all(net, PUT_BACK, &s);
    aimci_free(net->ctx, s.tiles);
    aimci_free(net->ctx, s.draws);
    return st;
}

aimc_status aimc_network_evaluate(aimc_network *net, size_t n, const float *x,
                                  const uint32_t *labels, double *accuracy)
{
    moments found = {0, 0, 0};
    aimc_status st = check_evaluate("network_evaluate", net, n, x, labels, accuracy);
    if (!st)
        st = look(net, n, x, labels, false, 1, &found);
    if (!st)
        *accuracy = found.mean;
    return st;
}

aimc_status aimc_network_evaluate_repeat(aimc_network *net, size_t n, const float *x,
                                         const uint32_t *labels, size_t repeat, double *mean,
                                         double *std_error)
{
    const char *caller = "network_evaluate_repeat";
    moments found = {0, 0, 0};
    aimc_status st = check_evaluate(caller, net, n, x, labels, mean);
    if (!st && repeat == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: repeat is 0; 1 or more is needed", caller);
    if (!st)
        st = look(net, n, x, labels, true, repeat, &found);
    if (st)
        return st;
    net->n_evaluated += (uint64_t)n * repeat;
    *mean = found.mean;
    if (std_error)
        *std_error = repeat > 1 ? sqrt(found.squares / (double)(repeat - 1) / (double)repeat)
                                : (double)NAN; /* one value has no spread */
    return AIMC_OK;
}
