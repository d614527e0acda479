/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "io/state_file.h"

/* 2: matrices under "matrix.", counters by name. Format 1 was written before the first release and
 * is refused: its optimizers and tiles have other names, and nobody has files worth a converter. */
#define FORMAT "2"

/* ---- writing -------------------------------------------------------------------------------- */

typedef struct saved {
    const aimci_content *content;
    const void *object;
} saved;

static aimc_status put_all(const void *user, aimci_st_writer *writer)
{
    const saved *const s = user;
    aimc_status st = aimci_st_put_text(writer, "aimc.format", FORMAT);
    if (!st)
        st = aimci_st_put_text(writer, "aimc.content", s->content->name);
    return st ? st : s->content->put(s->object, writer, "");
}

aimc_status aimci_state_save(aimc_context *ctx, const aimci_content *content, const void *object,
                             const char *path)
{
    if (!object || !path)
        return aimci_fail(AIMC_ERR_INVALID, "%s_save: %s is NULL", content->name,
                          object ? "path" : content->name);
    const aimc_status st = aimci_st_write(ctx, put_all, &(saved){content, object}, path);
    return st ? aimci_fail_within(st, "%s_save: ", content->name) : AIMC_OK;
}

aimc_status aimci_state_save_bytes(aimc_context *ctx, const aimci_content *content,
                                   const void *object, void *bytes, size_t size, size_t *n)
{
    if (!object || !n || (!bytes && size > 0))
        return aimci_fail(AIMC_ERR_INVALID, "%s_save_bytes: %s is NULL", content->name,
                          !object ? content->name
                          : !n    ? "n"
                                  : "bytes");
    aimc_status st = aimci_st_write_bytes(ctx, put_all, &(saved){content, object}, bytes, size, n);
    if (!st && size > 0 && size < *n)
        st = aimci_fail(AIMC_ERR_SHAPE, "%zu bytes; %zu are needed", size, *n);
    return st ? aimci_fail_within(st, "%s_save_bytes: ", content->name) : AIMC_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* source: how the sentence calls the file. */
static aimc_status check(const char *source, const char *content, const aimci_st_reader *reader)
{
    const char *format = aimci_st_text(reader, "aimc.format");
    const char *found = aimci_st_text(reader, "aimc.content");
    if (!format)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: not written by libaimc", source);
    if (strcmp(format, FORMAT) != 0)
        return aimci_fail(
            AIMC_ERR_FORMAT, "%s: written in format %s, by %s libaimc; this one reads format %s",
            source, format, strcmp(format, "1") == 0 ? "an older" : "a newer", FORMAT);
    if (!found || strcmp(found, content) != 0)
        return aimci_fail(AIMC_ERR_FORMAT, "%s holds a %s, not a %s", source, found ? found : "?",
                          content);
    return AIMC_OK;
}

/* The caller's pointer, whose type only the caller knows. */
static void give(void *out, void *object)
{
    memcpy(out, &object, sizeof object);
}

static aimc_status check_load(const aimci_content *content, const char *verb, aimc_context *ctx,
                              const char *name, const void *from, void *out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "%s_%s: out is NULL", content->name, verb);
    give(out, NULL);
    return ctx && from ? AIMC_OK
                       : aimci_fail(AIMC_ERR_INVALID, "%s_%s: %s is NULL", content->name, verb,
                                    ctx ? name : "ctx");
}

/* The object of a reader, which is given up. st: how reading went. */
static aimc_status make(aimc_context *ctx, aimc_status st, const char *verb, const char *source,
                        const aimci_content *content, aimci_st_reader *reader, void *out)
{
    void *made = NULL;
    if (!st)
        st = check(source, content->name, reader);
    if (!st)
        st = content->restore(ctx, reader, "", &made);
    aimci_st_reader_destroy(reader);
    give(out, made);
    return st ? aimci_fail_within(st, "%s_%s: ", content->name, verb) : AIMC_OK;
}

aimc_status aimci_state_load(aimc_context *ctx, const aimci_content *content, const char *path,
                             void *out)
{
    aimci_st_reader *reader = NULL;
    aimc_status st = check_load(content, "load", ctx, "path", path, out);
    if (st)
        return st;
    st = aimci_st_read(ctx, path, &reader);
    return make(ctx, st, "load", path, content, reader, out);
}

aimc_status aimci_state_load_bytes(aimc_context *ctx, const aimci_content *content,
                                   const void *bytes, size_t size, void *out)
{
    aimci_st_reader *reader = NULL;
    aimc_status st = check_load(content, "load_bytes", ctx, "bytes", bytes, out);
    if (st)
        return st;
    st = aimci_st_parse(ctx, bytes, size, &reader);
    return make(ctx, st, "load_bytes", "memory", content, reader, out);
}
