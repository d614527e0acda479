/* SPDX-License-Identifier: MIT */
/* From rows of measured pulses to quantiles at common states.
 *
 * Samples: where each state of a condition has at least 5, its quantiles are theirs (devices of few
 * levels, programs that return to the same states); else the samples of a condition are cut into
 * at most 16 bins of equal width and 20 samples or more, at the mean of their states. A sample
 * quantile is the median-unbiased one (Hyndman and Fan, Am. Stat. 50:361 (1996), definition 8).
 *
 * Moments: mean and std make a normal distribution, with skew a shifted log-normal one (Aitchison
 * and Brown, "The Lognormal Distribution" (1957)), as a broken line that has this mean and std.
 *
 * States: those of all conditions where they are few, else equally spaced ones; between the states
 * of a condition quantiles are linear, beyond them constant. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/elementary.h"
#include "device/measured_file.h"

enum { FEWEST = 5, BIN = 40, MOST_BINS = 16, SPACED = 33, N_SKEWED = 11 };

/* Quantiles of one condition at one state, from rows first ... first + n - 1. */
typedef struct node {
    double place; /* 0 ... 1 */
    size_t first, n;
} node;

typedef struct condition {
    size_t first, n;           /* rows */
    size_t first_node, n_node; /* their nodes */
    double energy;
} condition;

typedef struct tabulation {
    aimc_config *cfg;
    const aimci_readings *r;
    const char *path;
    double lo, hi;
    bool binned;
    condition *each;
    size_t n_conditions, n_up;
    node *nodes;
    size_t n_nodes;
    double *q; /* [n_nodes][n_levels], shares of the range */
    size_t n_levels;
    double level[AIMCI_READING_LEVELS], score[AIMCI_READING_LEVELS];
    double state[AIMCI_LIST_MAX];
    size_t n_states;
} tabulation;

static double value(const tabulation *t, size_t row, size_t column)
{
    return aimci_table_value(t->r->table, t->r->reading[row].row, column);
}

