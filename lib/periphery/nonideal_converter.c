/* SPDX-License-Identifier: MIT */
/* Converters with other codes, or with the errors of their circuits. All but the pipelines are
 * monotone, and therefore a table of transitions. Equations: docs/models/converters.md. */
#include <math.h>
#include <stdlib.h>

#include "core/elementary.h"
#include "kernels/stream.h"
#include "periphery/nonideal_converter.h"

#define T   aimci_nonideal_converter_params
#define OWN "docs/models/converters.md"
#define XS  "Xiao et al., IEEE Circuits Syst. Mag. 22(4):26 (2022)"

static const aimci_field fields[] = {
    AIMCI_CHOICE(T, style, AIMCI_STYLE_MID_TREAD, 3,
                 "MID_TREAD|UNSIGNED|TWOS_COMPLEMENT|THRESHOLDS",
                 "codes of b bits: 2^b - 1 around 0; 2^b from low to the bound; 2^b from -bound to "
                 "a step below it; or given by thresholds",
                 OWN),
    AIMCI_CHOICE(T, rounding, AIMCI_ROUND_NEAREST, 1, "NEAREST|FLOOR",
                 "a transition lies between two levels, or at the upper one", OWN),
    AIMCI_NUMBER(T, low, 0, -1e30, 1, "bound", "lowest level of UNSIGNED", OWN),
    AIMCI_NUMBERS(T, thresholds, 0, -1e30, 1e30, "bound", "of THRESHOLDS, ascending", OWN),
    AIMCI_NUMBERS(T, levels, 0, -1e30, 1e30, "bound",
                  "values of the codes of THRESHOLDS, one more; empty: midway, ends as far out",
                  OWN),
    AIMCI_CHOICE(T, model, AIMCI_CONVERTER_IDEAL, 5, "IDEAL|SAR|RAMP|PIPELINE|CYCLIC|FLASH",
                 "the circuit that decides", XS),
    AIMCI_NUMBER(T, mismatch, 0, 0, 1, "relative",
                 "standard deviation of a unit capacitor (FLASH: of a resistor of the ladder)", XS),
    AIMCI_NUMBER(T, comparator_offset, 0, 0, 1, "bound", "standard deviation, of each comparator",
                 XS),
    AIMCI_NUMBER(T, gain_error, 0, -0.5, 0.5, "relative",
                 "of the reference of SAR, RAMP and FLASH; of every stage of PIPELINE and CYCLIC, "
                 "where finite gain A and feedback b make it -1 / (A b)",
                 XS),
    AIMCI_INTEGER(T, group_size, 1, 0, 65536, "channels",
                  "channels that share the capacitors of SAR and RAMP; 0: all", OWN),
    AIMCI_FLAG(T, split, 0, "SAR: two halves of the capacitors with a bridge between", XS),
    AIMCI_FLAG(T, binary, 0,
               "RAMP: its voltages come from bits of capacitors, as those of a SAR (split or not), "
               "instead of a chain of units",
               XS),
};

static aimc_status check(const void *values)
{
    const T *p = values;
    const size_t n = p->thresholds.n;
    if (p->style == AIMCI_STYLE_THRESHOLDS && n == 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "nonideal_converter: thresholds is empty; style THRESHOLDS has "
                          "at least one");
    for (size_t k = 1; k < n; k++)
        if (!(p->thresholds.v[k] > p->thresholds.v[k - 1]))
            return aimci_fail(AIMC_ERR_INVALID,
                              "nonideal_converter: thresholds[%zu] = %g is not above the "
                              "one before",
                              k, p->thresholds.v[k]);
    if (p->levels.n && p->levels.n != n + 1)
        return aimci_fail(AIMC_ERR_INVALID,
                          "nonideal_converter: %zu levels for %zu thresholds; one more is "
                          "needed",
                          p->levels.n, n);
    if (p->style == AIMCI_STYLE_THRESHOLDS && p->model != AIMCI_CONVERTER_IDEAL)
        return aimci_fail(AIMC_ERR_INVALID,
                          "nonideal_converter: model; style THRESHOLDS needs IDEAL");
    if (p->binary && p->model != AIMCI_CONVERTER_RAMP)
        return aimci_fail(AIMC_ERR_INVALID,
                          "nonideal_converter: binary = true; only model RAMP has the choice");
    if (p->split && p->model != AIMCI_CONVERTER_SAR && !p->binary)
        return aimci_fail(AIMC_ERR_INVALID,
                          "nonideal_converter: split = true; only bits of capacitors have halves: "
                          "model SAR, or RAMP with binary");
    if (p->style == AIMCI_STYLE_UNSIGNED && p->low >= 1)
        return aimci_fail(AIMC_ERR_INVALID, "nonideal_converter: low = %g; less than 1 is needed",
                          p->low);
    return AIMC_OK;
}

