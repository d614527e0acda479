/* SPDX-License-Identifier: MIT */
/* Every combination of the read-out's choices against a plain reference in double precision: DAC
 * codes, signs and digits of the inputs, digits of the weights, cells with a floor and levels,
 * columns, ADC codes, offsets. It is written from docs/models/periphery.md and cell-mapping.md, one
 * loop after the other, and shares nothing with the library. ADCs are so coarse that a wrong code
 * shows; outputs near the border of two codes, where single precision may round either way, are
 * left out and counted. */
#include <math.h>
#include <stdbool.h>

#include "read_util.h"

enum { OUT = 3, IN = 7, SIDE = 7, BATCH = 3, CELLS = OUT * IN, MAX_PARTS = 24 };

/* ---- choices -------------------------------------------------------------------------------- */

typedef enum way { ONE_PASS, POS_NEG, POS_NEG_DIGITAL, SPLIT, BIT_WISE, BIT_WISE_SUM } way;

typedef struct input_choice {
    const char *mv_type;
    way way;
    int each; /* bits of a digit; SPLIT: of the lower one */
    const char *more;
} input_choice;

static const input_choice inputs[] = {
    {"ONE_PASS", ONE_PASS, 0, NULL},
    {"POS_NEG_SEPARATE", POS_NEG, 0, NULL},
    {"POS_NEG_SEPARATE_DIGITAL_SUM", POS_NEG_DIGITAL, 0, NULL},
    {"SPLIT_MODE", SPLIT, 1, "split_mode_bit_shift=1"},
    {"SPLIT_MODE", SPLIT, 4, "split_mode_bit_shift=4"},
    {"BIT_WISE", BIT_WISE, 1, "bit_wise_bits=1"},
    {"BIT_WISE", BIT_WISE, 3, "bit_wise_bits=3"},
    {"BIT_WISE", BIT_WISE, 7, "bit_wise_bits=7"},
    {"BIT_WISE", BIT_WISE_SUM, 1, "bit_wise_bits=1;bit_wise_adc=false"},
    {"BIT_WISE", BIT_WISE_SUM, 2, "bit_wise_bits=2;bit_wise_adc=false"},
    {"BIT_WISE", BIT_WISE_SUM, 8, "bit_wise_bits=8;bit_wise_adc=false"},
};

typedef struct cell_choice {
    int weight_bits, n_slices, cell_bits;
    double w_max;
} cell_choice;

static const cell_choice cells[] = {
    {0, 1, 0, 1}, {0, 1, 0, 0.5}, {0, 1, 3, 1}, {6, 1, 0, 0.8},
    {6, 2, 3, 1}, {5, 4, 1, 1},   {4, 3, 4, 1},
};

typedef enum scheme { ONE_SIDED, TWO_SIDED, DIGITAL_OFFSET, REFERENCE_COLUMN } scheme;
static const char *const scheme_names[] = {"ONE_SIDED", "TWO_SIDED", "DIGITAL_OFFSET",
                                           "REFERENCE_COLUMN"};
static const double ratios[] = {0, 8};

/* so little resistance that it does not show */
#define R ";wires.r_in=1e-6;wires.r_out=1e-6"
static const char *const wires[] = {"wires.model=NONE", "wires.model=NODAL" R,
                                    "wires.model=NODAL;wires.interleaved=true" R,
                                    "wires.model=TIME_SLICED" R};
enum { INTERLEAVED = 2, TIME_SLICED = 3 };

static const char *const converters[] = {"out_res=-1", "out_res=0.016129032258064516",
                                         "out_res=0.016129032258064516;adc.model=RAMP"};

#define N(choices) (sizeof(choices) / sizeof *(choices))

typedef struct combination {
    const input_choice *input;
    const cell_choice *cell;
    scheme scheme;
    bool digital; /* subtraction */
    double ratio;
    size_t wire, converter;
    bool managed, asymmetric;
    double bound;
} combination;

/* ---- reference: inputs ---------------------------------------------------------------------- */

enum { BITS = 7 };      /* of the magnitude of a DAC code */
enum { LARGEST = 127 }; /* code */

/* A read of the array: what the lines carry, a digit's largest value fully, and what its current
 * counts. */
typedef struct part {
    double z[SIDE], code[SIDE]; /* with the driver's asymmetry, and as the digital side knows it */
    double gain;
} part;

static double asymmetric(const combination *c, double z)
{
    return c->asymmetric && z < 0 ? 0.75 * z : z;
}

