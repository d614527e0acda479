/* SPDX-License-Identifier: MIT */
/* The table of a "measured_step" configuration from a file in the long form: a row for each sample,
 * or for each distribution, of the change dG of a state G by one pulse of voltage V and width.
 *
 * Columns g, v, width; then dg (samples), or mean, std and where wanted skew, or quantiles q05,
 * q50 ...; where wanted energy and direction. What becomes of the rows of a condition is in
 * measured_nodes.c. */
#include <string.h>

#include "device/measured_file.h"

/* ---- units ---------------------------------------------------------------------------------- */

/* How many make the first one of a list: a quotient of decimal numbers is rounded once. */
typedef struct unit {
    const char *name;
    double per;
} unit;

static const unit siemens[] = {{"S", 1},           {"mS", 1e3}, {"uS", 1e6}, {"\xC2\xB5S", 1e6},
                               {"\xCE\xBCS", 1e6}, {"nS", 1e9}, {NULL, 0}};
static const unit volts[] = {{"V", 1}, {"mV", 1e3}, {NULL, 0}};
static const unit seconds[] = {{"s", 1},           {"ms", 1e3}, {"us", 1e6},  {"\xC2\xB5s", 1e6},
                               {"\xCE\xBCs", 1e6}, {"ns", 1e9}, {"ps", 1e12}, {NULL, 0}};
static const unit joules[] = {{"J", 1},     {"mJ", 1e3},  {"uJ", 1e6},  {"nJ", 1e9},
                              {"pJ", 1e12}, {"fJ", 1e15}, {"aJ", 1e18}, {NULL, 0}};

/* How many of what stands in brackets behind the name make one; 0: there are no brackets. */
static aimc_status find_unit(const aimc_table *table, size_t column, const unit *units, double *per)
{
    *per = 0;
    if (!aimci_table_has_unit(table, column, NULL))
        return AIMC_OK;
    for (const unit *u = units; u->name; u++)
        if (aimci_table_has_unit(table, column, u->name)) {
            *per = u->per;
            return AIMC_OK;
        }
    return aimci_fail(AIMC_ERR_FORMAT, "%s: column %zu, '%s': its unit is not %s or a part of it",
                      aimci_table_source(table), aimci_table_place(table, column),
                      aimc_table_get_name(table, column), units->name);
}

/* The same, 1 where there are none. */
static aimc_status find_per(const aimc_table *table, size_t column, const unit *units, double *per)
{
    *per = 1;
    const aimc_status st = column == SIZE_MAX ? AIMC_OK : find_unit(table, column, units, per);
    if (*per == 0)
        *per = 1;
    return st;
}

/* States and their changes have one unit, or neither has. */
static aimc_status find_scale(aimci_readings *r, size_t column)
{
    double g, change;
    aimc_status st = find_unit(r->table, r->g, siemens, &g);
    if (!st)
        st = find_unit(r->table, column, siemens, &change);
    if (st)
        return st;
    if ((g > 0) != (change > 0))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: '%s' and '%s': one has a unit, the other has none",
                          aimci_table_source(r->table), aimc_table_get_name(r->table, r->g),
                          aimc_table_get_name(r->table, column));
    r->siemens = g;
    r->change = g > 0 ? g / change : 1;
    return AIMC_OK;
}

/* ---- columns -------------------------------------------------------------------------------- */

static bool is_column(const aimci_readings *r, size_t column)
{
    const size_t known[] = {r->g,  r->v,    r->width, r->direction, r->energy,
                            r->dg, r->mean, r->std,   r->skew};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k] == column)
            return true;
    for (size_t k = 0; k < r->n_levels; k++)
        if (r->quantile[k] == column)
            return true;
    return false;
}

/* "q05", "q2.5 (uS)": a level in percent, in every locale; 0: it is none. */
static double level_of(const char *name)
{
    double percent = 0, place = 0; /* of the next digit behind the point */
    if (!name || (name[0] != 'q' && name[0] != 'Q') || name[1] < '0' || name[1] > '9')
        return 0;
    for (name++; (*name >= '0' && *name <= '9') || (*name == '.' && place == 0); name++) {
        if (*name == '.') {
            place = 10;
        } else {
            percent = place > 0 ? percent + (*name - '0') / place : 10 * percent + (*name - '0');
            place *= 10;
        }
    }
    return *name == '\0' || *name == ' ' || *name == '(' || *name == '[' ? percent / 100 : 0;
}

