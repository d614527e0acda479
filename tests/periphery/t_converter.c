/* SPDX-License-Identifier: MIT */
/* Converters on their own: codes in, codes out. */
#include "read_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static aimc_converter *make(const char *const settings[])
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "converter", &config));
    for (size_t i = 0; settings && settings[i]; i++)
        aimct_set(config, settings[i], "");
    aimc_converter *c = NULL;
    OK(aimc_converter_create(ctx, config, &c));
    aimc_config_destroy(config);
    return c;
}

START_TEST(what_is_no_number_is_refused)
{
    const float x[4] = {0.5f, INFINITY, -INFINITY, NAN};
    float y[4] = {9, 9, 9, 9};
    int32_t codes[4] = {9, 9, 9, 9};
    aimc_converter *c = make(_i ? SETTINGS("res=14", "nonideal.model=SAR") : SETTINGS("res=14"));
    OK(aimc_converter_quantize(c, 3, x, y));
    OK(aimc_converter_encode(c, 3, x, codes));
    ck_assert_int_eq(codes[1], aimc_converter_get_max_code(c));
    ck_assert_int_eq(codes[2], aimc_converter_get_min_code(c));
    FAILS(AIMC_ERR_INVALID, "x[3] is not a number", aimc_converter_quantize(c, 4, x, y));
    FAILS(AIMC_ERR_INVALID, "x[3] is not a number", aimc_converter_encode(c, 4, x, codes));
    ck_assert(y[3] == 9 && codes[3] == 9);
    aimc_converter_destroy(c);
}
END_TEST

/* b bits as res = 1 / (2^b - 2): 2^b - 1 codes, zero among them. */
START_TEST(bits_give_codes)
{
    for (int bits = 2; bits <= 12; bits++) {
        char res[48];
        snprintf(res, sizeof res, "res=%.17g", 1.0 / ((1 << bits) - 2));
        aimc_converter *c = make(SETTINGS(res));
        const int32_t top = (1 << (bits - 1)) - 1;
        ck_assert_int_eq(aimc_converter_get_max_code(c), top);
        ck_assert(fabs(aimc_converter_get_step(c) * top - 1) < 1e-6);
        aimc_converter_destroy(c);
        /* the same as a number of steps over the range */
        snprintf(res, sizeof res, "res=%d", (1 << bits) - 2);
        if (bits > 2) {
            c = make(SETTINGS(res));
            ck_assert_int_eq(aimc_converter_get_max_code(c), top);
            aimc_converter_destroy(c);
        }
    }
}
END_TEST

START_TEST(encode_decode_and_quantize_agree)
{
    enum { N = 1001 };
    float x[N], q[N], d[N];
    int32_t codes[N];
    aimc_converter *c = make(SETTINGS("res=254", "bound=3"));
    for (int i = 0; i < N; i++)
        x[i] = 4.0f * (float)(i - 500) / 500.0f;
    OK(aimc_converter_quantize(c, N, x, q));
    OK(aimc_converter_encode(c, N, x, codes));
    OK(aimc_converter_decode(c, N, codes, d));
    for (int i = 0; i < N; i++) {
        const float expected = fmaxf(-3.0f, fminf(3.0f, x[i]));
        ck_assert(fabs((double)(q[i] - expected)) <= 0.5000001 * aimc_converter_get_step(c));
        ck_assert(fabsf(q[i]) <= 3.0f);
        /* decode may end an ulp beyond the bound; quantize clips there */
        ck_assert(fabsf(q[i] - d[i]) <= 3e-7f);
        ck_assert(codes[i] == (int32_t)rint((double)q[i] / aimc_converter_get_step(c)));
    }
    ck_assert(q[0] == -3.0f && q[N - 1] == 3.0f);
    ck_assert(codes[0] == -127 && codes[N - 1] == 127);
    aimc_converter_destroy(c);
}
END_TEST

START_TEST(ties_go_to_even)
{
    /* step 2^-3 makes ties exact */
    const float x[] = {0.0625f, 0.1875f, 0.3125f, 0.4375f, -0.0625f, -0.1875f};
    const int32_t expected[] = {0, 2, 2, 4, 0, -2};
    int32_t codes[6];
    float q[6];
    aimc_converter *c = make(SETTINGS("res=16"));
    OK(aimc_converter_encode(c, 6, x, codes));
    OK(aimc_converter_quantize(c, 6, x, q));
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(codes[i], expected[i]);
        ck_assert(q[i] == 0.125f * (float)expected[i]);
    }
    aimc_converter_destroy(c);
}
END_TEST

