/* SPDX-License-Identifier: MIT */
/* Tables of numbers from files, with the options of every command that reads one. */
#ifndef AIMC_TOOLS_TABLE_H
#define AIMC_TOOLS_TABLE_H

#include <aimc/aimc.h>

/* How to read a file, where it does not tell. */
struct table_options {
    const char *columns, *delimiter, *decimal;
};

/* Rows of a table of options. */
#define TABLE_ARGS(o)                                                                              \
    {.help = "Tables (docs/tables.md)"},                                                           \
        {"columns",                                                                                \
         ARG_TEXT,                                                                                 \
         &(o).columns,                                                                             \
         "LIST",                                                                                   \
         "columns to read: numbers from 1, ranges or names of the\n"                               \
         "header: 2,4-5 or up,down (default: all but an index)",                                   \
         0,                                                                                        \
         0},                                                                                       \
        {"delimiter",                                                                              \
         ARG_TEXT,                                                                                 \
         &(o).delimiter,                                                                           \
         "NAME",                                                                                   \
         "comma, semicolon, tab, blanks or none (default: found)",                                 \
         0,                                                                                        \
         0},                                                                                       \
    {                                                                                              \
        "decimal", ARG_TEXT, &(o).decimal, "NAME", "point or comma (default: found)", 0, 0         \
    }

/* A context that tells what the reader warns of. EXIT_GO_ON, or the exit code after a sentence. */
int table_context(aimc_context **ctx);

/* EXIT_GO_ON, or the exit code after a sentence. */
int table_open(aimc_context *ctx, const char *path, const struct table_options *options,
               aimc_table **table);

/* Do the options need a file that was not given? EXIT_GO_ON, or the exit code after a sentence. */
int table_check_options(const struct table_options *options, const char *file, const char *option);

/* Measurements for a configuration of table_step, measured_step or noise_table; nothing where path
 * is NULL. */
int table_into_config(aimc_config *config, const char *path, const struct table_options *options);

/* What the library says about its last failure, with options as they are typed: "--decimal=comma".
 * Returns EXIT_FAILED. */
int table_fail(void);

#endif
