/* SPDX-License-Identifier: MIT */
/* What arrays cost beyond products and pulses: programming, drift, wires. */
#include <stdlib.h>

#include "bench.h"

/* ---- programming ---------------------------------------------------------------------------- */

typedef struct programming {
    aimc_context *ctx;
    aimc_tile *tile;
    aimc_config *config;
} programming;

static void programming_open(programming *p, uint32_t threads, uint32_t cpu_mask, size_t n)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = threads;
    params.cpu_mask = cpu_mask;
    aimc_device *device;
    float *w = malloc(n * n * sizeof *w);
    bench_must(w ? AIMC_OK : AIMC_ERR_NOMEM);
    bench_fill(w, n * n, 1, bench_uniform, 1);
    bench_must(aimc_context_create(&params, &p->ctx));
    bench_must(aimc_device_create(p->ctx, "ideal", NULL, &device));
    bench_must(aimc_tile_create(device, n, n, NULL, &p->tile));
    bench_must(aimc_tile_set_weights(p->tile, w, n));
    bench_must(aimc_config_create(p->ctx, "inference", &p->config)); /* of pcm_like */
    bench_must(aimc_tile_program(p->tile, p->config, NULL));
    aimc_device_unref(device);
    free(w);
}

static void programming_close(programming *p)
{
    aimc_config_destroy(p->config);
    aimc_tile_destroy(p->tile);
    aimc_context_destroy(p->ctx);
}

static void program(void *arg)
{
    const programming *p = arg;
    bench_must(aimc_tile_program(p->tile, p->config, NULL));
}

static void drift(void *arg)
{
    const programming *p = arg;
    bench_must(aimc_tile_drift_programmed(p->tile, 86400, NULL));
}

void bench_programming(bench *b)
{
    const size_t n = b->quick ? 256 : 1000;
    programming plain, best;
    programming_open(&plain, b->threads, AIMC_CPU_C, n);
    programming_open(&best, b->threads, 0, n);
    bench_task tasks[] = {
        {program, &plain, 0}, {program, &best, 0}, {drift, &plain, 0}, {drift, &best, 0}};
    bench_measure(b, tasks, 4);
    bench_report(b, 1e3 * tasks[1].seconds, "ms", tasks[1].seconds / tasks[0].seconds, "x plain C",
                 "program pcm_like %zu x %zu", n, n);
    bench_report(b, 1e3 * tasks[3].seconds, "ms", tasks[3].seconds / tasks[2].seconds, "x plain C",
                 "drift pcm_like %zu x %zu", n, n);
    programming_close(&plain);
    programming_close(&best);
}

/* ---- wires ---------------------------------------------------------------------------------- */

enum { BATCH = 8 };

typedef struct wired {
    aimc_tile *tile;
    aimc_optimizer *sgd;
    size_t n;
    float *x, *y, *w, *out;
} wired;

static void wired_open(wired *t, aimc_context *ctx, size_t n, const char *wires)
{
    aimc_config *config;
    aimc_device *device;
    *t = (wired){.n = n};
    bench_must(aimc_config_create(ctx, "tile", &config));
    bench_must(aimc_config_set_text(config, "forward.wires.model", wires));
    bench_must(aimc_config_set_text(config, "backward.wires.model", wires));
    bench_must(aimc_device_create(ctx, "constant_step", NULL, &device));
    bench_must(aimc_tile_create(device, n, n, config, &t->tile));
    bench_must(aimc_optimizer_create(t->tile, "sgd", NULL, &t->sgd));
    t->x = calloc(BATCH * n, sizeof *t->x);
    t->y = calloc(BATCH * n, sizeof *t->y);
    t->w = calloc(n * n, sizeof *t->w);
    t->out = calloc(n * n, sizeof *t->out);
    bench_must(t->x && t->y && t->w && t->out ? AIMC_OK : AIMC_ERR_NOMEM);
    bench_fill(t->x, BATCH * n, 2, bench_uniform, 1);
    bench_fill(t->w, n * n, 3, bench_uniform, 0.3);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}

static void wired_close(wired *t)
{
    aimc_optimizer_destroy(t->sgd);
    aimc_tile_destroy(t->tile);
    free(t->x);
    free(t->y);
    free(t->w);
    free(t->out);
}

