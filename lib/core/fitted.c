/* SPDX-License-Identifier: MIT */
#include "core/fitted.h"

#include <math.h>

/* The ends belong to the range, also where the range was computed. */
static bool is_outside(double value, const double range[2])
{
    const double slack = 1e-9 * fabs(value);
    return value < range[0] - slack || value > range[1] + slack;
}

bool aimci_fitted_is_outside(const aimci_fitted *f, const void *params, double t,
                             aimc_extrapolation *found)
{
    double range[2] = {f->range[0], f->range[1]};
    const double value = f->at(params, t, range);
    if (isnan(value) || !is_outside(value, range))
        return false;
    *found = (aimc_extrapolation){.constant = f->constant,
                                  .variable = f->variable,
                                  .unit = f->unit,
                                  .source = f->source,
                                  .value = value,
                                  .first = range[0],
                                  .last = range[1]};
    return true;
}

size_t aimci_fitted_outside(const aimci_fitted_table *table, const void *params, double t, size_t i,
                            aimc_extrapolation *found)
{
    aimc_extrapolation e;
    size_t n = 0;
    for (size_t k = 0; k < table->n; k++) {
        if (!aimci_fitted_is_outside(&table->each[k], params, t, &e))
            continue;
        if (found && n == i)
            *found = e;
        n++;
    }
    return n;
}

aimc_status aimci_fitted_get(const char *caller, const aimci_fitted_table *table,
                             const void *params, double t, size_t i, aimc_extrapolation *out)
{
    aimc_extrapolation ours = {0};
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "%s: extrapolation is NULL", caller);
    const size_t n = aimci_fitted_outside(table, params, t, i, &ours);
    if (i >= n)
        return aimci_fail(AIMC_ERR_INVALID, "%s: extrapolation %zu of %zu", caller, i, n);
    return aimci_struct_out(caller, out, &ours, sizeof ours, 8);
}

void aimci_fitted_describe(const aimc_extrapolation *e, aimci_text *text)
{
    aimci_text_printf(text, "%s at %s = %.6g %s: fitted ", e->constant, e->variable, e->value,
                      e->unit);
    if (e->first == e->last)
        aimci_text_printf(text, "at %.6g", e->first);
    else
        aimci_text_printf(text, "from %.6g to %.6g", e->first, e->last);
    aimci_text_printf(text, " (%s)", e->source);
}
