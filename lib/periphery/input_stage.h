/* SPDX-License-Identifier: MIT */
/* From a vector to what drives the array: noise management, DACs. */
#ifndef AIMCI_INPUT_STAGE_H
#define AIMCI_INPUT_STAGE_H

#include "periphery/periphery.h"

/* alpha of one vector, by noise management; a running average moves on. */
float aimci_input_stage_alpha(aimci_periphery *periphery, const float *x);

/* Scale at which even weights all at the assumed maximum do not clip. */
float aimci_input_stage_worst_case(const aimci_periphery *periphery, const float *x);

/* z = DAC(scale x) with the errors that follow it. */
void aimci_input_stage_prepare(const aimci_periphery *periphery, const aimci_key *key, float scale,
                               const float *x, float *z);

/* Sum of the codes that drive the array, or of a part of them (NULL: all), as a digital adder would
 * form it: without the errors that follow the DAC, but with the key of aimci_input_stage_prepare(),
 * so that stochastic rounding gives the same codes. z: [n_in] scratch. */
double aimci_input_stage_code_sum(const aimci_periphery *periphery, const aimci_key *key,
                                  float scale, const aimci_part *part, const float *x, float *z);

#endif
