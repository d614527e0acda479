/* SPDX-License-Identifier: MIT */
/* How many devices pulses went to: one definition for unit cells, algorithms and programming. */
#include <math.h>
#include <stdbool.h>

#include "test_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static aimc_tile *tile_of(const char *device, const char *const settings[])
{
    aimc_tile *tile = NULL;
    aimc_device *d = aimct_device(ctx, device, settings);
    OK(aimc_tile_create(d, 7, 5, NULL, &tile));
    aimc_device_unref(d);
    return tile;
}

static aimc_counters counters_of(const aimc_tile *tile)
{
    aimc_counters c = {.struct_size = sizeof c};
    OK(aimc_tile_get_counters(tile, &c));
    return c;
}

static void near(double value, double expected, double tolerance)
{
    ck_assert_msg(fabs(value - expected) <= tolerance * fabs(expected), "%.12g, expected %.12g",
                  value, expected);
}

static void program(aimc_tile *tile, const char *const settings[], aimc_inference_report *report)
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "inference", &config));
    for (size_t i = 0; settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    OK(aimc_tile_program(tile, config, report));
    aimc_config_destroy(config);
}

/* One definition of a device: sums of the planes of pulses, which tell them one by one, over the
 * elements of those planes, are what the account divides. */
typedef struct planes {
    double pulses, devices;
} planes;

static void add_plane(planes *p, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p->pulses += (double)values[i];
    p->devices += (double)n;
}

static planes planes_of(const aimc_tile *tile, const aimc_optimizer *o)
{
    enum { ALL = 7 * 5 };
    planes p = {0, 0};
    float values[ALL];
    const char *name;
    char room[96];
    for (size_t i = 0; (name = aimc_tile_get_parameter_name(tile, i)) != NULL; i++)
        if (strstr(name, "pulses")) {
            OK(aimc_tile_get_parameter(tile, name, values, 5));
            add_plane(&p, values, ALL);
        }
    for (size_t i = 0; o && aimc_optimizer_get_matrix_name(o, i, room, sizeof room) > 0; i++)
        if (strstr(room, "pulses")) {
            OK(aimc_optimizer_get_matrix(o, room, values, 5));
            add_plane(&p, values, ALL);
        }
    return p;
}

static const struct {
    const char *device, *settings[5];
    double per_weight;
} cells[] = {
    {"soft_bounds", {"count_pulses=true"}, 1},
    {"exp_step", {"count_pulses=true"}, 1},
    {"pow_step_reference", {"count_pulses=true"}, 1},
    {"vector_cell", {"n_devices=3", "device.count_pulses=true"}, 3},
    {"vector_cell", {"update_policy=SINGLE_RANDOM", "device.count_pulses=true"}, 2},
    {"vector_cell", {"update_policy=SINGLE_FIXED", "device.count_pulses=true"}, 2},
    {"reference_cell", {"device.count_pulses=true"}, 2},
    {"reference_cell", {"shift_pairs=30", "device.count_pulses=true"}, 2},
    {"one_sided_cell", {"device.count_pulses=true"}, 2},
    {"one_sided_cell", {"copy_inverted=true", "device=exp_step", "device.count_pulses=true"}, 2},
    {"pcm_cell", {"device.count_pulses=true"}, 2}};
static const char *const algorithms[] = {
    NULL, "sgd", "tiki_taka", "ttv2", "c_ttv2", "agad", "mixed_precision", "mixed_precision_int"};
enum { CELLS = sizeof cells / sizeof cells[0], ALGORITHMS = 8 };

static void use(aimc_tile *tile, aimc_optimizer *o)
{
    enum { N = 4 };
    float x[N * 5], d[N * 7];
    int32_t counts[7 * 5];
    for (int k = 0; k < 7 * 5; k++)
        counts[k] = k % 7 - 3;
    aimct_fill(x, (size_t)N * 5, 1);
    aimct_fill(d, (size_t)N * 7, 2);
    for (int k = 0; k < 20; k++) {
        if (o)
            OK(aimc_optimizer_step(o, N, x, 5, d, 7, 0.05));
        else
            OK(aimc_tile_pulse(tile, counts, 5));
    }
}

