/* SPDX-License-Identifier: MIT */
/* What aimc_tile_inspect() shows is what the product does. */
#include "periphery/read_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 40);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

enum { OUT = 6, IN = 9 };

typedef struct seen {
    float prepared[64], current[64], noisy[64], result[64];
    int32_t code[64];
    aimc_stages s;
} seen;

static void look(aimc_tile *tile, aimc_direction direction, const float *x, uint32_t cycle, seen *v)
{
    v->s = (aimc_stages){.struct_size = (uint32_t)sizeof v->s,
                         .cycle = cycle,
                         .prepared = v->prepared,
                         .current = v->current,
                         .noisy = v->noisy,
                         .code = v->code,
                         .result = v->result};
    OK(aimc_tile_inspect(tile, direction, x, &v->s));
}

/* O1 */
START_TEST(stages_of_a_small_product)
{
    static const float w[2][3] = {{0.5f, -0.25f, 0.125f}, {-1.0f, 0.75f, 0.3f}};
    static const float x[3] = {0.8f, -0.33f, 0.05f};
    seen v;
    aimc_tile *tile = aimct_tile(ctx, w[0], 2, 3, SETTINGS("out_noise=0"));
    look(tile, AIMC_FORWARD, x, 0, &v);
    NEAR((double)v.prepared[0], 1, 0);
    NEAR((double)v.prepared[1], -.4126984127, 6e-8);
    NEAR((double)v.prepared[2], .0634920635, 6e-8);
    NEAR((double)v.current[0], .5 + .25 * .4126984127 + .125 * .0634920635, 1e-7);
    ck_assert(v.noisy[0] == v.current[0] && v.noisy[1] == v.current[1]);
    ck_assert_int_eq(v.code[0], 13); /* 0.6111 / (24 / 510) = 12.99 */
    ck_assert_int_eq(v.code[1], -27);
    NEAR((double)v.result[0], 0.4894117647, 2e-7);
    NEAR((double)v.result[1], -1.0164705882, 3e-7);
    NEAR(v.s.alpha, 0.8, 1e-7);
    ck_assert(v.s.reduction == 1 && v.s.n_passes == 1 && v.s.n_cycles == 1);
    aimc_tile_destroy(tile);
}
END_TEST

/* O2, in both drive directions: backward clips instead of repeating */
START_TEST(stages_of_repeated_products)
{
    float w[40], x[40];
    seen v;
    for (int j = 0; j < 40; j++) {
        w[j] = 1;
        x[j] = 0.7f;
    }
    aimc_tile *tile = aimct_tile(ctx, w, 1, 40, SETTINGS("out_noise=0"));
    look(tile, AIMC_FORWARD, x, 0, &v);
    NEAR((double)v.prepared[7], .2539682540, 6e-8);
    NEAR((double)v.result[0], 28.4611764706, 4e-6);
    ck_assert(v.s.reduction == 4 && v.s.n_passes == 3);
    ck_assert_uint_eq(aimct_counters(tile).forward_passes, 3);
    aimc_tile_destroy(tile);
    tile = aimct_tile(ctx, w, 40, 1, SETTINGS("out_noise=0"));
    look(tile, AIMC_BACKWARD, x, 0, &v);
    NEAR((double)v.current[0], 40, 1e-5);
    ck_assert_int_eq(v.code[0], 255);
    NEAR((double)v.result[0], 12 * 0.7, 1e-5);
    ck_assert(v.s.reduction == 1 && v.s.n_passes == 1);
    aimc_tile_destroy(tile);
}
END_TEST

/* O5: 12 is compressed to 12.0273, beyond the bound */
START_TEST(compression_is_seen_before_the_adc)
{
    const float one = 1, x = 12;
    seen v;
    aimc_tile *tile = aimct_tile(ctx, &one, 1, 1,
                                 SETTINGS("out_noise=0", "noise_management=NONE", "inp_bound=0",
                                          "out_nonlinearity=0.1", "slope_calibration=0.5",
                                          "bound_management=NONE"));
    look(tile, AIMC_FORWARD, &x, 0, &v);
    NEAR((double)v.current[0], 12, 1e-6);
    NEAR((double)v.noisy[0], 1.1025 * 12 / 1.1, 2e-6);
    ck_assert_int_eq(v.code[0], 255);
    aimc_tile_destroy(tile);
}
END_TEST

/* Looking changes nothing: the same bits as an unseen product, for every kind of it. */
START_TEST(looking_changes_nothing)
{
    static const char *const types[] = {"mv_type=IDEAL",
                                        "mv_type=ONE_PASS",
                                        "mv_type=POS_NEG_SEPARATE",
                                        "mv_type=POS_NEG_SEPARATE_DIGITAL_SUM",
                                        "mv_type=SPLIT_MODE",
                                        "mv_type=BIT_WISE",
                                        "bound_management=SHIFT"};
    static const uint32_t cycles[] = {1, 1, 2, 2, 2, 6, 1};
    float w[OUT * IN], x[IN], y[OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, IN, 4);
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        aimc_context *a = aimct_context(1, 0, 6), *b = aimct_context(1, 0, 6);
        const char *const settings[] = {
            types[k],      "out_bound=1.1",         "out_asymmetry=0.1", "out_sto_round=true",
            "w_noise=0.1", "w_noise_type=PCM_READ", "out_noise_std=0.1", "out_nonlinearity=0.1",
            NULL};
        aimc_tile *one = aimct_tile(a, w, OUT, IN, settings);
        aimc_tile *two = aimct_tile(b, w, OUT, IN, settings);
        for (uint32_t cycle = 0; cycle < cycles[k]; cycle++) {
            seen v;
            look(one, AIMC_FORWARD, x, cycle, &v);
            OK(aimc_tile_forward(two, 1, x, IN, y, OUT));
            ck_assert_msg(memcmp(v.result, y, sizeof y) == 0, "%s", types[k]);
            ck_assert_uint_eq(v.s.n_cycles, cycles[k]);
        }
        seen v = {.s = {.struct_size = (uint32_t)sizeof v.s, .cycle = cycles[k]}};
        FAILS(AIMC_ERR_INVALID, "cycle", aimc_tile_inspect(one, AIMC_FORWARD, x, &v.s));
        aimc_tile_destroy(one);
        aimc_tile_destroy(two);
        aimc_context_destroy(a);
        aimc_context_destroy(b);
    }
}
END_TEST

