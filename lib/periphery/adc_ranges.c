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

double aimci_periphery_adc_bound(const aimci_periphery *p, size_t g)
{
    return p->adc_bounds ? (double)p->adc_bounds[g] : p->params.out_bound;
}

double aimci_periphery_least_adc_bound(const aimci_periphery *p)
{
    double least = p->params.out_bound;
    for (size_t g = 0; p->adc_bounds && g < p->plan.n_groups; g++)
        least = g ? fmin(least, (double)p->adc_bounds[g]) : (double)p->adc_bounds[g];
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
    if (q->out_range == AIMCI_RANGE_MAX)
        return full_current(p) * (double)p->n_in;
    const double step =
        p->mapping.unit / cell_levels(&p->mapping) * least_drive(p, &p->plan.groups[g]);
    return step / 2 * (q->out_res > 1 ? q->out_res : 1 / q->out_res);
}

aimc_status aimci_periphery_make_adc_bounds(aimci_periphery *p)
{
    if (p->adc_bounds)
        return AIMC_OK;
    p->adc_bounds = aimci_calloc(p->ctx, p->plan.n_groups, sizeof *p->adc_bounds);
    if (!p->adc_bounds)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    for (size_t g = 0; g < p->plan.n_groups; g++)
        p->adc_bounds[g] = (float)configured(p, g);
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

aimc_status aimci_periphery_set_adc_bounds(aimci_periphery *p, const double *bounds)
{
    const size_t n = p->plan.n_groups;
    if (!bounds && p->params.out_range == AIMCI_RANGE_FIXED) {
        aimci_free(p->ctx, p->adc_bounds);
        p->adc_bounds = NULL;
        return AIMC_OK;
    }
    const aimc_status st = aimci_periphery_make_adc_bounds(p);
    for (size_t g = 0; g < n && !st; g++)
        p->adc_bounds[g] = (float)(bounds ? bounds[g] : configured(p, g));
    return st;
}

aimc_status aimci_periphery_watch(aimci_periphery *p)
{
    aimci_periphery_unwatch(p);
    p->watched = aimci_calloc(p->ctx, p->plan.n_groups, sizeof *p->watched);
    return p->watched ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

void aimci_periphery_unwatch(aimci_periphery *p)
{
    aimci_free(p->ctx, p->watched);
    p->watched = NULL;
}
