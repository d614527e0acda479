/* SPDX-License-Identifier: MIT */
/* Networks: gradients, threads, save and resume, bad input, no memory. */

#include "fail_alloc.h"
#include "portable.h"
#include "test_util.h"

enum { IN = 20, HIDDEN = 33, OUT = 5, N = 70 };

static aimc_config *layer_config(aimc_context *ctx, const char *device, bool perfect)
{
    aimc_config *c;
    OK(aimc_config_create(ctx, "layer", &c));
    OK(aimc_config_set_text(c, "device", device));
    OK(aimc_config_set(c, "mapping.max_input_size", 24));
    if (perfect) {
        OK(aimc_config_set(c, "forward.is_perfect", 1));
        OK(aimc_config_set(c, "backward.is_perfect", 1));
    }
    return c;
}

static aimc_network *make(aimc_context *ctx, const aimc_config *c, aimc_activation f)
{
    aimc_network *net;
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, HIDDEN, IN, c));
    OK(aimc_network_add_activation(net, f));
    OK(aimc_network_add_linear(net, OUT, HIDDEN, c));
    return net;
}

static void data(float *x, uint32_t *labels)
{
    aimct_fill(x, N * IN, 4);
    for (uint32_t s = 0; s < N; s++)
        labels[s] = s % OUT;
}

static double loss_of(aimc_network *net, const float *x, const uint32_t *labels)
{
    float logits[N * OUT];
    OK(aimc_network_predict(net, N, x, logits));
    double loss = 0;
    for (int s = 0; s < N; s++) {
        double sum = 0;
        for (int c = 0; c < OUT; c++)
            sum += exp((double)logits[s * OUT + c]);
        loss += log(sum) - (double)logits[s * OUT + (int)labels[s]];
    }
    return loss / N;
}

/* One step of SGD moves each weight by -lr times the slope of the loss: central differences,
 * digital and analog. */
START_TEST(steps_follow_the_gradient)
{
    const aimc_activation functions[] = {AIMC_TANH, AIMC_RELU, AIMC_SIGMOID};
    float x[N * IN];
    uint32_t labels[N];
    data(x, labels);
    for (int k = 0; k < 6; k++) {
        aimc_context *ctx = aimct_context(1, 0, 3);
        aimc_config *c = k % 2 ? layer_config(ctx, "ideal", true) : NULL;
        aimc_network *net = make(ctx, c, functions[k / 2]);
        float w[HIDDEN * IN], b[HIDDEN], w2[HIDDEN * IN], b2[HIDDEN], loss;
        OK(aimc_network_get_weights(net, 0, w, b));
        const double before = loss_of(net, x, labels);
        const double lr = 0.5;
        /* slopes at a few weights and biases, before the step */
        double slope[8];
        for (int p = 0; p < 8; p++) {
            float *v = p < 6 ? &w[p * 97] : &b[p * 4];
            const float old = *v, h = 2e-3f;
            double side[2];
            for (int s = 0; s < 2; s++) {
                *v = s ? old + h : old - h;
                OK(aimc_network_set_weights(net, 0, w, b));
                side[s] = loss_of(net, x, labels);
            }
            *v = old;
            slope[p] = (side[1] - side[0]) / (2 * (double)h);
        }
        OK(aimc_network_set_weights(net, 0, w, b));
        OK(aimc_network_train_batch(net, N, x, labels, lr, &loss));
        ck_assert(fabs((double)loss - before) < 1e-5);
        OK(aimc_network_get_weights(net, 0, w2, b2));
        for (int p = 0; p < 8; p++) {
            const double moved = p < 6 ? (double)w2[p * 97] - (double)w[p * 97]
                                       : (double)b2[p * 4] - (double)b[p * 4];
            /* float rounding of the loss over 2 h, and the curvature term h^2 */
            ck_assert_msg(fabs(moved + lr * slope[p]) < 1e-4, "case %d, %d: moved %g, slope %g", k,
                          p, moved, -lr * slope[p]);
        }
        ck_assert(loss_of(net, x, labels) < before);
        aimc_network_destroy(net);
        aimc_config_destroy(c);
        aimc_context_destroy(ctx);
    }
}
END_TEST

typedef struct outcome {
    float w1[HIDDEN * IN], b1[HIDDEN], w2[OUT * HIDDEN];
    aimc_counters counters;
    double accuracy;
} outcome;

static void train(aimc_network *net, int batches)
{
    float x[N * IN];
    uint32_t labels[N];
    data(x, labels);
    for (int k = 0; k < batches; k++)
        OK(aimc_network_train_batch(net, N, x, labels, 0.5, NULL));
}

static void finish(aimc_network *net, outcome *o)
{
    float x[N * IN];
    uint32_t labels[N];
    data(x, labels);
    memset(o, 0, sizeof *o);
    OK(aimc_network_get_weights(net, 0, o->w1, o->b1));
    OK(aimc_network_get_weights(net, 1, o->w2, NULL));
    o->counters.struct_size = sizeof o->counters;
    OK(aimc_network_get_counters(net, &o->counters));
    OK(aimc_network_evaluate(net, N, x, labels, &o->accuracy));
}

static void whole(uint32_t threads, outcome *o)
{
    aimc_context *ctx = aimct_context(threads, 0, 3);
    aimc_config *c = layer_config(ctx, "reram_sb", false);
    aimc_network *net = make(ctx, c, AIMC_TANH);
    train(net, 6);
    finish(net, o);
    aimc_network_destroy(net);
    aimc_config_destroy(c);
    aimc_context_destroy(ctx);
}

