/* SPDX-License-Identifier: MIT */
/* Signed weights on cells: every scheme against its definition, bit slices and digits of inputs
 * against integer products. */
#include <aimc/inference.h>

#include "periphery/cell_mapping.h"
#include "read_util.h"

enum { OUT = 5, IN = 16, BATCH = 3 };

static aimc_context *ctx;
static float w[OUT * IN], x[BATCH * IN];

static void setup(void)
{
    ctx = aimct_context(1, 0, 21);
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(x, BATCH * IN, 2);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

#define BARE "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0"

static void forward(const char *const settings[], float *y)
{
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    OK(aimc_tile_forward(tile, BATCH, x, IN, y, OUT));
    aimc_tile_destroy(tile);
}

/* y = W' x with W' = f(W) */
static void expect(const char *const settings[], double (*held)(double))
{
    float y[BATCH * OUT];
    forward(settings, y);
    for (size_t b = 0; b < BATCH; b++) {
        for (size_t i = 0; i < OUT; i++) {
            double sum = 0;
            for (size_t j = 0; j < IN; j++)
                sum += held((double)w[i * IN + j]) * (double)x[b * IN + j];
            NEAR((double)y[b * OUT + i], sum, 1e-5);
        }
    }
}

static double as_it_is(double v)
{
    return v;
}

static double clipped(double v)
{
    return fmax(-0.5, fmin(0.5, v));
}

/* pairs of cells of 3 bits: 8 levels from the floor to the full cell */
static double one_sided(double v)
{
    return (v < 0 ? -1 : 1) * rint(fabs(v) * 7) / 7;
}

static double two_sided(double v)
{
    return (rint((1 + v) / 2 * 7) - rint((1 - v) / 2 * 7)) / 7;
}

/* the largest weight takes 6 of 7 steps, so that weight 0 lies on the third */
static double around_offset(double v)
{
    return (rint((v / 2 + 0.5) * 6) - 3) / 3;
}

static double integer(double v)
{
    return rint(v * 127) / 127;
}

START_TEST(every_scheme)
{
    static const char *const names[] = {
        "cell_mapping.scheme=ONE_SIDED", "cell_mapping.scheme=TWO_SIDED",
        "cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.scheme=REFERENCE_COLUMN"};
    double (*const held[])(double) = {one_sided, two_sided, around_offset, around_offset};
    for (size_t k = 0; k < 4; k++) {
        expect(SETTINGS(BARE, names[k], "cell_mapping.on_off_ratio=10"), as_it_is);
        expect(SETTINGS(BARE, names[k], "cell_mapping.on_off_ratio=10", "cell_mapping.w_max=0.5"),
               clipped);
        expect(SETTINGS(BARE, names[k], "cell_mapping.w_max=0.5"), clipped); /* and nothing else */
        expect(SETTINGS(BARE, names[k], "cell_mapping.on_off_ratio=10", "cell_mapping.cell_bits=3"),
               held[k]);
        expect(
            SETTINGS(BARE, names[k], "cell_mapping.on_off_ratio=10", "cell_mapping.weight_bits=8"),
            integer);
    }
    expect(SETTINGS(BARE, "cell_mapping.subtract=DIGITAL", "cell_mapping.cell_bits=3"), one_sided);
    expect(SETTINGS(BARE, "cell_mapping.subtract=DIGITAL", "cell_mapping.scheme=TWO_SIDED"),
           as_it_is);
}
END_TEST

/* O15: an integer weight on slices, ideal converters: the integer product. Also with wires of no
 * resistance, solved. */
START_TEST(slices_make_the_integer_product)
{
    static const char *const schemes[] = {
        "cell_mapping.scheme=ONE_SIDED", "cell_mapping.scheme=TWO_SIDED",
        "cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.scheme=REFERENCE_COLUMN"};
    static const char *const slices[] = {"cell_mapping.n_slices=1", "cell_mapping.n_slices=2",
                                         "cell_mapping.n_slices=4", "cell_mapping.n_slices=7"};
    for (size_t k = 0; k < 4; k++) {
        for (size_t s = 0; s < 4; s++) {
            expect(SETTINGS(BARE, schemes[k], slices[s], "cell_mapping.weight_bits=8"), integer);
            expect(SETTINGS(BARE, schemes[k], slices[s], "cell_mapping.weight_bits=8",
                            "cell_mapping.on_off_ratio=20", "wires.model=NODAL", "wires.r_in=0",
                            "wires.r_out=0"),
                   integer);
        }
    }
    expect(SETTINGS(BARE, "cell_mapping.weight_bits=8", "cell_mapping.n_slices=4",
                    "cell_mapping.subtract=DIGITAL"),
           integer);
    /* an offset has no sign to hold: all of its bits are spread, down to one for each cell */
    for (size_t k = 2; k < 4; k++)
        expect(SETTINGS(BARE, schemes[k], "cell_mapping.weight_bits=8", "cell_mapping.n_slices=8",
                        "cell_mapping.cell_bits=1"),
               integer);
}
END_TEST

/* Weights that lie on programmed devices are off their levels by what programming and drift did;
 * reads see that, whatever the cells of the read-out hold: it is neither rounded nor clipped. */
START_TEST(programmed_weights_are_not_rounded_again)
{
    static const char *const cells[][3] = {
        {"cell_mapping.scheme=ONE_SIDED", "cell_mapping.cell_bits=3", "cell_mapping.w_max=1"},
        {"cell_mapping.scheme=ONE_SIDED", "cell_mapping.w_max=0.6", "cell_mapping.w_max=0.6"},
        {"cell_mapping.scheme=TWO_SIDED", "cell_mapping.cell_bits=2", "cell_mapping.w_max=1"},
        {"cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.cell_bits=3", "cell_mapping.w_max=1"},
        {"cell_mapping.scheme=REFERENCE_COLUMN", "cell_mapping.cell_bits=3",
         "cell_mapping.w_max=1"},
        {"cell_mapping.scheme=ONE_SIDED", "cell_mapping.weight_bits=3", "cell_mapping.n_slices=1"},
        {"cell_mapping.scheme=ONE_SIDED", "cell_mapping.weight_bits=5", "cell_mapping.n_slices=4"},
        {"cell_mapping.scheme=TWO_SIDED", "cell_mapping.weight_bits=5", "cell_mapping.n_slices=2"},
        {"cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.weight_bits=4",
         "cell_mapping.n_slices=4"},
        {"cell_mapping.scheme=REFERENCE_COLUMN", "cell_mapping.weight_bits=5",
         "cell_mapping.n_slices=3"},
        {"cell_mapping.subtract=DIGITAL", "cell_mapping.weight_bits=5", "cell_mapping.n_slices=2"},
    };
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "inference", &config));
    OK(aimc_config_set_text(config, "noise_model", "rram_wan"));
    OK(aimc_config_set_text(config, "seed", "3"));
    for (size_t k = 0; k < sizeof cells / sizeof cells[0]; k++) {
        float y[2][BATCH * OUT];
        for (int mapped = 0; mapped < 2; mapped++) {
            const char *const *c = cells[k];
            aimc_tile *tile = NULL;
            aimc_config *tile_config =
                mapped ? aimct_tile_config(
                             ctx, SETTINGS(BARE, c[0], c[1], c[2], "cell_mapping.on_off_ratio=50"))
                       : aimct_tile_config(ctx, SETTINGS(BARE));
            OK(aimc_config_set_text(tile_config, "seed", "11"));
            aimc_device *device = aimct_device(ctx, "ideal", NULL);
            OK(aimc_tile_create(device, OUT, IN, tile_config, &tile));
            OK(aimc_tile_set_weights(tile, w, IN));
            OK(aimc_tile_program(tile, config, NULL));
            OK(aimc_tile_forward(tile, BATCH, x, IN, y[mapped], OUT));
            aimc_tile_destroy(tile);
            aimc_device_unref(device);
            aimc_config_destroy(tile_config);
        }
        for (size_t i = 0; i < BATCH * OUT; i++)
            ck_assert_msg(fabsf(y[0][i] - y[1][i]) < 2e-5f, "cells %zu: %g instead of %g", k,
                          (double)y[1][i], (double)y[0][i]);
    }
    aimc_config_destroy(config);
}
END_TEST

