/* SPDX-License-Identifier: MIT */
/* What the columns of a crossbar hold: weights on cells, seen through the wires, and the sums and
 * magnitudes that other stages need. Made anew when the weights have changed. */
#include <math.h>
#include <string.h>

#include "periphery/ladder.h"
#include "periphery/periphery.h"

/* ---- sums and magnitudes -------------------------------------------------------------------- */

static bool needs_magnitude(const aimci_periphery *p)
{
    return p->has_drop || p->params.w_noise_type == AIMCI_WN_PCM_READ;
}

static void derive_line(const aimci_periphery *p, const aimci_read_plane *d, const float *w,
                        size_t at)
{
    for (size_t i = 0; i < p->n_rows; i++) {
        const float plus = w[at + i];
        if (d->magnitude)
            d->magnitude[at + i] = fabsf(plus);
        if (d->minus) {
            const float minus = plus * p->fixed.polarity[at + i];
            d->minus[at + i] = minus;
            if (d->minus_magnitude)
                d->minus_magnitude[at + i] = fabsf(minus);
        }
    }
}

/* Sums over the inputs of a forward read, which are rows of the matrix. A block of rows at a time,
 * so that memory is still read along the lines. */
static void sum_rows(const aimci_periphery *p, const float *plane, float *sums)
{
    enum { BLOCK = 64 };
    for (size_t first = 0; first < p->n_rows; first += BLOCK) {
        const size_t n = aimci_min_size(BLOCK, p->n_rows - first);
        double block[BLOCK] = {0};
        for (size_t j = 0; j < p->n_cols; j++)
            for (size_t i = 0; i < n; i++)
                block[i] += (double)plane[j * p->ld + first + i];
        for (size_t i = 0; i < n; i++)
            sums[first + i] = (float)block[i];
    }
}

static void sum_lines(const aimci_periphery *p, const float *plane, float *sums)
{
    for (size_t j = 0; j < p->n_cols; j++) {
        double sum = 0;
        for (size_t i = 0; i < p->n_rows; i++)
            sum += (double)plane[j * p->ld + i];
        sums[j] = (float)sum;
    }
}

static void sum_inputs(const aimci_periphery *p, const float *plane, float *sums)
{
    if (p->op == AIMCI_OP_FORWARD)
        sum_rows(p, plane, sums);
    else
        sum_lines(p, plane, sums);
}

static void derive(const aimci_periphery *p, const aimci_read_plane *d, const float *w)
{
    if (!d->magnitude && !d->minus)
        return;
    for (size_t j = 0; j < p->n_cols; j++)
        derive_line(p, d, w, j * p->ld);
    if (d->row_sums[0] && d->magnitude)
        sum_inputs(p, d->magnitude, d->row_sums[0]);
    if (d->row_sums[1] && d->minus_magnitude)
        sum_inputs(p, d->minus_magnitude, d->row_sums[1]);
}

/* ---- cells and wires ------------------------------------------------------------------------ */

/* Weight of one unit of the conductance of a full cell. */
static double weight_of_full(const aimci_periphery *p)
{
    return p->cells.unit / p->cells.span;
}

static bool has_unit_column(const aimci_periphery *p)
{
    return p->cells.params.scheme == AIMCI_CELLS_UNIT_COLUMN;
}

/* Conductances of one set of columns, in units of the full cell times full; the unit column
 * last. */
static void fill_cells(const aimci_periphery *p, const aimci_read_plane *d, bool minus,
                       const float *w, double full, double *g, size_t ld)
{
    for (size_t i = 0; i < p->n_out; i++)
        for (size_t j = 0; j < p->n_in; j++)
            g[aimci_cell_at(p, ld, i, j, minus)] =
                full * aimci_cells_conductance(&p->cells, (double)w[aimci_read_at(p, i, j)],
                                               d->slice, minus);
    for (size_t j = 0; has_unit_column(p) && j < p->n_in; j++)
        g[p->n_out * ld + j] = full * aimci_cells_conductance(&p->cells, 0, d->slice, false);
}

