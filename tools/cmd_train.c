/* SPDX-License-Identifier: MIT */
/* aimc train */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "bill.h"
#include "cmd.h"
#include "model.h"
#include "os.h"
#include "plot.h"
#include "report.h"
#include "run.h"
#include "train.h"

struct options {
    struct run run;
    struct tweaks tweaks;
    const char *out, *resume, *plot;
    double checkpoint_every, threads, test_every, until;
    const char *technology;
    struct texts constants; /* "field=value" of the technology */
    bool compare, json, quiet;
};

static int parse(struct options *o, int argc, char **argv)
{
    const struct arg args[] = {
        {.help = "Data"},
        {"data", ARG_TEXT, &o->run.data, "NAME",
         DATA_NAMES " (default: digits), or IDX files,\n"
                    "plain or .gz: images,labels[,test-images,test-labels]",
         0, 0},
        {"input-max", ARG_NUMBER, &o->run.input_max, "X",
         "input that becomes 1 (default: 16 for digits, else 255)", 1e-6, 1e9},
        {"limit", ARG_INTEGER, &o->run.limit, "N", "use only the first N training samples", 1,
         MAX_INTEGER},
        {.help = "Network"},
        {"network", ARG_TEXT, &o->run.network, "FILE", "its document (JSON), not layers", 0, 0},
        {"layers", ARG_TEXT, &o->run.layers, "N,N...",
         "sizes of the hidden layers, or none\n(default: 64 for digits, else 256,128)", 0, 0},
        {"activation", ARG_TEXT, &o->run.activation, "NAME", "tanh (default), relu, sigmoid", 0, 0},
        {"device", ARG_TEXT, &o->run.device, "NAME",
         "device of every weight, see 'aimc device list';\n"
         "none: floating point (default: gokmen_vlasov)",
         0, 0},
        {"config", ARG_TEXT, &o->tweaks.config, "FILE",
         "JSON merged into the configuration of the layers", 0, 0},
        {"set", ARG_TEXTS, &o->tweaks.set, "FIELD=VALUE",
         "set one field of it, for example device.dw_min=0.002,\n"
         "forward.out_noise=0.04, mapping.max_input_size=128,\n"
         "optimizer.update.desired_bl=10; may be repeated",
         0, 0},
        {.help = "Training"},
        {"algorithm", ARG_TEXT, &o->run.algorithm, "NAME", "optimizer (default: the layer's, sgd)",
         0, 0},
        {"epochs", ARG_INTEGER, &o->run.epochs, "N",
         "times through the training samples\n(default: 20 for digits, else 5)", 0, 1e6},
        {"batch", ARG_INTEGER, &o->run.batch, "N", "samples per step (default: 10)", 1, 1e6},
        {"lr", ARG_NUMBER, &o->run.lr, "X", "learning rate (default: 0.2 for digits, else 0.1)", 0,
         1e6},
        {"lr-decay", ARG_NUMBER, &o->run.lr_decay, "X",
         "factor on the learning rate per epoch\n(default: 0.9 for digits, else 0.5)", 0, 1},
        {"seed", ARG_INTEGER, &o->run.seed, "N", "root of everything random (default: 1)", 0,
         MAX_INTEGER},
        {"compare", ARG_FLAG, &o->compare, "", "also train the same network in floating point", 0,
         0},
        {"test-every", ARG_INTEGER, &o->test_every, "N",
         "also test after every N mini-batches of an epoch; training\n"
         "does not notice",
         1, MAX_INTEGER},
        {.help = "Energy"},
        {"energy", ARG_TEXT, &o->technology, "TECHNOLOGY",
         "tell what all counted events cost, see 'aimc energy --help'", 0, 0},
        {"energy-set", ARG_TEXTS, &o->constants, "FIELD=VALUE",
         "change one constant of it; may be repeated", 0, 0},
        {"until", ARG_NUMBER, &o->until, "A",
         "tell when the tests first reached this accuracy, and with\n"
         "--energy for how much energy; training goes on",
         0, 1},
        {.help = "Files"},
        {"out", ARG_TEXT, &o->out, "FILE",
         "save the model here after each epoch, with the options of\nthe run", 0, 0},
        {"resume", ARG_TEXT, &o->resume, "FILE",
         "go on with a saved run, with its options; ends with\n"
         "the same bits as a run that was never stopped",
         0, 0},
        {"checkpoint-every", ARG_INTEGER, &o->checkpoint_every, "N",
         "also save after every N mini-batches of an epoch", 1, MAX_INTEGER},
        {.help = "Other"},
        {"threads", ARG_INTEGER, &o->threads, "T",
         "threads (default: all cores); results do not depend on it", 1, 1024},
        {"plot", ARG_TEXT, &o->plot, "FILE", "write a plot of accuracies: name.svg or .png", 0, 0},
        {"json", ARG_FLAG, &o->json, "", "print one JSON object instead of text", 0, 0},
        {"quiet", ARG_FLAG, &o->quiet, "", "no progress, only the result", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "[options]",
        .summary = "Train a network whose weights are devices on analog tiles.",
        .example = "  aimc train --data digits --layers 64 --device gokmen_vlasov --seed 1 \\\n"
                   "             --compare --out digits.safetensors\n"
                   "  aimc infer digits.safetensors --data digits\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
    };
    return args_parse(&spec, argc, argv);
}

/* ---- one network ---------------------------------------------------------------------------- */

/* A network with its own context: so both networks of --compare begin with the same weights. */
struct session {
    aimc_context *ctx;
    aimc_cost_model *cost; /* NULL: energy was not asked for */
    struct training training;
};

static void session_free(struct session *s)
{
    train_free(&s->training);
    aimc_cost_model_destroy(s->cost);
    aimc_network_destroy(s->training.net);
    aimc_context_destroy(s->ctx);
}

static bool is_digital(const struct run *run)
{
    return run->device != NULL && strcmp(run->device, "none") == 0;
}

static void session_set(struct session *s, const struct options *o, const struct dataset *data)
{
    s->training.run = &o->run;
    s->training.data = data;
    s->training.quiet = o->quiet;
    s->training.label = "";
    s->training.test_every = WAS_GIVEN(o->test_every) ? (size_t)o->test_every : 0;
    s->training.until = o->until;
}

static int session_build(struct session *s, const struct options *o, const struct dataset *data,
                         bool analog)
{
    const int rc = model_context(o->run.seed, o->threads, &s->ctx);
    if (rc != EXIT_GO_ON)
        return rc;
    session_set(s, o, data);
    return model_build(s->ctx, &o->run, &o->tweaks, data, analog, &s->training.net);
}

/* The network was loaded already where a run is resumed: its note said which data to load. */
static int train_main(struct session *s, const struct options *o, const struct dataset *data)
{
    int rc;
    if (o->resume != NULL) {
        session_set(s, o, data);
        rc = model_check_data(s->training.net, o->resume, data);
    } else {
        rc = session_build(s, o, data, !is_digital(&o->run));
    }
    if (rc == EXIT_GO_ON && o->technology != NULL)
        rc = account_open(s->ctx, o->technology, "energy-set", &o->constants, &s->cost);
    if (rc == EXIT_GO_ON && s->cost != NULL)
        rc = account_drive(s->training.net);
    if (rc != EXIT_GO_ON)
        return rc;
    s->training.cost = s->cost;
    s->training.out = o->out;
    s->training.checkpoint_every = WAS_GIVEN(o->checkpoint_every) ? (size_t)o->checkpoint_every : 0;
    if (!o->json && !o->quiet) {
        printf("%s: %zu samples to train, %zu to test\n", o->run.data, data->train.n, data->test.n);
        model_print(s->training.net);
        fflush(stdout);
    }
    return train(&s->training);
}

static int train_floating_point(struct session *s, const struct options *o,
                                const struct dataset *data)
{
    const int rc = session_build(s, o, data, false);
    if (rc != EXIT_GO_ON)
        return rc;
    s->training.label = "floating point ";
    return train(&s->training);
}

/* ---- result --------------------------------------------------------------------------------- */

static void put_energy(struct json *json, const struct options *o, const struct session *s)
{
    struct account account;
    if (s->cost == NULL || account_make(s->cost, s->training.net, &account) != EXIT_GO_ON)
        return;
    json_open(json, "energy", '{');
    json_put_text(json, "technology", o->technology);
    bill_put_json(json, s->cost, &account);
    bill_put_assumptions(json, s->cost, &account);
    json_close(json, '}');
}

static void print_energy(const struct options *o, const struct session *s)
{
    const struct training *t = &s->training;
    const struct test_point *last = &t->points[t->n_points - 1], *p = train_reached(t);
    if (s->cost != NULL)
        printf("%s: %.5g J, %.5g s for the training run\n", o->technology, last->energy_j,
               last->time_s);
    if (!WAS_GIVEN(t->until))
        return;
    if (p == NULL) {
        printf("accuracy %g was not reached\n", t->until);
        return;
    }
    printf("accuracy %g was reached after %.0f samples", t->until, (double)p->samples);
    if (s->cost != NULL)
        printf(": %.5g J, %.5g s", p->energy_j, p->time_s);
    putchar('\n');
}

static int print_json(const struct options *o, const struct dataset *data,
                      const struct session *main_run, const struct session *floating)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "data", o->run.data);
    json_put_integer(&json, "n_train", data->train.n);
    json_put_integer(&json, "n_test", data->test.n);
    json_put_text(&json, "network_document", o->run.network);
    json_put_text(&json, "layers", o->run.layers);
    json_put_text(&json, "activation", o->run.activation);
    json_put_text(&json, "device", o->run.device);
    json_put_text(&json, "algorithm", o->run.algorithm);
    json_put_integer(&json, "batch", (uint64_t)o->run.batch);
    json_put_number(&json, "lr", o->run.lr);
    json_put_number(&json, "lr_decay", o->run.lr_decay);
    json_put_integer(&json, "seed", (uint64_t)o->run.seed);
    train_put_json(&json, &main_run->training);
    put_energy(&json, o, main_run);
    const int rc = model_put_json(&json, main_run->ctx, main_run->training.net);
    json_put_text(&json, "model", o->out);
    json_put_number(&json, "test_accuracy", main_run->training.test_accuracy);
    if (floating->training.net != NULL) {
        json_open(&json, "floating_point", '{');
        train_put_json(&json, &floating->training);
        json_put_number(&json, "test_accuracy", floating->training.test_accuracy);
        json_close(&json, '}');
    }
    json_end(&json);
    return rc;
}

