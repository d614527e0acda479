/* SPDX-License-Identifier: MIT */
/* Example 03 in C++: a multi-layer perceptron on analog tiles learns to read digits. */
#include <cstdio>

#include <aimc/aimc.hpp>

#include "digits.h"

static digits data;

int main()
try {
    constexpr std::size_t hidden = 64, batch = 10;
    read_digits(&data);

    aimc::context ctx;
    aimc::config layer(ctx, "layer");
    layer.set("device", "gokmen_vlasov");

    aimc::network net(ctx);
    net.add_linear(hidden, PIXELS, &layer)
        .add_activation(AIMC_TANH)
        .add_linear(CLASSES, hidden, &layer);

    double accuracy = 0, lr = 0.1;
    for (int epoch = 1; epoch <= 10; epoch++, lr *= 0.9) {
        double sum = 0;
        for (std::size_t first = 0; first < N_TRAIN; first += batch) {
            const std::size_t n = N_TRAIN - first < batch ? N_TRAIN - first : batch;
            const float loss = net.train_batch({data.train_x[first], n * PIXELS},
                                               {data.train_label + first, n}, lr);
            sum += static_cast<double>(loss) * static_cast<double>(n);
        }
        accuracy =
            net.evaluate({data.test_x[0], std::size_t{N_TEST} * PIXELS}, {data.test_label, N_TEST});
        std::printf("epoch %2d   loss %.4f   test accuracy %.4f\n", epoch, sum / int{N_TRAIN}, accuracy);
    }
    return accuracy >= 0.93 ? 0 : 1;
} catch (const aimc::error &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