START_TEST(threads_do_not_matter)
{
    static outcome one, many;
    whole(1, &one);
    whole(2, &many);
    ck_assert(memcmp(&one, &many, sizeof one) == 0);
    whole(7, &many);
    ck_assert(memcmp(&one, &many, sizeof one) == 0);
}
END_TEST

START_TEST(saved_and_resumed_is_the_same_run)
{
    static outcome one, two;
    char path[] = "t_network.XXXXXX";
    close(mkstemp(path));
    whole(1, &one);
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_config *c = layer_config(ctx, "reram_sb", false);
    aimc_network *net = make(ctx, c, AIMC_TANH), *loaded;
    train(net, 2);
    outcome looked; /* looking changes nothing */
    finish(net, &looked);
    OK(aimc_network_set_note(net, "{\"epoch\": 2, \"text\": \"\\u00e4\"}"));
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
    OK(aimc_network_load(ctx, path, &loaded));
    ck_assert_str_eq(aimc_network_get_note(loaded), "{\"epoch\": 2, \"text\": \"\\u00e4\"}");
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(loaded, &info));
    ck_assert_uint_eq(info.n_batches, 2);
    ck_assert_uint_eq(info.n_samples, 2 * N);
    ck_assert_uint_eq(info.n_tiles, 3);
    ck_assert_uint_eq(info.n_parameters, (IN + 1) * HIDDEN + (HIDDEN + 1) * OUT);
    train(loaded, 4);
    finish(loaded, &two);
    ck_assert(memcmp(&one, &two, sizeof one) == 0);
    aimc_network_destroy(loaded);
    aimc_config_destroy(c);
    aimc_context_destroy(ctx);
    unlink(path);
}
END_TEST

START_TEST(bad_arguments_are_named)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_config *tile;
    aimc_network *net;
    float x[2 * IN] = {0}, loss = 9;
    uint32_t labels[2] = {0, OUT};
    OK(aimc_config_create(ctx, "tile", &tile));
    OK(aimc_network_create(ctx, &net));
    FAILS(AIMC_ERR_STATE, "no layers", aimc_network_train_batch(net, 2, x, labels, 0.1, &loss));
    FAILS(AIMC_ERR_STATE, "no layer before", aimc_network_add_activation(net, AIMC_TANH));
    FAILS(AIMC_ERR_STATE, "no layers", aimc_network_save(net, "nowhere"));
    FAILS(AIMC_ERR_INVALID, "shape 3 x 0", aimc_network_add_linear(net, 3, 0, NULL));
    FAILS(AIMC_ERR_INVALID, "'layer' is needed", aimc_network_add_linear(net, OUT, IN, tile));
    OK(aimc_network_add_linear(net, OUT, IN, NULL));
    FAILS(AIMC_ERR_SHAPE, "n_in = 7 after a layer of 5",
          aimc_network_add_linear(net, OUT, 7, NULL));
    FAILS(AIMC_ERR_INVALID, "unknown activation 9",
          aimc_network_add_activation(net, (aimc_activation)9));
    FAILS(AIMC_ERR_INVALID, "labels[1] = 5 of 5",
          aimc_network_train_batch(net, 2, x, labels, 0.1, &loss));
    labels[1] = 1;
    FAILS(AIMC_ERR_INVALID, "lr = -1", aimc_network_train_batch(net, 2, x, labels, -1, &loss));
    x[3] = NAN;
    FAILS(AIMC_ERR_INVALID, "not finite", aimc_network_train_batch(net, 2, x, labels, 0.1, &loss));
    FAILS(AIMC_ERR_INVALID, "matrix 3 of 1", aimc_network_get_weights(net, 3, x, NULL));
    ck_assert(loss == 9);
    x[3] = 0;
    OK(aimc_network_train_batch(net, 2, x, labels, 0.1, &loss));
    FAILS(AIMC_ERR_STATE, "already used", aimc_network_add_linear(net, OUT, OUT, NULL));
    aimc_network_destroy(net);
    aimc_config_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(no_memory_leaks_nothing)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    char path[] = "t_network.XXXXXX";
    close(mkstemp(path));
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    aimc_context *ctx;
    OK(aimc_context_create(&params, &ctx));
    aimc_config *c = layer_config(ctx, "constant_step", false);
    const size_t live = heap.live_blocks;
    float x[N * IN];
    uint32_t labels[N];
    data(x, labels);
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_network *net = NULL, *loaded = NULL;
        double accuracy;
        aimc_status st = aimc_network_create(ctx, &net);
        st = st ? st : aimc_network_add_linear(net, OUT, IN, c);
        st = st ? st : aimc_network_train_batch(net, N, x, labels, 0.1, NULL);
        st = st ? st : aimc_network_evaluate(net, N, x, labels, &accuracy);
        st = st ? st : aimc_network_save(net, path);
        st = st ? st : aimc_network_load(ctx, path, &loaded);
        ck_assert_msg(st == (heap.failed ? AIMC_ERR_NOMEM : AIMC_OK), "call %zu: %s", n,
                      aimc_get_last_error());
        aimc_network_destroy(net);
        aimc_network_destroy(loaded);
        ck_assert_uint_eq(heap.live_blocks, live);
    } while (heap.failed);
    aimct_heap_fail_at(&heap, 0);
    aimc_config_destroy(c);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("network");
    TCase *t = aimct_case(s, "network");
    tcase_add_test(t, steps_follow_the_gradient);
    tcase_add_test(t, threads_do_not_matter);
    tcase_add_test(t, saved_and_resumed_is_the_same_run);
    tcase_add_test(t, bad_arguments_are_named);
    tcase_add_test(t, no_memory_leaks_nothing);
    return aimct_main(s);
}
