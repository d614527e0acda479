/* SPDX-License-Identifier: MIT */
/* aimc run: outputs of any network for inputs from files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "array.h"
#include "cmd.h"
#include "inputs.h"
#include "model.h"
#include "os.h"
#include "progress.h"
#include "report.h"

struct request {
    const char *model, *labels, *out;
    struct inputs inputs;
    double limit, threads;
    bool json, quiet;
};

struct job {
    aimc_network *net;
    size_t n; /* samples */
    struct ports ports;
    struct array x[MAX_PORTS], y[MAX_PORTS];
    uint32_t *labels; /* [n]; NULL: none */
    size_t correct;
    double seconds;
};

/* ---- labels --------------------------------------------------------------------------------- */

static int take_labels(const struct request *q, struct job *j)
{
    struct array a;
    int rc = array_read(q->labels, &q->inputs.table, &a);
    if (rc != EXIT_GO_ON)
        return rc;
    const size_t n = array_size(&a, 0); /* one in each row, or all in one */
    if (n != j->x[0].dims[0])
        rc = fail("%s: %zu labels for %zu samples", q->labels, n, j->x[0].dims[0]);
    j->labels = rc == EXIT_GO_ON ? calloc(n + 1, sizeof *j->labels) : NULL;
    if (rc == EXIT_GO_ON && j->labels == NULL)
        rc = fail("no memory");
    for (size_t i = 0; i < n && rc == EXIT_GO_ON; i++) {
        if (a.values[i] < 0 || a.values[i] >= 4294967040.0f || a.values[i] != floorf(a.values[i]))
            rc = fail("%s: label %zu is %g; classes are whole numbers from 0 on", q->labels, i,
                      (double)a.values[i]);
        else
            j->labels[i] = (uint32_t)a.values[i];
    }
    array_free(&a);
    return rc;
}

static int check_labels(const struct request *q, const struct job *j)
{
    if (j->labels == NULL)
        return EXIT_GO_ON;
    if (j->ports.n_out != 1 || j->ports.out[0].n_dims != 1)
        return fail("labels are for a network with one output that is a vector; %s has %zu, the "
                    "first %s",
                    q->model, j->ports.n_out, j->ports.out[0].text);
    for (size_t i = 0; i < j->n; i++)
        if (j->labels[i] >= j->ports.out[0].size)
            return fail("label %zu is %u, but %s knows %zu classes", i, j->labels[i], q->model,
                        j->ports.out[0].size);
    return EXIT_GO_ON;
}

static int load(const struct request *q, struct job *j)
{
    int rc = inputs_find_ports(j->net, &j->ports);
    if (rc == EXIT_GO_ON)
        rc = inputs_load(&q->inputs, "data", q->model, &j->ports, j->x);
    if (rc == EXIT_GO_ON && q->labels != NULL)
        rc = take_labels(q, j);
    if (rc != EXIT_GO_ON)
        return rc;
    if (j->labels == NULL) { /* those that came with the images */
        j->labels = j->x[0].labels;
        j->x[0].labels = NULL;
    }
    j->n = q->limit < (double)j->x[0].dims[0] ? (size_t)q->limit : j->x[0].dims[0];
    return check_labels(q, j);
}

/* ---- running -------------------------------------------------------------------------------- */

static int reserve(struct job *j)
{
    for (size_t k = 0; k < j->ports.n_out; k++) {
        struct array *y = &j->y[k];
        y->n_dims = 1 + j->ports.out[k].n_dims;
        y->dims[0] = j->n;
        memcpy(y->dims + 1, j->ports.out[k].dims, j->ports.out[k].n_dims * sizeof *y->dims);
        y->values = malloc(j->n * j->ports.out[k].size * sizeof *y->values);
        if (y->values == NULL)
            return fail("no memory for the outputs of %zu samples", j->n);
    }
    return EXIT_GO_ON;
}

static int run_all(struct job *j, bool quiet)
{
    struct progress progress;
    const size_t batch = AIMC_NETWORK_BATCH;
    int rc = reserve(j);
    progress_start(&progress, j->n, quiet);
    progress_label(&progress, "run");
    for (size_t first = 0; first < j->n && rc == EXIT_GO_ON; first += batch) {
        const size_t n = j->n - first < batch ? j->n - first : batch;
        const float *x[MAX_PORTS];
        float *y[MAX_PORTS];
        for (size_t k = 0; k < j->ports.n_in; k++)
            x[k] = j->x[k].values + first * j->ports.in[k].size;
        for (size_t k = 0; k < j->ports.n_out; k++)
            y[k] = j->y[k].values + first * j->ports.out[k].size;
        if (aimc_network_run(j->net, n, x, y) != AIMC_OK)
            rc = fail_library();
        progress_add(&progress, n);
    }
    progress_clear();
    j->seconds = os_seconds() - progress.started;
    return rc;
}

static void count_correct(struct job *j)
{
    const size_t classes = j->ports.out[0].size;
    for (size_t i = 0; j->labels != NULL && i < j->n; i++) {
        const float *v = j->y[0].values + i * classes;
        size_t best = 0;
        for (size_t c = 1; c < classes; c++)
            best = v[c] > v[best] ? c : best;
        j->correct += best == j->labels[i] ? 1 : 0;
    }
}

