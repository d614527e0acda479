/* SPDX-License-Identifier: MIT */
/* Graphs: what does not fit is refused with its node, nothing is lost when a call fails, and
 * neither threads nor the cutting of batches nor a file in between change a bit. What ops
 * compute is compared with PyTorch in bindings/python/tests/t_torch_cases.py. */
#include <stdlib.h>

#include "heap_test.h"
#include "portable.h"

enum { N = 5, PIXELS = 2 * 6 * 5, CLASSES = 3, SIZE = 1 << 20 };

static uint8_t bytes[2][SIZE];

static aimc_config *config_of(aimc_context *ctx, const char *kind, const char *json)
{
    aimc_config *c;
    OK(aimc_config_create(ctx, kind, &c));
    OK(aimc_config_parse(c, json));
    return c;
}

static aimc_status add(aimc_network *net, aimc_context *ctx, const char *op, const char *json,
                       aimc_value in, aimc_value *out)
{
    aimc_config *c = NULL;
    aimc_status st = aimc_config_create(ctx, op, &c);
    st = st ? st : aimc_config_parse(c, json);
    st = st ? st : aimc_network_add(net, op, c, 1, &in, out);
    aimc_config_destroy(c);
    return st;
}

/* Convolution, batch norm, shortcut, grouped and depthwise convolution, dropout, pool, linear:
 * matrices as matrix says. */
static aimc_status build(aimc_context *ctx, const char *matrix, aimc_network **net)
{
    const size_t shape[3] = {2, 6, 5};
    char conv[200], grouped[200], depthwise[200];
    aimc_value x = 0, sum[2] = {0};
    snprintf(conv, sizeof conv,
             "{\"out_channels\": 4, \"kernel\": 3, \"padding\": 1, \"matrix\": %s}", matrix);
    snprintf(grouped, sizeof grouped,
             "{\"out_channels\": 4, \"kernel\": [2, 3], \"groups\": 2, \"padding\": [0, 1, 1, 1], "
             "\"matrix\": %s}",
             matrix);
    snprintf(depthwise, sizeof depthwise,
             "{\"out_channels\": 4, \"kernel\": 3, \"groups\": 4, \"padding\": 1, \"matrix\": %s}",
             matrix);
    aimc_status st = aimc_network_create(ctx, net);
    st = st ? st : aimc_network_add_input(*net, "image", shape, 3, &x);
    st = st ? st : add(*net, ctx, "conv2d", conv, x, &x);
    st = st ? st : add(*net, ctx, "batch_norm", "{}", x, &x);
    st = st ? st : add(*net, ctx, "relu", "{}", x, &sum[0]);
    st = st ? st : add(*net, ctx, "conv2d", grouped, sum[0], &sum[1]);
    st = st ? st : aimc_network_add(*net, "add", NULL, 2, sum, &x);
    st = st ? st : add(*net, ctx, "conv2d", depthwise, x, &x);
    st = st ? st : add(*net, ctx, "dropout", "{\"p\": 0.2}", x, &x);
    st = st ? st : add(*net, ctx, "max_pool2d", "{\"kernel\": 2}", x, &x);
    st = st ? st : add(*net, ctx, "flatten", "{}", x, &x);
    return st ? st : add(*net, ctx, "linear", "{\"out_features\": 3}", x, &x);
}

static void train(aimc_network *net, int from, int to, float *y)
{
    static const uint32_t labels[N] = {0, 1, 2, 1, 0};
    float x[N * PIXELS];
    for (int k = from; k < to; k++) {
        aimct_fill(x, N * PIXELS, 10 + (uint64_t)k);
        OK(aimc_network_train_batch(net, N, x, labels, 0.05, NULL));
    }
    aimct_fill(x, N * PIXELS, 1);
    OK(aimc_network_predict(net, N, x, y));
}

static size_t save(const aimc_network *net, int k)
{
    size_t n;
    OK(aimc_network_save_bytes(net, bytes[k], SIZE, &n));
    return n;
}

static const char *const matrices[] = {
    "\"digital\"",
    "{\"kind\": \"layer\", \"device\": \"reram_sb\", \"optimizer\": \"sgd\"}",
    "\"c_ttv2_reram_sb\"",
    "\"agad_ecram\"",
    "\"mixed_precision_pcm\"",
};
enum { N_MATRICES = sizeof matrices / sizeof matrices[0] };

