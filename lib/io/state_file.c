/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "io/state_file.h"

/* 2: matrices under "matrix.", counters by name. Format 1 was written before the first release and
 * is refused: its optimizers and tiles have other names, and nobody has files worth a converter. */
#define FORMAT "2"

aimc_status aimci_state_writer_create(aimc_context *ctx, const char *content, aimci_st_writer **out)
{
    aimc_status st = aimci_st_writer_create(ctx, out);
    if (!st)
        st = aimci_st_put_text(*out, "aimc.format", FORMAT);
    return st ? st : aimci_st_put_text(*out, "aimc.content", content);
}

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

/* A reader that is not as it should be is given up. */
static aimc_status accept(aimc_status st, const char *source, const char *content,
                          aimci_st_reader **reader)
{
    if (!st)
        st = check(source, content, *reader);
    if (st) {
        aimci_st_reader_destroy(*reader);
        *reader = NULL;
    }
    return st;
}

aimc_status aimci_state_read(aimc_context *ctx, const char *path, const char *content,
                             aimci_st_reader **out)
{
    *out = NULL;
    return accept(aimci_st_read(ctx, path, out), path, content, out);
}

aimc_status aimci_state_parse(aimc_context *ctx, const void *bytes, size_t size,
                              const char *content, aimci_st_reader **out)
{
    *out = NULL;
    return accept(aimci_st_parse(ctx, bytes, size, out), "memory", content, out);
}
