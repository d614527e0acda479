/* SPDX-License-Identifier: MIT */
/* Ranges of ADCs: set, saved, and taken from data for every conversion of every tile. */
#include "test_util.h"

enum { IN = 12, OUT = 9, N = 40, SIZE = 1 << 21 };

static aimc_context *ctx;
static float x[N * IN], w[OUT * IN];

static void setup(void)
{
    ctx = aimct_context(1, 0, 7);
    aimct_fill(x, N * IN, 3);
    aimct_fill(w, OUT * IN, 4);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* settings: "field=value;field=value" */
static aimc_config *config_of(const char *kind, const char *settings)
{
    aimc_config *c;
    OK(aimc_config_create(ctx, kind, &c));
    while (*settings) {
        char field[64], value[64];
        const size_t eq = strcspn(settings, "="), end = strcspn(settings, ";");
        snprintf(field, sizeof field, "%.*s", (int)eq, settings);
        snprintf(value, sizeof value, "%.*s", (int)(end - eq - 1), settings + eq + 1);
        OK(aimc_config_set_text(c, field, value));
        settings += end + (settings[end] == ';');
    }
    return c;
}

#define QUIET                                                                                      \
    "device=ideal;forward.out_noise=0;forward.noise_management=NONE;"                              \
    "forward.bound_management=NONE;"
#define EXACT  QUIET "forward.inp_res=0;forward.out_res=0;"
#define SLICED "forward.cell_mapping.weight_bits=8;forward.cell_mapping.n_slices=4;"

static aimc_matrix *make_matrix(const char *settings)
{
    aimc_matrix *m;
    aimc_config *c = config_of("layer", settings);
    OK(aimc_matrix_create(NULL, OUT, IN, c, &m));
    aimc_config_destroy(c);
    OK(aimc_matrix_set_weights(m, w, IN));
    return m;
}

static void product(aimc_matrix *m, float *y)
{
    OK(aimc_matrix_forward(m, N, x, IN, y, OUT));
}

/* ---- ranges of a tile ----------------------------------------------------------------------- */

START_TEST(a_range_clips)
{
    static const char *const adcs[] = {
        "", "forward.adc.style=TWOS_COMPLEMENT;forward.out_res=0.00393700787;"
            "forward.out_bound=12;"};
    for (int k = 0; k < 2; k++) {
        char settings[512];
        snprintf(settings, sizeof settings, EXACT "%s", adcs[k]);
        aimc_matrix *m = make_matrix(settings);
        aimc_tile *t = aimc_matrix_get_tile(m, 0, NULL, NULL);
        float y[3][N * OUT];
        double range = 0.5, step = k ? 0.5 / 127 : 1e-6;
        product(m, y[0]);
        ck_assert_uint_eq(aimc_tile_count_output_ranges(t, AIMC_FORWARD), 1);
        OK(aimc_tile_set_output_ranges(t, AIMC_FORWARD, &range, 1));
        range = 0;
        OK(aimc_tile_get_output_ranges(t, AIMC_FORWARD, &range, 1));
        ck_assert_double_eq(range, 0.5);
        product(m, y[1]);
        double exact[N * OUT];
        for (size_t i = 0; i < N * OUT; i++) {
            exact[i] = 0;
            for (size_t j = 0; j < IN; j++)
                exact[i] += (double)w[i % OUT * IN + j] * (double)x[i / OUT * IN + j];
            NEAR(y[1][i], fmax(fmin(exact[i], 0.5), -0.5), step * 1.01);
        }
        OK(aimc_tile_set_output_ranges(t, AIMC_FORWARD, NULL, 0)); /* as configured */
        product(m, y[2]);
        ck_assert_mem_eq(y[0], y[2], sizeof y[0]);
        aimc_matrix_destroy(m);
    }
}
END_TEST

/* A range that is that of the configuration changes no bit. */
START_TEST(the_configured_range_changes_nothing)
{
    static const char *const readouts[] = {
        "device=ideal", QUIET SLICED "forward.out_res=0.002",
        QUIET "forward.cell_mapping.scheme=REFERENCE_COLUMN;forward.out_noise=0.01",
        "device=ideal;forward.adc.model=SAR;forward.adc.mismatch=0.01"};
    for (size_t k = 0; k < 4; k++) {
        aimc_matrix *m[2] = {make_matrix(readouts[k]), NULL};
        static uint8_t bytes[SIZE];
        size_t n;
        float y[2][N * OUT];
        double ranges[8];
        OK(aimc_matrix_save_bytes(m[0], bytes, SIZE, &n));
        OK(aimc_matrix_load_bytes(ctx, bytes, n, &m[1]));
        aimc_tile *t = aimc_matrix_get_tile(m[1], 0, NULL, NULL);
        const size_t has = aimc_tile_count_output_ranges(t, AIMC_FORWARD);
        ck_assert_uint_eq(has, k == 1 ? 4 : 1);
        OK(aimc_tile_get_output_ranges(t, AIMC_FORWARD, ranges, has));
        OK(aimc_tile_set_output_ranges(t, AIMC_FORWARD, ranges, has));
        product(m[0], y[0]);
        product(m[1], y[1]);
        ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
        aimc_matrix_destroy(m[0]);
        aimc_matrix_destroy(m[1]);
    }
}
END_TEST

START_TEST(ranges_that_are_refused)
{
    aimc_matrix *m = make_matrix(QUIET), *perfect = make_matrix("device=ideal;"
                                                                "forward.is_perfect=true");
    aimc_tile *t = aimc_matrix_get_tile(m, 0, NULL, NULL);
    aimc_tile *p = aimc_matrix_get_tile(perfect, 0, NULL, NULL);
    double range = 3;
    const double bad[] = {0, -1, HUGE_VAL, (double)NAN};
    for (size_t k = 0; k < 4; k++)
        FAILS(AIMC_ERR_INVALID, "ranges[0]",
              aimc_tile_set_output_ranges(t, AIMC_FORWARD, &bad[k], 1));
    FAILS(AIMC_ERR_SHAPE, "2 ranges", aimc_tile_set_output_ranges(t, AIMC_FORWARD, &range, 2));
    FAILS(AIMC_ERR_SHAPE, "0 ranges", aimc_tile_get_output_ranges(t, AIMC_FORWARD, &range, 0));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_get_output_ranges(t, AIMC_FORWARD, NULL, 1));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_set_output_ranges(NULL, AIMC_FORWARD, &range, 1));
    FAILS(AIMC_ERR_INVALID, "direction", aimc_tile_set_output_ranges(t, 7, &range, 1));
    FAILS(AIMC_ERR_STATE, "perfect", aimc_tile_set_output_ranges(p, AIMC_FORWARD, &range, 1));
    ck_assert_uint_eq(aimc_tile_count_output_ranges(p, AIMC_FORWARD), 0);
    ck_assert_uint_eq(aimc_tile_count_output_ranges(t, 7), 0);
    OK(aimc_tile_get_output_ranges(t, AIMC_FORWARD, &range, 1));
    ck_assert_double_eq(range, 12);
    aimc_matrix_destroy(m);
    aimc_matrix_destroy(perfect);
}
END_TEST

