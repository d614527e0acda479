/* SPDX-License-Identifier: MIT */
/* The crossbar as a netlist: every cell, every piece of wire, their capacitances. */
#include <math.h>
#include <string.h>

#include "core/os.h"
#include "periphery/cell_layout.h"
#include "periphery/spice.h"

/* ---- nodes ---------------------------------------------------------------------------------- */

/* Nodes along a line are one node where its wire has no resistance; its contact likewise. */
static aimci_name line_node(const char *line, size_t set, size_t k, size_t site, double r_wire,
                            double r_contact, aimci_name end)
{
    if (r_wire <= 0 && r_contact <= 0)
        return end;
    return aimci_name_of("%s%zu_%zu_%zu", line, set, k, r_wire > 0 ? site : 0);
}

aimci_name aimci_circuit_drive_node(const aimci_circuit *c, size_t set, size_t j, size_t i)
{
    return line_node("a", set, j, i, c->network.r_drive, c->network.r_driver,
                     aimci_name_of("in%zu", j));
}

static aimci_name sense_node(const aimci_circuit *c, size_t set, size_t i, size_t j)
{
    return line_node("b", set, i, j, c->network.r_sense, c->network.r_sensor,
                     aimci_name_of("out%zu_%zu", set, i));
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* A line of n sites: a contact, pieces of wire, and a capacitance at every node. letter: of its
 * elements; node(site) */
typedef struct line {
    const char *letter;
    size_t set, k, n;
    aimci_name end;
    double r_contact, r_wire, g_far, farad;
    aimci_name (*node)(const aimci_circuit *c, size_t set, size_t k, size_t site);
} line;

static void put_line(const aimci_circuit *c, const line *l)
{
    const aimci_netlist *n = &c->netlist;
    const aimci_name first = l->node(c, l->set, l->k, 0);
    if (l->r_contact > 0)
        aimci_netlist_resistor(n, aimci_name_of("rd%s%zu_%zu", l->letter, l->set, l->k).text,
                               l->end.text, first.text, l->r_contact);
    if (l->g_far > 0)
        aimci_netlist_resistor(n, aimci_name_of("rf%s%zu_%zu", l->letter, l->set, l->k).text,
                               l->end.text, l->node(c, l->set, l->k, l->n - 1).text, 1 / l->g_far);
    for (size_t s = 1; l->r_wire > 0 && s < l->n; s++)
        aimci_netlist_resistor(n, aimci_name_of("rw%s%zu_%zu_%zu", l->letter, l->set, l->k, s).text,
                               l->node(c, l->set, l->k, s - 1).text,
                               l->node(c, l->set, l->k, s).text, l->r_wire);
    const size_t nodes = l->r_wire > 0 ? l->n : 1;
    for (size_t s = 0; l->farad > 0 && s < nodes; s++)
        aimci_netlist_capacitor(n, aimci_name_of("c%s%zu_%zu_%zu", l->letter, l->set, l->k, s).text,
                                l->node(c, l->set, l->k, s).text, "0",
                                l->farad * ((double)l->n / (double)nodes));
}

static void put_lines(const aimci_circuit *c, size_t set)
{
    const aimci_nodal *w = &c->network;
    const aimci_netlist_params *q = &c->netlist.params;
    for (size_t j = 0; j < w->n_drive; j++) {
        const line l = {"a",
                        set,
                        j,
                        w->n_sense,
                        aimci_name_of("in%zu", j),
                        w->r_driver,
                        w->r_drive,
                        w->g_drive_far,
                        q->c_in,
                        aimci_circuit_drive_node};
        put_line(c, &l);
    }
    for (size_t i = 0; i < w->n_sense; i++) {
        const line l = {"b",
                        set,
                        i,
                        w->n_drive,
                        aimci_name_of("out%zu_%zu", set, i),
                        w->r_sensor,
                        w->r_sense,
                        w->g_sense_far,
                        q->c_out,
                        sense_node};
        put_line(c, &l);
    }
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* i = g f(v) between two nodes. */
static void put_nonlinear(const aimci_circuit *c, const aimci_iv *iv, aimci_name name, aimci_name a,
                          aimci_name b, double g)
{
    char text[768];
    if (iv->law == AIMCI_IV_SINH)
        snprintf(text, sizeof text, "%.17g * sinh(v(%s,%s) / %.17g)", g * iv->scale, a.text, b.text,
                 iv->scale);
    else
        snprintf(text, sizeof text,
                 "%.17g * v(%s,%s) * (1 + %.17g * abs(v(%s,%s)) + %.17g * v(%s,%s) * v(%s,%s))", g,
                 a.text, b.text, iv->square, a.text, b.text, iv->cube, a.text, b.text, a.text,
                 b.text);
    aimci_netlist_current(&c->netlist, name.text, a.text, b.text, text);
}

/* From the input line: selector, cell, access transistor. */
static void put_cell(const aimci_circuit *c, size_t set, size_t i, size_t j, double g)
{
    const aimci_netlist *n = &c->netlist;
    const aimci_iv *iv = &c->network.iv;
    aimci_name a = aimci_circuit_drive_node(c, set, j, i), b = sense_node(c, set, i, j);
    if (n->params.c_cell > 0)
        aimci_netlist_capacitor(n, aimci_name_of("cc%zu_%zu_%zu", set, i, j).text, a.text, b.text,
                                n->params.c_cell);
    if (g <= 0 || (c->network.gated && c->z[j] == 0.0f))
        return;
    if (n->params.access == AIMCI_ACCESS_NMOS) {
        const aimci_name drain = aimci_name_of("t%zu_%zu_%zu", set, i, j);
        aimci_netlist_transistor(n, aimci_name_of("mt%zu_%zu_%zu", set, i, j).text, drain.text,
                                 b.text);
        b = drain;
    }
    if (iv->law == AIMCI_IV_LINEAR) {
        aimci_netlist_resistor(n, aimci_name_of("rc%zu_%zu_%zu", set, i, j).text, a.text, b.text,
                               1 / g + iv->r_select);
        return;
    }
    if (iv->r_select > 0) {
        const aimci_name top = aimci_name_of("c%zu_%zu_%zu", set, i, j);
        aimci_netlist_resistor(n, aimci_name_of("rs%zu_%zu_%zu", set, i, j).text, a.text, top.text,
                               iv->r_select);
        a = top;
    }
    aimci_iv own;
    put_nonlinear(c, aimci_iv_of_cell(iv, g, &own), aimci_name_of("bc%zu_%zu_%zu", set, i, j), a, b,
                  g);
}

static void put_cells(const aimci_circuit *c, size_t set, size_t slice, bool minus)
{
    const aimci_periphery *p = c->p;
    const size_t ld = c->network.n_drive;
    const size_t rows = p->n_out + p->mapping.has_reference;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < p->n_in; j++) {
            const double w = i < p->n_out ? (double)c->array->w[aimci_read_at(p, i, j)] : 0;
            const size_t at = aimci_cell_at(p, ld, i, j, minus);
            put_cell(c, set, at / ld, at % ld,
                     p->params.g_max *
                         fmax(aimci_cell_conductance(p, w, slice, minus, c->array->programmed), 0));
        }
    }
}

