/* SPDX-License-Identifier: MIT */
#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_ROOM = 1 << 16, PEEK = 4096, WAIT_STEPS = 100, WAIT_NS = 10000000 };

/* Linux reads no more at a time. */
#define MOST_AT_ONCE ((size_t)1 << 30)

aimc_status aimci_fail_errno(const char *path, const char *what, int error)
{
    char reason[128] = "";
    if (strerror_r(error, reason, sizeof reason) != 0 && reason[0] == '\0')
        snprintf(reason, sizeof reason, "error %d", error);
    return aimci_fail(error == ENOMEM ? AIMC_ERR_NOMEM : AIMC_ERR_IO, "'%s': cannot %s: %s", path,
                      what, reason);
}

/* ---- pipes ---------------------------------------------------------------------------------- */

/* Some bytes of a pipe; 0 at its end. Before the first byte, the end may only mean that the one who
 * writes has not opened it yet: then we wait a moment, but not for ever. */
static ssize_t read_pipe_once(int fd, char *to, size_t room, bool is_first)
{
    for (int tries = 0;;) {
        const ssize_t n = read(fd, to, room);
        if (n > 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return n;
        if (n == 0 && (!is_first || tries++ == WAIT_STEPS))
            return 0;
        if (n == 0)
            nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
        else
            (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
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
    const ssize_t n = read_pipe_once(fd, p->buf + p->used, p->room - p->used - 1, p->used == 0);
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
    struct stat info;
    if (fstat(fd, &info) != 0)
        return aimci_fail_errno(path, "read", errno);
    if (S_ISDIR(info.st_mode))
        return aimci_fail_errno(path, "read", EISDIR);
    if (S_ISFIFO(info.st_mode))
        return read_pipe(ctx, fd, path, max, look, out);
    if (!S_ISREG(info.st_mode))
        return aimci_fail(AIMC_ERR_IO, "'%s': neither a regular file nor a pipe", path);
    if ((uintmax_t)info.st_size > max)
        return aimci_fail(AIMC_ERR_FORMAT, "'%s': %jd bytes, at most %ju expected", path,
                          (intmax_t)info.st_size, (uintmax_t)max);
    const aimci_source source = {.file = fd, .size = (uint64_t)info.st_size};
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
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return aimci_fail_errno(path, "open", errno);
    const aimc_status st = open_file(ctx, fd, path, max < limit ? max : limit, look, out);
    if (st || out->bytes)
        close(fd);
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
        close(source->file);
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
        const ssize_t got =
            pread(source->file, (char *)to + done, part, (off_t)(at + (uint64_t)done));
        if (got < 0 && errno != EINTR)
            return aimci_fail(errno == ENOMEM ? AIMC_ERR_NOMEM : AIMC_ERR_IO,
                              "cannot read on from byte %ju: error %d", (uintmax_t)(at + done),
                              errno);
        if (got == 0)
            return aimci_fail(AIMC_ERR_IO,
                              "the file ends at byte %ju of %ju: it was cut while it was read",
                              (uintmax_t)(at + done), (uintmax_t)source->size);
        done += got > 0 ? (size_t)got : 0;
    }
    return AIMC_OK;
}
