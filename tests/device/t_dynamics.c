/* SPDX-License-Identifier: MIT */
/* What happens to weights besides pulses: recorded populations under decay, diffusion, reset and
 * drift, the closed forms of drift, and symmetry points under alternating pulses. */
#include "device_test.h"
#include "portable.h"

enum { N_OUT = 200, N_IN = 400, N = N_OUT * N_IN };

/* ---- recorded populations ------------------------------------------------------------------- */

enum { DECAY, DIFFUSE, RESET, DRIFT };

typedef struct dynamics {
    const char *name, *json;
    int op;
    double argument; /* of one call */
    double per_call; /* noise of one call: the recorder's normals have a mean of some 0.0055 / sqrt
                        8 of it */
} dynamics;

static const dynamics cases[] = {
    {"decay_lifetime100", "\"lifetime\": 100", DECAY, 1, 0},
    {"decay_lifetime100_dtod0.3", "\"lifetime\": 100, \"lifetime_dtod\": 0.3", DECAY, 1, 0},
    {"decay_lifetime100_alpha2", "\"lifetime\": 100", DECAY, 2, 0},
    {"decay_lifetime100_reset0.2", "\"lifetime\": 100, \"reset\": 0.2, \"reset_dtod\": 0.05", DECAY,
     1, 0},
    {"diffusion0.01", "\"diffusion\": 0.01", DIFFUSE, 0, 0.01},
    {"diffusion0.01_dtod0.3", "\"diffusion\": 0.01, \"diffusion_dtod\": 0.3", DIFFUSE, 0, 0.01},
    {"reset_std0.03_bias0.1", "\"reset\": 0.1, \"reset_dtod\": 0.02, \"reset_std\": 0.03", RESET, 1,
     0},
    {"reset_prob0.5", "\"reset\": 0.1, \"reset_dtod\": 0.02, \"reset_std\": 0.03", RESET, 0.5, 0},
    {"drift_nu0.1_dt1", "\"drift\": {\"nu\": 0.1}", DRIFT, 1, 0},
    {"drift_nu0.1_dtod0.2_dt1", "\"drift\": {\"nu\": 0.1, \"nu_dtod\": 0.2}", DRIFT, 1, 0},
    {"drift_nu0.1_std0.1_dt1", "\"drift\": {\"nu\": 0.1, \"nu_std\": 0.1}", DRIFT, 1, 0},
};

static aimc_tile *begin(aimc_context *ctx, const dynamics *d, float start)
{
    char json[256];
    snprintf(json, sizeof json,
             "{\"w_max\": 1, \"w_min\": -1, \"w_max_dtod\": 0, \"w_min_dtod\": 0, %s}", d->json);
    aimc_tile *tile = test_tile(ctx, "constant_step", json, N_OUT, N_IN, 21);
    set_all(tile, start);
    return tile;
}

static void apply(aimc_tile *tile, const dynamics *d)
{
    if (d->op == DECAY)
        must(aimc_tile_decay(tile, d->argument));
    else if (d->op == DIFFUSE)
        must(aimc_tile_diffuse(tile));
    else if (d->op == RESET)
        must(aimc_tile_reset(tile, 0, N_IN, d->argument));
    else
        must(aimc_tile_drift_trained(tile, d->argument));
}

