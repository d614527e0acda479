/* SPDX-License-Identifier: MIT */
/* Training algorithms: the deterministic traces of training.md 9.1, its traps (section 11), save
 * and resume, bad settings. */

#include "optimizer/transfer.h"
#include "portable.h"
#include "training_bench.h"

static aimci_transfer *engine(const bench *b)
{
    return b->opt->state;
}

/* Time passes: n vectors without a gradient; transfers happen. */
static void idle(bench *b, size_t n)
{
    float x[64] = {0}, d[64] = {0};
    for (size_t k = 0; k < n; k++)
        OK(aimc_optimizer_step(b->opt, 1, x, 64, d, 64, 1));
}

/* ---- TTv1 ----------------------------------------------------------------------------------- */

/* D6: A = M, a multiple of g; after one sweep C = M, and W = (1 + gamma) M; columns and rows
 * alike. */
START_TEST(one_sweep_copies_the_fast_array)
{
    enum { O = 3, I = 5 };
    float m[O * I], w[O * I];
    for (int k = 0; k < O * I; k++)
        m[k] = 0.01f * (float)(k - 6);
    for (int rows = 0; rows < 2; rows++) {
        /* longer trains than any entry asks for; every line is always on, so that the largest is
         * exact and others are not: mean count is exact for all */
        const char *const settings[] = {"units_in_mbatch",
                                        "false",
                                        "transfer_columns",
                                        rows ? "false" : "true",
                                        "gamma",
                                        "0.5",
                                        "transfer_update.pulse_type",
                                        "DETERMINISTIC_IMPLICIT",
                                        NULL};
        bench b = open_bench("tiki_taka", 0.01, O, I, settings);
        aimci_array_set(engine(&b)->arrays[0], m, I, NULL);
        idle(&b, rows ? O : I);
        OK(aimc_tile_get_parameter(b.tile, "max_bound", w, I));
        aimci_array_get(b.tile->array, b.tile->array->w, w, I);
        for (int k = 0; k < O * I; k++)
            ck_assert_msg(fabsf(w[k] - m[k]) < 1e-5f, "rows %d: C[%d] = %g, A = %g", rows, k,
                          (double)w[k], (double)m[k]);
        OK(aimc_tile_get_weights(b.tile, w, I));
        for (int k = 0; k < O * I; k++)
            ck_assert(fabsf(w[k] - 1.5f * m[k]) < 2e-5f);
        close_bench(&b);
    }
}
END_TEST

/* D7, trap 8: three arrays, 6 inputs, 2 reads: the second hop's period is in_size / n_reads = 3
 * vectors. */
START_TEST(higher_hops_wait_for_a_sweep)
{
    const char *const settings[] = {"units_in_mbatch",      "false", "n_arrays", "3",
                                    "n_reads_per_transfer", "2",     NULL};
    bench b = open_bench("tiki_taka", 0.01, 4, 6, settings);
    idle(&b, 6);
    aimc_optimizer_stats stats = {.struct_size = sizeof stats};
    OK(aimc_optimizer_get_stats(b.opt, &stats));
    ck_assert_uint_eq(stats.transfers, 6 + 2);
    ck_assert_uint_eq(stats.reads, 2 * (6 + 2));
    close_bench(&b);
}
END_TEST

/* Trap 9: with_reset_prob resets exactly the slice that was read. */
START_TEST(reset_touches_only_the_slice_read)
{
    float m[8];
    for (int k = 0; k < 8; k++)
        m[k] = 0.5f;
    const char *const settings[] = {
        "units_in_mbatch", "false", "with_reset_prob", "1", "n_reads_per_transfer", "2", NULL};
    bench b = open_bench("tiki_taka", 0.01, 2, 4, settings);
    aimci_array_set(engine(&b)->arrays[0], m, 4, NULL);
    idle(&b, 1);
    aimci_array_get(b.tile->array, engine(&b)->arrays[0]->w, m, 4);
    for (int k = 0; k < 8; k++)
        ck_assert(k % 4 < 2 ? fabsf(m[k]) < 0.1f : m[k] == 0.5f);
    aimci_array_get(b.tile->array, b.tile->array->w, m, 4);
    ck_assert(m[0] > 0.1f && m[1] > 0.1f && m[2] == 0 &&
              m[3] == 0); /* both were read before their reset */
    close_bench(&b);
}
END_TEST

