/* SPDX-License-Identifier: MIT */
/* The sub-commands. argv[0] is the sub-command's own name; each returns the exit code. */
#ifndef AIMC_TOOLS_CMD_H
#define AIMC_TOOLS_CMD_H

#include <stdio.h>

/* A sub-command, or a sub-command of "device". Tables end with a name of NULL. */
struct command {
    const char *name, *full_name, *doc;
    int (*run)(int argc, char **argv);
};

extern const struct command commands[], device_commands[];

/* "  name       doc" for each. */
void print_commands(FILE *out, const struct command *table);

/* Run the command of that name; complains about a name that there is not. */
int dispatch(const struct command *table, int argc, char **argv);

int cmd_train(int argc, char **argv);
int cmd_infer(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_summary(int argc, char **argv);
int cmd_conductance(int argc, char **argv);
int cmd_deploy(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_study(int argc, char **argv);
int cmd_energy(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_mvm(int argc, char **argv);
int cmd_spice(int argc, char **argv);
int cmd_converter(int argc, char **argv);
int cmd_quickstart(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_manual(int argc, char **argv);
int cmd_response(int argc, char **argv); /* aimc device response */
int cmd_fit(int argc, char **argv);      /* aimc device fit */
int cmd_advise(int argc, char **argv);   /* aimc device advise */
int cmd_compare(int argc, char **argv);  /* aimc device compare */

#endif