/* ---- of a matrix, from data ----------------------------------------------------------------- */

static void calibrate(aimc_matrix *m, const char *settings)
{
    float y[N * OUT];
    aimc_config *c = config_of("calibration", settings);
    OK(aimc_matrix_watch_outputs(m, c));
    product(m, y);
    OK(aimc_matrix_take_output_ranges(m));
    aimc_config_destroy(c);
}

/* Largest current of each conversion of a tile, by looking at its products. */
static void largest_currents(aimc_tile *t, size_t first_in, double *largest, size_t n)
{
    for (size_t g = 0; g < n; g++) {
        largest[g] = 0;
        for (size_t b = 0; b < N; b++) {
            float noisy[OUT];
            aimc_stages s = {.struct_size = sizeof s, .cycle = (uint32_t)g, .noisy = noisy};
            OK(aimc_tile_inspect(t, AIMC_FORWARD, x + b * IN + first_in, &s));
            for (size_t i = 0; i < aimc_tile_get_n_out(t); i++)
                largest[g] = fmax(largest[g], fabs((double)noisy[i]));
        }
    }
}

/* MAX is the largest current of every slice of every tile; shared ranges are the largest of those
 * that share, and powers of two lie above by less than a factor of two. */
START_TEST(every_slice_of_every_tile)
{
    aimc_matrix *m = make_matrix(QUIET SLICED "forward.inp_res=0;forward.out_res=0;"
                                              "mapping.max_input_size=7;mapping.max_output_size=5");
    const size_t tiles = aimc_matrix_count_tiles(m);
    double largest[4][4], ranges[4], of_layer = 0;
    ck_assert_uint_eq(tiles, 4);
    for (size_t k = 0; k < tiles; k++) {
        size_t first_in;
        aimc_tile *t = aimc_matrix_get_tile(m, k, NULL, &first_in);
        largest_currents(t, first_in, largest[k], 4);
        for (size_t g = 0; g < 4; g++)
            of_layer = fmax(of_layer, largest[k][g]);
    }
    static const char *const shares[] = {"SLICE", "TILE", "LAYER", "SLICE;out_powers_of_two=true"};
    for (size_t s = 0; s < 4; s++) {
        char settings[64];
        snprintf(settings, sizeof settings, "out_method=MAX;out_share=%s", shares[s]);
        calibrate(m, settings);
        for (size_t k = 0; k < tiles; k++) {
            double of_tile = 0;
            for (size_t g = 0; g < 4; g++)
                of_tile = fmax(of_tile, largest[k][g]);
            OK(aimc_tile_get_output_ranges(aimc_matrix_get_tile(m, k, NULL, NULL), AIMC_FORWARD,
                                           ranges, 4));
            for (size_t g = 0; g < 4; g++) {
                const double octaves = log2(of_tile / ranges[g]);
                const double expected[] = {largest[k][g], of_tile, of_layer};
                if (s < 3)
                    NEAR(ranges[g], expected[s], 1e-6 * expected[s]);
                else
                    ck_assert(fabs(octaves - rint(octaves)) < 1e-6 &&
                              ranges[g] >= 0.999999 * largest[k][g] &&
                              ranges[g] < 2 * largest[k][g]);
            }
        }
    }
    aimc_matrix_destroy(m);
}
END_TEST

