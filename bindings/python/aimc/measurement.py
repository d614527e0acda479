# SPDX-License-Identifier: MIT
"""From readings of many devices to a device model."""
import ctypes as ct
import json
from typing import Any, Dict, Iterator, NamedTuple, Optional

import numpy as np

from . import _abi
from ._arrays import address, contiguous, real, whole
from ._errors import ShapeError
from ._handle import Handle, create
from ._lib import check, encoded, lib, sized, text
from ._types import ArrayLike, Doubles, Ints, PathLike
from .config import Config
from .context import Context, default_context
from .table import use_table


class Trace(NamedTuple):
    """Readings of one device as they were given: with pulses, with time, or over its life; the others are None.
    device: number of the device
    state: readings [n], in their own unit; over a life the upper end of the window
    pulses: pulses sent before each [n], > 0 up
    time: seconds since the state was written [n]
    life: pulses of the device so far [n]
    low: lower end of the window [n]; None where it was not measured"""
    device: int
    state: Doubles
    pulses: Optional[Ints]
    time: Optional[Doubles]
    life: Optional[Doubles] = None
    low: Optional[Doubles] = None


class FitTrace(NamedTuple):
    """A trace in weight units beside what the model foretells.
    device: number of the device
    weight: readings [n], weight units
    predicted: what the model foretells of each [n]
    residual: their difference [n], in standard deviations"""
    device: int
    weight: Doubles
    predicted: Doubles
    residual: Doubles


def _copy(pointer: Any, n: int, kind: Any = ct.c_double) -> Any:
    return np.ctypeslib.as_array(ct.cast(pointer, ct.POINTER(kind)), (n,)).copy() if pointer and n else None


