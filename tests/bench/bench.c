/* SPDX-License-Identifier: MIT */
/* Speed of what matters, each beside its limit in the same run. docs/performance.md reads it. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

enum { MAX_REPEATS = 15, MAX_TASKS = 4 };

void bench_must(aimc_status st)
{
    if (!st)
        return;
    fprintf(stderr, "bench: %s\n", aimc_get_last_error());
    exit(1);
}

/* ---- timing --------------------------------------------------------------------------------- */

double bench_now(const bench *b)
{
    struct timespec t;
    clock_gettime(b->threads > 1 ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double seconds_of(const bench *b, const bench_task *task, int group)
{
    const double start = bench_now(b);
    for (int k = 0; k < group; k++)
        task->fn(task->arg);
    return (bench_now(b) - start) / group;
}

void bench_measure(const bench *b, bench_task *tasks, size_t n)
{
    double samples[MAX_TASKS][MAX_REPEATS];
    int group[MAX_TASKS];
    for (size_t k = 0; k < n; k++) {
        seconds_of(b, &tasks[k], 2); /* an even number: what alternates is where it was */
        const double once = seconds_of(b, &tasks[k], 2);
        group[k] = once < 1e-3 ? 2 * (int)(5e-4 / (once + 1e-9)) + 2 : 2;
    }
    for (int s = 0; s < b->repeats; s++)
        for (size_t k = 0; k < n; k++)
            samples[k][s] = seconds_of(b, &tasks[k], group[k]);
    for (size_t k = 0; k < n; k++) {
        qsort(samples[k], (size_t)b->repeats, sizeof samples[k][0], ascending);
        tasks[k].seconds = samples[k][b->repeats / 2];
    }
}

/* ---- report --------------------------------------------------------------------------------- */

void bench_report(bench *b, double value, const char *unit, double ratio, const char *ratio_to,
                  const char *format, ...)
{
    char what[128];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (b->json) {
        printf("%s  {\"what\": \"%s\", \"value\": %.5g, \"unit\": \"%s\"", b->rows ? ",\n" : "",
               what, value, unit);
        if (ratio_to)
            printf(", \"ratio\": %.5g, \"ratio_to\": \"%s\"", ratio, ratio_to);
        printf("}");
    } else {
        printf("%-58s %10.4g %-18s", what, value, unit);
        if (ratio_to)
            printf(" %8.3f %s", ratio, ratio_to);
        printf("\n");
    }
    b->rows++;
    fflush(stdout);
}

/* ---- data ----------------------------------------------------------------------------------- */

void bench_fill(float *x, size_t n, uint64_t seed, bench_law law, double scale)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const double u = ((double)(seed >> 40) + 0.5) * 0x1p-24;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        x[i] = (float)(scale * law(u, (double)(seed >> 40) * 0x1p-24));
    }
}

double bench_uniform(double u, double v)
{
    (void)v;
    return 2 * u - 1;
}

double bench_rectified(double u, double v)
{
    (void)v;
    return u < 0.5 ? 0 : 2 * u - 1;
}

double bench_normal(double u, double v)
{
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* ---- command -------------------------------------------------------------------------------- */

static int usage(void)
{
    fprintf(stderr, "usage: bench [--quick] [--json] [--threads N] [--check] [PART...]\n"
                    "parts: products updates optimizers construction epochs counting networks\n"
                    "    programming wires aware memory threads\n"
                    "--check: nothing but ratios against their limits, for CI\n");
    return 2;
}

static const struct {
    const char *name;
    void (*run)(bench *b);
} parts[] = {{"products", bench_products},     {"updates", bench_updates},
             {"optimizers", bench_optimizers}, {"construction", bench_construction},
             {"epochs", bench_epochs},         {"counting", bench_counting},
             {"networks", bench_networks},     {"programming", bench_programming},
             {"wires", bench_wires},           {"aware", bench_awareness},
             {"memory", bench_memory},         {"threads", bench_threads}};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

static bool choose_part(const char *name, bool *chosen)
{
    for (size_t k = 0; k < N_PARTS; k++)
        if (strcmp(name, parts[k].name) == 0)
            return chosen[k] = true;
    return false;
}

int main(int argc, char **argv)
{
    bench b = {.threads = 1};
    bool check = false, some = false, chosen[N_PARTS] = {false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            b.json = true;
        else if (strcmp(argv[i], "--quick") == 0)
            b.quick = true;
        else if (strcmp(argv[i], "--check") == 0)
            check = true;
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            b.threads = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (choose_part(argv[i], chosen))
            some = true;
        else
            return usage();
    }
    b.repeats = b.quick ? 5 : MAX_REPEATS;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = b.threads;
    bench_must(aimc_context_create(&params, &b.ctx));
    char text[256];
    aimc_context_describe(b.ctx, text, sizeof text);
    printf(b.json ? "{\"context\": \"%s\", \"rows\": [\n" : "%s\n", text);
    const int bad = check ? bench_check(&b) : 0;
    for (size_t k = 0; !check && k < N_PARTS; k++)
        if (!some || chosen[k])
            parts[k].run(&b);
    if (b.json)
        printf("\n]}\n");
    aimc_context_destroy(b.ctx);
    return bad ? 1 : 0;
}
