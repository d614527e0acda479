/* SPDX-License-Identifier: MIT */
#include "matrix.h"

#include <stdlib.h>

#include "report.h"

enum { MAX_ROWS = 1 << 22, MAX_COLS = 65536 };

void matrix_free(struct matrix *m)
{
    free(m->values);
    *m = (struct matrix){0, 0, NULL};
}

static int take(struct matrix *m, const char *path, const aimc_table *table)
{
    m->rows = aimc_table_count_rows(table);
    m->cols = aimc_table_count_columns(table);
    if (m->rows > MAX_ROWS || m->cols > MAX_COLS)
        return fail("%s: %zu x %zu is too large", path, m->rows, m->cols);
    const size_t n = m->rows * m->cols;
    double *const values = malloc(n * sizeof *values);
    m->values = malloc(n * sizeof *m->values);
    int rc = values != NULL && m->values != NULL ? EXIT_GO_ON : fail("%s: no memory", path);
    if (rc == EXIT_GO_ON && aimc_table_get_values(table, values, m->cols) != AIMC_OK)
        rc = table_fail();
    for (size_t k = 0; k < n && rc == EXIT_GO_ON; k++)
        m->values[k] = (float)values[k];
    free(values);
    return rc;
}

int matrix_load(struct matrix *m, const char *path, const struct table_options *options)
{
    aimc_context *ctx = NULL;
    aimc_table *table = NULL;
    *m = (struct matrix){0, 0, NULL};
    int rc = table_context(&ctx);
    if (rc == EXIT_GO_ON)
        rc = table_open(ctx, path, options, &table);
    if (rc == EXIT_GO_ON)
        rc = take(m, path, table);
    if (rc != EXIT_GO_ON)
        matrix_free(m);
    aimc_table_destroy(table);
    aimc_context_destroy(ctx);
    return rc;
}
