/* SPDX-License-Identifier: MIT */
/* Conductance drift of a device, resolved from its nested configuration. */
#ifndef AIMCI_DRIFT_H
#define AIMCI_DRIFT_H

#include "device/model.h"

/* Drift of a device's configuration; nu = 0 when there is none. */
aimci_drift aimci_drift_of(const aimc_config *device);

#endif
