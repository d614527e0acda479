/* SPDX-License-Identifier: MIT */
/* Mixed precision, float and integer: what goes into chi, what comes out, when, and what stays. */
#include "optimizer/chi.h"
#include "training_bench.h"

/* D3: chi = (.025, -.013), eps .01: n = (2, -1) leaves (.005, -.003); both write modes,
 * transfer_lr scales the write alone. */
START_TEST(mixed_precision_keeps_the_rest)
{
    const float x = 1, d[2] = {0.025f, -0.013f};
    float w[2];
    for (int half = 0; half < 2; half++) {
        const char *const settings[] = {"transfer_lr", half ? "0.5" : "1", NULL};
        bench b = open_bench("mixed_precision", 0.01, 2, 1, settings);
        OK(aimc_optimizer_step(b.opt, 1, &x, 1, d, 2, 1));
        ck_assert(fabsf(matrix_at(&b, "chi", 0) - 0.005f) < 1e-7f &&
                  fabsf(matrix_at(&b, "chi", 1) + 0.003f) < 1e-7f);
        OK(aimc_tile_get_weights(b.tile, w, 1));
        ck_assert(fabsf(w[0] + (half ? 0.01f : 0.02f)) < 1e-7f);
        close_bench(&b);
    }
}
END_TEST

/* The calendar: every second mini-batch, at its end; rows in turn: 0, 3, 2, 1, 0 for 3 of 4. Trap
 * 19: batch sizes do not matter. */
START_TEST(mixed_precision_calendar)
{
    const char *const settings[] = {"transfer_every", "2", "n_rows_per_transfer", "3", NULL};
    bench b = open_bench("mixed_precision", 0.01, 4, 1, settings);
    const float x[3] = {1, 1, 1}, d[12] = {0};
    const int64_t rows[] = {0, 3, 3, 2, 2, 1, 1, 0};
    aimc_optimizer_stats stats = {.struct_size = sizeof stats};
    for (int k = 0; k < 8; k++) {
        OK(aimc_optimizer_step(b.opt, (size_t)(k % 3 + 1), x, 1, d, 4, 1));
        const aimci_chi *c = b.opt->state;
        ck_assert_int_eq(c->progress[AIMCI_CHI_ROW], rows[k]);
        OK(aimc_optimizer_get_stats(b.opt, &stats));
        ck_assert_uint_eq(stats.transfers, (unsigned)(k + 1) / 2);
    }
    close_bench(&b);
}
END_TEST

/* D4, trap 4: z = (1, -.6, .2), n = 4: width .5, levels (1, -.5, 0); one side quantised, the other
 * not. */
START_TEST(mixed_precision_quantises_one_side)
{
    const char *const settings[] = {"n_x_bins", "4", "n_rows_per_transfer", "0", "stoc_round_x",
                                    "false",    NULL};
    bench b = open_bench("mixed_precision", 0.01, 2, 3, settings);
    const float x[3] = {1, -0.6f, 0.2f}, d[2] = {0.3f, -0.7f};
    const double q[3] = {1, -0.5, 0};
    OK(aimc_optimizer_step(b.opt, 1, x, 3, d, 2, 1));
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++)
            ck_assert_double_eq_tol((double)matrix_at(&b, "chi", i * 3 + j), (double)d[i] * q[j],
                                    1e-6);
    close_bench(&b);
}
END_TEST

/* Trap 5: what a stochastic row cannot carry stays in chi; the largest entry is exact. */
START_TEST(mixed_precision_trains_lose_nothing)
{
    const char *const settings[] = {"write_mode", "TRAINS", "update.desired_bl", "5", NULL};
    bench b = open_bench("mixed_precision", 0.01, 1, 2, settings);
    const float x[2] = {1, 0.5f}, d = 0.2f;
    float w[2];
    OK(aimc_optimizer_step(b.opt, 1, x, 2, &d, 1,
                           1)); /* asks for 20 and 10 pulses; 5 and 2.5 fit */
    OK(aimc_tile_get_weights(b.tile, w, 2));
    ck_assert(fabsf(w[0] + 0.05f) < 1e-6f);
    ck_assert(fabsf(matrix_at(&b, "chi", 0) - 0.15f) < 1e-6f &&
              fabsf(matrix_at(&b, "chi", 1) - 0.075f) < 1e-6f);
    close_bench(&b);
}
END_TEST

/* A gradient of any size: the longest train that a device notices is sent, and chi is charged as if
 * all pulses had been. What is below that is exact, in the same line, with any instruction set. */
