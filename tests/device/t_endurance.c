/* SPDX-License-Identifier: MIT */
/* What use does to devices, against closed forms: bounds that close with counted pulses, states
 * that move with counted reads; what is off costs nothing, and what was saved goes on alike. */
#include "device_test.h"

enum { SIDE = 6, N = SIDE * SIDE };

#define EXACT "\"dw_min\": 0.01, \"dw_min_dtod\": 0, \"dw_min_std\": 0, \"up_down_dtod\": 0"
#define PLAIN EXACT ", \"w_max_dtod\": 0, \"w_min_dtod\": 0"
#define WORN                                                                                       \
    "\"endurance\": {\"onset\": 50, \"max_exponent\": 0.3, \"min_exponent\": 0.7, \"least\": 0.1}"

static double factor(double pulses, double onset, double exponent, double least)
{
    return pulses > onset ? fmax(pow(pulses / onset, -exponent), least) : 1;
}

static const char *const models[] = {
    "constant_step",    "linear_step",           "soft_bounds", "exp_step",
    "soft_bounds_pmax", "soft_bounds_reference", "pow_step",    "pow_step_reference",
    "piecewise_step",   "polynomial_step",       "window_step", "table_step"};
enum { N_MODELS = sizeof models / sizeof *models };

static bool has(const aimc_tile *tile, const char *name)
{
    for (size_t i = 0; i < aimc_tile_count_parameters(tile); i++)
        if (strcmp(aimc_tile_get_parameter_name(tile, i), name) == 0)
            return true;
    return false;
}

/* ---- endurance ------------------------------------------------------------------------------ */

