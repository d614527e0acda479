/* SPDX-License-Identifier: MIT */
/* The transfer engine of the Tiki-Taka algorithms: gradients are pulsed onto a fast array A_0; now
 * and then a slice of it is read and passed on to the next array, down to the slow one C = A_{n-1},
 * which is the tile's own. What happens between reading and writing is the rule of each algorithm:
 * tiki_taka.c, ttv2.c, chopped.c, agad.c.
 *
 * Effective weight W = sum_k gamma_k A_k. The order is that of single vectors: x, d -> pulses on
 * A_0 -> transfers that are due, whatever the batch. */
#ifndef AIMCI_TRANSFER_H
#define AIMCI_TRANSFER_H

#include "optimizer/algorithm.h"
#include "tile/slice_reader.h"

#define AIMCI_TRANSFER_MAX_ARRAYS 8

enum { AIMCI_WRITE_EXACT, AIMCI_WRITE_TRAINS };

/* Values of all four kinds; each shows the fields that mean something to it. */
typedef struct aimci_transfer_params {
    int64_t n_arrays, n_reads_per_transfer;
    double gamma;
    aimci_list gamma_vec, transfer_every_vec, transfer_lr_vec;
    double transfer_every, with_reset_prob;
    double fast_lr, transfer_lr;
    bool units_in_mbatch, transfer_columns, random_selection, scale_fast_lr, scale_transfer_lr;
    bool separate_fast_device, defer_writes;
    int32_t write_mode;
    /* buffers */
    double thres_scale, step, momentum;
    bool forget_buffer, no_buffer;
    /* choppers */
    double in_chop_prob, out_chop_prob;
    bool in_chop_random;
    double buffer_granularity, auto_granularity;
    bool auto_scale, correct_gradient_magnitudes;
    double auto_momentum;
    /* dynamic reference */
    double tail_weightening, buffer_cap, significance;
    bool correct_accumulation;
} aimci_transfer_params;

typedef struct aimci_transfer aimci_transfer;

/* What becomes of a reading z[out_size] of slice s of array k. */
typedef struct aimci_transfer_rule {
    size_t n_matrices; /* digital matrices per hop, in aimci_transfer.matrices */
    bool chopped;      /* two arrays, one slice per event in sequence, thresholds in units of A's
                          granularity */
    void (*pass_on)(aimci_transfer *e, size_t k, size_t s, const float *z);
} aimci_transfer_rule;

#define AIMCI_TRANSFER_MATRICES 4 /* buffer H, running mean, reference, variance */

struct aimci_transfer {
    aimc_context *ctx;
    aimc_tile *tile;
    aimci_array *array; /* the tile's, and the last of arrays */
    const aimci_transfer_rule *rule;
    aimci_transfer_params params;
    aimci_update_params slow_update;
    size_t n_arrays;
    aimci_array *arrays[AIMCI_TRANSFER_MAX_ARRAYS];
    double gamma[AIMCI_TRANSFER_MAX_ARRAYS], granularity[AIMCI_TRANSFER_MAX_ARRAYS];
    int32_t longest[AIMCI_TRANSFER_MAX_ARRAYS]; /* pulses to a cell at once */
    aimci_pulser *fast, *slow;
    aimci_slice_reader read;
    size_t in_size, out_size; /* slices, elements of a slice */
    float *matrices[AIMCI_TRANSFER_MAX_ARRAYS - 1]
                   [AIMCI_TRANSFER_MATRICES];      /* stored like the arrays */
    size_t n_matrices;                             /* of them in use, for each hop */
    float *pending[AIMCI_TRANSFER_MAX_ARRAYS - 1]; /* held back writes; NULL: none are */
    int32_t *chop_in, *chop_out;                   /* 0 or -1 (turned), for slices and elements */
    int32_t *switched;                             /* the slice was turned at its last read */
    float *composite; /* sum_k gamma_k A_k; NULL when it is A_{n-1} itself */
    float *z, *write_x, *write_d;
    int32_t *q, *counts;
    /* t, batches, sweep, events, then a pointer for each hop: saved with the tile */
    int64_t *progress;
    double *averages; /* M_x, M_d, rate of the last vector */
    aimc_optimizer_stats stats;
    size_t batch; /* vectors of the mini-batch at hand */
    double lr;
};

enum {
    AIMCI_T,
    AIMCI_BATCHES,
    AIMCI_SWEEP,
    AIMCI_EVENTS,
    AIMCI_POINTER,
    AIMCI_N_PROGRESS = AIMCI_POINTER + 8
};
enum { AIMCI_MEAN_X, AIMCI_MEAN_D, AIMCI_RATE, AIMCI_N_AVERAGES };

aimc_status aimci_transfer_create(aimci_transfer *e, aimc_tile *tile, const aimc_config *config,
                                  const aimci_transfer_rule *rule);

/* The rest of an algorithm, alike for all rules. */
void aimci_transfer_destroy(void *state, aimc_context *ctx);
void aimci_transfer_step(void *state, aimc_tile *tile, const aimci_batch *batch, double lr);
void aimci_transfer_tensors(void *state, aimci_state_tensors *tensors);
void aimci_transfer_reset(void *state);
void aimci_transfer_recompose(void *state);
void aimci_transfer_stats(const void *state, aimc_optimizer_stats *stats);

/* The tile's weights are the target of W: C = W / gamma_last */
void aimci_transfer_show(aimci_transfer *e);

/* rd(A_k e_s): slice s of array k through transfer_forward */
void aimci_transfer_read(aimci_transfer *e, size_t k, size_t s, float *z);

/* For rules. */
double aimci_transfer_rate(const aimci_transfer *e, size_t k);
/* Place of element r of slice s in a matrix that is stored like the arrays. */
size_t aimci_transfer_index(const aimci_transfer *e, size_t s, size_t r);
void aimci_transfer_write(aimci_transfer *e, size_t k, size_t s, const float *v, double rate);
void aimci_transfer_write_counts(aimci_transfer *e, size_t k, size_t s, const int32_t *q);
/* Do the writes that were held back. */
void aimci_transfer_flush(aimci_transfer *e);
/* trunc(o) clipped to the longest write, counting what crossed and what was clipped; o in units of
 * the threshold */
int32_t aimci_transfer_count(aimci_transfer *e, double o);
/* Threshold bookkeeping of the chopped kind: gain of a reading, in thresholds. */
double aimci_transfer_gain(const aimci_transfer *e);
/* Sweeps between two turns of a regular chopper; 0: it never turns */
int64_t aimci_transfer_chop_period(const aimci_transfer *e);

/* The algorithm of a file whose rule is called NAME_rule and whose kind aimci_kind_NAME: all but
 * the rule is the engine's. */
#define AIMCI_TRANSFER_ALGORITHM(name)                                                             \
    static aimc_status create_##name(void *state, aimc_tile *tile, const aimc_config *config)      \
    {                                                                                              \
        return aimci_transfer_create(state, tile, config, &name##_rule);                           \
    }                                                                                              \
    const aimci_algorithm_ops aimci_algorithm_ops_##name = {                                       \
        .kind = &aimci_kind_##name,                                                                \
        .state_size = sizeof(aimci_transfer),                                                      \
        .create = create_##name,                                                                   \
        .destroy = aimci_transfer_destroy,                                                         \
        .step = aimci_transfer_step,                                                               \
        .tensors = aimci_transfer_tensors,                                                         \
        .reset = aimci_transfer_reset,                                                             \
        .recompose = aimci_transfer_recompose,                                                     \
        .stats = aimci_transfer_stats,                                                             \
    };

#endif
