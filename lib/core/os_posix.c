/* SPDX-License-Identifier: MIT */
#ifndef _WIN32
#define _DARWIN_C_SOURCE /* what macOS hides from programs that ask for POSIX */
#endif

#include "core/os.h"

#ifndef _WIN32

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

/* ---- threads -------------------------------------------------------------------------------- */

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(aimci_os_mutex), "a larger mutex");
_Static_assert(sizeof(pthread_cond_t) <= sizeof(aimci_os_condition), "a larger condition");
_Static_assert(sizeof(pthread_t) <= sizeof(uintptr_t), "a larger name of a thread");

static pthread_mutex_t *mutex_of(aimci_os_mutex *m)
{
    return (pthread_mutex_t *)(void *)m->room;
}

static pthread_cond_t *condition_of(aimci_os_condition *c)
{
    return (pthread_cond_t *)(void *)c->room;
}

void aimci_os_mutex_begin(aimci_os_mutex *mutex)
{
    pthread_mutex_init(mutex_of(mutex), NULL);
}

void aimci_os_mutex_end(aimci_os_mutex *mutex)
{
    pthread_mutex_destroy(mutex_of(mutex));
}

void aimci_os_lock(aimci_os_mutex *mutex)
{
    pthread_mutex_lock(mutex_of(mutex));
}