/* Codes in, codes out: weights of 8 bits on 2-bit cells, inputs of 8 bits in digits, ADCs that lose
 * nothing (one step of an ADC is the smallest current there is). Everything is an integer. */
START_TEST(bit_exact_pipeline)
{
    static const char *const digits[] = {"bit_wise_bits=1", "bit_wise_bits=2", "bit_wise_bits=7"};
    static const char *const schemes[] = {"cell_mapping.scheme=ONE_SIDED",
                                          "cell_mapping.scheme=DIGITAL_OFFSET"};
    for (size_t k = 0; k < 2; k++) {
        for (size_t d = 0; d < 3; d++) {
            char bound[48], res[48];
            /* of one read: IN cells of 3 steps, digits up to 1, 3 and 127 */
            const int steps = IN * 3 * (d == 2 ? 127 : (1 << (1 << d)) - 1);
            snprintf(bound, sizeof bound, "out_bound=%d", IN);
            snprintf(res, sizeof res, "out_res=%.17g", 0.5 / steps);
            const char *const settings[] = {"inp_res=0.003937007874015748",
                                            "out_noise=0",
                                            "noise_management=NONE",
                                            "bound_management=NONE",
                                            "mv_type=BIT_WISE",
                                            "cell_mapping.weight_bits=8",
                                            "cell_mapping.n_slices=4",
                                            schemes[k],
                                            digits[d],
                                            bound,
                                            res,
                                            NULL};
            float y[BATCH * OUT];
            forward(settings, y);
            for (size_t b = 0; b < BATCH; b++) {
                for (size_t i = 0; i < OUT; i++) {
                    long sum = 0;
                    for (size_t j = 0; j < IN; j++)
                        sum += lrint((double)w[i * IN + j] * 127) * lrintf(x[b * IN + j] * 127.0f);
                    ck_assert_int_eq(lrint((double)y[b * OUT + i] * 127 * 127), sum);
                }
            }
        }
    }
}
END_TEST

