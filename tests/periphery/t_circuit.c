/* SPDX-License-Identifier: MIT */
/* Converters of every style and circuit: definitions, the laws of their errors, what a ramp
 * measures, in a tile; and ranges from data. */
#include "fail_alloc.h"
#include "periphery/circuit.h"
#include "read_util.h"
#include "tile/tile.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 77);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static aimc_converter *converter(const char *const settings[])
{
    aimc_config *config = NULL;
    aimc_converter *c = NULL;
    OK(aimc_config_create(ctx, "converter", &config));
    for (size_t i = 0; settings[i]; i++)
        aimct_set(config, settings[i], "");
    OK(aimc_converter_create(ctx, config, &c));
    aimc_config_destroy(config);
    return c;
}

#define BITS6  "res=0.016129032258064516"  /* 1 / 62 */
#define BITS8  "res=0.003937007874015748"  /* 1 / 254 */
#define BITS10 "res=0.0009784735812133072" /* 1 / 1022 */

/* ---- codes ---------------------------------------------------------------------------------- */

/* R1.4-5, 6 bits of range 2 */
START_TEST(styles)
{
    static const struct {
        const char *style, *rounding;
        double lowest, step;
        int32_t first, last;
    } cases[] = {
        {"circuit.style=MID_TREAD", "circuit.rounding=NEAREST", -2, 4.0 / 62, -31, 31},
        {"circuit.style=MID_TREAD", "circuit.rounding=FLOOR", -2, 4.0 / 62, -31, 31},
        {"circuit.style=UNSIGNED", "circuit.rounding=NEAREST", -0.5, 2.5 / 63, 0, 63},
        {"circuit.style=UNSIGNED", "circuit.rounding=FLOOR", -0.5, 2.5 / 63, 0, 63},
        {"circuit.style=TWOS_COMPLEMENT", "circuit.rounding=NEAREST", -2, 4.0 / 64, -32, 31},
        {"circuit.style=TWOS_COMPLEMENT", "circuit.rounding=FLOOR", -2, 4.0 / 64, -32, 31},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_converter *c = converter(
            SETTINGS("bound=2", BITS6, "circuit.low=-0.25", cases[k].style, cases[k].rounding));
        ck_assert_int_eq(aimc_converter_get_min_code(c), cases[k].first);
        ck_assert_int_eq(aimc_converter_get_max_code(c), cases[k].last);
        NEAR(aimc_converter_get_step(c), cases[k].step, 1e-8);
        for (int i = -100; i <= 100; i++) {
            const float x = (float)(0.0301 * i);
            const double steps = ((double)x - cases[k].lowest) / cases[k].step;
            double code = k % 2 ? floor(steps) : rint(steps);
            code = fmin(fmax(code, 0), cases[k].last - cases[k].first) + cases[k].first;
            int32_t got;
            float y, again;
            OK(aimc_converter_encode(c, 1, &x, &got));
            OK(aimc_converter_quantize(c, 1, &x, &y));
            OK(aimc_converter_decode(c, 1, &got, &again));
            ck_assert_int_eq(got, (int32_t)code);
            ck_assert(y == again);
            NEAR((double)y, cases[k].lowest + (code - cases[k].first) * cases[k].step, 1e-6);
        }
        /* every code survives the way out and back */
        for (int32_t code = cases[k].first; code <= cases[k].last && k % 2 == 0; code++) {
            float x;
            int32_t got;
            OK(aimc_converter_decode(c, 1, &code, &x));
            OK(aimc_converter_encode(c, 1, &x, &got));
            ck_assert_int_eq(got, code);
        }
        aimc_converter_destroy(c);
    }
}
END_TEST

