/* SPDX-License-Identifier: MIT */
#include "io/table_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/os.h"

static const char digits[] = "0123456789";

/* ---- rows and cells ------------------------------------------------------------------------- */

aimci_scanner aimci_scan(const char *text, char delimiter)
{
    return (aimci_scanner){.at = text, .delimiter = delimiter, .next_line = 1};
}

static bool ends_line(char c)
{
    return c == '\0' || c == '\n' || c == '\r';
}

/* Lines end in LF, CR LF, or CR. */
static void pass_line_end(aimci_scanner *s)
{
    if (s->at[0] == '\0')
        return;
    s->at += s->at[0] == '\r' && s->at[1] == '\n' ? 2 : 1;
    s->next_line++;
}

/* Blanks that may stand around a cell. */
static const char *padding(const aimci_scanner *s)
{
    return s->delimiter == '\t' ? " " : " \t";
}

bool aimci_scan_row(aimci_scanner *s)
{
    for (aimci_slice rest; s->open;)
        aimci_scan_cell(s, &rest);
    for (;;) {
        const char *p = s->at + strspn(s->at, " \t");
        const bool is_remark = *p == '#' || *p == '%';
        if (!is_remark && !ends_line(*p))
            break;
        s->at = p + strcspn(p, "\r\n");
        if (*s->at == '\0')
            return false;
        pass_line_end(s);
    }
    s->line = s->next_line;
    s->open = true;
    return true;
}

static bool ends_cell(const aimci_scanner *s, char c)
{
    if (s->delimiter == ' ')
        return ends_line(c) || c == ' ' || c == '\t';
    return ends_line(c) || (s->delimiter != '\0' && c == s->delimiter);
}

static size_t count_line_ends(const char *from, const char *to)
{
    size_t n = 0;
    for (; from < to; from++)
        n += *from == '\n' || (*from == '\r' && from[1] != '\n');
    return n;
}

static void trim(aimci_slice *cell)
{
    while (cell->n > 0 && strchr(" \t\r\n", cell->at[0]) != NULL) {
        cell->at++;
        cell->n--;
    }
    while (cell->n > 0 && strchr(" \t\r\n", cell->at[cell->n - 1]) != NULL)
        cell->n--;
}

/* False when the quote does not end, or something follows its end: then it is none. */
static bool take_quoted(aimci_scanner *s, aimci_slice *cell)
{
    const char *end = strchr(s->at + 1, '"');
    while (end != NULL && end[1] == '"')
        end = strchr(end + 2, '"');
    if (end == NULL)
        return false;
    const char *const next = s->delimiter == ' ' ? end + 1 : end + 1 + strspn(end + 1, padding(s));
    if (!ends_cell(s, *next))
        return false;
    *cell = (aimci_slice){s->at + 1, (size_t)(end - s->at) - 1, true};
    s->next_line += count_line_ends(cell->at, end);
    trim(cell);
    s->at = next;
    return true;
}

/* Among blanks, a unit in brackets belongs to the name before it: "G (uS)". */
static size_t unit_length(const char *after)
{
    const size_t gap = strspn(after, " \t");
    if (after[gap] != '(' && after[gap] != '[')
        return 0;
    const char close[] = {after[gap] == '(' ? ')' : ']', '\r', '\n', '\0'};
    const size_t n = strcspn(after + gap, close);
    return after[gap + n] == close[0] ? gap + n + 1 : 0;
}

static void take_plain(aimci_scanner *s, aimci_slice *cell)
{
    size_t n = 0;
    while (!ends_cell(s, s->at[n]))
        n++;
    if (s->delimiter == ' ')
        n += unit_length(s->at + n);
    *cell = (aimci_slice){s->at, n, false};
    s->at += n;
    trim(cell);
}

bool aimci_scan_cell(aimci_scanner *s, aimci_slice *cell)
{
    if (!s->open)
        return false;
    s->at += strspn(s->at, padding(s));
    if (*s->at != '"' || !take_quoted(s, cell))
        take_plain(s, cell);
    s->at += strspn(s->at, padding(s));
    s->open = !ends_line(*s->at);
    if (s->open && s->delimiter != ' ')
        s->at++;
    if (!s->open)
        pass_line_end(s);
    return true;
}

/* ---- what a cell looks like ----------------------------------------------------------------- */

static bool is_word_for_nothing(const aimci_slice *cell)
{
    static const char *const words[] = {"nan", "na",       "n/a",  "#n/a", "null", "none",
                                        "nil", "-",        "--",   "?",    ".",    "missing",
                                        "inf", "infinity", "-nan", "+nan", "-inf", "+inf"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == cell->n && aimci_same_letters(cell->at, words[i], cell->n))
            return true;
    return false;
}

static size_t count_digits(const aimci_slice *cell, size_t from)
{
    size_t n = 0;
    while (from + n < cell->n && strchr(digits, cell->at[from + n]) != NULL)
        n++;
    return n;
}

static char char_at(const aimci_slice *cell, size_t k)
{
    if (k >= cell->n)
        return '\0';
    return cell->at[k];
}

static size_t sign_length(const aimci_slice *cell)
{
    return char_at(cell, 0) == '+' || char_at(cell, 0) == '-' ? 1 : 0;
}

/* Length of an exponent; 0 when there is none. */
static size_t exponent_length(const aimci_slice *cell, size_t k)
{
    if (char_at(cell, k) != 'e' && char_at(cell, k) != 'E')
        return 0;
    const size_t sign = char_at(cell, k + 1) == '+' || char_at(cell, k + 1) == '-' ? 1 : 0;
    const size_t n = count_digits(cell, k + 1 + sign);
    return n == 0 ? 0 : 1 + sign + n;
}

