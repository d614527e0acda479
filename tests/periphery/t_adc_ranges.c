/* SPDX-License-Identifier: MIT */
/* Ranges of ADCs by rule (out_range), with both ends where these are found, and integrators that
 * saturate before them (current_bound), against what follows from the cells and the inputs. */
#include <math.h>

#include "read_util.h"

enum { OUT = 3, IN = 9 };

static aimc_context *ctx;
static float ones[OUT * IN], w[OUT * IN], full[IN], x[IN];

static void setup(void)
{
    ctx = aimct_context(1, 0, 12);
    for (size_t k = 0; k < (size_t)OUT * IN; k++)
        ones[k] = 1;
    for (size_t j = 0; j < IN; j++)
        full[j] = 1;
    aimct_fill(w, (size_t)OUT * IN, 1);
    aimct_fill(x, IN, 2);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

#define QUIET "out_noise=0", "noise_management=NONE", "bound_management=NONE"
#define DAC8  "inp_res=0.003937007874015748"

static double range_of(const aimc_tile *tile, size_t g)
{
    double ranges[64];
    const size_t n = aimc_tile_count_output_ranges(tile, AIMC_FORWARD);
    ck_assert(n > g && n <= 64);
    OK(aimc_tile_get_output_ranges(tile, AIMC_FORWARD, ranges, n));
    return ranges[g];
}

/* ---- MAX ------------------------------------------------------------------------------------ */

/* The largest current of any product: of a pair what its weights are, of a column by itself its
 * floor, too. All inputs full on all largest weights are at the bound, and not beyond it. */
START_TEST(largest_current)
{
    static const struct {
        const char *settings[4];
        double current; /* of a cell */
    } cases[] = {
        {{"cell_mapping.w_max=1"}, 1},
        {{"cell_mapping.w_max=0.5", "cell_mapping.on_off_ratio=5"}, 0.5},
        {{"cell_mapping.subtract=DIGITAL", "cell_mapping.on_off_ratio=5"}, 1.25},
        {{"cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.on_off_ratio=5"}, 2.5},
        {{"cell_mapping.scheme=REFERENCE_COLUMN", "cell_mapping.on_off_ratio=0"}, 2},
        {{"mv_type=BIT_WISE"}, 1},
        {{"mv_type=BIT_WISE", "bit_wise_adc=false"}, 1},
        {{"mv_type=POS_NEG_SEPARATE"}, 1},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *const *s = cases[k].settings;
        aimc_tile *tile =
            aimct_tile(ctx, ones, OUT, IN,
                       SETTINGS(QUIET, DAC8, "out_range=MAX", s[0], s[1] ? s[1] : "out_noise=0"));
        NEAR(range_of(tile, 0), IN * cases[k].current, 1e-6);
        float y[OUT];
        OK(aimc_tile_forward(tile, 1, full, IN, y, OUT));
        ck_assert_uint_eq(aimct_counters(tile).clipped_outputs, 0);
        NEAR(y[0], IN * (k == 1 ? 0.5 : 1), IN * cases[k].current * 2 / 510);
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* ---- GRANULAR ------------------------------------------------------------------------------- */

static const struct {
    const char *mv_type, *more;
    int bits; /* of a digit; 7: the whole input */
} inputs[] = {
    {"mv_type=ONE_PASS", "bit_wise_bits=1", 7},
    {"mv_type=BIT_WISE", "bit_wise_bits=1", 1},
    {"mv_type=BIT_WISE", "bit_wise_bits=2", 2},
    {"mv_type=SPLIT_MODE", "split_mode_bit_shift=3", 3},
    {"mv_type=BIT_WISE", "bit_wise_adc=false", 7},
};
enum { N_INPUTS = sizeof inputs / sizeof *inputs };

static aimc_tile *granular(size_t k, int adc_bits, const float *weights)
{
    char res[48];
    snprintf(res, sizeof res, "out_res=%.17g", 1 / (ldexp(1, adc_bits) - 2));
    return aimct_tile(ctx, weights, OUT, IN,
                      SETTINGS(QUIET, DAC8, inputs[k].mv_type, inputs[k].more,
                               "cell_mapping.weight_bits=8", "cell_mapping.n_slices=4",
                               "out_range=GRANULAR", res));
}

/* A step is one level of a 2-bit cell for one step of the drive. An ADC whose codes hold all sums
 * of such steps loses nothing: the product is that of the integers. One bit less clips the largest
 * sum. */
START_TEST(smallest_current)
{
    for (size_t k = 0; k < N_INPUTS; k++) {
        const int largest = (1 << inputs[k].bits) - 1;
        const double sums = IN * 3.0 * (inputs[k].bits == 3 ? 15 : largest); /* SPLIT: 3 and 4 */
        const int adc_bits = (int)ceil(log2(sums + 1)) + 1;
        aimc_tile *tile = granular(k, adc_bits, w);
        NEAR(range_of(tile, 0) / ((ldexp(1, adc_bits - 1) - 1) / 3 / largest), 1, 1e-6);
        float y[OUT];
        OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
        for (size_t i = 0; i < OUT; i++) {
            long sum = 0;
            for (size_t j = 0; j < IN; j++)
                sum += lrint((double)w[i * IN + j] * 127) * lrint((double)x[j] * 127);
            ck_assert_int_eq(lrint((double)y[i] * 127 * 127), sum);
        }
        aimc_tile_destroy(tile);
        tile = granular(k, adc_bits, ones);
        OK(aimc_tile_forward(tile, 1, full, IN, y, OUT));
        ck_assert_uint_eq(aimct_counters(tile).clipped_outputs, 0);
        aimc_tile_destroy(tile);
        tile = granular(k, adc_bits - 1, ones);
        OK(aimc_tile_forward(tile, 1, full, IN, y, OUT));
        ck_assert_uint_gt(aimct_counters(tile).clipped_outputs, 0);
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* Digits of different size have steps of different size, and ranges of their own. */
START_TEST(digits_of_two_sizes)
{
    aimc_tile *tile = granular(3, 9, w);
    ck_assert_uint_eq(aimc_tile_count_output_ranges(tile, AIMC_FORWARD), 8);
    for (size_t g = 0; g < 8; g++) /* slice by slice: three bits, four bits */
        NEAR(range_of(tile, g), 255 / 3.0 / (g % 2 ? 15 : 7), 1e-5);
    aimc_tile_destroy(tile);
}
END_TEST

/* Cells of levels without integer weights, and an ADC that is not ideal: an amplifier before it. */
START_TEST(levels_and_circuits)
{
    aimc_tile *tile =
        aimct_tile(ctx, w, OUT, IN,
                   SETTINGS(QUIET, DAC8, "cell_mapping.cell_bits=3", "out_range=GRANULAR",
                            "out_res=6.1042607740202664e-05", "adc.model=RAMP"));
    NEAR(range_of(tile, 0), 8191 / 7.0 / 127, 1e-6);
    float y[OUT];
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    for (size_t i = 0; i < OUT; i++) {
        long sum = 0;
        for (size_t j = 0; j < IN; j++)
            sum += lrint((double)w[i * IN + j] * 7) * lrint((double)x[j] * 127);
        ck_assert_int_eq(lrint((double)y[i] * 7 * 127), sum);
    }
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- set, saved, refused -------------------------------------------------------------------- */

START_TEST(ranges_that_are_set_hold)
{
    const double mine[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    aimc_tile *tile = granular(3, 9, w), *copy = NULL;
    const double before = range_of(tile, 3);
    OK(aimc_tile_set_output_ranges(tile, AIMC_FORWARD, mine, 8));
    OK(aimc_tile_save(tile, "t_adc_ranges.safetensors"));
    OK(aimc_tile_load(ctx, "t_adc_ranges.safetensors", &copy));
    remove("t_adc_ranges.safetensors");
    ck_assert_double_eq(range_of(copy, 3), 4);
    OK(aimc_tile_set_output_ranges(copy, AIMC_FORWARD, NULL, 8));
    ck_assert_double_eq(range_of(copy, 3), before);
    aimc_tile_destroy(copy);
    aimc_tile_destroy(tile);
}
END_TEST

/* Without ranges nothing is read, and nothing changes: the tile that was refused gives what one
 * gives that was never asked. */
START_TEST(nothing_is_read_before_calibration)
{
    const double mine = 3, step = 3 / 255.0;
    double range;
    float y[2][OUT] = {{7, 7, 7}};
    aimc_stages stages = {.struct_size = sizeof stages};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, SETTINGS(QUIET, DAC8, "out_range=CALIBRATED"));
    aimc_tile *copy = NULL;
    ck_assert_uint_eq(aimc_tile_count_output_ranges(tile, AIMC_FORWARD), 1);
    FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_tile_forward(tile, 1, x, IN, y[0], OUT));
    FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_tile_backward(tile, 1, x, OUT, y[0], IN));
    FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_tile_inspect(tile, AIMC_FORWARD, x, &stages));
    FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_tile_get_output_ranges(tile, AIMC_FORWARD, &range, 1));
    ck_assert(y[0][0] == 7 && aimct_counters(tile).forward_vectors == 0);
    OK(aimc_tile_save(tile, "t_adc_ranges.safetensors")); /* as it waits */
    OK(aimc_tile_load(ctx, "t_adc_ranges.safetensors", &copy));
    FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_tile_forward(copy, 1, x, IN, y[0], OUT));
    aimc_tile_destroy(copy);
    OK(aimc_tile_set_output_ranges(tile, AIMC_FORWARD, &mine, 1));
    OK(aimc_tile_save(tile, "t_adc_ranges.safetensors"));
    OK(aimc_tile_load(ctx, "t_adc_ranges.safetensors", &copy));
    remove("t_adc_ranges.safetensors");
    OK(aimc_tile_forward(tile, 1, x, IN, y[0], OUT));
    OK(aimc_tile_forward(copy, 1, x, IN, y[1], OUT));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    for (size_t i = 0; i < OUT; i++)
        NEAR((double)y[0][i] / step, rint((double)y[0][i] / step), 1e-3);
    OK(aimc_tile_set_output_ranges(tile, AIMC_FORWARD, NULL, 0)); /* it waits again */
    FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_tile_forward(tile, 1, x, IN, y[0], OUT));
    aimc_tile_destroy(copy);
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(contradictions)
{
    aimct_refused(ctx, "weight_bits", SETTINGS("out_range=GRANULAR"));
    aimct_refused(ctx, "out_res", SETTINGS("out_range=GRANULAR", "out_res=0"));
    aimct_refused(ctx, "inp_res", SETTINGS("out_range=GRANULAR", "inp_res=-1"));
    aimct_refused(ctx, "inp_bound",
                  SETTINGS("out_range=GRANULAR", "inp_bound=0", "noise_management=NONE"));
    aimct_refused(ctx, "out_bound", SETTINGS("out_range=MAX", "out_bound=0"));
    aimct_refused(ctx, "out_bound", SETTINGS("out_range=CALIBRATED", "out_bound=0"));
}
END_TEST

/* ---- both ends ------------------------------------------------------------------------------ */

#define FOUR_BITS QUIET, "inp_res=0", "out_res=0.0714285714", "out_range=CALIBRATED"
#define TWO_ENDS  SETTINGS(FOUR_BITS, "adc.style=UNSIGNED", "adc.low=-1")
enum { BYTES = 1 << 16 };

static aimc_matrix *make_matrix(const char *const settings[])
{
    aimc_config *config;
    aimc_matrix *m;
    OK(aimc_config_create(ctx, "layer", &config));
    OK(aimc_config_set_text(config, "device", "ideal"));
    for (size_t i = 0; settings[i]; i++)
        aimct_set(config, settings[i], "forward.");
    OK(aimc_matrix_create(NULL, OUT, IN, config, &m));
    aimc_config_destroy(config);
    return m;
}

static aimc_config *rule_of(const char *out_method, double quantile)
{
    aimc_config *config;
    OK(aimc_config_create(ctx, "calibration", &config));
    OK(aimc_config_set_text(config, "out_method", out_method));
    OK(aimc_config_set(config, "quantile", quantile));
    return config;
}

/* Inputs that make output 0 whatever is wanted: the first of them times 1, all others times 0. */
static void one_output(aimc_matrix *m, size_t n, const float *wanted)
{
    float first[OUT * IN] = {0};
    for (size_t i = 0; i < OUT; i++)
        first[i * IN] = 1;
    OK(aimc_matrix_set_weights(m, first, IN));
    for (size_t b = 0; b < n; b++) {
        float in[IN] = {wanted[b]}, y[OUT];
        OK(aimc_matrix_forward(m, 1, in, IN, y, OUT));
    }
}

static void find_limits(const char *rule, size_t n, const float *wanted, double *low, double *high)
{
    aimc_matrix *m = make_matrix(TWO_ENDS);
    aimc_config *c = rule_of(rule, 0.9);
    OK(aimc_matrix_watch_outputs(m, c));
    one_output(m, n, wanted);
    OK(aimc_matrix_take_output_ranges(m));
    OK(aimc_tile_get_output_limits(aimc_matrix_get_tile(m, 0, NULL, NULL), AIMC_FORWARD, low, high,
                                   1));
    aimc_config_destroy(c);
    aimc_matrix_destroy(m);
}

/* Of values spread evenly over a ... a + W: MAX finds both ends and QUANTILE leaves out as much at
 * each. The least mean-square error with k steps is (H - L)^3 / (12 k^2 W) inside and 2 d^3 / (3 W)
 * beyond ends d within the data: d = W / (2 (k + 1)), half a step. */
START_TEST(ends_of_an_even_spread)
{
    enum { MANY = 4000 };
    static float values[MANY];
    static const double from[] = {-0.1, -0.5, -0.9, 0.05};
    for (size_t k = 0; k < 4; k++) {
        const double width = k == 3 ? 0.9 : 1, to = from[k] + width;
        double low, high;
        for (size_t i = 0; i < MANY; i++)
            values[i] = (float)(from[k] + width * ((double)i + 0.5) / MANY);
        find_limits("MAX", MANY, values, &low, &high);
        ck_assert(low <= (double)values[0] && high >= (double)values[MANY - 1]);
        NEAR(low, from[k], 0.001);
        NEAR(high, to, 0.001);
        find_limits("QUANTILE", MANY, values, &low, &high);
        NEAR(low, from[k] + 0.05 * width, 0.002);
        NEAR(high, to - 0.05 * width, 0.002);
        find_limits("MEAN_SQUARE", MANY, values, &low, &high);
        NEAR(low, from[k] + width / 32, 0.002);
        NEAR(high, to - width / 32, 0.002);
    }
}
END_TEST

/* Codes of 4 bits over both ends are a + k (b - a) / 15, and the error of an even spread is that
 * of a step; over -b ... b steps are as much longer as the range is. A file keeps both ends. */
START_TEST(skewed_outputs_lose_less)
{
    enum { MANY = 1000 };
    static float values[MANY];
    const char *const *const readouts[] = {TWO_ENDS, SETTINGS(FOUR_BITS)};
    double low[2] = {0}, high[2] = {0}, error[2] = {0};
    for (size_t i = 0; i < MANY; i++)
        values[i] = (float)(-0.1 + ((double)i + 0.5) / MANY);
    for (int k = 0; k < 2; k++) {
        static uint8_t bytes[BYTES];
        size_t size;
        aimc_matrix *m = make_matrix(readouts[k]), *again;
        aimc_config *c = rule_of("MAX", 1);
        OK(aimc_config_set_text(c, "out_share", k ? "SLICE" : "LAYER"));
        OK(aimc_matrix_watch_outputs(m, c));
        one_output(m, MANY, values);
        OK(aimc_matrix_take_output_ranges(m));
        OK(aimc_matrix_save_bytes(m, bytes, BYTES, &size));
        OK(aimc_matrix_load_bytes(ctx, bytes, size, &again));
        const aimc_tile *t = aimc_matrix_get_tile(again, 0, NULL, NULL);
        OK(aimc_tile_get_output_limits(t, AIMC_FORWARD, &low[k], &high[k], 1));
        for (size_t b = 0; b < MANY; b++) {
            float in[IN] = {values[b]}, y[OUT];
            OK(aimc_matrix_forward(again, 1, in, IN, y, OUT));
            const double code = ((double)y[0] - low[0]) / (high[0] - low[0]) * 15;
            if (k == 0)
                NEAR(code, rint(code), 1e-4);
            error[k] += pow((double)(y[0] - values[b]), 2) / MANY;
        }
        aimc_config_destroy(c);
        aimc_matrix_destroy(m);
        aimc_matrix_destroy(again);
    }
    ck_assert_double_eq(low[1], -high[1]);
    NEAR(sqrt(12 * error[0]), (high[0] - low[0]) / 15, 0.01 / 15);
    NEAR(sqrt(12 * error[1]), 2 * high[1] / 14, 0.05 / 14);
}
END_TEST

START_TEST(limits_that_are_refused)
{
    aimc_matrix *m[2] = {make_matrix(SETTINGS(QUIET)), make_matrix(TWO_ENDS)};
    aimc_tile *t[2];
    aimc_config *entropy = rule_of("ENTROPY", 1);
    double low = -1, high = 2;
    for (int k = 0; k < 2; k++)
        t[k] = aimc_matrix_get_tile(m[k], 0, NULL, NULL);
    FAILS(AIMC_ERR_UNSUPPORTED, "ENTROPY", aimc_matrix_watch_outputs(m[1], entropy));
    FAILS(AIMC_ERR_STATE, "CALIBRATED",
          aimc_tile_get_output_limits(t[1], AIMC_FORWARD, &low, &high, 1));
    FAILS(AIMC_ERR_INVALID, "UNSIGNED",
          aimc_tile_set_output_limits(t[0], AIMC_FORWARD, &low, &high, 1));
    FAILS(AIMC_ERR_INVALID, "low < high",
          aimc_tile_set_output_limits(t[1], AIMC_FORWARD, &high, &low, 1));
    FAILS(AIMC_ERR_INVALID, "high is NULL",
          aimc_tile_set_output_limits(t[1], AIMC_FORWARD, &low, NULL, 1));
    FAILS(AIMC_ERR_SHAPE, "2 ranges",
          aimc_tile_get_output_limits(t[1], AIMC_FORWARD, &low, &high, 2));
    low = -2;
    OK(aimc_tile_set_output_limits(t[0], AIMC_FORWARD, &low, &high, 1));
    high = -1; /* currents below 0 alone */
    OK(aimc_tile_set_output_limits(t[1], AIMC_FORWARD, &low, &high, 1));
    low = high = 0;
    OK(aimc_tile_get_output_limits(t[1], AIMC_FORWARD, &low, &high, 1));
    ck_assert(low == -2 && high == -1);
    OK(aimc_tile_set_output_ranges(t[1], AIMC_FORWARD, NULL, 0));
    FAILS(AIMC_ERR_STATE, "CALIBRATED",
          aimc_tile_get_output_limits(t[1], AIMC_FORWARD, &low, &high, 1));
    aimc_config_destroy(entropy);
    aimc_matrix_destroy(m[0]);
    aimc_matrix_destroy(m[1]);
}
END_TEST

/* ---- saturation ----------------------------------------------------------------------------- */

static double limited(double v, double most)
{
    return fmin(fmax(v, -most), most);
}

static double code_product(size_t i, int first, int count)
{
    double sum = 0;
    for (size_t j = 0; j < IN; j++) {
        const long code = lrint((double)x[j] * 127);
        const long digit = labs(code) >> first & ((1L << count) - 1);
        sum += (double)w[i * IN + j] * (double)(code < 0 ? -digit : digit) /
               (double)((1L << count) - 1);
    }
    return sum;
}

/* Each conversion has its integrator: of whole inputs, of each digit, or of the weighted sum of
 * digits, which meets it as a whole. */
START_TEST(integrators_saturate)
{
    const double most = 0.4;
    size_t n_saturated = 0;
    float y[3][OUT];
    static const char *const ways[] = {"mv_type=ONE_PASS", "mv_type=BIT_WISE", "mv_type=BIT_WISE"};
    for (size_t k = 0; k < 3; k++) {
        aimc_tile *tile =
            aimct_tile(ctx, w, OUT, IN,
                       SETTINGS(QUIET, DAC8, "out_res=-1", "current_bound=0.4", ways[k],
                                k == 2 ? "bit_wise_adc=false" : "bit_wise_adc=true"));
        OK(aimc_tile_forward(tile, 1, x, IN, y[k], OUT));
        ck_assert_uint_eq(aimct_counters(tile).clipped_outputs,
                          0); /* no ADC was beyond its range */
        aimc_tile_destroy(tile);
    }
    for (size_t i = 0; i < OUT; i++) {
        const double whole = code_product(i, 0, 7);
        double digits = 0;
        for (int b = 0; b < 7; b++)
            digits += limited(code_product(i, b, 1), most) * (1 << b) / 127;
        n_saturated += fabs(whole) > most;
        NEAR(y[0][i], limited(whole, most), 1e-6);
        NEAR(y[1][i], digits, 1e-6);
        NEAR(y[2][i], limited(whole, most), 1e-6);
    }
    ck_assert_uint_gt(n_saturated, 0);
}
END_TEST

/* The column of the reference has one, too. */
START_TEST(reference_saturates)
{
    float y[OUT];
    const char *const settings[] = {QUIET,
                                    "inp_res=-1",
                                    "out_res=-1",
                                    "current_bound=0.75",
                                    "cell_mapping.scheme=REFERENCE_COLUMN",
                                    "out_bound=100",
                                    NULL};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    aimc_tile_destroy(tile);
    double reference = 0;
    for (size_t j = 0; j < IN; j++)
        reference += (double)x[j];
    for (size_t i = 0; i < OUT; i++) {
        double current = reference;
        for (size_t j = 0; j < IN; j++)
            current += (double)w[i * IN + j] * (double)x[j];
        NEAR(y[i], limited(current, 0.75) - limited(reference, 0.75), 1e-6);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("adc_ranges");
    TCase *t = aimct_case(s, "ranges");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, largest_current);
    tcase_add_test(t, smallest_current);
    tcase_add_test(t, digits_of_two_sizes);
    tcase_add_test(t, levels_and_circuits);
    tcase_add_test(t, ranges_that_are_set_hold);
    tcase_add_test(t, nothing_is_read_before_calibration);
    tcase_add_test(t, contradictions);
    tcase_add_test(t, ends_of_an_even_spread);
    tcase_add_test(t, skewed_outputs_lose_less);
    tcase_add_test(t, limits_that_are_refused);
    tcase_add_test(t, integrators_saturate);
    tcase_add_test(t, reference_saturates);
    return aimct_main(s);
}
