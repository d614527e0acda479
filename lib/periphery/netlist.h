/* SPDX-License-Identifier: MIT */
/* How a netlist says things: its settings, and its elements in the words of each simulator. */
#ifndef AIMCI_NETLIST_H
#define AIMCI_NETLIST_H

#include <stdio.h>

#include "core/config.h"

enum { AIMCI_NGSPICE, AIMCI_LTSPICE, AIMCI_SPECTRE };
enum { AIMCI_ANALYSIS_OP, AIMCI_ANALYSIS_TRANSIENT, AIMCI_ANALYSIS_NONE };
enum { AIMCI_DRIVE_AMPLITUDE, AIMCI_DRIVE_PULSE_WIDTH };
enum { AIMCI_ACCESS_NONE, AIMCI_ACCESS_NMOS };

/* Values of the kind "netlist". */
typedef struct aimci_netlist_params {
    double c_in, c_out, c_cell;
    double v_gate, vto, kp, width, length;
    double t_rise, t_pulse, t_stop, settle;
    int32_t dialect, analysis, drive, access;
    bool subcircuit;
} aimci_netlist_params;

/* Of a configuration of this kind; NULL: defaults. */
aimc_status aimci_netlist_params_of(const aimc_config *config, aimci_netlist_params *params);

/* ---- elements ------------------------------------------------------------------------------- */

/* A name of up to 63 characters, of a node or an element. */
typedef struct aimci_name {
    char text[64];
} aimci_name;

aimci_name aimci_name_of(const char *format, ...) AIMCI_PRINTF(1, 2);

typedef struct aimci_netlist {
    FILE *out;
    aimci_netlist_params params;
} aimci_netlist;

/* A line of comment. */
void aimci_netlist_note(const aimci_netlist *n, const char *format, ...) AIMCI_PRINTF(2, 3);
/* Names begin with the letter of what they are: r, c, v, b, m, x. */
void aimci_netlist_resistor(const aimci_netlist *n, const char *name, const char *a, const char *b,
                            double ohm);
void aimci_netlist_capacitor(const aimci_netlist *n, const char *name, const char *a, const char *b,
                             double farad);
void aimci_netlist_source(const aimci_netlist *n, const char *name, const char *a, const char *b,
                          double volt);
/* Current from a to b, an expression of v(a,b). */
void aimci_netlist_current(const aimci_netlist *n, const char *name, const char *a, const char *b,
                           const char *expression);
/* The access transistor, its gate at node "gate" and its bulk at 0; its model. */
void aimci_netlist_transistor(const aimci_netlist *n, const char *name, const char *drain,
                              const char *source);
void aimci_netlist_model(const aimci_netlist *n);
/* An input that is off until 0 and then at volt: for good, or for a time of width. */
void aimci_netlist_step(const aimci_netlist *n, const char *name, const char *a, double volt);
void aimci_netlist_pulse(const aimci_netlist *n, const char *name, const char *a, double volt,
                         double width);

#endif
