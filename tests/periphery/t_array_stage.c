/* SPDX-License-Identifier: MIT */
/* What the array and the output stage do between the converters, field by field, against the
 * equations in double precision; and products that are made of several reads. */
#include <stdbool.h>

#include "read_util.h"

enum { OUT = 5, IN = 24 };

static aimc_context *ctx;
static float w[OUT * IN], x[IN];

static void setup(void)
{
    ctx = aimct_context(1, 0, 33);
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(x, IN, 2);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

#define BARE "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE"

static void read_once(const char *const settings[], float *y)
{
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    aimc_tile_destroy(tile);
}

static double product(size_t i, const float *v)
{
    double sum = 0;
    for (size_t j = 0; j < IN; j++)
        sum += (double)w[i * IN + j] * (double)v[j];
    return sum;
}

/* ---- voltage drop --------------------------------------------------------------------------- */

/* y_i - s c(a_i) sum_j w z (1 - (1 - j / n)^2), with the cells of one output in order of j */
static double dropped(const float *row, size_t stride, const float *v, size_t n, double gamma,
                      bool all, bool cubic)
{
    double y = 0, load = 0, far = 0;
    for (size_t j = 0; j < n; j++) {
        const double wij = (double)row[j * stride], z = (double)v[j];
        const double d = 1 - (double)j / (double)n;
        y += wij * z;
        load += fabs(wij) * (all ? 1 : fabs(z));
        far += wij * z * (1 - d * d);
    }
    const double a = (double)n / gamma * load;
    const double c = cubic ? a * (a * (0.05 * a - 0.2) + 0.5) : 1.5 * (1 - tanh(sqrt(a)) / sqrt(a));
    return y - 0.8 * c * far;
}

START_TEST(voltage_drop)
{
    for (int all = 0; all < 2; all++) {
        for (int cubic = 0; cubic < 2; cubic++) {
            const char *const settings[] = {BARE,
                                            "ir_drop=0.8",
                                            "ir_drop_g_ratio=300",
                                            all ? "ir_loading=ALL" : "ir_loading=ACTIVE",
                                            cubic ? "ir_drop_amplitude=CUBIC" : "ir_drop=0.8",
                                            NULL};
            float y[OUT], z[IN];
            aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
            OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
            OK(aimc_tile_backward(tile, 1, x, OUT, z, IN));
            for (size_t i = 0; i < OUT; i++)
                NEAR((double)y[i], dropped(w + i * IN, 1, x, IN, 300, all, cubic), 2e-6);
            for (size_t j = 0; j < IN; j++)
                NEAR((double)z[j], dropped(w + j, IN, x, OUT, 300, all, cubic), 2e-6);
            /* weights that change are seen */
            w[3] += 0.5f;
            OK(aimc_tile_set_weights(tile, w, IN));
            OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
            NEAR((double)y[0], dropped(w, 1, x, IN, 300, all, cubic), 2e-6);
            w[3] -= 0.5f;
            aimc_tile_destroy(tile);
        }
    }
}
END_TEST

/* R1.7-1 and O6: a column of ones at full input keeps tanh(sqrt a) / sqrt a of its current, where a
 * ladder solved node by node keeps a little less. */
START_TEST(drop_of_a_ladder)
{
    static const struct {
        int n;
        double rg, ladder, tanh_form;
    } cases[] = {
        {4, 1e-3, .99256099, .99470},   {16, 1e-3, .91567933, .92258},
        {64, 1e-4, .88015572, .88266},  {128, 1e-4, .66626617, .66913},
        {128, 1e-5, .94816597, .94874}, {512, 1.75e-6, .87040968, .87075},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        float ones[512], y;
        char ratio[64];
        for (int j = 0; j < 512; j++)
            ones[j] = 1;
        snprintf(ratio, sizeof ratio, "ir_drop_g_ratio=%.17g", 1 / cases[k].rg);
        const size_t n = (size_t)cases[k].n;
        aimc_tile *tile =
            aimct_tile(ctx, ones, 1, n, SETTINGS(BARE, "out_bound=0", "ir_drop=1", ratio));
        OK(aimc_tile_forward(tile, 1, ones, n, &y, 1));
        aimc_tile_destroy(tile);
        const double kept = (double)y / (double)n;
        /* sum of the profile over n cells is 2/3 n - 1/2 + 1/(6 n): the discrete column */
        const double a = cases[k].rg * (double)(n * n);
        const double amplitude = 1.5 * (1 - tanh(sqrt(a)) / sqrt(a));
        const double sum = 2.0 / 3 - 0.5 / (double)n - 1.0 / (6.0 * (double)(n * n));
        NEAR(kept, 1 - amplitude * sum, 2e-6);
        NEAR(1 - amplitude * 2 / 3, cases[k].tanh_form, 1e-5);
        NEAR(kept, cases[k].ladder, 0.015);
    }
}
END_TEST

START_TEST(wire_resistance_gives_the_ratio)
{
    float a[OUT], b[OUT];
    read_once(SETTINGS(BARE, "ir_drop=1", "ir_drop_g_ratio=400"), a);
    read_once(SETTINGS(BARE, "ir_drop=1", "wire_resistance_per_cell=25", "g_max=1e-4"), b);
    ck_assert(memcmp(a, b, sizeof a) == 0);
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "periphery", &config));
    double ratio;
    OK(aimc_config_get(config, "ir_drop_g_ratio", &ratio));
    NEAR(ratio, 571428.5714, 1e-3);
    aimc_config_destroy(config);
}
END_TEST

