/* SPDX-License-Identifier: MIT */
/* What is counted for the account: driven conductance, accumulators, programming, pulses of each
 * device. Closed forms. */
#include "fail_alloc.h"
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

static aimc_tile *tile_of(aimc_context *c, const char *device, const char *const settings[],
                          size_t n_out, size_t n_in, bool perfect)
{
    aimc_config *config = NULL;
    aimc_tile *tile = NULL;
    aimc_device *d = aimct_device(c, device, settings);
    OK(aimc_config_create(c, "tile", &config));
    OK(aimc_config_set_text(config, "forward.is_perfect", perfect ? "true" : "false"));
    OK(aimc_config_set_text(config, "backward.is_perfect", perfect ? "true" : "false"));
    OK(aimc_config_set_text(config, "seed", "7"));
    OK(aimc_tile_create(d, n_out, n_in, config, &tile));
    aimc_config_destroy(config);
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
    ck_assert_msg(fabs(value - expected) <= tolerance * fabs(expected) + 1e-300,
                  "%.12g, expected %.12g", value, expected);
}

/* ---- driven conductance --------------------------------------------------------------------- */

#define ACTIVITY(sum) ((double)(sum) / AIMC_ACTIVITY_ONE)

START_TEST(driven_by_hand)
{
    const float w[] = {0.5f, -0.25f, 1, 0, -0.125f, 0.75f};
    const float x[] = {0.5f, -2}, d[] = {1, 0, 0.5f};
    float y[3], z[2];
    aimc_tile *tile = tile_of(ctx, "ideal", NULL, 3, 2, true);
    OK(aimc_tile_set_weights(tile, w, 2));
    OK(aimc_tile_forward(tile, 1, x, 2, y, 3));
    ck_assert(counters_of(tile).activity_reads == 0 && counters_of(tile).input_activity == 0);
    OK(aimc_tile_count_activity(tile, 1));
    OK(aimc_tile_forward(tile, 1, x, 2, y, 3));
    aimc_counters c = counters_of(tile);
    ck_assert_uint_eq(c.activity_reads, 1);
    near(ACTIVITY(c.input_activity), 1.5 * 3, 0); /* beyond full scale is full scale */
    near(ACTIVITY(c.input_activity_squared), 1.25 * 3, 0);
    near(ACTIVITY(c.conductance_activity), 0.5 * 1.625 + 1, 0);
    near(ACTIVITY(c.conductance_activity_squared), 0.25 * 1.625 + 1, 0);
    aimc_tile_clear_counters(tile);
    OK(aimc_tile_backward(tile, 1, d, 3, z, 2));
    c = counters_of(tile);
    near(ACTIVITY(c.input_activity), 1.5 * 2, 0);
    near(ACTIVITY(c.conductance_activity), 0.75 + 0.5 * 0.875, 0);
    /* the sums follow the weights */
    const float other[] = {1, 1, 1, 1, 1, -1};
    OK(aimc_tile_set_weights(tile, other, 2));
    aimc_tile_clear_counters(tile);
    OK(aimc_tile_forward(tile, 1, x, 2, y, 3));
    near(ACTIVITY(counters_of(tile).conductance_activity), 4.5, 0);
    OK(aimc_tile_count_activity(tile, 0));
    OK(aimc_tile_forward(tile, 1, x, 2, y, 3));
    ck_assert(counters_of(tile).activity_reads == 1 && counters_of(tile).forward_passes == 2);
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_count_activity(NULL, 1));
    aimc_tile_destroy(tile);
}
END_TEST

/* A digit drives its lines over the whole range of its read, whatever it counts in the sum:
 * codes 65 and -127 are two and seven ones in the reads of single bits; in digits of two bits,
 * of which the last has one, they are 1/3 + 1 and 4. */
