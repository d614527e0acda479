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
from ._lib import AimcWarning
from ._linear_map import Counters
from ._programmed import InferenceReport
from .config import Config, Field, Preset, find_preset, presets
from .context import Context, abi_version, default_context, library_path, status_name, version
from .converter import Converter, Linearity, find_range
from .device import Cells, Device, DeviceInfo, FitResult, fit_device
from .energy import Baseline, ConverterCost, CostItem, CostModel, CostReport, baselines, voltage_for_saving
from .matrix import Matrix
from .inference import (Population, NoiseModel, NoiseModelInfo, StorageReport, WeightProgramming, load_noise_table,
                        optimize_programming)
from .network import Epoch, LayerInfo, Network, NetworkInfo
from .optimizer import Optimizer, OptimizerStats, StepInfo
from .tile import Stages, Tile

__version__ = version()
__all__ = [
    "AbiError", "AimcWarning", "Baseline", "ConverterCost", "CostItem", "CostModel", "CostReport", "baselines", "voltage_for_saving",
    "Cells", "Config", "Context", "Converter", "Counters", "Device", "Population", "DeviceInfo", "Epoch", "Error",
    "Field", "FitResult", "FormatError", "Matrix", "InferenceReport", "InternalError", "InvalidError", "IoError", "LayerInfo", "Linearity", "Network",
    "NetworkInfo", "NoMemoryError", "NoiseModel", "NoiseModelInfo", "Optimizer", "OptimizerStats", "Preset", "ShapeError", "Stages", "StateError",
    "StepInfo", "StorageReport", "Tile", "UnsupportedError", "WeightProgramming", "get_abi_version", "default_context", "find_preset", "fit_device",
    "load_noise_table",
    "library_path", "presets", "find_range", "status_name", "version", "optimize_programming",
]
