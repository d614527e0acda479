/* SPDX-License-Identifier: MIT */
/* Devices of an ordinary differential equation: random pulse programs against scipy (recorded by
 * tests/tools/flow_programs.py), closed forms of VTEAM, spreads, noise, bad input. */
#include "device_test.h"

#define QUIET                                                                                      \
    "\"dw_min_dtod\": 0, \"dw_min_std\": 0, \"up_down_dtod\": 0, \"w_max_dtod\": 0, "              \
    "\"w_min_dtod\": 0"

/* Bounds of -1 and 1: w = 2 z - 1. */
static aimc_tile *recorded_tile(aimc_context *ctx, const char *kind, const char *json)
{
    char all[2048];
    snprintf(all, sizeof all, "{" QUIET ", \"w_max\": 1, \"w_min\": -1, %s", json + 1);
    aimc_tile *tile = test_tile(ctx, kind, all, 1, 1, 1);
    set_all(tile, 0);
    return tile;
}

START_TEST(programs_of_scipy)
{
    aimc_context *ctx = test_context(0);
    FILE *f = data_open("flow_programs.csv");
    char line[2048], *x[5];
    aimc_tile *tile = NULL;
    int device = -1, n_devices = 0, n_rows = 0;
    double worst = 0;
    while (data_next(f, line, sizeof line, x, 5)) {
        if (atoi(x[1]) != device) {
            device = atoi(x[1]);
            n_devices++;
            aimc_tile_destroy(tile);
            tile = recorded_tile(ctx, x[0], x[4]);
        }
        pulse_all(tile, atoi(x[2]));
        const double z = ((double)first_weight(tile) + 1) / 2, expected = strtod(x[3], NULL);
        ck_assert_msg(fabs(z - expected) <= 1e-4, "%s %d after %s pulses: %.7f, not %s", x[0],
                      device, x[2], z, x[3]);
        worst = fmax(worst, fabs(z - expected));
        n_rows++;
    }
    fclose(f);
    aimc_tile_destroy(tile);
    ck_assert_int_eq(n_devices, 40);
    ck_assert_int_eq(n_rows, 560);
    printf("flow: %d programs, %d places, off by %.2g at most\n", n_devices, n_rows, worst);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- closed forms --------------------------------------------------------------------------- */

#define EXPONENTIAL                                                                                \
    QUIET ", \"w_max\": 1, \"w_min\": 0, \"resistance\": \"EXPONENTIAL\", \"r_on\": 1000, "        \
          "\"r_off\": 100000, \"v_on\": -1, \"v_off\": 0.5, \"voltage_up\": -1.5, "                \
          "\"voltage_down\": 1.5, \"alpha_on\": 2, \"alpha_off\": 3, \"k_on\": -4, \"k_off\": 1, " \
          "\"length\": 1e-8"

/* w of the state s */
static double weight(double s)
{
    return (pow(100, 1 - s) - 1) / 99;
}

/* Without a window s moves evenly, by 4 (1/2)^2 width / length and 2^3 width / length, up to the
 * ends. */
START_TEST(even_motion)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(
        ctx, "vteam", "{" EXPONENTIAL ", \"width_up\": 2e-10, \"width_down\": 5e-11}", 1, 1, 1);
    double s = .5;
    set_all(tile, (float)weight(s));
    for (int k = 0; k < 40; k++) {
        const int n = k * 7 % 23 - 11;
        s -= n > 0 ? .02 * n : .04 * n;
        s = fmin(fmax(s, 0), 1);
        pulse_all(tile, n);
        ck_assert_double_eq_tol((double)first_weight(tile), weight(s), 2e-6);
    }
    aimc_device *device =
        test_device(ctx, "vteam", "{" EXPONENTIAL ", \"width_up\": 2e-10, \"width_down\": 5e-11}");
    aimc_device_info info = {.struct_size = sizeof info};
    must(aimc_device_get_info(device, &info));
    const double mid = 1 - log(99 * .5 + 1) / log(100);
    ck_assert_double_eq_tol(info.granularity, (weight(mid - .02) - weight(mid + .04)) / 2, 1e-6);
    ck_assert_double_eq(info.w_max, 1);
    aimc_device_unref(device);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Joglekar's window with p = 1 is the logistic equation: s / (1 - s) falls by exp(4 r) a pulse. */
START_TEST(logistic_motion)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "vteam",
                                "{" EXPONENTIAL ", \"window\": \"JOGLEKAR\", "
                                "\"width_up\": 2e-10, \"width_down\": 5e-11}",
                                1, 1, 1);
    double odds = 1;
    set_all(tile, (float)weight(.5));
    for (int k = 0; k < 60; k++) {
        const int n = k % 3 == 0 ? 30 : k % 3 == 1 ? -7 : -8;
        odds *= exp(n > 0 ? -.08 * n : -.16 * n);
        pulse_all(tile, n);
        ck_assert_double_eq_tol((double)first_weight(tile), weight(odds / (1 + odds)), 3e-5);
    }
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- populations ---------------------------------------------------------------------------- */