/* The codes of a vector; false: one is near the border of two. */
static bool convert_inputs(const combination *c, const float *v, size_t n, double *alpha,
                           long code[SIDE])
{
    double top = 0;
    for (size_t j = 0; j < n; j++)
        top = fmax(top, fabs((double)v[j]));
    *alpha = c->managed ? top : 1;
    bool clear = true;
    for (size_t j = 0; j < n; j++) {
        const double exact = fmin(fmax((double)v[j] / *alpha, -1), 1) * LARGEST;
        clear &= fabs(fabs(exact - rint(exact)) - 0.5) > 1e-3;
        code[j] = lrint(exact);
    }
    return clear;
}

static size_t parts_of(const combination *c, const long code[SIDE], size_t n, part parts[MAX_PARTS])
{
    const way w = c->input->way;
    const bool by_sign = w == POS_NEG || w == POS_NEG_DIGITAL;
    int first[MAX_PARTS], count[MAX_PARTS];
    size_t n_parts = 0;
    if (w == ONE_PASS || by_sign) {
        n_parts = by_sign ? 2 : 1;
    } else if (w == SPLIT) {
        first[0] = 0, count[0] = first[1] = c->input->each, count[1] = BITS - c->input->each;
        n_parts = 2;
    } else {
        for (int b = 0; b < BITS; b += c->input->each, n_parts++) {
            first[n_parts] = b;
            count[n_parts] = b + c->input->each > BITS ? BITS - b : c->input->each;
        }
    }
    for (size_t k = 0; k < n_parts; k++) {
        const long top = w == ONE_PASS || by_sign ? LARGEST : (1L << count[k]) - 1;
        parts[k].gain = w == ONE_PASS ? 1
                        : by_sign     ? (k ? -1 : 1)
                                      : ldexp((double)top, first[k]) / LARGEST;
        for (size_t j = 0; j < n; j++) {
            double z = (double)code[j], driven = asymmetric(c, z);
            if (by_sign) {
                z = k ? fmax(-z, 0) : fmax(z, 0);
                driven = k ? fmax(-driven, 0) : fmax(driven, 0);
            } else if (w != ONE_PASS) {
                const long magnitude = labs(code[j]) >> first[k] & top;
                z = code[j] < 0 ? -(double)magnitude : (double)magnitude;
                driven = asymmetric(c, z);
            }
            parts[k].z[j] = driven / (double)top;
            parts[k].code[j] = z / (double)top;
        }
    }
    return n_parts;
}

/* ---- reference: cells ----------------------------------------------------------------------- */

static bool is_pair(const combination *c)
{
    return c->scheme == ONE_SIDED || c->scheme == TWO_SIDED;
}

static int slice_bits(const combination *c)
{
    const int bits = is_pair(c) ? c->cell->weight_bits - 1 : c->cell->weight_bits;
    return (bits + c->cell->n_slices - 1) / c->cell->n_slices;
}

/* Conductance of a cell between the floor and 1. */
static double conductance(const combination *c, double weight, int slice, bool minus)
{
    const double v = fmin(fmax(weight / c->cell->w_max, -1), 1);
    const double floor_g = c->ratio > 0 ? 1 / c->ratio : 0;
    const int levels = (1 << c->cell->cell_bits) - 1;
    double share;
    if (c->cell->weight_bits) {
        const int bits = slice_bits(c), largest = (1 << (c->cell->weight_bits - 1)) - 1;
        const int whole = (int)rint(v * largest);
        const int stored = is_pair(c) ? abs(whole) : whole + largest + 1;
        const double digit =
            (double)(stored >> (slice * bits) & ((1 << bits) - 1)) / ((1 << bits) - 1);
        const bool mine = (whole < 0) == minus;
        share = !is_pair(c)              ? digit
                : c->scheme == ONE_SIDED ? (mine ? digit : 0)
                                         : (1 + (mine ? digit : -digit)) / 2;
    } else if (!is_pair(c)) {
        share = (1 + v) / 2 * (levels ? (levels - 1.0) / levels : 1);
    } else {
        const double own = minus ? -v : v;
        share = c->scheme == ONE_SIDED ? fmax(own, 0) : (1 + own) / 2;
    }
    if (levels && !c->cell->weight_bits)
        share = rint(share * levels) / levels;
    return floor_g + (1 - floor_g) * share;
}

/* Weight that one unit of conductance stands for, and the weight of a slice. */
static double weight_of_unit(const combination *c)
{
    const double floor_g = c->ratio > 0 ? 1 / c->ratio : 0;
    const int levels = (1 << c->cell->cell_bits) - 1;
    double range = c->cell->w_max;
    if (!is_pair(c) && !c->cell->weight_bits)
        range *= 2 / (levels ? (levels - 1.0) / levels : 1);
    return range / (1 - floor_g);
}