/* ---- reference, series resistance, compression ---------------------------------------------- */

START_TEST(series_resistance)
{
    float y[OUT];
    read_once(SETTINGS(BARE, "r_series=0.05"), y);
    double reference = 0;
    for (size_t j = 0; j < IN; j++)
        reference += (double)x[j];
    for (size_t i = 0; i < OUT; i++) {
        const double t = product(i, x) + reference;
        NEAR((double)y[i], t / (1 + 0.05 * fabs(t)) - reference / (1 + 0.05 * fabs(reference)),
             2e-6);
    }
    read_once(SETTINGS(BARE, "r_series=0.05", "v_offset_w_min=0", "r_series_max_total=0.03"), y);
    for (size_t i = 0; i < OUT; i++) {
        const double p = product(i, x);
        NEAR((double)y[i], p / (1 + fmin(0.05 * fabs(p), 0.03)), 2e-6);
    }
}
END_TEST

/* v_i = max(v_offset_std xi_i, 0), fixed: both forms give the same v */
START_TEST(reference_offset)
{
    enum { N = 4000 };
    float *ones = malloc(N * sizeof *ones), *y = malloc(N * sizeof *y), *z = malloc(N * sizeof *z);
    const float one = 1;
    for (int i = 0; i < N; i++)
        ones[i] = 1;
    aimc_tile *tile =
        aimct_tile(ctx, ones, N, 1, SETTINGS(BARE, "v_offset_std=0.1", "v_offset_w_min=0"));
    OK(aimc_tile_forward(tile, 1, &one, 1, y, N));
    OK(aimc_tile_forward(tile, 1, &one, 1, z, N));
    ck_assert(memcmp(y, z, N * sizeof *y) == 0);
    aimct_moments m = {0};
    int n_zero = 0;
    for (int i = 0; i < N; i++) {
        aimct_add(&m, 1 - (double)y[i]);
        n_zero += y[i] == 1.0f;
        ck_assert(y[i] <= 1);
    }
    CHECK_MEAN(m, 0.1 / sqrt(2 * 3.141592653589793), 0.06);
    NEAR(n_zero / (double)N, 0.5, 5 * 0.5 / sqrt(N));
    aimc_tile_destroy(tile);
    /* m = -0.5: y (1 - v) - 2 v y_ref */
    aimc_config *config =
        aimct_tile_config(ctx, SETTINGS(BARE, "v_offset_std=0.1", "v_offset_w_min=-0.5"));
    OK(aimc_config_set(config, "seed", 7));
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    OK(aimc_tile_create(device, N, 1, config, &tile));
    OK(aimc_tile_set_weights(tile, ones, 1));
    OK(aimc_tile_forward(tile, 1, &one, 1, y, N));
    aimc_tile_destroy(tile);
    OK(aimc_config_set_text(config, "forward.v_offset_w_min", "0"));
    OK(aimc_tile_create(device, N, 1, config, &tile));
    OK(aimc_tile_set_weights(tile, ones, 1));
    OK(aimc_tile_forward(tile, 1, &one, 1, z, N));
    for (int i = 0; i < N; i++) {
        const double v = 1 - (double)z[i];
        NEAR((double)y[i], (1 - v) - 2 * v * 0.5, 1e-6);
    }
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    free(ones);
    free(y);
    free(z);
}
END_TEST

