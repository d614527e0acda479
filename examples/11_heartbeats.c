/* SPDX-License-Identifier: MIT */
/*
 * Heart beats by their shape, once by convolutions along the series and once by a recurrent layer
 * that reads it four numbers at a time, both on tiles:
 *
 *     11_heartbeats                                    made-up beats of three kinds
 *     11_heartbeats FILE.tsv [EPOCHS [SEED [validation]]]
 *                                                      of the UCR archive: class, then the series
 *
 * A file is split here: by the seed 30 % of its beats are the test. "validation" leaves them out
 * and tests with a fifth of the others, for choosing settings.
 */
#include "samples.h"

enum { BATCH = 8, STEP = 4 };

#define MATRIX                                                                                     \
    "\"matrix\": {\"kind\": \"layer\", \"device\": \"constant_step\","                             \
    " \"mapping\": {\"weight_scaling_omega\": 0.4}}"

static size_t n_classes = 3;

/* A hump, a sharp peak and a dip at places that differ a little; of the second kind the peak points
 * down, of the third the dip is missing. */
static struct samples make_beats(size_t n, size_t length)
{
    struct samples s = make_samples(n, length);
    for (size_t i = 0; i < n; i++) {
        const unsigned kind = s.label[i] = (uint32_t)(i % 3);
        const double at = 0.75 + 0.04 * (double)random_input();
        for (size_t j = 0; j < length; j++) {
            const double t = (double)j / (double)length;
            const double hump = 0.5 * exp(-pow((t - at + 0.2) / 0.05, 2));
            const double peak = (kind == 1 ? -2 : 2) * exp(-pow((t - at) / 0.02, 2));
            const double dip = kind == 2 ? 0 : 0.8 * exp(-pow((t - at - 0.14) / 0.04, 2));
            s.x[i * length + j] = (float)(hump + peak - dip) + 0.1f * random_normal();
        }
    }
    return s;
}

/* Classes are counted from 0; the series is cut to a multiple of STEP. */
static struct samples read_beats(aimc_context *ctx, const char *path)
{
    const aimc_table_params tabs = {.struct_size = sizeof tabs, .delimiter = "tab"};
    aimc_table *table;
    TRY(aimc_table_read(ctx, path, &tabs, &table));
    const size_t n = aimc_table_count_rows(table), columns = aimc_table_count_columns(table);
    struct samples s = make_samples(n, (columns - 1) / STEP * STEP);
    double *values = malloc(n * columns * sizeof *values), first = HUGE_VAL, last = 0;
    if (!values)
        exit(EXIT_FAILURE);
    TRY(aimc_table_get_values(table, values, columns));
    for (size_t i = 0; i < n; i++) {
        first = fmin(first, values[i * columns]);
        last = fmax(last, values[i * columns]);
    }
    for (size_t i = 0; i < n; i++) {
        s.label[i] = (uint32_t)(values[i * columns] - first);
        for (size_t j = 0; j < s.width; j++)
            s.x[i * s.width + j] = (float)values[i * columns + 1 + j];
    }
    n_classes = (size_t)(last - first) + 1;
    free(values);
    aimc_table_destroy(table);
    return s;
}

static void add_classes(aimc_context *ctx, aimc_network *net, aimc_value x)
{
    char json[256];
    snprintf(json, sizeof json, "{\"out_features\": %zu, " MATRIX "}", n_classes);
    add(net, ctx, "linear", json, add(net, ctx, "flatten", NULL, x));
}

static void build_conv(aimc_context *ctx, aimc_network *net, size_t length)
{
    aimc_value x;
    TRY(aimc_network_add_input(net, "series", (size_t[]){1, length}, 2, &x));
    x = add(net, ctx, "conv1d", "{\"out_channels\": 16, \"kernel\": 9, \"stride\": 2, " MATRIX "}",
            x);
    x = add(net, ctx, "max_pool1d", "{\"kernel\": 2}", add(net, ctx, "relu", NULL, x));
    x = add(net, ctx, "conv1d", "{\"out_channels\": 32, \"kernel\": 5, " MATRIX "}", x);
    x = add(net, ctx, "max_pool1d", "{\"kernel\": 3}", add(net, ctx, "relu", NULL, x));
    add_classes(ctx, net, x);
}

static void build_lstm(aimc_context *ctx, aimc_network *net, size_t length)
{
    aimc_value x;
    TRY(aimc_network_add_input(net, "series", (size_t[]){length / STEP, STEP}, 2, &x));
    x = add(net, ctx, "lstm", "{\"hidden_size\": 32, " MATRIX "}", x);
    add_classes(ctx, net, x + 1); /* the state after the last step */
}

int main(int argc, char **argv)
{
    const int epochs = (int)number(argc, argv, 2, argc > 1 ? 30 : 12);
    double right[2];
    for (int lstm = 0; lstm < 2; lstm++) {
        aimc_context *ctx;
        aimc_network *net = make_network((uint32_t)number(argc, argv, 3, 1), &ctx);
        struct samples data = argc > 1 ? read_beats(ctx, argv[1]) : make_beats(500, 140);
        shuffle(&data);
        struct samples test = hold_out(&data, data.n * 3 / 10), unused = {0};
        if (argc > 4) {
            unused = test;
            test = hold_out(&data, data.n / 5);
        }
        (lstm ? build_lstm : build_conv)(ctx, net, data.width);
        printf("%s, %zu beats of %zu kinds to train, %zu to test\n", lstm ? "LSTM" : "convolutions",
               data.n, n_classes, test.n);
        right[lstm] = train(net, &data, &test, epochs, BATCH, lstm ? 0.4 : 0.1);
        aimc_network_destroy(net);
        aimc_context_destroy(ctx);
        free_samples(&data);
        free_samples(&test);
        free_samples(&unused);
    }
    return right[0] >= 0.9 && right[1] >= 0.9 ? EXIT_SUCCESS : EXIT_FAILURE;
}