static double error_of(const float *y)
{
    double sum = 0;
    for (size_t i = 0; i < N * OUT; i++) {
        double exact = 0;
        for (size_t j = 0; j < IN; j++)
            exact += (double)w[i % OUT * IN + j] * (double)x[i / OUT * IN + j];
        sum += (exact - (double)y[i]) * (exact - (double)y[i]);
    }
    return sqrt(sum / (N * OUT));
}

/* Converters of 8 bits over what there is lose less than those over 12; a file keeps the ranges,
 * and neither threads nor cut batches move them. */
START_TEST(calibrated_converters_lose_less)
{
    static const char *const rules[] = {"MAX", "QUANTILE", "MEAN_SQUARE", "ENTROPY"};
    static const char *const readouts[] = {QUIET "forward.out_res=0.00393700787",
                                           QUIET SLICED "forward.out_res=0.00393700787"};
    for (size_t k = 0; k < 8; k++) {
        aimc_matrix *m = make_matrix(readouts[k / 4]), *again;
        static uint8_t bytes[SIZE];
        size_t n;
        float y[3][N * OUT];
        char settings[64];
        snprintf(settings, sizeof settings, "out_method=%s", rules[k % 4]);
        product(m, y[0]);
        calibrate(m, settings);
        product(m, y[1]);
        ck_assert_msg(error_of(y[1]) < 0.5 * error_of(y[0]), "%s %zu: %g after %g", settings, k / 4,
                      error_of(y[1]), error_of(y[0]));
        OK(aimc_matrix_save_bytes(m, bytes, SIZE, &n));
        OK(aimc_matrix_load_bytes(ctx, bytes, n, &again));
        product(again, y[2]);
        product(m, y[1]);
        ck_assert_mem_eq(y[1], y[2], sizeof y[1]);
        aimc_matrix_destroy(m);
        aimc_matrix_destroy(again);
    }
}
END_TEST

START_TEST(threads_and_cuts_do_not_matter)
{
    double ranges[3][4];
    for (uint32_t k = 0; k < 3; k++) {
        aimc_context *own = aimct_context(k == 1 ? 7 : 1, 0, 7), *outer = ctx;
        static float many[5 * 64 * IN], y[5 * 64 * OUT];
        const size_t n = sizeof many / sizeof *many / IN, part = k == 2 ? 37 : n;
        aimct_fill(many, n * IN, 8);
        ctx = own;
        aimc_matrix *m = make_matrix(QUIET SLICED "mapping.max_input_size=7");
        aimc_config *c = config_of("calibration", "out_method=MEAN_SQUARE");
        OK(aimc_matrix_watch_outputs(m, c));
        for (size_t b = 0; b < n; b += part)
            OK(aimc_matrix_forward(m, n - b < part ? n - b : part, many + b * IN, IN, y, OUT));
        OK(aimc_matrix_take_output_ranges(m));
        OK(aimc_tile_get_output_ranges(aimc_matrix_get_tile(m, 1, NULL, NULL), AIMC_FORWARD,
                                       ranges[k], 4));
        aimc_config_destroy(c);
        aimc_matrix_destroy(m);
        aimc_context_destroy(own);
        ctx = outer;
    }
    ck_assert_mem_eq(ranges[0], ranges[1], sizeof ranges[0]);
    ck_assert_mem_eq(ranges[0], ranges[2], sizeof ranges[0]);
}
END_TEST

