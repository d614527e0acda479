/* SPDX-License-Identifier: MIT */
/* Files of libaimc's own state: safetensors whose metadata say the version of the format and what
 * the file holds. */
#ifndef AIMCI_STATE_FILE_H
#define AIMCI_STATE_FILE_H

#include "io/safetensors.h"

/* What a file can hold: a public object, by its name ("tile", "network") and how it is put under a
 * prefix and made again. After a failure restore leaves nothing behind. */
typedef struct aimci_content {
    const char *name;
    aimc_status (*put)(const void *object, aimci_st_writer *writer, const char *prefix);
    aimc_status (*restore)(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                           void **out);
} aimci_content;

/* The bodies of aimc_NAME_save() and its brothers, which check the arguments; ctx is the object's,
 * NULL when that is NULL; out points to the caller's pointer, of the type of the object, and gets
 * NULL where it fails later. */
aimc_status aimci_state_save(aimc_context *ctx, const aimci_content *content, const void *object,
                             const char *path);
aimc_status aimci_state_save_bytes(aimc_context *ctx, const aimci_content *content,
                                   const void *object, void *bytes, size_t size, size_t *n);
aimc_status aimci_state_load(aimc_context *ctx, const aimci_content *content, const char *path,
                             void *out);
aimc_status aimci_state_load_bytes(aimc_context *ctx, const aimci_content *content,
                                   const void *bytes, size_t size, void *out);

#endif
