/* SPDX-License-Identifier: MIT */
/* What the device tests share: contexts, devices and tiles from a few words, committed data,
 * statistics. */
#ifndef AIMCT_DEVICE_TEST_H
#define AIMCT_DEVICE_TEST_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <aimc/aimc.h>

#include "check_main.h"

#define must(call) ck_assert_msg((call) == AIMC_OK, "%s: %s", #call, aimc_get_last_error())

/* cpu_mask 0: the best but AVX-512 */
static inline aimc_context *test_context(uint32_t cpu_mask)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.cpu_mask = cpu_mask;
    aimc_context *ctx = NULL;
    must(aimc_context_create(&params, &ctx));
    return ctx;
}

/* json: fields that differ from the kind's or preset's */
static inline aimc_status try_device(aimc_context *ctx, const char *name, const char *json,
                                     aimc_device **out)
{
    aimc_config *config = NULL;
    must(aimc_config_create(ctx, name, &config));
    aimc_status st = aimc_config_parse(config, json);
    *out = NULL;
    if (!st)
        st = aimc_device_create(ctx, NULL, config, out);
    aimc_config_destroy(config);
    return st;
}

static inline aimc_device *test_device(aimc_context *ctx, const char *name, const char *json)
{
    aimc_device *device = NULL;
    must(try_device(ctx, name, json, &device));
    return device;
}

static inline aimc_tile *tile_of(aimc_context *ctx, const aimc_device *device, size_t n_out,
                                 size_t n_in, int seed)
{
    aimc_config *config = NULL;
    must(aimc_config_create(ctx, "tile", &config));
    must(aimc_config_set(config, "seed", seed));
    aimc_tile *tile = NULL;
    must(aimc_tile_create(device, n_out, n_in, config, &tile));
    aimc_config_destroy(config);
    return tile;
}

/* The usual case: a tile of devices that nothing else needs. */
static inline aimc_tile *test_tile(aimc_context *ctx, const char *name, const char *json,
                                   size_t n_out, size_t n_in, int seed)
{
    aimc_device *device = test_device(ctx, name, json);
    aimc_tile *tile = tile_of(ctx, device, n_out, n_in, seed);
    aimc_device_unref(device);
    return tile;
}

static inline size_t n_cells(const aimc_tile *tile)
{
    return aimc_tile_get_n_out(tile) * aimc_tile_get_n_in(tile);
}

static inline void set_all(aimc_tile *tile, float w)
{
    float *all = calloc(n_cells(tile), sizeof *all);
    for (size_t i = 0; i < n_cells(tile); i++)
        all[i] = w;
    must(aimc_tile_set_weights(tile, all, aimc_tile_get_n_in(tile)));
    free(all);
}

/* n > 0: up */
static inline void pulse_all(aimc_tile *tile, int32_t n)
{
    int32_t *all = calloc(n_cells(tile), sizeof *all);
    for (size_t i = 0; i < n_cells(tile); i++)
        all[i] = n;
    must(aimc_tile_pulse(tile, all, aimc_tile_get_n_in(tile)));
    free(all);
}

static inline void weights_of(const aimc_tile *tile, float *w)
{
    must(aimc_tile_get_weights(tile, w, aimc_tile_get_n_in(tile)));
}

static inline void parameter_of(const aimc_tile *tile, const char *name, float *value)
{
    must(aimc_tile_get_parameter(tile, name, value, aimc_tile_get_n_in(tile)));
}

/* One parameter of a fresh tile; the caller frees. */
static inline float *sampled(const aimc_tile *tile, const char *name)
{
    float *value = calloc(n_cells(tile), sizeof *value);
    parameter_of(tile, name, value);
    return value;
}

static inline float first_weight(const aimc_tile *tile)
{
    float w[4];
    ck_assert_uint_le(n_cells(tile), 4);
    weights_of(tile, w);
    return w[0];
}

/* ---- committed data ------------------------------------------------------------------------- */

/* A file of tests/data, its header line read. */
static inline FILE *data_open(const char *name)
{
    const char *folder = getenv("AIMC_TEST_DATA");
    ck_assert_msg(folder != NULL, "AIMC_TEST_DATA is not set");
    char path[1024], header[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "cannot open %s", path);
    ck_assert(fgets(header, sizeof header, f) != NULL);
    return f;
}

/* The next line in n fields; the last takes the rest, commas and all. false at the end. */
static inline bool data_next(FILE *f, char *line, size_t size, char **field, size_t n)
{
    if (!fgets(line, (int)size, f))
        return false;
    line[strcspn(line, "\n")] = '\0';
    char *at = line;
    for (size_t i = 0; i < n; i++) {
        field[i] = at;
        ck_assert_msg(at != NULL, "too few fields: %s", line);
        char *comma = i + 1 < n ? strchr(at, ',') : NULL;
        if (comma)
            *comma++ = '\0';
        at = comma;
    }
    return true;
}

/* ---- statistics ----------------------------------------------------------------------------- */

typedef struct moments {
    double n, mean, var, kurtosis;
} moments;

static inline moments moments_of(const float *x, size_t n)
{
    double sum = 0, squares = 0, fourths = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double square = ((double)x[i] - mean) * ((double)x[i] - mean);
        squares += square;
        fourths += square * square;
    }
    const double kurtosis = squares > 0 ? fourths * (double)n / (squares * squares) : 3;
    return (moments){(double)n, mean, squares / (double)(n - 1), kurtosis};
}

/* Within 5 standard errors, and what single precision adds. */
static inline void check_mean(moments m, double expected)
{
    const double tolerance = 5 * sqrt(m.var / m.n) + 2e-6 * fabs(expected) + 1e-9;
    ck_assert_double_eq_tol(m.mean, expected, tolerance);
}

static inline void check_var(moments m, double expected)
{
    const double tolerance = 5 * expected * sqrt((m.kurtosis - 1) / m.n);
    ck_assert_double_eq_tol(m.var, expected, tolerance + 1e-5 * expected + 1e-14);
}

static inline double covariance_of(const float *x, const float *y, size_t n)
{
    const double mx = moments_of(x, n).mean, my = moments_of(y, n).mean;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)x[i] - mx) * ((double)y[i] - my);
    return sum / (double)(n - 1);
}

#endif
