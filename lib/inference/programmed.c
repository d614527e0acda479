/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
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
                  "seed of what the devices do; -1: from the tile's seed", SRC),
};

const aimci_family aimci_family_inference = {
    .name = "inference",
    .category = "inference",
    .doc = "the life of weights on a chip: devices, encoding, programming, faults, compensation",
    .source = SRC,
    .fields = inference_fields,
    .n_fields = sizeof inference_fields / sizeof inference_fields[0],
    .size = sizeof(aimci_inference_params),
    .n_children = 5,
};

static const void *child_values(const aimc_config *config, const char *name)
{
    return aimci_config_child(config, name)->values;
}

/* ---- making --------------------------------------------------------------------------------- */

aimci_programmed *aimci_programmed_of(const aimc_tile *tile)
{
    return tile->program.owner;
}

static void destroy(void *owner)
{
    aimci_programmed *p = owner;
    aimc_context *ctx = p->ctx;
    aimc_cells_destroy(p->cells);
    aimc_noise_model_destroy(p->model);
    aimc_config_destroy(p->config);
    aimci_free(ctx, p->target);
    aimci_free(ctx, p->middle);
    aimci_free(ctx, p->g);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}

/* Take it off the tile, whose own weights are seen again. */
static void take_off(void *owner)
{
    aimci_programmed *p = owner;
    p->tile->read_as = p->tile->conductance = NULL;
    p->tile->gain = p->tile->shift = NULL;
    p->tile->program = (aimci_tile_state){0};
    destroy(p);
}

static aimc_status allocate(aimci_programmed *p)
{
    const size_t plane = p->ld * p->n_in;
    size_t weights, devices;
    if (aimci_mul_overflows(p->n_out, p->n_in, &weights) ||
        aimci_mul_overflows(weights, p->per_weight, &devices))
        return aimci_fail(AIMC_ERR_NOMEM, "tile_program: too many devices");
    devices += p->encoding->unit_shared ? p->n_in : 0;
    p->target = aimci_calloc(p->ctx, 3 * plane, sizeof *p->target);
    p->middle = aimci_calloc(p->ctx, 5 * p->n_out, sizeof *p->middle);
    p->g = aimci_calloc(p->ctx, devices, sizeof *p->g);
    if (!p->target || !p->middle || !p->g)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_program: no memory for %zu devices", devices);
    p->visible = p->target + plane;
    p->conductance = p->visible + plane;
    p->half = p->middle + p->n_out;
    p->gain = p->half + p->n_out;
    p->shift = p->gain + p->n_out;
    p->reference = p->shift + p->n_out;
    return aimc_cells_create(p->model, devices, aimci_random_derive(p->seed, 0), &p->cells);
}

/* Everything but weights and devices' values. config: of kind "inference", or NULL. */
static aimc_status frame(aimc_tile *t, const aimc_config *config, aimci_programmed **out)
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
                            : aimc_config_new(t->ctx, "inference", &p->config);
    if (!st)
        st = aimc_noise_model_create(t->ctx, NULL, aimci_config_child(p->config, "noise_model"),
                                     &p->model);
    if (!st) {
        const int64_t seed = ((const aimci_inference_params *)p->config->values)->seed;
        const aimc_config *encoding = aimci_config_child(p->config, "encoding");
        p->seed = seed >= 0 ? aimci_random_derive((uint64_t)seed, t->seed)
                            : aimci_random_derive(t->seed, 3);
        p->encoding = aimci_encoding_find(encoding->family);
        p->encoding_params = encoding->values;
        p->programming = child_values(p->config, "programming");
        p->compensation = child_values(p->config, "compensation");
        st = p->encoding->check ? p->encoding->check(p->encoding_params) : AIMC_OK;
    }
    if (!st) {
        p->per_weight = p->encoding->n_devices(p->encoding_params);
        st = allocate(p);
    }
    if (st) {
        destroy(p);
        return aimci_fail_within(st, "tile_program: ");
    }
    *out = p;
    return AIMC_OK;
}

/* ---- weights to conductances ---------------------------------------------------------------- */

/* Smallest and largest weight of outputs first ... last - 1. */
static void extremes(const aimci_programmed *p, size_t first, size_t last, double *lo, double *hi)
{
    *lo = *hi = (double)p->target[first];
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = first; i < last; i++) {
            const double w = (double)p->target[j * p->ld + i];
            *lo = fmin(*lo, w);
            *hi = fmax(*hi, w);
        }
}

