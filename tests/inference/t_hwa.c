/* SPDX-License-Identifier: MIT */
/* Hardware-aware training: modifiers, clipping, remapping, input ranges, and their order. */

#include "analog/matrix.h"
#include "hwa_test.h"
#include "kernels/dispatch.h"
#include "portable.h"

#define IDEAL "device=ideal;forward.is_perfect=true;backward.is_perfect=true;"

static aimci_modifier modifier_of(const char *settings)
{
    aimc_config *config = noise_config(ctx, "modifier", settings);
    const aimci_modifier m = *(const aimci_modifier *)config->values;
    aimc_config_destroy(config);
    return m;
}

/* Mean, variance and zeros of n modified copies of one weight. */
typedef struct outcome {
    aimct_moments m;
    double zeros;
} outcome;

enum { N = 40000 };

static outcome modify_many(const aimci_modifier *m, double top, double w)
{
    static float from[N], to[N];
    const aimci_key key = aimci_random_key(17, AIMCI_OP_MODIFY, 0, (uint64_t)(w * 1e6 + 1e7));
    outcome o = {{0}, 0};
    for (size_t i = 0; i < N; i++)
        from[i] = (float)w;
    aimci_modify_line(aimci_kernels_get(0), m, top, &key, 0, from, to, N);
    for (size_t i = 0; i < N; i++) {
        aimct_add(&o.m, (double)to[i]);
        o.zeros += to[i] == 0 ? 1. / N : 0;
    }
    return o;
}

/* ---- modifiers ------------------------------------------------------------------------------ */

START_TEST(recorded_modifiers)
{
    static const struct {
        const char *variant, *settings;
    } cases[] = {
        {"add_normal0.1", "type=ADD_NORMAL"},
        {"mult_normal0.1", "type=MULT_NORMAL"},
        {"add_normal0.1_assumed2", "type=ADD_NORMAL;rel_to_actual_wmax=false;assumed_wmax=2"},
        {"discretize_res0.1", "type=DISCRETIZE"},
        {"discretize_res0.1_sto", "type=DISCRETIZE;sto_round=true"},
        {"discretize_add0.05_res0.1", "type=DISCRETIZE_ADD_NORMAL;std_dev=0.05"},
        {"dorefa_res0.1", "type=DOREFA"},
        {"poly", "type=POLY;coeffs=[0.26, 0.9, -0.5];g_max=1"},
        /* the recorded coefficients: divided by 25 before, with two digits swapped */
        {"prog_noise0.1", "type=PROG_NOISE;coeffs=[0.0105392, 0.0768, -0.046924]"},
        {"drop_connect0.2", "type=DROP_CONNECT;pdrop=0.2"},
        {"add_normal0.1_pdrop0.2", "type=ADD_NORMAL;pdrop=0.2"},
    };
    FILE *f = aimct_data("modifier_stats.csv");
    char line[256], variant[64];
    double n, mean, std, w, zeros;
    size_t rows = 0;
    ck_assert(fgets(line, sizeof line, f) != NULL);
    while (fgets(line, sizeof line, f)) {
        ck_assert_int_eq(sscanf(line, "%63[^,],%*d,%*d,%lf,%lf,%lf,%lf,%lf", variant, &n, &mean,
                                &std, &w, &zeros),
                         6);
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            if (strcmp(cases[k].variant, variant) != 0)
                continue;
            const aimci_modifier m = modifier_of(cases[k].settings);
            const outcome o = modify_many(&m, m.rel_to_actual_wmax ? 1 : m.assumed_wmax, w);
            const double per_n = 1 / n + 1. / N, got = sqrt(aimct_variance(&o.m));
            ck_assert_msg(fabs(o.m.mean - mean) < 4.5 * std * sqrt(per_n) + .006 * std + 2e-6,
                          "%s: mean %g", line, o.m.mean);
            ck_assert_msg(fabs(got - std) < std * (.012 + 5 * sqrt(per_n)) + 2e-6, "%s: std %g",
                          line, got);
            ck_assert_msg(fabs(o.zeros - zeros) < 5 * sqrt(zeros * (1 - zeros) * per_n) + 1e-9,
                          "%s: zeros %g", line, o.zeros);
            rows++;
        }
    }
    ck_assert_uint_gt(rows, 300);
    fclose(f);
}
END_TEST

