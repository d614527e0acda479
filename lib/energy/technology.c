/* SPDX-License-Identifier: MIT */
#include "energy/technology.h"

#include <math.h>
#include <string.h>

#define HOROWITZ "M. Horowitz, ISSCC (2014), 45 nm; scaled by node and supply"
#define OHM      "definition"
#define SCHOTTKY "arXiv:2509.18121 (2025)"
#define ASSUMED  "assumed: "
#define CLASS    ASSUMED "order of magnitude, no single source"
#define PLUGIN   ASSUMED "class of 1 GS/s DACs, 3.9 uW at 1 bit and doubling"

#define N(field, def, min, max, unit, doc, source)                                                 \
    AIMCI_NUMBER(aimci_technology, field, def, min, max, unit, doc, source)
#define I(field, def, min, max, doc, source)                                                       \
    AIMCI_INTEGER(aimci_technology, field, def, min, max, "1", doc, source)
#define C(field, last, words, doc, source)                                                         \
    AIMCI_CHOICE(aimci_technology, field, 0, last, words, doc, source)

static const aimci_field fields[] = {
    N(node_nm, 32, 1, 130, "nm", "process: 130 90 65 45 32 22 14 10 7 5 3 2 1", OHM),
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
    N(c_line, 50e-15, 0, 1e-6, "F", "capacitance of a row or column", CLASS),
    N(swing, 0.1, 0, 10, "V", "swing of a column while it is read", CLASS),
    N(r_line, 300, 0, 1e9, "ohm", "resistance of a row or column", CLASS),
    C(adc_model, 2, "WALDEN|SURVEY|TABLE", "how the ADC is priced", OHM),
    I(adc_bits, 8, 1, 16, "bits of the ADC", OHM),
    N(adc_enob, 0, 0, 24, "bit", "effective bits; 0: adc_bits", OHM),
    N(adc_fom, 10e-15, 0, 1e-9, "J / step", "WALDEN: energy per step",
      "SAR converters of 9.8 and 11.3 fJ / step"),
    N(adc_rate, 1e8, 1e3, 1e11, "1 / s", "WALDEN, SURVEY: conversions per second", CLASS),
    N(adc_area_um2, 0, 0, 1e9, "um^2", "WALDEN: area; 0: the survey's fit", "survey"),
    I(adc_part, 2, 0, 4,
      "TABLE: 0 10 b 1.5 GS/s, 1 8 b 1.28 GS/s, 2 8 b 1.1 GS/s, 3 6 b 1 GS/s, 4 4 b 1 GS/s",
      "published parts; 1 is the one of Shafiee et al., ISCA (2016)"),
    I(n_adc, 8, 1, 65536, "ADCs of one tile", CLASS),
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
    N(sram_byte, 1.25e-12, 0, 1, "J / byte", "8 KB SRAM at 45 nm: 10 pJ for 64 bits", HOROWITZ),
    N(dram_byte, 240e-12, 0, 1, "J / byte", "main memory: 1300 to 2600 pJ for 64 bits",
      "M. Horowitz, ISSCC (2014): the middle of its range; not scaled"),
    N(digital_area_um2, 500, 0, 1e12, "um^2", "adders and buffers of one tile", CLASS),
    N(wire_um, 1000, 0, 1e6, "um", "distance between tile and network", CLASS),
    N(wire_c, 0.2e-15, 0, 1e-9, "F / um", "capacitance of a wire", "NeuroSim V1.4: 0.2 fF / um"),
    N(wire_activity, 0.5, 0, 1, "1", "part of the bits that toggle", CLASS),
    N(v_set, 2, -100, 100, "V", "amplitude of up pulses", CLASS),
    N(v_reset, 2, -100, 100, "V", "amplitude of down pulses", CLASS),
    N(t_set, 100e-9, 0, 1e3, "s", "width of up pulses", CLASS),
    N(t_reset, 100e-9, 0, 1e3, "s", "width of down pulses", CLASS),
    N(half_select, 0, 0, 65536, "cells", "cells at half the voltage, per pulse", CLASS),
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

static const struct {
    double nm, supply;
} nodes[] = {
    {130, 1.3}, {90, 1.2}, {65, 1.1}, {45, 1.0}, {32, 0.9}, {22, 0.85}, {14, 0.8},
    {10, 0.75}, {7, 0.7},  {5, 0.7},  {3, 0.7},  {2, 0.65}, {1, 0.6},
};

/* Supply of a node from the table; 0 when it is not there. */
static double supply_of(double nm)
{
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
        if (nodes[i].nm == nm)
            return nodes[i].supply;
    return 0;
}

static aimc_status check(const void *values)
{
    const aimci_technology *t = values;
    if (supply_of(t->node_nm) == 0)
        return aimci_fail(AIMC_ERR_INVALID,
                          "technology: node_nm = %g is not in the table: give 130, 90, 65, 45, 32, "
                          "22, 14, 10, 7, 5, 3, 2 or 1",
                          t->node_nm);
    return AIMC_OK;
}

AIMCI_DEFINE_KIND(technology, "technology",
                  "what events cost: energy, time and area of reads, conversions, pulses and logic",
                  "docs/models/energy.md; each field names its own", fields, aimci_technology,
                  .check = check);

/* ---- the model ------------------------------------------------------------------------------ */

static void list_assumptions(aimc_cost_model *m, const aimc_config *config)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const bool untouched = aimci_field_load(config, &fields[i]) == fields[i].def;
        const bool by_default =
            untouched && strncmp(fields[i].source, ASSUMED, sizeof ASSUMED - 1) == 0;
        const bool by_preset =
            config->preset && aimci_among(config->preset->assumed, fields[i].name);
        if ((by_default || by_preset) && !config->set[i])
            m->assumed[m->n_assumed++] = fields[i].name;
    }
}

static aimc_status make(aimc_context *ctx, const aimc_config *config, aimc_cost_model **out)
{
    const aimci_technology *t = aimci_config_values(config, &aimci_kind_technology);
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID,
                          "cost_model_create: '%s' is not a technology; give \"technology\" or a "
                          "preset of it, for example rram_32nm",
                          aimc_config_get_kind(config));
    const aimc_status st = check(t);
    if (st)
        return st;
    aimc_cost_model *m = aimci_calloc(ctx, 1, sizeof *m);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "cost_model_create: no memory");
    m->ctx = aimci_context_ref(ctx);
    m->t = *t;
    if (m->t.vdd == 0)
        m->t.vdd = supply_of(t->node_nm);
    m->scale = t->node_nm / 45 * m->t.vdd * m->t.vdd;
    list_assumptions(m, config);
    aimci_list_extrapolations(m);
    *out = m;
    return AIMC_OK;
}

aimc_status aimc_cost_model_create(aimc_context *ctx, const char *name, const aimc_config *config,
                                   aimc_cost_model **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_create: ctx is NULL");
    aimc_config *ours = NULL;
    aimc_status st = aimci_config_resolve(ctx, "cost_model_create", name, config, &ours);
    if (!st)
        st = make(ctx, ours, out);
    aimc_config_destroy(ours);
    return st;
}

void aimc_cost_model_destroy(aimc_cost_model *m)
{
    if (!m)
        return;
    aimc_context *ctx = m->ctx;
    aimci_free(ctx, m);
    aimci_context_unref(ctx);
}

const char *aimc_cost_model_get_assumption(const aimc_cost_model *m, size_t i)
{
    return m && i < m->n_assumed ? m->assumed[i] : NULL;
}
