/* SPDX-License-Identifier: MIT */
/* Which of the possible readings of a text is the right one: delimiter, decimal sign, header, index
 * column, and the columns that are asked for. */
#ifndef AIMCI_TABLE_READING_H
#define AIMCI_TABLE_READING_H

#include <aimc/table.h>

#include "io/table_text.h"

#define AIMCI_TABLE_COLUMNS 65536

/* What the caller says; what it leaves open is found. */
typedef struct aimci_table_wish {
    const char *source; /* how sentences call the file */
    const char *columns;
    bool has_delimiter, has_decimal;
    char delimiter;
    bool comma;
} aimci_table_wish;

typedef struct aimci_reading {
    char delimiter;
    bool comma;       /* decimal */
    bool has_header;  /* the first row is names */
    size_t n_columns; /* of a row; an empty one that trailing delimiters make is not counted */
    size_t n_rows;    /* of numbers */
    size_t *wanted;   /* [n_wanted] columns from 0 in the order of the result; of the context */
    size_t n_wanted;
} aimci_reading;

/* AIMC_ERR_FORMAT with a sentence where the text cannot be read, or in more ways than one. */
aimc_status aimci_reading_find(aimc_context *ctx, const aimci_table_wish *wish, const char *text,
                               aimci_reading *out);

/* "comma", "tab" ... */
const char *aimci_delimiter_name(char delimiter);

/* The columns of a list such as "2,4-5" or "up,down"; header: [n_columns] names, or NULL. With
 * columns NULL all of them from the first on. wanted is of the context. */
aimc_status aimci_columns_choose(aimc_context *ctx, const char *source, const char *columns,
                                 const aimci_slice *header, size_t n_columns, size_t first,
                                 size_t **wanted, size_t *n_wanted);

#endif