/* Trap 1: gradient pulses are counted in the fast array's own granularity. */
START_TEST(each_array_counts_in_its_own_granularity)
{
    const char *const settings[] = {"separate_fast_device",
                                    "true",
                                    "fast_device",
                                    "constant_step",
                                    "fast_device.dw_min",
                                    "0.1",
                                    "fast_device.dw_min_std",
                                    "0",
                                    "fast_device.dw_min_dtod",
                                    "0",
                                    "fast_device.w_max",
                                    "100",
                                    "fast_device.w_min",
                                    "-100",
                                    "fast_device.w_max_dtod",
                                    "0",
                                    "fast_device.w_min_dtod",
                                    "0",
                                    "fast_device.up_down_dtod",
                                    "0",
                                    "transfer_every",
                                    "1000000000",
                                    NULL};
    bench b = open_bench("c_ttv2", 0.001, 1, 1, settings);
    const float x = 1, d = -1;
    for (int k = 0; k < 100; k++)
        OK(aimc_optimizer_step(b.opt, 1, &x, 1, &d, 1, 1));
    /* fast_lr 1: a step of 1 = 10 pulses of .1, the largest product is exact */
    ck_assert(fabsf(matrix_at(&b, "fast0", 0) - 100.0f) < 1e-3f);
    close_bench(&b);
}
END_TEST

/* ---- TTv2 ----------------------------------------------------------------------------------- */

/* D8: z = .03, eta = 1, theta = .01, one pulse: forget with momentum .1 leaves .003, keep leaves
 * .021. */
START_TEST(buffer_forgets_or_keeps)
{
    for (int keep = 0; keep < 2; keep++) {
        const char *const settings[] = {
            "units_in_mbatch",       "false", "momentum", "0.1", "forget_buffer",
            keep ? "false" : "true", NULL};
        bench b = open_bench("ttv2", 0.01, 1, 1, settings);
        const float a = 0.03f;
        float c;
        aimci_array_set(engine(&b)->arrays[0], &a, 1, NULL);
        idle(&b, 1);
        ck_assert(fabsf(matrix_at(&b, "buffer0", 0) - (keep ? 0.021f : 0.003f)) < 1e-6f);
        OK(aimc_tile_get_weights(b.tile, &c, 1));
        ck_assert(fabsf(c - 0.01f) < 1e-6f);
        close_bench(&b);
    }
}
END_TEST

/* Trap 7: with more than one pulse allowed, exactly the counted ones are sent, not sqrt of them. */
START_TEST(several_pulses_are_all_sent)
{
    const char *const settings[] = {"units_in_mbatch", "false", "transfer_update.desired_bl", "4",
                                    NULL};
    bench b = open_bench("ttv2", 0.01, 1, 1, settings);
    const float a = 0.035f;
    float c;
    aimci_array_set(engine(&b)->arrays[0], &a, 1, NULL);
    idle(&b, 1);
    OK(aimc_tile_get_weights(b.tile, &c, 1));
    ck_assert(fabsf(c - 0.03f) < 1e-6f);
    aimc_optimizer_stats stats = {.struct_size = sizeof stats};
    OK(aimc_optimizer_get_stats(b.opt, &stats));
    ck_assert_uint_eq(stats.slow_up, 3);
    ck_assert_uint_eq(stats.crossings, 1);
    ck_assert_uint_eq(stats.clipped, 0);
    close_bench(&b);
}
END_TEST

