/* SPDX-License-Identifier: MIT */
/* Command lines from a table: "--name value", "--name=value", flags, repeated options, --help. */
#ifndef AIMC_TOOLS_ARGS_H
#define AIMC_TOOLS_ARGS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum arg_kind {
    ARG_FLAG,    /* bool */
    ARG_TEXT,    /* const char *; NULL: not given */
    ARG_TEXTS,   /* struct texts: every occurrence in order */
    ARG_NUMBER,  /* double, finite; initialise with NOT_GIVEN to see whether it was given */
    ARG_INTEGER, /* double holding an integer, which is exact up to 2^53 */
};

#define NOT_GIVEN    ((double)NAN)
#define MAX_INTEGER  9007199254740991.0 /* 2^53 - 1: also what JSON readers keep exact */
#define WAS_GIVEN(x) (!isnan(x))

struct texts {
    const char **items; /* owned; the strings are the caller's argv */
    size_t n;
};

struct arg {
    const char *name; /* without the dashes; NULL: a heading in the help, text in help */
    enum arg_kind kind;
    void *value;
    const char *placeholder; /* what the value is called in the help */
    const char *help;        /* may hold newlines */
    double min, max;         /* numbers and integers: allowed range, ends included */
};

struct arg_spec {
    const char *usage;   /* what follows the command's name */
    const char *summary; /* one or two sentences */
    const char *example; /* complete command lines */
    const struct arg *args;
    size_t n_args;
    const char **positionals; /* [max_positionals], the rest stay NULL */
    size_t min_positionals, max_positionals;
};

/* Read argv[1 .. argc - 1]. EXIT_GO_ON, or the exit code after --help or a complaint. */
int args_parse(const struct arg_spec *spec, int argc, char **argv);

/* One number from text; true when it is one, finite, and nothing else is there. */
bool number_of_text(const char *text, double *value);

/* The known name most like word, or NULL when none is. Names end with NULL. */
const char *nearest_name(const char *word, const char *const *names);

#endif
