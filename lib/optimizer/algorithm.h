/* SPDX-License-Identifier: MIT */
/* What a training algorithm is: one file, one of these. */
#ifndef AIMCI_ALGORITHM_H
#define AIMCI_ALGORITHM_H

#include <aimc/optimizer.h>

#include "optimizer/pulse_train.h"

typedef struct aimci_algorithm {
    const aimci_family *family;
    size_t state_size;
    /* state is zeroed; on failure destroy is called on what there is */
    aimc_status (*create)(void *state, aimc_tile *tile, const aimc_config *config);
    void (*destroy)(void *state, aimc_context *ctx);
    /* arguments are checked; lr >= 0 */
    void (*step)(void *state, aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                 const float *d, size_t ld_d, double lr);
    /* state that the tile's file must carry; NULL: none */
    aimc_status (*put)(const void *state, aimci_st_writer *writer, const char *prefix);
    aimc_status (*restore)(void *state, const aimci_st_reader *reader, const char *prefix);
} aimci_algorithm;

struct aimc_optimizer {
    aimc_context *ctx;
    aimc_tile *tile;
    const aimci_algorithm *algorithm;
    void *state;
};

#endif
