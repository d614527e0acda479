/* SPDX-License-Identifier: MIT */
/* aimc energy: what the training that a saved network remembers would have cost, and what one
 * inference costs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "args.h"
#include "bill.h"
#include "cmd.h"
#include "deploy.h"
#include "energy_layers.h"
#include "extrapolations.h"
#include "layers.h"
#include "model.h"
#include "pipeline.h"
#include "report.h"
#include "run.h"
#include "wear.h"

enum { MOST_OTHERS = 8 };

struct request {
    const char *model, *chip, *technology, *layers, *picture, *csv;
    struct texts settings, others; /* chips to compare with */
    struct table_options table;
    struct run run; /* data and input_max; what is not given comes from the model */
    double samples, drift;
    struct deployment deployment;
    bool json;
};

/* What there is to tell. */
struct result {
    bool programmed, inferred;
    size_t samples_trained;
    size_t samples;
    struct account training, programming, inference;
    aimc_inference_report chip;
    struct wear wear;
    struct layers layers;     /* of the inference */
    struct account *of_layer; /* [layers.n], owned; no conversions where one is digital */
    struct pipeline pipeline; /* of the analog layers */
    aimc_cost_model *other[MOST_OTHERS]; /* chips to compare with */
    struct account on_other[MOST_OTHERS];
    aimc_noise_model *model; /* of the programmed devices, or NULL */
    double drift;            /* when they are read */
};

/* ---- counting ------------------------------------------------------------------------------- */

static int predict(aimc_network *net, const struct dataset *data, size_t n)
{
    const size_t batch = AIMC_NETWORK_BATCH;
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    if (aimc_network_get_info(net, &info) != AIMC_OK)
        return fail_library();
    float *logits = malloc(batch * (size_t)info.n_out * sizeof *logits);
    if (logits == NULL)
        return fail("no memory");
    int rc = EXIT_GO_ON;
    for (size_t first = 0; first < n && rc == EXIT_GO_ON; first += batch) {
        const size_t m = n - first < batch ? n - first : batch;
        if (aimc_network_predict(net, m, data->test.x + first * data->n_in, logits) != AIMC_OK)
            rc = fail_library();
    }
    free(logits);
    return rc;
}

/* Write the weights onto devices, with nothing counted before; digital layers go onto tiles. */
static int program(const struct request *q, aimc_context *ctx, const aimc_cost_model *cost,
                   aimc_network *net, struct result *r)
{
    aimc_config *config = NULL;
    int rc = deploy_config(ctx, &q->deployment, &config);
    if (rc == EXIT_GO_ON)
        rc = deploy_model(ctx, &q->deployment, &r->model);
    r->drift = q->drift;
    if (rc == EXIT_GO_ON)
        rc = account_begin(net);
    r->chip.struct_size = (uint32_t)sizeof r->chip;
    if (rc == EXIT_GO_ON && aimc_network_program(net, config, &r->chip) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON && q->drift > 0 &&
        aimc_network_drift_programmed(net, q->drift, NULL) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON)
        rc = account_make(cost, net, &r->programming);
    r->programmed = rc == EXIT_GO_ON;
    aimc_config_destroy(config);
    return rc;
}

/* What each layer did of it. */
static int split(const aimc_cost_model *cost, aimc_network *net, struct result *r)
{
    int rc = layers_make(net, &r->layers);
    if (rc != EXIT_GO_ON)
        return rc;
    r->of_layer = calloc(r->layers.n + 1, sizeof *r->of_layer);
    if (r->of_layer == NULL)
        return fail("no memory");
    rc = pipeline_make(&r->pipeline, r->layers.n);
    for (size_t k = 0; k < r->layers.n && rc == EXIT_GO_ON; k++) {
        const struct layer_row *row = &r->layers.rows[k];
        if (account_some(cost, net, row->first_matrix, (size_t)row->info.n_matrices,
                         &r->of_layer[k], &rc))
            pipeline_add(&r->pipeline, row->info.name, &r->of_layer[k].events);
    }
    if (rc == EXIT_GO_ON)
        rc = pipeline_run(cost, NULL, &r->pipeline);
    return rc;
}

