/* SPDX-License-Identifier: MIT */
/* A device of the caller's functions: soft bounds written once more, which must obey the laws of
 * soft bounds; what functions may do wrong; refusals. */
#include "device_test.h"

#include "fail_alloc.h"

enum { N_OUT = 300, N_IN = 300, N = N_OUT * N_IN };

typedef struct soft {
    float step, spread, sigma;
    int n_released;
} soft;

static void soft_populate(void *user, const aimc_user_cells *c)
{
    const soft *s = user;
    for (uint64_t i = 0; i < c->n; i++) {
        c->parameters[0][i] = s->step * fabsf(1 + s->spread * c->normals[0][i]);
        c->parameters[1][i] = s->step * fabsf(1 + s->spread * c->normals[1][i]);
        c->w_max[i] *= 1 + 0.2f * (c->uniforms[0][i] - 0.5f);
        c->w_min[i] *= 1 + 0.2f * (c->uniforms[1][i] - 0.5f);
    }
}

static void soft_pulse(void *user, const aimc_user_cells *c)
{
    const soft *s = user;
    for (uint64_t i = 0; i < c->n; i++) {
        const float noise = 1 + s->sigma * c->normals[0][i];
        if (c->direction[i] > 0)
            c->w[i] += c->parameters[0][i] * (1 - c->w[i] / c->w_max[i]) * noise;
        else /* cells without a pulse, too: the library does not look at those */
            c->w[i] -= c->parameters[1][i] * (1 - c->w[i] / c->w_min[i]) * noise;
    }
}

static void soft_release(void *user)
{
    ((soft *)user)->n_released++;
}

static aimc_user_device of_soft(soft *s)
{
    return (aimc_user_device){.struct_size = sizeof(aimc_user_device),
                              .n_parameters = 2,
                              .name = "my_soft_bounds",
                              .parameter_names = {"my_up", "my_down"},
                              .user = s,
                              .granularity = (double)s->step,
                              .w_min = -0.5,
                              .w_max = 0.6,
                              .populate = soft_populate,
                              .pulse = soft_pulse,
                              .release = soft_release};
}

static aimc_device *make(aimc_context *ctx, const aimc_user_device *user)
{
    aimc_device *device = NULL;
    must(aimc_device_create_user(ctx, user, &device));
    return device;
}

/* ---- laws ----------------------------------------------------------------------------------- */

START_TEST(scalars)
{
    aimc_context *ctx = test_context(0);
    soft s = {.step = 0.01f, .spread = 0.3f, .sigma = 0.3f};
    const aimc_user_device user = of_soft(&s);
    aimc_device *device = make(ctx, &user);
    aimc_device_info info = {.struct_size = sizeof info};
    must(aimc_device_get_info(device, &info));
    ck_assert_str_eq(aimc_device_get_model(device), "my_soft_bounds");
    ck_assert_double_eq_tol(info.step_up_at_0, 0.01, 1e-8);
    ck_assert_double_eq_tol(info.step_down_at_0, 0.01, 1e-8);
    ck_assert_double_eq_tol(info.granularity, 0.01, 1e-8);
    ck_assert_double_eq_tol(info.num_states, 110, 1e-4);
    ck_assert_double_eq_tol(info.symmetry_point, 0, 1e-4);
    aimc_device_unref(device);
    ck_assert_int_eq(s.n_released, 1);
    aimc_context_destroy(ctx);
}
END_TEST

