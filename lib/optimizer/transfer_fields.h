/* SPDX-License-Identifier: MIT */
/* Fields that algorithms of the transfer engine share: each kind lists those that mean something
 * to it. */
#ifndef AIMCI_TRANSFER_FIELDS_H
#define AIMCI_TRANSFER_FIELDS_H

#include "optimizer/transfer.h"

#define AIMCI_TP     aimci_transfer_params
#define AIMCI_TT_SRC "Gokmen and Haensch, Front. Neurosci. 14:103 (2020)"
#define AIMCI_T2_SRC "Gokmen, Front. Artif. Intell. 4:699148 (2021)"
#define AIMCI_T3_SRC "Rasch et al., Nat. Commun. 15:7133 (2024), arXiv:2303.04721"

#define AIMCI_TRANSFER_FIELDS(in_mbatch, scale_fast)                                               \
    AIMCI_CHILD("update", 0, "update", "update", "pulses of the gradient on the fast array",       \
                AIMCI_TT_SRC),                                                                     \
        AIMCI_CHILD("transfer_forward", 2, "periphery", "periphery",                               \
                    "read-out of a slice; noise and bound management are off", AIMCI_TT_SRC),      \
        AIMCI_FLAG(AIMCI_TP, separate_fast_device, 0,                                              \
                   "the fast array is of fast_device instead of the tile's device", AIMCI_TT_SRC), \
        AIMCI_CHILD("fast_device", 3, "device", "soft_bounds_reference",                           \
                    "device of the fast array", AIMCI_TT_SRC),                                     \
        AIMCI_NUMBER(AIMCI_TP, gamma, 0, 0, 1e6, "1",                                              \
                     "share of the fast array in the effective weight; 0: hidden", AIMCI_TT_SRC),  \
        AIMCI_FLAG(AIMCI_TP, units_in_mbatch, in_mbatch,                                           \
                   "transfer_every counts mini-batches instead of vectors", AIMCI_TT_SRC),         \
        AIMCI_FLAG(AIMCI_TP, transfer_columns, 1,                                                  \
                   "read columns (forward); false: rows (backward)", AIMCI_TT_SRC),                \
        AIMCI_NUMBER(AIMCI_TP, fast_lr, 1, 0, 1e30, "1",                                           \
                     "rate of the fast array; 0: the learning rate", AIMCI_TT_SRC),                \
        AIMCI_FLAG(AIMCI_TP, scale_fast_lr, scale_fast, "multiply fast_lr by the learning rate",   \
                   AIMCI_TT_SRC),                                                                  \
        AIMCI_NUMBER(AIMCI_TP, transfer_lr, 1, 0, 1e30, "1", "rate of a transfer", AIMCI_TT_SRC),  \
        AIMCI_FLAG(AIMCI_TP, scale_transfer_lr, 1, "multiply transfer_lr by the learning rate",    \
                   AIMCI_TT_SRC),                                                                  \
        AIMCI_FLAG(                                                                                \
            AIMCI_TP, defer_writes, 0,                                                             \
            "read when due, but write the sum of a mini-batch's transfers at its end, as a "       \
            "controller does that holds writes back; false: write at once",                        \
            AIMCI_T3_SRC)

#define AIMCI_TRANSFER_HOP_FIELDS                                                                  \
    AIMCI_INTEGER(AIMCI_TP, n_arrays, 2, 2, AIMCI_TRANSFER_MAX_ARRAYS, "1",                        \
                  "arrays; the effective weight is sum_k gamma^(n-1-k) A_k", AIMCI_TT_SRC),        \
        AIMCI_NUMBERS(AIMCI_TP, gamma_vec, 0, -1e6, 1e6, "1",                                      \
                      "shares of all arrays, instead of powers of gamma", AIMCI_TT_SRC),           \
        AIMCI_NUMBER(AIMCI_TP, transfer_every, 1, 0, 1e9, "vectors or mini-batches",               \
                     "period of the first hop; 0: never", AIMCI_TT_SRC),                           \
        AIMCI_NUMBERS(AIMCI_TP, transfer_every_vec, 0, 0, 1e9, "vectors or mini-batches",          \
                      "periods of all hops", AIMCI_TT_SRC),                                        \
        AIMCI_NUMBERS(AIMCI_TP, transfer_lr_vec, 0, 0, 1e30, "1", "rates of all hops",             \
                      AIMCI_TT_SRC),                                                               \
        AIMCI_INTEGER(AIMCI_TP, n_reads_per_transfer, 1, 1, 65536, "slices",                       \
                      "slices per transfer", AIMCI_TT_SRC),                                        \
        AIMCI_FLAG(AIMCI_TP, random_selection, 0, "start each transfer at a random slice",         \
                   AIMCI_TT_SRC)

