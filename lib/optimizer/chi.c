/* SPDX-License-Identifier: MIT */
/* The loop of the engine of mixed precision; see chi.h. Writing to the devices: chi_transfer.c. */
#include <math.h>
#include <string.h>

#include "kernels/stream.h"
#include "optimizer/chi.h"

/* ---- making --------------------------------------------------------------------------------- */

void aimci_chi_destroy(void *state, aimc_context *ctx)
{
    aimci_chi *c = state;
    void *const blocks[] = {c->chi,          c->velocity,        c->maxima,      c->hidden,
                            c->counts,       c->pulses,          c->progress,    c->sides[0].packed,
                            c->sides[0].row, c->sides[1].packed, c->sides[1].row};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        aimci_free(ctx, blocks[i]);
    aimci_pulser_destroy(c->pulser);
}

static void plan_sides(aimci_chi *c)
{
    const aimci_chi_params *p = &c->params;
    const size_t n_in = c->array->n_in, n_out = c->array->n_out;
    c->sides[AIMCI_CHI_INPUTS] = (aimci_chi_side){.n = n_in,
                                                  .ld = aimci_leading_dimension(n_in),
                                                  .half = floor((double)p->n_x_bins / 2),
                                                  .stochastic = p->stoc_round_x};
    c->sides[AIMCI_CHI_GRADIENTS] = (aimci_chi_side){.n = n_out,
                                                     .ld = aimci_leading_dimension(n_out),
                                                     .half = floor((double)p->n_d_bins / 2),
                                                     .stochastic = p->stoc_round_d};
}

static bool allocate(aimci_chi *c)
{
    const aimci_array *a = c->array;
    const size_t slots = aimci_context_slots(c->ctx);
    bool ok = true;
    ok &= (c->chi = aimci_calloc(c->ctx, a->ld * a->n_in, sizeof *c->chi)) != NULL;
    if (c->params.momentum > 0)
        ok &= (c->velocity = aimci_calloc(c->ctx, a->ld * a->n_in, sizeof *c->velocity)) != NULL;
    if (c->rule->integers)
        ok &= (c->maxima = aimci_calloc(c->ctx, 2, sizeof *c->maxima)) != NULL;
    for (int k = 0; k < 2; k++) {
        aimci_chi_side *s = &c->sides[k];
        ok &= (s->packed = aimci_calloc(c->ctx, AIMCI_GEMM_MAX_BATCH * s->ld, sizeof *s->packed)) !=
              NULL;
        ok &= (s->row = aimci_calloc(c->ctx, s->n, sizeof *s->row)) != NULL;
    }
    ok &= (c->hidden = aimci_calloc(c->ctx, slots * a->ld, sizeof *c->hidden)) != NULL;
    ok &= (c->counts = aimci_calloc(c->ctx, slots * a->ld, sizeof *c->counts)) != NULL;
    ok &= (c->pulses = aimci_calloc(c->ctx, slots * 8, sizeof *c->pulses)) != NULL;
    ok &= (c->progress = aimci_calloc(c->ctx, AIMCI_CHI_N_PROGRESS, sizeof *c->progress)) != NULL;
    return ok;
}

static aimc_status check(const aimci_chi *c)
{
    const aimci_chi_params *p = &c->params;
    const aimci_device_ops *model = c->array->device->ops;
    if (!model->pulsed)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: device '%s' takes no pulses; use 'sgd'",
                          model->kind->name);
    if (p->n_x_bins == 1 || p->n_d_bins == 1)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: %s is 1; 0 (off) or at least 2 is allowed",
                          p->n_x_bins == 1 ? "n_x_bins" : "n_d_bins");
    return AIMC_OK;
}

aimc_status aimci_chi_create(aimci_chi *c, aimc_tile *tile, const aimc_config *config,
                             const aimci_chi_rule *rule)
{
    c->ctx = tile->ctx;
    c->tile = tile;
    c->array = tile->array;
    c->kernels = aimci_kernels_get(aimc_context_get_cpu(tile->ctx));
    c->rule = rule;
    c->params = *(const aimci_chi_params *)config->values;
    if (rule->integers)
        c->params.transfer_lr = 1; /* rates enter through the threshold alone */
    const aimc_status st = check(c);
    if (st)
        return st;
    c->eps = c->params.granularity > 0 ? c->params.granularity : c->array->device->info.granularity;
    c->longest = aimci_device_longest_train(c->array->device);
    c->update = *(const aimci_update_params *)aimci_config_values(
        aimci_config_child(config, "update"), &aimci_kind_update);
    aimci_array_pulse_several(c->array, c->update.multi_pulse);
    c->update.update_management = c->update.update_bl_management = true;
    plan_sides(c);
    if (!allocate(c))
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory for chi");
    aimci_chi_reset(c);
    return aimci_pulser_for_tile(tile, &c->update, &c->pulser);
}

/* ---- quantiser ------------------------------------------------------------------------------ */

