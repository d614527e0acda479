/* SPDX-License-Identifier: MIT */
/* Whether the flat release works where it was compiled: a perceptron learns by pulses, is saved and
 * loaded to the same bits, and drifts as a chip. Prints "passed" and leaves nothing behind. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aimc.h"

enum { N = 64, IN = 8, OUT = 2 };

#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (call) {                                                                                \
            fprintf(stderr, "smoke: %s: %s\n", #call, aimc_get_last_error());                      \
            exit(EXIT_FAILURE);                                                                    \
        }                                                                                          \
    } while (0)

static void expect(int is, const char *what)
{
    if (!is) {
        fprintf(stderr, "smoke: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

/* Points in a cube, and which of two corners is the nearer one. */
static void make_data(float *x, uint32_t *labels)
{
    uint32_t random = 1;
    for (int k = 0; k < N; k++) {
        float sum = 0;
        for (int i = 0; i < IN; i++) {
            random = random * 1664525u + 1013904223u;
            x[k * IN + i] = (float)(random >> 8) / 8388608.0f - 1.0f;
            sum += x[k * IN + i];
        }
        labels[k] = sum > 0;
    }
}

int main(void)
{
    static float x[N * IN], before[N * OUT], after[N * OUT];
    static uint32_t labels[N];
    const char *file = "aimc-smoke.safetensors";
    aimc_context *ctx;
    aimc_config *layer, *program;
    aimc_network *net, *loaded;
    double accuracy = 0;
    float loss;

    make_data(x, labels);
    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_config_create(ctx, "layer", &layer));
    TRY(aimc_config_set_text(layer, "device", "gokmen_vlasov"));
    TRY(aimc_network_create(ctx, &net));
    TRY(aimc_network_add_linear(net, OUT, IN, layer));
    for (int epoch = 0; epoch < 50; epoch++)
        TRY(aimc_network_train_batch(net, N, x, labels, 0.2, &loss));
    TRY(aimc_network_evaluate(net, N, x, labels, &accuracy));
    expect(accuracy > 0.9, "the perceptron did not learn");

    TRY(aimc_network_save(net, file));
    TRY(aimc_network_load(ctx, file, &loaded));
    remove(file);
    TRY(aimc_network_predict(net, N, x, before));
    TRY(aimc_network_predict(loaded, N, x, after));
    expect(!memcmp(before, after, sizeof before), "what was loaded is not what was saved");

    TRY(aimc_config_create(ctx, "inference", &program));
    TRY(aimc_network_program(net, program, NULL));
    TRY(aimc_network_drift_programmed(net, 86400.0, NULL));
    TRY(aimc_network_predict(net, N, x, after));
    expect(memcmp(before, after, sizeof before), "a day on the chip changed nothing");
    for (int k = 0; k < N * OUT; k++)
        expect(isfinite((double)after[k]) != 0, "an output is not finite");

    printf("aimc %s, %.1f %% of the points right: passed\n", aimc_get_version(), 100 * accuracy);
    aimc_config_destroy(program);
    aimc_config_destroy(layer);
    aimc_network_destroy(loaded);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return EXIT_SUCCESS;
}