/* Add factor t to what the plane holds. Negative cells count negatively where the plane holds the
 * difference of a pair; a plane of negative cells alone holds what they conduct, and the read that
 * uses it has a negative gain. */
static void add_to_plane(const aimci_periphery *p, const aimci_read_plane *d, bool minus,
                         double factor, const double *t, size_t ld)
{
    factor *= minus && d->plus ? -1 : 1;
    for (size_t i = 0; i < p->n_out; i++) {
        for (size_t j = 0; j < p->n_in; j++) {
            float *const w = &d->w[aimci_read_at(p, i, j)];
            *w = (float)((double)*w + factor * t[aimci_cell_at(p, ld, i, j, minus)]);
        }
    }
    for (size_t j = 0; d->unit && j < p->n_in; j++)
        d->unit[j] = (float)(factor * t[p->n_out * ld + j]);
}

static aimc_status not_solved(void)
{
    return aimci_fail(AIMC_ERR_STATE, "wires: the network of wires and cells was not solved: its "
                                      "iterations did not settle; nothing was read");
}

/* One set of columns without wires: what an output gets per input is the cell itself. */
static void see_cells(const aimci_periphery *p, const aimci_read_plane *d, bool minus,
                      const float *w)
{
    const aimci_wire_space *s = &p->space;
    fill_cells(p, d, minus, w, 1, s->g, s->network.ld);
    add_to_plane(p, d, minus, weight_of_full(p), s->g, s->network.ld);
}

/* The same through the wires. Interleaved, both cells of a pair lie in one network, which is filled
 * with both before it is solved. */
static aimc_status see_network(const aimci_periphery *p, const aimci_read_plane *d, const float *w)
{
    const aimci_wire_space *s = &p->space;
    const size_t ld = s->network.ld;
    const bool wanted[2] = {d->plus, d->minus_cells}, together = aimci_is_interleaved(p);
    for (int m = 0; m < 2; m++) {
        if (!wanted[m] && !together)
            continue;
        fill_cells(p, d, m, w, p->params.g_max, s->g, ld);
        if (together && m == 0)
            continue;
        if (!aimci_nodal_matrix(p->ctx, &s->network, s->g, s->t, ld, s->scratch))
            return not_solved();
        for (int k = together ? 0 : m; k <= m; k++)
            if (wanted[k])
                add_to_plane(p, d, k, weight_of_full(p) / p->params.g_max, s->t, ld);
    }
    return AIMC_OK;
}

/* Both cells of a pair on the same column, as ladders of segments. */
static void see_ladders(const aimci_periphery *p, const aimci_read_plane *d, const float *w)
{
    const aimci_wire_space *s = &p->space;
    const size_t ld = s->network.ld;
    double *const minus = s->t, *const sum = s->scratch, *const share = s->scratch + ld;
    fill_cells(p, d, false, w, p->params.g_max, s->g, ld);
    fill_cells(p, d, true, w, p->params.g_max, minus, ld);
    const double per_siemens = weight_of_full(p) / p->params.g_max;
    for (size_t i = 0; i < p->n_out; i++) {
        for (size_t j = 0; j < p->n_in; j++)
            sum[j] = s->g[i * ld + j] + minus[i * ld + j];
        const double rest =
            aimci_ladder_reduce(&p->wires, p->n_in, p->wires.alternate && i % 2, sum, share);
        for (size_t j = 0; j < p->n_in; j++)
            s->g[i * ld + j] = share[j] * (s->g[i * ld + j] - minus[i * ld + j]);
        d->bias[i] = (float)(per_siemens * rest / p->wires.v_read);
    }
    add_to_plane(p, d, false, per_siemens, s->g, ld);
}

static void keep_cells(const aimci_periphery *p, const aimci_read_plane *d, const float *w)
{
    const bool together = aimci_is_interleaved(p);
    for (int m = 0; m < 2; m++)
        if (d->cells[together ? 0 : m])
            fill_cells(p, d, m, w, p->params.g_max, d->cells[together ? 0 : m],
                       p->space.network.ld);
}

