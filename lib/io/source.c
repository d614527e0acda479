/* SPDX-License-Identifier: MIT */
#include "io/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/os.h"

enum { PIPE_ROOM = 1 << 16, PEEK = 4096, WAIT_STEPS = 100, WAIT_MS = 10 };

/* Linux reads no more at a time. */
#define MOST_AT_ONCE ((size_t)1 << 30)

aimc_status aimci_fail_errno(const char *path, const char *what, int error)
{
    char reason[128];
    aimci_os_error_text(error, reason, sizeof reason);
    return aimci_fail(error == ENOMEM ? AIMC_ERR_NOMEM : AIMC_ERR_IO, "'%s': cannot %s: %s", path,
                      what, reason);
}

/* ---- pipes ---------------------------------------------------------------------------------- */

/* Some bytes of a pipe; 0 at its end. Before the first byte, the end may only mean that the one who
 * writes has not opened it yet: then we wait a moment, but not for ever. */
static ptrdiff_t read_pipe_once(int fd, char *to, size_t room, bool is_first)
{
    for (int tries = 0;;) {
        const ptrdiff_t n = aimci_os_read_pipe(fd, to, room);
        if (n != 0 || !is_first || tries++ == WAIT_STEPS)
            return n;
        aimci_os_sleep_ms(WAIT_MS);
    }
}

static char *grown(aimc_context *ctx, char *old, size_t used, size_t room)
{
    char *const buf = aimci_calloc(ctx, room, 1);
    if (buf != NULL && used > 0)
        memcpy(buf, old, used);
    aimci_free(ctx, old);
    return buf;
}

/* Bytes that come until the end, or one more than max: a pipe does not say how much will come. NULL
 * after a sentence. */
typedef struct pipe_bytes {
    char *buf;
    size_t used, room;
    bool seen; /* by look */
} pipe_bytes;

static aimc_status read_some(aimc_context *ctx, int fd, const char *path, aimci_look_fn look,
                             pipe_bytes *p, bool *is_end)
{
    const ptrdiff_t n = read_pipe_once(fd, p->buf + p->used, p->room - p->used - 1, p->used == 0);
    if (n < 0)
        return aimci_fail_errno(path, "read", errno);
    p->used += (size_t)n;
    *is_end = n == 0;
    if (!p->seen && look && p->used > 0 && (*is_end || p->used >= PEEK)) {
        p->seen = true;
        const aimc_status st = look(p->buf, p->used, *is_end ? p->used : UINT64_MAX);
        if (st)
            return aimci_fail_within(st, "'%s': ", path);
    }
    if (p->room - p->used > 1)
        return AIMC_OK;
    p->room = p->room <= SIZE_MAX / 2 ? 2 * p->room : SIZE_MAX;
    p->buf = grown(ctx, p->buf, p->used, p->room);
    return p->buf ? AIMC_OK
                  : aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for %zu bytes", path, p->room);
}

static aimc_status check_pipe(const char *path, const pipe_bytes *p, uint64_t max)
{
    if (p->used == 0)
        return aimci_fail(AIMC_ERR_IO, "'%s': nothing came through this pipe", path);
    return p->used <= max ? AIMC_OK
                          : aimci_fail(AIMC_ERR_FORMAT, "'%s': more than the %ju bytes expected",
                                       path, (uintmax_t)max);
}

static aimc_status read_pipe(aimc_context *ctx, int fd, const char *path, uint64_t max,
                             aimci_look_fn look, aimci_source *out)
{
    pipe_bytes p = {.buf = aimci_calloc(ctx, PIPE_ROOM, 1), .room = PIPE_ROOM};
    bool is_end = false;
    aimc_status st = p.buf ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory", path);
    while (!st && !is_end && p.used <= max)
        st = read_some(ctx, fd, path, look, &p, &is_end);
    if (!st)
        st = check_pipe(path, &p, max);
    if (st) {
        aimci_free(ctx, p.buf);
        return st;
    }
    p.buf[p.used] = '\0';
    *out = aimci_source_of(p.buf, p.used);
    out->owned = p.buf;
    return AIMC_OK;
}

