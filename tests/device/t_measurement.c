/* SPDX-License-Identifier: MIT */
/* Devices from readings of many: what a population was made of comes back, what cannot be told is
 * not, and everything odd in the data is said. */
#include "measurement_test.h"
#include "portable.h"

START_TEST(a_population_comes_back)
{
    static const struct {
        const char *name;
        double value;
    } truth[] = {{"dw_min", 0.012},       {"dw_min_dtod", 0.2},   {"dw_min_std", 0.3},
                 {"up_down", 0.1},        {"up_down_dtod", 0.05}, {"w_max", 0.9},
                 {"w_min", -1},           {"w_max_dtod", 0.1},    {"w_min_dtod", 0.15},
                 {"write_noise_std", 0.5}};
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w);
    aimc_measurement *m = NULL;
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    must(aimc_measurement_create(ctx, &m));
    walk("soft_bounds", population, 3, w);
    for (uint32_t d = 0; d < DEVICES; d++)
        add(m, w, d, d);
    aimc_fit *made = fit(m, NULL);
    ck_assert_ptr_nonnull(strstr(report, "\"model\": \"soft_bounds\", \"verdict\": \"good\""));
    for (size_t i = 0; i < sizeof truth / sizeof truth[0]; i++)
        expect(truth[i].name, truth[i].value);
    must(aimc_fit_get_config(made, &config));
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_fit_trace t = {.struct_size = sizeof t};
    must(aimc_fit_get_trace(made, 5, &t));
    ck_assert_uint_eq(t.n, 2 * PULSES);
    ck_assert_double_eq_tol(t.weight[7], (double)w[7 * DEVICES + 5], 1e-6);
    ck_assert_int_eq(aimc_fit_get_trace(made, DEVICES, &t), AIMC_ERR_INVALID);
    aimc_fit_destroy(made);
    aimc_measurement_destroy(m);
    free(w);
}
END_TEST

/* Truths within 95 % intervals: of all fields of SETS populations, and of each. The noise of pulses
 * is right in the mean, too. */
START_TEST(intervals_hold_what_they_say)
{
    enum { SETS = 16, FEW = 6, SHORT = 100, FIELDS = 10, LEAST = 12 };
    static const struct {
        const char *name;
        double value;
    } truth[FIELDS] = {{"dw_min", 0.03},        {"dw_min_dtod", 0.15},  {"dw_min_std", 0.5},
                       {"up_down", 0.2},        {"up_down_dtod", 0.05}, {"w_max", 0.9},
                       {"w_min", -1},           {"w_max_dtod", 0.08},   {"w_min_dtod", 0.08},
                       {"write_noise_std", 0.8}};
    static const char drawn[] =
        "{\"dw_min\": 0.03, \"dw_min_dtod\": 0.15, \"dw_min_std\": 0.5, \"up_down\": 0.2, "
        "\"up_down_dtod\": 0.05, \"w_max\": 0.9, \"w_min\": -1, \"w_max_dtod\": 0.08, "
        "\"w_min_dtod\": 0.08, \"write_noise_std\": 0.8}";
    int within[FIELDS] = {0}, all = 0;
    double width = 0, noise = 0;
    for (int set = 0; set < SETS; set++) {
        aimc_measurement *m = NULL;
        aimc_tile *tile = test_tile(ctx, "soft_bounds", drawn, 1, FEW, 100 + set);
        double state[FEW][2 * SHORT];
        int32_t pulses[2 * SHORT];
        float w[FEW];
        must(aimc_measurement_create(ctx, &m));
        set_all(tile, -0.4f);
        for (int k = 0; k < 2 * SHORT; k++) {
            pulses[k] = k < SHORT ? 1 : -1;
            pulse_all(tile, pulses[k]);
            weights_of(tile, w);
            for (int d = 0; d < FEW; d++)
                state[d][k] = 10 + 8 * (double)w[d];
        }
        for (uint32_t d = 0; d < FEW; d++)
            must(aimc_measurement_add(m, d, 2 * SHORT, state[d], pulses, NULL));
        aimc_fit *made = fit(m, "soft_bounds");
        for (int i = 0; i < FIELDS; i++) {
            double v[3];
            ck_assert_msg(parameter(truth[i].name, v), "no %s", truth[i].name);
            within[i] += v[1] <= truth[i].value && truth[i].value <= v[2];
            noise += i == 2 ? v[0] / truth[i].value / SETS : 0;
            width += i == 0 ? (v[2] - v[1]) / v[0] / SETS : 0;
        }
        aimc_fit_destroy(made);
        aimc_measurement_destroy(m);
        aimc_tile_destroy(tile);
    }
    for (int i = 0; i < FIELDS; i++) {
        printf("  %s within %d of %d\n", truth[i].name, within[i], SETS);
        ck_assert_int_ge(within[i], LEAST); /* fewer of 95 %: once in 700 fields */
        all += within[i];
    }
    printf("  %d of %d; dw_min is known to %.0f %%, noise of pulses %.3f times the truth\n", all,
           FIELDS * SETS, 50 * width, noise);
    ck_assert_double_ge(all, 0.9 * FIELDS * SETS);
    ck_assert_double_eq_tol(noise, 1, 0.1); /* four standard errors of the mean of 16 */
    ck_assert_double_lt(width, 0.6);        /* a spread of 15 % over 6 devices alone makes 31 % */
}
END_TEST