/* ---- the same bits -------------------------------------------------------------------------- */

START_TEST(a_file_in_between_changes_nothing)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net, *again;
    float y[2][N * CLASSES];
    OK(build(ctx, matrices[_i], &net));
    train(net, 0, 3, y[0]);
    const size_t n = save(net, 0);
    OK(aimc_network_load_bytes(ctx, bytes[0], n, &again));
    ck_assert_uint_eq(save(again, 1), n);
    ck_assert_mem_eq(bytes[0], bytes[1], n);
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

/* In evaluation a batch may be cut anywhere. */
START_TEST(cut_batches_give_the_same)
{
    float x[N * PIXELS], y[2][N * CLASSES];
    for (int k = 0; k < 2; k++) {
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        params.flags = AIMC_FLAG_DETERMINISTIC;
        aimc_context *ctx;
        aimc_network *net;
        OK(aimc_context_create(&params, &ctx));
        OK(build(ctx, matrices[_i], &net));
        aimct_fill(x, N * PIXELS, 1);
        const size_t part = k ? 2 : N;
        for (size_t b = 0; b < N; b += part)
            OK(aimc_network_predict(net, N - b < part ? N - b : part, x + b * PIXELS,
                                    y[k] + b * CLASSES));
        aimc_network_destroy(net);
        aimc_context_destroy(ctx);
    }
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
}
END_TEST

/* Ideal devices that are read perfectly are the digital matrices. */
START_TEST(ideal_tiles_are_digital)
{
    float y[2][N * CLASSES];
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net, *other;
    OK(build(ctx, matrices[0], &net));
    const size_t n = save(net, 0);
    OK(aimc_network_load_bytes(ctx, bytes[0], n, &other));
    aimc_config *ideal = config_of(ctx, "layer",
                                   "{\"device\": \"ideal\", \"forward.is_perfect\": true, "
                                   "\"backward.is_perfect\": true, \"mapping.max_input_size\": 7}");
    OK(aimc_network_convert(other, NULL, ideal));
    train(net, 0, 3, y[0]);
    train(other, 0, 3, y[1]);
    for (int i = 0; i < N * CLASSES; i++)
        ck_assert_msg(fabsf(y[0][i] - y[1][i]) < 1e-4f, "%g %g", (double)y[0][i], (double)y[1][i]);
    aimc_config_destroy(ideal);
    aimc_network_destroy(net);
    aimc_network_destroy(other);
    aimc_context_destroy(ctx);
}
END_TEST

/* Long names reach into the names of all tensors of all devices. */
START_TEST(long_names)
{
    char name[65];
    memset(name, 'n', 64);
    name[64] = '\0';
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net, *again;
    const size_t shape[1] = {6};
    aimc_value x;
    char json[200];
    float y[2][2], in[6] = {1, -1, 0.5f, 0, 0.2f, 0.3f};
    const uint32_t label = 1;
    snprintf(json, sizeof json, "{\"out_features\": 2, \"matrix\": %s}", matrices[_i]);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_input(net, NULL, shape, 1, &x));
    OK(add(net, ctx, "linear", json, x, &x));
    OK(aimc_network_set_name(net, x, name));
    OK(aimc_network_train_batch(net, 1, in, &label, 0.1, NULL));
    if (_i)
        OK(aimc_network_program(net, NULL, NULL));
    const size_t n = save(net, 0);
    OK(aimc_network_load_bytes(ctx, bytes[0], n, &again));
    ck_assert_uint_eq(save(again, 1), n);
    ck_assert_mem_eq(bytes[0], bytes[1], n);
    OK(aimc_network_predict(net, 1, in, y[0]));
    OK(aimc_network_predict(again, 1, in, y[1]));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_network_destroy(net);
    aimc_network_destroy(again);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- what does not fit ---------------------------------------------------------------------- */

