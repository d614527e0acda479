/* SPDX-License-Identifier: MIT */
/* Column sets, and the magnitudes and sums that other stages need of them. Made anew when the
 * weights have changed. */
#include <math.h>

#include "periphery/cell_layout.h"
#include "periphery/column_network.h"

/* ---- magnitudes and sums -------------------------------------------------------------------- */

static void derive_word_line(const aimci_periphery *p, const aimci_column_set *set, const float *w,
                             size_t at)
{
    for (size_t i = 0; i < p->n_rows; i++) {
        const float plus = w[at + i];
        if (set->magnitude)
            set->magnitude[at + i] = fabsf(plus);
        if (set->minus) {
            const float minus = plus * p->fixed.polarity[at + i];
            set->minus[at + i] = minus;
            if (set->minus_magnitude)
                set->minus_magnitude[at + i] = fabsf(minus);
        }
    }
}

/* Sums over the inputs of a forward read, which are rows of the matrix. A block of rows at a time,
 * so that memory is still read along the word lines. */
static void sum_rows(const aimci_periphery *p, const float *matrix, float *sums)
{
    enum { BLOCK = 64 };
    for (size_t first = 0; first < p->n_rows; first += BLOCK) {
        const size_t n = aimci_min_size(BLOCK, p->n_rows - first);
        double block[BLOCK] = {0};
        for (size_t j = 0; j < p->n_cols; j++)
            for (size_t i = 0; i < n; i++)
                block[i] += (double)matrix[j * p->ld + first + i];
        for (size_t i = 0; i < n; i++)
            sums[first + i] = (float)block[i];
    }
}

static void sum_columns(const aimci_periphery *p, const float *matrix, float *sums)
{
    for (size_t j = 0; j < p->n_cols; j++) {
        double sum = 0;
        for (size_t i = 0; i < p->n_rows; i++)
            sum += (double)matrix[j * p->ld + i];
        sums[j] = (float)sum;
    }
}

static void sum_inputs(const aimci_periphery *p, const float *matrix, float *sums)
{
    if (!matrix || !sums)
        return;
    if (p->op == AIMCI_OP_FORWARD)
        sum_rows(p, matrix, sums);
    else
        sum_columns(p, matrix, sums);
}

static void derive(const aimci_periphery *p, const aimci_column_set *set, const float *w)
{
    if (!set->magnitude && !set->minus)
        return;
    for (size_t j = 0; j < p->n_cols; j++)
        derive_word_line(p, set, w, j * p->ld);
    sum_inputs(p, set->magnitude, set->row_sums[0]);
    sum_inputs(p, set->minus_magnitude, set->row_sums[1]);
}

/* Vectors that are solved before the matrix is made: half of what it costs. Never more than half
 * again is spent, and whoever reads few vectors waits for few. */
static uint64_t most_solved(const aimci_periphery *p)
{
    const aimci_nodal *network = &p->columns.network;
    return aimci_min_size(network->n_drive, network->n_sense) / 2;
}

uint64_t aimci_column_sets_solved(const aimci_periphery *p, uint64_t version)
{
    const aimci_column_sets *columns = &p->columns;
    return version && version == columns->solved_version ? columns->n_solved : 0;
}

/* Shall n more vectors be solved one by one? What was decided in a run is decided again when it is
 * resumed, because the count is saved. */
static bool count_solved(aimci_periphery *p, const aimci_read_array *array, size_t n)
{
    aimci_column_sets *columns = &p->columns;
    columns->n_solved = aimci_column_sets_solved(p, array->version);
    columns->solved_version = array->version;
    const bool few = columns->n_solved + n <= most_solved(p);
    columns->n_solved = few ? columns->n_solved + n : most_solved(p);
    return few;
}

static void fill_conductances(aimci_periphery *p, const aimci_read_array *array)
{
    aimci_column_sets *columns = &p->columns;
    if (array->version && array->version == columns->cells_version)
        return;
    columns->programmed = array->programmed;
    for (size_t k = 0; k < columns->n; k++)
        aimci_column_network_fill(p, &columns->list[k], array->w);
    columns->cells_version = array->version;
}

/* The version is 0 while sets are derived, so that a failure leaves no half-made sets that pass for
 * current ones. */
