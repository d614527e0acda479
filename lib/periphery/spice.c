/* SPDX-License-Identifier: MIT */
/* The crossbar as a netlist: every cell, every piece of wire, sources and ammeters. */
#include <math.h>
#include <string.h>

#include "periphery/cell_layout.h"
#include "periphery/spice.h"

typedef struct netlist {
    const aimci_periphery *p;
    const aimci_read_array *array;
    const float *z;
    aimci_nodal network;
    FILE *out;
} netlist;

/* Nodes along a line are one node where its wire has no resistance; its contact likewise. */
typedef struct node {
    char name[64];
} node;

static node line_node(const char *line, size_t set, size_t k, size_t site, double r_wire,
                      double r_contact, const char *end)
{
    node n;
    if (r_wire <= 0 && r_contact <= 0)
        snprintf(n.name, sizeof n.name, "%s", end);
    else
        snprintf(n.name, sizeof n.name, "%s%zu_%zu_%zu", line, set, k, r_wire > 0 ? site : 0);
    return n;
}

static node drive_node(const netlist *l, size_t set, size_t j, size_t i)
{
    char end[32];
    snprintf(end, sizeof end, "in%zu", j);
    return line_node("a", set, j, i, l->network.r_drive, l->network.r_driver, end);
}

static node sense_node(const netlist *l, size_t set, size_t i, size_t j)
{
    char end[32];
    snprintf(end, sizeof end, "out%zu_%zu", set, i);
    return line_node("b", set, i, j, l->network.r_sense, l->network.r_sensor, end);
}

/* ---- elements ------------------------------------------------------------------------------- */

static void put_drive_wire(const netlist *l, size_t set, size_t j)
{
    const aimci_nodal *n = &l->network;
    if (n->r_driver > 0)
        fprintf(l->out, "rda%zu_%zu in%zu %s %.17g\n", set, j, j, drive_node(l, set, j, 0).name,
                n->r_driver);
    for (size_t i = 1; n->r_drive > 0 && i < n->n_sense; i++)
        fprintf(l->out, "rwa%zu_%zu_%zu %s %s %.17g\n", set, j, i,
                drive_node(l, set, j, i - 1).name, drive_node(l, set, j, i).name, n->r_drive);
}

static void put_sense_wire(const netlist *l, size_t set, size_t i)
{
    const aimci_nodal *n = &l->network;
    if (n->r_sensor > 0)
        fprintf(l->out, "rdb%zu_%zu %s out%zu_%zu %.17g\n", set, i, sense_node(l, set, i, 0).name,
                set, i, n->r_sensor);
    for (size_t j = 1; n->r_sense > 0 && j < n->n_drive; j++)
        fprintf(l->out, "rwb%zu_%zu_%zu %s %s %.17g\n", set, i, j,
                sense_node(l, set, i, j - 1).name, sense_node(l, set, i, j).name, n->r_sense);
    fprintf(l->out, "vs%zu_%zu out%zu_%zu 0 0\n", set, i, set, i); /* an ammeter */
}

static void put_cell(const netlist *l, size_t set, size_t i, size_t j, double g)
{
    const aimci_iv *iv = &l->network.iv;
    const node a = drive_node(l, set, j, i), b = sense_node(l, set, i, j);
    if (g <= 0)
        return;
    if (iv->law == AIMCI_IV_LINEAR) {
        fprintf(l->out, "rc%zu_%zu_%zu %s %s %.17g\n", set, i, j, a.name, b.name,
                1 / g + iv->r_select);
        return;
    }
    node top = a;
    if (iv->r_select > 0) {
        snprintf(top.name, sizeof top.name, "c%zu_%zu_%zu", set, i, j);
        fprintf(l->out, "rs%zu_%zu_%zu %s %s %.17g\n", set, i, j, a.name, top.name, iv->r_select);
    }
    fprintf(l->out, "bc%zu_%zu_%zu %s %s i = ", set, i, j, top.name, b.name);
    if (iv->law == AIMCI_IV_SINH)
        fprintf(l->out, "%.17g * sinh(v(%s,%s) / %.17g)\n", g * iv->scale, top.name, b.name,
                iv->scale);
    else
        fprintf(l->out, "%.17g * v(%s,%s) * (1 + %.17g * abs(v(%s,%s)) + %.17g * v(%s,%s)^2)\n", g,
                top.name, b.name, iv->square, top.name, b.name, iv->cube, top.name, b.name);
}

