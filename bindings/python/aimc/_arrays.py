# SPDX-License-Identifier: MIT
"""Arrays in and out: C-contiguous ones of the right type as they are, anything else by one copy."""
import ctypes as ct
from typing import Any, Callable, List, Optional, Sequence, Tuple, TypeVar

import numpy as np

from ._errors import ShapeError, WrongTypeError
from ._types import ArrayLike, Floats, NDArray

F32 = np.dtype(np.float32)
Scalar = TypeVar("Scalar", bound=np.generic)
_first_byte: Callable[[Any], ct.c_char] = ct.c_char.from_buffer


def address(array: "NDArray[Any]") -> int:
    """Where the first element of a C-contiguous array lies."""
    try:
        return ct.addressof(_first_byte(array))  # 0.2 us
    except (TypeError, ValueError):  # read-only, or empty
        return int(array.__array_interface__["data"][0])  # 1.5 us


def real(array: ArrayLike, what: str = "an array") -> "NDArray[Any]":
    """An array of real numbers. numpy would drop masks and imaginary parts, and take text for numbers."""
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise WrongTypeError(f"{what} has masked elements; give numbers for them: filled()")
    try:
        made = np.asarray(array)
    except ValueError as error:  # rows of different lengths
        raise ShapeError(f"{what} is no array: {error}") from None
    if made.dtype.kind not in "fiub":
        kind = "records" if made.dtype.names else {"c": "complex numbers", "O": "objects", "U": "text", "S": "text"}.get(
            made.dtype.kind, "values")
        raise WrongTypeError(f"{what} holds {kind} (dtype {made.dtype}); real numbers are needed")
    return made


def contiguous(array: "NDArray[Any]", dtype: "np.dtype[Scalar]") -> "NDArray[Scalar]":
    """Side by side, of that type, and where the processor can read it."""
    made = np.ascontiguousarray(array, dtype=dtype)
    return made if made.flags.aligned else made.copy()


def taken(array: ArrayLike, what: str = "an array") -> Floats:
    """The array itself when it is C-contiguous float32; else a copy that is."""
    if type(array) is np.ndarray and array.dtype is F32 and array.flags.carray:
        return array
    return contiguous(real(array, what), F32)


def whole(array: ArrayLike, dtype: "np.dtype[Scalar]", low: int, high: int, what: str) -> "NDArray[Scalar]":
    """Integers, checked before they are narrowed: numpy would wrap them round."""
    raw = real(array, what)
    if raw.dtype != dtype and raw.size:
        if raw.dtype.kind not in "iub":
            raise ShapeError(f"{what} are whole numbers, not {raw.dtype}")
        if raw.min() < low or raw.max() > high:
            raise ShapeError(f"{what} lie in {low} ... {high}; there is {raw.min()} ... {raw.max()}")
    return contiguous(raw, dtype)


def size(value: Any, what: str) -> int:
    """A length: ctypes would take a negative one modulo 2^64."""
    if not isinstance(value, (int, np.integer)):
        raise WrongTypeError(f"{what} is {value!r}; a whole number is needed")
    if value < 0:
        raise ShapeError(f"{what} is {value}; it cannot be negative")
    return int(value)


def shaped(array: ArrayLike, shape: Tuple[int, ...], what: str) -> Floats:
    """An input of exactly one shape."""
    made = taken(array, what)
    if made.shape != shape:
        raise ShapeError(f"{what} is {made.shape}; it must be {shape}")
    return made


def vectors(array: ArrayLike, width: int, what: str) -> Floats:
    """One vector [width] or a batch [n, width]."""
    made = taken(array, what)
    if made.ndim not in (1, 2) or made.shape[-1] != width:
        raise ShapeError(f"{what} is {made.shape}; it must be ({width},) or (batch, {width})")
    return made


def result(out: Optional[Floats], shape: Tuple[int, ...], what: str) -> Floats:
    """The caller's array, which must fit as it is, or a new one."""
    if out is None:
        return np.empty(shape, F32)
    if type(out) is not np.ndarray or out.dtype != F32 or out.shape != shape:
        raise ShapeError(f"{what} must be a float32 array of shape {shape}")
    if not out.flags.carray:
        raise ShapeError(f"{what} must be C-contiguous, aligned and writeable")
    return out


def pointers(*lists: Sequence[Floats]) -> List[Any]:
    """Addresses of arrays of addresses."""
    return [(ct.c_void_p * max(len(arrays), 1))(*[address(array) for array in arrays]) for arrays in lists]
