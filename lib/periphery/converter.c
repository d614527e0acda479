/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <aimc/converter.h>

#include "core/elementary.h"
#include "kernels/dispatch.h"
#include "kernels/read_chain.h"
#include "kernels/stream.h"
#include "periphery/converter.h"
#include "periphery/nonideal_converter.h"

float aimci_converter_step_of(double res, double bound)
{
    if (res <= 0 || bound <= 0)
        return 0.0f;
    return (float)(res > 1 ? 1 / res : res) * 2.0f * (float)bound;
}

float aimci_converter_bound_of(double bound)
{
    return bound > 0 ? (float)bound : INFINITY;
}

/* ---- configuration -------------------------------------------------------------------------- */

typedef struct converter_params {
    double bound, res;
    int64_t seed, channels;
    bool sto_round;
} converter_params;

#define SRC "definition: signed mid-tread quantiser"
#define OWN "docs/models/converters.md"

static const aimci_field fields[] = {
    AIMCI_NUMBER(converter_params, bound, 1, -1e30, 1e30, "full scale",
                 "full scale; <= 0: unbounded, no steps", SRC),
    AIMCI_NUMBER(converter_params, res, 1.0 / 126, -1, 1e9, "1 / range",
                 "step as a fraction of the range, or number of steps when > 1; <= 0: off", SRC),
    AIMCI_FLAG(converter_params, sto_round, 0, "round stochastically, without bias", SRC),
    AIMCI_INTEGER(converter_params, seed, -1, -1, 9007199254740991.0, "1",
                  "seed of stochastic rounding and of the errors of a non-ideal converter; -1: "
                  "from the context",
                  SRC),
    AIMCI_INTEGER(converter_params, channels, 1, 1, 65536, "1",
                  "converters with errors of their own; value k goes to converter k mod this", OWN),
    AIMCI_CHILD("nonideal", 0, "nonideal_converter", "nonideal_converter",
                "other codes than the ideal converter's, or errors", OWN),
};

AIMCI_DEFINE_KIND(converter, "converter", "one DAC or ADC", SRC, fields, converter_params,
                  .n_children = 1);

struct aimc_converter {
    aimc_context *ctx;
    const aimci_read_kernels *kernels;
    aimci_nonideal_converter *nonideal; /* NULL: plain, the kernels do it */
    float step, bound;
    int32_t max_code;
    bool sto_round;
    uint64_t seed;
    uint64_t n_calls;
};

/* The non-ideal converter of the configuration, with its errors; none when it is the plain one. */
static aimc_status make_nonideal(aimc_converter *c, const aimc_config *config,
                                 const converter_params *params)
{
    const aimci_nonideal_converter_params *given =
        aimci_config_values(aimci_config_child(config, "nonideal"), &aimci_kind_nonideal_converter);
    if (!given || aimci_nonideal_converter_is_plain(given))
        return AIMC_OK;
    const aimc_status st =
        aimci_nonideal_converter_create(c->ctx, given, params->res, params->bound,
                                        (size_t)params->channels, "converter_create", &c->nonideal);
    if (st)
        return st;
    const aimci_key key = aimci_random_key(c->seed, AIMCI_OP_PERIPHERY, 0, 4);
    aimci_nonideal_converter_draw(c->nonideal, &key);
    return AIMC_OK;
}

static aimc_status read_config(const aimc_config *config, converter_params *params)
{
    const aimc_status st = aimci_config_expect("converter_create", config, &aimci_kind_converter);
    if (st)
        return st;
    aimci_config_read(config, &aimci_kind_converter, params);
    return AIMC_OK;
}

/* Range and steps of the plain converter; codes are exact in a float up to 2^24. */
static void set_range(aimc_converter *c, const converter_params *params)
{
    c->step = aimci_converter_step_of(params->res, params->bound);
    c->bound = aimci_converter_bound_of(params->bound);
    if (c->step > 0)
        c->max_code = (int32_t)fmin(rint((double)c->bound / (double)c->step), 1 << 24);
}

