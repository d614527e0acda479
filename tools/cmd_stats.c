/* SPDX-License-Identifier: MIT */
/* aimc stats: events and histograms of every analog layer, for other cost tools. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "args.h"
#include "cmd.h"
#include "inputs.h"
#include "layers.h"
#include "model.h"
#include "plot.h"
#include "report.h"
#include "wear.h"

enum { BINS = 20, N_QUANTITIES = 4, DRIVE = N_QUANTITIES, CURRENT, N_HISTOGRAMS };

/* Of the node that a matrix is the first of: the quantities of the library, in its order; of the
 * first array: what drives it, and its currents. */
static const char *const histogram_names[N_HISTOGRAMS] = {"input",          "output", "weight",
                                                          "conductance_us", "drive",  "current"};
struct histogram {
    double low, high; /* what the bins divide */
    uint64_t n[BINS], total;
};

/* Histograms of all nodes: [quantity][layer] */
struct spread {
    size_t n_layers;
    double *low, *high;
    uint64_t *counts;
};

struct layer {
    const struct layer_row *row; /* the node that the matrix belongs to */
    aimc_cost_shape shape;
    aimc_counters counters;
    struct histogram histograms[N_HISTOGRAMS];
    struct wear wear;
};

struct request {
    const char *model;
    struct inputs inputs;
    const char *plot, *of;
    bool json, csv;
};

/* Symmetric, because currents are. */
static void fill(struct histogram *h, const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h->high = fmax(h->high, fabs((double)v[i]));
    h->low = -h->high;
    h->total = n;
    for (size_t i = 0; i < n; i++) {
        const double u = h->high > 0 ? (double)v[i] / h->high : 0;
        const size_t bin = (size_t)((u + 1) / 2 * BINS);
        h->n[bin < BINS ? bin : BINS - 1]++;
    }
}

/* What drives the first array of the layer, and the currents it gives, for rows of inputs. */
static int look(aimc_network *net, size_t k, const struct array *x, struct layer *layer)
{
    aimc_tile *tile = aimc_matrix_get_tile(aimc_network_get_matrix(net, k), 0, NULL, NULL);
    const size_t n_in = aimc_tile_get_n_in(tile), n_out = aimc_tile_get_n_out(tile);
    const size_t rows = x->dims[0], cols = array_size(x, 1);
    float *drive = malloc(rows * (n_in + n_out) * sizeof *drive), *current;
    if (drive == NULL)
        return fail("no memory");
    current = drive + rows * n_in;
    int rc = EXIT_GO_ON;
    for (size_t b = 0; b < rows && rc == EXIT_GO_ON; b++) {
        aimc_stages s = {.struct_size = (uint32_t)sizeof s,
                         .prepared = drive + b * n_in,
                         .current = current + b * n_out};
        if (aimc_tile_inspect(tile, AIMC_FORWARD, x->values + b * cols, &s) != AIMC_OK)
            rc = fail_library();
    }
    if (rc == EXIT_GO_ON) {
        fill(&layer->histograms[DRIVE], drive, rows * n_in);
        fill(&layer->histograms[CURRENT], current, rows * n_out);
    }
    free(drive);
    return rc;
}

/* ---- of all layers -------------------------------------------------------------------------- */

static void spread_free(const struct spread *s)
{
    free(s->low);
    free(s->high);
    free(s->counts);
}

static int spread_make(aimc_network *net, size_t n_layers, const struct ports *ports,
                       const struct array *x, struct spread *s)
{
    const float *values[MAX_PORTS];
    s->n_layers = n_layers;
    s->low = calloc(N_QUANTITIES * n_layers, sizeof *s->low);
    s->high = calloc(N_QUANTITIES * n_layers, sizeof *s->high);
    s->counts = calloc(N_QUANTITIES * n_layers * BINS, sizeof *s->counts);
    if (s->low == NULL || s->high == NULL || s->counts == NULL)
        return fail("no memory");
    for (size_t k = 0; k < ports->n_in; k++)
        values[k] = x[k].values;
    for (int q = x[0].values != NULL ? 0 : AIMC_QUANTITY_WEIGHT; q < N_QUANTITIES; q++) {
        const size_t first = (size_t)q * n_layers;
        if (aimc_network_get_histograms(net, (aimc_quantity)q, x[0].dims[0], values, BINS,
                                        s->low + first, s->high + first,
                                        s->counts + first * BINS) != AIMC_OK)
            return fail_library();
    }
    return EXIT_GO_ON;
}

