/* SPDX-License-Identifier: MIT */
/* Pulse counts: plans, laws of the coincidences, deterministic types, and the update statistics of
 * the peer. */
#include "tile/pulse_train.h"
#include "test_util.h"

/* ---- plans: length and scales --------------------------------------------------------------- */

static aimci_update_params defaults(void)
{
    aimci_update_params p;
    aimci_kind_defaults(&aimci_kind_update, &p);
    return p;
}

/* golden/devices-golden.json, update_counts: x_max .9, d_max .2, g .01; scales by devices.md 4.2 */
START_TEST(plans_match_the_worked_examples)
{
    const struct {
        double lr, um_grad_scale;
        int bl, ublm, um, fixed;
        unsigned slots;
        double d_scale, x_scale;
    } cases[] = {
        {0.5, 1, 31, 1, 1, 1, 9, 5, 1.1111111},
        {5, 1, 31, 1, 1, 1, 31, 14.516129, 1.1111111},
        {0.5, 0.5, 31, 1, 1, 1, 5, 9.486833, 1.054093},
        {5, 0.5, 31, 1, 1, 1, 31, 14.516129, 1.1111111},
        {0.5, 1, 31, 0, 1, 1, 31, 2.69408, 0.598684},
        {5, 1, 31, 0, 1, 1, 31, 14.516129, 1.1111111},
        {0.5, 1, 31, 0, 0, 1, 31, 1.270001, 1.270001},
        {5, 1, 31, 0, 0, 1, 31, 4.016097, 4.016097},
        {5, 1, 31, 0, 0, 0, 500, 1, 1},
        {0.1, 1, 31, 0, 0, 0, 31, 0.567962, 0.567962},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aimci_update_params p = defaults();
        p.um_grad_scale = cases[i].um_grad_scale;
        p.desired_bl = cases[i].bl;
        p.update_bl_management = cases[i].ublm;
        p.update_management = cases[i].um;
        p.fixed_bl = cases[i].fixed;
        const aimci_train_plan plan =
            aimci_plan_train(&p, cases[i].lr, 0.01, (double)0.9f, (double)0.2f);
        ck_assert_msg(plan.n_slots == cases[i].slots, "case %zu: %u slots", i, plan.n_slots);
        ck_assert_double_eq_tol(plan.d_scale, cases[i].d_scale, 2e-6);
        ck_assert_double_eq_tol(plan.x_scale, cases[i].x_scale, 2e-6);
    }
}
END_TEST

START_TEST(golden_values_of_training_1_2)
{
    const aimci_update_params p = defaults();
    aimci_train_plan plan = aimci_plan_train(&p, 0.01, 0.001, 1, 0.5);
    ck_assert_uint_eq(plan.n_slots, 5);
    ck_assert_double_eq_tol(plan.d_scale, 2, 1e-9);
    ck_assert_double_eq_tol(plan.x_scale, 1, 1e-9);
    plan = aimci_plan_train(&p, 0.1, 0.001, 1, 0.5);
    ck_assert_uint_eq(plan.n_slots, 31);
    ck_assert_double_eq_tol(plan.d_scale, 3.2258, 1e-4);
    ck_assert_double_eq_tol(plan.x_scale, 1, 1e-9);
    ck_assert_uint_eq(aimci_plan_train(&p, 0, 0.001, 1, 0.5).n_slots, 0);
    ck_assert_uint_eq(aimci_plan_train(&p, 0.1, 0.001, 0, 0.5).n_slots, 0);
    ck_assert_uint_eq(aimci_plan_train(&p, 0.1, 0.001, 1, 0).n_slots, 0);
}
END_TEST

