/* SPDX-License-Identifier: MIT */
/* How signed weights lie on cells, and the wires between the cells. */
#ifndef AIMCI_CELLS_H
#define AIMCI_CELLS_H

#include "core/config.h"
#include "periphery/nodal.h"

enum {
    AIMCI_CELLS_ONE_SIDED,
    AIMCI_CELLS_TWO_SIDED,
    AIMCI_CELLS_DIGITAL_OFFSET,
    AIMCI_CELLS_UNIT_COLUMN
};
enum { AIMCI_SUBTRACT_ANALOG, AIMCI_SUBTRACT_DIGITAL };
enum { AIMCI_WIRES_NONE, AIMCI_WIRES_NODAL, AIMCI_WIRES_TIME_SLICED };

/* Values of the family "cells". */
typedef struct aimci_cells_params {
    double w_max, on_off_ratio;
    int64_t cell_bits, weight_bits, n_slices;
    int32_t scheme, subtract;
} aimci_cells_params;

/* Values of the family "wires". */
typedef struct aimci_wires_params {
    double r_in, r_out, r_driver, r_sense, r_select;
    double v_read, v_sense_offset;
    double iv_square, iv_cube, iv_scale;
    int64_t segments, height;
    int32_t model, iv;
    bool alternate, interleaved;
} aimci_wires_params;

/* Resolved. Conductances are in units of that of a full cell; a plane of columns of slice s holds
 * weights unit (g+ - g-) / span, or unit g / span where there are no pairs. */
typedef struct aimci_cells {
    aimci_cells_params params;
    bool active; /* false: weights are read as they are */
    bool pair, offset;
    size_t n_slices;
    int slice_bits;
    double g_min, span; /* of conductance */
    double levels;      /* steps between the levels of a cell; 0: any conductance */
    double top;         /* of the offset column: what the largest weight takes of the span */
    double unit;
} aimci_cells;

aimci_cells aimci_cells_resolve(const aimci_cells_params *params);

/* Conductance of the cell that holds w in slice s; minus: the second cell of a pair. */
double aimci_cells_conductance(const aimci_cells *cells, double w, size_t s, bool minus);

/* The result is the sum over slices of gain(s) (plane z - offset(s) sum z). */
double aimci_cells_gain(const aimci_cells *cells, size_t s);
double aimci_cells_offset(const aimci_cells *cells, size_t s);

/* The network of one column of cells with these wires; backward has n_drive = outputs. */
aimci_nodal aimci_wires_network(const aimci_wires_params *params, size_t n_drive, size_t n_sense);

#endif
