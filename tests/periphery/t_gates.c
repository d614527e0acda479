/* SPDX-License-Identifier: MIT */
/* Inputs on the gates of access transistors: cells of idle inputs are not there, no current comes
 * along input lines. */
#include "read_util.h"

enum { OUT = 5, IN = 8, BITS = 3 };
static const double g_max = 1e-4, v_read = 0.2, r_out = 60, r_sense = 25, r_select = 400;

#define BARE                                                                                       \
    "out_res=-1", "out_noise=0", "noise_management=NONE", "bound_management=NONE", "out_bound=0",  \
        "mv_type=BIT_WISE", "g_max=1e-4", "wires.model=NODAL", "wires.v_read=0.2"
#define ONE_BIT "inp_res=0.5" /* -1, 0, 1 */
#define GATES   "wires.gate_selected=true"

static aimc_context *ctx;
static float w[OUT * IN];

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
    aimct_fill(w, (size_t)OUT * IN, 3);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* Current out of a column of cells, each at v[j] or, where that is 0, not there. Its nodes are a
 * tridiagonal system, eliminated from the far end:
 *
 *     (g_j + 1/r_j + 1/r_(j+1)) u_j - u_(j-1) / r_j - u_(j+1) / r_(j+1) = g_j v_j */
static double column(const double *g, const double *v)
{
    double diagonal[IN], right[IN];
    for (size_t j = 0; j < IN; j++) {
        const double on = v[j] == 0 ? 0 : g[j] / (1 + g[j] * r_select);
        diagonal[j] = on + 1 / (j ? r_out : r_out + r_sense) + (j + 1 < IN ? 1 / r_out : 0);
        right[j] = on * v[j];
    }
    for (size_t j = IN - 1; j > 0; j--) {
        const double share = 1 / (r_out * diagonal[j]);
        diagonal[j - 1] -= share / r_out;
        right[j - 1] += share * right[j];
    }
    return right[0] / diagonal[0] / (r_out + r_sense);
}

/* The product of one bit of each input: a pair of columns for each output. */
static void product(const float *bits, double *y)
{
    double v[IN], g[2][IN];
    for (size_t i = 0; i < OUT; i++) {
        for (size_t j = 0; j < IN; j++) {
            const double wij = (double)w[i * IN + j];
            v[j] = v_read * (double)bits[j];
            g[0][j] = g_max * fmax(wij, 0);
            g[1][j] = g_max * fmax(-wij, 0);
        }
        y[i] = (column(g[0], v) - column(g[1], v)) / (g_max * v_read);
    }
}

static aimc_tile *gated(const char *res, const char *more)
{
    return aimct_tile(ctx, w, OUT, IN,
                      SETTINGS(BARE, GATES, res, "wires.r_in=500", "wires.r_driver=900",
                               "wires.r_out=60", "wires.r_sense=25", "wires.r_select=400", more));
}

START_TEST(one_bit_is_a_ladder_of_the_cells_that_are_on)
{
    const float x[2][IN] = {{1, 0, 1, 0, 0, -1, 1, 1}, {0, 0, 0, 0, 0, 0, 0, 1}};
    float y[2 * OUT];
    double expected[OUT];
    for (int apart = 0; apart < 2; apart++) {
        aimc_tile *tile =
            gated(ONE_BIT, apart ? "cell_mapping.subtract=DIGITAL" : "wires.iv=LINEAR");
        OK(aimc_tile_forward(tile, 2, x[0], IN, y, OUT));
        for (size_t b = 0; b < 2; b++) {
            product(x[b], expected);
            for (size_t i = 0; i < OUT; i++)
                NEAR((double)y[b * OUT + i], expected[i], 1e-6);
        }
        aimc_tile_destroy(tile);
    }
}
END_TEST