/* O9, O11, O12 */
START_TEST(simple_modifiers)
{
    aimci_modifier m = modifier_of("type=ADD_NORMAL");
    outcome o = modify_many(&m, 1, 0.3);
    CHECK_MEAN(o.m, 0.3, 0.1);
    CHECK_VARIANCE(o.m, 0.01, 3);
    m = modifier_of("type=DISCRETIZE;res=7");
    for (int k = -70; k <= 70; k++) {
        const double v = modify_many(&m, 1, k / 70.).m.mean * 7;
        ck_assert_double_eq_tol(v, rint(v), 1e-5);
        ck_assert_double_le(fabs(v - k / 10.), 0.5001);
    }
    m = modifier_of("type=DISCRETIZE;res=0.25");
    ck_assert_double_eq(modify_many(&m, 1, 0.125).m.mean, 0); /* half to even */
    ck_assert_double_eq(modify_many(&m, 1, -0.375).m.mean, -0.5);
    m = modifier_of("type=DOREFA;res=0.1;dorefa_clip=0.6"); /* tanh(w) 0.6 / tanh(1) */
    ck_assert_double_eq_tol(modify_many(&m, 1, 1).m.mean, 0.6, 1e-6);
    ck_assert_double_eq_tol(modify_many(&m, 1, 0.5).m.mean, 0.4, 1e-6);    /* 0.3641 */
    ck_assert_double_eq_tol(modify_many(&m, 1, -0.25).m.mean, -0.2, 1e-6); /* -0.1930 */
    m = modifier_of("type=DROP_CONNECT;pdrop=0.3");
    o = modify_many(&m, 1, 0.5);
    ck_assert_double_eq_tol(o.zeros, 0.3, 4 * sqrt(0.21 / N));
    ck_assert_double_eq_tol(o.m.mean, 0.5 * (1 - o.zeros), 1e-6);
    m = modifier_of("type=DISCRETIZE;res=0.25;sto_round=true");
    o = modify_many(&m, 1, 0.3); /* 0.2 of the way from 0.25 to 0.5 */
    CHECK_MEAN(o.m, 0.3, 0.25 * sqrt(0.16));
    m = modifier_of("type=PROG_NOISE;std_dev=25"); /* the sign stays */
    o = modify_many(&m, 1, 0.01);
    ck_assert_double_gt(o.m.mean, 0.1);
    m = modifier_of("type=POLY;std_dev=1");
    o = modify_many(&m, 2, 1); /* u = 0.5: A P / 25 */
    CHECK_VARIANCE(o.m, pow(2 * (0.26348 + 1.965 * .5 - 1.1731 * .25) / 25, 2), 3);
}
END_TEST

/* O14: programming noise of section 5.1 times std_dev A / G; then faults, drift, the threshold. */
START_TEST(pcm_noise)
{
    aimci_modifier m = modifier_of("type=PCM_NOISE;std_dev=0.5");
    outcome o = modify_many(&m, 2, 1); /* 12.5 uS */
    CHECK_MEAN(o.m, 1, 0.5 * .95271 * 2 / 25);
    CHECK_VARIANCE(o.m, pow(0.5 * .95271 * 2 / 25, 2), 3);
    m = modifier_of("type=PCM_NOISE;std_dev=1;pcm_zero_thres=2");
    o = modify_many(&m, 1, 0.02); /* 0.5 uS is below 2 x 0.26348: folded noise of 0 uS */
    CHECK_MEAN(o.m, .26348 / 25 * sqrt(2 / 3.14159265), .26348 / 25);
    m = modifier_of("type=PCM_NOISE;std_dev=0;pcm_prob_at_reset=0.1;pcm_prob_at_gmax=0.2;"
                    "pcm_prob_at_random=0.3");
    o = modify_many(&m, 1, 0.5);
    ck_assert_double_eq_tol(o.zeros, .1, 5 * sqrt(.09 / N));
    CHECK_MEAN(o.m, .4 * .5, 1);
    /* second moment: 0.2 x 1 + 0.3 / 3 + 0.4 / 4 */
    ck_assert_double_eq_tol(aimct_variance(&o.m) + o.m.mean * o.m.mean, .4, .02);
    m = modifier_of("type=PCM_NOISE;std_dev=0;pcm_t_inference=3600");
    o = modify_many(&m, 1, 1);
    const double x = log(3620 / 20.) * .008, q = .0088 * 4.76475; /* spread of drift, read noise */
    CHECK_MEAN(o.m, 1 - x * sqrt(2 / 3.14159265) + x * x / 2, sqrt(q * q + x * x));
    CHECK_VARIANCE(o.m, x * x * (1 - 2 / 3.14159265) * .97 + q * q * (1 - 1.55 * x), 3.1);
}
END_TEST

