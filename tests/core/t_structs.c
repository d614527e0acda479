/* SPDX-License-Identifier: MIT */
/* Public structs of other versions: programs that were built before a field was added, and programs
 * built against a later library. */
#include "test_util.h"

enum { MOST = 2048, N = 3, LATER = 24 };

static aimc_context *ctx;
static aimc_device *device;
static aimc_config *device_config, *chip;
static aimc_tile *tile, *programmed;
static aimc_matrix *matrix;
static aimc_network *net;
static aimc_optimizer *optimizer;
static aimc_noise_model *noise;
static aimc_cost_model *cost;
static aimc_converter *converter;
static char table_path[512];

static void set_up(void)
{
    ctx = aimct_context(1, 0, 1);
    device = aimct_device(ctx, "soft_bounds", NULL);
    OK(aimc_tile_create(device, N, N, NULL, &tile));
    OK(aimc_tile_create(device, N, N, NULL, &programmed));
    OK(aimc_matrix_create(device, N, N, NULL, &matrix));
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, N, N, NULL));
    OK(aimc_optimizer_create(tile, "sgd", NULL, &optimizer));
    OK(aimc_device_get_config(device, &device_config));
    OK(aimc_noise_model_create(ctx, "pcm_like", NULL, &noise));
    OK(aimc_config_create(ctx, "inference", &chip));
    OK(aimc_config_set_text(chip, "compensation.method", "GLOBAL"));
    OK(aimc_tile_program(programmed, chip, NULL));
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "technology", &config));
    OK(aimc_config_set_text(config, "adc_model", "SURVEY"));
    OK(aimc_config_set(config, "adc_bits", 1)); /* outside of the range of the fit */
    OK(aimc_cost_model_create(ctx, NULL, config, &cost));
    aimc_config_destroy(config);
    OK(aimc_config_create(ctx, "converter", &config));
    OK(aimc_config_set(config, "res", .1));
    OK(aimc_converter_create(ctx, config, &converter));
    aimc_config_destroy(config);
    const char *folder = getenv("AIMC_TEST_DATA");
    snprintf(table_path, sizeof table_path, "%s/forward_D.csv", folder ? folder : "tests/data");
}