/* O5 */
START_TEST(compressed_output)
{
    const float in[3] = {6, 12, 6.001f};
    float y[3];
    const float one = 1;
    aimc_tile *tile = aimct_tile(ctx, &one, 1, 1,
                                 SETTINGS(BARE, "inp_bound=0", "out_nonlinearity=0.1",
                                          "slope_calibration=0.5", "bound_management=NONE"));
    OK(aimc_tile_forward(tile, 3, in, 1, y, 1));
    NEAR((double)y[0], 6.3, 1e-6);
    NEAR((double)y[2] - (double)y[0], 0.001, 2e-6); /* slope 1 at half the bound */
    aimc_tile_destroy(tile);
    tile = aimct_tile(ctx, &one, 1, 1,
                      SETTINGS(BARE, "inp_bound=0", "out_nonlinearity=0.1", "slope_calibration=0.5",
                               "bound_management=NONE", "out_scale=0.5"));
    OK(aimc_tile_forward(tile, 3, in, 1, y, 1));
    NEAR((double)y[1], 6, 1e-6); /* 12.0273 is beyond the bound of 12 */
    aimc_tile_destroy(tile);
}
END_TEST

static aimc_tile *compressed(const char *slope)
{
    aimc_config *config = aimct_tile_config(
        ctx, SETTINGS(BARE, "out_nonlinearity=2", "out_nonlinearity_std=0.3", slope));
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    aimc_tile *tile = NULL;
    OK(aimc_config_set(config, "seed", 9));
    OK(aimc_tile_create(device, OUT, IN, config, &tile));
    OK(aimc_tile_set_weights(tile, w, IN));
    aimc_device_unref(device);
    aimc_config_destroy(config);
    return tile;
}

/* y = kappa p / (1 + |n_i p|), n_i = |base (1 + std xi_i)| fixed and saved; kappa follows their
 * mean */
START_TEST(compression_spread)
{
    float y[OUT], z[OUT];
    aimc_tile *plain = compressed("slope_calibration=0");
    aimc_tile *tile = compressed("slope_calibration=0.2"), *copy = NULL;
    OK(aimc_tile_forward(plain, 1, x, IN, y, OUT));
    OK(aimc_tile_forward(tile, 1, x, IN, z, OUT));
    double mean = 0, first = 0;
    for (size_t i = 0; i < OUT; i++) {
        const double p = product(i, x), n = (p / (double)y[i] - 1) / fabs(p);
        ck_assert_msg(fabs(n * 12 / 2 - 1) < 5 * 0.3, "n_%zu = %g", i, n);
        ck_assert(i == 0 || fabs(n - first) > 1e-4);
        first = i == 0 ? n : first;
        mean += n / OUT;
    }
    for (size_t i = 0; i < OUT; i++)
        NEAR((double)z[i] / (double)y[i], pow(1 + mean * 0.2 * 12, 2), 1e-4);
    const char *path = "t_array_stage.safetensors";
    OK(aimc_tile_save(tile, path));
    OK(aimc_tile_load(ctx, path, &copy));
    remove(path);
    OK(aimc_tile_forward(copy, 1, x, IN, y, OUT));
    ck_assert(memcmp(y, z, sizeof y) == 0);
    aimc_tile_destroy(copy);
    aimc_tile_destroy(tile);
    aimc_tile_destroy(plain);
}
END_TEST

/* ---- noise of the cells --------------------------------------------------------------------- */