/* Run test samples, with nothing counted before. */
static int infer(const struct request *q, const aimc_cost_model *cost, aimc_network *net,
                 struct result *r)
{
    struct dataset data = {0};
    int rc = data_load(q->run.data, WAS_GIVEN(q->run.input_max) ? q->run.input_max : 0, DATA_TEST,
                       &data);
    if (rc == EXIT_GO_ON)
        rc = model_check_data(net, q->model, &data);
    r->samples = q->samples < (double)data.test.n ? (size_t)q->samples : data.test.n;
    if (rc == EXIT_GO_ON)
        rc = account_begin(net);
    if (rc == EXIT_GO_ON)
        rc = predict(net, &data, r->samples);
    if (rc == EXIT_GO_ON)
        rc = account_make(cost, net, &r->inference);
    if (rc == EXIT_GO_ON)
        rc = split(cost, net, r);
    for (size_t k = 0; k < q->others.n && rc == EXIT_GO_ON; k++)
        rc = account_make(r->other[k], net, &r->on_other[k]);
    r->inferred = rc == EXIT_GO_ON;
    data_free(&data);
    return rc;
}

static int count(struct request *q, aimc_context *ctx, const aimc_cost_model *cost,
                 aimc_network *net, struct result *r)
{
    struct run saved = RUN_UNKNOWN;
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    void *document = NULL;
    int rc = run_read_note(&saved, aimc_network_get_note(net), q->model, true, &document);
    run_fill(&q->run, &saved);
    if (rc == EXIT_GO_ON && aimc_network_get_info(net, &info) != AIMC_OK)
        rc = fail_library();
    r->samples_trained = (size_t)info.n_samples;
    if (rc == EXIT_GO_ON && q->deployment.noise_model != NULL)
        rc = deploy_to_tiles(ctx, net, q->deployment.readout);
    if (rc == EXIT_GO_ON)
        rc = account_make(cost, net, &r->training);
    if (rc == EXIT_GO_ON)
        rc = wear_gather(net, WEAR_ALL, &r->wear);
    if (rc == EXIT_GO_ON && q->deployment.noise_model != NULL)
        rc = program(q, ctx, cost, net, r);
    if (rc == EXIT_GO_ON && q->samples > 0 && q->run.data != NULL)
        rc = infer(q, cost, net, r);
    else if (rc == EXIT_GO_ON && q->samples > 0 && saved.named != NULL)
        remark("the account of an inference is left out: the model names the files '%s' as its "
               "data, but opens none; give them, or others, as --data",
               saved.named);
    q->run.data = NULL; /* may be a text of the document */
    run_document_free(document);
    return rc;
}

/* ---- telling -------------------------------------------------------------------------------- */

static void print_figures(const aimc_cost_report *r)
{
    printf("%.5g fJ/MAC, %.4g TOPS/W, %.4g TOPS/mm2, %.3g kg CO2\n", 1e15 * r->j_per_mac,
           1e-12 * r->ops_per_j, 1e-18 * r->ops_per_s_m2, r->co2_kg);
}

static void print_training(const aimc_cost_model *cost, const struct result *r)
{
    const aimc_cost_report *t = &r->training.report;
    printf("all that was counted in training, %zu samples\n\n", r->samples_trained);
    bill_print(cost, &r->training);
    printf("\n%.5g J and %.5g s for the training run; ", t->energy_j, t->time_s);
    print_figures(t);
    printf("%.4g pulses a device, of %.15g devices, %.3g of its endurance\n", t->pulses_per_device,
           t->devices, t->endurance_used);
    if (t->pulses_per_device > 0)
        wear_print(&r->wear, t->endurance, t->devices);
}

static void print_programming(const aimc_cost_model *cost, const struct result *r)
{
    const aimc_cost_report *p = &r->programming.report;
    printf("\nprogramming of %llu devices, %llu pulses, %llu reads between them\n\n",
           (unsigned long long)r->chip.n_devices, (unsigned long long)r->chip.pulses,
           (unsigned long long)r->chip.verify_reads);
    bill_print(cost, &r->programming);
    printf("\n%.5g J and %.5g s to program the chip\n", p->energy_j, p->time_s);
}