/* D18: five readings worth .2 are one pulse, whatever floats make of it. */
START_TEST(five_fifths_are_one)
{
    const char *const settings[] = {"units_in_mbatch", "false", NULL};
    bench b = open_bench("ttv2", 0.01, 1, 1, settings);
    const float a = 0.002f;
    float c;
    aimci_array_set(engine(&b)->arrays[0], &a, 1, NULL);
    idle(&b, 4);
    OK(aimc_tile_get_weights(b.tile, &c, 1));
    ck_assert(c == 0);
    idle(&b, 1);
    OK(aimc_tile_get_weights(b.tile, &c, 1));
    ck_assert(fabsf(c - 0.01f) < 1e-6f);
    close_bench(&b);
}
END_TEST

/* Trap 16: setting weights starts everything else again. */
START_TEST(setting_weights_resets_the_state)
{
    const char *const settings[] = {"units_in_mbatch", "false", NULL};
    bench b = open_bench("agad", 0.01, 1, 1, settings);
    const float a = 0.002f, w = 0.25f;
    float got;
    aimci_array_set(engine(&b)->arrays[0], &a, 1, NULL);
    idle(&b, 3);
    ck_assert(matrix_at(&b, "mean0", 0) != 0);
    OK(aimc_tile_set_weights(b.tile, &w, 1));
    ck_assert(matrix_at(&b, "fast0", 0) == 0 && matrix_at(&b, "mean0", 0) == 0 &&
              matrix_at(&b, "buffer0", 0) == 0);
    OK(aimc_tile_get_weights(b.tile, &got, 1));
    ck_assert(got == w);
    close_bench(&b);
}
END_TEST

/* ---- choppers ------------------------------------------------------------------------------- */

/* D9: scales of the chopped threshold. */
START_TEST(chopped_gains)
{
    double averages[AIMCI_N_AVERAGES] = {0, 0, 0.2};
    aimci_transfer e = {
        .in_size = 20, .granularity = {0.1, 0.05}, .averages = averages, .lr = 0.01};
    e.params = (aimci_transfer_params){.transfer_lr = 1,
                                       .scale_transfer_lr = true,
                                       .transfer_every = 1,
                                       .buffer_granularity = 1,
                                       .auto_granularity = 200};
    ck_assert_double_eq_tol(aimci_transfer_gain(&e), 0.01, 1e-12);
    e.params.correct_gradient_magnitudes = true;
    ck_assert_double_eq_tol(aimci_transfer_gain(&e), 0.1, 1e-12);
}
END_TEST

/* D10: first maxima are taken as they are, then follow with (1 - a) / m; zero vectors are
 * ignored. */
START_TEST(automatic_scale_follows_the_maxima)
{
    const char *const settings[] = {"auto_scale",     "true",       "fast_lr", "0.5",
                                    "transfer_every", "1000000000", NULL};
    bench b = open_bench("c_ttv2", 0.002, 1, 1, settings);
    const float one = 1, d = 0.1f;
    float two[10], zero[10] = {0}, ds[10];
    OK(aimc_optimizer_step(b.opt, 1, &one, 1, &d, 1, 1));
    ck_assert_double_eq_tol(engine(&b)->averages[AIMCI_RATE], 0.5 * 31 * 0.002 / (1 * (double)d),
                            1e-6);
    for (int k = 0; k < 10; k++) {
        two[k] = 2;
        ds[k] = d;
    }
    OK(aimc_optimizer_step(b.opt, 10, zero, 1, ds, 1, 1));
    ck_assert_double_eq_tol(engine(&b)->averages[AIMCI_MEAN_X], 1, 1e-9);
    OK(aimc_optimizer_step(b.opt, 1, two, 1, ds, 1, 1));
    ck_assert_double_eq_tol(engine(&b)->averages[AIMCI_MEAN_X], 1 + 0.01 * 1, 1e-9);
    two[1] = 0;
    OK(aimc_optimizer_step(b.opt, 10, two, 1, ds, 1, 1));
    ck_assert_double_eq_tol(engine(&b)->averages[AIMCI_MEAN_X], 2 - 0.99 * pow(0.999, 9), 1e-6);
    close_bench(&b);
}
END_TEST