static aimc_status find_quantiles(aimci_readings *r)
{
    const char *const path = aimci_table_source(r->table);
    for (size_t k = 0; k < aimc_table_count_columns(r->table); k++) {
        const char *const name = aimc_table_get_name(r->table, k);
        const double level = level_of(name);
        if (level == 0)
            continue;
        if (r->n_levels == AIMCI_READING_LEVELS || !(level > 0 && level < 1) ||
            (r->n_levels && !(level > r->level[r->n_levels - 1])))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "%s: column %zu: '%s': up to %d quantiles between q0 and q100, in "
                              "rising order, are taken",
                              path, aimci_table_place(r->table, k), name, AIMCI_READING_LEVELS);
        r->quantile[r->n_levels] = k;
        r->level[r->n_levels++] = level;
    }
    return AIMC_OK;
}

static aimc_status find_columns(aimci_readings *r)
{
    static const char *const names[] = {"g",  "v",    "width", "direction", "energy",
                                        "dg", "mean", "std",   "skew"};
    size_t *const columns[] = {&r->g,  &r->v,    &r->width, &r->direction, &r->energy,
                               &r->dg, &r->mean, &r->std,   &r->skew};
    const char *const path = aimci_table_source(r->table);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < sizeof names / sizeof *names && !st; k++)
        st = aimci_table_find(r->table, names[k], NULL, columns[k]);
    if (!st)
        st = find_quantiles(r);
    for (size_t k = 0; k < 3 && !st; k++)
        if (*columns[k] == SIZE_MAX)
            st = aimci_fail(AIMC_ERR_FORMAT, "%s: column %s is missing%s", path, names[k],
                            aimci_table_has_names(r->table) ? "" : ": there is no line of names");
    for (size_t k = 0; k < aimc_table_count_columns(r->table) && !st; k++) {
        if (is_column(r, k))
            st = aimci_table_expect_numbers(r->table, k);
        else
            st = aimci_fail(AIMC_ERR_FORMAT,
                            "%s: column %zu: '%s' is not one that is known (columns= leaves it "
                            "out)",
                            path, aimci_table_place(r->table, k), aimc_table_get_name(r->table, k));
    }
    return st;
}

/* Samples, moments or quantiles; and the column that tells the unit of changes. */
static aimc_status find_form(aimci_readings *r, size_t *column)
{
    const char *const path = aimci_table_source(r->table);
    const bool samples = r->dg != SIZE_MAX, moments = r->mean != SIZE_MAX;
    if ((int)samples + (int)moments + (int)(r->n_levels > 0) != 1)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: changes are columns dg (samples), or mean, std and skew, or "
                          "quantiles q05, q50 ...: one of the three is needed",
                          path);
    if (!moments && (r->std != SIZE_MAX || r->skew != SIZE_MAX))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: columns std and skew need a column mean", path);
    if (r->skew != SIZE_MAX && r->std == SIZE_MAX)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column skew needs a column std", path);
    r->form = samples ? AIMCI_SAMPLES : moments ? AIMCI_MOMENTS : AIMCI_QUANTILES;
    *column = samples ? r->dg : moments ? r->mean : r->quantile[0];
    return AIMC_OK;
}