START_TEST(digits_drive_fully)
{
    static const struct {
        const char *bits;
        double width[2], square[2]; /* of the two inputs */
    } cases[] = {{"1", {2, 7}, {2, 7}}, {"2", {1 / 3.0 + 1, 4}, {1 / 9.0 + 1, 4}}};
    const float w[] = {0.5f, -0.25f, 1, 0, -0.125f, 0.75f}, x[] = {65.0f / 127, -1};
    float y[3];
    for (size_t k = 0; k < 2; k++) {
        aimc_config *config = NULL;
        aimc_tile *tile = NULL;
        aimc_device *d = aimct_device(ctx, "ideal", NULL);
        OK(aimc_config_create(ctx, "tile", &config));
        OK(aimc_config_set_text(config, "forward.mv_type", "BIT_WISE"));
        OK(aimc_config_set_text(config, "forward.bit_wise_bits", cases[k].bits));
        OK(aimc_config_set_text(config, "forward.inp_res", "0.003937007874015748"));
        OK(aimc_config_set_text(config, "forward.out_noise", "0"));
        OK(aimc_config_set_text(config, "forward.bound_management", "NONE"));
        OK(aimc_tile_create(d, 3, 2, config, &tile));
        OK(aimc_tile_set_weights(tile, w, 2));
        OK(aimc_tile_count_activity(tile, 1));
        OK(aimc_tile_forward(tile, 1, x, 2, y, 3));
        const aimc_counters c = counters_of(tile);
        near(ACTIVITY(c.input_activity), (cases[k].width[0] + cases[k].width[1]) * 3, 1e-4);
        near(ACTIVITY(c.input_activity_squared), (cases[k].square[0] + cases[k].square[1]) * 3,
             1e-4);
        near(ACTIVITY(c.conductance_activity), cases[k].width[0] * 1.625 + cases[k].width[1], 1e-4);
        aimc_tile_destroy(tile);
        aimc_config_destroy(config);
        aimc_device_unref(d);
    }
}
END_TEST

/* The same sums for any threads and split of the batch, and without the noise of the outputs. */
START_TEST(driven_is_reproducible)
{
    enum { OUT = 70, IN = 50, N = 200 };
    static float w[OUT * IN], x[N * IN], y[N * OUT];
    aimc_counters first = {0};
    aimct_fill(w, (size_t)OUT * IN, 3);
    aimct_fill(x, (size_t)N * IN, 4);
    for (int k = 0; k < 3; k++) {
        aimc_context *own = aimct_context(k == 1 ? 4 : 1, 0, 5);
        aimc_tile *tile = tile_of(own, "ideal", NULL, OUT, IN, false);
        OK(aimc_tile_set_weights(tile, w, IN));
        OK(aimc_tile_count_activity(tile, 1));
        const size_t split = k == 2 ? 7 : N;
        OK(aimc_tile_forward(tile, split, x, IN, y, OUT));
        OK(aimc_tile_forward(tile, N - split, x + split * IN, IN, y, OUT));
        const aimc_counters c = counters_of(tile);
        ck_assert_uint_eq(c.activity_reads, c.forward_passes);
        if (k == 0)
            first = c;
        ck_assert(c.input_activity == first.input_activity &&
                  c.conductance_activity == first.conductance_activity &&
                  c.conductance_activity_squared == first.conductance_activity_squared);
        aimc_tile_destroy(tile);
        aimc_context_destroy(own);
    }
    /* noise management scales each input to largest 1: about half of the cells, squared a third */
    near(ACTIVITY(first.input_activity) / ((double)N * OUT * IN), 0.5, 0.05);
    near(ACTIVITY(first.input_activity_squared) / ((double)N * OUT * IN), 1.0 / 3, 0.05);
}
END_TEST

