/* SPDX-License-Identifier: MIT */
/* Readings of devices from tables: pairs of columns, or the long form, a row for each reading. */
#include <math.h>
#include <string.h>

#include "core/os.h"
#include "device/measurement_rows.h"

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
    {"Ohm", 1e6, true, "uS"},
    {"kOhm", 1e3, true, "uS"},
    {"MOhm", 1, true, "uS"},
    {"\xCE\xA9", 1e6, true, "uS"},
    {"k\xCE\xA9", 1e3, true, "uS"},
    {"M\xCE\xA9", 1, true, "uS"},
    {"\xE2\x84\xA6", 1e6, true, "uS"},
    {"k\xE2\x84\xA6", 1e3, true, "uS"},
    {"M\xE2\x84\xA6", 1, true, "uS"},
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

static double value_or(const aimc_table *table, size_t row, size_t column, double other)
{
    return column == SIZE_MAX ? other : aimci_table_value(table, row, column);
}

/* ---- pairs of columns ----------------------------------------------------------------------- */

/* 1 up, -1 down, 0: the name does not say. */
static int32_t direction_of(const aimc_table *table, size_t column)
{
    const char *const name = aimc_table_get_name(table, column);
    return name ? aimci_direction_of_name(name) : 0;
}

typedef struct room {
    double *state, *time, *low; /* of a trace */
    int32_t *pulses;
    uint32_t *device; /* of each row */
    int32_t *sent;
    unsigned char *done;
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
                             const aimc_measurement_params *params, uint32_t base, const room *r)
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
        const int32_t first = direction_of(table, 2 * pair);
        const int32_t second = direction_of(table, 2 * pair + 1);
        const bool swapped = first < 0 || second > 0;
        const uint32_t device = base + (devices ? (uint32_t)pair : 0);
        if (first && first == second)
            return aimci_fail(AIMC_ERR_FORMAT,
                              "%s: '%s' and '%s' are a pair of columns, but both are %s; columns= "
                              "says which belong together",
                              aimci_table_source(table), aimc_table_get_name(table, 2 * pair),
                              aimc_table_get_name(table, 2 * pair + 1), first > 0 ? "up" : "down");
        st = add_column(m, table, 2 * pair + swapped, true, device, r);
        if (!st)
            st = add_column(m, table, 2 * pair + !swapped, false, device, r);
    }
    return st;
}

/* ---- the long form -------------------------------------------------------------------------- */

typedef struct columns {
    size_t device, cycle, direction, voltage, time;
    size_t life, low;        /* pulses so far, and the lower end beside the upper one, the state */
    size_t *state, n_states; /* one, or one for each device */
} columns;

static const char *const state_names[] = {"g",          "conductance", "state",   "r",
                                          "resistance", "i",           "current", NULL};

static aimc_status find_one(const aimc_table *table, const char *const *names, size_t *column)
{
    aimc_status st = AIMC_OK;
    *column = SIZE_MAX;
    for (; *names && *column == SIZE_MAX && !st; names++)
        st = aimci_table_find(table, *names, NULL, column);
    return st;
}

/* "G1", "dev 3 (uS)", "A7 (nS)": of several devices side by side. */
static bool is_of_a_device(const aimc_table *table, size_t column)
{
    static const char *const words[] = {"dev", "device", "cell", NULL};
    const char *const name = aimc_table_get_name(table, column);
    if (direction_of(table, column))
        return false;
    for (const char *const *word = state_names; *word; word++)
        if (aimci_begins_with(name, *word))
            return true;
    for (const char *const *word = words; *word; word++)
        if (aimci_begins_with(name, *word))
            return true;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].becomes[0] && aimci_table_has_unit(table, column, units[i].name))
            return true;
    return false;
}

static void find_devices(const aimc_table *table, columns *c)
{
    const size_t others[] = {c->device, c->cycle, c->direction, c->voltage, c->time};
    for (size_t k = 0; k < aimc_table_count_columns(table); k++) {
        bool is_other = false;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            is_other = is_other || k == others[i];
        if (!is_other && is_of_a_device(table, k))
            c->state[c->n_states++] = k;
    }
}