static void set_scale(aimci_programmed *p, size_t first, size_t last)
{
    double lo, hi;
    extremes(p, first, last, &lo, &hi);
    const bool affine = p->encoding->affine;
    const double middle = affine ? (lo + hi) / 2 : 0;
    const double half = affine ? (hi - lo) / 2 : fmax(fabs(lo), fabs(hi));
    for (size_t i = first; i < last; i++) {
        p->middle[i] = (float)middle;
        p->half[i] = (float)fmax(half, 1e-7);
    }
}

static void choose_scales(aimci_programmed *p)
{
    const aimci_encoding_params *params = p->encoding_params;
    if (!params->scale_per_output) {
        set_scale(p, 0, p->n_out);
        return;
    }
    for (size_t i = 0; i < p->n_out; i++)
        set_scale(p, i, i + 1);
}

static double normalised(const aimci_programmed *p, size_t i, size_t j)
{
    return ((double)p->target[j * p->ld + i] - (double)p->middle[i]) / (double)p->half[i];
}

static aimc_status encode_targets(aimci_programmed *p)
{
    const aimci_noise_params *range = aimci_noise_range(p->model);
    double g[AIMCI_MAX_CELL];
    size_t at = 0;
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = 0; i < p->n_out; i++) {
            p->encoding->encode(p->encoding_params, range, normalised(p, i, j), g);
            for (size_t k = 0; k < p->per_weight; k++)
                p->g[at++] = (float)g[k];
        }
    p->encoding->encode(p->encoding_params, range, 0, g);
    while (at < p->cells->n)
        p->g[at++] = (float)g[0];
    return aimc_cells_program(p->cells, p->g);
}

typedef struct decode_job {
    aimci_programmed *p;
    const float *g;
} decode_job;

static void decode_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    const decode_job *job = arg;
    aimci_programmed *p = job->p;
    const aimci_noise_params *range = aimci_noise_range(p->model);
    const size_t shared = p->n_in * p->n_out * p->per_weight + j;
    const double unit = p->encoding->unit_shared ? (double)job->g[shared] : 0;
    const float *from = job->g + j * p->n_out * p->per_weight;
    double g[AIMCI_MAX_CELL], sum;
    for (size_t i = 0; i < p->n_out; i++, from += p->per_weight) {
        sum = 0;
        for (size_t k = 0; k < p->per_weight; k++)
            sum += g[k] = (double)from[k];
        p->conductance[j * p->ld + i] = (float)(sum / range->g_max);
        const double u =
            p->encoding->decode(p->encoding_params, range, g, normalised(p, i, j), unit);
        p->visible[j * p->ld + i] = (float)((double)p->middle[i] + (double)p->half[i] * u);
    }
}

/* Each row divided by its slope against the targets. */
static void regress(aimci_programmed *p)
{
    for (size_t i = 0; i < p->n_out; i++) {
        double cross = 0, square = 0;
        for (size_t j = 0; j < p->n_in; j++) {
            const double w = (double)p->target[j * p->ld + i];
            cross += w * (double)p->visible[j * p->ld + i];
            square += w * w;
        }
        for (size_t j = 0; j < p->n_in && cross > 0; j++)
            p->visible[j * p->ld + i] *= (float)(square / cross);
    }
}

void aimci_programmed_read(aimci_programmed *p)
{
    decode_job job = {p, p->g};
    aimci_cells_read(p->cells, p->t, p->g);
    aimci_parallel(p->ctx, p->n_in, decode_line, &job);
    if (p->encoding->regress)
        regress(p);
}

double aimci_programmed_error(const aimci_programmed *p, bool with_gain)
{
    double error = 0, square = 0;
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = 0; i < p->n_out; i++) {
            const double w = (double)p->target[j * p->ld + i];
            const double gain = with_gain ? (double)p->gain[i] : 1;
            const double e = gain * (double)p->visible[j * p->ld + i] - w;
            error += e * e;
            square += w * w;
        }
    return square > 0 ? sqrt(error / square) : 0;
}

/* ---- gains and figures ---------------------------------------------------------------------- */

static void clear_gain(aimci_programmed *p)
{
    for (size_t i = 0; i < p->n_out; i++) {
        p->gain[i] = 1;
        p->shift[i] = 0;
    }
    p->compensated = false;
    p->tile->gain = p->tile->shift = NULL;
}

