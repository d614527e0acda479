/* SPDX-License-Identifier: MIT */
/* Ranges of converters from data, against their definitions and a search. */
#include "test_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 77);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

START_TEST(ranges_of_data)
{
    enum { ROWS = 400, COLS = 50 };
    static float x[ROWS * COLS];
    uint64_t state = 4;
    for (size_t k = 0; k < ROWS * COLS; k++) { /* nearly normal: twelve uniform numbers */
        double sum = 0;
        for (int i = 0; i < 12; i++)
            sum += (double)aimct_uniform(&state) / 2;
        x[k] = (float)sum;
    }
    memset(x, 0, 10 * COLS * sizeof *x); /* rows of zeros are not looked at */
    double bound;
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_DEVIATION, 3, ROWS, COLS, x, COLS, &bound));
    NEAR(bound, 3, 0.1);
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_QUANTILE, 0.6827, ROWS, COLS, x, COLS, &bound));
    NEAR(bound, 1, 0.05);
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, ROWS, COLS, x, COLS, &bound));
    double largest = 0;
    for (size_t k = 0; k < ROWS * COLS; k++)
        largest = fmax(largest, fabs((double)x[k]));
    NEAR(bound, largest, 0);
    /* D18: magnitudes, so that negative-heavy data is not underestimated */
    const float negative[] = {-5, -4, -3, 0.1f};
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_QUANTILE, 1, 1, 4, negative, 4, &bound));
    NEAR(bound, 5, 0);
    /* least error: not above that of any other bound, by search; 4 bits clip, 12 do not */
    for (int bits = 4; bits <= 12; bits += 8) {
        const double res = 1 / (ldexp(1, bits) - 2);
        OK(aimc_converter_find_range(ctx, AIMC_RANGE_LEAST_ERROR, res, ROWS, COLS, x, COLS,
                                     &bound));
        double best = HUGE_VAL, ours = 0;
        for (int i = 0; i <= 60; i++) {
            const double b = i == 60 ? bound : 1.5 + 0.05 * i, step = 2 * b * res;
            double sum = 0;
            for (size_t k = 0; k < ROWS * COLS; k++) {
                const double q = rint((double)x[k] / step) * step;
                sum += fabs((double)x[k] - fmax(fmin(q, b), -b));
            }
            best = fmin(best, sum);
            ours = sum;
        }
        ck_assert_msg(ours <= 1.02 * best, "%g against %g", ours, best);
        ck_assert(bits == 4 ? bound < 0.9 * largest : bound > 0.8 * largest);
    }
    const float zeros[4] = {0};
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_LEAST_ERROR, 0.01, 1, 4, zeros, 4, &bound));
    NEAR(bound, 0, 0);
    FAILS(AIMC_ERR_INVALID, "parameter",
          aimc_converter_find_range(ctx, AIMC_RANGE_QUANTILE, 1.5, 1, 4, zeros, 4, &bound));
    FAILS(AIMC_ERR_SHAPE, "ld_x",
          aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, 1, 4, zeros, 3, &bound));
    FAILS(AIMC_ERR_INVALID, "0 x 4",
          aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, 0, 4, zeros, 4, &bound));
    FAILS(AIMC_ERR_INVALID, "NULL",
          aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, 1, 4, NULL, 4, &bound));
}
END_TEST

/* ---- counted magnitudes --------------------------------------------------------------------- */

enum { MANY = 400000 };
static float many[MANY];

static double range_of(aimc_range_method method, double res)
{
    double bound;
    OK(aimc_converter_find_range(ctx, method, res, MANY / 100, 100, many, 100, &bound));
    return bound;
}

/* Mean-square error of rounding (step^2 / 12 within the bound) and of clipping, of normal data:
 * twice the integral of (x - B)^2 over the tail is 2 ((1 + B^2) Q(B) - B phi(B)). */
static double normal_error(double bound, double step)
{
    const double tail = erfc(bound / sqrt(2.0)) / 2;
    const double density = exp(-bound * bound / 2) / 2.5066282746310002;
    return step * step / 12 * (1 - 2 * tail) + 2 * ((1 + bound * bound) * tail - bound * density);
}

START_TEST(ranges_of_normal_data)
{
    uint64_t state = 9;
    for (size_t k = 0; k < MANY; k++)
        many[k] = (float)(3 * aimct_normal(&state));
    for (int bits = 4; bits <= 8; bits += 2) {
        const double levels = ldexp(1, bits - 1) - 1;
        double best = 0, least = HUGE_VAL;
        for (double b = 1; b < 6; b += 0.001)
            if (normal_error(b, b / levels) < least) {
                best = b;
                least = normal_error(b, b / levels);
            }
        const double bound = range_of(AIMC_RANGE_MEAN_SQUARE, 0.5 / levels);
        NEAR(bound / 3, best, 0.03 * best);
    }
    many[5] = 300; /* one that is far off: worth no codes */
    const double bound = range_of(AIMC_RANGE_ENTROPY, 1.0 / 254);
    ck_assert_msg(bound > 2.5 * 3 && bound < 6 * 3, "%g", bound);
    for (size_t k = 0; k < MANY; k++) /* as behind a ReLU: zeros are no matter of ranges */
        many[k] = k % 20 ? 0 : many[k];
    const double sparse = range_of(AIMC_RANGE_ENTROPY, 1.0 / 254);
    ck_assert_msg(sparse > 2.5 * 3 && sparse < 6 * 3, "%g", sparse);
}
END_TEST

/* Evenly spread: nothing is worth clipping, but one value that is far off. */
START_TEST(ranges_of_other_data)
{
    uint64_t state = 9;
    const double res = 1.0 / 254;
    for (size_t k = 0; k < MANY; k++)
        many[k] = 5 * aimct_uniform(&state);
    const double largest = range_of(AIMC_RANGE_MAX, 0);
    NEAR(range_of(AIMC_RANGE_MEAN_SQUARE, res), largest, 0.01 * largest);
    NEAR(range_of(AIMC_RANGE_ENTROPY, res), largest, 0.02 * largest);
    many[5] = 50;
    ck_assert_double_lt(range_of(AIMC_RANGE_MEAN_SQUARE, res), 20);
    for (size_t k = 0; k < MANY; k++) /* codes of 4 bits: they are what they are */
        many[k] = (float)((int)(k % 15) - 7) * 0.5f;
    NEAR(range_of(AIMC_RANGE_MEAN_SQUARE, 1.0 / 14), 3.5, 1e-6);
    memset(many, 0, sizeof many);
    NEAR(range_of(AIMC_RANGE_ENTROPY, res), 0, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("range");
    TCase *c = aimct_case(s, "ranges");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, ranges_of_data);
    tcase_add_test(c, ranges_of_normal_data);
    tcase_add_test(c, ranges_of_other_data);
    return aimct_main(s);
}
