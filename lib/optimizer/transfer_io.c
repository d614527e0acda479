/* SPDX-License-Identifier: MIT */
/* The transfer engine's arrays: making them, reading and writing slices, saving. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "optimizer/transfer.h"
#include "tile/half_select.h"

/* ---- slices: columns are lines of cells, rows go across ------------------------------------- */

size_t aimci_transfer_index(const aimci_transfer *e, size_t s, size_t r)
{
    const size_t ld = e->array->ld;
    return e->params.transfer_columns ? s * ld + r : r * ld + s;
}

/* Only the slice's own line is driven, so it is read as a matrix of one column: the others rest. */
void aimci_transfer_read(aimci_transfer *e, size_t k, size_t s, float *z)
{
    const float *w = e->arrays[k]->w;
    for (size_t r = 0; r < e->out_size; r++)
        e->read.slice[r] = w[aimci_transfer_index(e, s, r)];
    aimci_readout_counts counts = {0};
    aimci_slice_reader_read(&e->read, z, &counts);
    aimc_counters *c = &e->tile->counters;
    *(e->params.transfer_columns ? &c->forward_passes : &c->backward_passes) += counts.passes;
    c->dac_conversions += counts.inputs;
    c->adc_conversions += counts.outputs * e->out_size;
    c->accumulations += e->rule->n_matrices > 0 ? e->out_size : 0;
    aimci_counters_add_activity(c, &counts);
    e->stats.reads++;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void count_writes(aimci_transfer *e, const aimc_counters *counters)
{
    e->stats.slow_up += counters->pulses_up;
    e->stats.slow_down += counters->pulses_down;
    aimci_counters_add(&e->tile->counters, counters);
}

/* A_k[slice s] += rate v, by pulse trains of transfer_update. */
static void write_by_trains(aimci_transfer *e, size_t k, size_t s, const float *v, double rate)
{
    const bool columns = e->params.transfer_columns;
    float *slice = columns ? e->write_d : e->write_x, *one = columns ? e->write_x : e->write_d;
    for (size_t r = 0; r < e->out_size; r++)
        slice[r] = columns ? -v[r] : v[r];
    one[s] = columns ? 1.0f : -1.0f; /* W -= rate d x' */
    const aimci_array *a = e->arrays[k];
    const aimci_outer outer = {
        .n = 1, .x = e->write_x, .d = e->write_d, .ld_x = a->n_in, .ld_d = a->n_out, .rate = &rate};
    aimc_counters counters = {0};
    aimci_pulser_chunk(e->slow, e->arrays[k], e->granularity[k], &outer, &counters);
    one[s] = 0.0f;
    counters.updates = 0;
    count_writes(e, &counters);
}

/* q[r] pulses to element r of slice s of array k, exactly. */
static void write_exactly(aimci_transfer *e, size_t k, size_t s, const int32_t *q)
{
    aimci_array *a = e->arrays[k];
    const aimci_pulse_key key = aimci_array_pulse_key(a, a->n_updates, 0);
    aimc_counters counters = {0};
    uint64_t up = 0, down = 0;
    for (size_t r = 0; r < e->out_size; r++)
        *(q[r] > 0 ? &up : &down) += (uint64_t)(q[r] > 0 ? q[r] : -q[r]);
    aimci_array_count(a, up, down, &counters);
    if (e->params.transfer_columns) {
        memcpy(e->counts, q, e->out_size * sizeof *q);
        aimci_array_pulse(a, s, e->counts, &key);
        aimci_half_select_note(a, s, e->counts);
        memset(e->counts, 0, e->out_size * sizeof *q);
    } else {
        for (size_t j = 0; j < e->out_size; j++)
            if (q[j]) {
                e->counts[s] = q[j];
                aimci_array_pulse(a, j, e->counts, &key);
                aimci_half_select_note(a, j, e->counts);
            }
        e->counts[s] = 0;
    }
    aimci_array_advance(a, 1, &counters);
    count_writes(e, &counters);
}

static int32_t clip_count(double n, int32_t most)
{
    return (int32_t)fmax(fmin(n, most), -most);
}

static void write_counts(aimci_transfer *e, size_t k, size_t s, const int32_t *q)
{
    bool any = false;
    for (size_t r = 0; r < e->out_size; r++)
        any |= q[r] != 0;
    if (!any)
        return;
    if (e->params.write_mode == AIMCI_WRITE_TRAINS) {
        for (size_t r = 0; r < e->out_size; r++)
            e->z[r] = (float)q[r];
        write_by_trains(e, k, s, e->z, e->params.step * e->granularity[k]);
        return;
    }
    for (size_t r = 0; r < e->out_size; r++)
        e->q[r] = clip_count(rint((double)q[r] * e->params.step), e->longest[k]);
    write_exactly(e, k, s, e->q);
}

/* ---- writes at once, or held back to the end of the mini-batch ------------------------------ */

void aimci_transfer_write(aimci_transfer *e, size_t k, size_t s, const float *v, double rate)
{
    float *pending = e->pending[k - 1];
    for (size_t r = 0; pending && r < e->out_size; r++)
        pending[aimci_transfer_index(e, s, r)] += aimci_finite_float(rate * (double)v[r]);
    if (!pending)
        write_by_trains(e, k, s, v, rate);
}

void aimci_transfer_write_counts(aimci_transfer *e, size_t k, size_t s, const int32_t *q)
{
    float *pending = e->pending[k - 1];
    for (size_t r = 0; pending && r < e->out_size; r++)
        pending[aimci_transfer_index(e, s, r)] += (float)q[r];
    if (!pending)
        write_counts(e, k, s, q);
}

static bool take_pending(aimci_transfer *e, size_t k, size_t s)
{
    bool any = false;
    for (size_t r = 0; r < e->out_size; r++) {
        float *pending = &e->pending[k][aimci_transfer_index(e, s, r)];
        e->z[r] = *pending;
        any |= *pending != 0;
        *pending = 0;
    }
    return any;
}

void aimci_transfer_flush(aimci_transfer *e)
{
    int32_t *q = e->q + e->out_size;
    for (size_t k = 0; k + 1 < e->n_arrays && e->pending[k]; k++)
        for (size_t s = 0; s < e->in_size; s++) {
            if (!take_pending(e, k, s))
                continue;
            for (size_t r = 0; r < e->out_size; r++)
                q[r] = clip_count((double)e->z[r], AIMCI_LONGEST_TRAIN);
            if (e->rule->n_matrices > 0)
                write_counts(e, k + 1, s, q);
            else
                write_by_trains(e, k + 1, s, e->z, 1);
        }
}

/* Five times 0.2 must count as 1, so a sum that misses a threshold by less than one part in a
 * million counts as reaching it. */
int32_t aimci_transfer_count(aimci_transfer *e, double o)
{
    const double most = (double)e->slow_update.desired_bl;
    const double n = o == o ? trunc(o * (1 + 1e-6)) : 0;
    e->stats.crossings += n != 0;
    e->stats.clipped += fabs(n) > most;
    return clip_count(n, (int32_t)most);
}

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status check(const aimci_transfer_params *p, const aimci_transfer_rule *rule)
{
    if (p->transfer_every < 0 && p->units_in_mbatch)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: transfer_every = %g (automatic) does not go with "
                          "units_in_mbatch",
                          p->transfer_every);
    if (rule->chopped && p->transfer_every == 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: transfer_every is 0: nothing would ever be learned");
    if (p->with_reset_prob > 0 && !p->transfer_columns)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: with_reset_prob needs transfer_columns");
    const size_t n = p->n_arrays > 0 ? (size_t)p->n_arrays : 2;
    if (p->gamma_vec.n && p->gamma_vec.n != n)
        return aimci_fail(AIMC_ERR_INVALID,
                          "optimizer_create: gamma_vec has %zu values for %zu arrays",
                          p->gamma_vec.n, n);
    if (p->gamma_vec.n && p->gamma_vec.v[n - 1] == 0)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_create: the last value of gamma_vec is 0");
    if (rule->n_matrices == 3 && p->in_chop_prob <= 0)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "optimizer_create: in_chop_prob is 0; a dynamic reference needs choppers");
    return AIMC_OK;
}

