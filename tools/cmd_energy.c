/* SPDX-License-Identifier: MIT */
/* aimc energy: what the training that a saved network remembers would have cost, and what one
 * inference costs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "args.h"
#include "cmd.h"
#include "deploy.h"
#include "extrapolations.h"
#include "layers.h"
#include "model.h"
#include "report.h"
#include "run.h"
#include "wear.h"

struct request {
    const char *model, *technology;
    struct texts settings;
    struct run run; /* data and input_max; what is not given comes from the model */
    double samples, drift;
    struct deployment chip;
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
    aimc_noise_model *model;  /* of the programmed devices, or NULL */
    double drift;             /* when they are read */
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
    int rc = deploy_config(ctx, &q->chip, &config);
    if (rc == EXIT_GO_ON)
        rc = deploy_model(ctx, &q->chip, &r->model);
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
    for (size_t k = 0; k < r->layers.n && rc == EXIT_GO_ON; k++)
        (void)account_some(cost, net, r->layers.rows[k].first_matrix,
                           (size_t)r->layers.rows[k].info.n_matrices, &r->of_layer[k], &rc);
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
    if (rc == EXIT_GO_ON && q->chip.noise_model != NULL)
        rc = deploy_to_tiles(ctx, net, q->chip.readout);
    if (rc == EXIT_GO_ON)
        rc = account_make(cost, net, &r->training);
    if (rc == EXIT_GO_ON)
        rc = wear_gather(net, WEAR_ALL, &r->wear);
    if (rc == EXIT_GO_ON && q->chip.noise_model != NULL)
        rc = program(q, ctx, cost, net, r);
    if (rc == EXIT_GO_ON && q->samples > 0 && q->run.data != NULL)
        rc = infer(q, cost, net, r);
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

static void print_training(const struct result *r)
{
    const aimc_cost_report *t = &r->training.report;
    printf("all that was counted in training, %zu samples\n\n", r->samples_trained);
    account_print(&r->training);
    printf("\n%.5g J and %.5g s for the training run; ", t->energy_j, t->time_s);
    print_figures(t);
    printf("%.4g pulses a device, of %.15g devices, %.3g of its endurance\n", t->pulses_per_device,
           t->devices, t->endurance_used);
    if (t->pulses_per_device > 0)
        wear_print(&r->wear, t->endurance, t->devices);
}

