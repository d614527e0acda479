/* SPDX-License-Identifier: MIT */
/* Files of every kind of object, with every number of every tensor of floats poisoned in turn, and
 * every count out of range: the load is refused, names the tensor, and leaves nothing behind. */
#include <math.h>

#include <aimc/inference.h>
#include <aimc/network_life.h>

#include "fail_alloc.h"
#include "portable.h"
#include "test_util.h"

enum { N_OUT = 3, N_IN = 4 };

static aimct_heap heap = AIMCT_HEAP_INIT;
static aimc_context *ctx;
static uint8_t bytes[1 << 18], good[1 << 18];
static size_t size;
static char path[] = "/tmp/t_state_file-XXXXXX";

static void set_up(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    OK(aimc_context_create(&params, &ctx));
    close(mkstemp(path));
}

static void tear_down(void)
{
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}

/* ---- objects -------------------------------------------------------------------------------- */

/* "field=value;field=value" */
static aimc_config *config_of(const char *kind, const char *settings)
{
    aimc_config *config = NULL;
    char one[512];
    OK(aimc_config_create(ctx, kind, &config));
    while (settings && *settings) {
        const size_t n = strcspn(settings, ";");
        snprintf(one, sizeof one, "%.*s", (int)n, settings);
        char *value = strchr(one, '=');
        ck_assert_ptr_nonnull(value);
        *value++ = 0;
        OK(aimc_config_set_text(config, one, value));
        settings += n + (settings[n] == ';');
    }
    return config;
}

typedef struct object {
    const char *device, *device_settings; /* device NULL: a network */
    const char *tile_settings;
    const char *algorithm;
    const char *inference; /* NULL: not programmed */
} object;

#define SPREADS                                                                                    \
    "lifetime=100;lifetime_dtod=0.1;diffusion=0.01;diffusion_dtod=0.1;reset_dtod=0.01;"            \
    "count_pulses=true;drift.nu=0.1;drift.nu_dtod=0.1"
#define FIXED_ERRORS                                                                               \
    "forward.out_noise_std=0.1;forward.out_nonlinearity=0.1;forward.out_nonlinearity_std=0.1;"     \
    "forward.v_offset_std=0.1;forward.mv_type=POS_NEG_SEPARATE;"                                   \
    "forward.w_read_asymmetry_dtod=0.1;backward.noise_management=AVERAGE_ABS_MAX"

static const object objects[] = {
    {"ideal", "", "", NULL, NULL},
    {"constant_step", "", FIXED_ERRORS, NULL, NULL},
    {"linear_step", "", "", NULL, NULL},
    {"soft_bounds", SPREADS ";write_noise_std=1", "", NULL, NULL},
    {"soft_bounds_pmax", "", "", NULL, NULL},
    {"soft_bounds_reference", "", "", NULL, NULL},
    {"exp_step", "", "", NULL, NULL},
    {"pow_step", "", "", NULL, NULL},
    {"pow_step_reference", "", "", NULL, NULL},
    {"piecewise_step", "", "", NULL, NULL},
    {"polynomial_step", "", "", NULL, NULL},
    {"window_step", "", "", NULL, NULL},
    {"reram_array_om", "", "", NULL, NULL},
    {"ferro_2us", "", "", NULL, NULL},
    {"reram_es_4", "", "", NULL, NULL},
    {"reference_cell", "", "", NULL, NULL},
    {"pcm_cell", "", "", NULL, NULL},
    {"soft_bounds", "", "", "sgd", NULL},
    {"soft_bounds", "", "", "tiki_taka", NULL},
    {"soft_bounds", "", "", "ttv2", NULL},
    {"reram_sb_2", "", "", "c_ttv2", NULL},
    {"soft_bounds", "", "", "agad", NULL},
    {"soft_bounds", "", "", "mixed_precision", NULL},
    {"soft_bounds", "", "", "mixed_precision_int", NULL},
    {"ideal", "", "", NULL, "compensation.method=PER_OUTPUT;faults.stuck_low=0.2"},
    {"soft_bounds", "", "", NULL, "noise_model=reram_cmo;encoding=bit_sliced"},
    {"ideal", "", "", NULL,
     "noise_model=sonos;encoding=offset;encoding.correction=REFERENCE_COLUMN"},
    {NULL, "", "", NULL, NULL},
    {NULL, "", "device=reram_sb;optimizer=c_ttv2;mapping.max_input_size=3", NULL, NULL},
    {NULL, "", "device=ideal;hwa.input_range.enable=true;hwa.modifier.type=ADD_NORMAL", NULL,
     "noise_model=pcm_hermes"},
};
enum { N_OBJECTS = sizeof objects / sizeof objects[0] };

