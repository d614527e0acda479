/* SPDX-License-Identifier: MIT */
/* Finite inputs, gradients and rates of any size through every op and loss: what comes out is
 * finite or refused with a sentence, and a network that refused works on as if nobody had asked. */
#include <stdbool.h>

#include "test_util.h"

enum { PATTERNS = 9, BATCH = 2, MOST = 64 };

static const float values[] = {0, 1e-45f, 1e-38f, 1, 1e10f, 1e30f, 3e38f};
enum { VALUES = sizeof values / sizeof *values };

static aimc_context *ctx;

static void set_up(void)
{
    ctx = aimct_context(1, 0, 9);
}

static void tear_down(void)
{
    aimc_context_destroy(ctx);
}

/* Pattern k: all of one value; one of it among ones; or a mixture, of both signs. */
static void fill(float *x, size_t n, size_t k)
{
    uint64_t state = 17 + k;
    for (size_t i = 0; i < n; i++) {
        if (k < VALUES)
            x[i] = values[k];
        else if (k == VALUES)
            x[i] = i ? 1 : 1e10f;
        else
            x[i] = values[aimct_next(&state) % VALUES] * (aimct_next(&state) % 2 ? 1.0f : -1.0f);
    }
}

/* An op of one input, and its shape. */
static const struct op {
    const char *name, *config, *shape;
} ops[] = {
    {"linear", "{\"out_features\": 3}", "4"},
    {"linear",
     "{\"out_features\": 3, \"matrix\": {\"kind\": \"layer\", \"device\": \"ideal\", "
     "\"forward\": {\"is_perfect\": true}, \"backward\": {\"is_perfect\": true}}}",
     "4"},
    {"linear",
     "{\"out_features\": 3, \"matrix\": {\"kind\": \"layer\", \"device\": \"soft_bounds\"}}", "4"},
    {"conv2d", "{\"out_channels\": 2, \"kernel\": 3}", "1, 4, 4"},
    {"conv2d",
     "{\"out_channels\": 2, \"kernel\": 3, \"matrix\": {\"kind\": \"layer\", \"device\": "
     "\"soft_bounds\", \"optimizer\": \"c_ttv2\"}}",
     "1, 4, 4"},
    {"conv_transpose2d", "{\"out_channels\": 2, \"kernel\": 3}", "1, 2, 2"},
    {"conv2d", "{\"out_channels\": 2, \"kernel\": 3, \"groups\": 2}", "2, 4, 4"},
    {"batch_norm", "{}", "3, 2, 2"},
    {"layer_norm", "{}", "6"},
    {"group_norm", "{\"groups\": 1}", "2, 2, 2"},
    {"softmax", "{}", "5"},
    {"log_softmax", "{}", "5"},
    {"relu", "{}", "4"},
    {"tanh", "{}", "4"},
    {"sigmoid", "{}", "4"},
    {"gelu", "{}", "4"},
    {"silu", "{}", "4"},
    {"elu", "{}", "4"},
    {"hard_swish", "{}", "4"},
    {"lstm", "{\"hidden_size\": 3}", "3, 4"},
    {"gru", "{\"hidden_size\": 3}", "3, 4"},
    {"rnn", "{\"hidden_size\": 3}", "3, 4"},
    {"attention", "{\"heads\": 2}", "3, 4"},
    {"avg_pool2d", "{\"kernel\": 2}", "1, 4, 4"},
    {"max_pool2d", "{\"kernel\": 2}", "1, 4, 4"},
    {"flatten", "{}", "1, 2, 2"},
};
enum { OPS = sizeof ops / sizeof *ops };

static aimc_network *build(const struct op *op, const char *optimizer)
{
    char json[1200];
    aimc_network *net = NULL;
    snprintf(json, sizeof json,
             "{\"format\": \"aimc-network\", \"version\": 1, \"inputs\": [{\"name\": \"x\", "
             "\"shape\": [%s]}], \"nodes\": [{\"name\": \"op\", \"op\": \"%s\", \"inputs\": "
             "[\"x\"], \"config\": %s}], \"outputs\": [\"op\"], \"optimizer\": {\"kind\": "
             "\"%s\"}}",
             op->shape, op->name, op->config, optimizer);
    OK(aimc_network_create_from_json(ctx, json, &net));
    return net;
}

static bool all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

/* Finite outputs, or none and a sentence. */
static void check(const aimc_network *net, aimc_status st, const char *what, const struct op *op,
                  const float *y)
{
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(net, &info));
    ck_assert_uint_le(info.n_out * BATCH, MOST);
    ck_assert_msg(st == AIMC_ERR_INVALID || (st == AIMC_OK && all_finite(y, BATCH * info.n_out)),
                  "%s of %s %s: %d: %s", what, op->name, op->config, (int)st,
                  st ? aimc_get_last_error() : "not finite");
}

