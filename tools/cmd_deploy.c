/* SPDX-License-Identifier: MIT */
/* aimc deploy: what is done to a network so that it runs on a chip. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "inputs.h"
#include "model.h"
#include "report.h"

struct request {
    const char *model, *out, *layer, *patterns, *noise_model, *folder, *measured;
    struct inputs inputs;
    struct texts set, calibration, inference;
    double limit, drift, seed, threads;
    bool fold, csv, json;
};

struct job {
    aimc_context *ctx;
    aimc_network *net;
    size_t n_folded;
};

static const double most_samples = 1024; /* of those that ranges are taken from */

/* ---- onto tiles ----------------------------------------------------------------------------- */

/* A layer preset as it is; a device in a layer's default surroundings. */
static int layer_config(const struct request *q, aimc_context *ctx, aimc_config **config)
{
    aimc_preset_info info;
    const int rc = model_find_preset(ctx, q->layer, &info);
    if (rc != EXIT_GO_ON)
        return rc;
    const bool is_layer = strcmp(info.category, "layer") == 0;
    if (!is_layer && strcmp(info.category, "device") != 0)
        return fail_usage("--device %s: that is of the kind '%s', not a device", q->layer,
                          info.category);
    if (aimc_config_create(ctx, is_layer ? q->layer : "layer", config) != AIMC_OK)
        return fail_library();
    if (!is_layer && aimc_config_set_text(*config, "device", q->layer) != AIMC_OK)
        return fail_usage("--device: %s", library_sentence());
    return model_set_fields(*config, "set", &q->set);
}

