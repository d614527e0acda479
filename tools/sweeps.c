/* SPDX-License-Identifier: MIT */
#include "sweeps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "report.h"

#define MAX_PULSES  1000000
#define MAX_COLUMNS 1000

static char *next_cell(char **at)
{
    char *cell = *at;
    char *comma = strchr(cell, ',');
    *at = comma != NULL ? comma + 1 : NULL;
    if (comma != NULL)
        *comma = '\0';
    cell += strspn(cell, " \t");
    cell[strcspn(cell, " \t\r\n")] = '\0';
    return cell;
}

/* One row into the sweeps; the first decides how many columns there are. */
static int read_row(struct sweeps *s, const char *path, size_t line, char *text)
{
    double v[MAX_COLUMNS];
    size_t n = 0;
    for (char *at = text; at != NULL;) {
        const char *cell = next_cell(&at);
        if (n == MAX_COLUMNS)
            return fail("%s: line %zu has more than %d columns", path, line, MAX_COLUMNS);
        if (!number_of_text(cell, &v[n]) || fabs(v[n]) > 1e30)
            return fail("%s: line %zu, column %zu: '%s' is not a number", path, line, n + 1, cell);
        n++;
    }
    if (s->n_sweeps == 0)
        s->n_sweeps = n / 2;
    if (n % 2 != 0 || n != 2 * s->n_sweeps)
        return fail("%s: line %zu has %zu columns; pairs of up and down, as many in each line, are "
                    "needed",
                    path, line, n);
    if (s->n_pulses == MAX_PULSES)
        return fail("%s: more than %d pulses", path, MAX_PULSES);
    float *w = realloc(s->w, (s->n_pulses + 1) * n * sizeof *w);
    if (w == NULL)
        return fail("%s: no memory", path);
    s->w = w;
    for (size_t k = 0; k < n; k++)
        s->w[s->n_pulses * n + k] = (float)v[k];
    s->n_pulses++;
    return EXIT_GO_ON;
}

/* From rows of pulses to rows of sweeps, in weight units: w = (state - offset) / scale. */
static int arrange(struct sweeps *s, double scale, double offset)
{
    const size_t n = 2 * s->n_sweeps;
    float *w = malloc(s->n_pulses * n * sizeof *w + 1);
    if (w == NULL)
        return fail("no memory");
    for (size_t i = 0; i < s->n_pulses; i++)
        for (size_t k = 0; k < n; k++)
            w[k * s->n_pulses + i] = (float)(((double)s->w[i * n + k] - offset) / scale);
    free(s->w);
    s->w = w;
    return EXIT_GO_ON;
}

static int read_rows(struct sweeps *s, const char *path)
{
    static char line[MAX_COLUMNS * 32];
    FILE *f = fopen(path, "r");
    int rc = f != NULL ? EXIT_GO_ON : fail("cannot open %s", path);
    for (size_t n = 1; rc == EXIT_GO_ON && fgets(line, (int)sizeof line, f) != NULL; n++)
        if (line[strspn(line, " \t\r\n")] != '\0' && line[0] != '#')
            rc = read_row(s, path, n, line);
    if (f != NULL)
        fclose(f);
    if (rc == EXIT_GO_ON && s->n_pulses == 0)
        rc = fail("%s holds no numbers", path);
    return rc;
}

int sweeps_read(struct sweeps *s, const char *path, double scale, double offset)
{
    const int rc = read_rows(s, path);
    return rc == EXIT_GO_ON ? arrange(s, scale, offset) : rc;
}

void sweeps_free(struct sweeps *s)
{
    free(s->w);
    *s = (struct sweeps){0};
}
