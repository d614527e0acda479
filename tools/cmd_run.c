/* SPDX-License-Identifier: MIT */
/* aimc run: outputs of any network for inputs from files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "array.h"
#include "cmd.h"
#include "model.h"
#include "progress.h"
#include "report.h"

enum { MAX_PORTS = 16, MAX_CHANNELS = 64 };

struct request {
    const char *model, *labels, *out, *mean, *std;
    struct texts data;
    struct table_options table;
    double input_max, limit, threads;
    bool channels_last, json, quiet;
};

/* An input or output of the network. */
struct port {
    size_t n_dims, dims[6], size;
    char text[96]; /* its shape */
};

struct job {
    aimc_network *net;
    size_t n_in, n_out, n; /* inputs, outputs, samples */
    struct port in[MAX_PORTS], out[MAX_PORTS];
    struct array x[MAX_PORTS], y[MAX_PORTS];
    uint32_t *labels; /* [n]; NULL: none */
    size_t correct;
    double seconds;
};

/* ---- inputs --------------------------------------------------------------------------------- */

static int port_of(const aimc_network *net, aimc_value value, struct port *p)
{
    if (aimc_network_get_shape(net, value, p->dims, &p->n_dims) != AIMC_OK)
        return fail_library();
    size_t length = 0;
    p->size = 1;
    for (size_t d = 0; d < p->n_dims; d++) {
        p->size *= p->dims[d];
        length += (size_t)snprintf(p->text + length, sizeof p->text - length, "%s%zu",
                                   d ? " x " : "", p->dims[d]);
    }
    return EXIT_GO_ON;
}

static int find_ports(struct job *j)
{
    aimc_value value;
    int rc = EXIT_GO_ON;
    j->n_in = aimc_network_count_inputs(j->net);
    j->n_out = aimc_network_count_outputs(j->net);
    if (j->n_in > MAX_PORTS || j->n_out > MAX_PORTS)
        return fail("the network has more than %d inputs or outputs", MAX_PORTS);
    for (size_t k = 0; k < j->n_in && rc == EXIT_GO_ON; k++)
        rc = aimc_network_get_input(j->net, k, &value) == AIMC_OK
                 ? port_of(j->net, value, &j->in[k])
                 : fail_library();
    for (size_t k = 0; k < j->n_out && rc == EXIT_GO_ON; k++)
        rc = aimc_network_get_output(j->net, k, &value) == AIMC_OK
                 ? port_of(j->net, value, &j->out[k])
                 : fail_library();
    return rc;
}

/* Axes of length 1 do not matter: 28 x 28 is 1 x 28 x 28. A row of as many numbers is one, too. */
static bool fits(const struct array *a, const struct port *p, bool turned)
{
    size_t d = 0;
    if (array_size(a, 1) != p->size)
        return false;
    if (a->n_dims == 2)
        return true;
    for (size_t k = 1; k < a->n_dims; k++) {
        if (a->dims[k] == 1)
            continue;
        while (d < p->n_dims && p->dims[(d + turned) % p->n_dims] == 1)
            d++;
        if (d == p->n_dims || p->dims[(d++ + turned) % p->n_dims] != a->dims[k])
            return false;
    }
    return true;
}

/* [positions][channels] to [channels][positions] of every sample. */
static int turn(struct array *a, const struct port *p)
{
    const size_t channels = p->dims[0], positions = p->size / channels;
    float *sample = malloc(p->size * sizeof *sample);
    if (sample == NULL)
        return fail("no memory");
    for (size_t s = 0; s < a->dims[0]; s++) {
        float *v = a->values + s * p->size;
        memcpy(sample, v, p->size * sizeof *sample);
        for (size_t c = 0; c < channels; c++)
            for (size_t i = 0; i < positions; i++)
                v[c * positions + i] = sample[i * channels + c];
    }
    free(sample);
    return EXIT_GO_ON;
}

/* "0.4,0.5,0.6": one number for each channel, or one for all. */
static int parse_numbers(const char *option, const char *text, size_t channels, double usual,
                         double *v)
{
    size_t n = 0;
    for (size_t c = 0; c < channels; c++)
        v[c] = usual;
    while (text != NULL) {
        char word[40];
        const size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
                 text);
        if (n == channels || length >= sizeof word || !number_of_text(word, &v[n++]))
            return fail_usage("--%s: give one number, or one for each of the %zu channels, with "
                              "commas between them",
                              option, channels);
        text = text[length] != '\0' ? text + length + 1 : NULL;
    }
    for (size_t c = 1; n == 1 && c < channels; c++)
        v[c] = v[0];
    return n <= 1 || n == channels
               ? EXIT_GO_ON
               : fail_usage("--%s: %zu numbers; the input has %zu channels", option, n, channels);
}

/* (x / input_max - mean) / std */
static int scale(const struct request *q, const struct port *p, struct array *a)
{
    double mean[MAX_CHANNELS], std[MAX_CHANNELS];
    const size_t channels = p->dims[0], positions = p->size / channels;
    if (q->mean == NULL && q->std == NULL && !WAS_GIVEN(q->input_max))
        return EXIT_GO_ON;
    const size_t known = channels < MAX_CHANNELS ? channels : 1;
    int rc = parse_numbers("mean", q->mean, known, 0, mean);
    if (rc == EXIT_GO_ON)
        rc = parse_numbers("std", q->std, known, 1, std);
    const double most = WAS_GIVEN(q->input_max) ? q->input_max : 1;
    for (size_t k = 0; k < array_size(a, 0) && rc == EXIT_GO_ON; k++) {
        const size_t c = known == 1 ? 0 : k % p->size / positions;
        if (!(std[c] > 0))
            return fail_usage("--std: %g is not above 0", std[c]);
        a->values[k] = (float)(((double)a->values[k] / most - mean[c]) / std[c]);
    }
    return rc;
}

