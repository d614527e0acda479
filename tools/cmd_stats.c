/* SPDX-License-Identifier: MIT */
/* aimc stats: events and histograms of every analog layer, for other cost tools. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "args.h"
#include "cmd.h"
#include "layers.h"
#include "matrix.h"
#include "model.h"
#include "report.h"
#include "wear.h"

enum { BINS = 20, N_HISTOGRAMS = 3 };

static const char *const histogram_names[N_HISTOGRAMS] = {"weight", "input", "current"};
struct histogram {
    double limit; /* bins divide -limit ... limit */
    uint64_t n[BINS];
};

struct layer {
    const struct layer_row *row; /* the node that the matrix belongs to */
    aimc_cost_shape shape;
    aimc_counters counters;
    struct histogram histograms[N_HISTOGRAMS];
    struct wear wear;
};

struct request {
    const char *model, *inputs;
    struct table_options table;
    bool json, csv;
};

static void fill(struct histogram *h, const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h->limit = fmax(h->limit, fabs((double)v[i]));
    for (size_t i = 0; i < n; i++) {
        const double u = h->limit > 0 ? (double)v[i] / h->limit : 0;
        const size_t bin = (size_t)((u + 1) / 2 * BINS);
        h->n[bin < BINS ? bin : BINS - 1]++;
    }
}

/* What drives the first array of the layer, and the currents it gives, for rows of inputs. */
static int look(aimc_network *net, size_t k, const struct matrix *x, struct layer *layer)
{
    aimc_tile *tile = aimc_matrix_get_tile(aimc_network_get_matrix(net, k), 0, NULL, NULL);
    const size_t n_in = aimc_tile_get_n_in(tile), n_out = aimc_tile_get_n_out(tile);
    if (x->cols < n_in)
        return fail("an input has %zu numbers; the array takes %zu", x->cols, n_in);
    float *drive = malloc(x->rows * (n_in + n_out) * sizeof *drive), *current;
    if (drive == NULL)
        return fail("no memory");
    current = drive + x->rows * n_in;
    int rc = EXIT_GO_ON;
    for (size_t b = 0; b < x->rows && rc == EXIT_GO_ON; b++) {
        aimc_stages s = {.struct_size = (uint32_t)sizeof s,
                         .prepared = drive + b * n_in,
                         .current = current + b * n_out};
        if (aimc_tile_inspect(tile, AIMC_FORWARD, x->values + b * x->cols, &s) != AIMC_OK)
            rc = fail_library();
    }
    if (rc == EXIT_GO_ON) {
        fill(&layer->histograms[1], drive, x->rows * n_in);
        fill(&layer->histograms[2], current, x->rows * n_out);
    }
    free(drive);
    return rc;
}

static int weights_of(aimc_network *net, size_t k, struct layer *layer)
{
    const size_t n = (size_t)(layer->shape.n_out * layer->shape.n_in);
    float *w = malloc(n * sizeof *w);
    if (w == NULL)
        return fail("no memory");
    int rc = EXIT_GO_ON;
    if (aimc_matrix_get_weights(aimc_network_get_matrix(net, k), w, (size_t)layer->shape.n_in) !=
        AIMC_OK)
        rc = fail_library();
    else
        fill(&layer->histograms[0], w, n);
    free(w);
    return rc;
}

/* ---- telling -------------------------------------------------------------------------------- */

/* layer,quantity,low,high,count */
static void print_csv(size_t k, const struct layer *layer)
{
    const char *name;
    double value;
    for (size_t i = 0; account_counter(&layer->counters, i, &name, &value); i++)
        printf("%zu,%s,,,%.15g\n", k, name, value);
    for (size_t h = 0; h < N_HISTOGRAMS; h++) {
        const struct histogram *g = &layer->histograms[h];
        for (size_t b = 0; b < BINS && g->limit > 0; b++)
            printf("%zu,%s,%.9g,%.9g,%llu\n", k, histogram_names[h],
                   g->limit * (2.0 * (double)b / BINS - 1),
                   g->limit * (2.0 * (double)(b + 1) / BINS - 1), (unsigned long long)g->n[b]);
    }
    const struct wear *w = &layer->wear;
    const double width = w->n > 0 ? fmax(wear_quantile(w, 1), 1) / WEAR_BINS : 0;
    for (size_t b = 0; b < WEAR_BINS && w->n > 0; b++)
        printf("%zu,pulses,%.9g,%.9g,%llu\n", k, width * (double)b, width * (double)(b + 1),
               (unsigned long long)w->bins[b]);
}

static void put_layer(struct json *json, size_t k, const struct layer *layer)
{
    const char *name;
    double value;
    json_open(json, NULL, '{');
    json_put_integer(json, "layer", k);
    json_put_text(json, "name", layer->row->info.name);
    json_put_text(json, "op", layer->row->info.op);
    json_put_integer(json, "vectors_per_sample", layer->row->vectors);
    json_put_number(json, "utilisation", layer->row->utilisation);
    json_put_integer(json, "outputs", layer->shape.n_out);
    json_put_integer(json, "inputs", layer->shape.n_in);
    json_put_integer(json, "tiles_out", layer->shape.tiles_out);
    json_put_integer(json, "tiles_in", layer->shape.tiles_in);
    for (size_t i = 0; account_counter(&layer->counters, i, &name, &value); i++)
        json_put_number(json, name, value);
    for (size_t h = 0; h < N_HISTOGRAMS; h++) {
        const struct histogram *g = &layer->histograms[h];
        if (g->limit <= 0)
            continue;
        json_open(json, histogram_names[h], '{');
        json_put_number(json, "low", -g->limit);
        json_put_number(json, "high", g->limit);
        json_put_counts(json, "counts", g->n, BINS);
        json_close(json, '}');
    }
    if (layer->wear.n > 0) {
        json_open(json, "pulses", '{');
        json_put_number(json, "low", 0);
        json_put_number(json, "high", fmax(wear_quantile(&layer->wear, 1), 1));
        json_put_counts(json, "counts", layer->wear.bins, WEAR_BINS);
        json_close(json, '}');
    }
    json_close(json, '}');
}

