/* SPDX-License-Identifier: MIT */
/* The read-out chain: exact numbers, noise and bound management, refusals, state. */
#include "read_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 21);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static const float w1[2][3] = {{0.5f, -0.25f, 0.125f}, {-1.0f, 0.75f, 0.3f}};
static const float x1[3] = {0.8f, -0.33f, 0.05f};

/* ---- oracles -------------------------------------------------------------------------------- */

/* O1 */
START_TEST(small_product)
{
    float y[2];
    aimc_tile *tile = aimct_tile(ctx, w1[0], 2, 3, SETTINGS("out_noise=0"));
    OK(aimc_tile_forward(tile, 1, x1, 3, y, 2));
    NEAR((double)y[0], 0.4894117647, 2e-7);
    NEAR((double)y[1], -1.0164705882, 3e-7);
    const aimc_counters c = aimct_counters(tile);
    ck_assert_uint_eq(c.forward_vectors, 1);
    ck_assert_uint_eq(c.forward_passes, 1);
    ck_assert_uint_eq(c.dac_conversions, 3);
    ck_assert_uint_eq(c.adc_conversions, 2);
    ck_assert_uint_eq(c.clipped_outputs, 0);
    aimc_tile_destroy(tile);
    tile = aimct_tile(ctx, w1[0], 2, 3, SETTINGS("is_perfect=true"));
    OK(aimc_tile_forward(tile, 1, x1, 3, y, 2));
    NEAR((double)y[0], 0.48875, 1e-7);
    NEAR((double)y[1], -1.0325, 2e-7);
    aimc_tile_destroy(tile);
}
END_TEST

static const char *const forty = "out_noise=0";

/* O2: 40 inputs of 0.7 on weights of 1 exceed the bound 12 twice. */
START_TEST(bound_management_repeats)
{
    float w[40], x[40], y;
    for (int j = 0; j < 40; j++) {
        w[j] = 1;
        x[j] = 0.7f;
    }
    aimc_tile *tile = aimct_tile(ctx, w, 1, 40, SETTINGS(forty));
    OK(aimc_tile_forward(tile, 1, x, 40, &y, 1));
    NEAR((double)y, 28.4611764706, 4e-6);
    const aimc_counters c = aimct_counters(tile);
    ck_assert_uint_eq(c.forward_vectors, 1);
    ck_assert_uint_eq(c.forward_passes, 3);
    ck_assert_uint_eq(c.dac_conversions, 120);
    ck_assert_uint_eq(c.adc_conversions, 3);
    ck_assert_uint_eq(c.clipped_outputs, 0);
    aimc_tile_destroy(tile);
}
END_TEST

/* One read of the 40-input tile under a bound management: value and passes. */
static double read_forty(const char *const settings[], float value, uint64_t *passes)
{
    float w[40], x[40], y;
    for (int j = 0; j < 40; j++) {
        w[j] = 1;
        x[j] = value;
    }
    aimc_tile *tile = aimct_tile(ctx, w, 1, 40, settings);
    OK(aimc_tile_forward(tile, 1, x, 40, &y, 1));
    *passes = aimct_counters(tile).forward_passes;
    aimc_tile_destroy(tile);
    return (double)y;
}

