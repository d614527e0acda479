/* SPDX-License-Identifier: MIT */
/* Mixed precision: the gradient is accumulated digitally and written to the devices in whole
 * pulses.
 *
 *     chi <- chi + lr Q(d) Q(x)'
 *     n = trunc(chi / eps) pulses,  chi <- chi - n eps
 *
 * Momentum and weight decay act on what goes into chi, and in this way reach the devices:
 *
 *     v <- momentum v + d x'
 *     chi <- chi + lr (v + weight_decay W)
 *
 * Nandakumar et al., Front. Neurosci. 14:406 (2020). */
#include <math.h>
#include <string.h>

#include "optimizer/chi.h"

typedef struct mp_params {
    aimci_chi_params chi;
    double momentum, weight_decay;
} mp_params;

typedef struct mixed_precision {
    aimci_chi c;
    double momentum, weight_decay;
    float *velocity; /* NULL without momentum */
} mixed_precision;

static const aimci_field fields[] = {
    AIMCI_CHI_FIELDS(mp_params, 0, 0, 0, 1),
    AIMCI_CHI_FIELD(mp_params, AIMC_FIELD_NUMBER, transfer_lr, 1, 0, 1e30, "1", "", "",
                    "scale of the write alone; chi is charged in full"),
    AIMCI_NUMBER(mp_params, momentum, 0, 0, 0.999999, "1",
                 "share of the last gradients that stays in the next", AIMCI_MP_SRC),
    AIMCI_NUMBER(mp_params, weight_decay, 0, 0, 1e6, "1",
                 "share of the weight added to the gradient", AIMCI_MP_SRC),
};

extern const aimci_family aimci_family_mixed_precision;
const aimci_family aimci_family_mixed_precision = {
    .name = "mixed_precision",
    .category = "optimizer",
    .doc = "digital gradient accumulation, whole pulses to the devices",
    .source = AIMCI_MP_SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(mp_params),
    .n_children = 1,
};

static aimc_status create(void *state, aimc_tile *tile, const aimc_config *config)
{
    mixed_precision *s = state;
    const mp_params *p = config->values;
    s->momentum = p->momentum;
    s->weight_decay = p->weight_decay;
    const aimc_status st = aimci_chi_create(&s->c, tile, config, &p->chi);
    if (st || p->momentum <= 0)
        return st;
    s->velocity = aimci_calloc(tile->ctx, tile->array->ld * tile->array->n_in, sizeof *s->velocity);
    return s->velocity ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
}

static void destroy(void *state, aimc_context *ctx)
{
    mixed_precision *s = state;
    aimci_chi_destroy(&s->c, ctx);
    aimci_free(ctx, s->velocity);
}

/* A vector as it enters the product: itself, or rounded to 2 floor(bins/2) + 1 levels of its own
 * range. */
static void pack(const mixed_precision *s, const float *v, size_t n, int64_t bins, bool stochastic,
                 int side, uint64_t index, float *out)
{
    if (bins == 0) {
        memcpy(out, v, n * sizeof *v);
        return;
    }
    const double half = floor((double)bins / 2);
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)v[i]));
    const double width = largest / half;
    aimci_chi_quantize(&s->c, v, n, width, half, stochastic, side, index, out);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)((double)out[i] * width);
}

static void add_decay_and_momentum(mixed_precision *s, double lr)
{
    const aimci_array *a = s->c.tile->array;
    for (size_t k = 0; k < a->ld * a->n_in; k++) {
        double g = s->weight_decay * (double)a->w[k];
        if (s->velocity)
            g += (double)s->velocity[k];
        s->c.chi[k] = (float)((double)s->c.chi[k] + lr * g);
    }
}

static void step(void *state, aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                 const float *d, size_t ld_d, double lr)
{
    mixed_precision *s = state;
    const aimci_chi_params *p = &s->c.params;
    const aimci_array *a = tile->array;
    const size_t ld_in = aimci_leading_dimension(a->n_in),
                 ld_out = aimci_leading_dimension(a->n_out);
    float *into = s->velocity ? s->velocity : s->c.chi;
    for (size_t k = 0; s->velocity && k < a->ld * a->n_in; k++)
        s->velocity[k] *= (float)s->momentum;
    for (size_t b = 0; b < n; b += AIMCI_GEMM_MAX_BATCH) {
        const size_t m = aimci_min_size(AIMCI_GEMM_MAX_BATCH, n - b);
        for (size_t v = 0; v < m; v++) {
            const uint64_t index = (uint64_t)s->c.progress[AIMCI_CHI_VECTORS]++;
            pack(s, x + (b + v) * ld_x, a->n_in, p->n_x_bins, p->stoc_round_x, 0, index,
                 s->c.x + v * ld_in);
            pack(s, d + (b + v) * ld_d, a->n_out, p->n_d_bins, p->stoc_round_d, 1, index,
                 s->c.d + v * ld_out);
        }
        aimci_gemm_update(tile->gemm, m, s->velocity ? 1.0f : (float)lr, into, s->c.d, s->c.x);
    }
    if (s->velocity || s->weight_decay > 0)
        add_decay_and_momentum(s, lr);
    aimci_chi_count(&s->c, n);
    aimci_chi_transfer(&s->c, &(aimci_chi_charge){s->c.eps, s->c.eps, false});
    aimci_array_relax(tile->array, &tile->counters);
}

static size_t tensors(void *state, aimci_state_tensor *t)
{
    mixed_precision *s = state;
    size_t n = 0;
    t[n++] = (aimci_state_tensor){.name = "chi", .matrix = s->c.chi};
    if (s->velocity)
        t[n++] = (aimci_state_tensor){.name = "velocity", .matrix = s->velocity};
    t[n++] = (aimci_state_tensor){"progress",    NULL,      NULL,
                                  s->c.progress, AIMCI_I64, AIMCI_CHI_N_PROGRESS};
    return n;
}

static void reset(void *state)
{
    mixed_precision *s = state;
    aimci_chi_reset(&s->c);
    if (s->velocity)
        memset(s->velocity, 0, s->c.tile->array->ld * s->c.tile->array->n_in * sizeof *s->velocity);
}

static void stats(const void *state, aimc_optimizer_stats *out)
{
    *out = ((const mixed_precision *)state)->c.stats;
}

extern const aimci_algorithm aimci_algorithm_mixed_precision;
const aimci_algorithm aimci_algorithm_mixed_precision = {
    .family = &aimci_family_mixed_precision,
    .state_size = sizeof(mixed_precision),
    .create = create,
    .destroy = destroy,
    .step = step,
    .tensors = tensors,
    .reset = reset,
    .stats = stats,
};
