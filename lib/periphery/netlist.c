/* SPDX-License-Identifier: MIT */
/* Elements of a netlist for ngspice and LTspice, which share the language of SPICE, and for
 * Spectre's own. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "periphery/netlist.h"

#define T   aimci_netlist_params
#define OWN "docs/models/cell-mapping.md"
#define SH  "H. Shichman, D. A. Hodges, IEEE J. Solid-State Circuits 3(3):285 (1968)"

static const aimci_field fields[] = {
    AIMCI_CHOICE(T, dialect, AIMCI_NGSPICE, AIMCI_SPECTRE, "NGSPICE|LTSPICE|SPECTRE",
                 "the simulator that reads the netlist", OWN),
    AIMCI_CHOICE(T, analysis, AIMCI_ANALYSIS_OP, AIMCI_ANALYSIS_NONE,
                 "OPERATING_POINT|TRANSIENT|NONE",
                 "what the netlist asks for; NONE: subcircuits alone, to be included", OWN),
    AIMCI_FLAG(T, subcircuit, 0, "each set of columns is a subcircuit, and the bench uses it", OWN),
    AIMCI_CHOICE(T, drive, AIMCI_DRIVE_AMPLITUDE, AIMCI_DRIVE_PULSE_WIDTH, "AMPLITUDE|PULSE_WIDTH",
                 "TRANSIENT: inputs step to their voltage and stay there, or are at v_read, with "
                 "their sign, for t_pulse times their size",
                 OWN),
    AIMCI_NUMBER(T, c_in, 0, 0, 1e30, "F", "from an input line to 0 V, for each cell on it", OWN),
    AIMCI_NUMBER(T, c_out, 0, 0, 1e30, "F", "from an output line to 0 V, for each cell on it", OWN),
    AIMCI_NUMBER(T, c_cell, 0, 0, 1e30, "F", "across each cell, from line to line", OWN),
    AIMCI_CHOICE(T, access, AIMCI_ACCESS_NONE, AIMCI_ACCESS_NMOS, "NONE|NMOS",
                 "a transistor between each cell and its output line; wires.r_select must be 0",
                 SH),
    AIMCI_NUMBER(T, v_gate, 1.2, -1e30, 1e30, "V", "NMOS: of all gates, against 0 V", OWN),
    AIMCI_NUMBER(T, vto, 0.4, -1e30, 1e30, "V", "NMOS: threshold voltage", SH),
    AIMCI_NUMBER(T, kp, 3e-4, 1e-30, 1e30, "A / V^2", "NMOS: transconductance of a square", SH),
    AIMCI_NUMBER(T, width, 2e-7, 1e-30, 1, "m", "NMOS: of the gate", SH),
    AIMCI_NUMBER(T, length, 5e-8, 1e-30, 1, "m", "NMOS: of the gate", SH),
    AIMCI_NUMBER(T, t_rise, 1e-12, 1e-30, 1e30, "s", "TRANSIENT: edges of the inputs", OWN),
    AIMCI_NUMBER(T, t_pulse, 5e-8, 1e-30, 1e30, "s", "PULSE_WIDTH: of input 1", OWN),
    AIMCI_NUMBER(T, t_stop, 1e-7, 1e-30, 1e30, "s", "TRANSIENT: end", OWN),
    AIMCI_NUMBER(T, settle, 0.01, 1e-9, 0.5, "relative",
                 "AMPLITUDE: what is within this of its final value has settled", OWN),
};

static aimc_status check(const void *values)
{
    const T *p = values;
    if (p->analysis == AIMCI_ANALYSIS_NONE && !p->subcircuit)
        return aimci_fail(AIMC_ERR_INVALID,
                          "netlist: analysis = NONE; without one there are only subcircuits: "
                          "subcircuit true");
    if (p->analysis != AIMCI_ANALYSIS_TRANSIENT)
        return AIMC_OK;
    if (p->c_in <= 0 && p->c_out <= 0 && p->c_cell <= 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "netlist: analysis = TRANSIENT; nothing takes time without c_in, c_out "
                          "or c_cell above 0");
    const double on = p->drive == AIMCI_DRIVE_PULSE_WIDTH ? p->t_pulse : 0;
    if (p->t_stop < on + 2 * p->t_rise)
        return aimci_fail(AIMC_ERR_INVALID, "netlist: t_stop = %g; inputs take %g s", p->t_stop,
                          on + 2 * p->t_rise);
    return AIMC_OK;
}

AIMCI_DEFINE_KIND(netlist, "netlist", "how a crossbar is written as a netlist", OWN, fields, T,
                  .n_children = 0, .check = check);

aimc_status aimci_netlist_params_of(const aimc_config *config, T *params)
{
    aimci_config_read(config, &aimci_kind_netlist, params);
    return check(params);
}

/* ---- elements ------------------------------------------------------------------------------- */

