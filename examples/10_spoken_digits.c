/* SPDX-License-Identifier: MIT */
/*
 * Key words from sound: WAV files become logarithmic mel spectra, and a depthwise separable network
 * (DS-CNN) on tiles learns to tell ten words apart:
 *
 *     20 bands x 48 frames -> conv over all bands -> 3 x (depthwise conv, 1 x 1 conv)
 *     -> mean -> word
 *
 *     10_spoken_digits                     made-up words, written as WAV files and read again
 *     10_spoken_digits FOLDER [EPOCHS [SEED [validation]]]
 *                                          the Free Spoken Digit Dataset: DIGIT_SPEAKER_NUMBER.wav,
 *                                          of which numbers 0 ... 4 are the test; for choosing
 *                                          settings 5 ... 9 are, and the test is left out
 */
#include <dirent.h>

#include "audio.h"

enum { SIZE = BANDS * FRAMES };

#define MATRIX                                                                                     \
    "\"matrix\": {\"kind\": \"layer\", \"device\": \"constant_step\","                             \
    " \"mapping\": {\"weight_scaling_omega\": 0.4}}"
#define DEPTHWISE                                                                                  \
    "{\"out_channels\": 32, \"kernel\": 5, \"padding\": 2, \"groups\": 32, " MATRIX "}"
#define POINTWISE "{\"out_channels\": 32, \"kernel\": 1, " MATRIX "}"

static void build(aimc_context *ctx, aimc_network *net)
{
    const size_t shape[2] = {BANDS, FRAMES};
    aimc_value x;
    TRY(aimc_network_add_input(net, "spectrum", shape, 2, &x));
    x = add(net, ctx, "conv1d",
            "{\"out_channels\": 32, \"kernel\": 5, \"stride\": 2, \"padding\": 2, " MATRIX "}", x);
    x = add(net, ctx, "relu", NULL, add(net, ctx, "batch_norm", NULL, x));
    for (int k = 0; k < 3; k++) {
        x = add(net, ctx, "batch_norm", NULL, add(net, ctx, "conv1d", DEPTHWISE, x));
        x = add(net, ctx, "conv1d", POINTWISE, add(net, ctx, "relu", NULL, x));
        x = add(net, ctx, "relu", NULL, add(net, ctx, "batch_norm", NULL, x));
    }
    x = add(net, ctx, "flatten", NULL, add(net, ctx, "global_avg_pool", NULL, x));
    add(net, ctx, "linear", "{\"out_features\": 10, " MATRIX "}", x);
}

static struct samples make_words(size_t n)
{
    struct samples s = make_samples(n, SIZE);
    static float sound[RATE];
    for (size_t i = 0; i < n; i++) {
        s.label[i] = (uint32_t)(i % 10);
        FILE *f = tmpfile();
        if (!f)
            exit(EXIT_FAILURE);
        write_wav(f, sound, make_word(s.label[i], sound, 0.02f));
        rewind(f);
        spectrogram(sound, read_wav(f, sound, RATE), s.x + i * SIZE);
        fclose(f);
    }
    return s;
}

/* DIGIT_SPEAKER_NUMBER.wav */
static int parse(const char *name, uint32_t *digit, long *take)
{
    const char *last = strrchr(name, '_');
    if (!last || name[0] < '0' || name[0] > '9' || name[1] != '_')
        return 0;
    char *end;
    *digit = (uint32_t)(name[0] - '0');
    *take = strtol(last + 1, &end, 10);
    return strcmp(end, ".wav") == 0;
}

/* The words of a folder whose numbers are in a range. */
static struct samples read_words(const char *folder, int first, int last)
{
    struct samples s = make_samples(5000, SIZE);
    static float sound[4 * RATE];
    struct dirent **names;
    const int n = scandir(folder, &names, NULL, alphasort);
    s.n = 0;
    for (int i = 0; i < n && s.n < 5000; i++) {
        char path[4096];
        long take;
        if (parse(names[i]->d_name, &s.label[s.n], &take) && take >= first && take <= last) {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
            FILE *f = fopen(path, "rb");
            spectrogram(sound, read_wav(f, sound, 4 * RATE), s.x + s.n * SIZE);
            s.n++;
            fclose(f);
        }
        free(names[i]);
    }
    if (!s.n) {
        fprintf(stderr, "no words in %s\n", folder);
        exit(EXIT_FAILURE);
    }
    free(names);
    return s;
}

int main(int argc, char **argv)
{
    const int first = argc > 4 ? 5 : 0;
    const int epochs = (int)number(argc, argv, 2, argc > 1 ? 15 : 8);
    aimc_context *ctx;
    aimc_network *net = make_network((uint32_t)number(argc, argv, 3, 1), &ctx);
    struct samples test = argc > 1 ? read_words(argv[1], first, first + 4) : make_words(100);
    struct samples data = argc > 1 ? read_words(argv[1], first + 5, 49) : make_words(400);
    build(ctx, net);
    printf("%zu words to train, %zu to test\n", data.n, test.n);
    const double right = train(net, &data, &test, epochs, argc > 1 ? 16 : 8, 0.1);

    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    free_samples(&data);
    free_samples(&test);
    return right >= 0.9 ? EXIT_SUCCESS : EXIT_FAILURE;
}
