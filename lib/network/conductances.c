/* SPDX-License-Identifier: MIT */
/* Conductances of all arrays of a network, in a folder: a file for each device of the weights of a
 * tile, "003.conv2d.tile0.device1.npy" of matrix 3, [n_out][n_in] in uS, and
 * "003.conv2d.tile0.shared.npy" [1][n_in] where inputs have devices that outputs share. */
#include <stdio.h>
#include <string.h>

#include <aimc/table.h>

#include "core/os.h"
#include "io/file.h"
#include "io/npy.h"
#include "network/graph.h"

enum { LONGEST = 4096 };

/* The programmed tiles of a network, one after the other. */
typedef struct visit {
    const char *caller, *folder;
    bool csv, sets; /* out: as text; in: not only looked at */
    aimc_context *ctx;
    const aimci_node *node;
    size_t matrix, tile; /* numbers: over all nodes, in the matrix */
    aimc_tile *at;
    aimc_conductance_info info;
    float *g; /* all conductances of the tile */
} visit;

typedef aimc_status (*tile_act)(visit *v);

/* ---- one array ------------------------------------------------------------------------------ */

/* Names of nodes may hold slashes. */
static void path_of(const visit *v, size_t device, const char *ending, char path[LONGEST])
{
    char name[AIMCI_NAME], what[40] = "shared";
    snprintf(name, sizeof name, "%s", v->node->name);
    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '_';
    if (device < v->info.n_devices)
        snprintf(what, sizeof what, "device%zu", device);
    snprintf(path, LONGEST, "%s/%03zu.%s.tile%zu.%s.%s", v->folder, v->matrix, name, v->tile, what,
             ending);
}

static size_t n_files(const visit *v)
{
    return v->info.n_devices + v->info.has_shared;
}

static size_t rows_of(const visit *v, size_t device)
{
    return device < v->info.n_devices ? aimc_tile_get_n_out(v->at) : 1;
}

static float *array_of(const visit *v, size_t device)
{
    return v->g + device * aimc_tile_get_n_out(v->at) * aimc_tile_get_n_in(v->at);
}

/* ---- out ------------------------------------------------------------------------------------ */

typedef struct written {
    const float *g;
    size_t rows, cols;
    bool csv;
} written;

static aimc_status write_array(void *user, FILE *file)
{
    const written *a = user;
    if (!a->csv) {
        aimci_npy_write(file, a->rows, a->cols, a->g);
        return AIMC_OK;
    }
    void *locale = aimci_numbers_begin();
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++)
            fprintf(file, "%.9g%c", (double)a->g[i * a->cols + j], j + 1 == a->cols ? '\n' : ',');
    aimci_numbers_end(locale);
    return AIMC_OK;
}

static aimc_status save_tile(visit *v)
{
    aimc_status st = aimc_tile_get_conductances(v->at, v->g, (size_t)v->info.n_conductances);
    for (size_t k = 0; k < n_files(v) && !st; k++) {
        char path[LONGEST];
        written a = {array_of(v, k), rows_of(v, k), aimc_tile_get_n_in(v->at), v->csv};
        path_of(v, k, v->csv ? "csv" : "npy", path);
        st = aimci_file_replace(v->ctx, path, write_array, &a);
    }
    return st;
}

/* ---- in ------------------------------------------------------------------------------------- */

static bool exists(const char *path)
{
    return aimci_os_kind_of(path) != AIMCI_OS_NOTHING;
}

/* As it looks; where text can be read in two ways, as it is written here. */
static aimc_status read_table(const visit *v, const char *path, aimc_table **table)
{
    const aimc_table_params ours = {
        .struct_size = sizeof ours, .delimiter = "comma", .decimal = "point"};
    const aimc_status st = aimc_table_read(v->ctx, path, NULL, table);
    return st == AIMC_ERR_FORMAT ? aimc_table_read(v->ctx, path, &ours, table) : st;
}

static aimc_status check_array(const visit *v, const char *path, size_t cols, const double *g,
                               size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(g[i] >= 0 && g[i] <= v->info.most_us))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "%s: row %zu, column %zu: %g uS; 0 ... %g uS is possible", path,
                              i / cols + 1, i % cols + 1, g[i], v->info.most_us);
    return AIMC_OK;
}

static aimc_status take_table(const visit *v, const char *path, const aimc_table *table,
                              size_t device)
{
    const size_t rows = rows_of(v, device), cols = aimc_tile_get_n_in(v->at);
    if (aimc_table_count_rows(table) != rows || aimc_table_count_columns(table) != cols)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: %zu x %zu conductances; the array has %zu x %zu",
                          path, aimc_table_count_rows(table), aimc_table_count_columns(table), rows,
                          cols);
    double *g = aimci_calloc(v->ctx, rows * cols, sizeof *g);
    if (!g)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    aimc_status st = aimc_table_get_values(table, g, cols);
    if (!st)
        st = check_array(v, path, cols, g, rows * cols);
    for (size_t i = 0; i < rows * cols && !st; i++)
        array_of(v, device)[i] = (float)g[i];
    aimci_free(v->ctx, g);
    return st;
}

