# SPDX-License-Identifier: MIT
"""What tiles, matrices and networks share: their whole state in files, bytes, copies and pickles."""
import ctypes as ct
from typing import Any, Dict, Optional, Tuple, Type, TypeVar

from ._handle import Handle, create
from ._lib import check, encoded, lib
from ._types import PathLike
from .context import Context, default_context

Self = TypeVar("Self", bound="Saved")


class Saved(Handle):
    """An object whose whole state can be kept; what is made of it continues with the same bits."""
    __slots__ = ()
    _prefix = ""

    def save(self, path: PathLike) -> None:
        """Save the full state to the file at path (safetensors), that of optimizers and programmed devices included. IoError: it
        cannot be written; a file that was there is then still there."""
        with self._guard.lock:
            check(getattr(lib, self._prefix + "save")(self._look, encoded(path)))

    def to_bytes(self) -> bytes:
        """The full state, as save() would write it."""
        function = getattr(lib, self._prefix + "save_bytes")
        n = ct.c_size_t()
        with self._guard.lock:
            check(function(self._look, None, 0, ct.byref(n)))
            made = ct.create_string_buffer(n.value)
            check(function(self._look, made, n.value, ct.byref(n)))
        return made.raw

    @classmethod
    def load(cls: Type[Self], path: PathLike, *, ctx: Optional[Context] = None) -> Self:
        """What save() wrote to the file at path; it continues with the same bits. ctx: default default_context(). FormatError: no
        such object is in it; IoError: it cannot be read."""
        return cls._made("load", ctx, encoded(path))

    @classmethod
    def from_bytes(cls: Type[Self], state: bytes, *, ctx: Optional[Context] = None) -> Self:
        """What to_bytes() gave as state; it continues with the same bits. ctx: default default_context(). FormatError: no such
        object."""
        return cls._made("load_bytes", ctx, state, len(state))

    @classmethod
    def _made(cls: Type[Self], verb: str, ctx: Optional[Context], *source: Any) -> Self:
        ctx = ctx or default_context()
        made = cls.__new__(cls)
        with ctx._guard.lock:
            made._own(create(getattr(lib, cls._prefix + verb), ctx._use, *source))
        made._settle(ctx)
        return made

    def _settle(self, ctx: Context) -> None:
        """What the class keeps beside the handle."""
        raise NotImplementedError

    def _context(self) -> Optional[Context]:
        """Where a copy is made; None: in the default context."""
        return None

    def copy(self: Self) -> Self:
        """A second one with the same state and the same future; changing one leaves the other as it is."""
        return type(self).from_bytes(self.to_bytes(), ctx=self._context())

    def __copy__(self: Self) -> Self:
        return self.copy()

    def __deepcopy__(self: Self, _memo: Dict[int, Any]) -> Self:
        return self.copy()

    def __reduce__(self: Self) -> Tuple[Any, ...]:
        """Pickles hold the full state; what is unpickled lives in the default context."""
        return type(self).from_bytes, (self.to_bytes(),)
