/* SPDX-License-Identifier: MIT */
/* Ranges of the ADCs of a read-out: one for each accumulation group, that is for each bit slice and
 * digit that is converted by itself. The configuration says what they are at first. */
#include <math.h>

#include "periphery/converter.h"
#include "periphery/periphery.h"

size_t aimci_periphery_n_adc_ranges(const aimci_periphery *p)
{
    return !p->is_perfect && p->params.out_bound > 0 ? p->plan.n_groups : 0;
}

bool aimci_periphery_is_calibrated(const aimci_periphery *p)
{
    return !p->adc_bounds || p->adc_bounds[0] > (p->adc_lows ? p->adc_lows[0] : 0);
}

double aimci_periphery_adc_bound(const aimci_periphery *p, size_t g)
{
    return p->adc_bounds && aimci_periphery_is_calibrated(p) ? (double)p->adc_bounds[g]
                                                             : p->params.out_bound;
}

bool aimci_periphery_has_low(const aimci_periphery *p)
{
    const aimci_nonideal_converter *adc = p->plan.nonideal_adc;
    return adc && adc->params.style == AIMCI_STYLE_UNSIGNED;
}

bool aimci_periphery_finds_low(const aimci_periphery *p)
{
    return aimci_periphery_has_low(p) && p->params.out_range == AIMCI_RANGE_CALIBRATED;
}

/* Lower end that goes with a bound. */
static double low_of(const aimci_periphery *p, double bound)
{
    return aimci_periphery_has_low(p) ? p->plan.nonideal_adc->params.low * bound : -bound;
}

double aimci_periphery_adc_low(const aimci_periphery *p, size_t g)
{
    return p->adc_lows && aimci_periphery_is_calibrated(p)
               ? (double)p->adc_lows[g]
               : low_of(p, aimci_periphery_adc_bound(p, g));
}

double aimci_periphery_least_adc_bound(const aimci_periphery *p)
{
    double least = p->params.out_bound;
    for (size_t g = 0; p->adc_bounds && g < p->plan.n_groups; g++)
        least = g ? fmin(least, aimci_periphery_adc_bound(p, g)) : aimci_periphery_adc_bound(p, g);
    return least;
}

/* ---- as configured -------------------------------------------------------------------------- */

/* Current of one full cell, or of a pair, whose floors cancel, for full drive. */
static double full_current(const aimci_periphery *p)
{
    const bool difference = p->mapping.pair && p->mapping.params.subtract == AIMCI_SUBTRACT_ANALOG;
    return p->plan.full_drive *
           (difference ? p->mapping.unit : aimci_cell_mapping_weight_of_full(&p->mapping));
}

/* Smallest drive that a group's reads tell apart: that of a digit's lowest bit, where the digit is
 * converted by itself. */
static double least_drive(const aimci_periphery *p, const aimci_accumulation_group *group)
{
    const aimci_read_cycle *cycle = &p->plan.cycles[group->first];
    const bool alone =
        p->plan.digits && !(p->params.mv_type == AIMCI_MV_BIT_WISE && !p->params.bit_wise_adc);
    return alone ? (double)cycle->op.unit : (double)p->plan.dac.step;
}

/* Levels above the floor that a cell tells apart. */
static double cell_levels(const aimci_cell_mapping *m)
{
    return m->params.weight_bits ? ldexp(1, m->slice_bits) - 1 : m->levels;
}

static double configured(const aimci_periphery *p, size_t g)
{
    const aimci_periphery_params *q = &p->params;
    if (q->out_range == AIMCI_RANGE_FIXED)
        return q->out_bound;
    if (q->out_range == AIMCI_RANGE_CALIBRATED)
        return 0;
    if (q->out_range == AIMCI_RANGE_MAX)
        return full_current(p) * (double)p->n_in;
    const double step =
        p->mapping.unit / cell_levels(&p->mapping) * least_drive(p, &p->plan.groups[g]);
    return step / 2 * (q->out_res > 1 ? q->out_res : 1 / q->out_res);
}

static void set_bound(aimci_periphery *p, size_t g, double low, double bound)
{
    p->adc_bounds[g] = (float)bound;
    if (p->adc_lows)
        p->adc_lows[g] = (float)low;
}

static void set_configured(aimci_periphery *p)
{
    for (size_t g = 0; g < p->plan.n_groups; g++)
        set_bound(p, g, low_of(p, configured(p, g)), configured(p, g));
}

static void free_bounds(aimci_periphery *p)
{
    aimci_free(p->ctx, p->adc_bounds);
    aimci_free(p->ctx, p->adc_lows);
    p->adc_bounds = p->adc_lows = NULL;
}

aimc_status aimci_periphery_make_adc_bounds(aimci_periphery *p)
{
    if (p->adc_bounds)
        return AIMC_OK;
    const bool has_low = aimci_periphery_has_low(p);
    p->adc_bounds = aimci_calloc(p->ctx, p->plan.n_groups, sizeof *p->adc_bounds);
    if (has_low)
        p->adc_lows = aimci_calloc(p->ctx, p->plan.n_groups, sizeof *p->adc_lows);
    if (!p->adc_bounds || (has_low && !p->adc_lows)) {
        free_bounds(p);
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    }
    set_configured(p);
    return AIMC_OK;
}

aimc_status aimci_periphery_configure_adc_bounds(aimci_periphery *p)
{
    if (p->is_perfect || p->params.out_range == AIMCI_RANGE_FIXED)
        return AIMC_OK;
    if (p->params.out_range == AIMCI_RANGE_GRANULAR && cell_levels(&p->mapping) <= 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "periphery: out_range = GRANULAR; cells of any conductance have no "
                          "smallest current: cell_mapping.weight_bits or cell_bits");
    const aimc_status st = aimci_periphery_make_adc_bounds(p);
    return st ? aimci_fail_within(st, "tile_create: ") : AIMC_OK;
}

/* ---- as set --------------------------------------------------------------------------------- */

aimc_status aimci_periphery_set_adc_limits(aimci_periphery *p, const double *lows,
                                           const double *bounds)
{
    const aimc_status st = aimci_periphery_make_adc_bounds(p);
    for (size_t g = 0; g < p->plan.n_groups && !st; g++)
        set_bound(p, g, lows ? lows[g] : low_of(p, bounds[g]), bounds[g]);
    return st;
}

aimc_status aimci_periphery_set_adc_bounds(aimci_periphery *p, const double *bounds)
{
    if (bounds)
        return aimci_periphery_set_adc_limits(p, NULL, bounds);
    if (p->params.out_range == AIMCI_RANGE_FIXED) {
        free_bounds(p);
        return AIMC_OK;
    }
    const aimc_status st = aimci_periphery_make_adc_bounds(p);
    if (!st)
        set_configured(p);
    return st;
}

aimc_status aimci_periphery_watch(aimci_periphery *p)
{
    const bool both = aimci_periphery_finds_low(p);
    aimci_periphery_unwatch(p);
    p->watched = aimci_calloc(p->ctx, p->plan.n_groups, sizeof *p->watched);
    if (both)
        p->below = aimci_calloc(p->ctx, p->plan.n_groups, sizeof *p->below);
    if (p->watched && (p->below || !both))
        return AIMC_OK;
    aimci_periphery_unwatch(p);
    return aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

void aimci_periphery_unwatch(aimci_periphery *p)
{
    aimci_free(p->ctx, p->watched);
    aimci_free(p->ctx, p->below);
    p->watched = p->below = NULL;
}
