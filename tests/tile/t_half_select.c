/* SPDX-License-Identifier: MIT */
/* Half-selected cells: how many pulses of half the voltage they get, in closed form. */
#include <stdlib.h>

#include "device/device_test.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = test_context(0);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* Steps of .002 and -.003 of the range 2, of .0001 and -.0004 at half the voltage; no noise. */
#define STEPS                                                                                      \
    "{\"half_select\": true, \"w_min\": -1, \"w_max\": 1, \"dw_min_dtod\": 0, \"up_down_dtod\": "  \
    "0, \"w_max_dtod\": 0, \"w_min_dtod\": 0, \"measured_voltage_up\": [1, 0.5], "                 \
    "\"measured_width_up\": [1e-7, 1e-7], \"step_up\": [0.002, 0.0001], "                          \
    "\"measured_voltage_down\": [-1, -0.5], \"measured_width_down\": [1e-7, 1e-7], "               \
    "\"step_down\": [-0.003, -0.0004]}"

enum { OUT = 5, IN = 7 };

/* What pulses by count do: each goes to one cell, and disturbs all others of its lines. */
static double expected(int32_t count[OUT][IN], size_t i, size_t j)
{
    static const double whole[2] = {-0.006, 0.004}, half[2] = {-0.0008, 0.0002};
    double w = 0;
    for (size_t k = 0; k < OUT; k++)
        for (size_t l = 0; l < IN; l++) {
            const int32_t n = count[k][l];
            const double *step = k == i && l == j ? whole : half;
            if (k == i || l == j)
                w += abs(n) * step[n > 0];
        }
    return w;
}

START_TEST(pulses_by_count)
{
    aimc_tile *tile = test_tile(ctx, "measured_step", STEPS, OUT, IN, 1);
    int32_t count[OUT][IN] = {{0}};
    float w[OUT * IN], once[OUT * IN];
    for (size_t i = 0; i < OUT; i++)
        for (size_t j = 0; j < IN; j++)
            count[i][j] = (int32_t)((3 * i + 5 * j) % 7) - 3;
    for (int times = 1; times <= 2; times++) {
        must(aimc_tile_pulse(tile, count[0], IN));
        weights_of(tile, w);
        for (size_t k = 0; k < OUT * IN; k++)
            ck_assert_double_eq_tol((double)w[k], times * expected(count, k / IN, k % IN), 1e-5);
        if (times == 1)
            memcpy(once, w, sizeof w);
    }
    aimc_counters counters = {.struct_size = sizeof counters};
    must(aimc_tile_get_counters(tile, &counters));
    uint64_t up = 0;
    for (size_t k = 0; k < OUT * IN; k++)
        up += 2 * (uint64_t)(count[k / IN][k % IN] > 0 ? count[k / IN][k % IN] : 0);
    ck_assert_uint_eq(counters.pulses_up, up); /* what was sent, and not what it disturbed */
    aimc_tile_destroy(tile);
}
END_TEST

static void step(aimc_tile *tile, const char *settings, size_t n, const float *x, const float *d,
                 double rate)
{
    aimc_config *config = NULL;
    aimc_optimizer *optimizer = NULL;
    must(aimc_config_create(ctx, "sgd", &config));
    must(aimc_config_parse(config, settings));
    must(aimc_optimizer_create(tile, NULL, config, &optimizer));
    must(aimc_optimizer_step(optimizer, n, x, IN, d, OUT, rate));
    aimc_optimizer_destroy(optimizer);
    aimc_config_destroy(config);
}

