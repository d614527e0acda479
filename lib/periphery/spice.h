/* SPDX-License-Identifier: MIT */
#ifndef AIMCI_SPICE_H
#define AIMCI_SPICE_H

#include <stdio.h>

#include "periphery/periphery.h"

/* Is there a circuit? */
aimc_status aimci_spice_check(const aimci_periphery *periphery);

/* A netlist for ngspice: the weights of the array on cells, driven by z times v_read; one operating
 * point, the current of every output printed. */
aimc_status aimci_spice_write(const aimci_periphery *periphery, const aimci_read_array *array,
                              const float *z, FILE *out);

#endif