/* Steps with two hills, which no formula has, and noise of a pulse that grows along the range under
 * pulses up and shrinks under pulses down: the table is chosen from four cycles, and the noise
 * found. */
START_TEST(a_table_of_steps_and_noise)
{
    enum { NODES = 8, CYCLES = 4 };
    static const double step[2][NODES] = {{0.5, 1.6, 1.8, 0.8, 1.2, 1.4, 0.5, 0.4},
                                          {0.4, 0.5, 1.4, 1.2, 0.8, 1.3, 1.5, 0.6}};
    static const double tilt[2] = {1, -0.6}, pulse = 0.5;
    static const char *const names[] = {"step_up", "step_down", "noise_up", "noise_down"};
    char json[2048], name[32];
    size_t at = (size_t)snprintf(json, sizeof json,
                                 "{\"dw_min\": 0.02, \"dw_min_dtod\": 0, \"up_down_dtod\": 0, "
                                 "\"w_max\": 0.9, \"w_min\": -0.9, \"w_max_dtod\": 0, "
                                 "\"w_min_dtod\": 0, \"write_noise_std\": 0.3");
    for (int list = 0; list < 4; list++) {
        at += (size_t)snprintf(json + at, sizeof json - at, ", \"%s\": [", names[list]);
        for (int k = 0; k < NODES; k++) {
            const double noise = pulse * exp(tilt[list % 2] * (k / 3.5 - 1));
            at += (size_t)snprintf(json + at, sizeof json - at, "%s%.6g", k ? ", " : "",
                                   step[list % 2][k] * (list < 2 ? 1 : noise));
        }
        at += (size_t)snprintf(json + at, sizeof json - at, "]");
    }
    snprintf(json + at, sizeof json - at, "}");
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w);
    aimc_measurement *m = NULL;
    must(aimc_measurement_create(ctx, &m));
    walk("table_step", json, 9, w);
    for (uint32_t d = 0; d < CYCLES; d++) /* all cells are alike */
        add(m, w, d, 0);
    aimc_fit *made = fit(m, NULL);
    ck_assert_ptr_nonnull(strstr(report, "\"model\": \"table_step\", \"verdict\": \"good\""));
    ck_assert_ptr_nonnull(strstr(report, "\"noise_up\": [0."));
    expect("dw_min", 0.02);
    expect("dw_min_std", pulse);
    expect("noise_tilt_up", tilt[0]);
    expect("noise_tilt_down", tilt[1]);
    expect("w_max", 0.9);
    expect("w_min", -0.9);
    for (int k = 0; k < 2 * NODES; k++) { /* at a bound nothing tells the step towards it */
        snprintf(name, sizeof name, "%s[%d]", names[k / NODES], k % NODES);
        if (k % NODES > 0 && k % NODES < NODES - 1)
            expect(name, step[k / NODES][k % NODES]);
    }
    aimc_fit_destroy(made);
    aimc_measurement_destroy(m);
    free(w);
}
END_TEST