void aimci_chi_quantize(const aimci_chi *c, int side, const float *v, double width, uint64_t index,
                        float *out)
{
    /* 16, 17 and 18 in chi_transfer.c keep these streams apart from those of the transfer engine */
    const aimci_key key =
        aimci_random_key(c->array->seed, AIMCI_OP_TRANSFER, 16 + (uint32_t)side, index);
    const aimci_chi_side *s = &c->sides[side];
    aimci_stream stream = aimci_stream_open(&key, 0);
    vf u = vf_set(0.5f);
    for (size_t i = 0; i < s->n; i++) {
        if (s->stochastic && i % AIMCI_LANES == 0)
            u = aimci_stream_uniform(&stream);
        const double noise = s->stochastic ? (double)u[i % AIMCI_LANES] - 0.5 : 0.0;
        const double q = width > 0 ? rint((double)v[i] / width + noise) : 0.0;
        out[i] = (float)fmax(fmin(q, s->half), -s->half);
    }
}

/* ---- step ----------------------------------------------------------------------------------- */

/* The next vector of the batch, packed. Returns the largest product of two of its elements. */
static double pack_vector(aimci_chi *c, const float *x, const float *d, float *in, float *out)
{
    const uint64_t index = (uint64_t)c->progress[AIMCI_CHI_VECTORS]++;
    c->rule->pack(c, AIMCI_CHI_INPUTS, x, index, in);
    c->rule->pack(c, AIMCI_CHI_GRADIENTS, d, index, out);
    return (double)c->kernels->absmax(in, c->array->n_in) *
           (double)c->kernels->absmax(out, c->array->n_out);
}

/* Adds the products of all vectors to a matrix, in chunks. Sums that may have left the range of
 * floats are put back to its end. */
static void accumulate(aimci_chi *c, const aimci_batch *batch, float factor, float *into)
{
    const aimci_chi_side *in = &c->sides[AIMCI_CHI_INPUTS], *out = &c->sides[AIMCI_CHI_GRADIENTS];
    double largest = 0;
    for (size_t b = 0; b < batch->n; b += AIMCI_GEMM_MAX_BATCH) {
        const size_t m = aimci_min_size(AIMCI_GEMM_MAX_BATCH, batch->n - b);
        const float *x = batch->x + b * batch->ld_x, *d = batch->d + b * batch->ld_d;
        for (size_t v = 0; v < m; v++) {
            const double product = pack_vector(c, x + v * batch->ld_x, d + v * batch->ld_d,
                                               in->packed + v * in->ld, out->packed + v * out->ld);
            largest = fmax(largest, product);
        }
        aimci_gemm_update(c->tile->gemm, m, factor, into, out->packed, in->packed);
    }
    if (aimci_may_overflow(batch->total, largest * fmax((double)factor, 1)))
        aimci_make_finite(into, c->array->ld * c->array->n_in);
}

static void add_decay_and_momentum(aimci_chi *c, double lr)
{
    const aimci_array *a = c->array;
    for (size_t k = 0; k < a->ld * a->n_in; k++) {
        double g = c->params.weight_decay * (double)a->w[k];
        if (c->velocity)
            g += (double)c->velocity[k];
        c->chi[k] = aimci_finite_float((double)c->chi[k] + lr * g);
    }
}

/* n vectors were added to chi: a digital outer product each, summed before it is written. */
static void count_products(const aimci_chi *c, size_t n)
{
    const uint64_t weights = (uint64_t)c->array->n_out * c->array->n_in;
    aimc_counters *counters = &c->tile->counters;
    counters->updates += n;
    counters->gradient_macs += n * weights;
    counters->accumulations += weights;
}

void aimci_chi_step(void *state, aimc_tile *tile, const aimci_batch *batch, double lr)
{
    aimci_chi *c = state;
    const aimci_array *a = c->array;
    const bool begins = aimci_batch_begins(batch);
    for (size_t k = 0; begins && c->velocity && k < a->ld * a->n_in; k++)
        c->velocity[k] *= (float)c->params.momentum;
    if (c->velocity)
        accumulate(c, batch, 1.0f, c->velocity);
    else
        accumulate(c, batch, c->rule->integers ? 1.0f : (float)lr, c->chi);
    if (!aimci_batch_ends(batch))
        return;
    if (c->velocity || c->params.weight_decay > 0)
        add_decay_and_momentum(c, lr);
    count_products(c, batch->total);
    aimci_chi_charge charge;
    if (c->rule->charge(c, lr, &charge))
        aimci_chi_transfer(c, &charge);
    aimci_array_relax(c->array, &tile->counters);
}

/* ---- state ---------------------------------------------------------------------------------- */

void aimci_chi_tensors(void *state, aimci_state_tensors *tensors)
{
    aimci_chi *c = state;
    aimci_state_add(tensors, "chi")->matrix = c->chi;
    if (c->velocity)
        aimci_state_add(tensors, "velocity")->matrix = c->velocity;
    aimci_state_add_vector(tensors, "progress", c->progress, AIMCI_I64, AIMCI_CHI_N_PROGRESS);
    if (c->maxima)
        aimci_state_add_vector(tensors, "maxima", c->maxima, AIMCI_F64, 2);
}

void aimci_chi_reset(void *state)
{
    aimci_chi *c = state;
    const size_t n = c->array->ld * c->array->n_in;
    memset(c->chi, 0, n * sizeof *c->chi);
    if (c->velocity)
        memset(c->velocity, 0, n * sizeof *c->velocity);
    if (c->maxima)
        c->maxima[0] = c->maxima[1] = -1;
    memset(c->progress, 0, AIMCI_CHI_N_PROGRESS * sizeof *c->progress);
}

void aimci_chi_stats(const void *state, aimc_optimizer_stats *stats)
{
    *stats = ((const aimci_chi *)state)->stats;
}
