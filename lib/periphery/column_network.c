/* SPDX-License-Identifier: MIT */
/* Weights are put on cells, and what an output gets per input is the cell itself (no wires), an
 * entry of the network's matrix (linear cells), or a solve for every vector (nonlinear cells). */
#include <math.h>
#include <string.h>

#include "periphery/cell_layout.h"
#include "periphery/column_network.h"
#include "periphery/ladder.h"

/* ---- conductances --------------------------------------------------------------------------- */

static double weight_of_full(const aimci_periphery *p)
{
    return aimci_cell_mapping_weight_of_full(&p->mapping);
}

/* Conductances of one column set, in units of the full cell times full; the reference column
 * last. */
static void fill_cells(const aimci_periphery *p, const aimci_column_set *set, bool minus,
                       const float *w, double full, double *g)
{
    const size_t ld = p->columns.network.ld;
    for (size_t i = 0; i < p->n_out; i++)
        for (size_t j = 0; j < p->n_in; j++)
            g[aimci_cell_at(p, ld, i, j, minus)] =
                full * aimci_cell_conductance(p, (double)w[aimci_read_at(p, i, j)], set->slice,
                                              minus, p->columns.programmed);
    for (size_t j = 0; p->mapping.has_reference && j < p->n_in; j++)
        g[p->n_out * ld + j] =
            full * aimci_cell_mapping_conductance(&p->mapping, 0, set->slice, false, false);
}

/* Add factor t to what the set holds. Negative cells count negatively where the set holds the
 * difference of a pair; a set of negative cells alone holds what they conduct, and the cycle that
 * reads it has a negative gain. */
static void add_to_set(const aimci_periphery *p, const aimci_column_set *set, bool minus,
                       double factor, const double *t)
{
    const size_t ld = p->columns.network.ld;
    factor *= minus && set->positive ? -1 : 1;
    for (size_t i = 0; i < p->n_out; i++) {
        for (size_t j = 0; j < p->n_in; j++) {
            float *const w = &set->w[aimci_read_at(p, i, j)];
            *w = (float)((double)*w + factor * t[aimci_cell_at(p, ld, i, j, minus)]);
        }
    }
    for (size_t j = 0; set->reference && j < p->n_in; j++)
        set->reference[j] = (float)(factor * t[p->n_out * ld + j]);
}

/* ---- linear cells --------------------------------------------------------------------------- */

aimc_status aimci_column_network_not_solved(void)
{
    return aimci_fail(AIMC_ERR_STATE, "wires: the network of wires and cells was not solved: its "
                                      "iterations did not settle; nothing was read");
}

/* One sign of a set without wires. */
static void see_cells(const aimci_periphery *p, const aimci_column_set *set, bool minus,
                      const float *w)
{
    fill_cells(p, set, minus, w, 1, p->work.network.g);
    add_to_set(p, set, minus, weight_of_full(p), p->work.network.g);
}

/* The same through the wires. Interleaved, both cells of a pair lie in one network, which is filled
 * with both before it is solved. */
static aimc_status see_network(const aimci_periphery *p, const aimci_column_set *set,
                               const float *w)
{
    const aimci_network_space *s = &p->work.network;
    const aimci_nodal *network = &p->columns.network;
    const bool wanted[2] = {set->positive, set->negative}, together = aimci_is_interleaved(p);
    for (int m = 0; m < 2; m++) {
        if (!wanted[m] && !together)
            continue;
        fill_cells(p, set, m, w, p->params.g_max, s->g);
        if (together && m == 0)
            continue;
        if (!aimci_nodal_matrix(p->ctx, network, s->g, s->t, network->ld, s->scratch))
            return aimci_column_network_not_solved();
        for (int k = together ? 0 : m; k <= m; k++)
            if (wanted[k])
                add_to_set(p, set, k, weight_of_full(p) / p->params.g_max, s->t);
    }
    return AIMC_OK;
}

/* One column as a ladder: its cells g become what the read-out gets of each pair. The resistances
 * are those of both cells of a pair together, the current that of their difference. */
