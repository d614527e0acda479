/* SPDX-License-Identifier: MIT */
/* Rows and cells of a table of text, and what a cell looks like. Nothing here knows which of
 * several readings of a file is the right one. */
#ifndef AIMCI_TABLE_TEXT_H
#define AIMCI_TABLE_TEXT_H

#include "core/core.h"

/* A cell without blanks around it; quoted: without its quotes, too. */
typedef struct aimci_slice {
    const char *at;
    size_t n;
    bool quoted;
} aimci_slice;

/* Delimiters: ',', ';', '\t', ' ' (a run of blanks) and '\0' (a line is a cell). */
typedef struct aimci_scanner {
    const char *at;
    char delimiter;
    bool open; /* the row has another cell */
    size_t line, next_line;
} aimci_scanner;

aimci_scanner aimci_scan(const char *text, char delimiter);

/* On to the next row, over blank lines and remarks; false at the end of the text. */
bool aimci_scan_row(aimci_scanner *s);

/* The next cell of the row; false when there is none. */
bool aimci_scan_cell(aimci_scanner *s, aimci_slice *cell);

typedef enum aimci_cell_kind {
    AIMCI_CELL_TEXT,
    AIMCI_CELL_EMPTY,
    AIMCI_CELL_MISSING, /* a word for no number: nan, NA ... */
    AIMCI_CELL_WHOLE,   /* a number without a decimal sign; it may have an exponent */
    AIMCI_CELL_POINT,   /* one with a decimal point */
    AIMCI_CELL_COMMA    /* one with a decimal comma and digits on either side of it */
} aimci_cell_kind;
aimci_cell_kind aimci_cell_classify(const aimci_slice *cell);

static inline bool aimci_cell_is_number(aimci_cell_kind kind)
{
    return kind >= AIMCI_CELL_WHOLE;
}

/* "20,715": the comma may stand between thousands. */
bool aimci_cell_may_be_thousands(const aimci_slice *cell);

/* "1.234,5": points between thousands, and a decimal comma. */
bool aimci_cell_has_both_signs(const aimci_slice *cell);

/* "05" or "-0": the end or the beginning of a number with a decimal comma, rather than a number. */
bool aimci_cell_is_fraction(const aimci_slice *cell);

/* "1,05" or "-0,5": at a comma, the second or the first piece would be a fraction as above. */
bool aimci_cell_has_fraction(const aimci_slice *cell);

/* The value of a number, whatever the locale (within aimci_numbers_begin()); false when it is none,
 * or beyond the range of float. */
bool aimci_cell_value(const aimci_slice *cell, bool comma, double *value);

/* The unit behind a name, in brackets, or one of a few without them ("G (uS)", "G_uS"); at NULL:
 * there is none. plain: the name without it. */
aimci_slice aimci_name_unit(const aimci_slice *name, aimci_slice *plain);

/* Is a name the wanted one, letters of either case, with or without its unit? */
bool aimci_name_matches(const aimci_slice *name, const char *wanted);

#endif
