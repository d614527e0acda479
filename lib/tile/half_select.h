/* SPDX-License-Identifier: MIT */
/* Cells that share a word line or a bit line with a pulsed one see half of its voltage. Pulses of
 * trains disturb vector by vector (cpu_backend.c); those that are sent by count go to one cell
 * after the other, so that each disturbs all other cells of its two lines once. */
#ifndef AIMCI_HALF_SELECT_H
#define AIMCI_HALF_SELECT_H

#include "tile/array.h"

aimc_status aimci_half_select_create(aimci_array *array, const char *caller);
void aimci_half_select_destroy(aimci_array *array);

/* Word line j got these pulses by count, and its neighbours wait. */
void aimci_half_select_note(const aimci_array *array, size_t j, const int32_t *count);

/* What waits is done: with n_up_ij pulses up to a cell, the sums over its lines less its own,
 *
 *     sum_k n_up_kj + sum_l n_up_il - 2 n_up_ij
 *
 * half-selected pulses up, and likewise down. */
void aimci_half_select_apply(aimci_array *array);

/* Signed half-selected pulses to word line j; count has ld elements and is changed. */
void aimci_half_select_pulse(const aimci_array *array, const aimci_word_line *line, size_t j,
                             int32_t *count, const aimci_key *key);

#endif
