/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <aimc/aimc.h>

#include "json.h"
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

static bool as_json = false;

void report_as_json(void)
{
    as_json = true;
}

/* rc EXIT_GO_ON: a remark */
static void print_json(const char *text, int rc)
{
    struct json json;
    json_begin_line(&json, stderr);
    json_put_text(&json, "command", command_name);
    json_put_text(&json, rc == EXIT_GO_ON ? "remark" : "error", text);
    if (rc != EXIT_GO_ON)
        json_put_integer(&json, "exit", (uint64_t)rc);
    json_end(&json);
}

PRINTF_LIKE(1, 0)
static void say(const char *format, va_list args, int rc)
{
    char text[8192];
    progress_clear();
    vsnprintf(text, sizeof text, format, args);
    if (as_json) {
        print_json(text, rc);
        return;
    }
    fprintf(stderr, "%s: ", command_name);
    print_safely(text);
    fputc('\n', stderr);
    if (rc == EXIT_USAGE)
        fprintf(stderr, "try '%s --help'\n", command_name);
}

/* In parentheses, because report.h may make macros of these names. */

int(fail)(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args, EXIT_FAILED);
    va_end(args);
    return EXIT_FAILED;
}

int(fail_usage)(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args, EXIT_USAGE);
    va_end(args);
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
    say(format, args, EXIT_GO_ON);
    va_end(args);
}