static double see_ladder(const aimci_periphery *p, size_t i, double *g, const double *minus)
{
    double *const sum = p->work.network.scratch, *const share = sum + p->columns.network.ld;
    for (size_t j = 0; j < p->n_in; j++)
        sum[j] = g[j] + minus[j];
    const double rest =
        aimci_ladder_reduce(&p->wires, p->n_in, p->wires.alternate && i % 2, sum, share);
    for (size_t j = 0; j < p->n_in; j++)
        g[j] = share[j] * (g[j] - minus[j]);
    return rest;
}

/* Both cells of a pair on the same column, as ladders of segments. */
static void see_ladders(const aimci_periphery *p, const aimci_column_set *set, const float *w)
{
    const size_t ld = p->columns.network.ld;
    double *const g = p->work.network.g, *const minus = p->work.network.t;
    const double per_siemens = weight_of_full(p) / p->params.g_max;
    fill_cells(p, set, false, w, p->params.g_max, g);
    fill_cells(p, set, true, w, p->params.g_max, minus);
    for (size_t i = 0; i < p->n_out; i++) {
        const double rest = see_ladder(p, i, g + i * ld, minus + i * ld);
        set->bias[i] = (float)(per_siemens * rest / p->wires.v_read);
    }
    add_to_set(p, set, false, per_siemens, g);
}

void aimci_column_network_fill(const aimci_periphery *p, const aimci_column_set *set,
                               const float *w)
{
    const bool together = aimci_is_interleaved(p);
    for (int m = 0; m < 2; m++) {
        double *const g = set->conductances[together ? 0 : m];
        if (g)
            fill_cells(p, set, m, w, p->params.g_max, g);
    }
}

/* Cells without wires; where their I-V is nonlinear also conductances for the solver, and the
 * weights are then only those that the noise of the cells depends on. */
static void see_each_sign(const aimci_periphery *p, const aimci_column_set *set, const float *w)
{
    if (p->plan.is_nonlinear)
        aimci_column_network_fill(p, set, w);
    if (set->positive)
        see_cells(p, set, false, w);
    if (set->negative)
        see_cells(p, set, true, w);
}

aimc_status aimci_column_network_refresh(const aimci_periphery *p, const aimci_column_set *set,
                                         const float *w)
{
    if (!set->w)
        return AIMC_OK;
    memset(set->w, 0, p->ld * p->n_cols * sizeof *set->w);
    if (p->wires.model == AIMCI_WIRES_TIME_SLICED)
        see_ladders(p, set, w);
    else if (p->wires.model == AIMCI_WIRES_NODAL && !p->plan.is_nonlinear)
        return see_network(p, set, w);
    else
        see_each_sign(p, set, w);
    return AIMC_OK;
}

/* ---- vectors one by one --------------------------------------------------------------------- */

/* Drivers of one network. Interleaved and backward, the two driven lines of a pair get opposite
 * voltages, which is how their difference is formed. */
static void set_drivers(const aimci_periphery *p, const aimci_column_set *set, const float *z,
                        double *v)
{
    const bool twice = aimci_is_interleaved(p) && p->op != AIMCI_OP_FORWARD;
    for (size_t j = 0; j < p->n_in; j++) {
        const double volt = (double)z[j] * p->wires.v_read;
        if (twice) {
            v[2 * j] = set->positive ? volt : 0;
            v[2 * j + 1] = !set->negative ? 0 : set->positive ? -volt : volt;
        } else {
            v[j] = volt;
        }
    }
}

/* Currents of network m into the outputs. */
static void collect(const aimci_periphery *p, const aimci_column_set *set, int m,
                    const double *current, float *out)
{
    const bool twice = aimci_is_interleaved(p) && p->op == AIMCI_OP_FORWARD;
    const double per_ampere = weight_of_full(p) / (p->params.g_max * p->wires.v_read);
    for (size_t i = 0; i < p->n_out; i++) {
        double sum = m && set->positive ? -current[i] : current[i];
        if (twice)
            sum = (set->positive ? current[2 * i] : 0) - (!set->negative  ? 0
                                                          : set->positive ? current[2 * i + 1]
                                                                          : -current[2 * i + 1]);
        out[i] = (float)((double)out[i] + per_ampere * sum);
    }
}