static void train_tile(aimc_tile *tile, aimc_optimizer *optimizer)
{
    float x[N_IN], d[N_OUT], y[N_OUT];
    aimct_fill(x, N_IN, 3);
    aimct_fill(d, N_OUT, 4);
    for (int k = 0; optimizer && k < 5; k++)
        OK(aimc_optimizer_step(optimizer, 1, x, N_IN, d, N_OUT, 0.1));
    OK(aimc_tile_forward(tile, 1, x, N_IN, y, N_OUT));
}

static void save_tile(const object *o)
{
    aimc_config *of_device = NULL, *of_tile = config_of("tile", o->tile_settings);
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    OK(aimc_device_create(ctx, o->device, NULL, &device));
    if (*o->device_settings) {
        aimc_device_unref(device);
        of_device = config_of(o->device, o->device_settings);
        OK(aimc_device_create(ctx, NULL, of_device, &device));
    }
    OK(aimc_tile_create(device, N_OUT, N_IN, of_tile, &tile));
    if (o->algorithm)
        OK(aimc_optimizer_create(tile, o->algorithm, NULL, &optimizer));
    train_tile(tile, optimizer);
    if (o->inference) {
        float w[N_OUT * N_IN];
        aimct_fill(w, N_OUT * N_IN, 5);
        OK(aimc_tile_set_weights(tile, w, N_IN));
        aimc_config *inference = config_of("inference", o->inference);
        OK(aimc_tile_program(tile, inference, NULL));
        aimc_config_destroy(inference);
    }
    OK(aimc_tile_save_bytes(tile, bytes, sizeof bytes, &size));
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(of_device);
    aimc_config_destroy(of_tile);
}

static void save_network(const object *o)
{
    aimc_network *net = NULL;
    aimc_config *config = config_of("layer", o->tile_settings);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, N_OUT, N_IN, *o->tile_settings ? config : NULL));
    OK(aimc_network_add_activation(net, AIMC_RELU));
    OK(aimc_network_add_linear(net, 2, N_OUT, *o->tile_settings ? config : NULL));
    float x[8 * N_IN], y[8 * 2];
    aimct_fill(x, 8 * N_IN, 6);
    aimct_fill(y, 8 * 2, 7);
    (void)y;
    if (o->inference) {
        aimc_config *inference = config_of("inference", o->inference);
        OK(aimc_network_program(net, inference, NULL));
        aimc_config_destroy(inference);
    }
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
    aimc_config_destroy(config);
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
}

static void save(const object *o)
{
    if (o->device)
        save_tile(o);
    else
        save_network(o);
    memcpy(good, bytes, size);
}

static aimc_status load_tile(const object *o)
{
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    aimc_status st = aimc_tile_load_bytes(ctx, bytes, size, &tile);
    ck_assert(st == AIMC_OK || tile == NULL);
    if (!st && o->algorithm)
        st = aimc_optimizer_create(tile, o->algorithm, NULL, &optimizer);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    return st;
}

static aimc_status load_network(void)
{
    aimc_network *net = NULL;
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    fclose(f);
    const aimc_status st = aimc_network_load(ctx, path, &net);
    ck_assert(st == AIMC_OK || net == NULL);
    aimc_network_destroy(net);
    return st;
}

/* Loads the file; what it has made is destroyed. */
static aimc_status load(const object *o)
{
    const size_t before = heap.live_blocks;
    const aimc_status st = o->device ? load_tile(o) : load_network();
    ck_assert_uint_eq(heap.live_blocks, before);
    return st;
}

/* ---- tensors -------------------------------------------------------------------------------- */

typedef struct tensor {
    char name[120], dtype[8];
    size_t item, n;
    uint8_t *data; /* in bytes */
} tensor;

/* The next tensor of the header from *at on. */
static bool next_tensor(const char **at, tensor *t)
{
    uint64_t header;
    memcpy(&header, good, sizeof header);
    const char *key = strstr(*at, "\":{\"dtype\":\"");
    if (!key || key > (const char *)good + 8 + header)
        return false;
    const char *name = key;
    while (name[-1] != '"')
        name--;
    snprintf(t->name, sizeof t->name, "%.*s", (int)(key - name), name);
    snprintf(t->dtype, sizeof t->dtype, "%.3s", key + 12);
    const char *offsets = strstr(key, "\"data_offsets\":[");
    ck_assert_ptr_nonnull(offsets);
    char *end;
    const size_t from = strtoul(offsets + 16, &end, 10), to = strtoul(end + 1, NULL, 10);
    t->item = t->dtype[1] == '6' ? 8 : 4;
    t->n = (to - from) / t->item;
    t->data = bytes + 8 + header + from;
    *at = offsets;
    return true;
}

static void put_float(const tensor *t, size_t k, double v)
{
    const float single = (float)v;
    if (t->item == 8)
        memcpy(t->data + 8 * k, &v, sizeof v);
    else
        memcpy(t->data + 4 * k, &single, sizeof single);
}

/* ---- tests ---------------------------------------------------------------------------------- */

