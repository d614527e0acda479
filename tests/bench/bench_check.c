/* SPDX-License-Identifier: MIT */
/* The ratios that CI looks at. Limits are half as much again as what was measured on a quiet
 * machine (docs/performance.md). */
#include <stdio.h>

#include "bench.h"

/* A ratio that is too high once may be the machine's doing; three times in a row it is ours. */
int bench_too_slow(bench *b, const char *what, bench_task *tasks, const char *ratio_to,
                   double limit)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        bench_measure(b, tasks, 2);
        const double ratio = tasks[1].seconds / tasks[0].seconds;
        bench_report(b, limit, ratio > limit ? "EXCEEDED" : "limit kept by", ratio, ratio_to,
                     "check %s", what);
        if (ratio <= limit)
            return 0;
    }
    return 1;
}

/* Kernels beside the same kernels in plain C. */
static int check_updates(bench *b)
{
    static const struct {
        const char *device, *algorithm, *json;
        int regime;
        double limit; /* of the best instruction set over plain C */
    } updates[] = {{"constant_step", "sgd", NULL, 0, 0.25}, {"constant_step", "sgd", NULL, 1, 0.25},
                   {"soft_bounds", "sgd", NULL, 0, 0.25},   {"soft_bounds", "sgd", NULL, 1, 0.25},
                   {"soft_bounds", "sgd", NULL, 2, 0.25},   {"exp_step", "sgd", NULL, 1, 0.25},
                   {"pow_step", "sgd", NULL, 1, 0.25}};
    int bad = 0;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.cpu_mask = AIMC_CPU_C;
    aimc_context *plain;
    bench_must(aimc_context_create(&params, &plain));
    for (size_t k = 0; k < sizeof updates / sizeof updates[0]; k++) {
        if (aimc_context_get_cpu(b->ctx) == AIMC_CPU_C)
            break;
        char what[96];
        bench_update c, best;
        bench_update_open(&c, plain, updates[k].device, NULL, updates[k].algorithm, updates[k].json,
                          updates[k].regime, 128, 16);
        bench_update_open(&best, b->ctx, updates[k].device, NULL, updates[k].algorithm,
                          updates[k].json, updates[k].regime, 128, 16);
        bench_task tasks[] = {{bench_update_step, &c, 0}, {bench_update_step, &best, 0}};
        snprintf(what, sizeof what, "update %s, regime %d", updates[k].device, updates[k].regime);
        bad += bench_too_slow(b, what, tasks, "x plain C", updates[k].limit);
        bench_update_close(&c);
        bench_update_close(&best);
    }
    aimc_context_destroy(plain);
    return bad;
}

/* The pulses of several vectors as one step beside each vector's. */
static int check_merged(bench *b)
{
    static const struct {
        const char *device;
        int regime;
        double limit;
    } cases[] = {{"constant_step", 0, 0.7},
                 {"soft_bounds", 0, 0.25},
                 {"soft_bounds", 1, 0.8},
                 {"exp_step", 0, 0.35},
                 {"pow_step", 0, 0.3}};
    int bad = 0;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char what[96];
        bench_update one, merged;
        bench_update_open(&one, b->ctx, cases[k].device, NULL, "sgd", NULL, cases[k].regime, 128,
                          16);
        bench_update_open(&merged, b->ctx, cases[k].device, NULL, "sgd",
                          "{\"update\": {\"multi_pulse\": \"BATCH\"}}", cases[k].regime, 128, 16);
        bench_task tasks[] = {{bench_update_step, &one, 0}, {bench_update_step, &merged, 0}};
        snprintf(what, sizeof what, "update %s merged, regime %d", cases[k].device,
                 cases[k].regime);
        bad += bench_too_slow(b, what, tasks, "x vector by vector", cases[k].limit);
        bench_update_close(&one);
        bench_update_close(&merged);
    }
    return bad;
}

static int check_products(bench *b)
{
    int bad = 0;
    static const struct {
        size_t n;
        double forward, backward;
    } products[] = {{128, 2.1, 2.1}, {256, 1.6, 1.7}, {512, 1.5, 1.5}};
    for (size_t k = 0; k < sizeof products / sizeof products[0]; k++) {
        char what[96];
        bench_product p;
        bench_product_open(&p, b->ctx, products[k].n, 64, false);
        bench_task forward[] = {{bench_raw_forward, &p, 0}, {bench_tile_forward, &p, 0}};
        bench_task backward[] = {{bench_raw_backward, &p, 0}, {bench_tile_backward, &p, 0}};
        snprintf(what, sizeof what, "forward default %zu batch 64", products[k].n);
        bad += bench_too_slow(b, what, forward, "x raw product", products[k].forward);
        snprintf(what, sizeof what, "backward default %zu batch 64", products[k].n);
        bad += bench_too_slow(b, what, backward, "x raw product", products[k].backward);
        bench_product_close(&p);
    }
    return bad;
}

static int check_aware(bench *b)
{
    bench_aware plain, aware;
    bench_aware_open(&plain, b->ctx, 256, 64, false);
    bench_aware_open(&aware, b->ctx, 256, 64, true);
    bench_task tasks[] = {{bench_aware_step, &plain, 0}, {bench_aware_step, &aware, 0}};
    const int bad =
        bench_too_slow(b, "hardware-aware step 256 batch 64", tasks, "x the step without", 2.5);
    bench_aware_close(&plain);
    bench_aware_close(&aware);
    return bad;
}

int bench_check(bench *b)
{
    return check_updates(b) + check_merged(b) + check_products(b) + check_aware(b) +
           bench_check_arrays(b) + bench_check_counting(b);
}
