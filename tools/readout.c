/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "readout.h"
#include "report.h"

int setting_apply(aimc_config *config, const char *option, const char *nested, const char *setting)
{
    char field[128];
    const char *equals = strchr(setting, '=');
    if (equals == NULL || equals == setting)
        return fail_usage("--%s %s: field=value is needed", option, setting);
    const int n = snprintf(field, sizeof field, "%s%s%.*s", nested ? nested : "", nested ? "." : "",
                           (int)(equals - setting), setting);
    if (n < 0 || (size_t)n >= sizeof field)
        return fail_usage("--%s %s: unknown field", option, setting);
    if (aimc_config_set_text(config, field, equals + 1) != AIMC_OK)
        return fail_usage("--%s %s: %s", option, setting, library_sentence());
    return EXIT_GO_ON;
}

int readout_config(aimc_context *ctx, bool backward, const char *preset,
                   const struct texts *settings, aimc_config **config)
{
    const char *direction = backward ? "backward" : "forward";
    if (aimc_config_create(ctx, "tile", config) != AIMC_OK)
        return fail_library();
    if (preset != NULL && aimc_config_set_text(*config, direction, preset) != AIMC_OK)
        return fail_usage("--readout %s: %s", preset, library_sentence());
    for (size_t i = 0; i < settings->n; i++) {
        const int rc = setting_apply(*config, "set", direction, settings->items[i]);
        if (rc != EXIT_GO_ON)
            return rc;
    }
    return EXIT_GO_ON;
}