/* D11, trap 2: fixed random signs give A turned element by element, and the same H, C and W, also
 * for gamma > 0 on a tile that is not square, in both directions of reading. */
START_TEST(choppers_are_undone_exactly)
{
    enum { O = 3, I = 5 };
    for (int rows = 0; rows < 2; rows++) {
        float a[2][O * I], h[2][O * I], w[2][O * I];
        int32_t in[2][O + I], out[2][O + I];
        for (int turned = 0; turned < 2; turned++) {
            const char *const settings[] = {
                "in_chop_prob",          "0", "gamma", "0.3", "fast_lr", "0.1", "transfer_columns",
                rows ? "false" : "true", NULL};
            bench b = open_bench("c_ttv2", 0.01, O, I, settings);
            aimci_transfer *e = engine(&b);
            uint64_t seed = 5;
            for (size_t s = 0; s < e->in_size; s++)
                in[turned][s] = e->chop_in[s] = turned && aimct_next(&seed) & 1 ? -1 : 0;
            for (size_t r = 0; r < e->out_size; r++)
                out[turned][r] = e->chop_out[r] = turned && aimct_next(&seed) & 1 ? -1 : 0;
            for (int k = 0; k < 60; k++) {
                float x[I], d[O];
                aimct_fill(x, I, 100 + (uint64_t)k);
                aimct_fill(d, O, 200 + (uint64_t)k);
                OK(aimc_optimizer_step(b.opt, 1, x, I, d, O, 1));
            }
            OK(aimc_optimizer_get_matrix(b.opt, "fast0", a[turned], I));
            OK(aimc_optimizer_get_matrix(b.opt, "buffer0", h[turned], I));
            OK(aimc_tile_get_weights(b.tile, w[turned], I));
            close_bench(&b);
        }
        for (int i = 0; i < O; i++)
            for (int j = 0; j < I; j++) {
                const int k = i * I + j;
                const int sign = (rows ? in[1][i] ^ out[1][j] : in[1][j] ^ out[1][i]) ? -1 : 1;
                ck_assert_msg(fabsf(a[1][k] - (float)sign * a[0][k]) < 1e-5f, "rows %d A[%d][%d]",
                              rows, i, j);
                ck_assert(fabsf(h[0][k] - h[1][k]) < 1e-3f);
                ck_assert(fabsf(w[0][k] - w[1][k]) < 1e-5f);
            }
    }
}
END_TEST

/* D12: regular flips come every max(ceil(1/p), 2) sweeps, for all slices in the same one; random
 * ones with probability p. */
START_TEST(choppers_turn_when_they_should)
{
    enum { I = 4, SWEEPS = 5000 };
    const char *const regular[] = {"in_chop_prob", "0.3", "in_chop_random", "false", NULL};
    bench b = open_bench("c_ttv2", 0.01, 2, I, regular);
    int32_t last = 0;
    for (int sweep = 0; sweep < 40; sweep++) {
        idle(&b, I);
        for (int s = 0; s < I; s++)
            ck_assert_int_eq(engine(&b)->chop_in[s], engine(&b)->chop_in[0]);
        ck_assert_int_eq(engine(&b)->chop_in[0] != last, sweep % 4 == 3);
        last = engine(&b)->chop_in[0];
    }
    close_bench(&b);
    const char *const random[] = {"in_chop_prob", "0.1", NULL};
    b = open_bench("c_ttv2", 0.01, 2, I, random);
    int flips = 0;
    int32_t before[I] = {0};
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        idle(&b, I);
        for (int s = 0; s < I; s++) {
            flips += engine(&b)->chop_in[s] != before[s];
            before[s] = engine(&b)->chop_in[s];
        }
    }
    const double n = SWEEPS * I;
    ck_assert(fabs(flips - 0.1 * n) < 5 * sqrt(n * 0.1 * 0.9));
    close_bench(&b);
}
END_TEST

