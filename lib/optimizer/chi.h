/* SPDX-License-Identifier: MIT */
/* The digital accumulator chi of mixed precision, and its way onto the devices: shared by the float
 * and the integer variant. chi holds what is to be subtracted from the weights. */
#ifndef AIMCI_CHI_H
#define AIMCI_CHI_H

#include "optimizer/algorithm.h"

/* Fields of both variants; the first member of their parameters. */
typedef struct aimci_chi_params {
    double transfer_every, granularity, transfer_lr;
    int64_t n_rows_per_transfer, n_x_bins, n_d_bins;
    int32_t write_mode;
    bool random_row, stoc_round_x, stoc_round_d;
} aimci_chi_params;

enum { AIMCI_CHI_EXACT, AIMCI_CHI_TRAINS };
enum { AIMCI_CHI_BATCHES, AIMCI_CHI_ROW, AIMCI_CHI_VECTORS, AIMCI_CHI_N_PROGRESS };

typedef struct aimci_chi {
    aimc_context *ctx;
    aimc_tile *tile;
    const aimci_kernels *kernels;
    aimci_chi_params params;
    aimci_update_params update;
    aimci_pulser *pulser; /* for TRAINS */
    double eps;           /* granularity of a transfer, weight units */
    float *chi;           /* stored like the array */
    float *x, *d;         /* packed, quantised vectors of a chunk */
    float *row_x, *row_d; /* one row on its way */
    float *hidden;        /* one line for each thread slot, as the next */
    int32_t *counts;
    uint64_t *pulses; /* up, down, crossings for each thread slot, a cache line apart */
    int64_t *progress;
    aimc_optimizer_stats stats;
} aimci_chi;

aimc_status aimci_chi_create(aimci_chi *c, aimc_tile *tile, const aimc_config *config,
                             const aimci_chi_params *params);
void aimci_chi_destroy(aimci_chi *c, aimc_context *ctx);
void aimci_chi_reset(aimci_chi *c);

/* Values onto the integers -half ... half, in steps of width: rounded to the nearest, or
 * stochastically with the stream of vector number index. side: 0 inputs, 1 gradients. */
void aimci_chi_quantize(const aimci_chi *c, const float *v, size_t n, double width, double half,
                        bool stochastic, int side, uint64_t index, float *out);

/* What a transfer takes: n = trunc(chi / threshold) on the rows that are due, chi -= n taken
 * (rounded to an integer if whole), n pulses of eps. */
typedef struct aimci_chi_charge {
    double threshold, taken;
    bool whole;
} aimci_chi_charge;

/* n vectors were added to chi: a digital outer product each, summed before it is written. */
void aimci_chi_count(const aimci_chi *c, size_t n);

/* At the end of every mini-batch: writes what is worth a pulse, when a transfer is due. */
void aimci_chi_transfer(aimci_chi *c, const aimci_chi_charge *charge);

#define AIMCI_MP_SRC "Nandakumar et al., Front. Neurosci. 14:406 (2020)"
#define AIMCI_CHI_FIELD(T, kind, field, ...)                                                       \
    {                                                                                              \
#field, kind, offsetof(T, chi) + offsetof(aimci_chi_params, field), __VA_ARGS__,           \
            AIMCI_MP_SRC                                                                           \
    }
#define AIMCI_CHI_FIELDS(T, x_bins, d_bins, least, sto_d)                                          \
    AIMCI_CHILD("update", 0, "update", "update",                                                   \
                "pulse trains, when write_mode is TRAINS; both managements are on", AIMCI_MP_SRC), \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_NUMBER, transfer_every, 1, 1, 1e9, "mini-batches", "", "",   \
                        "period of the transfer to the devices"),                                  \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_INTEGER, n_rows_per_transfer, -1, -1, 65536, "outputs", "",  \
                        "", "rows moved each time, in turn; -1: all; 0: never"),                   \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_FLAG, random_row, 0, 0, 1, "1", "", "",                      \
                        "start at a random row"),                                                  \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_NUMBER, granularity, 0, 0, 1e30, "weight", "", "",           \
                        "amount that is worth a pulse; 0: the device's granularity"),              \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_INTEGER, n_x_bins, x_bins, least, 65535, "levels", "", "",   \
                        "quantisation of the inputs; 0: none"),                                    \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_INTEGER, n_d_bins, d_bins, least, 65535, "levels", "", "",   \
                        "quantisation of the gradients; 0: none"),                                 \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_FLAG, stoc_round_x, 0, 0, 1, "1", "", "",                    \
                        "quantise inputs stochastically"),                                         \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_FLAG, stoc_round_d, sto_d, 0, 1, "1", "", "",                \
                        "quantise gradients stochastically"),                                      \
        AIMCI_CHI_FIELD(T, AIMC_FIELD_CHOICE, write_mode, AIMCI_CHI_EXACT, 0, 1, "1",              \
                        "EXACT|TRAINS", "",                                                        \
                        "write exactly the counted pulses, or a row by stochastic trains")

#endif
