/* SPDX-License-Identifier: MIT */
/* Configurations by the names that callers give. */
#ifndef AIMCI_NAMES_H
#define AIMCI_NAMES_H

#include "core/config.h"

/* Text of a file; filled in by lib/kinds.c, as files are on a higher floor. */
typedef aimc_status (*aimci_read_text_fn)(aimc_context *ctx, const char *path, size_t max,
                                          char **text);
extern const aimci_read_text_fn aimci_read_text;

/* Make a configuration of a name: a kind, a preset, or a file that ends in ".json" with a
 * configuration of any kind. */
aimc_status aimci_config_of_name(aimc_context *ctx, const char *caller, const char *name,
                                 aimc_config **out);

#endif
