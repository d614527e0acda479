/* SPDX-License-Identifier: MIT */
/* A matrix in a file. */
#include <stdio.h>
#include <string.h>

#include "analog/matrix.h"
#include "inference/programmed.h"
#include "io/state_file.h"

aimc_status aimci_matrix_put(const aimc_matrix *m, aimci_st_writer *writer, const char *prefix)
{
    char name[128];
    snprintf(name, sizeof name, "%sconfig", prefix);
    aimc_status st = aimci_put_config(m->ctx, writer, name, m->config);
    if (!st)
        st = aimci_grid_put(m->grid, writer, prefix);
    return st ? st : aimci_hwa_put(m->hwa, writer, prefix);
}

/* {"kind": "layer", ...} or {"kind": "tile", ...} */
static aimc_status restore_config(aimc_context *ctx, const aimci_st_reader *reader,
                                  const char *prefix, aimc_config **out)
{
    char name[128];
    snprintf(name, sizeof name, "%sconfig", prefix);
    const char *json = aimci_st_text(reader, name);
    if (!json)
        return aimci_fail(AIMC_ERR_FORMAT, "metadata '%s' is missing", name);
    const bool layer = strncmp(json, "{\"kind\": \"layer\"", 16) == 0;
    return aimci_config_from_json(ctx, layer ? "layer" : "tile", json, out);
}

static aimc_status restore_programmed(const aimci_grid *grid, const aimci_st_reader *reader,
                                      const char *prefix)
{
    char name[128];
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < aimci_grid_n_tiles(grid) && !st; k++) {
        snprintf(name, sizeof name, "%stile%zu.", prefix, k);
        st = aimci_programmed_restore(grid->tiles[k], reader, name);
    }
    return st;
}

static aimc_status restore_analog(aimc_matrix *m, aimci_st_reader *reader, const char *prefix)
{
    aimc_status st = restore_config(m->ctx, reader, prefix, &m->config);
    if (!st)
        st = aimci_grid_restore(m->config, reader, prefix, &m->grid);
    if (!st)
        st = restore_programmed(m->grid, reader, prefix);
    if (!st)
        st = aimci_matrix_bind_training(m);
    if (!st)
        st = aimci_hwa_restore(m->hwa, reader, prefix);
    if (st)
        return st;
    m->n_out = m->grid->out.n;
    m->n_in = m->grid->in.n;
    return AIMC_OK;
}

aimc_status aimci_matrix_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                                 aimc_matrix **out)
{
    aimc_matrix *m = aimci_calloc(ctx, 1, sizeof *m);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    m->ctx = aimci_context_ref(ctx);
    const aimc_status st = restore_analog(m, reader, prefix);
    if (st) {
        aimc_matrix_destroy(m);
        return st;
    }
    *out = m;
    return AIMC_OK;
}

/* ---- file ----------------------------------------------------------------------------------- */

static aimc_status put(const void *object, aimci_st_writer *writer, const char *prefix)
{
    return aimci_matrix_put(object, writer, prefix);
}

static aimc_status restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                           void **out)
{
    aimc_matrix *m = NULL;
    const aimc_status st = aimci_matrix_restore(ctx, reader, prefix, &m);
    if (st)
        aimc_matrix_destroy(m);
    else
        *out = m;
    return st;
}

static const aimci_content content = {"matrix", put, restore};

aimc_status aimc_matrix_save(const aimc_matrix *m, const char *path)
{
    return aimci_state_save(m ? m->ctx : NULL, &content, m, path);
}

aimc_status aimc_matrix_save_bytes(const aimc_matrix *m, void *bytes, size_t size, size_t *n)
{
    return aimci_state_save_bytes(m ? m->ctx : NULL, &content, m, bytes, size, n);
}

aimc_status aimc_matrix_load(aimc_context *ctx, const char *path, aimc_matrix **out)
{
    return aimci_state_load(ctx, &content, path, out);
}

aimc_status aimc_matrix_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                   aimc_matrix **out)
{
    return aimci_state_load_bytes(ctx, &content, bytes, size, out);
}