/* Spread bounds, each closing from where it was, and states that follow. */
START_TEST(bounds_by_pulses)
{
    aimc_context *ctx = test_context(0);
    for (size_t m = 0; m < N_MODELS; m++) {
        aimc_tile *tile = test_tile(ctx, models[m], "{" WORN "}", SIDE, SIDE, 3);
        float *hi0 = sampled(tile, "max_bound"), *lo0 = sampled(tile, "min_bound");
        double n = 0;
        for (int32_t step = 1; step < 3000; step = step * 3 + 1) {
            pulse_all(tile, step % 2 ? step : -step);
            n += step;
            float *hi = sampled(tile, "max_bound"), *lo = sampled(tile, "min_bound");
            float *pulses = sampled(tile, "pulses"), w[N];
            weights_of(tile, w);
            float *reference = has(tile, "reference") ? sampled(tile, "reference") : NULL;
            for (size_t i = 0; i < N; i++) {
                ck_assert_double_eq((double)pulses[i], n);
                const double up = (double)hi0[i] * factor(n, 50, .3, .1);
                const double down = (double)lo0[i] * factor(n, 50, .7, .1);
                ck_assert_msg(fabs((double)hi[i] - up) <= 1e-6 * fabs(up) &&
                                  fabs((double)lo[i] - down) <= 1e-6 * fabs(down),
                              "%s after %g pulses: [%.8g, %.8g], not [%.8g, %.8g]", models[m], n,
                              (double)lo[i], (double)hi[i], down, up);
                const float state = w[i] + (reference ? reference[i] : 0);
                ck_assert(state <= hi[i] + 1e-6f);
                ck_assert(state >= lo[i] - 1e-6f);
            }
            free(hi), free(lo), free(pulses), free(reference);
        }
        free(hi0), free(lo0);
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* A stuck device stays where it is, and a window on one side closes toward 0. */
START_TEST(windows_of_other_kinds)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(
        ctx, "constant_step",
        "{\"corrupt_devices_prob\": 1, \"corrupt_devices_range\": 1, " WORN "}", SIDE, SIDE, 3);
    float before[N], after[N];
    weights_of(tile, before);
    pulse_all(tile, 900);
    weights_of(tile, after);
    ck_assert_mem_eq(before, after, sizeof before);
    aimc_tile_destroy(tile);
    tile = test_tile(ctx, "constant_step", "{" PLAIN ", \"w_min\": 0, \"w_max\": 1, " WORN "}", 1,
                     1, 3);
    pulse_all(tile, 100);
    pulse_all(tile, 100);
    ck_assert_double_eq_tol((double)first_weight(tile), pow(4, -.3), 1e-6);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Onsets are spread in their logarithm. */
START_TEST(spread_of_onsets)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(
        ctx, "constant_step", "{" PLAIN ", \"endurance\": {\"onset\": 1000, \"onset_dtod\": 0.4}}",
        100, 100, 3);
    float *onset = sampled(tile, "endurance_onset"), *x = calloc(10000, sizeof *x);
    for (size_t i = 0; i < 10000; i++)
        x[i] = logf(onset[i] / 1000);
    check_mean(moments_of(x, 10000), 0);
    check_var(moments_of(x, 10000), .16);
    for (int k = 0; k < 10; k++)
        pulse_all(tile, k % 2 ? 1000 : -1000);
    float *hi = sampled(tile, "max_bound");
    for (size_t i = 0; i < 10000; i++)
        ck_assert_double_eq_tol((double)hi[i], .6 * factor(1e4, (double)onset[i], .1, 0), 1e-6);
    free(hi), free(onset), free(x);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Single pulses count beyond 2^24; what follows from others is not set, and what is set holds. */
START_TEST(counts_and_settings)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "constant_step", "{" PLAIN ", " WORN "}", 1, 1, 3);
    const float many = 16777216, rest = 0, half = .25f, beyond = -.8f;
    must(aimc_tile_set_parameter(tile, "pulses", &many, 1));
    float hi;
    parameter_of(tile, "max_bound", &hi);
    ck_assert_double_eq_tol((double)hi, .6 * .1, 1e-7);
    for (int k = 0; k < 101; k++)
        pulse_all(tile, 1);
    float pulses, left;
    parameter_of(tile, "pulses", &pulses);
    parameter_of(tile, "pulses_rest", &left);
    ck_assert_double_eq((double)pulses + (double)left, 16777216 + 101);
    ck_assert_int_eq(aimc_tile_set_parameter(tile, "max_bound", &half, 1), AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "fresh_max_bound"));
    ck_assert_int_eq(aimc_tile_set_parameter(tile, "fresh_max_bound", &beyond, 1),
                     AIMC_ERR_INVALID);
    must(aimc_tile_set_parameter(tile, "pulses", &rest, 1));
    must(aimc_tile_set_parameter(tile, "fresh_max_bound", &half, 1));
    parameter_of(tile, "max_bound", &hi);
    ck_assert_double_eq((double)hi, .25);
    aimc_tile_destroy(tile);
    tile = test_tile(ctx, "constant_step", "{\"count_pulses\": true}", 1, 1, 3);
    ck_assert(has(tile, "pulses") && !has(tile, "pulses_rest") && !has(tile, "fresh_max_bound"));
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Writing in a closed loop wears devices out: what no window holds any more stays away. */
START_TEST(worn_by_writing)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "soft_bounds", "{\"dw_min\": 0.004, " WORN "}", SIDE, SIDE, 3);
    float w[N], pulses = 0;
    for (int k = 0; k < 60; k++) {
        for (size_t i = 0; i < N; i++)
            w[i] = (i + (size_t)k) % 2 ? .2f : -.2f;
        must(aimc_tile_write(tile, w, SIDE, NULL, NULL));
    }
    float *count = sampled(tile, "pulses"), *hi = sampled(tile, "max_bound");
    float *hi0 = sampled(tile, "fresh_max_bound");
    for (size_t i = 0; i < N; i++) {
        const double up = (double)hi0[i] * factor((double)count[i], 50, .3, .1);
        ck_assert_double_eq_tol((double)hi[i], up, 1e-6);
        pulses += count[i];
    }
    aimc_counters c = {.struct_size = sizeof c};
    must(aimc_tile_get_counters(tile, &c));
    ck_assert_double_eq((double)pulses, (double)(c.pulses_up + c.pulses_down));
    ck_assert_double_ge((double)pulses, 1000 * N);
    free(count), free(hi), free(hi0);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Measuring leaves no trace, and zero shifting counts what it sent. */
START_TEST(symmetry_points_of_worn_devices)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "soft_bounds_reference", "{" EXACT ", " WORN "}", SIDE, SIDE, 3);
    pulse_all(tile, 40);
    float *hi = sampled(tile, "max_bound"), point[N], w[N], v[N];
    weights_of(tile, w);
    must(aimc_tile_find_symmetry_point(tile, 200, point, SIDE));
    float *again = sampled(tile, "max_bound"), *pulses = sampled(tile, "pulses");
    weights_of(tile, v);
    ck_assert_mem_eq(hi, again, N * sizeof *hi);
    ck_assert_mem_eq(w, v, sizeof w);
    ck_assert_double_eq((double)pulses[0], 40);
    must(aimc_tile_shift_symmetry_point(tile, 30));
    parameter_of(tile, "pulses", pulses);
    parameter_of(tile, "max_bound", again);
    ck_assert_double_eq((double)pulses[0], 100);
    ck_assert_double_eq_tol((double)again[0], (double)hi[0] * factor(100, 50, .3, .1), 1e-6);
    free(hi), free(again), free(pulses);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- read disturb --------------------------------------------------------------------------- */