static aimc_cost_events events_of(const aimc_tile *tile, const char *const settings[])
{
    aimc_config *config = NULL;
    aimc_cost_model *m = NULL;
    OK(aimc_config_create(ctx, "technology", &config));
    for (size_t i = 0; settings && settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    OK(aimc_cost_model_create(ctx, NULL, config, &m));
    const aimc_counters c = counters_of(tile);
    const aimc_cost_shape shape = {.struct_size = sizeof shape,
                                   .n_out = aimc_tile_get_n_out(tile),
                                   .n_in = aimc_tile_get_n_in(tile),
                                   .tiles_out = 1,
                                   .tiles_in = 1};
    aimc_cost_events e = {.struct_size = sizeof e};
    OK(aimc_cost_model_add_counters(m, &c, &shape, &e));
    aimc_cost_model_destroy(m);
    aimc_config_destroy(config);
    return e;
}

START_TEST(driven_in_the_account)
{
    const float w[] = {0.5f, -0.25f, 1, 0, -0.125f, 0.75f}, x[] = {0.5f, -2};
    static const char *const width[] = {"g_off", "1e-6",       "g_unit", "1e-5", "g_mean",
                                        "3e-6",  "input_mean", "0.25",   NULL};
    static const char *const amplitude[] = {"g_off", "1e-6",      "g_unit", "1e-5",
                                            "input", "AMPLITUDE", NULL};
    float y[3];
    aimc_tile *tile = tile_of(ctx, "ideal", NULL, 3, 2, true);
    OK(aimc_tile_set_weights(tile, w, 2));
    OK(aimc_tile_count_activity(tile, 1));
    OK(aimc_tile_forward(tile, 1, x, 2, y, 3));
    near(events_of(tile, width).active_conductance_s, 2e-6 * 4.5 + 1e-5 * 1.8125, 1e-12);
    near(events_of(tile, amplitude).active_conductance_s, 2e-6 * 3.75 + 1e-5 * 1.40625, 1e-12);
    /* reads that nobody looked at are priced by the means: two devices for each of six weights */
    OK(aimc_tile_count_activity(tile, 0));
    OK(aimc_tile_forward(tile, 1, x, 2, y, 3));
    near(events_of(tile, width).active_conductance_s, 2e-6 * 4.5 + 1e-5 * 1.8125 + 12 * 3e-6 * 0.25,
         1e-12);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- programmed devices --------------------------------------------------------------------- */

static void program(aimc_tile *tile, const char *const settings[], aimc_inference_report *report)
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "inference", &config));
    for (size_t i = 0; settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    *report = (aimc_inference_report){.struct_size = sizeof *report};
    OK(aimc_tile_program(tile, config, report));
    aimc_config_destroy(config);
}

