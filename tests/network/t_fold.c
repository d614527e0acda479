/* SPDX-License-Identifier: MIT */
/* Batch norms folded into the layers before them: the network computes what it did. */
#include "heap_test.h"

enum { N = 7, PIXELS = 3 * 6 * 5, SIZE = 1 << 20 };

/* A layer, then batch norm; on digital matrices and on ideal tiles. */
typedef struct layer_case {
    const char *op, *fields;
    size_t n_dims, shape[3], channels;
} layer_case;

static const layer_case cases[] = {
    {"linear", "\"out_features\": 6", 1, {PIXELS}, 6},
    {"linear", "\"out_features\": 6, \"bias\": false", 1, {PIXELS}, 6},
    {"conv1d", "\"out_channels\": 4, \"kernel\": 3, \"bias\": false", 2, {3, 30}, 4},
    {"conv2d", "\"out_channels\": 5, \"kernel\": 3, \"padding\": 1", 3, {3, 6, 5}, 5},
    {"conv2d", "\"out_channels\": 6, \"kernel\": [3, 2], \"groups\": 3", 3, {3, 6, 5}, 6},
    {"conv2d",
     "\"out_channels\": 3, \"kernel\": 3, \"groups\": 3, \"bias\": false",
     3,
     {3, 6, 5},
     3},
    {"conv_transpose2d", "\"out_channels\": 4, \"kernel\": [3, 2], \"stride\": 2", 3, {3, 6, 5}, 4},
    {"conv_transpose2d",
     "\"out_channels\": 6, \"kernel\": 3, \"groups\": 3, \"bias\": false",
     3,
     {3, 6, 5},
     6},
};
enum { N_CASES = sizeof cases / sizeof cases[0] };
static const char *const matrices[] = {
    "\"digital\"",
    "{\"kind\": \"layer\", \"device\": \"ideal\", \"forward\": {\"is_perfect\": true}, "
    "\"mapping\": {\"weight_scaling_omega\": 1, \"max_input_size\": 32}}"};

static aimc_value add(aimc_network *net, aimc_context *ctx, const char *op, const char *json,
                      aimc_value x)
{
    aimc_config *c = NULL;
    OK(aimc_config_create(ctx, op, &c));
    OK(aimc_config_parse(c, json));
    OK(aimc_network_add(net, op, c, 1, &x, &x));
    aimc_config_destroy(c);
    return x;
}

static void set_random(aimc_network *net, const char *name, size_t n, uint64_t seed, float from,
                       float width)
{
    float v[16];
    aimct_fill(v, n, seed);
    for (size_t i = 0; i < n; i++)
        v[i] = from + width * (v[i] + 1) / 2;
    OK(aimc_network_set_tensor(net, name, n, v));
}

/* As if it had been trained: nothing is as it was at first. */
static void settle(aimc_network *net, const char *name, size_t channels, uint64_t seed)
{
    static const char *const tensors[] = {"weight", "bias", "running_mean", "running_var"};
    static const float from[] = {-2, -1, -.5f, .1f}, width[] = {4, 2, 1, 2};
    for (size_t k = 0; k < 4; k++) {
        char full[64];
        snprintf(full, sizeof full, "%s.%s", name, tensors[k]);
        set_random(net, full, channels, seed + k, from[k], width[k]);
    }
}

static aimc_network *make(aimc_context *ctx, const layer_case *c, const char *matrix)
{
    aimc_network *net;
    aimc_value x;
    char json[512];
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_input(net, "x", c->shape, c->n_dims, &x));
    snprintf(json, sizeof json, "{%s, \"matrix\": %s}", c->fields, matrix);
    x = add(net, ctx, c->op, json, x);
    x = add(net, ctx, "batch_norm", "{}", x);
    x = add(net, ctx, "tanh", "{}", x);
    settle(net, "batch_norm", c->channels, 11);
    return net;
}

static void predict(aimc_network *net, float *y)
{
    static float x[N * PIXELS];
    aimct_fill(x, sizeof x / sizeof *x, 5);
    OK(aimc_network_predict(net, N, x, y));
}

static size_t count_layers(const aimc_network *net)
{
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(net, &info));
    return info.n_layers;
}

static float y[3][N * 1024];