/* Lines that fire in all 10 slots or in none: a cell has 10 whole pulses, 10 half ones, or none. */
START_TEST(certain_trains)
{
    static const float x[IN] = {1, 0, -1, 0, 1, 0, 0}, d[OUT] = {0, 1, -1, 0, 0};
    static const char *const types[] = {"STOCHASTIC_COMPRESSED", "MEAN_COUNT",
                                        "DETERMINISTIC_IMPLICIT"};
    for (size_t t = 0; t < 3; t++) {
        char settings[200];
        aimc_tile *tile = test_tile(ctx, "measured_step", STEPS, OUT, IN, 1);
        snprintf(settings, sizeof settings,
                 "{\"update\": {\"pulse_type\": \"%s\", \"desired_bl\": 10, "
                 "\"update_bl_management\": false}}",
                 types[t]);
        step(tile, settings, 1, x, d, 10 * 0.005); /* granularity (.004 + .006) / 2 */
        float w[OUT * IN];
        weights_of(tile, w);
        for (size_t i = 0; i < OUT; i++)
            for (size_t j = 0; j < IN; j++) {
                const bool in = x[j] != 0, out = d[i] != 0, up = (x[j] < 0) != (d[i] < 0);
                const double whole = up ? 0.004 : -0.006, half = up ? 0.0002 : -0.0008;
                const double change = in && out ? whole : in || out ? half : 0;
                ck_assert_double_eq_tol((double)w[i * IN + j], 10 * change, 1e-5);
            }
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* Several vectors in one call, of all pairs of signs: a slot of a line disturbs each cell of it
 * once, also where the pulses of vectors may be collected. */
START_TEST(several_vectors)
{
    enum { VECTORS = 7 };
    static const char *const ways[] = {"EXACT", "BATCH"};
    float x[VECTORS][IN], d[VECTORS][OUT], w[OUT * IN];
    for (size_t b = 0; b < VECTORS; b++) {
        for (size_t j = 0; j < IN; j++)
            x[b][j] = (float)((b + 2 * j) % 3) - 1;
        for (size_t i = 0; i < OUT; i++)
            d[b][i] = (float)((2 * b + i) % 3) - 1;
    }
    for (size_t t = 0; t < 2; t++) {
        char settings[200];
        aimc_tile *tile = test_tile(ctx, "measured_step", STEPS, OUT, IN, 1);
        snprintf(settings, sizeof settings,
                 "{\"update\": {\"desired_bl\": 10, \"update_bl_management\": false, "
                 "\"multi_pulse\": \"%s\"}}",
                 ways[t]);
        step(tile, settings, VECTORS, x[0], d[0], 10 * 0.005);
        weights_of(tile, w);
        for (size_t k = 0; k < OUT * IN; k++) {
            double change = 0;
            for (size_t b = 0; b < VECTORS; b++) {
                const float in = x[b][k % IN], out = d[b][k / IN];
                const bool up = (in < 0) != (out < 0), fires = in != 0 || out != 0;
                const double whole = up ? 0.004 : -0.006, half = up ? 0.0002 : -0.0008;
                change += 10 * (in != 0 && out != 0 ? whole : fires ? half : 0);
            }
            ck_assert_msg(fabs((double)w[k] - change) < 2e-5, "%s: cell %zu is at %g, not %g",
                          ways[t], k, (double)w[k], change);
        }
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* Trains of 20 slots with P_x = P_d = p for all: E[half] = 40 p (1 - p) a vector, of 400 vectors.
 * In a slot it is 1 with probability 2 p (1 - p), so that the variance of a cell's sum is at most
 * 8000 / 4: five standard deviations of a cell. */
START_TEST(drawn_trains)
{
    enum { VECTORS = 400 };
    static float x[VECTORS * IN], d[VECTORS * OUT];
    const double p = 0.3, step_whole = -2e-6, step_half = -2e-5;
    for (size_t k = 0; k < VECTORS * IN; k++)
        x[k] = 1;
    for (size_t k = 0; k < VECTORS * OUT; k++)
        d[k] = 1;
    aimc_tile *tile = test_tile(
        ctx, "measured_step",
        "{\"half_select\": true, \"w_min\": -1, \"w_max\": 1, \"dw_min_dtod\": 0, "
        "\"up_down_dtod\": 0, \"w_max_dtod\": 0, \"w_min_dtod\": 0, \"step_up\": [1e-6, 1e-6], "
        "\"measured_voltage_up\": [1, 0.5], \"measured_width_up\": [1e-7, 1e-7], "
        "\"step_down\": [-1e-6, -1e-5], \"measured_voltage_down\": [-1, -0.5], "
        "\"measured_width_down\": [1e-7, 1e-7]}",
        OUT, IN, 1);
    step(tile,
         "{\"update\": {\"desired_bl\": 20, \"update_bl_management\": false, "
         "\"update_management\": true}}",
         VECTORS, x, d, p * p * 20 * 2e-6);
    float w[OUT * IN];
    weights_of(tile, w);
    const double mean = VECTORS * 20 * (p * p * step_whole + 2 * p * (1 - p) * step_half);
    for (size_t k = 0; k < OUT * IN; k++)
        ck_assert_double_eq_tol((double)w[k], mean, 5 * sqrt(2000.) * 2e-5);
    aimc_tile_destroy(tile);
}
END_TEST

/* VTEAM's half voltage is below the threshold toward on: up pulses disturb nothing, to the bit.
 * Down ones move neighbours as a device of that voltage. */
START_TEST(thresholds)
{
#define QUIET                                                                                      \
    "\"dw_min_std\": 0, \"dw_min_dtod\": 0, \"up_down_dtod\": 0, \"w_max_dtod\": 0, "              \
    "\"w_min_dtod\": 0"
    static const char *const on = "{\"half_select\": true, " QUIET "}", *const off = "{" QUIET "}";
    aimc_tile *disturbed = test_tile(ctx, "vteam", on, 2, 2, 1);
    aimc_tile *plain = test_tile(ctx, "vteam", off, 2, 2, 1);
    aimc_tile *half = test_tile(ctx, "vteam", "{\"voltage_down\": 0.05, " QUIET "}", 2, 2, 1);
    float a[4], b[4], c[4];
    static const int32_t up[4] = {3, 0, 0, 2}, down[4] = {-2, 0, 0, 0}, two[4] = {0, -2, -2, 0};
    must(aimc_tile_pulse(disturbed, up, 2));
    must(aimc_tile_pulse(plain, up, 2));
    weights_of(disturbed, a);
    weights_of(plain, b);
    ck_assert_mem_eq(a, b, sizeof a);
    must(aimc_tile_set_weights(half, a, 2));
    must(aimc_tile_pulse(disturbed, down, 2));
    must(aimc_tile_pulse(plain, down, 2));
    must(aimc_tile_pulse(half, two, 2));
    weights_of(disturbed, a);
    weights_of(plain, b);
    weights_of(half, c);
    ck_assert_float_eq_tol(a[0], b[0], 1e-7f);
    ck_assert_float_eq(a[3], b[3]);
    for (int k = 1; k < 3; k++) { /* two neighbours of the pulsed cell */
        ck_assert_float_eq_tol(a[k], c[k], 1e-6f);
        ck_assert_float_lt(c[k], b[k]);
    }
    aimc_tile_destroy(disturbed);
    aimc_tile_destroy(plain);
    aimc_tile_destroy(half);
}
END_TEST

/* Every algorithm that pulses runs with it, and any number of threads gives the same bits. */
START_TEST(algorithms)
{
    static const char *const names[] = {"sgd",    "tiki_taka", "ttv2",
                                        "c_ttv2", "agad",      "mixed_precision"};
    enum { N = 20 };
    float x[N * IN], d[N * OUT];
    for (size_t k = 0; k < N * IN; k++)
        x[k] = (float)((7 * k) % 11) / 11 - 0.4f;
    for (size_t k = 0; k < N * OUT; k++)
        d[k] = (float)((5 * k) % 13) / 13 - 0.5f;
    for (size_t t = 0; t < sizeof names / sizeof names[0]; t++) {
        float w[3][OUT * IN];
        for (int run = 0; run < 3; run++) {
            aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
            params.n_threads = run == 1 ? 3 : 1;
            aimc_context *own = NULL;
            must(aimc_context_create(&params, &own));
            aimc_tile *tile = test_tile(own, "stanford_pku",
                                        run == 2 ? "{}" : "{\"half_select\": true}", OUT, IN, 1);
            aimc_config *config = NULL;
            aimc_optimizer *optimizer = NULL;
            must(aimc_config_create(own, names[t], &config));
            must(aimc_optimizer_create(tile, NULL, config, &optimizer));
            for (int k = 0; k < 30; k++)
                must(aimc_optimizer_step(optimizer, N, x, IN, d, OUT, 0.5));
            weights_of(tile, w[run]);
            aimc_optimizer_destroy(optimizer);
            aimc_config_destroy(config);
            aimc_tile_destroy(tile);
            aimc_context_destroy(own);
        }
        ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
        ck_assert_msg(memcmp(w[0], w[2], sizeof w[0]) != 0, "%s: nothing is disturbed", names[t]);
    }
}
END_TEST

START_TEST(refusals)
{
    aimc_device *device = NULL;
    ck_assert_int_eq(try_device(ctx, "measured_step", "{\"half_select\": true}", &device),
                     AIMC_ERR_INVALID);
    ck_assert(strstr(aimc_get_last_error(), "half_select: ") != NULL);
    ck_assert(strstr(aimc_get_last_error(), "0.5 V is outside of what was measured") != NULL);
    ck_assert_int_eq(try_device(ctx, "vector_cell",
                                "{\"device\": {\"kind\": \"vteam\", \"half_select\": true}}",
                                &device),
                     AIMC_ERR_INVALID);
    ck_assert(strstr(aimc_get_last_error(), "half_select is not simulated in unit cells") != NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("half select");
    TCase *t = aimct_case(s, "all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, pulses_by_count);
    tcase_add_test(t, certain_trains);
    tcase_add_test(t, several_vectors);
    tcase_add_test(t, drawn_trains);
    tcase_add_test(t, thresholds);
    tcase_add_test(t, algorithms);
    tcase_add_test(t, refusals);
    return aimct_main(s);
}