/* ---- whole ---------------------------------------------------------------------------------- */

static void put_set(const aimci_circuit *c, size_t set, size_t slice, bool minus)
{
    const aimci_periphery *p = c->p;
    const bool together = aimci_is_interleaved(p), inside = c->netlist.params.subcircuit;
    const bool spectre = c->netlist.params.dialect == AIMCI_SPECTRE;
    const char *which = !p->mapping.pair ? "all cells"
                        : together       ? "positive and negative cells in turn"
                        : minus          ? "negative cells"
                                         : "positive cells";
    aimci_netlist_note(&c->netlist, "columns %zu: slice %zu, %s", set, slice, which);
    if (inside) {
        fprintf(c->netlist.out, "%ssubckt crossbar%zu ", spectre ? "" : ".", set);
        aimci_bench_put_pins(c, set);
    }
    put_lines(c, set);
    put_cells(c, set, slice, minus);
    if (together)
        put_cells(c, set, slice, true);
    if (inside)
        fprintf(c->netlist.out, "%sends crossbar%zu\n", spectre ? "" : ".", set);
}

/* Noise of the drivers makes pulses longer than that of input 1. */
static aimc_status check_pulses(const aimci_periphery *p, const aimci_netlist_params *q,
                                const float *z)
{
    if (q->analysis != AIMCI_ANALYSIS_TRANSIENT || q->drive != AIMCI_DRIVE_PULSE_WIDTH)
        return AIMC_OK;
    const double longest = (double)p->kernels->absmax(z, p->n_in) * q->t_pulse + q->t_rise;
    return longest <= q->t_stop
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "netlist: t_stop = %g; the longest pulse takes %g s",
                            q->t_stop, longest);
}