/* The same to 1e-5, and to the bit after a file; what does not depend on the batch is as before. */
START_TEST(folded_networks_compute_the_same)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net = make(ctx, &cases[_i / 2], matrices[_i % 2]), *again;
    static uint8_t bytes[SIZE];
    size_t n = 0;
    aimc_network_info info = {.struct_size = sizeof info};
    predict(net, y[0]);
    OK(aimc_network_fold(net, &n));
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(count_layers(net), 2);
    predict(net, y[1]);
    OK(aimc_network_get_info(net, &info));
    ck_assert_uint_le(N * info.n_out, sizeof y[0] / sizeof y[0][0]);
    for (size_t i = 0; i < N * info.n_out; i++)
        NEAR(y[1][i], y[0][i], 1e-5);
    OK(aimc_network_save_bytes(net, bytes, SIZE, &n));
    OK(aimc_network_load_bytes(ctx, bytes, n, &again));
    predict(again, y[2]);
    ck_assert_mem_eq(y[1], y[2], N * info.n_out * sizeof y[0][0]);
    aimc_network_destroy(net);
    aimc_network_destroy(again);
    aimc_context_destroy(ctx);
}
END_TEST

/* conv -> bn -> relu -> conv -> bn, with a shortcut around the second pair; dropout behind. */
static aimc_network *residual(aimc_context *ctx, const char *matrix)
{
    const size_t shape[] = {3, 6, 5};
    aimc_network *net;
    aimc_value x[2];
    char conv[512];
    snprintf(conv, sizeof conv,
             "{\"out_channels\": 3, \"kernel\": 3, \"padding\": 1, \"bias\": false, "
             "\"matrix\": %s}",
             matrix);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_input(net, "x", shape, 3, &x[0]));
    x[0] = add(net, ctx, "batch_norm", "{}", add(net, ctx, "conv2d", conv, x[0]));
    x[0] = add(net, ctx, "relu", "{}", x[0]);
    x[1] = add(net, ctx, "batch_norm", "{}", add(net, ctx, "conv2d", conv, x[0]));
    OK(aimc_network_add(net, "add", NULL, 2, x, &x[0]));
    x[0] = add(net, ctx, "dropout", "{\"p\": 0.3}", x[0]);
    x[0] = add(net, ctx, "linear", "{\"out_features\": 3}", add(net, ctx, "flatten", "{}", x[0]));
    settle(net, "batch_norm", 3, 1);
    settle(net, "batch_norm_1", 3, 2);
    return net;
}

static void train(aimc_network *net, float *loss)
{
    static const uint32_t labels[N] = {0, 1, 2, 0, 1, 2, 0};
    float x[N * PIXELS];
    for (uint64_t k = 0; k < 3; k++) {
        aimct_fill(x, sizeof x / sizeof *x, k);
        OK(aimc_network_train_batch(net, N, x, labels, 0.05, loss));
    }
}

/* Values keep their numbers, moments begin anew, and a file in between changes no bit of training:
 * dropout draws what it would have drawn. */
START_TEST(folded_networks_go_on)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net = residual(ctx, matrices[0]), *again;
    static uint8_t bytes[2][SIZE];
    size_t n = 0, n_dims, shape[6];
    float loss[2];
    aimc_config *adam;
    OK(aimc_config_create(ctx, "adam", &adam));
    OK(aimc_network_set_optimizer(net, adam));
    train(net, loss);
    predict(net, y[0]);
    OK(aimc_network_fold(net, &n));
    ck_assert_uint_eq(n, 2);
    predict(net, y[1]);
    for (size_t i = 0; i < N * 3; i++)
        NEAR(y[1][i], y[0][i], 1e-5);
    aimc_layer_info layer = {.struct_size = sizeof layer};
    OK(aimc_network_get_layer(net, 0, &layer)); /* it makes what the batch norm made */
    OK(aimc_network_get_shape(net, layer.output, shape, &n_dims));
    FAILS(AIMC_ERR_INVALID, "no such value",
          aimc_network_get_shape(net, layer.output - 1, shape, &n_dims));
    OK(aimc_network_fold(net, &n)); /* nothing is left */
    ck_assert_uint_eq(n, 0);
    OK(aimc_network_save_bytes(net, bytes[0], SIZE, &n));
    OK(aimc_network_load_bytes(ctx, bytes[0], n, &again));
    train(net, &loss[0]);
    train(again, &loss[1]);
    ck_assert_double_eq((double)loss[0], (double)loss[1]);
    OK(aimc_network_save_bytes(net, bytes[0], SIZE, &n));
    OK(aimc_network_save_bytes(again, bytes[1], SIZE, &n));
    ck_assert_mem_eq(bytes[0], bytes[1], n);
    aimc_config_destroy(adam);
    aimc_network_destroy(net);
    aimc_network_destroy(again);
    aimc_context_destroy(ctx);
}
END_TEST