START_TEST(recorded_populations)
{
    aimc_context *ctx = test_context(0);
    FILE *f = data_open("device_dynamics.csv");
    char line[256], *x[6];
    const dynamics *d = NULL;
    aimc_tile *tile = NULL;
    float *w = calloc(N, sizeof *w);
    int n_rows = 0, done = 0;
    double worst_mean = 0, worst_std = 0;
    while (data_next(f, line, sizeof line, x, 6)) {
        const int count = atoi(x[2]);
        if (count == 0) {
            for (d = cases; strcmp(d->name, x[0]) != 0;)
                ck_assert_msg(++d < cases + sizeof cases / sizeof cases[0], "%s?", x[0]);
            aimc_tile_destroy(tile);
            tile = begin(ctx, d, strtof(x[1], NULL));
            done = 0;
        }
        for (; done < count; done++)
            apply(tile, d);
        weights_of(tile, w);
        const moments m = moments_of(w, N);
        const double mean = strtod(x[4], NULL), std = strtod(x[5], NULL);
        const double bias = 3 * 0.0055 / sqrt(8) * d->per_call * count + 2e-6 * fabs(mean);
        const double room = 4 * std * sqrt(2.0 / N) + 0.003 * std + bias + 1e-9;
        ck_assert_msg(fabs(m.mean - mean) <= room,
                      "%s from %s, %d times: mean %.7g, not %s within %.2g", x[0], x[1], count,
                      m.mean, x[4], room);
        const double std_room = (0.01 + 4 * sqrt((m.kurtosis - 1) / (2.0 * N))) * std + 1e-6;
        ck_assert_msg(fabs(sqrt(m.var) - std) <= std_room,
                      "%s from %s, %d times: std %.7g, not %s within %.2g", x[0], x[1], count,
                      sqrt(m.var), x[5], std_room);
        worst_mean = fmax(worst_mean, fabs(m.mean - mean) / room);
        worst_std = fmax(worst_std, fabs(sqrt(m.var) - std) / std_room);
        n_rows++;
    }
    fclose(f);
    aimc_tile_destroy(tile);
    free(w);
    ck_assert_int_ge(n_rows, 120);
    printf("dynamics: %d rows, worst mean %.2f, std %.2f of the tolerance\n", n_rows, worst_mean,
           worst_std);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- drift ---------------------------------------------------------------------------------- */

#define PLAIN "\"w_max\": 2, \"w_min\": -2, \"w_max_dtod\": 0, \"w_min_dtod\": 0, "

static void check_drift(aimc_tile *tile, double dt, double expected)
{
    must(aimc_tile_drift_trained(tile, dt));
    ck_assert_double_eq_tol((double)first_weight(tile), expected, 2e-6);
}

/* T-9: nothing until t_0 has passed, then a power of the time since the first call. */
START_TEST(power_of_time)
{
    aimc_context *ctx = test_context(0);
    static const char *const names[] = {"ideal", "constant_step", "soft_bounds", "table_step"};
    for (size_t k = 0; k < 4; k++) {
        const char *json = k == 0 ? "{\"drift\": {\"nu\": 0.1, \"t_0\": 2}}"
                                  : "{" PLAIN "\"drift\": {\"nu\": 0.1, \"t_0\": 2}}";
        aimc_tile *tile = test_tile(ctx, names[k], json, 1, 1, 1);
        set_all(tile, 0.5f);
        check_drift(tile, 1, 0.5);
        check_drift(tile, 1, 0.5);
        check_drift(tile, 6, 0.5 * pow(4, -0.1));
        check_drift(tile, 40, 0.5 * pow(24, -0.1));
        check_drift(tile, 0, 0.5 * pow(24, -0.1));
        /* written: the clock restarts at the next call, which keeps the weight */
        set_all(tile, -0.8f);
        check_drift(tile, 5, -0.8);
        check_drift(tile, 20, -0.8 * pow(10, -0.1));
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* A change within reset_tol is no write; with an offset, conductance 0 is where drift leads. */
START_TEST(offsets_and_tolerance)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, "ideal",
                                "{\"drift\": {\"nu\": 0.2, \"wg_ratio\": 0.5, \"g_offset\": 2, "
                                "\"w_offset\": 0.1, \"reset_tol\": 0.01}}",
                                1, 1, 1);
    set_all(tile, 0.4f);
    check_drift(tile, 3, 0.4 * pow(3, -0.2) + 1.1 * (pow(3, -0.2) - 1));
    set_all(tile, first_weight(tile) + 0.005f);
    check_drift(tile, 4, 0.4 * pow(7, -0.2) + 1.1 * (pow(7, -0.2) - 1));
    aimc_tile_destroy(tile);
    /* the exponent follows the conductance, and does not where there is none */
    tile = test_tile(ctx, "ideal",
                     "{\"drift\": {\"nu\": 0.1, \"nu_k\": 0.05, \"wg_ratio\": 0.1, \"log_g0\": 1}}",
                     1, 1, 1);
    set_all(tile, 0.5f);
    check_drift(tile, 10, 0.5 * pow(10, -(0.1 - 0.05 * (log(5) - 1))));
    set_all(tile, -0.5f);
    check_drift(tile, 1, -0.5);
    check_drift(tile, 10, -0.5 * pow(10, -0.1));
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Each device has an exponent of its own, noise of a call does not add up, nothing leaves the
 * bounds. */
START_TEST(spread_and_noise)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(
        ctx, "ideal", "{\"drift\": {\"nu\": 0.05, \"nu_dtod\": 0.4, \"w_noise_std\": 0.01}}", N_OUT,
        N_IN, 3);
    float *w = calloc(N, sizeof *w), *nu = calloc(N, sizeof *nu);
    parameter_of(tile, "drift_nu", nu);
    check_mean(moments_of(nu, N), 0.05);
    check_var(moments_of(nu, N), 0.02 * 0.02);
    set_all(tile, 1);
    for (int k = 0; k < 20; k++)
        must(aimc_tile_drift_trained(tile, 50));
    weights_of(tile, w);
    for (int i = 0; i < N; i++)
        w[i] -= powf(1000, -nu[i]);
    check_mean(moments_of(w, N), 0);
    check_var(moments_of(w, N), 1e-4);
    free(nu);
    aimc_tile_destroy(tile);
    tile = test_tile(ctx, "soft_bounds", "{\"drift\": {\"nu\": 0.05, \"w_noise_std\": 1}}", N_OUT,
                     N_IN, 3);
    must(aimc_tile_drift_trained(tile, 1));
    weights_of(tile, w);
    float *hi = calloc(N, sizeof *hi);
    parameter_of(tile, "max_bound", hi);
    int at_bound = 0;
    for (int i = 0; i < N; i++) {
        ck_assert(w[i] <= hi[i]);
        at_bound += w[i] == hi[i];
    }
    ck_assert_int_gt(at_bound, N / 5);
    free(hi);
    free(w);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* A saved tile goes on drifting with the same bits; write noise surrounds the drifted weight. */
START_TEST(saved_while_drifting)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "exp_step",
                  "{\"write_noise_std\": 2, \"drift\": {\"nu\": 0.1, \"nu_dtod\": 0.3, "
                  "\"nu_std\": 0.1, \"w_noise_std\": 0.01}}",
                  20, 30, 4);
    set_all(tile, 0.2f);
    pulse_all(tile, 5);
    must(aimc_tile_drift_trained(tile, 3));
    pulse_all(tile, -1);
    char path[] = "/tmp/aimc_drift_XXXXXX";
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    must(aimc_tile_save(tile, path));
    aimc_tile *other = NULL;
    must(aimc_tile_load(ctx, path, &other));
    remove(path);
    float w[2][600];
    for (int k = 0; k < 3; k++) {
        must(aimc_tile_drift_trained(tile, 10));
        must(aimc_tile_drift_trained(other, 10));
    }
    for (size_t i = 0; i < aimc_tile_count_parameters(tile); i++) {
        parameter_of(tile, aimc_tile_get_parameter_name(tile, i), w[0]);
        parameter_of(other, aimc_tile_get_parameter_name(tile, i), w[1]);
        ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
    }
    weights_of(tile, w[0]);
    weights_of(other, w[1]);
    ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
    aimc_tile_destroy(tile);
    aimc_tile_destroy(other);
    aimc_context_destroy(ctx);
}
END_TEST