/* ---- noise of single cells ------------------------------------------------------------------ */

/* Variance of the conductance g of a cell, both in weights. Both cells of a pair that are read
 * together have half of what their weight has; PCM_READ goes by the cell. share: of the variance of
 * devices. */
static double cell_variance(const aimci_periphery *p, const aimci_device_noise *devices,
                            double share, const aimci_column_set *set, size_t at, double g)
{
    const double w_noise = p->params.w_noise, part = set->positive && set->negative ? 0.5 : 1;
    double variance = 0;
    if (p->params.w_noise_type == AIMCI_WN_ADDITIVE_CONSTANT)
        variance = part * w_noise * w_noise;
    else if (p->params.w_noise_type == AIMCI_WN_PCM_READ)
        variance = w_noise * w_noise * g;
    if (devices)
        variance += part * (double)devices->variance[at] * share;
    return variance;
}

/* Conductances of network m of this read; the noise may take one below 0, as it may an output. */
static const double *draw_cells(const aimci_periphery *p, const aimci_read_array *array,
                                const aimci_column_set *set, int m, const aimci_key *key,
                                double *space)
{
    const aimci_nodal *network = &p->columns.network;
    const aimci_device_noise *devices = aimci_has_device_noise(array) ? array->noise : NULL;
    const double *g = set->conductances[m];
    const size_t n = network->n_sense * network->ld;
    const double per_weight = p->params.g_max / weight_of_full(p);
    if (!devices && p->params.w_noise <= 0)
        return g;
    const double share = aimci_device_noise_share(p, (size_t)(set - p->columns.list));
    float *const normals = (float *)(space + n);
    const aimci_key own = {
        {key->k[(m + 2) % 4], key->k[(m + 3) % 4], key->k[m], key->k[m + 1]}}; /* its own stream */
    const aimci_current draw = {.key = own, .noise = 1};
    memset(normals, 0, n * sizeof *normals);
    p->chain->current(&draw, normals, n);
    memcpy(space, g, n * sizeof *space);
    for (int minus = 0; minus < 2; minus++) {
        if (minus != m && !aimci_is_interleaved(p))
            continue;
        for (size_t i = 0; i < p->n_out; i++) {
            for (size_t j = 0; j < p->n_in; j++) {
                const size_t cell = aimci_cell_at(p, network->ld, i, j, minus);
                space[cell] += per_weight * (double)normals[cell] *
                               sqrt(cell_variance(p, devices, share, set, aimci_read_at(p, i, j),
                                                  g[cell] / per_weight));
            }
        }
    }
    return space;
}

bool aimci_column_network_solve(const aimci_periphery *p, const aimci_read_array *array,
                                const aimci_column_set *set, size_t n, const float *z, float *y,
                                size_t slot, const aimci_key *keys)
{
    const aimci_nodal *network = &p->columns.network;
    double *const scratch = p->work.network.scratch + slot * p->work.network.slot_size;
    double *const v = scratch + aimci_nodal_scratch(network);
    double *const current = v + network->n_drive, *const space = current + network->n_sense;
    for (size_t k = 0; k < n; k++) {
        memset(y + k * p->ld_out, 0, p->n_out * sizeof *y);
        set_drivers(p, set, z + k * p->ld_in, v);
        for (int m = 0; m < 2; m++) {
            const double *g = set->conductances[m];
            if (g && p->plan.draws_cells)
                g = draw_cells(p, array, set, m, &keys[k], space);
            if (g && !aimci_nodal_solve(network, g, v, current, scratch))
                return false;
            if (g)
                collect(p, set, m, current, y + k * p->ld_out);
        }
    }
    return true;
}
