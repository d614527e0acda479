/* SPDX-License-Identifier: MIT */
/* Whole files in and out. Sentences name the path and what the system said. */
#ifndef AIMCI_FILE_H
#define AIMCI_FILE_H

#include <stdio.h>

#include "core/core.h"

/* Read a regular file of at most max bytes into memory of the context; a zero byte follows the last
 * one, so text needs no copy. AIMC_ERR_IO, AIMC_ERR_FORMAT (larger than max), AIMC_ERR_NOMEM. */
aimc_status aimci_file_read(aimc_context *ctx, const char *path, size_t max, void **data,
                            size_t *size);

/* Writes the content. Errors of the stream are noticed by the caller, who also flushes; the
 * callback may go on or stop at them. Any other failure it reports with aimci_fail(). */
typedef aimc_status (*aimci_file_write_fn)(void *user, FILE *file);

/* Replace the file by what write() writes, or leave it as it is: through a temporary file beside it
 * that is on the disk before it takes the name. An existing file keeps its permissions; a symbolic
 * link is replaced, not followed. */
aimc_status aimci_file_replace(aimc_context *ctx, const char *path, aimci_file_write_fn write,
                               void *user);

#endif