/* D13: the trace of one cell. N = 2, beta = .5, h = 1. */
START_TEST(agad_follows_its_trace)
{
    const float reads[] = {0.1f, 0.2f, 0.1f, 0.0f, 0.3f};
    const double terms[] = {0.1, 0.2, 0.025, 0.125, 0.24375},
                 mean[] = {0.05, 0.125, 0.1125, 0.05625, 0.178125};
    const double reference[] = {0, 0, 0.125, 0.125, 0.05625};
    const int32_t chopper[] = {0, -1, -1, 0, 0};
    const char *const settings[] = {
        "in_chop_prob", "0.5", "tail_weightening", "1", "buffer_granularity", "100", NULL};
    bench b = open_bench("agad", 0.01, 1, 1, settings);
    double h = 0;
    for (int k = 0; k < 5; k++) {
        aimci_array_set(engine(&b)->arrays[0], &reads[k], 1, NULL);
        idle(&b, 1);
        h += terms[k];
        ck_assert_double_eq_tol((double)matrix_at(&b, "buffer0", 0), h, 1e-6);
        ck_assert_double_eq_tol((double)matrix_at(&b, "mean0", 0), mean[k], 1e-6);
        ck_assert_double_eq_tol((double)matrix_at(&b, "reference0", 0), reference[k], 1e-6);
        ck_assert_int_eq(engine(&b)->chop_in[0], chopper[k]);
    }
    close_bench(&b);
}
END_TEST

/* D14: an offset on every reading changes nothing once the first phase has measured it. */
START_TEST(agad_does_not_see_a_constant_offset)
{
    double gained[2][40];
    for (int shifted = 0; shifted < 2; shifted++) {
        const char *const settings[] = {
            "in_chop_prob", "0.25", "tail_weightening", "4", "buffer_granularity", "100000", NULL};
        bench b = open_bench("agad", 0.01, 1, 1, settings);
        uint64_t seed = 8;
        double last = 0;
        for (int k = 0; k < 40; k++) {
            const float z = aimct_uniform(&seed) + (shifted ? 0.75f : 0.0f);
            aimci_array_set(engine(&b)->arrays[0], &z, 1, NULL);
            idle(&b, 1);
            const double now = (double)matrix_at(&b, "buffer0", 0);
            gained[shifted][k] = now - last;
            last = now;
        }
        close_bench(&b);
    }
    for (int k = 4; k < 40; k++)
        ck_assert_double_eq_tol(gained[0][k], gained[1][k], 3e-9);
}
END_TEST

/* ---- all algorithms ------------------------------------------------------------------------- */

/* With their defaults, then with what seldom is used. */
static const struct {
    const char *name, *json;
} algorithms[] = {
    {"sgd", "{}"},
    {"tiki_taka", "{}"},
    {"ttv2", "{}"},
    {"c_ttv2", "{}"},
    {"agad", "{}"},
    {"mixed_precision", "{}"},
    {"mixed_precision_int", "{}"},
    {"tiki_taka", "{\"random_selection\": true, \"transfer_every_vec\": [3]}"},
    {"ttv2", "{\"transfer_lr\": 100, \"step\": 0.5}"},
    {"ttv2", "{\"transfer_lr\": 100, \"step\": 0.5, \"write_mode\": \"TRAINS\"}"},
    {"c_ttv2", "{\"out_chop_prob\": 0.3}"},
    {"mixed_precision", "{\"momentum\": 0.5, \"weight_decay\": 0.01}"},
    {"mixed_precision", "{\"n_rows_per_transfer\": 5, \"random_row\": true}"},
};
enum { N_DEFAULTS = 7, N_ALGORITHMS = 13, RO = 18, RI = 21, RN = 13 };

