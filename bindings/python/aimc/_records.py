# SPDX-License-Identifier: MIT
"""Structs of the library as named tuples: the fields are those of the header, without the size."""
import ctypes as ct
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Type, TypeVar

from . import _abi
from ._lib import check, sized

if TYPE_CHECKING:
    from ._handle import Handle

Record = TypeVar("Record", bound=NamedTuple)

for _kind in _abi.RECORDS:
    _kind.__module__ = "aimc"


def struct_of(kind: Type[Record]) -> Any:
    """An empty struct of the record's kind, which knows its size."""
    return sized(_abi.RECORDS[kind])


def record(kind: Type[Record], made: Any) -> Record:
    """The record of a struct that the library filled."""
    return kind._make(_plain(getattr(made, field)) for field in kind._fields)


def told(kind: Type[Record], handle: "Handle", function: Callable[..., int]) -> Record:
    """The record that function(handle, &struct) fills, which leaves the object as it is."""
    made = struct_of(kind)
    with handle._guard.lock:
        check(function(handle._look, ct.byref(made)))
    return record(kind, made)


def _plain(value: Any) -> Any:
    if isinstance(value, ct.Array) and value._type_ is ct.c_uint64:
        return tuple(value)
    if isinstance(value, ct.Array):
        return {item.name: item for item in (record(_abi.CostItem, part) for part in value)}
    return value.decode() if isinstance(value, bytes) else value
