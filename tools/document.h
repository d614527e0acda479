/* SPDX-License-Identifier: MIT */
/* JSON documents that the user wrote. */
#ifndef AIMC_TOOLS_DOCUMENT_H
#define AIMC_TOOLS_DOCUMENT_H

#include <stddef.h>

/* The word under "kind" of the object in a file, where there is one; else kind stays as it is.
 * EXIT_GO_ON, or the exit code after a sentence. */
int document_kind(const char *path, char *kind, size_t size);

#endif
