/* SPDX-License-Identifier: MIT */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601 /* Windows 7 */
#endif
#endif

#include "core/os.h"

#ifdef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <locale.h>
#include <malloc.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>

/* ---- words of the system -------------------------------------------------------------------- */

static int error_of(DWORD code)
{
    static const struct {
        DWORD code;
        int error;
    } known[] = {{ERROR_FILE_NOT_FOUND, ENOENT},      {ERROR_PATH_NOT_FOUND, ENOENT},
                 {ERROR_INVALID_NAME, ENOENT},        {ERROR_BAD_NETPATH, ENOENT},
                 {ERROR_ACCESS_DENIED, EACCES},       {ERROR_SHARING_VIOLATION, EACCES},
                 {ERROR_LOCK_VIOLATION, EACCES},      {ERROR_WRITE_PROTECT, EROFS},
                 {ERROR_ALREADY_EXISTS, EEXIST},      {ERROR_FILE_EXISTS, EEXIST},
                 {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},   {ERROR_OUTOFMEMORY, ENOMEM},
                 {ERROR_TOO_MANY_OPEN_FILES, EMFILE}, {ERROR_DISK_FULL, ENOSPC},
                 {ERROR_HANDLE_DISK_FULL, ENOSPC},    {ERROR_DIRECTORY, ENOTDIR},
                 {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},    {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == code)
            return known[i].error;
    return EIO;
}

static int last_error(void)
{
    return error_of(GetLastError());
}

bool aimci_os_widen(const char *path, wchar_t wide[AIMCI_OS_WIDE])
{
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, AIMCI_OS_WIDE) > 0)
        return true;
    errno = GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : EILSEQ;
    return false;
}

static bool narrow(const wchar_t *wide, char *text, size_t size)
{
    const int room = size < INT_MAX ? (int)size : INT_MAX;
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, room, NULL, NULL) > 0;
}

/* ---- threads -------------------------------------------------------------------------------- */

_Static_assert(sizeof(SRWLOCK) <= sizeof(aimci_os_mutex), "a larger mutex");
_Static_assert(sizeof(CONDITION_VARIABLE) <= sizeof(aimci_os_condition), "a larger condition");

static SRWLOCK *lock_of(aimci_os_mutex *m)
{
    return (SRWLOCK *)(void *)m->room;
}

static CONDITION_VARIABLE *condition_of(aimci_os_condition *c)
{
    return (CONDITION_VARIABLE *)(void *)c->room;
}

void aimci_os_mutex_begin(aimci_os_mutex *mutex)
{
    InitializeSRWLock(lock_of(mutex));
}

void aimci_os_mutex_end(aimci_os_mutex *mutex)
{
    (void)mutex;
}

void aimci_os_lock(aimci_os_mutex *mutex)
{
    AcquireSRWLockExclusive(lock_of(mutex));
}

bool aimci_os_try_lock(aimci_os_mutex *mutex)
{
    return TryAcquireSRWLockExclusive(lock_of(mutex)) != 0;
}

void aimci_os_unlock(aimci_os_mutex *mutex)
{
    ReleaseSRWLockExclusive(lock_of(mutex));
}

void aimci_os_condition_begin(aimci_os_condition *condition)
{
    InitializeConditionVariable(condition_of(condition));
}

void aimci_os_condition_end(aimci_os_condition *condition)
{
    (void)condition;
}

void aimci_os_wait(aimci_os_condition *condition, aimci_os_mutex *mutex)
{
    SleepConditionVariableSRW(condition_of(condition), lock_of(mutex), INFINITE, 0);
}

void aimci_os_signal(aimci_os_condition *condition)
{
    WakeConditionVariable(condition_of(condition));
}

void aimci_os_signal_all(aimci_os_condition *condition)
{
    WakeAllConditionVariable(condition_of(condition));
}

static unsigned __stdcall run_thread(void *user)
{
    const aimci_os_thread *const thread = user;
    thread->main(thread->user);
    return 0;
}

bool aimci_os_thread_start(aimci_os_thread *thread)
{
    thread->id = _beginthreadex(NULL, 0, run_thread, thread, 0, NULL);
    return thread->id != 0;
}

void aimci_os_thread_join(const aimci_os_thread *thread)
{
    WaitForSingleObject((HANDLE)thread->id, INFINITE);
    CloseHandle((HANDLE)thread->id);
}

