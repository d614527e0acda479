/* SPDX-License-Identifier: MIT */
/* The pulsed outer product: vectors x and d become pulse trains on word and bit lines, and
 * coincidences pulse the devices. */
#ifndef AIMCI_PULSE_TRAIN_H
#define AIMCI_PULSE_TRAIN_H

#include "tile/tile.h"

enum {
    AIMCI_PULSE_STOCHASTIC_COMPRESSED,
    AIMCI_PULSE_STOCHASTIC,
    AIMCI_PULSE_MEAN_COUNT,
    AIMCI_PULSE_DETERMINISTIC_IMPLICIT,
    AIMCI_PULSE_NONE_WITH_DEVICE,
    AIMCI_PULSE_NONE
};

/* Values of the kind "update". */
typedef struct aimci_update_params {
    int64_t desired_bl;
    double um_grad_scale, res, x_res_implicit, d_res_implicit;
    int32_t pulse_type, multi_pulse; /* AIMCI_MULTI_EXACT ... */
    bool fixed_bl, update_management, update_bl_management, sto_round;
} aimci_update_params;

/* Train length K and scales of one vector update: column j fires with probability x_scale |x_j|,
 * row i with d_scale |d_i|. n_slots is 0 when there is nothing to do. It saturates when the largest
 * product asks for more pulses than there are slots. */
typedef struct aimci_train_plan {
    uint32_t n_slots;
    bool saturates;
    double x_scale, d_scale;
} aimci_train_plan;

aimci_train_plan aimci_plan_train(const aimci_update_params *params, double lr, double granularity,
                                  double x_max, double d_max);

/* Masks and counts of a chunk of vectors; allocates at creation only. */
typedef struct aimci_pulser aimci_pulser;
/* gemm: for exact updates; NULL where there are none */
aimc_status aimci_pulser_create(aimc_context *ctx, size_t n_out, size_t n_in,
                                const aimci_gemm *gemm, const aimci_update_params *params,
                                aimci_pulser **out);
aimc_status aimci_pulser_for_tile(const aimc_tile *tile, const aimci_update_params *params,
                                  aimci_pulser **out);
void aimci_pulser_destroy(aimci_pulser *pulser);

/* desired_bl of the pulser */
int64_t aimci_pulser_length(const aimci_pulser *pulser);

/* One chunk of at most AIMCI_PULSER_CHUNK vectors: W <- W - sum_b rate[b] d_b x_b' on the array, by
 * pulses of the given granularity; exactly where the device takes no pulses or the pulse type says
 * so. Counts go to counters. */
#define AIMCI_PULSER_CHUNK AIMCI_GEMM_MAX_BATCH
typedef struct aimci_outer {
    size_t n;
    const float *x, *d;
    size_t ld_x, ld_d;
    const double *rate;
    /* chopper signs: -1 turns the direction of a line, 0 leaves it; NULL: none */
    const int32_t *flip_in, *flip_out;
} aimci_outer;
void aimci_pulser_chunk(aimci_pulser *pulser, aimci_array *array, double granularity,
                        const aimci_outer *outer, aimc_counters *counters);

/* The same in steps: trains are generated and wait, any number of calls one after the other for the
 * same array; they are applied first to a word line that is looked at before the others, and to all
 * of them in the end. The bits are those of one call. */
void aimci_pulser_generate(aimci_pulser *pulser, aimci_array *array, double granularity,
                           const aimci_outer *outer, aimc_counters *counters);
void aimci_pulser_apply_word_line(aimci_pulser *pulser, size_t j);
void aimci_pulser_apply(aimci_pulser *pulser, aimc_counters *counters);

/* Any number of vectors at one rate. */
void aimci_pulser_update(aimci_pulser *pulser, aimci_array *array, double granularity, size_t n,
                         const float *x, size_t ld_x, const float *d, size_t ld_d, double lr,
                         aimc_counters *counters);

#endif
