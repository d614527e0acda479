/* SPDX-License-Identifier: MIT */
/* aimc device response: what a population of devices does under pulses up, then down. */
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
#include "table.h"

#define MAX_DEVICES 10e6
#define MAX_PULSES  1e6
#define MAX_LINE    1024 /* devices side by side on the tile */

struct options {
    const char *name; /* of the device */
    double devices, pulses, seed, trace, threads;
    const char *at, *table, *plot;
    struct texts set;
    struct table_options table_options;
    bool json;
};

/* The counts at which a direction is recorded, rising. */
struct points {
    int32_t *count;
    size_t n;
};

struct row {
    double mean, std, q05, q50, q95, persist_mean, persist_std;
};

struct population {
    aimc_context *ctx;
    aimc_tile *tile;
    size_t n, n_out, n_in; /* devices asked for; cells of the tile may be a few more */
    const char
        *persistent; /* name of the persistent weights, of the first device of a cell; or NULL */
    float *value, *sorted;
    int32_t *pulses;
};

/* ---- which points --------------------------------------------------------------------------- */

static int compare_counts(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int points_add(struct points *p, double count, double max)
{
    if (!(count >= 0 && count <= max && count == floor(count)))
        return fail_usage("--at: %g is not a count from 0 to --pulses %g", count, max);
    p->count[p->n++] = (int32_t)count;
    return EXIT_GO_ON;
}

/* "0,10,100": one number after another. */
static int points_parse(struct points *p, const char *text, double max)
{
    char *copy = malloc(strlen(text) + 1), *next = copy;
    int rc = copy != NULL ? EXIT_GO_ON : fail("no memory");
    if (copy != NULL)
        strcpy(copy, text);
    while (rc == EXIT_GO_ON && next != NULL) {
        char *word = next;
        double count;
        next = strchr(word, ',');
        if (next != NULL)
            *next++ = '\0';
        rc = number_of_text(word, &count)
                 ? points_add(p, count, max)
                 : fail_usage("--at '%s': give counts like 0,10,100, or all", text);
    }
    free(copy);
    return rc;
}

static int points_default(struct points *p, double max)
{
    int rc = points_add(p, 0, max);
    double decade = 1;
    while (rc == EXIT_GO_ON && decade <= max) {
        for (int k = 0; k < 3 && rc == EXIT_GO_ON; k++)
            if (decade * "\1\2\5"[k] <= max)
                rc = points_add(p, decade * "\1\2\5"[k], max);
        decade *= 10;
    }
    return rc == EXIT_GO_ON ? points_add(p, max, max) : rc;
}

static int points_make(struct points *p, const char *at, double max)
{
    const bool all = at != NULL && strcmp(at, "all") == 0;
    const size_t room = all ? (size_t)max + 1 : 64 + (at != NULL ? strlen(at) : 0);
    p->count = calloc(room, sizeof *p->count);
    if (p->count == NULL)
        return fail("no memory for %zu points", room);
    int rc = EXIT_GO_ON;
    if (at == NULL)
        rc = points_default(p, max);
    else if (!all)
        rc = points_parse(p, at, max);
    for (size_t k = 0; all && k < room; k++)
        p->count[p->n++] = (int32_t)k;
    qsort(p->count, p->n, sizeof *p->count, compare_counts);
    size_t kept = 0;
    for (size_t k = 0; k < p->n; k++)
        if (kept == 0 || p->count[k] != p->count[kept - 1])
            p->count[kept++] = p->count[k];
    p->n = kept;
    return rc;
}

/* ---- devices -------------------------------------------------------------------------------- */

/* The configuration of a device, or that of the device in a layer preset. */
static int find_config(aimc_context *ctx, const char *name, aimc_config **config)
{
    aimc_preset_info info;
    const int rc = model_find_preset(ctx, name, &info);
    if (rc != EXIT_GO_ON)
        return rc;
    if (strcmp(info.category, "device") == 0)
        return aimc_config_create(ctx, name, config) == AIMC_OK ? EXIT_GO_ON : fail_library();
    if (strcmp(info.category, "layer") != 0)
        return fail_usage("%s is of the kind '%s', not a device", name, info.category);
    aimc_config *layer = NULL;
    const bool good = aimc_config_create(ctx, name, &layer) == AIMC_OK &&
                      aimc_config_copy(aimc_config_get_nested(layer, "device"), config) == AIMC_OK;
    aimc_config_destroy(layer);
    return good ? EXIT_GO_ON : fail_library();
}

static int make_tile(struct population *p, const struct options *o)
{
    aimc_config *device_config = NULL, *tile_config = NULL;
    aimc_device *device = NULL;
    int rc = find_config(p->ctx, o->name, &device_config);
    if (rc == EXIT_GO_ON)
        rc = table_into_config(device_config, o->table, &o->table_options);
    if (rc == EXIT_GO_ON)
        rc = model_set_fields(device_config, "set", &o->set);
    if (rc == EXIT_GO_ON && (aimc_device_create(p->ctx, NULL, device_config, &device) != AIMC_OK ||
                             aimc_config_create(p->ctx, "tile", &tile_config) != AIMC_OK ||
                             aimc_config_set(tile_config, "seed", o->seed) != AIMC_OK ||
                             aimc_tile_create(device, p->n_out, p->n_in, tile_config, &p->tile)))
        rc = fail_library();
    aimc_config_destroy(device_config);
    aimc_config_destroy(tile_config);
    aimc_device_unref(device);
    return rc;
}

static int population_open(struct population *p, const struct options *o)
{
    p->n = (size_t)o->devices;
    p->n_in = (p->n + MAX_LINE - 1) / MAX_LINE;
    p->n_out = (p->n + p->n_in - 1) / p->n_in;
    int rc = model_context(o->seed, o->threads, &p->ctx);
    if (rc == EXIT_GO_ON)
        rc = make_tile(p, o);
    if (rc != EXIT_GO_ON)
        return rc;
    p->value = calloc(p->n_out * p->n_in, sizeof *p->value);
    p->sorted = calloc(p->n_out * p->n_in, sizeof *p->sorted);
    p->pulses = calloc(p->n_out * p->n_in, sizeof *p->pulses);
    if (p->value == NULL || p->sorted == NULL || p->pulses == NULL)
        return fail("no memory for %zu devices", p->n);
    for (size_t i = aimc_tile_count_parameters(p->tile); i-- > 0;)
        if (strncmp(aimc_tile_get_parameter_name(p->tile, i), "persistent_weights", 18) == 0)
            p->persistent = aimc_tile_get_parameter_name(p->tile, i);
    return aimc_tile_set_weights(p->tile, p->value, p->n_in) == AIMC_OK ? EXIT_GO_ON
                                                                        : fail_library();
}

static void population_close(struct population *p)
{
    aimc_tile_destroy(p->tile);
    aimc_context_destroy(p->ctx);
    free(p->value);
    free(p->sorted);
    free(p->pulses);
}

/* ---- statistics ----------------------------------------------------------------------------- */

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Between the two nearest in order, linearly. */
static double quantile(const float *sorted, size_t n, double q)
{
    const double at = q * (double)(n - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < n ? below + 1 : below;
    const double low = (double)sorted[below], high = (double)sorted[above];
    return low + (at - (double)below) * (high - low);
}

static void moments(const float *x, size_t n, double *mean, double *std)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += ((double)x[i] - *mean) * ((double)x[i] - *mean);
    *std = n > 1 ? sqrt(squares / (double)n) : NOT_GIVEN;
}

/* traces: [trace] apparent weights of the first devices */
static int population_record(struct population *p, struct row *row, float *traces, size_t n_traces)
{
    *row = (struct row){.persist_mean = (double)NAN, .persist_std = (double)NAN};
    if (p->persistent) {
        if (aimc_tile_get_parameter(p->tile, p->persistent, p->value, p->n_in) != AIMC_OK)
            return fail_library();
        moments(p->value, p->n, &row->persist_mean, &row->persist_std);
    }
    if (aimc_tile_get_weights(p->tile, p->value, p->n_in) != AIMC_OK)
        return fail_library();
    moments(p->value, p->n, &row->mean, &row->std);
    memcpy(p->sorted, p->value, p->n * sizeof *p->sorted);
    qsort(p->sorted, p->n, sizeof *p->sorted, compare_floats);
    row->q05 = quantile(p->sorted, p->n, 0.05);
    row->q50 = quantile(p->sorted, p->n, 0.50);
    row->q95 = quantile(p->sorted, p->n, 0.95);
    if (n_traces > 0)
        memcpy(traces, p->value, n_traces * sizeof *traces);
    return EXIT_GO_ON;
}

/* n pulses, each an update of its own: that matters to unit cells, which choose a device for each
 * and refresh between them. */
static int population_pulse(struct population *p, int32_t n)
{
    for (size_t i = 0; i < p->n_out * p->n_in; i++)
        p->pulses[i] = n > 0 ? 1 : -1;
    for (int32_t k = 0; k < (n > 0 ? n : -n); k++)
        if (aimc_tile_pulse(p->tile, p->pulses, p->n_in) != AIMC_OK)
            return fail_library();
    return EXIT_GO_ON;
}

/* One direction: rows at the points, and all pulses at its end. */
static int sweep(struct population *p, const struct options *o, const struct points *points,
                 bool up, struct row *rows, float *traces)
{
    const int32_t sign = up ? 1 : -1, last = (int32_t)o->pulses;
    int32_t sent = 0;
    int rc = EXIT_GO_ON;
    for (size_t k = 0; k < points->n && rc == EXIT_GO_ON; k++) {
        rc = population_pulse(p, sign * (points->count[k] - sent));
        sent = points->count[k];
        if (rc == EXIT_GO_ON)
            rc = population_record(p, &rows[k], traces + k * (size_t)o->trace, (size_t)o->trace);
    }
    return rc == EXIT_GO_ON ? population_pulse(p, sign * (last - sent)) : rc;
}

/* ---- output --------------------------------------------------------------------------------- */

static void put_row(struct json *json, bool up, int32_t count, const struct row *r)
{
    json_open(json, NULL, '{');
    json_put_text(json, "direction", up ? "up" : "down");
    json_put_integer(json, "n_pulses", (uint64_t)count);
    json_put_number(json, "w_mean", r->mean);
    json_put_number(json, "w_std", r->std);
    json_put_number(json, "w_q05", r->q05);
    json_put_number(json, "w_q50", r->q50);
    json_put_number(json, "w_q95", r->q95);
    json_put_number(json, "persist_mean", r->persist_mean);
    json_put_number(json, "persist_std", r->persist_std);
    json_close(json, '}');
}

static void print_json(const struct options *o, const struct points *points, const struct row *rows,
                       const float *traces)
{
    const size_t n_traces = (size_t)o->trace;
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "device", o->name);
    json_put_integer(&json, "n_devices", (uint64_t)o->devices);
    json_put_integer(&json, "n_pulses", (uint64_t)o->pulses);
    json_put_integer(&json, "seed", (uint64_t)o->seed);
    json_open(&json, "rows", '[');
    for (size_t k = 0; k < 2 * points->n; k++)
        put_row(&json, k < points->n, points->count[k % points->n], &rows[k]);
    json_close(&json, ']');
    if (n_traces > 0) /* each as long as rows, in their order */
        json_open(&json, "traces", '[');
    for (size_t d = 0; d < n_traces; d++) {
        json_open(&json, NULL, '[');
        for (size_t k = 0; k < 2 * points->n; k++)
            json_put_number(&json, NULL, (double)traces[k * n_traces + d]);
        json_close(&json, ']');
    }
    if (n_traces > 0)
        json_close(&json, ']');
    json_end(&json);
}

