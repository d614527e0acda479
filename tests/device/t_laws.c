/* SPDX-License-Identifier: MIT */
/* Closed forms that devices obey, each within 5 standard errors. N cells, fixed seeds. */
#include "device_test.h"

enum { N_OUT = 300, N_IN = 300, N = N_OUT * N_IN };

/* ---- construction --------------------------------------------------------------------------- */

/* |N(mean, sd)| */
static void check_folded(const float *x, double mean, double sd)
{
    const double folded = sd * sqrt(2 / acos(-1)) * exp(-mean * mean / (2 * sd * sd)) +
                          mean * erf(mean / (sd * sqrt(2)));
    check_mean(moments_of(x, N), folded);
    check_var(moments_of(x, N), mean * mean + sd * sd - folded * folded);
}

START_TEST(bounds)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "constant_step", "{}", N_OUT, N_IN, 1);
    float *hi = sampled(tile, "max_bound"), *lo = sampled(tile, "min_bound");
    for (size_t i = 0; i < N; i++)
        ck_assert(hi[i] >= 0 && lo[i] <= 0);
    const double covariance = covariance_of(hi, lo, N);
    ck_assert_double_eq_tol(covariance, 0, 5 * 0.18 * 0.18 / sqrt(N));
    check_folded(hi, 0.6, 0.18);
    for (size_t i = 0; i < N; i++)
        lo[i] = -lo[i];
    check_folded(lo, 0.6, 0.18);
    free(hi);
    free(lo);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(steps)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "soft_bounds", "{\"dw_min\": 0.01, \"up_down\": 0.2}", N_OUT, N_IN, 2);
    float *up = sampled(tile, "dwmin_up"), *down = sampled(tile, "dwmin_down");
    const double sd = 0.01 * sqrt(0.3 * 0.3 + 0.01 * 0.01);
    check_folded(up, 0.01, sd);
    check_folded(down, 0.008, sd);
    const double correlation =
        covariance_of(up, down, N) / sqrt(moments_of(up, N).var * moments_of(down, N).var);
    ck_assert_double_eq_tol(correlation, (0.09 - 1e-4) / (0.09 + 1e-4), 3e-3); /* folds lower it */
    aimc_tile_destroy(tile);
    /* as drawn, signs and all, the difference is that of the asymmetry */
    tile = test_tile(ctx, "soft_bounds",
                     "{\"dw_min\": 0.01, \"up_down\": 0.2, \"enforce_consistency\": false}", N_OUT,
                     N_IN, 2);
    parameter_of(tile, "dwmin_up", up);
    parameter_of(tile, "dwmin_down", down);
    for (size_t i = 0; i < N; i++)
        up[i] -= down[i];
    check_mean(moments_of(up, N), 0.002);
    check_var(moments_of(up, N), 2e-4 * 2e-4);
    free(up);
    free(down);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(log_normal_steps)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "constant_step",
                  "{\"dw_min\": 0.5, \"dw_min_dtod\": 0.7829, \"dw_min_dtod_log_normal\": true, "
                  "\"up_down_dtod\": 0}",
                  N_OUT, N_IN, 3);
    float *up = sampled(tile, "dwmin_up");
    check_mean(moments_of(up, N), 0.5 * exp(0.7829 * 0.7829 / 2));
    for (size_t i = 0; i < N; i++)
        up[i] = logf(up[i] / 0.5f);
    check_mean(moments_of(up, N), 0);
    check_var(moments_of(up, N), 0.7829 * 0.7829);
    free(up);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(corrupt_devices)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(
        ctx, "constant_step",
        "{\"corrupt_devices_prob\": 0.1, \"corrupt_devices_range\": 0.2, \"w_max_dtod\": 0}", N_OUT,
        N_IN, 4);
    float *up = sampled(tile, "dwmin_up"), *down = sampled(tile, "dwmin_down");
    float *hi = sampled(tile, "max_bound"), *lo = sampled(tile, "min_bound");
    size_t n = 0;
    double share = 0;
    for (size_t i = 0; i < N; i++) {
        if (up[i] != 0)
            continue;
        ck_assert(down[i] == 0 && hi[i] == lo[i] && fabsf(hi[i]) <= 0.2f);
        share += hi[i] > 0;
        hi[n++] = hi[i];
    }
    ck_assert_double_eq_tol((double)n, 0.1 * N, 5 * sqrt(0.1 * 0.9 * N));
    /* a few cells have b- > -0.2: up to 1.3 % of them, which is less than the tolerance */
    check_var(moments_of(hi, n), 0.4 * 0.4 / 12);
    ck_assert_double_eq_tol(share / (double)n, 0.5, 5 * 0.5 / sqrt((double)n));
    free(up);
    free(down);
    free(hi);
    free(lo);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* The last column is exact, whatever else is asked for. */