static void check_cell_noise(const char *type, bool pcm)
{
    enum { N = 20000 };
    static float xs[N * IN], y[N * OUT];
    for (int b = 0; b < N; b++)
        memcpy(xs + b * IN, x, sizeof x);
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, SETTINGS(BARE, "w_noise=0.05", type));
    OK(aimc_tile_forward(tile, N, xs, IN, y, OUT));
    aimc_tile_destroy(tile);
    for (size_t i = 0; i < OUT; i++) {
        double power = 0;
        for (size_t j = 0; j < IN; j++)
            power += (pcm ? fabs((double)w[i * IN + j]) : 1) * (double)x[j] * (double)x[j];
        aimct_moments m = {0};
        for (size_t b = 0; b < N; b++)
            aimct_add(&m, (double)y[b * OUT + i]);
        CHECK_MEAN(m, product(i, x), 0.05 * sqrt(power));
        CHECK_VARIANCE(m, 0.0025 * power, 3);
    }
}

START_TEST(cells_are_noisy)
{
    check_cell_noise("w_noise_type=ADDITIVE_CONSTANT", false);
    check_cell_noise("w_noise_type=PCM_READ", true);
}
END_TEST

/* ---- products made of several reads --------------------------------------------------------- */

#define QUIET "out_res=-1", "out_noise=0"

START_TEST(kinds_of_product_agree_without_errors)
{
    float one[OUT], y[OUT];
    read_once(SETTINGS(QUIET, "inp_asymmetry=0.1"), one);
    static const struct {
        const char *type;
        uint64_t passes, inputs, outputs;
    } kinds[] = {{"mv_type=POS_NEG_SEPARATE", 2, 1, 1},
                 {"mv_type=POS_NEG_SEPARATE_DIGITAL_SUM", 2, 1, 2},
                 {"mv_type=SPLIT_MODE", 2, 2, 2},
                 {"mv_type=BIT_WISE", 6, 6, 6}};
    for (size_t k = 0; k < 4; k++) {
        aimc_tile *tile =
            aimct_tile(ctx, w, OUT, IN, SETTINGS(QUIET, "inp_asymmetry=0.1", kinds[k].type));
        OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
        for (size_t i = 0; i < OUT; i++)
            NEAR((double)y[i], (double)one[i], 5e-6);
        const aimc_counters c = aimct_counters(tile);
        ck_assert_uint_eq(c.forward_passes, kinds[k].passes);
        ck_assert_uint_eq(c.dac_conversions, kinds[k].inputs * IN);
        ck_assert_uint_eq(c.adc_conversions, kinds[k].outputs * OUT);
        aimc_tile_destroy(tile);
    }
    read_once(SETTINGS("mv_type=IDEAL"), y);
    for (size_t i = 0; i < OUT; i++)
        NEAR((double)y[i], product(i, x), 2e-6);
}
END_TEST

static double noise_of(const char *type)
{
    enum { N = 20000 };
    static float xs[N * IN], y[N * OUT];
    for (int b = 0; b < N; b++)
        memcpy(xs + b * IN, x, sizeof x);
    aimc_tile *tile = aimct_tile(
        ctx, w, OUT, IN, SETTINGS("out_res=-1", "out_bound=-1", "noise_management=NONE", type));
    OK(aimc_tile_forward(tile, N, xs, IN, y, OUT));
    aimc_tile_destroy(tile);
    aimct_moments m = {0};
    for (size_t b = 0; b < N; b++)
        aimct_add(&m, (double)y[b * OUT]);
    return aimct_variance(&m) / 0.0036;
}

/* 1; 2; what digits of six bits count: (7^2 + 56^2) / 63^2; (4^6 - 1) / 3 / 63^2 */
START_TEST(noise_of_digital_sums)
{
    const double tolerance = 5 * sqrt(2.0 / 20000);
    NEAR(noise_of("mv_type=POS_NEG_SEPARATE"), 1, tolerance);
    NEAR(noise_of("mv_type=POS_NEG_SEPARATE_DIGITAL_SUM") / 2, 1, tolerance);
    NEAR(noise_of("mv_type=SPLIT_MODE") / (3185.0 / 3969), 1, tolerance);
    NEAR(noise_of("mv_type=BIT_WISE") / (1365.0 / 3969), 1, tolerance);
}
END_TEST

