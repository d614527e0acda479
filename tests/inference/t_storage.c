/* SPDX-License-Identifier: MIT */
/* Weights in memories: pulsed devices written in a closed loop, digital codes with bit flips. */

#include "inference/storage.h"
#include "noise_test.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* ---- closed loop ---------------------------------------------------------------------------- */

/* 150 x 150 with the default read-out (noise 0.06, 7 and 9 bits) to 1 %, with a bounded number of
 * reads and pulses: a loop that does not converge would use up all it may. */
START_TEST(large_tile_to_one_percent)
{
    enum { N = 150 };
    static float w[N * N], back[N * N];
    /* bounds that hold every target */
    static const char *const wide[] = {"w_max=1.2", "w_min=-1.2", "w_max_dtod=0", "w_min_dtod=0",
                                       NULL};
    aimc_device *d = aimct_device(ctx, "constant_step", wide);
    aimc_tile *t = NULL;
    aimc_inference_report r = {.struct_size = sizeof r};
    OK(aimc_tile_create(d, N, N, NULL, &t));
    aimct_fill(w, N * N, 3);
    aimc_config *config = noise_config(ctx, "programming", "tolerance=0.01;max_pulses=1000");
    OK(aimc_tile_write(t, w, N, config, &r));
    OK(aimc_tile_get_weights(t, back, N));
    double sum = 0;
    for (size_t k = 0; k < N * N; k++)
        sum += fabs((double)back[k] - (double)w[k]);
    ck_assert_msg(sum / (N * N) < 0.01, "mean error %g", sum / (N * N));
    ck_assert(r.iterations >= 2 && r.verify_reads % 256 == 0);
    aimc_counters c = {.struct_size = sizeof c};
    OK(aimc_tile_get_counters(t, &c));
    ck_assert_uint_eq(c.pulses_up + c.pulses_down, r.pulses);
    ck_assert_uint_eq(c.forward_vectors, r.verify_reads);
    ck_assert_double_eq_tol(r.write_time_s, 1e-7 * (double)(r.pulses + r.verify_reads), 1e-9);
    aimc_config_destroy(config);
    aimc_tile_destroy(t);
    aimc_device_unref(d);
}
END_TEST

START_TEST(any_device_and_shape)
{
    static const char *const devices[] = {"soft_bounds", "idealized", "ecram", "capacitor"};
    static const char *const even[] = {"w_max_dtod=0", "w_min_dtod=0", "dw_min_dtod=0",
                                       "up_down_dtod=0", NULL};
    enum { ROWS = 5, COLS = 13 };
    float w[ROWS * COLS];
    aimct_fill(w, ROWS * COLS, 3);
    for (size_t k = 0; k < ROWS * COLS; k++)
        w[k] *= 0.2f;
    for (size_t k = 0; k < sizeof devices / sizeof devices[0]; k++) {
        aimc_device *d = aimct_device(ctx, devices[k], even);
        aimc_config *read = noise_config(ctx, "tile", "forward.is_perfect=true");
        aimc_tile *t = NULL;
        aimc_inference_report r = {.struct_size = sizeof r};
        OK(aimc_tile_create(d, ROWS, COLS, read, &t));
        OK(aimc_tile_write(t, w, COLS, NULL, &r));
        ck_assert_msg(r.weight_error < 0.07, "%s: %g", devices[k], r.weight_error);
        aimc_config_destroy(read);
        aimc_tile_destroy(t);
        aimc_device_unref(d);
    }
}
END_TEST

START_TEST(bad_writes)
{
    aimc_device *d = aimct_device(ctx, "soft_bounds", NULL),
                *ideal = aimct_device(ctx, "ideal", NULL);
    aimc_config *wrong = noise_config(ctx, "tile", "");
    aimc_tile *t = NULL, *u = NULL;
    float w[4] = {0, 0, 0, 0};
    OK(aimc_tile_create(d, 2, 2, NULL, &t));
    OK(aimc_tile_create(ideal, 2, 2, NULL, &u));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_write(NULL, w, 2, NULL, NULL));
    FAILS(AIMC_ERR_SHAPE, "ld_w", aimc_tile_write(t, w, 1, NULL, NULL));
    FAILS(AIMC_ERR_INVALID, "'programming'", aimc_tile_write(t, w, 2, wrong, NULL));
    FAILS(AIMC_ERR_UNSUPPORTED, "no pulses", aimc_tile_write(u, w, 2, NULL, NULL));
    OK(aimc_tile_program(t, NULL, NULL));
    FAILS(AIMC_ERR_STATE, "programmed", aimc_tile_write(t, w, 2, NULL, NULL));
    w[3] = NAN;
    FAILS(AIMC_ERR_INVALID, "not finite", aimc_tile_write(t, w, 2, NULL, NULL));
    aimc_config_destroy(wrong);
    aimc_tile_destroy(t);
    aimc_tile_destroy(u);
    aimc_device_unref(d);
    aimc_device_unref(ideal);
}
END_TEST

/* ---- digital storage ------------------------------------------------------------------------ */

