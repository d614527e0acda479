/* SPDX-License-Identifier: MIT */
/* The engine of mixed precision: gradients add up in a digital accumulator chi, which is written to
 * the devices in whole pulses now and then. chi holds what is to be subtracted from the weights.
 * What goes into it and what a pulse takes out of it is the rule of each algorithm:
 * mixed_precision.c, mixed_precision_int.c. */
#ifndef AIMCI_CHI_H
#define AIMCI_CHI_H

#include "optimizer/algorithm.h"

enum { AIMCI_CHI_EXACT, AIMCI_CHI_TRAINS };

/* Values of both kinds; each shows the fields that mean something to it, the others are 0. */
typedef struct aimci_chi_params {
    double transfer_every, granularity, transfer_lr;
    int64_t n_rows_per_transfer, n_x_bins, n_d_bins;
    int32_t write_mode;
    bool random_row, stoc_round_x, stoc_round_d;
    double momentum, weight_decay;    /* of the gradient */
    double momentum_chi, momentum_nm; /* of integers: what stays in chi, of the running maxima */
} aimci_chi_params;

typedef struct aimci_chi aimci_chi;

/* What a transfer takes: n = trunc(chi / threshold) on the rows that are due, chi -= n taken
 * (rounded to an integer if whole), n pulses of eps.
 *
 * Pulses beyond aimci_device_longest_train() are not sent, as the device would be where it is
 * without them, but chi is charged for all n: the outcome is that of sending them. A row written by
 * trains has a capacity instead, and chi keeps what exceeds it. */
typedef struct aimci_chi_charge {
    double threshold, taken;
    bool whole;
} aimci_chi_charge;

enum { AIMCI_CHI_INPUTS, AIMCI_CHI_GRADIENTS };

typedef struct aimci_chi_rule {
    /* chi adds up products of integers, of steps that follow running maxima, whatever the learning
     * rate; else products of values, times the rate */
    bool integers;
    /* a vector of a side as it enters the product */
    void (*pack)(aimci_chi *c, int side, const float *v, uint64_t index, float *out);
    /* false: nothing can be transferred yet */
    bool (*charge)(const aimci_chi *c, double lr, aimci_chi_charge *charge);
} aimci_chi_rule;

/* Vectors of one side, and their quantiser: the integers -half ... half. */
typedef struct aimci_chi_side {
    size_t n, ld;
    double half; /* 0: not quantised */
    bool stochastic;
    float *packed; /* those of a chunk */
    float *row;    /* on its way to the devices */
} aimci_chi_side;

struct aimci_chi {
    aimc_context *ctx;
    aimc_tile *tile;
    aimci_array *array; /* the tile's */
    const aimci_kernels *kernels;
    const aimci_chi_rule *rule;
    aimci_chi_params params;
    aimci_update_params update;
    aimci_pulser *pulser; /* for TRAINS */
    double eps;           /* granularity of a transfer, weight units */
    float *chi;           /* stored like the array */
    float *velocity;      /* likewise; NULL without momentum */
    double *maxima;       /* running, of each side, < 0: not started; NULL unless integers */
    aimci_chi_side sides[2];
    float *hidden; /* one line for each thread slot, as the next */
    int32_t *counts;
    uint64_t *pulses; /* up, down, crossings, cuts for each thread slot, a cache line apart */
    int32_t longest;  /* pulses to a cell at once */
    aimci_warning cut;
    int64_t *progress;
    aimc_optimizer_stats stats;
};

enum { AIMCI_CHI_BATCHES, AIMCI_CHI_ROW, AIMCI_CHI_VECTORS, AIMCI_CHI_N_PROGRESS };

aimc_status aimci_chi_create(aimci_chi *c, aimc_tile *tile, const aimc_config *config,
                             const aimci_chi_rule *rule);

