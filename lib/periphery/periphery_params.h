/* SPDX-License-Identifier: MIT */
/* The parameters of a read-out: what its configuration says. */
#ifndef AIMCI_PERIPHERY_PARAMS_H
#define AIMCI_PERIPHERY_PARAMS_H

#include "core/config.h"

enum {
    AIMCI_MV_IDEAL,
    AIMCI_MV_ONE_PASS,
    AIMCI_MV_POS_NEG_SEPARATE,
    AIMCI_MV_POS_NEG_SEPARATE_DIGITAL_SUM,
    AIMCI_MV_SPLIT_MODE,
    AIMCI_MV_BIT_WISE
};
enum {
    AIMCI_NM_NONE,
    AIMCI_NM_ABS_MAX,
    AIMCI_NM_ABS_MAX_NP_SUM,
    AIMCI_NM_MAX,
    AIMCI_NM_CONSTANT,
    AIMCI_NM_AVERAGE_ABS_MAX
};
enum { AIMCI_BM_NONE, AIMCI_BM_ITERATIVE, AIMCI_BM_ITERATIVE_WORST_CASE, AIMCI_BM_SHIFT };
enum { AIMCI_WN_NONE, AIMCI_WN_ADDITIVE_CONSTANT, AIMCI_WN_PCM_READ };
enum { AIMCI_LOADING_ACTIVE, AIMCI_LOADING_ALL };
enum { AIMCI_AMPLITUDE_EXACT, AIMCI_AMPLITUDE_CUBIC };
enum { AIMCI_RANGE_FIXED, AIMCI_RANGE_MAX, AIMCI_RANGE_GRANULAR, AIMCI_RANGE_CALIBRATED };

/* Values of the kind "periphery". */
typedef struct aimci_periphery_params {
    double inp_bound, inp_res, inp_noise, inp_asymmetry;
    double out_bound, out_res, out_noise, out_noise_std, out_asymmetry, out_scale;
    double current_bound;
    double nm_thres, nm_assumed_wmax, nm_decay;
    double max_bm_factor, max_bm_res;
    double w_noise, w_read_asymmetry_dtod;
    double ir_drop, ir_drop_g_ratio, wire_resistance_per_cell, g_max;
    double out_nonlinearity, out_nonlinearity_std, slope_calibration;
    double v_offset_std, v_offset_w_min, r_series, r_series_max_total;
    int64_t split_mode_bit_shift, bit_wise_bits;
    int32_t mv_type, noise_management, bound_management, out_range;
    int32_t w_noise_type, ir_loading, ir_drop_amplitude;
    bool is_perfect, inp_sto_round, out_sto_round, bm_test_negative_bound;
    bool bit_wise_adc;
} aimci_periphery_params;

/* Bits of the DAC: res = 1 / (2^bits - 2); 0 when it is none of these. */
int aimci_dac_bits(double res);

#endif
