/* SPDX-License-Identifier: MIT */
/* Fixed errors of a tile's read-out, by name. */
#include <string.h>

#include <aimc/periphery.h>

#include "tile/tile.h"

static aimci_periphery *periphery_of(const aimc_tile *t, aimc_direction direction)
{
    return direction == AIMC_FORWARD ? t->forward : t->backward;
}

size_t aimc_tile_count_fixed_errors(const aimc_tile *t, aimc_direction direction)
{
    aimci_fixed list[AIMCI_N_FIXED];
    return t ? aimci_periphery_fixed(periphery_of(t, direction), list) : 0;
}

const char *aimc_tile_get_fixed_error_name(const aimc_tile *t, aimc_direction direction, size_t i)
{
    aimci_fixed list[AIMCI_N_FIXED];
    if (!t || i >= aimci_periphery_fixed(periphery_of(t, direction), list))
        return NULL;
    return list[i].name;
}

/* A vector has n_out numbers, a matrix one for each cell. */
static aimc_status find(const char *caller, const aimc_tile *t, aimc_direction direction,
                        const char *name, size_t n, const float *value, aimci_fixed *out)
{
    if (!t || !name || !value)
        return aimci_fail(AIMC_ERR_INVALID, "%s: NULL argument", caller);
    if (direction != AIMC_FORWARD && direction != AIMC_BACKWARD)
        return aimci_fail(AIMC_ERR_INVALID, "%s: direction %d", caller, (int)direction);
    aimci_fixed list[AIMCI_N_FIXED];
    const size_t count = aimci_periphery_fixed(periphery_of(t, direction), list);
    aimci_nearest nearest = {NULL, 0};
    for (size_t k = 0; k < count; k++) {
        const size_t size = (list[k].rows ? list[k].rows : 1) * list[k].cols;
        aimci_nearest_try(&nearest, name, list[k].name);
        if (strcmp(list[k].name, name) != 0)
            continue;
        *out = list[k];
        return n == size ? AIMC_OK
                         : aimci_fail(AIMC_ERR_SHAPE, "%s: %zu numbers for '%s'; it has %zu",
                                      caller, n, name, size);
    }
    char hint[96];
    aimci_nearest_hint(&nearest, name, hint, sizeof hint);
    return aimci_fail(AIMC_ERR_INVALID, "%s: this read-out has no fixed error '%s'%s", caller, name,
                      hint);
}

aimc_status aimc_tile_get_fixed_error(const aimc_tile *t, aimc_direction direction,
                                      const char *name, float *value, size_t n)
{
    aimci_fixed f;
    const aimc_status st = find("tile_get_fixed_error", t, direction, name, n, value, &f);
    if (st)
        return st;
    if (f.rows)
        aimci_array_get(t->array, f.data, value, t->array->n_in);
    else
        memcpy(value, f.data, n * sizeof *value);
    return AIMC_OK;
}

aimc_status aimc_tile_set_fixed_error(aimc_tile *t, aimc_direction direction, const char *name,
                                      const float *value, size_t n)
{
    aimci_fixed f;
    const aimc_status st = find("tile_set_fixed_error", t, direction, name, n, value, &f);
    if (st)
        return st;
    for (size_t k = 0; k < n; k++)
        if (!(value[k] >= f.min && value[k] <= 1e30f))
            return aimci_fail(AIMC_ERR_INVALID,
                              "tile_set_fixed_error: value[%zu] = %g of '%s' is out of "
                              "range [%g, 1e30]",
                              k, (double)value[k], name, (double)f.min);
    if (f.rows)
        aimci_array_load(t->array, f.data, value, t->array->n_in);
    else
        memcpy(f.data, value, n * sizeof *value);
    aimci_periphery_changed(periphery_of(t, direction));
    return AIMC_OK;
}
