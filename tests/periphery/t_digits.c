/* SPDX-License-Identifier: MIT */
/* What a digit of a bit-serial or split input is: each drives its lines over the whole swing of its
 * own read, 2^n - 1 of n bits being full drive. Its current is then of the size that the range and
 * the noise of an ADC are for, and it counts (2^n - 1) 2^first / (2^b - 1) in the result. One rule
 * for the product, the noise, the range, bound management, the drop along wires and the I-V of
 * cells; what digits drive is in tests/energy/t_account.c. */
#include <math.h>

#include "read_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 17);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* 8-bit DACs: magnitudes of 7 bits */
#define DAC   "inp_res=0.003937007874015748", "noise_management=NONE"
#define EXACT DAC, "out_res=-1", "out_noise=0"
enum { CODES = 127 };

/* ---- noise and range ------------------------------------------------------------------------ */

typedef struct way {
    const char *settings[2];
    double gains[7]; /* of the conversions, up to the first 0 */
} way;

static const way ways[] = {
    {{"mv_type=ONE_PASS", "bit_wise_bits=1"}, {1}},
    {{"mv_type=SPLIT_MODE", "split_mode_bit_shift=3"}, {7.0 / 127, 120.0 / 127}},
    {{"mv_type=BIT_WISE", "bit_wise_bits=1"},
     {1 / 127.0, 2 / 127.0, 4 / 127.0, 8 / 127.0, 16 / 127.0, 32 / 127.0, 64 / 127.0}},
    {{"mv_type=BIT_WISE", "bit_wise_bits=3"}, {7 / 127.0, 56 / 127.0, 64 / 127.0}},
    {{"mv_type=BIT_WISE", "bit_wise_adc=false"}, {1}},
};

/* The range and the noise of the default, which are those of whole inputs. Before, digits were
 * driven at one step of the DAC, and an ADC of this range lost them: 64 inputs were read bit by bit
 * with an error of more than the result. */
START_TEST(default_range_and_noise)
{
    enum { OUT = 64, IN = 64, N = 200 };
    static float w[OUT * IN], x[N * IN], y[N * OUT];
    const way *const how = &ways[_i];
    aimct_fill(w, (size_t)OUT * IN, 1);
    for (size_t k = 0; k < (size_t)OUT * IN; k++)
        w[k] *= 0.5f; /* 12 is then more than seven times what a digit's currents spread */
    aimct_fill(x, (size_t)N * IN, 2);
    aimc_tile *tile =
        aimct_tile(ctx, w, OUT, IN, SETTINGS(DAC, how->settings[0], how->settings[1]));
    OK(aimc_tile_forward(tile, N, x, IN, y, OUT));
    ck_assert_uint_eq(aimct_counters(tile).clipped_outputs, 0);
    aimc_tile_destroy(tile);
    aimct_moments m = {0};
    for (size_t b = 0; b < N; b++) {
        for (size_t i = 0; i < OUT; i++) {
            double sum = 0;
            for (size_t j = 0; j < IN; j++)
                sum += (double)w[i * IN + j] * rint((double)x[b * IN + j] * CODES) / CODES;
            aimct_add(&m, (double)y[b * OUT + i] - sum);
        }
    }
    const double step = 24.0 / 510;
    double variance = 0; /* noise beyond a step makes the rounding independent of it */
    for (size_t k = 0; k < 7; k++)
        variance += how->gains[k] * how->gains[k] * (0.06 * 0.06 + step * step / 12);
    CHECK_MEAN(m, 0, sqrt(variance));
    CHECK_VARIANCE(m, variance, 3);
}
END_TEST

/* A digit beyond the range is a hit, and is cut there: of 40 ones, each read sees 40, of 12. */
START_TEST(digits_are_clipped)
{
    enum { IN = 40 };
    float w[IN], x[IN], y;
    for (size_t j = 0; j < IN; j++)
        w[j] = 1, x[j] = 65.0f / 127; /* bits 0 and 6 */
    aimc_tile *tile =
        aimct_tile(ctx, w, 1, IN, SETTINGS(EXACT, "mv_type=BIT_WISE", "bound_management=NONE"));
    OK(aimc_tile_forward(tile, 1, x, IN, &y, 1));
    NEAR((double)y, 12 * 65.0 / 127, 1e-5);
    ck_assert_uint_eq(aimct_counters(tile).clipped_outputs, 2);
    aimc_tile_destroy(tile);
}
END_TEST

/* Bound management halves the swing of the digits and keeps their codes: 40 / 4 is within 12, and
 * so is 1500 / 128, which no whole input of 127 codes could be divided by. */
