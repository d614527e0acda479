/* SPDX-License-Identifier: MIT */
/* What the parts of the benchmark share: timing, data, rows of the report. */
#ifndef AIMC_BENCH_H
#define AIMC_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aimc/aimc.h>

typedef struct bench {
    aimc_context *ctx;
    bool quick, json;
    uint32_t threads;
    int repeats;
    int rows;
} bench;

void bench_must(aimc_status st);

/* ---- timing --------------------------------------------------------------------------------- */

typedef void (*bench_fn)(void *arg);

/* Median seconds of one call of each of the functions, which take turns, so that what disturbs the
 * machine disturbs all of them. Calls are grouped until a sample lasts a millisecond. Processor
 * time with one thread, wall time with more. */
typedef struct bench_task {
    bench_fn fn;
    void *arg;
    double seconds;
} bench_task;
void bench_measure(const bench *b, bench_task *tasks, size_t n);
double bench_now(const bench *b);

/* ---- report --------------------------------------------------------------------------------- */

/* One row; ratio_to NULL: no ratio. */
void bench_report(bench *b, double value, const char *unit, double ratio, const char *ratio_to,
                  const char *format, ...) __attribute__((format(printf, 6, 7)));

/* ---- data ----------------------------------------------------------------------------------- */

typedef double (*bench_law)(double u, double v);
void bench_fill(float *x, size_t n, uint64_t seed, bench_law law, double scale);
double bench_uniform(double u, double v);   /* on [-1, 1) */
double bench_rectified(double u, double v); /* max(uniform, 0) */
double bench_normal(double u, double v);

/* ---- parts ---------------------------------------------------------------------------------- */

/* Analog products beside BLIS's own. */
void bench_products(bench *b);
/* Pulsed updates of every model in the three regimes of the peer's figures. */
void bench_updates(bench *b);
/* Steps of all training algorithms beside plain SGD. */
void bench_optimizers(bench *b);
/* Making a tile, and its bytes for each cell. */
void bench_construction(bench *b);
/* Bytes for each cell of every device, and of every algorithm. */
void bench_memory(bench *b);
/* One epoch of the 784-256-128-10 perceptron. */
void bench_epochs(bench *b);
/* Training with pulses counted beside the same without. */
void bench_counting(bench *b);
/* Convolutions and a training step of LeNet-5. */
void bench_networks(bench *b);
/* Programming and drift of a tile of phase-change memory, beside plain C. */
void bench_programming(bench *b);
/* Products and steps through wires. */
void bench_wires(bench *b);
/* Two threads beside one. */
void bench_threads(bench *b);
/* A step of hardware-aware training. */
void bench_awareness(bench *b);

/* Ratios with limits; how many are exceeded. */
int bench_check(bench *b);
int bench_check_arrays(bench *b);   /* programming, wires, single vectors */
int bench_check_counting(bench *b); /* counted epochs */
int bench_too_slow(bench *b, const char *what, bench_task *tasks, const char *ratio_to,
                   double limit);

/* One update as the parts above time it: x, d of a regime, the sign of d turning with each call so
 * that the weights stay where they are. */
typedef struct bench_update {
    aimc_tile *tile;
    aimc_optimizer *opt;
    size_t n, batch;
    float *x, *d[2];
    double lr;
    unsigned calls;
} bench_update;
/* regime: 0 dense, 1 typical, 2 sparse. json: of the device and of the optimizer, or NULL. */
void bench_update_open(bench_update *u, aimc_context *ctx, const char *device,
                       const char *device_json, const char *algorithm, const char *algorithm_json,
                       int regime, size_t n, size_t batch);
void bench_update_close(bench_update *u);
void bench_update_step(void *arg);

/* One product as the parts above time it. */
typedef struct bench_product {
    aimc_tile *tile;
    size_t n, batch, ld;
    float *w, *x, *y;
} bench_product;
void bench_product_open(bench_product *p, aimc_context *ctx, size_t n, size_t batch, bool perfect);
void bench_product_close(bench_product *p);
void bench_raw_forward(void *arg); /* one sgemm of 64 vectors after the other */
void bench_raw_backward(void *arg);
void bench_tile_forward(void *arg);
void bench_tile_backward(void *arg);

/* A step of a matrix n x n, with or without modified weights, clipping, remapping and a range. */
typedef struct bench_aware {
    aimc_matrix *matrix;
    size_t n, batch;
    bool aware;
    float *x, *d; /* each followed by what comes of it */
} bench_aware;
void bench_aware_open(bench_aware *a, aimc_context *ctx, size_t n, size_t batch, bool aware);
void bench_aware_close(bench_aware *a);
void bench_aware_step(void *arg);

#endif
