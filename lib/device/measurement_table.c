/* SPDX-License-Identifier: MIT */
/* Readings of devices from tables: pairs of columns, or the long form, a row for each reading. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/os.h"
#include "device/measurement.h"
#include "io/table.h"

/* ---- units ---------------------------------------------------------------------------------- */

typedef struct unit {
    const char *name;
    double factor;
    bool inverse; /* a resistance */
    const char *becomes;
} unit;

static const unit units[] = {
    {"S", 1e6, false, "uS"},
    {"mS", 1e3, false, "uS"},
    {"uS", 1, false, "uS"},
    {"\xC2\xB5S", 1, false, "uS"},
    {"\xCE\xBCS", 1, false, "uS"},
    {"nS", 1e-3, false, "uS"},
    {"ohm", 1e6, true, "uS"},
    {"kohm", 1e3, true, "uS"},
    {"Mohm", 1, true, "uS"},
    {"\xCE\xA9", 1e6, true, "uS"},
    {"k\xCE\xA9", 1e3, true, "uS"},
    {"M\xCE\xA9", 1, true, "uS"},
    {"A", 1e6, false, "uA"},
    {"mA", 1e3, false, "uA"},
    {"uA", 1, false, "uA"},
    {"nA", 1e-3, false, "uA"},
    {"1", 1, false, ""},
    {"a.u.", 1, false, ""},
    {"%", 1, false, ""},
};

/* Of what stands in brackets behind the name. */
static aimc_status find_unit(const aimc_table *table, size_t column, unit *out)
{
    static const unit none = {"", 1, false, ""};
    *out = none;
    if (!aimci_table_has_unit(table, column, NULL))
        return AIMC_OK;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (aimci_table_has_unit(table, column, units[i].name)) {
            *out = units[i];
            return AIMC_OK;
        }
    return aimci_fail(
        AIMC_ERR_FORMAT,
        "%s: column %zu, '%s': its unit is not one of S, mS, uS, nS, ohm, kohm, Mohm, "
        "A, mA, uA, nA, a.u.",
        aimci_table_source(table), aimci_table_place(table, column),
        aimc_table_get_name(table, column));
}

static aimc_status convert(const aimc_table *table, size_t row, size_t column, const unit *u,
                           double *state)
{
    const double v = aimci_table_value(table, row, column);
    if (u->inverse && !(v > 0))
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: line %zu, column %zu: a resistance of %g; above 0 is needed",
                          aimci_table_source(table), aimci_table_line(table, row),
                          aimci_table_place(table, column), v);
    *state = u->inverse ? u->factor / v : u->factor * v;
    return AIMC_OK;
}

/* ---- pairs of columns ----------------------------------------------------------------------- */

enum { UNNAMED, UP, DOWN };

/* "up", "Up (uS)", "down_2"; but not "update". */
static bool begins_with(const char *name, const char *word)
{
    const size_t n = strlen(word);
    return aimci_same_letters(name, word, n) && !isalpha((unsigned char)name[n]);
}

static int direction_of(const aimc_table *table, size_t column)
{
    const char *const name = aimc_table_get_name(table, column);
    if (!name)
        return UNNAMED;
    return begins_with(name, "up") ? UP : begins_with(name, "down") ? DOWN : UNNAMED;
}

typedef struct room {
    double *state, *time, *low;
    int32_t *pulses;
} room;

static aimc_status add_column(aimc_measurement *m, const aimc_table *table, size_t column, bool up,
                              uint32_t device, const room *r)
{
    size_t n;
    unit u;
    aimc_status st = aimci_table_length(table, column, &n);
    if (!st)
        st = find_unit(table, column, &u);
    for (size_t k = 0; !st && k < n; k++) {
        st = convert(table, k, column, &u, &r->state[k]);
        r->pulses[k] = up ? 1 : -1;
    }
    if (!st && n < 2)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s: column %zu has %zu states; at least 2 are needed",
                        aimci_table_source(table), aimci_table_place(table, column), n);
    if (!st)
        st = aimc_measurement_add(m, device, n, r->state, r->pulses, NULL);
    if (!st)
        aimci_measurement_set_unit(m, u.becomes);
    return st;
}

