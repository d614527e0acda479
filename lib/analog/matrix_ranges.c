/* SPDX-License-Identifier: MIT */
/* Ranges of converters from data: of the DACs for all tiles of a matrix, of the ADCs for every
 * conversion of every tile. */
#include <math.h>
#include <string.h>

#include "analog/matrix.h"
#include "core/elementary.h"

/* ---- of ADCs, watched ----------------------------------------------------------------------- */

static aimci_periphery *readout(const aimc_matrix *m, size_t k)
{
    return m->grid->tiles[k]->forward;
}

size_t aimci_matrix_n_adc_ranges(const aimc_matrix *m)
{
    size_t n = 0;
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid); k++)
        n += aimci_periphery_n_adc_ranges(readout(m, k));
    return n;
}

bool aimci_matrix_is_calibrated(const aimc_matrix *m)
{
    bool is = true;
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid); k++)
        is = is && aimci_periphery_is_calibrated(readout(m, k));
    return is;
}

static void unwatch_outputs(const aimc_matrix *m)
{
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid); k++)
        aimci_periphery_unwatch(readout(m, k));
}

void aimci_matrix_stop_watching(aimc_matrix *m)
{
    if (m->hwa)
        aimci_hwa_stop_watching(m->hwa);
    unwatch_outputs(m);
}

static aimci_range_rule rule_of(const aimci_calibration *c)
{
    return (aimci_range_rule)(c->out_method - AIMCI_OUTPUTS_FIRST_RULE);
}

static aimc_status check_watch(const char *caller, const aimc_matrix *m, const aimci_calibration *c)
{
    if (c->out_method == AIMCI_OUTPUTS_NONE)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: out_method is NONE: it leaves the ranges of ADCs as they are",
                          caller);
    if (aimci_matrix_n_adc_ranges(m) == 0)
        return aimci_fail(AIMC_ERR_STATE,
                          "%s: no ADC of the matrix has a range: its read-out is perfect, or "
                          "out_bound <= 0",
                          caller);
    if (aimci_periphery_finds_low(readout(m, 0)) && rule_of(c) == AIMCI_RULE_ENTROPY)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "%s: out_method = ENTROPY; it looks at magnitudes, and ADCs of style "
                          "UNSIGNED have two ends: MAX, QUANTILE or MEAN_SQUARE",
                          caller);
    return readout(m, 0)->plan.shift
               ? aimci_fail(AIMC_ERR_UNSUPPORTED,
                            "%s: bound_management SHIFT moves outputs to the bound of the ADC, "
                            "which then follows from nothing that is seen",
                            caller)
               : AIMC_OK;
}

aimc_status aimc_matrix_watch_outputs(aimc_matrix *m, const aimc_config *config)
{
    const char *caller = "matrix_watch_outputs";
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "%s: matrix is NULL", caller);
    aimc_status st = aimci_config_expect(caller, config, &aimci_kind_calibration);
    if (st)
        return st;
    const aimci_calibration c = aimci_calibration_of(config);
    st = check_watch(caller, m, &c);
    if (st)
        return st;
    m->outputs = c;
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid) && !st; k++)
        st = aimci_periphery_watch(readout(m, k));
    if (!st)
        return AIMC_OK;
    unwatch_outputs(m);
    return aimci_fail_within(st, "%s: ", caller);
}

/* ---- of ADCs, taken ------------------------------------------------------------------------- */

/* A range of what was seen, or both of its ends where below is there; what saw nothing keeps the
 * range that it has. */
static void find_range(const aimc_matrix *m, const aimci_periphery *p, size_t g,
                       const aimci_magnitudes *seen, const aimci_magnitudes *below, double *low,
                       double *bound)
{
    const double quantile = m->outputs.quantile, res = p->params.out_res;
    *low = aimci_periphery_adc_low(p, g);
    *bound = aimci_periphery_adc_bound(p, g);
    if (below) {
        (void)aimci_magnitudes_limits(seen, below, rule_of(&m->outputs), quantile, res, low, bound);
        return;
    }
    const double range = aimci_magnitudes_range(seen, rule_of(&m->outputs), quantile, res);
    *bound = range >= 1e-30 ? range : *bound;
}

/* Each is a power of two times smaller than the largest, and holds what it held. */
static void round_to_powers(const double *lows, double *bounds, size_t n)
{
    double largest = 0;
    for (size_t g = 0; g < n; g++)
        largest = fmax(largest, bounds[g] - (lows ? lows[g] : 0));
    for (size_t g = 0; g < n; g++) {
        const double low = lows ? lows[g] : 0, octaves = aimci_log2(largest / (bounds[g] - low));
        bounds[g] = low + largest * aimci_exp2(-floor(octaves));
    }
}

static void join(aimci_magnitudes *all, const aimci_magnitudes *watched, size_t n)
{
    for (size_t g = 0; watched && g < n; g++)
        aimci_magnitudes_join(all, &watched[g]);
}

