/* SPDX-License-Identifier: MIT */
/*
 * LeNet-5 learns to read digits with every weight on a tile of constant-step devices:
 *
 *     1 x 28 x 28 -> conv 5 x 5 -> 16 x 24 x 24 -> pool -> conv 5 x 5 -> 32 x 8 x 8 -> pool
 *                 -> 512 -> 128 -> 10
 *
 *     08_lenet                          8 x 8 digits, enlarged; four epochs
 *     08_lenet FOLDER [EPOCHS]          MNIST: a folder with train-images-idx3-ubyte.gz ...
 *
 * Batches of 8, learning rate 0.01. docs/networks-training.md says what 30 epochs of MNIST give.
 */
#include "digits.h"
#include "samples.h"

enum { SIDE = 28, PIXELS_28 = SIDE * SIDE, BATCH = 8 };

#define MATRIX "\"matrix\": {\"kind\": \"layer\", \"device\": \"constant_step\"}"

static struct digits small;

/* Three by three pixels for each of 8 x 8, two of white around. */
static struct samples enlarge(float (*x)[PIXELS], const uint32_t *label, size_t n)
{
    struct samples s = make_samples(n, PIXELS_28);
    for (size_t i = 0; i < n; i++) {
        s.label[i] = label[i];
        for (size_t r = 0; r < 24; r++)
            for (size_t c = 0; c < 24; c++)
                s.x[i * PIXELS_28 + (r + 2) * SIDE + c + 2] = x[i][r / 3 * 8 + c / 3];
    }
    return s;
}

static struct samples read_mnist(const char *folder, const char *part, unsigned n)
{
    struct samples s = make_samples(n, PIXELS_28);
    unsigned char *bytes = calloc(n, PIXELS_28);
    char path[4096];
    if (!bytes)
        exit(EXIT_FAILURE);
    snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte.gz", folder, part);
    read_idx(path, 16, bytes, n * PIXELS_28);
    for (size_t i = 0; i < n * (size_t)PIXELS_28; i++)
        s.x[i] = (float)bytes[i] / 255.0f;
    snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte.gz", folder, part);
    read_idx(path, 8, bytes, n);
    for (size_t i = 0; i < n; i++)
        s.label[i] = bytes[i];
    free(bytes);
    return s;
}

static void build(aimc_context *ctx, aimc_network *net)
{
    const size_t image[3] = {1, SIDE, SIDE};
    aimc_value x;
    TRY(aimc_network_add_input(net, "image", image, 3, &x));
    x = add(net, ctx, "conv2d", "{\"out_channels\": 16, \"kernel\": 5, " MATRIX "}", x);
    x = add(net, ctx, "tanh", NULL, x);
    x = add(net, ctx, "max_pool2d", "{\"kernel\": 2}", x);
    x = add(net, ctx, "conv2d", "{\"out_channels\": 32, \"kernel\": 5, " MATRIX "}", x);
    x = add(net, ctx, "tanh", NULL, x);
    x = add(net, ctx, "max_pool2d", "{\"kernel\": 2}", x);
    x = add(net, ctx, "flatten", NULL, x);
    x = add(net, ctx, "linear", "{\"out_features\": 128, " MATRIX "}", x);
    x = add(net, ctx, "tanh", NULL, x);
    add(net, ctx, "linear", "{\"out_features\": 10, " MATRIX "}", x);
}

int main(int argc, char **argv)
{
    const int epochs = (int)number(argc, argv, 2, argc > 1 ? 30 : 4);
    const double lr = argc > 1 ? 0.01 : 0.03;
    struct samples data, test;
    aimc_context *ctx;
    aimc_network *net;

    if (argc > 1) {
        data = read_mnist(argv[1], "train", 60000);
        test = read_mnist(argv[1], "t10k", 10000);
    } else {
        read_digits(&small);
        data = enlarge(small.train_x, small.train_label, N_TRAIN);
        test = enlarge(small.test_x, small.test_label, N_TEST);
    }
    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_network_create(ctx, &net));
    build(ctx, net);
    describe(net);
    const double right = train(net, &data, &test, epochs, BATCH, lr);
    printf("test error %.2f %%\n", 100 * (1 - right));

    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    free_samples(&data);
    free_samples(&test);
    return right >= 0.9 ? EXIT_SUCCESS : EXIT_FAILURE;
}