/* Leakage of arrays while others work: what the layers leave of the whole. */
static double waiting_j(const struct result *r)
{
    double rest = r->inference.report.energy_j;
    for (size_t k = 0; k < r->layers.n; k++)
        rest -= r->of_layer[k].report.energy_j;
    return rest > 0 ? rest : 0;
}

/* Of one inference, layer by layer. */
static void print_layers(const struct result *r)
{
    const double n = (double)r->samples;
    printf(
        "\nlayer                 vectors        MACs       DAC       ADC  tiles  in use            "
        "pJ\n");
    for (size_t k = 0; k < r->layers.n; k++) {
        const struct layer_row *row = &r->layers.rows[k];
        const struct account *a = &r->of_layer[k];
        if (!row->info.is_analog)
            continue;
        printf("%-20s %8llu %11.0f %9.0f %9.0f %6llu %6.1f%% %13.6g\n", row->info.name,
               (unsigned long long)row->vectors, a->events.macs / n, a->events.dac_conversions / n,
               a->events.adc_conversions / n, (unsigned long long)row->info.n_tiles,
               100 * row->utilisation, 1e12 * a->report.energy_j / n);
    }
    printf("%-20s %76.6g\n", "leakage of the others", 1e12 * waiting_j(r) / n);
}

/* The same inferences on other chips. */
static void print_others(const struct request *q, const struct result *r)
{
    const double n = (double)r->samples;
    if (q->others.n == 0)
        return;
    printf("\npJ an inference  %14.14s", q->chip);
    for (size_t k = 0; k < q->others.n; k++)
        printf(" %14.14s", q->others.items[k]);
    printf("\n");
    for (int part = 0; part <= AIMC_COST_PARTS; part++) {
        const bool total = part == AIMC_COST_PARTS;
        const aimc_cost_report *first = &r->inference.report;
        printf("%-16s", total ? "total" : first->parts[part].name);
        for (size_t k = 0; k <= q->others.n; k++) {
            const aimc_cost_report *of = k ? &r->on_other[k - 1].report : first;
            printf(" %14.6g", 1e12 * (total ? of->energy_j : of->parts[part].energy_j) / n);
        }
        printf("\n");
    }
}

