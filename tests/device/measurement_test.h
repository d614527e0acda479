/* SPDX-License-Identifier: MIT */
/* Populations of devices, measured and fitted, and what the report says of them. */
#ifndef AIMCT_MEASUREMENT_TEST_H
#define AIMCT_MEASUREMENT_TEST_H

#include <stdlib.h>

#include "device_test.h"

enum { PULSES = 200, DEVICES = 24 };

static aimc_context *ctx;
static char report[65536];

static void setup(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = 2;
    must(aimc_context_create(&params, &ctx));
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* State of each device after each of PULSES pulses up and down: [2 PULSES][DEVICES] */
static void walk(const char *model, const char *json, int seed, float *w)
{
    aimc_tile *tile = test_tile(ctx, model, json, 1, DEVICES, seed);
    set_all(tile, -0.7f);
    for (int k = 0; k < 2 * PULSES; k++) {
        pulse_all(tile, k < PULSES ? 1 : -1);
        weights_of(tile, w + (size_t)k * DEVICES);
    }
    aimc_tile_destroy(tile);
}

/* One trace of a device, as 10 + 8 w. */
static void add(aimc_measurement *m, const float *w, uint32_t device, uint32_t as)
{
    double state[2 * PULSES];
    int32_t pulses[2 * PULSES];
    for (int k = 0; k < 2 * PULSES; k++) {
        state[k] = 10 + 8 * (double)w[(size_t)k * DEVICES + device];
        pulses[k] = k < PULSES ? 1 : -1;
    }
    must(aimc_measurement_add(m, as, 2 * PULSES, state, pulses, NULL));
}

static aimc_fit *fit(const aimc_measurement *m, const char *model)
{
    aimc_fit *made = NULL;
    const aimc_fit_params params = {
        .struct_size = sizeof params, .model = model, .scale = 8, .offset = 10};
    must(aimc_measurement_fit(m, &params, &made));
    ck_assert_uint_lt(aimc_fit_to_json(made, report, sizeof report), sizeof report);
    ck_assert_ptr_null(strstr(report, "nan"));
    return made;
}

/* value, low and high of a parameter of the report */
static bool parameter(const char *name, double out[3])
{
    char key[80];
    snprintf(key, sizeof key, "{\"name\": \"%s\", \"value\": ", name);
    const char *at = strstr(report, key);
    if (!at)
        return false;
    const int n =
        sscanf(at + strlen(key), "%lf, \"low\": %lf, \"high\": %lf", &out[0], &out[1], &out[2]);
    return n == 3;
}

static void expect(const char *name, double truth)
{
    double v[3];
    ck_assert_msg(parameter(name, v), "no %s", name);
    printf("  %s %g: %g [%g, %g]\n", name, truth, v[0], v[1], v[2]);
    /* one seed: within twice the half width of 95 %, four standard errors */
    ck_assert_double_gt(truth, v[1] - (v[0] - v[1]));
    ck_assert_double_lt(truth, v[2] + (v[2] - v[0]));
}

static const char population[] =
    "{\"dw_min\": 0.012, \"dw_min_dtod\": 0.2, \"dw_min_std\": 0.3, \"up_down\": 0.1, "
    "\"up_down_dtod\": 0.05, \"w_max\": 0.9, \"w_min\": -1, \"w_max_dtod\": 0.1, \"w_min_dtod\": "
    "0.15, \"write_noise_std\": 0.5}";

#endif