START_TEST(bound_managements)
{
    uint64_t passes;
    NEAR(read_forty(SETTINGS(forty, "bound_management=NONE"), 0.7f, &passes), 12 * 0.7, 1e-5);
    ck_assert_uint_eq(passes, 1);
    /* the second pass takes alpha from the sums: 28 * 0.6 / 12 = 1.4, still too small; then
     * R = 2 */
    const double worst =
        read_forty(SETTINGS(forty, "bound_management=ITERATIVE_WORST_CASE"), 0.7f, &passes);
    ck_assert_uint_eq(passes, 3);
    NEAR(worst, 16.0 / 63 * 112, 0.066); /* half an ADC step of 24 / 510 times 2.8 */
    /* the negative bound counts unless told otherwise */
    NEAR(read_forty(SETTINGS(forty), -0.7f, &passes), -28.4611764706, 4e-6);
    ck_assert_uint_eq(passes, 3);
    NEAR(read_forty(SETTINGS(forty, "bm_test_negative_bound=false"), -0.7f, &passes), -12 * 0.7,
         1e-5);
    ck_assert_uint_eq(passes, 1);
    /* limits: reduction up to max_bm_res / step or max_bm_factor, whichever is reached first */
    read_forty(SETTINGS(forty, "out_bound=0.001"), 0.7f, &passes);
    ck_assert_uint_eq(passes, 5); /* 0.25 / (2 / 126) = 15.75: R = 1, 2, 4, 8, 16 */
    read_forty(SETTINGS(forty, "out_bound=0.001", "inp_res=254"), 0.7f, &passes);
    ck_assert_uint_eq(passes, 6); /* 31.75: up to R = 32 */
    read_forty(SETTINGS(forty, "out_bound=0.001", "max_bm_factor=3"), 0.7f, &passes);
    ck_assert_uint_eq(passes, 3); /* R = 4 > 3 is the last */
    read_forty(SETTINGS(forty, "out_bound=0.001", "inp_res=-1", "max_bm_factor=100"), 0.7f,
               &passes);
    ck_assert_uint_eq(passes, 8); /* R = 128 > 100 */
}
END_TEST

/* A negative hit must not hide an earlier positive one (and the other way round): the flag is an
 * or. */
