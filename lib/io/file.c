/* SPDX-License-Identifier: MIT */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Temporary names tried before giving up: more stale ones than this mean that something else is
 * wrong. */
#define MAX_NAMES 1000

static aimc_status fail_errno(const char *path, const char *what, int error)
{
    char reason[128] = "";
    if (strerror_r(error, reason, sizeof reason) != 0 && reason[0] == '\0')
        snprintf(reason, sizeof reason, "error %d", error);
    return aimci_fail(AIMC_ERR_IO, "'%s': cannot %s: %s", path, what, reason);
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

static aimc_status check_file(int fd, const char *path, size_t max, size_t *size)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail_errno(path, "read", errno);
    if (S_ISDIR(info.st_mode))
        return fail_errno(path, "read", EISDIR);
    if (!S_ISREG(info.st_mode))
        return aimci_fail(AIMC_ERR_IO, "'%s': not a regular file", path);
    if ((uintmax_t)info.st_size > max)
        return aimci_fail(AIMC_ERR_FORMAT, "'%s': %jd bytes, at most %zu expected", path,
                          (intmax_t)info.st_size, max);
    *size = (size_t)info.st_size;
    return AIMC_OK;
}

static aimc_status read_file(aimc_context *ctx, int fd, const char *path, size_t max, void **data,
                             size_t *size)
{
    size_t n = 0;
    aimc_status st = check_file(fd, path, max, &n);
    if (st != AIMC_OK)
        return st;
    char *const buf = n == SIZE_MAX ? NULL : aimci_calloc(ctx, n + 1, 1);
    if (buf == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for %zu bytes", path, n);
    st = read_all(fd, path, buf, n);
    if (st != AIMC_OK) {
        aimci_free(ctx, buf);
        return st;
    }
    *data = buf;
    *size = n;
    return AIMC_OK;
}

aimc_status aimci_file_read(aimc_context *ctx, const char *path, size_t max, void **data,
                            size_t *size)
{
    *data = NULL;
    *size = 0;
    /* not blocking: a pipe without a writer is refused like any pipe */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_errno(path, "open", errno);
    const aimc_status st = read_file(ctx, fd, path, max, data, size);
    close(fd);
    return st;
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

static void copy_permissions(const char *path, int fd)
{
    struct stat old;
    if (stat(path, &old) == 0)
        (void)fchmod(fd, old.st_mode & 0777);
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

/* The new name is on the disk once its directory is. Systems that cannot do this lose nothing but
 * the promise. */
static void sync_directory(char *path)
{
    char *const slash = strrchr(path, '/');
    if (slash != NULL)
        slash[slash == path ? 1 : 0] = '\0';
    const int fd = open(slash == NULL ? "." : path, O_RDONLY | O_CLOEXEC);
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
    if (st != AIMC_OK)
        (void)unlink(temporary);
    else
        sync_directory(temporary);
    return st;
}

aimc_status aimci_file_replace(aimc_context *ctx, const char *path, aimci_file_write_fn write,
                               void *user)
{
    const size_t size = strlen(path) + 48; /* ".tmp-", two numbers, the end */
    char *const temporary = aimci_calloc(ctx, size, 1);
    if (temporary == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "'%s': out of memory for a name", path);
    const aimc_status st = replace(path, temporary, size, write, user);
    aimci_free(ctx, temporary);
    return st;
}