static void read_tile(aimc_tile *tile, size_t n, bool forward)
{
    const size_t n_out = aimc_tile_get_n_out(tile), n_in = aimc_tile_get_n_in(tile);
    float *x = calloc(n * (n_in + n_out), sizeof *x);
    for (size_t i = 0; i < n * n_in; i++)
        x[i] = .5f;
    if (forward)
        must(aimc_tile_forward(tile, n, x, n_in, x + n * n_in, n_out));
    else
        must(aimc_tile_backward(tile, n, x, n_out, x + n * n_out, n_in));
    free(x);
}

/* A share below 2^-12 waits, so that this is how far a state may be off, relative to its
 * distance. */
static void check_disturbed(float w, double from, double target, double rate, double n)
{
    const double expected = target + (from - target) * pow(1 - rate, n);
    const double room = fabs(from - target) * 0x1p-12 + 2e-6;
    ck_assert_msg(fabs((double)w - expected) <= room, "%.8g after %g reads, not %.8g", (double)w, n,
                  expected);
}

START_TEST(states_by_reads)
{
    static const double rates[] = {1e-9, 1e-5, 3e-3, .25};
    aimc_context *ctx = test_context(0);
    for (size_t m = 0; m <= N_MODELS; m++)
        for (size_t k = 0; k < 4; k++) {
            char json[256];
            snprintf(json, sizeof json, "{%s\"read_disturb\": {\"rate\": %g, \"target\": -0.2}}",
                     m < N_MODELS ? "\"w_max_dtod\": 0, \"w_min_dtod\": 0, " : "", rates[k]);
            aimc_tile *tile = test_tile(ctx, m < N_MODELS ? models[m] : "ideal", json, 2, 2, 3);
            float *reference = has(tile, "reference") ? sampled(tile, "reference") : NULL;
            set_all(tile, .1f);
            const double from = .1 + (reference ? (double)reference[0] : 0);
            double n = 0;
            for (size_t batch = 1; batch < 500; batch = 3 * batch + 1) {
                read_tile(tile, batch, true);
                read_tile(tile, batch + 1, false);
                n += 2 * (double)batch + 1;
                const float w = first_weight(tile) + (reference ? reference[0] : 0);
                check_disturbed(w, from, -.2, rates[k], n);
            }
            free(reference);
            aimc_tile_destroy(tile);
        }
    aimc_context_destroy(ctx);
}
END_TEST

/* Many single reads at a rate that single precision would lose: 4e6 of 1e-7. */
START_TEST(small_rates_add_up)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "constant_step", "{" PLAIN ", \"read_disturb\": {\"rate\": 1e-7}}", 1, 1, 3);
    set_all(tile, .5f);
    for (int k = 0; k < 40000; k++)
        read_tile(tile, 100, true);
    check_disturbed(first_weight(tile), .5, 0, 1e-7, 4e6);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* What a cell shows besides its persistent weight stays: a read is no write. */
START_TEST(reads_are_no_writes)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "soft_bounds",
                  "{\"write_noise_std\": 10, \"w_max_dtod\": 0, \"read_disturb\": {\"rate\": 0.1}}",
                  SIDE, SIDE, 3);
    set_all(tile, .3f);
    float before[N], after[N];
    weights_of(tile, before);
    float *p = sampled(tile, "persistent_weights");
    read_tile(tile, 10, true);
    weights_of(tile, after);
    float *q = sampled(tile, "persistent_weights");
    for (size_t i = 0; i < N; i++) {
        check_disturbed(q[i], (double)p[i], 0, .1, 10);
        ck_assert_double_eq_tol((double)(after[i] - q[i]), (double)(before[i] - p[i]), 1e-6);
    }
    free(p), free(q);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Members of a unit cell move, each toward its own target; the cell shows their sum. */
