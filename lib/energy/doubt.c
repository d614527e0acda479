/* SPDX-License-Identifier: MIT */
/* How far the total may be off: every number that is not known for sure, put at its ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/chip.h"

static double total(const aimc_cost_model *m, const aimci_chip *chip, const aimc_cost_events *e)
{
    aimci_bill bill;
    aimci_price_events(chip, &m->chip, e, &bill);
    return bill.energy_j;
}

static double total_with(const aimc_cost_model *m, const aimci_doubt *d, double value,
                         const aimc_cost_events *e)
{
    aimci_chip chip = m->chip;
    memcpy((char *)&chip + d->offset, &value, sizeof value);
    return total(m, &chip, e);
}

static aimc_status take_events(const char *caller, const aimc_cost_model *m,
                               const aimc_cost_events *events, aimc_cost_events *ours)
{
    if (!m || !events)
        return aimci_fail(AIMC_ERR_INVALID, "%s: NULL argument", caller);
    return aimci_take_events(caller, events, ours);
}

/* ---- all together --------------------------------------------------------------------------- */

/* Every total is monotone in each of its prices, so that the ends of all are those of each. */
aimc_status aimc_cost_model_get_range(const aimc_cost_model *m, const aimc_cost_events *events,
                                      aimc_cost_range *range)
{
    const char *caller = "cost_model_get_range";
    aimc_cost_events e;
    const aimc_status st = take_events(caller, m, events, &e);
    if (st)
        return st;
    aimci_chip low = m->chip, high = m->chip;
    for (size_t i = 0; i < m->n_doubts; i++) {
        const aimci_doubt *d = &m->doubts[i];
        const bool rises = total_with(m, d, d->high, &e) >= total_with(m, d, d->low, &e);
        memcpy((char *)&low + d->offset, rises ? &d->low : &d->high, sizeof d->low);
        memcpy((char *)&high + d->offset, rises ? &d->high : &d->low, sizeof d->low);
    }
    const aimc_cost_range ours = {.n_doubts = (uint32_t)m->n_doubts,
                                  .low_j = total(m, &low, &e),
                                  .nominal_j = total(m, &m->chip, &e),
                                  .high_j = total(m, &high, &e)};
    return aimci_struct_out(caller, range, &ours, sizeof ours, 8);
}

/* ---- one by one ----------------------------------------------------------------------------- */

typedef struct effect {
    double size;
    size_t doubt;
} effect;

/* The largest first; of equal ones the first in the document. */
static int by_size(const void *a, const void *b)
{
    const effect *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->doubt < y->doubt ? -1 : x->doubt > y->doubt;
}

static aimc_cost_sensitivity describe(const aimc_cost_model *m, const aimci_doubt *d,
                                      const aimc_cost_events *e)
{
    return (aimc_cost_sensitivity){.basis = (int32_t)d->basis,
                                   .name = d->name,
                                   .low = d->low,
                                   .high = d->high,
                                   .low_j = total_with(m, d, d->low, e),
                                   .high_j = total_with(m, d, d->high, e)};
}

aimc_status aimc_cost_model_get_sensitivity(const aimc_cost_model *m,
                                            const aimc_cost_events *events, size_t i,
                                            aimc_cost_sensitivity *sensitivity)
{
    const char *caller = "cost_model_get_sensitivity";
    aimc_cost_events e;
    aimc_status st = take_events(caller, m, events, &e);
    if (!st && i >= m->n_doubts)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: number %zu of %zu that may lie elsewhere", caller, i,
                        m->n_doubts);
    if (st)
        return st;
    effect *effects = aimci_calloc(m->ctx, m->n_doubts, sizeof *effects);
    if (!effects)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    for (size_t k = 0; k < m->n_doubts; k++) {
        const aimci_doubt *d = &m->doubts[k];
        effects[k] =
            (effect){fabs(total_with(m, d, d->high, &e) - total_with(m, d, d->low, &e)), k};
    }
    qsort(effects, m->n_doubts, sizeof *effects, by_size);
    const aimc_cost_sensitivity ours = describe(m, &m->doubts[effects[i].doubt], &e);
    aimci_free(m->ctx, effects);
    return aimci_struct_out(caller, sensitivity, &ours, sizeof ours, 8);
}
