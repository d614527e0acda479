/* SPDX-License-Identifier: MIT */
/* Speed of what matters, each beside its limit in the same run: analog products beside the raw
 * matrix product, pulsed updates in three regimes, optimizer steps, construction. Medians of 15 (5
 * with --quick); --json for machines; --threads N. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aimc/aimc.h>

#include "blas/blas.h"

static int repeats = 15, json, first = 1;

static void must(aimc_status st)
{
    if (st) {
        fprintf(stderr, "bench: %s\n", aimc_last_error());
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median seconds of one call; calls are grouped so that a sample lasts at least a millisecond. */
static double measure(void (*fn)(void *), void *arg)
{
    double samples[15];
    fn(arg);
    double t = now();
    fn(arg);
    const double once = now() - t;
    const int group = once < 1e-3 ? (int)(1e-3 / (once + 1e-9)) + 1 : 1;
    for (int s = 0; s < repeats; s++) {
        t = now();
        for (int k = 0; k < group; k++)
            fn(arg);
        samples[s] = (now() - t) / group;
    }
    qsort(samples, (size_t)repeats, sizeof samples[0], compare);
    return samples[repeats / 2];
}

static void report(const char *what, const char *unit, double value, double ratio)
{
    if (json)
        printf("%s  {\"what\": \"%s\", \"unit\": \"%s\", \"value\": %.5g, \"ratio\": %.5g}",
               first ? "" : ",\n", what, unit, value, isnan(ratio) ? 0.0 : ratio);
    else if (isnan(ratio))
        printf("%-52s %10.4g %s\n", what, value, unit);
    else
        printf("%-52s %10.4g %-22s %7.3f x raw product\n", what, value, unit, ratio);
    first = 0;
    fflush(stdout);
}

static void fill(float *x, size_t n, uint64_t seed, double (*law)(double u, double v), double scale)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const double u = ((double)(seed >> 40) + 0.5) * 0x1p-24;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        x[i] = (float)(scale * law(u, (double)(seed >> 40) * 0x1p-24));
    }
}

static double uniform(double u, double v)
{
    (void)v;
    return 2 * u - 1;
}

static double rectified(double u, double v)
{
    (void)v;
    return u < 0.5 ? 0 : 2 * u - 1;
}

