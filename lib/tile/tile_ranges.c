/* SPDX-License-Identifier: MIT */
/* Ranges of the ADCs of a tile. */
#include <math.h>

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

static aimc_status check_calibrated(const char *caller, const aimci_periphery *p)
{
    return aimci_periphery_is_calibrated(p)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_STATE,
                            "%s: out_range = CALIBRATED; no ranges were found or set yet", caller);
}

aimc_status aimc_tile_get_output_ranges(const aimc_tile *t, aimc_direction direction,
                                        double *ranges, size_t n)
{
    const char *caller = "tile_get_output_ranges";
    aimc_status st = check(caller, t, direction, ranges, n);
    if (st)
        return st;
    if (!ranges)
        return aimci_fail(AIMC_ERR_INVALID, "%s: ranges is NULL", caller);
    st = check_calibrated(caller, periphery_of(t, direction));
    for (size_t g = 0; g < n && !st; g++)
        ranges[g] = aimci_periphery_adc_bound(periphery_of(t, direction), g);
    return st;
}

aimc_status aimc_tile_get_output_limits(const aimc_tile *t, aimc_direction direction, double *low,
                                        double *high, size_t n)
{
    const char *caller = "tile_get_output_limits";
    aimc_status st = check(caller, t, direction, low, n);
    if (!st && (!low || !high))
        st = aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, low ? "high" : "low");
    if (!st)
        st = check_calibrated(caller, periphery_of(t, direction));
    for (size_t g = 0; g < n && !st; g++) {
        low[g] = aimci_periphery_adc_low(periphery_of(t, direction), g);
        high[g] = aimci_periphery_adc_bound(periphery_of(t, direction), g);
    }
    return st;
}

/* Ends as the ADCs keep them: apart in single precision. */
static aimc_status check_limits(const char *caller, const aimci_periphery *p, size_t g, double low,
                                double high)
{
    if (!(fabs(low) <= 1e30 && fabs(high) <= 1e30 && (float)low < (float)high))
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: low[%zu] = %g and high[%zu] = %g; -1e30 <= low < high <= 1e30 is "
                          "needed, in single precision",
                          caller, g, low, g, high);
    if (!aimci_periphery_has_low(p) && (low != -high || high < 1e-30))
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: low[%zu] = %g and high[%zu] = %g; these ADCs convert -high ... "
                          "high, and only those of adc.style UNSIGNED have two ends",
                          caller, g, low, g, high);
    return AIMC_OK;
}

aimc_status aimc_tile_set_output_limits(aimc_tile *t, aimc_direction direction, const double *low,
                                        const double *high, size_t n)
{
    const char *caller = "tile_set_output_limits";
    aimc_status st = check(caller, t, direction, low, n);
    if (!st && (!low || !high))
        st = aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, low ? "high" : "low");
    if (st)
        return st;
    aimci_periphery *p = periphery_of(t, direction);
    for (size_t g = 0; g < n && !st; g++)
        st = check_limits(caller, p, g, low[g], high[g]);
    return st ? st : aimci_periphery_set_adc_limits(p, low, high);
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
