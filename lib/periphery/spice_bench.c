/* SPDX-License-Identifier: MIT */
/* What drives a crossbar in a netlist, and what is asked of the simulator: currents at the
 * operating point; over time the energy of each driver, the charge of each output, and when lines
 * and outputs have settled. */
#include <string.h>

#include "periphery/spice.h"

enum { STEPS = 400 }; /* of a transient at least */

static bool is_spectre(const aimci_circuit *c)
{
    return c->netlist.params.dialect == AIMCI_SPECTRE;
}

static bool is_transient(const aimci_circuit *c)
{
    return c->netlist.params.analysis == AIMCI_ANALYSIS_TRANSIENT;
}

/* Do inputs stay, so that there is something to settle to? */
static bool settles(const aimci_circuit *c)
{
    return is_transient(c) && c->netlist.params.drive == AIMCI_DRIVE_AMPLITUDE;
}

/* ---- head ----------------------------------------------------------------------------------- */

static void put_options(const aimci_circuit *c)
{
    FILE *out = c->netlist.out;
    if (is_spectre(c))
        fprintf(out, is_transient(c) ? "opt options reltol=1e-5 vabstol=1e-9 iabstol=1e-15\n"
                                     : "opt options reltol=1e-9 vabstol=1e-13 iabstol=1e-18\n");
    else if (is_transient(c)) /* charges of lines are far below those that SPICE looks at */
        fprintf(out, ".options reltol=1e-5 vntol=1e-9 abstol=1e-15 chgtol=1e-22 trtol=1\n");
    else
        fprintf(out, ".options reltol=1e-9 vntol=1e-13 abstol=1e-18 itl1=1000\n");
}

void aimci_bench_put_head(const aimci_circuit *c)
{
    const aimci_periphery *p = c->p;
    const aimci_netlist *n = &c->netlist;
    const bool bench = n->params.analysis != AIMCI_ANALYSIS_NONE;
    if (bench && !is_spectre(c)) /* the first line is a title there */
        fprintf(n->out, "crossbar of %zu x %zu cells, by libaimc %s\n", p->n_out, p->n_in,
                aimc_get_version());
    else
        aimci_netlist_note(n, "crossbar of %zu x %zu cells, by libaimc %s", p->n_out, p->n_in,
                           aimc_get_version());
    if (is_spectre(c))
        fprintf(n->out, "simulator lang=spectre\nglobal 0\n");
    aimci_netlist_note(n, "i(vsC_I) is the current of output I from columns C, in ampere.");
    aimci_netlist_note(n, "weight x input = %.9g i(vsC_I), negative cells subtracted",
                       p->mapping.unit / (p->mapping.span * p->params.g_max * p->wires.v_read));
    if (p->mapping.has_reference)
        aimci_netlist_note(n, "output %zu is the reference column, at weight 0", p->n_out);
    if (n->params.access == AIMCI_ACCESS_NMOS)
        aimci_netlist_model(n);
    if (bench)
        put_options(c);
}

/* ---- drivers and ammeters ------------------------------------------------------------------- */

/* What line j is driven by, in units of v_read: a pair's two have opposite signs. */
static double driven(const aimci_circuit *c, size_t j)
{
    const size_t lines = c->network.n_drive / c->p->n_in;
    return (j % lines ? -1 : 1) * (double)c->z[j / lines];
}

void aimci_bench_put_inputs(const aimci_circuit *c)
{
    const aimci_netlist *n = &c->netlist;
    for (size_t j = 0; j < c->network.n_drive; j++) {
        const aimci_name name = aimci_name_of("vin%zu", j), node = aimci_name_of("in%zu", j);
        const double z = driven(c, j), volt = c->p->wires.v_read;
        if (!is_transient(c))
            aimci_netlist_source(n, name.text, node.text, "0", z * volt);
        else if (settles(c))
            aimci_netlist_step(n, name.text, node.text, z * volt);
        else
            aimci_netlist_pulse(n, name.text, node.text, z < 0 ? -volt : volt,
                                (z < 0 ? -z : z) * n->params.t_pulse);
    }
    if (n->params.access == AIMCI_ACCESS_NMOS)
        aimci_netlist_source(n, "vgate", "gate", "0", n->params.v_gate);
}

static void put_nodes(const aimci_circuit *c, size_t set)
{
    FILE *out = c->netlist.out;
    for (size_t j = 0; j < c->network.n_drive; j++)
        fprintf(out, "in%zu ", j);
    for (size_t i = 0; i < c->network.n_sense; i++)
        fprintf(out, "out%zu_%zu ", set, i);
    if (c->netlist.params.access == AIMCI_ACCESS_NMOS)
        fprintf(out, "gate ");
}

