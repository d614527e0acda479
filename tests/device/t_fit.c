/* SPDX-License-Identifier: MIT */
/* Known parameters come back from two noisy sweeps; what is not plausible is told, what cannot be
 * fitted refused. */
#include <stdlib.h>

#include "device_test.h"

enum { PULSES = 500, SWEEPS = 2 };

static aimc_context *ctx;
static char warning[512];

static void keep_warning(void *user, aimc_log_level level, const char *text)
{
    (void)user;
    if (level == AIMC_LOG_WARNING)
        snprintf(warning, sizeof warning, "%s", text);
}

static void setup(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.logger = (aimc_logger){.log = keep_warning};
    params.n_threads = 2;
    must(aimc_context_create(&params, &ctx));
    warning[0] = '\0';
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
    sweep(k, w);
    must(aimc_device_fit(ctx, NULL, SWEEPS, PULSES, w, 2 * PULSES, &config, &r));
    printf("%s: residual %.5f, AIC %.0f", r.model, r.residual, r.aic);
    ck_assert_str_eq(r.model, k->model);
    ck_assert_str_eq(aimc_config_get_kind(config), k->model);
    ck_assert_str_eq(warning, "");
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
    printf("\n");
    double spread, noise;
    must(aimc_config_get(config, "dw_min_dtod", &spread)); /* of one device nobody measured it */
    must(aimc_config_get(config, "dw_min_std", &noise));
    ck_assert_double_eq(spread, 0);
    ck_assert_double_lt(noise, 0.1); /* the walk has none */
    aimc_config_destroy(config);
    free(w);
}
END_TEST

/* The sweep of shared/data/devices, a device whose single pulses are noise: no bound and no
 * exponent far out of the data, and a model that was asked for and cannot be is told. */
START_TEST(measured_sweep)
{
    enum { N = 1000 };
    static float w[2 * N];
    const char *const data = getenv("AIMC_DATA");
    char path[512];
    snprintf(path, sizeof path, "%s/devices/gong_et_al.csv", data ? data : "../shared/data");
    FILE *f = fopen(path, "r");
    if (!f) {
        printf("skipped: no %s\n", path);
        return;
    }
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(fscanf(f, "%f,%f", &w[i], &w[N + i]), 2);
    fclose(f);
    aimc_config *config = NULL;
    aimc_fit_result r = {.struct_size = sizeof r};
    double w_max, w_min;
    must(aimc_device_fit(ctx, NULL, 1, N, w, 2 * N, &config, &r));
    ck_assert_str_eq(warning, "");
    must(aimc_config_get(config, "w_max", &w_max));
    must(aimc_config_get(config, "w_min", &w_min));
    printf("measured: %s, %g ... %g\n", r.model, w_min, w_max);
    ck_assert(0.8 < w_max && w_max < 2.5 && -2.5 < w_min && w_min < -0.8);
    aimc_config_destroy(config);
    must(aimc_device_fit(ctx, "pow_step", 1, N, w, 2 * N, &config, &r));
    printf("%s\n", warning);
    ck_assert(strstr(warning, "pow_step") && strstr(warning, "is better"));
    aimc_config_destroy(config);
}
END_TEST

START_TEST(refusals)
{
    float w[40] = {0};
    aimc_config *config = (aimc_config *)w;
    aimc_fit_result r = {.struct_size = sizeof r};
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
    tcase_add_test(t, measured_sweep);
    tcase_add_test(t, refusals);
    return aimct_main(s);
}