START_TEST(what_does_not_fit_is_refused)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    const size_t image[3] = {3, 4, 4}, other[3] = {3, 4, 5}, empty[2] = {3, 0};
    aimc_network *net;
    aimc_value x, y, out;
    OK(aimc_network_create(ctx, &net));
    FAILS(AIMC_ERR_SHAPE, "1 ... 6 dimensions", aimc_network_add_input(net, "a", image, 0, &x));
    FAILS(AIMC_ERR_SHAPE, "empty", aimc_network_add_input(net, "a", empty, 2, &x));
    FAILS(AIMC_ERR_INVALID, "blank", aimc_network_add_input(net, "a b", image, 3, &x));
    OK(aimc_network_add_input(net, "image", image, 3, &x));
    OK(aimc_network_add_input(net, "other", other, 3, &y));
    FAILS(AIMC_ERR_INVALID, "already", aimc_network_add_input(net, "image", image, 3, &out));
    FAILS(AIMC_ERR_INVALID, "did you mean 'conv2d'",
          aimc_network_add(net, "conf2d", NULL, 1, &x, &out));
    FAILS(AIMC_ERR_INVALID, "reads 2 or more values, not 1",
          aimc_network_add(net, "add", NULL, 1, &x, &out));
    const aimc_value two[2] = {x, y}, none[1] = {77};
    FAILS(AIMC_ERR_SHAPE, "add: input 1 is 3 x 4 x 5, input 0 is 3 x 4 x 4",
          aimc_network_add(net, "add", NULL, 2, two, &out));
    FAILS(AIMC_ERR_INVALID, "value 77", aimc_network_add(net, "relu", NULL, 1, none, &out));
    FAILS(AIMC_ERR_INVALID, "kernel is not given",
          aimc_network_add(net, "conv2d", NULL, 1, &x, &out));
    FAILS(AIMC_ERR_SHAPE, "a window of 7 is larger than the padded input of 6",
          add(net, ctx, "conv2d", "{\"kernel\": 7, \"padding\": 1}", x, &out));
    FAILS(AIMC_ERR_SHAPE, "not multiples of 2 groups",
          add(net, ctx, "conv2d", "{\"kernel\": 1, \"groups\": 2}", x, &out));
    FAILS(AIMC_ERR_INVALID, "kernel has 3 numbers",
          add(net, ctx, "conv2d", "{\"kernel\": [1, 1, 1]}", x, &out));
    FAILS(AIMC_ERR_SHAPE, "[channels][length] is needed",
          add(net, ctx, "conv1d", "{\"kernel\": 1}", x, &out));
    FAILS(AIMC_ERR_SHAPE, "does not become",
          add(net, ctx, "reshape", "{\"shape\": [5, -1]}", x, &out));
    aimc_config *linear = config_of(ctx, "linear", "{\"out_features\": 2}");
    FAILS(AIMC_ERR_INVALID, "kind 'linear'", aimc_network_add(net, "conv2d", linear, 1, &x, &out));
    FAILS(AIMC_ERR_INVALID, "network_add_named: other: there is a node or input 'other' already",
          aimc_network_add_named(net, "other", "relu", NULL, 1, &x, &out));
    FAILS(AIMC_ERR_INVALID, "blank", aimc_network_add_named(net, "a b", "relu", NULL, 1, &x, &out));
    FAILS(AIMC_ERR_INVALID, "not 0", aimc_network_add_named(net, "", "relu", NULL, 1, &x, &out));
    FAILS(AIMC_ERR_INVALID, "op is NULL",
          aimc_network_add_named(net, "a", NULL, NULL, 1, &x, &out));
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(net, &info));
    ck_assert_uint_eq(info.n_layers, 0); /* nothing of all that is left behind */
    OK(aimc_network_add_named(net, "first", "relu", NULL, 1, &x, &out));
    OK(aimc_network_add_named(net, NULL, "relu", NULL, 1, &x, &out));
    aimc_layer_info layer = {.struct_size = sizeof layer};
    OK(aimc_network_get_layer(net, 0, &layer));
    ck_assert_str_eq(layer.name, "first");
    OK(aimc_network_get_layer(net, 1, &layer));
    ck_assert_str_eq(layer.name, "relu");
    aimc_config_destroy(linear);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

static void refuse_document(aimc_context *ctx, const char *words, const char *json)
{
    aimc_network *net = NULL;
    const aimc_status st = aimc_network_create_from_json(ctx, json, &net);
    ck_assert_msg(st != AIMC_OK && strstr(aimc_get_last_error(), words), "'%s' lacks '%s'",
                  aimc_get_last_error(), words);
    ck_assert_ptr_null(net);
}

