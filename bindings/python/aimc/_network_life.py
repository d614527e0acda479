# SPDX-License-Identifier: MIT
"""The life of a network on a chip: folded, put on tiles, calibrated, compensated."""
import ctypes as ct
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from . import _abi
from ._abi import InferenceReport, StorageReport
from ._arrays import address, pointers, size
from ._errors import InvalidError
from ._lib import check, encoded, lib
from ._programmed import Programmable
from ._records import record, struct_of
from ._types import ArrayLike, Floats, NDArray, PathLike
from .config import ConfigLike, FieldValue, as_config
from .context import Context


QUANTITIES = {"input": _abi.AIMC_QUANTITY_INPUT, "output": _abi.AIMC_QUANTITY_OUTPUT,
              "weight": _abi.AIMC_QUANTITY_WEIGHT, "conductance": _abi.AIMC_QUANTITY_CONDUCTANCE}


class Histogram(NamedTuple):
    """A histogram, as of numpy.histogram().
    counts: how many numbers lie in each bin [bins]
    edges: edges of the bins [bins + 1], in the unit of what was counted"""
    counts: "NDArray[np.uint64]"
    edges: "NDArray[np.float64]"


class OnChip(Programmable):
    """What is done to a network so that it runs on a chip; beside it program() and its sisters."""
    __slots__ = ()
    _strided = False
    _ctx: Context

    @property
    def inputs(self) -> List[Any]:
        """Values of its inputs, in order."""
        raise NotImplementedError

    @property
    def layers(self) -> List[Any]:
        """What each layer is."""
        raise NotImplementedError

    def _samples(self, x: ArrayLike) -> Floats:
        raise NotImplementedError

    def _arrays(self, given: Sequence[ArrayLike], values: Sequence[Any], what: str) -> Tuple[int, List[Floats]]:
        raise NotImplementedError

    def fold(self) -> int:
        """Fold batch norms into the layers before them, as the network evaluates; returns how many."""
        n = ct.c_size_t()
        with self._guard.lock:
            check(lib.aimc_network_fold(self._use, ct.byref(n)))
        return n.value

    def convert(self, config: ConfigLike, patterns: Optional[str] = None) -> None:
        """Put matrices on tiles with their weights (config: as of linear()), or back (None). patterns: which nodes,
        "conv*,fc" or "!stem,!fc"; None: all."""
        made = as_config(config, "layer", self._ctx)
        with self._guard.lock:
            check(lib.aimc_network_convert(self._use, None if patterns is None else encoded(patterns),
                                           made._look if made is not None else None))

    def convert_to_analog(self, config: ConfigLike) -> None:
        """Put every digital linear layer on tiles with its weights. config: of kind "layer", a preset's name or fields of it."""
        made = as_config(config, "layer", self._ctx)
        with self._guard.lock:
            check(lib.aimc_network_convert_to_analog(self._use, made._look if made is not None else None))

    def compensate(self, x: Optional[ArrayLike] = None) -> InferenceReport:
        """Correct the outputs of every layer digitally, from samples x where given."""
        made = None if x is None else self._samples(x)
        return self._report("compensate", 0 if made is None else len(made), None if made is None else address(made))

    def calibrate(self, x: ArrayLike, config: ConfigLike = None, **fields: FieldValue) -> None:
        """Set ranges of converters from data: of every layer's inputs, and with out_method of the ADCs of every bit
        slice of every tile. config: of kind "calibration"; fields of it: calibrate(x, out_method="MEAN_SQUARE")."""
        x = self._samples(x)
        made = as_config(config if config is not None or not fields else {}, "calibration", self._ctx)
        if made is not None:
            made.update(fields)
        with self._guard.lock:
            check(lib.aimc_network_calibrate(self._use, len(x), address(x), made._look if made is not None else None))

    def histograms(self, what: str, x: Optional[ArrayLike] = None, *, bins: int = 20) -> Dict[str, Histogram]:
        """Histograms of all layers that have any, by their names.

        what: "input", "output" (both of samples x, in an evaluation that leaves no trace; a list of arrays where there are several
        inputs), "weight", or "conductance" (uS, of a programmed network). bins: of equal width, 1 or more."""
        if what not in QUANTITIES:
            raise InvalidError(f"what: {what} is none of {', '.join(QUANTITIES)}")
        given = [] if x is None else list(x) if isinstance(x, (list, tuple)) and len(self.inputs) > 1 else [x]
        n, xs = self._arrays(given, self.inputs, "input") if what in ("input", "output") else (0, [])
        names, bins = [layer.name for layer in self.layers], size(bins, "bins")
        low, high = np.empty(len(names)), np.empty(len(names))
        counts = np.empty((len(names), bins), np.uint64)
        with self._guard.lock:
            check(lib.aimc_network_get_histograms(self._use, QUANTITIES[what], n, *pointers(xs), bins, address(low), address(high),
                                                  address(counts)))
        return {name: Histogram(counts[k], np.linspace(low[k], high[k], bins + 1)) for k, name in enumerate(names) if counts[k].any()}

    def save_conductances(self, folder: PathLike, format: str = "npy") -> None:  # pylint: disable=redefined-builtin
        """Write the conductances of all arrays of a programmed network, uS: into folder, which is made where it is not there, a file
        for each device of the weights of each tile, "003.conv2d.tile0.device1.npy" [n_out, n_in]. format: "npy" or "csv". IoError:
        it cannot be written."""
        with self._guard.lock:
            check(lib.aimc_network_save_conductances(self._use, encoded(folder), encoded(format)))

    def load_conductances(self, folder: PathLike) -> None:
        """Let a programmed network be read with conductances from such a folder, measured ones say."""
        with self._guard.lock:
            check(lib.aimc_network_load_conductances(self._use, encoded(folder)))

    def store(self, config: ConfigLike = None) -> StorageReport:
        """Let the weights of digital layers go through a digital memory. config: of kind "storage"."""
        made = as_config(config, "storage", self._ctx)
        report = struct_of(StorageReport)
        with self._guard.lock:
            check(lib.aimc_network_store(self._use, made._look if made is not None else None, ct.byref(report)))
        return record(StorageReport, report)