static double to_share(const tabulation *t, double change)
{
    return change * t->r->change / (t->hi - t->lo);
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Up before down, then by voltage, width, state and line. */
static int compare_readings(const void *a, const void *b)
{
    const aimci_reading *x = a, *y = b;
    const double p[] = {x->voltage, x->width, x->g}, q[] = {y->voltage, y->width, y->g};
    if (x->up != y->up)
        return x->up ? -1 : 1;
    for (int k = 0; k < 3; k++)
        if (p[k] != q[k])
            return p[k] > q[k] ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* ---- conditions ----------------------------------------------------------------------------- */

static bool same_condition(const aimci_reading *a, const aimci_reading *b)
{
    return a->up == b->up && a->voltage == b->voltage && a->width == b->width;
}

static aimc_status find_conditions(tabulation *t)
{
    const aimci_reading *r = t->r->reading;
    t->lo = t->hi = r[0].g;
    for (size_t k = 0; k < t->r->n; k++) {
        t->lo = fmin(t->lo, r[k].g);
        t->hi = fmax(t->hi, r[k].g);
        if (k == 0 || !same_condition(&r[k - 1], &r[k])) {
            t->each[t->n_conditions++] = (condition){.first = k};
            t->n_up += r[k].up;
        }
        t->each[t->n_conditions - 1].n++;
        t->each[t->n_conditions - 1].energy += r[k].energy;
    }
    const size_t n_down = t->n_conditions - t->n_up;
    if (t->n_up > AIMCI_LIST_MAX || n_down > AIMCI_LIST_MAX)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: %zu conditions of v and width up and %zu down; at most %d are read",
                          t->path, t->n_up, n_down, AIMCI_LIST_MAX);
    return t->hi > t->lo ? AIMC_OK
                         : aimci_fail(AIMC_ERR_FORMAT,
                                      "%s: all rows are of one state, g = %g; at least two "
                                      "states, which span the range, are needed",
                                      t->path, t->lo);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* How many rows from first on, within a condition, have the same state. */
static size_t run_of(const tabulation *t, const condition *c, size_t first)
{
    const aimci_reading *r = t->r->reading;
    size_t n = 1;
    while (first + n < c->first + c->n && r[first + n].g == r[first].g)
        n++;
    return n;
}

static bool is_binned(const tabulation *t)
{
    for (size_t k = 0; k < t->n_conditions && t->r->form == AIMCI_SAMPLES; k++) {
        const condition *c = &t->each[k];
        for (size_t i = c->first, n; i < c->first + c->n; i += n)
            if ((n = run_of(t, c, i)) < FEWEST)
                return true;
    }
    return false;
}

static void add_node(tabulation *t, condition *c, size_t first, size_t n)
{
    double sum = 0;
    for (size_t k = first; k < first + n; k++)
        sum += (t->r->reading[k].g - t->lo) / (t->hi - t->lo);
    const double place = sum / (double)n;
    node *const last = c->n_node ? &t->nodes[t->n_nodes - 1] : NULL;
    if (last && place - last->place < AIMCI_LEVEL_LEAST) { /* as good as the same state */
        last->n += n;
        return;
    }
    t->nodes[t->n_nodes++] = (node){place, first, n};
    c->n_node++;
}

static aimc_status twice(const tabulation *t, size_t first)
{
    const aimci_reading *a = &t->r->reading[first], *b = a + 1;
    return aimci_fail(AIMC_ERR_FORMAT,
                      "%s: lines %zu and %zu are both the distribution of %g V, %g s at g = %g",
                      t->path, aimci_table_line(t->r->table, a->row),
                      aimci_table_line(t->r->table, b->row), a->voltage, a->width, a->g);
}

/* Bins of equal width, joined where they have too few samples. */
static void find_bins(tabulation *t, condition *c)
{
    const aimci_reading *r = t->r->reading + c->first;
    const size_t full = c->n / BIN;
    const double n_bins = fmax(1, fmin((double)full, MOST_BINS));
    const double lo = r[0].g, width = (r[c->n - 1].g - lo) / n_bins;
    for (size_t i = 0, n; i < c->n; i += n) {
        n = 1;
        while (i + n < c->n &&
               (n < BIN / 2 || c->n - i - n < BIN / 2 ||
                floor((r[i + n].g - lo) / width) == floor((r[i + n - 1].g - lo) / width)))
            n++;
        add_node(t, c, c->first + i, n);
    }
}

static aimc_status find_nodes_of(tabulation *t, condition *c)
{
    const aimci_reading *r = &t->r->reading[c->first];
    c->first_node = t->n_nodes;
    if (t->binned && c->n < FEWEST)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: the condition %g V, %g s has %zu samples; at least %d are needed",
                          t->path, r->voltage, r->width, c->n, FEWEST);
    if (t->binned) {
        find_bins(t, c);
        return AIMC_OK;
    }
    for (size_t i = c->first, n; i < c->first + c->n; i += n) {
        n = run_of(t, c, i);
        if (n > 1 && t->r->form != AIMCI_SAMPLES)
            return twice(t, i);
        add_node(t, c, i, n);
    }
    return AIMC_OK;
}

/* ---- levels --------------------------------------------------------------------------------- */

static void set_levels(tabulation *t, const double *level, size_t n)
{
    t->n_levels = n;
    for (size_t l = 0; l < n; l++) {
        t->level[l] = level[l];
        t->score[l] = aimci_normal_score(level[l]);
    }
}

/* As many as the fewest samples of a state can tell. */
static void find_sample_levels(tabulation *t)
{
    static const double many[] = {0.01, 0.025, 0.05, 0.1, 0.2,  0.3,   0.4, 0.5,
                                  0.6,  0.7,   0.8,  0.9, 0.95, 0.975, 0.99},
                        some[] = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95}, few[] = {0.25, 0.5, 0.75};
    size_t fewest = SIZE_MAX;
    for (size_t k = 0; k < t->n_nodes; k++)
        fewest = aimci_min_size(fewest, t->nodes[k].n);
    if (fewest >= 400)
        set_levels(t, many, sizeof many / sizeof *many);
    else if (fewest >= BIN / 2)
        set_levels(t, some, sizeof some / sizeof *some);
    else
        set_levels(t, few, sizeof few / sizeof *few);
}