/* Accuracy after each epoch that was run here. */
static int plot_accuracy(const char *path, const struct session *main_run,
                         const struct session *floating)
{
    const struct training *const runs[] = {&main_run->training, &floating->training};
    struct plot_series series[] = {{"on tiles", NULL, NULL, 0, false},
                                   {"floating point", NULL, NULL, 0, false}};
    double *numbers[4] = {NULL};
    int rc = EXIT_GO_ON;
    for (size_t i = 0; i < 2; i++) {
        const size_t n = runs[i]->n_records;
        double *x = numbers[2 * i] = malloc((n + 1) * sizeof *x);
        double *y = numbers[2 * i + 1] = malloc((n + 1) * sizeof *y);
        if (x == NULL || y == NULL)
            rc = fail("no memory");
        for (size_t k = 0; k < n && rc == EXIT_GO_ON; k++) {
            x[k] = (double)runs[i]->records[k].epoch;
            y[k] = runs[i]->records[k].test_accuracy;
        }
        series[i].x = x;
        series[i].y = y;
        series[i].n = n;
    }
    const struct plot plot = {"training", "epoch", "test accuracy", series,
                              floating->training.net != NULL ? 2 : 1};
    if (rc == EXIT_GO_ON)
        rc = plot_write(path, &plot);
    for (size_t k = 0; k < 4; k++)
        free(numbers[k]);
    return rc;
}

