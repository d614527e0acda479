/* SPDX-License-Identifier: MIT */
/* What a programmed tile keeps. */
#include <math.h>
#include <string.h>

#include "inference/programmed.h"

/* ---- parameters ----------------------------------------------------------------------------- */

#define SRC "docs/models/programming.md"

static const aimci_field inference_fields[] = {
    AIMCI_CHILD("noise_model", 0, "noise_model", "pcm_like", "what the devices do", SRC),
    AIMCI_CHILD("encoding", 1, "encoding", "single_pair", "how a weight lies on devices", SRC),
    AIMCI_CHILD("programming", 2, "programming", "programming", "how devices are written", SRC),
    AIMCI_CHILD("compensation", 3, "compensation", "compensation",
                "what undoes drift; the reference read that it needs is taken after programming",
                SRC),
    AIMCI_CHILD("faults", 4, "faults", "faults", "devices that cannot be written", SRC),
    AIMCI_INTEGER(aimci_inference_params, seed, -1, -1, 9007199254740991.0, "1",
                  "seed of what the devices do: the same one gives the same chip again; -1: a new "
                  "chip with every programming, from the tile's seed and their number",
                  SRC),
};

AIMCI_DEFINE_KIND(
    inference, "inference",
    "the life of weights on a chip: devices, encoding, programming, faults, compensation", SRC,
    inference_fields, aimci_inference_params, .n_children = 5);

/* ---- making --------------------------------------------------------------------------------- */

aimci_programmed *aimci_programmed_of(const aimc_tile *tile)
{
    return tile->programmed.owner;
}

void aimci_programmed_destroy(aimci_programmed *p)
{
    aimc_context *ctx = p->ctx;
    aimc_population_destroy(p->cells);
    aimc_noise_model_destroy(p->model);
    aimc_config_destroy(p->config);
    aimci_free(ctx, p->target);
    aimci_free(ctx, p->middle);
    aimci_free(ctx, p->scratch);
    aimci_free(ctx, p->given);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}

static void take_off(void *owner)
{
    aimci_programmed *p = owner;
    aimci_tile_take_back_view(p->tile, AIMCI_VIEW_READ, p->seen);
    p->tile->programmed = (aimci_companion){0};
    aimci_programmed_destroy(p);
}

void aimci_programmed_take_off(aimci_programmed *p)
{
    take_off(p);
}

static size_t count_devices(const void *owner)
{
    return ((const aimci_programmed *)owner)->cells->n;
}

void aimci_programmed_show(aimci_programmed *p)
{
    const aimci_weight_view view = {.weights = p->seen,
                                    .conductance = p->conductance,
                                    .gain = p->compensated ? p->gain : NULL,
                                    .shift = p->compensated ? p->shift : NULL,
                                    .programmed = true,
                                    .one_read = p->read,
                                    .noise = &p->noise};
    aimci_tile_set_view(p->tile, AIMCI_VIEW_READ, view);
    p->tile->programmed = (aimci_companion){
        "inference", p, aimci_programmed_put, take_off, take_off, count_devices, NULL};
}

static aimc_status allocate(aimci_programmed *p)
{
    const size_t plane = p->ld * p->n_in;
    size_t weights, devices;
    if (aimci_mul_overflows(p->n_out, p->n_in, &weights) ||
        aimci_mul_overflows(weights, p->per_weight, &devices))
        return aimci_fail(AIMC_ERR_NOMEM, "tile_program: too many devices");
    devices += p->encoding->unit_shared ? p->n_in : 0;
    const size_t scratch = 3 * aimci_context_slots(p->ctx) * aimci_programmed_scratch(p);
    p->target = aimci_calloc(p->ctx, 5 * plane + 3 * p->n_in, sizeof *p->target);
    p->middle = aimci_calloc(p->ctx, 5 * p->n_out, sizeof *p->middle);
    p->scratch = aimci_calloc(p->ctx, scratch, sizeof *p->scratch);
    if (!p->target || !p->middle || !p->scratch)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_program: no memory for %zu devices", devices);
    p->read = p->target + plane;
    p->conductance = p->read + plane;
    p->seen = p->conductance + plane;
    p->variance = p->seen + plane;
    p->common = p->variance + plane;
    p->unit = p->encoding->unit_shared ? p->common + p->n_in : NULL;
    p->half = p->middle + p->n_out;
    p->gain = p->half + p->n_out;
    p->shift = p->gain + p->n_out;
    p->reference = p->shift + p->n_out;
    return aimc_population_create(p->model, devices, aimci_random_derive(p->seed, 0), &p->cells);
}

/* Of the tile's first programming as it was before they were counted, so that it stays the same. */
static uint64_t seed_of(const aimc_tile *t, int64_t given)
{
    if (given >= 0)
        return aimci_random_derive((uint64_t)given, t->seed);
    const uint64_t first = aimci_random_derive(t->seed, 3);
    return t->n_programs ? aimci_random_derive(first, t->n_programs) : first;
}

aimc_status aimci_programmed_prepare(aimc_tile *t, const aimc_config *config,
                                     aimci_programmed **out)
{
    aimci_programmed *p = aimci_calloc(t->ctx, 1, sizeof *p);
    if (!p)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_program: no memory");
    p->ctx = aimci_context_ref(t->ctx);
    p->tile = t;
    p->n_out = t->array->n_out;
    p->n_in = t->array->n_in;
    p->ld = t->array->ld;
    aimc_status st = config ? aimc_config_copy(config, &p->config)
                            : aimc_config_create(t->ctx, "inference", &p->config);
    if (!st)
        st = aimc_noise_model_create(t->ctx, NULL, aimci_config_child(p->config, "noise_model"),
                                     &p->model);
    if (!st) {
        const aimc_config *encoding = aimci_config_child(p->config, "encoding");
        p->seed = seed_of(t, ((const aimci_inference_params *)p->config->values)->seed);
        p->encoding = aimci_ops_of(encoding->kind, "encoding");
        p->encoding_params = encoding->values;
        p->programming = aimci_config_child(p->config, "programming")->values;
        p->compensation = aimci_config_child(p->config, "compensation")->values;
        st = p->encoding->check ? p->encoding->check(p->encoding_params) : AIMC_OK;
    }
    if (!st) {
        p->per_weight = p->encoding->n_devices(p->encoding_params);
        st = allocate(p);
    }
    if (st) {
        aimci_programmed_destroy(p);
        return aimci_fail_within(st, "tile_program: ");
    }
    *out = p;
    return AIMC_OK;
}

/* ---- gains and report ----------------------------------------------------------------------- */

void aimci_programmed_clear_gain(aimci_programmed *p)
{
    for (size_t i = 0; i < p->n_out; i++) {
        p->gain[i] = 1;
        p->shift[i] = 0;
    }
    p->compensated = false;
    if (aimci_programmed_of(p->tile) == p)
        aimci_programmed_show(p);
}

void aimci_programmed_update_report(aimci_programmed *p)
{
    aimc_inference_report *r = &p->report;
    double sum = 0;
    r->t_s = p->t;
    r->weight_error = aimci_programmed_error(p, p->compensated);
    r->extrapolated = aimci_noise_outside(p->model, p->t);
    r->gain_min = r->gain_max = (double)p->gain[0];
    for (size_t i = 0; i < p->n_out; i++) {
        sum += (double)p->gain[i];
        r->gain_min = fmin(r->gain_min, (double)p->gain[i]);
        r->gain_max = fmax(r->gain_max, (double)p->gain[i]);
    }
    r->gain_mean = sum / (double)p->n_out;
}