static void put_layers(struct json *json, const struct result *r)
{
    const double n = (double)r->samples;
    json_open(json, "layers", '[');
    for (size_t k = 0; k < r->layers.n; k++) {
        const struct account *a = &r->of_layer[k];
        if (r->layers.rows[k].info.n_matrices == 0)
            continue;
        json_open(json, NULL, '{');
        layers_put_row(json, &r->layers.rows[k]);
        json_put_number(json, "dac_conversions_per_inference", a->events.dac_conversions / n);
        json_put_number(json, "adc_conversions_per_inference", a->events.adc_conversions / n);
        json_put_number(json, "j_per_inference", a->report.energy_j / n);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_inference(const aimc_cost_model *cost, const struct result *r)
{
    const aimc_cost_report *i = &r->inference.report;
    const double n = (double)r->samples;
    printf("\n%zu inferences\n\n", r->samples);
    bill_print(cost, &r->inference);
    print_layers(r);
    printf("\n%.5g J and %.5g s for an inference; ", i->energy_j / n, i->time_s / n);
    print_figures(i);
    pipeline_print(&r->pipeline, n);
    bill_print_range(cost, &r->inference);
}

static void print_text(const struct request *q, const aimc_cost_model *cost, const struct result *r)
{
    print_training(cost, r);
    if (r->programmed)
        print_programming(cost, r);
    if (r->inferred)
        print_inference(cost, r);
    if (r->inferred)
        print_others(q, r);
    const struct account *account = r->inferred ? &r->inference : &r->training;
    const aimc_cost_report *of = &account->report;
    if (of->adc_below_floor)
        printf("the ADC costs less than the thermal limit allows\n");
    aimc_cost_baseline b = {.struct_size = (uint32_t)sizeof b};
    printf("\na multiply-accumulate elsewhere, and how often %s fits into it\n",
           r->inferred ? "one of an inference" : "one of the training");
    for (size_t i = 0; aimc_cost_baseline_get(i, &b) == AIMC_OK; i++)
        printf("%-10s %10.4g fJ/MAC, %8.4g times%s (%s)\n", b.name, 1e15 * b.j_per_mac,
               b.j_per_mac / of->j_per_mac, b.assumed ? ", assumed" : "", b.source);
    putchar('\n');
    bill_print_assumptions(cost, account);
    if (r->model != NULL)
        extrapolations_print_noise(r->model, &r->drift, 1);
}

static void put_others(struct json *json, const struct request *q, const struct result *r)
{
    json_open(json, "compared", '[');
    for (size_t k = 0; k < q->others.n; k++) {
        json_open(json, NULL, '{');
        json_put_text(json, "chip", q->others.items[k]);
        bill_put_json(json, r->other[k], &r->on_other[k]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_baselines(struct json *json)
{
    aimc_cost_baseline b = {.struct_size = (uint32_t)sizeof b};
    json_open(json, "baselines", '[');
    for (size_t i = 0; aimc_cost_baseline_get(i, &b) == AIMC_OK; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "name", b.name);
        json_put_number(json, "j_per_mac", b.j_per_mac);
        json_put_text(json, "source", b.source);
        json_put_flag(json, "assumed", b.assumed);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_json(const struct request *q, const aimc_cost_model *cost, const struct result *r)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "model", q->model);
    json_put_text(&json, "technology", q->chip);
    json_put_text(&json, "chip", q->chip);
    json_open(&json, "training", '{');
    json_put_integer(&json, "samples", r->samples_trained);
    bill_put_json(&json, cost, &r->training);
    wear_put_json(&json, &r->wear, r->training.report.endurance);
    json_close(&json, '}');
    if (r->programmed) {
        json_open(&json, "programming", '{');
        json_put_integer(&json, "pulses", r->chip.pulses);
        json_put_integer(&json, "verify_reads", r->chip.verify_reads);
        json_put_number(&json, "weight_error", r->chip.weight_error);
        bill_put_json(&json, cost, &r->programming);
        extrapolations_put_noise(&json, r->model, &r->drift, 1);
        json_close(&json, '}');
    }
    if (r->inferred) {
        const double n = (double)r->samples;
        json_open(&json, "inference", '{');
        json_put_integer(&json, "samples", r->samples);
        json_put_number(&json, "j_per_inference", r->inference.report.energy_j / n);
        json_put_number(&json, "s_per_inference", r->inference.report.time_s / n);
        bill_put_json(&json, cost, &r->inference);
        json_put_number(&json, "j_waiting_per_inference", waiting_j(r) / (double)r->samples);
        put_layers(&json, r);
        pipeline_put_json(&json, &r->pipeline, (double)r->samples);
        put_others(&json, q, r);
        json_close(&json, '}');
    }
    put_baselines(&json);
    bill_put_assumptions(&json, cost, r->inferred ? &r->inference : &r->training);
    json_end(&json);
}

/* What the devices conduct is the noise model's: a constant of the technology, unless it was
 * set. */
static int open_costs(struct request *q, aimc_context *ctx, aimc_cost_model **cost)
{
    aimc_noise_model *model = NULL;
    aimc_noise_model_info info = {.struct_size = (uint32_t)sizeof info};
    char unit[64];
    const char *of_model[] = {unit, "g_off=0"};
    struct texts all = {of_model, 2};
    if (q->deployment.noise_model == NULL)
        return account_open(ctx, q->chip, "set", &q->settings, cost);
    int rc = deploy_model(ctx, &q->deployment, &model);
    if (rc == EXIT_GO_ON && aimc_noise_model_get_info(model, &info) != AIMC_OK)
        rc = fail_library();
    aimc_noise_model_destroy(model);
    all.n += q->settings.n;
    all.items = malloc(all.n * sizeof *all.items);
    if (rc == EXIT_GO_ON && all.items == NULL)
        rc = fail("no memory");
    if (rc == EXIT_GO_ON) {
        snprintf(unit, sizeof unit, "g_unit=%.17g", 1e-6 * info.g_max_us);
        memcpy(all.items, of_model, sizeof of_model);
        for (size_t i = 0; i < q->settings.n; i++)
            all.items[2 + i] = q->settings.items[i];
        rc = account_open(ctx, q->chip, "set", &all, cost);
    }
    free(all.items);
    return rc;
}

/* ---- running -------------------------------------------------------------------------------- */

static int open_others(const struct request *q, aimc_context *ctx, struct result *r)
{
    const struct texts none = {NULL, 0};
    if (q->others.n > MOST_OTHERS)
        return fail_usage("--compare: %zu chips; at most %d", q->others.n, MOST_OTHERS);
    int rc = EXIT_GO_ON;
    for (size_t k = 0; k < q->others.n && rc == EXIT_GO_ON; k++)
        rc = account_open(ctx, q->others.items[k], "set", &none, &r->other[k]);
    return rc;
}

/* Bars of the analog layers, then of other chips. */
static int draw(const struct request *q, const aimc_cost_model *cost, const struct result *r)
{
    struct bar *bars = calloc(r->layers.n + 1 + MOST_OTHERS, sizeof *bars);
    size_t n = 0;
    if (bars == NULL)
        return fail("no memory");
    for (size_t k = 0; k < r->layers.n; k++)
        if (r->layers.rows[k].info.is_analog)
            bars[n++] = (struct bar){r->layers.rows[k].info.name, cost, &r->of_layer[k],
                                     (double)r->samples};
    for (size_t k = 0; k < q->others.n; k++)
        bars[n++] =
            (struct bar){q->others.items[k], r->other[k], &r->on_other[k], (double)r->samples};
    int rc = EXIT_GO_ON;
    if (q->picture != NULL)
        rc = bill_write_picture(q->picture, "Energy of an inference", bars, n);
    if (rc == EXIT_GO_ON && q->csv != NULL)
        rc = bill_write_table(q->csv, bars, n);
    free(bars);
    return rc;
}

static int run(struct request *q)
{
    aimc_context *ctx = NULL;
    aimc_network *net = NULL;
    aimc_cost_model *cost = NULL;
    struct result result = {0};
    int rc = model_context(0, 1, &ctx);
    if (rc == EXIT_GO_ON)
        rc = open_costs(q, ctx, &cost);
    if (rc == EXIT_GO_ON)
        rc = open_others(q, ctx, &result);
    if (rc == EXIT_GO_ON)
        rc = model_load(ctx, q->model, &net);
    if (rc == EXIT_GO_ON)
        rc = count(q, ctx, cost, net, &result);
    if (rc == EXIT_GO_ON && !result.inferred && (q->picture || q->csv || q->others.n > 0))
        rc = fail_usage("--svg, --csv and --compare are of inferences, and there is none: %s",
                        q->samples > 0 ? "give --data" : "--samples is 0");
    if (rc == EXIT_GO_ON && q->json)
        print_json(q, cost, &result);
    else if (rc == EXIT_GO_ON)
        print_text(q, cost, &result);
    if (rc == EXIT_GO_ON && result.inferred)
        rc = draw(q, cost, &result);
    wear_free(&result.wear);
    layers_free(&result.layers);
    free(result.of_layer);
    pipeline_free(&result.pipeline);
    aimc_noise_model_destroy(result.model);
    for (size_t k = 0; k < MOST_OTHERS; k++)
        aimc_cost_model_destroy(result.other[k]);
    aimc_cost_model_destroy(cost);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

/* Options that contradict each other, and what stands for what. */
static int check(struct request *q)
{
    if (q->chip != NULL && q->technology != NULL)
        return fail_usage("--chip and --technology are the same: give one");
    if (q->chip == NULL)
        q->chip = q->technology != NULL ? q->technology : "rram_32nm";
    if ((q->model != NULL) == (q->layers != NULL))
        return fail_usage("give a model, or --layers with a table");
    if (q->layers != NULL &&
        (q->deployment.noise_model != NULL || q->others.n > 0 || q->run.data != NULL))
        return fail_usage("--layers needs no model: --program, --compare and --data are for one");
    return EXIT_GO_ON;
}

int cmd_energy(int argc, char **argv)
{
    struct request q = {.run = RUN_UNKNOWN, .samples = AIMC_NETWORK_BATCH};
    const struct arg args[] = {
        {.help = "Costs"},
        {"chip", ARG_TEXT, &q.chip, "NAME",
         "a chip or a technology, by name or as a JSON file:\n"
         "rram_32nm (default), isaac_32nm, hermes_14nm,\n"
         "neurram_130nm, jia_65nm, rram_40nm, generic_22nm,\n"
         "generic_28nm, generic_32nm, generic_40nm,\n"
         "ferro_write_20ns ... ferro_write_200us, technology",
         0, 0},
        {"technology", ARG_TEXT, &q.technology, "NAME", "the same as --chip", 0, 0},
        {"set", ARG_TEXTS, &q.settings, "FIELD=VALUE",
         "change one constant; may be repeated: --set vdd=0.8,\n"
         "--set rows=256, --set shift_add.energy=2e-14",
         0, 0},
        {"compare", ARG_TEXTS, &q.others, "NAME",
         "price the inferences on another chip beside it; may be\nrepeated", 0, 0},
        {.help = "A network that is only a table"},
        {"layers", ARG_TEXT, &q.layers, "FILE",
         "no model: a row for each layer with columns n_out, n_in\n"
         "and any of vectors, n_steps, n_column_sets, dac_bits,\n"
         "adc_bits, n_cells, n_conversions, pooled, copies",
         0, 0},
        {.help = "Inference"},
        {"data", ARG_TEXT, &q.run.data, "NAME",
         DATA_NAMES ", or IDX files\n(default: what the model was trained on)", 0, 0},
        {"input-max", ARG_NUMBER, &q.run.input_max, "X",
         "input that becomes 1 (default: as in training)", 1e-6, 1e9},
        {"samples", ARG_INTEGER, &q.samples, "N",
         "test samples to infer (default: 256; 0: the training alone)", 0, MAX_INTEGER},
        {.help = "Programmed devices"},
        {"program", ARG_TEXT, &q.deployment.noise_model, "NAME",
         "write the weights onto devices of this noise model first,\n"
         "see 'aimc conductance list'; its conductances are priced",
         0, 0},
        {"encoding", ARG_TEXT, &q.deployment.encoding, "KIND",
         "single_pair (default), n_pair, single_device, ...", 0, 0},
        {"readout", ARG_TEXT, &q.deployment.readout, "NAME",
         "read-out of layers that were digital (default: standard_io)", 0, 0},
        {"program-set", ARG_TEXTS, &q.deployment.set, "FIELD=VALUE",
         "set one field of kind inference: programming.method=VERIFY", 0, 0},
        {"drift", ARG_NUMBER, &q.drift, "T", "infer T seconds after programming (default: 0)", 0,
         1e12},
        {.help = "Output"},
        {"svg", ARG_TEXT, &q.picture, "FILE", "a bar of each layer by part", 0, 0},
        {"csv", ARG_TEXT, &q.csv, "FILE", "every component of each layer", 0, 0},
        {"json", ARG_FLAG, &q.json, "", "print one JSON object instead of text", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "[MODEL] [options]",
        .summary = "Energy, time, area and endurance: of the training that the tiles of a saved "
                   "network\ncounted, of programming a chip, and of an inference.",
        .example = "  aimc train --data digits --out digits.safetensors\n"
                   "  aimc energy digits.safetensors --chip rram_32nm\n"
                   "  aimc energy --layers resnet.csv --chip isaac_32nm\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &q.model,
        .min_positionals = 0,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON && q.deployment.noise_model == NULL &&
        (q.deployment.encoding != NULL || q.deployment.readout != NULL || q.deployment.set.n > 0 ||
         q.drift > 0))
        rc = fail_usage("--encoding, --readout, --program-set and --drift need --program");
    if (rc == EXIT_GO_ON)
        rc = check(&q);
    if (rc == EXIT_GO_ON)
        rc = q.layers != NULL
                 ? energy_layers(q.chip, &q.settings, q.layers, &q.table, q.json, q.picture, q.csv)
                 : run(&q);
    free(q.others.items);
    free(q.deployment.set.items);
    free(q.settings.items);
    return rc;
}
