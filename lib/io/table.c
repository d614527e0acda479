/* SPDX-License-Identifier: MIT */
#include "io/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/os.h"
#include "io/file.h"
#include "io/npy.h"
#include "io/table_reading.h"

#define MAX_BYTES ((size_t)1 << 30)

/* In place of a number. */
#define NOT_A_NUMBER ((double)NAN)
#define EMPTY_CELL   ((double)INFINITY)

struct aimc_table {
    aimc_context *ctx;
    char *source, *text; /* text: NULL for an array */
    aimci_reading reading;
    size_t n_rows, n_columns;
    char **name;   /* [n_columns] in one block; NULL: no header */
    size_t *place; /* [n_columns] in the file, from 1 */
    size_t *line;  /* [n_rows] */
    double *value; /* [n_rows][n_columns] */
};

/* ---- parameters ----------------------------------------------------------------------------- */

static bool is_word(const char *text, const char *word, const char *sign)
{
    return strcmp(text, word) == 0 || strcmp(text, sign) == 0;
}

static aimc_status read_delimiter(const char *text, aimci_table_wish *wish)
{
    static const struct {
        const char *word, *sign;
        char delimiter;
    } known[] = {{"comma", ",", ','},   {"semicolon", ";", ';'}, {"tab", "\t", '\t'},
                 {"\\t", "tabs", '\t'}, {"blanks", " ", ' '},    {"blank", "space", ' '},
                 {"none", "", '\0'}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is_word(text, known[i].word, known[i].sign)) {
            wish->delimiter = known[i].delimiter;
            wish->has_delimiter = true;
            return AIMC_OK;
        }
    return aimci_fail(AIMC_ERR_INVALID,
                      "table_read: delimiter=%s: comma, semicolon, tab, blanks or none", text);
}

static aimc_status read_wish(const char *path, const aimc_table_params *theirs,
                             aimci_table_wish *wish)
{
    *wish = (aimci_table_wish){.source = path};
    if (theirs == NULL)
        return AIMC_OK;
    aimc_table_params params;
    const aimc_status st = aimci_struct_in("table_read", theirs, &params, sizeof params);
    if (st)
        return st;
    wish->columns = params.columns;
    if (params.decimal != NULL) {
        wish->has_decimal = true;
        wish->comma = is_word(params.decimal, "comma", ",");
        if (!wish->comma && !is_word(params.decimal, "point", "."))
            return aimci_fail(AIMC_ERR_INVALID, "table_read: decimal=%s: point or comma",
                              params.decimal);
    }
    return params.delimiter != NULL ? read_delimiter(params.delimiter, wish) : AIMC_OK;
}

/* ---- making one ----------------------------------------------------------------------------- */

static aimc_status no_memory(const aimc_table *t)
{
    return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for %zu rows of %zu columns", t->source,
                      t->n_rows, t->n_columns);
}

/* The inside of a quoted name may hold doubled quotes. */
static char *copy_name(char *to, const aimci_slice *name)
{
    for (size_t i = 0; i < name->n; i++) {
        *to++ = name->at[i];
        if (name->quoted && name->at[i] == '"')
            i++;
    }
    *to++ = '\0';
    return to;
}

/* where: [columns of the file] of the table, or SIZE_MAX. */
static aimc_status take_names(aimc_table *t, aimci_scanner *s, const size_t *where)
{
    aimci_slice cell;
    size_t size = 0;
    aimci_scanner again = *s;
    for (size_t k = 0; aimci_scan_cell(&again, &cell); k++)
        size += cell.n + 1;
    t->name = aimci_calloc(t->ctx, 1, t->n_columns * sizeof *t->name + size);
    if (t->name == NULL)
        return no_memory(t);
    char *to = (char *)(t->name + t->n_columns);
    for (size_t k = 0; aimci_scan_cell(s, &cell); k++)
        if (k < t->reading.n_columns && where[k] != SIZE_MAX) {
            t->name[where[k]] = to;
            to = copy_name(to, &cell);
        }
    return AIMC_OK;
}

static double read_cell(const aimc_table *t, const aimci_slice *cell)
{
    double value;
    if (cell->n == 0)
        return EMPTY_CELL;
    return aimci_cell_value(cell, t->reading.comma, &value) ? value : NOT_A_NUMBER;
}

static aimc_status take_rows(aimc_table *t, const size_t *where)
{
    aimci_slice cell;
    aimci_scanner s = aimci_scan(t->text, t->reading.delimiter);
    if (t->reading.has_header) {
        aimci_scan_row(&s);
        const aimc_status st = take_names(t, &s, where);
        if (st)
            return st;
    }
    void *const locale = aimci_numbers_begin();
    for (size_t row = 0; row < t->n_rows && aimci_scan_row(&s); row++) {
        t->line[row] = s.line;
        for (size_t k = 0; aimci_scan_cell(&s, &cell); k++)
            if (k < t->reading.n_columns && where[k] != SIZE_MAX)
                t->value[row * t->n_columns + where[k]] = read_cell(t, &cell);
    }
    aimci_numbers_end(locale);
    return AIMC_OK;
}