/* Names tell whether pairs are devices, where nobody else does. */
static bool are_devices(const aimc_table *table, const aimc_measurement_params *params)
{
    if (params->pairs)
        return strcmp(params->pairs, "devices") == 0;
    for (size_t k = 0; k < aimc_table_count_columns(table); k++) {
        const char *name = aimc_table_get_name(table, k);
        for (; name && *name; name++)
            if (aimci_same_letters(name, "dev", 3) || aimci_same_letters(name, "cell", 4))
                return true;
    }
    return false;
}

static aimc_status add_pairs(aimc_measurement *m, const aimc_table *table,
                             const aimc_measurement_params *params, const room *r)
{
    const size_t n = aimc_table_count_columns(table);
    const bool devices = are_devices(table, params);
    aimc_status st = AIMC_OK;
    if (n % 2)
        return aimci_fail(
            AIMC_ERR_FORMAT,
            "%s has %zu column%s; pairs of up and down, or columns g and direction or "
            "time, are needed (columns= chooses)",
            aimci_table_source(table), n, n == 1 ? "" : "s");
    for (size_t pair = 0; pair < n / 2 && !st; pair++) {
        const int first = direction_of(table, 2 * pair), second = direction_of(table, 2 * pair + 1);
        const bool swapped = first == DOWN || second == UP;
        const uint32_t device = params->first_device + (devices ? (uint32_t)pair : 0);
        if (first != UNNAMED && first == second)
            return aimci_fail(AIMC_ERR_FORMAT,
                              "%s: '%s' and '%s' are a pair of columns, but both are %s; columns= "
                              "says which belong together",
                              aimci_table_source(table), aimc_table_get_name(table, 2 * pair),
                              aimc_table_get_name(table, 2 * pair + 1),
                              first == UP ? "up" : "down");
        st = add_column(m, table, 2 * pair + swapped, true, device, r);
        if (!st)
            st = add_column(m, table, 2 * pair + !swapped, false, device, r);
    }
    return st;
}

/* ---- the long form -------------------------------------------------------------------------- */

typedef struct columns {
    size_t state, device, cycle, direction, voltage, time;
    size_t life, low; /* pulses so far, and the lower end beside the upper one, which is state */
} columns;

static aimc_status find_one(const aimc_table *table, const char *const *names, size_t *column)
{
    aimc_status st = AIMC_OK;
    *column = SIZE_MAX;
    for (; *names && *column == SIZE_MAX && !st; names++)
        st = aimci_table_find(table, *names, NULL, column);
    return st;
}

static aimc_status find_columns(const aimc_table *table, columns *c)
{
    static const char *const state[] = {"g",          "conductance", "state",   "r",
                                        "resistance", "i",           "current", NULL};
    static const char *const device[] = {"device", "dev", "cell", NULL};
    static const char *const cycle[] = {"cycle", NULL};
    static const char *const direction[] = {"direction", "dir", NULL};
    static const char *const voltage[] = {"v", "voltage", "amplitude", NULL};
    static const char *const time[] = {"time", "t", NULL};
    static const char *const life[] = {"pulses", NULL}, *const low[] = {"g_min", NULL};
    static const char *const high[] = {"g_max", NULL};
    aimc_status st = find_one(table, life, &c->life);
    st = st ? st : find_one(table, low, &c->low);
    st = st ? st : find_one(table, high, &c->state);
    if (!st && c->life == SIZE_MAX && (c->state != SIZE_MAX || c->low != SIZE_MAX))
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: g_max and g_min are the ends of a window over the pulses of a life; "
                          "a column 'pulses' is needed, whose counts rise by more than 1 (one that "
                          "does not is an index)",
                          aimci_table_source(table));
    if (!st && (c->state == SIZE_MAX || c->life == SIZE_MAX)) {
        c->life = c->low = SIZE_MAX;
        st = find_one(table, state, &c->state);
    }
    st = st ? st : find_one(table, device, &c->device);
    st = st ? st : find_one(table, cycle, &c->cycle);
    st = st ? st : find_one(table, direction, &c->direction);
    st = st ? st : find_one(table, voltage, &c->voltage);
    st = st ? st : find_one(table, time, &c->time);
    const size_t all[] = {c->state,   c->device, c->cycle, c->direction,
                          c->voltage, c->time,   c->life,  c->low};
    for (int k = 0; k < 8 && !st; k++)
        if (all[k] != SIZE_MAX)
            st = aimci_table_expect_numbers(table, all[k]);
    return st;
}

