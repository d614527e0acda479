/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ---- one update ----------------------------------------------------------------------------- */

static aimc_config *config_of(aimc_context *ctx, const char *name, const char *json)
{
    aimc_config *config = NULL;
    if (json) {
        bench_must(aimc_config_create(ctx, name, &config));
        bench_must(aimc_config_parse(config, json));
    }
    return config;
}

void bench_update_open(bench_update *u, aimc_context *ctx, const char *device,
                       const char *device_json, const char *algorithm, const char *algorithm_json,
                       int regime, size_t n, size_t batch)
{
    *u = (bench_update){.n = n, .batch = batch, .lr = regime ? 0.05 : 0.1};
    aimc_device *made;
    aimc_config *of_device = config_of(ctx, device, device_json);
    aimc_config *of_algorithm = config_of(ctx, algorithm, algorithm_json);
    bench_must(aimc_device_create(ctx, device, of_device, &made));
    bench_must(aimc_tile_create(made, n, n, NULL, &u->tile));
    bench_must(aimc_optimizer_create(u->tile, algorithm, of_algorithm, &u->opt));
    aimc_config_destroy(of_device);
    aimc_config_destroy(of_algorithm);
    aimc_device_unref(made);
    u->x = calloc(n * batch, sizeof(float));
    u->d[0] = calloc(2 * n * batch, sizeof(float));
    u->d[1] = u->d[0] + n * batch;
    bench_fill(u->x, n * batch, 3, regime ? bench_rectified : bench_uniform, 1);
    bench_fill(u->d[0], n * batch, 4, regime ? bench_normal : bench_uniform,
               regime == 0   ? 1
               : regime == 1 ? 0.05
                             : 0.005);
    for (size_t i = 0; i < n * batch; i++)
        u->d[1][i] = -u->d[0][i];
}

void bench_update_close(bench_update *u)
{
    aimc_optimizer_destroy(u->opt);
    aimc_tile_destroy(u->tile);
    free(u->x);
    free(u->d[0]);
}

void bench_update_step(void *arg)
{
    bench_update *u = arg;
    bench_must(
        aimc_optimizer_step(u->opt, u->batch, u->x, u->n, u->d[u->calls++ & 1], u->n, u->lr));
}

/* ---- models and regimes --------------------------------------------------------------------- */

static const char *const regimes[] = {"dense", "typical", "sparse"};

#define CLOSE    "{\"update\": {\"multi_pulse\": \"CLOSE\"}}"
#define SEQUENCE "{\"update\": {\"multi_pulse\": \"SEQUENCE\"}}"
#define MERGED   "{\"update\": {\"multi_pulse\": \"BATCH\"}}"
#define PIECES                                                                                     \
    "{\"piecewise_up\": [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05], "                  \
    "\"piecewise_down\": [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]}"

static const struct model {
    const char *what, *device, *device_json, *sgd_json;
    bool every_batch;
} models[] = {
    {"constant_step", "constant_step", NULL, NULL, true},
    {"constant_step in sequence", "constant_step", NULL, SEQUENCE, false},
    {"constant_step merged", "constant_step", NULL, MERGED, true},
    {"soft_bounds", "soft_bounds", NULL, NULL, true},
    {"soft_bounds close", "soft_bounds", NULL, CLOSE, false},
    {"soft_bounds merged", "soft_bounds", NULL, MERGED, false},
    {"soft_bounds additive", "soft_bounds", "{\"mult_noise\": false}", NULL, false},
    {"soft_bounds additive merged", "soft_bounds", "{\"mult_noise\": false}", MERGED, false},
    {"linear_step close", "linear_step", NULL, CLOSE, false},
    {"linear_step additive", "linear_step", "{\"mult_noise\": false}", NULL, false},
    {"linear_step additive merged", "linear_step", "{\"mult_noise\": false}", MERGED, false},
    {"exp_step", "exp_step", NULL, NULL, false},
    {"exp_step merged", "exp_step", NULL, MERGED, false},
    {"pow_step", "pow_step", NULL, NULL, false},
    {"pow_step merged", "pow_step", NULL, MERGED, false},
    {"piecewise_step", "piecewise_step", PIECES, NULL, false},
    {"piecewise_step merged", "piecewise_step", PIECES, MERGED, false},
    {"soft_bounds_reference write noise", "soft_bounds_reference",
     "{\"dw_min\": 0.001, \"write_noise_std\": 1}", NULL, false},
};

static double coincidences(const bench_update *u)
{
    aimc_counters c = {.struct_size = sizeof c};
    bench_must(aimc_tile_get_counters(u->tile, &c));
    return (double)(c.pulses_up + c.pulses_down) /
           ((double)c.updates * (double)u->n * (double)u->n);
}

static void one_update(bench *b, const struct model *m, int regime, size_t n, size_t batch)
{
    bench_update u;
    bench_update_open(&u, b->ctx, m->device, m->device_json, "sgd", m->sgd_json, regime, n, batch);
    bench_task task = {bench_update_step, &u, 0};
    bench_measure(b, &task, 1);
    const double ns = 1e9 * task.seconds / ((double)n * (double)n * (double)batch);
    bench_report(b, ns, "ns/weight/sample", ns / coincidences(&u), "ns/coincidence",
                 "update %s %s %zu x %zu batch %zu", m->what, regimes[regime], n, n, batch);
    bench_update_close(&u);
}

void bench_updates(bench *b)
{
    const size_t n = 256, n_models = sizeof models / sizeof models[0];
    for (size_t k = 0; k < n_models; k++)
        for (int regime = 0; regime < 3; regime++)
            for (size_t batch = 1; batch <= 64; batch *= 8)
                if (batch == 64 || (models[k].every_batch && !b->quick))
                    one_update(b, &models[k], regime, n, batch);
}

/* ---- algorithms ----------------------------------------------------------------------------- */

static const struct {
    const char *name, *json;
} algorithms[] = {{"tiki_taka", "{\"fast_lr\": 0.05}"},
                  {"ttv2", "{\"fast_lr\": 0.05, \"scale_fast_lr\": false, "
                           "\"units_in_mbatch\": false}"},
                  {"c_ttv2", "{\"fast_lr\": 0.05}"},
                  {"agad", "{\"fast_lr\": 0.05}"},
                  {"mixed_precision", NULL},
                  {"mixed_precision_int", NULL}};

void bench_optimizers(bench *b)
{
    const size_t n = 256, batch = 64;
    for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++)
        for (int regime = 1; regime < 3; regime++) {
            bench_update u, plain;
            bench_update_open(&u, b->ctx, "soft_bounds", NULL, algorithms[k].name,
                              algorithms[k].json, regime, n, batch);
            bench_update_open(&plain, b->ctx, "soft_bounds", NULL, "sgd", NULL, regime, n, batch);
            bench_task tasks[] = {{bench_update_step, &plain, 0}, {bench_update_step, &u, 0}};
            bench_measure(b, tasks, 2);
            bench_report(b, 1e9 * tasks[1].seconds / ((double)n * (double)n * (double)batch),
                         "ns/weight/sample", tasks[1].seconds / tasks[0].seconds, "x sgd",
                         "step %s %s %zu x %zu batch %zu", algorithms[k].name, regimes[regime], n,
                         n, batch);
            bench_update_close(&u);
            bench_update_close(&plain);
        }
}