START_TEST(perfect_bias)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(
        ctx, "soft_bounds", "{\"perfect_bias\": true, \"corrupt_devices_prob\": 0.5}", 40, 3, 5);
    float *up = sampled(tile, "dwmin_up"), *down = sampled(tile, "dwmin_down");
    float *hi = sampled(tile, "max_bound"), *lo = sampled(tile, "min_bound");
    for (size_t i = 0; i < 40; i++) {
        ck_assert(up[3 * i + 2] == 0.001f && down[3 * i + 2] == 0.001f);
        ck_assert(hi[3 * i + 2] == 60.0f && lo[3 * i + 2] == -60.0f);
        ck_assert(fabsf(hi[3 * i + 1]) < 5.0f);
    }
    free(up);
    free(down);
    free(hi);
    free(lo);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(lifetime)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "constant_step", "{\"lifetime\": 50, \"lifetime_dtod\": 0.2}",
                                N_OUT, N_IN, 6);
    float *scale = sampled(tile, "decay_scales");
    for (size_t i = 0; i < N; i++)
        scale[i] = 1 / (1 - scale[i]);
    check_mean(moments_of(scale, N), 50);
    check_var(moments_of(scale, N), 100);
    free(scale);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Exponents of the power step, drawn like steps. */
START_TEST(exponents)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "pow_step",
                                "{\"pow_gamma\": 2, \"pow_up_down\": 0.1, \"pow_gamma_dtod\": 0.2, "
                                "\"pow_up_down_dtod\": 0.05}",
                                N_OUT, N_IN, 7);
    float *up = sampled(tile, "gamma_up"), *down = sampled(tile, "gamma_down");
    const double sd = 2 * sqrt(0.2 * 0.2 + 0.05 * 0.05);
    check_folded(up, 2, sd);
    check_folded(down, 2 * 0.9, sd);
    const double correlation =
        covariance_of(up, down, N) / sqrt(moments_of(up, N).var * moments_of(down, N).var);
    ck_assert_double_eq_tol(correlation, (0.2 * 0.2 - 0.05 * 0.05) / (0.2 * 0.2 + 0.05 * 0.05),
                            5e-3);
    free(up);
    free(down);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* With the symmetry point subtracted, up and down steps of each cell are equal at its reference. */