static aimc_status load_array(const visit *v, size_t device)
{
    char path[LONGEST];
    aimc_table *table = NULL;
    path_of(v, device, "npy", path);
    if (!exists(path))
        path_of(v, device, "csv", path);
    if (!exists(path)) {
        path_of(v, device, "npy", path);
        return aimci_fail(AIMC_ERR_IO, "there is no %s, nor one that ends in .csv", path);
    }
    aimc_status st = read_table(v, path, &table);
    if (!st)
        st = take_table(v, path, table, device);
    aimc_table_destroy(table);
    return st;
}

static aimc_status load_tile(visit *v)
{
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < n_files(v) && !st; k++)
        st = load_array(v, k);
    return st || !v->sets ? st
                          : aimc_tile_set_conductances(v->at, v->g, (size_t)v->info.n_conductances);
}

/* ---- all ------------------------------------------------------------------------------------ */

static aimc_status visit_tile(visit *v, tile_act act)
{
    v->info = (aimc_conductance_info){.struct_size = sizeof v->info};
    aimc_status st = aimc_tile_get_conductance_info(v->at, &v->info);
    if (st)
        return st;
    v->g = aimci_calloc(v->ctx, (size_t)v->info.n_conductances, sizeof *v->g);
    st = v->g ? act(v) : aimci_fail(AIMC_ERR_NOMEM, "no memory");
    aimci_free(v->ctx, v->g);
    return st;
}

static aimc_status visit_matrix(visit *v, aimc_matrix *m, tile_act act)
{
    aimc_status st = AIMC_OK;
    for (v->tile = 0; v->tile < aimc_matrix_count_tiles(m) && !st; v->tile++) {
        v->at = aimc_matrix_get_tile(m, v->tile, NULL, NULL);
        st = visit_tile(v, act);
    }
    return st;
}

static aimc_status visit_all(visit *v, const aimc_network *net, tile_act act)
{
    aimc_status st = AIMC_OK;
    v->matrix = 0;
    for (size_t i = 0; i < net->n_nodes && !st; i++) {
        v->node = net->nodes[i];
        for (size_t k = 0; k < v->node->n_matrices && !st; k++, v->matrix++)
            if (aimci_node_is_programmed(v->node))
                st = visit_matrix(v, v->node->matrices[k].matrix, act);
    }
    return st ? aimci_fail_within(st, "%s: ", v->caller) : AIMC_OK;
}

static aimc_status check(const visit *v, const aimc_network *net)
{
    if (!net || !v->folder)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", v->caller, net ? "folder" : "net");
    if (strlen(v->folder) > LONGEST - 2 * AIMCI_NAME)
        return aimci_fail(AIMC_ERR_INVALID, "%s: the name of the folder is too long", v->caller);
    for (size_t i = 0; i < net->n_nodes; i++)
        if (aimci_node_is_programmed(net->nodes[i]))
            return AIMC_OK;
    return aimci_fail(AIMC_ERR_STATE,
                      "%s: no layer is programmed; aimc_network_program() says how weights lie on "
                      "conductances",
                      v->caller);
}

aimc_status aimc_network_save_conductances(const aimc_network *net, const char *folder,
                                           const char *format)
{
    visit v = {.caller = "network_save_conductances", .folder = folder};
    aimc_status st = check(&v, net);
    if (st)
        return st;
    if (format && strcmp(format, "npy") != 0 && strcmp(format, "csv") != 0)
        return aimci_fail(AIMC_ERR_INVALID, "%s: format '%s' is none of npy, csv", v.caller,
                          format);
    const int error = aimci_os_make_folder(folder);
    if (error)
        return aimci_fail_within(aimci_fail_errno(folder, "make this folder", error),
                                 "%s: ", v.caller);
    v.csv = format && strcmp(format, "csv") == 0;
    v.ctx = net->ctx;
    return visit_all(&v, net, save_tile);
}

/* All files are looked at before anything changes. */
aimc_status aimc_network_load_conductances(aimc_network *net, const char *folder)
{
    visit v = {.caller = "network_load_conductances", .folder = folder};
    aimc_status st = check(&v, net);
    if (st)
        return st;
    v.ctx = net->ctx;
    st = visit_all(&v, net, load_tile);
    v.sets = true;
    return st ? st : visit_all(&v, net, load_tile);
}
