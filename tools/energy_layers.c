/* SPDX-License-Identifier: MIT */
#include "energy_layers.h"

#include <stdio.h>
#include <stdlib.h>

#include "bill.h"
#include "cmd.h"
#include "layer_table.h"
#include "pipeline.h"
#include "report.h"

static void print_text(const aimc_cost_model *cost, const struct layer_table *t,
                       const struct pipeline *pipeline)
{
    const aimc_cost_report *r = &t->total.report;
    printf(
        "layer     n_out      n_in      vectors  arrays         MACs           pJ            s\n");
    for (size_t k = 0; k < t->n; k++)
        printf("%5zu %9llu %9llu %12.6g %7.0f %12.6g %12.6g %12.6g\n", k + 1,
               (unsigned long long)t->layers[k].n_out, (unsigned long long)t->layers[k].n_in,
               t->layers[k].vectors, t->each[k].events.tiles, t->each[k].events.macs,
               1e12 * t->each[k].report.energy_j, t->each[k].report.time_s);
    putchar('\n');
    bill_print(cost, &t->total);
    printf("\n%.5g J and %.5g s for an inference; %.5g fJ/MAC, %.4g TOPS/W, %.4g TOPS/mm2 (an "
           "operation is half a MAC)\n",
           r->energy_j, r->time_s, 1e15 * r->j_per_mac, 1e-12 * r->ops_per_j,
           1e-18 * r->ops_per_s_m2);
    pipeline_print(pipeline, 1);
    bill_print_range(cost, &t->total);
    putchar('\n');
    bill_print_assumptions(cost, &t->total);
}

static void print_json(const aimc_cost_model *cost, const char *chip, const struct layer_table *t,
                       const struct pipeline *pipeline)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "chip", chip);
    bill_put_json(&json, cost, &t->total);
    json_open(&json, "layers", '[');
    for (size_t k = 0; k < t->n; k++) {
        json_open(&json, NULL, '{');
        json_put_integer(&json, "n_out", t->layers[k].n_out);
        json_put_integer(&json, "n_in", t->layers[k].n_in);
        json_put_number(&json, "vectors", t->layers[k].vectors);
        json_put_number(&json, "arrays", t->each[k].events.tiles);
        bill_put_json(&json, cost, &t->each[k]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    pipeline_put_json(&json, pipeline, 1);
    bill_put_assumptions(&json, cost, &t->total);
    json_end(&json);
}

enum { LABEL = 32 };

/* The names of layers, and what they are drawn and handed on by. */
static int name_layers(const aimc_cost_model *cost, const struct layer_table *t,
                       char (*labels)[LABEL], struct bar *bars, struct pipeline *pipeline)
{
    for (size_t k = 0; k < t->n; k++) {
        snprintf(labels[k], LABEL, "layer %zu", k + 1);
        bars[k] = (struct bar){labels[k], cost, &t->each[k], 1};
        pipeline_add(pipeline, labels[k], &t->each[k].events);
    }
    return pipeline_run(cost, t->copies, pipeline);
}

static int tell(const aimc_cost_model *cost, const char *chip, const struct layer_table *t,
                bool json, const char *picture, const char *csv)
{
    struct pipeline pipeline;
    struct bar *bars = calloc(t->n, sizeof *bars);
    char(*labels)[LABEL] = calloc(t->n, sizeof *labels);
    int rc = pipeline_make(&pipeline, t->n);
    if (rc == EXIT_GO_ON)
        rc = bars != NULL && labels != NULL ? name_layers(cost, t, labels, bars, &pipeline)
                                            : fail("no memory");
    if (rc == EXIT_GO_ON && json)
        print_json(cost, chip, t, &pipeline);
    else if (rc == EXIT_GO_ON)
        print_text(cost, t, &pipeline);
    if (rc == EXIT_GO_ON && picture != NULL)
        rc = bill_write_picture(picture, "Energy of an inference", bars, t->n);
    if (rc == EXIT_GO_ON && csv != NULL)
        rc = bill_write_table(csv, bars, t->n);
    pipeline_free(&pipeline);
    free(bars);
    free(labels);
    return rc;
}

int energy_layers(const char *chip, const struct texts *settings, const char *path,
                  const struct table_options *options, bool json, const char *picture,
                  const char *csv)
{
    aimc_context *ctx = NULL;
    aimc_cost_model *cost = NULL;
    struct layer_table table = {0};
    int rc = table_context(&ctx);
    if (rc == EXIT_GO_ON)
        rc = account_open(ctx, chip, "set", settings, &cost);
    if (rc == EXIT_GO_ON)
        rc = layer_table_read(ctx, path, options, &table);
    if (rc == EXIT_GO_ON)
        rc = layer_table_price(cost, &table);
    if (rc == EXIT_GO_ON)
        rc = tell(cost, chip, &table, json, picture, csv);
    layer_table_free(&table);
    aimc_cost_model_destroy(cost);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}
