/* SPDX-License-Identifier: MIT */
/* aimc mvm: products of a given matrix through the read-out, and their statistics. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "json.h"
#include "matrix.h"
#include "readout.h"
#include "report.h"

enum { MAX_REPEATS = 10000000, CHUNK = 256 };

struct request {
    const char *weights, *inputs, *readout;
    struct texts settings;
    struct table_options table;
    double repeats, tiles, seed;
    bool backward, json;
};

/* What is known about every output of every input. */
struct moments {
    double n, mean, m2;
};

struct problem {
    struct matrix w, x;
    size_t n_in, n_out; /* of the product */
    bool backward;
    struct moments *outputs; /* [x.rows][n_out] */
};

static void problem_free(struct problem *p)
{
    matrix_free(&p->w);
    matrix_free(&p->x);
    free(p->outputs);
}

static int problem_open(struct problem *p, const struct request *r)
{
    int rc = matrix_load(&p->w, r->weights, &r->table);
    if (rc == EXIT_GO_ON)
        rc = matrix_load(&p->x, r->inputs, &r->table);
    if (rc != EXIT_GO_ON)
        return rc;
    p->backward = r->backward;
    p->n_in = r->backward ? p->w.rows : p->w.cols;
    p->n_out = r->backward ? p->w.cols : p->w.rows;
    if (p->x.cols != p->n_in)
        return fail("%s: %zu numbers in a row; %s has %zu %s", r->inputs, p->x.cols, r->weights,
                    p->n_in, r->backward ? "rows" : "columns");
    p->outputs = calloc(p->x.rows * p->n_out, sizeof *p->outputs);
    return p->outputs != NULL ? EXIT_GO_ON : fail("no memory");
}