/* Digits whose currents are added up before one conversion give the exact product, too, and convert
 * once. */
START_TEST(digits_in_one_conversion)
{
    aimc_tile *tile =
        aimct_tile(ctx, w, OUT, IN,
                   SETTINGS("inp_res=0.003937007874015748", "out_res=-1", "out_bound=0",
                            "out_noise=0", "noise_management=NONE", "mv_type=BIT_WISE",
                            "bit_wise_bits=2", "bit_wise_adc=false"));
    float y[OUT];
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    for (size_t i = 0; i < OUT; i++) {
        double sum = 0;
        for (size_t j = 0; j < IN; j++)
            sum += (double)w[i * IN + j] * rint((double)x[j] * 127) / 127;
        NEAR((double)y[i], sum, 1e-5);
    }
    const aimc_counters c = aimct_counters(tile);
    ck_assert_uint_eq(c.forward_passes, 4); /* 7 bits, two at a time */
    ck_assert_uint_eq(c.dac_conversions, 4 * IN);
    ck_assert_uint_eq(c.adc_conversions, OUT);
    aimc_tile_destroy(tile);
}
END_TEST

/* The preset of 16-bit weights and inputs, bit by bit, 128 inputs: nothing is lost when no column
 * sees more than 255 of its cells' steps. */
