/* SPDX-License-Identifier: MIT */
/* Finite inputs of any size: what comes out is finite or refused with a status, and the work of
 * a call is bounded, counted in pulses. Meant to be run under AddressSanitizer, too. */
#include <stdbool.h>

#include "test_util.h"

enum { N = 8, CELLS = N * N, PATTERNS = 9 };

static const float values[] = {0, 1e-45f, 1e-38f, 1, 1e10f, 1e30f, 3e38f};
enum { VALUES = sizeof values / sizeof *values };

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 9);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* Pattern k: all of one value; one of it among ones; or a mixture, of both signs. */
static void fill(float *x, size_t n, size_t k)
{
    uint64_t state = 17 + k;
    for (size_t i = 0; i < n; i++) {
        if (k < VALUES)
            x[i] = values[k];
        else if (k == VALUES)
            x[i] = i ? 1 : 1e10f;
        else
            x[i] = values[aimct_next(&state) % VALUES] * (aimct_next(&state) % 2 ? 1.0f : -1.0f);
    }
}

static bool all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

/* ---- tiles ---------------------------------------------------------------------------------- */

/* Both products of every pattern. */
static void check_products(aimc_tile *tile)
{
    float x[N], y[N];
    for (size_t k = 0; k < PATTERNS; k++) {
        fill(x, N, k);
        aimc_status st = aimc_tile_forward(tile, 1, x, N, y, N);
        ck_assert_msg(st == AIMC_ERR_INVALID || (st == AIMC_OK && all_finite(y, N)),
                      "forward of pattern %zu: %d, %g", k, (int)st, (double)y[0]);
        st = aimc_tile_backward(tile, 1, x, N, y, N);
        ck_assert_msg(st == AIMC_ERR_INVALID || (st == AIMC_OK && all_finite(y, N)),
                      "backward of pattern %zu: %d, %g", k, (int)st, (double)y[0]);
    }
}

static void check_weights(const aimc_tile *tile, const char *after, size_t k)
{
    float w[CELLS];
    OK(aimc_tile_get_weights(tile, w, N));
    for (size_t i = 0; i < CELLS; i++)
        ck_assert_msg(isfinite(w[i]), "%s, pattern %zu: weight %zu is %g", after, k, i,
                      (double)w[i]);
}

static uint64_t pulses(const aimc_tile *tile)
{
    aimc_counters c = {.struct_size = (uint32_t)sizeof c};
    OK(aimc_tile_get_counters(tile, &c));
    return c.pulses_up + c.pulses_down;
}