static void print_text(const struct options *o, const struct points *points, const struct row *rows,
                       const float *traces)
{
    const size_t n_traces = (size_t)o->trace;
    printf("%s: %.0f devices from 0, %.0f pulses up, then %.0f down; weight units\n\n", o->name,
           o->devices, o->pulses, o->pulses);
    printf("%-9s %8s %10s %10s %10s %10s %10s %12s %11s", "direction", "n_pulses", "w_mean",
           "w_std", "w_q05", "w_q50", "w_q95", "persist_mean", "persist_std");
    for (size_t d = 0; d < n_traces; d++)
        printf(" device%-4zu", d);
    printf("\n");
    for (size_t k = 0; k < 2 * points->n; k++) {
        const struct row *r = &rows[k];
        char std[32], persist[32], persist_std[32];
        printf("%-9s %8d %10.6f %10s %10.6f %10.6f %10.6f", k < points->n ? "up" : "down",
               (int)points->count[k % points->n], r->mean, text_of_spread(std, 'f', 6, r->std),
               r->q05, r->q50, r->q95);
        printf(" %12s %11s", text_of_spread(persist, 'f', 6, r->persist_mean),
               text_of_spread(persist_std, 'f', 6, r->persist_std));
        for (size_t d = 0; d < n_traces; d++)
            printf(" %10.6f", (double)traces[k * n_traces + d]);
        printf("\n");
    }
}

