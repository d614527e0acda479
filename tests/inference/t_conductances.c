/* SPDX-License-Identifier: MIT */
/* Conductances of programmed tiles and networks, out and in: the same bits of products, and
 * measured ones as they were measured. */
#include <sys/stat.h>

#include "core/os.h"
#include "portable.h"
#include "program_test.h"

enum { IN = 9, OUT = 7, N = 20, WEIGHTS = OUT * IN, MOST = 40 * WEIGHTS };

static float x[N * IN], w[WEIGHTS];

static aimc_tile *programmed(const char *settings, const char *seed)
{
    char all[256];
    aimc_inference_report r;
    aimc_tile *t = make_tile(OUT, IN, "seed=9");
    aimct_fill(x, N * IN, 1);
    aimct_fill(w, WEIGHTS, 2);
    OK(aimc_tile_set_weights(t, w, IN));
    snprintf(all, sizeof all, "%s;seed=%s", settings, seed);
    OK(program(t, all, &r));
    return t;
}

static size_t count(const aimc_tile *t, aimc_conductance_info *info)
{
    *info = (aimc_conductance_info){.struct_size = sizeof *info};
    OK(aimc_tile_get_conductance_info(t, info));
    ck_assert_uint_le(info->n_conductances, MOST);
    return (size_t)info->n_conductances;
}

static const char *const cases[] = {
    "noise_model=pcm_like",
    "noise_model=pcm_like;noise_model.read_noise_scale=0",
    "noise_model=reram_wan2022",
    ("noise_model=generic_noise;noise_model.prog_magnitude=0.05;encoding=n_pair;"
     "encoding.significance=[1, 2]"),
    "noise_model=pcm_like;encoding=fusion",
    "noise_model=pcm_like;encoding=single_device",
    "noise_model=pcm_like;encoding=bit_sliced",
    "noise_model=pcm_like;encoding=offset;encoding.correction=REFERENCE_COLUMN",
    "noise_model=pcm_like;faults.stuck_low=0.1;faults.stuck_high=0.1;compensation.method=GLOBAL",
};
enum { N_CASES = sizeof cases / sizeof cases[0] };

/* From one chip into another one of the same weights: afterwards they are the same one, read noise
 * apart, and that is the same where the devices are the same. */
START_TEST(out_and_in_to_the_same_bits)
{
    const bool noisy = strstr(cases[_i], "pcm_like") && !strstr(cases[_i], "scale=0");
    aimc_tile *from = programmed(cases[_i], "1"), *same = programmed(cases[_i], "1");
    aimc_tile *other = programmed(cases[_i], "2");
    aimc_conductance_info info;
    static float g[MOST], again[MOST], y[3][N * OUT];
    const size_t n = count(from, &info);
    ck_assert_uint_eq(n, info.n_devices * WEIGHTS + (info.has_shared ? IN : 0));
    ck_assert_uint_eq(info.is_given, 0);
    OK(aimc_tile_drift_programmed(from, 3600, NULL));
    OK(aimc_tile_drift_programmed(same, 3600, NULL));
    OK(aimc_tile_get_conductances(from, g, n));
    OK(aimc_tile_get_conductances(from, again, n));
    ck_assert_mem_eq(g, again, n * sizeof *g);
    OK(aimc_tile_set_conductances(same, g, n));
    OK(aimc_tile_set_conductances(other, g, n));
    OK(aimc_tile_get_conductances(other, again, n));
    ck_assert_mem_eq(g, again, n * sizeof *g);
    OK(aimc_tile_forward(from, N, x, IN, y[0], OUT));
    OK(aimc_tile_forward(same, N, x, IN, y[1], OUT));
    OK(aimc_tile_forward(other, N, x, IN, y[2], OUT));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    if (!noisy)
        ck_assert_mem_eq(y[0], y[2], sizeof y[0]);
    count(other, &info);
    ck_assert_uint_eq(info.is_given, 1);
    aimc_tile_destroy(from);
    aimc_tile_destroy(same);
    aimc_tile_destroy(other);
}
END_TEST

