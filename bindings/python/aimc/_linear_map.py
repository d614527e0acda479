# SPDX-License-Identifier: MIT
"""What a tile and a matrix have in common: a matrix with products in both directions."""
from typing import Any, Callable, Optional, Tuple

import numpy as np

from ._abi import Counters
from ._arrays import address, real, result, shaped, vectors
from ._html import table
from ._lib import check, lib, text
from ._programmed import Programmable
from ._records import told
from ._types import ArrayLike, Floats
from .context import Context


class LinearMap(Programmable):
    """y = W x and z = W' d through an analog read-out. W is [n_out, n_in]."""
    __slots__ = ("_n_out", "_n_in")

    def __init_subclass__(cls, **_: object) -> None:
        if cls._prefix:
            for name in ("forward", "backward", "get_weights", "set_weights", "get_counters", "describe"):
                setattr(cls, "_c_" + name, staticmethod(getattr(lib, cls._prefix + name)))

    _c_forward: Any
    _c_backward: Any
    _c_get_weights: Any
    _c_set_weights: Any
    _c_get_counters: Any
    _c_describe: Any

    def _measure(self) -> None:
        self._n_out: int = getattr(lib, self._prefix + "get_n_out")(self._look)
        self._n_in: int = getattr(lib, self._prefix + "get_n_in")(self._look)

    def _settle(self, ctx: Context) -> None:
        self._measure()

    @property
    def shape(self) -> Tuple[int, int]:
        """Rows and columns of W: (n_out, n_in)."""
        return self._n_out, self._n_in

    def _input_width(self) -> int:
        return self._n_in

    # ---- products ------------------------------------------------------------------------------

    def forward(self, x: ArrayLike, out: Optional[Floats] = None) -> Floats:
        """y = W x for x [n_in] or [batch, n_in], finite, with DAC, noise and ADC: y [n_out] or [batch, n_out], float32. out: an
        array of that shape that receives y. ShapeError: another width; InvalidError: x is not finite."""
        return self._product(self._c_forward, vectors(x, self._n_in, "x"), self._n_out, out)

    def backward(self, d: ArrayLike, out: Optional[Floats] = None) -> Floats:
        """z = W' d for d [n_out] or [batch, n_out], finite, through the backward read-out: z [n_in] or [batch, n_in]. out: an array
        of that shape that receives z. ShapeError, InvalidError: as of forward()."""
        return self._product(self._c_backward, vectors(d, self._n_out, "d"), self._n_in, out)

    def _product(self, function: Callable[..., int], x: Floats, n: int, out: Optional[Floats]) -> Floats:
        count, shape = (1, (n,)) if x.ndim == 1 else (len(x), (len(x), n))
        y = result(out, shape, "out")
        with self._guard.lock:
            check(function(self._use, count, address(x), x.shape[-1], address(y), n))
        return y

    def __matmul__(self, x: ArrayLike) -> Floats:
        """tile @ x for x [n_in] or, as numpy has it, columns [n_in, batch]."""
        x = real(x, "x")
        return self.forward(x) if x.ndim == 1 else np.ascontiguousarray(self.forward(x.T).T)

    def __rmatmul__(self, d: ArrayLike) -> Floats:
        """d @ tile for d [n_out] or [batch, n_out]: the transposed product."""
        return self.backward(d)

    __array_ufunc__ = None  # so that numpy leaves d @ tile to us

    # ---- weights -------------------------------------------------------------------------------

    @property
    def weights(self) -> Floats:
        """A copy of the apparent weights [n_out, n_in], float32; assign to write them, clipped to the bounds.

        It is read-only, because a change of one element would be lost: take weights.copy(), and assign it."""
        w = np.empty(self.shape, np.float32)
        with self._guard.lock:
            check(self._c_get_weights(self._look, address(w), self._n_in))
        w.flags.writeable = False
        return w

    @weights.setter
    def weights(self, w: ArrayLike) -> None:
        w = shaped(w, self.shape, "weights")
        with self._guard.lock:
            check(self._c_set_weights(self._use, address(w), self._n_in))

    # ---- reports -------------------------------------------------------------------------------

    @property
    def counters(self) -> Counters:
        """Events counted since creation or the last clear_counters()."""
        return told(Counters, self, self._c_get_counters)

    def describe(self) -> str:
        """Text that says what it is."""
        with self._guard.lock:
            return text(self._c_describe, self._look)

    def __repr__(self) -> str:
        return self._repr("" if self.closed else self.describe().split("\n")[0])

    def _repr_html_(self) -> str:
        """What it is, and the events that were counted, for notebooks."""
        if self.closed:
            return table(repr(self), (), ())
        counted = [(name.replace("_", " "), f"{value:,}") for name, value in self.counters._asdict().items() if value]
        return table(self.describe().strip(), ("event", "count") if counted else (), counted)