/* ---- a mini-batch of a grid ----------------------------------------------------------------- */

START_TEST(modified_until_the_step)
{
    enum { ROWS = 6, COLS = 9 };
    aimc_matrix *g = make_grid(
        ROWS, COLS, IDEAL "hwa.modifier.type=ADD_NORMAL;hwa.modifier.copy_last_column=true");
    float w[ROWS * COLS], back[ROWS * COLS], x[COLS] = {0}, d[ROWS], y[2][ROWS], z[COLS];
    aimct_fill(w, ROWS * COLS, 1);
    aimct_fill(d, ROWS, 2);
    x[3] = 1;
    OK(aimc_matrix_set_weights(g, w, COLS));
    for (int batch = 0; batch < 2; batch++) {
        OK(aimc_matrix_get_weights(g, w, COLS));
        OK(aimc_matrix_modify(g));
        OK(aimc_matrix_forward(g, 1, x, COLS, y[0], ROWS));
        OK(aimc_matrix_forward(g, 1, x, COLS, y[1], ROWS));
        ck_assert_mem_eq(y[0], y[1], sizeof y[0]); /* one draw for the mini-batch */
        OK(aimc_matrix_backward(g, 1, d, ROWS, z, COLS));
        double exact = 0, seen = 0;
        for (size_t i = 0; i < ROWS; i++) {
            ck_assert(fabsf(y[0][i] - w[i * COLS + 3]) > 1e-6f);
            exact += (double)d[i] * (double)w[i * COLS + 3];
            seen += (double)d[i] * (double)y[0][i];
        }
        ck_assert_double_eq_tol((double)z[3], seen, 1e-5); /* the same weights backward */
        ck_assert(fabs((double)z[3] - exact) > 1e-4);
        /* the last column is left alone */
        float last = 0;
        for (size_t i = 0; i < ROWS; i++)
            last += d[i] * w[i * COLS + COLS - 1];
        ck_assert_double_eq_tol((double)z[COLS - 1], (double)last, 1e-5);
        OK(aimc_matrix_step(g, 1, x, COLS, d, ROWS, 0.1)); /* changes the weights themselves */
        OK(aimc_matrix_get_weights(g, back, COLS));
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < COLS; j++)
                ck_assert_double_eq_tol((double)back[i * COLS + j],
                                        (double)w[i * COLS + j] - (j == 3 ? .1 * (double)d[i] : 0),
                                        1e-6);
    }
    aimc_matrix_destroy(g);
}
END_TEST

/* A step without gradient leaves the clipped weights. */
static void clip_with(const char *settings, const float *w, float *back, size_t rows, size_t cols)
{
    aimc_matrix *g = make_grid(rows, cols, settings);
    float x[32] = {0}, d[32] = {0};
    OK(aimc_matrix_set_weights(g, w, cols));
    OK(aimc_matrix_step(g, 1, x, cols, d, rows, 0.1));
    OK(aimc_matrix_get_weights(g, back, cols));
    aimc_matrix_destroy(g);
}

START_TEST(clipping)
{
    enum { ROWS = 8, COLS = 16 };
    float w[ROWS * COLS], back[ROWS * COLS];
    aimct_fill(w, ROWS * COLS, 1);
    double sum = 0, squares = 0, channels = 0;
    for (size_t k = 0; k < ROWS * COLS; k++) {
        sum += (double)w[k];
        squares += (double)w[k] * (double)w[k];
    }
    for (size_t i = 0; i < ROWS; i++) {
        float top = 0;
        for (size_t j = 0; j < COLS; j++)
            top = fmaxf(top, fabsf(w[i * COLS + j]));
        channels += (double)top / ROWS;
    }
    const double n = ROWS * COLS, std = sqrt((squares - sum * sum / n) / (n - 1));
    const struct {
        const char *settings;
        double limit;
    } cases[] = {
        {IDEAL "hwa.clip_type=FIXED_VALUE;hwa.clip_fixed_value=0.4", .4},
        {IDEAL "hwa.clip_type=LAYER_GAUSSIAN;hwa.clip_sigma=1.2", 1.2 * std},
        {IDEAL "hwa.clip_type=LAYER_GAUSSIAN;hwa.clip_sigma=1.2;mapping.max_input_size=5",
         1.2 * std},
        {IDEAL "hwa.clip_type=LAYER_GAUSSIAN;hwa.clip_sigma=2;hwa.clip_fixed_value=0.3", .3},
        {IDEAL "hwa.clip_type=AVERAGE_CHANNEL_MAX", channels},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        clip_with(cases[k].settings, w, back, ROWS, COLS);
        for (size_t c = 0; c < ROWS * COLS; c++)
            ck_assert_double_eq_tol(
                (double)back[c], fmin(fmax((double)w[c], -cases[k].limit), cases[k].limit), 1e-6);
    }
}
END_TEST

