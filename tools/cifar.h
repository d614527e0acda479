/* SPDX-License-Identifier: MIT */
/* The binary version of CIFAR-10 and CIFAR-100, plain or gzipped: a record is the label (CIFAR-100:
 * coarse and fine, of which the fine one is taken) and 3 x 32 x 32 bytes. */
#ifndef AIMC_TOOLS_CIFAR_H
#define AIMC_TOOLS_CIFAR_H

#include <stdbool.h>

#include "idx.h"

/* Is it named so? ".bin", ".bin.gz" */
bool cifar_is(const char *path);

/* Images and labels as if from IDX files. EXIT_GO_ON, or EXIT_FAILED after a sentence. */
int cifar_read(const char *path, struct idx *images, struct idx *labels);

#endif
