/* SPDX-License-Identifier: MIT */
/* aimc study: protocols that train, retrain and deploy one network. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "extrapolations.h"
#include "report.h"
#include "study.h"
#include "train.h"

struct options {
    const char *protocol, *model;
    struct run run;
    double test_limit, threads;
    struct texts set;
    bool json;
};

static const struct protocol {
    const char *name, *doc;
    int (*run)(struct study *s);
} protocols[] = {
    {"recover", "devices with a spread: pairs, retraining with noise, both", study_recover},
    {"analognas", "baseline, quantised, noisy, hardware-aware, drifted", study_analognas},
    {"ablation", "one non-ideality at a time", study_ablation},
};

static int parse(struct options *o, struct study *s, int argc, char **argv)
{
    const struct arg args[] = {
        {.help = "Network"},
        {"model", ARG_TEXT, &o->model, "FILE",
         "a digital network, from 'aimc train --device none' or with\n--data from anywhere; "
         "without one it is trained here",
         0, 0},
        {"data", ARG_TEXT, &o->run.data, "NAME", DATA_NAMES " (default: digits), or IDX files", 0,
         0},
        {"input-max", ARG_NUMBER, &o->run.input_max, "X",
         "input that becomes 1 (default: as in training, or what the\ndata says)", 1e-6, 1e9},
        {"layers", ARG_TEXT, &o->run.layers, "N,N...", "sizes of the hidden layers (default: 128)",
         0, 0},
        {"activation", ARG_TEXT, &o->run.activation, "NAME", "tanh, relu (default), sigmoid", 0, 0},
        {"limit", ARG_INTEGER, &o->run.limit, "N", "use only the first N training samples", 1,
         MAX_INTEGER},
        {"epochs", ARG_INTEGER, &o->run.epochs, "N", "of the digital training (default: 8)", 1,
         1e6},
        {"lr", ARG_NUMBER, &o->run.lr, "X", "its learning rate (default: 0.2)", 0, 1e6},
        {.help = "Chips"},
        {"retrain", ARG_INTEGER, &s->epochs, "N", "epochs of retraining (default: 4)", 0, 1e6},
        {"retrain-lr", ARG_NUMBER, &s->lr, "X", "its learning rate (default: 0.05)", 0, 1e6},
        {"spread", ARG_NUMBER, &s->spread, "X",
         "recover: spread of devices, in units of g_max (default: 0.05)", 0, 10},
        {"set", ARG_TEXTS, &o->set, "FIELD=VALUE",
         "analognas: set one field of the hardware-aware layers, for\n"
         "example hwa.clip_sigma=4; may be repeated",
         0, 0},
        {"repeat", ARG_INTEGER, &s->repeat, "N", "chips of every row (default: 25)", 1, 256},
        {"test-limit", ARG_INTEGER, &o->test_limit, "N", "measure on the first N test samples only",
         1, MAX_INTEGER},
        {.help = "Other"},
        {"seed", ARG_INTEGER, &o->run.seed, "N", "root of everything random (default: 1)", 0,
         MAX_INTEGER},
        {"threads", ARG_INTEGER, &o->threads, "T", "threads (default: all cores)", 1, 1024},
        {"json", ARG_FLAG, &o->json, "", "print one JSON object instead of text", 0, 0},
        {"quiet", ARG_FLAG, &s->quiet, "", "no progress, only the result", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "recover|analognas|ablation [options]",
        .summary =
            "How one network bears being put on a chip: a table of accuracies by a protocol.",
        .example = "  aimc study recover --data mnist\n"
                   "  aimc study analognas --data mnist --json\n"
                   "  aimc study ablation --model digits.safetensors\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &o->protocol,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    return args_parse(&spec, argc, argv);
}

static const struct protocol *find_protocol(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (strcmp(protocols[i].name, name) == 0)
            return &protocols[i];
    return NULL;
}

/* ---- the digital network -------------------------------------------------------------------- */

static void fill_defaults(struct run *run)
{
    static const struct run usual = {.data = "digits",
                                     .layers = "128",
                                     .activation = "relu",
                                     .device = "none",
                                     .input_max = 0,
                                     .limit = 0,
                                     .n_train = NOT_GIVEN,
                                     .epochs = 8,
                                     .batch = 10,
                                     .lr = 0.2,
                                     .lr_decay = 0.6,
                                     .seed = 1};
    run_fill(run, &usual);
}

/* A model says what it was built as, and trained on. */
static int open_model(struct options *o, struct study *s, void **document)
{
    struct run saved = RUN_UNKNOWN;
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    int rc = model_load(s->ctx, o->model, &s->digital);
    if (rc == EXIT_GO_ON)
        rc = run_read_note(&saved, aimc_network_get_note(s->digital), o->model, o->run.data != NULL,
                           document);
    if (rc == EXIT_GO_ON && aimc_network_get_info(s->digital, &info) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON && info.n_tiles > 0)
        rc = fail("%s is not digital; train it with --device none", o->model);
    return rc == EXIT_GO_ON ? run_complete(&o->run, &saved, o->model) : rc;
}