static aimc_status refresh_plane(const aimci_periphery *p, const aimci_read_plane *d,
                                 const float *w)
{
    aimc_status st = AIMC_OK;
    if (d->w)
        memset(d->w, 0, p->ld * p->n_cols * sizeof *d->w);
    if (p->wires.model == AIMCI_WIRES_TIME_SLICED) {
        see_ladders(p, d, w);
    } else if (p->wires.model == AIMCI_WIRES_NODAL && !p->bends) {
        st = see_network(p, d, w);
    } else if (d->w) {
        keep_cells(p, d, w);
        if (d->plus)
            see_cells(p, d, false, w);
        if (d->minus_cells)
            see_cells(p, d, true, w);
    }
    derive(p, d, d->w ? d->w : w);
    return st;
}

/* The version is 0 while planes are derived, so that a failure leaves no half-made planes that pass
 * for current ones. */
aimc_status aimci_planes_refresh(aimci_periphery *p, const aimci_read_array *array)
{
    if (p->is_perfect || (array->version && array->version == p->version))
        return AIMC_OK;
    p->version = 0;
    for (size_t k = 0; k < p->n_planes; k++) {
        const aimc_status st = refresh_plane(p, &p->planes[k], array->w);
        if (st)
            return st;
    }
    p->version = array->version;
    return AIMC_OK;
}

/* ---- cells that bend ------------------------------------------------------------------------ */

/* Drivers of one network. Interleaved and backward, the two driven lines of a pair get opposite
 * voltages, which is how their difference is formed. */
static void drive(const aimci_periphery *p, const aimci_read_plane *d, const float *z, double *v)
{
    const bool twice = aimci_is_interleaved(p) && p->op != AIMCI_OP_FORWARD;
    for (size_t j = 0; j < p->n_in; j++) {
        const double volt = (double)z[j] * p->wires.v_read;
        if (twice) {
            v[2 * j] = d->plus ? volt : 0;
            v[2 * j + 1] = !d->minus_cells ? 0 : d->plus ? -volt : volt;
        } else {
            v[j] = volt;
        }
    }
}

/* Currents of network m into the outputs. */
static void collect(const aimci_periphery *p, const aimci_read_plane *d, int m,
                    const double *current, float *out)
{
    const bool twice = aimci_is_interleaved(p) && p->op == AIMCI_OP_FORWARD;
    const double per_ampere = weight_of_full(p) / (p->params.g_max * p->wires.v_read);
    for (size_t i = 0; i < p->n_out; i++) {
        double sum = m && d->plus ? -current[i] : current[i];
        if (twice)
            sum = (d->plus ? current[2 * i] : 0) - (!d->minus_cells ? 0
                                                    : d->plus       ? current[2 * i + 1]
                                                                    : -current[2 * i + 1]);
        out[i] = (float)((double)out[i] + per_ampere * sum);
    }
}

bool aimci_planes_solve(const aimci_periphery *p, const aimci_read_plane *d, size_t n,
                        const float *z, float *y, size_t slot)
{
    const aimci_wire_space *s = &p->space;
    double *const scratch = s->scratch + slot * s->slot_size;
    double *const v = scratch + aimci_nodal_scratch(&s->network);
    double *const current = v + s->network.n_drive;
    for (size_t k = 0; k < n; k++) {
        memset(y + k * p->ld_out, 0, p->n_out * sizeof *y);
        drive(p, d, z + k * p->ld_in, v);
        for (int m = 0; m < 2; m++) {
            if (!d->cells[m])
                continue;
            if (!aimci_nodal_solve(&s->network, d->cells[m], v, current, scratch))
                return false;
            collect(p, d, m, current, y + k * p->ld_out);
        }
    }
    return true;
}

/* ---- making --------------------------------------------------------------------------------- */

static bool make(const aimci_periphery *p, bool wanted, size_t n, float **out)
{
    return !wanted || (*out = aimci_calloc(p->ctx, n, sizeof **out)) != NULL;
}

