/* SPDX-License-Identifier: MIT */
/* Refresh of one-sided pairs. Devices that only go up end up both high, where their steps are
 * small. Now and then every column is read; where the larger device reads above one threshold and
 * the smaller above another, both are reset and their difference is written back to the larger
 * side. How many pulses that takes, the mean response of the devices says, from where they read.
 * Half of them go out before the next look, until what is left is so little that noise would carry
 * devices past the end meanwhile: devices that only go up cannot come back. That rest goes out
 * without a look, so that the mean is right.
 *
 * Nandakumar et al., Front. Neurosci. 14:406 (2020). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tile/cell_array.h"
#include "tile/pulse_train.h"
#include "tile/refresh.h"
#include "tile/response.h"
#include "tile/slice_reader.h"

enum { MAX_LOOKS = 20 }; /* halves of the longest response */

struct aimci_refresh {
    aimci_slice_reader reader;
    aimci_pulser *pulser;
    bool deterministic;         /* trains: a part of a pulse is rounded */
    float *x;                   /* [n_in] one-hot */
    float *z[2];                /* [n_out] readings of the two devices, in their own direction */
    float *back[2];             /* [n_out] what is still to be written back to each; 0: nothing */
    float *count;               /* [n_out] pulses to come */
    float *saved;               /* [ld] */
    aimci_response response[2]; /* of a device that goes up, and of one that goes down */
};

/* ---- making --------------------------------------------------------------------------------- */

void aimci_refresh_destroy(aimci_array *a)
{
    struct aimci_refresh *r = a->refresh;
    if (!r)
        return;
    aimci_slice_reader_clear(&r->reader);
    aimci_pulser_destroy(r->pulser);
    aimci_free(a->ctx, r->x);
    for (int k = 0; k < 2; k++) {
        aimci_free(a->ctx, r->z[k]);
        aimci_free(a->ctx, r->back[k]);
        aimci_response_clear(&r->response[k]);
    }
    aimci_free(a->ctx, r->count);
    aimci_free(a->ctx, r->saved);
    aimci_free(a->ctx, r);
}

/* +1 where the member goes up, -1 for a mirrored one. */
static float direction(const aimci_array *a, int k)
{
    const bool raises = a->device->cell->share[k] > 0;
    return raises == (k == 0) ? 1.0f : -1.0f;
}

static const aimci_response *response_of(const aimci_array *a, int k)
{
    return &a->refresh->response[direction(a, k) < 0];
}

static bool allocate(aimci_array *a)
{
    struct aimci_refresh *r = a->refresh = aimci_calloc(a->ctx, 1, sizeof *r);
    bool enough = r != NULL;
    enough = enough && (r->x = aimci_calloc(a->ctx, a->n_in, sizeof *r->x));
    for (int k = 0; k < 2 && enough; k++) {
        enough = (r->z[k] = aimci_calloc(a->ctx, a->n_out, sizeof *r->z[k])) != NULL;
        enough = enough && (r->back[k] = aimci_calloc(a->ctx, a->n_out, sizeof *r->back[k]));
    }
    enough = enough && (r->count = aimci_calloc(a->ctx, a->n_out, sizeof *r->count));
    return enough && (r->saved = aimci_calloc(a->ctx, a->ld, sizeof *r->saved));
}

/* Counts of pulses are exact: there is no gradient whose scale could be taken as smaller. */
static aimc_status make_pulser(aimci_array *a)
{
    aimci_update_params update = *(const aimci_update_params *)aimci_config_values(
        aimci_config_child(a->device->config, "refresh_update"), &aimci_kind_update);
    if (update.pulse_type == AIMCI_PULSE_NONE || update.pulse_type == AIMCI_PULSE_NONE_WITH_DEVICE)
        return aimci_fail(AIMC_ERR_INVALID,
                          "one_sided_cell: refresh_update.pulse_type sends no pulses");
    update.um_grad_scale = 1;
    a->refresh->deterministic = update.pulse_type == AIMCI_PULSE_MEAN_COUNT ||
                                update.pulse_type == AIMCI_PULSE_DETERMINISTIC_IMPLICIT;
    return aimci_pulser_create(a->ctx, a->n_out, a->n_in, NULL, &update, &a->refresh->pulser);
}