static void update_report(aimci_programmed *p)
{
    aimc_inference_report *r = &p->report;
    double sum = 0;
    r->t_s = p->t;
    r->weight_error = aimci_programmed_error(p, p->compensated);
    r->gain_min = r->gain_max = (double)p->gain[0];
    for (size_t i = 0; i < p->n_out; i++) {
        sum += (double)p->gain[i];
        r->gain_min = fmin(r->gain_min, (double)p->gain[i]);
        r->gain_max = fmax(r->gain_max, (double)p->gain[i]);
    }
    r->gain_mean = sum / (double)p->n_out;
}

/* ---- file ----------------------------------------------------------------------------------- */

typedef struct tensor {
    const char *name;
    float *data;
    bool is_plane;
} tensor;
enum { TENSORS = 8 };

static void tensors_of(const aimci_programmed *p, tensor out[TENSORS])
{
    const tensor all[TENSORS] = {{"target", p->target, true},
                                 {"visible", p->visible, true},
                                 {"conductance", p->conductance, true},
                                 {"middle", p->middle, false},
                                 {"half", p->half, false},
                                 {"gain", p->gain, false},
                                 {"shift", p->shift, false},
                                 {"reference", p->reference, false}};
    memcpy(out, all, sizeof all);
}

/* Numbers of the state that are not tensors, in a fixed order. */
enum { FIGURES = 18 };

static void figures_of(const aimci_programmed *p, double v[FIGURES])
{
    const aimc_inference_report *r = &p->report;
    const double all[FIGURES] = {p->t,
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

static void take_figures(aimci_programmed *p, const double v[FIGURES])
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

static aimc_status put(const void *owner, aimci_st_writer *writer, const char *prefix)
{
    const aimci_programmed *p = owner;
    char name[160];
    double figures[FIGURES] = {0};
    tensor tensors[TENSORS];
    snprintf(name, sizeof name, "%sconfig", prefix);
    aimc_status st = aimci_put_config(p->ctx, writer, name, p->config);
    figures_of(p, figures);
    snprintf(name, sizeof name, "%sfigures", prefix);
    if (!st)
        st = aimci_st_put(writer, name, AIMCI_F64, 0, FIGURES, FIGURES, figures);
    tensors_of(p, tensors);
    for (size_t k = 0; k < TENSORS && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, tensors[k].name);
        st = aimci_st_put(writer, name, AIMCI_F32, tensors[k].is_plane ? p->n_in : 0, p->n_out,
                          p->ld, tensors[k].data);
    }
    snprintf(name, sizeof name, "%scells.", prefix);
    return st ? st : aimci_cells_put(p->cells, writer, name);
}

static aimc_status get(aimci_programmed *p, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    double figures[FIGURES];
    tensor tensors[TENSORS];
    snprintf(name, sizeof name, "%sfigures", prefix);
    aimc_status st = aimci_st_get_figures(reader, name, FIGURES, 3, 8, figures);
    tensors_of(p, tensors);
    for (size_t k = 0; k < TENSORS && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, tensors[k].name);
        st = aimci_st_get(reader, name, AIMCI_F32, tensors[k].is_plane ? p->n_in : 0, p->n_out,
                          p->ld, tensors[k].data);
    }
    snprintf(name, sizeof name, "%scells.", prefix);
    if (!st)
        st = aimci_cells_restore(p->cells, reader, name);
    if (!st)
        take_figures(p, figures);
    return st;
}

/* From here on reads see the devices. */
static void show(aimci_programmed *p)
{
    aimc_tile *t = p->tile;
    t->read_as = p->visible;
    t->conductance = p->conductance;
    t->gain = p->compensated ? p->gain : NULL;
    t->shift = p->compensated ? p->shift : NULL;
    t->program = (aimci_tile_state){"inference", p, put, take_off, take_off};
}

aimc_status aimci_tile_restore_program(aimc_tile *tile, const aimci_st_reader *reader,
                                       const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%sconfig", prefix);
    const char *json = aimci_st_text(reader, name);
    if (!json)
        return AIMC_OK;
    aimc_config *config = NULL;
    aimci_programmed *p = NULL;
    aimc_status st = aimc_config_new(tile->ctx, "inference", &config);
    if (!st)
        st = aimc_config_parse(config, json);
    if (!st)
        st = frame(tile, config, &p);
    if (st == AIMC_ERR_INVALID)
        st = aimci_fail_within(AIMC_ERR_FORMAT, "configuration: ");
    if (!st)
        st = get(p, reader, prefix);
    aimc_config_destroy(config);
    if (st && p)
        destroy(p);
    if (st)
        return st;
    show(p);
    update_report(p);
    return AIMC_OK;
}

/* ---- the three calls ------------------------------------------------------------------------ */

