/* SPDX-License-Identifier: MIT */
/* Temperature against closed forms: equivalent times, conductances, thermal noise of devices and of
 * products, drift of trained devices; what is off changes no bit (tests/scenarios). */
#include "program_test.h"

enum { N = 40000 };
static const double boltzmann_ev = 1.380649e-23 / 1.602176634e-19;

static double arrhenius(double energy, double temperature, double reference)
{
    return exp(energy / boltzmann_ev * (1 / reference - 1 / temperature));
}

/* Conductances of n devices that were programmed to g and are read at t. */
static void read_devices(const char *name, const char *settings, double g, double t, size_t n,
                         float *out)
{
    aimc_noise_model *m = noise_model(ctx, name, settings);
    aimc_population *cells = NULL;
    OK(aimc_population_create(m, n, 11, &cells));
    for (size_t i = 0; i < n; i++)
        out[i] = (float)g;
    OK(aimc_population_program(cells, out));
    OK(aimc_population_read(cells, t, out));
    aimc_population_destroy(cells);
    aimc_noise_model_destroy(m);
}

static aimct_moments moments_of(const float *x, size_t n)
{
    aimct_moments m = {0};
    for (size_t i = 0; i < n; i++)
        aimct_add(&m, (double)x[i]);
    return m;
}

/* The same devices, at the time that theirs is worth. */
START_TEST(equivalent_times)
{
    static const char *const names[] = {"pcm_like", "generic_noise", "state_independent"};
    static float hot[1000], late[1000];
    const double a = arrhenius(.4, 358, 300);
    ck_assert_double_gt(a, 10);
    for (int k = 0; k < 3; k++) {
        const char *settings = k == 1 ? "drift_nu=0.06;drift_nu_std=0.02" : "";
        char heated[200];
        snprintf(heated, sizeof heated,
                 "temperature.temperature=358;temperature.drift_energy=0.4%s%s", k == 1 ? ";" : "",
                 settings);
        read_devices(names[k], heated, 9, 500, 1000, hot);
        read_devices(names[k], settings, 9, 500 * a, 1000, late);
        for (size_t i = 0; i < 1000; i++)
            ck_assert_double_eq_tol((double)hot[i], (double)late[i], 1e-5);
        read_devices(names[k], settings, 9, 500, 1000, late);
        ck_assert_double_gt(fabs((double)(hot[0] - late[0])), 1e-3);
    }
}
END_TEST

START_TEST(conductances)
{
    static const struct {
        const char *settings;
        double factor;
    } cases[] = {
        {"temperature.temperature=400;temperature.conduction_energy=0.05", 1.62178},
        {"temperature.temperature=400;temperature.coefficient=0.002", 1 / 1.2},
        {"temperature.temperature=280;temperature.reference=320;temperature.coefficient=0.01",
         1 / .6},
        {"temperature.conduction_energy=0.5", 1},
    };
    float cold[4], hot[4];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        read_devices("generic_noise", "", 40, 10, 4, cold);
        read_devices("generic_noise", cases[k].settings, 40, 10, 4, hot);
        ck_assert_double_eq_tol((double)hot[0], cases[k].factor * (double)cold[0], 2e-4);
        read_devices("generic_noise", cases[k].settings, 40, 0, 4,
                     hot); /* while they are written */
        ck_assert_double_eq((double)hot[0], (double)cold[0]);
    }
    ck_assert_double_eq_tol(arrhenius(.05, 400, 300), cases[0].factor, 1e-5);
}
END_TEST

#define WIDE "temperature.temperature=400;temperature.bandwidth=1e9;temperature.read_voltage=0.1"

/* 4 k T G B / V^2 of 40 uS at 400 K in 1 GHz at .1 V: (.2973 uS)^2. */
static const double thermal = 4 * 1.380649e-23 * 400 * 40e-6 * 1e9 / (.1 * .1) * 1e12;

