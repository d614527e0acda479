/* SPDX-License-Identifier: MIT */
/* Networks of convolutions: evaluation and training steps, matrices on tiles beside digital
 * ones. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static aimc_value add(aimc_network *net, aimc_context *ctx, const char *op, const char *json,
                      aimc_value in)
{
    aimc_config *config;
    aimc_value out;
    bench_must(aimc_config_create(ctx, op, &config));
    bench_must(aimc_config_parse(config, json));
    bench_must(aimc_network_add(net, op, config, 1, &in, &out));
    aimc_config_destroy(config);
    return out;
}

/* A convolution of 3 x 3 over images of 32 x 32, with batch norm and relu. */
static void add_block(aimc_network *net, aimc_context *ctx, int channels, int groups,
                      const char *matrix)
{
    const size_t shape[3] = {(size_t)channels, 32, 32};
    char json[256];
    aimc_value x;
    snprintf(
        json, sizeof json,
        "{\"out_channels\": %d, \"groups\": %d, \"kernel\": 3, \"padding\": 1, \"matrix\": %s}",
        channels, groups, matrix);
    bench_must(aimc_network_add_input(net, "x", shape, 3, &x));
    x = add(net, ctx, "conv2d", json, x);
    x = add(net, ctx, "batch_norm", "{}", x);
    (void)add(net, ctx, "relu", "{}", x);
}

/* LeNet-5 for images of 28 x 28, with 16 and 32 filters. */
static void add_lenet(aimc_network *net, aimc_context *ctx, const char *matrix)
{
    const size_t shape[3] = {1, 28, 28};
    char json[256];
    aimc_value x;
    bench_must(aimc_network_add_input(net, "x", shape, 3, &x));
    for (int channels = 16; channels <= 32; channels *= 2) {
        snprintf(json, sizeof json, "{\"out_channels\": %d, \"kernel\": 5, \"matrix\": %s}",
                 channels, matrix);
        x = add(net, ctx, "conv2d", json, x);
        x = add(net, ctx, "tanh", "{}", x);
        x = add(net, ctx, "max_pool2d", "{\"kernel\": 2}", x);
    }
    x = add(net, ctx, "flatten", "{}", x);
    snprintf(json, sizeof json, "{\"out_features\": 128, \"matrix\": %s}", matrix);
    x = add(net, ctx, "linear", json, x);
    x = add(net, ctx, "tanh", "{}", x);
    snprintf(json, sizeof json, "{\"out_features\": 10, \"matrix\": %s}", matrix);
    (void)add(net, ctx, "linear", json, x);
}

typedef struct network_task {
    aimc_network *net;
    size_t n;
    float *x, *y;
    uint32_t *labels;
} network_task;

static void evaluate(void *arg)
{
    const network_task *t = arg;
    bench_must(aimc_network_predict(t->net, t->n, t->x, t->y));
}

static void step(void *arg)
{
    const network_task *t = arg;
    bench_must(aimc_network_train_batch(t->net, t->n, t->x, t->labels, 0.01, NULL));
}

static void open_task(network_task *t, aimc_network *net, size_t n)
{
    aimc_network_info info = {.struct_size = sizeof info};
    bench_must(aimc_network_get_info(net, &info));
    *t = (network_task){net, n, calloc(n * info.n_in, sizeof *t->x),
                        calloc(n * info.n_out, sizeof *t->y), calloc(n, sizeof *t->labels)};
    bench_fill(t->x, n * info.n_in, 1, bench_uniform, 1);
    for (size_t s = 0; s < n; s++)
        t->labels[s] = (uint32_t)(s % 10);
}

static void close_task(network_task *t)
{
    aimc_network_destroy(t->net);
    free(t->x);
    free(t->y);
    free(t->labels);
}

#define PERFECT "{\"is_perfect\": true}"

static const struct {
    const char *name, *matrix;
} kinds[] = {{"digital", "\"digital\""},
             {"ideal", "{\"kind\": \"layer\", \"device\": \"ideal\", \"forward\": " PERFECT
                       ", \"backward\": " PERFECT "}"},
             {"constant_step", "{\"kind\": \"layer\", \"device\": \"constant_step\"}"}};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* groups 0: a step of LeNet-5; else the evaluation of a convolution */
static void compare(bench *b, const char *what, int channels, int groups, size_t n)
{
    network_task t[N_KINDS];
    bench_task tasks[N_KINDS];
    for (size_t k = 0; k < N_KINDS; k++) {
        aimc_network *net;
        bench_must(aimc_network_create(b->ctx, &net));
        if (groups)
            add_block(net, b->ctx, channels, groups, kinds[k].matrix);
        else
            add_lenet(net, b->ctx, kinds[k].matrix);
        open_task(&t[k], net, n);
        tasks[k] = (bench_task){groups ? evaluate : step, &t[k], 0};
    }
    bench_measure(b, tasks, N_KINDS);
    for (size_t k = 0; k < N_KINDS; k++) {
        bench_report(b, 1e3 * tasks[k].seconds, "ms", tasks[k].seconds / tasks[0].seconds,
                     "x digital", "%s batch %zu %s", what, n, kinds[k].name);
        close_task(&t[k]);
    }
}

void bench_networks(bench *b)
{
    compare(b, "convolution 16 x 32 x 32", 16, 1, 64);
    compare(b, "depthwise convolution 16 x 32 x 32", 16, 16, 64);
    compare(b, "LeNet-5 step", 0, 0, 8);
}
