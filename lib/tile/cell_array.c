/* SPDX-License-Identifier: MIT */
/* Arrays of unit cells: what happens to them happens to the members, and then the weight of the
 * cells is their sum again. */
#include <stdio.h>

#include "tile/cell_array.h"
#include "tile/refresh.h"

/* ---- making --------------------------------------------------------------------------------- */

static aimc_status create(aimci_array *a, const char *caller)
{
    const aimci_cell *cell = a->device->cell;
    for (size_t k = 0; k < cell->n_members; k++) {
        const aimc_status st =
            aimci_array_create(cell->members[k], a->n_out, a->n_in, aimci_random_derive(a->seed, k),
                               caller, &a->members[k]);
        if (st)
            return st;
        a->n_members++;
    }
    aimci_cell_array_compose(a);
    aimc_status st = cell->refresh_every ? aimci_refresh_create(a) : AIMC_OK;
    if (!st && cell->shift_pairs)
        st = aimci_array_shift(a, cell->shift_pairs);
    return st;
}

static void destroy(aimci_array *a)
{
    aimci_refresh_destroy(a);
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_destroy(a->members[k]);
}

static size_t name(const aimci_array *a, aimci_named_parameter *parameters)
{
    size_t n = 0;
    for (size_t k = 0; k < a->n_members; k++) {
        const aimci_array *m = a->members[k];
        for (size_t i = 0; i <= m->n_parameters; i++, n++) {
            if (!parameters)
                continue;
            const char *own = i < m->n_parameters ? m->parameters[i].name : "hidden_weights";
            snprintf(parameters[n].name, sizeof parameters->name, "%.35s_%zu", own, k);
            parameters[n].data = i < m->n_parameters ? m->parameters[i].data : m->w;
        }
    }
    return n;
}

/* ---- weights -------------------------------------------------------------------------------- */

static void compose_word_line(const aimci_array *a, size_t j)
{
    const aimci_cell *cell = a->device->cell;
    float *w = a->w + j * a->ld;
    for (size_t i = 0; i < a->n_out; i++)
        w[i] = 0.0f;
    for (size_t k = 0; k < a->n_members; k++) {
        const float share = (float)cell->share[k], *of_member = a->members[k]->w + j * a->ld;
        for (size_t i = 0; i < a->n_out; i++)
            w[i] += share * of_member[i];
    }
}

void aimci_cell_array_compose(aimci_array *a)
{
    a->n_writes++;
    for (size_t j = 0; j < a->n_in; j++)
        compose_word_line(a, j);
}

/* What the members that rest add to the weight at one crosspoint. */
static float resting(const aimci_array *a, size_t at)
{
    const aimci_cell *cell = a->device->cell;
    float sum = 0;
    for (size_t k = 0; cell->policy == AIMCI_POLICY_SINGLE_FIXED && k < a->n_members; k++)
        if (k != cell->first)
            sum += (float)cell->share[k] * a->members[k]->w[at];
    return sum;
}

static void commit(aimci_array *a, aimci_commit how)
{
    const aimci_cell *cell = a->device->cell;
    for (size_t k = 0; k < a->n_members; k++) {
        if (cell->policy == AIMCI_POLICY_SINGLE_FIXED && k != cell->first)
            continue;
        aimci_array *m = a->members[k];
        for (size_t j = 0; j < a->n_in; j++)
            for (size_t at = j * a->ld; at < j * a->ld + a->n_out; at++)
                m->p[at] = aimci_cell_target(cell, k, a->w[at], resting(a, at));
        aimci_array_commit(m, how);
    }
    aimci_cell_array_compose(a);
}

/* ---- what members do by themselves ---------------------------------------------------------- */

static void clip(aimci_array *a)
{
    for (size_t k = 0; k < a->n_members; k++)
        aimci_array_clip(a->members[k]);
    aimci_cell_array_compose(a);
}

static void relax(aimci_array *a, const aimci_relax_event *event)
{
    for (size_t k = 0; k < a->n_members; k++)
        a->members[k]->ops->relax(a->members[k], event);
    aimci_cell_array_compose(a);
}