START_TEST(thermal_noise)
{
    float *g = malloc(N * sizeof *g);
    ck_assert_double_eq_tol(sqrt(thermal), .29726, 1e-5);
    for (int k = 0; k < 2; k++) { /* alone, and beside the noise of the model: .2 uS */
        read_devices("generic_noise", k ? WIDE ";read_magnitude=0.002" : WIDE, 40, 10, N, g);
        const aimct_moments m = moments_of(g, N);
        const double expected = thermal + (k ? .04 : 0), sd = sqrt(aimct_variance(&m));
        ck_assert_double_eq_tol(sd * sd, expected, 5 * expected * sqrt(2.0 / N));
        ck_assert_double_eq_tol(m.mean, 40, 5 * sd / sqrt(N));
    }
    free(g);
}
END_TEST

/* A product draws it anew for every vector: the weight 1 is one device at g_max = 100 uS. */
START_TEST(thermal_noise_of_products)
{
    aimc_tile *t = make_tile(1, 1, PERFECT);
    const float w = 1;
    aimc_inference_report r;
    OK(aimc_tile_set_weights(t, &w, 1));
    OK(program(t,
               "noise_model=generic_noise;noise_model.temperature.bandwidth=1e9;"
               "noise_model.temperature.read_voltage=0.1;noise_model.temperature.temperature=400",
               &r));
    OK(aimc_tile_drift_programmed(t, 10, &r));
    float *x = malloc(2 * N * sizeof *x), *y = x + N;
    for (size_t i = 0; i < N; i++)
        x[i] = 1;
    OK(aimc_tile_forward(t, N, x, 1, y, 1));
    const aimct_moments m = moments_of(y, N);
    const double sd = sqrt(thermal * 100 / 40) / 100;
    ck_assert_double_eq_tol(sqrt(aimct_variance(&m)), sd, 5 * sd / sqrt(2.0 * N) + 1e-5);
    ck_assert_double_eq_tol(m.mean, 1, .05);
    free(x);
    aimc_tile_destroy(t);
}
END_TEST

/* Drift of trained devices: (A t)^-nu. */
START_TEST(trained_devices)
{
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    aimc_tile *t = NULL;
    const double a = arrhenius(.6, 330, 310);
    float w = .5f;
    OK(aimc_config_create(ctx, "constant_step", &config));
    OK(aimc_config_parse(config, "{\"w_max_dtod\": 0, \"w_min_dtod\": 0, \"drift\": {\"nu\": 0.1, "
                                 "\"heat\": {\"energy\": 0.6, \"temperature\": 330, \"reference\": "
                                 "310}}}"));
    OK(aimc_device_create(ctx, NULL, config, &device));
    OK(aimc_tile_create(device, 1, 1, NULL, &t));
    OK(aimc_tile_set_weights(t, &w, 1));
    OK(aimc_tile_drift_trained(t, 3));
    OK(aimc_tile_get_weights(t, &w, 1));
    ck_assert_double_eq_tol((double)w, .5 * pow(3 * a, -.1), 1e-6);
    aimc_tile_destroy(t);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}
END_TEST

START_TEST(bad_input)
{
    aimc_noise_model *m = NULL;
    aimc_population *cells = NULL;
    aimc_config *config = noise_config(ctx, "generic_noise",
                                       "temperature.temperature=400;temperature.coefficient=-0.01");
    ck_assert_int_eq(aimc_noise_model_create(ctx, NULL, config, &m), AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "temperature.coefficient"));
    aimc_config_destroy(config);
    m = noise_model(ctx, "reram_wan2022",
                    "temperature.temperature=400;temperature.drift_energy=0.5");
    float g = 20;
    OK(aimc_population_create(m, 1, 1, &cells));
    OK(aimc_population_program(cells, &g));
    ck_assert_int_ne(aimc_population_read(cells, 86400, &g), AIMC_OK);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "reference temperature"));
    aimc_population_destroy(cells);
    aimc_noise_model_destroy(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("temperature");
    TCase *t = aimct_case(s, "temperature");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, equivalent_times);
    tcase_add_test(t, conductances);
    tcase_add_test(t, thermal_noise);
    tcase_add_test(t, trained_devices);
    tcase_add_test(t, bad_input);
    tcase_add_test(t, thermal_noise_of_products);
    return aimct_main(s);
}
