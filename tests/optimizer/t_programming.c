/* SPDX-License-Identifier: MIT */
/* What training algorithms achieve, against predictions: training.md 9.3 b (programming a matrix of
 * weights) and the exact statistics of 9.2. */
#include "optimizer/transfer.h"
#include "test_util.h"

static void configure(aimc_config *c, const char *prefix, const char *const settings[])
{
    for (size_t i = 0; settings[i]; i += 2) {
        char field[96];
        snprintf(field, sizeof field, "%s%s", prefix, settings[i]);
        OK(aimc_config_set_text(c, field, settings[i + 1]));
    }
}

/* ---- programming a matrix ------------------------------------------------------------------- */

enum { N = 20, VECTORS = 40000, SEEDS = 3 };

static void soft_cells(aimc_config *c, const char *prefix, double states, const char *spread,
                       double sigma)
{
    char dw[32], reference[32];
    snprintf(dw, sizeof dw, "%.9g", 2 / states);
    snprintf(reference, sizeof reference, "%.9g", sigma);
    const char *const cells[] = {"dw_min",
                                 dw,
                                 "dw_min_dtod",
                                 "0",
                                 "dw_min_std",
                                 "0.3",
                                 "up_down_dtod",
                                 "0.1",
                                 "w_max",
                                 "1",
                                 "w_min",
                                 "-1",
                                 "w_max_dtod",
                                 spread,
                                 "w_min_dtod",
                                 spread,
                                 "subtract_symmetry_point",
                                 "true",
                                 "reference_std",
                                 reference,
                                 NULL};
    configure(c, prefix, cells);
}

/* "ttv2" is the chopped algorithm that never turns, as the table has it. */
static aimc_config *settings_of(aimc_context *ctx, const char *algorithm, double states,
                                double sigma)
{
    const bool ttv2 = strcmp(algorithm, "ttv2") == 0, ttv1 = strcmp(algorithm, "tiki_taka") == 0;
    aimc_config *c;
    OK(aimc_config_create(ctx, ttv2 ? "c_ttv2" : algorithm, &c));
    OK(aimc_config_set(c, "update.desired_bl", 5));
    if (!aimc_config_get_nested(c, "transfer_forward"))
        return c;
    const char *const both[] = {"separate_fast_device",
                                "true",
                                "fast_device",
                                "soft_bounds_reference",
                                "transfer_forward.is_perfect",
                                "true",
                                "units_in_mbatch",
                                "false",
                                NULL};
    configure(c, "", both);
    soft_cells(c, "fast_device.", states, "0.3", sigma);
    const char *const chopped[] = {
        "auto_scale", "true", "auto_granularity", "200", "in_chop_prob", ttv2 ? "0" : "0.1", NULL};
    if (!ttv1)
        configure(c, "", chopped);
    return c;
}

/* Root of the mean squared weight error over the last tenth of the vectors. */
static double train(aimc_tile *tile, aimc_optimizer *o, double lr, uint64_t seed)
{
    float target[N * N], w[N * N], x[N], d[N];
    double sum = 0;
    for (int k = 0; k < N * N; k++)
        target[k] = (float)(0.3 * aimct_normal(&seed));
    for (int v = 0; v < VECTORS; v++) {
        OK(aimc_tile_get_weights(tile, w, N));
        for (int j = 0; j < N; j++)
            x[j] = aimct_uniform(&seed);
        double error = 0;
        for (int i = 0; i < N; i++) {
            double y = 0;
            for (int j = 0; j < N; j++) {
                const double e = (double)w[i * N + j] - (double)target[i * N + j];
                y += e * (double)x[j];
                error += e * e;
            }
            d[i] = (float)y;
        }
        OK(aimc_optimizer_step(o, 1, x, N, d, N, lr));
        if (v >= VECTORS - VECTORS / 10)
            sum += error / (N * N);
    }
    return sqrt(sum / (VECTORS / 10));
}