void aimci_bench_put_pins(const aimci_circuit *c, size_t set)
{
    if (is_spectre(c))
        fputs("( ", c->netlist.out);
    put_nodes(c, set);
    fputs(is_spectre(c) ? ")\n" : "\n", c->netlist.out);
}

void aimci_bench_put_instances(const aimci_circuit *c)
{
    for (size_t set = 0; set < c->n_sets; set++) {
        fprintf(c->netlist.out, is_spectre(c) ? "x%zu ( " : "x%zu ", set);
        put_nodes(c, set);
        fprintf(c->netlist.out, is_spectre(c) ? ") crossbar%zu\n" : "crossbar%zu\n", set);
    }
}

void aimci_bench_put_ammeters(const aimci_circuit *c)
{
    for (size_t set = 0; set < c->n_sets; set++)
        for (size_t i = 0; i < c->network.n_sense; i++)
            aimci_netlist_source(&c->netlist, aimci_name_of("vs%zu_%zu", set, i).text,
                                 aimci_name_of("out%zu_%zu", set, i).text, "0", 0);
}

/* ---- what is looked at ---------------------------------------------------------------------- */

/* A current or a voltage that settles, and the name of its measures. */
typedef struct signal {
    char value[128];
    aimci_name name;
} signal;

static signal output_of(const aimci_circuit *c, size_t set, size_t i)
{
    (void)c;
    signal s = {.name = aimci_name_of("out%zu_%zu", set, i)};
    snprintf(s.value, sizeof s.value, "i(vs%zu_%zu)", set, i);
    return s;
}

/* Where a driven line settles last: at its far end, in the middle between two drivers. */
static signal line_of(const aimci_circuit *c, size_t set, size_t j)
{
    signal s = {.name = aimci_name_of("line%zu_%zu", set, j)};
    const size_t last = c->network.n_sense - 1, site = c->network.g_drive_far > 0 ? last / 2 : last;
    const aimci_name node = aimci_circuit_drive_node(c, set, j, site);
    char inside[32] = "";
    if (c->netlist.params.subcircuit)
        snprintf(inside, sizeof inside, "x%zu%c", set,
                 c->netlist.params.dialect == AIMCI_LTSPICE ? ':' : '.');
    snprintf(s.value, sizeof s.value, "v(%s%s)", inside, node.text);
    return s;
}

/* Lines whose far end is another node than their driver's, and which are driven. */
static bool has_far_end(const aimci_circuit *c, size_t j)
{
    return (c->network.r_drive > 0 || c->network.r_driver > 0) && driven(c, j) != 0;
}

typedef void (*visitor)(const aimci_circuit *c, const signal *s);

static void visit_outputs(const aimci_circuit *c, visitor visit)
{
    for (size_t set = 0; set < c->n_sets; set++) {
        for (size_t i = 0; i < c->network.n_sense; i++) {
            const signal s = output_of(c, set, i);
            visit(c, &s);
        }
    }
}

static void visit_lines(const aimci_circuit *c, visitor visit)
{
    for (size_t set = 0; set < c->n_sets; set++) {
        for (size_t j = 0; j < c->network.n_drive; j++) {
            const signal s = line_of(c, set, j);
            if (has_far_end(c, j))
                visit(c, &s);
        }
    }
}

/* ---- ngspice -------------------------------------------------------------------------------- */

static void ngspice_save(const aimci_circuit *c, const signal *s)
{
    fprintf(c->netlist.out, ".save %s\n", s->value);
}

static void ngspice_print(const aimci_circuit *c, const signal *s)
{
    fprintf(c->netlist.out, "print %s\n", s->value);
}

static void ngspice_charge(const aimci_circuit *c, const signal *s)
{
    fprintf(c->netlist.out, "meas tran q_%s integ %s\nprint q_%s\n", s->name.text, s->value,
            s->name.text);
}

/* When the distance from the operating point falls below a share of it, for the last time. */
static void ngspice_settle(const aimci_circuit *c, const signal *s)
{
    FILE *out = c->netlist.out;
    const char *name = s->name.text;
    fprintf(out, "let off = abs(%s - op1.%s)\nlet end = abs(op1.%s)\n", s->value, s->value,
            s->value);
    fprintf(out, "let half = off - 0.5 * end\nlet rest = off - %.17g * end\n",
            c->netlist.params.settle);
    fprintf(out, "meas tran half_%s when half=0 cross=last\nprint half_%s\n", name, name);
    fprintf(out, "meas tran settle_%s when rest=0 cross=last\nprint settle_%s\n", name, name);
}