aimc_status aimci_column_sets_refresh(aimci_periphery *p, const aimci_read_array *array, size_t n)
{
    aimci_column_sets *columns = &p->columns;
    columns->by_vector = false;
    if (p->is_perfect || (array->version && array->version == columns->version))
        return AIMC_OK;
    columns->by_vector = p->plan.may_solve && count_solved(p, array, n);
    if (columns->by_vector) {
        fill_conductances(p, array);
        return AIMC_OK;
    }
    columns->version = 0;
    columns->programmed = array->programmed;
    for (size_t k = 0; k < columns->n; k++) {
        const aimci_column_set *set = &columns->list[k];
        const aimc_status st = aimci_column_network_refresh(p, set, array->w);
        if (st)
            return st;
        derive(p, set, set->w ? set->w : array->w);
    }
    columns->version = columns->cells_version = array->version;
    return AIMC_OK;
}

/* ---- making --------------------------------------------------------------------------------- */

static bool make(const aimci_periphery *p, bool wanted, size_t n, float **out)
{
    return !wanted || (*out = aimci_calloc(p->ctx, n, sizeof **out)) != NULL;
}

static bool make_seen(const aimci_periphery *p, aimci_column_set *set)
{
    return make(p, p->mapping.active, p->ld * p->n_cols, &set->w) &&
           make(p, p->mapping.has_reference, p->ld_in, &set->reference) &&
           make(p, p->wires.model == AIMCI_WIRES_TIME_SLICED, p->ld_out, &set->bias);
}

static bool make_derived(const aimci_periphery *p, aimci_column_set *set)
{
    const size_t n = p->ld * p->n_cols;
    const bool asymmetric = p->params.w_read_asymmetry_dtod > 0;
    const bool all = p->plan.has_drop && p->params.ir_loading == AIMCI_LOADING_ALL;
    const bool magnitude = p->plan.has_drop || p->plan.cell_noise == AIMCI_WN_PCM_READ;
    return make(p, magnitude, n, &set->magnitude) && make(p, asymmetric, n, &set->minus) &&
           make(p, asymmetric && magnitude, n, &set->minus_magnitude) &&
           make(p, all, p->ld_out, &set->row_sums[0]) && make(p, all, p->ld_out, &set->row_sums[1]);
}

/* A network for each sign; interleaved, one for both. */
static bool make_conductances(const aimci_periphery *p, aimci_column_set *set)
{
    const aimci_nodal *network = &p->columns.network;
    const bool together = aimci_is_interleaved(p);
    const bool wanted[2] = {set->positive || together, set->negative && !together};
    const bool solved = p->plan.is_nonlinear || p->plan.may_solve;
    for (int m = 0; solved && m < 2; m++) {
        double **const g = &set->conductances[m];
        if (wanted[m] &&
            (*g = aimci_calloc(p->ctx, network->n_sense * network->ld, sizeof **g)) == NULL)
            return false;
    }
    return true;
}

/* Columns of a pair are looked at one by one when each has an ADC of its own, or a wire whose drop
 * depends on its own cells. */
static bool are_split(const aimci_periphery *p)
{
    return p->mapping.pair && (p->mapping.params.subtract == AIMCI_SUBTRACT_DIGITAL ||
                               (p->mapping.active && p->plan.has_drop));
}

aimc_status aimci_column_sets_create(aimci_periphery *p)
{
    if (p->is_perfect)
        return AIMC_OK;
    const bool split = are_split(p);
    aimci_column_sets *columns = &p->columns;
    columns->n = p->mapping.n_slices * (split ? 2 : 1);
    columns->network = aimci_read_network(p, &p->wires);
    columns->list = aimci_calloc(p->ctx, columns->n, sizeof *columns->list);
    bool ok = columns->list != NULL;
    for (size_t k = 0; ok && k < columns->n; k++) {
        aimci_column_set *set = &columns->list[k];
        set->slice = split ? k / 2 : k;
        set->positive = !split || k % 2 == 0;
        set->negative = p->mapping.pair && (!split || k % 2);
        ok = make_seen(p, set) && make_derived(p, set) && make_conductances(p, set);
    }
    return ok ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
}

void aimci_column_sets_destroy(aimci_periphery *p)
{
    for (size_t k = 0; p->columns.list && k < p->columns.n; k++) {
        const aimci_column_set *set = &p->columns.list[k];
        void *const blocks[] = {
            set->w,
            set->magnitude,
            set->minus,
            set->minus_magnitude,
            set->reference,
            set->bias,
            set->row_sums[0],
            set->row_sums[1],
            set->conductances[0],
            set->conductances[1],
        };
        for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++)
            aimci_free(p->ctx, blocks[b]);
    }
    aimci_free(p->ctx, p->columns.list);
}
