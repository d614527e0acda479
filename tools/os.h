/* SPDX-License-Identifier: MIT */
/* What the command needs of the operating system beyond lib/core/os.h, which it is built with: as
 * there, os_posix.c and os_windows.c alone include headers of a system, and paths are UTF-8. */
#ifndef OS_H
#define OS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/os.h"

/* Cores that are switched on; at least 1. */
unsigned os_cores(void);
/* Seconds that nobody sets back, from a start of the system's choice. */
double os_seconds(void);

bool os_may_read(const char *path);
/* 0, or a value of errno that says why nothing can be made in a folder. */
int os_check_writable_folder(const char *path);
/* fopen() in binary mode; mode is "r" or "w". NULL with errno. */
FILE *os_fopen(const char *path, const char *mode);

/* What is written to the stream, as text that the caller frees: NULL after a failure; the stream is
 * closed in any case. */
struct os_writing {
    FILE *file; /* NULL: not begun */
    char *text;
    size_t size;
};
void os_write_text(struct os_writing *w);
char *os_written_text(struct os_writing *w);

/* First call of main(): arguments in UTF-8, and standard output that has the bytes it is given. */
void os_begin_program(int *argc, char ***argv);
/* The file that runs; false where the system does not tell. */
bool os_program_path(char *path, size_t size);
/* A variable of the environment; false where it is not set, is empty or has no room. */
bool os_variable(const char *name, char *value, size_t size);
/* Runs a program, found in PATH, that gets words (the first is its name, NULL comes after the last)
 * and the standard streams of this one. Its exit code, or -1 if it was not run or did not end. */
enum { OS_MAX_WORDS = 8 };
int os_run(const char *const words[]);
/* The Python that is in PATH. */
#ifdef _WIN32
#define OS_PYTHON "python"
#else
#define OS_PYTHON "python3"
#endif
/* A terminal that understands escape sequences. */
bool os_is_terminal(FILE *file);

/* Until the release, being asked to end (Ctrl-C, kill, a terminal that goes away) sets the flag.
 * What the caller has ignored, as nohup does SIGHUP, stays ignored. */
void os_catch_stop(volatile sig_atomic_t *flag);
void os_release_stop(void);

#endif
