# SPDX-License-Identifier: MIT
"""A large matrix cut into tiles."""
import ctypes as ct
from typing import List, Optional, Tuple

import numpy as np

from ._arrays import address, size, vectors
from ._errors import ShapeError
from ._handle import Handle, create
from ._lib import check, lib
from ._linear_map import LinearMap
from ._types import ArrayLike, Floats
from .config import ConfigLike, as_config
from .context import Context, default_context
from .device import DeviceLike, as_device
from .optimizer import Optimizer, step
from .tile import Tile


class Matrix(LinearMap):
    """A logical matrix on tiles of bounded size, with an optimizer for each tile.

    device: a Device, Config or name; None: that of the configuration. n_out, n_in: rows and columns of W, 1 or more. config: of
    kind "layer" (or "tile": no optimizer), a preset's name, or a mapping of fields of "layer". ctx: default
    default_context()."""
    __slots__ = ()
    _destroyer = lib.aimc_matrix_destroy
    _prefix = "aimc_matrix_"

    def __init__(self, device: Optional[DeviceLike], n_out: int, n_in: int, config: ConfigLike = None, *,
                 ctx: Optional[Context] = None) -> None:
        if device is not None:
            device = as_device(device, ctx)
            ctx = device._ctx
        made = as_config(config, "layer", ctx)
        n_out, n_in = size(n_out, "n_out"), size(n_in, "n_in")
        with (device or default_context())._guard.lock:
            self._own(create(lib.aimc_matrix_create, device._look if device is not None else None, n_out, n_in,
                             made._look if made is not None else None))
        self._measure()

    @classmethod
    def _of(cls, address: int, owner: Handle) -> "Matrix":
        made = cls.__new__(cls)
        made._view(address, owner)
        made._measure()
        return made

    @property
    def tiles(self) -> List[Tile]:
        """All tiles, numbered over outputs first; they belong to the matrix and keep it alive."""
        return [self.tile(k)[0] for k in range(len(self))]

    def __len__(self) -> int:
        with self._guard.lock:
            return int(lib.aimc_matrix_count_tiles(self._look))

    def tile(self, k: int) -> Tuple[Tile, int, int]:
        """Tile k, its first output and its first input."""
        if not 0 <= k < len(self):
            raise IndexError(f"tile {k} of {len(self)}")
        first_out, first_in = ct.c_size_t(), ct.c_size_t()
        with self._guard.lock:
            address = lib.aimc_matrix_get_tile(self._look, k, ct.byref(first_out), ct.byref(first_in))
            made = Tile.__new__(Tile)
            made._view(address, self)
            made._measure()
        return made, first_out.value, first_in.value

    def optimizer(self, k: int) -> Optional[Optimizer]:
        """Optimizer of tile k; None without one."""
        tile, _, _ = self.tile(k)
        with self._guard.lock:
            address = lib.aimc_matrix_get_optimizer(self._look, k)
        return Optimizer._of(address, self, tile) if address else None

    def step(self, x: ArrayLike, d: ArrayLike, lr: float) -> None:
        """One mini-batch on every tile, W <- W - lr sum d x', by pulses. x [n_in] or [batch, n_in], d likewise [.., n_out], finite;
        lr: learning rate, >= 0. StateError: without an optimizer."""
        x, d = vectors(x, self._n_in, "x"), vectors(d, self._n_out, "d")
        with self._guard.lock:
            step(lib.aimc_matrix_step, self._use, x, d, lr)

    # ---- hardware-aware training ---------------------------------------------------------------

    def modify(self) -> None:
        """Begin a mini-batch: reads see weights modified as "hwa.modifier" says, until step()."""
        with self._guard.lock:
            check(lib.aimc_matrix_modify(self._use))

    def unmodify(self) -> None:
        """Reads see the weights themselves again, before the step: for an evaluation in between."""
        with self._guard.lock:
            check(lib.aimc_matrix_unmodify(self._use))

    def differentiate(self, x: ArrayLike, d: ArrayLike) -> Floats:
        """The gradient of inputs x [batch, n_in], given that of the outputs d [batch, n_out]: backward() through the input range, which
        passes nothing of what it clips, and learns from it."""
        x, d = vectors(x, self._n_in, "x"), vectors(d, self._n_out, "d")
        if x.shape[:-1] != d.shape[:-1]:
            raise ShapeError(f"x is {x.shape} and d is {d.shape}; they must be of as many vectors")
        z = np.empty(x.shape, np.float32)
        n = x.shape[0] if x.ndim > 1 else 1
        with self._guard.lock:
            check(lib.aimc_matrix_differentiate(self._use, n, address(x), self._n_in, address(d), self._n_out, address(z), self._n_in))
        return z

    @property
    def input_range(self) -> float:
        """Inputs are clipped to -range ... range and divided by it; 0: they are not."""
        with self._guard.lock:
            return float(lib.aimc_matrix_get_input_range(self._look))

    @input_range.setter
    def input_range(self, value: float) -> None:
        with self._guard.lock:
            check(lib.aimc_matrix_set_input_range(self._use, value))

    def watch_inputs(self, config: ConfigLike = None) -> None:
        """Watch the inputs of what follows, until take_input_range(). config: of kind "calibration"."""
        made = as_config(config, "calibration")
        with self._guard.lock:
            check(lib.aimc_matrix_watch_inputs(self._use, made._look if made is not None else None))

    def take_input_range(self) -> None:
        """Set the input range from the inputs that were watched."""
        with self._guard.lock:
            check(lib.aimc_matrix_take_input_range(self._use))

    def watch_outputs(self, config: ConfigLike) -> None:
        """Watch what the ADCs see of what follows, until take_output_ranges(). config: of kind "calibration", with an
        out_method."""
        made = as_config(config, "calibration")
        with self._guard.lock:
            check(lib.aimc_matrix_watch_outputs(self._use, made._look if made is not None else None))

    def take_output_ranges(self) -> None:
        """Set the ranges of the ADCs of all tiles from what was watched."""
        with self._guard.lock:
            check(lib.aimc_matrix_take_output_ranges(self._use))