/* Weights follow from pairs by hand: w = (g+ - g-) half / (g_max - g_min). */
START_TEST(measured_pairs)
{
    aimc_tile *t = programmed("noise_model=generic_noise;noise_model.g_min=5;noise_model.g_max=25;"
                              "noise_model.prog_magnitude=0",
                              "1");
    float g[2 * WEIGHTS], read[WEIGHTS], largest = 0;
    aimc_conductance_info info;
    ck_assert_uint_eq(count(t, &info), 2 * WEIGHTS);
    ck_assert(info.g_min_us == 5 && info.g_max_us == 25 && info.most_us == 250);
    OK(aimc_tile_get_conductances(t, g, 2 * WEIGHTS));
    for (size_t i = 0; i < WEIGHTS; i++)
        largest = fmaxf(largest, fabsf(w[i]));
    for (size_t i = 0; i < WEIGHTS; i++) { /* as they were programmed */
        NEAR(g[i], 5 + 20 * fmaxf(w[i], 0) / largest, 1e-5);
        NEAR(g[WEIGHTS + i], 5 + 20 * fmaxf(-w[i], 0) / largest, 1e-5);
    }
    for (size_t i = 0; i < 2 * WEIGHTS; i++)
        g[i] = 5 + (float)(i * 7 % 23);
    OK(aimc_tile_set_conductances(t, g, 2 * WEIGHTS));
    OK(aimc_tile_get_weights(t, read, IN));
    for (size_t i = 0; i < WEIGHTS; i++)
        NEAR(read[i], (g[i] - g[WEIGHTS + i]) / 20 * largest, 1e-6);
    aimc_tile_destroy(t);
}
END_TEST

START_TEST(files_keep_them)
{
    aimc_tile *t = programmed(cases[0], "1"), *again;
    static float g[MOST], y[2][N * OUT];
    static uint8_t bytes[1 << 18];
    aimc_conductance_info info;
    size_t n = count(t, &info), size;
    OK(aimc_tile_get_conductances(t, g, n));
    for (size_t i = 0; i < n; i++)
        g[i] *= 0.9f;
    OK(aimc_tile_set_conductances(t, g, n));
    OK(aimc_tile_save_bytes(t, bytes, sizeof bytes, &size));
    OK(aimc_tile_load_bytes(ctx, bytes, size, &again));
    OK(aimc_tile_forward(t, N, x, IN, y[0], OUT));
    OK(aimc_tile_forward(again, N, x, IN, y[1], OUT));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    FAILS(AIMC_ERR_STATE, "set from outside", aimc_tile_drift_programmed(again, 60, NULL));
    aimc_inference_report r;
    OK(program(again, cases[0], &r)); /* another chip, which drifts */
    OK(aimc_tile_drift_programmed(again, 60, NULL));
    aimc_tile_destroy(t);
    aimc_tile_destroy(again);
}
END_TEST

START_TEST(what_is_refused)
{
    aimc_tile *plain = make_tile(OUT, IN, "seed=9"), *t = programmed(cases[1], "1");
    static float g[MOST], y[2][N * OUT];
    aimc_conductance_info info = {.struct_size = sizeof info};
    FAILS(AIMC_ERR_STATE, "not programmed", aimc_tile_get_conductance_info(plain, &info));
    FAILS(AIMC_ERR_STATE, "not programmed", aimc_tile_get_conductances(plain, g, 1));
    FAILS(AIMC_ERR_STATE, "not programmed", aimc_tile_set_conductances(plain, g, 1));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_set_conductances(NULL, g, 1));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_set_conductances(t, NULL, 1));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_get_conductance_info(t, NULL));
    FAILS(AIMC_ERR_SHAPE, "5 conductances; the tile has 126: 2 of each of 7 x 9 weights",
          aimc_tile_set_conductances(t, g, 5));
    const size_t n = count(t, &info), at = WEIGHTS + 3 * IN + 4;
    const float bad[] = {-0.1f, 251, NAN, INFINITY};
    OK(aimc_tile_get_conductances(t, g, n));
    OK(aimc_tile_forward(t, N, x, IN, y[0], OUT));
    for (size_t k = 0; k < 4; k++) {
        const float good = g[at];
        g[at] = bad[k];
        FAILS(AIMC_ERR_INVALID, "device 1 of the weight of output 3 and input 4",
              aimc_tile_set_conductances(t, g, n));
        g[at] = good;
    }
    aimc_tile *fresh = programmed(cases[1], "1"); /* its streams begin as those of y[0] */
    OK(aimc_tile_forward(fresh, N, x, IN, y[1], OUT));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_tile_destroy(plain);
    aimc_tile_destroy(fresh);
    aimc_tile_destroy(t);
}
END_TEST

/* ---- networks and folders ------------------------------------------------------------------- */

static char folder[64];

static aimc_network *make_network(const char *seed)
{
    aimc_network *net;
    aimc_value in;
    const size_t shape[] = {3, 5};
    aimc_config *conv = noise_config(ctx, "conv1d", "out_channels=4;kernel=2"), *program;
    aimc_config *layer = noise_config(ctx, "layer", "device=ideal;mapping.max_input_size=4;seed=3");
    char settings[64];
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_input(net, "x", shape, 2, &in));
    OK(aimc_network_add(net, "conv1d", conv, 1, &in, &in));
    OK(aimc_network_set_name(net, in, "/a/Conv"));
    for (size_t k = 0; k < aimc_network_count_matrices(net); k++) {
        aimct_fill(w, 24, 2);
        OK(aimc_network_set_weights(net, k, w, NULL));
    }
    OK(aimc_network_convert_to_analog(net, layer));
    snprintf(settings, sizeof settings, "noise_model.read_noise_scale=0;seed=%s", seed);
    program = noise_config(ctx, "inference", settings);
    OK(aimc_network_program(net, program, NULL));
    aimc_config_destroy(conv);
    aimc_config_destroy(layer);
    aimc_config_destroy(program);
    return net;
}