/* "y.npy" of the first output; "y.1.npy" of the second. */
static int write_outputs(const struct request *q, const struct job *j)
{
    int rc = EXIT_GO_ON;
    for (size_t k = 0; q->out != NULL && k < j->ports.n_out && rc == EXIT_GO_ON; k++) {
        char path[4096];
        const char *dot = strrchr(q->out, '.');
        const size_t stem = dot != NULL ? (size_t)(dot - q->out) : strlen(q->out);
        if (k == 0)
            snprintf(path, sizeof path, "%s", q->out);
        else
            snprintf(path, sizeof path, "%.*s.%zu%s", (int)stem, q->out, k, q->out + stem);
        rc = array_write(path, &j->y[k]);
    }
    return rc;
}

/* ---- result --------------------------------------------------------------------------------- */

static void print_text(const struct request *q, const struct job *j)
{
    const size_t cols = j->ports.out[0].size;
    if (!q->quiet)
        printf("%zu samples, %.0f a second\n", j->n,
               j->seconds > 0 ? (double)j->n / j->seconds : 0.0);
    if (j->labels != NULL)
        printf("accuracy %.4f (%zu of %zu)\n", (double)j->correct / (double)j->n, j->correct, j->n);
    for (size_t i = 0; j->labels == NULL && q->out == NULL && i < j->n; i++)
        for (size_t c = 0; c < cols; c++)
            printf("%.9g%c", (double)j->y[0].values[i * cols + c], c + 1 == cols ? '\n' : ',');
}

static int print_json(const struct request *q, const aimc_context *ctx, const struct job *j)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "model", q->model);
    json_put_integer(&json, "samples", j->n);
    json_put_number(&json, "seconds", j->seconds);
    if (j->labels != NULL) {
        json_put_integer(&json, "correct", j->correct);
        json_put_number(&json, "accuracy", (double)j->correct / (double)j->n);
    }
    json_put_text(&json, "out", q->out);
    const int rc = model_put_json(&json, ctx, j->net);
    json_end(&json);
    return rc;
}

static int run(const struct request *q)
{
    static struct job j; /* large */
    aimc_context *ctx = NULL;
    int rc = model_context(0, q->threads, &ctx);
    if (rc == EXIT_GO_ON)
        rc = model_open(ctx, q->model, &j.net);
    if (rc == EXIT_GO_ON)
        rc = load(q, &j);
    if (rc == EXIT_GO_ON)
        rc = run_all(&j, q->quiet || q->json);
    if (rc == EXIT_GO_ON) {
        count_correct(&j);
        rc = write_outputs(q, &j);
    }
    if (rc == EXIT_GO_ON && q->json)
        rc = print_json(q, ctx, &j);
    else if (rc == EXIT_GO_ON)
        print_text(q, &j);
    for (size_t k = 0; k < MAX_PORTS; k++) {
        array_free(&j.x[k]);
        array_free(&j.y[k]);
    }
    free(j.labels);
    aimc_network_destroy(j.net);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_run(int argc, char **argv)
{
    struct request q = {
        .inputs = {.input_max = NOT_GIVEN}, .limit = NOT_GIVEN, .threads = NOT_GIVEN};
    const struct arg args[] = {
        {.help = "Data"},
        {"data", ARG_TEXTS, &q.inputs.data, "FILE",
         "inputs: IDX, the binary version of CIFAR (.bin, with labels),\n"
         "plain or .gz, .npy, or a table with a sample in each row;\n"
         "once for each input of the network",
         0, 0},
        {"labels", ARG_TEXT, &q.labels, "FILE", "class of each sample, in any of these", 0, 0},
        INPUT_ARGS(q.inputs),
        {"limit", ARG_INTEGER, &q.limit, "N", "use only the first N samples", 1, MAX_INTEGER},
        TABLE_ARGS(q.inputs.table),
        {.help = "Result"},
        {"out", ARG_TEXT, &q.out, "FILE",
         "write the outputs here: .npy, else CSV; of further outputs\nto FILE.1 ... before the "
         "ending",
         0, 0},
        {"json", ARG_FLAG, &q.json, "", "print one JSON object instead of text", 0, 0},
        {"quiet", ARG_FLAG, &q.quiet, "", "no progress, only the result", 0, 0},
        {"threads", ARG_INTEGER, &q.threads, "T",
         "threads (default: all cores); results do not depend on it", 1, 1024},
    };
    const struct arg_spec spec = {
        .usage = "MODEL --data FILE [options]",
        .summary = "Run any network on inputs from files: accuracy where there are labels, else "
                   "its outputs.",
        .example = "  aimc run resnet8.safetensors --data test_batch.bin.gz\n"
                   "  aimc run net.safetensors --data x.npy --out y.npy\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &q.model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON && q.inputs.data.n == 0)
        rc = fail_usage("--data is missing");
    if (rc == EXIT_GO_ON)
        rc = run(&q);
    free(q.inputs.data.items);
    return rc;
}
