/* SPDX-License-Identifier: MIT */
#include "energy/technology.h"

#include <math.h>
#include <string.h>

#define HOROWITZ "M. Horowitz, ISSCC (2014), 45 nm; scaled by node and supply"
#define OHM      "definition"
#define SCHOTTKY "arXiv:2509.18121 (2025)"
#define ASSUMED  "assumed: "
#define CLASS    ASSUMED "order of magnitude, no single source"
#define COPPER                                                                                     \
    "resistivity of 2.97e-8 ohm m at 40 nm and 4.17e-8 at 20 nm, heights of about twice the "      \
    "width: "                                                                                      \
    "tabled by NeuroSim V1.4"
#define PLUGIN ASSUMED "class of 1 GS/s DACs, 3.9 uW at 1 bit and doubling"

#define N(field, def, min, max, unit, doc, source)                                                 \
    AIMCI_NUMBER(aimci_technology, field, def, min, max, unit, doc, source)
#define I(field, def, min, max, doc, source)                                                       \
    AIMCI_INTEGER(aimci_technology, field, def, min, max, "1", doc, source)
#define C(field, last, words, doc, source)                                                         \
    AIMCI_CHOICE(aimci_technology, field, 0, last, words, doc, source)

static const aimci_field fields[] = {
    N(node_nm, 32, 1, 130, "nm", "process: 130 90 65 45 40 32 28 22 14 10 7 5 3 2 1", OHM),
    I(year, 2016, 1960, 2100, "year the constants are of", OHM),
    N(vdd, 0, 0, 10, "V", "digital supply; 0: of the node", "NeuroSim V1.4, table of nodes"),
    N(temperature, 300, 1, 1000, "K", "temperature", OHM),
    N(clock_ns, 1, 1e-6, 1e6, "ns", "digital clock, step of pulse widths", CLASS),
    N(leakage_w_per_mm2, 0.01, 0, 100, "W / mm^2", "leakage of all but the cells", CLASS),
    N(v_read, 0.2, 0, 10, "V", "read voltage at full scale", CLASS),
    N(t_read, 100e-9, 0, 1, "s", "time of one read", "Shafiee et al., ISCA (2016): 100 ns"),
    N(g_mean, 10e-6, 0, 1, "S", "mean conductance of a cell where it is not counted", CLASS),
    N(g_off, 1e-6, 0, 1, "S", "conductance of a device of a weight of 0; where driven is counted",
      CLASS),
    N(g_unit, 20e-6, 0, 1, "S", "what a weight of magnitude 1 adds to it; where driven is counted",
      CLASS),
    N(g_write, 10e-6, 0, 1, "S", "mean conductance of a cell that is written", CLASS),
    I(devices, 2, 1, 64, "devices that are read for a weight, as they are priced; 2: a pair",
      CLASS),
    N(input_mean, 0.25, 0, 1, "full scale",
      "mean of |x| (WIDTH) or x^2 (AMPLITUDE) where it is not counted", CLASS),
    C(input, 1, "WIDTH|AMPLITUDE", "how an input is applied", OHM),
    I(line_cells, 128, 1, 65536, "cells along the line that c_line and r_line are of", CLASS),
    N(c_line, 50e-15, 0, 1e-6, "F",
      "capacitance of a row or column of line_cells; grows with the cells along it; 0: of its wire "
      "and gates",
      CLASS),
    N(cell_gate, 0.1e-15, 0, 1e-9, "F",
      "gate of an access transistor on its line, where c_line is 0; 0: cross-point", CLASS),
    N(cell_capacitance, 0, 0, 1e-9, "F",
      "what a charge-based cell charges to the supply when it is driven fully; 0: it conducts",
      OHM),
    N(swing, 0.1, 0, 10, "V", "swing of a column while it is read", CLASS),
    N(r_line, 300, 0, 1e9, "ohm",
      "resistance of a row or column of line_cells; 0: of its wire (wire_r)", CLASS),
    N(wire_r, 0, 0, 1e6, "ohm / um",
      "resistance of the finest wire; 0: copper of the node's width and twice its height", COPPER),
    C(adc_model, 8, "WALDEN|SURVEY|TABLE|SAR|RAMP|CCO|FLASH|CYCLIC|SENSE_AMPLIFIER",
      "how the ADC is priced", OHM),
    I(adc_bits, 8, 1, 16, "bits of the ADC", OHM),
    N(adc_enob, 0, 0, 24, "bit", "effective bits; 0: adc_bits", OHM),
    N(adc_fom, 10e-15, 0, 1e-9, "J / step", "WALDEN: energy per step",
      "SAR converters of 9.8 and 11.3 fJ / step"),
    N(adc_rate, 1e8, 1e3, 1e11, "1 / s", "WALDEN, SURVEY: conversions per second", CLASS),
    N(adc_area_um2, 0, 0, 1e9, "um^2", "WALDEN: area; 0: the survey's fit", "survey"),
    I(adc_part, 2, 0, 4,
      "TABLE: 0 10 b 1.5 GS/s, 1 8 b 1.28 GS/s, 2 8 b 1.1 GS/s, 3 6 b 1 GS/s, 4 4 b 1 GS/s",
      "published parts; 1 is the one of Shafiee et al., ISCA (2016)"),
    N(adc_power, 0, 0, 1, "W", "SAR, RAMP, CCO, CYCLIC: power while it converts", CLASS),
    N(adc_step, 10e-15, 0, 1e-6, "J", "SAR ... SENSE_AMPLIFIER: energy of one comparison", CLASS),
    N(adc_clock, 1e9, 1e3, 1e11, "1 / s", "SAR ... SENSE_AMPLIFIER: steps per second", CLASS),
    N(sample_hold, 1e-15, 0, 1e-6, "J", "a column sampled or integrated in one read",
      "Shafiee et al., ISCA (2016): 10 uW for 1024 of them in 100 ns"),
    I(n_adc, 0, 0, 65536, "ADCs of one array; 0: one for every columns_per_adc of the chip", OHM),
    C(dac_model, 2, "CAPACITOR|POWER|WIDTH", "how the DAC is priced", OHM),
    I(dac_bits, 8, 1, 16, "bits of the DAC", OHM),
    N(dac_c_unit, 1e-15, 0, 1e-9, "F", "CAPACITOR: unit", CLASS),
    N(dac_driver, 5e-15, 0, 1e-9, "J", "CAPACITOR, WIDTH: driver or share of the counter", CLASS),
    N(dac_power, 3.9e-6, 0, 1, "W", "POWER: at 1 bit; doubles with every bit", PLUGIN),
    N(dac_rate, 1e9, 1e3, 1e11, "1 / s", "conversions per second", PLUGIN),
    N(dac_area_um2, AIMCI_DAC_AREA_1_BIT, 0, 1e9, "um^2", "area of one",
      "Shafiee et al., ISCA (2016), 1 bit"),
    N(add_int32, 0.1e-12, 0, 1, "J", "32-bit integer addition at 45 nm", HOROWITZ),
    N(add_fp32, 0.9e-12, 0, 1, "J", "fp32 addition at 45 nm", HOROWITZ),
    N(mul_fp32, 3.7e-12, 0, 1, "J", "fp32 multiplication at 45 nm", HOROWITZ),
    N(register_bit, 2e-15, 0, 1, "J", "bit of a register at 45 nm written or read", CLASS),
    N(sram_byte, 1.25e-12, 0, 1, "J / byte", "8 KB SRAM at 45 nm: 10 pJ for 64 bits", HOROWITZ),
    N(dram_byte, 240e-12, 0, 1, "J / byte", "main memory: 1300 to 2600 pJ for 64 bits",
      "M. Horowitz, ISSCC (2014): the middle of its range; not scaled"),
    N(digital_area_um2, 500, 0, 1e12, "um^2",
      "adders and buffers of an array of line_cells columns; grows with the columns", CLASS),
    N(wire_um, 1000, 0, 1e6, "um", "distance between tile and network", CLASS),
    N(wire_c, 0.2e-15, 0, 1e-9, "F / um", "capacitance of a wire", "NeuroSim V1.4: 0.2 fF / um"),
    N(wire_activity, 0.5, 0, 1, "1", "part of the bits that toggle", CLASS),
    N(v_set, 2, -100, 100, "V", "amplitude of up pulses", CLASS),
    N(v_reset, 2, -100, 100, "V", "amplitude of down pulses", CLASS),
    N(t_set, 100e-9, 0, 1e3, "s", "width of up pulses", CLASS),
    N(t_reset, 100e-9, 0, 1e3, "s", "width of down pulses", CLASS),
    N(half_select, 0, 0, 65536, "cells", "cells at half the voltage, per pulse", CLASS),
    N(pump_efficiency, 1, 1e-3, 1, "1",
      "charge pumps and write drivers: energy of the pulse over that of the supply", OHM),
    C(write_current, 1, "OHMIC|SCHOTTKY", "current law of write pulses", SCHOTTKY),
    N(schottky_beta, 0, 0, 100, "1 / sqrt(V)", "0: from eps_r, thickness_nm, temperature",
      SCHOTTKY),
    N(eps_r, 30, 1, 1e5, "1", "relative permittivity", CLASS),
    N(thickness_nm, 10, 0.1, 1e4, "nm", "thickness of the film", CLASS),
    N(endurance, 1e9, 1, 1e30, "pulses", "pulses a device survives", CLASS),
    N(cell_f2, 12, 0, 1e6, "F^2", "area of a cell; 4 cross-point, 12 to 48 1T1R", CLASS),
    N(sram_f2, 146, 0, 1e6, "F^2", "area of an SRAM bit, for accumulators", CLASS),
    N(carbon_kg_per_kwh, 0.4, 0, 10, "kg / kWh", "CO2 of electricity", CLASS),
    N(pue, 1.2, 1, 10, "1", "power of the building over power of the machines", CLASS),
    N(ber_v50, 0.55, 0, 10, "V", "supply at which half the bits of an SRAM are wrong", CLASS),
    N(ber_sigma, 0.05, 1e-9, 10, "V", "spread of that", CLASS),
    N(v_threshold, 0.3, 0, 10, "V", "threshold of transistors, for the delay at low supply", CLASS),
    N(delay_exponent, 1.3, 1, 2, "1", "delay falls as v / (v - v_threshold) to this",
      "Sakurai and Newton, IEEE JSSC 25:584 (1990), alpha-power law"),
};