/* Levels whose normal scores are round. */
static void find_moment_levels(tabulation *t)
{
    static const double normal[] = {-1, 1},
                        skewed[N_SKEWED] = {-3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3};
    const bool skew = t->r->skew != SIZE_MAX;
    t->n_levels = t->r->std == SIZE_MAX ? 1 : skew ? N_SKEWED : 2;
    for (size_t l = 0; l < t->n_levels; l++) {
        t->score[l] = t->n_levels == 1 ? 0 : skew ? skewed[l] : normal[l];
        t->level[l] = aimci_erfc(-t->score[l] * 0.70710678118654752440) / 2;
    }
}

/* ---- quantiles ------------------------------------------------------------------------------ */

static void quantiles_of_samples(const tabulation *t, const node *at, double *sample, double *q)
{
    const double n = (double)at->n;
    for (size_t k = 0; k < at->n; k++)
        sample[k] = value(t, at->first + k, t->r->dg);
    qsort(sample, at->n, sizeof *sample, compare_numbers);
    for (size_t l = 0; l < t->n_levels; l++) {
        const double h = fmin(fmax((n + 1 / 3.) * t->level[l] + 1 / 3., 1), n);
        const size_t j = (size_t)h;
        const double next = j < at->n ? sample[j] : sample[j - 1];
        q[l] = to_share(t, sample[j - 1] + (h - (double)j) * (next - sample[j - 1]));
    }
}

/* The standard deviation of the logarithm whose exponential has this skewness. */
static double log_spread(double skew)
{
    double lo = 0, hi = 3;
    for (int i = 0; i < 60; i++) {
        const double s = (lo + hi) / 2, e = aimci_expm1(s * s);
        if ((e + 3) * sqrt(e) < skew)
            lo = s;
        else
            hi = s;
    }
    return (lo + hi) / 2;
}

static void quantiles_of_moments(const tabulation *t, const node *at, double *q)
{
    const double mean = value(t, at->first, t->r->mean);
    const double std = t->r->std == SIZE_MAX ? 0 : value(t, at->first, t->r->std);
    const double skew = t->r->skew == SIZE_MAX ? 0 : value(t, at->first, t->r->skew);
    const double s = fabs(skew) > 1e-3 ? log_spread(fabs(skew)) : 0, sign = skew > 0 ? 1 : -1;
    for (size_t l = 0; l < t->n_levels; l++)
        q[l] = s > 0 ? sign * aimci_expm1(sign * s * t->score[l]) : t->score[l];
    const aimci_moments m = aimci_quantile_moments(t->score, q, t->n_levels);
    const double scale = m.std > 0 ? std / m.std : 0;
    for (size_t l = 0; l < t->n_levels; l++)
        q[l] = to_share(t, mean + (q[l] - m.mean) * scale);
}

static void find_quantiles(const tabulation *t, double *sample)
{
    for (size_t k = 0; k < t->n_nodes; k++) {
        const node *at = &t->nodes[k];
        double *q = t->q + k * t->n_levels;
        if (t->r->form == AIMCI_SAMPLES)
            quantiles_of_samples(t, at, sample, q);
        else if (t->r->form == AIMCI_MOMENTS)
            quantiles_of_moments(t, at, q);
        else
            for (size_t l = 0; l < t->n_levels; l++)
                q[l] = to_share(t, value(t, at->first, t->r->quantile[l]));
    }
}

/* ---- common states -------------------------------------------------------------------------- */

