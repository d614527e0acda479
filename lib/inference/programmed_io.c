/* SPDX-License-Identifier: MIT */
/* Programmed devices in a tile's file. */
#include <stdio.h>
#include <string.h>

#include "inference/programmed.h"

typedef struct tensor {
    const char *name;
    float *data;
    bool is_plane;
} tensor;
enum { TENSORS = 8 };

static void tensors_of(const aimci_programmed *p, tensor out[TENSORS])
{
    const tensor all[TENSORS] = {{"target", p->target, true},
                                 {"read", p->read, true},
                                 {"conductance", p->conductance, true},
                                 {"middle", p->middle, false},
                                 {"half", p->half, false},
                                 {"gain", p->gain, false},
                                 {"shift", p->shift, false},
                                 {"reference", p->reference, false}};
    memcpy(out, all, sizeof all);
}

/* Numbers of the state that are not tensors, in a fixed order. */
enum { SCALARS = 18 };

static void scalars_of(const aimci_programmed *p, double v[SCALARS])
{
    const aimc_inference_report *r = &p->report;
    const double all[SCALARS] = {p->t,
                                 p->has_reference,
                                 p->compensated,
                                 (double)p->n_calibrations,
                                 (double)r->n_weights,
                                 (double)r->n_devices,
                                 (double)r->n_faulty,
                                 (double)r->pulses,
                                 (double)r->verify_reads,
                                 (double)r->iterations,
                                 (double)r->unconverged,
                                 r->write_time_s,
                                 r->weight_error};
    memcpy(v, all, sizeof all);
}

static void take_scalars(aimci_programmed *p, const double v[SCALARS])
{
    aimc_inference_report *r = &p->report;
    p->t = v[0];
    p->has_reference = v[1] != 0;
    p->compensated = v[2] != 0;
    p->n_calibrations = (uint64_t)v[3];
    r->n_weights = (uint64_t)v[4];
    r->n_devices = (uint64_t)v[5];
    r->n_faulty = (uint64_t)v[6];
    r->pulses = (uint64_t)v[7];
    r->verify_reads = (uint64_t)v[8];
    r->iterations = (uint64_t)v[9];
    r->unconverged = (uint64_t)v[10];
    r->write_time_s = v[11];
    r->weight_error = v[12];
}

aimc_status aimci_programmed_put(const void *owner, aimci_st_writer *writer, const char *prefix)
{
    const aimci_programmed *p = owner;
    char name[160];
    double scalars[SCALARS] = {0};
    tensor tensors[TENSORS];
    snprintf(name, sizeof name, "%sconfig", prefix);
    aimc_status st = aimci_put_config(p->ctx, writer, name, p->config);
    scalars_of(p, scalars);
    snprintf(name, sizeof name, "%sscalars", prefix);
    if (!st)
        st = aimci_st_put(writer, name, AIMCI_F64, 0, SCALARS, SCALARS, scalars);
    snprintf(name, sizeof name, "%sseed", prefix);
    if (!st)
        st = aimci_st_put(writer, name, AIMCI_U64, 0, 1, 1, &p->seed);
    tensors_of(p, tensors);
    for (size_t k = 0; k < TENSORS && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, tensors[k].name);
        st = aimci_st_put(writer, name, AIMCI_F32, tensors[k].is_plane ? p->n_in : 0, p->n_out,
                          p->ld, tensors[k].data);
    }
    snprintf(name, sizeof name, "%sgiven", prefix);
    if (!st && p->given)
        st = aimci_st_put(writer, name, AIMCI_F32, 0, p->cells->n, p->cells->n, p->given);
    snprintf(name, sizeof name, "%scells.", prefix);
    return st ? st : aimci_population_put(p->cells, writer, name);
}