static void take_spread(const struct spread *s, size_t node, struct layer *layer)
{
    for (size_t q = 0; q < N_QUANTITIES; q++) {
        struct histogram *h = &layer->histograms[q];
        h->low = s->low[q * s->n_layers + node];
        h->high = s->high[q * s->n_layers + node];
        for (size_t b = 0; b < BINS; b++) {
            h->n[b] = s->counts[(q * s->n_layers + node) * BINS + b];
            h->total += h->n[b];
        }
    }
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
        const double width = (g->high - g->low) / BINS;
        for (size_t b = 0; b < BINS && g->total > 0; b++)
            printf("%zu,%s,%.9g,%.9g,%llu\n", k, histogram_names[h], g->low + width * (double)b,
                   g->low + width * (double)(b + 1), (unsigned long long)g->n[b]);
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
        if (g->total == 0)
            continue;
        json_open(json, histogram_names[h], '{');
        json_put_number(json, "low", g->low);
        json_put_number(json, "high", g->high);
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

/* Does the array of matrix k see the inputs themselves? */
static bool sees_inputs(const aimc_network *net, const struct layer_row *row)
{
    aimc_value input;
    return strcmp(row->info.op, "linear") == 0 && row->vectors == 1 &&
           aimc_network_get_input(net, 0, &input) == AIMC_OK && row->info.input == input;
}

/* All of matrix k. first: it is the first array. */
static int make_layer(aimc_network *net, size_t k, const struct layers *layers,
                      const struct spread *spread, const struct array *x, bool *first,
                      struct layer *layer)
{
    size_t node = 0;
    *layer = (struct layer){.wear = {.n = 0}};
    for (size_t i = 0; i < layers->n; i++)
        if (k >= layers->rows[i].first_matrix && layers->rows[i].info.n_matrices > 0)
            node = i;
    layer->row = &layers->rows[node];
    if (k == layer->row->first_matrix)
        take_spread(spread, node, layer);
    if (!account_layer(net, k, &layer->shape, &layer->counters)) {
        layer->shape.n_out = layer->row->n_out;
        layer->shape.n_in = layer->row->n_in;
        return EXIT_GO_ON;
    }
    int rc = wear_gather(net, (long)k, &layer->wear);
    if (rc == EXIT_GO_ON && *first && x->values != NULL && sees_inputs(net, layer->row))
        rc = look(net, k, x, layer);
    *first = false;
    return rc;
}

static int tell(const struct request *r, aimc_network *net, const struct layers *layers,
                const struct spread *spread, const struct array *x)
{
    struct json json;
    bool first = true;
    int rc = EXIT_GO_ON;
    if (r->json) {
        json_begin(&json, stdout);
        json_open(&json, "layers", '[');
    } else {
        printf("layer,quantity,low,high,count\n");
    }
    for (size_t k = 0; k < aimc_network_count_matrices(net) && rc == EXIT_GO_ON; k++) {
        struct layer layer;
        rc = make_layer(net, k, layers, spread, x, &first, &layer);
        if (rc == EXIT_GO_ON && r->json)
            put_layer(&json, k, &layer);
        else if (rc == EXIT_GO_ON)
            print_csv(k, &layer);
        wear_free(&layer.wear);
    }
    if (r->json) {
        json_close(&json, ']');
        json_end(&json);
    }
    return rc;
}

/* ---- plot ----------------------------------------------------------------------------------- */

enum { MOST_LAYERS = 8 }; /* of a plot */

/* Its number, or how many there are. */
static size_t find_quantity(const char *name)
{
    size_t q = 0;
    while (q < N_QUANTITIES && strcmp(name, histogram_names[q]) != 0)
        q++;
    return q;
}

/* Shares of the bins over their middles; one line for each layer that has the quantity. */
static int plot_histograms(const struct request *r, const struct layers *layers,
                           const struct spread *spread)
{
    static double x[MOST_LAYERS][BINS], y[MOST_LAYERS][BINS];
    struct plot_series series[MOST_LAYERS];
    char title[96];
    const size_t quantity = find_quantity(r->of);
    size_t n = 0, left_out = 0;
    for (size_t k = 0; k < layers->n; k++) {
        struct layer layer = {.wear = {.n = 0}};
        const struct histogram *h = &layer.histograms[quantity];
        take_spread(spread, k, &layer);
        if (layers->rows[k].info.n_matrices == 0 || h->total == 0)
            continue;
        left_out += n == MOST_LAYERS ? 1 : 0;
        if (n == MOST_LAYERS)
            continue;
        for (size_t b = 0; b < BINS; b++) {
            x[n][b] = h->low + (h->high - h->low) * ((double)b + 0.5) / BINS;
            y[n][b] = (double)h->n[b] / (double)h->total;
        }
        series[n] = (struct plot_series){layers->rows[k].info.name, x[n], y[n], BINS, false};
        n++;
    }
    if (n == 0)
        return fail_usage("--plot: no layer has a histogram of %s; inputs and outputs need "
                          "--inputs, conductances a programmed network",
                          r->of);
    if (left_out > 0)
        snprintf(title, sizeof title, "%s, the first %zu of %zu layers", r->of, n, n + left_out);
    else
        snprintf(title, sizeof title, "%s", r->of);
    const struct plot plot = {title, r->of, "share in each of 20 bins", series, n};
    return plot_write(r->plot, &plot);
}

static int tell_all(const struct request *r, aimc_network *net, struct array *x)
{
    static struct ports ports; /* large */
    struct layers layers = {0};
    struct spread spread = {0};
    int rc = inputs_find_ports(net, &ports);
    if (rc == EXIT_GO_ON && r->inputs.data.n > 0)
        rc = inputs_load(&r->inputs, "inputs", r->model, &ports, x);
    if (rc == EXIT_GO_ON)
        rc = layers_make(net, &layers);
    if (rc == EXIT_GO_ON)
        rc = spread_make(net, layers.n, &ports, x, &spread);
    if (rc == EXIT_GO_ON && r->plot != NULL)
        rc = plot_histograms(r, &layers, &spread);
    if (rc == EXIT_GO_ON)
        rc = tell(r, net, &layers, &spread, &x[0]);
    spread_free(&spread);
    layers_free(&layers);
    return rc;
}

static int run(const struct request *r)
{
    static struct array x[MAX_PORTS];
    aimc_context *ctx = NULL;
    aimc_network *net = NULL;
    int rc = model_context(0, 1, &ctx);
    if (rc == EXIT_GO_ON)
        rc = model_open(ctx, r->model, &net);
    if (rc == EXIT_GO_ON)
        rc = tell_all(r, net, x);
    for (size_t k = 0; k < MAX_PORTS; k++)
        array_free(&x[k]);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_stats(int argc, char **argv)
{
    struct request r = {.inputs = {.input_max = NOT_GIVEN}, .of = "weight"};
    const struct arg args[] = {
        {"inputs", ARG_TEXTS, &r.inputs.data, "FILE",
         "inputs, as 'aimc run --data' takes them; once for each input of\n"
         "the network: also histograms of what each layer reads and makes,\n"
         "and of what drives the first array and of its currents, where\n"
         "it sees the inputs themselves",
         0, 0},
        INPUT_ARGS(r.inputs),
        {"plot", ARG_TEXT, &r.plot, "FILE",
         "write a plot of one quantity's histograms: name.svg or .png", 0, 0},
        {"of", ARG_TEXT, &r.of, "QUANTITY",
         "of the plot: weight (default), input, output or\n"
         "conductance_us",
         0, 0},
        {"csv", ARG_FLAG, &r.csv, "", "layer,quantity,low,high,count (this is the default)", 0, 0},
        {"json", ARG_FLAG, &r.json, "", "print one JSON object instead", 0, 0},
        TABLE_ARGS(r.inputs.table),
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary =
            "Events that each layer of a network counted on tiles, and histograms: of weights, of\n"
            "conductances (uS) where it is programmed, of inputs and outputs, and of the pulses\n"
            "of each device where these were counted (training with --set\n"
            "device.count_pulses=true).",
        .example = "  aimc stats digits.safetensors --csv\n"
                   "  aimc stats resnet8.safetensors --inputs test_batch.bin.gz --json\n",
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
        rc = plot_check_name(r.plot);
    if (rc == EXIT_GO_ON && find_quantity(r.of) == N_QUANTITIES)
        rc = fail_usage("--of %s: give input, output, weight or conductance_us", r.of);
    if (rc == EXIT_GO_ON)
        rc = table_check_options(&r.inputs.table,
                                 r.inputs.data.n > 0 ? r.inputs.data.items[0] : NULL, "inputs");
    if (rc == EXIT_GO_ON)
        rc = run(&r);
    free(r.inputs.data.items);
    return rc;
}