static aimc_status find_states(tabulation *t, double *place)
{
    const size_t n_down = t->n_conditions - t->n_up, most_up = t->n_up > n_down ? t->n_up : n_down;
    const size_t numbers = most_up * t->n_levels; /* of one state */
    size_t room = numbers > 0 ? AIMCI_LONG_LIST_MAX / numbers : 0, n = 0;
    room = aimci_min_size(room, AIMCI_LIST_MAX);
    if (room < 2)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: %zu conditions of one direction and %zu quantiles leave no room for "
                          "two states in %d numbers",
                          t->path, most_up, t->n_levels, AIMCI_LONG_LIST_MAX);
    for (size_t k = 0; k < t->n_nodes; k++)
        place[k] = t->nodes[k].place;
    qsort(place, t->n_nodes, sizeof *place, compare_numbers);
    for (size_t k = 0; k < t->n_nodes; k++)
        if (n == 0 || place[k] - place[n - 1] >= AIMCI_LEVEL_LEAST)
            place[n++] = place[k];
    t->n_states = n <= room ? n : aimci_min_size(room, SPACED);
    for (size_t k = 0; k < t->n_states; k++)
        t->state[k] = n <= room ? place[k] : (double)k / (double)(t->n_states - 1);
    return AIMC_OK;
}

static void resample(const tabulation *t, const condition *c, double z, double *q)
{
    const node *nodes = t->nodes + c->first_node;
    const double *from = t->q + c->first_node * t->n_levels;
    size_t i = 0;
    while (i + 1 < c->n_node && nodes[i + 1].place <= z)
        i++;
    const size_t j = i + 1 < c->n_node ? i + 1 : i;
    const double span = nodes[j].place - nodes[i].place;
    const double share = span > 0 ? fmin(fmax((z - nodes[i].place) / span, 0), 1) : 0;
    for (size_t l = 0; l < t->n_levels; l++)
        q[l] = (1 - share) * from[i * t->n_levels + l] + share * from[j * t->n_levels + l];
}

/* ---- the configuration ---------------------------------------------------------------------- */

/* The field name + way; v NULL: the number x. */
static aimc_status set(const tabulation *t, const char *name, const char *way, double x,
                       const double *v, size_t n)
{
    char field[40];
    snprintf(field, sizeof field, "%s%s", name, way);
    const aimc_status st =
        v ? aimc_config_set_list(t->cfg, field, v, n) : aimc_config_set(t->cfg, field, x);
    return st ? aimci_fail_within(AIMC_ERR_FORMAT, "%s: ", t->path) : AIMC_OK;
}

/* The conditions of one direction; the chosen pulse is that of the first row in the file. */
static aimc_status put_side(const tabulation *t, bool up, double *step)
{
    const size_t first = up ? 0 : t->n_up, n = up ? t->n_up : t->n_conditions - t->n_up;
    const char *const way = up ? "up" : "down";
    double list[3][AIMCI_LIST_MAX] = {{0}};
    const aimci_reading *chosen = &t->r->reading[t->each[first].first];
    for (size_t c = 0; c < n; c++) {
        const condition *each = &t->each[first + c];
        const aimci_reading *r = &t->r->reading[each->first];
        list[0][c] = r->voltage;
        list[1][c] = r->width;
        list[2][c] = each->energy / (double)each->n;
        for (size_t i = 0; i < t->n_states; i++)
            resample(t, each, t->state[i], step + (c * t->n_states + i) * t->n_levels);
        for (size_t k = 0; k < each->n; k++)
            chosen = r[k].row < chosen->row ? &r[k] : chosen;
    }
    aimc_status st = set(t, "measured_voltage_", way, 0, list[0], n);
    if (!st)
        st = set(t, "measured_width_", way, 0, list[1], n);
    if (!st)
        st = set(t, "measured_energy_", way, 0, list[2], t->r->energy == SIZE_MAX ? 0 : n);
    if (!st)
        st = set(t, "step_", way, 0, step, n * t->n_states * t->n_levels);
    if (!st)
        st = set(t, "voltage_", way, chosen->voltage, NULL, 0);
    return st ? st : set(t, "width_", way, chosen->width, NULL, 0);
}