/* Mean and quantiles over all pulses sent. */
static int plot_rows(const struct options *o, const struct points *points, const struct row *rows)
{
    const size_t n = 2 * points->n;
    double *at = malloc(4 * n * sizeof *at);
    if (at == NULL)
        return fail("no memory");
    double *mean = at + n, *low = at + 2 * n, *high = at + 3 * n;
    for (size_t k = 0; k < n; k++) {
        const bool up = k < points->n;
        at[k] = up ? (double)points->count[k] : o->pulses + (double)points->count[k - points->n];
        mean[k] = rows[k].mean;
        low[k] = rows[k].q05;
        high[k] = rows[k].q95;
    }
    const struct plot_series series[] = {{"mean", at, mean, n, false},
                                         {"5 % quantile", at, low, n, false},
                                         {"95 % quantile", at, high, n, false}};
    const struct plot plot = {o->name, "pulses, up then down", "weight", series, 3};
    const int rc = plot_write(o->plot, &plot);
    free(at);
    return rc;
}

/* ---- command -------------------------------------------------------------------------------- */

static int respond(const struct options *o)
{
    struct population p = {0};
    struct points points = {0};
    struct row *rows = NULL;
    float *traces = NULL;
    int rc = points_make(&points, o->at, o->pulses);
    if (rc == EXIT_GO_ON)
        rc = population_open(&p, o);
    if (rc == EXIT_GO_ON) {
        rows = calloc(2 * points.n, sizeof *rows);
        traces = calloc(2 * points.n * ((size_t)o->trace + 1), sizeof *traces);
        if (rows == NULL || traces == NULL)
            rc = fail("no memory for %zu rows", 2 * points.n);
    }
    if (rc == EXIT_GO_ON)
        rc = sweep(&p, o, &points, true, rows, traces);
    if (rc == EXIT_GO_ON)
        rc = sweep(&p, o, &points, false, rows + points.n, traces + points.n * (size_t)o->trace);
    if (rc == EXIT_GO_ON && o->plot != NULL)
        rc = plot_rows(o, &points, rows);
    if (rc == EXIT_GO_ON)
        (o->json ? print_json : print_text)(o, &points, rows, traces);
    population_close(&p);
    free(points.count);
    free(rows);
    free(traces);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_response(int argc, char **argv)
{
    struct options o = {.devices = 10000, .pulses = 1000, .seed = 1, .threads = NOT_GIVEN};
    const struct arg args[] = {
        {"devices", ARG_INTEGER, &o.devices, "N", "devices (default: 10000)", 1, MAX_DEVICES},
        {"pulses", ARG_INTEGER, &o.pulses, "N", "pulses up, then as many down (default: 1000)", 1,
         MAX_PULSES},
        {"at", ARG_TEXT, &o.at, "N,N...",
         "counts to record in each direction, or all\n(default: 0,1,2,5,10,20,50,... and the last)",
         0, 0},
        {"set", ARG_TEXTS, &o.set, "FIELD=VALUE",
         "set a field of the device, for example dw_min=0.002;\nmay be repeated", 0, 0},
        {"seed", ARG_INTEGER, &o.seed, "N", "seed of devices and noise (default: 1)", 0,
         MAX_INTEGER},
        {"trace", ARG_INTEGER, &o.trace, "K", "also the weights of the first K devices", 0, 1000},
        {"threads", ARG_INTEGER, &o.threads, "T",
         "threads (default: all cores); results do not depend on it", 1, 1024},
        {"table", ARG_TEXT, &o.table, "FILE",
         "measured steps for table_step or measured_step, see\n"
         "'aimc device show --help'",
         0, 0},
        {"plot", ARG_TEXT, &o.plot, "FILE", "write a plot of mean and quantiles: name.svg or .png",
         0, 0},
        {"json", ARG_FLAG, &o.json, "", "print one JSON object instead of text", 0, 0},
        TABLE_ARGS(o.table_options),
    };
    const struct arg_spec spec = {
        .usage = "NAME [options]",
        .summary = "Statistics of fresh devices under pulses: from weight 0 up, then down again.",
        .example =
            "  aimc device response reram_sb --devices 40000 --at 0,1,10,100,1000\n"
            "  aimc device response soft_bounds --set dw_min=0.01 --at all --trace 3 --json\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &o.name,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON && o.trace > o.devices)
        rc = fail_usage("--trace %.0f is more than --devices %.0f", o.trace, o.devices);
    if (rc == EXIT_GO_ON)
        rc = plot_check_name(o.plot);
    if (rc == EXIT_GO_ON)
        rc = respond(&o);
    free(o.set.items);
    return rc;
}
