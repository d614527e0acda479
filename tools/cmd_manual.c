/* SPDX-License-Identifier: MIT */
/* aimc manual, aimc completion: what all commands say of themselves, in other forms. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aimc/aimc.h>

#include "cmd.h"
#include "help.h"
#include "report.h"

/* "--help" of each command, and of those of "device", in a format. */
static int print_all(const struct command *table, enum help_format format)
{
    help_set_format(format);
    for (; table->name != NULL; table++) {
        char *words[] = {(char *)(uintptr_t)table->name, (char *)(uintptr_t) "--help", NULL};
        int rc = EXIT_OK;
        if (table->run == cmd_device) {
            rc = print_all(device_commands, format);
        } else {
            report_set_command(table->full_name);
            rc = table->run(2, words);
        }
        if (rc != EXIT_OK)
            return rc;
    }
    return EXIT_OK;
}

static void print_names(const struct command *table)
{
    for (; table->name != NULL; table++)
        printf(" %s", table->name);
}

/* ---- manual --------------------------------------------------------------------------------- */

int cmd_manual(int argc, char **argv)
{
    const struct arg_spec spec = {
        .usage = "",
        .summary = "Print the manual page: what every command does, and all its options.",
        .example = "  aimc manual > aimc.1 && man ./aimc.1\n",
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    printf(".TH AIMC 1 \"\" \"libaimc %s\" \"User Commands\"\n.SH NAME\n"
           "aimc \\- simulate analog in\\-memory computing\n.SH SYNOPSIS\n.B aimc\n"
           "\\fICOMMAND\\fR [options]\n.SH DESCRIPTION\n"
           "Networks whose weights are conductances of resistive devices on crossbar tiles: train "
           "them by\nvoltage pulses, read them through DACs and ADCs, program them, and price what "
           "was counted.\n.SH COMMANDS\n",
           aimc_get_version());
    rc = print_all(commands, HELP_MANUAL);
    printf(".SH EXIT STATUS\n0: done.  1: it did not work.  2: it was asked wrongly.  With "
           "\\fB\\-\\-json\\fR a failure is one\nJSON object on standard error.\n"
           ".SH ENVIRONMENT\n.TP\nAIMC_DATA\nfolder with data sets: mnist, fashion\\-mnist, "
           "cifar10\n");
    return rc;
}

/* ---- completion ----------------------------------------------------------------------------- */

static int complete_bash(void)
{
    printf("# bash completion of aimc, printed by 'aimc completion bash'\n_aimc()\n{\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} command=\"aimc ${COMP_WORDS[1]}\" words=\n"
           "    [ \"$command\" != \"aimc device\" ] || command+=\" ${COMP_WORDS[2]}\"\n"
           "    case $command in\n");
    const int rc = print_all(commands, HELP_BASH);
    printf("    esac\n    [ \"$COMP_CWORD\" != 1 ] || words=\"");
    print_names(commands);
    printf("\"\n    [ \"$COMP_CWORD ${COMP_WORDS[1]}\" != \"2 device\" ] || words=\"");
    print_names(device_commands);
    printf("\"\n    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n"
           "complete -o bashdefault -o default -F _aimc aimc\n");
    return rc;
}

static void print_descriptions(const struct command *table)
{
    for (; table->name != NULL; table++) {
        printf(" '%s:", table->name);
        for (const char *c = table->doc; *c != '\0'; c++)
            putchar(*c == '\'' || *c == ':' ? ' ' : *c);
        putchar('\'');
    }
}

static int complete_zsh(void)
{
    printf("#compdef aimc\n# zsh completion of aimc, printed by 'aimc completion zsh'\n_aimc()\n{\n"
           "    local -a options names\n    local command=\"aimc $words[2]\" first=3\n"
           "    if (( CURRENT == 2 )); then\n        names=(");
    print_descriptions(commands);
    printf(")\n        _describe command names\n        return\n    fi\n"
           "    if [[ $words[2] == device ]]; then\n        if (( CURRENT == 3 )); then\n"
           "            names=(");
    print_descriptions(device_commands);
    printf(")\n            _describe command names\n            return\n        fi\n"
           "        command+=\" $words[3]\" first=4\n    fi\n    case $command in\n");
    const int rc = print_all(commands, HELP_ZSH);
    printf("    esac\n    words=(aimc \"${(@)words[first,-1]}\")\n    (( CURRENT -= first - 2 ))\n"
           "    _arguments $options '*:file:_files'\n}\n_aimc \"$@\"\n");
    return rc;
}

static int complete_fish(void)
{
    printf("# fish completion of aimc, printed by 'aimc completion fish'\n"
           "function __aimc_command_is\n    set -l words (commandline -opc)\n"
           "    test \"$words[2..3]\" = \"$argv\"; or test \"$words[2]\" = \"$argv\"\nend\n");
    for (const struct command *c = commands; c->name != NULL; c++)
        printf("complete -c aimc -n __fish_use_subcommand -a %s -d \"%s\"\n", c->name, c->doc);
    for (const struct command *c = device_commands; c->name != NULL; c++)
        printf("complete -c aimc -n '__aimc_command_is device' -a %s -d \"%s\"\n", c->name, c->doc);
    return print_all(commands, HELP_FISH);
}

int cmd_completion(int argc, char **argv)
{
    const char *shell = NULL;
    const struct arg_spec spec = {
        .usage = "bash|zsh|fish",
        .summary = "Print what completes the words of this command in a shell.",
        .example = "  source <(aimc completion bash)\n"
                   "  aimc completion zsh > \"${fpath[1]}/_aimc\"\n"
                   "  aimc completion fish > ~/.config/fish/completions/aimc.fish\n",
        .positionals = &shell,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    const int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    if (strcmp(shell, "bash") == 0)
        return complete_bash();
    if (strcmp(shell, "zsh") == 0)
        return complete_zsh();
    if (strcmp(shell, "fish") == 0)
        return complete_fish();
    return fail_usage("unknown shell '%s'; bash, zsh and fish are known", shell);
}