/* gamma_k = gamma^(n-1-k), 0^0 = 1; composite only when more than the last array shows. */
static bool set_gamma(aimci_transfer *e)
{
    bool composite = false;
    for (size_t k = 0; k < e->n_arrays; k++) {
        e->gamma[k] = e->params.gamma_vec.n
                          ? e->params.gamma_vec.v[k]
                          : aimci_pow(e->params.gamma, (double)(e->n_arrays - 1 - k));
        composite |= k + 1 < e->n_arrays ? e->gamma[k] != 0 : e->gamma[k] != 1;
    }
    return composite;
}

static aimc_status make_arrays(aimci_transfer *e, const aimc_config *config)
{
    aimci_array *slow = e->array;
    aimc_device *fast = NULL;
    aimc_status st = AIMC_OK;
    if (e->params.separate_fast_device)
        st = aimc_device_create(e->ctx, NULL, aimci_config_child(config, "fast_device"), &fast);
    for (size_t k = 0; k + 1 < e->n_arrays && !st; k++) {
        const aimc_device *device = k == 0 && fast ? fast : slow->device;
        st = aimci_array_create(device, slow->n_out, slow->n_in,
                                aimci_random_derive(slow->seed, 1 + k), "optimizer_create",
                                &e->arrays[k]);
        if (!st && !device->ops->pulsed)
            st = aimci_fail(AIMC_ERR_INVALID, "optimizer_create: device '%s' takes no pulses",
                            device->ops->kind->name);
    }
    aimc_device_unref(fast);
    e->arrays[e->n_arrays - 1] = slow;
    if (!st && !slow->device->ops->pulsed)
        st =
            aimci_fail(AIMC_ERR_INVALID, "optimizer_create: device '%s' takes no pulses; use 'sgd'",
                       slow->device->ops->kind->name);
    for (size_t k = 0; k < e->n_arrays && !st; k++) {
        e->granularity[k] = e->arrays[k]->device->info.granularity;
        e->longest[k] = aimci_device_longest_train(e->arrays[k]->device);
    }
    for (size_t k = 1; k < e->n_arrays && !st; k++)
        aimci_array_pulse_several(e->arrays[k], e->slow_update.multi_pulse);
    return st;
}

