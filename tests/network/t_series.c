/* SPDX-License-Identifier: MIT */
/* Networks of series: embedding, recurrent layers, attention and transposed convolution in one. */
#include <stdio.h>
#include <string.h>

#include <aimc/network.h>

#include "heap_test.h"

enum { N = 5, LENGTH = 6, CLASSES = 3, SIZE = 1 << 21 };

static uint8_t bytes[2][SIZE];
static const uint32_t labels[N] = {0, 1, 2, 1, 0};

static const char *const matrices[] = {
    "\"digital\"",
    "{\"kind\": \"layer\", \"device\": \"reram_sb\", \"optimizer\": \"sgd\"}",
    "\"c_ttv2_reram_sb\"",
    "\"mixed_precision_pcm\"",
};
enum { N_MATRICES = sizeof matrices / sizeof matrices[0] };

/* An op with these fields, and its matrices as matrix says; NULL: it has none. */
static aimc_status add(aimc_network *net, aimc_context *ctx, const char *op, const char *fields,
                       const char *matrix, aimc_value *x)
{
    char json[256];
    snprintf(json, sizeof json, "{%s%s%s}", fields, matrix ? ", \"matrix\": " : "",
             matrix ? matrix : "");
    aimc_config *c = NULL;
    aimc_status st = aimc_config_create(ctx, op, &c);
    st = st ? st : aimc_config_parse(c, json);
    st = st ? st : aimc_network_add(net, op, c, 1, x, x);
    aimc_config_destroy(c);
    return st;
}

static aimc_status build(aimc_context *ctx, const char *m, aimc_network **net)
{
    const size_t shape[1] = {LENGTH};
    aimc_value x = 0;
    aimc_status st = aimc_network_create(ctx, net);
    st = st ? st : aimc_network_add_input(*net, "words", shape, 1, &x);
    st = st ? st
            : add(*net, ctx, "embedding", "\"num_embeddings\": 5, \"embedding_dim\": 4", NULL, &x);
    st =
        st ? st
           : add(*net, ctx, "lstm",
                 "\"hidden_size\": 4, \"num_layers\": 2, \"bidirectional\": true, \"dropout\": 0.2",
                 m, &x);
    st = st ? st : add(*net, ctx, "attention", "\"heads\": 2, \"causal\": true", m, &x);
    st = st ? st : add(*net, ctx, "gru", "\"hidden_size\": 4", m, &x);
    st = st ? st : add(*net, ctx, "reshape", "\"shape\": [4, 2, 3]", NULL, &x);
    st = st ? st
            : add(*net, ctx, "conv_transpose2d",
                  "\"out_channels\": 4, \"kernel\": 2, \"stride\": 2, \"groups\": 2", m, &x);
    st = st ? st : add(*net, ctx, "flatten", "", NULL, &x);
    return st ? st : add(*net, ctx, "linear", "\"out_features\": 3", m, &x);
}

static void words(float *x, int k)
{
    for (int i = 0; i < N * LENGTH; i++)
        x[i] = (float)((i * 7 + k * 3 + i / LENGTH) % 5);
}

static void train(aimc_network *net, int from, int to, float *y)
{
    float x[N * LENGTH];
    for (int k = from; k < to; k++) {
        words(x, k);
        OK(aimc_network_train_batch(net, N, x, labels, 0.05, NULL));
    }
    words(x, 1);
    OK(aimc_network_predict(net, N, x, y));
}

static size_t save(const aimc_network *net, int k)
{
    size_t n;
    OK(aimc_network_save_bytes(net, bytes[k], SIZE, &n));
    return n;
}

