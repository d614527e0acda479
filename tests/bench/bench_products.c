/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "bench.h"
#include "blas/backend.h"

#if AIMCI_HAVE_BLIS
#define RAW "x BLIS sgemm"
static void raw(const bench_product *p, bool forward)
{
    const aimci_gemm_shape s = {p->n, p->n, p->ld, p->ld, p->ld};
    for (size_t b = 0; b < p->batch; b += AIMCI_GEMM_MAX_BATCH) {
        const size_t n = aimci_min_size(AIMCI_GEMM_MAX_BATCH, p->batch - b);
        if (forward)
            aimci_blis_forward(&s, n, p->w, p->x + b * p->ld, p->y + b * p->ld);
        else
            aimci_blis_backward(&s, n, p->w, p->x + b * p->ld, p->y + b * p->ld);
    }
}
#else
#define RAW "x built-in product in plain C"
static void raw(const bench_product *p, bool forward)
{
    const aimci_gemm_shape s = {p->n, p->n, p->ld, p->ld, p->ld};
    for (size_t b = 0; b < p->batch; b += AIMCI_GEMM_MAX_BATCH) {
        const size_t n = aimci_min_size(AIMCI_GEMM_MAX_BATCH, p->batch - b);
        (forward ? aimci_k_gemm_c.forward : aimci_k_gemm_c.backward)(&s, n, p->w, p->x + b * p->ld,
                                                                     p->y + b * p->ld);
    }
}
#endif

void bench_raw_forward(void *arg)
{
    raw(arg, true);
}

void bench_raw_backward(void *arg)
{
    raw(arg, false);
}

void bench_tile_forward(void *arg)
{
    const bench_product *p = arg;
    bench_must(aimc_tile_forward(p->tile, p->batch, p->x, p->ld, p->y, p->ld));
}

void bench_tile_backward(void *arg)
{
    const bench_product *p = arg;
    bench_must(aimc_tile_backward(p->tile, p->batch, p->x, p->ld, p->y, p->ld));
}

/* Weights of a size that the bound of the ADC is not hit and no vector is read twice. */
void bench_product_open(bench_product *p, aimc_context *ctx, size_t n, size_t batch, bool perfect)
{
    *p = (bench_product){.n = n, .batch = batch, .ld = aimci_leading_dimension(n)};
    p->w = calloc(p->ld * n, sizeof(float));
    p->x = calloc(p->ld * batch, sizeof(float));
    p->y = calloc(p->ld * batch, sizeof(float));
    bench_fill(p->w, p->ld * n, 1, bench_uniform, 4 / sqrt((double)n));
    bench_fill(p->x, p->ld * batch, 2, bench_uniform, 1);
    aimc_device *device;
    aimc_config *config;
    bench_must(aimc_device_create(ctx, "ideal", NULL, &device));
    bench_must(aimc_config_create(ctx, "tile", &config));
    bench_must(aimc_config_set(config, "forward.is_perfect", perfect));
    bench_must(aimc_config_set(config, "backward.is_perfect", perfect));
    bench_must(aimc_tile_create(device, n, n, config, &p->tile));
    bench_must(aimc_tile_set_weights(p->tile, p->w, p->ld));
    aimc_config_destroy(config);
    aimc_device_unref(device);
}

void bench_product_close(bench_product *p)
{
    aimc_tile_destroy(p->tile);
    free(p->w);
    free(p->x);
    free(p->y);
}

static void one_shape(bench *b, size_t n, size_t batch)
{
    const double flops = 2.0 * (double)n * (double)n * (double)batch;
    for (int perfect = 1; perfect >= 0; perfect--) {
        bench_product p;
        bench_product_open(&p, b->ctx, n, batch, perfect);
        bench_task tasks[] = {{bench_raw_forward, &p, 0},
                              {bench_tile_forward, &p, 0},
                              {bench_raw_backward, &p, 0},
                              {bench_tile_backward, &p, 0}};
        bench_measure(b, tasks, 4);
        for (int k = 0; k < 4; k += 2)
            bench_report(b, flops / tasks[k + 1].seconds / 1e9, "GFLOP/s",
                         tasks[k + 1].seconds / tasks[k].seconds, RAW, "%s %s %zu x %zu batch %zu",
                         k ? "backward" : "forward", perfect ? "perfect" : "default", n, n, batch);
        bench_product_close(&p);
    }
}

void bench_products(bench *b)
{
    static const size_t all[] = {64, 128, 256, 512, 1024, 2048}, some[] = {128, 256, 512};
    static const size_t all_batches[] = {1, 8, 64, 256}, some_batches[] = {1, 64};
    for (size_t k = 0; k < (b->quick ? 3u : 6u); k++)
        for (size_t m = 0; m < (b->quick ? 2u : 4u); m++)
            one_shape(b, b->quick ? some[k] : all[k], b->quick ? some_batches[m] : all_batches[m]);
}