aimc_status aimci_spice_check(const aimci_periphery *p, const aimci_netlist_params *params,
                              const float *z)
{
    if (p->is_perfect)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "the read-out is perfect: there is no circuit");
    if (p->wires.model == AIMCI_WIRES_TIME_SLICED)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "wires.model TIME_SLICED is not a direct current; NODAL is");
    if (params->access == AIMCI_ACCESS_NMOS && p->wires.model == AIMCI_WIRES_NODAL &&
        p->wires.r_select > 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "netlist: access = NMOS; wires.r_select = %g is a selector already: 0",
                          p->wires.r_select);
    if (aimci_is_gated(p) && (params->analysis != AIMCI_ANALYSIS_OP ||
                              params->access == AIMCI_ACCESS_NMOS || params->subcircuit))
        return aimci_fail(
            AIMC_ERR_UNSUPPORTED,
            "netlist: wires.gate_selected leaves out the cells of inputs that are 0, "
            "which are others at other inputs: analysis OPERATING_POINT, access NONE, "
            "subcircuit false");
    return check_pulses(p, params, z);
}

static aimci_circuit circuit_of(const aimci_periphery *p, const aimci_read_array *array,
                                const float *z, const aimci_netlist_params *params, FILE *out)
{
    aimci_circuit c = {.p = p, .array = array, .z = z, .netlist = {out, *params}};
    aimci_wires_params wires = p->wires;
    if (wires.model == AIMCI_WIRES_NONE)
        wires.r_in = wires.r_out = wires.r_driver = wires.r_sense = wires.r_select = 0;
    c.network = aimci_read_network(p, &wires);
    if (wires.model == AIMCI_WIRES_NONE)
        c.network.iv.law = AIMCI_IV_LINEAR;
    c.n_sets = p->mapping.n_slices * (p->mapping.pair && !aimci_is_interleaved(p) ? 2 : 1);
    return c;
}

aimc_status aimci_spice_write(const aimci_periphery *p, const aimci_read_array *array,
                              const float *z, const aimci_netlist_params *params, FILE *out)
{
    const aimci_circuit c = circuit_of(p, array, z, params, out);
    const bool bench = params->analysis != AIMCI_ANALYSIS_NONE;
    void *locale = aimci_numbers_begin();
    aimci_bench_put_head(&c);
    if (bench)
        aimci_bench_put_inputs(&c);
    for (size_t set = 0; set < c.n_sets; set++)
        put_set(&c, set, set / (c.n_sets / p->mapping.n_slices),
                set % (c.n_sets / p->mapping.n_slices) == 1);
    if (bench && params->subcircuit)
        aimci_bench_put_instances(&c);
    if (bench) {
        aimci_bench_put_ammeters(&c);
        aimci_bench_put_analysis(&c);
    }
    aimci_numbers_end(locale);
    return ferror(out) ? aimci_fail(AIMC_ERR_IO, "cannot write") : AIMC_OK;
}
