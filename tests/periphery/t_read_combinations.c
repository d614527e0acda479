/* SPDX-License-Identifier: MIT */
/* Every combination of the choices that decide which reads of the array a product takes, and
 * which memory they need: inputs whole, by sign or by digits; weights on slices, pairs and
 * offsets; wires; converters; both directions. A combination is refused by the rules below and
 * only by them; all others give the exact product of what the codes stand for, within the steps
 * of the ADCs. */
#include <stdbool.h>

#include "read_util.h"

enum { OUT = 3, IN = 7, BATCH = 3, CELLS = OUT * IN };

typedef struct choice {
    const char *settings[4]; /* up to the first NULL */
    double codes;            /* of the group: by what the error of one conversion is multiplied */
} choice;

/* inputs: b = 8 bits, 7 of them of the magnitude. What digits count adds up to 1. */
static const choice inputs[] = {
    {{"mv_type=IDEAL"}, 0},
    {{"mv_type=ONE_PASS"}, 1},
    {{"mv_type=POS_NEG_SEPARATE"}, 1},
    {{"mv_type=POS_NEG_SEPARATE_DIGITAL_SUM"}, 2},
    {{"mv_type=SPLIT_MODE", "split_mode_bit_shift=1"}, 1},
    {{"mv_type=SPLIT_MODE", "split_mode_bit_shift=3"}, 1},
    {{"mv_type=SPLIT_MODE", "split_mode_bit_shift=6"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=1"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=2"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=6"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=7"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=23"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=1", "bit_wise_adc=false"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=3", "bit_wise_adc=false"}, 1},
    {{"mv_type=BIT_WISE", "bit_wise_bits=7", "bit_wise_adc=false"}, 1},
};
enum { IDEAL = 0, FIRST_DIGITS = 4 };

/* weights: gains of the slices add up to less than 255 / 127, with an offset or without */
static const choice slices[] = {
    {{NULL}, 1},
    {{"cell_mapping.weight_bits=8"}, 255.0 / 127},
    {{"cell_mapping.weight_bits=8", "cell_mapping.n_slices=2"}, 255.0 / 127},
    {{"cell_mapping.weight_bits=8", "cell_mapping.n_slices=7"}, 16383.0 / 127},
};

static const choice schemes[] = {
    {{"cell_mapping.scheme=ONE_SIDED", "cell_mapping.on_off_ratio=0"}, 1},
    {{"cell_mapping.scheme=ONE_SIDED", "cell_mapping.on_off_ratio=20"}, 1},
    {{"cell_mapping.scheme=TWO_SIDED", "cell_mapping.on_off_ratio=20"}, 1},
    {{"cell_mapping.scheme=DIGITAL_OFFSET", "cell_mapping.on_off_ratio=20"}, 1},
    {{"cell_mapping.scheme=REFERENCE_COLUMN", "cell_mapping.on_off_ratio=20"}, 2},
};
enum { FIRST_OFFSET = 3, REFERENCE_COLUMN = 4 };

static const choice subtractions[] = {
    {{"cell_mapping.subtract=ANALOG"}, 1},
    {{"cell_mapping.subtract=DIGITAL"}, 2},
};

/* so little resistance that it does not show beside the tolerance */
#define R "wires.r_in=1e-6", "wires.r_out=1e-6"
static const choice wires[] = {
    {{"wires.model=NONE"}, 0},           {{"wires.model=NODAL", R}, 0},
    {{"wires.model=TIME_SLICED", R}, 0}, {{"wires.model=NODAL", R, "wires.interleaved=true"}, 0},
    {{"wires.model=NODAL", R}, 0}, /* SINH, below */
};
enum { TIME_SLICED = 2, INTERLEAVED = 3, NONLINEAR = 4 };

/* 14 bits over 2 * 64; the circuits have no errors, and the same codes as the ideal converters */
#define ADC "out_bound=64", "out_res=6.1042607740202664e-05"
static const choice converters[] = {
    {{"out_bound=0", "out_res=-1"}, 0},
    {{ADC}, 0.5},
    {{ADC, "adc.model=RAMP"}, 0.5},
    {{ADC, "dac.model=RAMP"}, 0.5},
};
enum { CIRCUIT_DAC = 3 };

#define N(choices) (sizeof(choices) / sizeof *(choices))

typedef struct combination {
    size_t input, slice, scheme, subtraction, wire, converter;
} combination;

static aimc_context *ctx;
static aimc_device *device;
static float w[CELLS], x[BATCH * IN], d[BATCH * OUT];

static void setup(void)
{
    ctx = aimct_context(1, 0, 21);
    device = aimct_device(ctx, "ideal", NULL);
    aimct_fill(w, CELLS, 1);
    aimct_fill(x, BATCH * IN, 2);
    aimct_fill(d, BATCH * OUT, 3);
}

static void teardown(void)
{
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

/* ---- what is made --------------------------------------------------------------------------- */

static void set_choice(aimc_config *config, const choice *c)
{
    for (size_t k = 0; k < 4 && c->settings[k]; k++) {
        aimct_set(config, c->settings[k], "forward.");
        aimct_set(config, c->settings[k], "backward.");
    }
}

/* The I-V is nonlinear where a volt is applied, and not where v_read is far below iv_scale. */
static const choice nonlinear = {{"wires.iv=SINH", "wires.iv_scale=1000"}, 0};

static aimc_config *configuration(const combination *c)
{
    aimc_config *config =
        aimct_tile_config(ctx, SETTINGS("inp_res=0.003937007874015748", "out_noise=0",
                                        "noise_management=NONE", "bound_management=NONE"));
    set_choice(config, &inputs[c->input]);
    set_choice(config, &slices[c->slice]);
    set_choice(config, &schemes[c->scheme]);
    set_choice(config, &subtractions[c->subtraction]);
    set_choice(config, &wires[c->wire]);
    if (c->wire == NONLINEAR)
        set_choice(config, &nonlinear);
    set_choice(config, &converters[c->converter]);
    return config;
}

static bool is_refused(const combination *c)
{
    const bool offset = c->scheme >= FIRST_OFFSET, digital = c->subtraction == 1;
    if (c->input == IDEAL)
        return false;
    return (offset && digital) || (c->wire == TIME_SLICED && (offset || digital)) ||
           (c->wire == INTERLEAVED && offset) ||
           (c->wire == NONLINEAR && c->scheme == REFERENCE_COLUMN) ||
           (c->converter == CIRCUIT_DAC && c->input >= FIRST_DIGITS);
}

/* ---- what comes out ------------------------------------------------------------------------- */

/* Largest error of an output: half a step of each ADC, and the rounding of float sums. */
static double tolerance(const combination *c)
{
    if (c->input == IDEAL)
        return 1e-5;
    const double step = 128.0 / 16382;
    const double conversions = inputs[c->input].codes * slices[c->slice].codes *
                               schemes[c->scheme].codes * subtractions[c->subtraction].codes;
    return 2e-4 + converters[c->converter].codes * step * conversions;
}

static double held(const combination *c, float weight)
{
    const bool integer = c->input != IDEAL && c->slice > 0;
    return integer ? rint((double)weight * 127) / 127 : (double)weight;
}

static double driven(const combination *c, float input)
{
    return c->input == IDEAL ? (double)input : rint((double)input * 127) / 127;
}

static void check_forward(const combination *c, const float *y, size_t n)
{
    for (size_t b = 0; b < n; b++) {
        for (size_t i = 0; i < OUT; i++) {
            double sum = 0;
            for (size_t j = 0; j < IN; j++)
                sum += held(c, w[i * IN + j]) * driven(c, x[b * IN + j]);
            NEAR(y[b * OUT + i], sum, tolerance(c));
        }
    }
}

static void check_backward(const combination *c, const float *z, size_t n)
{
    for (size_t b = 0; b < n; b++) {
        for (size_t j = 0; j < IN; j++) {
            double sum = 0;
            for (size_t i = 0; i < OUT; i++)
                sum += held(c, w[i * IN + j]) * driven(c, d[b * OUT + i]);
            NEAR(z[b * IN + j], sum, tolerance(c));
        }
    }
}

static void check_combination(const combination *c)
{
    aimc_config *config = configuration(c);
    aimc_tile *tile = NULL;
    const aimc_status st = aimc_tile_create(device, OUT, IN, config, &tile);
    aimc_config_destroy(config);
    ck_assert_msg(st == (is_refused(c) ? AIMC_ERR_INVALID : AIMC_OK), "%s, %s, %s, %s, %s, %s: %s",
                  inputs[c->input].settings[0], schemes[c->scheme].settings[0],
                  subtractions[c->subtraction].settings[0], wires[c->wire].settings[0],
                  converters[c->converter].settings[0], aimc_status_get_text(st),
                  aimc_get_last_error());
    if (st)
        return;
    OK(aimc_tile_set_weights(tile, w, IN));
    for (size_t n = 1; n <= BATCH; n += BATCH - 1) {
        float y[BATCH * OUT], z[BATCH * IN];
        OK(aimc_tile_forward(tile, n, x, IN, y, OUT));
        check_forward(c, y, n);
        OK(aimc_tile_backward(tile, n, d, OUT, z, IN));
        check_backward(c, z, n);
    }
    aimc_tile_destroy(tile);
}

/* _i: the way to look at the inputs */
START_TEST(every_combination)
{
    combination c = {.input = (size_t)_i};
    for (c.slice = 0; c.slice < N(slices); c.slice++)
        for (c.scheme = 0; c.scheme < N(schemes); c.scheme++)
            for (c.subtraction = 0; c.subtraction < N(subtractions); c.subtraction++)
                for (c.wire = 0; c.wire < N(wires); c.wire++)
                    for (c.converter = 0; c.converter < N(converters); c.converter++)
                        check_combination(&c);
}
END_TEST

/* ---- with noise ----------------------------------------------------------------------------- */

/* What the array adds needs memory of its own; it has to be there, and nothing else is said. */
static const choice stages[] = {
    {{"ir_drop=1", "ir_loading=ACTIVE"}, 0},
    {{"ir_drop=1", "ir_loading=ALL", "w_noise=0.01", "w_noise_type=PCM_READ"}, 0},
    {{"w_noise=0.01", "w_noise_type=ADDITIVE_CONSTANT"}, 0},
    {{"r_series=0.01", "v_offset_std=0.01", "out_nonlinearity=0.1", "out_bound=64"}, 0},
};

static void read_with(const combination *c, const choice *stage)
{
    aimc_config *config = configuration(c);
    set_choice(config, stage);
    aimc_tile *tile = NULL;
    OK(aimc_tile_create(device, OUT, IN, config, &tile));
    aimc_config_destroy(config);
    OK(aimc_tile_set_weights(tile, w, IN));
    float y[BATCH * OUT], z[BATCH * IN];
    OK(aimc_tile_forward(tile, BATCH, x, IN, y, OUT));
    OK(aimc_tile_backward(tile, BATCH, d, OUT, z, IN));
    for (size_t k = 0; k < BATCH * OUT; k++)
        ck_assert(isfinite(y[k]));
    for (size_t k = 0; k < BATCH * IN; k++)
        ck_assert(isfinite(z[k]));
    aimc_tile_destroy(tile);
}

START_TEST(every_stage)
{
    combination c = {.input = (size_t)_i};
    for (size_t k = 0; k < N(stages); k++)
        for (c.slice = 0; c.slice < N(slices); c.slice++)
            for (c.scheme = 0; c.scheme < N(schemes); c.scheme++)
                for (c.subtraction = 0; c.subtraction < N(subtractions); c.subtraction++)
                    if (!is_refused(&c))
                        read_with(&c, &stages[k]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("read_combinations");
    TCase *c = aimct_case(s, "combinations");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, every_combination, 0, (int)N(inputs));
    tcase_add_loop_test(c, every_stage, 0, (int)N(inputs));
    return aimct_main(s);
}