/* Output of exact arithmetic. */
static double ideal(const struct problem *p, size_t input, size_t output)
{
    const float *x = p->x.values + input * p->n_in;
    const float *w = p->w.values + (p->backward ? output : output * p->w.cols);
    const size_t stride = p->backward ? p->w.cols : 1;
    double sum = 0;
    for (size_t j = 0; j < p->n_in; j++)
        sum += (double)w[j * stride] * (double)x[j];
    return sum;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void add(struct moments *m, double value)
{
    m->n += 1;
    const double d = value - m->mean;
    m->mean += d / m->n;
    m->m2 += d * (value - m->mean);
}

/* repeats reads of one input, n at a time */
static int read_input(const struct problem *p, aimc_tile *tile, size_t input, size_t repeats,
                      float *x, float *y)
{
    for (size_t b = 0; b < CHUNK; b++)
        memcpy(x + b * p->n_in, p->x.values + input * p->n_in, p->n_in * sizeof *x);
    for (size_t done = 0; done < repeats; done += CHUNK) {
        const size_t n = repeats - done < CHUNK ? repeats - done : CHUNK;
        const aimc_status st = p->backward ? aimc_tile_backward(tile, n, x, p->n_in, y, p->n_out)
                                           : aimc_tile_forward(tile, n, x, p->n_in, y, p->n_out);
        if (st != AIMC_OK)
            return fail_library();
        for (size_t b = 0; b < n; b++)
            for (size_t i = 0; i < p->n_out; i++)
                add(&p->outputs[input * p->n_out + i], (double)y[b * p->n_out + i]);
    }
    return EXIT_GO_ON;
}

/* One tile that holds the weights exactly, read with every input. */
static int read_tile(const struct problem *p, const aimc_device *device, const aimc_config *config,
                     size_t repeats)
{
    aimc_tile *tile = NULL;
    if (aimc_tile_create(device, p->w.rows, p->w.cols, config, &tile) != AIMC_OK)
        return fail_library();
    int rc = EXIT_GO_ON;
    float *x = malloc(CHUNK * (p->n_in + p->n_out) * sizeof *x);
    if (x == NULL)
        rc = fail("no memory");
    else if (aimc_tile_set_weights(tile, p->w.values, p->w.cols) != AIMC_OK)
        rc = fail_library();
    for (size_t input = 0; input < p->x.rows && rc == EXIT_GO_ON; input++)
        rc = read_input(p, tile, input, repeats, x, x + CHUNK * p->n_in);
    free(x);
    aimc_tile_destroy(tile);
    return rc;
}

static int read_all(const struct problem *p, const struct request *r)
{
    aimc_context *ctx = NULL;
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.seed = (uint64_t)r->seed;
    if (aimc_context_create(&params, &ctx) != AIMC_OK)
        return fail_library();
    int rc = readout_config(ctx, r->backward, r->readout, &r->settings, &config);
    if (rc == EXIT_GO_ON && aimc_device_create(ctx, "ideal", NULL, &device) != AIMC_OK)
        rc = fail_library();
    for (size_t k = 0; k < (size_t)r->tiles && rc == EXIT_GO_ON; k++)
        rc = read_tile(p, device, config, (size_t)r->repeats);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_context_destroy(ctx);
    return rc;
}

/* ---- telling -------------------------------------------------------------------------------- */

static double deviation(const struct moments *m)
{
    return m->n > 1 ? sqrt(m->m2 / (m->n - 1)) : NOT_GIVEN;
}

static void print_json(const struct problem *p)
{
    struct json json;
    json_begin(&json, stdout);
    json_open(&json, "rows", '[');
    for (size_t i = 0; i < p->x.rows; i++) {
        for (size_t o = 0; o < p->n_out; o++) {
            const struct moments *m = &p->outputs[i * p->n_out + o];
            json_open(&json, NULL, '{');
            json_put_integer(&json, "input", i);
            json_put_integer(&json, "output", o);
            json_put_integer(&json, "n", (uint64_t)m->n);
            json_put_number(&json, "mean", m->mean);
            json_put_number(&json, "std", deviation(m));
            json_put_number(&json, "ideal", ideal(p, i, o));
            json_close(&json, '}');
        }
    }
    json_close(&json, ']');
    json_end(&json);
}

static void print_text(const struct problem *p)
{
    printf(" input output          mean           std         ideal\n");
    for (size_t i = 0; i < p->x.rows; i++) {
        for (size_t o = 0; o < p->n_out; o++) {
            const struct moments *m = &p->outputs[i * p->n_out + o];
            char std[32];
            printf("%6zu %6zu %13.6g %13s %13.6g\n", i, o, m->mean,
                   text_of_spread(std, 'g', 6, deviation(m)), ideal(p, i, o));
        }
    }
}

static int run(const struct request *r)
{
    struct problem p = {0};
    int rc = problem_open(&p, r);
    if (rc == EXIT_GO_ON)
        rc = read_all(&p, r);
    if (rc == EXIT_GO_ON && r->json)
        print_json(&p);
    else if (rc == EXIT_GO_ON)
        print_text(&p);
    problem_free(&p);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_mvm(int argc, char **argv)
{
    struct request r = {.repeats = 1000, .tiles = 1};
    const struct arg args[] = {
        {"weights", ARG_TEXT, &r.weights, "FILE",
         "the matrix: .npy, or text with a line per output", 0, 0},
        {"inputs", ARG_TEXT, &r.inputs, "FILE", "input vectors, one in each row", 0, 0},
        {"backward", ARG_FLAG, &r.backward, "", "multiply by the transposed matrix", 0, 0},
        {"readout", ARG_TEXT, &r.readout, "NAME",
         "read-out to start from: perfect_io, preset_io, standard_io,\nhwa_io, analognas_io "
         "(default: periphery)",
         0, 0},
        {"set", ARG_TEXTS, &r.settings, "FIELD=VALUE",
         "field of the read-out; may be repeated: --set out_noise=0", 0, 0},
        {"repeats", ARG_INTEGER, &r.repeats, "N", "reads of each input (default: 1000)", 1,
         MAX_REPEATS},
        {"fresh-tiles", ARG_INTEGER, &r.tiles, "K",
         "do it on K tiles, each with fixed errors of its own (default: 1)", 1, MAX_REPEATS},
        {"seed", ARG_INTEGER, &r.seed, "S", "seed of all random numbers (default: 0)", 0,
         MAX_INTEGER},
        {"json", ARG_FLAG, &r.json, "", "print one JSON object instead of text", 0, 0},
        TABLE_ARGS(r.table),
    };
    const struct arg_spec spec = {
        .usage = "--weights FILE --inputs FILE [options]",
        .summary = "Multiply vectors by a matrix that an analog tile holds exactly: mean and\n"
                   "standard deviation of every output, and what exact arithmetic gives.",
        .example = "  aimc mvm --weights W.csv --inputs X.csv --set out_noise=0.1 --repeats 500\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON && (r.weights == NULL || r.inputs == NULL))
        rc = fail_usage("--%s is needed", r.weights == NULL ? "weights" : "inputs");
    if (rc == EXIT_GO_ON)
        rc = run(&r);
    free(r.settings.items);
    return rc;
}