static aimc_status fill_from_text(aimc_table *t)
{
    const aimci_reading *const r = &t->reading;
    size_t n;
    size_t *where = aimci_calloc(t->ctx, r->n_columns + 1, sizeof *where);
    t->n_rows = r->n_rows;
    t->n_columns = r->n_wanted;
    t->place = aimci_calloc(t->ctx, t->n_columns, sizeof *t->place);
    t->line = aimci_calloc(t->ctx, t->n_rows, sizeof *t->line);
    if (!aimci_mul_overflows(t->n_rows, t->n_columns, &n))
        t->value = aimci_calloc(t->ctx, n, sizeof *t->value);
    aimc_status st = AIMC_OK;
    if (where == NULL || t->place == NULL || t->line == NULL || t->value == NULL)
        st = no_memory(t);
    for (size_t k = 0; k < r->n_columns && !st; k++)
        where[k] = SIZE_MAX;
    for (size_t k = 0; k < r->n_wanted && !st; k++) {
        where[r->wanted[k]] = k;
        t->place[k] = r->wanted[k] + 1;
    }
    if (!st)
        st = take_rows(t, where);
    aimci_free(t->ctx, where);
    return st;
}

static aimc_status read_text(aimc_table *t, const aimci_table_wish *wish)
{
    const aimc_status st = aimci_reading_find(t->ctx, wish, t->text, &t->reading);
    return st ? st : fill_from_text(t);
}

/* The columns of an array that are asked for, side by side at the front of each row. */
static aimc_status read_array(aimc_table *t, const aimci_table_wish *wish, const void *bytes,
                              size_t size)
{
    size_t cols = 0;
    aimci_reading *const r = &t->reading;
    aimc_status st = aimci_npy_parse(t->ctx, t->source, bytes, size, &t->n_rows, &cols, &t->value);
    if (!st)
        st = aimci_columns_choose(t->ctx, t->source, wish->columns, NULL, cols, 0, &r->wanted,
                                  &r->n_wanted);
    if (st)
        return st;
    t->n_columns = r->n_wanted;
    t->place = aimci_calloc(t->ctx, t->n_columns, sizeof *t->place);
    double *const row = aimci_calloc(t->ctx, cols, sizeof *row);
    if (t->place == NULL || row == NULL)
        st = no_memory(t);
    for (size_t i = 0; i < t->n_rows && !st; i++) {
        memcpy(row, t->value + i * cols, cols * sizeof *row);
        for (size_t k = 0; k < t->n_columns; k++) {
            t->value[i * t->n_columns + k] = row[r->wanted[k]];
            t->place[k] = r->wanted[k] + 1;
        }
    }
    aimci_free(t->ctx, row);
    return st;
}

static bool has_end(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* Other files that people hand over, by their first bytes: a spreadsheet, an archive of arrays,
 * text of two bytes; or by all of them. */
static aimc_status check_kind(const void *first, size_t n, uint64_t size)
{
    const char *const bytes = first;
    (void)size;
    if (aimci_npy_is(bytes, n))
        return AIMC_OK;
    if (n >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "is an archive (.npz, .xlsx); save one table as .csv or .npy");
    if (n >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0))
        return aimci_fail(AIMC_ERR_FORMAT, "is text in UTF-16; save it as UTF-8");
    if (n > 0 && memchr(bytes, '\0', n) != NULL)
        return aimci_fail(AIMC_ERR_FORMAT, "is not text");
    return AIMC_OK;
}

static aimc_status check_text(const char *source, const char *bytes, size_t size)
{
    if (has_end(source, ".npy"))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: not an .npy file", source);
    const aimc_status st = check_kind(bytes, size, size);
    return st ? aimci_fail_within(st, "%s ", source) : AIMC_OK;
}

/* "sep=;", the first line that spreadsheets write, says the delimiter. It is made blank, so that
 * the others keep their numbers. */
static void take_delimiter_line(char *text, aimci_table_wish *wish)
{
    if (strncmp(text, "sep=", 4) != 0)
        return;
    const char c = text[4];
    if ((c != ',' && c != ';' && c != '\t') || (text[5] != '\r' && text[5] != '\n'))
        return;
    if (!wish->has_delimiter)
        wish->delimiter = c;
    wish->has_delimiter = true;
    memset(text, ' ', 5);
}

