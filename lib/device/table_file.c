/* SPDX-License-Identifier: MIT */
/* Tables of a "table_step" configuration from measured columns.
 *
 * Columns up and down (or two without names): the state after each pulse of one sweep up, and of
 * one down. The range of all states becomes w_min ... w_max of the configuration. A sweep with
 * noise, which turns back here and there, is replaced by the nearest one that does not (isotonic
 * regression by pooling, Ayer et al., Ann. Math. Stat. 26:641 (1955)). With n(z) the inverse of a
 * sweep, the step at a node is the slope dz / dn between the half nodes around it; there are fewer
 * nodes where there is more noise.
 *
 * Columns step_up, step_down and, optionally, state_up, noise_up, state_down, noise_down: the lists
 * of the configuration themselves. */
#include <math.h>
#include <string.h>

#include "device/measured_file.h"
#include "device/model.h"
#include "io/table.h"

enum { NODES = 33, FEWEST_NODES = 5, MIN_POINTS = 3 };

/* ---- sweeps --------------------------------------------------------------------------------- */

/* The states of one direction, turned so that they rise, without noise. */
typedef struct sweep {
    const char *name;
    size_t column, n;
    size_t n_moved; /* states that were out of order, and those that became their mean */
    bool up;
    double *state, *weight; /* [n] each; weight: of the pools while they are made */
    double noise;           /* standard deviation of what was smoothed away */
} sweep;

static double at(const sweep *s, size_t i)
{
    return s->state[i];
}

/* Neighbours out of order become their mean, until none are. */
static void pool(sweep *s)
{
    size_t m = 0; /* pools so far; a pool is its mean and its number of states */
    for (size_t i = 0; i < s->n; i++) {
        double mean = s->state[i], weight = 1;
        while (m > 0 && s->state[m - 1] > mean) {
            mean =
                (mean * weight + s->state[m - 1] * s->weight[m - 1]) / (weight + s->weight[m - 1]);
            weight += s->weight[--m];
        }
        s->state[m] = mean;
        s->weight[m++] = weight;
    }
    for (size_t i = s->n; m-- > 0;)
        for (size_t k = (size_t)s->weight[m]; k-- > 0;)
            s->state[--i] = s->state[m];
}

/* What the nearest rising sweep leaves must be noise: a fifth of the range at most. */
static aimc_status smooth(const aimc_table *table, sweep *s)
{
    double squares = 0, lo = HUGE_VAL, hi = -HUGE_VAL;
    for (size_t i = 0; i < s->n; i++) {
        const double v = aimci_table_value(table, s->up ? i : s->n - 1 - i, s->column);
        s->state[i] = v;
        lo = fmin(lo, v);
        hi = fmax(hi, v);
    }
    if (!(hi > lo))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s stays at one state",
                          aimci_table_source(table), s->name);
    pool(s);
    for (size_t i = 0; i < s->n; i++) {
        const double v = aimci_table_value(table, s->up ? i : s->n - 1 - i, s->column);
        squares += (v - s->state[i]) * (v - s->state[i]);
        s->n_moved += v != s->state[i];
    }
    s->noise = sqrt(squares / (double)s->n);
    const double range = at(s, s->n - 1) - at(s, 0);
    return s->noise <= 0.2 * range
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_FORMAT,
                            "%s: column %s does not %s: the nearest curve that does covers %.3g, "
                            "and the states lie %.3g off it; a sweep %s must not turn back",
                            aimci_table_source(table), s->name, s->up ? "rise" : "fall", range,
                            s->noise, s->up ? "up" : "down");
}

static aimc_status check_sweep(aimc_context *ctx, const aimc_table *table, sweep *s)
{
    const char *const path = aimci_table_source(table);
    const aimc_status st = aimci_table_length(table, s->column, &s->n);
    if (st)
        return st;
    if (s->n < MIN_POINTS)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s has %zu points; at least %d are needed",
                          path, s->name, s->n, MIN_POINTS);
    s->state = aimci_calloc(ctx, 2 * s->n, sizeof *s->state);
    if (!s->state)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", path);
    s->weight = s->state + s->n;
    return smooth(table, s);
}

