# SPDX-License-Identifier: MIT
"""Conductance noise models, and populations of programmed devices."""
import ctypes as ct
from typing import Any, List, Mapping, NamedTuple, Optional, Union

import numpy as np

from ._abi import Extrapolation, NoiseModelInfo
from ._arrays import address, real, shaped, taken
from ._errors import InvalidError
from ._handle import Handle, create
from ._lib import check, encoded, lib, word
from ._records import told
from ._types import ArrayLike, Floats, PathLike
from .config import Config, ConfigLike, FieldValue, as_config, create_named
from .context import Context, default_context
from .table import use_table


class NoiseModel(Handle):
    """A model of what programmed conductances do (uS, seconds): NoiseModel("pcm_like", g_max=30).

    name: a kind, a preset or a Config. overrides, fields: replace fields of it. ctx: default default_context()."""
    __slots__ = ()
    _destroyer = lib.aimc_noise_model_destroy

    def __init__(self, name: Union[str, Config], overrides: Optional[Mapping[str, Any]] = None, *,
                 ctx: Optional[Context] = None, **fields: FieldValue) -> None:
        self._own(create_named(lib.aimc_noise_model_create, name, {**(overrides or {}), **fields}, ctx or default_context()))

    @property
    def kind(self) -> str:
        """Its kind, for example "pcm_like"."""
        with self._guard.lock:
            return word(lib.aimc_noise_model_get_kind(self._look))

    @property
    def info(self) -> NoiseModelInfo:
        """Range of conductances and of measured times."""
        return told(NoiseModelInfo, self, lib.aimc_noise_model_get_info)

    def extrapolations(self, t_s: float = 0.0) -> List[Extrapolation]:
        """Fits that are used outside the range they were fitted in, read t_s seconds after programming."""
        if not t_s >= 0:
            raise InvalidError(f"extrapolations: t_s = {t_s} is before the end of programming, which is 0")
        with self._guard.lock:
            n = lib.aimc_noise_model_count_extrapolations(self._look, t_s)
        return [told(Extrapolation, self, lambda model, made, i=i: lib.aimc_noise_model_get_extrapolation(
            model, t_s, i, made)) for i in range(n)]

    def __repr__(self) -> str:
        return self._repr("" if self.closed else f"{self.kind}, g up to {self.info.g_max_us:g} uS")


class Population(Handle):
    """n devices of one noise model, at least 1. seed (0 ... 2^64 - 1): everything random about them. program() comes first."""
    __slots__ = ("_n",)
    _destroyer = lib.aimc_population_destroy

    def __init__(self, model: NoiseModel, n: int, seed: int = 0) -> None:
        if n < 0 or not 0 <= seed < 1 << 64:
            raise InvalidError("a population has n >= 1 devices and a seed of 0 ... 2^64 - 1")
        with model._guard.lock:
            self._own(create(lib.aimc_population_create, model._look, n, seed))
        self._n = n

    def __len__(self) -> int:
        return self._n

    def program(self, g_target_us: ArrayLike) -> None:
        """Program every device once. g_target_us: one target or [n] of them, uS, 0 ... g_max of the model; others are an
        InvalidError."""
        target = real(g_target_us, "g_target_us")
        target = shaped(np.full(self._n, target) if target.ndim == 0 else target, (self._n,), "g_target_us")
        with self._guard.lock:
            check(lib.aimc_population_program(self._use, address(target)))

    def read(self, t_s: float) -> Floats:
        """Conductances [n] in uS, t_s seconds after programming (>= 0, any order), with fresh read noise. StateError: nothing was
        programmed; InvalidError: a time that the model does not reach."""
        g = np.empty(self._n, np.float32)
        with self._guard.lock:
            check(lib.aimc_population_read(self._use, t_s, address(g)))
        return g

    def get(self, what: str) -> Floats:
        """What the devices keep [n]. what: "target" or "programmed", uS, or "state", the drift exponent of models with one."""
        value = np.empty(self._n, np.float32)
        with self._guard.lock:
            check(lib.aimc_population_get(self._look, encoded(what), address(value)))
        return value

    def __repr__(self) -> str:
        return self._repr(f"{self._n} devices")


class WeightProgramming(NamedTuple):
    """What optimize_programming() found.
    encoding: a configuration of kind "custom_pair"
    loss_pair: mean squared relative error of plain pairs, averaged over the times
    loss: the same of that encoding"""
    encoding: Config
    loss_pair: float
    loss: float


def optimize_programming(model: NoiseModel, weights: ArrayLike, config: ConfigLike = None) -> WeightProgramming:
    """Search for the encoding of weights that loses least on devices of a model.

    weights: any shape; their distribution counts. config: of kind "weight_programming", or fields: pairs, times, the search.
    InvalidError: weights that are not finite or all 0, a time outside the measured ones."""
    w = taken(weights)
    made = as_config(config, "weight_programming")
    out, pair, loss = ct.c_void_p(), ct.c_double(), ct.c_double()
    with model._guard.lock:
        check(lib.aimc_noise_model_optimize_programming(model._look, w.size, address(w), made._look if made is not None else None,
                                          ct.byref(out), ct.byref(pair), ct.byref(loss)))
    return WeightProgramming(Config._take(out), pair.value, loss.value)


def load_noise_table(config: Config, path: PathLike, *, columns: Optional[str] = None, delimiter: Optional[str] = None,
                     decimal: Optional[str] = None) -> None:
    """Fill config, of kind "noise_table", from the table at path. columns, delimiter, decimal: as of read_table().
    FormatError: a table without its columns, and where; InvalidError: a configuration of another kind."""
    ctx = default_context()
    with ctx._guard.lock, config._guard.lock:
        if columns is delimiter is decimal is None:
            check(lib.aimc_noise_table_load(config._use, encoded(path)))
        else:
            use_table(ctx._use, path, columns, delimiter, decimal,
                      lambda table: check(lib.aimc_noise_table_set(config._use, table)))