/* Digital cycles add up to the result. */
START_TEST(cycles_add_up)
{
    float w[OUT * IN], x[IN];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, IN, 4);
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, SETTINGS("mv_type=SPLIT_MODE", "out_noise=0"));
    seen low, high;
    look(tile, AIMC_FORWARD, x, 0, &low);
    look(tile, AIMC_FORWARD, x, 1, &high);
    const double step = 2.0 / 126;
    for (size_t j = 0; j < IN; j++) {
        const double k = rint((double)x[j] / low.s.alpha / step);
        NEAR((double)low.prepared[j], fmod(k, 8) / 7, 1e-6);
        NEAR((double)high.prepared[j], trunc(k / 8) / 7, 1e-6);
    }
    for (size_t i = 0; i < OUT; i++)
        NEAR((double)high.result[i],
             (7 * low.code[i] + 56 * high.code[i]) / 63.0 * (24.0 / 510) * low.s.alpha, 3e-6);
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(bad_arguments)
{
    float w[OUT * IN] = {0}, x[IN] = {0};
    seen v = {.s = {.struct_size = (uint32_t)sizeof v.s}};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, NULL);
    OK(aimc_tile_inspect(tile, AIMC_FORWARD, x, &v.s)); /* nothing is wanted, the input is zero */
    ck_assert(v.s.n_passes == 0 && v.s.alpha == 1);
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_inspect(NULL, AIMC_FORWARD, x, &v.s));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_inspect(tile, AIMC_FORWARD, NULL, &v.s));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_inspect(tile, AIMC_FORWARD, x, NULL));
    FAILS(AIMC_ERR_INVALID, "direction", aimc_tile_inspect(tile, (aimc_direction)2, x, &v.s));
    x[1] = NAN;
    FAILS(AIMC_ERR_INVALID, "finite", aimc_tile_inspect(tile, AIMC_FORWARD, x, &v.s));
    x[1] = 0;
    v.s.struct_size = 9;
    FAILS(AIMC_ERR_ABI, "struct_size", aimc_tile_inspect(tile, AIMC_FORWARD, x, &v.s));
    aimc_tile_destroy(tile);
}
END_TEST

/* Which converters a direction has, told without a read. */
START_TEST(converters_are_told)
{
    static const struct {
        const char *settings[2];
        int has_dac, has_adc;
        uint32_t n_cycles;
    } cases[] = {{{NULL}, 1, 1, 1},
                 {{"is_perfect=true"}, 0, 0, 1},
                 {{"mv_type=IDEAL"}, 0, 0, 1},
                 {{"out_res=0"}, 1, 0, 1},
                 {{"out_res=-1"}, 1, 0, 1},
                 {{"out_bound=0", "bound_management=NONE"}, 1, 0, 1},
                 {{"inp_res=-1"}, 0, 1, 1},
                 {{"inp_bound=0", "noise_management=NONE"}, 0, 1, 1},
                 {{"adc.model=SAR", "out_res=254"}, 1, 1, 1},
                 {{"mv_type=POS_NEG_SEPARATE_DIGITAL_SUM"}, 1, 1, 2}};
    const float w[4] = {0.1f, 0.2f, 0.3f, 0.4f};
    for (size_t k = 0; k < 2 * sizeof cases / sizeof cases[0]; k++) {
        const aimc_direction way = k % 2 ? AIMC_BACKWARD : AIMC_FORWARD;
        const char *const *const asked = cases[k / 2].settings;
        aimc_tile *tile = aimct_tile(ctx, w, 2, 2, SETTINGS(asked[0], asked[1]));
        aimc_readout_info info = {.struct_size = sizeof info};
        OK(aimc_tile_get_readout(tile, way, &info));
        ck_assert_msg(info.has_dac == cases[k / 2].has_dac &&
                          info.has_adc == cases[k / 2].has_adc &&
                          info.n_cycles == cases[k / 2].n_cycles,
                      "%s: %d %d %u", asked[0], info.has_dac, info.has_adc, info.n_cycles);
        aimc_counters c = {.struct_size = sizeof c};
        OK(aimc_tile_get_counters(tile, &c));
        ck_assert(c.forward_passes + c.backward_passes == 0);
        FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_get_readout(NULL, way, &info));
        FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_get_readout(tile, way, NULL));
        FAILS(AIMC_ERR_INVALID, "direction", aimc_tile_get_readout(tile, (aimc_direction)2, &info));
        info.struct_size = 0;
        FAILS(AIMC_ERR_ABI, "struct_size", aimc_tile_get_readout(tile, way, &info));
        aimc_tile_destroy(tile);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tile_inspect");
    TCase *t = aimct_case(s, "inspect");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, stages_of_a_small_product);
    tcase_add_test(t, stages_of_repeated_products);
    tcase_add_test(t, compression_is_seen_before_the_adc);
    tcase_add_test(t, looking_changes_nothing);
    tcase_add_test(t, cycles_add_up);
    tcase_add_test(t, converters_are_told);
    tcase_add_test(t, bad_arguments);
    return aimct_main(s);
}