/* Inputs by the error of the DAC: one input that is far off is clipped by both rules, not by
 * MAX. */
START_TEST(input_ranges_by_error)
{
    static const char *const rules[] = {"MAX", "MEAN_SQUARE", "ENTROPY"};
    aimc_matrix *m = make_matrix(QUIET "forward.inp_res=0.0714285714");
    uint64_t state = 5;
    for (size_t i = 0; i < N * IN; i++)
        x[i] = (float)aimct_normal(&state);
    x[7] = 8;
    for (int k = 0; k < 3; k++) {
        float y[N * OUT];
        char settings[64];
        snprintf(settings, sizeof settings, "method=%s", rules[k]);
        aimc_config *c = config_of("calibration", settings);
        OK(aimc_matrix_watch_inputs(m, c));
        product(m, y);
        OK(aimc_matrix_take_input_range(m));
        const double range = aimc_matrix_get_input_range(m);
        if (k == 0)
            ck_assert_double_eq(range, 8);
        else
            ck_assert_msg(range > 1 && range < 7, "%s: %g", rules[k], range);
        aimc_config_destroy(c);
    }
    aimc_matrix_destroy(m);
}
END_TEST

START_TEST(watching_that_is_refused)
{
    aimc_matrix *m = make_matrix(QUIET), *perfect = make_matrix("device=ideal;"
                                                                "forward.is_perfect=true");
    aimc_matrix *shift = make_matrix("device=ideal;forward.bound_management=SHIFT");
    aimc_config *none = config_of("calibration", "method=NONE");
    aimc_config *outputs = config_of("calibration", "method=NONE;out_method=MAX");
    aimc_config *other = config_of("layer", "");
    float y[2][N * OUT];
    product(m, y[0]);
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_matrix_watch_outputs(NULL, outputs));
    FAILS(AIMC_ERR_INVALID, "out_method is NONE", aimc_matrix_watch_outputs(m, NULL));
    FAILS(AIMC_ERR_INVALID, "layer", aimc_matrix_watch_outputs(m, other));
    FAILS(AIMC_ERR_INVALID, "method is NONE", aimc_matrix_watch_inputs(m, none));
    FAILS(AIMC_ERR_STATE, "perfect", aimc_matrix_watch_outputs(perfect, outputs));
    FAILS(AIMC_ERR_UNSUPPORTED, "SHIFT", aimc_matrix_watch_outputs(shift, outputs));
    FAILS(AIMC_ERR_STATE, "not being watched", aimc_matrix_take_output_ranges(m));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_matrix_take_output_ranges(NULL));
    OK(aimc_matrix_watch_outputs(m, outputs));
    FAILS(AIMC_ERR_STATE, "no outputs but zeros", aimc_matrix_take_output_ranges(m));
    product(m, y[1]);
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]); /* nothing is watched, nothing changed */
    aimc_config_destroy(none);
    aimc_config_destroy(outputs);
    aimc_config_destroy(other);
    aimc_matrix_destroy(m);
    aimc_matrix_destroy(perfect);
    aimc_matrix_destroy(shift);
}
END_TEST

/* ---- of a network --------------------------------------------------------------------------- */

static aimc_network *make_network(const char *settings)
{
    aimc_network *net;
    aimc_config *layer = config_of("layer", settings);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, 20, IN, layer));
    OK(aimc_network_add_activation(net, AIMC_RELU));
    OK(aimc_network_add_linear(net, OUT, 20, layer));
    aimc_config_destroy(layer);
    return net;
}

/* In one call, inputs far beyond the DAC; the reference is the same network on perfect tiles. */
START_TEST(networks_in_one_call)
{
    static float y[3][N * OUT];
    double error[2] = {0};
    for (size_t i = 0; i < N * IN; i++)
        x[i] *= 9;
    aimc_network *perfect = make_network("device=ideal;forward.is_perfect=true");
    aimc_network *net = make_network(QUIET "forward.inp_res=0.00393700787;"
                                           "forward.out_res=0.00393700787");
    for (size_t k = 0; k < 2; k++) {
        float weights[20 * 20];
        OK(aimc_network_get_weights(perfect, k, weights, NULL));
        OK(aimc_network_set_weights(net, k, weights, NULL));
    }
    aimc_config *both = config_of("calibration", "method=MEAN_SQUARE;out_method=MEAN_SQUARE");
    OK(aimc_network_predict(perfect, N, x, y[0]));
    for (int k = 0; k < 2; k++) {
        if (k)
            OK(aimc_network_calibrate(net, N, x, both));
        OK(aimc_network_predict(net, N, x, y[1]));
        for (size_t i = 0; i < N * OUT; i++)
            error[k] += pow((double)y[1][i] - (double)y[0][i], 2);
    }
    ck_assert_msg(error[1] < 0.05 * error[0], "%g after %g", error[1], error[0]);
    aimc_config_destroy(both);
    aimc_network_destroy(net);
    aimc_network_destroy(perfect);
}
END_TEST

