/* SPDX-License-Identifier: MIT */
/* Offsets of the public structs, pinned: compiling this file is the test. 64-bit hosts. */
#include <stddef.h>

#include <aimc/aimc.h>

#define AT(type, field, offset)                                                                    \
    _Static_assert(sizeof(void *) != 8 || offsetof(type, field) == (offset), #type "." #field)

AT(aimc_context_params, flags, 4);
AT(aimc_context_params, seed, 8);
AT(aimc_context_params, n_threads, 16);
AT(aimc_context_params, cpu_mask, 20);
AT(aimc_context_params, allocator, 24);
AT(aimc_context_params, logger, 48);
AT(aimc_context_params, executor, 64);
AT(aimc_field_info, type, 4);
AT(aimc_field_info, name, 8);
AT(aimc_field_info, choices, 40);
AT(aimc_field_info, default_value, 48);
AT(aimc_field_info, max, 64);
AT(aimc_preset_info, is_preset, 4);
AT(aimc_preset_info, name, 8);
AT(aimc_preset_info, aliases, 48);
AT(aimc_device_info, is_ideal, 4);
AT(aimc_device_info, granularity, 8);
AT(aimc_device_info, w_max, 56);
AT(aimc_user_cells, n_parameters, 4);
AT(aimc_user_cells, n, 8);
AT(aimc_user_cells, parameters, 40);
AT(aimc_user_cells, direction, 72);
AT(aimc_user_cells, uniforms, 144);
AT(aimc_user_device, n_parameters, 4);
AT(aimc_user_device, name, 8);
AT(aimc_user_device, user, 48);
AT(aimc_user_device, granularity, 56);
AT(aimc_user_device, populate, 80);
AT(aimc_user_device, release, 96);
AT(aimc_counters, pulses_up, 8);
AT(aimc_counters, weight_writes, 96);
AT(aimc_network_info, n_layers, 4);
AT(aimc_network_info, n_samples, 56);
AT(aimc_stages, cycle, 4);
AT(aimc_stages, alpha, 16);
AT(aimc_stages, prepared, 32);
AT(aimc_stages, result, 64);
AT(aimc_optimizer_stats, transfers, 8);
AT(aimc_optimizer_stats, slow_down, 64);
AT(aimc_optimizer_step_info, step, 8);
AT(aimc_optimizer_step_info, clipped, 72);
AT(aimc_noise_model_info, g_min_us, 8);
AT(aimc_noise_model_info, last_time_s, 32);
AT(aimc_inference_report, n_weights, 8);
AT(aimc_inference_report, write_time_s, 64);
AT(aimc_inference_report, gain_max, 104);
AT(aimc_storage_report, codes, 8);
AT(aimc_storage_report, bits_per_bit, 56);

_Static_assert(AIMC_ERR_INTERNAL == -9, "status numbers are never reused");
_Static_assert(AIMC_TANH == 1 && AIMC_RELU == 2 && AIMC_SIGMOID == 3, "enum values stay");

int main(void)
{
    return 0;
}
