# SPDX-License-Identifier: MIT
"""Made from include/aimc by abi_from_headers.py; do not edit."""
import ctypes as ct
from typing import Any, Dict, NamedTuple, Tuple

AIMC_VERSION_MAJOR = 0
AIMC_VERSION_MINOR = 1
AIMC_VERSION_PATCH = 0
AIMC_ABI_VERSION = 0
AIMC_RNG_STREAM_VERSION = 4
AIMC_FLAG_DETERMINISTIC = 1
AIMC_FLAG_UNCOUNTED = 2
AIMC_USER_PARAMETERS = 4
AIMC_USER_CELLS = 32
AIMC_USER_NORMALS = 8
AIMC_USER_UNIFORMS = 2
AIMC_FIT_PARAMETERS = 8
AIMC_ACTIVITY_ONE = 65536
AIMC_NETWORK_BATCH = 256
AIMC_COST_BITS = 25

# aimc_status
AIMC_OK = 0
AIMC_ERR_INVALID = -1
AIMC_ERR_UNSUPPORTED = -2
AIMC_ERR_NOMEM = -3
AIMC_ERR_ABI = -4
AIMC_ERR_SHAPE = -5
AIMC_ERR_STATE = -6
AIMC_ERR_IO = -7
AIMC_ERR_FORMAT = -8
AIMC_ERR_INTERNAL = -9

# aimc_log_level
AIMC_LOG_ERROR = 0
AIMC_LOG_WARNING = 1
AIMC_LOG_INFO = 2

# aimc_cpu
AIMC_CPU_C = 1
AIMC_CPU_AVX2 = 2
AIMC_CPU_AVX512 = 4
AIMC_CPU_NEON = 8

# aimc_field_type
AIMC_FIELD_NUMBER = 0
AIMC_FIELD_INTEGER = 1
AIMC_FIELD_FLAG = 2
AIMC_FIELD_CHOICE = 3
AIMC_FIELD_LIST = 4
AIMC_FIELD_CONFIG = 5

# aimc_basis
AIMC_BASIS_NONE = 0
AIMC_BASIS_PUBLISHED = 1
AIMC_BASIS_DERIVED = 2
AIMC_BASIS_ASSUMED = 3

# aimc_range_method
AIMC_RANGE_MAX = 0
AIMC_RANGE_QUANTILE = 1
AIMC_RANGE_DEVIATION = 2
AIMC_RANGE_LEAST_ERROR = 3
AIMC_RANGE_MEAN_SQUARE = 4
AIMC_RANGE_ENTROPY = 5

# aimc_direction
AIMC_FORWARD = 0
AIMC_BACKWARD = 1

# aimc_activation
AIMC_TANH = 1
AIMC_RELU = 2
AIMC_SIGMOID = 3

# aimc_quantity
AIMC_QUANTITY_INPUT = 0
AIMC_QUANTITY_OUTPUT = 1
AIMC_QUANTITY_WEIGHT = 2
AIMC_QUANTITY_CONDUCTANCE = 3

# aimc_cost_part
AIMC_COST_ARRAY = 0
AIMC_COST_LINES = 1
AIMC_COST_DAC = 2
AIMC_COST_ADC = 3
AIMC_COST_DIGITAL = 4
AIMC_COST_BUFFER = 5
AIMC_COST_INTERCONNECT = 6
AIMC_COST_WRITE_UP = 7
AIMC_COST_WRITE_DOWN = 8
AIMC_COST_ACCUMULATOR = 9
AIMC_COST_VERIFY = 10
AIMC_COST_GRADIENT = 11
AIMC_COST_DRAM = 12
AIMC_COST_LEAKAGE = 13
AIMC_COST_PARTS = 14

# aimc_memory_code
AIMC_CODE_NONE = 0
AIMC_CODE_PARITY = 1
AIMC_CODE_SECDED = 2
AIMC_CODE_TMR = 3


class aimc_allocator(ct.Structure):
    """context.h"""
    _fields_ = [
        ("user", ct.c_void_p),
        ("alloc", ct.CFUNCTYPE(ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_size_t)),
        ("free", ct.CFUNCTYPE(None, ct.c_void_p, ct.c_void_p)),
    ]



class aimc_logger(ct.Structure):
    """context.h"""
    _fields_ = [
        ("user", ct.c_void_p),
        ("log", ct.CFUNCTYPE(None, ct.c_void_p, ct.c_int, ct.c_char_p)),
    ]



class aimc_executor(ct.Structure):
    """context.h"""
    _fields_ = [
        ("user", ct.c_void_p),
        ("run", ct.CFUNCTYPE(None, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p)),
    ]



class aimc_context_params(ct.Structure):
    """context.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("flags", ct.c_uint32),
        ("seed", ct.c_uint64),
        ("n_threads", ct.c_uint32),
        ("cpu_mask", ct.c_uint32),
        ("allocator", aimc_allocator),
        ("logger", aimc_logger),
        ("executor", aimc_executor),
        ("max_file_bytes", ct.c_uint64),
    ]



class aimc_field_info(ct.Structure):
    """config.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("type", ct.c_int32),
        ("name", ct.c_char_p),
        ("unit", ct.c_char_p),
        ("doc", ct.c_char_p),
        ("source", ct.c_char_p),
        ("choices", ct.c_char_p),
        ("default_value", ct.c_double),
        ("min", ct.c_double),
        ("max", ct.c_double),
    ]



class aimc_evidence(ct.Structure):
    """config.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("basis", ct.c_int32),
        ("low", ct.c_double),
        ("high", ct.c_double),
        ("source", ct.c_char_p),
    ]



class aimc_preset_info(ct.Structure):
    """config.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("is_preset", ct.c_int32),
        ("name", ct.c_char_p),
        ("category", ct.c_char_p),
        ("kind", ct.c_char_p),
        ("doc", ct.c_char_p),
        ("source", ct.c_char_p),
        ("aliases", ct.c_char_p),
    ]



class aimc_table_params(ct.Structure):
    """table.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("columns", ct.c_char_p),
        ("delimiter", ct.c_char_p),
        ("decimal", ct.c_char_p),
    ]



class aimc_extrapolation(ct.Structure):
    """extrapolation.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("constant", ct.c_char_p),
        ("variable", ct.c_char_p),
        ("unit", ct.c_char_p),
        ("source", ct.c_char_p),
        ("value", ct.c_double),
        ("first", ct.c_double),
        ("last", ct.c_double),
    ]



class aimc_device_info(ct.Structure):
    """device.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("is_ideal", ct.c_int32),
        ("granularity", ct.c_double),
        ("num_states", ct.c_double),
        ("step_up_at_0", ct.c_double),
        ("step_down_at_0", ct.c_double),
        ("symmetry_point", ct.c_double),
        ("w_min", ct.c_double),
        ("w_max", ct.c_double),
    ]



class aimc_user_cells(ct.Structure):
    """device.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_parameters", ct.c_uint32),
        ("n", ct.c_uint64),
        ("w", ct.c_void_p),
        ("w_max", ct.c_void_p),
        ("w_min", ct.c_void_p),
        ("parameters", ct.c_void_p * 4),
        ("direction", ct.c_void_p),
        ("normals", ct.c_void_p * 8),
        ("uniforms", ct.c_void_p * 2),
    ]



class aimc_user_device(ct.Structure):
    """device.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_parameters", ct.c_uint32),
        ("name", ct.c_char_p),
        ("parameter_names", ct.c_char_p * 4),
        ("user", ct.c_void_p),
        ("granularity", ct.c_double),
        ("w_min", ct.c_double),
        ("w_max", ct.c_double),
        ("populate", ct.CFUNCTYPE(None, ct.c_void_p, ct.POINTER(aimc_user_cells))),
        ("pulse", ct.CFUNCTYPE(None, ct.c_void_p, ct.POINTER(aimc_user_cells))),
        ("release", ct.CFUNCTYPE(None, ct.c_void_p)),
    ]



class aimc_fit_result(ct.Structure):
    """device.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_parameters", ct.c_uint32),
        ("model", ct.c_char_p),
        ("name", ct.c_char_p * 8),
        ("value", ct.c_double * 8),
        ("low", ct.c_double * 8),
        ("high", ct.c_double * 8),
        ("w_start", ct.c_double),
        ("residual", ct.c_double),
        ("aic", ct.c_double),
        ("n_points", ct.c_uint64),
    ]



