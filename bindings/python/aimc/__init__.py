# SPDX-License-Identifier: MIT
"""libaimc: simulation of analog in-memory computing.

    import aimc
    tile = aimc.Tile("reram_sb", 64, 32)
    y = tile @ x

Every object is used by one thread at a time: calls from several wait for each other. Calls into the
library run without Python's global lock. Objects are closed by close(), by `with`, or when they are
no longer referred to, in any order.
"""
from ._errors import (AbiError, Error, FormatError, InternalError, InvalidError, IoError, NoMemoryError, ShapeError,
                      StateError, UnsupportedError, WrongTypeError)
from ._abi import (Baseline, ConductanceInfo, ConverterCost, CostComponent, CostItem, CostRange, CostReport, CostSchedule,
                   CostSensitivity, Counters, DeviceInfo, Evidence, Extrapolation, InferenceReport, LayerInfo, NetworkInfo,
                   NoiseModelInfo, OptimizerStats, ReadoutInfo, StepInfo, StorageReport, Supply, TensorInfo)
from ._lib import AimcWarning
from .config import Config, Field, Preset, find_preset, presets, rate
from .context import Context, abi_version, default_context, library_path, status_name, version
from .converter import Converter, Linearity, find_range
from .device import Cells, Device, FitResult, fit_device
from .energy import CostModel, baselines, voltage_for_saving
from .matrix import Matrix
from .measurement import Fit, FitTrace, Measurement, Trace
from .inference import NoiseModel, Population, WeightProgramming, load_noise_table, optimize_programming
from ._network_life import Histogram
from .network import Accuracy, Epoch, Network, Value
from .optimizer import Optimizer
from .table import Table, read_table
from .tile import Stages, Tile

__version__ = version()
__all__ = [
    "AbiError", "Accuracy", "AimcWarning", "Baseline", "Cells", "ConductanceInfo", "Config", "Context", "Converter", "ConverterCost",
    "CostComponent", "CostItem", "CostModel", "CostRange", "CostReport", "CostSchedule", "CostSensitivity", "Counters", "Device",
    "DeviceInfo", "Epoch", "Error", "Evidence", "Extrapolation", "Field", "Fit", "FitResult", "FitTrace",
    "FormatError", "Histogram", "InferenceReport", "InternalError", "InvalidError", "IoError", "LayerInfo", "Linearity",
    "Matrix", "Measurement", "Network", "NetworkInfo", "NoMemoryError", "NoiseModel", "NoiseModelInfo", "Optimizer",
    "OptimizerStats", "Population", "Preset", "ReadoutInfo", "ShapeError", "Stages", "StateError", "StepInfo", "StorageReport",
    "Supply", "Table", "TensorInfo", "Tile", "Trace", "UnsupportedError", "Value", "WeightProgramming", "WrongTypeError", "abi_version", "baselines", "default_context",
    "find_preset", "find_range", "fit_device", "library_path", "load_noise_table", "optimize_programming",
    "presets", "rate", "read_table", "status_name", "version", "voltage_for_saving",
]