static aimc_tile *make_tile(const aimc_device *device, const char *const settings[])
{
    aimc_config *config = NULL;
    aimc_tile *tile = NULL;
    OK(aimc_config_create(ctx, "tile", &config));
    for (size_t i = 0; settings && settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    OK(aimc_tile_create(device, N, N, config, &tile));
    aimc_config_destroy(config);
    return tile;
}

static const char *const devices[] = {"ideal",          "constant_step",    "linear_step",
                                      "soft_bounds",    "soft_bounds_pmax", "soft_bounds_reference",
                                      "exp_step",       "pow_step",         "pow_step_reference",
                                      "piecewise_step", "polynomial_step",  "table_step",
                                      "vteam",          "stanford_pku",     "vector_cell",
                                      "reference_cell", "one_sided_cell",   "measured_step"};
enum { DEVICES = sizeof devices / sizeof *devices };

static const char *const read_outs[][6] = {
    {NULL},
    {"forward.noise_management", "NONE", "forward.bound_management", "SHIFT"},
    {"forward.noise_management", "ABS_MAX_NP_SUM", "forward.bound_management",
     "ITERATIVE_WORST_CASE", "forward.max_bm_factor"},
    {"forward.noise_management", "AVERAGE_ABS_MAX", "forward.mv_type", "BIT_WISE"},
    {"forward.is_perfect", "true", "backward.is_perfect", "true"},
    {"forward.out_bound", "0", "forward.out_res", "0", "forward.inp_sto_round", "true"},
};
enum { READ_OUTS = sizeof read_outs / sizeof *read_outs };

static void read_with(const aimc_device *device, size_t read_out)
{
    const char *settings[8] = {NULL};
    for (size_t i = 0; i < 6; i++)
        settings[i] = read_outs[read_out][i];
    if (settings[4] && !settings[5])
        settings[5] = "1e30";
    aimc_tile *tile = make_tile(device, settings);
    float w[CELLS];
    for (size_t k = 0; k < PATTERNS; k++) {
        fill(w, CELLS, k);
        OK(aimc_tile_set_weights(tile, w, N));
        check_weights(tile, "set_weights", k);
        check_products(tile);
        OK(aimc_tile_decay(tile, 1e30));
        OK(aimc_tile_diffuse(tile));
        OK(aimc_tile_drift_trained(tile, 1));
        OK(aimc_tile_drift_trained(tile, 1e30));
        OK(aimc_tile_reset(tile, 0, N, 0.5));
        check_weights(tile, "relaxation", k);
    }
    aimc_tile_destroy(tile);
}

/* _i: the device */
START_TEST(weights_and_products)
{
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    OK(aimc_config_create(ctx, devices[_i], &config));
    if (aimc_config_get_nested(config, "drift"))
        OK(aimc_config_set(config, "drift.nu", 0.1));
    if (aimc_config_get_nested(config, "read_disturb"))
        OK(aimc_config_set(config, "read_disturb.rate", 0.01));
    if (aimc_config_get_nested(config, "endurance"))
        OK(aimc_config_set(config, "endurance.onset", 1));
    OK(aimc_device_create(ctx, NULL, config, &device));
    aimc_config_destroy(config);
    for (size_t k = 0; k < READ_OUTS; k++)
        read_with(device, k);
    aimc_device_unref(device);
}
END_TEST

/* ---- algorithms ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *settings[8];
} algorithms[] = {
    {"sgd", {NULL}},
    {"sgd",
     {"update.pulse_type", "STOCHASTIC", "update.update_bl_management", "false",
      "update.update_management", "false"}},
    {"sgd", {"update.fixed_bl", "false", "update.update_bl_management", "false"}},
    {"sgd", {"update.pulse_type", "MEAN_COUNT", "update.res", "0.01"}},
    {"sgd", {"update.pulse_type", "DETERMINISTIC_IMPLICIT", "update.multi_pulse", "BATCH"}},
    {"sgd", {"update.pulse_type", "NONE"}},
    {"sgd", {"update.pulse_type", "NONE_WITH_DEVICE"}},
    {"tiki_taka", {NULL}},
    {"tiki_taka", {"scale_transfer_lr", "true", "defer_writes", "true", "fast_lr", "1e30"}},
    {"ttv2", {NULL}},
    {"ttv2", {"defer_writes", "true", "step", "1e6", "transfer_every", "1", "transfer_lr", "1e30"}},
    {"c_ttv2", {"auto_scale", "true", "fast_lr", "1"}},
    {"c_ttv2", {"step", "1e6", "in_chop_prob", "1e-300"}},
    {"agad", {NULL}},
    {"agad", {"correct_gradient_magnitudes", "true", "transfer_every", "1"}},
    {"mixed_precision", {NULL}},
    {"mixed_precision", {"momentum", "0.9", "weight_decay", "1e6"}},
    {"mixed_precision", {"n_rows_per_transfer", "3", "transfer_every", "2", "transfer_lr", "1e30"}},
    {"mixed_precision", {"write_mode", "TRAINS", "n_x_bins", "5", "n_d_bins", "5"}},
    {"mixed_precision_int", {NULL}},
    {"mixed_precision_int", {"write_mode", "TRAINS", "momentum_chi", "0.5"}},
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

/* The trains of the third grow with the rate, up to a million slots. */
enum { LONG_TRAINS = 2 };

/* Pulses of one step: the longest train to every cell, and once more for what is passed on. */
static uint64_t most_pulses(const aimc_device *device, size_t which)
{
    aimc_device_info info = {.struct_size = (uint32_t)sizeof info};
    OK(aimc_device_get_info(device, &info));
    const double train = fmax(4096, fmin(8 * info.num_states, 1e6));
    return 2 * CELLS * (uint64_t)(which == LONG_TRAINS ? 1 << 20 : train);
}

static void step_all(aimc_tile *tile, aimc_optimizer *optimizer, size_t which, uint64_t most)
{
    const char *const name = algorithms[which].name;
    const double rates[] = {0, 0.1, which == LONG_TRAINS ? 10 : 1e30};
    float x[N], d[N];
    for (size_t i = 0; i < PATTERNS; i++) {
        fill(x, N, i);
        for (size_t k = 0; k < PATTERNS; k++) {
            fill(d, N, k);
            for (size_t r = 0; r < 3; r++) {
                const uint64_t before = pulses(tile);
                OK(aimc_optimizer_step(optimizer, 1, x, N, d, N, rates[r]));
                ck_assert_msg(pulses(tile) - before <= most, "%s: %llu pulses", name,
                              (unsigned long long)(pulses(tile) - before));
            }
        }
        check_weights(tile, name, i);
        check_products(tile);
    }
}

/* All that is kept of an algorithm is finite, so that it can be saved and loaded again. */
static void check_state(const aimc_optimizer *optimizer)
{
    for (size_t k = 0; k < aimc_optimizer_count_matrices(optimizer); k++) {
        float m[CELLS];
        char name[64];
        aimc_optimizer_get_matrix_name(optimizer, k, name, sizeof name);
        OK(aimc_optimizer_get_matrix(optimizer, name, m, N));
        ck_assert_msg(all_finite(m, CELLS), "'%s' of %s is not finite", name,
                      aimc_optimizer_get_algorithm(optimizer));
    }
}

static void train_with(const aimc_device *device, size_t which)
{
    aimc_config *config = NULL;
    aimc_optimizer *optimizer = NULL;
    aimc_tile *tile = make_tile(device, NULL);
    OK(aimc_config_create(ctx, algorithms[which].name, &config));
    for (size_t i = 0; i < 8 && algorithms[which].settings[i]; i += 2)
        OK(aimc_config_set_text(config, algorithms[which].settings[i],
                                algorithms[which].settings[i + 1]));
    const aimc_status st = aimc_optimizer_create(tile, NULL, config, &optimizer);
    if (st) /* a device without pulses */
        FAILS(AIMC_ERR_INVALID, "takes no pulses",
              aimc_optimizer_create(tile, NULL, config, &optimizer));
    aimc_config_destroy(config);
    if (optimizer) {
        step_all(tile, optimizer, which, most_pulses(device, which));
        check_state(optimizer);
    }
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
}

/* _i: the algorithm */
START_TEST(steps)
{
    static const size_t some[] = {0, 1, 3, 5, 7, 9, 13, 14};
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        aimc_device *device = aimct_device(ctx, devices[some[k]], NULL);
        train_with(device, (size_t)_i);
        aimc_device_unref(device);
    }
}
END_TEST