/* One device: no spread is told, and none is in the device. */
START_TEST(one_device_has_no_spread)
{
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w);
    double v[3];
    aimc_measurement *m = NULL;
    aimc_config *config = NULL;
    must(aimc_measurement_create(ctx, &m));
    walk("soft_bounds", population, 4, w);
    add(m, w, 0, 0);
    aimc_fit *made = fit(m, "soft_bounds");
    ck_assert(!parameter("dw_min_dtod", v));
    ck_assert(parameter("dw_min", v) && v[1] < v[0] && v[0] < v[2]);
    ck_assert_ptr_nonnull(strstr(report, "\"not_measured\": [\"dw_min_dtod\""));
    must(aimc_fit_get_config(made, &config));
    must(aimc_config_get(config, "dw_min_dtod", &v[0]));
    must(aimc_config_get(config, "w_max_dtod", &v[1]));
    ck_assert_double_eq(v[0], 0);
    ck_assert_double_eq(v[1], 0);
    aimc_config_destroy(config);
    aimc_fit_destroy(made);
    aimc_measurement_destroy(m);
    free(w);
}
END_TEST

/* Stuck devices, copies, wild readings, one that goes the wrong way: told, and the rest fitted. */
START_TEST(what_is_odd_is_said)
{
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w);
    double v[3];
    aimc_measurement *m = NULL;
    must(aimc_measurement_create(ctx, &m));
    walk("soft_bounds", population, 5, w);
    for (int k = 0; k < 2 * PULSES; k++) {
        w[(size_t)k * DEVICES + 1] = 0.2f; /* stuck */
        w[(size_t)k * DEVICES + 2] *= -1;  /* the wrong way */
        if (k % 50 == 17)
            w[(size_t)k * DEVICES + 3] = 10 * (1 + w[(size_t)k * DEVICES + 3]); /* wild */
    }
    for (uint32_t d = 0; d < 12; d++)
        add(m, w, d, d);
    add(m, w, 0, 12); /* a copy */
    aimc_fit *made = fit(m, "soft_bounds");
    ck_assert_ptr_nonnull(strstr(report, "1 of 13 devices go down under pulses up"));
    ck_assert_ptr_nonnull(strstr(report, "1 of 13 devices have the very readings of another"));
    ck_assert_ptr_nonnull(strstr(report, "1 of 13 devices cover less than 5 %"));
    ck_assert_ptr_nonnull(strstr(report, "8 of 5200 readings lie far from all around them"));
    ck_assert_ptr_nonnull(strstr(report, "\"n_devices\": 12, \"n_fitted\": 10, \"n_stuck\": 1"));
    ck_assert(parameter("corrupt_devices_prob", v));
    ck_assert_double_eq_tol(v[0], 1.0 / 12, 1e-9);
    ck_assert(parameter("dw_min", v));
    ck_assert_double_eq_tol(v[0], 0.012, 0.003);
    aimc_fit_destroy(made);
    aimc_measurement_destroy(m);
    free(w);
}
END_TEST

/* All the wrong way: up and down were exchanged; the scale of the data is told. */
START_TEST(polarity_and_scale)
{
    float *w = calloc(2 * PULSES * DEVICES, sizeof *w);
    aimc_measurement *m = NULL;
    aimc_fit *made = NULL;
    must(aimc_measurement_create(ctx, &m));
    walk("soft_bounds", population, 6, w);
    for (size_t k = 0; k < 2 * PULSES * DEVICES; k++)
        w[k] *= -1;
    for (uint32_t d = 0; d < 4; d++)
        add(m, w, d, d);
    must(aimc_measurement_fit(m, NULL, &made));
    aimc_fit_to_json(made, report, sizeof report);
    ck_assert_ptr_nonnull(strstr(report, "up and down were exchanged"));
    ck_assert_ptr_nonnull(strstr(report, "so that the median device covers -1 ... 1"));
    aimc_fit_destroy(made);
    aimc_measurement_destroy(m);
    free(w);
}
END_TEST