START_TEST(mixed_precision_saturates)
{
    enum { CELLS = 9 };
    const uint32_t cpus[] = {AIMC_CPU_C, 0};
    const float x = 1, d[CELLS] = {1e10f, -3e38f, 2e4f, 1, 0.025f, 0, -1e-38f, 1e30f, -0.013f};
    const float ends[CELLS] = {-1000, 1000, -1000, -1, -0.02f, 0, 0, -1000, 0.01f};
    const uint64_t down = 3 * 1000000 + 100 + 2, up = 1000000 + 1;
    for (size_t k = 0; k < 2; k++) {
        aimc_context *ctx = aimct_context(1, cpus[k], 3);
        aimc_device *device = quiet_device(ctx, 0.01); /* of 200000 states */
        aimc_tile *tile = NULL;
        aimc_optimizer *opt = NULL;
        aimc_counters c = {.struct_size = (uint32_t)sizeof c};
        float w[CELLS], chi[CELLS];
        OK(aimc_tile_create(device, CELLS, 1, NULL, &tile));
        OK(aimc_optimizer_create(tile, "mixed_precision", NULL, &opt));
        OK(aimc_optimizer_step(opt, 1, &x, 1, d, CELLS, 1));
        OK(aimc_tile_get_counters(tile, &c));
        ck_assert_uint_eq(c.pulses_down, down);
        ck_assert_uint_eq(c.pulses_up, up);
        OK(aimc_tile_get_weights(tile, w, 1));
        OK(aimc_optimizer_get_matrix(opt, "chi", chi, 1));
        for (size_t i = 0; i < CELLS; i++) {
            NEAR(w[i], ends[i], 1e-3);
            NEAR(chi[i],
                 i == 4   ? 0.005
                 : i == 8 ? -0.003
                          : 0,
                 fabsf(d[i]) < 1e9f ? 1e-7 + 2e-6 * fabs((double)d[i]) : 0);
        }
        aimc_optimizer_destroy(opt);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
        aimc_context_destroy(ctx);
    }
}
END_TEST

/* D5: M_d .01, M_x 1, eps .001, lr .1: theta 2; chi 5 gives n 2 and leaves 1, or 3 with momentum
 * .5. Trap 6: one width. */
START_TEST(integer_mixed_precision_counts)
{
    for (int momentum = 0; momentum < 2; momentum++) {
        const char *const settings[] = {"momentum_chi", momentum ? "0.5" : "0", "transfer_every",
                                        "1", NULL};
        bench b = open_bench("mixed_precision_int", 0.001, 1, 1, settings);
        float x[3] = {1, 1, 0.5f}, d[3] = {0.01f, 0.01f, 0.01f};
        /* q_x = 2, 2, 1 and q_d = 1: chi 5; all maxima stay at 1 and .01 but the last, which
         * follows to .95 */
        aimci_chi *c = b.opt->state;
        c->chi[0] = 3;
        OK(aimc_optimizer_step(b.opt, 1, x, 1, d, 1, 0.1));
        ck_assert_msg(fabsf(matrix_at(&b, "chi", 0) - (momentum ? 3.0f : 1.0f)) < 1e-6f, "chi %g",
                      (double)matrix_at(&b, "chi", 0));
        float w;
        OK(aimc_tile_get_weights(b.tile, &w, 1));
        ck_assert(fabsf(w + 0.002f) < 1e-7f);
        close_bench(&b);
    }
}
END_TEST

/* Trap 20: momentum and weight decay do reach analog weights, through chi. */
START_TEST(momentum_and_decay_reach_the_devices)
{
    const char *const settings[] = {"momentum", "0.5", "weight_decay", "0.1", NULL};
    bench b = open_bench("mixed_precision", 0.0001, 1, 1, settings);
    const float x = 1, d = -1, w0 = 0.5f;
    double w = 0.5, v = 0;
    float got;
    OK(aimc_tile_set_weights(b.tile, &w0, 1));
    for (int k = 0; k < 10; k++) {
        OK(aimc_optimizer_step(b.opt, 1, &x, 1, &d, 1, 0.1));
        v = 0.5 * v - 1;
        w -= 0.1 * (v + 0.1 * w);
        OK(aimc_tile_get_weights(b.tile, &got, 1));
        ck_assert_double_eq_tol((double)got, w, 3e-4);
    }
    close_bench(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mixed precision");
    TCase *t = aimct_case(s, "mixed precision");
    tcase_add_test(t, mixed_precision_keeps_the_rest);
    tcase_add_test(t, mixed_precision_calendar);
    tcase_add_test(t, mixed_precision_quantises_one_side);
    tcase_add_test(t, mixed_precision_trains_lose_nothing);
    tcase_add_test(t, mixed_precision_saturates);
    tcase_add_test(t, integer_mixed_precision_counts);
    tcase_add_test(t, momentum_and_decay_reach_the_devices);
    return aimct_main(s);
}
