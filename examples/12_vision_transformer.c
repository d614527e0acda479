/* SPDX-License-Identifier: MIT */
/*
 * A small vision transformer reads 8 x 8 digits: 16 patches of 2 x 2 pixels are the words of a
 * sentence, two blocks of attention look from each at all others, and every matrix is on tiles:
 *
 *     patch -> 32 numbers -> 2 x (x + attention(norm(x)), x + mlp(norm(x))) -> mean -> digit
 *
 * A patch comes with a one among 16 zeros that says where it is: the first matrix so learns a
 * vector for each place as well, which transformers call the embedding of positions.
 */
#include "digits.h"
#include "samples.h"

enum { PATCHES = 16, PATCH = 4, WIDTH = 32, BATCH = 8, EPOCHS = 12 };

#define MATRIX                                                                                     \
    "\"matrix\": {\"kind\": \"layer\", \"device\": \"constant_step\","                             \
    " \"mapping\": {\"weight_scaling_omega\": 0.4}}"

static struct digits small;

static struct samples cut(float (*x)[PIXELS], const uint32_t *label, size_t n)
{
    struct samples s = make_samples(n, PATCHES * (PATCH + PATCHES));
    for (size_t i = 0; i < n; i++) {
        s.label[i] = label[i];
        for (size_t p = 0; p < PATCHES; p++) {
            float *patch = s.x + (i * PATCHES + p) * (PATCH + PATCHES);
            for (size_t k = 0; k < PATCH; k++)
                patch[k] = x[i][(p / 4 * 2 + k / 2) * 8 + p % 4 * 2 + k % 2];
            patch[PATCH + p] = 1;
        }
    }
    return s;
}

static aimc_value block(aimc_context *ctx, aimc_network *net, aimc_value x)
{
    aimc_value y = add(net, ctx, "layer_norm", NULL, x);
    y = add(net, ctx, "attention", "{\"heads\": 4, " MATRIX "}", y);
    TRY(aimc_network_add(net, "add", NULL, 2, (aimc_value[]){x, y}, &x));
    y = add(net, ctx, "layer_norm", NULL, x);
    y = add(net, ctx, "gelu", NULL,
            add(net, ctx, "linear", "{\"out_features\": 64, " MATRIX "}", y));
    y = add(net, ctx, "linear", "{\"out_features\": 32, " MATRIX "}", y);
    TRY(aimc_network_add(net, "add", NULL, 2, (aimc_value[]){x, y}, &x));
    return x;
}

static void build(aimc_context *ctx, aimc_network *net)
{
    aimc_value x;
    TRY(aimc_network_add_input(net, "patches", (size_t[]){PATCHES, PATCH + PATCHES}, 2, &x));
    x = add(net, ctx, "linear", "{\"out_features\": 32, " MATRIX "}", x);
    x = block(ctx, net, block(ctx, net, x));
    x = add(net, ctx, "mean", "{\"axes\": 0}", add(net, ctx, "layer_norm", NULL, x));
    add(net, ctx, "linear", "{\"out_features\": 10, " MATRIX "}", x);
}

int main(void)
{
    aimc_context *ctx;
    aimc_network *net = make_network(1, &ctx);
    read_digits(&small);
    struct samples data = cut(small.train_x, small.train_label, N_TRAIN);
    struct samples test = cut(small.test_x, small.test_label, N_TEST);
    build(ctx, net);
    describe(net);
    const double right = train(net, &data, &test, EPOCHS, BATCH, 0.1);

    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    free_samples(&data);
    free_samples(&test);
    return right >= 0.88 ? EXIT_SUCCESS : EXIT_FAILURE;
}