/* ---- tables --------------------------------------------------------------------------------- */

static char path[] = "/tmp/aimc_measured_XXXXXX";

static void write_text(const char *text)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static aimc_status read_text(aimc_measurement *m, const char *text, const char *pairs)
{
    aimc_table *table = NULL;
    write_text(text);
    aimc_status st = aimc_table_read(ctx, path, NULL, &table);
    const aimc_measurement_params params = {.struct_size = sizeof params, .pairs = pairs};
    if (!st)
        st = aimc_measurement_add_table(m, table, &params);
    aimc_table_destroy(table);
    remove(path);
    return st;
}

START_TEST(tables)
{
    aimc_measurement *m = NULL;
    aimc_trace_info t = {.struct_size = sizeof t};
    must(aimc_measurement_create(ctx, &m));
    must(read_text(m, "down (nS),up (uS)\n5000,1\n4000,2\n3000,\n", NULL));
    ck_assert_uint_eq(aimc_measurement_count(m), 2);
    must(aimc_measurement_get(m, 0, &t)); /* up comes first */
    ck_assert(t.n == 2 && t.pulses[1] == 1 && t.state[1] == 2);
    must(aimc_measurement_get(m, 1, &t));
    ck_assert(t.n == 3 && t.pulses[1] == -1 && t.time == NULL);
    ck_assert_double_eq_tol(t.state[2], 3, 1e-12);
    must(read_text(m,
                   "device;pulse;direction;R (kohm);cycle\n7;1;1;10;1\n8;1;1;20;1\n7;2;1;5;1\n"
                   "8;2;-1;25;1\n7;1;1;4;2\n7;2;0;2;2\n",
                   NULL));
    ck_assert_uint_eq(aimc_measurement_count(m), 5);
    must(aimc_measurement_get(m, 2, &t));
    ck_assert(t.device == 7 && t.n == 2 && t.pulses[1] == 1);
    ck_assert_double_eq_tol(t.state[1], 200, 1e-9);
    must(aimc_measurement_get(m, 3, &t));
    ck_assert(t.device == 8 && t.pulses[1] == -1);
    ck_assert_double_eq_tol(t.state[0], 50, 1e-9);
    must(read_text(m, "g,v\n1,1.5\n2,1.5\n1,-1.2\n", NULL));
    must(aimc_measurement_get(m, 5, &t));
    ck_assert(t.n == 3 && t.pulses[1] == 1 && t.pulses[2] == -1);
    must(read_text(m, "time (s),G (S)\n1,5e-6\n10,4e-6\n", NULL));
    must(aimc_measurement_get(m, 6, &t));
    ck_assert(t.n == 2 && t.pulses == NULL && t.time[1] == 10);
    ck_assert_double_eq_tol(t.state[1], 4, 1e-9);
    must(read_text(m, "pulses,G_max (nS),g_min (nS),device\n1e3,9000,1000,4\n1e6,8000,2000,4\n",
                   NULL));
    must(aimc_measurement_get(m, 7, &t));
    ck_assert(t.device == 4 && t.n == 2 && t.life[1] == 1e6 && t.pulses == NULL && t.time == NULL);
    ck_assert_double_eq_tol(t.state[1], 8, 1e-9);
    ck_assert_double_eq_tol(t.low[1], 2, 1e-9);
    must(read_text(m, "1;2;3;4\n2;1;4;3\n", "devices"));
    must(aimc_measurement_get(m, 11, &t));
    ck_assert(t.device == 1 && t.pulses[1] == -1 && t.state[1] == 3);
    must(read_text(m, "LTD (uS);LTP (uS)\n4;1\n3;2\n", NULL)); /* whatever comes first */
    must(aimc_measurement_get(m, 12, &t));
    ck_assert(t.pulses[1] == 1 && t.state[1] == 2);
    const size_t n = aimc_measurement_count(m);
    static const struct {
        const char *text, *pairs, *words;
    } bad[] = {
        {"1;2;3\n2;3;4\n", NULL, "pairs of up and down"},
        {"up1;up2\n1;2\n2;3\n", NULL, "both are up"},
        {"1;2\n3;4\n", "others", "'devices' or 'cycles'"},
        {"up (furlong);down\n1;2\n2;1\n", NULL, "its unit is not one of"},
        {"g;direction\n1;1\n2;1.5\n", NULL, "line 3, column 2: a direction of '1.5'"},
        {"g;direction\n1;up\n2;sideways\n", NULL, "line 3, column 2: a direction of 'sideways'"},
        {"g;direction;device\n1;up;A\n2;up;\n", NULL, "line 3, column 3: no device"},
        {"v;G1;G2;device\n1;1;1;1\n1;1;1;1\n", NULL, "columns 2 and 3 are states of several"},
        {"R (ohm);v\n1;1\n0;1\n", NULL, "line 3, column 1: a resistance of 0"},
        {"g;v;device\n1;1;0.5\n2;1;0.5\n", NULL, "a device of 0.5"},
        {"g;time\n1;1\n2;1\n", NULL, "times above 0 that rise"},
        {"g;v;cycle\n1;1;1\n2;1;1\n2;1;2\n", NULL, "cycle 2 has one reading alone"},
        {"pulses;g_max (uS);g_min (nS)\n9;5;1\n20;4;1\n", NULL, "have the units 'uS' and 'nS'"},
        {"pulses;g_max;g_min\n9;5;1\n20;4;6\n", NULL, "the lower one below the upper"},
        {"pulses;g_max;g_min\n1;5;1\n2;4;1\n", NULL, "rise by more than 1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(read_text(m, bad[i].text, bad[i].pairs) != AIMC_OK, "%s was taken",
                      bad[i].text);
        ck_assert_msg(strstr(aimc_get_last_error(), bad[i].words) != NULL, "'%s' not in '%s'",
                      bad[i].words, aimc_get_last_error());
        ck_assert_uint_eq(aimc_measurement_count(m), n); /* nothing half-read stays */
    }
    aimc_measurement_destroy(m);
}
END_TEST

