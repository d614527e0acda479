/* SPDX-License-Identifier: MIT */
/* The wires of a crossbar as a network for the solver. Equations: docs/models/cell-mapping.md. */
#include "periphery/wires.h"

#define W   aimci_wires_params
#define OWN "docs/models/cell-mapping.md"
#define MILO                                                                                       \
    "V. Milo et al., IEEE IRPS (2021): sweeps of HfO2 cells; polynomials as fitted for CrossSim "  \
    "3.2"
#define XS "Xiao et al., IEEE Circuits Syst. Mag. 22(4):26 (2022)"

static const aimci_field wires_fields[] = {
    AIMCI_CHOICE(W, model, AIMCI_WIRES_NONE, 2, "NONE|NODAL|TIME_SLICED",
                 "wires of the crossbar: ideal (but for ir_drop), solved node by node, or column "
                 "ladders of segments for pulse-width inputs",
                 OWN),
    AIMCI_NUMBER(W, r_in, 0.35, 0, 1e30, "ohm",
                 "wire of an input between two cells; not in TIME_SLICED", OWN),
    AIMCI_NUMBER(W, r_out, 0.35, 0, 1e30, "ohm", "wire of an output between two cells", OWN),
    AIMCI_NUMBER(W, r_driver, 0, 0, 1e30, "ohm",
                 "contact of an input, on top of one segment of wire", OWN),
    AIMCI_NUMBER(W, r_sense, 0, 0, 1e30, "ohm",
                 "contact of an output, on top of one segment of wire", OWN),
    AIMCI_NUMBER(W, r_select, 0, 0, 1e30, "ohm", "selector in series with each cell", OWN),
    AIMCI_NUMBER(W, v_read, 0.2, 1e-30, 1e30, "V", "voltage of input 1", OWN),
    AIMCI_CHOICE(W, iv, AIMCI_IV_LINEAR, 3, "LINEAR|POLYNOMIAL|SINH|BY_STATE",
                 "current of a cell: g v, g (v + iv_square v|v| + iv_cube v^3), g iv_scale "
                 "sinh(v / iv_scale), or g v + s v|v| + c v^3 with s and c by its state",
                 OWN),
    AIMCI_NUMBER(W, iv_square, 0, -1e30, 1e30, "1 / V", "of POLYNOMIAL", OWN),
    AIMCI_NUMBER(W, iv_cube, -0.25, -1e30, 1e30, "1 / V^2", "of POLYNOMIAL", OWN),
    AIMCI_NUMBER(W, iv_scale, 0.25, 1e-30, 1e30, "V", "of SINH", OWN),
    AIMCI_NUMBERS(W, iv_squares, 0, -1e30, 1e30, "A / V^2",
                  "BY_STATE: s as a polynomial of log10(g / S), lowest power first, at most 4 "
                  "terms; empty, with iv_cubes: the filaments of Milo et al., 50 ... 225 uS, 0.5 V",
                  MILO),
    AIMCI_NUMBERS(W, iv_cubes, 0, -1e30, 1e30, "A / V^3", "BY_STATE: c, likewise", MILO),
    AIMCI_FLAG(
        W, interleaved, 0,
        "NODAL: the cells of a pair are neighbours in one crossbar and share its other wires, "
        "instead of a crossbar for each sign",
        XS),
    AIMCI_FLAG(
        W, gate_selected, 0,
        "NODAL, forward: inputs are on the gates of access transistors, bit by bit; cells of "
        "an input 0 are disconnected, and no current comes along input lines",
        XS),
    AIMCI_INTEGER(W, drive_ends, 1, 1, 2, "1",
                  "NODAL: ends of an input's line at which it is driven, each through r_in and "
                  "r_driver; 2: both, for a quarter of the largest drop of a line whose cells "
                  "conduct alike",
                  OWN),
    AIMCI_FLAG(
        W, noise_by_cell, 0,
        "NODAL: each cell draws its noise in every read (w_noise, programmed devices) and the "
        "network is solved with it, instead of noise at the outputs as of ideal wires",
        OWN),
    AIMCI_INTEGER(W, segments, 8, 1, 65536, "1", "pieces of a column of TIME_SLICED", OWN),
    AIMCI_INTEGER(W, height, 0, 0, 65536, "cells",
                  "cells of a whole column of TIME_SLICED, idle ones around; 0: as many as inputs",
                  OWN),
    AIMCI_FLAG(W, alternate, 1, "every other output of TIME_SLICED leaves at the far end", OWN),
    AIMCI_NUMBER(W, v_sense_offset, 0, -1e30, 1e30, "V",
                 "of the column of TIME_SLICED above the middle of the inputs", OWN),
};