START_TEST(subtracted_symmetry_points)
{
    aimc_context *ctx = test_context(0);
    const char *json =
        "{\"subtract_symmetry_point\": true, \"up_down\": 0.1, \"up_down_dtod\": 0.1}";
    for (int power = 0; power < 2; power++) {
        aimc_tile *tile =
            test_tile(ctx, power ? "pow_step_reference" : "soft_bounds_reference", json, 50, 50, 8);
        float *p[7];
        static const char *const names[] = {"max_bound", "min_bound", "dwmin_up",  "dwmin_down",
                                            "reference", "gamma_up",  "gamma_down"};
        for (int k = 0; k < 5 + 2 * power; k++)
            p[k] = sampled(tile, names[k]);
        for (size_t i = 0; i < 2500; i++) {
            const double hi = (double)p[0][i], lo = (double)p[1][i], v = (double)p[4][i];
            double up = (double)p[2][i], down = (double)p[3][i];
            up *= power ? pow((hi - v) / (hi - lo), (double)p[5][i]) : 1 - v / hi;
            down *= power ? pow((v - lo) / (hi - lo), (double)p[6][i]) : 1 - v / lo;
            ck_assert_double_eq_tol(up, down, 1e-5 * (double)(p[2][i] + p[3][i]));
        }
        for (int k = 0; k < 5 + 2 * power; k++)
            free(p[k]);
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- relaxation ----------------------------------------------------------------------------- */

START_TEST(reset)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "constant_step",
                                "{\"reset\": 0.1, \"reset_std\": 0.03, \"w_max_dtod\": 0, "
                                "\"w_min_dtod\": 0}",
                                20000, 5, 9);
    set_all(tile, 0.5f);
    must(aimc_tile_reset(tile, 3, 3, 0.25)); /* columns 3, 4, 0 */
    float *w = calloc(100000, sizeof *w), *moved = calloc(60000, sizeof *moved);
    weights_of(tile, w);
    size_t n = 0;
    for (size_t i = 0; i < 100000; i++)
        if (w[i] != 0.5f) {
            ck_assert(i % 5 != 1 && i % 5 != 2);
            moved[n++] = w[i];
        }
    ck_assert_double_eq_tol((double)n, 15000, 5 * sqrt(60000 * 0.25 * 0.75));
    check_mean(moments_of(moved, n), 0.1);
    check_var(moments_of(moved, n), 0.03 * 0.03);
    free(w);
    free(moved);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(diffusion)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "constant_step",
                  "{\"diffusion\": 0.01, \"diffusion_dtod\": 0.3, \"w_max\": 50, \"w_min\": -50}",
                  N_OUT, N_IN, 10);
    for (int k = 0; k < 20; k++)
        must(aimc_tile_diffuse(tile));
    float *w = calloc(N, sizeof *w);
    weights_of(tile, w);
    check_mean(moments_of(w, N), 0);
    check_var(moments_of(w, N), 20 * 1e-4 * 1.09);
    free(w);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(decay)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "linear_step",
                                "{\"lifetime\": 10, \"reset\": 0.1, \"w_max_dtod\": 0}", 1, 1, 11);
    set_all(tile, 0.5f);
    for (int k = 0; k < 3; k++)
        must(aimc_tile_decay(tile, 1));
    ck_assert_double_eq_tol((double)first_weight(tile), 0.1 + 0.4 * 0.9 * 0.9 * 0.9, 1e-6);
    must(aimc_tile_decay(tile, 0.5));
    ck_assert_double_eq_tol((double)first_weight(tile), 0.1 + 0.4 * 0.9 * 0.9 * 0.9 * 0.95, 1e-6);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- pulses --------------------------------------------------------------------------------- */

#define FIXED "\"dw_min_dtod\": 0, \"up_down_dtod\": 0, \"w_max_dtod\": 0, \"w_min_dtod\": 0"

static moments after(aimc_context *ctx, const char *name, const char *json, float start, int32_t n)
{
    aimc_tile *tile = test_tile(ctx, name, json, N_OUT, N_IN, 12);
    float *w = calloc(N, sizeof *w);
    set_all(tile, start);
    pulse_all(tile, n);
    if (aimc_tile_get_parameter(tile, "persistent_weights", w, N_IN) != AIMC_OK)
        weights_of(tile, w);
    const moments m = moments_of(w, N);
    free(w);
    aimc_tile_destroy(tile);
    return m;
}

/* T-12: mean n S and variance n sigma^2 E[S^2] + n^2 Var S. */
START_TEST(constant_step_population)
{
    aimc_context *ctx = test_context(0);
    const moments m =
        after(ctx, "GokmenVlasovPresetDevice", "{\"w_max\": 9, \"w_min\": -9}", 0, 10);
    check_mean(m, 0.016);
    check_var(m, 0.0016 * 0.0016 * (10 * 0.09 * (1 + 0.09 + 1e-4) + 100 * (0.09 + 1e-4)));
    aimc_context_destroy(ctx);
}
END_TEST