class aimc_measurement_params(ct.Structure):
    """measurement.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("first_device", ct.c_uint32),
        ("pairs", ct.c_char_p),
        ("new_devices", ct.c_uint32),
    ]



class aimc_trace_info(ct.Structure):
    """measurement.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("device", ct.c_uint32),
        ("n", ct.c_uint64),
        ("state", ct.c_void_p),
        ("pulses", ct.c_void_p),
        ("time", ct.c_void_p),
        ("life", ct.c_void_p),
        ("low", ct.c_void_p),
    ]



class aimc_fit_params(ct.Structure):
    """measurement.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("model", ct.c_char_p),
        ("scale", ct.c_double),
        ("offset", ct.c_double),
    ]



class aimc_fit_trace(ct.Structure):
    """measurement.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("device", ct.c_uint32),
        ("n", ct.c_uint64),
        ("weight", ct.c_void_p),
        ("predicted", ct.c_void_p),
        ("residual", ct.c_void_p),
    ]



class aimc_linearity(ct.Structure):
    """converter.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_codes", ct.c_uint32),
        ("missing_codes", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("max_dnl", ct.c_double),
        ("max_inl", ct.c_double),
        ("gain", ct.c_double),
        ("offset", ct.c_double),
        ("sndr", ct.c_double),
        ("enob", ct.c_double),
    ]



class aimc_counters(ct.Structure):
    """tile.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("pulses_up", ct.c_uint64),
        ("pulses_down", ct.c_uint64),
        ("updates", ct.c_uint64),
        ("pulse_slots", ct.c_uint64),
        ("forward_vectors", ct.c_uint64),
        ("forward_passes", ct.c_uint64),
        ("backward_vectors", ct.c_uint64),
        ("backward_passes", ct.c_uint64),
        ("dac_conversions", ct.c_uint64),
        ("adc_conversions", ct.c_uint64),
        ("clipped_outputs", ct.c_uint64),
        ("weight_writes", ct.c_uint64),
        ("accumulations", ct.c_uint64),
        ("gradient_macs", ct.c_uint64),
        ("program_pulses", ct.c_uint64),
        ("verify_reads", ct.c_uint64),
        ("activity_reads", ct.c_uint64),
        ("input_activity", ct.c_uint64),
        ("input_activity_squared", ct.c_uint64),
        ("conductance_activity", ct.c_uint64),
        ("conductance_activity_squared", ct.c_uint64),
        ("devices", ct.c_uint64),
        ("activity_inputs", ct.c_uint64),
    ]



class aimc_stages(ct.Structure):
    """periphery.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("cycle", ct.c_uint32),
        ("n_cycles", ct.c_uint32),
        ("n_passes", ct.c_uint32),
        ("alpha", ct.c_double),
        ("reduction", ct.c_double),
        ("prepared", ct.c_void_p),
        ("current", ct.c_void_p),
        ("noisy", ct.c_void_p),
        ("code", ct.c_void_p),
        ("result", ct.c_void_p),
    ]



class aimc_readout_info(ct.Structure):
    """periphery.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_cycles", ct.c_uint32),
        ("has_dac", ct.c_int32),
        ("has_adc", ct.c_int32),
        ("n_steps", ct.c_uint32),
        ("n_column_sets", ct.c_uint32),
        ("dac_bits", ct.c_uint32),
        ("adc_bits", ct.c_uint32),
        ("n_cells", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("n_dac_conversions", ct.c_uint32),
        ("n_adc_conversions", ct.c_uint32),
    ]



class aimc_optimizer_stats(ct.Structure):
    """optimizer.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("transfers", ct.c_uint64),
        ("reads", ct.c_uint64),
        ("crossings", ct.c_uint64),
        ("clipped", ct.c_uint64),
        ("fast_up", ct.c_uint64),
        ("fast_down", ct.c_uint64),
        ("slow_up", ct.c_uint64),
        ("slow_down", ct.c_uint64),
    ]



class aimc_optimizer_step_info(ct.Structure):
    """optimizer.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("step", ct.c_uint64),
        ("n_vectors", ct.c_uint64),
        ("lr", ct.c_double),
        ("pulses_up", ct.c_uint64),
        ("pulses_down", ct.c_uint64),
        ("transfers", ct.c_uint64),
        ("reads", ct.c_uint64),
        ("crossings", ct.c_uint64),
        ("clipped", ct.c_uint64),
    ]


aimc_optimizer_watch_fn = ct.CFUNCTYPE(None, ct.c_void_p, ct.c_void_p, ct.POINTER(aimc_optimizer_step_info))


class aimc_noise_model_info(ct.Structure):
    """inference.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("g_min_us", ct.c_double),
        ("g_max_us", ct.c_double),
        ("first_time_s", ct.c_double),
        ("last_time_s", ct.c_double),
    ]



class aimc_inference_report(ct.Structure):
    """inference.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("n_weights", ct.c_uint64),
        ("n_devices", ct.c_uint64),
        ("n_faulty", ct.c_uint64),
        ("pulses", ct.c_uint64),
        ("verify_reads", ct.c_uint64),
        ("iterations", ct.c_uint64),
        ("unconverged", ct.c_uint64),
        ("write_time_s", ct.c_double),
        ("t_s", ct.c_double),
        ("weight_error", ct.c_double),
        ("gain_mean", ct.c_double),
        ("gain_min", ct.c_double),
        ("gain_max", ct.c_double),
        ("extrapolated", ct.c_uint64),
    ]



class aimc_conductance_info(ct.Structure):
    """inference.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_devices", ct.c_uint32),
        ("has_shared", ct.c_uint32),
        ("is_given", ct.c_uint32),
        ("n_conductances", ct.c_uint64),
        ("g_min_us", ct.c_double),
        ("g_max_us", ct.c_double),
        ("most_us", ct.c_double),
    ]



class aimc_storage_report(ct.Structure):
    """inference.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("codes", ct.c_uint64),
        ("flips", ct.c_uint64),
        ("corrected", ct.c_uint64),
        ("detected", ct.c_uint64),
        ("wrong", ct.c_uint64),
        ("bit_error_rate", ct.c_double),
        ("bits_per_bit", ct.c_double),
    ]



class aimc_network_info(ct.Structure):
    """network_state.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_layers", ct.c_uint32),
        ("n_in", ct.c_uint64),
        ("n_out", ct.c_uint64),
        ("n_parameters", ct.c_uint64),
        ("n_analog", ct.c_uint64),
        ("n_tiles", ct.c_uint64),
        ("n_batches", ct.c_uint64),
        ("n_samples", ct.c_uint64),
    ]



class aimc_layer_info(ct.Structure):
    """network_state.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("is_analog", ct.c_uint32),
        ("op", ct.c_char_p),
        ("n_out", ct.c_uint64),
        ("n_in", ct.c_uint64),
        ("n_parameters", ct.c_uint64),
        ("n_tiles", ct.c_uint64),
        ("name", ct.c_char_p),
        ("n_matrices", ct.c_uint64),
        ("n_macs", ct.c_uint64),
        ("input", ct.c_uint32),
        ("output", ct.c_uint32),
    ]