/* ---- programmed devices --------------------------------------------------------------------- */

START_TEST(programmed)
{
    static const char *const methods[] = {"NONE", "GLOBAL", "PER_OUTPUT", "REFIT", "BATCH_NORM"};
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    float w[CELLS], x[2 * N];
    for (size_t m = 0; m < 5; m++) {
        aimc_config *config = NULL;
        OK(aimc_config_create(ctx, "inference", &config));
        OK(aimc_config_set_text(config, "compensation.method", methods[m]));
        OK(aimc_config_set_text(config, "programming.method", m % 2 ? "VERIFY" : "ONE_SHOT"));
        for (size_t k = 0; k < PATTERNS; k++) {
            aimc_tile *tile = make_tile(device, NULL);
            fill(w, CELLS, k);
            fill(x, N, k);
            fill(x + N, N, PATTERNS - 1);
            OK(aimc_tile_set_weights(tile, w, N));
            if (aimc_tile_program(tile, config, NULL) == AIMC_OK) {
                OK(aimc_tile_drift_programmed(tile, 1e9, NULL));
                (void)aimc_tile_compensate(tile, 2, x, N, NULL); /* may be refused */
                check_weights(tile, methods[m], k);
                check_products(tile);
            }
            aimc_tile_destroy(tile);
        }
        aimc_config_destroy(config);
    }
    aimc_device_unref(device);
}
END_TEST

START_TEST(population)
{
    static const char *const models[] = {"pcm_like", "pcm_hermes", "state_independent",
                                         "reram_wan2022", "reram_cmo"};
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        aimc_noise_model *model = NULL;
        aimc_population *cells = NULL;
        float g[N], read[N];
        OK(aimc_noise_model_create(ctx, models[m], NULL, &model));
        OK(aimc_population_create(model, N, 3, &cells));
        for (size_t k = 0; k < PATTERNS; k++) {
            fill(g, N, k);
            if (aimc_population_program(cells, g) != AIMC_OK)
                continue;
            for (double t = 1; t < 1e40; t *= 1e10) {
                if (aimc_population_read(cells, t, read) == AIMC_OK)
                    ck_assert_msg(all_finite(read, N), "%s at %g s", models[m], t);
            }
        }
        aimc_population_destroy(cells);
        aimc_noise_model_destroy(model);
    }
}
END_TEST

/* ---- converters ----------------------------------------------------------------------------- */

START_TEST(converters)
{
    static const char *const circuits[] = {"IDEAL", "SAR", "PIPELINE"};
    float x[N], y[N];
    int32_t codes[N];
    for (size_t m = 0; m < 3; m++) {
        aimc_config *config = NULL;
        aimc_converter *converter = NULL;
        OK(aimc_config_create(ctx, "converter", &config));
        OK(aimc_config_set_text(config, "nonideal.model", circuits[m]));
        OK(aimc_config_set_text(config, "sto_round", "true"));
        OK(aimc_converter_create(ctx, config, &converter));
        aimc_config_destroy(config);
        const int32_t top = aimc_converter_get_max_code(converter);
        const int32_t bottom = aimc_converter_get_min_code(converter);
        for (size_t k = 0; k < PATTERNS; k++) {
            fill(x, N, k);
            OK(aimc_converter_quantize(converter, N, x, y));
            ck_assert(all_finite(y, N));
            OK(aimc_converter_encode(converter, N, x, codes));
            for (size_t i = 0; i < N; i++)
                ck_assert_msg(codes[i] >= bottom && codes[i] <= top, "code %d of %g", codes[i],
                              (double)x[i]);
        }
        aimc_converter_destroy(converter);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("extremes");
    TCase *c = aimct_case(s, "extreme values");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, weights_and_products, 0, DEVICES);
    tcase_add_loop_test(c, steps, 0, ALGORITHMS);
    tcase_add_test(c, programmed);
    tcase_add_test(c, population);
    tcase_add_test(c, converters);
    return aimct_main(s);
}