static aimc_status find_window(const aimc_table *table, columns *c)
{
    static const char *const life[] = {"pulses", NULL}, *const low[] = {"g_min", NULL};
    static const char *const high[] = {"g_max", NULL};
    aimc_status st = find_one(table, life, &c->life);
    st = st ? st : find_one(table, low, &c->low);
    st = st ? st : find_one(table, high, &c->state[0]);
    if (!st && c->life == SIZE_MAX && (c->state[0] != SIZE_MAX || c->low != SIZE_MAX))
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: g_max and g_min are the ends of a window over the pulses of a life; "
                          "a column 'pulses' is needed, whose counts rise by more than 1 (one that "
                          "does not is an index)",
                          aimci_table_source(table));
    if (!st && (c->state[0] == SIZE_MAX || c->life == SIZE_MAX)) {
        c->life = c->low = SIZE_MAX;
        st = find_one(table, state_names, &c->state[0]);
    }
    c->n_states = c->state[0] != SIZE_MAX;
    return st;
}

static aimc_status find_columns(const aimc_table *table, columns *c)
{
    static const char *const device[] = {"device", "dev", "cell", NULL};
    static const char *const cycle[] = {"cycle", NULL};
    static const char *const direction[] = {"direction", "dir",       "polarity",
                                            "type",      "operation", NULL};
    static const char *const voltage[] = {"v", "voltage", "amplitude", NULL};
    static const char *const time[] = {"time", "t", NULL};
    aimc_status st = find_window(table, c);
    st = st ? st : find_one(table, device, &c->device);
    st = st ? st : find_one(table, cycle, &c->cycle);
    st = st ? st : find_one(table, direction, &c->direction);
    st = st ? st : find_one(table, voltage, &c->voltage);
    st = st ? st : find_one(table, time, &c->time);
    if (!st && c->n_states == 0)
        find_devices(table, c);
    if (!st && c->n_states > 1 && c->device != SIZE_MAX)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: columns %zu and %zu are states of several devices, and column %zu "
                          "says of which device a row is; columns= chooses",
                          aimci_table_source(table), aimci_table_place(table, c->state[0]),
                          aimci_table_place(table, c->state[1]),
                          aimci_table_place(table, c->device));
    return st;
}

static bool is_long(const columns *c)
{
    return c->n_states > 0 && (c->direction != SIZE_MAX || c->voltage != SIZE_MAX ||
                               c->time != SIZE_MAX || c->life != SIZE_MAX);
}

static bool is_pulsed(const columns *c)
{
    return c->life == SIZE_MAX && (c->direction != SIZE_MAX || c->voltage != SIZE_MAX);
}

/* Of all rows: numbers where they are needed, devices, and what was sent. */
static aimc_status read_rows(aimc_measurement *m, const aimc_table *table, const columns *c,
                             uint32_t base, const room *r)
{
    const size_t n = aimc_table_count_rows(table);
    const size_t needed[] = {c->cycle, c->low, is_pulsed(c) ? SIZE_MAX : c->time, c->life,
                             is_pulsed(c) && c->direction == SIZE_MAX ? c->voltage : SIZE_MAX};
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < sizeof needed / sizeof needed[0] && !st; k++)
        if (needed[k] != SIZE_MAX)
            st = aimci_table_expect_numbers(table, needed[k]);
    st = st ? st : aimci_rows_read_devices(m, table, c->device, base, r->device);
    if (st || !is_pulsed(c))
        return st;
    if (c->direction != SIZE_MAX)
        return aimci_rows_read_directions(m, table, c->direction, r->sent);
    for (size_t k = 0; k < n; k++) {
        const double v = aimci_table_value(table, k, c->voltage);
        r->sent[k] = (v > 0) - (v < 0);
    }
    return AIMC_OK;
}

/* The rows that have the device and the cycle of the first, which are then done. state: column of
 * [n] states. */
static aimc_status add_rows(aimc_measurement *m, const aimc_table *table, const columns *c,
                            size_t state, size_t n, const unit *u, size_t first, uint32_t more,
                            const room *r)
{
    const double cycle = value_or(table, first, c->cycle, 0);
    const bool lives = c->life != SIZE_MAX, pulsed = is_pulsed(c);
    const uint32_t device = r->device[first] + more;
    aimc_status st = AIMC_OK;
    size_t length = 0;
    for (size_t k = first; k < n && !st; k++) {
        if (r->done[k] || r->device[k] != r->device[first] ||
            value_or(table, k, c->cycle, 0) != cycle)
            continue;
        r->done[k] = 1;
        st = convert(table, k, state, u, &r->state[length]);
        if (pulsed)
            r->pulses[length] = r->sent[k];
        else
            r->time[length] = aimci_table_value(table, k, lives ? c->life : c->time);
        if (!st && lives && c->low != SIZE_MAX)
            st = convert(table, k, c->low, u, &r->low[length]);
        length++;
    }
    if (!st && length < 2)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s: line %zu: device %u, cycle %g has one reading alone",
                        aimci_table_source(table), aimci_table_line(table, first), (unsigned)device,
                        cycle);
    if (!st && lives)
        st = aimc_measurement_add_endurance(m, device, length, r->time, r->state,
                                            c->low != SIZE_MAX ? r->low : NULL);
    else if (!st)
        st = aimc_measurement_add(m, device, length, r->state, pulsed ? r->pulses : NULL,
                                  pulsed ? NULL : r->time);
    return st == AIMC_ERR_INVALID
               ? aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", aimci_table_source(table))
               : st;
}