/* O10: scales times weights stay; tiles are stretched to the top. */
START_TEST(remapping)
{
    enum { ROWS = 8, COLS = 16 };
    static const char *const cases[] = {
        IDEAL "hwa.remap_type=LAYERWISE_SYMMETRIC",
        IDEAL "hwa.remap_type=LAYERWISE_SYMMETRIC;hwa.remapped_wmax=0.5;mapping.max_input_size=7",
        IDEAL "hwa.remap_type=CHANNELWISE_SYMMETRIC;mapping.max_output_size=3",
        IDEAL "hwa.remap_type=CHANNELWISE_SYMMETRIC;mapping.weight_scaling_omega=0.6",
    };
    float w[ROWS * COLS], back[ROWS * COLS], x[COLS] = {0}, d[ROWS] = {0};
    aimct_fill(w, ROWS * COLS, 1);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++)
            w[i * COLS + j] *= 0.1f * (float)(i + 1);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_matrix *g = make_grid(ROWS, COLS, cases[k]);
        OK(aimc_matrix_set_weights(g, w, COLS));
        OK(aimc_matrix_step(g, 1, x, COLS, d, ROWS, 0.1));
        OK(aimc_matrix_get_weights(g, back, COLS));
        for (size_t c = 0; c < ROWS * COLS; c++)
            ck_assert_double_eq_tol((double)back[c], (double)w[c], 1e-6);
        for (size_t t = 0; t < aimc_matrix_count_tiles(g); t++) {
            float inside[ROWS * COLS], top = 0;
            aimc_tile *tile = aimc_matrix_get_tile(g, t, NULL, NULL);
            OK(aimc_tile_get_weights(tile, inside, COLS));
            for (size_t j = 0; j < aimc_tile_get_n_in(tile); j++)
                top = fmaxf(top, fabsf(inside[j]));
            if (strstr(cases[k], "CHANNELWISE"))
                ck_assert_double_eq_tol((double)top, 1, 1e-6);
            for (size_t i = 0; i < aimc_tile_get_n_out(tile); i++)
                for (size_t j = 0; j < aimc_tile_get_n_in(tile); j++)
                    top = fmaxf(top, fabsf(inside[i * COLS + j]));
            ck_assert_double_eq_tol((double)top, strstr(cases[k], "=0.5") ? 0.5 : 1, 1e-6);
        }
        aimc_matrix_destroy(g);
    }
    /* no scale above twice the smallest: rows 3 ... 8 stay below the top, in the right
     * proportion */
    aimc_matrix *g =
        make_grid(ROWS, COLS, IDEAL "hwa.remap_type=CHANNELWISE_SYMMETRIC;hwa.max_scale_range=2");
    OK(aimc_matrix_set_weights(g, w, COLS));
    for (int k = 0; k < 8; k++)
        OK(aimc_matrix_step(g, 1, x, COLS, d, ROWS, 0.1));
    OK(aimc_matrix_get_weights(g, back, COLS));
    for (size_t c = 0; c < ROWS * COLS; c++)
        ck_assert_double_eq_tol((double)back[c], (double)w[c], 1e-6);
    const float *scales = aimci_grid_scales(g->grid, 0);
    float lo = scales[0], hi = scales[0];
    for (size_t i = 1; i < ROWS; i++) {
        lo = fminf(lo, scales[i]);
        hi = fmaxf(hi, scales[i]);
    }
    ck_assert_double_eq_tol((double)(hi / lo), 2, 1e-4);
    aimc_matrix_destroy(g);
}
END_TEST

/* ---- input range ---------------------------------------------------------------------------- */