static int print_result(const struct options *o, const struct dataset *data,
                        const struct session *main_run, const struct session *floating)
{
    if (o->json)
        return print_json(o, data, main_run, floating);
    if (o->out != NULL && !o->quiet)
        printf("saved %s\n", o->out);
    if (!o->quiet)
        print_energy(o, main_run);
    printf("test accuracy %.4f", main_run->training.test_accuracy);
    if (floating->training.net != NULL)
        printf(" (floating point %.4f)", floating->training.test_accuracy);
    putchar('\n');
    return EXIT_GO_ON;
}

/* ---- putting it together -------------------------------------------------------------------- */

static int check_resume_options(const struct options *o)
{
    if (o->tweaks.set.n > 0 || o->tweaks.config != NULL)
        return fail_usage("--set and --config are part of the model that is resumed; leave them "
                          "out");
    return run_check_resumable(&o->run);
}

/* Load what is resumed; its note completes the options. */
static int open_resumed(struct options *o, struct session *s, void **document)
{
    struct run saved = RUN_UNKNOWN;
    int rc = check_resume_options(o);
    if (rc == EXIT_GO_ON)
        rc = model_context(o->run.seed, o->threads, &s->ctx);
    if (rc == EXIT_GO_ON)
        rc = model_load(s->ctx, o->resume, &s->training.net);
    if (rc == EXIT_GO_ON)
        rc = run_read_note(&saved, aimc_network_get_note(s->training.net), o->resume, false,
                           document);
    if (rc == EXIT_GO_ON)
        rc = run_complete(&o->run, &saved, o->resume);
    if (rc == EXIT_GO_ON && o->compare && saved.network != NULL)
        rc = fail_usage("--compare would build another network from the document '%s' that %s "
                        "names, but a model opens no files: begin the run with --compare",
                        saved.network, o->resume);
    if (rc == EXIT_GO_ON && o->out == NULL)
        o->out = o->resume;
    return rc;
}

