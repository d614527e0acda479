/* SPDX-License-Identifier: MIT */
/* Converters of every style and model: definitions, the laws of their errors, what a ramp
 * measures, and in a tile. */
#include "fail_alloc.h"
#include "periphery/nonideal_converter.h"
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
        {"nonideal.style=MID_TREAD", "nonideal.rounding=NEAREST", -2, 4.0 / 62, -31, 31},
        {"nonideal.style=MID_TREAD", "nonideal.rounding=FLOOR", -2, 4.0 / 62, -31, 31},
        {"nonideal.style=UNSIGNED", "nonideal.rounding=NEAREST", -0.5, 2.5 / 63, 0, 63},
        {"nonideal.style=UNSIGNED", "nonideal.rounding=FLOOR", -0.5, 2.5 / 63, 0, 63},
        {"nonideal.style=TWOS_COMPLEMENT", "nonideal.rounding=NEAREST", -2, 4.0 / 64, -32, 31},
        {"nonideal.style=TWOS_COMPLEMENT", "nonideal.rounding=FLOOR", -2, 4.0 / 64, -32, 31},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_converter *c = converter(
            SETTINGS("bound=2", BITS6, "nonideal.low=-0.25", cases[k].style, cases[k].rounding));
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
    aimc_converter *c = converter(SETTINGS("bound=2", "nonideal.style=THRESHOLDS",
                                           "nonideal.thresholds=[-0.5, 0, 0.75]",
                                           "nonideal.levels=[-1, -0.2, 0.5, 1]"));
    const float x[] = {-3, -1, -0.99f, -0.001f, 0, 1.49f, 1.5f};
    const int32_t expected[] = {0, 1, 1, 1, 2, 2, 3};
    const float values[] = {-2, -0.4f, 1, 2};
    int32_t codes[7];
    float y[7];
    OK(aimc_converter_encode(c, 7, x, codes));
    OK(aimc_converter_quantize(c, 7, x, y));
    for (size_t k = 0; k < 7; k++) {
        ck_assert_int_eq(codes[k], expected[k]);
        ck_assert(y[k] == values[expected[k]]);
    }
    aimc_linearity l = {.struct_size = (uint32_t)sizeof l};
    FAILS(AIMC_ERR_UNSUPPORTED, "thresholds", aimc_converter_get_linearity(c, 0, &l, NULL, NULL));
    aimc_converter_destroy(c);
    /* without levels: midway, and as far out at the ends */
    c = converter(
        SETTINGS("bound=1", "nonideal.style=THRESHOLDS", "nonideal.thresholds=[-0.5, 0.5]"));
    OK(aimc_converter_quantize(c, 5, x, y));
    ck_assert(y[0] == -1 && y[3] == 0);
    aimc_converter_destroy(c);
}
END_TEST

static const char *const models[] = {"nonideal.model=SAR", "nonideal.model=RAMP",
                                     "nonideal.model=PIPELINE", "nonideal.model=CYCLIC",
                                     "nonideal.model=FLASH"};
static const char *const code_styles[] = {"nonideal.style=MID_TREAD", "nonideal.style=UNSIGNED",
                                          "nonideal.style=TWOS_COMPLEMENT"};

