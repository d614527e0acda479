/* SPDX-License-Identifier: MIT */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "report.h"

enum { LEFT = 24, MAX_LEFT = 64 };

static enum help_format format_of_help = HELP_TEXT;

void help_set_format(enum help_format format)
{
    format_of_help = format;
}

static void print_text(const struct arg_spec *spec)
{
    printf("Usage: %s %s\n\n%s\n", report_command(), spec->usage, spec->summary);
    for (size_t i = 0; i < spec->n_args; i++) {
        const struct arg *arg = &spec->args[i];
        if (arg->name == NULL) {
            printf("\n%s\n", arg->help);
            continue;
        }
        char left[MAX_LEFT];
        const bool flag = arg->kind == ARG_FLAG;
        snprintf(left, sizeof left, "--%s%s%s", arg->name, flag ? "" : " ",
                 flag ? "" : arg->placeholder);
        const char *line = arg->help;
        if (strlen(left) < LEFT)
            printf("  %-*s", LEFT, left);
        else /* the help begins below a long name */
            printf("  %s\n%*s", left, LEFT + 2, "");
        for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
            printf("%.*s\n%*s", (int)(end - line), line, LEFT + 2, "");
        printf("%s\n", line);
    }
    printf("  %-*sthis text\n\nExample\n%s", LEFT, "--help", spec->example);
}

/* ---- manual --------------------------------------------------------------------------------- */

void help_put_roff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++)
        switch (*text) {
        case '\\':
            fputs("\\e", stdout);
            break;
        case '-':
            fputs("\\-", stdout);
            break;
        case '\n':
            fputs(text[1] == '.' || text[1] == '\'' ? "\n\\&" : "\n", stdout);
            break;
        default:
            putchar(*text);
        }
}

static void print_option(const struct arg *arg)
{
    fputs(".TP\n\\fB\\-\\-", stdout);
    help_put_roff(arg->name);
    fputs("\\fR", stdout);
    if (arg->kind != ARG_FLAG) {
        fputs(" \\fI", stdout);
        help_put_roff(arg->placeholder);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    help_put_roff(arg->help);
    putchar('\n');
}

static void print_manual(const struct arg_spec *spec)
{
    printf(".SS ");
    help_put_roff(report_command());
    putchar(' ');
    help_put_roff(spec->usage);
    putchar('\n');
    help_put_roff(spec->summary);
    putchar('\n');
    for (size_t i = 0; i < spec->n_args; i++) {
        if (spec->args[i].name != NULL) {
            print_option(&spec->args[i]);
            continue;
        }
        printf(".PP\n");
        help_put_roff(spec->args[i].help);
        putchar('\n');
    }
    printf(".PP\nExample\n.PP\n.nf\n");
    help_put_roff(spec->example);
    printf(".fi\n");
}

/* ---- completion ----------------------------------------------------------------------------- */

static void print_bash(const struct arg_spec *spec)
{
    printf("    \"%s\") words=\"--help", report_command());
    for (size_t i = 0; i < spec->n_args; i++)
        if (spec->args[i].name != NULL)
            printf(" --%s", spec->args[i].name);
    puts("\" ;;");
}

/* The first line of a help, without what a shell would take for its own. */
static void put_first_line(const char *help)
{
    for (; *help != '\0' && *help != '\n'; help++)
        putchar(strchr("'\"[]:$`\\", *help) == NULL ? *help : ' ');
}

static void print_zsh(const struct arg_spec *spec)
{
    printf("    \"%s\") options=('--help[options and an example]'", report_command());
    for (size_t i = 0; i < spec->n_args; i++) {
        const struct arg *arg = &spec->args[i];
        if (arg->name == NULL)
            continue;
        printf(" '%s--%s[", arg->kind == ARG_TEXTS ? "*" : "", arg->name);
        put_first_line(arg->help);
        printf("]%s%s%s'", arg->kind == ARG_FLAG ? "" : ":",
               arg->kind == ARG_FLAG ? "" : arg->placeholder,
               arg->kind == ARG_FLAG ? "" : ":_files");
    }
    puts(") ;;");
}

static void print_fish(const struct arg_spec *spec)
{
    const char *name = strchr(report_command(), ' ');
    for (size_t i = 0; i < spec->n_args; i++) {
        const struct arg *arg = &spec->args[i];
        if (arg->name == NULL)
            continue;
        printf("complete -c aimc -n '__aimc_command_is \"%s\"' -l %s%s -d '",
               name != NULL ? name + 1 : "", arg->name, arg->kind == ARG_FLAG ? "" : " -r");
        put_first_line(arg->help);
        puts("'");
    }
}

void help_print(const struct arg_spec *spec)
{
    static void (*const print[])(const struct arg_spec *spec) = {[HELP_TEXT] = print_text,
                                                                 [HELP_MANUAL] = print_manual,
                                                                 [HELP_BASH] = print_bash,
                                                                 [HELP_ZSH] = print_zsh,
                                                                 [HELP_FISH] = print_fish};
    print[format_of_help](spec);
}
