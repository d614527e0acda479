/* SPDX-License-Identifier: MIT */
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        return aimci_fail_errno(path, "write", error);
    }
    errno = 0;
    aimc_status st = write(user, file);
    if (st == AIMC_OK && (ferror(file) || fflush(file) != 0 || fsync(fd) != 0))
        st = aimci_fail_errno(path, "write", errno != 0 ? errno : EIO);
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
        return aimci_fail_errno(path, "write a file beside it", errno);
    copy_permissions(path, fd);
    aimc_status st = write_and_close(path, fd, write, user);
    if (st == AIMC_OK && rename(temporary, path) != 0)
        st = aimci_fail_errno(path, "replace", errno);
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
    const aimc_status st = good ? AIMC_OK : aimci_fail_errno(*path, "follow the link", errno);
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
        st = n < MAX_LINKS ? follow_link(ctx, &at, LINK_ROOM)
                           : aimci_fail_errno(path, "open", ELOOP);
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