/* The transfer's read-out: noise and bound management are off, whatever the configuration says. */
static aimc_status make_read(aimci_transfer *e, const aimc_config *config)
{
    aimc_config *read = NULL;
    aimc_status st = aimc_config_copy(aimci_config_child(config, "transfer_forward"), &read);
    if (!st)
        st = aimc_config_set_text(read, "noise_management", "NONE");
    if (!st)
        st = aimc_config_set_text(read, "bound_management", "NONE");
    if (!st)
        st = aimci_slice_reader_init(&e->read, e->ctx, e->out_size, read,
                                     aimci_random_derive(e->array->seed, 100));
    aimc_config_destroy(read);
    return st ? aimci_fail_within(st, "optimizer_create: transfer_forward: ") : AIMC_OK;
}

static bool allocate(aimci_transfer *e, bool composite)
{
    const aimci_array *a = e->array;
    const size_t n = a->ld * a->n_in;
    bool ok = true;
    for (size_t k = 0; k + 1 < e->n_arrays; k++)
        for (size_t m = 0; m < e->n_matrices; m++)
            ok &= (e->matrices[k][m] = aimci_calloc(e->ctx, n, sizeof(float))) != NULL;
    ok &= (e->chop_in = aimci_calloc(e->ctx, e->in_size, sizeof *e->chop_in)) != NULL;
    ok &= (e->chop_out = aimci_calloc(e->ctx, e->out_size, sizeof *e->chop_out)) != NULL;
    ok &= (e->switched = aimci_calloc(e->ctx, e->in_size, sizeof *e->switched)) != NULL;
    ok &= (e->z = aimci_calloc(e->ctx, e->out_size, sizeof *e->z)) != NULL;
    ok &= (e->write_x = aimci_calloc(e->ctx, a->n_in, sizeof *e->write_x)) != NULL;
    ok &= (e->write_d = aimci_calloc(e->ctx, a->n_out, sizeof *e->write_d)) != NULL;
    ok &= (e->q = aimci_calloc(e->ctx, 2 * e->out_size, sizeof *e->q)) != NULL;
    ok &= (e->counts = aimci_calloc(e->ctx, a->ld, sizeof *e->counts)) != NULL;
    ok &= (e->progress = aimci_calloc(e->ctx, AIMCI_N_PROGRESS, sizeof *e->progress)) != NULL;
    ok &= (e->averages = aimci_calloc(e->ctx, AIMCI_N_AVERAGES, sizeof *e->averages)) != NULL;
    for (size_t k = 0; e->params.defer_writes && k + 1 < e->n_arrays; k++)
        ok &= (e->pending[k] = aimci_calloc(e->ctx, n, sizeof *e->pending[k])) != NULL;
    if (composite)
        ok &= (e->composite = aimci_calloc(e->ctx, n, sizeof *e->composite)) != NULL;
    return ok;
}