/* T-24: with update management, x never saturates, and unsaturated trains are balanced. */
START_TEST(update_management_balances)
{
    uint64_t seed = 3;
    const aimci_update_params p = defaults();
    for (int i = 0; i < 10000; i++) {
        const double x = exp(10.0 * (double)aimct_uniform(&seed));
        const double d = exp(10.0 * (double)aimct_uniform(&seed));
        const double lr = exp(10.0 * (double)aimct_uniform(&seed));
        const aimci_train_plan plan = aimci_plan_train(&p, lr, 0.01, x, d);
        ck_assert(plan.x_scale * x <= 1 + 1e-5);
        if (lr * x * d / 0.01 <= 31)
            ck_assert_double_eq_tol(plan.x_scale * x, plan.d_scale * d, 1e-6);
    }
}
END_TEST

/* ---- laws of the counts, seen through a device whose step is exactly 1 pulse = dw_min ------- */

enum { ROWS = 2, COLS = 3 };

typedef struct bench {
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *opt;
} bench;

/* A noise-free constant step device with far bounds: weight / dw_min is the signed pulse count. */
static bench open_bench(double dw_min, const char *const update[])
{
    bench b = {.ctx = aimct_context(1, 0, 11)};
    char dw[64];
    snprintf(dw, sizeof dw, "dw_min=%.9g", dw_min);
    const char *const device[] = {dw,
                                  "dw_min_dtod=0",
                                  "dw_min_std=0",
                                  "up_down_dtod=0",
                                  "w_max=1000000",
                                  "w_min=-1000000",
                                  "w_max_dtod=0",
                                  "w_min_dtod=0",
                                  NULL};
    b.device = aimct_device(b.ctx, "constant_step", device);
    OK(aimc_tile_create(b.device, ROWS, COLS, NULL, &b.tile));
    aimc_config *sgd;
    OK(aimc_config_create(b.ctx, "sgd", &sgd));
    for (size_t i = 0; update[i]; i += 2) {
        char field[64];
        snprintf(field, sizeof field, "update.%s", update[i]);
        OK(aimc_config_set_text(sgd, field, update[i + 1]));
    }
    OK(aimc_optimizer_create(b.tile, NULL, sgd, &b.opt));
    aimc_config_destroy(sgd);
    return b;
}

static void close_bench(bench *b)
{
    aimc_optimizer_destroy(b->opt);
    aimc_tile_destroy(b->tile);
    aimc_device_unref(b->device);
    aimc_context_destroy(b->ctx);
}

/* Signed counts of one update from weight 0. */
static void one_update(bench *b, const float *x, const float *d, double lr, double dw,
                       double *counts)
{
    const float zero[ROWS * COLS] = {0};
    float w[ROWS * COLS];
    OK(aimc_tile_set_weights(b->tile, zero, COLS));
    OK(aimc_optimizer_step(b->opt, 1, x, COLS, d, ROWS, lr));
    OK(aimc_tile_get_weights(b->tile, w, COLS));
    for (int i = 0; i < ROWS * COLS; i++)
        counts[i] = rint((double)w[i] / dw);
}

/* Binomial(K, p q) with down pulses where x d > 0; mean, variance, and the covariances of
 * devices.md 4.4. */