static aimc_status build(aimc_converter *c, const aimc_config *config,
                         const converter_params *params)
{
    aimc_context *ctx = c->ctx;
    c->kernels = aimci_read_kernels_get(aimc_context_get_cpu(ctx));
    set_range(c, params);
    c->sto_round = params->sto_round;
    const bool draws = params->seed < 0;
    const uint64_t number = draws ? aimci_context_next_object(ctx) : 0;
    c->seed = draws ? aimci_random_derive(aimci_context_seed(ctx), number) : (uint64_t)params->seed;
    const aimc_status st = make_nonideal(c, config, params);
    if (st && draws)
        aimci_context_return_object(ctx, number);
    if (!st && c->nonideal) {
        c->max_code = c->nonideal->first + c->nonideal->n_codes - 1;
        c->step = (float)c->nonideal->step;
    }
    return st;
}

aimc_status aimc_converter_create(aimc_context *ctx, const aimc_config *config,
                                  aimc_converter **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "converter_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "converter_create: ctx is NULL");
    converter_params params;
    aimc_status st = read_config(config, &params);
    if (st)
        return st;
    aimc_converter *c = aimci_calloc(ctx, 1, sizeof *c);
    if (!c)
        return aimci_fail(AIMC_ERR_NOMEM, "converter_create: no memory");
    c->ctx = aimci_context_ref(ctx);
    st = build(c, config, &params);
    if (st)
        aimc_converter_destroy(c);
    else
        *out = c;
    return st;
}

void aimc_converter_destroy(aimc_converter *c)
{
    if (!c)
        return;
    aimc_context *ctx = c->ctx;
    aimci_nonideal_converter_destroy(c->nonideal);
    aimci_free(ctx, c);
    aimci_context_unref(ctx);
}

static aimci_key next_key(aimc_converter *c)
{
    return aimci_random_key(c->seed, AIMCI_OP_CONVERTER, 0, c->n_calls++);
}

/* The k-th value with what stochastic rounding adds to it. */
static float dithered(const aimc_converter *c, const aimci_key *key, const float *x, size_t k,
                      size_t n, float block[AIMCI_LANES])
{
    const size_t lane = k % AIMCI_LANES;
    if (lane == 0) {
        const size_t m = aimci_min_size(AIMCI_LANES, n - k);
        memcpy(block, x + k, m * sizeof *block);
        aimci_key own = *key;
        own.k[1] += (uint32_t)(k / AIMCI_LANES);
        if (c->sto_round)
            aimci_nonideal_converter_dither(c->nonideal, &own, block, m);
    }
    return block[lane];
}

static void convert_all(const aimc_converter *c, const aimci_key *key, size_t n, const float *x,
                        float *y, int32_t *codes)
{
    float block[AIMCI_LANES];
    for (size_t k = 0; k < n; k++) {
        int beyond;
        const double v = (double)dithered(c, key, x, k, n, block);
        const int32_t code =
            aimci_nonideal_converter_code(c->nonideal, k % c->nonideal->n_channels, v, &beyond);
        if (y)
            y[k] = aimci_nonideal_converter_value(c->nonideal, code);
        else
            codes[k] = code + c->nonideal->first;
    }
}

/* An infinity is clipped like any large value; a NaN has no code. */
static aimc_status check_values(const char *caller, const aimc_converter *c, size_t n,
                                const float *x, const void *out)
{
    if (!c || (n && (!x || !out)))
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller,
                          !c ? "converter" : (x ? "the result" : "x"));
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return aimci_fail(AIMC_ERR_INVALID, "%s: x[%zu] is not a number", caller, i);
    return AIMC_OK;
}