aimc_status aimci_refresh_create(aimci_array *a)
{
    if (!allocate(a))
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for refreshing unit cells");
    struct aimci_refresh *r = a->refresh;
    aimc_status st = make_pulser(a);
    if (!st)
        st = aimci_slice_reader_init(&r->reader, a->ctx, a->n_out,
                                     aimci_config_child(a->device->config, "refresh_forward"),
                                     aimci_random_derive(a->seed, 100));
    const aimc_device *device = a->device->cell->members[0];
    if (!st)
        st = aimci_response_init(&r->response[0], device, true);
    if (!st && direction(a, 1) < 0)
        st = aimci_response_init(&r->response[1], device, false);
    return st ? aimci_fail_within(st, "one_sided_cell: ") : AIMC_OK;
}

/* ---- when ----------------------------------------------------------------------------------- */

uint64_t aimci_refresh_until_due(const aimci_array *a)
{
    if (!a->refresh || a->device->cell->refresh_in_mbatch)
        return UINT64_MAX;
    const uint64_t period = (uint64_t)a->device->cell->refresh_every;
    return period - a->n_updates % period;
}

bool aimci_refresh_due_after_batch(const aimci_array *a)
{
    return a->refresh && a->device->cell->refresh_in_mbatch &&
           a->n_batches % (uint64_t)a->device->cell->refresh_every == 0;
}

/* ---- a column ------------------------------------------------------------------------------- */

/* The mean bound that the member moves toward. */
static float span(const aimci_array *a, int k)
{
    const aimc_device_info *info = &a->members[k]->device->info;
    return (float)fabs(direction(a, k) > 0 ? info->w_max : info->w_min);
}

static void read_column(aimci_array *a, size_t j, aimc_counters *counters)
{
    struct aimci_refresh *r = a->refresh;
    for (int k = 0; k < 2; k++) {
        aimci_readout_counts counts = {0};
        memcpy(r->reader.slice, a->members[k]->w + j * a->ld, a->n_out * sizeof(float));
        aimci_slice_reader_read(&r->reader, r->z[k], &counts);
        for (size_t i = 0; i < a->n_out; i++)
            r->z[k][i] *= direction(a, k);
        counters->forward_passes += counts.passes;
        counters->dac_conversions += counts.inputs;
        counters->adc_conversions += counts.outputs * a->n_out;
        aimci_counters_add_activity(counters, &counts);
    }
}

/* Which cells need it, and what they lose by it. */
static bool find_needy(const aimci_array *a)
{
    const struct aimci_refresh *r = a->refresh;
    const aimci_cell *cell = a->device->cell;
    bool any = false;
    for (size_t i = 0; i < a->n_out; i++) {
        const float p = r->z[0][i], q = r->z[1][i];
        const float share[2] = {p / span(a, 0), q / span(a, 1)};
        const int larger = p > q ? 0 : 1;
        const bool needy =
            share[larger] > cell->refresh_upper && share[1 - larger] > cell->refresh_lower;
        r->back[0][i] = r->back[1][i] = 0;
        r->back[larger][i] = needy ? fabsf(p - q) : 0;
        any |= needy;
        r->z[0][i] = needy; /* the readings have done their work */
    }
    return any;
}

static void reset_needy(aimci_array *a, size_t j)
{
    struct aimci_refresh *r = a->refresh;
    for (int k = 0; k < 2; k++) {
        float *w = a->members[k]->w + j * a->ld;
        memcpy(r->saved, w, a->n_out * sizeof *w);
        aimci_array_reset(a->members[k], j, 1, 1.0f);
        for (size_t i = 0; i < a->n_out; i++)
            if (r->z[0][i] == 0)
                w[i] = r->saved[i];
    }
}

/* A train of so many pulses to the devices of member k that need as many; of one, also to those
 * that need a part of it, with that probability. W -= rate d x' is up for negative d, and with rate
 * 1 and granularity 1 / n, d = 1 fires in each of n slots. */