/* ---- nodes ---------------------------------------------------------------------------------- */

static const struct node {
    double nm, supply, wire; /* nm, V, nm */
} nodes[] = {
    {130, 1.3, 175}, {90, 1.2, 110}, {65, 1.1, 105}, {45, 1.0, 80}, {40, 1.0, 70},
    {32, 0.9, 56},   {28, 0.9, 50},  {22, 0.85, 40}, {14, 0.8, 32}, {10, 0.75, 22},
    {7, 0.7, 20},    {5, 0.7, 15},   {3, 0.7, 12},   {2, 0.65, 10}, {1, 0.6, 8},
};

static const struct node *node_of(double nm)
{
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
        if (nodes[i].nm == nm)
            return &nodes[i];
    return NULL;
}

double aimci_node_supply(double nm)
{
    const struct node *n = node_of(nm);
    return n ? n->supply : 0;
}

double aimci_node_wire_width(double nm)
{
    const struct node *n = node_of(nm);
    return n ? n->wire : 0;
}

static aimc_status check(const void *values)
{
    const aimci_technology *t = values;
    if (!node_of(t->node_nm))
        return aimci_fail(AIMC_ERR_INVALID,
                          "technology: node_nm = %g is not in the table: give 130, 90, 65, 45, 40, "
                          "32, 28, 22, 14, 10, 7, 5, 3, 2 or 1",
                          t->node_nm);
    return AIMC_OK;
}

AIMCI_DEFINE_KIND(technology, "technology",
                  "what events cost: energy, time and area of reads, conversions, pulses and logic",
                  "docs/models/energy.md; each field names its own", fields, aimci_technology,
                  .check = check);