/* W- = W (1 + dtod Xi), Xi fixed: one-hot negative inputs read it cell by cell. */
START_TEST(read_polarity_is_fixed)
{
    enum { N = 60 };
    static float ones[N * N], in[N * N], y[N * N], z[N * N], again[N * N];
    for (int i = 0; i < N * N; i++)
        ones[i] = 1;
    for (int i = 0; i < N; i++)
        in[i * N + i] = -1;
    aimc_tile *tile = aimct_tile(
        ctx, ones, N, N, SETTINGS(BARE, "mv_type=POS_NEG_SEPARATE", "w_read_asymmetry_dtod=0.1"));
    OK(aimc_tile_forward(tile, N, in, N, y, N));
    aimct_moments m = {0};
    for (int i = 0; i < N * N; i++)
        aimct_add(&m, -(double)y[i]);
    CHECK_MEAN(m, 1, 0.1);
    CHECK_VARIANCE(m, 0.01, 3);
    const char *path = "t_array_stage_polarity.safetensors";
    aimc_tile *copy = NULL;
    OK(aimc_tile_save(tile, path));
    OK(aimc_tile_load(ctx, path, &copy));
    remove(path);
    OK(aimc_tile_forward(copy, N, in, N, again, N));
    ck_assert(memcmp(y, again, sizeof y) == 0);
    /* positive inputs see W, and backward has an error of its own */
    for (int i = 0; i < N; i++)
        in[i * N + i] = 1;
    OK(aimc_tile_forward(tile, N, in, N, again, N));
    for (int i = 0; i < N * N; i++)
        ck_assert(again[i] == 1);
    for (int i = 0; i < N; i++)
        in[i * N + i] = -1;
    OK(aimc_tile_backward(tile, N, in, N, z, N));
    int n_equal = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            n_equal += z[i * N + j] == y[j * N + i];
    ck_assert_int_lt(n_equal, N);
    aimc_tile_destroy(copy);
    aimc_tile_destroy(tile);
}
END_TEST

static aimc_tile *by_sign(const char *const settings[])
{
    aimc_config *config = aimct_tile_config(ctx, settings);
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    aimc_tile *tile = NULL;
    OK(aimc_config_set(config, "seed", 6));
    OK(aimc_tile_create(device, OUT, IN, config, &tile));
    OK(aimc_tile_set_weights(tile, w, IN));
    aimc_device_unref(device);
    aimc_config_destroy(config);
    return tile;
}

#define BY_SIGN BARE, "mv_type=POS_NEG_SEPARATE", "w_read_asymmetry_dtod=0.1"

