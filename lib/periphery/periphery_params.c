/* SPDX-License-Identifier: MIT */
/* The parameters of a read-out, and which of them contradict each other. */
#include <math.h>

#include "core/elementary.h"
#include "periphery/periphery_params.h"

#define T    aimci_periphery_params
#define SRC  "Rasch et al., AICAS (2021), arXiv:2104.02184"
#define NM   "Gokmen et al., Front. Neurosci. 11:538 (2017)"
#define PCM  "Nandakumar et al., Front. Neurosci. 14:406 (2020)"
#define OWN  "docs/models/periphery.md"
#define XS   "Xiao et al., IEEE Circuits Syst. Mag. 22(4):26 (2022)"
#define OFF1 1e30

static const aimci_field fields[] = {
    AIMCI_FLAG(T, is_perfect, 0, "exact product; every other field is ignored", SRC),
    AIMCI_CHOICE(T, mv_type, AIMCI_MV_ONE_PASS, 5,
                 "IDEAL|ONE_PASS|POS_NEG_SEPARATE|POS_NEG_SEPARATE_DIGITAL_SUM|SPLIT_MODE|BIT_WISE",
                 "how a product is made of reads of the array", SRC),
    AIMCI_INTEGER(T, split_mode_bit_shift, 3, 1, 23, "bit",
                  "low bits of the input code that SPLIT_MODE reads on their own", OWN),
    AIMCI_INTEGER(T, bit_wise_bits, 1, 1, 23, "bit",
                  "bits of the input code that BIT_WISE drives at once", OWN),
    AIMCI_FLAG(T, bit_wise_adc, 1,
               "BIT_WISE converts after each read; else currents are added up and converted once",
               OWN),
    AIMCI_NUMBER(T, inp_bound, 1, -1e30, 1e30, "full scale", "DAC full scale; <= 0: unbounded",
                 SRC),
    AIMCI_NUMBER(T, inp_res, 1.0 / 126, -1, 1e30, "1 / range",
                 "DAC resolution: fraction of the range, or number of steps when > 1; <= 0: off",
                 SRC),
    AIMCI_FLAG(T, inp_sto_round, 0, "DAC rounds stochastically", SRC),
    AIMCI_NUMBER(T, inp_noise, 0, 0, 1e30, "full scale",
                 "standard deviation of the noise added to each prepared input", SRC),
    AIMCI_NUMBER(T, inp_asymmetry, 0, -1, 1, "relative",
                 "negative inputs are multiplied by 1 - this", SRC),
    AIMCI_NUMBER(T, out_bound, 12, -1e30, 1e30, "weight x input", "ADC full scale; <= 0: unbounded",
                 SRC),
    AIMCI_CHOICE(T, out_range, AIMCI_RANGE_FIXED, AIMCI_RANGE_CALIBRATED,
                 "FIXED|MAX|GRANULAR|CALIBRATED",
                 "ADC full scale: out_bound; the largest current of any product; so that a step is "
                 "the smallest current, of one level of a cell and one step of the input; or what "
                 "calibration finds, without which nothing is read",
                 XS),
    AIMCI_NUMBER(T, current_bound, 0, 0, 1e30, "weight x input",
                 "largest current of an output, either sign, that its integrator takes before it "
                 "saturates; 0: any",
                 XS),
    AIMCI_NUMBER(T, out_res, 1.0 / 510, -1, 1e30, "1 / range",
                 "ADC resolution: fraction of the range, or number of steps when > 1; <= 0: off",
                 SRC),
    AIMCI_FLAG(T, out_sto_round, 0, "ADC rounds stochastically", SRC),
    AIMCI_NUMBER(T, out_noise, 0.06, 0, 1e30, "weight x input",
                 "standard deviation of the read noise at the ADC input", SRC),
    AIMCI_NUMBER(T, out_noise_std, 0, 0, 1e30, "relative",
                 "output-to-output spread of out_noise, fixed per tile", SRC),
    AIMCI_NUMBER(T, out_asymmetry, 0, -1, 1, "relative",
                 "negative outputs are multiplied by 1 - this", SRC),
    AIMCI_NUMBER(T, out_scale, 1, -1e30, 1e30, "1", "constant digital gain", SRC),
    AIMCI_NUMBER(T, out_nonlinearity, 0, 0, 1e30, "1 / out_bound",
                 "compression of the output: y / (1 + |n y|), n = this / out_bound", SRC),
    AIMCI_NUMBER(T, out_nonlinearity_std, 0, 0, 1e30, "relative",
                 "output-to-output spread of out_nonlinearity, fixed per tile", SRC),
    AIMCI_NUMBER(T, slope_calibration, 0, 0, 1, "out_bound",
                 "output at which the slope of the compressed output is 1", SRC),
    AIMCI_NUMBER(T, v_offset_std, 0, 0, 1e30, "relative",
                 "mismatch of the reference voltage: output-to-output spread, fixed per tile", SRC),
    AIMCI_NUMBER(T, v_offset_w_min, -1, -1e30, 0, "weight",
                 "the smallest conductance as a weight: the reference that v_offset_std and "
                 "r_series act on; 0: none",
                 SRC),
    AIMCI_NUMBER(T, r_series, 0, 0, 1e30, "1 / (weight x input)",
                 "series resistance of an output, normalised", SRC),
    AIMCI_NUMBER(T, r_series_max_total, OFF1, 0, OFF1, "relative",
                 "largest drop over r_series when v_offset_w_min is 0", SRC),
    AIMCI_NUMBER(T, w_noise, 0, 0, 1e30, "weight",
                 "read noise of each cell, drawn once per output in folded form", PCM),
    AIMCI_CHOICE(T, w_noise_type, AIMCI_WN_NONE, 2, "NONE|ADDITIVE_CONSTANT|PCM_READ",
                 "w_noise of each cell is constant, or grows with the square root of its weight",
                 PCM),
    AIMCI_NUMBER(T, w_read_asymmetry_dtod, 0, 0, 1e30, "relative",
                 "cell-to-cell difference of reading with negative inputs, fixed per tile", SRC),
    AIMCI_NUMBER(T, ir_drop, 0, 0, 1e30, "1",
                 "strength of the voltage drop along the output wire; 1: physical", OWN),
    AIMCI_NUMBER(T, ir_drop_g_ratio, 1.0 / (0.35 * 5e-6), 1e-30, 1e30, "1",
                 "conductance of the wire between two cells over g_max, when "
                 "wire_resistance_per_cell is 0",
                 SRC),
    AIMCI_NUMBER(T, wire_resistance_per_cell, 0, 0, 1e30, "ohm",
                 "resistance of the wire between two cells; 0: ir_drop_g_ratio holds", OWN),
    AIMCI_NUMBER(T, g_max, 5e-6, 1e-30, 1e30, "S",
                 "conductance of a full cell (weight 1), for resistances in ohm", SRC),
    AIMCI_CHOICE(T, ir_drop_amplitude, AIMCI_AMPLITUDE_EXACT, 1, "EXACT|CUBIC",
                 "amplitude of the drop: that of a continuous ladder, or a cubic for small drops",
                 OWN),
    AIMCI_CHOICE(T, ir_loading, AIMCI_LOADING_ACTIVE, 1, "ACTIVE|ALL",
                 "cells that load the wire: in proportion to their input, or all of them", OWN),
    AIMCI_CHOICE(T, noise_management, AIMCI_NM_ABS_MAX, 5,
                 "NONE|ABS_MAX|ABS_MAX_NP_SUM|MAX|CONSTANT|AVERAGE_ABS_MAX",
                 "how inputs are scaled before the DAC", NM),
    AIMCI_NUMBER(T, nm_thres, 0, 0, 1e30, "input",
                 "largest scale (CONSTANT: the scale itself; NONE: not used); 0: no limit", NM),
    AIMCI_NUMBER(T, nm_assumed_wmax, 0.6, 0, 1e30, "weight",
                 "largest weight that ABS_MAX_NP_SUM assumes", SRC),
    AIMCI_NUMBER(T, nm_decay, 1e-3, 1e-30, 1, "1 / vector",
                 "speed of the running average of AVERAGE_ABS_MAX", SRC),
    AIMCI_CHOICE(
        T, bound_management, AIMCI_BM_ITERATIVE, 3, "NONE|ITERATIVE|ITERATIVE_WORST_CASE|SHIFT",
        "what happens when an output hits the ADC bound: repeat with halved inputs; SHIFT: "
        "all outputs move together so that the largest one is at the bound",
        NM),
    AIMCI_NUMBER(T, max_bm_factor, 1000, 1, 1e30, "1", "largest reduction of the inputs", NM),
    AIMCI_NUMBER(T, max_bm_res, 0.25, 0, 1e30, "1",
                 "stop when the reduction exceeds this over the DAC step", SRC),
    AIMCI_FLAG(T, bm_test_negative_bound, 1, "hits of the lower bound count, too", SRC),
    AIMCI_CHILD("cell_mapping", 0, "cell_mapping", "cell_mapping",
                "how signed weights lie on cells", OWN),
    AIMCI_CHILD("wires", 1, "wires", "wires",
                "wires of the crossbar, and the nonlinear I-V of a cell", OWN),
    AIMCI_CHILD("dac", 2, "nonideal_converter", "nonideal_converter",
                "codes and errors of the DACs of range inp_bound", OWN),
    AIMCI_CHILD("adc", 3, "nonideal_converter", "nonideal_converter",
                "codes and errors of the ADCs of range out_bound", OWN),
};