START_TEST(isaac)
{
    enum { LONG = 128 };
    static float big[OUT * LONG], in[LONG], y[OUT];
    aimct_fill(big, (size_t)OUT * LONG, 11);
    aimct_fill(in, LONG, 12);
    in[0] = 1; /* alpha */
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "tile", &config));
    OK(aimc_config_set_text(config, "forward", "isaac_io"));
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    aimc_tile *tile = NULL;
    OK(aimc_tile_create(device, OUT, LONG, config, &tile));
    OK(aimc_tile_set_weights(tile, big, LONG));
    OK(aimc_tile_forward(tile, 1, in, LONG, y, OUT));
    for (size_t i = 0; i < OUT; i++) {
        double sum = 0;
        for (size_t j = 0; j < LONG; j++)
            sum += rint((double)big[i * LONG + j] * 32767) * rint((double)in[j] * 32767);
        NEAR((double)y[i], sum / (32767.0 * 32767.0), 3e-5); /* float32 through 120 codes */
    }
    const aimc_counters c = aimct_counters(tile);
    ck_assert_uint_eq(c.forward_passes, 8 * 15);
    ck_assert_uint_eq(c.adc_conversions, 8 * 15 * OUT);
    ck_assert_uint_eq(c.clipped_outputs, 0);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}
END_TEST

/* Noise at the ADCs: slices add up with their gains, a pair with two ADCs has twice the variance,
 * and the reference column's own noise is one draw for all outputs. */
START_TEST(noise_of_many_conversions)
{
    enum { READS = 20000 };
    static const struct {
        const char *scheme, *more;
        double variance, common;
    } cases[] = {
        {"cell_mapping.scheme=ONE_SIDED", "cell_mapping.subtract=ANALOG", 1, 0},
        {"cell_mapping.scheme=ONE_SIDED", "cell_mapping.subtract=DIGITAL", 2, 0},
        {"cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.subtract=ANALOG", 1, 0},
        {"cell_mapping.scheme=REFERENCE_COLUMN", "cell_mapping.subtract=ANALOG", 2, 1},
    };
    float *many = calloc(READS * IN, sizeof *many), *y = calloc(READS * OUT, sizeof *y);
    for (size_t b = 0; b < READS; b++)
        memcpy(many + b * IN, x, IN * sizeof *x);
    for (size_t k = 0; k < 4; k++) {
        aimc_tile *tile = aimct_tile(
            ctx, w, OUT, IN,
            SETTINGS("inp_res=-1", "out_res=-1", "out_noise=0.1", "noise_management=NONE",
                     "out_bound=0", cases[k].scheme, cases[k].more, "cell_mapping.on_off_ratio=10",
                     "cell_mapping.weight_bits=7", "cell_mapping.n_slices=2"));
        OK(aimc_tile_forward(tile, READS, many, IN, y, OUT));
        aimct_moments m = {0, 0, 0}, both = {0, 0, 0};
        for (size_t b = 0; b < READS; b++) {
            aimct_add(&m, (double)y[b * OUT]);
            aimct_add(&both, (double)y[b * OUT] - (double)y[b * OUT + 1]);
        }
        /* slices of 3 bits (4 with offset): gains (2^b - 1) / 63 and 2^b times that */
        const int bits = k < 2 ? 3 : 4;
        const double low = (ldexp(1, bits) - 1) / 63;
        const double one = 0.01 * low * low * (1 + ldexp(1, 2 * bits));
        CHECK_VARIANCE(m, one * cases[k].variance, 3);
        CHECK_VARIANCE(both, 2 * one * (cases[k].variance - cases[k].common), 3);
        aimc_tile_destroy(tile);
    }
    free(many);
    free(y);
}
END_TEST