START_TEST(inputs_are_clipped_and_scaled)
{
    aimc_matrix *g = make_grid(1, 3,
                               "device=ideal;forward.out_noise=0;forward.noise_management=NONE;"
                               "forward.out_res=-1;forward.inp_res=-1;hwa.input_range.enable=true;"
                               "hwa.input_range.init_value=2");
    const float w[3] = {1, 0.5f, -0.25f}, x[3] = {1, -3, 4};
    float y = 0;
    OK(aimc_matrix_set_weights(g, w, 3));
    OK(aimc_matrix_forward(g, 1, x, 3, &y, 1));
    ck_assert_double_eq_tol((double)y, 1 - 1 - 0.5, 1e-5);
    ck_assert_double_eq(aimc_matrix_get_input_range(g), 2);
    OK(aimc_matrix_set_input_range(g, 0));
    ck_assert_double_eq(aimc_matrix_get_input_range(g), 0);
    FAILS(AIMC_ERR_INVALID, "range = -1", aimc_matrix_set_input_range(g, -1));
    aimc_matrix_destroy(g);
    aimc_device *ideal = aimct_device(ctx, "ideal", NULL);
    OK(aimc_matrix_create(ideal, 2, 2, NULL, &g));
    FAILS(AIMC_ERR_STATE, "'layer'", aimc_matrix_set_input_range(g, 1));
    FAILS(AIMC_ERR_STATE, "'layer'", aimc_matrix_watch_inputs(g, NULL));
    aimc_matrix_destroy(g);
    aimc_device_unref(ideal);
}
END_TEST

/* O13: 100 mini-batches of N(0, 1) give 3.0 +- 0.02 */
START_TEST(range_from_data)
{
    enum { COLS = 40, BATCH = 50 };
    static float x[BATCH * COLS], y[BATCH], d[BATCH];
    aimc_matrix *g = make_grid(1, COLS, IDEAL "hwa.input_range.enable=true");
    for (uint64_t k = 0; k < 110; k++) {
        const aimci_key key = aimci_random_key(3, AIMCI_OP_INIT, 0, k);
        aimci_kernels_get(0)->normals(&key, 0, x, BATCH * COLS);
        for (size_t i = 0; k >= 100 && i < BATCH * COLS; i++)
            x[i] *= 5; /* too late to count */
        OK(aimc_matrix_modify(g));
        OK(aimc_matrix_forward(g, BATCH, x, COLS, y, 1));
        OK(aimc_matrix_step(g, BATCH, x, COLS, d, 1, 0));
        if (k >= 2 && k < 5) /* predicting does not count */
            OK(aimc_matrix_forward(g, BATCH, x, COLS, y, 1));
    }
    ck_assert_double_eq_tol(aimc_matrix_get_input_range(g), 3, .02);
    aimc_matrix_destroy(g);
}
END_TEST

START_TEST(range_is_learned)
{
    enum { COLS = 4 };
    const float x[COLS] = {3, -3, 3, 0.5f};
    float dx[COLS] = {-1, 1, 2, 1};
    aimc_matrix *g = make_grid(1, COLS,
                               IDEAL "hwa.input_range.enable=true;"
                                     "hwa.input_range.init_value=2;"
                                     "hwa.input_range.init_from_data=0");
    /* contributions that ask for more: -1 (at 3) and -1 (at -3); 25 % inside is no reason to
     * shrink; relative: times 2 */
    aimci_hwa_backward(g->hwa, 1, x, COLS, dx, COLS);
    aimci_hwa_learn(g->hwa, 0.1);
    ck_assert_double_eq_tol(aimc_matrix_get_input_range(g), 2 + .1 * 4, 1e-6);
    ck_assert(dx[0] == 0 && dx[1] == 0 && dx[2] == 0 && dx[3] == 1);
    OK(aimc_matrix_set_input_range(g, 10)); /* nothing clipped: shrinks by lr decay r */
    aimci_hwa_backward(g->hwa, 1, x, COLS, dx, COLS);
    aimci_hwa_learn(g->hwa, 0.1);
    ck_assert_double_eq_tol(aimc_matrix_get_input_range(g), 10 * (1 - .1 * .001), 1e-6);
    aimc_matrix_destroy(g);
}
END_TEST

