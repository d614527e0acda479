/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <aimc/aimc.h>

#include "progress.h"
#include "report.h"

static const char *command_name = "aimc";

void report_set_command(const char *command)
{
    command_name = command;
}

const char *report_command(void)
{
    return command_name;
}

/* A sentence may quote a name of a file or of what is in it: no control character of it reaches the
 * terminal. */
static void print_safely(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n')
            *c = '?';
    fputs(text, stderr);
}

PRINTF_LIKE(1, 0)
static void say(const char *format, va_list args)
{
    char text[8192];
    progress_clear();
    fprintf(stderr, "%s: ", command_name);
    vsnprintf(text, sizeof text, format, args);
    print_safely(text);
    fputc('\n', stderr);
}

/* In parentheses, because report.h may make macros of these names. */

int(fail)(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    return EXIT_FAILED;
}

int(fail_usage)(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    fprintf(stderr, "try '%s --help'\n", command_name);
    return EXIT_USAGE;
}

/* "config_set: dw_min = -1 is ..." names a function of C, which whoever types a command never
 * called. */
const char *library_sentence(void)
{
    const char *sentence = aimc_get_last_error();
    const size_t n = strspn(sentence, "abcdefghijklmnopqrstuvwxyz_0123456789");
    const bool is_function =
        n > 0 && memchr(sentence, '_', n) && strncmp(sentence + n, ": ", 2) == 0;
    return is_function ? sentence + n + 2 : sentence;
}

int(fail_library)(void)
{
    return fail("%s", library_sentence());
}

void remark(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}