#define AIMCI_TRANSFER_WRITE_FIELDS(momentum_default)                                              \
    AIMCI_CHOICE(AIMCI_TP, write_mode, AIMCI_WRITE_EXACT, 1, "EXACT|TRAINS",                       \
                 "write exactly the counted pulses, or by trains of transfer_update",              \
                 AIMCI_T2_SRC),                                                                    \
        AIMCI_CHILD("transfer_update", 1, "update", "one_pulse",                                   \
                    "pulses of the write; desired_bl is the most at once", AIMCI_T2_SRC),          \
        AIMCI_NUMBER(AIMCI_TP, step, 1, 0, 1e6, "1", "pulses sent for each count", AIMCI_T2_SRC),  \
        AIMCI_NUMBER(AIMCI_TP, momentum, momentum_default, 0, 1, "1",                              \
                     "share of the buffer that stays after a crossing", AIMCI_T2_SRC),             \
        AIMCI_FLAG(AIMCI_TP, forget_buffer, 1,                                                     \
                   "after a crossing keep momentum of the buffer; false: subtract what was sent",  \
                   AIMCI_T2_SRC)

#define AIMCI_TRANSFER_CHOP_FIELDS(random)                                                         \
    AIMCI_NUMBER(AIMCI_TP, transfer_every, 1, -1e9, 1e9, "vectors or mini-batches",                \
                 "period; < 0: automatic, a sweep takes num_states times its magnitude",           \
                 AIMCI_T3_SRC),                                                                    \
        AIMCI_NUMBER(AIMCI_TP, in_chop_prob, 0.1, 0, 1, "probability",                             \
                     "chopper of a slice turns after a read", AIMCI_T3_SRC),                       \
        AIMCI_FLAG(AIMCI_TP, in_chop_random, random,                                               \
                   "turn at random; false: regularly, every 1/in_chop_prob sweeps", AIMCI_T3_SRC), \
        AIMCI_NUMBER(AIMCI_TP, out_chop_prob, 0, 0, 1, "probability",                              \
                     "chopper of an element turns after a sweep", AIMCI_T3_SRC),                   \
        AIMCI_NUMBER(AIMCI_TP, buffer_granularity, 1, 0, 1e30, "granularity of A",                 \
                     "buffer threshold", AIMCI_T3_SRC),                                            \
        AIMCI_NUMBER(AIMCI_TP, auto_granularity, 0, 0, 1e30, "vectors",                            \
                     "scale the threshold so that this many vectors reach it; 0: off",             \
                     AIMCI_T3_SRC),                                                                \
        AIMCI_FLAG(AIMCI_TP, auto_scale, 0,                                                        \
                   "scale fast_lr by running maxima of x and d, to pulses per vector",             \
                   AIMCI_T3_SRC),                                                                  \
        AIMCI_NUMBER(AIMCI_TP, auto_momentum, 0.99, 0, 0.999999999, "1",                           \
                     "memory of the running maxima, per mini-batch", AIMCI_T3_SRC),                \
        AIMCI_FLAG(AIMCI_TP, correct_gradient_magnitudes, 0,                                       \
                   "undo the rates, so that the slow array follows the gradient itself",           \
                   AIMCI_T3_SRC)

#endif
