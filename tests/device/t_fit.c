/* SPDX-License-Identifier: MIT */
/* Known parameters come back from ten noisy sweeps; what cannot be fitted is refused. */
#include "device_test.h"

enum { PULSES = 500, SWEEPS = 10 };

static aimc_context *ctx;
static bool supported;

static void setup(void)
{
    aimc_config *config = NULL;
    aimc_fit_result r = {.struct_size = sizeof r};
    float w[20];
    for (int i = 0; i < 20; i++)
        w[i] = 0.1f * (float)(i < 10 ? i - 5 : 14 - i);
    ctx = test_context(0);
    supported = aimc_device_fit(ctx, "constant_step", 1, 10, w, 20, &config, &r) == AIMC_OK;
    ck_assert(supported || strstr(aimc_get_last_error(), "cminpack") != NULL);
    aimc_config_destroy(config);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static const struct known {
    const char *model;
    double start;
    int n;
    struct {
        const char *name;
        double value;
    } field[8]; /* the first n are compared */
} cases[] = {
    {"constant_step", -0.7, 2, {{"dw_min", 0.002}, {"up_down", 0.2}, {"w_max", 1}, {"w_min", -1}}},
    {"soft_bounds",
     -0.5,
     4,
     {{"dw_min", 0.005}, {"up_down", 0.3}, {"w_max", 0.8}, {"w_min", -0.6}}},
    {"linear_step",
     -0.8,
     4,
     {{"dw_min", 0.004},
      {"up_down", 0.2},
      {"gamma_up", 0.7},
      {"gamma_down", 0.4},
      {"w_max", 0.8},
      {"w_min", -0.8}}},
    {"exp_step",
     -0.7,
     8, /* steep exponentials: where they are flat, amplitude and step stand in for each other */
     {{"dw_min", 0.006},
      {"up_down", -0.2},
      {"A_up", 0.02},
      {"A_down", 0.6},
      {"gamma_up", 7},
      {"gamma_down", 8},
      {"w_max", 0.7},
      {"w_min", -0.7}}},
    {"window_step",
     -0.4,
     4,
     {{"dw_min", 0.006}, {"up_down", 0.2}, {"w_max", 0.8}, {"w_min", -0.5}}},
    {"pow_step",
     -0.6,
     6,
     {{"dw_min", 0.015},
      {"up_down", 0.2},
      {"pow_gamma", 1.6},
      {"pow_up_down", 0.25},
      {"w_max", 0.8},
      {"w_min", -0.7}}},
};

/* Sweeps of the library's own device without noise, and 0.2 % of the range of read noise. */
static void sweep(const struct known *k, float *w)
{
    char json[512];
    size_t at = (size_t)snprintf(json, sizeof json,
                                 "{\"dw_min_std\": 0, \"dw_min_dtod\": 0, "
                                 "\"up_down_dtod\": 0, \"w_max_dtod\": 0, "
                                 "\"w_min_dtod\": 0");
    for (int i = 0; i < 8 && k->field[i].name; i++)
        at += (size_t)snprintf(json + at, sizeof json - at, ", \"%s\": %g", k->field[i].name,
                               k->field[i].value);
    if (strcmp(k->model, "linear_step") == 0)
        at += (size_t)snprintf(json + at, sizeof json - at,
                               ", \"gamma_up_dtod\": 0, \"gamma_down_dtod\": 0");
    if (strcmp(k->model, "pow_step") == 0)
        at += (size_t)snprintf(json + at, sizeof json - at, ", \"pow_gamma_dtod\": 0");
    snprintf(json + at, sizeof json - at, "}");
    aimc_tile *tile = test_tile(ctx, k->model, json, 1, 1, 1);
    aimc_tile *noise = test_tile(ctx, "ideal", "{\"diffusion\": 0.003}", 1, SWEEPS, 2);
    set_all(tile, (float)k->start);
    for (int i = 0; i < 2 * PULSES; i++) {
        float xi[SWEEPS];
        pulse_all(tile, i < PULSES ? 1 : -1);
        set_all(noise, 0);
        must(aimc_tile_diffuse(noise));
        weights_of(noise, xi);
        for (int s = 0; s < SWEEPS; s++)
            w[s * 2 * PULSES + i] = first_weight(tile) + xi[s];
    }
    aimc_tile_destroy(tile);
    aimc_tile_destroy(noise);
}

START_TEST(known_parameters_come_back)
{
    const struct known *k = &cases[_i];
    float *w = calloc(SWEEPS * 2 * PULSES, sizeof *w);
    aimc_config *config = NULL;
    aimc_fit_result r = {.struct_size = sizeof r};
    if (supported) {
        sweep(k, w);
        must(aimc_device_fit(ctx, k->model, SWEEPS, PULSES, w, 2 * PULSES, &config, &r));
        printf("%s: residual %.5f, AIC %.0f", r.model, r.residual, r.aic);
        ck_assert_str_eq(r.model, k->model);
        ck_assert_str_eq(aimc_config_get_kind(config), k->model);
        ck_assert_double_eq_tol(r.residual, 0.003, 0.0002);
        for (int i = 0; i < k->n; i++) {
            double v;
            ck_assert_str_eq(r.name[i], k->field[i].name);
            must(aimc_config_get(config, r.name[i], &v));
            ck_assert(v == r.value[i]);
            printf(", %s %.5g (%.2g %% off)", r.name[i], v, 100 * fabs(v / k->field[i].value - 1));
            ck_assert_double_eq_tol(v, k->field[i].value, 0.05 * fabs(k->field[i].value));
            ck_assert(r.low[i] < v && v < r.high[i]);
        }
        aimc_config_destroy(config);
        aimc_fit_result best = {.struct_size = sizeof best};
        must(aimc_device_fit(ctx, NULL, SWEEPS, PULSES, w, 2 * PULSES, &config, &best));
        printf("; best: %s, AIC %.0f\n", best.model, best.aic);
        ck_assert_double_le(best.aic, r.aic + 2.001);
        /* powers follow this exponential, and exponentials the linear step, within the noise */
        if (strcmp(k->model, "exp_step") != 0 && strcmp(k->model, "linear_step") != 0)
            ck_assert_str_eq(best.model, k->model);
        aimc_config_destroy(config);
    }
    free(w);
}
END_TEST

START_TEST(refusals)
{
    float w[40] = {0};
    aimc_config *config = (aimc_config *)w;
    aimc_fit_result r = {.struct_size = sizeof r};
    if (!supported)
        return;
    ck_assert_int_eq(aimc_device_fit(ctx, NULL, 1, 20, w, 40, &config, &r), AIMC_ERR_INVALID);
    ck_assert_ptr_null(config);
    ck_assert(strstr(aimc_get_last_error(), "range that holds 0") != NULL);
    for (int i = 0; i < 40; i++)
        w[i] = 0.1f * (float)(i < 20 ? i - 9 : 29 - i);
    ck_assert_int_eq(aimc_device_fit(ctx, "ideal", 1, 20, w, 40, &config, &r), AIMC_ERR_INVALID);
    ck_assert(strstr(aimc_get_last_error(), "soft_bounds") != NULL);
    ck_assert_int_eq(aimc_device_fit(ctx, NULL, 1, 9, w, 40, &config, &r), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_device_fit(ctx, NULL, 1, 20, w, 39, &config, &r), AIMC_ERR_SHAPE);
    ck_assert_int_eq(aimc_device_fit(ctx, NULL, 1, 20, NULL, 40, &config, &r), AIMC_ERR_INVALID);
    r.struct_size = 0;
    ck_assert_int_eq(aimc_device_fit(ctx, NULL, 1, 20, w, 40, &config, &r), AIMC_ERR_ABI);
    ck_assert_ptr_null(config);
    r.struct_size = sizeof r;
    w[3] = (float)NAN;
    ck_assert_int_eq(aimc_device_fit(ctx, NULL, 1, 20, w, 40, &config, &r), AIMC_ERR_INVALID);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device fit");
    TCase *t = aimct_case(s, "fit");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, known_parameters_come_back, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(t, refusals);
    return aimct_main(s);
}