static aimc_status read_bytes(aimc_table *t, const aimci_table_wish *wish, char *bytes, size_t size)
{
    if (aimci_npy_is(bytes, size)) {
        const aimc_status st = read_array(t, wish, bytes, size);
        aimci_free(t->ctx, bytes);
        return st;
    }
    aimci_table_wish ours = *wish;
    t->text = bytes;
    const aimc_status st = check_text(t->source, bytes, size);
    if (st)
        return st;
    if (strncmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        memmove(bytes, bytes + 3, size - 3 + 1);
    take_delimiter_line(bytes, &ours);
    return read_text(t, &ours);
}

aimc_status aimc_table_read(aimc_context *ctx, const char *path, const aimc_table_params *params,
                            aimc_table **out)
{
    aimci_table_wish wish;
    void *bytes;
    size_t size;
    if (out == NULL)
        return aimci_fail(AIMC_ERR_INVALID, "table_read: out is NULL");
    *out = NULL;
    if (ctx == NULL || path == NULL)
        return aimci_fail(AIMC_ERR_INVALID, "table_read: %s is NULL", ctx ? "path" : "ctx");
    aimc_status st = read_wish(path, params, &wish);
    if (!st)
        st = aimci_file_read(ctx, path, MAX_BYTES, check_kind, &bytes, &size);
    if (st)
        return st;
    aimc_table *const t = aimci_calloc(ctx, 1, sizeof *t);
    if (t == NULL) {
        aimci_free(ctx, bytes);
        return aimci_fail(AIMC_ERR_NOMEM, "table_read: no memory");
    }
    t->ctx = aimci_context_ref(ctx);
    t->source = aimci_strdup(ctx, path);
    if (t->source == NULL) {
        aimci_free(ctx, bytes);
        st = aimci_fail(AIMC_ERR_NOMEM, "table_read: no memory");
    } else {
        st = read_bytes(t, &wish, bytes, size);
    }
    if (st)
        aimc_table_destroy(t);
    else
        *out = t;
    return st;
}

void aimc_table_destroy(aimc_table *table)
{
    if (table == NULL)
        return;
    aimc_context *const ctx = table->ctx;
    aimci_free(ctx, table->source);
    aimci_free(ctx, table->text);
    aimci_free(ctx, table->reading.wanted);
    aimci_free(ctx, table->name);
    aimci_free(ctx, table->place);
    aimci_free(ctx, table->line);
    aimci_free(ctx, table->value);
    aimci_free(ctx, table);
    aimci_context_unref(ctx);
}

/* ---- questions ------------------------------------------------------------------------------ */

size_t aimc_table_count_rows(const aimc_table *table)
{
    return table != NULL ? table->n_rows : 0;
}

size_t aimc_table_count_columns(const aimc_table *table)
{
    return table != NULL ? table->n_columns : 0;
}

const char *aimc_table_get_name(const aimc_table *table, size_t column)
{
    return table != NULL && table->name != NULL && column < table->n_columns ? table->name[column]
                                                                             : NULL;
}

const char *aimci_table_source(const aimc_table *table)
{
    return table->source;
}

bool aimci_table_has_names(const aimc_table *table)
{
    return table->name != NULL;
}

double aimci_table_value(const aimc_table *table, size_t row, size_t column)
{
    return table->value[row * table->n_columns + column];
}

size_t aimci_table_line(const aimc_table *table, size_t row)
{
    return table->line != NULL ? table->line[row] : row + 1;
}

size_t aimci_table_place(const aimc_table *table, size_t column)
{
    return table->place[column];
}

static aimci_slice cell_of_row(const aimc_table *t, aimci_scanner *s, size_t column)
{
    aimci_slice cell = {"", 0, false};
    for (size_t k = 0; k < t->place[column]; k++)
        aimci_scan_cell(s, &cell);
    return cell;
}

/* The text of a cell, found again: only for sentences. */
static aimci_slice find_cell(const aimc_table *t, size_t row, size_t column)
{
    aimci_scanner s = aimci_scan(t->text, t->reading.delimiter);
    for (size_t k = 0; k < row + (t->reading.has_header ? 2 : 1); k++)
        aimci_scan_row(&s);
    return cell_of_row(t, &s, column);
}

void aimci_table_get_texts(const aimc_table *t, size_t column, aimci_slice *texts)
{
    aimci_scanner s = aimci_scan(t->text != NULL ? t->text : "", t->reading.delimiter);
    if (t->reading.has_header)
        aimci_scan_row(&s);
    for (size_t k = 0; k < t->n_rows; k++)
        texts[k] = aimci_scan_row(&s) ? cell_of_row(t, &s, column) : (aimci_slice){"", 0, false};
}

static const char *reason_of(const aimc_table *t, const aimci_slice *cell)
{
    switch (aimci_cell_classify(cell)) {
    case AIMCI_CELL_EMPTY:
        return ": the cell is empty";
    case AIMCI_CELL_MISSING:
        return ", but a word for a missing one";
    case AIMCI_CELL_POINT:
        return t->reading.comma ? ": it has a decimal point" : " that a float holds";
    case AIMCI_CELL_COMMA:
        return t->reading.comma ? " that a float holds" : ": it has a decimal comma";
    case AIMCI_CELL_WHOLE:
        return " that a float holds";
    default:
        return "";
    }
}

static aimc_status fail_cell(const aimc_table *t, size_t row, size_t column)
{
    const aimci_slice cell = find_cell(t, row, column);
    return aimci_fail(
        AIMC_ERR_FORMAT,
        "%s: line %zu, column %zu: '%.*s'%s is not a number%s (read with delimiter=%s, "
        "decimal=%s)",
        t->source, t->line[row], t->place[column], (int)aimci_min_size(cell.n, 60), cell.at,
        cell.n > 60 ? "..." : "", reason_of(t, &cell), aimci_delimiter_name(t->reading.delimiter),
        t->reading.comma ? "comma" : "point");
}

aimc_status aimci_table_expect_numbers(const aimc_table *t, size_t column)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (!isfinite(aimci_table_value(t, i, column)))
            return fail_cell(t, i, column);
    return AIMC_OK;
}

