/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <aimc/config.h>

#include "core/core.h"
#include "core/config.h"
#include "io/file.h"

aimc_status aimc_config_load(aimc_config *cfg, const char *path)
{
    if (!cfg || !path)
        return aimci_fail(AIMC_ERR_INVALID, "config_load: %s is NULL", cfg ? "path" : "cfg");
    void *data;
    size_t size;
    aimc_status st = aimci_file_read(cfg->ctx, path, (size_t)16 << 20, &data, &size);
    if (st)
        return st;
    char *text = aimci_calloc(cfg->ctx, size + 1, 1);
    if (!text) {
        st = aimci_fail(AIMC_ERR_NOMEM, "config_load: no memory");
    } else {
        memcpy(text, data, size);
        st = strlen(text) == size
                 ? aimc_config_parse(cfg, text)
                 : aimci_fail(AIMC_ERR_FORMAT, "config_load: %s is not text", path);
    }
    aimci_free(cfg->ctx, text);
    aimci_free(cfg->ctx, data);
    return st;
}
