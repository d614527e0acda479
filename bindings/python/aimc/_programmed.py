# SPDX-License-Identifier: MIT
"""What tiles, matrices and networks share: weights on programmed devices that drift."""
import ctypes as ct
from typing import Any, Optional

from ._abi import InferenceReport
from ._arrays import address, vectors
from ._lib import check, lib
from ._records import record, struct_of
from ._saved import Saved
from ._types import ArrayLike
from .config import ConfigLike, as_config


class Programmable(Saved):
    """Life of trained weights on a chip: program, drift_programmed, compensate, unprogram."""
    __slots__ = ()
    _strided = True  # compensate() takes a stride

    def _input_width(self) -> int:
        raise NotImplementedError

    def _report(self, verb: str, *arguments: Any) -> InferenceReport:
        made = struct_of(InferenceReport)
        with self._guard.lock:
            check(getattr(lib, self._prefix + verb)(self._use, *arguments, ct.byref(made)))
        return record(InferenceReport, made)

    def program(self, config: ConfigLike = None) -> InferenceReport:
        """Put the weights on programmed devices, and report what that took. config: of kind "inference", a preset or fields of it
        (noise_model, encoding, programming, compensation ...). Each call is another chip, unless the field "seed" is given: the
        same seed gives the same chip again."""
        made = as_config(config, "inference")
        return self._report("program", made._look if made is not None else None)

    def drift_programmed(self, t_s: float) -> InferenceReport:
        """Be read as it is t_s seconds after programming, >= 0, in any order; compensation is off until compensate(). StateError:
        not programmed; InvalidError: a time outside the measured ones."""
        return self._report("drift_programmed", t_s)

    def compensate(self, x: Optional[ArrayLike] = None) -> InferenceReport:
        """Correct the outputs digitally, as the field "compensation" of program() says. x: calibration inputs [n_in] or
        [batch, n_in] for REFIT and BATCH_NORM; default: the vectors of the configuration. StateError: not programmed, or without
        a compensation."""
        if x is None:
            return self._report("compensate", *((0, None, 0) if self._strided else (0, None)))
        x = vectors(x, self._input_width(), "x")
        n = x.shape[0] if x.ndim == 2 else 1
        return self._report("compensate", n, address(x), *((x.shape[-1],) if self._strided else ()))

    def unprogram(self) -> None:
        """Take programmed devices off: reads see the weights again."""
        with self._guard.lock:
            check(getattr(lib, self._prefix + "unprogram")(self._use))