/* Of the states; the lower end of a window has that of the upper one. */
static aimc_status find_units(const aimc_table *table, const columns *c, size_t state, unit *u)
{
    unit low;
    aimc_status st = find_unit(table, state, u);
    if (st || c->low == SIZE_MAX)
        return st;
    st = find_unit(table, c->low, &low);
    if (!st && strcmp(low.name, u->name) != 0)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s: columns %zu and %zu have the units '%s' and '%s'",
                        aimci_table_source(table), aimci_table_place(table, state),
                        aimci_table_place(table, c->low), u->name, low.name);
    return st;
}

/* Columns of several devices may end before the others. */
static aimc_status add_long(aimc_measurement *m, const aimc_table *table, const columns *c,
                            uint32_t base, const room *r)
{
    aimc_status st = read_rows(m, table, c, base, r);
    for (size_t s = 0; s < c->n_states && !st; s++) {
        unit u;
        size_t n = aimc_table_count_rows(table);
        st = c->n_states > 1 ? aimci_table_length(table, c->state[s], &n)
                             : aimci_table_expect_numbers(table, c->state[s]);
        st = st ? st : find_units(table, c, c->state[s], &u);
        memset(r->done, 0, n);
        for (size_t k = 0; k < n && !st; k++)
            if (!r->done[k])
                st = add_rows(m, table, c, c->state[s], n, &u, k, (uint32_t)s, r);
        if (!st)
            aimci_measurement_set_unit(m, u.becomes);
    }
    return st;
}

/* ---- both ----------------------------------------------------------------------------------- */

static aimc_status add_table(aimc_measurement *m, const aimc_table *table,
                             const aimc_measurement_params *params)
{
    const size_t n = aimc_table_count_rows(table);
    columns c = {.state = aimci_calloc(m->ctx, aimc_table_count_columns(table), sizeof(size_t))};
    const room r = {.state = aimci_calloc(m->ctx, n, sizeof(double)),
                    .time = aimci_calloc(m->ctx, n, sizeof(double)),
                    .low = aimci_calloc(m->ctx, n, sizeof(double)),
                    .pulses = aimci_calloc(m->ctx, n, sizeof(int32_t)),
                    .sent = aimci_calloc(m->ctx, n, sizeof(int32_t)),
                    .device = aimci_calloc(m->ctx, n, sizeof(uint32_t)),
                    .done = aimci_calloc(m->ctx, n, 1)};
    aimc_status st =
        c.state && r.state && r.time && r.low && r.pulses && r.sent && r.device && r.done
            ? AIMC_OK
            : aimci_fail(AIMC_ERR_NOMEM, "measurement_add_table: no memory");
    if (!st && aimci_table_has_names(table))
        st = find_columns(table, &c);
    const bool numbered = c.n_states > 0 && c.device != SIZE_MAX;
    const uint64_t base =
        params->new_devices && !numbered ? aimci_measurement_next_device(m) : params->first_device;
    if (!st && base + aimc_table_count_columns(table) > UINT32_MAX)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s: no numbers are left for more devices",
                        aimci_table_source(table));
    if (!st)
        st = is_long(&c) ? add_long(m, table, &c, (uint32_t)base, &r)
                         : add_pairs(m, table, params, (uint32_t)base, &r);
    aimci_free(m->ctx, c.state);
    aimci_free(m->ctx, r.state);
    aimci_free(m->ctx, r.time);
    aimci_free(m->ctx, r.low);
    aimci_free(m->ctx, r.pulses);
    aimci_free(m->ctx, r.sent);
    aimci_free(m->ctx, r.device);
    aimci_free(m->ctx, r.done);
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
    const uint64_t devices = aimci_measurement_next_device(m);
    const char *const before = m->unit;
    const bool is_mixed = m->is_mixed;
    if (!st)
        st = add_table(m, table, &ours);
    if (st) {
        aimci_measurement_forget(m, n, devices);
        m->unit = before;
        m->is_mixed = is_mixed;
    }
    return st;
}
