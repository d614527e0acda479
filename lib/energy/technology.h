/* SPDX-License-Identifier: MIT */
/* Constants of a technology: one struct, one table of fields. */
#ifndef AIMCI_TECHNOLOGY_H
#define AIMCI_TECHNOLOGY_H

#include <aimc/energy.h>

#include "core/config.h"
#include "core/fitted.h"

#define AIMCI_DAC_AREA_1_BIT 0.17 /* um^2 */

enum {
    AIMCI_ADC_WALDEN,
    AIMCI_ADC_SURVEY,
    AIMCI_ADC_TABLE,
    AIMCI_ADC_SAR,
    AIMCI_ADC_RAMP,
    AIMCI_ADC_CCO,
    AIMCI_ADC_FLASH,
    AIMCI_ADC_CYCLIC,
    AIMCI_ADC_SENSE_AMPLIFIER
};
enum { AIMCI_DAC_CAPACITOR, AIMCI_DAC_POWER, AIMCI_DAC_WIDTH };
enum { AIMCI_INPUT_WIDTH, AIMCI_INPUT_AMPLITUDE };
enum { AIMCI_WRITE_OHMIC, AIMCI_WRITE_SCHOTTKY };

typedef struct aimci_technology {
    double node_nm, vdd, temperature, clock_ns, leakage_w_per_mm2;
    double v_read, t_read, g_mean, g_off, g_unit, g_write, input_mean, c_line, swing, r_line;
    double adc_fom, adc_enob, adc_rate, adc_area_um2, adc_power, adc_step, adc_clock;
    double dac_c_unit, dac_driver, dac_power, dac_rate, dac_area_um2;
    double add_int32, add_fp32, mul_fp32, sram_byte, dram_byte, digital_area_um2;
    double wire_um, wire_c, wire_activity;
    double v_set, v_reset, t_set, t_reset, half_select;
    double schottky_beta, eps_r, thickness_nm;
    double endurance, cell_f2, sram_f2;
    double cell_gate, cell_capacitance, wire_r, register_bit, sample_hold, pump_efficiency;
    double carbon_kg_per_kwh, pue, ber_v50, ber_sigma, v_threshold, delay_exponent;
    int64_t year, adc_bits, adc_part, dac_bits, n_adc, devices, line_cells;
    int32_t adc_model, dac_model, input, write_current;
} aimci_technology;

enum { AIMCI_MAX_FITTED = 24 };

/* Supply of a node of the table, V, and width of its finest wires, nm; 0: no such node. */
double aimci_node_supply(double nm);
double aimci_node_wire_width(double nm);

/* Sentences of the constants that are used outside the range of their fit; how many there are. */
size_t aimci_list_extrapolations(const aimci_technology *t, char outside[][240]);

#endif