static bool is_long(const columns *c)
{
    return c->state != SIZE_MAX && (c->direction != SIZE_MAX || c->voltage != SIZE_MAX ||
                                    c->time != SIZE_MAX || c->life != SIZE_MAX);
}

static double value_or(const aimc_table *table, size_t row, size_t column, double other)
{
    return column == SIZE_MAX ? other : aimci_table_value(table, row, column);
}

static aimc_status pulses_of(const aimc_table *table, const columns *c, size_t row, int32_t *pulses)
{
    const size_t column = c->direction != SIZE_MAX ? c->direction : c->voltage;
    const double v = aimci_table_value(table, row, column);
    if (column == c->direction && !(v == rint(v) && fabs(v) <= 10000))
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: line %zu, column %zu: a direction of %g; 1 (up), -1 (down), 0 (read "
                          "again), or a number of pulses is needed",
                          aimci_table_source(table), aimci_table_line(table, row),
                          aimci_table_place(table, column), v);
    *pulses = column == c->direction ? (int32_t)v : v > 0 ? 1 : v < 0 ? -1 : 0;
    return AIMC_OK;
}

static aimc_status device_number(const aimc_table *table, const columns *c, size_t row,
                                 uint32_t *device)
{
    const double v = value_or(table, row, c->device, 0);
    if (!(v == rint(v) && v >= 0 && v <= 1e9))
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: line %zu, column %zu: a device of %g; a whole number is needed",
                          aimci_table_source(table), aimci_table_line(table, row),
                          aimci_table_place(table, c->device), v);
    *device = (uint32_t)v;
    return AIMC_OK;
}

/* The rows that have the device and the cycle of the first, which are then done. */
static aimc_status add_rows(aimc_measurement *m, const aimc_table *table, const columns *c,
                            const unit *u, size_t first, uint32_t base, unsigned char *done,
                            const room *r)
{
    const double device = value_or(table, first, c->device, 0);
    const double cycle = value_or(table, first, c->cycle, 0);
    const bool lives = c->life != SIZE_MAX;
    const bool pulsed = !lives && (c->direction != SIZE_MAX || c->voltage != SIZE_MAX);
    uint32_t number = 0;
    size_t n = 0;
    aimc_status st = device_number(table, c, first, &number);
    for (size_t k = first; k < aimc_table_count_rows(table) && !st; k++) {
        if (done[k] || value_or(table, k, c->device, 0) != device ||
            value_or(table, k, c->cycle, 0) != cycle)
            continue;
        done[k] = 1;
        st = convert(table, k, c->state, u, &r->state[n]);
        if (!st && pulsed)
            st = pulses_of(table, c, k, &r->pulses[n]);
        if (!pulsed)
            r->time[n] = aimci_table_value(table, k, lives ? c->life : c->time);
        if (!st && lives && c->low != SIZE_MAX)
            st = convert(table, k, c->low, u, &r->low[n]);
        n++;
    }
    if (!st && n < 2)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s: line %zu: device %g, cycle %g has one reading alone",
                        aimci_table_source(table), aimci_table_line(table, first), device, cycle);
    if (!st && lives)
        st = aimc_measurement_add_endurance(m, base + number, n, r->time, r->state,
                                            c->low != SIZE_MAX ? r->low : NULL);
    else if (!st)
        st = aimc_measurement_add(m, base + number, n, r->state, pulsed ? r->pulses : NULL,
                                  pulsed ? NULL : r->time);
    return st == AIMC_ERR_INVALID
               ? aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", aimci_table_source(table))
               : st;
}

