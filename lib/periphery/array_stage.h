/* SPDX-License-Identifier: MIT */
/* What the array makes of prepared inputs. */
#ifndef AIMCI_ARRAY_STAGE_H
#define AIMCI_ARRAY_STAGE_H

#include "periphery/periphery.h"

/* Currents of one read cycle for n vectors z, wires and noise of the array included. keys[k]: the
 * stream of vector k. false: the network was not solved. */
bool aimci_array_stage_read(const aimci_periphery *periphery, const aimci_read_array *array,
                            const aimci_read_cycle *cycle, size_t n, const float *z, float *y,
                            const aimci_read_scratch *scratch, const aimci_key *keys);

/* The plain product. */
void aimci_array_stage_product(const aimci_periphery *periphery, const aimci_read_array *array,
                               const float *w, size_t n, const float *z, float *y, float *scratch);

#endif
