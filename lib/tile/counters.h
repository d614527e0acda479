/* SPDX-License-Identifier: MIT */
/* The counters of a tile as a list, so that sums and files need not know the public struct. */
#ifndef AIMCI_COUNTERS_H
#define AIMCI_COUNTERS_H

#include <aimc/tile.h>

#include "io/safetensors.h"
#include "periphery/periphery.h"

void aimci_counters_add(aimc_counters *sum, const aimc_counters *other);

/* Input activity of a batch of reads. */
void aimci_counters_add_activity(aimc_counters *sum, const aimci_readout_counts *counts);

/* Counters with the seed of their tile in front; the names go into the metadata, so that a file
 * with fewer counters than this version has can be read. */
aimc_status aimci_counters_put(const aimc_counters *counters, uint64_t seed,
                               aimci_st_writer *writer, const char *prefix);
aimc_status aimci_counters_restore(aimc_counters *counters, uint64_t *seed,
                                   const aimci_st_reader *reader, const char *prefix);

#endif