/* Mean and variance of soft bounds with one kind of cell, and the drawn parameters. */
START_TEST(population)
{
    aimc_context *ctx = test_context(0);
    soft s = {.step = 0.002f, .spread = 0, .sigma = 0.3f};
    aimc_user_device user = of_soft(&s);
    user.n_parameters = 2;
    aimc_device *device = make(ctx, &user);
    aimc_tile *tile = tile_of(ctx, device, N_OUT, N_IN, 1);
    float *w = calloc(N, sizeof *w);
    for (int i = 0; i < N; i++)
        w[i] = 0.6f;
    must(aimc_tile_set_parameter(tile, "max_bound", w, N_IN));
    const double kappa = 0.002 / 0.6;
    double m = 0, v = 0;
    for (int n = 1; n <= 100; n++) {
        v = v * (1 - kappa) * (1 - kappa) + 0.09 * (pow(0.002 - kappa * m, 2) + kappa * kappa * v);
        m += 0.002 - kappa * m;
        pulse_all(tile, 1);
    }
    weights_of(tile, w);
    check_mean(moments_of(w, N), m);
    check_var(moments_of(w, N), v);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    s.spread = 0.2f;
    device = make(ctx, &user);
    tile = tile_of(ctx, device, N_OUT, N_IN, 1);
    parameter_of(tile, "my_up", w);
    check_mean(moments_of(w, N), 0.002);
    check_var(moments_of(w, N), 0.0004 * 0.0004);
    float *other = calloc(N, sizeof *other);
    parameter_of(tile, "my_down", other);
    ck_assert_double_eq_tol(covariance_of(w, other, N), 0, 5 * 0.0004 * 0.0004 / sqrt(N));
    parameter_of(tile, "min_bound", w);
    check_mean(moments_of(w, N), -0.5);
    check_var(moments_of(w, N), 0.1 * 0.1 / 12);
    free(w);
    free(other);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
END_TEST

/* Noise and spread off, it is the soft bounds of the library, pulse by pulse. */
START_TEST(curve)
{
    aimc_context *ctx = test_context(0);
    soft s = {.step = 0.01f};
    aimc_user_device user = of_soft(&s);
    user.populate = NULL;
    aimc_device *device = make(ctx, &user);
    aimc_tile *mine = tile_of(ctx, device, 2, 2, 1);
    aimc_tile *theirs =
        test_tile(ctx, "soft_bounds",
                  "{\"dw_min\": 0.01, \"w_min\": -0.5, \"dw_min_dtod\": 0, \"up_down_dtod\": 0, "
                  "\"w_max_dtod\": 0, \"w_min_dtod\": 0, \"dw_min_std\": 0}",
                  2, 2, 1);
    const float step[4] = {0.01f, 0.01f, 0.01f, 0.01f};
    must(aimc_tile_set_parameter(mine, "my_up", step, 2));
    must(aimc_tile_set_parameter(mine, "my_down", step, 2));
    for (int k = 0; k < 60; k++) {
        float a[4], b[4];
        const int32_t counts[4] = {1, -1, k % 3 - 1, 0};
        must(aimc_tile_pulse(mine, counts, 2));
        must(aimc_tile_pulse(theirs, counts, 2));
        weights_of(mine, a);
        weights_of(theirs, b);
        for (int i = 0; i < 4; i++)
            ck_assert_double_eq_tol((double)a[i], (double)b[i], 1e-6);
        ck_assert(a[3] == 0);
    }
    aimc_tile_destroy(mine);
    aimc_tile_destroy(theirs);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
END_TEST

/* Same bits for any number of threads and on every instruction set. */
START_TEST(reproducible)
{
    static const uint32_t masks[] = {AIMC_CPU_C, AIMC_CPU_C | AIMC_CPU_AVX2,
                                     AIMC_CPU_C | AIMC_CPU_AVX2 | AIMC_CPU_AVX512};
    enum { SIDE = 75 };
    static float w[2][SIDE * SIDE];
    soft s = {.step = 0.01f, .spread = 0.3f, .sigma = 0.5f};
    const aimc_user_device user = of_soft(&s);
    for (int k = 0; k < 6; k++) {
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        params.cpu_mask = masks[k / 2];
        params.n_threads = k % 2 ? 3 : 1;
        aimc_context *ctx = NULL;
        must(aimc_context_create(&params, &ctx));
        aimc_device *device = make(ctx, &user);
        aimc_tile *tile = tile_of(ctx, device, SIDE, SIDE, 5);
        aimc_device_unref(device);
        static int32_t counts[SIDE * SIDE];
        for (int i = 0; i < SIDE * SIDE; i++)
            counts[i] = i % 11 - 4;
        must(aimc_tile_pulse(tile, counts, SIDE));
        must(aimc_tile_pulse(tile, counts, SIDE));
        weights_of(tile, w[k > 0]);
        ck_assert_msg(k == 0 || memcmp(w[0], w[1], sizeof w[0]) == 0, "case %d", k);
        aimc_tile_destroy(tile);
        aimc_context_destroy(ctx);
    }
    ck_assert_int_eq(s.n_released, 6);
}
END_TEST

/* It trains like any other device. */
START_TEST(training)
{
    aimc_context *ctx = test_context(0);
    soft s = {.step = 0.002f, .spread = 0.1f, .sigma = 0.3f};
    const aimc_user_device user = of_soft(&s);
    aimc_device *device = make(ctx, &user);
    aimc_tile *tile = tile_of(ctx, device, 1, 2, 5);
    aimc_device_unref(device);
    aimc_optimizer *sgd = NULL;
    must(aimc_optimizer_create(tile, "sgd", NULL, &sgd));
    const float target[2] = {0.3f, -0.2f};
    float w[2];
    for (int k = 0; k < 4000; k++) {
        const float x[2] = {k % 2 ? 1.0f : 0.2f, k % 3 ? -0.5f : 0.8f};
        weights_of(tile, w);
        const float d = (w[0] - target[0]) * x[0] + (w[1] - target[1]) * x[1];
        must(aimc_optimizer_step(sgd, 1, x, 2, &d, 1, 0.05));
    }
    weights_of(tile, w);
    for (int i = 0; i < 2; i++)
        ck_assert_double_eq_tol((double)w[i], (double)target[i], 0.05);
    aimc_optimizer_destroy(sgd);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- mistakes ------------------------------------------------------------------------------- */

static void wild_populate(void *user, const aimc_user_cells *c)
{
    (void)user;
    for (uint64_t i = 0; i < c->n; i++) {
        c->parameters[0][i] = (float)NAN;
        c->w_max[i] = i % 2 ? -3.0f : INFINITY;
    }
}

static void wild_pulse(void *user, const aimc_user_cells *c)
{
    (void)user;
    for (uint64_t i = 0; i < c->n; i++)
        c->w[i] = i % 3 == 0 ? (float)NAN : i % 3 == 1 ? INFINITY : -1e30f;
}

START_TEST(wild_functions_stay_within_bounds)
{
    aimc_context *ctx = test_context(0);
    soft s = {.step = 0.01f};
    aimc_user_device user = of_soft(&s);
    user.populate = wild_populate;
    user.pulse = wild_pulse;
    aimc_device *device = make(ctx, &user);
    aimc_tile *tile = tile_of(ctx, device, 40, 3, 5);
    aimc_device_unref(device);
    float w[120], p[120];
    pulse_all(tile, 2);
    weights_of(tile, w);
    for (int i = 0; i < 120; i++)
        ck_assert(w[i] == 0 || w[i] == 0.6f || w[i] == -0.5f);
    parameter_of(tile, "my_up", p);
    ck_assert(p[7] == 0);
    parameter_of(tile, "max_bound", p);
    ck_assert(p[7] == 0.6f);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(no_file_keeps_it)
{
    aimc_context *ctx = test_context(0);
    soft s = {.step = 0.01f};
    const aimc_user_device user = of_soft(&s);
    aimc_device *device = make(ctx, &user);
    aimc_tile *tile = tile_of(ctx, device, 4, 3, 5);
    aimc_config *config = (aimc_config *)&s;
    ck_assert_int_eq(aimc_tile_save(tile, "/tmp/aimc_user_device"), AIMC_ERR_UNSUPPORTED);
    ck_assert_msg(strstr(aimc_get_last_error(), "'my_soft_bounds' is a user device") != NULL, "%s",
                  aimc_get_last_error());
    ck_assert_int_eq(aimc_device_get_config(device, &config), AIMC_ERR_UNSUPPORTED);
    ck_assert_ptr_null(config);
    aimc_device_unref(device);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

static void refuse(aimc_context *ctx, aimc_user_device user, aimc_status status, const char *words)
{
    aimc_device *device = (aimc_device *)&user;
    ck_assert_int_eq(aimc_device_create_user(ctx, &user, &device), status);
    ck_assert_ptr_null(device);
    ck_assert_msg(strstr(aimc_get_last_error(), words) != NULL, "%s: %s", words,
                  aimc_get_last_error());
}

START_TEST(refusals)
{
    aimc_context *ctx = test_context(0);
    soft s = {.step = 0.01f};
    const aimc_user_device good = of_soft(&s);
#define REFUSE(status, words, change)                                                              \
    do {                                                                                           \
        aimc_user_device bad = good;                                                               \
        bad.change;                                                                                \
        refuse(ctx, bad, status, words);                                                           \
    } while (0)
    REFUSE(AIMC_ERR_ABI, "struct_size", struct_size = 4);
    REFUSE(AIMC_ERR_INVALID, "pulse is NULL", pulse = NULL);
    REFUSE(AIMC_ERR_INVALID, "name", name = "");
    REFUSE(AIMC_ERR_INVALID, "n_parameters = 5", n_parameters = 5);
    REFUSE(AIMC_ERR_INVALID, "granularity", granularity = 0);
    REFUSE(AIMC_ERR_INVALID, "granularity", granularity = (double)NAN);
    REFUSE(AIMC_ERR_INVALID, "w_min", w_min = 0.1);
    REFUSE(AIMC_ERR_INVALID, "w_max", w_max = (double)INFINITY);
    REFUSE(AIMC_ERR_INVALID, "parameter_names[1] = 'NULL'", parameter_names[1] = NULL);
    REFUSE(AIMC_ERR_INVALID, "parameter_names[1] = 'my_up'", parameter_names[1] = "my_up");
    REFUSE(AIMC_ERR_INVALID, "'max_bound'", parameter_names[0] = "max_bound");
    aimc_device *device = NULL;
    ck_assert_int_eq(aimc_device_create_user(ctx, NULL, &device), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_device_create_user(NULL, &good, &device), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_device_create_user(ctx, &good, NULL), AIMC_ERR_INVALID);
    ck_assert_int_eq(s.n_released, 0);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(no_memory_leaks_nothing)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    aimc_context *ctx = NULL;
    must(aimc_context_create(&params, &ctx));
    const size_t before = heap.live_blocks;
    soft s = {.step = 0.01f};
    const aimc_user_device user = of_soft(&s);
    size_t n = 0;
    int made = 0;
    do {
        aimc_device *device = NULL;
        aimct_heap_fail_at(&heap, ++n);
        const aimc_status st = aimc_device_create_user(ctx, &user, &device);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        made += st == AIMC_OK;
        aimc_device_unref(device);
        ck_assert_uint_eq(heap.live_blocks, before);
    } while (heap.failed);
    ck_assert_int_eq(s.n_released, made);
    aimct_heap_fail_at(&heap, 0);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("user devices");
    TCase *t = aimct_case(s, "laws");
    tcase_add_test(t, scalars);
    tcase_add_test(t, population);
    tcase_add_test(t, curve);
    tcase_add_test(t, reproducible);
    tcase_add_test(t, training);
    t = aimct_case(s, "mistakes");
    tcase_add_test(t, wild_functions_stay_within_bounds);
    tcase_add_test(t, no_file_keeps_it);
    tcase_add_test(t, refusals);
    tcase_add_test(t, no_memory_leaks_nothing);
    return aimct_main(s);
}
