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

/* What all matrices of a layer come to. */
struct matrices {
    double weights, room;    /* room: of their tiles */
    size_t run, n_out, n_in; /* how many of one shape there were last, and which */
    size_t length;           /* of the text of shapes */
};

/* "16 of 1 x 9" behind the shapes before it, three dots where there is no room. */
static void tell_run(struct layer_row *row, struct matrices *m)
{
    char text[64];
    const int n = m->run > 1
                      ? snprintf(text, sizeof text, "%zu of %zu x %zu", m->run, m->n_out, m->n_in)
                      : snprintf(text, sizeof text, "%zu x %zu", m->n_out, m->n_in);
    const bool first = m->length == 0, fits = m->length + (size_t)n + 8 < sizeof row->shapes;
    if (m->run > 0 && m->length + 6 < sizeof row->shapes)
        m->length += (size_t)snprintf(row->shapes + m->length, sizeof row->shapes - m->length,
                                      "%s%s", first ? "" : ", ", fits ? text : "...");
    if (!fits)
        m->length = sizeof row->shapes;
    m->run = 0;
}

static int add_matrix(aimc_network *net, size_t k, const json_t *node, struct layer_row *row,
                      struct matrices *m)
{
    size_t n_out, n_in;
    if (aimc_network_get_matrix_shape(net, k, &n_out, &n_in) != AIMC_OK)
        return fail_library();
    if (m->run > 0 && (n_out != m->n_out || n_in != m->n_in))
        tell_run(row, m);
    m->run++;
    m->n_out = n_out;
    m->n_in = n_in;
    m->weights += (double)n_out * (double)n_in;
    if (row->info.is_analog)
        m->room += (double)aimc_matrix_count_tiles(aimc_network_get_matrix(net, k)) *
                   room(node, "max_output_size", n_out) * room(node, "max_input_size", n_in);
    return EXIT_GO_ON;
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
    struct matrices m = {0};
    for (size_t i = 0; i < row->info.n_matrices && rc == EXIT_GO_ON; i++)
        rc = add_matrix(net, first_matrix + i, node, row, &m);
    if (rc != EXIT_GO_ON)
        return rc;
    tell_run(row, &m);
    row->vectors = (uint64_t)((double)row->info.n_macs / m.weights + 0.5);
    if (m.room > 0)
        row->utilisation = m.weights / m.room;
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
    json_put_text(json, "matrix_shapes", row->shapes);
    json_put_integer(json, "matrix_outputs", row->n_out);
    json_put_integer(json, "matrix_inputs", row->n_in);
    json_put_integer(json, "vectors", row->vectors);
    json_put_integer(json, "tiles", row->info.n_tiles);
    json_put_number(json, "utilisation", row->utilisation);
}
