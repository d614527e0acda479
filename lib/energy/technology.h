/* SPDX-License-Identifier: MIT */
/* Constants of a technology: one struct, one table of fields. */
#ifndef AIMCI_TECHNOLOGY_H
#define AIMCI_TECHNOLOGY_H

#include <aimc/energy.h>

#include "core/config.h"
#include "core/fitted.h"

#define AIMCI_DAC_AREA_1_BIT 0.17 /* um^2 */

enum { AIMCI_ADC_WALDEN, AIMCI_ADC_SURVEY, AIMCI_ADC_TABLE };
enum { AIMCI_DAC_CAPACITOR, AIMCI_DAC_POWER, AIMCI_DAC_WIDTH };
enum { AIMCI_INPUT_WIDTH, AIMCI_INPUT_AMPLITUDE };
enum { AIMCI_WRITE_OHMIC, AIMCI_WRITE_SCHOTTKY };

typedef struct aimci_technology {
    double node_nm, vdd, temperature, clock_ns, leakage_w_per_mm2;
    double v_read, t_read, g_mean, g_off, g_unit, g_write, input_mean, c_line, swing, r_line;
    double adc_fom, adc_enob, adc_rate, adc_area_um2;
    double dac_c_unit, dac_driver, dac_power, dac_rate, dac_area_um2;
    double add_int32, add_fp32, mul_fp32, sram_byte, dram_byte, digital_area_um2;
    double wire_um, wire_c, wire_activity;
    double v_set, v_reset, t_set, t_reset, half_select;
    double schottky_beta, eps_r, thickness_nm;
    double endurance, cell_f2, sram_f2;
    double carbon_kg_per_kwh, pue, ber_v50, ber_sigma, v_threshold, delay_exponent;
    int64_t year, adc_bits, adc_part, dac_bits, n_adc, devices;
    int32_t adc_model, dac_model, input, write_current;
} aimci_technology;

enum { AIMCI_MAX_FITTED = 24 };

struct aimc_cost_model {
    aimc_context *ctx;
    aimci_technology t;
    double scale; /* digital energy against 45 nm, 1 V */
    size_t n_assumed;
    const char *assumed[sizeof(aimci_technology) / sizeof(int32_t) + AIMCI_MAX_FITTED];
    char outside[AIMCI_MAX_FITTED][240]; /* sentences of constants outside their range */
};

void aimci_list_extrapolations(aimc_cost_model *model);

#endif