static double normal(double u, double v)
{
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* ---- products
 * -------------------------------------------------------------------------------------- */

typedef struct product {
    aimc_tile *tile;
    aimci_gemm *gemm;
    size_t n, batch, ld;
    float *w, *x, *y;
} product;

static void raw_forward(void *arg)
{
    const product *p = arg;
    for (size_t b = 0; b < p->batch; b += AIMCI_GEMM_MAX_BATCH)
        aimci_gemm_forward(p->gemm, p->batch - b < 64 ? p->batch - b : 64, p->w, p->x + b * p->ld,
                           p->y + b * p->ld, NULL);
}

static void raw_backward(void *arg)
{
    const product *p = arg;
    for (size_t b = 0; b < p->batch; b += AIMCI_GEMM_MAX_BATCH)
        aimci_gemm_backward(p->gemm, p->batch - b < 64 ? p->batch - b : 64, p->w, p->x + b * p->ld,
                            p->y + b * p->ld, NULL);
}

static void tile_forward(void *arg)
{
    const product *p = arg;
    must(aimc_tile_forward(p->tile, p->batch, p->x, p->ld, p->y, p->ld));
}

static void tile_backward(void *arg)
{
    const product *p = arg;
    must(aimc_tile_backward(p->tile, p->batch, p->x, p->ld, p->y, p->ld));
}

static void products(aimc_context *ctx, size_t n, size_t batch)
{
    char what[96];
    product p = {.n = n, .batch = batch, .ld = aimci_leading_dimension(n)};
    p.w = calloc(p.ld * n, sizeof(float));
    p.x = calloc(p.ld * batch, sizeof(float));
    p.y = calloc(p.ld * batch, sizeof(float));
    fill(p.w, p.ld * n, 1, uniform, 0.5);
    fill(p.x, p.ld * batch, 2, uniform, 1);
    must(aimci_gemm_create(ctx, n, n, p.ld, p.ld, p.ld, false, &p.gemm));
    const double forward = measure(raw_forward, &p), backward = measure(raw_backward, &p);
    aimc_device *device;
    must(aimc_device_create(ctx, "constant_step", NULL, &device));
    const double flops = 2.0 * (double)n * (double)n * (double)batch;
    for (int perfect = 1; perfect >= 0; perfect--) {
        aimc_config *config;
        must(aimc_config_new(ctx, "tile", &config));
        must(aimc_config_set(config, "forward.is_perfect", perfect));
        must(aimc_config_set(config, "backward.is_perfect", perfect));
        must(aimc_tile_create(device, n, n, config, &p.tile));
        must(aimc_tile_set_weights(p.tile, p.w, p.ld));
        const char *chain = perfect ? "perfect" : "default";
        double t = measure(tile_forward, &p);
        snprintf(what, sizeof what, "forward %s %zu x %zu batch %zu", chain, n, n, batch);
        report(what, "GFLOP/s", flops / t / 1e9, t / forward);
        t = measure(tile_backward, &p);
        snprintf(what, sizeof what, "backward %s %zu x %zu batch %zu", chain, n, n, batch);
        report(what, "GFLOP/s", flops / t / 1e9, t / backward);
        aimc_tile_destroy(p.tile);
        aimc_config_destroy(config);
    }
    aimc_device_unref(device);
    aimci_gemm_destroy(p.gemm);
    free(p.w);
    free(p.x);
    free(p.y);
}

/* ---- updates
 * ------------------------------------------------------------------------------------------ */

typedef struct update {
    aimc_optimizer *opt;
    size_t n, batch;
    float *x, *d;
    double lr;
} update;

static void step(void *arg)
{
    const update *u = arg;
    must(aimc_optimizer_step(u->opt, u->batch, u->x, u->n, u->d, u->n, u->lr));
}

/* The regimes of the peer's figures (spec/speed.md 3): about 13, 0.5 and 0.05 coincidences per
 * weight and sample. */
static void updates(aimc_context *ctx, const char *name, const char *algorithm, size_t n,
                    size_t batch)
{
    const char *const regimes[] = {"dense", "typical", "sparse"};
    update u = {.n = n, .batch = batch};
    u.x = calloc(n * batch, sizeof(float));
    u.d = calloc(n * batch, sizeof(float));
    aimc_device *device;
    must(aimc_device_create(ctx, name, NULL, &device));
    for (int r = 0; r < 3; r++) {
        char what[96];
        aimc_tile *tile;
        must(aimc_tile_create(device, n, n, NULL, &tile));
        must(aimc_optimizer_create(tile, algorithm, NULL, &u.opt));
        fill(u.x, n * batch, 3, r ? rectified : uniform, 1);
        fill(u.d, n * batch, 4, r ? normal : uniform, r == 0 ? 1 : r == 1 ? 0.05 : 0.005);
        u.lr = r ? 0.05 : 0.1;
        const double t = measure(step, &u);
        snprintf(what, sizeof what, "update %s %s %s %zu x %zu batch %zu", algorithm, name,
                 regimes[r], n, n, batch);
        report(what, "ns/weight/sample", 1e9 * t / ((double)n * (double)n * (double)batch),
               (double)NAN);
        aimc_optimizer_destroy(u.opt);
        aimc_tile_destroy(tile);
    }
    aimc_device_unref(device);
    free(u.x);
    free(u.d);
}

static void construction(aimc_context *ctx, size_t n)
{
    char what[96];
    aimc_device *device;
    aimc_tile *tile;
    must(aimc_device_create(ctx, "soft_bounds", NULL, &device));
    const double t = now();
    must(aimc_tile_create(device, n, n, NULL, &tile));
    snprintf(what, sizeof what, "construction soft_bounds %zu x %zu", n, n);
    report(what, "s", now() - t, (double)NAN);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
}

int main(int argc, char **argv)
{
    uint32_t threads = 1;
    int quick = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = 1;
        else if (strcmp(argv[i], "--quick") == 0)
            quick = 1;
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            threads = (uint32_t)atoi(argv[++i]);
        else
            return fprintf(stderr, "usage: bench [--quick] [--json] [--threads N]\n"), 2;
    }
    repeats = quick ? 5 : 15;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = threads;
    aimc_context *ctx;
    must(aimc_context_create(&params, &ctx));
    char text[256];
    aimc_context_describe(ctx, text, sizeof text);
    printf(json ? "{\"context\": \"%s\", \"rows\": [\n" : "%s\n", text);
    const size_t sizes[] = {128, 256, 512, 1024};
    for (size_t k = 0; k < (quick ? 2u : 4u); k++)
        for (size_t batch = quick ? 64 : 1; batch <= 64; batch *= 8)
            products(ctx, sizes[k], batch);
    const char *const devices[] = {"constant_step", "soft_bounds", "linear_step",
                                   "exp_step",      "pow_step",    "reram_sb"};
    for (size_t k = 0; k < (quick ? 2u : 6u); k++)
        updates(ctx, devices[k], "sgd", 256, 64);
    const char *const algorithms[] = {"ttv2", "c_ttv2", "agad", "mixed_precision"};
    for (size_t k = 0; !quick && k < 4; k++)
        updates(ctx, "soft_bounds", algorithms[k], 256, 64);
    construction(ctx, quick ? 1024 : 4096);
    if (json)
        printf("\n]}\n");
    aimc_context_destroy(ctx);
    return 0;
}
