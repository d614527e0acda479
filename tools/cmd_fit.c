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
#include "plot.h"
#include "report.h"
#include "sweeps.h"

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

/* ---- plot ----------------------------------------------------------------------------------- */

/* The mean device without chance: every spread and noise off. */
static int quiet_config(const aimc_config *from, aimc_config **out)
{
    if (aimc_config_copy(from, out) != AIMC_OK)
        return fail_library();
    for (size_t i = 0; i < aimc_config_count_fields(*out); i++) {
        aimc_field_info field = {.struct_size = (uint32_t)sizeof field};
        if (aimc_config_get_field(*out, i, &field) != AIMC_OK)
            return fail_library();
        const size_t length = strlen(field.name);
        const bool spread = length > 5 && strcmp(field.name + length - 5, "_dtod") == 0;
        if ((spread || strcmp(field.name, "dw_min_std") == 0) &&
            aimc_config_set(*out, field.name, 0) != AIMC_OK)
            return fail_library();
    }
    return EXIT_GO_ON;
}

/* What the fitted device does under the pulses of the sweep. */
static int follow(aimc_context *ctx, const aimc_config *config, double start, size_t n_pulses,
                  double *state)
{
    aimc_config *quiet = NULL;
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    float w = (float)start;
    int rc = quiet_config(config, &quiet);
    if (rc == EXIT_GO_ON && (aimc_device_create(ctx, NULL, quiet, &device) != AIMC_OK ||
                             aimc_tile_create(device, 1, 1, NULL, &tile) != AIMC_OK ||
                             aimc_tile_set_weights(tile, &w, 1) != AIMC_OK))
        rc = fail_library();
    for (size_t k = 0; k < 2 * n_pulses && rc == EXIT_GO_ON; k++) {
        const int32_t pulse = k < n_pulses ? 1 : -1;
        if (aimc_tile_pulse(tile, &pulse, 1) != AIMC_OK ||
            aimc_tile_get_weights(tile, &w, 1) != AIMC_OK)
            rc = fail_library();
        state[k] = (double)w;
    }
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(quiet);
    return rc;
}

static int plot_fit(const char *path, aimc_context *ctx, const aimc_config *config,
                    const aimc_fit_result *r, const struct sweeps *s)
{
    const size_t n = 2 * s->n_pulses;
    double *rows = calloc(3 * n, sizeof *rows);
    if (rows == NULL)
        return fail("no memory");
    double *measured = rows, *fitted = rows + n, *residual = rows + 2 * n;
    int rc = follow(ctx, config, r->w_start, s->n_pulses, fitted);
    for (size_t k = 0; k < n; k++) {
        measured[k] = 0;
        for (size_t i = 0; i < s->n_sweeps; i++)
            measured[k] += (double)s->w[i * n + k] / (double)s->n_sweeps;
        residual[k] = measured[k] - fitted[k];
    }
    char title[160], label[64];
    snprintf(title, sizeof title, "%zu sweep%s, residual %.4g", s->n_sweeps,
             s->n_sweeps == 1 ? "" : "s", r->residual);
    snprintf(label, sizeof label, "fitted %s", r->model);
    const struct plot_series series[] = {{"measured, mean of sweeps", NULL, measured, n, true},
                                         {label, NULL, fitted, n, false},
                                         {"measured - fitted", NULL, residual, n, true}};
    const struct plot plot = {title, "pulses, up then down", "state (weight units)", series, 3};
    if (rc == EXIT_GO_ON)
        rc = plot_write(path, &plot);
    free(rows);
    return rc;
}

int cmd_fit(int argc, char **argv)
{
    const char *path = NULL, *model = NULL, *plot = NULL;
    double scale = 1, offset = 0;
    bool json = false;
    struct table_options table = {.columns = NULL};
    const struct arg args[] = {
        {"model", ARG_TEXT, &model, "NAME",
         "fit this model alone (default: the best); a wrong name\nlists those that can be fitted",
         0, 0},
        {"scale", ARG_NUMBER, &scale, "X", "state per weight (default: 1)", 1e-30, 1e30},
        {"offset", ARG_NUMBER, &offset, "X", "state at weight 0 (default: 0)", -1e30, 1e30},
        {"plot", ARG_TEXT, &plot, "FILE", "write a plot of sweep, fit and residual: name.svg", 0,
         0},
        {"json", ARG_FLAG, &json, "", "print one JSON object instead of text", 0, 0},
        TABLE_ARGS(table),
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
    rc = plot_check_name(plot);
    if (rc != EXIT_GO_ON)
        return rc;
    rc = sweeps_read(&s, path, &table, scale, offset);
    if (rc == EXIT_GO_ON)
        rc = model_context(NOT_GIVEN, 1, &ctx);
    if (rc == EXIT_GO_ON && aimc_device_fit(ctx, model, s.n_sweeps, s.n_pulses, s.w, 2 * s.n_pulses,
                                            &config, &result) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON && plot != NULL)
        rc = plot_fit(plot, ctx, config, &result, &s);
    if (rc == EXIT_GO_ON)
        rc = json ? print_json(&result, config) : print_text(&result);
    aimc_config_destroy(config);
    aimc_context_destroy(ctx);
    sweeps_free(&s);
    return rc;
}