/* Without errors every model is the ideal converter. */
START_TEST(without_errors)
{
    for (size_t m = 0; m < 5; m++) {
        for (size_t s = 0; s < 3; s++) {
            aimc_converter *c = converter(SETTINGS("bound=3", BITS8, models[m], code_styles[s],
                                                   m == 0   ? "nonideal.split=true"
                                                   : m == 1 ? "nonideal.binary=true"
                                                            : "nonideal.split=false",
                                                   "channels=3"));
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

static aimci_nonideal_converter *nonideal(const char *const settings[], double res, size_t channels)
{
    aimc_config *config = NULL;
    aimci_nonideal_converter *c = NULL;
    OK(aimc_config_create(ctx, "nonideal_converter", &config));
    for (size_t i = 0; settings[i]; i++)
        aimct_set(config, settings[i], "");
    OK(aimci_nonideal_converter_create(ctx,
                                       aimci_config_values(config, &aimci_kind_nonideal_converter),
                                       res, 1, channels, "test", &c));
    const aimci_key key = aimci_random_key(123, AIMCI_OP_PERIPHERY, 0, 4);
    aimci_nonideal_converter_draw(c, &key);
    aimc_config_destroy(config);
    return c;
}

/* The step at the middle of a SAR: the largest capacitor against all smaller ones. 2^b - 1 units
 * take part; split, those of the upper half weigh 2^(b/2) as much, and the bridge errs, too. */
START_TEST(mismatch_of_a_sar)
{
    const double s = 0.004;
    for (int split = 0; split < 2; split++) {
        aimci_nonideal_converter *c =
            nonideal(SETTINGS("model=SAR", "style=UNSIGNED", "mismatch=0.004",
                              split ? "split=true" : "split=false"),
                     1.0 / 254, CHANNELS);
        aimct_moments m = {0, 0, 0};
        for (size_t k = 0; k < CHANNELS; k++)
            aimct_add(&m, c->transitions[k * 256 + 128] - c->transitions[k * 256 + 127]);
        const double plain = s * s * 255, upper = s * s * 256 * 15, lower = s * s * (15 + 15 * 15);
        CHECK_VARIANCE(m, split ? upper + lower : plain, 3);
        CHECK_MEAN(m, 1, sqrt(aimct_variance(&m)));
        aimci_nonideal_converter_destroy(c);
    }
}
END_TEST

/* A ramp through the same capacitors has their levels, but never falls: it stops at the first level
 * that is reached. Its largest step is that of the middle, as a SAR's. */
START_TEST(ramp_of_weighted_capacitors)
{
    enum { CODES = 256 };
    for (int split = 0; split < 2; split++) {
        const char *half = split ? "split=true" : "split=false";
        aimci_nonideal_converter *sar = nonideal(
            SETTINGS("model=SAR", "style=UNSIGNED", "mismatch=0.2", half), 1.0 / 254, CHANNELS);
        aimci_nonideal_converter *ramp =
            nonideal(SETTINGS("model=RAMP", "binary=true", "style=UNSIGNED", "mismatch=0.2", half),
                     1.0 / 254, CHANNELS);
        size_t held = 0;
        for (size_t k = 0; k < CHANNELS; k++) {
            const double *of_sar = sar->transitions + k * CODES;
            const double *of_ramp = ramp->transitions + k * CODES;
            double highest = of_sar[1];
            for (size_t code = 1; code < CODES; code++) {
                highest = fmax(highest, of_sar[code]);
                ck_assert_double_eq(of_ramp[code], highest);
                held += of_sar[code] < highest;
            }
        }
        ck_assert_uint_gt(held, CHANNELS); /* mismatch this large turns the order of some */
        aimci_nonideal_converter_destroy(sar);
        aimci_nonideal_converter_destroy(ramp);
    }
}
END_TEST

/* A chain of n equal units between fixed ends is a bridge: variance s^2 k (n - k) / n at k. */
START_TEST(mismatch_of_a_chain)
{
    for (int flash = 0; flash < 2; flash++) {
        aimci_nonideal_converter *c = nonideal(
            SETTINGS(flash ? "model=FLASH" : "model=RAMP", "style=UNSIGNED", "mismatch=0.02"),
            1.0 / 62, CHANNELS);
        aimct_moments m = {0, 0, 0};
        for (size_t k = 0; k < CHANNELS; k++)
            aimct_add(&m, c->transitions[k * 64 + 16]);
        CHECK_VARIANCE(m, 0.02 * 0.02 * 16 * 48 / 64, 3);
        CHECK_MEAN(m, 16, sqrt(aimct_variance(&m)));
        aimci_nonideal_converter_destroy(c);
    }
}
END_TEST

/* Comparators: one for a channel of SAR and RAMP, shifting all; one for a transition of FLASH. */
START_TEST(offsets_of_comparators)
{
    const double sd = 0.01 * 63 / 2; /* of full scale 1, where range -1 ... 1 has 63 steps */
    for (size_t k = 0; k < 2; k++) {
        aimci_nonideal_converter *c =
            nonideal(SETTINGS(k ? "model=RAMP" : "model=SAR", "style=UNSIGNED", "low=-1",
                              "comparator_offset=0.01"),
                     1.0 / 62, CHANNELS);
        aimct_moments m = {0, 0, 0};
        for (size_t i = 0; i < CHANNELS; i++)
            aimct_add(&m, c->offsets[i]);
        CHECK_VARIANCE(m, sd * sd, 3);
        aimci_nonideal_converter_destroy(c);
    }
    aimci_nonideal_converter *c =
        nonideal(SETTINGS("model=FLASH", "style=UNSIGNED", "low=-1", "comparator_offset=0.001"),
                 1.0 / 62, CHANNELS);
    aimct_moments m = {0, 0, 0};
    for (size_t i = 0; i < CHANNELS; i++)
        aimct_add(&m, c->transitions[i * 64 + 20] - c->transitions[i * 64 + 19]);
    CHECK_VARIANCE(m, 2 * sd * sd / 100, 3); /* too small to change their order */
    aimci_nonideal_converter_destroy(c);
}
END_TEST

/* D24: one draw for each group of channels, not one for all. */
START_TEST(groups_share_capacitors)
{
    aimci_nonideal_converter *c =
        nonideal(SETTINGS("model=SAR", "mismatch=0.05", "group_size=8"), 1.0 / 62, 20);
    ck_assert_uint_eq(c->n_tables, 3);
    ck_assert(memcmp(c->transitions, c->transitions + c->n_codes,
                     (size_t)c->n_codes * sizeof(double)) != 0);
    int differ = 0;
    for (int i = -100; i <= 100; i++) {
        int beyond;
        const int32_t a = aimci_nonideal_converter_code(c, 0, 0.01 * i, &beyond);
        ck_assert_int_eq(a, aimci_nonideal_converter_code(c, 7, 0.01 * i, &beyond));
        differ += a != aimci_nonideal_converter_code(c, 8, 0.01 * i, &beyond);
    }
    ck_assert_int_gt(differ, 0);
    aimci_nonideal_converter_destroy(c);
    c = nonideal(SETTINGS("model=RAMP", "mismatch=0.05", "group_size=0"), 1.0 / 62, 20);
    ck_assert_uint_eq(c->n_tables, 1);
    aimci_nonideal_converter_destroy(c);
}
END_TEST

/* A stage that gains too little skips codes where it decides: 2^(b-2) |e| of them at the first. */
START_TEST(gain_of_a_pipeline)
{
    aimci_nonideal_converter *c = nonideal(
        SETTINGS("model=PIPELINE", "style=UNSIGNED", "low=-1", "gain_error=-0.05"), 1.0 / 1022, 1);
    int beyond;
    const int32_t below = aimci_nonideal_converter_code(c, 0, 0.2499 - 1.0 / 1023, &beyond);
    const int32_t above = aimci_nonideal_converter_code(c, 0, 0.2503 + 1.0 / 1023, &beyond);
    ck_assert_int_ge(above - below, (int)(0.05 * 256) - 2); /* 12.8 codes, less rounding */
    ck_assert_int_le(above - below, (int)(0.05 * 256) + 5);
    aimci_nonideal_converter_destroy(c);
    /* 1.5 bits: comparators may err by up to a quarter of the reference without harm */
    c = nonideal(SETTINGS("model=PIPELINE", "style=UNSIGNED", "low=-1"), 1.0 / 1022, 1);
    aimci_nonideal_converter *off =
        nonideal(SETTINGS("model=PIPELINE", "style=UNSIGNED", "low=-1"), 1.0 / 1022, 1);
    for (int k = 0; k < 9; k++)
        off->stages[2 * k + 1] = k % 2 ? 0.1 : -0.12;
    for (int i = -990; i <= 990; i++)
        ck_assert_int_le(abs(aimci_nonideal_converter_code(c, 0, 0.001 * i, &beyond) -
                             aimci_nonideal_converter_code(off, 0, 0.001 * i, &beyond)),
                         0);
    aimci_nonideal_converter_destroy(off);
    aimci_nonideal_converter_destroy(c);
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
    aimc_converter *c = converter(SETTINGS("bound=1", BITS8, "nonideal.model=SAR", "seed=5",
                                           "nonideal.style=UNSIGNED", "nonideal.mismatch=0.3",
                                           "nonideal.gain_error=0.02"));
    aimci_nonideal_converter *same = nonideal(
        SETTINGS("model=SAR", "style=UNSIGNED", "mismatch=0.3", "gain_error=0.02"), 1.0 / 254, 1);
    const aimci_key key = aimci_random_key(5, AIMCI_OP_PERIPHERY, 0, 4);
    aimci_nonideal_converter_draw(same, &key);
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
    aimci_nonideal_converter_destroy(same);
    aimc_converter_destroy(c);
}
END_TEST

START_TEST(stochastic_rounding_has_no_bias)
{
    enum { N = 100000 };
    aimc_converter *c =
        converter(SETTINGS("bound=1", BITS6, "nonideal.style=TWOS_COMPLEMENT", "sto_round=true"));
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

START_TEST(tile_without_errors)
{
    float w[OUT * IN], x[BATCH * IN], plain[BATCH * OUT], y[BATCH * OUT];
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(x, BATCH * IN, 2);
    aimc_tile *ideal =
        aimct_tile(ctx, w, OUT, IN, SETTINGS("out_bound=3", "bound_management=NONE"));
    OK(aimc_tile_forward(ideal, BATCH, x, IN, plain, OUT));
    /* models without errors: the same chain, but for ties, which only halved inputs have */
    for (size_t m = 0; m < 5; m++) {
        char adc[32], dac[32];
        snprintf(adc, sizeof adc, "adc.%s", models[m] + strlen("nonideal."));
        snprintf(dac, sizeof dac, "dac.%s", models[m] + strlen("nonideal."));
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

START_TEST(tile_keeps_its_errors)
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
    OK(aimc_tile_save(tile, "t_nonideal_converter.safetensors"));
    aimc_stages s = {.struct_size = (uint32_t)sizeof s, .noisy = noisy, .code = code, .result = y};
    OK(aimc_tile_inspect(tile, AIMC_FORWARD, x, &s));
    const aimci_nonideal_converter *adc = tile->forward->plan.nonideal_adc;
    bool differs = false;
    for (size_t i = 0; i < OUT; i++) {
        int beyond;
        const int32_t raw = aimci_nonideal_converter_code(adc, i, (double)noisy[i], &beyond);
        ck_assert_int_eq(code[i], raw + adc->first);
        NEAR((double)y[i], (double)aimci_nonideal_converter_value(adc, raw), 1e-6);
        differs |= code[i] != lrint((double)noisy[i] / (8.0 / 510));
    }
    ck_assert(differs);
    aimc_tile_destroy(tile);
    OK(aimc_tile_load(ctx, "t_nonideal_converter.safetensors", &tile));
    remove("t_nonideal_converter.safetensors");
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
    aimct_refused(ctx, "split = true", SETTINGS("adc.model=RAMP", "adc.split=true"));
    aimct_refused(ctx, "binary = true", SETTINGS("adc.model=SAR", "adc.binary=true"));
    aimct_refused(ctx, "levels",
                  SETTINGS("adc.style=THRESHOLDS", "adc.thresholds=[0.5]", "adc.levels=[1, 2, 3]"));
    aimct_refused(ctx, "model",
                  SETTINGS("adc.style=THRESHOLDS", "adc.thresholds=[0.5]", "adc.model=SAR"));
    aimct_refused(ctx, "dac", SETTINGS("mv_type=BIT_WISE", "dac.model=SAR"));
    aimct_refused(ctx, "low", SETTINGS("adc.style=UNSIGNED", "adc.low=1"));
    aimc_converter *c = converter(SETTINGS(BITS6, "nonideal.model=SAR", "channels=2"));
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
        aimct_set(config, "nonideal.model=PIPELINE", "");
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

/* ---- a sine --------------------------------------------------------------------------------- */

static aimc_linearity linearity_of(const char *const settings[])
{
    aimc_linearity l = {.struct_size = (uint32_t)sizeof l};
    aimc_converter *c = converter(settings);
    OK(aimc_converter_get_linearity(c, 0, &l, NULL, NULL));
    aimc_converter_destroy(c);
    NEAR(l.enob, (l.sndr - 1.76) / 6.02, 1e-12);
    return l;
}

static double decibel(double signal, double power)
{
    return 10 * log10(signal / (power - signal));
}

/* Of few codes the output is a sum of square waves: one that is on where |sin| > s has 4 / pi
 * sqrt(1 - s^2) of the sine's frequency, and is on for 1 - 2 asin(s) / pi of the time. */
START_TEST(sine_of_few_codes)
{
    const double pi = acos(-1);
    const double three = 4 / pi * sqrt(0.75), power3 = 1 - 2 / pi * asin(0.5);
    NEAR(linearity_of(SETTINGS("res=0.5")).sndr, decibel(three * three / 2, power3), 1e-4);
    const double on = 1 - 2 / pi * asin(2.0 / 3);
    const double four = 4 / pi * (1 / 6.0 + sqrt(1 - 4 / 9.0) / 3);
    const double power4 = 1 / 36.0 + (1 / 4.0 - 1 / 36.0) * on;
    NEAR(linearity_of(SETTINGS("res=0.5", "nonideal.style=UNSIGNED")).sndr,
         decibel(four * four / 2, power4), 1e-4);
}
END_TEST

/* Many codes: the error is spread evenly over a step, step^2 / 12 below a sine of A = 2^(b-1) - 1
 * steps. Only in the half steps at the ends, where the sine is for 2 / (pi sqrt A) of the time, it
 * grows as the square of the phase: its mean square is step^2 / 20 there. */
START_TEST(sine_of_many_codes)
{
    static const char *const res[] = {BITS8, BITS10, "res=6.1042607740202664e-05"};
    static const double bits[] = {8, 10, 14};
    for (size_t k = 0; k < 3; k++) {
        const double steps = ldexp(1, (int)bits[k] - 1) - 1;
        const double ideal = 10 * log10(6 * steps * steps / (1 - 0.8 / (acos(-1) * sqrt(steps))));
        NEAR(linearity_of(SETTINGS(res[k])).sndr, ideal, 0.01);
        NEAR(linearity_of(SETTINGS(res[k])).enob, bits[k], 0.03);
        /* a circuit without errors is the same converter */
        NEAR(linearity_of(SETTINGS(res[k], "nonideal.model=SAR")).sndr,
             linearity_of(SETTINGS(res[k])).sndr, 1e-3);
    }
}
END_TEST

/* Errors of the transitions are distortion: what they add to the power of the error is the mean
 * square of the INL where the sine is, and costs as many bits. */
START_TEST(sine_through_errors)
{
    const aimc_linearity good = linearity_of(SETTINGS(BITS8));
    double before = good.enob;
    static const char *const s[] = {"nonideal.mismatch=0.02", "nonideal.mismatch=0.1",
                                    "nonideal.mismatch=0.3"};
    for (size_t k = 0; k < 3; k++) {
        const aimc_linearity l = linearity_of(SETTINGS(BITS8, "nonideal.model=RAMP", s[k]));
        ck_assert(l.enob < before);
        before = l.enob;
    }
    /* noise of step^2 / 12 and the largest INL everywhere bound what is lost */
    const aimc_linearity bad = linearity_of(SETTINGS(BITS8, "nonideal.model=RAMP", s[2]));
    const double most = 10 * log10(1 + 12 * (bad.max_inl + 0.1) * (bad.max_inl + 0.1));
    ck_assert(good.sndr - bad.sndr < most && bad.max_inl > 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("nonideal_converter");
    TCase *c = aimct_case(s, "converters");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, styles);
    tcase_add_test(c, threshold_list);
    tcase_add_test(c, without_errors);
    tcase_add_test(c, mismatch_of_a_sar);
    tcase_add_test(c, ramp_of_weighted_capacitors);
    tcase_add_test(c, mismatch_of_a_chain);
    tcase_add_test(c, offsets_of_comparators);
    tcase_add_test(c, groups_share_capacitors);
    tcase_add_test(c, gain_of_a_pipeline);
    tcase_add_test(c, linearity_is_measured);
    tcase_add_test(c, sine_of_few_codes);
    tcase_add_test(c, sine_of_many_codes);
    tcase_add_test(c, sine_through_errors);
    tcase_add_test(c, stochastic_rounding_has_no_bias);
    tcase_add_test(c, tile_without_errors);
    tcase_add_test(c, tile_keeps_its_errors);
    tcase_add_test(c, refused);
    tcase_add_test(c, memory);
    return aimct_main(s);
}
