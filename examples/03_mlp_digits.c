/* SPDX-License-Identifier: MIT */
/*
 * A multi-layer perceptron on analog tiles learns to read digits.
 *
 * Both layers, 64 -> 64 -> 10, are arrays of devices with about 1,250 states, trained by pulses
 * alone.
 */
#include "common.h"
#include "digits.h"

enum { HIDDEN = 64, BATCH = 10, EPOCHS = 10 };

static struct digits data;

/* One epoch over mini-batches of neighbours: the digits lie in mixed order already. */
static double train_epoch(aimc_network *net, double lr)
{
    double sum = 0.0;
    for (size_t first = 0; first < N_TRAIN; first += BATCH) {
        const size_t n = N_TRAIN - first < BATCH ? N_TRAIN - first : BATCH;
        float loss;
        TRY(aimc_network_train_batch(net, n, data.train_x[first], data.train_label + first, lr,
                                     &loss));
        sum += (double)loss * (double)n;
    }
    return sum / N_TRAIN;
}

int main(void)
{
    aimc_context *ctx;
    aimc_config *layer;
    aimc_network *net;
    double accuracy = 0.0, lr = 0.1;

    read_digits(&data);
    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_config_create(ctx, "layer", &layer));
    TRY(aimc_config_set_text(layer, "device", "gokmen_vlasov"));

    TRY(aimc_network_create(ctx, &net));
    TRY(aimc_network_add_linear(net, HIDDEN, PIXELS, layer));
    TRY(aimc_network_add_activation(net, AIMC_TANH));
    TRY(aimc_network_add_linear(net, CLASSES, HIDDEN, layer));

    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        const double loss = train_epoch(net, lr);
        TRY(aimc_network_evaluate(net, N_TEST, data.test_x[0], data.test_label, &accuracy));
        printf("epoch %2d   loss %.4f   test accuracy %.4f\n", epoch, loss, accuracy);
        lr *= 0.9;
    }

    aimc_network_destroy(net);
    aimc_config_destroy(layer);
    aimc_context_destroy(ctx);
    /* 0.955 to 0.970 on ten seeds */
    return accuracy >= 0.93 ? EXIT_SUCCESS : EXIT_FAILURE;
}
