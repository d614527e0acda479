/* SPDX-License-Identifier: MIT */
/* Wires of the crossbar behind a tile against the solver; what does not go together; solves that
 * fail. */
#include "fail_alloc.h"
#include "nodal_util.h"
#include "periphery/wires.h"
#include "read_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

#define BARE  "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0"
#define WIRES "wires.model=NODAL", "g_max=1e-4", "wires.r_driver=50", "wires.r_sense=20"
enum { OUT = 6, IN = 9 };

/* Currents of a pair of crossbars, as weight times input. */
static void pair_product(const aimci_nodal *m, const float *w, const float *x, double *y)
{
    double g[2][OUT * IN], v[IN], current[2][OUT];
    for (size_t k = 0; k < OUT * IN; k++)
        for (int minus = 0; minus < 2; minus++)
            g[minus][k] = 1e-4 * fmax(minus ? -(double)w[k] : (double)w[k], 0);
    for (size_t j = 0; j < IN; j++)
        v[j] = 0.2 * (double)x[j];
    for (int minus = 0; minus < 2; minus++)
        aimct_solve(m, g[minus], v, current[minus]);
    for (size_t i = 0; i < OUT; i++)
        y[i] = (current[0][i] - current[1][i]) / (1e-4 * 0.2);
}

START_TEST(tile_sees_the_network)
{
    float w[OUT * IN], x[4 * IN], y[4 * OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, 4 * IN, 4);
    for (int nonlinear = 0; nonlinear < 2; nonlinear++) {
        const char *const settings[] = {BARE,
                                        WIRES,
                                        "wires.r_in=40",
                                        "wires.r_out=80",
                                        "wires.r_select=300",
                                        nonlinear ? "wires.iv=SINH" : "wires.iv=LINEAR",
                                        NULL};
        aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
        OK(aimc_tile_forward(tile, 4, x, IN, y, OUT));
        aimci_nodal m = aimct_network(IN, OUT, 40, 80);
        m.r_driver += 50;
        m.r_sensor += 20;
        m.iv = (aimci_iv){
            .law = nonlinear ? AIMCI_IV_SINH : AIMCI_IV_LINEAR, .scale = 0.25, .r_select = 300};
        for (size_t b = 0; b < 4; b++) {
            double expected[OUT];
            pair_product(&m, w, x + b * IN, expected);
            for (size_t i = 0; i < OUT; i++)
                NEAR((double)y[b * OUT + i], expected[i], 2e-6);
        }
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* The first vectors after the weights have changed are solved one by one, the rest by the matrix:
 * both are the network's, and a run that is saved in between goes on with the same bits. */
START_TEST(few_vectors_are_solved)
{
    float w[OUT * IN], x[IN], y[8][OUT], later[OUT];
    const char *const settings[] = {BARE, WIRES, "wires.r_in=40", "wires.r_out=80", NULL};
    aimct_fill(x, IN, 4);
    aimct_fill(w, OUT * IN, 3);
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    aimc_tile *resumed = NULL;
    unsigned char bytes[1 << 16];
    size_t size;
    aimci_nodal m = aimct_network(IN, OUT, 40, 80);
    m.r_driver += 50;
    m.r_sensor += 20;
    int different = 0;
    for (int k = 0; k < 8; k++) {
        if (k == 5) { /* as many again, of other weights */
            aimct_fill(w, OUT * IN, 8);
            OK(aimc_tile_set_weights(tile, w, IN));
            OK(aimc_tile_set_weights(resumed, w, IN));
        }
        OK(aimc_tile_forward(tile, 1, x, IN, y[k], OUT));
        double expected[OUT];
        pair_product(&m, w, x, expected);
        for (size_t i = 0; i < OUT; i++)
            NEAR((double)y[k][i], expected[i], 2e-6);
        different += k > 0 && k != 5 && memcmp(y[k], y[k - 1], sizeof y[k]) != 0;
        if (k == 1) {
            OK(aimc_tile_save_bytes(tile, bytes, sizeof bytes, &size));
            OK(aimc_tile_load_bytes(ctx, bytes, size, &resumed));
        } else if (k > 1) {
            OK(aimc_tile_forward(resumed, 1, x, IN, later, OUT));
            ck_assert_mem_eq(later, y[k], sizeof later);
        }
    }
    ck_assert_int_eq(different, 1); /* between the third, solved, and the fourth, by the matrix */
    aimc_tile_destroy(resumed);
    aimc_tile_destroy(tile);
}
END_TEST

/* A read is the same alone and in a batch, with more behind it or before. */
START_TEST(deterministic_reads_do_not_depend_on_their_number)
{
    float w[OUT * IN], x[8 * IN], y[8 * OUT], one[OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, 8 * IN, 4);
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.flags = AIMC_FLAG_DETERMINISTIC;
    aimc_context *same = NULL;
    OK(aimc_context_create(&params, &same));
    aimc_tile *tile = aimct_tile(same, w, OUT, IN, SETTINGS(BARE, WIRES, "wires.r_in=40"));
    OK(aimc_tile_forward(tile, 1, x, IN, one, OUT));
    OK(aimc_tile_forward(tile, 8, x, IN, y, OUT));
    ck_assert_mem_eq(one, y, sizeof one);
    aimc_tile_destroy(tile);
    aimc_context_destroy(same);
}
END_TEST

/* Driving the other side is the same as turning the crossbar, wires and contacts with it; and by
 * reciprocity both directions see one matrix when the contacts stay what they are. */
START_TEST(both_directions_are_symmetric)
{
    float w[OUT * IN], turned[IN * OUT], x[IN], d[OUT], z[IN], expected[IN];
    aimct_fill(w, OUT * IN, 5);
    aimct_fill(x, IN, 6);
    aimct_fill(d, OUT, 7);
    for (size_t i = 0; i < OUT; i++)
        for (size_t j = 0; j < IN; j++)
            turned[j * OUT + i] = w[i * IN + j];
    const char *const settings[] = {BARE, WIRES, "wires.r_in=90", "wires.r_out=10", NULL};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    aimc_tile *other = aimct_tile(ctx, turned, IN, OUT, settings);
    OK(aimc_tile_backward(tile, 1, d, OUT, z, IN));
    OK(aimc_tile_forward(other, 1, d, OUT, expected, IN));
    for (size_t j = 0; j < IN; j++)
        NEAR((double)z[j], (double)expected[j], 1e-6);
    aimc_tile_destroy(other);
    aimc_tile_destroy(tile);

    /* the same wires seen from both sides */
    aimc_config *config = aimct_tile_config(ctx, settings);
    aimct_set(config, "wires.r_in=10", "backward.");
    aimct_set(config, "wires.r_out=90", "backward.");
    aimct_set(config, "wires.r_driver=20", "backward.");
    aimct_set(config, "wires.r_sense=50", "backward.");
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    OK(aimc_tile_create(device, OUT, IN, config, &tile));
    OK(aimc_tile_set_weights(tile, w, IN));
    float y[OUT];
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    OK(aimc_tile_backward(tile, 1, d, OUT, z, IN));
    double forward = 0, backward = 0;
    for (size_t i = 0; i < OUT; i++)
        forward += (double)d[i] * (double)y[i];
    for (size_t j = 0; j < IN; j++)
        backward += (double)x[j] * (double)z[j];
    NEAR(forward, backward, 2e-6);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}
END_TEST

/* Cells of a pair as neighbours: the crossbar of twice as many columns, whose odd ones are
 * subtracted; linear and nonlinear cells, both directions, and reads of each sign on its own. */
START_TEST(interleaved_pairs)
{
    float w[OUT * IN], x[IN], y[OUT], wide[2 * OUT * IN], both[2 * OUT], d[OUT], z[IN];
    aimct_fill(w, (size_t)OUT * IN, 5);
    aimct_fill(x, IN, 6);
    aimct_fill(d, OUT, 7);
    for (size_t i = 0; i < OUT; i++) {
        for (size_t j = 0; j < IN; j++) {
            wide[2 * i * IN + j] = fmaxf(w[i * IN + j], 0);
            wide[(2 * i + 1) * IN + j] = fmaxf(-w[i * IN + j], 0);
        }
    }
    for (int k = 0; k < 4; k++) {
        const char *law = k % 2 ? "wires.iv=SINH" : "wires.iv=LINEAR";
        const char *adc = k < 2 ? "cell_mapping.subtract=ANALOG" : "cell_mapping.subtract=DIGITAL";
        aimc_tile *tile = aimct_tile(ctx, w, OUT, IN,
                                     SETTINGS(BARE, WIRES, "wires.r_in=90", "wires.r_out=10", law,
                                              adc, "wires.interleaved=true"));
        aimc_tile *other =
            aimct_tile(ctx, wide, (size_t)2 * OUT, IN,
                       SETTINGS(BARE, WIRES, "wires.r_in=90", "wires.r_out=10", law));
        OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
        OK(aimc_tile_forward(other, 1, x, IN, both, (size_t)2 * OUT));
        for (size_t i = 0; i < OUT; i++)
            NEAR((double)y[i], (double)both[2 * i] - (double)both[2 * i + 1], 1e-6);
        if (k < 2) { /* driven together: +d and -d */
            float expected[IN];
            for (size_t i = 0; i < OUT; i++) {
                both[2 * i] = d[i];
                both[2 * i + 1] = -d[i];
            }
            OK(aimc_tile_backward(tile, 1, d, OUT, z, IN));
            OK(aimc_tile_backward(other, 1, both, (size_t)2 * OUT, expected, IN));
            for (size_t j = 0; j < IN; j++)
                NEAR((double)z[j], (double)expected[j], 1e-6);
        }
        aimc_tile_destroy(other);
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* A cell whose current falls with its voltage: nothing is returned, nothing is counted. */
/* ---- noise of single cells ------------------------------------------------------------------ */

#define QUIET_WIRES BARE, "g_max=1e-4", "bound_management=NONE", "wires.model=NODAL"
#define LONG_WIRES  "wires.r_in=300", "wires.r_out=700", "wires.r_driver=500"
#define BY_CELL     "wires.noise_by_cell=true"

/* One product of a new tile with these weights, either way. */
static void product_of(const float *w, const char *const settings[], bool forward, size_t n,
                       const float *x, float *y)
{
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    if (forward)
        OK(aimc_tile_forward(tile, n, x, IN, y, OUT));
    else
        OK(aimc_tile_backward(tile, n, x, OUT, y, IN));
    aimc_tile_destroy(tile);
}

/* d[k][i]: what the network gives output i for a change of cell k, by central differences of the
 * solver's products of weights that hold a single cell each. */
static void sensitivities(const float *w, bool forward, const float *x, size_t outs,
                          double d[OUT * IN][IN])
{
    const float step = 0.01f;
    for (size_t k = 0; k < OUT * IN; k++) {
        float moved[OUT * IN], y[2][IN];
        for (int up = 0; up < 2; up++) {
            memcpy(moved, w, sizeof moved);
            moved[k] += up ? step : -step;
            product_of(moved,
                       SETTINGS(QUIET_WIRES, LONG_WIRES, "cell_mapping.scheme=DIGITAL_OFFSET"),
                       forward, 1, x, y[up]);
        }
        for (size_t i = 0; i < outs; i++)
            d[k][i] = ((double)y[1][i] - (double)y[0][i]) / (2 * (double)step);
    }
}

/* To first order the outputs have the covariance sum_k s_k^2 d_ki d_kl, s_k the noise of cell k: a
 * constant, or by the square root of what it conducts, in weights 1 + w. The noise at the outputs
 * of ideal wires, sum_k s_k^2 x_j^2, is another, and has no covariance between outputs. */
START_TEST(noise_goes_by_the_voltages_of_cells)
{
    enum { MANY = 20000 };
    static const char *const types[] = {"w_noise_type=ADDITIVE_CONSTANT", "w_noise_type=PCM_READ"};
    static float x[MANY * IN], y[MANY * IN];
    static double d[OUT * IN][IN];
    const bool forward = _i % 2, pcm = _i / 2;
    const size_t ins = forward ? IN : OUT, outs = forward ? OUT : IN;
    const double noise = 0.01;
    float w[OUT * IN], one[IN];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(one, IN, 4);
    for (size_t b = 0; b < MANY; b++)
        memcpy(x + b * ins, one, ins * sizeof *x);
    sensitivities(w, forward, one, outs, d);
    product_of(w,
               SETTINGS(QUIET_WIRES, LONG_WIRES, "cell_mapping.scheme=DIGITAL_OFFSET", BY_CELL,
                        "w_noise=0.01", types[pcm]),
               forward, MANY, x, y);
    for (size_t i = 0; i < outs; i++) {
        for (size_t l = 0; l <= i; l++) {
            double expected = 0, variance[2] = {0}, ideal = 0, mean[2] = {0}, product = 0;
            for (size_t k = 0; k < OUT * IN; k++) {
                const double s2 = noise * noise * (pcm ? 1 + (double)w[k] : 1);
                expected += s2 * d[k][i] * d[k][l];
                variance[0] += s2 * d[k][i] * d[k][i];
                variance[1] += s2 * d[k][l] * d[k][l];
                if ((forward ? k / IN : k % IN) == i)
                    ideal += s2 * pow((double)one[forward ? k % IN : k / IN], 2);
            }
            for (size_t b = 0; b < MANY; b++) {
                mean[0] += (double)y[b * outs + i] / MANY;
                mean[1] += (double)y[b * outs + l] / MANY;
            }
            for (size_t b = 0; b < MANY; b++)
                product += ((double)y[b * outs + i] - mean[0]) *
                           ((double)y[b * outs + l] - mean[1]) / MANY;
            const double sigma = sqrt((variance[0] * variance[1] + expected * expected) / MANY);
            ck_assert_msg(fabs(product - expected) < 5 * sigma, "%zu, %zu: %g, expected %g", i, l,
                          product, expected);
            if (i == l)
                ck_assert_msg(product < 0.8 * ideal, "%zu: %g of %g without wires", i, product,
                              ideal);
        }
    }
}
END_TEST

/* Without resistance the law is that of the noise at the outputs: with pairs apart or interleaved,
 * one current or two, in bit slices. Without noise nothing is drawn. */
START_TEST(noise_of_cells_on_ideal_wires)
{
    enum { MANY = 20000 };
    static const char *const mappings[][2] = {
        {"wires.interleaved=false", "cell_mapping.scheme=ONE_SIDED"},
        {"wires.interleaved=true", "cell_mapping.scheme=ONE_SIDED"},
        {"cell_mapping.subtract=DIGITAL", "cell_mapping.scheme=ONE_SIDED"},
        {"cell_mapping.weight_bits=5", "cell_mapping.n_slices=2"}};
    static float x[MANY * IN], y[3][MANY * OUT];
    const char *type = _i / 4 ? "w_noise_type=PCM_READ" : "w_noise_type=ADDITIVE_CONSTANT";
    const char *const *mapping = mappings[_i % 4];
    float w[OUT * IN];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, IN, 4);
    for (size_t b = 1; b < MANY; b++)
        memcpy(x + b * IN, x, IN * sizeof *x);
    for (int k = 0; k < 3; k++) /* at the outputs, by cell, without noise */
        product_of(w,
                   SETTINGS(QUIET_WIRES, "cell_mapping.on_off_ratio=0", mapping[0], mapping[1],
                            type, k < 2 ? "w_noise=0.01" : "w_noise=0",
                            k ? BY_CELL : "wires.noise_by_cell=false"),
                   true, MANY, x, y[k]);
    for (size_t i = 0; i < OUT; i++) {
        double mean[2] = {0}, variance[2] = {0};
        for (int k = 0; k < 2; k++) {
            for (size_t b = 0; b < MANY; b++) {
                const double off = (double)y[k][b * OUT + i] - (double)y[2][i];
                mean[k] += off / MANY;
                variance[k] += off * off / MANY;
            }
            ck_assert(fabs(mean[k]) < 5 * sqrt(variance[k] / MANY) + 1e-6);
        }
        ck_assert_msg(fabs(variance[1] / variance[0] - 1) < 5 * sqrt(4.0 / MANY),
                      "output %zu: %g by cell, %g at the output", i, variance[1], variance[0]);
        ck_assert(y[2][i] == y[2][(MANY - 1) * OUT + i]);
    }
}
END_TEST

START_TEST(unsolved_is_told)
{
    float w[OUT * IN], x[2 * IN], y[2 * OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, 2 * IN, 4);
    memset(x, 0, IN * sizeof *x); /* the first vector alone would be solved */
    x[0] = 0.01f;
    const char *const settings[] = {
        BARE, WIRES, "wires.iv=POLYNOMIAL", "wires.iv_cube=-4", "wires.v_read=2", NULL};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    for (size_t k = 0; k < 2 * OUT; k++)
        y[k] = 7;
    FAILS(AIMC_ERR_STATE, "not solved", aimc_tile_forward(tile, 2, x, IN, y, OUT));
    for (size_t k = 0; k < 2 * OUT; k++)
        ck_assert(y[k] == 7);
    ck_assert_uint_eq(aimct_counters(tile).forward_passes, 0);
    ck_assert_uint_eq(aimct_counters(tile).dac_conversions, 0);
    aimc_stages stages = {.struct_size = (uint32_t)sizeof stages};
    FAILS(AIMC_ERR_STATE, "not solved", aimc_tile_inspect(tile, AIMC_FORWARD, x + IN, &stages));
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(combinations_are_refused)
{
    aimct_refused(ctx, "ir_drop", SETTINGS("wires.model=NODAL", "ir_drop=1"));
    aimct_refused(ctx, "drive_ends", SETTINGS("wires.drive_ends=2"));
    aimct_refused(ctx, "measured from 5e-05 to 0.000225 S",
                  SETTINGS("wires.model=NODAL", "wires.iv=BY_STATE", "g_max=2e-4"));
    aimct_refused(ctx, "up to 0.5 V",
                  SETTINGS("wires.model=NODAL", "wires.iv=BY_STATE", "g_max=2e-4",
                           "cell_mapping.on_off_ratio=4", "wires.v_read=0.6"));
    aimct_refused(
        ctx, "5 terms",
        SETTINGS("wires.model=NODAL", "wires.iv=BY_STATE", "wires.iv_squares=[1,2,3,4,5]"));
    aimct_refused(ctx, "drive_ends",
                  SETTINGS("wires.model=NODAL", "wires.drive_ends=2", "wires.gate_selected=true",
                           "mv_type=BIT_WISE", "bit_wise_bits=1", "inp_noise=0"));
    aimct_refused(ctx, "TIME_SLICED",
                  SETTINGS("wires.model=TIME_SLICED", "cell_mapping.scheme=DIGITAL_OFFSET"));
    aimct_refused(ctx, "TIME_SLICED",
                  SETTINGS("wires.model=TIME_SLICED", "cell_mapping.subtract=DIGITAL"));
    aimct_refused(ctx, "interleaved",
                  SETTINGS("wires.model=NODAL", "wires.interleaved=true",
                           "cell_mapping.scheme=DIGITAL_OFFSET"));
    aimct_refused(
        ctx, "REFERENCE_COLUMN",
        SETTINGS("wires.model=NODAL", "wires.iv=SINH", "cell_mapping.scheme=REFERENCE_COLUMN"));
    aimct_refused(ctx, "w_read_asymmetry_dtod",
                  SETTINGS("wires.model=NODAL", "wires.iv=SINH", "mv_type=POS_NEG_SEPARATE",
                           "w_read_asymmetry_dtod=0.1"));
    aimct_refused(ctx, "w_read_asymmetry_dtod",
                  SETTINGS("wires.model=NODAL", BY_CELL, "mv_type=POS_NEG_SEPARATE",
                           "w_read_asymmetry_dtod=0.1"));
    aimct_refused(ctx, "outputs alone", SETTINGS("wires.model=TIME_SLICED", "wires.r_driver=1"));
    aimct_refused(ctx, "outputs alone", SETTINGS("wires.model=TIME_SLICED", "wires.r_select=1"));
    aimct_refused(ctx, "outputs alone",
                  SETTINGS("wires.model=TIME_SLICED", "wires.interleaved=true"));
    aimct_refused(ctx, "noise_by_cell", SETTINGS(BY_CELL));
    aimct_refused(ctx, "noise_by_cell", SETTINGS("wires.model=TIME_SLICED", BY_CELL));
    aimct_refused(ctx, "noise_by_cell",
                  SETTINGS("wires.model=NODAL", BY_CELL, "cell_mapping.scheme=REFERENCE_COLUMN"));
}
END_TEST

/* D1: the same bits for any number of threads and any split of the batch. */
START_TEST(threads_and_batches)
{
    enum { MANY = 150 };
    static const char *const kinds[][2] = {
        {"wires.model=NODAL", "wires.iv=LINEAR"},
        {"wires.model=NODAL", "wires.iv=SINH"},
        {"wires.model=NODAL", BY_CELL},
        {"cell_mapping.scheme=REFERENCE_COLUMN", "cell_mapping.on_off_ratio=9"},
        {"adc.model=SAR", "adc.mismatch=0.02"},
    };
    static float w[OUT * IN], x[MANY * IN], y[3][MANY * OUT];
    aimct_fill(w, (size_t)OUT * IN, 3);
    aimct_fill(x, (size_t)MANY * IN, 4);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (int way = 0; way < 3; way++) {
            aimc_context *own = aimct_context(way == 1 ? 3 : 1, 0, 8);
            aimc_tile *tile =
                aimct_tile(own, w, OUT, IN,
                           SETTINGS("g_max=1e-4", "wires.r_out=50", "w_noise=0.1",
                                    "w_noise_type=PCM_READ", kinds[k][0], kinds[k][1]));
            const size_t part = way == 2 ? 37 : MANY;
            for (size_t b = 0; b < MANY; b += part) {
                const size_t n = MANY - b < part ? MANY - b : part;
                OK(aimc_tile_forward(tile, n, x + b * IN, IN, y[way] + b * OUT, OUT));
            }
            aimc_tile_destroy(tile);
            aimc_context_destroy(own);
        }
        ck_assert(memcmp(y[0], y[1], sizeof y[0]) == 0);
        ck_assert(memcmp(y[0], y[2], sizeof y[0]) == 0);
    }
}
END_TEST

START_TEST(memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    const aimc_allocator allocator = aimct_allocator(&heap);
    float w[OUT * IN], x[IN], y[OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, IN, 4);
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, 0);
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        params.allocator = allocator;
        aimc_context *own = NULL;
        OK(aimc_context_create(&params, &own));
        aimc_config *config = aimct_tile_config(own, SETTINGS(BARE, WIRES, "wires.iv=SINH"));
        aimc_device *device = aimct_device(own, "ideal", NULL);
        aimct_heap_fail_at(&heap, ++n);
        aimc_tile *tile = NULL;
        aimc_status st = aimc_tile_create(device, OUT, IN, config, &tile);
        if (!st)
            st = aimc_tile_set_weights(tile, w, IN);
        if (!st)
            st = aimc_tile_forward(tile, 1, x, IN, y, OUT);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
        aimc_config_destroy(config);
        aimc_context_destroy(own);
        ck_assert_uint_eq(heap.live_blocks, 0);
    } while (heap.failed);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("wires");
    TCase *c = aimct_case(s, "tile");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, tile_sees_the_network);
    tcase_add_test(c, few_vectors_are_solved);
    tcase_add_test(c, deterministic_reads_do_not_depend_on_their_number);
    tcase_add_test(c, both_directions_are_symmetric);
    tcase_add_test(c, interleaved_pairs);
    tcase_add_loop_test(c, noise_goes_by_the_voltages_of_cells, 0, 4);
    tcase_add_loop_test(c, noise_of_cells_on_ideal_wires, 0, 8);
    tcase_add_test(c, unsolved_is_told);
    tcase_add_test(c, combinations_are_refused);
    tcase_add_test(c, threads_and_batches);
    tcase_add_test(c, memory);
    return aimct_main(s);
}