static bool disturb(aimci_array *a, uint64_t n)
{
    bool moved = false;
    for (size_t k = 0; k < a->n_members; k++)
        moved |= aimci_array_disturb(a->members[k], n);
    if (moved)
        aimci_cell_array_compose(a);
    return moved;
}

/* ---- pulses --------------------------------------------------------------------------------- */

/* The member that takes this update's pulses, for the single policies. */
static size_t choose(const aimci_array *a, uint64_t update)
{
    const aimci_cell *cell = a->device->cell;
    if (cell->policy == AIMCI_POLICY_SINGLE_SEQUENTIAL)
        return (size_t)((cell->first + 1 + update) % a->n_members);
    if (cell->policy != AIMCI_POLICY_SINGLE_RANDOM)
        return cell->first;
    const aimci_key key = aimci_random_key(a->seed, AIMCI_OP_CELL, 0, update);
    return (size_t)(((uint64_t)key.k[0] * a->n_members) >> 32);
}

static bool takes_part(const aimci_array *a, size_t k, size_t chosen)
{
    const int policy = a->device->cell->policy;
    return policy == AIMCI_POLICY_ALL || policy == AIMCI_POLICY_ONE_SIDED || k == chosen;
}

/* Counts of a member into its parent's word line, which is composed anew after the pulses:
 * meanwhile its memory is free. Returns whether there are any. */
static bool route(const aimci_array *a, size_t k, const int32_t *count, int32_t *routed)
{
    const aimci_cell *cell = a->device->cell;
    const int32_t sign = cell->share[k] < 0 ? -1 : 1;
    const bool one_sided = cell->policy == AIMCI_POLICY_ONE_SIDED;
    int32_t any = 0;
    for (size_t i = 0; i < aimci_round_up(a->n_out, 8); i++) {
        const bool mine = !one_sided || (count[i] > 0) == (k == 0);
        routed[i] = mine ? sign * count[i] : 0;
        any |= routed[i];
    }
    return any != 0;
}

static void pulse(const aimci_array *a, const aimci_word_line *line, size_t j, const int32_t *count,
                  const aimci_pulse_key *key)
{
    (void)line;
    int32_t *routed = (int32_t *)(void *)(a->w + j * a->ld);
    const size_t chosen = choose(a, key->update);
    for (size_t k = 0; k < a->n_members; k++) {
        if (!takes_part(a, k, chosen) || !route(a, k, count, routed))
            continue;
        const uint64_t seed = (uint64_t)key->noise.k[0] << 32 | key->noise.k[1];
        const aimci_pulse_key of_member = {
            .noise = aimci_random_key(seed, AIMCI_OP_CELL, 1 + (uint32_t)k, key->noise.k[2]),
            .update = key->update};
        aimci_array_pulse(a->members[k], j, routed, &of_member);
    }
    compose_word_line(a, j);
}

static void count(const aimci_array *a, uint64_t up, uint64_t down, aimc_counters *counters)
{
    const aimci_cell *cell = a->device->cell;
    const bool one_sided = cell->policy == AIMCI_POLICY_ONE_SIDED;
    const size_t single = cell->policy == AIMCI_POLICY_SINGLE_FIXED ? cell->first : 0;
    for (size_t k = 0; k < a->n_members; k++) {
        if (!takes_part(a, k, single))
            continue;
        const uint64_t raise = one_sided && k == 1 ? 0 : up, lower = one_sided && k == 0 ? 0 : down;
        if (cell->share[k] < 0)
            aimci_array_count(a->members[k], lower, raise, counters);
        else
            aimci_array_count(a->members[k], raise, lower, counters);
    }
}

/* The members' streams are keyed by the vector update. */
static bool merges(const aimci_array *a)
{
    (void)a;
    return false;
}

const aimci_array_ops aimci_cell_array = {
    .create = create,
    .destroy = destroy,
    .name = name,
    .commit = commit,
    .clip = clip,
    .relax = relax,
    .disturb = disturb,
    .pulse = pulse,
    .merges = merges,
    .count = count,
};
