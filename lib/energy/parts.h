/* SPDX-License-Identifier: MIT */
/* Prices of single parts. */
#ifndef AIMCI_ENERGY_PARTS_H
#define AIMCI_ENERGY_PARTS_H

#include "energy/chip.h"

double aimci_adc_part_bits(int64_t part);
aimc_converter_cost aimci_adc_cost(const aimci_technology *t);
aimc_converter_cost aimci_dac_cost(const aimci_chip *chip);

/* J of a conversion of so many bits (0: those of the technology), without the edges of a line that
 * pulse widths have; s that it takes beside the read. */
double aimci_adc_energy(const aimci_chip *chip, double bits);
double aimci_adc_time(const aimci_technology *t, double bits);
double aimci_dac_energy(const aimci_technology *t, double bits, double hold);
/* s of a read whose inputs have so many bits. */
double aimci_read_time(const aimci_technology *t, double dac_bits);

/* F and ohm of a line, for each cell along it. */
double aimci_line_capacitance(const aimci_chip *chip, bool word_line);
double aimci_line_resistance(const aimci_technology *t);

double aimci_pulse_energy(const aimci_technology *t, double g, double v, double width);

#endif
