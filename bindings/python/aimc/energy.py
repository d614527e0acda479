# SPDX-License-Identifier: MIT
"""Energy, time and area of what was counted, by a technology."""
import ctypes as ct
from typing import Any, List, Mapping, Optional, Tuple

import numpy as np

from . import _abi
from ._abi import Baseline, ConverterCost, CostReport, Extrapolation, Supply
from ._arrays import address, taken
from ._errors import InvalidError, ShapeError
from ._handle import Handle
from ._lib import check, lib, sized
from ._linear_map import LinearMap
from ._records import record, struct_of, told
from ._types import ArrayLike
from .config import FieldValue, create_named
from .context import Context, default_context
from .matrix import Matrix


class CostModel(Handle):
    """Prices of a technology: CostModel(), or a preset, or fields of kind "technology"."""
    __slots__ = ()
    _destroyer = lib.aimc_cost_model_destroy

    def __init__(self, name: str = "technology", overrides: Optional[Mapping[str, Any]] = None, *,
                 ctx: Optional[Context] = None, **fields: FieldValue) -> None:
        self._own(create_named(lib.aimc_cost_model_create, name, {**(overrides or {}), **fields}, ctx or default_context()))

    @property
    def adc(self) -> ConverterCost:
        """One ADC."""
        return told(ConverterCost, self, lib.aimc_cost_model_get_adc)

    @property
    def dac(self) -> ConverterCost:
        """One DAC."""
        return told(ConverterCost, self, lib.aimc_cost_model_get_dac)

    def pulse(self, g_s: float, v: float, t_s: float) -> float:
        """Energy (J) of a write pulse of v volts and t_s seconds on conductance g_s (S)."""
        energy = ct.c_double()
        with self._guard.lock:
            check(lib.aimc_cost_model_get_pulse(self._look, g_s, v, t_s, ct.byref(energy)))
        return energy.value

    @property
    def schottky_beta(self) -> float:
        """Schottky coefficient, 1 / sqrt(V)."""
        with self._guard.lock:
            return float(lib.aimc_cost_model_get_schottky_beta(self._look))

    @property
    def assumptions(self) -> List[str]:
        """Constants that are assumed: fields of the technology that nobody gave a value for. Then a sentence for each
        of extrapolations."""
        names: List[str] = []
        with self._guard.lock:
            while (name := lib.aimc_cost_model_get_assumption(self._look, len(names))) is not None:
                names.append(name.decode())
        return names

    @property
    def extrapolations(self) -> List[Extrapolation]:
        """Fitted constants that are used outside the range they were fitted in."""
        with self._guard.lock:
            n = lib.aimc_cost_model_count_extrapolations(self._look)
        return [told(Extrapolation, self, lambda model, made, i=i: lib.aimc_cost_model_get_extrapolation(model, i, made))
                for i in range(n)]

    def activity(self, g_s: ArrayLike, x: ArrayLike) -> float:
        """Conductance (S) that inputs x [n_in] or [batch, n_in] drive on g_s [n_out, n_in], mean over vectors."""
        g, x = taken(g_s), np.atleast_2d(taken(x))
        if g.ndim != 2 or x.ndim != 2 or x.shape[1] != g.shape[1]:
            raise ShapeError(f"g_s of shape {g.shape} and x of shape {x.shape} do not go together")
        driven = ct.c_double()
        with self._guard.lock:
            check(lib.aimc_cost_model_get_activity(self._look, g.shape[0], g.shape[1], address(g), g.shape[1], x.shape[0], address(x),
                                       x.shape[1], ct.byref(driven)))
        return driven.value

    def account(self, *matrices: LinearMap, **events: float) -> CostReport:
        """Price what tiles and matrices counted, and events given by name (fields of aimc_cost_events)."""
        total = sized(_abi.aimc_cost_events)
        for matrix in matrices:
            counters = sized(_abi.aimc_counters)
            for name, value in zip(matrix.counters._fields, matrix.counters):
                setattr(counters, name, value)
            shape = sized(_abi.aimc_cost_shape)
            shape.n_out, shape.n_in = matrix.shape
            shape.tiles_out, shape.tiles_in = _tiles(matrix)
            with self._guard.lock:
                check(lib.aimc_cost_model_add_counters(self._look, ct.byref(counters), ct.byref(shape), ct.byref(total)))
        for name, count in events.items():
            if not hasattr(total, name) or name in ("struct_size", "reserved"):
                raise InvalidError(f"{name}: no such event")
            setattr(total, name, getattr(total, name) + count)
        made = struct_of(CostReport)
        with self._guard.lock:
            check(lib.aimc_cost_model_account(self._look, ct.byref(total), ct.byref(made)))
        return record(CostReport, made)

    def at_supply(self, v: float, code: str = "NONE") -> Supply:
        """What a memory at supply v (V) saves and loses; code: NONE, PARITY, SECDED or TMR."""
        codes = ("NONE", "PARITY", "SECDED", "TMR")
        if code not in codes:
            raise InvalidError(f"{code}: the codes are {', '.join(codes)}")
        made = struct_of(Supply)
        with self._guard.lock:
            check(lib.aimc_cost_model_get_at_supply(self._look, v, codes.index(code), ct.byref(made)))
        return record(Supply, made)

    def bit_error_rate(self, v: float) -> float:
        """Errors per bit of a memory at supply v (V)."""
        with self._guard.lock:
            return float(lib.aimc_cost_model_get_bit_error_rate(self._look, v))

    def __repr__(self) -> str:
        return self._repr("" if self.closed else f"ADC {self.adc.energy_j:.3g} J, DAC {self.dac.energy_j:.3g} J, "
                                                 f"{sum(' ' not in name for name in self.assumptions)} assumed constants"
                                                 f", {len(self.extrapolations)} outside their range")


def _tiles(matrix: LinearMap) -> Tuple[int, int]:
    """How many arrays share the outputs, and the inputs."""
    if not isinstance(matrix, Matrix):
        return 1, 1
    firsts = [matrix.tile(k)[1:] for k in range(len(matrix))]
    return len({out for out, _ in firsts}), len({into for _, into in firsts})


def baselines() -> List[Baseline]:
    """Digital machines to compare with: name, J per MAC, source."""
    found: List[Baseline] = []
    made = struct_of(Baseline)
    while lib.aimc_cost_baseline_get(len(found), ct.byref(made)) == _abi.AIMC_OK:
        found.append(record(Baseline, made))
    return found


def voltage_for_saving(v0: float, saving: float) -> float:
    """Supply that saves a fraction of the dynamic energy at v0."""
    return float(lib.aimc_cost_get_voltage_for_saving(v0, saving))
