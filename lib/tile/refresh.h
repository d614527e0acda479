/* SPDX-License-Identifier: MIT */
/* Refresh of one-sided pairs: cells whose two devices are both high are reset, and their difference
 * is written back once. All of these are fine with arrays that have no refresh. */
#ifndef AIMCI_REFRESH_H
#define AIMCI_REFRESH_H

#include "tile/array.h"

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