AIMCI_DEFINE_KIND(
    nonideal_converter, "nonideal_converter",
    "codes and errors of a DAC or ADC; with every field at its default, the ideal one", XS, fields,
    T, .check = check);

bool aimci_nonideal_converter_is_plain(const T *p)
{
    return p->style == AIMCI_STYLE_MID_TREAD && p->rounding == AIMCI_ROUND_NEAREST &&
           p->model == AIMCI_CONVERTER_IDEAL;
}

/* ---- making --------------------------------------------------------------------------------- */

enum { MAX_BITS = 14 };

static bool has_tables(const aimci_nonideal_converter *c)
{
    const int model = c->params.model;
    return model == AIMCI_CONVERTER_SAR || model == AIMCI_CONVERTER_RAMP ||
           model == AIMCI_CONVERTER_FLASH;
}

static bool has_stages(const aimci_nonideal_converter *c)
{
    return c->params.model == AIMCI_CONVERTER_PIPELINE || c->params.model == AIMCI_CONVERTER_CYCLIC;
}

static aimc_status count_bits(aimci_nonideal_converter *c, double res, const char *caller)
{
    const double inverse = res > 1 ? res : 1 / res, bits = aimci_log2(inverse + 2);
    if (!(res > 0) || fabs(bits - rint(bits)) > 1e-6 || bits < 1.5 || bits > MAX_BITS + 0.5)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "%s: res = %g; a non-ideal converter needs 1 / (2^b - 2) with b = 2 ... %d bits",
            caller, res, MAX_BITS);
    c->bits = (int)rint(bits);
    return AIMC_OK;
}

/* Levels and names of the codes of a style with even steps. */
static void set_levels(aimci_nonideal_converter *c, double bound)
{
    const double all = ldexp(1, c->bits);
    c->n_codes = (int32_t)all;
    c->lowest = -bound;
    switch (c->params.style) {
    case AIMCI_STYLE_UNSIGNED:
        c->lowest = c->params.low * bound;
        c->step = (bound - c->lowest) / (all - 1);
        break;
    case AIMCI_STYLE_TWOS_COMPLEMENT:
        c->step = 2 * bound / all;
        c->first = -(c->n_codes / 2);
        break;
    default:
        c->n_codes -= 1;
        c->step = 2 * bound / (all - 2);
        c->first = -(c->n_codes / 2);
        break;
    }
}

static aimc_status resolve(aimci_nonideal_converter *c, double res, double bound,
                           const char *caller)
{
    if (!(bound > 0))
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: bound = %g; a non-ideal converter needs one above 0", caller, bound);
    c->full = bound;
    if (c->params.style == AIMCI_STYLE_THRESHOLDS) {
        c->n_codes = (int32_t)c->params.thresholds.n + 1;
        c->step = bound;
        return AIMC_OK;
    }
    const aimc_status st = count_bits(c, res, caller);
    if (!st)
        set_levels(c, bound);
    return st;
}

