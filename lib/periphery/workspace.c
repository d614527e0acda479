/* SPDX-License-Identifier: MIT */
#include "periphery/periphery.h"

/* ---- scratch of a slot ---------------------------------------------------------------------- */

static float *take(float *base, size_t *at, bool wanted, size_t n)
{
    float *block = wanted && base ? base + *at : NULL;
    *at += wanted ? n : 0;
    return block;
}

/* Is there an input to derive? One digit that covers all bits is derived too, in its only cycle. */
static bool has_derived_cycle(const aimci_read_plan *plan)
{
    bool derived = false;
    for (size_t m = 0; plan->cycles && m < plan->n_cycles; m++)
        derived |= plan->cycles[m].derived;
    return derived;
}

/* Where the blocks start; with base NULL only counts. Returns the floats of one slot. */
static size_t lay(const aimci_periphery *p, float *base, aimci_read_scratch *s)
{
    const aimci_read_plan *plan = &p->plan;
    const size_t in = AIMCI_READOUT_BATCH * p->ld_in, out = AIMCI_READOUT_BATCH * p->ld_out;
    const bool power = plan->cell_noise == AIMCI_WN_PCM_READ || p->work.noisy;
    const bool active = plan->has_drop && p->params.ir_loading == AIMCI_LOADING_ACTIVE;
    size_t at = 0;
    s->z = take(base, &at, true, in);
    s->cycle = take(base, &at, has_derived_cycle(plan), in);
    s->derived = take(base, &at, plan->has_drop || power || p->mapping.offset, in);
    s->out = take(base, &at, true, out);
    s->cycle_out = take(base, &at, plan->n_cycles > 1, out);
    s->load = take(base, &at, active, out);
    s->dropped = take(base, &at, plan->has_drop, out);
    s->power = take(base, &at, power, out);
    s->gemm = take(base, &at, true, p->work.gemm_floats);
    return at;
}

aimci_read_scratch aimci_workspace_slot(const aimci_periphery *p, size_t slot)
{
    aimci_read_scratch s;
    lay(p, p->work.scratch + slot * p->work.slot_floats, &s);
    s.slot = slot;
    return s;
}

/* ---- networks ------------------------------------------------------------------------------- */

/* Linear cells are one matrix, for which all slots solve together; vectors that are solved one by
 * one are so in a slot each; without a network two lines are enough (column_network.c). */
static size_t network_scratch(const aimci_periphery *p)
{
    const aimci_nodal *network = &p->columns.network;
    if (p->wires.model != AIMCI_WIRES_NODAL)
        return 2 * network->ld;
    const size_t vectors = p->work.n_slots * p->work.network.slot_size;
    const size_t matrix = p->plan.is_nonlinear ? 0 : aimci_nodal_matrix_scratch(p->ctx, network);
    return vectors > matrix ? vectors : matrix;
}

static bool make_network_space(aimci_periphery *p)
{
    const aimci_nodal *network = &p->columns.network;
    const size_t n = network->n_sense * network->ld;
    const bool wires = p->wires.model != AIMCI_WIRES_NONE;
    aimci_network_space *s = &p->work.network;
    s->slot_size = aimci_nodal_scratch(network) + network->n_drive + network->n_sense;
    if (p->plan.draws_cells) /* conductances, and as many floats */
        s->slot_size += n + n / 2;
    s->g = aimci_calloc(p->ctx, n, sizeof *s->g);
    s->t = wires ? aimci_calloc(p->ctx, n, sizeof *s->t) : NULL;
    s->scratch = aimci_calloc(p->ctx, network_scratch(p), sizeof *s->scratch);
    return s->g && (s->t || !wires) && s->scratch;
}

/* ---- making --------------------------------------------------------------------------------- */

aimc_status aimci_workspace_create(aimci_periphery *p)
{
    aimci_workspace *work = &p->work;
    aimci_read_scratch unused;
    work->n_slots = aimci_context_slots(p->ctx);
    work->slot_floats = lay(p, NULL, &unused);
    work->scratch = aimci_calloc(p->ctx, work->n_slots * work->slot_floats, sizeof *work->scratch);
    work->counts = aimci_calloc(p->ctx, work->n_slots, sizeof *work->counts);
    const bool looks_at_cells = !p->is_perfect && p->mapping.active;
    if (!work->scratch || !work->counts || (looks_at_cells && !make_network_space(p)))
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    return AIMC_OK;
}

aimc_status aimci_workspace_for_noise(aimci_periphery *p)
{
    aimci_workspace *work = &p->work;
    aimci_read_scratch unused;
    if (work->noisy)
        return AIMC_OK;
    work->noisy = true;
    const size_t slot_floats = lay(p, NULL, &unused);
    float *scratch = aimci_calloc(p->ctx, work->n_slots * slot_floats, sizeof *scratch);
    work->noisy = scratch != NULL;
    if (!scratch)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for the read noise of programmed devices");
    aimci_free(p->ctx, work->scratch);
    work->scratch = scratch;
    work->slot_floats = slot_floats;
    return AIMC_OK;
}

void aimci_workspace_destroy(aimci_periphery *p)
{
    aimci_free(p->ctx, p->work.scratch);
    aimci_free(p->ctx, p->work.counts);
    aimci_free(p->ctx, p->work.network.g);
    aimci_free(p->ctx, p->work.network.t);
    aimci_free(p->ctx, p->work.network.scratch);
}
