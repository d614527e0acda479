/* SPDX-License-Identifier: MIT */
#include "sweeps.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>

#include "report.h"

#define MAX_PULSES  1000000
#define MAX_COLUMNS 1000

enum direction { UNNAMED, UP, DOWN };

/* "up", "Up (uS)", "down_2"; but not "update". */
static bool begins_with(const char *name, const char *word, size_t n)
{
    if (strncasecmp(name, word, n) != 0)
        return false;
    const char next = name[n];
    return !((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'));
}

static enum direction direction_of(const aimc_table *table, size_t column)
{
    const char *const name = aimc_table_get_name(table, column);
    if (name == NULL)
        return UNNAMED;
    return begins_with(name, "up", 2) ? UP : begins_with(name, "down", 4) ? DOWN : UNNAMED;
}

/* Which column of a pair is the sweep up. */
static int find_up(const aimc_table *table, const char *path, size_t pair, size_t *up)
{
    const enum direction first = direction_of(table, 2 * pair);
    const enum direction second = direction_of(table, 2 * pair + 1);
    *up = 2 * pair + (first == DOWN || second == UP ? 1 : 0);
    if (first == UNNAMED || first != second)
        return EXIT_GO_ON;
    return fail("%s: '%s' and '%s' are a pair of columns, but both are %s; --columns says which "
                "belong together",
                path, aimc_table_get_name(table, 2 * pair),
                aimc_table_get_name(table, 2 * pair + 1), first == UP ? "up" : "down");
}

static int check_size(struct sweeps *s, const char *path, const aimc_table *table)
{
    const size_t n = aimc_table_count_columns(table);
    s->n_pulses = aimc_table_count_rows(table);
    s->n_sweeps = n / 2;
    if (n % 2 != 0)
        return fail("%s has %zu column%s; pairs of up and down are needed (--columns chooses)",
                    path, n, n == 1 ? "" : "s");
    if (s->n_pulses > MAX_PULSES)
        return fail("%s: more than %d pulses", path, MAX_PULSES);
    return n <= MAX_COLUMNS ? EXIT_GO_ON : fail("%s: more than %d columns", path, MAX_COLUMNS);
}

/* From rows of pulses to rows of sweeps, in weight units: w = (state - offset) / scale. */
static int arrange(struct sweeps *s, const char *path, const aimc_table *table,
                   const double *values, double scale, double offset)
{
    const size_t n = s->n_pulses, cols = 2 * s->n_sweeps;
    int rc = EXIT_GO_ON;
    for (size_t pair = 0; pair < s->n_sweeps && rc == EXIT_GO_ON; pair++) {
        size_t up;
        rc = find_up(table, path, pair, &up);
        const size_t from[2] = {up, 4 * pair + 1 - up};
        float *const w = s->w + pair * 2 * n;
        for (size_t k = 0; k < 2 * n && rc == EXIT_GO_ON; k++) {
            const double state = values[k % n * cols + from[k / n]];
            w[k] = (float)((state - offset) / scale);
            if (!isfinite(w[k]))
                rc = fail("%s: %g is beyond the range of weights", path, state);
        }
    }
    return rc;
}

static int take(struct sweeps *s, const char *path, const aimc_table *table, double scale,
                double offset)
{
    int rc = check_size(s, path, table);
    if (rc != EXIT_GO_ON)
        return rc;
    const size_t cols = 2 * s->n_sweeps;
    double *const values = malloc(s->n_pulses * cols * sizeof *values);
    s->w = malloc(s->n_pulses * cols * sizeof *s->w);
    if (values == NULL || s->w == NULL)
        rc = fail("%s: no memory", path);
    else if (aimc_table_get_values(table, values, cols) != AIMC_OK)
        rc = table_fail();
    else
        rc = arrange(s, path, table, values, scale, offset);
    free(values);
    return rc;
}

int sweeps_read(struct sweeps *s, const char *path, const struct table_options *options,
                double scale, double offset)
{
    aimc_context *ctx = NULL;
    aimc_table *table = NULL;
    int rc = table_context(&ctx);
    if (rc == EXIT_GO_ON)
        rc = table_open(ctx, path, options, &table);
    if (rc == EXIT_GO_ON)
        rc = take(s, path, table, scale, offset);
    aimc_table_destroy(table);
    aimc_context_destroy(ctx);
    return rc;
}

void sweeps_free(struct sweeps *s)
{
    free(s->w);
    *s = (struct sweeps){0};
}