START_TEST(programming_is_counted)
{
    static const char *const exact[] = {"noise_model", "state_independent", NULL};
    static const char *const verify[] = {"programming.method", "VERIFY", NULL};
    static const char *const gradient[] = {"programming.method", "GRADIENT",
                                           "programming.max_iterations", "3", NULL};
    float w[12], x[3] = {1, -0.5f, 0.25f}, y[4];
    aimct_fill(w, 12, 9);
    aimc_inference_report report;
    aimc_tile *tile = tile_of(ctx, "ideal", NULL, 4, 3, true);
    OK(aimc_tile_set_weights(tile, w, 3));
    program(tile, verify, &report);
    ck_assert_uint_gt(report.verify_reads, 0);
    aimc_counters c = counters_of(tile);
    ck_assert(c.program_pulses == report.pulses && c.verify_reads == report.verify_reads);
    const aimc_cost_events e = events_of(tile, NULL);
    ck_assert(e.pulses_up == (double)report.pulses &&
              e.verify_reads == (double)report.verify_reads);
    aimc_tile_clear_counters(tile);
    program(tile, gradient, &report); /* reads vectors, which are counted as such */
    c = counters_of(tile);
    ck_assert(c.program_pulses == report.pulses && c.verify_reads == 0 && c.forward_vectors > 0);
    /* what is driven is what the devices hold: without noise |w| over the largest weight */
    program(tile, exact, &report);
    OK(aimc_tile_count_activity(tile, 1));
    float held[12];
    double top = 0, driven = 0;
    for (size_t k = 0; k < 12; k++)
        top = fmax(top, fabs((double)w[k]));
    aimc_tile_clear_counters(tile);
    OK(aimc_tile_forward(tile, 1, x, 3, y, 4));
    memcpy(held, w, sizeof held);
    for (size_t k = 0; k < 12; k++)
        driven += fabs((double)held[k]) / top * fabs((double)x[k % 3]);
    near(ACTIVITY(counters_of(tile).conductance_activity), driven, report.weight_error + 1e-3);
    ck_assert(report.weight_error < 0.2);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- accumulators --------------------------------------------------------------------------- */

static void train(aimc_tile *tile, const char *algorithm, int steps, aimc_optimizer **optimizer)
{
    enum { N = 5 };
    float x[N * 3], d[N * 4];
    OK(aimc_optimizer_create(tile, algorithm, NULL, optimizer));
    for (int k = 0; k < steps; k++) {
        aimct_fill(x, (size_t)N * 3, 10 + (uint64_t)k);
        aimct_fill(d, (size_t)N * 4, 20 + (uint64_t)k);
        OK(aimc_optimizer_step(*optimizer, N, x, 3, d, 4, 0.1));
    }
}

START_TEST(accumulators_are_counted)
{
    aimc_optimizer *optimizer = NULL;
    static const char *const algorithms[] = {"mixed_precision", "mixed_precision_int"};
    for (size_t a = 0; a < 2; a++) {
        aimc_tile *tile = tile_of(ctx, "constant_step", NULL, 4, 3, true);
        train(tile, algorithms[a], 2, &optimizer);
        const aimc_counters c = counters_of(tile);
        ck_assert(c.accumulations == 24 && c.gradient_macs == 120);
        const aimc_cost_events e = events_of(tile, NULL);
        ck_assert(e.accumulations == 24 && e.gradient_macs == 120 && e.accumulators == 12);
        aimc_optimizer_destroy(optimizer);
        aimc_tile_destroy(tile);
    }
    aimc_tile *tile = tile_of(ctx, "constant_step", NULL, 4, 3, true);
    train(tile, "sgd", 2, &optimizer);
    ck_assert(counters_of(tile).accumulations == 0 && events_of(tile, NULL).accumulators == 0);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    /* a slice read into a buffer: one line, fully driven */
    tile = tile_of(ctx, "constant_step", NULL, 4, 3, true);
    train(tile, "c_ttv2", 4, &optimizer);
    aimc_optimizer_stats s = {.struct_size = sizeof s};
    OK(aimc_optimizer_get_stats(optimizer, &s));
    const aimc_counters c = counters_of(tile);
    ck_assert_uint_gt(s.reads, 0);
    ck_assert_uint_eq(c.accumulations, s.reads * 4);
    ck_assert_uint_eq(c.activity_reads, c.forward_passes);
    ck_assert_uint_eq(c.input_activity, c.activity_reads * 4 * AIMC_ACTIVITY_ONE);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- pulses of each device ------------------------------------------------------------------ */

static const char *const counting[] = {"count_pulses=true", NULL};

static double sum_of(const float *v, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += (double)v[k];
    return sum;
}

START_TEST(pulses_of_devices)
{
    const int32_t counts[12] = {3, -2, 0, 0, 1, -1, 0, 0, 40, -7, 0, 0};
    float pulses[12];
    aimc_tile *tile = tile_of(ctx, "soft_bounds_reference", counting, 4, 3, true);
    OK(aimc_tile_pulse(tile, counts, 3));
    OK(aimc_tile_pulse(tile, counts, 3));
    OK(aimc_tile_get_parameter(tile, "pulses", pulses, 3));
    for (size_t k = 0; k < 12; k++)
        ck_assert(pulses[k] == (float)(2 * abs(counts[k])));
    /* measuring leaves the devices as they were; shifting does not */
    float point[12], again[12];
    OK(aimc_tile_find_symmetry_point(tile, 50, point, 3));
    OK(aimc_tile_get_parameter(tile, "pulses", again, 3));
    ck_assert(memcmp(pulses, again, sizeof pulses) == 0);
    OK(aimc_tile_shift_symmetry_point(tile, 50));
    OK(aimc_tile_get_parameter(tile, "pulses", again, 3));
    for (size_t k = 0; k < 12; k++)
        ck_assert(again[k] == pulses[k] + 100);
    const aimc_counters c = counters_of(tile);
    near(sum_of(again, 12), (double)(c.pulses_up + c.pulses_down), 0);
    aimc_tile_destroy(tile);
    tile = tile_of(ctx, "soft_bounds_reference", NULL, 4, 3, true);
    FAILS(AIMC_ERR_INVALID, "pulses", aimc_tile_get_parameter(tile, "pulses", pulses, 3));
    aimc_tile_destroy(tile);
}
END_TEST

/* Every algorithm's pulses reach the counter of their device, and the counters change nothing. */
START_TEST(pulses_of_training)
{
    static const char *const algorithms[] = {"sgd", "mixed_precision", "tiki_taka", "c_ttv2"};
    aimc_optimizer *optimizer = NULL;
    for (size_t a = 0; a < 4; a++) {
        float w[2][12], pulses[12], fast[12] = {0};
        aimc_counters c = {0};
        for (int k = 0; k < 2; k++) {
            aimc_tile *tile = tile_of(ctx, "constant_step", k ? counting : NULL, 4, 3, true);
            train(tile, algorithms[a], 6, &optimizer);
            OK(aimc_tile_get_weights(tile, w[k], 3));
            c = counters_of(tile);
            if (k == 1) {
                OK(aimc_tile_get_parameter(tile, "pulses", pulses, 3));
                const bool several = a >= 2;
                if (several)
                    OK(aimc_optimizer_get_matrix(optimizer, "fast0.pulses", fast, 3));
                else
                    FAILS(AIMC_ERR_INVALID, "fast0.pulses",
                          aimc_optimizer_get_matrix(optimizer, "fast0.pulses", fast, 3));
                char name[48];
                const size_t n = aimc_optimizer_count_matrices(optimizer);
                ck_assert_uint_eq(aimc_optimizer_get_matrix_name(optimizer, n, name, sizeof name),
                                  0);
                for (size_t i = 0; i < n; i++)
                    ck_assert_uint_gt(
                        aimc_optimizer_get_matrix_name(optimizer, i, name, sizeof name), 0);
                if (several)
                    ck_assert(aimc_optimizer_get_matrix_name(optimizer, 1, name, sizeof name) ==
                                  12 &&
                              strcmp(name, "fast0.pulses") == 0);
            }
            aimc_optimizer_destroy(optimizer);
            aimc_tile_destroy(tile);
        }
        ck_assert(memcmp(w[0], w[1], sizeof w[0]) == 0);
        ck_assert_uint_gt(c.pulses_up, 0);
        near(sum_of(pulses, 12) + sum_of(fast, 12), (double)(c.pulses_up + c.pulses_down), 0);
    }
}
END_TEST

/* A context that does not count trains the same bits; only pulses are missing. */
START_TEST(uncounted)
{
    float w[2][12];
    for (uint32_t k = 0; k < 2; k++) {
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        aimc_context *own = NULL;
        aimc_optimizer *optimizer = NULL;
        params.n_threads = 1;
        params.flags = k ? AIMC_FLAG_UNCOUNTED : 0;
        OK(aimc_context_create(&params, &own));
        aimc_tile *tile = tile_of(own, "constant_step", NULL, 4, 3, true);
        train(tile, "sgd", 6, &optimizer);
        OK(aimc_tile_get_weights(tile, w[k], 3));
        const aimc_counters c = counters_of(tile);
        ck_assert(c.updates == 30 && c.pulse_slots > 0);
        ck_assert((c.pulses_up > 0) == (k == 0) && (c.pulses_down > 0) == (k == 0));
        aimc_optimizer_destroy(optimizer);
        aimc_tile_destroy(tile);
        aimc_context_destroy(own);
    }
    ck_assert(memcmp(w[0], w[1], sizeof w[0]) == 0);
}
END_TEST

/* ---- state as bytes ------------------------------------------------------------------------- */

START_TEST(bytes_go_on_identically)
{
    const int32_t counts[12] = {3, -2, 0, 0, 1, -1};
    float x[3] = {1, -0.5f, 0.25f}, y[2][4], pulses[2][12];
    size_t n = 0, m = 0;
    aimc_tile *tile = tile_of(ctx, "soft_bounds", counting, 4, 3, false), *other = NULL;
    OK(aimc_tile_pulse(tile, counts, 3));
    OK(aimc_tile_forward(tile, 1, x, 3, y[0], 4));
    OK(aimc_tile_save_bytes(tile, NULL, 0, &n));
    unsigned char *bytes = calloc(n, 1);
    FAILS(AIMC_ERR_SHAPE, "are needed", aimc_tile_save_bytes(tile, bytes, n - 1, &m));
    ck_assert(m == n && bytes[0] == 0);
    OK(aimc_tile_save_bytes(tile, bytes, n, &m));
    OK(aimc_tile_load_bytes(ctx, bytes, n, &other));
    for (int k = 0; k < 2; k++) {
        aimc_tile *t = k ? other : tile;
        OK(aimc_tile_pulse(t, counts, 3));
        OK(aimc_tile_forward(t, 1, x, 3, y[k], 4));
        OK(aimc_tile_get_parameter(t, "pulses", pulses[k], 3));
    }
    ck_assert(memcmp(y[0], y[1], sizeof y[0]) == 0);
    ck_assert(memcmp(pulses[0], pulses[1], sizeof pulses[0]) == 0 && pulses[1][0] == 6);
    aimc_tile_destroy(other);
    /* the same bytes as a file has */
    OK(aimc_tile_load_bytes(ctx, bytes, n, &other));
    OK(aimc_tile_save(other, "t_account.safetensors"));
    FILE *f = fopen("t_account.safetensors", "rb");
    unsigned char *file = calloc(n + 1, 1);
    ck_assert(f != NULL && fread(file, 1, n + 1, f) == n && memcmp(file, bytes, n) == 0);
    fclose(f);
    remove("t_account.safetensors");
    free(file);
    aimc_tile_destroy(other);
    FAILS(AIMC_ERR_FORMAT, "tile_load_bytes", aimc_tile_load_bytes(ctx, bytes, n - 1, &other));
    FAILS(AIMC_ERR_FORMAT, "tile_load_bytes", aimc_tile_load_bytes(ctx, "text", 4, &other));
    ck_assert(other == NULL);
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_load_bytes(ctx, NULL, 0, &other));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_save_bytes(tile, NULL, 5, &n));
    free(bytes);
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(no_memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    aimc_context *own = NULL;
    OK(aimc_context_create(&params, &own));
    aimc_tile *tile = tile_of(own, "constant_step", counting, 4, 3, true);
    const size_t before = heap.live_blocks;
    size_t n = 0, size = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        unsigned char bytes[8192];
        aimc_tile *other = NULL;
        aimc_status st = aimc_tile_count_activity(tile, 1);
        if (!st)
            st = aimc_tile_save_bytes(tile, bytes, sizeof bytes, &size);
        if (!st)
            st = aimc_tile_load_bytes(own, bytes, size, &other);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_tile_destroy(other);
        OK(aimc_tile_count_activity(tile, 0));
        ck_assert_uint_eq(heap.live_blocks, before);
    } while (heap.failed);
    ck_assert_uint_gt(n, 10);
    aimct_heap_fail_at(&heap, 0);
    aimc_tile_destroy(tile);
    aimc_context_destroy(own);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("counted");
    TCase *tc = aimct_case(suite, "counters");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, driven_by_hand);
    tcase_add_test(tc, digits_drive_fully);
    tcase_add_test(tc, driven_is_reproducible);
    tcase_add_test(tc, driven_in_the_account);
    tcase_add_test(tc, programming_is_counted);
    tcase_add_test(tc, accumulators_are_counted);
    tcase_add_test(tc, pulses_of_devices);
    tcase_add_test(tc, pulses_of_training);
    tcase_add_test(tc, uncounted);
    tcase_add_test(tc, bytes_go_on_identically);
    tcase_add_test(tc, no_memory);
    return aimct_main(suite);
}
