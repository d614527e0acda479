/* SPDX-License-Identifier: MIT */
/* Arrays of unit cells: what array.c hands on for them. */
#ifndef AIMCI_CELL_ARRAY_H
#define AIMCI_CELL_ARRAY_H

#include "tile/array.h"

/* The members' arrays, and what follows from them. */
aimc_status aimci_cell_array_create(aimci_array *array, const char *who);
void aimci_cell_array_destroy(aimci_array *array);

/* w = sum_k share[k] w_k */
void aimci_cell_array_compose(aimci_array *array);

/* The members take up p as the cells' weight. */
void aimci_cell_array_settle(aimci_array *array, aimci_settle how);

void aimci_cell_array_pulse(const aimci_array *array, size_t j, const int32_t *count,
                            const aimci_pulse_key *key);
void aimci_cell_array_count(const aimci_array *array, uint64_t up, uint64_t down,
                            aimc_counters *counters);

/* All planes of all members; planes NULL: only counts. */
size_t aimci_cell_array_planes(const aimci_array *array, aimci_plane *planes);

/* Refresh of one-sided pairs (refresh.c): cells whose two devices are both high are reset, and
 * their difference is written back once. All of these are fine with arrays that have no refresh. */
aimc_status aimci_refresh_create(aimci_array *array);
void aimci_refresh_destroy(aimci_array *array);
uint64_t aimci_refresh_until_due(const aimci_array *array); /* in vectors; UINT64_MAX: not so */
bool aimci_refresh_due_after_batch(const aimci_array *array);
void aimci_refresh_run(aimci_array *array, aimc_counters *counters);
aimc_status aimci_refresh_put(const aimci_array *array, aimci_st_writer *writer,
                              const char *prefix);
aimc_status aimci_refresh_restore(aimci_array *array, const aimci_st_reader *reader,
                                  const char *prefix);

#endif