aimci_cell_kind aimci_cell_classify(const aimci_slice *cell)
{
    if (cell->n == 0)
        return AIMCI_CELL_EMPTY;
    if (is_word_for_nothing(cell))
        return AIMCI_CELL_MISSING;
    size_t k = sign_length(cell);
    const size_t before = count_digits(cell, k);
    const char sign = char_at(cell, k += before);
    size_t after = 0;
    if (sign == '.' || sign == ',')
        k += 1 + (after = count_digits(cell, k + 1));
    if (before + after == 0 || (sign == ',' && (before == 0 || after == 0)))
        return AIMCI_CELL_TEXT;
    k += exponent_length(cell, k);
    if (k != cell->n)
        return AIMCI_CELL_TEXT;
    return sign == '.' ? AIMCI_CELL_POINT : sign == ',' ? AIMCI_CELL_COMMA : AIMCI_CELL_WHOLE;
}

/* Groups of three digits after the first one to three, which do not begin with a zero; where they
 * end. 0: none. */
static size_t pass_groups(const aimci_slice *cell, char separator)
{
    size_t k = sign_length(cell);
    const size_t first = count_digits(cell, k);
    if (first == 0 || first > 3 || char_at(cell, k) == '0')
        return 0;
    k += first;
    if (char_at(cell, k) != separator)
        return 0;
    while (char_at(cell, k) == separator && count_digits(cell, k + 1) == 3)
        k += 4;
    return k;
}

bool aimci_cell_may_be_thousands(const aimci_slice *cell)
{
    return cell->n > 0 && pass_groups(cell, ',') == cell->n;
}

bool aimci_cell_has_both_signs(const aimci_slice *cell)
{
    const size_t k = pass_groups(cell, '.');
    return k > 0 && char_at(cell, k) == ',' && count_digits(cell, k + 1) > 0 &&
           k + 1 + count_digits(cell, k + 1) == cell->n;
}

bool aimci_cell_is_fraction(const aimci_slice *cell)
{
    const size_t sign = sign_length(cell), n = count_digits(cell, sign);
    if (n == 0 || sign + n != cell->n || char_at(cell, sign) != '0')
        return false;
    return n > 1 || char_at(cell, 0) == '-';
}

bool aimci_cell_has_fraction(const aimci_slice *cell)
{
    const char *const comma = memchr(cell->at, ',', cell->n);
    if (comma == NULL)
        return false;
    const size_t n = (size_t)(comma - cell->at);
    const aimci_slice before = {cell->at, n, false}, after = {comma + 1, cell->n - n - 1, false};
    return aimci_cell_is_fraction(&before) || aimci_cell_is_fraction(&after);
}

bool aimci_cell_value(const aimci_slice *cell, bool comma, double *value)
{
    char text[128], *end;
    const aimci_cell_kind kind = aimci_cell_classify(cell);
    if (!aimci_cell_is_number(kind) || cell->n >= sizeof text ||
        kind == (comma ? AIMCI_CELL_POINT : AIMCI_CELL_COMMA))
        return false;
    memcpy(text, cell->at, cell->n);
    text[cell->n] = '\0';
    char *const sign = strchr(text, ',');
    if (sign != NULL)
        *sign = '.';
    *value = strtod(text, &end);
    return *end == '\0' && fabs(*value) <= (double)FLT_MAX;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* Units that may follow a name without brackets: "G_uS", "width ns". */
static const char *const bare_units[] = {
    "S",    "mS", "uS", "\xC2\xB5S", "\xCE\xBCS", "nS", "ohm", "Ohm", "kohm", "kOhm", "Mohm",
    "MOhm", "A",  "mA", "uA",        "nA",        "V",  "mV",  "s",   "ms",   "us",   "ns"};

static bool is_bare_unit(const char *at, size_t n)
{
    for (size_t i = 0; i < sizeof bare_units / sizeof bare_units[0]; i++)
        if (strlen(bare_units[i]) == n && memcmp(bare_units[i], at, n) == 0)
            return true;
    return false;
}

aimci_slice aimci_name_unit(const aimci_slice *name, aimci_slice *plain)
{
    aimci_slice unit = {NULL, 0, false};
    *plain = (aimci_slice){name->at, name->n, false};
    for (size_t k = 0; k < name->n && unit.at == NULL; k++) {
        const bool is_open = name->at[k] == '(' || name->at[k] == '[';
        const bool is_gap = (name->at[k] == '_' || name->at[k] == ' ') && k > 0;
        if (!is_open && !(is_gap && is_bare_unit(name->at + k + 1, name->n - k - 1)))
            continue;
        plain->n = k;
        unit = (aimci_slice){name->at + k + 1, name->n - k - 1, false};
        for (size_t j = 0; is_open && j < unit.n; j++)
            if (unit.at[j] == ')' || unit.at[j] == ']')
                unit.n = j;
    }
    trim(plain);
    return unit;
}

bool aimci_name_matches(const aimci_slice *name, const char *wanted)
{
    const size_t n = strlen(wanted);
    aimci_slice plain;
    aimci_name_unit(name, &plain);
    return (name->n == n && aimci_same_letters(name->at, wanted, n)) ||
           (plain.n == n && n > 0 && aimci_same_letters(plain.at, wanted, n));
}
