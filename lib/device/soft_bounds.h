/* SPDX-License-Identifier: MIT */
/* What the soft-bounds models share: soft_bounds_pmax is soft_bounds with other parameters. */
#ifndef AIMCI_SOFT_BOUNDS_H
#define AIMCI_SOFT_BOUNDS_H

#include "device/model.h"

typedef struct aimci_soft_bounds {
    aimci_pulsed base;
    double reverse_offset;
    bool mult_noise, reverse_up, reverse_down;
} aimci_soft_bounds;

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, soft_bounds)

aimc_status aimci_soft_bounds_check(const void *params);
void aimci_soft_bounds_law(const void *params, void *out);
#define AIMCI_SOFT_BOUNDS_LAW_SIZE 32 /* bytes of the law's parameters */
aimci_affine_mean aimci_soft_bounds_mean(const void *params, bool up);

/* clang-format off */
#define AIMCI_SOFT_BOUNDS_FIELDS                                                                   \
    AIMCI_FLAG(aimci_soft_bounds, mult_noise, 1,                                                   \
               "noise in proportion to the actual step; false: to the step at weight 0",           \
               AIMCI_SRC_RASCH),                                                                   \
    AIMCI_WRITE_NOISE_FIELDS(aimci_soft_bounds),                                                   \
    AIMCI_FLAG(aimci_soft_bounds, reverse_up, 0, "up steps shrink toward the lower bound instead", \
               AIMCI_SRC_RASCH),                                                                   \
    AIMCI_FLAG(aimci_soft_bounds, reverse_down, 0,                                                 \
               "down steps shrink toward the upper bound instead", AIMCI_SRC_RASCH),               \
    AIMCI_NUMBER(aimci_soft_bounds, reverse_offset, 0.01, 0, AIMCI_HUGE, "weight",                 \
                 "distance beyond the opposite bound where a reversed step reaches zero",          \
                 AIMCI_SRC_RASCH)
/* clang-format on */

#endif
