/* SPDX-License-Identifier: MIT */
#include "account.h"

bool account_layer(aimc_network *net, size_t k, aimc_cost_shape *shape, aimc_counters *counters)
{
    aimc_grid *grid = aimc_network_grid(net, k);
    *counters = (aimc_counters){.struct_size = (uint32_t)sizeof *counters};
    if (grid == NULL || aimc_grid_counters(grid, counters) != AIMC_OK)
        return false;
    *shape = (aimc_cost_shape){.struct_size = (uint32_t)sizeof *shape,
                               .n_out = aimc_grid_n_out(grid),
                               .n_in = aimc_grid_n_in(grid)};
    /* tiles are numbered over inputs first: the first row of them shares output 0 */
    const size_t n = aimc_grid_tile_count(grid);
    for (size_t t = 0; t < n; t++) {
        size_t first_out = 0;
        (void)aimc_grid_tile(grid, t, &first_out, NULL);
        shape->tiles_in += first_out == 0 ? 1 : 0;
    }
    shape->tiles_out = n / shape->tiles_in;
    return true;
}
