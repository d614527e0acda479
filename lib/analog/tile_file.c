/* SPDX-License-Identifier: MIT */
/* Files of one tile, with what the floors above it keep there: the state of its optimizer, which
 * waits until that is bound again, and its programmed devices. */
#include "analog/matrix.h"
#include "inference/programmed.h"
#include "io/state_file.h"

static aimc_status put(const void *object, aimci_st_writer *writer, const char *prefix)
{
    return aimci_tile_put(object, writer, prefix);
}

static aimc_status restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                           void **out)
{
    aimc_tile *t = NULL;
    aimc_status st = aimci_tile_restore(ctx, reader, prefix, &t);
    if (!st)
        st = aimci_programmed_restore(t, reader, prefix);
    if (st)
        aimc_tile_destroy(t);
    else
        *out = t;
    return st;
}

static const aimci_content content = {"tile", put, restore};

aimc_status aimc_tile_save(const aimc_tile *t, const char *path)
{
    return aimci_state_save(t ? t->ctx : NULL, &content, t, path);
}

aimc_status aimc_tile_save_bytes(const aimc_tile *t, void *bytes, size_t size, size_t *n)
{
    return aimci_state_save_bytes(t ? t->ctx : NULL, &content, t, bytes, size, n);
}

aimc_status aimc_tile_load(aimc_context *ctx, const char *path, aimc_tile **out)
{
    return aimci_state_load(ctx, &content, path, out);
}

aimc_status aimc_tile_load_bytes(aimc_context *ctx, const void *bytes, size_t size, aimc_tile **out)
{
    return aimci_state_load_bytes(ctx, &content, bytes, size, out);
}
