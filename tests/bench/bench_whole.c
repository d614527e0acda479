/* SPDX-License-Identifier: MIT */
/* Whole things: making tiles, epochs, threads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../portable.h"
#include "bench.h"

/* ---- construction --------------------------------------------------------------------------- */

/* Counts what a context asks for; 64 bytes in front hold the size. */
static void *counting_alloc(void *user, size_t size, size_t align)
{
    if (align > 64)
        return NULL;
    char *p = aimct_aligned_alloc(64, (size + 127) / 64 * 64);
    if (!p)
        return NULL;
    memcpy(p, &size, sizeof size);
    *(size_t *)user += size;
    return p + 64;
}

static void counting_free(void *user, void *ptr)
{
    size_t size;
    memcpy(&size, (char *)ptr - 64, sizeof size);
    *(size_t *)user -= size;
    aimct_aligned_free((char *)ptr - 64);
}

/* Make a tile, and an optimizer unless algorithm is NULL: seconds, and bytes of memory. */
static double make(const bench *b, const char *name, const char *algorithm, size_t n, size_t *bytes)
{
    *bytes = 0;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = b->threads;
    params.allocator = (aimc_allocator){bytes, counting_alloc, counting_free};
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *opt = NULL;
    bench_must(aimc_context_create(&params, &ctx));
    bench_must(aimc_device_create(ctx, name, NULL, &device));
    const double start = bench_now(b);
    bench_must(aimc_tile_create(device, n, n, NULL, &tile));
    if (algorithm)
        bench_must(aimc_optimizer_create(tile, algorithm, NULL, &opt));
    const double seconds = bench_now(b) - start;
    const size_t used = *bytes;
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    *bytes = used;
    return seconds;
}

void bench_construction(bench *b)
{
    static const struct {
        const char *device, *algorithm;
    } tiles[] = {{"constant_step", NULL},
                 {"soft_bounds", NULL},
                 {"soft_bounds", "sgd"},
                 {"soft_bounds", "c_ttv2"}};
    const size_t n = b->quick ? 1024 : 4096;
    for (size_t k = 0; k < sizeof tiles / sizeof tiles[0]; k++) {
        size_t bytes;
        const double seconds = make(b, tiles[k].device, tiles[k].algorithm, n, &bytes);
        bench_report(b, seconds, "s", (double)bytes / ((double)n * (double)n), "bytes/cell",
                     "make %s %s %zu x %zu", tiles[k].device,
                     tiles[k].algorithm ? tiles[k].algorithm : "", n, n);
    }
}

static void report_memory(bench *b, const char *device, const char *algorithm)
{
    const size_t n = 1024;
    size_t bytes;
    make(b, device, algorithm, n, &bytes);
    bench_report(b, (double)bytes / (double)(n * n), "bytes/cell", 0, NULL, "memory %s %s", device,
                 algorithm ? algorithm : "");
}

void bench_memory(bench *b)
{
    static const char *const devices[] = {"ideal",
                                          "constant_step",
                                          "linear_step",
                                          "soft_bounds",
                                          "soft_bounds_pmax",
                                          "soft_bounds_reference",
                                          "exp_step",
                                          "pow_step",
                                          "pow_step_reference",
                                          "piecewise_step",
                                          "polynomial_step",
                                          "window_step",
                                          "table_step",
                                          "vteam",
                                          "stanford_pku"};
    static const char *const algorithms[] = {
        "sgd", "mixed_precision", "mixed_precision_int", "tiki_taka", "ttv2", "c_ttv2", "agad"};
    for (size_t k = 0; k < sizeof devices / sizeof devices[0]; k++)
        report_memory(b, devices[k], NULL);
    for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++)
        report_memory(b, "constant_step", algorithms[k]);
}

/* ---- epochs --------------------------------------------------------------------------------- */

enum { SIDE = 784, CLASSES = 10, BATCH = 64 };