static double programming_error(const char *algorithm, double states, double sigma, uint64_t seed)
{
    aimc_context *ctx = aimct_context(1, 0, seed);
    aimc_config *dc, *oc = settings_of(ctx, algorithm, states, sigma);
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *o;
    OK(aimc_config_create(ctx, "soft_bounds_reference", &dc));
    soft_cells(dc, "", states, "0", 0);
    OK(aimc_device_create(ctx, NULL, dc, &device));
    OK(aimc_tile_create(device, N, N, NULL, &tile));
    OK(aimc_optimizer_create(tile, NULL, oc, &o));
    const bool direct = strcmp(algorithm, "sgd") == 0 || strcmp(algorithm, "mixed_precision") == 0;
    const double error = train(tile, o, direct ? 0.02 : 0.1, 1000 * seed + 7);
    aimc_optimizer_destroy(o);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(dc);
    aimc_config_destroy(oc);
    aimc_context_destroy(ctx);
    return error;
}

/* Single cells with a symmetry point far off dominate a run, so it is the median over seeds that is
 * compared. */
static double median_error(const char *algorithm, double states, double sigma)
{
    double e[SEEDS];
    for (int s = 0; s < SEEDS; s++) {
        const double new = programming_error(algorithm, states, sigma, (uint64_t)s + 1);
        int at = s;
        for (; at > 0 && e[at - 1] > new; at--)
            e[at] = e[at - 1];
        e[at] = new;
    }
    return e[SEEDS / 2];
}

