/* SPDX-License-Identifier: MIT */
#include "layer_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "report.h"

static const char *const names[] = {"n_out",         "n_in",     "vectors",  "n_steps",
                                    "n_column_sets", "dac_bits", "adc_bits", "n_cells",
                                    "n_conversions", "pooled",   "copies"};
enum {
    N_OUT,
    N_IN,
    VECTORS,
    N_STEPS,
    N_COLUMN_SETS,
    DAC_BITS,
    ADC_BITS,
    N_CELLS,
    N_CONVERSIONS,
    POOLED,
    COPIES
};
enum { N_NAMES = sizeof names / sizeof names[0] };

/* ---- columns -------------------------------------------------------------------------------- */

static int name_of(const char *header)
{
    for (int k = 0; header != NULL && k < N_NAMES; k++)
        if (strcmp(header, names[k]) == 0)
            return k;
    return -1;
}

/* Which column has each of the names; -1: none has. */
static int find_columns(const aimc_table *table, const char *path, int columns[N_NAMES])
{
    for (int k = 0; k < N_NAMES; k++)
        columns[k] = -1;
    for (size_t c = 0; c < aimc_table_count_columns(table); c++) {
        const char *const header = aimc_table_get_name(table, c);
        const int k = name_of(header);
        if (k < 0)
            return fail(
                "%s: column %zu is called '%s'; a table of layers has n_out, n_in and any of "
                "vectors, n_steps, n_column_sets, dac_bits, adc_bits, n_cells, "
                "n_conversions, pooled, copies",
                path, c + 1, header != NULL ? header : "");
        columns[k] = (int)c;
    }
    if (columns[N_OUT] < 0 || columns[N_IN] < 0)
        return fail("%s: there is no column n_out or n_in", path);
    return EXIT_GO_ON;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static double value_of(const double *row, const int columns[N_NAMES], int k, double otherwise)
{
    return columns[k] < 0 ? otherwise : row[columns[k]];
}

static int check_row(const char *path, size_t row, const double *values, size_t n)
{
    for (size_t c = 0; c < n; c++)
        if (!(values[c] >= 0 && values[c] <= 1e15) || values[c] != floor(values[c]))
            return fail("%s: row %zu: %g is no whole number from 0 on", path, row + 1, values[c]);
    return EXIT_GO_ON;
}

static aimc_cost_layer layer_of(const double *row, const int columns[N_NAMES])
{
    return (aimc_cost_layer){
        .struct_size = (uint32_t)sizeof(aimc_cost_layer),
        .n_out = (uint64_t)value_of(row, columns, N_OUT, 0),
        .n_in = (uint64_t)value_of(row, columns, N_IN, 0),
        .vectors = value_of(row, columns, VECTORS, 1),
        .pooled = value_of(row, columns, POOLED, 0),
        .n_steps = (uint32_t)value_of(row, columns, N_STEPS, 0),
        .n_column_sets = (uint32_t)value_of(row, columns, N_COLUMN_SETS, 0),
        .dac_bits = (uint32_t)value_of(row, columns, DAC_BITS, 0),
        .adc_bits = (uint32_t)value_of(row, columns, ADC_BITS, 0),
        .n_cells = (uint32_t)value_of(row, columns, N_CELLS, 0),
        .n_conversions = (uint32_t)value_of(row, columns, N_CONVERSIONS, 0),
    };
}

static int take_rows(const aimc_table *table, const char *path, struct layer_table *t)
{
    const size_t rows = aimc_table_count_rows(table), cols = aimc_table_count_columns(table);
    int columns[N_NAMES];
    int rc = find_columns(table, path, columns);
    if (rc != EXIT_GO_ON)
        return rc;
    double *values = calloc(rows * cols, sizeof *values);
    t->layers = calloc(rows, sizeof *t->layers);
    t->copies = calloc(rows, sizeof *t->copies);
    if (values == NULL || t->layers == NULL || t->copies == NULL)
        rc = fail("no memory");
    if (rc == EXIT_GO_ON && aimc_table_get_values(table, values, cols) != AIMC_OK)
        rc = table_fail();
    for (size_t k = 0; k < rows && rc == EXIT_GO_ON; k++) {
        rc = check_row(path, k, values + k * cols, cols);
        t->layers[k] = layer_of(values + k * cols, columns);
        t->copies[k] = (uint32_t)value_of(values + k * cols, columns, COPIES, 1);
        t->n = k + 1;
    }
    free(values);
    return rc;
}

int layer_table_read(aimc_context *ctx, const char *path, const struct table_options *options,
                     struct layer_table *t)
{
    aimc_table *table = NULL;
    *t = (struct layer_table){0};
    int rc = table_open(ctx, path, options, &table);
    if (rc == EXIT_GO_ON)
        rc = take_rows(table, path, t);
    aimc_table_destroy(table);
    return rc;
}

/* ---- prices --------------------------------------------------------------------------------- */

static int price(const aimc_cost_model *cost, struct account *a)
{
    a->report = (aimc_cost_report){.struct_size = (uint32_t)sizeof a->report};
    return aimc_cost_model_account(cost, &a->events, &a->report) == AIMC_OK ? EXIT_GO_ON
                                                                            : fail_library();
}

int layer_table_price(const aimc_cost_model *cost, struct layer_table *t)
{
    t->each = calloc(t->n, sizeof *t->each);
    if (t->each == NULL)
        return fail("no memory");
    t->total.events = (aimc_cost_events){.struct_size = (uint32_t)sizeof t->total.events};
    for (size_t k = 0; k < t->n; k++) {
        t->each[k].events = (aimc_cost_events){.struct_size = (uint32_t)sizeof t->total.events};
        if (aimc_cost_model_add_layer(cost, &t->layers[k], &t->each[k].events) != AIMC_OK ||
            aimc_cost_model_add_layer(cost, &t->layers[k], &t->total.events) != AIMC_OK)
            return fail("layer %zu: %s", k + 1, library_sentence());
        const int rc = price(cost, &t->each[k]);
        if (rc != EXIT_GO_ON)
            return rc;
    }
    return price(cost, &t->total);
}

void layer_table_free(struct layer_table *t)
{
    free(t->layers);
    free(t->copies);
    free(t->each);
    *t = (struct layer_table){0};
}