/* Alternating pairs drift by S+ - S- each. */
START_TEST(constant_step_pairs)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "constant_step",
                  "{" FIXED ", \"dw_min\": 0.01, \"up_down\": 0.2, \"w_max\": 9, \"w_min\": -9}",
                  N_OUT, N_IN, 13);
    float *w = calloc(N, sizeof *w);
    for (int k = 0; k < 20; k++) {
        pulse_all(tile, 1);
        pulse_all(tile, -1);
    }
    weights_of(tile, w);
    check_mean(moments_of(w, N), 20 * 0.002);
    check_var(moments_of(w, N), 20 * 0.09 * (0.01 * 0.01 + 0.008 * 0.008));
    free(w);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* T-13: mean and variance of one kind of cell whose step shrinks by kappa = share S / b with each
 * pulse. */
static void check_shrinking(aimc_context *ctx, const char *name, const char *json, double step,
                            double kappa, bool additive)
{
    const double sigma = 0.3;
    double m = 0, v = 0;
    for (int n = 1; n <= 200; n++) {
        const double noise =
            additive ? step * step : (step - kappa * m) * (step - kappa * m) + kappa * kappa * v;
        v = v * (1 - kappa) * (1 - kappa) + sigma * sigma * noise;
        m += step - kappa * m;
        if (n != 1 && n != 10 && n != 50 && n != 200)
            continue;
        check_mean(after(ctx, name, json, 0, n), m);
        check_var(after(ctx, name, json, 0, n), v);
    }
}

START_TEST(shrinking_steps)
{
    aimc_context *ctx = test_context(0);
    check_shrinking(ctx, "soft_bounds", "{" FIXED ", \"dw_min\": 0.002}", 0.002, 0.002 / 0.6,
                    false);
    check_shrinking(ctx, "soft_bounds", "{" FIXED ", \"dw_min\": 0.002, \"mult_noise\": false}",
                    0.002, 0.002 / 0.6, true);
    check_shrinking(ctx, "soft_bounds_reference", "{" FIXED ", \"dw_min\": 0.002}", 0.002,
                    0.002 / 0.6, true);
#define GAMMA "\"gamma_up\": 0.7, \"gamma_up_dtod\": 0, \"dw_min\": 0.002"
    check_shrinking(ctx, "linear_step", "{" FIXED ", " GAMMA "}", 0.002, 0.7 * 0.002 / 0.6, false);
    check_shrinking(ctx, "linear_step", "{" FIXED ", " GAMMA ", \"mult_noise\": false}", 0.002,
                    0.7 * 0.002 / 0.6, true);
    aimc_context_destroy(ctx);
}
END_TEST

/* T-11: alternating pulses without noise end within a step of the symmetry point. */
START_TEST(symmetry_points)
{
#define QUIET FIXED ", \"dw_min_std\": 0, \"dw_min\": 0.002, \"up_down\": 0.3"
    static const struct {
        const char *name, *json;
    } devices[] = {
        {"linear_step", "{" QUIET ", \"gamma_up\": 0.8, \"gamma_down\": 0.5, \"gamma_up_dtod\": 0, "
                        "\"gamma_down_dtod\": 0}"},
        {"soft_bounds", "{" QUIET "}"},
        {"soft_bounds_reference", "{" QUIET ", \"reference_mean\": 0.1}"},
        {"soft_bounds_reference",
         "{" QUIET ", \"reference_mean\": 0.1, \"subtract_symmetry_point\": true}"},
        {"exp_step", "{" QUIET ", \"a\": -0.5, \"b\": -0.5, \"gamma_up\": 5, \"gamma_down\": 5, "
                     "\"A_up\": -1.18445, \"A_down\": -0.081404}"},
        {"pow_step", "{" QUIET ", \"pow_gamma_dtod\": 0, \"pow_gamma\": 1.5}"},
        {"pow_step_reference",
         "{" QUIET ", \"pow_gamma_dtod\": 0, \"pow_gamma\": 1.5, \"reference_mean\": -0.1, "
         "\"subtract_symmetry_point\": true}"},
        {"piecewise_step",
         "{" QUIET ", \"piecewise_up\": [2, 1, 0], \"piecewise_down\": [0, 1, 2]}"},
        {"polynomial_step", "{" QUIET ", \"coefficients_up\": [1.5, 0, -1], "
                            "\"coefficients_down\": [0.1, 0.4, 1]}"},
        {"table_step", "{" QUIET ", \"step_up\": [2, 1, 0.1], \"state_up\": [0.1, 0.3, 0.9], "
                       "\"step_down\": [0, 1.5]}"},
    };
    aimc_context *ctx = test_context(0);
    for (size_t k = 0; k < sizeof devices / sizeof devices[0]; k++) {
        aimc_device *device = test_device(ctx, devices[k].name, devices[k].json);
        aimc_device_info info = {.struct_size = sizeof info};
        must(aimc_device_get_info(device, &info));
        aimc_tile *tile = tile_of(ctx, device, 1, 1, 14);
        for (int n = 0; n < 4000; n++) {
            pulse_all(tile, 1);
            pulse_all(tile, -1);
        }
        const double w = (double)first_weight(tile);
        ck_assert_msg(fabs(w - info.symmetry_point) < 0.002, "%s ends at %g, not %g",
                      devices[k].json, w, info.symmetry_point);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
    }
    /* the mean device of soft bounds with a reference: -reference_mean, and
     * sp - reference_mean */
    aimc_context_destroy(ctx);
}
END_TEST

