/* SPDX-License-Identifier: MIT */
/* Tiles and grids: shapes, weights, cutting, threads, save and resume, bad input, no memory. */

#include "fail_alloc.h"
#include "portable.h"
#include "test_util.h"

static const char *const quiet[] = {"forward.is_perfect", "backward.is_perfect", NULL};

static aimc_config *tile_config(aimc_context *ctx, const char *const flags[], int64_t seed)
{
    aimc_config *c;
    OK(aimc_config_create(ctx, "tile", &c));
    for (size_t i = 0; flags && flags[i]; i++)
        OK(aimc_config_set(c, flags[i], 1));
    OK(aimc_config_set(c, "seed", (double)seed));
    return c;
}

START_TEST(products_are_those_of_the_weights)
{
    enum { O = 37, I = 53, N = 5 };
    aimc_context *ctx = aimct_context(1, 0, 0);
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    aimc_config *config = tile_config(ctx, quiet, 1);
    aimc_tile *tile;
    OK(aimc_tile_create(device, O, I, config, &tile));
    float w[O * I], x[N * (I + 3)], y[N * (O + 2)], d[N * O], z[N * I], back[O * I];
    aimct_fill(w, O * I, 1);
    aimct_fill(x, N * (I + 3), 2);
    aimct_fill(d, N * O, 3);
    OK(aimc_tile_set_weights(tile, w, I));
    OK(aimc_tile_get_weights(tile, back, I));
    ck_assert(memcmp(w, back, sizeof w) == 0);
    OK(aimc_tile_forward(tile, N, x, I + 3, y, O + 2));
    OK(aimc_tile_backward(tile, N, d, O, z, I));
    for (int n = 0; n < N; n++) {
        for (int i = 0; i < O; i++) {
            double sum = 0;
            for (int j = 0; j < I; j++)
                sum += (double)w[i * I + j] * (double)x[n * (I + 3) + j];
            ck_assert(fabs(sum - (double)y[n * (O + 2) + i]) < 1e-5);
        }
        for (int j = 0; j < I; j++) {
            double sum = 0;
            for (int i = 0; i < O; i++)
                sum += (double)w[i * I + j] * (double)d[n * O + i];
            ck_assert(fabs(sum - (double)z[n * I + j]) < 1e-5);
        }
    }
    aimc_config_destroy(config);
    aimc_device_unref(device);
    aimc_context_destroy(ctx); /* order is free */
    aimc_tile_destroy(tile);
}
END_TEST

/* With noise off, a matrix on one tile and the same on a grid agree to rounding; so do updates of
 * ideal devices. */
