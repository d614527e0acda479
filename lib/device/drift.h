/* SPDX-License-Identifier: MIT */
/* Conductance drift of a device, resolved from its nested configuration. */
#ifndef AIMCI_DRIFT_H
#define AIMCI_DRIFT_H

#include "device/model.h"

/* Drift of a device's configuration and its unit of time; nu = 0 when there is none, and t_0 stays
 * as it is. */
aimci_drift aimci_drift_of(const aimc_config *device, double *t_0);

#endif