static int put_on_tiles(const struct request *q, const struct job *j)
{
    aimc_config *config = NULL;
    if (q->layer == NULL)
        return EXIT_GO_ON;
    int rc = layer_config(q, j->ctx, &config);
    if (rc == EXIT_GO_ON && aimc_network_convert(j->net, q->patterns, config) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

/* ---- calibration ---------------------------------------------------------------------------- */

static int calibrate_with(const struct request *q, const struct job *j, const struct array *x)
{
    aimc_config *config = NULL;
    const double most = WAS_GIVEN(q->limit) ? q->limit : most_samples;
    const size_t n = most < (double)x->dims[0] ? (size_t)most : x->dims[0];
    if (aimc_config_create(j->ctx, "calibration", &config) != AIMC_OK)
        return fail_library();
    int rc = model_set_fields(config, "calibration", &q->calibration);
    if (rc == EXIT_GO_ON && aimc_network_calibrate(j->net, n, x->values, config) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

static int calibrate(const struct request *q, const struct job *j)
{
    static struct ports ports; /* large */
    static struct array x[MAX_PORTS];
    if (q->inputs.data.n == 0)
        return EXIT_GO_ON;
    int rc = inputs_find_ports(j->net, &ports);
    if (rc == EXIT_GO_ON)
        rc = inputs_load(&q->inputs, "calibrate", q->model, &ports, x);
    if (rc == EXIT_GO_ON)
        rc = calibrate_with(q, j, &x[0]);
    for (size_t k = 0; k < MAX_PORTS; k++)
        array_free(&x[k]);
    return rc;
}

/* ---- programming ---------------------------------------------------------------------------- */

static int program(const struct request *q, const struct job *j)
{
    aimc_config *config = NULL;
    if (q->noise_model == NULL)
        return EXIT_GO_ON;
    if (aimc_config_create(j->ctx, "inference", &config) != AIMC_OK)
        return fail_library();
    int rc = EXIT_GO_ON;
    if (aimc_config_set_text(config, "noise_model", q->noise_model) != AIMC_OK)
        rc = fail_usage("--program %s: %s", q->noise_model, library_sentence());
    if (rc == EXIT_GO_ON)
        rc = model_set_fields(config, "inference", &q->inference);
    if (rc == EXIT_GO_ON && aimc_network_program(j->net, config, NULL) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

static int exchange_conductances(const struct request *q, const struct job *j)
{
    if (WAS_GIVEN(q->drift) && aimc_network_drift_programmed(j->net, q->drift, NULL) != AIMC_OK)
        return fail_library();
    if (q->measured != NULL && aimc_network_load_conductances(j->net, q->measured) != AIMC_OK)
        return fail_library();
    if (q->folder != NULL &&
        aimc_network_save_conductances(j->net, q->folder, q->csv ? "csv" : "npy") != AIMC_OK)
        return fail_library();
    return EXIT_GO_ON;
}

/* ---- result --------------------------------------------------------------------------------- */

/* Ranges of the ADCs of a matrix: the smallest and the largest. */
static void output_ranges(aimc_matrix *m, double *least, double *most)
{
    enum { MOST = 1024 };
    double ranges[MOST];
    *least = *most = NOT_GIVEN;
    for (size_t t = 0; t < aimc_matrix_count_tiles(m); t++) {
        const aimc_tile *tile = aimc_matrix_get_tile(m, t, NULL, NULL);
        const size_t n = aimc_tile_count_output_ranges(tile, AIMC_FORWARD);
        if (n == 0 || n > MOST ||
            aimc_tile_get_output_ranges(tile, AIMC_FORWARD, ranges, n) != AIMC_OK)
            continue;
        for (size_t g = 0; g < n; g++) {
            *least = fmin(*least, ranges[g]); /* a number, where one of them is */
            *most = fmax(*most, ranges[g]);
        }
    }
}

static void tell_layer(const struct job *j, struct json *json, size_t k, const char *name,
                       size_t matrix)
{
    aimc_matrix *m = aimc_network_get_matrix(j->net, matrix);
    double least, most;
    if (m == NULL)
        return;
    output_ranges(m, &least, &most);
    const double input = aimc_matrix_get_input_range(m);
    if (json != NULL) {
        json_open(json, NULL, '{');
        json_put_integer(json, "layer", k);
        json_put_text(json, "name", name);
        json_put_integer(json, "matrix", matrix);
        json_put_number(json, "input_range", input > 0 ? input : NOT_GIVEN);
        json_put_number(json, "least_output_range", least);
        json_put_number(json, "largest_output_range", most);
        json_close(json, '}');
    } else {
        char in[32], low[32], high[32];
        printf("%3zu  %-24s %10s %10s %10s\n", k, name,
               text_of_spread(in, 'g', 4, input > 0 ? input : NOT_GIVEN),
               text_of_spread(low, 'g', 4, least), text_of_spread(high, 'g', 4, most));
    }
}

static int tell_layers(const struct job *j, struct json *json)
{
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    size_t matrix = 0;
    if (aimc_network_get_info(j->net, &info) != AIMC_OK)
        return fail_library();
    for (size_t k = 0; k < info.n_layers; k++) {
        aimc_layer_info layer = {.struct_size = (uint32_t)sizeof layer};
        if (aimc_network_get_layer(j->net, k, &layer) != AIMC_OK)
            return fail_library();
        if (layer.n_matrices > 0)
            tell_layer(j, json, k, layer.name, matrix);
        matrix += layer.n_matrices;
    }
    return EXIT_GO_ON;
}

static int tell(const struct request *q, const struct job *j)
{
    struct json json;
    if (!q->json) {
        if (q->fold)
            printf("%zu batch norms folded\n", j->n_folded);
        printf("     layer                    inputs to  ADCs from         to\n");
        return tell_layers(j, NULL);
    }
    json_begin(&json, stdout);
    json_put_text(&json, "model", q->model);
    json_put_text(&json, "out", q->out);
    json_put_integer(&json, "folded", j->n_folded);
    json_open(&json, "layers", '[');
    int rc = tell_layers(j, &json);
    json_close(&json, ']');
    if (rc == EXIT_GO_ON)
        rc = model_put_json(&json, j->ctx, j->net);
    json_end(&json);
    return rc;
}

/* ---- putting it together -------------------------------------------------------------------- */

static int deploy(const struct request *q, struct job *j)
{
    int rc = model_open(j->ctx, q->model, &j->net);
    if (rc == EXIT_GO_ON && q->fold && aimc_network_fold(j->net, &j->n_folded) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON)
        rc = put_on_tiles(q, j);
    if (rc == EXIT_GO_ON)
        rc = calibrate(q, j);
    if (rc == EXIT_GO_ON)
        rc = program(q, j);
    if (rc == EXIT_GO_ON)
        rc = exchange_conductances(q, j);
    if (rc == EXIT_GO_ON && q->out != NULL && aimc_network_save(j->net, q->out) != AIMC_OK)
        rc = fail_library();
    return rc == EXIT_GO_ON ? tell(q, j) : rc;
}

static int check(const struct request *q)
{
    if (q->layer == NULL && (q->patterns != NULL || q->set.n > 0))
        return fail_usage("--layers and --set need --device");
    if (q->inputs.data.n == 0 && (q->calibration.n > 0 || WAS_GIVEN(q->limit)))
        return fail_usage("--calibration and --limit need --calibrate");
    if (q->noise_model == NULL && q->inference.n > 0)
        return fail_usage("--inference needs --program");
    if (q->csv && q->folder == NULL)
        return fail_usage("--csv needs --conductances");
    return q->inputs.data.n > 1 ? fail_usage("--calibrate: networks of one input alone")
                                : EXIT_GO_ON;
}

static int run(const struct request *q)
{
    struct job j = {.net = NULL};
    int rc = check(q);
    if (rc == EXIT_GO_ON)
        rc = model_context(q->seed, q->threads, &j.ctx);
    if (rc == EXIT_GO_ON)
        rc = deploy(q, &j);
    aimc_network_destroy(j.net);
    aimc_context_destroy(j.ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_deploy(int argc, char **argv)
{
    struct request q = {.inputs = {.input_max = NOT_GIVEN},
                        .limit = NOT_GIVEN,
                        .drift = NOT_GIVEN,
                        .seed = NOT_GIVEN,
                        .threads = NOT_GIVEN};
    const struct arg args[] = {
        {.help = "Steps, in this order"},
        {"fold", ARG_FLAG, &q.fold, "", "fold batch norms into the layers before them", 0, 0},
        {"device", ARG_TEXT, &q.layer, "NAME",
         "put digital layers on tiles of this device or layer preset", 0, 0},
        {"layers", ARG_TEXT, &q.patterns, "PATTERNS",
         "which ones, by patterns of names: 'conv*,fc', '!stem'", 0, 0},
        {"set", ARG_TEXTS, &q.set, "FIELD=VALUE", "field of these layers; may be repeated", 0, 0},
        {"calibrate", ARG_TEXTS, &q.inputs.data, "FILE",
         "take ranges of converters from these inputs, as\n'aimc run --data' takes them", 0, 0},
        {"calibration", ARG_TEXTS, &q.calibration, "FIELD=X",
         "how: method=MEAN_SQUARE, out_method=MEAN_SQUARE (ADCs) ...", 0, 0},
        {"limit", ARG_INTEGER, &q.limit, "N", "use only the first N samples (default: 1024)", 1,
         MAX_INTEGER},
        INPUT_ARGS(q.inputs),
        {"program", ARG_TEXT, &q.noise_model, "MODEL",
         "program devices of this noise model (pcm_like ...)", 0, 0},
        {"inference", ARG_TEXTS, &q.inference, "FIELD=X",
         "field of kind inference; may be repeated", 0, 0},
        {"drift", ARG_NUMBER, &q.drift, "T", "be read T seconds after programming", 0, 1e30},
        {"measured", ARG_TEXT, &q.measured, "DIR",
         "be read with the conductances in this folder, uS", 0, 0},
        {"conductances", ARG_TEXT, &q.folder, "DIR",
         "write the conductances of all arrays into this folder, uS", 0, 0},
        {"csv", ARG_FLAG, &q.csv, "", "as .csv instead of .npy", 0, 0},
        {"out", ARG_TEXT, &q.out, "FILE", "save the network here", 0, 0},
        TABLE_ARGS(q.inputs.table),
        {.help = "Result"},
        {"json", ARG_FLAG, &q.json, "", "print one JSON object instead of text", 0, 0},
        {"seed", ARG_INTEGER, &q.seed, "S", "seed of devices and noise (default: 0)", 0,
         MAX_INTEGER},
        {"threads", ARG_INTEGER, &q.threads, "T",
         "threads (default: all cores); results do not depend on it", 1, 1024},
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary =
            "Make a network ready for a chip, step by step: fold batch norms, put layers on\n"
            "tiles, take ranges of converters from data, program, exchange conductances.",
        .example =
            "  aimc deploy net.safetensors --fold --out folded.safetensors\n"
            "  aimc deploy net.safetensors --device ideal --set mapping.weight_scaling_omega=1 \\\n"
            "      --calibrate x.npy --calibration out_method=MEAN_SQUARE \\\n"
            "      --program pcm_like --conductances chip --out chip.safetensors\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &q.model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON)
        rc = run(&q);
    free(q.inputs.data.items);
    free(q.set.items);
    free(q.calibration.items);
    free(q.inference.items);
    return rc;
}
