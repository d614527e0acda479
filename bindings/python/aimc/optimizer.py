# SPDX-License-Identifier: MIT
"""Optimizers: algorithms that turn gradients into pulses on one tile."""
from typing import Any, Callable, List, Optional

import numpy as np

from . import _abi
from ._abi import OptimizerStats, StepInfo
from ._arrays import address, vectors
from ._errors import ShapeError
from ._handle import Handle, create, watching
from ._lib import check, encoded, lib, raised_in_callbacks, text, word
from ._records import record, told
from ._types import ArrayLike, Floats
from .config import Config, ConfigLike, as_config
from .context import Context
from .device import DeviceLike, as_device
from .tile import Tile


def step(function: Callable[..., int], handle: int, x: Floats, d: Floats, lr: float) -> None:
    """One mini-batch through aimc_optimizer_step() or aimc_matrix_step()."""
    if x.ndim != d.ndim or x.shape[:-1] != d.shape[:-1]:
        raise ShapeError(f"x is {x.shape} and d {d.shape}; both need the same batch")
    check(function(handle, x.shape[0] if x.ndim == 2 else 1, address(x), x.shape[-1], address(d), d.shape[-1], lr))


class Optimizer(Handle):
    """A training algorithm bound to one tile: Optimizer(tile, "sgd") or Optimizer(tile, config=...).

    tile: what it trains. algorithm: name of one, or an optimizer preset; default: that of config, else "sgd". config: a Config
    of an algorithm, or fields of it. It shares the tile's lock, keeps the tile alive, and can no longer be used once that is
    closed. InvalidError: the device takes no pulses and the algorithm needs them."""
    __slots__ = ("tile", "_watcher")
    _destroyer = lib.aimc_optimizer_destroy

    def __init__(self, tile: Tile, algorithm: Optional[str] = None, config: ConfigLike = None) -> None:
        made = as_config(config, algorithm or "sgd")
        if algorithm is None and made is None:
            algorithm = "sgd"
        with tile._guard.lock:
            address_ = create(lib.aimc_optimizer_create, tile._use, encoded(algorithm) if algorithm else None,
                              made._look if made is not None else None)
            self._own(address_, tile._guard)
        self.tile = tile
        self._watcher: Any = None

    @classmethod
    def _of(cls, address_: int, owner: Handle, tile: Tile) -> "Optimizer":
        made = cls.__new__(cls)
        made._view(address_, owner)
        made.tile, made._watcher = tile, None
        return made

    @staticmethod
    def suggest_config(device: DeviceLike, algorithm: str, *, ctx: Optional[Context] = None) -> Config:
        """Settings of an algorithm that suit a device; a starting point to change.

        device: a Device, Config or name. algorithm: "sgd", "mixed_precision", "tiki_taka", "ttv2", "c_ttv2", "agad" or an optimizer
        preset. ctx: the context where device is a name; default: default_context()."""
        device = as_device(device, ctx)
        with device._guard.lock:
            return Config._take(create(lib.aimc_optimizer_suggest_config, device._look, encoded(algorithm)))

    def step(self, x: ArrayLike, d: ArrayLike, lr: float) -> None:
        """One mini-batch: W <- W - lr sum d x', by pulses. x [n_in] or [batch, n_in], d likewise [.., n_out]: gradients of the
        outputs; both finite. lr: learning rate, >= 0; 0 sends no pulses."""
        n_out, n_in = self.tile.shape
        x, d = vectors(x, n_in, "x"), vectors(d, n_out, "d")
        with self._guard.lock:
            step(lib.aimc_optimizer_step, self._use, x, d, lr)

    @property
    def algorithm(self) -> str:
        """Its algorithm, for example "sgd"."""
        with self._guard.lock:
            return word(lib.aimc_optimizer_get_algorithm(self._look))

    @property
    def stats(self) -> OptimizerStats:
        """Transfers, crossings, pulses by array and direction."""
        return told(OptimizerStats, self, lib.aimc_optimizer_get_stats)

    @property
    def matrix_names(self) -> List[str]:
        """Matrices of its state: "fast0", "buffer0", "chi", ..."""
        with self._guard.lock:
            handle = self._look
            return [text(lib.aimc_optimizer_get_matrix_name, handle, i)
                    for i in range(lib.aimc_optimizer_count_matrices(handle))]

    def matrix(self, name: str) -> Floats:
        """A copy of a matrix of its state [n_out, n_in]. name: one of matrix_names, else an InvalidError."""
        value = np.empty(self.tile.shape, np.float32)
        with self._guard.lock:
            check(lib.aimc_optimizer_get_matrix(self._look, encoded(name), address(value), value.shape[1]))
        return value

    def watch(self, watcher: Optional[Callable[["Optimizer", StepInfo], object]]) -> None:
        """Call watcher(optimizer, info) after every step; None: no longer. It may only look.

        An error that it raises comes out of the step, which was made all the same.
        """
        callback = _abi.aimc_optimizer_watch_fn(self._call(watcher)) if watcher else _abi.aimc_optimizer_watch_fn()
        with self._guard.lock:
            handle = self._use
            check(lib.aimc_optimizer_watch(handle, callback, None))
            # kept with the lock, which lives as long as anything that can step
            self._guard.watchers[handle] = self._watcher = callback if watcher else None

    def _call(self, watcher: Callable[["Optimizer", StepInfo], object]) -> Callable[..., None]:
        guard, handle, tile = self._guard, self._address, self.tile

        def receive(_user: Any, _optimizer: Any, info: Any) -> None:
            seen = Optimizer.__new__(Optimizer)
            seen._address, seen._guard, seen._keeps, seen._finalizer = handle, guard, None, None
            seen.tile, seen._watcher = tile, None
            try:
                with watching(guard):
                    watcher(seen, record(StepInfo, info.contents))
            except BaseException as error:  # pylint: disable=broad-except
                raised_in_callbacks.append(error)
        return receive

    def __repr__(self) -> str:
        return self._repr("" if self.closed else f"{self.algorithm} on {self.tile.shape[0]} x {self.tile.shape[1]}")