START_TEST(cut_and_uncut_agree)
{
    enum { O = 70, I = 130, N = 4 };
    aimc_context *ctx = aimct_context(1, 0, 0);
    aimc_config *c[2];
    aimc_matrix *grid[2];
    float w[O * I], x[N * I], y[2][N * O], d[N * O], z[2][N * I], got[2][O * I];
    aimct_fill(w, O * I, 1);
    aimct_fill(x, N * I, 2);
    aimct_fill(d, N * O, 3);
    for (int k = 0; k < 2; k++) {
        OK(aimc_config_create(ctx, "layer", &c[k]));
        OK(aimc_config_set_text(c[k], "device", "ideal"));
        OK(aimc_config_set(c[k], "forward.is_perfect", 1));
        OK(aimc_config_set(c[k], "backward.is_perfect", 1));
        if (k == 1) {
            OK(aimc_config_set(c[k], "mapping.max_input_size", 32));
            OK(aimc_config_set(c[k], "mapping.max_output_size", 48));
            OK(aimc_config_set(c[k], "mapping.weight_scaling_omega", 0.5));
            OK(aimc_config_set(c[k], "mapping.weight_scaling_columnwise", 1));
        }
        OK(aimc_matrix_create(NULL, O, I, c[k], &grid[k]));
        OK(aimc_matrix_set_weights(grid[k], w, I));
        OK(aimc_matrix_forward(grid[k], N, x, I, y[k], O));
        OK(aimc_matrix_backward(grid[k], N, d, O, z[k], I));
        OK(aimc_matrix_step(grid[k], N, x, I, d, O, 0.1));
        OK(aimc_matrix_get_weights(grid[k], got[k], I));
    }
    ck_assert_uint_eq(aimc_matrix_count_tiles(grid[0]), 1);
    ck_assert_uint_eq(aimc_matrix_count_tiles(grid[1]), 10);
    for (int i = 0; i < N * O; i++)
        ck_assert(fabsf(y[0][i] - y[1][i]) < 1e-5f);
    for (int i = 0; i < N * I; i++)
        ck_assert(fabsf(z[0][i] - z[1][i]) < 1e-5f);
    for (int i = 0; i < O * I; i++)
        ck_assert(fabsf(got[0][i] - got[1][i]) < 2e-6f);
    size_t covered = 0;
    for (size_t k = 0; k < 10; k++) {
        size_t i0, j0;
        const aimc_tile *t = aimc_matrix_get_tile(grid[1], k, &i0, &j0);
        covered += aimc_tile_get_n_out(t) * aimc_tile_get_n_in(t);
        ck_assert(i0 + aimc_tile_get_n_out(t) <= O && j0 + aimc_tile_get_n_in(t) <= I);
    }
    ck_assert_uint_eq(covered, (size_t)O * I);
    for (int k = 0; k < 2; k++) {
        aimc_matrix_destroy(grid[k]);
        aimc_config_destroy(c[k]);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- a run: reads, backward reads and steps on a noisy device ------------------------------- */

enum { RO = 65, RI = 70, RN = 70 };

static void run(aimc_tile *tile, aimc_optimizer *opt, int from, int to, float *last)
{
    static float x[RN * RI], d[RN * RO], y[RN * RO], z[RN * RI];
    for (int step = from; step < to; step++) {
        aimct_fill(x, RN * RI, 100 + (uint64_t)step);
        aimct_fill(d, RN * RO, 200 + (uint64_t)step);
        OK(aimc_tile_forward(tile, RN, x, RI, y, RO));
        OK(aimc_tile_backward(tile, RN, d, RO, z, RI));
        OK(aimc_optimizer_step(opt, RN, x, RI, d, RO, 0.01));
    }
    memcpy(last, y, sizeof y);
}

typedef struct outcome {
    float w[RO * RI], y[RN * RO];
    aimc_counters counters;
} outcome;

static aimc_device *rich_device(aimc_context *ctx)
{
    const char *const settings[] = {"write_noise_std=2",
                                    "lifetime=1000",
                                    "lifetime_dtod=0.3",
                                    "diffusion=0.0001",
                                    "diffusion_dtod=0.2",
                                    "reset_dtod=0.05",
                                    NULL};
    return aimct_device(ctx, "soft_bounds", settings);
}

static void finish(aimc_tile *tile, outcome *o)
{
    OK(aimc_tile_get_weights(tile, o->w, RI));
    o->counters = (aimc_counters){.struct_size = sizeof o->counters};
    OK(aimc_tile_get_counters(tile, &o->counters));
}

static void whole_run(uint32_t threads, uint32_t cpu, outcome *o)
{
    aimc_context *ctx = aimct_context(threads, cpu, 5);
    aimc_device *device = rich_device(ctx);
    aimc_config *config = tile_config(ctx, NULL, 9);
    OK(aimc_config_set(config, "forward.out_noise_std", 0.2));
    aimc_tile *tile;
    aimc_optimizer *opt;
    OK(aimc_tile_create(device, RO, RI, config, &tile));
    OK(aimc_optimizer_create(tile, "sgd", NULL, &opt));
    run(tile, opt, 0, 6, o->y);
    finish(tile, o);
    aimc_tile_destroy(tile); /* before its optimizer: any order will do */
    aimc_optimizer_destroy(opt);
    aimc_config_destroy(config);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

START_TEST(threads_do_not_matter)
{
    static outcome one, many;
    whole_run(1, 0, &one);
    for (uint32_t threads = 2; threads <= 7; threads += 5) {
        whole_run(threads, 0, &many);
        ck_assert(memcmp(&one, &many, sizeof one) == 0);
    }
    ck_assert_uint_gt(one.counters.pulses_up, 1000);
    ck_assert_uint_eq(one.counters.updates, 6 * RN);
    ck_assert_uint_eq(one.counters.forward_vectors, 6 * RN);
    ck_assert_uint_ge(one.counters.forward_passes, 6 * RN);
    ck_assert_uint_eq(one.counters.adc_conversions,
                      one.counters.forward_passes * RO + one.counters.backward_passes * RI);
}
END_TEST

/* Pulses, and what they leave, are the same on every instruction set (D2): products are not
 * involved in a step. */
START_TEST(instruction_sets_do_not_matter_for_updates)
{
    static outcome c, best;
    whole_run(1, AIMC_CPU_C, &c);
    whole_run(1, 0, &best);
    ck_assert(memcmp(c.w, best.w, sizeof c.w) == 0);
    ck_assert_uint_eq(c.counters.pulses_up, best.counters.pulses_up);
    ck_assert_uint_eq(c.counters.pulses_down, best.counters.pulses_down);
}
END_TEST

START_TEST(a_run_saved_and_resumed_is_the_same_run)
{
    static outcome whole, resumed;
    char path[] = "t_tile.XXXXXX";
    const int fd = mkstemp(path);
    close(fd);
    whole_run(1, 0, &whole);
    aimc_context *ctx = aimct_context(1, 0, 5);
    aimc_device *device = rich_device(ctx);
    aimc_config *config = tile_config(ctx, NULL, 9);
    OK(aimc_config_set(config, "forward.out_noise_std", 0.2));
    aimc_tile *tile;
    aimc_optimizer *opt;
    OK(aimc_tile_create(device, RO, RI, config, &tile));
    OK(aimc_optimizer_create(tile, "sgd", NULL, &opt));
    run(tile, opt, 0, 3, resumed.y);
    OK(aimc_tile_save(tile, path));
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    ctx = aimct_context(3, 0, 77); /* other threads, other root seed: the state is in the file */
    OK(aimc_tile_load(ctx, path, &tile));
    OK(aimc_optimizer_create(tile, "sgd", NULL, &opt));
    run(tile, opt, 3, 6, resumed.y);
    finish(tile, &resumed);
    ck_assert(memcmp(&whole, &resumed, sizeof whole) == 0);
    aimc_config_destroy(config);
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
    unlink(path);
}
END_TEST

/* A batch cut anywhere gives the same pulses and the same noise. */
START_TEST(batch_splits_do_not_matter)
{
    enum { N = 150, O = 20, I = 30 };
    static float x[N * I], d[N * O], w[2][O * I];
    aimct_fill(x, N * I, 1);
    aimct_fill(d, N * O, 2);
    for (int k = 0; k < 2; k++) {
        aimc_context *ctx = aimct_context(2, 0, 3);
        aimc_device *device = aimct_device(ctx, "gokmen_vlasov", NULL);
        aimc_tile *tile;
        aimc_optimizer *opt;
        OK(aimc_tile_create(device, O, I, NULL, &tile));
        OK(aimc_optimizer_create(tile, "sgd", NULL, &opt));
        for (size_t at = 0; at < N;) {
            const size_t n = k ? (at % 7 + 1 < N - at ? at % 7 + 1 : N - at) : N;
            OK(aimc_optimizer_step(opt, n, x + at * I, I, d + at * O, O, 0.01));
            at += n;
        }
        OK(aimc_tile_get_weights(tile, w[k], I));
        aimc_optimizer_destroy(opt);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
        aimc_context_destroy(ctx);
    }
    ck_assert(memcmp(w[0], w[1], sizeof w[0]) == 0);
}
END_TEST

START_TEST(parameters_are_read_and_replaced)
{
    enum { O = 3, I = 4 };
    aimc_context *ctx = aimct_context(1, 0, 0);
    aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
    aimc_tile *tile;
    OK(aimc_tile_create(device, O, I, NULL, &tile));
    ck_assert_uint_eq(aimc_tile_count_parameters(tile), 4);
    ck_assert_str_eq(aimc_tile_get_parameter_name(tile, 0), "max_bound");
    ck_assert(aimc_tile_get_parameter_name(tile, 4) == NULL);
    float w[O * I], bound[O * I];
    for (int i = 0; i < O * I; i++) {
        w[i] = 100;
        bound[i] = 0.01f * (float)(i + 1);
    }
    OK(aimc_tile_set_weights(tile, w, I));
    OK(aimc_tile_set_parameter(tile, "max_bound", bound, I));
    OK(aimc_tile_get_weights(tile, w, I));
    ck_assert(memcmp(w, bound, sizeof w) == 0); /* clipped to what was loaded */
    FAILS(AIMC_ERR_INVALID, "did you mean 'max_bound'",
          aimc_tile_get_parameter(tile, "max_bond", w, I));
    FAILS(AIMC_ERR_SHAPE, "leading dimension 2", aimc_tile_get_parameter(tile, "max_bound", w, 2));
    bound[5] = NAN;
    FAILS(AIMC_ERR_INVALID, "not finite", aimc_tile_set_parameter(tile, "max_bound", bound, I));
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
END_TEST

/* Bounds out of order and negative steps are refused, in unit cells, too, and nothing has
 * changed. A device whose sampling may give steps of either sign takes them. */
START_TEST(parameters_that_no_device_has_are_refused)
{
    enum { O = 2, I = 3 };
    static const struct {
        const char *device, *name;
        float value;
        const char *sentence;
    } cases[] = {
        {"soft_bounds", "max_bound", -10, "max_bound[1][2] = -10 of device 'soft_bounds' is below"},
        {"soft_bounds", "min_bound", 10, "min_bound[1][2] = 10 of device 'soft_bounds' is above"},
        {"linear_step", "dwmin_up", -0.1f, "dwmin_up[1][2] = -0.1 of device 'linear_step' is out"},
        {"constant_step", "dwmin_down", -0.1f, "dwmin_down[1][2] = -0.1"},
        {"pow_step", "gamma_up", -2, "gamma_up[1][2] = -2"},
        {"capacitor", "decay_scales", 1.5f, "decay_scales[1][2] = 1.5"},
        {"reram_es_2", "max_bound_1", -10, "max_bound_1[1][2] = -10 of device 'exp_step' is below"},
        {"pcm_cell", "dwmin_up_0", -1, "dwmin_up_0[1][2] = -1 of device 'exp_step'"},
    };
    aimc_context *ctx = aimct_context(1, 0, 0);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        float value[O * I], before[O * I], after[O * I];
        aimc_tile *tile = NULL;
        aimc_device *device = aimct_device(ctx, cases[k].device, NULL);
        OK(aimc_tile_create(device, O, I, NULL, &tile));
        OK(aimc_tile_get_parameter(tile, cases[k].name, before, I));
        memcpy(value, before, sizeof value);
        OK(aimc_tile_set_parameter(tile, cases[k].name, value, I)); /* what was there is allowed */
        value[O * I - 1] = cases[k].value;
        FAILS(AIMC_ERR_INVALID, cases[k].sentence,
              aimc_tile_set_parameter(tile, cases[k].name, value, I));
        OK(aimc_tile_get_parameter(tile, cases[k].name, after, I));
        ck_assert_mem_eq(before, after, sizeof before);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
    }
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    const float steps[1] = {-0.1f};
    OK(aimc_config_create(ctx, "constant_step", &config));
    OK(aimc_config_set_text(config, "enforce_consistency", "false"));
    OK(aimc_device_create(ctx, NULL, config, &device));
    OK(aimc_tile_create(device, 1, 1, NULL, &tile));
    OK(aimc_tile_set_parameter(tile, "dwmin_up", steps, 1));
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(bad_arguments_are_named_and_change_nothing)
{
    enum { O = 3, I = 4 };
    aimc_context *ctx = aimct_context(1, 0, 0);
    aimc_device *device = aimct_device(ctx, "constant_step", NULL);
    aimc_device *ideal = aimct_device(ctx, "ideal", NULL);
    aimc_tile *tile = (aimc_tile *)(uintptr_t)8, *other = NULL;
    FAILS(AIMC_ERR_INVALID, "empty shape 0 x 4", aimc_tile_create(device, 0, 4, NULL, &tile));
    ck_assert(tile == NULL);
    FAILS(AIMC_ERR_INVALID, "at most 65536",
          aimc_tile_create(device, SIZE_MAX / 2, 4, NULL, &tile));
    FAILS(AIMC_ERR_INVALID, "device is NULL", aimc_tile_create(NULL, 3, 4, NULL, &tile));
    FAILS(AIMC_ERR_INVALID, "out is NULL", aimc_tile_create(device, 3, 4, NULL, NULL));
    aimc_config *wrong;
    OK(aimc_config_create(ctx, "sgd", &wrong));
    FAILS(AIMC_ERR_INVALID, "'tile' or 'layer'", aimc_tile_create(device, 3, 4, wrong, &tile));
    aimc_config_destroy(wrong);
    OK(aimc_tile_create(device, O, I, NULL, &tile));
    OK(aimc_tile_create(ideal, O, I, NULL, &other));
    float x[I] = {1, 2, NAN, 4}, y[O] = {7, 7, 7};
    FAILS(AIMC_ERR_INVALID, "x holds a value that is not finite",
          aimc_tile_forward(tile, 1, x, I, y, O));
    ck_assert(y[0] == 7 && y[2] == 7);
    FAILS(AIMC_ERR_SHAPE, "ld_x = 3 is less than 4", aimc_tile_forward(tile, 1, x, 3, y, O));
    FAILS(AIMC_ERR_SHAPE, "ld_y = 2", aimc_tile_forward(tile, 1, x, I, y, 2));
    FAILS(AIMC_ERR_INVALID, "x is NULL", aimc_tile_forward(tile, 1, NULL, I, y, O));
    OK(aimc_tile_forward(tile, 0, NULL, I, NULL, O));
    FAILS(AIMC_ERR_INVALID, "tile is NULL", aimc_tile_forward(NULL, 1, x, I, y, O));
    int32_t counts[O * I] = {0};
    FAILS(AIMC_ERR_UNSUPPORTED, "takes no pulses", aimc_tile_pulse(other, counts, I));
    counts[5] = 2000000;
    FAILS(AIMC_ERR_INVALID, "counts[1][1] = 2000000", aimc_tile_pulse(tile, counts, I));
    FAILS(AIMC_ERR_INVALID, "prob = 2", aimc_tile_reset(tile, 0, 1, 2));
    FAILS(AIMC_ERR_INVALID, "5 columns", aimc_tile_reset(tile, 0, 5, 1));
    FAILS(AIMC_ERR_INVALID, "alpha", aimc_tile_decay(tile, -1));
    aimc_optimizer *opt, *second;
    OK(aimc_optimizer_create(tile, "sgd", NULL, &opt));
    FAILS(AIMC_ERR_STATE, "already has optimizer 'sgd'",
          aimc_optimizer_create(tile, "sgd", NULL, &second));
    FAILS(AIMC_ERR_INVALID, "unknown name", aimc_optimizer_create(other, "sdg", NULL, &second));
    FAILS(AIMC_ERR_INVALID, "not an optimizer",
          aimc_optimizer_create(other, "soft_bounds", NULL, &second));
    x[2] = 3;
    FAILS(AIMC_ERR_INVALID, "lr = -1", aimc_optimizer_step(opt, 1, x, I, y, O, -1));
    y[1] = INFINITY;
    FAILS(AIMC_ERR_INVALID, "d holds", aimc_optimizer_step(opt, 1, x, I, y, O, 1));
    aimc_tile_destroy(tile);
    FAILS(AIMC_ERR_STATE, "tile was destroyed", aimc_optimizer_step(opt, 1, x, I, y, O, 1));
    aimc_optimizer_destroy(opt);
    aimc_tile_destroy(other);
    aimc_device_unref(device);
    aimc_device_unref(ideal);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(broken_files_are_refused)
{
    char path[] = "t_tile.XXXXXX", cut[] = "t_cut.XXXXXX";
    close(mkstemp(path));
    close(mkstemp(cut));
    aimc_context *ctx = aimct_context(1, 0, 5);
    aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
    aimc_tile *tile, *loaded = NULL;
    OK(aimc_tile_create(device, 5, 6, NULL, &tile));
    OK(aimc_tile_save(tile, path));
    FILE *f = fopen(path, "rb");
    static unsigned char bytes[1 << 16];
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    uint64_t seed = 1;
    for (int i = 0; i < 400;
         i++) { /* truncated, then with a flipped byte: never a crash, always a status */
        FILE *out = fopen(cut, "wb");
        const size_t length = i < 200 ? n * (size_t)i / 200 : n;
        const size_t at = aimct_next(&seed) % 4000;
        const unsigned char old = bytes[at];
        if (i >= 200)
            bytes[at] ^= (unsigned char)(1u << (aimct_next(&seed) % 8));
        fwrite(bytes, 1, length, out);
        fclose(out);
        bytes[at] = old;
        const aimc_status st = aimc_tile_load(ctx, cut, &loaded);
        ck_assert(st == AIMC_OK || st == AIMC_ERR_FORMAT || st == AIMC_ERR_INVALID);
        ck_assert((st == AIMC_OK) == (loaded != NULL));
        ck_assert(i >= 200 || st == AIMC_ERR_FORMAT);
        aimc_tile_destroy(loaded);
    }
    FAILS(AIMC_ERR_IO, "/nonexistent", aimc_tile_load(ctx, "/nonexistent", &loaded));
    FAILS(AIMC_ERR_IO, "/nonexistent", aimc_tile_save(tile, "/nonexistent/file"));
    aimc_network *net = NULL;
    FAILS(AIMC_ERR_FORMAT, "holds a tile, not a network", aimc_network_load(ctx, path, &net));
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    unlink(path);
    unlink(cut);
}
END_TEST

/* Objects are numbered for their seeds: a failing call must not use a number up. */
START_TEST(a_failing_create_changes_nothing)
{
    float bounds[2][2][5 * 6];
    for (int fails = 0; fails < 2; fails++) {
        aimct_heap heap = AIMCT_HEAP_INIT;
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        params.allocator = aimct_allocator(&heap);
        aimc_context *ctx;
        aimc_tile *tile = NULL;
        aimc_matrix *matrix = NULL;
        OK(aimc_context_create(&params, &ctx));
        aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
        for (size_t n = (size_t)fails; heap.failed || !matrix; n++) {
            aimct_heap_fail_at(&heap, n);
            (void)aimc_matrix_create(device, 5, 6, NULL, &matrix);
        }
        for (size_t n = (size_t)fails; heap.failed || !tile; n++) {
            aimct_heap_fail_at(&heap, n);
            (void)aimc_tile_create(device, 5, 6, NULL, &tile);
        }
        aimct_heap_fail_at(&heap, 0);
        OK(aimc_tile_get_parameter(tile, "max_bound", bounds[fails][0], 6));
        OK(aimc_tile_get_parameter(aimc_matrix_get_tile(matrix, 0, NULL, NULL), "max_bound",
                                   bounds[fails][1], 6));
        aimc_tile_destroy(tile);
        aimc_matrix_destroy(matrix);
        aimc_device_unref(device);
        aimc_context_destroy(ctx);
    }
    ck_assert_mem_eq(bounds[0], bounds[1], sizeof bounds[0]);
}
END_TEST

START_TEST(no_memory_leaks_nothing)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    char path[] = "t_tile.XXXXXX";
    close(mkstemp(path));
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    aimc_context *ctx;
    OK(aimc_context_create(&params, &ctx));
    const size_t live = heap.live_blocks;
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_device *device = NULL;
        aimc_tile *tile = NULL, *loaded = NULL;
        aimc_optimizer *opt = NULL;
        aimc_matrix *grid = NULL;
        aimc_config *layer = NULL;
        aimc_status st = aimc_device_create(ctx, "soft_bounds", NULL, &device);
        st = st ? st : aimc_tile_create(device, 5, 6, NULL, &tile);
        st = st ? st : aimc_optimizer_create(tile, "sgd", NULL, &opt);
        st = st ? st : aimc_tile_save(tile, path);
        st = st ? st : aimc_tile_load(ctx, path, &loaded);
        st = st ? st : aimc_config_create(ctx, "layer", &layer);
        st = st ? st : aimc_matrix_create(NULL, 5, 6, layer, &grid);
        ck_assert_msg(st == (heap.failed ? AIMC_ERR_NOMEM : AIMC_OK), "call %zu: %s", n,
                      aimc_get_last_error());
        aimc_matrix_destroy(grid);
        aimc_config_destroy(layer);
        aimc_optimizer_destroy(opt);
        aimc_tile_destroy(loaded);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
        ck_assert_uint_eq(heap.live_blocks, live);
    } while (heap.failed);
    ck_assert_uint_gt(n, 30);
    aimct_heap_fail_at(&heap, 0);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tile");
    TCase *t = aimct_case(s, "tile");
    tcase_add_test(t, products_are_those_of_the_weights);
    tcase_add_test(t, cut_and_uncut_agree);
    tcase_add_test(t, threads_do_not_matter);
    tcase_add_test(t, instruction_sets_do_not_matter_for_updates);
    tcase_add_test(t, a_run_saved_and_resumed_is_the_same_run);
    tcase_add_test(t, batch_splits_do_not_matter);
    tcase_add_test(t, parameters_are_read_and_replaced);
    tcase_add_test(t, parameters_that_no_device_has_are_refused);
    tcase_add_test(t, bad_arguments_are_named_and_change_nothing);
    tcase_add_test(t, broken_files_are_refused);
    tcase_add_test(t, a_failing_create_changes_nothing);
    tcase_add_test(t, no_memory_leaks_nothing);
    return aimct_main(s);
}
