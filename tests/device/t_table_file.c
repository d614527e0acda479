/* SPDX-License-Identifier: MIT */
/* Tables of measured steps from CSV files, and what is said about files that are none. */

#include "device_test.h"
#include "portable.h"

static aimc_context *ctx;
static char path[] = "/tmp/aimc_table_XXXXXX", told[512];

static void keep_told(void *user, aimc_log_level level, const char *text)
{
    (void)user;
    if (level == AIMC_LOG_INFO)
        snprintf(told, sizeof told, "%s", text);
}

static void setup(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.logger = (aimc_logger){.log = keep_told};
    must(aimc_context_create(&params, &ctx));
    told[0] = '\0';
    strcpy(path + strlen(path) - 6, "XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    remove(path);
    aimc_context_destroy(ctx);
}

static aimc_status load(aimc_config *config, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert(f != NULL);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    return aimc_config_load_table(config, path);
}

static aimc_config *table_step(void)
{
    aimc_config *config = NULL;
    must(aimc_config_create(ctx, "table_step", &config));
    return config;
}

/* A sweep of soft bounds in microsiemens: the steps read from it are those of soft bounds. */
START_TEST(sweeps)
{
    enum { N = 400 };
    static char text[N * 40];
    size_t length = (size_t)snprintf(text, sizeof text, "# measured, uS\ndown , up\r\n");
    for (int k = 1; k <= N; k++) {
        const double up = 20 - 19 * pow(1 - 0.01, k), down = 1 + 18.66 * pow(1 - 0.01, k);
        length += (size_t)snprintf(text + length, sizeof text - length, "%.9f, %.9f\n", down, up);
    }
    aimc_config *config = table_step();
    must(aimc_config_set(config, "w_max", 0.4));
    must(load(config, text));
    aimc_device *device = NULL;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_device_info info = {.struct_size = sizeof info};
    must(aimc_device_get_info(device, &info));
    /* w = -0.6 + (g - lo) / (hi - lo): from the first point up to the last */
    const double lo = 20 - 19 * 0.99, hi = 20 - 19 * pow(0.99, N), w0 = lo + 0.6 * (hi - lo);
    const double up = 0.01 * (20 - w0) / (hi - lo), down = 0.01 * (w0 - 1) / (hi - lo);
    ck_assert_double_eq_tol(info.step_up_at_0, up, 0.01 * up);
    ck_assert_double_eq_tol(info.step_down_at_0, down, 0.01 * down);
    const double sp = -0.6 + (10.5 - lo) / (hi - lo);
    ck_assert_double_eq_tol(info.symmetry_point, sp, 0.002);
    printf("table from sweeps: steps off by %.2g and %.2g, symmetry point by %.2g\n",
           fabs(info.step_up_at_0 / up - 1), fabs(info.step_down_at_0 / down - 1),
           fabs(info.symmetry_point - sp));
    aimc_device_unref(device);
    aimc_config_destroy(config);
}
END_TEST

/* The same with noise of .4 % and of 4 % of the range, which makes single states turn back. A line
 * through the readings of a node has an error of its slope of 12 % and 10 % (sigma sqrt(12) /
 * n^1.5, 13 and 67 readings), 9 % and 7 % for both directions: within three of these. */
START_TEST(noisy_sweeps)
{
    enum { N = 400 };
    static char text[N * 40];
    const double noise = _i == 0 ? 0.004 : 0.04;
    aimc_tile *xi = test_tile(ctx, "ideal", "{\"diffusion\": 1}", 1, 2 * N, 2);
    float draw[2 * N];
    must(aimc_tile_diffuse(xi));
    weights_of(xi, draw);
    size_t length = 0;
    for (int k = 1; k <= N; k++) {
        const double up = 1 - pow(1 - 0.005, k), down = pow(1 - 0.005, k);
        length += (size_t)snprintf(text + length, sizeof text - length, "%.9f;%.9f\n",
                                   up + noise * (double)draw[k - 1],
                                   down + noise * (double)draw[N + k - 1]);
    }
    aimc_config *config = table_step();
    must(aimc_config_parse(config, "{\"w_min\": 0, \"w_max\": 1}"));
    must(load(config, text));
    aimc_device *device = NULL;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_device_info info = {.struct_size = sizeof info};
    must(aimc_device_get_info(device, &info));
    const double share = _i == 0 ? 0.27 : 0.21;
    printf("noise of %g: granularity %.5f, %.5f without noise\n%s\n", noise, info.granularity,
           0.0025, told);
    double share_up, share_down; /* of what pooling takes off, which is less than the noise */
    const char *by = strstr(told, ", by ");
    ck_assert_ptr_nonnull(strstr(told, "(isotonic regression), which change "));
    ck_assert_int_eq(
        sscanf(by ? by : "", ", by %lf %% of the range up and %lf", &share_up, &share_down), 2);
    ck_assert(0.5 * noise < share_up / 100 && share_up / 100 < 1.2 * noise);
    ck_assert(0.5 * noise < share_down / 100 && share_down / 100 < 1.2 * noise);
    ck_assert_double_eq_tol(info.granularity, 0.0025, share * 0.0025);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_tile_destroy(xi);
}
END_TEST

/* Sweeps of unequal reach, and without names. */
START_TEST(short_sweeps)
{
    aimc_config *config = table_step();
    must(load(config, "0.1,1\n0.2,0.7\n0.4,0.65\n0.45,0.65\n\n"));
    ck_assert_ptr_nonnull(strstr(told, ": no sweep turns back; 33 nodes"));
    aimc_device *device = NULL;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_device_info info = {.struct_size = sizeof info};
    must(aimc_device_get_info(device, &info));
    ck_assert(info.step_up_at_0 > 0 && info.step_down_at_0 > 0 && isfinite(info.granularity));
    aimc_device_unref(device);
    aimc_config_destroy(config);
}
END_TEST

/* The same sweep, as different programs write it. */
START_TEST(sweeps_of_all_kinds)
{
    static const char *const same[] = {"up,down\n0.1,1\n0.2,0.7\n0.4,0.65\n",
                                       "Up (uS)\tDown (uS)\r\n0,1\t1\r\n0,2\t0,7\r\n0,4\t0,65\r\n",
                                       "\357\273\277down;up;\n1;0,1;\n0,7;0,2;\n0,65;0,4;\n",
                                       ",up,down\n0,0.1,1\n1,0.2,0.7\n2,0.4,0.65\n",
                                       "% uS\n0.1 1\n0.2 0.7\n0.4 0.65\n"};
    char expected[4000] = "", found[4000];
    for (size_t k = 0; k < sizeof same / sizeof same[0]; k++) {
        aimc_config *config = table_step();
        must(load(config, same[k]));
        ck_assert_uint_lt(aimc_config_to_json(config, found, sizeof found), sizeof found);
        if (k == 0)
            strcpy(expected, found);
        ck_assert_msg(strcmp(found, expected) == 0, "%s: %s", same[k], found);
        aimc_config_destroy(config);
    }
}
END_TEST

START_TEST(tables)
{
    aimc_config *config = table_step();
    char text[128];
    must(aimc_config_set_text(config, "noise_up", "[1]"));
    must(load(config, "step_up,state_up,step_down,noise_down\n"
                      "1.5,0.1,0.5,1e-1\n"
                      "1,0.4,1.25,.2\n"
                      "0.5,0.9,,\n"));
    must(aimc_config_get_text(config, "step_up", text, sizeof text, NULL));
    ck_assert_str_eq(text, "[1.5, 1, 0.5]");
    must(aimc_config_get_text(config, "state_up", text, sizeof text, NULL));
    ck_assert_str_eq(text, "[0.1, 0.4, 0.9]");
    must(aimc_config_get_text(config, "noise_up", text, sizeof text, NULL));
    ck_assert_str_eq(text, "[]");
    must(aimc_config_get_text(config, "noise_down", text, sizeof text, NULL));
    ck_assert_str_eq(text, "[0.1, 0.2]");
    must(aimc_config_get_text(config, "step_down", text, sizeof text, NULL));
    ck_assert_str_eq(text, "[0.5, 1.25]");
    aimc_config_destroy(config);
}
END_TEST

START_TEST(bad_files)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "holds no numbers"},
        {"# nothing\n\n", "holds no numbers"},
        {"up,down\n", "holds no numbers"},
        {"1,2\n2,one\n3,0\n", "line 2, column 2: 'one' is not a number"},
        {"nan,2\n2,1\n3,0\n", "line 1, column 1: 'nan' is not a number"},
        {"up,down\n1,2\n2,1\n3,NaN\n", "line 4, column 2: 'NaN' is not a number"},
        {"1.5,2\n2,1e999\n3,0\n", "line 2, column 2: '1e999' is not a number"},
        {"1,2\n2,0x10\n3,0\n", "'0x10' is not a number"},
        {"1,2\n2,\n3,0\n", "line 2, column 2: '' is not a number: the cell is empty"},
        {"1.5,2\n2\n3,0\n", "line 2 has 1 columns, those before have 2"},
        {"1,2\n2,1,3\n3,0\n", "line 2 has 3 columns, those before have 2"},
        {"1\n2\n3\n", "has 1 columns"},
        {"1,2,3\n1,2,3\n", "has 3 columns"},
        {"up\n1\n2\n3\n", "two, up and down"},
        {"1,2,3,4,5,6,7,8,9\n", "has 9 columns"},
        {"1.5,3\n2,2\n", "column up has 2 points; at least 3"},
        {"up,down\n1,3\n2,2\n3,\n", "column down has 2 points"},
        {"# x\n3,3\n2.5,2\n1,1\n", "column up does not rise"},
        {"1,1\n2,2\n3,2.5\n", "column down does not fall"},
        {"1;3\n1;2\n1;1\n", "column up stays at one state"},
        {"up,down\n1,3\n,2\n3,1\n", "line 3, column 1: '' is not a number: the cell is empty"},
        {"step_up,stepdown\n1,1\n1,1\n", "column 2: 'stepdown' is not one that is known"},
        {"step_up,step_up\n1,1\n1,1\n", "'step_up' is there twice"},
        {"step_up,state_up\n1,0\n1,1\n", "column step_down is missing"},
        {"step_up,step_down\n1,1\n", "has 1 nodes; at least 2"},
        {"step_up,step_down,state_up\n1,1,0.5\n1,1,0.4\n",
         "line 3, column 3: state_up = 0.4 does not exceed 0.5"},
        {"step_up,step_down\n1,1\n-1,1\n", "step_up = -1 is out of range"},
        {"step_up,step_down,state_up\n1,1,0.5\n1,1,1.4\n", "state_up = 1.4 is out of range"},
        {"step_up,step_down,noise_up\n1,1,0.5\n1,1,0.4\n1,1,\n", "noise_up has 2 nodes"},
        {"up (uS),down (uS),g\n1,3,1\n2,2,1\n3,1,1\n", "3 columns; two, up and down"},
        {"1,3\n2,2\n3,1\n", "line 1, column 1: '1,3' may be two cells"},
    };
    aimc_config *config = table_step();
    must(load(config, "step_up,step_down\n1,1\n0.5,2\n"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(load(config, bad[i].text) == AIMC_ERR_FORMAT, "case %zu was taken: %s", i,
                      bad[i].words);
        ck_assert_msg(strstr(aimc_get_last_error(), bad[i].words) != NULL, "'%s' not in '%s'",
                      bad[i].words, aimc_get_last_error());
        ck_assert_msg(strstr(aimc_get_last_error(), path) != NULL, "%s", aimc_get_last_error());
        ck_assert_msg(strncmp(aimc_get_last_error(), "config_load_table: ", 19) == 0, "%s",
                      aimc_get_last_error());
    }
    char text[64];
    must(aimc_config_get_text(config, "step_down", text, sizeof text, NULL));
    ck_assert_str_eq(text, "[1, 2]"); /* nothing changed */
    ck_assert_int_eq(aimc_config_load_table(config, "/no/such/file"), AIMC_ERR_IO);
    ck_assert_int_eq(aimc_config_load_table(config, NULL), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_config_load_table(NULL, path), AIMC_ERR_INVALID);
    aimc_config_destroy(config);
    must(aimc_config_create(ctx, "soft_bounds", &config));
    ck_assert_int_eq(aimc_config_load_table(config, path), AIMC_ERR_INVALID);
    ck_assert(strstr(aimc_get_last_error(), "'table_step' is needed") != NULL);
    aimc_config_destroy(config);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("table files");
    TCase *t = aimct_case(s, "files");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, sweeps);
    tcase_add_loop_test(t, noisy_sweeps, 0, 2);
    tcase_add_test(t, short_sweeps);
    tcase_add_test(t, sweeps_of_all_kinds);
    tcase_add_test(t, tables);
    tcase_add_test(t, bad_files);
    return aimct_main(s);
}