AIMCI_DEFINE_KIND(wires, "wires",
                  "wires of a crossbar and what else lies between drivers, cells and outputs", OWN,
                  wires_fields, W, .n_children = 0);

/* Least and largest conductance and voltage of the sweeps, and what was fitted to them. */
static const double milo_g[2] = {50e-6, 225e-6}, milo_v = 0.5;
static const double milo_squares[AIMCI_IV_TERMS] = {7.063e-3, 5.711e-3, 1.541e-3, 1.388e-4};
static const double milo_cubes[AIMCI_IV_TERMS] = {1.2968e-3, 6.7919e-4, 8.871e-5, 0};

static bool of_milo(const W *p)
{
    return p->iv_squares.n == 0 && p->iv_cubes.n == 0;
}

aimc_status aimci_wires_check_iv(const W *p, double lo, double hi)
{
    if (p->iv != AIMCI_IV_BY_STATE)
        return AIMC_OK;
    if (p->iv_squares.n > AIMCI_IV_TERMS || p->iv_cubes.n > AIMCI_IV_TERMS)
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: iv BY_STATE; iv_squares has %zu terms and iv_cubes %zu, %d at "
                          "most",
                          p->iv_squares.n, p->iv_cubes.n, AIMCI_IV_TERMS);
    if (!of_milo(p))
        return AIMC_OK;
    if (!(lo >= milo_g[0] * (1 - 1e-6) && hi <= milo_g[1] * (1 + 1e-6)))
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: iv BY_STATE; cells have %g ... %g S, and those of Milo et al. "
                          "were measured from %g to %g S: g_max and cell_mapping.on_off_ratio, or "
                          "iv_squares and iv_cubes of other cells",
                          lo, hi, milo_g[0], milo_g[1]);
    return p->v_read <= milo_v
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "wires: iv BY_STATE; v_read = %g V, and the cells of Milo et al. were "
                            "measured up to %g V",
                            p->v_read, milo_v);
}

static void take_terms(const W *p, const aimci_list *given, const double *of_milo_cells,
                       double terms[AIMCI_IV_TERMS])
{
    for (size_t k = 0; k < AIMCI_IV_TERMS; k++)
        terms[k] = of_milo(p) ? of_milo_cells[k] : k < given->n ? given->v[k] : 0;
}

aimci_nodal aimci_wires_network(const W *p, size_t n_drive, size_t n_sense, bool gated)
{
    const double r_driver = gated ? 0 : p->r_in + p->r_driver;
    aimci_iv iv = {.law = p->iv,
                   .square = p->iv_square,
                   .cube = p->iv_cube,
                   .scale = p->iv_scale,
                   .r_select = p->r_select};
    take_terms(p, &p->iv_squares, milo_squares, iv.squares);
    take_terms(p, &p->iv_cubes, milo_cubes, iv.cubes);
    return (aimci_nodal){.n_drive = n_drive,
                         .n_sense = n_sense,
                         .ld = aimci_nodal_ld(n_drive),
                         .gated = gated,
                         .r_drive = gated ? 0 : p->r_in,
                         .r_sense = p->r_out,
                         .r_driver = r_driver,
                         .r_sensor = p->r_out + p->r_sense,
                         .iv = iv,
                         /* a line without resistance is at its driver's voltage anyway */
                         .g_drive_far = p->drive_ends > 1 && r_driver > 0 ? 1 / r_driver : 0};
}