/* As aimc_tile_set_conductances() takes them. */
static aimc_status get_given(aimci_programmed *p, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    const size_t n = p->cells->n;
    const float most = (float)(AIMCI_MOST_CONDUCTANCE * aimci_noise_range(p->model)->g_max);
    snprintf(name, sizeof name, "%sgiven", prefix);
    if (!aimci_st_has(reader, name))
        return AIMC_OK;
    p->given = aimci_calloc(p->ctx, n, sizeof *p->given);
    if (!p->given)
        return aimci_fail(AIMC_ERR_NOMEM, "load: no memory");
    const aimc_status st = aimci_st_get(reader, name, AIMCI_F32, 0, n, n, p->given);
    for (size_t i = 0; i < n && !st; i++)
        if (!(p->given[i] >= 0 && p->given[i] <= most))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%s': value [%zu] is %g; a conductance of 0 ... %g uS is "
                              "needed",
                              name, i, (double)p->given[i], (double)most);
    return st;
}

/* Numbers that a life on a chip does not lead to. */
static aimc_status check_state(const aimci_programmed *p, const double v[SCALARS],
                               const char *prefix)
{
    if (aimci_noise_check_time("load", p->model, v[0]))
        return aimci_fail_within(AIMC_ERR_FORMAT, "tensor '%sscalars': value 0: ", prefix);
    for (size_t k = 11; k <= 12; k++)
        if (!(v[k] >= 0))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%sscalars': value %zu is %g; at least 0 is "
                              "needed",
                              prefix, k, v[k]);
    for (size_t i = 0; i < p->n_out; i++)
        if (!(p->half[i] > 0))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%shalf': value [%zu] is %g; more than 0 is needed", prefix,
                              i, (double)p->half[i]);
    return AIMC_OK;
}

static aimc_status get(aimci_programmed *p, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    double scalars[SCALARS];
    tensor tensors[TENSORS];
    snprintf(name, sizeof name, "%sscalars", prefix);
    aimc_status st = aimci_st_get_scalars(reader, name, SCALARS, 3, 8, scalars);
    tensors_of(p, tensors);
    for (size_t k = 0; k < TENSORS && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, tensors[k].name);
        st = aimci_st_get(reader, name, AIMCI_F32, tensors[k].is_plane ? p->n_in : 0, p->n_out,
                          p->ld, tensors[k].data);
    }
    snprintf(name, sizeof name, "%sseed", prefix);
    if (!st && aimci_st_has(reader, name))
        st = aimci_st_get(reader, name, AIMCI_U64, 0, 1, 1, &p->seed);
    if (!st)
        st = get_given(p, reader, prefix);
    if (!st)
        st = check_state(p, scalars, prefix);
    snprintf(name, sizeof name, "%scells.", prefix);
    if (!st)
        st = aimci_population_restore(p->cells, reader, name);
    if (!st)
        take_scalars(p, scalars);
    return st;
}

aimc_status aimci_programmed_restore(aimc_tile *tile, const aimci_st_reader *reader,
                                     const char *of_tile)
{
    char prefix[120], name[160];
    snprintf(prefix, sizeof prefix, "%sprogram.", of_tile);
    snprintf(name, sizeof name, "%sconfig", prefix);
    const char *json = aimci_st_text(reader, name);
    if (!json)
        return AIMC_OK;
    aimc_config *config = NULL;
    aimci_programmed *p = NULL;
    aimc_status st = aimci_config_from_json(tile->ctx, "inference", json, &config);
    if (!st)
        st = aimci_programmed_prepare(tile, config, &p);
    if (st == AIMC_ERR_INVALID)
        st = aimci_fail_within(AIMC_ERR_FORMAT, "configuration: ");
    if (!st)
        st = get(p, reader, prefix);
    aimc_config_destroy(config);
    if (st && p)
        aimci_programmed_destroy(p);
    if (st)
        return st;
    aimci_programmed_find_noise(p);
    if (!tile->n_programs)
        tile->n_programs = 1; /* a file from before they were counted */
    aimci_programmed_show(p);
    aimci_programmed_update_report(p);
    return AIMC_OK;
}
