/* SPDX-License-Identifier: MIT */
/* Every delimiter that occurs is tried on the whole text. A reading is good when all rows have as
 * many cells and all cells that are asked for are numbers with one decimal sign. */
#include "io/table_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/os.h"

enum { MAX_CANDIDATES = 5, SHOWN = 40 };

typedef struct place {
    size_t line, column;
    char text[SHOWN + 1];
} place;

typedef enum verdict {
    GOOD,
    TEXTS,     /* some cell is no number; perhaps nobody asks for it */
    FRACTIONS, /* whole numbers that look like pieces of others: "05" */
    DECIMALS,  /* points and commas */
    COLUMNS,   /* the columns asked for are not there */
    RAGGED     /* rows of different lengths */
} verdict;

typedef struct candidate {
    aimci_reading r;
    verdict verdict;
    size_t n_header, bad_count; /* cells of the header, and of the first row that differs */
    place bad;
    size_t n_trailing; /* empty cells at the end of the header; later: of all rows, left out */
    bool is_counted;   /* the first row is 0, 1, 2 ... */
    bool has_index, has_nameless;
    size_t points, commas, both, others, wholes; /* cells that are asked for, by their look */
    size_t joined;     /* "1 234,5": commas behind three digits, next to a cell of one to three */
    size_t grouped;    /* commas that may stand between thousands */
    bool has_fraction; /* a comma that stands within a number, and not between two */
    bool has_large;    /* a whole number of four digits or more */
    place point, comma, fraction;
} candidate;

static void note(place *p, const aimci_scanner *s, size_t column, const aimci_slice *cell)
{
    const size_t n = aimci_min_size(cell->n, SHOWN);
    if (p->line != 0)
        return;
    p->line = s->line;
    p->column = column + 1;
    memcpy(p->text, cell->at, n);
    p->text[n] = '\0';
}

const char *aimci_delimiter_name(char delimiter)
{
    switch (delimiter) {
    case ',':
        return "comma";
    case ';':
        return "semicolon";
    case '\t':
        return "tab";
    case ' ':
        return "blanks";
    default:
        return "none";
    }
}

/* ---- the first row -------------------------------------------------------------------------- */

static bool is_index_name(const aimci_slice *name)
{
    static const char *const names[] = {
        "index", "idx",   "unnamed: 0", "no",        "no.",     "nr",     "nr.",
        "#",     "pulse", "pulse no",   "pulse no.", "pulse #", "pulses", "pulse number"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == name->n && aimci_same_letters(names[i], name->at, name->n))
            return true;
    return name->n == 0;
}

/* A misspelt number is no name. */
static bool may_be_name(const aimci_slice *cell)
{
    return cell->quoted || strchr("0123456789+-.,", cell->at[0]) == NULL;
}

static bool is_plain_number(const aimci_slice *cell, size_t value)
{
    char text[24];
    const int n = snprintf(text, sizeof text, "%zu", value);
    return cell->n == (size_t)n && memcmp(cell->at, text, cell->n) == 0;
}

/* Names: no number among them, and one that is more than a word for nothing; or what pandas writes
 * over an index where columns have no names: nothing, 0, 1, 2. */
static bool look_at_header(const char *text, candidate *c)
{
    aimci_scanner s = aimci_scan(text, c->r.delimiter);
    aimci_slice cell;
    size_t n = 0, n_numbers = 0, n_names = 0, n_counted = 0, n_rows = 0;
    bool good = true;
    if (!aimci_scan_row(&s))
        return false;
    for (; aimci_scan_cell(&s, &cell); n++) {
        const aimci_cell_kind kind = aimci_cell_classify(&cell);
        n_numbers += aimci_cell_is_number(kind);
        n_names += kind == AIMCI_CELL_TEXT;
        good = good && (kind != AIMCI_CELL_TEXT || may_be_name(&cell));
        n_counted += is_plain_number(&cell, n - 1);
        n_rows += is_plain_number(&cell, n);
        if (n == 0)
            c->has_nameless = kind == AIMCI_CELL_EMPTY;
        if (n == 0)
            c->has_index = is_index_name(&cell);
        c->n_trailing = kind == AIMCI_CELL_EMPTY && n > 0 ? c->n_trailing + 1 : 0;
    }
    c->n_header = n;
    c->is_counted = n > 2 && n_rows == n;
    if (c->has_index && n > 1 && n_counted == n - 1)
        return true;
    return good && n_numbers == 0 && n_names > 0;
}