static double weight_of_slice(const combination *c, int slice)
{
    if (!c->cell->weight_bits)
        return 1;
    const int bits = slice_bits(c), largest = (1 << (c->cell->weight_bits - 1)) - 1;
    return ((1 << bits) - 1) * ldexp(1, slice * bits) / largest;
}

/* ---- reference: outputs --------------------------------------------------------------------- */

/* The code of a current times its step, within the range; *clear: it is not near the border of
 * two. */
static double convert(const combination *c, double current, bool *clear)
{
    if (c->converter == 0)
        return fmin(fmax(current, -c->bound), c->bound);
    const double step = c->bound / 31;
    const double code = fmin(fmax(current / step, -31), 31);
    *clear &= fabs(fabs(current / step - rint(current / step)) - 0.5) > 2e-3;
    return rint(code) * step;
}

/* Current of output i for one read: columns of one sign, or both of them. */
static double current_of(const combination *c, const double *weights, const double *z, size_t n,
                         int slice, bool plus, bool minus)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        double g = plus ? conductance(c, weights[j], slice, false) : 0;
        g -= minus ? conductance(c, weights[j], slice, true) : 0;
        sum += g * z[j];
    }
    return weight_of_unit(c) * sum;
}

/* One conversion of the reads first ... last - 1. */
static double conversion(const combination *c, const double *weights, const part *parts,
                         size_t first, size_t last, size_t n, int slice, bool plus, bool minus,
                         bool *clear)
{
    const double zero[SIDE] = {0};
    double current = 0, reference = 0, known = 0;
    const bool alone = last - first == 1;
    for (size_t k = first; k < last; k++) {
        const double gain = alone ? 1 : parts[k].gain;
        current += gain * current_of(c, weights, parts[k].z, n, slice, plus, minus);
        reference += gain * current_of(c, zero, parts[k].z, n, slice, true, false);
        known += gain * current_of(c, zero, parts[k].code, n, slice, true, false);
    }
    double y = convert(c, current, clear);
    if (c->scheme == REFERENCE_COLUMN)
        y -= convert(c, reference, clear);
    else if (c->scheme == DIGITAL_OFFSET)
        y -= known;
    return (alone ? parts[first].gain : 1) * y;
}

