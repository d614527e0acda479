/* SPDX-License-Identifier: MIT */
/* What the library's own callers see of a table that has been read. */
#ifndef AIMCI_TABLE_H
#define AIMCI_TABLE_H

#include <aimc/table.h>

#include "core/config.h"
#include "core/core.h"
#include "io/table_text.h"

/* How sentences call the file of the table. */
const char *aimci_table_source(const aimc_table *table);

bool aimci_table_has_names(const aimc_table *table);

/* Is that the unit behind the column's name, to the letter? NULL: is there any? */
bool aimci_table_has_unit(const aimc_table *table, size_t column, const char *unit);

/* A cell that aimci_table_length() has found to be a number. */
double aimci_table_value(const aimc_table *table, size_t row, size_t column);

/* Line of a row, and column as they are in the file, from 1. */
size_t aimci_table_line(const aimc_table *table, size_t row);
size_t aimci_table_place(const aimc_table *table, size_t column);

/* texts[rows]: the cells of a column as they are in the file, which the table keeps; all empty
 * where it is an array. */
void aimci_table_get_texts(const aimc_table *table, size_t column, aimci_slice *texts);

/* Numbers in a column; one with a name may end before the others, with empty cells. AIMC_ERR_FORMAT
 * where something else is among them. */
aimc_status aimci_table_length(const aimc_table *table, size_t column, size_t *n);

/* The same where every row is needed. */
aimc_status aimci_table_expect_numbers(const aimc_table *table, size_t column);

/* A column by its name; SIZE_MAX: there is none. A unit after the name must be this one
 * (NULL: any). AIMC_ERR_FORMAT: another unit, or two columns of the name. */
aimc_status aimci_table_find(const aimc_table *table, const char *name, const char *unit,
                             size_t *column);

/* The fields of a configuration that a table gives. */
typedef aimc_status (*aimci_table_fill)(aimc_config *cfg, const aimc_table *table);

/* Fill a configuration of this kind from a table, or from that of a file: all of it, or nothing. */
aimc_status aimci_config_take_table(const char *caller, aimc_config *cfg, const aimci_kind *kind,
                                    aimci_table_fill fill, const aimc_table *table);
aimc_status aimci_config_read_table(const char *caller, aimc_config *cfg, const aimci_kind *kind,
                                    aimci_table_fill fill, const char *path);

#endif
