/* SPDX-License-Identifier: MIT */
/* Labelled samples of any kind, and an epoch of training on them: what examples 08 to 13 share. */
#ifndef AIMC_EXAMPLES_SAMPLES_H
#define AIMC_EXAMPLES_SAMPLES_H

#include <math.h>
#include <string.h>

#include "common.h"

struct samples {
    size_t n, width; /* width numbers each */
    float *x;
    uint32_t *label;
};

static inline struct samples make_samples(size_t n, size_t width)
{
    struct samples s = {n, width, calloc(n * width + 1, sizeof(float)),
                        calloc(n + 1, sizeof(uint32_t))};
    if (!s.x || !s.label) {
        fprintf(stderr, "no memory\n");
        exit(EXIT_FAILURE);
    }
    return s;
}

static inline void free_samples(struct samples *s)
{
    free(s->x);
    free(s->label);
}

static inline void swap_samples(struct samples *s, size_t i, size_t k)
{
    const uint32_t label = s->label[i];
    s->label[i] = s->label[k];
    s->label[k] = label;
    for (size_t j = 0; j < s->width; j++) {
        const float x = s->x[i * s->width + j];
        s->x[i * s->width + j] = s->x[k * s->width + j];
        s->x[k * s->width + j] = x;
    }
}

static inline size_t random_below(size_t n)
{
    return (size_t)((random_input() + 1.0f) / 2.0f * (float)n) % n;
}

static inline void shuffle(struct samples *s)
{
    for (size_t i = s->n; i > 1; i--)
        swap_samples(s, i - 1, random_below(i));
}

/* The last n samples on their own; shuffle() first. */
static inline struct samples hold_out(struct samples *s, size_t n)
{
    struct samples last = make_samples(n, s->width);
    s->n -= n;
    memcpy(last.x, s->x + s->n * s->width, n * s->width * sizeof(float));
    memcpy(last.label, s->label + s->n, n * sizeof(uint32_t));
    return last;
}

/* Once through all samples in a new order; the mean loss. */
static inline double train_epoch(aimc_network *net, struct samples *s, size_t batch, double lr)
{
    double sum = 0;
    shuffle(s);
    for (size_t i = 0; i < s->n; i += batch) {
        const size_t n = s->n - i < batch ? s->n - i : batch;
        float loss;
        TRY(aimc_network_train_batch(net, n, s->x + i * s->width, s->label + i, lr, &loss));
        sum += (double)loss * (double)n;
    }
    return sum / (double)s->n;
}

static inline double accuracy(aimc_network *net, const struct samples *s)
{
    double right;
    TRY(aimc_network_evaluate(net, s->n, s->x, s->label, &right));
    return right;
}

/* Epochs with a line each, a rate that falls to a tenth on the way; the accuracy on the test
 * samples in the end. */
static inline double train(aimc_network *net, struct samples *s, const struct samples *test,
                           int epochs, size_t batch, double lr)
{
    double right = 0;
    for (int epoch = 1; epoch <= epochs; epoch++) {
        const double rate = lr * pow(0.1, (epoch - 1.0) / epochs);
        const double loss = train_epoch(net, s, batch, rate);
        right = accuracy(net, test);
        printf("epoch %2d   rate %.4f   loss %.4f   test accuracy %.4f\n", epoch, rate, loss,
               right);
        fflush(stdout);
    }
    return right;
}

/* A network without nodes, with a seed for its devices, its noise and the order of its samples. */
static inline aimc_network *make_network(uint32_t seed, aimc_context **ctx)
{
    aimc_context_params params = {.struct_size = sizeof params, .seed = seed};
    aimc_network *net;
    random_state = seed;
    TRY(aimc_context_create(&params, ctx));
    TRY(aimc_network_create(*ctx, &net));
    return net;
}

/* A node whose configuration is a JSON object; NULL: the defaults of the op. */
static inline aimc_value add(aimc_network *net, aimc_context *ctx, const char *op, const char *json,
                             aimc_value x)
{
    aimc_config *config = NULL;
    if (json) {
        TRY(aimc_config_create(ctx, op, &config));
        TRY(aimc_config_parse(config, json));
    }
    TRY(aimc_network_add(net, op, config, 1, &x, &x));
    aimc_config_destroy(config);
    return x;
}

static inline void describe(const aimc_network *net)
{
    char text[8192];
    aimc_network_describe(net, text, sizeof text);
    fputs(text, stdout);
}

#endif