START_TEST(a_hit_of_either_sign_counts)
{
    float w[3][40], x[40], y[3];
    for (int j = 0; j < 40; j++) {
        w[0][j] = 1;
        w[1][j] = -1;
        w[2][j] = 0;
        x[j] = 0.7f;
    }
    aimc_tile *tile = aimct_tile(ctx, w[0], 3, 40, SETTINGS(forty, "bm_test_negative_bound=false"));
    OK(aimc_tile_forward(tile, 1, x, 40, y, 3));
    NEAR((double)y[0], 28.4611764706, 4e-6);
    NEAR((double)y[1], -28.4611764706, 4e-6);
    ck_assert_uint_eq(aimct_counters(tile).forward_passes, 3);
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(backward_clips_without_repeating)
{
    float w[40], z, d[40];
    for (int j = 0; j < 40; j++) {
        w[j] = 1;
        d[j] = 0.7f;
    }
    aimc_tile *tile = aimct_tile(ctx, w, 40, 1, SETTINGS(forty));
    OK(aimc_tile_backward(tile, 1, d, 40, &z, 1));
    NEAR((double)z, 12 * 0.7, 1e-5);
    const aimc_counters c = aimct_counters(tile);
    ck_assert_uint_eq(c.backward_vectors, 1);
    ck_assert_uint_eq(c.backward_passes, 1);
    ck_assert_uint_eq(c.clipped_outputs, 1);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- error of a whole product: O3 and O4 ---------------------------------------------------- */

enum { SIDE = 128, VECTORS = 10000 };
static float big_w[SIDE * SIDE], big_x[VECTORS * SIDE], big_y[VECTORS * SIDE],
    big_ideal[VECTORS * SIDE];

/* Normal numbers of standard deviation 1 / 4.12, the largest of 16384 being about 1, and inputs of
 * standard deviation 1/3. Without noise management inputs beyond 1 are cut before the exact
 * product, too: these errors are those of the converters, not of the range. */
static void make_problem(double limit)
{
    uint64_t seed = 12;
    for (size_t i = 0; i < SIDE * SIDE; i++)
        big_w[i] = (float)fmax(-1, fmin(1, aimct_normal(&seed) / 4.12));
    for (size_t i = 0; i < VECTORS * SIDE; i++)
        big_x[i] = (float)fmax(-limit, fmin(limit, aimct_normal(&seed) / 3));
    aimc_tile *tile = aimct_tile(ctx, big_w, SIDE, SIDE, SETTINGS("is_perfect=true"));
    OK(aimc_tile_forward(tile, VECTORS, big_x, SIDE, big_ideal, SIDE));
    aimc_tile_destroy(tile);
}

static void check_error(double expected, const char *const settings[])
{
    aimc_tile *tile = aimct_tile(ctx, big_w, SIDE, SIDE, settings);
    OK(aimc_tile_forward(tile, VECTORS, big_x, SIDE, big_y, SIDE));
    aimc_tile_destroy(tile);
    double error = 0, power = 0;
    for (size_t i = 0; i < VECTORS * SIDE; i++) {
        error += pow((double)big_y[i] - (double)big_ideal[i], 2);
        power += pow((double)big_ideal[i], 2);
    }
    const double relative = sqrt(error / power);
    printf("relative error %.5f, expected %.4f\n", relative, expected);
    ck_assert_msg(fabs(relative / expected - 1) <= 0.03, "relative error %.5g, expected %.4g",
                  relative, expected);
}

#define STANDARD "inp_res=254", "out_res=254", "out_bound=10", "noise_management=NONE"
#define PURE     "inp_res=-1", "out_res=-1", "noise_management=NONE"

START_TEST(error_of_a_product)
{
    make_problem(1);
    check_error(0.0259, SETTINGS(STANDARD, "out_noise=0"));
    check_error(0.0068, SETTINGS(STANDARD, "out_noise=0", "out_res=-1"));
    check_error(0.0514, SETTINGS(STANDARD, "out_noise=0.04"));
    check_error(0.0444, SETTINGS(PURE, "out_noise=0.04"));
    check_error(0.0316, SETTINGS(PURE, "out_noise=0", "w_noise=0.0175", "w_noise_type=PCM_READ"));
    check_error(0.0814,
                SETTINGS(PURE, "out_noise=0", "w_noise=0.02", "w_noise_type=ADDITIVE_CONSTANT"));
    make_problem(100);
    check_error(0.0661, NULL);
    check_error(0.1072, SETTINGS("out_bound=20", "out_noise=0.1"));
}
END_TEST

/* ---- noise management ----------------------------------------------------------------------- */

/* y of a 1 x 2 tile of weights (1, 1) with only the DAC's clipping at work: tells alpha. */
static double read_pair(const char *const settings[], float a, float b)
{
    const float w[2] = {1, 1}, x[2] = {a, b};
    float y;
    aimc_tile *tile = aimct_tile(ctx, w, 1, 2, settings);
    OK(aimc_tile_forward(tile, 1, x, 2, &y, 1));
    aimc_tile_destroy(tile);
    return (double)y;
}

#define CLIP_ONLY "inp_res=-1", "out_res=-1", "out_noise=0", "out_bound=-1"

START_TEST(noise_managements)
{
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=NONE"), 3, -0.5f), 0.5, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY), 3, -0.5f), 2.5, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "nm_thres=2"), 3, -0.5f), 1.5, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "nm_thres=2"), 1, -0.5f), 0.5, 1e-6);
    /* the signed maximum: -3 is beyond the range of alpha = 0.5 */
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=MAX"), 0.5f, -3), 0, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=MAX"), -0.5f, -3), 0, 0);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=MAX", "nm_thres=2"), 3, 0.5f), 2.5, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=CONSTANT"), 3, -0.5f), 0.5, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=CONSTANT", "nm_thres=2"), 3, -0.5f), 1.5,
         1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=AVERAGE_ABS_MAX"), 3, -0.5f), 2.5, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=AVERAGE_ABS_MAX", "nm_thres=2"), 3, -0.5f),
         1.5, 1e-6);
    NEAR(read_pair(SETTINGS(CLIP_ONLY, "noise_management=ABS_MAX_NP_SUM"), 3, -0.5f), 2.5, 1e-6);
}
END_TEST

