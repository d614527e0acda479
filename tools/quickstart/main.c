/* SPDX-License-Identifier: MIT */
/*
 * Two rings of points: a network on analog tiles learns which ring a point is on, is saved, loaded,
 * and written to a chip that drifts for a day.
 */
#include <aimc/aimc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 400, BATCH = 10, HIDDEN = 32, EPOCHS = 60 };

/* Every call returns a status; the sentence says which argument was wrong, and why. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if ((call) != AIMC_OK) {                                                                   \
            fprintf(stderr, "%s\n", aimc_get_last_error());                                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static float x[N][2];
static uint32_t label[N];

static void make_rings(void)
{
    for (int k = 0; k < N; k++) {
        const double angle = 2.399963 * k, radius = (k % 2 ? 0.8 : 0.4) + 0.1 * sin(7.0 * k);
        x[k][0] = (float)(radius * cos(angle));
        x[k][1] = (float)(radius * sin(angle));
        label[k] = (uint32_t)(k % 2);
    }
}

static aimc_network *build(aimc_context *ctx)
{
    aimc_config *layer;
    aimc_network *net;
    TRY(aimc_config_create(ctx, "layer", &layer));
    TRY(aimc_config_set_text(layer, "device", "gokmen_vlasov"));
    TRY(aimc_network_create(ctx, &net));
    TRY(aimc_network_add_linear(net, HIDDEN, 2, layer));
    TRY(aimc_network_add_activation(net, AIMC_TANH));
    TRY(aimc_network_add_linear(net, 2, HIDDEN, layer));
    aimc_config_destroy(layer);
    return net;
}

int main(void)
{
    aimc_context *ctx;
    aimc_network *net, *loaded;
    aimc_config *chip;
    double trained, same, drifted;
    make_rings();
    TRY(aimc_context_create(NULL, &ctx));
    net = build(ctx);
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        for (int k = 0; k < N; k += BATCH)
            TRY(aimc_network_train_batch(net, BATCH, x[k], label + k, 0.1, NULL));
    TRY(aimc_network_evaluate(net, N, x[0], label, &trained));
    TRY(aimc_network_save(net, "rings.safetensors"));
    TRY(aimc_network_load(ctx, "rings.safetensors", &loaded));
    TRY(aimc_network_evaluate(loaded, N, x[0], label, &same));
    TRY(aimc_config_create(ctx, "inference", &chip));
    TRY(aimc_config_set_text(chip, "noise_model", "pcm_like"));
    TRY(aimc_config_set_text(chip, "compensation.method", "GLOBAL"));
    TRY(aimc_network_program(loaded, chip, NULL));
    TRY(aimc_network_drift_programmed(loaded, 86400, NULL));
    TRY(aimc_network_compensate(loaded, 0, NULL, NULL));
    TRY(aimc_network_evaluate(loaded, N, x[0], label, &drifted));
    printf("trained %.3f, loaded %.3f, on phase-change memory for a day %.3f\n", trained, same,
           drifted);
    aimc_config_destroy(chip);
    aimc_network_destroy(loaded);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return trained < 0.95 || same != trained;
}