static void print_programming(const struct result *r)
{
    const aimc_cost_report *p = &r->programming.report;
    printf("\nprogramming of %llu devices, %llu pulses, %llu reads between them\n\n",
           (unsigned long long)r->chip.n_devices, (unsigned long long)r->chip.pulses,
           (unsigned long long)r->chip.verify_reads);
    account_print(&r->programming);
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

static void print_inference(const struct result *r)
{
    const aimc_cost_report *i = &r->inference.report;
    const double n = (double)r->samples;
    printf("\n%zu inferences\n\n", r->samples);
    account_print(&r->inference);
    print_layers(r);
    printf("\n%.5g J and %.5g s for an inference; ", i->energy_j / n, i->time_s / n);
    print_figures(i);
}

static void print_text(const aimc_cost_model *cost, const struct result *r)
{
    print_training(r);
    if (r->programmed)
        print_programming(r);
    if (r->inferred)
        print_inference(r);
    const aimc_cost_report *of = r->inferred ? &r->inference.report : &r->training.report;
    if (of->adc_below_floor)
        printf("the ADC costs less than the thermal limit allows\n");
    aimc_cost_baseline b = {.struct_size = (uint32_t)sizeof b};
    printf("\na multiply-accumulate elsewhere, and how often %s fits into it\n",
           r->inferred ? "one of an inference" : "one of the training");
    for (size_t i = 0; aimc_cost_baseline_get(i, &b) == AIMC_OK; i++)
        printf("%-10s %10.4g fJ/MAC, %8.4g times%s (%s)\n", b.name, 1e15 * b.j_per_mac,
               b.j_per_mac / of->j_per_mac, b.assumed ? ", assumed" : "", b.source);
    putchar('\n');
    account_print_assumptions(cost);
    if (r->model != NULL)
        extrapolations_print_noise(r->model, &r->drift, 1);
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
    json_put_text(&json, "technology", q->technology);
    json_open(&json, "training", '{');
    json_put_integer(&json, "samples", r->samples_trained);
    account_put_json(&json, &r->training);
    wear_put_json(&json, &r->wear, r->training.report.endurance);
    json_close(&json, '}');
    if (r->programmed) {
        json_open(&json, "programming", '{');
        json_put_integer(&json, "pulses", r->chip.pulses);
        json_put_integer(&json, "verify_reads", r->chip.verify_reads);
        json_put_number(&json, "weight_error", r->chip.weight_error);
        account_put_json(&json, &r->programming);
        extrapolations_put_noise(&json, r->model, &r->drift, 1);
        json_close(&json, '}');
    }
    if (r->inferred) {
        const double n = (double)r->samples;
        json_open(&json, "inference", '{');
        json_put_integer(&json, "samples", r->samples);
        json_put_number(&json, "j_per_inference", r->inference.report.energy_j / n);
        json_put_number(&json, "s_per_inference", r->inference.report.time_s / n);
        account_put_json(&json, &r->inference);
        json_put_number(&json, "j_waiting_per_inference", waiting_j(r) / (double)r->samples);
        put_layers(&json, r);
        json_close(&json, '}');
    }
    put_baselines(&json);
    account_put_assumptions(&json, cost);
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
    if (q->chip.noise_model == NULL)
        return account_open(ctx, q->technology, "set", &q->settings, cost);
    int rc = deploy_model(ctx, &q->chip, &model);
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
        rc = account_open(ctx, q->technology, "set", &all, cost);
    }
    free(all.items);
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
        rc = model_load(ctx, q->model, &net);
    if (rc == EXIT_GO_ON)
        rc = count(q, ctx, cost, net, &result);
    if (rc == EXIT_GO_ON && q->json)
        print_json(q, cost, &result);
    else if (rc == EXIT_GO_ON)
        print_text(cost, &result);
    wear_free(&result.wear);
    layers_free(&result.layers);
    free(result.of_layer);
    aimc_noise_model_destroy(result.model);
    aimc_cost_model_destroy(cost);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_energy(int argc, char **argv)
{
    struct request q = {
        .technology = "rram_32nm", .run = RUN_UNKNOWN, .samples = AIMC_NETWORK_BATCH};
    const struct arg args[] = {
        {.help = "Costs"},
        {"technology", ARG_TEXT, &q.technology, "NAME",
         "what events cost: rram_32nm (default), isaac_32nm,\n"
         "ferro_write_20ns ... ferro_write_200us, technology",
         0, 0},
        {"set", ARG_TEXTS, &q.settings, "FIELD=VALUE",
         "change one constant; may be repeated: --set adc_bits=6", 0, 0},
        {.help = "Inference"},
        {"data", ARG_TEXT, &q.run.data, "NAME",
         DATA_NAMES ", or IDX files\n(default: what the model was trained on)", 0, 0},
        {"input-max", ARG_NUMBER, &q.run.input_max, "X",
         "input that becomes 1 (default: as in training)", 1e-6, 1e9},
        {"samples", ARG_INTEGER, &q.samples, "N",
         "test samples to infer (default: 256; 0: the training alone)", 0, MAX_INTEGER},
        {.help = "Programmed devices"},
        {"program", ARG_TEXT, &q.chip.noise_model, "NAME",
         "write the weights onto devices of this noise model first,\n"
         "see 'aimc conductance list'; its conductances are priced",
         0, 0},
        {"encoding", ARG_TEXT, &q.chip.encoding, "KIND",
         "single_pair (default), n_pair, single_device, ...", 0, 0},
        {"readout", ARG_TEXT, &q.chip.readout, "NAME",
         "read-out of layers that were digital (default: standard_io)", 0, 0},
        {"program-set", ARG_TEXTS, &q.chip.set, "FIELD=VALUE",
         "set one field of kind inference: programming.method=VERIFY", 0, 0},
        {"drift", ARG_NUMBER, &q.drift, "T", "infer T seconds after programming (default: 0)", 0,
         1e12},
        {.help = "Other"},
        {"json", ARG_FLAG, &q.json, "", "print one JSON object instead of text", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary = "Energy, time, area and endurance: of the training that the tiles of a saved "
                   "network\ncounted, of programming a chip, and of an inference.",
        .example = "  aimc train --data digits --out digits.safetensors\n"
                   "  aimc energy digits.safetensors --technology rram_32nm\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &q.model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON && q.chip.noise_model == NULL &&
        (q.chip.encoding != NULL || q.chip.readout != NULL || q.chip.set.n > 0 || q.drift > 0))
        rc = fail_usage("--encoding, --readout, --program-set and --drift need --program");
    if (rc == EXIT_GO_ON)
        rc = run(&q);
    free(q.chip.set.items);
    free(q.settings.items);
    return rc;
}