#define HEAD "{\"format\": \"aimc-network\", \"version\": 1, "
#define IN   "\"inputs\": [{\"name\": \"x\", \"shape\": [4]}], "

START_TEST(documents_that_are_wrong)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    refuse_document(ctx, "line 1", "{");
    refuse_document(ctx, "no network", "{}");
    refuse_document(ctx, "version 2", "{\"format\": \"aimc-network\", \"version\": 2}");
    refuse_document(ctx, "'inputs' is missing", HEAD "\"nodes\": []}");
    refuse_document(ctx, "unknown member 'nods'", HEAD IN "\"nods\": []}");
    refuse_document(ctx, "nodes[0] 'a' (linear): config_parse: unknown field 'out_futures'",
                    HEAD IN
                    "\"nodes\": [{\"name\": \"a\", \"op\": \"linear\", \"inputs\": [\"x\"], "
                    "\"config\": {\"out_futures\": 3}}], \"outputs\": [\"a\"]}");
    refuse_document(ctx, "there is no op 'lineal'; did you mean 'linear'",
                    HEAD IN "\"nodes\": [{\"name\": \"a\", \"op\": \"lineal\", \"inputs\": "
                            "[\"x\"]}], \"outputs\": [\"a\"]}");
    refuse_document(ctx, "there is no value 'b' before it",
                    HEAD IN "\"nodes\": [{\"name\": \"a\", \"op\": \"relu\", \"inputs\": [\"b\"]}, "
                            "{\"name\": \"b\", \"op\": \"relu\", \"inputs\": [\"a\"]}], "
                            "\"outputs\": [\"b\"]}");
    refuse_document(ctx, "outputs[0]: there is no value 'c'",
                    HEAD IN
                    "\"nodes\": [{\"name\": \"a\", \"op\": \"relu\", \"inputs\": [\"x\"]}], "
                    "\"outputs\": [\"c\"]}");
    refuse_document(ctx, "already",
                    HEAD IN
                    "\"nodes\": [{\"name\": \"x\", \"op\": \"relu\", \"inputs\": [\"x\"]}], "
                    "\"outputs\": [\"x\"]}");
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(passes_come_in_order)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net;
    float x[N * PIXELS], y[N * CLASSES], dx[N * PIXELS];
    OK(build(ctx, matrices[_i], &net));
    aimct_fill(x, N * PIXELS, 1);
    FAILS(AIMC_ERR_STATE, "comes first", aimc_network_backward(net, N, y, NULL));
    FAILS(AIMC_ERR_STATE, "aimc_network_backward() comes first", aimc_network_step(net, 0.1));
    OK(aimc_network_forward(net, N, x, y));
    FAILS(AIMC_ERR_SHAPE, "n = 2 after a forward pass of 5",
          aimc_network_backward(net, 2, y, NULL));
    FAILS(AIMC_ERR_STATE, "want_input_gradients", aimc_network_backward(net, N, y, dx));
    OK(aimc_network_backward(net, N, y, NULL));
    FAILS(AIMC_ERR_INVALID, "lr = -1", aimc_network_step(net, -1));
    OK(aimc_network_forward(net, N, x, y)); /* gradients add up */
    OK(aimc_network_backward(net, N, y, NULL));
    FAILS(AIMC_ERR_STATE, "10 samples wait", aimc_network_convert(net, NULL, NULL));
    OK(aimc_network_predict(net, N, x, y)); /* and wait */
    FAILS(AIMC_ERR_STATE, "comes first", aimc_network_backward(net, N, y, NULL));
    OK(aimc_network_step(net, 0.1));
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(net, &info));
    ck_assert_uint_eq(info.n_samples, 2 * N);
    OK(aimc_network_forward(net, N, x, y));
    OK(aimc_network_backward(net, N, y, NULL));
    OK(aimc_network_zero_gradients(net));
    FAILS(AIMC_ERR_STATE, "comes first", aimc_network_step(net, 0.1));
    FAILS(AIMC_ERR_INVALID, "net is NULL", aimc_network_zero_gradients(NULL));
    OK(aimc_network_want_input_gradients(net, 1));
    OK(aimc_network_forward(net, N, x, y));
    OK(aimc_network_backward(net, N, y, dx));
    ck_assert(dx[3] != 0);
    y[0] = NAN;
    OK(aimc_network_step(net, 0.1));
    OK(aimc_network_forward(net, N, x, NULL));
    FAILS(AIMC_ERR_INVALID, "dy holds a value", aimc_network_backward(net, N, y, NULL));
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(nodes_are_chosen_by_patterns)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net;
    aimc_config *ideal = config_of(ctx, "layer", "{\"device\": \"ideal\"}");
    OK(build(ctx, matrices[0], &net));
    FAILS(AIMC_ERR_INVALID, "no node", aimc_network_convert(net, "conf*", ideal));
    OK(aimc_network_convert(net, "!linear,!conv2d", ideal));
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(net, &info));
    ck_assert_uint_eq(info.n_analog, 4 * 2 * 2 * 3 + 4 * 9); /* conv2d_1 and 2: groups */
    OK(aimc_network_convert(net, "conv*,linear", ideal));
    OK(aimc_network_convert(net, "linear", NULL));
    OK(aimc_network_get_info(net, &info));
    ck_assert_uint_eq(info.n_analog, 4 * 2 * 2 * 3 + 4 * 9 + 4 * 2 * 9);
    aimc_config_destroy(ideal);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