START_TEST(no_number_of_a_file_is_infinite_or_none)
{
    static const double poisons[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    const object *o = &objects[_i];
    save(o);
    OK(load(o));
    tensor t;
    size_t n = 0;
    const char *at = (const char *)good + 8;
    for (; next_tensor(&at, &t); n++) {
        const size_t places[] = {0, t.n / 2, t.n - 1};
        for (size_t k = 0; t.dtype[0] == 'F' && t.n && k < 9; k++) {
            char quoted[130], place[48];
            put_float(&t, places[k / 3], poisons[k % 3]);
            const aimc_status st = load(o);
            snprintf(quoted, sizeof quoted, "'%s'", t.name);
            ck_assert_msg(st == AIMC_ERR_FORMAT && strstr(aimc_get_last_error(), quoted),
                          "%s[%zu] = %g: %d %s", t.name, places[k / 3], poisons[k % 3], (int)st,
                          st ? aimc_get_last_error() : "loads");
            snprintf(place, sizeof place, "%g, which is not finite", poisons[k % 3]);
            ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), place));
            memcpy(bytes, good, size);
        }
    }
    ck_assert_uint_gt(n, o->device ? 4 : 2);
    OK(load(o)); /* and the file is as it was */
}
END_TEST

/* Counts go on from what the file says, and must not come to the end of their range. */
START_TEST(no_count_of_a_file_is_out_of_range)
{
    const object *o = &objects[_i];
    save(o);
    tensor t;
    const char *at = (const char *)good + 8;
    while (next_tensor(&at, &t)) {
        if (t.dtype[0] == 'F')
            continue;
        const bool seeded = strstr(t.name, "streams") || strstr(t.name, "counters") ||
                            strcmp(t.name, "progress") == 0;
        const bool seed = strstr(t.name, "seed") != NULL;
        for (size_t k = seeded; k < t.n && !seed; k++) {
            memset(t.data + k * t.item, 0xff, t.item);
            if (t.dtype[0] == 'I') /* -1 is a flag of I32 */
                t.data[k * t.item] = 0xf0;
            ck_assert_msg(load(o) == AIMC_ERR_FORMAT, "%s[%zu] loads", t.name, k);
            ck_assert_msg(strstr(aimc_get_last_error(), t.name) != NULL, "%s: %s", t.name,
                          aimc_get_last_error());
            memcpy(bytes, good, size);
        }
    }
}
END_TEST

/* What no device, converter or chip can be is refused where it is read, too. */
typedef struct nonsense {
    size_t object;
    const char *tensor;
    size_t k;
    double value;
} nonsense;

static const nonsense impossible[] = {
    {3, "array.max_bound", 5, -10},       {3, "array.min_bound", 5, 10},
    {3, "array.dwmin_up", 2, -0.001},     {3, "array.dwmin_down", 11, -0.001},
    {3, "array.decay_scales", 1, 1.5},    {3, "array.diffusion_rates", 1, -1},
    {3, "array.drift_age", 1, -2},        {3, "array.pulses", 1, -1},
    {7, "array.gamma_up", 0, -1},         {14, "array.max_bound_3", 3, -10},
    {16, "array.dwmin_up_1", 3, -10},     {18, "optimizer.fast0.max_bound", 3, -10},
    {1, "forward.out_noises", 1, -1},     {1, "backward.average", 0, -1},
    {24, "program.half", 1, 0},           {24, "program.half", 1, -1},
    {24, "program.cells.devices", 1, -1}, {24, "program.cells.devices", 1, 1000},
    {24, "program.cells.stuck", 1, -2},   {24, "program.scalars", 0, -1},
    {24, "program.scalars", 3, -1},       {24, "program.scalars", 4, 1e300},
    {24, "program.scalars", 12, -1},      {28, "linear.matrix.scales", 1, 0},
    {28, "linear.matrix.scales", 1, -1},
};

START_TEST(impossible_devices_are_refused)
{
    const nonsense *bad = &impossible[_i];
    const object *o = &objects[bad->object];
    save(o);
    tensor t;
    const char *at = (const char *)good + 8;
    while (next_tensor(&at, &t) && strcmp(t.name, bad->tensor) != 0)
        continue;
    ck_assert_msg(strcmp(t.name, bad->tensor) == 0, "%s is not there: %.2000s", bad->tensor,
                  (const char *)good + 8);
    ck_assert_uint_lt(bad->k, t.n);
    put_float(&t, bad->k, bad->value);
    ck_assert_msg(load(o) == AIMC_ERR_FORMAT, "%s[%zu] = %g loads", bad->tensor, bad->k,
                  bad->value);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("state_file");
    TCase *t = aimct_case(s, "poisoned files");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, no_number_of_a_file_is_infinite_or_none, 0, N_OBJECTS);
    tcase_add_loop_test(t, no_count_of_a_file_is_out_of_range, 0, N_OBJECTS);
    tcase_add_loop_test(t, impossible_devices_are_refused, 0,
                        sizeof impossible / sizeof impossible[0]);
    return aimct_main(s);
}
