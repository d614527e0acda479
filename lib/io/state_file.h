/* SPDX-License-Identifier: MIT */
/* Files of libaimc's own state: safetensors whose metadata say the version of the format and what
 * the file holds. */
#ifndef AIMCI_STATE_FILE_H
#define AIMCI_STATE_FILE_H

#include "io/safetensors.h"

/* A writer that has said what the file holds ("tile", "network"). */
aimc_status aimci_state_writer_create(aimc_context *ctx, const char *content,
                                      aimci_st_writer **out);

/* Read a file, or bytes, of this content; anything else is refused with what was found. */
aimc_status aimci_state_read(aimc_context *ctx, const char *path, const char *content,
                             aimci_st_reader **out);
aimc_status aimci_state_parse(aimc_context *ctx, const void *bytes, size_t size,
                              const char *content, aimci_st_reader **out);

#endif
