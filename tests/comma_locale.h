/* SPDX-License-Identifier: MIT */
/* A program whose numbers have a decimal comma, as many hosts' are. */
#ifndef AIMCT_COMMA_LOCALE_H
#define AIMCT_COMMA_LOCALE_H

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portable.h"

/* musl takes every name, and has a decimal point in all of them. */
static inline int aimct_has_comma(const char *name)
{
    return setlocale(LC_ALL, name) != NULL && strcmp(localeconv()->decimal_point, ",") == 0;
}

/* Choose one that is installed, or make one with localedef; false: there is none to be had. */
static inline int aimct_comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8", "de_DE",
                                        "German_Germany.1252"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (aimct_has_comma(names[i]))
            return 1;
    char folder[] = "/tmp/aimc-locale-XXXXXX", command[160];
    if (mkdtemp(folder) == NULL)
        return 0;
    snprintf(command, sizeof command,
             "localedef -c -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    const int made = system(command);
    setenv("LOCPATH", folder, 1);
    const int chosen = made != -1 && aimct_has_comma("de_DE.UTF-8");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
    return chosen;
}

#endif