static void value_thresholds(aimci_nonideal_converter *c)
{
    const T *p = &c->params;
    const size_t n = p->thresholds.n;
    const double *t = p->thresholds.v;
    for (size_t k = 0; k <= n; k++) {
        double v;
        if (p->levels.n)
            v = p->levels.v[k];
        else if (n == 1)
            v = t[0] + (k ? 0.5 : -0.5);
        else if (k == 0)
            v = t[0] - (t[1] - t[0]) / 2;
        else
            v = k == n ? t[n - 1] + (t[n - 1] - t[n - 2]) / 2 : (t[k - 1] + t[k]) / 2;
        c->values[k] = (float)(v * c->full);
    }
}

void aimci_nonideal_converter_destroy(aimci_nonideal_converter *c)
{
    if (!c)
        return;
    aimc_context *ctx = c->ctx;
    aimci_free(ctx, c->transitions);
    aimci_free(ctx, c->stages);
    aimci_free(ctx, c->offsets);
    aimci_free(ctx, c->values);
    aimci_free(ctx, c);
    aimci_context_unref(ctx);
}

/* FLASH has a ladder and comparators in every channel, the others share. */
static size_t sharing_of(const aimci_nonideal_converter *c)
{
    if (c->params.model == AIMCI_CONVERTER_FLASH)
        return 1;
    return c->params.group_size ? (size_t)c->params.group_size : c->n_channels;
}

static bool make_tables(aimci_nonideal_converter *c)
{
    const size_t n = (size_t)c->n_codes;
    c->sharing = sharing_of(c);
    c->n_tables = (c->n_channels + c->sharing - 1) / c->sharing;
    if (has_tables(c))
        c->transitions = aimci_calloc(c->ctx, c->n_tables * n, sizeof *c->transitions);
    if (has_stages(c))
        c->stages = aimci_calloc(c->ctx, c->n_channels * (size_t)c->bits * 2, sizeof *c->stages);
    if (c->params.style == AIMCI_STYLE_THRESHOLDS)
        c->values = aimci_calloc(c->ctx, n, sizeof *c->values);
    c->offsets = aimci_calloc(c->ctx, c->n_channels + AIMCI_LANES, sizeof *c->offsets);
    return (c->transitions || !has_tables(c)) && (c->stages || !has_stages(c)) &&
           (c->values || c->params.style != AIMCI_STYLE_THRESHOLDS) && c->offsets;
}

static aimc_status build(aimci_nonideal_converter *c, double res, double bound, const char *caller)
{
    const aimc_status st = resolve(c, res, bound, caller);
    if (st)
        return st;
    if (!make_tables(c))
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for the errors of converters", caller);
    if (c->values)
        value_thresholds(c);
    return AIMC_OK;
}

aimc_status aimci_nonideal_converter_create(aimc_context *ctx, const T *params, double res,
                                            double bound, size_t n_channels, const char *caller,
                                            aimci_nonideal_converter **out)
{
    aimc_status st = check(params);
    if (st)
        return aimci_fail_within(st, "%s: ", caller);
    aimci_nonideal_converter *c = aimci_calloc(ctx, 1, sizeof *c);
    if (!c)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    c->ctx = aimci_context_ref(ctx);
    c->params = *params;
    c->n_channels = n_channels;
    st = build(c, res, bound, caller);
    if (st)
        aimci_nonideal_converter_destroy(c);
    else
        *out = c;
    return st;
}

/* ---- errors --------------------------------------------------------------------------------- */

/* Normal numbers one by one. */
typedef struct drawing {
    aimci_normals normals;
    float waiting[AIMCI_LANES];
    int used;
} drawing;

static drawing draw_from(const aimci_key *key, uint32_t stream)
{
    drawing d = {.normals = {.stream = aimci_stream_open(key, stream)}, .used = AIMCI_LANES};
    return d;
}

static double draw_next(drawing *d)
{
    if (d->used == AIMCI_LANES) {
        vf_store(d->waiting, aimci_normals_next(&d->normals));
        d->used = 0;
    }
    return (double)d->waiting[d->used++];
}