void aimci_os_yield(void)
{
    SwitchToThread();
}

void aimci_os_sleep_ms(unsigned ms)
{
    Sleep(ms);
}

/* ---- process and machine -------------------------------------------------------------------- */

long aimci_os_process_id(void)
{
    return (long)GetCurrentProcessId();
}

bool aimci_os_process_exists(long id)
{
    DWORD code = STILL_ACTIVE;
    const HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)id);
    if (process == NULL)
        return GetLastError() != ERROR_INVALID_PARAMETER;
    const bool exists = !GetExitCodeProcess(process, &code) || code == STILL_ACTIVE;
    CloseHandle(process);
    return exists;
}

void *aimci_os_alloc(size_t align, size_t size)
{
    return _aligned_malloc(size, align);
}

void aimci_os_free(void *ptr)
{
    _aligned_free(ptr);
}

/* The locale of a thread of its own, while numbers are written or read; where the point is one
 * already, which is so inside, nothing is done. */
static _Thread_local struct {
    int mode;
    char name[128];
} outer;

void *aimci_numbers_begin(void)
{
    if (strcmp(localeconv()->decimal_point, ".") == 0)
        return NULL;
    const char *const name = setlocale(LC_NUMERIC, NULL);
    snprintf(outer.name, sizeof outer.name, "%s", name != NULL ? name : "");
    outer.mode = _configthreadlocale(_ENABLE_PER_THREAD_LOCALE);
    setlocale(LC_NUMERIC, "C");
    return &outer;
}

void aimci_numbers_end(void *before)
{
    if (before == NULL)
        return;
    setlocale(LC_NUMERIC, outer.name);
    _configthreadlocale(outer.mode);
}

void aimci_os_error_text(int error, char *text, size_t size)
{
    if (strerror_s(text, size, error) != 0)
        snprintf(text, size, "error %d", error);
}

/* ---- paths ---------------------------------------------------------------------------------- */

aimci_os_kind aimci_os_kind_of(const char *path)
{
    wchar_t wide[AIMCI_OS_WIDE];
    if (!aimci_os_widen(path, wide))
        return AIMCI_OS_NOTHING;
    if (_wcsnicmp(wide, L"\\\\.\\pipe\\", 9) == 0)
        return AIMCI_OS_PIPE;
    const DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return AIMCI_OS_NOTHING;
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? AIMCI_OS_FOLDER
           : attributes & FILE_ATTRIBUTE_DEVICE  ? AIMCI_OS_OTHER
                                                 : AIMCI_OS_FILE;
}

const char *aimci_os_last_separator(const char *path)
{
    const char *last = NULL;
    for (const char *c = path; *c != '\0'; c++)
        if (*c == '/' || *c == '\\' || (*c == ':' && c == path + 1))
            last = c;
    return last;
}

bool aimci_os_is_absolute(const char *path)
{
    return path[0] == '/' || path[0] == '\\' || (path[0] != '\0' && path[1] == ':');
}

/* The system follows all links at once. */
ptrdiff_t aimci_os_link(const char *path, char *target, size_t size)
{
    wchar_t wide[AIMCI_OS_WIDE];
    if (!aimci_os_widen(path, wide))
        return 0;
    const DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_REPARSE_POINT))
        return 0;
    const HANDLE file = CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        errno = last_error();
        return -1;
    }
    wchar_t end[AIMCI_OS_WIDE];
    const DWORD n = GetFinalPathNameByHandleW(file, end, AIMCI_OS_WIDE, 0);
    CloseHandle(file);
    if (n > 0 && n < AIMCI_OS_WIDE && wcscmp(end, wide) == 0)
        return 0;
    if (n > 0 && n < AIMCI_OS_WIDE && narrow(end, target, size))
        return (ptrdiff_t)strlen(target);
    errno = ENAMETOOLONG;
    return -1;
}

int aimci_os_make_folder(const char *path)
{
    wchar_t wide[AIMCI_OS_WIDE];
    if (!aimci_os_widen(path, wide))
        return errno;
    const int error = CreateDirectoryW(wide, NULL) ? 0 : last_error();
    return error == EEXIST ? 0 : error;
}