/* Spreads from device to device, of which such a file says nothing, are none unless they were set
 * one by one. */
static aimc_status put_spreads(aimc_config *cfg)
{
    static const char *const names[] = {"dw_min_dtod", "up_down_dtod", "w_max_dtod", "w_min_dtod"};
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < sizeof names / sizeof *names && !st; k++)
        if (!cfg->set[aimci_kind_field(cfg->kind, names[k]) - cfg->kind->fields])
            st = aimc_config_set(cfg, names[k], 0);
    return st;
}

static aimc_status put(const tabulation *t, double *step)
{
    const double unit = t->r->siemens > 0 ? t->r->siemens : HUGE_VAL;
    aimc_status st = set(t, "state", "", 0, t->state, t->n_states < 2 ? 0 : t->n_states);
    if (!st)
        st = set(t, "level", "", 0, t->level, t->n_levels);
    if (!st)
        st = set(t, "g_min", "", t->lo / unit, NULL, 0);
    if (!st)
        st = set(t, "g_max", "", t->hi / unit, NULL, 0);
    if (!st)
        st = put_side(t, true, step);
    if (!st)
        st = put_side(t, false, step);
    return st ? st : put_spreads(t->cfg);
}

static void tell(const tabulation *t)
{
    static const char *const forms[] = {"quantiles at the states that were measured",
                                        "quantiles in bins of neighbouring states"};
    aimci_log(t->cfg->ctx, AIMC_LOG_INFO,
              "%s: %zu conditions up and %zu down, %zu rows: %s; %zu states, %zu levels", t->path,
              t->n_up, t->n_conditions - t->n_up, t->r->n, forms[t->binned], t->n_states,
              t->n_levels);
}

/* work: as many numbers as rows, or as a direction has steps, whichever are more. */
static aimc_status tabulate(tabulation *t, double *work)
{
    aimc_status st = find_conditions(t);
    t->binned = !st && is_binned(t);
    for (size_t k = 0; k < t->n_conditions && !st; k++)
        st = find_nodes_of(t, &t->each[k]);
    if (st)
        return st;
    if (t->r->form == AIMCI_SAMPLES)
        find_sample_levels(t);
    else if (t->r->form == AIMCI_MOMENTS)
        find_moment_levels(t);
    else
        set_levels(t, t->r->level, t->r->n_levels);
    t->q = aimci_calloc(t->cfg->ctx, t->n_nodes * t->n_levels, sizeof *t->q);
    if (!t->q)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", t->path);
    find_quantiles(t, work);
    st = find_states(t, work);
    if (!st)
        st = put(t, work);
    if (!st)
        tell(t);
    return st;
}

aimc_status aimci_measured_tabulate(aimc_config *cfg, aimci_readings *r)
{
    const size_t n = r->n, n_work = n > AIMCI_LONG_LIST_MAX ? n : AIMCI_LONG_LIST_MAX;
    tabulation t = {.cfg = cfg, .r = r, .path = aimci_table_source(r->table)};
    t.each = aimci_calloc(cfg->ctx, n, sizeof *t.each);
    t.nodes = aimci_calloc(cfg->ctx, n, sizeof *t.nodes);
    double *work = aimci_calloc(cfg->ctx, n_work, sizeof *work);
    aimc_status st = AIMC_OK;
    qsort(r->reading, n, sizeof *r->reading, compare_readings);
    if (t.each && t.nodes && work)
        st = tabulate(&t, work);
    else
        st = aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", t.path);
    aimci_free(cfg->ctx, t.each);
    aimci_free(cfg->ctx, t.nodes);
    aimci_free(cfg->ctx, t.q);
    aimci_free(cfg->ctx, work);
    return st;
}