/* What others read, what is an output, what evaluates by the batch, and what no layer is before. */
START_TEST(what_stays)
{
    static const char *const norms[] = {"{}", "{\"track_running_stats\": false}", "{}", "{}", "{}"};
    aimc_context *ctx = aimct_context(1, 0, 3);
    for (size_t k = 0; k < 5; k++) {
        const size_t shape[] = {4, 4};
        aimc_network *net;
        aimc_value x, in[2], last;
        size_t n = 9;
        OK(aimc_network_create(ctx, &net));
        OK(aimc_network_add_input(net, "x", shape, 2, &x));
        if (k == 2) /* features are no channels */
            x = add(net, ctx, "linear", "{\"out_features\": 4}", x);
        else if (k != 3)
            x = add(net, ctx, "conv1d", "{\"out_channels\": 4, \"kernel\": 3, \"padding\": 1}", x);
        if (k == 3)
            x = add(net, ctx, "relu", "{}", x);
        last = add(net, ctx, "batch_norm", norms[k], x);
        in[0] = x;
        in[1] = last;
        if (k == 0)
            OK(aimc_network_add(net, "add", NULL, 2, in, NULL));
        if (k == 4) {
            OK(aimc_network_add_output(net, x));
            OK(aimc_network_add_output(net, last));
        }
        const size_t before = count_layers(net);
        OK(aimc_network_fold(net, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert_uint_eq(count_layers(net), before);
        aimc_network_destroy(net);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* A sentence, and nothing is changed: not even the first of two. */
START_TEST(what_is_refused)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net = residual(ctx, matrices[1]), *empty;
    const float negative[] = {1, -1, 1}, huge[] = {3e38f, 1, 1}, tiny[] = {1, 1e-30f, 1};
    predict(net, y[0]);
    OK(aimc_network_set_tensor(net, "batch_norm_1.running_var", 3, negative));
    FAILS(AIMC_ERR_INVALID, "'batch_norm_1': running_var[1] = -1", aimc_network_fold(net, NULL));
    OK(aimc_network_set_tensor(net, "batch_norm_1.running_var", 3, tiny));
    OK(aimc_network_set_tensor(net, "batch_norm_1.weight", 3, huge));
    OK(aimc_network_set_tensor(net, "batch_norm_1.bias", 3, huge));
    OK(aimc_network_set_tensor(net, "batch_norm_1.running_mean", 3, negative));
    const float var[] = {1e-6f, 1, 1};
    OK(aimc_network_set_tensor(net, "batch_norm_1.running_var", 3, var));
    FAILS(AIMC_ERR_INVALID, "beyond the range of floats", aimc_network_fold(net, NULL));
    settle(net, "batch_norm_1", 3, 2);
    OK(aimc_network_program(net, NULL, NULL));
    FAILS(AIMC_ERR_STATE, "'conv2d' before it is programmed", aimc_network_fold(net, NULL));
    OK(aimc_network_unprogram(net));
    ck_assert_uint_eq(count_layers(net), 9);
    predict(net, y[1]);
    ck_assert_mem_eq(y[0], y[1], N * 3 * sizeof y[0][0]);
    OK(aimc_network_create(ctx, &empty));
    FAILS(AIMC_ERR_STATE, "no layers", aimc_network_fold(empty, NULL));
    FAILS(AIMC_ERR_INVALID, "net is NULL", aimc_network_fold(NULL, NULL));
    aimc_network_destroy(empty);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

static aimc_status live(aimc_context *ctx, const char *matrix)
{
    const size_t shape[] = {2, 5};
    aimc_network *net = NULL;
    aimc_value x = 0;
    aimc_config *c = NULL;
    char json[512];
    snprintf(json, sizeof json,
             "{\"out_channels\": 3, \"kernel\": 3, \"bias\": false, \"matrix\": %s}", matrix);
    aimc_status st = aimc_network_create(ctx, &net);
    st = st ? st : aimc_network_add_input(net, "x", shape, 2, &x);
    st = st ? st : aimc_config_create(ctx, "conv1d", &c);
    st = st ? st : aimc_config_parse(c, json);
    st = st ? st : aimc_network_add(net, "conv1d", c, 1, &x, &x);
    st = st ? st : aimc_network_add(net, "batch_norm", NULL, 1, &x, &x);
    st = st ? st : aimc_network_fold(net, NULL);
    aimc_config_destroy(c);
    aimc_network_destroy(net);
    return st;
}

START_TEST(no_memory_leaks_nothing)
{
    heap_fails(live, matrices[1], 300, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fold");
    TCase *t = aimct_case(s, "fold");
    tcase_add_loop_test(t, folded_networks_compute_the_same, 0, 2 * N_CASES);
    tcase_add_test(t, folded_networks_go_on);
    tcase_add_test(t, what_stays);
    tcase_add_test(t, what_is_refused);
    tcase_add_test(t, no_memory_leaks_nothing);
    return aimct_main(s);
}