int aimci_dac_bits(double res)
{
    if (res <= 0)
        return 0;
    const double bits = aimci_log2((res > 1 ? res : 1 / res) + 2);
    return fabs(bits - rint(bits)) < 1e-6 && bits < 24.5 ? (int)rint(bits) : 0;
}

static aimc_status refuse(const char *field, double value, const char *why)
{
    return aimci_fail(AIMC_ERR_INVALID, "periphery: %s = %g; %s", field, value, why);
}

/* The worst case of whole inputs is none of digits: each of them may drive all lines fully. */
static aimc_status check_worst_case(const T *p)
{
    const char *why =
        "SPLIT_MODE and BIT_WISE with an ADC for each digit: their sums are not those "
        "of the inputs";
    if (p->mv_type == AIMCI_MV_BIT_WISE && !p->bit_wise_adc)
        return AIMC_OK;
    if (p->noise_management == AIMCI_NM_ABS_MAX_NP_SUM)
        return aimci_fail(AIMC_ERR_INVALID,
                          "periphery: noise_management = ABS_MAX_NP_SUM; not for "
                          "mv_type %s: ABS_MAX",
                          why);
    if (p->bound_management == AIMCI_BM_ITERATIVE_WORST_CASE)
        return aimci_fail(AIMC_ERR_INVALID,
                          "periphery: bound_management = ITERATIVE_WORST_CASE; "
                          "not for mv_type %s: ITERATIVE",
                          why);
    return AIMC_OK;
}