/* All of matrix k; found: it is analog. */
static int make_layer(aimc_network *net, size_t k, const struct layers *layers,
                      const struct matrix *x, struct layer *layer, bool *found)
{
    *layer = (struct layer){.histograms = {{.limit = 0}}};
    *found = account_layer(net, k, &layer->shape, &layer->counters);
    if (!*found)
        return EXIT_GO_ON;
    for (size_t i = 0; i < layers->n; i++)
        if (k >= layers->rows[i].first_matrix && layers->rows[i].info.n_matrices > 0)
            layer->row = &layers->rows[i];
    int rc = weights_of(net, k, layer);
    if (rc == EXIT_GO_ON)
        rc = wear_gather(net, (long)k, &layer->wear);
    return rc == EXIT_GO_ON && x->rows > 0 ? look(net, k, x, layer) : rc;
}

static int tell(const struct request *r, aimc_network *net, const struct layers *layers,
                const struct matrix *x)
{
    struct json json;
    const struct matrix none = {0};
    bool found, any = false;
    int rc = EXIT_GO_ON;
    if (r->json) {
        json_begin(&json, stdout);
        json_open(&json, "layers", '[');
    } else {
        printf("layer,quantity,low,high,count\n");
    }
    for (size_t k = 0; k < aimc_network_count_matrices(net) && rc == EXIT_GO_ON; k++) {
        struct layer layer;
        rc = make_layer(net, k, layers, any ? &none : x, &layer, &found);
        any = any || found;
        if (rc == EXIT_GO_ON && found && r->json)
            put_layer(&json, k, &layer);
        else if (rc == EXIT_GO_ON && found)
            print_csv(k, &layer);
        wear_free(&layer.wear);
    }
    if (r->json) {
        json_close(&json, ']');
        json_end(&json);
    }
    return rc;
}

/* What drives the first array must be the inputs themselves. */
static int check_first(const struct request *r, const aimc_network *net,
                       const struct layers *layers)
{
    aimc_value input;
    size_t k = 0;
    while (k < layers->n && !layers->rows[k].info.is_analog)
        k++;
    if (k == layers->n || aimc_network_get_input(net, 0, &input) != AIMC_OK)
        return EXIT_GO_ON;
    const struct layer_row *row = &layers->rows[k];
    return strcmp(row->info.op, "linear") == 0 && row->vectors == 1 && row->info.input == input
               ? EXIT_GO_ON
               : fail(
                     "--inputs: the first array of %s is that of '%s' (%s), which does not see the "
                     "inputs as they are; histograms are known of a linear layer that does",
                     r->model, row->info.name, row->info.op);
}

static int load_inputs(const struct request *r, const aimc_network *net, struct matrix *x)
{
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    if (aimc_network_get_info(net, &info) != AIMC_OK)
        return fail_library();
    const int rc = matrix_load(x, r->inputs, &r->table);
    if (rc != EXIT_GO_ON || x->cols == info.n_in)
        return rc;
    return fail("%s: %zu numbers in a row; %s takes %zu inputs", r->inputs, x->cols, r->model,
                (size_t)info.n_in);
}

static int run(const struct request *r)
{
    aimc_context *ctx = NULL;
    aimc_network *net = NULL;
    struct matrix x = {0};
    struct layers layers = {0};
    int rc = model_context(0, 1, &ctx);
    if (rc == EXIT_GO_ON)
        rc = model_load(ctx, r->model, &net);
    if (rc == EXIT_GO_ON)
        rc = layers_make(net, &layers);
    if (rc == EXIT_GO_ON && r->inputs != NULL)
        rc = check_first(r, net, &layers);
    if (rc == EXIT_GO_ON && r->inputs != NULL)
        rc = load_inputs(r, net, &x);
    if (rc == EXIT_GO_ON)
        rc = tell(r, net, &layers, &x);
    matrix_free(&x);
    layers_free(&layers);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_stats(int argc, char **argv)
{
    struct request r = {0};
    const struct arg args[] = {
        {"inputs", ARG_TEXT, &r.inputs, "FILE",
         "inputs of the network, one in each row: also histograms of what\n"
         "drives the first array and of its currents",
         0, 0},
        {"csv", ARG_FLAG, &r.csv, "", "layer,quantity,low,high,count (this is the default)", 0, 0},
        {"json", ARG_FLAG, &r.json, "", "print one JSON object instead", 0, 0},
        TABLE_ARGS(r.table),
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary =
            "Events that each analog layer of a saved network counted, and histograms: of\n"
            "weights, and of the pulses of each device where these were counted (training with\n"
            "--set device.count_pulses=true).",
        .example = "  aimc stats digits.safetensors --csv\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &r.model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON && r.json && r.csv)
        rc = fail_usage("give --csv or --json, not both");
    if (rc == EXIT_GO_ON)
        rc = table_check_options(&r.table, r.inputs, "inputs");
    return rc == EXIT_GO_ON ? run(&r) : rc;
}
