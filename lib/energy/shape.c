/* SPDX-License-Identifier: MIT */
/* What the read-out of a tile says about its events. */
#include <aimc/periphery.h>

#include "energy/chip.h"

aimc_status aimc_tile_get_cost_shape(const aimc_tile *tile, aimc_cost_shape *shape)
{
    aimc_readout_info info = {.struct_size = (uint32_t)sizeof info}, back = info;
    if (!tile || !shape)
        return aimci_fail(AIMC_ERR_INVALID, "tile_get_cost_shape: NULL argument");
    aimc_status st = aimc_tile_get_readout(tile, AIMC_FORWARD, &info);
    if (!st)
        st = aimc_tile_get_readout(tile, AIMC_BACKWARD, &back);
    if (st)
        return st;
    const aimc_cost_shape ours = {.n_out = aimc_tile_get_n_out(tile),
                                  .n_in = aimc_tile_get_n_in(tile),
                                  .tiles_out = 1,
                                  .tiles_in = 1,
                                  .n_steps = info.n_steps,
                                  .n_column_sets = info.n_column_sets,
                                  .dac_bits = info.dac_bits,
                                  .adc_bits = info.adc_bits,
                                  .n_cells = info.n_cells,
                                  .backward_steps = back.n_steps,
                                  .backward_column_sets = back.n_column_sets,
                                  .backward_dac_bits = back.dac_bits,
                                  .backward_adc_bits = back.adc_bits,
                                  .backward_dac_conversions = back.n_dac_conversions,
                                  .backward_adc_conversions = back.n_adc_conversions};
    return aimci_struct_out("tile_get_cost_shape", shape, &ours, sizeof ours, 8);
}
