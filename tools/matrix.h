/* SPDX-License-Identifier: MIT */
/* A matrix from a file: comma-separated text, or .npy. */
#ifndef AIMC_TOOLS_MATRIX_H
#define AIMC_TOOLS_MATRIX_H

#include <stddef.h>

struct matrix {
    size_t rows, cols;
    float *values; /* [rows][cols], owned */
};

/*
 * Read a file by its name: ".npy" holds float32 or float64 in C order, one or two dimensions (one
 * is a row); anything else is text, a line for each row, numbers separated by commas or blanks,
 * lines that start with '#' left out. EXIT_GO_ON, or the exit code after a sentence.
 */
int matrix_load(struct matrix *matrix, const char *path);
void matrix_free(struct matrix *matrix);

#endif