/* Moments of a digital optimizer are kept in files, and begin anew when other weights are
 * digital. */
START_TEST(moments_follow_what_is_digital)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net, *again;
    float y[2][N * CLASSES];
    aimc_config *ideal = config_of(ctx, "layer", "{\"device\": \"ideal\"}"),
                *adam = config_of(ctx, "adam", "{}");
    OK(build(ctx, matrices[0], &net));
    OK(aimc_network_set_optimizer(net, adam));
    train(net, 0, 3, y[0]);
    OK(aimc_network_load_bytes(ctx, bytes[0], save(net, 0), &again));
    train(net, 3, 5, y[0]);
    train(again, 3, 5, y[1]);
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_network_destroy(again);
    OK(aimc_network_convert(net, "conv*", ideal));
    OK(aimc_network_load_bytes(ctx, bytes[0], save(net, 0), &again));
    train(net, 5, 7, y[0]);
    train(again, 5, 7, y[1]);
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_network_destroy(again);
    aimc_network_destroy(net);
    aimc_config_destroy(ideal);
    aimc_config_destroy(adam);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

static aimc_status live(aimc_context *ctx, const char *matrix)
{
    static float x[N * PIXELS], y[N * CLASSES];
    static const uint32_t labels[N] = {0, 1, 2, 1, 0};
    aimc_network *net = NULL, *again = NULL;
    size_t n = 0;
    aimct_fill(x, N * PIXELS, 1);
    aimc_status st = build(ctx, matrix, &net);
    st = st ? st : aimc_network_train_batch(net, N, x, labels, 0.1, NULL);
    st = st ? st : aimc_network_save_bytes(net, bytes[0], SIZE, &n);
    st = st ? st : aimc_network_load_bytes(ctx, bytes[0], n, &again);
    st = st ? st : aimc_network_predict(again, N, x, y);
    st = st ? st : aimc_network_train_batch(again, N, x, labels, 0.1, NULL);
    aimc_network_destroy(net);
    aimc_network_destroy(again);
    return st;
}

START_TEST(no_memory_leaks_nothing)
{
    heap_fails(live, matrices[_i], 60, 7);
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
    Suite *s = suite_create("graph");
    TCase *t = aimct_case(s, "graph");
    tcase_add_loop_test(t, a_file_in_between_changes_nothing, 0, N_MATRICES);
    tcase_add_loop_test(t, threads_do_not_matter, 0, N_MATRICES);
    tcase_add_loop_test(t, cut_batches_give_the_same, 0, N_MATRICES);
    tcase_add_test(t, ideal_tiles_are_digital);
    tcase_add_loop_test(t, long_names, 0, N_MATRICES);
    tcase_add_test(t, what_does_not_fit_is_refused);
    tcase_add_test(t, documents_that_are_wrong);
    tcase_add_loop_test(t, passes_come_in_order, 0, N_MATRICES);
    tcase_add_test(t, nodes_are_chosen_by_patterns);
    tcase_add_test(t, moments_follow_what_is_digital);
    tcase_add_loop_test(t, no_memory_leaks_nothing, 0, 2);
    tcase_add_loop_test(t, passes_allocate_nothing, 0, N_MATRICES);
    return aimct_main(s);
}
