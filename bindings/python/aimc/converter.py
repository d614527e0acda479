# SPDX-License-Identifier: MIT
"""DACs and ADCs, and the choice of their range."""
import ctypes as ct
from typing import NamedTuple, Optional

import numpy as np

from . import _abi
from ._arrays import address, taken, whole
from ._errors import InvalidError, ShapeError
from ._handle import Handle, create
from ._lib import check, lib, sized
from ._types import ArrayLike, Doubles, Floats, Ints
from .config import Config, ConfigLike, FieldValue, as_config
from .context import Context, default_context

RANGE_METHODS = {"max": _abi.AIMC_RANGE_MAX, "quantile": _abi.AIMC_RANGE_QUANTILE,
                 "deviation": _abi.AIMC_RANGE_DEVIATION, "least_error": _abi.AIMC_RANGE_LEAST_ERROR,
                 "mean_square": _abi.AIMC_RANGE_MEAN_SQUARE, "entropy": _abi.AIMC_RANGE_ENTROPY}


class Linearity(NamedTuple):
    """Static errors of a converter, in steps, measured by a slow ramp, and what they make of a sine.
    n_codes: codes that there should be
    missing_codes: inner codes that no input gives
    max_dnl: largest |differential non-linearity|
    max_inl: largest |integral non-linearity|, from the line through both ends
    gain: slope of the transfer over that of the ideal converter
    offset: first transition, beyond where the ideal one is
    dnl: width of each code over the mean, minus 1 [n_codes]; 0 at both ends
    inl: lower transition of each code against the line through both ends [n_codes]
    sndr: signal to noise and distortion of a sine over all levels, dB
    enob: effective number of bits, (sndr - 1.76) / 6.02"""
    n_codes: int
    missing_codes: int
    max_dnl: float
    max_inl: float
    gain: float
    offset: float
    dnl: Doubles
    inl: Doubles
    sndr: float  # dB, of a sine over all levels
    enob: float  # bits


class Converter(Handle):
    """A DAC or an ADC: a quantiser with a range.

    config: of kind "converter", a preset's name or a mapping of fields; fields: the same by name (bound, res, nonideal ...).
    ctx: the context whose seed draws the errors of a real converter; default: default_context()."""
    __slots__ = ()
    _destroyer = lib.aimc_converter_destroy

    def __init__(self, config: ConfigLike = None, *, ctx: Optional[Context] = None, **fields: FieldValue) -> None:
        ctx = ctx or default_context()
        made = as_config(config, "converter", ctx)
        if made is None:
            made = Config("converter", ctx=ctx)
        made.update(fields)
        with ctx._guard.lock:
            self._own(create(lib.aimc_converter_create, ctx._use, made._look))

    def quantize(self, x: ArrayLike) -> Floats:
        """Values rounded to steps and clipped, of the shape of x."""
        x = taken(x)
        y = np.empty(x.shape, np.float32)
        with self._guard.lock:
            check(lib.aimc_converter_quantize(self._use, x.size, address(x), address(y)))
        return y

    def encode(self, x: ArrayLike) -> Ints:
        """Codes (int32) of values, of the shape of x."""
        x = taken(x)
        codes = np.empty(x.shape, np.int32)
        with self._guard.lock:
            check(lib.aimc_converter_encode(self._use, x.size, address(x), address(codes)))
        return codes

    def decode(self, codes: ArrayLike) -> Floats:
        """Values of codes, of the shape of codes."""
        codes = whole(codes, np.dtype(np.int32), -2**31, 2**31 - 1, "codes")
        x = np.empty(codes.shape, np.float32)
        with self._guard.lock:
            check(lib.aimc_converter_decode(self._look, codes.size, address(codes), address(x)))
        return x

    @property
    def max_code(self) -> int:
        """Largest code; 0 without steps."""
        with self._guard.lock:
            return int(lib.aimc_converter_get_max_code(self._look))

    @property
    def min_code(self) -> int:
        """Smallest code; 0 without steps."""
        with self._guard.lock:
            return int(lib.aimc_converter_get_min_code(self._look))

    @property
    def step(self) -> float:
        """Distance of two neighbouring values; 0 without steps."""
        with self._guard.lock:
            return float(lib.aimc_converter_get_step(self._look))

    def linearity(self, channel: int = 0) -> Linearity:
        """Measure the static transfer of one channel."""
        found = sized(_abi.aimc_linearity)
        with self._guard.lock:
            check(lib.aimc_converter_get_linearity(self._look, channel, ct.byref(found), None, None))
            dnl, inl = np.empty(found.n_codes), np.empty(found.n_codes)
            check(lib.aimc_converter_get_linearity(self._look, channel, ct.byref(found), address(dnl), address(inl)))
        return Linearity(found.n_codes, found.missing_codes, found.max_dnl, found.max_inl, found.gain, found.offset,
                         dnl, inl, found.sndr, found.enob)

    def __repr__(self) -> str:
        return self._repr("" if self.closed else f"codes {self.min_code} ... {self.max_code}, step {self.step:g}")


def find_range(x: ArrayLike, method: str = "max", parameter: float = 0.0, *, ctx: Optional[Context] = None) -> float:
    """The bound of a converter for data x [n] or [rows, n], finite: its range is -bound ... bound; 0 where all of x is 0.

    method: "max", "quantile", "deviation", and at a resolution "least_error", "mean_square", "entropy". parameter: the
    quantile (0 ... 1), the number of standard deviations, or the step of the resolution. ctx: default default_context().
    InvalidError: an unknown method, a parameter out of its range, nothing in x."""
    if method not in RANGE_METHODS:
        raise InvalidError(f"method: {method} is none of {', '.join(RANGE_METHODS)}")
    x = np.atleast_2d(taken(x))
    if x.ndim != 2:
        raise ShapeError(f"x has {x.ndim} dimensions; it must have 1 or 2")
    ctx = ctx or default_context()
    bound = ct.c_double()
    with ctx._guard.lock:
        check(lib.aimc_converter_find_range(ctx._use, RANGE_METHODS[method], parameter, x.shape[0], x.shape[1], address(x),
                                     x.shape[1], ct.byref(bound)))
    return bound.value