/* Ten blurred prototypes with half of the inputs dark, as in pictures of clothes. */
static void make_samples(float *x, uint32_t *labels, size_t n)
{
    float prototype[CLASSES][SIDE];
    for (size_t c = 0; c < CLASSES; c++)
        bench_fill(prototype[c], SIDE, 100 + c, bench_rectified, 1);
    bench_fill(x, n * SIDE, 5, bench_uniform, 0.3);
    for (size_t s = 0; s < n; s++) {
        labels[s] = (uint32_t)((s * 7919) % CLASSES);
        for (size_t i = 0; i < SIDE; i++) {
            const float shade = prototype[labels[s]][i];
            const float v = shade > 0 ? shade + x[s * SIDE + i] : 0;
            x[s * SIDE + i] = v < 0 ? 0 : v;
        }
    }
}

/* The perceptron of the epochs. kind NULL: floating point */
static aimc_network *make_network(aimc_context *ctx, const char *kind, const char *json)
{
    aimc_network *net;
    aimc_config *config = NULL;
    if (kind) {
        bench_must(aimc_config_create(ctx, kind, &config));
        bench_must(aimc_config_parse(config, json));
    }
    bench_must(aimc_network_create(ctx, &net));
    static const size_t widths[] = {SIDE, 256, 128, CLASSES};
    for (int k = 0; k < 3; k++) {
        bench_must(aimc_network_add_linear(net, widths[k + 1], widths[k], config));
        if (k < 2)
            bench_must(aimc_network_add_activation(net, AIMC_SIGMOID));
    }
    aimc_config_destroy(config);
    return net;
}

static void train(aimc_network *net, const float *x, const uint32_t *labels, size_t n)
{
    float loss;
    for (size_t s = 0; s < n; s += BATCH)
        bench_must(aimc_network_train_batch(net, n - s < BATCH ? n - s : BATCH, x + s * SIDE,
                                            labels + s, 0.05, &loss));
}

static void epoch(bench *b, const char *what, const char *kind, const char *json, size_t n)
{
    float *x = calloc(n * SIDE, sizeof *x);
    uint32_t *labels = calloc(n, sizeof *labels);
    make_samples(x, labels, n);
    aimc_network *net = make_network(b->ctx, kind, json);
    const double start = bench_now(b);
    train(net, x, labels, n);
    const double seconds = bench_now(b) - start;
    bench_report(b, seconds * 60000 / (double)n, "s for 60000", 0, NULL, "epoch %s", what);
    aimc_network_destroy(net);
    free(x);
    free(labels);
}

#define REFERENCE "\"device\": {\"kind\": \"soft_bounds_reference\", \"dw_min\": 0.05}"

void bench_epochs(bench *b)
{
    const size_t n = b->quick ? 3840 : 60032;
    epoch(b, "floating point", NULL, NULL, n);
    epoch(b, "constant_step sgd", "layer", "{\"device\": {\"kind\": \"constant_step\"}}", n);
    epoch(b, "soft_bounds_reference c_ttv2", "layer",
          "{" REFERENCE ", \"optimizer\": {\"kind\": \"c_ttv2\"}}", n);
    epoch(b, "soft_bounds_reference agad", "layer",
          "{" REFERENCE ", \"optimizer\": {\"kind\": \"agad\"}}", n);
    static const char *const presets[] = {"ttv2_reram_sb", "c_ttv2_reram_sb", "agad_reram_sb"};
    for (int k = 0; k < 3; k++)
        for (int m = 0; m < 3; m++) {
            static const char *const modes[] = {"EXACT", "SEQUENCE", "BATCH"};
            char what[96], json[128];
            snprintf(what, sizeof what, "%s %s", presets[k], modes[m]);
            snprintf(json, sizeof json, "{\"optimizer\": {\"update\": {\"multi_pulse\": \"%s\"}}}",
                     modes[m]);
            epoch(b, what, presets[k], json, b->quick ? 640 : 6016);
        }
}

/* ---- counting ------------------------------------------------------------------------------- */

enum { COUNTING_SAMPLES = 10 * BATCH };

/* Two networks of the same bits, one in a context that does not count pulses. */
typedef struct counting {
    aimc_context *ctx[2];
    aimc_network *net[2];
    float *x;
    uint32_t *labels;
} counting;

typedef struct counting_task {
    const counting *c;
    int which;
} counting_task;

