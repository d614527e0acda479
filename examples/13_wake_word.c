/* SPDX-License-Identifier: MIT */
/*
 * A wake-word detector and its ROC: how many wake words are found, and at what price in false
 * alarms, as noise rises. The score of a sound is how far the wake word is ahead of all else.
 *
 *     13_wake_word                            made-up sounds in noise; the network learns one word
 *                                             of ten on tiles, and is read from them
 *     13_wake_word MODEL SPECS LABELS [NOISE ...]
 *                                             a trained model, .npy files of its inputs and classes
 *                                             (0 is the wake word), noise that is added to the
 *                                             inputs; digital, then on phase-change memory after
 *                                             a day
 *
 * Prints the ROC as columns "noise false_alarms found", and for each noise the area under it: 1 is
 * perfect, 0.5 is guessing. The model of MLPerf Tiny:
 *
 *     python3 -m aimc.convert --logits mlperf_tiny_sww_dscnn1d.json wake.safetensors
 *     python3 -c 'import numpy as np; d = np.load("sww_calibration_samples.npz")
 *     np.save("specs.npy", d["specs"].reshape(45, 30, 40).transpose(0, 2, 1).reshape(45, -1))
 *     np.save("labels.npy", d["labels"])'
 *     13_wake_word wake.safetensors specs.npy labels.npy 0 0.05 0.1 0.2
 */
#include "audio.h"
#include "roc.h"

enum { SIZE = BANDS * FRAMES, BATCH = 8 };

#define MATRIX                                                                                     \
    "\"matrix\": {\"kind\": \"layer\", \"device\": \"constant_step\","                             \
    " \"mapping\": {\"weight_scaling_omega\": 0.4}}"

/* Every second sound is the wake word, the rest are nine other words and noise alone. */
static struct samples make_sounds(size_t n, float noise)
{
    struct samples s = make_samples(n, SIZE);
    static float sound[RATE];
    for (size_t i = 0; i < n; i++) {
        const unsigned word = i % 2 ? 0 : (unsigned)(i / 2 % 10);
        size_t length = make_word(word, sound, noise);
        s.label[i] = word != 0 || i % 2 == 0;
        if (!word && s.label[i]) /* the place of the wake word among the others: noise alone */
            for (size_t j = 0; j < length; j++)
                sound[j] = (noise + 0.01f) * random_input();
        spectrogram(sound, length, s.x + i * SIZE);
    }
    return s;
}

static aimc_network *learn(aimc_context **ctx)
{
    aimc_network *net = make_network(1, ctx);
    aimc_value x;
    TRY(aimc_network_add_input(net, "spectrum", (size_t[]){BANDS, FRAMES}, 2, &x));
    x = add(net, *ctx, "conv1d", "{\"out_channels\": 16, \"kernel\": 5, \"stride\": 2, " MATRIX "}",
            x);
    x = add(net, *ctx, "relu", NULL, x);
    x = add(net, *ctx, "conv1d", "{\"out_channels\": 16, \"kernel\": 5, \"stride\": 2, " MATRIX "}",
            x);
    x = add(net, *ctx, "flatten", NULL, add(net, *ctx, "relu", NULL, x));
    add(net, *ctx, "linear", "{\"out_features\": 2, " MATRIX "}", x);
    struct samples data = make_sounds(400, 0.05f), test = make_sounds(100, 0.05f);
    train(net, &data, &test, 8, BATCH, 0.05);
    free_samples(&data);
    free_samples(&test);
    return net;
}

static int made_up(void)
{
    static const float noises[4] = {0.05f, 0.2f, 0.4f, 1.6f};
    double area[4];
    aimc_context *ctx;
    aimc_network *net = learn(&ctx);
    for (int k = 0; k < 4; k++) {
        struct samples test = make_sounds(200, noises[k]);
        area[k] = measure(net, &test, 2, (double)noises[k]);
        free_samples(&test);
    }
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return area[0] >= 0.95 && area[3] < area[0] ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Classes and inputs from two .npy files. */
static struct samples read_sounds(aimc_context *ctx, const char *specs, const char *labels)
{
    aimc_table *x, *label;
    TRY(aimc_table_read(ctx, specs, NULL, &x));
    TRY(aimc_table_read(ctx, labels, NULL, &label));
    struct samples s = make_samples(aimc_table_count_rows(x), aimc_table_count_columns(x));
    double *values = malloc(s.n * s.width * sizeof *values);
    if (!values || aimc_table_count_columns(label) != s.n) {
        fprintf(stderr, "%s has no label for each row of %s\n", labels, specs);
        exit(EXIT_FAILURE);
    }
    TRY(aimc_table_get_values(label, values, s.n));
    for (size_t i = 0; i < s.n; i++)
        s.label[i] = (uint32_t)values[i];
    TRY(aimc_table_get_values(x, values, s.width));
    for (size_t i = 0; i < s.n * s.width; i++)
        s.x[i] = (float)values[i];
    free(values);
    aimc_table_destroy(x);
    aimc_table_destroy(label);
    return s;
}

/* Onto a chip that is a day old, its drift compensated. */
static void deploy(aimc_context *ctx, aimc_network *net)
{
    aimc_config *layer, *chip;
    TRY(aimc_config_create(ctx, "layer", &layer));
    configure(layer,
              "device=ideal mapping.weight_scaling_omega=1 mapping.weight_scaling_columnwise=true");
    TRY(aimc_config_create(ctx, "inference", &chip));
    configure(chip, "noise_model=pcm_like compensation.method=GLOBAL");
    TRY(aimc_network_convert_to_analog(net, layer));
    TRY(aimc_network_program(net, chip, NULL));
    TRY(aimc_network_drift_programmed(net, 86400, NULL));
    TRY(aimc_network_compensate(net, 0, NULL, NULL));
    aimc_config_destroy(layer);
    aimc_config_destroy(chip);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return made_up();
    aimc_context *ctx;
    aimc_network *net;
    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_network_load(ctx, argv[1], &net));
    for (int on_chip = 0; on_chip < 2; on_chip++) {
        printf("# %s\n", on_chip ? "phase-change memory" : "digital");
        if (on_chip)
            deploy(ctx, net);
        for (int k = 4; k < argc || k == 4; k++) {
            const double noise = number(argc, argv, k, 0);
            struct samples s = read_sounds(ctx, argv[2], argv[3]);
            for (size_t i = 0; i < s.n * s.width; i++)
                s.x[i] += (float)noise * random_normal();
            measure(net, &s, 3, noise);
            free_samples(&s);
        }
    }
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return EXIT_SUCCESS;
}
