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
                      StateError, UnsupportedError)
from ._linear_map import Counters
from ._programmed import InferenceReport
from .config import Config, Field, Preset, find_preset, presets
from .context import Context, abi_version, default_context, library_path, status_name, version
from .converter import Converter, Linearity, range_of_data
from .device import Cells, Device, DeviceInfo, FitResult, fit_device
from .energy import Baseline, ConverterCost, CostItem, CostModel, CostReport, baselines, voltage_for_saving
from .matrix import Matrix
from .inference import (DeviceCells, NoiseModel, NoiseModelInfo, StorageReport, WeightProgramming, load_noise_table,
                        weight_programming)
from .network import Epoch, Network, NetworkInfo
from .optimizer import Optimizer, OptimizerStats, StepInfo
from .tile import Stages, Tile

__version__ = version()
__all__ = [
    "AbiError", "Baseline", "ConverterCost", "CostItem", "CostModel", "CostReport", "baselines", "voltage_for_saving",
    "Cells", "Config", "Context", "Converter", "Counters", "Device", "DeviceCells", "DeviceInfo", "Epoch", "Error",
    "Field", "FitResult", "FormatError", "Matrix", "InferenceReport", "InternalError", "InvalidError", "IoError", "Linearity", "Network",
    "NetworkInfo", "NoMemoryError", "NoiseModel", "NoiseModelInfo", "Optimizer", "OptimizerStats", "Preset", "ShapeError", "Stages", "StateError",
    "StepInfo", "StorageReport", "Tile", "UnsupportedError", "WeightProgramming", "abi_version", "default_context", "find_preset", "fit_device",
    "load_noise_table",
    "library_path", "presets", "range_of_data", "status_name", "version", "weight_programming",
]