/* ---- all rows ------------------------------------------------------------------------------- */

typedef struct shape {
    size_t n;             /* cells of the first row */
    size_t n_trailing;    /* empty cells at the end of every row */
    bool counts, is_text; /* the first column, as an index does; holds no number */
    long long first;
} shape;

static void look_at_first_cell(shape *f, size_t row, const aimci_slice *cell)
{
    const aimci_cell_kind kind = aimci_cell_classify(cell);
    const bool is_plain = kind == AIMCI_CELL_WHOLE && cell->n < 18 && cell->at[0] != '-' &&
                          strspn(cell->at, "0123456789") >= cell->n;
    const long long value = is_plain ? strtoll(cell->at, NULL, 10) : 0;
    if (row == 0)
        f->first = value;
    f->counts = f->counts && is_plain && value == f->first + (long long)row;
    f->is_text = f->is_text && kind == AIMCI_CELL_TEXT;
}

static size_t look_at_row(aimci_scanner *s, shape *f, size_t row)
{
    aimci_slice cell = {NULL, 0, false};
    size_t n = 0, n_trailing = 0;
    for (; aimci_scan_cell(s, &cell); n++) {
        n_trailing = n > 0 && cell.n == 0 && !cell.quoted ? n_trailing + 1 : 0;
        if (n == 0)
            look_at_first_cell(f, row, &cell);
    }
    f->n_trailing = aimci_min_size(f->n_trailing, n_trailing);
    return n;
}

/* Trailing delimiters make empty columns without names; do names and columns agree? */
static bool leave_out_trailing(candidate *c, const shape *f)
{
    const size_t n_names = c->n_header - c->n_trailing;
    size_t n = c->r.n_rows > 0 ? f->n_trailing : 0;
    if (c->r.has_header && n > 0)
        n = aimci_min_size(n, f->n > n_names ? f->n - n_names : 0);
    c->r.n_columns = f->n - n;
    const bool fits =
        !c->r.has_header || (n_names <= c->r.n_columns && c->r.n_columns <= c->n_header);
    c->n_trailing = n;
    return fits;
}

/* What the rows are, without what is in them. */
static void look_at_rows(const char *text, candidate *c)
{
    shape f = {.n_trailing = SIZE_MAX, .counts = true, .is_text = true};
    aimci_scanner s = aimci_scan(text, c->r.delimiter);
    if (c->r.has_header)
        aimci_scan_row(&s);
    for (; aimci_scan_row(&s); c->r.n_rows++) {
        const size_t n = look_at_row(&s, &f, c->r.n_rows);
        if (c->r.n_rows == 0)
            f.n = n;
        if (n == f.n || c->bad.line != 0)
            continue;
        c->bad.line = s.line;
        c->bad_count = n;
    }
    const bool fits = leave_out_trailing(c, &f);
    c->verdict = fits && c->bad.line == 0 && f.n <= AIMCI_TABLE_COLUMNS ? GOOD : RAGGED;
    c->has_index = c->has_index && c->r.has_header && c->r.n_columns > 1 &&
                   (f.is_text || (f.counts && (c->r.n_rows > 1 || f.first <= 1)));
    c->has_nameless = c->has_nameless && c->r.has_header && !c->has_index;
}

/* ---- the cells that are asked for ----------------------------------------------------------- */

static aimci_slice *header_of(aimc_context *ctx, const char *text, const candidate *c)
{
    aimci_slice *names = aimci_calloc(ctx, c->r.n_columns + 1, sizeof *names), cell;
    aimci_scanner s = aimci_scan(text, c->r.delimiter);
    aimci_scan_row(&s);
    for (size_t k = 0; names != NULL && aimci_scan_cell(&s, &cell); k++)
        if (k < c->r.n_columns)
            names[k] = cell;
    return names;
}

/* A name that holds a delimiter is two names, where the reading splits at none of that kind. */
static bool has_split_names(const aimci_slice *names, size_t n, char delimiter)
{
    if (delimiter != '\0' && delimiter != ' ')
        return false;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < names[k].n && !names[k].quoted; i++)
            if (strchr(",;\t", names[k].at[i]) != NULL)
                return true;
    return false;
}

