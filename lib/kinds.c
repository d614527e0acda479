/* SPDX-License-Identifier: MIT */
/* All kinds of configuration, in the order they are listed. The one place that knows every
 * floor. */
#include "core/config.h"

extern const aimci_family aimci_family_ideal, aimci_family_constant_step, aimci_family_linear_step,
    aimci_family_soft_bounds, aimci_family_soft_bounds_pmax, aimci_family_soft_bounds_reference,
    aimci_family_exp_step, aimci_family_pow_step, aimci_family_pow_step_reference,
    aimci_family_piecewise_step, aimci_family_polynomial_step, aimci_family_table_step,
    aimci_family_drift;
extern const aimci_family aimci_family_vector_cell, aimci_family_reference_cell,
    aimci_family_one_sided_cell;
extern const aimci_family aimci_family_sgd, aimci_family_tiki_taka, aimci_family_ttv2,
    aimci_family_c_ttv2, aimci_family_agad, aimci_family_mixed_precision,
    aimci_family_mixed_precision_int;
extern const aimci_family aimci_family_pcm_like, aimci_family_pcm_hermes,
    aimci_family_state_independent, aimci_family_custom_drift, aimci_family_reram_wan2022,
    aimci_family_reram_cmo, aimci_family_polynomial_noise, aimci_family_sonos,
    aimci_family_generic_noise, aimci_family_noise_table;
extern const aimci_family aimci_family_single_pair, aimci_family_n_pair, aimci_family_two_sided,
    aimci_family_custom_pair, aimci_family_single_device, aimci_family_offset, aimci_family_fusion,
    aimci_family_bit_sliced, aimci_family_programming, aimci_family_compensation,
    aimci_family_faults, aimci_family_inference;
extern const aimci_family aimci_family_hwa, aimci_family_modifier, aimci_family_input_range,
    aimci_family_calibration;
extern const aimci_family aimci_family_storage, aimci_family_weight_programming;
extern const aimci_family aimci_family_layer, aimci_family_tile, aimci_family_mapping,
    aimci_family_periphery, aimci_family_cell_mapping, aimci_family_wires, aimci_family_update,
    aimci_family_converter, aimci_family_nonideal_converter, aimci_family_technology;

/* clang-format off */
const aimci_family *const aimci_kinds[] = {
    &aimci_family_ideal,
    &aimci_family_constant_step,
    &aimci_family_linear_step,
    &aimci_family_soft_bounds,
    &aimci_family_soft_bounds_pmax,
    &aimci_family_soft_bounds_reference,
    &aimci_family_exp_step,
    &aimci_family_pow_step,
    &aimci_family_pow_step_reference,
    &aimci_family_piecewise_step,
    &aimci_family_polynomial_step,
    &aimci_family_table_step,
    &aimci_family_vector_cell,
    &aimci_family_reference_cell,
    &aimci_family_one_sided_cell,
    &aimci_family_sgd,
    &aimci_family_tiki_taka,
    &aimci_family_ttv2,
    &aimci_family_c_ttv2,
    &aimci_family_agad,
    &aimci_family_mixed_precision,
    &aimci_family_mixed_precision_int,
    &aimci_family_pcm_like,
    &aimci_family_pcm_hermes,
    &aimci_family_state_independent,
    &aimci_family_custom_drift,
    &aimci_family_reram_wan2022,
    &aimci_family_reram_cmo,
    &aimci_family_polynomial_noise,
    &aimci_family_sonos,
    &aimci_family_generic_noise,
    &aimci_family_noise_table,
    &aimci_family_single_pair,
    &aimci_family_n_pair,
    &aimci_family_two_sided,
    &aimci_family_custom_pair,
    &aimci_family_single_device,
    &aimci_family_offset,
    &aimci_family_fusion,
    &aimci_family_bit_sliced,
    &aimci_family_programming,
    &aimci_family_compensation,
    &aimci_family_faults,
    &aimci_family_inference,
    &aimci_family_hwa,
    &aimci_family_modifier,
    &aimci_family_input_range,
    &aimci_family_calibration,
    &aimci_family_storage,
    &aimci_family_weight_programming,
    &aimci_family_layer,
    &aimci_family_tile,
    &aimci_family_mapping,
    &aimci_family_periphery,
    &aimci_family_cell_mapping,
    &aimci_family_wires,
    &aimci_family_update,
    &aimci_family_drift,
    &aimci_family_converter,
    &aimci_family_nonideal_converter,
    &aimci_family_technology,
};
/* clang-format on */
const size_t aimci_n_kinds = sizeof aimci_kinds / sizeof aimci_kinds[0];
