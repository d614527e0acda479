/* SPDX-License-Identifier: MIT */
#include <aimc/periphery.h>

#include "io/file.h"
#include "periphery/spice.h"
#include "tile/tile.h"

typedef struct spice_job {
    const aimc_tile *tile;
    const aimci_periphery *periphery;
    const float *z;
    aimci_netlist_params params;
} spice_job;

static aimc_status write_netlist(void *user, FILE *out)
{
    const spice_job *job = user;
    const aimci_read_array array = aimci_tile_read_array(job->tile);
    return aimci_spice_write(job->periphery, &array, job->z, &job->params, out);
}

static aimc_status check_arguments(const char *caller, const aimc_tile *t, aimc_direction direction,
                                   const float *z, const char *path)
{
    if (!t || !z || !path)
        return aimci_fail(AIMC_ERR_INVALID, "%s: NULL argument", caller);
    if (direction != AIMC_FORWARD && direction != AIMC_BACKWARD)
        return aimci_fail(AIMC_ERR_INVALID, "%s: direction %d", caller, (int)direction);
    const aimci_periphery *p = direction == AIMC_FORWARD ? t->forward : t->backward;
    return aimci_all_finite(z, 1, p->n_in, p->n_in)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "%s: z holds a value that is not finite", caller);
}

static aimc_status write_file(const char *caller, const aimc_tile *t, aimc_direction direction,
                              const float *z, const aimc_config *config, const char *path)
{
    aimc_status st = check_arguments(caller, t, direction, z, path);
    if (st)
        return st;
    spice_job job = {
        .tile = t, .periphery = direction == AIMC_FORWARD ? t->forward : t->backward, .z = z};
    st = aimci_config_expect(caller, config, &aimci_kind_netlist);
    if (st)
        return st;
    st = aimci_netlist_params_of(config, &job.params);
    if (!st)
        st = aimci_spice_check(job.periphery, &job.params, z);
    if (!st)
        st = aimci_file_replace(t->ctx, path, write_netlist, &job);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

aimc_status aimc_tile_write_netlist(const aimc_tile *t, aimc_direction direction, const float *z,
                                    const aimc_config *config, const char *path)
{
    return write_file("tile_write_netlist", t, direction, z, config, path);
}

aimc_status aimc_tile_write_spice(const aimc_tile *t, aimc_direction direction, const float *z,
                                  const char *path)
{
    return write_file("tile_write_spice", t, direction, z, NULL, path);
}
