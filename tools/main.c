/* SPDX-License-Identifier: MIT */
/* The aimc command: a table of sub-commands. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "report.h"

static const struct command {
    const char *name, *full_name, *doc;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"train", "aimc train", "train a network on analog tiles", cmd_train},
    {"infer", "aimc infer", "run a saved network on labelled data", cmd_infer},
    {"run", "aimc run", "run any network on inputs from files", cmd_run},
    {"summary", "aimc summary", "layers, shapes, parameters and tiles of a network", cmd_summary},
    {"deploy", "aimc deploy", "fold, put on tiles, calibrate and program a network", cmd_deploy},
    {"conductance", "aimc conductance", "statistics of programmed and drifted conductances",
     cmd_conductance},
    {"device", "aimc device", "list and show device models and presets", cmd_device},
    {"study", "aimc study", "train, retrain and deploy one network by a protocol", cmd_study},
    {"energy", "aimc energy", "energy, time and area of what a saved network did", cmd_energy},
    {"stats", "aimc stats", "events and histograms of every layer as CSV or JSON", cmd_stats},
    {"mvm", "aimc mvm", "multiply vectors by a matrix through the read-out", cmd_mvm},
    {"converter", "aimc converter", "static transfer of a DAC or ADC; range from data",
     cmd_converter},
    {"spice", "aimc spice", "write a crossbar as a netlist for ngspice", cmd_spice},
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static void print_usage(FILE *out)
{
    fputs("Usage: aimc COMMAND [options]\n\nSimulate analog in-memory computing.\n\n", out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].doc);
    fputs("\n  aimc COMMAND --help   options and an example\n"
          "  aimc --version        version of libaimc\n\n"
          "Exit codes: 0 done, 1 it did not work, 2 it was asked wrongly.\n\n"
          "Example\n"
          "  aimc train --data digits --out digits.safetensors\n"
          "  aimc infer digits.safetensors --data digits\n",
          out);
}

static int dispatch(int argc, char **argv)
{
    const char *names[N_COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < N_COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(argv[1], names[i]) == 0) {
            report_set_command(commands[i].full_name);
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    const char *nearest = nearest_name(argv[1], names);
    if (nearest != NULL)
        return fail_usage("unknown command '%s'; did you mean '%s'?", argv[1], nearest);
    return fail_usage("unknown command '%s'", argv[1]);
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
    return dispatch(n, words);
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
    return dispatch(argc, argv);
}

int main(int argc, char **argv)
{
    const int rc = run(argc, argv);
    /* a full disk or a closed pipe behind stdout is a failure, too */
    if ((fflush(stdout) != 0 || ferror(stdout)) && rc == EXIT_OK)
        return fail("standard output: %s", strerror(errno));
    return rc;
}
