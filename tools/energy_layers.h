/* SPDX-License-Identifier: MIT */
/* aimc energy --layers: a network that is only a table of its layers. */
#ifndef AIMC_TOOLS_ENERGY_LAYERS_H
#define AIMC_TOOLS_ENERGY_LAYERS_H

#include "args.h"
#include "table.h"

/* picture and csv may be NULL. Returns the exit code. */
int energy_layers(const char *chip, const struct texts *settings, const char *path,
                  const struct table_options *options, bool json, const char *picture,
                  const char *csv);

#endif