static double calibrated(const char *settings)
{
    enum { COLS = 20, BATCH = 100 };
    static float x[BATCH * COLS], y[BATCH];
    aimc_matrix *g = make_grid(1, COLS, IDEAL);
    aimc_config *config = noise_config(ctx, "calibration", settings);
    OK(aimc_matrix_watch_inputs(g, config));
    for (uint64_t k = 0; k < 30; k++) {
        const aimci_key key = aimci_random_key(3, AIMCI_OP_INIT, 0, k);
        aimci_kernels_get(0)->normals(&key, 0, x, BATCH * COLS);
        memset(x, 0, COLS * sizeof *x);
        for (size_t i = 0; i < BATCH * COLS; i++)
            x[i] = -fabsf(x[i]); /* signed quantiles would be 0 */
        if (k == 29)
            x[30] = -77;
        OK(aimc_matrix_forward(g, BATCH, x, COLS, y, 1));
    }
    OK(aimc_matrix_take_input_range(g));
    const double range = aimc_matrix_get_input_range(g);
    FAILS(AIMC_ERR_STATE, "not being watched", aimc_matrix_take_input_range(g));
    aimc_config_destroy(config);
    aimc_matrix_destroy(g);
    return range;
}

START_TEST(calibration)
{
    /* 95 % of magnitudes of N(0, 1) are below 1.96; density there 2 phi = 0.117 */
    ck_assert_double_eq_tol(calibrated("quantile=0.95"), 1.96, .04);
    ck_assert_double_eq_tol(calibrated("quantile=0.95;method=MOVING_QUANTILE;momentum=0.1"), 1.96,
                            .04);
    ck_assert_double_eq(calibrated("method=MAX"), 77);
    /* half-normals: sqrt(1 - 2 / pi); the last batch with its outlier weighs little */
    ck_assert_double_eq_tol(calibrated("method=MOVING_STD;std_alpha=2;momentum=0.01"),
                            2 * sqrt(1 - 2 / 3.14159265), .1);
}
END_TEST

/* Watched inputs are not clipped by the DACs either. */
START_TEST(watched_inputs_are_not_clipped)
{
    aimc_matrix *g = make_grid(1, 2,
                               "device=ideal;forward.inp_bound=1;forward.inp_res=0;"
                               "forward.out_res=0;forward.out_bound=0;forward.out_noise=0;"
                               "forward.noise_management=NONE");
    const float w[] = {.5f, .25f}, x[] = {5, -3};
    float y[2];
    OK(aimc_matrix_set_weights(g, w, 2));
    OK(aimc_matrix_forward(g, 1, x, 2, &y[0], 1));
    ck_assert_double_eq_tol((double)y[0], .25, 1e-6); /* 1 and -1 */
    OK(aimc_matrix_watch_inputs(g, NULL));
    OK(aimc_matrix_forward(g, 1, x, 2, &y[0], 1));
    OK(aimc_matrix_take_input_range(g));
    OK(aimc_matrix_set_input_range(g, 5));
    OK(aimc_matrix_forward(g, 1, x, 2, &y[1], 1));
    ck_assert_double_eq_tol((double)y[0], 1.75, 1e-6);
    ck_assert_double_eq((double)y[0], (double)y[1]);
    aimc_matrix_destroy(g);
}
END_TEST

/* ---- networks ------------------------------------------------------------------------------- */

#define HWA                                                                                        \
    "device=ideal;mapping.weight_scaling_omega=1;hwa.modifier.type=PCM_NOISE;"                     \
    "hwa.modifier.std_dev=1;hwa.clip_type=LAYER_GAUSSIAN;hwa.remap_type=CHANNELWISE_SYMMETRIC;"    \
    "hwa.input_range.enable=true;hwa.input_range.init_from_data=5;hwa.modifier.pdrop=0.02"

START_TEST(networks_train_and_resume)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/aimc-hwa-%d.safetensors", (int)getpid());
    aimc_network *net = make_network(HWA), *copy = NULL;
    double first = 0, last = 0;
    for (uint64_t k = 0; k < 400; k++) {
        const double loss = (double)train_once(net, k);
        first += k < 20 ? loss : 0;
        last += k >= 380 ? loss : 0;
        if (k == 200) {
            OK(aimc_network_save(net, path));
            OK(aimc_network_load(ctx, path, &copy));
            remove(path);
        }
        if (k > 200)
            ck_assert_double_eq((double)train_once(copy, k), loss); /* the same bits */
    }
    ck_assert_msg(last < 0.5 * first, "loss %g after %g", last, first);
    ck_assert(aimc_matrix_get_input_range(aimc_network_get_matrix(net, 0)) > 0.5);
    float x[N_SAMPLES * IN], y[2][N_SAMPLES * OUT];
    aimct_fill(x, N_SAMPLES * IN, 1);
    OK(aimc_network_calibrate(net, N_SAMPLES, x, NULL));
    OK(aimc_network_calibrate(copy, N_SAMPLES, x, NULL));
    ck_assert_double_lt(aimc_matrix_get_input_range(aimc_network_get_matrix(net, 0)), 1.0001);
    OK(aimc_network_predict(net, N_SAMPLES, x, y[0]));
    OK(aimc_network_predict(copy, N_SAMPLES, x, y[1]));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_network_destroy(net);
    aimc_network_destroy(copy);
}
END_TEST