static void train(aimc_optimizer *opt, int from, int to)
{
    static float x[RN * RI], d[RN * RO];
    for (int k = from; k < to; k++) {
        aimct_fill(x, RN * RI, 300 + (uint64_t)k);
        aimct_fill(d, RN * RO, 400 + (uint64_t)k);
        OK(aimc_optimizer_step(opt, RN, x, RI, d, RO, 0.05));
    }
}

static aimc_optimizer *bind(aimc_context *ctx, aimc_tile *tile, int which)
{
    aimc_config *c;
    aimc_optimizer *opt;
    OK(aimc_config_create(ctx, algorithms[which].name, &c));
    if (aimc_config_get_nested(c, "transfer_forward")) {
        OK(aimc_config_set(c, "units_in_mbatch", 0));
        OK(aimc_config_set(c, "gamma", 0.1));
    }
    OK(aimc_config_parse(c, algorithms[which].json));
    OK(aimc_optimizer_create(tile, NULL, c, &opt));
    aimc_config_destroy(c);
    return opt;
}

static void whole_run(int which, uint32_t threads, float *w)
{
    aimc_context *ctx = aimct_context(threads, 0, 6);
    aimc_device *device = aimct_device(ctx, "reram_sb", NULL);
    aimc_tile *tile;
    OK(aimc_tile_create(device, RO, RI, NULL, &tile));
    aimc_optimizer *opt = bind(ctx, tile, which);
    train(opt, 0, 6);
    OK(aimc_tile_get_weights(tile, w, RI));
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

/* D17 */
START_TEST(threads_do_not_matter)
{
    float one[RO * RI], many[RO * RI];
    whole_run(_i, 1, one);
    for (uint32_t threads = 2; threads <= 7; threads += 5) {
        whole_run(_i, threads, many);
        ck_assert_msg(memcmp(one, many, sizeof one) == 0, "%s with %u threads", algorithms[_i].name,
                      threads);
    }
}
END_TEST

/* Or the test above would say nothing of them. */
START_TEST(options_change_the_run)
{
    float one[RO * RI], other[RO * RI];
    int before = _i - 1;
    while (strcmp(algorithms[before].name, algorithms[_i].name) != 0)
        before--;
    whole_run(before, 1, one);
    whole_run(_i, 1, other);
    ck_assert_msg(memcmp(one, other, sizeof one) != 0, "%s", algorithms[_i].json);
}
END_TEST

START_TEST(saved_and_resumed_is_the_same_run)
{
    float one[RO * RI], two[RO * RI];
    char path[] = "t_training.XXXXXX";
    close(mkstemp(path));
    whole_run(_i, 1, one);
    aimc_context *ctx = aimct_context(1, 0, 6);
    aimc_device *device = aimct_device(ctx, "reram_sb", NULL);
    aimc_tile *tile;
    OK(aimc_tile_create(device, RO, RI, NULL, &tile));
    aimc_optimizer *opt = bind(ctx, tile, _i);
    train(opt, 0, 3);
    OK(aimc_tile_save(tile, path));
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    OK(aimc_tile_load(ctx, path, &tile));
    opt = bind(ctx, tile, _i);
    train(opt, 3, 6);
    OK(aimc_tile_get_weights(tile, two, RI));
    ck_assert_msg(memcmp(one, two, sizeof one) == 0, "%s", algorithms[_i].name);
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    unlink(path);
}
END_TEST

START_TEST(settings_that_cannot_work_are_refused)
{
    const struct {
        const char *algorithm, *field, *text, *part;
    } cases[] = {{"agad", "in_chop_prob", "0", "in_chop_prob is 0"},
                 {"c_ttv2", "transfer_every", "0", "transfer_every is 0"},
                 {"mixed_precision", "n_x_bins", "1", "n_x_bins is 1"},
                 {"tiki_taka", "gamma_vec", "[1, 2, 3]", "3 values for 2 arrays"},
                 {"tiki_taka", "gamma_vec", "[1, 0]", "last value of gamma_vec is 0"}};
    aimc_context *ctx = aimct_context(1, 0, 0);
    aimc_device *device = quiet_device(ctx, 0.01), *ideal = aimct_device(ctx, "ideal", NULL);
    aimc_tile *tile, *exact;
    aimc_optimizer *opt;
    OK(aimc_tile_create(device, 2, 2, NULL, &tile));
    OK(aimc_tile_create(ideal, 2, 2, NULL, &exact));
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_config *c;
        OK(aimc_config_create(ctx, cases[k].algorithm, &c));
        OK(aimc_config_set_text(c, cases[k].field, cases[k].text));
        FAILS(AIMC_ERR_INVALID, cases[k].part, aimc_optimizer_create(tile, NULL, c, &opt));
        aimc_config_destroy(c);
    }
    aimc_config *c;
    OK(aimc_config_create(ctx, "c_ttv2", &c));
    FAILS(AIMC_ERR_INVALID, "out of range [0, 1]", aimc_config_set(c, "in_chop_prob", 1.5));
    FAILS(AIMC_ERR_INVALID, "unknown field 'n_arrays'", aimc_config_set(c, "n_arrays", 1));
    OK(aimc_config_set(c, "transfer_every", -1));
    OK(aimc_config_set(c, "units_in_mbatch", 1));
    FAILS(AIMC_ERR_INVALID, "does not go with units_in_mbatch",
          aimc_optimizer_create(tile, NULL, c, &opt));
    aimc_config_destroy(c);
    FAILS(AIMC_ERR_INVALID, "takes no pulses", aimc_optimizer_create(exact, "agad", NULL, &opt));
    FAILS(AIMC_ERR_INVALID, "takes no pulses",
          aimc_optimizer_create(exact, "mixed-precision", NULL, &opt));
    OK(aimc_optimizer_create(tile, "c-ttv2", NULL,
                             &opt)); /* a hyphen is as good, and the tile is unharmed */
    FAILS(AIMC_ERR_INVALID, "no matrix 'chi'",
          aimc_optimizer_get_matrix(opt, "chi", (float[4]){0}, 2));
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_tile_destroy(exact);
    aimc_device_unref(device);
    aimc_device_unref(ideal);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("training");
    TCase *t = aimct_case(s, "transfer");
    tcase_add_test(t, one_sweep_copies_the_fast_array);
    tcase_add_test(t, higher_hops_wait_for_a_sweep);
    tcase_add_test(t, reset_touches_only_the_slice_read);
    tcase_add_test(t, each_array_counts_in_its_own_granularity);
    tcase_add_test(t, buffer_forgets_or_keeps);
    tcase_add_test(t, several_pulses_are_all_sent);
    tcase_add_test(t, five_fifths_are_one);
    tcase_add_test(t, setting_weights_resets_the_state);
    tcase_add_test(t, chopped_gains);
    tcase_add_test(t, automatic_scale_follows_the_maxima);
    tcase_add_test(t, choppers_are_undone_exactly);
    tcase_add_test(t, choppers_turn_when_they_should);
    tcase_add_test(t, agad_follows_its_trace);
    tcase_add_test(t, agad_does_not_see_a_constant_offset);
    t = aimct_case(s, "all");
    tcase_add_loop_test(t, threads_do_not_matter, 0, N_ALGORITHMS);
    tcase_add_loop_test(t, options_change_the_run, N_DEFAULTS, N_ALGORITHMS);
    tcase_add_loop_test(t, saved_and_resumed_is_the_same_run, 0, N_ALGORITHMS);
    tcase_add_test(t, settings_that_cannot_work_are_refused);
    return aimct_main(s);
}
