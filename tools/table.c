/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

static const char *const names[] = {"columns=", "delimiter=", "decimal="};

/* Does an option's name begin here, as a word? */
static bool is_option(const char *sentence, const char *at)
{
    if (at > sentence && at[-1] != ' ' && at[-1] != '(')
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(at, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The same with options as they are typed. */
static void copy_sentence(const char *sentence, char *text, size_t size)
{
    size_t n = 0;
    for (const char *at = sentence; *at != '\0' && n + 4 < size; at++) {
        if (is_option(sentence, at)) {
            text[n++] = '-';
            text[n++] = '-';
        }
        text[n++] = *at;
    }
    text[n] = '\0';
}

int table_fail(void)
{
    char text[1024];
    copy_sentence(library_sentence(), text, sizeof text);
    return fail("%s", text);
}

static void log_warning(void *user, aimc_log_level level, const char *sentence)
{
    char text[1024];
    (void)user;
    if (level != AIMC_LOG_WARNING)
        return;
    copy_sentence(sentence, text, sizeof text);
    remark("warning: %s", text);
}

int table_context(aimc_context **ctx)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.logger.log = log_warning;
    return aimc_context_create(&params, ctx) == AIMC_OK ? EXIT_GO_ON : fail_library();
}

int table_open(aimc_context *ctx, const char *path, const struct table_options *options,
               aimc_table **table)
{
    const aimc_table_params params = {.struct_size = (uint32_t)sizeof params,
                                      .columns = options->columns,
                                      .delimiter = options->delimiter,
                                      .decimal = options->decimal};
    return aimc_table_read(ctx, path, &params, table) == AIMC_OK ? EXIT_GO_ON : table_fail();
}

int table_check_options(const struct table_options *options, const char *file, const char *option)
{
    const char *const given = options->columns != NULL     ? "columns"
                              : options->delimiter != NULL ? "delimiter"
                              : options->decimal != NULL   ? "decimal"
                                                           : NULL;
    if (file != NULL || given == NULL)
        return EXIT_GO_ON;
    return fail_usage("--%s needs --%s", given, option);
}

int table_into_config(aimc_config *config, const char *path, const struct table_options *options)
{
    aimc_context *ctx = NULL;
    aimc_table *table = NULL;
    int rc = table_check_options(options, path, "table");
    if (path == NULL || rc != EXIT_GO_ON)
        return rc;
    rc = table_context(&ctx);
    if (rc == EXIT_GO_ON)
        rc = table_open(ctx, path, options, &table);
    const bool is_noise = strcmp(aimc_config_get_kind(config), "noise_table") == 0;
    if (rc == EXIT_GO_ON && (is_noise ? aimc_noise_table_set(config, table)
                                      : aimc_config_set_table(config, table)) != AIMC_OK)
        rc = table_fail();
    aimc_table_destroy(table);
    aimc_context_destroy(ctx);
    return rc;
}
