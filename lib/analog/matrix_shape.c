/* SPDX-License-Identifier: MIT */
/* A matrix on its tiles, as the account of energy wants it. */
#include <aimc/energy.h>

#include "analog/matrix.h"

aimc_status aimc_matrix_get_cost_shape(aimc_matrix *matrix, aimc_cost_shape *shape)
{
    if (!matrix || !shape)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_get_cost_shape: NULL argument");
    if (aimc_matrix_count_tiles(matrix) == 0)
        return aimci_fail(AIMC_ERR_STATE, "matrix_get_cost_shape: the matrix is digital");
    aimc_cost_shape ours = {.struct_size = (uint32_t)sizeof ours};
    const aimc_status st =
        aimc_tile_get_cost_shape(aimc_matrix_get_tile(matrix, 0, NULL, NULL), &ours);
    if (st)
        return st;
    ours.n_out = aimc_matrix_get_n_out(matrix);
    ours.n_in = aimc_matrix_get_n_in(matrix);
    ours.tiles_out = ours.tiles_in = 0;
    for (size_t k = 0; k < aimc_matrix_count_tiles(matrix); k++) {
        size_t first_out = 0, first_in = 0;
        (void)aimc_matrix_get_tile(matrix, k, &first_out, &first_in);
        ours.tiles_in += first_out == 0;
        ours.tiles_out += first_in == 0;
    }
    return aimci_struct_out("matrix_get_cost_shape", shape, &ours, sizeof ours, 8);
}