START_TEST(threshold_list)
{
    aimc_converter *c = converter(SETTINGS("bound=2", "circuit.style=THRESHOLDS",
                                           "circuit.thresholds=[-0.5, 0, 0.75]",
                                           "circuit.levels=[-1, -0.2, 0.5, 1]"));
    const float x[] = {-3, -1, -0.99f, -0.001f, 0, 1.49f, 1.5f, (float)NAN};
    const int32_t expected[] = {0, 1, 1, 1, 2, 2, 3, 2};
    const float values[] = {-2, -0.4f, 1, 2};
    int32_t codes[8];
    float y[8];
    OK(aimc_converter_encode(c, 8, x, codes));
    OK(aimc_converter_quantize(c, 8, x, y));
    for (size_t k = 0; k < 8; k++) {
        ck_assert_int_eq(codes[k], expected[k]);
        ck_assert(y[k] == values[expected[k]]);
    }
    aimc_linearity l = {.struct_size = (uint32_t)sizeof l};
    FAILS(AIMC_ERR_UNSUPPORTED, "thresholds", aimc_converter_get_linearity(c, 0, &l, NULL, NULL));
    aimc_converter_destroy(c);
    /* without levels: midway, and as far out at the ends */
    c = converter(
        SETTINGS("bound=1", "circuit.style=THRESHOLDS", "circuit.thresholds=[-0.5, 0.5]"));
    OK(aimc_converter_quantize(c, 5, x, y));
    ck_assert(y[0] == -1 && y[3] == 0);
    aimc_converter_destroy(c);
}
END_TEST

static const char *const models[] = {"circuit.model=SAR", "circuit.model=RAMP",
                                     "circuit.model=PIPELINE", "circuit.model=CYCLIC",
                                     "circuit.model=FLASH"};
static const char *const code_styles[] = {"circuit.style=MID_TREAD", "circuit.style=UNSIGNED",
                                          "circuit.style=TWOS_COMPLEMENT"};

