/* SPDX-License-Identifier: MIT */
/* aimc spice: the crossbar that a read sees, as a netlist. */
#include <stdio.h>
#include <stdlib.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "json.h"
#include "matrix.h"
#include "readout.h"
#include "report.h"

struct request {
    const char *weights, *inputs, *readout, *out;
    struct texts settings, deck;
    struct table_options table;
    double row, seed;
    bool backward, json;
};

static int deck_config(const struct request *r, aimc_context *ctx, aimc_config **deck)
{
    if (aimc_config_create(ctx, "netlist", deck) != AIMC_OK)
        return fail_library();
    for (size_t i = 0; i < r->deck.n; i++) {
        const int rc = setting_apply(*deck, "deck", NULL, r->deck.items[i]);
        if (rc != EXIT_GO_ON)
            return rc;
    }
    return EXIT_GO_ON;
}

/* What the converters make of the input vector, then the netlist it drives. */
static int write_netlist(const struct request *r, const aimc_config *deck, aimc_tile *tile,
                         const float *x, size_t n_in)
{
    const aimc_direction direction = r->backward ? AIMC_BACKWARD : AIMC_FORWARD;
    aimc_stages stages = {.struct_size = (uint32_t)sizeof stages};
    stages.prepared = malloc(n_in * sizeof *stages.prepared);
    if (stages.prepared == NULL)
        return fail("no memory");
    int rc = EXIT_GO_ON;
    if (aimc_tile_inspect(tile, direction, x, &stages) != AIMC_OK ||
        aimc_tile_write_netlist(tile, direction, stages.prepared, deck, r->out) != AIMC_OK)
        rc = fail_library();
    free(stages.prepared);
    return rc;
}

static int make_tile(const struct request *r, aimc_context *ctx, const struct matrix *w,
                     aimc_tile **tile)
{
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    int rc = readout_config(ctx, r->backward, r->readout, &r->settings, &config);
    if (rc == EXIT_GO_ON && (aimc_device_create(ctx, "ideal", NULL, &device) != AIMC_OK ||
                             aimc_tile_create(device, w->rows, w->cols, config, tile) != AIMC_OK ||
                             aimc_tile_set_weights(*tile, w->values, w->cols) != AIMC_OK))
        rc = fail_library();
    aimc_device_unref(device);
    aimc_config_destroy(config);
    return rc;
}

static int run_on(const struct request *r, const struct matrix *w, const struct matrix *x)
{
    const size_t n_in = r->backward ? w->rows : w->cols;
    if (x->cols != n_in)
        return fail("%s: %zu numbers in a row; %s has %zu %s", r->inputs, x->cols, r->weights, n_in,
                    r->backward ? "rows" : "columns");
    if (r->row >= (double)x->rows)
        return fail_usage("--row %.0f: %s has %zu rows", r->row, r->inputs, x->rows);
    aimc_context *ctx = NULL;
    aimc_tile *tile = NULL;
    aimc_config *deck = NULL;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.seed = (uint64_t)r->seed;
    if (aimc_context_create(&params, &ctx) != AIMC_OK)
        return fail_library();
    int rc = deck_config(r, ctx, &deck);
    if (rc == EXIT_GO_ON)
        rc = make_tile(r, ctx, w, &tile);
    if (rc == EXIT_GO_ON)
        rc = write_netlist(r, deck, tile, x->values + (size_t)r->row * n_in, n_in);
    aimc_config_destroy(deck);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
    return rc;
}

static void print_json(const struct request *r, const struct matrix *w)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "netlist", r->out);
    json_put_text(&json, "direction", r->backward ? "backward" : "forward");
    json_put_integer(&json, "n_out", w->rows);
    json_put_integer(&json, "n_in", w->cols);
    json_put_integer(&json, "row", (uint64_t)r->row);
    json_put_integer(&json, "seed", (uint64_t)r->seed);
    json_end(&json);
}

static int run(const struct request *r)
{
    struct matrix w = {0}, x = {0};
    int rc = matrix_load(&w, r->weights, &r->table);
    if (rc == EXIT_GO_ON)
        rc = matrix_load(&x, r->inputs, &r->table);
    if (rc == EXIT_GO_ON)
        rc = run_on(r, &w, &x);
    if (rc == EXIT_GO_ON && r->json)
        print_json(r, &w);
    matrix_free(&w);
    matrix_free(&x);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_spice(int argc, char **argv)
{
    struct request r = {.row = 0};
    const struct arg args[] = {
        {"weights", ARG_TEXT, &r.weights, "FILE",
         "the matrix: .npy, or text with a line per output", 0, 0},
        {"inputs", ARG_TEXT, &r.inputs, "FILE", "input vectors, one in each row", 0, 0},
        {"row", ARG_INTEGER, &r.row, "K", "the vector that drives the array (default: 0)", 0,
         MAX_INTEGER},
        {"out", ARG_TEXT, &r.out, "FILE", "the netlist", 0, 0},
        {"backward", ARG_FLAG, &r.backward, "", "drive the outputs, read at the inputs", 0, 0},
        {"readout", ARG_TEXT, &r.readout, "NAME", "read-out to start from (default: periphery)", 0,
         0},
        {"set", ARG_TEXTS, &r.settings, "FIELD=VALUE",
         "field of the read-out; may be repeated: --set wires.model=NODAL\n--set wires.r_out=2", 0,
         0},
        {"deck", ARG_TEXTS, &r.deck, "FIELD=VALUE",
         "field of the netlist; may be repeated: --deck analysis=TRANSIENT\n"
         "--deck c_in=1e-16 --deck dialect=SPECTRE (docs/models/cell-mapping.md)",
         0, 0},
        {"seed", ARG_INTEGER, &r.seed, "S", "seed of all random numbers (default: 0)", 0,
         MAX_INTEGER},
        {"json", ARG_FLAG, &r.json, "", "print what was written as one JSON object", 0, 0},
        TABLE_ARGS(r.table),
    };
    const struct arg_spec spec = {
        .usage = "--weights FILE --inputs FILE --out FILE [options]",
        .summary =
            "Write the crossbar that holds a matrix, wires and all, as a netlist for ngspice,\n"
            "LTspice or Spectre, driven by one input vector as the DACs prepare it.",
        .example =
            "  aimc spice --weights W.csv --inputs X.csv --set wires.model=NODAL --out a.cir\n"
            "  ngspice -b a.cir\n"
            "  aimc spice --weights W.csv --inputs X.csv --set wires.model=NODAL --out t.cir \\\n"
            "      --deck analysis=TRANSIENT --deck c_in=5e-17 --deck c_out=5e-17\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
    };
    int rc = args_parse(&spec, argc, argv);
    const char *missing = r.weights == NULL ? "weights" : r.inputs == NULL ? "inputs" : "out";
    if (rc == EXIT_GO_ON && (r.weights == NULL || r.inputs == NULL || r.out == NULL))
        rc = fail_usage("--%s is needed", missing);
    if (rc == EXIT_GO_ON)
        rc = run(&r);
    free(r.settings.items);
    free(r.deck.items);
    return rc;
}
