/* SPDX-License-Identifier: MIT */
/* What tests of hardware-aware training begin with: a context, matrices, a small network and data
 * that it can learn. */
#ifndef AIMCT_HWA_TEST_H
#define AIMCT_HWA_TEST_H

#include "noise_test.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static aimc_matrix *make_grid(size_t n_out, size_t n_in, const char *settings)
{
    aimc_config *config = noise_config(ctx, "layer", settings);
    aimc_matrix *g = NULL;
    OK(aimc_matrix_create(NULL, n_out, n_in, config, &g));
    aimc_config_destroy(config);
    return g;
}

enum { IN = 6, HIDDEN = 12, OUT = 3, N_SAMPLES = 16 };

static aimc_network *make_network(const char *settings)
{
    aimc_network *net = NULL;
    aimc_config *layer = noise_config(ctx, "layer", settings);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, HIDDEN, IN, layer));
    OK(aimc_network_add_activation(net, AIMC_TANH));
    OK(aimc_network_add_linear(net, OUT, HIDDEN, layer));
    aimc_config_destroy(layer);
    return net;
}

static float train_once(aimc_network *net, uint64_t step)
{
    float x[N_SAMPLES * IN], loss;
    uint32_t labels[N_SAMPLES];
    aimct_fill(x, N_SAMPLES * IN, step);
    for (size_t s = 0; s < N_SAMPLES; s++)
        labels[s] = x[s * IN] > 0 ? 2 : x[s * IN + 1] > x[s * IN + 2];
    OK(aimc_network_train_batch(net, N_SAMPLES, x, labels, 0.2, &loss));
    return loss;
}

#endif
