/* SPDX-License-Identifier: MIT */
/* An array of devices: weights and other cell parameters. Pulses, set, reset, decay and diffusion
 * act here.
 *
 * Cells are stored by word line: all outputs of one input side by side, so that a forward product
 * needs no transposition (column-major n_out x n_in with leading dimension ld) and an input that
 * did not fire costs nothing.
 *
 * An array of unit cells has one array for each member, and w = p is their weighted sum
 * (cell_array.c). */
#ifndef AIMCI_ARRAY_H
#define AIMCI_ARRAY_H

#include <aimc/tile.h>

#include "device/cell.h"
#include "io/safetensors.h"

typedef struct aimci_array_ops aimci_array_ops;
struct aimci_backend;

typedef struct aimci_array {
    aimc_context *ctx;
    aimc_device *device;
    const aimci_array_ops *ops;          /* single devices, or unit cells */
    const struct aimci_backend *backend; /* runs the laws of single devices */
    size_t n_out, n_in, ld;
    uint64_t seed;
    uint64_t n_updates;  /* vector updates so far: selects the streams of the next */
    uint64_t n_events;   /* set, reset, diffusion, redraws so far, likewise */
    uint64_t n_batches;  /* mini-batches so far: when a refresh is due */
    uint64_t n_writes;   /* all else that changed w */
    uint64_t n_reads;    /* that still have to move devices which reads disturb */
    int32_t multi_pulse; /* of pulses to come: AIMCI_MULTI_EXACT ... */
    float *block;        /* memory of all cell parameters */
    AIMCI_CELL_POINTERS; /* w, p, cell[AIMCI_CELL_MAX] ... */
    unsigned char present[AIMCI_N_CELL_PARAMETERS]; /* numbers of those that are not NULL */
    size_t n_present;
    struct aimci_array *members[AIMCI_MAX_MEMBERS]; /* of a unit cell */
    size_t n_members;                               /* 0: single devices */
    struct aimci_refresh *refresh;                  /* of one-sided cells, or NULL */
    struct aimci_half_select *half;                 /* of devices that have it, or NULL */
    struct aimci_named_parameter *parameters;       /* cell parameters by name */
    size_t n_parameters;
} aimci_array;

/* Fresh devices at weight 0 (clipped). Failures name the caller. */
aimc_status aimci_array_create(const aimc_device *device, size_t n_out, size_t n_in, uint64_t seed,
                               const char *caller, aimci_array **out);
void aimci_array_destroy(aimci_array *array);

/* Another number whenever w has changed, never 0. Who writes w other than by the functions here, or
 * by pulses with n_updates counted, calls aimci_array_commit() after. */
static inline uint64_t aimci_array_version(const aimci_array *array)
{
    return 1 + array->n_updates + array->n_events + array->n_writes;
}

aimci_word_line aimci_array_word_line(const aimci_array *array, size_t j);

/* w[i * ld + j] / scale[i], weight units; scale NULL: 1. */
void aimci_array_set(aimci_array *array, const float *w, size_t ld, const float *scale);
void aimci_array_get(const aimci_array *array, const float *parameter, float *w, size_t ld);

/* Copy a row-major matrix into a cell parameter, as it is. */
void aimci_array_load(const aimci_array *array, float *parameter, const float *w, size_t ld);

/* p was written: devices take it up, and the apparent weights follow. */
typedef enum aimci_commit {
    AIMCI_COMMIT_SHOW,  /* as it is */
    AIMCI_COMMIT_EXACT, /* clipped */
    AIMCI_COMMIT_NOISY, /* clipped, with a new draw of write noise */
    AIMCI_COMMIT_SET    /* clipped, with write noise where the device asks for it */
} aimci_commit;
void aimci_array_commit(aimci_array *array, aimci_commit how);

/* All weights 0 (clipped), without noise; all weights times factor, clipped. */
void aimci_array_zero(aimci_array *array);
void aimci_array_scale(aimci_array *array, float factor);