static double output(const combination *c, const double *weights, const part *parts, size_t n_parts,
                     size_t n, bool *clear)
{
    const bool together = c->input->way == POS_NEG || c->input->way == BIT_WISE_SUM;
    const size_t step = together ? n_parts : 1;
    double y = 0;
    for (int s = 0; s < c->cell->n_slices; s++)
        for (size_t k = 0; k < n_parts; k += step) {
            double codes = conversion(c, weights, parts, k, k + step, n, s, true,
                                      is_pair(c) && !c->digital, clear);
            if (c->digital) /* the other column has an ADC of its own */
                codes += conversion(c, weights, parts, k, k + step, n, s, false, true, clear);
            y += weight_of_slice(c, s) * codes;
        }
    return y;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static aimc_context *ctx;
static aimc_device *device;
static float w[CELLS], x[BATCH * IN], d[BATCH * OUT];
static size_t n_compared, n_unclear;

static void setup(void)
{
    ctx = aimct_context(1, 0, 21);
    device = aimct_device(ctx, "ideal", NULL);
    aimct_fill(w, CELLS, 1);
    aimct_fill(x, BATCH * IN, 2);
    aimct_fill(d, BATCH * OUT, 3);
    n_compared = n_unclear = 0;
}

static void teardown(void)
{
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

static void set_all(aimc_config *config, const char *settings)
{
    char one[128];
    while (settings && *settings) {
        const size_t n = strcspn(settings, ";");
        snprintf(one, sizeof one, "%.*s", (int)n, settings);
        aimct_set(config, one, "forward.");
        aimct_set(config, one, "backward.");
        settings += n + (settings[n] == ';');
    }
}

static aimc_config *configuration(const combination *c)
{
    char text[512];
    aimc_config *config = aimct_tile_config(
        ctx, SETTINGS("inp_res=0.003937007874015748", "out_noise=0", "bound_management=NONE"));
    snprintf(text, sizeof text,
             "mv_type=%s;noise_management=%s;inp_asymmetry=%g;cell_mapping.scheme=%s;"
             "cell_mapping.subtract=%s;cell_mapping.on_off_ratio=%g;cell_mapping.w_max=%g;"
             "cell_mapping.weight_bits=%d;cell_mapping.n_slices=%d;cell_mapping.cell_bits=%d;"
             "out_bound=%.17g",
             c->input->mv_type, c->managed ? "ABS_MAX" : "NONE", c->asymmetric ? 0.25 : 0,
             scheme_names[c->scheme], c->digital ? "DIGITAL" : "ANALOG", c->ratio, c->cell->w_max,
             c->cell->weight_bits, c->cell->n_slices, c->cell->cell_bits, c->bound);
    set_all(config, text);
    set_all(config, c->input->more);
    set_all(config, wires[c->wire]);
    set_all(config, converters[c->converter]);
    return config;
}

static void compare(const combination *c, bool backward, size_t batch, const float *y)
{
    const size_t n = backward ? OUT : IN, n_out = backward ? IN : OUT;
    for (size_t b = 0; b < batch; b++) {
        long code[SIDE];
        part parts[MAX_PARTS];
        double alpha;
        const bool inputs_clear = convert_inputs(c, (backward ? d : x) + b * n, n, &alpha, code);
        const size_t n_parts = parts_of(c, code, n, parts);
        for (size_t i = 0; i < n_out; i++) {
            double weights[SIDE];
            bool clear = inputs_clear;
            for (size_t j = 0; j < n; j++)
                weights[j] = (double)w[backward ? j * IN + i : i * IN + j];
            const double expected = alpha * output(c, weights, parts, n_parts, n, &clear);
            n_compared++;
            n_unclear += !clear;
            ck_assert_msg(
                !clear || fabs((double)y[b * n_out + i] - expected) < 3e-5 * (1 + fabs(expected)),
                "%s %s, %s%s ratio %g, bits %d slices %d levels %d w_max %g, %s, %s, "
                "batch %zu%s: output %zu is %.9g, expected %.9g",
                c->input->mv_type, c->input->more ? c->input->more : "", scheme_names[c->scheme],
                c->digital ? " DIGITAL" : "", c->ratio, c->cell->weight_bits, c->cell->n_slices,
                c->cell->cell_bits, c->cell->w_max, wires[c->wire], converters[c->converter], batch,
                backward ? " backward" : "", i, (double)y[b * n_out + i], expected);
        }
    }
}

static void check(const combination *c)
{
    aimc_config *config = configuration(c);
    aimc_tile *tile = NULL;
    float y[BATCH * SIDE];
    OK(aimc_tile_create(device, OUT, IN, config, &tile));
    aimc_config_destroy(config);
    OK(aimc_tile_set_weights(tile, w, IN));
    for (size_t batch = 1; batch <= BATCH; batch += BATCH - 1) {
        OK(aimc_tile_forward(tile, batch, x, IN, y, OUT));
        compare(c, false, batch, y);
        OK(aimc_tile_backward(tile, batch, d, OUT, y, IN));
        compare(c, true, batch, y);
    }
    aimc_tile_destroy(tile);
}

/* Which of them contradict, t_read_combinations tells. */
static bool exists(const combination *c)
{
    const bool offset = !is_pair(c),
               one_bit = c->cell->n_slices >= c->cell->weight_bits && c->cell->n_slices > 1;
    return !(offset && c->digital) && !(c->wire == INTERLEAVED && offset) &&
           !(c->wire == TIME_SLICED && (offset || c->digital)) && !(one_bit && !offset) &&
           !(c->cell->weight_bits && c->cell->cell_bits && c->cell->cell_bits < slice_bits(c));
}

static void check_cells(combination *c)
{
    for (size_t k = 0; k < N(cells); k++) {
        c->cell = &cells[k];
        for (c->wire = 0; c->wire < N(wires); c->wire++)
            for (c->converter = 0; c->converter < N(converters); c->converter++)
                if (exists(c))
                    check(c);
    }
}

START_TEST(every_choice)
{
    combination c = {.input = &inputs[_i], .bound = 6};
    for (int s = ONE_SIDED; s <= REFERENCE_COLUMN; s++) {
        c.scheme = (scheme)s;
        for (int k = 0; k < 8; k++) {
            c.digital = k & 1;
            c.ratio = ratios[k >> 1 & 1];
            c.managed = c.asymmetric = k >> 2;
            check_cells(&c);
        }
    }
    ck_assert_uint_gt(n_compared, 10000);
    ck_assert_msg(n_unclear * 20 < n_compared, "%zu of %zu outputs are near a border", n_unclear,
                  n_compared);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("readout_choices");
    TCase *t = aimct_case(s, "reference");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, every_choice, 0, (int)N(inputs));
    return aimct_main(s);
}
