/* SPDX-License-Identifier: MIT */
/* aimc summary: what a network is, layer by layer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "layers.h"
#include "model.h"
#include "report.h"

struct request {
    const char *model, *tiles;
    bool json;
};

/* ---- tiles that there would be -------------------------------------------------------------- */

static int put_on_tiles(const char *text, aimc_context *ctx, aimc_network *net)
{
    char *cross, *end = NULL;
    const double rows = (double)strtoul(text, &cross, 10);
    const double cols = *cross == 'x' ? (double)strtoul(cross + 1, &end, 10) : 0;
    aimc_config *layer = NULL;
    if (rows < 1 || cols < 1 || end == NULL || *end != '\0')
        return fail_usage("--tiles '%s': give outputs x inputs, such as 256x256", text);
    if (aimc_config_create(ctx, "layer", &layer) != AIMC_OK)
        return fail_library();
    int rc = EXIT_GO_ON;
    if (aimc_config_set_text(layer, "device", "ideal") != AIMC_OK ||
        aimc_config_set(layer, "mapping.max_output_size", rows) != AIMC_OK ||
        aimc_config_set(layer, "mapping.max_input_size", cols) != AIMC_OK)
        rc = fail_usage("--tiles %s: %s", text, library_sentence());
    if (rc == EXIT_GO_ON && aimc_network_convert(net, NULL, layer) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(layer);
    return rc;
}

/* ---- telling -------------------------------------------------------------------------------- */

/* widths: of names, of shapes of matrices. */
static void print_row(size_t k, const struct layer_row *row, const int widths[2])
{
    printf("%3zu  %-*s  %-15s  %-14s %10llu %12llu", k, widths[0], row->info.name, row->info.op,
           row->out, (unsigned long long)row->info.n_parameters,
           (unsigned long long)row->info.n_macs);
    if (row->info.n_matrices > 0)
        printf("  %-*s %8llu", widths[1], row->shapes, (unsigned long long)row->vectors);
    if (WAS_GIVEN(row->utilisation))
        printf(" %6llu %6.1f%%", (unsigned long long)row->info.n_tiles, 100 * row->utilisation);
    putchar('\n');
}

static void print_text(const struct layers *layers, const aimc_network_info *info, uint64_t macs)
{
    int widths[2] = {5, 16};
    for (size_t k = 0; k < layers->n; k++) {
        const int lengths[2] = {(int)strlen(layers->rows[k].info.name),
                                (int)strlen(layers->rows[k].shapes)};
        for (size_t i = 0; i < 2; i++)
            widths[i] = lengths[i] > widths[i] ? lengths[i] : widths[i];
    }
    printf("  #  %-*s  %-15s  %-14s %10s %12s  %-*s %8s %6s %7s\n", widths[0], "layer", "op",
           "output", "parameters", "MACs", widths[1], "matrix", "vectors", "tiles", "in use");
    for (size_t k = 0; k < layers->n; k++)
        print_row(k, &layers->rows[k], widths);
    printf("\n%llu inputs, %llu outputs, %llu parameters (%llu weights on %llu tiles), %llu MACs a "
           "sample\n",
           (unsigned long long)info->n_in, (unsigned long long)info->n_out,
           (unsigned long long)info->n_parameters, (unsigned long long)info->n_analog,
           (unsigned long long)info->n_tiles, (unsigned long long)macs);
}

static void print_json(const struct request *r, const struct layers *layers,
                       const aimc_network_info *info, uint64_t macs)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_text(&json, "model", r->model);
    json_put_integer(&json, "inputs", info->n_in);
    json_put_integer(&json, "outputs", info->n_out);
    json_put_integer(&json, "parameters", info->n_parameters);
    json_put_integer(&json, "analog_weights", info->n_analog);
    json_put_integer(&json, "tiles", info->n_tiles);
    json_put_integer(&json, "macs", macs);
    json_open(&json, "layers", '[');
    for (size_t k = 0; k < layers->n; k++) {
        json_open(&json, NULL, '{');
        layers_put_row(&json, &layers->rows[k]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_end(&json);
}

static int tell(const struct request *r, aimc_network *net)
{
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    struct layers layers;
    uint64_t macs = 0;
    if (aimc_network_get_info(net, &info) != AIMC_OK)
        return fail_library();
    const int rc = layers_make(net, &layers);
    if (rc != EXIT_GO_ON)
        return rc;
    for (size_t k = 0; k < layers.n; k++)
        macs += layers.rows[k].info.n_macs;
    if (r->json)
        print_json(r, &layers, &info, macs);
    else
        print_text(&layers, &info, macs);
    layers_free(&layers);
    return EXIT_GO_ON;
}

int cmd_summary(int argc, char **argv)
{
    struct request r = {0};
    aimc_context *ctx = NULL;
    aimc_network *net = NULL;
    const struct arg args[] = {
        {"tiles", ARG_TEXT, &r.tiles, "OUTxIN",
         "as if all matrices lay on tiles of at most this size:\n"
         "outputs x inputs (default: as they are)",
         0, 0},
        {"json", ARG_FLAG, &r.json, "", "print one JSON object instead of text", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary = "Layers of a network with shapes, parameters, multiplications of a sample, and "
                   "the tiles\nthat they fill. MODEL is a saved network, or the document of one "
                   "(.json).",
        .example = "  aimc summary resnet8.safetensors --tiles 256x256\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &r.model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON)
        rc = model_context(0, 1, &ctx);
    if (rc == EXIT_GO_ON)
        rc = model_open(ctx, r.model, &net);
    if (rc == EXIT_GO_ON && r.tiles != NULL)
        rc = put_on_tiles(r.tiles, ctx, net);
    if (rc == EXIT_GO_ON)
        rc = tell(&r, net);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}