START_TEST(special_values)
{
    const float x[] = {INFINITY, -INFINITY, 0.0f, -0.0f, 1e30f};
    int32_t codes[5];
    aimc_converter *c = make(NULL);
    OK(aimc_converter_encode(c, 5, x, codes));
    const int32_t expected[] = {63, -63, 0, 0, 63};
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(codes[i], expected[i]);
    const int32_t far[] = {1000, -1000, 64, -64, 63, 0};
    float v[6];
    OK(aimc_converter_decode(c, 6, far, v));
    ck_assert(v[0] == v[2] && v[0] == v[4] && v[1] == v[3] && v[5] == 0.0f);
    aimc_converter_destroy(c);
}
END_TEST

/* O8: the mean of 10^6 roundings of 0.3 step is 0.3 step +- 4 step sqrt(0.21 / 10^6). */
START_TEST(stochastic_rounding_is_unbiased)
{
    enum { N = 1000, TIMES = 1000 };
    float x[N], q[N];
    aimc_converter *c = make(SETTINGS("res=126", "sto_round=true", "seed=4"));
    const double step = aimc_converter_get_step(c);
    static const double parts[] = {0.3, 0.5, -0.7, 62.25};
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        for (int i = 0; i < N; i++)
            x[i] = (float)(parts[k] * step);
        aimct_moments m = {0};
        for (int t = 0; t < TIMES; t++) {
            OK(aimc_converter_quantize(c, N, x, q));
            for (int i = 0; i < N; i++)
                aimct_add(&m, (double)q[i] / step);
        }
        const double f = parts[k] - floor(parts[k]);
        ck_assert_msg(fabs(m.mean - parts[k]) <= 4 * sqrt(f * (1 - f) / m.n) + 1e-6,
                      "%g steps rounded to %.9g in the mean", parts[k], m.mean);
        /* variance f (1 - f) of a two-valued variable */
        ck_assert(fabs(aimct_variance(&m) - f * (1 - f)) <= 5 * 0.5 / sqrt(m.n));
    }
    aimc_converter_destroy(c);
}
END_TEST

/* R1.4-6: uniformly distributed values end up step / sqrt(12) off, sqrt(2) times that
 * stochastically. */
START_TEST(error_of_uniform_values)
{
    enum { N = 200000 };
    float *x = malloc(N * sizeof *x), *q = malloc(N * sizeof *q);
    aimct_fill(x, N, 3);
    for (int sto = 0; sto < 2; sto++) {
        aimc_converter *c = make(SETTINGS("res=62", sto ? "sto_round=true" : "sto_round=false"));
        OK(aimc_converter_quantize(c, N, x, q));
        double sum = 0;
        for (int i = 0; i < N; i++)
            sum += pow((double)q[i] - (double)x[i], 2);
        const double rms = sqrt(sum / N) / aimc_converter_get_step(c);
        const double expected = sqrt((sto ? 1.0 : 0.5) / 6.0);
        ck_assert_msg(fabs(rms / expected - 1) < 0.02, "%.9g steps, expected %.9g", rms, expected);
        aimc_converter_destroy(c);
    }
    free(x);
    free(q);
}
END_TEST

START_TEST(a_seed_repeats_the_draws)
{
    float x[64], a[64], b[64];
    aimct_fill(x, 64, 9);
    aimc_converter *first = make(SETTINGS("sto_round=true", "seed=11"));
    aimc_converter *second = make(SETTINGS("sto_round=true", "seed=11"));
    OK(aimc_converter_quantize(first, 64, x, a));
    OK(aimc_converter_quantize(second, 64, x, b));
    ck_assert(memcmp(a, b, sizeof a) == 0);
    OK(aimc_converter_quantize(first, 64, x, a));
    ck_assert(memcmp(a, b, sizeof a) != 0);
    aimc_converter_destroy(first);
    aimc_converter_destroy(second);
}
END_TEST

/* 0 is a seed as others are; -1 takes one from the context, another one each time. */
START_TEST(seeds_of_the_context)
{
    static const char *const seeds[] = {"seed=0", "seed=-1"};
    float x[64], a[64], b[64];
    aimct_fill(x, 64, 9);
    for (int k = 0; k < 2; k++) {
        aimc_converter *first = make(SETTINGS("sto_round=true", seeds[k]));
        aimc_converter *second = make(SETTINGS("sto_round=true", seeds[k]));
        OK(aimc_converter_quantize(first, 64, x, a));
        OK(aimc_converter_quantize(second, 64, x, b));
        ck_assert((memcmp(a, b, sizeof a) == 0) == (k == 0));
        aimc_converter_destroy(first);
        aimc_converter_destroy(second);
    }
}
END_TEST

