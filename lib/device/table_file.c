/* SPDX-License-Identifier: MIT */
/* Tables of a "table_step" configuration from measured columns.
 *
 * Columns up and down (or two without names): the state after each pulse of one sweep up, and of
 * one down. The range of all states becomes w_min ... w_max of the configuration. With n(z) the
 * inverse of a sweep, the step at a node is the slope dz / dn between the half nodes around it.
 *
 * Columns step_up, step_down and, optionally, state_up, noise_up, state_down, noise_down: the lists
 * of the configuration themselves. */
#include <math.h>
#include <string.h>

#include "io/csv.h"

#include "device/model.h"

enum { NODES = 33, MIN_POINTS = 3 };

/* ---- sweeps --------------------------------------------------------------------------------- */

typedef struct sweep {
    const char *path, *name;
    const aimci_csv *csv;
    size_t column, n;
    bool up;
} sweep;

static double at(const sweep *s, size_t i) /* rising for both directions */
{
    return s->csv->value[s->column][s->up ? i : s->n - 1 - i];
}

static aimc_status check_sweep(const sweep *s)
{
    const double *v = s->csv->value[s->column];
    if (s->n < MIN_POINTS)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s has %zu points; at least %d are needed",
                          s->path, s->name, s->n, MIN_POINTS);
    for (size_t i = 1; i < s->n; i++)
        if (s->up ? v[i] < v[i - 1] : v[i] > v[i - 1])
            return aimci_fail(
                AIMC_ERR_FORMAT,
                "%s: line %u, column %zu: %g is %s than %g before it; a sweep %s must "
                "not turn back",
                s->path, s->csv->line[i], s->column + 1, v[i], s->up ? "less" : "more", v[i - 1],
                s->up ? "up" : "down");
    if (!(at(s, s->n - 1) > at(s, 0)))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s stays at one state", s->path, s->name);
    return AIMC_OK;
}

/* Pulse number, with its fraction, at which a state is first reached. */
static double pulses_to(const sweep *s, double state)
{
    size_t i = 1;
    while (i + 1 < s->n && at(s, i) < state)
        i++;
    const double from = at(s, i - 1), to = at(s, i);
    const double t = to > from ? (state - from) / (to - from) : 1;
    return (double)(i - 1) + fmin(fmax(t, 0), 1);
}

/* Steps at equally spaced states from lo to hi, as shares of that range. */
static void steps_of(const sweep *s, double lo, double hi, double *step)
{
    const double spacing = (hi - lo) / (NODES - 1);
    for (int k = 0; k < NODES; k++) {
        const double z = lo + spacing * k;
        double from = fmax(z - spacing / 2, at(s, 0)), to = fmin(z + spacing / 2, at(s, s->n - 1));
        if (to <= from) { /* never measured there: as at the nearest state that was */
            from = z < at(s, 0) ? at(s, 0) : at(s, s->n - 1) - spacing / 2;
            to = from + spacing / 2;
        }
        const double n = pulses_to(s, to) - pulses_to(s, from);
        step[k] = (to - from) / (hi - lo) / fmax(n, 1e-6);
    }
}

static aimc_status store(aimc_config *cfg, const char *name, const double *v, size_t n)
{
    return aimc_config_set_list(cfg, name, v, n);
}

static aimc_status from_sweeps(aimc_config *cfg, const sweep *up, const sweep *down)
{
    double step[2][NODES], w_min, w_max;
    aimc_status st = check_sweep(up);
    if (!st)
        st = check_sweep(down);
    if (st)
        return st;
    const double lo = fmin(at(up, 0), at(down, 0));
    const double hi = fmax(at(up, up->n - 1), at(down, down->n - 1));
    steps_of(up, lo, hi, step[0]);
    steps_of(down, lo, hi, step[1]);
    const double unit = (step[0][NODES / 2] + step[1][NODES / 2]) / 2; /* mid-range is 1 */
    for (int k = 0; k < 2 * NODES; k++)
        step[k / NODES][k % NODES] /= unit;
    st = aimc_config_get(cfg, "w_min", &w_min);
    if (!st)
        st = aimc_config_get(cfg, "w_max", &w_max);
    if (!st)
        st = aimc_config_set(cfg, "dw_min", unit * (w_max - w_min));
    static const char *const empty[] = {"state_up", "state_down", "noise_up", "noise_down"};
    for (int k = 0; k < 4 && !st; k++)
        st = store(cfg, empty[k], NULL, 0);
    if (!st)
        st = store(cfg, "step_up", step[0], NODES);
    return st ? st : store(cfg, "step_down", step[1], NODES);
}