static int complete(struct options *o)
{
    if (o->resume == NULL && o->run.network != NULL &&
        (o->run.layers != NULL || o->run.activation != NULL))
        return fail_usage("--layers and --activation are part of the --network; leave them out");
    run_fill_defaults(&o->run);
    if (o->run.device == NULL &&
        (o->tweaks.set.n > 0 || o->tweaks.config != NULL || o->run.algorithm != NULL))
        return fail_usage("--set, --config and --algorithm are of a --device; without one the "
                          "--network says all");
    if (is_digital(&o->run) && (o->tweaks.set.n > 0 || o->tweaks.config != NULL))
        return fail_usage("--set and --config need a --device other than none");
    if (is_digital(&o->run) && o->technology != NULL)
        return fail_usage("--energy needs a --device other than none: digital layers count no "
                          "events");
    if (o->technology == NULL && o->constants.n > 0)
        return fail_usage("--energy-set needs --energy");
    return EXIT_GO_ON;
}

/* Find out now, not after an hour, that the model cannot be written. */
static int check_out(const char *out)
{
    char folder[4096] = ".";
    if (out == NULL)
        return EXIT_GO_ON;
    const aimci_os_kind kind = aimci_os_kind_of(out);
    if (kind != AIMCI_OS_NOTHING && kind != AIMCI_OS_FILE)
        return fail("--out %s: that is a %s; give the name of a file", out,
                    kind == AIMCI_OS_FOLDER ? "directory" : "device or a pipe");
    const char *const slash = aimci_os_last_separator(out);
    if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - out) + 1, out);
    const int error = os_check_writable_folder(folder);
    return error == 0 ? EXIT_GO_ON : fail("--out %s: %s", out, strerror(error));
}

static int load_data(struct options *o, struct dataset *data)
{
    const int rc = data_load(o->run.data, o->run.input_max, DATA_TRAIN | DATA_TEST, data);
    if (rc != EXIT_GO_ON)
        return rc;
    if (WAS_GIVEN(o->run.n_train) && o->run.n_train != (double)data->train.n)
        return fail("the run was begun with %.0f training samples, but %s has %zu", o->run.n_train,
                    o->run.data, data->train.n);
    o->run.n_train = (double)data->train.n;
    if (o->run.limit > 0 && o->run.limit < (double)data->train.n)
        data->train.n = (size_t)o->run.limit;
    return EXIT_GO_ON;
}

static int run_command(struct options *o, struct session *main_run, const struct dataset *data)
{
    struct session floating = {0};
    int rc = train_main(main_run, o, data);
    if (rc == EXIT_GO_ON && o->compare)
        rc = train_floating_point(&floating, o, data);
    if (rc == EXIT_GO_ON)
        rc = print_result(o, data, main_run, &floating);
    if (rc == EXIT_GO_ON && o->plot != NULL)
        rc = plot_accuracy(o->plot, main_run, &floating);
    session_free(&floating);
    return rc;
}

int cmd_train(int argc, char **argv)
{
    struct options o = {.run = RUN_UNKNOWN,
                        .checkpoint_every = NOT_GIVEN,
                        .threads = NOT_GIVEN,
                        .test_every = NOT_GIVEN,
                        .until = NOT_GIVEN};
    struct session main_run = {0};
    struct dataset data = {0};
    void *document = NULL; /* holds the texts of o.run where a run is resumed */
    int rc = parse(&o, argc, argv);
    if (rc == EXIT_GO_ON)
        rc = plot_check_name(o.plot);
    if (rc == EXIT_GO_ON && o.resume != NULL)
        rc = open_resumed(&o, &main_run, &document);
    if (rc == EXIT_GO_ON)
        rc = complete(&o);
    if (rc == EXIT_GO_ON)
        rc = check_out(o.out);
    if (rc == EXIT_GO_ON)
        rc = load_data(&o, &data);
    if (rc == EXIT_GO_ON)
        rc = run_command(&o, &main_run, &data);
    session_free(&main_run);
    data_free(&data);
    run_document_free(document);
    free(o.tweaks.set.items);
    free(o.constants.items);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}
