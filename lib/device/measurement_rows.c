/* SPDX-License-Identifier: MIT */
#include "device/measurement_rows.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/os.h"

/* ---- devices -------------------------------------------------------------------------------- */

/* A name in a row; in the order of names, and of rows where they are the same. */
typedef struct named_row {
    aimci_slice name;
    size_t row;
} named_row;

static int compare_names(const aimci_slice *a, const aimci_slice *b)
{
    const int order = memcmp(a->at, b->at, aimci_min_size(a->n, b->n));
    return order ? order : (a->n > b->n) - (a->n < b->n);
}

static int compare_rows(const void *a, const void *b)
{
    const named_row *const p = a, *const q = b;
    const int order = compare_names(&p->name, &q->name);
    return order ? order : (p->row > q->row) - (p->row < q->row);
}

static int compare_to_label(const void *key, const void *label)
{
    const char *const name = ((const aimci_label *)label)->name;
    return compare_names(key, &(aimci_slice){name, strlen(name), false});
}

static int compare_labels(const void *a, const void *b)
{
    return strcmp(((const aimci_label *)a)->name, ((const aimci_label *)b)->name);
}

static aimc_status add_label(aimc_measurement *m, const aimci_slice *name, uint32_t device)
{
    aimci_label *const l = &m->label[m->n_labels];
    l->name = aimci_calloc(m->ctx, name->n + 1, 1);
    if (!l->name)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_add_table: no memory");
    memcpy(l->name, name->at, name->n);
    l->device = device;
    m->n_labels++;
    return AIMC_OK;
}

static aimc_status make_room(aimc_measurement *m, size_t more)
{
    aimci_label *const labels = aimci_calloc(m->ctx, m->n_labels + more, sizeof *labels);
    if (!labels)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_add_table: no memory");
    if (m->n_labels)
        memcpy(labels, m->label, m->n_labels * sizeof *labels);
    aimci_free(m->ctx, m->label);
    m->label = labels;
    return AIMC_OK;
}

/* leader[row]: the first row of the same name; how many names there are. */
static size_t find_leaders(const named_row *sorted, size_t n, size_t *leader)
{
    size_t n_names = 0;
    for (size_t k = 0; k < n; k++) {
        const bool is_new = k == 0 || compare_names(&sorted[k].name, &sorted[k - 1].name) != 0;
        leader[sorted[k].row] = is_new ? sorted[k].row : leader[sorted[k - 1].row];
        n_names += is_new;
    }
    return n_names;
}

/* In the order in which names come. */
static aimc_status number_names(aimc_measurement *m, const aimci_slice *names, const size_t *leader,
                                size_t n, uint64_t next, uint32_t *device)
{
    const size_t known = m->n_labels;
    aimc_status st = AIMC_OK;
    for (size_t row = 0; row < n && !st; row++) {
        const aimci_label *l = NULL;
        if (leader[row] != row) {
            device[row] = device[leader[row]];
            continue;
        }
        if (known)
            l = bsearch(&names[row], m->label, known, sizeof *l, compare_to_label);
        device[row] = l ? l->device : (uint32_t)next++;
        if (!l)
            st = add_label(m, &names[row], device[row]);
    }
    qsort(m->label, m->n_labels, sizeof *m->label, compare_labels);
    return st;
}

static aimc_status read_names(aimc_measurement *m, const aimc_table *table, size_t column,
                              uint32_t first, uint32_t *device)
{
    const size_t n = aimc_table_count_rows(table);
    const uint64_t there = aimci_measurement_next_device(m), next = there > first ? there : first;
    aimci_slice *const names = aimci_calloc(m->ctx, n, sizeof *names);
    named_row *const sorted = aimci_calloc(m->ctx, n, sizeof *sorted);
    size_t *const leader = aimci_calloc(m->ctx, n, sizeof *leader);
    aimc_status st = names && sorted && leader
                         ? AIMC_OK
                         : aimci_fail(AIMC_ERR_NOMEM, "measurement_add_table: no memory");
    if (!st)
        aimci_table_get_texts(table, column, names);
    for (size_t k = 0; k < n && !st; k++) {
        sorted[k] = (named_row){names[k], k};
        if (names[k].n == 0)
            st = aimci_fail(AIMC_ERR_FORMAT,
                            "%s: line %zu, column %zu: no device: the cell is empty",
                            aimci_table_source(table), aimci_table_line(table, k),
                            aimci_table_place(table, column));
    }
    if (!st) {
        qsort(sorted, n, sizeof *sorted, compare_rows);
        const size_t n_names = find_leaders(sorted, n, leader);
        st = next + n_names <= (uint64_t)UINT32_MAX + 1
                 ? make_room(m, n_names)
                 : aimci_fail(AIMC_ERR_FORMAT, "%s: no numbers are left for %zu named devices",
                              aimci_table_source(table), n_names);
    }
    if (!st)
        st = number_names(m, names, leader, n, next, device);
    aimci_free(m->ctx, names);
    aimci_free(m->ctx, sorted);
    aimci_free(m->ctx, leader);
    return st;
}

