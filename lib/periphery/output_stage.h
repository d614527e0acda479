/* SPDX-License-Identifier: MIT */
/* From currents to results: compression, output noise, shift, ADCs. */
#ifndef AIMCI_OUTPUT_STAGE_H
#define AIMCI_OUTPUT_STAGE_H

#include "periphery/periphery.h"

/* All outputs of one vector in accumulation group g; current serves as scratch. Returns how many
 * hit the bound. */
size_t aimci_output_stage_convert(const aimci_periphery *periphery, size_t g, const aimci_key *key,
                                  float gain, float *current, float *y, aimci_probe *probe);

/* The reference column, which has an ADC of its own. */
double aimci_output_stage_reference(const aimci_periphery *periphery, size_t g,
                                    const aimci_key *key, float gain, double value);

#endif