/* Words for devices and directions, and a column for each device. */
START_TEST(words)
{
    aimc_measurement *m = NULL;
    aimc_trace_info t = {.struct_size = sizeof t};
    must(aimc_measurement_create(ctx, &m));
    must(read_text(m,
                   "Device,Polarity,G_nS\nB2,SET,1000\nA1,set,3000\nB2,Reset,900\nA1,read,3000\n"
                   "B2,-,800\n",
                   NULL));
    must(read_text(m, "time (s),dev,g (uS)\n1,C,1\n1,A1,5\n2,C,1\n2,A1,4\n", NULL));
    static const struct {
        uint32_t device;
        uint64_t n;
        double last;
    } found[] = {{0, 3, 0.8}, {1, 2, 3}, {2, 2, 1}, {1, 2, 4}};
    ck_assert_uint_eq(aimc_measurement_count(m), 4);
    for (size_t i = 0; i < 4; i++) { /* a name is the same device in every table */
        must(aimc_measurement_get(m, i, &t));
        ck_assert(t.device == found[i].device && t.n == found[i].n);
        ck_assert_double_eq_tol(t.state[t.n - 1], found[i].last, 1e-12);
    }
    must(aimc_measurement_get(m, 0, &t));
    ck_assert(t.pulses[0] == 1 && t.pulses[1] == -1 && t.pulses[2] == -1);
    must(aimc_measurement_get(m, 1, &t));
    ck_assert(t.pulses[0] == 1 && t.pulses[1] == 0);
    ck_assert_int_eq(read_text(m, "g,v,device\n1,1,Z\n2,1,Z\n3,1,Y\n", NULL), AIMC_ERR_FORMAT);
    must(read_text(m, "g,v,device\n1,1,Y\n2,1,Y\n", NULL)); /* Z was forgotten */
    must(aimc_measurement_get(m, 4, &t));
    ck_assert_uint_eq(t.device, 3);
    must(read_text(m, "pulse;V;d1 (uS);G2;unit\n1;1;5;1;7\n2;-1;4;2;7\n3;-1;;3;7\n", NULL));
    ck_assert_uint_eq(aimc_measurement_count(m), 7);
    must(aimc_measurement_get(m, 5, &t));
    ck_assert(t.device == 0 && t.n == 2 && t.state[1] == 4 && t.pulses[1] == -1);
    must(aimc_measurement_get(m, 6, &t));
    ck_assert(t.device == 1 && t.n == 3 && t.state[2] == 3);
    aimc_measurement_destroy(m);
}
END_TEST

