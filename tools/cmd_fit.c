/* SPDX-License-Identifier: MIT */
/* aimc device fit: a device from measured readings in files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include <jansson.h>

#include "args.h"
#include "cmd.h"
#include "document.h"
#include "model.h"
#include "os.h"
#include "plot.h"
#include "report.h"
#include "sweeps.h"

#define MAX_FILES 256

struct request {
    const char *files[MAX_FILES];
    const char *model, *plot, *out, *pairs;
    double scale, offset;
    bool json;
    struct table_options table;
};

/* ---- report --------------------------------------------------------------------------------- */

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NOT_GIVEN;
}

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static void print_parameters(const json_t *report)
{
    size_t i;
    const json_t *p;
    printf("\n  %-22s %12s   95 %% confidence interval\n", "field", "value");
    json_array_foreach(json_object_get(report, "parameters"), i, p)
    {
        const double low = number(p, "low"), high = number(p, "high");
        printf("  %-22s %12.6g   ", word(p, "name"), number(p, "value"));
        if (WAS_GIVEN(low))
            printf("%.6g ... %.6g\n", low, high);
        else
            printf("none: too few devices\n");
    }
}

static void print_words(const char *title, const json_t *words)
{
    size_t i;
    const json_t *w;
    if (json_array_size(words) == 0)
        return;
    printf("\n%s", title);
    json_array_foreach(words, i, w) printf("%s%s", i ? ", " : " ", json_string_value(w));
    printf("\n");
}

static void print_candidates(const json_t *report)
{
    size_t i;
    const json_t *c;
    printf("\nmodels, and how much worse than the best they foretell held-out readings (log "
           "likelihood)\n");
    json_array_foreach(json_object_get(report, "candidates"), i, c) printf(
        "  %-18s %10.1f  %s\n", word(c, "model"), -number(c, "held_out"), word(c, "problem"));
}

static void print_text(const json_t *report)
{
    size_t i;
    const json_t *note;
    const json_t *residuals = json_object_get(report, "residuals");
    printf("%s: %s\n", word(report, "model"), word(report, "verdict"));
    printf("%.0f devices, %.0f of them fitted, %.0f stuck; %.0f traces, %.0f readings\n",
           number(report, "n_devices"), number(report, "n_fitted"), number(report, "n_stuck"),
           number(report, "n_traces"), number(report, "n_readings"));
    printf("weight = (state - %.6g) / %.6g\n", number(report, "offset"), number(report, "scale"));
    print_parameters(report);
    print_words("not measured, and off in the device:", json_object_get(report, "not_measured"));
    print_candidates(report);
    printf("\nresiduals: %.3g of their expected size, neighbours correlate by %.3f\n",
           number(residuals, "rms"),
           json_number_value(json_array_get(json_object_get(residuals, "autocorrelation"), 0)));
    json_array_foreach(json_object_get(report, "notes"), i, note)
        printf("note: %s\n", json_string_value(note));
}

static int print_report(const aimc_fit *fit, bool as_json)
{
    const size_t length = aimc_fit_to_json(fit, NULL, 0);
    char *text = malloc(length + 1);
    if (text == NULL)
        return fail("no memory");
    aimc_fit_to_json(fit, text, length + 1);
    json_t *report = json_loads(text, 0, NULL);
    if (as_json)
        printf("%s\n", text);
    else if (report != NULL)
        print_text(report);
    json_decref(report);
    free(text);
    return report != NULL ? EXIT_OK : fail("the report is no JSON");
}

/* ---- files ---------------------------------------------------------------------------------- */

static int write_config(const char *path, const aimc_fit *fit)
{
    aimc_config *config = NULL;
    if (aimc_fit_get_config(fit, &config) != AIMC_OK)
        return fail_library();
    const int rc = document_write(path, config);
    aimc_config_destroy(config);
    return rc;
}

/* Readings, predictions and their difference of the first device, trace after trace. */
static int plot_fit(const char *path, const aimc_measurement *m, const aimc_fit *fit,
                    const char *model)
{
    double *rows = NULL, *grown;
    size_t n = 0;
    uint32_t device = 0;
    int rc = EXIT_GO_ON;
    for (size_t i = 0; i < aimc_measurement_count(m) && rc == EXIT_GO_ON; i++) {
        aimc_fit_trace t = {.struct_size = (uint32_t)sizeof t};
        if (aimc_fit_get_trace(fit, i, &t) != AIMC_OK)
            rc = fail_library();
        if (n == 0)
            device = t.device;
        if (rc != EXIT_GO_ON || t.n == 0 || t.device != device)
            continue;
        grown = realloc(rows, 3 * (n + t.n) * sizeof *rows);
        if (grown == NULL) {
            rc = fail("no memory");
            break;
        }
        rows = grown;
        for (size_t k = 0; k < t.n; k++, n++) {
            rows[3 * n] = t.weight[k];
            rows[3 * n + 1] = t.predicted[k];
            rows[3 * n + 2] = t.weight[k] - t.predicted[k];
        }
    }
    double *columns = calloc(3 * n + 1, sizeof *columns);
    if (columns == NULL)
        rc = fail("no memory");
    for (size_t k = 0; k < 3 * n && columns != NULL; k++)
        columns[k % 3 * n + k / 3] = rows[k];
    char title[80], label[64];
    snprintf(title, sizeof title, "device %u", (unsigned)device);
    snprintf(label, sizeof label, "fitted %s", model);
    if (rc == EXIT_GO_ON) {
        const struct plot_series series[] = {{"measured", NULL, columns, n, true},
                                             {label, NULL, columns + n, n, false},
                                             {"measured - fitted", NULL, columns + 2 * n, n, true}};
        const struct plot plot = {title, "readings, trace after trace", "state (weight units)",
                                  series, 3};
        rc = plot_write(path, &plot);
    }
    free(rows);
    free(columns);
    return rc;
}

