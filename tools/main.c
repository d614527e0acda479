/* SPDX-License-Identifier: MIT */
/* The aimc command: a table of sub-commands. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "os.h"
#include "report.h"

const struct command commands[] = {
    {"train", "aimc train", "train a network on analog tiles", cmd_train},
    {"infer", "aimc infer", "run a saved network on labelled data", cmd_infer},
    {"run", "aimc run", "run any network on inputs from files", cmd_run},
    {"summary", "aimc summary", "layers, shapes, parameters and tiles of a network", cmd_summary},
    {"deploy", "aimc deploy", "fold, put on tiles, calibrate and program a network", cmd_deploy},
    {"conductance", "aimc conductance", "statistics of programmed and drifted conductances",
     cmd_conductance},
    {"device", "aimc device", "list, show, fit and compare device models", cmd_device},
    {"study", "aimc study", "train, retrain and deploy one network by a protocol", cmd_study},
    {"energy", "aimc energy", "energy, time and area of what a saved network did", cmd_energy},
    {"stats", "aimc stats", "events and histograms of every layer as CSV or JSON", cmd_stats},
    {"mvm", "aimc mvm", "multiply vectors by a matrix through the read-out", cmd_mvm},
    {"converter", "aimc converter", "static transfer of a DAC or ADC; range from data",
     cmd_converter},
    {"spice", "aimc spice", "write a crossbar as a netlist for ngspice", cmd_spice},
    {"quickstart", "aimc quickstart", "write a small project that builds", cmd_quickstart},
    {"completion", "aimc completion", "completions for bash, zsh or fish", cmd_completion},
    {"manual", "aimc manual", "the manual page, as roff", cmd_manual},
    {NULL, NULL, NULL, NULL}};

void print_commands(FILE *out, const struct command *table)
{
    for (; table->name != NULL; table++)
        fprintf(out, "  %-11s %s\n", table->name, table->doc);
}

static void print_usage(FILE *out)
{
    fputs("Usage: aimc COMMAND [options]\n\nSimulate analog in-memory computing.\n\n", out);
    print_commands(out, commands);
    fputs("\n  aimc COMMAND --help   options and an example\n"
          "  aimc --version        version of libaimc\n\n"
          "Exit codes: 0 done, 1 it did not work, 2 it was asked wrongly.\n\n"
          "Example\n"
          "  aimc train --data digits --out digits.safetensors\n"
          "  aimc infer digits.safetensors --data digits\n",
          out);
}

int dispatch(const struct command *table, int argc, char **argv)
{
    enum { MOST = 32 };
    const char *names[MOST + 1] = {NULL};
    for (size_t i = 0; table[i].name != NULL && i < MOST; i++) {
        names[i] = table[i].name;
        if (strcmp(argv[0], table[i].name) == 0) {
            report_set_command(table[i].full_name);
            return table[i].run(argc, argv);
        }
    }
    const char *nearest = nearest_name(argv[0], names);
    if (nearest != NULL)
        return fail_usage("unknown command '%s'; did you mean '%s'?", argv[0], nearest);
    return fail_usage("unknown command '%s'", argv[0]);
}

static int is_word(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* "help device fit" is "device fit --help". */
static int help(int argc, char **argv)
{
    enum { MAX_WORDS = 2 };
    char *words[MAX_WORDS + 3] = {argv[0]};
    int n = 1;
    for (int k = 2; k < argc && n <= MAX_WORDS; k++)
        words[n++] = argv[k];
    if (argc - 2 > MAX_WORDS || (argc > 3 && strcmp(argv[2], "device") != 0))
        return fail_usage("help: '%s' is one word too many", argv[argc - 1]);
    words[n++] = (char *)(uintptr_t) "--help";
    return dispatch(commands, n - 1, words + 1);
}

/* Failures are told as JSON, too, where results are. */
static void look_for_json(int argc, char **argv)
{
    for (int k = 1; k < argc && strcmp(argv[k], "--") != 0; k++)
        if (strcmp(argv[k], "--json") == 0)
            report_as_json();
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    const int asks = is_word(argv[1], "help", "help");
    if (asks && argc > 2)
        return help(argc, argv);
    if (asks || is_word(argv[1], "--help", "-h")) {
        print_usage(stdout);
        return EXIT_OK;
    }
    if (is_word(argv[1], "--version", "version")) {
        printf("aimc %s\n", aimc_get_version());
        return EXIT_OK;
    }
    return dispatch(commands, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    os_begin_program(&argc, &argv);
    look_for_json(argc, argv);
    const int rc = run(argc, argv);
    /* a full disk or a closed pipe behind stdout is a failure, too */
    if ((fflush(stdout) != 0 || ferror(stdout)) && rc == EXIT_OK)
        return fail("standard output: %s", strerror(errno));
    return rc;
}
