/* SPDX-License-Identifier: MIT */
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Temporary names tried before giving up: more stale ones than this mean that something else is
 * wrong. */
#define MAX_NAMES 1000

/* As many links in a row as Linux follows. */
#define MAX_LINKS 40

enum { PIPE_ROOM = 1 << 16, WAIT_STEPS = 100, WAIT_NS = 10000000, LINK_ROOM = 4096 };

static aimc_status fail_errno(const char *path, const char *what, int error)
{
    char reason[128] = "";
    if (strerror_r(error, reason, sizeof reason) != 0 && reason[0] == '\0')
        snprintf(reason, sizeof reason, "error %d", error);
    return aimci_fail(error == ENOMEM ? AIMC_ERR_NOMEM : AIMC_ERR_IO, "'%s': cannot %s: %s", path,
                      what, reason);
}

/* ---- reading -------------------------------------------------------------------------------- */

static aimc_status read_all(int fd, const char *path, char *buf, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = read(fd, buf + done, size - done);
        if (n < 0 && errno != EINTR)
            return fail_errno(path, "read", errno);
        if (n == 0)
            return aimci_fail(AIMC_ERR_IO, "'%s': ends at byte %zu of %zu", path, done, size);
        if (n > 0)
            done += (size_t)n;
    }
    return AIMC_OK;
}