enum { N = 80000 };

static aimc_storage_report store(const char *settings, float *w)
{
    aimc_storage_report r = {.struct_size = sizeof r};
    aimc_config *config = noise_config(ctx, "storage", settings);
    for (size_t i = 0; i < N; i++)
        w[i] = (float)((int)(i % 255) - 127) / 127;
    aimci_storage_keep(ctx, config, 0, 0, w, N, &r);
    aimc_config_destroy(config);
    return r;
}

static void near_rate(double count, double n, double p)
{
    ck_assert_msg(fabs(count - n * p) < 5 * sqrt(n * p * (1 - p)) + 1, "%g, expected %g", count,
                  n * p);
}

START_TEST(flips_and_codes)
{
    static float w[N];
    const double p = 0.002, q = 1 - p;
    aimc_storage_report r = store("", w);
    ck_assert(r.wrong == 0 && r.flips == 0 && r.codes == N && r.bits_per_bit == 1);
    for (size_t i = 0; i < N; i++)
        ck_assert(w[i] == (float)((int)(i % 255) - 127) * (1.0f / 127));
    r = store("bit_error_rate=0.002", w);
    near_rate((double)r.flips, 8 * N, p);
    near_rate((double)r.wrong, N, 1 - pow(q, 8));
    /* an odd number of flips in nine bits is seen; code 0 is the same after */
    r = store("bit_error_rate=0.002;code=PARITY", w);
    near_rate((double)r.detected, N, 9 * p * pow(q, 8));
    near_rate((double)r.wrong, N, 9 * p * pow(q, 8) * 254 / 255 + 28 * p * p);
    ck_assert_double_eq(r.bits_per_bit, 1.125);
    r = store("bit_error_rate=0.002;code=SECDED", w);
    near_rate((double)r.flips, 9 * N, p);
    near_rate((double)r.corrected, N / 8.,
              72 * p * pow(q, 71) + 59640 * pow(p, 3) * pow(q, 69) * .9);
    near_rate((double)r.detected, N / 8., 2556 * p * p * pow(q, 70));
    ck_assert_double_lt((double)r.wrong, 8.5 * (double)r.detected + 50);
    r = store("bit_error_rate=0.0001;code=SECDED", w); /* hardly ever two in a word */
    ck_assert(r.corrected > 30 && r.wrong <= 8 * (r.detected + 1));
    r = store("bit_error_rate=0.002;code=TMR", w);
    near_rate((double)r.flips, 24 * N, p);
    near_rate((double)r.wrong, N, 8 * 3 * p * p);
    ck_assert_double_eq(r.bits_per_bit, 3);
}
END_TEST

/* Every single flip of a word is corrected. */
START_TEST(single_errors)
{
    static float w[N];
    const aimc_storage_report r = store("bit_error_rate=0.0005;code=SECDED;seed=3", w);
    size_t different = 0;
    for (size_t i = 0; i < N; i++)
        different += w[i] != (float)((int)(i % 255) - 127) * (1.0f / 127);
    ck_assert_uint_eq(different, r.wrong);
    /* words with two or more flips: 36^2 ... of 10^4; all others came back */
    ck_assert(r.corrected > 250 && different <= 8 * (r.detected + 3));
}
END_TEST

/* Section 4.3.8 */
START_TEST(supply_voltage)
{
    static float w[N];
    ck_assert_double_eq_tol(store("supply_v=0.7", w).bit_error_rate, 1.35e-3, 1e-5);
    ck_assert_double_eq_tol(store("supply_v=0.65", w).bit_error_rate, 2.28e-2, 1e-4);
    ck_assert_double_eq_tol(store("supply_v=0.753", w).bit_error_rate, 2.5e-5, 1e-6);
}
END_TEST

START_TEST(networks)
{
    aimc_network *net = NULL;
    aimc_config *config = noise_config(ctx, "storage", "bit_error_rate=0.05");
    aimc_storage_report r = {.struct_size = sizeof r};
    float before[20], after[20];
    OK(aimc_network_create(ctx, &net));
    FAILS(AIMC_ERR_STATE, "digital", aimc_network_store(net, config, &r));
    OK(aimc_network_add_linear(net, 4, 5, NULL));
    OK(aimc_network_get_weights(net, 0, before, NULL));
    OK(aimc_network_store(net, config, &r));
    OK(aimc_network_get_weights(net, 0, after, NULL));
    ck_assert(r.codes == 20 && r.wrong > 0 && memcmp(before, after, sizeof before) != 0);
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_network_store(NULL, config, &r));
    aimc_network_destroy(net);
    aimc_config_destroy(config);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("storage");
    TCase *t = aimct_case(s, "storage");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, large_tile_to_one_percent);
    tcase_add_test(t, any_device_and_shape);
    tcase_add_test(t, bad_writes);
    tcase_add_test(t, flips_and_codes);
    tcase_add_test(t, single_errors);
    tcase_add_test(t, supply_voltage);
    tcase_add_test(t, networks);
    return aimct_main(s);
}