/* n unit capacitors side by side: n (1 + mismatch xi / sqrt n). */
static double capacitor(const aimci_nonideal_converter *c, double n, drawing *d)
{
    return n + c->params.mismatch * sqrt(n) * draw_next(d);
}

/* What a DAC of weighted capacitors makes of each code: bits of capacitors over all of them, one
 * more unit to end the array. Split: the lower half weighs less by a bridge, so that its units are
 * as large as those of the upper half. */
static void draw_bits(const aimci_nonideal_converter *c, double *t, drawing *d)
{
    double weights[MAX_BITS], sum;
    const int low = c->params.split ? c->bits / 2 : 0;
    const double bridge = 1 + (low ? c->params.mismatch * draw_next(d) : 0);
    for (int b = 0; b < c->bits; b++) {
        if (b < low)
            weights[b] = capacitor(c, ldexp(1, b), d) * bridge;
        else
            weights[b] = ldexp(capacitor(c, ldexp(1, b - low), d), low);
    }
    sum = capacitor(c, 1, d);
    for (int b = 0; b < c->bits; b++)
        sum += weights[b];
    const double scale = ldexp(1, c->bits) * (1 + c->params.gain_error) / sum;
    for (int32_t code = 0; code < c->n_codes; code++) {
        double v = 0;
        for (int b = 0; b < c->bits; b++)
            v += code >> b & 1 ? weights[b] : 0;
        t[code] = v * scale;
    }
}

