/* SPDX-License-Identifier: MIT */
#include <aimc/periphery.h>

#include "io/file.h"
#include "periphery/spice.h"
#include "tile/tile.h"

typedef struct spice_job {
    const aimc_tile *tile;
    const aimci_periphery *periphery;
    const float *z;
} spice_job;

static aimc_status write_netlist(void *user, FILE *out)
{
    const spice_job *job = user;
    const aimci_read_array array = aimci_tile_read_array(job->tile);
    return aimci_spice_write(job->periphery, &array, job->z, out);
}

aimc_status aimc_tile_write_spice(const aimc_tile *t, aimc_direction direction, const float *z,
                                  const char *path)
{
    if (!t || !z || !path)
        return aimci_fail(AIMC_ERR_INVALID, "tile_write_spice: NULL argument");
    if (direction != AIMC_FORWARD && direction != AIMC_BACKWARD)
        return aimci_fail(AIMC_ERR_INVALID, "tile_write_spice: direction %d", (int)direction);
    const aimci_periphery *p = direction == AIMC_FORWARD ? t->forward : t->backward;
    if (!aimci_all_finite(z, 1, p->n_in, p->n_in))
        return aimci_fail(AIMC_ERR_INVALID, "tile_write_spice: z holds a value that is not finite");
    spice_job job = {t, p, z};
    aimc_status st = aimci_spice_check(p);
    if (!st)
        st = aimci_file_replace(t->ctx, path, write_netlist, &job);
    return st ? aimci_fail_within(st, "tile_write_spice: ") : AIMC_OK;
}
