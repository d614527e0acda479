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

aimc_status aimci_periphery_make_adc_bounds(aimci_periphery *p)
{
    if (p->adc_bounds)
        return AIMC_OK;
    p->adc_bounds = aimci_calloc(p->ctx, p->plan.n_groups, sizeof *p->adc_bounds);
    if (!p->adc_bounds)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    for (size_t g = 0; g < p->plan.n_groups; g++)
        p->adc_bounds[g] = (float)p->params.out_bound;
    return AIMC_OK;
}

aimc_status aimci_periphery_set_adc_bounds(aimci_periphery *p, const double *bounds)
{
    const size_t n = p->plan.n_groups;
    if (!bounds) {
        aimci_free(p->ctx, p->adc_bounds);
        p->adc_bounds = NULL;
        return AIMC_OK;
    }
    const aimc_status st = aimci_periphery_make_adc_bounds(p);
    for (size_t g = 0; g < n && !st; g++)
        p->adc_bounds[g] = (float)bounds[g];
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