/* A chain of equal units, tapped after each: a ramp's capacitors or a flash's resistors. */
static void draw_chain(const aimci_nonideal_converter *c, double *t, drawing *d)
{
    double sum = 0;
    for (int32_t code = 0; code < c->n_codes; code++) {
        t[code] = sum;
        sum += 1 + c->params.mismatch * draw_next(d);
    }
    const double scale = c->n_codes * (1 + c->params.gain_error) / sum;
    for (int32_t code = 0; code < c->n_codes; code++)
        t[code] *= scale;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Offset of a comparator on the axis of u. */
static double draw_offset(const aimci_nonideal_converter *c, drawing *d)
{
    return c->params.comparator_offset * c->full / c->step * draw_next(d);
}

/* The comparators of a flash count: the order of their transitions does not matter. */
static void draw_flash(const aimci_nonideal_converter *c, double *t, drawing *d)
{
    draw_chain(c, t, d);
    for (int32_t code = 1; code < c->n_codes; code++)
        t[code] += draw_offset(c, d);
    qsort(t + 1, (size_t)c->n_codes - 1, sizeof *t, ascending);
}

static void draw_stages(const aimci_nonideal_converter *c, double *stages, drawing *d)
{
    const double sqrt2 = 1.4142135623730951; /* ratio of two capacitors */
    for (int k = 0; k < c->bits; k++) {
        stages[2 * k] = 1 + sqrt2 * c->params.mismatch * draw_next(d);
        stages[2 * k + 1] = c->params.comparator_offset * draw_next(d);
        if (k && c->params.model == AIMCI_CONVERTER_CYCLIC) { /* one stage, used again */
            stages[2 * k] = stages[0];
            stages[2 * k + 1] = stages[1];
        }
    }
}

void aimci_nonideal_converter_draw(aimci_nonideal_converter *c, const aimci_key *key)
{
    const size_t n = (size_t)c->n_codes;
    for (size_t k = 0; c->transitions && k < c->n_tables; k++) {
        drawing d = draw_from(key, (uint32_t)k);
        double *t = c->transitions + k * n;
        if (c->params.model == AIMCI_CONVERTER_SAR || c->params.binary)
            draw_bits(c, t, &d);
        else if (c->params.model == AIMCI_CONVERTER_RAMP)
            draw_chain(c, t, &d);
        else
            draw_flash(c, t, &d);
        for (size_t code = 2; code < n; code++) /* a ramp stops at the first it reaches */
            if (c->params.model == AIMCI_CONVERTER_RAMP && t[code] < t[code - 1])
                t[code] = t[code - 1];
    }
    for (size_t k = 0; c->stages && k < c->n_channels; k++) {
        drawing d = draw_from(key, (uint32_t)k);
        draw_stages(c, c->stages + k * (size_t)c->bits * 2, &d);
    }
    drawing d = draw_from(key, UINT32_MAX);
    const bool own =
        c->params.model == AIMCI_CONVERTER_SAR || c->params.model == AIMCI_CONVERTER_RAMP;
    for (size_t k = 0; own && k < c->n_channels; k++)
        c->offsets[k] = draw_offset(c, &d);
}

/* ---- converting ----------------------------------------------------------------------------- */

/* Bit by bit, as a SAR does; in a sorted table it finds the last transition that u has reached. */
static int32_t search(const double *t, int32_t n_codes, int bits, double u)
{
    int32_t code = 0;
    for (int b = bits - 1; b >= 0; b--) {
        const int32_t trial = code | (int32_t)1 << b;
        if (trial < n_codes && u >= t[trial])
            code = trial;
    }
    return code;
}

/* Stages of 1.5 bits: -1, 0 or 1 decided at a quarter of the reference, twice the rest goes on; the
 * last residue's sign is the last bit. */
static int32_t pipeline(const aimci_nonideal_converter *c, const double *stages, double u)
{
    double v = ldexp(u, 1 - c->bits) - 1;
    int32_t sum = (int32_t)1 << (c->bits - 1);
    for (int k = 0; k < c->bits - 1; k++) {
        const double ratio = stages[2 * k], offset = stages[2 * k + 1];
        const int decision = v + offset >= 0.25 ? 1 : v + offset < -0.25 ? -1 : 0;
        v = ((1 + ratio) * v - ratio * decision) * (1 + c->params.gain_error);
        sum += decision * ((int32_t)1 << (c->bits - 2 - k));
    }
    sum += v + stages[2 * (c->bits - 1) + 1] >= 0 ? 0 : -1;
    return sum;
}

static int32_t threshold_code(const aimci_nonideal_converter *c, double x)
{
    int32_t code = 0;
    while ((size_t)code < c->params.thresholds.n && x >= c->params.thresholds.v[code] * c->full)
        code++;
    return code;
}

int32_t aimci_nonideal_converter_code(const aimci_nonideal_converter *c, size_t channel, double x,
                                      int *beyond)
{
    x = isnan(x) ? 0 : x;
    *beyond = 0;
    if (c->params.style == AIMCI_STYLE_THRESHOLDS)
        return threshold_code(c, x);
    const double steps = (x - c->lowest) / c->step;
    const double u = c->params.rounding == AIMCI_ROUND_FLOOR ? steps : steps + 0.5;
    double code;
    if (c->transitions) {
        const double *t = c->transitions + channel / c->sharing * (size_t)c->n_codes;
        code = search(t, c->n_codes, c->bits, u + c->offsets[channel]);
    } else if (c->stages) {
        code = pipeline(c, c->stages + channel * (size_t)c->bits * 2,
                        fmin(fmax(u, -1), c->n_codes + 1.0));
    } else {
        code = c->params.rounding == AIMCI_ROUND_FLOOR ? floor(steps) : rint(steps);
    }
    *beyond = u < 0 ? -1 : u >= c->n_codes;
    return (int32_t)fmin(fmax(code, 0), c->n_codes - 1);
}

float aimci_nonideal_converter_value(const aimci_nonideal_converter *c, int32_t code)
{
    return c->values ? c->values[code] : (float)(c->lowest + code * c->step);
}

void aimci_nonideal_converter_dither(const aimci_nonideal_converter *c, const aimci_key *key,
                                     float *x, size_t n)
{
    aimci_stream stream = aimci_stream_open(key, 1);
    float u[AIMCI_LANES];
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        vf_store(u, aimci_stream_uniform(&stream) - 0.5f);
        for (size_t l = 0; l < AIMCI_LANES && at + l < n; l++)
            x[at + l] += u[l] * (float)c->step;
    }
}
