/* SPDX-License-Identifier: MIT */
/* Unit cells: which device takes the pulses, what a set weight means, zero shifting, training,
 * resuming. Their refresh: t_refresh.c. */

#include "device/device_test.h"
#include "fail_alloc.h"
#include "portable.h"
#include "test_util.h"

#define PLAIN                                                                                      \
    "\"dw_min_std\": 0, \"dw_min_dtod\": 0, \"up_down_dtod\": 0, \"w_max_dtod\": 0, "              \
    "\"w_min_dtod\": 0, \"w_max\": 1, \"w_min\": -1"
#define CONSTANT(dw) "{\"kind\": \"constant_step\", \"dw_min\": " dw ", " PLAIN "}"

static float hidden(const aimc_tile *tile, int member, size_t at)
{
    char name[32];
    snprintf(name, sizeof name, "hidden_weights_%d", member);
    float *w = sampled(tile, name);
    const float value = w[at];
    free(w);
    return value;
}

/* ---- policies ------------------------------------------------------------------------------- */

/* T-29: with all devices pulsed the cell moves by a whole step, with one of n by 1/n. */
START_TEST(policies_choose_the_devices)
{
    static const char *const policies[] = {"ALL", "SINGLE_FIXED", "SINGLE_SEQUENTIAL",
                                           "SINGLE_RANDOM"};
    enum { N = 3000 };
    aimc_context *ctx = test_context(0);
    for (int policy = 0; policy < 4; policy++) {
        char json[512];
        snprintf(
            json, sizeof json,
            "{\"n_devices\": 3, \"device\": " CONSTANT("0.0001") ", \"update_policy\": \"%s\", "
                                                                 "\"first_update_idx\": 1}",
            policies[policy]);
        aimc_tile *tile = test_tile(ctx, "vector_cell", json, 2, 2, 1);
        pulse_all(tile, 1);
        if (policy == 2) /* the index advances before it is used */
            ck_assert(hidden(tile, 0, 0) == 0 && hidden(tile, 1, 0) == 0 && hidden(tile, 2, 0) > 0);
        for (int k = 1; k < N; k++)
            pulse_all(tile, 1);
        double turns[3];
        for (int k = 0; k < 3; k++) {
            turns[k] = (double)hidden(tile, k, 0) / 0.0001;
            ck_assert(hidden(tile, k, 3) == hidden(tile, k, 0)); /* one choice for the tile */
        }
        const double expected[4][3] = {{N, N, N}, {0, N, 0}, {N / 3, N / 3, N / 3}, {0, 0, 0}};
        for (int k = 0; k < 3 && policy < 3; k++)
            ck_assert_msg(fabs(turns[k] - expected[policy][k]) < 0.5, "%s: device %d: %g",
                          policies[policy], k, turns[k]);
        for (int k = 0; k < 3 && policy == 3; k++) /* binomial */
            ck_assert(fabs(turns[k] - N / 3.0) < 5 * sqrt(N * 2.0 / 9));
        float w[4];
        weights_of(tile, w);
        ck_assert_double_eq_tol((double)w[0], 0.0001 * (policy ? N / 3.0 : N), 1e-5);
        aimc_counters counters = {.struct_size = sizeof counters};
        must(aimc_tile_get_counters(tile, &counters));
        ck_assert_uint_eq(counters.pulses_up, 4u * N * (policy ? 1 : 3));
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* A share below 0 is raised by what lowers the cell; noise of the devices is independent. */
START_TEST(shares_add_up)
{
    aimc_context *ctx = test_context(0);
    aimc_tile *tile =
        test_tile(ctx, "vector_cell",
                  "{\"n_devices\": 2, \"separate_devices\": true, \"gamma_vec\": [1, -0.25], "
                  "\"device\": " CONSTANT("0.01") ", \"device_1\": " CONSTANT("0.02") "}",
                  1, 1, 1);
    pulse_all(tile, 3);
    NEAR(hidden(tile, 0, 0), 0.03f, 1e-6f);
    NEAR(hidden(tile, 1, 0), -0.06f, 1e-6f);
    NEAR(first_weight(tile), 0.045f, 1e-6f);
    aimc_tile_destroy(tile);
    enum { SIDE = 200 };
    tile = test_tile(ctx, "vector_cell",
                     "{\"device\": {\"dw_min_dtod\": 0, \"up_down_dtod\": 0, \"dw_min_std\": 0.5}}",
                     SIDE, SIDE, 2);
    pulse_all(tile, 16);
    float *a = sampled(tile, "hidden_weights_0"), *b = sampled(tile, "hidden_weights_1");
    const moments ma = moments_of(a, SIDE * SIDE), mb = moments_of(b, SIDE * SIDE);
    check_var(ma, 16 * 0.25e-6);
    check_var(mb, 16 * 0.25e-6);
    ck_assert(fabs(covariance_of(a, b, SIDE * SIDE)) < 5 * sqrt(ma.var * mb.var) / SIDE);
    free(a);
    free(b);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* compensate_lr: the mean change is the learning rate's, whatever the policy (G-13 without it). */
START_TEST(compensation_restores_the_rate)
{
    aimc_context *ctx = test_context(0);
    for (int compensate = 0; compensate < 2; compensate++) {
        char json[512];
        snprintf(json, sizeof json,
                 "{\"n_devices\": 4, \"update_policy\": \"SINGLE_SEQUENTIAL\", \"compensate_lr\": "
                 "%s, \"device\": " CONSTANT("0.0005") "}",
                 compensate ? "true" : "false");
        aimc_tile *tile = test_tile(ctx, "vector_cell", json, 1, 1, 1);
        aimc_optimizer *optimizer = NULL;
        must(aimc_optimizer_create(tile, "sgd", NULL, &optimizer));
        const float x = 1, d = -1;
        for (int k = 0; k < 40; k++) /* .01 = 20 pulses or 80 of a longest train of 31 */
            must(aimc_optimizer_step(optimizer, 1, &x, 1, &d, 1, compensate ? 0.003 : 0.01));
        ck_assert_double_eq_tol((double)first_weight(tile), compensate ? 0.12 : 0.1, 1e-5);
        aimc_optimizer_destroy(optimizer);
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- weights -------------------------------------------------------------------------------- */

/* What is set is the weight of the cell, also where a reference is subtracted. */
START_TEST(set_weights_are_those_of_the_cell)
{
    static const char *const cells[] = {
        "vector_cell",
        "{\"device\": " CONSTANT("0.01") "}",
        "vector_cell",
        "{\"device\": " CONSTANT("0.01") ", \"gamma_vec\": [0.7, 0.1]}",
        "vector_cell",
        "{\"device\": " CONSTANT("0.01") ", \"update_policy\": \"SINGLE_FIXED\"}",
        "reference_cell",
        "{\"device\": " CONSTANT("0.01") "}",
        "one_sided_cell",
        "{\"device\": " CONSTANT("0.01") "}",
        "one_sided_cell",
        "{\"device\": " CONSTANT("0.01") ", \"copy_inverted\": true}",
        "vector_cell",
        "{\"device\": {\"kind\": \"one_sided_cell\", \"device\": " CONSTANT("0.01") "}}"};
    const float w[4] = {0.3f, -0.2f, 0, 0.5f}, r[4] = {0.1f, 0.2f, -0.3f, 0};
    aimc_context *ctx = test_context(0);
    for (size_t k = 0; k < sizeof cells / sizeof cells[0]; k += 2) {
        aimc_tile *tile = test_tile(ctx, cells[k], cells[k + 1], 2, 2, 1);
        float got[4];
        if (strcmp(cells[k], "reference_cell") == 0) {
            must(aimc_tile_set_parameter(tile, "hidden_weights_1", r, 2));
            weights_of(tile, got);
            for (int i = 0; i < 4; i++)
                NEAR(got[i], -r[i], 1e-6f);
        }
        must(aimc_tile_set_weights(tile, w, 2));
        weights_of(tile, got);
        for (int i = 0; i < 4; i++)
            ck_assert_msg(fabsf(got[i] - w[i]) < 1e-6f, "%s %s: %g", cells[k], cells[k + 1],
                          (double)got[i]);
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- one-sided pairs ------------------------------------------------------------------------ */

/* T-30, G-8: both devices only ever go up, and w is their difference; a mirrored second device is
 * the same weight with the down characteristic. */
START_TEST(one_sided_devices_go_one_way)
{
    enum { SIDE = 20, N = SIDE * SIDE };
    aimc_context *ctx = test_context(0);
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        aimc_tile *tile = test_tile(ctx, "one_sided_cell",
                                    mirrored ? "{\"copy_inverted\": true, \"device\": {\"kind\": "
                                               "\"linear_step\", \"dw_min\": 0.01, "
                                               "\"dw_min_std\": 0}}"
                                             : "{\"device\": {\"kind\": \"linear_step\", "
                                               "\"dw_min\": 0.01, \"dw_min_std\": 0}}",
                                    SIDE, SIDE, 1);
        float *plus = sampled(tile, "hidden_weights_0"), *minus = sampled(tile, "hidden_weights_1");
        float w[N];
        for (int k = 0; k < 30; k++) {
            pulse_all(tile, k % 3 ? 1 : -1);
            float *p = sampled(tile, "hidden_weights_0"), *m = sampled(tile, "hidden_weights_1");
            weights_of(tile, w);
            for (int i = 0; i < N; i++) {
                ck_assert(p[i] >= plus[i] && (mirrored ? m[i] <= minus[i] : m[i] >= minus[i]));
                ck_assert(k % 3 ? m[i] == minus[i] : p[i] == plus[i]);
                NEAR(w[i], mirrored ? p[i] + m[i] : p[i] - m[i], 1e-6f);
            }
            free(plus);
            free(minus);
            plus = p;
            minus = m;
        }
        aimc_counters counters = {.struct_size = sizeof counters};
        must(aimc_tile_get_counters(tile, &counters));
        ck_assert_uint_eq(counters.pulses_up, (mirrored ? 20u : 30u) * N);
        ck_assert_uint_eq(counters.pulses_down, (mirrored ? 10u : 0u) * N);
        free(plus);
        free(minus);
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- zero shifting -------------------------------------------------------------------------- */

/* Asymmetric soft bounds have their symmetry point away from 0; after the call it is at 0. */
START_TEST(shifting_puts_the_symmetry_point_at_zero)
{
    enum { SIDE = 16, N = SIDE * SIDE };
/* spreads so small that every cell gets there and every reference can hold it */
#define ASYMMETRIC                                                                                 \
    "\"dw_min\": 0.01, \"dw_min_std\": 0, \"up_down\": 0.3, \"up_down_dtod\": 0.1, "               \
    "\"dw_min_dtod\": 0.1, \"w_max_dtod\": 0.1, \"w_min_dtod\": 0.1"
    static const char *const devices[][2] = {
        {"reference_cell", "{\"device\": {" ASYMMETRIC "}}"},
        {"reference_cell", "{\"shift_pairs\": 2000, \"device\": {" ASYMMETRIC "}}"},
        {"soft_bounds_reference", "{" ASYMMETRIC "}"}};
    aimc_context *ctx = test_context(0);
    for (int k = 0; k < 3; k++) {
        aimc_tile *tile = test_tile(ctx, devices[k][0], devices[k][1], SIDE, SIDE, 1);
        float sp[N], w[N];
        must(aimc_tile_find_symmetry_point(tile, 2000, sp, SIDE));
        double away = 0;
        for (int i = 0; i < N; i++)
            away += fabs((double)sp[i]) / N;
        ck_assert(k == 1 ? away < 0.01 : away > 0.05);
        if (k != 1)
            must(aimc_tile_shift_symmetry_point(tile, 2000));
        weights_of(tile, w);
        for (int i = 0; i < N; i++)
            NEAR(w[i], 0, 1e-6f);
        must(aimc_tile_find_symmetry_point(tile, 2000, sp, SIDE));
        for (int i = 0; i < N; i++)
            ck_assert_msg(fabsf(sp[i]) < 0.01f, "%s: %g left", devices[k][0], (double)sp[i]);
        aimc_tile_destroy(tile);
    }
    aimc_tile *tile = test_tile(ctx, "constant_step", "{}", 2, 2, 1);
    ck_assert_int_eq(aimc_tile_shift_symmetry_point(tile, 10), AIMC_ERR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "has no reference"));
    ck_assert_int_eq(aimc_tile_shift_symmetry_point(tile, 0), AIMC_ERR_INVALID);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- training ------------------------------------------------------------------------------- */

enum { TO = 20, TI = 24, BATCH = 40 };

typedef struct training {
    const char *cell, *json, *algorithm;
} training;

static const training trainings[] = {
    {"reram_sb_2", "{}", "sgd"},
    {"pcm_cell", "{}", "sgd"},
    {"pcm_cell", "{\"units_in_mbatch\": false, \"refresh_every\": 7}", "sgd"},
    {"pcm_cell", "{}", "mixed_precision"},
    {"reference_cell", "{\"shift_pairs\": 50}", "ttv2"},
    {"vector_cell", "{\"device\": {\"kind\": \"reference_cell\"}}", "agad"},
};

static void train(aimc_optimizer *optimizer, int from, int to)
{
    static float x[BATCH * TI], d[BATCH * TO];
    for (int k = from; k < to; k++) {
        aimct_fill(x, BATCH * TI, (uint64_t)k);
        aimct_fill(d, BATCH * TO, (uint64_t)(1000 + k));
        must(aimc_optimizer_step(optimizer, BATCH, x, TI, d, TO, 0.05));
    }
}

/* The same weights for any number of threads, and after saving in the middle. */
START_TEST(training_resumes_and_does_not_depend_on_threads)
{
    const training *t = &trainings[_i];
    float w[4][TO * TI];
    for (int variant = 0; variant < 4; variant++) {
        aimc_context *ctx = aimct_context(variant == 1 ? 2 : variant == 2 ? 7 : 1, 0, 0);
        aimc_tile *tile = test_tile(ctx, t->cell, t->json, TO, TI, 3);
        aimc_optimizer *optimizer = NULL;
        must(aimc_optimizer_create(tile, t->algorithm, NULL, &optimizer));
        train(optimizer, 0, 4);
        if (variant == 3) {
            char path[] = "/tmp/aimc_cells_XXXXXX";
            close(mkstemp(path));
            must(aimc_tile_save(tile, path));
            aimc_optimizer_destroy(optimizer);
            aimc_tile_destroy(tile);
            must(aimc_tile_load(ctx, path, &tile));
            must(aimc_optimizer_create(tile, t->algorithm, NULL, &optimizer));
            unlink(path);
        }
        train(optimizer, 4, 8);
        must(aimc_tile_get_weights(tile, w[variant], TI));
        aimc_optimizer_destroy(optimizer);
        aimc_tile_destroy(tile);
        aimc_context_destroy(ctx);
    }
    double moved = 0;
    for (int i = 0; i < TO * TI; i++)
        moved += fabs((double)w[0][i]);
    ck_assert(moved > 0);
    for (int variant = 1; variant < 4; variant++)
        ck_assert_msg(memcmp(w[0], w[variant], sizeof w[0]) == 0, "variant %d", variant);
}
END_TEST

/* ---- recorded populations ------------------------------------------------------------------- */

/* The device of a layer's preset; cycle_noise: of a single device. */
static aimc_tile *recorded_tile(aimc_context *ctx, const char *preset, size_t side,
                                double *cycle_noise)
{
    aimc_config *layer = NULL;
    aimc_device *device = NULL;
    must(aimc_config_create(ctx, preset, &layer));
    must(aimc_config_get(layer, "device.device.dw_min_std", cycle_noise));
    must(aimc_device_create(ctx, NULL, aimc_config_get_nested(layer, "device"), &device));
    aimc_tile *tile = tile_of(ctx, device, side, side, 11);
    set_all(tile, 0);
    aimc_device_unref(device);
    aimc_config_destroy(layer);
    return tile;
}

/* One tile of the recorder: its table of normals biases every pulse by up to 5 x .0055 of the
 * cycle-to-cycle noise, and all cells share the choices of devices, so a device's share of the
 * pulses is known to sqrt(n) only. */
START_TEST(recorded_responses)
{
    FILE *f = data_open("unit_cell_response.csv");
    char line[512], last[64] = "";
    char *field[12];
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = NULL;
    int sent = 0, n_rows = 0;
    double c2c = 0;
    enum { SIDE = 100 };
    while (data_next(f, line, sizeof line, field, 12)) {
        if (strcmp(field[0], last) != 0) {
            aimc_tile_destroy(tile);
            tile = recorded_tile(ctx, field[0], SIDE, &c2c);
            snprintf(last, sizeof last, "%s", field[0]);
            sent = 0;
        }
        const bool up = strcmp(field[2], "up") == 0;
        if (!up && sent >= 1000)
            sent = sent == 1000 ? -1000 : sent; /* the way back begins */
        const int target = atoi(field[3]) - (up ? 0 : 1000);
        for (; sent < target; sent++)
            pulse_all(tile, up ? 1 : -1);
        float *w = calloc(SIDE * SIDE, sizeof *w);
        weights_of(tile, w);
        const moments m = moments_of(w, SIDE * SIDE);
        free(w);
        const double mean = atof(field[5]), std = atof(field[6]);
        const double span = up ? fabs(mean) : 1.2; /* the way back has errors of both ways */
        const double room = 5 * std * sqrt(2.0 / (SIDE * SIDE)) + 5 * 0.0055 * c2c * span + 1e-6;
        ck_assert_msg(fabs(m.mean - mean) < room, "%s %s %s: mean %g, recorded %g +- %g", field[0],
                      field[2], field[3], m.mean, mean, room);
        /* on the way back the spread is that of what the random turns left over */
        ck_assert_msg(!up || fabs(sqrt(m.var) - std) < 0.06 * std + 1e-6,
                      "%s %s %s: std %g, recorded %g", field[0], field[2], field[3], sqrt(m.var),
                      std);
        n_rows++;
    }
    ck_assert_int_ge(n_rows, 54);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
    fclose(f);
}
END_TEST

/* ---- refusals and figures ------------------------------------------------------------------- */

START_TEST(contradictions_are_refused)
{
    static const char *const cases[][3] = {
        {"vector_cell", "{\"device\": \"ideal\"}", "takes no pulses"},
        {"vector_cell", "{\"gamma_vec\": [1]}", "gamma_vec has 1 values for 2 devices"},
        {"vector_cell", "{\"gamma_vec\": [1, -1]}", "sum of gamma_vec"},
        {"vector_cell", "{\"first_update_idx\": 2}", "first_update_idx = 2"},
        {"vector_cell", "{\"n_devices\": 5, \"separate_devices\": true}", "at most 4"},
        {"vector_cell", "{\"n_devices\": 5, \"device\": {\"kind\": \"reram_sb_4\"}}",
         "more than 16"},
        {"one_sided_cell", "{\"refresh_every\": 1, \"device\": {\"write_noise_std\": 1}}",
         "write_noise_std"},
        {"one_sided_cell", "{\"refresh_every\": 1, \"device\": \"reram_sb_2\"}", "single devices"},
        {"reference_cell", "{\"device\": {\"w_min\": 1}}", "w_min"},
    };
    aimc_context *ctx = test_context(0);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_device *device = NULL;
        const aimc_status st = try_device(ctx, cases[k][0], cases[k][1], &device);
        ck_assert_ptr_null(device);
        ck_assert_msg(st && strstr(aimc_get_last_error(), cases[k][2]), "%s: %s", cases[k][1],
                      aimc_get_last_error());
    }
    aimc_device *device = test_device(ctx, "one_sided_cell",
                                      "{\"refresh_every\": 1, \"refresh_update\": {\"pulse_type\": "
                                      "\"NONE\"}}");
    aimc_tile *tile = NULL;
    ck_assert_int_eq(aimc_tile_create(device, 2, 2, NULL, &tile), AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "refresh_update.pulse_type"));
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(figures_of_cells)
{
    static const struct {
        const char *name, *json;
        double granularity, w_min, w_max, up, down;
    } cases[] = {
        {"vector_cell", "{\"device\": " CONSTANT("0.01") "}", 0.01, -1, 1, 0.01, 0.01},
        {"vector_cell",
         "{\"n_devices\": 4, \"update_policy\": \"SINGLE_RANDOM\", \"device\": " CONSTANT(
             "0.01") "}",
         0.01, -1, 1, 0.0025, 0.0025},
        {"vector_cell",
         "{\"n_devices\": 4, \"update_policy\": \"SINGLE_RANDOM\", \"compensate_lr\": true, "
         "\"device\": " CONSTANT("0.01") "}",
         0.0025, -1, 1, 0.0025, 0.0025},
        {"reference_cell", "{\"device\": " CONSTANT("0.01") "}", 0.01, -1, 1, 0.01, 0.01},
        {"pcm_cell", "{}", 0.03235, -2, 2, 0.28235, 0.28235},
    };
    aimc_context *ctx = test_context(0);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_device *device = test_device(ctx, cases[k].name, cases[k].json);
        aimc_device_info info = {.struct_size = sizeof info};
        must(aimc_device_get_info(device, &info));
        ck_assert_double_eq_tol(info.granularity, cases[k].granularity, 1e-5);
        ck_assert_double_eq_tol(info.w_min, cases[k].w_min, 1e-9);
        ck_assert_double_eq_tol(info.w_max, cases[k].w_max, 1e-9);
        ck_assert_double_eq_tol(info.step_up_at_0, cases[k].up, 1e-9);
        ck_assert_double_eq_tol(info.step_down_at_0, cases[k].down, 1e-9);
        aimc_device_unref(device);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* Every allocation on the way fails once; nothing leaks, nothing crashes. */
START_TEST(no_memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    aimc_context *ctx = NULL;
    must(aimc_context_create(&params, &ctx));
    const size_t before = heap.live_blocks;
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_device *device = NULL;
        aimc_tile *tile = NULL;
        aimc_status st = aimc_device_create(ctx, "pcm_cell", NULL, &device);
        if (!st)
            st = aimc_tile_create(device, 5, 6, NULL, &tile);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
        ck_assert_uint_eq(heap.live_blocks, before);
    } while (heap.failed);
    ck_assert_uint_gt(n, 40);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("unit_cells");
    TCase *t = aimct_case(s, "unit_cells");
    tcase_add_test(t, policies_choose_the_devices);
    tcase_add_test(t, shares_add_up);
    tcase_add_test(t, compensation_restores_the_rate);
    tcase_add_test(t, set_weights_are_those_of_the_cell);
    tcase_add_test(t, one_sided_devices_go_one_way);
    tcase_add_test(t, shifting_puts_the_symmetry_point_at_zero);
    tcase_add_loop_test(t, training_resumes_and_does_not_depend_on_threads, 0,
                        sizeof trainings / sizeof trainings[0]);
    tcase_add_test(t, recorded_responses);
    tcase_add_test(t, contradictions_are_refused);
    tcase_add_test(t, figures_of_cells);
    tcase_add_test(t, no_memory);
    return aimct_main(s);
}
