/* SPDX-License-Identifier: MIT */
/* The columns that a list names. */
#include <stdlib.h>
#include <string.h>

#include "io/table_reading.h"

enum { MAX_NAME = 127 };

typedef struct choice {
    const char *source;
    const aimci_slice *header;
    size_t n_columns;
    size_t *wanted, n;
} choice;

static aimc_status add(choice *c, size_t column)
{
    for (size_t k = 0; k < c->n; k++)
        if (c->wanted[k] == column)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: columns= names column %zu twice", c->source,
                              column + 1);
    c->wanted[c->n++] = column;
    return AIMC_OK;
}

/* "3" or "2-4"; *is_range tells whether the item is one of these. */
static aimc_status add_range(choice *c, const char *item, bool *is_range)
{
    char *end = NULL;
    *is_range = false;
    if (item[strspn(item, "0123456789-")] != '\0' || item[0] < '0' || item[0] > '9')
        return AIMC_OK;
    const unsigned long from = strtoul(item, &end, 10);
    const unsigned long to = *end == '-' ? strtoul(end + 1, &end, 10) : from;
    if (*end != '\0')
        return AIMC_OK;
    *is_range = true;
    if (from < 1 || to < from)
        return aimci_fail(AIMC_ERR_INVALID, "%s: columns=%s: columns count from 1, upwards",
                          c->source, item);
    if (to > c->n_columns)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: columns=%s, but there are %zu columns", c->source,
                          item, c->n_columns);
    aimc_status st = AIMC_OK;
    for (size_t k = from; k <= to && !st; k++)
        st = add(c, k - 1);
    return st;
}

static aimc_status add_name(choice *c, const char *item)
{
    size_t found = c->n_columns;
    if (c->header == NULL)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: columns=%s: the file has no header with names",
                          c->source, item);
    for (size_t k = 0; k < c->n_columns; k++) {
        if (!aimci_name_matches(&c->header[k], item))
            continue;
        if (found < c->n_columns)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: columns=%s: columns %zu and %zu have this name",
                              c->source, item, found + 1, k + 1);
        found = k;
    }
    if (found == c->n_columns)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: columns=%s: no column has this name", c->source,
                          item);
    return add(c, found);
}

static aimc_status add_item(choice *c, const char *from, size_t length)
{
    char item[MAX_NAME + 1];
    bool is_range;
    while (length > 0 && *from == ' ') {
        from++;
        length--;
    }
    while (length > 0 && from[length - 1] == ' ')
        length--;
    if (length == 0 || length > MAX_NAME)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: columns= is a list such as 2,4-5 or names of the header", c->source);
    memcpy(item, from, length);
    item[length] = '\0';
    const aimc_status st = add_range(c, item, &is_range);
    return st || is_range ? st : add_name(c, item);
}

static aimc_status add_list(choice *c, const char *list)
{
    aimc_status st = AIMC_OK;
    for (const char *at = list; !st; at++) {
        const size_t n = strcspn(at, ",");
        st = add_item(c, at, n);
        at += n;
        if (*at == '\0')
            break;
    }
    return st;
}

aimc_status aimci_columns_choose(aimc_context *ctx, const char *source, const char *columns,
                                 const aimci_slice *header, size_t n_columns, size_t first,
                                 size_t **wanted, size_t *n_wanted)
{
    choice c = {source, header, n_columns, aimci_calloc(ctx, n_columns + 1, sizeof(size_t)), 0};
    if (c.wanted == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for %zu columns", source, n_columns);
    aimc_status st = AIMC_OK;
    if (columns != NULL)
        st = add_list(&c, columns);
    for (size_t k = first; k < n_columns && columns == NULL; k++)
        c.wanted[c.n++] = k;
    if (st) {
        aimci_free(ctx, c.wanted);
        c.wanted = NULL;
    }
    *wanted = c.wanted;
    *n_wanted = c.n;
    return st;
}