/* alpha = max(max|x|, min(max|x| max_bm_res / step, max(s+, s-) nm_assumed_wmax / out_bound)) */
START_TEST(np_sum_spreads_the_input)
{
    enum { N = 100 };
    float w[N], x[N], y;
    for (int j = 0; j < N; j++) {
        w[j] = j == 0 ? 1 : 0;
        x[j] = 0.3f;
    }
    x[0] = 0.5f;
    /* sum 30.2, alpha = 30.2 * 0.6 / 12 = 1.51: prepared 0.5 / 1.51 = 0.3311, code 20.86 -> 21 */
    const char *const settings[] = {"out_res=-1", "out_noise=0", "noise_management=ABS_MAX_NP_SUM",
                                    NULL};
    aimc_tile *tile = aimct_tile(ctx, w, 1, N, settings);
    OK(aimc_tile_forward(tile, 1, x, N, &y, 1));
    NEAR((double)y, 21.0 / 63 * 1.51, 1e-6);
    aimc_tile_destroy(tile);
    /* never below max_bm_res of the range: alpha <= 0.5 * 0.032 / (2 / 126) = 1.008 */
    const char *const limited[] = {"out_res=-1", "out_noise=0", "noise_management=ABS_MAX_NP_SUM",
                                   "max_bm_res=0.032", NULL};
    tile = aimct_tile(ctx, w, 1, N, limited);
    OK(aimc_tile_forward(tile, 1, x, N, &y, 1));
    NEAR((double)y, 31.0 / 63 * 1.008, 1e-6);
    aimc_tile_destroy(tile);
}
END_TEST

/* The running average goes vector by vector, and travels with the tile. */
START_TEST(running_average_is_state)
{
    const char *const settings[] = {CLIP_ONLY, "noise_management=AVERAGE_ABS_MAX", "nm_decay=0.25",
                                    NULL};
    const float w[1] = {1}, x[4] = {2, 1, 4, 8};
    float y[4], z;
    aimc_tile *tile = aimct_tile(ctx, w, 1, 1, settings);
    OK(aimc_tile_forward(tile, 3, x, 1, y, 1));
    /* alpha = 2, 1.75, 2.3125; inputs beyond alpha are clipped to it */
    NEAR((double)y[0], 2, 1e-6);
    NEAR((double)y[1], 1, 1e-6);
    NEAR((double)y[2], 2.3125, 1e-6);
    const char *path = "t_readout_average.safetensors";
    OK(aimc_tile_save(tile, path));
    aimc_tile *copy = NULL;
    OK(aimc_tile_load(ctx, path, &copy));
    remove(path);
    OK(aimc_tile_forward(tile, 1, x + 3, 1, y, 1));
    OK(aimc_tile_forward(copy, 1, x + 3, 1, &z, 1));
    NEAR((double)y[0], 0.75 * 2.3125 + 0.25 * 8, 1e-6);
    ck_assert(y[0] == z);
    aimc_tile_destroy(copy);
    aimc_tile_destroy(tile);
}
END_TEST

