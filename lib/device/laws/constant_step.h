/* SPDX-License-Identifier: MIT */
/* w <- w + s S_s (1 + sigma xi) */
#ifndef AIMCI_LAW_CONSTANT_STEP_H
#define AIMCI_LAW_CONSTANT_STEP_H

#include "device/law.h"

typedef struct aimci_law {
    aimci_pulse_noise noise;
} aimci_law;

#define AIMCI_LAW_SLOPED 0
#include "device/affine.h"

#endif
