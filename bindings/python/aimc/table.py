# SPDX-License-Identifier: MIT
"""Tables of numbers from files, as every command of libaimc reads them: docs/tables.md."""
import ctypes as ct
from typing import Any, Callable, NamedTuple, Optional, Tuple

import numpy as np

from . import _abi
from ._arrays import address
from ._lib import check, encoded, lib, sized
from ._types import Doubles, PathLike
from .context import Context, default_context


class Table(NamedTuple):
    """What a file holds.
    values: its numbers [rows, columns]
    names: names of the columns; None where the file has none"""
    values: Doubles
    names: Optional[Tuple[str, ...]]


def use_table(ctx: int, path: PathLike, columns: Optional[str], delimiter: Optional[str], decimal: Optional[str],
              use: Callable[[Any], Any]) -> Any:
    """What use(handle) makes of a table that is open for the call. Hold the lock of the context."""
    params, out = sized(_abi.aimc_table_params), ct.c_void_p()
    for name, value in (("columns", columns), ("delimiter", delimiter), ("decimal", decimal)):
        setattr(params, name, None if value is None else value.encode())
    try:
        check(lib.aimc_table_read(ctx, encoded(path), ct.byref(params), ct.byref(out)))  # may raise a warning, too
        return use(out)
    finally:
        lib.aimc_table_destroy(out)


def _copy(table: Any) -> Table:
    shape = lib.aimc_table_count_rows(table), lib.aimc_table_count_columns(table)
    values = np.empty(shape)
    check(lib.aimc_table_get_values(table, address(values), shape[1]))
    names = [lib.aimc_table_get_name(table, k) for k in range(shape[1])]
    return Table(values, None if None in names else tuple(name.decode("utf-8", "replace") for name in names))


def read_table(path: PathLike, *, columns: Optional[str] = None, delimiter: Optional[str] = None,
               decimal: Optional[str] = None, ctx: Optional[Context] = None) -> Table:
    """The numbers of the text file or .npy array at path, as all commands read them.

    columns: which, by number from 1 or by name: "2,4-5". delimiter: "comma", "semicolon", "tab", "blanks", "none". decimal:
    "point" or "comma". ctx: default default_context(). What is not given is found, and what is ambiguous is a FormatError."""
    ctx = ctx or default_context()
    with ctx._guard.lock:
        found: Table = use_table(ctx._use, path, columns, delimiter, decimal, _copy)
    return found
