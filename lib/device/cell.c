/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "device/cell.h"

aimc_status aimci_cell_add(aimc_context *ctx, aimci_cell *cell, const aimc_config *device,
                           double share)
{
    aimc_device *member = NULL;
    const aimc_status st = aimc_device_create(ctx, NULL, device, &member);
    if (st)
        return st;
    cell->members[cell->n_members] = member;
    cell->share[cell->n_members++] = share;
    cell->n_devices += member->cell ? member->cell->n_devices : 1;
    if (!member->ops->pulsed)
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_create: device '%s' takes no pulses; it cannot be in a unit cell",
                          member->ops->kind->name);
    if (member->half_law)
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_create: half_select is not simulated in unit cells; it has to be "
                          "false in device '%s'",
                          member->ops->kind->name);
    if (cell->n_devices > AIMCI_MAX_DEVICES_OF_A_CELL)
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_create: more than %d devices in a unit cell of unit cells",
                          AIMCI_MAX_DEVICES_OF_A_CELL);
    return AIMC_OK;
}

void aimci_cell_destroy(aimc_context *ctx, aimci_cell *cell)
{
    for (size_t k = 0; cell && k < cell->n_members; k++)
        aimc_device_unref(cell->members[k]);
    aimci_free(ctx, cell);
}

/* ---- scalars of the mean cell --------------------------------------------------------------- */

static double sum_of_shares(const aimci_cell *c)
{
    double sum = 0;
    for (size_t k = 0; k < c->n_members; k++)
        sum += c->share[k];
    return sum;
}

float aimci_cell_target(const aimci_cell *c, size_t member, float w, float others)
{
    const float share = (float)c->share[member];
    if (c->policy == AIMCI_POLICY_ONE_SIDED)
        return (member == 0) == (w > 0) ? w / share : 0.0f;
    if (c->policy == AIMCI_POLICY_SINGLE_FIXED)
        return (w - others) / share;
    return w / (float)sum_of_shares(c);
}

/* The mean member k at cell weight w, the fixed ones at 0. */
static double member_step(const aimci_cell *c, size_t k, double w, bool up)
{
    const double at = (double)aimci_cell_target(c, k, (float)w, 0);
    const bool turned = c->share[k] < 0;
    return fabs(c->share[k]) * aimci_device_mean_step(c->members[k], at, up != turned);
}

double aimci_cell_mean_step(const aimci_cell *c, double w, bool up)
{
    if (c->policy == AIMCI_POLICY_SINGLE_FIXED)
        return member_step(c, c->first, w, up);
    if (c->policy == AIMCI_POLICY_ONE_SIDED)
        return member_step(c, up ? 0 : 1, w, up);
    double sum = 0;
    for (size_t k = 0; k < c->n_members; k++)
        sum += member_step(c, k, w, up);
    return c->policy == AIMCI_POLICY_ALL ? sum : sum / (double)c->n_members;
}

/* Devices that go one way live between 0 and their bound: the step half-way, not that at a zero
 * which they leave for good (twice as large for soft bounds, nine times for phase change). */
static double one_sided_granularity(const aimci_cell *c)
{
    double sum = 0;
    for (size_t k = 0; k < c->n_members; k++) {
        const aimc_device *m = c->members[k];
        const bool up = (k == 0) == (c->share[k] > 0);
        sum += aimci_device_mean_step(m, (up ? m->info.w_max : m->info.w_min) / 2, up);
    }
    return sum / (double)c->n_members;
}

/* What one coincidence moves, for the count arithmetic: a member's own step, as toolkits count it,
 * or that of the cell. */
static double granularity(const aimci_cell *c)
{
    if (c->policy == AIMCI_POLICY_ONE_SIDED)
        return one_sided_granularity(c);

    double plain = 0, shared = 0;
    for (size_t k = 0; k < c->n_members; k++) {
        plain += c->members[k]->info.granularity;
        shared += fabs(c->share[k]) * c->members[k]->info.granularity;
    }
    if (!c->compensate)
        return plain / (double)c->n_members;
    if (c->policy == AIMCI_POLICY_ALL)
        return shared;
    if (c->policy == AIMCI_POLICY_SINGLE_FIXED)
        return fabs(c->share[c->first]) * c->members[c->first]->info.granularity;
    return shared / (double)c->n_members;
}

void aimci_cell_info(const aimci_cell *c, aimc_device_info *info)
{
    info->w_max = info->w_min = 0;
    for (size_t k = 0; k < c->n_members; k++) {
        const aimc_device_info *m = &c->members[k]->info;
        const double s = c->share[k], high = fmax(s * m->w_max, s * m->w_min);
        const double low = fmin(s * m->w_max, s * m->w_min);
        const bool rests = c->policy == AIMCI_POLICY_SINGLE_FIXED && k != c->first; /* at 0 */
        const bool one_sided = c->policy == AIMCI_POLICY_ONE_SIDED;
        info->w_max += rests || (one_sided && k == 1) ? 0 : high;
        info->w_min += rests || (one_sided && k == 0) ? 0 : low;
    }
    info->granularity = granularity(c);
    info->num_states = (info->w_max - info->w_min) / info->granularity;
    info->step_up_at_0 = aimci_cell_mean_step(c, 0, true);
    info->step_down_at_0 = aimci_cell_mean_step(c, 0, false);
}
