/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <aimc/periphery.h>

#include "core/elementary.h"
#include "tile/tile.h"

static aimc_status read_stages(const aimc_tile *t, aimc_direction direction, const float *x,
                               const aimc_stages *theirs, aimc_stages *stages)
{
    if (!t || !x || !theirs)
        return aimci_fail(AIMC_ERR_INVALID, "tile_inspect: NULL argument");
    const aimc_status st = aimci_struct_in("tile_inspect", theirs, stages, sizeof *stages);
    if (st)
        return st;
    if (direction != AIMC_FORWARD && direction != AIMC_BACKWARD)
        return aimci_fail(AIMC_ERR_INVALID, "tile_inspect: direction %d", (int)direction);
    const aimci_periphery *p = direction == AIMC_FORWARD ? t->forward : t->backward;
    const size_t n_cycles = p->plan.n_cycles;
    if (stages->cycle >= n_cycles)
        return aimci_fail(AIMC_ERR_INVALID, "tile_inspect: cycle = %u; a product has %zu",
                          (unsigned)stages->cycle, n_cycles);
    return aimci_all_finite(x, 1, p->n_in, p->n_in)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "tile_inspect: x holds a value that is not finite");
}

/* Bits of a converter whose steps are res of its range: 2^bits - 1 codes around 0. */
static uint32_t bits_of(double res)
{
    return res > 0 ? (uint32_t)ceil(aimci_log2(1 / res + 1) - 1e-9) : 0;
}

static uint32_t bits_of_drive(const aimci_periphery *p)
{
    int widest = 0;
    for (size_t k = 0; k < p->plan.n_cycles; k++)
        if (p->plan.cycles[k].derived && p->plan.cycles[k].op.op == AIMCI_PART_DIGITS)
            widest = p->plan.cycles[k].op.count > widest ? p->plan.cycles[k].op.count : widest;
    return widest ? (uint32_t)widest : bits_of(p->params.inp_res);
}

/* A weight lies on a pair of cells, or on one whose zero is subtracted, in every slice. */
static uint32_t cells_of(const aimci_cell_mapping *m)
{
    return m->active ? (uint32_t)m->n_slices * (m->offset ? 1 : 2) : 0;
}

aimc_status aimc_tile_get_readout(const aimc_tile *t, aimc_direction direction,
                                  aimc_readout_info *info)
{
    if (!t || !info)
        return aimci_fail(AIMC_ERR_INVALID, "tile_get_readout: %s is NULL", t ? "info" : "tile");
    if (direction != AIMC_FORWARD && direction != AIMC_BACKWARD)
        return aimci_fail(AIMC_ERR_INVALID, "tile_get_readout: direction %d", (int)direction);
    const aimci_periphery *p = direction == AIMC_FORWARD ? t->forward : t->backward;
    const aimci_read_plan *plan = &p->plan;
    const uint32_t sets = p->is_perfect ? 1 : (uint32_t)p->columns.n;
    aimc_readout_info ours = {
        .n_cycles = (uint32_t)plan->n_cycles,
        .has_dac = !p->is_perfect && (plan->nonideal_dac || plan->dac.step > 0),
        .has_adc = !p->is_perfect && (plan->nonideal_adc || plan->adc.step > 0),
        .n_steps = (uint32_t)plan->n_cycles / sets,
        .n_column_sets = sets,
        .n_cells = p->is_perfect ? 0 : cells_of(&p->mapping),
        .n_dac_conversions = p->is_perfect ? 1 : (uint32_t)plan->conversions_per_input,
        .n_adc_conversions = p->is_perfect ? 1 : (uint32_t)plan->n_groups};
    ours.dac_bits = ours.has_dac ? bits_of_drive(p) : 0;
    ours.adc_bits = ours.has_adc ? bits_of(p->params.out_res) : 0;
    return aimci_struct_out("tile_get_readout", info, &ours, sizeof ours, 4);
}

/* A zero vector is not read: all its stages are 0. */
static void clear(const aimci_periphery *p, const aimc_stages *s)
{
    float *const outputs[] = {s->current, s->noisy};
    for (size_t k = 0; k < 2; k++)
        if (outputs[k])
            memset(outputs[k], 0, p->n_out * sizeof **outputs);
    if (s->prepared)
        memset(s->prepared, 0, p->n_in * sizeof *s->prepared);
    if (s->code)
        memset(s->code, 0, p->n_out * sizeof *s->code);
}

aimc_status aimc_tile_inspect(aimc_tile *t, aimc_direction direction, const float *x,
                              aimc_stages *stages)
{
    aimc_stages s;
    aimc_status st = read_stages(t, direction, x, stages, &s);
    if (st)
        return st;
    aimci_periphery *p = direction == AIMC_FORWARD ? t->forward : t->backward;
    float *own = NULL;
    if (!s.result && !(own = aimci_calloc(t->ctx, p->n_out, sizeof *own)))
        return aimci_fail(AIMC_ERR_NOMEM, "tile_inspect: no memory");
    clear(p, &s);
    aimci_probe probe = {.cycle = s.cycle,
                         .prepared = s.prepared,
                         .current = s.current,
                         .noisy = s.noisy,
                         .code = s.code,
                         .alpha = 1,
                         .reduction = 1};
    aimci_readout_counts counts = {0};
    const aimci_read_array array = aimci_tile_read_array(t);
    st = aimci_periphery_read(p, &array, 1, x, p->n_in, own ? own : s.result, p->n_out, &counts,
                              &probe);
    aimci_free(t->ctx, own);
    if (st)
        return aimci_fail_within(st, "tile_inspect: ");
    aimci_tile_count_read(t, direction == AIMC_FORWARD, 1, &counts);
    s.n_cycles = (uint32_t)p->plan.n_cycles;
    s.n_passes = (uint32_t)probe.passes;
    s.alpha = probe.alpha;
    s.reduction = probe.reduction;
    return aimci_struct_out("tile_inspect", stages, &s, sizeof s, 8);
}
