/* SPDX-License-Identifier: MIT */
/* A crossbar with the resistance of its wires, solved node by node.
 *
 *     V_0 --r_drive-- a00 --r-- a10 --r-- ...      driven lines j, site i next to sensed line i
 *                      |g00      |g10
 *     V_1 ------------ a01 ----- a11 ----- ...
 *
 * Sensed line i runs past all driven lines and ends at 0 V; both kinds of line have their contact
 * at site 0, one wire segment and the contact's resistance away from the first cell, and may have
 * another at their far end. Every cell is
 * a resistor g in series with r_select, or i = g f(v) where f is odd with f'(0) = 1.
 *
 * Lines are ladders: one is solved exactly by one sweep to its far end and back. Driven lines are
 * eliminated that way, and what remains for the nodes of the sensed lines is symmetric and positive
 * definite: conjugate gradients, preconditioned by the ladders of the sensed lines. Cells with
 * a nonlinear I-V are linearised and solved again (Newton).
 *
 * Forward reads drive the word lines and sense the bit lines; backward it is the other way around,
 * so that lines are called after what is done to them. */
#ifndef AIMCI_NODAL_H
#define AIMCI_NODAL_H

#include "core/core.h"

enum { AIMCI_IV_LINEAR, AIMCI_IV_POLYNOMIAL, AIMCI_IV_SINH, AIMCI_IV_BY_STATE };
enum { AIMCI_IV_TERMS = 4 };

/* i = g f(v): v, v + square v|v| + cube v^3, or scale sinh(v / scale); r ohm in series. BY_STATE:
 * i = g v + s v|v| + c v^3, with s and c polynomials of log10(g / S), lowest power first. */
typedef struct aimci_iv {
    int law;
    double square, cube, scale;
    double r_select;
    double squares[AIMCI_IV_TERMS], cubes[AIMCI_IV_TERMS];
} aimci_iv;

/* The law of a cell of conductance g: iv, or own, made POLYNOMIAL where it depends on the state. */
const aimci_iv *aimci_iv_of_cell(const aimci_iv *iv, double g, aimci_iv *own);

typedef struct aimci_nodal {
    size_t n_drive, n_sense, ld; /* cell (sensed i, driven j) at i * ld + j */
    double r_drive, r_sense;     /* between two cells; 0: none */
    double r_driver, r_sensor;   /* of a contact, its wire segment included */
    aimci_iv iv;
    bool gated;                      /* a cell whose driver is at 0 V is disconnected */
    double g_drive_far, g_sense_far; /* conductance of the contacts at far ends; 0: none there */
} aimci_nodal;

/* Leading dimension that keeps strided sweeps out of one another's cache sets. */
size_t aimci_nodal_ld(size_t n_drive);

/* Doubles of scratch that a solve needs. */
size_t aimci_nodal_scratch(const aimci_nodal *nodal);

/* Currents out of the sensed lines for voltages v of the drivers. g: conductances of the cells
 * without r_select. false: iterations did not settle, or a cell's slope is not positive; current is
 * untouched. */
bool aimci_nodal_solve(const aimci_nodal *nodal, const double *g, const double *v, double *current,
                       double *scratch);

/* Currents per volt: t[i * ld_t + j] for sensed line i and driven line j. Cells must be linear.
 * Lines go to the slots of ctx; scratch holds aimci_nodal_matrix_scratch() doubles. */
bool aimci_nodal_matrix(aimc_context *ctx, const aimci_nodal *nodal, const double *g, double *t,
                        size_t ld_t, double *scratch);
size_t aimci_nodal_matrix_scratch(const aimc_context *ctx, const aimci_nodal *nodal);

#endif
