/* SPDX-License-Identifier: MIT */
/* A device whose laws are the caller's functions: aimc_device_create_user(). */
#ifndef AIMCI_USER_DEVICE_H
#define AIMCI_USER_DEVICE_H

#include "device/model.h"

typedef struct aimci_user_params {
    aimci_pulsed base; /* granularity and mean bounds; nothing has a spread */
    aimc_user_device user;
} aimci_user_params;

/* Arrays that a call hands to the caller's functions. */
typedef struct aimci_user_chunk {
    float w[AIMC_USER_CELLS];
    float normals[AIMC_USER_NORMALS][AIMC_USER_CELLS];
    float uniforms[AIMC_USER_UNIFORMS][AIMC_USER_CELLS];
    int32_t direction[AIMC_USER_CELLS];
} aimci_user_chunk;

static inline aimc_user_cells aimci_user_cells_of(const aimci_user_params *p,
                                                  aimci_user_chunk *chunk, size_t n)
{
    aimc_user_cells cells = {.struct_size = (uint32_t)sizeof cells,
                             .n_parameters = p->user.n_parameters,
                             .n = n,
                             .w = chunk->w,
                             .direction = chunk->direction};
    for (int k = 0; k < AIMC_USER_NORMALS; k++)
        cells.normals[k] = chunk->normals[k];
    for (int k = 0; k < AIMC_USER_UNIFORMS; k++)
        cells.uniforms[k] = chunk->uniforms[k];
    return cells;
}

#endif
