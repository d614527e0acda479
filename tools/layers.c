/* SPDX-License-Identifier: MIT */
#include "layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "args.h"
#include "report.h"

static int tell_shape(const aimc_network *net, aimc_value value, char *text, size_t size)
{
    size_t shape[6], n, length = 0;
    if (aimc_network_get_shape(net, value, shape, &n) != AIMC_OK)
        return fail_library();
    for (size_t d = 0; d < n && length < size; d++)
        length += (size_t)snprintf(text + length, size - length, "%s%zu", d ? " x " : "", shape[d]);
    return EXIT_GO_ON;
}

/* ---- room on tiles -------------------------------------------------------------------------- */

/* The document of the network: it has the largest sizes of tiles. */
static json_t *document_of(const aimc_network *net)
{
    const size_t length = aimc_network_to_json(net, NULL, 0);
    char *text = malloc(length + 1);
    if (text == NULL)
        return NULL;
    aimc_network_to_json(net, text, length + 1);
    json_t *root = json_loads(text, 0, NULL);
    free(text);
    return root;
}

/* Room of a tile in one direction: its largest size, or without one what the matrix has. */
static double room(const json_t *node, const char *field, size_t n)
{
    const json_t *matrix = json_object_get(json_object_get(node, "config"), "matrix");
    const json_t *size = json_object_get(json_object_get(matrix, "mapping"), field);
    const json_int_t most = json_integer_value(size);
    return most > 0 ? (double)most : (double)n;
}

static double utilisation_of(const json_t *node, const struct layer_row *row)
{
    if (!row->info.is_analog || row->info.n_tiles == 0)
        return NOT_GIVEN;
    const double used = (double)row->info.n_matrices * (double)row->n_out * (double)row->n_in;
    return used / ((double)row->info.n_tiles * room(node, "max_output_size", row->n_out) *
                   room(node, "max_input_size", row->n_in));
}

/* ---- rows ----------------------------------------------------------------------------------- */

static int make_row(aimc_network *net, size_t k, size_t first_matrix, const json_t *node,
                    struct layer_row *row)
{
    row->info.struct_size = (uint32_t)sizeof row->info;
    if (aimc_network_get_layer(net, k, &row->info) != AIMC_OK)
        return fail_library();
    int rc = tell_shape(net, row->info.input, row->in, sizeof row->in);
    if (rc == EXIT_GO_ON)
        rc = tell_shape(net, row->info.output, row->out, sizeof row->out);
    row->first_matrix = first_matrix;
    row->utilisation = NOT_GIVEN;
    if (rc != EXIT_GO_ON || row->info.n_matrices == 0)
        return rc;
    if (aimc_network_get_matrix_shape(net, first_matrix, &row->n_out, &row->n_in) != AIMC_OK)
        return fail_library();
    row->vectors =
        row->info.n_macs / (row->info.n_matrices * (uint64_t)row->n_out * (uint64_t)row->n_in);
    row->utilisation = utilisation_of(node, row);
    return EXIT_GO_ON;
}

int layers_make(aimc_network *net, struct layers *layers)
{
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    *layers = (struct layers){0};
    if (aimc_network_get_info(net, &info) != AIMC_OK)
        return fail_library();
    json_t *document = document_of(net);
    layers->rows = calloc((size_t)info.n_layers + 1, sizeof *layers->rows);
    int rc = document != NULL && layers->rows != NULL ? EXIT_GO_ON : fail("no memory");
    size_t first_matrix = 0;
    for (size_t k = 0; k < info.n_layers && rc == EXIT_GO_ON; k++) {
        const json_t *node = json_array_get(json_object_get(document, "nodes"), k);
        rc = make_row(net, k, first_matrix, node, &layers->rows[k]);
        first_matrix += (size_t)layers->rows[k].info.n_matrices;
        layers->n = k + 1;
    }
    json_decref(document);
    if (rc != EXIT_GO_ON)
        layers_free(layers);
    return rc;
}

void layers_free(struct layers *layers)
{
    free(layers->rows);
    *layers = (struct layers){0};
}

void layers_put_row(struct json *json, const struct layer_row *row)
{
    json_put_text(json, "name", row->info.name);
    json_put_text(json, "op", row->info.op);
    json_put_text(json, "input", row->in);
    json_put_text(json, "output", row->out);
    json_put_integer(json, "parameters", row->info.n_parameters);
    json_put_integer(json, "macs", row->info.n_macs);
    if (row->info.n_matrices == 0)
        return;
    json_put_integer(json, "matrices", row->info.n_matrices);
    json_put_integer(json, "matrix_outputs", row->n_out);
    json_put_integer(json, "matrix_inputs", row->n_in);
    json_put_integer(json, "vectors", row->vectors);
    json_put_integer(json, "tiles", row->info.n_tiles);
    json_put_number(json, "utilisation", row->utilisation);
}