/* Pulses to word line j; count has ld elements, padding 0. key: that of the vector update. */
typedef struct aimci_pulse_key {
    aimci_key noise;
    uint64_t update;
    aimci_key half; /* noise of half-selected cells, where there are any */
} aimci_pulse_key;
void aimci_array_pulse(const aimci_array *array, size_t j, const int32_t *count,
                       const aimci_pulse_key *key);
/* The same for aimci_array_word_line(array, j) when it is at hand. */
void aimci_array_pulse_word_line(const aimci_array *array, const aimci_word_line *line, size_t j,
                                 const int32_t *count, const aimci_pulse_key *key);
/* May the pulses of several updates be one step? Then this takes them, with the key of the first
 * that has any; scratch holds line->n counts. */
bool aimci_array_merges(const aimci_array *array);
void aimci_array_merge_word_line(const aimci_array *array, const aimci_word_line *line, size_t j,
                                 const aimci_rows *rows, int32_t *scratch,
                                 const aimci_pulse_key *key);
/* How several pulses of one update reach a cell from now on: AIMCI_MULTI_EXACT ... */
void aimci_array_pulse_several(aimci_array *array, int32_t multi_pulse);
/* segment: a train longer than the masks comes in several */
aimci_pulse_key aimci_array_pulse_key(const aimci_array *array, uint64_t update, uint32_t segment);

/* Devices that take pulses: members of unit cells one by one, those that rest included. */
size_t aimci_array_count_devices(const aimci_array *array);

/* Pulses that fresh devices got when they were made: zero shifting. */
void aimci_array_count_making(const aimci_array *array, aimc_counters *counters);

/* Pulses of single devices behind so many of whole cells. */
void aimci_array_count(const aimci_array *array, uint64_t up, uint64_t down,
                       aimc_counters *counters);

/* n more vector updates are done: what is due then, such as a refresh. At most as many as
 * aimci_array_until_due() at a time. */
void aimci_array_advance(aimci_array *array, uint64_t n, aimc_counters *counters);
uint64_t aimci_array_until_due(const aimci_array *array);

/* A mini-batch is done; aimci_array_relax() includes it. */
void aimci_array_end_batch(aimci_array *array, aimc_counters *counters);

/* All of a mini-batch's relaxation: refresh, diffusion, then decay, where the device has them. */
void aimci_array_relax(aimci_array *array, aimc_counters *counters);
void aimci_array_decay(aimci_array *array, float alpha);
void aimci_array_diffuse(aimci_array *array);
void aimci_array_drift(aimci_array *array, double dt);
void aimci_array_reset(aimci_array *array, size_t first_in, size_t n, float prob);

/* n reads were done: devices that reads disturb move. Returns whether w changed. */
bool aimci_array_disturb(aimci_array *array, uint64_t n);
/* Are there such devices, members of unit cells included? */
bool aimci_array_is_disturbed(const aimci_array *array);

/* Cell parameters by name: "max_bound" ... "persistent_weights"; the model's own among them. In
 * unit cells each name ends with the number of its member: "max_bound_0", and "hidden_weights_0" is
 * that member's weight. */
typedef struct aimci_named_parameter {
    char name[40];
    float *data;
} aimci_named_parameter;

/* Can devices have these values of a parameter, [n_out][ld]; NULL: those that are there? Bounds are
 * compared with the other bound that is there. A failure names device and place. */
aimc_status aimci_array_check(const aimci_array *array, const aimci_named_parameter *parameter,
                              const float *value, size_t ld);

/* After a parameter was replaced: weights back within bounds, with a new draw of write noise. */
void aimci_array_clip(aimci_array *array);

/* Bounds of single devices by their pulses and fresh bounds, any of which may have changed. */
void aimci_array_wear(const aimci_array *array);

/* Zero shifting: the symmetry points go into the reference, weights stay. Fails where there is
 * none. */
aimc_status aimci_array_shift(aimci_array *array, uint32_t n_pairs);

/* State to and from a file, tensors named prefix + parameter. */
aimc_status aimci_array_put(const aimci_array *array, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_array_restore(aimci_array *array, const aimci_st_reader *reader,
                                const char *prefix);

#endif
