/* SPDX-License-Identifier: MIT */
/* Readings of devices from files. */
#ifndef AIMC_TOOLS_SWEEPS_H
#define AIMC_TOOLS_SWEEPS_H

#include "table.h"

/* Add a file to a measurement. Its devices are others than those before, unless it numbers them in
 * a column "device". pairs as in aimc_measurement_params. EXIT_GO_ON, or the exit code after a
 * sentence. */
int sweeps_add(aimc_context *ctx, aimc_measurement *m, const char *path,
               const struct table_options *options, const char *pairs);

#endif
