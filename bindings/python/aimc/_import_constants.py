# SPDX-License-Identifier: MIT
"""What importers make of values beside constants: sums and products with arrays that are broadcast, tokens in front of a
sequence."""
from typing import Any, List, Optional, Sequence, Tuple, Union

import numpy as np

from ._importer import Importer, Refused
from ._types import NDArray
from .network import Value


def of_a_sample(array: NDArray[Any], value: Value) -> NDArray[Any]:
    """A constant without the axis of the samples, along which it must be the same."""
    n = len(value.shape)
    array = np.asarray(array, np.float32)
    if array.ndim > n + 1:
        raise Refused(f"a constant of {array.ndim} axes beside a value of {n + 1}")
    if array.ndim == n + 1:
        if np.any(array != array[:1]):
            raise Refused("a constant that is another one for each sample of the batch")
        array = array[0]
    return array.reshape(1) if array.ndim == 0 else array


def affine(importer: Importer, name: str, value: Value, weight: Optional[NDArray[Any]] = None,
           bias: Optional[NDArray[Any]] = None) -> Value:
    """weight x + bias; the value itself where that changes nothing."""
    tensors = {key: each for key, each in (("weight", weight), ("bias", bias)) if each is not None}
    if all(np.all(each == (key == "weight")) for key, each in tensors.items()):
        return value
    shape = next(iter(tensors.values())).shape
    whole = {} if shape == tuple(value.shape) else {"shape": list(shape)}
    return importer.add("affine", value, name=name, tensors=tensors, weight=weight is not None, bias=bias is not None, **whole)


def combined(importer: Importer, name: str, kind: str, value: Value, constant: Any, is_first: bool = False) -> Value:
    """Add, Sub, Mul or Div of a value and a constant, which is_first stands before it."""
    array = of_a_sample(constant, value)
    if kind == "Mul":
        return affine(importer, name, value, weight=array)
    if kind == "Div":
        if is_first:
            raise Refused("a constant over a value is not known; a value over a constant is")
        return affine(importer, name, value, weight=1 / array)
    if kind == "Sub" and is_first:
        return affine(importer, name, value, -np.ones_like(array), array)
    return affine(importer, name, value, bias=-array if kind == "Sub" else array)


def terms(importer: Importer, name: str, kind: str, values: List[Value]) -> Tuple[str, List[Value]]:
    """The op that adds, subtracts or multiplies values, and what it reads."""
    if kind == "Div":
        raise Refused("a quotient of values is not known; of a value and a constant it is")
    if kind == "Sub":
        values = [values[0], combined(importer, f"{name}.minus", "Mul", values[1], -1)]
    return "mul" if kind == "Mul" else "add", values


def joined(importer: Importer, name: str, parts: Sequence[Union[Value, NDArray[Any]]], axis: int) -> Value:
    """A value and constants, such as a token of a class, one behind the other along an axis (samples are axis 0): the constants
    are added to zeros."""
    values = [part for part in parts if isinstance(part, Value)]
    if len(values) != 1:
        raise Refused("constants between several values are not known; of one value and constants it is")
    first = values[0]
    filled = [np.zeros(first.shape, np.float32) if isinstance(part, Value) else of_a_sample(part, first) for part in parts]
    at = next(k for k, part in enumerate(parts) if part is first)
    room = [sum(part.shape[axis - 1] for part in side) for side in (filled[:at], filled[at + 1:])]
    padded = importer.add("pad", first, name=f"{name}.pad", before=on_axis(first, axis, room[0]), after=on_axis(first, axis, room[1]))
    return affine(importer, name, padded, bias=np.concatenate(filled, axis - 1))


def on_axis(value: Value, axis: int, n: int) -> List[int]:
    """n on an axis (samples are axis 0), 0 on the others of a sample."""
    return [n if k == axis - 1 else 0 for k in range(len(value.shape))]