START_TEST(members_of_cells)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "reference_cell",
                  "{\"device\": {\"kind\": \"soft_bounds\", \"w_max_dtod\": 0, \"w_min_dtod\": 0, "
                  "\"read_disturb\": {\"rate\": 0.05, \"target\": 0.1}, " WORN "}}",
                  1, 1, 3);
    set_all(tile, .3f);
    float a, b, c, d;
    parameter_of(tile, "hidden_weights_0", &a);
    parameter_of(tile, "hidden_weights_1", &b);
    read_tile(tile, 7, true);
    parameter_of(tile, "hidden_weights_0", &c);
    parameter_of(tile, "hidden_weights_1", &d);
    check_disturbed(c, (double)a, .1, .05, 7);
    check_disturbed(d, (double)b, .1, .05, 7);
    ck_assert_double_eq_tol((double)first_weight(tile), (double)(c - d), 1e-6);
    ck_assert(has(tile, "fresh_max_bound_0") && has(tile, "pulses_1"));
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Tiki-Taka with gamma reads all its arrays, and its weight is their sum before and after. */
START_TEST(arrays_of_a_composite)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "constant_step", "{\"read_disturb\": {\"rate\": 0.02}}", SIDE, SIDE, 3);
    aimc_config *config = NULL;
    must(aimc_config_create(ctx, "tiki_taka", &config));
    must(aimc_config_set(config, "gamma", .5));
    aimc_optimizer *optimizer = NULL;
    must(aimc_optimizer_create(tile, NULL, config, &optimizer));
    float x[SIDE], d[SIDE], before[N], after[N];
    for (size_t i = 0; i < SIDE; i++) {
        x[i] = .3f - .1f * (float)i;
        d[i] = .1f * (float)i - .2f;
    }
    for (int k = 0; k < 20; k++)
        must(aimc_optimizer_step(optimizer, 1, x, SIDE, d, SIDE, .1));
    weights_of(tile, before);
    read_tile(tile, 9, true);
    weights_of(tile, after);
    double moved = 0;
    for (size_t i = 0; i < N; i++) {
        check_disturbed(after[i], (double)before[i], 0, .02, 9);
        moved += fabs((double)(after[i] - before[i]));
    }
    ck_assert_double_gt(moved, 1e-3);
    aimc_config_destroy(config);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------- */

static unsigned char *bytes_of(const aimc_tile *tile, size_t *n)
{
    must(aimc_tile_save_bytes(tile, NULL, 0, n));
    unsigned char *bytes = malloc(*n);
    must(aimc_tile_save_bytes(tile, bytes, *n, n));
    return bytes;
}

static void use(aimc_tile *tile)
{
    read_tile(tile, 17, true);
    pulse_all(tile, 45);
    read_tile(tile, 4, false);
    pulse_all(tile, -30);
}

START_TEST(saved_and_resumed)
{
    static const char *const json[] = {
        "{\"read_disturb\": {\"rate\": 1e-5}, \"endurance\": {\"onset\": 30, \"onset_dtod\": 0.2}}",
        "{\"device\": {\"kind\": \"soft_bounds\", \"write_noise_std\": 1, "
        "\"read_disturb\": {\"rate\": 1e-5}, \"endurance\": {\"onset\": 30}}}"};
    static const char *const kinds[] = {"exp_step", "one_sided_cell"};
    aimc_context *ctx = test_context(0);
    for (int k = 0; k < 2; k++) {
        aimc_tile *tile = test_tile(ctx, kinds[k], json[k], SIDE, SIDE, 3), *other = NULL;
        use(tile);
        size_t n, m;
        unsigned char *saved = bytes_of(tile, &n);
        must(aimc_tile_load_bytes(ctx, saved, n, &other));
        free(saved);
        use(tile);
        use(other);
        saved = bytes_of(tile, &n);
        unsigned char *resumed = bytes_of(other, &m);
        ck_assert_uint_eq(n, m);
        ck_assert_mem_eq(saved, resumed, n);
        free(saved), free(resumed);
        aimc_tile_destroy(tile);
        aimc_tile_destroy(other);
    }
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("endurance");
    TCase *t = aimct_case(s, "use");
    tcase_add_test(t, bounds_by_pulses);
    tcase_add_test(t, windows_of_other_kinds);
    tcase_add_test(t, spread_of_onsets);
    tcase_add_test(t, counts_and_settings);
    tcase_add_test(t, worn_by_writing);
    tcase_add_test(t, symmetry_points_of_worn_devices);
    tcase_add_test(t, states_by_reads);
    tcase_add_test(t, small_rates_add_up);
    tcase_add_test(t, reads_are_no_writes);
    tcase_add_test(t, members_of_cells);
    tcase_add_test(t, arrays_of_a_composite);
    tcase_add_test(t, saved_and_resumed);
    return aimct_main(s);
}
