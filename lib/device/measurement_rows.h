/* SPDX-License-Identifier: MIT */
/* Whose the rows of a table in the long form are, and what was sent before each: numbers, words. */
#ifndef AIMCI_MEASUREMENT_ROWS_H
#define AIMCI_MEASUREMENT_ROWS_H

#include "device/measurement.h"
#include "io/table.h"

/* device[rows]: of a column of whole numbers, which first is added to, or of names. A name that
 * came before, in another table, is the same device; others get the numbers after the last one. */
aimc_status aimci_rows_read_devices(aimc_measurement *m, const aimc_table *table, size_t column,
                                    uint32_t first, uint32_t *device);

/* pulses[rows]: of a column of numbers of pulses or of words such as set and reset. */
aimc_status aimci_rows_read_directions(const aimc_measurement *m, const aimc_table *table,
                                       size_t column, int32_t *pulses);

/* "G1", "G (uS)", "G_2", but not "gain": a word that no other letter follows. */
bool aimci_begins_with(const char *name, const char *word);

/* 1 of "up", "Set (uS)", "LTP_2"; -1 of "down" and its like; 0 of other names. */
int32_t aimci_direction_of_name(const char *name);

#endif