aimci_name aimci_name_of(const char *format, ...)
{
    aimci_name name;
    va_list args;
    va_start(args, format);
    vsnprintf(name.text, sizeof name.text, format, args);
    va_end(args);
    return name;
}

static bool is_spectre(const aimci_netlist *n)
{
    return n->params.dialect == AIMCI_SPECTRE;
}

void aimci_netlist_note(const aimci_netlist *n, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs(is_spectre(n) ? "// " : "* ", n->out);
    vfprintf(n->out, format, args);
    fputc('\n', n->out);
    va_end(args);
}

/* name and nodes */
static void begin(const aimci_netlist *n, const char *name, const char *a, const char *b)
{
    fprintf(n->out, is_spectre(n) ? "%s (%s %s) " : "%s %s %s ", name, a, b);
}

void aimci_netlist_resistor(const aimci_netlist *n, const char *name, const char *a, const char *b,
                            double ohm)
{
    begin(n, name, a, b);
    fprintf(n->out, "%s%.17g\n", is_spectre(n) ? "resistor r=" : "", ohm);
}

void aimci_netlist_capacitor(const aimci_netlist *n, const char *name, const char *a, const char *b,
                             double farad)
{
    begin(n, name, a, b);
    fprintf(n->out, "%s%.17g\n", is_spectre(n) ? "capacitor c=" : "", farad);
}

void aimci_netlist_source(const aimci_netlist *n, const char *name, const char *a, const char *b,
                          double volt)
{
    begin(n, name, a, b);
    fprintf(n->out, "%s%.17g\n", is_spectre(n) ? "vsource dc=" : "", volt);
}

void aimci_netlist_current(const aimci_netlist *n, const char *name, const char *a, const char *b,
                           const char *expression)
{
    begin(n, name, a, b);
    fprintf(n->out, "%s%s\n", is_spectre(n) ? "bsource i=" : "i = ", expression);
}

void aimci_netlist_transistor(const aimci_netlist *n, const char *name, const char *drain,
                              const char *source)
{
    fprintf(n->out, is_spectre(n) ? "%s (%s gate %s 0) access" : "%s %s gate %s 0 access", name,
            drain, source);
    fprintf(n->out, " w=%.17g l=%.17g\n", n->params.width, n->params.length);
}

void aimci_netlist_model(const aimci_netlist *n)
{
    fprintf(n->out,
            is_spectre(n) ? "model access mos1 type=n vto=%.17g kp=%.17g\n"
                          : ".model access nmos(level=1 vto=%.17g kp=%.17g)\n",
            n->params.vto, n->params.kp);
}

/* ---- inputs over time ----------------------------------------------------------------------- */

/* ngspice looks for the operating point, too, where the settled values are. */
static void begin_wave(const aimci_netlist *n, const char *name, const char *a, double volt)
{
    begin(n, name, a, "0");
    if (is_spectre(n))
        fputs("vsource type=pwl wave=[", n->out);
    else if (n->params.dialect == AIMCI_NGSPICE)
        fprintf(n->out, "dc %.17g pwl(", volt);
    else
        fputs("pwl(", n->out);
}

static void end_wave(const aimci_netlist *n)
{
    fputs(is_spectre(n) ? "]\n" : ")\n", n->out);
}

void aimci_netlist_step(const aimci_netlist *n, const char *name, const char *a, double volt)
{
    begin_wave(n, name, a, volt);
    fprintf(n->out, "0 0 %.17g %.17g", n->params.t_rise, volt);
    end_wave(n);
}

/* Edges as long as the pulse at most, so that the area is that of an ideal one. */
void aimci_netlist_pulse(const aimci_netlist *n, const char *name, const char *a, double volt,
                         double width)
{
    const double rise = fmin(n->params.t_rise, width);
    if (width <= 0) {
        aimci_netlist_source(n, name, a, "0", 0);
        return;
    }
    begin_wave(n, name, a, volt);
    fprintf(n->out, "0 0 %.17g %.17g ", rise, volt);
    if (width > rise)
        fprintf(n->out, "%.17g %.17g ", width, volt);
    fprintf(n->out, "%.17g 0", width + rise);
    end_wave(n);
}