/* SPLIT_MODE and BIT_WISE read the bits of the input's code. */
static aimc_status check_digits(const T *p)
{
    const int bits = aimci_dac_bits(p->inp_res);
    if (bits < 2)
        return refuse("inp_res", p->inp_res,
                      "mv_type SPLIT_MODE and BIT_WISE need 1 / (2^b - 2) with b = 2 ... 24 bits");
    if (p->inp_bound <= 0)
        return refuse("inp_bound", p->inp_bound,
                      "mv_type SPLIT_MODE and BIT_WISE need a bounded DAC");
    if (p->inp_noise > 0)
        return refuse("inp_noise", p->inp_noise,
                      "mv_type SPLIT_MODE and BIT_WISE take the input apart by its code: 0");
    if (p->mv_type == AIMCI_MV_SPLIT_MODE && p->split_mode_bit_shift >= bits - 1)
        return refuse("split_mode_bit_shift", (double)p->split_mode_bit_shift,
                      "less than the magnitude bits of the DAC are needed");
    return check_worst_case(p);
}

static aimc_status check_output(const T *p)
{
    if (p->out_range == AIMCI_RANGE_GRANULAR && p->out_res <= 0)
        return refuse("out_res", p->out_res, "out_range GRANULAR is that of an ADC with steps");
    if (p->out_range == AIMCI_RANGE_GRANULAR && (p->inp_res <= 0 || p->inp_bound <= 0))
        return refuse(p->inp_res <= 0 ? "inp_res" : "inp_bound",
                      p->inp_res <= 0 ? p->inp_res : p->inp_bound,
                      "out_range GRANULAR needs the steps of a DAC");
    if (p->out_bound > 0)
        return AIMC_OK;
    if (p->out_range != AIMCI_RANGE_FIXED)
        return refuse(
            "out_bound", p->out_bound,
            "says that there is no range, but out_range MAX, GRANULAR and CALIBRATED set one");
    if (p->out_nonlinearity > 0)
        return refuse("out_bound", p->out_bound,
                      "out_nonlinearity is relative to it and needs it above 0");
    if (p->r_series > 0 && p->slope_calibration > 0)
        return refuse("out_bound", p->out_bound,
                      "slope_calibration is relative to it and needs it above 0");
    if (p->bound_management == AIMCI_BM_SHIFT)
        return refuse("out_bound", p->out_bound,
                      "bound_management SHIFT moves outputs there and needs it above 0");
    return AIMC_OK;
}

static aimc_status check(const void *values)
{
    const T *p = values;
    if (p->is_perfect || p->mv_type == AIMCI_MV_IDEAL)
        return AIMC_OK;
    if (p->noise_management != AIMCI_NM_NONE && p->inp_bound != 1)
        return refuse("inp_bound", p->inp_bound, "noise_management other than NONE needs 1");
    if (p->w_noise > 0 && p->w_noise_type == AIMCI_WN_NONE)
        return refuse("w_noise", p->w_noise, "w_noise_type NONE has none: set one of the two");
    if (p->w_read_asymmetry_dtod > 0 && p->mv_type != AIMCI_MV_POS_NEG_SEPARATE &&
        p->mv_type != AIMCI_MV_POS_NEG_SEPARATE_DIGITAL_SUM)
        return refuse("w_read_asymmetry_dtod", p->w_read_asymmetry_dtod,
                      "only mv_type POS_NEG_SEPARATE and POS_NEG_SEPARATE_DIGITAL_SUM read the "
                      "signs apart");
    if (p->mv_type == AIMCI_MV_SPLIT_MODE || p->mv_type == AIMCI_MV_BIT_WISE) {
        const aimc_status st = check_digits(p);
        if (st)
            return st;
    }
    return check_output(p);
}

AIMCI_DEFINE_KIND(
    periphery, "periphery",
    "read-out of one direction: DAC, noise and bound management, what the array adds, ADC", SRC,
    fields, T, .n_children = 4, .check = check);