/* T-19: at the bound a step is 0; additive noise is not. */
START_TEST(noise_at_the_bound)
{
    aimc_context *ctx = test_context(0);
    for (int additive = 0; additive < 2; additive++) {
        char json[256];
        snprintf(json, sizeof json,
                 "{" FIXED ", \"gamma_up\": 1, \"gamma_up_dtod\": 0, \"dw_min\": 0.01, "
                 "\"mult_noise\": %s}",
                 additive ? "false" : "true");
        aimc_tile *tile = test_tile(ctx, "linear_step", json, N_OUT, N_IN, 15);
        float *w = calloc(N, sizeof *w);
        for (size_t i = 0; i < N; i++)
            w[i] = 10.0f;
        must(aimc_tile_set_parameter(tile, "max_bound", w, N_IN)); /* out of the way */
        set_all(tile, 0.6f);
        pulse_all(tile, 1);
        weights_of(tile, w);
        const moments m = moments_of(w, N);
        if (additive) {
            check_mean(m, 0.6);
            check_var(m, 0.003 * 0.003);
        } else {
            ck_assert_double_eq_tol(m.mean, 0.6, 1e-7);
            ck_assert_double_le(m.var, 1e-14);
        }
        free(w);
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* T-20: with noise of five steps, Phi(-1/5) of the pulses move backward. */
START_TEST(backward_moves)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "reram_es", "{}", N_OUT, N_IN, 16);
    set_all(tile, 0);
    pulse_all(tile, 1);
    float *w = sampled(tile, "persistent_weights");
    size_t back = 0;
    for (size_t i = 0; i < N; i++)
        back += w[i] < 0;
    const double p = 0.5 * erfc(0.2 / sqrt(2));
    ck_assert_double_eq_tol((double)back / N, p, 5 * sqrt(p * (1 - p) / N));
    free(w);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Noise of one pulse that is not in proportion to its step. */
START_TEST(noise_models)
{
    aimc_context *ctx = test_context(0);
    const char *exp_step =
        "{" FIXED ", \"dw_min\": 0.01, \"dw_min_std\": 0.5, \"A_up\": 0, "
        "\"dw_min_std_add\": 0.02, \"dw_min_std_slope\": 0.1, \"w_max\": 5, \"w_min\": -5}";
    moments m = after(ctx, "exp_step", exp_step, 0.4f, 1);
    check_mean(m, 0.41);
    check_var(m, pow(0.5 * (0.01 + 0.02 + 0.1 * 0.4), 2));
    m = after(ctx, "exp_step", exp_step, -0.4f, 1);
    check_mean(m, -0.39);
    check_var(m, pow(0.5 * (0.01 + 0.02 + 0.1 * 0.4), 2));
    m = after(ctx, "window_step",
              "{" FIXED ", \"dw_min\": 0.01, \"dw_min_std\": 0.5, \"window_power\": 2, "
              "\"w_max\": 1, \"w_min\": -1}",
              0.5f, 1);
    check_mean(m, 0.5 + 0.01 * 0.9375);
    check_var(m, pow(0.5 * 0.01 * 0.9375, 2));
    m = after(ctx, "table_step",
              "{" FIXED ", \"dw_min\": 0.01, \"dw_min_std\": 0, \"step_down\": [1, 3], "
              "\"noise_down\": [0, 8], \"w_max\": 1, \"w_min\": -1}",
              0.5f, -1);
    check_mean(m, 0.5 - 0.01 * 2.5);
    check_var(m, pow(0.01 * 6, 2));
    aimc_context_destroy(ctx);
}
END_TEST

/* T-21: only cells that get a pulse get new write noise; relaxation gives it to all. */
START_TEST(write_noise)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "piecewise_step",
                                "{\"dw_min\": 0.01, \"write_noise_std\": 5, \"lifetime\": 100, "
                                "\"apply_write_noise_on_set\": false}",
                                2, 50000, 17);
    float *w = calloc(100000, sizeof *w), *before = calloc(100000, sizeof *w);
    int32_t *counts = calloc(100000, sizeof *counts);
    set_all(tile, 0.1f);
    float *p = sampled(tile, "persistent_weights");
    weights_of(tile, before);
    ck_assert_mem_eq(before, p, 100000 * sizeof *w);
    for (size_t i = 0; i < 50000; i++)
        counts[i] = i % 2 ? 1 : -2;
    must(aimc_tile_pulse(tile, counts, 50000));
    weights_of(tile, w);
    parameter_of(tile, "persistent_weights", p);
    ck_assert_mem_eq(w + 50000, before + 50000, 50000 * sizeof *w);
    for (size_t i = 0; i < 50000; i++)
        before[i] = w[i] - p[i];
    check_mean(moments_of(before, 50000), 0);
    check_var(moments_of(before, 50000), 0.05 * 0.05);
    must(aimc_tile_decay(tile, 1));
    weights_of(tile, w);
    parameter_of(tile, "persistent_weights", p);
    for (size_t i = 0; i < 100000; i++)
        w[i] -= p[i];
    check_var(moments_of(w, 100000), 0.05 * 0.05);
    free(w);
    free(p);
    free(before);
    free(counts);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Cells whose bounds exclude 0 start at a bound, for reads as well as for pulses. */