/* The rest of an algorithm, alike for both rules. */
void aimci_chi_destroy(void *state, aimc_context *ctx);
void aimci_chi_step(void *state, aimc_tile *tile, const aimci_batch *batch, double lr);
void aimci_chi_tensors(void *state, aimci_state_tensors *tensors);
void aimci_chi_reset(void *state);
void aimci_chi_stats(const void *state, aimc_optimizer_stats *stats);

/* Values of a side onto its integers, in steps of width: rounded to the nearest, or stochastically
 * with the stream of vector number index. */
void aimci_chi_quantize(const aimci_chi *c, int side, const float *v, double width, uint64_t index,
                        float *out);

/* At the end of every mini-batch: writes what is worth a pulse, when a transfer is due. */
void aimci_chi_transfer(aimci_chi *c, const aimci_chi_charge *charge);

/* The algorithm of a file whose rule is called NAME_rule and whose kind aimci_kind_NAME: all but
 * the rule is the engine's. */
#define AIMCI_CHI_ALGORITHM(name)                                                                  \
    static aimc_status create_##name(void *state, aimc_tile *tile, const aimc_config *config)      \
    {                                                                                              \
        return aimci_chi_create(state, tile, config, &name##_rule);                                \
    }                                                                                              \
    const aimci_algorithm_ops aimci_algorithm_ops_##name = {                                       \
        .kind = &aimci_kind_##name,                                                                \
        .state_size = sizeof(aimci_chi),                                                           \
        .create = create_##name,                                                                   \
        .destroy = aimci_chi_destroy,                                                              \
        .step = aimci_chi_step,                                                                    \
        .tensors = aimci_chi_tensors,                                                              \
        .reset = aimci_chi_reset,                                                                  \
        .stats = aimci_chi_stats,                                                                  \
    };

/* ---- fields --------------------------------------------------------------------------------- */

#define AIMCI_CP     aimci_chi_params
#define AIMCI_MP_SRC "Nandakumar et al., Front. Neurosci. 14:406 (2020)"
#define AIMCI_CHI_FIELDS(x_bins, d_bins, least, sto)                                               \
    AIMCI_CHILD("update", 0, "update", "update",                                                   \
                "pulse trains, when write_mode is TRAINS; both managements are on", AIMCI_MP_SRC), \
        AIMCI_NUMBER(AIMCI_CP, transfer_every, 1, 1, 1e9, "mini-batches",                          \
                     "period of the transfer to the devices", AIMCI_MP_SRC),                       \
        AIMCI_INTEGER(AIMCI_CP, n_rows_per_transfer, -1, -1, 65536, "outputs",                     \
                      "rows moved each time, in turn; -1: all; 0: never", AIMCI_MP_SRC),           \
        AIMCI_FLAG(AIMCI_CP, random_row, 0, "start at a random row", AIMCI_MP_SRC),                \
        AIMCI_NUMBER(AIMCI_CP, granularity, 0, 0, 1e30, "weight",                                  \
                     "amount that is worth a pulse; 0: the device's granularity", AIMCI_MP_SRC),   \
        AIMCI_INTEGER(AIMCI_CP, n_x_bins, x_bins, least, 65535, "levels",                          \
                      "quantisation of the inputs; 0: none", AIMCI_MP_SRC),                        \
        AIMCI_INTEGER(AIMCI_CP, n_d_bins, d_bins, least, 65535, "levels",                          \
                      "quantisation of the gradients; 0: none", AIMCI_MP_SRC),                     \
        AIMCI_FLAG(AIMCI_CP, stoc_round_x, sto, "quantise inputs stochastically", AIMCI_MP_SRC),   \
        AIMCI_FLAG(AIMCI_CP, stoc_round_d, sto, "quantise gradients stochastically",               \
                   AIMCI_MP_SRC),                                                                  \
        AIMCI_CHOICE(AIMCI_CP, write_mode, AIMCI_CHI_EXACT, 1, "EXACT|TRAINS",                     \
                     "write exactly the counted pulses, or a row by stochastic trains",            \
                     AIMCI_MP_SRC)

#endif
