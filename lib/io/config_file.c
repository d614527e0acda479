/* SPDX-License-Identifier: MIT */
#include <aimc/config.h>

#include "core/core.h"
#include "core/config.h"
#include "io/file.h"
#include "io/table.h"

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

/* ---- from tables ---------------------------------------------------------------------------- */

static aimc_status take(const char *caller, aimc_config *cfg, aimci_table_fill fill,
                        const aimc_table *table)
{
    aimc_config *trial = NULL;
    aimc_status st = aimc_config_copy(cfg, &trial);
    if (!st)
        st = fill(trial, table);
    if (!st) {
        const aimc_config tmp = *cfg;
        *cfg = *trial;
        *trial = tmp;
    }
    aimc_config_destroy(trial);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

aimc_status aimci_config_take_table(const char *caller, aimc_config *cfg, const aimci_kind *kind,
                                    aimci_table_fill fill, const aimc_table *table)
{
    if (!cfg || !table)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, cfg ? "table" : "cfg");
    const aimc_status st = aimci_config_expect(caller, cfg, kind);
    return st ? st : take(caller, cfg, fill, table);
}

aimc_status aimci_config_read_table(const char *caller, aimc_config *cfg, const aimci_kind *kind,
                                    aimci_table_fill fill, const char *path)
{
    if (!cfg || !path)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, cfg ? "path" : "cfg");
    aimc_status st = aimci_config_expect(caller, cfg, kind);
    if (st)
        return st;
    aimc_table *table;
    st = aimc_table_read(cfg->ctx, path, NULL, &table);
    if (st)
        return aimci_fail_within(st, "%s: ", caller);
    st = take(caller, cfg, fill, table);
    aimc_table_destroy(table);
    return st;
}