/* Two nodes are at least four times the noise apart. */
static int count_nodes(double range, double noise)
{
    const double most = noise > 0 ? 1 + range / (4 * noise) : NODES;
    return (int)fmax(fmin(most, NODES), FEWEST_NODES);
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
static void steps_of(const sweep *s, double lo, double hi, int nodes, double *step)
{
    const double spacing = (hi - lo) / (nodes - 1);
    for (int k = 0; k < nodes; k++) {
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

static aimc_status put_steps(aimc_config *cfg, const sweep *up, const sweep *down)
{
    double step[2][NODES] = {{0}}, w_min, w_max;
    const double lo = fmin(at(up, 0), at(down, 0));
    const double hi = fmax(at(up, up->n - 1), at(down, down->n - 1));
    const int n = count_nodes(hi - lo, fmax(up->noise, down->noise));
    steps_of(up, lo, hi, n, step[0]);
    steps_of(down, lo, hi, n, step[1]);
    const double unit = (step[0][n / 2] + step[1][n / 2]) / 2; /* mid-range is 1 */
    for (int k = 0; k < 2 * n; k++)
        step[k / n][k % n] /= unit;
    aimc_status st = aimc_config_get(cfg, "w_min", &w_min);
    if (!st)
        st = aimc_config_get(cfg, "w_max", &w_max);
    if (!st)
        st = aimc_config_set(cfg, "dw_min", unit * (w_max - w_min));
    static const char *const empty[] = {"state_up", "state_down", "noise_up", "noise_down"};
    for (int k = 0; k < 4 && !st; k++)
        st = store(cfg, empty[k], NULL, 0);
    if (!st)
        st = store(cfg, "step_up", step[0], (size_t)n);
    return st ? st : store(cfg, "step_down", step[1], (size_t)n);
}

/* What became of the sweeps. */
static void tell(const aimc_config *cfg, const aimc_table *table, const sweep *up,
                 const sweep *down)
{
    const double range =
        fmax(at(up, up->n - 1), at(down, down->n - 1)) - fmin(at(up, 0), at(down, 0));
    const int nodes = count_nodes(range, fmax(up->noise, down->noise));
    const size_t moved = up->n_moved + down->n_moved, n = up->n + down->n;
    if (moved)
        aimci_log(cfg->ctx, AIMC_LOG_INFO,
                  "%s: the sweeps turn back here and there: the steps are those of the nearest "
                  "curves that do not (isotonic regression), which change %zu of %zu states, by "
                  "%.2g %% of the range up and %.2g %% down (standard deviation); %d nodes",
                  aimci_table_source(table), moved, n, 100 * up->noise / range,
                  100 * down->noise / range, nodes);
    else
        aimci_log(cfg->ctx, AIMC_LOG_INFO, "%s: no sweep turns back; %d nodes",
                  aimci_table_source(table), nodes);
}

static aimc_status from_sweeps(aimc_config *cfg, const aimc_table *table, sweep *up, sweep *down)
{
    aimc_status st = check_sweep(cfg->ctx, table, up);
    if (!st)
        st = check_sweep(cfg->ctx, table, down);
    if (!st)
        st = put_steps(cfg, up, down);
    if (!st)
        tell(cfg, table, up, down);
    aimci_free(cfg->ctx, up->state);
    aimci_free(cfg->ctx, down->state);
    return st;
}

/* ---- tables --------------------------------------------------------------------------------- */

static const char *const fields[] = {"step_up",   "state_up",   "noise_up",
                                     "step_down", "state_down", "noise_down"};
enum { N_FIELDS = 6 };

/* Every column is a field's, once: a misspelt name would leave its numbers unused. */
static aimc_status find_fields(const aimc_table *table, size_t column[N_FIELDS])
{
    const size_t n = aimc_table_count_columns(table);
    bool is_known[N_FIELDS] = {false};
    size_t n_known = 0;
    aimc_status st = AIMC_OK;
    for (int i = 0; i < N_FIELDS && !st; i++) {
        st = aimci_table_find(table, fields[i], NULL, &column[i]);
        n_known += column[i] != SIZE_MAX;
        is_known[i] = column[i] != SIZE_MAX;
    }
    for (size_t k = 0; k < n && !st && n_known < n; k++) {
        bool known = false;
        for (int i = 0; i < N_FIELDS; i++)
            known |= is_known[i] && column[i] == k;
        if (!known)
            return aimci_fail(AIMC_ERR_FORMAT, "%s: column %zu: '%s' is not one that is known",
                              aimci_table_source(table), aimci_table_place(table, k),
                              aimc_table_get_name(table, k));
    }
    return st;
}

static aimc_status check_states(const aimc_table *table, size_t column, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const double v = aimci_table_value(table, i, column);
        const double before = aimci_table_value(table, i - 1, column);
        if (!(v > before))
            return aimci_fail(
                AIMC_ERR_FORMAT, "%s: line %zu, column %zu: %s = %g does not exceed %g before it",
                aimci_table_source(table), aimci_table_line(table, i),
                aimci_table_place(table, column), aimc_table_get_name(table, column), v, before);
    }
    return AIMC_OK;
}

static aimc_status store_column(aimc_config *cfg, const aimc_table *table, int field, size_t column,
                                size_t n)
{
    double v[AIMCI_LIST_MAX];
    const char *const path = aimci_table_source(table);
    aimc_status st = AIMC_OK;
    if (column == SIZE_MAX && field % 3 == 0)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s is missing", path, fields[field]);
    if (column != SIZE_MAX && (n < 2 || n > AIMCI_LIST_MAX))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: column %s has %zu nodes; at %s %d are %s", path,
                          fields[field], n, n < 2 ? "least" : "most", n < 2 ? 2 : AIMCI_LIST_MAX,
                          n < 2 ? "needed" : "read");
    if (!st && field % 3 == 1)
        st = check_states(table, column, n);
    if (st)
        return st;
    for (size_t i = 0; i < n; i++)
        v[i] = aimci_table_value(table, i, column);
    st = store(cfg, fields[field], v, n);
    return st ? aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", path) : AIMC_OK;
}

static aimc_status from_table(aimc_config *cfg, const aimc_table *table)
{
    size_t column[N_FIELDS], n[N_FIELDS] = {0};
    aimc_status st = find_fields(table, column);
    for (int i = 0; i < N_FIELDS && !st; i++)
        if (column[i] != SIZE_MAX)
            st = aimci_table_length(table, column[i], &n[i]);
    for (int i = 0; i < N_FIELDS && !st; i++)
        st = store_column(cfg, table, i, column[i], n[i]);
    return st;
}

static aimc_status from_columns(aimc_config *cfg, const aimc_table *table)
{
    const size_t n = aimc_table_count_columns(table);
    const bool has_names = aimci_table_has_names(table);
    size_t up = 0, down = 1;
    aimc_status st = AIMC_OK;
    if (has_names)
        st = aimci_table_find(table, "up", NULL, &up);
    if (has_names && !st)
        st = aimci_table_find(table, "down", NULL, &down);
    if (st)
        return st;
    if (up == SIZE_MAX && down == SIZE_MAX)
        return from_table(cfg, table);
    if (up == SIZE_MAX || down == SIZE_MAX || n != 2)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s has %zu columns; two, up and down, or columns with names are needed "
                          "(columns= chooses)",
                          aimci_table_source(table), n);
    sweep s[2] = {{.name = "up", .column = up, .up = true}, {.name = "down", .column = down}};
    return from_sweeps(cfg, table, &s[0], &s[1]);
}

static aimc_status fill(aimc_config *cfg, const aimc_table *table)
{
    const aimc_status st = from_columns(cfg, table);
    return !st && cfg->kind->check(cfg->values)
               ? aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", aimci_table_source(table))
               : st;
}

/* "table_step", or the kind whose file is another one. */
static const aimci_kind *kind_for(const aimc_config *cfg)
{
    return cfg && cfg->kind == &aimci_kind_measured_step ? cfg->kind : &aimci_kind_table_step;
}

static aimci_table_fill fill_for(const aimci_kind *kind)
{
    return kind == &aimci_kind_table_step ? fill : aimci_measured_fill;
}

aimc_status aimc_config_set_table(aimc_config *cfg, const aimc_table *table)
{
    const aimci_kind *kind = kind_for(cfg);
    return aimci_config_take_table("config_set_table", cfg, kind, fill_for(kind), table);
}

aimc_status aimc_config_load_table(aimc_config *cfg, const char *path)
{
    const aimci_kind *kind = kind_for(cfg);
    return aimci_config_read_table("config_load_table", cfg, kind, fill_for(kind), path);
}
