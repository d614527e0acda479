/* SPDX-License-Identifier: MIT */
/* tools/report.h for fuzz targets: the sentences are made, but nobody reads them. */
#include <stdarg.h>
#include <stdio.h>

#include <aimc/aimc.h>

#include "report.h"

const char *report_command(void)
{
    return "fuzz";
}

PRINTF_LIKE(1, 0)
static int make(const char *format, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    return EXIT_FAILED;
}

int(fail)(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int rc = make(format, args);
    va_end(args);
    return rc;
}

int(fail_usage)(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)make(format, args);
    va_end(args);
    return EXIT_USAGE;
}

int(fail_library)(void)
{
    return EXIT_FAILED;
}

void remark(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)make(format, args);
    va_end(args);
}

const char *library_sentence(void)
{
    return aimc_get_last_error();
}