/* Without errors every circuit is the ideal converter. */
START_TEST(circuits_without_errors)
{
    for (size_t m = 0; m < 5; m++) {
        for (size_t s = 0; s < 3; s++) {
            aimc_converter *c = converter(SETTINGS("bound=3", BITS8, models[m], code_styles[s],
                                                   "circuit.split=true", "channels=3"));
            aimc_converter *ideal = converter(SETTINGS("bound=3", BITS8, code_styles[s]));
            for (int i = -3500; i <= 3500; i++) {
                const float x[3] = {(float)(0.00100013 * i), (float)(0.00099987 * i), 0.3f};
                int32_t a[3], b[3];
                OK(aimc_converter_encode(c, 3, x, a));
                OK(aimc_converter_encode(ideal, 3, x, b));
                ck_assert(memcmp(a, b, sizeof a) == 0);
            }
            aimc_linearity l = {.struct_size = (uint32_t)sizeof l};
            double dnl[256], inl[256];
            OK(aimc_converter_get_linearity(c, 2, &l, dnl, inl));
            ck_assert_uint_eq(l.n_codes, s ? 256 : 255);
            ck_assert_uint_eq(l.missing_codes, 0);
            ck_assert(l.max_dnl < 0.02 && l.max_inl < 0.02);
            NEAR(l.gain, 1, 1e-4);
            NEAR(l.offset, 0, 1.0 / 64);
            aimc_converter_destroy(ideal);
            aimc_converter_destroy(c);
        }
    }
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

enum { CHANNELS = 4000 };

static aimci_circuit *circuit(const char *const settings[], double res, size_t channels)
{
    aimc_config *config = NULL;
    aimci_circuit *c = NULL;
    OK(aimc_config_create(ctx, "circuit", &config));
    for (size_t i = 0; settings[i]; i++)
        aimct_set(config, settings[i], "");
    OK(aimci_circuit_create(ctx, aimci_config_values(config, &aimci_family_circuit), res, 1,
                            channels, "test", &c));
    const aimci_key key = aimci_random_key(123, AIMCI_OP_PERIPHERY, 0, 4);
    aimci_circuit_draw(c, &key);
    aimc_config_destroy(config);
    return c;
}

/* The step at the middle of a SAR: the largest capacitor against all smaller ones. 2^b - 1 units
 * take part; split, those of the upper half weigh 2^(b/2) as much, and the bridge errs, too. */
START_TEST(mismatch_of_a_sar)
{
    const double s = 0.004;
    for (int split = 0; split < 2; split++) {
        aimci_circuit *c = circuit(SETTINGS("model=SAR", "style=UNSIGNED", "mismatch=0.004",
                                            split ? "split=true" : "split=false"),
                                   1.0 / 254, CHANNELS);
        aimct_moments m = {0, 0, 0};
        for (size_t k = 0; k < CHANNELS; k++)
            aimct_add(&m, c->transitions[k * 256 + 128] - c->transitions[k * 256 + 127]);
        const double plain = s * s * 255, upper = s * s * 256 * 15, lower = s * s * (15 + 15 * 15);
        CHECK_VARIANCE(m, split ? upper + lower : plain, 3);
        CHECK_MEAN(m, 1, sqrt(aimct_variance(&m)));
        aimci_circuit_destroy(c);
    }
}
END_TEST

/* A chain of n equal units between fixed ends is a bridge: variance s^2 k (n - k) / n at k. */
START_TEST(mismatch_of_a_chain)
{
    for (int flash = 0; flash < 2; flash++) {
        aimci_circuit *c = circuit(
            SETTINGS(flash ? "model=FLASH" : "model=RAMP", "style=UNSIGNED", "mismatch=0.02"),
            1.0 / 62, CHANNELS);
        aimct_moments m = {0, 0, 0};
        for (size_t k = 0; k < CHANNELS; k++)
            aimct_add(&m, c->transitions[k * 64 + 16]);
        CHECK_VARIANCE(m, 0.02 * 0.02 * 16 * 48 / 64, 3);
        CHECK_MEAN(m, 16, sqrt(aimct_variance(&m)));
        aimci_circuit_destroy(c);
    }
}
END_TEST

/* Comparators: one for a channel of SAR and RAMP, shifting all; one for a transition of FLASH. */
START_TEST(offsets_of_comparators)
{
    const double sd = 0.01 * 63 / 2; /* of full scale 1, where range -1 ... 1 has 63 steps */
    for (size_t k = 0; k < 2; k++) {
        aimci_circuit *c = circuit(SETTINGS(k ? "model=RAMP" : "model=SAR", "style=UNSIGNED",
                                            "low=-1", "comparator_offset=0.01"),
                                   1.0 / 62, CHANNELS);
        aimct_moments m = {0, 0, 0};
        for (size_t i = 0; i < CHANNELS; i++)
            aimct_add(&m, c->offsets[i]);
        CHECK_VARIANCE(m, sd * sd, 3);
        aimci_circuit_destroy(c);
    }
    aimci_circuit *c =
        circuit(SETTINGS("model=FLASH", "style=UNSIGNED", "low=-1", "comparator_offset=0.001"),
                1.0 / 62, CHANNELS);
    aimct_moments m = {0, 0, 0};
    for (size_t i = 0; i < CHANNELS; i++)
        aimct_add(&m, c->transitions[i * 64 + 20] - c->transitions[i * 64 + 19]);
    CHECK_VARIANCE(m, 2 * sd * sd / 100, 3); /* too small to change their order */
    aimci_circuit_destroy(c);
}
END_TEST

/* D24: one draw for each group of channels, not one for all. */
START_TEST(groups_share_capacitors)
{
    aimci_circuit *c =
        circuit(SETTINGS("model=SAR", "mismatch=0.05", "group_size=8"), 1.0 / 62, 20);
    ck_assert_uint_eq(c->n_tables, 3);
    ck_assert(memcmp(c->transitions, c->transitions + c->n_codes,
                     (size_t)c->n_codes * sizeof(double)) != 0);
    int differ = 0;
    for (int i = -100; i <= 100; i++) {
        int beyond;
        const int32_t a = aimci_circuit_code(c, 0, 0.01 * i, &beyond);
        ck_assert_int_eq(a, aimci_circuit_code(c, 7, 0.01 * i, &beyond));
        differ += a != aimci_circuit_code(c, 8, 0.01 * i, &beyond);
    }
    ck_assert_int_gt(differ, 0);
    aimci_circuit_destroy(c);
    c = circuit(SETTINGS("model=RAMP", "mismatch=0.05", "group_size=0"), 1.0 / 62, 20);
    ck_assert_uint_eq(c->n_tables, 1);
    aimci_circuit_destroy(c);
}
END_TEST

/* A stage that gains too little skips codes where it decides: 2^(b-2) |e| of them at the first. */
START_TEST(gain_of_a_pipeline)
{
    aimci_circuit *c = circuit(
        SETTINGS("model=PIPELINE", "style=UNSIGNED", "low=-1", "gain_error=-0.05"), 1.0 / 1022, 1);
    int beyond;
    const int32_t below = aimci_circuit_code(c, 0, 0.2499 - 1.0 / 1023, &beyond);
    const int32_t above = aimci_circuit_code(c, 0, 0.2503 + 1.0 / 1023, &beyond);
    ck_assert_int_ge(above - below, (int)(0.05 * 256) - 2); /* 12.8 codes, less rounding */
    ck_assert_int_le(above - below, (int)(0.05 * 256) + 5);
    aimci_circuit_destroy(c);
    /* 1.5 bits: comparators may err by up to a quarter of the reference without harm */
    c = circuit(SETTINGS("model=PIPELINE", "style=UNSIGNED", "low=-1"), 1.0 / 1022, 1);
    aimci_circuit *off =
        circuit(SETTINGS("model=PIPELINE", "style=UNSIGNED", "low=-1"), 1.0 / 1022, 1);
    for (int k = 0; k < 9; k++)
        off->stages[2 * k + 1] = k % 2 ? 0.1 : -0.12;
    for (int i = -990; i <= 990; i++)
        ck_assert_int_le(abs(aimci_circuit_code(c, 0, 0.001 * i, &beyond) -
                             aimci_circuit_code(off, 0, 0.001 * i, &beyond)),
                         0);
    aimci_circuit_destroy(off);
    aimci_circuit_destroy(c);
}
END_TEST

/* A SAR decides bit by bit: transitions below an earlier trial that failed, or above one that did
 * not, are never asked for. */
static void reach(const double *t, double *reached, int code, int bit, double from, double to)
{
    if (bit < 0)
        return;
    const int trial = code | 1 << bit;
    reached[trial] = fmin(fmax(t[trial], from), to);
    reach(t, reached, code, bit - 1, from, reached[trial]);
    reach(t, reached, trial, bit - 1, reached[trial], to);
}

/* What the ramp measures is what the transitions say. */
START_TEST(linearity_is_measured)
{
    aimc_converter *c = converter(SETTINGS("bound=1", BITS8, "circuit.model=SAR", "seed=5",
                                           "circuit.style=UNSIGNED", "circuit.mismatch=0.3",
                                           "circuit.gain_error=0.02"));
    aimci_circuit *same = circuit(
        SETTINGS("model=SAR", "style=UNSIGNED", "mismatch=0.3", "gain_error=0.02"), 1.0 / 254, 1);
    const aimci_key key = aimci_random_key(5, AIMCI_OP_PERIPHERY, 0, 4);
    aimci_circuit_draw(same, &key);
    double dnl[256], inl[256], reached[257];
    aimc_linearity l = {.struct_size = (uint32_t)sizeof l};
    OK(aimc_converter_get_linearity(c, 0, &l, dnl, inl));
    unsigned missing = 0;
    reached[256] = HUGE_VAL;
    reach(same->transitions, reached, 0, 7, -HUGE_VAL, HUGE_VAL);
    const double mean = (reached[255] - reached[1]) / 254;
    for (int k = 1; k < 255; k++) {
        const double width = reached[k + 1] - reached[k];
        NEAR(dnl[k], width / mean - 1, 0.06);
        missing += width < 1e-9;
    }
    ck_assert_uint_gt(missing, 0);
    ck_assert_uint_ge(l.missing_codes, missing);
    NEAR(l.gain, 1 / mean, 0.001);
    ck_assert(l.max_inl > 0.5 && l.max_dnl > 0.5);
    aimci_circuit_destroy(same);
    aimc_converter_destroy(c);
}
END_TEST

START_TEST(stochastic_rounding_has_no_bias)
{
    enum { N = 100000 };
    aimc_converter *c =
        converter(SETTINGS("bound=1", BITS6, "circuit.style=TWOS_COMPLEMENT", "sto_round=true"));
    float *x = calloc(N, sizeof *x), *y = calloc(N, sizeof *y);
    for (size_t k = 0; k < N; k++)
        x[k] = 0.3f / 32;
    OK(aimc_converter_quantize(c, N, x, y));
    aimct_moments m = {0, 0, 0};
    for (size_t k = 0; k < N; k++)
        aimct_add(&m, (double)y[k]);
    CHECK_MEAN(m, 0.3 / 32, sqrt(0.21) / 32);
    CHECK_VARIANCE(m, 0.21 / 1024, 1.8);
    free(x);
    free(y);
    aimc_converter_destroy(c);
}
END_TEST

/* ---- in a tile ------------------------------------------------------------------------------ */

enum { OUT = 6, IN = 10, BATCH = 70 };

START_TEST(tile_with_circuits)
{
    float w[OUT * IN], x[BATCH * IN], plain[BATCH * OUT], y[BATCH * OUT];
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(x, BATCH * IN, 2);
    aimc_tile *ideal =
        aimct_tile(ctx, w, OUT, IN, SETTINGS("out_bound=3", "bound_management=NONE"));
    OK(aimc_tile_forward(ideal, BATCH, x, IN, plain, OUT));
    /* circuits without errors: the same chain, but for ties, which only halved inputs have */
    for (size_t m = 0; m < 5; m++) {
        char adc[32], dac[32];
        snprintf(adc, sizeof adc, "adc.%s", models[m] + 8);
        snprintf(dac, sizeof dac, "dac.%s", models[m] + 8);
        aimc_context *own = aimct_context(1, 0, 77);
        aimc_tile *same =
            aimct_tile(own, w, OUT, IN, SETTINGS("out_bound=3", "bound_management=NONE", adc, dac));
        same->forward->seed = ideal->forward->seed;
        OK(aimc_tile_forward(same, BATCH, x, IN, y, OUT));
        for (size_t k = 0; k < BATCH * OUT; k++)
            ck_assert_msg(fabsf(y[k] - plain[k]) < 1e-5f, "%s %zu: %.9g %.9g", adc, k, (double)y[k],
                          (double)plain[k]);
        aimc_tile_destroy(same);
        aimc_context_destroy(own);
    }
    aimc_tile_destroy(ideal);
}
END_TEST

START_TEST(tile_keeps_its_circuits)
{
    float w[OUT * IN], x[IN], noisy[OUT], y[OUT], again[OUT];
    int32_t code[OUT];
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(x, IN, 2);
    aimc_tile *tile =
        aimct_tile(ctx, w, OUT, IN,
                   SETTINGS("out_bound=4", "out_noise=0", "noise_management=NONE", "adc.model=SAR",
                            "adc.mismatch=0.05", "adc.comparator_offset=0.02", "dac.style=UNSIGNED",
                            "dac.low=-1"));
    OK(aimc_tile_save(tile, "t_circuit.safetensors"));
    aimc_stages s = {.struct_size = (uint32_t)sizeof s, .noisy = noisy, .code = code, .result = y};
    OK(aimc_tile_inspect(tile, AIMC_FORWARD, x, &s));
    const aimci_circuit *adc = tile->forward->out_circuit;
    bool differs = false;
    for (size_t i = 0; i < OUT; i++) {
        int beyond;
        const int32_t raw = aimci_circuit_code(adc, i, (double)noisy[i], &beyond);
        ck_assert_int_eq(code[i], raw + adc->first);
        NEAR((double)y[i], (double)aimci_circuit_value(adc, raw), 1e-6);
        differs |= code[i] != lrint((double)noisy[i] / (8.0 / 510));
    }
    ck_assert(differs);
    aimc_tile_destroy(tile);
    OK(aimc_tile_load(ctx, "t_circuit.safetensors", &tile));
    remove("t_circuit.safetensors");
    OK(aimc_tile_forward(tile, 1, x, IN, again, OUT));
    ck_assert(memcmp(y, again, sizeof y) == 0);
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(refused)
{
    aimct_refused(ctx, "out_", SETTINGS("adc.model=SAR", "out_res=-1"));
    aimct_refused(ctx, "out_", SETTINGS("adc.model=SAR", "out_bound=0"));
    aimct_refused(ctx, "out_", SETTINGS("adc.model=SAR", "out_res=100"));
    aimct_refused(ctx, "thresholds", SETTINGS("adc.style=THRESHOLDS"));
    aimct_refused(ctx, "thresholds",
                  SETTINGS("adc.style=THRESHOLDS", "adc.thresholds=[0.5, 0.25]"));
    aimct_refused(ctx, "levels",
                  SETTINGS("adc.style=THRESHOLDS", "adc.thresholds=[0.5]", "adc.levels=[1, 2, 3]"));
    aimct_refused(ctx, "model",
                  SETTINGS("adc.style=THRESHOLDS", "adc.thresholds=[0.5]", "adc.model=SAR"));
    aimct_refused(ctx, "dac", SETTINGS("mv_type=BIT_WISE", "dac.model=SAR"));
    aimct_refused(ctx, "low", SETTINGS("adc.style=UNSIGNED", "adc.low=1"));
    aimc_converter *c = converter(SETTINGS(BITS6, "circuit.model=SAR", "channels=2"));
    aimc_linearity l = {.struct_size = (uint32_t)sizeof l};
    FAILS(AIMC_ERR_INVALID, "channel", aimc_converter_get_linearity(c, 2, &l, NULL, NULL));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_converter_get_linearity(c, 0, NULL, NULL, NULL));
    l.struct_size = 0;
    FAILS(AIMC_ERR_ABI, "", aimc_converter_get_linearity(c, 0, &l, NULL, NULL));
    aimc_converter_destroy(c);
}
END_TEST

START_TEST(memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    const aimc_allocator allocator = aimct_allocator(&heap);
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, 0);
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        params.allocator = allocator;
        aimc_context *own = NULL;
        OK(aimc_context_create(&params, &own));
        aimc_config *config = NULL;
        OK(aimc_config_create(own, "converter", &config));
        aimct_set(config, "circuit.model=PIPELINE", "");
        aimct_heap_fail_at(&heap, ++n);
        aimc_converter *c = NULL;
        aimc_linearity l = {.struct_size = (uint32_t)sizeof l};
        aimc_status st = aimc_converter_create(own, config, &c);
        if (!st)
            st = aimc_converter_get_linearity(c, 0, &l, NULL, NULL);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_converter_destroy(c);
        aimc_config_destroy(config);
        aimc_context_destroy(own);
        ck_assert_uint_eq(heap.live_blocks, 0);
    } while (heap.failed);
}
END_TEST