START_TEST(prediction_sees_the_weights_themselves)
{
    float x[N_SAMPLES * IN], y[2][N_SAMPLES * OUT];
    aimct_fill(x, N_SAMPLES * IN, 1);
    for (int in_tests = 0; in_tests < 2; in_tests++) {
        aimc_network *net = make_network(
            in_tests ? IDEAL "hwa.modifier.type=ADD_NORMAL;hwa.modifier.enable_during_test=true"
                     : IDEAL "hwa.modifier.type=ADD_NORMAL");
        train_once(net, 1);
        OK(aimc_network_predict(net, N_SAMPLES, x, y[0]));
        OK(aimc_network_predict(net, N_SAMPLES, x, y[1]));
        ck_assert_int_eq(memcmp(y[0], y[1], sizeof y[0]) != 0, in_tests);
        aimc_network_destroy(net);
    }
}
END_TEST

START_TEST(draw_first)
{
    float loss[3];
    static const char *const settings[] = {
        IDEAL "seed=1", IDEAL "seed=1;hwa.modifier.type=ADD_NORMAL;hwa.modifier.draw_first=false",
        IDEAL "seed=1;hwa.modifier.type=ADD_NORMAL"};
    float w1[HIDDEN * IN], w2[OUT * HIDDEN];
    aimct_fill(w1, HIDDEN * IN, 1);
    aimct_fill(w2, OUT * HIDDEN, 2);
    const float b[HIDDEN] = {0};
    for (size_t k = 0; k < 3; k++) {
        aimc_network *net = make_network(settings[k]);
        OK(aimc_network_set_weights(net, 0, w1, b));
        OK(aimc_network_set_weights(net, 1, w2, b));
        loss[k] = train_once(net, 1);
        aimc_network_destroy(net);
    }
    ck_assert(loss[0] == loss[1] && loss[0] != loss[2]);
}
END_TEST

START_TEST(bad_configurations)
{
    static const char *const bad[][2] = {
        {IDEAL "hwa.clip_type=FIXED_VALUE", "clip_fixed_value is 0"},
        {IDEAL "hwa.modifier.pcm_prob_at_reset=0.6;hwa.modifier.pcm_prob_at_gmax=0.6",
         "more than 1"},
    };
    for (size_t k = 0; k < 2; k++) {
        aimc_matrix *g = NULL;
        aimc_config *config = noise_config(ctx, "layer", bad[k][0]);
        const aimc_status st = aimc_matrix_create(NULL, 3, 3, config, &g);
        ck_assert(st == AIMC_ERR_INVALID && strstr(aimc_get_last_error(), bad[k][1]));
        aimc_config_destroy(config);
    }
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_matrix_modify(NULL));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_matrix_unmodify(NULL));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_matrix_differentiate(NULL, 0, NULL, 0, NULL, 0, NULL, 0));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_network_calibrate(NULL, 1, NULL, NULL));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hwa");
    TCase *t = aimct_case(s, "hwa");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, recorded_modifiers);
    tcase_add_test(t, simple_modifiers);
    tcase_add_test(t, pcm_noise);
    tcase_add_test(t, modified_until_the_step);
    tcase_add_test(t, clipping);
    tcase_add_test(t, remapping);
    tcase_add_test(t, inputs_are_clipped_and_scaled);
    tcase_add_test(t, range_from_data);
    tcase_add_test(t, range_is_learned);
    tcase_add_test(t, calibration);
    tcase_add_test(t, watched_inputs_are_not_clipped);
    tcase_add_test(t, networks_train_and_resume);
    tcase_add_test(t, prediction_sees_the_weights_themselves);
    tcase_add_test(t, draw_first);
    tcase_add_test(t, bad_configurations);
    return aimct_main(s);
}
