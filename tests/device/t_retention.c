/* SPDX-License-Identifier: MIT */
/* What a fit tells of devices over time and over a life: drift, decay, diffusion, endurance. */
#include "measurement_test.h"

/* n standard normals. */
static void draw_normals(float *xi, size_t n, int seed)
{
    aimc_tile *draw = test_tile(ctx, "ideal", "{\"diffusion\": 1}", 1, n, seed);
    must(aimc_tile_diffuse(draw));
    weights_of(draw, xi);
    aimc_tile_destroy(draw);
}

/* Sweeps of DEVICES devices, which come with all series here. */
static aimc_measurement *swept(float *w)
{
    aimc_measurement *m = NULL;
    must(aimc_measurement_create(ctx, &m));
    walk("soft_bounds", population, 8, w);
    add(m, w, 0, 0);
    return m;
}

/* g = g0 t^-nu with nu of spread 20 % over 40 devices, and 1 % of noise. */
START_TEST(drift)
{
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w), xi[40 * 13];
    draw_normals(xi, 40 * 13, 7);
    aimc_measurement *m = swept(w);
    for (uint32_t d = 0; d < 40; d++) {
        const double nu = 0.05 * (1 + 0.2 * (double)xi[d]);
        double state[12], time[12];
        for (int k = 0; k < 12; k++) {
            time[k] = pow(2, k);
            state[k] = 15 * pow(time[k], -nu) * (1 + 0.01 * (double)xi[40 + d * 12 + (uint32_t)k]);
        }
        must(aimc_measurement_add(m, d, 12, state, NULL, time));
    }
    aimc_fit *made = fit(m, "soft_bounds");
    expect("drift.nu", 0.05);
    expect("drift.nu_dtod", 0.2);
    expect("drift.w_noise_std", 0.01 * 15 / 8);
    ck_assert_ptr_nonnull(strstr(report, "\"nu_dtod\": 0."));
    aimc_fit_destroy(made);
    aimc_measurement_destroy(m);
    free(w);
}
END_TEST

/* Noise of readings of 0.4 % of what the states are. */
static const double reading_noise = 0.06;

/* n series of POINTS times: decay towards a level, or drift, with a walk that grows as sqrt(t). */
static aimc_fit *left_alone(double tau, double wander, uint32_t n)
{
    enum { POINTS = 60, MOST = 20 };
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w), xi[MOST * POINTS * 2];
    draw_normals(xi, MOST * POINTS * 2, 17);
    aimc_measurement *m = swept(w);
    for (uint32_t d = 0; d < n; d++) {
        double state[POINTS], time[POINTS], wandered = 0;
        for (int k = 0; k < POINTS; k++) {
            const float *normal = xi + 2 * (d * POINTS + (uint32_t)k);
            time[k] = 10 * (k + 1);
            wandered += k ? wander * sqrt(10) * (double)normal[0] : 0;
            state[k] = tau > 0 ? 11 + 4 * exp(-time[k] / tau) : 15 * pow(time[k] / 10, -0.05);
            state[k] += wandered + reading_noise * (double)normal[1];
        }
        must(aimc_measurement_add(m, d, POINTS, state, NULL, time));
    }
    aimc_fit *made = fit(m, "soft_bounds");
    aimc_measurement_destroy(m);
    free(w);
    return made;
}

/* Decay with a time constant of 150 s to the weight 1 / 8, of many devices and of two; drift with a
 * walk, decay with one; and what is not there is not told. */
START_TEST(decay_and_diffusion)
{
    static const struct {
        double tau, walk;
        uint32_t n;
    } cases[] = {{150, 0, 20}, {150, 0, 2}, {0, 0.02, 20}, {150, 0.02, 20}, {0, 0, 20}};
    double v[3];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aimc_fit *made = left_alone(cases[i].tau, cases[i].walk, cases[i].n);
        const bool decays = cases[i].tau > 0, walks = cases[i].walk > 0;
        ck_assert(parameter("decay.tau", v) == decays);
        ck_assert(parameter("drift.nu", v) == !decays);
        ck_assert(parameter("diffusion.rate", v) == walks);
        ck_assert((strstr(report, "\"lifetime\", ") == NULL) == decays);
        ck_assert((strstr(report, "\"diffusion\", ") == NULL) == walks);
        if (decays)
            expect("decay.tau", cases[i].tau);
        if (decays && cases[i].n > 3)
            expect("decay.level", 0.125);
        if (walks)
            expect("diffusion.rate", cases[i].walk / 8);
        ck_assert((strstr(report, "wander as sqrt(t)") != NULL) == walks);
        aimc_fit_destroy(made);
    }
}
END_TEST

/* Windows of 30 devices close from an onset of spread 30 % on, both ends by powers of their own;
 * one device is not cycled far enough, and one has its lower end above weight 0. */
START_TEST(endurance)
{
    enum { CYCLED = 30, POINTS = 25 };
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w), xi[CYCLED * (1 + 2 * POINTS)];
    double life[POINTS], high[POINTS], low[POINTS];
    draw_normals(xi, sizeof xi / sizeof *xi, 7);
    aimc_measurement *m = swept(w);
    for (uint32_t d = 0; d < CYCLED; d++) {
        const float *noise = xi + CYCLED + (size_t)d * 2 * POINTS;
        const double onset = 1e6 * exp(0.3 * (double)xi[d]);
        for (int k = 0; k < POINTS; k++) {
            life[k] = 1e4 * pow(10, k * 5.0 / (POINTS - 1));
            const double x = fmax(0, log(life[k] / onset));
            high[k] = 10 + 8 * 0.9 * exp(-0.2 * x) * (1 + 0.01 * (double)noise[2 * k]);
            low[k] = 10 - 8 * 0.7 * exp(-0.1 * x) * (1 + 0.01 * (double)noise[2 * k + 1]);
        }
        must(aimc_measurement_add_endurance(m, d, POINTS, life, high, low));
    }
    must(aimc_measurement_add_endurance(m, CYCLED, 8, life, high, NULL)); /* no onset yet */
    low[0] = 11;
    must(aimc_measurement_add_endurance(m, CYCLED + 1, POINTS, life, high, low));
    aimc_fit *made = fit(m, "soft_bounds");
    expect("endurance.onset", 1e6);
    expect("endurance.onset_dtod", 0.3);
    expect("endurance.max_exponent", 0.2);
    expect("endurance.min_exponent", 0.1);
    ck_assert_ptr_nonnull(strstr(report, "1 windows do not close within what was measured"));
    ck_assert_ptr_nonnull(strstr(report, "1 windows over a life have less than 6 readings"));
    ck_assert_ptr_nonnull(strstr(report, "\"endurance\": {"));
    aimc_fit_destroy(made);
    low[0] = high[0];
    ck_assert_int_eq(aimc_measurement_add_endurance(m, 0, POINTS, life, high, low),
                     AIMC_ERR_INVALID);
    life[3] = life[2];
    ck_assert_int_eq(aimc_measurement_add_endurance(m, 0, POINTS, life, high, NULL),
                     AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "pulses[3]"));
    aimc_measurement_destroy(m);
    free(w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("retention");
    TCase *t = aimct_case(s, "retention");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, drift);
    tcase_add_test(t, decay_and_diffusion);
    tcase_add_test(t, endurance);
    return aimct_main(s);
}