START_TEST(fresh_cells_show_their_state)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(
        ctx, "soft_bounds", "{\"corrupt_devices_prob\": 1, \"write_noise_std\": 1}", 30, 30, 18);
    float *p = sampled(tile, "persistent_weights"), *hi = sampled(tile, "max_bound");
    float *w = calloc(900, sizeof *w);
    weights_of(tile, w);
    ck_assert_mem_eq(p, hi, 900 * sizeof *p);
    ck_assert_mem_eq(w, p, 900 * sizeof *w);
    ck_assert(w[0] != 0);
    free(p);
    free(hi);
    free(w);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device laws");
    TCase *t = aimct_case(s, "construction");
    tcase_add_test(t, bounds);
    tcase_add_test(t, steps);
    tcase_add_test(t, log_normal_steps);
    tcase_add_test(t, corrupt_devices);
    tcase_add_test(t, perfect_bias);
    tcase_add_test(t, lifetime);
    tcase_add_test(t, exponents);
    tcase_add_test(t, subtracted_symmetry_points);
    t = aimct_case(s, "relaxation");
    tcase_add_test(t, reset);
    tcase_add_test(t, diffusion);
    tcase_add_test(t, decay);
    t = aimct_case(s, "pulses");
    tcase_add_test(t, constant_step_population);
    tcase_add_test(t, constant_step_pairs);
    tcase_add_test(t, shrinking_steps);
    tcase_add_test(t, symmetry_points);
    tcase_add_test(t, noise_at_the_bound);
    tcase_add_test(t, backward_moves);
    tcase_add_test(t, noise_models);
    tcase_add_test(t, write_noise);
    tcase_add_test(t, fresh_cells_show_their_state);
    return aimct_main(s);
}
