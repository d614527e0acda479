/* SPDX-License-Identifier: MIT */
/*
 * A residual network goes onto a chip of phase-change memory, drifts, is compensated, and is
 * retrained with noise on its weights, so that it bears being programmed:
 *
 *     09_resnet [8|20]                            8 x 8 digits, for which it is trained first
 *     09_resnet 8|20 MODEL TRAIN TEST [SAMPLES]   a pretrained one, CIFAR-10 (gzipped binary files)
 *
 *     python3 -m aimc.convert --logits mlperf_tiny_ic_resnet8.json resnet8.safetensors
 *     09_resnet 8 resnet8.safetensors data_batch_1.bin.gz test_batch.bin.gz
 */
#include "cifar.h"
#include "digits.h"
#include "samples.h"

enum { BATCH = 16 };

/* What a layer is on the chip: exact devices, as programming says what they are; converters of 8
 * bits; weights that fill their columns; and the noise of retraining. */
static const char chip[] =
    "{\"device\": \"ideal\", \"forward\": \"standard_io\", \"backward\": \"perfect_io\","
    " \"mapping\": {\"weight_scaling_omega\": 1, \"weight_scaling_columnwise\": true},"
    " \"hwa\": {\"modifier\": {\"type\": \"ADD_NORMAL\", \"std_dev\": 0.05}}}";

static struct digits small;

static aimc_value conv(aimc_network *net, aimc_context *ctx, aimc_value x, int channels, int kernel,
                       int stride)
{
    char json[128];
    snprintf(json, sizeof json,
             "{\"out_channels\": %d, \"kernel\": %d, \"stride\": %d, \"padding\": %d}", channels,
             kernel, stride, kernel / 2);
    return add(net, ctx, "batch_norm", NULL, add(net, ctx, "conv2d", json, x));
}

static aimc_value block(aimc_network *net, aimc_context *ctx, aimc_value x, int channels,
                        int stride)
{
    aimc_value y = add(net, ctx, "relu", NULL, conv(net, ctx, x, channels, 3, stride));
    y = conv(net, ctx, y, channels, 3, 1);
    if (stride > 1)
        x = conv(net, ctx, x, channels, 1, stride);
    TRY(aimc_network_add(net, "add", NULL, 2, (aimc_value[]){x, y}, &y));
    return add(net, ctx, "relu", NULL, y);
}

/* 6 n + 2 layers: a stem, three stages of n blocks, a linear layer. */
static aimc_network *build(aimc_context *ctx, int layers)
{
    const size_t image[3] = {1, 8, 8};
    aimc_network *net;
    aimc_value x;
    TRY(aimc_network_create(ctx, &net));
    TRY(aimc_network_add_input(net, "image", image, 3, &x));
    x = add(net, ctx, "relu", NULL, conv(net, ctx, x, 8, 3, 1));
    for (int stage = 0; stage < 3; stage++)
        for (int k = 0; k < (layers - 2) / 6; k++)
            x = block(net, ctx, x, 8 << stage, stage && !k ? 2 : 1);
    x = add(net, ctx, "flatten", NULL, add(net, ctx, "global_avg_pool", NULL, x));
    add(net, ctx, "linear", "{\"out_features\": 10}", x);
    return net;
}

static struct samples take_digits(float (*x)[PIXELS], const uint32_t *label, size_t n)
{
    struct samples s = make_samples(n, PIXELS);
    memcpy(s.x, x, n * sizeof *x);
    memcpy(s.label, label, n * sizeof *label);
    return s;
}

/* ResNet-8 of MLPerf Tiny takes 0 ... 255. It shall take 0 ... 1, or its first gradients would be
 * 255 times as large as the others. */
static void rescale(aimc_network *net)
{
    float weight[16 * 3 * 3 * 3];
    const size_t n = sizeof weight / sizeof *weight;
    TRY(aimc_network_get_tensor(net, "conv2d.weight", n, weight));
    for (size_t i = 0; i < n; i++)
        weight[i] *= 255;
    TRY(aimc_network_set_tensor(net, "conv2d.weight", n, weight));
}

/* Program the chip, let it age and read it; a table of two rows. */
static double deploy(aimc_context *ctx, aimc_network *net, const struct samples *test)
{
    static const double times[2] = {3600, 30 * 86400.0};
    double compensated = 0;
    aimc_config *programming;
    TRY(aimc_config_create(ctx, "inference", &programming));
    configure(programming, "noise_model=pcm_like seed=1 compensation.method=GLOBAL");
    for (int k = 0; k < 2; k++) {
        TRY(aimc_network_program(net, programming, NULL));
        TRY(aimc_network_drift_programmed(net, times[k], NULL));
        const double drifted = accuracy(net, test);
        TRY(aimc_network_compensate(net, 0, NULL, NULL));
        compensated = accuracy(net, test);
        printf("    %s later %.4f, compensated %.4f\n", k ? "30 days" : "an hour", drifted,
               compensated);
        TRY(aimc_network_unprogram(net));
    }
    aimc_config_destroy(programming);
    return compensated;
}

int main(int argc, char **argv)
{
    const int layers = (int)number(argc, argv, 1, 8), pretrained = argc > 4;
    const size_t n = (size_t)number(argc, argv, 5, 1000);
    struct samples data, test;
    aimc_context *ctx;
    aimc_network *net;
    aimc_config *layer;
    TRY(aimc_context_create(NULL, &ctx));
    if (pretrained) {
        TRY(aimc_network_load(ctx, argv[2], &net));
        if (layers == 8)
            rescale(net);
        data = read_cifar(argv[3], 10000, layers);
        test = read_cifar(argv[4], n, layers);
    } else {
        read_digits(&small);
        data = take_digits(small.train_x, small.train_label, N_TRAIN);
        test = take_digits(small.test_x, small.test_label, N_TEST);
        net = build(ctx, layers);
        train(net, &data, &test, 6, BATCH, 0.1);
    }
    const double digital = accuracy(net, &test);
    TRY(aimc_config_create(ctx, "layer", &layer));
    TRY(aimc_config_parse(layer, chip));
    TRY(aimc_network_convert_to_analog(net, layer));
    printf("digital %.4f, on tiles %.4f\n  programmed\n", digital, accuracy(net, &test));
    const double before = deploy(ctx, net, &test);
    printf("  retrained with noise on the weights\n");
    train(net, &data, &test, 2, BATCH, pretrained ? 0.0005 : 0.02);
    const double after = deploy(ctx, net, &test);

    aimc_config_destroy(layer);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    free_samples(&data);
    free_samples(&test);
    return pretrained || (before > 0.9 && after > 0.9) ? EXIT_SUCCESS : EXIT_FAILURE;
}
