/* SPDX-License-Identifier: MIT */
/* Columns of the time-sliced array against a loop over time. */
#include <stdbool.h>

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

#define BARE "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0"

enum { ROWS = 23, SEGMENTS = 4, STEPS = 1000 };

/* Spec 1.13 at one moment: reduce the ladder of one column, with inputs still on or over. */
static double column_current(const float *w, const float *x, bool far_end, double time)
{
    const double r_segment = 150.0 * 6, common = 0.4; /* 6 rows in a segment of a height of 24 */
    double r = 0, v = 0;
    for (int k = 0; k < SEGMENTS; k++) {
        double sum = 1e-18, weighted = 0;
        for (int j = 0; j < ROWS; j++) {
            const int from_far = far_end ? j : ROWS - 1 - j;
            if (from_far / 6 != k) /* (24 - 23) / 2 = 0 idle cells before the first */
                continue;
            const double plus = 1e-5 * fmax((double)w[j], 0), minus = 1e-5 * fmax(-(double)w[j], 0);
            const bool on = fabs((double)x[j]) > time;
            const double swing = on ? (x[j] > 0 ? 0.2 : -0.2) : 0;
            sum += plus + minus;
            weighted += plus * (common + swing) + minus * (common - swing);
        }
        const double own = 1 / sum, of_segment = weighted / sum;
        if (k == 0) {
            r = own;
            v = of_segment;
        } else {
            const double before = r + r_segment, both = before * own / (before + own);
            v = (v / before + of_segment / own) * both;
            r = both;
        }
    }
    return (v - (common + 0.003)) / (r + r_segment / 2);
}

START_TEST(time_sliced_against_time_steps)
{
    float w[3 * ROWS], x[ROWS], y[3];
    aimct_fill(w, 3 * ROWS, 8);
    aimct_fill(x, ROWS, 9);
    aimc_tile *tile =
        aimct_tile(ctx, w, 3, ROWS,
                   SETTINGS(BARE, "g_max=1e-5", "wires.model=TIME_SLICED", "wires.r_out=150",
                            "wires.segments=4", "wires.height=24", "wires.v_sense_offset=0.003"));
    OK(aimc_tile_forward(tile, 1, x, ROWS, y, 3));
    aimc_tile_destroy(tile);
    for (int i = 0; i < 3; i++) {
        double charge = 0;
        for (int t = 0; t < STEPS; t++)
            charge += column_current(w + i * ROWS, x, i % 2, (t + 0.5) / STEPS) / STEPS;
        /* 23 inputs, each rounded to half a step of time */
        NEAR((double)y[i], charge / (0.2 * 1e-5), 23.0 / 2 / STEPS);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ladder");
    TCase *c = aimct_case(s, "time-sliced array");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, time_sliced_against_time_steps);
    return aimct_main(s);
}