class Measurement(Handle):
    """Readings of devices: from arrays, add(), or from files, read(). fit() makes a device of them, m[i] is trace i. ctx:
    default default_context()."""
    __slots__ = ("_ctx",)
    _destroyer = lib.aimc_measurement_destroy

    def __init__(self, *, ctx: Optional[Context] = None) -> None:
        self._ctx = ctx or default_context()
        with self._ctx._guard.lock:
            self._own(create(lib.aimc_measurement_create, self._ctx._use))

    def add(self, device: int, state: ArrayLike, pulses: Optional[ArrayLike] = None,
            time: Optional[ArrayLike] = None) -> None:
        """Add a trace of a device; those of one device are its cycles.

        device: its number. state [n]: at least 2 readings, conductance or any other unit, finite. Either pulses [n]: sent before
        each reading, > 0 up, < 0 down, 0 read again (that of the first is not used); or time [n]: seconds since the state was
        written, > 0 and rising. InvalidError: both or neither, or values that are none of these."""
        states = contiguous(real(state, "state"), np.dtype(np.float64))
        sent = None if pulses is None else whole(pulses, np.dtype(np.int32), -2**31, 2**31 - 1, "pulses")
        times = None if time is None else contiguous(real(time, "time"), np.dtype(np.float64))
        for name, given in (("state", states), ("pulses", sent), ("time", times)):
            if given is not None and given.shape != (states.size,):
                raise ShapeError(f"{name} is {given.shape}; it must be ({states.size},)")
        with self._guard.lock:
            check(lib.aimc_measurement_add(self._use, device, states.size, address(states),
                                           None if sent is None else address(sent),
                                           None if times is None else address(times)))

    def add_endurance(self, device: int, pulses: ArrayLike, high: ArrayLike, low: Optional[ArrayLike] = None) -> None:
        """Add the window of a device over its life, as cycling to its end measures it.

        device: its number. pulses [n]: that it had taken so far, both ways together, above 0 and rising. high, low [n]: states at the
        upper and the lower end then, in the unit of the sweeps; low None: not measured. InvalidError: counts that do not rise, ends
        exchanged, not finite; ShapeError: lengths that differ."""
        wanted = np.dtype(np.float64)
        counts, ends = contiguous(real(pulses, "pulses"), wanted), contiguous(real(high, "high"), wanted)
        others = None if low is None else contiguous(real(low, "low"), wanted)
        for name, given in (("pulses", counts), ("high", ends), ("low", others)):
            if given is not None and given.shape != (counts.size,):
                raise ShapeError(f"{name} is {given.shape}; it must be ({counts.size},)")
        with self._guard.lock:
            check(lib.aimc_measurement_add_endurance(self._use, device, counts.size, address(counts), address(ends),
                                                     None if others is None else address(others)))

    def read(self, path: PathLike, *, first_device: Optional[int] = None, pairs: Optional[str] = None, columns: Optional[str] = None,
             delimiter: Optional[str] = None, decimal: Optional[str] = None) -> None:
        """Add the table at path: pairs of columns up and down, or the long form with columns "g", "device", "direction" ...
        (docs/measuring.md). first_device: number of the first device, from which others count; None: devices of a table without
        a column "device" come after all those of before. pairs: "cycles" of one device or "devices"; None: as the table looks.
        columns, delimiter, decimal: as of read_table(). FormatError: neither form, and where."""
        params = sized(_abi.aimc_measurement_params)
        params.first_device = first_device or 0
        params.new_devices = first_device is None
        params.pairs = None if pairs is None else pairs.encode()
        with self._ctx._guard.lock, self._guard.lock:
            use_table(self._ctx._use, path, columns, delimiter, decimal,
                      lambda table: check(lib.aimc_measurement_add_table(self._use, table, ct.byref(params))))

    def __len__(self) -> int:
        with self._guard.lock:
            return int(lib.aimc_measurement_count(self._look))

    def __getitem__(self, i: int) -> Trace:
        info = sized(_abi.aimc_trace_info)
        if not 0 <= i < len(self):
            raise IndexError(i)
        with self._guard.lock:
            check(lib.aimc_measurement_get(self._look, i, ct.byref(info)))
            return Trace(info.device, _copy(info.state, info.n), _copy(info.pulses, info.n, ct.c_int32),
                         *(_copy(given, info.n) for given in (info.time, info.life, info.low)))

    def __repr__(self) -> str:
        return self._repr("" if self.closed else f"{len(self)} traces")

    def __iter__(self) -> Iterator[Trace]:
        return (self[i] for i in range(len(self)))

    def fit(self, model: Optional[str] = None, *, scale: float = 0.0, offset: float = 0.0) -> "Fit":
        """Fit a device to all traces.

        model: a kind of device; None: the simplest that foretells well. scale: units of the state in one unit of the weight; 0:
        from the data. offset: state at weight 0, where a scale is given. InvalidError: an unknown model, or no trace with pulses
        both ways."""
        params = sized(_abi.aimc_fit_params)
        params.model = encoded(model) if model else None
        params.scale, params.offset = scale, offset
        with self._ctx._guard.lock, self._guard.lock:
            made = Fit.__new__(Fit)
            made._own(create(lib.aimc_measurement_fit, self._look, ct.byref(params)))
        return made


class Fit(Handle):
    """A device model that was fitted: config for a device, report of what was seen, assumed and not measured."""
    __slots__ = ()
    _destroyer = lib.aimc_fit_destroy

    @property
    def config(self) -> Config:
        """The device as a configuration; what was not measured is 0."""
        with self._guard.lock:
            return Config._take(create(lib.aimc_fit_get_config, self._look))

    @property
    def report(self) -> Dict[str, Any]:
        """Model, verdict, scale, offset, parameters with intervals, not_measured, candidates, residuals, notes."""
        with self._guard.lock:
            made: Dict[str, Any] = json.loads(text(lib.aimc_fit_to_json, self._look))
        return made

    def trace(self, i: int) -> Optional[FitTrace]:
        """Trace i of the measurement beside the model; None: it was left out."""
        info = sized(_abi.aimc_fit_trace)
        with self._guard.lock:
            check(lib.aimc_fit_get_trace(self._look, i, ct.byref(info)))
            if not info.n:
                return None
            return FitTrace(info.device, _copy(info.weight, info.n), _copy(info.predicted, info.n),
                            _copy(info.residual, info.n))

    def save(self, path: PathLike) -> None:
        """Write the device to path, a .json file, which stands wherever the name of a device does. OSError: it cannot be written."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.config.to_json() + "\n")

    def __repr__(self) -> str:
        return self._repr("" if self.closed else f"{self.report['model']}: {self.report['verdict']}")