class aimc_tensor_info(ct.Structure):
    """network_state.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_dims", ct.c_uint32),
        ("shape", ct.c_uint64 * 6),
        ("size", ct.c_uint64),
        ("is_analog", ct.c_uint32),
        ("is_trained", ct.c_uint32),
        ("name", ct.c_char * 160),
    ]



class aimc_converter_cost(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("below_floor", ct.c_int32),
        ("energy_j", ct.c_double),
        ("time_s", ct.c_double),
        ("area_m2", ct.c_double),
        ("floor_j", ct.c_double),
    ]



class aimc_cost_events(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("macs", ct.c_double),
        ("reads", ct.c_double),
        ("active_conductance_s", ct.c_double),
        ("rows_charged", ct.c_double),
        ("columns_charged", ct.c_double),
        ("read_steps", ct.c_double),
        ("dac_conversions", ct.c_double),
        ("adc_conversions", ct.c_double),
        ("adc_steps", ct.c_double),
        ("digital_adds", ct.c_double),
        ("buffer_bytes", ct.c_double),
        ("moved_bits", ct.c_double),
        ("dram_bytes", ct.c_double),
        ("pulses_up", ct.c_double),
        ("pulses_down", ct.c_double),
        ("write_steps", ct.c_double),
        ("accumulations", ct.c_double),
        ("gradient_macs", ct.c_double),
        ("verify_reads", ct.c_double),
        ("tiles", ct.c_double),
        ("cells", ct.c_double),
        ("dacs", ct.c_double),
        ("accumulators", ct.c_double),
        ("devices", ct.c_double),
        ("off_cells", ct.c_double),
        ("unit_weights", ct.c_double),
        ("unseen_cells", ct.c_double),
        ("driven_cells", ct.c_double),
        ("row_cells", ct.c_double),
        ("column_cells", ct.c_double),
        ("settle_cells_squared", ct.c_double),
        ("read_s", ct.c_double),
        ("adc_s", ct.c_double),
        ("samples", ct.c_double),
        ("core_adds", ct.c_double),
        ("activations", ct.c_double),
        ("pooled", ct.c_double),
        ("input_register_bits", ct.c_double),
        ("output_register_bits", ct.c_double),
        ("core_register_bits", ct.c_double),
        ("global_buffer_bytes", ct.c_double),
        ("hop_bits", ct.c_double),
        ("link_bits", ct.c_double),
        ("columns", ct.c_double),
        ("adcs", ct.c_double),
        ("split_tiles", ct.c_double),
        ("dac_conversions_of", ct.c_double * 25),
        ("adc_conversions_of", ct.c_double * 25),
    ]



class aimc_cost_item(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("name", ct.c_char_p),
        ("count", ct.c_double),
        ("unit_j", ct.c_double),
        ("energy_j", ct.c_double),
        ("time_s", ct.c_double),
        ("area_m2", ct.c_double),
    ]



class aimc_cost_report(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("adc_below_floor", ct.c_int32),
        ("parts", aimc_cost_item * AIMC_COST_PARTS),
        ("energy_j", ct.c_double),
        ("time_s", ct.c_double),
        ("area_m2", ct.c_double),
        ("j_per_mac", ct.c_double),
        ("ops_per_j", ct.c_double),
        ("ops_per_s_m2", ct.c_double),
        ("co2_kg", ct.c_double),
        ("pulses_per_device", ct.c_double),
        ("endurance_used", ct.c_double),
        ("endurance", ct.c_double),
        ("devices", ct.c_double),
    ]



class aimc_cost_shape(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("n_out", ct.c_uint64),
        ("n_in", ct.c_uint64),
        ("tiles_out", ct.c_uint64),
        ("tiles_in", ct.c_uint64),
        ("n_steps", ct.c_uint32),
        ("n_column_sets", ct.c_uint32),
        ("dac_bits", ct.c_uint32),
        ("adc_bits", ct.c_uint32),
        ("n_cells", ct.c_uint32),
        ("reserved2", ct.c_uint32),
        ("backward_steps", ct.c_uint32),
        ("backward_column_sets", ct.c_uint32),
        ("backward_dac_bits", ct.c_uint32),
        ("backward_adc_bits", ct.c_uint32),
        ("backward_dac_conversions", ct.c_uint32),
        ("backward_adc_conversions", ct.c_uint32),
    ]



class aimc_cost_layer(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("n_out", ct.c_uint64),
        ("n_in", ct.c_uint64),
        ("vectors", ct.c_double),
        ("pooled", ct.c_double),
        ("n_steps", ct.c_uint32),
        ("n_column_sets", ct.c_uint32),
        ("dac_bits", ct.c_uint32),
        ("adc_bits", ct.c_uint32),
        ("n_cells", ct.c_uint32),
        ("n_conversions", ct.c_uint32),
    ]



class aimc_cost_component(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("part", ct.c_int32),
        ("name", ct.c_char_p),
        ("unit", ct.c_char_p),
        ("doc", ct.c_char_p),
        ("count", ct.c_double),
        ("unit_j", ct.c_double),
        ("energy_j", ct.c_double),
        ("time_s", ct.c_double),
        ("instances", ct.c_double),
        ("area_m2", ct.c_double),
        ("leakage_w", ct.c_double),
    ]



class aimc_cost_range(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("n_doubts", ct.c_uint32),
        ("low_j", ct.c_double),
        ("nominal_j", ct.c_double),
        ("high_j", ct.c_double),
    ]



class aimc_cost_sensitivity(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("basis", ct.c_int32),
        ("name", ct.c_char_p),
        ("low", ct.c_double),
        ("high", ct.c_double),
        ("low_j", ct.c_double),
        ("high_j", ct.c_double),
    ]



class aimc_cost_schedule(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("bottleneck", ct.c_uint32),
        ("latency_s", ct.c_double),
        ("interval_s", ct.c_double),
        ("utilisation", ct.c_double),
    ]



class aimc_cost_baseline(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("assumed", ct.c_int32),
        ("name", ct.c_char_p),
        ("source", ct.c_char_p),
        ("j_per_mac", ct.c_double),
    ]



class aimc_cost_supply(ct.Structure):
    """energy.h"""
    _fields_ = [
        ("struct_size", ct.c_uint32),
        ("reserved", ct.c_uint32),
        ("v0", ct.c_double),
        ("energy", ct.c_double),
        ("delay", ct.c_double),
        ("bits_per_bit", ct.c_double),
        ("bit_error_rate", ct.c_double),
        ("uncorrected", ct.c_double),
        ("unnoticed", ct.c_double),
    ]



class Evidence(NamedTuple):
    """Where the value of a number is from, and between which values it may lie.

    basis: aimc_basis
    low: smallest value that it may have; the value when nobody said
    high: largest value that it may have; the value when nobody said
    source: valid as long as the configuration and until the field is set
    """
    basis: int
    low: float
    high: float
    source: str


class Extrapolation(NamedTuple):
    """One fitted constant that is used outside its range.

    constant: what was fitted: "survey_energy"
    variable: what it is a function of: "adc_bits"
    unit: of value, first and last
    source: what it was fitted to
    value: what it is used at
    first: begin of the range
    last: end of the range; equal to first where one value was measured
    """
    constant: str
    variable: str
    unit: str
    source: str
    value: float
    first: float
    last: float


class DeviceInfo(NamedTuple):
    """Figures of the mean device (no device-to-device spread).

    is_ideal: 1: no pulses, exact updates, no bounds
    granularity: size of one pulse as the pulse count arithmetic uses it, weight units
    num_states: (w_max - w_min) / granularity; 0 when ideal
    step_up_at_0: mean step of one up pulse at weight 0, weight units
    step_down_at_0: mean step of one down pulse at weight 0, weight units (positive)
    symmetry_point: weight where both mean steps are equal; NaN when there is none or no single one
    w_min: mean lower bound; -infinity when ideal
    w_max: mean upper bound; +infinity when ideal
    """
    is_ideal: int
    granularity: float
    num_states: float
    step_up_at_0: float
    step_down_at_0: float
    symmetry_point: float
    w_min: float
    w_max: float


class Counters(NamedTuple):
    """Events counted while running; what energy, time and endurance are computed from.

    pulses_up: up pulses that reached a device
    pulses_down: down pulses that reached a device
    updates: vector updates (rank-1) asked for
    pulse_slots: time slots of pulse trains, summed over the updates
    forward_vectors: vectors asked for, forward
    forward_passes: array reads really made, forward: every repetition of bound management counts
    backward_vectors: vectors asked for, backward
    backward_passes: array reads really made, backward
    dac_conversions: input conversions, both directions
    adc_conversions: output conversions, both directions
    clipped_outputs: outputs that hit the ADC bound in a result that was returned
    weight_writes: cells set directly by aimc_tile_set_weights()
    accumulations: additions to digital accumulators: each weight's once a mini-batch in mixed
        precision, each element of a slice that is read into a buffer
    gradient_macs: digital multiply-accumulates of outer products: mixed precision
    program_pulses: pulses to programmed devices, aimc_tile_program()
    verify_reads: reads of single devices between those
    activity_reads: array reads that the next four tell of: of single lines always, of arrays while
        aimc_tile_count_activity() is on
    input_activity: sum over reads and inputs j of |x_j| (input of full scale: 1) times the cells of
        the line, in 1 / AIMC_ACTIVITY_ONE
    input_activity_squared: the same with x_j^2
    conductance_activity: sum over reads and inputs of |x_j| sum_i g_ij in 1 / AIMC_ACTIVITY_ONE; g
        is |w|, on programmed devices the summed conductance of the weight over the largest of a
        device
    conductance_activity_squared: the same with x_j^2
    devices: no event: the devices that these pulses went to. One for each weight of an array whose
        model takes pulses, for every member of a unit cell, those that rest included, for every
        array of the optimizer that is bound, and what aimc_tile_program() put there; of a
        programmed tile those alone, unless other pulses were counted, too
    activity_inputs: inputs other than 0, summed over the reads that activity_reads counts: word
        lines that were driven
    """
    pulses_up: int
    pulses_down: int
    updates: int
    pulse_slots: int
    forward_vectors: int
    forward_passes: int
    backward_vectors: int
    backward_passes: int
    dac_conversions: int
    adc_conversions: int
    clipped_outputs: int
    weight_writes: int
    accumulations: int
    gradient_macs: int
    program_pulses: int
    verify_reads: int
    activity_reads: int
    input_activity: int
    input_activity_squared: int
    conductance_activity: int
    conductance_activity_squared: int
    devices: int
    activity_inputs: int


class ReadoutInfo(NamedTuple):
    """How a direction is read.

    n_cycles: reads of the array in one product
    has_dac: 1: inputs are converted from codes; 0: a perfect read-out, or a DAC without steps
        (inp_res or inp_bound <= 0)
    has_adc: 1: outputs are converted to codes; 0: a perfect read-out, or an ADC without steps
        (out_res or out_bound <= 0)
    n_steps: reads that follow one another: ways to look at the inputs, by digit of their code or by
        sign
    n_column_sets: columns side by side that are read in each step: those of every bit slice, and of
        every sign that is converted by itself
    dac_bits: bits of one input conversion, the sign included where there is one: those of the
        widest digit; 0: has_dac is 0
    adc_bits: bits of one output conversion; 0: has_adc is 0
    n_cells: cells of a weight, all slices; 0: cell_mapping does not say
    n_dac_conversions: conversions of an input in one product
    n_adc_conversions: conversions of an output in one product
    """
    n_cycles: int
    has_dac: int
    has_adc: int
    n_steps: int
    n_column_sets: int
    dac_bits: int
    adc_bits: int
    n_cells: int
    n_dac_conversions: int
    n_adc_conversions: int


class OptimizerStats(NamedTuple):
    """What an algorithm has done since it was created; zero where it has no such thing.

    transfers: transfer events
    reads: slices read
    crossings: buffer elements that reached their threshold
    clipped: crossings cut to the longest write
    fast_up: up pulses on the fast array
    fast_down: down pulses on the fast array
    slow_up: up pulses of transfers
    slow_down: down pulses of transfers
    """
    transfers: int
    reads: int
    crossings: int
    clipped: int
    fast_up: int
    fast_down: int
    slow_up: int
    slow_down: int


class StepInfo(NamedTuple):
    """What one step did.

    step: steps of this optimizer so far, this one included
    n_vectors: vectors of the mini-batch
    lr: its learning rate
    pulses_up: up pulses to all devices of the tile and the optimizer
    pulses_down: down pulses
    transfers: transfer events
    reads: slices read
    crossings: buffer elements that reached their threshold
    clipped: crossings cut to the longest write
    """
    step: int
    n_vectors: int
    lr: float
    pulses_up: int
    pulses_down: int
    transfers: int
    reads: int
    crossings: int
    clipped: int


class NoiseModelInfo(NamedTuple):
    """Figures of a noise model.

    g_min_us: smallest conductance that is programmed, uS
    g_max_us: largest conductance that is programmed, uS
    first_time_s: first measured time, s; both times 0: the law holds at any time
    last_time_s: last measured time, s
    """
    g_min_us: float
    g_max_us: float
    first_time_s: float
    last_time_s: float


class InferenceReport(NamedTuple):
    """What programming, drift or compensation did; of a matrix or network the sums, and averages
    over its weights.

    n_weights: weights that lie on devices
    n_devices: devices they lie on: all of a unit cell, all of an encoding
    n_faulty: devices that cannot be written
    pulses: write pulses to devices, the first shot of each included
    verify_reads: reads of write loops: of single devices, or of vectors
    iterations: rounds of the write loop; the largest of all tiles
    unconverged: devices that the write loop left out of tolerance
    write_time_s: time of all pulses and verify reads, one after the other, s
    t_s: time since the end of programming, s
    weight_error: |W read - W target| / |W target| (Frobenius), after compensation
    gain_mean: digital gain of the outputs, 1 before compensation
    gain_min: smallest of them
    gain_max: largest of them
    extrapolated: fits of the noise model outside their range at t_s, which
        aimc_noise_model_get_extrapolation() tells; the most of all tiles
    """
    n_weights: int
    n_devices: int
    n_faulty: int
    pulses: int
    verify_reads: int
    iterations: int
    unconverged: int
    write_time_s: float
    t_s: float
    weight_error: float
    gain_mean: float
    gain_min: float
    gain_max: float
    extrapolated: int


class ConductanceInfo(NamedTuple):
    """The devices that the weights of a programmed tile lie on.

    n_devices: devices of each weight, as the encoding says
    has_shared: 1: besides one device for each input, which all outputs share
    is_given: 1: conductances were set by aimc_tile_set_conductances()
    n_conductances: n_devices n_out n_in, and n_in shared ones where there are any
    g_min_us: smallest conductance that is programmed, uS
    g_max_us: largest conductance that is programmed, uS
    most_us: largest that may be set, uS: 10 g_max
    """
    n_devices: int
    has_shared: int
    is_given: int
    n_conductances: int
    g_min_us: float
    g_max_us: float
    most_us: float


class StorageReport(NamedTuple):
    """What bit flips did.

    codes: 8-bit codes stored
    flips: bits that were wrong, check bits and copies included
    corrected: SECDED: words, TMR: codes, that came back right despite flips
    detected: PARITY: codes, SECDED: words, read as 0
    wrong: codes that came back different
    bit_error_rate: rate of the flips
    bits_per_bit: stored bits for each bit of data: the cost of the code
    """
    codes: int
    flips: int
    corrected: int
    detected: int
    wrong: int
    bit_error_rate: float
    bits_per_bit: float


class NetworkInfo(NamedTuple):
    """Progress of training, saved with the network.

    n_layers: nodes
    n_in: numbers of all inputs
    n_out: numbers of all outputs (classes)
    n_parameters: weights, biases and other trained numbers
    n_analog: weights on analog tiles
    n_tiles: analog tiles
    n_batches: mini-batches trained since creation, over save and load
    n_samples: samples trained since creation, over save and load
    """
    n_layers: int
    n_in: int
    n_out: int
    n_parameters: int
    n_analog: int
    n_tiles: int
    n_batches: int
    n_samples: int


class LayerInfo(NamedTuple):
    """One node of a network.

    is_analog: 1: its weights are on tiles
    op: "linear", "tanh", "conv2d" ...
    n_out: numbers of its first output
    n_in: numbers of its first input
    n_parameters: weights, biases and other trained numbers
    n_tiles: analog tiles
    name: of the node; the network's own
    n_matrices: matrices, digital ones included
    n_macs: multiplications of matrices in the inference of a sample
    input: the value that it reads first, for aimc_network_get_shape()
    output: the value that it makes first
    """
    is_analog: int
    op: str
    n_out: int
    n_in: int
    n_parameters: int
    n_tiles: int
    name: str
    n_matrices: int
    n_macs: int
    input: int
    output: int


class TensorInfo(NamedTuple):
    """A tensor of a network: a weight, or a parameter.

    n_dims: dimensions
    shape: as PyTorch has it
    size: numbers
    is_analog: 1: a weight on tiles
    is_trained: 0: kept, as running means
    name: "conv2d.weight"
    """
    n_dims: int
    shape: Tuple[int, ...]
    size: int
    is_analog: int
    is_trained: int
    name: str


class ConverterCost(NamedTuple):
    """One converter.

    below_floor: 1: energy below the thermal limit, which no circuit reaches
    energy_j: J per conversion
    time_s: s per conversion
    area_m2: m^2 of one converter
    floor_j: ADC: 12 k T 4^bits; DAC: 0
    """
    below_floor: int
    energy_j: float
    time_s: float
    area_m2: float
    floor_j: float


class CostItem(NamedTuple):
    """One part of the account.

    name: "adc"
    count: events; leakage: s
    unit_j: J per event; leakage: W
    energy_j: count unit_j
    time_s: time this part takes; they follow one another
    area_m2: area of all instances
    """
    name: str
    count: float  # type: ignore[assignment]
    unit_j: float
    energy_j: float
    time_s: float
    area_m2: float


class CostReport(NamedTuple):
    """The account; sums are over the parts.

    adc_below_floor: 1: the ADC's energy is below the thermal limit
    parts: by name
    energy_j: total
    time_s: total
    area_m2: total
    j_per_mac: NaN without MACs
    ops_per_j: 2 MAC / energy; 1e12 are a TOPS/W; NaN without energy
    ops_per_s_m2: 2 MAC / (time area); NaN without either
    co2_kg: energy, with the building's (pue), times carbon_kg_per_kwh
    pulses_per_device: mean over the devices that pulses go to
    endurance_used: pulses_per_device / endurance
    endurance: pulses that a device survives, of the technology
    devices: that pulses_per_device is the mean over
    """
    adc_below_floor: int
    parts: Dict[str, CostItem]
    energy_j: float
    time_s: float
    area_m2: float
    j_per_mac: float
    ops_per_j: float
    ops_per_s_m2: float
    co2_kg: float
    pulses_per_device: float
    endurance_used: float
    endurance: float
    devices: float


class CostComponent(NamedTuple):
    """One component of the account.

    part: aimc_cost_part that it is of
    name: "shift_add"; the nested configuration of kind "chip"
    unit: what is counted: "conversions", "bits", "S" ...
    doc: what one event is
    count: events; leakage: s
    unit_j: J per event; leakage: W
    energy_j: count unit_j
    time_s: time that it adds
    instances: how many there are
    area_m2: area of all instances
    leakage_w: leakage of all instances
    """
    part: int
    name: str
    unit: str
    doc: str
    count: float  # type: ignore[assignment]
    unit_j: float
    energy_j: float
    time_s: float
    instances: float
    area_m2: float
    leakage_w: float


class CostRange(NamedTuple):
    """Total energy where every number that is not sure lies at one of its ends.

    n_doubts: numbers that may lie elsewhere
    low_j: every one of them at the end that makes the total least
    nominal_j: as the document has them
    high_j: every one of them at the end that makes the total largest
    """
    n_doubts: int
    low_j: float
    nominal_j: float
    high_j: float


class CostSensitivity(NamedTuple):
    """What one number that is not known for sure does to the total energy.

    basis: aimc_basis
    name: field, of the technology, the chip or a component; valid as long as the model
    low: smallest value that it may have
    high: largest value that it may have
    low_j: total with it there
    high_j: total with it there
    """
    basis: int
    name: str
    low: float
    high: float
    low_j: float
    high_j: float


class CostSchedule(NamedTuple):
    """Layers that work as a pipeline.

    bottleneck: the layer that takes longest, copies considered
    latency_s: time of all layers, one after the other
    interval_s: time of the slowest layer: between two results of the pipeline
    utilisation: mean over layers of their time over interval_s
    """
    bottleneck: int
    latency_s: float
    interval_s: float
    utilisation: float


class Baseline(NamedTuple):
    """A digital machine.

    assumed: 1: an order of magnitude that nobody stated
    name: "v100_fp16"
    source: where the number is from
    j_per_mac: J per multiply-accumulate at peak rate
    """
    assumed: int
    name: str
    source: str
    j_per_mac: float


class Supply(NamedTuple):
    """A digital memory at a lower supply.

    v0: full supply, V: vdd of the technology
    energy: dynamic energy over that at v0 without a code, copies included
    delay: delay over that at v0
    bits_per_bit: stored bits for each bit of data
    bit_error_rate: of a stored bit
    uncorrected: data bits that are wrong and not put right
    unnoticed: those of them that the code does not notice
    """
    v0: float
    energy: float
    delay: float
    bits_per_bit: float
    bit_error_rate: float
    uncorrected: float
    unnoticed: float


RECORDS: Dict[Any, Any] = {
    DeviceInfo: aimc_device_info,
    Counters: aimc_counters,
    OptimizerStats: aimc_optimizer_stats,
    StepInfo: aimc_optimizer_step_info,
    NoiseModelInfo: aimc_noise_model_info,
    InferenceReport: aimc_inference_report,
    StorageReport: aimc_storage_report,
    NetworkInfo: aimc_network_info,
    TensorInfo: aimc_tensor_info,
    LayerInfo: aimc_layer_info,
    ConverterCost: aimc_converter_cost,
    CostItem: aimc_cost_item,
    CostReport: aimc_cost_report,
    Baseline: aimc_cost_baseline,
    Supply: aimc_cost_supply,
    CostComponent: aimc_cost_component,
    CostRange: aimc_cost_range,
    CostSensitivity: aimc_cost_sensitivity,
    CostSchedule: aimc_cost_schedule,
    Evidence: aimc_evidence,
    ReadoutInfo: aimc_readout_info,
    ConductanceInfo: aimc_conductance_info,
    Extrapolation: aimc_extrapolation,
}

# name: (header, result, types of arguments, their names)
FUNCTIONS: Dict[str, Any] = {
    "aimc_status_get_text": ("status.h", ct.c_char_p,
        [ct.c_int],
        "status"),
    "aimc_get_last_error": ("status.h", ct.c_char_p,
        [],
        ""),
    "aimc_get_version": ("status.h", ct.c_char_p,
        [],
        ""),
    "aimc_get_abi_version": ("status.h", ct.c_uint32,
        [],
        ""),
    "aimc_context_params_init": ("context.h", None,
        [ct.POINTER(aimc_context_params), ct.c_size_t],
        "params size"),
    "aimc_context_create": ("context.h", ct.c_int,
        [ct.POINTER(aimc_context_params), ct.c_void_p],
        "params out"),
    "aimc_context_destroy": ("context.h", None,
        [ct.c_void_p],
        "ctx"),
    "aimc_context_get_threads": ("context.h", ct.c_uint32,
        [ct.c_void_p],
        "ctx"),
    "aimc_context_get_cpu": ("context.h", ct.c_uint32,
        [ct.c_void_p],
        "ctx"),
    "aimc_context_describe": ("context.h", ct.c_size_t,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "ctx buf size"),
    "aimc_config_create": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "ctx name out"),
    "aimc_config_copy": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "cfg out"),
    "aimc_config_destroy": ("config.h", None,
        [ct.c_void_p],
        "cfg"),
    "aimc_config_get_kind": ("config.h", ct.c_char_p,
        [ct.c_void_p],
        "cfg"),
    "aimc_config_set": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_double],
        "cfg name value"),
    "aimc_config_set_text": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_char_p],
        "cfg name text"),
    "aimc_config_set_list": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_size_t],
        "cfg name values n"),
    "aimc_config_get": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "cfg name value"),
    "aimc_config_get_text": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "cfg name buf size length"),
    "aimc_config_get_nested": ("config.h", ct.c_void_p,
        [ct.c_void_p, ct.c_char_p],
        "cfg name"),
    "aimc_config_count_fields": ("config.h", ct.c_size_t,
        [ct.c_void_p],
        "cfg"),
    "aimc_config_get_field": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_field_info)],
        "cfg i info"),
    "aimc_config_get_evidence": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.POINTER(aimc_evidence)],
        "cfg name evidence"),
    "aimc_config_parse": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "cfg json"),
    "aimc_config_load": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "cfg path"),
    "aimc_config_load_table": ("config.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "cfg path"),
    "aimc_config_to_json": ("config.h", ct.c_size_t,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "cfg buf size"),
    "aimc_preset_count": ("config.h", ct.c_size_t,
        [],
        ""),
    "aimc_preset_get": ("config.h", ct.c_int,
        [ct.c_size_t, ct.POINTER(aimc_preset_info)],
        "i info"),
    "aimc_preset_find": ("config.h", ct.c_int,
        [ct.c_char_p, ct.c_void_p],
        "name i"),
    "aimc_table_read": ("table.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.POINTER(aimc_table_params), ct.c_void_p],
        "ctx path params out"),
    "aimc_table_destroy": ("table.h", None,
        [ct.c_void_p],
        "table"),
    "aimc_table_count_rows": ("table.h", ct.c_size_t,
        [ct.c_void_p],
        "table"),
    "aimc_table_count_columns": ("table.h", ct.c_size_t,
        [ct.c_void_p],
        "table"),
    "aimc_table_get_name": ("table.h", ct.c_char_p,
        [ct.c_void_p, ct.c_size_t],
        "table column"),
    "aimc_table_get_values": ("table.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "table values ld"),
    "aimc_config_set_table": ("table.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "cfg table"),
    "aimc_device_create": ("device.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_void_p],
        "ctx name overrides out"),
    "aimc_device_create_user": ("device.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_user_device), ct.c_void_p],
        "ctx user out"),
    "aimc_device_ref": ("device.h", ct.c_void_p,
        [ct.c_void_p],
        "device"),
    "aimc_device_unref": ("device.h", None,
        [ct.c_void_p],
        "device"),
    "aimc_device_get_info": ("device.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_device_info)],
        "device info"),
    "aimc_device_get_config": ("device.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "device out"),
    "aimc_device_fit": ("device.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_size_t, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.POINTER(aimc_fit_result)],
        "ctx model n_sweeps n_pulses w ld_w config result"),
    "aimc_device_get_model": ("device.h", ct.c_char_p,
        [ct.c_void_p],
        "device"),
    "aimc_measurement_create": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "ctx out"),
    "aimc_measurement_destroy": ("measurement.h", None,
        [ct.c_void_p],
        "m"),
    "aimc_measurement_add": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.c_uint32, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_void_p],
        "m device n state pulses time"),
    "aimc_measurement_add_endurance": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.c_uint32, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_void_p],
        "m device n pulses high low"),
    "aimc_measurement_add_table": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.POINTER(aimc_measurement_params)],
        "m table params"),
    "aimc_measurement_count": ("measurement.h", ct.c_size_t,
        [ct.c_void_p],
        "m"),
    "aimc_measurement_get": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_trace_info)],
        "m i out"),
    "aimc_measurement_fit": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_fit_params), ct.c_void_p],
        "m params out"),
    "aimc_fit_destroy": ("measurement.h", None,
        [ct.c_void_p],
        "fit"),
    "aimc_fit_get_config": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "fit out"),
    "aimc_fit_to_json": ("measurement.h", ct.c_size_t,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "fit buf size"),
    "aimc_fit_get_trace": ("measurement.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_fit_trace)],
        "fit i out"),
    "aimc_converter_create": ("converter.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_void_p],
        "ctx config out"),
    "aimc_converter_destroy": ("converter.h", None,
        [ct.c_void_p],
        "converter"),
    "aimc_converter_quantize": ("converter.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "converter n x y"),
    "aimc_converter_encode": ("converter.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "converter n x codes"),
    "aimc_converter_decode": ("converter.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "converter n codes x"),
    "aimc_converter_get_max_code": ("converter.h", ct.c_int32,
        [ct.c_void_p],
        "converter"),
    "aimc_converter_get_min_code": ("converter.h", ct.c_int32,
        [ct.c_void_p],
        "converter"),
    "aimc_converter_get_step": ("converter.h", ct.c_double,
        [ct.c_void_p],
        "converter"),
    "aimc_converter_get_linearity": ("converter.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_linearity), ct.c_void_p, ct.c_void_p],
        "converter channel linearity dnl inl"),
    "aimc_converter_find_range": ("converter.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_double, ct.c_size_t, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "ctx method parameter n_rows n_cols x ld_x bound"),
    "aimc_tile_create": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "device n_out n_in config out"),
    "aimc_tile_destroy": ("tile.h", None,
        [ct.c_void_p],
        "tile"),
    "aimc_tile_get_n_out": ("tile.h", ct.c_size_t,
        [ct.c_void_p],
        "tile"),
    "aimc_tile_get_n_in": ("tile.h", ct.c_size_t,
        [ct.c_void_p],
        "tile"),
    "aimc_tile_set_weights": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile w ld_w"),
    "aimc_tile_get_weights": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile w ld_w"),
    "aimc_tile_count_parameters": ("tile.h", ct.c_size_t,
        [ct.c_void_p],
        "tile"),
    "aimc_tile_get_parameter_name": ("tile.h", ct.c_char_p,
        [ct.c_void_p, ct.c_size_t],
        "tile i"),
    "aimc_tile_get_parameter": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_size_t],
        "tile name value ld"),
    "aimc_tile_set_parameter": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_size_t],
        "tile name value ld"),
    "aimc_tile_forward": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t],
        "tile n_batch x ld_x y ld_y"),
    "aimc_tile_backward": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t],
        "tile n_batch d ld_d z ld_z"),
    "aimc_tile_pulse": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile counts ld"),
    "aimc_tile_find_symmetry_point": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_uint32, ct.c_void_p, ct.c_size_t],
        "tile n_pairs value ld"),
    "aimc_tile_shift_symmetry_point": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_uint32],
        "tile n_pairs"),
    "aimc_tile_decay": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_double],
        "tile alpha"),
    "aimc_tile_diffuse": ("tile.h", ct.c_int,
        [ct.c_void_p],
        "tile"),
    "aimc_tile_drift_trained": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_double],
        "tile dt"),
    "aimc_tile_reset": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_size_t, ct.c_double],
        "tile first_in n prob"),
    "aimc_tile_get_counters": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_counters)],
        "tile counters"),
    "aimc_tile_count_activity": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_int],
        "tile on"),
    "aimc_tile_clear_counters": ("tile.h", None,
        [ct.c_void_p],
        "tile"),
    "aimc_tile_save": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "tile path"),
    "aimc_tile_load": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "ctx path out"),
    "aimc_tile_save_bytes": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "tile bytes size n"),
    "aimc_tile_load_bytes": ("tile.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "ctx bytes size out"),
    "aimc_tile_describe": ("tile.h", ct.c_size_t,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile buf size"),
    "aimc_tile_get_readout": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.POINTER(aimc_readout_info)],
        "tile direction info"),
    "aimc_tile_count_output_ranges": ("periphery.h", ct.c_size_t,
        [ct.c_void_p, ct.c_int],
        "tile direction"),
    "aimc_tile_get_output_ranges": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_void_p, ct.c_size_t],
        "tile direction ranges n"),
    "aimc_tile_set_output_ranges": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_void_p, ct.c_size_t],
        "tile direction ranges n"),
    "aimc_tile_get_output_limits": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile direction low high n"),
    "aimc_tile_set_output_limits": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile direction low high n"),
    "aimc_tile_inspect": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_void_p, ct.POINTER(aimc_stages)],
        "tile direction x stages"),
    "aimc_tile_write_spice": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_void_p, ct.c_char_p],
        "tile direction z path"),
    "aimc_tile_write_netlist": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_void_p, ct.c_void_p, ct.c_char_p],
        "tile direction z config path"),
    "aimc_tile_count_fixed_errors": ("periphery.h", ct.c_size_t,
        [ct.c_void_p, ct.c_int],
        "tile direction"),
    "aimc_tile_get_fixed_error_name": ("periphery.h", ct.c_char_p,
        [ct.c_void_p, ct.c_int, ct.c_size_t],
        "tile direction i"),
    "aimc_tile_get_fixed_error": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_char_p, ct.c_void_p, ct.c_size_t],
        "tile direction name value n"),
    "aimc_tile_set_fixed_error": ("periphery.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_char_p, ct.c_void_p, ct.c_size_t],
        "tile direction name value n"),
    "aimc_optimizer_create": ("optimizer.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_void_p],
        "tile algorithm config out"),
    "aimc_optimizer_suggest_config": ("optimizer.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "device algorithm out"),
    "aimc_optimizer_destroy": ("optimizer.h", None,
        [ct.c_void_p],
        "optimizer"),
    "aimc_optimizer_step": ("optimizer.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_double],
        "optimizer n_batch x ld_x d ld_d lr"),
    "aimc_optimizer_get_stats": ("optimizer.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_optimizer_stats)],
        "optimizer stats"),
    "aimc_optimizer_watch": ("optimizer.h", ct.c_int,
        [ct.c_void_p, aimc_optimizer_watch_fn, ct.c_void_p],
        "optimizer watch user"),
    "aimc_optimizer_count_matrices": ("optimizer.h", ct.c_size_t,
        [ct.c_void_p],
        "optimizer"),
    "aimc_optimizer_get_matrix_name": ("optimizer.h", ct.c_size_t,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t],
        "optimizer i buf size"),
    "aimc_optimizer_get_matrix": ("optimizer.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_size_t],
        "optimizer name value ld"),
    "aimc_optimizer_get_algorithm": ("optimizer.h", ct.c_char_p,
        [ct.c_void_p],
        "optimizer"),
    "aimc_matrix_create": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "device n_out n_in config out"),
    "aimc_matrix_destroy": ("matrix.h", None,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_get_n_out": ("matrix.h", ct.c_size_t,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_get_n_in": ("matrix.h", ct.c_size_t,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_count_tiles": ("matrix.h", ct.c_size_t,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_get_tile": ("matrix.h", ct.c_void_p,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "matrix k first_out first_in"),
    "aimc_matrix_get_optimizer": ("matrix.h", ct.c_void_p,
        [ct.c_void_p, ct.c_size_t],
        "matrix k"),
    "aimc_matrix_set_weights": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "matrix w ld_w"),
    "aimc_matrix_get_weights": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "matrix w ld_w"),
    "aimc_matrix_forward": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t],
        "matrix n_batch x ld_x y ld_y"),
    "aimc_matrix_backward": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t],
        "matrix n_batch d ld_d z ld_z"),
    "aimc_matrix_step": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_double],
        "matrix n_batch x ld_x d ld_d lr"),
    "aimc_matrix_get_counters": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_counters)],
        "matrix counters"),
    "aimc_matrix_save": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "matrix path"),
    "aimc_matrix_load": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "ctx path out"),
    "aimc_matrix_save_bytes": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "matrix bytes size n"),
    "aimc_matrix_load_bytes": ("matrix.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "ctx bytes size out"),
    "aimc_matrix_describe": ("matrix.h", ct.c_size_t,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "matrix buf size"),
    "aimc_noise_model_create": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_void_p],
        "ctx name overrides out"),
    "aimc_noise_model_destroy": ("inference.h", None,
        [ct.c_void_p],
        "model"),
    "aimc_noise_model_get_info": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_noise_model_info)],
        "model info"),
    "aimc_noise_model_get_kind": ("inference.h", ct.c_char_p,
        [ct.c_void_p],
        "model"),
    "aimc_noise_model_count_extrapolations": ("inference.h", ct.c_size_t,
        [ct.c_void_p, ct.c_double],
        "model t_s"),
    "aimc_noise_model_get_extrapolation": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.c_size_t, ct.POINTER(aimc_extrapolation)],
        "model t_s i extrapolation"),
    "aimc_noise_table_load": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "cfg path"),
    "aimc_noise_table_set": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "cfg table"),
    "aimc_population_create": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_uint64, ct.c_void_p],
        "model n seed out"),
    "aimc_population_destroy": ("inference.h", None,
        [ct.c_void_p],
        "cells"),
    "aimc_population_program": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "cells g_target_us"),
    "aimc_population_read": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.c_void_p],
        "cells t_s g_us"),
    "aimc_population_get": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "cells what value"),
    "aimc_tile_program": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.POINTER(aimc_inference_report)],
        "tile config report"),
    "aimc_tile_drift_programmed": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.POINTER(aimc_inference_report)],
        "tile t_s report"),
    "aimc_tile_compensate": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_inference_report)],
        "tile n x ld_x report"),
    "aimc_tile_unprogram": ("inference.h", ct.c_int,
        [ct.c_void_p],
        "tile"),
    "aimc_tile_get_conductance_info": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_conductance_info)],
        "tile info"),
    "aimc_tile_get_conductances": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile g_us n"),
    "aimc_tile_set_conductances": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "tile g_us n"),
    "aimc_matrix_program": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.POINTER(aimc_inference_report)],
        "matrix config report"),
    "aimc_matrix_drift_programmed": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.POINTER(aimc_inference_report)],
        "matrix t_s report"),
    "aimc_matrix_compensate": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_inference_report)],
        "matrix n x ld_x report"),
    "aimc_matrix_unprogram": ("inference.h", ct.c_int,
        [ct.c_void_p],
        "matrix"),
    "aimc_tile_write": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.POINTER(aimc_inference_report)],
        "tile w ld_w config report"),
    "aimc_noise_model_optimize_programming": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_void_p, ct.c_void_p, ct.c_void_p],
        "model n w config encoding loss_pair loss"),
    "aimc_matrix_modify": ("inference.h", ct.c_int,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_unmodify": ("inference.h", ct.c_int,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_differentiate": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_size_t],
        "matrix n_batch x ld_x d ld_d z ld_z"),
    "aimc_matrix_get_input_range": ("inference.h", ct.c_double,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_set_input_range": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_double],
        "matrix range"),
    "aimc_matrix_watch_inputs": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "matrix config"),
    "aimc_matrix_take_input_range": ("inference.h", ct.c_int,
        [ct.c_void_p],
        "matrix"),
    "aimc_matrix_watch_outputs": ("inference.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "matrix config"),
    "aimc_matrix_take_output_ranges": ("inference.h", ct.c_int,
        [ct.c_void_p],
        "matrix"),
    "aimc_network_create": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "ctx out"),
    "aimc_network_destroy": ("network.h", None,
        [ct.c_void_p],
        "net"),
    "aimc_network_add_input": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "net name shape n_dims out"),
    "aimc_network_add": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net op config n_inputs inputs out"),
    "aimc_network_add_named": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_char_p, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net name op config n_inputs inputs out"),
    "aimc_network_set_name": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_uint32, ct.c_char_p],
        "net value name"),
    "aimc_network_add_output": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_uint32],
        "net value"),
    "aimc_network_count_inputs": ("network.h", ct.c_size_t,
        [ct.c_void_p],
        "net"),
    "aimc_network_count_outputs": ("network.h", ct.c_size_t,
        [ct.c_void_p],
        "net"),
    "aimc_network_get_input": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "net k value"),
    "aimc_network_get_output": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "net k value"),
    "aimc_network_get_shape": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_uint32, ct.c_void_p, ct.c_void_p],
        "net value shape n_dims"),
    "aimc_network_add_linear": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_size_t, ct.c_void_p],
        "net n_out n_in config"),
    "aimc_network_add_activation": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_int],
        "net activation"),
    "aimc_network_create_from_json": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "ctx json out"),
    "aimc_network_to_json": ("network.h", ct.c_size_t,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "net buf size"),
    "aimc_network_set_loss": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "net loss"),
    "aimc_network_set_loss_weights": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "net n weights"),
    "aimc_network_get_class_axis": ("network.h", ct.c_int,
        [ct.c_void_p],
        "net"),
    "aimc_network_set_optimizer": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "net optimizer"),
    "aimc_schedule_get_rate": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.c_uint64, ct.c_void_p],
        "schedule lr step rate"),
    "aimc_network_train_batch": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_double, ct.c_void_p],
        "net n x labels lr loss"),
    "aimc_network_train_targets": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_double, ct.c_void_p],
        "net n x targets lr loss"),
    "aimc_network_forward": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n x y"),
    "aimc_network_backward": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n dy dx"),
    "aimc_network_run_forward": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n x y"),
    "aimc_network_run_backward": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n dy dx"),
    "aimc_network_want_input_gradients": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_int],
        "net on"),
    "aimc_network_step": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_double],
        "net lr"),
    "aimc_network_zero_gradients": ("network.h", ct.c_int,
        [ct.c_void_p],
        "net"),
    "aimc_network_run": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n x y"),
    "aimc_network_predict": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n x logits"),
    "aimc_network_evaluate": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_void_p],
        "net n x labels accuracy"),
    "aimc_network_evaluate_repeat": ("network.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n x labels repeat mean std_error"),
    "aimc_network_set_note": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "net note"),
    "aimc_network_get_note": ("network_state.h", ct.c_char_p,
        [ct.c_void_p],
        "net"),
    "aimc_network_get_matrix_shape": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net k n_out n_in"),
    "aimc_network_get_matrix": ("network_state.h", ct.c_void_p,
        [ct.c_void_p, ct.c_size_t],
        "net k"),
    "aimc_network_count_matrices": ("network_state.h", ct.c_size_t,
        [ct.c_void_p],
        "net"),
    "aimc_network_get_info": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_network_info)],
        "net info"),
    "aimc_network_get_layer": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_layer_info)],
        "net k info"),
    "aimc_network_get_counters": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_counters)],
        "net counters"),
    "aimc_network_get_histograms": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_int, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p, ct.c_void_p],
        "net what n x n_bins low high counts"),
    "aimc_network_describe": ("network_state.h", ct.c_size_t,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t],
        "net buf size"),
    "aimc_network_get_weights": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net k w b"),
    "aimc_network_set_weights": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net k w b"),
    "aimc_network_count_tensors": ("network_state.h", ct.c_size_t,
        [ct.c_void_p],
        "net"),
    "aimc_network_get_tensor_info": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_tensor_info)],
        "net k info"),
    "aimc_network_get_tensor": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_size_t, ct.c_void_p],
        "net name n values"),
    "aimc_network_get_gradient": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_size_t, ct.c_void_p],
        "net name n values"),
    "aimc_network_set_tensor": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_size_t, ct.c_void_p],
        "net name n values"),
    "aimc_network_load_weights": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "net path"),
    "aimc_network_save": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "net path"),
    "aimc_network_load": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "ctx path out"),
    "aimc_network_open": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_char_p, ct.c_void_p],
        "ctx path json out"),
    "aimc_network_save_bytes": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "net bytes size n"),
    "aimc_network_load_bytes": ("network_state.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "ctx bytes size out"),
    "aimc_network_fold": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "net n_folded"),
    "aimc_network_convert": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p],
        "net patterns config"),
    "aimc_network_convert_to_analog": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p],
        "net config"),
    "aimc_network_program": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.POINTER(aimc_inference_report)],
        "net config report"),
    "aimc_network_drift_programmed": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.POINTER(aimc_inference_report)],
        "net t_s report"),
    "aimc_network_compensate": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.POINTER(aimc_inference_report)],
        "net n x report"),
    "aimc_network_save_conductances": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_char_p],
        "net folder format"),
    "aimc_network_load_conductances": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p],
        "net folder"),
    "aimc_network_unprogram": ("network_life.h", ct.c_int,
        [ct.c_void_p],
        "net"),
    "aimc_network_calibrate": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_void_p, ct.c_void_p],
        "net n x config"),
    "aimc_network_store": ("network_life.h", ct.c_int,
        [ct.c_void_p, ct.c_void_p, ct.POINTER(aimc_storage_report)],
        "net config report"),
    "aimc_cost_model_create": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.c_char_p, ct.c_void_p, ct.c_void_p],
        "ctx name config out"),
    "aimc_cost_model_destroy": ("energy.h", None,
        [ct.c_void_p],
        "model"),
    "aimc_cost_model_get_adc": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_converter_cost)],
        "model cost"),
    "aimc_cost_model_get_dac": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_converter_cost)],
        "model cost"),
    "aimc_cost_model_get_pulse": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.c_double, ct.c_double, ct.c_void_p],
        "model g_s v t_s energy_j"),
    "aimc_cost_model_get_schottky_beta": ("energy.h", ct.c_double,
        [ct.c_void_p],
        "model"),
    "aimc_cost_model_get_activity": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_size_t, ct.c_void_p, ct.c_size_t, ct.c_void_p],
        "model n_out n_in g ld_g n_batch x ld_x active_conductance_s"),
    "aimc_tile_get_cost_shape": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_shape)],
        "tile shape"),
    "aimc_matrix_get_cost_shape": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_shape)],
        "matrix shape"),
    "aimc_cost_model_add_counters": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_counters), ct.POINTER(aimc_cost_shape), ct.POINTER(aimc_cost_events)],
        "model counters shape events"),
    "aimc_cost_model_add_layer": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_layer), ct.POINTER(aimc_cost_events)],
        "model layer events"),
    "aimc_cost_model_account": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_events), ct.POINTER(aimc_cost_report)],
        "model events report"),
    "aimc_cost_model_count_components": ("energy.h", ct.c_size_t,
        [ct.c_void_p],
        "model"),
    "aimc_cost_model_get_component": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_events), ct.c_size_t, ct.POINTER(aimc_cost_component)],
        "model events i component"),
    "aimc_cost_model_get_range": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_events), ct.POINTER(aimc_cost_range)],
        "model events range"),
    "aimc_cost_model_get_sensitivity": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_events), ct.c_size_t, ct.POINTER(aimc_cost_sensitivity)],
        "model events i sensitivity"),
    "aimc_cost_model_get_schedule": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_cost_events), ct.c_void_p, ct.POINTER(aimc_cost_schedule)],
        "model n layers copies schedule"),
    "aimc_cost_model_get_assumption": ("energy.h", ct.c_char_p,
        [ct.c_void_p, ct.c_size_t],
        "model i"),
    "aimc_cost_model_count_extrapolations": ("energy.h", ct.c_size_t,
        [ct.c_void_p],
        "model"),
    "aimc_cost_model_get_extrapolation": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.c_size_t, ct.POINTER(aimc_extrapolation)],
        "model i extrapolation"),
    "aimc_cost_model_count_extrapolations_of": ("energy.h", ct.c_size_t,
        [ct.c_void_p, ct.POINTER(aimc_cost_events)],
        "model events"),
    "aimc_cost_model_get_extrapolation_of": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.POINTER(aimc_cost_events), ct.c_size_t, ct.POINTER(aimc_extrapolation)],
        "model events i extrapolation"),
    "aimc_cost_baseline_get": ("energy.h", ct.c_int,
        [ct.c_size_t, ct.POINTER(aimc_cost_baseline)],
        "i baseline"),
    "aimc_cost_get_voltage_for_saving": ("energy.h", ct.c_double,
        [ct.c_double, ct.c_double],
        "v0 saving"),
    "aimc_cost_model_get_at_supply": ("energy.h", ct.c_int,
        [ct.c_void_p, ct.c_double, ct.c_int, ct.POINTER(aimc_cost_supply)],
        "model v code supply"),
    "aimc_cost_model_get_bit_error_rate": ("energy.h", ct.c_double,
        [ct.c_void_p, ct.c_double],
        "model v"),
}
