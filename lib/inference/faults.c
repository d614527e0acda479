/* SPDX-License-Identifier: MIT */
/* Devices that cannot be written: stuck at the smallest or largest conductance, or anywhere. */
#include <math.h>

#include "inference/programmed.h"
#include "kernels/kernels.h"

#define SRC "C.-Y. Chen et al., IEEE Trans. Comput. 64:180 (2015)"

static aimc_status check(const void *values)
{
    const aimci_faults *f = values;
    const double sum = f->stuck_low + f->stuck_high + f->stuck_random;
    return sum <= 1
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "faults: stuck_low, stuck_high and stuck_random add up to %g", sum);
}

static const aimci_field fields[] = {
    AIMCI_NUMBER(aimci_faults, stuck_low, 0, 0, 1, "1", "share of devices stuck at g_min", SRC),
    AIMCI_NUMBER(aimci_faults, stuck_high, 0, 0, 1, "1", "share of devices stuck at g_max", SRC),
    AIMCI_NUMBER(aimci_faults, stuck_random, 0, 0, 1, "1",
                 "share of devices stuck anywhere between, evenly", SRC),
};

AIMCI_DEFINE_KIND(faults, "faults", "stuck devices", SRC, fields, aimci_faults, .check = check);

/* One uniform u for each device: below stuck_low, then below stuck_low + stuck_high, ... */
static float stuck_at(const aimci_faults *f, const aimci_noise_params *r, double u)
{
    if (u < f->stuck_low)
        return (float)r->g_min;
    u -= f->stuck_low;
    if (u < f->stuck_high)
        return (float)r->g_max;
    u -= f->stuck_high;
    if (u < f->stuck_random) /* and what is left of u is even again */
        return (float)(r->g_min + (r->g_max - r->g_min) * u / f->stuck_random);
    return -1;
}

aimc_status aimci_programmed_draw_faults(aimci_programmed *p, const aimci_faults *f)
{
    const aimc_status st = check(f);
    if (st || !(f->stuck_low + f->stuck_high + f->stuck_random > 0))
        return st;
    aimc_population *c = p->cells;
    c->stuck = aimci_calloc(p->ctx, c->n, sizeof *c->stuck);
    if (!c->stuck)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    const aimci_key key = aimci_random_key(p->seed, AIMCI_OP_FAULT, 0, 0);
    aimci_kernels_get(aimc_context_get_cpu(p->ctx))->uniform(&key, c->stuck, c->n);
    for (size_t i = 0; i < c->n; i++) {
        c->stuck[i] = stuck_at(f, aimci_noise_range(p->model), ((double)c->stuck[i] + 1) / 2);
        p->report.n_faulty += c->stuck[i] >= 0;
    }
    return AIMC_OK;
}
