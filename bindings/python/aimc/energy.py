# SPDX-License-Identifier: MIT
"""Energy, time and area of what was counted, on a chip."""
import ctypes as ct
import json
import os
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Union

import numpy as np

from . import _abi
from ._abi import (Baseline, ConverterCost, CostComponent, CostRange, CostReport, CostSchedule, CostSensitivity, Extrapolation,
                   Supply)
from ._arrays import address, taken
from ._errors import FormatError, InvalidError, ShapeError
from ._handle import Handle
from ._lib import check, lib, sized
from ._linear_map import LinearMap
from ._records import record, struct_of, told
from ._types import ArrayLike
from .config import Config, FieldValue, create_named
from .context import Context, default_context
from .matrix import Matrix


Layer = Mapping[str, float]
"""A row of a table of layers: n_out, n_in and any of vectors, n_steps, n_column_sets, dac_bits, adc_bits, n_cells, n_conversions,
pooled."""


class CostModel(Handle):
    """Prices of a chip: energy in J, time in s, area in mm2 of what was counted.

    name: a preset of kind "chip" or "technology", a JSON document of one ("my-chip.json") or a Config; overrides, fields:
    replace its fields; those that a chip lacks are of its technology. ctx: default default_context()."""
    __slots__ = ()
    _destroyer = lib.aimc_cost_model_destroy

    def __init__(self, name: Union[str, "os.PathLike[str]", Config] = "technology", overrides: Optional[Mapping[str, Any]] = None,
                 *, ctx: Optional[Context] = None, **fields: FieldValue) -> None:
        ctx = ctx or default_context()
        given = {**(overrides or {}), **fields}
        chip: Union[str, Config] = name if isinstance(name, (str, Config)) else os.fspath(name)
        if isinstance(chip, str) and (os.sep in chip or chip.endswith(".json")):
            chip = _document(chip, ctx)
        self._own(create_named(lib.aimc_cost_model_create, chip, _placed(chip, given, ctx), ctx))

    @property
    def adc(self) -> ConverterCost:
        """Energy, time and area of an ADC, as the model prices it."""
        return told(ConverterCost, self, lib.aimc_cost_model_get_adc)

    @property
    def dac(self) -> ConverterCost:
        """Energy, time and area of a DAC, as the model prices it."""
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
        """Constants that are assumed: fields of the chip and its technology that nobody gave a value for. Then a sentence
        for each of extrapolations."""
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

    def extrapolations_of(self, *matrices: LinearMap, layers: Iterable[Layer] = (), **events: float) -> List[Extrapolation]:
        """The same for what account() prices, at the bits that its conversions had; matrices, layers and events as there."""
        total = self._events(matrices, layers, events)
        with self._guard.lock:
            n = lib.aimc_cost_model_count_extrapolations_of(self._look, ct.byref(total))
        return [told(Extrapolation, self, lambda model, made, i=i: lib.aimc_cost_model_get_extrapolation_of(model, ct.byref(total), i, made))
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

    def _events(self, matrices: Iterable[LinearMap], layers: Iterable[Layer], events: Mapping[str, float]) -> Any:
        """All of it together, as the library takes it."""
        total = sized(_abi.aimc_cost_events)
        for matrix in matrices:
            counters, shape = sized(_abi.aimc_counters), sized(_abi.aimc_cost_shape)
            for name, value in zip(matrix.counters._fields, matrix.counters):
                setattr(counters, name, value)
            get_shape = lib.aimc_matrix_get_cost_shape if isinstance(matrix, Matrix) else lib.aimc_tile_get_cost_shape
            with matrix._guard.lock:
                check(get_shape(matrix._look, ct.byref(shape)))
            with self._guard.lock:
                check(lib.aimc_cost_model_add_counters(self._look, ct.byref(counters), ct.byref(shape), ct.byref(total)))
        for row in layers:
            with self._guard.lock:
                check(lib.aimc_cost_model_add_layer(self._look, ct.byref(_layer(row)), ct.byref(total)))
        for name, count in events.items():
            if not hasattr(total, name) or name in ("struct_size", "reserved") or isinstance(getattr(total, name), ct.Array):
                raise InvalidError(f"{name}: no such event")
            setattr(total, name, getattr(total, name) + count)
        return total

    def account(self, *matrices: LinearMap, layers: Iterable[Layer] = (), **events: float) -> CostReport:
        """Price everything that was counted.

        matrices: tiles and matrices, by their counters. layers: rows of layers that need not exist, with n_out, n_in, vectors ...
        events: numbers of events by name, fields of aimc_cost_events. InvalidError: no such column or event."""
        total = self._events(matrices, layers, events)
        made = struct_of(CostReport)
        with self._guard.lock:
            check(lib.aimc_cost_model_account(self._look, ct.byref(total), ct.byref(made)))
        return record(CostReport, made)

    def components(self, *matrices: LinearMap, layers: Iterable[Layer] = (), **events: float) -> List[CostComponent]:
        """The same by component, whose energies, times and areas add up to those of account(); matrices, layers and events as
        there."""
        total = self._events(matrices, layers, events)
        made, found = struct_of(CostComponent), []
        with self._guard.lock:
            for i in range(lib.aimc_cost_model_count_components(self._look)):
                check(lib.aimc_cost_model_get_component(self._look, ct.byref(total), i, ct.byref(made)))
                found.append(record(CostComponent, made))
        return found

    def range(self, *matrices: LinearMap, layers: Iterable[Layer] = (), **events: float) -> CostRange:
        """Between what the total lies: every number that is not known for sure at its ends. matrices, layers and events as of
        account()."""
        total = self._events(matrices, layers, events)
        made = struct_of(CostRange)
        with self._guard.lock:
            check(lib.aimc_cost_model_get_range(self._look, ct.byref(total), ct.byref(made)))
        return record(CostRange, made)

    def sensitivity(self, *matrices: LinearMap, layers: Iterable[Layer] = (), **events: float) -> List[CostSensitivity]:
        """What single numbers do to the total, the one that moves it most first. matrices, layers and events as of account()."""
        total = self._events(matrices, layers, events)
        limits, made, found = struct_of(CostRange), struct_of(CostSensitivity), []
        with self._guard.lock:
            check(lib.aimc_cost_model_get_range(self._look, ct.byref(total), ct.byref(limits)))
            for i in range(limits.n_doubts):
                check(lib.aimc_cost_model_get_sensitivity(self._look, ct.byref(total), i, ct.byref(made)))
                found.append(record(CostSensitivity, made))
        return found

    def schedule(self, stages: Sequence[Union[LinearMap, Layer]], copies: Optional[Sequence[int]] = None) -> CostSchedule:
        """A pipeline: how often a result comes out, and which stage is the slowest.

        stages: matrices, or rows of layers as of account(), in the order in which they hand their results on. copies: how often
        each is there [len(stages)]; default: once."""
        of = [self._events((), (stage,), {}) if isinstance(stage, Mapping) else self._events((stage,), (), {}) for stage in stages]
        if copies is not None and len(copies) != len(of):
            raise ShapeError(f"{len(copies)} copies for {len(of)} stages")
        events = (_abi.aimc_cost_events * len(of))(*of)
        numbers = (ct.c_uint32 * len(of))(*copies) if copies is not None else None
        made = struct_of(CostSchedule)
        with self._guard.lock:
            check(lib.aimc_cost_model_get_schedule(self._look, len(of), events, numbers, ct.byref(made)))
        return record(CostSchedule, made)

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


def _document(path: str, ctx: Context) -> Config:
    """A chip or a technology from its JSON document, which names its kind."""
    with open(path, encoding="utf-8-sig") as file:
        try:
            document = json.load(file)
        except ValueError as error:
            raise FormatError(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise FormatError(f"{path}: not a JSON object")
    config = Config(str(document.get("kind", "chip")), ctx=ctx)
    config.load(path)
    return config


def _placed(chip: Union[str, Config], given: Mapping[str, Any], ctx: Context) -> Mapping[str, Any]:
    """Fields by their full names: those that a chip lacks are of its technology."""
    config = chip if isinstance(chip, Config) else Config(chip, ctx=ctx)
    own = {field.name for field in config.fields()}
    if config.kind != "chip":
        return given
    return {name if name.split(".")[0] in own else f"technology.{name}": value for name, value in given.items()}


def _layer(row: Layer) -> Any:
    layer = sized(_abi.aimc_cost_layer)
    layer.vectors = 1
    for name, value in row.items():
        if not hasattr(layer, name) or name == "struct_size":
            raise InvalidError(f"{name}: no such column of a layer")
        setattr(layer, name, float(value) if name in ("vectors", "pooled") else int(value))
    return layer


def baselines() -> List[Baseline]:
    """Digital machines to compare with: name, J per MAC, source."""
    found: List[Baseline] = []
    made = struct_of(Baseline)
    while lib.aimc_cost_baseline_get(len(found), ct.byref(made)) == _abi.AIMC_OK:
        found.append(record(Baseline, made))
    return found


def voltage_for_saving(v0: float, saving: float) -> float:
    """Supply in V that saves a fraction of the dynamic energy at v0 (V, > 0), v0 sqrt(1 - saving). saving: 0 ... 1; NaN
    outside."""
    return float(lib.aimc_cost_get_voltage_for_saving(v0, saving))
