/* SPDX-License-Identifier: MIT */
/* Files of one tile, with what the floors above it keep there: the state of its optimizer, which
 * waits until that is bound again, and its programmed devices. */
#include "analog/matrix.h"
#include "inference/programmed.h"
#include "io/state_file.h"

static aimc_status restore_whole(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                                 aimc_tile **out)
{
    aimc_tile *t = NULL;
    aimc_status st = aimci_tile_restore(ctx, reader, prefix, &t);
    if (!st)
        st = aimci_programmed_restore(t);
    if (st) {
        aimc_tile_destroy(t);
        return st;
    }
    *out = t;
    return AIMC_OK;
}

/* A file's content, to be written and destroyed. */
static aimc_status describe_file(const aimc_tile *t, aimci_st_writer **writer)
{
    const aimc_status st = aimci_state_writer_create(t->ctx, "tile", writer);
    return st ? st : aimci_tile_put(t, *writer, "");
}

aimc_status aimc_tile_save(const aimc_tile *t, const char *path)
{
    if (!t || !path)
        return aimci_fail(AIMC_ERR_INVALID, "tile_save: %s is NULL", t ? "path" : "tile");
    aimci_st_writer *writer = NULL;
    aimc_status st = describe_file(t, &writer);
    if (!st)
        st = aimci_st_write(writer, path);
    aimci_st_writer_destroy(writer);
    return st ? aimci_fail_within(st, "tile_save: ") : AIMC_OK;
}

aimc_status aimc_tile_save_bytes(const aimc_tile *t, void *bytes, size_t size, size_t *n)
{
    if (!t || !n || (!bytes && size > 0))
        return aimci_fail(AIMC_ERR_INVALID, "tile_save_bytes: NULL argument");
    aimci_st_writer *writer = NULL;
    aimc_status st = describe_file(t, &writer);
    if (!st)
        st = aimci_st_write_bytes(writer, bytes, size, n);
    aimci_st_writer_destroy(writer);
    if (st)
        return aimci_fail_within(st, "tile_save_bytes: ");
    return size == 0 || size >= *n
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE, "tile_save_bytes: %zu bytes; %zu are needed", size, *n);
}

aimc_status aimc_tile_load(aimc_context *ctx, const char *path, aimc_tile **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load: out is NULL");
    *out = NULL;
    if (!ctx || !path)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load: %s is NULL", ctx ? "path" : "ctx");
    aimci_st_reader *reader = NULL;
    aimc_status st = aimci_state_read(ctx, path, "tile", &reader);
    if (!st)
        st = restore_whole(ctx, reader, "", out);
    aimci_st_reader_destroy(reader);
    return st ? aimci_fail_within(st, "tile_load: ") : AIMC_OK;
}

aimc_status aimc_tile_load_bytes(aimc_context *ctx, const void *bytes, size_t size, aimc_tile **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load_bytes: out is NULL");
    *out = NULL;
    if (!ctx || !bytes)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load_bytes: %s is NULL", ctx ? "bytes" : "ctx");
    aimci_st_reader *reader = NULL;
    aimc_status st = aimci_state_parse(ctx, bytes, size, "tile", &reader);
    if (!st)
        st = restore_whole(ctx, reader, "", out);
    aimci_st_reader_destroy(reader);
    return st ? aimci_fail_within(st, "tile_load_bytes: ") : AIMC_OK;
}
