/* SPDX-License-Identifier: MIT */
/* How ranges of converters are taken from data. */
#ifndef AIMCI_CALIBRATION_H
#define AIMCI_CALIBRATION_H

#include "core/config.h"

/* Of inputs. */
enum {
    AIMCI_INPUTS_MOVING_STD,
    AIMCI_INPUTS_MOVING_QUANTILE,
    AIMCI_INPUTS_CACHE_QUANTILE,
    AIMCI_INPUTS_MAX,
    AIMCI_INPUTS_MEAN_SQUARE,
    AIMCI_INPUTS_ENTROPY,
    AIMCI_INPUTS_NONE
};

/* Of outputs; beyond the first, rules of periphery/magnitudes.h in their order. */
enum { AIMCI_OUTPUTS_NONE, AIMCI_OUTPUTS_FIRST_RULE };

/* What has a range in common. */
enum { AIMCI_SHARE_SLICE, AIMCI_SHARE_TILE, AIMCI_SHARE_LAYER };

/* Values of the kind "calibration". */
typedef struct aimci_calibration {
    int32_t method, out_method, out_share;
    double quantile, std_alpha, momentum;
    int64_t max_samples;
    bool out_powers_of_two;
} aimci_calibration;

/* NULL: defaults. */
aimci_calibration aimci_calibration_of(const aimc_config *config);

#endif