/* Tables that do not say which devices they hold have devices of their own, where that is asked
 * for. */
START_TEST(devices_of_tables)
{
    aimc_table *table = NULL;
    aimc_measurement *m = NULL;
    aimc_trace_info t = {.struct_size = sizeof t};
    aimc_measurement_params params = {.struct_size = sizeof params, .new_devices = 1};
    static const char *const texts[] = {"g;v\n1;1\n2;1\n", "g;v;device\n1;1;5\n2;1;5\n",
                                        "up;down\n1;4\n2;3\n", "v;g1;g2\n1;1;2\n1;2;3\n"};
    static const uint32_t device[] = {0, 5, 6, 6, 7, 8};
    must(aimc_measurement_create(ctx, &m));
    for (size_t i = 0; i < 4; i++) {
        write_text(texts[i]);
        must(aimc_table_read(ctx, path, NULL, &table));
        must(aimc_measurement_add_table(m, table, &params));
        aimc_table_destroy(table);
        remove(path);
    }
    ck_assert_uint_eq(aimc_measurement_count(m), 6);
    for (size_t i = 0; i < 6; i++) {
        must(aimc_measurement_get(m, i, &t));
        ck_assert_uint_eq(t.device, device[i]);
    }
    aimc_measurement_destroy(m);
}
END_TEST

START_TEST(refusals)
{
    double state[40] = {0}, time[40];
    int32_t pulses[40];
    aimc_measurement *m = NULL;
    aimc_fit *made = NULL;
    must(aimc_measurement_create(ctx, &m));
    ck_assert_int_eq(aimc_measurement_fit(m, NULL, &made), AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "is empty"));
    for (int k = 0; k < 40; k++) {
        pulses[k] = 1;
        time[k] = k;
    }
    ck_assert_int_eq(aimc_measurement_add(m, 0, 40, state, pulses, time), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_measurement_add(m, 0, 40, state, NULL, NULL), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_measurement_add(m, 0, 40, state, NULL, time), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_measurement_add(m, 0, 1, state, pulses, NULL), AIMC_ERR_INVALID);
    must(aimc_measurement_add(m, 0, 40, state, pulses, NULL)); /* constant */
    ck_assert_int_eq(aimc_measurement_fit(m, NULL, &made), AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "no device changes its state"));
    for (int k = 0; k < 40; k++)
        state[k] = k;
    must(aimc_measurement_add(m, 1, 40, state, pulses, NULL)); /* up alone */
    ck_assert_int_eq(aimc_measurement_fit(m, NULL, &made), AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "no pulses down"));
    ck_assert_ptr_null(made);
    aimc_measurement_destroy(m);
    must(aimc_measurement_create(ctx, &m));
    must(aimc_measurement_add(m, 1, 5, state, pulses, NULL)); /* too few */
    ck_assert_int_eq(aimc_measurement_fit(m, NULL, &made), AIMC_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "0 readings can be used"));
    state[3] = (double)NAN;
    ck_assert_int_eq(aimc_measurement_add(m, 1, 40, state, pulses, NULL), AIMC_ERR_INVALID);
    aimc_measurement_destroy(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("measurement");
    TCase *t = aimct_case(s, "measurement");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_population_comes_back);
    tcase_add_test(t, intervals_hold_what_they_say);
    tcase_add_test(t, a_table_of_steps_and_noise);
    tcase_add_test(t, one_device_has_no_spread);
    tcase_add_test(t, what_is_odd_is_said);
    tcase_add_test(t, polarity_and_scale);
    tcase_add_test(t, tables);
    tcase_add_test(t, words);
    tcase_add_test(t, devices_of_tables);
    tcase_add_test(t, refusals);
    return aimct_main(s);
}