static aimc_status read_regular(aimc_context *ctx, int fd, const char *path, size_t n, void **data)
{
    char *const buf = n == SIZE_MAX ? NULL : aimci_calloc(ctx, n + 1, 1);
    if (buf == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for %zu bytes", path, n);
    const aimc_status st = read_all(fd, path, buf, n);
    if (st == AIMC_OK)
        *data = buf;
    else
        aimci_free(ctx, buf);
    return st;
}

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

/* A pipe does not say how much will come. */
static aimc_status read_pipe(aimc_context *ctx, int fd, const char *path, size_t max, void **data,
                             size_t *size)
{
    size_t used = 0, room = PIPE_ROOM;
    char *buf = aimci_calloc(ctx, room, 1);
    ssize_t n = 1;
    while (buf != NULL && n > 0 && used <= max) {
        n = read_pipe_once(fd, buf + used, room - used - 1, used == 0);
        used += n > 0 ? (size_t)n : 0;
        if (room - used <= 1 && room <= SIZE_MAX / 2)
            buf = grown(ctx, buf, used, room *= 2);
    }
    aimc_status st = AIMC_OK;
    if (buf == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for %zu bytes", path, room);
    if (n < 0)
        st = fail_errno(path, "read", errno);
    else if (used == 0)
        st = aimci_fail(AIMC_ERR_IO, "'%s': nothing came through this pipe", path);
    else if (used > max)
        st = aimci_fail(AIMC_ERR_FORMAT, "'%s': more than the %zu bytes expected", path, max);
    if (st != AIMC_OK) {
        aimci_free(ctx, buf);
        return st;
    }
    buf[used] = '\0';
    *data = buf;
    *size = used;
    return AIMC_OK;
}

static aimc_status read_file(aimc_context *ctx, int fd, const char *path, size_t max, void **data,
                             size_t *size)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail_errno(path, "read", errno);
    if (S_ISDIR(info.st_mode))
        return fail_errno(path, "read", EISDIR);
    if (S_ISFIFO(info.st_mode))
        return read_pipe(ctx, fd, path, max, data, size);
    if (!S_ISREG(info.st_mode))
        return aimci_fail(AIMC_ERR_IO, "'%s': neither a regular file nor a pipe", path);
    if ((uintmax_t)info.st_size > max)
        return aimci_fail(AIMC_ERR_FORMAT, "'%s': %jd bytes, at most %zu expected", path,
                          (intmax_t)info.st_size, max);
    const aimc_status st = read_regular(ctx, fd, path, (size_t)info.st_size, data);
    if (st == AIMC_OK)
        *size = (size_t)info.st_size;
    return st;
}

aimc_status aimci_file_read(aimc_context *ctx, const char *path, size_t max, void **data,
                            size_t *size)
{
    *data = NULL;
    *size = 0;
    /* not blocking: a pipe that nobody writes to must not hold us for ever */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_errno(path, "open", errno);
    const aimc_status st = read_file(ctx, fd, path, max, data, size);
    close(fd);
    return st;
}

aimc_status aimci_file_read_text(aimc_context *ctx, const char *path, size_t max, char **text)
{
    void *data;
    size_t size;
    *text = NULL;
    const aimc_status st = aimci_file_read(ctx, path, max, &data, &size);
    if (st != AIMC_OK)
        return st;
    char *const bytes = data;
    const bool is_wide = strncmp(bytes, "\xFF\xFE", 2) == 0 || strncmp(bytes, "\xFE\xFF", 2) == 0;
    if (is_wide || strlen(bytes) != size) {
        aimci_free(ctx, data);
        return aimci_fail(AIMC_ERR_FORMAT, "'%s': %s", path,
                          is_wide ? "text in UTF-16; save it as UTF-8"
                                  : "not text: it holds zero bytes");
    }
    if (strncmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        memmove(bytes, bytes + 3, size - 3 + 1);
    *text = bytes;
    return AIMC_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* Open a file that did not exist: path.tmp-<pid>-<n>. */
static int open_beside(const char *path, char *name, size_t size)
{
    for (int n = 0; n < MAX_NAMES; n++) {
        snprintf(name, size, "%s.tmp-%ld-%d", path, (long)getpid(), n);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Owner first: changing it clears special bits. Only root may give files away; a group of one's own
 * can be kept by everybody. */
static void copy_permissions(const char *path, int fd)
{
    struct stat old;
    if (stat(path, &old) != 0)
        return;
    if (fchown(fd, old.st_uid, old.st_gid) != 0 && fchown(fd, (uid_t)-1, old.st_gid) != 0)
        old.st_mode &= 0777;
    (void)fchmod(fd, old.st_mode & 07777);
}

/* Everything up to the disk; the descriptor is closed in any case. */
static aimc_status write_and_close(const char *path, int fd, aimci_file_write_fn write, void *user)
{
    FILE *const file = fdopen(fd, "wb");
    if (file == NULL) {
        const int error = errno;
        close(fd);
        return fail_errno(path, "write", error);
    }
    errno = 0;
    aimc_status st = write(user, file);
    if (st == AIMC_OK && (ferror(file) || fflush(file) != 0 || fsync(fd) != 0))
        st = fail_errno(path, "write", errno != 0 ? errno : EIO);
    if (fclose(file) != 0 && st == AIMC_OK)
        st = fail_errno(path, "write", errno);
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
    return (pid_t)pid == pid && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* What processes that were killed while they saved have left beside the file. Called with the name
 * of our own temporary file, which is cut. */
static void remove_stale(const char *path, char *temporary)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash == NULL ? path : slash + 1;
    const size_t length = strlen(base);
    temporary[slash == NULL ? 0 : slash == path ? 1 : slash - path] = '\0';
    DIR *const folder = opendir(slash == NULL ? "." : temporary);
    if (folder == NULL)
        return;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;)
        if (strncmp(e->d_name, base, length) == 0 && is_stale(e->d_name + length))
            (void)unlinkat(dirfd(folder), e->d_name, 0);
    closedir(folder);
}

/* The new name is on the disk once its directory is. Systems that cannot do this lose nothing but
 * the promise. */
static void sync_directory(const char *folder)
{
    const int fd = open(folder[0] == '\0' ? "." : folder, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

static aimc_status replace(const char *path, char *temporary, size_t size,
                           aimci_file_write_fn write, void *user)
{
    const int fd = open_beside(path, temporary, size);
    if (fd < 0)
        return fail_errno(path, "write a file beside it", errno);
    copy_permissions(path, fd);
    aimc_status st = write_and_close(path, fd, write, user);
    if (st == AIMC_OK && rename(temporary, path) != 0)
        st = fail_errno(path, "replace", errno);
    if (st != AIMC_OK) {
        (void)unlink(temporary);
        return st;
    }
    remove_stale(path, temporary); /* leaves the folder's name */
    sync_directory(temporary);
    return AIMC_OK;
}

/* Only a regular file is replaced: a device, a pipe or a directory of that name is somebody
 * else's. */
static aimc_status check_replaceable(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_IO, "'%s': cannot replace it: it is %s, not a regular file", path,
                      S_ISDIR(info.st_mode)    ? "a directory"
                      : S_ISFIFO(info.st_mode) ? "a pipe"
                                               : "a device or a socket");
}

/* One link further: what it holds is relative to the folder that the link lies in. */
static aimc_status follow_link(aimc_context *ctx, char **path, size_t length)
{
    const char *const slash = strrchr(*path, '/');
    const size_t folder = slash == NULL ? 0 : (size_t)(slash - *path) + 1;
    char *const target = aimci_calloc(ctx, folder + length + 1, 1);
    if (target == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for a name", *path);
    const ssize_t n = readlink(*path, target + folder, length);
    const bool good = n > 0 && (size_t)n < length;
    if (good && target[folder] == '/')
        memmove(target, target + folder, (size_t)n + 1);
    else if (good)
        memcpy(target, *path, folder);
    const aimc_status st = good ? AIMC_OK : fail_errno(*path, "follow the link", errno);
    aimci_free(ctx, good ? *path : target);
    *path = good ? target : *path;
    return st;
}

/* The file at the end of symbolic links, which need not be there yet; the caller frees it. */
static aimc_status resolve(aimc_context *ctx, const char *path, char **out)
{
    struct stat info;
    char *at = aimci_strdup(ctx, path);
    aimc_status st =
        at != NULL ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for a name", path);
    for (int n = 0; st == AIMC_OK && lstat(at, &info) == 0 && S_ISLNK(info.st_mode); n++)
        st = n < MAX_LINKS ? follow_link(ctx, &at, LINK_ROOM) : fail_errno(path, "open", ELOOP);
    if (st != AIMC_OK) {
        aimci_free(ctx, at);
        at = NULL;
    }
    *out = at;
    return st;
}

aimc_status aimci_file_replace(aimc_context *ctx, const char *path, aimci_file_write_fn write,
                               void *user)
{
    char *file = NULL;
    aimc_status st = check_replaceable(path);
    if (st == AIMC_OK)
        st = resolve(ctx, path, &file);
    if (st != AIMC_OK)
        return st;
    const size_t size = strlen(file) + 48; /* ".tmp-", two numbers, the end */
    char *const temporary = aimci_calloc(ctx, size, 1);
    st = temporary != NULL ? replace(file, temporary, size, write, user)
                           : aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for a name", path);
    aimci_free(ctx, temporary);
    aimci_free(ctx, file);
    return st;
}