static aimc_status choose_columns(aimc_context *ctx, const aimci_table_wish *wish, const char *text,
                                  candidate *c)
{
    aimci_slice *names = c->r.has_header ? header_of(ctx, text, c) : NULL;
    if (c->r.has_header && names == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for a header", wish->source);
    if (names != NULL && has_split_names(names, c->r.n_columns, c->r.delimiter))
        c->verdict = RAGGED;
    aimc_status st = aimci_columns_choose(ctx, wish->source, wish->columns, names, c->r.n_columns,
                                          c->has_index ? 1 : 0, &c->r.wanted, &c->r.n_wanted);
    aimci_free(ctx, names);
    if (st == AIMC_ERR_FORMAT && c->verdict == GOOD)
        c->verdict = COLUMNS;
    return st == AIMC_ERR_FORMAT ? AIMC_OK : st;
}

static void count_cell(candidate *c, const aimci_scanner *s, size_t column, const aimci_slice *cell)
{
    const aimci_cell_kind kind = aimci_cell_classify(cell);
    if (kind == AIMCI_CELL_POINT) {
        c->points++;
        note(&c->point, s, column, cell);
    } else if (kind == AIMCI_CELL_COMMA) {
        c->commas++;
        c->grouped += aimci_cell_may_be_thousands(cell);
        c->has_fraction |= aimci_cell_has_fraction(cell);
        note(&c->comma, s, column, cell);
    } else if (kind == AIMCI_CELL_WHOLE) {
        c->wholes++;
        c->has_large |= cell->n - strcspn(cell->at, "0123456789") >= 4;
        if (aimci_cell_is_fraction(cell))
            note(&c->fraction, s, column, cell);
    } else if (aimci_cell_has_both_signs(cell)) {
        c->both++;
        note(&c->comma, s, column, cell);
    } else {
        c->others += kind == AIMCI_CELL_TEXT;
    }
}

/* "1 234,5", seen as two cells. */
static bool are_joined(const aimci_slice *before, const aimci_slice *cell)
{
    const size_t n = strspn(cell->at, "0123456789");
    return n == 3 && n < cell->n && cell->at[n] == ',' && before->n > 0 && before->n < 4 &&
           strspn(before->at, "0123456789") >= before->n && before->at[0] != '0';
}

static void count_cells(const char *text, const bool *is_wanted, candidate *c)
{
    aimci_slice cell, before = {"", 0, false};
    aimci_scanner s = aimci_scan(text, c->r.delimiter);
    if (c->r.has_header)
        aimci_scan_row(&s);
    while (aimci_scan_row(&s))
        for (size_t k = 0; aimci_scan_cell(&s, &cell); k++) {
            c->joined += k > 0 && are_joined(&before, &cell);
            before = cell;
            if (k < c->r.n_columns && is_wanted[k])
                count_cell(c, &s, k, &cell);
        }
}

static void judge(const aimci_table_wish *wish, candidate *c)
{
    const bool at_commas = c->r.delimiter == ',';
    c->r.comma = wish->has_decimal ? wish->comma : c->commas > 0 && c->points == 0;
    const size_t wrong = c->r.comma ? c->points : c->commas;
    if (c->points > 0 && c->commas > 0 && !wish->has_decimal)
        c->verdict = DECIMALS;
    else if (at_commas && !wish->has_delimiter &&
             (c->fraction.line != 0 || (wish->has_decimal && wish->comma && c->commas == 0)))
        c->verdict = FRACTIONS;
    else if (c->others + c->both + wrong > 0)
        c->verdict = TEXTS;
}

static aimc_status evaluate(aimc_context *ctx, const aimci_table_wish *wish, const char *text,
                            char delimiter, candidate *c)
{
    *c = (candidate){.r.delimiter = delimiter};
    c->r.has_header = look_at_header(text, c);
    look_at_rows(text, c);
    if (c->verdict == RAGGED || c->r.n_rows == 0)
        return AIMC_OK;
    const aimc_status st = choose_columns(ctx, wish, text, c);
    if (st || c->verdict != GOOD)
        return st;
    bool *const is_wanted = aimci_calloc(ctx, c->r.n_columns + 1, sizeof *is_wanted);
    if (is_wanted == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for %zu columns", wish->source,
                          c->r.n_columns);
    for (size_t k = 0; k < c->r.n_wanted; k++)
        is_wanted[c->r.wanted[k]] = true;
    count_cells(text, is_wanted, c);
    aimci_free(ctx, is_wanted);
    judge(wish, c);
    return AIMC_OK;
}

/* ---- which one ------------------------------------------------------------------------------ */

/* The delimiters that occur outside of quotes, the likeliest first; blanks where there is no tab,
 * and last a line as one cell. */
static size_t list_delimiters(const aimci_table_wish *wish, const char *text,
                              char list[MAX_CANDIDATES])
{
    static const char known[] = "\t;, ";
    bool occurs[4] = {false}, in_quotes = false;
    aimci_slice line;
    aimci_scanner s = aimci_scan(text, '\0');
    size_t n = 0;
    if (wish->has_delimiter) {
        list[0] = wish->delimiter;
        return 1;
    }
    while (aimci_scan_row(&s) && aimci_scan_cell(&s, &line))
        for (size_t i = 0; i < line.n && !line.quoted; i++) {
            const char *const at = strchr(known, line.at[i]);
            in_quotes ^= line.at[i] == '"';
            if (at != NULL && !in_quotes)
                occurs[at - known] = true;
        }
    occurs[3] = occurs[3] && !occurs[0];
    for (size_t k = 0; k < 4; k++)
        if (occurs[k])
            list[n++] = known[k];
    list[n++] = '\0';
    return n;
}

static aimc_status fail_two_ways(const aimci_table_wish *wish, const candidate *one)
{
    return aimci_fail(
        AIMC_ERR_FORMAT,
        "%s: line %zu, column %zu: '%s' may be two cells or one number with a decimal "
        "comma, and nothing in the file tells which; say delimiter=comma or "
        "decimal=comma",
        wish->source, one->comma.line, one->comma.column, one->comma.text);
}

static aimc_status fail_thousands(const aimci_table_wish *wish, const candidate *c)
{
    return aimci_fail(
        AIMC_ERR_FORMAT,
        "%s: line %zu, column %zu: the comma of '%s' may be a decimal comma or stand "
        "between thousands, and nothing in the file tells which; say decimal=comma, or "
        "write thousands without it",
        wish->source, c->comma.line, c->comma.column, c->comma.text);
}

/* Between two cells and a decimal comma, each pair of cells of the first is a number of the
 * second. */
static bool are_ambiguous(const candidate *at_commas, const candidate *one)
{
    const size_t n = one->commas + one->both;
    return at_commas->r.n_columns == 2 && n > 0 && one->r.delimiter != ',' &&
           (one->verdict == GOOD || (one->verdict == TEXTS && one->others == 0));
}

/* One column with decimal commas, some of its numbers whole: it may be two with cells left out. */
static bool is_open_column(const aimci_table_wish *wish, const candidate *one)
{
    return one->commas > 0 && !one->has_fraction && !one->r.has_header && !wish->has_decimal &&
           !wish->has_delimiter;
}

/* Every comma could stand between thousands, and no number without one is so large that it would
 * have to have one. */
static bool may_have_thousands(const candidate *c)
{
    return c->commas > 0 && c->grouped == c->commas && !c->has_large;
}

static aimc_status check_ambiguity(const aimci_table_wish *wish, const candidate *all, size_t n,
                                   const candidate *chosen)
{
    for (size_t k = 0; k < n && chosen->r.delimiter == ',' && !wish->has_decimal; k++)
        if (are_ambiguous(chosen, &all[k]))
            return fail_two_ways(wish, &all[k]);
    if (chosen->r.delimiter == '\0' && is_open_column(wish, chosen))
        return fail_two_ways(wish, chosen);
    if (chosen->r.delimiter == ' ' && chosen->commas > 0 && chosen->joined == chosen->commas &&
        !wish->has_delimiter)
        return aimci_fail(
            AIMC_ERR_FORMAT,
            "%s: line %zu, column %zu: '%s' may be a number, or the end of one with a "
            "blank between thousands; say delimiter=blanks",
            wish->source, chosen->comma.line, chosen->comma.column, chosen->comma.text);
    if (may_have_thousands(chosen) && !wish->has_decimal &&
        (chosen->wholes > 0 || chosen->r.delimiter == ','))
        return fail_thousands(wish, chosen);
    return AIMC_OK;
}

static aimc_status fail_ragged(const aimci_table_wish *wish, const candidate *c)
{
    const char *const name = aimci_delimiter_name(c->r.delimiter);
    if (c->r.n_columns > AIMCI_TABLE_COLUMNS)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: more than %d columns", wish->source,
                          AIMCI_TABLE_COLUMNS);
    if (c->bad.line != 0)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: line %zu has %zu columns, those before have %zu (read with "
                          "delimiter=%s)",
                          wish->source, c->bad.line, c->bad_count, c->r.n_columns + c->n_trailing,
                          name);
    return aimci_fail(AIMC_ERR_FORMAT,
                      "%s: the header has %zu names, but there are %zu columns (read with "
                      "delimiter=%s)",
                      wish->source, c->n_header, c->r.n_columns, name);
}

