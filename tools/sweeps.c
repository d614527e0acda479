/* SPDX-License-Identifier: MIT */
#include "sweeps.h"

#include <stdbool.h>

#include "os.h"
#include "report.h"

static bool numbers_devices(const aimc_table *table)
{
    for (size_t k = 0; k < aimc_table_count_columns(table); k++) {
        const char *name = aimc_table_get_name(table, k);
        if (name != NULL &&
            (aimci_same_letters(name, "device", 7) || aimci_same_letters(name, "dev", 4) ||
             aimci_same_letters(name, "cell", 5)))
            return true;
    }
    return false;
}

static uint32_t next_device(const aimc_measurement *m)
{
    uint32_t next = 0;
    for (size_t i = 0; i < aimc_measurement_count(m); i++) {
        aimc_trace_info trace = {.struct_size = (uint32_t)sizeof trace};
        if (aimc_measurement_get(m, i, &trace) == AIMC_OK && trace.device >= next)
            next = trace.device + 1;
    }
    return next;
}

int sweeps_add(aimc_context *ctx, aimc_measurement *m, const char *path,
               const struct table_options *options, const char *pairs)
{
    aimc_table *table = NULL;
    int rc = table_open(ctx, path, options, &table);
    if (rc != EXIT_GO_ON)
        return rc;
    const aimc_measurement_params params = {.struct_size = (uint32_t)sizeof params,
                                            .first_device =
                                                numbers_devices(table) ? 0 : next_device(m),
                                            .pairs = pairs};
    if (aimc_measurement_add_table(m, table, &params) != AIMC_OK)
        rc = table_fail();
    aimc_table_destroy(table);
    return rc;
}
