/* SPDX-License-Identifier: MIT */
/* A matrix from a file: text or .npy. */
#ifndef AIMC_TOOLS_MATRIX_H
#define AIMC_TOOLS_MATRIX_H

#include <stddef.h>

#include "table.h"

struct matrix {
    size_t rows, cols;
    float *values; /* [rows][cols], owned */
};

/* A row of the file is a row of the matrix. EXIT_GO_ON, or the exit code after a sentence. */
int matrix_load(struct matrix *matrix, const char *path, const struct table_options *options);
void matrix_free(struct matrix *matrix);

#endif
