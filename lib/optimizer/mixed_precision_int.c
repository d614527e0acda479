/* SPDX-License-Identifier: MIT */
/* Mixed precision with an integer accumulator: x and d are quantised by running maxima M, chi
 * counts their products, and the learning rate enters through the threshold alone.
 *
 *     w = M / floor(bins / 2)  on both sides
 *     chi <- chi + q_d q_x'
 *     theta = max(round(eps / (lr w_d w_x)), 1)
 *     n = trunc(chi / theta) pulses,  chi <- chi - round((1 - momentum_chi) theta n)
 *
 * Nandakumar et al., Front. Neurosci. 14:406 (2020). Integers up to 2^24 are exact in the floats
 * that hold them. */
#include <math.h>

#include "optimizer/chi.h"

typedef struct int_params {
    aimci_chi_params chi;
    double momentum_chi, momentum_nm;
} int_params;

typedef struct mixed_precision_int {
    aimci_chi c;
    int_params params;
    double *maxima; /* M_x, M_d; < 0: not started */
} mixed_precision_int;

static const aimci_field fields[] = {
    AIMCI_CHI_FIELDS(int_params, 5, 3, 3, 0),
    AIMCI_NUMBER(int_params, momentum_chi, 0, 0, 1, "1",
                 "share of a transferred count that stays in chi", AIMCI_MP_SRC),
    AIMCI_NUMBER(int_params, momentum_nm, 0.9, 0, 1, "1",
                 "memory of the running maxima, per vector", AIMCI_MP_SRC),
};

extern const aimci_family aimci_family_mixed_precision_int;
const aimci_family aimci_family_mixed_precision_int = {
    .name = "mixed_precision_int",
    .category = "optimizer",
    .doc = "mixed precision with an integer accumulator",
    .source = AIMCI_MP_SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(int_params),
    .n_children = 1,
};

static void reset(void *state)
{
    mixed_precision_int *s = state;
    aimci_chi_reset(&s->c);
    s->maxima[0] = s->maxima[1] = -1;
}

static aimc_status create(void *state, aimc_tile *tile, const aimc_config *config)
{
    mixed_precision_int *s = state;
    s->params = *(const int_params *)config->values;
    s->params.chi.transfer_lr = 1;
    const aimc_status st = aimci_chi_create(&s->c, tile, config, &s->params.chi);
    if (st)
        return st;
    s->maxima = aimci_calloc(tile->ctx, 2, sizeof *s->maxima);
    if (!s->maxima)
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
    s->maxima[0] = s->maxima[1] = -1;
    return AIMC_OK;
}

static void destroy(void *state, aimc_context *ctx)
{
    mixed_precision_int *s = state;
    aimci_chi_destroy(&s->c, ctx);
    aimci_free(ctx, s->maxima);
}

static double half_of(int64_t bins)
{
    return floor((double)bins / 2);
}

static void follow(double *maximum, const float *v, size_t n, double memory)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)v[i]));
    if (largest > 0)
        *maximum = *maximum < 0 ? largest : memory * *maximum + (1 - memory) * largest;
}

static void step(void *state, aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                 const float *d, size_t ld_d, double lr)
{
    mixed_precision_int *s = state;
    const aimci_chi_params *p = &s->params.chi;
    const aimci_array *a = tile->array;
    const size_t ld_in = aimci_leading_dimension(a->n_in),
                 ld_out = aimci_leading_dimension(a->n_out);
    const double half_x = half_of(p->n_x_bins), half_d = half_of(p->n_d_bins);
    for (size_t b = 0; b < n; b += AIMCI_GEMM_MAX_BATCH) {
        const size_t m = aimci_min_size(AIMCI_GEMM_MAX_BATCH, n - b);
        for (size_t v = 0; v < m; v++) {
            const float *xv = x + (b + v) * ld_x, *dv = d + (b + v) * ld_d;
            const uint64_t index = (uint64_t)s->c.progress[AIMCI_CHI_VECTORS]++;
            follow(&s->maxima[0], xv, a->n_in, s->params.momentum_nm);
            follow(&s->maxima[1], dv, a->n_out, s->params.momentum_nm);
            aimci_chi_quantize(&s->c, xv, a->n_in, s->maxima[0] / half_x, half_x, p->stoc_round_x,
                               0, index, s->c.x + v * ld_in);
            aimci_chi_quantize(&s->c, dv, a->n_out, s->maxima[1] / half_d, half_d, p->stoc_round_d,
                               1, index, s->c.d + v * ld_out);
        }
        aimci_gemm_update(tile->gemm, m, 1.0f, s->c.chi, s->c.d, s->c.x);
    }
    aimci_chi_count(&s->c, n);
    const double widths = s->maxima[0] / half_x * (s->maxima[1] / half_d);
    if (lr > 0 && s->maxima[0] > 0 && s->maxima[1] > 0) {
        const double theta = fmax(rint(s->c.eps / (lr * widths)), 1);
        aimci_chi_transfer(&s->c,
                           &(aimci_chi_charge){theta, (1 - s->params.momentum_chi) * theta, true});
    }
    aimci_array_relax(tile->array, &tile->counters);
}

static size_t tensors(void *state, aimci_state_tensor *t)
{
    mixed_precision_int *s = state;
    t[0] = (aimci_state_tensor){.name = "chi", .matrix = s->c.chi};
    t[1] = (aimci_state_tensor){"progress",    NULL,      NULL,
                                s->c.progress, AIMCI_I64, AIMCI_CHI_N_PROGRESS};
    t[2] = (aimci_state_tensor){"maxima", NULL, NULL, s->maxima, AIMCI_F64, 2};
    return 3;
}

static void stats(const void *state, aimc_optimizer_stats *out)
{
    *out = ((const mixed_precision_int *)state)->c.stats;
}

extern const aimci_algorithm aimci_algorithm_mixed_precision_int;
const aimci_algorithm aimci_algorithm_mixed_precision_int = {
    .family = &aimci_family_mixed_precision_int,
    .state_size = sizeof(mixed_precision_int),
    .create = create,
    .destroy = destroy,
    .step = step,
    .tensors = tensors,
    .reset = reset,
    .stats = stats,
};
