/* SPDX-License-Identifier: MIT */
/* JSON documents of configurations. */
#ifndef AIMC_TOOLS_DOCUMENT_H
#define AIMC_TOOLS_DOCUMENT_H

#include <stddef.h>

#include <aimc/aimc.h>

/* The word under "kind" of the object in a file, where there is one; else kind stays as it is.
 * EXIT_GO_ON, or the exit code after a sentence. */
int document_kind(const char *path, char *kind, size_t size);

/* --out FILE: a name that ends in .json, or NULL; and a configuration into such a file. EXIT_GO_ON,
 * or the exit code after a sentence. */
int document_check_name(const char *path);
int document_write(const char *path, const aimc_config *config);

#endif
