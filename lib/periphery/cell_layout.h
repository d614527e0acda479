/* SPDX-License-Identifier: MIT */
/* Where cells lie in a network of wires, and weights in the matrix. */
#ifndef AIMCI_CELL_LAYOUT_H
#define AIMCI_CELL_LAYOUT_H

#include "periphery/periphery.h"

/* Neighbouring cells of a pair in one network? */
static inline bool aimci_is_interleaved(const aimci_periphery *p)
{
    return p->wires.model == AIMCI_WIRES_NODAL && p->wires.interleaved;
}

/* Do inputs open the access transistors of their cells? Backward the gates are all open. */
static inline bool aimci_is_gated(const aimci_periphery *p)
{
    return p->wires.model == AIMCI_WIRES_NODAL && p->wires.gate_selected &&
           p->op == AIMCI_OP_FORWARD;
}

/* The network of one column set. Interleaved, each output of a forward read has two sensed lines,
 * positive and negative, and each input of a backward read two driven ones. */
static inline aimci_nodal aimci_read_network(const aimci_periphery *p,
                                             const aimci_wires_params *wires)
{
    const size_t lines = aimci_is_interleaved(p) ? 2 : 1;
    const bool forward = p->op == AIMCI_OP_FORWARD;
    return aimci_wires_network(wires, p->n_in * (forward ? 1 : lines),
                               p->n_out * (forward ? lines : 1) + p->mapping.has_reference,
                               aimci_is_gated(p));
}

/* Place of a cell in the network's matrix. */
static inline size_t aimci_cell_at(const aimci_periphery *p, size_t ld, size_t i, size_t j,
                                   bool minus)
{
    if (!aimci_is_interleaved(p))
        return i * ld + j;
    return p->op == AIMCI_OP_FORWARD ? (2 * i + minus) * ld + j : i * ld + 2 * j + minus;
}

/* Place of a weight in a matrix of the direction: output i, input j */
static inline size_t aimci_read_at(const aimci_periphery *p, size_t i, size_t j)
{
    return p->op == AIMCI_OP_FORWARD ? j * p->ld + i : i * p->ld + j;
}

/* Conductance of a cell. Programming noise beyond the largest weight can make that of the other
 * cell of a pair, or of an offset, negative: a correction where currents are added, but no
 * resistor. */
static inline double aimci_cell_conductance(const aimci_periphery *p, double w, size_t slice,
                                            bool minus, bool programmed)
{
    const double g = aimci_cell_mapping_conductance(&p->mapping, w, slice, minus, programmed);
    return p->wires.model == AIMCI_WIRES_NONE || g > 0 ? g : 0;
}

#endif