static aimc_status report_out(const char *who, const aimci_programmed *p,
                              aimc_inference_report *report)
{
    return report ? aimci_struct_out(who, report, &p->report, sizeof p->report, 8) : AIMC_OK;
}

/* Write the devices of p toward its targets. */
static aimc_status write_devices(aimci_programmed *p)
{
    aimc_inference_report *r = &p->report;
    choose_scales(p);
    aimc_status st = aimci_programmed_draw_faults(p, child_values(p->config, "faults"));
    if (!st)
        st = encode_targets(p);
    if (st)
        return st;
    r->n_weights = p->n_out * p->n_in;
    r->n_devices = r->pulses = p->cells->n;
    r->write_time_s = (double)p->cells->n * p->programming->pulse_time_ns * 1e-9;
    return AIMC_OK;
}

/* With the tile showing p: the write loop, the reference read. */
static aimc_status finish(aimci_programmed *p)
{
    aimc_status st = aimci_programmed_loop(p);
    if (st)
        return st;
    aimci_programmed_read(p);
    if (p->compensation->method == AIMCI_COMPENSATE_GLOBAL ||
        p->compensation->method == AIMCI_COMPENSATE_PER_OUTPUT)
        st = aimci_programmed_take_reference(p);
    update_report(p);
    return st;
}

static aimc_status check_program(const char *who, const aimc_tile *t, const aimc_config *config)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "%s: tile is NULL", who);
    if (config && config->family != &aimci_family_inference)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: configuration is of kind '%s'; 'inference' is needed", who,
                          config->family->name);
    return AIMC_OK;
}

aimc_status aimc_tile_program(aimc_tile *t, const aimc_config *config,
                              aimc_inference_report *report)
{
    aimci_programmed *p = NULL;
    aimc_status st = check_program("tile_program", t, config);
    if (!st)
        st = frame(t, config, &p);
    if (st)
        return st;
    memcpy(p->target, aimci_tile_own_weights(t), p->ld * p->n_in * sizeof *p->target);
    clear_gain(p);
    st = write_devices(p);
    if (st) {
        destroy(p);
        return aimci_fail_within(st, "tile_program: ");
    }
    aimci_programmed *old = aimci_programmed_of(t);
    show(p);
    st = finish(p);
    if (st) {
        take_off(p);
        if (old)
            show(old);
        return aimci_fail_within(st, "tile_program: ");
    }
    if (old)
        destroy(old);
    t->counters.program_pulses += p->report.pulses;
    t->counters.verify_reads += p->device_reads;
    return report_out("tile_program", p, report);
}

static aimc_status check_programmed(const char *who, const aimc_tile *t)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "%s: tile is NULL", who);
    if (!t->program.owner)
        return aimci_fail(AIMC_ERR_STATE, "%s: the tile was not programmed", who);
    return AIMC_OK;
}

aimc_status aimc_tile_drift_to(aimc_tile *t, double t_s, aimc_inference_report *report)
{
    aimc_status st = check_programmed("tile_drift_to", t);
    if (!st)
        st = aimci_noise_check_time("tile_drift_to", aimci_programmed_of(t)->model, t_s);
    if (st)
        return st;
    aimci_programmed *p = aimci_programmed_of(t);
    p->t = t_s;
    clear_gain(p);
    aimci_programmed_read(p);
    update_report(p);
    return report_out("tile_drift_to", p, report);
}

aimc_status aimc_tile_compensate(aimc_tile *t, size_t n, const float *x, size_t ld_x,
                                 aimc_inference_report *report)
{
    aimc_status st = check_programmed("tile_compensate", t);
    if (!st && x)
        st = aimci_check_batch("tile_compensate", n, "x", x, t->array->n_in, ld_x);
    if (!st && x && (n == 0 || !aimci_all_finite(x, n, t->array->n_in, ld_x)))
        st = aimci_fail(AIMC_ERR_INVALID, "tile_compensate: %s",
                        n ? "x holds a value that is not finite" : "n is 0");
    if (st)
        return st;
    aimci_programmed *p = aimci_programmed_of(t);
    clear_gain(p);
    st = aimci_programmed_compensate(p, x ? n : 0, x, ld_x);
    if (st)
        return st;
    p->compensated = true;
    show(p);
    update_report(p);
    return report_out("tile_compensate", p, report);
}

aimc_status aimc_tile_unprogram(aimc_tile *t)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_unprogram: tile is NULL");
    if (t->program.owner)
        take_off(t->program.owner);
    return AIMC_OK;
}
