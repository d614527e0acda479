/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"
#include "io/file.h"

enum { MAX_CELL = 63 };

typedef struct cursor {
    const char *path, *at;
    uint32_t line;
} cursor;

static const char blanks[] = " \t\r";

/* The next cell without blanks around it; leaves the cursor at the comma or line end. */
static aimc_status take_cell(cursor *c, size_t column, char cell[MAX_CELL + 1])
{
    c->at += strspn(c->at, blanks);
    size_t n = strcspn(c->at, ",\n");
    const char *from = c->at;
    c->at += n;
    while (n > 0 && strchr(blanks, from[n - 1]))
        n--;
    if (n > MAX_CELL)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: line %u, column %zu: %zu characters are no number",
                          c->path, c->line, column + 1, n);
    memcpy(cell, from, n);
    cell[n] = '\0';
    return AIMC_OK;
}

/* '.' is the decimal point, whatever the locale says. */
static bool to_number(const char *cell, double *v)
{
    char text[MAX_CELL + 1], *end;
    memcpy(text, cell, strlen(cell) + 1);
    if (strspn(text, "+-.0123456789eE") != strlen(text))
        return false; /* "nan", "inf", hexadecimal */
    char *point = strchr(text, '.');
    if (point)
        *point = localeconv()->decimal_point[0];
    *v = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*v);
}

/* Move to the next line that holds something; false at the end. */
static bool next_line(cursor *c)
{
    for (;;) {
        c->at += strspn(c->at, blanks);
        if (*c->at == '#')
            c->at += strcspn(c->at, "\n");
        if (*c->at == '\0')
            return false;
        if (*c->at != '\n')
            return true;
        c->at++;
        c->line++;
    }
}

/* Names, when the first cell of the first line is not a number; else only the number of columns. */
static aimc_status take_header(cursor *c, aimci_csv *csv)
{
    const cursor first = *c;
    for (bool more = true; more;) {
        char cell[MAX_CELL + 1];
        double ignored;
        if (csv->n_columns == AIMCI_CSV_COLUMNS)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: line %u has more than %d columns", c->path,
                              c->line, AIMCI_CSV_COLUMNS);
        const aimc_status st = take_cell(c, csv->n_columns, cell);
        if (st)
            return st;
        if (csv->n_columns == 0)
            csv->has_names =
                cell[0] != '\0' && !to_number(cell, &ignored) &&
                strspn(cell, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") &&
                strcmp(cell, "nan") != 0 && strcmp(cell, "NaN") != 0;
        if (csv->has_names && (cell[0] == '\0' || strlen(cell) >= AIMCI_CSV_NAME))
            return aimci_fail(AIMC_ERR_FORMAT, "%s: line %u, column %zu: '%s' is no column name",
                              c->path, c->line, csv->n_columns + 1, cell);
        memcpy(csv->name[csv->n_columns++], cell, aimci_min_size(strlen(cell) + 1, AIMCI_CSV_NAME));
        more = *c->at == ',';
        c->at += more;
    }
    if (!csv->has_names)
        *c = first;
    return AIMC_OK;
}

static aimc_status take_row(cursor *c, aimci_csv *csv, size_t row)
{
    csv->line[row] = c->line;
    for (size_t k = 0; k < csv->n_columns; k++) {
        char cell[MAX_CELL + 1];
        const aimc_status st = take_cell(c, k, cell);
        if (st)
            return st;
        const bool ended = csv->has_names && cell[0] == '\0'; /* this column has no more */
        if (!ended && csv->n[k] < row)
            return aimci_fail(AIMC_ERR_FORMAT,
                              "%s: line %u, column %zu: a number below an empty cell", c->path,
                              c->line, k + 1);
        if (!ended && !to_number(cell, &csv->value[k][csv->n[k]++]))
            return aimci_fail(AIMC_ERR_FORMAT, "%s: line %u, column %zu: '%s' is not a number",
                              c->path, c->line, k + 1, cell);
        const bool last = k + 1 == csv->n_columns;
        if ((*c->at == ',') == last)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: line %u has %s than %zu columns", c->path,
                              c->line, last ? "more" : "fewer", csv->n_columns);
        c->at += !last;
    }
    return AIMC_OK;
}

static aimc_status take_all(cursor *c, size_t size, aimci_csv *csv)
{
    size_t n_lines = 1;
    for (size_t i = 0; i < size; i++)
        n_lines += c->at[i] == '\n';
    if (!next_line(c))
        return aimci_fail(AIMC_ERR_FORMAT, "%s holds no numbers", c->path);
    aimc_status st = take_header(c, csv);
    if (st)
        return st;
    csv->block =
        aimci_calloc(csv->ctx, n_lines, csv->n_columns * sizeof(double) + sizeof(uint32_t));
    if (!csv->block)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for %zu lines", c->path, n_lines);
    for (size_t k = 0; k < csv->n_columns; k++)
        csv->value[k] = (double *)csv->block + k * n_lines;
    csv->line = (uint32_t *)(void *)((double *)csv->block + csv->n_columns * n_lines);
    size_t row = 0;
    while (!st && next_line(c))
        st = take_row(c, csv, row++);
    if (!st && row == 0)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s holds no numbers", c->path);
    return st;
}

aimc_status aimci_csv_read(aimc_context *ctx, const char *path, aimci_csv *out)
{
    void *data;
    size_t size;
    *out = (aimci_csv){.ctx = ctx};
    aimc_status st = aimci_file_read(ctx, path, (size_t)64 << 20, &data, &size);
    if (st)
        return st;
    cursor c = {path, data, 1};
    st = strlen(data) == size ? take_all(&c, size, out)
                              : aimci_fail(AIMC_ERR_FORMAT, "%s is not text", path);
    aimci_free(ctx, data);
    if (st)
        aimci_csv_free(out);
    return st;
}

void aimci_csv_free(aimci_csv *csv)
{
    if (csv->ctx)
        aimci_free(csv->ctx, csv->block);
    *csv = (aimci_csv){.ctx = NULL};
}

size_t aimci_csv_column(const aimci_csv *csv, const char *name)
{
    for (size_t k = 0; csv->has_names && k < csv->n_columns; k++)
        if (strcmp(csv->name[k], name) == 0)
            return k;
    return SIZE_MAX;
}