/* Of the states; the lower end of a window has that of the upper one. */
static aimc_status find_units(const aimc_table *table, const columns *c, unit *u)
{
    unit low;
    aimc_status st = find_unit(table, c->state, u);
    if (st || c->low == SIZE_MAX)
        return st;
    st = find_unit(table, c->low, &low);
    if (!st && strcmp(low.name, u->name) != 0)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s: columns %zu and %zu have the units '%s' and '%s'",
                        aimci_table_source(table), aimci_table_place(table, c->state),
                        aimci_table_place(table, c->low), u->name, low.name);
    return st;
}

static aimc_status add_long(aimc_measurement *m, const aimc_table *table, const columns *c,
                            uint32_t base, const room *r)
{
    unit u;
    const size_t n = aimc_table_count_rows(table);
    unsigned char *done = aimci_calloc(m->ctx, n, 1);
    aimc_status st = done ? find_units(table, c, &u)
                          : aimci_fail(AIMC_ERR_NOMEM, "measurement_add_table: no memory");
    for (size_t k = 0; k < n && !st; k++)
        if (!done[k])
            st = add_rows(m, table, c, &u, k, base, done, r);
    if (!st)
        aimci_measurement_set_unit(m, u.becomes);
    aimci_free(m->ctx, done);
    return st;
}

/* ---- both ----------------------------------------------------------------------------------- */

static aimc_status add_table(aimc_measurement *m, const aimc_table *table,
                             const aimc_measurement_params *params)
{
    const size_t n = aimc_table_count_rows(table);
    columns c;
    const room r = {.state = aimci_calloc(m->ctx, n, sizeof(double)),
                    .time = aimci_calloc(m->ctx, n, sizeof(double)),
                    .low = aimci_calloc(m->ctx, n, sizeof(double)),
                    .pulses = aimci_calloc(m->ctx, n, sizeof(int32_t))};
    aimc_status st = r.state && r.time && r.low && r.pulses
                         ? AIMC_OK
                         : aimci_fail(AIMC_ERR_NOMEM, "measurement_add_table: no memory");
    c.state = SIZE_MAX;
    if (!st && aimci_table_has_names(table))
        st = find_columns(table, &c);
    if (!st)
        st = c.state != SIZE_MAX && is_long(&c) ? add_long(m, table, &c, params->first_device, &r)
                                                : add_pairs(m, table, params, &r);
    aimci_free(m->ctx, r.state);
    aimci_free(m->ctx, r.time);
    aimci_free(m->ctx, r.low);
    aimci_free(m->ctx, r.pulses);
    return st;
}

/* All of the table, or nothing. */
aimc_status aimc_measurement_add_table(aimc_measurement *m, const aimc_table *table,
                                       const aimc_measurement_params *params)
{
    if (!m || !table)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_add_table: %s is NULL", m ? "table" : "m");
    aimc_measurement_params ours = {.struct_size = sizeof ours};
    aimc_status st =
        params ? aimci_struct_in("measurement_add_table", params, &ours, sizeof ours) : AIMC_OK;
    if (!st && ours.pairs && strcmp(ours.pairs, "devices") != 0 &&
        strcmp(ours.pairs, "cycles") != 0)
        st = aimci_fail(AIMC_ERR_INVALID,
                        "measurement_add_table: pairs '%s'; 'devices' or 'cycles' is needed",
                        ours.pairs);
    const size_t n = m->n;
    const char *const before = m->unit;
    const bool is_mixed = m->is_mixed;
    if (!st)
        st = add_table(m, table, &ours);
    if (st) {
        aimci_measurement_forget(m, n);
        m->unit = before;
        m->is_mixed = is_mixed;
    }
    return st;
}