/* A step of this pattern of inputs and gradients. */
static void step(aimc_network *net, const struct op *op, size_t k, size_t g, double lr)
{
    float x[MOST], y[MOST], d[MOST];
    fill(x, MOST, k);
    fill(d, MOST, g);
    aimc_status st = aimc_network_forward(net, BATCH, x, y);
    check(net, st, "forward", op, y);
    if (!st)
        st = aimc_network_backward(net, BATCH, d, NULL);
    if (!st)
        st = aimc_network_step(net, lr);
    ck_assert_msg(st == AIMC_OK || st == AIMC_ERR_INVALID, "step of %s: %s", op->name,
                  aimc_get_last_error());
    if (st)
        OK(aimc_network_zero_gradients(net));
}

/* _i: the op */
START_TEST(every_op)
{
    static const char *const optimizers[] = {"digital_sgd", "adam"};
    static const double rates[] = {0, 0.1, 1e30};
    const struct op *const op = &ops[_i];
    float x[MOST], y[MOST];
    for (size_t o = 0; o < 2; o++) {
        aimc_network *net = build(op, optimizers[o]);
        for (size_t k = 0; k < PATTERNS; k++) {
            fill(x, MOST, k);
            check(net, aimc_network_predict(net, BATCH, x, y), "predict", op, y);
            for (size_t g = 0; g < PATTERNS; g++)
                for (size_t r = 0; r < 3; r++)
                    step(net, op, k, g, rates[r]);
        }
        /* weights may be huge now, but are numbers: others are not saved */
        size_t size = 0;
        OK(aimc_network_save_bytes(net, NULL, 0, &size));
        aimc_network_destroy(net);
    }
}
END_TEST

static float loss_of(aimc_network *net, const float *x, const uint32_t *labels)
{
    float loss = 0;
    OK(aimc_network_train_batch(net, BATCH, x, labels, 0, &loss));
    return loss;
}

/* A step that is refused changes nothing. */
START_TEST(a_refused_step_changes_nothing)
{
    static const uint32_t labels[BATCH] = {0, 2};
    float x[MOST], wild[MOST], before[MOST], after[MOST];
    aimc_network *net = build(&ops[0], "adam");
    fill(x, MOST, 3);
    fill(wild, MOST, 6);
    OK(aimc_network_predict(net, BATCH, x, before));
    const float loss = loss_of(net, x, labels);
    FAILS(AIMC_ERR_INVALID, "network_train_batch: the loss is not finite",
          aimc_network_train_batch(net, BATCH, wild, labels, 0.1, NULL));
    fill(wild, MOST, 5);
    OK(aimc_network_forward(net, BATCH, wild, NULL));
    OK(aimc_network_backward(net, BATCH, x, NULL));
    FAILS(AIMC_ERR_INVALID,
          "network_step: the gradient of 'op.weight0' is beyond 1e+18, from where lr = 0.1",
          aimc_network_step(net, 0.1));
    OK(aimc_network_zero_gradients(net));
    OK(aimc_network_predict(net, BATCH, x, after));
    ck_assert_mem_eq(before, after, BATCH * 3 * sizeof(float));
    ck_assert(loss_of(net, x, labels) == loss);
    aimc_network_destroy(net);
}
END_TEST

/* Adam without eps: a gradient of 0 moves nothing. */
START_TEST(a_gradient_of_nothing)
{
    float x[MOST] = {0}, y[MOST], z[MOST];
    aimc_network *net = build(&ops[0], "adam");
    aimc_config *adam = NULL;
    OK(aimc_config_create(ctx, "adam", &adam));
    OK(aimc_config_set(adam, "eps", 0));
    OK(aimc_network_set_optimizer(net, adam));
    aimc_config_destroy(adam);
    OK(aimc_network_forward(net, BATCH, x, y));
    OK(aimc_network_backward(net, BATCH, x, NULL));
    OK(aimc_network_step(net, 0.1));
    OK(aimc_network_predict(net, BATCH, x, z));
    ck_assert_mem_eq(y, z, BATCH * 3 * sizeof(float));
    aimc_network_destroy(net);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("overflow");
    TCase *t = aimct_case(s, "networks");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, every_op, 0, OPS);
    tcase_add_test(t, a_refused_step_changes_nothing);
    tcase_add_test(t, a_gradient_of_nothing);
    return aimct_main(s);
}
