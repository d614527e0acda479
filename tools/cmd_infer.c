/* SPDX-License-Identifier: MIT */
/* aimc infer */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "deploy.h"
#include "extrapolations.h"
#include "model.h"
#include "plot.h"
#include "os.h"
#include "progress.h"
#include "report.h"
#include "run.h"

/* The same batches as aimc_network_evaluate() makes, so that both give the same bits. */
#define BATCH ((size_t)AIMC_NETWORK_BATCH)

struct options {
    const char *model;
    struct run run; /* data, input_max and seed; what is not given comes from the model */
    const char *split;
    double limit, threads;
    struct deployment deployment;
    struct texts storage; /* "field=value" of kind "storage" */
    const char *drift, *plot;
    bool json, quiet;
};

static int parse(struct options *o, int argc, char **argv)
{
    const struct arg args[] = {
        {.help = "Data"},
        {"data", ARG_TEXT, &o->run.data, "NAME",
         DATA_NAMES ", or IDX files, plain or .gz:\n"
                    "images,labels[,test-images,test-labels]\n"
                    "(default: the known set that the model was trained on;\n"
                    "files that a model names are not opened unless given)",
         0, 0},
        {"input-max", ARG_NUMBER, &o->run.input_max, "X",
         "input that becomes 1 (default: as in training)", 1e-6, 1e9},
        {"split", ARG_TEXT, &o->split, "PART", "test (default) or train samples", 0, 0},
        {"limit", ARG_INTEGER, &o->limit, "N", "use only the first N samples", 1, MAX_INTEGER},
        {.help = "Digital memory"},
        {"storage", ARG_TEXTS, &o->storage, "FIELD=VALUE",
         "keep the weights of digital layers as 8-bit codes in a memory\n"
         "whose bits flip: supply_v=0.75, bit_error_rate=1e-3,\n"
         "code=SECDED (NONE, PARITY, TMR), seed=2; may be repeated",
         0, 0},
        {.help = "Programmed devices"},
        {"program", ARG_TEXT, &o->deployment.noise_model, "NAME",
         "write the weights onto devices of this noise model,\n"
         "see 'aimc conductance list'; digital layers go onto tiles",
         0, 0},
        {"drift", ARG_TEXT, &o->drift, "T,T...",
         "seconds after programming (default: 0,60,3600,86400,2592000)", 0, 0},
        {"repeat", ARG_INTEGER, &o->deployment.repeat, "N",
         "chips programmed one after the other (default: 25);\n"
         "without --program: passes over the samples with new read\n"
         "noise, their mean and its standard error (default: none)",
         1, 100000},
        {"compensation", ARG_TEXT, &o->deployment.compensation, "KIND",
         "GLOBAL (default), PER_OUTPUT, REFIT, BATCH_NORM, NONE", 0, 0},
        {"encoding", ARG_TEXT, &o->deployment.encoding, "KIND",
         "single_pair (default), n_pair, single_device, ...", 0, 0},
        {"readout", ARG_TEXT, &o->deployment.readout, "NAME",
         "read-out of layers that were digital (default: standard_io)", 0, 0},
        {"config", ARG_TEXT, &o->deployment.config, "FILE",
         "JSON merged into the configuration of kind inference", 0, 0},
        {"set", ARG_TEXTS, &o->deployment.set, "FIELD=VALUE",
         "set one field of it, for example\n"
         "noise_model.prog_noise_scale=2, programming.method=VERIFY,\n"
         "faults.stuck_low=0.01; may be repeated",
         0, 0},
        {"plot", ARG_TEXT, &o->plot, "FILE",
         "write a plot of accuracies over time: name.svg or .png", 0, 0},
        {.help = "Other"},
        {"seed", ARG_INTEGER, &o->run.seed, "N",
         "root of what is random and not in the model; its\n"
         "devices and read-outs go on with their own streams",
         0, MAX_INTEGER},
        {"threads", ARG_INTEGER, &o->threads, "T",
         "threads (default: all cores); results do not depend on it", 1, 1024},
        {"json", ARG_FLAG, &o->json, "", "print one JSON object instead of text", 0, 0},
        {"quiet", ARG_FLAG, &o->quiet, "", "no progress, only the result", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary = "Run a saved network on labelled data: accuracy, and which classes it confuses.",
        .example = "  aimc train --data digits --out digits.safetensors\n"
                   "  aimc infer digits.safetensors --data digits\n"
                   "  aimc infer digits.safetensors --program pcm_like --drift 0,3600,86400\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &o->model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    return args_parse(&spec, argc, argv);
}

/* ---- counting ------------------------------------------------------------------------------- */

struct outcome {
    size_t n_classes;
    uint64_t *confusion; /* [true class][predicted class], owned */
    size_t n, correct;
    double seconds;
    aimc_storage_report storage; /* codes 0: none */
    double mean, error;          /* over --repeat passes; mean NOT_GIVEN: not asked for */
};

static double accuracy(const struct outcome *outcome)
{
    return (double)outcome->correct / (double)outcome->n;
}

static size_t largest(const float *logits, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

static int predict_all(aimc_network *net, const struct samples *samples, size_t n_in,
                       struct outcome *outcome, bool quiet)
{
    const size_t n_classes = outcome->n_classes;
    struct progress progress;
    float *logits = malloc(BATCH * n_classes * sizeof *logits);
    if (logits == NULL)
        return fail("no memory");
    progress_start(&progress, samples->n, quiet);
    progress_label(&progress, "infer");
    int rc = EXIT_GO_ON;
    for (size_t first = 0; first < samples->n && rc == EXIT_GO_ON; first += BATCH) {
        const size_t left = samples->n - first, n = left < BATCH ? left : BATCH;
        if (aimc_network_predict(net, n, samples->x + first * n_in, logits) != AIMC_OK) {
            rc = fail_library();
            break;
        }
        for (size_t i = 0; i < n; i++) {
            const size_t label = samples->labels[first + i];
            const size_t predicted = largest(logits + i * n_classes, n_classes);
            outcome->confusion[label * n_classes + predicted]++;
            outcome->correct += label == predicted ? 1 : 0;
        }
        progress_add(&progress, n);
    }
    progress_clear();
    outcome->n = samples->n;
    outcome->seconds = os_seconds() - progress.started;
    free(logits);
    return rc;
}

/* ---- digital memory ------------------------------------------------------------------------- */

static int store(const struct options *o, aimc_context *ctx, aimc_network *net,
                 aimc_storage_report *report)
{
    aimc_config *config = NULL;
    if (aimc_config_create(ctx, "storage", &config) != AIMC_OK)
        return fail_library();
    int rc = model_set_fields(config, "storage", &o->storage);
    report->struct_size = (uint32_t)sizeof *report;
    if (rc == EXIT_GO_ON && aimc_network_store(net, config, report) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

static void put_storage(struct json *json, const aimc_storage_report *r)
{
    if (r->codes == 0)
        return;
    json_open(json, "storage", '{');
    json_put_number(json, "bit_error_rate", r->bit_error_rate);
    json_put_number(json, "bits_per_bit", r->bits_per_bit);
    json_put_integer(json, "codes", r->codes);
    json_put_integer(json, "flips", r->flips);
    json_put_integer(json, "corrected", r->corrected);
    json_put_integer(json, "detected", r->detected);
    json_put_integer(json, "wrong", r->wrong);
    json_close(json, '}');
}

/* ---- result --------------------------------------------------------------------------------- */

static void print_text(const struct options *o, const aimc_network *net,
                       const struct outcome *outcome)
{
    const size_t n = outcome->n_classes;
    if (!o->quiet) {
        model_print(net);
        printf("\nclass  samples  correct  recall  mostly taken for\n");
    }
    for (size_t c = 0; c < n && !o->quiet; c++) {
        const uint64_t *row = outcome->confusion + c * n;
        uint64_t total = 0;
        size_t worst = c == 0 ? 1 : 0; /* the wrong class that was answered most */
        for (size_t k = 0; k < n; k++) {
            total += row[k];
            if (k != c && row[k] > row[worst])
                worst = k;
        }
        if (total == 0)
            continue;
        printf("%5zu  %7.0f  %7.0f  %.4f", c, (double)total, (double)row[c],
               (double)row[c] / (double)total);
        if (worst < n && row[worst] > 0)
            printf("  %zu (%.0f)", worst, (double)row[worst]);
        putchar('\n');
    }
    if (!o->quiet)
        printf("\n%s, %s part: %zu of %zu right, %.0f samples/s\n", o->run.data, o->split,
               outcome->correct, outcome->n,
               outcome->seconds > 0 ? (double)outcome->n / outcome->seconds : 0.0);
    const aimc_storage_report *s = &outcome->storage;
    if (s->codes > 0 && !o->quiet)
        printf("%.3g errors a bit: %llu of %llu codes came back wrong\n", s->bit_error_rate,
               (unsigned long long)s->wrong, (unsigned long long)s->codes);
    printf("%s accuracy %.4f\n", o->split, accuracy(outcome));
    char error[32];
    if (WAS_GIVEN(outcome->mean))
        printf("mean of %.0f passes with new read noise %.4f, standard error %s\n",
               o->deployment.repeat, outcome->mean, text_of_spread(error, 'f', 4, outcome->error));
}

static int print_json(const struct options *o, const aimc_context *ctx, const aimc_network *net,
                      const struct outcome *outcome)
{
    const size_t n = outcome->n_classes;
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "model", o->model);
    json_put_text(&json, "data", o->run.data);
    json_put_text(&json, "split", o->split);
    json_put_integer(&json, "samples", outcome->n);
    json_put_integer(&json, "correct", outcome->correct);
    json_put_number(&json, "accuracy", accuracy(outcome));
    if (WAS_GIVEN(outcome->mean)) {
        json_put_integer(&json, "repeat", (uint64_t)o->deployment.repeat);
        json_put_number(&json, "mean_accuracy", outcome->mean);
        json_put_number(&json, "std_error", outcome->error);
    }
    json_put_number(&json, "seconds", outcome->seconds);
    put_storage(&json, &outcome->storage);
    json_open(&json, "confusion", '[');
    for (size_t c = 0; c < n; c++)
        json_put_counts(&json, NULL, outcome->confusion + c * n, n);
    json_close(&json, ']');
    const int rc = model_put_json(&json, ctx, net);
    json_end(&json);
    return rc;
}

/* ---- putting it together -------------------------------------------------------------------- */

static int infer(const struct options *o, aimc_context *ctx, aimc_network *net,
                 const struct dataset *data)
{
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    struct samples samples = strcmp(o->split, "train") == 0 ? data->train : data->test;
    struct outcome outcome = {.mean = NOT_GIVEN};
    if (o->limit < (double)samples.n) /* false when it was not given */
        samples.n = (size_t)o->limit;
    if (aimc_network_get_info(net, &info) != AIMC_OK)
        return fail_library();
    outcome.n_classes = (size_t)info.n_out;
    outcome.confusion = calloc(outcome.n_classes * outcome.n_classes, sizeof *outcome.confusion);
    if (outcome.confusion == NULL)
        return fail("no memory");
    int rc = o->storage.n > 0 ? store(o, ctx, net, &outcome.storage) : EXIT_GO_ON;
    if (rc == EXIT_GO_ON)
        rc = predict_all(net, &samples, data->n_in, &outcome, o->quiet);
    if (rc == EXIT_GO_ON && WAS_GIVEN(o->deployment.repeat) &&
        aimc_network_evaluate_repeat(net, samples.n, samples.x, samples.labels,
                                     (size_t)o->deployment.repeat, &outcome.mean,
                                     &outcome.error) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON && o->json)
        rc = print_json(o, ctx, net, &outcome);
    else if (rc == EXIT_GO_ON)
        print_text(o, net, &outcome);
    free(outcome.confusion);
    return rc;
}

/* ---- programmed devices --------------------------------------------------------------------- */

static int put_deployed(const struct options *o, const aimc_context *ctx, const aimc_network *net,
                        const aimc_config *config, const aimc_noise_model *model,
                        const struct deploy_result *result)
{
    struct json json;
    const size_t length = aimc_config_to_json(config, NULL, 0);
    char *text = malloc(length + 1);
    if (text == NULL)
        return fail("no memory");
    aimc_config_to_json(config, text, length + 1);
    json_begin(&json, stdout);
    json_put_text(&json, "model", o->model);
    json_put_text(&json, "data", o->run.data);
    json_put_text(&json, "split", o->split);
    json_put_raw(&json, "inference", text);
    json_put_integer(&json, "repeat", (uint64_t)o->deployment.repeat);
    json_put_number(&json, "seed", o->deployment.seed);
    deploy_put_json(&json, result);
    extrapolations_put_noise(&json, model, o->deployment.times, o->deployment.n_times);
    const int rc = model_put_json(&json, ctx, net);
    json_end(&json);
    free(text);
    return rc;
}

static int infer_programmed(const struct options *o, aimc_context *ctx, aimc_network *net,
                            const struct dataset *data)
{
    const struct deployment *d = &o->deployment;
    struct samples samples = strcmp(o->split, "train") == 0 ? data->train : data->test;
    struct deploy_result result = {0};
    aimc_config *config = NULL;
    aimc_noise_model *model = NULL;
    if (o->limit < (double)samples.n)
        samples.n = (size_t)o->limit;
    int rc = deploy_config(ctx, d, &config);
    if (rc == EXIT_GO_ON)
        rc = deploy_model(ctx, d, &model);
    if (rc == EXIT_GO_ON)
        rc = deploy_to_tiles(ctx, net, d->readout);
    if (rc == EXIT_GO_ON)
        rc = deploy_run(net, d, config, &samples, &data->train, &result);
    if (rc == EXIT_GO_ON && o->plot != NULL)
        rc = deploy_plot(o->plot, &result);
    if (rc == EXIT_GO_ON && o->json)
        rc = put_deployed(o, ctx, net, config, model, &result);
    else if (rc == EXIT_GO_ON) {
        deploy_print(&result);
        extrapolations_print_noise(model, d->times, d->n_times);
    }
    aimc_noise_model_destroy(model);
    aimc_config_destroy(config);
    return rc;
}

/* What the command line leaves open comes from the training, where the model tells of it. */
static int complete(struct options *o, const aimc_network *net, void **document)
{
    struct run saved = RUN_UNKNOWN;
    int rc = run_read_note(&saved, aimc_network_get_note(net), o->model, true, document);
    if (rc == EXIT_GO_ON)
        rc = run_complete(&o->run, &saved, o->model);
    if (rc != EXIT_GO_ON)
        return rc;
    if (o->run.data == NULL)
        return fail_usage("--data is missing, and %s does not say what it was trained on",
                          o->model);
    if (!WAS_GIVEN(o->run.input_max))
        o->run.input_max = 0;
    return EXIT_GO_ON;
}

static int infer_on_data(struct options *o, aimc_context *ctx, aimc_network *net)
{
    unsigned parts = strcmp(o->split, "train") == 0 ? DATA_TRAIN : DATA_TEST;
    parts |= deploy_wants_inputs(&o->deployment) ? DATA_TRAIN : 0;
    struct dataset data = {0};
    void *document = NULL;
    int rc = complete(o, net, &document);
    if (rc == EXIT_GO_ON)
        rc = data_load(o->run.data, o->run.input_max, parts, &data);
    if (rc == EXIT_GO_ON)
        rc = model_check_data(net, o->model, &data);
    if (rc == EXIT_GO_ON && o->deployment.noise_model != NULL)
        rc = infer_programmed(o, ctx, net, &data);
    else if (rc == EXIT_GO_ON)
        rc = infer(o, ctx, net, &data);
    data_free(&data);
    run_document_free(document);
    return rc;
}

static int check_deployment(struct options *o)
{
    struct deployment *d = &o->deployment;
    const bool any = o->drift != NULL || d->encoding != NULL || d->compensation != NULL ||
                     d->readout != NULL || d->config != NULL || d->set.n > 0 || o->plot != NULL;
    if (d->noise_model == NULL)
        return any ? fail_usage(
                         "--drift, --compensation, --encoding, --readout, --config, --set and "
                         "--plot need --program")
                   : EXIT_GO_ON;
    if (d->compensation == NULL)
        d->compensation = "GLOBAL";
    if (!WAS_GIVEN(d->repeat))
        d->repeat = 25;
    if (o->storage.n > 0)
        return fail_usage("--storage is of digital layers; --program writes them onto devices");
    d->seed = WAS_GIVEN(o->run.seed) ? o->run.seed : 1;
    d->quiet = o->quiet || o->json;
    return deploy_parse_times(d, o->drift != NULL ? o->drift : "0,60,3600,86400,2592000");
}

int cmd_infer(int argc, char **argv)
{
    struct options o = {.run = RUN_UNKNOWN,
                        .split = "test",
                        .limit = NOT_GIVEN,
                        .threads = NOT_GIVEN,
                        .deployment = {.repeat = NOT_GIVEN}};
    aimc_context *ctx = NULL;
    aimc_network *net = NULL;
    int rc = parse(&o, argc, argv);
    if (rc == EXIT_GO_ON && strcmp(o.split, "test") != 0 && strcmp(o.split, "train") != 0)
        rc = fail_usage("--split '%s': give test or train", o.split);
    if (rc == EXIT_GO_ON)
        rc = plot_check_name(o.plot);
    if (rc == EXIT_GO_ON)
        rc = check_deployment(&o);
    if (rc == EXIT_GO_ON)
        rc = model_context(o.run.seed, o.threads, &ctx);
    if (rc == EXIT_GO_ON)
        rc = model_load(ctx, o.model, &net);
    if (rc == EXIT_GO_ON)
        rc = infer_on_data(&o, ctx, net);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    free(o.deployment.set.items);
    free(o.storage.items);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}