static void first_product(void *arg)
{
    const wired *t = arg;
    bench_must(aimc_tile_set_weights(t->tile, t->w, t->n));
    bench_must(aimc_tile_forward(t->tile, 1, t->x, t->n, t->y, t->n));
}

/* As many vectors as make the matrix of the crossbar worth while. */
static void many_products(void *arg)
{
    const wired *t = arg;
    bench_must(aimc_tile_set_weights(t->tile, t->w, t->n));
    bench_must(aimc_tile_forward(t->tile, t->n / 2 + 1, t->w, t->n, t->out, t->n));
}

static void training_step(void *arg)
{
    const wired *t = arg;
    bench_must(aimc_tile_forward(t->tile, BATCH, t->x, t->n, t->y, t->n));
    bench_must(aimc_tile_backward(t->tile, BATCH, t->x, t->n, t->y, t->n));
    bench_must(aimc_optimizer_step(t->sgd, BATCH, t->x, t->n, t->y, t->n, 0.01));
}

void bench_wires(bench *b)
{
    wired fresh, without, with;
    const size_t n = b->quick ? 64 : 256, m = b->quick ? 32 : 128;
    wired_open(&fresh, b->ctx, n, "NODAL");
    wired_open(&without, b->ctx, m, "NONE");
    wired_open(&with, b->ctx, m, "NODAL");
    bench_task tasks[] = {
        {first_product, &fresh, 0}, {training_step, &without, 0}, {training_step, &with, 0}};
    bench_measure(b, tasks, 3);
    const double start = bench_now(b); /* long enough for once */
    many_products(&fresh);
    const double many = bench_now(b) - start;
    bench_report(b, 1e3 * tasks[0].seconds, "ms", tasks[0].seconds / many, "x by the matrix",
                 "wires: first product after new weights %zu x %zu", n, n);
    bench_report(b, 1e3 * many, "ms", 0, NULL, "wires: %zu products, by the matrix", n / 2 + 1);
    bench_report(b, 1e3 * tasks[2].seconds, "ms", tasks[2].seconds / tasks[1].seconds,
                 "x without wires", "wires: step of %d vectors %zu x %zu", BATCH, m, m);
    wired_close(&fresh);
    wired_close(&without);
    wired_close(&with);
}

/* ---- check ---------------------------------------------------------------------------------- */

static int check_programming(bench *b)
{
    if (aimc_context_get_cpu(b->ctx) == AIMC_CPU_C)
        return 0;
    programming plain, best;
    programming_open(&plain, b->threads, AIMC_CPU_C, 256);
    programming_open(&best, b->threads, 0, 256);
    bench_task programs[] = {{program, &plain, 0}, {program, &best, 0}};
    bench_task drifts[] = {{drift, &plain, 0}, {drift, &best, 0}};
    const int bad = bench_too_slow(b, "program pcm_like 256", programs, "x plain C", 0.9) +
                    bench_too_slow(b, "drift pcm_like 256", drifts, "x plain C", 0.75);
    programming_close(&plain);
    programming_close(&best);
    return bad;
}

static int check_wires(bench *b)
{
    wired without, with;
    wired_open(&without, b->ctx, 64, "NONE");
    wired_open(&with, b->ctx, 64, "NODAL");
    bench_task tasks[] = {{training_step, &without, 0}, {training_step, &with, 0}};
    const int bad =
        bench_too_slow(b, "step of 8 vectors through wires, 64", tasks, "x without wires", 20);
    wired_close(&without);
    wired_close(&with);
    return bad;
}

static int check_vectors(bench *b)
{
    bench_product p;
    bench_product_open(&p, b->ctx, 1024, 1, false);
    bench_task tasks[] = {{bench_raw_forward, &p, 0}, {bench_tile_forward, &p, 0}};
    const int bad = bench_too_slow(b, "forward of one vector, 1024", tasks, "x raw product", 2);
    bench_product_close(&p);
    return bad;
}

int bench_check_arrays(bench *b)
{
    return check_programming(b) + check_wires(b) + check_vectors(b);
}