/* ---- whole ---------------------------------------------------------------------------------- */

static void put_cells(const netlist *l, size_t set, size_t slice, bool minus)
{
    const aimci_periphery *p = l->p;
    const size_t ld = l->network.n_drive;
    const size_t rows = p->n_out + p->mapping.has_reference;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < p->n_in; j++) {
            const double w = i < p->n_out ? (double)l->array->w[aimci_read_at(p, i, j)] : 0;
            const size_t at = aimci_cell_at(p, ld, i, j, minus);
            put_cell(l, set, at / ld, at % ld,
                     p->params.g_max *
                         fmax(aimci_cell_conductance(p, w, slice, minus, l->array->programmed), 0));
        }
    }
}

static void put_set(const netlist *l, size_t set, size_t slice, bool minus)
{
    const aimci_periphery *p = l->p;
    const bool together = aimci_is_interleaved(p);
    const char *which = !p->mapping.pair ? "all cells"
                        : together       ? "positive and negative cells in turn"
                        : minus          ? "negative cells"
                                         : "positive cells";
    fprintf(l->out, "* columns %zu: slice %zu, %s\n", set, slice, which);
    for (size_t j = 0; j < l->network.n_drive; j++)
        put_drive_wire(l, set, j);
    for (size_t i = 0; i < l->network.n_sense; i++)
        put_sense_wire(l, set, i);
    put_cells(l, set, slice, minus);
    if (together)
        put_cells(l, set, slice, true);
}

static void put_head(const netlist *l)
{
    const aimci_periphery *p = l->p;
    fprintf(l->out, "crossbar of %zu x %zu cells, by libaimc %s\n", p->n_out, p->n_in,
            aimc_get_version());
    fprintf(l->out, "* i(vsC_I) is the current of output I from columns C, in ampere.\n");
    fprintf(l->out, "* weight x input = %.9g i(vsC_I), negative cells subtracted\n",
            p->mapping.unit / (p->mapping.span * p->params.g_max * p->wires.v_read));
    if (p->mapping.has_reference)
        fprintf(l->out, "* output %zu is the reference column, at weight 0\n", p->n_out);
    fprintf(l->out, ".options reltol=1e-9 vntol=1e-13 abstol=1e-18 itl1=1000\n");
    const size_t lines = l->network.n_drive / p->n_in; /* of an input: one, or a pair's two */
    for (size_t j = 0; j < l->network.n_drive; j++)
        fprintf(l->out, "vin%zu in%zu 0 %.17g\n", j, j,
                (j % lines ? -1 : 1) * (double)l->z[j / lines] * p->wires.v_read);
}

static void put_tail(const netlist *l, size_t n_sets)
{
    fprintf(l->out, ".control\nset numdgt=12\nop\n");
    for (size_t set = 0; set < n_sets; set++)
        for (size_t i = 0; i < l->network.n_sense; i++)
            fprintf(l->out, "print i(vs%zu_%zu)\n", set, i);
    fprintf(l->out, "quit\n.endc\n.op\n.end\n");
}

aimc_status aimci_spice_check(const aimci_periphery *p)
{
    if (p->is_perfect)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "the read-out is perfect: there is no circuit");
    if (p->wires.model == AIMCI_WIRES_TIME_SLICED)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "wires.model TIME_SLICED is not a direct current; NODAL is");
    return AIMC_OK;
}

aimc_status aimci_spice_write(const aimci_periphery *p, const aimci_read_array *array,
                              const float *z, FILE *out)
{
    netlist l = {.p = p, .array = array, .z = z, .out = out};
    aimci_wires_params wires = p->wires;
    if (wires.model == AIMCI_WIRES_NONE)
        wires.r_in = wires.r_out = wires.r_driver = wires.r_sense = wires.r_select = 0;
    l.network = aimci_read_network(p, &wires);
    if (wires.model == AIMCI_WIRES_NONE)
        l.network.iv.law = AIMCI_IV_LINEAR;
    void *locale = aimci_numbers_begin();
    put_head(&l);
    size_t set = 0;
    for (size_t s = 0; s < p->mapping.n_slices; s++)
        for (int m = 0; m < (p->mapping.pair && !aimci_is_interleaved(p) ? 2 : 1); m++)
            put_set(&l, set++, s, m);
    put_tail(&l, set);
    aimci_numbers_end(locale);
    return ferror(out) ? aimci_fail(AIMC_ERR_IO, "cannot write") : AIMC_OK;
}
