/* SPDX-License-Identifier: MIT */
#ifndef AIMC_TABLE_H
#define AIMC_TABLE_H
/**
 * @file table.h
 * Tables of numbers from files: text as spreadsheets, instruments and programs write it, or .npy.
 *
 * One reader for every call and every command; docs/tables.md says what it takes. It finds the
 * delimiter and the decimal sign once for a file. What can be read in two ways is refused with a
 * sentence, and the parameters below decide.
 */

#include <aimc/config.h>

AIMC_BEGIN_DECLS

/** Columns of numbers; immutable, shared. @since 0.1 */
typedef struct aimc_table aimc_table;

/** How to read a file; zeros: as it looks. @since 0.1 */
typedef struct aimc_table_params {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    const char *columns;  /**< numbers from 1, ranges (2-4) or names, with commas between; NULL: all
                                but an index */
    const char
        *delimiter;      /**< comma, semicolon, tab, blanks, none, or the character; NULL: found */
    const char *decimal; /**< point, comma, or the character; NULL: found */
} aimc_table_params;

/**
 * Read a table from a file or a pipe.
 * @param path    text in UTF-8, or an array as numpy.save() writes it (known by its first bytes):
 *                up to two dimensions, one is a row; delimiter and decimal are for text
 * @param params  NULL: as it looks
 * @param[out] out  the table; NULL on failure
 * @retval AIMC_ERR_INVALID  NULL, an unknown delimiter or decimal sign, columns that are no list
 * @retval AIMC_ERR_IO       cannot read it
 * @retval AIMC_ERR_FORMAT   no table of numbers, ambiguous, rows of different lengths, a column
 *                           that is not there, an array of another type; the sentence names line
 *                           and column
 * @retval AIMC_ERR_ABI      struct_size is of no version, or a field that this one lacks is set
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism the same in every locale.
 * @since 0.1
 */
AIMC_API aimc_status aimc_table_read(aimc_context *ctx, const char *path,
                                     const aimc_table_params *params, aimc_table **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the table. @since 0.1 */
AIMC_API void aimc_table_destroy(aimc_table *table);

/** Rows of numbers, at least 1; 0 when table is NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_table_count_rows(const aimc_table *table);

/** Columns that were asked for, at least 1; 0 when table is NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_table_count_columns(const aimc_table *table);

/**
 * Name of a column as the header has it, unit and all: "G (uS)".
 * @param column  below aimc_table_count_columns()
 * @return NULL without a header, or when there is no such column; lives as long as the table
 * @threads any.
 * @since 0.1
 */
AIMC_API const char *aimc_table_get_name(const aimc_table *table, size_t column);

/**
 * All numbers.
 * @param[out] values  [rows][ld]
 * @param ld  at least the number of columns
 * @retval AIMC_ERR_INVALID  NULL
 * @retval AIMC_ERR_SHAPE    ld is less than the number of columns
 * @retval AIMC_ERR_FORMAT   a cell that is empty, missing (nan, NA), text, or beyond the range of
 *                           float; the sentence names line and column
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_table_get_values(const aimc_table *table, double *values, size_t ld);

/**
 * Measured steps into a configuration of kind "table_step" or "measured_step":
 * aimc_config_load_table() of a table that has been read.
 * @param table  read during the call only
 * @retval AIMC_ERR_INVALID  NULL, or the configuration is of another kind
 * @retval AIMC_ERR_FORMAT   as there
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_set_table(aimc_config *cfg, const aimc_table *table);

AIMC_END_DECLS

#endif
