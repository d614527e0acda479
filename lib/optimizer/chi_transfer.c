/* SPDX-License-Identifier: MIT */
/* The way of chi onto the devices: rows that are due, as exact counts or by stochastic trains. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "optimizer/chi.h"
#include "tile/half_select.h"

typedef struct transfer_job {
    aimci_chi *c;
    const aimci_chi_charge *charge;
    size_t first, rows; /* outputs that are due; they wrap around at the last */
    aimci_pulse_key key;
} transfer_job;

static bool due(const transfer_job *job, size_t i)
{
    const size_t n_out = job->c->array->n_out;
    return (i + n_out - job->first) % n_out < job->rows;
}

/* Counts of chi in thresholds. A sum of floats that misses a threshold by less than one part in a
 * million counts as reaching it; the kernel cross() does the same. */
static double count_of(const transfer_job *job, double chi)
{
    return trunc(fmax(fmin(chi / job->charge->threshold, 1e30), -1e30) * (1 + 1e-6));
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
    for (size_t i = 0; i < job->c->array->n_out; i++) {
        hidden[i] = due(job, i) ? 0.0f : chi[i];
        chi[i] -= hidden[i];
    }
}

/* One line of cells, every due output at once, exactly. */
static void write_line(void *arg, size_t slot, size_t j)
{
    const transfer_job *job = arg;
    aimci_chi *c = job->c;
    const aimci_array *a = c->array;
    float *chi = c->chi + j * a->ld, *hidden = c->hidden + slot * a->ld;
    int32_t *counts = c->counts + slot * a->ld;
    const bool partly = job->rows < a->n_out;
    const aimci_crossing crossing = {
        .threshold = (float)job->charge->threshold,
        .taken = (float)job->charge->taken,
        .per_count = (float)(c->eps * c->params.transfer_lr / a->device->info.granularity),
        .longest = (float)c->longest,
        .whole = job->charge->whole};
    if (partly)
        hide(job, chi, hidden);
    if (c->kernels->cross(&crossing, chi, counts, aimci_round_up(a->n_out, 8),
                          c->pulses + slot * 8)) {
        aimci_array_pulse(a, j, counts, &job->key);
        aimci_half_select_note(a, j, counts);
    }
    for (size_t i = 0; partly && i < a->n_out; i++)
        chi[i] += hidden[i];
}

/* One row by stochastic trains: the outer product of the row's counts with a unit vector. A train
 * has room for desired_bl pulses, so all counts of the row shrink by the same factor where the
 * largest exceeds that; what is not sent stays in chi. */
static void write_row(const transfer_job *job, size_t i, aimc_counters *counters)
{
    aimci_chi *c = job->c;
    aimci_array *a = c->array;
    float *x = c->sides[AIMCI_CHI_INPUTS].row, *d = c->sides[AIMCI_CHI_GRADIENTS].row;
    double most = 0;
    for (size_t j = 0; j < a->n_in; j++) {
        const double n = count_of(job, (double)c->chi[j * a->ld + i]);
        x[j] = (float)n;
        most = fmax(most, fabs(n));
    }
    if (most == 0)
        return;
    const double share = fmin(1, (double)c->update.desired_bl / most);
    for (size_t j = 0; j < a->n_in; j++)
        if (x[j] != 0) {
            float *chi = &c->chi[j * a->ld + i];
            x[j] = (float)((double)x[j] * share);
            *chi = (float)((double)*chi - taken(job, (double)x[j]));
            c->stats.crossings++;
        }
    d[i] = 1.0f;
    const double rate = c->eps * c->params.transfer_lr;
    const aimci_outer outer = {
        .n = 1, .x = x, .d = d, .ld_x = a->n_in, .ld_d = a->n_out, .rate = &rate};
    aimci_pulser_chunk(c->pulser, a, a->device->info.granularity, &outer, counters);
    d[i] = 0.0f;
}

static void warn_of_cuts(aimci_chi *c, uint64_t n)
{
    const aimc_device_info *info = &c->array->device->info;
    aimci_warn(c->ctx, &c->cut, n,
               "optimizer_step: chi asks for more than %" PRId32 " pulses at once to %" PRIu64
               " cells, which is all that devices of %.4g states notice; the others are not sent: "
               "the gradients or the learning rate are too large for a granularity of %.3g",
               c->longest, n, info->num_states, info->granularity);
}

static void write_exactly(transfer_job *job, aimc_counters *counters)
{
    aimci_chi *c = job->c;
    aimci_array *a = c->array;
    uint64_t cut = 0;
    job->key = aimci_array_pulse_key(a, a->n_updates, 0);
    aimci_parallel(c->ctx, a->n_in, write_line, job);
    for (size_t s = 0; s < aimci_context_slots(c->ctx); s++) {
        aimci_array_count(a, c->pulses[8 * s], c->pulses[8 * s + 1], counters);
        c->stats.crossings += c->pulses[8 * s + 2];
        cut += c->pulses[8 * s + 3];
        memset(c->pulses + 8 * s, 0, 4 * sizeof *c->pulses);
    }
    warn_of_cuts(c, cut);
    aimci_array_advance(a, 1, counters);
}

void aimci_chi_transfer(aimci_chi *c, const aimci_chi_charge *charge)
{
    const size_t n_out = c->array->n_out;
    const int64_t batches = ++c->progress[AIMCI_CHI_BATCHES];
    if (batches % (int64_t)c->params.transfer_every != 0 || c->params.n_rows_per_transfer == 0)
        return;
    transfer_job job = {.c = c, .charge = charge, .rows = n_out};
    if (c->params.n_rows_per_transfer > 0 && (size_t)c->params.n_rows_per_transfer < n_out) {
        job.rows = (size_t)c->params.n_rows_per_transfer;
        job.first = (size_t)c->progress[AIMCI_CHI_ROW];
        if (c->params.random_row)
            job.first =
                aimci_random_key(c->array->seed, AIMCI_OP_TRANSFER, 18, (uint64_t)batches).k[0] %
                n_out;
        c->progress[AIMCI_CHI_ROW] = (int64_t)((job.first + job.rows) % n_out);
    }
    aimc_counters counters = {0};
    if (c->params.write_mode == AIMCI_CHI_EXACT) {
        write_exactly(&job, &counters);
    } else {
        for (size_t r = 0; r < job.rows; r++)
            write_row(&job, (job.first + r) % n_out, &counters);
        counters.updates = 0; /* the step has counted the vectors */
    }
    c->stats.transfers++;
    c->stats.slow_up += counters.pulses_up;
    c->stats.slow_down += counters.pulses_down;
    aimci_counters_add(&c->tile->counters, &counters);
}