static aimc_status explain(aimc_context *ctx, const aimci_table_wish *wish, const char *text,
                           candidate *c)
{
    switch (c->verdict) {
    case RAGGED:
        return fail_ragged(wish, c);
    case COLUMNS: { /* once more, for the sentence */
        aimci_slice *names = c->r.has_header ? header_of(ctx, text, c) : NULL;
        const aimc_status st =
            aimci_columns_choose(ctx, wish->source, wish->columns, names, c->r.n_columns, 0,
                                 &c->r.wanted, &c->r.n_wanted);
        aimci_free(ctx, names);
        return st;
    }
    case DECIMALS:
        return aimci_fail(
            AIMC_ERR_FORMAT,
            "%s: line %zu, column %zu: '%s' has a decimal comma, but '%s' in line %zu "
            "a decimal point; the numbers of a file have one decimal sign (columns= "
            "chooses columns)",
            wish->source, c->comma.line, c->comma.column, c->comma.text, c->point.text,
            c->point.line);
    case FRACTIONS:
        if (c->fraction.line == 0)
            return aimci_fail(AIMC_ERR_FORMAT,
                              "%s: with decimal=comma a comma cannot be the delimiter, too, unless "
                              "delimiter=comma says so and numbers are quoted",
                              wish->source);
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: line %zu, column %zu: '%s' looks like a piece of a number with a "
                          "decimal comma; say delimiter=comma where it is a number of its own",
                          wish->source, c->fraction.line, c->fraction.column, c->fraction.text);
    default:
        return AIMC_OK;
    }
}

