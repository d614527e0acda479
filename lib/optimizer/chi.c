/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stream.h"
#include "optimizer/chi.h"

/* ---- making --------------------------------------------------------------------------------- */

void aimci_chi_destroy(aimci_chi *c, aimc_context *ctx)
{
    void *const blocks[] = {c->chi,    c->x,      c->d,        c->row_x, c->row_d,
                            c->counts, c->pulses, c->progress, c->hidden};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        aimci_free(ctx, blocks[i]);
    aimci_pulser_destroy(c->pulser);
}

static bool allocate(aimci_chi *c)
{
    const aimci_array *a = c->tile->array;
    const size_t slots = aimci_context_slots(c->ctx);
    c->chi = aimci_calloc(c->ctx, a->ld * a->n_in, sizeof *c->chi);
    c->x =
        aimci_calloc(c->ctx, AIMCI_GEMM_MAX_BATCH * aimci_leading_dimension(a->n_in), sizeof *c->x);
    c->d = aimci_calloc(c->ctx, AIMCI_GEMM_MAX_BATCH * a->ld, sizeof *c->d);
    c->row_x = aimci_calloc(c->ctx, a->n_in, sizeof *c->row_x);
    c->row_d = aimci_calloc(c->ctx, a->n_out, sizeof *c->row_d);
    c->hidden = aimci_calloc(c->ctx, slots * a->ld, sizeof *c->hidden);
    c->counts = aimci_calloc(c->ctx, slots * a->ld, sizeof *c->counts);
    c->pulses = aimci_calloc(c->ctx, slots * 8, sizeof *c->pulses);
    c->progress = aimci_calloc(c->ctx, AIMCI_CHI_N_PROGRESS, sizeof *c->progress);
    return c->hidden && c->chi && c->x && c->d && c->row_x && c->row_d && c->counts && c->pulses &&
           c->progress;
}

aimc_status aimci_chi_create(aimci_chi *c, aimc_tile *tile, const aimc_config *config,
                             const aimci_chi_params *params)
{
    c->ctx = tile->ctx;
    c->tile = tile;
    c->kernels = aimci_kernels_get(aimc_context_get_cpu(tile->ctx));
    c->params = *params;
    const aimc_device *device = tile->array->device;
    if (!device->model->pulsed)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: device '%s' takes no pulses; use 'sgd'",
                          device->model->family->name);
    if (params->n_x_bins == 1 || params->n_d_bins == 1)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: %s is 1; 0 (off) or at least 2 is allowed",
                          params->n_x_bins == 1 ? "n_x_bins" : "n_d_bins");
    c->eps = params->granularity > 0 ? params->granularity : device->info.granularity;
    const aimci_update_params *update =
        aimci_config_values(aimci_config_child(config, "update"), &aimci_family_update);
    c->update = *update;
    c->update.update_management = c->update.update_bl_management = true;
    aimci_array_pulse_several(tile->array, update->multi_pulse);
    if (!allocate(c))
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory for chi");
    return aimci_pulser_for_tile(tile, &c->update, &c->pulser);
}

void aimci_chi_reset(aimci_chi *c)
{
    memset(c->chi, 0, c->tile->array->ld * c->tile->array->n_in * sizeof *c->chi);
    memset(c->progress, 0, AIMCI_CHI_N_PROGRESS * sizeof *c->progress);
}

/* ---- quantiser ------------------------------------------------------------------------------ */

void aimci_chi_quantize(const aimci_chi *c, const float *v, size_t n, double width, double half,
                        bool stochastic, int side, uint64_t index, float *out)
{
    /* 16, 17 and 18 below keep these streams apart from those of the transfer engine */
    const aimci_key key =
        aimci_random_key(c->tile->array->seed, AIMCI_OP_TRANSFER, 16 + (uint32_t)side, index);
    aimci_stream stream = aimci_stream_open(&key, 0);
    vf u = vf_set(0.5f);
    for (size_t i = 0; i < n; i++) {
        if (stochastic && i % AIMCI_LANES == 0)
            u = aimci_stream_uniform(&stream);
        const double noise = stochastic ? (double)u[i % AIMCI_LANES] - 0.5 : 0.0;
        const double q = width > 0 ? rint((double)v[i] / width + noise) : 0.0;
        out[i] = (float)fmax(fmin(q, half), -half);
    }
}

/* ---- transfer ------------------------------------------------------------------------------- */

typedef struct transfer_job {
    aimci_chi *c;
    const aimci_chi_charge *charge;
    size_t first, rows; /* outputs that are due; they wrap around at the last */
    aimci_pulse_key key;
} transfer_job;

static bool due(const transfer_job *job, size_t i)
{
    const size_t n_out = job->c->tile->array->n_out;
    return (i + n_out - job->first) % n_out < job->rows;
}

/* Counts of chi in thresholds. A sum of floats that misses a threshold by less than one part in a
 * million counts as reaching it; the kernel cross() does the same. */
static double count_of(const transfer_job *job, double chi)
{
    return trunc(chi / job->charge->threshold * (1 + 1e-6));
}

static double taken(const transfer_job *job, double n)
{
    const double amount = n * job->charge->taken;
    return job->charge->whole ? rint(amount) : amount;
}

/* The kernel works on whole lines. Outputs that are not due are set aside and stand as zeros in
 * chi, which cross no threshold, until it has run. */
