/* SPDX-License-Identifier: MIT */
/* The wires between drivers, cells and outputs, and the current-voltage law of a cell. */
#ifndef AIMCI_WIRES_H
#define AIMCI_WIRES_H

#include "core/config.h"
#include "periphery/nodal.h"

enum { AIMCI_WIRES_NONE, AIMCI_WIRES_NODAL, AIMCI_WIRES_TIME_SLICED };

/* Values of the kind "wires". */
typedef struct aimci_wires_params {
    double r_in, r_out, r_driver, r_sense, r_select;
    double v_read, v_sense_offset;
    double iv_square, iv_cube, iv_scale;
    aimci_list iv_squares, iv_cubes;
    int64_t segments, height, drive_ends;
    int32_t model, iv;
    bool alternate, interleaved, gate_selected, noise_by_cell;
} aimci_wires_params;

/* Do the laws of its cells hold for conductances lo ... hi, S, and the voltage of input 1? */
aimc_status aimci_wires_check_iv(const aimci_wires_params *params, double lo, double hi);

/* The network of one column set with these wires; backward has n_drive = outputs. gated: the driven
 * lines are gates, and each cell has its voltage from a plate without resistance. */
aimci_nodal aimci_wires_network(const aimci_wires_params *params, size_t n_drive, size_t n_sense,
                                bool gated);

#endif