/* R1.7-2: each column of a pair drops on its own. */
START_TEST(drop_of_each_column)
{
    float y[OUT], part[2][OUT], half[OUT * IN];
    const char *const settings[] = {BARE, "ir_drop=1", "ir_drop_g_ratio=200",
                                    "cell_mapping.on_off_ratio=1e12", NULL};
    const char *const alone[] = {BARE, "ir_drop=1", "ir_drop_g_ratio=200", NULL};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    aimc_tile_destroy(tile);
    for (int minus = 0; minus < 2; minus++) {
        for (size_t k = 0; k < OUT * IN; k++)
            half[k] = fmaxf(minus ? -w[k] : w[k], 0);
        tile = aimct_tile(ctx, half, OUT, IN, alone);
        OK(aimc_tile_forward(tile, 1, x, IN, part[minus], OUT));
        aimc_tile_destroy(tile);
    }
    for (size_t i = 0; i < OUT; i++)
        NEAR((double)y[i], (double)part[0][i] - (double)part[1][i], 2e-6);
}
END_TEST

/* Errors of the drivers are not known to the number that is subtracted: the offset is that of the
 * codes. With a reference column they cancel. */
START_TEST(offset_of_the_codes)
{
    float y[BATCH * OUT];
    const char *const settings[] = {"out_res=-1",
                                    "out_noise=0",
                                    "noise_management=NONE",
                                    "out_bound=0",
                                    "inp_res=-1",
                                    "inp_asymmetry=0.5",
                                    "cell_mapping.scheme=DIGITAL_OFFSET",
                                    "cell_mapping.on_off_ratio=5",
                                    NULL};
    forward(settings, y);
    for (size_t i = 0; i < OUT; i++) {
        double sum = 0;
        for (size_t j = 0; j < IN; j++) {
            const double z = (double)x[j], driven = z < 0 ? 0.5 * z : z;
            /* conductance of the cell as a weight, floor and all, minus that of weight 0 */
            const double cell = (double)w[i * IN + j] + 1 + 2 * 0.2 / 0.8, zero = 1 + 2 * 0.2 / 0.8;
            sum += cell * driven - zero * z;
        }
        NEAR((double)y[i], sum, 1e-5);
    }
}
END_TEST

START_TEST(refused)
{
    aimct_refused(ctx, "on_off_ratio", SETTINGS("cell_mapping.on_off_ratio=0.5"));
    aimct_refused(
        ctx, "subtract",
        SETTINGS("cell_mapping.scheme=REFERENCE_COLUMN", "cell_mapping.subtract=DIGITAL"));
    aimct_refused(ctx, "weight_bits", SETTINGS("cell_mapping.weight_bits=1"));
    aimct_refused(ctx, "n_slices", SETTINGS("cell_mapping.n_slices=2"));
    aimct_refused(ctx, "n_slices",
                  SETTINGS("cell_mapping.n_slices=8", "cell_mapping.weight_bits=8"));
    aimct_refused(ctx, "n_slices",
                  SETTINGS("cell_mapping.n_slices=9", "cell_mapping.weight_bits=8",
                           "cell_mapping.scheme=DIGITAL_OFFSET"));
    aimct_refused(ctx, "cell_bits",
                  SETTINGS("cell_mapping.weight_bits=8", "cell_mapping.cell_bits=2"));
    aimct_refused(ctx, "cell_bits",
                  SETTINGS("cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.cell_bits=1"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cell_mapping");
    TCase *c = aimct_case(s, "weights on cells");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_scheme);
    tcase_add_test(c, slices_make_the_integer_product);
    tcase_add_test(c, programmed_weights_are_not_rounded_again);
    tcase_add_test(c, bit_exact_pipeline);
    tcase_add_test(c, isaac);
    tcase_add_test(c, digits_in_one_conversion);
    tcase_add_test(c, noise_of_many_conversions);
    tcase_add_test(c, drop_of_each_column);
    tcase_add_test(c, offset_of_the_codes);
    tcase_add_test(c, refused);
    return aimct_main(s);
}