static bool make_plane(const aimci_periphery *p, aimci_read_plane *d)
{
    const size_t n = p->ld * p->n_cols;
    const bool asymmetric = p->params.w_read_asymmetry_dtod > 0;
    const bool all = p->has_drop && p->params.ir_loading == AIMCI_LOADING_ALL;
    const bool magnitude = needs_magnitude(p);
    bool ok = make(p, p->cells.active, n, &d->w) && make(p, magnitude, n, &d->magnitude) &&
              make(p, asymmetric, n, &d->minus) &&
              make(p, asymmetric && magnitude, n, &d->minus_magnitude) &&
              make(p, all, p->ld_out, &d->row_sums[0]) &&
              make(p, all, p->ld_out, &d->row_sums[1]) &&
              make(p, has_unit_column(p), p->ld_in, &d->unit) &&
              make(p, p->wires.model == AIMCI_WIRES_TIME_SLICED, p->ld_out, &d->bias);
    const bool together = aimci_is_interleaved(p);
    const bool wanted[2] = {d->plus || together, d->minus_cells && !together};
    for (int m = 0; ok && p->bends && m < 2; m++)
        if (wanted[m])
            ok = (d->cells[m] = aimci_calloc(p->ctx, p->space.network.n_sense * p->space.network.ld,
                                             sizeof(double))) != NULL;
    return ok;
}

/* Work space of the cells: two matrices, and what a solve needs. */
static bool make_space(aimci_periphery *p)
{
    aimci_wire_space *s = &p->space;
    s->network = aimci_read_network(p, &p->wires);
    const size_t n = s->network.n_sense * s->network.ld;
    size_t scratch = 2 * s->network.ld;
    s->slot_size = aimci_nodal_scratch(&s->network) + s->network.n_drive + s->network.n_sense;
    if (p->bends)
        scratch = aimci_context_slots(p->ctx) * s->slot_size;
    else if (p->wires.model == AIMCI_WIRES_NODAL)
        scratch = aimci_nodal_matrix_scratch(p->ctx, &s->network);
    s->g = aimci_calloc(p->ctx, n, sizeof *s->g);
    if (p->wires.model != AIMCI_WIRES_NONE)
        s->t = aimci_calloc(p->ctx, n, sizeof *s->t);
    s->scratch = aimci_calloc(p->ctx, scratch, sizeof *s->scratch);
    return s->g && s->scratch && (p->wires.model == AIMCI_WIRES_NONE || s->t);
}

/* Columns of a pair are looked at one by one when each has an ADC of its own, or a wire whose drop
 * depends on its own cells. */
static bool are_split(const aimci_periphery *p)
{
    return p->cells.pair &&
           (p->cells.params.subtract == AIMCI_SUBTRACT_DIGITAL || (p->cells.active && p->has_drop));
}

aimc_status aimci_planes_create(aimci_periphery *p)
{
    const bool split = are_split(p);
    p->n_planes = p->cells.n_slices * (split ? 2 : 1);
    p->planes = aimci_calloc(p->ctx, p->n_planes, sizeof *p->planes);
    bool ok = p->planes && (!p->cells.active || make_space(p));
    for (size_t k = 0; ok && k < p->n_planes; k++) {
        aimci_read_plane *d = &p->planes[k];
        d->slice = split ? k / 2 : k;
        d->plus = !split || k % 2 == 0;
        d->minus_cells = p->cells.pair && (!split || k % 2);
        ok = make_plane(p, d);
    }
    return ok ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
}

void aimci_planes_destroy(aimci_periphery *p)
{
    for (size_t k = 0; p->planes && k < p->n_planes; k++) {
        const aimci_read_plane *d = &p->planes[k];
        void *const blocks[] = {d->w,        d->magnitude,   d->minus,       d->minus_magnitude,
                                d->unit,     d->row_sums[0], d->row_sums[1], d->bias,
                                d->cells[0], d->cells[1]};
        for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++)
            aimci_free(p->ctx, blocks[b]);
    }
    aimci_free(p->ctx, p->planes);
    aimci_free(p->ctx, p->space.g);
    aimci_free(p->ctx, p->space.t);
    aimci_free(p->ctx, p->space.scratch);
}
