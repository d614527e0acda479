/* SPDX-License-Identifier: MIT */
/* The read-out of one direction from the command line. */
#ifndef AIMC_TOOLS_READOUT_H
#define AIMC_TOOLS_READOUT_H

#include <stdbool.h>

#include <aimc/aimc.h>

#include "args.h"

/*
 * A configuration of a tile: the direction starts from preset (NULL: the default) and takes the
 * settings "field=value" one after the other. EXIT_GO_ON, or the exit code after a sentence.
 */
int readout_config(aimc_context *ctx, bool backward, const char *preset,
                   const struct texts *settings, aimc_config **config);

/* "field=value", as option has it, into a configuration, or into its nested one of this name
 * (NULL: itself). EXIT_GO_ON, or the exit code after a sentence. */
int setting_apply(aimc_config *config, const char *option, const char *nested, const char *setting);

#endif
