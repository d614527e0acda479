/* SPDX-License-Identifier: MIT */
/* Weights of a column set as its outputs see them, through cells and wires. */
#ifndef AIMCI_COLUMN_NETWORK_H
#define AIMCI_COLUMN_NETWORK_H

#include "periphery/periphery.h"

/* Derive set->w, reference, bias and conductances from the weights w of the matrix. */
aimc_status aimci_column_network_refresh(const aimci_periphery *periphery,
                                         const aimci_column_set *set, const float *w);

/* The conductances of a set whose vectors are solved. */
void aimci_column_network_fill(const aimci_periphery *periphery, const aimci_column_set *set,
                               const float *w);

/* y = product of the set with z for n vectors, each solved by itself, where cells draw noise with
 * that of keys[k]; false: a network was not solved. */
bool aimci_column_network_solve(const aimci_periphery *periphery, const aimci_read_array *array,
                                const aimci_column_set *set, size_t n, const float *z, float *y,
                                size_t slot, const aimci_key *keys);

/* What a failed solve says to the user. */
aimc_status aimci_column_network_not_solved(void);

#endif