static int load_input(const struct request *q, struct job *j, size_t k)
{
    const char *path = q->data.items[k];
    struct array *a = &j->x[k];
    int rc = array_read(path, &q->table, a);
    if (rc != EXIT_GO_ON)
        return rc;
    if (!fits(a, &j->in[k], q->channels_last && a->n_dims > 2))
        return fail("%s: samples of %zu numbers in %zu axes do not fit the input of %s, %s%s", path,
                    array_size(a, 1), a->n_dims - 1, q->model, j->in[k].text,
                    fits(a, &j->in[k], true) ? "; --channels-last turns them" : "");
    if (k > 0 && a->dims[0] != j->x[0].dims[0])
        return fail("%s has %zu samples, %s has %zu", path, a->dims[0], q->data.items[0],
                    j->x[0].dims[0]);
    if (q->channels_last && j->in[k].n_dims > 1)
        rc = turn(a, &j->in[k]);
    return rc == EXIT_GO_ON ? scale(q, &j->in[k], a) : rc;
}

/* ---- labels --------------------------------------------------------------------------------- */

static int take_labels(const struct request *q, struct job *j)
{
    struct array a;
    int rc = array_read(q->labels, &q->table, &a);
    if (rc != EXIT_GO_ON)
        return rc;
    const size_t n = array_size(&a, 0); /* one in each row, or all in one */
    if (n != j->x[0].dims[0])
        rc = fail("%s: %zu labels for %zu samples", q->labels, n, j->x[0].dims[0]);
    j->labels = rc == EXIT_GO_ON ? malloc(n * sizeof *j->labels) : NULL;
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
    if (j->n_out != 1 || j->out[0].n_dims != 1)
        return fail("labels are for a network with one output that is a vector; %s has %zu, the "
                    "first %s",
                    q->model, j->n_out, j->out[0].text);
    for (size_t i = 0; i < j->n; i++)
        if (j->labels[i] >= j->out[0].size)
            return fail("label %zu is %u, but %s knows %zu classes", i, j->labels[i], q->model,
                        j->out[0].size);
    return EXIT_GO_ON;
}

static int load(const struct request *q, struct job *j)
{
    int rc = find_ports(j);
    if (rc == EXIT_GO_ON && q->data.n != j->n_in)
        rc = fail_usage("%s has %zu inputs: give --data once for each, in their order", q->model,
                        j->n_in);
    for (size_t k = 0; k < j->n_in && rc == EXIT_GO_ON; k++)
        rc = load_input(q, j, k);
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
    for (size_t k = 0; k < j->n_out; k++) {
        struct array *y = &j->y[k];
        y->n_dims = 1 + j->out[k].n_dims;
        y->dims[0] = j->n;
        memcpy(y->dims + 1, j->out[k].dims, j->out[k].n_dims * sizeof *y->dims);
        y->values = malloc(j->n * j->out[k].size * sizeof *y->values);
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
        for (size_t k = 0; k < j->n_in; k++)
            x[k] = j->x[k].values + first * j->in[k].size;
        for (size_t k = 0; k < j->n_out; k++)
            y[k] = j->y[k].values + first * j->out[k].size;
        if (aimc_network_run(j->net, n, x, y) != AIMC_OK)
            rc = fail_library();
        progress_add(&progress, n);
    }
    progress_clear();
    j->seconds = now_seconds() - progress.started;
    return rc;
}

static void count_correct(struct job *j)
{
    const size_t classes = j->out[0].size;
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
    for (size_t k = 0; q->out != NULL && k < j->n_out && rc == EXIT_GO_ON; k++) {
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
    const size_t cols = j->out[0].size;
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
    struct request q = {.input_max = NOT_GIVEN, .limit = NOT_GIVEN, .threads = NOT_GIVEN};
    const struct arg args[] = {
        {.help = "Data"},
        {"data", ARG_TEXTS, &q.data, "FILE",
         "inputs: IDX, the binary version of CIFAR (.bin, with labels),\n"
         "plain or .gz, .npy, or a table with a sample in each row;\n"
         "once for each input of the network",
         0, 0},
        {"labels", ARG_TEXT, &q.labels, "FILE", "class of each sample, in any of these", 0, 0},
        {"input-max", ARG_NUMBER, &q.input_max, "X",
         "input that becomes 1 (default: inputs as they are)", 1e-6, 1e9},
        {"mean", ARG_TEXT, &q.mean, "X,X...", "subtract after that, from each channel or all", 0,
         0},
        {"std", ARG_TEXT, &q.std, "X,X...", "divide by it after that", 0, 0},
        {"channels-last", ARG_FLAG, &q.channels_last, "",
         "images in the files are height x width x channels", 0, 0},
        {"limit", ARG_INTEGER, &q.limit, "N", "use only the first N samples", 1, MAX_INTEGER},
        TABLE_ARGS(q.table),
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
    if (rc == EXIT_GO_ON && q.data.n == 0)
        rc = fail_usage("--data is missing");
    if (rc == EXIT_GO_ON)
        rc = run(&q);
    free(q.data.items);
    return rc;
}
