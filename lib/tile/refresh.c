/* SPDX-License-Identifier: MIT */
/* Refresh of one-sided pairs. Devices that only go up end up both high, where their steps are
 * small. Now and then every column is read; where the larger device reads above one threshold and
 * the smaller above another, both are reset and their difference is written back to the larger side
 * by one pulsed update of rate 1, open loop: what the longest train cannot restore is left to
 * training.
 *
 * Nandakumar et al., Front. Neurosci. 14:406 (2020). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tile/cell_array.h"
#include "tile/pulse_train.h"
#include "tile/refresh.h"
#include "tile/slice_reader.h"

struct aimci_refresh {
    aimci_slice_reader reader;
    aimci_pulser *pulser;
    float *x;       /* [n_in] one-hot */
    float *z[2];    /* [n_out] readings of the two devices, in their own direction */
    float *back[2]; /* [n_out] what is to be written back to each */
    float *saved;   /* [ld] */
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
    }
    aimci_free(a->ctx, r->saved);
    aimci_free(a->ctx, r);
}

aimc_status aimci_refresh_create(aimci_array *a)
{
    struct aimci_refresh *r = a->refresh = aimci_calloc(a->ctx, 1, sizeof *r);
    bool enough = r != NULL;
    enough = enough && (r->x = aimci_calloc(a->ctx, a->n_in, sizeof *r->x));
    for (int k = 0; k < 2 && enough; k++) {
        enough = (r->z[k] = aimci_calloc(a->ctx, a->n_out, sizeof *r->z[k])) != NULL;
        enough = enough && (r->back[k] = aimci_calloc(a->ctx, a->n_out, sizeof *r->back[k]));
    }
    enough = enough && (r->saved = aimci_calloc(a->ctx, a->ld, sizeof *r->saved));
    if (!enough)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for refreshing unit cells");
    const aimc_config *config = a->device->config;
    const aimci_update_params *update =
        aimci_config_values(aimci_config_child(config, "refresh_update"), &aimci_kind_update);
    if (update->pulse_type == AIMCI_PULSE_NONE ||
        update->pulse_type == AIMCI_PULSE_NONE_WITH_DEVICE)
        return aimci_fail(AIMC_ERR_INVALID,
                          "one_sided_cell: refresh_update.pulse_type sends no pulses");
    aimc_status st = aimci_slice_reader_init(&r->reader, a->ctx, a->n_out,
                                             aimci_config_child(config, "refresh_forward"),
                                             aimci_random_derive(a->seed, 100));
    if (!st)
        st = aimci_pulser_create(a->ctx, a->n_out, a->n_in, NULL, update, &r->pulser);
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

/* +1 where the member goes up, -1 for a mirrored one. */
static float direction(const aimci_array *a, int k)
{
    const bool raises = a->device->cell->share[k] > 0;
    return raises == (k == 0) ? 1.0f : -1.0f;
}

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

/* W -= rate d x' is up for negative d. */
static void write_back(aimci_array *a, size_t j, int k, aimc_counters *counters)
{
    struct aimci_refresh *r = a->refresh;
    const double rate = 1;
    for (size_t i = 0; i < a->n_out; i++)
        r->back[k][i] *= -direction(a, k);
    r->x[j] = 1;
    const aimci_outer outer = {
        .n = 1, .x = r->x, .d = r->back[k], .ld_x = a->n_in, .ld_d = a->n_out, .rate = &rate};
    aimc_counters counts = {0};
    aimci_pulser_chunk(r->pulser, a->members[k], a->members[k]->device->info.granularity, &outer,
                       &counts);
    r->x[j] = 0;
    counters->pulses_up += counts.pulses_up;
    counters->pulses_down += counts.pulses_down;
    counters->pulse_slots += counts.pulse_slots;
}

void aimci_refresh_run(aimci_array *a, aimc_counters *counters)
{
    for (size_t j = 0; j < a->n_in; j++) {
        read_column(a, j, counters);
        if (!find_needy(a))
            continue;
        reset_needy(a, j);
        for (int k = 0; k < 2; k++)
            write_back(a, j, k, counters);
    }
    aimci_cell_array_compose(a);
}

/* ---- state ---------------------------------------------------------------------------------- */

aimc_status aimci_refresh_put(const aimci_array *a, aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%srefresh.", prefix);
    return a->refresh ? aimci_periphery_put(a->refresh->reader.periphery, writer, name) : AIMC_OK;
}

aimc_status aimci_refresh_restore(aimci_array *a, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%srefresh.", prefix);
    return a->refresh ? aimci_periphery_restore(a->refresh->reader.periphery, reader, name)
                      : AIMC_OK;
}