START_TEST(a_device_is_one_thing)
{
    const char *algorithm = algorithms[_i % ALGORITHMS];
    const int k = _i / ALGORITHMS;
    aimc_tile *tile = tile_of(cells[k].device, cells[k].settings);
    aimc_optimizer *o = NULL;
    if (algorithm)
        OK(aimc_optimizer_create(tile, algorithm, NULL, &o));
    use(tile, o);
    const planes p = planes_of(tile, o);
    const aimc_counters c = counters_of(tile);
    const bool two_arrays =
        algorithm && strncmp(algorithm, "sgd", 3) != 0 && strncmp(algorithm, "mixed", 5) != 0;
    near((double)c.devices, 35 * cells[k].per_weight * (two_arrays ? 2 : 1), 0);
    near((double)c.devices, p.devices, 0);
    near((double)(c.pulses_up + c.pulses_down), p.pulses, 0);
    ck_assert_double_gt(p.pulses, 0);
    aimc_cost_events e = {.struct_size = sizeof e};
    aimc_cost_report r = {.struct_size = sizeof r};
    const aimc_cost_shape shape = {
        .struct_size = sizeof shape, .n_out = 7, .n_in = 5, .tiles_out = 1, .tiles_in = 1};
    aimc_cost_model *m = NULL;
    OK(aimc_cost_model_create(ctx, "technology", NULL, &m));
    OK(aimc_cost_model_add_counters(m, &c, &shape, &e));
    OK(aimc_cost_model_account(m, &e, &r));
    near(r.pulses_per_device, p.pulses / p.devices, 1e-12);
    near(r.devices, p.devices, 0);
    near(r.endurance_used, p.pulses / p.devices / r.endurance, 1e-12);
    aimc_cost_model_destroy(m);
    aimc_optimizer_destroy(o);
    aimc_tile_destroy(tile);
}
END_TEST

/* Programmed devices are other ones: those that the tile trained come in only where they were
 * pulsed. A closed loop pulses the tile's own. */
START_TEST(devices_that_are_written)
{
    const char *const pairs[] = {"encoding", "n_pair", "encoding.significance", "[1, 1, 1]", NULL};
    aimc_inference_report r = {.struct_size = sizeof r};
    float w[35];
    aimct_fill(w, 35, 3);
    aimc_tile *tile = tile_of("ideal", NULL);
    ck_assert_uint_eq(counters_of(tile).devices, 0); /* ideal devices take no pulses */
    OK(aimc_tile_set_weights(tile, w, 5));
    OK(aimc_tile_program(tile, NULL, &r));
    ck_assert(counters_of(tile).devices == 70 && r.n_devices == 70);
    aimc_tile_destroy(tile);
    const char *const three[] = {"n_devices=3", "device.count_pulses=true", NULL};
    tile = tile_of("vector_cell", three);
    for (int k = 0; k < 35; k++)
        w[k] *= 0.2f;
    OK(aimc_tile_write(tile, w, 5, NULL, &r));
    const planes p = planes_of(tile, NULL);
    near((double)r.n_devices, 105, 0);
    near((double)r.pulses, p.pulses, 0);
    aimc_tile_clear_counters(tile);
    program(tile, pairs, &r);
    ck_assert(counters_of(tile).devices == 210 && r.n_devices == 210);
    OK(aimc_tile_unprogram(tile));
    ck_assert_uint_eq(counters_of(tile).devices, 105);
    use(tile, NULL);
    program(tile, pairs, &r);
    ck_assert_uint_eq(counters_of(tile).devices, 315);
    aimc_tile_destroy(tile);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices");
    TCase *t = aimct_case(s, "devices");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, a_device_is_one_thing, 0, CELLS * ALGORITHMS);
    tcase_add_test(t, devices_that_are_written);
    return aimct_main(s);
}