static void ngspice_transient(const aimci_circuit *c)
{
    FILE *out = c->netlist.out;
    const double stop = c->netlist.params.t_stop;
    fprintf(out, "tran %.17g %.17g 0 %.17g\nlet energy = 0\n", stop / STEPS, stop, stop / STEPS);
    for (size_t j = 0; j < c->network.n_drive; j++) {
        fprintf(out, "let power = -v(in%zu) * i(vin%zu)\nmeas tran e_in%zu integ power\n", j, j, j);
        fprintf(out, "print e_in%zu\nlet energy = energy + e_in%zu\n", j, j);
    }
    fprintf(out, "print energy\n");
    visit_outputs(c, ngspice_charge);
    if (settles(c)) {
        visit_outputs(c, ngspice_settle);
        visit_lines(c, ngspice_settle);
    }
}

static void ngspice_analysis(const aimci_circuit *c)
{
    FILE *out = c->netlist.out;
    if (is_transient(c)) {
        for (size_t j = 0; j < c->network.n_drive; j++)
            fprintf(out, ".save v(in%zu) i(vin%zu)\n", j, j);
        visit_outputs(c, ngspice_save);
        if (settles(c))
            visit_lines(c, ngspice_save);
    }
    fprintf(out, ".control\nset numdgt=12\n");
    if (settles(c) || !is_transient(c)) {
        fprintf(out, "op\n");
        visit_outputs(c, ngspice_print);
    }
    if (is_transient(c))
        ngspice_transient(c);
    fprintf(out, is_transient(c) ? "quit\n.endc\n.end\n" : "quit\n.endc\n.op\n.end\n");
}

/* ---- LTspice -------------------------------------------------------------------------------- */

static void ltspice_charge(const aimci_circuit *c, const signal *s)
{
    fprintf(c->netlist.out, ".meas tran q_%s integ %s\n", s->name.text, s->value);
}

/* There is one analysis: what is there at the end has settled. */
static void ltspice_settle(const aimci_circuit *c, const signal *s)
{
    FILE *out = c->netlist.out;
    const char *name = s->name.text;
    const aimci_netlist_params *q = &c->netlist.params;
    fprintf(out, ".meas tran end_%s find %s at=%.17g\n", name, s->value, q->t_stop);
    fprintf(out, ".meas tran half_%s when abs(%s-end_%s)=0.5*abs(end_%s) cross=last\n", name,
            s->value, name, name);
    fprintf(out, ".meas tran settle_%s when abs(%s-end_%s)=%.17g*abs(end_%s) cross=last\n", name,
            s->value, name, q->settle, name);
}

static void ltspice_analysis(const aimci_circuit *c)
{
    FILE *out = c->netlist.out;
    const double stop = c->netlist.params.t_stop;
    if (!is_transient(c)) {
        fprintf(out, ".op\n.end\n");
        return;
    }
    fprintf(out, ".tran 0 %.17g 0 %.17g\n", stop, stop / STEPS);
    for (size_t j = 0; j < c->network.n_drive; j++)
        fprintf(out, ".meas tran e_in%zu integ -v(in%zu)*i(vin%zu)\n", j, j, j);
    fprintf(out, ".meas tran energy param ");
    for (size_t j = 0; j < c->network.n_drive; j++)
        fprintf(out, j ? "+e_in%zu" : "e_in%zu", j);
    fputc('\n', out);
    visit_outputs(c, ltspice_charge);
    if (settles(c)) {
        visit_outputs(c, ltspice_settle);
        visit_lines(c, ltspice_settle);
    }
    fprintf(out, ".end\n");
}

/* ---- Spectre -------------------------------------------------------------------------------- */

/* It has no measures of its own: what they would be of is saved. */
static void spectre_save(const aimci_circuit *c, const signal *s)
{
    const size_t n = strlen(s->value); /* i(name) or v(node) */
    fprintf(c->netlist.out, "save %.*s%s\n", (int)n - 3, s->value + 2,
            s->value[0] == 'i' ? ":p" : "");
}

static void spectre_analysis(const aimci_circuit *c)
{
    FILE *out = c->netlist.out;
    const double stop = c->netlist.params.t_stop;
    for (size_t j = 0; is_transient(c) && j < c->network.n_drive; j++)
        fprintf(out, "save in%zu vin%zu:p\n", j, j);
    visit_outputs(c, spectre_save);
    if (settles(c))
        visit_lines(c, spectre_save);
    if (is_transient(c))
        fprintf(out, "tran1 tran stop=%.17g maxstep=%.17g\n", stop, stop / STEPS);
    else
        fprintf(out, "op1 dc\n");
}

void aimci_bench_put_analysis(const aimci_circuit *c)
{
    if (is_spectre(c))
        spectre_analysis(c);
    else if (c->netlist.params.dialect == AIMCI_LTSPICE)
        ltspice_analysis(c);
    else
        ngspice_analysis(c);
}
