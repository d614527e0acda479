/* SPDX-License-Identifier: MIT */
/* What operating systems do each in their own way: os_posix.c, os_windows.c. No other file of the
 * library includes a header of a system (the test 'portable'); the aimc command is built with these
 * two and has what only a program needs in tools/os.h. Paths are UTF-8 everywhere. What returns an
 * int returns 0 or a value of errno. */
#ifndef AIMCI_OS_H
#define AIMCI_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- threads -------------------------------------------------------------------------------- */

/* Room for what the system has; both stay where they were begun. */
typedef struct aimci_os_mutex {
    _Alignas(16) unsigned char room[64];
} aimci_os_mutex;
typedef struct aimci_os_condition {
    _Alignas(16) unsigned char room[64];
} aimci_os_condition;

typedef struct aimci_os_thread {
    void (*main)(void *user);
    void *user;
    uintptr_t id;
} aimci_os_thread;

void aimci_os_mutex_begin(aimci_os_mutex *mutex);
void aimci_os_mutex_end(aimci_os_mutex *mutex);
void aimci_os_lock(aimci_os_mutex *mutex);
bool aimci_os_try_lock(aimci_os_mutex *mutex);
void aimci_os_unlock(aimci_os_mutex *mutex);

void aimci_os_condition_begin(aimci_os_condition *condition);
void aimci_os_condition_end(aimci_os_condition *condition);
/* May return though nobody signalled. */
void aimci_os_wait(aimci_os_condition *condition, aimci_os_mutex *mutex);
void aimci_os_signal(aimci_os_condition *condition);
void aimci_os_signal_all(aimci_os_condition *condition);

/* Fill in main and user and leave the struct where it is until the thread has ended. All signals
 * are blocked in it, so that those of the process are handled by threads of the host. */
bool aimci_os_thread_start(aimci_os_thread *thread);
void aimci_os_thread_join(const aimci_os_thread *thread);
void aimci_os_yield(void);
void aimci_os_sleep_ms(unsigned ms);

/* ---- process and machine -------------------------------------------------------------------- */

long aimci_os_process_id(void);
bool aimci_os_process_exists(long id);
/* align is a power of two; given back by aimci_os_free() alone. */
void *aimci_os_alloc(size_t align, size_t size);
void aimci_os_free(void *ptr);

/* Between these two the calling thread formats and reads numbers with a point, whatever the
 * program's locale is: no number that leaves the library depends on it. They may nest. */
void *aimci_numbers_begin(void);
void aimci_numbers_end(void *before);

/* The system's words for a value of errno; from any thread. */
void aimci_os_error_text(int error, char *text, size_t size);

static inline char aimci_small_letter(char c)
{
    if (c >= 'A' && c <= 'Z')
        return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
    return c;
}

/* strncasecmp() == 0: without regard to the case of the letters of ASCII, whatever the locale. */
static inline bool aimci_same_letters(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char x = aimci_small_letter(a[i]), y = aimci_small_letter(b[i]);
        if (x != y || x == '\0')
            return x == y;
    }
    return true;
}

/* ---- paths ---------------------------------------------------------------------------------- */

typedef enum aimci_os_kind {
    AIMCI_OS_NOTHING, /* not there, or not to be looked at */
    AIMCI_OS_FILE,
    AIMCI_OS_FOLDER,
    AIMCI_OS_PIPE,
    AIMCI_OS_OTHER /* a device, a socket */
} aimci_os_kind;

/* What is at the end of links. */
aimci_os_kind aimci_os_kind_of(const char *path);
/* The last separator of folders in a path; NULL: there is none. */
const char *aimci_os_last_separator(const char *path);
bool aimci_os_is_absolute(const char *path);
/* What a symbolic link says: its length, 0 where the path is no link, -1 where it cannot be read or
 * has no room. */
ptrdiff_t aimci_os_link(const char *path, char *target, size_t size);
/* One that is there already is fine. */
int aimci_os_make_folder(const char *path);
/* Names of what is in a folder, in no order; act may remove what it gets. */
void aimci_os_each_name(const char *folder, void (*act)(void *user, const char *name), void *user);
int aimci_os_remove(const char *path);

/* ---- files ---------------------------------------------------------------------------------- */

/* Bytes to be read: a descriptor. Where it need not wait, a pipe that nobody writes to is opened at
 * once. */
int aimci_os_open(const char *path, bool wait, int *file);
void aimci_os_close(int file);
int aimci_os_look(int file, aimci_os_kind *kind, uint64_t *size);
/* Some of the n bytes from byte at on; 0 at the end of the file, -1 with errno. */
ptrdiff_t aimci_os_read_at(int file, void *to, size_t n, uint64_t at);
/* What a pipe has, waiting for the first byte: 0 where nobody writes to it (any more), -1 with
 * errno. */
ptrdiff_t aimci_os_read_pipe(int file, void *to, size_t n);

/* A file to write that is not there yet: NULL with errno, EEXIST where it is. */
FILE *aimci_os_create(const char *path);
/* Owner, group and permissions of a file for one that is open, as far as the system allows. */
void aimci_os_copy_permissions(const char *from, FILE *to);
/* All that was written is on the disk. Where writing failed before, errno says why, if the caller
 * has made it 0 before writing. */
int aimci_os_sync(FILE *file);
/* Give a file the name of another one, which is replaced as a whole; when this returns, the name is
 * on the disk where the system can promise that. */
int aimci_os_replace(const char *from, const char *to);

#ifdef _WIN32
/* A path as this system wants it; false with errno where it is no UTF-8 or has no room. */
enum { AIMCI_OS_WIDE = 4096 };
bool aimci_os_widen(const char *path, wchar_t wide[AIMCI_OS_WIDE]);
#endif

#endif
