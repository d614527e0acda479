/* SPDX-License-Identifier: MIT */
/* Small things that most tests need. */
#ifndef AIMCT_TEST_UTIL_H
#define AIMCT_TEST_UTIL_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "check_main.h"

/* A call that must succeed; the library's sentence is shown when it does not. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        const aimc_status aimct_st_ = (call);                                                      \
        ck_assert_msg(aimct_st_ == AIMC_OK, "%s: %s: %s", #call, aimc_status_get_text(aimct_st_),  \
                      aimc_get_last_error());                                                      \
    } while (0)

/* A call that must fail with this status and a sentence that contains part. */
#define FAILS(status, part, call)                                                                  \
    do {                                                                                           \
        const aimc_status aimct_st_ = (call);                                                      \
        ck_assert_msg(aimct_st_ == (status), "%s: %s, not %s", #call,                              \
                      aimc_status_get_text(aimct_st_), aimc_status_get_text(status));              \
        ck_assert_msg(strstr(aimc_get_last_error(), part) != NULL, "%s: '%s' lacks '%s'", #call,   \
                      aimc_get_last_error(), part);                                                \
    } while (0)

#define NEAR(value, expected, tolerance)                                                           \
    do {                                                                                           \
        const double aimct_v_ = (double)(value), aimct_e_ = (double)(expected);                    \
        ck_assert_msg(fabs(aimct_v_ - aimct_e_) <= (double)(tolerance),                            \
                      "%s = %.12g, expected %.12g", #value, aimct_v_, aimct_e_);                   \
    } while (0)

static inline aimc_context *aimct_context(uint32_t threads, uint32_t cpu_mask, uint64_t seed)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = threads;
    params.cpu_mask = cpu_mask;
    params.seed = seed;
    aimc_context *ctx = NULL;
    OK(aimc_context_create(&params, &ctx));
    return ctx;
}

/* A device from a name and "field=value" settings, NULL-terminated. */
static inline aimc_device *aimct_device(aimc_context *ctx, const char *name,
                                        const char *const settings[])
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, name, &config));
    for (size_t i = 0; settings && settings[i]; i++) {
        char field[96];
        const char *equals = strchr(settings[i], '=');
        snprintf(field, sizeof field, "%.*s", (int)(equals - settings[i]), settings[i]);
        OK(aimc_config_set_text(config, field, equals + 1));
    }
    aimc_device *device = NULL;
    OK(aimc_device_create(ctx, NULL, config, &device));
    aimc_config_destroy(config);
    return device;
}

/* splitmix64: numbers for tests that do not come from the library */
static inline uint64_t aimct_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* uniform on [-1, 1) */
static inline float aimct_uniform(uint64_t *state)
{
    return (float)(aimct_next(state) >> 40) * 0x1p-23f - 1.0f;
}

static inline void aimct_fill(float *x, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        x[i] = aimct_uniform(&seed);
}

/* standard normal, by Box and Muller */
static inline double aimct_normal(uint64_t *state)
{
    const double u = ((double)(aimct_next(state) >> 11) + 1) * 0x1p-53;
    const double v = (double)(aimct_next(state) >> 11) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Mean and variance in one pass (Welford). */
typedef struct aimct_moments {
    double n, mean, m2;
} aimct_moments;

static inline void aimct_add(aimct_moments *m, double x)
{
    m->n += 1;
    const double d = x - m->mean;
    m->mean += d / m->n;
    m->m2 += d * (x - m->mean);
}

static inline double aimct_variance(const aimct_moments *m)
{
    return m->m2 / (m->n - 1);
}

/* Five standard errors: a right law passes by a wide margin at a fixed seed, a wrong one fails.
 * kurtosis is that of the data (3 for normal); the variance of a variance is var^2 (k - 1) / n. */
#define CHECK_MEAN(m, expected, sd)                                                                \
    ck_assert_msg(fabs((m).mean - (expected)) <= 5 * (sd) / sqrt((m).n) + 1e-9,                    \
                  "mean %.9g, expected %.9g +- %.3g", (m).mean, (double)(expected),                \
                  5 * (sd) / sqrt((m).n))
#define CHECK_VARIANCE(m, expected, kurtosis)                                                      \
    ck_assert_msg(fabs(aimct_variance(&(m)) - (expected)) <=                                       \
                      5 * (expected)*sqrt(((kurtosis)-1) / (m).n) + 1e-15,                         \
                  "variance %.9g, expected %.9g +- %.3g", aimct_variance(&(m)),                    \
                  (double)(expected), 5 * (expected)*sqrt(((kurtosis)-1) / (m).n))

/* A file of tests/data, opened; the test fails when it is not there. */
static inline FILE *aimct_data(const char *name)
{
    char path[512];
    const char *folder = getenv("AIMC_TEST_DATA");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "tests/data", name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "cannot open %s (set AIMC_TEST_DATA to tests/data)", path);
    return f;
}

#endif