/* all: NULL, or what the tile's ADCs have in common, and what of it is below 0. */
static aimc_status take_tile(const aimc_matrix *m, aimci_periphery *p, const aimci_magnitudes *all)
{
    const size_t n = p->plan.n_groups;
    double *bounds = aimci_calloc(m->ctx, 2 * n, sizeof *bounds);
    if (!bounds)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    double *const lows = bounds + n;
    for (size_t g = 0; g < n; g++)
        find_range(m, p, g, all ? &all[0] : &p->watched[g],
                   !p->below ? NULL
                   : all     ? &all[1]
                             : &p->below[g],
                   &lows[g], &bounds[g]);
    if (m->outputs.out_powers_of_two)
        round_to_powers(p->below ? lows : NULL, bounds, n);
    const aimc_status st = aimci_periphery_set_adc_limits(p, p->below ? lows : NULL, bounds);
    aimci_free(m->ctx, bounds);
    return st;
}

/* Every tile has room for ranges: those that it has. */
static aimc_status make_room(const aimc_matrix *m)
{
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid) && !st; k++)
        st = aimci_periphery_make_adc_bounds(readout(m, k));
    return st;
}

static void join_tile(aimci_magnitudes *all, const aimci_periphery *p)
{
    join(&all[0], p->watched, p->plan.n_groups);
    join(&all[1], p->below, p->plan.n_groups);
}

/* all: NULL, or [2] to be filled with what has a range in common. */
static aimc_status take_all(const aimc_matrix *m, aimci_magnitudes *all)
{
    aimc_status st = make_room(m);
    const bool by_layer = m->outputs.out_share == AIMCI_SHARE_LAYER;
    for (size_t k = 0; by_layer && k < aimci_grid_n_tiles(m->grid); k++)
        join_tile(all, readout(m, k));
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid) && !st; k++) {
        if (all && !by_layer) {
            memset(all, 0, 2 * sizeof *all);
            join_tile(all, readout(m, k));
        }
        st = take_tile(m, readout(m, k), all);
    }
    return st;
}

static bool saw_something(const aimc_matrix *m)
{
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid); k++)
        for (size_t g = 0; g < readout(m, k)->plan.n_groups; g++)
            if (readout(m, k)->watched[g].largest ||
                (readout(m, k)->below && readout(m, k)->below[g].largest))
                return true;
    return false;
}

aimc_status aimc_matrix_take_output_ranges(aimc_matrix *m)
{
    const char *caller = "matrix_take_output_ranges";
    aimci_magnitudes *all = NULL;
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "%s: matrix is NULL", caller);
    if (!readout(m, 0)->watched)
        return aimci_fail(AIMC_ERR_STATE, "%s: outputs are not being watched", caller);
    if (!saw_something(m)) {
        unwatch_outputs(m);
        return aimci_fail(AIMC_ERR_STATE, "%s: no outputs but zeros were seen", caller);
    }
    if (m->outputs.out_share != AIMCI_SHARE_SLICE)
        all = aimci_calloc(m->ctx, 2, sizeof *all);
    const aimc_status st = m->outputs.out_share != AIMCI_SHARE_SLICE && !all
                               ? aimci_fail(AIMC_ERR_NOMEM, "no memory")
                               : take_all(m, all);
    aimci_free(m->ctx, all);
    unwatch_outputs(m);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

/* ---- of DACs -------------------------------------------------------------------------------- */

double aimc_matrix_get_input_range(const aimc_matrix *m)
{
    return m ? aimci_hwa_range(m->hwa) : 0;
}

static aimc_status check_hwa(const char *caller, const aimc_matrix *m)
{
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "%s: matrix is NULL", caller);
    return m->hwa ? AIMC_OK
                  : aimci_fail(AIMC_ERR_STATE,
                               "%s: the matrix was made from a configuration of kind 'tile'; "
                               "'layer' has input ranges",
                               caller);
}

aimc_status aimc_matrix_set_input_range(aimc_matrix *m, double range)
{
    const char *caller = "matrix_set_input_range";
    aimc_status st = check_hwa(caller, m);
    if (!st)
        st = aimci_check_number(caller, "range", range, 0, AIMCI_LARGEST_NUMBER);
    if (!st)
        aimci_hwa_set_range(m->hwa, range);
    return st;
}

aimc_status aimc_matrix_watch_inputs(aimc_matrix *m, const aimc_config *config)
{
    const char *caller = "matrix_watch_inputs";
    aimc_status st = check_hwa(caller, m);
    if (!st)
        st = aimci_config_expect(caller, config, &aimci_kind_calibration);
    if (st)
        return st;
    st = aimci_hwa_watch_inputs(m->hwa, config);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

aimc_status aimc_matrix_take_input_range(aimc_matrix *m)
{
    const char *caller = "matrix_take_input_range";
    aimc_status st = check_hwa(caller, m);
    if (!st && !m->hwa->watching)
        st = aimci_fail(AIMC_ERR_STATE, "%s: inputs are not being watched", caller);
    if (st)
        return st;
    st = aimci_hwa_take_range(m->hwa);
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}
