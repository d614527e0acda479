/* SPDX-License-Identifier: MIT */
/* Signed weights on cells that are never negative. Equations: docs/models/cells.md. */
#include <math.h>

#include "periphery/cells.h"

#define C   aimci_cells_params
#define OWN "docs/models/cells.md"
#define XS  "Xiao et al., IEEE Circuits Syst. Mag. 22(4):26 (2022)"

static const aimci_field cells_fields[] = {
    AIMCI_CHOICE(C, scheme, AIMCI_CELLS_ONE_SIDED, 3,
                 "ONE_SIDED|TWO_SIDED|DIGITAL_OFFSET|UNIT_COLUMN",
                 "pair of cells of which one is at the floor, or both move; or one cell around an "
                 "offset that is subtracted as a number, or as a column that is read with the rest",
                 XS),
    AIMCI_CHOICE(C, subtract, AIMCI_SUBTRACT_ANALOG, 1, "ANALOG|DIGITAL",
                 "the currents of a pair before one ADC, or the codes of two", XS),
    AIMCI_NUMBER(C, w_max, 1, 1e-30, 1e30, "weight",
                 "weight of a full cell; larger ones are clipped when cells are looked at", OWN),
    AIMCI_NUMBER(C, on_off_ratio, 0, 0, 1e30, "1", "largest over smallest conductance; 0: infinite",
                 XS),
    AIMCI_INTEGER(C, cell_bits, 0, 0, 16, "bit",
                  "a cell has 2^this levels, evenly spaced; 0: any conductance", XS),
    AIMCI_INTEGER(C, weight_bits, 0, 0, 16, "bit",
                  "weights are integers of this many bits, sign included; 0: not", XS),
    AIMCI_INTEGER(C, n_slices, 1, 1, 16, "1",
                  "columns that the bits of a weight are spread over; each is converted", XS),
};

static aimc_status refuse(const char *field, double value, const char *why)
{
    return aimci_fail(AIMC_ERR_INVALID, "cells: %s = %g; %s", field, value, why);
}

static bool is_pair(const C *p)
{
    return p->scheme == AIMCI_CELLS_ONE_SIDED || p->scheme == AIMCI_CELLS_TWO_SIDED;
}

/* bits in one slice */
static int64_t slice_bits(const C *p)
{
    const int64_t bits = is_pair(p) ? p->weight_bits - 1 : p->weight_bits;
    return (bits + p->n_slices - 1) / p->n_slices;
}

static aimc_status check_cells(const void *values)
{
    const C *p = values;
    if (p->on_off_ratio > 0 && p->on_off_ratio <= 1)
        return refuse("on_off_ratio", p->on_off_ratio, "more than 1 is needed, or 0 for infinite");
    if (p->subtract == AIMCI_SUBTRACT_DIGITAL && !is_pair(p))
        return aimci_fail(AIMC_ERR_INVALID,
                          "cells: subtract = DIGITAL; this scheme has no pairs of cells");
    if (p->weight_bits == 1)
        return refuse("weight_bits", 1, "2 ... 16 are needed, or 0");
    if (p->n_slices > 1 && p->n_slices >= p->weight_bits)
        return refuse("n_slices", (double)p->n_slices,
                      "slices need weight_bits, more of them than slices");
    if (p->weight_bits && p->cell_bits && p->cell_bits < slice_bits(p))
        return refuse("cell_bits", (double)p->cell_bits, "a slice has more bits than that");
    if (!is_pair(p) && p->cell_bits == 1 && !p->weight_bits)
        return refuse("cell_bits", 1, "an offset needs a level for weight 0: 2 or more");
    return AIMC_OK;
}

const aimci_family aimci_family_cells = {
    .name = "cells",
    .category = "cells",
    .doc = "how signed weights lie on cells; with every field at its default, exactly",
    .source = OWN,
    .fields = cells_fields,
    .n_fields = sizeof cells_fields / sizeof cells_fields[0],
    .size = sizeof(C),
    .check = check_cells,
};

/* ---- resolving ------------------------------------------------------------------------------ */

aimci_cells aimci_cells_resolve(const C *p)
{
    aimci_cells c = {.params = *p, .pair = is_pair(p), .offset = !is_pair(p)};
    c.active = c.offset || p->subtract == AIMCI_SUBTRACT_DIGITAL || p->on_off_ratio > 0 ||
               p->cell_bits || p->weight_bits || p->scheme != AIMCI_CELLS_ONE_SIDED;
    c.n_slices = (size_t)p->n_slices;
    c.slice_bits = p->weight_bits ? (int)slice_bits(p) : 0;
    c.g_min = p->on_off_ratio > 0 ? 1 / p->on_off_ratio : 0;
    c.span = 1 - c.g_min;
    c.levels = p->cell_bits && !p->weight_bits ? ldexp(1, (int)p->cell_bits) - 1 : 0;
    c.top = c.levels > 0 ? (c.levels - 1) / c.levels : 1; /* weight 0 on a level */
    c.unit = p->w_max * (c.offset && !p->weight_bits ? 2 / c.top : 1);
    return c;
}