START_TEST(a_file_in_between_changes_nothing)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net, *again;
    float y[2][N * CLASSES];
    OK(build(ctx, matrices[_i], &net));
    train(net, 0, 3, y[0]);
    const size_t n = save(net, 0);
    OK(aimc_network_load_bytes(ctx, bytes[0], n, &again));
    train(net, 3, 6, y[0]);
    train(again, 3, 6, y[1]);
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    ck_assert_uint_eq(save(net, 0), save(again, 1));
    ck_assert_mem_eq(bytes[0], bytes[1], n);
    aimc_network_destroy(net);
    aimc_network_destroy(again);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(threads_do_not_matter)
{
    float y[3][N * CLASSES];
    static const uint32_t threads[] = {1, 2, 7};
    for (int k = 0; k < 3; k++) {
        aimc_context *ctx = aimct_context(threads[k], 0, 3);
        aimc_network *net;
        OK(build(ctx, matrices[_i], &net));
        train(net, 0, 3, y[k]);
        aimc_network_destroy(net);
        aimc_context_destroy(ctx);
    }
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    ck_assert_mem_eq(y[0], y[2], sizeof y[0]);
}
END_TEST

/* In evaluation a batch may be cut anywhere; on tiles a step reads all samples before the next
 * does, so that their noise is another one. */
START_TEST(cut_batches_give_the_same)
{
    float x[N * LENGTH], y[2][N * CLASSES];
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.flags = AIMC_FLAG_DETERMINISTIC;
    aimc_context *ctx;
    aimc_network *net;
    OK(aimc_context_create(&params, &ctx));
    OK(build(ctx, matrices[0], &net));
    words(x, 1);
    for (size_t part = 2; part <= N; part += N - 2)
        for (size_t b = 0; b < N; b += part)
            OK(aimc_network_predict(net, N - b < part ? N - b : part, x + b * LENGTH,
                                    y[part == N] + b * CLASSES));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

/* Each matrix multiplies one vector for every step, position or pixel. */
START_TEST(multiplications_are_counted)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net;
    OK(build(ctx, matrices[0], &net));
    aimc_layer_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_layer(net, 1, &info)); /* lstm */
    ck_assert_uint_eq(info.n_macs, LENGTH * 2 * (16 * 4 + 16 * 4 + 16 * 8 + 16 * 4));
    ck_assert_uint_eq(info.n_matrices, 8);
    OK(aimc_network_get_layer(net, 2, &info)); /* attention */
    ck_assert_uint_eq(info.n_macs, LENGTH * 4 * 8 * 8);
    OK(aimc_network_get_layer(net, 5, &info)); /* conv_transpose2d */
    ck_assert_uint_eq(info.n_macs, 6 * 2 * (2 * 4 * 2));
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

static aimc_status live(aimc_context *ctx, const char *matrix)
{
    float x[N * LENGTH], y[N * CLASSES];
    aimc_network *net = NULL, *again = NULL;
    size_t n = 0;
    words(x, 1);
    aimc_status st = build(ctx, matrix, &net);
    st = st ? st : aimc_network_predict(net, N, x, y);
    st = st ? st : aimc_network_train_batch(net, N, x, labels, 0.1, NULL);
    st = st ? st : aimc_network_save_bytes(net, bytes[0], SIZE, &n);
    st = st ? st : aimc_network_load_bytes(ctx, bytes[0], n, &again);
    st = st ? st : aimc_network_train_batch(again, N, x, labels, 0.1, NULL);
    aimc_network_destroy(net);
    aimc_network_destroy(again);
    return st;
}

START_TEST(no_memory_leaks_nothing)
{
    heap_fails(live, matrices[_i], 100, 41);
}
END_TEST

/* After the first batch of a size nothing is asked for. */
START_TEST(passes_allocate_nothing)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context *ctx = heap_context(&heap, 0);
    aimc_network *net;
    float y[N * CLASSES];
    OK(build(ctx, matrices[_i], &net));
    train(net, 0, 2, y);
    heap.calls = 0;
    train(net, 2, 5, y);
    ck_assert_uint_eq(heap.calls, 0);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("series");
    TCase *t = aimct_case(s, "series");
    tcase_add_loop_test(t, a_file_in_between_changes_nothing, 0, N_MATRICES);
    tcase_add_loop_test(t, threads_do_not_matter, 0, N_MATRICES);
    tcase_add_test(t, cut_batches_give_the_same);
    tcase_add_test(t, multiplications_are_counted);
    tcase_add_loop_test(t, no_memory_leaks_nothing, 0, 2);
    tcase_add_loop_test(t, passes_allocate_nothing, 0, N_MATRICES);
    return aimct_main(s);
}
