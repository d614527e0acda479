/* SPDX-License-Identifier: MIT */
/* Whole files in and out. Sentences name the path and what the system said. */
#ifndef AIMCI_FILE_H
#define AIMCI_FILE_H

#include <stdio.h>

#include "io/source.h"

/* Read a regular file, or all that comes through a pipe ("<(...)"), of at most max bytes into
 * memory of the context; a zero byte follows the last one, so text needs no copy. look (NULL: none)
 * sees the first bytes before. A pipe that nobody opens for writing is given up after a second.
 * AIMC_ERR_IO, AIMC_ERR_FORMAT (larger than max), AIMC_ERR_NOMEM. */
aimc_status aimci_file_read(aimc_context *ctx, const char *path, size_t max, aimci_look_fn look,
                            void **data, size_t *size);

/* A file that is to be text in UTF-8: zero bytes, and the mark of UTF-16, are AIMC_ERR_FORMAT, and
 * a byte-order mark is left out. */
aimc_status aimci_file_read_text(aimc_context *ctx, const char *path, size_t max, char **text);

/* Writes the content. Errors of the stream are noticed by the caller, who also flushes; the
 * callback may go on or stop at them. Any other failure it reports with aimci_fail(). */
typedef aimc_status (*aimci_file_write_fn)(void *user, FILE *file);

/* Replace the file by what write() writes, or leave it as it is: through a temporary file beside it
 * that is on the disk before it takes the name. A symbolic link stays: what it points to is
 * replaced. An existing file keeps its permissions and, as far as the system allows, its owner and
 * group. What is there and no regular file (a directory, device, pipe) is refused. Temporary files
 * that dead processes left for this name are removed. */
aimc_status aimci_file_replace(aimc_context *ctx, const char *path, aimci_file_write_fn write,
                               void *user);

#endif
