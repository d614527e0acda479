# SPDX-License-Identifier: MIT
"""Structs of the library as named tuples: the fields are those of the header, without the size."""
import collections
import ctypes as ct
from typing import Any

from ._lib import check, sized

_HIDDEN = ("struct_size", "reserved")


def record(name: str, struct: Any, doc: str) -> Any:
    """A named tuple class with the fields of a struct, and of(made) to fill it."""
    fields = [field for field, _ in struct._fields_ if field not in _HIDDEN]
    cls: Any = collections.namedtuple(name, fields)  # type: ignore[misc]
    cls.__doc__ = doc
    cls.__module__ = "aimc"
    cls.struct = struct
    cls.of = classmethod(lambda cls, made: cls(*(_plain(getattr(made, field)) for field in fields)))
    return cls


def told(kind: Any, handle: Any, function: Any) -> Any:
    """The record that function(handle, &struct) fills, which leaves the object as it is."""
    made = sized(kind.struct)
    with handle._guard.lock:
        check(function(handle._look, ct.byref(made)))
    return kind.of(made)


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
