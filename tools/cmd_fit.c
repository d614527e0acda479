/* SPDX-License-Identifier: MIT */
/* aimc device fit: parameters of a model from measured sweeps in a file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "json.h"
#include "model.h"
#include "report.h"

#define MAX_PULSES  1000000
#define MAX_COLUMNS 1000

/* Columns in pairs: state after each up pulse, after each down pulse; a pair is a sweep. */
struct sweeps {
    float *w; /* [n_sweeps][2 n_pulses] */
    size_t n_sweeps, n_pulses;
};

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

static int read_sweeps(struct sweeps *s, const char *path)
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

static int print_json(const aimc_fit_result *r, const aimc_config *config)
{
    char text[16384];
    if (aimc_config_to_json(config, text, sizeof text) >= sizeof text)
        return fail("the configuration is too long");
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "model", r->model);
    json_put_integer(&json, "n_points", r->n_points);
    json_put_number(&json, "residual", r->residual);
    json_put_number(&json, "aic", r->aic);
    json_put_number(&json, "w_start", r->w_start);
    json_open(&json, "parameters", '[');
    for (uint32_t k = 0; k < r->n_parameters; k++) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "name", r->name[k]);
        json_put_number(&json, "value", r->value[k]);
        json_put_number(&json, "low", r->low[k]);
        json_put_number(&json, "high", r->high[k]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_put_raw(&json, "config", text);
    json_end(&json);
    return EXIT_OK;
}

static int print_text(const aimc_fit_result *r)
{
    printf("%s: residual %.6g of %llu points, AIC %.1f, starts at %.6g\n\n", r->model, r->residual,
           (unsigned long long)r->n_points, r->aic, r->w_start);
    printf("  %-14s %12s   95 %% confidence interval\n", "field", "value");
    for (uint32_t k = 0; k < r->n_parameters; k++)
        printf("  %-14s %12.6g   %.6g ... %.6g\n", r->name[k], r->value[k], r->low[k], r->high[k]);
    return EXIT_OK;
}

int cmd_fit(int argc, char **argv)
{
    const char *path = NULL, *model = NULL;
    double scale = 1, offset = 0;
    bool json = false;
    const struct arg args[] = {
        {"model", ARG_TEXT, &model, "NAME",
         "constant_step, soft_bounds, linear_step, exp_step or pow_step\n(default: the best)", 0,
         0},
        {"scale", ARG_NUMBER, &scale, "X", "state per weight (default: 1)", 1e-30, 1e30},
        {"offset", ARG_NUMBER, &offset, "X", "state at weight 0 (default: 0)", -1e30, 1e30},
        {"json", ARG_FLAG, &json, "", "print one JSON object instead of text", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "FILE [options]",
        .summary = "Fit a device to measured sweeps: a line per pulse, two columns per sweep, the\n"
                   "state after that pulse up and after that pulse down.",
        .example = "  aimc device fit sweeps.csv --model soft_bounds --json\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &path,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    struct sweeps s = {0};
    aimc_context *ctx = NULL;
    aimc_config *config = NULL;
    aimc_fit_result result = {.struct_size = (uint32_t)sizeof result};
    int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    rc = read_sweeps(&s, path);
    if (rc == EXIT_GO_ON)
        rc = arrange(&s, scale, offset);
    if (rc == EXIT_GO_ON)
        rc = model_context(NOT_GIVEN, 1, &ctx);
    if (rc == EXIT_GO_ON && aimc_device_fit(ctx, model, s.n_sweeps, s.n_pulses, s.w, 2 * s.n_pulses,
                                            &config, &result) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON)
        rc = json ? print_json(&result, config) : print_text(&result);
    aimc_config_destroy(config);
    aimc_context_destroy(ctx);
    free(s.w);
    return rc;
}