/* R1.5-1 */
START_TEST(a_zero_vector_costs_nothing)
{
    const float zero[3] = {0, 0, 0};
    float y[2] = {9, 9};
    aimc_tile *tile = aimct_tile(ctx, w1[0], 2, 3, NULL);
    OK(aimc_tile_forward(tile, 1, zero, 3, y, 2));
    ck_assert(y[0] == 0 && y[1] == 0);
    ck_assert_uint_eq(aimct_counters(tile).forward_passes, 0);
    aimc_tile_destroy(tile);
    tile = aimct_tile(ctx, w1[0], 2, 3, SETTINGS("noise_management=NONE", "out_res=-1"));
    OK(aimc_tile_forward(tile, 1, zero, 3, y, 2));
    ck_assert(y[0] != 0 && y[1] != 0);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- noise and stages ----------------------------------------------------------------------- */

/* Mean and variance of output 0 over many reads of x1. */
static aimct_moments read_often(const char *const settings[], int n)
{
    enum { CHUNK = 500 };
    static float x[CHUNK * 3], y[CHUNK * 2];
    for (int b = 0; b < CHUNK; b++)
        memcpy(x + 3 * b, x1, sizeof x1);
    aimc_tile *tile = aimct_tile(ctx, w1[0], 2, 3, settings);
    aimct_moments m = {0};
    for (int done = 0; done < n; done += CHUNK) {
        OK(aimc_tile_forward(tile, CHUNK, x, 3, y, 2));
        for (int b = 0; b < CHUNK; b++)
            aimct_add(&m, (double)y[2 * b]);
    }
    aimc_tile_destroy(tile);
    return m;
}

#define NO_STEPS "inp_res=-1", "out_res=-1"

START_TEST(noise_has_its_size)
{
    /* output noise scales with alpha = 0.8 */
    aimct_moments m = read_often(SETTINGS(NO_STEPS, "out_noise=0.1"), 100000);
    CHECK_MEAN(m, 0.48875, 0.08);
    CHECK_VARIANCE(m, 0.0064, 3);
    m = read_often(SETTINGS(NO_STEPS, "out_noise=0", "inp_noise=0.1"), 100000);
    const double variance = 0.0064 * (0.25 + 0.0625 + 0.015625);
    CHECK_MEAN(m, 0.48875, sqrt(variance));
    CHECK_VARIANCE(m, variance, 3);
    /* stochastic converters: unbiased */
    m = read_often(SETTINGS("out_noise=0", "inp_sto_round=true", "out_sto_round=true"), 100000);
    CHECK_MEAN(m, 0.48875, 0.03);
}
END_TEST

/* sigma_i = |out_noise (1 + out_noise_std xi_i)|, drawn once */
START_TEST(noise_spread_is_fixed)
{
    enum { N = 4000, READS = 400 };
    float *w = calloc(N, sizeof *w), *y = malloc(READS * N * sizeof *y), x[READS];
    for (int b = 0; b < READS; b++)
        x[b] = 1;
    aimc_tile *tile =
        aimct_tile(ctx, w, N, 1, SETTINGS(NO_STEPS, "out_noise=0.1", "out_noise_std=0.2"));
    OK(aimc_tile_forward(tile, READS, x, 1, y, N));
    aimct_moments spread = {0};
    double noise_of_estimate = 0;
    for (size_t i = 0; i < N; i++) {
        aimct_moments m = {0};
        for (size_t b = 0; b < READS; b++)
            aimct_add(&m, (double)y[b * N + i]);
        const double s = sqrt(aimct_variance(&m));
        noise_of_estimate += s * s / (2 * (READS - 1));
        aimct_add(&spread, s);
    }
    NEAR(spread.mean, 0.1, 5 * 0.02 / sqrt(N) + 1e-4);
    NEAR(sqrt(aimct_variance(&spread) - noise_of_estimate / N), 0.02, 0.02 * 0.06);
    aimc_tile_destroy(tile);
    free(w);
    free(y);
}
END_TEST

START_TEST(asymmetries_and_gain)
{
    float y[2];
    aimc_tile *tile = aimct_tile(
        ctx, w1[0], 2, 3,
        SETTINGS(NO_STEPS, "out_noise=0", "inp_asymmetry=0.1", "out_asymmetry=0.2", "out_scale=3"));
    OK(aimc_tile_forward(tile, 1, x1, 3, y, 2));
    const double small = -0.33 * 0.9;
    NEAR((double)y[0], 3 * (0.4 - 0.25 * small + 0.00625), 1e-6);
    NEAR((double)y[1], 3 * 0.8 * (-0.8 + 0.75 * small + 0.015), 1e-6);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- reproducibility ------------------------------------------------------------------------ */

static void read_in_batches(uint32_t threads, size_t batch, const char *const settings[], float *y)
{
    enum { N = 150 };
    aimc_context *own = aimct_context(threads, 0, 8);
    float w[5 * 7], x[N * 7];
    aimct_fill(w, 35, 1);
    aimct_fill(x, N * 7, 2);
    for (size_t i = 0; i < 7; i++)
        x[3 * 7 + i] = 0; /* one that needs no read */
    aimc_tile *tile = aimct_tile(own, w, 5, 7, settings);
    for (size_t b = 0; b < N; b += batch) {
        const size_t n = b + batch < N ? batch : N - b;
        OK(aimc_tile_forward(tile, n, x + b * 7, 7, y + b * 5, 5));
    }
    aimc_tile_destroy(tile);
    aimc_context_destroy(own);
}

/* R0-1: a vector's result does not depend on the batch it is in, nor on the threads. */
START_TEST(batches_do_not_matter)
{
    static const char *const cases[][6] = {
        {"out_bound=0.7", "inp_noise=0.1"},
        {"out_bound=0.7", "inp_sto_round=true", "out_sto_round=true", "out_noise_std=0.3"},
        {"noise_management=AVERAGE_ABS_MAX", "nm_decay=0.1"},
        {"out_bound=0.5", "bound_management=ITERATIVE_WORST_CASE"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        float whole[150 * 5], parts[150 * 5];
        read_in_batches(1, 150, cases[k], whole);
        static const size_t batches[] = {1, 7, 64, 65};
        for (size_t b = 0; b < 4; b++) {
            read_in_batches(b % 2 ? 3 : 1, batches[b], cases[k], parts);
            for (size_t i = 0; i < 150 * 5; i++)
                ck_assert_msg(whole[i] == parts[i], "case %zu batch %zu element %zu: %.9g %.9g", k,
                              batches[b], i, (double)whole[i], (double)parts[i]);
        }
    }
}
END_TEST

START_TEST(a_loaded_tile_goes_on)
{
    float y[2], z[2];
    const char *path = "t_readout_state.safetensors";
    aimc_tile *tile = aimct_tile(ctx, w1[0], 2, 3, SETTINGS("out_noise_std=0.4", "inp_noise=0.1"));
    OK(aimc_tile_forward(tile, 1, x1, 3, y, 2));
    OK(aimc_tile_save(tile, path));
    aimc_tile *copy = NULL;
    OK(aimc_tile_load(ctx, path, &copy));
    remove(path);
    OK(aimc_tile_forward(tile, 1, x1, 3, y, 2));
    OK(aimc_tile_forward(copy, 1, x1, 3, z, 2));
    ck_assert(memcmp(y, z, sizeof y) == 0);
    aimc_tile_destroy(copy);
    aimc_tile_destroy(tile);
}
END_TEST

/* A perfect read-out gives what the plain product gives, whatever else is set. */
START_TEST(perfect_is_exact)
{
    enum { OUT = 19, IN = 33, N = 70 };
    float w[OUT * IN], x[N * IN], y[N * OUT];
    aimct_fill(w, OUT * IN, 4);
    aimct_fill(x, N * IN, 5);
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN,
                                 SETTINGS("is_perfect=true", "inp_bound=0.1", "out_bound=0.1",
                                          "out_noise=1", "inp_noise=1", "out_scale=5"));
    OK(aimc_tile_forward(tile, N, x, IN, y, OUT));
    for (size_t b = 0; b < N; b++)
        for (size_t i = 0; i < OUT; i++) {
            double sum = 0;
            for (size_t j = 0; j < IN; j++)
                sum += (double)w[i * IN + j] * (double)x[b * IN + j];
            NEAR((double)y[b * OUT + i], sum, 33 * 6e-8 * 8);
        }
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- bad input ------------------------------------------------------------------------------ */

START_TEST(contradictions_are_refused)
{
    aimct_refused(ctx, "inp_bound", SETTINGS("inp_bound=0.5")); /* R1.5-2 */
    aimct_refused(ctx, "inp_bound", SETTINGS("inp_bound=-1", "noise_management=CONSTANT"));
    aimct_refused(ctx, "w_noise ", SETTINGS("w_noise=0.1"));
    aimct_refused(ctx, "w_read_asymmetry_dtod", SETTINGS("w_read_asymmetry_dtod=0.1"));
    aimct_refused(ctx, "out_bound", SETTINGS("out_bound=0", "out_nonlinearity=0.1"));
    aimct_refused(ctx, "out_bound", SETTINGS("out_bound=0", "bound_management=SHIFT"));
    aimct_refused(ctx, "out_bound",
                  SETTINGS("out_bound=0", "r_series=0.1", "slope_calibration=0.5"));
    aimct_refused(ctx, "inp_res", SETTINGS("mv_type=BIT_WISE", "inp_res=100"));
    aimct_refused(ctx, "inp_res", SETTINGS("mv_type=SPLIT_MODE", "inp_res=-1"));
    aimct_refused(ctx, "inp_noise", SETTINGS("mv_type=BIT_WISE", "inp_noise=0.1"));
    aimct_refused(ctx, "inp_bound",
                  SETTINGS("mv_type=BIT_WISE", "inp_bound=0", "noise_management=NONE"));
    aimct_refused(ctx, "split_mode_bit_shift",
                  SETTINGS("mv_type=SPLIT_MODE", "split_mode_bit_shift=6"));
    aimct_refused(ctx, "noise_management",
                  SETTINGS("mv_type=SPLIT_MODE", "noise_management=ABS_MAX_NP_SUM"));
    aimct_refused(ctx, "bound_management",
                  SETTINGS("mv_type=BIT_WISE", "bound_management=ITERATIVE_WORST_CASE"));
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "periphery", &config));
    FAILS(AIMC_ERR_INVALID, "v_offset_w_min", aimc_config_set(config, "v_offset_w_min", 0.5));
    FAILS(AIMC_ERR_INVALID, "mv_type", aimc_config_set_text(config, "mv_type", "TWO_PASS"));
    FAILS(AIMC_ERR_INVALID, "out_noise", aimc_config_set(config, "out_noise", -1));
    FAILS(AIMC_ERR_INVALID, "nm_decay", aimc_config_set(config, "nm_decay", 2));
    FAILS(AIMC_ERR_INVALID, "bound_management",
          aimc_config_set_text(config, "bound_management", "ITERATIV"));
    FAILS(AIMC_ERR_INVALID, "inp_bound", aimc_config_set_text(config, "inp_bounds", "1"));
    aimc_config_destroy(config);
    aimc_tile *tile = aimct_tile(ctx, w1[0], 2, 3, SETTINGS("inp_bound=0.5", "is_perfect=true"));
    aimc_tile_destroy(tile);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("readout");
    TCase *t = aimct_case(s, "readout");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, small_product);
    tcase_add_test(t, bound_management_repeats);
    tcase_add_test(t, bound_managements);
    tcase_add_test(t, a_hit_of_either_sign_counts);
    tcase_add_test(t, backward_clips_without_repeating);
    tcase_add_test(t, error_of_a_product);
    tcase_add_test(t, noise_managements);
    tcase_add_test(t, np_sum_spreads_the_input);
    tcase_add_test(t, running_average_is_state);
    tcase_add_test(t, a_zero_vector_costs_nothing);
    tcase_add_test(t, noise_has_its_size);
    tcase_add_test(t, noise_spread_is_fixed);
    tcase_add_test(t, asymmetries_and_gain);
    tcase_add_test(t, batches_do_not_matter);
    tcase_add_test(t, a_loaded_tile_goes_on);
    tcase_add_test(t, perfect_is_exact);
    tcase_add_test(t, contradictions_are_refused);
    return aimct_main(s);
}