static void tear_down(void)
{
    aimc_converter_destroy(converter);
    aimc_cost_model_destroy(cost);
    aimc_noise_model_destroy(noise);
    aimc_optimizer_destroy(optimizer);
    aimc_network_destroy(net);
    aimc_matrix_destroy(matrix);
    aimc_tile_destroy(programmed);
    aimc_tile_destroy(tile);
    aimc_config_destroy(device_config);
    aimc_config_destroy(chip);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

/* ---- structs that are written --------------------------------------------------------------- */

#define WRITES(name, call)                                                                         \
    static aimc_status name(void *s)                                                               \
    {                                                                                              \
        return call;                                                                               \
    }

static const float zeros[N * N];

WRITES(config_get_field, aimc_config_get_field(device_config, 0, s))
WRITES(preset_get, aimc_preset_get(0, s))
WRITES(device_get_info, aimc_device_get_info(device, s))
WRITES(converter_linearity, aimc_converter_get_linearity(converter, 0, s, NULL, NULL))
WRITES(tile_get_counters, aimc_tile_get_counters(tile, s))
WRITES(matrix_get_counters, aimc_matrix_get_counters(matrix, s))
WRITES(network_get_counters, aimc_network_get_counters(net, s))
WRITES(optimizer_get_stats, aimc_optimizer_get_stats(optimizer, s))
WRITES(noise_get_info, aimc_noise_model_get_info(noise, s))
WRITES(tile_program, aimc_tile_program(programmed, chip, s))
WRITES(tile_drift, aimc_tile_drift_programmed(programmed, 100, s))
WRITES(tile_compensate, aimc_tile_compensate(programmed, 0, NULL, N, s))
WRITES(tile_write, aimc_tile_write(tile, zeros, N, NULL, s))
WRITES(matrix_program, aimc_matrix_program(matrix, NULL, s))
WRITES(network_get_info, aimc_network_get_info(net, s))
WRITES(network_get_layer, aimc_network_get_layer(net, 0, s))
WRITES(network_get_tensor, aimc_network_get_tensor_info(net, 0, s))
WRITES(network_store, aimc_network_store(net, NULL, s))
WRITES(cost_get_adc, aimc_cost_model_get_adc(cost, s))
WRITES(cost_extrapolation, aimc_cost_model_get_extrapolation(cost, 0, s))
WRITES(cost_baseline, aimc_cost_baseline_get(0, s))
WRITES(cost_supply, aimc_cost_model_get_at_supply(cost, 1, AIMC_CODE_NONE, s))

/* What tells a caller's struct from another: how large it is, and which call fills it. */
static const struct {
    const char *name;
    aimc_status (*call)(void *s);
    size_t size;
} written[] = {
    {"config_get_field", config_get_field, sizeof(aimc_field_info)},
    {"preset_get", preset_get, sizeof(aimc_preset_info)},
    {"device_get_info", device_get_info, sizeof(aimc_device_info)},
    {"converter_get_linearity", converter_linearity, sizeof(aimc_linearity)},
    {"tile_get_counters", tile_get_counters, sizeof(aimc_counters)},
    {"matrix_get_counters", matrix_get_counters, sizeof(aimc_counters)},
    {"network_get_counters", network_get_counters, sizeof(aimc_counters)},
    {"optimizer_get_stats", optimizer_get_stats, sizeof(aimc_optimizer_stats)},
    {"noise_model_get_info", noise_get_info, sizeof(aimc_noise_model_info)},
    {"tile_program", tile_program, sizeof(aimc_inference_report)},
    {"tile_drift_programmed", tile_drift, sizeof(aimc_inference_report)},
    {"tile_compensate", tile_compensate, sizeof(aimc_inference_report)},
    {"tile_write", tile_write, sizeof(aimc_inference_report)},
    {"matrix_program", matrix_program, sizeof(aimc_inference_report)},
    {"network_get_info", network_get_info, sizeof(aimc_network_info)},
    {"network_get_layer", network_get_layer, sizeof(aimc_layer_info)},
    {"network_get_tensor_info", network_get_tensor, sizeof(aimc_tensor_info)},
    {"network_store", network_store, sizeof(aimc_storage_report)},
    {"cost_model_get_adc", cost_get_adc, sizeof(aimc_converter_cost)},
    {"cost_model_get_extrapolation", cost_extrapolation, sizeof(aimc_extrapolation)},
    {"cost_baseline_get", cost_baseline, sizeof(aimc_cost_baseline)},
    {"cost_model_get_at_supply", cost_supply, sizeof(aimc_cost_supply)},
};

static void fill(unsigned char *s, size_t size)
{
    const uint32_t struct_size = (uint32_t)size;
    memset(s, 0x55, MOST);
    memcpy(s, &struct_size, sizeof struct_size);
}

static void check_bytes(const char *name, const unsigned char *s, size_t from, size_t to, int value)
{
    for (size_t i = from; i < to; i++)
        ck_assert_msg(s[i] == value, "%s: byte %zu is %d, not %d", name, i, s[i], value);
}

START_TEST(a_written_struct_keeps_its_callers_size)
{
    _Alignas(8) unsigned char whole[MOST], s[MOST];
    for (size_t k = 0; k < sizeof written / sizeof written[0]; k++) {
        const char *const name = written[k].name;
        const size_t size = written[k].size;
        fill(whole, size);
        OK(written[k].call(whole));
        check_bytes(name, whole, size, MOST, 0x55);
        fill(s, size - 8); /* a program of before the last field */
        OK(written[k].call(s));
        check_bytes(name, s, size - 8, MOST, 0x55);
        fill(s, size + LATER); /* one that knows more than we do */
        OK(written[k].call(s));
        check_bytes(name, s, size, size + LATER, 0);
        check_bytes(name, s, size + LATER, MOST, 0x55);
        fill(s, 0);
        FAILS(AIMC_ERR_ABI, "struct_size is 0", written[k].call(s));
        ck_assert_msg(strncmp(aimc_get_last_error(), name, strlen(name)) == 0, "%s: %s", name,
                      aimc_get_last_error());
        check_bytes(name, s, sizeof(uint32_t), MOST, 0x55);
    }
}
END_TEST

/* A report that cannot be given is refused before anything is done. */
START_TEST(a_refused_report_changes_nothing)
{
    aimc_inference_report none = {0};
    float before[N * N], after[N * N];
    OK(aimc_tile_get_weights(programmed, before, N));
    FAILS(AIMC_ERR_ABI, "tile_program", aimc_tile_program(programmed, NULL, &none));
    FAILS(AIMC_ERR_ABI, "drift", aimc_tile_drift_programmed(programmed, 1e6, &none));
    FAILS(AIMC_ERR_ABI, "compensate", aimc_tile_compensate(programmed, 0, NULL, N, &none));
    OK(aimc_tile_get_weights(programmed, after, N));
    ck_assert_mem_eq(before, after, sizeof before);
    FAILS(AIMC_ERR_ABI, "matrix_program", aimc_matrix_program(matrix, NULL, &none));
    FAILS(AIMC_ERR_STATE, "programmed", aimc_matrix_drift_programmed(matrix, 1, NULL));
    OK(aimc_tile_get_weights(tile, before, N));
    FAILS(AIMC_ERR_ABI, "tile_write", aimc_tile_write(tile, zeros, N, NULL, &none));
    OK(aimc_tile_get_weights(tile, after, N));
    ck_assert_mem_eq(before, after, sizeof before);
}
END_TEST

/* ---- structs that are read ------------------------------------------------------------------ */

static void pulse(void *user, const aimc_user_cells *cells)
{
    (void)user;
    (void)cells;
}

static const aimc_user_device user_device = {.struct_size = sizeof user_device,
                                             .name = "nothing",
                                             .granularity = .01,
                                             .w_min = -1,
                                             .w_max = 1,
                                             .pulse = pulse};
static const aimc_table_params table_params = {.struct_size = sizeof table_params, .columns = "1"};
static const aimc_stages stages = {.struct_size = sizeof stages};
static const aimc_counters counters = {.struct_size = sizeof counters, .forward_vectors = 1};
static const aimc_cost_shape shape = {
    .struct_size = sizeof shape, .n_out = N, .n_in = N, .tiles_out = 1, .tiles_in = 1};
static const aimc_cost_events events = {.struct_size = sizeof events, .macs = 9, .reads = 1};
static const aimc_context_params context_params = {.struct_size = sizeof context_params};

static aimc_status create_context(void *s)
{
    aimc_context *out = NULL;
    const aimc_status st = aimc_context_create(s, &out);
    aimc_context_destroy(out);
    return st;
}

static aimc_status create_user(void *s)
{
    aimc_device *out = NULL;
    const aimc_status st = aimc_device_create_user(ctx, s, &out);
    aimc_device_unref(out);
    return st;
}

static aimc_status read_table(void *s)
{
    aimc_table *out = NULL;
    const aimc_status st = aimc_table_read(ctx, table_path, s, &out);
    aimc_table_destroy(out);
    return st;
}

static aimc_status inspect(void *s)
{
    return aimc_tile_inspect(tile, AIMC_FORWARD, zeros, s);
}

static aimc_status add(const void *c, const void *s, void *e)
{
    return aimc_cost_model_add_counters(cost, c, s, e);
}

static aimc_status add_counters(void *s)
{
    aimc_cost_events sum = events;
    return add(s, &shape, &sum);
}

static aimc_status add_shape(void *s)
{
    aimc_cost_events sum = events;
    return add(&counters, s, &sum);
}

static aimc_status add_events(void *s)
{
    return add(&counters, &shape, s);
}

static aimc_status account(void *s)
{
    aimc_cost_report report = {.struct_size = sizeof report};
    return aimc_cost_model_account(cost, s, &report);
}

/* shortest: of a struct whose first fields alone make sense */
static const struct {
    const char *name;
    aimc_status (*call)(void *s);
    const void *good;
    size_t size, shortest;
} readers[] = {
    {"context_create", create_context, &context_params, sizeof context_params,
     offsetof(aimc_context_params, executor)},
    {"device_create_user", create_user, &user_device, sizeof user_device,
     offsetof(aimc_user_device, release)},
    {"table_read", read_table, &table_params, sizeof table_params,
     offsetof(aimc_table_params, delimiter)},
    {"tile_inspect", inspect, &stages, sizeof stages, 8},
    {"cost_model_add_counters: counters", add_counters, &counters, sizeof counters, 8},
    {"cost_model_add_counters: shape", add_shape, &shape, sizeof shape,
     offsetof(aimc_cost_shape, n_steps)},
    {"cost_model_add_counters: events", add_events, &events, sizeof events, 8},
    {"cost_model_account: events", account, &events, sizeof events, 8},
};

static void copy(unsigned char *s, size_t k, size_t size, int beyond)
{
    fill(s, size);
    memset(s + sizeof(uint32_t), beyond, MOST - sizeof(uint32_t));
    memcpy(s + sizeof(uint32_t), (const unsigned char *)readers[k].good + sizeof(uint32_t),
           (size < readers[k].size ? size : readers[k].size) - sizeof(uint32_t));
}

static void refuse(size_t k, unsigned char *s, const char *part)
{
    FAILS(AIMC_ERR_ABI, part, readers[k].call(s));
    ck_assert_msg(strncmp(aimc_get_last_error(), readers[k].name, strlen(readers[k].name)) == 0,
                  "%s: %s", readers[k].name, aimc_get_last_error());
}

START_TEST(a_read_struct_may_be_older_or_newer)
{
    _Alignas(8) unsigned char s[MOST];
    for (size_t k = 0; k < sizeof readers / sizeof readers[0]; k++) {
        const size_t size = readers[k].size;
        copy(s, k, size, 0x55);
        OK(readers[k].call(s));
        check_bytes(readers[k].name, s, size, MOST, 0x55);
        if (readers[k].shortest < size) {
            copy(s, k, readers[k].shortest, 0x55); /* what lies beyond it is not looked at */
            OK(readers[k].call(s));
            check_bytes(readers[k].name, s, readers[k].shortest, MOST, 0x55);
        }
        copy(s, k, size + LATER, 0);
        OK(readers[k].call(s));
        for (size_t i = 0; i < LATER; i++) {
            copy(s, k, size + LATER, 0);
            s[size + i] = 1;
            refuse(k, s, "unknown");
        }
        for (uint32_t bad = 0; bad < 8; bad += 4) {
            copy(s, k, size, 0);
            memcpy(s, &bad, sizeof bad);
            refuse(k, s, "struct_size");
        }
    }
}
END_TEST

/* A field that an old program does not know means as before: the account of the rest. */
START_TEST(events_of_before_the_last_field)
{
    aimc_cost_events now = {.struct_size = sizeof now, .pulses_up = 8, .cells = 4};
    aimc_cost_events old = now;
    old.struct_size = offsetof(aimc_cost_events, devices);
    old.devices = 1e9; /* not of the old program */
    aimc_cost_report a = {.struct_size = sizeof a}, b = {.struct_size = sizeof b};
    OK(aimc_cost_model_account(cost, &now, &a));
    OK(aimc_cost_model_account(cost, &old, &b));
    ck_assert_double_eq(a.pulses_per_device, 2);
    ck_assert_double_eq(b.pulses_per_device, 2);
    ck_assert_double_eq(a.energy_j, b.energy_j);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("structs");
    TCase *t = aimct_case(s, "other versions");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_written_struct_keeps_its_callers_size);
    tcase_add_test(t, a_refused_report_changes_nothing);
    tcase_add_test(t, a_read_struct_may_be_older_or_newer);
    tcase_add_test(t, events_of_before_the_last_field);
    return aimct_main(s);
}