static void hide(const transfer_job *job, float *chi, float *hidden)
{
    for (size_t i = 0; i < job->c->tile->array->n_out; i++) {
        hidden[i] = due(job, i) ? 0.0f : chi[i];
        chi[i] -= hidden[i];
    }
}

/* One line of cells, every due output at once, exactly. */
static void write_line(void *arg, size_t slot, size_t j)
{
    const transfer_job *job = arg;
    aimci_chi *c = job->c;
    const aimci_array *a = c->tile->array;
    float *chi = c->chi + j * a->ld, *hidden = c->hidden + slot * a->ld;
    int32_t *counts = c->counts + slot * a->ld;
    const bool partly = job->rows < a->n_out;
    const aimci_crossing crossing = {
        .threshold = (float)job->charge->threshold,
        .taken = (float)job->charge->taken,
        .per_count = (float)(c->eps * c->params.transfer_lr / a->device->info.granularity),
        .whole = job->charge->whole};
    if (partly)
        hide(job, chi, hidden);
    if (c->kernels->cross(&crossing, chi, counts, aimci_round_up(a->n_out, 8),
                          c->pulses + slot * 8))
        aimci_array_pulse(a, j, counts, &job->key);
    for (size_t i = 0; partly && i < a->n_out; i++)
        chi[i] += hidden[i];
}

/* One row by stochastic trains: the outer product of the row's counts with a unit vector. A train
 * has room for desired_bl pulses, so all counts of the row shrink by the same factor where the
 * largest exceeds that; what is not sent stays in chi. */
static void write_row(const transfer_job *job, size_t i, aimc_counters *counters)
{
    aimci_chi *c = job->c;
    aimci_array *a = c->tile->array;
    double most = 0;
    for (size_t j = 0; j < a->n_in; j++) {
        const double n = count_of(job, (double)c->chi[j * a->ld + i]);
        c->row_x[j] = (float)n;
        most = fmax(most, fabs(n));
    }
    if (most == 0)
        return;
    const double share = fmin(1, (double)c->update.desired_bl / most);
    for (size_t j = 0; j < a->n_in; j++)
        if (c->row_x[j] != 0) {
            float *chi = &c->chi[j * a->ld + i];
            c->row_x[j] = (float)((double)c->row_x[j] * share);
            *chi = (float)((double)*chi - taken(job, (double)c->row_x[j]));
            c->stats.crossings++;
        }
    c->row_d[i] = 1.0f;
    const double rate = c->eps * c->params.transfer_lr;
    const aimci_outer outer = {
        .n = 1, .x = c->row_x, .d = c->row_d, .ld_x = a->n_in, .ld_d = a->n_out, .rate = &rate};
    aimci_pulser_chunk(c->pulser, a, a->device->info.granularity, &outer, counters);
    c->row_d[i] = 0.0f;
}

static void write_exactly(transfer_job *job, aimc_counters *counters)
{
    aimci_chi *c = job->c;
    aimci_array *a = c->tile->array;
    job->key = aimci_array_pulse_key(a, a->n_updates, 0);
    aimci_parallel(c->ctx, a->n_in, write_line, job);
    for (size_t s = 0; s < aimci_context_slots(c->ctx); s++) {
        aimci_array_count(a, c->pulses[8 * s], c->pulses[8 * s + 1], counters);
        c->stats.crossings += c->pulses[8 * s + 2];
        memset(c->pulses + 8 * s, 0, 3 * sizeof *c->pulses);
    }
    aimci_array_advance(a, 1, counters);
}

void aimci_chi_count(const aimci_chi *c, size_t n)
{
    const uint64_t weights = (uint64_t)c->tile->array->n_out * c->tile->array->n_in;
    aimc_counters *counters = &c->tile->counters;
    counters->updates += n;
    counters->gradient_macs += n * weights;
    counters->accumulations += weights;
}

void aimci_chi_transfer(aimci_chi *c, const aimci_chi_charge *charge)
{
    const size_t n_out = c->tile->array->n_out;
    const int64_t batches = ++c->progress[AIMCI_CHI_BATCHES];
    if (batches % (int64_t)c->params.transfer_every != 0 || c->params.n_rows_per_transfer == 0)
        return;
    transfer_job job = {.c = c, .charge = charge, .rows = n_out};
    if (c->params.n_rows_per_transfer > 0 && (size_t)c->params.n_rows_per_transfer < n_out) {
        job.rows = (size_t)c->params.n_rows_per_transfer;
        job.first = (size_t)c->progress[AIMCI_CHI_ROW];
        if (c->params.random_row)
            job.first =
                aimci_random_key(c->tile->array->seed, AIMCI_OP_TRANSFER, 18, (uint64_t)batches)
                    .k[0] %
                n_out;
        c->progress[AIMCI_CHI_ROW] = (int64_t)((job.first + job.rows) % n_out);
    }
    aimc_counters counters = {0};
    if (c->params.write_mode == AIMCI_CHI_EXACT) {
        write_exactly(&job, &counters);
    } else {
        for (size_t r = 0; r < job.rows; r++)
            write_row(&job, (job.first + r) % n_out, &counters);
        counters.updates = 0; /* aimci_chi_count() has counted the vectors */
    }
    c->stats.transfers++;
    c->stats.slow_up += counters.pulses_up;
    c->stats.slow_down += counters.pulses_down;
    aimci_counters_add(&c->tile->counters, &counters);
}