aimc_status aimc_converter_quantize(aimc_converter *c, size_t n, const float *x, float *y)
{
    const aimc_status st = check_values("converter_quantize", c, n, x, y);
    if (st)
        return st;
    if (c->nonideal) {
        const aimci_key key = next_key(c);
        convert_all(c, &key, n, x, y, NULL);
        return AIMC_OK;
    }
    const aimci_dac dac = {.key = next_key(c),
                           .scale = 1.0f,
                           .step = c->step,
                           .bound = c->bound,
                           .sto_round = c->sto_round};
    c->kernels->dac(&dac, x, y, n);
    return AIMC_OK;
}

static aimc_status no_steps(const char *caller)
{
    return aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: the converter has no steps (res or bound <= 0)",
                      caller);
}

aimc_status aimc_converter_encode(aimc_converter *c, size_t n, const float *x, int32_t *codes)
{
    const aimc_status st = check_values("converter_encode", c, n, x, codes);
    if (st)
        return st;
    if (c->step <= 0)
        return no_steps("converter_encode");
    const aimci_key key = next_key(c);
    if (c->nonideal)
        convert_all(c, &key, n, x, NULL, codes);
    else
        c->kernels->encode(&key, c->step, c->max_code, c->sto_round, x, codes, n);
    return AIMC_OK;
}

aimc_status aimc_converter_decode(const aimc_converter *c, size_t n, const int32_t *codes, float *x)
{
    if (!c || (n && (!x || !codes)))
        return aimci_fail(AIMC_ERR_INVALID, "converter_decode: NULL argument");
    if (c->step <= 0)
        return no_steps("converter_decode");
    const int32_t min = aimc_converter_get_min_code(c);
    for (size_t i = 0; i < n; i++) {
        int32_t code = codes[i] < c->max_code ? codes[i] : c->max_code;
        code = code > min ? code : min;
        x[i] = c->nonideal ? aimci_nonideal_converter_value(c->nonideal, code - c->nonideal->first)
                           : (float)code * c->step;
    }
    return AIMC_OK;
}

int32_t aimc_converter_get_max_code(const aimc_converter *c)
{
    return c ? c->max_code : 0;
}

int32_t aimc_converter_get_min_code(const aimc_converter *c)
{
    if (!c)
        return 0;
    return c->nonideal ? c->nonideal->first : -c->max_code;
}

double aimc_converter_get_step(const aimc_converter *c)
{
    return c ? (double)c->step : 0.0;
}

/* ---- linearity ------------------------------------------------------------------------------ */

enum { HITS = 64, MAX_CODES = 1 << 20 };

/* Steps of the ramp below and above the levels: errors of gain and offset move the ends. */
static size_t margin(size_t n_codes)
{
    return n_codes / 2 + 8;
}

/* Codes of a slow ramp over all levels: HITS samples a step, so that widths are known to
 * 1 / HITS. */
static void count_codes(const aimc_converter *c, size_t channel, size_t n_codes, double *hits)
{
    const double step = (double)c->step,
                 lowest = c->nonideal ? c->nonideal->lowest : -(double)c->max_code * step;
    const size_t around = margin(n_codes);
    for (size_t k = 0; k < (n_codes + 2 * around) * HITS; k++) {
        const double x = lowest + (((double)k + 0.5) / HITS - (double)around) * step;
        int beyond;
        int32_t code = (int32_t)rint(x / step) + c->max_code;
        if (c->nonideal)
            code = aimci_nonideal_converter_code(c->nonideal, channel, x, &beyond);
        code = code < 0 ? 0 : code;
        hits[(size_t)code < n_codes ? (size_t)code : n_codes - 1]++;
    }
}

/* Widths of the inner codes against their mean, and their sums: the ends have none. */
static void measure(size_t n_codes, const double *hits, aimc_linearity *l, double *dnl, double *inl)
{
    double sum = 0, integral = 0;
    for (size_t k = 1; k + 1 < n_codes; k++)
        sum += hits[k];
    const double mean = n_codes > 2 ? sum / (double)(n_codes - 2) : 1;
    for (size_t k = 0; k < n_codes; k++) {
        const bool inner = k > 0 && k + 1 < n_codes;
        const double d = inner ? hits[k] / mean - 1 : 0;
        if (inl)
            inl[k] = integral;
        l->max_inl = fmax(l->max_inl, fabs(integral));
        integral += d;
        if (dnl)
            dnl[k] = d;
        l->max_dnl = fmax(l->max_dnl, fabs(d));
        l->missing_codes += inner && hits[k] == 0;
    }
    l->gain = HITS / mean;
    l->offset = hits[0] / HITS - (double)margin(n_codes) - 0.5; /* ideal: half a step up */
}

