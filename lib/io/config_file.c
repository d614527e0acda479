/* SPDX-License-Identifier: MIT */
#include <aimc/config.h>

#include "core/core.h"
#include "core/config.h"
#include "io/file.h"

aimc_status aimc_config_load(aimc_config *cfg, const char *path)
{
    if (!cfg || !path)
        return aimci_fail(AIMC_ERR_INVALID, "config_load: %s is NULL", cfg ? "path" : "cfg");
    char *text;
    aimc_status st = aimci_file_read_text(cfg->ctx, path, (size_t)16 << 20, &text);
    if (st)
        return st;
    st = aimc_config_parse(cfg, text);
    aimci_free(cfg->ctx, text);
    return st;
}
