/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tile/grid.h"

aimc_status aimci_grid_put(const aimc_grid *g, aimci_st_writer *writer, const char *prefix)
{
    char name[128], text[64];
    snprintf(name, sizeof name, "%sconfig", prefix);
    aimc_status st = aimci_put_config(g->ctx, writer, name, g->config);
    if (!st) {
        snprintf(name, sizeof name, "%sshape", prefix);
        snprintf(text, sizeof text, "%zu %zu", g->out.n, g->in.n);
        st = aimci_st_put_text(writer, name, text);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sseed", prefix);
        st = aimci_st_put(writer, name, AIMCI_U64, 0, 1, 1, &g->seed);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sscales", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, g->in.parts, g->out.n, g->out.n, g->scales);
    }
    for (size_t k = 0; k < g->out.parts * g->in.parts && !st; k++) {
        snprintf(name, sizeof name, "%stile%zu.", prefix, k);
        st = aimci_tile_put(g->tiles[k], writer, name);
    }
    return st || !g->hwa ? st : aimci_hwa_put(g, writer, prefix);
}

/* Before memory is asked for: does the file hold as many scales as such a grid has? */
static aimc_status check_size(const aimci_st_reader *reader, const char *prefix, size_t n_out,
                              size_t n_in, const aimc_config *config)
{
    char name[128];
    const aimci_mapping_params *m =
        aimci_config_values(aimci_config_child(config, "mapping"), &aimci_family_mapping);
    const size_t parts = aimci_cut_side(n_in, (size_t)m->max_input_size).parts;
    snprintf(name, sizeof name, "%sscales", prefix);
    return aimci_st_get(reader, name, AIMCI_F32, parts, n_out, n_out, NULL);
}

static aimc_status make_frame(aimc_context *ctx, const aimci_st_reader *reader, const char *prefix,
                              aimc_grid **out)
{
    char name[128];
    snprintf(name, sizeof name, "%sshape", prefix);
    const char *shape = aimci_st_text(reader, name);
    snprintf(name, sizeof name, "%sconfig", prefix);
    const char *json = aimci_st_text(reader, name);
    size_t n_out = 0, n_in = 0;
    if (!shape || !json || !aimci_parse_shape(shape, &n_out, &n_in, NULL) || n_out == 0 ||
        n_in == 0 || n_out > AIMCI_GRID_MAX_SIDE || n_in > AIMCI_GRID_MAX_SIDE)
        return aimci_fail(AIMC_ERR_FORMAT, "grid '%s' has no shape or configuration", prefix);
    aimc_config *config = NULL;
    const bool layer = strstr(json, "\"layer\"") != NULL;
    aimc_status st = aimc_config_new(ctx, layer ? "layer" : "tile", &config);
    if (!st)
        st = aimc_config_parse(config, json);
    if (st == AIMC_ERR_INVALID)
        st = aimci_fail_within(AIMC_ERR_FORMAT, "configuration: ");
    if (!st)
        st = check_size(reader, prefix, n_out, n_in, config);
    if (!st)
        st = aimci_grid_frame(ctx, n_out, n_in, config, out);
    aimc_config_destroy(config);
    return st;
}

aimc_status aimci_grid_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                               aimc_grid **out)
{
    aimc_grid *g = NULL;
    char name[128];
    aimc_status st = make_frame(ctx, reader, prefix, &g);
    if (st)
        return st;
    snprintf(name, sizeof name, "%sseed", prefix);
    st = aimci_st_get(reader, name, AIMCI_U64, 0, 1, 1, &g->seed);
    if (!st) {
        snprintf(name, sizeof name, "%sscales", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, g->in.parts, g->out.n, g->out.n, g->scales);
    }
    for (size_t k = 0; k < g->out.parts * g->in.parts && !st; k++) {
        snprintf(name, sizeof name, "%stile%zu.", prefix, k);
        st = aimci_tile_restore(ctx, reader, name, &g->tiles[k]);
        if (!st && (g->tiles[k]->array->n_out != aimci_cut_size(g->out, k / g->in.parts) ||
                    g->tiles[k]->array->n_in != aimci_cut_size(g->in, k % g->in.parts)))
            st = aimci_fail(AIMC_ERR_FORMAT, "tile %zu has another shape than its grid says", k);
    }
    if (!st)
        st = aimci_grid_bind(g);
    if (!st)
        st = aimci_hwa_restore(g, reader, prefix);
    if (st) {
        aimc_grid_destroy(g);
        return st;
    }
    *out = g;
    return AIMC_OK;
}