/* ---- a sine --------------------------------------------------------------------------------- */

static double converted(const aimc_converter *c, size_t channel, double x)
{
    int beyond;
    if (c->nonideal)
        return (double)aimci_nonideal_converter_value(
            c->nonideal, aimci_nonideal_converter_code(c->nonideal, channel, x, &beyond));
    const double step = (double)c->step, code = rint(x / step);
    return fmin(fmax(code, -(double)c->max_code), (double)c->max_code) * step;
}

/* What is converted has no memory: phases as evenly spread as those of any coherent sampling. The
 * error, not the output, is taken apart into the sine's frequency, a constant and the rest, so that
 * nothing cancels. */
static void measure_sine(const aimc_converter *c, size_t channel, size_t n_codes, aimc_linearity *l)
{
    const double step = (double)c->step, amplitude = 0.5 * step * (double)(n_codes - 1),
                 lowest = c->nonideal ? c->nonideal->lowest : -(double)c->max_code * step;
    const size_t n = n_codes < 1 << 12 ? 1 << 18 : n_codes < 1 << 16 ? n_codes * 64 : 1 << 22;
    double constant = 0, in_phase = 0, quadrature = 0, power = 0;
    for (size_t k = 0; k < n; k++) {
        const double half_turns = 2 * ((double)k + 0.5) / (double)n, s = aimci_sinpi(half_turns);
        const double x = lowest + amplitude + amplitude * s, e = converted(c, channel, x) - x;
        constant += e;
        in_phase += e * s;
        quadrature += e * aimci_cospi(half_turns);
        power += e * e;
    }
    const double per = 1 / (double)n, a = 2 * per * in_phase, b = 2 * per * quadrature;
    const double mean = per * constant, rest = per * power - mean * mean - (a * a + b * b) / 2;
    const double signal = ((amplitude + a) * (amplitude + a) + b * b) / 2;
    l->sndr = 10 * aimci_log10(signal / rest);
    l->enob = (l->sndr - 1.76) / 6.02;
}

aimc_status aimc_converter_get_linearity(const aimc_converter *c, size_t channel,
                                         aimc_linearity *linearity, double *dnl, double *inl)
{
    const char *caller = "converter_get_linearity";
    if (!c || !linearity)
        return aimci_fail(AIMC_ERR_INVALID, "%s: NULL argument", caller);
    if (c->step <= 0 || (c->nonideal && c->nonideal->values))
        return c->step <= 0
                   ? no_steps(caller)
                   : aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: thresholds have no steps", caller);
    const size_t n_channels = c->nonideal ? c->nonideal->n_channels : SIZE_MAX;
    if (channel >= n_channels)
        return aimci_fail(AIMC_ERR_INVALID, "%s: channel = %zu of %zu", caller, channel,
                          n_channels);
    const size_t n = (size_t)((int64_t)c->max_code - aimc_converter_get_min_code(c) + 1);
    if (n > MAX_CODES)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: %zu codes are too many to count", caller, n);
    double *hits = aimci_calloc(c->ctx, n, sizeof *hits);
    if (!hits)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    aimc_linearity ours = {.n_codes = (uint32_t)n};
    count_codes(c, channel, n, hits);
    measure(n, hits, &ours, dnl, inl);
    measure_sine(c, channel, n, &ours);
    aimci_free(c->ctx, hits);
    return aimci_struct_out(caller, linearity, &ours, sizeof ours, 8);
}