/* ---- ranges --------------------------------------------------------------------------------- */

START_TEST(ranges_of_data)
{
    enum { ROWS = 400, COLS = 50 };
    static float x[ROWS * COLS];
    uint64_t state = 4;
    for (size_t k = 0; k < ROWS * COLS; k++) { /* nearly normal: twelve uniform numbers */
        double sum = 0;
        for (int i = 0; i < 12; i++)
            sum += (double)aimct_uniform(&state) / 2;
        x[k] = (float)sum;
    }
    memset(x, 0, 10 * COLS * sizeof *x); /* rows of zeros are not looked at */
    double bound;
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_DEVIATION, 3, ROWS, COLS, x, COLS, &bound));
    NEAR(bound, 3, 0.1);
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_QUANTILE, 0.6827, ROWS, COLS, x, COLS, &bound));
    NEAR(bound, 1, 0.05);
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, ROWS, COLS, x, COLS, &bound));
    double largest = 0;
    for (size_t k = 0; k < ROWS * COLS; k++)
        largest = fmax(largest, fabs((double)x[k]));
    NEAR(bound, largest, 0);
    /* D18: magnitudes, so that negative-heavy data is not underestimated */
    const float negative[] = {-5, -4, -3, 0.1f};
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_QUANTILE, 1, 1, 4, negative, 4, &bound));
    NEAR(bound, 5, 0);
    /* least error: not above that of any other bound, by search; 4 bits clip, 12 do not */
    for (int bits = 4; bits <= 12; bits += 8) {
        const double res = 1 / (ldexp(1, bits) - 2);
        OK(aimc_converter_find_range(ctx, AIMC_RANGE_LEAST_ERROR, res, ROWS, COLS, x, COLS,
                                     &bound));
        double best = HUGE_VAL, ours = 0;
        for (int i = 0; i <= 60; i++) {
            const double b = i == 60 ? bound : 1.5 + 0.05 * i, step = 2 * b * res;
            double sum = 0;
            for (size_t k = 0; k < ROWS * COLS; k++) {
                const double q = rint((double)x[k] / step) * step;
                sum += fabs((double)x[k] - fmax(fmin(q, b), -b));
            }
            best = fmin(best, sum);
            ours = sum;
        }
        ck_assert_msg(ours <= 1.02 * best, "%g against %g", ours, best);
        ck_assert(bits == 4 ? bound < 0.9 * largest : bound > 0.8 * largest);
    }
    const float zeros[4] = {0};
    OK(aimc_converter_find_range(ctx, AIMC_RANGE_LEAST_ERROR, 0.01, 1, 4, zeros, 4, &bound));
    NEAR(bound, 0, 0);
    FAILS(AIMC_ERR_INVALID, "parameter",
          aimc_converter_find_range(ctx, AIMC_RANGE_QUANTILE, 1.5, 1, 4, zeros, 4, &bound));
    FAILS(AIMC_ERR_SHAPE, "ld_x",
          aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, 1, 4, zeros, 3, &bound));
    FAILS(AIMC_ERR_INVALID, "0 x 4",
          aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, 0, 4, zeros, 4, &bound));
    FAILS(AIMC_ERR_INVALID, "NULL",
          aimc_converter_find_range(ctx, AIMC_RANGE_MAX, 0, 1, 4, NULL, 4, &bound));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("circuit");
    TCase *c = aimct_case(s, "converters");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, styles);
    tcase_add_test(c, threshold_list);
    tcase_add_test(c, circuits_without_errors);
    tcase_add_test(c, mismatch_of_a_sar);
    tcase_add_test(c, mismatch_of_a_chain);
    tcase_add_test(c, offsets_of_comparators);
    tcase_add_test(c, groups_share_capacitors);
    tcase_add_test(c, gain_of_a_pipeline);
    tcase_add_test(c, linearity_is_measured);
    tcase_add_test(c, stochastic_rounding_has_no_bias);
    tcase_add_test(c, tile_with_circuits);
    tcase_add_test(c, tile_keeps_its_circuits);
    tcase_add_test(c, refused);
    tcase_add_test(c, memory);
    tcase_add_test(c, ranges_of_data);
    return aimct_main(s);
}