/* training.md 9.3 b: 20 x 20, states 20 and 100 and 500, reference error 0, .1, .3 */
typedef struct row {
    const char *algorithm;
    double limit[3][3];
    int n_sigma, n_states;
} row;
static const row rows[] = {
    {"sgd", {{0.181}, {0.079}, {0.049}}, 1, 3},
    {"tiki_taka", {{0.117, 0.133, 0.378}, {0.049, 0.065, 0.450}}, 3, 2},
    {"ttv2", {{0.041, 0.055, 0.449}, {0.013, 0.026, 0.404}}, 3, 2},
    {"c_ttv2", {{0.041, 0.042, 0.052}, {0.012, 0.013, 0.029}, {0.025, 0.032, 0.109}}, 3, 3},
    {"agad", {{0.050, 0.049, 0.049}, {0.015, 0.015, 0.015}, {0.0066, 0.0067, 0.0068}}, 3, 3},
    {"mixed_precision", {{0.037}, {0.010}, {0.006}}, 1, 3},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static void check_orderings(const char *algorithm, double e[3][3], int n_states)
{
    for (int i = 0; i < n_states; i++) {
        if (strcmp(algorithm, "ttv2") == 0) /* collapses: worse than not learning at all, .30 */
            ck_assert_msg(e[i][2] > 0.3, "ttv2 at .3: %g", e[i][2]);
        if (strcmp(algorithm, "c_ttv2") == 0) /* tolerates; worst ratio where states are many */
            ck_assert_msg(e[i][2] < 0.12, "c_ttv2 at .3: %g", e[i][2]);
        if (strcmp(algorithm, "agad") == 0) /* flat; 1.3 % measured */
            ck_assert_msg(fabs(e[i][2] - e[i][0]) < 0.04 * e[i][0], "agad %g -> %g", e[i][0],
                          e[i][2]);
    }
    if (strcmp(algorithm, "sgd") == 0) /* worst at few states; every other is below .12 there */
        ck_assert_msg(e[0][0] > 0.145, "sgd: %g", e[0][0]);
    else
        ck_assert_msg(e[0][0] < 0.145, "%s: %g", algorithm, e[0][0]);
}

/* At most a fifth above the table. Below it is better: our writes are exact counts, and only the
 * upper side is a claim. */
START_TEST(programming_reaches_the_table)
{
    static const double states[] = {20, 100, 500}, sigma[] = {0, 0.1, 0.3};
    const row *r = &rows[_i];
    double e[3][3] = {{0}};
    for (int i = 0; i < r->n_states; i++)
        for (int k = 0; k < r->n_sigma; k++) {
            e[i][k] = median_error(r->algorithm, states[i], sigma[k]);
            ck_assert_msg(e[i][k] <= 1.2 * r->limit[i][k],
                          "%s, %g states, reference error %g: %.4f, table %.4f", r->algorithm,
                          states[i], sigma[k], e[i][k], r->limit[i][k]);
        }
    check_orderings(r->algorithm, e, r->n_states);
}
END_TEST

/* ---- one cell, many times: 9.2 -------------------------------------------------------------- */

typedef struct bench {
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *opt;
} bench;

static const char *const quiet[] = {"dw_min_dtod=0", "dw_min_std=0", "up_down_dtod=0",
                                    "dw_min=0.01",   "w_max=10000",  "w_min=-10000",
                                    "w_max_dtod=0",  "w_min_dtod=0", NULL};

/* The slow array has constant steps of .01; settings: name, text, ..., NULL */
static bench open_bench(const char *algorithm, size_t n_out, size_t n_in,
                        const char *const settings[], const char *const more[])
{
    bench b = {.ctx = aimct_context(1, 0, 11)};
    aimc_config *c;
    b.device = aimct_device(b.ctx, "constant_step", quiet);
    OK(aimc_tile_create(b.device, n_out, n_in, NULL, &b.tile));
    OK(aimc_config_create(b.ctx, algorithm, &c));
    if (aimc_config_get_nested(c, "transfer_forward"))
        OK(aimc_config_set(c, "transfer_forward.is_perfect", 1));
    configure(c, "", settings);
    if (more)
        configure(c, "", more);
    OK(aimc_optimizer_create(b.tile, NULL, c, &b.opt));
    aimc_config_destroy(c);
    return b;
}

static void close_bench(bench *b)
{
    aimc_optimizer_destroy(b->opt);
    aimc_tile_destroy(b->tile);
    aimc_device_unref(b->device);
    aimc_context_destroy(b->ctx);
}

static aimci_transfer *engine(const bench *b)
{
    return b->opt->state;
}

/* S2: random pulses, up and down alike. q - q* shrinks by 1 - (a+/b+ - a-/b-)/2 per pulse, so after
 * 600 nothing of the start is left; the law is linear in q, so mean and variance are exact. */
static void check_settled(double up_down, const char *const settings[], double b_up, double b_down,
                          double c2c, double f)
{
    enum { SIDE = 100, PULSES = 600 };
    static int32_t counts[SIDE * SIDE];
    static float w[SIDE * SIDE];
    aimc_context *ctx = aimct_context(1, 0, 5);
    aimc_device *device = aimct_device(ctx, "soft_bounds", settings);
    aimc_tile *tile;
    uint64_t seed = 3;
    OK(aimc_tile_create(device, SIDE, SIDE, NULL, &tile));
    for (int p = 0; p < PULSES; p++) {
        for (int k = 0; k < SIDE * SIDE; k++)
            counts[k] = (double)(aimct_next(&seed) >> 11) * 0x1p-53 < f ? 1 : -1;
        OK(aimc_tile_pulse(tile, counts, SIDE));
    }
    OK(aimc_tile_get_weights(tile, w, SIDE));
    aimct_moments m = {0};
    for (int k = 0; k < SIDE * SIDE; k++)
        aimct_add(&m, (double)w[k]);
    const double up = 0.02 * (1 + fmin(up_down, 0)), down = 0.02 * (1 - fmax(up_down, 0));
    const double q = (f * up - (1 - f) * down) / (f * up / b_up - (1 - f) * down / b_down);
    const double s_up = up * (1 - q / b_up), s_down = down * (1 - q / b_down);
    const double m2 = f * pow(1 - up / b_up, 2) + (1 - f) * pow(1 + down / b_down, 2);
    const double kick = f * (s_up * s_up + c2c * c2c * up * up) +
                        (1 - f) * (s_down * s_down + c2c * c2c * down * down);
    CHECK_MEAN(m, q, sqrt(kick / (1 - m2)));
    CHECK_VARIANCE(m, kick / (1 - m2), 3);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

START_TEST(random_pulses_lead_to_the_symmetry_point)
{
#define CELL                                                                                       \
    "dw_min=0.02", "dw_min_dtod=0", "up_down_dtod=0", "w_max_dtod=0", "w_min_dtod=0",              \
        "mult_noise=false"
    const char *const even[] = {CELL, "dw_min_std=0", "w_max=1", "w_min=-1", NULL};
    const char *const noisy[] = {CELL,         "dw_min_std=0.5", "w_max=1",
                                 "w_min=-0.8", "up_down=0.2",    NULL};
    const char *const weak[] = {CELL,       "dw_min_std=0.3", "w_max=1.2",
                                "w_min=-1", "up_down=-0.2",   NULL};
    check_settled(0, even, 1, -1, 0, 0.5);
    check_settled(0.2, noisy, 1, -0.8, 0.5, 0.5);
    check_settled(-0.2, weak, 1.2, -1, 0.3, 0.5);
    /* S3: a share f of up pulses: f u = (1 - f) v; for even cells b (2 f - 1) */
    check_settled(0, even, 1, -1, 0, 0.6);
    check_settled(0.2, noisy, 1, -0.8, 0.5, 0.45);
}
END_TEST

/* S5: one event of TTv1 adds lr_T z on average, whatever the size of z against a step g:
 * M = ceil(max |z| / g) slots, each firing with probability |z| / (g M). */
static void check_ttv1_writes(const float *z_in_steps, size_t n)
{
    enum { EVENTS = 20000 };
    const char *const settings[] = {"units_in_mbatch", "false", NULL};
    bench b = open_bench("tiki_taka", n, 1, settings, NULL);
    const float x = 0, d[8] = {0};
    float z[8], before[8] = {0}, now[8], most = 0;
    aimct_moments m[8] = {{0}};
    for (size_t i = 0; i < n; i++) {
        z[i] = 0.01f * z_in_steps[i];
        most = fmaxf(most, fabsf(z_in_steps[i]));
    }
    aimci_array_set(engine(&b)->arrays[0], z, 1, NULL);
    for (int k = 0; k < EVENTS; k++) {
        OK(aimc_optimizer_step(b.opt, 1, &x, 1, d, n, 1));
        OK(aimc_tile_get_weights(b.tile, now, 1));
        for (size_t i = 0; i < n; i++)
            aimct_add(&m[i], rint((double)(now[i] - before[i]) * 100));
        /* start again now and then, or floats of thousands lose steps of .01 */
        memcpy(before, now, sizeof now);
        if (k % 100 == 99) {
            memset(before, 0, sizeof before);
            OK(aimc_tile_set_weights(b.tile, before, 1)); /* resets A too */
            aimci_array_set(engine(&b)->arrays[0], z, 1, NULL);
        }
    }
    const double slots = ceil((double)most - 1e-6);
    for (size_t i = 0; i < n; i++) {
        const double p = fabs((double)z_in_steps[i]) / slots, variance = slots * p * (1 - p);
        CHECK_MEAN(m[i], (double)z_in_steps[i], sqrt(variance));
        if (variance == 0) /* the largest is exact */
            continue;
        /* at p = 1/2 the estimate's own error is of second order: not below 1.1 */
        const double kurtosis = fmax(3 + (1 - 6 * p * (1 - p)) / variance, 1.1);
        CHECK_VARIANCE(m[i], variance, kurtosis);
    }
    close_bench(&b);
}

START_TEST(ttv1_writes_are_unbiased)
{
    const float large[] = {20, -7, 3, 0.5f, -0.1f, 0.01f}, small[] = {-0.5f, 0.1f, 0.01f};
    check_ttv1_writes(large, 6);
    check_ttv1_writes(small, 3);
}
END_TEST

/* A gradient of zero mean, one pulse per cell and vector, and a fast array whose zero is off by
 * rho: pulses on C per read, one sample for each column, since a column shares its chopper. */
enum { OFF_COLUMNS = 64, OFF_ROWS = 8 };
/* What C has got and what waits in the buffer, in pulses: nothing is ever lost between them. */
static void received(const bench *b, double *sums)
{
    float c[OFF_ROWS * OFF_COLUMNS], h[OFF_ROWS * OFF_COLUMNS];
    OK(aimc_tile_get_weights(b->tile, c, OFF_COLUMNS));
    OK(aimc_optimizer_get_matrix(b->opt, "buffer0", h, OFF_COLUMNS));
    for (int k = 0; k < OFF_ROWS * OFF_COLUMNS; k++)
        sums[k % OFF_COLUMNS] += ((double)c[k] / 0.01 + (double)h[k]) / OFF_ROWS;
}

static aimct_moments zero_error_drift(const char *algorithm, const char *rho,
                                      const char *const more[])
{
    enum { START = 64, SWEEPS = 600 };
    const char *const settings[] = {"separate_fast_device",
                                    "true",
                                    "fast_device",
                                    "soft_bounds_reference",
                                    "scale_transfer_lr",
                                    "false",
                                    "transfer_lr",
                                    "0.004", /* h = .2 */
                                    "fast_lr",
                                    "0.02",
                                    "forget_buffer",
                                    "false",
                                    NULL};
    const char *const cells[] = {
        "dw_min",        "0.02", "dw_min_dtod",    "0", "dw_min_std", "0", "up_down_dtod", "0",
        "w_max_dtod",    "0",    "w_min_dtod",     "0", "w_max",      "1", "w_min",        "-1",
        "reference_std", "0",    "reference_mean", rho, NULL};
    const char *all[64];
    size_t n = 0;
    static char names[16][64];
    for (size_t i = 0; settings[i]; i++)
        all[n++] = settings[i];
    for (size_t i = 0; cells[i]; i += 2) {
        snprintf(names[i / 2], sizeof names[0], "fast_device.%s", cells[i]);
        all[n++] = names[i / 2];
        all[n++] = cells[i + 1];
    }
    all[n] = NULL;
    bench b = open_bench(algorithm, OFF_ROWS, OFF_COLUMNS, all, more);
    float x[OFF_COLUMNS], d[OFF_ROWS];
    double start[OFF_COLUMNS] = {0}, end[OFF_COLUMNS] = {0};
    uint64_t seed = 9;
    for (int v = 0; v < (START + SWEEPS) * OFF_COLUMNS; v++) {
        if (v == START * OFF_COLUMNS)
            received(&b, start);
        for (int j = 0; j < OFF_COLUMNS; j++)
            x[j] = aimct_next(&seed) & 1 ? 1.0f : -1.0f;
        for (int i = 0; i < OFF_ROWS; i++)
            d[i] = aimct_next(&seed) & 1 ? 1.0f : -1.0f;
        OK(aimc_optimizer_step(b.opt, 1, x, OFF_COLUMNS, d, OFF_ROWS, 1));
    }
    received(&b, end);
    aimct_moments m = {0};
    for (int j = 0; j < OFF_COLUMNS; j++)
        aimct_add(&m, (end[j] - start[j]) / SWEEPS);
    close_bench(&b);
    return m;
}

/* Five standard errors, from the spread of the columns; they must resolve a fifth of h rho. */
static void check_drift(const char *what, aimct_moments m, double expected)
{
    const double sem = sqrt(aimct_variance(&m) / m.n);
    ck_assert_msg(5 * sem < 0.25 * 0.04 && fabs(m.mean - expected) < 5 * sem,
                  "%s: drift %.5f, expected %.5f, standard error %.5f", what, m.mean, expected,
                  sem);
}

/* S6, S7: a wrong zero moves C by h rho pulses a read in TTv2; choppers and AGAD cancel it. */
START_TEST(a_wrong_zero_drifts_or_is_cancelled)
{
    const char *const never[] = {"in_chop_prob", "0", NULL};
    const char *const often[] = {"in_chop_prob", "0.05", NULL};
    check_drift("ttv2, .1", zero_error_drift("c_ttv2", "-0.1", never), 0.2 * 0.1);
    check_drift("ttv2, .2", zero_error_drift("c_ttv2", "-0.2", never), 0.2 * 0.2);
    check_drift("ttv2, 0", zero_error_drift("c_ttv2", "0", never), 0);
    check_drift("c_ttv2", zero_error_drift("c_ttv2", "-0.2", often), 0);
    check_drift("agad", zero_error_drift("agad", "-0.2", often), 0);
}
END_TEST

/* S8: what a chopper leaves of a constant gradient, E[s A]: A <- (1 - kappa) A + delta s. */
static aimct_moments chopped_signal(double kappa, bool random)
{
    enum { COLUMNS = 64, START = 240, SWEEPS = 1200 };
    const char *const settings[] = {"separate_fast_device",
                                    "true",
                                    "in_chop_prob",
                                    "0.05",
                                    "in_chop_random",
                                    random ? "true" : "false",
                                    "fast_device",
                                    kappa > 0 ? "soft_bounds" : "constant_step",
                                    NULL};
    char step[32];
    snprintf(step, sizeof step, "%.9g", kappa > 0 ? kappa : 0.01);
    const char *const cells[] = {"fast_lr",
                                 step,
                                 "fast_device.dw_min",
                                 step,
                                 "fast_device.dw_min_dtod",
                                 "0",
                                 "fast_device.dw_min_std",
                                 "0",
                                 "fast_device.up_down_dtod",
                                 "0",
                                 "fast_device.w_max_dtod",
                                 "0",
                                 "fast_device.w_min_dtod",
                                 "0",
                                 "fast_device.w_max",
                                 "1",
                                 "fast_device.w_min",
                                 "-1",
                                 NULL};
    bench b = open_bench("c_ttv2", 1, COLUMNS, settings, cells);
    aimct_moments m = {0};
    double sums[COLUMNS] = {0};
    for (int v = 0; v < (START + SWEEPS) * COLUMNS; v++) {
        const int s = v % COLUMNS;
        float x[COLUMNS] = {0}, a[COLUMNS];
        const float d = -1;
        x[s] = 1; /* one pulse onto the slice that is read next */
        const double sign = engine(&b)->chop_in[s] ? -1 : 1;
        OK(aimc_optimizer_step(b.opt, 1, x, COLUMNS, &d, 1, 1));
        OK(aimc_optimizer_get_matrix(b.opt, "fast0", a, COLUMNS));
        if (v >= START * COLUMNS)
            sums[s] += sign * (double)a[s];
    }
    for (int s = 0; s < COLUMNS; s++)
        aimct_add(&m, sums[s] / SWEEPS);
    close_bench(&b);
    return m;
}

START_TEST(choppers_leave_the_predicted_signal)
{
    static const double kappas[] = {0.05, 0.2, 0.5};
    const double p = 0.05, n = 20;
    for (int k = 0; k < 3; k++) { /* delta = kappa b, b = 1 */
        const double kappa = kappas[k], r = 1 - kappa;
        aimct_moments m = chopped_signal(kappa, true);
        CHECK_MEAN(m, kappa / (1 - r * (1 - 2 * p)), sqrt(aimct_variance(&m)));
        m = chopped_signal(kappa, false); /* no chance in it: the mean of whole periods */
        const double regular = 1 - 2 * r * (1 - pow(r, n)) / (n * (1 - r) * (1 + pow(r, n)));
        ck_assert_msg(fabs(m.mean - regular) < 1e-4, "kappa %g: %g, expected %g", kappa, m.mean,
                      regular);
    }
    /* Constant steps forget nothing: A swings between 0 and N delta, 1 ... N in
     * up phases and N - 1 ... 0 in down ones: half a step is left. */
    const aimct_moments m = chopped_signal(0, false);
    ck_assert_msg(fabs(m.mean - 0.01 / 2) < 1e-5, "kappa 0: %g", m.mean);
}
END_TEST

/* S12: a stochastic row of mixed precision: the largest is exact, others Binomial(M, |n| / M). */
START_TEST(mixed_precision_rows_are_binomial)
{
    enum { I = 4, EVENTS = 10000, M = 10 };
    static const int counts[I] = {M, -7, 3, 1};
    const char *const settings[] = {"write_mode", "TRAINS", NULL};
    bench b = open_bench("mixed_precision", 1, I, settings, NULL);
    aimct_moments m[I] = {{0}};
    float x[I], w[I], zero[I] = {0};
    const float d = -1;
    for (int j = 0; j < I; j++)
        x[j] = 0.01f * (float)counts[j];
    for (int k = 0; k < EVENTS; k++) {
        OK(aimc_tile_set_weights(b.tile, zero, I));
        OK(aimc_optimizer_step(b.opt, 1, x, I, &d, 1, 1));
        OK(aimc_tile_get_weights(b.tile, w, I));
        ck_assert_int_eq((int)rint((double)w[0] * 100), M);
        for (int j = 1; j < I; j++)
            aimct_add(&m[j], rint((double)w[j] * 100));
    }
    for (int j = 1; j < I; j++) {
        const double p = fabs((double)counts[j]) / M, variance = M * p * (1 - p);
        CHECK_MEAN(m[j], counts[j], sqrt(variance));
        CHECK_VARIANCE(m[j], variance, 3 + (1 - 6 * p * (1 - p)) / variance);
    }
    close_bench(&b);
}
END_TEST

/* S13: auto_scale sends fast_lr BLmax pulses to the strongest crossing, whatever the units. */
START_TEST(automatic_scale_is_free_of_units)
{
    enum { EVENTS = 4000 };
    static const float unit_x[] = {1, 10, 1}, unit_d[] = {1, 1, 1e-3f};
    const char *const settings[] = {
        "auto_scale", "true",         "fast_lr", "0.5", "transfer_every",
        "1000000000", "in_chop_prob", "0",       NULL};
    for (int u = 0; u < 3; u++) {
        bench b = open_bench("c_ttv2", 2, 2, settings, NULL);
        const float x[2] = {0.4f * unit_x[u], -0.1f * unit_x[u]};
        const float d[2] = {0.2f * unit_d[u], -0.5f * unit_d[u]};
        float a[4];
        for (int k = 0; k < EVENTS; k++)
            OK(aimc_optimizer_step(b.opt, 1, x, 2, d, 2, 1));
        OK(aimc_optimizer_get_matrix(b.opt, "fast0", a, 2));
        /* 15.5 pulses in 16 slots; weights of hundreds carry a rounding of 1e-3 steps a pulse */
        const double mean = (double)a[2] / 0.01 / EVENTS, p = 15.5 / 16;
        ck_assert_msg(fabs(mean - 15.5) < 5 * sqrt(16 * p * (1 - p) / EVENTS) + 0.02,
                      "unit %d: %.4f pulses", u, mean);
        close_bench(&b);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("programming");
    TCase *t = aimct_case(s, "statistics");
    tcase_add_test(t, random_pulses_lead_to_the_symmetry_point);
    tcase_add_test(t, ttv1_writes_are_unbiased);
    tcase_add_test(t, a_wrong_zero_drifts_or_is_cancelled);
    tcase_add_test(t, choppers_leave_the_predicted_signal);
    tcase_add_test(t, mixed_precision_rows_are_binomial);
    tcase_add_test(t, automatic_scale_is_free_of_units);
    t = aimct_case(s, "weight programming");
    tcase_add_loop_test(t, programming_reaches_the_table, 0, N_ROWS);
    return aimct_main(s);
}
