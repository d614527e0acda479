/* SPDX-License-Identifier: MIT */
/* A step of hardware-aware training beside the same step without. */
#include <stdlib.h>

#include "bench.h"

void bench_aware_open(bench_aware *a, aimc_context *ctx, size_t n, size_t batch, bool aware)
{
    static const char *const settings[][2] = {{"hwa.modifier.type", "ADD_NORMAL"},
                                              {"hwa.clip_type", "LAYER_GAUSSIAN"},
                                              {"hwa.remap_type", "CHANNELWISE_SYMMETRIC"}};
    aimc_config *config;
    aimc_device *device;
    *a = (bench_aware){.n = n, .batch = batch, .aware = aware};
    bench_must(aimc_config_create(ctx, "layer", &config));
    for (size_t k = 0; aware && k < sizeof settings / sizeof settings[0]; k++)
        bench_must(aimc_config_set_text(config, settings[k][0], settings[k][1]));
    bench_must(aimc_config_set(config, "hwa.input_range.enable", aware));
    bench_must(aimc_device_create(ctx, "ideal", NULL, &device));
    bench_must(aimc_matrix_create(device, n, n, config, &a->matrix));
    a->x = calloc(2 * n * batch, sizeof *a->x);
    a->d = calloc(2 * n * batch, sizeof *a->d);
    float *w = calloc(n * n, sizeof *w);
    bench_must(a->x && a->d && w ? AIMC_OK : AIMC_ERR_NOMEM);
    bench_fill(w, n * n, 1, bench_uniform, 0.3);
    bench_fill(a->x, n * batch, 2, bench_uniform, 1);
    bench_fill(a->d, n * batch, 3, bench_uniform, 0.01);
    bench_must(aimc_matrix_set_weights(a->matrix, w, n));
    free(w);
    aimc_config_destroy(config);
    aimc_device_unref(device);
}

void bench_aware_close(bench_aware *a)
{
    aimc_matrix_destroy(a->matrix);
    free(a->x);
    free(a->d);
}

void bench_aware_step(void *arg)
{
    const bench_aware *a = arg;
    const size_t n = a->n, batch = a->batch;
    float *y = a->x + n * batch, *dx = a->d + n * batch;
    if (a->aware)
        bench_must(aimc_matrix_modify(a->matrix));
    bench_must(aimc_matrix_forward(a->matrix, batch, a->x, n, y, n));
    bench_must(aimc_matrix_backward(a->matrix, batch, a->d, n, dx, n));
    bench_must(aimc_matrix_step(a->matrix, batch, a->x, n, a->d, n, 1e-3));
}

void bench_awareness(bench *b)
{
    bench_aware plain, aware;
    const size_t n = b->quick ? 256 : 512, batch = 64;
    bench_aware_open(&plain, b->ctx, n, batch, false);
    bench_aware_open(&aware, b->ctx, n, batch, true);
    bench_task tasks[] = {{bench_aware_step, &plain, 0}, {bench_aware_step, &aware, 0}};
    bench_measure(b, tasks, 2);
    bench_report(b, 1e3 * tasks[1].seconds, "ms", tasks[1].seconds / tasks[0].seconds,
                 "x the step without", "hardware-aware step %zu x %zu batch %zu", n, n, batch);
    bench_aware_close(&plain);
    bench_aware_close(&aware);
}
