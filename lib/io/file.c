/* SPDX-License-Identifier: MIT */
#include "io/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/os.h"

/* Temporary names tried before giving up: more stale ones than this mean that something else is
 * wrong. */
#define MAX_NAMES 1000

/* As many links in a row as Linux follows. */
#define MAX_LINKS 40

enum { LINK_ROOM = 4096 };

/* ---- reading -------------------------------------------------------------------------------- */

aimc_status aimci_file_read(aimc_context *ctx, const char *path, size_t max, aimci_look_fn look,
                            void **data, size_t *size)
{
    aimci_source source;
    *data = NULL;
    *size = 0;
    /* a zero byte follows the last one */
    aimc_status st =
        aimci_source_open(ctx, path, max < SIZE_MAX ? max : SIZE_MAX - 1, look, &source);
    if (st != AIMC_OK)
        return st;
    const size_t n = (size_t)source.size;
    char *const buf = source.owned ? source.owned : aimci_calloc(ctx, n + 1, 1);
    if (buf == NULL)
        st = aimci_fail(AIMC_ERR_NOMEM, "out of memory for %zu bytes", n);
    else if (!source.owned)
        st = aimci_source_read(&source, 0, n, buf);
    if (st == AIMC_OK) {
        source.owned = NULL;
        *data = buf;
        *size = n;
    } else if (!source.owned) {
        aimci_free(ctx, buf);
    }
    aimci_source_close(ctx, &source);
    return st == AIMC_OK ? AIMC_OK : aimci_fail_within(st, "'%s': ", path);
}

/* Shown by its first bytes, which a sparse file of any size has, too. */
static aimc_status look_for_text(const void *first, size_t n, uint64_t size)
{
    const char *const bytes = first;
    const bool is_wide =
        n >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0);
    (void)size;
    if (is_wide || (n > 0 && memchr(bytes, '\0', n) != NULL))
        return aimci_fail(AIMC_ERR_FORMAT, "%s",
                          is_wide ? "text in UTF-16; save it as UTF-8"
                                  : "not text: it holds zero bytes");
    return AIMC_OK;
}

