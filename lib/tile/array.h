/* SPDX-License-Identifier: MIT */
/* One plane of devices: weights and per-cell parameters. Pulses, set, reset, decay and diffusion
 * act here.
 *
 * Cells are stored by line: all outputs of one input side by side, so that a forward product needs
 * no transposition (column-major n_out x n_in with leading dimension ld) and an input that did not
 * fire costs nothing. */
#ifndef AIMCI_ARRAY_H
#define AIMCI_ARRAY_H

#include "device/model.h"
#include "io/safetensors.h"

typedef struct aimci_array {
    aimc_context *ctx;
    aimc_device *device;
    size_t n_out, n_in, ld;
    uint64_t seed;
    uint64_t n_updates; /* vector updates so far: selects the streams of the next */
    uint64_t n_events;  /* set, reset, diffusion, redraws so far, likewise */
    uint64_t n_writes;  /* all else that changed w */
    float *block;       /* all planes */
    float *w, *p;
    float *base[AIMCI_PLANE_BASE];
    float *own[AIMCI_MAX_OWN_PLANES];
    float *reference, *decay, *diffusion, *reset;
    float *drift_nu, *drift_anchor, *drift_last, *drift_age;
} aimci_array;

/* Fresh devices at weight 0 (clipped). Failures name who. */
aimc_status aimci_array_create(const aimc_device *device, size_t n_out, size_t n_in, uint64_t seed,
                               const char *who, aimci_array **out);
void aimci_array_destroy(aimci_array *array);

/* Another number whenever w has changed, never 0. Who writes w other than by the functions here, or
 * by pulses with n_updates counted, calls aimci_array_show() after. */
static inline uint64_t aimci_array_version(const aimci_array *array)
{
    return 1 + array->n_updates + array->n_events + array->n_writes;
}

aimci_line aimci_array_line(const aimci_array *array, size_t j);

/* w[i * ld + j] / scale[i], weight units; scale NULL: 1. */
void aimci_array_set(aimci_array *array, const float *w, size_t ld, const float *scale);
void aimci_array_get(const aimci_array *array, const float *plane, float *w, size_t ld);

/* Copy a row-major matrix into a plane, as it is. */
void aimci_array_load(const aimci_array *array, float *plane, const float *w, size_t ld);

/* All weights 0 (clipped), without noise; all weights times factor, clipped. */
void aimci_array_zero(aimci_array *array);
void aimci_array_scale(aimci_array *array, float factor);

/* Pulses to line j; count has ld elements, padding 0. key: aimci_array_pulse_key() of the vector
 * update. */
void aimci_array_pulse(const aimci_array *array, size_t j, const int32_t *count,
                       const aimci_key *key);
/* segment: a train longer than the masks comes in several */
aimci_key aimci_array_pulse_key(const aimci_array *array, uint64_t update, uint32_t segment);

/* All of a mini-batch's upkeep: diffusion, then decay, where the device has them. */
void aimci_array_upkeep(aimci_array *array);
void aimci_array_decay(aimci_array *array, float alpha);
void aimci_array_diffuse(aimci_array *array);
void aimci_array_drift(aimci_array *array, double dt);
void aimci_array_reset(aimci_array *array, size_t first_in, size_t n, float prob);

/* Per-cell planes by name: "max_bound" ... "persistent_weights"; the model's own follow. */
typedef struct aimci_plane {
    const char *name;
    float *data;
} aimci_plane;
#define AIMCI_MAX_PLANES (AIMCI_PLANE_BASE + AIMCI_MAX_OWN_PLANES + 9)
size_t aimci_array_planes(const aimci_array *array, aimci_plane planes[AIMCI_MAX_PLANES]);

/* After a plane was replaced: weights back within bounds, with a new draw of write noise. */
void aimci_array_clip(aimci_array *array);

/* The apparent weights are the persistent ones. */
void aimci_array_show(aimci_array *array);

/* State to and from a file, tensors named prefix + plane. */
aimc_status aimci_array_put(const aimci_array *array, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_array_restore(aimci_array *array, const aimci_st_reader *reader,
                                const char *prefix);

#endif