/* The best of them: the first good one, else one with several columns that a caller may use. */
static candidate *choose(candidate *all, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (all[k].verdict == GOOD)
            return &all[k];
    for (size_t k = 0; k < n; k++)
        if (all[k].verdict != RAGGED && all[k].r.n_columns > 1)
            return &all[k];
    return &all[0];
}

static aimc_status take_best(aimc_context *ctx, const aimci_table_wish *wish, const char *text,
                             candidate *all, size_t n, aimci_reading *out)
{
    candidate *const c = choose(all, n);
    if (c->r.n_rows == 0)
        return aimci_fail(AIMC_ERR_FORMAT, "%s holds no numbers", wish->source);
    aimc_status st = explain(ctx, wish, text, c);
    if (!st && c->verdict == GOOD)
        st = check_ambiguity(wish, all, n, c);
    if (!st && c->has_nameless && wish->columns == NULL)
        st = aimci_fail(AIMC_ERR_FORMAT,
                        "%s: column 1 has no name, and is no index that counts up; say which "
                        "columns to read: columns=",
                        wish->source);
    if (st)
        return st;
    if (c->verdict == GOOD && may_have_thousands(c) && !wish->has_decimal)
        aimci_log(
            ctx, AIMC_LOG_WARNING,
            "%s: line %zu, column %zu: '%s' is read with a decimal comma, as all numbers of the "
            "file; decimal=comma says that this is right",
            wish->source, c->comma.line, c->comma.column, c->comma.text);
    if (c->is_counted && !c->r.has_header && c->points + c->commas > 0)
        aimci_log(
            ctx, AIMC_LOG_WARNING,
            "%s: the first row, 0, 1, 2 ..., is read as numbers; where it is names, leave it out",
            wish->source);
    *out = c->r;
    c->r.wanted = NULL;
    return AIMC_OK;
}

aimc_status aimci_reading_find(aimc_context *ctx, const aimci_table_wish *wish, const char *text,
                               aimci_reading *out)
{
    char delimiters[MAX_CANDIDATES];
    candidate all[MAX_CANDIDATES] = {{.n_header = 0}};
    const size_t n = list_delimiters(wish, text, delimiters);
    size_t done = 0;
    aimc_status st = AIMC_OK;
    for (; done < n && !st; done++)
        st = evaluate(ctx, wish, text, delimiters[done], &all[done]);
    if (!st)
        st = take_best(ctx, wish, text, all, n, out);
    for (size_t k = 0; k < done; k++)
        aimci_free(ctx, all[k].r.wanted);
    return st;
}