START_TEST(bits_follow_one_another)
{
    float x[IN], bits[IN], y[OUT];
    double expected[OUT] = {0}, part[OUT];
    for (size_t j = 0; j < IN; j++)
        x[j] = (float)j / 7 * (j % 3 ? 1.0f : -1.0f);
    aimc_tile *tile = gated("inp_res=0.0714285714285714", "wires.iv=LINEAR"); /* 1 / (2^4 - 2) */
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    for (int b = 0; b < BITS; b++) {
        for (size_t j = 0; j < IN; j++)
            bits[j] = (float)(j >> b & 1) * (j % 3 ? 1.0f : -1.0f);
        product(bits, part);
        for (size_t i = 0; i < OUT; i++)
            expected[i] += ldexp(part[i], b) / 7;
    }
    for (size_t i = 0; i < OUT; i++)
        NEAR((double)y[i], expected[i], 1e-6);
    aimc_tile_destroy(tile);
}
END_TEST

/* Without wires of the outputs nothing is lost, whatever input lines are made of; on rows that are
 * grounded when idle the same wires would cost something. Cells with a law of their own take the
 * whole voltage. */
START_TEST(input_lines_carry_no_current)
{
    const float x[IN] = {1, 0, 1, 0, 1, 1, 0, 1};
    float y[OUT], grounded[OUT];
    for (int sinh_law = 0; sinh_law < 2; sinh_law++) {
        const char *law = sinh_law ? "wires.iv=SINH" : "wires.iv=LINEAR";
        aimc_tile *tile = aimct_tile(ctx, w, OUT, IN,
                                     SETTINGS(BARE, GATES, ONE_BIT, law, "wires.r_in=500",
                                              "wires.r_driver=900", "wires.r_out=0"));
        aimc_tile *other = aimct_tile(
            ctx, w, OUT, IN, SETTINGS(BARE, ONE_BIT, law, "wires.r_in=500", "wires.r_out=0"));
        OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
        OK(aimc_tile_forward(other, 1, x, IN, grounded, OUT));
        const double factor = sinh_law ? 0.25 * sinh(v_read / 0.25) / v_read : 1;
        double apart = 0;
        for (size_t i = 0; i < OUT; i++) {
            double sum = 0;
            for (size_t j = 0; j < IN; j++)
                sum += (double)w[i * IN + j] * (double)x[j];
            NEAR((double)y[i], factor * sum, 1e-6);
            apart = fmax(apart, fabs((double)y[i] - (double)grounded[i]));
        }
        ck_assert_double_gt(apart, 0.01);
        aimc_tile_destroy(other);
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* Backward all gates are open, and input lines are where currents leave. */
START_TEST(backward_is_the_whole_network)
{
    const float d[OUT] = {1, 0, -1, 1, 0};
    float z[IN], expected[IN];
    aimc_tile *tile = gated(ONE_BIT, "wires.iv=LINEAR");
    aimc_tile *other =
        aimct_tile(ctx, w, OUT, IN,
                   SETTINGS(BARE, ONE_BIT, "wires.r_in=500", "wires.r_driver=900", "wires.r_out=60",
                            "wires.r_sense=25", "wires.r_select=400"));
    OK(aimc_tile_backward(tile, 1, d, OUT, z, IN));
    OK(aimc_tile_backward(other, 1, d, OUT, expected, IN));
    for (size_t j = 0; j < IN; j++)
        NEAR((double)z[j], (double)expected[j], 1e-6);
    aimc_tile_destroy(other);
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(combinations_are_refused)
{
    aimct_refused(ctx, "bit_wise_bits 1", SETTINGS(GATES, "wires.model=NODAL", "mv_type=ONE_PASS"));
    aimct_refused(
        ctx, "bit_wise_bits 1",
        SETTINGS(GATES, "wires.model=NODAL", "mv_type=BIT_WISE", "bit_wise_bits=2", "inp_noise=0"));
    aimct_refused(ctx, "NODAL", SETTINGS(GATES, "mv_type=BIT_WISE", "inp_noise=0"));
    aimct_refused(ctx, "REFERENCE_COLUMN",
                  SETTINGS(GATES, BARE, ONE_BIT, "cell_mapping.scheme=REFERENCE_COLUMN"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gates");
    TCase *c = aimct_case(s, "inputs");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, one_bit_is_a_ladder_of_the_cells_that_are_on);
    tcase_add_test(c, bits_follow_one_another);
    tcase_add_test(c, input_lines_carry_no_current);
    tcase_add_test(c, backward_is_the_whole_network);
    tcase_add_test(c, combinations_are_refused);
    return aimct_main(s);
}
