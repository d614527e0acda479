/* SPDX-License-Identifier: MIT */
/* Ranges of the ADCs of a tile. */
#include <aimc/periphery.h>

#include "tile/tile.h"

static aimci_periphery *periphery_of(const aimc_tile *t, aimc_direction direction)
{
    return direction == AIMC_FORWARD ? t->forward : t->backward;
}

static bool is_direction(aimc_direction direction)
{
    return direction == AIMC_FORWARD || direction == AIMC_BACKWARD;
}

size_t aimc_tile_count_output_ranges(const aimc_tile *t, aimc_direction direction)
{
    return t && is_direction(direction) ? aimci_periphery_n_adc_ranges(periphery_of(t, direction))
                                        : 0;
}

static aimc_status check(const char *caller, const aimc_tile *t, aimc_direction direction,
                         const double *ranges, size_t n)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "%s: tile is NULL", caller);
    if (!is_direction(direction))
        return aimci_fail(AIMC_ERR_INVALID, "%s: direction %d", caller, (int)direction);
    const size_t has = aimci_periphery_n_adc_ranges(periphery_of(t, direction));
    if (has == 0)
        return aimci_fail(AIMC_ERR_STATE,
                          "%s: the read-out has no ADC with a range: it is perfect, or out_bound "
                          "<= 0",
                          caller);
    return n == has || !ranges
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE, "%s: %zu ranges; the read-out has %zu", caller, n, has);
}

aimc_status aimc_tile_get_output_ranges(const aimc_tile *t, aimc_direction direction,
                                        double *ranges, size_t n)
{
    const char *caller = "tile_get_output_ranges";
    const aimc_status st = check(caller, t, direction, ranges, n);
    if (st)
        return st;
    if (!ranges)
        return aimci_fail(AIMC_ERR_INVALID, "%s: ranges is NULL", caller);
    for (size_t g = 0; g < n; g++)
        ranges[g] = aimci_periphery_adc_bound(periphery_of(t, direction), g);
    return AIMC_OK;
}

aimc_status aimc_tile_set_output_ranges(aimc_tile *t, aimc_direction direction,
                                        const double *ranges, size_t n)
{
    const char *caller = "tile_set_output_ranges";
    aimc_status st = check(caller, t, direction, ranges, n);
    for (size_t g = 0; !st && ranges && g < n; g++)
        if (!(ranges[g] >= 1e-30 && ranges[g] <= 1e30))
            st = aimci_fail(AIMC_ERR_INVALID, "%s: ranges[%zu] = %g is out of range [1e-30, 1e30]",
                            caller, g, ranges[g]);
    if (!st)
        st = aimci_periphery_set_adc_bounds(periphery_of(t, direction), ranges);
    return st;
}
