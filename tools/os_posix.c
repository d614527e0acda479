/* SPDX-License-Identifier: MIT */
#ifndef _WIN32
#define _DARWIN_C_SOURCE /* what macOS hides from programs that ask for POSIX */
#endif

#include "os.h"

#ifndef _WIN32

#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

extern char **environ;

/* ---- the machine ---------------------------------------------------------------------------- */

unsigned os_cores(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (unsigned)n;
}

double os_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- files ---------------------------------------------------------------------------------- */

bool os_may_read(const char *path)
{
    return access(path, R_OK) == 0;
}

int os_check_writable_folder(const char *path)
{
    return access(path, W_OK) == 0 ? 0 : errno;
}

FILE *os_fopen(const char *path, const char *mode)
{
    return fopen(path, mode);
}

void os_write_text(struct os_writing *w)
{
    *w = (struct os_writing){0};
    w->file = open_memstream(&w->text, &w->size);
}

char *os_written_text(struct os_writing *w)
{
    const bool good = w->file != NULL && !ferror(w->file);
    if (w->file != NULL && fclose(w->file) == 0 && good)
        return w->text;
    free(w->text);
    return NULL;
}

/* ---- a program ------------------------------------------------------------------------------ */

void os_begin_program(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
}

bool os_program_path(char *path, size_t size)
{
#ifdef __APPLE__
    uint32_t room = (uint32_t)size;
    return _NSGetExecutablePath(path, &room) == 0;
#else
    const ssize_t n = readlink("/proc/self/exe", path, size - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 0 && (size_t)n < size - 1;
#endif
}

bool os_variable(const char *name, char *value, size_t size)
{
    const char *const text = getenv(name);
    const int n = text != NULL ? snprintf(value, size, "%s", text) : 0;
    return n > 0 && (size_t)n < size;
}

int os_run(const char *const words[])
{
    char *const *const same = (char *const *)(uintptr_t)words; /* which is only read */
    pid_t child;
    int state = -1;
    if (posix_spawnp(&child, words[0], NULL, NULL, same, environ) != 0)
        return -1;
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

bool os_is_terminal(FILE *file)
{
    return isatty(fileno(file)) == 1;
}

static volatile sig_atomic_t *stop_flag;
static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { N_STOP_SIGNALS = sizeof stop_signals / sizeof stop_signals[0] };
static struct sigaction old_actions[N_STOP_SIGNALS];

static void request_stop(int signal_number)
{
    (void)signal_number;
    *stop_flag = 1;
}

void os_catch_stop(volatile sig_atomic_t *flag)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = request_stop;
    stop_flag = flag;
    for (size_t i = 0; i < N_STOP_SIGNALS; i++)
        if (sigaction(stop_signals[i], NULL, &old_actions[i]) == 0 &&
            old_actions[i].sa_handler != SIG_IGN)
            sigaction(stop_signals[i], &action, NULL);
}

void os_release_stop(void)
{
    for (size_t i = 0; i < N_STOP_SIGNALS; i++)
        sigaction(stop_signals[i], &old_actions[i], NULL);
}

#endif