START_TEST(bound_management_halves_the_swing)
{
    static const struct {
        size_t n;
        double reduction;
    } cases[] = {{40, 4}, {1500, 128}};
    static float w[1500], x[1500];
    for (size_t j = 0; j < 1500; j++)
        w[j] = 1, x[j] = (float)(j % 3 ? 127 : 65) / 127;
    for (size_t k = 0; k < 2; k++) {
        const size_t n = cases[k].n;
        float y;
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += (double)x[j];
        aimc_tile *tile = aimct_tile(ctx, w, 1, n, SETTINGS(EXACT, "mv_type=BIT_WISE"));
        aimc_stages seen = {.struct_size = (uint32_t)sizeof seen};
        OK(aimc_tile_inspect(tile, AIMC_FORWARD, x, &seen));
        ck_assert_double_eq(seen.reduction, cases[k].reduction);
        OK(aimc_tile_forward(tile, 1, x, n, &y, 1));
        NEAR((double)y / sum, 1, 3e-6);
        ck_assert_uint_eq(aimct_counters(tile).clipped_outputs, 0);
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* ---- the array ------------------------------------------------------------------------------ */

static float read_of(float input, size_t n, const float *w, const char *const settings[])
{
    float x[64], y;
    for (size_t j = 0; j < n; j++)
        x[j] = input;
    aimc_tile *tile = aimct_tile(ctx, w, 1, n, settings);
    OK(aimc_tile_forward(tile, 1, x, n, &y, 1));
    aimc_tile_destroy(tile);
    return y;
}

/* Every one on a line is a full swing: the share that a uniform column loses in its wire is that of
 * full inputs for every code, and not that of a smaller current. */
START_TEST(digits_load_the_wire_fully)
{
    enum { N = 64 };
    static float w[N];
    for (size_t j = 0; j < N; j++)
        w[j] = 1;
    const char *const settings[] = {
        EXACT, "mv_type=BIT_WISE", "ir_drop=1", "ir_drop_g_ratio=4096", "out_bound=0", NULL};
    const double profile = 2 / 3.0 - 1 / (2.0 * N) - 1 / (6.0 * N * N); /* mean distance */
    const double kept = 1 - 1.5 * (1 - tanh(1)) * profile;              /* a = N N / 4096 = 1 */
    for (int code = 1; code <= CODES; code += 21)
        NEAR((double)read_of((float)code / CODES, N, w, settings) / (N * code / 127.0), kept, 2e-6);
}
END_TEST

/* A cell with a nonlinear I-V sees one voltage, or none: its current is that of the full voltage
 * for each digit, and the product stays linear in the input. */
START_TEST(one_bit_at_a_time_is_linear_in_the_input)
{
    const char *const settings[] = {EXACT,
                                    "mv_type=BIT_WISE",
                                    "wires.model=NODAL",
                                    "wires.r_in=0",
                                    "wires.r_out=0",
                                    "wires.iv=POLYNOMIAL",
                                    "wires.iv_cube=-0.25",
                                    "wires.v_read=0.5",
                                    NULL};
    const float w = 0.75f;
    const double at_full = 1 - 0.25 * 0.5 * 0.5;
    for (int code = -127; code <= CODES; code += 2)
        NEAR((double)read_of((float)code / CODES, 1, &w, settings), 0.75 * at_full * code / CODES,
             1e-6);
}
END_TEST

/* Two bits at a time are four voltages: 0, 1/3, 2/3 and all of it. */
START_TEST(digits_of_two_bits_see_four_voltages)
{
    const char *const settings[] = {EXACT,
                                    "mv_type=BIT_WISE",
                                    "bit_wise_bits=2",
                                    "wires.model=NODAL",
                                    "wires.r_in=0",
                                    "wires.r_out=0",
                                    "wires.iv=SINH",
                                    "wires.iv_scale=0.2",
                                    "wires.v_read=0.3",
                                    NULL};
    const float w = 0.5f;
    for (int code = 0; code <= CODES; code += 3) {
        double sum = 0;
        for (int first = 0; first < 7; first += 2) {
            const int top = first == 6 ? 1 : 3, digit = code >> first & top;
            const double v = 0.3 * digit / top;
            sum += 0.5 * 0.2 * sinh(v / 0.2) / 0.3 * top * (1 << first) / CODES;
        }
        NEAR((double)read_of((float)code / CODES, 1, &w, settings), sum, 1e-6);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("digits");
    TCase *t = aimct_case(s, "digits");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, default_range_and_noise, 0, (int)(sizeof ways / sizeof *ways));
    tcase_add_test(t, digits_are_clipped);
    tcase_add_test(t, bound_management_halves_the_swing);
    tcase_add_test(t, digits_load_the_wire_fully);
    tcase_add_test(t, one_bit_at_a_time_is_linear_in_the_input);
    tcase_add_test(t, digits_of_two_bits_see_four_voltages);
    return aimct_main(s);
}