/* The gain of a device and the noise of a pulse are those of the time that it lasts: in a linear
 * resistance near r_off = 1.01 r_on the weight goes evenly with s, so that steps are normal. */
START_TEST(spreads_and_noise)
{
    static const char *const json[] = {
        "{\"r_on\": 1000, \"r_off\": 1000.1, \"dw_min_dtod\": 0.2, \"dw_min_std\": 0, "
        "\"up_down_dtod\": 0, \"w_max_dtod\": 0, \"w_min_dtod\": 0}",
        "{\"r_on\": 1000, \"r_off\": 1000.1, \"dw_min_dtod\": 0, \"dw_min_std\": 0.5, "
        "\"up_down_dtod\": 0, \"w_max_dtod\": 0, \"w_min_dtod\": 0}"};
    enum { SIDE = 100, N = SIDE * SIDE };
    aimc_context *ctx = test_context(0);
    for (int k = 0; k < 2; k++) {
        aimc_device *device = test_device(ctx, "vteam", json[k]);
        aimc_device_info info = {.struct_size = sizeof info};
        must(aimc_device_get_info(device, &info));
        aimc_tile *tile = tile_of(ctx, device, SIDE, SIDE, 7);
        float *w = calloc(N, sizeof *w);
        set_all(tile, 0);
        pulse_all(tile, 4);
        weights_of(tile, w);
        const double mean = 4 * info.step_up_at_0;
        moments m = moments_of(w, N);
        ck_assert_double_eq_tol(m.mean, mean, 5 * sqrt(m.var / N) + 1e-3 * mean);
        const double sd = k == 0 ? .2 * mean : .5 * mean / 2;
        ck_assert_double_eq_tol(sqrt(m.var), sd, 5 * sd / sqrt(2.0 * N) + 2e-3 * sd);
        free(w);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* A million cells by pulses of given voltages. */
START_TEST(bad_input)
{
    static const struct {
        const char *kind, *json, *word;
    } cases[] = {
        {"vteam", "{\"voltage_up\": -0.1}", "voltage_up"},
        {"vteam", "{\"voltage_down\": 0.01}", "voltage_down"},
        {"vteam", "{\"r_off\": 20}", "r_off"},
        {"vteam", "{\"width_up\": 1e-18, \"width_down\": 1e-18}", "range"},
        {"vteam", "{\"width_up\": 1, \"width_down\": 1}", "range"},
        {"vteam", "{\"perfect_bias\": true}", "perfect_bias"},
        {"vteam", "{\"dw_min\": 0.1}", "dw_min"},
        {"stanford_pku", "{\"gap_max\": 1e-10}", "gap_max"},
        {"stanford_pku", "{\"gamma_0\": 0}", "range"},
    };
    aimc_context *ctx = test_context(0);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        aimc_device *device = NULL;
        const aimc_status st = try_device(ctx, cases[k].kind, cases[k].json, &device);
        ck_assert_msg(st != AIMC_OK, "%s is taken", cases[k].json);
        ck_assert_ptr_null(device);
        ck_assert_msg(strstr(aimc_get_last_error(), cases[k].word) != NULL, "%s: %s", cases[k].json,
                      aimc_get_last_error());
    }
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("flow");
    TCase *t = aimct_case(s, "flow");
    tcase_add_test(t, programs_of_scipy);
    tcase_add_test(t, even_motion);
    tcase_add_test(t, logistic_motion);
    tcase_add_test(t, spreads_and_noise);
    tcase_add_test(t, bad_input);
    return aimct_main(s);
}