aimc_status aimci_table_length(const aimc_table *t, size_t column, size_t *n)
{
    size_t length = t->n_rows;
    while (t->name != NULL && length > 0 && aimci_table_value(t, length - 1, column) == EMPTY_CELL)
        length--;
    for (size_t i = 0; i < length; i++)
        if (!isfinite(aimci_table_value(t, i, column)))
            return fail_cell(t, i, column);
    *n = length;
    return AIMC_OK;
}

static aimci_slice unit_at(const char *name)
{
    aimci_slice plain;
    return aimci_name_unit(&(aimci_slice){name, strlen(name), false}, &plain);
}

/* "uS" of "G (uS)"; empty without one. The micro sign and the Greek letter are a "u". */
static void unit_of(const char *name, char unit[16])
{
    const aimci_slice found = unit_at(name);
    size_t n = 0;
    for (size_t k = 0; k < found.n && n < 15; k++) {
        const char *const at = found.at + k;
        const bool is_micro = strncmp(at, "\xC2\xB5", 2) == 0 || strncmp(at, "\xCE\xBC", 2) == 0;
        k += is_micro;
        if (*at != ' ')
            unit[n++] = *at;
        if (is_micro)
            unit[n - 1] = 'u';
    }
    unit[n] = '\0';
}

aimc_status aimci_table_find(const aimc_table *t, const char *name, const char *unit,
                             size_t *column)
{
    char found[16];
    *column = SIZE_MAX;
    for (size_t k = 0; k < t->n_columns && t->name != NULL; k++) {
        const aimci_slice slice = {t->name[k], strlen(t->name[k]), false};
        if (!aimci_name_matches(&slice, name))
            continue;
        if (*column != SIZE_MAX)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: column %zu: '%s' is there twice", t->source,
                              t->place[k], t->name[k]);
        *column = k;
    }
    if (*column == SIZE_MAX || unit == NULL)
        return AIMC_OK;
    unit_of(t->name[*column], found);
    if (found[0] == '\0' || strcmp(found, unit) == 0)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_FORMAT, "%s: column %zu is '%s', but %s is needed in %s", t->source,
                      t->place[*column], t->name[*column], name, unit);
}

bool aimci_table_has_unit(const aimc_table *t, size_t column, const char *unit)
{
    const aimci_slice found = t->name ? unit_at(t->name[column]) : (aimci_slice){NULL, 0, false};
    if (found.at == NULL || unit == NULL)
        return found.at != NULL;
    return strlen(unit) == found.n && memcmp(unit, found.at, found.n) == 0;
}

aimc_status aimc_table_get_values(const aimc_table *table, double *values, size_t ld)
{
    if (table == NULL || values == NULL)
        return aimci_fail(AIMC_ERR_INVALID, "table_get_values: %s is NULL",
                          table ? "values" : "table");
    if (ld < table->n_columns)
        return aimci_fail(AIMC_ERR_SHAPE, "table_get_values: ld %zu of %zu columns", ld,
                          table->n_columns);
    for (size_t i = 0; i < table->n_rows; i++)
        for (size_t k = 0; k < table->n_columns; k++)
            if (!isfinite(aimci_table_value(table, i, k)))
                return fail_cell(table, i, k);
    for (size_t i = 0; i < table->n_rows; i++)
        memcpy(values + i * ld, table->value + i * table->n_columns,
               table->n_columns * sizeof *values);
    return AIMC_OK;
}