static const aimci_update_params *update_of(const aimc_config *config, const char *name)
{
    return aimci_config_values(aimci_config_child(config, name), &aimci_kind_update);
}

aimc_status aimci_transfer_create(aimci_transfer *e, aimc_tile *tile, const aimc_config *config,
                                  const aimci_transfer_rule *rule)
{
    e->ctx = tile->ctx;
    e->tile = tile;
    e->array = tile->array;
    e->rule = rule;
    e->params = *(const aimci_transfer_params *)config->values;
    aimc_status st = check(&e->params, rule);
    if (st)
        return st;
    e->n_arrays = e->params.n_arrays > 0 ? (size_t)e->params.n_arrays : 2;
    const bool columns = e->params.transfer_columns;
    e->n_matrices = rule->n_matrices + (e->params.significance > 0);
    e->in_size = columns ? e->array->n_in : e->array->n_out;
    e->out_size = columns ? e->array->n_out : e->array->n_in;
    e->slow_update = *update_of(config, "transfer_update");
    const bool composite = set_gamma(e);
    st = make_arrays(e, config);
    if (!st && !allocate(e, composite))
        st = aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory for transfer");
    if (!st)
        st = make_read(e, config);
    if (!st)
        st = aimci_pulser_for_tile(tile, update_of(config, "update"), &e->fast);
    if (!st)
        st = aimci_pulser_for_tile(tile, &e->slow_update, &e->slow);
    if (!st && composite) {
        if (!tile->saved.trainer) /* a loaded tile holds A_{n-1} itself */
            aimci_transfer_show(e);
        aimci_transfer_recompose(e);
        aimci_tile_set_view(tile, AIMCI_VIEW_COMPOSITE,
                            (aimci_weight_view){.weights = e->composite});
    }
    return st;
}

void aimci_transfer_destroy(void *state, aimc_context *ctx)
{
    aimci_transfer *e = state;
    for (size_t k = 0; k + 1 < e->n_arrays; k++) {
        aimci_array_destroy(e->arrays[k]);
        aimci_free(ctx, e->pending[k]);
        for (size_t m = 0; m < AIMCI_TRANSFER_MATRICES; m++)
            aimci_free(ctx, e->matrices[k][m]);
    }
    void *const blocks[] = {e->chop_in,  e->chop_out, e->switched, e->z,
                            e->write_x,  e->write_d,  e->q,        e->counts,
                            e->progress, e->averages, e->composite};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        aimci_free(ctx, blocks[i]);
    aimci_slice_reader_clear(&e->read);
    aimci_pulser_destroy(e->fast);
    aimci_pulser_destroy(e->slow);
}

/* ---- state: seen live, saved and restored --------------------------------------------------- */

void aimci_transfer_tensors(void *state, aimci_state_tensors *tensors)
{
    aimci_transfer *e = state;
    static const char *const matrix_names[] = {"buffer", "mean", "reference", "variance"};
    assert(e->n_matrices <= sizeof matrix_names / sizeof matrix_names[0]);
    for (size_t k = 0; k + 1 < e->n_arrays; k++) {
        aimci_state_add(tensors, "fast%zu", k)->array = e->arrays[k];
        for (size_t m = 0; m < e->n_matrices; m++)
            aimci_state_add(tensors, "%s%zu", matrix_names[m], k)->matrix = e->matrices[k][m];
    }
    aimci_state_add_vector(tensors, "chop_in", e->chop_in, AIMCI_I32, e->in_size);
    aimci_state_add_vector(tensors, "chop_out", e->chop_out, AIMCI_I32, e->out_size);
    aimci_state_add_vector(tensors, "switched", e->switched, AIMCI_I32, e->in_size);
    aimci_state_add_vector(tensors, "progress", e->progress, AIMCI_I64, AIMCI_N_PROGRESS);
    aimci_state_add_vector(tensors, "averages", e->averages, AIMCI_F64, AIMCI_N_AVERAGES);
    aimci_state_add_vector(tensors, "read_vectors", &e->read.periphery->n_vectors, AIMCI_U64, 1);
}