/* All columns of changes have the same unit. */
static aimc_status expect_same_unit(const aimci_readings *r, size_t first)
{
    double factor, other;
    aimc_status st = find_unit(r->table, first, siemens, &factor);
    for (size_t k = 0; k < aimc_table_count_columns(r->table) && !st; k++) {
        bool change = k == r->std;
        for (size_t l = 0; l < r->n_levels; l++)
            change |= k == r->quantile[l];
        if (!change)
            continue;
        st = find_unit(r->table, k, siemens, &other);
        if (!st && other != factor)
            st = aimci_fail(AIMC_ERR_FORMAT, "%s: '%s' and '%s' have different units",
                            aimci_table_source(r->table), aimc_table_get_name(r->table, first),
                            aimc_table_get_name(r->table, k));
    }
    return st;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static aimc_status bad_row(const aimci_readings *r, size_t row, size_t column, const char *wanted)
{
    return aimci_fail(AIMC_ERR_FORMAT, "%s: line %zu, column %zu: %s = %g; %s is needed",
                      aimci_table_source(r->table), aimci_table_line(r->table, row),
                      aimci_table_place(r->table, column), aimc_table_get_name(r->table, column),
                      aimci_table_value(r->table, row, column), wanted);
}

/* What a row is beside its distribution. */
static aimc_status read_row(const aimci_readings *r, size_t row, double volt, double second,
                            double joule, aimci_reading *out)
{
    const aimc_table *t = r->table;
    const double direction = r->direction == SIZE_MAX ? 0 : aimci_table_value(t, row, r->direction);
    *out = (aimci_reading){.row = row,
                           .g = aimci_table_value(t, row, r->g),
                           .voltage = aimci_table_value(t, row, r->v) / volt,
                           .width = aimci_table_value(t, row, r->width) / second,
                           .up = direction > 0};
    if (!(out->width > 0))
        return bad_row(r, row, r->width, "a width above 0");
    if (r->direction != SIZE_MAX && direction != 1 && direction != -1)
        return bad_row(r, row, r->direction, "1 (up) or -1 (down)");
    if (r->energy != SIZE_MAX) {
        out->energy = aimci_table_value(t, row, r->energy) / joule;
        if (!(out->energy >= 0))
            return bad_row(r, row, r->energy, "an energy of 0 or more");
    }
    if (r->std != SIZE_MAX && !(aimci_table_value(t, row, r->std) >= 0))
        return bad_row(r, row, r->std, "a standard deviation of 0 or more");
    for (size_t l = 1; l < r->n_levels; l++)
        if (!(aimci_table_value(t, row, r->quantile[l]) >=
              aimci_table_value(t, row, r->quantile[l - 1])))
            return bad_row(r, row, r->quantile[l], "a quantile not below the one before");
    return AIMC_OK;
}

/* Which sign of the voltage raises the state, told by the sum of all changes. */
static aimc_status find_directions(aimci_readings *r, size_t column)
{
    double sum[2] = {0, 0};
    bool there[2] = {false, false};
    const size_t middle = r->n_levels ? r->quantile[r->n_levels / 2] : column;
    for (size_t k = 0; k < r->n && r->direction == SIZE_MAX; k++) {
        if (r->reading[k].voltage == 0)
            return bad_row(r, k, r->v, "a voltage whose sign tells the direction");
        sum[r->reading[k].voltage > 0] += aimci_table_value(r->table, k, middle);
    }
    const bool positive_raises = sum[1] > sum[0];
    for (size_t k = 0; k < r->n; k++) {
        aimci_reading *const reading = &r->reading[k];
        if (r->direction == SIZE_MAX)
            reading->up = (reading->voltage > 0) == positive_raises;
        there[reading->up] = true;
    }
    if (there[0] && there[1])
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_FORMAT,
                      "%s: all pulses go %s; both directions, which the sign of v or a column "
                      "direction (1 up, -1 down) tells, are needed",
                      aimci_table_source(r->table), there[1] ? "up" : "down");
}

static aimc_status read_rows(aimci_readings *r, size_t column)
{
    double volt, second, joule;
    aimc_status st = find_per(r->table, r->v, volts, &volt);
    if (!st)
        st = find_per(r->table, r->width, seconds, &second);
    if (!st)
        st = find_per(r->table, r->energy, joules, &joule);
    for (size_t k = 0; k < r->n && !st; k++)
        st = read_row(r, k, volt, second, joule, &r->reading[k]);
    return st ? st : find_directions(r, column);
}

/* ---- all ------------------------------------------------------------------------------------ */

aimc_status aimci_measured_fill(aimc_config *cfg, const aimc_table *table)
{
    aimci_readings r = {.table = table, .n = aimc_table_count_rows(table)};
    size_t column = SIZE_MAX;
    aimc_status st = find_columns(&r);
    if (!st)
        st = find_form(&r, &column);
    if (!st)
        st = find_scale(&r, column);
    if (!st)
        st = expect_same_unit(&r, column);
    if (st)
        return st;
    r.reading = aimci_calloc(cfg->ctx, r.n, sizeof *r.reading);
    if (!r.reading)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", aimci_table_source(table));
    st = read_rows(&r, column);
    if (!st)
        st = aimci_measured_tabulate(cfg, &r);
    aimci_free(cfg->ctx, r.reading);
    if (!st && cfg->kind->check(cfg->values))
        st = aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", aimci_table_source(table));
    return st;
}
