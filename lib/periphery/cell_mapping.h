/* SPDX-License-Identifier: MIT */
/* How signed weights lie on cells whose conductance is never negative. */
#ifndef AIMCI_CELL_MAPPING_H
#define AIMCI_CELL_MAPPING_H

#include "core/config.h"

enum {
    AIMCI_SCHEME_ONE_SIDED,
    AIMCI_SCHEME_TWO_SIDED,
    AIMCI_SCHEME_DIGITAL_OFFSET,
    AIMCI_SCHEME_REFERENCE_COLUMN
};
enum { AIMCI_SUBTRACT_ANALOG, AIMCI_SUBTRACT_DIGITAL };

/* Values of the kind "cell_mapping". */
typedef struct aimci_cell_mapping_params {
    double w_max, on_off_ratio;
    int64_t cell_bits, weight_bits, n_slices;
    int32_t scheme, subtract;
} aimci_cell_mapping_params;

/* Resolved. Conductances are in units of that of a full cell; the columns of bit slice s hold
 * weights unit (g+ - g-) / span, or unit g / span where there are no pairs. */
typedef struct aimci_cell_mapping {
    aimci_cell_mapping_params params;
    bool active; /* false: weights are read as they are */
    bool pair, offset;
    bool has_reference; /* a column of cells at weight 0 is read with the others */
    size_t n_slices;
    int slice_bits;
    double g_min, span; /* of conductance */
    double levels;      /* steps between the levels of a cell; 0: any conductance */
    double top;         /* of the offset column: what the largest weight takes of the span */
    double unit;
} aimci_cell_mapping;

aimci_cell_mapping aimci_cell_mapping_resolve(const aimci_cell_mapping_params *params);

/* Conductance of the cell that holds w in bit slice s; minus: the second cell of a pair.
 * programmed: w is what a device holds that was written before, which goes neither to a level nor
 * to a limit again. */
double aimci_cell_mapping_conductance(const aimci_cell_mapping *mapping, double w, size_t s,
                                      bool minus, bool programmed);

/* Weight that one unit of conductance stands for. */
double aimci_cell_mapping_weight_of_full(const aimci_cell_mapping *mapping);

/* The result is the sum over bit slices of gain(s) (product of slice s - offset(s) sum z). */
double aimci_cell_mapping_gain(const aimci_cell_mapping *mapping, size_t s);
double aimci_cell_mapping_offset(const aimci_cell_mapping *mapping, size_t s);

#endif
