/* SPDX-License-Identifier: MIT */
/* All device models: a new one is one line in each list. */
#include "device/model.h"

extern const aimci_device_model aimci_model_constant_step;
extern const aimci_device_model aimci_model_exp_step;
extern const aimci_device_model aimci_model_ideal;
extern const aimci_device_model aimci_model_linear_step;
extern const aimci_device_model aimci_model_piecewise_step;
extern const aimci_device_model aimci_model_polynomial_step;
extern const aimci_device_model aimci_model_pow_step;
extern const aimci_device_model aimci_model_pow_step_reference;
extern const aimci_device_model aimci_model_soft_bounds;
extern const aimci_device_model aimci_model_soft_bounds_pmax;
extern const aimci_device_model aimci_model_soft_bounds_reference;
extern const aimci_device_model aimci_model_table_step;
extern const aimci_device_model aimci_model_vector_cell, aimci_model_reference_cell,
    aimci_model_one_sided_cell;

/* clang-format off */
const aimci_device_model *const aimci_device_models[] = {
    &aimci_model_ideal,
    &aimci_model_constant_step,
    &aimci_model_linear_step,
    &aimci_model_soft_bounds,
    &aimci_model_soft_bounds_pmax,
    &aimci_model_soft_bounds_reference,
    &aimci_model_exp_step,
    &aimci_model_pow_step,
    &aimci_model_pow_step_reference,
    &aimci_model_piecewise_step,
    &aimci_model_polynomial_step,
    &aimci_model_table_step,
    &aimci_model_vector_cell,
    &aimci_model_reference_cell,
    &aimci_model_one_sided_cell,
};
/* clang-format on */
const size_t aimci_n_device_models = sizeof aimci_device_models / sizeof aimci_device_models[0];