/* ---- files ---------------------------------------------------------------------------------- */

static aimc_status look_at_file(const char *path, aimci_look_fn look, const aimci_source *source)
{
    char first[PEEK];
    const size_t n = source->size < PEEK ? (size_t)source->size : PEEK;
    aimc_status st = aimci_source_read(source, 0, n, first);
    if (!st)
        st = look(first, n, source->size);
    return st ? aimci_fail_within(st, "'%s': ", path) : AIMC_OK;
}

/* The descriptor is closed with the source, or by the caller where it is not kept. */
static aimc_status open_file(aimc_context *ctx, int fd, const char *path, uint64_t max,
                             aimci_look_fn look, aimci_source *out)
{
    aimci_os_kind kind;
    uint64_t size;
    const int error = aimci_os_look(fd, &kind, &size);
    if (error || kind == AIMCI_OS_FOLDER)
        return aimci_fail_errno(path, "read", error ? error : EISDIR);
    if (kind == AIMCI_OS_PIPE)
        return read_pipe(ctx, fd, path, max, look, out);
    if (kind != AIMCI_OS_FILE)
        return aimci_fail(AIMC_ERR_IO, "'%s': neither a regular file nor a pipe", path);
    if (size > max)
        return aimci_fail(AIMC_ERR_FORMAT, "'%s': %ju bytes, at most %ju expected", path,
                          (uintmax_t)size, (uintmax_t)max);
    const aimci_source source = {.file = fd, .size = size};
    const aimc_status st = look ? look_at_file(path, look, &source) : AIMC_OK;
    if (!st)
        *out = source;
    return st;
}

aimc_status aimci_source_open(aimc_context *ctx, const char *path, uint64_t max, aimci_look_fn look,
                              aimci_source *out)
{
    const uint64_t limit = aimci_context_max_file(ctx);
    *out = aimci_source_of("", 0);
    /* not blocking: a pipe that nobody writes to must not hold us for ever */
    int fd;
    const int error = aimci_os_open(path, false, &fd);
    if (error)
        return aimci_fail_errno(path, "open", error);
    const aimc_status st = open_file(ctx, fd, path, max < limit ? max : limit, look, out);
    if (st || out->bytes)
        aimci_os_close(fd);
    return st;
}

aimci_source aimci_source_of(const void *bytes, size_t size)
{
    return (aimci_source){.bytes = bytes ? bytes : "", .size = size, .file = -1};
}

void aimci_source_close(aimc_context *ctx, aimci_source *source)
{
    aimci_free(ctx, source->owned);
    if (!source->bytes)
        aimci_os_close(source->file);
    *source = aimci_source_of("", 0);
}

aimc_status aimci_source_read(const aimci_source *source, uint64_t at, size_t n, void *to)
{
    if (source->bytes) {
        if (n > 0)
            memcpy(to, source->bytes + at, n);
        return AIMC_OK;
    }
    for (size_t done = 0; done < n;) {
        const size_t left = n - done, part = left < MOST_AT_ONCE ? left : MOST_AT_ONCE;
        const ptrdiff_t got = aimci_os_read_at(source->file, (char *)to + done, part, at + done);
        if (got < 0)
            return aimci_fail(errno == ENOMEM ? AIMC_ERR_NOMEM : AIMC_ERR_IO,
                              "cannot read on from byte %ju: error %d", (uintmax_t)(at + done),
                              errno);
        if (got == 0)
            return aimci_fail(AIMC_ERR_IO,
                              "the file ends at byte %ju of %ju: it was cut while it was read",
                              (uintmax_t)(at + done), (uintmax_t)source->size);
        done += (size_t)got;
    }
    return AIMC_OK;
}
