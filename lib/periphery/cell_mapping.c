/* SPDX-License-Identifier: MIT */
/* Signed weights on cells that are never negative. Equations: docs/models/cell-mapping.md. */
#include <math.h>

#include "periphery/cell_mapping.h"

#define C   aimci_cell_mapping_params
#define OWN "docs/models/cell-mapping.md"
#define XS  "Xiao et al., IEEE Circuits Syst. Mag. 22(4):26 (2022)"

#define DEFAULT_W_MAX 1

static const aimci_field fields[] = {
    AIMCI_CHOICE(C, scheme, AIMCI_SCHEME_ONE_SIDED, 3,
                 "ONE_SIDED|TWO_SIDED|DIGITAL_OFFSET|REFERENCE_COLUMN",
                 "pair of cells of which one is at the floor, or both move; or one cell around an "
                 "offset that is subtracted as a number, or as a column that is read with the rest",
                 XS),
    AIMCI_CHOICE(C, subtract, AIMCI_SUBTRACT_ANALOG, 1, "ANALOG|DIGITAL",
                 "the currents of a pair before one ADC, or the codes of two", XS),
    AIMCI_NUMBER(C, w_max, DEFAULT_W_MAX, 1e-30, 1e30, "weight",
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
    return aimci_fail(AIMC_ERR_INVALID, "cell_mapping: %s = %g; %s", field, value, why);
}

static bool is_pair(const C *p)
{
    return p->scheme == AIMCI_SCHEME_ONE_SIDED || p->scheme == AIMCI_SCHEME_TWO_SIDED;
}

/* bits that the slices share: the sign of a pair lies in its cells */
static int64_t spread_bits(const C *p)
{
    return is_pair(p) ? p->weight_bits - 1 : p->weight_bits;
}

/* bits in one slice */
static int64_t slice_bits(const C *p)
{
    return (spread_bits(p) + p->n_slices - 1) / p->n_slices;
}

static aimc_status check(const void *values)
{
    const C *p = values;
    if (p->on_off_ratio > 0 && p->on_off_ratio <= 1)
        return refuse("on_off_ratio", p->on_off_ratio, "more than 1 is needed, or 0 for infinite");
    if (p->subtract == AIMCI_SUBTRACT_DIGITAL && !is_pair(p))
        return aimci_fail(AIMC_ERR_INVALID,
                          "cell_mapping: subtract = DIGITAL; this scheme has no pairs of cells");
    if (p->weight_bits == 1)
        return refuse("weight_bits", 1, "2 ... 16 are needed, or 0");
    if (p->n_slices > 1 && p->n_slices > spread_bits(p))
        return refuse("n_slices", (double)p->n_slices,
                      is_pair(p) ? "a slice needs a bit of weight_bits, whose sign the pair holds"
                                 : "a slice needs a bit of weight_bits");
    if (p->weight_bits && p->cell_bits && p->cell_bits < slice_bits(p))
        return refuse("cell_bits", (double)p->cell_bits, "a slice has more bits than that");
    if (!is_pair(p) && p->cell_bits == 1 && !p->weight_bits)
        return refuse("cell_bits", 1, "an offset needs a level for weight 0: 2 or more");
    return AIMC_OK;
}

AIMCI_DEFINE_KIND(cell_mapping, "cell_mapping",
                  "how signed weights lie on cells; with every field at its default, exactly", OWN,
                  fields, C, .check = check);

/* ---- resolving ------------------------------------------------------------------------------ */

aimci_cell_mapping aimci_cell_mapping_resolve(const C *p)
{
    aimci_cell_mapping c = {.params = *p, .pair = is_pair(p), .offset = !is_pair(p)};
    c.active = c.offset || p->subtract == AIMCI_SUBTRACT_DIGITAL || p->on_off_ratio > 0 ||
               p->cell_bits || p->weight_bits || p->scheme != AIMCI_SCHEME_ONE_SIDED ||
               p->w_max != DEFAULT_W_MAX;
    c.has_reference = p->scheme == AIMCI_SCHEME_REFERENCE_COLUMN;
    c.n_slices = (size_t)p->n_slices;
    c.slice_bits = p->weight_bits ? (int)slice_bits(p) : 0;
    c.g_min = p->on_off_ratio > 0 ? 1 / p->on_off_ratio : 0;
    c.span = 1 - c.g_min;
    c.levels = p->cell_bits && !p->weight_bits ? ldexp(1, (int)p->cell_bits) - 1 : 0;
    c.top = c.levels > 0 ? (c.levels - 1) / c.levels : 1; /* weight 0 on a level */
    c.unit = p->w_max * (c.offset && !p->weight_bits ? 2 / c.top : 1);
    return c;
}

static double largest_integer(const aimci_cell_mapping *c)
{
    return ldexp(1, (int)c->params.weight_bits - 1) - 1;
}

static double limited(double v)
{
    return fmin(fmax(v, -1), 1);
}

static double digit_range(const aimci_cell_mapping *c)
{
    return ldexp(1, c->slice_bits) - 1;
}

/* Digit s of the integer, as a share of the span; signed for pairs, whose cells share the sign. */
static double digit(const aimci_cell_mapping *c, double integer, size_t s)
{
    const double positive = c->pair ? fabs(integer) : integer + largest_integer(c) + 1;
    const double shifted = floor(ldexp(positive, -(int)s * c->slice_bits));
    const double d = fmod(shifted, digit_range(c) + 1) / digit_range(c);
    return c->pair && integer < 0 ? -d : d;
}

/* Share of the span that slice s holds of v, -1 ... 1. What programmed devices are off the integers
 * lies on the highest slice: its cells are the most weight, and so the most error. */
static double slice(const aimci_cell_mapping *c, double v, size_t s, bool programmed)
{
    const double integer = rint(limited(v) * largest_integer(c)), d = digit(c, integer, s);
    if (!programmed || s + 1 < c->n_slices)
        return d;
    return d + (v * largest_integer(c) - integer) / ldexp(digit_range(c), (int)s * c->slice_bits);
}

/* Share of the span that one cell takes. */
static double share(const aimci_cell_mapping *c, double v, size_t s, bool minus, bool programmed)
{
    const bool integer = c->params.weight_bits > 0;
    if (!programmed)
        v = limited(v);
    if (integer)
        v = slice(c, v, s, programmed);
    if (c->offset)
        return integer ? v : (v / 2 + 0.5) * c->top;
    if (minus)
        v = -v;
    return c->params.scheme == AIMCI_SCHEME_TWO_SIDED ? (1 + v) / 2 : fmax(v, 0);
}

double aimci_cell_mapping_conductance(const aimci_cell_mapping *c, double w, size_t s, bool minus,
                                      bool programmed)
{
    double v = share(c, w / c->params.w_max, s, minus, programmed);
    if (c->levels > 0 && !programmed)
        v = rint(v * c->levels) / c->levels;
    return c->g_min + c->span * v;
}

double aimci_cell_mapping_weight_of_full(const aimci_cell_mapping *c)
{
    return c->unit / c->span;
}

double aimci_cell_mapping_gain(const aimci_cell_mapping *c, size_t s)
{
    if (!c->params.weight_bits)
        return 1;
    return digit_range(c) * ldexp(1, (int)s * c->slice_bits) / largest_integer(c);
}

/* The floor of every cell, and what stands for weight 0. */
double aimci_cell_mapping_offset(const aimci_cell_mapping *c, size_t s)
{
    const double floor = aimci_cell_mapping_conductance(c, 0, s, false, false);
    return c->offset ? aimci_cell_mapping_weight_of_full(c) * floor : 0;
}
