/* SPDX-License-Identifier: MIT */
/* A crossbar as a netlist: lines and cells (spice.c), and the bench that drives and measures it
 * (spice_bench.c). */
#ifndef AIMCI_SPICE_H
#define AIMCI_SPICE_H

#include "periphery/netlist.h"
#include "periphery/periphery.h"

typedef struct aimci_circuit {
    const aimci_periphery *p;
    const aimci_read_array *array;
    const float *z; /* [n_in] what drives the array */
    aimci_netlist netlist;
    aimci_nodal network; /* of one set of columns */
    size_t n_sets;
} aimci_circuit;

/* Is there a circuit of this read-out with these settings, driven by z? */
aimc_status aimci_spice_check(const aimci_periphery *periphery, const aimci_netlist_params *params,
                              const float *z);

/* The weights of the array on cells, driven by z times v_read. */
aimc_status aimci_spice_write(const aimci_periphery *periphery, const aimci_read_array *array,
                              const float *z, const aimci_netlist_params *params, FILE *out);

/* ---- between the two files ------------------------------------------------------------------ */

/* Node of driven line j next to sensed line i. */
aimci_name aimci_circuit_drive_node(const aimci_circuit *c, size_t set, size_t j, size_t i);

/* Title and options; what drives the inputs and the gates; subcircuits in use; ammeters. */
void aimci_bench_put_head(const aimci_circuit *c);
void aimci_bench_put_inputs(const aimci_circuit *c);
void aimci_bench_put_instances(const aimci_circuit *c);
void aimci_bench_put_ammeters(const aimci_circuit *c);
void aimci_bench_put_analysis(const aimci_circuit *c);
/* Names of the pins of a subcircuit. */
void aimci_bench_put_pins(const aimci_circuit *c, size_t set);

#endif