/* ADCs that wait for their ranges get what the same ADCs get that had a wide one before: both
 * passes see currents that nothing clips. */
START_TEST(ranges_that_only_calibration_sets)
{
    static float y[4][N * OUT], weights[2][20 * 20], bias[2][20];
    static const char *const ranges[] = {"forward.out_bound=99", "forward.out_range=CALIBRATED"};
    static const char *const rules[] = {"method=MAX;out_method=MAX",
                                        "method=NONE;out_method=MEAN_SQUARE"};
    for (size_t k = 0; k < 4; k++) { /* without steps of the ADC in the first pass, and with them */
        static uint8_t bytes[SIZE];
        size_t n;
        char settings[256];
        snprintf(settings, sizeof settings, QUIET "%s;%s", ranges[k % 2],
                 k < 2 ? "forward.out_res=0" : "forward.out_res=0.002");
        aimc_network *net = make_network(settings), *again;
        for (size_t i = 0; i < 2; i++) {
            if (k == 0)
                OK(aimc_network_get_weights(net, i, weights[i], bias[i]));
            OK(aimc_network_set_weights(net, i, weights[i], bias[i]));
        }
        if (k % 2) {
            aimc_config *inputs = config_of("calibration", "method=MAX");
            FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_network_predict(net, N, x, y[k]));
            FAILS(AIMC_ERR_STATE, "CALIBRATED", aimc_network_calibrate(net, N, x, inputs));
            aimc_config_destroy(inputs);
        }
        aimc_config *c = config_of("calibration", rules[k / 2]);
        OK(aimc_network_calibrate(net, N, x, c));
        OK(aimc_network_predict(net, N, x, y[k]));
        OK(aimc_network_save_bytes(net, bytes, SIZE, &n));
        OK(aimc_network_load_bytes(ctx, bytes, n, &again));
        float loaded[N * OUT];
        OK(aimc_network_predict(again, N, x, loaded));
        ck_assert_mem_eq(y[k], loaded, sizeof loaded);
        aimc_config_destroy(c);
        aimc_network_destroy(net);
        aimc_network_destroy(again);
    }
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    ck_assert_mem_eq(y[2], y[3], sizeof y[0]);
}
END_TEST

START_TEST(networks_that_are_refused)
{
    aimc_network *perfect = make_network("device=ideal;forward.is_perfect=true");
    aimc_network *net = make_network(QUIET);
    aimc_config *none = config_of("calibration", "method=NONE");
    aimc_config *outputs = config_of("calibration", "method=NONE;out_method=MAX");
    aimc_config *both = config_of("calibration", "out_method=MAX");
    float y[2][N * OUT];
    FAILS(AIMC_ERR_INVALID, "both NONE", aimc_network_calibrate(net, N, x, none));
    FAILS(AIMC_ERR_STATE, "perfect", aimc_network_calibrate(perfect, N, x, outputs));
    OK(aimc_network_predict(net, N, x, y[0]));
    memset(x, 0, sizeof x);
    FAILS(AIMC_ERR_STATE, "'linear'", aimc_network_calibrate(net, N, x, both));
    aimct_fill(x, N * IN, 3);
    OK(aimc_network_predict(net, N, x, y[1])); /* nobody watches any longer */
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_config_destroy(none);
    aimc_config_destroy(outputs);
    aimc_config_destroy(both);
    aimc_network_destroy(net);
    aimc_network_destroy(perfect);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("calibration");
    TCase *t = aimct_case(s, "calibration");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_range_clips);
    tcase_add_test(t, the_configured_range_changes_nothing);
    tcase_add_test(t, ranges_that_are_refused);
    tcase_add_test(t, every_slice_of_every_tile);
    tcase_add_test(t, calibrated_converters_lose_less);
    tcase_add_test(t, threads_and_cuts_do_not_matter);
    tcase_add_test(t, input_ranges_by_error);
    tcase_add_test(t, watching_that_is_refused);
    tcase_add_test(t, networks_in_one_call);
    tcase_add_test(t, ranges_that_only_calibration_sets);
    tcase_add_test(t, networks_that_are_refused);
    return aimct_main(s);
}
