/* SPDX-License-Identifier: MIT */
#include "sweeps.h"

#include "report.h"

int sweeps_add(aimc_context *ctx, aimc_measurement *m, const char *path,
               const struct table_options *options, const char *pairs)
{
    aimc_table *table = NULL;
    int rc = table_open(ctx, path, options, &table);
    if (rc != EXIT_GO_ON)
        return rc;
    const aimc_measurement_params params = {
        .struct_size = (uint32_t)sizeof params, .pairs = pairs, .new_devices = 1};
    if (aimc_measurement_add_table(m, table, &params) != AIMC_OK)
        rc = table_fail();
    aimc_table_destroy(table);
    return rc;
}