static void write_text(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert(file && fputs(text, file) >= 0);
    fclose(file);
}

static void remove_name(void *user, const char *name)
{
    char path[400];
    (void)user;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)aimci_os_remove(path); /* not "." and ".." */
}

static void empty_folder(void)
{
    aimci_os_each_name(folder, remove_name, NULL);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(folders)
{
    static const char *const formats[] = {NULL, "npy", "csv"};
    float y[3][N * 16];
    memset(x, 0, sizeof x); /* tests before it have filled it, where they are not forked */
    snprintf(folder, sizeof folder, "/tmp/aimc-conductances-%d", (int)getpid());
    for (int k = 0; k < 3; k++) {
        aimc_network *from = make_network("1"), *into = make_network("2");
        OK(aimc_network_save_conductances(from, folder, formats[k]));
        ck_assert_int_eq(access(folder, R_OK), 0);
        OK(aimc_network_predict(into, 1, x, y[0]));
        OK(aimc_network_load_conductances(into, folder));
        OK(aimc_network_predict(from, 1, x, y[1]));
        OK(aimc_network_predict(into, 1, x, y[2]));
        ck_assert_mem_ne(y[0], y[1], sizeof(float[16]));
        aimc_network_destroy(from);
        aimc_network_destroy(into);
        if (k < 2)
            empty_folder();
    }
    /* measured as a spreadsheet writes it, and what cannot be one */
    aimc_network *net = make_network("1");
    static const char good[] = "1;2;3\n4;5;6\n7;8;9\n10;11;12,5\n";
    write_text("000._a_Conv.tile0.device1.csv", good);
    OK(aimc_network_load_conductances(net, folder));
    float g[24];
    OK(aimc_tile_get_conductances(
        aimc_matrix_get_tile(aimc_network_get_matrix(net, 0), 0, NULL, NULL), g, 24));
    ck_assert(g[12] == 1 && g[23] == 12.5f);
    static const char *const bad[][2] = {
        {"1,2\n3,4\n5,6\n7,8\n", "device1.csv: 4 x 2 conductances; the array has 4 x 3"},
        {"1,2,3\n4,5,6\n7,8,9\n10,-11,12\n", "device1.csv: row 4, column 2: -11 uS"},
        {"1,2,3\n4,5,6\n7,8,9\n10,11,1e4\n", "row 4, column 3: 10000 uS"},
        {"1,2,3\n4,nan,6\n7,8,9\n10,11,12\n", "device1.csv"},
        {"1,2,3\n4,x,6\n7,8,9\n10,11,12\n", "device1.csv"},
    };
    OK(aimc_network_predict(net, 1, x, y[0]));
    for (size_t k = 0; k < 5; k++) {
        write_text("000._a_Conv.tile1.device1.csv", bad[k][0]);
        FAILS(AIMC_ERR_FORMAT, bad[k][1], aimc_network_load_conductances(net, folder));
    }
    empty_folder();
    FAILS(AIMC_ERR_IO, "000._a_Conv.tile0.device0.npy",
          aimc_network_load_conductances(net, folder));
    OK(aimc_network_predict(net, 1, x, y[1])); /* nothing was changed */
    ck_assert_mem_eq(y[0], y[1], sizeof(float[16]));
    FAILS(AIMC_ERR_INVALID, "'xls'", aimc_network_save_conductances(net, folder, "xls"));
    FAILS(AIMC_ERR_INVALID, "folder is NULL", aimc_network_save_conductances(net, NULL, NULL));
    FAILS(AIMC_ERR_IO, "/nowhere/x", aimc_network_save_conductances(net, "/nowhere/x", NULL));
    OK(aimc_network_unprogram(net));
    FAILS(AIMC_ERR_STATE, "no layer is programmed", aimc_network_load_conductances(net, folder));
    aimc_network_destroy(net);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conductances");
    TCase *t = aimct_case(s, "conductances");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, out_and_in_to_the_same_bits, 0, N_CASES);
    tcase_add_test(t, measured_pairs);
    tcase_add_test(t, files_keep_them);
    tcase_add_test(t, what_is_refused);
    tcase_add_test(t, folders);
    return aimct_main(s);
}