/* ---- tables --------------------------------------------------------------------------------- */

static aimc_status from_table(aimc_config *cfg, const char *path, const aimci_csv *csv)
{
    static const char *const names[] = {"step_up",   "state_up",   "noise_up",
                                        "step_down", "state_down", "noise_down"};
    for (size_t k = 0; k < csv->n_columns; k++) {
        bool known = false;
        for (int i = 0; i < 6; i++)
            known |= strcmp(csv->name[k], names[i]) == 0;
        if (!known || aimci_csv_column(csv, csv->name[k]) != k)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: column %zu: '%s' is %s", path, k + 1,
                              csv->name[k], known ? "there twice" : "not one that is known");
        for (size_t i = 1; strncmp(csv->name[k], "state", 5) == 0 && i < csv->n[k]; i++)
            if (!(csv->value[k][i] > csv->value[k][i - 1]))
                return aimci_fail(AIMC_ERR_FORMAT,
                                  "%s: line %u, column %zu: %s = %g does not exceed %g before it",
                                  path, csv->line[i], k + 1, csv->name[k], csv->value[k][i],
                                  csv->value[k][i - 1]);
    }
    for (int i = 0; i < 6; i++) {
        const size_t k = aimci_csv_column(csv, names[i]);
        if (k == SIZE_MAX && i % 3 == 0)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s is missing", path, names[i]);
        if (k != SIZE_MAX && csv->n[k] < 2)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s has %zu nodes; at least 2 are needed",
                              path, names[i], csv->n[k]);
        const aimc_status st = k == SIZE_MAX ? store(cfg, names[i], NULL, 0)
                                             : store(cfg, names[i], csv->value[k], csv->n[k]);
        if (st)
            return aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", path);
    }
    return AIMC_OK;
}

static aimc_status from_columns(aimc_config *cfg, const char *path, const aimci_csv *csv)
{
    size_t up = aimci_csv_column(csv, "up"), down = aimci_csv_column(csv, "down");
    if (!csv->has_names && csv->n_columns == 2) {
        up = 0;
        down = 1;
    }
    if (up == SIZE_MAX && down == SIZE_MAX && csv->has_names)
        return from_table(cfg, path, csv);
    if (up == SIZE_MAX || down == SIZE_MAX || csv->n_columns != 2)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s has %zu columns; two, up and down, or columns with names are needed",
                          path, csv->n_columns);
    const sweep s[2] = {{path, "up", csv, up, csv->n[up], true},
                        {path, "down", csv, down, csv->n[down], false}};
    return from_sweeps(cfg, &s[0], &s[1]);
}

aimc_status aimc_config_load_table(aimc_config *cfg, const char *path)
{
    if (!cfg || !path)
        return aimci_fail(AIMC_ERR_INVALID, "config_load_table: %s is NULL", cfg ? "path" : "cfg");
    aimc_status st = aimci_config_expect("config_load_table", cfg, &aimci_kind_table_step);
    if (st)
        return st;
    aimci_csv csv;
    aimc_config *trial = NULL; /* all or nothing */
    st = aimci_csv_read(cfg->ctx, path, &csv);
    if (st)
        return aimci_fail_within(st, "config_load_table: ");
    st = aimc_config_copy(cfg, &trial);
    if (!st)
        st = from_columns(trial, path, &csv);
    if (!st && cfg->kind->check(trial->values))
        st = aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", path);
    if (!st) {
        const aimc_config tmp = *cfg;
        *cfg = *trial;
        *trial = tmp;
    }
    aimc_config_destroy(trial);
    aimci_csv_free(&csv);
    return st ? aimci_fail_within(st, "config_load_table: ") : AIMC_OK;
}