void aimci_os_each_name(const char *folder, void (*act)(void *user, const char *name), void *user)
{
    char all[AIMCI_OS_WIDE], name[4 * MAX_PATH];
    wchar_t wide[AIMCI_OS_WIDE];
    WIN32_FIND_DATAW found;
    if (snprintf(all, sizeof all, "%s/*", folder) >= (int)sizeof all || !aimci_os_widen(all, wide))
        return;
    const HANDLE search = FindFirstFileW(wide, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do
        if (narrow(found.cFileName, name, sizeof name))
            act(user, name);
    while (FindNextFileW(search, &found));
    FindClose(search);
}

int aimci_os_remove(const char *path)
{
    wchar_t wide[AIMCI_OS_WIDE];
    return !aimci_os_widen(path, wide) ? errno : DeleteFileW(wide) ? 0 : last_error();
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Others may write to the file, give it another name or remove it meanwhile. */
int aimci_os_open(const char *path, bool wait, int *file)
{
    wchar_t wide[AIMCI_OS_WIDE];
    *file = -1;
    (void)wait; /* a pipe that nobody writes to is opened at once in any case */
    if (!aimci_os_widen(path, wide))
        return errno;
    if (aimci_os_kind_of(path) == AIMCI_OS_FOLDER)
        return EISDIR;
    const HANDLE handle =
        CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return last_error();
    *file = _open_osfhandle((intptr_t)handle, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
    if (*file >= 0)
        return 0;
    CloseHandle(handle);
    return EMFILE;
}

void aimci_os_close(int file)
{
    _close(file);
}

int aimci_os_look(int file, aimci_os_kind *kind, uint64_t *size)
{
    const HANDLE handle = (HANDLE)_get_osfhandle(file);
    const DWORD type = GetFileType(handle);
    LARGE_INTEGER bytes = {.QuadPart = 0};
    *kind = type == FILE_TYPE_DISK   ? AIMCI_OS_FILE
            : type == FILE_TYPE_PIPE ? AIMCI_OS_PIPE
                                     : AIMCI_OS_OTHER;
    if (*kind == AIMCI_OS_FILE && !GetFileSizeEx(handle, &bytes))
        return last_error();
    *size = (uint64_t)bytes.QuadPart;
    return 0;
}

ptrdiff_t aimci_os_read_at(int file, void *to, size_t n, uint64_t at)
{
    OVERLAPPED from = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
    const DWORD part = n < 1u << 30 ? (DWORD)n : 1u << 30;
    DWORD got = 0;
    if (ReadFile((HANDLE)_get_osfhandle(file), to, part, &got, &from))
        return (ptrdiff_t)got;
    if (GetLastError() == ERROR_HANDLE_EOF)
        return 0;
    errno = last_error();
    return -1;
}

ptrdiff_t aimci_os_read_pipe(int file, void *to, size_t n)
{
    DWORD got = 0;
    if (ReadFile((HANDLE)_get_osfhandle(file), to, n < 1u << 30 ? (DWORD)n : 1u << 30, &got, NULL))
        return (ptrdiff_t)got;
    if (GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_PIPE_NOT_CONNECTED)
        return 0;
    errno = last_error();
    return -1;
}

FILE *aimci_os_create(const char *path)
{
    wchar_t wide[AIMCI_OS_WIDE];
    if (!aimci_os_widen(path, wide))
        return NULL;
    const int fd = _wopen(wide, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                          _S_IREAD | _S_IWRITE);
    FILE *const file = fd >= 0 ? _fdopen(fd, "wb") : NULL;
    if (fd >= 0 && file == NULL) {
        _close(fd);
        _wunlink(wide);
        errno = EMFILE;
    }
    return file;
}

/* A new file inherits what its folder says. */
void aimci_os_copy_permissions(const char *from, FILE *to)
{
    (void)from;
    (void)to;
}

int aimci_os_sync(FILE *file)
{
    if (!ferror(file) && fflush(file) == 0 && _commit(_fileno(file)) == 0)
        return 0;
    return errno != 0 ? errno : EIO;
}

int aimci_os_replace(const char *from, const char *to)
{
    wchar_t wide_from[AIMCI_OS_WIDE], wide_to[AIMCI_OS_WIDE];
    if (!aimci_os_widen(from, wide_from) || !aimci_os_widen(to, wide_to))
        return errno;
    const DWORD how = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    return MoveFileExW(wide_from, wide_to, how) ? 0 : last_error();
}

#endif