/* ---- command -------------------------------------------------------------------------------- */

static int tell(const struct request *q, const aimc_measurement *m, const aimc_fit *fit)
{
    int rc = EXIT_GO_ON;
    aimc_config *config = NULL;
    if (q->out != NULL)
        rc = write_config(q->out, fit);
    if (rc == EXIT_GO_ON && q->plot != NULL) {
        rc = aimc_fit_get_config(fit, &config) == AIMC_OK ? EXIT_GO_ON : fail_library();
        if (rc == EXIT_GO_ON)
            rc = plot_fit(q->plot, m, fit, aimc_config_get_kind(config));
    }
    aimc_config_destroy(config);
    return rc == EXIT_GO_ON ? print_report(fit, q->json) : rc;
}

static int fit_files(const struct request *q)
{
    aimc_context *ctx = NULL;
    aimc_measurement *m = NULL;
    aimc_fit *fit = NULL;
    int rc = model_context(NOT_GIVEN, NOT_GIVEN, &ctx);
    if (rc == EXIT_GO_ON && aimc_measurement_create(ctx, &m) != AIMC_OK)
        rc = fail_library();
    for (size_t i = 0; i < MAX_FILES && q->files[i] != NULL && rc == EXIT_GO_ON; i++)
        rc = sweeps_add(ctx, m, q->files[i], &q->table, q->pairs);
    const aimc_fit_params params = {.struct_size = (uint32_t)sizeof params,
                                    .model = q->model,
                                    .scale = WAS_GIVEN(q->scale)    ? q->scale
                                             : WAS_GIVEN(q->offset) ? 1
                                                                    : 0,
                                    .offset = WAS_GIVEN(q->offset) ? q->offset : 0};
    if (rc == EXIT_GO_ON && aimc_measurement_fit(m, &params, &fit) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON)
        rc = tell(q, m, fit);
    aimc_fit_destroy(fit);
    aimc_measurement_destroy(m);
    aimc_context_destroy(ctx);
    return rc;
}

int cmd_fit(int argc, char **argv)
{
    struct request q = {.scale = NOT_GIVEN, .offset = NOT_GIVEN};
    const struct arg args[] = {
        {"model", ARG_TEXT, &q.model, "NAME",
         "fit this model (default: the best); a wrong name\nlists those that can be fitted", 0, 0},
        {"out", ARG_TEXT, &q.out, "FILE",
         "write the device: name.json, which stands wherever the name\nof a device does", 0, 0},
        {"pairs", ARG_TEXT, &q.pairs, "WHAT",
         "pairs of columns are devices or cycles of one\n(default: devices where a name of a "
         "column "
         "says so)",
         0, 0},
        {"scale", ARG_NUMBER, &q.scale, "X", "state per weight (default: found)", 1e-30, 1e30},
        {"offset", ARG_NUMBER, &q.offset, "X", "state at weight 0 (default: found)", -1e30, 1e30},
        {"plot", ARG_TEXT, &q.plot, "FILE",
         "write a plot of readings, fit and residuals of the\nfirst device: name.svg or .png", 0,
         0},
        {"json", ARG_FLAG, &q.json, "", "print one JSON object instead of text", 0, 0},
        TABLE_ARGS(q.table),
    };
    const struct arg_spec spec = {
        .usage = "FILE... [options]",
        .summary =
            "Fit a device to readings: a line per pulse, two columns per sweep, the state after\n"
            "that pulse up and after that pulse down; or columns g, direction (1, -1), device,\n"
            "cycle, or time. docs/measuring.md tells more.",
        .example = "  aimc device fit sweeps.csv --out mydevice.json\n"
                   "  aimc train --device mydevice.json\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = q.files,
        .min_positionals = 1,
        .max_positionals = MAX_FILES,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    if (document_check_name(q.out) != EXIT_GO_ON)
        return EXIT_USAGE;
    rc = plot_check_name(q.plot);
    return rc == EXIT_GO_ON ? fit_files(&q) : rc;
}