static void train_some(void *arg)
{
    const counting_task *t = arg;
    train(t->c->net[t->which], t->c->x, t->c->labels, COUNTING_SAMPLES);
}

static void counting_open(counting *c, const bench *b, const char *device)
{
    char json[96];
    snprintf(json, sizeof json, "{\"device\": {\"kind\": \"%s\"}}", device);
    c->x = calloc((size_t)COUNTING_SAMPLES * SIDE, sizeof *c->x);
    c->labels = calloc(COUNTING_SAMPLES, sizeof *c->labels);
    make_samples(c->x, c->labels, COUNTING_SAMPLES);
    for (int k = 0; k < 2; k++) {
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        params.n_threads = b->threads;
        params.flags = k == 0 ? AIMC_FLAG_UNCOUNTED : 0;
        bench_must(aimc_context_create(&params, &c->ctx[k]));
        c->net[k] = make_network(c->ctx[k], "layer", json);
    }
}

static void counting_close(counting *c)
{
    for (int k = 0; k < 2; k++) {
        aimc_network_destroy(c->net[k]);
        aimc_context_destroy(c->ctx[k]);
    }
    free(c->x);
    free(c->labels);
}

static const char *const counted_devices[] = {"constant_step", "soft_bounds"};

void bench_counting(bench *b)
{
    for (int d = 0; d < 2; d++) {
        counting c;
        counting_open(&c, b, counted_devices[d]);
        counting_task task[2] = {{&c, 0}, {&c, 1}};
        bench_task tasks[] = {{train_some, &task[0], 0}, {train_some, &task[1], 0}};
        bench_measure(b, tasks, 2);
        for (int k = 0; k < 2; k++)
            bench_report(b, tasks[k].seconds * 60000 / COUNTING_SAMPLES, "s for 60000",
                         tasks[k].seconds / tasks[0].seconds, "x uncounted", "epoch %s %s",
                         counted_devices[d], k == 0 ? "uncounted" : "counted");
        counting_close(&c);
    }
}

/* ---- threads -------------------------------------------------------------------------------- */

void bench_threads(bench *b)
{
    bench walls = *b; /* wall time for both */
    walls.threads = 2;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = 2;
    aimc_context *two;
    bench_must(aimc_context_create(&params, &two));
    for (size_t n = 512; n <= (b->quick ? 512u : 1024u); n *= 2) {
        bench_update u[2];
        bench_product p[2];
        for (int k = 0; k < 2; k++) {
            bench_update_open(&u[k], k ? two : b->ctx, "soft_bounds", NULL, "sgd", NULL, 1, n, 64);
            bench_product_open(&p[k], k ? two : b->ctx, n, 256, false);
        }
        bench_task tasks[] = {{bench_update_step, &u[0], 0},
                              {bench_update_step, &u[1], 0},
                              {bench_tile_forward, &p[0], 0},
                              {bench_tile_forward, &p[1], 0}};
        bench_measure(&walls, tasks, 4);
        bench_report(b, 1e6 * tasks[1].seconds, "us", tasks[0].seconds / tasks[1].seconds,
                     "x one thread", "2 threads: update soft_bounds typical %zu x %zu batch 64", n,
                     n);
        bench_report(b, 1e6 * tasks[3].seconds, "us", tasks[2].seconds / tasks[3].seconds,
                     "x one thread", "2 threads: forward default %zu x %zu batch 256", n, n);
        for (int k = 0; k < 2; k++) {
            bench_update_close(&u[k]);
            bench_product_close(&p[k]);
        }
    }
    aimc_context_destroy(two);
}

int bench_check_counting(bench *b)
{
    int bad = 0;
    for (int d = 0; d < 2; d++) {
        counting c;
        counting_open(&c, b, counted_devices[d]);
        counting_task task[2] = {{&c, 0}, {&c, 1}};
        bench_task tasks[] = {{train_some, &task[0], 0}, {train_some, &task[1], 0}};
        char what[96];
        snprintf(what, sizeof what, "epoch %s counted", counted_devices[d]);
        bad += bench_too_slow(b, what, tasks, "x uncounted", 1.02);
        counting_close(&c);
    }
    return bad;
}