static double largest_integer(const aimci_cells *c)
{
    return ldexp(1, (int)c->params.weight_bits - 1) - 1;
}

static double digit_range(const aimci_cells *c)
{
    return ldexp(1, c->slice_bits) - 1;
}

/* Share of the span, 0 ... 1, that digit s of the integer weight takes. */
static double digit(const aimci_cells *c, double relative, size_t s, bool minus)
{
    const double integer = rint(relative * largest_integer(c));
    double positive = integer + largest_integer(c) + 1;
    if (c->pair)
        positive = fabs(integer);
    const double shifted = floor(ldexp(positive, -(int)s * c->slice_bits));
    const double d = fmod(shifted, digit_range(c) + 1) / digit_range(c);
    if (c->params.scheme == AIMCI_CELLS_TWO_SIDED)
        return (1 + ((integer < 0) != minus ? -d : d)) / 2;
    return c->pair && (integer < 0) != minus ? 0 : d;
}

double aimci_cells_conductance(const aimci_cells *c, double w, size_t s, bool minus)
{
    const double relative = fmin(fmax(w / c->params.w_max, -1), 1);
    double v;
    if (c->params.weight_bits)
        v = digit(c, relative, s, minus);
    else if (c->offset)
        v = (relative / 2 + 0.5) * c->top;
    else if (c->params.scheme == AIMCI_CELLS_TWO_SIDED)
        v = (1 + (minus ? -relative : relative)) / 2;
    else
        v = fmax(minus ? -relative : relative, 0);
    if (c->levels > 0)
        v = rint(v * c->levels) / c->levels;
    return c->g_min + c->span * v;
}

double aimci_cells_gain(const aimci_cells *c, size_t s)
{
    if (!c->params.weight_bits)
        return 1;
    return digit_range(c) * ldexp(1, (int)s * c->slice_bits) / largest_integer(c);
}

/* The floor of every cell, and what stands for weight 0. */
double aimci_cells_offset(const aimci_cells *c, size_t s)
{
    return c->offset ? c->unit / c->span * aimci_cells_conductance(c, 0, s, false) : 0;
}

/* ---- wires ---------------------------------------------------------------------------------- */

#undef C
#define W aimci_wires_params

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
    AIMCI_CHOICE(W, iv, AIMCI_IV_LINEAR, 2, "LINEAR|POLYNOMIAL|SINH",
                 "current of a cell: g v, g (v + iv_square v|v| + iv_cube v^3), or g iv_scale "
                 "sinh(v / iv_scale)",
                 OWN),
    AIMCI_NUMBER(W, iv_square, 0, -1e30, 1e30, "1 / V", "of POLYNOMIAL", OWN),
    AIMCI_NUMBER(W, iv_cube, -0.25, -1e30, 1e30, "1 / V^2", "of POLYNOMIAL", OWN),
    AIMCI_NUMBER(W, iv_scale, 0.25, 1e-30, 1e30, "V", "of SINH", OWN),
    AIMCI_FLAG(
        W, interleaved, 0,
        "NODAL: the cells of a pair are neighbours in one crossbar and share its other wires, "
        "instead of a crossbar for each sign",
        XS),
    AIMCI_INTEGER(W, segments, 8, 1, 65536, "1", "pieces of a column of TIME_SLICED", OWN),
    AIMCI_INTEGER(W, height, 0, 0, 65536, "cells",
                  "cells of a whole column of TIME_SLICED, idle ones around; 0: as many as inputs",
                  OWN),
    AIMCI_FLAG(W, alternate, 1, "every other output of TIME_SLICED leaves at the far end", OWN),
    AIMCI_NUMBER(W, v_sense_offset, 0, -1e30, 1e30, "V",
                 "of the column of TIME_SLICED above the middle of the inputs", OWN),
};

const aimci_family aimci_family_wires = {
    .name = "wires",
    .category = "wires",
    .doc = "wires of a crossbar and what else lies between drivers, cells and outputs",
    .source = OWN,
    .fields = wires_fields,
    .n_fields = sizeof wires_fields / sizeof wires_fields[0],
    .size = sizeof(W),
};

aimci_nodal aimci_wires_network(const W *p, size_t n_drive, size_t n_sense)
{
    return (aimci_nodal){.n_drive = n_drive,
                         .n_sense = n_sense,
                         .ld = aimci_nodal_ld(n_drive),
                         .r_drive = p->r_in,
                         .r_sense = p->r_out,
                         .r_driver = p->r_in + p->r_driver,
                         .r_sensor = p->r_out + p->r_sense,
                         .iv = {.law = p->iv,
                                .square = p->iv_square,
                                .cube = p->iv_cube,
                                .scale = p->iv_scale,
                                .r_select = p->r_select}};
}
