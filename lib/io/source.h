/* SPDX-License-Identifier: MIT */
/* Bytes of a file that are read when they are asked for: nothing of its size is held. */
#ifndef AIMCI_SOURCE_H
#define AIMCI_SOURCE_H

#include "core/core.h"

typedef struct aimci_source {
    const unsigned char *bytes; /* NULL: those of the file */
    void *owned;                /* the bytes, where they are ours */
    int file;
    uint64_t size;
} aimci_source;

/* Sees the first bytes of a file, up to 4096, before anything of its size is asked for; a failure
 * ends the reading. size is UINT64_MAX where it is not known yet. */
typedef aimc_status (*aimci_look_fn)(const void *first, size_t n, uint64_t size);

/* A regular file, which stays open, or all that comes through a pipe; at most max bytes, and at
 * most what the context allows. AIMC_ERR_IO, AIMC_ERR_FORMAT (larger, or look says so),
 * AIMC_ERR_NOMEM. */
aimc_status aimci_source_open(aimc_context *ctx, const char *path, uint64_t max, aimci_look_fn look,
                              aimci_source *out);

/* Bytes of the caller's, which stay where they are. */
aimci_source aimci_source_of(const void *bytes, size_t size);

void aimci_source_close(aimc_context *ctx, aimci_source *source);

/* n bytes from byte at on, which the caller has found to be within the size. AIMC_ERR_IO where the
 * file became shorter meanwhile. Any thread. */
aimc_status aimci_source_read(const aimci_source *source, uint64_t at, size_t n, void *to);

/* "'PATH': cannot WHAT: REASON", as AIMC_ERR_IO, or AIMC_ERR_NOMEM where that is the reason. */
aimc_status aimci_fail_errno(const char *path, const char *what, int error);

#endif