aimc_status aimci_file_read_text(aimc_context *ctx, const char *path, size_t max, char **text)
{
    void *data;
    size_t size;
    *text = NULL;
    aimc_status st = aimci_file_read(ctx, path, max, look_for_text, &data, &size);
    if (st != AIMC_OK)
        return st;
    st = look_for_text(data, size, size);
    if (st != AIMC_OK) {
        aimci_free(ctx, data);
        return aimci_fail_within(st, "'%s': ", path);
    }
    char *const bytes = data;
    if (strncmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        memmove(bytes, bytes + 3, size - 3 + 1);
    *text = bytes;
    return AIMC_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* Open a file that did not exist: path.tmp-<pid>-<n>. */
static FILE *open_beside(const char *path, char *name, size_t size)
{
    FILE *file = NULL;
    for (int n = 0; file == NULL && n < MAX_NAMES; n++) {
        snprintf(name, size, "%s.tmp-%ld-%d", path, aimci_os_process_id(), n);
        file = aimci_os_create(name);
        if (file == NULL && errno != EEXIST)
            return NULL;
    }
    return file;
}

/* Everything up to the disk; the file is closed in any case. */
static aimc_status write_and_close(const char *path, FILE *file, aimci_file_write_fn write,
                                   void *user)
{
    errno = 0;
    aimc_status st = write(user, file);
    const int error = st == AIMC_OK ? aimci_os_sync(file) : 0;
    if (error != 0)
        st = aimci_fail_errno(path, "write", error);
    if (fclose(file) != 0 && st == AIMC_OK)
        st = aimci_fail_errno(path, "write", errno);
    return st;
}

/* ".tmp-<pid>-<n>" of a process that is no more. */
static bool is_stale(const char *suffix)
{
    char *end;
    if (strncmp(suffix, ".tmp-", 5) != 0 || suffix[5] < '1' || suffix[5] > '9')
        return false;
    const long pid = strtol(suffix + 5, &end, 10);
    const char *const n = end + 1;
    if (*end != '-' || *n == '\0' || n[strspn(n, "0123456789")] != '\0')
        return false;
    return !aimci_os_process_exists(pid);
}

/* Up to its last separator, and what follows. */
static size_t folder_of(const char *path)
{
    const char *const end = aimci_os_last_separator(path);
    return end == NULL ? 0 : (size_t)(end - path) + 1;
}

typedef struct stale {
    const char *base; /* of the file; what is beside it has that and more */
    char *path;       /* of what is beside it: the folder, then room */
    size_t folder, room;
} stale;

static void remove_if_stale(void *user, const char *name)
{
    const stale *const s = user;
    const size_t n = strlen(s->base);
    if (strncmp(name, s->base, n) != 0 || !is_stale(name + n))
        return;
    if ((size_t)snprintf(s->path + s->folder, s->room, "%s", name) < s->room)
        (void)aimci_os_remove(s->path);
}

/* What processes that were killed while they saved have left beside the file. Called with the name
 * of our own temporary file, which is overwritten: that of another one is longer by no more than a
 * number may be. */
static void remove_stale(const char *path, char *temporary, size_t size)
{
    const size_t folder = folder_of(path);
    stale s = {path + folder, temporary, folder, size - folder};
    temporary[folder] = '\0';
    aimci_os_each_name(folder == 0 ? "." : temporary, remove_if_stale, &s);
}

static aimc_status replace(const char *path, char *temporary, size_t size,
                           aimci_file_write_fn write, void *user)
{
    FILE *const file = open_beside(path, temporary, size);
    if (file == NULL)
        return aimci_fail_errno(path, "write a file beside it", errno);
    aimci_os_copy_permissions(path, file);
    aimc_status st = write_and_close(path, file, write, user);
    const int error = st == AIMC_OK ? aimci_os_replace(temporary, path) : 0;
    if (error != 0)
        st = aimci_fail_errno(path, "replace", error);
    if (st != AIMC_OK)
        (void)aimci_os_remove(temporary);
    else
        remove_stale(path, temporary, size);
    return st;
}

/* Only a regular file is replaced: a device, a pipe or a directory of that name is somebody
 * else's. */
static aimc_status check_replaceable(const char *path)
{
    const aimci_os_kind kind = aimci_os_kind_of(path);
    if (kind == AIMCI_OS_NOTHING || kind == AIMCI_OS_FILE)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_IO, "'%s': cannot replace it: it is %s, not a regular file", path,
                      kind == AIMCI_OS_FOLDER ? "a directory"
                      : kind == AIMCI_OS_PIPE ? "a pipe"
                                              : "a device or a socket");
}

/* The file at the end of symbolic links, which need not be there yet; the caller frees it. What a
 * link holds is relative to the folder that the link lies in. */
static aimc_status resolve(aimc_context *ctx, const char *path, char **out)
{
    char target[LINK_ROOM];
    ptrdiff_t n = 0;
    char *at = aimci_strdup(ctx, path);
    for (int links = 0; at != NULL && (n = aimci_os_link(at, target, sizeof target)) > 0; links++) {
        const size_t folder = aimci_os_is_absolute(target) ? 0 : folder_of(at);
        char *const next = links < MAX_LINKS ? aimci_calloc(ctx, folder + (size_t)n + 1, 1) : NULL;
        if (next != NULL) {
            memcpy(next, at, folder);
            memcpy(next + folder, target, (size_t)n);
        }
        aimci_free(ctx, at);
        at = next;
        if (links == MAX_LINKS)
            return aimci_fail_errno(path, "open", ELOOP);
    }
    *out = n < 0 ? NULL : at;
    if (n >= 0)
        return at != NULL ? AIMC_OK
                          : aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for a name", path);
    const aimc_status st = aimci_fail_errno(at, "follow the link", errno);
    aimci_free(ctx, at);
    return st;
}

aimc_status aimci_file_replace(aimc_context *ctx, const char *path, aimci_file_write_fn write,
                               void *user)
{
    char *file = NULL;
    aimc_status st = check_replaceable(path);
    if (st == AIMC_OK)
        st = resolve(ctx, path, &file);
    if (file == NULL) /* either has failed */
        return st;
    const size_t size = strlen(file) + 48; /* ".tmp-", two numbers, the end */
    char *const temporary = aimci_calloc(ctx, size, 1);
    st = temporary != NULL ? replace(file, temporary, size, write, user)
                           : aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for a name", path);
    aimci_free(ctx, temporary);
    aimci_free(ctx, file);
    return st;
}
