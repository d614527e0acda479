/* SPDX-License-Identifier: MIT */
/* What use does to a device, resolved from its nested configurations. */
#ifndef AIMCI_ENDURANCE_H
#define AIMCI_ENDURANCE_H

#include "device/model.h"

/* onset = 0, rate = 0: there is none. */
aimci_endurance aimci_endurance_of(const aimc_config *device);
aimci_disturb aimci_disturb_of(const aimc_config *device);

#endif
