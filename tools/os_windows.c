/* SPDX-License-Identifier: MIT */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601 /* Windows 7 */
#endif
#endif

#include "os.h"

#ifdef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h>

static bool narrow(const wchar_t *wide, char *text, size_t size)
{
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0;
}

/* ---- the machine ---------------------------------------------------------------------------- */

unsigned os_cores(void)
{
    const DWORD n = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return n < 1 ? 1 : (unsigned)n;
}

double os_seconds(void)
{
    LARGE_INTEGER now, per_second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&per_second);
    return (double)now.QuadPart / (double)per_second.QuadPart;
}

/* ---- files ---------------------------------------------------------------------------------- */

bool os_may_read(const char *path)
{
    wchar_t wide[AIMCI_OS_WIDE];
    return aimci_os_widen(path, wide) && _waccess(wide, 4) == 0;
}

/* Whether it may be written to is known when that is tried. */
int os_check_writable_folder(const char *path)
{
    return aimci_os_kind_of(path) == AIMCI_OS_FOLDER ? 0 : ENOENT;
}

FILE *os_fopen(const char *path, const char *mode)
{
    wchar_t wide[AIMCI_OS_WIDE];
    if (!aimci_os_widen(path, wide))
        return NULL;
    return _wfopen(wide, mode[0] == 'w' ? L"wbN" : L"rbN");
}

/* There are no streams in memory: a file that goes away with its stream. */
void os_write_text(struct os_writing *w)
{
    wchar_t folder[MAX_PATH], name[MAX_PATH];
    *w = (struct os_writing){0};
    if (GetTempPathW(MAX_PATH, folder) == 0 || GetTempFileNameW(folder, L"aim", 0, name) == 0)
        return;
    const int fd = _wopen(name, _O_RDWR | _O_BINARY | _O_NOINHERIT | _O_TEMPORARY);
    w->file = fd >= 0 ? _fdopen(fd, "w+b") : NULL;
}

char *os_written_text(struct os_writing *w)
{
    if (w->file == NULL)
        return NULL;
    const long size = ftell(w->file);
    w->text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    rewind(w->file);
    if (w->text != NULL) {
        w->size = fread(w->text, 1, (size_t)size, w->file);
        w->text[w->size] = '\0';
    }
    const bool good = w->text != NULL && w->size == (size_t)size && !ferror(w->file);
    fclose(w->file);
    if (good)
        return w->text;
    free(w->text);
    return NULL;
}

/* ---- a program ------------------------------------------------------------------------------ */

/* What main() got is in the code page of the machine, which has not all letters. */
void os_begin_program(int *argc, char ***argv)
{
    int n = 0;
    wchar_t **const wide = CommandLineToArgvW(GetCommandLineW(), &n);
    char **const texts = wide != NULL ? calloc((size_t)n + 1, sizeof *texts) : NULL;
    bool good = texts != NULL;
    for (int i = 0; good && i < n; i++) {
        const size_t room = 3 * wcslen(wide[i]) + 1;
        texts[i] = malloc(room);
        good = texts[i] != NULL && narrow(wide[i], texts[i], room);
    }
    LocalFree(wide);
    if (good) { /* kept until the end of the program, as argv is */
        *argc = n;
        *argv = texts;
    }
    _setmode(_fileno(stdout), _O_BINARY);
    SetConsoleOutputCP(CP_UTF8);
}

bool os_program_path(char *path, size_t size)
{
    wchar_t wide[AIMCI_OS_WIDE];
    const DWORD n = GetModuleFileNameW(NULL, wide, AIMCI_OS_WIDE);
    return n > 0 && n < AIMCI_OS_WIDE && narrow(wide, path, size);
}

bool os_variable(const char *name, char *value, size_t size)
{
    wchar_t wide_name[AIMCI_OS_WIDE], wide[AIMCI_OS_WIDE];
    if (!aimci_os_widen(name, wide_name))
        return false;
    const DWORD n = GetEnvironmentVariableW(wide_name, wide, AIMCI_OS_WIDE);
    return n > 0 && n < AIMCI_OS_WIDE && narrow(wide, value, size);
}

/* In quotes, as CommandLineToArgvW() takes it apart: none of our words holds a quote, and none but
 * the name of a folder, which the system takes without it, ends in a backslash. */
static wchar_t *quote(const char *word)
{
    wchar_t wide[AIMCI_OS_WIDE];
    wchar_t *const quoted =
        aimci_os_widen(word, wide) ? calloc(wcslen(wide) + 3, sizeof *wide) : NULL;
    if (quoted != NULL) {
        quoted[0] = L'"';
        wcscat(quoted, wide);
        wcscat(quoted, L"\"");
    }
    return quoted;
}

int os_run(const char *const words[])
{
    wchar_t name[AIMCI_OS_WIDE], *quoted[OS_MAX_WORDS + 1] = {NULL};
    bool good = aimci_os_widen(words[0], name);
    for (size_t i = 0; good && words[i] != NULL; i++) {
        quoted[i] = i < OS_MAX_WORDS ? quote(words[i]) : NULL;
        good = quoted[i] != NULL;
    }
    const int rc = good ? (int)_wspawnvp(_P_WAIT, name, (const wchar_t *const *)quoted) : -1;
    for (size_t i = 0; i < OS_MAX_WORDS; i++)
        free(quoted[i]);
    return rc;
}

bool os_is_terminal(FILE *file)
{
    DWORD mode = 0;
    const HANDLE console = (HANDLE)_get_osfhandle(_fileno(file));
    return GetConsoleMode(console, &mode) &&
           SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

static volatile sig_atomic_t *stop_flag;

/* In a thread of its own. When it returns from the closing of a window, the process ends: it waits
 * for the main thread to save and to end first. */
static BOOL WINAPI request_stop(DWORD event)
{
    *stop_flag = 1;
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(INFINITE);
    return TRUE;
}

void os_catch_stop(volatile sig_atomic_t *flag)
{
    stop_flag = flag;
    SetConsoleCtrlHandler(request_stop, TRUE);
}

void os_release_stop(void)
{
    SetConsoleCtrlHandler(request_stop, FALSE);
}

#endif