/* By name in every place a device may stand, and refused when it makes no sense. */
START_TEST(configuration)
{
    aimc_context *ctx = test_context(0);
    aimc_config *layer = NULL, *again = NULL;
    double v;
    must(aimc_config_create(ctx, "layer", &layer));
    must(aimc_config_set_text(layer, "device", "reram_sb"));
    must(aimc_config_set(layer, "device.drift.nu", 0.07));
    char json[32768];
    ck_assert_uint_lt(aimc_config_to_json(layer, json, sizeof json), sizeof json);
    must(aimc_config_create(ctx, "layer", &again));
    must(aimc_config_parse(again, json));
    must(aimc_config_get(again, "device.drift.nu", &v));
    ck_assert(v == 0.07);
    ck_assert_int_eq(aimc_config_set(layer, "device.drift.nu", -1), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_config_set(layer, "device.drift.t_0", 0), AIMC_ERR_INVALID);
    ck_assert(strstr(aimc_get_last_error(), "drift.t_0") != NULL);
    aimc_config_destroy(layer);
    aimc_config_destroy(again);
    aimc_tile *tile = test_tile(ctx, "soft_bounds", "{}", 2, 2, 1);
    ck_assert_uint_eq(aimc_tile_count_parameters(tile), 4); /* nothing is stored without drift */
    set_all(tile, 0.1f);
    check_drift(tile, 100, 0.1);
    ck_assert_int_eq(aimc_tile_drift_trained(tile, -1), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_tile_drift_trained(tile, (double)NAN), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_tile_drift_trained(NULL, 1), AIMC_ERR_INVALID);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- symmetry points ------------------------------------------------------------------------ */

/* T-11 for a population: soft bounds have (S+ - S-) / (S+ / b+ - S- / b-), each cell its own. */
static double furthest_from_soft_bounds(const aimc_tile *tile, uint32_t n_pairs, double *mean)
{
    float *p[5];
    static const char *const names[] = {"dwmin_up", "dwmin_down", "max_bound", "min_bound"};
    for (int k = 0; k < 4; k++)
        p[k] = sampled(tile, names[k]);
    p[4] = calloc(n_cells(tile), sizeof *p[4]);
    must(aimc_tile_find_symmetry_point(tile, n_pairs, p[4], aimc_tile_get_n_in(tile)));
    double worst = 0, sum = 0;
    for (size_t i = 0; i < n_cells(tile); i++) {
        const double up = (double)p[0][i], down = (double)p[1][i];
        const double expected = (up - down) / (up / (double)p[2][i] - down / (double)p[3][i]);
        worst = fmax(worst, fabs((double)p[4][i] - expected));
        sum += (double)p[4][i] - expected;
    }
    *mean = sum / (double)n_cells(tile);
    for (int k = 0; k < 5; k++)
        free(p[k]);
    return worst;
}

START_TEST(measured_symmetry_points)
{
    aimc_context *ctx = test_context(0);
    double mean;
    /* without noise: the middle of the two turning points is off by a share of some
     * kappa / 4 = 4e-3, and the symmetry points reach to 0.2 */
    aimc_tile *tile = test_tile(
        ctx, "soft_bounds",
        "{\"dw_min\": 0.005, \"dw_min_std\": 0, \"up_down\": 0.2, "
        "\"up_down_dtod\": 0.1, \"dw_min_dtod\": 0.1, \"w_max_dtod\": 0.1, \"w_min_dtod\": 0.1}",
        20, 20, 19);
    ck_assert_double_lt(furthest_from_soft_bounds(tile, 4000, &mean), 1.25e-3);
    aimc_tile_destroy(tile);
    /* a pair has noise of 2 sigma^2 S^2 and goes 2 kappa of the way back: an average of 10000 pairs
     * is good to sqrt(2) 0.3 S / (100 * 2 S / b) = 1.3e-3, that of 400 cells to 6.5e-5 */
    tile = test_tile(
        ctx, "soft_bounds",
        "{\"dw_min\": 0.005, \"up_down\": 0.2, \"up_down_dtod\": 0.1, "
        "\"dw_min_dtod\": 0.1, \"w_max_dtod\": 0.1, \"w_min_dtod\": 0.1, \"write_noise_std\": 5}",
        20, 20, 19);
    float w[2][400];
    set_all(tile, 0.1f);
    weights_of(tile, w[0]);
    ck_assert_double_lt(furthest_from_soft_bounds(tile, 20000, &mean), 5 * 1.3e-3 + 1.25e-3);
    ck_assert_double_lt(fabs(mean), 5 * 6.5e-5 + 4e-4);
    weights_of(tile, w[1]);
    ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
    aimc_tile *twin = test_tile(
        ctx, "soft_bounds",
        "{\"dw_min\": 0.005, \"up_down\": 0.2, \"up_down_dtod\": 0.1, "
        "\"dw_min_dtod\": 0.1, \"w_max_dtod\": 0.1, \"w_min_dtod\": 0.1, \"write_noise_std\": 5}",
        20, 20, 19);
    set_all(twin, 0.1f); /* the measurement left no trace in the streams */
    pulse_all(tile, 3);
    pulse_all(twin, 3);
    weights_of(tile, w[0]);
    weights_of(twin, w[1]);
    ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
    ck_assert_int_eq(aimc_tile_find_symmetry_point(tile, 0, w[0], 20), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_tile_find_symmetry_point(tile, 1, w[0], 19), AIMC_ERR_SHAPE);
    ck_assert_int_eq(aimc_tile_find_symmetry_point(tile, 1, NULL, 20), AIMC_ERR_INVALID);
    aimc_tile_destroy(tile);
    aimc_tile_destroy(twin);
    tile = test_tile(ctx, "ideal", "{}", 2, 2, 1);
    ck_assert_int_eq(aimc_tile_find_symmetry_point(tile, 1, w[0], 2), AIMC_ERR_UNSUPPORTED);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device dynamics");
    TCase *t = aimct_case(s, "dynamics");
    tcase_add_test(t, recorded_populations);
    tcase_add_test(t, power_of_time);
    tcase_add_test(t, offsets_and_tolerance);
    tcase_add_test(t, spread_and_noise);
    tcase_add_test(t, saved_while_drifting);
    tcase_add_test(t, configuration);
    tcase_add_test(t, measured_symmetry_points);
    return aimct_main(s);
}