/* Each read has the voltage drop of its own weights and inputs. */
START_TEST(drop_of_each_sign)
{
    float in[IN], plus[IN], minus[IN], column[OUT], w_minus[OUT * IN], y[OUT];
    aimc_tile *plain = by_sign(SETTINGS(BY_SIGN));
    for (size_t j = 0; j < IN; j++) {
        memset(in, 0, sizeof in);
        in[j] = -1;
        OK(aimc_tile_forward(plain, 1, in, IN, column, OUT));
        for (size_t i = 0; i < OUT; i++)
            w_minus[i * IN + j] = -column[i];
        plus[j] = fmaxf(x[j], 0);
        minus[j] = fmaxf(-x[j], 0);
    }
    aimc_tile_destroy(plain);
    for (int all = 0; all < 2; all++) {
        aimc_tile *tile = by_sign(SETTINGS(BY_SIGN, "ir_drop=0.8", "ir_drop_g_ratio=300",
                                           all ? "ir_loading=ALL" : "ir_loading=ACTIVE"));
        OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
        for (size_t i = 0; i < OUT; i++)
            NEAR((double)y[i],
                 dropped(w + i * IN, 1, plus, IN, 300, all, false) -
                     dropped(w_minus + i * IN, 1, minus, IN, 300, all, false),
                 3e-6);
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* y + (out_bound - max y) before the ADC: the differences between outputs stay */
START_TEST(shift_moves_the_largest_to_the_bound)
{
    float y[OUT], z[IN];
    aimc_tile *tile =
        aimct_tile(ctx, w, OUT, IN, SETTINGS(BARE, "bound_management=SHIFT", "out_bound=2"));
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    double largest = -1e30;
    for (size_t i = 0; i < OUT; i++)
        largest = fmax(largest, product(i, x));
    for (size_t i = 0; i < OUT; i++)
        NEAR((double)y[i], fmax(-2, product(i, x) + 2 - largest), 2e-6);
    ck_assert_uint_eq(aimct_counters(tile).forward_passes, 1);
    OK(aimc_tile_backward(tile, 1, x, OUT, z, IN));
    for (size_t j = 0; j < IN; j++) {
        double sum = 0;
        for (size_t i = 0; i < OUT; i++)
            sum += (double)w[i * IN + j] * (double)x[i];
        NEAR((double)z[j], fmax(-2, fmin(2, sum)), 1e-6);
    }
    aimc_tile_destroy(tile);
}
END_TEST

/* Everything at once: no dependence on batches and threads, and a loaded tile goes on. */
START_TEST(everything_is_reproducible)
{
    static const char *const types[] = {"mv_type=ONE_PASS", "mv_type=POS_NEG_SEPARATE",
                                        "mv_type=POS_NEG_SEPARATE_DIGITAL_SUM",
                                        "mv_type=SPLIT_MODE", "mv_type=BIT_WISE"};
    enum { N = 70 };
    static float xs[N * IN], whole[N * OUT], parts[N * OUT];
    aimct_fill(xs, N * IN, 5);
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        const char *const settings[] = {"out_bound=1.5",
                                        "inp_sto_round=true",
                                        "out_sto_round=true",
                                        "w_noise=0.05",
                                        "w_noise_type=PCM_READ",
                                        "ir_drop=1",
                                        "ir_drop_g_ratio=500",
                                        "v_offset_std=0.1",
                                        "r_series=0.01",
                                        "out_nonlinearity=0.2",
                                        "out_nonlinearity_std=0.2",
                                        "out_noise_std=0.2",
                                        types[k],
                                        NULL};
        aimc_context *a = aimct_context(1, 0, 3), *b = aimct_context(3, 0, 3);
        aimc_tile *one = aimct_tile(a, w, OUT, IN, settings);
        aimc_tile *two = aimct_tile(b, w, OUT, IN, settings), *copy = NULL;
        OK(aimc_tile_forward(one, N, xs, IN, whole, OUT));
        OK(aimc_tile_forward(two, 3, xs, IN, parts, OUT));
        OK(aimc_tile_save(two, "t_array_stage_all.safetensors"));
        OK(aimc_tile_load(a, "t_array_stage_all.safetensors", &copy));
        remove("t_array_stage_all.safetensors");
        OK(aimc_tile_forward(copy, N - 3, xs + 3 * IN, IN, parts + 3 * OUT, OUT));
        ck_assert_msg(memcmp(whole, parts, sizeof whole) == 0, "%s", types[k]);
        ck_assert_uint_eq(aimct_counters(one).forward_passes, aimct_counters(copy).forward_passes);
        aimc_tile_destroy(copy);
        aimc_tile_destroy(one);
        aimc_tile_destroy(two);
        aimc_context_destroy(a);
        aimc_context_destroy(b);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("array_stage");
    TCase *t = aimct_case(s, "array_stage");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, voltage_drop);
    tcase_add_test(t, drop_of_a_ladder);
    tcase_add_test(t, wire_resistance_gives_the_ratio);
    tcase_add_test(t, series_resistance);
    tcase_add_test(t, reference_offset);
    tcase_add_test(t, compressed_output);
    tcase_add_test(t, compression_spread);
    tcase_add_test(t, cells_are_noisy);
    tcase_add_test(t, kinds_of_product_agree_without_errors);
    tcase_add_test(t, noise_of_digital_sums);
    tcase_add_test(t, read_polarity_is_fixed);
    tcase_add_test(t, drop_of_each_sign);
    tcase_add_test(t, shift_moves_the_largest_to_the_bound);
    tcase_add_test(t, everything_is_reproducible);
    return aimct_main(s);
}
