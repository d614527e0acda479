/* SPDX-License-Identifier: MIT */
/* Columns of numbers from a text file: comma-separated, a header line of names or none, lines of #
 * are remarks. Sentences name the file, the line and the column. */
#ifndef AIMCI_CSV_H
#define AIMCI_CSV_H

#include "core/core.h"

#define AIMCI_CSV_COLUMNS 8
#define AIMCI_CSV_NAME    32

typedef struct aimci_csv {
    aimc_context *ctx;
    size_t n_columns;
    bool has_names;
    char name[AIMCI_CSV_COLUMNS][AIMCI_CSV_NAME];
    size_t n[AIMCI_CSV_COLUMNS]; /* numbers; a column with a name may end before the others */
    double *value[AIMCI_CSV_COLUMNS];
    uint32_t *line; /* of each row, from 1 */
    void *block;
} aimci_csv;

/* AIMC_ERR_IO, AIMC_ERR_FORMAT (text, NaN, a cell too many or too few, no numbers),
 * AIMC_ERR_NOMEM. */
aimc_status aimci_csv_read(aimc_context *ctx, const char *path, aimci_csv *out);
void aimci_csv_free(aimci_csv *csv);

/* Column by name; SIZE_MAX when there is none. */
size_t aimci_csv_column(const aimci_csv *csv, const char *name);

#endif
