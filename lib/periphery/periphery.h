/* SPDX-License-Identifier: MIT */
/* The read-out of one direction: converters, noise and bound management, what the array adds. */
#ifndef AIMCI_PERIPHERY_H
#define AIMCI_PERIPHERY_H

#include "blas/blas.h"
#include "core/random.h"
#include "io/safetensors.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "periphery/activity.h"
#include "periphery/cell_mapping.h"
#include "periphery/column_sets.h"
#include "periphery/device_noise.h"
#include "periphery/fixed_errors.h"
#include "periphery/magnitudes.h"
#include "periphery/periphery_params.h"
#include "periphery/read_plan.h"
#include "periphery/wires.h"
#include "periphery/workspace.h"

/* The matrix behind a read-out, as the tile stores it: column-major n_rows x n_cols, whatever the
 * direction. */
typedef struct aimci_read_array {
    const aimci_gemm *gemm;
    size_t n_rows, n_cols, ld;
    const float *w; /* not looked at when a periphery is made */
    /* A number that is another one whenever w has changed: what is derived from w is then kept
     * between calls. 0: unknown, derived anew by every call that needs it. */
    uint64_t version;
    const float *g;  /* conductances, laid out like w; NULL: |w| stands for them */
    bool programmed; /* w is what programmed devices hold, limits and levels and all */
    const aimci_device_noise *noise; /* of each read; NULL: none */
} aimci_read_array;

static inline bool aimci_has_device_noise(const aimci_read_array *array)
{
    return array->noise && array->noise->variance;
}

typedef struct aimci_periphery {
    aimc_context *ctx;
    const aimci_kernels *kernels;
    const aimci_read_kernels *chain;

    /* what the configuration says */
    aimci_periphery_params params;
    aimci_wires_params wires;
    aimci_cell_mapping mapping;
    bool is_perfect; /* by either field that asks for it */

    aimci_op op;        /* AIMCI_OP_FORWARD or AIMCI_OP_BACKWARD: also says the direction */
    size_t n_in, n_out; /* of this direction */
    size_t ld_in, ld_out;
    size_t n_rows, n_cols, ld; /* of the matrix */

    aimci_read_plan plan;        /* what follows from it once */
    aimci_column_sets columns;   /* what follows from the weights */
    aimci_word_lines word_lines; /* likewise */

    aimci_magnitudes *watched; /* [n_groups] what the ADCs of each group see, which then neither
                                  round nor clip; NULL: they are not watched */
    aimci_magnitudes *below;   /* [n_groups] what of it is below 0; NULL: watched has all */

    /* what is saved */
    float *adc_bounds; /* [n_groups] ranges of the ADCs; NULL: out_bound everywhere, by a FIXED
                          out_range; 0: by a CALIBRATED one, of which none was found yet */
    float *adc_lows;   /* [n_groups] lower ends of UNSIGNED codes; NULL: those of other codes */
    aimci_fixed_errors fixed;
    float average; /* of AVERAGE_ABS_MAX; 0: not started */
    uint64_t seed;
    uint64_t n_vectors; /* vectors so far: selects the streams of the next */

    aimci_workspace work;
} aimci_periphery;

/* op also says the direction: backward has no bound management. */
aimc_status aimci_periphery_create(aimc_context *ctx, const aimc_config *config, aimci_op op,
                                   uint64_t seed, const aimci_read_array *array,
                                   aimci_periphery **out);
void aimci_periphery_destroy(aimci_periphery *periphery);

/* Errors of the converters, from the seed. */
void aimci_periphery_draw_converters(const aimci_periphery *periphery);

/* ---- ranges of ADCs (adc_ranges.c) ---------------------------------------------------------- */

/* Ranges that there are, one for each accumulation group; 0: no ADC has a range. */
size_t aimci_periphery_n_adc_ranges(const aimci_periphery *periphery);

/* No: out_range CALIBRATED waits for its ranges. */
bool aimci_periphery_is_calibrated(const aimci_periphery *periphery);

/* Range of group g, out_bound while it waits; all of them, or all as configured (NULL). */
double aimci_periphery_adc_bound(const aimci_periphery *periphery, size_t g);
aimc_status aimci_periphery_set_adc_bounds(aimci_periphery *periphery, const double *bounds);

/* Do ADCs have a lower end of their own? It follows the bound, or is set with it. */
bool aimci_periphery_has_low(const aimci_periphery *periphery);
double aimci_periphery_adc_low(const aimci_periphery *periphery, size_t g);
aimc_status aimci_periphery_set_adc_limits(aimci_periphery *periphery, const double *lows,
                                           const double *bounds);
/* Is it found with the bound? */
bool aimci_periphery_finds_low(const aimci_periphery *periphery);
/* Those of out_range, once the plan is made. */
aimc_status aimci_periphery_configure_adc_bounds(aimci_periphery *periphery);
/* Room for them: what may fail in setting them. */
aimc_status aimci_periphery_make_adc_bounds(aimci_periphery *periphery);

/* The smallest of all; 0: none has a range. */
double aimci_periphery_least_adc_bound(const aimci_periphery *periphery);

/* Watch from now on; no longer. */
aimc_status aimci_periphery_watch(aimci_periphery *periphery);
void aimci_periphery_unwatch(aimci_periphery *periphery);

/* ---- reading (readout.c) -------------------------------------------------------------------- */

/* What one read cycle looked like inside, for one vector; NULL pointers are not filled. */
typedef struct aimci_probe {
    size_t cycle; /* which read of the product is looked at */
    float *prepared;
    float *current, *noisy;
    int32_t *code;
    double alpha, reduction;
    uint64_t passes;
} aimci_probe;

#define AIMCI_READOUT_BATCH 64

/* y[b] = read-out of x[b] for the whole batch; counts of all passes are added to total. probe: NULL
 * or, for one vector, what to look at. AIMC_ERR_STATE: the network of wires and cells was not
 * solved; y and the state are untouched. */
aimc_status aimci_periphery_read(aimci_periphery *periphery, const aimci_read_array *array,
                                 size_t n, const float *x, size_t ld_x, float *y, size_t ld_y,
                                 aimci_readout_counts *total, aimci_probe *probe);

/* ---- state (periphery_state.c) -------------------------------------------------------------- */

/* version: of the weights that are read (aimci_read_array). */
aimc_status aimci_periphery_put(const aimci_periphery *periphery, uint64_t version,
                                aimci_st_writer *writer, const char *prefix);
aimc_status aimci_periphery_restore(aimci_periphery *periphery, uint64_t version,
                                    const aimci_st_reader *reader, const char *prefix);

#endif