bool aimci_os_try_lock(aimci_os_mutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

void aimci_os_unlock(aimci_os_mutex *mutex)
{
    pthread_mutex_unlock(mutex_of(mutex));
}

void aimci_os_condition_begin(aimci_os_condition *condition)
{
    pthread_cond_init(condition_of(condition), NULL);
}

void aimci_os_condition_end(aimci_os_condition *condition)
{
    pthread_cond_destroy(condition_of(condition));
}

void aimci_os_wait(aimci_os_condition *condition, aimci_os_mutex *mutex)
{
    pthread_cond_wait(condition_of(condition), mutex_of(mutex));
}

void aimci_os_signal(aimci_os_condition *condition)
{
    pthread_cond_signal(condition_of(condition));
}

void aimci_os_signal_all(aimci_os_condition *condition)
{
    pthread_cond_broadcast(condition_of(condition));
}

static void *run_thread(void *user)
{
    const aimci_os_thread *const thread = user;
    thread->main(thread->user);
    return NULL;
}

bool aimci_os_thread_start(aimci_os_thread *thread)
{
    sigset_t all, before;
    pthread_t id;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool good = pthread_create(&id, NULL, run_thread, thread) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (good)
        memcpy(&thread->id, &id, sizeof id);
    return good;
}

void aimci_os_thread_join(const aimci_os_thread *thread)
{
    pthread_t id;
    memcpy(&id, &thread->id, sizeof id);
    pthread_join(id, NULL);
}

void aimci_os_yield(void)
{
    sched_yield();
}

void aimci_os_sleep_ms(unsigned ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* ---- process and machine -------------------------------------------------------------------- */

long aimci_os_process_id(void)
{
    return (long)getpid();
}

bool aimci_os_process_exists(long id)
{
    return (pid_t)id != id || kill((pid_t)id, 0) == 0 || errno != ESRCH;
}

void *aimci_os_alloc(size_t align, size_t size)
{
    return aligned_alloc(align, (size + align - 1) / align * align);
}

void aimci_os_free(void *ptr)
{
    free(ptr);
}

/* glibc and others keep the locale "C" for good: making it costs nothing, and cannot fail. */
void *aimci_numbers_begin(void)
{
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    return plain ? uselocale(plain) : (locale_t)0;
}

void aimci_numbers_end(void *before)
{
    if (before)
        freelocale(uselocale(before));
}

void aimci_os_error_text(int error, char *text, size_t size)
{
    text[0] = '\0';
    if (strerror_r(error, text, size) != 0 && text[0] == '\0')
        snprintf(text, size, "error %d", error);
}

/* ---- paths ---------------------------------------------------------------------------------- */

static aimci_os_kind kind_of_mode(mode_t mode)
{
    return S_ISREG(mode)    ? AIMCI_OS_FILE
           : S_ISDIR(mode)  ? AIMCI_OS_FOLDER
           : S_ISFIFO(mode) ? AIMCI_OS_PIPE
                            : AIMCI_OS_OTHER;
}

aimci_os_kind aimci_os_kind_of(const char *path)
{
    struct stat info = {0};
    return stat(path, &info) == 0 ? kind_of_mode(info.st_mode) : AIMCI_OS_NOTHING;
}

const char *aimci_os_last_separator(const char *path)
{
    return strrchr(path, '/');
}

bool aimci_os_is_absolute(const char *path)
{
    return path[0] == '/';
}

ptrdiff_t aimci_os_link(const char *path, char *target, size_t size)
{
    struct stat info = {0};
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return 0;
    const ssize_t n = readlink(path, target, size);
    if (n <= 0 || (size_t)n >= size)
        return -1;
    target[n] = '\0';
    return n;
}

int aimci_os_make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : errno;
}

void aimci_os_each_name(const char *folder, void (*act)(void *user, const char *name), void *user)
{
    DIR *const dir = opendir(folder);
    if (dir == NULL)
        return;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        act(user, e->d_name);
    closedir(dir);
}

int aimci_os_remove(const char *path)
{
    return unlink(path) == 0 ? 0 : errno;
}

/* ---- files ---------------------------------------------------------------------------------- */

int aimci_os_open(const char *path, bool wait, int *file)
{
    *file = open(path, O_RDONLY | O_CLOEXEC | (wait ? 0 : O_NONBLOCK));
    return *file >= 0 ? 0 : errno;
}

void aimci_os_close(int file)
{
    close(file);
}

int aimci_os_look(int file, aimci_os_kind *kind, uint64_t *size)
{
    struct stat info = {0};
    if (fstat(file, &info) != 0)
        return errno;
    *kind = kind_of_mode(info.st_mode);
    *size = *kind == AIMCI_OS_FILE ? (uint64_t)info.st_size : 0;
    return 0;
}

ptrdiff_t aimci_os_read_at(int file, void *to, size_t n, uint64_t at)
{
    ssize_t got;
    do
        got = pread(file, to, n, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got;
}

ptrdiff_t aimci_os_read_pipe(int file, void *to, size_t n)
{
    ssize_t got;
    while ((got = read(file, to, n)) < 0 && (errno == EINTR || errno == EAGAIN))
        (void)poll(&(struct pollfd){.fd = file, .events = POLLIN}, 1, -1);
    return got;
}

FILE *aimci_os_create(const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *const file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (fd >= 0 && file == NULL) {
        const int error = errno;
        close(fd);
        unlink(path);
        errno = error;
    }
    return file;
}

/* Owner first: changing it clears special bits. Only root may give files away; a group of one's own
 * can be kept by everybody. */
void aimci_os_copy_permissions(const char *from, FILE *to)
{
    struct stat old = {0};
    const int fd = fileno(to);
    if (stat(from, &old) != 0)
        return;
    if (fchown(fd, old.st_uid, old.st_gid) != 0 && fchown(fd, (uid_t)-1, old.st_gid) != 0)
        old.st_mode &= 0777;
    (void)fchmod(fd, old.st_mode & 07777);
}

int aimci_os_sync(FILE *file)
{
    if (!ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0)
        return 0;
    return errno != 0 ? errno : EIO;
}

/* The new name is on the disk once its folder is. Systems that cannot do this lose nothing but the
 * promise. */
static void sync_folder(const char *file)
{
    char folder[4096] = ".";
    const char *const end = strrchr(file, '/');
    if (end != NULL && (size_t)(end - file) + 1 < sizeof folder) {
        memcpy(folder, file, (size_t)(end - file) + 1);
        folder[end - file + 1] = '\0';
    }
    const int fd = open(folder, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

int aimci_os_replace(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return errno;
    sync_folder(to);
    return 0;
}

#endif
