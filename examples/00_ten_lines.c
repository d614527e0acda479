/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <aimc/aimc.h>

int main(void)
{
    const float x[2][4] = {{0.1f, 0.2f, 0.4f, 0.3f}, {0.2f, 0.1f, 0.1f, 0.3f}};
    const float y[2][2] = {{1.0f, 0.5f}, {0.7f, 0.3f}};
    aimc_context *ctx;
    aimc_network *net;
    aimc_config *layer, *mse;
    float loss = 1;
    if (aimc_context_create(NULL, &ctx) || aimc_network_create(ctx, &net) ||
        aimc_config_create(ctx, "layer", &layer) || aimc_config_create(ctx, "mse", &mse) ||
        aimc_network_add_linear(net, 2, 4, layer) || aimc_network_set_loss(net, mse))
        return fprintf(stderr, "%s\n", aimc_get_last_error()), 1;
    for (int step = 0; step < 300; step++)
        aimc_network_train_targets(net, 2, x[0], y[0], 0.1, &loss);
    printf("loss %.4f\n", (double)loss);
    aimc_config_destroy(layer);
    aimc_config_destroy(mse);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return loss > 0.01f;
}
