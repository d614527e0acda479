/* SPDX-License-Identifier: MIT */
/* Arrays of any rank from files: .npy, IDX, CIFAR's binary version, tables. The first axis counts
 * samples. */
#ifndef AIMC_TOOLS_ARRAY_H
#define AIMC_TOOLS_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

enum { ARRAY_MAX_DIMS = 7 };

struct array {
    size_t n_dims, dims[ARRAY_MAX_DIMS];
    float *values;    /* owned */
    uint32_t *labels; /* [dims[0]] that came with them, owned; NULL: none */
};

size_t array_size(const struct array *a, size_t first_dim); /* product of dimensions from there */

/* By what the file holds and its ending; a table has a sample in each row. EXIT_GO_ON, or the exit
 * code after a sentence that names the file. */
int array_read(const char *path, const struct table_options *options, struct array *a);
void array_free(struct array *a);

/* .npy, or what ends otherwise as CSV, a sample in each line. */
int array_write(const char *path, const struct array *a);

#endif
