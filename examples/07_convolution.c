/* SPDX-License-Identifier: MIT */
/*
 * A convolutional network with a shortcut learns to read digits, its convolutions on analog tiles:
 *
 *     image 1 x 8 x 8 -> conv 3 x 3, relu -> conv 3 x 3 -> + -> relu -> pool 2 x 2 -> linear ->
 * digit
 *                                     '------------------'
 *
 * A convolution is one matrix that reads a vector for every pixel: 64 for each image here. The last
 * layer is digital, as is usual on a chip.
 */
#include <math.h>

#include "common.h"
#include "digits.h"

enum { CHANNELS = 8, BATCH = 10, EPOCHS = 6 };

static struct digits data;

static aimc_config *conv_config(aimc_context *ctx)
{
    aimc_config *conv;
    TRY(aimc_config_create(ctx, "conv2d", &conv));
    TRY(aimc_config_parse(conv, "{\"kernel\": 3, \"padding\": 1, \"matrix\": {\"kind\": \"layer\","
                                " \"device\": \"gokmen_vlasov\"}}"));
    TRY(aimc_config_set(conv, "out_channels", CHANNELS));
    return conv;
}

static void build(aimc_context *ctx, aimc_network *net)
{
    const size_t image[3] = {1, 8, 8};
    aimc_config *conv = conv_config(ctx), *pool, *linear;
    aimc_value x, h, sum[2];
    TRY(aimc_config_create(ctx, "max_pool2d", &pool));
    TRY(aimc_config_set(pool, "kernel", 2));
    TRY(aimc_config_create(ctx, "linear", &linear));
    TRY(aimc_config_set(linear, "out_features", CLASSES));

    TRY(aimc_network_add_input(net, "image", image, 3, &x));
    TRY(aimc_network_add(net, "conv2d", conv, 1, &x, &h));
    TRY(aimc_network_add(net, "relu", NULL, 1, &h, &sum[0]));
    TRY(aimc_network_add(net, "conv2d", conv, 1, &sum[0], &sum[1]));
    TRY(aimc_network_add(net, "add", NULL, 2, sum, &h));
    TRY(aimc_network_add(net, "relu", NULL, 1, &h, &h));
    TRY(aimc_network_add(net, "max_pool2d", pool, 1, &h, &h));
    TRY(aimc_network_add(net, "flatten", NULL, 1, &h, &h));
    TRY(aimc_network_add(net, "linear", linear, 1, &h, &h));
    TRY(aimc_network_set_name(net, h, "classes"));
    aimc_config_destroy(conv);
    aimc_config_destroy(pool);
    aimc_config_destroy(linear);
}

int main(void)
{
    aimc_context *ctx;
    aimc_network *net;
    char text[2048];
    double accuracy = 0.0;

    read_digits(&data);
    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_network_create(ctx, &net));
    build(ctx, net);
    aimc_network_describe(net, text, sizeof text);
    fputs(text, stdout);

    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        const double lr = 0.05 * pow(0.8, epoch - 1);
        for (size_t first = 0; first + BATCH <= N_TRAIN; first += BATCH)
            TRY(aimc_network_train_batch(net, BATCH, data.train_x[first], data.train_label + first,
                                         lr, NULL));
        TRY(aimc_network_evaluate(net, N_TEST, data.test_x[0], data.test_label, &accuracy));
        printf("epoch %d   test accuracy %.4f\n", epoch, accuracy);
    }

    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return accuracy >= 0.9 ? EXIT_SUCCESS : EXIT_FAILURE;
}