static void check_law(const char *const update[], double lr, unsigned slots, double A, double B,
                      const float *x, const float *d)
{
    enum { N = 40000 };
    bench b = open_bench(0.01, update);
    aimct_moments m[ROWS * COLS] = {{0, 0, 0}};
    double product[ROWS * COLS][ROWS * COLS] = {{0}};
    for (int n = 0; n < N; n++) {
        double c[ROWS * COLS];
        one_update(&b, x, d, lr, 0.01, c);
        for (int i = 0; i < ROWS * COLS; i++) {
            aimct_add(&m[i], c[i]);
            for (int k = 0; k < ROWS * COLS; k++)
                product[i][k] += c[i] * c[k];
        }
    }
    for (int i = 0; i < ROWS * COLS; i++) {
        const double p = fmin(B * fabs((double)x[i % COLS]), 1),
                     q = fmin(A * fabs((double)d[i / COLS]), 1);
        const double sign = x[i % COLS] * d[i / COLS] > 0 ? -1 : 1, K = slots, pq = p * q;
        const double variance = K * pq * (1 - pq);
        CHECK_MEAN(m[i], sign * K * pq, sqrt(variance));
        if (variance > 1e-9)
            CHECK_VARIANCE(m[i], variance, 3 + (1 - 6 * pq * (1 - pq)) / variance);
        for (int k = 0; k < ROWS * COLS; k++) {
            const double p2 = fmin(B * fabs((double)x[k % COLS]), 1);
            const double q2 = fmin(A * fabs((double)d[k / COLS]), 1);
            const double sign2 = x[k % COLS] * d[k / COLS] > 0 ? -1 : 1;
            double expected = 0;
            if (i != k && i / COLS == k / COLS)
                expected = sign * sign2 * K * q * (1 - q) * p * p2;
            else if (i != k && i % COLS == k % COLS)
                expected = sign * sign2 * K * p * (1 - p) * q * q2;
            else if (i == k)
                continue;
            const double covariance = product[i][k] / N - m[i].mean * m[k].mean;
            const double scale = sqrt(variance * K * p2 * q2 * (1 - p2 * q2) * 2 / N);
            ck_assert_msg(fabs(covariance - expected) <= 5 * scale + 1e-9,
                          "covariance of %d and %d: %.5f, expected %.5f +- %.5f", i, k, covariance,
                          expected, 5 * scale);
        }
    }
    close_bench(&b);
}

START_TEST(coincidences_have_the_binomial_law)
{
    const float x[COLS] = {0.9f, -0.3f, 0.0f}, d[ROWS] = {0.2f, -0.05f};
    const char *const managed[] = {NULL};
    check_law(managed, 0.5, 9, 5, 1 / 0.9, x, d);
    check_law(managed, 5, 31, 14.516129, 1 / 0.9, x, d);
    const char *const plain[] = {"update_management", "false", "update_bl_management", "false",
                                 NULL};
    check_law(plain, 0.5, 31, 1.270001, 1.270001, x, d);
    const char *const longer[] = {
        "update_management", "false", "update_bl_management", "false", "fixed_bl", "false", NULL};
    check_law(longer, 5, 500, 1, 1, x, d);
}
END_TEST

/* T-23: the spec's own figures: K = 20, P = (.5, .3) x (.4, .6): row .72, column 1.2 and 1.008. */
START_TEST(covariances_of_the_spec)
{
    const float x[COLS] = {0.5f, 0.3f, 0.0f}, d[ROWS] = {0.4f, 0.6f};
    const char *const plain[] = {
        "update_management", "false", "update_bl_management", "false", "desired_bl", "20", NULL};
    check_law(plain, 0.2, 20, 1, 1, x, d); /* lr = g K: both scales are 1 */
}
END_TEST

START_TEST(probabilities_go_on_a_grid)
{
    /* noUM, lr .5, res .1: P = 1.27 (.9, .3) and 1.27 (.2, .05), on the grid 1.1, .4; .3, .1 */
    enum { N = 20000 };
    const float x[COLS] = {0.9f, -0.3f, 0.0f}, d[ROWS] = {0.2f, -0.05f};
    const double p[COLS] = {1, 0.4, 0}, q[ROWS] = {0.3, 0.1};
    const char *const grid[] = {
        "update_management", "false", "update_bl_management", "false", "res", "0.1", NULL};
    bench b = open_bench(0.01, grid);
    aimct_moments m[ROWS * COLS] = {{0, 0, 0}};
    for (int n = 0; n < N; n++) {
        double c[ROWS * COLS];
        one_update(&b, x, d, 0.5, 0.01, c);
        for (int i = 0; i < ROWS * COLS; i++)
            aimct_add(&m[i], fabs(c[i]));
    }
    for (int i = 0; i < ROWS * COLS; i++) {
        const double pq = p[i % COLS] * q[i / COLS];
        CHECK_MEAN(m[i], 31 * pq, sqrt(31 * pq * (1 - pq)));
    }
    close_bench(&b);
}
END_TEST

