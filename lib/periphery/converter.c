/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <aimc/converter.h>

#include "periphery/periphery.h"

typedef struct converter_params {
    double bound, res;
    int64_t seed;
    bool sto_round;
} converter_params;

#define SRC "definition: signed mid-tread quantiser"

static const aimci_field fields[] = {
    AIMCI_NUMBER(converter_params, bound, 1, -1e30, 1e30, "full scale",
                 "full scale; <= 0: unbounded, no steps", SRC),
    AIMCI_NUMBER(converter_params, res, 1.0 / 126, -1, 1e9, "1 / range",
                 "step as a fraction of the range, or number of steps when > 1; <= 0: off", SRC),
    AIMCI_FLAG(converter_params, sto_round, 0, "round stochastically, without bias", SRC),
    AIMCI_INTEGER(converter_params, seed, -1, -1, 9007199254740991.0, "1",
                  "seed of stochastic rounding; -1: from the context", SRC),
};

extern const aimci_family aimci_family_converter;
const aimci_family aimci_family_converter = {
    .name = "converter",
    .category = "converter",
    .doc = "one DAC or ADC",
    .source = SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(converter_params),
};

struct aimc_converter {
    aimc_context *ctx;
    const aimci_read_kernels *kernels;
    float step, bound;
    int32_t max_code;
    bool sto_round;
    uint64_t seed;
    uint64_t n_calls;
};

aimc_status aimc_converter_create(aimc_context *ctx, const aimc_config *config,
                                  aimc_converter **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "converter_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "converter_create: ctx is NULL");
    converter_params params;
    aimci_family_defaults(&aimci_family_converter, &params);
    if (config) {
        const converter_params *given = aimci_config_values(config, &aimci_family_converter);
        if (!given)
            return aimci_fail(AIMC_ERR_INVALID,
                              "converter_create: configuration is of kind '%s', not 'converter'",
                              aimc_config_kind(config));
        params = *given;
    }
    aimc_converter *c = aimci_calloc(ctx, 1, sizeof *c);
    if (!c)
        return aimci_fail(AIMC_ERR_NOMEM, "converter_create: no memory");
    c->ctx = aimci_context_ref(ctx);
    c->kernels = aimci_read_kernels_get(aimc_context_cpu(ctx));
    c->step = aimci_converter_step_of(params.res, params.bound);
    c->bound = params.bound > 0 ? (float)params.bound : INFINITY;
    if (c->step > 0)
        c->max_code = (int32_t)fmin(rint((double)c->bound / (double)c->step), 1 << 24);
    c->sto_round = params.sto_round;
    c->seed = params.seed >= 0
                  ? (uint64_t)params.seed
                  : aimci_random_derive(aimci_context_seed(ctx), aimci_context_next_object(ctx));
    *out = c;
    return AIMC_OK;
}

void aimc_converter_destroy(aimc_converter *c)
{
    if (!c)
        return;
    aimc_context *ctx = c->ctx;
    aimci_free(ctx, c);
    aimci_context_unref(ctx);
}

static aimci_key next_key(aimc_converter *c)
{
    return aimci_random_key(c->seed, AIMCI_OP_CONVERTER, 0, c->n_calls++);
}

aimc_status aimc_converter_quantize(aimc_converter *c, size_t n, const float *x, float *y)
{
    if (!c || (n && (!x || !y)))
        return aimci_fail(AIMC_ERR_INVALID, "converter_quantize: NULL argument");
    const aimci_dac dac = {.key = next_key(c),
                           .scale = 1.0f,
                           .step = c->step,
                           .bound = c->bound,
                           .sto_round = c->sto_round};
    c->kernels->dac(&dac, x, y, n);
    return AIMC_OK;
}

static aimc_status no_steps(const char *who)
{
    return aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: the converter has no steps (res or bound <= 0)",
                      who);
}

aimc_status aimc_converter_encode(aimc_converter *c, size_t n, const float *x, int32_t *codes)
{
    if (!c || (n && (!x || !codes)))
        return aimci_fail(AIMC_ERR_INVALID, "converter_encode: NULL argument");
    if (c->step <= 0)
        return no_steps("converter_encode");
    const aimci_key key = next_key(c);
    c->kernels->encode(&key, c->step, c->max_code, c->sto_round, x, codes, n);
    return AIMC_OK;
}

aimc_status aimc_converter_decode(const aimc_converter *c, size_t n, const int32_t *codes, float *x)
{
    if (!c || (n && (!x || !codes)))
        return aimci_fail(AIMC_ERR_INVALID, "converter_decode: NULL argument");
    if (c->step <= 0)
        return no_steps("converter_decode");
    for (size_t i = 0; i < n; i++) {
        int32_t code = codes[i] < c->max_code ? codes[i] : c->max_code;
        code = code > -c->max_code ? code : -c->max_code;
        x[i] = (float)code * c->step;
    }
    return AIMC_OK;
}

int32_t aimc_converter_max_code(const aimc_converter *c)
{
    return c ? c->max_code : 0;
}

double aimc_converter_step(const aimc_converter *c)
{
    return c ? (double)c->step : 0.0;
}
