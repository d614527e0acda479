/* SPDX-License-Identifier: MIT */
/* Prices of single parts. */
#ifndef AIMCI_ENERGY_PARTS_H
#define AIMCI_ENERGY_PARTS_H

#include "energy/technology.h"

double aimci_adc_part_bits(int64_t part);
aimc_converter_cost aimci_adc_cost(const aimci_technology *t);
aimc_converter_cost aimci_dac_cost(const aimci_technology *t);
double aimci_pulse_energy(const aimci_technology *t, double g, double v, double width);

#endif
