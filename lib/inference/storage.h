/* SPDX-License-Identifier: MIT */
#ifndef AIMCI_STORAGE_H
#define AIMCI_STORAGE_H

#include <aimc/inference.h>

#include "core/config.h"

/* n weights as 8-bit codes through the memory of a configuration "storage" (NULL: defaults); seed
 * stands in for one that the configuration does not give, index tells matrices of one network
 * apart. Adds to the report. */
void aimci_storage_keep(aimc_context *ctx, const aimc_config *config, uint64_t seed, uint64_t index,
                        float *w, size_t n, aimc_storage_report *report);

#endif