/* One converter alone, unless told otherwise, which may also be said. */
START_TEST(one_channel)
{
    double channels = 0;
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "converter", &config));
    OK(aimc_config_get(config, "channels", &channels));
    ck_assert(channels == 1);
    OK(aimc_config_set(config, "channels", 1));
    FAILS(AIMC_ERR_INVALID, "channels", aimc_config_set(config, "channels", 0));
    aimc_config_destroy(config);
}
END_TEST

/* Steps of any width: each code is as wide as the next, to the 64th of a step. */
START_TEST(an_ideal_converter_is_linear)
{
    aimc_linearity l = {.struct_size = sizeof l};
    for (double bound = 0.5; bound < 40; bound *= 4) {
        char field[32];
        snprintf(field, sizeof field, "bound=%g", bound);
        aimc_converter *c = make(SETTINGS("res=62", field));
        OK(aimc_converter_get_linearity(c, 0, &l, NULL, NULL));
        ck_assert_uint_eq(l.n_codes, 63);
        ck_assert_uint_eq(l.missing_codes, 0);
        ck_assert_msg(l.max_dnl <= 2.0 / 64 && l.max_inl <= 2.0 / 64, "%g, %g", l.max_dnl,
                      l.max_inl);
        NEAR(l.gain, 1, 1.0 / 64);
        NEAR(l.offset, 0, 1.0 / 64);
        NEAR(l.enob, log2(63), 0.05); /* the noise of quantization alone */
        aimc_converter_destroy(c);
    }
    aimc_converter *c = make(SETTINGS("res=1048576")); /* 2^20 + 1 codes */
    FAILS(AIMC_ERR_UNSUPPORTED, "1048577 codes are too many",
          aimc_converter_get_linearity(c, 0, &l, NULL, NULL));
    aimc_converter_destroy(c);
}
END_TEST

START_TEST(off_changes_nothing)
{
    static const char *const off[] = {"res=-1", "res=0", "bound=0", "bound=-2"};
    for (size_t k = 0; k < 4; k++) {
        float x[5] = {0.1f, -0.77f, 0.5f, 1e-9f, -0.0f}, q[5];
        int32_t codes[5];
        aimc_converter *c = make(SETTINGS(off[k]));
        OK(aimc_converter_quantize(c, 5, x, q));
        ck_assert(memcmp(x, q, sizeof x) == 0);
        ck_assert(aimc_converter_get_step(c) == 0 && aimc_converter_get_max_code(c) == 0);
        FAILS(AIMC_ERR_UNSUPPORTED, "no steps", aimc_converter_encode(c, 5, x, codes));
        FAILS(AIMC_ERR_UNSUPPORTED, "no steps", aimc_converter_decode(c, 5, codes, x));
        aimc_converter_destroy(c);
    }
}
END_TEST

START_TEST(bad_arguments)
{
    float x[2] = {0, 0};
    int32_t codes[2] = {0, 0};
    aimc_converter *c = make(NULL);
    aimc_converter *none = (aimc_converter *)1;
    aimc_config *wrong = NULL;
    OK(aimc_config_create(ctx, "periphery", &wrong));
    FAILS(AIMC_ERR_INVALID, "'periphery'", aimc_converter_create(ctx, wrong, &none));
    ck_assert_ptr_null(none);
    FAILS(AIMC_ERR_INVALID, "ctx is NULL", aimc_converter_create(NULL, NULL, &none));
    FAILS(AIMC_ERR_INVALID, "out is NULL", aimc_converter_create(ctx, NULL, NULL));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_converter_quantize(NULL, 2, x, x));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_converter_quantize(c, 2, NULL, x));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_converter_encode(c, 2, x, NULL));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_converter_decode(c, 2, NULL, x));
    OK(aimc_converter_quantize(c, 0, NULL, NULL));
    OK(aimc_converter_encode(c, 0, NULL, codes));
    ck_assert_int_eq(aimc_converter_get_max_code(NULL), 0);
    ck_assert(aimc_converter_get_step(NULL) == 0);
    aimc_converter_destroy(NULL);
    aimc_config_destroy(wrong);
    aimc_converter_destroy(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("converter");
    TCase *t = aimct_case(s, "converter");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, what_is_no_number_is_refused, 0, 2);
    tcase_add_test(t, bits_give_codes);
    tcase_add_test(t, encode_decode_and_quantize_agree);
    tcase_add_test(t, ties_go_to_even);
    tcase_add_test(t, special_values);
    tcase_add_test(t, stochastic_rounding_is_unbiased);
    tcase_add_test(t, error_of_uniform_values);
    tcase_add_test(t, a_seed_repeats_the_draws);
    tcase_add_test(t, seeds_of_the_context);
    tcase_add_test(t, one_channel);
    tcase_add_test(t, an_ideal_converter_is_linear);
    tcase_add_test(t, off_changes_nothing);
    tcase_add_test(t, bad_arguments);
    return aimct_main(s);
}