/* D2: x = (1, -.3), d = (.5, .2), lr .01, g .001: counts down (5, -2), (2, -1); ties go to even. */
START_TEST(deterministic_types_count_exactly)
{
    const float x[COLS] = {1.0f, -0.3f, 0.0f}, d[ROWS] = {0.5f, 0.2f};
    const double expected[] = {-5, 2, 0, -2, 1, 0};
    const char *const implicit[] = {"pulse_type", "DETERMINISTIC_IMPLICIT", NULL};
    const char *const mean[] = {"pulse_type", "MEAN_COUNT", NULL};
    double c[ROWS * COLS];
    bench b = open_bench(0.001, implicit);
    one_update(&b, x, d, 0.01, 0.001, c);
    for (int i = 0; i < ROWS * COLS; i++)
        ck_assert_msg(c[i] == expected[i], "implicit %d: %g", i, c[i]);
    close_bench(&b);
    /* mean count: lines are rounded first: round(5 (1, .3)) = (5, 2), round(5 (1, .4)) = (5, 2);
     * products / 5 */
    const double mean_expected[] = {-5, 2, 0, -2, 1, 0};
    b = open_bench(0.001, mean);
    one_update(&b, x, d, 0.01, 0.001, c);
    for (int i = 0; i < ROWS * COLS; i++)
        ck_assert_msg(c[i] == mean_expected[i], "mean %d: %g", i, c[i]);
    aimc_counters counters = {.struct_size = sizeof counters};
    OK(aimc_tile_get_counters(b.tile, &counters));
    ck_assert_uint_eq(counters.pulses_down, 7);
    ck_assert_uint_eq(counters.pulses_up, 3);
    close_bench(&b);
}
END_TEST

START_TEST(exact_types_are_exact)
{
    const float x[COLS] = {0.9f, -0.3f, 0.1f}, d[ROWS] = {0.2f, -0.05f};
    const char *const none[] = {"pulse_type", "NONE", NULL};
    const char *const with_device[] = {"pulse_type", "NONE_WITH_DEVICE", NULL};
    for (int t = 0; t < 2; t++) {
        double c[ROWS * COLS];
        bench b = open_bench(1e-4, t ? with_device : none);
        one_update(&b, x, d, 0.5, 1e-4, c);
        for (int i = 0; i < ROWS * COLS; i++)
            ck_assert_double_eq_tol(c[i], -0.5 * (double)(x[i % COLS] * d[i / COLS]) / 1e-4, 0.51);
        close_bench(&b);
    }
}
END_TEST

/* The peer loses exact updates of cells with a hidden weight (devices.md 4.4); ours keep them,
 * within the bounds. */
