/* SPDX-License-Identifier: MIT */
/* What names of configurations need of higher floors. */
#ifndef AIMCI_NAMES_H
#define AIMCI_NAMES_H

#include "core/config.h"

/* Text of a file; filled in by lib/kinds.c, as files are on a higher floor. */
typedef aimc_status (*aimci_read_text_fn)(aimc_context *ctx, const char *path, size_t max,
                                          char **text);
extern const aimci_read_text_fn aimci_read_text;

#endif
