/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "help.h"
#include "report.h"

#define MAX_WORD 63
#define MAX_ARGS 64

/* Edits between two short words: insert, delete, replace a letter. One row of the usual table. */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    size_t row[MAX_WORD + 1];
    if (n > MAX_WORD || m > MAX_WORD)
        return MAX_WORD;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            const size_t inserted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < inserted ? replaced : inserted;
        }
    }
    return row[m];
}

const char *nearest_name(const char *word, const char *const *names)
{
    size_t best = strlen(word) / 3 + 2; /* further away it is another word, not a slip */
    const char *nearest = NULL;
    for (; *names != NULL; names++) {
        const size_t distance = edit_distance(word, *names);
        if (distance < best) {
            best = distance;
            nearest = *names;
        }
    }
    return nearest;
}

bool number_of_text(const char *text, double *value)
{
    /* strtod alone would also take "inf", "nan", hexadecimal and leading blanks */
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

static int set_number(const struct arg *arg, const char *text)
{
    double value;
    if (!number_of_text(text, &value))
        return fail_usage("--%s '%s' is not a number", arg->name, text);
    if (arg->kind == ARG_INTEGER && value != floor(value))
        return fail_usage("--%s %s is not a whole number", arg->name, text);
    if (value < arg->min)
        return fail_usage("--%s %s is below %.15g", arg->name, text, arg->min);
    if (value > arg->max)
        return fail_usage("--%s %s is above %.15g", arg->name, text, arg->max);
    *(double *)arg->value = value;
    return EXIT_GO_ON;
}

static int append_text(struct texts *texts, const char *text)
{
    const char **items = realloc(texts->items, (texts->n + 1) * sizeof *items);
    if (items == NULL)
        return fail("no memory");
    items[texts->n++] = text;
    texts->items = items;
    return EXIT_GO_ON;
}

static int set_value(const struct arg *arg, const char *text)
{
    switch (arg->kind) {
    case ARG_TEXT:
        *(const char **)arg->value = text;
        return EXIT_GO_ON;
    case ARG_TEXTS:
        return append_text(arg->value, text);
    case ARG_NUMBER:
    case ARG_INTEGER:
        return set_number(arg, text);
    case ARG_FLAG:
        break;
    }
    return fail_usage("--%s takes no value", arg->name);
}

static const struct arg *find_arg(const struct arg_spec *spec, const char *name, size_t length)
{
    for (size_t i = 0; i < spec->n_args; i++) {
        const char *known = spec->args[i].name;
        if (known != NULL && strlen(known) == length && strncmp(known, name, length) == 0)
            return &spec->args[i];
    }
    return NULL;
}

static int unknown_option(const struct arg_spec *spec, const char *name, size_t length)
{
    const char *names[MAX_ARGS + 2];
    char word[MAX_WORD + 1];
    size_t n = 0;
    for (size_t i = 0; i < spec->n_args && n < MAX_ARGS; i++)
        if (spec->args[i].name != NULL)
            names[n++] = spec->args[i].name;
    names[n++] = "help";
    names[n] = NULL;
    snprintf(word, sizeof word, "%.*s", (int)(length < MAX_WORD ? length : MAX_WORD), name);
    const char *nearest = nearest_name(word, names);
    if (nearest != NULL)
        return fail_usage("unknown option --%s; did you mean --%s?", word, nearest);
    return fail_usage("unknown option --%s", word);
}

/* One "--name", with its value from the same or the next word. */
static int parse_option(const struct arg_spec *spec, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    const char *equals = strchr(name, '=');
    const size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct arg *arg = find_arg(spec, name, length);
    if (arg == NULL)
        return unknown_option(spec, name, length);
    if (equals != NULL)
        return set_value(arg, equals + 1);
    if (arg->kind == ARG_FLAG) {
        *(bool *)arg->value = true;
        return EXIT_GO_ON;
    }
    if (*i + 1 >= argc)
        return fail_usage("--%s needs a value: %s", arg->name, arg->placeholder);
    return set_value(arg, argv[++*i]);
}

static int parse_all(const struct arg_spec *spec, int argc, char **argv, size_t *n)
{
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (options && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            help_print(spec);
            return EXIT_OK;
        }
        if (options && strcmp(word, "--") == 0) {
            options = false;
        } else if (options && strncmp(word, "--", 2) == 0) {
            const int rc = parse_option(spec, argc, argv, &i);
            if (rc != EXIT_GO_ON)
                return rc;
        } else if (options && word[0] == '-' && word[1] != '\0') {
            return fail_usage("unknown option %s; options have two dashes", word);
        } else if (*n == spec->max_positionals) {
            return fail_usage("'%s' is one argument too many", word);
        } else {
            spec->positionals[(*n)++] = word;
        }
    }
    return EXIT_GO_ON;
}

int args_parse(const struct arg_spec *spec, int argc, char **argv)
{
    size_t n = 0;
    const int rc = parse_all(spec, argc, argv, &n);
    if (rc != EXIT_GO_ON)
        return rc;
    if (n < spec->min_positionals)
        return fail_usage("an argument is missing: %s", spec->usage);
    return EXIT_GO_ON;
}