START_TEST(exact_updates_keep_hidden_weights)
{
    aimc_context *ctx = aimct_context(1, 0, 1);
    const char *const settings[] = {"write_noise_std=1", "w_max_dtod=0", "w_min_dtod=0", NULL};
    aimc_device *device = aimct_device(ctx, "soft_bounds", settings);
    aimc_tile *tile;
    aimc_optimizer *opt;
    aimc_config *sgd;
    OK(aimc_tile_create(device, 1, 1, NULL, &tile));
    OK(aimc_config_create(ctx, "sgd", &sgd));
    OK(aimc_config_set_text(sgd, "update.pulse_type", "NONE_WITH_DEVICE"));
    OK(aimc_optimizer_create(tile, NULL, sgd, &opt));
    const float x = 1, d = -0.25f;
    float p;
    OK(aimc_optimizer_step(opt, 1, &x, 1, &d, 1, 1));
    OK(aimc_tile_get_parameter(tile, "persistent_weights", &p, 1));
    ck_assert(fabsf(p - 0.25f) < 1e-6f);
    OK(aimc_optimizer_step(opt, 1, &x, 1, &d, 1, 10));
    OK(aimc_tile_get_parameter(tile, "persistent_weights", &p, 1));
    ck_assert(fabsf(p - 0.6f) < 1e-6f); /* the bound */
    aimc_config_destroy(sgd);
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- the peer's update statistics: golden/update_stats.csv ---------------------------------- */

enum { D = 6, X = 8, PAIRS = 2, REPEATS = 4000 };

typedef struct golden_case {
    char device[32], type[48];
    int bl, um, ublm, pair;
    double lr;
} golden_case;

static void read_matrix(const char *name, float *m, size_t n)
{
    FILE *f = aimct_data(name);
    for (size_t i = 0; i < n; i++) {
        double v;
        ck_assert_int_eq(fscanf(f, " %lf ,", &v), 1);
        m[i] = (float)v;
    }
    fclose(f);
}

static aimc_optimizer *golden_optimizer(aimc_context *ctx, aimc_tile *tile, const golden_case *g)
{
    char text[32];
    aimc_config *c;
    aimc_optimizer *opt;
    OK(aimc_config_create(ctx, "sgd", &c));
    const char *type =
        strncmp(g->type, "STOCHASTIC_COMPRESSED", 21) == 0 ? "STOCHASTIC_COMPRESSED" : g->type;
    OK(aimc_config_set_text(c, "update.pulse_type", type));
    if (strstr(g->type, "_res0.1"))
        OK(aimc_config_set(c, "update.res", 0.1));
    if (strstr(g->type, "_sto"))
        OK(aimc_config_set(c, "update.sto_round", 1));
    if (strstr(g->type, "_gradscale0.5"))
        OK(aimc_config_set(c, "update.um_grad_scale", 0.5));
    if (strcmp(type, "DETERMINISTIC_IMPLICIT") == 0) {
        OK(aimc_config_set(c, "update.x_res_implicit", 0.01));
        OK(aimc_config_set(c, "update.d_res_implicit", 0.01));
    }
    snprintf(text, sizeof text, "%d", g->bl);
    OK(aimc_config_set_text(c, "update.desired_bl", text));
    OK(aimc_config_set(c, "update.update_management", g->um));
    OK(aimc_config_set(c, "update.update_bl_management", g->ublm));
    OK(aimc_optimizer_create(tile, NULL, c, &opt));
    aimc_config_destroy(c);
    return opt;
}

/* Mean and spread of the weight change of every cell over REPEATS single updates from the same
 * start. */
static void measure(const golden_case *g, aimct_moments *m)
{
    static const char *const constant[] = {"dw_min=0.001",   "w_max=5",       "w_min=-5",
                                           "dw_min_std=0.3", "dw_min_dtod=0", "up_down_dtod=0",
                                           "w_max_dtod=0",   "w_min_dtod=0",  NULL};
    static const char *const soft[] = {"dw_min=0.002",   "w_max=1",       "w_min=-1",
                                       "dw_min_std=0.3", "dw_min_dtod=0", "up_down_dtod=0",
                                       "w_max_dtod=0",   "w_min_dtod=0",  NULL};
    float x[PAIRS * X], d[PAIRS * D], w0[D * X], w[D * X];
    read_matrix("update_X.csv", x, PAIRS * X);
    read_matrix("update_D.csv", d, PAIRS * D);
    read_matrix("update_W0.csv", w0, D * X);
    aimc_context *ctx = aimct_context(1, 0, 77);
    const bool is_soft = strcmp(g->device, "SoftBounds") == 0;
    aimc_device *device =
        aimct_device(ctx, is_soft ? "soft_bounds" : "constant_step", is_soft ? soft : constant);
    aimc_tile *tile;
    OK(aimc_tile_create(device, D, X, NULL, &tile));
    aimc_optimizer *opt = golden_optimizer(ctx, tile, g);
    for (int r = 0; r < REPEATS; r++) {
        OK(aimc_tile_set_weights(tile, w0, X));
        OK(aimc_optimizer_step(opt, 1, x + g->pair * X, X, d + g->pair * D, D, g->lr));
        OK(aimc_tile_get_weights(tile, w, X));
        for (int i = 0; i < D * X; i++)
            aimct_add(&m[i], (double)w[i] - (double)w0[i]);
    }
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

START_TEST(update_statistics_match_the_peer)
{
    FILE *f = aimct_data("update_stats.csv");
    char line[256], last[128] = "";
    ck_assert(fgets(line, sizeof line, f));
    aimct_moments m[D * X];
    int compared = 0;
    while (fgets(line, sizeof line, f)) {
        golden_case g;
        int row, col;
        double n, mean, sd, ideal, nonzero;
        ck_assert_int_eq(sscanf(line, "%31[^,],%47[^,],%d,%d,%d,%lf,%d,%d,%d,%lf,%lf,%lf,%lf,%lf",
                                g.device, g.type, &g.bl, &g.um, &g.ublm, &g.lr, &g.pair, &row, &col,
                                &n, &mean, &sd, &ideal, &nonzero),
                         14);
        char key[128];
        snprintf(key, sizeof key, "%s %s %d %d %d %g %d", g.device, g.type, g.bl, g.um, g.ublm,
                 g.lr, g.pair);
        if (strcmp(key, last) != 0) {
            memset(m, 0, sizeof m);
            measure(&g, m);
            snprintf(last, sizeof last, "%s", key);
        }
        /* README of golden: 4 sigma of both sides, and the peer's table bias .003 sigma; rounding
         * of its floats. The peer's uniforms are correlated at train length 31 (gotcha 2: variance
         * up to 13 % too large). */
        const aimct_moments *ours = &m[row * X + col];
        const double spread = fmax(sd, sqrt(aimct_variance(ours)));
        const double tolerance = 4.5 * spread * sqrt(1 / n + 1.0 / REPEATS) + 0.003 * spread + 3e-7;
        ck_assert_msg(fabs(ours->mean - mean) <= tolerance,
                      "%s [%d][%d]: mean %.7g, peer %.7g +- %.2g", key, row, col, ours->mean, mean,
                      tolerance);
        /* a variance is known to sqrt((kurtosis - 1) / n); updates that rarely happen have a high
         * one */
        const double kurtosis = 3 + 1 / fmax(nonzero, 1 / n);
        const double relative = 0.075 + 2.5 * sqrt((kurtosis - 1) * (1 / n + 1.0 / REPEATS));
        const double our_sd = sqrt(aimct_variance(ours));
        ck_assert_msg(fabs(our_sd - sd) <= sd * relative + 5e-7, "%s [%d][%d]: sd %.7g, peer %.7g",
                      key, row, col, our_sd, sd);
        compared++;
    }
    fclose(f);
    ck_assert_int_gt(compared, 900);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pulse_train");
    TCase *t = aimct_case(s, "plan");
    tcase_add_test(t, plans_match_the_worked_examples);
    tcase_add_test(t, golden_values_of_training_1_2);
    tcase_add_test(t, update_management_balances);
    t = aimct_case(s, "law");
    tcase_add_test(t, coincidences_have_the_binomial_law);
    tcase_add_test(t, covariances_of_the_spec);
    tcase_add_test(t, probabilities_go_on_a_grid);
    tcase_add_test(t, deterministic_types_count_exactly);
    tcase_add_test(t, exact_types_are_exact);
    tcase_add_test(t, exact_updates_keep_hidden_weights);
    t = aimct_case(s, "golden");
    tcase_add_test(t, update_statistics_match_the_peer);
    return aimct_main(s);
}