aimc_status aimci_rows_read_devices(aimc_measurement *m, const aimc_table *table, size_t column,
                                    uint32_t first, uint32_t *device)
{
    const size_t n = aimc_table_count_rows(table);
    for (size_t k = 0; k < n; k++) {
        const double v = column == SIZE_MAX ? 0 : aimci_table_value(table, k, column);
        if (!isfinite(v))
            return read_names(m, table, column, first, device);
        if (!(v == rint(v) && v >= 0 && v <= 1e9))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "%s: line %zu, column %zu: a device of %g; a whole number or a name "
                              "is needed",
                              aimci_table_source(table), aimci_table_line(table, k),
                              aimci_table_place(table, column), v);
        device[k] = first + (uint32_t)v;
    }
    return AIMC_OK;
}

/* ---- directions ----------------------------------------------------------------------------- */

static const struct {
    const char *word;
    int32_t pulses;
} directions[] = {
    {"up", 1},   {"set", 1},  {"potentiation", 1}, {"pot", 1},    {"ltp", 1},
    {"p", 1},    {"+", 1},    {"down", -1},        {"reset", -1}, {"depression", -1},
    {"dep", -1}, {"ltd", -1}, {"d", -1},           {"-", -1},     {"read", 0},
};

enum { N_DIRECTIONS = sizeof directions / sizeof directions[0] };

static bool find_direction(const aimci_slice *text, int32_t *pulses)
{
    for (size_t i = 0; i < N_DIRECTIONS; i++)
        if (strlen(directions[i].word) == text->n &&
            aimci_same_letters(text->at, directions[i].word, text->n)) {
            *pulses = directions[i].pulses;
            return true;
        }
    return false;
}

bool aimci_begins_with(const char *name, const char *word)
{
    const size_t n = strlen(word);
    return aimci_same_letters(name, word, n) && !isalpha((unsigned char)name[n]);
}

int32_t aimci_direction_of_name(const char *name)
{
    for (size_t i = 0; i < N_DIRECTIONS; i++)
        if (strlen(directions[i].word) > 1 && aimci_begins_with(name, directions[i].word))
            return directions[i].pulses;
    return 0;
}

aimc_status aimci_rows_read_directions(const aimc_measurement *m, const aimc_table *table,
                                       size_t column, int32_t *pulses)
{
    const size_t n = aimc_table_count_rows(table);
    aimci_slice *const texts = aimci_calloc(m->ctx, n, sizeof *texts);
    if (!texts)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_add_table: no memory");
    aimc_status st = AIMC_OK;
    aimci_table_get_texts(table, column, texts);
    for (size_t k = 0; k < n && !st; k++) {
        const double v = aimci_table_value(table, k, column);
        const bool is_count = isfinite(v) && v == rint(v) && fabs(v) <= 10000;
        if (is_count)
            pulses[k] = (int32_t)v;
        else if (!find_direction(&texts[k], &pulses[k]))
            st = aimci_fail(
                AIMC_ERR_FORMAT,
                "%s: line %zu, column %zu: a direction of '%.*s'; 1 (up), -1 (down), 0 (read "
                "again), "
                "a number of pulses, or a word is needed: up, set, potentiation, ltp, p, +, down, "
                "reset, depression, ltd, d, -, read",
                aimci_table_source(table), aimci_table_line(table, k),
                aimci_table_place(table, column), (int)aimci_min_size(texts[k].n, 40), texts[k].at);
    }
    aimci_free(m->ctx, texts);
    return st;
}
