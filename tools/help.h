/* SPDX-License-Identifier: MIT */
/* What a command says of itself, from the table of its options: as text, as a section of the manual
 * page, or as a line for a shell's completion. */
#ifndef AIMC_TOOLS_HELP_H
#define AIMC_TOOLS_HELP_H

#include "args.h"

enum help_format {
    HELP_TEXT,
    HELP_MANUAL, /* roff, the macros of man(7) */
    HELP_BASH,   /* a branch of a case over "aimc train" */
    HELP_ZSH,    /* likewise, with arguments of _arguments */
    HELP_FISH,   /* a line for each option */
};

/* What --help prints from now on; at first HELP_TEXT. */
void help_set_format(enum help_format format);

void help_print(const struct arg_spec *spec);

/* Text for roff: backslashes, leading dots and quotes, and dashes that are to be copied. */
void help_put_roff(const char *text);

#endif