static int train_digital(struct study *s)
{
    struct training t = {.run = &s->run, .data = s->data, .label = "digital: ", .quiet = s->quiet};
    int rc = model_build(s->ctx, &s->run, NULL, s->data, false, &s->digital);
    t.net = s->digital;
    if (rc == EXIT_GO_ON)
        rc = train(&t);
    train_free(&t);
    return rc;
}

static int prepare(struct options *o, struct study *s, struct dataset *data)
{
    int rc = data_load(s->run.data, s->run.input_max, DATA_TRAIN | DATA_TEST, data);
    if (rc != EXIT_GO_ON)
        return rc;
    s->data = data;
    s->run.n_train = (double)data->train.n;
    if (s->run.limit > 0 && s->run.limit < (double)data->train.n)
        data->train.n = (size_t)s->run.limit;
    s->test = data->test;
    if (o->test_limit < (double)s->test.n) /* false when it was not given */
        s->test.n = (size_t)o->test_limit;
    rc = s->digital != NULL ? model_check_data(s->digital, o->model, data) : train_digital(s);
    if (rc == EXIT_GO_ON)
        rc = study_measure(s, s->digital, "digital");
    return rc;
}

/* ---- result --------------------------------------------------------------------------------- */

static void print_text(const struct study *s)
{
    printf("%-44s %10s  accuracy      +-     loss\n", "", "t (s)");
    for (size_t k = 0; k < s->n_rows; k++) {
        char time[32] = "", error[32];
        if (WAS_GIVEN(s->rows[k].t))
            text_of_number(time, s->rows[k].t);
        printf("%-44s %10s    %.4f  %-6s  %7.4f\n", s->rows[k].name, time, s->rows[k].accuracy.mean,
               text_of_spread(error, 'f', 4, s->rows[k].accuracy.error),
               s->rows[0].accuracy.mean - s->rows[k].accuracy.mean);
    }
    for (size_t i = 0; i < s->n_outside; i++)
        extrapolation_tell(NULL, &s->outside[i]);
}

static void print_json(const struct options *o, const struct study *s)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "protocol", o->protocol);
    json_put_text(&json, "data", s->run.data);
    json_put_text(&json, "layers", s->run.layers);
    json_put_number(&json, "repeat", s->repeat);
    json_put_number(&json, "spread", s->spread);
    json_open(&json, "rows", '[');
    for (size_t k = 0; k < s->n_rows; k++) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "name", s->rows[k].name);
        json_put_number(&json, "t_s", s->rows[k].t);
        json_put_number(&json, "accuracy", s->rows[k].accuracy.mean);
        json_put_number(&json, "std_error", s->rows[k].accuracy.error);
        json_put_number(&json, "loss", s->rows[0].accuracy.mean - s->rows[k].accuracy.mean);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_open(&json, "extrapolated", '[');
    for (size_t k = 0; k < s->n_outside; k++)
        extrapolation_tell(&json, &s->outside[k]);
    json_close(&json, ']');
    json_end(&json);
}

static int take_settings(const struct options *o, struct study *s)
{
    if (o->set.n >= sizeof s->set / sizeof s->set[0])
        return fail_usage("--set: at most %zu of them", sizeof s->set / sizeof s->set[0] - 1);
    for (size_t i = 0; i < o->set.n; i++) {
        if (strchr(o->set.items[i], '=') == NULL)
            return fail_usage("--set %s: field=value is needed", o->set.items[i]);
        s->set[i] = o->set.items[i];
    }
    return EXIT_GO_ON;
}

static int run_study(struct options *o, struct study *s, const struct protocol *protocol)
{
    struct dataset data = {0};
    void *document = NULL;
    int rc = model_context(o->run.seed, o->threads, &s->ctx);
    if (rc == EXIT_GO_ON && o->model != NULL)
        rc = open_model(o, s, &document);
    if (rc == EXIT_GO_ON) {
        fill_defaults(&o->run);
        o->run.device = "none";
        s->run = o->run;
        rc = prepare(o, s, &data);
    }
    if (rc == EXIT_GO_ON)
        rc = protocol->run(s);
    if (rc == EXIT_GO_ON && o->json)
        print_json(o, s);
    else if (rc == EXIT_GO_ON)
        print_text(s);
    aimc_network_destroy(s->digital);
    aimc_context_destroy(s->ctx);
    data_free(&data);
    run_document_free(document);
    return rc;
}

int cmd_study(int argc, char **argv)
{
    struct options o = {.run = RUN_UNKNOWN, .test_limit = NOT_GIVEN, .threads = NOT_GIVEN};
    struct study *s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail("no memory");
    s->repeat = 25;
    s->epochs = 4;
    s->lr = 0.05;
    s->spread = 0.05;
    int rc = parse(&o, s, argc, argv);
    if (rc == EXIT_GO_ON && find_protocol(o.protocol) == NULL)
        rc = fail_usage("unknown protocol '%s'; recover, analognas and ablation are known",
                        o.protocol);
    if (rc == EXIT_GO_ON)
        rc = take_settings(&o, s);
    if (rc == EXIT_GO_ON)
        rc = run_study(&o, s, find_protocol(o.protocol));
    free(s);
    free(o.set.items);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}