static void send_train(aimci_array *a, size_t j, int k, float n, aimc_counters *counters)
{
    struct aimci_refresh *r = a->refresh;
    const double rate = 1;
    float *d = r->saved; /* whose work is done */
    for (size_t i = 0; i < a->n_out; i++) {
        const float some = r->count[i] >= n ? n : n == 1 ? r->count[i] : 0;
        r->count[i] -= some;
        d[i] = -direction(a, k) * some / n;
    }
    r->x[j] = 1;
    const aimci_outer outer = {
        .n = 1, .x = r->x, .d = d, .ld_x = a->n_in, .ld_d = a->n_out, .rate = &rate};
    aimc_counters counts = {0};
    aimci_pulser_chunk(r->pulser, a->members[k], 1 / (double)n, &outer, &counts);
    r->x[j] = 0;
    counters->pulses_up += counts.pulses_up;
    counters->pulses_down += counts.pulses_down;
    counters->pulse_slots += counts.pulse_slots;
}

static float largest(const float *x, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, x[i]);
    return most;
}

/* r->count pulses: the longest trains while there are devices that need them, then shorter ones, so
 * that each device gets its own number and not one that scatters about it. */
static void send(aimci_array *a, size_t j, int k, aimc_counters *counters)
{
    struct aimci_refresh *r = a->refresh;
    float n = (float)aimci_pulser_length(r->pulser);
    for (float most; (most = largest(r->count, a->n_out)) > 0;) {
        while (n > 1 && n > most)
            n = floorf(n / 2);
        send_train(a, j, k, n, counters);
    }
}

/* With n pulses left of relative noise s, half of them have the noise s sqrt(n / 2) of their steps
 * and the other half, n / 2, is still to go: below n = 4.5 s^2 a device is past the end sooner than
 * at one and a half standard deviations. */
static double last_pulses(const aimci_response *r)
{
    return fmax(4.5 * r->noise * r->noise, 1);
}

/* What member k gets now, after a read: r->count. A cell is done with its last pulses. */
static void plan(aimci_array *a, int k, bool last_look)
{
    struct aimci_refresh *r = a->refresh;
    const aimci_response *response = response_of(a, k);
    for (size_t i = 0; i < a->n_out; i++) {
        r->count[i] = 0;
        if (r->back[k][i] <= 0)
            continue;
        const double end = (double)(r->back[k][i] + r->z[1 - k][i]);
        const double n = aimci_response_pulses(response, end) -
                         aimci_response_pulses(response, (double)r->z[k][i]);
        const bool done = last_look || n <= last_pulses(response);
        const double now = fmax(done ? n : n / 2, 0);
        r->count[i] = (float)(r->deterministic ? rint(now) : now);
        r->back[k][i] = done ? 0 : r->back[k][i];
    }
}

static void write_back(aimci_array *a, size_t j, aimc_counters *counters)
{
    struct aimci_refresh *r = a->refresh;
    for (int look = 1; largest(r->back[0], a->n_out) > 0 || largest(r->back[1], a->n_out) > 0;
         look++) {
        read_column(a, j, counters);
        for (int k = 0; k < 2; k++) {
            plan(a, k, look == MAX_LOOKS);
            send(a, j, k, counters);
        }
    }
}

void aimci_refresh_run(aimci_array *a, aimc_counters *counters)
{
    for (size_t j = 0; j < a->n_in; j++) {
        read_column(a, j, counters);
        if (!find_needy(a))
            continue;
        reset_needy(a, j);
        write_back(a, j, counters);
    }
    aimci_cell_array_compose(a);
}

/* ---- state ---------------------------------------------------------------------------------- */

aimc_status aimci_refresh_put(const aimci_array *a, aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%srefresh.", prefix);
    return a->refresh ? aimci_periphery_put(a->refresh->reader.periphery, 0, writer, name)
                      : AIMC_OK;
}

aimc_status aimci_refresh_restore(aimci_array *a, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%srefresh.", prefix);
    return a->refresh ? aimci_periphery_restore(a->refresh->reader.periphery, 0, reader, name)
                      : AIMC_OK;
}
