/* SPDX-License-Identifier: MIT */
/* Arrays as numpy.save() writes them: formats 1.0, 2.0 and 3.0. */
#ifndef AIMCI_NPY_H
#define AIMCI_NPY_H

#include <stdio.h>

#include "core/core.h"

bool aimci_npy_is(const void *bytes, size_t size);

/* An array of at most two dimensions; one is a row. values: [rows][cols], of the context.
 * AIMC_ERR_FORMAT where it is of a type that is no real number, not finite, or not as long as its
 * shape says. source is how the sentences call it. */
aimc_status aimci_npy_parse(aimc_context *ctx, const char *source, const void *bytes, size_t size,
                            size_t *rows, size_t *cols, double **values);

/* Floats [rows][cols] as format 1.0; errors of the stream are the caller's to notice. */
void aimci_npy_write(FILE *file, size_t rows, size_t cols, const float *values);

#endif
